/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The vCPU engine: runs guest code in compatibility mode inside this process
 * and brings every trap to wedge/core.  docs/hosted.md explains the whole;
 * here is the way through the files:
 *
 *   engine.c         start, the state between guest and core, what follows a trap
 *   engine_entry.S   the two ways between 64-bit and guest code
 *   engine_signal.c  host signals in and out
 *   engine_trap.c    what each trap means to the guest
 *   engine_site.c    patched sites: calls, undoing a half-done template, moving
 *                    the window
 *   engine_copy.c    sites in code that the guest has copied
 *   engine_fast.c    loads of selectors and changes of ring without any of this;
 *   engine_ring.S    the second of these
 *   engine_window.c  the window that stubs and the vCPU page lie in
 *   engine_shadow.c  guest pages laid into the low 4 GiB of this process
 *   engine_seg.c     guest segments as host selectors
 *   engine_space.c   the pool of processes, and the vCPU's way between them
 *   engine_user.c    where ring 3 runs; `separate`: in a space of its own
 *   engine_native.c  FPU and SSE instructions on memory that has no page
 *   engine_host.c    what wedge/core asks of its surroundings
 *   engine_bt.c      instead of compatibility mode: translated code (engine_bt.h)
 *
 * One process has one engine.  Code that a site's call can reach runs with the
 * guest's FPU, %fs and flags live: no SSE, no TLS, no libc (see ENGINE_CFLAGS).
 * Only engine_signal.c's way in restores libc's world, before it decodes.
 */
#ifndef AB_MONITOR_ENGINE_H
#define AB_MONITOR_ENGINE_H

/* offsets in struct engine, for engine_entry.S */
#define E_GPR		0
#define E_RIP		64
#define E_RFLAGS	72
#define E_CS		80
#define E_SS		88
#define E_DS		96
#define E_ES		100
#define E_FS		104
#define E_GS		108
#define E_STACK		112
#define E_RSP		120
#define E_FP		128
#define E_FP_MASK	136
#define E_ASYNC		144
#define E_SEGS_DIRTY	148
#define E_CALL_TF	152
#define E_GS_OWN	153
#define E_GS_BASE	156
#define E_BT_ON		160
#define E_BT_TARGET	168
#define E_BT_FLAGS	176
#define E_BT_ARG	184
#define E_BT_SLOTS	192
#define E_BT_DISPATCH	200
#define E_BT_MISS	208
#define E_BT_OP		216
#define E_BT_STEP	224
#define E_BT_PUSHF	232
#define E_BT_POPF	240
#define E_BT_CALL	248
#define E_BT_SCRATCH	256
#define E_BT_USER	264
#define E_BT_BASE	272
#define E_BT_SITE	296
#define E_BT_RETURN	304
#define E_BT_WAYS	312
#define E_BT_GEN	320
#define E_FAST		328

/* struct fast, for engine_ring.S: offsets in struct engine */
#define F_READY		(E_FAST + 0)
#define F_RING		(E_FAST + 4)
#define F_MOVED		(E_FAST + 8)
#define F_VIF		(E_FAST + 12)
#define F_HINT		(E_FAST + 16)
#define F_STAT		(E_FAST + 24)
#define F_VP		(E_FAST + 32)
#define F_UCS		(E_FAST + 40)
#define F_USS		(E_FAST + 44)
#define F_UDS		(E_FAST + 48)
#define F_UES		(E_FAST + 52)
#define F_HCS		(E_FAST + 56)
#define F_HSS		(E_FAST + 60)
#define F_HDS		(E_FAST + 64)
#define F_HES		(E_FAST + 68)
#define F_UDS3		(E_FAST + 72)
#define F_UES3		(E_FAST + 76)
#define F_UCS_VA	(E_FAST + 80)
#define F_USS_VA	(E_FAST + 84)
#define F_KCS_VA	(E_FAST + 88)
#define F_KSS_VA	(E_FAST + 92)
#define F_UCS_RAW	(E_FAST + 96)
#define F_USS_RAW	(E_FAST + 104)
#define F_KCS_RAW	(E_FAST + 112)
#define F_KSS_RAW	(E_FAST + 120)
#define F_IDT_RAW	(E_FAST + 128)
#define F_IDT_VA	(E_FAST + 136)
#define F_TSS_VA	(E_FAST + 140)
#define F_KCS		(E_FAST + 144)
#define F_KSS		(E_FAST + 148)
#define F_HANDLER	(E_FAST + 152)
#define F_USER_TOP	(E_FAST + 156)
#define F_EIP		(E_FAST + 160)
#define F_ESP		(E_FAST + 164)
#define F_EFL		(E_FAST + 168)

#include "monitor/selectors.h"

#ifdef __ASSEMBLER__
/* Last before iretq: guest code that turns to 64 bits sees nothing of ours. */
.macro NOTHING_MORE
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	xorl	%r12d, %r12d
	xorl	%r13d, %r13d
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d
.endm
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "abi/wedge.h"
#include "core/core.h"
#include "lib/decode.h"
#include "loader/loader.h"
#include "monitor/mon.h"
#include "monitor/engine_bt.h"

#define PAGE		4096u
#define PAGES_4G	(1u << 20)
#define REGIONS		1024u		/* of 4 MiB */

/* One page of the low 4 GiB, as this process has mapped it. */
enum {
	SH_PRESENT = 1, SH_WRITE = 2, SH_GLOBAL = 4,
	SH_LARGE = 8,			/* part of a large page: goes with all of it */
	SH_WINDOW = 16,			/* the wedge's: never the guest's */
	SH_USER = 32,
	SH_EXEC = 64,
	SH_CODE = 128,			/* engine_bt.c's slots lead there */
	SH_RUN = 128,			/* in segments: code can be fetched from it now */
};

struct shadow {
	uint64_t base;			/* where the guest's address 0 lies */
	uint32_t low;			/* lowest address that can be mapped */
	uint8_t *page;			/* PAGES_4G flags */
	uint32_t *frame;		/* PAGES_4G: which guest page is mapped there */
	/* Two-level paging: the guest's entries as they were when the page was
	 * mapped, to see at a glance that nothing has changed. */
	uint32_t *leaf;			/* PAGES_4G; 0: look closer */
	uint32_t directory[REGIONS];	/* of all pages in the 4 MiB; 0: of none */
	uint16_t count[REGIONS];	/* pages mapped in each 4 MiB */
	uint16_t globals[REGIONS];
	bool whole[REGIONS];		/* one large page fills it, by directory[] */
	uint32_t maps;			/* upper bound of host mappings */
	uint32_t maps_max;
};

/* What a process of the pool holds. */
enum space_kind { SPACE_KERNEL, SPACE_USER, SPACE_NEW };

#define LDT_SLOTS	512
struct ldt {
	struct { uint64_t base; uint32_t limit; uint16_t attr; uint16_t used; } slot[LDT_SLOTS];
	unsigned count, hand;
	unsigned tls;			/* bits of thread-local slots that are written */
};

/* A page fault that was given to the guest: see shadow_expect(). */
struct expect {
	bool wanted;
	uint8_t cpl;
	unsigned acc;
	uint32_t va;
	uint64_t rip, cr3;
};

/* One process of the pool, as all see it.  Half of them are the kernel's. */
#define SPACES		16u	/* at a time */
#define SPACES_EVER	(2 * SPACES)
enum { SPACE_NONE, SPACE_FLAT };	/* keys below any page directory's */
struct space {
	uint32_t go;			/* futex word; 1: the vCPU is given to it */
	uint32_t asleep;		/* waits by that futex */
	uint32_t kind;			/* SPACE_* */
	uint64_t key;			/* of the page directory; SPACE_NONE */
	uint64_t used;
} __attribute__((aligned(64)));

/* Shared by all processes of the pool; written by the one that has the vCPU. */
#define SPACE_LOG	64u
struct handover {
	struct space space[SPACES_EVER];
	uint64_t clock;			/* of space.used */
	uint32_t turn;			/* the space that has the vCPU */
	uint32_t home;			/* the kernel's, while ring 3 runs */
	uint32_t want, born, barren;	/* the nursery's */
	uint32_t first;			/* those before are never used again */
	uint32_t translate;		/* those from there on translate */
	uint32_t cpu;			/* the processor that all keep to */
	uint64_t settled;		/* since then, in cycles */
	/* invalidations: how many there were, the last ones' addresses, and the
	 * number of the last one that was wider than a page */
	uint64_t seq, seq_all, seq_global, seq_reset;
	uint32_t log[SPACE_LOG];
	/* fields of struct engine that travel with the vCPU */
	uint64_t deadline, paging_mode, user_top;
	uint32_t shadow_rip, debug_rip, window, window_end, text_end;
	int debug_stop;
	bool limits, user_fixed, debug_step;
	struct expect expect;
	/* the trap that ended a stretch of ring-3 code */
	int32_t sig, trapno;
	uint32_t err;
	uint64_t cr2;
	uint8_t fp[16384] __attribute__((aligned(64)));	/* XSAVE image */
};

/* What is known about copied code, shared by all processes of the pool. */
#define COPY_WINDOWS	8u
#define COPY_LOG	16u
struct copies {
	uint32_t nwindow;
	uint32_t window[COPY_WINDOWS];	/* that there were, the first one first, */
	uint32_t now;			/* and the one that there is */
	bool jumps;			/* code could be copied that leads astray */
	uint32_t seq, log[COPY_LOG];	/* pages that shall be mapped in one place only */
	uint8_t page[];			/* by guest page: its state */
};

/* How a guest page may be mapped: to be run and written to; to be run; to be written to,
 * until it was looked at; to be read, until it is clear what for. */
enum copy_page { COPY_FREE, COPY_RUNS, COPY_UNSEEN, COPY_FOUND };

struct trap {
	int sig, trapno;
	uint32_t err;			/* of a #DB: it is no single step */
	uint32_t cr2;
};

/* What code that does not come through m->cpu goes by; see engine_fast.c. */
struct fast {
	uint32_t ok;			/* the short ways between rings may be taken */
	uint32_t ring;			/* which one they have led to */
	uint32_t moved;			/* they were taken: m->cpu is behind */
	uint32_t vif;			/* of the handler of int $0x80 */
	const uint8_t *hint;		/* m->irq_hint */
	uint64_t *stat;
	struct ab_vcpu_page *vp;
	/* ring 3: the guest's selectors, and the host's */
	uint32_t ucs, uss, uds, ues;
	uint32_t hcs, hss, hds, hes;	/* in ring 3; hds, hes: as AB_VCPU_HSEL has them */
	uint32_t uds3, ues3;		/* in ring 3 */
	/* descriptors and the gate, by linear address, and their bytes */
	uint32_t ucs_va, uss_va, kcs_va, kss_va;
	uint64_t ucs_raw, uss_raw, kcs_raw, kss_raw, idt_raw;
	uint32_t idt_va, tss_va;	/* tss_va: of esp0 */
	uint32_t kcs, kss, handler, user_top;
	uint32_t eip, esp, efl;		/* where a short way leads */
	/* not for engine_ring.S */
	bool good, stale;
	bool missed;			/* a page was not mapped: */
	uint32_t missed_va;
	unsigned missed_acc;
	uint64_t gdt, idt, tss;		/* that all this was taken from */
	uint32_t gdt_limit;
	struct ab_seg user[AB_SEG_COUNT], kernel[AB_SEG_COUNT];
	uint64_t top;			/* user_top under limits */
	uint32_t window;
	struct ab_selcache cache[AB_SEG_COUNT][AB_CACHE_WAYS];	/* vp->cache, as this
					   process's LDT makes it */
	struct ab_seg seg[AB_SEG_COUNT][AB_CACHE_WAYS];	/* and as segments */
	struct ab_seg known[AB_SEG_COUNT];	/* segments that out_* are for */
	uint32_t out_sel[AB_SEG_COUNT], out_hsel[AB_SEG_COUNT];
	uint8_t way[AB_SEG_COUNT];
};

struct engine {
	/* registers of the guest code that was left; known to engine_entry.S */
	uint64_t gpr[8];
	uint64_t rip, rflags;
	uint64_t cs, ss;
	uint32_t ds, es, fs, gs;
	uint8_t *stack;			/* top of the monitor's stack */
	uint64_t rsp;			/* where engine_resume() was called */
	void *fp;			/* XSAVE image to restore, NULL: it is live */
	uint64_t fp_mask;
	uint32_t async;			/* a signal came while in 64-bit code */
	uint32_t segs_dirty;		/* ds, es, fs, gs must be loaded */
	bool call_tf;			/* the guest had TF set at a vsyscall site's call */
	bool gs_own;			/* gs is one of the thread-local selectors */
	uint32_t gs_base;		/* its own where gs_own is set: engine_seg.c */
	/* what translated code works with; bt_on: guest code is translated */
	uint32_t bt_on;
	const uint8_t *bt_target;
	uint64_t bt_flags, bt_arg;
	struct bt_way *bt_slots;
	const char *bt_dispatch, *bt_miss, *bt_exit_op, *bt_exit_step, *bt_pushf, *bt_popf,
		*bt_call;
	uint64_t bt_scratch;
	uint64_t bt_user_base;
	uint32_t bt_base[AB_SEG_COUNT];
	const char *bt_site, *bt_return;
	struct bt_way *bt_ways;
	uint64_t bt_gen;
	struct fast fast;

	struct mon *mon;
	struct ab_machine *m;
	struct ab_vcpu_page *vp;	/* the vCPU page, above 4 GiB */
	enum space_kind kind;
	struct shadow sh;		/* where guest code runs */
	struct shadow ush;		/* translated code of ring 3 has its own */
	struct shadow *view;		/* engine_shadow.c: the one in hand */
	struct ldt ldt;
	struct handover *ho;
	uint32_t self;			/* this process's number in the pool */
	uint64_t seen;			/* of the log of invalidations */
	uint64_t processors[64];	/* that the host lets it have, as a mask */
	uint32_t processors_size;	/* bytes of it */
	uint32_t kept_to;		/* one of them */
	uint64_t host_fsbase;
	uint64_t deadline;		/* of the device timer, ns; 0: none */
	int timer;			/* kernel timer id */
	uint64_t armed;			/* what it was set to */
	uint32_t window, window_end;	/* linear; equal when there is none */
	uint32_t text_end;
	uint32_t stubs_at;		/* the window that site[].stub is for */
	uint8_t *text;			/* the window's text, above 4 GiB */
	uint32_t *site_pa;		/* numbers of good sites by physical address */
	size_t nsite_pa;
	struct copies *copies;		/* engine_copy.c */
	uint32_t copies_seen;		/* of its log */
	struct { uint32_t disp, site; } *jump;	/* displacements of sites' jumps, as loaded, */
	uint32_t njump, *jump_hash, jump_mask;	/* and a hash of those: 1 + number in it */
	uint32_t jump_least, jump_range;	/* where all these displacements lie */
	uint32_t *inline_site, ninline;	/* numbers of sites, one for each inline code; */
	uint32_t *hlt_site, nhlt;	/* of those that begin with a hlt */
	uint8_t copy_first[32];		/* bits of all these sites' first bytes */
	struct ab_insn *seq;		/* 2nd and further instructions of sequences, */
	uint32_t *seq_first;		/* by site number */
	bool doorbell_armed;
	bool window_closed;		/* to rings 1 and 2: their sites are emulated */
	bool step;			/* TF is ours: settle after one instruction */
	bool stepped;			/* it was on when the guest was left */
	bool step_tf;			/* the guest's own TF meanwhile */
	bool debug_step;		/* the debugger wants one instruction */
	int debug_stop;			/* stop for it: a signal's number */
	uint32_t debug_rip;		/* where the step began */
	bool mended;			/* a selector was, at this trap */
	bool limits;			/* ring 3 runs here, below user_top */
	bool user_fixed;		/* how ring 3 runs is decided for this mode */
	uint64_t paging_mode;		/* cr4 and cr0 bits that were in force */
	uint64_t user_top;
	uint32_t shadow_rip;		/* where cpu.shadow was set */
	uint8_t *native;		/* code page of engine_native.c, NULL: none */
	uint8_t native_fault;		/* what was raised there; 0xff: nothing */
	uint32_t last_fault;		/* the same fault again and again: a bug */
	unsigned last_fault_count;
	uint16_t hsel[AB_SEG_COUNT];	/* host selectors in force, */
	uint16_t hsel0[AB_SEG_COUNT], hsel3[AB_SEG_COUNT];	/* and by ring, */
	struct ab_seg hseg[AB_SEG_COUNT];	/* for these segments */
	uint8_t hcpl;
	struct expect expect;
	struct bt bt;
};

extern struct engine engine __attribute__((visibility("hidden")));

/* engine_entry.S */
void engine_call_entry(void);		/* where patched sites' far jumps arrive */
_Noreturn void engine_resume(void);	/* to guest code, by engine's registers */
extern const char engine_resume_begin[], engine_resume_end[];

static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

/* engine.c */
void engine_call(void);			/* from engine_call_entry */
void engine_async(void);		/* from engine_resume: signals came */
void engine_state_in(struct engine *);	/* engine's registers -> m->cpu */
void engine_leave(struct engine *);	/* settle, m->cpu -> engine's registers */
void engine_state_out(struct engine *);
void engine_check(struct engine *, enum ab_result);	/* deliver, or end the run */
void engine_emulate(struct engine *, const struct ab_insn *, unsigned kind);
/* The same, counted as (op), with the class of the page that it touches. */
void engine_emulate_as(struct engine *, const struct ab_insn *, unsigned kind,
		       unsigned op, unsigned page_class);
_Noreturn void engine_died(struct engine *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void engine_poll(struct engine *);	/* clock, console, kicks */

/* engine_trap.c */
_Noreturn void engine_trap_entry(struct engine *, const struct trap *);
void engine_trap(struct engine *, const struct trap *);
/* A sensitive instruction at cpu.rip, not a patched one. */
void engine_privileged(struct engine *, const struct ab_insn *);
void engine_undefined(struct engine *);
void engine_gp0(struct engine *);	/* #GP, error code 0 */
/* Emulate (in) if its memory operand is a device's; false: it is not. */
bool engine_device(struct engine *, const struct ab_insn *in);

/* engine_signal.c */
void signal_init(struct engine *);
/* Before anything of libc's or Zydis' is called; the guest's FPU state must not be
 * live then. */
/* Has ring 0 got a ds of ring 3's that is no flat one?  Then the host's is null. */
bool seg_left_over(const struct engine *);
void libc_world(struct engine *);
/* Can code at CPL 3 set the base of gs apart from its selector? */
bool signal_has_gsbase(void);
bool trap_is_async(const struct trap *);
/* The instruction at cpu.rip into *insn (a -t none site's original).  False after
 * the guest's own fault was delivered. */
bool trap_decode(struct engine *, struct ab_insn *insn);

/* cpu.rip as a linear address. */
static inline uint32_t linear_ip(const struct engine *e)
{
	return (uint32_t)(e->m->cpu.seg[AB_SEG_CS].base + e->m->cpu.rip);
}

/* engine_site.c */
enum site_undo { UNDO_NONE, UNDO_START, UNDO_END };
void site_init(struct engine *);
struct ab_site *site_at(struct engine *, uint32_t ip, uint32_t *delta);
struct ab_site *site_displaced(struct engine *, uint32_t ip, uint32_t *delta);
unsigned site_original(struct engine *, uint32_t ip, const uint8_t **bytes);
bool site_after_sti(struct engine *, uint32_t ip);
enum site_undo site_undo(struct engine *);
void site_call(struct engine *, struct ab_site *, uint32_t delta);

/* engine_copy.c */
void copy_init(struct engine *);
/* Does at linear (ip) stand what the loader wrote over (s)? */
bool copy_intact(struct engine *, const struct ab_site *s, uint32_t ip);
/* The site that the code at linear (ip) was copied from. */
struct ab_site *copy_find(struct engine *, uint32_t ip);
/* site_after_sti() in a copy. */
bool copy_after_sti(struct engine *, uint32_t ip);
/* A jump at linear (ip) with displacement (disp): from a site, but not to its stub? */
bool copy_astray(struct engine *, uint32_t ip, uint32_t disp);
/* Copied inline code at linear (ip), (bytes), from before the window moved? */
bool copy_stale(struct engine *, uint32_t ip, const uint8_t *bytes);
/* The site whose jump, executed elsewhere, led to linear (ip); *delta: how far from its
 * link address it stands. */
struct ab_site *copy_jumped(struct engine *, uint32_t ip, uint32_t *delta);
/* Linear page (va), mapped as (frame), is about to be run: true when no copied jump there
 * leads astray.  (mend): none does any more. */
bool copy_look(struct engine *, uint32_t va, uint32_t frame, bool mend);
/* The same of the image's own code, which shall not be changed. */
bool copy_image_look(struct engine *, uint32_t va, uint32_t frame);
enum copy_page copy_page(const struct engine *, uint32_t frame);
/* Guest code writes to (frame), from which code could be fetched. */
void copy_stored(struct engine *, uint32_t frame);
/* (frame), which is COPY_FOUND, can now be run or written to at linear page (page): in no
 * other place, of no process. */
void copy_alone(struct engine *, uint32_t page, uint32_t frame);
void copy_catch_up(struct engine *);
/* The window moves to (at). */
void copy_window(struct engine *, uint32_t at);

/* engine_debug.c */
void debug_look(struct engine *);
bool debug_breakpoint(struct engine *);

/* engine_shadow.c: this process's pages.  What the guest invalidates is for all
 * spaces: space_flush_page() and its kin. */
void shadow_init(struct engine *);
struct shadow *shadow_view(struct engine *);	/* that of the guest's ring */
enum shadow_result { SHADOW_DONE, SHADOW_EMULATE, SHADOW_GUEST };
/* Resolve a fault at (va): map the page, or say that the access must be
 * emulated, or that it is the guest's own (m->fault set). */
enum shadow_result shadow_fault(struct engine *, uint32_t va, unsigned acc);
void shadow_page(struct engine *, uint32_t va);
void shadow_flush(struct engine *, bool global_too);
void shadow_reset(struct engine *);
void shadow_expect(struct engine *);
bool shadow_fits(struct engine *);
void shadow_range(struct engine *, uint32_t at, uint32_t size);
/* All mappings of guest page (frame) go, but that at linear page (but). */
void shadow_frame(struct engine *, uint32_t frame, uint32_t but);

/* engine_space.c */
void space_init(struct engine *);
bool space_has_turn(struct engine *);
void space_flush_page(struct engine *, uint32_t va);
void space_flush_all(struct engine *, bool global_too);
void space_reset_all(struct engine *);
void space_apply(struct engine *);
/* The guest's FPU state, where it is live, into the image that travels with the vCPU:
 * before code that may use the FPU. */
void space_fp_keep(struct engine *);
void space_lend(struct engine *, uint32_t to);
uint32_t space_user(struct engine *);
bool space_settle(struct engine *);
_Noreturn void space_translate(struct engine *);
void space_unsettle(struct engine *);

/* engine_native.c */
void native_init(struct engine *);
enum ab_result native_run(struct ab_machine *, const struct ab_insn *, void *buf);
/* In 64-bit code the W of VEX and EVEX makes general registers 64 bits wide; in 32-bit
 * code it means nothing there.  (op): prefix of three or four bytes. */
bool native_w_is_width(const struct ab_insn *, const uint8_t *op);
/* Was that fault at *ip the rewritten instruction's?  Then *ip is where to go on. */
bool native_faulted(struct engine *, uint64_t *ip, int trapno);

/* engine_window.c */
void window_lay(struct engine *);
void window_doorbell(struct engine *, bool armed);
/* Templates are right for rings 0 and 3.  In rings 1 and 2 privilege counts, so
 * there each access to the vCPU page shall fault and the op be emulated. */
void window_close(struct engine *, bool closed);
void window_check(struct engine *);
void window_check_near(struct engine *, uint32_t va);	/* (va) is used, or flushed */
/* Template code that stands at (code): addresses move by (delta); so does the code
 * itself when it is a stub. */
void window_move_code(struct engine *, const struct ab_wedge_template *, uint8_t *code,
		      uint32_t delta, bool stub);
/* Another space had the vCPU: its window, or none, is this space's from now on. */
void window_adopt(struct engine *, uint32_t window, uint32_t end, uint32_t text_end);

/* engine_seg.c */
static inline bool seg_same(const struct ab_seg *a, const struct ab_seg *b)
{
	return a->sel == b->sel && a->attr == b->attr && a->limit == b->limit &&
	       a->base == b->base;
}
void seg_out(struct engine *);		/* cpu.seg -> host selectors */
void seg_in(struct engine *);		/* selectors that the guest loaded by itself */
bool seg_limits_fault(struct engine *, const struct ab_insn *);

/* engine_fast.c, engine_ring.S */
void engine_iret_entry(void);		/* where an iret's far jump arrives */
void engine_vsyscall_entry(void);	/* where a vDSO's far call arrives */
extern const char fast_iret_begin[], fast_iret_commit[], fast_iret_end[],
	fast_iret_slow[], fast_vsyscall_begin[], fast_vsyscall_commit[],
	fast_vsyscall_end[], fast_vsyscall_slow[];
void engine_vsyscall(void);
void engine_fast_async(void);
void fast_init(struct engine *);
void fast_sync(struct engine *);	/* m->cpu follows */
void fast_out(struct engine *);		/* guest code will run by m->cpu */
void fast_flush(struct engine *);
void fast_adopt(struct engine *);	/* the vCPU came from another process */
uint64_t fast_signal(struct engine *, uint64_t ip, bool async, uint64_t va, unsigned acc);
/* What stands at vsyscall sites: the guest's own int, the far call that serves
 * `limits`, or a trap that costs less than the int.  One that the guest has
 * written over stays as the guest wants it. */
enum vsyscall_as { VSYSCALL_INT, VSYSCALL_CALL, VSYSCALL_HLT };
void vsyscall_set(struct engine *, enum vsyscall_as);
/* Was that #GP such a trap?  Then the guest is in its handler now. */
bool vsyscall_trap(struct engine *);

/* engine_user.c */
void user_init(struct engine *);
/* The page-directory entry that covers linear (va); no side effects. */
uint64_t directory_entry(struct engine *, uint64_t va);
void user_choose(struct engine *);	/* before ring 3 is entered */
/* Ring 3 is about to run code above user_top: its fault is delivered (true), or
 * limits are given up (false). */
bool user_beyond_limits(struct engine *);
void user_abandon_limits(struct engine *);
void user_run(struct engine *, struct trap *);	/* until ring 3 traps */
_Noreturn void user_trap(struct engine *, const struct trap *);
_Noreturn void user_enter(struct engine *);	/* ring 3's space has the vCPU */

/* engine_host.c */
extern const struct ab_host engine_host;
void host_init(struct engine *);
void host_timer(struct engine *);	/* timers are not inherited */
void host_arm(struct engine *, uint64_t ns);
uint64_t host_now(void);
/* Tell the disk devices of requests that are done. */
void host_disk_poll(struct ab_machine *);

_Static_assert(__builtin_offsetof(struct engine, rip) == E_RIP, "engine_entry.S");
_Static_assert(__builtin_offsetof(struct engine, cs) == E_CS, "engine_entry.S");
_Static_assert(__builtin_offsetof(struct engine, gs) == E_GS, "engine_entry.S");
_Static_assert(__builtin_offsetof(struct engine, stack) == E_STACK, "engine_entry.S");
_Static_assert(__builtin_offsetof(struct engine, rsp) == E_RSP, "engine_entry.S");
_Static_assert(__builtin_offsetof(struct engine, fp_mask) == E_FP_MASK, "engine_entry.S");
_Static_assert(__builtin_offsetof(struct engine, async) == E_ASYNC, "engine_entry.S");
_Static_assert(__builtin_offsetof(struct engine, segs_dirty) == E_SEGS_DIRTY, "engine_entry.S");
_Static_assert(__builtin_offsetof(struct engine, gs_own) == E_GS_OWN, "engine_entry.S");
_Static_assert(__builtin_offsetof(struct engine, gs_base) == E_GS_BASE, "engine_entry.S");
_Static_assert(__builtin_offsetof(struct engine, call_tf) == E_CALL_TF, "engine_ring.S");
_Static_assert(__builtin_offsetof(struct engine, bt_on) == E_BT_ON, "engine_entry.S");
_Static_assert(__builtin_offsetof(struct engine, bt_slots) == E_BT_SLOTS, "engine_entry.S");
_Static_assert(__builtin_offsetof(struct engine, bt_exit_step) == E_BT_STEP, "bt_emit.c");
_Static_assert(__builtin_offsetof(struct engine, bt_call) == E_BT_CALL, "bt_emit.c");
_Static_assert(__builtin_offsetof(struct engine, bt_base) == E_BT_BASE, "bt_addr.c");
_Static_assert(__builtin_offsetof(struct engine, bt_site) == E_BT_SITE, "bt_emit.c");
_Static_assert(__builtin_offsetof(struct engine, bt_return) == E_BT_RETURN, "bt_emit.c");
_Static_assert(__builtin_offsetof(struct engine, bt_ways) == E_BT_WAYS, "engine_entry.S");
_Static_assert(__builtin_offsetof(struct engine, bt_gen) == E_BT_GEN, "engine_entry.S");
_Static_assert(__builtin_offsetof(struct engine, fast) == E_FAST, "engine_ring.S");
_Static_assert(__builtin_offsetof(struct engine, fast.vp) == F_VP, "engine_ring.S");
_Static_assert(__builtin_offsetof(struct engine, fast.ues) == F_UES, "engine_ring.S");
_Static_assert(__builtin_offsetof(struct engine, fast.hes) == F_HES, "engine_ring.S");
_Static_assert(__builtin_offsetof(struct engine, fast.kss_va) == F_KSS_VA, "engine_ring.S");
_Static_assert(__builtin_offsetof(struct engine, fast.idt_raw) == F_IDT_RAW, "engine_ring.S");
_Static_assert(__builtin_offsetof(struct engine, fast.user_top) == F_USER_TOP, "engine_ring.S");
_Static_assert(__builtin_offsetof(struct engine, fast.efl) == F_EFL, "engine_ring.S");
#endif
#endif
