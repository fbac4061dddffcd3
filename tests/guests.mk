# SPDX-License-Identifier: GPL-3.0-or-later
# The test guests: each a kernel of its own, run natively and under aftermon.
# tests/guests/run.sh says how; a guest's log holds one line a run.
GUESTS = \
	tests/guests/a20.elf \
	tests/guests/ac-fault.elf \
	tests/guests/ac-flag.elf \
	tests/guests/access-matrix.elf \
	tests/guests/accessed-bit.elf \
	tests/guests/accessed-dirty.elf \
	tests/guests/acpi-poweroff.elf \
	tests/guests/acpi-tables.elf \
	tests/guests/ata-identify.elf \
	tests/guests/bad-cr3.elf \
	tests/guests/bad-stack.elf \
	tests/guests/bad-tables.elf \
	tests/guests/boot-stack.elf \
	tests/guests/call-gate.elf \
	tests/guests/cga-text.elf \
	tests/guests/cli-ring3.elf \
	tests/guests/cmos-memsize.elf \
	tests/guests/code-at-zero.elf \
	tests/guests/code-limit.elf \
	tests/guests/code16.elf \
	tests/guests/conforming.elf \
	tests/guests/copied-code.elf \
	tests/guests/copied-kernel.elf \
	tests/guests/copied-window.elf \
	tests/guests/cpuid-consistency.elf \
	tests/guests/cr-bits.elf \
	tests/guests/debugregs.elf \
	tests/guests/deep-stack.elf \
	tests/guests/double-fault.elf \
	tests/guests/esp0-fresh.elf \
	tests/guests/entry-limited-ds.elf \
	tests/guests/exception-table-site.elf \
	tests/guests/exit-status.elf \
	tests/guests/expand-down.elf \
	tests/guests/far-transfer.elf \
	tests/guests/fault-in-frame-push.elf \
	tests/guests/fetch-faults.elf \
	tests/guests/fpu-context.elf \
	tests/guests/fpu-error.elf \
	tests/guests/garbage.elf \
	tests/guests/global-pages.elf \
	tests/guests/host-exec.elf \
	tests/guests/host-kill.elf \
	tests/guests/host-memory.elf \
	tests/guests/host-open.elf \
	tests/guests/host-ptrace.elf \
	tests/guests/host-registers.elf \
	tests/guests/host-socket.elf \
	tests/guests/host-syscall32.elf \
	tests/guests/host-user.elf \
	tests/guests/idle.elf \
	tests/guests/insn-forms.elf \
	tests/guests/insn-user.elf \
	tests/guests/int-gates.elf \
	tests/guests/int80-ring0.elf \
	tests/guests/invlpg-stale.elf \
	tests/guests/ioapic.elf \
	tests/guests/iopl3.elf \
	tests/guests/iret-faults.elf \
	tests/guests/iret-flags.elf \
	tests/guests/iret-ring3.elf \
	tests/guests/irq-ip-range.elf \
	tests/guests/irq-on-time.elf \
	tests/guests/kbd-keys.elf \
	tests/guests/kbd-reset.elf \
	tests/guests/kbd-selftest.elf \
	tests/guests/known-counts.elf \
	tests/guests/lapic.elf \
	tests/guests/lapic-mmio.elf \
	tests/guests/lar-lsl-verr.elf \
	tests/guests/late-tables.elf \
	tests/guests/ldt.elf \
	tests/guests/loaded-kernel.elf \
	tests/guests/low-memory.elf \
	tests/guests/many-cr3.elf \
	tests/guests/mmio-forms.elf \
	tests/guests/mmio-fpu.elf \
	tests/guests/mmio-sites.elf \
	tests/guests/mov-ss-shadow.elf \
	tests/guests/mouse.elf \
	tests/guests/mp-table.elf \
	tests/guests/msrs.elf \
	tests/guests/multiboot-memmap.elf \
	tests/guests/much-code.elf \
	tests/guests/nested-irq.elf \
	tests/guests/nm-kernel.elf \
	tests/guests/nm-ts.elf \
	tests/guests/no-stack.elf \
	tests/guests/not-present.elf \
	tests/guests/null-selector.elf \
	tests/guests/null-use.elf \
	tests/guests/one-store.elf \
	tests/guests/operand-forms.elf \
	tests/guests/own-hlt.elf \
	tests/guests/pae-matrix.elf \
	tests/guests/pae-nx.elf \
	tests/guests/paging-off-on.elf \
	tests/guests/pc-testdev.elf \
	tests/guests/pci-hostbridge.elf \
	tests/guests/pf-codes.elf \
	tests/guests/pic.elf \
	tests/guests/pit-modes.elf \
	tests/guests/pit-tsc.elf \
	tests/guests/popf-cpl3.elf \
	tests/guests/popf-if.elf \
	tests/guests/pse-4m.elf \
	tests/guests/pte-edit-other-cr3.elf \
	tests/guests/push-cs.elf \
	tests/guests/pushf-if0.elf \
	tests/guests/rdmsr-gp.elf \
	tests/guests/rep-faults.elf \
	tests/guests/rep-insw.elf \
	tests/guests/rep-irq.elf \
	tests/guests/rep-limits.elf \
	tests/guests/rep-wrap.elf \
	tests/guests/ring1.elf \
	tests/guests/ring1-site.elf \
	tests/guests/rings.elf \
	tests/guests/random-code.elf \
	tests/guests/rtc.elf \
	tests/guests/scattered-1g.elf \
	tests/guests/segment-base.elf \
	tests/guests/segment-limit.elf \
	tests/guests/self-map.elf \
	tests/guests/shifted-segments.elf \
	tests/guests/single-step.elf \
	tests/guests/single-step-ends.elf \
	tests/guests/single-step-irq.elf \
	tests/guests/single-step-rep.elf \
	tests/guests/single-step-shadow.elf \
	tests/guests/single-step-rings.elf \
	tests/guests/single-step-sites.elf \
	tests/guests/site-transparency.elf \
	tests/guests/smc-forms.elf \
	tests/guests/smc-over-site.elf \
	tests/guests/ss-pairs.elf \
	tests/guests/space-edits.elf \
	tests/guests/space-global.elf \
	tests/guests/space-recycled.elf \
	tests/guests/sse-context.elf \
	tests/guests/sse-off.elf \
	tests/guests/stack-insns.elf \
	tests/guests/sti-hlt-race.elf \
	tests/guests/sti-loop.elf \
	tests/guests/sti-shadow.elf \
	tests/guests/str-sldt-sgdt.elf \
	tests/guests/string-io-page.elf \
	tests/guests/sysenter-ring3.elf \
	tests/guests/tables-demand.elf \
	tests/guests/task-switch.elf \
	tests/guests/teaching.elf \
	tests/guests/triple-fault.elf \
	tests/guests/tss-iobitmap.elf \
	tests/guests/uart.elf \
	tests/guests/uart-input.elf \
	tests/guests/unmapped-mmio-ones.elf \
	tests/guests/user-int80.elf \
	tests/guests/user-reads-kernel.elf \
	tests/guests/user-code16.elf \
	tests/guests/user-tls.elf \
	tests/guests/vex-high.elf \
	tests/guests/virtio-blk.elf \
	tests/guests/vm86.elf \
	tests/guests/vsyscall.elf \
	tests/guests/ways.elf \
	tests/guests/ways-irq.elf \
	tests/guests/wp-toggle.elf \
	tests/guests/wp0-write.elf
GUEST_RUNTIME = \
	tests/guests/guests.rules tests/guests/Makefile tests/guests/README.md tests/guests/lib/boot.S tests/guests/lib/copied.h tests/guests/lib/guest.h \
	tests/guests/lib/guest.ld tests/guests/lib/host.h tests/guests/lib/runtime.c \
	tests/guests/lib/rings.h tests/guests/lib/steps.h
EXTRA_DIST += tests/aftermon.sh $(GUEST_RUNTIME) tests/insn-forms.h tests/guests/run.sh tests/guests/minikernel.sh $(GUESTS:.elf=.c)
TESTS += $(GUESTS) tests/guests/minikernel.sh
TEST_EXTENSIONS += .elf
ELF_LOG_COMPILER = $(LOG_COMPILER) $(SHELL) $(top_srcdir)/tests/guests/run.sh

GUEST_MAKEFLAGS = -s -f $(srcdir)/tests/guests/Makefile O=tests/guests \
	CC="$(GUEST_AFTERCC)" CFLAGS="$(GUEST_CFLAGS)"
tests/guests/runtime.stamp: $(GUEST_RUNTIME) $(MINIKERNEL_FILES) $(GUEST_AFTERCC_DEPS)
	$(AM_V_GEN)$(MKDIR_P) tests/guests/lib && rm -f tests/guests/lib/*.o && \
	$(MAKE) $(GUEST_MAKEFLAGS) lib && touch $@
SUFFIXES = .c .elf
.c.elf:
	$(AM_V_GEN)$(MAKE) $(GUEST_MAKEFLAGS) $@
$(GUESTS): tests/guests/runtime.stamp
CLEANFILES += $(GUESTS) $(GUESTS:.elf=.o) tests/guests/lib/*.o tests/guests/runtime.stamp
