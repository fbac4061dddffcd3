# SPDX-License-Identifier: GPL-3.0-or-later
# Unit tests of wedge/core's devices, on a host that is a fake.
DEV_TESTS = tests/unit/test_dev_pic tests/unit/test_dev_pit \
	tests/unit/test_dev_rtc tests/unit/test_dev_uart \
	tests/unit/test_dev_apic tests/unit/test_dev_kbd \
	tests/unit/test_dev_ata tests/unit/test_dev_virtio \
	tests/unit/test_dev_misc
check_PROGRAMS += $(DEV_TESTS)
TESTS += $(DEV_TESTS)

DEV_FIXTURE = tests/unit/devfix.c tests/unit/devfix.h
DEV_LIBS = wedge/core/libcore_test.a $(CHECK_LIBS)
DEV_FLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)

tests_unit_test_dev_pic_SOURCES = tests/unit/test_dev_pic.c $(DEV_FIXTURE)
tests_unit_test_dev_pic_CPPFLAGS = $(DEV_FLAGS)
tests_unit_test_dev_pic_LDADD = $(DEV_LIBS)

tests_unit_test_dev_pit_SOURCES = tests/unit/test_dev_pit.c $(DEV_FIXTURE)
tests_unit_test_dev_pit_CPPFLAGS = $(DEV_FLAGS)
tests_unit_test_dev_pit_LDADD = $(DEV_LIBS)

tests_unit_test_dev_rtc_SOURCES = tests/unit/test_dev_rtc.c $(DEV_FIXTURE)
tests_unit_test_dev_rtc_CPPFLAGS = $(DEV_FLAGS)
tests_unit_test_dev_rtc_LDADD = $(DEV_LIBS)

tests_unit_test_dev_uart_SOURCES = tests/unit/test_dev_uart.c $(DEV_FIXTURE)
tests_unit_test_dev_uart_CPPFLAGS = $(DEV_FLAGS)
tests_unit_test_dev_uart_LDADD = $(DEV_LIBS)

tests_unit_test_dev_apic_SOURCES = tests/unit/test_dev_apic.c $(DEV_FIXTURE)
tests_unit_test_dev_apic_CPPFLAGS = $(DEV_FLAGS)
tests_unit_test_dev_apic_LDADD = $(DEV_LIBS)

tests_unit_test_dev_kbd_SOURCES = tests/unit/test_dev_kbd.c $(DEV_FIXTURE)
tests_unit_test_dev_kbd_CPPFLAGS = $(DEV_FLAGS)
tests_unit_test_dev_kbd_LDADD = $(DEV_LIBS)

tests_unit_test_dev_ata_SOURCES = tests/unit/test_dev_ata.c $(DEV_FIXTURE)
tests_unit_test_dev_ata_CPPFLAGS = $(DEV_FLAGS)
tests_unit_test_dev_ata_LDADD = $(DEV_LIBS)

tests_unit_test_dev_misc_SOURCES = tests/unit/test_dev_misc.c $(DEV_FIXTURE)
tests_unit_test_dev_misc_CPPFLAGS = $(DEV_FLAGS)
tests_unit_test_dev_misc_LDADD = $(DEV_LIBS)

tests_unit_test_dev_virtio_SOURCES = tests/unit/test_dev_virtio.c $(DEV_FIXTURE)
tests_unit_test_dev_virtio_CPPFLAGS = $(DEV_FLAGS)
tests_unit_test_dev_virtio_LDADD = $(DEV_LIBS)
