#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Guests, disks and memory that cannot be: refused before anything runs, on any host,
# by one line and status 1.
. "$(dirname "$0")/lib.sh"
aftermon=$top_builddir/monitor/aftermon
command -v python3 >/dev/null || { echo "python3 is not installed"; exit 77; }

# refuse PATTERN ARG...
refuse() {
	pattern=$1; shift
	timeout 60 $as "$aftermon" run --timeout 20 "$@" </dev/null >out 2>err
	rc=$?
	if [ $rc = 1 ] && [ "$(grep -vc warning: err)" = 1 ] && grep -q -- "$pattern" err &&
	   ! grep -qi sanitizer err && [ ! -s out ]; then
		ok "$*: $(grep -v warning: err)"
	else
		bad "$*: status $rc, no '$pattern'"; cat err
	fi
}
as=

# A kernel of three segments, with multiboot headers 1 and 2 and a note.
cat >kernel.S <<'END'
	.section .mb, "a"
#ifdef TWO
	.balign 8
tags:	.long 0xe85250d6, 0, end - tags, -(0xe85250d6 + end - tags)
	.word 1, 0
	.long 12, 3		/* an information request */
	.long 0
	.word 0, 0
	.long 8
end:
#else
	.long 0x1badb002, 3, -(0x1badb002 + 3)
#endif
	.section .note.x, "a", @note
	.long 4, 4, 1
	.asciz "abc"
	.long 0
	.text
	.globl _start
_start:	cli
	hlt
	jmp _start
	.data
	.long 1
END
cat >kernel.ld <<'END'
ENTRY(_start)
PHDRS { text PT_LOAD FLAGS(5); data PT_LOAD FLAGS(6); note PT_NOTE; }
SECTIONS { . = 0x100000; .mb : { *(.mb) } :text .note : { *(.note*) } :text :note
	.text : { *(.text*) } :text . = 0x200000; .data : { *(.data*) } :data }
END
for kind in ONE TWO; do
	$GUEST_CC -m32 -D$kind -nostdlib -static -no-pie -Wl,-T,kernel.ld \
		-Wl,--build-id=none kernel.S -o $kind.elf || exit 99
done

# change OLD NEW FIELD=VALUE...: a copy with fields of its headers changed; FIELD is a
# name of the ELF header, segmentN.NAME, or an offset from some bytes, tags+N, note+N.
cat >change.py <<'END'
import struct, sys
d = bytearray(open(sys.argv[1], "rb").read())
head = { "type": (16, 2), "machine": (18, 2), "entry": (24, 4), "phoff": (28, 4),
         "shoff": (32, 4), "phentsize": (42, 2), "phnum": (44, 2), "shentsize": (46, 2),
         "shnum": (48, 2), "shstrndx": (50, 2) }
seg = { "type": 0, "offset": 4, "vaddr": 8, "paddr": 12, "filesz": 16, "memsz": 20 }
phoff = struct.unpack_from("<I", d, 28)[0]
marks = { "tags": struct.pack("<I", 0xe85250d6), "note": struct.pack("<III", 4, 4, 1) }
for change in sys.argv[3:]:
    name, value = change.split("=")
    size = 4
    if name in head:
        at, size = head[name]
    elif name.startswith("segment"):
        n, field = name[7:].split(".")
        at = phoff + 32 * int(n) + seg[field]
    else:
        mark, at = name.split("+")
        at = d.index(marks[mark]) + int(at)
    d[at:at + size] = (int(value, 0) & (256 ** size - 1)).to_bytes(size, "little")
open(sys.argv[2], "wb").write(d)
END
change() { python3 change.py "$@" || exit 99; }

# changed PATTERN KIND FIELD=VALUE...
changed() {
	pattern=$1 kind=$2; shift 2
	change $kind.elf "$(echo "$*" | tr ' /' '__').elf" "$@"
	refuse "$pattern" "$(echo "$*" | tr ' /' '__').elf"
}

changed 'overlaps segment 0' ONE segment1.paddr=0x100000
changed 'overlaps segment 0' ONE segment1.paddr=0xff000 segment1.memsz=0x2000
changed 'beyond the guest.s RAM' ONE segment1.paddr=0x40000000
changed 'impossible' ONE segment1.paddr=0xfffffff0 segment1.memsz=0x100
changed 'impossible' ONE segment1.memsz=0xfffffff0
changed 'beyond the guest.s RAM' ONE segment1.memsz=0x7fffffff
changed 'file' ONE segment1.filesz=0x7fffffff segment1.memsz=0x7fffffff
changed 'file' ONE segment1.offset=0xfffffff0
changed 'entry point' ONE entry=0
changed 'entry point' ONE entry=0x300000
changed 'entry point' ONE entry=0xffffffff
changed '.' ONE phnum=0xffff
changed '.' ONE phnum=0
changed '.' ONE phoff=0xfffffff0
changed '.' ONE phentsize=1
changed '.' ONE shnum=0xfffe
changed '.' ONE shoff=0xfffffff0
changed '64-bit\|machine' ONE machine=62
changed 'machine' ONE machine=40
changed 'object file' ONE type=1
changed 'cut off\|beyond\|length' TWO tags+8=0x7fffff00 tags+12=$((-(0xe85250d6 + 0x7fffff00)))
changed 'tag' TWO tags+20=0xffffff00
changed 'tag' TWO tags+20=0

# sizes of the machine
refuse 'at least 1M' -m 0 ONE.elf
refuse 'at most 3G' -m 4G ONE.elf
refuse 'beyond the guest.s RAM of 1 MiB' -m 1M ONE.elf
if awk '/^(MemTotal|SwapTotal):/ { kib += $2 } END { exit kib < 3 * 1024 * 1024 ? 0 : 1 }' \
	/proc/meminfo; then
	refuse 'this host has' -m 3G ONE.elf
else
	echo "skip RAM beyond the host's: it has more than 3 GiB"
fi
if "$aftermon" host 2>&1 | grep -q AddressSanitizer; then
	echo "skip a limit on addresses: AddressSanitizer itself needs more"
else
	(ulimit -v 2000000 && refuse 'cannot map guest RAM\|below 4 GiB\|no memory' -m 3G ONE.elf
	 exit $failed) || failed=1
fi
(ulimit -f 1000 && refuse 'ulimit -f' -m 64M ONE.elf; exit $failed) || failed=1

# disks
refuse 'cannot use it as a disk: No such file' --disk missing ONE.elf
refuse 'cannot use it as a disk' --disk . ONE.elf
refuse 'cannot use it as a disk' --disk /dev/zero ONE.elf
: >empty; refuse 'too small' --disk empty ONE.elf
truncate -s 1M disk; chmod 400 disk; chmod 755 .; change ONE.elf outside.elf entry=0
if [ "$(id -u)" != 0 ]; then
	refuse 'entry point' --disk disk outside.elf
	grep -q 'disk is read-only' err || { bad "no warning about a read-only disk"; cat err; }
elif command -v setpriv >/dev/null; then
	chmod 444 disk
	as='setpriv --reuid=65534 --regid=65534 --clear-groups'
	if $as test -x "$aftermon" -a -r outside.elf; then
		refuse 'entry point' --disk disk outside.elf
		grep -q 'disk is read-only' err || { bad "no warning about a read-only disk"; cat err; }
		chmod 000 disk
		refuse 'cannot use it as a disk: Permission denied' --disk disk ONE.elf
	fi
fi
exit $failed
