// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * uml COMMAND...: run it where ptrace knows no register sets.
 *
 * User-Mode Linux of 6.1 has room for the extended registers of AVX and no more: where
 * the processor has larger ones (AMX), its first process dies as its registers are
 * restored.  Without register sets UML takes PTRACE_GETFPREGS, as it does on a kernel
 * that has none.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define GETREGSET 0x4204
#define SETREGSET 0x4205

int main(int argc, char **argv)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, GETREGSET, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SETREGSET, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { sizeof(f) / sizeof(f[0]), f };

	if (argc < 2)
		return 2;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p)) {
		perror("uml: seccomp");
		return 1;
	}
	execvp(argv[1], argv + 1);
	fprintf(stderr, "uml: %s: %s\n", argv[1], strerror(errno));
	return 127;
}
