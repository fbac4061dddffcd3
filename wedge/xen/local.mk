# SPDX-License-Identifier: GPL-3.0-or-later
# The wedge for Xen: templates for the guest's window, and the whole machine as an
# image (wedge/core and what is around it here), in one relocatable object.
XEN_WEDGE_C = wedge/xen/boot.c wedge/xen/events.c wedge/xen/linux64.c \
	wedge/xen/memory.c wedge/xen/print.c wedge/xen/shadow.c wedge/xen/site.c \
	wedge/xen/trap.c
XEN_WEDGE_FILES = $(XEN_WEDGE_C) wedge/xen/pv.h wedge/xen/vcpupage.h \
	wedge/xen/head.S wedge/xen/templates.S wedge/xen/image.lds
XEN_WEDGE_CC = $(GUEST_CC) -m64 $(GUEST_CFLAGS) $(CORE_CFLAGS) -mno-red-zone -mcmodel=kernel \
	-fno-pic -fcf-protection=none -D__XEN_INTERFACE_VERSION__=0x00040e00 -I$(srcdir)/include -I$(srcdir)/wedge

wedge/xen.o: $(XEN_WEDGE_FILES) $(CORE_SOURCES) $(WEDGE_ABI)
	@$(MKDIR_P) wedge && rm -rf $@.d && mkdir $@.d
	$(AM_V_GEN)for f in $(XEN_WEDGE_C) $(CORE_SOURCES); do \
	  case $$f in *.c) ;; *) continue ;; esac; \
	  $(XEN_WEDGE_CC) -c $(srcdir)/$$f -o $@.d/`basename $$f .c`.o || exit 1; \
	done && \
	$(GUEST_CC) -m64 -I$(srcdir)/include -I$(srcdir)/wedge -c \
	  $(srcdir)/wedge/xen/head.S -o $@.d/head.o && \
	$(LD_R) --no-warn-rwx-segments -T $(srcdir)/wedge/xen/image.lds -o $@.d/image $@.d/*.o && \
	objcopy -O binary -j .ab.image $@.d/image $@.d/image.bin && \
	objcopy -O binary -j .ab.note --set-section-flags .ab.note=alloc $@.d/image $@.d/note.bin && \
	$(GUEST_CC) -m64 -I$(srcdir)/include -I$(srcdir)/wedge -c \
	  $(srcdir)/wedge/xen/templates.S -o $@.d/templates && \
	objcopy --strip-all --keep-section=.ab.manifest --keep-section=.ab.text \
	  --add-section .ab.image=$@.d/image.bin --add-section .ab.note=$@.d/note.bin \
	  $@.d/templates $@ && mv $@.d/image wedge/xen-image && rm -rf $@.d

if XEN
nodist_wedge_DATA += wedge/xen.o
endif
EXTRA_DIST += $(XEN_WEDGE_FILES)
CLEANFILES += wedge/xen.o wedge/xen-image
