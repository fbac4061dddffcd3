# SPDX-License-Identifier: GPL-3.0-or-later
EXTRA_DIST += docs/wedge-abi.md docs/xen.md docs/porting.md
include docs/rules.mk
include docs/loader.mk
include docs/devices.mk
include docs/monitor.mk
include docs/afterburner.mk
include docs/linux.mk
