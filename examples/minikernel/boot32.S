/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the boot loader into C, i386.
 *
 * A multiboot loader enters here with paging off and flat segments, so this
 * file is linked at its physical address and everything else at KERNBASE.  Only
 * three things are done here: map the first 16 MiB twice (where they are and at
 * KERNBASE; the same place in the low layout), switch paging on, and jump up.
 * Descriptor tables are left to C, which can do it at the linked addresses.
 */
#include "mmu.h"

#define MB_MAGIC	0x1badb002
#define MB_FLAGS	0x00000002	/* give me the memory size */

	.section .boot, "awx"
	.balign	4
	.long	MB_MAGIC, MB_FLAGS, -(MB_MAGIC + MB_FLAGS)

	.global	start
start:
	movl	$boot_pd, %edi
	movl	$(PTE_PS | PTE_W | PTE_P), %edx
	movl	$(RAM / LARGEPAGE), %ecx
1:	movl	%edx, (%edi)			# identity, for the next page of code
	movl	%edx, (KERNBASE >> 22) * 4(%edi)
	addl	$LARGEPAGE, %edx
	addl	$4, %edi
	loop	1b

	movl	%cr4, %edx
	orl	$CR4_PSE, %edx
	movl	%edx, %cr4
	movl	$boot_pd, %edx
	movl	%edx, %cr3
	movl	%cr0, %edx
	orl	$(CR0_PG | CR0_WP), %edx	# WP: the kernel heeds read-only too
	movl	%edx, %cr0
	movl	$high, %edx
	jmp	*%edx

	.balign	PAGESIZE
boot_pd:
	.skip	PAGESIZE

	.text
high:
	movl	$boot_stack_top, %esp
	xorl	%ebp, %ebp			# back traces end here
	pushl	%ebx				# multiboot information, physical
	pushl	%eax				# its magic number
	call	kernel_main

	.bss
	.balign	16
	.skip	PAGESIZE * 2
	.global	boot_stack_top
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
