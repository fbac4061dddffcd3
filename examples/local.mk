# SPDX-License-Identifier: GPL-3.0-or-later
# The examples have makefiles of their own, as a kernel has: here they are only
# called, with the guest's compiler.

# The one word that a kernel's makefile changes.
GUEST_AFTERCC = $(abs_top_builddir)/afterburner/aftercc $(GUEST_CC)
GUEST_AFTERCC_DEPS = afterburner/aftercc$(EXEEXT) afterburner/libexec/as$(EXEEXT) \
	$(srcdir)/rules/x86/full.rules

MINIKERNEL_FILES = \
	examples/minikernel/Makefile examples/minikernel/README.md \
	examples/minikernel/boot.c examples/minikernel/boot32.S \
	examples/minikernel/boot64.S examples/minikernel/check.c \
	examples/minikernel/check_64.c examples/minikernel/check_cpu.c \
	examples/minikernel/check_io.c examples/minikernel/check_irq.c \
	examples/minikernel/check_proc.c examples/minikernel/check_vm.c \
	examples/minikernel/console.c examples/minikernel/entry64.h \
	examples/minikernel/image.S examples/minikernel/kernel.h \
	examples/minikernel/kernel.ld examples/minikernel/main.c \
	examples/minikernel/mmu.h examples/minikernel/page.c \
	examples/minikernel/proc.c examples/minikernel/segment.c \
	examples/minikernel/string.c examples/minikernel/syscall.c \
	examples/minikernel/sysnum.h examples/minikernel/timer.c \
	examples/minikernel/trap.c examples/minikernel/trap32.S \
	examples/minikernel/trap64.S examples/minikernel/user.c \
	examples/minikernel/user.ld examples/minikernel/ustart.S \
	examples/minikernel/vm.c examples/minikernel/work.c examples/minikernel/x86.h
EXTRA_DIST += $(MINIKERNEL_FILES) examples/loop/run \
	examples/coreinfo/build examples/coreinfo/screen examples/coreinfo/README.md \
	examples/coreinfo/coreinfo.config examples/coreinfo/libpayload.config tests/coreinfo.sh \
	examples/memtest/build examples/memtest/screen examples/memtest/README.md \
	examples/memtest/note.S tests/memtest.sh \
	examples/grub/build examples/grub/run examples/grub/script examples/grub/README.md tests/grub.sh

MINIKERNELS = \
	examples/minikernel/minikernel32.elf \
	examples/minikernel/minikernel32-low.elf \
	examples/minikernel/minikernel64.elf
noinst_DATA += $(MINIKERNELS)

$(MINIKERNELS): $(MINIKERNEL_FILES) $(GUEST_AFTERCC_DEPS)
	$(AM_V_GEN)$(MKDIR_P) examples/minikernel && \
	$(MAKE) -s -f $(srcdir)/examples/minikernel/Makefile O=examples/minikernel \
	  CC="$(GUEST_AFTERCC)" UCC="$(GUEST_CC)" CFLAGS="$(GUEST_CFLAGS)" $@

clean-local: clean-minikernel
clean-minikernel:
	rm -f $(MINIKERNELS)
	rm -rf examples/minikernel/minikernel32.dir \
	  examples/minikernel/minikernel32-low.dir examples/minikernel/minikernel64.dir
.PHONY: clean-minikernel
