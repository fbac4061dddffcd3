#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# 200 C files of other packages at every level of optimization.
set -u
. "$(dirname "$0")/../../scripts/common.sh"
case ${1:-} in
-h|--help) cat <<-END
	Usage: tests/packages/levels.sh
	Compiles C files of GMP and SeaBIOS, which tests/packages/ci.sh has fetched and
	configured below $build/packages, at -O0 -O1 -O2 -O3 -Os -Og, with and without
	-g and -fPIC, and compares what the afterburner makes of each with what the
	compiler wrote.  Prints a PASS: or FAIL: line.
	END
	exit 0 ;;
esac
work=$build/packages here=$top/tests/packages
[ -f "$work/gmp-64/gmp.h" ] && [ -d "$work/seabios/out" ] ||
	fail "no sources in $work: run tests/packages/ci.sh gmp seabios first"
export AFTERBURNER=$build/afterburner/afterburner OBJCMP=$build/tests/identity/objcmp
unset AFTERBURNER_RULES AFTERBURNER_FLAGS
export EMPTY=$work/empty.rules
echo 'version 1' >"$EMPTY"
log=$work/levels.log

cd "$work/gmp-64" || exit 1
make fac_table.h fib_table.h mp_bases.h trialdivtab.h >"$log.err" 2>&1 ||
	fail "cannot make GMP's tables: $log.err"
ls ../gmp/mpz/*.c ../gmp/mpf/*.c ../gmp/mpn/generic/*.c | head -n 140 |
	FLAGS="-m64 -I. -I../gmp -DHAVE_CONFIG_H -D__GMP_WITHIN_GMP" ISA=x86-64 AS_FLAGS=--64 \
	xargs -P "$jobs" -n 1 "$here/level-file" >"$log" 2>"$log.err"
# with sensitive instructions in their inline assembly
cd "$work/seabios" || exit 1
ls src/*.c src/hw/*.c src/fw/*.c | head -n 80 |
	FLAGS="-m32 -march=i386 -DMODE16=0 -DMODESEGMENT=0 -Iout -Isrc -Ivgasrc -ffreestanding" \
	ISA=i386 AS_FLAGS=--32 \
	xargs -P "$jobs" -n 1 "$here/level-file" >>"$log" 2>>"$log.err"
files=$(awk '{ print $2 }' "$log" | sort -u | wc -l)
same=$(grep -c '^same' "$log") burned=$(grep -c '^burned' "$log")
bad=$(grep -vc '^same\|^burned' "$log")
what="$files C files at every level, with and without -g and -fPIC"
if [ "$bad" = 0 ] && [ "$files" -ge 200 ] && [ "$burned" -gt 500 ]; then
	echo "PASS: $what: $same texts without a site unchanged, $burned with sites the plain objects without pads and notes"
else
	grep -v '^same\|^burned' "$log" | head -n 5 >&2
	tail -n 5 "$log.err" >&2
	echo "FAIL: $what: $bad of $(wc -l <"$log") differ ($same unchanged, $burned with sites)"
	exit 1
fi
