# SPDX-License-Identifier: GPL-3.0-or-later
# Damaged kernels under aftermon: a short run; ./run-tests --full gives it hours.
TESTS += tests/fuzz-guests.sh
EXTRA_DIST += tests/fuzz-guests.sh tests/fuzz/mutate.c
