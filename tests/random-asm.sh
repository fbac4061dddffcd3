#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# RANDOM_ASM (default 12) texts of tests/identity/random.py, from RANDOM_SEED
# (default 1) on: what tests/linux/check-file wants of each file of a build.
set -u
: "${top_builddir:=$PWD}" "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}"
command -v python3 >/dev/null || { echo "SKIP: no python3 (Debian package: python3)"; exit 77; }
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
build=$(cd "$top_builddir" && pwd) src=$(cd "$top_srcdir" && pwd)
export AFTERBURNER=$build/afterburner/afterburner OBJCMP=$build/tests/identity/objcmp AS=as
export RULES=$src/rules/x86/full.rules EMPTY=$tmp/empty.rules SENSITIVE=
[ ! -x "$build/tests/linux/sensitive" ] || SENSITIVE=$build/tests/linux/sensitive
echo 'version 1' >"$EMPTY"
seed=${RANDOM_SEED:-1} last=$((${RANDOM_SEED:-1} + ${RANDOM_ASM:-12}))
failed=0 done=0
for ((; seed < last; seed++)); do
	python3 "$src/tests/identity/random.py" "$seed" >"$tmp/$seed.s" || exit 1
	{ echo "$tmp"; echo "seed-$seed"; grep -q '^# --isa i386' "$tmp/$seed.s" && echo --32 || echo --64; } \
		>"$tmp/$seed.args"
	"$src/tests/linux/check-file" "$tmp/$seed" >"$tmp/found"
	if grep -q '^refused' "$tmp/found"; then
		:
	elif [ "$(cut -d' ' -f1 "$tmp/found")" = done ]; then
		done=$((done + 1))
	else
		cat "$tmp/found"; echo "FAIL: seed $seed:"; cat -n "$tmp/$seed.s"
		failed=1
	fi
done
echo "$done of ${RANDOM_ASM:-12} texts assembled, the others refused by as"
[ $done -gt 0 ] || exit 1
exit $failed
