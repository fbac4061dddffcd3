# SPDX-License-Identifier: GPL-3.0-or-later
dist_man_MANS += docs/man/afterburner.1 docs/man/aftercc.1
