#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Random guests for FUZZ_SECONDS (default 20): noise, random sensitive
# instructions (with fault handlers that skip a byte and go on), random page tables
# and descriptors.  Whatever a guest does, aftermon must neither crash nor hang nor call it
# an error of its own.  FUZZ_SEED repeats a run; a guest that fails is kept in
# FUZZ_ARTIFACTS.
: "${top_builddir:=$PWD}" "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
command -v python3 >/dev/null || { echo "SKIP: no python3"; exit 77; }
. "$top_srcdir/tests/monitor/lib.sh"
"$top_builddir/monitor/aftermon" run -t none --timeout 1 guest.elf </dev/null >out 2>err
grep -q AddressSanitizer err && { echo "SKIP: AddressSanitizer's shadow lies where guests live"; exit 77; }
python3 - "$top_builddir" <<'END'
import os, random, struct, subprocess, sys, time
top = sys.argv[1]
aftermon = os.path.join(top, "monitor/aftermon")
seconds = float(os.environ.get("FUZZ_SECONDS", 20))
seed = int(os.environ.get("FUZZ_SEED", time.time_ns() % 1000000))
keep = os.environ.get("FUZZ_ARTIFACTS", ".")
BASE, SIZE = 0x200000, 0x10000
rnd = random.Random()

def flat(body):
    header = struct.pack("<IIIIIIII", 0x1badb002, 0x10003, -(0x1badb002 + 0x10003) & 0xffffffff,
                         BASE, BASE, 0, BASE + 0x100000, BASE + 0x20)
    return header + body

def r32(): return rnd.getrandbits(32)
def address():
    return rnd.choice([BASE + rnd.randrange(SIZE), rnd.randrange(0x1000), r32(), 0xfffff000 + rnd.randrange(4096),
                       BASE + 0x10000 + rnd.randrange(0xf0000), 0xb8000 + rnd.randrange(4096),
                       0xfee00000 + 4 * rnd.randrange(1024), 0x3fffffe, 0xa0000 - 2])
def word(v): return struct.pack("<I", v & 0xffffffff)
def selector(): return struct.pack("<H", rnd.choice([0, 8, 16, 24, 32, 0x1b, 0x23, 0x2b, 0x33, 0x3b, 0x43, 0x63, 0x7b, rnd.getrandbits(16)]))
def port(): return struct.pack("<H", rnd.choice([0x20, 0x21, 0xa0, 0xa1, 0x40, 0x43, 0x61, 0x70, 0x71, 0x3f8, 0x3fd,
                                                 0xcf8, 0xcfc, 0x1f0, 0x1f7, 0x64, rnd.getrandbits(16)]))
def regs():     # mov $x, %reg
    return bytes([0xb8 + rnd.randrange(8)]) + word(rnd.choice([address(), r32(), rnd.randrange(256)]))
SENSITIVE = [
    lambda: b"\xfa", lambda: b"\xfb", lambda: b"\xf4", lambda: b"\x9c", lambda: b"\x9d", lambda: b"\xcf",
    lambda: b"\x9d\xfb", lambda: b"\xfb\xf4",
    lambda: b"\x0f\x20" + bytes([0xc0 | rnd.getrandbits(6)]), lambda: b"\x0f\x22" + bytes([0xc0 | rnd.getrandbits(6)]),
    lambda: b"\x0f\x21" + bytes([0xc0 | rnd.getrandbits(6)]), lambda: b"\x0f\x23" + bytes([0xc0 | rnd.getrandbits(6)]),
    lambda: b"\x0f\x01" + bytes([0x05 | rnd.randrange(8) << 3]) + word(address()),
    lambda: b"\x0f\x00" + bytes([0xc0 | rnd.getrandbits(6)]), lambda: b"\x0f\x02\xc8", lambda: b"\x0f\x03\xc8",
    lambda: b"\x0f\x06", lambda: b"\x0f\x08", lambda: b"\x0f\x09", lambda: b"\x0f\x30", lambda: b"\x0f\x32",
    lambda: b"\x0f\x31", lambda: b"\x0f\xa2", lambda: b"\x0f\x0b", lambda: b"\xcc", lambda: b"\xce", lambda: b"\xf1",
    lambda: b"\xcd" + bytes([rnd.getrandbits(8)]), lambda: b"\xcd\x80", lambda: b"\x0f\x05", lambda: b"\x0f\x34",
    lambda: b"\x8e" + bytes([0xc0 | rnd.getrandbits(6)]), lambda: b"\x8c" + bytes([0xc0 | rnd.getrandbits(6)]),
    lambda: bytes([rnd.choice([0x06, 0x07, 0x0e, 0x16, 0x17, 0x1e, 0x1f])]), lambda: b"\x0f" + bytes([rnd.choice([0xa0, 0xa1, 0xa8, 0xa9])]),
    lambda: b"\xea" + word(address()) + selector(), lambda: b"\x9a" + word(address()) + selector(),
    lambda: b"\xea" + word(BASE + 0x20) + b"\x33\0", lambda: b"\xcb", lambda: b"\xca\x04\0",
    lambda: b"\x66\xba" + port() + bytes([rnd.choice([0xec, 0xed, 0xee, 0xef, 0x6c, 0x6d, 0x6e, 0x6f])]),
    lambda: b"\xf3" + bytes([rnd.choice([0x6c, 0x6d, 0x6e, 0x6f, 0xa4, 0xa5, 0xaa, 0xab, 0xae, 0xa6])]),
    lambda: bytes([0xe4 + rnd.randrange(4), rnd.getrandbits(8)]),
    lambda: b"\xa1" + word(address()), lambda: b"\xa3" + word(address()), lambda: b"\xff\x05" + word(address()),
    lambda: b"\x0f\xc7\x0d" + word(address()), lambda: b"\xf0\x83\x05" + word(address()) + b"\x01",
    lambda: b"\xff\x25" + word(address()), lambda: b"\xff\x15" + word(address()), lambda: b"\xc3",
    lambda: b"\xdb\xe3", lambda: b"\x0f\xae\x05" + word(address()), lambda: b"\x0f\x28\x05" + word(address()),
    lambda: b"\xe8" + word(rnd.randrange(-200, 200)), lambda: b"\xeb" + bytes([rnd.getrandbits(8)]),
    lambda: bytes([0x70 + rnd.randrange(16), rnd.getrandbits(8)]), lambda: b"\x64\xa1" + word(rnd.randrange(64)),
]
def code(n, hazard):
    out = b"\xbc" + word(BASE + 0x80000)
    while len(out) < n:
        x = rnd.random()
        if x < hazard: out += rnd.choice(SENSITIVE)()
        elif x < hazard + 0.35: out += regs()
        else: out += bytes(rnd.getrandbits(8) for _ in range(rnd.randrange(1, 6)))
    return out[:n]
def noise(): return flat(rnd.randbytes(SIZE))
def sensitive(): return flat(code(SIZE // 8, 0.55))
def survivor():
    """A good GDT, IDT, TSS; every fault skips one byte; maybe paging, maybe ring 3."""
    at = {"gdt": 0x8000, "gdtr": 0x8400, "idtr": 0x8408, "tss": 0x8800, "idt": 0x9000, "plain": 0xa000,
          "error": 0xa010, "pd": 0xb000, "pt": 0xc000, "run": 0x200}
    lin = {k: BASE + v for k, v in at.items()}
    body = bytearray(SIZE)
    def put(where, data):
        o = where - 0x20
        body[o:o + len(data)] = data
    user = rnd.random() < 0.3
    start = b"\x0f\x01\x15" + word(lin["gdtr"]) + b"\x0f\x01\x1d" + word(lin["idtr"])
    start += b"\xb8\x28\0\0\0\x0f\x00\xd8" + b"\xea" + word(BASE + 0x100) + b"\x08\0"
    put(0x20, start)
    start = b"\xb8\x10\0\0\0\x8e\xd8\x8e\xc0\x8e\xd0\x8e\xe0\x8e\xe8" + b"\xbc" + word(BASE + 0x80000)
    if rnd.random() < 0.5:
        start += b"\xb8" + word(lin["pd"]) + b"\x0f\x22\xd8\xb8" + word(0x80000001 | rnd.getrandbits(1) << 16) + b"\x0f\x22\xc0"
    if user:
        start += b"\x6a\x23\x68" + word(BASE + 0x90000) + b"\x68" + word(rnd.choice([2, 0x202, 0x3202, 0x40202])) + b"\x6a\x1b\x68" + word(lin["run"]) + b"\xcf"
    else:
        start += b"\xe9" + word(lin["run"] - (BASE + 0x100 + len(start) + 5))
    put(0x100, start)
    put(at["run"], code(0x7c00, rnd.choice([0.2, 0.5, 0.8]))[5:])
    put(at["gdt"], struct.pack("<8Q", 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00cffb000000ffff, 0x00cff3000000ffff,
                               0x0000890000000067 | (lin["tss"] & 0xffffff) << 16, rnd.getrandbits(64), rnd.getrandbits(64)))
    put(at["gdtr"], struct.pack("<HI", 63, lin["gdt"]))
    put(at["idtr"], struct.pack("<HI", 2047, lin["idt"]))
    put(at["tss"], struct.pack("<III", 0, BASE + 0x84000, 0x10))
    for v in range(256):
        h = lin["error"] if v in (8, 10, 11, 12, 13, 14, 17) else lin["plain"]
        put(at["idt"] + 8 * v, struct.pack("<HHBBH", h & 0xffff, 8, 0, rnd.choice([0x8e, 0xee, 0xef]), h >> 16))
    put(at["plain"], b"\xff\x04\x24\xcf")               # incl (%esp); iret
    put(at["error"], b"\x83\xc4\x04\xff\x04\x24\xcf")   # add $4, %esp first
    for i in range(1024):
        put(at["pd"] + 4 * i, word(lin["pt"] | 7 if i == 0 else r32() if rnd.random() < 0.05 else 0))
        page = i << 12
        flags = 7
        if rnd.random() < 0.05: page, flags = rnd.choice([page, BASE, r32() & ~0xfff]), rnd.getrandbits(9)
        put(at["pt"] + 4 * i, word(page | flags))
    return flat(bytes(body[:SIZE]))
def descriptors():
    """Random GDT and IDT at BASE + 0x8000, loaded first."""
    gdt, idt = BASE + 0x8000, BASE + 0x9000
    at = BASE + 0xa000
    start = b"\x0f\x01\x15" + word(at) + b"\x0f\x01\x1d" + word(at + 8)
    body = bytearray((start + code(0x6000, 0.5)).ljust(SIZE, b"\x90"))
    off = lambda a: a - BASE - 0x20
    for i in range(64):
        d = bytearray(rnd.randbytes(8))
        if rnd.random() < 0.7:      # plausible: flat, present, some type
            d[:] = struct.pack("<Q", 0x00cf9b000000ffff | rnd.getrandbits(8) << 40) if rnd.random() < 0.7 else bytes(d)
            d[5] |= 0x80
        body[off(gdt) + 8 * i:off(gdt) + 8 * i + 8] = d
    for i in range(256):
        d = bytearray(rnd.randbytes(8))
        if rnd.random() < 0.8:
            h = BASE + 0x20 + rnd.randrange(0x6000)
            d[:] = struct.pack("<HHBBH", h & 0xffff, rnd.choice([8, 16, 24, 32]), 0, rnd.choice([0x8e, 0x8f, 0xee, 0xef, 0x85]), h >> 16)
        body[off(idt) + 8 * i:off(idt) + 8 * i + 8] = d
    body[off(at):off(at) + 6] = struct.pack("<HI", rnd.choice([511, 0xffff, 7, rnd.getrandbits(16)]), gdt)
    body[off(at) + 8:off(at) + 14] = struct.pack("<HI", rnd.choice([2047, 100, rnd.getrandbits(16)]), idt)
    return flat(bytes(body))
def paging():
    """Random page tables; the code itself stays mapped most of the time."""
    pd = BASE + 0xb000
    cr4 = rnd.choice([0, 0x10, 0x20, 0x30, 0xb0])
    start = (b"\xb8" + word(cr4) + b"\x0f\x22\xe0" + b"\xb8" + word(pd | rnd.choice([0, 8, 0x18])) + b"\x0f\x22\xd8" +
             b"\xb8" + word(0x80000001 | rnd.getrandbits(1) << 16) + b"\x0f\x22\xc0")
    body = bytearray((start + code(0x8000, 0.45)).ljust(SIZE, b"\x90"))
    off = pd - BASE - 0x20
    n = 512 if cr4 & 0x20 else 1024
    for i in range(n):
        e = rnd.choice([0, r32(), BASE + 0xb000 + 7, BASE + 0xc000 + rnd.getrandbits(7), rnd.getrandbits(24) << 12 & 0x7ffff000 | rnd.getrandbits(9)])
        if i == 0 and rnd.random() < 0.9: e = (BASE + 0xd000) | 7 if cr4 & 0x10 == 0 else 0x83
        if cr4 & 0x20:
            q = e | (rnd.getrandbits(64) << 32 if rnd.random() < 0.1 else 0)
            if i == 0: q = pd + 0x2000 | 1
            if off + 8 * i + 8 <= SIZE: struct.pack_into("<Q", body, off + 8 * i, q & (1 << 64) - 1)
        elif off + 4 * i + 4 <= SIZE: struct.pack_into("<I", body, off + 4 * i, e & 0xffffffff)
    for i in range(1024):
        e = i << 12 | 7 if rnd.random() < 0.95 else r32()
        if off + 0x2000 + 4 * i + 4 <= SIZE: struct.pack_into("<I", body, off + 0x2000 + 4 * i, e)
    return flat(bytes(body))
KINDS = [noise, sensitive, survivor, survivor, descriptors, paging]
ours = (b"internal error", b"process died", b"without a word", b"unexpected host signal", b"anitizer", b"assert")
end, count, failed, ends = time.time() + seconds, 0, 0, {}
while time.time() < end and failed < 5:
    rnd.seed(seed * 1000003 + count)
    make = rnd.choice(KINDS)
    open("fuzz.img", "wb").write(make())
    target = rnd.choice(["none", "hosted"])
    user = rnd.choice(["auto", "limits", "separate"])
    engine = rnd.choice(["auto", "translate"])
    try:
        r = subprocess.run([aftermon, "run", "-t", target, "--user", user, "--engine", engine, "-m", "4M",
                            "--timeout", "0.7", "fuzz.img"],
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
        why = next((o for o in ours if o in r.stderr), b"").decode()
        if r.returncode < 0 or r.returncode > 255: why = "status %d" % r.returncode
        said = (r.stderr.splitlines() or [b"ended"])[0][:40].decode("ascii", "replace")
        ends[said.rstrip("0123456789abcdef ,")] = ends.get(said.rstrip("0123456789abcdef ,"), 0) + 1
    except subprocess.TimeoutExpired as e:
        why, r = "hang", None
    if why:
        failed += 1
        name = os.path.join(keep, "guest-%d-%d.img" % (seed, count))
        os.rename("fuzz.img", name)
        print("FAIL %s: %s %s, -t %s --user %s --engine %s, seed %d guest %d" % (why, make.__name__, name, target, user, engine, seed, count))
        if r: print(r.stderr.decode("ascii", "replace")[:1500])
    count += 1
print("%s %d guests, seed %d" % ("FAIL" if failed else "ok  ", count, seed))
for k in sorted(ends, key=ends.get, reverse=True)[:12]: print("    %5d %s" % (ends[k], k))
sys.exit(failed > 0)
END
