/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The TSS's bitmap allows ring 3 single ports. */
#include "guest.h"

USER static void u_byte(void) { asm volatile("inb %%dx, %%al; int $0x80" : : "a"(0), "d"(PORT_SCRATCH)); }
USER static void u_write(void) { asm volatile("outb %%al, %%dx; int $0x80" : : "a"(0x3c), "d"(PORT_SCRATCH)); }
USER static void u_next(void) { asm volatile("inb %%dx, %%al; int $0x80" : : "a"(0), "d"(PORT_SCRATCH - 1)); }
USER static void u_word(void) { asm volatile("inw %%dx, %%ax; int $0x80" : : "a"(0), "d"(PORT_NOBODY)); }
USER static void u_far(void) { asm volatile("inb %%dx, %%al; int $0x80" : : "a"(0), "d"(0xffff)); }
USER static void u_cli(void) { asm volatile("cli"); }

static bool refused(void (*f)(void))
{
	struct visit v = user_run(f, FL_IF);

	return v.vector == T_GP && v.error == 0;
}

void guest_main(void)
{
	struct visit v;

	paging_on();
	outb(PORT_SCRATCH, 0x5a);
	check(refused(u_byte), "no bitmap: no port");
	memset(tss.ports, 0xff, sizeof(tss.ports));
	tss.ports[PORT_SCRATCH / 8] &= ~(1 << PORT_SCRATCH % 8);
	tss.iomap = offsetof(struct tss, ports);
	v = user_run(u_byte, FL_IF);
	check(v.vector == 0x80 && (v.tf.ax & 0xff) == 0x5a, "in from a port that is allowed");
	v = user_run(u_write, FL_IF);
	check(v.vector == 0x80 && inb(PORT_SCRATCH) == 0x3c, "out to it");
	check(refused(u_next), "its neighbour");
	tss.ports[PORT_NOBODY / 8] &= ~(1 << PORT_NOBODY % 8);
	check(refused(u_word), "a word of which one half is allowed");
	tss.ports[PORT_NOBODY / 8] &= ~(2 << PORT_NOBODY % 8);
	v = user_run(u_word, FL_IF);
	check(v.vector == 0x80 && (v.tf.ax & 0xffff) == 0xffff, "both allowed");
	check(refused(u_far), "the last port");
	check(refused(u_cli), "cli does not ask the bitmap");
}
