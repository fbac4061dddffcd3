# SPDX-License-Identifier: GPL-3.0-or-later
# Xen: guests of ours on Debian's Xen, which QEMU runs.
XEN_PV_RUNTIME = tests/xen/pv/start.S tests/xen/pv/pv.h tests/xen/pv/pv.ld
XEN_PV = tests/xen/pv/hello.xen
XEN_ERRORS = tests/xen/guests/errors-1.elf tests/xen/guests/errors-2.elf \
	tests/xen/guests/errors-3.elf tests/xen/guests/errors-4.elf \
	tests/xen/guests/errors-5.elf tests/xen/guests/errors-6.elf \
	tests/xen/guests/errors-7.elf tests/xen/guests/errors-8.elf \
	tests/xen/guests/errors-9.elf tests/xen/guests/errors-10.elf
EXTRA_DIST += tests/xen/lib.sh $(XEN_PV_RUNTIME) $(XEN_PV:.xen=.c) tests/xen/run.sh \
	tests/xen/minikernel.sh tests/xen/wedge-object.sh tests/xen/errors.sh \
	tests/xen/guests/errors.S tests/xen/README.md
if XEN
check_PROGRAMS += tests/unit/test_xen_print
TESTS += tests/unit/test_xen_print
tests_unit_test_xen_print_CPPFLAGS = -D__XEN_INTERFACE_VERSION__=0x00040e00 \
	$(AM_CPPFLAGS) -I$(srcdir)/wedge
tests_unit_test_xen_print_SOURCES = tests/unit/test_xen_print.c $(core_test_fix)
tests_unit_test_xen_print_CFLAGS = $(core_test_cflags)
tests_unit_test_xen_print_LDADD = $(CORE_TEST_LIBS)
check_DATA += $(XEN_PV) $(XEN_ERRORS)
TESTS += tests/xen/run.sh tests/xen/minikernel.sh \
	tests/xen/wedge-object.sh tests/xen/errors.sh
endif
if HOSTED
TESTS += tests/xen/xentrace.sh
endif
EXTRA_DIST += tests/xen/xentrace.sh tests/xen/xentrace/init tests/xen/xentrace/make \
	tests/xen/xentrace/ops.c tests/xen/xentrace/ops.trace.xz tests/xen/xentrace/ops.xz
CLEANFILES += $(XEN_PV) $(XEN_ERRORS)

# Kernels that were written for Xen: by the plain compiler, with no wedge.
XEN_PV_BUILD = $(GUEST_CC) -m64 -mcmodel=kernel $(GUEST_CFLAGS) -nostdlib -static \
	-Wl,--build-id=sha1,-z,max-page-size=4096,--no-warn-rwx-segments \
	-Wl,-T,$(srcdir)/tests/xen/pv/pv.ld
tests/xen/pv/hello.xen: $(srcdir)/tests/xen/pv/hello.c $(XEN_PV_RUNTIME)
	$(AM_V_GEN)$(MKDIR_P) tests/xen/pv && $(XEN_PV_BUILD) -o $@ \
	  $(srcdir)/tests/xen/pv/start.S $(srcdir)/tests/xen/pv/hello.c

# x86-64 test guests: each a kernel of its own, natively and on Xen.
GUESTS64 = \
	tests/xen/guests/bad-table.elf64 \
	tests/xen/guests/entry-bits.elf64 \
	tests/xen/guests/far-memory.elf64 \
	tests/xen/guests/halted.elf64 \
	tests/xen/guests/iretq-selectors.elf64 \
	tests/xen/guests/lapic-timer.elf64 \
	tests/xen/guests/large-pages.elf64 \
	tests/xen/guests/nested-faults.elf64 \
	tests/xen/guests/nx-levels.elf64 \
	tests/xen/guests/segment-bases.elf64 \
	tests/xen/guests/self-map.elf64 \
	tests/xen/guests/syscall-stack.elf64 \
	tests/xen/guests/tables-inactive.elf64 \
	tests/xen/guests/user-kernel-pages.elf64 \
	tests/xen/guests/user-traps.elf64 \
	tests/xen/guests/window-taken.elf64
GUEST64_RUNTIME = tests/xen/guests/Makefile tests/xen/guests/lib/guest64.h \
	tests/xen/guests/lib/guest64.ld tests/xen/guests/lib/runtime64.c \
	tests/xen/guests/lib/user64.S
EXTRA_DIST += $(GUEST64_RUNTIME) $(GUESTS64:.elf64=.c) tests/xen/guests.sh
TESTS += $(GUESTS64)
TEST_EXTENSIONS += .elf64
ELF64_LOG_COMPILER = $(LOG_COMPILER) $(SHELL) $(top_srcdir)/tests/xen/guests.sh

GUEST64_MAKEFLAGS = -s -f $(srcdir)/tests/xen/guests/Makefile O=tests/xen/guests \
	CC="$(GUEST_AFTERCC)" CFLAGS="$(GUEST_CFLAGS)"
tests/xen/guests/runtime.stamp: $(GUEST64_RUNTIME) $(MINIKERNEL_FILES) $(GUEST_AFTERCC_DEPS)
	$(AM_V_GEN)$(MKDIR_P) tests/xen/guests/lib && rm -f tests/xen/guests/lib/*.o && \
	$(MAKE) $(GUEST64_MAKEFLAGS) lib && touch $@
SUFFIXES += .elf64
.c.elf64:
	$(AM_V_GEN)$(MAKE) $(GUEST64_MAKEFLAGS) $@
$(GUESTS64): tests/xen/guests/runtime.stamp
CLEANFILES += $(GUESTS64) $(GUESTS64:.elf64=.o) tests/xen/guests/lib/*.o tests/xen/guests/runtime.stamp

# Guests that go wrong, through aftercc as any: the number is in the name.
$(XEN_ERRORS): $(srcdir)/tests/xen/guests/errors.S $(GUEST_AFTERCC_DEPS)
	$(AM_V_GEN)$(MKDIR_P) tests/xen/guests && $(GUEST_AFTERCC) -m64 \
	  -DCASE=`echo $@ | sed 's/.*-//;s/\.elf//'` \
	  -nostdlib -static -Wl,--build-id=none,-z,max-page-size=4096 \
	  -Wl,--no-warn-rwx-segments,-Ttext=0x100000,--entry=entry -o $@ \
	  $(srcdir)/tests/xen/guests/errors.S
