#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hand-written assembly of other Debian source packages, through aftercc.
set -u
. "$(dirname "$0")/../../scripts/common.sh"

usage() {
	cat <<-END
	Usage: tests/packages/ci.sh [openssl|glibc|gmp|binutils|seabios]...   (default: all)

	Fetches the source packages with apt-get, assembles what their authors wrote
	in assembly with the tools in the build tree \$BUILD (default $build),
	and checks every file: without rules the text stays as it is, with full.rules
	the object is the plain one but for pads and notes.  Prints PASS: and FAIL:
	lines; status 1 if any failed.
	END
}

case ${1:-} in -h|--help) usage; exit 0 ;; esac
[ $# -gt 0 ] || set -- openssl glibc gmp binutils seabios
[ -x "$build/afterburner/aftercc" ] || fail "no tools in $build: build them first"
make -C "$build" tests/identity/objcmp >/dev/null || fail "cannot build objcmp"
install_packages dpkg-dev gcc-multilib perl m4 gawk bison python3 qemu-system-x86
work=$build/packages cc="$build/afterburner/aftercc gcc"
mkdir -p "$work" || exit 1
export AFTERBURNER_RECORD=no
unset AFTERBURNER_RULES AFTERBURNER_FLAGS
status=0

# fetch NAME: the upstream source to $work/NAME
fetch() {
	"$top/scripts/debian-source" "$1" "$work/$1-source" && ln -sfn "$1-source/source" "$work/$1"
}

# Each of these assembles what it finds, by $cc; what does not build without its
# whole package is passed by.
openssl_assemble() {
	local f out m b=$work/openssl-out
	mkdir -p "$b" && cd "$work/openssl" || return 1
	for f in crypto/*/asm/*86*.pl crypto/*86*.pl crypto/*/asm/*avx*.pl; do
		out=$b/$(basename "$f" .pl).S m=-m32
		case $f in *x86_64*|*-mb-*|*rsaz*|*avx*|*25519*) m=-m64 ;; esac
		(cd "$(dirname "$f")" && CC=gcc perl "$(basename "$f")" elf "$out") \
			>/dev/null 2>&1
		[ -s "$out" ] || continue
		$cc $m -Iinclude -c -o "$b/a.o" "$out"
		$cc $m -fPIC -g -DOPENSSL_PIC -Iinclude -c -o "$b/a.o" "$out"
	done
}

glibc_assemble() {
	local bits f b dirs inc
	for bits in 64 32; do
		b=$work/glibc-$bits
		mkdir -p "$b" && cd "$b" || return 1
		[ -f config.make ] || ../glibc/configure --prefix=/usr --disable-werror \
			$([ $bits = 32 ] && echo --host=i686-linux-gnu CC="gcc -m32" \
			CXX="g++ -m32") || return 1
		# what makes a file part of the C library
		printf '#define MODULE_%s\n' 'LIBC 1' 'libc 2' 'rtld 3' 'libm 4' >libc-modules.h
		dirs=$(sed -n 's/^config-sysdirs *= *//p' config.make)
		cd "$work/glibc" || return 1
		inc="-Iinclude -I$b"
		for f in $dirs; do inc="$inc -I$f"; done
		for f in $(find $dirs -name '*.S' | grep -v /x32/ | sort -u); do
			$cc -m$bits -c -g -D__ASSEMBLER__ -DPIC -DMODULE_NAME=libc \
				-include "$b/libc-modules.h" -include include/libc-symbols.h \
				-I"$(dirname "$f")" $inc -I. "$f" -o "$b/a.o"
		done
	done
}

gmp_assemble() {
	local bits
	# Debian takes the manual out, and configure asks for it
	mkdir -p "$work/gmp/doc" && touch "$work/gmp/doc/Makefile.in"
	for bits in 64 32; do
		mkdir -p "$work/gmp-$bits" && cd "$work/gmp-$bits" || return 1
		[ -f config.status ] || ../gmp/configure --enable-fat --disable-shared \
			ABI=$bits CC=gcc || return 1
		make -k -C mpn CC="$cc" CCAS="$cc -c"
	done
}

# The assembler's own tests: what one can write, and much that it must refuse.
binutils_assemble() {
	local dir f m
	for dir in all cfi elf i386 i386/ilp32 macros; do
		cd "$work/binutils/gas/testsuite/gas/$dir" || return 1
		for f in *.s; do
			case $dir/$f in
			i386/rept.s) continue ;;	# 55 million bytes, one by one
			all/pr23938.s) continue ;;	# objects hold the file's name
			elf/ehopt0.s) continue ;;	# its unwind tables are none
			esac
			for m in -m32 -m64; do $cc $m -c -o "$work/a.o" "$f"; done
		done
	done
}

# A whole BIOS: code of 16 and 32 bits, which must still start.
seabios_assemble() {
	cd "$work/seabios" || return 1
	make PYTHON=python3 CC="$cc" defconfig && make -j"$jobs" PYTHON=python3 CC="$cc"
}

seabios_check() {
	: >"$work/seabios.boot"
	timeout 60 qemu-system-i386 -m 64 -bios "$work/seabios/out/bios.bin" -nodefaults \
		-display none -chardev stdio,id=d -device isa-debugcon,iobase=0x402,chardev=d \
		-no-reboot </dev/null >"$work/seabios.boot" 2>&1 &
	local pid=$! i
	for i in $(seq 50); do
		grep -q 'No bootable device' "$work/seabios.boot" && break
		sleep 1
	done
	kill $pid 2>/dev/null
	if grep -q 'No bootable device' "$work/seabios.boot"; then
		echo "PASS: seabios: afterburned, it starts and looks for something to boot"
	else
		tail -n 5 "$work/seabios.boot" >&2
		echo "FAIL: seabios: afterburned, it does not start"
		status=1
	fi
}

for name; do
	keep=$work/$name-kept
	if ! fetch "$name" >"$work/$name.log" 2>&1; then
		tail -n 5 "$work/$name.log" >&2
		echo "SKIP: $name: its source package could not be fetched"
		continue
	fi
	rm -rf "$keep"; mkdir -p "$keep"
	(AFTERBURNER_KEEP=$keep ${name}_assemble) >>"$work/$name.log" 2>&1
	# data stands in these texts' code: what is sensitive there is not judged
	CHECK_SENSITIVE=no "$top/tests/linux/check-kept" "$name" "$keep" \
		"$top/rules/x86/full.rules" || status=1
	[ "$(type -t "${name}_check")" != function ] || "${name}_check"
done
exit $status
