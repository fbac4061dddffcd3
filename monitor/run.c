/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `aftermon run`: from the options to the exit status.  The order matters:
 * everything that can be wrong with the user's files is found before the host is
 * looked at, and the vCPU process is forked last.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/core.h"
#include "lib/diag.h"
#include "monitor/broker.h"

/* A closed standard descriptor would be given to the next file that is opened,
 * and the guest's output with it. */
static void descriptors_fill(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static int ram_create(struct mon *m, uint64_t size)
{
	uint64_t most = host_memory();

	if (size > most) {
		error("-m: %llu MiB of guest RAM; this host has %llu MiB for us",
		      (unsigned long long)(size >> 20),
		      (unsigned long long)(most >> 20));
		return -1;
	}
	m->ram_size = size;
	m->ram_fd = memfd_create("guest-ram", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (m->ram_fd < 0 || ftruncate(m->ram_fd, (off_t)(size + MON_WINDOW_ROOM))) {
		error("cannot make guest RAM: %s%s", strerror(errno),
		      errno == EFBIG ? " (is there a limit on file sizes, "
		      "ulimit -f?)" : "");
		return -1;
	}
	/* Nobody may cut it short under the broker's feet. */
	fcntl(m->ram_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	m->ram = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_NORESERVE, m->ram_fd, 0);
	if (m->ram == MAP_FAILED) {
		error("cannot map guest RAM: %s", strerror(errno));
		return -1;
	}
	return 0;
}

static void *shared_new(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		die("no memory to share with the vCPU: %s", strerror(errno));
	return p;
}

static int shared_create(struct mon *m)
{
	m->sh = shared_new(sizeof *m->sh);
	m->machine = shared_new(sizeof *m->machine);
	m->bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->bell_fd < 0) {
		error("eventfd: %s", strerror(errno));
		return -1;
	}
	return 0;
}

/* Better to know now than after the run. */
static int profile_check(const char *path)
{
	char *copy, *dir;
	struct stat st;
	int ret = 0;

	if (!path || !strcmp(path, "-"))
		return 0;
	copy = xstrdup(path);
	dir = dirname(copy);
	if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
		error("%s: cannot write the profile: it is a folder", path);
		ret = -1;
	} else if (access(dir, W_OK | X_OK) &&
		   !(errno == EACCES && !access(path, W_OK))) {
		error("%s: cannot write the profile: %s: %s", path, dir,
		      strerror(errno));
		ret = -1;
	}
	free(copy);
	return ret;
}

static int prepare(struct broker *b)
{
	const struct run_options *o = b->opt;
	struct mon *m = &b->mon;

	m->user = o->user;
	m->engine = o->engine;
	m->trace = o->trace;
	m->exact = o->profile != NULL;
	m->profile = m->exact || o->stats;
	m->screen = o->screen;
	m->keyboard = o->keyboard;
	m->debug = o->gdb_port != 0;
	if (profile_check(o->profile) || guest_prepare(b))
		return -1;
	for (unsigned i = 0; i < o->ndisk; i++) {
		if (disk_open(&b->disk[i], o->disk[i]))
			return -1;
		m->disk_sectors[i] = b->disk[i].sectors;
		m->disk_readonly[i] = b->disk[i].readonly;
	}
	preflight_clock(m);
	if (ram_create(m, o->ram) || shared_create(m) || guest_boot(b) || preflight_host(m))
		return -1;
	return preflight_addresses(m);
}

int command_run(int argc, char **argv)
{
	struct run_options opt;
	struct broker b = { .opt = &opt, .sig_fd = -1 };
	int status = AB_EXIT_FAIL;

	for (unsigned i = 0; i < MON_DISKS; i++)
		b.disk[i].fd = -1;
	run_options_parse(argc, argv, &opt);
	descriptors_fill();
	signal(SIGXFSZ, SIG_IGN);	/* ulimit -f: an error, not our death */
	if (!prepare(&b)) {
		console_init(&b);
		if (!(opt.gdb_port && gdb_open(&b, opt.gdb_port)) &&
		    !broker_loop(&b))
			status = broker_finish(&b);
		gdb_close(&b, status);
	}
	for (unsigned i = 0; i < MON_DISKS; i++)
		disk_close(&b.disk[i]);
	free(b.spans.v);
	guest_release(&b);
	return status;
}
