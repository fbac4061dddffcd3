#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A guest that goes wrong on Xen: the wedge says what, with the guest's registers,
# and the domain stops as crashed.  Nothing loops in silence.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/xen/lib.sh"

# expect CASE TEXT
expect()
{
	guest=$top_builddir/tests/xen/guests/errors-$1.elf
	"$top_srcdir/examples/xen/run" --timeout 120 "$guest" >"$work/out" 2>"$work/err" \
		</dev/null
	status=$?
	if [ $status = 1 ] && grep -q "the guest crashed" "$work/err" &&
	   grep -q "^wedge: .*$2" "$work/out" && grep -q '^wedge: rip [0-9a-f]' "$work/out" &&
	   grep -q 'rbx 1122334455667788' "$work/out"; then
		echo "ok   $1: $2"
		return
	fi
	echo "FAIL $1: status $status, not: $2"
	cat "$work/out" "$work/err"
	failed=1
}

expect 1 "triple fault"
expect 2 "triple fault"
expect 3 "triple fault"
expect 4 "halted with interrupts off"
expect 5 "addresses of the wedge's window"
expect 6 "maps pages where Xen lies"
expect 7 "paging off\|leaving long mode\|triple fault"
expect 8 "triple fault"
expect 10 "triple fault"	# its hypercall: it has none

# ports that no device of the wedge has: the hardware's, where one asks for them
ports() # STATUS WORDS
{
	"$top_srcdir/examples/xen/run" --timeout 120 --append "$2" \
		--qemu "-chardev file,id=d,path=$work/port -device isa-debugcon,iobase=0x3e0,chardev=d" \
		"$top_builddir/tests/xen/guests/errors-9.elf" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	if [ $status = "$1" ] && [ "$(cat "$work/port")" = "$3" ]; then
		echo "ok   ports: ${2:-none but ours}"
		return
	fi
	echo "FAIL ports: status $status, '$(cat "$work/port")'"
	cat "$work/out" "$work/err"
	failed=1
}
ports 3 wedge.ports P
ports 1 "" ""

# what cannot be loaded for Xen at all
try()
{
	"$top_builddir/afterload" -t xen "$2" -o "$work/x" >"$work/out" 2>&1
	if [ $? = 1 ] && grep -q "$1" "$work/out" && [ ! -e "$work/x" ]; then
		echo "ok   $1"
		return
	fi
	echo "FAIL afterload: not: $1"
	cat "$work/out"
	failed=1
}
try "takes x86-64 guests, this one is i386" "$top_builddir/examples/minikernel/minikernel32.elf"
try "no 64-bit entry that is known" "$top_builddir/tests/xen/pv/hello.xen"
exit $failed
