# SPDX-License-Identifier: GPL-3.0-or-later
# The hosted target's wedge: one relocatable object, found by file_find("wedge").
WEDGE_ABI = $(srcdir)/include/abi/wedge.h $(srcdir)/include/abi/ops.def \
	$(srcdir)/wedge/template.h
wedge/hosted.o: $(srcdir)/wedge/hosted/hosted.S $(WEDGE_ABI)
	@$(MKDIR_P) wedge
	$(AM_V_GEN)$(GUEST_CC) -m32 -I$(srcdir)/include -I$(srcdir)/wedge -c \
	  $(srcdir)/wedge/hosted/hosted.S -o $@.tmp && \
	if nm -u $@.tmp | grep .; then echo "$@: undefined symbols" >&2; exit 1; fi && \
	objcopy --strip-all --keep-section=.ab.manifest --keep-section=.ab.text \
	  $@.tmp $@ && rm -f $@.tmp

wedgedir = $(pkgdatadir)/wedge
nodist_wedge_DATA = wedge/hosted.o
EXTRA_DIST += wedge/hosted/hosted.S wedge/template.h
CLEANFILES += wedge/hosted.o
