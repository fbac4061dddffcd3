/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A silent op in a site that no replacement fits into: patching is refused. */
#include "sites.inc"
#include "ops.inc"

NOTE_BEGIN .text
	.text
	.globl	_start
	.type	_start, @function
_start:
SITE OP_CLI, 7, 1, 0, "cli"
SITE OP_PUSHF, 1, 1, 0, "pushf"
	ret
	.size	_start, . - _start
NOTE_END .text
