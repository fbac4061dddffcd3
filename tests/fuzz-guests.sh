#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fuzz-guests.sh [GUEST.elf...]: damaged kernels under aftermon.  Whatever the
# guest does, aftermon ends in time, with a message, never by a signal and never
# by an error of its own.  FUZZ_SECONDS (default 20) bounds the whole.
: "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}"
: "${top_builddir:=.}"
: "${FUZZ_SECONDS:=20}"
: "${FUZZ_SEED:=1}"
. "$top_srcdir/tests/aftermon.sh"
need_guests
work=$(mktemp -d "${TMPDIR:-/tmp}/fuzz-guests.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
${CC:-cc} -O1 -o "$work/mutate" "$top_srcdir/tests/fuzz/mutate.c" || exit 1
test $# -gt 0 || set -- "$top_builddir"/examples/minikernel/minikernel32.elf \
	"$top_builddir"/examples/minikernel/minikernel32-low.elf
end=$(($(date +%s) + FUZZ_SECONDS))
seed=$FUZZ_SEED bad=0 runs=0
while test "$(date +%s)" -lt $end; do
	for guest; do
		"$work/mutate" $seed "$guest" "$work/guest.elf" || exit 1
		for t in none hosted "hosted --engine translate"; do
			timeout -k 5 20 "$aftermon" run -t $t -m 32M --timeout 3 \
				"$work/guest.elf" </dev/null >"$work/out" 2>"$work/err"
			rc=$?
			runs=$((runs + 1))
			why=
			test $rc -ge 128 && test $rc != 137 && grep -q 'internal error' "$work/err" && why="internal error"
			grep -q 'internal error\|died by signal\|Sanitizer' "$work/err" && why="its own error"
			if test $rc = 137 || { test $rc = 124 && ! grep -q 'timeout' "$work/err"; }; then
				why="it hung"
			fi
			if test -n "$why"; then
				echo "FAIL: seed $seed of $(basename "$guest"), -t $t: $why (status $rc)"
				head -n 3 "$work/err"
				bad=$((bad + 1))
			fi
		done
	done
	seed=$((seed + 1))
done
echo "$runs runs of damaged kernels, $bad bad"
test $bad = 0
