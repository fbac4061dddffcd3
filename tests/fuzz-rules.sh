#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Fuzz the rule language for FUZZ_SECONDS (default 10) with libFuzzer, from the
# seeds in tests/fuzz/rules, the stock files and the files with errors.
[ "${FUZZ_SECONDS:-10}" != 0 ] || { echo "SKIP: no time was given to it (FUZZ_SECONDS=0)"; exit 77; }
: "${top_builddir:=$PWD}" "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
: "${CLANG:=clang}"

echo 'int LLVMFuzzerTestOneInput(const char *d, long n) { return 0; }' >"$work/probe.c"
"$CLANG" -fsanitize=fuzzer,address,undefined "$work/probe.c" -o "$work/probe" 2>/dev/null || {
	echo "SKIP: no clang with libFuzzer (Debian packages: clang libclang-rt-14-dev)"
	exit 77
}
src=$top_srcdir/rules
"$CLANG" -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -std=gnu11 \
	-D_GNU_SOURCE -DAB_DATADIR='"/nonexistent"' -DAB_BUILDDIR='"/nonexistent"' \
	-DAB_SRCDIR='"/nonexistent"' -I"$top_srcdir/include" -I"$top_srcdir" \
	-I"$top_builddir" -o "$work/fuzz" "$top_srcdir/tests/fuzz/fuzz_rules.c" \
	"$src"/rules.c "$src"/build.c "$src"/load.c "$src"/match.c "$src"/print.c \
	"$src"/pattern.c "$src"/glob.c "$src"/spell.c \
	"$(ls "$top_builddir/rules/parse.c" "$src/parse.c" 2>/dev/null | head -1)" \
	"$(ls "$top_builddir/rules/scan.c" "$src/scan.c" 2>/dev/null | head -1)" \
	"$top_srcdir/lib/diag.c" "$top_srcdir/lib/file.c" "$top_srcdir/lib/optable.c" \
	$(pkg-config --libs libpcre2-8) || exit 1

mkdir "$work/corpus" "$work/seeds"
cp "$src"/*.rules "$src"/*/*.rules "$top_srcdir"/tests/rules-errors/*.rules \
	"$top_srcdir"/tests/fuzz/rules/* "$work/seeds"
cd "$work" || exit 1
. "$top_srcdir/tests/fuzz/for.sh"
fuzz_for "${FUZZ_SECONDS:-10}" "$work/log" "$work/fuzz" -rss_limit_mb=2048 \
	-close_fd_mask=2 -dict="$top_srcdir/tests/fuzz/rules.dict" \
	-artifact_prefix="${FUZZ_ARTIFACTS:-$work}/" "$work/corpus" "$work/seeds"
rc=$?
if [ $rc -ne 0 ]; then
	tail -40 "$work/log"
	for f in "${FUZZ_ARTIFACTS:-$work}"/crash-* "${FUZZ_ARTIFACTS:-$work}"/timeout-*; do
		[ -f "$f" ] && { echo "input $f:"; od -c "$f" | head -40; }
	done
	exit 1
fi
exit 0
