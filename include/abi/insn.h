/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A decoded instruction, as the decoder (lib/decode.c on the host) hands it to
 * the loader and to wedge/core.  Self-contained: freestanding C11 headers only.
 */
#ifndef AB_ABI_INSN_H
#define AB_ABI_INSN_H

#include <stdint.h>

enum ab_operand_kind {
	AB_OPND_NONE = 0,
	AB_OPND_REG,		/* reg: 0..15; size 1, 2, 4, 8; high8 for ah..bh */
	AB_OPND_MEM,		/* base, index, scale, disp, seg; size may be 0 */
	AB_OPND_IMM,		/* imm: sign-extended where the instruction does so;
				   zero-extended for int, in, out, enter, shifts... */
	AB_OPND_SREG,		/* reg: AB_SEG_* */
	AB_OPND_CR,		/* reg: 0..15 */
	AB_OPND_DR,		/* reg: 0..15 */
	AB_OPND_FAR,		/* ptr16:32 immediate: imm = offset, sel = selector */
	AB_OPND_REL,		/* imm = displacement from the next instruction */
	AB_OPND_OTHER,		/* x87, SSE... */
};

enum { AB_SEG_ES, AB_SEG_CS, AB_SEG_SS, AB_SEG_DS, AB_SEG_FS, AB_SEG_GS,
       AB_SEG_COUNT };

enum { AB_READS = 1, AB_WRITES = 2 };

#define AB_REG_NONE	(-1)
#define AB_REG_RIP	(-2)	/* as a base: the next instruction's address */

struct ab_operand {
	uint8_t  kind;
	uint8_t  size;		/* bytes */
	uint8_t  reg;
	uint8_t  high8;
	uint8_t  seg;		/* effective segment, override applied */
	int8_t   base, index;
	uint8_t  scale;		/* 1, 2, 4, 8; 0 with no index */
	uint8_t  access;	/* memory: AB_READS, AB_WRITES */
	uint16_t sel;
	int64_t  disp;
	int64_t  imm;
};

/* What an instruction that is not in the op table does; wedge/core emulates
 * these when they touch memory that cannot be mapped (MMIO, page 0...), or where
 * guest code cannot run as it is. */
enum ab_gen {
	AB_GEN_NONE = 0,	/* none of these: cannot be emulated */
	AB_GEN_MOV, AB_GEN_MOVZX, AB_GEN_MOVSX, AB_GEN_XCHG, AB_GEN_LEA,
	AB_GEN_ADD, AB_GEN_OR, AB_GEN_ADC, AB_GEN_SBB, AB_GEN_AND, AB_GEN_SUB,
	AB_GEN_XOR, AB_GEN_CMP, AB_GEN_TEST, AB_GEN_NOT, AB_GEN_NEG,
	AB_GEN_INC, AB_GEN_DEC, AB_GEN_SHL, AB_GEN_SHR, AB_GEN_SAR,
	AB_GEN_ROL, AB_GEN_ROR, AB_GEN_RCL, AB_GEN_RCR,
	AB_GEN_SHLD, AB_GEN_SHRD,
	AB_GEN_BT, AB_GEN_BTS, AB_GEN_BTR, AB_GEN_BTC, AB_GEN_BSF, AB_GEN_BSR,
	AB_GEN_MUL, AB_GEN_IMUL, AB_GEN_DIV, AB_GEN_IDIV,
	AB_GEN_XADD, AB_GEN_CMPXCHG, AB_GEN_CMPXCHG8B,
	AB_GEN_MOVS, AB_GEN_STOS, AB_GEN_LODS, AB_GEN_CMPS, AB_GEN_SCAS,
	AB_GEN_PUSH, AB_GEN_POP, AB_GEN_PUSHA, AB_GEN_POPA,
	AB_GEN_CALL, AB_GEN_JMP, AB_GEN_RET, AB_GEN_LEAVE, AB_GEN_ENTER,
	AB_GEN_SETCC, AB_GEN_CMOVCC, AB_GEN_NOP, AB_GEN_XLAT,
	AB_GEN_FNINIT, AB_GEN_FPU,	/* touches the FPU: the host runs it */
	AB_GEN_NATIVE,			/* the host runs it, with the memory brought in */
	AB_GEN_JCC, AB_GEN_LOOP, AB_GEN_LOOPE, AB_GEN_LOOPNE, AB_GEN_JCXZ,
	AB_GEN_CBW, AB_GEN_CWD,		/* and cwde, cdqe; cdq, cqo: by operand size */
	AB_GEN_LAHF, AB_GEN_SAHF, AB_GEN_CLC, AB_GEN_STC, AB_GEN_CMC, AB_GEN_CLD,
	AB_GEN_STD, AB_GEN_BSWAP, AB_GEN_MOVBE, AB_GEN_BOUND, AB_GEN_SALC,
	AB_GEN_DAA, AB_GEN_DAS, AB_GEN_AAA, AB_GEN_AAS, AB_GEN_AAM, AB_GEN_AAD,
	AB_GEN_HINT,			/* prefetch, fences...: nothing to do, but no pad */
	AB_GEN_COUNT
};

struct ab_insn {
	uint64_t addr;		/* of the first byte; the decoder leaves it */
	uint16_t op;		/* enum ab_op, AB_OP_NONE when not in the table */
	uint8_t  gen;		/* enum ab_gen */
	uint8_t  cc;		/* condition code (0..15) for SETCC, CMOVCC, JCC */
	uint8_t  len;		/* 1..15 */
	uint8_t  opsize;	/* effective operand size: 1, 2, 4, 8 */
	uint8_t  addrsize;	/* effective address size: 2, 4, 8 */
	uint8_t  rep;		/* 0, 0xf3 or 0xf2 */
	uint8_t  lock;
	uint8_t  nopnd;		/* explicit operands, in Intel order (dst first);
				   string instructions: also their implied memory
				   operands, accumulator and dx, in the same order */
	struct ab_operand opnd[4];
	uint8_t  bytes[16];
};

#endif
