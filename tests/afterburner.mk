# SPDX-License-Identifier: GPL-3.0-or-later
# Tests of afterburner and aftercc.
check_PROGRAMS += tests/identity/objcmp tests/identity/notes
tests_identity_notes_LDADD = libab.a $(ZYDIS_LIBS)
tests_identity_objcmp_SOURCES = tests/identity/objcmp.c tests/identity/objcmp.h \
	tests/identity/cficmp.c tests/identity/dwarfcmp.c
tests_identity_objcmp_CPPFLAGS = $(AM_CPPFLAGS) $(DW_CPPFLAGS)
tests_identity_objcmp_LDADD = libab.a $(ZYDIS_LIBS) $(DW_LIBS)

TESTS += tests/golden.sh tests/aftercc.sh tests/live.sh tests/live-brute.sh tests/errors.sh \
	tests/fuzz-afterburner.sh tests/mnemonics.sh tests/identity.sh tests/objcmp.sh \
	tests/random-asm.sh
dist_noinst_SCRIPTS += tests/golden.sh tests/aftercc.sh tests/live.sh tests/live-brute.sh tests/errors.sh \
	tests/fuzz-afterburner.sh tests/mnemonics.sh tests/identity.sh tests/objcmp.sh \
	tests/random-asm.sh
EXTRA_DIST += tests/golden tests/live tests/errors tests/fuzz/fuzz_afterburner.c \
	tests/fuzz/afterburner.dict tests/fuzz/for.sh \
	tests/identity/random.py

check_PROGRAMS += tests/unit/test_afterburner
TESTS += tests/unit/test_afterburner
tests_unit_test_afterburner_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_afterburner_LDADD = libburn.a librules.a libab.a $(PCRE2_LIBS) \
	$(ZYDIS_LIBS) $(CHECK_LIBS)
