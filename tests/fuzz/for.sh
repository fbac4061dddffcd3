# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the fuzzers.

# CPU seconds that children have used, to $fuzz_cpu: a subshell has no such children
fuzz_cpu() {	# fuzz_cpu LOG
	times >"$1.times"
	fuzz_cpu=$(awk 'NR == 2 { gsub("[ms]", " "); print int($1 * 60 + $2 + $3 * 60 + $4) }' "$1.times")
}

# fuzz_for SECONDS LOG COMMAND...: a libFuzzer program until it has had SECONDS of
# CPU time, however busy the machine is: again and again, since libFuzzer counts the
# time on the wall; its first folder keeps what it has learned.  A single input may
# take long for the same reason.
fuzz_for() {
	fuzz_want=$1 fuzz_log=$2; shift 2
	: >"$fuzz_log"
	fuzz_cpu "$fuzz_log"
	fuzz_from=$fuzz_cpu
	while :; do
		"$@" -timeout=300 -max_total_time=$((fuzz_want < 60 ? fuzz_want : 60)) \
			>>"$fuzz_log" 2>&1 || return
		fuzz_cpu "$fuzz_log"
		fuzz_used=$((fuzz_cpu - fuzz_from))
		[ $fuzz_used -lt $fuzz_want ] || break
		# a short run of a test is short
		[ $fuzz_want -ge 60 ] || break
	done
	echo "$fuzz_used s of CPU time, $(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$fuzz_log" |
		awk '{ n += $1 } END { print n + 0 }') inputs"
}
