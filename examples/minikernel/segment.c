/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Descriptor tables.  Paging does the protecting, so every segment is flat; but
 * the processor finds a ring's code and the kernel's stack only through these.
 */
#include "kernel.h"

#define DESC(type, flags) \
	(0x000f00000000fffful | (uint64_t)(type) << 40 | (uint64_t)(flags) << 52)

#ifdef __x86_64__
#define CODE_FLAGS 0xa		/* page-granular, 64-bit */
#else
#define CODE_FLAGS 0xc		/* page-granular, 32-bit */
#endif

static uint64_t gdt[GDT_SLOTS] = {
	[SEL_KCODE / 8] = DESC(0x9b, CODE_FLAGS),
	[SEL_KDATA / 8] = DESC(0x93, 0xc),
	[SEL_UDATA / 8] = DESC(0xf3, 0xc),
	[SEL_UCODE / 8] = DESC(0xfb, CODE_FLAGS),
	/* read-only, 4 KiB: lsl must say 0xfff */
	[SEL_RODATA / 8] = 0x0040910000000fffull,
	[SEL_ABSENT / 8] = DESC(0x13, 0xc),
};

static struct tss {
#ifdef __x86_64__
	uint32_t reserved0;
	uint64_t sp[3];
	uint64_t ist[8];
	uint64_t reserved1;
	uint16_t reserved2, iomap;
#else
	uint32_t link, sp0, ss0;
	uint32_t unused[22];
	uint16_t trap, iomap;
#endif
} __attribute__((packed)) tss;

static uint64_t ldt[2];		/* empty, but a table */

#ifdef __x86_64__
struct percpu percpu = { .magic = PERCPU_MAGIC };
#endif

static void system_descriptor(unsigned sel, uint8_t type, const void *p, word limit)
{
	uint64_t base = (word)p;

	gdt[sel / 8] = limit | (base & 0xffffff) << 16 | (uint64_t)type << 40
		| (base >> 24 & 0xff) << 56;
#ifdef __x86_64__
	gdt[sel / 8 + 1] = base >> 32;
#endif
}

/* Where the processor puts its stack when an interrupt finds it in ring 3. */
void kernel_stack_set(word top)
{
#ifdef __x86_64__
	tss.sp[0] = top;
	percpu.kernel_sp = top;
#else
	tss.sp0 = top;
#endif
}

/* A far return is the one way to load %cs that both widths have. */
static void code_segment_load(void)
{
#ifdef __x86_64__
	asm volatile("pushq %0; pushq $1f; lretq; 1:" : : "i"(SEL_KCODE) : "memory");
#else
	asm volatile("pushl %0; pushl $1f; lret; 1:" : : "i"(SEL_KCODE) : "memory");
#endif
}

void segment_init(void)
{
	struct dtr d = { sizeof(gdt) - 1, (word)gdt };

#ifndef __x86_64__
	tss.ss0 = SEL_KDATA;
#endif
	tss.iomap = sizeof(tss);	/* beyond the limit: no port for ring 3 */
	system_descriptor(SEL_TSS, 0x89, &tss, sizeof(tss) - 1);
	system_descriptor(SEL_LDT, 0x82, ldt, sizeof(ldt) - 1);
	lgdt(&d);
	code_segment_load();
	ds_write(SEL_KDATA);
	es_write(SEL_KDATA);
	ss_write(SEL_KDATA);
	fs_write(0);
	gs_write(0);
	ltr(SEL_TSS);
	lldt(SEL_LDT);
#ifdef __x86_64__
	wrmsr(MSR_GS_BASE, (word)&percpu);
	wrmsr(MSR_KGS_BASE, 0);		/* the user's, while we are in the kernel */
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | EFER_NXE);
	wrmsr(MSR_STAR, (uint64_t)(SEL_KDATA | 3) << 48 | (uint64_t)SEL_KCODE << 32);
	wrmsr(MSR_LSTAR, (word)syscall_entry);
	wrmsr(MSR_SFMASK, FL_IF | FL_DF | FL_NT);
#endif
}
