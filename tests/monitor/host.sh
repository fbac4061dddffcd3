#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What aftermon says of hosts that lack something, and does there: no 32-bit code
# (where the host is one), no LDT (played by tests/unit/noldt).
. "$(dirname "$0")/lib.sh"
. "$top_srcdir/tests/aftermon.sh"
need_guests
flat=$top_builddir/tests/guests/a20.elf
segments=$top_builddir/tests/guests/segment-base.elf
noldt=$top_builddir/tests/unit/noldt

# runs NAME COMMAND...: it ends with SUCCESS
runs() {
	name=$1; shift
	timeout 120 "$@" </dev/null >out 2>err; rc=$?
	if [ $rc = 1 ] && grep -q '^SUCCESS' out; then ok "$name"
	else bad "$name: status $rc"; cat out err; fi
}

# refuses NAME MESSAGE COMMAND...
refuses() {
	name=$1 message=$2; shift 2
	timeout 120 "$@" </dev/null >out 2>err; rc=$?
	if [ $rc = 1 ] && grep -q "^aftermon: error: .*$message" err; then ok "$name"
	else bad "$name: status $rc"; cat out err; fi
}

printf '%s\n' "$ab_host"
names=$(printf '%s\n' "$ab_host" | cut -d ' ' -f 1 | tr '\n' ' ')
[ "$names" = 'code32 ldt limits engine ' ] && ok "host: four answers" || bad "host: $names"
case $(host_has code32)$(host_has ldt) in
yesyes) want=segments ;;
*) want=translate ;;
esac
[ "$(host_has engine)" = $want ] && ok "host: the engine follows" || bad "host: engine, not $want"
runs "a guest runs here" $aftermon run $flat

for errno in 0 1 38; do
	name="modify_ldt that gives $errno"
	$noldt $errno $aftermon host >nohost || bad "$name: host: status $?"
	if [ "$(grep -c '^ldt no \|^limits no \|^engine translate ' nohost)" = 3 ]; then
		ok "$name: seen"
	else
		bad "$name: not seen"; cat nohost
	fi
	runs "$name: a guest with segments is translated" $noldt $errno $aftermon run $segments
done
if [ "$(host_has engine)$(host_has limits)" = segmentsno ]; then
	refuses "--user limits where they do not hold" '--user limits: ' \
		$aftermon run --user limits $flat
fi
if [ "$(host_has code32)" = no ]; then
	refuses "--engine segments says what is missing" '--engine segments: ' \
		$aftermon run --engine segments $flat
	[ "$(wc -l <err)" = 1 ] && ok "in one line" || { bad "more than a line"; cat err; }
	echo "SKIP: segments without an LDT: this host has no 32-bit code"
else
	runs "segments without an LDT: a flat guest" \
		$noldt 1 $aftermon run --engine segments $flat
	refuses "segments without an LDT: a guest with segments" 'this host has flat ones only' \
		$noldt 1 $aftermon run --engine segments $segments
fi
[ $failed = 0 ]
