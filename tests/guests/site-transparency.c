/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An instruction changes what it changes and nothing else: every register and
 * every flag, before and after, for each kind.
 */
#include "guest.h"

/* eax ecx edx ebx esi edi ebp, flags: as pusha would have them. */
struct regs {
	word a, c, d, b, si, di, bp, flags;
};
static struct regs in, out __attribute__((used));
static uint8_t memory[64];
static word esp_before __attribute__((used)), esp_after __attribute__((used));

#define RUN(insn)							\
	asm volatile("pushl %%ebp; movl %%esp, esp_before;"		\
		     "pushl in + 28; popfl;"				\
		     "movl in, %%eax; movl in + 4, %%ecx; movl in + 8, %%edx;" \
		     "movl in + 12, %%ebx; movl in + 16, %%esi;"		\
		     "movl in + 20, %%edi; movl in + 24, %%ebp;"		\
		     insn "\n"						\
		     "movl %%eax, out; movl %%ecx, out + 4; movl %%edx, out + 8;" \
		     "movl %%ebx, out + 12; movl %%esi, out + 16;"		\
		     "movl %%edi, out + 20; movl %%ebp, out + 24;"		\
		     "movl %%esp, esp_after; pushfl; popl out + 28; cld; popl %%ebp" \
		     : : : "eax", "ecx", "edx", "ebx", "esi", "edi", "memory", "cc")

/* (changes): a mask in the order above, of what may differ. */
enum { A = 1, C = 2, D = 4, B = 8, SI = 16, DI = 32, BP = 64, FLAGS = 128 };

static bool same(unsigned changes)
{
	const word *p = (word *)&in, *q = (word *)&out;
	unsigned i;

	for (i = 0; i < 8; i++)
		if (p[i] != q[i] && !(changes >> i & 1))
			return false;
	return esp_before == esp_after;
}

static void fill(unsigned odd)
{
	in = (struct regs) {
		0x11110000 + odd, 0x22220000, 0x33330000 | PORT_SCRATCH, 0x44440000,
		(word)memory, (word)memory + 32, 0x77770000,
		FL_ONE | (odd ? FL_ARITH : 0),
	};
}

#define ONE(name, setup, insn, changes) do {				\
	bool ok = true;							\
	unsigned odd;							\
									\
	for (odd = 0; odd < 2; odd++) {					\
		fill(odd);						\
		setup;							\
		RUN(insn);						\
		ok &= same(changes);					\
	}								\
	check(ok, name);						\
} while (0)

static struct dtr g, t;

void guest_main(void)
{
	paging_on();
	sgdt(&g);
	sidt(&t);
	ONE("cli", , "cli", 0);
	ONE("sti", , "sti; cli", 0);
	ONE("pushf, pop", , "pushfl; popl memory", 0);
	ONE("pushf, popf", , "pushfl; popfl", 0);
	ONE("pushfw, popfw", , "pushfw; popfw", 0);
	ONE("in al", in.d = PORT_SCRATCH, "inb %%dx, %%al", A);
	ONE("in ax", in.d = PORT_NOBODY, "inw %%dx, %%ax", A);
	ONE("in eax", in.d = PORT_NOBODY, "inl %%dx, %%eax", A);
	ONE("in of a number", , "inb $0x21, %%al", A);
	ONE("out", in.d = PORT_SCRATCH, "outb %%al, %%dx", 0);
	ONE("insb", in.d = PORT_SCRATCH, "insb", DI);
	ONE("outsb", in.d = PORT_SCRATCH, "outsb", SI);
	ONE("rep insb", in.d = PORT_SCRATCH; in.c = 5, "rep; insb", C | DI);
	ONE("mov from cs", , "movl %%cs, %%ecx", C);
	ONE("mov from ds to memory", , "movw %%ds, memory", 0);
	ONE("push cs, pop", , "pushl %%cs; popl %%ebx", B);
	ONE("push, pop es", , "pushl %%es; popl %%es", 0);
	ONE("mov to fs", in.b = SEL_UDATA, "movw %%bx, %%fs", 0);
	ONE("mov to gs", in.si = 0, "movw %%si, %%gs", 0);
	ONE("mov to ss", in.b = SEL_KDATA, "movw %%bx, %%ss; nop", 0);
	ONE("mov from cr0", , "movl %%cr0, %%edi", DI);
	ONE("mov from cr2", , "movl %%cr2, %%ebp", BP);
	ONE("mov to cr2", , "movl %%ebp, %%cr2", 0);
	ONE("mov to cr3", in.a = cr3_read(), "movl %%eax, %%cr3", 0);
	ONE("mov from cr4", , "movl %%cr4, %%edx", D);
	ONE("clts", , "clts", 0);
	ONE("invlpg", , "invlpg (%%esi)", 0);
	ONE("lgdt, sgdt", , "lgdt g; sgdt memory", 0);
	ONE("lidt, sidt", , "lidt t; sidt memory", 0);
	ONE("str", , "str %%ax", A);
	ONE("sldt", , "sldt %%cx", C);
	ONE("smsw", , "smsw %%bx", B);
	ONE("lmsw", in.a = cr0_read(), "lmsw %%ax", 0);
	ONE("lldt", in.a = 0, "lldt %%ax", 0);
	ONE("lar", in.c = SEL_KDATA; in.flags |= FL_ZF, "lar %%cx, %%eax; pushfl; orl $0x40, (%%esp); popfl", A | FLAGS);
	ONE("cpuid", in.a = 0; in.c = 0, "cpuid", A | B | C | D);
	ONE("rdmsr", in.c = MSR_SYSENTER_CS, "rdmsr", A | D);
	ONE("wrmsr", in.c = MSR_SYSENTER_CS; in.a = 8; in.d = 0, "wrmsr", 0);
	ONE("rdtsc", , "rdtsc", A | D);
	ONE("wbinvd", , "wbinvd", 0);
	ONE("mov from dr7", , "movl %%dr7, %%esi", SI);
	ONE("ljmp", , "ljmp $8, $1f; 1:", 0);
	ONE("iret", , "pushfl; pushl $8; pushl $1f; iret; 1:", 0);
	ONE("lret", , "pushl $8; pushl $1f; lret; 1:", 0);
	fs_write(0);
}
