#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The command line of afterload: what scripts depend on, and every complaint.
guests=$top_builddir/tests/loader
AFTERBURNER_DATADIR=$guests/data
export AFTERBURNER_DATADIR
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
cp "$guests"/*.elf "$guests"/*.o . || exit 1
fails=0

# run STATUS ARG...: afterload must end with that status
run() {
	want=$1
	shift
	"$top_builddir/afterload" "$@" > out 2> err
	got=$?
	if [ $got -ne "$want" ]; then
		echo "afterload $*: status $got instead of $want"
		cat err
		fails=$((fails + 1))
	fi
}

# says FILE PATTERN: (FILE) of the last run has it
says() {
	grep -q -e "$2" "$1" || {
		echo "no '$2' in:"
		cat "$1"
		fails=$((fails + 1))
	}
}

# one line of complaint and nothing else
complains() {
	says err "$1"
	if [ "$(wc -l < err)" -ne "${2:-1}" ] || [ -s out ]; then
		echo "not one line:"
		cat out err
		fails=$((fails + 1))
	fi
}

# ---- wrong usage: 2, and where help is
run 2
complains 'what shall I do' 2
says err "Try 'afterload --help'"
run 2 frobnicate sample32.elf
complains 'no such command' 2
run 2 list
run 2 list a b
run 2 targets a
run 2 -t test sample32.elf
complains '-o OUT is missing' 2
run 2 --frob
run 2 -t test sample32.elf -o x --window=0x123
complains 'page-aligned' 2
run 2 -t test sample32.elf -o x --window=-4096
run 2 list sample32.elf --color=maybe
[ ! -e x ] || { echo "a usage error wrote a file"; fails=$((fails + 1)); }

run 0 --help
says out '^Usage: afterload targets'
run 0 --version
says out '^afterload .* [0-9]'

# ---- targets
run 0 targets
says out '^test *i386 *guests, wedge ABI 2'

# ---- list
run 0 list sample32.elf
says out '^c0100001   1/7   cli  *cli  *flags  *dead=- rule=sample.rules:10  ok$'
says out '^c0100020   1/5   popf .* dead=flags '
says out '^36 sites, 0 bad$'
says out 'sti; hlt'
says out 'arg=the_hook'
says out ' code16'
run 0 list sample32.o
says out '^\.text+0x1  *1/7  *cli '
says out '^\.init\.text+0x0  *1/3  *pushf '
run 0 list sample64.elf
says out '^ffffffff80100000  *1/8  *cli '
says out 'dead=r8,r15'
run 0 list bad32.elf
says out 'BAD: overlaps an earlier site'
says out '^20 sites, 17 bad$'
run 0 list --json sample64.elf
if command -v python3 > /dev/null; then
	python3 - out << 'END' || { echo "list --json: wrong"; fails=$((fails + 1)); }
import json, sys
d = json.load(open(sys.argv[1]))
s = d["sites"]
assert d["machine"] == "x86-64" and len(s) == 8 and d["bad"] == 0, d
assert len(d["build_id"]) == 40, d["build_id"]
assert s[0]["op"] == "cli" and s[0]["addr"] == 0xffffffff80100000
assert s[0]["rule"] == "sample.rules:10" and s[0]["total_len"] == 8
assert s[1]["dead"] == "r8,r15" and s[1]["function"] == "_start"
END
fi

# ---- what linkers make of the notes
cat > notes.ld << 'END'
PHDRS { text PT_LOAD FLAGS(5); notes PT_NOTE FLAGS(4); }
SECTIONS {
	. = 0xc0100000;
	.text : { *(.text) *(.init.text) } :text
	.data : { *(.data) } :text
	.notes : { KEEP(*(.note.*)) } :text :notes
	/DISCARD/ : { *(.discarded) }
}
END
cat > more.S << 'END'
	.section .note.other, "a", @note
	.long 4, 5, 1
	.asciz "Foo"
	.byte 1, 2, 3, 4, 5
	.balign 8
END
$GUEST_CC -m32 -c more.S -o more32.o && $GUEST_CC -m64 -c more.S -o more64.o || exit 1
link() {
	$GUEST_CC -nostdlib -no-pie -Wl,--build-id=sha1,--no-warn-rwx-segments "$@" || {
		echo "link $*"
		fails=$((fails + 1))
	}
}
link -m32 -static -Wl,-T,notes.ld more32.o sample32.o -o merged.elf
run 0 list merged.elf
says out '^36 sites, 0 bad$'
# code in a segment that is not marked executable (i386 Linux' .init.text)
sed 's/FLAGS(5)/FLAGS(6)/' notes.ld > rw.ld
link -m32 -static -Wl,-T,rw.ld more32.o sample32.o -o rw.elf
run 0 list rw.elf
says out '^36 sites, 0 bad$'
objcopy --strip-section-headers merged.elf bare.elf 2> /dev/null || {
	# an old objcopy: cut the section headers off by hand
	cp merged.elf bare.elf
	printf '\0\0\0\0' | dd of=bare.elf bs=1 seek=32 conv=notrunc 2> /dev/null
	printf '\0\0\0\0\0\0' | dd of=bare.elf bs=1 seek=46 conv=notrunc 2> /dev/null
}
run 0 list bare.elf
says out '^36 sites, 0 bad$'
link -m32 -static more32.o sample32.o -Wl,-Ttext=0xc0100000 -o with.elf
objcopy -R '.note.afterburner*' with.elf without.elf
run 0 list without.elf
says err 'warning: without.elf: has no patch notes'
run 0 -t test bare.elf -o bare-p.elf
run 0 list bare-p.elf
says out '^patched for target test$'
run 0 check bare.elf
link -m64 -static -Wl,--gc-sections,-e,_start,-Ttext=0x100000 more64.o sample64.o -o gc.elf
run 0 list gc.elf
says out '^8 sites, 0 bad$'
link -m64 -shared -Wl,-z,notext sample64.o -o dyn.so
run 0 list dyn.so
says out '^8 sites, 0 bad$'
link -m32 -r more32.o sample32.o -o r.o
run 0 list r.o
says out '^36 sites, 0 bad$'
says out '^\.init\.text+0x0 '

# 64-bit code in a 32-bit file: good sites, which a 32-bit target leaves alone
cat > wide.S << 'END'
	.globl _start
_start:	cli
	.code64
	mov %cs, %r8d
END
"$top_builddir/afterburner/aftercc" $GUEST_CC -m32 -c wide.S -o wide.o || exit 1
link -m32 -static wide.o -o wide.elf
run 0 list wide.elf
says out ' read_seg  *mov %cs, %r8d .*code64'
says out '^2 sites, 0 bad$'
run 0 check wide.elf
run 0 -t test wide.elf -o wide-p.elf --stats
says out '^read_seg  *0  *0  *0  *1  *0$'

# ---- check
run 0 check sample32.elf
says out '^SILENT  [0-9a-f]*  str '
says out '^HOST    [0-9a-f]*  cpuid '
says out '^traps   [0-9a-f]*  rdmsr '
says out '^36 sites: 36 good, 0 bad$'
says out '^3 sensitive instructions without a note: 1 silent, 1 that depend on the host, 1 that trap$'
says err 'wrong result'
run 1 check bad32.elf
says err 'not the op that the note claims'
says err 'not whole no-ops'
says err 'not in executable bytes'
says err 'overlaps'
says out '^20 sites: 3 good, 17 bad$'
run 0 check sample64.elf

# ---- patch
run 0 -t test sample32.elf -o p.elf --stats
says out '^cli  *1  *0  *0  *0  *0$'
says out '^pushf  *0  *2  *0  *1  *0$'
says out '^all  *[0-9]'
run 0 list p.elf
says out '^36 sites, 0 bad$'
says out '^patched for target test$'
run 0 check p.elf
run 1 -t test p.elf -o q.elf
complains "was patched already, for target 'test'"
[ ! -e q.elf ] || { echo "q.elf was written"; fails=$((fails + 1)); }
readelf -SW p.elf > sections 2> readelf.err
[ ! -s readelf.err ] || { echo "readelf complains:"; cat readelf.err; fails=$((fails + 1)); }
says sections '\.note\.afterburner-patched *NOTE'
says sections '\.afterburner\.wedge *PROGBITS *ffc02000'
readelf -lW sample32.elf | sed '/Section to Segment/,$d' > old
readelf -lW p.elf | sed '/Section to Segment/,$d' > new
cmp old new || { echo "program headers changed"; fails=$((fails + 1)); }
# other tools may rewrite the file: it stays patched, and good
strip -s -o stripped.elf p.elf
run 0 list stripped.elf
says out '^36 sites, 0 bad$'
says out '^patched for target test$'
# sections that are gone leave a file that says so
objcopy -R .afterburner.orig p.elf lost.elf
run 1 list lost.elf
complains 'original bytes'
run 0 -t test sample32.elf -o w.elf --window=0x10000000
objdump -d w.elf > dis
says dis '0x10000000'
# bad sites are left, and named
run 0 -t test bad32.elf -o b.elf
complains 'warning: bad32.elf: 17 bad sites'

# ---- refusals
run 1 -t test refused32.elf -o r.elf
complains 'pushf at 0xc0100007 (_start+0x7) does not trap'
[ ! -e r.elf ] || { echo "r.elf was written"; fails=$((fails + 1)); }
run 1 -t nonsuch sample32.elf -o r.elf
complains "no wedge for target 'nonsuch'"
run 1 -t ../wedge/test sample32.elf -o r.elf
run 1 -t test sample64.elf -o r.elf
complains "takes i386 guests, this one is x86-64"
run 1 -t test sample32.o -o r.elf
complains 'object file; link it first'

# ---- bad input
run 1 list missing.elf
complains 'missing.elf: cannot read: No such file'
run 1 list .
complains 'cannot read: Is a directory'
: > empty
run 1 list empty
complains 'empty: not an ELF file'
echo 'hello, this is text' > text
run 1 check text
complains 'text: not an ELF file'
head -c 40 sample32.elf > cut
run 1 list cut
complains 'cut: cut off inside the ELF header'
head -c 3000 sample32.elf > cut
run 1 list cut
complains 'lies outside the file'
# ELF of another machine
printf '\177ELF\001\001\001\0\0\0\0\0\0\0\0\0\002\0\050\0\001\0\0\0' > arm
head -c 28 /dev/zero >> arm
run 1 list arm
complains 'neither i386 nor x86-64'
# a wedge that is none
mkdir -p data/wedge
cp sample32.o data/wedge/fake.o
AFTERBURNER_DATADIR=$dir/data run 1 -t fake sample32.elf -o r.elf
complains 'is not a wedge'
echo text > data/wedge/text.o
AFTERBURNER_DATADIR=$dir/data run 1 -t text sample32.elf -o r.elf
complains 'not an ELF file'

# ---- output
run 1 -t test sample32.elf -o no/such/folder/out
complains 'cannot write: No such file'
if [ -w /dev/full ]; then
	run 1 -t test sample32.elf -o /dev/full
	complains 'cannot write: No space left'
	"$top_builddir/afterload" list sample32.elf > /dev/full 2> err
	[ $? -eq 1 ] || { echo "list to a full disk: status 0"; fails=$((fails + 1)); }
	says err 'cannot write'
fi
echo precious > keep
(ulimit -f 4; trap '' XFSZ; "$top_builddir/afterload" -t test sample32.elf -o keep) 2> err
[ $? -eq 1 ] && [ "$(cat keep)" = precious ] || {
	echo "a full disk lost the old file"
	fails=$((fails + 1))
}
ls -A | grep '^\.ab-' && { echo "temporary files left"; fails=$((fails + 1)); }

[ $fails -eq 0 ] || echo "$fails failures"
[ $fails -eq 0 ]
