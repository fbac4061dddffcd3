/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Start of day of the hand-written Xen kernels here: notes, the hypercall page,
 * and pv_main(start_info) on a stack of our own.
 */
/* Else the headers name the calls of Xen 3.0. */
#define __XEN_INTERFACE_VERSION__ 0x00040800
#define __ASSEMBLY__
#include <xen/xen.h>
#include <xen/elfnote.h>
#include <xen/features.h>

	.macro note type:req, value:vararg
	.section .note.Xen, "a", @note
	.balign	4
	.long	4, 2f - 1f, \type
	.asciz	"Xen"
1:	\value
2:	.balign	4
	.endm

	note	XEN_ELFNOTE_GUEST_OS, .asciz "pv-test"
	note	XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
	note	XEN_ELFNOTE_LOADER, .asciz "generic"
	note	XEN_ELFNOTE_PAE_MODE, .asciz "yes"
	note	XEN_ELFNOTE_FEATURES, .asciz "!writable_page_tables|pae_pgdir_above_4gb"
	note	XEN_ELFNOTE_VIRT_BASE, .quad 0xffffffff80000000
	note	XEN_ELFNOTE_ENTRY, .quad start
	note	XEN_ELFNOTE_HYPERCALL_PAGE, .quad hypercall_page
	note	XEN_ELFNOTE_SUPPORTED_FEATURES, .long 1 << XENFEAT_dom0

	.text
	.balign	4096
	.global	hypercall_page
hypercall_page:
	.skip	4096
	.global	start
start:
	cld
	leaq	stack_top(%rip), %rsp
	xorl	%ebp, %ebp
	movq	%rsi, %rdi
	call	pv_main
	ud2

	.bss
	.balign	16
	.skip	16384
stack_top:

	.section .note.GNU-stack, "", @progbits
