/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hardware task switches.
 */
#include "core/cpu.h"

enum ab_result ab_task_far(struct ab_machine *m, const struct ab_desc *d)
{
	return ab_unsupported(m, "a far transfer to a task");
}

enum ab_result ab_task_return(struct ab_machine *m)
{
	return ab_unsupported(m, "iret from a nested task");
}

enum ab_result ab_task_gate(struct ab_machine *m, uint16_t sel, unsigned ext,
			    bool has_error, uint32_t error)
{
	return ab_unsupported(m, "an interrupt through a task gate");
}
