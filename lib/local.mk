# SPDX-License-Identifier: GPL-3.0-or-later
# The host library.  Programs that use the decoder also link $(ZYDIS_LIBS).
noinst_LIBRARIES += libab.a
libab_a_SOURCES = lib/diag.c lib/diag.h lib/file.c lib/file.h lib/decode.h lib/decode_raw.h \
	lib/decode.c lib/optable.c lib/nops.c \
	lib/elfview.c lib/elfview.h lib/note.c lib/note.h lib/out.c lib/out.h \
	lib/profile.c lib/profile_read.c lib/profile.h lib/cmdline.c lib/cmdline.h
