# SPDX-License-Identifier: GPL-3.0-or-later
# The rule language.  Programs that link librules.a also link libab.a and
# $(PCRE2_LIBS).
noinst_LIBRARIES += librules.a
librules_a_SOURCES = rules/rules.h rules/rules_int.h rules/rules.c \
	rules/parse.y rules/scan.l rules/build.c rules/load.c rules/match.c \
	rules/print.c rules/pattern.c rules/glob.c rules/spell.c
librules_a_CPPFLAGS = $(AM_CPPFLAGS) $(PCRE2_CFLAGS)
# The header keeps the objects that include it waiting, also when only the
# library is made.
AM_YFLAGS = -d
BUILT_SOURCES += rules/parse.h
rules/librules_a-scan.$(OBJEXT) rules/librules_a-load.$(OBJEXT): rules/parse.h

nobase_dist_pkgdata_DATA += rules/x86/minimal.rules rules/x86/full.rules \
	rules/x86/sequences.rules rules/linux.rules rules/linux-minimal.rules \
	rules/linux-vdso.rules
