/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page that patched guest code and the wedge share: offsets for assembly, the
 * struct for C.  Xen's own struct vcpu_info is its first 64 bytes, so that the
 * virtual interrupt flag is the very byte that Xen heeds.
 */
#ifndef WEDGE_XEN_VCPU_H
#define WEDGE_XEN_VCPU_H

#define VCPU_PENDING	0x00	/* u8: an event waits */
#define VCPU_MASK	0x01	/* u8: 1 while the guest's IF is clear */
#define VCPU_SITE	0x40	/* u32: number of the site that calls */
#define VCPU_RCX	0x48	/* what syscall destroys */
#define VCPU_R11	0x50
#define VCPU_SCRATCH	0x58
#define VCPU_CR0	0x60
#define VCPU_CR2	0x68
#define VCPU_CR3	0x70
#define VCPU_CR4	0x78
#define VCPU_SYSFLAGS	0x80	/* IOPL, which hardware does not hold for us */
#define VCPU_IF		0x88	/* [mask]: what to add to a flags image with IF set */
#define VCPU_SEL	0x98	/* u32[6]: selectors in AB_SEG_* order */

#define SITE_POLL	0xffffffff	/* no op: interrupts are on and one waits */

#ifndef __ASSEMBLER__
#include <stdint.h>
struct vcpu_page {
	uint8_t info[64];
	uint32_t site, pad;
	uint64_t rcx, r11, scratch;
	uint64_t cr0, cr2, cr3, cr4;
	uint64_t sysflags;
	int64_t if_delta[2];
	uint32_t sel[6];
} __attribute__((aligned(4096)));
#define AT(field, offset) \
	_Static_assert(__builtin_offsetof(struct vcpu_page, field) == offset, "ABI")
AT(site, VCPU_SITE);
AT(rcx, VCPU_RCX);
AT(r11, VCPU_R11);
AT(scratch, VCPU_SCRATCH);
AT(cr0, VCPU_CR0);
AT(cr4, VCPU_CR4);
AT(sysflags, VCPU_SYSFLAGS);
AT(if_delta, VCPU_IF);
AT(sel, VCPU_SEL);
#undef AT
#endif
#endif
