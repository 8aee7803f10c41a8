/* Records: whole for every reader, owned by one at a time, free again when their owner dies, and swept. */
#include "support.h"

#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/runtime-folder.h"
#include "storage/state.h"
#include "storage/uuid.h"

#define KIND TRI_STATE_PATHS

static void text_of(enum tri_state_kind kind, const char *name, const char *expected)
{
    char *text = NULL;
    assert_int_equal(tri_state_get(kind, name, &text), 0);
    assert_string_equal(text, expected);
    free(text);
}

static void what_was_put_is_got_until_it_is_removed(void **state)
{
    char *text = NULL;
    assert_int_equal(tri_state_get(KIND, "a", &text), -ENOENT);
    assert_null(text);
    assert_false(tri_state_has(KIND, "a"));
    assert_int_equal(tri_state_put(KIND, "a", "one", NULL), 0);
    text_of(KIND, "a", "one");
    assert_int_equal(tri_state_put(KIND, "a", "", NULL), 0);
    text_of(KIND, "a", "");
    assert_true(tri_state_has(KIND, "a"));
    assert_false(tri_state_has(TRI_STATE_WORK, "a"));
    assert_int_equal(tri_state_remove(KIND, "a"), 0);
    assert_int_equal(tri_state_remove(KIND, "a"), 0);
    assert_false(tri_state_has(KIND, "a"));
}

static void names_that_leave_the_folder_are_refused(void **state)
{
    static const char *const names[] = {"", ".", "..", ".hidden", "a/b", "../a", "a b", "a\n", "\xc3\xa4"};
    char *text = NULL, longest[200];
    memset(longest, 'a', sizeof longest);
    longest[128] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct tri_error error = {0};
        assert_int_equal(tri_state_put(KIND, names[i], "x", &error), -EINVAL);
        assert_non_null(error.text);
        tri_error_clear(&error);
        assert_int_equal(tri_state_get(KIND, names[i], &text), -ENOENT);
    }
    assert_int_equal(tri_state_put(KIND, longest, "x", NULL), -EINVAL);
    longest[127] = '\0';
    assert_int_equal(tri_state_put(KIND, longest, "x", NULL), 0);
    assert_int_equal(tri_state_remove(KIND, longest), 0);
}

static void a_held_record_is_nobody_elses(void **state)
{
    struct tri_state_hold hold = TRI_STATE_HOLD_NONE, other = TRI_STATE_HOLD_NONE;
    struct tri_error error = {0};
    char *text = NULL;
    bool is_held = false;
    assert_int_equal(tri_state_take(KIND, "a", "one", &hold, NULL), 0);
    assert_int_equal(tri_state_take(KIND, "a", "two", &other, &error), -EBUSY);
    assert_non_null(error.text);
    tri_error_clear(&error);
    assert_int_equal(other.fd, -1);
    assert_int_equal(tri_state_open(KIND, "a", &other, &text), -EBUSY);
    assert_int_equal(tri_state_make(KIND, "a", "two", &other, NULL), -EEXIST);
    assert_int_equal(tri_state_put(KIND, "a", "two", NULL), -EBUSY);
    assert_int_equal(tri_state_remove(KIND, "a"), -EBUSY);
    assert_int_equal(tri_state_look(KIND, "a", &text, &is_held), 0);
    assert_string_equal(text, "one");
    assert_true(is_held);
    free(text);
    assert_int_equal(tri_state_rewrite(&hold, "three", NULL), 0);
    text_of(KIND, "a", "three");
    assert_int_equal(tri_state_take(KIND, "a", "two", &other, NULL), -EBUSY);
    tri_state_drop(&hold);
    assert_int_equal(hold.fd, -1);
    tri_state_drop(&hold);
    assert_false(tri_state_has(KIND, "a"));
}

static void a_kept_record_stays_and_can_be_opened(void **state)
{
    struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
    char *text = NULL;
    assert_int_equal(tri_state_open(KIND, "a", &hold, &text), -ENOENT);
    assert_int_equal(tri_state_make(KIND, "a", "one", &hold, NULL), 0);
    tri_state_keep(&hold);
    assert_int_equal(tri_state_make(KIND, "a", "two", &hold, NULL), -EEXIST);
    assert_int_equal(tri_state_open(KIND, "a", &hold, &text), 0);
    assert_string_equal(text, "one");
    free(text);
    tri_state_drop(&hold);
    assert_false(tri_state_has(KIND, "a"));
}

/* Runs in a child, holds a record, says so, and waits for its death. */
static pid_t start_holder(const char *name)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
        if (tri_state_take(KIND, name, "theirs", &hold, NULL) == 0 && write(ready[1], "x", 1) == 1)
            for (;;)
                pause();
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void a_dead_ones_record_is_taken_over(void **state)
{
    struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
    char *text = NULL;
    bool is_held = true;
    pid_t pid = start_holder("a");
    assert_int_equal(tri_state_take(KIND, "a", "ours", &hold, NULL), -EBUSY);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(tri_state_look(KIND, "a", &text, &is_held), 0);
    assert_string_equal(text, "theirs");
    assert_false(is_held);
    free(text);
    assert_int_equal(tri_state_take(KIND, "a", "ours", &hold, NULL), 0);
    text_of(KIND, "a", "ours");
    tri_state_drop(&hold);
}

struct seen {
    unsigned count, held;
};

static void see(void *data, const char *name, const char *text, bool is_held)
{
    struct seen *seen = data;
    seen->count++;
    seen->held += is_held;
    assert_int_equal(strcmp(text, is_held ? "held" : "free"), 0);
    assert_int_equal(strncmp(name, "n", 1), 0);
}

static void all_of_a_kind_are_visited_with_their_owners(void **state)
{
    struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
    struct seen seen = {0};
    assert_int_equal(tri_state_each(TRI_STATE_OFFLINE_VOLUME, see, &seen), 0);
    assert_int_equal(seen.count, 0);
    for (int i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(tri_state_put(TRI_STATE_OFFLINE_VOLUME, name, "free", NULL), 0);
    }
    assert_int_equal(tri_state_take(TRI_STATE_OFFLINE_VOLUME, "n7", "held", &hold, NULL), 0);
    assert_int_equal(tri_state_each(TRI_STATE_OFFLINE_VOLUME, see, &seen), 0);
    assert_int_equal(seen.count, 40);
    assert_int_equal(seen.held, 1);
    tri_state_keep(&hold);
    for (int i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(tri_state_remove(TRI_STATE_OFFLINE_VOLUME, name), 0);
    }
}

/* One byte over and over: a text of two versions would show. */
static char *uniform(char byte, size_t size)
{
    char *text = malloc(size + 1);
    memset(text, byte, size);
    text[size] = '\0';
    return text;
}

static bool is_uniform(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && strspn(text, (char[]){text[0], '\0'}) == length && length == (size_t)(text[0] - 'a' + 1) * 1000;
}

static void readers_see_only_whole_texts(void **state)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
        if (tri_state_take(KIND, "whole", "b", &hold, NULL) < 0)
            _exit(1);
        for (unsigned i = 0;; i++) {
            char *text = uniform((char)('a' + i % 20), (size_t)(i % 20 + 1) * 1000);
            if (tri_state_rewrite(&hold, text, NULL) < 0)
                _exit(2);
            free(text);
        }
    }
    for (unsigned seen = 0; seen < 2000;) {
        char *text = NULL;
        if (tri_state_get(KIND, "whole", &text) < 0 || strcmp(text, "b") == 0) {
            free(text);
            assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
            continue;
        }
        assert_true(is_uniform(text));
        free(text);
        seen++;
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(tri_state_remove(KIND, "whole"), 0);
}

static bool has_drafts(const char *folder)
{
    char *output = NULL;
    const char *const argv[] = {"ls", "-A", folder, NULL};
    test_program(argv, &output);
    bool has = output && strstr(output, ".draft");
    free(output);
    return has;
}

static void many_take_one_record_and_one_has_it(void **state)
{
    enum { PROCESSES = 4, ROUNDS = 200 };
    pid_t pids[PROCESSES];
    const char *counter = test_path("counter");
    for (int i = 0; i < PROCESSES; i++) {
        if ((pids[i] = fork()) > 0)
            continue;
        for (int done = 0; done < ROUNDS;) {
            struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
            int r = tri_state_take(KIND, "raced", "x", &hold, NULL);
            if (r == -EBUSY)
                continue;
            int fd = r < 0 ? -1 : open(counter, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
            if (fd < 0)
                _exit(1); /* somebody else is inside */
            close(fd);
            unlink(counter);
            if (done++ % 2)
                tri_state_drop(&hold);
            else
                tri_state_keep(&hold);
        }
        _exit(0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        waitpid(pids[i], &status, 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(tri_state_remove(KIND, "raced"), 0);
}

static void a_writer_killed_anywhere_leaves_a_whole_record_or_none(void **state)
{
    for (int round = 0; round < 60; round++) {
        pid_t pid = fork();
        if (pid == 0) {
            struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
            for (;;) {
                if (tri_state_take(KIND, "killed", "first", &hold, NULL) < 0 ||
                    tri_state_rewrite(&hold, "second", NULL) < 0)
                    _exit(1);
                tri_state_drop(&hold);
            }
        }
        usleep((useconds_t)(rand() % 3000));
        kill(pid, SIGKILL);
        int status = 0;
        waitpid(pid, &status, 0);
        assert_true(WIFSIGNALED(status));
        char *text = NULL;
        int r = tri_state_get(KIND, "killed", &text);
        assert_true(r == -ENOENT || (r == 0 && (strcmp(text, "first") == 0 || strcmp(text, "second") == 0)));
        free(text);
        struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
        assert_int_equal(tri_state_take(KIND, "killed", "ours", &hold, NULL), 0);
        tri_state_drop(&hold);
    }
    struct seen seen = {0};
    tri_state_each(KIND, see, &seen); /* what was being written goes with the next who looks */
    assert_int_equal(seen.count, 0);
    char *folder = NULL;
    assert_true(asprintf(&folder, "%s/storage/paths", test_runtime()) > 0);
    assert_false(has_drafts(folder));
    free(folder);
}

static void a_folder_that_others_may_write_to_is_refused(void **state)
{
    char *text = NULL;
    struct tri_error error = {0};
    const char *before = getenv("TRIREME_RUNTIME_DIR");
    char *saved = strdup(before), *folder = strdup(test_path("shared"));
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(chmod(folder, 0777), 0);
    setenv("TRIREME_RUNTIME_DIR", folder, 1);
    assert_int_equal(tri_state_put(KIND, "a", "x", &error), -EACCES);
    assert_non_null(error.text);
    tri_error_clear(&error);
    assert_int_equal(tri_state_get(KIND, "a", &text), -EACCES);
    setenv("TRIREME_RUNTIME_DIR", "relative", 1);
    assert_int_equal(tri_state_put(KIND, "a", "x", NULL), -EINVAL);
    setenv("TRIREME_RUNTIME_DIR", saved, 1);
    free(saved);
    free(folder);
}

static char *record_path(const char *name)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/storage/paths/%s", test_runtime(), name) > 0);
    return path;
}

static void records_that_are_no_files_are_passed_over(void **state)
{
    char *text = NULL;
    struct seen seen = {0};
    assert_int_equal(tri_state_put(KIND, "n0", "free", NULL), 0);
    char *folder = record_path("nfolder"), *link = record_path("nlink"), *pipe = record_path("npipe");
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(symlink("/etc/passwd", link), 0);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(tri_state_each(KIND, see, &seen), 0);
    assert_int_equal(seen.count, 1);
    assert_true(tri_state_get(KIND, "nlink", &text) < 0);
    assert_true(tri_state_get(KIND, "npipe", &text) < 0);
    rmdir(folder);
    unlink(link);
    unlink(pipe);
    free(folder);
    free(link);
    free(pipe);
    assert_int_equal(tri_state_remove(KIND, "n0"), 0);
}

/* ---- without descriptors ---- */

/* A record of work that stays says that it was never finished, and the next sweep undoes it. */
static void what_is_dropped_is_gone_though_there_are_no_descriptors(void **state)
{
    struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
    assert_int_equal(tri_state_take(KIND, "done", "text", &hold, NULL), 0);
    test_fds_allow(0);
    tri_state_drop(&hold);
    test_fds_restore();
    assert_false(tri_state_has(KIND, "done"));
}

static void what_cannot_be_removed_speaks_of_nothing(void **state)
{
    struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
    char *folder = strdup(test_runtime());
    assert_int_equal(tri_state_take(KIND, "done", "text", &hold, NULL), 0);
    setenv("TRIREME_RUNTIME_DIR", "relative", 1); /* as if there were no memory for its path */
    tri_state_drop(&hold);
    setenv("TRIREME_RUNTIME_DIR", folder, 1);
    text_of(KIND, "done", "");
    assert_int_equal(tri_state_remove(KIND, "done"), 0);
    free(folder);
}

static void a_list_is_whole_or_fails(void **state)
{
    int code = -1, attempts = 0;
    assert_int_equal(tri_state_put(KIND, "n0", "free", NULL), 0);
    for (; code < 0 && attempts < 20; attempts++) {
        struct seen seen = {0};
        test_fds_allow((unsigned)attempts);
        code = tri_state_each(KIND, see, &seen);
        bool has = tri_state_has(KIND, "n0");
        test_fds_restore();
        assert_true(has);
        assert_int_equal(code, seen.count ? 0 : -EMFILE);
    }
    assert_int_equal(code, 0);
    assert_true(attempts > 2);
    assert_int_equal(tri_state_remove(KIND, "n0"), 0);
}

/* ---- sweeping ---- */

static void a_half_made_file_of_a_dead_one_goes_and_a_living_ones_stays(void **state)
{
    struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
    char text[400];
    const char *dead = test_path("dead-draft"), *living = test_path("living-draft");
    close(open(dead, O_CREAT | O_WRONLY, 0600));
    close(open(living, O_CREAT | O_WRONLY, 0600));
    snprintf(text, sizeof text, "{\"path\":\"%s\"}", living);
    assert_int_equal(tri_state_take(TRI_STATE_TEMPORARY, "living", text, &hold, NULL), 0);
    snprintf(text, sizeof text, "{\"path\":\"%s\"}", dead);
    assert_int_equal(tri_state_put(TRI_STATE_TEMPORARY, "dead", text, NULL), 0);
    assert_int_equal(tri_state_put(TRI_STATE_TEMPORARY, "strange", "not JSON", NULL), 0);
    tri_state_sweep();
    assert_int_not_equal(access(dead, F_OK), 0);
    assert_int_equal(access(living, F_OK), 0);
    assert_false(tri_state_has(TRI_STATE_TEMPORARY, "dead"));
    assert_false(tri_state_has(TRI_STATE_TEMPORARY, "strange"));
    assert_true(tri_state_has(TRI_STATE_TEMPORARY, "living"));
    tri_state_drop(&hold);
    unlink(living);
}

static void records_of_disks_that_are_gone_go(void **state)
{
    assert_int_equal(tri_state_put(TRI_STATE_OFFLINE_DISK, "18446744073709551615", "", NULL), 0);
    assert_int_equal(tri_state_put(TRI_STATE_WORK, "18446744073709551615.1048576", "x", NULL), 0);
    assert_int_equal(tri_state_put(TRI_STATE_WORK, "nonsense", "x", NULL), 0);
    assert_int_equal(tri_state_put(TRI_STATE_ATTACHED, "nonsense", "x", NULL), 0);
    tri_state_sweep();
    assert_false(tri_state_has(TRI_STATE_OFFLINE_DISK, "18446744073709551615"));
    assert_false(tri_state_has(TRI_STATE_WORK, "18446744073709551615.1048576"));
    assert_false(tri_state_has(TRI_STATE_WORK, "nonsense"));
    assert_false(tri_state_has(TRI_STATE_ATTACHED, "nonsense"));
}

static const struct test_disk *make_dirty_disk(struct test_disk *disk)
{
    *disk = test_disk_make(64 * MIB);
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", disk->node), 0);
    return disk;
}

static bool has_filesystem(const struct test_disk *disk)
{
    uint8_t magic[2];
    test_disk_read(disk, 1024 + 56, magic, sizeof magic);
    return magic[0] == 0x53 && magic[1] == 0xef;
}

/* As format.c leaves one: mark is by what the tool's file system is known. */
static void put_work(const struct test_disk *disk, uint64_t named_sequence, const char *mark,
                     struct tri_state_hold *hold)
{
    char name[64], text[2 * TRI_UUID_TEXT_SIZE], volume[TRI_UUID_TEXT_SIZE];
    struct tri_uuid id = tri_uuid_named("volume:disk:%llu", (unsigned long long)named_sequence);
    tri_uuid_text(&id, volume);
    snprintf(text, sizeof text, "%s %s", volume, mark);
    snprintf(name, sizeof name, "%llu.0", (unsigned long long)disk->sequence);
    assert_int_equal(tri_state_take(TRI_STATE_WORK, name, text, hold, NULL), 0);
}

static void a_half_formatted_volume_of_a_dead_one_is_wiped(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk;
    struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
    make_dirty_disk(&disk);
    put_work(&disk, disk.sequence, "ext4", &hold);
    tri_state_sweep(); /* its owner lives */
    assert_true(has_filesystem(&disk));
    tri_state_keep(&hold);
    tri_state_sweep();
    assert_false(has_filesystem(&disk));
    tri_state_sweep();
    test_disk_drop(&disk);
}

static void what_was_made_by_hand_where_a_format_had_died_is_left_alone(void **state)
{
    static const char *const marks[] = {"", "ntfs", "ext", "2d9ea5cc-7f5d-4a55-a0cb-6c0b1b1ea0f1", "2D9E-A5CC"};
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk;
    make_dirty_disk(&disk);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
        char name[64];
        put_work(&disk, disk.sequence, marks[i], &hold);
        tri_state_keep(&hold);
        tri_state_sweep();
        assert_true(has_filesystem(&disk));
        snprintf(name, sizeof name, "%llu.0", (unsigned long long)disk.sequence);
        assert_false(tri_state_has(TRI_STATE_WORK, name)); /* and it never will be looked at again */
    }
    test_disk_drop(&disk);
}

static void a_volume_that_is_another_one_meanwhile_is_left_alone(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk;
    struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
    make_dirty_disk(&disk);
    put_work(&disk, disk.sequence + 1, "ext4", &hold);
    tri_state_keep(&hold);
    tri_state_sweep();
    assert_true(has_filesystem(&disk));
    test_disk_drop(&disk);
}

enum { FDS_ENOUGH = 24 };

static void a_sweep_that_lacks_descriptors_takes_no_disk_for_gone(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct test_disk disk;
    struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
    char offline[32], work[64];
    make_dirty_disk(&disk);
    put_work(&disk, disk.sequence, "ext4", &hold);
    tri_state_keep(&hold);
    snprintf(offline, sizeof offline, "%llu", (unsigned long long)disk.sequence);
    snprintf(work, sizeof work, "%llu.0", (unsigned long long)disk.sequence);
    assert_int_equal(tri_state_put(TRI_STATE_OFFLINE_DISK, offline, "", NULL), 0); /* keeps the sweep from wiping it */
    for (unsigned count = 0; count < FDS_ENOUGH; count++) {
        test_fds_allow(count);
        tri_state_sweep();
        test_fds_restore();
        assert_true(tri_state_has(TRI_STATE_OFFLINE_DISK, offline));
        assert_true(tri_state_has(TRI_STATE_WORK, work));
    }
    assert_int_equal(tri_state_remove(TRI_STATE_OFFLINE_DISK, offline), 0);
    for (unsigned count = 0; tri_state_has(TRI_STATE_WORK, work) && count < FDS_ENOUGH; count++) {
        test_fds_allow(count);
        tri_state_sweep();
        test_fds_restore();
        assert_true(tri_state_has(TRI_STATE_WORK, work) || !has_filesystem(&disk));
    }
    assert_false(tri_state_has(TRI_STATE_WORK, work));
    test_disk_drop(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_got_until_it_is_removed),
        cmocka_unit_test(names_that_leave_the_folder_are_refused),
        cmocka_unit_test(a_held_record_is_nobody_elses),
        cmocka_unit_test(a_kept_record_stays_and_can_be_opened),
        cmocka_unit_test(a_dead_ones_record_is_taken_over),
        cmocka_unit_test(all_of_a_kind_are_visited_with_their_owners),
        cmocka_unit_test(readers_see_only_whole_texts),
        cmocka_unit_test(many_take_one_record_and_one_has_it),
        cmocka_unit_test(a_writer_killed_anywhere_leaves_a_whole_record_or_none),
        cmocka_unit_test(a_folder_that_others_may_write_to_is_refused),
        cmocka_unit_test(records_that_are_no_files_are_passed_over),
        cmocka_unit_test(what_is_dropped_is_gone_though_there_are_no_descriptors),
        cmocka_unit_test(what_cannot_be_removed_speaks_of_nothing),
        cmocka_unit_test(a_list_is_whole_or_fails),
        cmocka_unit_test(a_half_made_file_of_a_dead_one_goes_and_a_living_ones_stays),
        cmocka_unit_test(records_of_disks_that_are_gone_go),
        cmocka_unit_test(a_half_formatted_volume_of_a_dead_one_is_wiped),
        cmocka_unit_test(what_was_made_by_hand_where_a_format_had_died_is_left_alone),
        cmocka_unit_test(a_volume_that_is_another_one_meanwhile_is_left_alone),
        cmocka_unit_test(a_sweep_that_lacks_descriptors_takes_no_disk_for_gone),
    };
    return cmocka_run_group_tests(tests, test_storage_begin, test_storage_finish);
}
