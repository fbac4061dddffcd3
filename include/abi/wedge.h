/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wedge ABI, version 2: what a wedge object offers to the loader, and the
 * vCPU page that patched code works on.  Specification: docs/wedge-abi.md.
 * Usable from assembly (constants only) and from freestanding C11.
 *
 * A wedge is a relocatable ELF object (ET_REL) without undefined symbols and
 * without relocations, holding two sections:
 *
 *   .ab.manifest   struct ab_wedge_manifest, then the template rows, hole rows
 *                  and unwind rows that it counts, in this order, packed
 *   .ab.text       template code, and the wedge's own code (position
 *                  independent), addressed by offsets from its start
 *
 * and, when it carries its whole machine into the guest's file (AB_WEDGE_EMBEDS):
 *
 *   .ab.image      code and data at a fixed linear address, from struct ab_embed on
 *   .ab.note       ELF notes that the patched file gets
 *
 * A *template* is code that does one op.  The loader copies it either over the
 * site (AB_FORM_INLINE) or into a per-site stub that the site jumps to
 * (AB_FORM_STUB), and fills its *holes*.  The first row whose op, operands,
 * length and dead registers match a site is used.
 *
 * Every instruction of a template can be undone: an *unwind row* says how to
 * get the registers at the site back when a fault or an interrupt comes with
 * the instruction pointer at that offset.  So the guest only ever sees the
 * site's own address.
 */
#ifndef AB_ABI_WEDGE_H
#define AB_ABI_WEDGE_H

#define AB_WEDGE_ABI		2
#define AB_WEDGE_MAGIC		0x4447574241ull	/* "ABWGD" */

/* vCPU page: offsets.  The i386 page is used by 32-bit code at an absolute
 * address; fields are 4 bytes unless said otherwise. */
#define AB_VCPU_VIF		0x00	/* s8: 0 enabled, AB_VIF_OFF disabled */
#define AB_VCPU_SITE		0x04	/* number of the site that calls */
#define AB_VCPU_SYSFLAGS	0x08	/* guest EFLAGS bits that hardware cannot hold
					   (IOPL, AC, NT...): added by pushf */
#define AB_VCPU_CR0		0x10
#define AB_VCPU_CR2		0x14
#define AB_VCPU_CR3		0x18
#define AB_VCPU_CR4		0x1c
#define AB_VCPU_SEL		0x20	/* six selectors in AB_SEG_* order, zero-extended */
#define AB_VCPU_LDTR		0x38
#define AB_VCPU_TR		0x3c
#define AB_VCPU_PENDING		0x40	/* nonzero: an interrupt waits */
#define AB_VCPU_HSEL		0x48	/* what the target has in the six segment registers;
					   see AB_VCPU_CACHE */
#define AB_VCPU_NULL		0x60	/* eight zero bytes */
#define AB_VCPU_SCRATCH		0x68	/* four words for stubs that may use no stack */
#define AB_VCPU_COUNTS		0x80	/* reserved for call counters */

/* Selectors whose descriptors are known, AB_CACHE_WAYS for each segment register
 * in AB_SEG_* order.  While a descriptor's eight bytes are still what they were,
 * loading the selector in ring 0 is loading the target's own.  Differences are
 * kept negated, to be compared by lea and jecxz, which change no flag. */
#define AB_VCPU_CACHE		0x100
#define AB_CACHE_WAYS		2
#define AB_CACHE_SIZE		24	/* bytes of an entry */
#define AB_CACHE_NSEL		0	/* - selector; AB_CACHE_NONE: empty */
#define AB_CACHE_VA		4	/* linear address of the descriptor */
#define AB_CACHE_NLO		8	/* - its low half */
#define AB_CACHE_NHI		12	/* - its high half */
#define AB_CACHE_HSEL		16	/* the target's selector (low half), AB_HSEL_* */
#define AB_CACHE_NONE		1	/* no selector is -1 */
#define AB_HSEL_RING0		0x10000	/* not what ring 3 would have in this register */
#define AB_HSEL_UNKNOWN		0x20000	/* in no entry: differs from all of them */

/* Value of VIF while interrupts are off: times 8 it is -0x200, which added to
 * a hardware EFLAGS image (IF always set at CPL 3) clears IF without touching
 * a flag. */
#define AB_VIF_OFF		(-64)
#define AB_VIF_OFF_BYTE		0xc0

/* Bits of a popped EFLAGS image that need the monitor: TF IOPL NT RF VM AC VIF VIP. */
#define AB_POPF_UNUSUAL		0x001f7100

/* The window (hosted target), from its base; the loader lays it out:
 *   +0      vCPU page, read-write
 *   +4096   doorbell: the same page again; read-only while an interrupt waits
 *   +8192   .ab.text of the wedge, then the stubs; read-execute */
#define AB_WINDOW_VCPU		0
#define AB_WINDOW_DOORBELL	0x1000
#define AB_WINDOW_TEXT		0x2000

/* the monitor's entries, in the order of their slots */
#define AB_ENTRY_CALL		0	/* a site calls */
#define AB_ENTRY_IRET		1	/* the same, of an iret */
#define AB_ENTRY_VSYSCALL	2	/* a far call in ring 3 instead of an int n */
#define AB_ENTRY_SLOTS		3

/* form */
#define AB_FORM_INLINE		1
#define AB_FORM_STUB		2
#define AB_FORM_NATIVE		3	/* the bare instruction is right on this
					   target: the site is left as it is */

/* match: what must hold for operand 0 and 1 of the site's instruction */
#define AB_MATCH_ANY		0
#define AB_MATCH_DST_REG	1	/* operand 0 is a general register */
#define AB_MATCH_DST_REG32	2	/* ... of operand size 4 */
#define AB_MATCH_DST_REG16	3	/* ... of operand size 2 */
#define AB_MATCH_DST_MEM	4	/* operand 0 is in memory */
#define AB_MATCH_OPSIZE32	5	/* effective operand size is 4 */
#define AB_MATCH_OPSIZE16	6
#define AB_MATCH_DST_REG64	7	/* operand 0 is a register, operand size 8 */
#define AB_MATCH_OPSIZE64	8
#define AB_MATCH_SRC_REG	9	/* operand 1 is a general register, not esp */

/* template flags */
#define AB_TEMPLATE_CALLS	1	/* the op is done by the monitor (64-bit call) */

/* manifest flags */
#define AB_WEDGE_TRAPS		1	/* a hlt at a site reaches the monitor, which does
					   the op that stood there: the loader writes one
					   over silent ops that have no room for more */
#define AB_WEDGE_EMBEDS		2	/* has .ab.image and .ab.note */
#define AB_TRAP_BYTE		0xf4	/* hlt: also with -t none, over all silent ops */

/* sub: for READ_CR the control register, for ops on segment registers that one
 * (AB_SEG_*), else AB_SUB_ANY */
#define AB_SUB_ANY		0xff

/* hole kinds: what is written at code + offset */
#define AB_HOLE_SITE		1	/* u32: site number */
#define AB_HOLE_EXIT		2	/* s32: displacement to the end of the site */
#define AB_HOLE_VCPU		3	/* u32: added: linear address of the vCPU page */
#define AB_HOLE_DOORBELL	4	/* u32: added: linear address of the doorbell */
#define AB_HOLE_TEXT		5	/* u32: added: linear address of .ab.text */
#define AB_HOLE_TEXT_REL	6	/* s32: displacement to .ab.text + present value */
#define AB_HOLE_REG_RM		7	/* byte: operand 0's register into bits 2:0 */
#define AB_HOLE_REG_REG		8	/* byte: operand 0's register into bits 5:3 */
#define AB_HOLE_IMM8		9	/* byte: the site's immediate operand */
#define AB_HOLE_SUB4		10	/* u32: added: 4 * (segment or cr number) */
#define AB_HOLE_REX_R		11	/* byte: bit 3 of operand 0's register into bit 2:
					   REG_REG beside it takes the other three */
#define AB_HOLE_SRC_RM		12	/* byte: operand 1's register into bits 2:0 */

/* unwind row, committed */
#define AB_UNWIND_COMMITTED	1	/* the op has taken effect */
#define AB_UNWIND_VCPU		4	/* saved registers are in the vCPU page's scratch
					   words, not on the stack */

#define AB_EMBED_MAGIC		0x44454245424123ull
#define AB_EMBED_ORIG		40	/* bytes of a site's instructions */

/* How a guest wants to be entered, 64-bit code. */
#define AB_BOOT_UNKNOWN		0
#define AB_BOOT_ENTRY64		1	/* note "Minikernel": entry, root, ram */
#define AB_BOOT_LINUX64		2	/* Linux's 64-bit boot protocol */

#ifndef __ASSEMBLER__
#include <stdint.h>

struct ab_wedge_manifest {
	uint64_t magic;
	uint16_t abi;			/* AB_WEDGE_ABI */
	uint16_t machine;		/* EM_386, EM_X86_64: of the guest */
	uint16_t ntemplates;
	uint16_t nholes;
	uint16_t nunwinds;
	uint16_t flags;			/* AB_WEDGE_* */
	uint32_t window;		/* default base of the window; 0: target has none;
					   for 64-bit guests sign-extended */
	uint32_t window_size;
	uint32_t entry_slot;		/* offset in .ab.text of AB_ENTRY_SLOTS 8-byte slots,
					   where the monitor writes its 64-bit entries */
	char     target[16];
};

struct ab_wedge_template {
	uint16_t op;
	uint8_t  form;			/* AB_FORM_* */
	uint8_t  match;			/* AB_MATCH_* */
	uint8_t  sub;
	uint8_t  flags;
	uint16_t code_len;
	uint32_t code;			/* offset in .ab.text */
	uint32_t need_dead;		/* AB_DEAD_*: used only when all these are dead */
	uint16_t hole_first, hole_count;
	uint16_t unwind_first, unwind_count;
};

struct ab_wedge_hole {
	uint16_t offset;		/* in the template's code */
	uint16_t kind;
};

/* From code offset `offset` up to the next row's: esp is `esp_delta` below the
 * site's, and nsaved registers (saved_order, 4 bits each, lowest first) lie on the
 * stack, the last pushed lowest, at 0(%esp). */
struct ab_wedge_unwind {
	uint16_t offset;
	int16_t  esp_delta;
	uint8_t  nsaved;
	uint8_t  committed;		/* AB_UNWIND_* */
	uint16_t saved_order;
};

/* One site of the guest, as an embedded machine finds it: in guest order, which is
 * by address; the index is the number that AB_HOLE_SITE writes. */
struct ab_embed_site {
	uint64_t addr;			/* linear, in the guest */
	uint64_t stub;			/* linear, in the window; 0: none */
	uint16_t op;
	uint16_t tmpl;			/* index of its template; 0xffff: none, it traps;
					   0xfffe: AB_TRAP_BYTE stands there */
	uint8_t  insn_len;		/* of all its instructions */
	uint8_t  total_len;
	uint8_t  count;			/* instructions */
	uint8_t  code_bits;
	uint8_t  orig[AB_EMBED_ORIG];	/* the instructions */
};

/* First bytes of .ab.image.  The first part is the wedge's, the rest is filled in
 * by the loader; addresses are linear in the image's own address space.  Behind
 * the image's `size` bytes lie, on page boundaries, what the window holds from
 * AB_WINDOW_TEXT on, then the rows. */
struct ab_embed {
	uint64_t magic;			/* AB_EMBED_MAGIC */
	uint64_t base;			/* where the image is linked */
	uint64_t size;			/* with its zeroed data */
	uint32_t align;			/* of its physical address */
	uint32_t note_bias;		/* offset in .ab.note of a 64-bit value from which
					   the image's physical address is taken; 0: none */
	/* the loader's: */
	uint64_t paddr, total;		/* where in the guest's file it is loaded, all of it */
	uint64_t guest_end;		/* physical end of the guest's own segments */
	uint64_t window;		/* linear, in the guest */
	uint64_t text, text_size;
	uint64_t site, nsite;		/* struct ab_embed_site */
	uint64_t tmpl, ntmpl;		/* struct ab_wedge_template */
	uint64_t unwind, nunwind;	/* struct ab_wedge_unwind */
	uint32_t boot, reserved;	/* AB_BOOT_* */
	uint64_t entry;			/* linear where the guest's tables are its own,
					   else physical */
	uint64_t arg[2];		/* ENTRY64: root, ram */
};

_Static_assert(sizeof(struct ab_wedge_manifest) == 48, "ABI");
_Static_assert(sizeof(struct ab_embed_site) == 64, "ABI");
_Static_assert(sizeof(struct ab_wedge_template) == 24, "ABI");
_Static_assert(sizeof(struct ab_wedge_hole) == 4, "ABI");
_Static_assert(sizeof(struct ab_wedge_unwind) == 8, "ABI");

struct ab_selcache {		/* AB_CACHE_* */
	uint32_t nsel, va, nlo, nhi, hsel, reserved;
};
_Static_assert(sizeof(struct ab_selcache) == AB_CACHE_SIZE, "ABI");

struct ab_vcpu_page {
	int8_t   vif;
	uint8_t  pad0[3];
	uint32_t site;
	uint32_t sysflags;
	uint32_t pad1;
	uint32_t cr0, cr2, cr3, cr4;
	uint32_t sel[6];
	uint32_t ldtr, tr;
	uint32_t pending;
	uint32_t pad2;
	uint32_t hsel[6];
	uint32_t null[2];
	uint32_t scratch[4];
	uint32_t pad3[(AB_VCPU_CACHE - AB_VCPU_SCRATCH - 16) / 4];
	struct ab_selcache cache[6][AB_CACHE_WAYS];
};
_Static_assert(__builtin_offsetof(struct ab_vcpu_page, cr0) == AB_VCPU_CR0, "ABI");
_Static_assert(__builtin_offsetof(struct ab_vcpu_page, sel) == AB_VCPU_SEL, "ABI");
_Static_assert(__builtin_offsetof(struct ab_vcpu_page, pending) == AB_VCPU_PENDING, "ABI");
_Static_assert(__builtin_offsetof(struct ab_vcpu_page, hsel) == AB_VCPU_HSEL, "ABI");
_Static_assert(__builtin_offsetof(struct ab_vcpu_page, null) == AB_VCPU_NULL, "ABI");
_Static_assert(__builtin_offsetof(struct ab_vcpu_page, scratch) == AB_VCPU_SCRATCH, "ABI");
_Static_assert(__builtin_offsetof(struct ab_vcpu_page, cache) == AB_VCPU_CACHE, "ABI");
#endif

#endif
