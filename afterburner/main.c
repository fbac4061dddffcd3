// SPDX-License-Identifier: GPL-3.0-or-later
/* afterburner: the post-processor as a command. */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "afterburner/emit.h"
#include "afterburner/record.h"
#include "afterburner/report.h"
#include "lib/file.h"

static int report(const struct unit *u, const struct options *o)
{
	FILE *f = o->out && !strcmp(o->out, "-") ? stderr : stdout;

	if (o->list)
		report_list(u, f);
	if (o->stats)
		report_stats(u, o->stats, f);
	if (fflush(f) || ferror(f)) {
		error("cannot write the report: %s", strerror(errno));
		return -1;
	}
	return 0;
}

static int run(const struct options *o)
{
	const char *out = o->out ? o->out : "-";
	bool only_report = !o->out && (o->list || o->stats);
	struct buf buf = { 0 };
	struct unit u = { 0 };
	char *text;
	int ret;

	if (file_read(o->in, &text, &u.size)) {
		error("cannot read %s: %s", o->in, strerror(errno));
		return AB_EXIT_FAIL;
	}
	u.text = text;
	u.name = strcmp(o->in, "-") ? o->in : "{standard input}";
	ret = afterburn(&u, o, &buf);
	if (ret == 0 && !only_report)
		ret = file_write(out, text, u.size, 0666);
	else if (ret > 0 && !only_report)
		ret = file_write(out, buf.p, buf.len, 0666);
	else if (ret >= 0)
		ret = 0;
	else
		goto out;
	if (ret)
		error("cannot write %s: %s", out, strerror(errno));
	else
		ret = report(&u, o);
out:
	rules_free(u.rules);
	unit_free(&u);
	free(buf.p);
	free(text);
	return ret ? AB_EXIT_FAIL : AB_EXIT_OK;
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	int ret;

	diag_init("afterburner");
	options_parse(&o, argc - 1, argv + 1, false);
	if (o.summary) {
		if (o.in)
			die_usage("--summary takes no input: '%s'", o.in);
		return record_summary(o.summary, o.stats);
	}
	if (!o.in)
		die_usage("no input: name a file, or '-' for standard input");
	ret = run(&o);
	free(o.rules);
	return ret;
}
