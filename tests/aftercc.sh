#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# aftercc: everything that a compiler assembles is afterburned; everything else
# is as if aftercc were not there.
set -u
cc=${GUEST_CC:-gcc}
build=${top_builddir:-$PWD}
aftercc=$build/afterburner/aftercc
notes=$build/tests/identity/notes
errors=$(cd "${top_srcdir:-.}/tests/errors" && pwd)
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0
export XDG_CACHE_HOME="$tmp/cache"
unset AFTERBURNER_RULES AFTERBURNER_FLAGS CCACHE_PREFIX

fail() { echo "FAIL: $*" >&2; failed=1; }
sites() { "$notes" "$1" 2>/dev/null | wc -l; }
# has N OBJECT WHAT
has() { [ "$(sites "$2")" = "$1" ] || fail "$3: $(sites "$2") sites, not $1"; }

cd "$tmp" || exit 1
cat >a.c <<'END'
#include "a.h"
void f(void) { __asm__ volatile("cli"); }
void g(void) { __asm__ volatile("sti; hlt"); }
END
echo 'int main(void);' >a.h
cat >b.S <<'END'
#include "a2.h"
#ifdef WANTED
.globl b
b:	wbinvd
	lidt (%eax)
#endif
END
: >a2.h
cat >c.s <<'END'
c:	invd
	.globl c
END
echo 'int main(void) { return 7; }' >main.c
echo 'int x' >bad.c
echo '	cli; no_such_insn' >bad.s

"$aftercc" $cc -m32 -c a.c; has 2 a.o "C"
"$aftercc" $cc -m32 -pipe -c a.c -o p.o; has 2 p.o "-pipe"
"$aftercc" $cc -m32 -g -O2 -c a.c -o dbg.o; has 2 dbg.o "-g"
"$aftercc" $cc -m32 -DWANTED -c b.S; has 2 b.o ".S"
"$aftercc" $cc -m32 -c c.s; has 1 c.o ".s"
"$aftercc" $cc -m32 -x assembler -c - -o in.o <c.s; has 1 in.o "standard input"
printf '%s\n' '-m32 -c "a.c"' '-o' 'at.o' >args
"$aftercc" $cc @args; has 2 at.o "@file"
rm -f a.o c.o
"$aftercc" $cc -m32 -c a.c c.s; has 2 a.o "two inputs"; has 1 c.o "two inputs"
"$aftercc" $cc -m32 -r -nostdlib -o linked.o a.c c.s
has 3 linked.o "without -c"
"$aftercc" $cc main.c -o prog && ./prog
[ $? = 7 ] || fail "a program"
"$aftercc" "$aftercc" $cc -m32 -c a.c -o twice.o; has 2 twice.o "aftercc aftercc"
mkdir bin
ln -s "$aftercc" bin/aftercc
PATH=$PWD/bin:$PATH aftercc aftercc $cc -m32 -c a.c -o path.o; has 2 path.o "by PATH"

# the same as without
same() {
	$cc "$@" >plain.out 2>plain.err </dev/null
	want=$?
	"$aftercc" $cc "$@" >with.out 2>with.err </dev/null
	got=$?
	[ $got = $want ] || fail "$*: status $got, not $want"
	cmp -s plain.out with.out || fail "$*: output differs"
	sed 's#/tmp/cc[A-Za-z0-9]*#TMP#' plain.err >plain.err2
	sed 's#/tmp/cc[A-Za-z0-9]*#TMP#' with.err >with.err2
	cmp -s plain.err2 with.err2 ||
		{ fail "$*: messages differ"; diff plain.err2 with.err2 >&2; }
}
same --version
same -E a.c
same -S -o - a.c
same -M a.c
same -dumpmachine
same -print-prog-name=ld
same -c bad.c
same -c bad.s
same -c nowhere.s
same -m32 -c b.S -MD -MF dep.d
same -Wa,--version -x assembler -c /dev/null -o null.o
same -x assembler -c /dev/null -o null.o
same -Wa,--no-such-option -c a.c
same -Werror -Wa,--fatal-warnings -c a.c
same -c a.c -o /nowhere/a.o
# messages without a line, and behind places where as goes back to the file it reads
printf '\tcli\nf:\t.size f, .-g+h\n\tjmp 1f\n\t.cfi_startproc\n' >noline.s
same -c noline.s
printf '\tcli\n\t.include "nowhere"\n' >include.s
same -c include.s
printf '\tcli\n\tnop' >lastline.s
same -c lastline.s
printf '\tcli\n\t.file "t.c"\n\tno_such\n# 7 "t.c" 1\n\tno_such\n# 0 "" 2\n\tno_such\n' >back.s
same -c back.s
printf 'int f(void) { __asm__("cli"); __asm__(".warning \\"w\\""); return 1; }\n' >warn.c
same -c warn.c
[ -f dep.d ] || fail "no dependency file"

# identity where nothing is asked
for opts in "-m32 -O2" "-m64 -O2 -g" "-m64 -O0 -fPIC"; do
	$cc $opts -c a.c -o plain.o
	AFTERBURNER_RULES=none "$aftercc" $cc $opts -c a.c -o none.o
	cmp plain.o none.o || fail "rules 'none', $opts: not identical"
	: >empty.rules
	AFTERBURNER_RULES=empty.rules "$aftercc" $cc $opts -c a.c -o none.o
	cmp plain.o none.o || fail "empty rules, $opts: not identical"
	$cc $opts -c main.c -o plain.o
	"$aftercc" $cc $opts -c main.c -o none.o
	cmp plain.o none.o || fail "no site, $opts: not identical"
done
$cc -m32 -Os -c a.c -o plain.o
"$build"/tests/identity/objcmp plain.o plain.o || fail "objcmp: not the same as itself"
"$aftercc" $cc -m32 -Os -c a.c -o burned.o
"$build"/tests/identity/objcmp plain.o burned.o || fail "objects differ in more than pads"

# the same debug information where as makes it
printf '\t.file "t.c"\nf:\tnop\n# 7 "t.c" 1\n\tcli\n# 0 "" 2\n\tnop\n\tret\n' >debug.s
for o in -g -Wa,--gdwarf-5; do
	$cc -m32 $o -c debug.s -o plain.o
	"$aftercc" $cc -m32 $o -c debug.s -o burned.o
	"$build"/tests/identity/objcmp plain.o burned.o || fail "as $o: objects differ"
done

# options of as that change what the text means, or when lengths are known
for o in -Wa,-mbranches-within-32B-boundaries "-Wa,-malign-branch=jcc -Wa,-malign-branch-boundary=32"; do
	"$aftercc" $cc -m32 $o -c a.c -o branch.o || fail "$o"
	has 2 branch.o "$o"
done
printf '\tmov %%eax, %%cr0\n\tmov %%ebx, %%ecx\n' >intel.s
"$aftercc" $cc -m32 -Wa,-msyntax=intel -c intel.s -o intel.o; "$notes" intel.o | grep -q 'read_cr' ||
	fail "-msyntax=intel"
printf '\tmov eax, cr0\n' >naked.s
"$aftercc" $cc -m32 -Wa,-msyntax=intel,-mnaked-reg -c naked.s -o naked.o; has 1 naked.o "-mnaked-reg"
printf '\t.macro m n\n\tmov %%cr&n, %%eax\n\t.endm\n\tm 3\n' >alternate.s
AFTERBURNER_FLAGS=--list "$aftercc" $cc -m32 -Wa,--alternate -c alternate.s 2>list.err
grep -q 'skipped read_cr' list.err || { fail "--alternate"; cat list.err >&2; }

# build records
mkdir records
"$aftercc" $cc -m32 -c a.c -o records/a.o
"$aftercc" $cc -c noline.s -o records/b.o 2>err && fail "took noline.s"
[ -e records/b.o.ab ] && fail "a record of a failure"
"$build/afterburner/afterburner" --summary records >sum
grep -q '^1 files, 1 with sites: 2 sites' sum || { fail "--summary"; cat sum >&2; }
grep -q 'not counted' sum && fail "--summary: not counted"
cp records/a.o.ab records/gone.o.ab
cp records/a.o records/old.o; touch -d '1 hour ago' records/old.o; cp records/a.o.ab records/old.o.ab
"$build/afterburner/afterburner" --summary records >sum
grep -q '^1 files, 1 with sites: 2 sites' sum || { fail "--summary, stale"; cat sum >&2; }
grep -q '^not counted: 2 records' sum || { fail "--summary: stale ones"; cat sum >&2; }

# rules and flags by the environment
echo 'version 1
pad hlt' >hlt.rules
AFTERBURNER_RULES=hlt.rules "$aftercc" $cc -m32 -c a.c -o r.o; has 1 r.o "AFTERBURNER_RULES"
AFTERBURNER_FLAGS="-r hlt.rules" "$aftercc" $cc -m32 -c a.c -o r.o; has 1 r.o "AFTERBURNER_FLAGS"
AFTERBURNER_FLAGS=--list "$aftercc" $cc -m32 -c a.c -o r.o 2>list.err
grep -q "a.c:2: site cli" list.err || fail "--list by AFTERBURNER_FLAGS"
AFTERBURNER_FLAGS=--nonsense "$aftercc" $cc -m32 -c a.c -o r2.o 2>err && fail "took a bad flag"
[ -e r2.o ] && fail "object in spite of a bad flag"
AFTERBURNER_RULES=nowhere.rules "$aftercc" $cc -m32 -c a.c -o r2.o 2>err && fail "took missing rules"

# what cannot be read fails, with a place, and leaves nothing
printf 'x:\tcli\n\t.ascii "abc\n' >open.s
"$aftercc" $cc -m32 -c open.s -o open.o 2>err && fail "took an unterminated string"
grep -q '^afterburner: open.s:2:.*unterminated string' err || { fail "no place"; cat err >&2; }
[ -e open.o ] && fail "left an object of a failure"
for f in comment macro rept if nul own marker; do
	"$aftercc" $cc -m32 -c "$errors/$f.s" -o open.o 2>err && fail "took errors/$f.s"
	[ "$(grep -c error: err)" = 1 ] || { fail "errors/$f.s: not one error"; cat err >&2; }
	[ -e open.o ] || [ -e open.o.ab ] && fail "errors/$f.s: left an object"
done
"$aftercc" $cc -m32 -c c.s -o /dev/full 2>err && fail "a full disk"
grep -q 'No space left' err || { fail "a full disk: not said"; cat err >&2; }
# root may read and write everything
user=
[ "$(id -u)" != 0 ] || user="setpriv --reuid 65534 --clear-groups"
chmod 777 .
if [ -z "$user" ] || $user test -x "$aftercc"; then
	mkdir closed && chmod 555 closed
	cp c.s unreadable.s && chmod 0 unreadable.s
	$user "$aftercc" $cc -m32 -c unreadable.s -o open.o 2>err && fail "an unreadable file"
	grep -q 'unreadable.s.*Permission denied' err || { fail "an unreadable file: not said"; cat err >&2; }
	$user "$aftercc" $cc -m32 -c c.s -o closed/open.o 2>err && fail "an unwritable folder"
	[ -e open.o ] || [ -n "$(ls closed)" ] && fail "left an object of a failure"
fi
"$aftercc" $cc -m32 -S -c a.c -o - >/dev/null || fail "-S"

# the stand-in cannot run itself
AFTERBURNER_AS=$build/afterburner/libexec/as timeout 10 \
	"$build/afterburner/libexec/as" c.s -o loop.o 2>err && fail "ran itself"
PATH=$build/afterburner/libexec:$PATH "$build/afterburner/libexec/as" --32 c.s -o alone.o
has 1 alone.o "alone, first in PATH"
"$build/afterburner/libexec/as" --32 c.s -o md.o --MD md.d; has 1 md.o "--MD"
grep -q 'c\.s' md.d && ! grep -q /proc md.d || fail "--MD: $(cat md.d)"

"$aftercc" no-such-compiler -c a.c 2>err
[ $? = 127 ] || fail "missing compiler: status"
"$aftercc" 2>err
[ $? = 2 ] || fail "usage: status"

cat >Makefile <<'END'
objects = $(foreach n,1 2 3 4 5 6 7 8,m$(n).o)
all: $(objects)
m%.o: a.c ; $(CC) -m32 -c $< -o $@
END
rm -rf "$XDG_CACHE_HOME"
make -s -j8 CC="$aftercc $cc" || fail "make -j"
for n in 1 2 3 4 5 6 7 8; do
	has 2 m$n.o "make -j"
done

if command -v ccache >/dev/null; then
	export CCACHE_DIR="$tmp/ccache"
	for i in 1 2; do
		"$aftercc" ccache $cc -m32 -c a.c -o cc.o; has 2 cc.o "aftercc ccache"
		ccache "$aftercc" $cc -m32 -c a.c -o cc.o; has 2 cc.o "ccache aftercc"
	done
	AFTERBURNER_RULES=hlt.rules "$aftercc" ccache $cc -m32 -c a.c -o cc.o
	has 1 cc.o "other rules in the cache"
	echo '# changed
version 1
pad cli, hlt' >hlt.rules
	AFTERBURNER_RULES=hlt.rules "$aftercc" ccache $cc -m32 -c a.c -o cc.o
	has 2 cc.o "changed rules in the cache"
else
	echo "ccache is not installed: not tested"
fi

if command -v clang >/dev/null; then
	"$aftercc" clang -m32 -c a.c -o cl.o; has 2 cl.o "clang"
	"$aftercc" clang -m32 -DWANTED -c b.S -o cl.o; has 2 cl.o "clang .S"
	"$aftercc" clang main.c -Wall -Werror -o prog && ./prog
	[ $? = 7 ] || fail "a program by clang"
	"$aftercc" clang --version | grep -q clang || fail "clang --version"
else
	echo "clang is not installed: not tested"
fi
exit $failed
