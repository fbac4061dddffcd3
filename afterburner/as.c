// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The assembler that aftercc puts in the compiler's way: reads what the
 * compiler wants assembled, rewrites it in memory, and becomes the real assembler,
 * which reads the new text from a memory file.  So an object of a compiler's costs one
 * process start, no temporary file, and nothing is left behind, whatever happens.
 * Where the input is a file that the user named, the real assembler runs beside it, and
 * its messages get that name.  Text without a site goes to it as it is.
 */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "afterburner/args.h"
#include "afterburner/emit.h"
#include "afterburner/keep.h"
#include "afterburner/record.h"
#include "afterburner/report.h"
#include "lib/file.h"

struct as {
	char **argv;		/* response files expanded; NULL-terminated */
	int argc;
	const char *real;	/* the real assembler */
	int *input;		/* indexes of the inputs in argv */
	int ninput;
	const char *out;
	const char *deps;	/* --MD FILE */
	bool fatal;		/* --fatal-warnings: as names its input then */
	unsigned bits;
	struct syntax syntax;	/* at the start */
	bool altmacro;
	bool late;		/* branches are aligned */
	bool probe;		/* asks about the assembler: no input is read */
};

static void run_real(const struct as *a) __attribute__((noreturn));
static void run_real(const struct as *a)
{
	execv(a->real, a->argv);
	die("cannot run %s: %s", a->real, strerror(errno));
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* The real assembler: what aftercc found, else the first other "as" in PATH. */
static const char *real_assembler(void)
{
	const char *env = getenv("AFTERBURNER_AS"), *path = getenv("PATH");
	char *copy, *save = NULL;

	if (env && *env) {
		if (same_file(env, "/proc/self/exe"))
			die("AFTERBURNER_AS names afterburner's own assembler %s: "
			    "unset it, or name the real one", env);
		return env;
	}
	copy = xstrdup(path && *path ? path : "/usr/bin:/bin");
	for (char *d = strtok_r(copy, ":", &save); d;
	     d = strtok_r(NULL, ":", &save)) {
		char *as = xasprintf("%s/as", d);

		if (!access(as, X_OK) && !same_file(as, "/proc/self/exe"))
			return as;
		free(as);
	}
	die("no assembler found: put the real one in PATH or AFTERBURNER_AS");
}

/* Options of GNU as whose value is the next argument. */
static bool takes_value(const char *arg)
{
	static const char *const opts[] = {
		"-o", "-I", "--MD", "--defsym", "-defsym", "--hash-size",
		"--listing-lhs-width", "--listing-lhs-width2",
		"--listing-rhs-width", "--listing-cont-lines",
		"--debug-prefix-map", "-debug-prefix-map", "-MD",
	};

	for (size_t i = 0; i < sizeof(opts) / sizeof(opts[0]); i++)
		if (!strcmp(arg, opts[i]))
			return true;
	return false;
}

static bool asks(const char *arg)
{
	static const char *const opts[] = {
		"--version", "-version", "--help", "--target-help", "--dump-config",
	};

	for (size_t i = 0; i < sizeof(opts) / sizeof(opts[0]); i++)
		if (!strcmp(arg, opts[i]))
			return true;
	return false;
}

static bool aligns_branches(const char *arg)
{
	return !strncmp(arg, "-malign-branch", 14) ||
	       !strcmp(arg, "-mbranches-within-32B-boundaries");
}

static void classify(struct as *a)
{
	bool only_files = false;

	a->input = xcalloc(a->argc + 1, sizeof(*a->input));
	for (int i = 1; i < a->argc; i++) {
		const char *arg = a->argv[i];

		if (only_files || arg[0] != '-' || !arg[1]) {
			a->input[a->ninput++] = i;
		} else if (!strcmp(arg, "--")) {
			/* as takes this for standard input */
			a->input[a->ninput++] = i;
		} else if (takes_value(arg)) {
			if (!strcmp(arg, "-o"))
				a->out = a->argv[i + 1];
			if (!strcmp(arg, "--MD") || !strcmp(arg, "-MD"))
				a->deps = a->argv[i + 1];
			i++;
		} else if (!strncmp(arg, "-o", 2)) {
			a->out = arg + 2;
		} else if (!strcmp(arg, "--fatal-warnings")) {
			a->fatal = true;
		} else if (!strcmp(arg, "--32")) {
			a->bits = 32;
		} else if (!strcmp(arg, "--64") || !strcmp(arg, "--x32")) {
			a->bits = 64;
		} else if (!strcmp(arg, "-msyntax=intel")) {
			a->syntax.intel = true;
		} else if (!strcmp(arg, "-mnaked-reg")) {
			a->syntax.noprefix = true;
		} else if (!strcmp(arg, "--alternate")) {
			a->altmacro = true;
		} else if (aligns_branches(arg)) {
			a->late = true;
		} else if (asks(arg)) {
			a->probe = true;
		}
	}
}

/* What the assembler makes without --32 or --64, by its name. */
static unsigned default_bits(const char *real)
{
	for (const char *p = real; (p = strstr(p, "86")); p++)
		if (p >= real + 2 && p[-2] == 'i' && p[-1] >= '3' && p[-1] <= '6')
			return 32;
	return 64;
}

static bool foreign(const char *real)
{
	static const char *const arch[] = {
		"aarch64-", "arm-", "riscv64-", "riscv32-", "powerpc", "mips",
		"s390x-", "sparc", "alpha-", "hppa", "m68k-", "ia64-", "sh4-",
		"loongarch", "avr", "bpf-",
	};

	for (size_t i = 0; i < sizeof(arch) / sizeof(arch[0]); i++) {
		const char *p = strstr(real, arch[i]);

		if (p && (p == real || p[-1] == '/'))
			return true;
	}
	return false;
}

static bool is_stdin(const char *name)
{
	return !strcmp(name, "-") || !strcmp(name, "--");
}

/* Read all inputs into one text: as takes several as one, too. */
static char *read_inputs(const struct as *a, size_t *size, bool *streamed)
{
	struct buf all = { 0 };

	for (int i = 0; i < a->ninput || !i; i++) {
		const char *name = a->ninput ? a->argv[a->input[i]] : "-";
		struct stat st;
		char *text;
		size_t len;

		if (is_stdin(name) ? fstat(0, &st) : stat(name, &st))
			run_real(a);		/* let as say it */
		if (!S_ISREG(st.st_mode) || is_stdin(name))
			*streamed = true;
		if (file_read(is_stdin(name) ? "-" : name, &text, &len)) {
			if (*streamed)
				die("cannot read %s: %s", name, strerror(errno));
			run_real(a);
		}
		if (a->ninput <= 1) {
			*size = len;
			return text;
		}
		if (i) {
			buf_printf(&all, "%s# 1 \"%s\"\n", all.len &&
				   all.p[all.len - 1] != '\n' ? "\n" : "", name);
		}
		buf_put(&all, text, len);
		free(text);
	}
	*size = all.len;
	buf_put(&all, "", 1);
	return all.p;
}

static int memory_file(const char *data, size_t len)
{
	int fd = memfd_create("afterburner", 0);

	if (fd < 0)
		die("memfd_create: %s", strerror(errno));
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, data + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die("cannot keep the output in memory: %s", strerror(errno));
		done += n;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* In place of all inputs, let as read (data). */
static void replace_inputs(struct as *a, const char *data, size_t len)
{
	int fd = memory_file(data, len), n = 1;
	bool in = !a->ninput || (a->ninput == 1 &&
				 is_stdin(a->argv[a->input[0]]));

	if (in) {
		if (dup2(fd, 0) < 0)
			die("dup2: %s", strerror(errno));
		close(fd);
		return;
	}
	a->argv[a->input[0]] = xasprintf("/proc/self/fd/%d", fd);
	for (int i = 1, k = 1; i < a->argc; i++) {
		if (k < a->ninput && i == a->input[k])
			k++;
		else
			a->argv[n++] = a->argv[i];
	}
	a->argv[n] = NULL;
	a->argc = n;
}

/* (text) with (name) in place of (ours). */
static void put_renamed(struct buf *out, const char *text, size_t len,
			const char *ours, const char *name)
{
	const char *p = text, *end = text + len, *hit;

	while ((hit = memmem(p, end - p, ours, strlen(ours)))) {
		buf_put(out, p, hit - p);
		buf_put(out, name, strlen(name));
		p = hit + strlen(ours);
	}
	buf_put(out, p, end - p);
}

/* Dependencies name the input: put its own name back. */
static int fix_dependencies(const char *deps, const char *ours, const char *name)
{
	struct buf out = { 0 };
	char *text;
	size_t len;
	int ret;

	if (file_read(deps, &text, &len))
		return 0;		/* as made none */
	put_renamed(&out, text, len, ours, name);
	ret = file_write(deps, out.p, out.len, 0666);
	if (ret)
		error("cannot write %s: %s", deps, strerror(errno));
	free(out.p);
	free(text);
	return ret;
}

/* Which line of the input (name) is line (n) of (text), that was made of it? */
static unsigned input_line(const struct buf *text, const char *name, unsigned n)
{
	const char *p = text->p, *end = p + text->len, *nl;
	unsigned line = n, marked;
	char *own = xasprintf(" \"%s\"\n", name), *rest;

	for (unsigned i = 1; i < n && (nl = memchr(p, '\n', end - p)); i++, p = nl + 1) {
		if (p[0] != '#' || p[1] != ' ')
			continue;
		marked = strtoul(p + 2, &rest, 10);
		if (!strncmp(rest, own, strlen(own)))
			line = marked + n - i - 1;
	}
	free(own);
	return line;
}

/* The same for messages, "OURS:LINE: " among them. */
static void put_message(struct buf *out, const struct buf *said, const char *ours,
			const char *name, const struct buf *text)
{
	const char *p = said->p, *end = p + said->len, *hit;
	size_t len = strlen(ours);

	while ((hit = memmem(p, end - p, ours, len)) && hit + len + 1 < end) {
		unsigned line;
		char *rest;

		put_renamed(out, p, hit + len - p, ours, name);
		p = hit + len;
		if (*p != ':' || p[1] < '0' || p[1] > '9')
			continue;
		line = strtoul(p + 1, &rest, 10);
		buf_printf(out, ":%u", input_line(text, name, line));
		p = rest;
	}
	buf_put(out, p, end - p);
}

/* What as says on (fd), with the input's own name and lines. */
static void pass_messages(int fd, const char *ours, const char *name,
			  const struct buf *text)
{
	struct buf said = { 0 }, out = { 0 };
	char part[4096];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			buf_put(&said, part, n);
	close(fd);
	if (!said.len)
		return;
	buf_put(&said, "", 1);
	said.len--;
	put_message(&out, &said, ours, name, text);
	fwrite(out.p, 1, out.len, stderr);
	free(said.p);
	free(out.p);
}

/* Start the real assembler; what it says can be read from *fd. */
static pid_t spawn_real(const struct as *a, int *fd)
{
	posix_spawn_file_actions_t files;
	int ret, ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
	ret = posix_spawn_file_actions_init(&files);
	if (!ret)
		ret = posix_spawn_file_actions_adddup2(&files, ends[1], 2);
	if (!ret)
		ret = posix_spawn(&pid, a->real, &files, NULL, a->argv, environ);
	if (ret)
		die("cannot run %s: %s", a->real, strerror(ret));
	posix_spawn_file_actions_destroy(&files);
	close(ends[1]);
	*fd = ends[0];
	return pid;
}

/* Run the real assembler and wait, then mend what it wrote; (record) does not
 * outlive a failure. */
static int run_and_mend(const struct as *a, const char *name, const char *record,
			const struct buf *text)
{
	const char *ours = a->argv[a->input[0]];
	int status, fd;
	pid_t pid = spawn_real(a, &fd);

	pass_messages(fd, ours, name, text);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid: %s", strerror(errno));
	if (record && status)
		unlink(record);
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	if (a->deps && !WEXITSTATUS(status) &&
	    fix_dependencies(a->deps, ours, name))
		return AB_EXIT_FAIL;
	return WEXITSTATUS(status);
}

static void assemble(struct as *a, struct options *o)
{
	bool streamed = false;
	struct buf out = { 0 };
	struct unit u = { 0 };
	const char *name;
	char *text, *record;
	int ret;

	text = read_inputs(a, &u.size, &streamed);
	keep_input(text, u.size, a->out ? a->out : "a.out", a->argc, a->argv,
		   a->input, a->ninput);
	name = a->ninput ? a->argv[a->input[0]] : "-";
	u.name = is_stdin(name) ? "{standard input}" : name;
	u.text = text;
	u.syntax = a->syntax;
	u.altmacro = a->altmacro;
	o->late = a->late;
	if (!o->bits)
		o->bits = a->bits ? a->bits : default_bits(a->real);
	ret = afterburn(&u, o, &out);
	if (ret < 0)
		exit(AB_EXIT_FAIL);
	if (o->list)
		report_list(&u, stderr);
	if (o->stats)
		report_stats(&u, o->stats, stderr);
	record = record_write(&u, a->out ? a->out : "a.out");
	if (ret)
		replace_inputs(a, out.p, out.len);
	else if (streamed)
		replace_inputs(a, text, u.size);
	/* nobody knows the name of a compiler's temporary file: no process for that */
	if (ret && a->ninput && !is_stdin(name) &&
	    (a->deps || a->fatal || !path_is_temporary(name)))
		exit(run_and_mend(a, name, record, &out));
	run_real(a);
}

int main(int argc, char **argv)
{
	struct as a = { .argc = argc };
	struct options o = { 0 };

	diag_init("afterburner");
	a.argv = args_expand(&a.argc, argv);
	a.real = real_assembler();
	a.argv[0] = getenv("AFTERBURNER_AS") ? getenv("AFTERBURNER_AS_NAME") : NULL;
	if (!a.argv[0])
		a.argv[0] = (char *)a.real;
	classify(&a);
	if (a.probe || foreign(a.real))
		run_real(&a);
	options_from_environment(&o);
	assemble(&a, &o);
	return AB_EXIT_FAIL;
}
