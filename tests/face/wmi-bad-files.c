/* A repository that goes away below its readers, is damaged, read-only, or has no room: every call is told with the
 * documented code and a sentence that names the file, built-in classes still answer, and what was reported stored is there
 * for a fresh process. */
#include "wmi-refusals.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/syscall.h>

enum { SKIPPED = 77, THINGS = 3000 };

/* ---- other processes ---- */

static bool is_scene; /* this process is one already */

/* What scenes print, until one fails or skips. */
static int open_said(int flags)
{
    char path[96];
    snprintf(path, sizeof(path), "%s/said", face_base);
    return open(path, flags | O_CLOEXEC, 0600);
}

static void show_said(void)
{
    char line[1000];
    FILE *said = is_scene ? NULL : fdopen(open_said(O_RDONLY), "r");
    while (said && fgets(line, sizeof(line), said))
        printf("%s%s", *line == '#' ? "" : "# ", line);
    if (said)
        fclose(said);
}

/* This program again, in the scene of that name (play_scene). Skips the test where that says so. */
static void play(const char *scene, const char *argument)
{
    extern char **environ;
    const char *argv[] = {"/proc/self/exe", face_base, scene, argument, NULL};
    pid_t pid;
    int status = 0;
    fflush(stdout);
    assert_int_equal(0, posix_spawn(&pid, argv[0], NULL, NULL, (char *const *)argv, environ));
    while (waitpid(pid, &status, 0) < 0)
        assert_int_equal(EINTR, errno);
    if (status != 0)
        show_said();
    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
        skip();
    if (status != 0)
        fail_msg("the scene \"%s\" (%s) ended with status 0x%x", scene, argument ? argument : "", status);
}

/* ---- a class goes while it is read ---- */

static void remove_here(void)
{
    remove_class("K_Going");
}

static void remove_elsewhere(void)
{
    play("remove", "K_Going");
}

/* What is read is the class as it was when its first row was read, whoever deletes it then. */
static void read_while_it_goes(LONG flags, void (*remove)(void))
{
    make_thing_class("K_Going");
    store_many("K_Going", 5000);
    IEnumWbemClassObject *rows = exec_query(flags, "SELECT * FROM K_Going");
    char seen[5000] = {0}, name[32];
    unsigned count = 0;
    for (IWbemClassObject *object; (object = next_object(rows)); LET_GO(object)) {
        unsigned id = (unsigned)get_number(object, "Id");
        assert_in_range(id, 0, 4999);
        assert_int_equal(0, seen[id]);
        seen[id] = 1;
        snprintf(name, sizeof(name), "n%u", id);
        assert_string_equal(name, get_text(object, "Name"));
        if (++count == 10)
            remove();
    }
    assert_int_equal(5000, count);
    LET_GO(rows);
    REFUSED(WBEM_E_NOT_FOUND, "K_Going", try_get("K_Going"));
    REFUSED(WBEM_E_INVALID_CLASS, "K_Going", try_get("K_Going.Id=1"));
    query_refused(WBEM_E_INVALID_CLASS, "K_Going", "SELECT * FROM K_Going");
    make_thing_class("K_Going");
    assert_hr(WBEM_S_FALSE, try_query("SELECT * FROM K_Going", 0));
    remove_class("K_Going");
}

static void a_class_may_be_deleted_while_it_is_enumerated(void **state)
{
    read_while_it_goes(WBEM_FLAG_RETURN_IMMEDIATELY | WBEM_FLAG_FORWARD_ONLY, remove_here);
    read_while_it_goes(WBEM_FLAG_RETURN_IMMEDIATELY, remove_here);
    read_while_it_goes(WBEM_FLAG_FORWARD_ONLY, remove_here);
    read_while_it_goes(0, remove_here);
}

static void a_class_may_be_deleted_by_another_process_while_it_is_enumerated(void **state)
{
    read_while_it_goes(WBEM_FLAG_RETURN_IMMEDIATELY | WBEM_FLAG_FORWARD_ONLY, remove_elsewhere);
    read_while_it_goes(0, remove_elsewhere);
}

/* ---- files ---- */

static const char *state_file(void)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/state/repository.db", face_base);
    return path;
}

/* Built-in classes need no file. */
static void check_built_in_classes(void)
{
    char path[64];
    assert_hr(WBEM_S_NO_ERROR, try_query("SELECT * FROM Win32_OperatingSystem", 0));
    assert_hr(WBEM_S_NO_ERROR,
              try_query("SELECT * FROM Win32_OperatingSystem", WBEM_FLAG_RETURN_IMMEDIATELY | WBEM_FLAG_FORWARD_ONLY));
    snprintf(path, sizeof(path), "Win32_Process.Handle=\"%d\"", getpid());
    assert_hr(WBEM_S_NO_ERROR, try_get(path));
    assert_hr(WBEM_S_NO_ERROR, try_get("Win32_Process"));
    assert_hr(WBEM_S_NO_ERROR, try_get("__ExtendedStatus"));
    assert_hr(WBEM_S_NO_ERROR, try_method(path));
}

/* Closes the repository's file, in the only way that there is: by using another one. */
static void close_file(void)
{
    char folder[96];
    LET_GO(services);
    snprintf(folder, sizeof(folder), "%s/elsewhere", face_base);
    setenv("TRIREME_STATE_DIR", folder, 1);
    services = connect_to("root\\cimv2");
}

static void play_store(unsigned count)
{
    make_thing_class("K_Thing");
    store_many("K_Thing", count);
    close_file();
}

static void check_thing(unsigned id)
{
    IWbemClassObject *thing = NULL;
    char name[32];
    snprintf(name, sizeof(name), "n%u", id);
    HRESULT hr = IWbemServices_GetObject(services, B("K_Thing.Id=%u", id), 0, NULL, &thing, NULL);
    if (hr != WBEM_S_NO_ERROR)
        fail_msg("K_Thing.Id=%u: 0x%08X %s", id, (uint32_t)hr, why());
    assert_string_equal(name, get_text(thing, "Name"));
    IWbemClassObject_Release(thing);
}

static unsigned count_things(void)
{
    IEnumWbemClassObject *rows = exec_query(WBEM_FLAG_FORWARD_ONLY, "SELECT * FROM K_Thing");
    unsigned count = count_objects(rows);
    IEnumWbemClassObject_Release(rows);
    return count;
}

/* There are so many things, from 0 on, and each is what was stored. */
static void play_read(unsigned count)
{
    assert_int_equal(count, count_things());
    for (unsigned id = 0; id < count; id++)
        check_thing(id);
    REFUSED(WBEM_E_NOT_FOUND, "K_Refused", try_get("K_Refused"));
}

static HRESULT try_store(unsigned id, const char *name)
{
    IWbemClassObject *cls = NULL, *thing = NULL;
    HRESULT hr = IWbemServices_GetObject(services, B("K_Thing"), 0, NULL, &cls, NULL);
    if (FAILED(hr))
        return hr;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnInstance(cls, 0, &thing));
    put_number(thing, "Id", (int)id);
    BSTR text = long_bstr(name);
    VARIANT value = {0};
    V_VT(&value) = VT_BSTR;
    V_BSTR(&value) = text;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(thing, B("Name"), 0, &value, 0));
    hr = IWbemServices_PutInstance(services, thing, 0, NULL, NULL);
    SysFreeString(text);
    IWbemClassObject_Release(thing);
    IWbemClassObject_Release(cls);
    return hr;
}

/* Nothing can be changed, and everything that tries is told why. */
static void check_no_change(HRESULT expected, const char *where)
{
    IWbemClassObject *cls = thing_class_draft("K_Refused");
    REFUSED(expected, where, IWbemServices_PutClass(services, cls, 0, NULL, NULL));
    IWbemClassObject_Release(cls);
    mof_refused(expected, where, "class K_Refused { [key] uint32 Id; };");
    assert_int_equal(3, info.lPhaseError);
}

/* ---- a damaged file ---- */

static void write_noise(const char *path, off_t place, size_t size)
{
    char *noise = malloc(size);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    assert_non_null(noise);
    assert_true(file >= 0);
    for (size_t i = 0; i < size; i++)
        noise[i] = (char)(i * 37 + 11);
    assert_int_equal(size, pwrite(file, noise, size, place));
    close(file);
    free(noise);
}

static void write_at(off_t place, size_t size)
{
    write_noise(state_file(), place, size);
}

static char *read_whole(size_t *ret_size)
{
    struct stat st;
    int file = open(state_file(), O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(0, fstat(file, &st));
    char *bytes = malloc((size_t)st.st_size + 1);
    assert_non_null(bytes);
    assert_int_equal(st.st_size, read(file, bytes, (size_t)st.st_size));
    close(file);
    *ret_size = (size_t)st.st_size;
    return bytes;
}

static void write_whole(const char *bytes, size_t size)
{
    int file = open(state_file(), O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(size, write(file, bytes, size));
    close(file);
}

static void play_head_is_damaged(void)
{
    check_built_in_classes();
    REFUSED(WBEM_E_CRITICAL_ERROR, "repository.db", try_get("K_Thing"));
    REFUSED(WBEM_E_CRITICAL_ERROR, "repository.db", try_get("K_Thing.Id=1"));
    query_refused(WBEM_E_CRITICAL_ERROR, "repository.db", "SELECT * FROM K_Thing");
    sink_refused(WBEM_E_CRITICAL_ERROR, "repository.db", "SELECT * FROM K_Thing");
    check_no_change(WBEM_E_CRITICAL_ERROR, "repository.db");
    check_built_in_classes();
}

static void play_middle_is_damaged(void)
{
    unsigned good = 0;
    check_built_in_classes();
    query_refused(WBEM_E_CRITICAL_ERROR, "repository.db", "SELECT * FROM K_Thing WHERE Name = 'none'");
    for (unsigned id = 0; id < THINGS; id++) {
        IWbemClassObject *thing = NULL;
        char name[32];
        HRESULT hr = IWbemServices_GetObject(services, B("K_Thing.Id=%u", id), 0, NULL, &thing, NULL);
        if (FAILED(hr)) {
            check_refused(WBEM_E_CRITICAL_ERROR, hr, "repository.db", "a damaged object");
            continue;
        }
        snprintf(name, sizeof(name), "n%u", id);
        assert_string_equal(name, get_text(thing, "Name"));
        LET_GO(thing);
        good++;
    }
    assert_in_range(good, 1, THINGS - 1);
    check_built_in_classes();
}

/* It may still have in memory what the file has no more. */
static void play_damage_while_open(void)
{
    play_read(THINGS);
    write_at(4096, 100000);
    HRESULT hr = try_query("SELECT * FROM K_Thing WHERE Name = 'none'", 0);
    if (hr != WBEM_S_FALSE)
        check_refused(WBEM_E_CRITICAL_ERROR, hr, "repository.db", "reading what was damaged");
    check_built_in_classes();
    play("is-damaged", NULL);
}

static void play_is_damaged(void)
{
    query_refused(WBEM_E_CRITICAL_ERROR, "repository.db", "SELECT * FROM K_Thing WHERE Name = 'none'");
    check_built_in_classes();
}

static void play_store_in_damaged(void)
{
    HRESULT hr = try_store(THINGS, "new");
    if (FAILED(hr))
        check_refused(WBEM_E_CRITICAL_ERROR, hr, "repository.db", "storing in a damaged file");
    close_file();
    if (SUCCEEDED(hr))
        play("thing", "new");
}

static void play_thing(const char *name)
{
    IWbemClassObject *thing = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("K_Thing.Id=%u", THINGS), 0, NULL, &thing, NULL));
    assert_string_equal(name, get_text(thing, "Name"));
    LET_GO(thing);
}

static void a_damaged_file_is_told_and_left_as_it_is(void **state)
{
    size_t size, damaged_size, left_size;
    play("store", "3000");
    char *bytes = read_whole(&size);
    assert_true(size > 100000);
    write_at(0, 4096);
    char *damaged = read_whole(&damaged_size);
    play("head-is-damaged", NULL);
    char *left = read_whole(&left_size);
    assert_int_equal(damaged_size, left_size);
    assert_memory_equal(damaged, left, left_size);
    write_whole(bytes, size); /* a copy in its place, as the sentence says */
    play("read", "3000");
    free(left);
    free(damaged);
    free(bytes);
}

static void objects_in_the_middle_may_be_damaged_and_the_others_are_read(void **state)
{
    size_t size;
    play("store", "3000");
    char *bytes = read_whole(&size);
    write_at((off_t)(size / 2) & -4096, 16384);
    play("middle-is-damaged", NULL);
    play("store-in-damaged", NULL);
    write_whole(bytes, size);
    free(bytes);
}

static void a_file_may_be_damaged_while_it_is_used(void **state)
{
    size_t size;
    play("store", "3000");
    char *bytes = read_whole(&size);
    play("damage-while-open", NULL);
    write_whole(bytes, size);
    play("read", "3000");
    free(bytes);
}

static void a_file_that_is_cut_off_is_told(void **state)
{
    play("store", "3000");
    assert_int_equal(0, truncate(state_file(), 5000));
    play("head-is-damaged", NULL);
    char path[160];
    snprintf(path, sizeof(path), "%s.away", state_file());
    assert_int_equal(0, rename(state_file(), path)); /* moved away, as the sentence says */
    play("store", "5");
    play("read", "5");
}

/* ---- any file, spoiled in any way ---- */

static const char *const spoilings[] = {"cut", "short", "noise", "unreadable", "gone", "folder", "pipe"};

static void end_well(int number)
{
    _exit(number == SIGBUS ? 0 : 1);
}

static void drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {0};
    syscall(SYS_capset, &header, none); /* root reads what nobody may read */
}

/* "repository.db-wal cut": does that to the file in place, or puts something else there. */
static void spoil(const char *what)
{
    char path[160], file[64], how[16];
    assert_int_equal(2, sscanf(what, "%63s %15s", file, how));
    snprintf(path, sizeof(path), "%s/state/%s", face_base, file);
    if (strcmp(how, "cut") == 0)
        (void)!truncate(path, 0);
    else if (strcmp(how, "short") == 0)
        (void)!truncate(path, 100);
    else if (strcmp(how, "noise") == 0)
        write_noise(path, 0, 20000);
    else if (strcmp(how, "unreadable") == 0)
        chmod(path, 0);
    else
        unlink(path);
    if (strcmp(how, "folder") == 0)
        assert_int_equal(0, mkdir(path, 0700));
    else if (strcmp(how, "pipe") == 0)
        assert_int_equal(0, mkfifo(path, 0600));
}

/* It was done, or is refused with a code that says why; and a sentence that names the file. */
static void check_answer(const char *what, HRESULT hr)
{
    if (SUCCEEDED(hr) || hr == WBEM_E_NOT_FOUND || hr == WBEM_E_INVALID_CLASS) /* what was cut off is not there */
        return;
    if (hr != WBEM_E_CRITICAL_ERROR && hr != WBEM_E_ACCESS_DENIED)
        fail_msg("%s: 0x%08X %s: %s", what, (uint32_t)hr, trireme_hresult_name(hr), why());
    check_refused(hr, hr, "repository.db", what);
}

static void check_answers(void)
{
    check_built_in_classes();
    check_answer("a class", try_get("K_Thing"));
    check_answer("an object", try_get("K_Thing.Id=1"));
    check_answer("a query", try_query("SELECT * FROM K_Thing WHERE Name = 'none'", 0));
    check_answer("storing", try_store(THINGS, "new"));
    check_answer("deleting", try_delete("K_Thing.Id=3"));
    assert_true(SUCCEEDED(compile("class K_Late { [key] uint32 Id; };")));
    check_answer("MOF", info.hRes);
    check_answer("an object", try_get("K_Thing.Id=2"));
    check_built_in_classes();
}

/* A process in the middle of it; then as a program that connects anew. */
static void play_spoiled_while_open(const char *what)
{
    drop_capabilities();
    play_read(THINGS);
    spoil(what);
    check_answers();
    LET_GO(services);
    services = connect_to("root\\cimv2");
    check_answers();
    close_file();
}

static void play_spoiled_before(void)
{
    drop_capabilities();
    check_answers();
    close_file();
}

/* Dies with its files as they are. */
static void play_die(unsigned count)
{
    make_thing_class("K_Thing");
    store_many("K_Thing", count);
    _exit(0);
}

static void empty_state(void)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s/state'", face_base);
    assert_int_equal(0, system(command));
}

/* What only helps to read the repository can be made anew, where it may be: then nothing is lost. */
static void check_nothing_is_lost(const char *what)
{
    static const char *const lasting[] = {".db ", "-wal", "unreadable", "folder", "pipe"};
    for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++)
        if (strstr(what, lasting[i]))
            return;
    play("thing", "new"); /* which check_answers has stored */
    play("all-but-3", NULL);
}

static void each_spoiling(const char *file, bool is_open)
{
    char what[96];
    for (size_t how = 0; how < sizeof(spoilings) / sizeof(spoilings[0]); how++) {
        snprintf(what, sizeof(what), "%s %s", file, spoilings[how]);
        empty_state();
        play("die", "3000");
        if (!is_open)
            spoil(what);
        play(is_open ? "spoiled-while-open" : "spoiled", what);
        check_nothing_is_lost(what);
    }
}

static void any_file_that_is_spoiled_is_told_or_made_anew(void **state)
{
    each_spoiling("repository.db", false);
    each_spoiling("repository.db-wal", false);
    each_spoiling("repository.db-shm", false);
    each_spoiling("repository.version", false);
}

static void any_file_may_be_spoiled_while_it_is_used(void **state)
{
    each_spoiling("repository.db", true);
    each_spoiling("repository.db-wal", true);
    each_spoiling("repository.version", true);
}

/* SQLite has it mapped: whoever cuts it off ends the programs that use the repository (docs/management.md). */
static void what_was_stored_outlives_programs_that_lose_their_index(void **state)
{
    play("die", "3000");
    play("lose-index", NULL);
    play("read", "3000");
}

static void play_lose_index(void)
{
    play_read(THINGS);
    signal(SIGBUS, end_well);
    spoil("repository.db-shm cut");
    for (unsigned id = 0; id < 3; id++)
        check_answer("storing", try_store(id, id == 0 ? "n0" : id == 1 ? "n1" : "n2"));
    _exit(0);
}

/* ---- file systems ---- */

static void skip_scene(const char *what)
{
    printf("# skipped: %s: %s\n", what, strerror(errno));
    fflush(stdout);
    _exit(SKIPPED);
}

/* What is mounted from now on is seen by this process only, and its children, and goes with them. */
static void be_apart(void)
{
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        skip_scene("no mount namespace of our own");
}

static void play_read_only(void)
{
    const char *folder = getenv("TRIREME_STATE_DIR");
    be_apart();
    if (mount(folder, folder, NULL, MS_BIND, NULL) < 0 ||
        mount(NULL, folder, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0)
        skip_scene("no read-only mount");
    check_built_in_classes();
    play_read(THINGS);
    check_no_change(WBEM_E_ACCESS_DENIED, "repository.db");
    REFUSED(WBEM_E_ACCESS_DENIED, "repository.db", try_store(THINGS, "refused"));
    REFUSED(WBEM_E_ACCESS_DENIED, "repository.db", try_delete("K_Thing.Id=1"));
    REFUSED(WBEM_E_ACCESS_DENIED, "repository.db", IWbemServices_DeleteClass(services, B("K_Thing"), 0, NULL, NULL));
    play_read(THINGS);
    check_built_in_classes();
}

static void a_read_only_file_is_read_and_not_changed(void **state)
{
    size_t before_size, after_size;
    play("store", "3000");
    char *before = read_whole(&before_size);
    play("read-only", NULL);
    char *after = read_whole(&after_size);
    assert_int_equal(before_size, after_size);
    assert_memory_equal(before, after, after_size);
    play("read", "3000");
    free(after);
    free(before);
}

/* Stores until there is no room; how many there are then. */
static unsigned fill_disk(void)
{
    char *filling = repeated("x", 8000);
    unsigned count = 0;
    HRESULT hr;
    while ((hr = try_store(THINGS + count, filling)) == WBEM_S_NO_ERROR && count < 10000)
        count++;
    check_refused(WBEM_E_OUT_OF_DISK_SPACE, hr, "repository.db", "storing on a full disk");
    free(filling);
    return count;
}

static void play_full(void)
{
    const char *folder = getenv("TRIREME_STATE_DIR");
    char number[16];
    be_apart();
    if ((mkdir(folder, 0700) < 0 && errno != EEXIST) || mount("tmpfs", folder, "tmpfs", 0, "size=1m,mode=700") < 0)
        skip_scene("no small disk");
    services = connect_to("root\\cimv2");
    make_thing_class("K_Thing");
    store_many("K_Thing", 20);
    unsigned count = fill_disk();
    assert_in_range(count, 10, 1000);
    check_built_in_classes();
    char *value = repeated("y", 200000), *text = NULL;
    assert_true(asprintf(&text, "class K_Refused { [key] uint32 Id; string Q = \"%s\"; };", value) > 0);
    mof_refused(WBEM_E_OUT_OF_DISK_SPACE, "repository.db", text);
    free(value);
    free(text);
    snprintf(number, sizeof(number), "%u", count + 20);
    play("count", number);
    if (mount(NULL, folder, NULL, MS_REMOUNT, "size=8m") < 0)
        skip_scene("the small disk does not grow");
    assert_hr(WBEM_S_NO_ERROR, try_store(THINGS + count, "after"));
    snprintf(number, sizeof(number), "%u", count + 21);
    play("count", number);
    close_file();
    play("count", number);
}

static void play_count(unsigned count)
{
    assert_int_equal(count, count_things());
    for (unsigned id = 0; id < 20; id++)
        check_thing(id);
    for (unsigned id = 0; id < count - 20; id++)
        assert_hr(WBEM_S_NO_ERROR, try_get(U(B("K_Thing.Id=%u", THINGS + id))));
    assert_hr(WBEM_E_NOT_FOUND, try_get(U(B("K_Thing.Id=%u", THINGS + count - 20))));
    assert_hr(WBEM_E_NOT_FOUND, try_get("K_Refused"));
}

static void a_full_disk_is_told_and_what_was_stored_stays(void **state)
{
    play("full", NULL);
}

static void play_full_from_the_start(void)
{
    const char *folder = getenv("TRIREME_STATE_DIR");
    be_apart();
    if ((mkdir(folder, 0700) < 0 && errno != EEXIST) ||
        mount("tmpfs", folder, "tmpfs", 0, "size=4k,nr_inodes=2,mode=700") < 0)
        skip_scene("no small disk");
    services = connect_to("root\\cimv2");
    check_built_in_classes();
    check_no_change(WBEM_E_OUT_OF_DISK_SPACE, "repository.db");
    REFUSED(WBEM_E_NOT_FOUND, "K_Refused", try_get("K_Refused"));
    check_built_in_classes();
}

static void a_disk_that_was_full_before_is_told_and_built_in_classes_answer(void **state)
{
    play("full-from-the-start", NULL);
}

/* ---- nothing is left behind ---- */

static void nothing_is_mounted_here(void **state)
{
    char line[1000];
    FILE *mounts = fopen("/proc/self/mountinfo", "r");
    assert_non_null(mounts);
    while (fgets(line, sizeof(line), mounts))
        assert_null(strstr(line, face_base));
    fclose(mounts);
}

/* ---- running ---- */

/* For tests whose library calls are all in other processes. */
static int set_up_folder(void **state)
{
    char base[] = "/tmp/trireme-wmi-XXXXXX";
    alarm(TIME_LIMIT_S);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!mkdtemp(base))
        return -1;
    snprintf(face_base, sizeof(face_base), "%s", base);
    return 0;
}

static int tear_down_folder(void **state)
{
    nothing_is_mounted_here(state);
    char command[128];
    snprintf(command, sizeof(command), "rm -rf --one-file-system '%s'", face_base);
    return system(command);
}

static void name_folders(const char *base)
{
    char folder[96];
    snprintf(face_base, sizeof(face_base), "%s", base);
    snprintf(folder, sizeof(folder), "%s/run", base);
    setenv("TRIREME_RUNTIME_DIR", folder, 1);
    snprintf(folder, sizeof(folder), "%s/state", base);
    setenv("TRIREME_STATE_DIR", folder, 1);
}

static const char *scene, *argument; /* main's */

static void play_scene(void **state)
{
    unsigned count = argument ? (unsigned)atoi(argument) : 0;
    if (strcmp(scene, "full") == 0)
        return play_full();
    if (strcmp(scene, "full-from-the-start") == 0)
        return play_full_from_the_start();
    services = connect_to("root\\cimv2");
    if (strcmp(scene, "store") == 0)
        play_store(count);
    else if (strcmp(scene, "read") == 0)
        play_read(count);
    else if (strcmp(scene, "count") == 0)
        play_count(count);
    else if (strcmp(scene, "thing") == 0)
        play_thing(argument);
    else if (strcmp(scene, "head-is-damaged") == 0)
        play_head_is_damaged();
    else if (strcmp(scene, "middle-is-damaged") == 0)
        play_middle_is_damaged();
    else if (strcmp(scene, "damage-while-open") == 0)
        play_damage_while_open();
    else if (strcmp(scene, "spoiled-while-open") == 0)
        play_spoiled_while_open(argument);
    else if (strcmp(scene, "all-but-3") == 0)
        assert_int_equal(THINGS, count_things()); /* one was stored, too */
    else if (strcmp(scene, "lose-index") == 0)
        play_lose_index();
    else if (strcmp(scene, "spoiled") == 0)
        play_spoiled_before();
    else if (strcmp(scene, "die") == 0)
        play_die(count);
    else if (strcmp(scene, "is-damaged") == 0)
        play_is_damaged();
    else if (strcmp(scene, "store-in-damaged") == 0)
        play_store_in_damaged();
    else if (strcmp(scene, "remove") == 0)
        remove_class(argument);
    else if (strcmp(scene, "read-only") == 0)
        play_read_only();
    else
        fail_msg("no scene \"%s\"", scene);
}

static int set_up_scene(void **state)
{
    alarm(TIME_LIMIT_S);
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    return CoCreateInstance(&CLSID_WbemLocator, NULL, CLSCTX_INPROC_SERVER, &IID_IWbemLocator, (void **)&locator);
}

static int tear_down_scene(void **state)
{
    LET_GO(services);
    LET_GO(locator);
    CoUninitialize();
    return 0;
}

/* In another process: it is a test of its own, whose output is for the first one's. */
static int be_another(const char *base)
{
    const struct CMUnitTest tests[] = {{scene, play_scene, set_up_scene, tear_down_scene, NULL}};
    is_scene = true;
    name_folders(base);
    int said = open_said(O_WRONLY | O_CREAT | O_APPEND);
    if (said < 0 || dup2(said, STDOUT_FILENO) < 0 || dup2(said, STDERR_FILENO) < 0)
        return 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    setenv("CMOCKA_MESSAGE_OUTPUT", "STDOUT", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#define ELSEWHERE(test) cmocka_unit_test_setup_teardown(test, set_up_folder, tear_down_folder)

int main(int argc, char **argv)
{
    if (argc > 2) {
        scene = argv[2];
        argument = argv[3];
        return be_another(argv[1]);
    }
    const struct CMUnitTest tests[] = {
        HERE(a_class_may_be_deleted_while_it_is_enumerated),
        HERE(a_class_may_be_deleted_by_another_process_while_it_is_enumerated),
        ELSEWHERE(a_damaged_file_is_told_and_left_as_it_is),
        ELSEWHERE(objects_in_the_middle_may_be_damaged_and_the_others_are_read),
        ELSEWHERE(a_file_may_be_damaged_while_it_is_used),
        ELSEWHERE(a_file_that_is_cut_off_is_told),
        ELSEWHERE(any_file_that_is_spoiled_is_told_or_made_anew),
        ELSEWHERE(any_file_may_be_spoiled_while_it_is_used),
        ELSEWHERE(what_was_stored_outlives_programs_that_lose_their_index),
        ELSEWHERE(a_read_only_file_is_read_and_not_changed),
        ELSEWHERE(a_full_disk_is_told_and_what_was_stored_stays),
        ELSEWHERE(a_disk_that_was_full_before_is_told_and_built_in_classes_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
