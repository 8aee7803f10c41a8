/* What is logged where is settled at the first question, once a process: each test asks in a child of its own. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"

#define LOG_FILE "log"

enum { SAID_SIZE = 8192 };

static int enter_scratch(void **state)
{
    char *folder = strdup("/tmp/tri-log-XXXXXX");
    *state = folder;
    return mkdtemp(folder) ? chdir(folder) : -1;
}

static int leave_scratch(void **state)
{
    TRI_AUTO_FREE char *folder = *state;
    int r = chdir("/");
    return r < 0 ? r : tri_folder_remove(AT_FDCWD, folder);
}

/* Runs what with TRIREME_LOG set (NULL: not set) and standard error in a file; the child's answer. */
static int run_logging(const char *setting, int (*what)(void))
{
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("stderr", "w", stderr))
            _exit(99);
        if (setting)
            setenv("TRIREME_LOG", setting, 1);
        else
            unsetenv("TRIREME_LOG");
        _exit(what());
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void read_said(const char *path, char said[SAID_SIZE])
{
    TRI_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = read(fd, said, SAID_SIZE - 1);
    assert_true(size >= 0);
    said[size] = '\0';
}

static int log_one(void)
{
    TRI_LOG("op", "%d became %s", 17, "running");
    return tri_log_enabled();
}

static void nothing_is_logged_unless_asked(void **state)
{
    assert_false(run_logging(NULL, log_one));
    assert_false(run_logging("", log_one));
    char said[SAID_SIZE];
    read_said("stderr", said);
    assert_string_equal(said, "");
}

static void line_has_time_module_and_text(void **state)
{
    assert_true(run_logging(LOG_FILE, log_one));
    char said[SAID_SIZE];
    read_said(LOG_FILE, said);
    double seconds;
    int end = 0;
    assert_int_equal(sscanf(said, "%lf op 17 became running%n", &seconds, &end), 1);
    assert_true(seconds > 0);
    assert_string_equal(said + end, "\n");
}

static void standard_error_goes_by_two_names(void **state)
{
    const char *names[] = {"stderr", "1"};
    for (size_t i = 0; i < 2; i++) {
        assert_true(run_logging(names[i], log_one));
        char said[SAID_SIZE];
        read_said("stderr", said);
        assert_non_null(strstr(said, " op 17 became running\n"));
    }
}

static void file_is_added_to(void **state)
{
    assert_true(run_logging(LOG_FILE, log_one));
    assert_true(run_logging(LOG_FILE, log_one));
    char said[SAID_SIZE];
    read_said(LOG_FILE, said);
    const char *first = strchr(said, '\n');
    assert_non_null(first);
    assert_non_null(strchr(first + 1, '\n'));
}

static void file_that_cannot_be_opened_turns_it_off(void **state)
{
    assert_false(run_logging("absent/" LOG_FILE, log_one));
}

static int log_too_much(void)
{
    char text[5000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    TRI_LOG("op", "%s", text);
    TRI_LOG("op", "next");
    return 0;
}

static void long_line_is_cut_and_ends_all_the_same(void **state)
{
    assert_int_equal(run_logging(LOG_FILE, log_too_much), 0);
    char said[SAID_SIZE];
    read_said(LOG_FILE, said);
    const char *end = strchr(said, '\n');
    assert_non_null(end);
    assert_in_range(end - said, 1000, 1023);
    assert_non_null(strstr(end, " op next\n"));
}

static int log_with_errno(void)
{
    errno = EXDEV;
    TRI_LOG("op", "text");
    return errno == EXDEV;
}

static void errno_is_kept(void **state)
{
    assert_true(run_logging(LOG_FILE, log_with_errno));
    assert_true(run_logging("absent/" LOG_FILE, log_with_errno));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_scratch, leave_scratch)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_logged_unless_asked),
        TEST(line_has_time_module_and_text),
        TEST(standard_error_goes_by_two_names),
        TEST(file_is_added_to),
        TEST(file_that_cannot_be_opened_turns_it_off),
        TEST(long_line_is_cut_and_ends_all_the_same),
        TEST(errno_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
