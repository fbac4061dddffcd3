// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Run every variant beside its function: from the same registers and flags, to
 * all registers and flags.  AF is left out: what is undefined is often AF.
 * Included by what brute.py writes.
 */
#define N 8		/* registers by number; [4], the stack pointer, is the flags */
#define FLAGS_SEEN (0x8d5 & ~0x10)
#define INPUTS 48

uintptr_t regs_in[N], regs_out[N];
void (*callee)(void);
void call_with_registers(void);

#ifdef __x86_64__
#define P "r"
#define PUSHA "push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
#define POPA "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
#define SLOT "8"
#else
#define P "e"
#define PUSHA "push %ebx\n push %ebp\n push %esi\n push %edi\n"
#define POPA "pop %edi\n pop %esi\n pop %ebp\n pop %ebx\n"
#define SLOT "4"
#endif
#define LD(r, n) "mov regs_in+" SLOT "*" n TAIL ", %" P r "\n"
#define ST(r, n) "mov %" P r ", regs_out+" SLOT "*" n TAIL "\n"
#ifdef __x86_64__
#define TAIL "(%rip)"
#else
#define TAIL ""
#endif

__asm__(".text\n.globl call_with_registers\ncall_with_registers:\n" PUSHA
	"push regs_in+" SLOT "*4" TAIL "\n"
	LD("ax", "0") LD("cx", "1") LD("dx", "2") LD("bx", "3")
	LD("bp", "5") LD("si", "6") LD("di", "7")
	"popf\n"
	"call *callee" TAIL "\n"
	"pushf\n"
	"pop regs_out+" SLOT "*4" TAIL "\n"
	ST("ax", "0") ST("cx", "1") ST("dx", "2") ST("bx", "3")
	ST("bp", "5") ST("si", "6") ST("di", "7")
	"cld\n" POPA "ret\n");

static void run(void (*f)(void), unsigned input, uintptr_t *out)
{
	uint64_t x = 88172645463325252u + input * 1442695040888963407u;

	for (int i = 0; i < N; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		/* small and equal values, too: they take the rare branches */
		regs_in[i] = input % 3 == 0 ? x : input % 3 == 1 ? x % 3 : -(x % 2);
	}
	regs_in[4] = (x & FLAGS_SEEN) | 2;
	callee = f;
	call_with_registers();
	memcpy(out, regs_out, sizeof(regs_out));
	out[4] &= FLAGS_SEEN;
}

int main(void)
{
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		const struct entry *e = &entries[i];
		int differs = 0;

		for (unsigned k = 0; k < INPUTS && !differs; k++) {
			uintptr_t a[N], b[N];

			run(e->base, k, a);
			run(e->variant, k, b);
			differs = memcmp(a, b, sizeof(a)) != 0;
		}
		printf("%d %d %d %d\n", e->function, e->site, e->bit, differs);
	}
	return 0;
}
