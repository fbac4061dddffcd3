/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Says hello through Xen's console and ends as the first letter of its command
 * line asks: c crash, r reboot, o power off, h hang; else with status 7 by port
 * 0xf4.  It shows that examples/xen/run works, with no wedge in between.
 */
#include "pv.h"

void pv_main(const struct start_info *si)
{
	const char *line = (const char *)si->cmd_line;

	print("pv-hello: ");
	print(line);
	print("\n");
	switch (line[0]) {
	case 'c':
		shut_down(SHUTDOWN_crash);
	case 'r':
		shut_down(SHUTDOWN_reboot);
	case 'o':
		shut_down(SHUTDOWN_poweroff);
	case 'h':
		for (;;)
			asm volatile("pause");
	}
	end(3);
}
