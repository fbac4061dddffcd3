/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev_kbd.c: the 8042 keyboard controller with a PS/2 keyboard (IRQ 1) and a
 * mouse that never moves (IRQ 12).  Keys come from terminal bytes on request
 * (ab_keyboard_in): each byte is the presses and releases that type it on a US
 * keyboard.
 *
 * Bytes wait in one queue with their source; the head moves into the output
 * buffer as soon as the guest has read the byte before it.
 */
#include "core/core.h"

#define FROM_KBD	0x000
#define FROM_AUX	0x100
#define FROM_CTRL	0x200
#define SOURCE		0x300

#define CB_KBD_IRQ	0x01	/* command byte */
#define CB_AUX_IRQ	0x02
#define CB_SYSTEM	0x04
#define CB_KBD_OFF	0x10
#define CB_AUX_OFF	0x20
#define CB_TRANSLATE	0x40

#define ST_FULL		0x01	/* status */
#define ST_SYSTEM	0x04
#define ST_COMMAND	0x08
#define ST_UNLOCKED	0x10
#define ST_AUX		0x20

#define KBD_ACK		0xfa
#define KBD_RESEND	0xfe
#define AUX_SCALED	0x10	/* mouse status */
#define AUX_ENABLED	0x20
#define AUX_REMOTE	0x40
#define KBD_PASSED	0xaa

/* ---- keys ---- */

#define SHIFT	0x80
#define CTRL	0x100

/* Scan code (set 1) of each ASCII character from space on, with SHIFT. */
static const uint8_t ascii_keys[95] = {
	0x39, 0x02 | SHIFT, 0x28 | SHIFT, 0x04 | SHIFT, 0x05 | SHIFT,	/*  !"#$ */
	0x06 | SHIFT, 0x08 | SHIFT, 0x28, 0x0a | SHIFT, 0x0b | SHIFT,	/* %&'() */
	0x09 | SHIFT, 0x0d | SHIFT, 0x33, 0x0c, 0x34, 0x35,		/* *+,-./ */
	0x0b, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a,	/* 0-9 */
	0x27 | SHIFT, 0x27, 0x33 | SHIFT, 0x0d, 0x34 | SHIFT,		/* :;<=> */
	0x35 | SHIFT, 0x03 | SHIFT,					/* ?@ */
	0x1e | SHIFT, 0x30 | SHIFT, 0x2e | SHIFT, 0x20 | SHIFT,		/* ABCD */
	0x12 | SHIFT, 0x21 | SHIFT, 0x22 | SHIFT, 0x23 | SHIFT,
	0x17 | SHIFT, 0x24 | SHIFT, 0x25 | SHIFT, 0x26 | SHIFT,
	0x32 | SHIFT, 0x31 | SHIFT, 0x18 | SHIFT, 0x19 | SHIFT,
	0x10 | SHIFT, 0x13 | SHIFT, 0x1f | SHIFT, 0x14 | SHIFT,
	0x16 | SHIFT, 0x2f | SHIFT, 0x11 | SHIFT, 0x2d | SHIFT,
	0x15 | SHIFT, 0x2c | SHIFT,					/* YZ */
	0x1a, 0x2b, 0x1b, 0x07 | SHIFT, 0x0c | SHIFT, 0x29,		/* [\]^_` */
	0x1e, 0x30, 0x2e, 0x20, 0x12, 0x21, 0x22, 0x23, 0x17, 0x24,	/* a-j */
	0x25, 0x26, 0x32, 0x31, 0x18, 0x19, 0x10, 0x13, 0x1f, 0x14,	/* k-t */
	0x16, 0x2f, 0x11, 0x2d, 0x15, 0x2c,				/* u-z */
	0x1a | SHIFT, 0x2b | SHIFT, 0x1b | SHIFT, 0x29 | SHIFT,		/* {|}~ */
};

/* Set 2 code of each set 1 code up to 39h. */
static const uint8_t set2[0x3a] = {
	0x00, 0x76, 0x16, 0x1e, 0x26, 0x25, 0x2e, 0x36, 0x3d, 0x3e, 0x46, 0x45,
	0x4e, 0x55, 0x66, 0x0d, 0x15, 0x1d, 0x24, 0x2d, 0x2c, 0x35, 0x3c, 0x43,
	0x44, 0x4d, 0x54, 0x5b, 0x5a, 0x14, 0x1c, 0x1b, 0x23, 0x2b, 0x34, 0x33,
	0x3b, 0x42, 0x4b, 0x4c, 0x52, 0x0e, 0x12, 0x5d, 0x1a, 0x22, 0x21, 0x2a,
	0x32, 0x31, 0x3a, 0x41, 0x49, 0x4a, 0x59, 0x7c, 0x11, 0x29,
};

#define KEY_ESC		0x01
#define KEY_BACKSPACE	0x0e
#define KEY_TAB		0x0f
#define KEY_ENTER	0x1c
#define KEY_CTRL	0x1d
#define KEY_SHIFT	0x2a

/* Key with SHIFT and CTRL that types (byte), 0 for none. */
static unsigned key_of(uint8_t byte)
{
	switch (byte) {
	case '\b': case 0x7f:	return KEY_BACKSPACE;
	case '\t':		return KEY_TAB;
	case '\n': case '\r':	return KEY_ENTER;
	case 0x1b:		return KEY_ESC;
	}
	if (byte >= ' ' && byte < 0x7f)
		return ascii_keys[byte - ' '];
	if (byte >= 1 && byte < 0x1b)
		return ascii_keys['a' + byte - 1 - ' '] | CTRL;
	return 0;
}

/* ---- output buffer ---- */

static bool source_off(const struct ab_kbd *k, uint16_t entry)
{
	uint16_t source = entry & SOURCE;

	return (source == FROM_KBD && k->command & CB_KBD_OFF) ||
	       (source == FROM_AUX && k->command & CB_AUX_OFF);
}

/* Move the next byte up, and set the interrupt lines. */
static void kbd_update(struct ab_machine *m)
{
	struct ab_kbd *k = &m->dev.kbd;
	bool aux;

	if (!k->full && k->count && !source_off(k, k->queue[k->head])) {
		k->out = k->queue[k->head];
		k->head = (k->head + 1) % AB_KBD_QUEUE;
		k->count--;
		k->full = true;
	}
	aux = (k->out & SOURCE) == FROM_AUX;
	ab_irq_set(m, 1, k->full && !aux && k->command & CB_KBD_IRQ);
	ab_irq_set(m, 12, k->full && aux && k->command & CB_AUX_IRQ);
}

static void kbd_queue(struct ab_kbd *k, uint16_t entry)
{
	if (k->count < AB_KBD_QUEUE)
		k->queue[(k->head + k->count++) % AB_KBD_QUEUE] = entry;
}

/* The controller's own answers go before what is queued; a key that stood in
 * the output buffer goes back. */
static void ctrl_answer(struct ab_machine *m, uint16_t entry)
{
	struct ab_kbd *k = &m->dev.kbd;

	if (k->full && (k->out & SOURCE) != FROM_CTRL && k->count < AB_KBD_QUEUE) {
		k->head = (k->head + AB_KBD_QUEUE - 1) % AB_KBD_QUEUE;
		k->queue[k->head] = k->out;
		k->count++;
	}
	k->out = entry;
	k->full = true;
	ab_irq_set(m, 1, false);
	ab_irq_set(m, 12, false);
	kbd_update(m);
}

/* ---- keyboard ---- */

static void kbd_send(struct ab_kbd *k, uint8_t byte)
{
	k->last = byte;
	kbd_queue(k, FROM_KBD | byte);
}

static void kbd_defaults(struct ab_kbd *k)
{
	k->set = 2;
	k->kbd_expect = 0;
}

static void kbd_parameter(struct ab_kbd *k, uint8_t v)
{
	uint8_t command = k->kbd_expect;

	k->kbd_expect = 0;
	if (command == 0xf0 && v > 3) {
		kbd_send(k, KBD_RESEND);
		return;
	}
	kbd_send(k, KBD_ACK);
	if (command != 0xf0)
		return;				/* LEDs, repeat rate */
	if (v == 0 && k->command & CB_TRANSLATE)
		kbd_send(k, k->set == 2 ? 0x41 : 0x43);
	else if (v == 0)
		kbd_send(k, k->set);
	else if (v <= 2)
		k->set = v;
}

static void kbd_command(struct ab_kbd *k, uint8_t v)
{
	if (k->kbd_expect && v < 0xed) {
		kbd_parameter(k, v);
		return;
	}
	k->kbd_expect = 0;
	switch (v) {
	case 0xed: case 0xf0: case 0xf3:
		k->kbd_expect = v;
		break;
	case 0xee:				/* echo */
		kbd_send(k, v);
		return;
	case 0xf2:				/* identify */
		kbd_send(k, KBD_ACK);
		kbd_send(k, 0xab);
		kbd_send(k, k->command & CB_TRANSLATE ? 0x41 : 0x83);
		return;
	case 0xf4:
		k->scanning = true;
		break;
	case 0xf5: case 0xf6:
		kbd_defaults(k);
		k->scanning = v == 0xf6;
		break;
	case 0xfe:
		kbd_queue(k, FROM_KBD | k->last);
		return;
	case 0xff:
		k->head = k->count = 0;
		kbd_defaults(k);
		k->scanning = true;
		kbd_send(k, KBD_ACK);
		kbd_send(k, KBD_PASSED);
		return;
	default:
		if (v < 0xed || v > 0xfd) {
			kbd_send(k, KBD_RESEND);
			return;
		}
		break;				/* sets of keys (set 3) */
	}
	kbd_send(k, KBD_ACK);
}

/* One key up or down, as the guest shall see it. */
static void kbd_key(struct ab_kbd *k, uint8_t key, bool up)
{
	if (k->command & CB_TRANSLATE || k->set == 1) {
		kbd_send(k, key | (up ? 0x80 : 0));
		return;
	}
	if (up)
		kbd_send(k, 0xf0);
	kbd_send(k, set2[key]);
}

/* At most two keys go down and up, three bytes each. */
#define KEY_BYTES	6

bool ab_keyboard_room(const struct ab_machine *m)
{
	return m->dev.kbd.count <= AB_KBD_QUEUE - KEY_BYTES;
}

bool ab_keyboard_in(struct ab_machine *m, uint8_t byte)
{
	struct ab_kbd *k = &m->dev.kbd;
	unsigned key = key_of(byte);
	uint8_t code = key & 0x7f;

	if (!key || !k->scanning || !ab_keyboard_room(m))
		return false;
	if (key & CTRL)
		kbd_key(k, KEY_CTRL, false);
	if (key & SHIFT)
		kbd_key(k, KEY_SHIFT, false);
	kbd_key(k, code, false);
	kbd_key(k, code, true);
	if (key & SHIFT)
		kbd_key(k, KEY_SHIFT, true);
	if (key & CTRL)
		kbd_key(k, KEY_CTRL, true);
	kbd_update(m);
	return true;
}

/* ---- mouse ---- */

static void aux_send(struct ab_kbd *k, const uint8_t *bytes, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		kbd_queue(k, FROM_AUX | bytes[i]);
}

static void aux_defaults(struct ab_kbd *k)
{
	k->aux_status = 0;
	k->aux_resolution = 2;
	k->aux_rate = 100;
}

/* A wheel, and buttons four and five, are there once a driver has knocked by three
 * sample rates. */
static void aux_rate_set(struct ab_kbd *k, uint8_t rate)
{
	k->aux_rate = rate;
	k->aux_knock = (k->aux_knock << 8 | rate) & 0xffffff;
	if (k->aux_knock == (200 << 16 | 100 << 8 | 80))
		k->aux_id = 3;
	else if (k->aux_knock == (200 << 16 | 200 << 8 | 80))
		k->aux_id = 4;
}

/* Of the commands without an answer but ACK: is this one? */
static bool aux_mode(struct ab_kbd *k, uint8_t v)
{
	switch (v) {
	case 0xe6:
		k->aux_status &= ~AUX_SCALED;
		return true;
	case 0xe7:
		k->aux_status |= AUX_SCALED;
		return true;
	case 0xea:
		k->aux_status &= ~AUX_REMOTE;
		return true;
	case 0xf0:
		k->aux_status |= AUX_REMOTE;
		return true;
	case 0xf4:
		k->aux_status |= AUX_ENABLED;
		return true;
	case 0xf5:
		k->aux_status &= ~AUX_ENABLED;
		return true;
	case 0xf6:
		aux_defaults(k);
		return true;
	case 0xec: case 0xee:			/* every byte comes back, but ec and ff */
		k->aux_echo = v == 0xee;
		return true;
	case 0xe8: case 0xf3:			/* resolution, sample rate */
		k->aux_expect = v;
		return true;
	}
	return false;
}

static void aux_command(struct ab_kbd *k, uint8_t v)
{
	static const uint8_t ack[] = { KBD_ACK, KBD_PASSED, 0x00 };
	static const uint8_t packet[] = { KBD_ACK, 0x08, 0x00, 0x00, 0x00 };
	static const uint8_t nak[] = { KBD_RESEND };
	uint8_t expect = k->aux_expect;

	k->aux_expect = 0;
	if (k->aux_echo && v != 0xec && v != 0xff) {
		aux_send(k, &v, 1);
	} else if (expect) {
		if (expect == 0xf3)
			aux_rate_set(k, v);
		else
			k->aux_resolution = v;
		aux_send(k, ack, 1);
	} else if (v == 0xff) {
		aux_defaults(k);
		k->aux_id = 0;
		k->aux_echo = false;
		aux_send(k, ack, sizeof(ack));
	} else if (v == 0xf2) {
		aux_send(k, (uint8_t[]){ KBD_ACK, k->aux_id }, 2);
	} else if (v == 0xe9) {
		aux_send(k, (uint8_t[]){ KBD_ACK, k->aux_status, k->aux_resolution,
					 k->aux_rate }, 4);
	} else if (v == 0xeb) {
		aux_send(k, packet, k->aux_id ? 5 : 4);
	} else {
		aux_send(k, aux_mode(k, v) ? ack : nak, 1);
	}
}

/* ---- controller ---- */

static void ctrl_command(struct ab_machine *m, uint8_t v)
{
	struct ab_kbd *k = &m->dev.kbd;

	k->expect = 0;
	switch (v) {
	case 0x20:
		ctrl_answer(m, FROM_CTRL | k->command);
		return;
	case 0x60: case 0xd1: case 0xd2: case 0xd3: case 0xd4:
		k->expect = v;
		return;
	case 0xa7:
		k->command |= CB_AUX_OFF;
		break;
	case 0xa8:
		k->command &= ~CB_AUX_OFF;
		break;
	case 0xa9: case 0xab:			/* port tests: fine */
		ctrl_answer(m, FROM_CTRL | 0x00);
		return;
	case 0xaa:
		k->command |= CB_SYSTEM;
		k->status_bits |= ST_SYSTEM;
		ctrl_answer(m, FROM_CTRL | 0x55);
		return;
	case 0xad:
		k->command |= CB_KBD_OFF;
		break;
	case 0xae:
		k->command &= ~CB_KBD_OFF;
		break;
	case 0xc0:
		ctrl_answer(m, FROM_CTRL | 0x80);
		return;
	case 0xd0:
		ctrl_answer(m, FROM_CTRL | k->outport | (k->full ? 0x10 : 0));
		return;
	case 0xe0:
		ctrl_answer(m, FROM_CTRL | 0x00);
		return;
	}
	if (v >= 0xf0 && !(v & 1)) {		/* pulses the reset line */
		ab_machine_end(m, 0, "reset through the keyboard controller");
		return;
	}
	kbd_update(m);
}

static void ctrl_data(struct ab_machine *m, uint8_t v)
{
	struct ab_kbd *k = &m->dev.kbd;
	uint8_t command = k->expect;

	k->expect = 0;
	switch (command) {
	case 0x60:
		k->command = v;
		k->status_bits = (k->status_bits & ~ST_SYSTEM) |
				 (v & CB_SYSTEM ? ST_SYSTEM : 0);
		break;
	case 0xd1:
		k->outport = v & 0xcf;		/* A20 is always on */
		if (!(v & 1))
			ab_machine_end(m, 0, "reset through the keyboard controller");
		break;
	case 0xd2:
		ctrl_answer(m, FROM_KBD | v);
		return;
	case 0xd3:
		ctrl_answer(m, FROM_AUX | v);
		return;
	case 0xd4:
		k->command &= ~CB_AUX_OFF;
		aux_command(k, v);
		break;
	default:
		k->command &= ~CB_KBD_OFF;	/* sending enables its clock */
		kbd_command(k, v);
		break;
	}
	kbd_update(m);
}

uint32_t ab_kbd_read(struct ab_machine *m, uint16_t port, unsigned size)
{
	struct ab_kbd *k = &m->dev.kbd;
	bool aux = (k->out & SOURCE) == FROM_AUX;

	if (port & 4)
		return k->status_bits | ST_UNLOCKED | (k->full ? ST_FULL : 0) |
		       (k->full && aux ? ST_AUX : 0);
	if (k->full) {
		k->full = false;
		ab_irq_set(m, 1, false);
		ab_irq_set(m, 12, false);
	}
	uint8_t byte = k->out;			/* empty: the last byte again */

	kbd_update(m);
	if (!k->full && !k->count && m->host->console_ready)
		m->host->console_ready(m);
	return byte;
}

void ab_kbd_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v)
{
	struct ab_kbd *k = &m->dev.kbd;

	if (port & 4) {
		k->status_bits |= ST_COMMAND;
		ctrl_command(m, v);
	} else {
		k->status_bits &= ~ST_COMMAND;
		ctrl_data(m, v);
	}
}

/* As a BIOS leaves it: translation and keyboard interrupt on. */
void ab_kbd_init(struct ab_machine *m)
{
	struct ab_kbd *k = &m->dev.kbd;

	k->command = CB_TRANSLATE | CB_KBD_IRQ | CB_AUX_OFF;
	k->status_bits = ST_SYSTEM | ST_COMMAND;
	k->outport = 0xcf;
	k->scanning = true;
	k->set = 2;
	aux_defaults(k);
}
