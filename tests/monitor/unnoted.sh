#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Guests without notes: what is silent in them is right all the same, since they are
# translated; and a bzImage without a packed kernel is one of them.
. "$(dirname "$0")/lib.sh"
. "$top_srcdir/tests/aftermon.sh"
need_guests

for name in cpuid-consistency popf-if push-cs str-sldt-sgdt; do
	objcopy -R '.note.afterburner*' "$top_builddir/tests/guests/$name.elf" plain.elf || exit 99
	timeout 120 $aftermon run plain.elf </dev/null >out 2>err; rc=$?
	if [ $rc = 1 ] && grep -q '^SUCCESS' out; then ok "$name without notes"
	else bad "$name without notes: status $rc"; cat out err; fi
done

# the 32-bit code starts at its first byte, at 1 MiB, with the zero page in %esi
cat >code.S <<'END'
	.code32
start:	call	1f
1:	popl	%ecx
	subl	$(1b - start), %ecx
	cmpl	%ecx, 0x214(%esi)		/* code32_start */
	jne	2f
	cmpl	$0x53726448, 0x202(%esi)	/* "HdrS" */
	jne	2f
	movw	%cs, %ax			/* 0x10 */
	outb	%al, $0xf4
2:	hlt
END
$GUEST_CC -m32 -c code.S -o code.o && objcopy -O binary -j .text code.o code.bin || exit 99
head -c 1024 /dev/zero >image
patch() { printf "$2" | dd of=image bs=1 seek=$(($1)) conv=notrunc 2>/dev/null; }
patch 0x1f1 '\001'
patch 0x1fe '\125\252'
patch 0x200 '\353\100HdrS\012\002'		# its end; version 2.10
patch 0x211 '\001'
patch 0x216 '\020'				# code32_start 0x100000
patch 0x261 '\020'				# init_size 4096
cat code.bin >>image
timeout 60 $aftermon run image </dev/null >out 2>err; rc=$?
[ $rc = 33 ] && ok "a bzImage that is not packed" || { bad "a bzImage that is not packed: status $rc"; cat out err; }
exit $failed
