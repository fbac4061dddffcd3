/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print.c: the console, and the last words of a guest.
 */
#include <stdarg.h>
#include <xen/sched.h>
#include "xen/pv.h"

void xen_flush(void)
{
	if (xen.nout)
		hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, xen.nout,
			  (uint64_t)xen.out, 0);
	xen.nout = 0;
}

void xen_putc(char c)
{
	xen.out[xen.nout++] = c;
	if (c == '\n' || xen.nout == sizeof(xen.out))
		xen_flush();
}

static void put_string(const char *s)
{
	while (*s)
		xen_putc(*s++);
}

static void put_number(uint64_t v, unsigned base)
{
	char buf[24];
	unsigned n = sizeof(buf);

	do {
		buf[--n] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	while (n < sizeof(buf))
		xen_putc(buf[n++]);
}

void xen_print(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	for (; *format; format++) {
		if (*format != '%') {
			xen_putc(*format);
			continue;
		}
		switch (*++format) {
		case 's':
			put_string(va_arg(ap, const char *));
			break;
		case 'x':
			put_number(va_arg(ap, uint64_t), 16);
			break;
		default:
			put_number(va_arg(ap, uint64_t), 10);
			break;
		}
	}
	va_end(ap);
}

static void print_registers(void)
{
	static const char *const name[16] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp",
		"rsi", "rdi", "r8 ", "r9 ", "r10", "r11", "r12", "r13", "r14", "r15" };
	static const char seg[AB_SEG_COUNT][3] = { "es", "cs", "ss", "ds", "fs", "gs" };
	const struct ab_cpu *c = &machine.cpu;
	uint8_t bytes[16];
	size_t got = 0, i;

	xen_print("wedge: rip %x rflags %x cpl %u\n", c->rip, c->rflags, (uint64_t)c->cpl);
	for (i = 0; i < 16; i++)
		xen_print("%s%s %x%s", i % 4 ? " " : "wedge: ", name[i], c->gpr[i],
			  i % 4 == 3 ? "\n" : "");
	xen_print("wedge: cr0 %x cr2 %x cr3 %x cr4 %x efer %x\n", c->cr0, c->cr2, c->cr3,
		  c->cr4, c->efer);
	xen_print("wedge:");
	for (i = 0; i < AB_SEG_COUNT; i++)
		xen_print(" %s %x", seg[i], (uint64_t)c->seg[i].sel);
	xen_print(" fs_base %x gs_base %x\n", c->seg[AB_SEG_FS].base, c->seg[AB_SEG_GS].base);
	xen_print("wedge: gdt %x+%x idt %x+%x tr %x\n", c->gdtr.base,
		  (uint64_t)c->gdtr.limit, c->idtr.base, (uint64_t)c->idtr.limit,
		  (uint64_t)c->tr.sel);
	if (ab_fetch(&machine, c->rip, bytes, sizeof(bytes), &got) != AB_OK)
		return;
	xen_print("wedge: code");
	for (i = 0; i < got; i++)
		xen_print(" %s%x", bytes[i] < 16 ? "0" : "", (uint64_t)bytes[i]);
	xen_print("\n");
}

static void __attribute__((noreturn)) stop(unsigned reason)
{
	struct sched_shutdown s = { .reason = reason };

	for (;;)
		hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uint64_t)&s, 0, 0);
}

void xen_die(const char *what)
{


	if (!xen.dying) {
		xen.dying = true;
		if (xen.nout)
			xen_print("\n");
		xen_print("wedge: %s\n", what);
		print_registers();
	}
	xen_flush();
	stop(SHUTDOWN_crash);
}

void xen_die_hypercall(const char *what, long error)
{
	xen_print("\nwedge: Xen refused: %s: error %u\n", what, (uint64_t)-error);
	xen_die("a hypercall was refused");
}

void hypercall_must(unsigned nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		    const char *what)
{
	long ret = hypercall(nr, a, b, c, d);

	if (ret < 0)
		xen_die_hypercall(what, ret);
}

/* ---- the end of a run ---- */

static const char *op_name(unsigned op)
{
	switch (op) {
#define AB_OP(num, id, name, class, cpl3, t32, t64) case num: return name;
#include "abi/ops.def"
#undef AB_OP
	default: return "?";
	}
}

static void print_stats(void)
{
	unsigned i;

	xen_print("wedge: entries %u upcalls %u syscalls %u hypercalls %u\n", xen.entries,
		  xen.upcalls, xen.syscalls, xen.hypercalls);
	xen_print("wedge: page faults hidden %u guest %u mmio %u; syncs %u\n",
		  xen.faults_hidden, xen.faults_guest, xen.mmio, xen.syncs);
	xen_print("wedge: page-table entries %u in %u hypercalls\n", xen.pte_updates,
		  xen.mmu_calls);
	for (i = 0; i < AB_OP_COUNT; i++)
		if (xen.traps[i] || xen.calls[i])
			xen_print("wedge: op %s trapped %u called %u\n", op_name(i),
				  xen.traps[i], xen.calls[i]);
	for (i = 0; i < XEN_HOT; i++)
		if (xen.hot[i].count)
			xen_print("wedge: trap %x %s %u\n", xen.hot[i].rip,
				  op_name(xen.hot[i].op), (uint64_t)xen.hot[i].count);
}

static bool begins(const char *s, const char *with)
{
	while (*with)
		if (*s++ != *with++)
			return false;
	return true;
}

/* The machine ended by a device: a debug exit, power off, reset.  The owner of the
 * hardware passes a debug exit on to the real port, where an emulator may have the
 * same device. */
void xen_finish(void)
{
	if (xen.nout)
		xen_print("\n");
	if (xen.want_stats)
		print_stats();
	xen_flush();
	if (xen.privileged && (xen.status & 1))
		__asm__ volatile("outb %0, %1" : : "a"((uint8_t)(xen.status >> 1)),
				 "Nd"((uint16_t)0xf4));
	stop(begins(xen.why, "reset") || begins(xen.why, "reboot") ? SHUTDOWN_reboot
								   : SHUTDOWN_poweroff);
}
