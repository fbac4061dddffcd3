# SPDX-License-Identifier: GPL-3.0-or-later
# ABI headers, installed: a wedge or a tool outside this tree may use them.
abincludedir = $(includedir)/afterburner/abi
dist_abinclude_HEADERS = include/abi/ops.def include/abi/ops.h include/abi/mnemonics.def \
	include/abi/patchnote.h include/abi/wedge.h include/abi/insn.h \
	include/abi/profile.h
