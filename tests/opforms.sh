#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The op table against GNU as (spellings, operand forms), Zydis (lengths,
# operands, privilege) and the manual.
tool=$top_builddir/tests/opforms
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
fail=0

for bits in 32 64; do
	"$tool" asm $bits > "$dir/f$bits.s" || exit 1
	if ! $GUEST_CC -m$bits -c "$dir/f$bits.s" -o "$dir/f$bits.o" 2> "$dir/err"; then
		echo "$bits bits: the assembler refuses a form:"
		cat "$dir/err"
		fail=1
		continue
	fi
	"$tool" verify $bits "$dir/f$bits.o" || fail=1
	"$tool" privileged $bits "$dir/f$bits.o" > "$dir/p$bits" || fail=1
	# whatever a decoder calls privileged must trap
	if awk '$3 != "not-privileged" && $2 != "traps"' "$dir/p$bits" | grep .; then
		echo "$bits bits: privileged, but the table says otherwise"
		fail=1
	fi
	if ! diff -u "$top_srcdir/tests/opforms.privileged$bits" "$dir/p$bits"; then
		echo "$bits bits: opinions have changed; look, then copy the new list"
		fail=1
	fi
done

"$tool" table > "$dir/table" || fail=1
sed -n '/^| no\. /,/^$/p' "$top_srcdir/docs/ops.md" | sed '/^$/d' > "$dir/manual"
if ! diff -u "$dir/manual" "$dir/table"; then
	echo "docs/ops.md: the table is not that of include/abi/ops.def"
	fail=1
fi
exit $fail
