# SPDX-License-Identifier: GPL-3.0-or-later
# Tests of lib/ and loader/.
loader_guests = tests/loader/sample32.elf tests/loader/sample64.elf \
	tests/loader/refused32.elf tests/loader/bad32.elf
loader_made = $(loader_guests) tests/loader/sample64-near.elf tests/loader/sample32-stripped.elf \
	tests/loader/sample32-r.o tests/loader/data/wedge/test.o
loader_inc = $(srcdir)/tests/loader/sites.inc $(srcdir)/tests/loader/ops.inc \
	$(srcdir)/include/abi/ops.def $(srcdir)/include/abi/patchnote.h
loader_asflags = -I$(srcdir)/include -I$(srcdir)/tests/loader -c

loader_as = $(AM_V_GEN)mkdir -p tests/loader/data/wedge && f=$@ && \
	$(GUEST_CC) $(loader_asflags)
loader_ld = $(AM_V_GEN)f=$@ && $(GUEST_CC) -nostdlib -static -no-pie

tests/loader/sample64.o: $(srcdir)/tests/loader/sample64.S $(loader_inc)
	$(loader_as) -m64 $(srcdir)/tests/loader/sample64.S -o $@
tests/loader/sample32.o: $(srcdir)/tests/loader/sample32.S $(loader_inc)
	$(loader_as) -m32 $(srcdir)/tests/loader/sample32.S -o $@
tests/loader/refused32.o: $(srcdir)/tests/loader/refused32.S $(loader_inc)
	$(loader_as) -m32 $(srcdir)/tests/loader/refused32.S -o $@
tests/loader/bad32.o: $(srcdir)/tests/loader/bad32.S $(loader_inc)
	$(loader_as) -m32 $(srcdir)/tests/loader/bad32.S -o $@
tests/loader/sample64.elf: tests/loader/sample64.o
	$(loader_ld) -m64 -Wl,-Ttext=0xffffffff80100000,--build-id=sha1 $${f%.elf}.o -o $@
tests/loader/sample64-near.elf: tests/loader/sample64.o
	$(AM_V_GEN)$(GUEST_CC) -nostdlib -static -no-pie -m64 -Wl,-Ttext=0x10000000 \
	  tests/loader/sample64.o -o $@
tests/loader/sample32.elf: tests/loader/sample32.o
	$(loader_ld) -m32 -Wl,-Ttext=0xc0100000,--build-id=none $${f%.elf}.o -o $@
tests/loader/refused32.elf: tests/loader/refused32.o
	$(loader_ld) -m32 -Wl,-Ttext=0xc0100000,--build-id=none $${f%.elf}.o -o $@
tests/loader/bad32.elf: tests/loader/bad32.o
	$(loader_ld) -m32 -Wl,-Ttext=0xc0100000,--build-id=none $${f%.elf}.o -o $@
tests/loader/sample32-stripped.elf: tests/loader/sample32.elf
	$(AM_V_GEN)strip -s -o $@ tests/loader/sample32.elf
tests/loader/sample32-r.o: tests/loader/sample32.o
	$(AM_V_GEN)$(GUEST_CC) -m32 -nostdlib -r tests/loader/sample32.o -o $@
tests/loader/data/wedge/test.o: $(srcdir)/tests/loader/wedge.S $(loader_inc) \
		$(srcdir)/include/abi/wedge.h
	$(loader_as) -m32 $(srcdir)/tests/loader/wedge.S -o $@

check_DATA += $(loader_made)
CLEANFILES += $(loader_made) tests/loader/*.o
EXTRA_DIST += tests/loader/sites.inc tests/loader/ops.inc tests/loader/sample32.S \
	tests/loader/sample64.S tests/loader/refused32.S tests/loader/bad32.S \
	tests/loader/wedge.S

check_PROGRAMS += tests/unit/check_lib tests/unit/check_patch
tests_unit_check_lib_SOURCES = tests/unit/check_lib.c
tests_unit_check_lib_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_check_lib_LDADD = libab.a $(CHECK_LIBS)
tests_unit_check_patch_SOURCES = tests/unit/check_patch.c
tests_unit_check_patch_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_check_patch_LDADD = libloader.a libab.a $(ZYDIS_LIBS) $(CHECK_LIBS)
tests_unit_check_note_SOURCES = tests/unit/check_note.c
tests_unit_check_note_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_check_note_LDADD = libab.a $(CHECK_LIBS)
tests_unit_check_decode_SOURCES = tests/unit/check_decode.c
tests_unit_check_decode_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_check_decode_LDADD = libab.a $(ZYDIS_LIBS) $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_note tests/unit/check_decode
TESTS += tests/unit/check_lib tests/unit/check_note tests/unit/check_decode \
	tests/unit/check_patch

check_PROGRAMS += tests/opforms
tests_opforms_SOURCES = tests/opforms.c
tests_opforms_LDADD = libab.a $(ZYDIS_LIBS)
TESTS += tests/opforms.sh
EXTRA_DIST += tests/opforms.sh tests/opforms.privileged32 tests/opforms.privileged64

check_PROGRAMS += tests/corrupt/corrupt
tests_corrupt_corrupt_SOURCES = tests/corrupt/corrupt.c
tests_corrupt_corrupt_LDADD = libloader.a libab.a $(ZYDIS_LIBS)
TESTS += tests/corrupt/corrupt.sh
EXTRA_DIST += tests/corrupt/corrupt.sh

TESTS += tests/loader.sh tests/fuzz/elf.sh
EXTRA_DIST += tests/loader.sh tests/fuzz/elf.sh tests/fuzz/fuzz_elf.c
clean-local: clean-fuzz-elf
clean-fuzz-elf:
	rm -rf tests/fuzz/elf-corpus tests/fuzz/fuzz_elf tests/fuzz/fuzz_elf.log \
	  tests/fuzz/fuzz_elf.err
.PHONY: clean-fuzz-elf
