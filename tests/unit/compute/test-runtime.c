/* Which runtime is chosen, and what is said when there is none. */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "compute/runtime.h"

static char pure[300], hybrid[300], programs[300];
static char *old_path;

static void make_program(const char *name)
{
    char path[600];
    snprintf(path, sizeof(path), "%s/%s", programs, name);
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0755);
    assert_true(fd >= 0);
    close(fd);
}

static int setup(void **state)
{
    int r = state_setup(state);
    snprintf(pure, sizeof(pure), "%s/pure", state_folder());
    snprintf(hybrid, sizeof(hybrid), "%s/hybrid", state_folder());
    snprintf(programs, sizeof(programs), "%s/programs", state_folder());
    r |= tri_folder_make(AT_FDCWD, pure, 0700) | tri_folder_make(AT_FDCWD, hybrid, 0700) |
         tri_folder_make(AT_FDCWD, programs, 0700);
    char path[600];
    snprintf(path, sizeof(path), "%s/cgroup.controllers", pure);
    r |= tri_file_write(AT_FDCWD, path, "", 0, 0600);
    snprintf(path, sizeof(path), "%s/unified", hybrid);
    r |= tri_folder_make(AT_FDCWD, path, 0700);
    snprintf(path, sizeof(path), "%s/unified/cgroup.controllers", hybrid);
    r |= tri_file_write(AT_FDCWD, path, "", 0, 0600);
    old_path = strdup(getenv("PATH") ? getenv("PATH") : "");
    unsetenv("TRIREME_OCI_RUNTIME");
    setenv("PATH", programs, 1);
    return r;
}

static int teardown(void **state)
{
    setenv("PATH", old_path, 1);
    free(old_path);
    return state_teardown(state);
}

/* What is chosen, "crun" or "runc"; checked to be of our folder. */
static const char *choose(const char *root)
{
    struct tri_runtime runtime;
    assert_int_equal(tri_runtime_find(root, &runtime, NULL), 0);
    assert_int_equal(strncmp(runtime.path, programs, strlen(programs)), 0);
    free(runtime.path);
    return runtime.kind;
}

static void with_both_there_the_cgroups_decide(void **state)
{
    make_program("crun");
    make_program("runc");
    assert_string_equal(choose(pure), "crun");
    assert_string_equal(choose(hybrid), "runc");
}

static void the_environment_chooses_by_name_and_by_path(void **state)
{
    struct tri_runtime runtime;
    char path[600];
    make_program("crun");
    make_program("runc");
    make_program("crun-next");
    setenv("TRIREME_OCI_RUNTIME", "crun-next", 1);
    assert_string_equal(choose(hybrid), "crun");
    snprintf(path, sizeof(path), "%s/runc", programs);
    setenv("TRIREME_OCI_RUNTIME", path, 1);
    assert_string_equal(choose(pure), "runc");
    setenv("TRIREME_OCI_RUNTIME", "no-such-runtime", 1);
    struct tri_error error = {0};
    assert_int_equal(tri_runtime_find(pure, &runtime, &error), TRI_COMPUTE_UNAVAILABLE);
    assert_non_null(strstr(error.text, "no-such-runtime"));
    tri_error_clear(&error);
    setenv("TRIREME_OCI_RUNTIME", programs, 1); /* a folder is no program */
    assert_int_equal(tri_runtime_find(pure, &runtime, NULL), TRI_COMPUTE_UNAVAILABLE);
    unsetenv("TRIREME_OCI_RUNTIME");
}

static void a_helper_is_found_where_the_environment_says(void **state)
{
    char *path, *old = getenv("TRIREME_LIBEXEC_DIR") ? strdup(getenv("TRIREME_LIBEXEC_DIR")) : NULL;
    struct tri_error error = {0};
    make_program("trireme-shim");
    setenv("TRIREME_LIBEXEC_DIR", programs, 1);
    assert_int_equal(tri_helper_find("trireme-shim", &path, NULL), 0);
    assert_int_equal(strncmp(path, programs, strlen(programs)), 0);
    free(path);
    assert_int_equal(tri_helper_find("trireme-none", &path, &error), TRI_COMPUTE_UNAVAILABLE);
    assert_non_null(strstr(error.text, "trireme-none"));
    tri_error_clear(&error);
    if (old)
        setenv("TRIREME_LIBEXEC_DIR", old, 1);
    else
        unsetenv("TRIREME_LIBEXEC_DIR");
    free(old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_both_there_the_cgroups_decide),
        cmocka_unit_test(the_environment_chooses_by_name_and_by_path),
        cmocka_unit_test(a_helper_is_found_where_the_environment_says),
    };
    return cmocka_run_group_tests_name("compute runtime", tests, setup, teardown);
}
