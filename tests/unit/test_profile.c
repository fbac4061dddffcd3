/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trap profiles: written, read, merged, refused; and sizes and times as options
 * take them; and the vCPU side's formatter. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "abi/ops.h"
#include "lib/diag.h"
#include "lib/file.h"
#include "lib/profile.h"
#include "monitor/mon.h"
#include "monitor/options.h"
#include "tests/unit/run.h"

static char path[64];

static void setup(void)
{
	snprintf(path, sizeof path, "test_profile.%d.tmp", (int)getpid());
}

static void teardown(void)
{
	unlink(path);
}

static void profile_make(struct profile *p, unsigned n, uint64_t first)
{
	unsigned i;

	profile_new(p, n, 2);
	p->span[0] = (struct ab_profile_span){ .end_ns = 1000, .count = { 0, 5 } };
	p->span[1] = (struct ab_profile_span){ .end_ns = 2000 };
	p->head.run_ns = 2500;
	p->head.machine = 3;
	p->head.complete = 1;
	strcpy(p->head.target, "hosted");
	for (i = 0; i < n; i++) {
		p->rec[i].addr = first + (n - 1 - i) * 2;
		p->rec[i].count = i + 1;
		p->rec[i].cycles = 1000 * (i + 1);
		p->rec[i].cycles_max = i;
		p->rec[i].op = AB_OP_CLI;
		p->rec[i].kind = AB_PROF_TRAP;
		p->rec[i].insn_len = 1;
		p->rec[i].hist[3] = i + 1;
	}
	profile_sort(p);
}

START_TEST(round_trip)
{
	struct profile a, b = { 0 };

	profile_make(&a, 10, 0x1000);
	ck_assert_int_eq(profile_write(path, &a), 0);
	ck_assert_int_eq(profile_read(path, &b), 0);
	ck_assert_uint_eq(b.head.nrecords, 10);
	ck_assert(!memcmp(a.rec, b.rec, 10 * sizeof *a.rec));
	ck_assert_uint_eq(b.rec[0].addr, 0x1000);
	ck_assert_uint_eq(b.rec[0].count, 10);
	profile_free(&a);
	profile_free(&b);
}
END_TEST

START_TEST(empty)
{
	struct profile a, b = { 0 };

	profile_make(&a, 0, 0);
	ck_assert_int_eq(profile_write(path, &a), 0);
	ck_assert_int_eq(profile_read(path, &b), 0);
	ck_assert_uint_eq(b.head.nrecords, 0);
	ck_assert_uint_eq(b.head.nspans, 2);
	profile_free(&a);
	profile_free(&b);
}
END_TEST

START_TEST(merge)
{
	struct profile a, b, sum = { 0 };

	profile_make(&a, 3, 0x1000);	/* 1000: 3, 1002: 2, 1004: 1 */
	profile_make(&b, 3, 0x1002);	/* 1002: 3, 1004: 2, 1006: 1 */
	b.head.complete = 0;
	ck_assert_int_eq(profile_write(path, &a), 0);
	ck_assert_int_eq(profile_read(path, &sum), 0);
	ck_assert_int_eq(profile_write(path, &b), 0);
	ck_assert_int_eq(profile_read(path, &sum), 0);
	ck_assert_uint_eq(sum.head.nrecords, 4);
	ck_assert_uint_eq(sum.rec[0].addr, 0x1000);
	ck_assert_uint_eq(sum.rec[0].count, 3);
	ck_assert_uint_eq(sum.rec[1].count, 5);
	ck_assert_uint_eq(sum.rec[1].cycles, 5000);
	ck_assert_uint_eq(sum.rec[1].hist[3], 5);
	ck_assert_uint_eq(sum.rec[2].count, 3);
	ck_assert_uint_eq(sum.rec[3].addr, 0x1006);
	ck_assert_uint_eq(sum.rec[3].count, 1);
	ck_assert_uint_eq(sum.head.run_ns, 5000);
	ck_assert_uint_eq(sum.head.complete, 0);
	ck_assert_uint_eq(sum.head.nspans, 4);	/* one run after the other */
	ck_assert_uint_eq(sum.span[1].end_ns, 2000);
	ck_assert_uint_eq(sum.span[2].end_ns, 3500);
	ck_assert_uint_eq(sum.span[2].count[AB_PROF_TRAP], 5);
	profile_free(&a);
	profile_free(&b);
	profile_free(&sum);
}
END_TEST

/* New places before, between and behind more than a chunk of known ones. */
START_TEST(merge_many)
{
	struct profile a, b, sum = { 0 };
	size_t i;

	profile_make(&a, 2000, 0x2000);
	profile_make(&b, 3000, 0x2000 - 2000);
	for (i = 0; i < 3000; i += 2)
		b.rec[i].ring = 3;	/* even ones are new everywhere */
	ck_assert_int_eq(profile_write(path, &a), 0);
	ck_assert_int_eq(profile_read(path, &sum), 0);
	ck_assert_int_eq(profile_write(path, &b), 0);
	ck_assert_int_eq(profile_read(path, &sum), 0);
	ck_assert_uint_eq(sum.head.nrecords, 2000 + 3000 - 1000);
	for (i = 1; i < sum.head.nrecords; i++)
		ck_assert_int_lt(profile_compare(&sum.rec[i - 1], &sum.rec[i]), 0);
	ck_assert_uint_eq(sum.rec[0].addr, 0x2000 - 2000);
	ck_assert_uint_eq(sum.rec[sum.head.nrecords - 1].addr, 0x2000 + 2 * 1999);
	profile_free(&a);
	profile_free(&b);
	profile_free(&sum);
}
END_TEST

START_TEST(other_guest)
{
	struct profile a, sum = { 0 };

	profile_make(&a, 3, 0x1000);
	a.head.build_id_len = 20;
	ck_assert_int_eq(profile_write(path, &a), 0);
	ck_assert_int_eq(profile_read(path, &sum), 0);
	a.head.build_id[19] = 1;
	ck_assert_int_eq(profile_write(path, &a), 0);
	ck_assert_int_eq(profile_read(path, &sum), -1);
	ck_assert_ptr_null(sum.rec);
	profile_free(&a);
}
END_TEST

/* A pipe's size is not known before its end. */
START_TEST(piped)
{
	struct profile p, q = { 0 };
	char *data, name[64];
	size_t size, less = _i ? (size_t)_i * 100 : 0;
	int fd[2];

	profile_make(&p, 20, 0x1000);
	data = profile_bytes(&p, &size);
	ck_assert_int_eq(pipe(fd), 0);
	ck_assert_int_eq(write(fd[1], data, size - less), (ssize_t)(size - less));
	if (_i == 3)
		ck_assert_int_eq(write(fd[1], data, 400), 400);
	close(fd[1]);
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd[0]);
	ck_assert_int_eq(profile_read(name, &q), _i ? -1 : 0);
	ck_assert_uint_eq(q.head.nrecords, _i ? 0 : 20);
	close(fd[0]);
	profile_free(&p);
	profile_free(&q);
	free(data);
}
END_TEST

/* One byte (or the length) of a good file changed so that it must be refused. */
static const struct { int offset; uint8_t value; } bad[] = {
	{ 0, 'X' },		/* magic */
	{ 8, 3 },		/* version */
	{ 12, 100 },		/* header size */
	{ 16, 119 },		/* record size */
	{ 20, 40 },		/* machine */
	{ 24, 11 },		/* one record more than there are */
	{ 24, 9 },		/* one less */
	{ 31, 0xff },		/* a huge number of them */
	{ 64, 33 },		/* build-id length */
	{ 50, '\n' },		/* target */
	{ 100, 2 },		/* complete */
	{ 120, 0xff },		/* address: out of order */
	{ 120 + 8, 0 },		/* count */
	{ 120 + 32, AB_OP_COUNT },
	{ 120 + 34, 0 },	/* kind */
	{ 120 + 34, 7 },
	{ 120 + 35, 4 },	/* ring */
	{ 120 + 36, 16 },	/* instruction length */
	{ 120 + 37, AB_PAGE_CLASSES },
	{ 104, 1 },		/* one span less than there are */
	{ 104, 3 },
	{ 107, 0xff },
	{ 108, 119 },		/* span size */
	{ 120 + 11 * 120 + 1, 0 },	/* the second span ends before the first */
};

START_TEST(corrupt)
{
	struct profile p, q = { 0 };
	char *data;
	size_t size;

	profile_make(&p, 10, 0x1000);
	ck_assert_int_eq(profile_write(path, &p), 0);
	profile_free(&p);
	ck_assert_int_eq(file_read(path, &data, &size), 0);
	data[bad[_i].offset] = (char)bad[_i].value;
	ck_assert_int_eq(profile_parse("bad", data, size, &q), -1);
	free(data);
}
END_TEST

START_TEST(cut_off)
{
	struct profile p, q = { 0 };
	size_t size, n;
	char *data;

	profile_make(&p, 3, 0x1000);
	ck_assert_int_eq(profile_write(path, &p), 0);
	profile_free(&p);
	ck_assert_int_eq(file_read(path, &data, &size), 0);
	for (n = 0; n < size; n++) {
		char *copy = xmalloc(n + 1);

		memcpy(copy, data, n);
		ck_assert_int_eq(profile_parse("cut", copy, n, &q), -1);
		free(copy);
	}
	free(data);
}
END_TEST

START_TEST(unwritable)
{
	struct profile p;

	profile_make(&p, 1, 0);
	ck_assert_int_eq(profile_write("/nonexistent/folder/p", &p), -1);
	profile_free(&p);
}
END_TEST

/* ---- options ---- */

static const struct { const char *text; bool good; uint64_t bytes; } sizes[] = {
	{ "64M", true, 64ull << 20 }, { "1G", true, 1ull << 30 },
	{ "512", true, 512ull << 20 }, { "65536k", true, 64ull << 20 },
	{ "2GiB", true, 2ull << 30 }, { "3MB", true, 3ull << 20 },
	{ "0", true, 0 }, { "", false, 0 }, { "M", false, 0 },
	{ "-1", false, 0 }, { "1X", false, 0 }, { "1MM", false, 0 },
	{ " 1M", false, 0 }, { "18446744073709551616", false, 0 },
	{ "17592186044416", false, 0 }, { "16777216T", false, 0 },
	{ "0x10M", false, 0 },
};

START_TEST(size)
{
	uint64_t n = 0;

	ck_assert_int_eq(size_parse(sizes[_i].text, &n), sizes[_i].good);
	ck_assert_uint_eq(n, sizes[_i].bytes);
}
END_TEST

static const struct { const char *text; bool good; uint64_t ns; } times[] = {
	{ "1", true, 1000000000 }, { "0.25", true, 250000000 },
	{ "10.000000001", true, 10000000001 }, { "3.", true, 3000000000 },
	{ "1.0000000019", true, 1000000001 }, { "0", true, 0 },
	{ "", false, 0 }, { ".5", false, 0 }, { "1s", false, 0 },
	{ "-1", false, 0 }, { "99999999999999999999", false, 0 },
};

START_TEST(seconds)
{
	uint64_t n = 0;

	ck_assert_int_eq(seconds_parse(times[_i].text, &n), times[_i].good);
	if (times[_i].good)
		ck_assert_uint_eq(n, times[_i].ns);
}
END_TEST

/* ---- the vCPU side's printf agrees with libc's ---- */

#define SAME(...) do { \
	char a[64], b[64]; \
	size_t n = mon_format(a, sizeof a, __VA_ARGS__); \
	ck_assert_int_eq((int)n, snprintf(b, sizeof b, __VA_ARGS__)); \
	ck_assert_str_eq(a, b); \
} while (0)

START_TEST(format)
{
	char small[8];

	SAME("plain");
	SAME("%d %d %d", 0, -1, -2147483647 - 1);
	SAME("%u %x %lx %llx", 4294967295u, 0xabcdu, 0x123456789abcul, ~0ull);
	SAME("[%5d] [%05d] [%-3d] [%08x]", -42, -42, 7000, 0xbeefu);
	SAME("[%s] [%6s] [%-6s] %c%%", "text", "abc", "abc", 'z');
	SAME("%ld %lu", -5000000000l, 5000000000ul);
	ck_assert_uint_eq(mon_format(small, sizeof small, "%s", "too long a text"), 7);
	ck_assert_str_eq(small, "too lon");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("profile");
	TCase *t = tcase_create("profile");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, round_trip);
	tcase_add_test(t, empty);
	tcase_add_test(t, merge);
	tcase_add_test(t, merge_many);
	tcase_add_test(t, other_guest);
	tcase_add_loop_test(t, piped, 0, 4);
	tcase_add_loop_test(t, corrupt, 0, sizeof bad / sizeof bad[0]);
	tcase_add_test(t, cut_off);
	tcase_add_test(t, unwritable);
	tcase_add_loop_test(t, size, 0, sizeof sizes / sizeof sizes[0]);
	tcase_add_loop_test(t, seconds, 0, sizeof times / sizeof times[0]);
	tcase_add_test(t, format);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	diag_init("test_profile");
	return suite_run(suite());
}
