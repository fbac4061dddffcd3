/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of the HTML report. */
#ifndef AB_MONITOR_REPORT_HTML_H
#define AB_MONITOR_REPORT_HTML_H

#include <stdio.h>
#include "monitor/report.h"

/* (s) as text: whatever it holds, it is no markup. */
void html_text(FILE *, const char *s);
/* The (n) dearest rows as a flame graph. */
void html_flame(const struct report *, FILE *, size_t n);

#endif
