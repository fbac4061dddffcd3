/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person or a script is told about a unit. */
#ifndef AB_REPORT_H
#define AB_REPORT_H

#include <stdio.h>
#include "afterburner/unit.h"

void report_list(const struct unit *, FILE *);
void report_stats(const struct unit *, enum stats, FILE *);

/* (s, len) as a JSON string, quotes included. */
void json_string(FILE *, const char *s, size_t len);

#endif
