/* Users, by files that a container's owner may have laid out as traps. */
#include "support.h"

#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "compute/user.h"

static int root_fd = -1;

static void put(const char *path, const char *text)
{
    (void)unlinkat(root_fd, path, 0);
    assert_int_equal(tri_file_write(root_fd, path, text, strlen(text), 0644), 0);
}

static int setup(void **state)
{
    char path[512];
    if (state_setup(state) < 0)
        return -1;
    snprintf(path, sizeof(path), "%s/root/etc", state_folder());
    if (tri_folder_make(AT_FDCWD, path, 0700) < 0)
        return -1;
    *strrchr(path, '/') = '\0';
    root_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return root_fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
    close(root_fd);
    return state_teardown(state);
}

static void usual_files(void)
{
    put("etc/passwd", "root:x:0:0::/root:/bin/sh\nbroken\nweb:x:33:44:W:/srv/web:/bin/sh\nodd:x:5:6::relative:\n");
    put("etc/group", "root:x:0:\nweb:x:44:\nlogs:x:55:other,web\nmore:x:66:web\nlast:x:77:webber\n");
}

static void names_bring_their_groups_and_home(void **state)
{
    struct tri_user user;
    usual_files();
    assert_int_equal(tri_user_resolve(root_fd, "web", &user, NULL), 0);
    assert_int_equal(user.uid, 33);
    assert_int_equal(user.gid, 44);
    assert_int_equal(user.group_count, 2);
    assert_int_equal(user.groups[0], 55);
    assert_int_equal(user.groups[1], 66);
    assert_string_equal(user.home, "/srv/web");
    assert_int_equal(tri_user_resolve(root_fd, NULL, &user, NULL), 0);
    assert_int_equal(user.uid, 0);
    assert_string_equal(user.home, "/root");
    assert_int_equal(tri_user_resolve(root_fd, "odd", &user, NULL), 0);
    assert_string_equal(user.home, "/");
}

static void a_named_group_stands_alone(void **state)
{
    struct tri_user user;
    usual_files();
    assert_int_equal(tri_user_resolve(root_fd, "web:logs", &user, NULL), 0);
    assert_int_equal(user.gid, 55);
    assert_int_equal(user.group_count, 0);
    assert_int_equal(tri_user_resolve(root_fd, "33:99", &user, NULL), 0);
    assert_int_equal(user.uid, 33);
    assert_int_equal(user.gid, 99);
    assert_string_equal(user.home, "/srv/web");
}

static void numbers_need_no_entry(void **state)
{
    struct tri_user user;
    usual_files();
    assert_int_equal(tri_user_resolve(root_fd, "12345", &user, NULL), 0);
    assert_int_equal(user.uid, 12345);
    assert_int_equal(user.gid, 0);
    assert_string_equal(user.home, "/");
    (void)unlinkat(root_fd, "etc/passwd", 0);
    assert_int_equal(tri_user_resolve(root_fd, "1:2", &user, NULL), 0);
    assert_int_equal(tri_user_resolve(root_fd, "", &user, NULL), 0);
}

static void the_unknown_are_refused_with_their_name(void **state)
{
    static const char *const bad[] = {"ghost", "web:ghost", "4294967295", "-1",
                                      "1x",    ":",         "web:",       "99999999999999999999"};
    usual_files();
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct tri_user user = {.uid = 77};
        struct tri_error error = {0};
        assert_int_equal(tri_user_resolve(root_fd, bad[i], &user, &error), -EINVAL);
        assert_string_equal(error.where, "user");
        assert_int_equal(user.uid, 77);
        tri_error_clear(&error);
    }
}

/* Each of them would hang, or be the host's own file. */
static void traps_are_not_walked_into(void **state)
{
    struct tri_user user;
    (void)unlinkat(root_fd, "etc/passwd", 0);
    assert_int_equal(symlinkat("../../../../../../../etc/passwd", root_fd, "etc/passwd"), 0);
    assert_int_equal(tri_user_resolve(root_fd, "nobody", &user, NULL), -EINVAL); /* a loop on itself, within the root */
    (void)unlinkat(root_fd, "etc/passwd", 0);
    assert_int_equal(mkfifoat(root_fd, "etc/passwd", 0644), 0);
    assert_int_equal(tri_user_resolve(root_fd, "nobody", &user, NULL), -EINVAL);
    (void)unlinkat(root_fd, "etc/passwd", 0);
    TRI_AUTO_CLOSE int fd = openat(root_fd, "etc/passwd", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    assert_int_equal(ftruncate(fd, 1ll << 40), 0);
    assert_int_equal(tri_user_resolve(root_fd, "nobody", &user, NULL), -EFBIG);
    (void)unlinkat(root_fd, "etc/passwd", 0);
}

static void a_file_that_cannot_be_opened_now_is_not_missing(void **state)
{
    int code = -1;
    usual_files();
    for (unsigned count = 0; code < 0 && count < 8; count++) {
        struct tri_user user = {.gid = 4711};
        test_fds_allow(count);
        code = tri_user_resolve(root_fd, "33", &user, NULL);
        test_fds_restore();
        assert_true(code == 0 || code == -EMFILE);
        assert_int_equal(user.gid, code < 0 ? 4711 : 44);
        assert_int_equal(user.group_count, code < 0 ? 0 : 2);
    }
    assert_int_equal(code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_bring_their_groups_and_home),
        cmocka_unit_test(a_named_group_stands_alone),
        cmocka_unit_test(numbers_need_no_entry),
        cmocka_unit_test(the_unknown_are_refused_with_their_name),
        cmocka_unit_test(traps_are_not_walked_into),
        cmocka_unit_test(a_file_that_cannot_be_opened_now_is_not_missing),
    };
    return cmocka_run_group_tests_name("compute user", tests, setup, teardown);
}
