#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The feedback loop on test guests: counts are exact, whatever traps and whatever
# is patched; accesses to device memory in plain C are named, patched and trap no
# more; guests are right where what must be noted has no room for a patch.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/feedback/lib.sh"

# build DIR RULES GUEST...
build() {
	dir=$1 rules=$2; shift 2
	for g; do set -- "$@" "$work/$dir/$g.elf"; shift; done
	AFTERBURNER_RULES=$rules make -s -f "$top_srcdir/tests/guests/Makefile" O="$work/$dir" \
		CC="$top_builddir/afterburner/aftercc $GUEST_CC" "$@" >"$dir.log" 2>&1 ||
		{ cat "$dir.log"; bad "guests do not build with $rules"; exit 1; }
}

# profile NAME TARGET GUEST.elf: NAME.out, NAME.prof, NAME.txt
profile() {
	"$aftermon" run -t "$2" --timeout 120 --stats --profile "$1.prof" "$3" >"$1.out" 2>"$1.err"
	grep -q '^SUCCESS' "$1.out" || { bad "$1: the guest fails"; cat "$1.out" "$1.err"; return; }
	"$aftermon" report "$1.prof" --guest "$3" --limit 0 >"$1.txt"
}

# counts NAME HOW INLINE: what the guest printed is what the profile says; the
# operations in INLINE are done in place and have no records.
counts() {
	awk -v how="$2" -v inline=" $3 " 'NR == FNR { if ($1 == "ok") want[$2] = $3; next }
		$8 ~ /^count_/ && $5 ~ "^(" how ")$" {
			sub(/^count_/, "", $8); sub(/\+.*/, "", $8)
			if ($6 == $8) got[$8] += $2
		}
		END {
			for (op in want) {
				n++
				w = index(inline, " " op " ") ? 0 : want[op]
				if (got[op] + 0 != w) {
					print "     " op ": " got[op] + 0 " instead of " w
					wrong = 1
				}
			}
			exit wrong || n < 20
		}' "$1.out" "$1.txt" && ok "counts are exact: $1" || bad "counts are exact: $1"
}

build full x86/full.rules known-counts
build min x86/minimal.rules known-counts mmio-sites
profile full-none none full/known-counts.elf
counts full-none trap
profile full-hosted hosted full/known-counts.elf
inline="cli sti pushf popf read_cr read_seg push_seg write_seg pop_seg"
# translated code has no selectors that a stub could load
grep -q '^translated *0 ' full-hosted.err || inline=${inline%% write_seg*}
counts full-hosted call "$inline"
profile min-none none min/known-counts.elf
counts min-none trap
profile min-hosted hosted min/known-counts.elf
counts min-hosted 'trap|call'

# ---- device memory ----

profile mmio hosted min/mmio-sites.elf
"$aftermon" tune mmio.prof --guest min/mmio-sites.elf --coverage 100 -o mmio.rules ||
	bad "tune names accesses to device memory"
grep -q '^pad "mov", "movl" .* in function "apic_eoi" as mmio_write$' mmio.rules &&
	grep -q '^# 1000 traps' mmio.rules && ok "tune names accesses to device memory" ||
	{ bad "tune names accesses to device memory"; cat mmio.rules; }
build tuned "$work/mmio.rules" mmio-sites
profile tuned hosted tuned/mmio-sites.elf
cmp mmio.out tuned.out && ok "patched accesses do the same" || bad "patched accesses do the same"
left=$(awk '$1 == "mmio" { print $2 }' tuned.err)
before=$(awk '$1 == "mmio" { print $2 }' mmio.err)
[ "$left" = 0 ] && [ "$before" -gt 3000 ] && ok "traps on device memory: $before before, none after" ||
	bad "traps on device memory: $before before, $left after"
# as many calls as there were traps, place by place
for f in apic_eoi apic_poll; do
	was=$(awk -v f="^$f" '$5 == "mmio" && $8 ~ f { n += $2 } END { print n + 0 }' mmio.txt)
	is=$(awk -v f="^$f" '$5 == "call" && $6 ~ /^mmio_/ && $8 ~ f { n += $2 } END { print n + 0 }' tuned.txt)
	[ "$was" = "$is" ] && [ "$was" -ge 1000 ] && ok "$f: $was traps, then as many calls" ||
		bad "$f: $was traps, then $is calls"
done
# a write to a page table is noted, for targets that gain by it; here it stays
cat >pte.rules <<'END'
include "x86/full.rules"
pad "mov", "movl" /^%e.., / in function "map" as pte_write
END
build pte "$work/pte.rules" mmio-sites
profile pte hosted pte/mmio-sites.elf
"$top_builddir/afterload" list pte/mmio-sites.elf | grep -q ' pte_write .*map' &&
	[ "$(grep -c 'pte_write' pte.txt)" = 0 ] && cmp mmio.out pte.out && ok "pte_write" ||
	{ bad "pte_write"; grep pte_write pte.txt; }
"$top_builddir/afterload" check tuned/mmio-sites.elf >check.out && ok "every site is good" ||
	{ bad "every site is good"; cat check.out; }
exit $failed
