/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pins the op table against two independent opinions.
 *
 *   opforms asm 32|64            print an assembly file with every spelling
 *                                (include/abi/mnemonics.def) and operand form
 *   opforms verify 32|64 OBJ     decode what the assembler made of it: length and
 *                                op of each form; every op must have been met
 *   opforms privileged 32|64 OBJ what Zydis calls privileged, beside the table's
 *                                opinion
 *   opforms table                the op table as docs/ops.md shows it
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <Zydis/Zydis.h>

#include "lib/decode.h"
#include "lib/elfview.h"
#include "lib/file.h"

struct form {
	unsigned op;
	unsigned modes;
	const char *att, *intel;
};

static const struct form forms[] = {
#define AB_MNEM(mnemonic, op, form, modes, att, intel) \
	{ AB_OP_##op, modes, att, intel },
#include "abi/mnemonics.def"
#undef AB_MNEM
	/* operands that a mnemonic's one example does not show */
#define F(op, modes, att) { AB_OP_##op, modes, att, "" },
	F(READ_SEG, 3, "mov %cs, %_cx")
	F(READ_SEG, 3, "mov %ss, 8(%_sp)")
	F(READ_SEG, 3, "mov %gs, %fs:4(%_bx,%_cx,4)")
	F(READ_SEG, 2, "mov %fs, %r9d")
	F(READ_SEG, 1, "mov %es, 0x12345678")
	F(WRITE_SEG, 3, "mov 4(%_bp), %ds")
	F(WRITE_SEG, 3, "mov %_ax, %ss")
	F(WRITE_SEG, 2, "mov 0x10(%rip), %fs")
	F(PUSH_SEG, 1, "push %cs") F(PUSH_SEG, 1, "push %ss")
	F(PUSH_SEG, 1, "push %ds") F(PUSH_SEG, 1, "push %es")
	F(PUSH_SEG, 3, "push %gs")
	F(POP_SEG, 1, "pop %ss") F(POP_SEG, 1, "pop %ds") F(POP_SEG, 1, "pop %es")
	F(POP_SEG, 3, "pop %gs")
	F(READ_CR, 3, "mov %cr2, %_dx") F(READ_CR, 3, "mov %cr4, %_si")
	F(READ_CR, 2, "mov %cr8, %r12")
	F(WRITE_CR, 3, "mov %_bx, %cr0") F(WRITE_CR, 2, "mov %r15, %cr8")
	F(READ_DR, 3, "mov %dr0, %_bp") F(WRITE_DR, 3, "mov %_di, %dr7")
	F(PORT_IN, 3, "in $0x21, %al") F(PORT_IN, 3, "in $0x21, %eax")
	F(PORT_IN, 3, "in (%dx), %ax") F(PORT_OUT, 3, "out %al, (%dx)")
	F(PORT_OUT, 3, "out %eax, %dx")
	F(PORT_INS, 3, "rep insb") F(PORT_INS, 3, "rep insl")
	F(PORT_OUTS, 3, "rep outsw") F(PORT_OUTS, 3, "fs outsb")
	F(INT3, 3, "int $3") /* as makes it one byte */ F(INT, 3, "int $0xff")
	F(FAR_CALL, 1, "lcall $0x10, $0x1000") F(FAR_JMP, 1, "ljmp $0x10, $0x1000")
	F(FAR_JMP, 3, "ljmp *%cs:8(%_bp)") F(FAR_CALL, 2, "rex.w lcall *(%rbx)")
	F(FAR_RET, 3, "lret $8") F(FAR_RET, 3, "lretw $4")
	F(LGDT, 3, "lgdt -4(%_sp)") F(LIDT, 3, "lidt %gs:(%_bp)")
	F(SGDT, 3, "sgdt (%_sp)") F(SIDT, 3, "sidt 0x7fffffff(%_bx)")
	F(SLDT, 3, "sldt (%_sp)") F(STR, 3, "str -8(%_bp)") F(SMSW, 3, "smsw (%_sp)")
	F(LLDT, 3, "lldt (%_bx)") F(LTR, 3, "ltr 2(%_cx)") F(LMSW, 3, "lmsw (%_si)")
	F(LAR, 3, "lar (%_bx), %ecx") F(LSL, 3, "lsl (%_bx), %ecx")
	F(VERR, 3, "verr (%_sp)") F(VERW, 3, "verw %cs:0x1234")
	F(ARPL, 1, "arpl %dx, (%ebx)")
	F(INVLPG, 3, "invlpg 0(%_ax,%_dx,8)") F(INVLPG, 2, "invlpg (%rip)")
	F(INVPCID, 3, "invpcid (%_sp), %_cx")
	F(LOAD_FAR, 3, "lss (%_sp), %esp") F(LOAD_FAR, 3, "lgs %fs:8(%_bx), %ecx")
	F(RDFSBASE, 2, "rdfsbase %r11d") F(WRGSBASE, 2, "wrgsbase %ecx")
	F(VMREAD, 3, "vmread %_ax, (%_bx)") F(VMWRITE, 3, "vmwrite (%_bx), %_ax")
	F(WBINVD, 3, "cs wbinvd") F(CLI, 3, "data16 cli") F(STI, 3, "ds sti")
	/* and what is no op */
	F(NONE, 3, "mov %_ax, %_bx") F(NONE, 3, "push %_ax") F(NONE, 3, "pop %_cx")
	F(NONE, 3, "ret") F(NONE, 3, "call *(%_ax)") F(NONE, 3, "jmp *%_ax")
	F(NONE, 3, "nop") F(NONE, 3, "pause") F(NONE, 3, "rdrand %eax")
	F(NONE, 3, "xsave (%_bx)") F(NONE, 3, "xrstor (%_bx)") F(NONE, 3, "ud2")
	F(NONE, 3, "movsl") F(NONE, 3, "rep stosb") F(NONE, 3, "lfence")
	F(NONE, 3, "prefetcht0 (%_ax)") F(NONE, 3, "fninit") F(NONE, 3, "cld")
	F(NONE, 3, "stc") F(NONE, 3, "sahf") F(NONE, 3, "enqcmd (%_bx), %_ax")
#undef F
};
#define NFORMS (sizeof(forms) / sizeof(forms[0]))

/* "_ax" at the beginning of a name becomes eax or rax. */
static void put_text(const char *s, int bits)
{
	for (; *s; s++) {
		if (*s == '_' && isalpha((unsigned char)s[1]))
			putchar(bits == 64 ? 'r' : 'e');
		else
			putchar(*s);
	}
}

static void put_form(size_t n, const char *text, bool intel, int bits)
{
	if (!*text)
		return;
	printf("%s\n1:\t", intel ? ".intel_syntax noprefix" : ".att_syntax");
	put_text(text, bits);
	printf("\n2:\t.att_syntax\n\t.pushsection .forms\n\t.long %zu, 1b - .text0, 2b - 1b\n"
	       "\t.popsection\n", n);
}

static int print_asm(int bits)
{
	printf("\t.text\n.text0:\n");
	for (size_t i = 0; i < NFORMS; i++) {
		if (!(forms[i].modes & (bits == 64 ? 2 : 1)))
			continue;
		put_form(i, forms[i].att, false, bits);
		put_form(i, forms[i].intel, true, bits);
	}
	return 0;
}

static int verify(int bits, const char *path)
{
	struct elfview v;
	struct elf_sec text, tab;
	const uint8_t *code, *row;
	bool met[AB_OP_COUNT] = { false };
	size_t size, bad = 0;
	char *data;

	if (file_read(path, &data, &size) || elf_view(&v, data, size) ||
	    elf_section(&v, elf_find_name(&v, ".text"), &text) ||
	    elf_section(&v, elf_find_name(&v, ".forms"), &tab) ||
	    !(code = elf_contents(&v, &text)) || !(row = elf_contents(&v, &tab))) {
		fprintf(stderr, "%s: unusable\n", path);
		return 1;
	}
	for (uint64_t i = 0; i + 12 <= tab.size; i += 12) {
		const struct form *f = &forms[get_le32(row + i)];
		const uint8_t *p = code + get_le32(row + i + 4);
		unsigned want = get_le32(row + i + 8);
		struct ab_insn insn;
		int len = ab_decode(p, want, bits, &insn);

		if (len != (int)want || insn.op != f->op) {
			printf("%d bits: '%s' (%u bytes): decoded as %s, %d bytes\n", bits,
			       f->att, want, ab_op_name(insn.op), len);
			bad++;
		} else if (memcmp(insn.bytes, p, want)) {
			printf("%d bits: '%s': bytes differ\n", bits, f->att);
			bad++;
		}
		met[f->op] = true;
	}
	for (unsigned op = 1; op < AB_OP_COUNT; op++) {
		const struct ab_op_info *info = ab_op_info(op);
		bool other = false;

		for (size_t i = 0; i < NFORMS; i++)
			other |= forms[i].op == op &&
				 !(forms[i].modes & (bits == 64 ? 2 : 1));
		if (!info || met[op] || other || info->class == AB_CLASS_SYNTHETIC ||
		    info->class == AB_CLASS_SEQUENCE)
			continue;
		printf("%d bits: no form of %s\n", bits, info->name);
		bad++;
	}
	free(data);
	return bad != 0;
}

/* What Zydis says, by decoding every form in the object. */
static int print_privileged(int bits, const char *path)
{
	struct elfview v;
	struct elf_sec text, tab;
	bool priv[AB_OP_COUNT] = { false }, plain[AB_OP_COUNT] = { false };
	const uint8_t *code, *row;
	ZydisDecoder dec;
	size_t size;
	char *data;

	if (file_read(path, &data, &size) || elf_view(&v, data, size) ||
	    elf_section(&v, elf_find_name(&v, ".text"), &text) ||
	    elf_section(&v, elf_find_name(&v, ".forms"), &tab) ||
	    !(code = elf_contents(&v, &text)) || !(row = elf_contents(&v, &tab)))
		return 1;
	ZydisDecoderInit(&dec, bits == 64 ? ZYDIS_MACHINE_MODE_LONG_64 :
			 ZYDIS_MACHINE_MODE_LEGACY_32,
			 bits == 64 ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32);
	for (uint64_t i = 0; i + 12 <= tab.size; i += 12) {
		const struct form *f = &forms[get_le32(row + i)];
		ZydisDecodedInstruction zi;
		ZydisDecodedOperand zo[ZYDIS_MAX_OPERAND_COUNT];

		if (ZYAN_FAILED(ZydisDecoderDecodeFull(&dec, code + get_le32(row + i + 4),
						       get_le32(row + i + 8), &zi, zo)))
			continue;
		if (zi.attributes & ZYDIS_ATTRIB_IS_PRIVILEGED)
			priv[f->op] = true;
		else
			plain[f->op] = true;
	}
	for (unsigned op = 1; op < AB_OP_COUNT; op++) {
		static const char *const cpl3[] = { "", "traps", "silent", "host", "none" };

		if (priv[op] || plain[op])
			printf("%-10s %-7s %s\n", ab_op_name(op),
			       cpl3[ab_op_info(op)->cpl3],
			       priv[op] && plain[op] ? "some-privileged" :
			       priv[op] ? "privileged" : "not-privileged");
	}
	free(data);
	return 0;
}

static int print_table(void)
{
	static const char *const cpl3[] = { "", "traps", "silent", "host", "-" };

	printf("| no. | op | class | at CPL 3 | site bytes, i386 | x86-64 |\n"
	       "|---|---|---|---|---|---|\n");
	for (unsigned op = 1; op < AB_OP_COUNT; op++) {
		const struct ab_op_info *info = ab_op_info(op);

		if (info)
			printf("| %u | `%s` | %s | %s | %u | %u |\n", op, info->name,
			       ab_class_name(info->class), cpl3[info->cpl3],
			       info->total[0], info->total[1]);
	}
	return 0;
}

int main(int argc, char **argv)
{
	int bits = argc > 2 ? atoi(argv[2]) : 0;

	if (argc == 2 && !strcmp(argv[1], "table"))
		return print_table();
	if (argc == 3 && !strcmp(argv[1], "asm"))
		return print_asm(bits);
	if (argc == 4 && !strcmp(argv[1], "verify"))
		return verify(bits, argv[3]);
	if (argc == 4 && !strcmp(argv[1], "privileged"))
		return print_privileged(bits, argv[3]);
	fprintf(stderr, "usage: opforms table | asm|verify|privileged 32|64 [OBJECT]\n");
	return 2;
}
