/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * minikernel64's 64-bit entry, for a loader that starts its guests in long mode
 * and cannot run 32-bit start-up code.  (On a PC the PVH entry of boot64.S is
 * used; it goes through the same state.)
 *
 * The ELF file has a note, owner "Minikernel" (namesz 11), type ENTRY64_NOTE,
 * whose desc is a struct entry64_note.  The loader puts the PT_LOAD segments at
 * their p_paddr and starts at `entry` with
 *
 *   64-bit mode, CPL 0 as the guest sees it, interrupts off, direction flag
 *   clear; CR0.PG, CR0.WP, CR4.PAE, EFER.LME and LMA set, NXE set or not
 *   CR3	any tables that map linear [KERNBASE, KERNBASE + ram) to physical
 *		[0, ram), readable, writable and executable.  The image carries such
 *		tables, filled in by the linker, at physical address `root`: they map
 *		the first 1 GiB by 2 MiB pages at 0 and at KERNBASE
 *   RDI	ENTRY64_MAGIC
 *   RSI	size of memory in bytes; at least `ram` bytes are needed
 *
 * and nothing else: no stack, no descriptor tables, no particular selectors.
 * The kernel loads its own GDT, IDT, TSS and page tables and uses no memory
 * beyond `ram`.  It ends by writing 0 (all checks passed) or 1 to port 0xf4.
 */
#ifndef ENTRY64_H
#define ENTRY64_H

#define ENTRY64_NOTE	1
#define ENTRY64_MAGIC	0x34366b6d	/* "mk64" */

#ifndef __ASSEMBLER__
#include <stdint.h>

struct entry64_note {
	uint64_t entry;		/* linear address */
	uint64_t root;		/* physical address of the image's own tables */
	uint64_t kernbase;
	uint64_t ram;
};
#endif

#endif
