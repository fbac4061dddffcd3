/* SPDX-License-Identifier: GPL-3.0-or-later */
/* afterload: list, check and patch afterburned guests.  Manual: afterload(1). */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "lib/diag.h"
#include "lib/file.h"
#include "loader/afterload.h"

static const char help[] =
"Usage: afterload targets\n"
"       afterload list GUEST [--json]\n"
"       afterload check GUEST\n"
"       afterload -t TARGET GUEST -o OUT [--stats]\n"
"\n"
"Verify and patch guests that the afterburner has prepared.\n"
"\n"
"  targets              name the targets that there are wedges for\n"
"  list                 print every site that the guest's notes name\n"
"  check                verify every site; disassemble the guest's code and name\n"
"                       sensitive instructions that no note covers\n"
"  -t, --target=TARGET  patch for TARGET\n"
"  -o, --output=OUT     write the patched guest to OUT\n"
"      --stats          print what became of the sites, op by op\n"
"      --window=ADDR    linear address of the wedge's window\n"
"      --json           list as JSON\n"
"      --color[=WHEN]   colour messages: auto, always, never\n"
"      --help           print this\n"
"      --version        print the version\n"
"\n"
"Status: 0 done, 1 failure (a bad site, a corrupt file), 2 wrong usage.\n";

struct options {
	const char *target, *output;
	bool json, stats, has_window;
	uint32_t window;
};

enum { OPT_JSON = 256, OPT_STATS, OPT_WINDOW, OPT_COLOR, OPT_HELP, OPT_VERSION };

static const struct option long_options[] = {
	{ "target", required_argument, NULL, 't' },
	{ "output", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "stats", no_argument, NULL, OPT_STATS },
	{ "window", required_argument, NULL, OPT_WINDOW },
	{ "color", optional_argument, NULL, OPT_COLOR },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 }
};

static uint32_t parse_window(const char *text)
{
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || v > UINT32_MAX || v & 4095)
		die_usage("--window=%s: not a page-aligned 32-bit address", text);
	return v;
}

static void parse_options(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt_long(argc, argv, "t:o:", long_options, NULL)) != -1) {
		switch (c) {
		case 't':
			o->target = optarg;
			break;
		case 'o':
			o->output = optarg;
			break;
		case OPT_JSON:
			o->json = true;
			break;
		case OPT_STATS:
			o->stats = true;
			break;
		case OPT_WINDOW:
			o->window = parse_window(optarg);
			o->has_window = true;
			break;
		case OPT_COLOR:
			if (diag_set_color(optarg))
				die_usage("--color=%s: not auto, always or never", optarg);
			break;
		case OPT_HELP:
			fputs(help, stdout);
			diag_close_stdout();
			exit(AB_EXIT_OK);
		case OPT_VERSION:
			puts("afterload (Afterburner) " PACKAGE_VERSION);
			diag_close_stdout();
			exit(AB_EXIT_OK);
		default:
			fputs("Try 'afterload --help' for more information.\n", stderr);
			exit(AB_EXIT_USAGE);
		}
	}
}

static void print_target(void *status, const char *path, const char *name)
{
	struct ab_wedge *w = ab_wedge_open(name, 0, path);

	if (!w) {
		*(int *)status = AB_EXIT_FAIL;
		return;
	}
	printf("%-10s %-8s guests, wedge ABI %u, %zu bytes of code, %u templates",
	       w->man.target, ab_machine_name(w->man.machine), w->man.abi,
	       w->text_size, w->man.ntemplates);
	if (w->man.window)
		printf(", window 0x%x (0x%x bytes)", w->man.window, w->man.window_size);
	putchar('\n');
	ab_wedge_close(w);
}

static int list_targets(void)
{
	int status = AB_EXIT_OK;

	file_each("wedge", ".o", print_target, &status);
	return status;
}

static int patch_guest(struct ab_guest *g, const struct options *o)
{
	struct ab_wedge *w = ab_wedge_open(o->target, g->machine, NULL);
	struct ab_patch p;
	uint32_t window;
	int status = AB_EXIT_FAIL;

	if (!w)
		return status;
	window = o->has_window ? o->window : w->man.window;
	if (!ab_patch(g, w, window, NULL, NULL, &p)) {
		if (p.bad)
			warn("%s: %zu bad sites are left as they are ('afterload check' "
			     "names them)", g->path, p.bad);
		if (!ab_image_write(g, w, window, &p, o->output)) {
			status = AB_EXIT_OK;
			if (o->stats)
				print_stats(g, w);
		}
		ab_patch_free(&p);
	}
	ab_wedge_close(w);
	return status;
}

static int run(const char *command, const char *path, const struct options *o)
{
	struct ab_guest *g = ab_guest_open(path);
	int status;

	if (!g)
		return AB_EXIT_FAIL;
	if (!g->nsite)
		warn("%s: has no patch notes: not built by aftercc, or its linker script "
		     "discards " AB_NOTE_SECTION "*", path);
	if (!command)
		status = patch_guest(g, o);
	else if (!strcmp(command, "list"))
		status = list_sites(g, o->json);
	else
		status = check_guest(g);
	ab_guest_close(g);
	return status;
}

int main(int argc, char **argv)
{
	struct options o = { .target = NULL };
	const char *command = NULL;
	int status;

	diag_init("afterload");
	parse_options(argc, argv, &o);
	argv += optind;
	argc -= optind;
	if (!o.target) {
		if (!argc)
			die_usage("what shall I do?");
		command = *argv++;
		argc--;
		if (!strcmp(command, "targets")) {
			if (argc)
				die_usage("unexpected argument '%s'", *argv);
			status = list_targets();
			diag_close_stdout();
			return status;
		}
		if (strcmp(command, "list") && strcmp(command, "check"))
			die_usage("no such command: '%s'", command);
	} else if (!o.output) {
		die_usage("-o OUT is missing: where shall the patched guest go?");
	}
	if (!argc)
		die_usage("which guest?");
	if (argc > 1)
		die_usage("unexpected argument '%s'", argv[1]);
	status = run(command, argv[0], &o);
	diag_close_stdout();
	return status;
}
