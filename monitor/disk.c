/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files behind the guest's disks.  The vCPU process has no descriptor for it:
 * it asks through shared memory, and each request is copied and checked before
 * it is believed.  Requests are done one after the other, in the order in which
 * they came, each write by pwrite(): so a run that is killed leaves what a PC
 * leaves whose power fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "lib/diag.h"
#include "monitor/broker.h"
#include "monitor/sys.h"

static int disk_size(int fd, const struct stat *st, uint64_t *bytes)
{
	if (S_ISREG(st->st_mode)) {
		*bytes = (uint64_t)st->st_size;
		return 0;
	}
	if (S_ISBLK(st->st_mode))
		return ioctl(fd, BLKGETSIZE64, bytes);
	errno = S_ISDIR(st->st_mode) ? EISDIR : EINVAL;
	return -1;
}

int disk_open(struct disk *d, const char *path)
{
	struct stat st;
	uint64_t bytes;

	d->path = path;
	d->readonly = false;
	d->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (d->fd < 0 && (errno == EACCES || errno == EROFS || errno == EPERM)) {
		d->readonly = true;
		d->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (d->fd >= 0)
			warn("%s: the disk is read-only", path);
	}
	if (d->fd < 0 || fstat(d->fd, &st) || disk_size(d->fd, &st, &bytes)) {
		error("%s: cannot use it as a disk: %s", path,
		      errno == EINVAL ? "neither a file nor a block device" :
		      strerror(errno));
		disk_close(d);
		return -1;
	}
	d->sectors = bytes / MON_SECTOR;
	if (!d->sectors) {
		error("%s: too small for a disk (%llu bytes)", path,
		      (unsigned long long)bytes);
		disk_close(d);
		return -1;
	}
	if (bytes % MON_SECTOR)
		warn("%s: the last %llu bytes are no whole sector: left out", path,
		     (unsigned long long)(bytes % MON_SECTOR));
	if (flock(d->fd, (d->readonly ? LOCK_SH : LOCK_EX) | LOCK_NB) &&
	    errno == EWOULDBLOCK) {
		error("%s: the disk is in use by another run", path);
		disk_close(d);
		return -1;
	}
	return 0;
}

void disk_close(struct disk *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}

/* A host's full disk or bad sector is the guest's I/O error; say why, once. */
static int host_failed(struct disk *d, int err)
{
	if (err && err != d->error)
		warn("%s: %s: the guest gets an I/O error", d->path, strerror(err));
	d->error = err;
	return err;
}

/* Drop the first (n) bytes of what (*v) names. */
static void pieces_advance(struct iovec **v, unsigned *nv, size_t n)
{
	while (*nv && n >= (*v)->iov_len) {
		n -= (*v)->iov_len;
		++*v;
		--*nv;
	}
	if (*nv) {
		(*v)->iov_base = (char *)(*v)->iov_base + n;
		(*v)->iov_len -= n;
	}
}

static int transfer(struct disk *d, bool write, struct iovec *v, unsigned nv, off_t at)
{
	while (nv) {
		ssize_t n = write ? pwritev(d->fd, v, (int)nv, at) :
			preadv(d->fd, v, (int)nv, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return host_failed(d, errno);
		if (!n)			/* the file has shrunk */
			return host_failed(d, EIO);
		pieces_advance(&v, &nv, (size_t)n);
		at += n;
	}
	return 0;
}

static int flush(struct disk *d)
{
	return fdatasync(d->fd) ? host_failed(d, errno) : 0;
}

/* (bytes) of memory that (v) names, to or from (lba) on. */
static int request_do(struct disk *d, uint32_t op, uint64_t lba, uint64_t bytes,
		      struct iovec *v, unsigned nv)
{
	uint64_t count = bytes / MON_SECTOR;
	int err;

	if (d->fd < 0)
		return ENXIO;
	if (op == MON_DISK_FLUSH)
		return flush(d);
	if (op != MON_DISK_READ && op != MON_DISK_WRITE && op != MON_DISK_WRITE_THROUGH)
		return EINVAL;
	if (op != MON_DISK_READ && d->readonly)
		return EROFS;
	if (!count || bytes % MON_SECTOR || lba >= d->sectors || count > d->sectors - lba)
		return EINVAL;
	err = transfer(d, op != MON_DISK_READ, v, nv, (off_t)(lba * MON_SECTOR));
	return !err && op == MON_DISK_WRITE_THROUGH ? flush(d) : err;
}

void disk_serve(struct disk d[MON_DISKS], struct mon_disk_req *req)
{
	uint32_t op, count, drive;
	uint64_t lba;

	if (!__atomic_load_n(&req->busy, __ATOMIC_SEQ_CST))
		return;
	op = __atomic_load_n(&req->op, __ATOMIC_RELAXED);
	count = __atomic_load_n(&req->count, __ATOMIC_RELAXED);
	lba = __atomic_load_n(&req->lba, __ATOMIC_RELAXED);
	drive = __atomic_load_n(&req->drive, __ATOMIC_RELAXED);
	if (drive >= MON_DISKS)
		req->result = ENXIO;
	else if (count > MON_DISK_MAX)
		req->result = EINVAL;
	else
		req->result = request_do(&d[drive], op, lba, (uint64_t)count * MON_SECTOR,
					 &(struct iovec){ req->data, count * MON_SECTOR },
					 1);
	__atomic_store_n(&req->busy, 0, __ATOMIC_SEQ_CST);
	sys_futex_wake(&req->busy, 1);
}

/* ---- the queue ---- */

#define KICK_AFTER	16u	/* requests done at most before the vCPU hears */

/* One request, whose fields the guest may be changing: each is read once. */
static int xfer_do(struct broker *b, const struct mon_disk_xfer *x)
{
	uint32_t op = __atomic_load_n(&x->op, __ATOMIC_RELAXED);
	uint32_t drive = __atomic_load_n(&x->drive, __ATOMIC_RELAXED);
	uint32_t n = __atomic_load_n(&x->npieces, __ATOMIC_RELAXED);
	uint64_t lba = __atomic_load_n(&x->lba, __ATOMIC_RELAXED), bytes = 0;
	struct iovec v[MON_QUEUE_PIECES];

	if (drive >= MON_DISKS)
		return ENXIO;
	if (n > MON_QUEUE_PIECES)
		return EINVAL;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t pa = __atomic_load_n(&x->piece[i].pa, __ATOMIC_RELAXED);
		uint64_t len = __atomic_load_n(&x->piece[i].len, __ATOMIC_RELAXED);

		if (pa > b->mon.ram_size || len > b->mon.ram_size - pa)
			return EFAULT;
		v[i] = (struct iovec){ b->mon.ram + pa, len };
		bytes += len;
	}
	return request_do(&b->disk[drive], op, lba, bytes, v, n);
}

bool disk_queue_waits(const struct broker *b)
{
	return __atomic_load_n(&b->mon.sh->queue.head, __ATOMIC_SEQ_CST) != b->disk_tail;
}

static void queue_tell(struct broker *b)
{
	struct mon_shared *sh = b->mon.sh;

	if (__atomic_load_n(&sh->queue.waits, __ATOMIC_SEQ_CST))
		sys_futex_wake(&sh->queue.tail, 1);
	/* a kick that it has not yet taken will do for these, too */
	if (!(__atomic_load_n(&sh->kick, __ATOMIC_SEQ_CST) & MON_KICK_DISK))
		vcpu_kick(b, MON_KICK_DISK);
}

void disk_queue_serve(struct broker *b)
{
	struct mon_disk_queue *q = &b->mon.sh->queue;
	unsigned done = 0;

	/* never more than a whole queue: a head that runs away is no work */
	while (done < MON_QUEUE_SIZE && disk_queue_waits(b)) {
		struct mon_disk_xfer *x = &q->xfer[b->disk_tail % MON_QUEUE_SIZE];

		x->result = xfer_do(b, x);
		__atomic_store_n(&q->tail, ++b->disk_tail, __ATOMIC_SEQ_CST);
		if (++done % KICK_AFTER == 0)
			queue_tell(b);
	}
	if (done % KICK_AFTER)
		queue_tell(b);
}
