#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# examples/grub: GRUB of Debian's source package reads its disk and boots minikernel from
# there, natively and under aftermon.  Part of the full run.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
export BUILD=${top_builddir:-$top_srcdir/_build}
example=$top_srcdir/examples/grub
command -v qemu-system-i386 >/dev/null || { echo "SKIP: no qemu-system-i386"; exit 77; }
"$example/build" || { echo "FAIL: GRUB does not build"; exit 1; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0
# GRUB's own lines, without what moves the cursor and the CD that is there natively only;
# of minikernel's the last
log() {
	local name=$1; shift
	"$example/run" "$@" </dev/null >"$work/raw" 2>"$work/err"
	echo "status $?" >>"$work/raw"
	sed 's/\x1b\[[0-9;?]*[A-Za-z]//g; s/\r//g; s/ (ata[1-9][^ ]*)//g; s/ *$//' "$work/raw" |
		grep -v '^ok \|^$' >"$work/$name"
}
log native native
if ! grep -q 'all [0-9]* checks passed' "$work/native" ||
   ! grep -q '^multiboot (ata0)/kernel.elf' "$work/native"; then
	echo "FAIL: GRUB natively"
	cat "$work/native" "$work/err"
	exit 1
fi
echo "PASS: GRUB natively: its disk, and a kernel that it boots"
for option in auto limits separate; do
	log $option translated --user $option
	if cmp -s "$work/native" "$work/$option"; then
		echo "PASS: GRUB --user $option: the same"
	else
		echo "FAIL: GRUB --user $option"
		diff "$work/native" "$work/$option"
		cat "$work/err"
		bad=1
	fi
done
exit $bad
