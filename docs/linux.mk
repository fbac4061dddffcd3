# SPDX-License-Identifier: GPL-3.0-or-later
EXTRA_DIST += docs/performance.md docs/full-run.md docs/linux.md
