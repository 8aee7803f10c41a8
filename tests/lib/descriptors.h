/* A want of descriptors, for tests of what is done then. Needs cmocka. */
#ifndef TRI_TEST_DESCRIPTORS_H
#define TRI_TEST_DESCRIPTORS_H

#include <fcntl.h>
#include <sys/resource.h>

static struct rlimit test_fds_before;

/* Leaves this process so many descriptors that it may still open. */
static inline void test_fds_allow(unsigned count)
{
    rlim_t limit = 0;
    if (test_fds_before.rlim_cur == 0)
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &test_fds_before), 0);
    for (unsigned left = count;; limit++)
        if (fcntl((int)limit, F_GETFD) < 0 && left-- == 0)
            break;
    const struct rlimit few = {limit, test_fds_before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
}

/* As many as it had at first. */
static inline void test_fds_restore(void)
{
    if (test_fds_before.rlim_cur)
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &test_fds_before), 0);
}

#endif
