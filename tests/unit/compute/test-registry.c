/* Ids, folders and records: what a system is on disk, with no system in it. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "compute/registry.h"

static const char *encode(const char *id)
{
    static char name[NAME_MAX + 1];
    tri_id_encode(id, name);
    return name;
}

static void ids_are_encoded_so_that_none_is_hidden_or_leaves_the_folder(void **state)
{
    assert_string_equal(encode("plain-Id_1.2"), "plain-Id_1.2");
    assert_string_equal(encode(".hidden"), "%2Ehidden");
    assert_string_equal(encode("100% a"), "100%25%20a");
    assert_string_equal(encode("h\xc3\xa9"), "h%C3%A9");
    assert_string_equal(encode("0E5A1BC2-0000-4AAA-8000-0123456789AB"), "0e5a1bc2-0000-4aaa-8000-0123456789ab");
    assert_string_equal(encode("0E5A1BC2-0000-4AAA-8000-0123456789AB0"), "0E5A1BC2-0000-4AAA-8000-0123456789AB0");
}

static void long_ids_fit_a_file_name_and_stay_apart(void **state)
{
    char a[256], b[256], first[NAME_MAX + 1];
    memset(a, '%', 255);
    a[255] = '\0';
    strcpy(b, a);
    b[254] = '!';
    strcpy(first, encode(a));
    assert_true(strlen(first) <= NAME_MAX);
    assert_string_not_equal(first, encode(b));
    assert_int_equal(tri_id_check(a, "id", NULL), 0);
}

static void bad_ids_are_told_from_good_ones(void **state)
{
    char long_id[300];
    memset(long_id, 'x', sizeof(long_id));
    long_id[256] = '\0';
    const char *const bad[] = {"", ".", "..", "a/b", "tab\t", "\x7f", "\xc3", "\xff", long_id, NULL};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct tri_error error = {0};
        assert_int_equal(tri_id_check(bad[i], "id", &error), -EINVAL);
        assert_string_equal(error.where, "id");
        assert_non_null(error.text);
        tri_error_clear(&error);
    }
    long_id[255] = '\0';
    assert_int_equal(tri_id_check(long_id, "id", NULL), 0);
    assert_int_equal(tri_id_check("...", "id", NULL), 0);
}

static void guids_compare_without_case_and_others_do_not(void **state)
{
    assert_true(tri_id_equal("0E5A1BC2-0000-4AAA-8000-0123456789AB", "0e5a1bc2-0000-4aaa-8000-0123456789ab"));
    assert_false(tri_id_equal("Name", "name"));
    assert_true(tri_id_equal("Name", "Name"));
}

static void open_space(struct tri_space *space)
{
    struct tri_error error = {0};
    int r = tri_space_open(NULL, true, space, &error);
    if (r < 0)
        fail_msg("%d %s", r, error.text);
}

static void a_claimed_id_is_in_use_until_it_is_given_up(void **state)
{
    TRI_AUTO_SPACE struct tri_space space = TRI_SPACE_NONE;
    struct tri_claim first = TRI_CLAIM_NONE, second = TRI_CLAIM_NONE;
    struct tri_error error = {0};
    open_space(&space);
    assert_int_equal(tri_registry_claim(&space, "one", &first, &error), 0);
    assert_int_equal(tri_registry_claim(&space, "one", &second, &error), TRI_COMPUTE_EXISTS);
    tri_error_clear(&error);
    tri_claim_close(&first); /* as if its owner had died */
    assert_int_equal(tri_registry_claim(&space, "one", &second, &error), 0);
    assert_int_equal(tri_registry_discard(&space, &second, &error), 0);
    tri_claim_close(&second);
    assert_nothing_left();
}

static void taking_over_cleans_what_was_in_the_folder(void **state)
{
    TRI_AUTO_SPACE struct tri_space space = TRI_SPACE_NONE;
    struct tri_claim claim = TRI_CLAIM_NONE;
    open_space(&space);
    assert_int_equal(tri_registry_claim(&space, "two", &claim, NULL), 0);
    assert_int_equal(tri_folder_make(claim.fd, "bundle/rootfs/deep", 0700), 0);
    assert_int_equal(tri_file_write(claim.fd, "spec.json", "{\"id\": broken", 13, 0600), 0);
    tri_claim_close(&claim);
    assert_int_equal(tri_registry_claim(&space, "two", &claim, NULL), 0);
    assert_int_equal(faccessat(claim.fd, "bundle", F_OK, 0), -1);
    assert_int_equal(faccessat(claim.fd, "spec.json", F_OK, 0), -1);
    assert_int_equal(tri_registry_discard(&space, &claim, NULL), 0);
    tri_claim_close(&claim);
    assert_nothing_left();
}

static void discarding_spares_a_later_folder_of_the_same_name(void **state)
{
    TRI_AUTO_SPACE struct tri_space space = TRI_SPACE_NONE;
    struct tri_claim old = TRI_CLAIM_NONE, new = TRI_CLAIM_NONE;
    open_space(&space);
    assert_int_equal(tri_registry_claim(&space, "three", &old, NULL), 0);
    tri_close(tri_take_fd(&old.fd));
    assert_int_equal(tri_registry_claim(&space, "three", &new, NULL), 0);
    if (old.inode != new.inode) { /* a file system may give the number out again at once */
        assert_int_equal(tri_registry_discard(&space, &old, NULL), 0);
        assert_int_equal(faccessat(space.fd, new.name, F_OK, 0), 0);
    }
    assert_int_equal(tri_registry_discard(&space, &new, NULL), 0);
    tri_claim_close(&old);
    tri_claim_close(&new);
    assert_nothing_left();
}

static void of_processes_that_take_over_a_dead_folder_exactly_one_wins(void **state)
{
    enum { RACERS = 4 };
    for (int round = 0; round < 20; round++) {
        TRI_AUTO_SPACE struct tri_space space = TRI_SPACE_NONE;
        struct tri_claim claim = TRI_CLAIM_NONE;
        int start[2], hold[2], results[2], won = 0;
        open_space(&space);
        assert_int_equal(tri_registry_claim(&space, "raced", &claim, NULL), 0);
        assert_int_equal(tri_folder_make(claim.fd, "bundle/rootfs", 0700), 0);
        tri_claim_close(&claim);
        assert_int_equal(pipe2(start, O_CLOEXEC) | pipe2(hold, O_CLOEXEC) | pipe2(results, O_CLOEXEC), 0);
        for (int i = 0; i < RACERS; i++)
            if (fork() == 0) {
                char c;
                close(start[1]);
                close(hold[1]);
                (void)!read(start[0], &c, 1); /* the end, for all at once */
                struct tri_space own = TRI_SPACE_NONE;
                struct tri_claim mine = TRI_CLAIM_NONE;
                int r = tri_space_open(NULL, true, &own, NULL);
                if (r == 0)
                    r = tri_registry_claim(&own, "raced", &mine, NULL);
                (void)!write(results[1], &r, sizeof(r));
                (void)!read(hold[0], &c, 1);
                _exit(0);
            }
        close(start[0]);
        close(start[1]);
        close(results[1]);
        for (int i = 0; i < RACERS; i++) {
            int r;
            assert_int_equal(read(results[0], &r, sizeof(r)), sizeof(r));
            assert_true(r == 0 || r == TRI_COMPUTE_EXISTS);
            won += r == 0;
        }
        assert_int_equal(won, 1);
        close(hold[0]);
        close(hold[1]);
        close(results[0]);
        for (int i = 0; i < RACERS; i++)
            wait(NULL);
        assert_true(tri_registry_sweep(&space, "raced"));
        assert_nothing_left();
    }
}

static void a_record_is_read_as_it_was_written(void **state)
{
    TRI_AUTO_SPACE struct tri_space space = TRI_SPACE_NONE;
    struct tri_record written = {0}, read_back = {0};
    struct tri_claim claim = TRI_CLAIM_NONE;
    open_space(&space);
    assert_int_equal(tri_registry_claim(&space, "record", &claim, NULL), 0);
    assert_int_equal(tri_record_new("an \"id\"", "owner", "/disk", &written), 0);
    written.runtime = strdup("/bin/true");
    written.kind = strdup("runc");
    written.terminate_on_last_close = true;
    assert_int_equal(tri_record_write(&written, claim.fd, NULL), 0);
    assert_int_equal(tri_record_read(claim.fd, &read_back), 0);
    assert_string_equal(read_back.id, "an \"id\"");
    assert_string_equal(read_back.owner, "owner");
    assert_string_equal(read_back.runtime_id, written.runtime_id);
    assert_string_equal(read_back.cgroup, written.cgroup);
    assert_string_equal(read_back.io_path, "/disk");
    assert_true(read_back.terminate_on_last_close);
    assert_int_equal(tri_registry_discard(&space, &claim, NULL), 0);
    tri_claim_close(&claim);
    tri_record_clear(&written);
    tri_record_clear(&read_back);
}

/* Root acts on what is in there: nothing but our own names may come of it. */
static void a_record_that_names_strange_things_is_not_believed(void **state)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        "{\"id\":\"a\",\"owner\":\"\",\"runtime\":\"/bin/true\",\"kind\":\"runc\",\"runtime_id\":\"x\",\"cgroup\":\"/"
        "\",\"io_path\":\"/\",\"terminate_on_last_close\":true}",
        "{\"id\":\"a\",\"owner\":\"\",\"runtime\":\"/bin/"
        "true\",\"kind\":\"runc\",\"runtime_id\":\"00000000-0000-4000-8000-000000000000\",\"cgroup\":\"/"
        "..\",\"io_path\":\"/\",\"terminate_on_last_close\":true}",
        "{\"id\":\"a\",\"owner\":\"\",\"runtime\":\"true\",\"kind\":\"runc\",\"runtime_id\":\"00000000-0000-4000-8000-"
        "000000000000\",\"cgroup\":\"/trireme-00000000-0000-4000-8000-000000000000\",\"io_path\":\"/"
        "\",\"terminate_on_last_close\":true}",
    };
    TRI_AUTO_SPACE struct tri_space space = TRI_SPACE_NONE;
    struct tri_claim claim = TRI_CLAIM_NONE;
    open_space(&space);
    assert_int_equal(tri_registry_claim(&space, "strange", &claim, NULL), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct tri_record record = {0};
        assert_int_equal(tri_file_write(claim.fd, "spec.json", bad[i], strlen(bad[i]), 0600), 0);
        assert_int_equal(tri_record_read(claim.fd, &record), -EBADMSG);
        assert_null(record.id);
    }
    assert_int_equal(tri_registry_discard(&space, &claim, NULL), 0);
    tri_claim_close(&claim);
}

static void folders_that_others_may_write_to_are_refused(void **state)
{
    TRI_AUTO_SPACE struct tri_space space = TRI_SPACE_NONE;
    struct tri_error error = {0};
    assert_int_equal(chmod(state_folder(), 0777), 0);
    assert_int_equal(tri_space_open(NULL, true, &space, &error), -EACCES);
    assert_non_null(strstr(error.text, "0700"));
    tri_error_clear(&error);
    assert_int_equal(chmod(state_folder(), 0700), 0);
    assert_int_equal(tri_space_open("a/b", true, &space, NULL), -EINVAL);
    assert_int_equal(tri_space_open("missing", false, &space, NULL), -ENOENT);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_encoded_so_that_none_is_hidden_or_leaves_the_folder),
        cmocka_unit_test(long_ids_fit_a_file_name_and_stay_apart),
        cmocka_unit_test(bad_ids_are_told_from_good_ones),
        cmocka_unit_test(guids_compare_without_case_and_others_do_not),
        cmocka_unit_test(a_claimed_id_is_in_use_until_it_is_given_up),
        cmocka_unit_test(taking_over_cleans_what_was_in_the_folder),
        cmocka_unit_test(discarding_spares_a_later_folder_of_the_same_name),
        cmocka_unit_test(of_processes_that_take_over_a_dead_folder_exactly_one_wins),
        cmocka_unit_test(a_record_is_read_as_it_was_written),
        cmocka_unit_test(a_record_that_names_strange_things_is_not_believed),
        cmocka_unit_test(folders_that_others_may_write_to_are_refused),
    };
    return cmocka_run_group_tests_name("compute registry", tests, state_setup, state_teardown);
}
