/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A kernel that moves: as a whole into other pages at the same addresses, the old ones
 * erased; to a high half of its own making; and at last, as memory testers do, a part
 * without fixed addresses from place to place, each erased when it is left, up, down
 * and over what was the kernel's.
 *
 * Engine: segments
 */
#include "guest.h"

#define HIGH	0xc0000000u
#define MIB	0x100000u

extern const uint8_t mover[], mover_end[], victim[];

/* Goes from place to place.  esi: where it is in a list of struct place; ebx: its own
 * address. */
struct place {
	word left, at, id;
};
asm(".pushsection .text\n"
    "mover: call 1f\n1: popl %ebx; subl $1b - mover, %ebx\n"
    /* wipe the place that was left */
    "movl (%esi), %edi; testl %edi, %edi; jz 2f\n"
    "movl $mover_end - mover, %ecx; movb $0xf4, %al; cld; rep stosb\n"
    "2: cli; pushfl; popl %eax; testl $0x200, %eax; jnz 9f\n"
    "sti; pushfl; popl %eax; testl $0x200, %eax; jz 9f\n"
    "pushfl; andl $~0x200, (%esp); popfl; pushfl; popl %eax; testl $0x200, %eax; jnz 9f\n"
    "movl %cs, %eax; cmpw $8, %ax; jne 9f\n"
    "movl %cr0, %eax; testl $1, %eax; jz 9f\n"
    "pushl %ebx; xorl %eax, %eax; cpuid; cmpl %ebx, 8(%esi); popl %ebx; jne 9f\n"
    "movl $0x3ff, %edx; movb $0x6b, %al; outb %al, %dx; inb %dx, %al; cmpb $0x6b, %al; jne 9f\n"
    "pushl %ds; popl %es; movl %cr3, %eax; movl %eax, %cr3\n"
    /* the next place */
    "addl $12, %esi; movl 4(%esi), %edi; testl %edi, %edi; jz 8f\n"
    "movl %ebx, (%esi); pushl %esi; movl %ebx, %esi; movl $mover_end - mover, %ecx\n"
    "movl %edi, %edx; cld; rep movsb; popl %esi; jmp *%edx\n"
    "8: xorl %eax, %eax; ret\n"
    "9: movl %ebx, %eax; ret\n"
    "mover_end:\n"
    "victim: .rept 30; cli; movl %cr0, %eax; sti; pushfl; popl %eax; .endr\n"
    ".popsection");

static volatile unsigned called;

INLINE word cs_now(void)
{
	word v;

	asm volatile("movl %%cs, %0" : "=r"(v));
	return v & 0xffff;
}

/* It calls nobody, so it runs wherever it is put. */
static __attribute__((noinline)) bool works(void)
{
	word f, a = 0, b, c = 0, d;

	called++;
	sti();
	f = flags_read();
	cli();
	asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return f & FL_IF && !(flags_read() & FL_IF) && b && cr0_read() & 1 &&
		cs_now() == SEL_KCODE;
}

static bool interrupts(void)
{
	unsigned was = irq_count(0);
	bool ok;

	irq_unmask(0);
	pit_once(50);
	sti();
	while (irq_count(0) == was)
		;
	cli();
	ok = TRY("movw %w0, %%fs", "r"(0x7f8)) == T_GP && last_fault.ip == last_fault.site;
	irq_mask_all();
	return ok;
}

/* All of the image into other pages; what was there becomes noise. */
static void move_pages(void)
{
	word size = (word)image_end - MIB, va, to = 8 * MIB;
	uint32_t *table = page_new(), *directory = (uint32_t *)(to + (word)page_directory - MIB);

	memcpy(table, pte(0), PAGESIZE);
	for (va = 0; va < size; va += PAGESIZE) {
		table[(MIB + va) / PAGESIZE] += to - MIB;
		map(HIGH + va, MIB + va, PTE_W);
	}
	memcpy((void *)to, (void *)MIB, size);
	directory[0] = (word)table | PTE_P | PTE_W | PTE_U;
	cr3_write((word)directory);
	for (va = 0; va < size; va += PAGESIZE)
		memset((void *)(HIGH + va), 0xf4, PAGESIZE);
}

/* The text is mapped high as well, by a copy; its calls stay within it. */
static bool high_half(void)
{
	extern char user_start[];
	word first = MIB, last = (word)user_start, va;
	bool (*high)(void) = (bool (*)(void))((word)works + HIGH);

	for (va = first; va < last; va += PAGESIZE) {
		word page = (word)page_new();

		memcpy((void *)page, (void *)va, PAGESIZE);
		map(va + HIGH, page, PTE_W);
		invlpg((void *)(va + HIGH));
	}
	called = 0;
	return high() && high() && called == 2 && works();
}

static word moves(void)
{
	static struct place list[32];
	word a = 0, b, c = 0, d, r, n = 0, at;

	asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	for (at = 6 * MIB; at < 14 * MIB; at += 3 * MIB + 64)
		list[n++].at = at;
	for (at = 13 * MIB; at > 6 * MIB; at -= MIB + 4096 + 28)
		list[n++].at = at;
	list[n++].at = (word)victim;
	list[n++].at = 13 * MIB;
	list[n++].at = (word)mover;
	for (r = 0; r < n; r++)
		list[r].id = b;
	memcpy((void *)list[0].at, mover, mover_end - mover);
	asm volatile("pushl %%ebp; call *%%edx; popl %%ebp"
		     : "=a"(r), "=S"(at), "=d"(d) : "1"(list), "2"(list[0].at)
		     : "ebx", "ecx", "edi", "memory", "cc");
	return r;
}

void guest_main(void)
{
	check(works() && interrupts(), "where it was loaded");
	paging_on();
	check(high_half(), "a copy of its text, high");
	move_pages();
	check(works() && interrupts(), "the whole in other pages, the old ones erased");
	check(high_half() && interrupts(), "and from there again high");
	check(moves() == 0, "a part that moves and erases what it leaves");
}
