# SPDX-License-Identifier: GPL-3.0-or-later
# What the tests of guests on Xen share: a temporary folder, and the reason when
# there is nothing to run on.
: "${top_builddir:=$PWD}" "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
BUILD=$top_builddir
export BUILD
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
failed=0

command -v "${QEMU_X86_64:-qemu-system-x86_64}" >/dev/null || {
	echo "SKIP: no qemu-system-x86_64"
	exit 77
}
"$top_srcdir/examples/xen/fetch" >"$work/fetch.out" 2>&1 || {
	echo "SKIP: no hypervisor: $(tail -n 1 "$work/fetch.out")"
	exit 77
}
