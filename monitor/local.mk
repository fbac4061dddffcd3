# SPDX-License-Identifier: GPL-3.0-or-later
# aftermon.  Two sets of flags: the broker is an ordinary host program; what runs
# in the vCPU processes, on odd stacks and with the guest's registers live, is
# built like wedge/core.
ENGINE_SOURCES = monitor/engine.h monitor/selectors.h monitor/engine.c monitor/engine_entry.S \
	monitor/engine_copy.c monitor/engine_debug.c monitor/engine_fast.c monitor/engine_ring.S \
	monitor/engine_host.c monitor/engine_native.c monitor/engine_seg.c monitor/engine_shadow.c \
	monitor/engine_signal.c monitor/engine_site.c monitor/engine_space.c \
	monitor/engine_trap.c monitor/engine_bt.h monitor/engine_bt.c monitor/engine_bt_mem.c \
	monitor/bt_emit.h monitor/bt_emit.c monitor/bt_addr.c \
	monitor/engine_user.c monitor/engine_window.c
VCPU_SOURCES = monitor/mon.h monitor/sys.h monitor/mon.c monitor/format.c
BROKER_SOURCES = monitor/broker.h monitor/options.h monitor/options.c \
	monitor/run.c monitor/preflight.c monitor/host.c monitor/guest.c monitor/loop.c \
	monitor/console.c monitor/gdb.c monitor/terminal.c monitor/disk.c monitor/finish.c monitor/stats.c monitor/profile_save.c \
	monitor/lastpage.c monitor/view.h monitor/view.c monitor/sandbox.c \
	monitor/boot.h monitor/boot.c monitor/boot_cpu.c monitor/boot_elf.c \
	monitor/boot_multiboot.c monitor/boot_multiboot2.c monitor/boot_pvh.c \
	monitor/boot_linux.c monitor/bzimage.c
# What reads and uses profiles.  Needs no engine.
FEEDBACK_SOURCES = monitor/report.h monitor/report.c monitor/report_print.c \
	monitor/rank.h monitor/rank.c monitor/report_diff.h monitor/report_diff.c monitor/report_html.h monitor/report_html.c monitor/report_flame.c monitor/report_annotate.c \
	monitor/source.h monitor/source.c \
	monitor/fate.h monitor/fate.c monitor/srcline.h monitor/srcline.c \
	monitor/tune.h monitor/tune.c monitor/tune_rules.c \
	monitor/import.h monitor/import.c monitor/import_kvm.c monitor/import_xen.c
MONITOR_LIBS = libfeedback.a libloader.a libab.a $(ZYDIS_LIBS) $(ZLIB_LIBS) $(LZMA_LIBS) \
	$(DW_LIBS)

if HOSTED
noinst_LIBRARIES += libvcpu.a libbroker.a libengine.a libfeedback.a
libvcpu_a_SOURCES = $(VCPU_SOURCES)
libvcpu_a_CFLAGS = $(CORE_CFLAGS) -O2 -fPIE
libengine_a_SOURCES = $(ENGINE_SOURCES)
libengine_a_CFLAGS = $(CORE_CFLAGS) -O2 -fPIE
libbroker_a_SOURCES = $(BROKER_SOURCES)
libfeedback_a_SOURCES = $(FEEDBACK_SOURCES)
libfeedback_a_CPPFLAGS = $(AM_CPPFLAGS) $(DW_CPPFLAGS)

bin_PROGRAMS += monitor/aftermon
monitor_aftermon_SOURCES = monitor/main.c
monitor_aftermon_CFLAGS = $(AM_CFLAGS) -fPIE
monitor_aftermon_LDFLAGS = $(AM_LDFLAGS) -pie
monitor_aftermon_LDADD = libbroker.a libengine.a libbroker.a libvcpu.a \
	wedge/core/libcore.a $(MONITOR_LIBS)
else
EXTRA_DIST += $(ENGINE_SOURCES) $(VCPU_SOURCES) $(BROKER_SOURCES) \
	$(FEEDBACK_SOURCES) monitor/main.c
endif
