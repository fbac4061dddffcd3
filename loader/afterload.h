/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of afterload; each returns the exit status. */
#ifndef AB_AFTERLOAD_H
#define AB_AFTERLOAD_H

#include "loader/loader.h"

/* Every site of (g), as text or as JSON. */
int list_sites(struct ab_guest *g, bool json);
/* Bad sites, and sensitive instructions that a disassembly finds unnoted. */
int check_guest(struct ab_guest *g);
/* What became of the sites of (g), op by op. */
void print_stats(const struct ab_guest *g, const struct ab_wedge *w);

/* Names of the registers and flags in (dead), "eax,cf", "-" when none. */
void dead_text(const struct ab_guest *g, uint32_t dead, char *buf, size_t size);
/* "function+0x12", "" when there are no symbols. */
void symbol_text(struct ab_guest *g, uint64_t addr, char *buf, size_t size);

#endif
