# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the benchmarks that run User-Mode Linux, with $work set: $uml_run and
# $uml_words, with which it runs on this processor.  Where the registers are larger than
# UML's room for them (AMX), UML is kept to the old ones by uml.c, and its programs, too.
uml_run= uml_words=
if grep -qw amx_tile /proc/cpuinfo; then
	uml_run=$work/uml-run
	uml_words=GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-AVX_Fast_Unaligned_Load
	gcc -O2 -o "$uml_run" "$top/bench/linux.d/uml.c" || fail "cannot build $uml_run"
fi
