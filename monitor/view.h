/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The broker's view of a guest that does not run any more: wedge/core functions
 * over guest RAM, for the last page.
 */
#ifndef AB_MONITOR_VIEW_H
#define AB_MONITOR_VIEW_H

#include "monitor/mon.h"

/* Make a copy of a machine usable for looking: nothing it says about its
 * surroundings is kept. */
void view_attach(struct ab_machine *copy, struct mon *m);

#endif
