#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The compiler's output at every level of optimization: byte-identical objects
# without rules, and with the stock rules the same objects but for pads and notes.
# IDENTITY_FILES names more files to compile, IDENTITY_CC other compilers.
set -u
build=${top_builddir:-$PWD}
src=${top_srcdir:-.}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0 objects=0 burned=0

unset AFTERBURNER_RULES AFTERBURNER_FLAGS
export XDG_CACHE_HOME="$tmp/cache" AFTERBURNER_RECORD=no
fail() { echo "FAIL: $*" >&2; failed=1; }

# try COMPILER FILE OPTIONS...
try() {
	cc=$1 file=$2
	shift 2
	case $cc in
	*clang*) outside=-fno-integrated-as ;;	# aftercc does so, too
	*) outside= ;;
	esac
	$cc $outside "$@" -c "$file" -o "$tmp/a.o" 2>"$tmp/a.err" || return 0
	objects=$((objects + 1))
	AFTERBURNER_RULES=none "$build/afterburner/aftercc" $cc "$@" -c "$file" \
		-o "$tmp/n.o" 2>"$tmp/n.err"
	cmp "$tmp/a.o" "$tmp/n.o" || fail "$cc $* $file: not identical without rules"
	"$build/afterburner/aftercc" $cc "$@" -c "$file" -o "$tmp/b.o" 2>"$tmp/b.err" ||
		fail "$cc $* $file: does not assemble"
	sed 's#/tmp/[A-Za-z0-9_-]*\.s#TMP#' "$tmp/a.err" >"$tmp/a.err2"
	sed 's#/tmp/[A-Za-z0-9_-]*\.s#TMP#' "$tmp/b.err" | cmp -s - "$tmp/a.err2" ||
		fail "$cc $* $file: other messages"
	cmp -s "$tmp/a.o" "$tmp/b.o" && return 0
	burned=$((burned + 1))
	case $file in
	*/boot64.S) return 0 ;;	# code of two widths in one section
	esac
	"$build/tests/identity/objcmp" "$tmp/a.o" "$tmp/b.o" || fail "$cc $* $file"
}

compilers=${IDENTITY_CC:-gcc}
command -v clang >/dev/null && compilers="$compilers clang"
inc="-I$src/include -I$src -I$src/wedge -I$build -D_GNU_SOURCE"
inc="$inc -DAB_DATADIR=\"\" -DAB_BUILDDIR=\"\" -DAB_SRCDIR=\"\""
for cc in $compilers; do
	for m in -m32 -m64; do
		for opt in -O0 -O1 -O2 -O3 -Os; do
			for more in "" -g "-fPIC -g -ffunction-sections"; do
				try $cc "$src/tests/live/live.c" $m $opt $more -w
			done
		done
		for file in "$src"/examples/minikernel/*.c "$src"/examples/minikernel/*.S \
			"$src"/lib/diag.c "$src"/lib/file.c ${IDENTITY_FILES-}; do
			[ -f "$file" ] || continue
			try $cc "$file" $m -O2 -g -ffreestanding $inc -w
		done
	done
done
echo "$objects objects, $burned with sites"
[ $burned -gt 20 ] || fail "hardly anything was afterburned"
exit $failed
