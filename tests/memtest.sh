#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# examples/memtest: built from Debian's source package; what it found, its menu and that no
# test fails, natively, with -t none, with -t hosted, translated, and without notes.
# Part of the full run.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
export BUILD=${top_builddir:-$top_srcdir/_build}
example=$top_srcdir/examples/memtest
command -v qemu-system-i386 >/dev/null || { echo "SKIP: no qemu-system-i386"; exit 77; }
"$example/build" || { echo "FAIL: memtest86+ does not build"; exit 1; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0
# what does not depend on the machine and its speed
page() {
	"$example/screen" "$1" 1 30 | grep -oE 'Memtest86\+ v[0-9.]+|Memory  : *[0-9]+MB|Errors: [0-9]+|<F[0-9]+> +[A-Za-z]+( [A-Za-z]+)*|<ESC> Exit.*'
}
page native >"$work/native"
if [ "$(grep -c '^<F[0-9]*> \|Errors: 0$' "$work/native")" != 7 ]; then
	echo "FAIL: memtest86+ natively"
	cat "$work/native"
	exit 1
fi
echo "PASS: memtest86+ natively: its screen, its menu, no errors"
for target in none hosted translated plain; do
	page $target >"$work/$target"
	if cmp -s "$work/native" "$work/$target"; then
		echo "PASS: memtest86+ $target: the same"
	else
		echo "FAIL: memtest86+ $target"
		diff "$work/native" "$work/$target"
		bad=1
	fi
done
exit $bad
