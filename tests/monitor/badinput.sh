#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Bad guests, options and files: one clear line, status 1 or 2, nothing written.
. "$(dirname "$0")/lib.sh"
aftermon=$top_builddir/monitor/aftermon

# refuse STATUS PATTERN ARG...: aftermon ARG... says one line that matches
refuse() {
	want=$1 pattern=$2; shift 2
	timeout 60 "$aftermon" "$@" </dev/null >out 2>err
	rc=$?
	lines=$(grep -c . err)
	[ "$want" = 2 ] && lines=$((lines - 1))	# "Try ... --help"
	if [ $rc = "$want" ] && [ $lines = 1 ] && grep -q -- "$pattern" err &&
	   ! grep -qi sanitizer err && [ ! -s out ]; then
		ok "$*: $(head -n 1 err)"
	else
		bad "$*: status $rc"; cat err
	fi
}

refuse 2 'no command'
refuse 2 "unknown command 'fly'" fly
refuse 2 'no guest' run
refuse 2 'one guest' run guest.elf other.elf
refuse 2 'unknown' run --nonsense guest.elf
refuse 2 'unknown option' run -z guest.elf
refuse 2 'needs a value' run guest.elf -m
refuse 2 "'xen' is none of" run -t xen guest.elf
refuse 2 "'soft' is none of" run --user soft guest.elf
refuse 2 'not a size' run -m lots guest.elf
refuse 2 'not a size' run -m -5M guest.elf
refuse 1 'at least 1M' run -m 0 guest.elf
refuse 1 'at most 3G' run -m 64G guest.elf
refuse 2 'not a time' run --timeout soon guest.elf
refuse 2 'not a time' run --timeout 0 guest.elf
refuse 2 'address of a page' run --window 0x1001 guest.elf
refuse 2 'not a number' run --window top guest.elf

refuse 1 'cannot open' run missing.elf
refuse 1 'not a file' run .
refuse 1 'not a file' run /dev/zero
: >empty; refuse 1 'not a kernel' run empty
echo text >text; refuse 1 'not a kernel' run text
head -c 1000 /dev/urandom | tr -d '\002' >noise; refuse 1 'not a kernel' run noise
refuse 1 'cannot read the initrd' run --initrd missing guest.elf
refuse 1 'empty file name' run --initrd , guest.elf
refuse 1 'cannot use it as a disk' run --disk missing guest.elf
refuse 1 'cannot use it as a disk' run --disk . guest.elf
refuse 1 'too small' run --disk empty guest.elf
refuse 1 'profile' run --profile /nonexistent/p guest.elf
refuse 1 'folder' run --profile . guest.elf
truncate -s 4M big; refuse 1 'no room' run -m 2M --initrd big guest.elf

# Each byte of the headers, changed: an answer, never a crash.
if command -v python3 >/dev/null; then
	python3 - "$aftermon" <<'END' || bad "mutated headers"
import subprocess, sys
good = bytearray(open("guest.elf", "rb").read())
phoff = int.from_bytes(good[28:32], "little")
for at in list(range(16, 52)) + list(range(phoff, phoff + 64)):
    for value in (0, 0xff, good[at] ^ 0x80):
        bad = bytearray(good)
        bad[at] = value
        # nothing here may get as far as running
        bad[phoff + 20:phoff + 24] = b"\xff\xff\xff\x7f"
        open("mutant.elf", "wb").write(bad)
        r = subprocess.run([sys.argv[1], "run", "-t", "none", "--timeout", "5",
                            "mutant.elf"], stdin=subprocess.DEVNULL,
                           capture_output=True, timeout=60)
        lines = [l for l in r.stderr.splitlines() if b"warning" not in l]
        if r.returncode != 1 or len(lines) != 1:
            print("byte", at, "=", value, "status", r.returncode, r.stderr.decode())
            sys.exit(1)
END
	[ $failed = 0 ] && ok "300 mutated headers"
fi

refuse 2 'no profile' report
refuse 1 'cannot read' report missing.prof
refuse 1 'not a trap profile' report text
refuse 2 "'pdf' is none of" report --format pdf text
{ printf 'ABPROF\r\n\003\000\000\000'; head -c 200 /dev/zero; } >future.prof
refuse 1 'version 3' report future.prof
{ printf 'ABPROF\r\n\002\000\000\000'; head -c 200 /dev/zero; } >zero.prof
refuse 1 'corrupt' report zero.prof

"$aftermon" --help | grep -q Usage && "$aftermon" run --help | grep -q Usage &&
	"$aftermon" report --help | grep -q Usage && "$aftermon" --version | grep -q aftermon &&
	ok "help and version" || bad "help and version"
"$aftermon" run --help >/dev/full 2>err; [ $? = 1 ] && ok "help to a full device" || bad "help to a full device"
[ "$(ls core* 2>/dev/null)" = "" ] || bad "core dump"
exit $failed
