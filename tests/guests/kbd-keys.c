/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys: scan codes of what is typed, by interrupt 1, while the kernel sleeps.
 * Native: no, QEMU's keyboard is not the terminal
 * Options: --keyboard
 * Input: Hello, World 0123456789!
 */
#include "guest.h"

#define TEXT	"Hello, World 0123456789!"
#define LENGTH	(sizeof(TEXT) - 1)

static const char plain[] = "..1234567890-=..qwertyuiop[]\n.asdfghjkl;'`."
			    "\\zxcvbnm,./... ";
static const char shifted[] = "..!@#$%^&*()_+..QWERTYUIOP{}\n.ASDFGHJKL:\"~."
			      "|ZXCVBNM<>.... ";
static volatile unsigned got, releases;
static char text[LENGTH + 1];

static void take(void)
{
	static bool shift;
	uint8_t code = inb(0x60);

	if ((code & 0x7f) == 0x2a)
		shift = !(code & 0x80);
	else if (code & 0x80)
		releases++;
	else if (code < sizeof(plain) - 1 && got < LENGTH)
		text[got++] = (shift ? shifted : plain)[code];
}

static bool kbd_irq(struct trapframe *tf)
{
	take();
	outb(PORT_PIC1, 0x20);
	return true;
}

void guest_main(void)
{
	const char *want = TEXT;
	unsigned i, wrong = 0;

	handlers[IRQ_VECTOR(1)] = kbd_irq;
	while (inb(0x64) & 1)		/* its edge came before we could see it */
		take();
	irq_unmask(1);
	while (releases < LENGTH)
		asm volatile("cli; cmpl %1, %0; jae 1f; sti; hlt; 1: cli"
			     : : "m"(releases), "i"(LENGTH) : "memory", "cc");
	for (i = 0; i < LENGTH; i++)
		wrong += text[i] != want[i];
	check(got == LENGTH, "as many keys as were typed");
	check(!wrong, "the keys that were typed");
}
