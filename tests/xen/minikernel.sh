#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# minikernel64: one file, natively in QEMU and on Xen through the wedge, the same
# lines.  The wedge's own counters say that sites were patched.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/xen/lib.sh"
qemu=${QEMU_X86_64:-qemu-system-x86_64}
guest=$top_builddir/examples/minikernel/minikernel64.elf

sha256sum "$guest"
timeout 300 "$qemu" -m 64 -display none -no-reboot -nodefaults -serial stdio \
	-monitor none -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel "$guest" \
	>"$work/native" 2>"$work/err" </dev/null
status=$?
[ $status = 1 ] || {
	echo "natively: status $status"
	cat "$work/native" "$work/err"
	exit 1
}
"$top_builddir/afterload" -t xen "$guest" -o "$work/guest.xen" || exit 1
sha256sum "$guest"		# the file on disk is what it was
"$top_srcdir/examples/xen/run" --timeout 300 --append wedge.stats "$work/guest.xen" \
	>"$work/out" 2>"$work/err" </dev/null
status=$?
tr -d '\r' <"$work/native" >"$work/native.text"
tr -d '\r' <"$work/out" | grep -v '^wedge: ' >"$work/xen.text"
tr -d '\r' <"$work/out" | grep '^wedge: ' >"$work/stats"
if [ $status != 1 ]; then
	echo "on Xen: status $status"
	cat "$work/out" "$work/err"
	exit 1
fi
diff "$work/native.text" "$work/xen.text" || {
	echo "on Xen it prints something else than natively"
	exit 1
}
grep -c '^ok' "$work/xen.text" | sed 's/$/ checks, the same lines natively and on Xen/'
grep -q '^minikernel: all .* checks passed' "$work/xen.text" || exit 1

# what is patched does not trap, but in ring 3, which is not built for a loader
for op in iret swapgs sysret write_cr; do
	grep -q "^wedge: op $op trapped 0 called [1-9]" "$work/stats" || {
		echo "the wedge was not called for $op:"
		cat "$work/stats"
		exit 1
	}
done

# a file is patched once
"$top_builddir/afterload" -t xen "$work/guest.xen" -o "$work/twice" 2>"$work/err" && exit 1
grep -q "was patched already, for target 'xen'" "$work/err" || { cat "$work/err"; exit 1; }
[ ! -e "$work/twice" ]
