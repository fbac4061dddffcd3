// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A plugin of QEMU's: counts the instructions that a guest executes, and among
 * them the no-ops of more than one byte (pads, and compilers' alignment).
 *
 *	qemu-system-i386 -icount shift=0,sleep=off -plugin ./count.so,out=FILE ...
 *
 * The interface is declared here, since Debian has no package with its header;
 * it is version 1 of QEMU's plugin API.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t plugin_id;

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id,
		void (*cb)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_atexit_cb(plugin_id, void (*cb)(plugin_id, void *), void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int op,
		void *counter, uint64_t add);

enum { ADD_U64 = 0 };

extern int qemu_plugin_version;
int qemu_plugin_version = 1;
int qemu_plugin_install(plugin_id, const void *info, int argc, char **argv);

static uint64_t insns, nops;
static char out[4096];

/* 0f 1f /0, also behind prefixes, and 66 90. */
static bool is_long_nop(const uint8_t *b, size_t n)
{
	size_t i = 0;

	while (i < n && (b[i] == 0x66 || b[i] == 0x2e))
		i++;
	if (i + 1 < n && b[i] == 0x0f && b[i + 1] == 0x1f)
		return true;
	return i && i < n && b[i] == 0x90;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *in = qemu_plugin_tb_get_insn(tb, i);

		qemu_plugin_register_vcpu_insn_exec_inline(in, ADD_U64, &insns, 1);
		if (is_long_nop(qemu_plugin_insn_data(in), qemu_plugin_insn_size(in)))
			qemu_plugin_register_vcpu_insn_exec_inline(in, ADD_U64, &nops, 1);
	}
}

static void done(plugin_id id, void *p)
{
	FILE *f = fopen(out, "w");

	(void)id;
	(void)p;
	if (!f)
		return;
	fprintf(f, "%llu %llu\n", (unsigned long long)insns, (unsigned long long)nops);
	fclose(f);
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++)
		if (!strncmp(argv[i], "out=", 4))
			snprintf(out, sizeof(out), "%s", argv[i] + 4);
	if (!out[0])
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, done, NULL);
	return 0;
}
