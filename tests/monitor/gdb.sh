#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A guest under GDB: stopped before its first instruction, breakpoints (also at
# linear addresses that are not mapped yet), steps, memory, interrupting, the end.
. "$(dirname "$0")/lib.sh"
command -v gdb >/dev/null || { echo "SKIP: no gdb (Debian package: gdb)"; exit 77; }
aftermon=$top_builddir/monitor/aftermon

# Upper half: linked at 0xc0100000, maps 4 MiB there, counts, ends with 42.
cat >half.S <<'END'
	.section .mb, "a"
	.long 0x1badb002, 3, -(0x1badb002 + 3)
	.text
	.globl _start
_start:	mov $(0x83), %eax
	mov %eax, pd - 0xc0000000
	mov %eax, pd - 0xc0000000 + 0xc00
	mov %cr4, %eax
	or $0x10, %eax
	mov %eax, %cr4
	mov $(pd - 0xc0000000), %eax
	mov %eax, %cr3
	mov %cr0, %eax
	or $0x80000000, %eax
	mov %eax, %cr0
	mov $high, %eax
	jmp *%eax
high:	xor %ecx, %ecx
count:	inc %ecx
	mov %ecx, counter
	cmp $5, %ecx
	jne count
	.globl spin
spin:	mov flag, %eax
	test %eax, %eax
	jz spin
	.globl done
done:	mov $0xf4, %edx
	mov $42, %al
	out %al, %dx
	hlt
	.data
	.balign 4096
pd:	.fill 1024, 4, 0
	.globl counter, flag
counter: .long 0
flag:	.long 0
END
cat >half.ld <<'END'
ENTRY(start_phys)
start_phys = _start - 0xc0000000;
SECTIONS {
	. = 0xc0100000;
	.mb : AT(ADDR(.mb) - 0xc0000000) { *(.mb) }
	.text : AT(ADDR(.text) - 0xc0000000) { *(.text*) }
	.data : AT(ADDR(.data) - 0xc0000000) { *(.data*) }
}
END
$GUEST_CC -m32 -g -nostdlib -static -no-pie -Wl,-T,half.ld -Wl,--build-id=none \
	-Wl,-z,max-page-size=4096 half.S -o half.elf || exit 99

port=$((20000 + $$ % 20000))
"$aftermon" run --gdb $port --timeout 60 half.elf </dev/null >out 2>err & pid=$!
i=0
until grep -q 'waits for GDB' err || ! kill -0 $pid 2>/dev/null || [ $i -gt 100 ]; do
	sleep 0.1; i=$((i + 1))
done
if grep -q AddressSanitizer err; then
	echo "SKIP: AddressSanitizer's shadow lies where guests live"; exit 77
fi
cat >commands <<'END'
set pagination off
set confirm off
set architecture i386
define say
  printf "%s %x %d\n", $arg0, $pc, *(int *)&counter
end
END
echo "target remote localhost:$port" >>commands
cat >>commands <<'END'
printf "start %x %x\n", $pc, $eax
stepi
stepi
printf "steps %x\n", $pc
break count
continue
printf "break %x %d\n", $pc, $ecx
continue
continue
printf "third %d %d\n", $ecx, *(int *)&counter
x/i count
set var $ecx = 3
delete
break spin
continue
printf "spin %d %d\n", $ecx, *(int *)&counter
delete
set var *(int *)&flag = 1
stepi
stepi
stepi
printf "left %d\n", $pc == (unsigned)&done
printf "flags %x\n", $eflags & 0x200000
continue
END
timeout 60 gdb -q -nx -batch -x commands half.elf >gdb.out 2>&1
wait $pid; rc=$?
[ $rc = 85 ] && ok "the guest ends with its own status" || { bad "status $rc"; cat err; }
expect() { grep -q "$1" gdb.out && ok "$2" || bad "$2"; }
expect '^start 10000c 2badb002' "stopped before the first instruction"
expect '^steps 100016' "two steps"
expect '^break c0[0-9a-f]* 0' "breakpoint in the upper half, set before paging"
expect '^third 2 2' "hit three times"
expect 'count>:.*inc  *%ecx' "planted breakpoints are hidden"
expect '^spin 5 5' "a changed register counts"
expect '^left 1' "changed memory counts"
expect 'exited with code 0125\|exited with code 85\|Inferior 1.*exited' "GDB hears of the end"
[ $failed = 0 ] || cat gdb.out

# Interrupt a guest that spins; kill it.
"$aftermon" run --gdb $port --timeout 60 half.elf </dev/null >out 2>err & pid=$!
sleep 1
timeout 60 gdb -q -nx -batch -ex 'set architecture i386' -ex 'set confirm off' \
	-ex "target remote localhost:$port" -ex continue \
	-ex 'printf "at %d\n", ($pc >= (unsigned)&spin && $pc < (unsigned)&done)' \
	-ex kill half.elf >gdb.out 2>&1 & gdb=$!
sleep 2; kill -INT "$(ps -o pid= --ppid $gdb | head -n 1)"; wait $gdb
wait $pid; rc=$?
grep -q '^at 1' gdb.out && grep -q SIGINT gdb.out && ok "interrupted while it spins" ||
	{ bad "interrupt"; cat gdb.out; }

# Noise on the port.
"$aftermon" run --gdb $port --timeout 20 half.elf </dev/null >out 2>err & pid=$!
sleep 1
if command -v python3 >/dev/null; then
	python3 - $port <<'END'
import os, random, socket, sys
def packet(b): return b"$" + b + b"#%02x" % (sum(b) & 255)
for round in range(10):
    try:
        s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    except OSError:
        sys.exit()              # some packet let the guest run to its end
    s.settimeout(0.02)
    random.seed(round)
    for i in range(60):
        kind = random.choice(b"gGmMpPZzHTqQ?!vx") 
        body = bytes([kind]) + bytes(random.choice(b"0123456789abcdef,:;=") for _ in range(random.randrange(40)))
        try:
            s.sendall(packet(body) if random.random() < 0.8 else os.urandom(50))
            s.recv(10000)
        except (socket.timeout, OSError):
            pass
    s.close()
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(packet(b"k"))
END
	wait $pid; rc=$?
	[ $rc -lt 124 ] && ok "noise on the port (status $rc)" || { bad "noise: status $rc"; cat err; }
else
	kill $pid; wait $pid
fi
exit $failed
