# SPDX-License-Identifier: GPL-3.0-or-later
# wedge/core is built three times from one list:
#   libcore.a        for aftermon.  Runs on odd stacks while the guest's FPU and
#                    segment registers are live: general registers only, no
#                    calls into libc, never a sanitizer.
#   libcore_test.a   for the unit tests, with whatever configure was asked for
#   core-freestanding.o  as a target's wedge takes it; a test looks at its symbols
CORE_CPU_SOURCES = \
	wedge/core/core.h wedge/core/cpu.h wedge/core/bytes.h \
	wedge/core/machine.c wedge/core/mmu.c wedge/core/mem.c \
	wedge/core/seg.c wedge/core/far.c wedge/core/task.c wedge/core/excp.c \
	wedge/core/emul.c wedge/core/rows.c wedge/core/ops_ctl.c \
	wedge/core/ops_seg.c wedge/core/ops_cr.c wedge/core/ops_io.c \
	wedge/core/string.c wedge/core/cpuid.c wedge/core/msr.c \
	wedge/core/alu.c wedge/core/gen.c wedge/core/gen_stack.c wedge/core/gen_misc.c \
	wedge/core/gen_native.c wedge/core/decode.c wedge/core/decode.h
CORE_DEV_SOURCES = \
	wedge/core/dev.h wedge/core/io.c wedge/core/fw.c \
	wedge/core/dev_pic.c wedge/core/dev_pit.c wedge/core/dev_rtc.c \
	wedge/core/dev_uart.c wedge/core/dev_misc.c wedge/core/dev_kbd.c \
	wedge/core/dev_lapic.c wedge/core/dev_ioapic.c wedge/core/dev_pci.c \
	wedge/core/dev_ata.c wedge/core/dev_crtc.c wedge/core/dev_virtio.c
CORE_SOURCES = $(CORE_CPU_SOURCES) $(CORE_DEV_SOURCES)

CORE_CFLAGS = -std=gnu11 -Wall -Wextra -Wno-unused-parameter -Wmissing-prototypes \
	-Wstrict-prototypes -Wvla -Wundef -ffreestanding -fno-builtin \
	-fno-stack-protector -mgeneral-regs-only \
	-include $(top_srcdir)/wedge/core/bytes.h

noinst_LIBRARIES += wedge/core/libcore.a
wedge_core_libcore_a_SOURCES = $(CORE_SOURCES)
wedge_core_libcore_a_CFLAGS = $(CORE_CFLAGS)

check_LIBRARIES += wedge/core/libcore_test.a
wedge_core_libcore_test_a_SOURCES = $(CORE_SOURCES)
wedge_core_libcore_test_a_CFLAGS = $(AB_CFLAGS)

core-freestanding.o: $(CORE_SOURCES)
	$(AM_V_GEN)rm -rf core-freestanding.d && mkdir core-freestanding.d && \
	for f in $(CORE_SOURCES); do \
	  case $$f in *.c) ;; *) continue ;; esac; \
	  if test -f $$f; then src=$$f; else src=$(srcdir)/$$f; fi; \
	  $(GUEST_CC) -m64 $(GUEST_CFLAGS) $(CORE_CFLAGS) -I$(top_srcdir)/include \
	    -I$(top_srcdir)/wedge -c $$src \
	    -o core-freestanding.d/`basename $$f .c`.o || exit 1; \
	done && \
	$(LD_R) -r -o $@ core-freestanding.d/*.o && rm -rf core-freestanding.d
LD_R = ld
CLEANFILES += core-freestanding.o
