/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/diag, lib/file, lib/json. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/diag.h"
#include "lib/file.h"
#include "lib/out.h"
#include "tests/unit/run.h"

static char dir[] = "/tmp/check_lib.XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* Standard error goes to a file while a message is printed. */
static const char *said = "text";

static char *captured(enum ab_severity sev, const struct ab_loc *loc, const char *cat)
{
	int old = dup(2), fd = open(in_dir("err"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *text;
	size_t size;

	dup2(fd, 2);
	diag_at(sev, loc, cat, "%s %d", said, 42);
	dup2(old, 2);
	close(old);
	close(fd);
	ck_assert_int_eq(file_read(in_dir("err"), &text, &size), 0);
	return text;
}

START_TEST(messages)
{
	struct ab_loc loc = { .file = "a.s", .line = 7, .col = 3,
			      .text = "\tcl\x1bi # x\nnext", .len = 9 };
	char *text;

	diag_init("prog");
	text = captured(AB_ERROR, NULL, NULL);
	ck_assert_str_eq(text, "prog: error: text 42\n");
	free(text);
	text = captured(AB_WARNING, &loc, "cat");
	/* the escape is not passed on; the caret stands below column 3 */
	ck_assert_str_eq(text, "prog: a.s:7:3: warning: text 42 [-Wcat]\n"
			 "    7 | \tcl?i # x\n"
			 "      | \t ^\n");
	free(text);
	loc.line = 0;
	text = captured(AB_NOTE, &loc, NULL);
	ck_assert_str_eq(text, "prog: a.s: note: text 42\n");
	free(text);
	/* a name in a file does not steer the terminal */
	said = "\x1b[31m\r\xc3\xa4";
	text = captured(AB_ERROR, NULL, NULL);
	ck_assert_str_eq(text, "prog: error: ?[31m?\xc3\xa4 42\n");
	free(text);
}
END_TEST

START_TEST(long_lines)
{
	size_t len = 10 << 20;
	char *line = malloc(len), *text;
	struct ab_loc loc = { .file = "a.s", .line = 1, .col = len / 2,
			      .text = line, .len = len };

	memset(line, 'x', len);
	line[len / 2 - 1] = 'Y';
	text = captured(AB_ERROR, &loc, NULL);
	ck_assert_uint_lt(strlen(text), 500);
	ck_assert_ptr_nonnull(strstr(text, "...xxx"));
	/* the caret is below the Y */
	char *src = strchr(text, '\n') + 1, *caret = strchr(src, '\n') + 1;
	ck_assert_int_eq(strchr(src, 'Y') - src, strchr(caret, '^') - caret);
	free(text);
	free(line);
}
END_TEST

START_TEST(colors)
{
	char *text;

	unsetenv("NO_COLOR");
	setenv("TERM", "xterm", 1);
	ck_assert_int_eq(diag_set_color("sometimes"), -1);
	ck_assert_int_eq(diag_set_color(NULL), 0);	/* always */
	text = captured(AB_ERROR, NULL, NULL);
	ck_assert_ptr_nonnull(strstr(text, "\033["));
	free(text);
	ck_assert_int_eq(diag_set_color("never"), 0);
	ck_assert(!diag_use_color(2));
	ck_assert_int_eq(diag_set_color("auto"), 0);
	text = captured(AB_ERROR, NULL, NULL);		/* a file is no terminal */
	ck_assert_ptr_null(strstr(text, "\033["));
	free(text);
}
END_TEST

START_TEST(write_and_read)
{
	struct stat st;
	char *data, *again;
	size_t size, n = 3 << 20;

	data = malloc(n);
	for (size_t i = 0; i < n; i++)
		data[i] = i * 7;
	umask(027);
	ck_assert_int_eq(file_write(in_dir("out"), data, n, 0777), 0);
	ck_assert_int_eq(stat(in_dir("out"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0750);
	ck_assert_int_eq(file_read(in_dir("out"), &again, &size), 0);
	ck_assert_uint_eq(size, n);
	ck_assert_int_eq(memcmp(data, again, n), 0);
	ck_assert_int_eq(again[n], 0);
	free(again);
	/* an existing file keeps its mode */
	chmod(in_dir("out"), 0604);
	ck_assert_int_eq(file_write(in_dir("out"), "ab", 2, 0777), 0);
	ck_assert_int_eq(stat(in_dir("out"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0604);
	ck_assert_int_eq(st.st_size, 2);
	free(data);
}
END_TEST

START_TEST(links_and_devices)
{
	char *target = strdup(in_dir("target")), *data;
	struct stat st;
	size_t size;

	ck_assert_int_eq(file_write(target, "1", 1, 0666), 0);
	ck_assert_int_eq(symlink(target, in_dir("link")), 0);
	ck_assert_int_eq(file_write(in_dir("link"), "22", 2, 0666), 0);
	ck_assert_int_eq(lstat(in_dir("link"), &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(file_read(target, &data, &size), 0);
	ck_assert_uint_eq(size, 2);
	free(data);
	ck_assert_int_eq(file_write("/dev/null", "x", 1, 0666), 0);
	ck_assert_int_eq(stat("/dev/null", &st), 0);
	ck_assert(S_ISCHR(st.st_mode));
	if (!access("/dev/full", W_OK)) {
		ck_assert_int_eq(file_write("/dev/full", "x", 1, 0666), -1);
		ck_assert_int_eq(errno, ENOSPC);
	}
	ck_assert_int_eq(file_write(dir, "x", 1, 0666), -1);
	ck_assert_int_eq(errno, EISDIR);
	ck_assert_int_eq(file_write(in_dir("no/such/folder"), "x", 1, 0666), -1);
	ck_assert_int_eq(file_read(in_dir("missing"), &data, &size), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(file_read(dir, &data, &size), -1);
	free(target);
}
END_TEST

static int count_files(void)
{
	char cmd[PATH_MAX + 32];
	FILE *p;
	int n = 0;

	snprintf(cmd, sizeof(cmd), "ls -A %s | wc -l", dir);
	p = popen(cmd, "r");
	ck_assert_int_eq(fscanf(p, "%d", &n), 1);
	pclose(p);
	return n;
}

/* A disk that fills up (here: a file size limit) must leave the old file whole
 * and nothing beside it. */
START_TEST(full_disk)
{
	char *data;
	size_t size;
	int before, status;
	pid_t pid;

	ck_assert_int_eq(file_write(in_dir("keep"), "old", 3, 0666), 0);
	before = count_files();
	pid = fork();
	if (!pid) {
		struct rlimit lim = { 65536, 65536 };
		static char big[1 << 20];

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &lim);
		_exit(file_write(in_dir("keep"), big, sizeof(big), 0666) == -1 &&
		      errno == EFBIG ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(file_read(in_dir("keep"), &data, &size), 0);
	ck_assert_str_eq(data, "old");
	free(data);
	ck_assert_int_eq(count_files(), before);
}
END_TEST

static void note_name(void *ctx, const char *path, const char *name)
{
	ck_assert_ptr_nonnull(strstr(path, name));
	strcat(ctx, name);
	strcat(ctx, " ");
}

START_TEST(data_files)
{
	char *path, names[4096] = "";

	/* this program runs from the build tree */
	unsetenv("AFTERBURNER_DATADIR");
	path = file_find("rules", "x86/full.rules");
	ck_assert_ptr_nonnull(path);
	free(path);
	ck_assert_ptr_null(file_find("rules", "no-such.rules"));
	ck_assert_ptr_null(file_find("rules", "/etc/passwd"));
	ck_assert_ptr_null(file_find("rules", "x86"));
	ck_assert_ptr_null(file_find("rules", ""));
	/* the environment comes first, but does not hide the rest */
	ck_assert_int_eq(mkdir(in_dir("rules"), 0777), 0);
	ck_assert_int_eq(file_write(in_dir("rules/mine.rules"), "", 0, 0666), 0);
	setenv("AFTERBURNER_DATADIR", dir, 1);
	path = file_find("rules", "mine.rules");
	ck_assert_str_eq(path, in_dir("rules/mine.rules"));
	free(path);
	path = file_find("rules", "x86/full.rules");
	ck_assert_ptr_nonnull(path);
	free(path);
	file_each("rules", ".rules", note_name, names);
	ck_assert_ptr_nonnull(strstr(names, "mine.rules "));
}
END_TEST

START_TEST(json)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	json_string(f, "a\"\\\n\t\x01\x7f\xc3\xa4\xff\xc0\x80\xed\xa0\x80");
	fclose(f);
	ck_assert_str_eq(text, "\"a\\\"\\\\\\n\\t\\u0001\\u007f\xc3\xa4\\ufffd\\ufffd\\ufffd"
			 "\\ufffd\\ufffd\\ufffd\"");
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lib");
	TCase *c = tcase_create("lib");
	char cmd[64];
	int failed;

	if (!mkdtemp(dir))
		return 1;
	tcase_add_test(c, messages);
	tcase_add_test(c, long_lines);
	tcase_add_test(c, colors);
	tcase_add_test(c, write_and_read);
	tcase_add_test(c, links_and_devices);
	tcase_add_test(c, full_disk);
	tcase_add_test(c, data_files);
	tcase_add_test(c, json);
	suite_add_tcase(s, c);
	failed = suite_run(s);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd) || failed;
}
