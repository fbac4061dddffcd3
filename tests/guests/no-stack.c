/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sensitive instructions where there is no stack: start-up code has none, and esp
 * may hold anything.  What does not touch the stack by itself must do without.
 */
#include "guest.h"

static struct {
	word cr0, cr3, msr, cs, ds, cpuid, in, tr;
	struct dtr gdtr, idtr;
	uint16_t msw, ldtr;
	uint8_t lsl_ok;
} saw, want;

static __attribute__((noinline)) void go(word esp)
{
	asm volatile(
		"movl %%esp, %%ebp; movl %0, %%esp;"
		"cli;"
		"movl %%cr0, %%eax; movl %%eax, saw; movl %%eax, %%cr0;"
		"movl %%cr3, %%eax; movl %%eax, saw + 4; movl %%eax, %%cr3;"
		"movl $0x174, %%ecx; movl $0x77, %%eax; xorl %%edx, %%edx; wrmsr;"
		"xorl %%eax, %%eax; rdmsr; movl %%eax, saw + 8;"
		"movl %%cs, %%eax; movl %%eax, saw + 12;"
		"movl %%ds, %%eax; movl %%eax, saw + 16; movl %%eax, %%es; movl %%eax, %%fs;"
		"xorl %%eax, %%eax; xorl %%ecx, %%ecx; cpuid; movl %%eax, saw + 20;"
		"movl $0x3ff, %%edx; movb $0x5a, %%al; outb %%al, %%dx; xorl %%eax, %%eax;"
		"inb %%dx, %%al; movl %%eax, saw + 24;"
		"xorl %%eax, %%eax; str %%ax; movl %%eax, saw + 28;"
		"sgdt saw + 32; sidt saw + 38; lgdt saw + 32; lidt saw + 38;"
		"smsw saw + 44; sldt saw + 46; clts; lmsw saw + 44;"
		"movw $0x10, %%ax; lsl %%ax, %%ecx; setz saw + 48; verr %%ax;"
		"movl $0x100000, %%eax; invlpg (%%eax); wbinvd; rdtsc;"
		"movl %%dr7, %%eax; movl %%eax, %%dr7;"
		"ljmp $8, $1f; 1: nop;"
		"movl %%ebp, %%esp"
		: : "r"(esp) : "eax", "ebx", "ecx", "edx", "ebp", "memory");
}

static void round(word esp, const char *what)
{
	memset(&saw, 0, sizeof(saw));
	go(esp);
	fs_write(0);
	check(!memcmp(&saw, &want, sizeof(saw)), what);
}

void guest_main(void)
{
	_Static_assert(offsetof(typeof(saw), gdtr) == 32, "asm");
	_Static_assert(offsetof(typeof(saw), idtr) == 38, "asm");
	_Static_assert(offsetof(typeof(saw), msw) == 44, "asm");
	_Static_assert(offsetof(typeof(saw), lsl_ok) == 48, "asm");

	paging_on();
	want.cr0 = cr0_read();
	want.cr3 = cr3_read();
	want.msr = 0x77;
	want.cs = SEL_KCODE;
	want.ds = SEL_KDATA;
	want.cpuid = cpuid(0).a;
	want.in = 0x5a;
	want.tr = SEL_TSS;
	sgdt(&want.gdtr);
	sidt(&want.idtr);
	want.msw = want.cr0;
	want.ldtr = 0;
	want.lsl_ok = 1;
	round((word)user_stack, "with a stack");
	round(0x50000000, "esp where nothing is mapped");
	round(0, "esp is 0");
	round(2, "esp is 2");
	round(0xfffffffc, "esp at the end");
	map(0x50000000, (word)page_new(), 0);
	round(0x50000ffc, "esp in a read-only page");
	round(0x50001000, "esp behind a read-only page");
}
