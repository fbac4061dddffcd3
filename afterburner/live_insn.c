// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What instructions do to registers and arithmetic flags, read from AT&T text.
 * Only what compilers and kernels write often is here: an instruction that is
 * not in the table is not known, and everything counts as read by it.
 *
 * A write of 8 or 16 bits neither reads the rest of the register nor overwrites
 * it.  Of the flags that an instruction leaves undefined only those are counted
 * as overwritten that processors do write (AF by logic, OF by shifts): others,
 * as ZF by imul, pass through some of them.
 */
#include "config.h"
#include <string.h>
#include "abi/patchnote.h"
#include "afterburner/live.h"

#define CF AB_DEAD_CF
#define PF AB_DEAD_PF
#define AF AB_DEAD_AF
#define ZF AB_DEAD_ZF
#define SF AB_DEAD_SF
#define OF AB_DEAD_OF
#define ALL AB_DEAD_FLAGS
#define EAX AB_DEAD_REG(0)
#define ECX AB_DEAD_REG(1)
#define EDX AB_DEAD_REG(2)
#define EBX AB_DEAD_REG(3)
#define ESP AB_DEAD_REG(4)
#define EBP AB_DEAD_REG(5)
#define ESI AB_DEAD_REG(6)
#define EDI AB_DEAD_REG(7)

enum kind {
	K_NONE,		/* operands do not matter */
	K_USE,		/* all operands are read (and perhaps written) */
	K_MOV,		/* the last operand is overwritten */
	K_ZERO,		/* K_USE, but overwritten by OP %r, %r */
	K_SHIFT,	/* K_USE; flags only when the count is not 0 */
	K_ADDRESS,	/* only addresses are read */
	K_JUMP,
};

struct known {
	const char *name;	/* sizes may follow: b w l q */
	enum kind kind;
	bool sized;
	uint32_t use, kill;
};

static const struct known table[] = {
	{ "mov", K_MOV, true, 0, 0 }, { "movabs", K_MOV, true, 0, 0 },
	{ "movzb", K_MOV, true, 0, 0 }, { "movzw", K_MOV, true, 0, 0 },
	{ "movzx", K_MOV, true, 0, 0 }, { "movsx", K_MOV, true, 0, 0 },
	{ "movsb", K_MOV, true, 0, 0 }, { "movsw", K_MOV, true, 0, 0 },
	{ "movslq", K_MOV, false, 0, 0 }, { "lea", K_MOV, true, 0, 0 },
	{ "add", K_USE, true, 0, ALL }, { "sub", K_ZERO, true, 0, ALL },
	{ "and", K_USE, true, 0, ALL }, { "or", K_USE, true, 0, ALL },
	{ "xor", K_ZERO, true, 0, ALL }, { "cmp", K_USE, true, 0, ALL },
	{ "test", K_USE, true, 0, ALL }, { "adc", K_USE, true, CF, ALL },
	{ "sbb", K_USE, true, CF, ALL }, { "neg", K_USE, true, 0, ALL },
	{ "not", K_USE, true, 0, 0 },
	{ "inc", K_USE, true, 0, ALL & ~CF }, { "dec", K_USE, true, 0, ALL & ~CF },
	{ "shl", K_SHIFT, true, 0, ALL }, { "sal", K_SHIFT, true, 0, ALL },
	{ "shr", K_SHIFT, true, 0, ALL }, { "sar", K_SHIFT, true, 0, ALL },
	{ "rol", K_SHIFT, true, 0, CF }, { "ror", K_SHIFT, true, 0, CF },
	{ "rcl", K_USE, true, CF, 0 }, { "rcr", K_USE, true, CF, 0 },
	{ "shld", K_USE, true, 0, 0 }, { "shrd", K_USE, true, 0, 0 },
	{ "imul", K_USE, true, EAX, CF | OF }, { "mul", K_USE, true, EAX, CF | OF },
	{ "div", K_USE, true, EAX | EDX, 0 },
	{ "idiv", K_USE, true, EAX | EDX, 0 },
	{ "cltd", K_NONE, false, EAX, EDX }, { "cdq", K_NONE, false, EAX, EDX },
	{ "cqto", K_NONE, false, EAX, EDX }, { "cltq", K_NONE, false, EAX, 0 },
	{ "cwtl", K_NONE, false, EAX, 0 }, { "cbtw", K_NONE, false, EAX, 0 },
	{ "push", K_USE, true, 0, 0 }, { "pop", K_MOV, true, 0, 0 },
	{ "bt", K_USE, true, 0, CF }, { "bts", K_USE, true, 0, CF },
	{ "btr", K_USE, true, 0, CF }, { "btc", K_USE, true, 0, CF },
	{ "bsf", K_USE, true, 0, ZF }, { "bsr", K_USE, true, 0, ZF },
	{ "popcnt", K_USE, true, 0, ALL }, { "bswap", K_USE, true, 0, 0 },
	{ "xchg", K_USE, true, 0, 0 }, { "xadd", K_USE, true, 0, ALL },
	{ "cmpxchg", K_USE, true, EAX, ALL },
	{ "cmpxchg8b", K_USE, false, EAX | EDX | EBX | ECX, ZF },
	{ "cmpxchg16b", K_USE, false, EAX | EDX | EBX | ECX, ZF },
	{ "leave", K_NONE, true, EBP, 0 },
	{ "movs", K_USE, true, ESI | EDI | ECX, 0 },
	{ "stos", K_USE, true, EAX | EDI | ECX, 0 },
	{ "lods", K_USE, true, ESI | ECX | EAX, 0 },
	{ "cmps", K_USE, true, ESI | EDI | ECX, 0 },
	{ "scas", K_USE, true, EAX | EDI | ECX, 0 },
	{ "nop", K_NONE, true, 0, 0 }, { "pause", K_NONE, false, 0, 0 },
	{ "mfence", K_NONE, false, 0, 0 }, { "lfence", K_NONE, false, 0, 0 },
	{ "sfence", K_NONE, false, 0, 0 }, { "endbr32", K_NONE, false, 0, 0 },
	{ "endbr64", K_NONE, false, 0, 0 }, { "cld", K_NONE, false, 0, 0 },
	{ "std", K_NONE, false, 0, 0 }, { "clc", K_NONE, false, 0, CF },
	{ "stc", K_NONE, false, 0, CF }, { "cmc", K_NONE, false, CF, 0 },
	{ "sahf", K_NONE, false, EAX, ALL & ~OF },
	{ "lahf", K_NONE, false, ALL | EAX, 0 },
	{ "prefetch", K_ADDRESS, false, 0, 0 },
	{ "prefetcht0", K_ADDRESS, false, 0, 0 },
	{ "prefetchnta", K_ADDRESS, false, 0, 0 },
	{ "prefetchw", K_ADDRESS, false, 0, 0 },
	{ "clflush", K_ADDRESS, false, 0, 0 },
	/* sensitive ones: what follows a site is often another */
	{ "cli", K_NONE, false, 0, 0 }, { "sti", K_NONE, false, 0, 0 },
	{ "clts", K_NONE, false, 0, 0 }, { "wbinvd", K_NONE, false, 0, 0 },
	{ "pushf", K_NONE, true, ALL, 0 }, { "popf", K_NONE, true, 0, ALL },
	{ "in", K_USE, true, EAX | EDX, 0 }, { "out", K_USE, true, EAX | EDX, 0 },
	{ "rdmsr", K_NONE, false, ECX, EAX | EDX },
	{ "wrmsr", K_NONE, false, EAX | ECX | EDX, 0 },
	{ "rdtsc", K_NONE, false, 0, EAX | EDX },
	{ "cpuid", K_NONE, false, EAX | ECX, EBX | EDX },
	{ "invlpg", K_ADDRESS, false, 0, 0 },
	{ "lgdt", K_ADDRESS, true, 0, 0 }, { "lidt", K_ADDRESS, true, 0, 0 },
	{ "jmp", K_JUMP, false, 0, 0 },
};

/* Number and size in bytes of the register at (s, len), without '%'; -1. */
static int reg_number(const char *s, size_t len, int *size)
{
	static const char names[8][3] = { "ax", "cx", "dx", "bx", "sp", "bp",
					  "si", "di" };
	static const char low[] = "acdb";
	int n = 0;
	size_t i;

	if (len >= 2 && s[0] == 'r' && s[1] >= '0' && s[1] <= '9') {
		for (i = 1; i < len && s[i] >= '0' && s[i] <= '9'; i++)
			n = n * 10 + s[i] - '0';
		if (n < 8 || n > 15 || len > i + 1)
			return -1;
		*size = i == len ? 8 : s[i] == 'd' ? 4 : s[i] == 'w' ? 2 : 1;
		return n;
	}
	if (len == 2 && (s[1] == 'l' || s[1] == 'h') && strchr(low, s[0])) {
		*size = 1;
		return strchr(low, s[0]) - low;
	}
	*size = len == 3 && s[0] == 'e' ? 4 : len == 3 && s[0] == 'r' ? 8 : 2;
	if (len == 3 && s[2] == 'l') {			/* sil, dil, bpl, spl */
		*size = 1;
		s--;
		len = 2;
		for (n = 4; n < 8; n++)
			if (!memcmp(names[n], s + 1, 2))
				return n;
		return -1;
	}
	if (len != 2 && (len != 3 || (s[0] != 'e' && s[0] != 'r')))
		return -1;
	for (n = 0; n < 8; n++)
		if (!memcmp(names[n], s + len - 2, 2))
			return n;
	return -1;
}

struct operand {
	uint32_t regs;		/* registers that stand in it */
	bool direct;		/* it is a register */
	int number, size;
	bool odd;		/* holds what is not understood */
};

static struct operand operand_read(const char *t, size_t pos, size_t end)
{
	struct operand o = { .number = -1 };

	while (pos < end && (t[pos] == ' ' || t[pos] == '\t'))
		pos++;
	while (end > pos && (t[end - 1] == ' ' || t[end - 1] == '\t'))
		end--;
	o.direct = pos < end && t[pos] == '%' &&
		!memchr(t + pos, ':', end - pos) && !memchr(t + pos, '(', end - pos);
	for (; pos < end; pos++) {
		size_t from = pos + 1;
		int n, size = 0;

		if (t[pos] == '\\' || t[pos] == '*' || t[pos] == '/')
			o.odd = true;
		if (t[pos] != '%')
			continue;
		if (pos + 1 >= end || t[pos + 1] < 'a' || t[pos + 1] > 'z')
			o.odd = true;		/* %EAX, % eax */
		while (pos + 1 < end && ((t[pos + 1] >= 'a' && t[pos + 1] <= 'z') ||
					 (t[pos + 1] >= '0' && t[pos + 1] <= '9')))
			pos++;
		n = reg_number(t + from, pos + 1 - from, &size);
		if (n >= 0)
			o.regs |= AB_DEAD_REG(n);
		if (o.direct) {
			o.number = n;
			o.size = size;
		}
	}
	return o;
}

/* Flags that condition (cc, len) reads; 0: none of these. */
static uint32_t condition(const char *cc, size_t len)
{
	static const struct {
		const char *cc;
		uint32_t use;
	} conds[] = {
		{ "o", OF }, { "no", OF }, { "b", CF }, { "c", CF },
		{ "nae", CF }, { "ae", CF }, { "nb", CF }, { "nc", CF },
		{ "e", ZF }, { "z", ZF }, { "ne", ZF }, { "nz", ZF },
		{ "be", CF | ZF }, { "na", CF | ZF }, { "a", CF | ZF },
		{ "nbe", CF | ZF }, { "s", SF }, { "ns", SF }, { "p", PF },
		{ "pe", PF }, { "np", PF }, { "po", PF }, { "l", SF | OF },
		{ "nge", SF | OF }, { "ge", SF | OF }, { "nl", SF | OF },
		{ "le", ZF | SF | OF }, { "ng", ZF | SF | OF },
		{ "g", ZF | SF | OF }, { "nle", ZF | SF | OF },
	};

	for (size_t i = 0; i < sizeof(conds) / sizeof(conds[0]); i++)
		if (strlen(conds[i].cc) == len && !memcmp(conds[i].cc, cc, len))
			return conds[i].use;
	return 0;
}

static const struct known *find(const char *s, size_t len, bool operands)
{
	bool size = len > 1 && strchr("bwlq", s[len - 1]);

	/* movsb, movsw, movsl without operands move strings */
	if (len == 5 && !memcmp(s, "movs", 4) && !operands)
		len = 4;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct known *k = &table[i];
		size_t n = strlen(k->name);

		if ((n == len || (k->sized && size && n == len - 1)) &&
		    !memcmp(k->name, s, n))
			return k;
	}
	return NULL;
}

static bool count_is_zero_or_unknown(const char *t, size_t pos, size_t end)
{
	return pos >= end || t[pos] != '$' || t[pos + 1] < '1' || t[pos + 1] > '9' ||
	       end - pos > 3 || (end - pos == 3 && (t[pos + 1] > '2' ||
						    t[pos + 2] < '0' ||
						    t[pos + 2] > '9'));
}

static void operands_effect(const struct known *k, const char *t, size_t args,
			    size_t end, struct effect *e, bool *odd)
{
	struct operand op[4];
	size_t n = 0, first_end = scan_item(t, args, end);

	for (size_t pos = args; pos < end && n < 4; n++) {
		size_t stop = scan_item(t, pos, end);

		op[n] = operand_read(t, pos, stop);
		*odd |= op[n].odd;
		pos = stop + 1;
	}
	if (k->kind == K_ZERO && n == 2 && op[0].direct && op[1].direct &&
	    op[0].number >= 0 && op[0].number == op[1].number &&
	    op[0].size == op[1].size && op[0].size >= 4) {
		e->kill |= op[0].regs;
		return;
	}
	if (k->kind == K_SHIFT && n > 1 &&
	    count_is_zero_or_unknown(t, args, first_end))
		e->kill = 0;
	for (size_t i = 0; i < n; i++) {
		bool last = i == n - 1;

		if (k->kind == K_MOV && last && op[i].direct) {
			if (op[i].number >= 0 && op[i].size >= 4)
				e->kill |= op[i].regs;
			continue;
		}
		if (k->kind == K_ADDRESS && op[i].direct)
			continue;
		e->use |= op[i].regs;
	}
}

bool insn_effect(const char *t, size_t word, size_t len, size_t args,
		 size_t args_end, struct effect *e)
{
	const char *s = t + word;
	const struct known *k;
	static const struct known set = { "set", K_ADDRESS, false, 0, 0 };
	static const struct known cmov = { "cmov", K_USE, false, 0, 0 };
	bool odd = false;
	uint32_t flags;

	*e = (struct effect){ .flow = GOES_ON };
	if (len > 1 && s[0] == 'j' && (flags = condition(s + 1, len - 1))) {
		e->use = flags;
		e->flow = BRANCHES;
		return true;
	}
	if (len > 3 && !memcmp(s, "set", 3) && (flags = condition(s + 3, len - 3))) {
		k = &set;
		e->use = flags;
	} else if (len > 4 && !memcmp(s, "cmov", 4) &&
		   ((flags = condition(s + 4, len - 4)) ||
		    (strchr("wlq", s[len - 1]) &&
		     (flags = condition(s + 4, len - 5))))) {
		k = &cmov;
		e->use = flags;
	} else {
		k = find(s, len, args < args_end);
		if (!k)
			return false;
		e->use = k->use;
		e->kill = k->kill;
	}
	if (k->kind == K_JUMP) {
		e->flow = JUMPS;
		return args < args_end && t[args] != '*';
	}
	if (k->kind != K_NONE)
		operands_effect(k, t, args, args_end, e, &odd);
	return !odd;
}
