# SPDX-License-Identifier: GPL-3.0-or-later
# Tests of afterburner and aftercc.
check_PROGRAMS += tests/identity/objcmp tests/identity/notes
tests_identity_notes_LDADD = libab.a $(ZYDIS_LIBS)
tests_identity_objcmp_LDADD = libab.a $(ZYDIS_LIBS)

TESTS += tests/golden.sh tests/aftercc.sh tests/live.sh tests/errors.sh \
	tests/fuzz-afterburner.sh
dist_noinst_SCRIPTS += tests/golden.sh tests/aftercc.sh tests/live.sh tests/errors.sh \
	tests/fuzz-afterburner.sh
EXTRA_DIST += tests/golden tests/live tests/errors tests/fuzz/fuzz_afterburner.c \
	tests/fuzz/afterburner.dict
