/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Debug registers hold what is written to them. */
#include "guest.h"

#define DR(n) \
static word dr##n##_set(word v) \
{ \
	word r; \
\
	asm volatile("movl %1, %%dr" #n "; movl %%dr" #n ", %0" : "=r"(r) : "r"(v)); \
	return r; \
}
DR(0) DR(1) DR(2) DR(3) DR(7)

void guest_main(void)
{
	word v;

	asm volatile("movl %%dr7, %0" : "=r"(v));
	check(v == 0x400, "dr7 at the start");
	asm volatile("movl %%dr6, %0" : "=r"(v));
	check((v & 0xe00f) == 0, "dr6 at the start");
	check(dr0_set(0x12345678) == 0x12345678 && dr1_set(0x1000) == 0x1000 &&
	      dr2_set(0xffffffff) == 0xffffffff && dr3_set(0) == 0, "dr0 to dr3");
	check(dr7_set(0x400) == 0x400, "dr7");
	asm volatile("movl %0, %%dr6" : : "r"(0));
	asm volatile("movl %%dr6, %0" : "=r"(v));
	check((v & 0xf) == 0, "dr6");
}
