#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Fuzz the scanner and all behind it for FUZZ_SECONDS (default 10), from the
# golden files.
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
generated() {
	ls "$top_builddir/rules/$1" "$top_srcdir/rules/$1" 2>/dev/null | head -1
}
src=$top_srcdir/afterburner
"$CLANG" -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -std=gnu11 \
	-D_GNU_SOURCE -DAB_DATADIR="\"$top_srcdir\"" -DAB_BUILDDIR='"/nonexistent"' \
	-DAB_SRCDIR='"/nonexistent"' -I"$top_builddir" -I"$top_srcdir/include" \
	-I"$top_srcdir" -o "$work/fuzz" "$top_srcdir/tests/fuzz/fuzz_afterburner.c" \
	$(ls "$src"/*.c | grep -v -e main.c -e /as.c -e aftercc.c -e compiler.c) \
	$(ls "$top_srcdir"/rules/*.c | grep -v -e parse.c -e scan.c) \
	"$(generated parse.c)" "$(generated scan.c)" \
	"$top_srcdir/lib/diag.c" "$top_srcdir/lib/file.c" "$top_srcdir/lib/optable.c" \
	$(pkg-config --libs libpcre2-8) || exit 1

mkdir "$work/corpus" "$work/seeds"
for f in "$top_srcdir"/tests/golden/*.s "$top_srcdir"/tests/errors/*.s; do
	cp "$f" "$work/seeds/$(echo "$f" | cksum | cut -d" " -f1)"
done
cd "$work" || exit 1
. "$top_srcdir/tests/fuzz/for.sh"
fuzz_for "${FUZZ_SECONDS:-10}" "$work/log" "$work/fuzz" -rss_limit_mb=2048 \
	-close_fd_mask=2 -dict="$top_srcdir/tests/fuzz/afterburner.dict" \
	-artifact_prefix="${FUZZ_ARTIFACTS:-$work}/" "$work/corpus" "$work/seeds"
rc=$?
if [ $rc -ne 0 ]; then
	tail -40 "$work/log"
	for f in "${FUZZ_ARTIFACTS:-$work}"/crash-* "${FUZZ_ARTIFACTS:-$work}"/timeout-*; do
		[ -f "$f" ] && { echo "input $f:"; od -c "$f" | head -40; }
	done
	exit 1
fi
