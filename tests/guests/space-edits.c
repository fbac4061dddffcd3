/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An address space that both rings have used is edited, in every way there is,
 * while another is loaded: the next load shows all of it, to both rings. */
#include "guest.h"

#define VA	0x40000000
#define FAULT	0xbad00000

static uint32_t other[1024] __attribute__((aligned(4096)));
static uint32_t *table, *second;

USERDATA volatile word seen;
USER static void u_read(void) { user_exit(*(volatile word *)VA); }
USER static void u_write(void) { *(volatile word *)VA = 3; user_exit(3); }

static word outcome(const struct visit *v)
{
	return v->vector == T_PF && v->addr == VA ? FAULT | v->error : v->tf.ax;
}

static word read0(void)
{
	if (TRY("cmpl $0, 0x40000000", "r"(0)) == T_PF)
		return FAULT | last_fault.error;
	return read32(VA);
}

static word write0(word v)
{
	if (TRY("movl %1, 0x40000000", "r"(v)) == T_PF)
		return FAULT | last_fault.error;
	return v;
}

static word read3(void)
{
	struct visit v = user_run(u_read, FL_IF);

	return outcome(&v);
}

static word write3(void)
{
	struct visit v = user_run(u_write, FL_IF);

	return outcome(&v);
}

static void use(uint32_t *pd)
{
	cr3_write((word)pd);
}

/* Ours, as it was at first, used by both rings; then the other one. */
static void prime(word page)
{
	page_directory[VA >> 22] = (word)table | PTE_P | PTE_W | PTE_U;
	table[0] = page | PTE_P | PTE_W | PTE_U;
	use(page_directory);
	write0(1);
	read3();
	write3();
	*(word *)page = 0xa;
	use(other);
	read32(VA);
}

static void expect(const char *what, word r0, word w0, word r3, word w3)
{
	word got[4];

	use(page_directory);
	got[2] = read3();
	got[0] = read0();
	got[3] = write3();
	got[1] = write0(4);
	check(got[0] == r0 && got[1] == w0 && got[2] == r3 && got[3] == w3, what);
}

void guest_main(void)
{
	uint32_t *a = page_new(), *b = page_new(), *c = page_new();
	word flags = PTE_P | PTE_W | PTE_U;

	paging_on();
	table = page_new();
	second = page_new();
	memcpy(other, page_directory, sizeof(other));
	other[VA >> 22] = (word)page_new() | flags;
	((uint32_t *)(other[VA >> 22] & ~0xffful))[0] = (word)c | flags;

	prime((word)a);
	expect("nothing edited", 0xa, 4, 0xa, 3);
	prime((word)a);
	*b = 0xb;
	table[0] = (word)b | flags;
	expect("another page", 0xb, 4, 0xb, 3);
	check(*a == 0xa, "the page of before is untouched");
	prime((word)a);
	table[0] = 0;
	expect("no page", FAULT, FAULT | PF_W, FAULT | PF_U, FAULT | PF_U | PF_W);
	prime((word)a);
	table[0] = (word)a | PTE_P | PTE_U;
	expect("read-only", 0xa, FAULT | PF_P | PF_W, 0xa, FAULT | PF_P | PF_U | PF_W);
	prime((word)a);
	table[0] = (word)a | PTE_P | PTE_W;
	expect("the kernel's", 0xa, 4, FAULT | PF_P | PF_U, FAULT | PF_P | PF_U | PF_W);
	prime((word)a);
	page_directory[VA >> 22] = 0;
	expect("no table", FAULT, FAULT | PF_W, FAULT | PF_U, FAULT | PF_U | PF_W);
	prime((word)a);
	page_directory[VA >> 22] &= ~PTE_W;
	expect("a read-only table", 0xa, FAULT | PF_P | PF_W, 0xa,
	       FAULT | PF_P | PF_U | PF_W);
	prime((word)a);
	page_directory[VA >> 22] &= ~PTE_U;
	expect("the kernel's table", 0xa, 4, FAULT | PF_P | PF_U,
	       FAULT | PF_P | PF_U | PF_W);
	prime((word)a);
	*b = 0xb;
	second[0] = (word)b | flags;
	page_directory[VA >> 22] = (word)second | flags;
	expect("another table", 0xb, 4, 0xb, 3);
	prime((word)a);
	cr4_write(cr4_read() | CR4_PSE);
	page_directory[VA >> 22] = 0xc00000 | PTE_PS | flags;
	*(word *)0xc00000 = 0xc;
	expect("a large page", 0xc, 4, 0xc, 3);
	prime((word)a);
	expect("and a table again", 0xa, 4, 0xa, 3);

	prime((word)a);
	table[0] = (word)a | flags;	/* neither accessed nor dirty */
	page_directory[VA >> 22] &= ~PTE_A;
	use(page_directory);
	check(!(table[0] & (PTE_A | PTE_D)), "cleared bits stay clear");
	read3();
	check((table[0] & (PTE_A | PTE_D)) == PTE_A && page_directory[VA >> 22] & PTE_A,
	      "a read sets accessed");
	write3();
	check(table[0] & PTE_D, "a write sets dirty");
	prime((word)a);
	table[0] &= ~PTE_D;
	use(page_directory);
	write0(5);
	check(table[0] & PTE_D, "so does the kernel's");
}
