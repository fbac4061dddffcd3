#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# guests.sh [-v] GUEST.elf64...: run x86-64 test guests natively (in QEMU: the
# truth) and, loaded by afterload, on Xen, and compare what they print.  One line a
# run: "NAME.TARGET ok|FAILED|skipped".  -v shows the output as well.
# GUEST_TARGETS (default "native xen") chooses the runs.
#
# A guest's source says in its first comment what is unusual about it:
#	Memory: MIB		how much RAM (default 64)
#	Native: no, REASON	QEMU is not the truth here
#	Xen: crash, TEXT	on Xen the domain must stop as crashed, and say TEXT
# Exit status: 0 all as it should be, 1 not, 77 nothing could be run.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${top_builddir:=.}"
: "${GUEST_TARGETS:=native xen}"
: "${QEMU_X86_64=qemu-system-x86_64}"
case $GUEST_TARGETS in
*native*|*xen*) ;;
*) echo "skipped: GUEST_TARGETS is '$GUEST_TARGETS'"; exit 77 ;;
esac
BUILD=$top_builddir
export BUILD
limit=240
verbose=
test "$1" = -v && { verbose=yes; shift; }
work=$(mktemp -d "${TMPDIR:-/tmp}/guests64.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

tag() # name: its value in the guest's source
{
	sed -n "1d; /\\*\\//q; s|^[/ ]*\\* *$1: *||p" "$source" | head -n 1
}

no_xen=
command -v "${QEMU_X86_64:-none}" >/dev/null || no_xen='qemu-system-x86_64 is not installed'
test -n "$no_xen" || "$top_builddir/afterload" targets 2>/dev/null | grep -qw xen ||
	no_xen='afterload has no target xen'
test -n "$no_xen" || "$top_srcdir/examples/xen/fetch" >"$work/fetch" 2>&1 ||
	no_xen="no hypervisor: $(tail -n 1 "$work/fetch")"

bad=0 ran=0
result() # target ok|FAILED|skipped [why]
{
	echo "$name.$1 $2${3:+: $3}"
	case $2 in
	ok) ran=1 ;;
	FAILED)
		ran=1 bad=1
		sed 's/^/    | /' "$work/$1.out" "$work/$1.err" | head -n 80
		;;
	esac
	test -z "$verbose" || sed 's/^/    /' "$work/$1.out"
}

run_native()
{
	: >"$work/native.out"; : >"$work/native.err"
	case $native in
	no*) result native skipped "${native#no, }"; return ;;
	esac
	command -v "${QEMU_X86_64:-none}" >/dev/null || {
		result native skipped 'qemu-system-x86_64 is not installed'
		return
	}
	timeout -k 10 $limit "$QEMU_X86_64" -m "$memory" -display none -no-reboot \
		-nodefaults -serial stdio -monitor none \
		-device isa-debug-exit,iobase=0xf4,iosize=4 -kernel "$guest" \
		>"$work/native.raw" 2>"$work/native.err" </dev/null
	status=$?
	tr -d '\r' <"$work/native.raw" >"$work/native.out"
	if test $status != 1; then
		result native FAILED "status $status, not 1"
	elif ! grep -q '^SUCCESS$' "$work/native.out"; then
		result native FAILED 'no SUCCESS'
	else
		result native ok
		cp "$work/native.out" "$work/truth"
	fi
}

run_xen()
{
	: >"$work/xen.out"; : >"$work/xen.err"
	test -z "$no_xen" || { result xen skipped "$no_xen"; return; }
	"$top_srcdir/examples/xen/run" -m "${memory}M" --timeout $limit "$guest" \
		>"$work/xen.raw" 2>"$work/xen.err" </dev/null
	status=$?
	tr -d '\r' <"$work/xen.raw" >"$work/xen.out"
	case $ends in
	crash*)
		if test $status != 1 || ! grep -q 'the guest crashed' "$work/xen.err"; then
			result xen FAILED "status $status, not a crash"
		elif ! grep -q "${ends#crash, }" "$work/xen.out"; then
			result xen FAILED "it does not say: ${ends#crash, }"
		elif ! grep -qi 'rip' "$work/xen.out"; then
			result xen FAILED 'no registers were printed'
		else
			result xen ok
		fi
		return ;;
	esac
	if test $status != 1; then
		result xen FAILED "status $status, not 1"
	elif test -f "$work/truth" && ! cmp -s "$work/truth" "$work/xen.out"; then
		diff "$work/truth" "$work/xen.out" >>"$work/xen.err"
		result xen FAILED 'prints something else than natively'
	elif ! grep -q '^SUCCESS$' "$work/xen.out"; then
		result xen FAILED 'no SUCCESS'
	else
		result xen ok
	fi
}

for guest; do
	name=$(basename "$guest" .elf64)
	source=$top_srcdir/tests/xen/guests/$name.c
	test -f "$source" || { echo "guests.sh: no source of $guest" >&2; exit 1; }
	rm -f "$work/truth"
	memory=$(tag Memory) native=$(tag Native) ends=$(tag Xen)
	: "${memory:=64}"
	for target in $GUEST_TARGETS; do
		case $target in
		native) run_native ;;
		xen) run_xen ;;
		esac
	done
done
test $bad = 0 || exit 1
test $ran = 1 || exit 77
