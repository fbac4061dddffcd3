/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paging: every change must be seen, and every wrong access caught. */
#include "kernel.h"

#define LARGE	(TESTBASE + LARGEPAGE)

static volatile uint8_t *const window = (uint8_t *)TESTBASE;

static word try_read(const volatile void *p)
{
	uint8_t v;

	return TRY_ASM("", "movb (%[p]), %[v]", "", OUT([v] "=q"(v)), [p] "r"(p));
}

static word try_write(volatile void *p)
{
	return TRY("movb $1, (%[p])", [p] "r"(p));
}

static bool fault_was(word v, word error, const volatile void *p)
{
	return v == T_PF && last_fault.error == error && last_fault.addr == (word)p &&
		last_fault.ip == last_fault.site;
}

static void check_permissions(uint8_t *page)
{
	pte_t *e = vm_walk(kernel_root, TESTBASE, 0, true);
	word cr0 = cr0_read();

	check(fault_was(try_read(window), 0, window), "page fault: reading what is not there");
	check(fault_was(try_write(window + 5), PF_W, window + 5),
	      "page fault: writing what is not there");
	check(fault_was(try_read((void *)8), 0, (void *)8), "page fault: the null page");
	check(fault_was(try_write(kernel_start), PF_P | PF_W, kernel_start),
	      "page fault: the kernel's text is read-only");

	vm_map(kernel_root, TESTBASE, V2P(page), 0);
	check(try_read(window) == NO_FAULT && (*e & (PTE_A | PTE_D)) == PTE_A,
	      "accessed: set by a read, dirty is not");
	check(fault_was(try_write(window), PF_P | PF_W, window) && !(*e & PTE_D),
	      "cr0.WP: the kernel heeds read-only pages");
	cr0_write(cr0 & ~(word)CR0_WP);
	check(try_write(window) == NO_FAULT && *page == 1, "cr0.WP off: it writes");
	cr0_write(cr0);
	check(fault_was(try_write(window), PF_P | PF_W, window), "cr0.WP on: it faults again");
	*e |= PTE_W;
	*e &= ~(pte_t)PTE_D;
	invlpg((void *)TESTBASE);
	check(try_write(window) == NO_FAULT && *e & PTE_D, "dirty: set by a write");
}

static void check_flush(uint8_t *a, uint8_t *b)
{
	*a = 0xaa;
	*b = 0xbb;
	vm_map(kernel_root, TESTBASE, V2P(a), PTE_W);
	invlpg((void *)TESTBASE);
	check(*window == 0xaa, "mapping: shows the page");
	vm_map(kernel_root, TESTBASE, V2P(b), PTE_W);
	invlpg((void *)TESTBASE);
	check(*window == 0xbb, "invlpg: shows the new page");
	vm_map(kernel_root, TESTBASE, V2P(a), PTE_W);
	cr3_write(cr3_read());
	check(*window == 0xaa, "cr3: shows the new page");
	vm_unmap(kernel_root, TESTBASE);
	check(fault_was(try_read(window), 0, window), "unmapping: it is gone");

	vm_map(kernel_root, TESTBASE, V2P(a), PTE_W);
	vm_map(kernel_root, TESTBASE + PAGESIZE, V2P(a), PTE_W);
	window[7] = 0x77;
	check(window[PAGESIZE + 7] == 0x77 && a[7] == 0x77, "aliases: three views of a page");
}

static void check_large(uint8_t *page)
{
	pte_t *e = vm_walk(kernel_root, LARGE, 1, true), old = *e;
	volatile uint8_t *p = (uint8_t *)LARGE + V2P(page) % LARGEPAGE;

	*e = (V2P(page) & ~(word)(LARGEPAGE - 1)) | PTE_PS | PTE_W | PTE_P;
	cr3_write(cr3_read());
	page[9] = 0x99;
	p[10] = 0x10;
	check(p[9] == 0x99 && page[10] == 0x10 && *e & PTE_D, "large page: shows memory");
	*e &= ~(pte_t)PTE_W;
	invlpg((void *)LARGE);
	check(fault_was(try_write(p), PF_P | PF_W, p), "large page: read-only");
	*e = old;
	cr3_write(cr3_read());
}

/* mov $imm, %eax; ret: written, called, written again. */
static void check_code(void)
{
	static const uint8_t code[] = { 0xb8, 1, 0, 0, 0, 0xc3 };
	int (*f)(void) = (int (*)(void))TESTBASE;
	int first;

	memcpy((void *)TESTBASE, code, sizeof(code));
	first = f();
	window[1] = 2;
	check(first == 1 && f() == 2, "code: changed code runs changed");
	window[PAGESIZE + 1] = 3;
	check(f() == 3, "code: changed by another address, too");
}

void check_vm(void)
{
	uint8_t *a = page_alloc(), *b = page_alloc();
	unsigned count = page_count();

	check_permissions(a);
	check_flush(a, b);
	check_large(b);
	check_code();
	vm_unmap(kernel_root, TESTBASE);
	vm_unmap(kernel_root, TESTBASE + PAGESIZE);
	page_free(a);
	page_free(b);
	check(page_count() == count + 2, "pages: all given back");
}
