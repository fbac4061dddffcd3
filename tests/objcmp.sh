#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The judge is judged: objcmp passes an object and its afterburned like, and finds
# every kind of difference that is put into the second one by hand.
set -u
build=${top_builddir:-$PWD}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0
unset AFTERBURNER_RULES

cat >"$tmp/a.s" <<-'END'
	.file	"t.c"
	.text
	.file 1 "t.c"
	.globl	f
	.type	f, @function
f:
	.loc 1 3 1
	.cfi_startproc
	pushl	%ebx
	.cfi_def_cfa_offset 8
	.cfi_offset 3, -8
	.loc 1 4 2
	cli
	movl	$1, %ebx
	.loc 1 5 2
1:	movl	%ebx, %ds
	call	g
	movl	value, %eax
	.loc 1 6 2
	sti
661:	pushf
	popl	%eax
662:
	popl	%ebx
	.cfi_restore 3
	.cfi_def_cfa_offset 4
	.loc 1 7 2
	ret
	.cfi_endproc
fix:	jmp	f
	.size	f, .-f
	.section	__ex_table,"a"
	.long	1b - .
	.long	fix - .
	.section	.altinstructions,"a"
	.long	661b - .
	.long	663f - .
	.word	3
	.byte	662b-661b
	.byte	664f-663f
	.section	.altinstr_replacement,"ax"
663:	xorl	%eax, %eax
664:
	.data
value:	.long	7
	.long	fix
	.long	.Lone - .
	.section	.rodata.str1.1,"aMS",@progbits,1
.Lone:	.asciz	"one"
.Ltwo:	.asciz	"two"
END
"$build/afterburner/afterburner" --isa i386 -o "$tmp/b.s" "$tmp/a.s" || exit 1
as --32 -g -o "$tmp/a.o" "$tmp/a.s" && as --32 -g -o "$tmp/b.o" "$tmp/b.s" || exit 1
"$build/tests/identity/objcmp" "$tmp/a.o" "$tmp/b.o" 2>"$tmp/err" ||
	{ echo "FAIL: an object and its afterburned like" >&2; cat "$tmp/err" >&2; failed=1; }
grep -q 'without libdw' "$tmp/err" && { echo "skipped: objcmp is built without libdw"; dwarf=no; }

# names of .L symbols may hold numbers of macro calls
sed 's/\.Lone/.L1one/' "$tmp/b.s" >"$tmp/c.s" && as --32 -g -o "$tmp/c.o" "$tmp/c.s"
"$build/tests/identity/objcmp" "$tmp/a.o" "$tmp/c.o" ||
	{ echo "FAIL: another .L name at the same place" >&2; failed=1; }

# change NAME SED-SCRIPT: of the afterburned text
change() {
	sed "$2" "$tmp/b.s" >"$tmp/c.s"
	if cmp -s "$tmp/b.s" "$tmp/c.s"; then
		echo "FAIL: $1: nothing was changed" >&2; failed=1; return
	fi
	as --32 -g -o "$tmp/c.o" "$tmp/c.s" || { failed=1; return; }
	if "$build/tests/identity/objcmp" "$tmp/a.o" "$tmp/c.o" >"$tmp/out" 2>&1; then
		echo "FAIL: not found: $1" >&2; failed=1
	fi
	sed -n 1p "$tmp/out"
}
change "an operand" 's/movl	\$1, %ebx/movl	$2, %ebx/'
change "an instruction more" 's/^ret/incl %ebx;ret/'
change "a relocation to another symbol" 's/call	g/call	h/'
change "a relocation with another addend" 's/movl	value, %eax/movl	value+4, %eax/'
change "a symbol's size" 's/\.size	f, \.-f/.size	f, 3/'
change "a symbol's binding" 's/\.globl	f/.weak	f/'
change "an exception table's place" 's/\.long	1b - \./.long	1b+2 - ./'
change "an exception table's target" 's/\.long	fix - \./.long	f - ./'
change "the length of an alternative" 's/\.byte	662b-661b/.byte	662b-661b-1/'
change "another feature of an alternative" 's/\.word	3/.word	4/'
change "a string" 's/\.long	\.Lone/.long	.Ltwo/'
change "data" 's/\.long	7/.long	8/'
if [ "${dwarf-}" != no ]; then
	change "the line of a row" 's/\.loc 1 5 2/.loc 1 9 2/'
	change "the column of a row" 's/\.loc 1 6 2/.loc 1 6 3/'
	change "a row less" '/\.loc 1 4 2/d'
	change "where a row begins" '/\.loc 1 6 2/d;s/^popl	%ebx/.loc 1 6 2\n&/'
	change "an unwind rule" 's/\.cfi_def_cfa_offset 8/.cfi_def_cfa_offset 12/'
	change "an unwind rule less" '/\.cfi_restore 3/d'
	change "where an unwind rule begins" '/\.cfi_offset 3/d;s/^\.loc 1 5 2/.cfi_offset 3, -8\n&/'
fi
exit $failed
