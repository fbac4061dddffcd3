// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Sections and their stack.  A section is told from others by its name, its
 * group and its unique number, as GNU as does.  Flags count where a section is
 * named first; without any, the name decides.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "afterburner/sect.h"

struct arg {
	const char *s;
	size_t len;
};

#define MAX_ARGS 10

/* Cut the directive's operands at commas; quotes stay.  Returns how many. */
static size_t split_args(const struct unit *u, const struct event *e,
			 struct arg *arg)
{
	size_t pos = e->args, n = 0;

	while (n < MAX_ARGS && pos < e->args_end) {
		size_t end = scan_item(u->text, pos, e->args_end), next = end + 1;

		pos = scan_blanks(u->text, u->size, pos);
		while (end > pos && (u->text[end - 1] == ' ' ||
				     u->text[end - 1] == '\t'))
			end--;
		arg[n].s = u->text + pos;
		arg[n++].len = end > pos ? end - pos : 0;
		pos = next;
	}
	return n;
}

static bool is_quoted(struct arg a)
{
	return a.len >= 2 && a.s[0] == '"' && a.s[a.len - 1] == '"';
}

static struct arg unquote(struct arg a)
{
	return is_quoted(a) ? (struct arg){ a.s + 1, a.len - 2 } : a;
}

static bool has_prefix(struct arg a, const char *prefix)
{
	size_t len = strlen(prefix);

	return a.len >= len && !memcmp(a.s, prefix, len);
}

static bool exec_by_name(struct arg name)
{
	static const char *const names[] = { ".text", ".init", ".fini", ".plt" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (name.len == strlen(names[i]) &&
		    !memcmp(name.s, names[i], name.len))
			return true;
	return has_prefix(name, ".text.") ||
	       has_prefix(name, ".gnu.linkonce.t.");
}

static int section_find(struct unit *u, const char *key, size_t key_len)
{
	for (size_t i = 0; i < u->nsection; i++)
		if (u->section[i].key_len == key_len &&
		    !memcmp(u->section[i].key, key, key_len))
			return i;
	return -1;
}

/* Not made by a macro's argument, and nothing that a name cannot hold. */
static bool name_is_plain(struct arg name)
{
	for (size_t i = 0; i < name.len; i++)
		if (strchr("\\\n\"", name.s[i]))	/* NUL, too */
			return false;
	return true;
}

static int section_get(struct unit *u, struct arg name, struct arg group,
		       struct arg unique, bool exec)
{
	size_t len = name.len + group.len + unique.len + 2;
	char *key = xmalloc(len);
	struct section *s;
	int i;

	memcpy(key, name.s, name.len);
	key[name.len] = 0;
	memcpy(key + name.len + 1, group.s, group.len);
	key[name.len + 1 + group.len] = 0;
	memcpy(key + len - unique.len, unique.s, unique.len);
	i = section_find(u, key, len);
	if (i >= 0) {
		free(key);
		return i;
	}
	u->section = array_grow(u->section, u->nsection, sizeof(*u->section));
	s = &u->section[u->nsection];
	*s = (struct section){ .key = key, .key_len = len,
			       .name_len = name.len, .exec = exec,
			       .known = name_is_plain(name) };
	s->name = xmalloc(name.len + 1);
	memcpy(s->name, name.s, name.len);
	s->name[name.len] = 0;
	return u->nsection++;
}

static const struct arg no_arg = { "", 0 };

static int plain_section(struct unit *u, const char *name, bool exec)
{
	return section_get(u, (struct arg){ name, strlen(name) }, no_arg,
			   no_arg, exec);
}

/* The section that .section or .pushsection (e) names. */
static int section_named(struct unit *u, const struct event *e, int cur)
{
	struct arg arg[MAX_ARGS], flags = no_arg, group = no_arg, unique = no_arg;
	size_t n = split_args(u, e, arg), i = 1;
	struct arg name;
	bool exec;

	if (!n)
		return cur;
	name = unquote(arg[0]);
	if (e->code == D_PUSHSECTION && i < n && !is_quoted(arg[i]))
		i++;			/* the subsection */
	exec = exec_by_name(name);
	if (i < n && is_quoted(arg[i])) {
		flags = unquote(arg[i++]);
		exec = memchr(flags.s, 'x', flags.len);
	}
	if (i < n && arg[i].len && strchr("@%\"", arg[i].s[0]))
		i++;			/* the type */
	if (memchr(flags.s, 'M', flags.len))
		i++;
	if (memchr(flags.s, 'o', flags.len))
		i++;
	if (memchr(flags.s, 'G', flags.len) && i < n)
		group = unquote(arg[i++]);
	for (; i + 1 < n; i++)
		if (arg[i].len == 6 && !memcmp(arg[i].s, "unique", 6))
			unique = arg[i + 1];
	if (memchr(flags.s, '?', flags.len)) {
		const struct section *s = &u->section[cur];

		group.s = s->key + s->name_len + 1;
		group.len = strlen(group.s);
	}
	return section_get(u, name, group, unique, exec);
}

void sect_init(struct unit *u, struct sect_state *s)
{
	*s = (struct sect_state){ 0 };
	s->cur = s->prev = plain_section(u, ".text", true);
}

void sect_free(struct sect_state *s)
{
	free(s->stack);
}

void sect_collect(struct unit *u)
{
	struct sect_state s;

	sect_init(u, &s);
	for (size_t i = 0; i < u->nevent; i++)
		if (u->event[i].kind == EV_DIRECTIVE)
			sect_apply(u, &s, &u->event[i]);
	sect_free(&s);
}

bool sect_switches(unsigned code)
{
	return code >= D_SECTION && code <= D_ABSOLUTE;
}

static void go(struct sect_state *s, int to)
{
	s->prev = s->cur;
	s->cur = to;
}

bool sect_apply(struct unit *u, struct sect_state *s, const struct event *e)
{
	int i;

	switch (e->code) {
	case D_PUSHSECTION:
		s->stack = array_grow(s->stack, s->depth, sizeof(*s->stack));
		s->stack[s->depth++] = (struct sect_level){ s->cur, s->prev };
		go(s, section_named(u, e, s->cur));
		return true;
	case D_POPSECTION:
		if (s->depth--) {
			s->cur = s->stack[s->depth].cur;
			s->prev = s->stack[s->depth].prev;
		} else {
			s->depth = 0;
		}
		return true;
	case D_PREVIOUS:
		i = s->prev;
		go(s, i);
		return true;
	case D_SECTION:
		go(s, section_named(u, e, s->cur));
		return true;
	case D_SUBSECTION:
		go(s, s->cur);
		return true;
	case D_TEXT:
		go(s, plain_section(u, ".text", true));
		return true;
	case D_DATA:
		go(s, plain_section(u, ".data", false));
		return true;
	case D_BSS:
		go(s, plain_section(u, ".bss", false));
		return true;
	case D_ABSOLUTE:
		go(s, plain_section(u, "*ABS*", false));
		return true;
	default:
		return false;
	}
}
