/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev_crtc.c: the registers of a VGA in 80x25 text mode.  They remember what is
 * written and change nothing: the text at b8000h is plain RAM, which --screen
 * prints.  The cursor's place is in CRTC registers 0eh and 0fh.
 */
#include "core/core.h"

#define FRAME_NS	14285714u	/* 70 Hz */
#define LINE_NS		31778u		/* 31.5 kHz */

/* CRTC registers of mode 3 as a BIOS sets them. */
static const uint8_t mode3[25] = {
	0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e,
	0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3,
	0xff,
};

/* Input status 1: bit 3 in vertical, bit 0 in any retrace. */
static uint8_t crtc_status(struct ab_machine *m)
{
	uint64_t now = m->host->now(m), frame = now % FRAME_NS;

	m->dev.crtc.attr_data = false;
	if (frame >= FRAME_NS - FRAME_NS / 18)
		return 9;
	return frame % LINE_NS >= LINE_NS - LINE_NS / 5;
}

static uint8_t dac_step(struct ab_crtc *c, uint16_t *index)
{
	uint8_t v = c->dac[*index % sizeof(c->dac)];

	*index = (*index + 1) % sizeof(c->dac);
	return v;
}

uint32_t ab_crtc_read(struct ab_machine *m, uint16_t port, unsigned size)
{
	struct ab_crtc *c = &m->dev.crtc;

	switch (port) {
	case 0x3c0:	return c->attr_index;
	case 0x3c1:	return c->attr[c->attr_index & 31];
	case 0x3c2:	return 0x10;
	case 0x3c4:	return c->seq_index;
	case 0x3c5:	return c->seq[c->seq_index & 7];
	case 0x3c6:	return c->pel_mask;
	case 0x3c8:	return c->dac_write / 3;
	case 0x3c9:	return dac_step(c, &c->dac_read);
	case 0x3cc:	return c->misc;
	case 0x3ce:	return c->gfx_index;
	case 0x3cf:	return c->gfx[c->gfx_index & 15];
	case 0x3d4:	return c->index;
	case 0x3d5:	return c->index < sizeof(mode3) ? c->reg[c->index] : 0;
	case 0x3da:	return crtc_status(m);
	}
	return 0;
}

void ab_crtc_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v)
{
	struct ab_crtc *c = &m->dev.crtc;

	switch (port) {
	case 0x3c0:
		if (c->attr_data)
			c->attr[c->attr_index & 31] = v;
		else
			c->attr_index = v & 0x3f;
		c->attr_data = !c->attr_data;
		break;
	case 0x3c2:
		c->misc = v;
		break;
	case 0x3c4:
		c->seq_index = v;
		break;
	case 0x3c5:
		c->seq[c->seq_index & 7] = v;
		break;
	case 0x3c6:
		c->pel_mask = v;
		break;
	case 0x3c7:
		c->dac_read = (v & 0xff) * 3;
		break;
	case 0x3c8:
		c->dac_write = (v & 0xff) * 3;
		break;
	case 0x3c9:
		c->dac[c->dac_write % sizeof(c->dac)] = v & 0x3f;
		dac_step(c, &c->dac_write);
		break;
	case 0x3ce:
		c->gfx_index = v;
		break;
	case 0x3cf:
		c->gfx[c->gfx_index & 15] = v;
		break;
	case 0x3d4:
		c->index = v;
		break;
	case 0x3d5:
		if (c->index < sizeof(mode3))
			c->reg[c->index] = v;
		break;
	}
}

void ab_crtc_init(struct ab_machine *m)
{
	struct ab_crtc *c = &m->dev.crtc;

	for (unsigned i = 0; i < sizeof(mode3); i++)
		c->reg[i] = mode3[i];
	for (unsigned i = 0; i < 16; i++)
		c->attr[i] = i == 6 ? 0x14 : i < 8 ? i : i + 0x30;
	c->attr[0x10] = 0x0c;
	c->attr[0x12] = 0x0f;
	c->attr[0x13] = 0x08;
	c->misc = 0x67;			/* colour: CRTC at 3d4h */
	c->seq[0] = 0x03;
	c->seq[2] = 0x03;
	c->seq[4] = 0x02;
	c->gfx[5] = 0x10;
	c->gfx[6] = 0x0e;		/* b8000h */
	c->gfx[7] = 0x0f;
	c->gfx[8] = 0xff;
	c->pel_mask = 0xff;
}
