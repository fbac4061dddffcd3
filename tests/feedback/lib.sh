# SPDX-License-Identifier: GPL-3.0-or-later
# What the tests of the feedback loop share: a temporary folder, aftermon, counting.
: "${top_builddir:=$PWD}" "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${GUEST_CC:=gcc}"
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
failed=0
ok() { echo "ok   $*"; }
bad() { echo "FAIL $*"; failed=1; }
. "$top_srcdir/tests/aftermon.sh"
need_guests
