/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each form of an ordinary instruction that kernels use on device memory: the same
 * registers, flags and memory, whether the address is a device's or RAM, and
 * whether the instruction is patched or not.  tests/feedback/guests.sh tunes this
 * guest and runs it again.
 * Qemu: -cpu max,-smap,-smep
 */
#include "guest.h"

#define VA	0x40000000u		/* the local APIC */
#define TPR	(VA + 0x80)
#define EOI	(VA + 0xb0)
#define HOLE	0x40002000u		/* nothing there */
#define ABSENT	0x40004000u		/* no page, until its fault maps one */
#define FLAGS	0x8c5u			/* without AF, which or and and leave undefined */

struct regs {
	word a, c, d, flags;
};

/* The instruction twice: once for devices and RAM, once for RAM alone, which no
 * profile names, so that it always runs as it is. */
#define FORM(name, insn, value)							\
INLINE struct regs name##_code(word at)						\
{										\
	struct regs r = { .a = value, .c = at, .d = 0x1234 };			\
										\
	asm volatile("xorl %%ebx, %%ebx; stc\n\t" insn "\n\tpushfl; popl %%ebx"	\
		     : "+a"(r.a), "+c"(r.c), "+d"(r.d), "=b"(r.flags)		\
		     : : "memory", "cc");					\
	r.flags &= FLAGS;							\
	return r;								\
}										\
static __attribute__((noinline)) struct regs name##_dev(word at)		\
{										\
	return name##_code(at);							\
}										\
static __attribute__((noinline)) struct regs name##_ram(word at)		\
{										\
	return name##_code(at);							\
}

/* name, instruction, value in eax, on the task priority (else on nothing) */
#define FORMS(F)								\
F(load32, "movl (%%ecx), %%eax", 0x20, 1)					\
F(load16, "movw (%%ecx), %%ax", 0x11112222, 0)					\
F(load8, "movb (%%ecx), %%al", 0x11112222, 0)					\
F(load8_high, "movb (%%ecx), %%dh", 0, 0)					\
F(load_zx8, "movzbl (%%ecx), %%eax", 0x11112222, 0)				\
F(load_zx16, "movzwl (%%ecx), %%eax", 0x11112222, 0)				\
F(load_sx8, "movsbl (%%ecx), %%eax", 0x11112222, 0)				\
F(load_sx16, "movswl (%%ecx), %%eax", 0x11112222, 0)				\
F(load_sx816, "movsbw (%%ecx), %%dx", 0, 0)					\
F(load_disp, "movl -4(%%ecx), %%eax", 0, 2)					\
F(load_index, "movl -0x1234(%%ecx, %%edx), %%eax", 0, 1)			\
F(store32, "movl %%eax, (%%ecx)", 0x40, 1)					\
F(store16, "movw %%ax, (%%ecx)", 0x40, 0)					\
F(store8, "movb %%al, (%%ecx)", 0x40, 0)					\
F(store8_high, "movb %%ah, (%%ecx)", 0x4000, 0)					\
F(store32_imm, "movl $0x50, (%%ecx)", 0, 1)					\
F(store16_imm, "movw $0x50, (%%ecx)", 0, 0)					\
F(store8_imm, "movb $0x50, (%%ecx)", 0, 0)					\
F(store_disp, "movl %%eax, 0x40(%%ecx)", 0x60, 3)				\
F(or_to, "orl %%eax, (%%ecx)", 0x81, 1)						\
F(or_imm, "orl $0x3, (%%ecx)", 0, 1)						\
F(and_to, "andl %%eax, (%%ecx)", 0xf3, 1)					\
F(and_imm, "andl $0x71, (%%ecx)", 0, 1)						\
F(xor_to, "xorl %%eax, (%%ecx)", 0x11, 1)					\
F(add_to, "addl %%eax, (%%ecx)", 0x07, 1)					\
F(adc_to, "adcl $0, (%%ecx)", 0, 1)						\
F(sub_to, "subl $1, (%%ecx)", 0, 1)						\
F(inc_to, "incl (%%ecx)", 0, 1)							\
F(dec_to, "decl (%%ecx)", 0, 1)							\
F(locked, "lock; orl %%eax, (%%ecx)", 0x10, 1)					\
F(test_imm, "testl $0x10, (%%ecx)", 0, 1)					\
F(test_imm8, "testb $0x10, (%%ecx)", 0, 0)					\
F(test_reg, "testl %%eax, (%%ecx)", 0x33, 1)					\
F(cmp_imm, "cmpl $0x20, (%%ecx)", 0, 1)						\
F(cmp_imm8, "cmpb $-1, (%%ecx)", 0, 0)						\
F(cmp_reg, "cmpl %%eax, (%%ecx)", 0x70, 1)					\
F(cmp_with, "cmpl (%%ecx), %%eax", 0x70, 1)					\
F(add_from, "addl (%%ecx), %%eax", 0xfffffff0, 1)				\
F(or_from, "orl (%%ecx), %%eax", 0x80000000, 1)					\
F(swap, "xchgl %%eax, (%%ecx)", 0x30, 1)					\
F(bit, "btl $4, (%%ecx)", 0, 1)							\
F(multiply, "imull (%%ecx), %%eax; setc %%dl; seto %%dh; testl %%eax, %%eax", 3, 1)

#define DEFINE(name, insn, value, on) FORM(name, insn, value)
FORMS(DEFINE)

static uint32_t ram[64] __attribute__((aligned(256)));

static void fill(uint32_t v)
{
	unsigned i;

	for (i = 0; i < 64; i++)
		ram[i] = v;
}

static bool same(struct regs x, struct regs y)
{
	return x.a == y.a && x.d == y.d && x.flags == y.flags;
}

/* (shift): where the instruction's operand lies from its %ecx. */
static void try_form(const char *name, struct regs (*dev)(word), struct regs (*plain)(word),
		     bool tpr, int shift)
{
	word to = (word)&ram[32], at = tpr ? TPR : HOLE;
	struct regs want, got;
	uint32_t left, start;
	bool ok;

	if (tpr)
		write32(TPR, 0x25);
	start = read32(at);
	fill(start);
	want = plain(to - shift);
	left = ram[32];
	fill(start);
	got = dev(to - shift);
	ok = same(got, want) && got.c == to - shift && ram[32] == left &&
		ram[31] == start && ram[33] == start;
	got = dev(at - shift);
	ok = ok && same(got, want) && got.c == at - shift && (!tpr || read32(TPR) == left);
	check(ok, name);
}

#define TRY_FORM(name, insn, value, on)						\
	try_form(#name, name##_dev, name##_ram, on, on == 2 ? -4 : on == 3 ? 0x40 : 0);

/* ---- a fault there is the guest's, at that instruction ---- */

static struct trapframe at;
static unsigned faults;

static bool absent(struct trapframe *tf)
{
	at = *tf;
	faults++;
	map(ABSENT, (word)page_new(), PTE_W);
	return true;
}

static void faulting(void)
{
	struct regs (*volatile f)(word) = or_to_dev;
	struct regs r;

	handlers[T_PF] = absent;
	r = f(ABSENT + 8);
	check(faults == 1 && !(at.error & ~PF_W) && at.cx == ABSENT + 8 && at.ax == 0x81 &&
	      at.flags & FL_CF && at.ip >= (word)f && at.ip < (word)f + 64,
	      "fault at the instruction");
	check(read32(ABSENT + 8) == 0x81 && r.a == 0x81 && !(r.flags & FL_CF),
	      "and done after it");
	handlers[T_PF] = 0;
}

/* ---- plain C, as drivers have it ---- */

static volatile uint32_t *reg(word a)
{
	asm("" : "+r"(a));
	return (volatile uint32_t *)a;
}

static __attribute__((noinline)) void apic_eoi(void)
{
	*(volatile uint32_t *)EOI = 0;
}

static __attribute__((noinline)) uint32_t apic_poll(unsigned n)
{
	uint32_t sum = 0;

	while (n--) {
		*reg(TPR) = n & 0x70;
		sum += *reg(TPR);
	}
	return sum;
}

void guest_main(void)
{
	unsigned i;

	paging_on();
	map(VA, 0xfee00000, PTE_W | 0x18);
	map(HOLE, 0xd0000000, PTE_W | 0x18);
	FORMS(TRY_FORM)
	write32(TPR, 0);
	faulting();
	for (i = 0; i < 1000; i++)
		apic_eoi();
	check(apic_poll(1000) == 54784, "a loop on a register");
	write32(TPR, 0);
}
