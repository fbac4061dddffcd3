#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The three minikernels: natively in QEMU, and the i386 ones under aftermon, the
# same file, the same lines.  Guest user mode in both ways where both are right.

: "${top_builddir:=.}"
: "${QEMU_I386=qemu-system-i386}" "${QEMU_X86_64=qemu-system-x86_64}"
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$top_srcdir/tests/aftermon.sh"
kernels=$top_builddir/examples/minikernel
work=$(mktemp -d "${TMPDIR:-/tmp}/minikernel.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
bad=0 ran=0

# judge NAME.TARGET STATUS: what the run printed is in $work/out, $work/err
judge()
{
	name=$1 status=$2
	truth=$work/${name%%.*}.truth
	ran=1
	if test "$status" != 1; then
		echo "$name FAILED: status $status"
	elif ! grep -q '^minikernel: all .* checks passed' "$work/out"; then
		echo "$name FAILED: not all checks passed"
	elif test -f "$truth" && ! cmp -s "$truth" "$work/out"; then
		echo "$name FAILED: prints something else than natively"
		diff "$truth" "$work/out"
	else
		echo "$name ok ($(grep -c '^ok' "$work/out") checks)"
		test -f "$truth" || cp "$work/out" "$truth"
		return
	fi
	bad=1
	grep -v '^ok' "$work/out" | sed 's/^/    | /'
	sed 's/^/    | /' "$work/err"
}

native() # kernel qemu
{
	command -v "${2:-none}" >/dev/null || {
		echo "$1.native skipped: no QEMU"
		return
	}
	timeout 300 "$2" -m 64 -display none -no-reboot -nodefaults \
		-serial stdio -monitor none \
		-device isa-debug-exit,iobase=0xf4,iosize=4 \
		-kernel "$kernels/$1.elf" > "$work/out" 2> "$work/err" < /dev/null
	judge "$1.native" $?
}

hosted() # kernel name options
{
	kernel=$1 target=$2
	shift 2
	test -z "$no_guests" || { echo "$kernel.$target skipped: $no_guests"; return; }
	case "$* $(no_limits)" in
	*'--user limits '?*)
		echo "$kernel.$target skipped: $(no_limits)"
		return ;;
	esac
	timeout 330 "$aftermon" run "$@" -m 64 --timeout 300 \
		"$kernels/$kernel.elf" > "$work/out" 2> "$work/err" < /dev/null
	judge "$kernel.$target" $?
}

native minikernel32 "$QEMU_I386"
native minikernel32-low "$QEMU_I386"
native minikernel64 "$QEMU_X86_64"
for kernel in minikernel32 minikernel32-low; do
	hosted $kernel none -t none
	hosted $kernel hosted -t hosted
	# shellcheck disable=SC2086
	hosted $kernel separate -t hosted $separate
	hosted $kernel translated -t hosted --engine translate
done
hosted minikernel32 limits -t hosted --user limits
hosted minikernel32 none-limits -t none --user limits

test $bad = 0 || exit 1
test $ran = 1 || exit 77
