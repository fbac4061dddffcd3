/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer: any bytes as a trap profile: read, added to itself, printed in every
 * format. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/profile.h"
#include "monitor/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct profile p, again;
	struct report r = { 0 };
	char *copy = malloc(size + 1), *text = NULL;
	size_t n = 0, i;
	FILE *f;

	memcpy(copy, data, size);
	if (profile_parse("profile", copy, size, &p))
		return 0;
	copy = malloc(size + 1);
	memcpy(copy, data, size);
	if (profile_parse("profile", copy, size, &again) ||
	    profile_merge(&p, &again, "again"))
		abort();
	profile_free(&again);
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
	report_diff(&r, &r, f);
	fclose(f);
	free(text);
	free(r.row);
	profile_free(&p);
	return 0;
}
