#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The feedback loop on the small kernel: profile, tune, rebuild, look again; tune
# without symbols, with the wrong guest, with earlier rules; report of a large
# profile.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/feedback/lib.sh"

# kernel NAME RULES
kernel() {
	AFTERBURNER_RULES=$2 make -s -f "$top_srcdir/examples/minikernel/Makefile" O="$work/$1" \
		CC="$top_builddir/afterburner/aftercc $GUEST_CC" UCC="$GUEST_CC" \
		"$work/$1/minikernel32.elf" >"$1.log" 2>&1 && cp "$1/minikernel32.elf" "$1.elf"
}

# run NAME: with a profile and the workload
run() {
	"$aftermon" run --timeout 120 --append work=20 --profile "$1.prof" "$1.elf" >"$1.out" 2>"$1.err"
	[ $? = 1 ] && grep -q 'all .* checks passed' "$1.out"
}

# refused STATUS WORDS COMMAND...: it says so on one line, and leaves no file
refused() {
	status=$1 words=$2; shift 2
	rm -f no.file
	"$aftermon" "$@" >refused.out 2>refused.err
	s=$?
	if [ $s = "$status" ] && grep -q "$words" refused.err && [ ! -e no.file ]; then
		ok "refused: $words"
	else
		bad "refused: $words: status $s"; cat refused.err
	fi
}

value() { awk -v n="$1" '$1 == n { print $2 }' "$2"; }

kernel min "$top_srcdir/rules/x86/minimal.rules" || { cat min.log; exit 99; }
run min || { cat min.err; bad "the kernel with minimal rules runs"; exit 1; }

# by count, as the rules are to follow from the guest and not from the machine's load
if "$aftermon" tune min.prof --guest min.elf --by count -o hot.rules --stats 2>min.stats; then
	ok "tune"
else
	bad "tune"; cat min.stats; exit 1
fi
# 20 rounds of 100 cli and sti in work_locks()
grep -q '^# 4000 traps,' hot.rules && grep -q '^pad cli in function "work_locks"$' hot.rules &&
	grep -q '^include "x86/minimal.rules"$' hot.rules && ok "tune: exact counts, by function" ||
	{ bad "tune: exact counts, by function"; cat hot.rules; }
awk '$1 == "covered" { exit !($2 >= 99) }' min.stats && ok "tune: covers 99 %" ||
	bad "tune: covers 99 %"
"$aftermon" tune min.prof --guest min.elf --by count --coverage 30 -o few.rules &&
	[ "$(grep -c '^pad' few.rules)" -lt "$(grep -c '^pad' hot.rules)" ] &&
	"$aftermon" tune min.prof --guest min.elf --coverage 0 -o none.rules &&
	! grep -q '^pad' none.rules &&
	ok "tune: less coverage, fewer rules" || bad "tune: less coverage, fewer rules"

if kernel hot "$work/hot.rules" && run hot; then
	ok "the tuned kernel runs"
	"$aftermon" tune hot.prof --guest hot.elf --by count -r hot.rules -o hot2.rules --stats 2>hot.stats
	before=$(value traps min.stats) after=$(value traps hot.stats)
	[ "${after:-$before}" -lt $((before / 10)) ] &&
		ok "traps that rules can remove: $before before, $after after" ||
		bad "traps that rules can remove: $before before, $after after"
	# no rule is lost, and what was promised is what was padded
	grep '^pad' hot.rules | sort >a; grep '^pad' hot2.rules | sort >b
	[ -z "$(comm -23 a b)" ] && ok "tune -r keeps every rule" || bad "tune -r keeps every rule"
	pads() { "$top_builddir/afterload" list "$1" | awk '{ split($2, n, "/"); p += n[2] - n[1] } END { print p }'; }
	said=$(value pads min.stats) got=$(($(pads hot.elf) - $(pads min.elf)))
	# sti and hlt may become one site, which announces the no-ops of two
	[ "$got" -le "$said" ] && [ "$got" -ge $((said - 10)) ] &&
		ok "no-ops: $got bytes, $said announced" ||
		bad "no-ops: $got bytes, $said announced"
	"$aftermon" tune hot.prof --guest hot.elf -o x.rules 2>warned && grep -q 'give the rules' warned &&
		ok "tune without -r warns of rules that would be lost" ||
		bad "tune without -r warns of rules that would be lost"
else
	bad "the tuned kernel runs"; cat hot.log hot.err
fi

# By source line, where there are no symbols; then the rules still hit.
strip --strip-all --keep-section='.debug_*' -o nosyms.elf min.elf
if "$aftermon" tune min.prof --guest nosyms.elf -o lines.rules 2>lines.err &&
	grep -q '^pad cli in file ".*x86.h" line ' lines.rules; then
	kernel lines "$work/lines.rules" && "$top_builddir/afterload" list lines.elf |
		grep -q ' cli .*work_locks' && ok "tune by source line" || bad "tune by source line"
elif grep -q DW_LIBS.*-ldw "$top_builddir/Makefile" 2>/dev/null; then
	bad "tune by source line"; cat lines.err
else
	echo "(built without libdw: no source lines)"
fi
strip --strip-all -o bare.elf min.elf
refused 1 'no place that traps has a function name or a source line' \
	tune min.prof --guest bare.elf -o no.file
refused 1 'not the guest that this profile is of (its build-id differs)' \
	tune min.prof --guest hot.elf -o no.file
refused 1 'not written by aftermon tune' tune min.prof --guest min.elf \
	-r "$top_srcdir/rules/x86/full.rules" -o no.file
refused 1 'cannot read the rules' tune min.prof --guest min.elf -r nothing -o no.file
refused 1 'not a trap profile' tune min.elf --guest min.elf -o no.file
refused 2 'no percentage' tune min.prof --guest min.elf --coverage 101 -o no.file
refused 2 'neither cycles nor count' tune min.prof --guest min.elf --by time -o no.file
"$aftermon" tune min.prof --guest min.elf -o cycles.rules && grep -q '^pad cli in function "work_locks"$' cycles.rules &&
	ok "tune: by cycles" || bad "tune: by cycles"
refused 2 '\-\-guest is missing' tune min.prof -o no.file
refused 1 'cannot write' tune min.prof --guest min.elf -o nowhere/no.file

# report says why
"$aftermon" report min.prof --guest min.elf --limit 0 >report.txt
"$aftermon" report hot.prof --guest hot.elf --limit 0 >report2.txt
grep -q ' call .*iret .*  patched' report2.txt && grep -q 'a rule can remove it' report.txt &&
	ok "report: patched or not, and why" || { bad "report: patched or not, and why"; head report.txt; }

# functions as they stand in the file, with counts at the lines
"$aftermon" report min.prof --guest min.elf --format annotate --function work_locks >annotate.txt
grep -q '^# work_locks: ' annotate.txt && grep -q ' 2000 .* trap .* cli  *; a rule can remove it$' annotate.txt &&
	[ "$(grep -c ' trap ' annotate.txt)" = 5 ] && ok "report: annotate" ||
	{ bad "report: annotate"; cat annotate.txt; }
if grep -q 'DW_LIBS.*-ldw' "$top_builddir/Makefile" 2>/dev/null; then
	grep -q 'work.c:[0-9]*[[:space:]]*shared\[0\]++;' annotate.txt && ok "annotate: source lines" ||
		{ bad "annotate: source lines"; cat annotate.txt; }
fi
refused 1 "nothing in a function 'nosuch'" report min.prof --guest min.elf --format annotate \
	--function nosuch -o no.file
refused 2 '\-\-guest is missing' report min.prof --format annotate -o no.file
"$aftermon" report min.prof --timeline | grep -q '^# timeline: [1-9]' && ok "report: timeline" ||
	bad "report: timeline"
# the sums of the timeline and of the places are the same
"$aftermon" report min.prof --format json >r.json
python3 -c '
import json
r = json.load(open("r.json"))
for kind in "trap", "call", "mmio", "shadow", "fault", "syscall":
    spans = [sum(s[kind][i] for s in r["timeline"]) for i in (0, 1)]
    sites = [sum(s[k] for s in r["sites"] if s["kind"] == kind) for k in ("count", "cycles")]
    assert spans == sites, (kind, spans, sites)
assert r["lost"] == 0
' && ok "timeline and places agree" || bad "timeline and places agree"

"$aftermon" report --diff min.prof hot.prof --guest min.elf --guest hot.elf --limit 0 >diff.txt &&
	grep -q '^ *4000  *0 .*-.* trap .*cli .*work_locks$' diff.txt && ok "report --diff" ||
	{ bad "report --diff"; head diff.txt; }

# One page, well formed, nothing from elsewhere, a row for each place.
"$aftermon" report min.prof --guest min.elf --format html -o r.html
if python3 -c 'import html.parser' 2>/dev/null; then
	python3 - <<'END' && ok "report: html" || bad "report: html"
import html.parser, subprocess, sys
class Page(html.parser.HTMLParser):
    open, rows, boxes, table = [], 0, 0, ""
    def handle_starttag(self, tag, attrs):
        if tag == "table":
            self.table = dict(attrs).get("id", "")
        self.rows += tag == "tr" and self.table == "places"
        self.boxes += tag == "i"
        if tag not in ("meta", "rect"):
            self.open.append(tag)
        assert not any(k in ("src", "href") for k, v in attrs)
    def handle_endtag(self, tag):
        if tag != "rect":
            assert self.open.pop() == tag, (tag, self.getpos())
page = Page()
text = open("r.html").read()
page.feed(text)
places = int(text.split(" events at ")[1].split()[0])
sys.exit(bool(page.open) or page.rows != places + 1 or page.boxes < 20 or
         "work_locks" not in text or "<svg" not in text or "class=\"hit\"" not in text)
END
fi

# A million records in under 200 MB; bench/report measures the time.
if python3 -c 'import resource' 2>/dev/null; then
	"$top_srcdir/bench/report.d/make-profile" 1000000 million.prof million.S
	$GUEST_CC -m32 -nostdlib -static -no-pie -Wl,-Ttext=0x100000 -o million million.S || exit 99
	# another process: the size of a child counts from before its exec
	python3 - "$aftermon" <<'END' && ok "report of a million places" || bad "report of a million places"
import resource, subprocess, sys
guest = ["--guest", "million"]
for what in (["report", "million.prof", "--format", "text"], ["report", "million.prof", "--format", "json"],
             ["report", "million.prof", "--format", "folded"],
             ["report", "million.prof", "--format", "html"] + guest,
             ["report", "million.prof", "--format", "annotate"] + guest,
             ["report", "--diff", "million.prof", "million.prof"],
             ["report", "million.prof", "million.prof", "million.prof"],
             ["tune", "million.prof"] + guest):
    subprocess.run([sys.argv[1], *what, "-o", "/dev/null"], check=True)
    size = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print("%s: %d MB" % (" ".join(what), size))
    if size > 200:
        sys.exit(1)
END
else
	echo "(no python3: the large profile is not tested)"
fi
exit $failed
