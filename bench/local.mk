# SPDX-License-Identifier: GPL-3.0-or-later
EXTRA_DIST += bench/xen bench/xen.d/cases.def bench/xen.d/guest.c bench/xen.d/measure.h bench/xen.d/pv.c
EXTRA_DIST += bench/profile bench/report bench/report.d/make-profile bench/ops bench/linux bench/linux.d/bench.c bench/linux.d/uml.c bench/linux.d/uml.sh bench/linux.d/init bench/linux.d/plot.awk bench/ops.d/guest.c bench/ops.d/system.c bench/ops.d/bare.c \
	bench/ops.d/cases.def bench/ops.d/cases.h \
	bench/compute bench/compute.d/work.c bench/compute.d/work.h bench/compute.d/guest.c \
	bench/compute.d/plain.c
include bench/linux.mk
