/* What becomes of the repository when processes come at once, die, when the disk is full, read-only, or the file damaged.
 * The other processes are this program, which is told what to do by its arguments. */
#include "repository-test.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/wait.h>

#define FLEET "class Ship { [key] uint32 Number; string Name; }; class Crew { [key] uint32 Number; string Name; };"

enum { PROCESSES = 4, PUTS = 60, KILLS = 12, FLIPS = 120 };

/* ---- what other processes do; the exit status says how it went ---- */

static int put_pair(struct tri_namespace *ns, unsigned number, struct tri_error *error)
{
    char text[160];
    struct tri_mof_status status;
    snprintf(text, sizeof text,
             "instance of Ship { Number = %u; Name = \"ship\"; }; instance of Crew { Number = %u; };", number, number);
    return tri_namespace_compile(ns, text, strlen(text), NULL, 0, false, &status, error);
}

/* Puts pairs, and now and then another shape of the class; a line for each that has been put. */
static int put_pairs(struct tri_namespace *ns, unsigned first, unsigned number_count, bool changes_classes)
{
    struct tri_error error = {0};
    for (unsigned i = first; i < first + number_count; i++) {
        int r = put_pair(ns, i, &error);
        if (r == 0 && changes_classes && i % 4 == 0) {
            char text[160];
            struct tri_mof_status status;
            snprintf(text, sizeof text, "class Ship { [key] uint32 Number; string Name; string P%u; };", i);
            r = tri_namespace_compile(ns, text, strlen(text), NULL, TRI_CALL_UPDATE_FORCE, false, &status, &error);
        }
        if (r < 0) {
            print_error("put %u: %s\n", i, error.text);
            return 1;
        }
        if (dprintf(STDOUT_FILENO, "%u\n", i) < 0)
            return 1;
    }
    return 0;
}

static int look(void *context, struct tri_cim_object *object)
{
    (void)context;
    if (tri_cim_object_decode(object) == 0)
        for (size_t i = 0; i < object->cls->property_count; i++)
            (void)tri_cim_object_value(object, (int)i);
    return 0;
}

/* Looks at everything, and changes something, in a file that may be damaged anywhere: any answer will do. */
static int look_at_all(struct tri_namespace *ns)
{
    char **names = NULL;
    size_t found = 0;
    tri_namespace_subclasses(ns, NULL, true, &names, &found, NULL);
    for (size_t i = 0; i < found; i++) {
        struct tri_class *cls = NULL;
        struct tri_cim_object *object = NULL;
        if (tri_namespace_class(ns, names[i], &cls, NULL) < 0)
            continue;
        tri_namespace_scan(ns, cls, look, NULL, NULL);
        if (tri_namespace_instance(ns, cls, "7", &object, NULL) == 0)
            look(NULL, object);
        tri_cim_object_unref(object);
        tri_class_unref(cls);
    }
    tri_names_free(names, found);
    put_pair(ns, 7, NULL);
    tri_namespace_delete_class(ns, "Ship", NULL);
    struct tri_class *cls = NULL;
    int r = tri_namespace_class(ns, "__Event", &cls, NULL);
    tri_class_unref(cls);
    return r == 0 ? 0 : 1;
}

static int be_other(int argc, char **argv)
{
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = NULL;
    if (tri_namespace_open("root\\default", &ns, NULL) < 0)
        return 2;
    if (strcmp(argv[1], "look") == 0)
        return look_at_all(ns);
    if (argc == 4)
        return put_pairs(ns, (unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]), strcmp(argv[1], "change") == 0);
    return 2;
}

static pid_t start_other(const char *verb, unsigned first, unsigned number_count, int out)
{
    char a[16], b[16];
    snprintf(a, sizeof a, "%u", first);
    snprintf(b, sizeof b, "%u", number_count);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (out >= 0)
            dup2(out, STDOUT_FILENO);
        execl("/proc/self/exe", "test-repository-death", verb, a, b, (char *)NULL);
        _exit(127);
    }
    return child;
}

static int wait_for(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    return status;
}

/* ---- what must be true afterwards ---- */

static void check_integrity(void)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(state_file("repository.db"), &db), SQLITE_OK);
    static const char *const checks[] = {"PRAGMA integrity_check",
                                         "SELECT 'ok' WHERE NOT EXISTS (SELECT * FROM pragma_foreign_key_check)"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(sqlite3_prepare_v2(db, checks[i], -1, &statement, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        assert_string_equal((const char *)sqlite3_column_text(statement, 0), "ok");
        sqlite3_finalize(statement);
    }
    sqlite3_close(db);
}

static bool has_number(struct tri_namespace *ns, const char *class_name, unsigned number)
{
    char key[16];
    snprintf(key, sizeof key, "%u", number);
    return has(ns, class_name, key);
}

/* ---- processes that come at once, and die ---- */

static void several_processes_write_at_once_and_all_of_it_is_there(void **state)
{
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = open_namespace("root\\default");
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    compile(ns, FLEET);
    pid_t children[PROCESSES];
    for (unsigned i = 0; i < PROCESSES; i++)
        children[i] = start_other("put", i * 1000, PUTS, null);
    for (unsigned i = 0; i < PROCESSES; i++)
        assert_int_equal(wait_for(children[i]), 0);
    close(null);
    assert_int_equal(count(ns, "Ship"), PROCESSES * PUTS);
    assert_int_equal(count(ns, "Crew"), PROCESSES * PUTS);
    check_integrity();
}

/* Makes the file, all of them at once. */
static void the_first_changes_of_several_processes_meet(void **state)
{
    int gate[2];
    pid_t children[PROCESSES];
    assert_int_equal(pipe(gate), 0);
    for (unsigned i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            char byte;
            close(gate[1]);
            if (read(gate[0], &byte, 1) == 0) /* all go when the gate is closed */
                _exit(
                    try_class(open_namespace("root\\default"), NULL, "class Ship { [key] uint32 Number; };", 0, NULL));
            _exit(1);
        }
    }
    close(gate[0]);
    close(gate[1]);
    for (unsigned i = 0; i < PROCESSES; i++)
        assert_int_equal(wait_for(children[i]), 0);
    check_integrity();
}

/* Reads what the other one reports, kills it in the middle, and gives the last number that was reported. */
static long kill_in_the_middle(unsigned first, unsigned reports)
{
    int ends[2];
    long last = -1;
    char line[32];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = start_other("change", first, 100000, ends[1]);
    close(ends[1]);
    FILE *file = fdopen(ends[0], "r");
    for (unsigned i = 0; fgets(line, sizeof line, file); i++) {
        last = atol(line);
        if (i == reports) {
            for (int spin = rand() % 2000; spin > 0; spin--)
                sched_yield(); /* into the middle of what comes next */
            kill(child, SIGKILL);
        }
    }
    fclose(file);
    int status = wait_for(child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return last;
}

static void a_killed_writer_leaves_what_it_reported_and_nothing_half(void **state)
{
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = open_namespace("root\\default");
    compile(ns, FLEET);
    srand(1);
    for (unsigned i = 0; i < KILLS; i++) {
        unsigned first = i * 1000000;
        long last = kill_in_the_middle(first, (unsigned)rand() % 12);
        assert_true(last >= (long)first);
        for (unsigned number = first; number <= (unsigned)last; number++)
            assert_true(has_number(ns, "Ship", number) && has_number(ns, "Crew", number));
        for (unsigned number = (unsigned)last + 1; number < (unsigned)last + 3; number++)
            assert_int_equal(has_number(ns, "Ship", number), has_number(ns, "Crew", number));
        assert_int_equal(count(ns, "Ship"), count(ns, "Crew"));
        check_integrity();
    }
}

/* As a writer leaves them that is killed between the two. */
static void counters_that_are_apart_are_not_believed(void **state)
{
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = open_namespace("root\\default");
    compile(ns, FLEET);
    uint64_t begun = 0;
    int fd = open(state_file("repository.version"), O_RDWR | O_CLOEXEC);
    assert_int_equal(pread(fd, &begun, sizeof begun, 0), sizeof begun);
    begun++;
    assert_int_equal(pwrite(fd, &begun, sizeof begun, 0), sizeof begun);
    close(fd);
    assert_true(tri_namespace_version(ns) != tri_namespace_version(ns));
    assert_int_equal(wait_for(start_other("change", 4, 1, open("/dev/null", O_WRONLY | O_CLOEXEC))), 0);
    TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, "Ship");
    assert_true(tri_class_find(cls, "P4") >= 0);
    assert_int_equal(tri_namespace_version(ns), tri_namespace_version(ns));
}

/* ---- threads ---- */

static _Atomic bool is_over;

static void *read_on(void *context)
{
    struct tri_namespace *ns = context;
    while (!is_over) {
        TRI_AUTO_CLASS struct tri_class *cls = NULL;
        TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = NULL;
        char **names = NULL;
        size_t found = 0, visits = 0;
        if (tri_namespace_class(ns, "Ship", &cls, NULL) < 0 ||
            tri_namespace_instance(ns, cls, "0", &object, NULL) < 0 || tri_cim_object_decode(object) < 0 ||
            tri_namespace_scan(ns, cls, count_one, &visits, NULL) < 0 || visits == 0 ||
            tri_namespace_subclasses(ns, "Ship", true, &names, &found, NULL) < 0)
            return "a reader failed";
        tri_names_free(names, found);
        (void)tri_namespace_version(ns);
    }
    return NULL;
}

static void *write_on(void *context)
{
    static _Atomic unsigned writers;
    unsigned first = 1 + 1000 * atomic_fetch_add(&writers, 1);
    for (unsigned i = first; i < first + 25; i++) {
        char text[160];
        struct tri_mof_status status;
        snprintf(text, sizeof text, "class Ship { [key] uint32 Number; string Name; string P%u; };", i);
        if (put_pair(context, i, NULL) < 0 ||
            tri_namespace_compile(context, text, strlen(text), NULL, TRI_CALL_UPDATE_FORCE, false, &status, NULL) < 0)
            return "a writer failed";
    }
    return NULL;
}

static void readers_and_writers_of_one_process_do_not_disturb_each_other(void **state)
{
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = open_namespace("root\\default");
    pthread_t readers[3], writers[2];
    void *failure;
    compile(ns, FLEET);
    CHECK(put_pair(ns, 0, &error));
    is_over = false;
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, ns), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, write_on, ns), 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(writers[i], &failure);
        assert_null(failure);
    }
    is_over = true;
    for (int i = 0; i < 3; i++) {
        pthread_join(readers[i], &failure);
        assert_null(failure);
    }
    assert_int_equal(count(ns, "Ship"), 51);
    check_integrity();
}

static void *write_without_pause(void *context)
{
    for (unsigned i = 1; !is_over; i++)
        if (put_pair(context, i % 10, NULL) < 0)
            return "a writer failed";
    return NULL;
}

static void a_thread_that_writes_all_the_time_starves_no_other(void **state)
{
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = open_namespace("root\\default");
    pthread_t writers[2];
    void *failure;
    compile(ns, FLEET);
    is_over = false;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, write_without_pause, ns), 0);
    for (unsigned i = 100; i < 120; i++)
        CHECK(put_pair(ns, i, &error));
    is_over = true;
    for (int i = 0; i < 2; i++) {
        pthread_join(writers[i], &failure);
        assert_null(failure);
    }
}

static void *begin_and_wait(void *context)
{
    struct tri_namespace *ns = context;
    if (tri_namespace_begin(ns, NULL) < 0 || put_pair(ns, 1, NULL) != TRI_MANAGEMENT_INVALID_OPERATION)
        return "begin failed";
    while (!is_over)
        sched_yield();
    return tri_namespace_end(ns, true, NULL) < 0 ? "end failed" : NULL;
}

static void readers_do_not_wait_for_a_transaction(void **state)
{
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = open_namespace("root\\default");
    pthread_t writer;
    void *failure;
    compile(ns, FLEET);
    is_over = false;
    assert_int_equal(pthread_create(&writer, NULL, begin_and_wait, ns), 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(count(ns, "Ship"), 0);
    is_over = true;
    pthread_join(writer, &failure);
    assert_null(failure);
}

/* ---- disks ---- */

/* A small disk of our own over the state folder, in a mount namespace of this process. false: it cannot be had here. */
static bool mount_small(const char *options)
{
    static bool is_apart;
    if (!is_apart && (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)) {
        print_message("# skipped: no mount namespace of our own: %s\n", strerror(errno));
        return false;
    }
    is_apart = true;
    if (mount("tmpfs", state_folder, "tmpfs", 0, options) == 0)
        return true;
    print_message("# skipped: no tmpfs can be mounted: %s\n", strerror(errno));
    return false;
}

static void a_full_disk_is_told_and_nothing_is_lost(void **state)
{
    if (!mount_small("size=1m,mode=700"))
        return;
    char big[8192];
    unsigned i = 0;
    int r = 0;
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = open_namespace("root\\default");
    compile(ns, "class Ship { [key] string Name; string Cargo; };");
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = 0;
    for (; r == 0; i++) {
        char name[16];
        struct tri_error error = {0};
        snprintf(name, sizeof name, "%u", i);
        TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = make_object(ns, "Ship", "Name", name);
        tri_cim_object_set_string(object, "Cargo", big);
        r = tri_namespace_put_instance(ns, object, 0, NULL, &error);
        assert_true(r == 0 || (error.code == r && error.text));
        tri_error_clear(&error);
    }
    assert_int_equal(r, TRI_MANAGEMENT_OUT_OF_DISK_SPACE);
    assert_true(i > 10);
    assert_int_equal(count(ns, "Ship"), i - 1);
    assert_true(has(ns, "Ship", "\"0\""));
    assert_int_equal(mount(NULL, state_folder, NULL, MS_REMOUNT, "size=8m"), 0);
    put(ns, "Ship", "Name", "after");
    assert_int_equal(count(ns, "Ship"), i);
    check_integrity();
    tri_namespace_unref(TRI_TAKE(ns));
    assert_int_equal(umount2(state_folder, MNT_DETACH), 0);
}

static void a_disk_that_is_full_from_the_start_is_told(void **state)
{
    if (!mount_small("size=4k,nr_inodes=2,mode=700"))
        return;
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = open_namespace("root\\default");
    REFUSED(TRI_MANAGEMENT_OUT_OF_DISK_SPACE, try_class(ns, NULL, "class Ship { };", 0, &error));
    below(ns, "__Event", true);
    tri_namespace_unref(TRI_TAKE(ns));
    assert_int_equal(umount2(state_folder, MNT_DETACH), 0);
}

static void a_read_only_disk_is_read_and_not_written_to(void **state)
{
    if (!mount_small("size=8m,mode=700"))
        return;
    TRI_AUTO_FREE char *folder = strdup(state_folder);
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = open_namespace("root\\default");
    assert_int_equal(mount(NULL, folder, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    REFUSED(TRI_MANAGEMENT_ACCESS_DENIED, try_class(ns, NULL, "class Ship { };", 0, &error));
    below(ns, "__Event", true);
    assert_int_equal(mount(NULL, folder, NULL, MS_REMOUNT, NULL), 0);
    /* Put by another process, which leaves its log behind; then by one that ends in order, and leaves none. */
    compile(ns, FLEET);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_int_equal(wait_for(start_other("put", 1, 3, null)), 0);
    close(null);
    tri_namespace_unref(TRI_TAKE(ns));
    setenv("TRIREME_STATE_DIR", "/", 1);
    tri_namespace_unref(open_namespace("root")); /* lets go of the file */
    setenv("TRIREME_STATE_DIR", state_folder, 1);
    check_integrity();
    assert_int_equal(access(state_file("repository.db-wal"), F_OK), -1);
    assert_int_equal(mount(NULL, folder, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    ns = open_namespace("root\\default");
    assert_int_equal(count(ns, "Ship"), 3);
    assert_true(has_number(ns, "Ship", 2));
    REFUSED(TRI_MANAGEMENT_ACCESS_DENIED, put_pair(ns, 9, &error));
    tri_namespace_unref(TRI_TAKE(ns));
    assert_int_equal(umount2(folder, MNT_DETACH), 0);
}

/* ---- damage ---- */

static void copy_flipped(const char *from, const char *to, size_t place, unsigned char with)
{
    TRI_AUTO_FREE char *bytes = NULL;
    size_t size = 0;
    if (tri_file_read(AT_FDCWD, from, 64 << 20, &bytes, &size) < 0)
        return;
    if (size > 0)
        bytes[place % size] = (char)(bytes[place % size] ^ with);
    assert_int_equal(tri_file_write(AT_FDCWD, to, bytes, size, 0600), 0);
}

static void flipped_bytes_never_bring_a_reader_or_writer_down(void **state)
{
    TRI_AUTO_FREE char *from = strdup(state_folder);
    {
        TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = open_namespace("root\\default");
        compile(ns, FLEET "[association] class Sails { [key] Ship ref Ship; [key] Crew ref Crew; };"
                          "instance of Sails { Ship = \"Ship=1\"; Crew = \"Crew=2\"; };");
        for (unsigned i = 0; i < 40; i++)
            CHECK(put_pair(ns, i, &error));
    }
    srand(2);
    strcat(state_folder, "/copy");
    assert_int_equal(mkdir(state_folder, 0700), 0);
    setenv("TRIREME_STATE_DIR", state_folder, 1);
    for (unsigned i = 0; i < FLIPS; i++) {
        char source[128];
        static const char *const names[] = {"repository.db", "repository.db-wal"};
        for (size_t j = 0; j < 2; j++) {
            snprintf(source, sizeof source, "%s/%s", from, names[j]);
            /* The header, page heads and everything else in turn. */
            size_t place = i % 3 == 0   ? (size_t)rand() % 100
                           : i % 3 == 1 ? (size_t)(rand() % 64) * 4096 + (size_t)rand() % 16
                                        : (size_t)rand();
            copy_flipped(source, state_file(names[j]), place, (unsigned char)(1 << rand() % 8));
        }
        unlink(state_file("repository.db-shm"));
        int status = wait_for(start_other("look", 0, 0, -1));
        if (status != 0)
            print_error("round %u: status %#x\n", i, (unsigned)status);
        assert_int_equal(status, 0);
    }
    strcpy(state_folder, from);
}

static void a_file_that_is_no_database_is_told_and_left_alone(void **state)
{
    char *bytes = NULL;
    size_t size = 0;
    char text[5000];
    memset(text, 'n', sizeof text);
    assert_int_equal(tri_file_write(AT_FDCWD, state_file("repository.db"), text, sizeof text, 0600), 0);
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = open_namespace("root\\default");
    struct tri_class *none = NULL;
    REFUSED(TRI_MANAGEMENT_CRITICAL_ERROR, tri_namespace_class(ns, "Ship", &none, &error));
    REFUSED(TRI_MANAGEMENT_CRITICAL_ERROR, try_class(ns, NULL, "class Ship { };", 0, &error));
    assert_true(strlen(below(ns, "__Event", true)) > 0);
    assert_int_equal(tri_file_read(AT_FDCWD, state_file("repository.db"), 1 << 20, &bytes, &size), 0);
    assert_int_equal(size, sizeof text);
    assert_memory_equal(bytes, text, size);
    free(bytes);
}

static int put_in_order(void **state)
{
    setenv("TRIREME_STATE_DIR", "/", 1); /* the repository that was open is let go of */
    tri_namespace_unref(open_namespace("root"));
    return remove_state(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_state, put_in_order)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_changes_of_several_processes_meet), /* first: its processes are forked before anything is open */
        TEST(several_processes_write_at_once_and_all_of_it_is_there),
        TEST(a_killed_writer_leaves_what_it_reported_and_nothing_half),
        TEST(counters_that_are_apart_are_not_believed),
        TEST(readers_and_writers_of_one_process_do_not_disturb_each_other),
        TEST(a_thread_that_writes_all_the_time_starves_no_other),
        TEST(readers_do_not_wait_for_a_transaction),
        TEST(a_full_disk_is_told_and_nothing_is_lost),
        TEST(a_disk_that_is_full_from_the_start_is_told),
        TEST(a_read_only_disk_is_read_and_not_written_to),
        TEST(flipped_bytes_never_bring_a_reader_or_writer_down),
        TEST(a_file_that_is_no_database_is_told_and_left_alone),
    };
    if (argc > 1)
        return be_other(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
