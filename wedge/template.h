/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Macros for wedge objects: a template's code and its rows side by side.  Format:
 * abi/wedge.h.  A wedge's source begins with this, then gives the manifest header,
 * .ab.text with a label `text`, the templates, and WEDGE_TOTALS.
 */
#ifndef AB_WEDGE_TEMPLATE_H
#define AB_WEDGE_TEMPLATE_H
#define __ASSEMBLER__ 1
#include "abi/wedge.h"

/* OP_CLI and its like: the op table's numbers. */
#define AB_OP(num, id, name, class, cpl3, t32, t64) .set OP_##id, num;
#include "abi/ops.def"
#undef AB_OP

	.set	ntemplates, 0
	.set	nholes, 0
	.set	nunwinds, 0

/* Begin the template (name) with its row; code follows up to END_TEMPLATE. */
.macro TEMPLATE name, op, form, match=AB_MATCH_ANY, sub=AB_SUB_ANY, flags=0
	.pushsection .ab.manifest, 1
	.short	\op
	.byte	\form, \match, \sub, \flags
	.short	\name\()_end - \name
	.long	\name - text
	.long	0
	.short	nholes, \name\()_nholes
	.short	nunwinds, \name\()_nunwinds
	.popsection
	.set	ntemplates, ntemplates + 1
	.set	\name\()_hole0, nholes
	.set	\name\()_unwind0, nunwinds
\name:
1000:
.endm

.macro END_TEMPLATE name
\name\()_end:
	.set	\name\()_nholes, nholes - \name\()_hole0
	.set	\name\()_nunwinds, nunwinds - \name\()_unwind0
.endm

/* What the next bytes are to be filled with. */
.macro HOLE kind
1001:	.pushsection .ab.manifest, 2
	.short	1001b - 1000b, \kind
	.popsection
	.set	nholes, nholes + 1
.endm

/* From here on: the stack is (delta) below the site's, with (nsaved) registers
 * (order, 4 bits each) on top of it. */
.macro UNWIND delta, nsaved=0, order=0, committed=0
1002:	.pushsection .ab.manifest, 3
	.short	1002b - 1000b, \delta
	.byte	\nsaved, \committed
	.short	\order
	.popsection
	.set	nunwinds, nunwinds + 1
.endm

.macro VCPU field
	HOLE	AB_HOLE_VCPU
	.long	\field
.endm

.macro DOORBELL field
	HOLE	AB_HOLE_DOORBELL
	.long	\field
.endm

.macro JMP_EXIT
	.byte	0xe9
	HOLE	AB_HOLE_EXIT
	.long	0
.endm

/* The bare instruction is right here. */
.macro NATIVE op
TEMPLATE native\op, \op, AB_FORM_NATIVE
END_TEMPLATE native\op
.endm

/* Rows of one template's code for every op of the table, in whatever form: the
 * template (generic) of this name has its code, but no row, before it. */
.macro GENERIC_ROW op
	.short	\op
	.byte	AB_FORM_STUB, AB_MATCH_ANY, AB_SUB_ANY, AB_TEMPLATE_CALLS
	.short	generic_end - generic
	.long	generic - text
	.long	0
	.short	generic_hole0, generic_nholes
	.short	generic_unwind0, generic_nunwinds
	.set	ntemplates, ntemplates + 1
.endm
.macro GENERIC_BEGIN
generic:
1000:
	.set	generic_hole0, nholes
	.set	generic_unwind0, nunwinds
.endm

/* What the manifest's header counts. */
.macro WEDGE_TOTALS
	.set	total_templates, ntemplates
	.set	total_holes, nholes
	.set	total_unwinds, nunwinds
.endm

#endif
