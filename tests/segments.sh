#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The engine that runs guests in 32-bit segments, where the host has those: all test
# guests, the small kernel, system calls.  On a host without, ./run-tests runs this in
# a virtual machine (scripts/with-ia32).  From the build tree:
#	tests/segments.sh [GUEST.elf...]
# Prints a PASS:, FAIL: or SKIP: line for each.
set -u
top_srcdir=$(cd "$(dirname "$0")/.." && pwd)
top_builddir=$PWD
export top_srcdir top_builddir
export GUEST_TARGETS=hosted QEMU_I386= QEMU_X86_64=
. "$top_srcdir/tests/aftermon.sh"
need_guests
if [ "$(host_has engine)" != segments ]; then
	echo "SKIP: segments: this host has none; scripts/with-ia32 $0 runs them"
	exit 77
fi
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
export work

# results MARK: "NAME ok|FAILED|skipped..." lines as PASS: NAME MARK...
results() {
	sed -n "s/^\([^ |]*\) ok\(.*\)/PASS: \1 [$1]/p; s/^\([^ |]*\) FAILED\(.*\)/FAIL: \1 [$1]\2/p;
		s/^\([^ |]*\) skipped: \(.*\)/SKIP: \1 [$1] (\2)/p; s/^    |/&/p"
}

[ $# -gt 0 ] || set -- tests/guests/*.elf
# under QEMU's emulation these take many minutes
if [ "$(host_has limits)" = no ]; then
	slow='scattered-1g insn-forms insn-user random-code much-code smc-forms'
	for name in $slow; do
		echo "SKIP: $name.hosted [segments] (it takes QEMU's emulation many minutes)"
	done
	set -- $(printf '%s\n' "$@" | grep -v -E "/($(echo $slow | tr ' ' '|'))\.elf\$")
fi
# two at a time, as many as the machine has processors
printf '%s\n' "$@" | xargs -P 2 -n 4 sh -c 'sh "$top_srcdir/tests/guests/run.sh" "$@" \
	>"$work/$$.part" 2>&1; mv "$work/$$.part" "$work/$$.log"' run
cat "$work"/*.log | results segments
sh "$top_srcdir/tests/guests/minikernel.sh" 2>&1 | grep -v '\.native ' | results segments
for test in vsyscall host; do
	if sh "$top_srcdir/tests/monitor/$test.sh" >"$work/out" 2>&1; then
		echo "PASS: tests/monitor/$test.sh [segments]"
	else
		echo "FAIL: tests/monitor/$test.sh [segments]"
		sed 's/^/    | /' "$work/out"
	fi
done
