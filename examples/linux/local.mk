# SPDX-License-Identifier: GPL-3.0-or-later
EXTRA_DIST += examples/linux/build examples/linux/check examples/linux/check-hosted \
	examples/linux/check-disk examples/linux/check-terminal \
	examples/linux/check-debian examples/linux/init \
	examples/linux/initramfs examples/linux/rootfs examples/linux/resize-terminal \
	examples/linux/debian/command examples/linux/debian/inittab \
	examples/linux/debian/fstab examples/linux/run examples/linux/base.config \
	examples/linux/i386.config examples/linux/x86_64.config \
	examples/linux/fat64.config examples/linux/smp.config \
	examples/linux/check-xen
