#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The broker against engines that behave and engines that do not
# (tests/unit/broker_engine.c): console, disk, profile, cage, and every way a run
# can end.
. "$(dirname "$0")/lib.sh"
broker=$top_builddir/tests/unit/broker

# run ENGINE [OPTION...]: standard input from in, output in out, err; status in $rc
: >in
run() {
	engine=$1; shift
	ENGINE=$engine timeout 60 "$broker" run -t none --timeout 20 "$@" guest.elf \
		<in >out 2>err
	rc=$?
}
# want STATUS TEXT-IN-STDERR NAME
want() {
	if [ $rc = "$1" ] && { [ -z "$2" ] || grep -q "$2" err; }; then
		ok "$3"
	else
		bad "$3 (status $rc)"; head -n 5 err
	fi
}

run hello
if grep -q AddressSanitizer err; then
	echo "SKIP: AddressSanitizer's shadow lies where guests live"
	exit 77
fi
want 33 '' "a guest's status is the run's"
[ "$(cat out)" = "$(printf 'hello from the vCPU\r')" ] && [ ! -s err ] &&
	ok "console output, nothing else" || bad "console output"

run flood
want 0 '' "flood ends"
seq -f 'line %05.0f' 0 39999 | cmp -s - out && ok "440,000 bytes, none lost" || bad "flood"
ENGINE=flood "$broker" run -t none guest.elf </dev/null 2>err | (sleep 1; cat >out)
seq -f 'line %05.0f' 0 39999 | cmp -s - out && ok "a slow reader loses none" || bad "slow reader"
ENGINE=flood timeout 60 "$broker" run -t none guest.elf </dev/null 2>err >/dev/full; rc=$?
want 1 'No space left' "a full output device"
(ENGINE=flood timeout 60 "$broker" run -t none guest.elf </dev/null 2>err; echo $? >rc) |
	head -n 1 >out
rc=$(cat rc); want 1 'Broken pipe' "a closed pipe"
ENGINE=flood timeout 60 "$broker" run -t none guest.elf </dev/null 2>err >&-; rc=$?
want 0 '' "standard output closed from the start"
ENGINE=hello timeout 60 "$broker" run -t none guest.elf <&- >out 2>err; rc=$?
want 33 '' "standard input closed from the start"

head -c 300000 /dev/urandom | tr -d '.\001' >text
{ cat text; printf .; } >in
run echo
want 0 '' "echo ends"
cmp -s text out && ok "input and output, all bytes" || bad "echo"
printf 'abc\001x' >in; run echo; want 0 'Ctrl-A x' "Ctrl-A x ends the run"
printf '\001\001\001q.' >in; run echo
[ "$(od -An -tx1 out | tr -d ' \n')" = 010171 ] && ok "Ctrl-A Ctrl-A is one" || bad "escapes"
: >in

run idle --timeout 3; want 124 'was at 0x00100004' "timeout of an idle guest"
run spin --timeout 1; want 124 'did not end' "timeout of a deaf guest"
run die; want 1 'triple fault' "a dying guest: why"
grep -q 'eax abcd1234' err && grep -q '_start+0x0): cli' err && grep -q 'note: text 00be -5' err &&
	ok "its last page" || bad "last page"
run quit; want 1 'without a word (status 3)' "a vCPU process that just ends"
run crash; want 1 'the vCPU process died: Segmentation fault' "one that crashes"

for what in open socket fork kill anonymous write child; do
	run $what
	want 1 'host system call and was stopped' "caged: $what"
done
run allowed; want 0 '' "what the cage lets through"

truncate -s 1M disk.img
run disk --disk disk.img; want 0 '' "disk: write, flush, read, bounds"
[ "$(od -An -tx1 -j512 -N4 disk.img | tr -d ' \n')" = 00070e15 ] && ok "it is in the file" ||
	bad "disk contents"

run profile --profile p.prof --stats; want 0 '^traps  *1000 ' "stats"
"$broker" report p.prof --guest guest.elf >out 2>err; rc=$?; want 0 '' "report"
grep -q ' 1000 .* trap .* cli ' out && grep -q ' call .*port_out.*out %al, %dx' out &&
	ok "counts and instructions" || bad "report's table"
if command -v python3 >/dev/null; then
	"$broker" report p.prof --format json | python3 -c '
import json, sys
p = json.load(sys.stdin)
assert p["count"] == 1004 and p["complete"] and p["target"] in ("none", "none-bt")
assert [s["count"] for s in p["sites"]] == [1000, 3, 1]
assert p["sites"][0]["op"] == "cli" and p["sites"][0]["histogram"] == [1000]
' && ok "report: JSON" || bad "report: JSON"
fi
"$broker" report p.prof p.prof --format folded >out
grep -q '0x100000;trap;cli 200000' out && ok "report adds profiles up" || bad "report: sum"

i=0
while [ $i -lt 10 ]; do
	run garbage --profile g.prof --trace --stats --timeout 2
	case $rc in 1|124|[0-9]*) [ $rc -lt 128 ] || bad "garbage: status $rc" ;; esac
	tr -d '\n\t -~' <err | grep -q . && bad "garbage: standard error has control bytes"
	"$broker" report g.prof >/dev/null 2>err2 || { bad "garbage: profile"; cat err2; }
	i=$((i + 1))
done
[ $failed = 0 ] && ok "garbage in shared memory"

# start [OPTION...]: an idle guest; $pid, and $kids when it runs
start() {
	: >out		# of the last one's word
	ENGINE=ready "$broker" run -t none --timeout 60 "$@" guest.elf </dev/null >out 2>err & pid=$!
	await grep -q ready out || bad "no vCPU process seen"
	kids=$(ps -o pid= --ppid $pid)
}
all_dead() { for k in $kids; do ps -o stat= -p $k | grep -qv '^Z' && return 1; done; return 0; }
start
kill -KILL $pid; wait $pid 2>/dev/null
await all_dead && ok "a killed broker takes the vCPU along" || bad "vCPU process $kids outlives its broker"
start --profile t.prof
kill -TERM $pid; wait $pid; rc=$?
want 143 'signal: Terminated' "SIGTERM"
"$broker" report t.prof >/dev/null && ok "its profile is written" || bad "profile after SIGTERM"
start --profile v.prof
kill -KILL $kids; wait $pid 2>/dev/null
"$broker" report v.prof >/dev/null && ok "a profile is written when the vCPU is killed" ||
	bad "profile after the vCPU's SIGKILL"
# Checkpoints, the first after a second: something is left when the broker is killed.
start --profile k.prof
await test -s k.prof; kill -KILL $pid; wait $pid 2>/dev/null
"$broker" report k.prof | grep -q 'cut off' && ok "a checkpoint survives SIGKILL" || bad "no checkpoint"
exit $failed
