/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What brute.py's table holds, and the call with all registers. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct entry {
	int function, site, bit;
	void (*base)(void), (*variant)(void);
};
