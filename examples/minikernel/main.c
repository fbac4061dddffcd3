/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small kernel that checks itself: the order of things.
 */
#include "kernel.h"

#ifdef __x86_64__
#define WIDTH "x86-64"
#else
#define WIDTH "i386"
#endif

void kernel_main(word magic, word info);

/* (magic) and (info) are what the boot code was handed: see boot32.S, boot64.S. */
void kernel_main(word magic, word info)
{
	console_init();
	print("minikernel: " WIDTH ", %s\n", KERNBASE ? "high half" : "identity mapped");
	boot_check(magic, info);
	segment_init();
	trap_init();
	page_init();
	vm_init();
	timer_init();

	check_cpu();
	check_io();
	check_irq();
	check_vm();
	check_proc();
	check_64();
	if (boot_work)
		work(boot_work);
	check_ts();
	check_end();
}
