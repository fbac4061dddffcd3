# SPDX-License-Identifier: GPL-3.0-or-later
include tests/rules.mk
include tests/monitor.mk
include tests/loader.mk
include tests/core.mk
include tests/devices.mk
include tests/guests.mk
include tests/afterburner.mk
include tests/linux.mk
include tests/fuzzguests.mk
include tests/feedback.mk
include tests/xen/local.mk
