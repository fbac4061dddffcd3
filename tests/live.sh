#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the notes call dead is overwritten behind every site of real programs, at
# every level of optimization: they must not notice.
set -u
cc=${GUEST_CC:-gcc}
build=${top_builddir:-$PWD}
src=${top_srcdir:-.}/tests/live/live.c
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0 claims=0

unset AFTERBURNER_RULES
export AFTERBURNER_RECORD=no XDG_CACHE_HOME="$tmp/cache"
for m in -m32 -m64; do
	echo 'int main(void) { return 0; }' >"$tmp/try.c"
	$cc $m "$tmp/try.c" -o "$tmp/try" 2>/dev/null && "$tmp/try" ||
		{ echo "no programs with $m: skipped"; continue; }
	for opt in -O0 -O1 -O2 -O3 -Os "-O2 -g" "-O2 -fPIC" "-O2 -fomit-frame-pointer"; do
		$cc $m $opt -w "$src" -o "$tmp/plain" || exit 1
		AFTERBURNER_FLAGS=--clobber-dead "$build/afterburner/aftercc" \
			$cc $m $opt -w -c "$src" -o "$tmp/burned.o" &&
			$cc $m $opt "$tmp/burned.o" -o "$tmp/burned" || exit 1
		n=$("$build/tests/identity/notes" "$tmp/burned.o" | grep -vc "dead 0,")
		claims=$((claims + n))
		"$tmp/plain" >"$tmp/want"
		"$tmp/burned" >"$tmp/got" 2>&1
		cmp -s "$tmp/want" "$tmp/got" ||
			{ echo "FAIL: $m $opt: a dead register was alive" >&2; failed=1; }
	done
done
echo "$claims sites with something dead"
[ $claims -gt 100 ] || { echo "FAIL: hardly anything is found dead" >&2; failed=1; }
exit $failed
