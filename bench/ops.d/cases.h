/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef __x86_64__
#define A "rax"
#define B "rbx"
#else
#define A "eax"
#define B "ebx"
#endif
