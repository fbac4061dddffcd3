#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# System calls of lent code (vsyscall sites) need no trap under --user limits, and
# are counted as others under separate.
: "${top_builddir:=.}"
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$top_srcdir/tests/aftermon.sh"
guest=$top_builddir/tests/guests/vsyscall.elf
need_guests
test -f "$guest" || { echo "skipped: the guest is not built here"; exit 77; }
bad=0

# count NAME OPTION...: line NAME of --stats
count()
{
	name=$1
	shift
	"$aftermon" run "$@" --timeout 200 --stats "$guest" 2>&1 </dev/null |
		awk -v name="$name" '$1 == name { print $2 }'
}

n=$(count vsyscalls --user limits)
if test -n "$(no_limits)"; then
	echo "limits: skipped: $(no_limits)"
elif test "${n:-0}" -gt 5000; then
	echo "limits: $n without a trap ok"
else
	echo "FAIL limits: ${n:-no} system calls without a trap"
	bad=1
fi
n=$(count vsyscalls $separate)
if test "${n:-1}" = 0; then
	echo "separate: none ok"
else
	echo "FAIL separate: ${n:-no line of} system calls without a trap"
	bad=1
fi
n=$(count syscalls $separate)
if test "${n:-0}" -gt 5000; then
	echo "separate: $n trapped ok"
else
	echo "FAIL separate: ${n:-no} system calls trapped"
	bad=1
fi
exit $bad
