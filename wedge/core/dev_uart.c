/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev_uart.c: the 16550A at 3f8h, IRQ 4: the guest's console.
 *
 * The line has no speed: a byte written is sent at once (THR is always empty)
 * and the host gives bytes as fast as the FIFO takes them.  What a driver would
 * only get in time on a real line it still gets: a handler that reads one byte
 * an interrupt finds a new interrupt for the next byte, and bytes below the
 * FIFO's trigger level count as timed out at once.
 */
#include "core/core.h"

#define UART_IRQ	4

#define IER_RX		1
#define IER_TX		2
#define IER_LINE	4
#define IER_MODEM	8

#define IIR_NONE	0x01
#define IIR_MODEM	0x00
#define IIR_TX		0x02
#define IIR_RX		0x04
#define IIR_LINE	0x06
#define IIR_TIMEOUT	0x0c
#define IIR_FIFO	0xc0

#define FCR_ENABLE	1
#define FCR_CLEAR_RX	2
#define LCR_DLAB	0x80

#define MCR_DTR		1
#define MCR_RTS		2
#define MCR_OUT1	4
#define MCR_OUT2	8
#define MCR_LOOP	0x10

#define LSR_DR		1
#define LSR_OE		2
#define LSR_EMPTY	0x60	/* THRE, TEMT */

#define MSR_CTS		0x10
#define MSR_DSR		0x20
#define MSR_RI		0x40
#define MSR_DCD		0x80

static unsigned uart_depth(const struct ab_uart *u)
{
	return u->fcr & FCR_ENABLE ? AB_UART_FIFO : 1;
}

static unsigned uart_trigger(const struct ab_uart *u)
{
	static const uint8_t level[4] = { 1, 4, 8, 14 };

	return u->fcr & FCR_ENABLE ? level[u->fcr >> 6] : 1;
}

static uint8_t uart_modem(const struct ab_uart *u)
{
	if (!(u->mcr & MCR_LOOP))
		return MSR_CTS | MSR_DSR | MSR_DCD;
	return (u->mcr & MCR_RTS ? MSR_CTS : 0) | (u->mcr & MCR_DTR ? MSR_DSR : 0) |
	       (u->mcr & MCR_OUT1 ? MSR_RI : 0) | (u->mcr & MCR_OUT2 ? MSR_DCD : 0);
}

/* The source of highest priority. */
static uint8_t uart_source(const struct ab_uart *u)
{
	if (u->ier & IER_LINE && u->lsr_errors)
		return IIR_LINE;
	if (u->ier & IER_RX && u->count)
		return u->count >= uart_trigger(u) ? IIR_RX : IIR_TIMEOUT;
	if (u->ier & IER_TX && u->thre_pending)
		return IIR_TX;
	if (u->ier & IER_MODEM && u->msr_delta)
		return IIR_MODEM;
	return IIR_NONE;
}

static void uart_update(struct ab_machine *m)
{
	ab_irq_set(m, UART_IRQ, uart_source(&m->dev.uart) != IIR_NONE);
}

/* As uart_update(), where a real line would have gone low and up again. */
static void uart_update_edge(struct ab_machine *m)
{
	ab_irq_set(m, UART_IRQ, false);
	uart_update(m);
}

static void uart_receive(struct ab_uart *u, uint8_t byte)
{
	if (u->count < uart_depth(u)) {
		u->fifo[(u->head + u->count) % AB_UART_FIFO] = byte;
		u->count++;
		return;
	}
	u->lsr_errors |= LSR_OE;
	if (!(u->fcr & FCR_ENABLE))	/* without FIFO the new byte wins */
		u->fifo[u->head] = byte;
}

static void uart_drop_input(struct ab_uart *u)
{
	u->head = u->count = 0;
}

/* There may be room for the host's bytes again. */
static void uart_ready(struct ab_machine *m)
{
	if (ab_console_room(m) && m->host->console_ready)
		m->host->console_ready(m);
}

static uint8_t uart_read_byte(struct ab_machine *m)
{
	struct ab_uart *u = &m->dev.uart;
	uint8_t byte = u->fifo[u->head];	/* empty: the last byte again */

	if (!u->count)
		return byte;
	if (--u->count)
		u->head = (u->head + 1) % AB_UART_FIFO;
	uart_update_edge(m);
	if (!u->count)
		uart_ready(m);
	return byte;
}

static void uart_write_byte(struct ab_machine *m, uint8_t byte)
{
	struct ab_uart *u = &m->dev.uart;

	u->thre_pending = false;
	if (u->mcr & MCR_LOOP)
		uart_receive(u, byte);
	else
		m->host->console_out(m, byte);
	if (u->ier & IER_TX)
		uart_update(m);
	u->thre_pending = true;			/* and sent it is */
	if (u->ier || u->mcr & MCR_LOOP)
		uart_update(m);
}

uint32_t ab_uart_read(struct ab_machine *m, uint16_t port, unsigned size)
{
	struct ab_uart *u = &m->dev.uart;
	uint8_t v;

	switch (port & 7) {
	case 0:
		return u->lcr & LCR_DLAB ? u->dll : uart_read_byte(m);
	case 1:
		return u->lcr & LCR_DLAB ? u->dlm : u->ier;
	case 2:
		v = uart_source(u);
		if (v == IIR_TX) {
			u->thre_pending = false;
			uart_update(m);
		}
		return v | (u->fcr & FCR_ENABLE ? IIR_FIFO : 0);
	case 3:
		return u->lcr;
	case 4:
		return u->mcr;
	case 5:
		v = LSR_EMPTY | u->lsr_errors | (u->count ? LSR_DR : 0);
		if (u->lsr_errors) {
			u->lsr_errors = 0;
			uart_update(m);
		}
		return v;
	case 6:
		v = uart_modem(u) | u->msr_delta;
		if (u->msr_delta) {
			u->msr_delta = 0;
			uart_update(m);
		}
		return v;
	default:
		return u->scr;
	}
}

static void uart_set_ier(struct ab_machine *m, uint8_t v)
{
	struct ab_uart *u = &m->dev.uart;
	uint8_t set = v & ~u->ier;

	u->ier = v & 0x0f;
	if (set & IER_TX)
		u->thre_pending = true;
	uart_update(m);
}

static void uart_set_fcr(struct ab_machine *m, uint8_t v)
{
	struct ab_uart *u = &m->dev.uart;
	bool toggled = (v ^ u->fcr) & FCR_ENABLE;

	if (toggled || (v & FCR_ENABLE && v & FCR_CLEAR_RX))
		uart_drop_input(u);
	u->fcr = v & FCR_ENABLE ? v & 0xc9 : 0;
	uart_update(m);
	uart_ready(m);
}

static void uart_set_mcr(struct ab_machine *m, uint8_t v)
{
	struct ab_uart *u = &m->dev.uart;
	uint8_t was = uart_modem(u), now;

	u->mcr = v & 0x1f;
	now = uart_modem(u);
	u->msr_delta |= (was ^ now) >> 4 & 0x0b;	/* DCTS, DDSR, DDCD */
	if (was & ~now & MSR_RI)
		u->msr_delta |= 4;			/* TERI */
	uart_update(m);
	uart_ready(m);
}

void ab_uart_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v)
{
	struct ab_uart *u = &m->dev.uart;

	switch (port & 7) {
	case 0:
		if (u->lcr & LCR_DLAB)
			u->dll = v;
		else
			uart_write_byte(m, v);
		break;
	case 1:
		if (u->lcr & LCR_DLAB)
			u->dlm = v;
		else
			uart_set_ier(m, v);
		break;
	case 2:
		uart_set_fcr(m, v);
		break;
	case 3:
		u->lcr = v;
		break;
	case 4:
		uart_set_mcr(m, v);
		break;
	case 7:
		u->scr = v;
		break;
	}
}

unsigned ab_console_room(const struct ab_machine *m)
{
	const struct ab_uart *u = &m->dev.uart;
	unsigned depth = uart_depth(u);

	if (u->mcr & MCR_LOOP || u->count >= depth)
		return 0;
	return depth - u->count;
}

void ab_console_in(struct ab_machine *m, uint8_t byte)
{
	uart_receive(&m->dev.uart, byte);
	uart_update(m);
}

void ab_uart_init(struct ab_machine *m)
{
	m->dev.uart.dll = 1;
	m->dev.uart.lcr = 3;
	m->dev.uart.mcr = MCR_OUT2;
}
