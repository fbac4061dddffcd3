/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The programs, as the kernel carries them; whole pages, since pages are shared. */
	.section .rodata
	.balign	4096
	.global	user_image, user_image_end
user_image:
	.incbin	USER_BIN
user_image_end:
	.balign	4096

	.section .note.GNU-stack, "", @progbits
