# SPDX-License-Identifier: GPL-3.0-or-later
# What the monitor's tests share: a temporary folder, a small guest, counting.
: "${top_builddir:=$PWD}" "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${GUEST_CC:=gcc}"
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
failed=0

ok() { echo "ok   $*"; }
bad() { echo "FAIL $*"; failed=1; }
# await COMMAND: until it is true, a minute at most
await() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] || return 1
		sleep 0.1
	done
}

# The smallest multiboot kernel, at 1 MiB; its code is never run here.
cat >guest.S <<'END'
	.section .mb, "a"
	.long 0x1badb002, 3, -(0x1badb002 + 3)
	.text
	.globl _start
_start:	cli
	hlt
	jmp _start
END
cat >guest.ld <<'END'
ENTRY(_start)
SECTIONS { . = 0x100000; .mb : { *(.mb) } .text : { *(.text*) } .note : { *(.note*) } }
END
$GUEST_CC -m32 -nostdlib -static -no-pie -Wl,-T,guest.ld -Wl,--build-id=sha1 \
	-Wl,-z,max-page-size=4096 guest.S -o guest.elf || exit 99
