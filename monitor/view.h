/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The broker's view of a guest that does not run just now: wedge/core functions
 * over guest RAM, for the last page and for the debugger.
 */
#ifndef AB_MONITOR_VIEW_H
#define AB_MONITOR_VIEW_H

#include "monitor/mon.h"

/* Make a copy of a machine usable for looking: nothing it says about its
 * surroundings is kept. */
void view_attach(struct ab_machine *copy, struct mon *m);
/* Guest memory at linear (va), through the guest's page tables; false when some of
 * it is not there.  Writes ignore write protection. */
bool view_read(struct ab_machine *, uint64_t va, void *buf, size_t len);
bool view_write(struct ab_machine *, uint64_t va, const void *buf, size_t len);

#endif
