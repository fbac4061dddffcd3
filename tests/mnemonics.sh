#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every row of include/abi/mnemonics.def: as takes the example in each syntax,
# afterburner calls it by its op, and the decoder finds that op in the object.
set -u
build=${top_builddir:-$PWD}
def=${top_srcdir:-.}/include/abi/mnemonics.def
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0

{
	echo '#define AB_MNEM(m, op, form, modes, att, intel) ROW modes op ! att ! intel !'
	cat "$def"
} | ${CC:-cc} -E -P - | sed -n 's/^ *ROW //p' | sed 's/" *! *"/!/; s/ *! *"/!/; s/" *! *$//' >"$tmp/rows"
[ "$(wc -l <"$tmp/rows")" -ge 200 ] || { echo "FAIL: the table is not read" >&2; exit 1; }

for bits in 32 64; do
	if [ $bits = 32 ]; then mode=1 isa=i386 wide=e; else mode=2 isa=x86-64 wide=r; fi
	awk -F! -v mode=$mode -v wide=$wide '
		function put(syntax, text) {
			if (text == "")
				return
			text = " " text
			while (match(text, /[^A-Za-z0-9_]_[a-z][a-z]/))
				text = substr(text, 1, RSTART) wide substr(text, RSTART + 2)
			print "\t." syntax "\n\t" text "\n\tnop"
			print tolower(op) >ops
		}
		{
			split($1, a, " ")
			op = a[2]
			if (a[1] == 3 || a[1] == mode) {
				put("att_syntax", $2)
				put("intel_syntax noprefix", $3)
			}
		}' ops="$tmp/ops$bits" "$tmp/rows" >"$tmp/m$bits.s"
	as --$bits -o "$tmp/a.o" "$tmp/m$bits.s" 2>"$tmp/err" ||
		{ echo "FAIL: as does not know a row" >&2; grep Error "$tmp/err" >&2; failed=1; }
	"$build/afterburner/afterburner" --isa $isa --list "$tmp/m$bits.s" |
		sed -n 's/^[^:]*:[0-9]*: [a-z]* \([a-z0-9_]*\) .*/\1/p' >"$tmp/got$bits"
	diff "$tmp/ops$bits" "$tmp/got$bits" >&2 ||
		{ echo "FAIL: $isa: afterburner says otherwise" >&2; failed=1; }
	"$build/afterburner/afterburner" --isa $isa -o "$tmp/b.s" "$tmp/m$bits.s" &&
		as --$bits -o "$tmp/b.o" "$tmp/b.s" 2>/dev/null &&
		"$build/tests/identity/objcmp" "$tmp/a.o" "$tmp/b.o" &&
		"$build/tests/identity/notes" "$tmp/b.o" |
		sed -n 's/^[^:]*: \([a-z0-9_]*\) .*/\1/p' >"$tmp/noted$bits"
	diff "$tmp/ops$bits" "$tmp/noted$bits" >&2 ||
		{ echo "FAIL: $isa: the note says otherwise" >&2; failed=1; }
	"$build/afterload" check "$tmp/b.o" >"$tmp/check" 2>&1 ||
		{ echo "FAIL: $isa: afterload check" >&2; cat "$tmp/check" >&2; failed=1; }
	echo "$isa: $(wc -l <"$tmp/ops$bits") forms"
done
exit $failed
