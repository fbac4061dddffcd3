/* SPDX-License-Identifier: BSD-2-Clause */
/* wedge/core: what the files of the CPU half share.  Internal. */
#ifndef AB_CORE_CPU_H
#define AB_CORE_CPU_H

#include "core/core.h"
#include "core/bytes.h"

/* Leave the function unless (expr) is AB_OK. */
#define AB_TRY(expr) do {			\
	enum ab_result r_ = (expr);		\
	if (r_ != AB_OK)			\
		return r_;			\
} while (0)

#define AB_DR6_BD	0x2000u
#define AB_DR6_BT	0x8000u
#define AB_DR7_GD	0x2000u

/* cpu.shadow */
enum { AB_SHADOW_NONE, AB_SHADOW_STI, AB_SHADOW_SS };

/* MAXPHYADDR as CPUID tells it: the same on every host. */
#define AB_PHYS_BITS	40
#define AB_PHYS_MASK	((1ull << AB_PHYS_BITS) - 1)

/* ---- descriptor attributes, as in ab_seg.attr ---- */
#define AB_AT_TYPE	0x000fu
#define AB_AT_ACCESSED	0x0001u
#define AB_AT_RW	0x0002u		/* data: writable; code: readable */
#define AB_AT_EC	0x0004u		/* data: expand-down; code: conforming */
#define AB_AT_CODE	0x0008u
#define AB_AT_S		0x0010u		/* code or data, not system */
#define AB_AT_P		0x0080u
#define AB_AT_L		0x2000u
#define AB_AT_DB	0x4000u
#define AB_AT_G		0x8000u
#define AB_AT_MASK	0xf0ffu		/* without limit bits 19:16 */
#define AB_AT_DPL(attr)	(((attr) >> 5) & 3u)

/* system descriptor types */
enum { AB_SYS_TSS16 = 1, AB_SYS_LDT = 2, AB_SYS_TSS16_BUSY = 3, AB_SYS_CALL16 = 4,
       AB_SYS_TASK = 5, AB_SYS_INT16 = 6, AB_SYS_TRAP16 = 7, AB_SYS_TSS = 9,
       AB_SYS_TSS_BUSY = 11, AB_SYS_CALL = 12, AB_SYS_INT = 14, AB_SYS_TRAP = 15 };

#define AB_SEL_RPL(sel)	((sel) & 3u)
#define AB_SEL_ERR(sel)	((sel) & 0xfffcu)	/* as an error code shows it */
#define AB_SEL_NULL(sel) (((sel) & 0xfffcu) == 0)

/* ---- modes ---- */
static inline bool ab_long_mode(const struct ab_machine *m)
{
	return m->cpu.efer & AB_EFER_LMA;
}

static inline bool ab_code64(const struct ab_machine *m)
{
	return ab_long_mode(m) && (m->cpu.seg[AB_SEG_CS].attr & AB_AT_L);
}

static inline uint64_t ab_size_mask(unsigned bytes)
{
	return bytes >= 8 ? ~0ull : (1ull << bytes * 8) - 1;
}

/* Width of the instruction pointer and of the stack pointer, in bytes. */
static inline unsigned ab_code_size(const struct ab_machine *m)
{
	if (ab_code64(m))
		return 8;
	return m->cpu.seg[AB_SEG_CS].attr & AB_AT_DB ? 4 : 2;
}

static inline unsigned ab_stack_size(const struct ab_machine *m)
{
	if (ab_code64(m))
		return 8;
	return m->cpu.seg[AB_SEG_SS].attr & AB_AT_DB ? 4 : 2;
}

static inline bool ab_canonical(uint64_t va)
{
	return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

/* AB_ACC_U when an access by the running code is a user access. */
static inline unsigned ab_acc_ring(const struct ab_machine *m)
{
	return m->cpu.cpl == 3 ? AB_ACC_U : 0;
}

/* ---- registers ---- */
static inline uint64_t ab_gpr(const struct ab_machine *m, unsigned reg, unsigned size)
{
	return m->cpu.gpr[reg] & ab_size_mask(size);
}

/* Writes of 1 and 2 bytes keep the rest, writes of 4 clear the upper half. */
static inline void ab_gpr_set(struct ab_machine *m, unsigned reg, unsigned size,
			      uint64_t value)
{
	uint64_t mask = ab_size_mask(size);

	if (size >= 4)
		m->cpu.gpr[reg] = value & mask;
	else
		m->cpu.gpr[reg] = (m->cpu.gpr[reg] & ~mask) | (value & mask);
}

static inline int64_t ab_sext(uint64_t value, unsigned size)
{
	unsigned shift = 64 - size * 8;

	return (int64_t)(value << shift) >> shift;
}

/* ---- machine.c ---- */
void ab_fault_set(struct ab_machine *m, uint8_t vector, bool has_error, uint32_t error);
/* Set m->fault and return AB_FAULT. */
static inline enum ab_result ab_fault(struct ab_machine *m, uint8_t vector)
{
	ab_fault_set(m, vector, false, 0);
	return AB_FAULT;
}

static inline enum ab_result ab_fault_code(struct ab_machine *m, uint8_t vector,
					   uint32_t error)
{
	ab_fault_set(m, vector, true, error);
	return AB_FAULT;
}

static inline enum ab_result ab_gp0(struct ab_machine *m)
{
	return ab_fault_code(m, AB_GP, 0);
}
/* m->why = what; returns AB_UNSUPPORTED. */
enum ab_result ab_unsupported(struct ab_machine *m, const char *what);

/* ---- mmu.c ---- */
/* Load the four PDPTEs that (cr3) names; #GP(0) when one has reserved bits. */
enum ab_result ab_load_pdptes(struct ab_machine *m, uint64_t cr3);

/* ---- mem.c ---- */
/* Check that (len) bytes at (va) can be accessed; sets A and D. */
enum ab_result ab_probe(struct ab_machine *m, uint64_t va, size_t len, unsigned acc);
/* Supervisor accesses of the CPU itself: descriptor tables, TSS. */
enum ab_result ab_sys_read(struct ab_machine *m, uint64_t va, void *buf, size_t len);
enum ab_result ab_sys_write(struct ab_machine *m, uint64_t va, const void *buf, size_t len);
/* Do (len) bytes at offset (off) lie within (seg)'s limit?  Not for 64-bit mode. */
bool ab_seg_room(const struct ab_seg *seg, uint64_t off, uint64_t len);
/* Little-endian integers of (size) bytes at seg:off, as the running code does. */
enum ab_result ab_load(struct ab_machine *m, unsigned seg, uint64_t off, unsigned size,
		       unsigned acc, uint64_t *value);
enum ab_result ab_store(struct ab_machine *m, unsigned seg, uint64_t off, unsigned size,
			uint64_t value);

/* ---- mem.c: pushing and popping on any stack ---- */
struct ab_stack {
	const struct ab_seg *ss;
	uint64_t sp;
	unsigned width;		/* bytes of sp that count */
	unsigned acc;		/* AB_ACC_U or 0 */
	uint32_t error;		/* error code of #SS */
};
/* The stack of the running code. */
void ab_stack_current(const struct ab_machine *m, struct ab_stack *st);
/* A stack that a gate or a task switch goes to, at privilege (cpl). */
void ab_stack_inner(const struct ab_machine *m, struct ab_stack *st,
		    const struct ab_seg *ss, uint64_t sp, unsigned cpl, unsigned ext);
/* #SS unless (bytes) can be pushed (below sp), or popped (at sp + skip). */
enum ab_result ab_stack_room(struct ab_machine *m, const struct ab_stack *st,
			     unsigned bytes);
enum ab_result ab_stack_holds(struct ab_machine *m, const struct ab_stack *st,
			      unsigned skip, unsigned bytes);
enum ab_result ab_stack_push(struct ab_machine *m, struct ab_stack *st, unsigned size,
			     uint64_t value);
enum ab_result ab_stack_pop(struct ab_machine *m, struct ab_stack *st, unsigned size,
			    uint64_t *value);
/* The stack pointer of (st) becomes the CPU's. */
void ab_stack_commit(struct ab_machine *m, const struct ab_stack *st);

/* ---- seg.c ---- */
struct ab_desc {
	uint64_t va;		/* where it lies */
	uint64_t base;		/* gates: target offset */
	uint32_t limit;
	uint16_t attr;		/* as in struct ab_seg */
	uint16_t sel;		/* selector that named it */
	uint16_t gate_sel;	/* gates: target selector */
	uint8_t gate_param;	/* call gates: dwords to copy */
};
/* Read the descriptor of (sel), not null.  Beyond its table: fault (vector) with
 * the selector and (ext) as error code.  System descriptors are 16 bytes long in
 * long mode. */
enum ab_result ab_desc_read(struct ab_machine *m, uint16_t sel, uint8_t vector,
			    unsigned ext, struct ab_desc *d);
/* Set the accessed bit in memory and in (d). */
enum ab_result ab_desc_touch(struct ab_machine *m, struct ab_desc *d);
/* Rewrite the type of a system descriptor (busy TSS). */
enum ab_result ab_desc_set_type(struct ab_machine *m, struct ab_desc *d, unsigned type);
void ab_desc_to_seg(const struct ab_desc *d, uint16_t sel, struct ab_seg *seg);
void ab_seg_null(struct ab_seg *seg, uint16_t sel);

static inline bool ab_desc_is_code(const struct ab_desc *d)
{
	return (d->attr & (AB_AT_S | AB_AT_CODE)) == (AB_AT_S | AB_AT_CODE);
}

static inline bool ab_desc_is_stack(const struct ab_desc *d)
{
	return (d->attr & (AB_AT_S | AB_AT_CODE | AB_AT_RW)) == (AB_AT_S | AB_AT_RW);
}

/* Stack that the TSS names for privilege (dpl): checks, accessed bit, #TS and #SS
 * with (ext).  (*ss) becomes null with RPL dpl in long mode. */
enum ab_result ab_inner_stack(struct ab_machine *m, unsigned dpl, unsigned ext,
			      struct ab_seg *ss, uint64_t *sp);
/* Null the data segments that privilege (cpl) may not keep. */
void ab_data_segs_outward(struct ab_machine *m, unsigned cpl);

/* ---- far.c ---- */
/* #GP(ext) unless (off) lies in code segment (d), canonical when 64-bit. */
enum ab_result ab_code_offset(struct ab_machine *m, const struct ab_desc *d,
			      uint64_t off, unsigned ext);
/* Enter code: cs with RPL = cpl, the new privilege. */
void ab_enter_code(struct ab_machine *m, const struct ab_desc *d, unsigned cpl,
		   uint64_t rip);

/* ---- excp.c ---- */
/* What is delivered, and how the saved image looks. */
struct ab_event {
	uint8_t vector;
	bool soft;		/* int n, int3, into: gate DPL is checked */
	bool has_error;
	bool set_rf;		/* a fault: RF is 1 in the saved flags */
	uint32_t error;
	uint64_t rip;		/* saved */
};
/* Deliver once; AB_FAULT leaves m->fault with what delivery itself ran into. */
enum ab_result ab_deliver_event(struct ab_machine *m, const struct ab_event *ev);

/* ---- task.c: hardware task switches, 32-bit protected mode ---- */
/* On AB_OK the new task runs.  After a fault it may do so too: the fault is then
 * its own, and is delivered there. */
/* Far jmp or call to a TSS or task gate (d); (next): after the instruction. */
enum ab_result ab_task_far(struct ab_machine *m, const struct ab_desc *d, bool call,
			   uint64_t next);
/* iret with NT set. */
enum ab_result ab_task_return(struct ab_machine *m, uint64_t next);
/* (ev) through a task gate that names TSS (sel). */
enum ab_result ab_task_gate(struct ab_machine *m, uint16_t sel, const struct ab_event *ev);

/* ---- emul.c: instruction handlers ---- */
/* A handler leaves registers alone unless it returns AB_OK.  rip is advanced for
 * it, unless its row says AB_ROW_JUMPS. */
typedef enum ab_result ab_handler(struct ab_machine *, const struct ab_insn *);
struct ab_row {
	ab_handler *run;	/* NULL: #UD */
	uint8_t flags;
};
enum {
	AB_ROW_CPL0 = 1,	/* #GP(0) at any other privilege */
	AB_ROW_JUMPS = 2,	/* sets rip itself */
	AB_ROW_NO64 = 4,	/* #UD in 64-bit mode */
	AB_ROW_ONLY64 = 8,	/* #UD outside of it */
	AB_ROW_NO_STEP = 16,	/* clears TF: no single-step trap after it */
	AB_ROW_KEEP_RF = 32,	/* sets RF itself */
	AB_ROW_LOCK = 64,	/* LOCK is allowed with a memory destination */
};
extern const struct ab_row ab_op_rows[AB_OP_COUNT];	/* rows.c */
extern const struct ab_row ab_gen_rows[AB_GEN_COUNT];	/* gen.c */

/* Address after the instruction. */
uint64_t ab_next_rip(const struct ab_machine *m, const struct ab_insn *insn);
/* Jump within the code segment: #GP(0) beyond its limit. */
enum ab_result ab_near_jump(struct ab_machine *m, uint64_t rip, unsigned opsize);
/* Value of a register, memory or immediate operand; (acc) AB_ACC_W when it will
 * be written afterwards. */
enum ab_result ab_opnd_read(struct ab_machine *m, const struct ab_insn *insn,
			    const struct ab_operand *o, unsigned acc, uint64_t *value);
enum ab_result ab_opnd_write(struct ab_machine *m, const struct ab_insn *insn,
			     const struct ab_operand *o, uint64_t value);
/* The same with a size other than the operand's own: selectors in memory are 2
 * bytes whatever the operand size. */
enum ab_result ab_opnd_read16(struct ab_machine *m, const struct ab_insn *insn,
			      const struct ab_operand *o, uint64_t *value);
enum ab_result ab_opnd_write16(struct ab_machine *m, const struct ab_insn *insn,
			       const struct ab_operand *o, uint64_t value);
/* A far pointer in memory: (opsize) bytes of offset, then the selector. */
enum ab_result ab_opnd_far(struct ab_machine *m, const struct ab_insn *insn,
			   const struct ab_operand *o, uint16_t *sel, uint64_t *off);
/* First opcode byte after the prefixes; 0x0f00 + second byte for two-byte ones. */
unsigned ab_opcode(const struct ab_insn *insn);
static inline uint64_t ab_reg_read(const struct ab_machine *m, const struct ab_operand *o)
{
	return m->cpu.gpr[o->reg] >> (o->high8 ? 8 : 0) & ab_size_mask(o->size);
}
void ab_reg_write(struct ab_machine *m, const struct ab_operand *o, uint64_t value);
unsigned ab_iopl(const struct ab_machine *m);

/* ---- string.c: rep and the index registers ---- */
struct ab_string {
	uint64_t count;		/* iterations left */
	uint64_t si, di;
	unsigned size, addrsize;
	unsigned seg;		/* of the source */
	int64_t step;		/* +size or -size */
	unsigned budget;	/* iterations before the guest gets a breath */
	bool begun;		/* one is done: interrupts may come */
};
void ab_string_begin(const struct ab_machine *m, const struct ab_insn *insn,
		     struct ab_string *s);
/* Is there another iteration to do now? */
bool ab_string_more(const struct ab_machine *m, const struct ab_insn *insn,
		    struct ab_string *s);
/* One iteration is done: registers follow. */
void ab_string_step(struct ab_machine *m, const struct ab_insn *insn,
		    struct ab_string *s, bool si, bool di);
/* rip afterwards: the next instruction, or this one when iterations are left. */
enum ab_result ab_string_end(struct ab_machine *m, const struct ab_insn *insn,
			     const struct ab_string *s, bool done);

/* ---- ops_*.c ---- */
ab_handler ab_do_cli, ab_do_sti, ab_do_pushf, ab_do_popf;
ab_handler ab_do_iret, ab_do_int, ab_do_int3, ab_do_into, ab_do_int1, ab_do_hlt,
	ab_do_sysenter, ab_do_sysexit, ab_do_syscall, ab_do_sysret, ab_do_far_call,
	ab_do_far_jmp, ab_do_far_ret;
ab_handler ab_do_read_seg, ab_do_write_seg, ab_do_push_seg, ab_do_pop_seg,
	ab_do_load_far, ab_do_lar, ab_do_lsl, ab_do_verr, ab_do_verw, ab_do_sgdt,
	ab_do_sidt, ab_do_sldt, ab_do_str, ab_do_lgdt, ab_do_lidt, ab_do_lldt,
	ab_do_ltr, ab_do_swapgs, ab_do_arpl;
ab_handler ab_do_read_cr, ab_do_write_cr, ab_do_read_dr, ab_do_write_dr, ab_do_clts,
	ab_do_smsw, ab_do_lmsw, ab_do_xsetbv, ab_do_xgetbv, ab_do_invlpg,
	ab_do_cache;
ab_handler ab_do_rdmsr, ab_do_wrmsr, ab_do_rdpmc, ab_do_rdtsc, ab_do_rdtscp,
	ab_do_cpuid;
ab_handler ab_do_in, ab_do_out, ab_do_ins, ab_do_outs;
ab_handler ab_do_movs, ab_do_stos, ab_do_lods, ab_do_cmps, ab_do_scas;

ab_handler ab_do_fpu, ab_do_native;		/* gen_native.c */
ab_handler ab_do_convert, ab_do_lahf, ab_do_sahf, ab_do_flag, ab_do_bswap, ab_do_movbe,
	ab_do_bound, ab_do_salc, ab_do_decimal, ab_do_ascii, ab_do_aam, ab_do_aad;
ab_handler ab_do_push, ab_do_pop, ab_do_pusha, ab_do_popa, ab_do_call, ab_do_jmp,
	ab_do_ret, ab_do_leave, ab_do_enter, ab_do_jcc, ab_do_loop, ab_do_jcxz;

/* ---- alu.c: (size) bytes; operands have no bits beyond it ---- */
/* enum ab_gen ADD..TEST */
uint64_t ab_alu(struct ab_machine *m, unsigned gen, unsigned size, uint64_t a, uint64_t b);
/* NOT, NEG, INC, DEC */
uint64_t ab_alu_unary(struct ab_machine *m, unsigned gen, unsigned size, uint64_t a);
/* SHL..RCR */
uint64_t ab_alu_shift(struct ab_machine *m, unsigned gen, unsigned size, uint64_t a,
		      unsigned count);
/* SHLD, SHRD */
uint64_t ab_alu_shift2(struct ab_machine *m, unsigned gen, unsigned size, uint64_t a,
		       uint64_t b, unsigned count);
/* SF, ZF and PF become those of (r). */
void ab_alu_result(struct ab_machine *m, unsigned size, uint64_t r);
/* Product: the low half returned, the high half in *high. */
uint64_t ab_alu_mul(struct ab_machine *m, bool with_sign, unsigned size, uint64_t a,
		    uint64_t b, uint64_t *high);
/* *high:*low / d: the quotient in *low, the remainder in *high; false for #DE. */
bool ab_alu_div(bool with_sign, unsigned size, uint64_t *high, uint64_t *low, uint64_t d);
/* Condition code (cc) of jcc, setcc, cmovcc. */
bool ab_condition(const struct ab_machine *m, unsigned cc);

/* ---- cpuid.c ---- */
/* CPUID as the guest sees it: regs = eax, ebx, ecx, edx, in and out. */
void ab_cpuid(struct ab_machine *m, uint32_t regs[4]);
/* Bit tests against what ab_cpuid() shows. */
bool ab_cpu_has_xsave(struct ab_machine *m);
bool ab_cpu_has_long_mode(struct ab_machine *m);
bool ab_cpu_has_nx(struct ab_machine *m);
bool ab_cpu_has_rdtscp(struct ab_machine *m);
/* XCR0 bits that the guest can set. */
uint64_t ab_xcr0_valid(struct ab_machine *m);

#endif
