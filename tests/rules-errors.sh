#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every error of the rule language, word for word: tests/rules-errors/X.rules
# against X.expected.  To take new messages over, from the build folder:
#	tests/rules-errors.sh --rebase
: "${top_builddir:=$PWD}" "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}"
dump=$top_builddir/tests/rulesdump
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
status=0
LC_ALL=C NO_COLOR=1
export LC_ALL NO_COLOR

cd "$top_srcdir/tests/rules-errors" || exit 1
for rules in *.rules; do
	name=${rules%.rules}
	"$dump" "$rules" >"$work/out" 2>"$work/err"
	rc=$?
	[ $rc -eq 1 ] || { echo "FAIL $rules: status $rc, not 1"; status=1; }
	[ ! -s "$work/out" ] || { echo "FAIL $rules: printed in spite of errors"; status=1; }
	if [ "$1" = --rebase ]; then
		cp "$work/err" "$name.expected"
	elif ! diff -u "$name.expected" "$work/err"; then
		echo "FAIL $rules"
		status=1
	fi
done

# What is too big or too odd to be kept: FILE, then the one line that is due.
cd "$work" || exit 1
one_error() {
	"$dump" "$1" >out 2>err
	rc=$?
	if [ $rc -ne 1 ] || [ "$(grep -c 'error:' err)" -ne 1 ] || ! grep -q "$2" err; then
		echo "FAIL $1: status $rc, expected one error: $2"
		head -c 400 err
		status=1
	fi
}
printf 'pad cli\npad \000sti\n' >nul.rules
one_error nul.rules '^rulesdump: nul.rules:2:5: error: a NUL byte'
{ echo 'pad cli'; head -c 10000000 /dev/zero | tr '\0' x; } >long.rules
one_error long.rules '^rulesdump: long.rules:2: error: this line has 10000000 bytes'
{ printf '#'; head -c 65000 /dev/zero | tr '\0' '"'; } >comment-ok.rules
"$dump" -q comment-ok.rules >/dev/null || { echo FAIL comment-ok.rules; status=1; }
i=0
while [ $i -le 20 ]; do
	echo "include \"deep$((i + 1)).rules\"" >deep$i.rules
	i=$((i + 1))
done
one_error deep0.rules 'error: includes are nested deeper than 16'
# Each includes the next ten times: it would take ages, and stops early.
i=0
while [ $i -lt 10 ]; do
	yes "include \"wide$((i + 1)).rules\"" | head -10 >wide$i.rules
	i=$((i + 1))
done
echo 'pad cli' >wide10.rules
timeout 20 "$dump" wide0.rules >out 2>err
[ $? -eq 1 ] && grep -q 'error: more than 1000 includes' err ||
	{ echo FAIL wide.rules; status=1; }
head -c 70000000 /dev/zero | tr '\0' '\n' >huge.rules
one_error huge.rules 'huge.rules: a rule file of more than 64 MiB'
mkdir dir.rules
one_error dir.rules "cannot read rules 'dir.rules': is a directory"
one_error missing.rules "cannot read rules 'missing.rules': No such file"
# Statements without end: lists and sequences are bounded by memory only.
{ printf 'pad cli'; yes ', cli' | head -5000 | tr -d '\n'; } >list.rules
"$dump" -q list.rules >/dev/null || { echo FAIL list.rules; status=1; }
exit $status
