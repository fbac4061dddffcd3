// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Kernel-like work in a process: a hash table whose every operation saves and
 * restores the flags as local_irq_save does (less cli, which a process may not),
 * and looks at a selector.  Built twice, plain and by aftercc; prints the time
 * stamp counter's ticks for ROUNDS passes, one number a line.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <x86intrin.h>

#define SIZE 4096

static struct node { struct node *next; uint32_t key, value; } node[SIZE], *table[SIZE];

static inline unsigned long flags_save(void)
{
	unsigned long flags;

	__asm__ volatile("pushf; pop %0" : "=rm" (flags) : : "memory");
	return flags;
}

static inline void flags_restore(unsigned long flags)
{
	__asm__ volatile("push %0; popf" : : "g" (flags) : "memory", "cc");
}

static inline unsigned selector(void)
{
	unsigned s;

	__asm__ volatile("mov %%ds,%0" : "=r" (s));
	return s;
}

static __attribute__((noinline)) void insert(struct node *n)
{
	unsigned long flags = flags_save();
	struct node **head = &table[n->key * 2654435761u % SIZE];

	n->next = *head;
	*head = n;
	flags_restore(flags);
}

static __attribute__((noinline)) uint32_t lookup(uint32_t key)
{
	unsigned long flags = flags_save();
	uint32_t value = selector();

	for (struct node *n = table[key * 2654435761u % SIZE]; n; n = n->next)
		if (n->key == key) {
			value += n->value;
			break;
		}
	flags_restore(flags);
	return value;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 5;
	volatile uint32_t sum = 0;

	for (int r = 0; r < rounds; r++) {
		uint64_t t = __rdtsc();

		for (int pass = 0; pass < 20; pass++) {
			for (int i = 0; i < SIZE; i++)
				table[i] = NULL;
			for (uint32_t i = 0; i < SIZE; i++) {
				node[i] = (struct node){ NULL, i * 7 + pass, i };
				insert(&node[i]);
			}
			for (uint32_t i = 0; i < SIZE * 2; i++)
				sum += lookup(i * 7 + pass);
		}
		printf("%llu\n", (unsigned long long)(__rdtsc() - t));
	}
	return 0;
}
