/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every Check program ends with. */
#ifndef AB_TESTS_UNIT_RUN_H
#define AB_TESTS_UNIT_RUN_H

#include <check.h>
#include <stdlib.h>

/* Run and free (suite), each test in a process of its own.  Returns the exit
 * status. */
static inline int suite_run(Suite *suite)
{
	SRunner *r = srunner_create(suite);
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
