/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names for the op table.  Self-contained: freestanding C11 headers only.
 * An op number is ABI (patch notes and profiles carry it): numbers are added,
 * never changed.
 */
#ifndef AB_ABI_OPS_H
#define AB_ABI_OPS_H

enum ab_op {
	AB_OP_NONE = 0,
#define AB_OP(num, id, name, class, cpl3, t32, t64) AB_OP_##id = num,
#include "ops.def"
#undef AB_OP
	AB_OP_COUNT = 192		/* one more than the largest number */
};

enum ab_class {
	AB_CLASS_FLAGS = 1,
	AB_CLASS_CONTROL,
	AB_CLASS_SEGMENT,
	AB_CLASS_CONTROLREG,
	AB_CLASS_MEMORY,
	AB_CLASS_MSR,
	AB_CLASS_IO,
	AB_CLASS_VIRT,
	AB_CLASS_SYNTHETIC,
	AB_CLASS_SEQUENCE,
};

enum ab_cpl3 {
	AB_CPL3_TRAPS = 1,	/* faults at CPL 3: may stay unpatched */
	AB_CPL3_SILENT,		/* runs with the wrong result: must be patched */
	AB_CPL3_HOST,		/* depends on the host processor and its settings */
	AB_CPL3_NONE,		/* not sensitive by itself */
};

#endif
