/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each sensitive instruction does in rings 1, 2 and 3 under each IOPL: the trap
 * that it ends in, its error code, what it left in eax, and IF afterwards. */
#include "guest.h"

#define SLOT(ring)	(FIRST_FREE + 2 * ((ring) - 1))

/* Everything that outer rings read must be theirs to read. */
#define CODE(name, text) \
	USER static void name(void) { asm volatile(text "\n\tint $0x80"); }
CODE(f_cli, "cli; pushfl; popl %eax; sti")
CODE(f_sti, "sti; pushfl; popl %eax")
CODE(f_pushf, "pushfl; popl %eax")
CODE(f_popf, "pushfl; popl %eax; xorl $0x3200, %eax; pushl %eax; popfl; pushfl; popl %eax; movl %eax, %edx; pushl $0x202; popfl; movl %edx, %eax")
CODE(f_in, "movw $0x3fd, %dx; inb %dx, %al; movl $0, %eax")
CODE(f_out, "movw $0x3ff, %dx; outb %al, %dx; movl $0, %eax")
CODE(f_hlt, "hlt")
CODE(f_cr0, "movl %cr0, %eax")
CODE(f_cr3, "movl %cr3, %eax; movl %eax, %cr3")
CODE(f_clts, "clts")
CODE(f_dr, "movl %dr0, %eax")
CODE(f_msr, "movl $0x1b, %ecx; rdmsr")
CODE(f_invlpg, "invlpg 0x1000")
CODE(f_wbinvd, "wbinvd")
CODE(f_lgdt, "lgdt 0x1000")
CODE(f_lldt, "xorl %eax, %eax; lldt %ax")
CODE(f_smsw, "smsw %ax; andl $1, %eax")
CODE(f_str, "str %ax; movzwl %ax, %eax")
CODE(f_cs, "movl %cs, %eax")
CODE(f_push_cs, "pushl %cs; popl %eax; movzwl %ax, %eax")
CODE(f_ds0, "movw $0x10, %ax; movw %ax, %ds")
CODE(f_null, "xorl %eax, %eax; movw %ax, %gs; movl %gs, %eax")
CODE(f_int3, "int3")
CODE(f_int, "int $0x41")
CODE(f_iret, "pushfl; pushl %cs; pushl $1f; iret; 1: movl $5, %eax")
CODE(f_lret, "pushl %cs; pushl $1f; lret; 1: movl $6, %eax")
CODE(f_lar, "movl $0, %eax; movw $0x10, %cx; lar %ecx, %eax; jz 1f; movl $0x99, %eax; 1:")
CODE(f_verw, "movw $0x10, %cx; verw %cx; setz %al; movzbl %al, %eax")

static const struct { const char *name; void (*f)(void); } codes[] = {
	{ "cli", f_cli }, { "sti", f_sti }, { "pushf", f_pushf }, { "popf", f_popf },
	{ "in", f_in }, { "out", f_out }, { "hlt", f_hlt }, { "mov cr0", f_cr0 },
	{ "mov cr3", f_cr3 }, { "clts", f_clts }, { "mov dr0", f_dr }, { "rdmsr", f_msr },
	{ "invlpg", f_invlpg }, { "wbinvd", f_wbinvd }, { "lgdt", f_lgdt },
	{ "lldt", f_lldt }, { "smsw", f_smsw }, { "str", f_str }, { "mov cs", f_cs },
	{ "push cs", f_push_cs }, { "ring 0's data", f_ds0 }, { "null gs", f_null },
	{ "int3", f_int3 }, { "int of ring 0", f_int }, { "iret", f_iret },
	{ "lret", f_lret }, { "lar", f_lar }, { "verw", f_verw },
};

static void run(unsigned ring, unsigned iopl, unsigned n)
{
	struct trapframe tf = user_frame(codes[n].f, FL_IF | iopl << 12);
	struct visit v;

	if (ring < 3) {
		tf.cs = SEL(SLOT(ring)) | ring;
		tf.ss = tf.ds = tf.es = SEL(SLOT(ring) + 1) | ring;
	}
	v = user_run_frame(&tf);
	/* bit 1 of flags is always there; arithmetic flags tell nothing */
	print("ring %u iopl %u %s: vector %u error %x eax %x IF %u\n", ring, iopl,
	      codes[n].name, (unsigned)v.vector, (unsigned)v.error,
	      v.vector == 0x80 ? (unsigned)(v.tf.ax & ~(word)0x8d5) : 0,
	      (unsigned)(v.tf.flags >> 9 & 1));
}

void guest_main(void)
{
	unsigned ring, iopl, n;

	for (ring = 1; ring < 3; ring++) {
		gdt[SLOT(ring)] = descriptor(0, 0xfffff, A_CODE | ring << 5, F_PAGES | F_32);
		gdt[SLOT(ring) + 1] = descriptor(0, 0xfffff, A_DATA | ring << 5, F_PAGES | F_32);
	}
	tss.iomap = sizeof(tss);	/* ports by IOPL alone */
	paging_on();
	for (ring = 1; ring <= 3; ring++)
		for (iopl = 0; iopl <= 3; iopl++)
			for (n = 0; n < sizeof(codes) / sizeof(codes[0]); n++)
				run(ring, iopl, n);
	check(true, "all of them");
}
