# SPDX-License-Identifier: GPL-3.0-or-later
# aftermon: its parts, the broker with an engine that plays a hostile guest, bad
# input.
if HOSTED
check_PROGRAMS += tests/unit/test_boot tests/unit/test_profile tests/unit/test_native \
	tests/unit/broker tests/unit/noldt
TESTS += tests/unit/test_boot tests/unit/test_profile tests/unit/test_native

tests_unit_test_boot_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_boot_LDADD = libbroker.a $(MONITOR_LIBS) $(CHECK_LIBS)
tests_unit_test_profile_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_profile_LDADD = libbroker.a libvcpu.a $(MONITOR_LIBS) $(CHECK_LIBS)
tests_unit_test_native_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_native_LDADD = libengine.a libvcpu.a libab.a $(ZYDIS_LIBS) $(CHECK_LIBS)

tests_unit_broker_SOURCES = monitor/main.c tests/unit/broker_engine.c
tests_unit_broker_CFLAGS = $(AM_CFLAGS) -fPIE
tests_unit_broker_LDFLAGS = $(AM_LDFLAGS) -pie
tests_unit_broker_LDADD = libbroker.a libvcpu.a libbroker.a \
	wedge/core/libcore.a $(MONITOR_LIBS)
endif
if HOSTED
TESTS += tests/monitor/broker.sh tests/monitor/badinput.sh tests/monitor/badguest.sh \
	tests/monitor/vsyscall.sh \
	tests/monitor/terminal.sh tests/monitor/gdb.sh tests/monitor/host.sh \
	tests/monitor/stats.sh tests/monitor/unnoted.sh
tests/monitor/vsyscall.log: tests/guests/vsyscall.elf
tests/monitor/stats.log: tests/guests/sti-shadow.elf tests/guests/scattered-1g.elf \
	tests/guests/known-counts.elf tests/guests/vm86.elf
tests/monitor/unnoted.log: tests/guests/cpuid-consistency.elf tests/guests/popf-if.elf \
	tests/guests/push-cs.elf tests/guests/str-sldt-sgdt.elf
tests/monitor/host.log: tests/guests/a20.elf tests/guests/segment-base.elf
endif
dist_noinst_SCRIPTS += tests/monitor/broker.sh tests/monitor/badinput.sh tests/monitor/badguest.sh \
	tests/monitor/vsyscall.sh \
	tests/monitor/terminal.sh tests/monitor/gdb.sh tests/monitor/host.sh \
	tests/monitor/stats.sh tests/monitor/unnoted.sh
EXTRA_DIST += tests/monitor/lib.sh
TESTS += tests/fuzz-monitor.sh
dist_noinst_SCRIPTS += tests/fuzz-monitor.sh
EXTRA_DIST += tests/fuzz/fuzz_boot.c tests/fuzz/fuzz_profile.c tests/fuzz/fuzz_import.c
if HOSTED
TESTS += tests/monitor/fuzz-random.sh
endif
dist_noinst_SCRIPTS += tests/monitor/fuzz-random.sh
