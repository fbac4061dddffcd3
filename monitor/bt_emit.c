/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bt_emit.c: a block of guest code into host code.
 *
 * Most instructions go over as they are (bt_addr.c).  What uses the stack becomes
 * a store or load and a lea, since a 64-bit push would move eight bytes; transfers
 * become jumps to the next block; what is sensitive, or has no form in 64-bit
 * mode, leaves for wedge/core.  No translation changes a flag that its instruction
 * does not change.
 *
 * A block ends with a transfer, with an instruction that leaves, at its page's end
 * or after BT_INSN_MAX instructions.  A conditional jump is a way out in its midst.
 */
#include "monitor/bt_emit.h"

/* ---- pieces ---- */

void bt_put_mark(struct bt_out *o, uint32_t eip, unsigned how)
{
	struct bt *bt = &o->e->bt;
	struct bt_mark *m = &bt->mark[o->block->first_mark + o->block->marks++];

	m->host = (uint16_t)(o->p - (bt->cache + o->block->host));
	m->eip = eip;
	m->how = (uint16_t)how;
}

/* movl $v, %r9d */
static void put_r9(struct bt_out *o, uint32_t v)
{
	PUT(o, 0x41, 0xb9);
	put32(o, v);
}

/* jmp *field(%r8) */
static void put_leave(struct bt_out *o, unsigned field)
{
	PUT(o, 0x41, 0xff, 0xa0);
	put32(o, field);
}

/* leal n(%rsp), %esp */
static void put_move_esp(struct bt_out *o, int32_t n)
{
	if (n == (int8_t)n) {
		PUT(o, 0x8d, 0x64, 0x24);
		put8(o, (uint8_t)n);
	} else {
		PUT(o, 0x8d, 0xa4, 0x24);
		put32(o, (uint32_t)n);
	}
}

/* movl reg, disp(%esp); movl disp(%esp), reg.  reg: 0..15 */
static void put_stack_move(struct bt_out *o, unsigned opcode, unsigned reg, int disp)
{
	bt_put_view(o);
	if (reg >> 3)
		put8(o, 0x44);
	put8(o, opcode);
	put8(o, 0x44 | (reg & 7) << 3);
	put8(o, 0x24);
	put8(o, (uint8_t)disp);
}

static void put_push(struct bt_out *o, unsigned reg)
{
	put_stack_move(o, 0x89, reg, -4);
	put_move_esp(o, -4);
}

static void put_store_imm(struct bt_out *o, uint32_t v)
{
	bt_put_view(o);
	PUT(o, 0xc7, 0x44, 0x24, 0xfc);		/* movl $v, -4(%esp) */
	put32(o, v);
}

static void put_push_imm(struct bt_out *o, uint32_t v)
{
	put_store_imm(o, v);
	put_move_esp(o, -4);
}

/* The store of a push, which may have gone over what it was loaded from, is not to be
 * done again: the guest is at (eip) and (how). */
static void put_pushed(struct bt_out *o, uint32_t eip, unsigned how)
{
	bt_put_mark(o, eip, how | BT_MARK_PUSHED);
	put_move_esp(o, -4);
}

void bt_put_dispatch(uint8_t *host, uint32_t eip)
{
	struct bt_out o = { .p = host };

	put_r9(&o, eip);
	put_leave(&o, E_BT_DISPATCH);
}

/* To (to) in another page by this place's own way, unless that leads elsewhere now. */
static void put_site(struct bt_out *o, uint32_t to)
{
	uint32_t at = (BT_RETURNS + o->e->bt.sh->nsite++) * (uint32_t)sizeof(struct bt_way);

	put_r9(o, to);
	PUT(o, 0x49, 0x89, 0xcb);		/* movq %rcx, %r11 */
	bt_put_mark(o, to, BT_MARK_RCX);
	PUT(o, 0x49, 0x8b, 0x8d);		/* movq tag(%r13), %rcx */
	put32(o, at + offsetof(struct bt_way, tag));
	PUT(o, 0x4a, 0x8d, 0x0c, 0x39);		/* leaq (%rcx,%r15), %rcx */
	PUT(o, 0xe3, 17);			/* jrcxz 1f */
	PUT(o, 0x4c, 0x89, 0xd9);		/* movq %r11, %rcx */
	PUT(o, 0x4d, 0x8d, 0x95);		/* leaq way(%r13), %r10 */
	put32(o, at);
	put_leave(o, E_BT_SITE);
	PUT(o, 0x4c, 0x89, 0xd9);		/* 1: movq %r11, %rcx */
	PUT(o, 0x41, 0xff, 0xa5);		/* jmp *host(%r13) */
	put32(o, at + offsetof(struct bt_way, host));
}

/* May the jump to (to) be a direct one? */
static bool in_page(const struct bt_out *o, uint32_t to)
{
	uint32_t base = o->e->bt.context.cs_base;

	return !o->src->step && !o->src->code2 && to <= o->src->limit &&
	       (o->block->eip + base) >> 12 == (to + base) >> 12;
}

/* The displacement of a jump to (to) in the same page: until the block is known, to
 * a stub at the cache's other end, which has bt_missed() change it. */
static void put_link(struct bt_out *o, uint8_t *rel32, uint32_t to)
{
	struct bt *bt = &o->e->bt;
	uint32_t there = to + bt->context.cs_base;
	struct bt_block *next = bt_block_at(o->e, (o->block->pa & ~0xfffull) | (there & 0xfff),
					    to, BT_NONE);
	struct bt_cold *cold;
	const uint8_t *host;
	struct bt_out c;

	if (next && next->frame2 == BT_NONE) {
		host = bt->cache + next->host;
	} else {
		cold = (struct bt_cold *)(bt->cache + (bt->sh->cold -= sizeof(*cold)));
		host = c.p = cold->code;
		put_r9(&c, to);
		PUT(&c, 0x4c, 0x8d, 0x15);	/* leaq cold(%rip), %r10 */
		put32(&c, (uint32_t)(cold->code - (c.p + 4)));
		put_leave(&c, E_BT_MISS);
		cold->block = (uint32_t)(o->block - bt->block);
		cold->rel32 = (uint32_t)(rel32 - bt->cache);
		cold->to = to;
	}
	*(uint32_t *)rel32 = (uint32_t)(host - (rel32 + 4));
}

/* To guest address (to), at the end of a block or of one of its stubs. */
static void put_goto(struct bt_out *o, uint32_t to)
{
	if (o->src->step) {
		put_r9(o, to);
		put_leave(o, E_BT_STEP);
		return;
	}
	if (to > o->src->limit) {
		put_r9(o, to);
		put_leave(o, E_BT_DISPATCH);
		return;
	}
	if (!in_page(o, to)) {
		put_site(o, to);
		return;
	}
	put8(o, 0xe9);
	put32(o, 0);
	put_link(o, o->p - 4, to);
}

/* To the address in r9. */
static void put_goto_r9(struct bt_out *o)
{
	put_leave(o, o->src->step ? E_BT_STEP : E_BT_DISPATCH);
}

/* A conditional jump was put but for its displacement. */
static void put_stub(struct bt_out *o, uint32_t to)
{
	o->stub[o->nstub].rel32 = o->p;
	o->stub[o->nstub++].to = to;
	put32(o, 0);
}

/* A call has left its return address at esp: where a return goes from there. */
static void put_way_back(struct bt_out *o)
{
	uint32_t low = shadow_view(o->e)->low, at = o->next + o->e->bt.context.cs_base;

	if (o->src->step || at < low || o->next == BT_WAY_NONE || o->next > o->src->limit)
		return;
	PUT(o, 0x44, 0x0f, 0xb7, 0xe4);		/* movzwl %sp, %r12d */
	PUT(o, 0x4f, 0x8d, 0x24, 0x24);		/* leaq (%r12,%r12), %r12 */
	PUT(o, 0x4d, 0x8d, 0x96);		/* leaq -next(%r14), %r10 */
	put32(o, -o->next);
	PUT(o, 0x4c, 0x8d, 0x1d);		/* leaq back(%rip), %r11 */
	o->back = o->p;
	put32(o, 0);
	PUT(o, 0x4f, 0x89, 0x5c, 0xe5, offsetof(struct bt_way, host));	/* movq %r11, host(%r13,%r12,8) */
	PUT(o, 0x4f, 0x89, 0x54, 0xe5, offsetof(struct bt_way, tag));	/* movq %r10, tag(%r13,%r12,8) */
}

static void put_stubs(struct bt_out *o)
{
	unsigned i;

	if (o->back) {
		*(uint32_t *)o->back = (uint32_t)(o->p - (o->back + 4));
		bt_put_mark(o, o->next, 0);
		put_goto(o, o->next);
	}
	for (i = 0; i < o->nstub; i++) {
		if (in_page(o, o->stub[i].to)) {
			put_link(o, o->stub[i].rel32, o->stub[i].to);
			continue;
		}
		*(uint32_t *)o->stub[i].rel32 = (uint32_t)(o->p - (o->stub[i].rel32 + 4));
		bt_put_mark(o, o->stub[i].to, 0);
		put_goto(o, o->stub[i].to);
	}
}

/* wedge/core does the instruction in hand. */
static void put_exit(struct bt_out *o)
{
	struct bt *bt = &o->e->bt;
	struct ab_insn *in = &bt->insn[bt->sh->ninsn++];

	*in = o->in;
	put_r9(o, o->eip);
	PUT(o, 0x49, 0xba);			/* movq $in, %r10 */
	put64(o, (uint64_t)(uintptr_t)in);
	put_leave(o, E_BT_OP);
}

/* Where the address in r9 is beyond the limit, the instruction in hand leaves, to fault.
 * False: it always shall. */
static bool put_limit(struct bt_out *o)
{
	if (o->src->limit == UINT32_MAX)
		return true;
	if (o->src->step)
		return false;		/* a second mark says that it is done */
	PUT(o, 0x49, 0x89, 0xcb);		/* movq %rcx, %r11 */
	bt_put_mark(o, o->eip, BT_MARK_RCX);
	PUT(o, 0x45, 0x89, 0xca);		/* movl %r9d, %r10d */
	PUT(o, 0x49, 0xf7, 0xd2);		/* notq %r10 */
	put8(o, 0xb9);				/* movl $limit, %ecx */
	put32(o, o->src->limit);
	PUT(o, 0x4a, 0x8d, 0x4c, 0x11, 1);	/* leaq 1(%rcx,%r10), %rcx: limit - r9 */
	PUT(o, 0x48, 0x0f, 0xc9);		/* bswap %rcx */
	PUT(o, 0x89, 0xc9);			/* movl %ecx, %ecx: was it negative? */
	PUT(o, 0xe3, 26);			/* jrcxz 1f */
	PUT(o, 0x4c, 0x89, 0xd9);		/* movq %r11, %rcx */
	put_exit(o);
	PUT(o, 0x4c, 0x89, 0xd9);		/* 1: movq %r11, %rcx */
	bt_put_mark(o, o->eip, 0);
	return true;
}

/* ---- instructions ---- */

enum bt_next { BT_GOES_ON, BT_ENDS, BT_LEAVES };

static bool flat_stack(const struct bt_out *o)
{
	const struct bt_context *c = &o->e->bt.context;

	return c->reach[AB_SEG_SS] == BT_FLAT && !(c->read_only & 1u << AB_SEG_SS);
}

static enum bt_next do_push(struct bt_out *o)
{
	const struct ab_operand *x = &o->in.opnd[0];

	if (o->in.opsize != 4 || !flat_stack(o))
		return BT_LEAVES;
	switch (x->kind) {
	case AB_OPND_IMM:
		put_push_imm(o, (uint32_t)x->imm);
		return BT_GOES_ON;
	case AB_OPND_REG:
		put_push(o, x->reg);
		return BT_GOES_ON;
	default:
		if (!bt_put_load(o, 9))
			return BT_LEAVES;
		put_stack_move(o, 0x89, 9, -4);
		put_pushed(o, o->next, 0);
		return BT_GOES_ON;
	}
}

static enum bt_next do_pop(struct bt_out *o)
{
	const struct ab_operand *x = &o->in.opnd[0];

	if (o->in.opsize != 4 || !flat_stack(o) || x->kind != AB_OPND_REG)
		return BT_LEAVES;
	if (x->reg == AB_ESP) {
		bt_put_view(o);
		PUT(o, 0x8b, 0x24, 0x24);	/* movl (%esp), %esp */
		return BT_GOES_ON;
	}
	put_stack_move(o, 0x8b, x->reg, 0);
	put_move_esp(o, 4);
	return BT_GOES_ON;
}

static enum bt_next do_pusha(struct bt_out *o, bool pop)
{
	unsigned i;

	if (o->in.opsize != 4 || !flat_stack(o))
		return BT_LEAVES;
	/* in the processor's order, which shows where a page is missing */
	for (i = 0; i < 8; i++)
		if (!pop)
			put_stack_move(o, 0x89, i, -4 - 4 * (int)i);
		else if (7 - i != AB_ESP)
			put_stack_move(o, 0x8b, 7 - i, 4 * (int)i);
	put_move_esp(o, pop ? 32 : -32);
	return BT_GOES_ON;
}

static enum bt_next do_leave(struct bt_out *o)
{
	if (o->in.opsize != 4 || !flat_stack(o))
		return BT_LEAVES;
	bt_put_view(o);
	PUT(o, 0x44, 0x8b, 0x4d, 0x00);		/* movl (%ebp), %r9d */
	PUT(o, 0x8d, 0x65, 0x04);		/* leal 4(%rbp), %esp */
	bt_put_mark(o, o->next, BT_MARK_EBP);	/* an interrupt's frame goes where ebp was */
	PUT(o, 0x44, 0x89, 0xcd);		/* movl %r9d, %ebp */
	return BT_GOES_ON;
}

static uint32_t relative(const struct bt_out *o)
{
	return o->next + (uint32_t)o->in.opnd[0].imm;
}

/* Does the jump in hand lead out of its segment? */
static bool leads_out(const struct bt_out *o)
{
	return o->in.opnd[0].kind == AB_OPND_REL && relative(o) > o->src->limit;
}

static enum bt_next do_ret(struct bt_out *o)
{
	int32_t more = o->in.nopnd && o->in.opnd[0].kind == AB_OPND_IMM ?
		       (int32_t)(o->in.opnd[0].imm & 0xffff) : 0;

	if (o->in.opsize != 4 || !flat_stack(o))
		return BT_LEAVES;
	put_stack_move(o, 0x8b, 9, 0);
	if (!put_limit(o))
		return BT_LEAVES;
	PUT(o, 0x44, 0x0f, 0xb7, 0xe4);		/* movzwl %sp, %r12d */
	put_move_esp(o, 4 + more);
	bt_put_mark(o, 0, BT_MARK_R9);
	put_leave(o, o->src->step ? E_BT_STEP : E_BT_RETURN);
	return BT_ENDS;
}

static enum bt_next do_call(struct bt_out *o)
{
	if (o->in.opsize != 4 || !flat_stack(o) || leads_out(o))
		return BT_LEAVES;
	if (o->in.opnd[0].kind == AB_OPND_REL) {
		put_push_imm(o, o->next);
		bt_put_mark(o, relative(o), BT_MARK_RETURN);
		put_way_back(o);
		bt_put_mark(o, relative(o), 0);
		put_goto(o, relative(o));
		return BT_ENDS;
	}
	if (!bt_put_load(o, 9) || !put_limit(o))
		return BT_LEAVES;
	put_store_imm(o, o->next);
	put_pushed(o, 0, BT_MARK_R9);
	bt_put_mark(o, 0, BT_MARK_R9 | BT_MARK_RETURN);
	put_way_back(o);
	bt_put_mark(o, 0, BT_MARK_R9);
	put_goto_r9(o);
	return BT_ENDS;
}

static enum bt_next do_jmp(struct bt_out *o)
{
	if (o->in.opsize != 4 || leads_out(o))
		return BT_LEAVES;
	if (o->in.opnd[0].kind == AB_OPND_REL) {
		put_goto(o, relative(o));
		return BT_ENDS;
	}
	if (!bt_put_load(o, 9) || !put_limit(o))
		return BT_LEAVES;
	put_goto_r9(o);
	return BT_ENDS;
}

static bool conditional(const struct bt_out *o, unsigned *cc)
{
	unsigned op = o->z.opcode;

	*cc = op & 15;
	return o->z.encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY &&
	       ((o->z.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && op >> 4 == 7) ||
		(o->z.opcode_map == ZYDIS_OPCODE_MAP_0F && op >> 4 == 8));
}

static enum bt_next do_jcc(struct bt_out *o, unsigned cc)
{
	if (o->in.opsize != 4 || leads_out(o))
		return BT_LEAVES;
	put8(o, 0x0f);
	put8(o, 0x80 | cc);
	put_stub(o, relative(o));
	return BT_GOES_ON;
}

/* loop, loope, loopne, jecxz */
static enum bt_next do_loop(struct bt_out *o)
{
	if (o->in.opsize != 4 || o->z.address_width != 32 || leads_out(o))
		return BT_LEAVES;
	put8(o, 0x67);
	put8(o, o->z.opcode);
	put8(o, 2);				/* over the next jmp */
	bt_put_mark(o, o->next, 0);		/* ecx has been counted down */
	PUT(o, 0xeb, 0x05);
	bt_put_mark(o, relative(o), 0);
	put8(o, 0xe9);
	put_stub(o, relative(o));
	return BT_GOES_ON;
}

/* inc and dec of one byte are prefixes in 64-bit mode */
static enum bt_next do_inc_dec(struct bt_out *o)
{
	if (o->in.opsize == 2)
		put8(o, 0x66);
	put8(o, 0xff);
	put8(o, 0xc0 | (o->z.opcode - 0x40));
	return BT_GOES_ON;
}

/* pushf and popf of the wedge's own code: of the flags that the processor holds */
static enum bt_next do_flags(struct bt_out *o)
{
	bool push = o->in.op == AB_OP_PUSHF;

	if (!push)
		put_stack_move(o, 0x8b, 9, 0);
	PUT(o, 0x4c, 0x8d, 0x15);		/* leaq 7(%rip), %r10 */
	put32(o, 7);
	put_leave(o, push ? E_BT_PUSHF : E_BT_POPF);
	if (push)
		put_push(o, 9);
	else
		put_move_esp(o, 4);
	return BT_GOES_ON;
}

static enum bt_next do_op(struct bt_out *o)
{
	switch (o->in.op) {
	case AB_OP_RDTSC:
	case AB_OP_RDTSCP:
		bt_put_plain(o);
		return BT_GOES_ON;
	case AB_OP_PUSHF:
	case AB_OP_POPF:
		return o->src->window ? do_flags(o) : BT_LEAVES;
	case AB_OP_FAR_JMP:
		if (!o->src->window)
			return BT_LEAVES;
		/* to the monitor's entries; an iret has no short way here */
		put_leave(o, E_BT_CALL);
		return BT_ENDS;
	default:
		return BT_LEAVES;
	}
}

/* What must not run as it is: it reaches memory by an address that no prefix makes
 * 32 bits wide or moves, goes elsewhere, or changes what the monitor relies on. */
static bool forbidden(const struct bt_out *o)
{
	const ZydisDecodedInstruction *z = &o->z;
	bool legacy0f01 = z->encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY &&
			  z->opcode_map == ZYDIS_OPCODE_MAP_0F && z->opcode == 0x01;

	if (legacy0f01 && z->raw.modrm.mod == 3)
		return true;			/* monitorx, clzero, wrpkru... */
	if (z->meta.branch_type != ZYDIS_BRANCH_TYPE_NONE || z->raw.imm[0].is_relative ||
	    z->raw.imm[1].is_relative)
		return true;
	switch (z->encoding) {
	case ZYDIS_INSTRUCTION_ENCODING_XOP:
	case ZYDIS_INSTRUCTION_ENCODING_MVEX:
		return true;
	default:
		break;
	}
	switch (z->mnemonic) {
	case ZYDIS_MNEMONIC_MOVDIR64B:
	case ZYDIS_MNEMONIC_ENQCMD:
	case ZYDIS_MNEMONIC_XBEGIN:
	case ZYDIS_MNEMONIC_XABORT:
	case ZYDIS_MNEMONIC_MASKMOVQ:
	case ZYDIS_MNEMONIC_MASKMOVDQU:
	case ZYDIS_MNEMONIC_VMASKMOVDQU:
		return true;
	default:
		return false;
	}
}

/* Opcodes of one byte that 64-bit mode does not have. */
static bool only32(const struct bt_out *o)
{
	if (o->z.opcode_map != ZYDIS_OPCODE_MAP_DEFAULT ||
	    o->z.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY)
		return false;
	switch (o->z.opcode) {
	case 0x27: case 0x2f: case 0x37: case 0x3f:	/* daa das aaa aas */
	case 0x62:					/* bound */
	case 0x82:					/* another 80h */
	case 0xd4: case 0xd5: case 0xd6:		/* aam aad salc */
		return true;
	default:
		return false;
	}
}

/* Physical address of the instruction in hand. */
static uint64_t here(const struct bt_out *o)
{
	return o->block->pa + (o->eip - o->src->eip);
}

/* Copied code of a site that would lead astray: the monitor does what stood there. */
static bool copied(struct bt_out *o)
{
	uint32_t ip = o->eip + o->e->bt.context.cs_base;

	if (o->src->window)
		return false;
	if (!(o->in.gen == AB_GEN_JMP && o->z.opcode == 0xe9 && o->in.opsize == 4 &&
	      copy_astray(o->e, ip, (uint32_t)o->in.opnd[0].imm)) && !copy_stale(o->e, ip, o->in.bytes))
		return false;
	o->in.op = AB_OP_HLT;
	return true;
}

/* wedge/core knows for which: MMX, which looks like SSE here, runs there as well. */
static bool fpu_may_fault(const struct bt_out *o)
{
	const struct bt_context *c = &o->e->bt.context;

	if (c->no_fpu)
		return true;
	if (o->z.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY)
		return c->no_avx;
	if (o->z.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT)	/* x87 */
		return false;
	/* xsave's family beside fxsave, fxrstor */
	return c->no_sse || (c->no_xsave && (o->z.opcode == 0xae || o->z.opcode == 0xc7) &&
			     o->z.raw.modrm.reg > 1);
}

static enum bt_next do_insn(struct bt_out *o)
{
	unsigned cc;

	if (copied(o))
		return BT_LEAVES;
	/* an iteration is a step */
	if (o->src->step && o->in.rep && o->in.gen >= AB_GEN_MOVS && o->in.gen <= AB_GEN_SCAS)
		return BT_LEAVES;

	if (o->in.op != AB_OP_NONE)
		return do_op(o);
	if (o->in.gen != AB_GEN_NONE && bt_is_slow(o->e, here(o)))
		return BT_LEAVES;
	if ((o->in.gen == AB_GEN_FNINIT || o->in.gen == AB_GEN_FPU) && fpu_may_fault(o))
		return BT_LEAVES;
	if (conditional(o, &cc))
		return do_jcc(o, cc);
	if (o->z.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT &&
	    o->z.encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY) {
		if (o->z.opcode >= 0xe0 && o->z.opcode <= 0xe3)
			return do_loop(o);
		if (o->z.opcode >> 4 == 4)
			return do_inc_dec(o);
	}
	switch (o->in.gen) {
	case AB_GEN_PUSH: return do_push(o);
	case AB_GEN_POP: return do_pop(o);
	case AB_GEN_PUSHA: return do_pusha(o, false);
	case AB_GEN_POPA: return do_pusha(o, true);
	case AB_GEN_LEAVE: return do_leave(o);
	case AB_GEN_ENTER: return BT_LEAVES;
	case AB_GEN_NOP: return BT_GOES_ON;	/* its operand is not touched */
	case AB_GEN_CALL: return do_call(o);
	case AB_GEN_JMP: return do_jmp(o);
	case AB_GEN_RET: return do_ret(o);
	}
	if (only32(o) || forbidden(o) || !bt_put_plain(o))
		return BT_LEAVES;
	return BT_GOES_ON;
}

/* ---- the block ---- */

static bool decode_bytes(struct bt_out *o, const uint8_t *code, uint32_t size)
{
	o->in.addr = o->eip;
	return ab_decode_raw(code, size, 32, &o->in, &o->z) >= 0;
}

/* The instruction at source's offset (at): into o->in and o->z. */
static bool decode(struct bt_out *o, uint32_t at)
{
	const struct bt_source *s = o->src;
	const uint8_t *code = s->code + at;
	uint32_t size = s->size - at, i, room = o->src->limit - o->eip;
	uint8_t bytes[16];

	if (size < 15 && s->code2) {
		for (i = 0; i < 15 && i < size + s->size2; i++)
			bytes[i] = i < size ? code[i] : s->code2[i - size];
		code = bytes;
		size = i;
	}
	if (size - 1 > room)
		size = room + 1;
	return decode_bytes(o, code, size);
}

/* A hlt stands where a silent op was: -t none, docs/wedge-abi.md. */
static void original(struct bt_out *o)
{
	const uint8_t *code;
	unsigned n;

	if (o->in.op != AB_OP_HLT || o->src->window)
		return;
	n = site_original(o->e, o->eip + o->e->bt.context.cs_base, &code);
	if (n && !decode_bytes(o, code, n))
		o->in.len = 0;
}

uint32_t bt_translate(struct engine *e, const struct bt_source *s, struct bt_block *b)
{
	struct bt_out o = { .e = e, .src = s, .block = b, .p = e->bt.cache + b->host };
	uint32_t at = 0, n;
	enum bt_next next = BT_GOES_ON;

	for (n = 0; n < BT_INSN_MAX && next == BT_GOES_ON; n++) {
		o.eip = s->eip + at;
		if (at >= s->size || (n && o.eip - 1 == s->limit))
			break;
		/* what is translated already is not again: it would take room in caches */
		if (n && !s->step && bt_starts(e, b->pa + at) &&
		    bt_block_at(e, b->pa + at, o.eip, BT_NONE))
			break;
		if (!decode(&o, at)) {
			/* ends in the next page, or is none: looked at when reached */
			if (n)
				break;
			o.in.len = 0;
		} else {
			original(&o);
		}
		bt_put_mark(&o, o.eip, 0);
		o.next = o.eip + o.in.len;
		next = o.in.len ? do_insn(&o) : BT_LEAVES;
		if (next == BT_LEAVES)
			put_exit(&o);
		at += o.in.len;
		if (s->step && next == BT_GOES_ON)
			break;
	}
	if (next == BT_GOES_ON) {
		bt_put_mark(&o, s->eip + at, 0);
		put_goto(&o, s->eip + at);
	}
	put_stubs(&o);
	b->host_end = (uint32_t)(o.p - e->bt.cache);
	return at;
}
