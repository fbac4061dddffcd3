/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Physical pages: a free list threaded through the pages themselves, and a
 * count of owners for each page, which copy-on-write lives on.
 */
#include "kernel.h"

struct free_page {
	struct free_page *next;
};

static struct free_page *free_list;
static unsigned free_count;
static uint8_t owners[RAM / PAGESIZE];

void page_init(void)
{
	word pa;

	/* From the top, so that the list hands them out from the bottom. */
	for (pa = RAM - PAGESIZE; pa >= V2P(kernel_end); pa -= PAGESIZE) {
		owners[pa / PAGESIZE] = 1;
		page_free(P2V(pa));
	}
	for (; pa; pa -= PAGESIZE)
		owners[pa / PAGESIZE] = 1;	/* the kernel: for ever */
}

void *page_alloc(void)
{
	struct free_page *p = free_list;

	if (!p)
		panic(NULL, "page_alloc: no free page");
	free_list = p->next;
	free_count--;
	owners[V2P(p) / PAGESIZE] = 1;
	return memset(p, 0, PAGESIZE);
}

void page_share(void *page)
{
	if (!owners[V2P(page) / PAGESIZE]++)
		panic(NULL, "page_share: nobody's page");
}

void page_free(void *page)
{
	struct free_page *p = page;
	uint8_t *n = &owners[V2P(page) / PAGESIZE];

	if (!*n)
		panic(NULL, "page_free: freed twice");
	if (--*n)
		return;
	p->next = free_list;
	free_list = p;
	free_count++;
}

unsigned page_owners(void *page)
{
	return owners[V2P(page) / PAGESIZE];
}

unsigned page_count(void)
{
	return free_count;
}
