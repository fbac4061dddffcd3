#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the printer prints is read as the same rules: printing is a fixed point,
# for every stock file and for the examples of docs/rules.md.
: "${top_builddir:=$PWD}" "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}"
dump=$top_builddir/tests/rulesdump
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
status=0

# Examples in the manual are the blocks that are marked as "rules".
awk '/^```rules/ { n++; f = sprintf("%s/example%02d.rules", dir, n); next }
     /^```/ { f = "" } f { print >f }' dir="$work" "$top_srcdir/docs/rules.md"
ls "$work"/example*.rules >/dev/null || exit 1

for rules in "$top_srcdir"/rules/*.rules "$top_srcdir"/rules/*/*.rules \
	     "$work"/example*.rules; do
	"$dump" "$rules" >"$work/1" && [ -s "$work/1" ] &&
	"$dump" "$work/1" >"$work/2" && cmp "$work/1" "$work/2" || {
		echo "FAIL $rules"
		status=1
	}
done
exit $status
