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
# One look at all files: a process for each would take longer than all other tests.
said=$(mktemp) || exit 99
trap 'rm -f "$said"' EXIT
printf '%s\n' "$files" | xargs -r awk '
	FNR == 1 { if (f != "") print f, got; f = FILENAME; got = "none" }
	FNR <= 5 && got == "none" && match($0, /SPDX-License-Identifier: *[A-Za-z0-9.-]+/) {
		got = substr($0, RSTART, RLENGTH)
		sub(/.*: */, "", got)
	}
	END { if (f != "") print f, got }' >"$said" 2>/dev/null
failed=0 checked=0
set -f
while read -r f got; do
	for pattern in $listed; do
		# shellcheck disable=SC2254
		case $f in $pattern) continue 2 ;; esac
	done
	want=GPL-3.0-or-later
	case $f in include/abi/*|wedge/*) want=BSD-2-Clause ;; esac
	checked=$((checked + 1))
	[ "$got" = $want ] && continue
	case $f:$got in
	*/local.mk:GPL-3.0-or-later) continue ;;	# the build's, in any folder
	esac
	echo "$f: $got, not $want"
	failed=1
done <"$said"
echo "$checked files"
[ $checked -gt 100 ] || failed=1
exit $failed
