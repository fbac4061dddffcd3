/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * decode.c: struct ab_insn out of Zydis.
 *
 * Zydis knows lengths and operands; what is sensitive, and what the emulator
 * can do, is said by the tables below.  (Its own "privileged" attribute misses
 * lgdt and everything that depends on IOPL.)  Nothing here allocates or keeps
 * state, so that a signal handler may decode.
 */
#include "lib/decode_raw.h"

#include <string.h>

#define M(name)	[ZYDIS_MNEMONIC_##name]

/* Mnemonics that are one op whatever their operands. */
static const uint8_t op_of[ZYDIS_MNEMONIC_MAX_VALUE + 1] = {
	M(CLI) = AB_OP_CLI, M(STI) = AB_OP_STI,
	M(PUSHF) = AB_OP_PUSHF, M(PUSHFD) = AB_OP_PUSHF, M(PUSHFQ) = AB_OP_PUSHF,
	M(POPF) = AB_OP_POPF, M(POPFD) = AB_OP_POPF, M(POPFQ) = AB_OP_POPF,
	M(IRET) = AB_OP_IRET, M(IRETD) = AB_OP_IRET, M(IRETQ) = AB_OP_IRET,
	M(INT) = AB_OP_INT, M(INT3) = AB_OP_INT3, M(INTO) = AB_OP_INTO,
	M(INT1) = AB_OP_INT1, M(HLT) = AB_OP_HLT,
	M(SYSENTER) = AB_OP_SYSENTER, M(SYSEXIT) = AB_OP_SYSEXIT,
	M(SYSCALL) = AB_OP_SYSCALL, M(SYSRET) = AB_OP_SYSRET,
	M(RSM) = AB_OP_RSM, M(MONITOR) = AB_OP_MONITOR, M(MWAIT) = AB_OP_MWAIT,
	M(UMONITOR) = AB_OP_UMONITOR, M(UMWAIT) = AB_OP_UMWAIT,
	M(TPAUSE) = AB_OP_TPAUSE,
	M(LDS) = AB_OP_LOAD_FAR, M(LES) = AB_OP_LOAD_FAR, M(LFS) = AB_OP_LOAD_FAR,
	M(LGS) = AB_OP_LOAD_FAR, M(LSS) = AB_OP_LOAD_FAR,
	M(LAR) = AB_OP_LAR, M(LSL) = AB_OP_LSL, M(VERR) = AB_OP_VERR,
	M(VERW) = AB_OP_VERW, M(SGDT) = AB_OP_SGDT, M(SIDT) = AB_OP_SIDT,
	M(SLDT) = AB_OP_SLDT, M(STR) = AB_OP_STR, M(LGDT) = AB_OP_LGDT,
	M(LIDT) = AB_OP_LIDT, M(LLDT) = AB_OP_LLDT, M(LTR) = AB_OP_LTR,
	M(SWAPGS) = AB_OP_SWAPGS, M(RDFSBASE) = AB_OP_RDFSBASE,
	M(RDGSBASE) = AB_OP_RDGSBASE, M(WRFSBASE) = AB_OP_WRFSBASE,
	M(WRGSBASE) = AB_OP_WRGSBASE, M(ARPL) = AB_OP_ARPL,
	M(CLTS) = AB_OP_CLTS, M(SMSW) = AB_OP_SMSW, M(LMSW) = AB_OP_LMSW,
	M(XSETBV) = AB_OP_XSETBV, M(XGETBV) = AB_OP_XGETBV,
	M(INVLPG) = AB_OP_INVLPG, M(INVPCID) = AB_OP_INVPCID,
	M(INVD) = AB_OP_INVD, M(WBINVD) = AB_OP_WBINVD,
	M(CLAC) = AB_OP_CLAC, M(STAC) = AB_OP_STAC,
	M(INVLPGB) = AB_OP_INVLPGB, M(TLBSYNC) = AB_OP_TLBSYNC,
	M(RDMSR) = AB_OP_RDMSR, M(WRMSR) = AB_OP_WRMSR, M(RDPMC) = AB_OP_RDPMC,
	M(RDTSC) = AB_OP_RDTSC, M(RDTSCP) = AB_OP_RDTSCP,
	M(CPUID) = AB_OP_CPUID, M(RDPID) = AB_OP_RDPID,
	M(XSAVES) = AB_OP_XSAVES, M(XSAVES64) = AB_OP_XSAVES,
	M(XRSTORS) = AB_OP_XRSTORS, M(XRSTORS64) = AB_OP_XRSTORS,
	M(PCONFIG) = AB_OP_PCONFIG, M(ENQCMDS) = AB_OP_ENQCMDS,
	M(IN) = AB_OP_PORT_IN, M(OUT) = AB_OP_PORT_OUT,
	M(INSB) = AB_OP_PORT_INS, M(INSW) = AB_OP_PORT_INS,
	M(INSD) = AB_OP_PORT_INS, M(OUTSB) = AB_OP_PORT_OUTS,
	M(OUTSW) = AB_OP_PORT_OUTS, M(OUTSD) = AB_OP_PORT_OUTS,
	M(VMCALL) = AB_OP_VMCALL, M(VMMCALL) = AB_OP_VMMCALL,
	M(VMFUNC) = AB_OP_VMFUNC, M(VMXON) = AB_OP_VMXON,
	M(VMXOFF) = AB_OP_VMXOFF, M(VMLAUNCH) = AB_OP_VMLAUNCH,
	M(VMRESUME) = AB_OP_VMRESUME, M(VMREAD) = AB_OP_VMREAD,
	M(VMWRITE) = AB_OP_VMWRITE, M(VMPTRLD) = AB_OP_VMPTRLD,
	M(VMPTRST) = AB_OP_VMPTRST, M(VMCLEAR) = AB_OP_VMCLEAR,
	M(INVEPT) = AB_OP_INVEPT, M(INVVPID) = AB_OP_INVVPID,
	M(VMRUN) = AB_OP_VMRUN, M(VMLOAD) = AB_OP_VMLOAD,
	M(VMSAVE) = AB_OP_VMSAVE, M(STGI) = AB_OP_STGI, M(CLGI) = AB_OP_CLGI,
	M(SKINIT) = AB_OP_SKINIT, M(INVLPGA) = AB_OP_INVLPGA,
	M(GETSEC) = AB_OP_GETSEC,
};

static const uint8_t gen_of[ZYDIS_MNEMONIC_MAX_VALUE + 1] = {
	M(MOV) = AB_GEN_MOV, M(MOVZX) = AB_GEN_MOVZX, M(MOVSX) = AB_GEN_MOVSX,
	M(MOVSXD) = AB_GEN_MOVSX, M(XCHG) = AB_GEN_XCHG, M(LEA) = AB_GEN_LEA,
	M(ADD) = AB_GEN_ADD, M(OR) = AB_GEN_OR, M(ADC) = AB_GEN_ADC,
	M(SBB) = AB_GEN_SBB, M(AND) = AB_GEN_AND, M(SUB) = AB_GEN_SUB,
	M(XOR) = AB_GEN_XOR, M(CMP) = AB_GEN_CMP, M(TEST) = AB_GEN_TEST,
	M(NOT) = AB_GEN_NOT, M(NEG) = AB_GEN_NEG, M(INC) = AB_GEN_INC,
	M(DEC) = AB_GEN_DEC, M(SHL) = AB_GEN_SHL, M(SHR) = AB_GEN_SHR,
	M(SAR) = AB_GEN_SAR, M(ROL) = AB_GEN_ROL, M(ROR) = AB_GEN_ROR,
	M(RCL) = AB_GEN_RCL, M(RCR) = AB_GEN_RCR, M(SHLD) = AB_GEN_SHLD,
	M(SHRD) = AB_GEN_SHRD, M(BT) = AB_GEN_BT, M(BTS) = AB_GEN_BTS,
	M(BTR) = AB_GEN_BTR, M(BTC) = AB_GEN_BTC, M(BSF) = AB_GEN_BSF,
	M(BSR) = AB_GEN_BSR, M(MUL) = AB_GEN_MUL, M(IMUL) = AB_GEN_IMUL,
	M(DIV) = AB_GEN_DIV, M(IDIV) = AB_GEN_IDIV, M(XADD) = AB_GEN_XADD,
	M(CMPXCHG) = AB_GEN_CMPXCHG, M(CMPXCHG8B) = AB_GEN_CMPXCHG8B,
	M(MOVSB) = AB_GEN_MOVS, M(MOVSW) = AB_GEN_MOVS, M(MOVSD) = AB_GEN_MOVS,
	M(MOVSQ) = AB_GEN_MOVS, M(STOSB) = AB_GEN_STOS, M(STOSW) = AB_GEN_STOS,
	M(STOSD) = AB_GEN_STOS, M(STOSQ) = AB_GEN_STOS, M(LODSB) = AB_GEN_LODS,
	M(LODSW) = AB_GEN_LODS, M(LODSD) = AB_GEN_LODS, M(LODSQ) = AB_GEN_LODS,
	M(CMPSB) = AB_GEN_CMPS, M(CMPSW) = AB_GEN_CMPS, M(CMPSD) = AB_GEN_CMPS,
	M(CMPSQ) = AB_GEN_CMPS, M(SCASB) = AB_GEN_SCAS, M(SCASW) = AB_GEN_SCAS,
	M(SCASD) = AB_GEN_SCAS, M(SCASQ) = AB_GEN_SCAS,
	M(PUSH) = AB_GEN_PUSH, M(POP) = AB_GEN_POP, M(PUSHA) = AB_GEN_PUSHA,
	M(PUSHAD) = AB_GEN_PUSHA, M(POPA) = AB_GEN_POPA, M(POPAD) = AB_GEN_POPA,
	M(CALL) = AB_GEN_CALL, M(JMP) = AB_GEN_JMP, M(RET) = AB_GEN_RET,
	M(LEAVE) = AB_GEN_LEAVE, M(ENTER) = AB_GEN_ENTER,
	M(NOP) = AB_GEN_NOP, M(XLAT) = AB_GEN_XLAT, M(FNINIT) = AB_GEN_FNINIT,
	M(SETO) = AB_GEN_SETCC, M(SETNO) = AB_GEN_SETCC, M(SETB) = AB_GEN_SETCC,
	M(SETNB) = AB_GEN_SETCC, M(SETZ) = AB_GEN_SETCC, M(SETNZ) = AB_GEN_SETCC,
	M(SETBE) = AB_GEN_SETCC, M(SETNBE) = AB_GEN_SETCC, M(SETS) = AB_GEN_SETCC,
	M(SETNS) = AB_GEN_SETCC, M(SETP) = AB_GEN_SETCC, M(SETNP) = AB_GEN_SETCC,
	M(SETL) = AB_GEN_SETCC, M(SETNL) = AB_GEN_SETCC, M(SETLE) = AB_GEN_SETCC,
	M(SETNLE) = AB_GEN_SETCC,
	M(CMOVO) = AB_GEN_CMOVCC, M(CMOVNO) = AB_GEN_CMOVCC,
	M(CMOVB) = AB_GEN_CMOVCC, M(CMOVNB) = AB_GEN_CMOVCC,
	M(CMOVZ) = AB_GEN_CMOVCC, M(CMOVNZ) = AB_GEN_CMOVCC,
	M(CMOVBE) = AB_GEN_CMOVCC, M(CMOVNBE) = AB_GEN_CMOVCC,
	M(CMOVS) = AB_GEN_CMOVCC, M(CMOVNS) = AB_GEN_CMOVCC,
	M(CMOVP) = AB_GEN_CMOVCC, M(CMOVNP) = AB_GEN_CMOVCC,
	M(CMOVL) = AB_GEN_CMOVCC, M(CMOVNL) = AB_GEN_CMOVCC,
	M(CMOVLE) = AB_GEN_CMOVCC, M(CMOVNLE) = AB_GEN_CMOVCC,
	M(POPCNT) = AB_GEN_NATIVE, M(LZCNT) = AB_GEN_NATIVE, M(TZCNT) = AB_GEN_NATIVE,
	M(CRC32) = AB_GEN_NATIVE, M(CLFLUSH) = AB_GEN_NATIVE,
	M(CLFLUSHOPT) = AB_GEN_NATIVE, M(ANDN) = AB_GEN_NATIVE, M(BEXTR) = AB_GEN_NATIVE,
	M(BLSI) = AB_GEN_NATIVE, M(BLSR) = AB_GEN_NATIVE, M(BLSMSK) = AB_GEN_NATIVE,
	M(BZHI) = AB_GEN_NATIVE, M(RORX) = AB_GEN_NATIVE, M(SARX) = AB_GEN_NATIVE,
	M(SHLX) = AB_GEN_NATIVE, M(SHRX) = AB_GEN_NATIVE, M(MULX) = AB_GEN_NATIVE,
	M(PDEP) = AB_GEN_NATIVE, M(PEXT) = AB_GEN_NATIVE, M(ADCX) = AB_GEN_NATIVE,
	M(ADOX) = AB_GEN_NATIVE, M(RDRAND) = AB_GEN_NATIVE, M(RDSEED) = AB_GEN_NATIVE,
	M(SERIALIZE) = AB_GEN_NATIVE, M(CLWB) = AB_GEN_NATIVE,
	M(JO) = AB_GEN_JCC, M(JNO) = AB_GEN_JCC, M(JB) = AB_GEN_JCC, M(JNB) = AB_GEN_JCC,
	M(JZ) = AB_GEN_JCC, M(JNZ) = AB_GEN_JCC, M(JBE) = AB_GEN_JCC, M(JNBE) = AB_GEN_JCC,
	M(JS) = AB_GEN_JCC, M(JNS) = AB_GEN_JCC, M(JP) = AB_GEN_JCC, M(JNP) = AB_GEN_JCC,
	M(JL) = AB_GEN_JCC, M(JNL) = AB_GEN_JCC, M(JLE) = AB_GEN_JCC, M(JNLE) = AB_GEN_JCC,
	M(LOOP) = AB_GEN_LOOP, M(LOOPE) = AB_GEN_LOOPE, M(LOOPNE) = AB_GEN_LOOPNE,
	M(JCXZ) = AB_GEN_JCXZ, M(JECXZ) = AB_GEN_JCXZ, M(JRCXZ) = AB_GEN_JCXZ,
	M(CBW) = AB_GEN_CBW, M(CWDE) = AB_GEN_CBW, M(CDQE) = AB_GEN_CBW,
	M(CWD) = AB_GEN_CWD, M(CDQ) = AB_GEN_CWD, M(CQO) = AB_GEN_CWD,
	M(LAHF) = AB_GEN_LAHF, M(SAHF) = AB_GEN_SAHF, M(CLC) = AB_GEN_CLC,
	M(STC) = AB_GEN_STC, M(CMC) = AB_GEN_CMC, M(CLD) = AB_GEN_CLD,
	M(STD) = AB_GEN_STD, M(BSWAP) = AB_GEN_BSWAP, M(MOVBE) = AB_GEN_MOVBE,
	M(BOUND) = AB_GEN_BOUND, M(SALC) = AB_GEN_SALC, M(DAA) = AB_GEN_DAA,
	M(DAS) = AB_GEN_DAS, M(AAA) = AB_GEN_AAA, M(AAS) = AB_GEN_AAS,
	M(AAM) = AB_GEN_AAM, M(AAD) = AB_GEN_AAD,
	M(MOVNTI) = AB_GEN_MOV, M(MOVDIRI) = AB_GEN_MOV,
	/* hints, and what is a hint on processors that lack it */
	M(PAUSE) = AB_GEN_HINT, M(LFENCE) = AB_GEN_HINT, M(MFENCE) = AB_GEN_HINT,
	M(SFENCE) = AB_GEN_HINT, M(PREFETCH) = AB_GEN_HINT, M(PREFETCHW) = AB_GEN_HINT,
	M(PREFETCHNTA) = AB_GEN_HINT, M(PREFETCHT0) = AB_GEN_HINT,
	M(PREFETCHT1) = AB_GEN_HINT, M(PREFETCHT2) = AB_GEN_HINT,
	M(PREFETCHWT1) = AB_GEN_HINT, M(ENDBR32) = AB_GEN_HINT, M(ENDBR64) = AB_GEN_HINT,
	M(CLDEMOTE) = AB_GEN_HINT, M(RDSSPD) = AB_GEN_HINT, M(RDSSPQ) = AB_GEN_HINT,
};

_Static_assert(AB_OP_COUNT <= 256, "op_of holds bytes");

static bool decoder_init(ZydisDecoder *dec, int bits)
{
	ZyanStatus st;

	switch (bits) {
	case 16:
		st = ZydisDecoderInit(dec, ZYDIS_MACHINE_MODE_LEGACY_16,
				      ZYDIS_STACK_WIDTH_16);
		break;
	case 32:
		st = ZydisDecoderInit(dec, ZYDIS_MACHINE_MODE_LEGACY_32,
				      ZYDIS_STACK_WIDTH_32);
		break;
	case 64:
		st = ZydisDecoderInit(dec, ZYDIS_MACHINE_MODE_LONG_64,
				      ZYDIS_STACK_WIDTH_64);
		break;
	default:
		return false;
	}
	/* no processor for whose guests we work has MPX: its opcodes are no-ops */
	return ZYAN_SUCCESS(st) &&
	       ZYAN_SUCCESS(ZydisDecoderEnableMode(dec, ZYDIS_DECODER_MODE_MPX, ZYAN_FALSE));
}

static void set_reg(struct ab_operand *o, ZydisRegister reg)
{
	int id = ZydisRegisterGetId(reg);

	switch (ZydisRegisterGetClass(reg)) {
	case ZYDIS_REGCLASS_GPR8:
		/* al cl dl bl, ah ch dh bh, spl bpl sil dil, r8b ... */
		o->kind = AB_OPND_REG;
		o->high8 = id >= 4 && id < 8;
		o->reg = id < 4 ? id : id - 4;
		break;
	case ZYDIS_REGCLASS_GPR16:
	case ZYDIS_REGCLASS_GPR32:
	case ZYDIS_REGCLASS_GPR64:
		o->kind = AB_OPND_REG;
		o->reg = id;
		break;
	case ZYDIS_REGCLASS_SEGMENT:
		o->kind = AB_OPND_SREG;
		o->reg = id;
		break;
	case ZYDIS_REGCLASS_CONTROL:
		o->kind = AB_OPND_CR;
		o->reg = id;
		break;
	case ZYDIS_REGCLASS_DEBUG:
		o->kind = AB_OPND_DR;
		o->reg = id;
		break;
	default:
		o->kind = AB_OPND_OTHER;
		break;
	}
}

static int address_reg(ZydisRegister reg)
{
	switch (ZydisRegisterGetClass(reg)) {
	case ZYDIS_REGCLASS_GPR16:
	case ZYDIS_REGCLASS_GPR32:
	case ZYDIS_REGCLASS_GPR64:
		return ZydisRegisterGetId(reg);
	case ZYDIS_REGCLASS_IP:
		return AB_REG_RIP;
	default:
		return AB_REG_NONE;
	}
}

static void set_mem(struct ab_operand *o, const ZydisDecodedOperand *z)
{
	int seg = ZydisRegisterGetId(z->mem.segment);

	o->kind = AB_OPND_MEM;
	o->base = address_reg(z->mem.base);
	o->index = address_reg(z->mem.index);
	o->scale = o->index == AB_REG_NONE ? 0 : z->mem.scale;
	o->disp = z->mem.disp.has_displacement ? z->mem.disp.value : 0;
	if (z->actions & ZYDIS_OPERAND_ACTION_MASK_READ)
		o->access |= AB_READS;
	if (z->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
		o->access |= AB_WRITES;
	o->seg = seg >= 0 && seg < AB_SEG_COUNT ? seg : AB_SEG_DS;
}

static void set_operand(struct ab_operand *o, const ZydisDecodedOperand *z)
{
	memset(o, 0, sizeof(*o));
	o->base = o->index = AB_REG_NONE;
	/* fxsave's 512 bytes and the like: no consumer wants their size */
	o->size = z->size / 8 <= 255 ? z->size / 8 : 0;
	switch (z->type) {
	case ZYDIS_OPERAND_TYPE_REGISTER:
		set_reg(o, z->reg.value);
		break;
	case ZYDIS_OPERAND_TYPE_MEMORY:
		set_mem(o, z);
		break;
	case ZYDIS_OPERAND_TYPE_POINTER:
		o->kind = AB_OPND_FAR;
		o->sel = z->ptr.segment;
		o->imm = z->ptr.offset;
		break;
	case ZYDIS_OPERAND_TYPE_IMMEDIATE:
		o->kind = z->imm.is_relative ? AB_OPND_REL : AB_OPND_IMM;
		o->imm = z->imm.is_signed ? z->imm.value.s : (int64_t)z->imm.value.u;
		break;
	default:
		o->kind = AB_OPND_OTHER;
		break;
	}
}

/* String instructions do not show their operands, but the emulator wants the
 * segment and the port register. */
static bool is_string(const struct ab_insn *insn)
{
	switch (insn->gen) {
	case AB_GEN_MOVS:
	case AB_GEN_STOS:
	case AB_GEN_LODS:
	case AB_GEN_CMPS:
	case AB_GEN_SCAS:
	case AB_GEN_XLAT:
		return true;
	default:
		return insn->op == AB_OP_PORT_INS || insn->op == AB_OP_PORT_OUTS;
	}
}

static void set_operands(struct ab_insn *insn, const ZydisDecodedInstruction *zi,
			 const ZydisDecodedOperand *zo)
{
	bool string = is_string(insn);

	for (unsigned i = 0; i < zi->operand_count && insn->nopnd < 4; i++) {
		if (string) {
			/* memory, accumulator and dx; not the counter, the
			 * index registers and the flags */
			bool mem = zo[i].type == ZYDIS_OPERAND_TYPE_MEMORY;
			bool reg = zo[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
				   (zo[i].reg.value == ZYDIS_REGISTER_DX ||
				    zo[i].reg.value == ZYDIS_REGISTER_AL ||
				    zo[i].reg.value == ZYDIS_REGISTER_AX ||
				    zo[i].reg.value == ZYDIS_REGISTER_EAX ||
				    zo[i].reg.value == ZYDIS_REGISTER_RAX);

			if (!mem && !reg)
				continue;
		} else if (zo[i].visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN) {
			continue;
		}
		set_operand(&insn->opnd[insn->nopnd++], &zo[i]);
	}
}

static bool has_sreg(const struct ab_insn *insn, unsigned i)
{
	return i < insn->nopnd && insn->opnd[i].kind == AB_OPND_SREG;
}

static bool has_kind(const struct ab_insn *insn, unsigned i, unsigned kind)
{
	return i < insn->nopnd && insn->opnd[i].kind == kind;
}

/* mov, push, pop and transfers are ops only with some operands. */
static unsigned op_by_operands(const struct ab_insn *insn,
			       const ZydisDecodedInstruction *zi)
{
	switch (zi->mnemonic) {
	case ZYDIS_MNEMONIC_MOV:
		if (has_sreg(insn, 0))
			return AB_OP_WRITE_SEG;
		if (has_sreg(insn, 1))
			return AB_OP_READ_SEG;
		if (has_kind(insn, 0, AB_OPND_CR))
			return AB_OP_WRITE_CR;
		if (has_kind(insn, 1, AB_OPND_CR))
			return AB_OP_READ_CR;
		if (has_kind(insn, 0, AB_OPND_DR))
			return AB_OP_WRITE_DR;
		if (has_kind(insn, 1, AB_OPND_DR))
			return AB_OP_READ_DR;
		return AB_OP_NONE;
	case ZYDIS_MNEMONIC_PUSH:
		return has_sreg(insn, 0) ? AB_OP_PUSH_SEG : AB_OP_NONE;
	case ZYDIS_MNEMONIC_POP:
		return has_sreg(insn, 0) ? AB_OP_POP_SEG : AB_OP_NONE;
	case ZYDIS_MNEMONIC_CALL:
	case ZYDIS_MNEMONIC_JMP:
	case ZYDIS_MNEMONIC_RET:
		if (zi->meta.branch_type != ZYDIS_BRANCH_TYPE_FAR)
			return AB_OP_NONE;
		return zi->mnemonic == ZYDIS_MNEMONIC_CALL ? AB_OP_FAR_CALL :
		       zi->mnemonic == ZYDIS_MNEMONIC_JMP ? AB_OP_FAR_JMP :
		       AB_OP_FAR_RET;
	default:
		return AB_OP_NONE;
	}
}

static bool has_prefix(const ZydisDecodedInstruction *zi, uint8_t byte)
{
	for (unsigned i = 0; i < zi->raw.prefix_count; i++)
		if (zi->raw.prefixes[i].value == byte)
			return true;
	return false;
}

static bool touches_fpu(const ZydisDecodedInstruction *zi, const struct ab_insn *insn)
{
	for (unsigned i = 0; i < insn->nopnd; i++)
		if (insn->opnd[i].kind == AB_OPND_OTHER)
			return true;
	switch (zi->meta.isa_ext) {
	case ZYDIS_ISA_EXT_X87:
	case ZYDIS_ISA_EXT_MMX:
	case ZYDIS_ISA_EXT_AMD3DNOW:
	case ZYDIS_ISA_EXT_SSE:
	case ZYDIS_ISA_EXT_SSE2:
	case ZYDIS_ISA_EXT_SSE3:
	case ZYDIS_ISA_EXT_SSSE3:
	case ZYDIS_ISA_EXT_SSE4:
	case ZYDIS_ISA_EXT_SSE4A:
	case ZYDIS_ISA_EXT_AVX:
	case ZYDIS_ISA_EXT_AVX2:
	case ZYDIS_ISA_EXT_XSAVE:
	case ZYDIS_ISA_EXT_XSAVEC:
	case ZYDIS_ISA_EXT_XSAVEOPT:
		return true;
	default:
		return zi->mnemonic == ZYDIS_MNEMONIC_FXSAVE ||
		       zi->mnemonic == ZYDIS_MNEMONIC_FXRSTOR ||
		       zi->mnemonic == ZYDIS_MNEMONIC_FXSAVE64 ||
		       zi->mnemonic == ZYDIS_MNEMONIC_FXRSTOR64;
	}
}

/* What Zydis 4.0 does not know.  Only forms without operands. */
static int decode_unknown(const uint8_t *p, size_t size, int bits, struct ab_insn *insn)
{
	static const struct {
		uint8_t bytes[3], op;
	} known[] = {
		{ { 0x0f, 0x01, 0xc6 }, AB_OP_WRMSRNS },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t len = sizeof(known[i].bytes);

		if (size < len || memcmp(p, known[i].bytes, len))
			continue;
		insn->op = known[i].op;
		insn->len = len;
		insn->opsize = 4;
		insn->addrsize = bits / 8;
		memcpy(insn->bytes, p, len);
		return len;
	}
	return -1;
}

static void set_classification(struct ab_insn *insn, const ZydisDecodedInstruction *zi)
{
	insn->op = op_of[zi->mnemonic];
	insn->gen = gen_of[zi->mnemonic];
	/* movsd and cmpsd are also names of SSE instructions */
	if (is_string(insn) && zi->opcode_map != ZYDIS_OPCODE_MAP_DEFAULT)
		insn->gen = AB_GEN_NONE;
	if (zi->attributes & ZYDIS_ATTRIB_HAS_REPNE)
		insn->rep = 0xf2;
	else if (zi->attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE))
		insn->rep = 0xf3;
	insn->lock = has_prefix(zi, 0xf0);
	if (insn->gen == AB_GEN_SETCC || insn->gen == AB_GEN_CMOVCC ||
	    insn->gen == AB_GEN_JCC)
		insn->cc = zi->opcode & 15;
	if (insn->gen == AB_GEN_XLAT)
		insn->opsize = 1;
	if (insn->op == AB_OP_WBINVD && has_prefix(zi, 0xf3))
		insn->op = AB_OP_WBNOINVD;
}

int ab_decode_raw(const uint8_t *bytes, size_t size, int bits, struct ab_insn *insn,
		  ZydisDecodedInstruction *zi)
{
	ZydisDecoder dec;
	ZydisDecodedOperand zo[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecoderContext ctx;
	uint64_t addr = insn->addr;
	ZyanStatus st;

	memset(insn, 0, sizeof(*insn));
	insn->addr = addr;
	if (!decoder_init(&dec, bits))
		return -1;
	st = ZydisDecoderDecodeInstruction(&dec, &ctx, bytes, size, zi);
	if (st == ZYDIS_STATUS_NO_MORE_DATA || st == ZYDIS_STATUS_INSTRUCTION_TOO_LONG)
		return AB_DECODE_SHORT;
	if (ZYAN_FAILED(st))
		return decode_unknown(bytes, size, bits, insn);
	st = ZydisDecoderDecodeOperands(&dec, &ctx, zi, zo, zi->operand_count);
	if (ZYAN_FAILED(st))
		return -1;
	insn->len = zi->length;
	insn->opsize = zi->operand_width / 8;
	insn->addrsize = zi->address_width / 8;
	memcpy(insn->bytes, bytes, zi->length);
	set_classification(insn, zi);
	set_operands(insn, zi, zo);
	if (!insn->op)
		insn->op = op_by_operands(insn, zi);
	if (insn->op)
		insn->gen = AB_GEN_NONE;
	else if (!insn->gen && touches_fpu(zi, insn))
		insn->gen = AB_GEN_FPU;
	return zi->length;
}

int ab_decode(const uint8_t *bytes, size_t size, int bits, struct ab_insn *insn)
{
	ZydisDecodedInstruction zi;

	return ab_decode_raw(bytes, size, bits, insn, &zi);
}

/* Zydis 4.0 leaves out the star of indirect jumps and calls. */
static void put_star(const ZydisDecodedInstruction *zi, const ZydisDecodedOperand *zo,
		     char *buf, size_t size)
{
	char *p = strrchr(buf, ' ');
	size_t len = strlen(buf);

	if ((zi->mnemonic != ZYDIS_MNEMONIC_CALL && zi->mnemonic != ZYDIS_MNEMONIC_JMP) ||
	    (zo[0].type != ZYDIS_OPERAND_TYPE_MEMORY &&
	     zo[0].type != ZYDIS_OPERAND_TYPE_REGISTER) ||
	    !p || p[1] == '*' || len + 2 > size)
		return;
	memmove(p + 2, p + 1, len - (p + 1 - buf) + 1);
	p[1] = '*';
}

int ab_disassemble(const uint8_t *bytes, size_t size, int bits, uint64_t addr,
		   char *buf, size_t bufsize)
{
	ZydisDecoder dec;
	ZydisFormatter fmt;
	ZydisDecodedInstruction zi;
	ZydisDecodedOperand zo[ZYDIS_MAX_OPERAND_COUNT];
	struct ab_insn insn = { 0 };

	if (!bufsize)
		return 1;
	if (decoder_init(&dec, bits) &&
	    ZYAN_SUCCESS(ZydisDecoderDecodeFull(&dec, bytes, size, &zi, zo)) &&
	    ZYAN_SUCCESS(ZydisFormatterInit(&fmt, ZYDIS_FORMATTER_STYLE_ATT))) {
		ZydisFormatterSetProperty(&fmt, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE,
					  ZYAN_FALSE);
		if (ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&fmt, &zi, zo,
				zi.operand_count_visible, buf, bufsize, addr, NULL))) {
			put_star(&zi, zo, buf, bufsize);
			return zi.length;
		}
	}
	if (decode_unknown(bytes, size, bits, &insn) > 0) {
		strncpy(buf, ab_op_name(insn.op), bufsize - 1);
		buf[bufsize - 1] = '\0';
		return insn.len;
	}
	strncpy(buf, "(bad)", bufsize - 1);
	buf[bufsize - 1] = '\0';
	return 1;
}

static bool same_reg(const struct ab_operand *a, const struct ab_operand *b)
{
	return a->kind == AB_OPND_REG && b->kind == AB_OPND_REG &&
	       a->reg == b->reg && a->size == b->size && a->high8 == b->high8;
}

bool ab_insn_is_nop(const struct ab_insn *insn, int bits)
{
	const struct ab_operand *o = insn->opnd;

	if (insn->op || insn->lock || insn->rep)
		return false;
	switch (insn->gen) {
	case AB_GEN_NOP:
		return true;
	case AB_GEN_MOV:
	case AB_GEN_XCHG:
		/* in 64-bit code, 32-bit moves clear the upper half */
		return insn->nopnd == 2 && same_reg(&o[0], &o[1]) &&
		       !(bits == 64 && o[0].size == 4);
	case AB_GEN_LEA:
		return insn->nopnd == 2 && o[0].kind == AB_OPND_REG &&
		       o[1].kind == AB_OPND_MEM && o[1].base == o[0].reg &&
		       o[1].index == AB_REG_NONE && !o[1].disp &&
		       o[0].size == insn->addrsize && o[0].size == bits / 8;
	default:
		return false;
	}
}
