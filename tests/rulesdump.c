/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rulesdump FILE...: read rules and print them again, for tests.  With -q,
 * print only how many there are.
 */
#include <string.h>
#include "lib/diag.h"
#include "rules/rules.h"

int main(int argc, char **argv)
{
	struct rules *r = rules_new();
	bool quiet = argc > 1 && !strcmp(argv[1], "-q");
	int rc = AB_EXIT_OK;

	diag_init("rulesdump");
	for (int i = 1 + quiet; i < argc; i++)
		if (rules_load(r, argv[i]) < 0)
			rc = AB_EXIT_FAIL;
	if (rc == AB_EXIT_OK && quiet)
		printf("%zu rules\n", rules_count(r));
	else if (rc == AB_EXIT_OK)
		rules_print(r, stdout);
	rules_free(r);
	return rc;
}
