/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A virtio disk by its legacy registers, as small kernels drive it: read, write,
 * flush, errors, the interrupt; and rings that break the rules.
 * Disk: virtio
 */
#include "guest.h"

#define QUEUE	0x400000	/* physical, 8 pages that nothing else uses */
#define PAGES	8
#define SECTORS	2048
enum { NEXT = 1, WRITE = 2 };

static struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
} *desc;
static volatile struct { uint16_t flags, idx, ring[256]; } *avail;
static volatile struct { uint16_t flags, idx; struct { uint32_t id, len; } ring[256]; } *used;
static struct { uint32_t type, reserved; uint64_t sector; } header;
static volatile uint8_t status;
static char sector[3 * 512];
static uint16_t io, size;
static uint8_t line;
static volatile uint8_t isr;

/* The line is a level: it must fall before the interrupt's end. */
static bool on_irq(struct trapframe *tf)
{
	isr |= inb(io + 19);
	return false;
}

static uint32_t config(unsigned dev, unsigned reg)
{
	outl(0xcf8, 0x80000000 | dev << 11 | reg);
	return inl(0xcfc);
}

static bool find(void)
{
	for (unsigned dev = 0; dev < 32; dev++) {
		if (config(dev, 0) != 0x10011af4)
			continue;
		config(dev, 4);
		outw(0xcfc, 7);			/* I/O, memory, bus master */
		io = config(dev, 0x10) & ~3u;
		line = config(dev, 0x3c);
		return config(dev, 0x10) & 1;
	}
	return false;
}

static void start(void)
{
	memset((void *)QUEUE, 0, PAGES * 4096);
	outb(io + 18, 0);
	outb(io + 18, 3);
	outl(io + 4, inl(io) & 1 << 9);		/* FLUSH */
	outw(io + 14, 0);
	size = inw(io + 12);
	desc = (void *)QUEUE;
	avail = (void *)(QUEUE + 16 * size);
	used = (void *)((QUEUE + 18 * size + 6 + 4095) & ~4095u);
	outl(io + 8, QUEUE / 4096);
	outb(io + 18, 7);
}

static void put(unsigned i, volatile void *at, uint32_t len, uint16_t flags)
{
	desc[i].addr = (word)at;
	desc[i].len = len;
	desc[i].flags = flags;
	desc[i].next = i + 1;
}

static void offer(void)
{
	avail->ring[avail->idx % size] = 0;
	asm volatile("" : : : "memory");
	avail->idx++;
	asm volatile("" : : : "memory");
	outw(io + 16, 0);
}

/* Status of a request over (n) sectors, 0xee when it does not come to an end. */
static uint8_t request(uint32_t type, uint64_t at, unsigned n)
{
	uint16_t was = used->idx;

	header.type = type;
	header.sector = at;
	status = 0xee;
	put(0, &header, 16, NEXT);
	put(1, sector, n * 512, NEXT | (type ? 0 : WRITE));
	put(n ? 2 : 1, &status, 1, WRITE);
	offer();
	for (unsigned i = 0; i < 20000 && used->idx == was; i++)
		delay_us(100);
	return status;
}

static bool is(const char *text)
{
	return !memcmp(sector, text, strlen(text));
}

/* Code that ran is overwritten by the disk: what came is what runs. */
static bool runs_what_came(void)
{
	static const uint8_t code[] = { 0xb8, 1, 0, 0, 0, 0xc3 };	/* mov $1, %eax; ret */
	int (*volatile f)(void) = (int (*)(void))sector;
	int i, wrong = 0;

	for (i = 1; i < 4; i++) {
		memcpy(sector, code, sizeof(code));
		sector[1] = i;
		wrong += request(1, 200 + i, 1) != 0;
	}
	for (i = 0; i < 30; i++)
		wrong += request(0, 201 + i % 3, 1) != 0 || f() != i % 3 + 1;
	return !wrong;
}

void guest_main(void)
{
	unsigned i;
	bool ok = true;

	check(find(), "a virtio disk with ports");
	start();
	check(size >= 16 && !(size & (size - 1)), "a queue");
	check(inl(io + 20) == SECTORS, "of 2,048 sectors");
	check(!request(0, 1234, 1) && is("sector 1234 "), "read");
	check(used->ring[(used->idx - 1) % size].len == 513, "its length");
	check(!request(0, 7, 3) && is("sector 7 ") && !memcmp(sector + 1024, "sector 9 ", 9),
	      "three in one go");
	memcpy(sector, "written", 7);
	check(!request(1, 99, 1), "write");
	check(!request(4, 0, 0), "flush");
	memset(sector, 0, sizeof(sector));
	check(!request(0, 99, 1) && is("written"), "and read back");
	check(request(0, SECTORS, 1) == 1 && request(1, SECTORS - 1, 2) == 1,
	      "beyond the end: an error");
	check(request(77, 0, 1) == 2, "no such request");
	for (i = 0; i < 300; i++)		/* around the ring */
		ok &= !request(0, 100 + i, 1) && is("sector ");
	check(ok, "many");
	check(runs_what_came(), "code from the disk");

	inb(io + 19);
	handlers[IRQ_VECTOR(line)] = on_irq;
	irq_unmask(line);
	status = 0xee;
	header.type = 0;
	header.sector = 5;
	put(0, &header, 16, NEXT);
	put(1, sector, 512, NEXT | WRITE);
	put(2, &status, 1, WRITE);
	offer();
	for (i = 0; i < 2000 && !irq_count(line); i++) {
		sti();
		delay_us(1000);
		cli();
	}
	irq_mask_all();
	check(irq_count(line) == 1 && !status && is("sector 5 "), "interrupt");
	check(isr == 1 && !inb(io + 19), "its status, cleared by a read");

	desc[0].next = 0;			/* a loop */
	put(0, &header, 16, NEXT);
	desc[0].next = 0;
	i = used->idx;
	offer();
	delay_us(20000);
	check(used->idx == i, "a loop of descriptors goes nowhere");
	start();
	check(!request(0, 3, 1) && is("sector 3 "), "and a reset mends it");
}
