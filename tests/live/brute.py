#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random functions with sites, and one variant of each for every site and every
register or flag: the function that changes it right behind the site.

brute.py 32|64 SEED COUNT DIR writes
  base.s      the functions f0, f1, ...: to be afterburned
  variants.s  v<function>_<site>_<what>: what is a bit of the notes' "dead" mask
  run.c       runs all of them on the same inputs and prints a line for each
              variant: FUNCTION SITE BIT, and 1 where some output differed
"""
import random
import sys

bits, seed, count, out = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
rnd = random.Random(seed)
wide = bits == 64
pre = "r" if wide else "e"
REGS = ["ax", "cx", "dx", "bx", "bp", "si", "di"]	# not the stack pointer
NUMBER = {"ax": 0, "cx": 1, "dx": 2, "bx": 3, "bp": 5, "si": 6, "di": 7}
FLAGS = {16: 0x1, 17: 0x4, 19: 0x40, 20: 0x80, 21: 0x800}	# CF PF ZF SF OF
CC = "o no b ae e ne be a s ns p np l ge le g".split()


def reg():
    return "%" + pre + rnd.choice(REGS)


def low(r):
    """The 32-bit name: writes of it overwrite all."""
    return "%e" + r[2:]


def insn():
    a, b = reg(), reg()
    two = ["add", "sub", "and", "or", "xor", "cmp", "test", "adc", "sbb", "mov"]
    pick = rnd.randrange(12)
    if pick < 5:
        return "%s %s, %s" % (rnd.choice(two), a, b)
    if pick == 5:
        return "%s %s" % (rnd.choice(["inc", "dec", "not", "neg"]), a)
    if pick == 6:
        return "mov $%d, %s" % (rnd.randrange(1000), low(a))
    if pick == 7:
        return "lea %d(%s,%s,2), %s" % (rnd.randrange(64), a, b, reg())
    if pick == 8:
        return "set%s %%%s" % (rnd.choice(CC), rnd.choice(["al", "cl", "dl", "bl", "ah", "ch"]))
    if pick == 9:
        return "cmov%s %s, %s" % (rnd.choice(CC), a, b)
    if pick == 10:
        return "xor %s, %s" % (low(a), low(a))
    return "%s %s, %s" % (rnd.choice(["xchg", "imul"]), a, b)


def function(n):
    """Lines; None stands for a site.  Branches only go forward, so it ends."""
    lines, labels = [], 0
    for _ in range(rnd.randrange(10, 24)):
        pick = rnd.randrange(10)
        if pick == 0:
            labels += 1
            lines.append("j%s .L%%s%d_%d" % (rnd.choice(CC + ["mp"]), n, labels))
            lines += [insn() for _ in range(rnd.randrange(4))]
            if rnd.randrange(2):
                lines.append(None)
            lines.append(".L%%s%d_%d:" % (n, labels))
        elif pick < 3:
            lines.append(None)
        else:
            lines.append(insn())
    return lines


def change(bit):
    if bit < 16:
        name = [r for r in REGS if NUMBER[r] == bit][0]
        return ["not %%%s%s" % (pre, name)]
    return ["pushf", "xor%s $%d, (%%%ssp)" % ("q" if wide else "l", FLAGS[bit], pre), "popf"]


def emit(f, name, lines, tag, at=None, what=None):
    print("\t.globl %s\n\t.type %s, @function\n%s:" % (name, name, name), file=f)
    site = 0
    for line in lines:
        if line is None:
            print("\tmovw %ds, selector" + ("(%rip)" if wide else ""), file=f)
            if site == at:
                for c in what:
                    print("\t" + c, file=f)
            site += 1
        else:
            line = line.replace("%s", tag)
            print(line if line.endswith(":") else "\t" + line, file=f)
    print("\tret\n\t.size %s, .-%s" % (name, name), file=f)


with open(out + "/base.s", "w") as base, open(out + "/variants.s", "w") as var, \
        open(out + "/run.c", "w") as run:
    entries, decl = [], []
    print("\t.text", file=base)
    print("\t.text", file=var)
    for n in range(count):
        lines = function(n)
        emit(base, "f%d" % n, lines, "b")
        decl.append("f%d" % n)
        for site in range(lines.count(None)):
            for bit in list(NUMBER.values()) + list(FLAGS):
                name = "v%d_%d_%d" % (n, site, bit)
                emit(var, name, lines, name, site, change(bit))
                decl.append(name)
                entries.append("{ %d, %d, %d, f%d, %s }," % (n, site, bit, n, name))
    print("\t.section .note.GNU-stack,\"\",@progbits", file=base)
    print("\t.section .note.GNU-stack,\"\",@progbits", file=var)
    print('#include "call.h"\nunsigned short selector;', file=run)
    for d in decl:
        print("void %s(void);" % d, file=run)
    print("static const struct entry entries[] = {\n%s\n};" % "\n".join(entries), file=run)
    print('#include "call.c"', file=run)
