// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fuzz_afterburner.c: any bytes as assembler text, under the stock rules.  What
 * is accepted keeps all its bytes, in order, and its own output is refused.
 */
#include "config.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "afterburner/burn.h"
#include "afterburner/emit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rules *rules;
static struct words *words;

/* Does (b) hold all bytes of (a), in order? */
static int is_within(const char *a, size_t n, const char *b, size_t m)
{
	size_t i = 0;

	for (size_t k = 0; k < m && i < n; k++)
		i += a[i] == b[k];
	return i == n;
}

static int burn(const char *text, size_t size, unsigned bits, struct buf *out)
{
	struct options o = { .bits = bits, .warnings = ~0u };
	struct unit u = { .name = "fuzz.s", .text = text, .size = size,
			  .opt = &o, .words = words, .rules = rules };
	int ret = -1;

	if (!unit_scan(&u) && !unit_burn(&u)) {
		ret = u.nsite > u.nskipped;
		if (ret)
			unit_emit(&u, out);
	}
	unit_free(&u);
	return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf out = { 0 }, again = { 0 };
	char *text = malloc(size + 1);

	if (!rules) {
		rules = rules_new();
		words = words_new();
		if (rules_load(rules, "x86/full.rules"))
			abort();
	}
	memcpy(text, data, size);
	text[size] = 0;
	if (burn(text, size, size % 3 ? 32 : 64, &out) == 1) {
		if (!is_within(text, size, out.p, out.len))
			abort();
		buf_put(&out, "", 1);
		if (burn(out.p, out.len - 1, 32, &again) != -1)
			abort();
	}
	free(out.p);
	free(again.p);
	free(text);
	return 0;
}
