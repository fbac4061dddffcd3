/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Local APIC and I/O APIC: virtual wire, priorities, timer calibrated against
 * the PIT as kernels do it, self IPIs, pins. */
#include "devfix.h"

#define ID	0x20
#define VER	0x30
#define TPR	0x80
#define PPR	0xa0
#define EOI	0xb0
#define SVR	0xf0
#define ISR	0x100
#define IRR	0x200
#define ESR	0x280
#define ICR	0x300
#define LVTT	0x320
#define LINT0	0x350
#define LVTE	0x370
#define TICR	0x380
#define TCCR	0x390
#define TDCR	0x3e0
#define MASK	0x10000

static void self_ipi(uint8_t vector)
{
	apic_write(ICR, 0x40000 | vector);
}

static void redirect(unsigned pin, uint32_t low)
{
	ioapic_write(0x11 + 2 * pin, 0);
	ioapic_write(0x10 + 2 * pin, low);
}

START_TEST(bios_state)
{
	ck_assert_uint_eq(apic_read(SVR), 0x1ff);
	ck_assert_uint_eq(apic_read(LINT0), 0x8700);
	ck_assert_uint_eq(apic_read(VER), 0x50014);
	ck_assert_uint_eq(apic_read(LVTT), MASK);
	ck_assert_uint_eq(ioapic_read(1), 0x170020);
	ck_assert_uint_eq(ioapic_read(0x10), MASK);
}
END_TEST

START_TEST(virtual_wire)
{
	pic_setup(0xffff);
	ab_irq_set(M, 1, true);
	ck_assert(pending());
	apic_write(LINT0, MASK | 0x700);
	ck_assert(!pending());			/* PIC is cut off */
	apic_write(LINT0, 0x700);
	ck_assert_int_eq(take(), 0x21);
	pic_eoi(1);
	ck_assert_uint_eq(apic_read(ISR + 0x10), 0);	/* ExtINT: no ISR, no EOI */
}
END_TEST

START_TEST(disabled_by_msr)
{
	uint32_t v;

	pic_setup(0xffff);
	apic_write(LINT0, MASK);
	M->cpu.apic_base &= ~0x800ull;
	ab_lapic_base_changed(M);
	ck_assert(!ab_mmio_read(M, 0xfee00020, &v, 4));
	ck_assert(!ab_mmio_page(M, 0xfee00000));
	ab_irq_set(M, 1, true);
	ck_assert_int_eq(take(), 0x21);		/* INTR goes straight in */
	M->cpu.apic_base |= 0x800;
	ab_lapic_base_changed(M);
	ck_assert_uint_eq(apic_read(SVR), 0xff);
	ck_assert_uint_eq(apic_read(LINT0), MASK);
}
END_TEST

START_TEST(moved)
{
	uint32_t v;

	M->cpu.apic_base = 0xfe000900;
	ab_lapic_base_changed(M);
	ck_assert(!ab_mmio_read(M, 0xfee00030, &v, 4));
	ck_assert(ab_mmio_read(M, 0xfe000030, &v, 4));
	ck_assert_uint_eq(v, 0x50014);
}
END_TEST

START_TEST(priorities)
{
	self_ipi(0x41);
	self_ipi(0x62);
	self_ipi(0x4f);
	ck_assert_int_eq(take(), 0x62);
	ck_assert_uint_eq(apic_read(PPR), 0x60);
	ck_assert(!pending());
	self_ipi(0x61);
	ck_assert(!pending());			/* same class: waits */
	self_ipi(0x70);
	ck_assert_int_eq(take(), 0x70);
	ck_assert_uint_eq(apic_read(ISR + 0x30), 1 << 2 | 1 << 16);
	apic_write(EOI, 0);
	apic_write(EOI, 0);
	ck_assert_int_eq(take(), 0x61);
	apic_write(EOI, 0);
	apic_write(TPR, 0x40);
	ck_assert(!pending());
	ck_assert_uint_eq(apic_read(IRR + 0x20), 1 << 1 | 1 << 15);
	apic_write(TPR, 0x3f);
	ck_assert_int_eq(take(), 0x4f);
	apic_write(EOI, 0);
	ab_lapic_set_cr8(M, 4);
	ck_assert_uint_eq(apic_read(TPR), 0x40);
	ck_assert(!pending());
	ab_lapic_set_cr8(M, 0);
	ck_assert_int_eq(take(), 0x41);
}
END_TEST

START_TEST(software_disable)
{
	apic_write(LVTT, 0x30);
	apic_write(SVR, 0xff);
	ck_assert_uint_eq(apic_read(LVTT), MASK | 0x30);
	apic_write(LVTT, 0x31);
	ck_assert_uint_eq(apic_read(LVTT), MASK | 0x31);
	self_ipi(0x50);
	ck_assert(!pending());
	apic_write(SVR, 0x1ff);
	ck_assert(!pending());
}
END_TEST

START_TEST(ipis)
{
	apic_write(ICR + 0x10, 0);
	apic_write(ICR, 0x50);			/* physical: ourselves */
	ck_assert_int_eq(take(), 0x50);
	apic_write(EOI, 0);
	apic_write(ICR + 0x10, 1u << 24);
	apic_write(ICR, 0x51);			/* another CPU: nobody */
	apic_write(ICR, 0x500);			/* INIT and start-up: nobody */
	apic_write(ICR, 0x608);
	apic_write(ICR, 0xc0000 | 0x52);	/* all but ourselves */
	ck_assert(!pending());
	ck_assert_uint_eq(apic_read(ICR) & 0x1000, 0);
	apic_write(ICR, 0x80000 | 0x53);	/* all */
	ck_assert_int_eq(take(), 0x53);
	apic_write(EOI, 0);
	apic_write(0xd0, 0x04000000);		/* logical, flat */
	apic_write(0xe0, 0xffffffff);
	apic_write(ICR + 0x10, 0x06000000);
	apic_write(ICR, 0x800 | 0x54);
	ck_assert_int_eq(take(), 0x54);
	apic_write(EOI, 0);
	apic_write(ICR + 0x10, 0x02000000);
	apic_write(ICR, 0x800 | 0x55);
	ck_assert(!pending());
	apic_write(0xe0, 0x0fffffff);		/* clusters */
	apic_write(0xd0, 0x12000000);
	apic_write(ICR + 0x10, 0x13000000);
	apic_write(ICR, 0x800 | 0x56);
	ck_assert_int_eq(take(), 0x56);
	apic_write(EOI, 0);
	apic_write(ICR + 0x10, 0x23000000);
	apic_write(ICR, 0x800 | 0x57);
	ck_assert(!pending());
}
END_TEST

START_TEST(nmi)
{
	apic_write(ICR + 0x10, 0);
	apic_write(ICR, 0x400);
	ck_assert(ab_platform_nmi_pending(M));
	ck_assert_uint_eq(M->irq_hint, AB_HINT_NMI);
	ck_assert(!pending());
	ab_platform_nmi_ack(M);
	ck_assert(!ab_platform_nmi_pending(M));
	ck_assert_uint_eq(M->irq_hint, 0);
}
END_TEST

START_TEST(errors)
{
	apic_write(LVTE, 0xfe);
	self_ipi(5);				/* vector below 16 */
	ck_assert_int_eq(take(), 0xfe);
	apic_write(EOI, 0);
	ck_assert_uint_eq(apic_read(ESR), 0);	/* until it is written */
	apic_write(ESR, 0);
	ck_assert_uint_eq(apic_read(ESR), 0x20);
	apic_write(ESR, 0);
	ck_assert_uint_eq(apic_read(ESR), 0);
	apic_write(LVTE, MASK | 0xfe);
	apic_write(0x3f0, 1);			/* no such register */
	apic_write(ESR, 0);
	ck_assert_uint_eq(apic_read(ESR), 0x80);
	ck_assert(!pending());
}
END_TEST

START_TEST(one_shot)
{
	apic_write(TDCR, 0xb);			/* divide by 1 */
	apic_write(LVTT, 0x40);
	apic_write(TICR, 5000000);
	pass(2 * MS);
	ck_assert_uint_eq(apic_read(TCCR), 3000000);
	ck_assert(!pending());
	pass(3 * MS);
	ck_assert_int_eq(take(), 0x40);
	apic_write(EOI, 0);
	ck_assert_uint_eq(apic_read(TCCR), 0);
	outb(0x21, 0xff);
	ck_assert(host_sleeps());
	pass(SEC);
	ck_assert(!pending());
	apic_write(TICR, 1000);
	apic_write(TICR, 0);			/* stops it */
	pass(SEC);
	ck_assert(!pending());
}
END_TEST

START_TEST(periodic)
{
	unsigned n = 0;

	outb(0x21, 0xff);
	apic_write(TDCR, 3);			/* divide by 16 */
	apic_write(LVTT, 0x20000 | 0x40);
	apic_write(TICR, 62500);		/* 1 ms */
	for (unsigned i = 0; i < 1000; i++) {
		pass(MS);
		while (take() == 0x40) {
			apic_write(EOI, 0);
			n++;
		}
	}
	ck_assert_uint_eq(n, 1000);
	pass(MS / 4);
	ck_assert_uint_eq(apic_read(TCCR), 46875);
	apic_write(LVTT, 0x20000 | MASK | 0x40);
	ck_assert(host_sleeps());		/* masked: no host timer */
	pass(10 * MS);
	apic_write(LVTT, 0x20000 | 0x40);
	ck_assert(!pending());			/* and nothing is kept */
	pass(MS);
	ck_assert_int_eq(take(), 0x40);
}
END_TEST

START_TEST(late_host)
{
	unsigned n = 0;

	outb(0x21, 0xff);
	apic_write(TDCR, 0xb);
	apic_write(LVTT, 0x20000 | 0x40);
	apic_write(TICR, 10000000);		/* 10 ms */
	pass_late(100 * MS);
	for (unsigned i = 0; i < 2000; i++) {
		if (take() == 0x40) {
			apic_write(EOI, 0);
			n++;
		}
		pass(100 * US);
	}
	ck_assert_uint_ge(n, 10 + 19);
	ck_assert_uint_le(n, 10 + 20);
	apic_write(TICR, 1);			/* 1 ns: absurd, no storm */
	unsigned before = F.timers_set;

	for (unsigned i = 0; i < 1000; i++) {
		if (take() == 0x40)
			apic_write(EOI, 0);
		pass(10 * US);
	}
	ck_assert_uint_le(F.timers_set - before, 10 * MS / AB_PERIOD_MIN_NS + 2);
}
END_TEST

START_TEST(divider_keeps_count)
{
	apic_write(TDCR, 0xb);
	apic_write(TICR, 1000000);
	pass(400 * US);
	apic_write(TDCR, 0);			/* by 2 */
	ck_assert_uint_eq(apic_read(TCCR), 600000);
	pass(400 * US);
	ck_assert_uint_eq(apic_read(TCCR), 400000);
	ck_assert_uint_eq(apic_read(TDCR), 0);
}
END_TEST

START_TEST(calibration_against_pit)
{
	apic_write(TDCR, 3);
	apic_write(TICR, 0xffffffff);
	outb(0x61, (inb(0x61) & ~2) | 1);
	outb(0x43, 0xb0);
	outb(0x42, 11932 & 0xff);		/* 10 ms on channel 2 */
	outb(0x42, 11932 >> 8);
	while (!(inb(0x61) & 0x20))
		F.now += 100;
	uint32_t counted = 0xffffffff - apic_read(TCCR);

	ck_assert_uint_ge(counted, 625000);	/* 1 GHz / 16 in 10.0002 ms */
	ck_assert_uint_le(counted, 625080);
}
END_TEST

START_TEST(ioapic_edge)
{
	redirect(1, 0x31);
	apic_write(LINT0, MASK);
	outb(0x21, 0xff);
	ab_irq_set(M, 1, true);
	ck_assert_int_eq(take(), 0x31);
	ab_irq_set(M, 1, false);
	ab_irq_set(M, 1, true);
	apic_write(EOI, 0);
	ck_assert_int_eq(take(), 0x31);
	apic_write(EOI, 0);
	ck_assert(!pending());
	redirect(1, MASK | 0x31);
	ab_irq_set(M, 1, false);
	ab_irq_set(M, 1, true);
	redirect(1, 0x31);
	ck_assert(!pending());			/* an edge under a mask is lost */
}
END_TEST

START_TEST(ioapic_level)
{
	outb(0x21, 0xff);
	outb(0xa1, 0xff);
	redirect(11, 0x8000 | 0x51);
	ab_irq_set(M, 11, true);
	ck_assert_int_eq(take(), 0x51);
	ck_assert_uint_eq(ioapic_read(0x10 + 22) & 0x4000, 0x4000);
	ck_assert_uint_eq(apic_read(0x180 + 0x20) & 1 << 17, 1 << 17);	/* TMR */
	ab_irq_set(M, 11, false);
	ab_irq_set(M, 11, true);
	ck_assert(!pending());			/* remote IRR holds it */
	apic_write(EOI, 0);
	ck_assert_int_eq(take(), 0x51);		/* still asserted */
	ab_irq_set(M, 11, false);
	apic_write(EOI, 0);
	ck_assert(!pending());
	ck_assert_uint_eq(ioapic_read(0x10 + 22) & 0x4000, 0);
	redirect(11, MASK | 0x8000 | 0x51);
	ab_irq_set(M, 11, true);
	ck_assert(!pending());
	redirect(11, 0x8000 | 0x51);
	ck_assert_int_eq(take(), 0x51);		/* a level is not lost */
}
END_TEST

START_TEST(pit_is_pin_2)
{
	unsigned n = 0;

	outb(0x21, 0xff);
	ck_assert(host_sleeps());
	redirect(2, 0x60);
	ck_assert_uint_ne(F.timer, 0);
	outb(0x43, 0x34);
	outb(0x40, 11932 & 0xff);
	outb(0x40, 11932 >> 8);
	for (unsigned i = 0; i < 1000; i++) {
		pass(MS);
		if (take() == 0x60) {
			apic_write(EOI, 0);
			n++;
		}
	}
	ck_assert_uint_eq(n, 99);
}
END_TEST

START_TEST(ioapic_extint)
{
	pic_setup(2);
	apic_write(LINT0, MASK);
	ab_irq_set(M, 1, true);
	ck_assert(!pending());
	redirect(0, 0x700);			/* 8259 pair through pin 0 */
	ck_assert_int_eq(take(), 0x21);
}
END_TEST

START_TEST(ioapic_registers)
{
	ioapic_write(0, 0xffffffff);
	ck_assert_uint_eq(ioapic_read(0), 0x0f000000);
	ck_assert_uint_eq(ioapic_read(2), 0x0f000000);
	ioapic_write(0x10 + 2 * 23 + 1, 0xff000000);
	ioapic_write(0x10 + 2 * 23, 0xffffffff);
	ck_assert_uint_eq(ioapic_read(0x10 + 2 * 23), 0x1afff);
	ck_assert_uint_eq(ioapic_read(0x10 + 2 * 23 + 1), 0xff000000);
	ioapic_write(0x10 + 2 * 24, 0);		/* beyond */
	ck_assert_uint_eq(ioapic_read(0x10 + 2 * 24), 0);
	ck_assert_uint_eq(ioapic_read(0xff), 0);
}
END_TEST

START_TEST(odd_accesses)
{
	uint8_t buf[32];

	ck_assert(ab_mmio_read(M, 0xfee00030, buf, 1));
	ck_assert_uint_eq(buf[0], 0x14);
	ck_assert(ab_mmio_read(M, 0xfee00032, buf, 1));
	ck_assert_uint_eq(buf[0], 0x05);
	ck_assert(ab_mmio_read(M, 0xfee00ffc, buf, 16));	/* over the end */
	ck_assert_uint_eq(buf[15], 0xff);
	ck_assert(!ab_mmio_read(M, 0xfee01000, buf, 4));
	ck_assert(!ab_mmio_read(M, 0xfedffffc, buf, 4));
	ck_assert(!ab_mmio_write(M, 0x1000, buf, 4));
	buf[0] = 0x50;
	ck_assert(ab_mmio_write(M, 0xfee00080, buf, 1));
	ck_assert_uint_eq(apic_read(TPR), 0x50);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, bios_state);
	tcase_add_test(tc, virtual_wire);
	tcase_add_test(tc, disabled_by_msr);
	tcase_add_test(tc, moved);
	tcase_add_test(tc, priorities);
	tcase_add_test(tc, software_disable);
	tcase_add_test(tc, ipis);
	tcase_add_test(tc, nmi);
	tcase_add_test(tc, errors);
	tcase_add_test(tc, one_shot);
	tcase_add_test(tc, periodic);
	tcase_add_test(tc, late_host);
	tcase_add_test(tc, divider_keeps_count);
	tcase_add_test(tc, calibration_against_pit);
	tcase_add_test(tc, ioapic_edge);
	tcase_add_test(tc, ioapic_level);
	tcase_add_test(tc, pit_is_pin_2);
	tcase_add_test(tc, ioapic_extint);
	tcase_add_test(tc, ioapic_registers);
	tcase_add_test(tc, odd_accesses);
}

int main(void)
{
	return fix_run("apic", add);
}
