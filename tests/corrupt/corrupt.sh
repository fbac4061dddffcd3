#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Broken guests and wedges through the loader's library; see corrupt.c.
cd "$top_builddir/tests/loader" || exit 1
tool=$top_builddir/tests/corrupt/corrupt
fail=0
# the tool's standard error is part of the test
ASAN_OPTIONS=$ASAN_OPTIONS:log_path=$PWD/corrupt-report
UBSAN_OPTIONS=$UBSAN_OPTIONS:log_path=$PWD/corrupt-report
export ASAN_OPTIONS UBSAN_OPTIONS
rm -f corrupt-report*
AFTERBURNER_DATADIR=$PWD/data "$top_builddir/afterload" -t test sample32.elf \
	-o corrupt-patched.elf || exit 1
for guest in sample32-stripped.elf bad32.elf corrupt-patched.elf sample32.o; do
	"$tool" $guest data/wedge/test.o || fail=1
done
"$tool" -w data/wedge/test.o sample32.elf || fail=1
rm -f corrupt-patched.elf
cat corrupt-report* 2>/dev/null && fail=1
rm -f corrupt-report*
exit $fail
