#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Each tests/golden/NAME.s is afterburned: the text, the list and the counts must
# be what NAME.out says, and what as makes of it must be the original, but for
# pads and notes.  "golden.sh --rebase" writes the .out files anew: then read the
# difference.
set -u
srcdir=${top_srcdir:-.}/tests/golden
build=${top_builddir:-.}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0

fail() { echo "FAIL: $*" >&2; failed=1; }

cd "$srcdir" || exit 1
for s in *.s; do
	rm -f "$tmp/b.o"
	n=${s%.s}
	flags=$(sed -n '1s/^# *//p' "$s" | tr -d '\r')
	case $flags in
	*i386*) as=--32 ;;
	*) as=--64 ;;
	esac
	"$build"/afterburner/afterburner $flags -o "$tmp/$n.s" "$s" ||
		{ fail "$s: status $?"; continue; }
	{
		"$build"/afterburner/afterburner $flags --list --stats "$s" |
			sed 's#\[[^]]*/#[#'
		echo "----"
		# where something was inserted
		sed -e '1,/^# 1 "/d' -e 's/;20062:;.*popsection\(;\.endif\)*/;<SITE>/' \
			-e 's/;\.set \.Lab_.*/;<SECTION>/' "$tmp/$n.s"
		echo "----"
		as $as -o "$tmp/b.o" "$tmp/$n.s" 2>"$tmp/b.err" &&
			"$build"/tests/identity/notes "$tmp/b.o"
	} | sed 's/full\.rules:[0-9]*/full.rules:N/g' >"$tmp/$n.out"
	if [ "${1-}" = --rebase ]; then
		cp "$tmp/$n.out" "$n.out"
	fi
	cmp -s "$n.out" "$tmp/$n.out" ||
		{ fail "$s: output differs"; diff -u "$n.out" "$tmp/$n.out" >&2; }
	as $as -o "$tmp/a.o" "$s" 2>"$tmp/a.err" ||
		{ fail "$s does not assemble"; cat "$tmp/a.err" >&2; continue; }
	[ -f "$tmp/b.o" ] ||
		{ fail "$s: output does not assemble"; cat "$tmp/b.err" >&2; continue; }
	sed "s#^$tmp/$n.s:#$s:#" "$tmp/b.err" | cmp -s "$tmp/a.err" - ||
		{ fail "$s: as says something else"; diff "$tmp/a.err" "$tmp/b.err" >&2; }
	if cmp -s "$s" "$tmp/$n.s"; then
		continue
	fi
	case $s in
	code16.s) continue ;;	# objcmp decodes one width
	esac
	"$build"/tests/identity/objcmp "$tmp/a.o" "$tmp/b.o" || fail "$s: objects differ"
	# its own output is no input
	"$build"/afterburner/afterburner -o "$tmp/again.s" "$tmp/$n.s" 2>"$tmp/err" &&
		fail "$s: took its own output"
	[ -e "$tmp/again.s" ] && fail "$s: left output of a failure"
	# nothing asked, nothing changed
	"$build"/afterburner/afterburner -r /dev/null -o "$tmp/same.s" "$s" &&
		cmp "$s" "$tmp/same.s" || fail "$s: changed without rules"
done
exit $failed
