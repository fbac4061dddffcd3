#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# aftermon import of a trace that the real xentrace made of a PV dom0 (xentrace/
# make): the traced program executed a known number of instructions.
: "${top_builddir:=$PWD}" "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
aftermon=$top_builddir/monitor/aftermon
here=$top_srcdir/tests/xen/xentrace
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
for tool in xz python3; do
	command -v $tool >/dev/null || { echo "SKIP: no $tool"; exit 77; }
done
cd "$work" && xz -dc "$here/ops.xz" >ops && xz -dc "$here/ops.trace.xz" >ops.trace || exit 99

failed=0
# same NAME: got is want
same() {
	if cmp -s want got; then echo "ok   $1"
	else echo "FAIL $1"; diff want got; failed=1; fi
}

# sites: of the program, from a report on standard input
cat >sites.py <<'EOP'
import json, sys
r = json.load(sys.stdin)
print(r["target"], r["machine"], r["count"])
for s in sorted(r["sites"], key=lambda s: s["addr"]):
    if s.get("function") and s["op"] or s.get("function") == "touch_pages":
        print(s["function"], s["offset"], s["kind"], s["op"] or "-", s["ring"],
              s["count"], s["patched"], s.get("line", "-"), s["instruction"])
EOP

"$aftermon" import --from xen ops.trace --guest ops -o ops.prof || exit 1
"$aftermon" report ops.prof --guest ops --format json >ops.json || exit 1
python3 sites.py <ops.json | sed 's/ ops.c:[0-9]*/ line/' >got
# outsb once more: its first emulation ended in a page fault for its operand
cat >want <<'END'
xen x86-64 576
write_by_number 16 trap port_out 3 100 left line out %al, $0x80
write_by_dx 16 trap port_out 3 70 left line out %eax, %dx
read_by_dx 18 trap port_in 3 50 left line in %dx, %al
write_string 24 trap port_outs 3 31 left line outsb
ask_cpuid 25 trap cpuid 3 20 left line cpuid
touch_pages 8 fault - 3 24 event line movb $0x01, (%rax)
END
same "with the guest: sites, functions, exact counts"

# without it: where Xen said, which for an emulated instruction is behind it
"$aftermon" import --from xen ops.trace -o bare.prof || exit 1
"$aftermon" report bare.prof --format json | python3 -c '
import json, sys
r = json.load(sys.stdin)
n = {}
for s in r["sites"]:
    k = s["kind"], s["op"]
    n[k] = n.get(k, 0) + s["count"]
for k in sorted(n):
    print(k[0], k[1] or "-", n[k])
' >got
cat >want <<'END'
fault - 119
trap - 406
trap cpuid 20
trap pte_write 31
END
same "without the guest: every event of the trace, by kind"

# Xen's records have no durations: the count is what a place costs
objcopy -w --remove-section '.note.afterburner*' ops plain &&
"$aftermon" import --from xen ops.trace --guest plain -o plain.prof &&
"$aftermon" tune plain.prof --guest plain --coverage 100 -o plain.rules || exit 1
grep '^pad' plain.rules >got
cat >want <<'END'
pad port_out in function "write_by_number"
pad port_out in function "write_by_dx"
pad port_in in function "read_by_dx"
pad port_outs in function "write_string"
pad cpuid in function "ask_cpuid"
END
same "tune: the dearest first"
exit $failed
