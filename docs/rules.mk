# SPDX-License-Identifier: GPL-3.0-or-later
dist_man_MANS += docs/man/afterburner-rules.5
dist_noinst_DATA += docs/rules.md
