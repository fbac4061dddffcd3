/* SPDX-License-Identifier: GPL-3.0-or-later */
/* optable.c: include/abi/ops.def as a table that can be asked. */
#include "lib/decode.h"

#include <string.h>

static const struct ab_op_info ops[AB_OP_COUNT] = {
#define AB_OP(n, ident, text, cls, at_cpl3, t32, t64)			\
	[n] = { .num = n, .class = AB_CLASS_##cls,			\
		.cpl3 = AB_CPL3_##at_cpl3, .total = { t32, t64 },	\
		.id = #ident, .name = text },
#include "abi/ops.def"
#undef AB_OP
};

static const char *const class_names[] = {
	[AB_CLASS_FLAGS] = "flags",
	[AB_CLASS_CONTROL] = "control",
	[AB_CLASS_SEGMENT] = "segment",
	[AB_CLASS_CONTROLREG] = "controlreg",
	[AB_CLASS_MEMORY] = "memory",
	[AB_CLASS_MSR] = "msr",
	[AB_CLASS_IO] = "io",
	[AB_CLASS_VIRT] = "virt",
	[AB_CLASS_SYNTHETIC] = "synthetic",
	[AB_CLASS_SEQUENCE] = "sequence",
};
#define NCLASSES (sizeof(class_names) / sizeof(class_names[0]))

const struct ab_op_info *ab_op_info(unsigned op)
{
	return op < AB_OP_COUNT && ops[op].num ? &ops[op] : NULL;
}

const char *ab_op_name(unsigned op)
{
	const struct ab_op_info *info = ab_op_info(op);

	return info ? info->name : "unknown";
}

enum ab_op ab_op_by_name(const char *name)
{
	for (unsigned i = 1; i < AB_OP_COUNT; i++)
		if (ops[i].num && ops[i].name[0] == name[0] && !strcmp(ops[i].name, name))
			return i;
	return AB_OP_NONE;
}

const char *ab_class_name(unsigned class)
{
	return class < NCLASSES && class_names[class] ? class_names[class] : "unknown";
}

unsigned ab_class_by_name(const char *name)
{
	for (unsigned i = 1; i < NCLASSES; i++)
		if (!strcmp(class_names[i], name))
			return i;
	return 0;
}
