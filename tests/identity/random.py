#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""random.py SEED: assembly that nobody would write, for tests/random-asm.sh.

Sections, macros with defaults, calls in calls, repetitions and conditions in each
other, sensitive instructions as statements, as arguments and by parts.  What
GNU as refuses is passed by; the first line says the ISA.
"""
import random
import sys

R = random.Random(int(sys.argv[1]))
BITS = R.choice([32, 64])
REGS = ["%eax", "%ebx", "%ecx", "%edx"] if BITS == 32 else ["%rax", "%rbx", "%rcx", "%r9"]
SECTIONS = ['.text.a,"ax",@progbits', '.init.text,"ax"', '.data', '.text,2',
            '.altinstr_replacement,"ax"', '.text.g,"axG",@progbits,group,comdat']
FLAT = [".text", '.section .text.b,"ax",@progbits', '.section .init.text,"ax"',
        ".previous", ".subsection 1", ".text 0"]
macros = {}             # name -> kinds of its parameters
names = 0


def fresh(prefix):
    global names
    names += 1
    return f"{prefix}{names}"


def reg():
    return R.choice(REGS)


def sensitive():
    return R.choice(["cli", "sti", "hlt", "pushf", "popf", "rdmsr", "in %dx, %al", "cpuid",
                     "push %fs", "wbinvd", "mov %ds, %ax", f"lgdt ({REGS[0]})",
                     f"mov %cr{R.choice([0, 2, 3, 4])}, {reg()}", f"mov {reg()}, %cr3",
                     "sti; hlt", "rep; " + R.choice(["insb", "outsl"])])


def harmless():
    return R.choice(["nop", f"inc {reg()}", f"mov {reg()}, {reg()}", "xor %eax, %eax",
                     "ret", "test %eax, %eax", "call ext"])


def statements(n, deep, params):
    text = statement(deep, params)
    for _ in range(n - 1):
        text += R.choice(["\n\t"] * 3 + [" ; ", "\t/* c; cli */ ; ", "\t# cli ; hlt\n\t"])
        text += statement(deep, params)
    return text


def body(deep, params):
    return "\n\t" + statements(R.randrange(1, 5), deep + 1, params) + "\n\t"


def repeated(deep, params):
    v = fresh("v")
    items = ", ".join(R.choice(["cli", "nop", "sti", '"hlt"', "pushf", f'"{sensitive()}"'])
                      for _ in range(R.randrange(1, 4)))
    return R.choice([f".irp {v}, {items}\n\t\\{v}" + body(deep, params) + ".endr",
                     f".irpc {v}, 023\n\tmov %cr\\{v}, {REGS[0]}\n\t.endr",
                     f".irp {v}, ds, es, fs\n\tmov %\\{v}, %ax\n\t.endr",
                     f".rept {R.randrange(4)}" + body(deep, params) + ".endr"])


def argument(kind):
    if kind == "statement":
        return R.choice(["cli", "nop", "hlt", "sti", '"nop"', '"cli; nop"', f'"{sensitive()}"'])
    if kind == "operand":
        return R.choice(["%cr0", "%cr3", "%ds", REGS[1], '"%cr2"'])
    return str(R.randrange(3))


def call():
    name, kinds = R.choice(sorted(macros.items()))
    args = [argument(k) for k in kinds]
    while args and kinds[len(args) - 1] == "statement" and R.random() < .2:
        args.pop()
    return f"{name} {', '.join(args)}"


def statement(deep, params):
    what = R.randrange(18)
    if what < 7:
        return sensitive()
    if what < 10:
        return harmless()
    if what == 10:
        return f".L{fresh('x')}{'_' + chr(92) + '@' if params is not None else ''}: {sensitive()}"
    if what == 11 and deep < 3:
        return f".if {R.randrange(2)}" + body(deep, params) + ".else" + body(deep, params) + ".endif"
    if what in (12, 13) and deep < 3:
        return repeated(deep, params)
    if what == 14 and deep < 2 and params is None:
        return f".pushsection {R.choice(SECTIONS)}" + body(deep, params) + ".popsection"
    if what == 15 and params:
        return "\\" + R.choice(params)
    if what == 16 and macros:
        return call()
    if what == 17 and params is None and not deep:
        return R.choice(FLAT + [".intel_syntax noprefix\n\tmov eax, cr0\n\tcli\n\t.att_syntax prefix"]
                        if BITS == 32 else FLAT)
    return sensitive()


def macro():
    name, text = fresh("m"), ""
    kinds = [R.choice(["statement", "statement", "operand", "number"])
             for _ in range(R.randrange(3))]
    params = []
    for i, kind in enumerate(kinds):
        default = {"statement": R.choice(["", "=cli", '="hlt"', " = nop"]), "operand": f"={REGS[0]}",
                   "number": "=1"}[kind]
        params.append(f"p{i}{default}")
        text += {"statement": R.choice([f"\n\t\\p{i}", f"\n\t.ifnb \\p{i}\n\t\\p{i}\n\t.endif"]),
                 "operand": f"\n\tmov \\p{i}, {REGS[2]}",
                 "number": f"\n\t.if \\p{i} == 1\n\tcli\n\t.exitm\n\t.endif"}[kind]
    early = R.random() < .4             # then it may call itself, or as refuses it
    if early:
        macros[name] = kinds
    text += body(1, [f"p{i}" for i, k in enumerate(kinds) if k == "statement"])
    macros[name] = kinds
    return f"\t.macro {name} {', '.join(params)}{text}.endm"


print(f"# --isa {'i386' if BITS == 32 else 'x86-64'}\n\t.text\nf:")
for _ in range(R.randrange(5)):
    print(macro())
for _ in range(R.randrange(3, 25)):
    print("\t" + statement(0, None))
print("\t.text\nend:\tnop")
