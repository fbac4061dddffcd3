#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# examples/coreinfo: built from Debian's source package, its PCI page natively, with
# -t none and with -t hosted.  Part of the full run.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
export BUILD=${top_builddir:-$top_srcdir/_build}
example=$top_srcdir/examples/coreinfo
command -v qemu-system-i386 >/dev/null || { echo "SKIP: no qemu-system-i386"; exit 77; }
"$example/build" || { echo "FAIL: coreinfo does not build"; exit 1; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0
# what does not depend on the machine: frame, menu, the chipset's devices
page() { "$example/screen" "$1" b 12 | sed -n 's/ *[0-9/]* - [0-9:]*$//
	/coreinfo\|PCI Device\|\[A: CPU\|F1: System/p; s/^ \(0:0[01].0[0-3] [0-9A-F:]*\).*/\1/p'; }
page native >"$work/native"
if [ "$(grep -c '^0:0' "$work/native")" != 4 ]; then
	echo "FAIL: coreinfo natively"
	cat "$work/native"
	exit 1
fi
echo "PASS: coreinfo natively: its screen, keyboard and PCI page"
for target in none hosted; do
	page $target >"$work/$target"
	if cmp -s "$work/native" "$work/$target"; then
		echo "PASS: coreinfo -t $target: the same page"
	else
		echo "FAIL: coreinfo -t $target"
		diff "$work/native" "$work/$target"
		bad=1
	fi
done
exit $bad
