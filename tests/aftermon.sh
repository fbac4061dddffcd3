# SPDX-License-Identifier: GPL-3.0-or-later
# For tests that run guests: what aftermon can do here, asked of itself.  Source it
# with $top_builddir set.  $aftermon is the program; $no_guests says why it cannot run
# guests, or is empty.
aftermon=$top_builddir/monitor/aftermon
no_guests=
if test ! -x "$aftermon"; then
	no_guests='aftermon is not built here'
elif ! ab_host=$("$aftermon" host 2>&1); then
	no_guests=${ab_host#aftermon: error: }
fi

# host_has NAME: its value in `aftermon host` ("yes", "no"...)
host_has() { printf '%s\n' "$ab_host" | sed -n "s/^$1 \([^ ]*\) .*/\1/p"; }

# Ring 3 in processes of its own: that is of 32-bit segments, where there are any;
# elsewhere, and unless they are asked for, the guest is translated.
separate='--user separate'
test "$(host_has engine)" != segments || separate="$separate --engine segments"

# need_guests: end the test as skipped where no guest can run
need_guests()
{
	test -z "$no_guests" || { echo "SKIP: $no_guests"; exit 77; }
}

# no_limits: why --user limits cannot be had here, or nothing
no_limits()
{
	if test "$(host_has engine)" = translate; then
		echo 'this host has no 32-bit segments'
	elif test "$(host_has limits)" = no; then
		echo 'this host does not check the limits of segments'
	fi
}
