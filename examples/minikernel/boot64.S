/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the boot loader into C, x86-64.
 *
 * A PVH loader (qemu-system-x86_64 -kernel is one) enters at `start` in 32-bit
 * mode with paging off; we go to long mode and on to `entry64`.  A loader that
 * is in long mode already goes there directly: entry64.h has the contract.
 *
 * The first page tables are filled in by the assembler and the linker.
 */
#include "mmu.h"
#include "entry64.h"

#define PVH_MAGIC	0x336ec578
#define XEN_PHYS32_ENTRY 18

	.section .note.Xen, "a", @note
	.balign	4
	.long	4, 8, XEN_PHYS32_ENTRY
	.asciz	"Xen"
	.quad	start

	.section .note.minikernel, "a", @note
	.balign	4
	.long	11, 32, ENTRY64_NOTE
	.asciz	"Minikernel"
	.balign	4
	.quad	entry64, boot_pml4, KERNBASE, RAM

	.section .boot, "awx"
	.code32
	.global	start
start:
	movl	%cr4, %eax
	orl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$boot_pml4, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$(EFER_LME | EFER_NXE), %eax
	wrmsr
	movl	%cr0, %eax
	orl	$(CR0_PG | CR0_WP), %eax
	movl	%eax, %cr0			# 64 bits, but for %cs
	lgdt	boot_gdtr
	ljmp	$SEL_KCODE, $1f
	.code64
1:	movl	$PVH_MAGIC, %edi
	movl	%ebx, %esi			# struct pvh_info, physical
	movabsq	$entry64, %rax
	jmp	*%rax

	.balign	8
boot_gdt:
	.quad	0, 0x00af9b000000ffff
boot_gdtr:
	.word	15
	.long	boot_gdt

	/* 1 GiB by 2 MiB pages, at 0 and at KERNBASE. */
	.balign	PAGESIZE
boot_pml4:
	.quad	boot_pdpt_low + (PTE_P | PTE_W)
	.fill	510, 8, 0
	.quad	boot_pdpt_high + (PTE_P | PTE_W)
boot_pdpt_low:
	.quad	boot_pd + (PTE_P | PTE_W)
	.fill	511, 8, 0
boot_pdpt_high:
	.fill	510, 8, 0
	.quad	boot_pd + (PTE_P | PTE_W)
	.quad	0
boot_pd:
	.set	i, 0
	.rept	512
	.quad	i * LARGEPAGE + (PTE_PS | PTE_P | PTE_W)
	.set	i, i + 1
	.endr

	.text
	.global	entry64
entry64:
	movq	$boot_stack_top, %rsp
	xorl	%ebp, %ebp			# back traces end here
	call	kernel_main			# (magic, info)

	.bss
	.balign	16
	.skip	PAGESIZE * 2
	.global	boot_stack_top
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
