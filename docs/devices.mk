# SPDX-License-Identifier: GPL-3.0-or-later
dist_noinst_DATA += docs/devices.md
