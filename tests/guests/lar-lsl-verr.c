/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lar, lsl, verr, verw on every kind of descriptor, from ring 0 and ring 3. */
#include "guest.h"

enum { D_TSS = FIRST_FREE, D_LDT, D_CALL, D_INT, D_CONF, D_NOREAD, D_SMALL, D_DOWN, D_UDATA };

struct answer {
	uint32_t rights, limit;
	uint8_t lar, lsl, verr, verw;
};
USERDATA volatile struct answer answer;
USERDATA volatile uint32_t question;

static inline __attribute__((always_inline)) void ask(void)
{
	uint32_t r = 0x5555, l = 0x5555, s = question;
	uint8_t z;

	asm volatile("lar %2, %0; setz %1" : "+r"(r), "=q"(z) : "r"(s));
	answer.rights = r;
	answer.lar = z;
	asm volatile("lsl %2, %0; setz %1" : "+r"(l), "=q"(z) : "r"(s));
	answer.limit = l;
	answer.lsl = z;
	asm volatile("verr %w1; setz %0" : "=q"(z) : "r"(s));
	answer.verr = z;
	asm volatile("verw %w1; setz %0" : "=q"(z) : "r"(s));
	answer.verw = z;
}

USER static void user(void)
{
	ask();
	user_exit(0);
}

/* (want): lar lsl verr verw as a string of 0 and 1. */
static void is(const char *name, uint16_t sel, const char *want, uint32_t rights, uint32_t limit)
{
	bool ok;

	ok = answer.lar == want[0] - '0' && answer.lsl == want[1] - '0' &&
		answer.verr == want[2] - '0' && answer.verw == want[3] - '0';
	if (want[0] == '1')
		ok &= (answer.rights & 0xf0ff00) == rights;
	else
		ok &= answer.rights == 0x5555;
	ok &= answer.limit == (want[1] == '1' ? limit : 0x5555);
	check(ok, name);
}

static void ring0(const char *name, uint16_t sel, const char *want, uint32_t rights, uint32_t limit)
{
	question = sel;
	ask();
	is(name, sel, want, rights, limit);
}

static void ring3(const char *name, uint16_t sel, const char *want, uint32_t rights, uint32_t limit)
{
	question = sel;
	user_run(user, FL_IF);
	is(name, sel, want, rights, limit);
}

void guest_main(void)
{
	paging_on();
	gdt[D_TSS] = descriptor(0x1000, 0x67, A_TSS, 0);
	gdt[D_LDT] = descriptor(0x1000, 0x17, A_LDT, 0);
	gdt[D_CALL] = gate(SEL_KCODE, 0, A_CALL, 0);
	gdt[D_INT] = gate(SEL_KCODE, 0, A_INTERRUPT, 0);
	gdt[D_CONF] = descriptor(0, 0xfffff, A_CONFORMING, F_PAGES | F_32);
	gdt[D_NOREAD] = descriptor(0, 0xfffff, 0x99, F_PAGES | F_32);
	gdt[D_SMALL] = descriptor(0, 0, A_DATA, F_32);
	gdt[D_DOWN] = descriptor(0, 0xfff, 0x97, F_32);
	gdt[D_UDATA] = descriptor(0, 0x1234, A_DATA | A_RING3, F_32);

	ring0("null", 0, "0000", 0, 0);
	ring0("null with an RPL", 3, "0000", 0, 0);
	ring0("beyond the table", 0x1000, "0000", 0, 0);
	ring0("in no LDT", 0x0c, "0000", 0, 0);
	ring0("kernel code", SEL_KCODE, "1110", 0xc09b00, 0xffffffff);
	ring0("kernel data", SEL_KDATA, "1111", 0xc09300, 0xffffffff);
	ring0("kernel data, RPL 3", SEL_KDATA | 3, "0000", 0, 0);
	ring0("user data", SEL_UDATA, "1111", 0xc0f300, 0xffffffff);
	ring0("read-only data", SEL_RODATA, "1110", 0x409100, 0xfff);
	ring0("not present", SEL_ABSENT, "1111", 0xc01300, 0xffffffff);
	ring0("a TSS", SEL(D_TSS), "1100", 0x008900, 0x67);
	ring0("an LDT", SEL(D_LDT), "1100", 0x008200, 0x17);
	ring0("a call gate", SEL(D_CALL), "1000", 0x008c00, 0);
	ring0("an interrupt gate", SEL(D_INT), "0000", 0, 0);
	ring0("conforming code", SEL(D_CONF), "1110", 0xc09f00, 0xffffffff);
	ring0("code that cannot be read", SEL(D_NOREAD), "1100", 0xc09900, 0xffffffff);
	ring0("one byte", SEL(D_SMALL), "1111", 0x409300, 0);
	ring0("expand-down", SEL(D_DOWN), "1111", 0x409700, 0xfff);

	ring3("ring 3: kernel code", SEL_KCODE, "0000", 0, 0);
	ring3("ring 3: kernel data", SEL_KDATA, "0000", 0, 0);
	ring3("ring 3: user code", SEL_UCODE, "1110", 0xc0fb00, 0xffffffff);
	ring3("ring 3: user data", SEL(D_UDATA), "1111", 0x40f300, 0x1234);
	ring3("ring 3: conforming code", SEL(D_CONF), "1110", 0xc09f00, 0xffffffff);
	ring3("ring 3: a TSS", SEL(D_TSS), "0000", 0, 0);
}
