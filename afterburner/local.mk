# SPDX-License-Identifier: GPL-3.0-or-later
# The post-processor, the assembler that stands in for the compiler's, and the
# build wrapper.  The two programs of the first kind start once for each object:
# they are linked statically where that works.
noinst_LIBRARIES += libburn.a
libburn_a_SOURCES = afterburner/args.c afterburner/args.h \
	afterburner/burn.c afterburner/burn.h afterburner/bytes.c \
	afterburner/bytes.h afterburner/emit.c \
	afterburner/emit.h afterburner/follow.c afterburner/func.c \
	afterburner/index.c afterburner/index.h \
	afterburner/keep.c afterburner/keep.h \
	afterburner/live.c afterburner/live.h afterburner/live_insn.c \
	afterburner/macro.c afterburner/macro.h afterburner/options.c \
	afterburner/options.h afterburner/param.c afterburner/param.h \
	afterburner/record.c afterburner/record.h \
	afterburner/report.c afterburner/report.h afterburner/scan.c \
	afterburner/scan.h afterburner/sect.c afterburner/sect.h \
	afterburner/unit.c afterburner/unit.h afterburner/words.c \
	afterburner/words.h

AB_LIBEXECDIR = $(pkglibexecdir)

bin_PROGRAMS += afterburner/afterburner afterburner/aftercc
afterburner_afterburner_SOURCES = afterburner/main.c
afterburner_afterburner_LDFLAGS = $(AM_LDFLAGS) $(AB_STATIC)
afterburner_afterburner_LDADD = libburn.a librules.a libab.a $(PCRE2_LIBS)

pkglibexec_PROGRAMS = afterburner/libexec/as
afterburner_libexec_as_SOURCES = afterburner/as.c
afterburner_libexec_as_LDFLAGS = $(AM_LDFLAGS) $(AB_STATIC)
afterburner_libexec_as_LDADD = libburn.a librules.a libab.a $(PCRE2_LIBS)

afterburner_aftercc_SOURCES = afterburner/aftercc.c afterburner/compiler.c \
	afterburner/compiler.h
afterburner_aftercc_CPPFLAGS = $(AM_CPPFLAGS) \
	-DAB_LIBEXECDIR='"$(AB_LIBEXECDIR)"'
afterburner_aftercc_LDFLAGS = $(AM_LDFLAGS) $(AB_STATIC)
afterburner_aftercc_LDADD = libab.a
