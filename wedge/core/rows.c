/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The op table's handlers.  An op without a row is an instruction that CPUID
 * does not offer to the guest: #UD.  Sequences (AB_OP_STI_HLT...) have none: the
 * surroundings emulate their instructions one after the other.
 */
#include "core/cpu.h"

#define JUMPS	AB_ROW_JUMPS
#define CPL0	AB_ROW_CPL0

const struct ab_row ab_op_rows[AB_OP_COUNT] = {
	[AB_OP_CLI] = { ab_do_cli, 0 },
	[AB_OP_STI] = { ab_do_sti, 0 },
	[AB_OP_PUSHF] = { ab_do_pushf, 0 },
	[AB_OP_POPF] = { ab_do_popf, 0 },
	[AB_OP_IRET] = { ab_do_iret, JUMPS | AB_ROW_KEEP_RF },
	[AB_OP_INT] = { ab_do_int, JUMPS | AB_ROW_NO_STEP },
	[AB_OP_INT3] = { ab_do_int3, JUMPS | AB_ROW_NO_STEP },
	[AB_OP_INTO] = { ab_do_into, JUMPS | AB_ROW_NO64 },
	[AB_OP_INT1] = { ab_do_int1, JUMPS | AB_ROW_NO_STEP },
	[AB_OP_HLT] = { ab_do_hlt, CPL0 },
	[AB_OP_SYSENTER] = { ab_do_sysenter, JUMPS },
	[AB_OP_SYSEXIT] = { ab_do_sysexit, JUMPS | CPL0 },
	[AB_OP_SYSCALL] = { ab_do_syscall, JUMPS | AB_ROW_ONLY64 | AB_ROW_NO_STEP },
	[AB_OP_SYSRET] = { ab_do_sysret, JUMPS | AB_ROW_ONLY64 | AB_ROW_KEEP_RF },
	[AB_OP_FAR_CALL] = { ab_do_far_call, JUMPS },
	[AB_OP_FAR_JMP] = { ab_do_far_jmp, JUMPS },
	[AB_OP_FAR_RET] = { ab_do_far_ret, JUMPS },

	[AB_OP_READ_SEG] = { ab_do_read_seg, 0 },
	[AB_OP_WRITE_SEG] = { ab_do_write_seg, 0 },
	[AB_OP_PUSH_SEG] = { ab_do_push_seg, 0 },
	[AB_OP_POP_SEG] = { ab_do_pop_seg, 0 },
	[AB_OP_LOAD_FAR] = { ab_do_load_far, 0 },
	[AB_OP_LAR] = { ab_do_lar, 0 },
	[AB_OP_LSL] = { ab_do_lsl, 0 },
	[AB_OP_VERR] = { ab_do_verr, 0 },
	[AB_OP_VERW] = { ab_do_verw, 0 },
	[AB_OP_SGDT] = { ab_do_sgdt, 0 },
	[AB_OP_SIDT] = { ab_do_sidt, 0 },
	[AB_OP_SLDT] = { ab_do_sldt, 0 },
	[AB_OP_STR] = { ab_do_str, 0 },
	[AB_OP_LGDT] = { ab_do_lgdt, CPL0 },
	[AB_OP_LIDT] = { ab_do_lidt, CPL0 },
	[AB_OP_LLDT] = { ab_do_lldt, CPL0 },
	[AB_OP_LTR] = { ab_do_ltr, CPL0 },
	[AB_OP_SWAPGS] = { ab_do_swapgs, CPL0 | AB_ROW_ONLY64 },
	[AB_OP_ARPL] = { ab_do_arpl, AB_ROW_NO64 },

	[AB_OP_READ_CR] = { ab_do_read_cr, 0 },
	[AB_OP_WRITE_CR] = { ab_do_write_cr, 0 },
	[AB_OP_READ_DR] = { ab_do_read_dr, 0 },
	[AB_OP_WRITE_DR] = { ab_do_write_dr, 0 },
	[AB_OP_CLTS] = { ab_do_clts, CPL0 },
	[AB_OP_SMSW] = { ab_do_smsw, 0 },
	[AB_OP_LMSW] = { ab_do_lmsw, CPL0 },
	[AB_OP_XSETBV] = { ab_do_xsetbv, 0 },
	[AB_OP_XGETBV] = { ab_do_xgetbv, 0 },

	[AB_OP_INVLPG] = { ab_do_invlpg, CPL0 },
	[AB_OP_INVD] = { ab_do_cache, CPL0 },
	[AB_OP_WBINVD] = { ab_do_cache, CPL0 },
	[AB_OP_WBNOINVD] = { ab_do_cache, CPL0 },

	[AB_OP_RDMSR] = { ab_do_rdmsr, CPL0 },
	[AB_OP_WRMSR] = { ab_do_wrmsr, CPL0 },
	[AB_OP_RDPMC] = { ab_do_rdpmc, 0 },
	[AB_OP_RDTSC] = { ab_do_rdtsc, 0 },
	[AB_OP_RDTSCP] = { ab_do_rdtscp, 0 },
	[AB_OP_CPUID] = { ab_do_cpuid, 0 },

	[AB_OP_PORT_IN] = { ab_do_in, 0 },
	[AB_OP_PORT_OUT] = { ab_do_out, 0 },
	[AB_OP_PORT_INS] = { ab_do_ins, JUMPS | AB_ROW_KEEP_RF },
	[AB_OP_PORT_OUTS] = { ab_do_outs, JUMPS | AB_ROW_KEEP_RF },
};
