# SPDX-License-Identifier: GPL-3.0-or-later
EXTRA_DIST += bench/afterburner bench/afterburner.d/cost.c bench/build bench/nops \
	bench/nops.d/count.c bench/nops.d/user.c \
	bench/linux-macro bench/linux.d/project
