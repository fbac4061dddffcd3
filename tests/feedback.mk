# SPDX-License-Identifier: GPL-3.0-or-later
# Tune, import, report: from profiles to rules and back.
if HOSTED
TESTS += tests/feedback/feedback.sh tests/feedback/import.sh tests/feedback/guests.sh \
	tests/feedback/loop.sh tests/feedback/browser.sh
endif
dist_noinst_SCRIPTS += tests/feedback/feedback.sh tests/feedback/import.sh \
	tests/feedback/guests.sh tests/feedback/loop.sh tests/feedback/browser.sh
EXTRA_DIST += tests/feedback/lib.sh tests/feedback/kvm-perf.txt tests/feedback/kvm-tracecmd.txt
