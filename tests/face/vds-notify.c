/* Advise: a sink of the client's is told what happens to disks, whoever does it. */
#include "vds-face.h"

enum { ROOM = 4096 };

/* The sink. */
struct sink {
    IVdsAdviseSink face;
    atomic_int references;
    pthread_mutex_t lock;
    unsigned count;
    bool is_wrong; /* an array of an impossible size, or a call at the same time as another */
    atomic_int inside;
    VDS_NOTIFICATION seen[ROOM];
    DWORD leaves_with; /* a cookie to give back inside OnNotify; 0: none */
    HRESULT left;
};

static HRESULT sink_query(IVdsAdviseSink *This, REFIID iid, void **ret)
{
    if (!IsEqualGUID(iid, &IID_IUnknown) && !IsEqualGUID(iid, &IID_IVdsAdviseSink)) {
        *ret = NULL;
        return E_NOINTERFACE;
    }
    *ret = This;
    IVdsAdviseSink_AddRef(This);
    return S_OK;
}

static ULONG sink_ref(IVdsAdviseSink *This)
{
    return (ULONG)atomic_fetch_add(&((struct sink *)This)->references, 1) + 1;
}

static ULONG sink_unref(IVdsAdviseSink *This)
{
    return (ULONG)atomic_fetch_sub(&((struct sink *)This)->references, 1) - 1;
}

static HRESULT sink_notify(IVdsAdviseSink *This, LONG count, VDS_NOTIFICATION *notifications)
{
    struct sink *sink = (struct sink *)This;
    bool is_alone = atomic_fetch_add(&sink->inside, 1) == 0;
    pthread_mutex_lock(&sink->lock);
    sink->is_wrong |= !is_alone || count < 1 || count > 100;
    for (LONG i = 0; i < count && sink->count < ROOM; i++)
        sink->seen[sink->count++] = notifications[i];
    DWORD cookie = sink->leaves_with;
    sink->leaves_with = 0;
    pthread_mutex_unlock(&sink->lock);
    if (cookie)
        sink->left = IVdsService_Unadvise(service, cookie);
    atomic_fetch_sub(&sink->inside, 1);
    return S_OK;
}

static const IVdsAdviseSinkVtbl sink_table = {sink_query, sink_ref, sink_unref, sink_notify};

static void make_sink(struct sink *sink)
{
    memset(sink, 0, sizeof(*sink));
    sink->face.lpVtbl = &sink_table;
    sink->references = 1;
    pthread_mutex_init(&sink->lock, NULL);
}

static ULONG event_of(const VDS_NOTIFICATION *note)
{
    return note->Disk.ulEvent; /* the first of every arm */
}

/* How often it was told an event of that kind of thing (about that object, where one is given). */
static unsigned told(struct sink *sink, VDS_NOTIFICATION_TARGET_TYPE type, ULONG event, const VDS_OBJECT_ID *id)
{
    unsigned count = 0;
    pthread_mutex_lock(&sink->lock);
    for (unsigned i = 0; i < sink->count; i++)
        if (sink->seen[i].objectType == type && event_of(&sink->seen[i]) == event &&
            (!id ||
             IsEqualGUID(&sink->seen[i].Disk.diskId, id))) /* the id follows the event in every arm that has one */
            count++;
    pthread_mutex_unlock(&sink->lock);
    return count;
}
#define assert_told(sink, type, event, id) assert_comes(told((sink), (type), (event), (id)) > 0)

/* The last percentage that it was told of a format; above 100: one was less than the one before it. */
static DWORD last_percent(struct sink *sink)
{
    DWORD last = 0;
    pthread_mutex_lock(&sink->lock);
    for (unsigned i = 0; i < sink->count; i++) {
        const VDS_NOTIFICATION *note = &sink->seen[i];
        if (note->objectType != VDS_NTT_FILE_SYSTEM || event_of(note) != VDS_NF_FILE_SYSTEM_FORMAT_PROGRESS)
            continue;
        last = note->FileSystem.dwPercentCompleted < last ? 1000 : note->FileSystem.dwPercentCompleted;
    }
    pthread_mutex_unlock(&sink->lock);
    return last;
}

static void forget(struct sink *sink)
{
    pthread_mutex_lock(&sink->lock);
    sink->count = 0;
    pthread_mutex_unlock(&sink->lock);
}

static void print_told(struct sink *sink)
{
    pthread_mutex_lock(&sink->lock);
    for (unsigned i = 0; i < sink->count && i < 60; i++)
        printf("# told: type %u event %u\n", sink->seen[i].objectType, event_of(&sink->seen[i]));
    pthread_mutex_unlock(&sink->lock);
}

static struct sink sink, second;

static void a_sink_is_told_the_life_of_a_disk(void **state)
{
    NEEDS_DISKS;
    TRI_PROVES_METHOD(IVdsService, Advise, real);
    TRI_PROVES_METHOD(IVdsService, Unadvise, real);
    TRI_PROVES_METHOD(IVdsAdviseSink, OnNotify, real, "called for what this program and others do");
    struct face_disk disk;
    struct face_volume volume;
    DWORD cookie = 0;
    const char *folder = make_folder("mount");
    make_sink(&sink);
    assert_hr(S_OK, IVdsService_Advise(service, &sink.face, &cookie));
    assert_int_not_equal(cookie, 0);
    assert_true(sink.references > 1);

    make_disk(&disk, "told.img", RAW, 64 * MIB);
    assert_told(&sink, VDS_NTT_DISK, VDS_NF_DISK_ARRIVE, &disk.id);
    initialize(&disk, VDS_PST_GPT);
    assert_told(&sink, VDS_NTT_PACK, VDS_NF_PACK_ARRIVE, NULL);
    forget(&sink);
    make_volume(&volume, &disk, MIB, 62 * MIB);
    assert_told(&sink, VDS_NTT_PARTITION, VDS_NF_PARTITION_ARRIVE, &disk.id);
    assert_told(&sink, VDS_NTT_VOLUME, VDS_NF_VOLUME_ARRIVE, &volume.id);
    forget(&sink);
    assert_hr(S_OK, format_as(&volume, "ext4", "TOLD", VDS_FSOF_FORCE));
    assert_told(&sink, VDS_NTT_FILE_SYSTEM, VDS_NF_FILE_SYSTEM_MODIFY, &volume.id);
    assert_told(&sink, VDS_NTT_FILE_SYSTEM, VDS_NF_FILE_SYSTEM_FORMAT_PROGRESS, &volume.id);
    assert_comes(last_percent(&sink) >= 100);
    assert_int_equal(last_percent(&sink), 100);
    forget(&sink);
    assert_hr(S_OK, IVdsVolumeMF_AddAccessPath(volume.mf, W("%s", folder)));
    assert_told(&sink, VDS_NTT_MOUNT_POINT, VDS_NF_MOUNT_POINTS_CHANGE, &volume.id);
    forget(&sink);
    assert_hr(S_OK, IVdsVolumeMF_DeleteAccessPath(volume.mf, W("%s", folder), FALSE));
    assert_told(&sink, VDS_NTT_MOUNT_POINT, VDS_NF_MOUNT_POINTS_CHANGE, &volume.id);
    VDS_OBJECT_ID id = volume.id, disk_id = disk.id;
    drop_volume(&volume);
    forget(&sink);
    assert_hr(S_OK, IVdsAdvancedDisk_DeletePartition(disk.advanced, MIB, FALSE, FALSE));
    assert_told(&sink, VDS_NTT_VOLUME, VDS_NF_VOLUME_DEPART, &id);
    assert_told(&sink, VDS_NTT_PARTITION, VDS_NF_PARTITION_DEPART, &disk_id);
    drop_disk(&disk);
    assert_told(&sink, VDS_NTT_DISK, VDS_NF_DISK_DEPART, &disk_id);
    assert_hr(S_OK, IVdsService_Unadvise(service, cookie));
    assert_int_equal(sink.references, 1);
    if (sink.is_wrong)
        print_told(&sink);
    assert_false(sink.is_wrong);
}

/* The letter of the last note of that event; 0: there is none. */
static WCHAR letter_told(struct sink *told_to, ULONG event, VDS_OBJECT_ID *ret_volume)
{
    WCHAR letter = 0;
    pthread_mutex_lock(&told_to->lock);
    for (unsigned i = 0; i < told_to->count; i++)
        if (told_to->seen[i].objectType == VDS_NTT_DRIVE_LETTER && told_to->seen[i].Letter.ulEvent == event) {
            letter = told_to->seen[i].Letter.wcLetter;
            *ret_volume = told_to->seen[i].Letter.volumeId;
        }
    pthread_mutex_unlock(&told_to->lock);
    return letter;
}

static void a_sink_is_told_which_letters_come_and_go(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    struct face_volume volume;
    VDS_OBJECT_ID id;
    DWORD cookie = 0;
    make_disk_with_volume(&disk, &volume, "letters.img", 64 * MIB);
    format_quickly(&volume, "ext4");
    make_sink(&sink);
    assert_hr(S_OK, IVdsService_Advise(service, &sink.face, &cookie));
    assert_hr(S_OK, IVdsVolumeMF_AddAccessPath(volume.mf, u"W:\\"));
    assert_comes(letter_told(&sink, VDS_NF_DRIVE_LETTER_ASSIGN, &id) == u'W');
    assert_true(IsEqualGUID(&id, &volume.id));
    assert_told(&sink, VDS_NTT_MOUNT_POINT, VDS_NF_MOUNT_POINTS_CHANGE, &volume.id);
    assert_int_equal(letter_told(&sink, VDS_NF_DRIVE_LETTER_FREE, &id), 0);
    forget(&sink);
    assert_hr(S_OK, IVdsVolumeMF_DeleteAccessPath(volume.mf, u"W:\\", FALSE));
    assert_comes(letter_told(&sink, VDS_NF_DRIVE_LETTER_FREE, &id) == u'W');
    assert_true(is_null_guid(&id));
    assert_int_equal(letter_told(&sink, VDS_NF_DRIVE_LETTER_ASSIGN, &id), 0);
    assert_hr(S_OK, IVdsService_Unadvise(service, cookie));
    assert_false(sink.is_wrong);
    drop_both(&disk, &volume);
}

static void a_sink_is_told_what_others_do(void **state)
{
    NEEDS_DISKS;
    char path[160], node[64];
    DWORD cookie = 0;
    make_sink(&sink);
    assert_hr(S_OK, IVdsService_Advise(service, &sink.face, &cookie));
    snprintf(path, sizeof(path), "%s/others.img", face_files);
    assert_int_equal(run_command("truncate -s 64M '%s'", path), 0);
    snprintf(node, sizeof(node), "%s", line_of("losetup -f --show '%s'", path));
    assert_string_not_equal(node, "");
    assert_told(&sink, VDS_NTT_DISK, VDS_NF_DISK_ARRIVE, NULL);
    forget(&sink);
    assert_int_equal(run_command("losetup -d '%s'", node), 0);
    assert_told(&sink, VDS_NTT_DISK, VDS_NF_DISK_DEPART, NULL);
    assert_hr(S_OK, IVdsService_Unadvise(service, cookie));
    assert_int_equal(sink.references, 1);
    assert_int_equal(unlink(path), 0);
}

static void cookies_are_checked(void **state)
{
    NEEDS_DISKS;
    DWORD cookie = 0, other = 0;
    make_sink(&sink);
    assert_hr(E_INVALIDARG, IVdsService_Advise(service, NULL, &cookie));
    assert_hr(E_INVALIDARG, IVdsService_Advise(service, &sink.face, NULL));
    assert_int_equal(sink.references, 1);
    assert_hr(VDS_E_BAD_COOKIE, IVdsService_Unadvise(service, 0));
    assert_hr(VDS_E_BAD_COOKIE, IVdsService_Unadvise(service, 4711));
    assert_hr(S_OK, IVdsService_Advise(service, &sink.face, &cookie));
    assert_hr(S_OK, IVdsService_Advise(service, &sink.face, &other)); /* the same sink once more */
    assert_true(cookie != other);
    assert_hr(S_OK, IVdsService_Unadvise(service, cookie));
    assert_hr(VDS_E_BAD_COOKIE, IVdsService_Unadvise(service, cookie));
    assert_hr(S_OK, IVdsService_Unadvise(service, other));
    assert_int_equal(sink.references, 1);
}

static void a_sink_may_leave_while_it_is_told(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    DWORD cookie = 0, other = 0;
    make_sink(&sink);
    make_sink(&second);
    assert_hr(S_OK, IVdsService_Advise(service, &sink.face, &cookie));
    assert_hr(S_OK, IVdsService_Advise(service, &second.face, &other));
    pthread_mutex_lock(&sink.lock);
    sink.leaves_with = cookie;
    sink.left = E_FAIL;
    pthread_mutex_unlock(&sink.lock);
    make_disk(&disk, "leave.img", RAW, 64 * MIB);
    assert_told(&second, VDS_NTT_DISK, VDS_NF_DISK_ARRIVE, &disk.id);
    assert_comes(sink.references == 1 && sink.inside == 0);
    assert_true(sink.count > 0); /* whatever came first, perhaps of another program */
    assert_hr(S_OK, sink.left);
    unsigned before = sink.count;
    VDS_OBJECT_ID id = disk.id;
    drop_disk(&disk);
    assert_told(&second, VDS_NTT_DISK, VDS_NF_DISK_DEPART, &id);
    assert_int_equal(sink.count, before); /* it has left */
    assert_hr(VDS_E_BAD_COOKIE, IVdsService_Unadvise(service, cookie));
    assert_hr(S_OK, IVdsService_Unadvise(service, other));
    assert_int_equal(second.references, 1);
}

static void sinks_come_and_go_while_things_happen(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    make_sink(&sink);
    for (int i = 0; i < 10; i++) {
        DWORD cookie = 0;
        assert_hr(S_OK, IVdsService_Advise(service, &sink.face, &cookie));
        make_disk(&disk, "come.img", RAW, 16 * MIB);
        if (i % 2)
            assert_told(&sink, VDS_NTT_DISK, VDS_NF_DISK_ARRIVE, &disk.id);
        assert_hr(S_OK, IVdsService_Unadvise(service, cookie));
        assert_int_equal(sink.references, 1); /* and it is not inside any more */
        assert_int_equal(sink.inside, 0);
        drop_disk(&disk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sink_is_told_the_life_of_a_disk),
        cmocka_unit_test(a_sink_is_told_which_letters_come_and_go),
        cmocka_unit_test(a_sink_is_told_what_others_do),
        cmocka_unit_test(cookies_are_checked),
        cmocka_unit_test(a_sink_may_leave_while_it_is_told),
        cmocka_unit_test(sinks_come_and_go_while_things_happen),
        cmocka_unit_test(nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, set_up_disks, tear_down_disks);
}
