/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command line of `aftermon run`.  Every wrong option is one line that says
 * what was expected.
 */
#include "monitor/options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/cmdline.h"
#include "lib/diag.h"

#define DEFAULT_RAM	(128ull << 20)
#define TIMEOUT_MAX	1000000000ull	/* seconds */

enum { OPT_INITRD = 256, OPT_APPEND, OPT_DISK, OPT_PROFILE, OPT_TIMEOUT,
       OPT_USER, OPT_WINDOW, OPT_STATS, OPT_TRACE, OPT_SCREEN, OPT_KEYBOARD,
       OPT_GDB, OPT_ENGINE };

static const struct option options[] = {
	{ "target", required_argument, NULL, 't' },
	{ "memory", required_argument, NULL, 'm' },
	{ "initrd", required_argument, NULL, OPT_INITRD },
	{ "append", required_argument, NULL, OPT_APPEND },
	{ "disk", required_argument, NULL, OPT_DISK },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "user", required_argument, NULL, OPT_USER },
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "window", required_argument, NULL, OPT_WINDOW },
	{ "stats", no_argument, NULL, OPT_STATS },
	{ "trace", no_argument, NULL, OPT_TRACE },
	{ "screen", no_argument, NULL, OPT_SCREEN },
	{ "keyboard", no_argument, NULL, OPT_KEYBOARD },
	{ "gdb", required_argument, NULL, OPT_GDB },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static const char help_text[] =
"Usage: aftermon run [OPTION]... GUEST\n"
"Run GUEST, a 32-bit x86 kernel, as an ordinary Linux process.\n"
"\n"
"  -t, --target hosted|none  patch every site for the hosted target (default),\n"
"                            or patch nothing: each operation traps\n"
"  -m, --memory SIZE         guest RAM: 64M, 1G, ... (default 128M)\n"
"      --initrd FILE[,FILE]  initial RAM disk, or multiboot modules\n"
"                            (\"FILE ARGUMENTS\" each)\n"
"      --append STRING       kernel command line\n"
"      --disk FILE           first disk (virtio-blk, ATA); again: the second\n"
"      --profile FILE        write the trap profile to FILE\n"
"      --timeout SECONDS     stop after SECONDS with exit status 124\n"
"      --user auto|limits|separate\n"
"                            how guest user mode is kept from guest kernel pages\n"
"      --engine auto|segments|translate\n"
"                            how guest code runs: in 32-bit segments of the host,\n"
"                            or translated to 64-bit code where it has none\n"
"      --window ADDRESS      where the wedge lies in the guest's addresses\n"
"      --stats               counts and run time to standard error at exit\n"
"      --trace               each trap to standard error as it happens\n"
"      --screen              the guest's 80x25 text screen at exit\n"
"      --keyboard            type on the PS/2 keyboard, not the serial port\n"
"      --gdb PORT            wait for GDB on localhost:PORT; implies -t none\n"
"  -h, --help                this text\n"
"\n"
"The terminal is the guest's serial port (I/O port 0x3f8).  Ctrl-A x ends the\n"
"run, Ctrl-A Ctrl-A sends one Ctrl-A.\n"
"\n"
"Exit status: what the guest gives by port 0xf4, (VALUE << 1) | 1; 0 for power-off\n"
"and reset; 124 for a timeout; 2 for a usage error; 1 when anything else fails.\n";

bool size_parse(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMGT";
	const char *unit;
	unsigned shift = 20;
	uint64_t v = 0;

	if (!isdigit((unsigned char)*text))
		return false;
	for (; isdigit((unsigned char)*text); text++)
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*text - '0'), &v))
			return false;
	if (*text) {
		unit = strchr(units, toupper((unsigned char)*text));
		if (!unit)
			return false;
		shift = 10 * (unsigned)(unit - units + 1);
		text++;
		if (!strcmp(text, "B") || !strcmp(text, "iB"))
			text = "";
	}
	if (*text || v > UINT64_MAX >> shift)
		return false;
	*bytes = v << shift;
	return true;
}

bool seconds_parse(const char *text, uint64_t *ns)
{
	uint64_t v = 0, unit = 1000000000;

	if (!isdigit((unsigned char)*text))
		return false;
	for (; isdigit((unsigned char)*text); text++) {
		v = v * 10 + (uint64_t)(*text - '0');
		if (v > TIMEOUT_MAX)
			return false;
	}
	v *= unit;
	if (*text == '.')
		for (text++; isdigit((unsigned char)*text); text++) {
			unit /= 10;
			v += unit * (uint64_t)(*text - '0');
		}
	if (*text)
		return false;
	*ns = v;
	return true;
}

/* Index of (text) in the NULL-terminated (names), or usage error. */
static unsigned choice(const char *option, const char *text,
		       const char *const *names, const char *list)
{
	unsigned i;

	for (i = 0; names[i]; i++)
		if (!strcmp(text, names[i]))
			return i;
	die_usage("%s: '%s' is none of %s", option, text, list);
}

static void ram_set(struct run_options *o, const char *text)
{
	if (!size_parse(text, &o->ram))
		die_usage("-m: '%s' is not a size (64M, 1G...)", text);
	if (o->ram < MON_RAM_MIN)
		die("-m: %s of guest RAM are too few: give at least 1M", text);
	if (o->ram > MON_RAM_MAX)
		die("-m: a 32-bit guest can have at most 3G of RAM, not %s", text);
	o->ram &= ~4095ull;
}

static uint64_t number(const char *option, const char *text, uint64_t max)
{
	unsigned long long v;
	char *end;

	v = strtoull(text, &end, 0);
	if (!isdigit((unsigned char)*text) || *end || v > max)
		die_usage("%s: '%s' is not a number up to 0x%llx", option, text,
			  (unsigned long long)max);
	return v;
}

static void window_set(struct run_options *o, const char *text)
{
	o->window = (uint32_t)number("--window", text, UINT32_MAX);
	if (!o->window || o->window % 4096)
		die_usage("--window: '%s' is not the address of a page", text);
}

static void option_take(struct run_options *o, int c, const char *arg)
{
	static const char *const targets[] = { "none", "hosted", NULL };
	static const char *const users[] = { "auto", "limits", "separate", NULL };
	static const char *const engines[] = { "auto", "segments", "translate", NULL };

	switch (c) {
	case 't':
		o->target = choice("-t", arg, targets, "hosted, none");
		o->target_given = true;
		break;
	case 'm':
		ram_set(o, arg);
		break;
	case OPT_INITRD:
		o->initrd = arg;
		break;
	case OPT_APPEND:
		o->append = arg;
		break;
	case OPT_DISK:
		if (o->ndisk == MON_DISKS)
			die_usage("--disk: the machine takes %d disks", MON_DISKS);
		o->disk[o->ndisk++] = arg;
		break;
	case OPT_PROFILE:
		o->profile = arg;
		break;
	case OPT_TIMEOUT:
		if (!seconds_parse(arg, &o->timeout_ns) || !o->timeout_ns)
			die_usage("--timeout: '%s' is not a time in seconds", arg);
		break;
	case OPT_ENGINE:
		o->engine = choice("--engine", arg, engines, "auto, segments, translate");
		break;
	case OPT_USER:
		o->user = choice("--user", arg, users, "auto, limits, separate");
		break;
	case OPT_WINDOW:
		window_set(o, arg);
		break;
	case OPT_STATS:
		o->stats = true;
		break;
	case OPT_TRACE:
		o->trace = true;
		break;
	case OPT_SCREEN:
		o->screen = true;
		break;
	case OPT_KEYBOARD:
		o->keyboard = true;
		break;
	case OPT_GDB:
		o->gdb_port = (unsigned)number("--gdb", arg, 65535);
		if (!o->gdb_port)
			die_usage("--gdb: port 0");
		break;
	}
}

void run_options_parse(int argc, char **argv, struct run_options *o)
{
	int c;

	*o = (struct run_options){ .target = MON_HOSTED, .ram = DEFAULT_RAM };
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, ":t:m:h", options, NULL)) != -1) {
		if (c == ':' || c == '?' || c == 'h')
			cmdline_other(c, argv, help_text);
		option_take(o, c, optarg);
	}
	if (o->gdb_port && o->target_given && o->target != MON_NONE)
		die_usage("--gdb goes with -t none only: a debugger wants the "
			  "guest's own instructions");
	if (o->gdb_port)
		o->target = MON_NONE;
	if (optind == argc)
		die_usage("run: no guest given");
	if (optind + 1 < argc)
		die_usage("run: one guest at a time; what is '%s'? (options come "
			  "as --append \"...\")", argv[optind + 1]);
	o->guest = argv[optind];
}
