# SPDX-License-Identifier: GPL-3.0-or-later
# aftermon: the broker with an engine that plays a hostile guest, its parts, bad
# input.
if HOSTED
check_PROGRAMS += tests/unit/broker
tests_unit_broker_SOURCES = monitor/main.c tests/unit/broker_engine.c
tests_unit_broker_CFLAGS = $(AM_CFLAGS) -fPIE
tests_unit_broker_LDFLAGS = $(AM_LDFLAGS) -pie
tests_unit_broker_LDADD = libbroker.a libvcpu.a libbroker.a \
	wedge/core/libcore.a $(MONITOR_LIBS)
endif
