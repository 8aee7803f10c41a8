/* What subscribers are told, on real loop devices. Other devices of the machine may change meanwhile, and be the reason
 * for a comparison at any moment: each test looks at the events of its own disk, and counts none that may come twice.
 */
#include "support.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "storage/disk.h"
#include "storage/events.h"
#include "storage/volume.h"

/* ---- what was told ---- */

struct log {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct tri_storage_event events[4096];
    size_t count;
};

static struct log *log_new(void)
{
    struct log *log = calloc(1, sizeof(*log));
    assert_non_null(log);
    pthread_mutex_init(&log->mutex, NULL);
    pthread_cond_init(&log->changed, NULL);
    return log;
}

static void log_tell(void *context, const struct tri_storage_event *event)
{
    struct log *log = context;
    pthread_mutex_lock(&log->mutex);
    if (log->count < sizeof(log->events) / sizeof(*log->events))
        log->events[log->count++] = *event;
    pthread_cond_broadcast(&log->changed);
    pthread_mutex_unlock(&log->mutex);
}

/* Where in the log the event is, from `from` on; -1: it is not. Mutex held. */
static int log_index(const struct log *log, enum tri_storage_event_type type, uint64_t sequence, size_t from)
{
    for (size_t i = from; i < log->count; i++)
        if (log->events[i].type == type && log->events[i].sequence == sequence)
            return (int)i;
    return -1;
}

/* Waits for the event; its index, or the test fails. */
static size_t told(struct log *log, enum tri_storage_event_type type, uint64_t sequence, size_t from)
{
    uint64_t until_ns = test_deadline_ns();
    struct timespec until = {(time_t)(until_ns / TRI_NS_PER_SEC), (long)(until_ns % TRI_NS_PER_SEC)};
    int index, r = 0;
    pthread_mutex_lock(&log->mutex);
    while ((index = log_index(log, type, sequence, from)) < 0 && r == 0)
        r = pthread_cond_clockwait(&log->changed, &log->mutex, CLOCK_MONOTONIC, &until);
    pthread_mutex_unlock(&log->mutex);
    if (index < 0)
        fail_msg("event %d of disk %llu was not told", (int)type, (unsigned long long)sequence);
    return (size_t)index;
}

static size_t log_count(struct log *log)
{
    pthread_mutex_lock(&log->mutex);
    size_t count = log->count;
    pthread_mutex_unlock(&log->mutex);
    return count;
}

static size_t times_told(struct log *log, enum tri_storage_event_type type, uint64_t sequence)
{
    size_t times = 0;
    pthread_mutex_lock(&log->mutex);
    for (int i = -1; (i = log_index(log, type, sequence, (size_t)(i + 1))) >= 0;)
        times++;
    pthread_mutex_unlock(&log->mutex);
    return times;
}

static struct tri_subscription *subscribe(struct log *log)
{
    struct tri_error error = {0};
    struct tri_subscription *subscription = NULL;
    int code = tri_events_subscribe(log_tell, log, &subscription, &error);
    if (code < 0)
        fail_msg("subscribe: %d: %s", code, error.text);
    return subscription;
}

static void unsubscribe(struct tri_subscription *subscription, struct log *log)
{
    tri_events_unsubscribe(subscription);
    free(log);
}

/* Events posted by a disk that is none are a fence: what was compared before them has been told when they are. */
static uint64_t fence(struct log *log)
{
    static _Atomic uint64_t last = UINT64_MAX / 2;
    struct tri_storage_event event = {.type = TRI_EVENT_FORMAT_PROGRESS, .sequence = atomic_fetch_add(&last, 1)};
    event.percent = 100;
    tri_events_refresh();
    tri_events_post(&event);
    return told(log, event.type, event.sequence, 0);
}

/* ---- devices ---- */

static void make_ext4(const char *node, const char *label)
{
    assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", "-L", label, node), 0);
}

static struct tri_partition_result create_partition(uint64_t sequence)
{
    struct test_run run = TEST_RUN;
    struct tri_op_tag tag = {.kind = 1};
    struct tri_partition_spec spec = {
        .sequence = sequence, .style = TRI_STYLE_GPT, .anywhere = true, .size_bytes = 16 * MIB};
    assert_true(tri_uuid_parse("0fc63daf-8483-4772-8e79-3d69d8477de4", &spec.type));
    if (test_run_end(&run, tri_partition_create(&spec, test_run_op(&run), &tag, &run.error)) < 0)
        fail_msg("create partition: %d: %s", run.code, run.error.text);
    struct tri_partition_result result = *(struct tri_partition_result *)run.value;
    tri_error_clear(&run.error);
    tri_op_unref(run.op);
    return result;
}

/* ---- tests ---- */

static void a_disk_that_comes_and_goes_is_told_without_asking(void **state)
{
    NEEDS_LOOP();
    struct log *log = log_new();
    struct tri_subscription *subscription = subscribe(log);
    struct test_disk disk = test_disk_make(64 * MIB);
    size_t arrived = told(log, TRI_EVENT_DISK_ARRIVE, disk.sequence, 0);
    test_disk_drop(&disk);
    told(log, TRI_EVENT_DISK_DEPART, disk.sequence, arrived + 1);
    unsubscribe(subscription, log);
}

static void a_table_brings_a_pack_and_a_partition_a_volume(void **state)
{
    NEEDS_LOOP();
    struct tri_error error = {0};
    struct log *log = log_new();
    struct test_disk disk = test_disk_make(64 * MIB);
    struct tri_subscription *subscription = subscribe(log);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, &error), 0);
    tri_events_refresh();
    size_t modified = told(log, TRI_EVENT_DISK_MODIFY, disk.sequence, 0);
    size_t pack = told(log, TRI_EVENT_PACK_ARRIVE, disk.sequence, modified);
    struct tri_partition_result made = create_partition(disk.sequence);
    size_t partition = told(log, TRI_EVENT_PARTITION_ARRIVE, disk.sequence, pack);
    size_t volume = told(log, TRI_EVENT_VOLUME_ARRIVE, disk.sequence, partition);
    assert_int_equal(log->events[partition].offset_bytes, made.offset_bytes);
    assert_true(tri_uuid_equal(&log->events[volume].volume, &made.volume));

    assert_int_equal(tri_partition_delete(disk.sequence, made.offset_bytes, false, false, &error), 0);
    size_t volume_gone = told(log, TRI_EVENT_VOLUME_DEPART, disk.sequence, volume);
    size_t partition_gone = told(log, TRI_EVENT_PARTITION_DEPART, disk.sequence, volume);
    assert_true(volume_gone < partition_gone);
    test_disk_drop(&disk);
    size_t pack_gone = told(log, TRI_EVENT_PACK_DEPART, disk.sequence, partition_gone);
    told(log, TRI_EVENT_DISK_DEPART, disk.sequence, pack_gone);
    unsubscribe(subscription, log);
}

static void what_other_programs_write_is_told_after_a_refresh(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct tri_error error = {0};
    char node[64];
    struct test_disk disk = test_disk_make(64 * MIB);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, &error), 0);
    struct tri_partition_result made = create_partition(disk.sequence);
    assert_true(test_node(disk.name, 1, node, NULL, NULL));
    struct log *log = log_new();
    struct tri_subscription *subscription = subscribe(log);
    make_ext4(node, "one");
    tri_events_refresh();
    size_t modified = told(log, TRI_EVENT_FILESYSTEM_MODIFY, disk.sequence, 0);
    assert_int_equal(log->events[modified].offset_bytes, made.offset_bytes);
    assert_true(tri_uuid_equal(&log->events[modified].volume, &made.volume));
    fence(log);
    size_t before = log_count(log);
    make_ext4(node, "two");
    tri_events_refresh();
    told(log, TRI_EVENT_FILESYSTEM_MODIFY, disk.sequence, before);
    assert_int_equal(times_told(log, TRI_EVENT_VOLUME_DEPART, disk.sequence), 0);
    unsubscribe(subscription, log);
    test_disk_drop(&disk);
}

static void a_file_system_on_a_whole_disk_is_a_volume_without_partition(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    struct log *log = log_new();
    struct test_disk disk = test_disk_make(64 * MIB);
    struct tri_subscription *subscription = subscribe(log);
    make_ext4(disk.node, "one");
    tri_events_refresh();
    size_t volume = told(log, TRI_EVENT_VOLUME_ARRIVE, disk.sequence, 0);
    assert_int_equal(log->events[volume].offset_bytes, 0);
    told(log, TRI_EVENT_PACK_ARRIVE, disk.sequence, 0);
    assert_int_equal(times_told(log, TRI_EVENT_PARTITION_ARRIVE, disk.sequence), 0);
    unsubscribe(subscription, log);
    test_disk_drop(&disk);
}

static void a_look_is_enough_to_see_what_the_kernel_does_not_tell(void **state)
{
    NEEDS_LOOP();
    struct tri_error error = {0};
    struct log *log = log_new();
    struct test_disk disk = test_disk_make(64 * MIB);
    struct tri_subscription *subscription = subscribe(log);
    assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_MBR, &error), 0);
    tri_events_look();
    told(log, TRI_EVENT_PACK_ARRIVE, disk.sequence, 0);
    unsubscribe(subscription, log);
    test_disk_drop(&disk);
}

static void a_mount_is_told_without_asking(void **state)
{
    NEEDS_LOOP();
    NEEDS_TOOL("mkfs.ext4");
    const char *folder = test_path("mount");
    struct log *log = log_new();
    struct test_disk disk = test_disk_make(64 * MIB);
    make_ext4(disk.node, "m");
    assert_int_equal(mkdir(folder, 0700), 0);
    struct tri_subscription *subscription = subscribe(log);
    assert_int_equal(mount(disk.node, folder, "ext4", 0, NULL), 0);
    size_t mounted = told(log, TRI_EVENT_MOUNT_CHANGE, disk.sequence, 0);
    assert_int_equal(umount(folder), 0);
    told(log, TRI_EVENT_MOUNT_CHANGE, disk.sequence, mounted + 1);
    unsubscribe(subscription, log);
    assert_int_equal(rmdir(folder), 0);
    test_disk_drop(&disk);
}

static void what_the_engine_posts_comes_in_order_and_changes_come_once(void **state)
{
    struct log *log = log_new();
    struct tri_subscription *subscription = subscribe(log);
    struct tri_storage_event event = {.type = TRI_EVENT_FORMAT_PROGRESS, .sequence = UINT64_MAX / 4};
    for (event.percent = 0; event.percent <= 50; event.percent++)
        tri_events_post(&event);
    event.percent = 100;
    tri_events_post(&event);
    event.type = TRI_EVENT_FILESYSTEM_MODIFY;
    tri_events_post(&event);
    told(log, TRI_EVENT_FILESYSTEM_MODIFY, event.sequence, 0);
    unsigned percent = 0;
    for (size_t i = 0; i < log_count(log); i++)
        if (log->events[i].type == TRI_EVENT_FORMAT_PROGRESS && log->events[i].sequence == event.sequence) {
            assert_true(log->events[i].percent >= percent);
            percent = log->events[i].percent;
        }
    assert_int_equal(percent, 100);
    fence(log);
    assert_int_equal(times_told(log, TRI_EVENT_FILESYSTEM_MODIFY, event.sequence), 1);
    unsubscribe(subscription, log);
}

static void every_subscriber_is_told_and_none_after_it_has_left(void **state)
{
    struct log *one = log_new(), *two = log_new();
    struct tri_subscription *first = subscribe(one), *second = subscribe(two);
    struct tri_storage_event event = {.type = TRI_EVENT_SHRINK_PROGRESS, .sequence = UINT64_MAX / 8, .percent = 1};
    tri_events_post(&event);
    told(one, event.type, event.sequence, 0);
    told(two, event.type, event.sequence, 0);
    tri_events_unsubscribe(first);
    size_t before = log_count(one);
    event.percent = 2;
    tri_events_post(&event);
    fence(two);
    assert_int_equal(times_told(two, event.type, event.sequence), 2);
    assert_int_equal(log_count(one), before);
    tri_events_unsubscribe(second);
    tri_events_post(&event); /* nobody is there */
    tri_events_refresh();
    free(one);
    free(two);
}

struct leaver {
    struct tri_subscription *subscription;
    _Atomic bool may_leave;
    _Atomic int told;
};

static void tell_and_leave(void *context, const struct tri_storage_event *event)
{
    struct leaver *leaver = context;
    atomic_fetch_add(&leaver->told, 1);
    while (!atomic_load(&leaver->may_leave))
        sched_yield();
    tri_events_unsubscribe(leaver->subscription);
    (void)event;
}

static void one_may_leave_while_it_is_told(void **state)
{
    struct leaver leaver = {0};
    struct log *log = log_new();
    struct tri_subscription *other = subscribe(log);
    assert_int_equal(tri_events_subscribe(tell_and_leave, &leaver, &leaver.subscription, NULL), 0);
    struct tri_storage_event event = {.type = TRI_EVENT_SHRINK_PROGRESS, .sequence = UINT64_MAX / 16, .percent = 1};
    for (int i = 0; i < 10; i++)
        tri_events_post(&event);
    atomic_store(&leaver.may_leave, true);
    EVENTUALLY(leaver.told > 0);
    fence(log);
    assert_int_equal(leaver.told, 1);
    unsubscribe(other, log);
}

#define TURNS 30

static void *come_and_go(void *data)
{
    (void)data;
    for (int i = 0; i < TURNS; i++) {
        struct log *log = log_new();
        struct tri_subscription *subscription = subscribe(log);
        struct tri_storage_event event = {.type = TRI_EVENT_FORMAT_PROGRESS, .sequence = 1, .percent = (unsigned)i};
        tri_events_post(&event);
        event.type = TRI_EVENT_FILESYSTEM_MODIFY;
        tri_events_post(&event);
        if (i % 3 == 0)
            tri_events_refresh();
        unsubscribe(subscription, log);
    }
    return NULL;
}

static void many_may_come_and_go_at_once(void **state)
{
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

static bool has_thread(const char *name)
{
    DIR *folder = opendir("/proc/self/task");
    struct dirent *entry;
    bool found = false;
    while (folder && (entry = readdir(folder))) {
        char path[300], text[32] = "";
        snprintf(path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
        FILE *file = fopen(path, "re");
        if (file && fgets(text, sizeof(text), file))
            found |= strncmp(text, name, strlen(name)) == 0;
        if (file)
            fclose(file);
    }
    if (folder)
        closedir(folder);
    return found;
}

static void the_thread_ends_with_the_last_subscriber(void **state)
{
    struct log *log = log_new();
    struct tri_subscription *subscription = subscribe(log);
    EVENTUALLY(has_thread("tri-events"));
    unsubscribe(subscription, log);
    EVENTUALLY(!has_thread("tri-events"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disk_that_comes_and_goes_is_told_without_asking),
        cmocka_unit_test(a_table_brings_a_pack_and_a_partition_a_volume),
        cmocka_unit_test(what_other_programs_write_is_told_after_a_refresh),
        cmocka_unit_test(a_file_system_on_a_whole_disk_is_a_volume_without_partition),
        cmocka_unit_test(a_look_is_enough_to_see_what_the_kernel_does_not_tell),
        cmocka_unit_test(a_mount_is_told_without_asking),
        cmocka_unit_test(what_the_engine_posts_comes_in_order_and_changes_come_once),
        cmocka_unit_test(every_subscriber_is_told_and_none_after_it_has_left),
        cmocka_unit_test(one_may_leave_while_it_is_told),
        cmocka_unit_test(many_may_come_and_go_at_once),
        cmocka_unit_test(the_thread_ends_with_the_last_subscriber),
    };
    return cmocka_run_group_tests(tests, test_storage_begin, test_storage_finish);
}
