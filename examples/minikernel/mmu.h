/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the processor's manual lays down, and where this kernel puts things.
 * Used by C and by assembly.
 *
 * The kernel is linked at KERNBASE + 1 MiB (KERNBASE comes from the Makefile),
 * and the first 16 MiB of memory are mapped at KERNBASE:
 *
 *                  KERNBASE            USERBASE        layout
 *   i386           0xc0000000          0x00400000      high half
 *   i386, low      0                   0x40000000      identity
 *   x86-64         0xffffffff80000000  0x00400000      top 2 GiB
 *
 * User space is 4 MiB from USERBASE: the program's image, then memory that
 * appears when it is touched, then the stack, which grows down from USERTOP.
 */
#ifndef MMU_H
#define MMU_H

#define PAGESIZE	4096
#define RAM		0x1000000	/* all that we use: 16 MiB */
#define TESTBASE	(KERNBASE + 0x10000000)	/* playground of the checks */

#define USERSIZE	0x400000
#define USERTOP		(USERBASE + USERSIZE)

/* Selectors.  SYSRET wants user data right before user code. */
#define SEL_KCODE	0x08
#define SEL_KDATA	0x10
#define SEL_UDATA	0x1b
#define SEL_UCODE	0x23
#define SEL_TSS		0x28		/* takes two slots on x86-64 */
#define SEL_LDT		0x38		/* so does this one */
#define SEL_RODATA	0x48		/* for lar, lsl, verr, verw */
#define SEL_ABSENT	0x50		/* a descriptor with P clear */
#define GDT_SLOTS	11

#define CR0_PE		0x00000001
#define CR0_MP		0x00000002
#define CR0_TS		0x00000008
#define CR0_WP		0x00010000
#define CR0_PG		0x80000000
#define CR4_TSD		0x004
#define CR4_PSE		0x010
#define CR4_PAE		0x020
#define CR4_PGE		0x080

#define FL_CF		0x00000001
#define FL_ONE		0x00000002	/* always set */
#define FL_ZF		0x00000040
#define FL_SF		0x00000080
#define FL_IF		0x00000200
#define FL_DF		0x00000400
#define FL_OF		0x00000800
#define FL_IOPL		0x00003000
#define FL_NT		0x00004000
#define FL_ID		0x00200000
#define FL_ARITH	0x000008d5

#define PTE_P		0x001
#define PTE_W		0x002
#define PTE_U		0x004
#define PTE_A		0x020
#define PTE_D		0x040
#define PTE_PS		0x080
#define PTE_G		0x100
#define PTE_COW		0x200		/* ours to use: copy when written */

#define PF_P		1		/* page-fault error code */
#define PF_W		2
#define PF_U		4
#define PF_I		16

#define T_DE		0
#define T_BP		3
#define T_UD		6
#define T_NM		7
#define T_DF		8
#define T_NP		11
#define T_SS		12
#define T_GP		13
#define T_PF		14
#define T_IRQ0		32		/* where the 8259As are told to go */
#define T_TIMER		T_IRQ0
#define T_SYSCALL	0x80

#define MSR_SYSENTER_CS	0x174
#define MSR_SYSENTER_SP	0x175
#define MSR_SYSENTER_IP	0x176
#define MSR_EFER	0xc0000080
#define MSR_STAR	0xc0000081
#define MSR_LSTAR	0xc0000082
#define MSR_SFMASK	0xc0000084
#define MSR_FS_BASE	0xc0000100
#define MSR_GS_BASE	0xc0000101
#define MSR_KGS_BASE	0xc0000102
#define EFER_SCE	0x001
#define EFER_LME	0x100
#define EFER_LMA	0x400
#define EFER_NXE	0x800

#ifdef __x86_64__
#define LEVELS		4
#define INDEX_BITS	9
#define LARGEPAGE	0x200000
#define PTE_ADDR	0x000ffffffffff000ul
#define PTE_NX		(1ul << 63)
#define WORD		.quad
#else
#define LEVELS		2
#define INDEX_BITS	10
#define LARGEPAGE	0x400000
#define PTE_ADDR	0xfffff000ul
#define PTE_NX		0
#define WORD		.long
#endif

#endif
