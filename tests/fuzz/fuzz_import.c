/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer: any bytes as a trace of KVM or of Xen; what comes out is a profile
 * that the reader takes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "monitor/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void import_one(int (*read)(struct import *, const void *, size_t),
		       const uint8_t *data, size_t size)
{
	struct import m = { .name = "trace", .khz = 1000 };
	struct profile p, again = { 0 };
	char *text = malloc(size + 1);
	size_t bytes;

	memcpy(text, data, size);
	text[size] = '\0';
	if (!read(&m, text, size)) {
		import_finish(&m, &p);
		free(text);
		text = profile_bytes(&p, &bytes);
		if (profile_parse("imported", text, bytes, &again))
			abort();
		profile_free(&again);
		profile_free(&p);
	}
	free(text);
	import_free(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	import_one(import_kvm, data, size);
	import_one(import_xen, data, size);
	return 0;
}
