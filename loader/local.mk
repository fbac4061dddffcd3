# SPDX-License-Identifier: GPL-3.0-or-later
# The loader's library (aftermon uses it too) and its command.  Link
# libloader.a libab.a $(ZYDIS_LIBS).
noinst_LIBRARIES += libloader.a
libloader_a_SOURCES = loader/loader.h loader/priv.h loader/guest.c \
	loader/verify.c loader/symbols.c loader/wedge.c loader/patch.c \
	loader/image.c loader/embed.c loader/vdso.c

bin_PROGRAMS += afterload
afterload_SOURCES = loader/main.c loader/list.c loader/check.c loader/afterload.h
afterload_LDADD = libloader.a libab.a $(ZYDIS_LIBS)
