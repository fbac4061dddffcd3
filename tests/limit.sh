#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tests/limit.sh COMMAND...: a test that does not end has failed.  After TEST_SECONDS
# (default 900) it shows what still runs and ends all of that.
set -m		# the test and the watch are process groups of their own
limit=${TEST_SECONDS:-900}
"$@" & test=$!
(
	sleep "$limit"
	echo "FAILED: no end after $limit seconds: $*; what runs:"
	ps -eo pid,ppid,pgid,stat,etimes,time,wchan:20,args --forest 2>/dev/null |
		awk -v group=$test 'NR == 1 || $3 == group || $4 !~ /^[SI]/' | cut -c1-200
	kill -TERM -- -$test
	sleep 10
	kill -KILL -- -$test
) & watch=$!
disown $watch
trap 'kill -TERM -- -$test -$watch 2>/dev/null; exit 143' TERM INT HUP
wait $test 2>/dev/null
rc=$?
kill -TERM -- -$watch 2>/dev/null
# what the test left behind would hold up make
kill -KILL -- -$test 2>/dev/null
exit $rc
