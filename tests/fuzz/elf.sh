#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Fuzz ELF view and note reader, FUZZ_SECONDS long (default 10); inputs that
# crash stay in the build tree and are named.
[ "${FUZZ_SECONDS:-10}" != 0 ] || { echo "SKIP: no time was given to it (FUZZ_SECONDS=0)"; exit 77; }
clang=$(command -v "${CLANG:-clang}") || {
	echo "skipped: no clang (Debian packages: clang libclang-rt-14-dev)"
	exit 77
}
dir=$top_builddir/tests/fuzz
mkdir -p "$dir/elf-corpus" || exit 1
cd "$dir" || exit 1
$clang -std=gnu11 -g -O1 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=undefined -DAB_BUILDDIR='""' -DAB_SRCDIR='""' \
	-DAB_DATADIR='""' -I"$top_srcdir/include" -I"$top_srcdir" \
	"$top_srcdir/tests/fuzz/fuzz_elf.c" "$top_srcdir/lib/diag.c" \
	"$top_srcdir/lib/file.c" "$top_srcdir/lib/decode.c" \
	"$top_srcdir/lib/optable.c" "$top_srcdir/lib/nops.c" \
	"$top_srcdir/lib/elfview.c" "$top_srcdir/lib/note.c" \
	$(ls "$top_srcdir"/loader/*.c | grep -v -e /main.c -e /list.c -e /check.c) \
	-lZydis -o fuzz_elf 2> fuzz_elf.err || {
	if grep -q 'cannot find.*libclang_rt' fuzz_elf.err; then
		echo "skipped: no libFuzzer (Debian package: libclang-rt-14-dev)"
		exit 77
	fi
	cat fuzz_elf.err
	exit 1
}
cp "$top_builddir"/tests/loader/*.elf "$top_builddir"/tests/loader/sample*.o \
	elf-corpus/ || exit 1
. "$top_srcdir/tests/fuzz/for.sh"
fuzz_for "${FUZZ_SECONDS:-10}" fuzz_elf.log ./fuzz_elf -max_len=16384 \
	-rss_limit_mb=1024 -close_fd_mask=2 -artifact_prefix=crash-elf- \
	-print_final_stats=1 elf-corpus
status=$?
grep SUMMARY fuzz_elf.log
if [ $status -ne 0 ]; then
	tail -40 fuzz_elf.log
	ls crash-elf-* 2>/dev/null
fi
exit $status
