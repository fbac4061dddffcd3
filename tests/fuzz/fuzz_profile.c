/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer: any bytes as a trap profile: read, added to itself, printed in every
 * format. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "lib/profile.h"
#include "monitor/report.h"
#include "monitor/report_diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* It reads files only. */
static void diff_both(const uint8_t *data, size_t size, FILE *f)
{
	int fd = memfd_create("profile", 0);
	struct diff *d = diff_new();
	char name[32];

	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size ||
	    diff_add(d, 0, name, NULL) || diff_add(d, 1, name, NULL))
		abort();
	diff_print(d, 0, f);
	diff_free(d);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct profile p = { 0 };
	struct report r = { 0 };
	char *text = NULL;
	size_t n = 0, i;
	FILE *f;

	if (profile_parse("profile", data, size, &p))
		return 0;
	if (profile_parse("again", data, size, &p))
		abort();
	r.profile = p;
	r.nrow = p.head.nrecords;
	r.row = calloc(r.nrow + 1, sizeof *r.row);
	for (i = 0; i < r.nrow; i++)
		r.row[i] = &p.rec[i];
	f = open_memstream(&text, &n);
	report_text(&r, f);
	report_json(&r, f);
	report_folded(&r, f);
	report_html(&r, f);
	diff_both(data, size, f);
	fclose(f);
	free(text);
	free(r.row);
	profile_free(&p);
	return 0;
}
