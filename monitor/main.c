/* SPDX-License-Identifier: GPL-3.0-or-later */
/* aftermon: the subcommands. */
#include <stdio.h>
#include <string.h>
#include "config.h"
#include "lib/diag.h"
#include "monitor/broker.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "run", command_run, "run a guest kernel as a Linux process" },
	{ "report", command_report, "show a trap profile" },
	{ "tune", command_tune, "write rules for what a profile shows" },
	{ "import", command_import, "make a profile of another hypervisor's trace" },
	{ "host", command_host, "say what this host has for guests" },
};

#define COMMANDS	(sizeof commands / sizeof commands[0])

static int help_print(void)
{
	size_t i;

	puts("Usage: aftermon COMMAND [OPTION]... [ARGUMENT]...\n"
	     "The hosted monitor of Afterburner: guest kernels without hardware\n"
	     "virtualization.\n");
	for (i = 0; i < COMMANDS; i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].help);
	puts("\n'aftermon COMMAND --help' says more.  --version prints the version.");
	diag_close_stdout();
	return AB_EXIT_OK;
}

int main(int argc, char **argv)
{
	size_t i;

	diag_init("aftermon");
	if (argc < 2)
		die_usage("no command given");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help_print();
	if (!strcmp(argv[1], "--version")) {
		puts("aftermon (" PACKAGE_NAME ") " PACKAGE_VERSION);
		diag_close_stdout();
		return AB_EXIT_OK;
	}
	for (i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	die_usage("unknown command '%s'", argv[1]);
}
