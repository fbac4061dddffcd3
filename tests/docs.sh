#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Documents: what they link to exists, manuals are set without a warning.
: "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}"
cd "$top_srcdir" || exit 1
failed=0 links=0
for page in README.md docs/*.md examples/*/*.md tests/*/*.md; do
	[ -f "$page" ] || continue
	for to in $(grep -o '](\([^)#]*\)' "$page" | sed 's/](//'); do
		case $to in http*|'') continue ;; esac
		links=$((links + 1))
		[ -e "$(dirname "$page")/$to" ] || { echo "$page: no $to"; failed=1; }
	done
	# paths named in passing
	for to in $(grep -oE '`(docs|tests|rules|examples|scripts|monitor|loader|lib|bench|wedge|include)/[A-Za-z0-9_./-]*`' "$page" | tr -d '`'); do
		links=$((links + 1))
		case $to in *.elf) continue ;; esac	# built
		[ -e "$to" ] || [ -e "$(dirname "$page")/$to" ] || { echo "$page: no $to"; failed=1; }
	done
done
[ $links -gt 10 ] || { echo "only $links links were found"; failed=1; }
if command -v groff >/dev/null; then
	for page in docs/man/*.[1-8]; do
		said=$(groff -man -Tutf8 -ww -z "$page" 2>&1)
		[ -z "$said" ] || { echo "$said"; failed=1; }
	done
else
	echo "SKIP: manuals were not set: no groff (Debian package: groff-base)"
fi
exit $failed
