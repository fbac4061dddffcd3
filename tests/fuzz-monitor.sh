#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Fuzz what aftermon reads, for FUZZ_SECONDS (default 10) each with libFuzzer:
# guests (every boot protocol), trap profiles, traces of other hypervisors.
[ "${FUZZ_SECONDS:-10}" != 0 ] || { echo "SKIP: no time was given to it (FUZZ_SECONDS=0)"; exit 77; }
: "${top_builddir:=$PWD}" "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}"
: "${CLANG:=clang}" "${GUEST_CC:=gcc}"
. "$top_srcdir/tests/monitor/lib.sh"
. "$top_srcdir/tests/fuzz/for.sh"

echo 'int LLVMFuzzerTestOneInput(const char *d, long n) { return 0; }' >probe.c
"$CLANG" -fsanitize=fuzzer,address,undefined probe.c -o probe 2>/dev/null || {
	echo "SKIP: no clang with libFuzzer (Debian packages: clang libclang-rt-14-dev)"
	exit 77
}

# Seeds: a kernel of each kind, and a profile made by the broker.
mkdir boot profile import boot.new profile.new import.new
cp "$top_srcdir"/tests/feedback/*.txt import/
cp guest.elf boot/multiboot1
python3 - <<'END' || echo "(no python3: fewer seeds)"
import struct, zlib, gzip
elf = bytearray(open("guest.elf", "rb").read())
text = elf.index(struct.pack("<I", 0x1badb002))
def save(name, data): open("boot/" + name, "wb").write(bytes(data))
def mb2(tags):
    n = 16 + len(tags) + 8
    return struct.pack("<IIII", 0xe85250d6, 0, n, -(0xe85250d6 + n) & 0xffffffff) + tags + struct.pack("<HHI", 0, 0, 8)
e = bytearray(elf); h = mb2(b""); e[text:text + len(h)] = h; save("multiboot2", e)
flat = struct.pack("<IIIIIIII", 0x1badb002, 0x10003, -(0x1badb002 + 0x10003) & 0xffffffff,
                   0x200000, 0x200000, 0, 0, 0x200020) + b"\xf4" * 64
wrap = bytearray(elf[:52]) + b"\0" * 44 + flat
save("kludge", wrap)
def note(owner, kind, desc):
    o = owner + b"\0"; o += b"\0" * (-len(o) % 4)
    return struct.pack("<III", len(owner) + 1, len(desc), kind) + o + desc
for name, n in (("pvh", note(b"Xen", 18, struct.pack("<I", 0x100000))), ("linux", note(b"Linux", 0x100, b"salt"))):
    e = bytearray(elf); e[text:text + 12] = b"\0" * 12
    phoff, phnum = struct.unpack_from("<I", e, 28)[0], struct.unpack_from("<H", e, 44)[0]
    end = len(e); e += n + b"\0" * 32
    ph = bytes(e[phoff:phoff + 32 * phnum])
    e[28:32] = struct.pack("<I", len(e)); e[44:46] = struct.pack("<H", phnum + 1)
    e += ph + struct.pack("<IIIIIIII", 4, end, 0, 0, len(n), len(n), 4, 4)
    save(name, e)
    if name == "linux":
        z = gzip.compress(bytes(e))
        b = bytearray(1024)
        b[0x1f1] = 1; b[0x1fe:0x200] = b"\x55\xaa"; b[0x202:0x206] = b"HdrS"
        b[0x206:0x208] = b"\x0f\x02"; b[0x211] = 1
        b[0x248:0x250] = struct.pack("<II", 0, len(z))
        save("bzimage", b + z)
rec = b"".join(struct.pack("<QQQQHBBBB2x16s16I", 0x100000 + i, 5, 500, 200, 1, 1 + i % 6, i % 4, 1, 0, b"\xfa", *[1] * 16) for i in range(4))
head = struct.pack("<8sIIIIQQQ16sI32sIIIQ", b"ABPROF\r\n", 2, 120, 120, 3, 4, 1000, 1000, b"hosted", 20, b"\1" * 32, 1, 2, 120, 0)
spans = b"".join(struct.pack("<15Q", (i + 1) * 1000, *[i] * 14) for i in range(2))
open("profile/four", "wb").write(head + rec + spans)
xen = lambda event, *words: struct.pack("<%dI" % (len(words) + 1), event | len(words) << 28, *words)
open("import/xen", "wb").write(xen(0x1f003, 0, 64) + xen(0x201006, 0x100012) + xen(0x20110b, 1, 0, 2, 3, 4, 5))
END

flags="-g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -std=gnu11
	-D_GNU_SOURCE -DAB_DATADIR=\"/nonexistent\" -DAB_BUILDDIR=\"/nonexistent\"
	-DAB_SRCDIR=\"/nonexistent\" -I$top_srcdir/include -I$top_srcdir
	-I$top_srcdir/wedge -I$top_builddir"
lib=$top_srcdir/lib
libs="$lib/diag.c $lib/file.c $lib/decode.c $lib/optable.c $lib/nops.c $lib/elfview.c
	$lib/note.c $lib/profile.c $lib/profile_read.c $lib/cmdline.c $lib/out.c"
mon=$top_srcdir/monitor
# the loader's library: loader/local.mk names the command's files
ldr=$(ls "$top_srcdir"/loader/*.c | grep -v -e /main.c -e /list.c -e /check.c)

# fuzz NAME SOURCE...: build and run
fuzz() {
	name=$1; shift
	"$CLANG" $flags -o "fuzz_$name" "$top_srcdir/tests/fuzz/fuzz_$name.c" "$@" $libs \
		-lZydis -lz -llzma || { bad "$name: does not build"; return; }
	fuzz_for "${FUZZ_SECONDS:-10}" "$name.log" "./fuzz_$name" \
		-rss_limit_mb=3000 -max_len=16384 -close_fd_mask=2 \
		-artifact_prefix="${FUZZ_ARTIFACTS:-$work}/" "$name.new" "$name" >"$name.sum" || {
		bad "$name"; tail -n 40 "$name.log"
		for f in "${FUZZ_ARTIFACTS:-$work}"/crash-* "${FUZZ_ARTIFACTS:-$work}"/timeout-*; do
			[ -f "$f" ] && { echo "input $f:"; od -c "$f" | head -n 40; }
		done
		return
	}
	ok "$name: $(cat "$name.sum")"
}

fuzz boot "$mon"/boot.c "$mon"/boot_elf.c "$mon"/boot_multiboot.c \
	"$mon"/boot_multiboot2.c "$mon"/boot_linux.c "$mon"/boot_pvh.c "$mon"/bzimage.c $ldr
fuzz profile "$mon"/report_print.c "$mon"/report_html.c "$mon"/report_flame.c "$mon"/report_diff.c "$mon"/rank.c "$mon"/fate.c "$mon"/srcline.c "$mon"/source.c $ldr
fuzz import "$mon"/import.c "$mon"/import_kvm.c "$mon"/import_xen.c $ldr
exit $failed
