#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Bad input: one clear message with its place, status 1, no output.
set -u
build=${top_builddir:-$PWD}
afterburner=$build/afterburner/afterburner
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0

fail() { echo "FAIL: $*" >&2; failed=1; }
# refuses FILE MESSAGE [STATUS]: and leaves no output
refuses() {
	"$afterburner" -o "$tmp/out.s" "$1" 2>"$tmp/err"
	[ $? = ${3:-1} ] || fail "$1: status"
	[ -e "$tmp/out.s" ] && fail "$1: left output"
	grep -q -- "$2" "$tmp/err" || { fail "$1: wrong message"; cat "$tmp/err" >&2; }
	[ "$(grep -c error: "$tmp/err")" = 1 ] || { fail "$1: not one error"; cat "$tmp/err" >&2; }
	rm -f "$tmp/out.s"
}

cd "${top_srcdir:-.}/tests/errors" || exit 1
refuses string.s "string.s:2:9: error: unterminated string"
refuses comment.s "comment.s:2:1: error: unterminated comment"
refuses macro.s "macro.s:2:1: error: unterminated .macro"
refuses rept.s "rept.s:2:1: error: unterminated .rept"
refuses if.s "if.s:2:1: error: unterminated .if"
refuses nul.s "nul.s:2:.* error: NUL byte"
refuses own.s "own.s:1:1: error: this is afterburner's own output"
refuses marker.s "orig.h:41:.* error: unterminated .if"
refuses nowhere.s "cannot read nowhere.s: No such file"
refuses . "cannot read .: Is a directory"

cd "$tmp" || exit 1
printf '\tcli\n' >a.s
"$afterburner" -o nowhere/out.s a.s 2>err && fail "wrote into a missing folder"
"$afterburner" a.s >/dev/full 2>err && fail "a full disk"
"$afterburner" --list a.s >/dev/full 2>err && fail "a full disk, --list"
"$afterburner" -r nowhere.rules a.s >/dev/null 2>err && fail "missing rules"
# root may read and write everything
user=
[ "$(id -u)" != 0 ] || user="setpriv --reuid 65534 --clear-groups"
chmod 777 .
if [ -z "$user" ] || $user test -x "$afterburner"; then
	mkdir closed && chmod 555 closed
	$user "$afterburner" -o closed/out.s a.s 2>err && fail "wrote into a closed folder"
	[ -n "$(ls closed)" ] && fail "left output in a closed folder"
	chmod 0 a.s
	$user "$afterburner" a.s >out.s 2>err && fail "an unreadable file"
	[ -s out.s ] && fail "an unreadable file: wrote"
	chmod 644 a.s
fi
for usage in "" "a.s b.s" "--isa arm a.s" "--nonsense a.s" "-Wnonsense a.s" "-r"; do
	"$afterburner" $usage >/dev/null 2>err
	[ $? = 2 ] || fail "usage '$usage': status"
done

# a line of 10 MB, 100 levels of nesting: fine
{ printf '\t.ascii "'; head -c 10000000 /dev/zero | tr '\0' x; printf '" ; cli\n'; } >long.s
"$afterburner" --isa i386 -o out.s long.s && as --32 out.s -o out.o || fail "a line of 10 MB"
{
	for i in $(seq 100); do echo ".if 1"; done
	echo "cli"
	for i in $(seq 100); do echo ".endif"; done
	for i in $(seq 100); do echo ".macro m$i"; done
	echo "hlt"
	for i in $(seq 100); do echo ".endm"; done
} >deep.s
"$afterburner" --isa i386 -o out.s deep.s && as --32 out.s -o out.o || fail "100 levels"
# a macro of many arguments that is called often: neither slow nor large
{
	echo ".macro m a, b"
	for i in $(seq 20); do printf '%s\n' '	mov \a, \b'; done
	echo ".endm"
	for i in $(seq 3000); do echo "	m %ebx, %ecx"; done
	echo "	m %cr0, %eax"
} >calls.s
"$afterburner" --isa i386 --stats -o out.s calls.s >err 2>&1 && as --32 out.s -o out.o 2>err2 ||
	{ fail "many calls"; head -n 3 err2 >&2; }
grep -q "^calls.s: 20 sites" err || { fail "many calls: not 20 sites"; cat err >&2; }
head -c 100000 /dev/urandom >random.s
"$afterburner" -o out2.s random.s 2>err
[ $? -le 1 ] || fail "random bytes: status"
exit $failed
