/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The translating engine: 32-bit guest code on hosts that run 64-bit user code
 * only (IA-32 emulation off, PVM guests).  docs/hosted.md, "Hosts without 32-bit
 * code".
 *
 *   bt_emit.c        one block of guest code into host code
 *   bt_addr.c        the same, one instruction's memory operand
 *   engine_bt.c      blocks, the table that finds them, the ways in and out
 *   engine_bt_mem.c  guest pages that hold translated code
 *
 * Everything else of the engine is the same: guest pages lie in the low 4 GiB of
 * the process (an address-size prefix keeps 64-bit code below that), a fault in
 * translated code is brought to the guest's instruction, and wedge/core emulates.
 *
 * Ring 3 has a view of its own, another 4 GiB at the base of gs, in which no page
 * of the kernel's is mapped: its memory operands have a gs prefix.  It runs in the
 * kernel's process, whatever --user says, and cannot reach more.
 *
 * In translated code the guest's eax..edi are rax..rdi, its esp is rsp, its flags
 * are the flags; r8 is struct engine, r9 to r12 are scratch, r13 to r15 are for
 * struct bt_way.  Every translation of
 * an instruction can be begun again until its last host instruction is done, so
 * that an interrupt finds the guest before or after it.
 */
#ifndef AB_MONITOR_ENGINE_BT_H
#define AB_MONITOR_ENGINE_BT_H

#include <stdbool.h>
#include <stdint.h>
#include "abi/insn.h"

struct engine;

/* How a segment's memory can be reached. */
enum bt_reach {
	BT_EMULATED,		/* by wedge/core, which looks at limits and rights */
	BT_FLAT,
	BT_BASED,		/* all of 4 GiB, from a base on */
};

/* What a translation depends on, besides the code and its address. */
struct bt_context {
	uint32_t cs_base, cs_limit;
	uint8_t reach[AB_SEG_COUNT];	/* enum bt_reach */
	uint8_t read_only;		/* bits of segments */
	uint8_t user;			/* ring 3: memory lies at the base of gs */
	uint8_t no_fpu;			/* CR0.TS or EM: its instructions fault; */
	uint8_t no_sse, no_xsave, no_avx;	/* CR4 or XCR0 do not enable them */
};

/* Where a block's host code stands for which guest instruction. */
struct bt_mark {
	uint16_t host;			/* offset in the block */
	uint16_t how;			/* BT_MARK_* */
	uint32_t eip;
};

#define BT_MARK_R9	1u	/* the guest is at the address in r9, */
#define BT_MARK_RCX	2u	/* its ecx is in r11, */
#define BT_MARK_EBP	4u	/* its ebp in r9, */
#define BT_MARK_PUSHED	8u	/* its esp is still to go down by four, */
#define BT_MARK_RETURN	16u	/* and the return way at its esp is half written */

struct bt_block {
	uint64_t pa;			/* of its first byte */
	uint32_t eip;
	uint16_t context;
	uint16_t marks;			/* how many */
	uint32_t first_mark;
	uint32_t host, host_end;	/* offsets in the cache */
	uint32_t frame, frame2;		/* pages that its code lies in; BT_NONE */
	uint16_t len, len2;		/* bytes of it in each */
	uint32_t next_hash, next[2];	/* 1 + number; of frame, of frame2 */
	bool dead;
};

/* What a jump to a block of the same page leads to until that is known. */
struct bt_cold {
	uint8_t code[20];
	uint32_t to;
	uint32_t block, rel32;		/* that jumps; its displacement, in the cache */
};

#define BT_NONE		0xffffffffu
/* Room for the code of a large program, a compiler: some 150,000 blocks.  Only what is
 * used of it takes memory. */
#define BT_CACHE	(128u << 20)
#define BT_BLOCKS	(1u << 19)
#define BT_MARKS	(1u << 24)
#define BT_MARKS_MAX	(8u * BT_INSN_MAX)	/* of one block */
#define BT_INSNS	(1u << 17)
#define BT_HASH		(1u << 20)
#define BT_CONTEXTS	16u
#define BT_SLOTS	65536u
#define BT_RETURNS	65536u
#define BT_SITES	(1u << 19)
#define BT_SLOW	4096u		/* a power of two */
#define BT_NEEDLESS	256u
#define BT_STARTS	(1u << 24)	/* bits: 4,096 pages */
#define BT_BLOCK_MIN	32u		/* bytes of host code */
#define BT_BLOCK_MAX	16384u
#define BT_INSN_MAX	64u		/* instructions of a block */

/* The way from a guest address to its translation.  There are tables of them
 *	by the address's low 16 bits, for each context;
 *	by the low 16 bits of the esp at which a call left its return address;
 *	by the place that jumps, where that is to another page.
 * (tag) is (generation << 32) - address, the latter's sign extended: what is compared
 * by additions, which change no flag.  A generation ends when pages go that ways lead
 * to; it counts apart for each ring's view, and says the context as well, so it is never
 * the same as another's.  r13 is e->bt_ways, r14 the generation << 32, r15 -r14. */
struct bt_way {
	uint64_t tag;
	const uint8_t *host;
};
#define BT_WAY_NONE	0x80000000u	/* address to which no way leads */
#define BT_GENERATIONS	(1u << 26)
#define BT_STALE_KERNEL	1u
#define BT_STALE_USER	2u
#define BT_STALE_BOTH	(BT_STALE_KERNEL | BT_STALE_USER)

/* How a process of the pool finds its way through the translations. */
struct bt {
	struct bt_way *slot[BT_CONTEXTS];	/* BT_SLOTS for each context */
	struct bt_way *way;		/* BT_RETURNS, then BT_SITES */
	uint32_t views[2];		/* generations, of the kernel's and of ring 3's */
	struct bt_context context;	/* that guest code runs in, */
	uint32_t now;			/* and its number */
	bool known;			/* it was chosen */
	bool code16;			/* guest code is 16-bit code, which is not translated */
	unsigned stale;			/* BT_STALE_*: ways may lead astray */
	bool stepping;			/* one instruction was to be run, */
	bool step_done;			/* and was, when a signal came */
	struct bt_cold *link;		/* of the jump that leads to the next block */
	uint32_t seen, generation, epoch;	/* of struct bt_shared */
	struct bt_block one;		/* of a single step */
	uint16_t needless[BT_NEEDLESS];	/* times that a slow instruction met memory that
					   is mapped, since it last did not; by rip */
	/* shared with all others */
	struct bt_shared *sh;
	uint8_t *cache;
	struct bt_block *block;
	struct bt_mark *mark;
	struct ab_insn *insn;		/* of instructions that leave translated code */
	uint32_t *hash;			/* BT_HASH: 1 + number of a block */
	uint32_t *starts;		/* BT_STARTS bits: where blocks may begin */
	uint32_t *frame;		/* 1 + number of a block, by guest page */
	uint32_t nframes;
};

/* The processes of the pool run one at a time, so they share one set of
 * translations; and they tell each other about code in guest RAM. */
#define BT_LOG		256u
enum { BT_BECAME_CODE, BT_WAS_WRITTEN };
struct bt_shared {
	uint32_t used, cold;		/* up to; from there on: of the cache */
	uint32_t nblock, nmark, ninsn, nsite;
	uint32_t ncontext;
	struct bt_context context[BT_CONTEXTS];
	uint32_t generation;		/* all translations went */
	uint32_t epoch, flushed;	/* code was changed by the monitor itself; and all
					   translations went for it */
	uint32_t seq;			/* of log[] */
	uint32_t log[BT_LOG];		/* page << 1 | BT_* */
	uint64_t slow[BT_SLOW];	/* physical addresses of instructions that
					   have met memory without a mapping */
	uint8_t state[];		/* by guest page: BT_CODE, times written */
};
#define BT_CODE		1u
#define BT_QUICK	1024u		/* needless: slow no more */
#define BT_HOT		16u		/* written so often: emulate what misses code */

/* ---- engine_bt.c ---- */
void bt_init(struct engine *);
/* The guest's segments, after every change: which context its code runs in. */
void bt_context(struct engine *);
/* A signal came at g's registers: were they a guest's?  Then they are made so. */
bool bt_interrupted(struct engine *, long long *g);
/* (frame2): the page behind, BT_NONE where it does not matter. */
struct bt_block *bt_block_at(struct engine *, uint64_t pa, uint32_t eip, uint32_t frame2);
/* May a block begin at (pa)?  No is certain. */
bool bt_starts(const struct engine *, uint64_t pa);
/* All translations go. */
void bt_flush(struct engine *);
/* The block goes: what jumps to it looks for the next one. */
void bt_kill(struct engine *, struct bt_block *);
/* Called from translated code: engine_entry.S. */
void bt_prepare(void);
void bt_missed(void);
void bt_op(void);
void bt_stepped(void);
/* A single step of translated code is over, one way or the other. */
void bt_step_end(struct engine *);
/* Likewise, where a signal came: true when the instruction is done. */
bool bt_step_over(struct engine *);

/* The instruction at physical (pa) has met device memory, or data beside code: it
 * shall leave translated code from now on, which costs less than a fault. */
void bt_slow(struct engine *, uint64_t pa);
bool bt_is_slow(const struct engine *, uint64_t pa);
/* The instruction at cpu.rip left: (need) it?  One that has not needed it for long is
 * translated like any other again. */
void bt_slow_hit(struct engine *, bool need);

/* ---- engine_bt_mem.c ---- */
/* May (frame) be mapped writable?  Not while it holds translated code. */
bool bt_writable(const struct engine *, uint32_t frame);
/* Guest code writes to (frame), which holds translated code: true when it may be
 * mapped for that, false when the store is to be emulated. */
bool bt_write_fault(struct engine *, uint32_t frame);
/* Linear page (page), which is mapped as (frame), may be written to again. */
bool bt_unprotect(struct engine *, uint32_t page, uint32_t frame);
/* Pages [first, first + n) were mapped writable: those that may not be, are not. */
void bt_protect_range(struct engine *, uint32_t first, uint32_t n);
/* The monitor has written to guest RAM. */
void bt_stored(struct engine *, uint64_t pa, uint64_t len);
/* (block) holds code of its (nth) page. */
void bt_hold(struct engine *, struct bt_block *, unsigned nth);
/* Translations of (frame) go, whatever it holds. */
void bt_forget(struct engine *, uint32_t frame);
/* Sites or stubs were changed, or a debugger's breakpoints. */
void bt_changed(struct engine *);
/* This process gets the vCPU: what happened meanwhile. */
void bt_catch_up(struct engine *);

/* ---- bt_emit.c ---- */
struct bt_source {
	const uint8_t *code;		/* as much as is contiguous in the first page, */
	uint32_t size;
	const uint8_t *code2;		/* and in the second */
	uint32_t size2;
	uint32_t eip, limit;
	bool window;			/* the wedge's own code */
	bool step;			/* one instruction, then bt_stepped() */
};
/* Translate from source's eip on into (b), which has its host, context and marks'
 * beginning set; fills host_end and marks.  Returns the bytes of guest code. */
uint32_t bt_translate(struct engine *, const struct bt_source *, struct bt_block *b);
/* BT_BLOCK_MIN bytes at most, over code that must not run: to whatever now is at (eip). */
void bt_put_dispatch(uint8_t *host, uint32_t eip);

/* engine_entry.S */
extern const char bt_dispatch[], bt_site[], bt_return[], bt_dispatch_end[];
extern const char bt_pushf[], bt_popf[], bt_flags_end[];
void bt_miss(void);
void bt_exit_op(void);
void bt_exit_step(void);

#endif
