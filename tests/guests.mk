# SPDX-License-Identifier: GPL-3.0-or-later
# The test guests: each a kernel of its own, run natively and under aftermon.
# tests/guests/run.sh says how; its log holds one line a run.
GUESTS = \
	tests/guests/cli-ring3.elf \
	tests/guests/pushf-if0.elf
GUEST_RUNTIME = \
	tests/guests/Makefile tests/guests/lib/boot.S tests/guests/lib/guest.h \
	tests/guests/lib/guest.ld tests/guests/lib/runtime.c \
	examples/minikernel/trap32.S examples/minikernel/console.c \
	examples/minikernel/string.c examples/minikernel/kernel.h \
	examples/minikernel/x86.h examples/minikernel/mmu.h
EXTRA_DIST += $(GUEST_RUNTIME) tests/guests/run.sh $(GUESTS:.elf=.c)
TESTS += $(GUESTS)
TEST_EXTENSIONS += .elf
ELF_LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/guests/run.sh

GUEST_MAKE = $(MAKE) -s -f $(srcdir)/tests/guests/Makefile O=tests/guests \
	CC="$(GUEST_AFTERCC)" CFLAGS="$(GUEST_CFLAGS)"
tests/guests/runtime.stamp: $(GUEST_RUNTIME) $(GUEST_AFTERCC_DEPS)
	$(AM_V_GEN)$(MKDIR_P) tests/guests/lib && $(GUEST_MAKE) lib && touch $@
CLEANFILES += $(GUESTS) $(GUESTS:.elf=.o) tests/guests/lib/*.o tests/guests/runtime.stamp
