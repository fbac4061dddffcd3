/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of `aftermon run`. */
#ifndef AB_MONITOR_OPTIONS_H
#define AB_MONITOR_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include "monitor/mon.h"

struct run_options {
	const char *guest;
	const char *initrd, *append, *profile;	/* NULL: not given */
	const char *disk[MON_DISKS];
	unsigned ndisk;
	enum mon_target target;
	bool target_given;
	enum mon_user user;
	enum mon_engine engine;
	uint64_t ram;
	uint64_t timeout_ns;	/* 0: none */
	uint32_t window;	/* 0: the wedge's default */
	unsigned gdb_port;	/* 0: none */
	bool stats, trace, screen, keyboard;
};

/* Parse the arguments after "run".  Exits: 2 for what cannot be understood, 1
 * for values that cannot be, 0 after --help. */
void run_options_parse(int argc, char **argv, struct run_options *out);
/* "64M", "1G", "512" (MiB), "65536K": bytes; false when it is no size. */
bool size_parse(const char *text, uint64_t *bytes);
/* "1.5": nanoseconds. */
bool seconds_parse(const char *text, uint64_t *ns);

#endif
