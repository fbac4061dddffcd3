#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# wedge/core stands alone: freestanding as a target's wedge takes it, and as
# aftermon's library, it leaves no symbol undefined and has no writable data.  It and
# the engine leave the guest's FPU and SSE registers alone.
cd "$top_builddir" || exit 1
status=0
tmp=core-symbols.tmp
trap 'rm -rf $tmp' EXIT
mkdir -p $tmp || exit 1

check()
{
	undefined=$(nm -u "$1") || exit 1
	if [ -n "$undefined" ]; then
		echo "$2: undefined symbols:" $undefined
		status=1
	fi
	# .data.rel.ro holds tables of pointers in position-independent code
	sizes=$(size -A "$1" | awk '$1 ~ /^\.(data|bss)(\.|$)/ && $1 !~ /^\.data\.rel\.ro/ { n += $2 }
		END { print n + 0 }')
	if [ "$sizes" != 0 ]; then
		echo "$2: $sizes bytes of writable data"
		status=1
	fi
}

check core-freestanding.o "freestanding core"
ld -r -o $tmp/host.o --whole-archive wedge/core/libcore.a || exit 1
check $tmp/host.o "host core"
# general registers only: the guest's FPU and SSE state is live in the others
if objdump -d $tmp/host.o | grep -q '%[xyz]mm\|%st\b'; then
	echo "host core: uses SSE or x87 registers"
	status=1
fi
# nor may what runs between pieces of guest code call libc's, which use them
for lib in libengine.a libvcpu.a; do
	[ -f $lib ] || continue
	calls=$(nm -u $lib | sed -n 's/^ *U \(mem[a-z]*\|str[a-z]*\|bcmp\|bzero\)$/\1/p' | sort -u)
	if [ -n "$calls" ]; then
		echo "$lib: calls of libc:" $calls
		status=1
	fi
done
exit $status
