/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot.c: from Xen's start of day to the guest's first instruction.
 */
#include <xen/callback.h>
#include <xen/sched.h>
#include "xen/pv.h"

_Static_assert(sizeof(struct ab_embed) == 160, "head.S leaves room for it");

struct ab_machine machine;
struct xen_state xen;
struct vcpu_page vcpu;
static uint8_t shared_page[PAGE] __attribute__((aligned(4096)));

void xen_start(const struct start_info *si);

static void callback(unsigned type, const char *entry)
{
	struct callback_register r = { .type = (uint16_t)type,
		.flags = CALLBACKF_mask_events, .address = (uint64_t)entry };

	hypercall_must(__HYPERVISOR_callback_op, CALLBACKOP_register, (uint64_t)&r, 0, 0,
		       "register an entry");
}

/* All exceptions come with events masked; int3 and into may come from ring 3. */
static void entries_set(void)
{
	struct trap_info t[21];
	unsigned i, n = 0;
	extern char stack_top[];

	for (i = 0; i < 20; i++) {
		if (i == AB_NMI || i == 9 || i == 15)
			continue;
		t[n].vector = (uint8_t)i;
		t[n].flags = 4 | (i == AB_BP || i == AB_OF ? 3 : 0);
		t[n].cs = FLAT_KERNEL_CS;
		t[n++].address = trap_entry[i];
	}
	t[n].address = 0;
	hypercall_must(__HYPERVISOR_set_trap_table, (uint64_t)t, 0, 0, 0,
		       "set the trap table");
	callback(CALLBACKTYPE_event, trap_event);
	callback(CALLBACKTYPE_failsafe, trap_failsafe);
	callback(CALLBACKTYPE_syscall, trap_syscall);
	hypercall_must(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS, (uint64_t)stack_top, 0, 0,
		       "set the stack");
}

static void shared_map(void)
{
	hypercall_must(__HYPERVISOR_update_va_mapping, (uint64_t)shared_page,
		       xen.info->shared_info | AB_PTE_P | AB_PTE_W | AB_PTE_A | AB_PTE_D,
		       UVMF_INVLPG, 0, "map the shared page");
	xen.shared = (struct shared_info *)shared_page;
}

static bool word_is(const char *s, const char *word)
{
	while (*word)
		if (*s++ != *word++)
			return false;
	return !*s || *s == ' ';
}

static void options(void)
{
	const char *s = (const char *)xen.info->cmd_line;
	unsigned i;

	for (i = 0; i < MAX_GUEST_CMDLINE && s[i]; i++)
		if (!i || s[i - 1] == ' ') {
			if (word_is(s + i, "wedge.stats"))
				xen.want_stats = true;
			else if (word_is(s + i, "wedge.ports"))
				xen.want_ports = true;
		}
}

static struct ab_seg flat(uint16_t sel, uint16_t attr)
{
	return (struct ab_seg){ .sel = sel, .attr = attr, .limit = 0xffffffffu };
}

/* Long mode as both 64-bit protocols have it: flat segments, interrupts off. */
void boot_long_mode(uint16_t cs, uint16_t ds, uint64_t cr3)
{
	struct ab_cpu *c = &machine.cpu;
	unsigned i;

	c->rflags = 2;
	c->cpl = 0;
	c->cr0 = AB_CR0_PE | AB_CR0_ET | AB_CR0_NE | AB_CR0_WP | AB_CR0_PG;
	c->cr4 = AB_CR4_PAE;
	c->efer = AB_EFER_LME | AB_EFER_LMA;
	c->cr3 = cr3;
	for (i = 0; i < AB_SEG_COUNT; i++)
		c->seg[i] = flat(ds, 0xc093);	/* G B P S, data, write, accessed */
	c->seg[AB_SEG_CS] = flat(cs, 0xa09b);	/* G L P S, code, read, accessed */
	c->rip = embed.entry;
}

static void boot_guest(void)
{
	uint64_t rsdp = ab_firmware_tables(memory_direct(0));
	struct ab_cpu *c = &machine.cpu;

	switch (embed.boot) {
	case AB_BOOT_ENTRY64:
		if (machine.ram_size < embed.arg[1])
			xen_die("the domain has less memory than the guest wants");
		boot_long_mode(8, 0x10, embed.arg[0]);
		c->efer |= AB_EFER_NX;
		c->gpr[AB_EDI] = 0x34366b6d;	/* its ENTRY64_MAGIC */
		c->gpr[AB_ESI] = machine.ram_size;
		break;
	case AB_BOOT_LINUX64:
		boot_linux64(rsdp);
		break;
	default:
		xen_die("the guest's boot protocol is not known");
	}
}

void xen_start(const struct start_info *si)
{
	xen.info = si;
	xen.privileged = si->flags & SIF_INITDOMAIN;
	options();
	entries_set();
	hypercall_must(__HYPERVISOR_vm_assist, VMASST_CMD_enable, VMASST_TYPE_m2p_strict,
		       0, 0, "hide the machine's memory map");
	memory_init();
	shared_map();
	events_init();
	vcpu.if_delta[1] = -0x200;
	ab_machine_init(&machine, &xen_host, NULL, xen.guest_frames * PAGE,
			events_tsc_khz());
	machine.long_mode = 1;
	xen.xcr0 = machine.cpu.xcr0;
	shadow_init();
	boot_guest();
	xen_leave();
}
