/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source lines by libdw, which also knows compressed and split debug sections.
 * libdw reports what it dislikes by its return values only: damaged debug
 * information is no debug information.
 */
#include "monitor/srcline.h"

#ifdef AB_HAVE_LIBDW
#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include "lib/diag.h"

struct srcline {
	Dwfl *dwfl;
	Dwfl_Module *module;
	GElf_Addr bias;		/* of the module to the file's own addresses */
};

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

struct srcline *srcline_open(const char *path)
{
	struct srcline *s = xcalloc(1, sizeof *s);

	s->dwfl = dwfl_begin(&callbacks);
	if (s->dwfl)
		s->module = dwfl_report_elf(s->dwfl, "guest", path, -1, 0, false);
	if (s->module && !dwfl_report_end(s->dwfl, NULL, NULL) &&
	    dwfl_module_getdwarf(s->module, &s->bias))
		return s;
	srcline_close(s);
	return NULL;
}

void srcline_close(struct srcline *s)
{
	if (s && s->dwfl)
		dwfl_end(s->dwfl);
	free(s);
}

bool srcline_find(struct srcline *s, uint64_t addr, const char **file,
		  unsigned *line)
{
	Dwfl_Line *l = s ? dwfl_module_getsrc(s->module, addr + s->bias) : NULL;
	int n = 0;

	*file = l ? dwfl_lineinfo(l, NULL, &n, NULL, NULL, NULL) : NULL;
	*line = n > 0 ? (unsigned)n : 0;
	return *file && *line;
}

#else

struct srcline *srcline_open(const char *path)
{
	(void)path;
	return 0;
}

void srcline_close(struct srcline *s)
{
	(void)s;
}

bool srcline_find(struct srcline *s, uint64_t addr, const char **file,
		  unsigned *line)
{
	(void)s;
	(void)addr;
	*file = 0;
	*line = 0;
	return false;
}
#endif
