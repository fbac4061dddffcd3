# SPDX-License-Identifier: GPL-3.0-or-later
dist_man_MANS += docs/man/aftermon.1
dist_noinst_DATA += docs/hosted.md docs/profile.md docs/feedback.md
