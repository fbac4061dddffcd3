#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every file names its licence, and the right one; what has no place for a line
# (test data, mostly) is listed in REUSE.toml.
: "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}"
cd "$top_srcdir" || exit 1
if [ -e .git ] && command -v git >/dev/null && git ls-files >/dev/null 2>&1; then
	files=$(git ls-files)
else
	echo "skipped: not a git checkout"
	exit 77
fi
listed=$(sed -n 's/^ *path *= *\[\(.*\)\]/\1/p; /^ *"/s/[",]//gp' REUSE.toml | tr -d '",')
failed=0 checked=0
set -f
for f in $files; do
	[ -f "$f" ] || continue
	for pattern in $listed; do
		# shellcheck disable=SC2254
		case $f in $pattern) continue 2 ;; esac
	done
	want=GPL-3.0-or-later
	case $f in include/abi/*|wedge/*) want=BSD-2-Clause ;; esac
	got=$(head -n 5 "$f" | sed -n 's/.*SPDX-License-Identifier: *\([A-Za-z0-9.-]*\).*/\1/p' | head -n 1)
	checked=$((checked + 1))
	[ "$got" = $want ] && continue
	case $f:$got in
	*/local.mk:GPL-3.0-or-later) continue ;;	# the build's, in any folder
	esac
	echo "$f: ${got:-no SPDX line}, not $want"
	failed=1
done
echo "$checked files"
[ $checked -gt 100 ] || failed=1
exit $failed
