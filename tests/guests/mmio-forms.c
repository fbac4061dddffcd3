/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every form of instruction that reads, writes or changes memory, on memory that is
 * a device's: pc-testdev keeps what is written.
 * Qemu: -device pc-testdev
 */
#include "guest.h"

#define DEV	0xff000000u
#define M	(*(volatile uint32_t *)DEV)
#define AT(n)	(*(volatile uint32_t *)(DEV + 4 * (n)))
#define BYTE(n)	(*(volatile uint8_t *)(DEV + (n)))

static void moves(void)
{
	uint32_t a;

	M = 0x80ff7f01;
	asm volatile("movzbl %1, %0" : "=r"(a) : "m"(BYTE(2)));
	check(a == 0xff, "movzx");
	asm volatile("movsbl %1, %0" : "=r"(a) : "m"(BYTE(3)));
	check(a == 0xffffff80, "movsx of a byte");
	asm volatile("movswl %1, %0" : "=r"(a) : "m"(BYTE(2)));
	check(a == 0xffff80ff, "movsx of a word");
	asm volatile("movb $0x9a, %0" : "=m"(BYTE(0)));
	asm volatile("movw $0x55aa, %0" : "=m"(BYTE(2)));
	check(M == 0x55aa7f9a, "mov of immediates");
	asm volatile("movl $0xaabbccdd, %%ecx; movb %%ch, %0" : "=m"(BYTE(1)) : : "ecx");
	check(BYTE(1) == 0xcc, "mov of a high byte");
	asm volatile("movl $0x12345678, %%eax; movl %%eax, %%ds:0xff000004; xorl %%eax, %%eax;"
		     "movl %%ds:0xff000004, %%eax" : "=a"(a) : : "memory");
	check(a == 0x12345678, "mov to and from an absolute address");
	asm volatile("pushl %1; popl %0" : "=r"(a) : "m"(M));
	check(a == M, "push");
	asm volatile("pushl $0x77; popl %0" : "=m"(M));
	check(M == 0x77, "pop");
	a = 5;
	asm volatile("cmpl %%eax, %%eax; cmovel %1, %0" : "+r"(a) : "m"(M));
	check(a == 0x77, "cmov");
	asm volatile("cmpl $0x70, %1; seta %0" : "=m"(BYTE(8)) : "m"(M));
	check(BYTE(8) == 1, "cmp, setcc");
	asm volatile("leal %1, %0" : "=r"(a) : "m"(M));
	check(a == DEV, "lea touches nothing");
}

static void arithmetic(void)
{
	uint32_t a, b;

	M = 5;
	asm volatile("addl $3, %0; subl $1, %0; incl %0; decl %0; negl %0; notl %0" : "+m"(M));
	check(M == 6, "add sub inc dec neg not");
	asm volatile("orl $0xf0, %0; andl $0x3c, %0; xorl $1, %0" : "+m"(M));
	check(M == 0x35, "or and xor");
	M = 0xffffffff;
	asm volatile("stc; adcl $0, %1; sbbl %0, %0" : "=r"(a), "+m"(M));
	check(!M && a == 0xffffffff, "adc gives its carry");
	asm volatile("stc; sbbl $0, %0" : "+m"(M));
	check(M == 0xffffffff, "sbb");
	M = 1;
	asm volatile("shll $4, %0; shrl $1, %0; roll $28, %0; sarl $1, %0" : "+m"(M));
	check(M == 0xc0000000, "shl shr rol sar");
	asm volatile("stc; rcll $1, %0; clc; rcrl $2, %0" : "+m"(M));
	check(M == 0xa0000000, "rcl rcr");
	M = 0x12345678;
	asm volatile("shldl $8, %1, %0" : "+m"(M) : "r"(0xabcdef01));
	check(M == 0x345678ab, "shld");
	asm volatile("shrdl $4, %1, %0" : "+m"(M) : "r"(7));
	check(M == 0x7345678a, "shrd");
	M = 100;
	asm volatile("imull $3, %1, %0" : "=r"(a) : "m"(M));
	check(a == 300, "imul by an immediate");
	asm volatile("imull %1, %0" : "+r"(a) : "m"(M));
	check(a == 30000, "imul");
	a = 0x40000000;
	asm volatile("mull %2" : "+a"(a), "=d"(b) : "m"(M));
	check(a == 0 && b == 25, "mul");
	a = 1005, b = 0;
	asm volatile("divl %2" : "+a"(a), "+d"(b) : "m"(M));
	check(a == 10 && b == 5, "div");
	a = (uint32_t)-1005, b = 0xffffffff;
	asm volatile("idivl %2" : "+a"(a), "+d"(b) : "m"(M));
	check(a == (uint32_t)-10 && b == (uint32_t)-5, "idiv");
	M = 0;
	check(TRY("divl (%1)", "r"(DEV)) == T_DE, "div by the device's zero is #DE");
}

static void atomics(void)
{
	uint32_t a = 9, b = 0x22;
	uint8_t z;

	M = 7;
	asm volatile("xchgl %0, %1" : "+r"(a), "+m"(M));
	check(a == 7 && M == 9, "xchg");
	a = 9;
	asm volatile("lock; cmpxchgl %2, %1" : "+a"(a), "+m"(M) : "r"(77));
	check(a == 9 && M == 77, "cmpxchg, equal");
	a = 1;
	asm volatile("lock; cmpxchgl %2, %1" : "+a"(a), "+m"(M) : "r"(78));
	check(a == 77 && M == 77, "cmpxchg, not equal");
	a = 3;
	asm volatile("lock; xaddl %0, %1" : "+r"(a), "+m"(M));
	check(a == 77 && M == 80, "xadd");
	AT(0) = a = 0x11;
	AT(1) = b;
	asm volatile("lock; cmpxchg8b %2; setz %3" : "+a"(a), "+d"(b),
		     "+m"(*(volatile uint64_t *)DEV), "=q"(z) : "b"(0x33), "c"(0x44));
	check(z && AT(0) == 0x33 && AT(1) == 0x44, "cmpxchg8b");
	AT(0) = AT(1) = 0;
	asm volatile("lock; btsl $5, %0; btsl %1, %0" : "+m"(M) : "r"(37) : "memory");
	check(AT(0) == 32 && AT(1) == 32, "bts within and beyond the word");
	asm volatile("btl $5, %1; setc %0" : "=q"(z) : "m"(M));
	check(z, "bt");
	asm volatile("btrl $5, %0; btcl $0, %0" : "+m"(M));
	check(M == 1, "btr btc");
	M = 0x00f08000;
	asm volatile("bsfl %1, %0" : "=r"(a) : "m"(M));
	asm volatile("bsrl %1, %0" : "=r"(b) : "m"(M));
	check(a == 15 && b == 23, "bsf bsr");
}

static uint32_t buf[64];

static void strings(void)
{
	word d, s, n;
	unsigned i, bad = 0;
	uint8_t z;

	for (i = 0; i < 64; i++)
		buf[i] = i * 0x01010101;
	d = DEV, s = (word)buf, n = 64;
	asm volatile("rep; movsl" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
	for (i = 0; i < 64; i++)
		bad += AT(i) != buf[i];
	check(!bad && d == DEV + 256 && !n, "rep movsl to it");
	memset(buf, 0, sizeof(buf));
	d = (word)buf, s = DEV, n = 256;
	asm volatile("rep; movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
	for (i = 0; i < 64; i++)
		bad += buf[i] != i * 0x01010101;
	check(!bad && s == DEV + 256, "rep movsb from it");
	d = DEV + 28 * 4, s = DEV + 7 * 4, n = 8;
	asm volatile("std; rep; movsl; cld" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
	check(AT(21) == 0 && AT(28) == 7 * 0x01010101, "downwards, within it");
	d = DEV, n = 5;
	asm volatile("rep; stosw" : "+D"(d), "+c"(n) : "a"(0xbeef) : "memory");
	check(AT(1) == 0xbeefbeef && AT(2) == 0x0202beef, "rep stosw");
	d = DEV, n = 64;
	asm volatile("repne; scasb" : "+D"(d), "+c"(n) : "a"(3) : "cc");
	check(d == DEV + 13 && n == 51, "repne scasb");
	d = DEV + 16, s = (word)&buf[4], n = 10;
	asm volatile("repe; cmpsl; sete %3" : "+D"(d), "+S"(s), "+c"(n), "=q"(z) : : "memory");
	check(!n && z, "repe cmpsl");
	s = DEV;
	asm volatile("lodsw" : "=a"(d), "+S"(s) : "0"(0));
	check(d == 0xbeef && s == DEV + 2, "lodsw");
}

static void system_forms(void)
{
	word a;

	M = 0x10;
	asm volatile("movw (%1), %%fs; movl %%fs, %0" : "=r"(a) : "r"(DEV));
	check((a & 0xffff) == 0x10, "mov to a selector");
	AT(0) = 0x100020;
	AT(1) = 0x10;
	asm volatile("lgs (%1), %0" : "=r"(a) : "r"(DEV));
	check(a == 0x100020, "lgs");
	AT(0) = AT(1) = 0xffffffff;
	asm volatile("sgdt (%0)" : : "r"(DEV) : "memory");
	check((AT(0) & 0xffff) == sizeof(gdt) - 1 && AT(1) >> 16 == 0xffff, "sgdt");
	asm volatile("movl $1f, (%0); jmp *(%0); ud2; 1:" : : "r"(DEV) : "memory");
	check(true, "jmp through it");
	fs_write(0);
	gs_write(0);
}

void guest_main(void)
{
	moves();
	arithmetic();
	atomics();
	strings();
	system_forms();
}
