/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wedge/core: the devices of the PC around the virtual CPU.  Included by
 * core.h, before struct ab_machine is complete.  All device state lies in
 * struct ab_platform; what each device does is described in docs/devices.md.
 *
 * Time is host->now() in nanoseconds.  No device ticks by itself: each computes
 * its state from the clock when it is looked at, and names the moment of its
 * next interrupt, if that interrupt can reach the CPU.  io.c arms the host's one
 * timer for the earliest of them.
 *
 * Interrupts: a device sets its ISA line (ab_irq_set); the line goes to the 8259
 * pair and to the I/O APIC; m->irq_hint is kept right after every change.
 */
#ifndef AB_DEV_H
#define AB_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ab_machine;

#define AB_NEVER	UINT64_MAX	/* a deadline that does not come */
#define AB_NS_PER_SEC	1000000000ull

/* m->irq_hint */
#define AB_HINT_INTR	1u	/* ab_platform_interrupt_pending() is true */
#define AB_HINT_NMI	2u	/* ab_platform_nmi_pending() is true */

/* ---- what the CPU half calls ---- */
/* Power-on state, then what a BIOS leaves: PIC at vectors 08h and 70h, PIT
 * channel 0 at 18.2 Hz, local APIC in virtual wire mode.  m->host, m->ram_size
 * and m->cpu.apic_base must be set. */
void ab_platform_init(struct ab_machine *m);
/* A maskable interrupt waits for the CPU, whatever EFLAGS.IF says. */
bool ab_platform_interrupt_pending(const struct ab_machine *m);
/* Acknowledge it: its vector, or -1 when none waits. */
int ab_platform_interrupt_ack(struct ab_machine *m);
/* A non-maskable interrupt waits; taking it clears it. */
bool ab_platform_nmi_pending(const struct ab_machine *m);
void ab_platform_nmi_ack(struct ab_machine *m);
/* Device registers at physical (pa).  False, with nothing done, when no device
 * lies there.  (len) is 1..8 for a plain access; longer ones are split. */
bool ab_mmio_read(struct ab_machine *m, uint64_t pa, void *buf, size_t len);
bool ab_mmio_write(struct ab_machine *m, uint64_t pa, const void *buf, size_t len);
/* True when a device lies anywhere in the page of physical (pa). */
bool ab_mmio_page(const struct ab_machine *m, uint64_t pa);
/* Task priority as mov to and from cr8 see it (0..15). */
uint8_t ab_lapic_cr8(const struct ab_machine *m);
void ab_lapic_set_cr8(struct ab_machine *m, uint8_t value);
/* The guest wrote m->cpu.apic_base (MSR 1bh): call after the change. */
void ab_lapic_base_changed(struct ab_machine *m);

/* ---- what the surroundings call (see core.h for ab_timer, ab_console_*) ---- */
/* Lay BIOS data area, MP and ACPI tables into the first MiB of guest RAM, which
 * (low) points to: the boot loader calls it once.  They lie in the page at
 * 9f000h (from AB_EBDA on) and in AB_FIRMWARE..fffffh: a memory map must call
 * both reserved.  Returns the physical address of the ACPI RSDP. */
#define AB_EBDA		0x9fc00u
#define AB_FIRMWARE	0xf0000u
uint64_t ab_firmware_tables(uint8_t *low);
/* A terminal byte as key presses on the PS/2 keyboard; false when its queue has
 * no room now or the byte has no key.  ab_keyboard_room(): it has. */
bool ab_keyboard_in(struct ab_machine *m, uint8_t byte);
bool ab_keyboard_room(const struct ab_machine *m);
/* Completion of a disk request for which host->disk_io returned AB_DISK_WAIT. */
void ab_disk_done(struct ab_machine *m, bool ok);

/* The same for a request of host->disk_submit(), with its (tag). */
void ab_virtio_done(struct ab_machine *m, unsigned drive, unsigned tag, bool ok);

/* WRITE_THROUGH: a write that is on the disk itself when it is done. */
enum ab_disk_op { AB_DISK_READ, AB_DISK_WRITE, AB_DISK_FLUSH, AB_DISK_WRITE_THROUGH };
enum ab_disk_result { AB_DISK_OK, AB_DISK_ERROR, AB_DISK_WAIT };

/* ---- 8259A pair ---- */
struct ab_pic {
	uint8_t irr, imr, isr;
	uint8_t lines;		/* input levels */
	uint8_t elcr;		/* 1: level-triggered */
	uint8_t lowest;		/* priority rotation: this input comes last */
	uint8_t base;		/* ICW2 */
	uint8_t icw1, icw3, icw4;
	uint8_t init_step;	/* 0: operating; 2..4: ICW that comes next */
	bool special_mask, poll, read_isr, rotate_on_aeoi;
};

/* ---- 8254 ---- */
struct ab_pit_chan {
	uint8_t mode;		/* 0..5 */
	uint8_t control;	/* the control word's low bits, for read-back */
	uint8_t rw;		/* 1 low byte, 2 high byte, 3 both */
	bool bcd, gate;
	bool loaded;		/* a count has been written since the control word */
	bool running;		/* start is valid */
	bool write_high, read_high;	/* byte toggles */
	uint8_t write_low;
	uint8_t latches;	/* bytes of the latched count still to be read */
	bool status_latched;
	uint8_t status;
	uint16_t latch;
	uint32_t count;		/* 1..65536 (10000 in BCD) */
	uint32_t next;		/* modes 2, 3: takes effect at next_at; 0 = none */
	uint64_t start;		/* PIT tick at which the count was loaded */
	uint64_t next_at;
	uint64_t stopped;	/* gate low: the tick at which it fell */
};

struct ab_pit {
	struct ab_pit_chan chan[3];
	uint64_t seen;		/* channel 0's output is on the line up to here */
	uint32_t owed;		/* ticks that the host was late for */
	uint64_t owed_at;	/* PIT tick at which the next of them may come */
	bool speaker;		/* port 61h bit 1 */
};

/* ---- MC146818 and CMOS ---- */
struct ab_rtc {
	uint8_t index;
	bool nmi_off;
	uint8_t cmos[128];	/* time bytes are valid only while SET is 1 */
	int64_t base;		/* seconds since 1970 at base_ns */
	uint64_t base_ns;
	uint64_t period_seen;	/* periodic events up to this number are flagged */
	uint64_t second_seen;	/* likewise whole seconds since base_ns */
};

/* ---- 16550A ---- */
#define AB_UART_FIFO	16
struct ab_uart {
	uint8_t ier, fcr, lcr, mcr, scr, dll, dlm;
	uint8_t lsr_errors;	/* OE, until LSR is read */
	uint8_t msr_delta;
	bool thre_pending;
	uint8_t fifo[AB_UART_FIFO];
	uint8_t head, count;
};

/* ---- i8042, PS/2 keyboard ---- */
#define AB_KBD_QUEUE	32
struct ab_kbd {
	uint8_t command;	/* command byte: interrupts, translation... */
	uint8_t status_bits;	/* command/data, self-test passed */
	uint8_t expect;		/* controller command whose data byte comes next */
	uint8_t kbd_expect;	/* likewise for the keyboard */
	uint8_t aux_expect;
	uint8_t aux_status, aux_resolution, aux_rate, aux_id;	/* the mouse's */
	uint32_t aux_knock;	/* its last three sample rates */
	bool aux_echo;
	uint16_t out;		/* output buffer, with its source */
	bool full;
	uint8_t outport;
	bool scanning;
	uint8_t set;		/* scan code set 1, 2 */
	uint16_t queue[AB_KBD_QUEUE];	/* bytes with their source: dev_kbd.c */
	uint8_t head, count;
	uint8_t last;		/* last byte sent, for Resend */
};

/* ---- local APIC, I/O APIC ---- */
enum { AB_LVT_TIMER, AB_LVT_THERMAL, AB_LVT_PERF, AB_LVT_LINT0, AB_LVT_LINT1,
       AB_LVT_ERROR, AB_LVT_COUNT };

struct ab_lapic {
	uint32_t id, tpr, ldr, dfr, svr, esr, esr_latch;	/* id: bits 31..24 */
	uint32_t irr[8], isr[8], tmr[8];
	uint32_t icr_low, icr_high;
	uint32_t lvt[AB_LVT_COUNT];
	uint32_t divide, initial;
	uint64_t start;		/* ns at which the count was full */
	uint64_t fired;		/* expiries since then that were seen */
	bool running;
	uint32_t owed;		/* as in struct ab_pit */
	uint64_t owed_at;
};

#define AB_IOAPIC_PINS	24
struct ab_ioapic {
	uint32_t index, id;
	uint32_t lines;
	uint64_t redir[AB_IOAPIC_PINS];
};

/* ---- virtio-blk ---- */
#define AB_VIRTIO_DISKS	2
#define AB_VIRTIO_QUEUE	128	/* descriptors */
#define AB_VIRTIO_FLIGHT 64	/* requests of one disk that the host has */
#define AB_VIRTIO_PIECES 128	/* descriptors of one request */
struct ab_virtio_flight {
	bool busy;
	uint16_t head;		/* its first descriptor */
	uint32_t written;	/* bytes, should it go well */
	uint64_t status_pa;
};

struct ab_virtio {
	uint64_t sectors;	/* 0: no disk */
	bool read_only;
	bool enabled;		/* the queue */
	bool broken;		/* by the driver, until it resets the device */
	bool resetting;
	uint8_t status, isr;
	uint32_t feature_select, driver_select;
	uint64_t features;	/* the driver's */
	uint16_t queue_select, size;
	uint16_t last_avail, used_idx;
	uint64_t desc, avail, used;	/* physical addresses */
	unsigned in_flight;
	struct ab_virtio_flight flight[AB_VIRTIO_FLIGHT];
};

/* ---- PCI configuration ---- */
#define AB_PCI_VIRTIO	4	/* the first virtio-blk function */
#define AB_PCI_FUNCS	(AB_PCI_VIRTIO + AB_VIRTIO_DISKS)
struct ab_pci {
	uint32_t address;
	uint8_t count;
	struct {
		uint8_t devfn;
		uint8_t cfg[256];
		uint8_t writable[256];	/* mask of bits that a guest can change */
	} func[AB_PCI_FUNCS];
};

/* ---- ATA ---- */
#define AB_SECTOR	512
#define AB_ATA_MULTIPLE	16	/* sectors a READ MULTIPLE block may have */
struct ab_ata_drive {
	uint64_t sectors;	/* 0: no drive */
	uint8_t multiple;	/* sectors a block, 0: not set */
	bool read_only;
	bool used;		/* sectors were moved */
};

struct ab_ata {
	struct ab_ata_drive drive[2];
	uint8_t feature[2], nsector[2], lba[3][2];	/* [1]: previous value (LBA48) */
	uint8_t select, status, error, control;
	uint8_t command;
	uint8_t phase;		/* enum in dev_ata.c */
	bool irq;
	uint64_t next_lba;
	uint32_t left;		/* sectors still to move */
	uint32_t pos, end;	/* of the data in buf */
	uint8_t buf[AB_ATA_MULTIPLE * AB_SECTOR];
};

/* ---- the rest ---- */
struct ab_crtc {
	uint8_t index, reg[32];
	uint8_t misc, attr_index, seq_index, gfx_index;
	uint8_t attr[32], seq[8], gfx[16];
	bool attr_data;		/* flip-flop of port 3c0h */
	uint8_t dac[768], pel_mask;
	uint16_t dac_read, dac_write;
};

struct ab_pm {
	uint16_t status, enable, control;	/* PM1 */
	uint64_t seen;		/* timer overflows up to this number are flagged */
};

#define AB_TESTDEV_IOMEM 0x10000
struct ab_misc {
	uint8_t page[16];	/* DMA pages; [0] is port 80h, the POST code */
	uint8_t port92;
	uint8_t reset_control;	/* cf9h */
	uint32_t testdev_port;	/* e0h..e3h */
	uint16_t fwcfg_item;	/* 510h: which, and the next byte of it */
	uint32_t fwcfg_at;
	uint8_t testdev_mem[AB_TESTDEV_IOMEM];
};

#define AB_PORT_MAP	0x400	/* ports that have an index of their own */

struct ab_platform {
	/* hot */
	uint64_t armed;		/* deadline given to host->set_timer, 0: none */
	bool pic_intr;		/* the 8259 pair's INTR */
	bool nmi;
	bool ended;		/* host->end was called: devices are silent */
	uint32_t isa_lines;	/* level of each ISA IRQ */
	struct ab_lapic lapic;
	struct ab_pic pic[2];	/* master, slave */
	struct ab_pit pit;
	struct ab_uart uart;
	struct ab_ioapic ioapic;
	struct ab_rtc rtc;
	struct ab_kbd kbd;
	struct ab_pm pm;
	struct ab_crtc crtc;
	struct ab_pci pci;
	uint8_t port_map[AB_PORT_MAP];	/* range number + 1; see io.c */
	struct ab_ata ata;
	struct ab_virtio virtio[AB_VIRTIO_DISKS];
	struct ab_misc misc;
};

/* ---- between the devices (internal to wedge/core) ---- */
/* A range of ports.  An access wider than (width), or one that leaves the range,
 * is split in halves, as the ISA bridge does. */
struct ab_port_range {
	uint16_t first, count;
	uint8_t width;		/* widest access that read and write take */
	uint32_t (*read)(struct ab_machine *, uint16_t port, unsigned size);
	void (*write)(struct ab_machine *, uint16_t port, unsigned size, uint32_t v);
};

/* io.c */
void ab_irq_set(struct ab_machine *m, unsigned irq, bool level);	/* ISA line */
void ab_irq_update(struct ab_machine *m);	/* recompute m->irq_hint */
/* The same for a pulse: a rising edge whatever the level was. */
void ab_irq_pulse(struct ab_machine *m, unsigned irq);
/* True when a rising edge of ISA line (irq) can reach the CPU. */
bool ab_irq_wanted(const struct ab_machine *m, unsigned irq);
bool ab_irq_requested(const struct ab_machine *m, unsigned irq); /* not yet taken */
/* Bring devices whose timers may not be armed up to date, before someone looks
 * at or unmasks an interrupt request. */
void ab_time_sync(struct ab_machine *m);
void ab_time_rearm(struct ab_machine *m);	/* deadlines may have changed */
void ab_machine_end(struct ab_machine *m, int status, const char *why);

/* Devices.  NAME_deadline: nanosecond at which NAME_due must be called, or
 * AB_NEVER.  NAME_due brings interrupt lines up to date for time (now). */
void ab_pic_init(struct ab_machine *m);
void ab_pic_line(struct ab_machine *m, unsigned irq, bool level);
int ab_pic_ack(struct ab_machine *m);
uint32_t ab_pic_read(struct ab_machine *m, uint16_t port, unsigned size);
void ab_pic_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v);

void ab_pit_init(struct ab_machine *m);
uint64_t ab_pit_deadline(const struct ab_machine *m);
void ab_pit_due(struct ab_machine *m, uint64_t now);
uint32_t ab_pit_read(struct ab_machine *m, uint16_t port, unsigned size);
void ab_pit_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v);
uint32_t ab_port61_read(struct ab_machine *m, uint16_t port, unsigned size);
void ab_port61_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v);

void ab_rtc_init(struct ab_machine *m);
uint64_t ab_rtc_deadline(const struct ab_machine *m);
void ab_rtc_due(struct ab_machine *m, uint64_t now);
uint32_t ab_rtc_read(struct ab_machine *m, uint16_t port, unsigned size);
void ab_rtc_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v);

void ab_uart_init(struct ab_machine *m);
uint32_t ab_uart_read(struct ab_machine *m, uint16_t port, unsigned size);
void ab_uart_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v);

void ab_kbd_init(struct ab_machine *m);
uint32_t ab_kbd_read(struct ab_machine *m, uint16_t port, unsigned size);
void ab_kbd_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v);

void ab_lapic_init(struct ab_machine *m);
uint64_t ab_lapic_deadline(const struct ab_machine *m);
void ab_lapic_due(struct ab_machine *m, uint64_t now);
uint32_t ab_lapic_read(struct ab_machine *m, uint32_t off);
void ab_lapic_write(struct ab_machine *m, uint32_t off, uint32_t v);
bool ab_lapic_enabled(const struct ab_machine *m);	/* by MSR 1bh */
bool ab_lapic_extint(const struct ab_machine *m);	/* 8259 reaches the CPU */
void ab_lapic_lint0(struct ab_machine *m);	/* INTR has risen */
int ab_lapic_highest(const struct ab_machine *m);	/* deliverable vector or -1 */
int ab_lapic_ack(struct ab_machine *m);
/* A message on the APIC bus, from the I/O APIC or ICR; mode: 0 fixed, 1 lowest
 * priority, 2 SMI, 4 NMI, 5 INIT, 6 start-up, 7 ExtINT.  True when accepted. */
bool ab_lapic_message(struct ab_machine *m, uint32_t dest, bool logical,
		      unsigned mode, uint8_t vector, bool level);

void ab_ioapic_init(struct ab_machine *m);
void ab_ioapic_line(struct ab_machine *m, unsigned pin, bool level);
void ab_ioapic_eoi(struct ab_machine *m, uint8_t vector);
bool ab_ioapic_unmasked(const struct ab_machine *m, unsigned pin);
bool ab_ioapic_extint(const struct ab_machine *m);	/* pin 0 passes the 8259 */
uint32_t ab_ioapic_read(struct ab_machine *m, uint32_t off);
void ab_ioapic_write(struct ab_machine *m, uint32_t off, uint32_t v);

void ab_pci_init(struct ab_machine *m);
uint32_t ab_pci_read(struct ab_machine *m, uint16_t port, unsigned size);
void ab_pci_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v);

/* Level of function (func)'s INTA, and its status bit. */
void ab_pci_intx(struct ab_machine *m, unsigned func, bool level);
/* The ports that BAR 0 of (func) decodes begin here; 0: none. */
uint32_t ab_pci_io_bar(const struct ab_machine *m, unsigned func);

void ab_virtio_init(struct ab_machine *m);
/* The rest of a function's configuration space, and what a guest can change. */
void ab_virtio_pci(uint8_t *cfg, uint8_t *writable);
bool ab_virtio_is_window(uint8_t reg);	/* PCI configuration access capability */
void ab_virtio_window(struct ab_machine *m, unsigned func, bool write);
bool ab_virtio_port(struct ab_machine *m, uint16_t port);
uint32_t ab_virtio_read(struct ab_machine *m, uint16_t port, unsigned size);
void ab_virtio_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v);

void ab_ata_init(struct ab_machine *m);
/* The guest drives (drive) by virtio: its ATA twin goes, unless it is in use. */
void ab_ata_unplug(struct ab_machine *m, unsigned drive);
uint32_t ab_ata_read(struct ab_machine *m, uint16_t port, unsigned size);
void ab_ata_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v);

void ab_crtc_init(struct ab_machine *m);
uint32_t ab_crtc_read(struct ab_machine *m, uint16_t port, unsigned size);
void ab_crtc_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v);

void ab_pm_init(struct ab_machine *m);
uint64_t ab_pm_deadline(const struct ab_machine *m);
void ab_pm_due(struct ab_machine *m, uint64_t now);
uint32_t ab_pm_read(struct ab_machine *m, uint16_t port, unsigned size);
void ab_pm_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v);

void ab_misc_init(struct ab_machine *m);
uint32_t ab_misc_read(struct ab_machine *m, uint16_t port, unsigned size);
void ab_misc_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v);
uint32_t ab_fwcfg_read(struct ab_machine *m, uint16_t port, unsigned size);
void ab_fwcfg_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v);
uint32_t ab_testdev_read(struct ab_machine *m, uint16_t port, unsigned size);
void ab_testdev_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v);

/* Ticks that the host was late for (struct ab_pit: owed).  A periodic timer that
 * is looked at late finds several ticks due at once.  If the guest had taken
 * all earlier ones, it would have got these too had we been on time: they come
 * later, an eighth of a period apart, up to a quarter of a second's worth. */
#define AB_OWED_NS	(AB_NS_PER_SEC / 4)
/* Periodic interrupts are not raised closer together than this. */
#define AB_PERIOD_MIN_NS 50000u

static inline uint64_t ab_owed_gap(uint64_t period_ns)
{
	return period_ns / 8 > AB_PERIOD_MIN_NS ? period_ns / 8 : AB_PERIOD_MIN_NS;
}

/* ns * hz / 10^9 without losing bits, and the first ns at which that reaches
 * (ticks). */
static inline uint64_t ab_ns_to_ticks(uint64_t ns, uint32_t hz)
{
	return ns / AB_NS_PER_SEC * hz + ns % AB_NS_PER_SEC * hz / AB_NS_PER_SEC;
}

static inline uint64_t ab_ticks_to_ns(uint64_t ticks, uint32_t hz)
{
	return ticks / hz * AB_NS_PER_SEC +
	       (ticks % hz * AB_NS_PER_SEC + hz - 1) / hz;
}

#endif
