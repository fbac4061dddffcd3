#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# aftermon import: exits of KVM in both tools' text, Xen's trace records of both
# widths, with the guest's file and without; and what is no trace.
. "${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/monitor/lib.sh"
aftermon=$top_builddir/monitor/aftermon
here=$top_srcdir/tests/feedback
python3 -c 'import struct' 2>/dev/null || { echo "SKIP: no python3"; exit 77; }

# same NAME PROFILE [OPTION...]: its sites are those on standard input
same() {
	name=$1 file=$2; shift 2
	cat >want
	"$aftermon" report "$file" --format json "$@" >json &&
		python3 -c '
import json
r = json.load(open("json"))
print(r["target"], r["machine"])
for s in sorted(r["sites"], key=lambda s: int(s["addr"], 16)):
    print(s["addr"], s["kind"], s["op"] or "-", s["count"], s["cycles"], s.get("instruction", "-"))
' >got && cmp -s want got && ok "$name" || { bad "$name"; diff want got; }
}

"$aftermon" import --from kvm "$here/kvm-perf.txt" -o kvm.prof
same "perf script" kvm.prof <<'END'
kvm i386
0x100010 trap port_out 2 3000 -
0x100030 mmio - 1 4000 -
0x100040 trap wrmsr 1 1000 -
END
"$aftermon" import --from kvm "$here/kvm-tracecmd.txt" -o cmd.prof
same "trace-cmd report" cmd.prof <<'END'
kvm x86-64
0xffffffff81000010 trap write_cr 1 2000 -
0xffffffff81000020 trap rdmsr 1 4000 -
0xffffffff81000030 shadow - 1 0 -
END

# A kernel with an instruction at each address of the fixture.
cat >k.S <<'END'
	.section .mb, "a"
	.long 0x1badb002, 3, -(0x1badb002 + 3)
	.text
	.globl _start, store
	.org 4
	.type _start, @function
_start:	out %al, $0xf4
	mov %eax, %ebx
	.org 0x24
	.size _start, . - _start
	.type store, @function
store:	movl %eax, 0xfee000b0
	.org 0x34
	wrmsr
	ret
	.size store, . - store
END
$GUEST_CC -m32 -nostdlib -static -no-pie -Wl,-T,guest.ld -Wl,--build-id=sha1 k.S -o k.elf || exit 99
"$aftermon" import --from kvm "$here/kvm-perf.txt" --guest k.elf -o kvmg.prof
same "perf script, with the guest" kvmg.prof --guest k.elf <<'END'
kvm i386
0x100010 trap port_out 2 3000 out %al, $0xf4
0x100030 mmio - 1 4000 mov %eax, 0xfee000b0
0x100040 trap wrmsr 1 1000 wrmsr
END
"$aftermon" tune kvmg.prof --guest k.elf --coverage 100 -o kvm.rules
grep -q '^pad port_out in function "_start"$' kvm.rules &&
	grep -q '^pad wrmsr in function "store"$' kvm.rules &&
	grep -q '^pad "mov", "movl" .*fee000b0.* in function "store" as mmio_write$' kvm.rules &&
	ok "tune of an imported profile" || { bad "tune of an imported profile"; cat kvm.rules; }
# the afterburner takes these rules, and they hit what was meant
"$top_builddir/afterburner/afterburner" -r kvm.rules --isa i386 --list k.S >list 2>&1
[ "$(grep -c 'port_out\|wrmsr\|mmio_write' list)" = 3 ] && ok "its rules hit" ||
	{ bad "its rules hit"; cat list; }

python3 - <<'END'
import struct
def rec(event, *words, tsc=None):
    h = event | len(words) << 28 | (1 << 31 if tsc is not None else 0)
    return struct.pack("<I", h) + (struct.pack("<Q", tsc) if tsc is not None else b"") + struct.pack("<%dI" % len(words), *words)
cpu = rec(0x0001f003, 0, 4096)
open("xen32", "wb").write(cpu +
    rec(0x201006, 0x100012, tsc=1000) +         # behind the out
    rec(0x201006, 0x100012, tsc=2000) +
    rec(0x20100b, 0x63, 0xc0100000, 0x100030, tsc=3000) +
    rec(0x20100c, 0x63, 0, 0xc0100000, 0x100030, tsc=4000) +
    rec(0x20100d, 29, tsc=5000))                # a hypercall: no place
a = 0x81000000
open("xen64", "wb").write(cpu + rec(0x201106, a + 2, 0xffffffff, tsc=1) +
    rec(0x201104, a, 0xffffffff, 8, 0, 2, tsc=2) + rec(0x0001f003, 1, 64) +
    rec(0x20110b, 0x63, 0, 0, 0xffff8800, a + 16, 0xffffffff, tsc=3) +
    rec(0x201103, 64, 0, 13, tsc=4) + rec(0x0021f801, 1, 2))
open("cut", "wb").write(open("xen64", "rb").read()[:-6])
END
"$aftermon" import --from xen xen32 --guest k.elf --khz 1000 -o xen32.prof
same "Xen, 32 bits" xen32.prof --guest k.elf <<'END'
xen i386
0x100010 trap port_out 2 0 out %al, $0xf4
0x100030 trap pte_write 2 0 mov %eax, 0xfee000b0
END
"$aftermon" import --from xen xen64 -o xen64.prof
same "Xen, 64 bits" xen64.prof <<'END'
xen x86-64
0x40 fault - 1 0 -
0xffffffff81000000 fault - 1 0 -
0xffffffff81000002 trap - 1 0 -
0xffffffff81000010 trap pte_write 1 0 -
END

# refused STATUS WORDS OPTION...
refused() {
	status=$1 words=$2; shift 2
	rm -f no.file
	"$aftermon" import "$@" >out 2>err
	s=$?
	[ $s = "$status" ] && grep -q "$words" err && [ ! -e no.file ] && ok "refused: $words" ||
		{ bad "refused: $words: status $s"; cat err; }
}
refused 1 'cut off inside the record' --from xen cut -o no.file
refused 1 'not a trace of xentrace' --from xen k.elf -o no.file
refused 1 'no KVM event' --from kvm xen64 -o no.file
refused 1 'cannot read the trace' --from kvm nothing -o no.file
refused 2 'none of kvm, xen' --from vmware xen64 -o no.file
refused 2 'from is missing' xen64 -o no.file
exit $failed
