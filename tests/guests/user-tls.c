/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ring 3 loads segments of the guest's own, as programs do for thread-local data.
 * In bytes: a user program is built by an ordinary compiler.
 */
#include "guest.h"

#define MOV_EAX_FS	".byte 0x8e, 0xe0;"
#define MOV_EAX_GS	".byte 0x8e, 0xe8;"

USERDATA uint32_t block[32][2];

#define LOADER(n, sel) \
USER static void load_##n(void) \
{ \
	word a, b; \
\
	asm volatile(MOV_EAX_GS "movl %%gs:0, %0; movl %%gs:4, %1" \
		     : "=&r"(a), "=&r"(b) : "a"(sel) : "memory"); \
	asm volatile("int $0x80" : : "a"(a), "b"(b)); \
}
#define SLOTS X(6) X(7) X(8) X(11) X(12) X(13) X(14) X(15) X(20) X(31)
#define X(n) LOADER(n, n * 8 + 3)
SLOTS
#undef X
#define LOCALS X(1) X(2) X(3) X(4) X(5)
#define X(n) LOADER(local_##n, n * 8 + 7)
LOCALS
#undef X

static uint64_t ldt[8] __attribute__((aligned(8)));

USER static void both(void)
{
	word a, b;
	volatile unsigned i;

	asm volatile(MOV_EAX_FS : : "a"(12 * 8 + 3));
	asm volatile(MOV_EAX_GS : : "a"(13 * 8 + 3));
	for (i = 0; i < 3000000; i++)
		;
	asm volatile("movl %%fs:4, %0; movl %%gs:4, %1" : "=r"(a), "=r"(b));
	asm volatile("int $0x80" : : "a"(a), "b"(b));
}

USER static void kernel_data(void)
{
	asm volatile(MOV_EAX_GS "movl %%gs:0, %%eax" : : "a"(SEL_KDATA));
}

USER static void nothing(void)
{
	asm volatile(MOV_EAX_GS : : "a"(0x7ff3));
}

void guest_main(void)
{
	struct visit v;
	unsigned i;
	bool ok = true;

	paging_on();
	/* Slot 5 and 9, 10 are taken. */
	for (i = 6; i < GDT_SIZE; i++) {
		block[i][0] = i;
		block[i][1] = i * 1000;
		if (i != 9 && i != 10)
			gdt[i] = descriptor((word)block[i], 0xfffff, A_DATA | A_RING3,
					    F_PAGES | F_32);
	}
#define X(n) v = user_run(load_##n, FL_IF); \
	ok &= v.vector == 0x80 && v.tf.ax == n && v.tf.bx == n * 1000;
	SLOTS
	check(ok, "ten of them, each with its own base");
#undef X
	for (i = 1; i < 8; i++)
		ldt[i] = descriptor((word)block[31 - i], 0xfffff, A_DATA | A_RING3,
				    F_PAGES | F_32);
	gdt[9] = descriptor((word)ldt, sizeof(ldt) - 1, A_LDT, 0);
	lldt(SEL(9));
	for (i = 1; i < 8; i++)
		block[31 - i][0] = 100 + i;
	ok = true;
#define X(n) v = user_run(load_local_##n, FL_IF); \
	ok &= v.vector == 0x80 && v.tf.ax == 100 + n && v.tf.bx == (31 - n) * 1000;
	LOCALS
	check(ok, "five of a local table");
	lldt(0);
	irq_unmask(0);
	pit_start(1000);
	v = user_run(both, FL_IF);
	irq_mask_all();
	check(v.vector == 0x80 && v.tf.ax == 12000 && v.tf.bx == 13000,
	      "two, kept over interrupts");
	v = user_run(kernel_data, FL_IF);
	check(v.vector == T_GP && v.error == SEL_KDATA, "the kernel's is refused");
	v = user_run(nothing, FL_IF);
	check(v.vector == T_GP && v.error == 0x7ff0, "one beyond the table is refused");
}
