/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decode.c: struct ab_insn from bytes, for targets where the machine lives inside
 * the guest and no decoder library can: general registers only, no libc, small.
 *
 * It knows every op of the op table that can trap or be patched in 32- and 64-bit
 * code, and the plain instructions that kernels touch device memory with.  What it
 * does not know gets AB_GEN_NONE or is refused; it never guesses.  A test holds it
 * against the host's decoder, form by form.
 */
#include "core/cpu.h"
#include "core/decode.h"

/* How operands are found: E is the r/m side of ModRM, G its register side, v the
 * operand size, b and w one and two bytes, z an immediate of at most 4 bytes. */
enum form {
	NOT_KNOWN, PLAIN, GROUP,
	EV, EB, EW, MEM,
	EV_GV, EB_GB, GV_EV, GB_EB, GV_EB, GV_EW, GV_ED, GV_MEM,
	EV_IZ, EV_IB, EB_IB, ACC_IZ, AL_IB, GV_IZ, GB_IB,
	IB, IW, EV_SEG, SEG_EV, SEG, REG_CR, CR_REG, REG_DR, DR_REG, REG_EV,
	AV_IB, AB_IB_, IB_AV, IB_AB, AV_DX, AB_DX, DX_AV, DX_AB,
	AV_OFFS, AB_OFFS, OFFS_AV, OFFS_AB,
	MOVS_, STOS_, LODS_, CMPS_, SCAS_, INS_, OUTS_,	/* size: odd opcode is v */
	OV, IZ, SIGNED_IB,
};

struct row {
	uint8_t op, gen, form;
};

#define OP(o, f)	{ AB_OP_##o, 0, f }
#define GEN(g, f)	{ 0, AB_GEN_##g, f }
#define ALU(at, g) \
	[at] = GEN(g, EB_GB), [at + 1] = GEN(g, EV_GV), [at + 2] = GEN(g, GB_EB), \
	[at + 3] = GEN(g, GV_EV), [at + 4] = GEN(g, AL_IB), [at + 5] = GEN(g, ACC_IZ)

static const struct row one[256] = {
	ALU(0x00, ADD), ALU(0x08, OR), ALU(0x10, ADC), ALU(0x18, SBB),
	ALU(0x20, AND), ALU(0x28, SUB), ALU(0x30, XOR), ALU(0x38, CMP),
	[0x63] = GEN(MOVSX, GV_ED),
	[0x6c] = OP(PORT_INS, INS_), [0x6d] = OP(PORT_INS, INS_),
	[0x6e] = OP(PORT_OUTS, OUTS_), [0x6f] = OP(PORT_OUTS, OUTS_),
	[0x80] = { 0, 0, GROUP }, [0x81] = { 0, 0, GROUP }, [0x83] = { 0, 0, GROUP },
	[0x84] = GEN(TEST, EB_GB), [0x85] = GEN(TEST, EV_GV),
	[0x86] = GEN(XCHG, EB_GB), [0x87] = GEN(XCHG, EV_GV),
	[0x88] = GEN(MOV, EB_GB), [0x89] = GEN(MOV, EV_GV),
	[0x8a] = GEN(MOV, GB_EB), [0x8b] = GEN(MOV, GV_EV),
	[0x8c] = OP(READ_SEG, EV_SEG), [0x8d] = GEN(LEA, GV_MEM),
	[0x8e] = OP(WRITE_SEG, SEG_EV),
	[0x9c] = OP(PUSHF, PLAIN), [0x9d] = OP(POPF, PLAIN),
	[0xa0] = GEN(MOV, AB_OFFS), [0xa1] = GEN(MOV, AV_OFFS),
	[0xa2] = GEN(MOV, OFFS_AB), [0xa3] = GEN(MOV, OFFS_AV),
	[0xa4] = GEN(MOVS, MOVS_), [0xa5] = GEN(MOVS, MOVS_),
	[0xa6] = GEN(CMPS, CMPS_), [0xa7] = GEN(CMPS, CMPS_),
	[0xa8] = GEN(TEST, AL_IB), [0xa9] = GEN(TEST, ACC_IZ),
	[0xaa] = GEN(STOS, STOS_), [0xab] = GEN(STOS, STOS_),
	[0xac] = GEN(LODS, LODS_), [0xad] = GEN(LODS, LODS_),
	[0xae] = GEN(SCAS, SCAS_), [0xaf] = GEN(SCAS, SCAS_),
	[0xc6] = { 0, 0, GROUP }, [0xc7] = { 0, 0, GROUP },
	[0xca] = OP(FAR_RET, IW), [0xcb] = OP(FAR_RET, PLAIN),
	[0xcc] = OP(INT3, PLAIN), [0xcd] = OP(INT, IB),
	[0xcf] = OP(IRET, PLAIN), [0xf1] = OP(INT1, PLAIN),
	[0xe4] = OP(PORT_IN, AB_IB_), [0xe5] = OP(PORT_IN, AV_IB),
	[0xe6] = OP(PORT_OUT, IB_AB), [0xe7] = OP(PORT_OUT, IB_AV),
	[0xec] = OP(PORT_IN, AB_DX), [0xed] = OP(PORT_IN, AV_DX),
	[0xee] = OP(PORT_OUT, DX_AB), [0xef] = OP(PORT_OUT, DX_AV),
	[0xf4] = OP(HLT, PLAIN), [0xf6] = { 0, 0, GROUP }, [0xf7] = { 0, 0, GROUP },
	[0xfa] = OP(CLI, PLAIN), [0xfb] = OP(STI, PLAIN),
	[0xfe] = { 0, 0, GROUP }, [0xff] = { 0, 0, GROUP },
	/* what stands beside an op in a sequence */
	[0x50 ... 0x57] = GEN(PUSH, OV), [0x58 ... 0x5f] = GEN(POP, OV),
	[0x68] = GEN(PUSH, IZ), [0x6a] = GEN(PUSH, SIGNED_IB), [0x8f] = { 0, 0, GROUP },
	[0xc2] = GEN(RET, IW), [0xc3] = GEN(RET, PLAIN),
};

static const struct row two[256] = {
	[0x00] = { 0, 0, GROUP }, [0x01] = { 0, 0, GROUP },
	[0x02] = OP(LAR, GV_EW), [0x03] = OP(LSL, GV_EW),
	[0x05] = OP(SYSCALL, PLAIN), [0x06] = OP(CLTS, PLAIN),
	[0x07] = OP(SYSRET, PLAIN), [0x08] = OP(INVD, PLAIN),
	[0x09] = OP(WBINVD, PLAIN),
	[0x20] = OP(READ_CR, REG_CR), [0x21] = OP(READ_DR, REG_DR),
	[0x22] = OP(WRITE_CR, CR_REG), [0x23] = OP(WRITE_DR, DR_REG),
	[0x30] = OP(WRMSR, PLAIN), [0x31] = OP(RDTSC, PLAIN), [0x32] = OP(RDMSR, PLAIN),
	[0x33] = OP(RDPMC, PLAIN), [0x34] = OP(SYSENTER, PLAIN),
	[0x35] = OP(SYSEXIT, PLAIN),
	[0xa0] = OP(PUSH_SEG, SEG), [0xa1] = OP(POP_SEG, SEG),
	[0xa8] = OP(PUSH_SEG, SEG), [0xa9] = OP(POP_SEG, SEG),
	[0xa2] = OP(CPUID, PLAIN), [0xaa] = OP(RSM, PLAIN),
	[0xae] = { 0, 0, GROUP },
	[0xb2] = OP(LOAD_FAR, GV_MEM), [0xb4] = OP(LOAD_FAR, GV_MEM),
	[0xb5] = OP(LOAD_FAR, GV_MEM),
	[0xb6] = GEN(MOVZX, GV_EB), [0xb7] = GEN(MOVZX, GV_EW),
	[0xbe] = GEN(MOVSX, GV_EB), [0xbf] = GEN(MOVSX, GV_EW),
	[0x1f] = GEN(NOP, EV), [0xb0] = GEN(CMPXCHG, EB_GB), [0xb1] = GEN(CMPXCHG, EV_GV),
	[0xc0] = GEN(XADD, EB_GB), [0xc1] = GEN(XADD, EV_GV),
};

/* 0f 01 with a register operand: one instruction a byte. */
static const struct { uint8_t modrm, op; } fixed01[] = {
	{ 0xc1, AB_OP_VMCALL }, { 0xc2, AB_OP_VMLAUNCH }, { 0xc3, AB_OP_VMRESUME },
	{ 0xc4, AB_OP_VMXOFF }, { 0xc6, AB_OP_WRMSRNS },
	{ 0xc8, AB_OP_MONITOR }, { 0xc9, AB_OP_MWAIT }, { 0xca, AB_OP_CLAC },
	{ 0xcb, AB_OP_STAC }, { 0xd0, AB_OP_XGETBV }, { 0xd1, AB_OP_XSETBV },
	{ 0xd4, AB_OP_VMFUNC }, { 0xd8, AB_OP_VMRUN }, { 0xd9, AB_OP_VMMCALL },
	{ 0xda, AB_OP_VMLOAD }, { 0xdb, AB_OP_VMSAVE }, { 0xdc, AB_OP_STGI },
	{ 0xdd, AB_OP_CLGI }, { 0xde, AB_OP_SKINIT }, { 0xdf, AB_OP_INVLPGA },
	{ 0xf8, AB_OP_SWAPGS }, { 0xf9, AB_OP_RDTSCP }, { 0xfe, AB_OP_INVLPGB },
	{ 0xff, AB_OP_TLBSYNC },
};

static const uint8_t alu_group[8] = { AB_GEN_ADD, AB_GEN_OR, AB_GEN_ADC, AB_GEN_SBB,
	AB_GEN_AND, AB_GEN_SUB, AB_GEN_XOR, AB_GEN_CMP };

/* The bytes, and what has been read of them. */
struct reader {
	const uint8_t *p;
	size_t size, at;
	bool wide;		/* 64-bit code */
	bool failed;
	uint8_t rex, modrm, opcode;
	bool has_modrm, two, opsize16, addrshort;
	int seg;		/* override, or -1 */
};

static unsigned next(struct reader *r)
{
	if (r->at >= r->size || r->at >= 15) {
		r->failed = true;
		return 0;
	}
	return r->p[r->at++];
}

static uint64_t next_le(struct reader *r, unsigned bytes)
{
	uint64_t v = 0;
	unsigned i;

	for (i = 0; i < bytes; i++)
		v |= (uint64_t)next(r) << i * 8;
	return v;
}

static unsigned modrm(struct reader *r)
{
	if (!r->has_modrm) {
		r->modrm = next(r);
		r->has_modrm = true;
	}
	return r->modrm;
}

/* Prefixes and the opcode.  REX counts only right before the opcode; in 64-bit code
 * overrides by es, cs, ss and ds mean nothing. */
static void prefixes(struct reader *r, struct ab_insn *in)
{
	for (;;) {
		unsigned b = next(r);

		if (r->failed)
			return;
		if (r->wide && (b & 0xf0) == 0x40) {
			r->rex = (uint8_t)b;
			continue;
		}
		if (r->wide && (b & 0xe7) == 0x26) {
			r->rex = 0;
			continue;
		}
		switch (b) {
		case 0x26: r->seg = AB_SEG_ES; break;
		case 0x2e: r->seg = AB_SEG_CS; break;
		case 0x36: r->seg = AB_SEG_SS; break;
		case 0x3e: r->seg = AB_SEG_DS; break;
		case 0x64: r->seg = AB_SEG_FS; break;
		case 0x65: r->seg = AB_SEG_GS; break;
		case 0x66: r->opsize16 = true; break;
		case 0x67: r->addrshort = true; break;
		case 0xf0: in->lock = 1; break;
		case 0xf2: case 0xf3: in->rep = (uint8_t)b; break;
		default:
			r->opcode = (uint8_t)b;
			if (b == 0x0f) {
				r->two = true;
				r->opcode = (uint8_t)next(r);
			}
			return;
		}
		r->rex = 0;
	}
}

static struct ab_operand *add(struct ab_insn *in, unsigned kind, unsigned size)
{
	struct ab_operand *o = &in->opnd[in->nopnd++];

	o->kind = (uint8_t)kind;
	o->size = (uint8_t)size;
	o->base = o->index = AB_REG_NONE;
	return o;
}

static void add_reg(struct reader *r, struct ab_insn *in, unsigned reg, unsigned size)
{
	struct ab_operand *o = add(in, AB_OPND_REG, size);

	if (size == 1 && !r->rex && reg >= 4) {
		o->high8 = 1;
		reg -= 4;
	}
	o->reg = (uint8_t)reg;
}

static void add_imm(struct reader *r, struct ab_insn *in, unsigned bytes, bool with_sign)
{
	struct ab_operand *o = add(in, AB_OPND_IMM, bytes);

	o->imm = (int64_t)next_le(r, bytes);
	if (with_sign)
		o->imm = ab_sext((uint64_t)o->imm, bytes);
}

/* Memory that a string or moffs instruction names without ModRM. */
static struct ab_operand *add_mem(struct reader *r, struct ab_insn *in, unsigned size,
				  int base, unsigned seg)
{
	struct ab_operand *o = add(in, AB_OPND_MEM, size);

	o->base = (int8_t)base;
	o->seg = (uint8_t)seg;
	return o;
}

static void sib(struct reader *r, struct ab_operand *o)
{
	unsigned b = next(r), mod = r->modrm >> 6;
	unsigned index = (b >> 3 & 7) | (r->rex & 2) << 2;

	if (index != 4) {
		o->index = (int8_t)index;
		o->scale = (uint8_t)(1u << (b >> 6));
	}
	if ((b & 7) == 5 && !mod)
		o->disp = (int32_t)next_le(r, 4);
	else
		o->base = (int8_t)((b & 7) | (r->rex & 1) << 3);
}

/* The r/m side of ModRM. */
static void add_rm(struct reader *r, struct ab_insn *in, unsigned size)
{
	unsigned mod = modrm(r) >> 6, rm = r->modrm & 7;
	struct ab_operand *o;

	if (mod == 3) {
		add_reg(r, in, rm | (r->rex & 1) << 3, size);
		return;
	}
	if (in->addrsize == 2) {	/* 16-bit addressing: nobody's kernel */
		r->failed = true;
		return;
	}
	o = add(in, AB_OPND_MEM, size);
	if (rm == 4) {
		sib(r, o);
	} else if (rm == 5 && !mod) {
		o->disp = (int32_t)next_le(r, 4);
		if (r->wide)
			o->base = AB_REG_RIP;
	} else {
		o->base = (int8_t)(rm | (r->rex & 1) << 3);
	}
	if (mod == 1)
		o->disp = (int8_t)next(r);
	else if (mod == 2)
		o->disp = (int32_t)next_le(r, 4);
	o->seg = o->base == AB_ESP || o->base == AB_EBP ? AB_SEG_SS : AB_SEG_DS;
	if (r->seg >= 0)
		o->seg = (uint8_t)r->seg;
}

static void add_g(struct reader *r, struct ab_insn *in, unsigned size)
{
	add_reg(r, in, (modrm(r) >> 3 & 7) | (r->rex & 4) << 1, size);
}

/* A control or debug register on the register side. */
static void add_special(struct reader *r, struct ab_insn *in, unsigned kind)
{
	struct ab_operand *o = add(in, kind, r->wide ? 8 : 4);

	o->reg = (uint8_t)((modrm(r) >> 3 & 7) | (r->rex & 4) << 1);
}

static void add_sreg(struct reader *r, struct ab_insn *in, unsigned seg)
{
	add(in, AB_OPND_SREG, 2)->reg = (uint8_t)seg;
	if (seg >= AB_SEG_COUNT)
		r->failed = true;
}

static unsigned string_size(const struct reader *r, const struct ab_insn *in)
{
	return r->opcode & 1 ? in->opsize : 1;
}

static void strings(struct reader *r, struct ab_insn *in, unsigned form)
{
	unsigned size = string_size(r, in), si = AB_SEG_DS;

	in->opsize = (uint8_t)size;
	if (r->seg >= 0)
		si = (unsigned)r->seg;
	if ((form == INS_ || form == OUTS_) && size == 8)
		size = in->opsize = 4;
	switch (form) {
	case INS_:
		add_mem(r, in, size, AB_EDI, AB_SEG_ES);
		add_reg(r, in, AB_EDX, 2);
		break;
	case OUTS_:
		add_reg(r, in, AB_EDX, 2);
		add_mem(r, in, size, AB_ESI, si);
		break;
	case MOVS_:
		add_mem(r, in, size, AB_EDI, AB_SEG_ES);
		add_mem(r, in, size, AB_ESI, si);
		break;
	case CMPS_:
		add_mem(r, in, size, AB_ESI, si);
		add_mem(r, in, size, AB_EDI, AB_SEG_ES);
		break;
	case STOS_:
		add_mem(r, in, size, AB_EDI, AB_SEG_ES);
		add_reg(r, in, AB_EAX, size);
		break;
	case LODS_:
		add_reg(r, in, AB_EAX, size);
		add_mem(r, in, size, AB_ESI, si);
		break;
	default:	/* scas */
		add_reg(r, in, AB_EAX, size);
		add_mem(r, in, size, AB_EDI, AB_SEG_ES);
		break;
	}
}

static void offs(struct reader *r, struct ab_insn *in, unsigned size)
{
	struct ab_operand *o;

	if (in->addrsize == 2)
		r->failed = true;
	o = add_mem(r, in, size, AB_REG_NONE, r->seg >= 0 ? (unsigned)r->seg : AB_SEG_DS);
	o->disp = (int64_t)next_le(r, in->addrsize);
}

static void ports(struct reader *r, struct ab_insn *in, unsigned form)
{
	bool out = form == IB_AV || form == IB_AB || form == DX_AV || form == DX_AB;
	bool imm = form == AV_IB || form == AB_IB_ || form == IB_AV || form == IB_AB;
	unsigned size = r->opcode & 1 ? in->opsize : 1, i;

	if (size == 8)
		size = 4;
	in->opsize = (uint8_t)size;
	for (i = 0; i < 2; i++) {
		if (i == out)
			add_reg(r, in, AB_EAX, size);
		else if (imm)
			add_imm(r, in, 1, false);
		else
			add_reg(r, in, AB_EDX, 2);
	}
}

static unsigned immediate_size(const struct ab_insn *in)
{
	return in->opsize == 2 ? 2 : 4;
}

static void operands_special(struct reader *r, struct ab_insn *in, unsigned form)
{
	unsigned wide = r->wide ? 8 : 4;

	switch (form) {
	case EV_SEG:
		add_rm(r, in, modrm(r) >> 6 == 3 ? in->opsize : 2);
		add_sreg(r, in, modrm(r) >> 3 & 7);
		break;
	case SEG_EV:
		if ((modrm(r) >> 3 & 7) == AB_SEG_CS)
			r->failed = true;
		add_sreg(r, in, modrm(r) >> 3 & 7);
		add_rm(r, in, 2);
		break;
	case SEG:
		add_sreg(r, in, r->opcode >> 3 & 1 ? AB_SEG_GS : AB_SEG_FS);
		break;
	case REG_CR:
	case REG_DR:
		in->opsize = (uint8_t)wide;
		add_reg(r, in, (modrm(r) & 7) | (r->rex & 1) << 3, wide);
		add_special(r, in, form == REG_CR ? AB_OPND_CR : AB_OPND_DR);
		break;
	case CR_REG:
	case DR_REG:
		in->opsize = (uint8_t)wide;
		add_special(r, in, form == CR_REG ? AB_OPND_CR : AB_OPND_DR);
		add_reg(r, in, (modrm(r) & 7) | (r->rex & 1) << 3, wide);
		break;
	case AV_OFFS:
	case AB_OFFS:
		if (form == AB_OFFS)
			in->opsize = 1;
		add_reg(r, in, AB_EAX, form == AV_OFFS ? in->opsize : 1);
		offs(r, in, in->opnd[0].size);
		break;
	case OFFS_AV:
	case OFFS_AB:
		if (form == OFFS_AB)
			in->opsize = 1;
		offs(r, in, form == OFFS_AV ? in->opsize : 1);
		add_reg(r, in, AB_EAX, form == OFFS_AV ? in->opsize : 1);
		break;
	case IZ:
		add_imm(r, in, immediate_size(in), true);
		break;
	case SIGNED_IB:
		add_imm(r, in, 1, true);
		break;
	case OV:
		add_reg(r, in, (r->opcode & 7) | (r->rex & 1) << 3, in->opsize);
		break;
	default:
		r->failed = true;
	}
}

static void operands(struct reader *r, struct ab_insn *in, unsigned form)
{
	unsigned v = in->opsize;

	switch (form) {
	case PLAIN:
		break;
	case EV: add_rm(r, in, v); break;
	case EB: add_rm(r, in, 1); break;
	case EW: add_rm(r, in, 2); break;
	case MEM:
		if (modrm(r) >> 6 == 3)
			r->failed = true;
		add_rm(r, in, 0);
		break;
	case EV_GV: add_rm(r, in, v); add_g(r, in, v); break;
	case EB_GB: in->opsize = 1; add_rm(r, in, 1); add_g(r, in, 1); break;
	case GV_EV: add_g(r, in, v); add_rm(r, in, v); break;
	case GB_EB: in->opsize = 1; add_g(r, in, 1); add_rm(r, in, 1); break;
	case GV_EB: add_g(r, in, v); add_rm(r, in, 1); break;
	case GV_EW: add_g(r, in, v); add_rm(r, in, 2); break;
	case GV_ED: add_g(r, in, v); add_rm(r, in, 4); break;
	case GV_MEM:
		if (modrm(r) >> 6 == 3)
			r->failed = true;
		add_g(r, in, v);
		add_rm(r, in, v);
		break;
	case EV_IZ: add_rm(r, in, v); add_imm(r, in, immediate_size(in), true); break;
	case EV_IB: add_rm(r, in, v); add_imm(r, in, 1, true); break;
	case EB_IB: in->opsize = 1; add_rm(r, in, 1); add_imm(r, in, 1, true); break;
	case ACC_IZ:
		add_reg(r, in, AB_EAX, v);
		add_imm(r, in, immediate_size(in), true);
		break;
	case AL_IB: in->opsize = 1; add_reg(r, in, AB_EAX, 1); add_imm(r, in, 1, true); break;
	case IB: add_imm(r, in, 1, false); break;
	case IW: add_imm(r, in, 2, false); break;
	case AV_IB: case AB_IB_: case IB_AV: case IB_AB:
	case AV_DX: case AB_DX: case DX_AV: case DX_AB:
		ports(r, in, form);
		break;
	case MOVS_: case STOS_: case LODS_: case CMPS_: case SCAS_: case INS_: case OUTS_:
		strings(r, in, form);
		break;
	default:
		operands_special(r, in, form);
	}
}

/* 0f 00, 0f 01, 0f ae: descriptor tables and bases. */
static unsigned group_system(struct reader *r, struct ab_insn *in)
{
	static const uint8_t op00[8] = { AB_OP_SLDT, AB_OP_STR, AB_OP_LLDT, AB_OP_LTR,
					 AB_OP_VERR, AB_OP_VERW };
	static const uint8_t op01[8] = { AB_OP_SGDT, AB_OP_SIDT, AB_OP_LGDT, AB_OP_LIDT,
					 AB_OP_SMSW, 0, AB_OP_LMSW, AB_OP_INVLPG };
	static const uint8_t opae[4] = { AB_OP_RDFSBASE, AB_OP_RDGSBASE,
					 AB_OP_WRFSBASE, AB_OP_WRGSBASE };
	unsigned reg = modrm(r) >> 3 & 7, i;
	bool is_reg = r->modrm >> 6 == 3;

	if (r->opcode == 0x00) {
		in->op = op00[reg];
		return !in->op ? NOT_KNOWN : reg < 2 && is_reg ? EV : EW;
	}
	if (r->opcode == 0xae) {
		if (!is_reg || reg > 3 || in->rep != 0xf3 || !r->wide)
			return NOT_KNOWN;
		in->op = opae[reg];
		in->rep = 0;
		return EV;
	}
	if (is_reg && reg != 4 && reg != 6) {
		for (i = 0; i < sizeof(fixed01) / sizeof(fixed01[0]); i++)
			if (fixed01[i].modrm == r->modrm)
				in->op = fixed01[i].op;
		return in->op ? PLAIN : NOT_KNOWN;
	}
	in->op = op01[reg];
	if (reg == 4)
		return is_reg ? EV : EW;
	return reg == 6 ? EW : in->op ? MEM : NOT_KNOWN;
}

static unsigned group_plain(struct reader *r, struct ab_insn *in)
{
	static const uint8_t unary[8] = { AB_GEN_TEST, AB_GEN_TEST, AB_GEN_NOT, AB_GEN_NEG,
					  AB_GEN_MUL, AB_GEN_IMUL, AB_GEN_DIV, AB_GEN_IDIV };
	unsigned reg = modrm(r) >> 3 & 7;
	bool byte = !(r->opcode & 1);

	switch (r->opcode) {
	case 0x80: case 0x81: case 0x83:
		in->gen = alu_group[reg];
		return r->opcode == 0x80 ? EB_IB : r->opcode == 0x81 ? EV_IZ : EV_IB;
	case 0x8f:
		in->gen = AB_GEN_POP;
		return reg ? NOT_KNOWN : EV;
	case 0xc6: case 0xc7:
		in->gen = AB_GEN_MOV;
		return reg ? NOT_KNOWN : byte ? EB_IB : EV_IZ;
	case 0xf6: case 0xf7:
		in->gen = unary[reg];
		if (byte)
			in->opsize = 1;
		return reg < 2 ? byte ? EB_IB : EV_IZ : byte ? EB : EV;
	default:		/* fe, ff */
		if (reg < 2) {
			in->gen = reg ? AB_GEN_DEC : AB_GEN_INC;
			if (byte)
				in->opsize = 1;
			return byte ? EB : EV;
		}
		if (!byte && reg == 6) {
			in->gen = AB_GEN_PUSH;
			return EV;
		}
		if (byte || (reg != 3 && reg != 5) || r->modrm >> 6 == 3)
			return NOT_KNOWN;
		in->op = reg == 3 ? AB_OP_FAR_CALL : AB_OP_FAR_JMP;
		return MEM;
	}
}

/* Operand sizes that do not follow the usual rule. */
static void adjust(const struct reader *r, struct ab_insn *in)
{
	bool stack = in->gen == AB_GEN_PUSH || in->gen == AB_GEN_POP || in->gen == AB_GEN_RET;

	if (stack && r->wide && in->opsize == 4)
		in->opsize = 8;
	if (in->gen == AB_GEN_RET && r->wide)	/* whatever a prefix says */
		in->opsize = 8;
	switch (in->op) {
	case AB_OP_PUSHF: case AB_OP_POPF: case AB_OP_PUSH_SEG: case AB_OP_POP_SEG:
		if (r->wide && in->opsize == 4)
			in->opsize = 8;
		break;
	case AB_OP_LGDT: case AB_OP_LIDT: case AB_OP_SGDT: case AB_OP_SIDT:
		if (r->wide)
			in->opsize = 8;
		break;
	case AB_OP_WBINVD:
		if (in->rep == 0xf3) {
			in->op = AB_OP_WBNOINVD;
			in->rep = 0;
		}
		break;
	default:
		break;
	}
}

int ab_insn_decode(const uint8_t *bytes, size_t size, int bits, struct ab_insn *in)
{
	struct reader r = { .p = bytes, .size = size, .wide = bits == 64, .seg = -1 };
	const struct row *row;
	uint64_t addr = in->addr;
	unsigned form;

	ab_memset(in, 0, sizeof(*in));
	in->addr = addr;
	prefixes(&r, in);
	if (r.failed)
		return -1;
	in->opsize = r.rex & 8 ? 8 : r.opsize16 ? 2 : 4;
	in->addrsize = r.wide ? (r.addrshort ? 4 : 8) : r.addrshort ? 2 : 4;
	row = r.two ? &two[r.opcode] : &one[r.opcode];
	in->op = row->op;
	in->gen = row->gen;
	form = row->form;
	if (form == GROUP)
		form = r.two ? group_system(&r, in) : group_plain(&r, in);
	if (form == NOT_KNOWN || (form == GV_ED && (!r.wide || in->opsize == 2)))
		return -1;
	adjust(&r, in);
	operands(&r, in, form);
	if (r.failed)
		return -1;
	/* outside of string instructions the prefix selects or means nothing */
	if (in->gen < AB_GEN_MOVS || in->gen > AB_GEN_SCAS)
		if (in->op != AB_OP_PORT_INS && in->op != AB_OP_PORT_OUTS)
			in->rep = 0;
	in->len = (uint8_t)r.at;
	ab_memcpy(in->bytes, bytes, r.at);
	return (int)r.at;
}
