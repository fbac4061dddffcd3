/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel inside a Linux bzImage.
 *
 * The bzImage's own unpacker is not afterburned (it runs before everything),
 * and the sites lie in what it unpacks.  So it is unpacked here, patched, and
 * started as a vmlinux would be.
 *
 * An image that names no payload is a program of another kind behind Linux's
 * header (memtest86+): it is started as a boot loader would, as it is.
 */
#include "monitor/boot.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "lib/diag.h"

enum { H_SETUP_SECTS = 0x1f1, H_BOOT_FLAG = 0x1fe, H_MAGIC = 0x202,
       H_VERSION = 0x206, H_LOADFLAGS = 0x211, H_CODE32 = 0x214,
       H_PAYLOAD = 0x248, H_PAYLOAD_LEN = 0x24c, H_END = 0x250,
       H_INIT_SIZE = 0x260, H_END_2_10 = 0x264 };

#define KERNEL_MAX	(512u << 20)	/* more than this is no kernel */

bool bzimage_is(const uint8_t *data, size_t size)
{
	return size >= H_END && get16(data + H_BOOT_FLAG) == 0xaa55 &&
		!memcmp(data + H_MAGIC, "HdrS", 4);
}

struct stream {			/* growing output of a decompressor */
	uint8_t *data;
	size_t size, room;
};

/* Room for more output; false at the limit. */
static bool stream_grow(struct stream *s)
{
	if (s->room >= KERNEL_MAX)
		return false;
	s->room = s->room ? s->room * 2 : 16u << 20;
	s->data = xrealloc(s->data, s->room);
	return true;
}

static int gunzip(const uint8_t *in, size_t n, struct stream *s)
{
	z_stream z = { 0 };
	int ret;

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return -1;
	z.next_in = (Bytef *)(uintptr_t)in;
	z.avail_in = (uInt)n;
	do {
		if (s->size == s->room && !stream_grow(s)) {
			ret = Z_BUF_ERROR;
			break;
		}
		z.next_out = s->data + s->size;
		z.avail_out = (uInt)(s->room - s->size);
		ret = inflate(&z, Z_NO_FLUSH);
		s->size = s->room - z.avail_out;
	} while (ret == Z_OK && (z.avail_in || !z.avail_out));
	inflateEnd(&z);
	return ret == Z_STREAM_END ? 0 : -1;
}

/* xz, and the older lzma container. */
static int unxz(const uint8_t *in, size_t n, struct stream *s)
{
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_ret ret;

	if (lzma_auto_decoder(&z, 256u << 20, 0) != LZMA_OK)
		return -1;
	z.next_in = in;
	z.avail_in = n;
	do {
		if (s->size == s->room && !stream_grow(s)) {
			ret = LZMA_MEMLIMIT_ERROR;
			break;
		}
		z.next_out = s->data + s->size;
		z.avail_out = s->room - s->size;
		ret = lzma_code(&z, LZMA_FINISH);
		s->size = s->room - z.avail_out;
	} while (ret == LZMA_OK);
	lzma_end(&z);
	return ret == LZMA_STREAM_END ? 0 : -1;
}

static const struct packer {
	const char *name, *magic;
	size_t len;
	int (*unpack)(const uint8_t *, size_t, struct stream *);
} packers[] = {
	{ "gzip", "\x1f\x8b", 2, gunzip },
	{ "xz", "\xfd" "7zXZ", 5, unxz },
	{ "lzma", "\x5d\0\0", 3, unxz },
	{ "bzip2", "BZh", 3, NULL },
	{ "lzo", "\x89LZO", 4, NULL },
	{ "lz4", "\x02\x21\x4c\x18", 4, NULL },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, NULL },
};

static const struct packer *packer_of(const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof packers / sizeof packers[0]; i++)
		if (n >= packers[i].len &&
		    !memcmp(p, packers[i].magic, packers[i].len))
			return &packers[i];
	return NULL;
}

/* Where the 32-bit code begins. */
static size_t code_offset(const uint8_t *data)
{
	return ((data[H_SETUP_SECTS] ? data[H_SETUP_SECTS] : 4u) + 1) * 512u;
}

bool bzimage_plain(const uint8_t *data, size_t size, struct bzimage_code *c)
{
	size_t at = code_offset(data);

	if (get16(data + H_VERSION) < 0x0208 || !(data[H_LOADFLAGS] & 1) ||
	    get32(data + H_PAYLOAD_LEN) || at >= size)
		return false;
	*c = (struct bzimage_code){ .data = data + at, .size = size - at,
				    .mem_size = size - at,
				    .addr = get32(data + H_CODE32) };
	if (get16(data + H_VERSION) >= 0x020a && size >= H_END_2_10 &&
	    get32(data + H_INIT_SIZE) > c->mem_size)
		c->mem_size = get32(data + H_INIT_SIZE);
	return true;
}

/* The compressed kernel's place in the file. */
static int payload_find(const char *path, const uint8_t *data, size_t size,
			const uint8_t **out, size_t *len)
{
	uint64_t at = code_offset(data), n;

	if (get16(data + H_VERSION) < 0x0208 || !(data[H_LOADFLAGS] & 1)) {
		error("%s: a Linux image of boot protocol %x.%02x; 2.08 (Linux "
		      "2.6.26) or newer is needed", path, data[H_VERSION + 1],
		      data[H_VERSION]);
		return -1;
	}
	at += get32(data + H_PAYLOAD);
	n = get32(data + H_PAYLOAD_LEN);
	if (!n || at > size || n > size - at) {
		error("%s: the bzImage is cut off or its header is corrupt", path);
		return -1;
	}
	*out = data + at;
	*len = n;
	return 0;
}

int bzimage_unpack(const char *path, const uint8_t *data, size_t size,
		   uint8_t **out, size_t *out_size)
{
	const struct packer *p;
	const uint8_t *in;
	struct stream s = { 0 };
	size_t n;

	if (payload_find(path, data, size, &in, &n))
		return -1;
	p = packer_of(in, n);
	if (!p || !p->unpack) {
		error("%s: the kernel in this bzImage is packed with %s; gzip, xz "
		      "and lzma can be unpacked: give the vmlinux, or build with "
		      "CONFIG_KERNEL_GZIP", path, p ? p->name : "something unknown");
		return -1;
	}
	if (p->unpack(in, n, &s) || s.size < 4) {
		error("%s: the kernel in this bzImage cannot be unpacked (%s data "
		      "is corrupt)", path, p->name);
		free(s.data);
		return -1;
	}
	*out = s.data;
	*out_size = s.size;
	return 0;
}
