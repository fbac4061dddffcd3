/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The build record: what became of one object, beside it in OBJECT.ab. */
#ifndef AB_RECORD_H
#define AB_RECORD_H

#include "afterburner/unit.h"

void record_write(const struct unit *, const char *object);

#endif
