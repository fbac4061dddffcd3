#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The wedge for Xen as an object: nothing undefined, no relocation, no symbol, only
# the ABI's sections; its code uses general registers only and no red zone.  And the
# rest of the project does not know it: a second target is one folder.
: "${top_builddir:=$PWD}" "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
object=$top_builddir/wedge/xen.o
image=$top_builddir/wedge/xen-image
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
failed=0

no() # text, what must be empty
{
	[ -z "$2" ] && return
	echo "FAIL $1:"
	printf '%s\n' "$2" | head -20
	failed=1
}

no "undefined symbols" "$(nm -u "$object" 2>/dev/null; nm -u "$image")"
no "symbols in the object" "$(nm "$object" 2>/dev/null)"
no "relocations" "$(readelf -rW "$object" | grep '^[0-9a-f]')"
sections=$(readelf -SW "$object" | sed -n 's/^ *\[ *[0-9]*\] \(\.[a-z.]*\) .*/\1/p' |
	grep -v '^\.shstrtab$\|^\.text$\|^\.data$\|^\.bss$' | sort | tr '\n' ' ')
[ "$sections" = ".ab.image .ab.manifest .ab.note .ab.text " ] || no "sections" "$sections"

at() { nm "$image" | sed -n "s/^\([0-9a-f]*\) . $1\$/0x\1/p"; }
objdump -d --no-show-raw-insn --start-address="$(at text_start)" \
	--stop-address="$(at text_end)" "$image" >"$work/code" || exit 99
[ "$(wc -l <"$work/code")" -gt 10000 ] || no "code" "only $(wc -l <"$work/code") lines"
# (fninit is there once, as an instruction of the guest's to be emulated)
no "floating point or vector registers" \
	"$(grep -E '%[xyz]mm|%st\b|%mm[0-7]|%k[0-7]|\bf(ld|st|add|mul|xsave|xrstor)' "$work/code")"
# a leaf function that keeps something below its stack pointer
no "a red zone" "$(grep -E '\bmov[a-z]* +[^,]*,-0x[0-9a-f]+\(%rsp\)' "$work/code")"

# one instruction inline for cli, one for a control register
no "targets" "$("$top_builddir/afterload" targets | grep -q '^xen  *x86-64 ' || echo missing)"

# who else knows its name?
no "names Xen" "$(cd "$top_srcdir" && grep -rniw xen wedge/core loader afterburner rules \
	include/abi wedge/hosted wedge/template.h lib docs/patch-note.md)"
# wedge/core is the same sources in both
for f in "$top_srcdir"/wedge/core/*.c; do
	name=$(basename "$f" .c)
	grep -q "wedge/core/$name\.c" "$top_srcdir/wedge/local.mk" || no "core" "$f is in no list"
done

set -- $(size -A "$image" | awk '$1 == ".ab.image" { i = $2 } $1 == ".bss" { b = $2 }
	END { print i, b }')
echo "image: $1 bytes of code and data, $2 bytes zeroed"
size -A "$object" | awk '$1 ~ /^\.ab\./ { print "section " $1 ": " $2 " bytes" }'
exit $failed
