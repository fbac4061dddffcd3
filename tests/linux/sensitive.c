// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sensitive OBJECT TEXT.s LIST: is every sensitive instruction of OBJECT noted,
 * or skipped for a reason that was given?
 *
 * A check that shares nothing with the tools but the format of the notes:
 * binutils' own disassembler reads the object, the list below says what is
 * sensitive (by mnemonic, from the processor manuals), and libbfd says from
 * which line an instruction comes.  OBJECT was assembled by "as -g" from what
 * the afterburner wrote; TEXT.s is what the afterburner read; LIST is what its
 * --list said.  An instruction without a note is explained when LIST has, for
 * its line and operation, "skipped", or when it stands in a section that is
 * named here because rules cannot tell its lines apart.
 *
 * Prints what is unexplained, and a last line of counts.  Status 1 if anything
 * is unexplained, or a note names no sensitive instruction.
 */
#include "config.h"
#include <bfd.h>
#include <ctype.h>
#include <dis-asm.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/diag.h"
#include "lib/elfview.h"
#include "lib/file.h"
#include "lib/note.h"

/* ---- what is sensitive --------------------------------------------------- */

struct mnemonic {
	const char *name;	/* a trailing '*': any of the suffixes b w l q */
	const char *op;		/* as the list names it */
};

static const struct mnemonic mnemonics[] = {
	{ "cli", "cli" }, { "sti", "sti" }, { "pushf*", "pushf" },
	{ "popf*", "popf" }, { "iret*", "iret" }, { "int", "int" },
	{ "int3", "int3" }, { "into", "into" }, { "int1", "int1" },
	{ "icebp", "int1" }, { "hlt", "hlt" }, { "sysenter*", "sysenter" },
	{ "sysexit*", "sysexit" }, { "syscall*", "syscall" },
	{ "sysret*", "sysret" }, { "lcall*", "far_call" }, { "ljmp*", "far_jmp" },
	{ "lret*", "far_ret" }, { "rsm", "rsm" }, { "monitor", "monitor" },
	{ "mwait", "mwait" },	/* monitorx, mwaitx: made for user mode */
	{ "umonitor", "umonitor" }, { "umwait", "umwait" },
	{ "tpause", "tpause" }, { "lds*", "load_far" }, { "les*", "load_far" },
	{ "lss*", "load_far" }, { "lfs*", "load_far" }, { "lgs*", "load_far" },
	{ "lar*", "lar" }, { "lsl*", "lsl" }, { "verr*", "verr" },
	{ "verw*", "verw" }, { "sgdt*", "sgdt" }, { "sidt*", "sidt" },
	{ "sldt*", "sldt" }, { "str*", "str" }, { "lgdt*", "lgdt" },
	{ "lidt*", "lidt" }, { "lldt*", "lldt" }, { "ltr*", "ltr" },
	{ "swapgs", "swapgs" }, { "rdfsbase*", "rdfsbase" },
	{ "rdgsbase*", "rdgsbase" }, { "wrfsbase*", "wrfsbase" },
	{ "wrgsbase*", "wrgsbase" }, { "arpl*", "arpl" }, { "clts", "clts" },
	{ "smsw*", "smsw" }, { "lmsw*", "lmsw" }, { "xsetbv", "xsetbv" },
	{ "xgetbv", "xgetbv" }, { "invlpg", "invlpg" },
	{ "invpcid", "invpcid" }, { "invd", "invd" }, { "wbinvd", "wbinvd" },
	{ "wbnoinvd", "wbnoinvd" }, { "clac", "clac" }, { "stac", "stac" },
	{ "invlpgb", "invlpgb" }, { "tlbsync", "tlbsync" },
	{ "rdmsr", "rdmsr" }, { "wrmsr", "wrmsr" }, { "wrmsrns", "wrmsrns" }, { "rdpmc", "rdpmc" },
	{ "rdtsc", "rdtsc" }, { "rdtscp", "rdtscp" }, { "cpuid", "cpuid" },
	{ "rdpid", "rdpid" }, { "xsaves", "xsaves" }, { "xsaves64", "xsaves" },
	{ "xrstors", "xrstors" }, { "xrstors64", "xrstors" },
	{ "pconfig", "pconfig" }, { "enqcmds", "enqcmds" },
	{ "in*", "port_in" }, { "out*", "port_out" }, { "ins*", "port_ins" },
	{ "outs*", "port_outs" }, { "vmcall", "vmcall" },
	{ "vmmcall", "vmmcall" }, { "vmfunc", "vmfunc" }, { "vmxon", "vmxon" },
	{ "vmxoff", "vmxoff" }, { "vmlaunch", "vmlaunch" },
	{ "vmresume", "vmresume" }, { "vmread*", "vmread" },
	{ "vmwrite*", "vmwrite" }, { "vmptrld", "vmptrld" },
	{ "vmptrst", "vmptrst" }, { "vmclear", "vmclear" },
	{ "invept", "invept" }, { "invvpid", "invvpid" }, { "vmrun", "vmrun" },
	{ "vmload", "vmload" }, { "vmsave", "vmsave" }, { "stgi", "stgi" },
	{ "clgi", "clgi" }, { "skinit", "skinit" }, { "invlpga", "invlpga" },
	{ "getsec", "getsec" },
};

static const char *const prefixes[] = {
	"rep", "repz", "repnz", "repe", "repne", "lock", "data16", "data32",
	"addr16", "addr32", "cs", "ds", "es", "fs", "gs", "ss", "bnd", "notrack",
	"xacquire", "xrelease",
};

static bool is_prefix(const char *word, size_t len)
{
	if (len >= 3 && !strncmp(word, "rex", 3))
		return true;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strlen(prefixes[i]) == len && !strncmp(word, prefixes[i], len))
			return true;
	return false;
}

static bool name_fits(const char *name, const char *word, size_t len)
{
	size_t n = strlen(name);

	if (name[n - 1] != '*')
		return n == len && !strncmp(name, word, n);
	n--;
	return !strncmp(name, word, n) &&
	       (len == n || (len == n + 1 && strchr("bwlqx", word[n])));
}

static bool is_segment(const char *operand)
{
	return strlen(operand) >= 3 && operand[0] == '%' &&
	       strchr("cdefgs", operand[1]) && operand[2] == 's' &&
	       (!operand[3] || operand[3] == ' ');
}

/* "mov", "push" and "pop" are sensitive by their operands. */
static const char *op_by_operands(const char *word, size_t len, const char *args)
{
	const char *last = strrchr(args, ',');

	last = last ? last + 1 : args;
	if (name_fits("mov*", word, len) || name_fits("movabs", word, len)) {
		char first[8] = "";

		sscanf(args, "%7[^,]", first);
		if (!strncmp(first, "%cr", 3))
			return "read_cr";
		if (!strncmp(first, "%db", 3) || !strncmp(first, "%dr", 3))
			return "read_dr";
		if (!strncmp(last, "%cr", 3))
			return "write_cr";
		if (!strncmp(last, "%db", 3) || !strncmp(last, "%dr", 3))
			return "write_dr";
		if (is_segment(first))
			return "read_seg";
		if (is_segment(last))
			return "write_seg";
	} else if (name_fits("push*", word, len) && is_segment(args)) {
		return "push_seg";
	} else if (name_fits("pop*", word, len) && is_segment(args)) {
		return "pop_seg";
	}
	return NULL;
}

/* The operation of a disassembled instruction, or NULL. */
static const char *op_of(const char *text)
{
	size_t len;

	while (len = strcspn(text, " "), is_prefix(text, len) && text[len])
		for (text += len; *text == ' ';)
			text++;
	for (size_t i = 0; i < sizeof(mnemonics) / sizeof(mnemonics[0]); i++)
		if (name_fits(mnemonics[i].name, text, len))
			return mnemonics[i].op;
	return op_by_operands(text, len, text + len + strspn(text + len, " "));
}

/* ---- what the afterburner said ------------------------------------------- */

struct said {
	char *file, *op, *reason;
	unsigned line;
	bool skipped;
};

struct list {
	struct said *e;
	size_t n;
};

/* FILE:LINE: skipped|site|noted OP `TEXT' (REASON) [RULE] */
static void list_read(struct list *l, char *text)
{
	char *save = NULL;

	for (char *s = strtok_r(text, "\n", &save); s;
	     s = strtok_r(NULL, "\n", &save)) {
		struct said e = { .file = s };
		char what[16], op[32], *p = strstr(s, ": ");

		while (p && sscanf(p + 2, "%15s %31s", what, op) == 2 &&
		       strcmp(what, "skipped") && strcmp(what, "site") &&
		       strcmp(what, "noted"))
			p = strstr(p + 2, ": ");
		if (!p)
			continue;
		*p = 0;
		e.op = xstrdup(op);
		e.skipped = !strcmp(what, "skipped");
		e.reason = strstr(p + 2, "' (");
		p = strrchr(s, ':');
		if (!p)
			continue;
		*p = 0;
		e.line = strtoul(p + 1, NULL, 10);
		l->e = xrealloc(l->e, (l->n + 1) * sizeof(*l->e));
		l->e[l->n++] = e;
	}
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Is there a reason for (op) at this line?  An instruction in a macro's body is
 * listed at its own line, but the debugger's is that of the call: there any
 * line of the same text will do. */
static bool list_explains(const struct list *l, const char *file, unsigned line,
			  const char *op)
{
	bool elsewhere = false;

	for (size_t i = 0; i < l->n; i++) {
		const struct said *e = &l->e[i];

		if (!e->skipped || strcmp(e->op, op))
			continue;
		if (file && e->line == line &&
		    !strcmp(base_name(e->file), base_name(file)))
			return true;
		elsewhere = true;
	}
	return elsewhere;
}

/* ---- the text's own modes ------------------------------------------------ */

/* What .code16 and its like say, for every line of a text that has any. */
struct mode {
	const char *file;
	unsigned line;
	int bits;
};

struct modes {
	struct mode *e;
	size_t n;
};

static int mode_bits(const char *s)
{
	s += strspn(s, " \t");
	if (strncmp(s, ".code", 5))
		return 0;
	return s[5] == '1' ? 16 : s[5] == '3' ? 32 : s[5] == '6' ? 64 : 0;
}

/* The mode that all of the text is in, 0 when it changes: then line by line, which
 * needs debug information that as made of the text's own lines. */
static int mode_only(const char *text)
{
	int only = 0;
	bool code = false;

	for (const char *s = text; s && *s;) {
		const char *first = s + strspn(s, " \t"), *end = strchr(s, '\n');
		int bits = mode_bits(s);

		if (bits && (code || (only && bits != only)))
			return 0;
		if (bits)
			only = bits;
		else if (!only && *first && !strchr(".#\n", *first))
			code = true;
		s = end ? end + 1 : NULL;
	}
	return only;
}

static int mode_order(const void *a, const void *b)
{
	const struct mode *x = a, *y = b;

	return x->line != y->line ? (x->line < y->line ? -1 : 1) :
		strcmp(base_name(x->file), base_name(y->file));
}

static void modes_read(struct modes *m, const char *text, const char *name, int bits)
{
	char *file = xstrdup(name), next[1024];
	unsigned line = 1;
	size_t cap = 0;

	if (!strstr(text, ".code"))
		return;
	for (const char *s = text; s && *s;) {
		const char *end = strchr(s, '\n');
		unsigned at;
		int n = *s == '#' ? sscanf(s, "# %u \"%1023[^\"\n]\"", &at, next) : 0;

		if (mode_bits(s))
			bits = mode_bits(s);
		if (m->n == cap)
			m->e = xrealloc(m->e, (cap = cap * 2 + 256) * sizeof(*m->e));
		m->e[m->n++] = (struct mode){ file, line++, bits };
		if (n >= 1)
			line = at;
		if (n == 2)
			file = xstrdup(next);
		s = end ? end + 1 : NULL;
	}
	qsort(m->e, m->n, sizeof(*m->e), mode_order);
}

/* ---- the object ---------------------------------------------------------- */

struct noted {
	uint64_t addr, end;
	uint32_t section;
	bool hook, met;
};

struct check {
	bfd *abfd;
	struct elfview view;
	asymbol **syms;
	struct list list;
	struct modes modes;
	struct noted *noted;
	size_t nnoted;
	int bits;
	bool after_jump;	/* the instruction before was one */
	char text[256];
	size_t len;
	unsigned long insns, sites, skipped, copied, filler, unexplained;
};

static int add_noted(void *ctx, const struct note_site *s)
{
	struct check *c = ctx;

	c->noted = xrealloc(c->noted, (c->nnoted + 1) * sizeof(*c->noted));
	c->noted[c->nnoted++] = (struct noted){
		.addr = s->addr, .end = s->addr + s->insn_len,
		.section = s->section, .hook = !s->insn_len || *s->arg };
	return 0;
}

static int add_note(void *ctx, struct elfview *v, const struct elf_note *n)
{
	return note_is_patch(n) ? note_sites(v, n, add_noted, ctx) : 0;
}

static int put(void *ctx, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static int put(void *ctx, const char *fmt, ...)
{
	struct check *c = ctx;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(c->text + c->len, sizeof(c->text) - c->len, fmt, ap);
	va_end(ap);
	if (n > 0 && (c->len += n) >= sizeof(c->text))
		c->len = sizeof(c->text) - 1;
	return n;
}

static int put_styled(void *ctx, enum disassembler_style style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static int put_styled(void *ctx, enum disassembler_style style, const char *fmt, ...)
{
	struct check *c = ctx;
	va_list ap;
	int n;

	(void)style;
	va_start(ap, fmt);
	n = vsnprintf(c->text + c->len, sizeof(c->text) - c->len, fmt, ap);
	va_end(ap);
	if (n > 0 && (c->len += n) >= sizeof(c->text))
		c->len = sizeof(c->text) - 1;
	return n;
}

static const char *line_of(struct check *c, asection *sec, uint64_t at, unsigned *line)
{
	const char *file = NULL, *function;

	if (!bfd_find_nearest_line(c->abfd, sec, c->syms, at, &file, &function, line))
		return NULL;
	return file;
}

static int bits_at(struct check *c, asection *sec, uint64_t at)
{
	struct mode key = { 0 };
	const struct mode *m;

	if (!c->modes.n)
		return c->bits;
	key.file = line_of(c, sec, at, &key.line);
	if (!key.file)
		return c->bits;
	m = bsearch(&key, c->modes.e, c->modes.n, sizeof(key), mode_order);
	return m ? m->bits : c->bits;
}

static struct noted *noted_at(struct check *c, unsigned section, uint64_t at)
{
	for (size_t i = 0; i < c->nnoted; i++) {
		struct noted *n = &c->noted[i];

		if (n->section == section && at >= n->addr && at < n->end)
			return n;
	}
	return NULL;
}

/* int3 that aligns code, or fills what is behind a jump: nothing runs there. */
static bool is_filler(const struct check *c, const uint8_t *b, uint64_t at,
		      uint64_t size)
{
	uint64_t end = at;

	while (end < size && b[end] == 0xcc)
		end++;
	return c->after_jump || (at && b[at - 1] == 0xcc) || end % 8 == 0 ||
	       end == size || end - at >= 8;
}

static bool is_jump(const char *text)
{
	return !strncmp(text, "jmp", 3) || !strncmp(text, "ret", 3) ||
	       !strncmp(text, "ud2", 3);
}

static void judge(struct check *c, asection *sec, unsigned index, uint64_t at,
		  const uint8_t *bytes)
{
	const char *op = op_of(c->text), *file;
	struct noted *n = noted_at(c, index, at);
	unsigned line = 0;

	c->insns++;
	if (n) {
		if (op || n->hook)
			n->met = true;
		c->sites += n->addr == at;
		return;
	}
	if (!op)
		return;
	if (!strcmp(op, "int3") && is_filler(c, bytes, at, bfd_section_size(sec))) {
		c->filler++;
		return;
	}
	if (!strncmp(bfd_section_name(sec), ".altinstr_replacement", 21)) {
		c->copied++;
		return;
	}
	file = line_of(c, sec, at, &line);
	if (list_explains(&c->list, file, line, op)) {
		c->skipped++;
		return;
	}
	c->unexplained++;
	printf("%s: %s+%#lx: %s:%u: %s (%s) has no note and no reason\n",
	       bfd_get_filename(c->abfd), bfd_section_name(sec), (long)at,
	       file ? file : "?", line, c->text, op);
}

static unsigned long mach_of(int bits)
{
	return bits == 16 ? bfd_mach_i386_i8086 :
	       bits == 32 ? bfd_mach_i386_i386 : bfd_mach_x86_64;
}

/* Disassemble the instruction at (at) into c->text; its length. */
static int insn_at(struct check *c, struct disassemble_info *info, uint64_t at)
{
	int len;

	info->mach = mach_of(bits_at(c, info->section, at));
	disassemble_init_for_target(info);
	c->len = 0;
	c->text[0] = 0;
	len = disassembler(bfd_arch_i386, false, info->mach, c->abfd)(at, info);
	return len > 0 ? len : 1;
}

static void section_check(struct check *c, asection *sec, unsigned index)
{
	struct disassemble_info info;
	bfd_byte *bytes = NULL;
	uint64_t size = bfd_section_size(sec);

	if (!size || !bfd_get_full_section_contents(c->abfd, sec, &bytes))
		return;
	init_disassemble_info(&info, c, put, put_styled);
	info.arch = bfd_arch_i386;
	info.buffer = bytes;
	info.buffer_length = size;
	info.section = sec;
	c->after_jump = false;
	for (uint64_t at = 0; at < size;) {
		int len = insn_at(c, &info, at);

		judge(c, sec, index, at, bytes);
		c->after_jump = is_jump(c->text);
		at += len;
	}
	/* inside of another instruction, as in return thunks */
	for (size_t i = 0; i < c->nnoted; i++) {
		struct noted *n = &c->noted[i];

		if (n->met || n->section != index || n->addr >= size)
			continue;
		insn_at(c, &info, n->addr);
		n->met = op_of(c->text) != NULL;
	}
	free(bytes);
}

static void object_open(struct check *c, const char *path)
{
	struct elfview v;
	char *data;
	size_t size;
	long n;

	bfd_init();
	c->abfd = bfd_openr(path, NULL);
	if (!c->abfd || !bfd_check_format(c->abfd, bfd_object))
		die("%s: %s", path, bfd_errmsg(bfd_get_error()));
	n = bfd_get_symtab_upper_bound(c->abfd);
	c->syms = xcalloc(1, n > 0 ? n : 8);
	bfd_canonicalize_symtab(c->abfd, c->syms);
	if (file_read(path, &data, &size))
		die("cannot read %s", path);
	if (elf_view(&v, data, size) || elf_notes_walk(&v, add_note, c) < 0)
		die("%s: %s", path, v.why);
	c->bits = v.is64 ? 64 : 32;
	c->view = v;
}

static void object_check(struct check *c)
{
	for (uint32_t i = 1; i < c->view.shnum; i++) {
		struct elf_sec s;
		asection *sec;

		if (elf_section(&c->view, i, &s) || s.type != SHT_PROGBITS ||
		    !(s.flags & SHF_EXECINSTR))
			continue;
		/* names may repeat (COMDAT): find it by its place in the file */
		for (sec = c->abfd->sections; sec; sec = sec->next)
			if ((uint64_t)sec->filepos == s.offset &&
			    !strcmp(bfd_section_name(sec), s.name))
				break;
		if (sec)
			section_check(c, sec, i);
	}
}

int main(int argc, char **argv)
{
	struct check c = { 0 };
	char *text;
	size_t size;
	int status = 0;

	diag_init("sensitive");
	if (argc != 4)
		die_usage("sensitive OBJECT TEXT.s LIST");
	if (file_read(argv[2], &text, &size))
		die("cannot read %s", argv[2]);
	object_open(&c, argv[1]);
	if (mode_only(text))
		c.bits = mode_only(text);
	else
		modes_read(&c.modes, text, argv[2], c.bits);
	if (file_read(argv[3], &text, &size))
		die("cannot read %s", argv[3]);
	list_read(&c.list, text);
	object_check(&c);
	for (size_t i = 0; i < c.nnoted; i++)
		if (!c.noted[i].met) {
			printf("%s: the note at %#lx names no sensitive instruction\n",
			       argv[1], (long)c.noted[i].addr);
			status = 1;
		}
	printf("%lu instructions, %lu sites, %lu skipped, %lu in replacements, "
	       "%lu int3 fillers, %lu unexplained\n", c.insns, c.sites, c.skipped,
	       c.copied, c.filler, c.unexplained);
	return status || c.unexplained ? AB_EXIT_FAIL : AB_EXIT_OK;
}
