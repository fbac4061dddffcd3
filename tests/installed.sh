#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make installcheck: what was installed works by itself, also staged (DESTDIR):
# every program answers --help and --version and has a manual; rules, wedge and
# the assembler that stands in for the compiler's are found.
: "${GUEST_CC:=gcc}"
bin=$DESTDIR$bindir
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0
fail() { echo "installcheck: $*" >&2; failed=1; }
unset AFTERBURNER_DATADIR AFTERBURNER_RULES AFTERBURNER_FLAGS
cd "$tmp" || exit 1

programs='afterburner aftercc afterload'
[ -x "$bin/aftermon" ] && programs="$programs aftermon"
for p in $programs; do
	"$bin/$p" --help >help 2>err </dev/null && grep -q '^Usage' help && [ ! -s err ] ||
		fail "$p --help"
	"$bin/$p" --version >version 2>err </dev/null && grep -q "$version" version ||
		fail "$p --version"
	"$bin/$p" --help >/dev/full 2>err && fail "$p --help to a full device: no error"
	[ -f "$DESTDIR$mandir/man1/$p.1" ] || fail "no manual of $p"
done

cat >guest.S <<'EOF'
	.section .mb, "a"
	.long 0x1badb002, 3, -(0x1badb002 + 3)
	.text
	.globl _start
_start:	cli
	mov $0x1000, %esp
	pushf
	popf
	mov $21, %al
	out %al, $0xf4
1:	jmp 1b
EOF
cat >guest.ld <<'EOF'
ENTRY(_start)
SECTIONS { . = 0x100000; .mb : { *(.mb) } .text : { *(.text*) } .note : { *(.note*) } }
EOF
"$bin/aftercc" $GUEST_CC -m32 -nostdlib -static -no-pie -Wl,-T,guest.ld \
	-Wl,--build-id=none -Wl,-z,max-page-size=4096 guest.S -o guest.elf ||
	fail "aftercc $GUEST_CC"
"$bin/afterload" list guest.elf >list || fail "afterload list"
for op in cli pushf popf out; do
	grep -q "$op" list || { fail "afterload list: no $op"; cat list >&2; }
done
"$bin/afterload" targets | grep -q '^hosted' || fail "afterload targets: no hosted"
"$bin/afterload" -t hosted guest.elf -o patched.elf || fail "afterload -t hosted"
for rules in x86/minimal.rules x86/full.rules linux.rules; do
	"$bin/afterburner" -r "$rules" -o out.s guest.S || fail "afterburner -r $rules"
done

# 21 at port 0xf4: (21 << 1) | 1
[ -x "$bin/aftermon" ] && for guest in guest.elf patched.elf; do
	"$bin/aftermon" run --timeout 60 $guest >out 2>err </dev/null
	status=$?
	if [ $status != 43 ] && grep -q AddressSanitizer err; then
		echo "skipped: aftermon with AddressSanitizer runs no guests"
	elif [ $status != 43 ]; then
		fail "aftermon run $guest: status $status"; cat err >&2
	fi
done
[ $failed = 0 ] && echo "installed programs work"
exit $failed
