# SPDX-License-Identifier: GPL-3.0-or-later
# The proof at the scale of whole kernels; tests/linux/ci.sh \
	tests/linux/selftests tests/linux/selftests.known \
	tests/linux/boots builds the checker
# itself, since it needs the package binutils-dev.
EXTRA_PROGRAMS += tests/linux/sensitive
tests_linux_sensitive_SOURCES = tests/linux/sensitive.c
tests_linux_sensitive_LDADD = libab.a -lopcodes -lbfd
CLEANFILES += tests/linux/sensitive
EXTRA_DIST += tests/linux/check-file tests/linux/check-kept tests/linux/ci.sh \
	tests/linux/clobber tests/linux/selftests tests/linux/selftests.known tests/linux/boots \
	tests/packages/ci.sh tests/packages/levels.sh tests/packages/level-file
