/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The null selector may be loaded, but never into ss or cs. */
#include "guest.h"

void guest_main(void)
{
	struct {
		uint32_t offset;
		uint16_t sel;
	} __attribute__((packed)) far = { 0, 0 };
	unsigned i;

	for (i = 0; i < 4; i++) {
		fs_write(i);
		if (fs_read() != i)
			break;
	}
	check(i == 4, "0 to 3 load into fs, and read back");
	es_write(0);
	check(es_read() == 0, "0 loads into es");
	es_write(SEL_KDATA);
	check(faulted(TRY("mov %w1, %%ss", "r"(0)), T_GP, 0), "not into ss");
	check(faulted(TRY("mov %w1, %%ss", "r"(3)), T_GP, 0), "not into ss, whatever its RPL");
	check(faulted(TRY("ljmp *%1", "m"(far)), T_GP, 0), "not into cs");
	check(ss_read() == SEL_KDATA, "nothing has changed");
	fs_write(0);
}
