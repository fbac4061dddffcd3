/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The forms of insn-forms.c in ring 3, interrupted by a timer: by user_run().
 * Qemu: -cpu max,-smap,-smep
 */
#define IN_RING3
#include "insn-forms.c"
