// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * aftercc: runs a compiler so that what it assembles goes through afterburner.
 *
 * Compiler drivers look for their programs in the folder of -B first.  aftercc
 * adds one that holds nothing but our "as", tells it by AFTERBURNER_AS which
 * assembler the compiler would have run, and becomes the compiler: status,
 * signals, standard input, dependency files and output are the compiler's own.
 * Command lines that assemble nothing are handed on as they are.
 */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "afterburner/compiler.h"
#include "lib/diag.h"
#include "lib/file.h"

static const char help[] =
"Usage: aftercc COMPILER ARGUMENT...\n"
"Run COMPILER so that everything it assembles goes through afterburner, as in\n"
"make CC=\"aftercc gcc\".\n"
"\n"
"Environment:\n"
"  AFTERBURNER_RULES  rule files, parted by ':'; 'none' switches off\n"
"  AFTERBURNER_FLAGS  options of afterburner(1)\n"
"  AFTERBURNER_KEEP   folder where to keep what every assembly was given\n"
"\n"
"Manual: aftercc(1).\n";

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_one_of(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(s, *list))
			return true;
	return false;
}

static bool is_wrapper(const char *word)
{
	static const char *const list[] = { "ccache", "sccache", "distcc",
					    "icecc", "aftercc", NULL };

	return is_one_of(base_name(word), list);
}

/* The folder that holds our "as": in the build tree, beside the installed
 * program, or where it was configured to be. */
static char *shim_folder(void)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *folder[3] = { NULL, NULL, xstrdup(AB_LIBEXECDIR "/") };

	if (n > 0) {
		exe[n] = 0;
		*(char *)base_name(exe) = 0;
		folder[0] = xasprintf("%slibexec/", exe);
		folder[1] = xasprintf("%s../libexec/afterburner/", exe);
	}
	for (int i = 0; i < 3; i++) {
		char *as = folder[i] ? xasprintf("%sas", folder[i]) : NULL;

		if (as && !access(as, X_OK))
			return folder[i];
		free(as);
	}
	die("%sas is missing: is afterburner installed?", folder[2]);
}

/* Options whose value is the next argument. */
static bool takes_value(const char *arg)
{
	static const char *const list[] = {
		"-o", "-x", "-I", "-D", "-U", "-L", "-l", "-include", "-imacros",
		"-isystem", "-idirafter", "-iquote", "-iprefix", "-iwithprefix",
		"-iwithprefixbefore", "-isysroot", "-imultilib", "-MF", "-MT",
		"-MQ", "-Xlinker", "-Xassembler", "-Xpreprocessor", "-Xclang",
		"-T", "-u", "-z", "-e", "-aux-info", "--param", "-A", "-arch",
		"-target", "--sysroot", "-mllvm", "-B", "-specs", "-wrapper",
		"-dumpbase", "-dumpdir", NULL
	};

	return is_one_of(arg, list);
}

/* Does this command line assemble nothing, whatever comes with it? */
static bool never_assembles(int argc, char **argv)
{
	static const char *const list[] = {
		"-E", "-S", "-M", "-MM", "-fsyntax-only", "--version",
		"-dumpversion", "-dumpfullversion", "-dumpmachine", "-dumpspecs",
		"--help", "--target-help", "-###", "-emit-llvm",
		"-print-search-dirs", "-print-libgcc-file-name",
		"-print-multi-lib", "-print-multi-directory", "-print-multiarch",
		"-print-sysroot", "-print-multi-os-directory", NULL
	};
	bool input = false;

	for (int i = 0; i < argc; i++) {
		const char *a = argv[i];

		if (is_one_of(a, list) || !strncmp(a, "-print-file-name", 16) ||
		    !strncmp(a, "-print-prog-name", 16) ||
		    !strncmp(a, "--print-", 8) || !strncmp(a, "--help=", 7))
			return true;
		if (takes_value(a))
			i++;
		else if (a[0] != '-' || !a[1])
			input = true;
	}
	return !input;
}

/* Is our folder in the arguments already?  Then an aftercc runs this one. */
static bool has_folder(int argc, char **argv, const char *folder)
{
	for (int i = 0; i < argc; i++)
		if (!strncmp(argv[i], "-B", 2) && !strcmp(argv[i] + 2, folder))
			return true;
	return false;
}

static bool is_self(const char *word)
{
	struct stat a, b;

	if (strcmp(base_name(word), "aftercc"))
		return false;
	if (!strchr(word, '/'))
		return true;
	return !stat(word, &a) && !stat("/proc/self/exe", &b) &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static void run(char **argv) __attribute__((noreturn));
static void run(char **argv)
{
	execvp(argv[0], argv);
	error("cannot run %s: %s", argv[0], strerror(errno));
	exit(errno == ENOENT ? 127 : 126);
}

int main(int argc, char **argv)
{
	struct compiler c;
	char **out, *folder;
	int words = 1, n = 0;

	diag_init("aftercc");
	argv++;
	argc--;
	while (argc && is_self(argv[0])) {
		argv++;
		argc--;
	}
	if (argc && !strcmp(argv[0], "--help")) {
		fputs(help, stdout);
		diag_close_stdout();
		return AB_EXIT_OK;
	}
	if (argc && !strcmp(argv[0], "--version")) {
		puts("aftercc " PACKAGE_VERSION);
		diag_close_stdout();
		return AB_EXIT_OK;
	}
	if (!argc || argv[0][0] == '-')
		die_usage("no compiler: aftercc COMPILER ARGUMENT...");
	while (words < argc && is_wrapper(argv[words - 1]))
		words++;
	folder = shim_folder();
	if (never_assembles(argc - words, argv + words) ||
	    has_folder(argc, argv, folder))
		run(argv);
	compiler_ask(&c, argv, words, argc, folder);
	if (setenv("AFTERBURNER_AS", c.as, 1) ||
	    setenv("AFTERBURNER_AS_NAME", c.as_name, 1))
		die("setenv: %s", strerror(errno));
	out = xcalloc(argc + 6, sizeof(*out));
	for (; n < words; n++)
		out[n] = argv[n];
	out[n++] = xasprintf("-B%s", folder);
	if (c.clang)
		out[n++] = "-fno-integrated-as";
	if (words > 1 || c.cached)
		out[n++] = compiler_cache_key(folder);
	for (int i = words; i < argc; i++)
		out[n++] = argv[i];
	run(out);
}
