#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# examples/xen/run: each way in which a guest on Xen ends, and each wrong call.
# The guest is written for Xen (pv/hello.c): no wedge is involved.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/xen/lib.sh"
run=$top_srcdir/examples/xen/run
guest=$top_builddir/tests/xen/pv/hello.xen

# expect NAME STATUS STDOUT STDERR ARG...: text must be all of stdout, in stderr
expect() {
	name=$1 status=$2 out=$3 err=$4; shift 4
	"$run" "$@" >"$work/out" 2>"$work/err" </dev/null
	rc=$?
	tr -d '\r' <"$work/out" >"$work/text"
	if [ $rc = "$status" ] && [ "$(cat "$work/text")" = "$out" ] &&
	   { [ -z "$err" ] || grep -qF -- "$err" "$work/err"; } &&
	   { [ -n "$err" ] || [ ! -s "$work/err" ]; }; then
		echo "ok   $name"
		return
	fi
	echo "FAIL $name: status $rc, not $status; stdout, stderr:"
	cat "$work/text" "$work/err"
	failed=1
}

expect "status of port 0xf4, command line" 7 "pv-hello: two, words" "" \
	--timeout 120 --append "two, words" "$guest"
expect "words after --" 7 "pv-hello: a b" "" --timeout 120 "$guest" -- a b
expect "deterministic time" 7 "pv-hello: x" "" --icount 0 --timeout 120 --append x "$guest"
expect "reboot" 0 "pv-hello: reboot" "" --timeout 120 --append reboot "$guest"
expect "power off" 0 "pv-hello: off" "" --timeout 120 --append off "$guest"
expect "crash" 1 "pv-hello: crash" "run: the guest crashed" --timeout 120 --append crash "$guest"

# how far it comes in that time is another matter
"$run" --timeout 4 --append hang "$guest" >"$work/out" 2>"$work/err" </dev/null
if [ $? = 124 ] && grep -q "did not end in 4 seconds" "$work/err"; then
	echo "ok   timeout"
else
	echo "FAIL timeout"
	failed=1
fi

"$run" --timeout 120 --xen-log "$work/log" -v "$guest" >"$work/out" 2>"$work/err" </dev/null
if grep -q '^(XEN) Xen version' "$work/log" && grep -q 'pv-hello' "$work/log" &&
   grep -q '^(XEN) Xen version' "$work/err" && ! grep -q XEN "$work/out"; then
	echo "ok   the log has all, -v shows Xen's lines apart"
else
	echo "FAIL log and -v"
	failed=1
fi

expect "no guest" 2 "" "which guest?"
expect "two guests" 2 "" "one guest" a b
expect "unknown option" 2 "" "no option --frob" --frob "$guest"
expect "value missing" 2 "" "-m needs a value" "$guest" -m
expect "memory" 2 "" "-m 12x" -m 12x "$guest"
expect "little memory" 2 "" "from 16M" -m 4M "$guest"
expect "timeout's value" 2 "" "seconds" --timeout soon "$guest"
expect "no such file" 1 "" "nofile: no file" nofile
expect "not ELF" 1 "" "neither an ELF file nor a bzImage" "$0"
expect "no such module" 1 "" "noinitrd: no file" --initrd noinitrd "$guest"
exit $failed
