#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The whole loop on the small kernel, by its one command: within three rounds 99 % of
# the traps are gone, with a quarter of full.rules' no-ops at most.  By counts, which
# are the guest's own: cycles and times are also the machine's (bench: --check-cost,
# --check-time).
: "${top_builddir:=$PWD}" "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$top_srcdir/tests/aftermon.sh"
need_guests
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
BUILD=$(cd "$top_builddir" && pwd) "$top_srcdir/examples/loop/run" minikernel --work 200 --runs 1 \
	--by count --check --dir "$work/loop" >"$work/out" 2>&1
status=$?
cat "$work/out"
[ $status = 0 ] || exit 1
# not everything is made anew in a round
grep -q 'round 1: .* of .* objects are made anew' "$work/out" &&
	[ "$(wc -l <"$work/loop/1/touched")" -lt 15 ] || { echo "FAIL: what a round makes anew"; exit 1; }
