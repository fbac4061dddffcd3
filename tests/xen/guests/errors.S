/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kernels that go wrong, one for each number that CASE is: what the wedge must say
 * is in tests/xen/errors.sh.  The entry is minikernel64's (entry64.h there).
 */
#include "../../../examples/minikernel/mmu.h"
#include "../../../examples/minikernel/entry64.h"

	.section .note.minikernel, "a", @note
	.balign	4
	.long	11, 32, ENTRY64_NOTE
	.asciz	"Minikernel"
	.balign	4
	.quad	entry, pml4, 0, RAM

	.text
	.global	entry
entry:
	movq	$stack_top, %rsp
	movq	$0x1122334455667788, %rbx
#if CASE == 1			/* no interrupt table: a fault is the end */
	lidt	nothing
	ud2
#elif CASE == 2			/* tables where no memory is */
	lidt	nothing
	movabsq	$0x7f00000000, %rax
	movq	%rax, %cr3
	nop
#elif CASE == 3			/* a selector that is none */
	lidt	nothing
	movl	$0x1238, %eax
	movw	%ax, %ds
#elif CASE == 4			/* asleep for ever */
	cli
	hlt
#elif CASE == 5			/* where the wedge's window lies */
	movq	%rax, 0xffffffffffe05000
#elif CASE == 6			/* pages where Xen lies */
	movabsq	$0xffff800000000000, %rax
	movq	$pdpt + 3, pml4 + 256 * 8
	movq	(%rax), %rax
#elif CASE == 7			/* paging off */
	movq	%cr0, %rax
	andl	$0x7fffffff, %eax
	movq	%rax, %cr0
	hlt
#elif CASE == 8			/* a reserved bit in a table */
	lidt	nothing
	movq	$0x83 | (1 << 13), %rax
	movq	%rax, pd + 8
	movq	0x200000, %rax
#elif CASE == 9			/* no error: a port of the hardware's (ports.sh) */
	movw	$0x3e0, %dx
	movb	$'P', %al
	outb	%al, %dx
	inb	%dx, %al		/* the device says 0xe9 */
	cmpb	$0xe9, %al
	sete	%al
	outb	%al, $0xf4
#elif CASE == 10		/* a hypercall past the wedge: to unpin its tables */
	lidt	nothing
	movl	$MMUEXT_OP, %eax
	leaq	unpin, %rdi
	movl	$1, %esi
	xorl	%edx, %edx
	movl	$DOMID_SELF, %r10d
	.byte	0x0f, 0x05		/* syscall, unpatched; EFER.SCE is 0 */
#endif
	movb	$7, %al			/* it should not come here */
	outb	%al, $0xf4

	.balign	8
nothing:
	.word	0
	.quad	0

	.data
	.set	MMUEXT_OP, 26
	.set	DOMID_SELF, 0x7ff0
unpin:	.long	4, 0			/* MMUEXT_UNPIN_TABLE */
	.quad	0, 0
	.balign	4096
pml4:	.quad	pdpt + 3
	.fill	511, 8, 0
pdpt:	.quad	pd + 3
	.fill	511, 8, 0
pd:	.set	i, 0
	.rept	512
	.quad	i * LARGEPAGE + 0x83
	.set	i, i + 1
	.endr

	.bss
	.skip	4096
stack_top:

	.section .note.GNU-stack, "", @progbits
