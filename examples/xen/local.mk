# SPDX-License-Identifier: GPL-3.0-or-later
EXTRA_DIST += examples/xen/run examples/xen/fetch examples/xen/watch
