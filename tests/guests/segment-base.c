/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segments whose base is not zero: by override, in string instructions, as the
 * data segment of a piece of code, as a stack. */
#include "guest.h"

#define SHIFTED	SEL(FIRST_FREE)
#define STACK	SEL(FIRST_FREE + 1)

static uint32_t block[16] = { 1, 2, 3, 4 };
static uint8_t stack[256];
static struct {
	uint32_t offset;
	uint16_t sel;
} __attribute__((packed)) far = { 0x77, SHIFTED };

void guest_main(void)
{
	uint32_t a, b, c, d;

	gdt[FIRST_FREE] = descriptor((word)block, 0xfffff, A_DATA, F_PAGES | F_32);
	gdt[FIRST_FREE + 1] = descriptor((word)stack, 0xff, A_DATA, F_32);

	gs_write(SHIFTED);
	asm volatile("movl %%gs:4, %0; movl %%gs:(%1), %1" : "=&r"(a), "=&r"(b) : "1"(8));
	check(a == 2 && b == 3, "by override");
	es_write(SHIFTED);
	asm volatile("movl $16, %%edi; movl $0x55, %%eax; movl $4, %%ecx; rep; stosl"
		     : : : "eax", "ecx", "edi", "memory");
	check(block[4] == 0x55 && block[7] == 0x55 && block[8] == 0, "stos by es");
	asm volatile("xorl %%esi, %%esi; movl $32, %%edi; movl $2, %%ecx; rep; movsl %%es:(%%esi), %%es:(%%edi)"
		     : : : "esi", "ecx", "edi", "memory");
	check(block[8] == 1 && block[9] == 2, "movs with both in es");
	es_write(SEL_KDATA);

	asm volatile("movw %w4, %%ds; movl 0, %0; movl (%%ecx), %1; movw %w5, %%ds"
		     : "=&r"(a), "=&r"(b) : "c"(12), "m"(block), "r"(SHIFTED), "r"(SEL_KDATA));
	check(a == 1 && b == 4, "as ds");

	asm volatile("lesl %2, %0; movl %%es, %1" : "=&r"(a), "=&r"(b) : "m"(far));
	check(a == 0x77 && (b & 0xffff) == SHIFTED, "les");
	es_write(SEL_KDATA);
	asm volatile("lfsl %2, %0; movl %%fs, %1" : "=&r"(a), "=&r"(b) : "m"(far));
	check(a == 0x77 && (b & 0xffff) == SHIFTED, "lfs");
	asm volatile("lgsl %2, %0; movl %%gs, %1" : "=&r"(a), "=&r"(b) : "m"(far));
	check(a == 0x77 && (b & 0xffff) == SHIFTED, "lgs");
	asm volatile("movl %%ds, %%ecx; ldsl %2, %0; movl %%ds, %1; movl %%ecx, %%ds"
		     : "=&r"(a), "=&r"(b) : "m"(far) : "ecx");
	check(a == 0x77 && (b & 0xffff) == SHIFTED, "lds");

	asm volatile("movl %%esp, %%ecx; movw %w2, %%ss; movl $0x100, %%esp;"
		     "pushl $0x123; movl (%%esp), %0; movl %%esp, %1; addl $4, %%esp;"
		     "movw %w3, %%ss; movl %%ecx, %%esp"
		     : "=&r"(c), "=&r"(d) : "r"(STACK), "r"(SEL_KDATA) : "ecx", "memory");
	check(c == 0x123 && d == 0xfc && read32((word)stack + 0xfc) == 0x123, "as a stack");

	far.offset = (word)stack + 256;
	far.sel = SEL_KDATA;
	asm volatile("movl %%esp, %%ecx; lssl %1, %%esp; pushl $0x456; movl %%ecx, %%esp; movl %%ss, %0"
		     : "=&r"(a) : "m"(far) : "ecx", "memory");
	check((a & 0xffff) == SEL_KDATA && read32((word)stack + 0xfc) == 0x456, "lss");
	fs_write(0);
	gs_write(0);
}
