#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/file.h"

struct scratch {
    char path[64];
    int fd;
};

static int make_scratch(void **state)
{
    struct scratch *scratch = calloc(1, sizeof(*scratch));
    strcpy(scratch->path, "/tmp/tri-file-XXXXXX");
    if (!mkdtemp(scratch->path))
        return -1;
    scratch->fd = open(scratch->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    *state = scratch;
    return scratch->fd < 0 ? -1 : 0;
}

static int drop_scratch(void **state)
{
    struct scratch *scratch = *state;
    int r = tri_folder_remove(AT_FDCWD, scratch->path);
    close(scratch->fd);
    free(scratch);
    return r;
}

static void put(int folder_fd, const char *path, const char *text)
{
    assert_int_equal(tri_file_write(folder_fd, path, text, strlen(text), 0600), 0);
}

static bool is_there(int folder_fd, const char *path)
{
    return faccessat(folder_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int count_entries(const char *path)
{
    DIR *folder = opendir(path);
    int count = -2; /* itself and its parent */
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static void what_was_written_is_read_back(void **state)
{
    struct scratch *scratch = *state;
    const char data[] = "with\0a NUL";
    assert_int_equal(tri_file_write(scratch->fd, "file", data, sizeof(data), 0640), 0);
    TRI_AUTO_FREE char *text = NULL;
    size_t size = 0;
    assert_int_equal(tri_file_read(scratch->fd, "file", 100, &text, &size), 0);
    assert_int_equal(size, sizeof(data));
    assert_memory_equal(text, data, sizeof(data));
    assert_int_equal(text[size], '\0');
}

static void read_takes_exactly_the_limit_and_refuses_one_more(void **state)
{
    struct scratch *scratch = *state;
    enum { SIZE = 10000 };
    char data[SIZE];
    memset(data, 'x', sizeof(data));
    assert_int_equal(tri_file_write(scratch->fd, "file", data, SIZE, 0600), 0);
    char *text = NULL;
    assert_int_equal(tri_file_read(scratch->fd, "file", SIZE - 1, &text, NULL), -EFBIG);
    assert_null(text);
    assert_int_equal(tri_file_read(scratch->fd, "file", SIZE, &text, NULL), 0);
    assert_int_equal(strlen(text), SIZE);
    free(text);
}

static void read_of_proc_does_not_ask_for_the_size(void **state)
{
    TRI_AUTO_FREE char *text = NULL;
    assert_int_equal(tri_file_read(AT_FDCWD, "/proc/self/maps", 1 << 20, &text, NULL), 0);
    assert_non_null(strstr(text, "[stack]"));
}

static void read_of_nothing_says_so(void **state)
{
    struct scratch *scratch = *state;
    char *text = NULL;
    assert_int_equal(tri_file_read(scratch->fd, "absent", 10, &text, NULL), -ENOENT);
    assert_int_equal(tri_file_read(AT_FDCWD, scratch->path, 10, &text, NULL), -EISDIR);
    assert_null(text);
}

static void write_replaces_as_a_whole_and_leaves_nothing_beside(void **state)
{
    struct scratch *scratch = *state;
    put(scratch->fd, "file", "a long first version");
    TRI_AUTO_CLOSE int reader = openat(scratch->fd, "file", O_RDONLY | O_CLOEXEC);
    put(scratch->fd, "file", "second");
    char old[64] = {0};
    assert_int_equal(read(reader, old, sizeof(old) - 1), strlen("a long first version"));
    TRI_AUTO_FREE char *text = NULL;
    assert_int_equal(tri_file_read(scratch->fd, "file", 100, &text, NULL), 0);
    assert_string_equal(text, "second");
    assert_int_equal(count_entries(scratch->path), 1);
}

static void write_gives_the_mode_whatever_the_umask(void **state)
{
    struct scratch *scratch = *state;
    mode_t old = umask(0777);
    int r = tri_file_write(scratch->fd, "file", "x", 1, 0644);
    umask(old);
    assert_int_equal(r, 0);
    struct stat st;
    assert_int_equal(fstatat(scratch->fd, "file", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
}

static void write_over_a_link_replaces_the_link_not_its_target(void **state)
{
    struct scratch *scratch = *state;
    put(scratch->fd, "target", "kept");
    assert_int_equal(symlinkat("target", scratch->fd, "link"), 0);
    put(scratch->fd, "link", "new");
    TRI_AUTO_FREE char *text = NULL;
    assert_int_equal(tri_file_read(scratch->fd, "target", 100, &text, NULL), 0);
    assert_string_equal(text, "kept");
}

static void failed_write_leaves_nothing_beside(void **state)
{
    struct scratch *scratch = *state;
    assert_int_equal(tri_folder_make(scratch->fd, "folder/full", 0700), 0);
    assert_int_equal(tri_file_write(scratch->fd, "folder", "x", 1, 0600), -EISDIR);
    assert_int_equal(tri_file_write(scratch->fd, "absent/file", "x", 1, 0600), -ENOENT);
    assert_int_equal(count_entries(scratch->path), 1);
}

static void make_makes_what_is_missing(void **state)
{
    struct scratch *scratch = *state;
    assert_int_equal(tri_folder_make(scratch->fd, "a/b/c", 0750), 0);
    assert_int_equal(tri_folder_make(scratch->fd, "a/b/c", 0700), 0);
    assert_int_equal(tri_folder_make(scratch->fd, "a/b/d/", 0700), 0);
    struct stat st;
    assert_int_equal(fstatat(scratch->fd, "a/b/c", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0750);
    assert_true(is_there(scratch->fd, "a/b/d"));
}

static void make_through_a_file_is_refused(void **state)
{
    struct scratch *scratch = *state;
    put(scratch->fd, "file", "x");
    assert_int_equal(tri_folder_make(scratch->fd, "file", 0700), -ENOTDIR);
    assert_int_equal(tri_folder_make(scratch->fd, "file/below", 0700), -ENOTDIR);
    assert_int_equal(tri_folder_make(scratch->fd, "", 0700), -ENOENT);
}

static void remove_takes_the_whole_tree(void **state)
{
    struct scratch *scratch = *state;
    assert_int_equal(tri_folder_make(scratch->fd, "a/b/c", 0700), 0);
    put(scratch->fd, "a/b/file", "x");
    put(scratch->fd, "a/.hidden", "x");
    assert_int_equal(mkfifoat(scratch->fd, "a/fifo", 0600), 0);
    assert_int_equal(tri_folder_remove(scratch->fd, "a/"), 0);
    assert_false(is_there(scratch->fd, "a"));
}

static void remove_of_nothing_is_success(void **state)
{
    struct scratch *scratch = *state;
    assert_int_equal(tri_folder_remove(scratch->fd, "absent"), 0);
    assert_int_equal(tri_folder_remove(scratch->fd, "absent/below"), 0);
}

static void remove_refuses_to_go_up(void **state)
{
    struct scratch *scratch = *state;
    assert_int_equal(tri_folder_make(scratch->fd, "a", 0700), 0);
    assert_int_equal(tri_folder_remove(scratch->fd, "a/.."), -EINVAL);
    assert_int_equal(tri_folder_remove(scratch->fd, "."), -EINVAL);
    assert_int_equal(tri_folder_remove(scratch->fd, "/"), -EINVAL);
    assert_true(is_there(scratch->fd, "a"));
}

static void remove_takes_links_and_not_what_they_show(void **state)
{
    struct scratch *scratch = *state;
    assert_int_equal(tri_folder_make(scratch->fd, "kept/below", 0700), 0);
    assert_int_equal(tri_folder_make(scratch->fd, "a", 0700), 0);
    assert_int_equal(symlinkat("../kept", scratch->fd, "a/link"), 0);
    assert_int_equal(symlinkat("kept", scratch->fd, "top"), 0);
    assert_int_equal(tri_folder_remove(scratch->fd, "a"), 0);
    assert_int_equal(tri_folder_remove(scratch->fd, "top"), 0);
    assert_true(is_there(scratch->fd, "kept/below"));
    assert_false(is_there(scratch->fd, "top"));
}

/* Deeper than any descriptor limit or path limit, as a hostile container can leave it. */
static void make_deep(int folder_fd, int depth)
{
    int fd = dup(folder_fd);
    for (int i = 0; i < depth; i++) {
        assert_int_equal(mkdirat(fd, "d", 0700), 0);
        int next = openat(fd, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
        assert_true(next >= 0);
        close(fd);
        fd = next;
    }
    close(fd);
}

static void remove_of_a_bottomless_tree_ends(void **state)
{
    struct scratch *scratch = *state;
    assert_int_equal(tri_folder_make(scratch->fd, "deep", 0700), 0);
    TRI_AUTO_CLOSE int deep_fd = openat(scratch->fd, "deep", O_PATH | O_DIRECTORY | O_CLOEXEC);
    make_deep(deep_fd, 3000);
    assert_int_equal(tri_folder_remove(scratch->fd, "deep"), 0);
    assert_false(is_there(scratch->fd, "deep"));
}

/* A bind mount of the same file system, in a mount namespace that ends with the child. 77: mounting is not allowed
 * here. */
static int remove_beside_a_mount(const char *path)
{
    if (chdir(path) < 0 || unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return 77;
    if (mount("kept", "a/mount", NULL, MS_BIND, NULL) < 0)
        return 77;
    return tri_folder_remove(AT_FDCWD, "a") == -EBUSY && tri_folder_remove(AT_FDCWD, "a/mount") == -EBUSY ? 0 : 1;
}

static void remove_stops_at_a_mount_and_keeps_what_is_mounted(void **state)
{
    struct scratch *scratch = *state;
    assert_int_equal(tri_folder_make(scratch->fd, "a/mount", 0700), 0);
    assert_int_equal(tri_folder_make(scratch->fd, "kept/below", 0700), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(remove_beside_a_mount(scratch->path));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("# skipped: mounting is not allowed here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_true(is_there(scratch->fd, "kept/below"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_scratch, drop_scratch)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_written_is_read_back),
        TEST(read_takes_exactly_the_limit_and_refuses_one_more),
        cmocka_unit_test(read_of_proc_does_not_ask_for_the_size),
        TEST(read_of_nothing_says_so),
        TEST(write_replaces_as_a_whole_and_leaves_nothing_beside),
        TEST(write_gives_the_mode_whatever_the_umask),
        TEST(write_over_a_link_replaces_the_link_not_its_target),
        TEST(failed_write_leaves_nothing_beside),
        TEST(make_makes_what_is_missing),
        TEST(make_through_a_file_is_refused),
        TEST(remove_takes_the_whole_tree),
        TEST(remove_of_nothing_is_success),
        TEST(remove_refuses_to_go_up),
        TEST(remove_takes_links_and_not_what_they_show),
        TEST(remove_of_a_bottomless_tree_ends),
        TEST(remove_stops_at_a_mount_and_keeps_what_is_mounted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
