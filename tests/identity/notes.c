// SPDX-License-Identifier: GPL-3.0-or-later
/* notes OBJECT: the entries of its patch notes, as the note library reads them. */
#include "config.h"
#include <stdio.h>
#include <inttypes.h>
#include "lib/decode.h"
#include "lib/diag.h"
#include "lib/file.h"
#include "lib/note.h"

static int put_site(void *ctx, const struct note_site *s)
{
	struct elf_sec sec;

	if (elf_section(ctx, s->section, &sec))
		return -1;
	printf("%s+%#" PRIx64 ": %s %u of %u bytes, %u insn, %u bits, dead %#x, "
	       "%s%s%s\n", sec.name, s->addr, ab_op_name(s->op), s->insn_len,
	       s->total_len, s->count, s->code_bits, s->dead, s->rule,
	       *s->arg ? ", " : "", s->arg);
	return 0;
}

static int put_note(void *ctx, struct elfview *v, const struct elf_note *n)
{
	return note_is_patch(n) ? note_sites(v, n, put_site, v) : 0;
}

int main(int argc, char **argv)
{
	struct elfview v;
	char *data;
	size_t size;

	diag_init("notes");
	if (argc != 2)
		die_usage("notes OBJECT");
	if (file_read(argv[1], &data, &size))
		die("cannot read %s", argv[1]);
	if (elf_view(&v, data, size) || elf_notes_walk(&v, put_note, &v) < 0)
		die("%s: %s", argv[1], v.why);
	return 0;
}
