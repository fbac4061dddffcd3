/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linux's selectors of flat user segments.  For C and assembly. */
#ifndef AB_MONITOR_SELECTORS_H
#define AB_MONITOR_SELECTORS_H

#define HOST_CS64	0x33
#define HOST_CS32	0x23
#define HOST_DS		0x2b

#endif
