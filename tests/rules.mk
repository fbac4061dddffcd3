# SPDX-License-Identifier: GPL-3.0-or-later
# Tests of the rule language.
check_PROGRAMS += tests/unit/test_rules tests/rulesdump
TESTS += tests/unit/test_rules tests/rules-errors.sh tests/rules-print.sh \
	tests/fuzz-rules.sh

RULES_LIBS = librules.a libab.a $(PCRE2_LIBS) $(ZYDIS_LIBS)
tests_unit_test_rules_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_rules_LDADD = $(RULES_LIBS) $(CHECK_LIBS)
tests_rulesdump_LDADD = $(RULES_LIBS)

dist_noinst_SCRIPTS += tests/rules-errors.sh tests/rules-print.sh \
	tests/fuzz-rules.sh
EXTRA_DIST += tests/rules-errors tests/fuzz/fuzz_rules.c tests/fuzz/rules.dict \
	tests/fuzz/rules
