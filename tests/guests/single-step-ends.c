/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trap flag is looked at before an instruction, and takes effect behind it: where
 * it goes on and off, and what has no #DB of its own. */
#include "steps.h"

#define VECTOR	0x71

static word seen_flags;		/* in the frame of an int */
static bool remember(struct trapframe *tf)
{
	seen_flags = tf->flags;
	return true;
}

static bool skip(struct trapframe *tf)		/* ud2 */
{
	seen_flags = tf->flags;
	tf->ip += 2;
	return true;
}

extern char popf_site[], popf_site_end[], popf_if[], popf_if_end[], popf_byte[],
	popf_byte_end[];

/* The last step ends behind the popf, or at its no-ops; there is none afterwards. */
static bool last_behind(const char *at, const char *end)
{
	word ip = trap_ip[1];

	return ip > (word)at && ip <= (word)end && steps + nops == trap_count[1];
}

#define POPF_OFF(before, insn, end)					\
	trap_count[1] = 0;						\
	steps_begin();							\
	steps_last = 0;							\
	asm volatile("pushfl;" before TF_ON "pushfl; andl $~0x100, (%%esp)\n" insn "\n" end ":" \
		     "movl %%eax, %%eax; movl %%eax, %%eax; popfl" : : : "memory", "cc")

static void popf_off(void)
{
	POPF_OFF("cli;", "popf_site: popfl", "popf_site_end");
	check(last_behind(popf_site, popf_site_end) && steps_bs(), "popf that clears it, then none");
	POPF_OFF("sti;", "popf_if: popfl", "popf_if_end");
	check(last_behind(popf_if, popf_if_end) && steps_bs(), "the same with interrupts on");
	POPF_OFF("", "popf_byte: .byte 0x9d", "popf_byte_end");
	check(last_behind(popf_byte, popf_byte_end) && steps_at(popf_byte_end) == 1 &&
	      !(step[steps - 1].flags & FL_TF), "the same where nobody knows of it");
	check(!(flags_read() & FL_TF), "it is off");
}

extern char on_1[], on_2[], iret_to[], iret_1[], iret_off[], again_1[], again_2[];

static void on(void)
{
	steps_begin();
	asm volatile("movl $99f, steps_last; pushfl; orl $0x100, (%%esp); .byte 0x9d\n"
		     "on_1: movl %%eax, %%eax\n on_2: movl %%eax, %%eax\n 99:"
		     : : : "memory", "cc");
	check(STEPS_ARE(on_2), "popf that sets it: behind the next one");
	steps_begin();
	asm volatile("movl $99f, steps_last; pushfl; orl $0x100, (%%esp); pushl %0; pushl $iret_to;"
		     "iret\n iret_to: movl %%eax, %%eax\n iret_1: movl %%eax, %%eax\n 99:"
		     : : "i"(SEL_KCODE) : "memory", "cc");
	check(STEPS_ARE(iret_1), "iret that sets it");
	trap_count[1] = 0;
	STEPS("pushfl; andl $~0x100, (%%esp); pushl %0; pushl $iret_off; iret\n"
	      "iret_off: movl %%eax, %%eax; movl %%eax, %%eax", : : "i"(SEL_KCODE) : "memory", "cc");
	check(steps_at(iret_off) == 1 && step[steps - 1].ip == (word)iret_off &&
	      !(step[steps - 1].flags & FL_TF) && steps_bs(), "iret that clears it, then none");
	STEPS("pushfl; popfl; again_1: movl %%eax, %%eax\n again_2: pushfl; pushl %0; pushl $98f; iret\n98:",
	      : : "i"(SEL_KCODE) : "memory", "cc");
	check(steps_at(again_1) == 1 && steps_at(again_2) == 1 &&
	      step[steps - 1].ip == steps_last && steps_bs(), "popf and iret that keep it");
}

extern char int_site[], int_1[], int_2[], int_3[], int_4[], int_5[], int_6[], int_7[], int_8[],
	int_9[];

static void ints(void)
{
	handlers[VECTOR] = handlers[3] = handlers[4] = remember;
	handlers[6] = skip;
	STEPS("int_1: int %0\n int_2: movl %%eax, %%eax\n int_3: movl %%eax, %%eax",
	      : : "i"(VECTOR) : "memory", "cc");
	check(steps_at(int_2) == 0 && steps_at(int_3) == 1 && seen_flags & FL_TF &&
	      step[steps - 1].ip == steps_last, "int: none but behind the next one");
	seen_flags = 0;
	STEPS("int_4: .byte 0xcd, 0x71\n int_5: movl %%eax, %%eax", : : : "memory", "cc");
	check(STEPS_ARE(int_4) && seen_flags & FL_TF, "the same where nobody knows of it");
	seen_flags = 0;
	STEPS("int3\n int_6: movl %%eax, %%eax", : : : "memory", "cc");
	check(steps_at(int_6) == 0 && step[steps - 1].ip == steps_last && seen_flags & FL_TF,
	      "int3");
	seen_flags = 0;
	STEPS("xorl %%ecx, %%ecx; into\n int_7: movl %%eax, %%eax", : : : "ecx", "memory", "cc");
	check(steps_at(int_7) == 1 && step[steps - 1].ip == steps_last && !seen_flags,
	      "into that does nothing");
	STEPS("movl $0x7fffffff, %%ecx; incl %%ecx; into\n int_8: movl %%eax, %%eax",
	      : : : "ecx", "memory", "cc");
	check(steps_at(int_8) == 0 && step[steps - 1].ip == steps_last && seen_flags & FL_TF,
	      "into");
	seen_flags = 0;
	STEPS("ud2\n int_9: movl %%eax, %%eax", : : : "memory", "cc");
	check(steps_at(int_9) == 0 && step[steps - 1].ip == steps_last && seen_flags & FL_TF,
	      "a fault");
}

extern char far_1[], far_2[], far_3[], far_4[], call_1[], call_2[], call_3[];

static void transfers(void)
{
	STEPS("ljmp %0, $far_1\n .byte 0xf, 0xb\n far_1: lcall %0, $far_2\n jmp far_3\n"
	      "far_2: lret\n far_3: pushl %0; call far_4; jmp 98f\n far_4: lret\n98:",
	      : : "i"(SEL_KCODE) : "memory", "cc");
	check(steps_at(far_1) == 1 && steps_at(far_2) == 1 && steps_at(far_3) == 1 &&
	      steps_at(far_4) == 1 && step[steps - 1].ip == steps_last && steps_bs(),
	      "far jump, call and return");
	STEPS("call call_1; jmp 98f\n call_1: movl $2, %%ecx; call_2: loop call_2\n"
	      "call_3: jecxz 97f; 97: pushl $98f\n ret\n 98: addl $4, %%esp",
	      : : : "ecx", "memory", "cc");
	check(steps_at(call_1) == 1 && steps_at(call_2) == 2 && steps_at(call_3) == 1 &&
	      step[steps - 1].ip == steps_last && steps_bs(), "call, loop and return");
}

#define SITE(insn, ...) do {						\
	STEPS(insn "\n98: movl %%eax, %%eax", __VA_ARGS__);		\
	if (steps < 2 || step[steps - 1].ip != steps_last ||		\
	    step[steps - 2].ip != steps_last - 2 || steps != 3 ||	\
	    step[0].ip >= step[1].ip || !steps_bs())		\
		print("FAIL %s: %u steps\n", insn, steps), note_failure(); \
	n++;								\
} while (0)

/* Each of them once. */
static void sites(void)
{
	struct dtr g, i;
	uint8_t dtr[8], *p = dtr;
	word v, n = 0;

	sgdt(&g);
	sidt(&i);
	SITE("cli", : : : "memory", "cc");
	SITE("sti", : : : "memory", "cc");
	SITE("sti", : : : "memory", "cc");	/* on already: no shadow */
	SITE("cli", : : : "memory", "cc");
	SITE("pushfl", : : : "memory", "cc");
	asm volatile("addl $4, %%esp" : : : "memory");
	SITE("movl %%cr0, %0", : "=r"(v));
	SITE("movl %0, %%cr0", : : "r"(v));
	SITE("movl %%cr2, %0", : "=r"(v));
	SITE("movl %%cr3, %0", : "=r"(v));
	SITE("movl %0, %%cr3", : : "r"(v) : "memory");
	SITE("movl %%cr4, %0", : "=r"(v));
	SITE("movl %0, %%cr4", : : "r"(v));
	SITE("movl %%dr0, %0", : "=r"(v));
	SITE("movl %0, %%dr0", : : "r"(v));
	SITE("clts", : : : "memory");
	SITE("smsw %w0", : "=r"(v));
	SITE("lmsw %w0", : : "r"(v));
	SITE("movl %%cs, %0", : "=r"(v));
	SITE("movl %%ds, %0", : "=r"(v));
	SITE("movl %0, %%ds", : : "r"(v));
	SITE("movl %0, %%es", : : "r"(v));
	SITE("movl %0, %%fs", : : "r"(v));
	SITE("movl %0, %%fs", : : "r"(v));
	SITE("movl %0, %%gs", : : "r"(0));
	SITE("movl %0, %%fs", : : "r"(0));
	SITE("lgdt %0", : : "m"(g));
	SITE("lidt %0", : : "m"(i));
	SITE("sgdt %0", : "=m"(dtr));
	SITE("sidt %0", : "=m"(dtr));
	SITE("sldt %w0", : "=r"(v));
	SITE("str %w0", : "=r"(v));
	SITE("lldt %w0", : : "r"(0));
	SITE("lar %1, %0", : "=r"(v) : "r"(SEL_KDATA) : "cc");
	SITE("lsl %1, %0", : "=r"(v) : "r"(SEL_KDATA) : "cc");
	SITE("verr %w0", : : "r"(SEL_KDATA) : "cc");
	SITE("verw %w0", : : "r"(SEL_KDATA) : "cc");
	SITE("inb %%dx, %%al", : "=a"(v) : "d"(PORT_SCRATCH));
	SITE("outb %%al, %%dx", : : "a"(0), "d"(PORT_SCRATCH));
	SITE("inl $0x80, %%eax", : "=a"(v));
	SITE("cpuid", : "=a"(v) : "a"(0) : "ebx", "ecx", "edx");
	SITE("rdtsc", : "=a"(v) : : "edx");
	SITE("rdmsr", : "=a"(v) : "c"(MSR_SYSENTER_CS) : "edx");
	SITE("wrmsr", : : "c"(MSR_SYSENTER_CS), "a"(0), "d"(0));
	SITE("invlpg %0", : : "m"(*(char *)0x300000));
	SITE("wbinvd", : : : "memory");
	SITE("insb", : "+D"(p) : "d"(PORT_SCRATCH) : "memory");
	SITE("outsb", : "+S"(p) : "d"(PORT_SCRATCH) : "memory");
	SITE("movl %0, 0xb8000", : : "r"(v) : "memory");
	SITE("movl %0, 0x41000000", : : "r"(v) : "memory");
	SITE("addl $0, 0x41000000", : : : "memory", "cc");
	SITE("fildl 0x41000000", : : : "memory");
	SITE("fninit", : : : "memory");
	SITE("xchgl %%ecx, %%edx", : : : "ecx", "edx");
	SITE("daa", : : : "eax", "cc");
	check(n > 40, "what a monitor does, each once");
}

static void resume_flag(void)
{
	STEPS("pushfl; orl $0x10000, (%%esp); pushl %0; pushl $98f; iret\n"
	      "98: movl %%eax, %%eax\n 97: movl %%eax, %%eax; movl %%eax, %%eax",
	      : : "i"(SEL_KCODE) : "memory", "cc");
	check(steps > 3 && !(step[steps - 1].flags & FL_RF) && !(step[steps - 2].flags & FL_RF),
	      "RF is for one instruction");
}

extern char u_1[], u_2[], u_3[], u_4[], u_off[];
USER static void user(void)
{
	asm volatile("u_1: movl %%eax, %%eax\n u_2: pushfl; popl %%eax\n u_3: pushl %%eax;"
		     ".byte 0x9d\n u_4: andl $~0x100, %%eax; pushl %%eax; .byte 0x9d\n"
		     "u_off: movl %%eax, %%eax; movl %%eax, %%eax" : : : "eax", "memory", "cc");
	user_exit(0);
}

USER static void user_int(void)
{
	asm volatile("movl %%eax, %%eax; int $0x80" : : : "memory");
}

static void ring3(void)
{
	struct visit v;

	steps_begin();
	steps_last = 0;
	v = user_run(user, FL_TF);
	check(v.vector == 0x80 && steps_bs(), "ring 3 runs");
	check(steps_at(u_1) <= 1 && steps_at(u_2) == 1 && steps_at(u_3) == 1 &&
	      steps_at(u_4) == 1, "one behind each instruction");
	check(steps_at(u_off) == 1 && step[steps - 1].ip == (word)u_off &&
	      !(step[steps - 1].flags & FL_TF) && step[steps - 1].cs == SEL_UCODE,
	      "its popf that clears it, then none");
	v = user_run(user_int, FL_TF);
	check(v.vector == 0x80 && v.tf.flags & FL_TF, "int from there keeps it for later");
}

void guest_main(void)
{
	paging_on();
	map(0x41000000, 0xe0000000, PTE_W);	/* where nobody answers */
	popf_off();
	on();
	ints();
	transfers();
	sites();
	resume_flag();
	ring3();
}
