#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# scripts/with-ia32, in its machine even where the host needs none: all that passes
# through.  From the build tree; for ./run-tests, since it fetches a kernel.
# Prints a PASS: or FAIL: line for each.
set -u
top_srcdir=$(cd "$(dirname "$0")/.." && pwd)
vm=$top_srcdir/scripts/with-ia32
work=$(mktemp -d -p .) || exit 99
work=$PWD/${work#./}
trap 'rm -rf "$work"' EXIT
failed=0

# check NAME COMMAND...
check() {
	local name=$1; shift
	if "$@"; then echo "PASS: with-ia32: $name"
	else echo "FAIL: with-ia32: $name"; failed=1; fi
}
is() { [ "$1" = "$2" ] || { printf '    | %s\n    | not %s\n' "$1" "$2"; return 1; }; }

cat >"$work/inside" <<'END'
cat
echo "error text" >&2
{
	echo "$PWD|$(id -u):$(id -g)|$TEXT|$1|$2"
	grep -c ^processor /proc/cpuinfo
	uname -r
} >"$work/facts"
(: >/etc/with-ia32-test) 2>/dev/null && echo written >>"$work/facts"
exit 7
END
head -c 300000 /dev/urandom >"$work/bytes"
export work TEXT="it's a \"text\"
of two lines"
"$vm" -f -t 300 sh "$work/inside" 'an argument' '$x *' <"$work/bytes" >"$work/out" 2>"$work/err"
check "exit status" is $? 7
check "standard input and output, all bytes" cmp "$work/bytes" "$work/out"
check "standard error by itself" is "$(cat "$work/err")" "error text"
check "folder, user, environment, arguments, and files written" \
	is "$(head -n 2 "$work/facts")" "$PWD|$(id -u):$(id -g)|$TEXT|an argument|\$x *"
check "two processors" is "$(sed -n 3p "$work/facts")" 2
check "a kernel of its own" [ "$(sed -n 4p "$work/facts")" != "$(uname -r)" ]
check "the host's other files are safe" [ ! -e /etc/with-ia32-test ] &&
	check "and cannot be written" is "$(sed -n 5p "$work/facts")" ""

"$vm" -f -t 300 sh -c 'kill -9 $$' </dev/null 2>"$work/err"
check "death by a signal" is $? 137
SECONDS=0
"$vm" -f -t 60 sleep 200 </dev/null 2>"$work/err"
check "the time limit" is $? 124
check "and nothing left over" [ -z "$(ls -d ia32/run.* 2>/dev/null)" ]

# at a terminal: its size, and Ctrl-C reaches the command alone
cat >"$work/tty" <<'END'
trap 'echo "interrupted"; exit 3' INT
stty size
[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo "a terminal"
echo ready
while :; do sleep 1; done
END
mkfifo "$work/keys"
script -qefc "stty rows 33 cols 77; '$vm' -f -t 300 bash '$work/tty'" /dev/null \
	<"$work/keys" >"$work/typescript" 2>&1 & pid=$!
exec 5>"$work/keys"
for _ in $(seq 300); do
	grep -q '^ready' "$work/typescript" && break
	kill -0 $pid 2>/dev/null || break
	sleep 1
done
printf '\003' >&5
wait $pid
check "Ctrl-C at a terminal" is $? 3
exec 5>&-
tr -d '\r' <"$work/typescript" >"$work/text"
check "the terminal's size" grep -q '^33 77$' "$work/text"
check "a terminal all around" grep -q '^a terminal$' "$work/text"
check "what an interrupted command says" grep -q 'interrupted' "$work/text"
exit $failed
