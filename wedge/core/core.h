/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wedge/core: the virtual machine itself.  Freestanding C that knows no
 * hypervisor: it is compiled into aftermon and, for targets where the machine
 * lives inside the guest, into a wedge.  No libc, no floating point, no mutable
 * globals.  Registers are 64 bits wide; a 32-bit guest's upper halves are zero.
 *
 * Its surroundings give it a struct ab_host (below) and drive it:
 *
 *   trap      put the guest's registers into m->cpu, decode, ab_emulate(); when
 *             that returns AB_FAULT, ab_exception() has not been called yet:
 *             the caller calls ab_raise() which delivers m->fault
 *   then      if (ab_interrupt_pending(m)) ab_interrupt(m)
 *   return    put m->cpu back into the hardware
 */
#ifndef AB_CORE_H
#define AB_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "abi/insn.h"
#include "abi/ops.h"

/* ---- architectural constants (Intel SDM names) ---- */
enum { AB_EAX, AB_ECX, AB_EDX, AB_EBX, AB_ESP, AB_EBP, AB_ESI, AB_EDI };
enum { AB_DE = 0, AB_DB = 1, AB_NMI = 2, AB_BP = 3, AB_OF = 4, AB_BR = 5,
       AB_UD = 6, AB_NM = 7, AB_DF = 8, AB_TS = 10, AB_NP = 11, AB_SS = 12,
       AB_GP = 13, AB_PF = 14, AB_MF = 16, AB_AC = 17, AB_MC = 18, AB_XM = 19 };

#define AB_FL_CF	0x00000001u
#define AB_FL_PF	0x00000004u
#define AB_FL_AF	0x00000010u
#define AB_FL_ZF	0x00000040u
#define AB_FL_SF	0x00000080u
#define AB_FL_TF	0x00000100u
#define AB_FL_IF	0x00000200u
#define AB_FL_DF	0x00000400u
#define AB_FL_OF	0x00000800u
#define AB_FL_IOPL	0x00003000u
#define AB_FL_NT	0x00004000u
#define AB_FL_RF	0x00010000u
#define AB_FL_VM	0x00020000u
#define AB_FL_AC	0x00040000u
#define AB_FL_ID	0x00200000u
/* Longest memory operand of an instruction that .native runs. */
#define AB_NATIVE_MAX	512u

#define AB_FL_ARITH	0x000008d5u

#define AB_CR0_PE	0x00000001u
#define AB_CR0_MP	0x00000002u
#define AB_CR0_EM	0x00000004u
#define AB_CR0_TS	0x00000008u
#define AB_CR0_ET	0x00000010u
#define AB_CR0_NE	0x00000020u
#define AB_CR0_WP	0x00010000u
#define AB_CR0_AM	0x00040000u
#define AB_CR0_NW	0x20000000u
#define AB_CR0_CD	0x40000000u
#define AB_CR0_PG	0x80000000u
#define AB_DR6_BS	0x4000u
#define AB_CR4_VME	0x0001u
#define AB_CR4_TSD	0x0004u
#define AB_CR4_DE	0x0008u
#define AB_CR4_PSE	0x0010u
#define AB_CR4_PAE	0x0020u
#define AB_CR4_MCE	0x0040u
#define AB_CR4_PGE	0x0080u
#define AB_CR4_PCE	0x0100u
#define AB_CR4_OSFXSR	0x0200u
#define AB_CR4_OSXMMEXCPT 0x0400u
#define AB_CR4_UMIP	0x0800u
#define AB_CR4_FSGSBASE	0x10000u
#define AB_CR4_OSXSAVE	0x40000u
#define AB_EFER_SCE	0x001u
#define AB_EFER_LME	0x100u
#define AB_EFER_LMA	0x400u
#define AB_EFER_NX	0x800u

#define AB_PF_P		1u	/* page-fault error code */
#define AB_PF_W		2u
#define AB_PF_U		4u
#define AB_PF_RSVD	8u
#define AB_PF_I		16u

#define AB_PTE_P	0x001u
#define AB_PTE_W	0x002u
#define AB_PTE_U	0x004u
#define AB_PTE_A	0x020u
#define AB_PTE_D	0x040u
#define AB_PTE_PS	0x080u
#define AB_PTE_G	0x100u
#define AB_PTE_NX	(1ull << 63)

/* ---- the virtual CPU ---- */
struct ab_seg {			/* a segment register with its hidden part */
	uint16_t sel;
	uint16_t attr;		/* descriptor bits 40..55: type, S, DPL, P, AVL, L, D, G
				   (bit 0 = type bit 0 ... bit 7 = P, bit 12 = AVL,
				   13 = L, 14 = D/B, 15 = G); 0 when null/unusable */
	uint32_t limit;		/* in bytes, granularity applied: last valid offset */
	uint64_t base;
};

struct ab_dtr {
	uint64_t base;
	uint16_t limit;
};

struct ab_cpu {
	uint64_t gpr[16];
	uint64_t rip;
	uint64_t rflags;	/* the guest's own, IF and IOPL included */
	struct ab_seg seg[AB_SEG_COUNT], ldtr, tr;
	struct ab_dtr gdtr, idtr;
	uint64_t cr0, cr2, cr3, cr4, efer, xcr0;
	uint64_t pdpte[4];	/* PAE: loaded by mov to cr3 */
	uint64_t dr[8];
	uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
	uint64_t star, lstar, cstar, sfmask, kernel_gs_base, tsc_aux;
	uint64_t pat, apic_base, misc_enable, tsc_offset;
	uint64_t mtrr_def, mtrr_var[16], mtrr_fixed[11];
	uint8_t  cpl;
	uint8_t  shadow;	/* interrupts are held off for one instruction:
				   1 after sti, 2 after mov ss, pop ss */
	uint8_t  halted;	/* hlt: until an interrupt */
	uint8_t  nmi_masked;
};

/* Did the guest enable AVX? */
static inline bool ab_avx_enabled(const struct ab_cpu *c)
{
	return (c->cr4 & AB_CR4_OSXSAVE) && (c->xcr0 & 6) == 6;
}

struct ab_fault {
	uint8_t  vector;
	uint8_t  has_error;
	uint8_t  soft;		/* int n, int3, into: gate DPL is checked */
	uint32_t error;
	uint64_t cr2;		/* for #PF */
};

struct ab_machine;

/* Results of core functions that touch the guest. */
enum ab_result {
	AB_OK = 0,
	AB_FAULT,		/* m->fault holds the exception to deliver */
	AB_UNSUPPORTED,		/* m->why says what; stop the run */
	AB_SHUTDOWN,		/* triple fault */
};

struct ab_disk_piece {		/* of guest RAM */
	uint64_t pa;
	uint32_t len;
};

/* What the surroundings provide.  Any may be called from any core function. */
struct ab_host {
	/* Pointer to (len) bytes of guest RAM at physical (pa), NULL when any of
	 * them is not RAM.  len never crosses a 4 KiB page. */
	void *(*phys)(struct ab_machine *, uint64_t pa, size_t len);
	/* Optional: (len) bytes of guest RAM at (pa) were written by an instruction
	 * that was emulated. */
	void (*stored)(struct ab_machine *, uint64_t pa, size_t len);
	/* The guest invalidated: one page, all non-global, or everything. */
	void (*tlb_page)(struct ab_machine *, uint64_t va);
	void (*tlb_all)(struct ab_machine *, bool global_too);
	/* cr0, cr3, cr4, efer changed in a way that matters to paging; they have
	 * their new values.  Where the processor drops translations as well,
	 * tlb_all() follows: mov to cr3 calls this only when the value changed,
	 * and tlb_all(m, false) always; a change of CR0.PG, CR4.PSE PAE PGE or
	 * EFER.NX is followed by tlb_all(m, true), one of CR0.WP by nothing. */
	void (*paging_changed)(struct ab_machine *);
	/* Nanoseconds, monotonic; the guest's clock. */
	uint64_t (*now)(struct ab_machine *);
	/* Call ab_timer(m) at (ns), instead of any time asked for before.  A call
	 * too early does no harm; (ns) may lie in the past. */
	void (*set_timer)(struct ab_machine *, uint64_t ns);
	/* Seconds since 1970 for the RTC. */
	uint64_t (*wall)(struct ab_machine *);
	/* The serial console; a byte out. */
	void (*console_out)(struct ab_machine *, uint8_t byte);
	/* End the run: exit status as the user sees it, and why (static text). */
	void (*end)(struct ab_machine *, int status, const char *why);
	/* cpuid as the guest shall see it; regs = eax, ebx, ecx, edx in and out.
	 * The core filters what it cannot provide afterwards. */
	void (*cpuid)(struct ab_machine *, uint32_t regs[4]);
	/* Host rdtsc. */
	uint64_t (*tsc)(struct ab_machine *);
	/* Optional: the serial port or the keyboard has room for input again; it
	 * may call ab_console_in() and ab_keyboard_in(). */
	void (*console_ready)(struct ab_machine *);
	/* Optional: a port that no device of ours answers, a byte at a time where it
	 * is not one access; without them it reads as ones and takes anything. */
	uint32_t (*port_in)(struct ab_machine *, uint16_t port, unsigned size);
	void (*port_out)(struct ab_machine *, uint16_t port, unsigned size, uint32_t value);
	/* Optional, NULL without disks.  Size of disk (0: master, 1: slave) in
	 * 512-byte sectors, 0 when there is none. */
	uint64_t (*disk_size)(struct ab_machine *, unsigned drive, bool *read_only);
	/* Move (n) sectors at (lba); op, result: enum ab_disk_op, ab_disk_result
	 * of dev.h.  After AB_DISK_WAIT, (buf) stays in use until ab_disk_done(),
	 * which must not be called from in here. */
	int (*disk_io)(struct ab_machine *, unsigned drive, int op, uint64_t lba,
		       void *buf, unsigned n);
	/* Optional, with disk_size: begin to move (n) pieces of guest RAM, which are
	 * whole sectors together, in the order of calls; the array is the caller's.
	 * At most AB_VIRTIO_FLIGHT a drive are under way.  ab_virtio_done() with the
	 * (tag) says when it is done, and must not be called from in here. */
	void (*disk_submit)(struct ab_machine *, unsigned drive, int op, uint64_t lba,
			    const struct ab_disk_piece *, unsigned n, unsigned tag);
	/* With disk_submit: return when all is done and ab_virtio_done() was called. */
	void (*disk_drain)(struct ab_machine *);
	/* Optional: run (insn) on the processor with the guest's registers and FPU
	 * state, and (buf) in the place of its memory operand, NULL when it has none.
	 * AB_OK or AB_FAULT. */
	enum ab_result (*native)(struct ab_machine *, const struct ab_insn *insn, void *buf);
};

/* ---- devices: one registered range of ports or physical memory each ---- */
#include "core/dev.h"

struct ab_machine {
	struct ab_cpu cpu;
	struct ab_fault fault;
	char why[96];		/* AB_UNSUPPORTED: what was met, at m->cpu.rip */
	const struct ab_host *host;
	void *host_data;	/* the surroundings' own */
	uint64_t ram_size;	/* bytes from physical 0 */
	uint32_t tsc_khz;
	uint8_t long_mode;	/* the surroundings run 64-bit code: set after init;
				   else CPUID shows no long mode */
	uint8_t irq_hint;	/* nonzero: an interrupt may wait (cheap test) */
	struct ab_platform dev;
};

/* Power-on state as a boot protocol leaves it is the boot loader's; this zeroes
 * everything, sets reset values and registers the standard devices. */
void ab_machine_init(struct ab_machine *, const struct ab_host *, void *host_data,
		     uint64_t ram_size, uint32_t tsc_khz);

/* ---- mmu.c: page walks of 2, 3 and 4 levels ---- */
enum { AB_ACC_R = 0, AB_ACC_W = AB_PF_W, AB_ACC_U = AB_PF_U, AB_ACC_X = AB_PF_I };

struct ab_xlat {
	uint64_t pa;		/* physical address of va */
	uint64_t page_size;	/* 4096, 2 MiB, 4 MiB, 1 GiB */
	bool writable;		/* by the access's ring, WP applied, and D is set */
	bool user, exec, global;
	bool dirty, accessed;	/* of the leaf, after this walk */
	uint64_t leaf;		/* the entry itself, after this walk; 0: no paging */
};
/* Translate (va) for access (acc: AB_ACC_* bits).  Sets A, and D for writes, in
 * the guest's tables unless (peek).  AB_OK or AB_FAULT with m->fault a #PF.
 * With paging off, the identity. */
enum ab_result ab_walk(struct ab_machine *, uint64_t va, unsigned acc, bool peek,
		       struct ab_xlat *out);

/* ---- mem.c: guest linear memory, page crossings and MMIO included ---- */
/* (acc) as for ab_walk; a fault leaves nothing half done for reads, and for
 * writes both pages are checked first.  Memory that is neither RAM nor a
 * device reads as ones and ignores writes. */
enum ab_result ab_read(struct ab_machine *, uint64_t va, void *buf, size_t len, unsigned acc);
enum ab_result ab_write(struct ab_machine *, uint64_t va, const void *buf, size_t len, unsigned acc);
/* Fetch up to (len) instruction bytes at linear (va); *got may be shorter when
 * the next page faults; AB_FAULT only when the first byte does. */
enum ab_result ab_fetch(struct ab_machine *, uint64_t va, void *buf, size_t len, size_t *got);
/* seg:off to linear with limit, type and null checks for an access of (len)
 * bytes; AB_FAULT with #GP or #SS. */
enum ab_result ab_linear(struct ab_machine *, unsigned seg, uint64_t off, size_t len,
			 unsigned acc, uint64_t *va);

/* ---- seg.c: descriptors ---- */
/* What loading the code or data descriptor (raw) by (sel) puts into (seg). */
void ab_seg_decode(uint64_t raw, uint16_t sel, struct ab_seg *seg);
/* Load segment register (seg) with (sel) as mov/pop/lds do at m->cpu.cpl;
 * checks, accessed bit. */
enum ab_result ab_load_seg(struct ab_machine *, unsigned seg, uint16_t sel);
/* far jmp, call and ret; iret; through gates and to tasks too. next = address
 * after the instruction. opsize 2, 4 or 8 */
enum ab_result ab_far_jmp(struct ab_machine *, uint16_t sel, uint64_t off,
			  unsigned opsize, uint64_t next);
enum ab_result ab_far_call(struct ab_machine *, uint16_t sel, uint64_t off,
			   unsigned opsize, uint64_t next);
enum ab_result ab_far_ret(struct ab_machine *, unsigned opsize, unsigned pop);
enum ab_result ab_iret(struct ab_machine *, unsigned opsize, uint64_t next);

/* ---- excp.c: exceptions and interrupts through the guest's IDT ---- */
/* Deliver m->fault with m->cpu.rip as the saved address; contributory and double
 * faults inside.  AB_OK, AB_UNSUPPORTED or AB_SHUTDOWN. */
enum ab_result ab_raise(struct ab_machine *);
/* Deliver vector with m->cpu.rip as the saved address (soft: int n, rip is
 * already the next instruction).  AB_FAULT only when (soft): rip is back at the
 * int3, into or int n that stands before it, and the caller calls ab_raise(). */
enum ab_result ab_deliver(struct ab_machine *, uint8_t vector, bool soft);
/* True when an interrupt waits and IF and the shadow let it in. */
bool ab_interrupt_ready(const struct ab_machine *);
/* True when an interrupt waits, whatever IF says. */
bool ab_interrupt_pending(const struct ab_machine *);
/* Acknowledge the highest interrupt and deliver it; clears halted. */
enum ab_result ab_interrupt(struct ab_machine *);

/* ---- emul.c, ops_*.c: one decoded instruction ---- */
/* Execute (insn) at m->cpu.rip.  On AB_OK rip is the next instruction, the
 * target, or the handler of a single-step trap; a rep string instruction that is
 * not through after some thousand iterations, or that an interrupt waits for,
 * leaves rip on itself.  On AB_FAULT registers are as before the instruction (rep
 * string instructions: as after the last whole iteration; task switches: see
 * task.c).  Sequences (AB_OP_STI_HLT...) are no instructions: decode and emulate
 * theirs one by one. */
enum ab_result ab_emulate(struct ab_machine *, const struct ab_insn *);
/* Effective address (offset, segment not applied) of a memory operand. */
uint64_t ab_effective_address(const struct ab_machine *, const struct ab_insn *,
			      const struct ab_operand *);
/* Shortcut that patched port sites use: no checks but the port itself. */
uint32_t ab_port_in(struct ab_machine *, uint16_t port, unsigned size);
void ab_port_out(struct ab_machine *, uint16_t port, unsigned size, uint32_t value);

/* ---- time ---- */
/* Device time has come (host->set_timer); raises interrupt lines. */
void ab_timer(struct ab_machine *);
/* A byte from the terminal for the serial port. */
void ab_console_in(struct ab_machine *, uint8_t byte);
/* How many bytes the serial port can take now. */
unsigned ab_console_room(const struct ab_machine *);

#endif
