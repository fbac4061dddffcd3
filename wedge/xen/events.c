/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * events.c: Xen's clock, its timer behind the guest's virtual ones, the console.
 *
 * The wedge itself runs with events masked and looks for them when it is entered
 * and before it leaves; the mask is the guest's virtual IF.
 */
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/physdev.h>
#include "xen/pv.h"

static struct vcpu_info *info(void)
{
	return (struct vcpu_info *)vcpu.info;
}

static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

static uint64_t scale(uint64_t delta, uint32_t mul, int8_t shift)
{
	uint64_t hi, lo;

	delta = shift < 0 ? delta >> -shift : delta << shift;
	__asm__("mulq %3" : "=d"(hi), "=a"(lo) : "1"(delta), "r"((uint64_t)mul));
	return hi << 32 | lo >> 32;
}

uint64_t events_now(void)
{
	volatile struct vcpu_time_info *t = &info()->time;
	uint32_t version;
	uint64_t ns;

	do {
		version = t->version;
		__asm__ volatile("" : : : "memory");
		ns = t->system_time + scale(rdtsc() - t->tsc_timestamp,
					    t->tsc_to_system_mul, t->tsc_shift);
		__asm__ volatile("" : : : "memory");
	} while ((version & 1) || version != t->version);
	return ns;
}

static uint32_t tsc_khz(void)
{
	const struct vcpu_time_info *t = &info()->time;
	uint64_t khz = (1000000ull << 32) / t->tsc_to_system_mul;

	return (uint32_t)(t->tsc_shift < 0 ? khz << -t->tsc_shift : khz >> t->tsc_shift);
}

static evtchn_port_t bind_virq(unsigned virq)
{
	struct evtchn_bind_virq b = { .virq = virq };

	hypercall_must(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, (uint64_t)&b,
		       0, 0, "bind a virtual interrupt");
	xen.shared->evtchn_mask[b.port / 64] &= ~(1ul << b.port % 64);
	return b.port;
}

static void console_input(void)
{
	char c;

	while (ab_console_room(&machine) &&
	       hypercall(__HYPERVISOR_console_io, CONSOLEIO_read, 1, (uint64_t)&c, 0) == 1)
		ab_console_in(&machine, (uint8_t)c);
}

static void port_event(evtchn_port_t port)
{
	if (port == xen.timer_port) {
		xen_flush();
		machine.dev.armed = 0;
		ab_timer(&machine);
	} else if (port == xen.console_port) {
		console_input();
	}
}

void events_handle(void)
{
	volatile struct vcpu_info *v = info();
	unsigned word, bit;
	uint64_t sel;

	if (!v->evtchn_upcall_pending)
		return;
	v->evtchn_upcall_pending = 0;
	__asm__ volatile("xchgq %0, %1" : "=r"(sel), "+m"(v->evtchn_pending_sel)
			 : "0"(0ull) : "memory");
	for (; sel; sel &= sel - 1) {
		word = (unsigned)__builtin_ctzl(sel);
		for (;;) {
			uint64_t set = xen.shared->evtchn_pending[word] &
				       ~xen.shared->evtchn_mask[word];

			if (!set)
				break;
			bit = (unsigned)__builtin_ctzl(set);
			__asm__ volatile("lock btrq %1, %0"
					 : "+m"(xen.shared->evtchn_pending[word])
					 : "r"((uint64_t)bit) : "memory");
			port_event(word * 64 + bit);
		}
	}
}

void events_wait(void)
{
	evtchn_port_t port[2] = { xen.timer_port, xen.console_port };
	struct sched_poll poll = { .nr_ports = xen.privileged ? 2 : 1 };

	xen_flush();
	set_xen_guest_handle(poll.ports, port);
	hypercall_must(__HYPERVISOR_sched_op, SCHEDOP_poll, (uint64_t)&poll, 0, 0,
		       "wait for an event");
}

void events_init(void)
{
	struct vcpu_register_vcpu_info r = { .offset = 0 };

	r.mfn = memory_mfn(((uint64_t)&vcpu - (embed.base - embed.paddr)) / PAGE);
	hypercall_must(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, (uint64_t)&r, 0,
		       "place the virtual CPU's page");
	info()->evtchn_upcall_mask = 1;
	hypercall(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0, 0);
	xen.timer_port = bind_virq(VIRQ_TIMER);
	if (xen.privileged) {
		struct physdev_set_iopl iopl = { .iopl = 1 };

		xen.console_port = bind_virq(VIRQ_CONSOLE);
		hypercall_must(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, (uint64_t)&iopl,
			       0, 0, "have the ports of the hardware");
	}
}

/* ---- what wedge/core asks for ---- */

static void *host_phys(struct ab_machine *m, uint64_t pa, size_t len)
{
	if (pa / PAGE >= xen.guest_frames)
		return NULL;
	return (uint8_t *)memory_direct(memory_frame(pa / PAGE)) + pa % PAGE;
}

static void host_tlb_page(struct ab_machine *m, uint64_t va)
{
	shadow_page(va);
}

static void host_tlb_all(struct ab_machine *m, bool global_too)
{
	shadow_all();
}

static void host_paging_changed(struct ab_machine *m)
{
	shadow_all();
}

static uint64_t host_now(struct ab_machine *m)
{
	return events_now();
}

static void host_set_timer(struct ab_machine *m, uint64_t ns)
{
	hypercall_must(__HYPERVISOR_set_timer_op, ns, 0, 0, 0, "set the timer");
}

static uint64_t host_wall(struct ab_machine *m)
{
	return xen.shared->wc_sec + (events_now() + xen.shared->wc_nsec) / AB_NS_PER_SEC;
}

static void host_console_out(struct ab_machine *m, uint8_t byte)
{
	xen_putc((char)byte);
}

static void host_end(struct ab_machine *m, int status, const char *why)
{
	xen.ended = true;
	xen.status = status;
	xen.why = why;
}

/* CPUID as Xen means it for us, not as the bare processor says it. */
static void host_cpuid(struct ab_machine *m, uint32_t r[4])
{
	__asm__ volatile("ud2; .ascii \"xen\"; cpuid"
			 : "+a"(r[0]), "=b"(r[1]), "+c"(r[2]), "=d"(r[3]));
}

static uint64_t host_tsc(struct ab_machine *m)
{
	return rdtsc();
}

static void host_console_ready(struct ab_machine *m)
{
	if (xen.privileged)
		console_input();
}

/* The hardware's ports, by Xen's emulation, for the domain that owns them and asks
 * for it ("wedge.ports"). */
static bool ports_are_real(void)
{
	return xen.privileged && xen.want_ports;
}

static uint32_t host_port_in(struct ab_machine *m, uint16_t port, unsigned size)
{
	uint32_t v = 0xffffffff;

	if (!ports_are_real())
		return v;
	if (size == 1)
		__asm__ volatile("inb %1, %b0" : "+a"(v) : "Nd"(port));
	else if (size == 2)
		__asm__ volatile("inw %1, %w0" : "+a"(v) : "Nd"(port));
	else
		__asm__ volatile("inl %1, %0" : "+a"(v) : "Nd"(port));
	return v;
}

static void host_port_out(struct ab_machine *m, uint16_t port, unsigned size,
			  uint32_t value)
{
	if (!ports_are_real())
		return;
	if (size == 1)
		__asm__ volatile("outb %b0, %1" : : "a"(value), "Nd"(port));
	else if (size == 2)
		__asm__ volatile("outw %w0, %1" : : "a"(value), "Nd"(port));
	else
		__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

const struct ab_host xen_host = {
	.port_in = host_port_in,
	.port_out = host_port_out,
	.phys = host_phys,
	.tlb_page = host_tlb_page,
	.tlb_all = host_tlb_all,
	.paging_changed = host_paging_changed,
	.now = host_now,
	.set_timer = host_set_timer,
	.wall = host_wall,
	.console_out = host_console_out,
	.end = host_end,
	.cpuid = host_cpuid,
	.tsc = host_tsc,
	.console_ready = host_console_ready,
};

/* Called once, when the clock runs. */
uint32_t events_tsc_khz(void)
{
	return tsc_khz();
}
