#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Whole Linux kernels through aftercc: build, native boot, notes, and what must
# hold for every file of the build (check-kept).
set -u
. "$(dirname "$0")/../../scripts/common.sh"

usage() {
	cat <<-END
	Usage: tests/linux/ci.sh [ARCH[-VARIANT][-clang]]...   (default: i386 x86_64)

	Builds Debian's linux-source-6.1 by examples/linux/build with the tools in
	the build tree \$BUILD (default $top/_build), keeping the assembler text of
	every object, and checks it.  Prints PASS:, FAIL: and SKIP: lines; status 1
	if any failed.
	END
}

case ${1:-} in -h|--help) usage; exit 0 ;; esac
[ $# -gt 0 ] || set -- i386 x86_64
[ -x "$build/afterburner/aftercc" ] || fail "no tools in $build: build them first"
status=0
pass() { echo "PASS: $*"; }
bad() { echo "FAIL: $*"; status=1; }

# The checkers; the one that disassembles needs libopcodes.
tools="tests/identity/objcmp"
[ -f /usr/include/dis-asm.h ] && tools="$tools tests/linux/sensitive"
make -C "$build" $tools >"$build/tests/linux-tools.log" 2>&1 || {
	tail -n 20 "$build/tests/linux-tools.log" >&2
	fail "cannot build $tools"
}

# as's own words reach the user, and our insertions add none
warnings() {
	local t=$build/tests/linux-warnings name=$1 text=$2 want=$3
	mkdir -p "$t" && printf "$text" >"$t/w.s"
	(cd "$t" && gcc -c -Wa,--fatal-warnings -o a.o w.s) >"$t/a.err" 2>&1; echo $? >>"$t/a.err"
	(cd "$t" && "$build/afterburner/aftercc" gcc -c -Wa,--fatal-warnings -o b.o w.s) \
		>"$t/b.err" 2>&1; echo $? >>"$t/b.err"
	if cmp -s "$t/a.err" "$t/b.err" && [ "$(tail -n 1 "$t/a.err")" = "$want" ]; then
		pass "as --fatal-warnings: $name"
	else
		bad "as --fatal-warnings: $name"; diff "$t/a.err" "$t/b.err" >&2
	fi
}
warnings "a clean file passes" 'f:\tcli\n\tpushf\n\tpop %%rax\n\tsti\n\thlt\n\tret\n' 0
warnings "a warning stays where it was" 'f:\tcli\n\tpushf\n\t.warning "here"\n\tsti\n\tret\n' 1
warnings "so does a mistaken section" \
	'\t.section .foo,"ax"\n\tcli\n\t.section .foo,"aw"\n\tsti\n' 1

for arch; do
	words=${arch%%-*} rest=${arch#"$words"}
	case $rest in *-clang) words="$words --clang" rest=${rest%-clang} ;; esac
	[ -n "$rest" ] && words="$words --with ${rest#-}"
	out=$build/linux/$arch keep=$build/linux/$arch-kept
	mkdir -p "$keep" "$out"
	start=$(date +%s)
	if ! AFTERBURNER_KEEP=$keep "$top/examples/linux/build" $words >"$out/build.log" 2>&1; then
		tail -n 20 "$out/build.log" >&2
		bad "Linux $arch: builds through aftercc"
		continue
	fi
	pass "Linux $arch: builds through aftercc ($(($(date +%s) - start)) s)"
	if "$top/examples/linux/check" "$arch" >"$out/boot.log" 2>&1; then
		pass "Linux $arch: every note holds, boots natively to user space ($(sed -n '/ sites, /p' "$out/boot.log" | head -n 1))"
	else
		tail -n 20 "$out/boot.log" >&2
		bad "Linux $arch: notes and native boot"
	fi
	logs=$(ls "$out/make.log" "$out/make.earlier.log" 2>/dev/null)
	if grep -q 'objtool:' $logs; then
		grep -h 'objtool:' $logs | head -n 5 >&2
		bad "Linux $arch: objtool is silent"
	elif grep -q '^CONFIG_OBJTOOL=y' "$out/.config"; then
		pass "Linux $arch: objtool is silent"
	fi
	"$top/tests/linux/check-kept" "Linux $arch" "$keep" || status=1
done
exit $status
