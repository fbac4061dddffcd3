/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What code a host lets user programs run.  Asked of the processor, in a process of
 * its own: a kernel can take modify_ldt and do nothing (PVM guests), a hypervisor can
 * have no 32-bit segment though the processor has (the same, and ia32_emulation=0 on
 * some kernels), an emulator can leave limits unchecked (QEMU's TCG).
 */
#include <asm/ldt.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lib/diag.h"
#include "monitor/broker.h"
#include "monitor/selectors.h"
#include "monitor/sys.h"

#ifdef __SANITIZE_ADDRESS__
#define WITH_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN
#endif
#endif

enum { HAS_CODE32 = 1, HAS_LDT = 2, HAS_LIMITS = 4 };	/* the probe's exit status */

/* Access rights of a selector as `lar` gives them: of a user segment. */
#define AR_CODE		0x00000800u
#define AR_USER		0x00007000u	/* S, DPL 3 */
#define AR_PRESENT	0x00008000u
#define AR_LONG		0x00200000u
#define AR_32		0x00400000u

static bool has_segment(unsigned selector, unsigned kind)
{
	const unsigned must = AR_USER | AR_PRESENT | AR_32;
	unsigned access = 0;
	unsigned char valid;

	__asm__("larl %2, %0\n\tsetz %1" : "+&r"(access), "=q"(valid) : "r"(selector)
		: "cc");
	return valid && (access & (must | AR_LONG)) == must && (access & AR_CODE) == kind;
}

static void on_fault(int sig)
{
	sys_exit(HAS_CODE32 | HAS_LDT | HAS_LIMITS);
}

/* A page below 4 GiB of 32-bit code that reads behind the end of the segment in gs,
 * whose base the page is. */
static uint8_t *limits_code(void)
{
	static const uint8_t code32[] = {
		0x65, 0xa0, 0x10, 0x00, 0x00, 0x00,	/* mov %gs:0x10, %al */
		0xea, 0, 0, 0, 0, HOST_CS64, 0,		/* ljmp to code64 */
	};
	static const uint8_t code64[] = {
		0xb8, SYS_exit_group, 0, 0, 0,		/* mov $exit_group, %eax */
		0xbf, HAS_CODE32 | HAS_LDT, 0, 0, 0,	/* mov $..., %edi */
		0x0f, 0x05,				/* syscall */
	};
	uint32_t at;
	uint8_t *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	memcpy(p, code32, sizeof code32);
	memcpy(p + 0x20, code64, sizeof code64);
	at = (uint32_t)(uintptr_t)(p + 0x20);
	memcpy(p + 7, &at, sizeof at);
	return mprotect(p, 4096, PROT_READ | PROT_EXEC) ? NULL : p;
}

static bool ldt_write(const void *base)
{
	struct user_desc d = {
		.entry_number = 0, .base_addr = (uint32_t)(uintptr_t)base, .limit = 0,
		.seg_32bit = 1, .contents = MODIFY_LDT_CONTENTS_DATA, .useable = 1,
	};

	return !sys_call3(SYS_modify_ldt, 0x11, (long)&d, sizeof d) && has_segment(7, 0);
}

/* Ends the process, by on_fault() where the limit holds; comes back when it cannot
 * be found out. */
static void limits_probe(const uint8_t *code)
{
	const struct sigaction sa = { .sa_handler = on_fault, .sa_flags = SA_ONSTACK };
	const size_t size = 1 << 18;
	stack_t stack = { .ss_size = size };
	struct { uint32_t offset; uint16_t selector; } __attribute__((packed)) far = {
		(uint32_t)(uintptr_t)code, HOST_CS32
	};

	stack.ss_sp = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL) ||
	    sigaction(SIGSEGV, &sa, NULL))
		return;
	__asm__ volatile("movl %0, %%gs\n\tljmpl *%1" : : "r"(7), "m"(far) : "memory");
}

_Noreturn static void probe(void)
{
	const uint8_t *code = limits_code();
	unsigned has = 0;

	if (has_segment(HOST_CS32, AR_CODE))
		has |= HAS_CODE32;
	if (ldt_write(code))
		has |= HAS_LDT;
	if (has == (HAS_CODE32 | HAS_LDT) && code)
		limits_probe(code);
	sys_exit((int)has);
}

int host_look(struct mon_host *h)
{
	int status;
	pid_t pid;

#ifdef WITH_ASAN
	error("this aftermon is built with AddressSanitizer, whose shadow memory "
	      "lies below 4 GiB where guests live: it cannot run one");
	return -1;
#endif
	pid = fork();
	if (pid < 0) {
		error("cannot start a process: %s", strerror(errno));
		return -1;
	}
	if (!pid)
		probe();
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid: %s", strerror(errno));
	if (!WIFEXITED(status))
		status = 0;
	h->code32 = WEXITSTATUS(status) & HAS_CODE32;
	h->ldt = WEXITSTATUS(status) & HAS_LDT;
	h->limits = WEXITSTATUS(status) & HAS_LIMITS;
	return 0;
}

static const char *yes_no(bool has)
{
	return has ? "yes" : "no";
}

/* Translation costs, but takes every guest; without an LDT segments take flat ones. */
enum mon_engine host_engine(const struct mon_host *h)
{
	return h->code32 && h->ldt ? MON_ENGINE_SEGMENTS : MON_ENGINE_TRANSLATE;
}

int command_host(int argc, char **argv)
{
	struct mon_host h;

	if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		puts("Usage: aftermon host\n"
		     "Say what this host has for guests, one NAME VALUE TEXT a line.");
		diag_close_stdout();
		return AB_EXIT_OK;
	}
	if (argc > 1)
		die_usage("host: takes no argument; what is '%s'?", argv[1]);
	if (host_look(&h))
		return AB_EXIT_FAIL;
	printf("code32 %s 32-bit code in a flat segment\n", yes_no(h.code32));
	printf("ldt %s other segments, by modify_ldt\n", yes_no(h.ldt));
	printf("limits %s their limits hold (--user limits)\n", yes_no(h.limits));
	printf("engine %s\n", host_engine(&h) == MON_ENGINE_SEGMENTS ?
	       "segments guest code runs in segments of its own" :
	       "translate guest code is translated");
	diag_close_stdout();
	return AB_EXIT_OK;
}
