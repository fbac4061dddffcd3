# SPDX-License-Identifier: GPL-3.0-or-later
# Tests of wedge/core's CPU, and of how the core is built.
CORE_TESTS = tests/unit/test_core_mmu tests/unit/test_core_alu \
	tests/unit/test_core_seg tests/unit/test_core_excp \
	tests/unit/test_core_ops tests/unit/test_core_task \
	tests/unit/test_core_fuzz tests/unit/test_core_decode \
	tests/unit/test_core_misc
check_PROGRAMS += $(CORE_TESTS)
TESTS += $(CORE_TESTS) tests/core-symbols.sh

CORE_TEST_LIBS = wedge/core/libcore_test.a libab.a $(ZYDIS_LIBS) $(CHECK_LIBS)
core_test_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)
core_test_fix = tests/unit/cpufix.c tests/unit/cpufix.h

tests_unit_test_core_mmu_SOURCES = tests/unit/test_core_mmu.c $(core_test_fix)
tests_unit_test_core_mmu_CFLAGS = $(core_test_cflags)
tests_unit_test_core_mmu_LDADD = $(CORE_TEST_LIBS)

tests_unit_test_core_alu_SOURCES = tests/unit/test_core_alu.c $(core_test_fix)
tests_unit_test_core_alu_CFLAGS = $(core_test_cflags)
tests_unit_test_core_alu_LDADD = $(CORE_TEST_LIBS)

tests_unit_test_core_misc_SOURCES = tests/unit/test_core_misc.c $(core_test_fix)
tests_unit_test_core_misc_CFLAGS = $(core_test_cflags)
tests_unit_test_core_misc_LDADD = $(CORE_TEST_LIBS)

tests_unit_test_core_seg_SOURCES = tests/unit/test_core_seg.c $(core_test_fix)
tests_unit_test_core_seg_CFLAGS = $(core_test_cflags)
tests_unit_test_core_seg_LDADD = $(CORE_TEST_LIBS)

tests_unit_test_core_excp_SOURCES = tests/unit/test_core_excp.c $(core_test_fix)
tests_unit_test_core_excp_CFLAGS = $(core_test_cflags)
tests_unit_test_core_excp_LDADD = $(CORE_TEST_LIBS)

tests_unit_test_core_ops_SOURCES = tests/unit/test_core_ops.c $(core_test_fix)
tests_unit_test_core_ops_CFLAGS = $(core_test_cflags)
tests_unit_test_core_ops_LDADD = $(CORE_TEST_LIBS)

tests_unit_test_core_task_SOURCES = tests/unit/test_core_task.c $(core_test_fix)
tests_unit_test_core_task_CFLAGS = $(core_test_cflags)
tests_unit_test_core_task_LDADD = $(CORE_TEST_LIBS)

tests_unit_test_core_fuzz_SOURCES = tests/unit/test_core_fuzz.c $(core_test_fix)
tests_unit_test_core_fuzz_CFLAGS = $(core_test_cflags)
tests_unit_test_core_fuzz_LDADD = $(CORE_TEST_LIBS)

tests_unit_test_core_decode_SOURCES = tests/unit/test_core_decode.c tests/unit/run.h
tests_unit_test_core_decode_CFLAGS = $(core_test_cflags)
tests_unit_test_core_decode_LDADD = $(CORE_TEST_LIBS)

check_DATA += core-freestanding.o
dist_noinst_SCRIPTS += tests/core-symbols.sh
