/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON output: only what printf() cannot do. */
#ifndef AB_LIB_JSON_H
#define AB_LIB_JSON_H

#include <stdio.h>

/* Print (s) as a JSON string, quotes included.  Bytes that are no UTF-8 are
 * printed as U+FFFD. */
void json_string(FILE *, const char *s);

#endif
