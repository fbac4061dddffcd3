#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh [-v] GUEST.elf...: run test guests natively (in QEMU: the truth), under
# aftermon -t none, and under aftermon -t hosted, and compare what they print.
# Guests that have a ring 3 run once more with --user separate; where the host has
# 32-bit segments, all of them once more translated, as elsewhere.
# One line a run: "NAME.TARGET ok|FAILED|skipped".  -v shows the output as well.
# GUEST_TARGETS (default "native none hosted separate translated") chooses the runs.
#
# A guest's source says in its first comment what is unusual about it:
#	Memory: MIB		how much RAM (default 64)
#	Qemu: OPTIONS		for QEMU only
#	Disk: yes, virtio	a disk of 1 MiB; sector N begins with "sector N";
#				natively the one of the two that is driven
#	Input: TEXT		what is typed; without it, nothing is
#	Options: OPTIONS	for aftermon only
#	Engine: segments	no going over to translation, but where it is asked for
#	Native: no, REASON	QEMU is not the truth here
#	Hosted: no, REASON	a limit of -t hosted that the manual states
#	Segments: no, REASON	a limit of guest code in 32-bit segments, likewise
#	Segments: left, REASON	the same, where aftermon goes over to translation
#	Ends: shutdown		by a triple fault (natively: a reset)
#	Ends: status N		with exit status N, natively and not
#	Ends: killed		natively SUCCESS; a target ends it, and says why, or
#				does as the processor does
#	Ends: any		natively SUCCESS; a target must just survive it
#	Ends: unsupported	natively SUCCESS; a target does it as well, or says
#				where it met what it does not have
#	Idle: yes		a target must use less than a second of CPU time
# Exit status: 0 all as it should be, 1 not, 77 nothing could be run.

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${top_builddir:=.}"
: "${GUEST_TARGETS:=native none hosted separate translated}"
: "${QEMU_I386=qemu-system-i386}"
. "$top_srcdir/tests/aftermon.sh"
limit=240		# generous: the host may be busy
verbose=
test "$1" = -v && { verbose=yes; shift; }

work=$(mktemp -d "${TMPDIR:-/tmp}/guests.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$work"

# What must hold must hold for an ordinary user.
as_user=
if test "$(id -u)" = 0 && command -v setpriv >/dev/null &&
   setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$aftermon"; then
	as_user='setpriv --reuid=65534 --regid=65534 --clear-groups'
fi

# On a host that is QEMU's emulation, segments are what they are there.
in_tcg= engine=$(host_has engine)
test "$engine$(host_has limits)" != segmentsno || in_tcg=yes

tags() # what the guest's source says: one variable a tag
{
	memory= qemu= disk= input= options= native= limit_of= stay= segments= ends= idle=
	{
		read -r line
		while IFS= read -r line; do
			value=${line#*: }
			case $line in
			*"*/"*) break ;;
			*"* Memory: "*) memory=$value ;;
			*"* Qemu: "*) qemu=$value ;;
			*"* Disk: "*) disk=$value ;;
			*"* Input: "*) input=$value ;;
			*"* Options: "*) options=$value ;;
			*"* Engine: segments") test "$engine" != segments || stay='--engine segments' ;;
			*"* Native: "*) native=$value ;;
			*"* Hosted: "*) limit_of=$value ;;
			*"* Segments: "*) segments=$value ;;
			*"* Ends: "*) ends=$value ;;
			*"* Idle: "*) idle=$value ;;
			esac
		done
	} < "$source"
}

disk_make()
{
	i=0
	while test $i -lt 2048; do
		printf '%-512s' "sector $i"
		i=$((i + 1))
	done > "$work/disk"
	chmod 666 "$work/disk"
}

cpu_time() # of all children so far, in hundredths of a second
{
	times > "$work/times"
	awk -F '[ms ]+' 'NR == 2 { printf "%d", ($1 + $3) * 6000 + ($2 + $4) * 100 }' \
		"$work/times"
}

bad=0 ran=0
result() # target ok|FAILED|skipped [why]
{
	echo "$name.$1 $2${3:+: $3}"
	case $2 in
	ok) ran=1 ;;
	FAILED)
		ran=1 bad=1
		sed 's/^/    | /' "$work/$1.out" "$work/$1.err" | head -n 60
		;;
	esac
	test -z "$verbose" || sed 's/^/    /' "$work/$1.out"
}

run_native()
{
	: > "$work/native.out"; : > "$work/native.err"
	case $native in
	no*) result native skipped "${native#no, }"; return ;;
	esac
	command -v "${QEMU_I386:-none}" >/dev/null || {
		result native skipped 'qemu-system-i386 is not installed'
		return
	}
	# shellcheck disable=SC2086
	timeout -k 10 $limit "$QEMU_I386" -m "$memory" $qemu ${disk:+-drive
		file=$work/disk,format=raw,if=$interface} -display none -no-reboot \
		-nodefaults -serial stdio -monitor none \
		-device isa-debug-exit,iobase=0xf4,iosize=4 -kernel "$guest" \
		> "$work/native.out" 2> "$work/native.err" < "$work/input"
	status=$?
	case $ends in
	shutdown) want=0 ;;
	status*) want=${ends#status } ;;
	*) want=1 ;;
	esac
	if test $status != "$want"; then
		result native FAILED "status $status, not $want"
	elif test "$want" = 1 && ! grep -q '^SUCCESS$' "$work/native.out"; then
		result native FAILED 'no SUCCESS'
	else
		result native ok
		cp "$work/native.out" "$work/truth"
	fi
}

# Under aftermon.  $1: how it is called here; the rest: its options.
run_target()
{
	t=$1
	shift
	: > "$work/$t.out"; : > "$work/$t.err"
	case $t$limit_of in
	hostedno* | separateno* | translatedno*) result "$t" skipped "${limit_of#no, }"; return ;;
	esac
	case $engine.$t.$segments in
	segments.translated.*) ;;
	segments.separate.left*) result "$t" skipped "${segments#left, }"; return ;;
	segments.*.no*) result "$t" skipped "${segments#no, }"; return ;;
	esac
	test -z "$no_guests" || { result "$t" skipped "$no_guests"; return; }
	case $in_tcg$native in
	"yesno, QEMU's TCG does not "*) result "$t" skipped "${native#no, }"; return ;;
	esac
	test -z "$idle" || cpu=$(cpu_time)
	# shellcheck disable=SC2086
	timeout -k 10 $((limit + 10)) $as_user "$aftermon" run "$@" $options -m "${memory}M" \
		${disk:+--disk "$work/disk"} --timeout $limit "$guest" \
		> "$work/$t.out" 2> "$work/$t.err" < "$work/input"
	status=$?
	test -z "$idle" || cpu=$(($(cpu_time) - cpu))
	case $ends in
	shutdown)
		if test $status = 0 || test $status -ge 124; then
			result "$t" FAILED "status $status"
		elif ! grep -qi 'eip' "$work/$t.err" "$work/$t.out"; then
			result "$t" FAILED 'no registers were printed'
		else
			result "$t" ok
		fi
		return ;;
	killed)
		if test $status = 0 || test $status -ge 124; then
			result "$t" FAILED "status $status"
		elif test $status = 1 && grep -q '^SUCCESS$' "$work/$t.out"; then
			result "$t" ok		# translated code never got there
		elif ! grep -qi 'system call' "$work/$t.err"; then
			result "$t" FAILED 'it does not say why'
		else
			result "$t" ok
		fi
		return ;;
	unsupported)
		if test $status != 1 || ! grep -q '^SUCCESS$' "$work/$t.out"; then
			if test $status = 0 || test $status -ge 124; then
				result "$t" FAILED "status $status"
			elif ! grep -q 'error: ' "$work/$t.err" || ! grep -q '^  eip ' "$work/$t.err"; then
				result "$t" FAILED 'it does not say why and where'
			else
				result "$t" ok "$(sed -n 's/^.*error: //p' "$work/$t.err" | head -n 1)"
			fi
			return
		fi ;;
	any)
		if test $status -ge 124; then
			result "$t" FAILED "status $status"
		else
			result "$t" ok
		fi
		return ;;
	esac
	case $ends in
	status*) want=${ends#status } ;;
	*) want=1 ;;
	esac
	if test $status != "$want"; then
		result "$t" FAILED "status $status, not $want"
	elif test -n "$idle" && test "$cpu" -ge 100; then
		result "$t" FAILED "idle, but 0.01 s x $cpu of CPU time"
	elif test -f "$work/truth" && ! cmp -s "$work/truth" "$work/$t.out"; then
		diff "$work/truth" "$work/$t.out" > "$work/diff"
		mv "$work/diff" "$work/$t.out"		# what is shown
		result "$t" FAILED 'prints something else than natively'
	elif test "$want" = 1 && ! grep -q '^SUCCESS$' "$work/$t.out"; then
		result "$t" FAILED 'no SUCCESS'
	else
		result "$t" ok
	fi
}

for guest; do
	name=$(basename "$guest" .elf)
	source=$top_srcdir/tests/guests/$name.c
	test -f "$source" || { echo "run.sh: no source of $guest" >&2; exit 1; }
	test -f "$guest" || { echo "$name FAILED: $guest is not built"; bad=1; continue; }
	rm -f "$work/truth"
	tags
	interface=ide
	test "$disk" != virtio || interface=virtio
	printf %s "$input" > "$work/input"
	: "${memory:=64}"
	for target in $GUEST_TARGETS; do
		test -z "$disk" || disk_make
		case $target in
		native) run_native ;;
		none) run_target none -t none $stay ;;
		hosted) run_target hosted -t hosted $stay ;;
		separate)
			case $options in *--user*) continue ;; esac
			! grep -q 'user_run\|user_enter' "$source" ||
				run_target separate -t hosted $separate ;;
		translated)
			test "$engine" = segments || continue
			run_target translated -t hosted --engine translate ;;
		*) echo "run.sh: no target '$target'" >&2; exit 1 ;;
		esac
	done
done
test $bad = 0 || exit 1
test $ran = 1 || exit 77
