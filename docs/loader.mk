# SPDX-License-Identifier: GPL-3.0-or-later
dist_man_MANS += docs/man/afterload.1
dist_noinst_DATA += docs/patch-note.md docs/ops.md
