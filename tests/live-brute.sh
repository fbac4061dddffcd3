#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Liveness against brute force: in random functions every register and flag is
# changed behind every site and all outputs are looked at.  What the notes call
# dead must never have shown.  LIVE_FUNCTIONS (default 60) functions a width.
set -u
build=${top_builddir:-$PWD}
src=${top_srcdir:-.}/tests/live
cc=${GUEST_CC:-gcc}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0
unset AFTERBURNER_RULES
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
for bits in 32 64; do
	echo 'int main(void) { return 0; }' >"$tmp/try.c"
	$cc -m$bits "$tmp/try.c" -o "$tmp/try" 2>"$tmp/err" && "$tmp/try" ||
		{ echo "no programs with -m$bits: skipped"; continue; }
	isa=x86-64; [ $bits = 32 ] && isa=i386
	python3 "$src/brute.py" $bits "${LIVE_SEED:-2006}" "${LIVE_FUNCTIONS:-60}" "$tmp" &&
		"$build/afterburner/afterburner" --isa $isa -o "$tmp/burned.s" "$tmp/base.s" &&
		$cc -m$bits -c -o "$tmp/burned.o" "$tmp/burned.s" &&
		$cc -m$bits -O1 -no-pie -fno-pie -w -I"$src" -o "$tmp/run" "$tmp/run.c" \
			"$tmp/variants.s" "$tmp/burned.o" || exit 1
	"$tmp/run" >"$tmp/live" || { echo "FAIL: -m$bits: the program ended with $?"; exit 1; }
	# the notes' sites, in the order of the text: functions have them in order, too
	"$build/tests/identity/notes" "$tmp/burned.o" |
		sed 's/.*, dead \(0x[0-9a-f]*\|0\),.*/\1/' >"$tmp/dead"
	python3 - "$tmp/live" "$tmp/dead" $bits <<-'END' || failed=1
	import sys
	masks = [int(l, 16) for l in open(sys.argv[2])]
	rows = [tuple(map(int, l.split())) for l in open(sys.argv[1])]
	order = {}
	for f, s, b, d in rows:
	    order.setdefault((f, s), len(order))
	assert len(order) == len(masks), (len(order), len(masks))
	wrong = [r for r in rows if r[3] and masks[order[r[:2]]] >> r[2] & 1]
	dead = sum(not r[3] for r in rows)
	found = sum(not r[3] and masks[order[r[:2]]] >> r[2] & 1 for r in rows)
	print("%s bits: %d sites, %d verdicts; %d of %d that never showed were called dead"
	      % (sys.argv[3], len(masks), len(rows), found, dead))
	for r in wrong[:10]:
	    print("FAIL: function %d, site %d, bit %d: called dead, but it shows" % r[:3])
	sys.exit(bool(wrong) or found < dead // 4)
	END
done
exit $failed
