/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flags, selectors, descriptor tables, control registers, MSRs, cpuid. */
#include "kernel.h"

#define BAD_SELECTOR	0x1000		/* far beyond the table */

static void check_flags(void)
{
	word off, on, f, g;

	cli();
	off = flags_read();
	sti();
	on = flags_read();
	cli();
	check(!(off & FL_IF) && on & FL_IF, "pushf: shows IF as cli and sti left it");

	flags_write(off | FL_IF);
	on = flags_read();
	flags_write(off);
	check(on & FL_IF && !(flags_read() & FL_IF), "popf: sets and clears IF");

	sti();
	f = irq_save();
	g = flags_read();
	irq_restore(f);
	on = flags_read();
	cli();
	check(f & FL_IF && !(g & FL_IF) && on & FL_IF,
	      "irq_save: pushf, pop, cli; and popf brings it back");

	asm volatile("push %2; popf; sti; cli; pushf; pop %0;"
		     "push %3; popf; sti; cli; pushf; pop %1"
		     : "=&r"(f), "=&r"(g)
		     : "r"((word)(FL_ONE | FL_ARITH)), "r"((word)FL_ONE) : "cc");
	check((f & FL_ARITH) == FL_ARITH && !(g & FL_ARITH),
	      "cli, sti: no arithmetic flag changes");

	flags_write(off | FL_IOPL | FL_NT | FL_ID);
	f = flags_read();
	flags_write(off & ~(word)(FL_IOPL | FL_NT | FL_ID));
	g = flags_read();
	flags_write(off);
	check((f & (FL_IOPL | FL_NT | FL_ID)) == (FL_IOPL | FL_NT | FL_ID) &&
	      !(g & (FL_IOPL | FL_NT | FL_ID)), "popf: IOPL, NT and ID in ring 0");

	/* The address counts from where the stack is after the pop. */
#ifdef __x86_64__
	asm volatile("pushf; popq -64(%%rsp); movq -64(%%rsp), %0" : "=r"(f) : : "memory");
#else
	asm volatile("pushf; popl -64(%%esp); movl -64(%%esp), %0" : "=r"(f) : : "memory");
#endif
	check((f & ~(word)FL_ARITH) == (off & ~(word)FL_ARITH),
	      "pushf, pop: to memory that the stack pointer addresses");
}

static void check_selectors(void)
{
	struct dtr d, e;
	word cs, v, lim;
	uint16_t s;
	uint8_t z;

	asm volatile("mov %%cs, %0" : "=r"(cs));
	check((cs & 0xffff) == SEL_KCODE, "mov from cs: the kernel's code selector");
#ifndef __x86_64__
	asm volatile("push %%cs; pop %0" : "=r"(cs));
#endif
	check((cs & 0xffff) == SEL_KCODE, "push cs: the same");
	fs_write(SEL_RODATA);
	gs_write(SEL_UDATA);
	check(ds_read() == SEL_KDATA && es_read() == SEL_KDATA &&
	      ss_read() == SEL_KDATA && fs_read() == SEL_RODATA &&
	      gs_read() == SEL_UDATA, "mov from segments: what was loaded");
	fs_write(0);
	gs_write(0);
	check(!fs_read() && !gs_read(), "mov to segments: the null selector");
#ifdef __x86_64__
	wrmsr(MSR_GS_BASE, (word)&percpu);	/* the loads cleared it */
#endif

	asm volatile("str %0" : "=r"(s));
	check(s == SEL_TSS, "str: our task");
	asm volatile("sldt %0" : "=r"(s));
	check(s == SEL_LDT, "sldt: our local table");

	sgdt(&d);
	e = d;
	e.limit -= 8;
	lgdt(&e);
	sgdt(&e);
	lgdt(&d);
	check(d.limit == GDT_SLOTS * 8 - 1 && e.limit == d.limit - 8 &&
	      e.base == d.base, "lgdt, sgdt: store what was loaded");
	sidt(&d);
	check(d.limit + 1u == 256 * 2 * sizeof(word) && d.base >= (word)kernel_start &&
	      d.base < (word)kernel_end, "sidt: our interrupt table");

	asm volatile("lar %2, %0; setz %1" : "=r"(v), "=q"(z) : "r"((word)SEL_KDATA));
	check(z && (v & 0xf0ff00) == 0xc09300, "lar: access rights of kernel data");
	asm volatile("lar %2, %1; setz %0" : "=q"(z), "+r"(v) : "r"((word)BAD_SELECTOR));
	check(!z, "lar: refuses a selector beyond the table");
	asm volatile("lsl %2, %0; setz %1" : "=r"(lim), "=q"(z) : "r"((word)SEL_RODATA));
	check(z && lim == 0xfff, "lsl: the limit of a small segment");
	asm volatile("verr %w1; setz %0" : "=q"(z) : "r"(SEL_RODATA));
	s = z;
	asm volatile("verw %w1; setz %0" : "=q"(z) : "r"(SEL_RODATA));
	check(s && !z, "verr, verw: read yes, write no");
}

static void check_faults(void)
{
	struct {
		uint32_t offset;
		uint16_t sel;
	} __attribute__((packed)) far = { 0, BAD_SELECTOR };
	word v;

	v = TRY("mov %w[s], %%fs", [s] "r"(BAD_SELECTOR | 3));
	check(v == T_GP && last_fault.error == BAD_SELECTOR,
	      "fault at mov to fs: #GP with the selector");
	check(last_fault.ip == last_fault.site, "fault at mov to fs: at its own address");
	v = TRY("mov %w[s], %%gs", [s] "r"(SEL_ABSENT));
	check(v == T_NP && last_fault.error == SEL_ABSENT &&
	      last_fault.ip == last_fault.site, "fault at mov to gs: #NP");
	v = TRY("mov %w[s], %%ss", [s] "r"(SEL_UDATA));
	check(v == T_GP && last_fault.error == (SEL_UDATA & ~3) &&
	      last_fault.ip == last_fault.site, "fault at mov to ss: wrong ring");
	v = TRY("lldt %w[s]", [s] "r"(SEL_KDATA));
	check(v == T_GP && last_fault.error == SEL_KDATA &&
	      last_fault.ip == last_fault.site, "fault at lldt: not a table");
	v = TRY("ltr %w[s]", [s] "r"(SEL_TSS));
	check(v == T_GP && last_fault.error == SEL_TSS &&
	      last_fault.ip == last_fault.site, "fault at ltr: busy already");
	v = TRY("ljmp *%[far]", [far] "m"(far));
	check(v == T_GP && last_fault.error == BAD_SELECTOR &&
	      last_fault.ip == last_fault.site, "fault at ljmp: no such segment");
#ifdef __x86_64__
	v = TRY_ASM("push $0x10; push %%rsp; pushf; push $0x1000; push $2f;",
		    "iretq", "add $40, %%rsp;", , "r"(0));
#else
	v = TRY_ASM("pushf; push $0x1000; push $2f;", "iret", "add $12, %%esp;", , "r"(0));
#endif
	check(v == T_GP && last_fault.error == BAD_SELECTOR &&
	      last_fault.ip == last_fault.site, "fault at iret: no such segment");
	v = TRY("ud2", "r"(0));
	check(v == T_UD && last_fault.ip == last_fault.site, "fault at ud2");
	check(fs_read() == 0 && gs_read() == 0 && ss_read() == SEL_KDATA,
	      "faulting loads: the registers kept what they had");
}

static void check_control(void)
{
	word v, w;

	v = cr0_read();
	cr0_write(v & ~(word)CR0_WP);
	w = cr0_read();
	cr0_write(v);
	check((v & (CR0_PG | CR0_WP | CR0_PE)) == (CR0_PG | CR0_WP | CR0_PE) &&
	      w == (v & ~(word)CR0_WP) && cr0_read() == v, "cr0: reads as written");
	cr2_write(0x12345678);
	check(cr2_read() == 0x12345678, "cr2: reads as written");
	v = cr3_read();
	cr3_write(v);
	check(cr3_read() == v && v == V2P(kernel_root), "cr3: reads as written");
	v = cr4_read();
	cr4_write(v ^ CR4_TSD);
	w = cr4_read();
	cr4_write(v);
	check(w == (v ^ CR4_TSD) && cr4_read() == v, "cr4: reads as written");
	asm volatile("mov %1, %%dr0; mov %%dr0, %0" : "=r"(v) : "r"((word)0x1234));
	asm volatile("mov %%dr7, %0" : "=r"(w));
	check(v == 0x1234 && w == 0x400, "debug registers: read as written");
}

static void check_model(void)
{
	struct cpuid a = cpuid(0), b = cpuid(1), c = cpuid(1);
	uint64_t t, u, cs = rdmsr(MSR_SYSENTER_CS);

	check(a.a >= 1, "cpuid: leaf 1 exists");
	check(!((a.b | a.c | a.d) & 0x80808080), "cpuid: the vendor is text");
	check((b.d & 0x39) == 0x39, "cpuid: FPU, PSE, TSC and MSR are there");
	check(!memcmp(&b, &c, sizeof(b)), "cpuid: says the same twice");
	t = rdtsc();
	u = rdtsc();
	check(u > t, "rdtsc: time goes forward");
	wrmsr(MSR_SYSENTER_CS, 0x1234);
	wrmsr(MSR_SYSENTER_SP, 0x12345678);
	wrmsr(MSR_SYSENTER_IP, 0x23456789);
	check(rdmsr(MSR_SYSENTER_CS) == 0x1234 &&
	      rdmsr(MSR_SYSENTER_SP) == 0x12345678 &&
	      rdmsr(MSR_SYSENTER_IP) == 0x23456789, "wrmsr, rdmsr: read as written");
	wrmsr(MSR_SYSENTER_CS, cs);
	asm volatile("wbinvd" : : : "memory");
	check(true, "wbinvd: comes back");
}

void check_cpu(void)
{
	check_flags();
	check_selectors();
	check_faults();
	check_control();
	check_model();
}

/* Last, since a monitor may run a kernel that uses TS in another way from then on. */
void check_ts(void)
{
	word v = cr0_read(), w;
	uint16_t s;

	cr0_write(v | CR0_TS);
	w = cr0_read();
	clts();
	check(w & CR0_TS && !(cr0_read() & CR0_TS), "clts: clears TS");
	asm volatile("smsw %0" : "=r"(s));
	asm volatile("lmsw %0" : : "r"((uint16_t)(s | CR0_TS)));
	w = cr0_read();
	clts();
	check(s == (uint16_t)v && w == (v | CR0_TS), "smsw, lmsw: the low half of cr0");
}
