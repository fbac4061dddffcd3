#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# aftermon run --stats: the host's memory is what the guest touched, no more; what cost
# most is named.
. "$(dirname "$0")/lib.sh"
. "$top_srcdir/tests/aftermon.sh"
need_guests
guests=$top_builddir/tests/guests

# number NAME: of the run before
number() { sed -n "s/^$1  *\([0-9]*\).*/\1/p" err; }

# touches NAME GUEST LEAST MOST OPTION...: KiB
touches() {
	name=$1 guest=$guests/$2.elf least=$3 most=$4; shift 4
	timeout 300 $aftermon run --stats "$@" "$guest" </dev/null >out 2>err
	ram=$(number ram)
	if grep -q '^SUCCESS' out && [ "${ram:-0}" -ge $least ] && [ "$ram" -le $most ]; then
		ok "$name: $ram KiB"
	else
		bad "$name: $ram KiB, not $least to $most"; cat out err
	fi
}
touches "2 GiB that a small guest leaves alone" sti-shadow 16 1024 -m 2048M
touches "1 GiB touched page by page" scattered-1g 1048576 1052672 -m 1152M

timeout 120 $aftermon run -t none --stats $guests/known-counts.elf </dev/null >out 2>err
if grep -q '^cost  *[0-9.]*  % of the time: trap of [a-z_0-9]*, [0-9]* times, most at 0x[0-9a-f]* (' err
then ok "the costliest are named"
else bad "the costliest are named"; cat err; fi
awk '$1 == "cost" { if (n++ && $2 > last) bad = 1; last = $2 } END { exit bad || n < 2 }' err &&
	ok "the costliest first" || { bad "the costliest first"; cat err; }
# A run that ends in the middle of it names the guest's instruction, not what was put there.
timeout 120 $aftermon run "$top_builddir/tests/guests/vm86.elf" </dev/null >out 2>err
if grep -q '^  at 0x[0-9a-f]* (guest_main+.*): iretd *\[patched\]' err; then ok "a patched instruction"
else bad "a patched instruction"; cat err; fi
exit $failed
