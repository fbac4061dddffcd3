/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The wedge's last words when Xen refuses a hypercall.  No guest brings that about
 * (its own hypercalls do not reach Xen: tests/xen/errors.sh), so Xen is played here.
 */
#include <setjmp.h>
#include <string.h>
#include "xen/pv.h"
#include "cpufix.h"
#include "run.h"

static long refuse(unsigned nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
#define hypercall refuse
#define machine (*M)
#include "../../wedge/xen/print.c"

struct xen_state xen;

static char console[4096];
static unsigned refused, reason;
static jmp_buf end;

static long refuse(unsigned nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	if (nr == __HYPERVISOR_console_io && a == CONSOLEIO_write) {
		strncat(console, (const char *)c, b);
		return 0;
	}
	if (nr == __HYPERVISOR_sched_op && a == SCHEDOP_shutdown) {
		reason = ((const struct sched_shutdown *)b)->reason;
		longjmp(end, 1);
	}
	refused++;
	return nr == __HYPERVISOR_mmu_update ? -22 : 0;
}

static void setup(void)
{
	memset(&xen, 0, sizeof(xen));
	cpu_start_long();
	machine.cpu.gpr[3] = 0x1122334455667788;
	console[0] = 0;
	refused = 0;
	reason = ~0u;
}

START_TEST(refusal_is_the_end)
{
	xen_print("a line that did not en");
	if (!setjmp(end)) {
		hypercall_must(__HYPERVISOR_mmu_update, 0, 1, 0, DOMID_SELF,
			       "page-table update");
		ck_abort_msg("it came back");
	}
	ck_assert_uint_eq(refused, 1);
	ck_assert_uint_eq(reason, SHUTDOWN_crash);
	ck_assert_ptr_nonnull(strstr(console, "a line that did not en\nwedge: Xen refused: "
				     "page-table update: error 22\n"));
	ck_assert_ptr_nonnull(strstr(console, "wedge: a hypercall was refused\n"));
	ck_assert_ptr_nonnull(strstr(console, "wedge: rip 10000 "));
	ck_assert_ptr_nonnull(strstr(console, "rbx 1122334455667788\n"));
	ck_assert_ptr_nonnull(strstr(console, "wedge: cr0 "));
}
END_TEST

START_TEST(refusal_while_dying)
{
	xen.dying = true;
	if (!setjmp(end))
		hypercall_must(__HYPERVISOR_mmu_update, 0, 1, 0, DOMID_SELF, "second");
	ck_assert_uint_eq(reason, SHUTDOWN_crash);
	ck_assert_ptr_null(strstr(console, "rip"));
}
END_TEST

START_TEST(success_goes_on)
{
	if (!setjmp(end))
		hypercall_must(__HYPERVISOR_set_timer_op, 0, 0, 0, 0, "set the timer");
	ck_assert_uint_eq(reason, ~0u);
	ck_assert_uint_eq(refused, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wedge/xen/print");
	TCase *c = tcase_create("hypercalls");

	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_test(c, refusal_is_the_end);
	tcase_add_test(c, refusal_while_dying);
	tcase_add_test(c, success_goes_on);
	suite_add_tcase(s, c);
	return suite_run(s);
}
