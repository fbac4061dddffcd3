/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files behind the guest's disks.  The vCPU process has no descriptor for it:
 * it asks through shared memory, and each request is copied and checked before
 * it is believed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
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

static int transfer(const struct disk *d, bool write, uint8_t *data,
		    uint64_t lba, uint32_t count)
{
	size_t left = (size_t)count * MON_SECTOR;
	off_t at = (off_t)(lba * MON_SECTOR);

	while (left) {
		ssize_t n = write ? pwrite(d->fd, data, left, at) :
			pread(d->fd, data, left, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (!n)			/* the file has shrunk */
			return EIO;
		data += n;
		left -= (size_t)n;
		at += n;
	}
	return 0;
}

static int request_do(const struct disk *d, uint32_t op, uint64_t lba,
		      uint32_t count, uint8_t *data)
{
	if (d->fd < 0)
		return ENXIO;
	if (op == MON_DISK_FLUSH)
		return fdatasync(d->fd) ? errno : 0;
	if (op != MON_DISK_READ && op != MON_DISK_WRITE)
		return EINVAL;
	if (op == MON_DISK_WRITE && d->readonly)
		return EROFS;
	if (!count || count > MON_DISK_MAX || lba >= d->sectors ||
	    count > d->sectors - lba)
		return EINVAL;
	return transfer(d, op == MON_DISK_WRITE, data, lba, count);
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
	req->result = drive < MON_DISKS ?
		request_do(&d[drive], op, lba, count, req->data) : ENXIO;
	__atomic_store_n(&req->busy, 0, __ATOMIC_SEQ_CST);
	sys_futex_wake(&req->busy, 1);
}
