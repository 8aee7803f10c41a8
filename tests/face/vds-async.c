/* IVdsAsync through real work: what QueryStatus, Wait and Cancel say in every state, who may ask, and who may let
 * go. */
#include "vds-face.h"

enum { SLOW_GIB = 4 };

static struct face_disk slow; /* an image so large that a full format of its volume takes a second and more */
static struct face_volume slow_volume;
static const char *slow_skip;

static int set_up_slow_disk(void **state)
{
    struct statvfs space;
    if (set_up_disks(state) < 0)
        return -1;
    if (!skip_reason && statvfs(face_files, &space) == 0 &&
        (uint64_t)space.f_bavail * space.f_frsize < 3 * SLOW_GIB * GIB)
        slow_skip = "there is too little space for a slow format";
    if (!skip_reason && !slow_skip)
        make_disk_with_volume(&slow, &slow_volume, "slow.img", SLOW_GIB * GIB);
    return 0;
}

static void drop_slow_disk(void **state)
{
    NEEDS_DISKS;
    if (slow.disk)
        drop_both(&slow, &slow_volume);
}

#define NEEDS_SLOW_DISK                                                                                                \
    NEEDS_DISKS;                                                                                                       \
    SKIP_UNLESS(!slow_skip, slow_skip)

/* Makes the image sparse again, so that each test finds the same. */
static void forget_content(void)
{
    run_command("fallocate --dig-holes '%s' 2>/dev/null; true", slow.path);
}

static IVdsAsync *start_full_format(void)
{
    IVdsAsync *async = NULL;
    assert_hr(S_OK, IVdsVolumeMF3_FormatEx2(slow_volume.mf3, u"ext4", 0, 0, u"SLOW", VDS_FSOF_FORCE, &async));
    assert_non_null(async);
    return async;
}

static void expect_status(IVdsAsync *async, HRESULT expected, ULONG percent)
{
    HRESULT result = E_FAIL;
    ULONG now = 777;
    assert_hr(S_OK, IVdsAsync_QueryStatus(async, &result, &now));
    assert_hr(expected, result);
    assert_int_equal(now, percent);
}

static void expect_end(IVdsAsync *async, HRESULT expected, VDS_ASYNC_OUTPUT_TYPE type)
{
    HRESULT result = E_FAIL;
    VDS_ASYNC_OUTPUT output;
    memset(&output, 0xee, sizeof(output));
    assert_hr(S_OK, IVdsAsync_Wait(async, &result, &output));
    assert_hr(expected, result);
    assert_int_equal(output.type, type);
    if (FAILED(expected))
        assert_null(output.cv.pVolumeUnk);
}

static void cancel_and_let_go(IVdsAsync *async)
{
    assert_hr(S_OK, IVdsAsync_Cancel(async));
    expect_end(async, VDS_E_OPERATION_CANCELED, VDS_ASYNCOUT_FORMAT);
    IVdsAsync_Release(async);
    forget_content();
}

static void an_operation_is_an_iunknown_and_an_ivdsasync_only(void **state)
{
    NEEDS_SLOW_DISK;
    static const IID *const others[] = {&IID_IEnumVdsObject, &IID_IVdsVolume, &IID_IVdsVolumeMF3, &IID_IVdsService};
    IVdsAsync *async = start_full_format(), *again = QUERY(async, IVdsAsync);
    IUnknown *unknown = QUERY(async, IUnknown), *same = QUERY(unknown, IUnknown);
    assert_ptr_equal(again, async);
    assert_ptr_equal(same, unknown);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(answers(async, others[i]));
    assert_hr(E_POINTER, IVdsAsync_QueryInterface(async, &IID_IUnknown, NULL));
    LET_GO(again);
    LET_GO(unknown);
    LET_GO(same);
    cancel_and_let_go(async);
}

static void a_status_is_given_while_it_runs(void **state)
{
    NEEDS_SLOW_DISK;
    TRI_PROVES_METHOD(IVdsAsync, QueryStatus, real);
    IVdsAsync *async = start_full_format();
    HRESULT result = E_FAIL;
    ULONG percent = 777;
    assert_hr(S_OK, IVdsAsync_QueryStatus(async, &result, &percent));
    assert_hr(VDS_E_OPERATION_PENDING, result);
    assert_in_range(percent, 0, 99);
    assert_true(reaches(async, 20));
    result = 5;
    percent = 777;
    assert_hr(E_INVALIDARG, IVdsAsync_QueryStatus(async, NULL, &percent));
    assert_int_equal(percent, 777);
    assert_hr(E_INVALIDARG, IVdsAsync_QueryStatus(async, &result, NULL));
    assert_hr(5, result);
    assert_hr(E_INVALIDARG, IVdsAsync_QueryStatus(async, NULL, NULL));
    cancel_and_let_go(async);
}

static void asking_does_not_wait(void **state)
{
    NEEDS_SLOW_DISK;
    IVdsAsync *async = start_full_format();
    HRESULT result = VDS_E_OPERATION_PENDING;
    ULONG percent;
    for (int asked = 0; asked < 1000; asked++)
        assert_hr(S_OK, IVdsAsync_QueryStatus(async, &result, &percent));
    assert_hr(VDS_E_OPERATION_PENDING, result);
    cancel_and_let_go(async);
}

static void a_full_format_shows_true_percentages(void **state)
{
    NEEDS_SLOW_DISK;
    assert_hr(S_OK, format_as(&slow_volume, "ext4", "SLOW", VDS_FSOF_FORCE));
    assert_true(progress.changes > 2); /* how many were seen depends on how often this program was let look */
    assert_in_range(progress.last_pending, 2, 99);
    assert_string_equal(blkid(slow_volume.node, "LABEL"), "SLOW");
    forget_content();
}

/* ---- the end ---- */

static void the_end_is_told_as_often_as_one_asks(void **state)
{
    NEEDS_SLOW_DISK;
    TRI_PROVES_METHOD(IVdsAsync, Wait, real);
    IVdsAsync *async = NULL;
    VDS_ASYNC_OUTPUT output;
    HRESULT result = 5;
    assert_hr(S_OK,
              IVdsVolumeMF3_FormatEx2(slow_volume.mf3, u"ext4", 0, 0, NULL, VDS_FSOF_FORCE | VDS_FSOF_QUICK, &async));
    expect_end(async, S_OK, VDS_ASYNCOUT_FORMAT);
    for (int i = 0; i < 3; i++) {
        expect_status(async, S_OK, 100);
        expect_end(async, S_OK, VDS_ASYNCOUT_FORMAT);
    }
    assert_hr(E_INVALIDARG, IVdsAsync_Wait(async, NULL, &output));
    assert_hr(E_INVALIDARG, IVdsAsync_Wait(async, &result, NULL));
    assert_hr(5, result);
    assert_hr(VDS_E_CANCEL_TOO_LATE, IVdsAsync_Cancel(async));
    expect_status(async, S_OK, 100);
    IVdsAsync_Release(async);
}

static void an_early_failure_gives_no_operation(void **state)
{
    NEEDS_SLOW_DISK;
    IVdsAsync *async = (IVdsAsync *)1;
    assert_true(FAILED(IVdsVolumeMF3_FormatEx2(slow_volume.mf3, u"nonsense", 0, 0, NULL, 0, &async)));
    assert_null(async);
    assert_string_not_equal(why(), "");
    assert_hr(E_INVALIDARG, IVdsVolumeMF3_FormatEx2(slow_volume.mf3, u"ext4", 0, 0, NULL, VDS_FSOF_QUICK, NULL));
}

static void a_late_failure_is_told_with_100_percent(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    IVdsAsync *async = NULL;
    make_image(&disk, "late.img", QCOW2, 64 * MIB);
    assert_int_equal(run_command("printf 'garbage' | dd of='%s' bs=1 seek=8 conv=notrunc 2>/dev/null", disk.path), 0);
    HRESULT hr = IVdsOpenVDisk_Attach(disk.open, NULL, ATTACH_VIRTUAL_DISK_FLAG_NONE, 0, 0, &async);
    if (SUCCEEDED(hr)) {
        HRESULT result = S_OK;
        VDS_ASYNC_OUTPUT output;
        assert_hr(S_OK, IVdsAsync_Wait(async, &result, &output));
        assert_true(FAILED(result));
        assert_string_not_equal(why(), "");
        assert_int_equal(output.type, VDS_ASYNCOUT_ATTACH_VDISK);
        assert_null(output.cv.pVolumeUnk);
        expect_status(async, result, 100);
        expect_end(async, result, VDS_ASYNCOUT_ATTACH_VDISK);
        assert_hr(VDS_E_CANCEL_TOO_LATE, IVdsAsync_Cancel(async));
        IVdsAsync_Release(async);
    } else {
        assert_null(async);
    }
    drop_disk(&disk);
}

static void every_wait_gives_a_reference_of_its_own(void **state)
{
    NEEDS_DISKS;
    VIRTUAL_STORAGE_TYPE type = storage_type(RAW);
    VDS_CREATE_VDISK_PARAMETERS parameters = {.MaximumSize = 16 * MIB};
    VDS_ASYNC_OUTPUT outputs[3];
    IVdsAsync *async = NULL;
    HRESULT result;
    char path[160];
    snprintf(path, sizeof(path), "%s/references.img", face_files);
    assert_hr(S_OK, IVdsVdProvider_CreateVDisk(virtual_disks, &type, W("%s", path), NULL, CREATE_VIRTUAL_DISK_FLAG_NONE,
                                               0, 0, &parameters, &async));
    for (int i = 0; i < 3; i++) {
        assert_hr(S_OK, IVdsAsync_Wait(async, &result, &outputs[i]));
        assert_hr(S_OK, result);
        assert_int_equal(outputs[i].type, VDS_ASYNCOUT_CREATE_VDISK);
    }
    IVdsAsync_Release(async);
    for (int i = 0; i < 3; i++) { /* the one that is left is alive when the others are gone */
        VDS_VDISK_PROPERTIES prop;
        IVdsVDisk *image = QUERY(outputs[i].cvd.pVDiskUnk, IVdsVDisk);
        assert_hr(S_OK, IVdsVDisk_GetProperties(image, &prop));
        assert_int_equal(prop.VirtualSize, 16 * MIB);
        assert_string_equal(take(prop.pPath), path);
        CoTaskMemFree(prop.pDeviceName);
        CoTaskMemFree(prop.pParentPath);
        LET_GO(image);
        IUnknown_Release(outputs[i].cvd.pVDiskUnk);
    }
    assert_int_equal(unlink(path), 0);
}

static void every_operation_says_what_it_gave(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    struct face_volume volume;
    VDS_ASYNC_OUTPUT output;
    IVdsPack *pack = NULL;
    make_disk(&disk, "outputs.img", RAW, 256 * MIB);
    initialize(&disk, VDS_PST_GPT);
    VDS_INPUT_DISK input = {.diskId = disk.id, .ullSize = 64 * MIB};
    assert_hr(S_OK, IVdsDisk_GetPack(disk.disk, &pack));
    assert_hr(S_OK, RUN(IVdsPack_CreateVolume(pack, VDS_VT_SIMPLE, &input, 1, 0, ASYNC), &output));
    assert_int_equal(output.type, VDS_ASYNCOUT_CREATEVOLUME);
    IVdsVolume *made = QUERY(output.cv.pVolumeUnk, IVdsVolume);
    VDS_VOLUME_PROP prop;
    assert_hr_of(IVdsVolume_GetProperties(made, &prop), S_OK, VDS_S_PROPERTIES_INCOMPLETE);
    CoTaskMemFree(prop.pwszName);
    assert_int_equal(prop.ullSize, 64 * MIB);
    LET_GO(made);
    IUnknown_Release(output.cv.pVolumeUnk);
    LET_GO(pack);

    volume = (struct face_volume){0};
    find_volume(&volume, &prop.id);
    assert_hr(S_OK, RUN(IVdsVolumeMF3_FormatEx2(volume.mf3, u"ext4", 0, 0, NULL, VDS_FSOF_QUICK, ASYNC), &output));
    assert_int_equal(output.type, VDS_ASYNCOUT_FORMAT);
    assert_hr(S_OK, RUN(IVdsVolume_Extend(volume.volume, &input, 1, ASYNC), &output));
    assert_int_equal(output.type, VDS_ASYNCOUT_EXTENDVOLUME);
    assert_hr(S_OK, RUN(IVdsVolume_Shrink(volume.volume, 32 * MIB, ASYNC), &output));
    assert_int_equal(output.type, VDS_ASYNCOUT_SHRINKVOLUME);
    assert_int_equal(output.sv.ullReclaimedBytes, 32 * MIB);
    ITriremeCheck *check = QUERY(volume.volume, ITriremeCheck);
    assert_hr(S_OK, RUN(ITriremeCheck_Check(check, 0, ASYNC), &output));
    assert_int_equal(output.type, TRIREME_VDS_ASYNCOUT_CHECK);
    LET_GO(check);
    drop_volume(&volume);
    assert_hr(S_OK, RUN(IVdsAdvancedDisk_Clean(disk.advanced, TRUE, TRUE, TRUE, ASYNC), &output));
    assert_int_equal(output.type, VDS_ASYNCOUT_CLEAN);
    detach(&disk);
    assert_hr(S_OK, RUN(IVdsOpenVDisk_Expand(disk.open, EXPAND_VIRTUAL_DISK_FLAG_NONE, 512 * MIB, ASYNC), &output));
    assert_int_equal(output.type, VDS_ASYNCOUT_EXPAND_VDISK);
    drop_disk(&disk);
}

/* ---- threads ---- */

struct asker {
    IVdsAsync *async;
    HRESULT result;
    VDS_ASYNC_OUTPUT output;
    bool waits, is_wrong;
    unsigned asked;
};

/* Asks or waits with a reference of its own until the end; asserts nothing, for cmocka knows one thread only. */
static void *ask(void *data)
{
    struct asker *asker = data;
    ULONG percent = 0, last = 0;
    HRESULT hr = S_OK;
    if (asker->waits) {
        asker->is_wrong = IVdsAsync_Wait(asker->async, &asker->result, &asker->output) != S_OK;
    } else {
        asker->result = VDS_E_OPERATION_PENDING;
        while (hr == S_OK && asker->result == VDS_E_OPERATION_PENDING) {
            hr = IVdsAsync_QueryStatus(asker->async, &asker->result, &percent);
            asker->is_wrong |=
                percent < last || (asker->result == VDS_E_OPERATION_PENDING ? percent > 99 : percent != 100);
            last = percent;
            asker->asked++;
            pause_ms(1);
        }
        asker->is_wrong |= hr != S_OK;
    }
    IVdsAsync_Release(asker->async);
    return NULL;
}

static void threads_ask_and_wait_at_once(void **state)
{
    NEEDS_SLOW_DISK;
    enum { ASKERS = 6 };
    struct asker askers[ASKERS] = {{0}};
    pthread_t threads[ASKERS];
    IVdsAsync *async = start_full_format();
    for (int i = 0; i < ASKERS; i++) {
        askers[i].async = async;
        askers[i].waits = i % 2;
        IVdsAsync_AddRef(async);
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
    }
    assert_true(reaches(async, 10)); /* others wait, and it can be asked */
    assert_hr(S_OK, IVdsAsync_Cancel(async));
    IVdsAsync_Release(async); /* the threads have their own */
    for (int i = 0; i < ASKERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_false(askers[i].is_wrong);
        assert_hr(VDS_E_OPERATION_CANCELED, askers[i].result);
        assert_true(askers[i].waits || askers[i].asked > 0);
    }
    forget_content();
}

/* ---- cancel ---- */

static unsigned long long sectors_written(const char *node)
{
    return strtoull(line_of("awk '{print $7}' /sys/block/%s/stat", node + 5), NULL, 10);
}

static void a_full_format_is_cancelled_at_a_third(void **state)
{
    NEEDS_SLOW_DISK;
    TRI_PROVES_METHOD(
        IVdsAsync, Cancel, real,
        "stops full formats, cleans, copies of images and most tools; VDS_E_CANCEL_TOO_LATE where stopping "
        "would do harm");
    format_quickly(&slow_volume, "ext4");
    unsigned long long before = sectors_written(slow.node);
    IVdsAsync *async = start_full_format();
    assert_true(reaches(async, 33));
    assert_hr(S_OK, IVdsAsync_Cancel(async));
    expect_status(async, VDS_E_OPERATION_CANCELED, 100);
    expect_end(async, VDS_E_OPERATION_CANCELED, VDS_ASYNCOUT_FORMAT);
    assert_string_not_equal(why(), "");

    /* quiet: nothing is written any more */
    unsigned long long written = sectors_written(slow.node);
    assert_in_range(written - before, SLOW_GIB * GIB / 512 / 4, SLOW_GIB * GIB / 512 - 1); /* a part, not all of it */
    pause_ms(200);
    assert_int_equal(sectors_written(slow.node), written);

    /* as promised: cleanly empty, and free for the next */
    assert_string_equal(blkid(slow_volume.node, "TYPE"), "");
    LPWSTR name = NULL;
    HRESULT hr = IVdsVolumeMF2_GetFileSystemTypeName(slow_volume.mf2, &name);
    assert_hr_of(hr, S_OK, VDS_E_FS_NOT_DETERMINED);
    assert_string_equal(take(name), hr == S_OK ? "RAW" : "");
    assert_int_equal(volume_prop(&slow_volume).ulFlags & VDS_VF_FORMATTING, 0);

    assert_hr(VDS_E_OPERATION_CANCELED, IVdsAsync_Cancel(async));
    expect_status(async, VDS_E_OPERATION_CANCELED, 100);
    IVdsAsync_Release(async);
    forget_content();
    format_quickly(&slow_volume, "ext4");
}

static void a_clean_is_cancelled(void **state)
{
    NEEDS_DISKS;
    SKIP_UNLESS(!slow_skip, slow_skip);
    struct face_disk disk;
    IVdsAsync *async = NULL;
    make_disk(&disk, "clean.img", RAW, SLOW_GIB * GIB);
    initialize(&disk, VDS_PST_MBR);
    assert_hr(S_OK, IVdsAdvancedDisk_Clean(disk.advanced, TRUE, TRUE, TRUE, &async));
    assert_true(reaches(async, 10));
    assert_hr(S_OK, IVdsAsync_Cancel(async));
    HRESULT result = S_OK;
    VDS_ASYNC_OUTPUT output;
    assert_hr(S_OK, IVdsAsync_Wait(async, &result, &output));
    assert_hr(VDS_E_OPERATION_CANCELED, result);
    assert_int_equal(output.type, VDS_ASYNCOUT_CLEAN);
    IVdsAsync_Release(async);
    assert_string_equal(blkid(disk.node, "PTTYPE"), ""); /* raw */
    initialize(&disk, VDS_PST_GPT);
    drop_disk(&disk);
}

static void a_cancelled_creation_leaves_no_file(void **state)
{
    NEEDS_DISKS;
    SKIP_UNLESS(!slow_skip, slow_skip);
    static const enum face_format formats[] = {VHDX, QCOW2};
    for (size_t i = 0; i < 2; i++) {
        const char *missing = program_missing(formats[i]);
        SKIP_UNLESS(!missing, missing);
        char source[160], target[160];
        snprintf(source, sizeof(source), "%s/source.img", face_files);
        snprintf(target, sizeof(target), "%s/copy.%s", face_files, face_formats[formats[i]].name);
        assert_int_equal(run_command("head -c 1G /dev/urandom > '%s'", source), 0);
        VIRTUAL_STORAGE_TYPE type = storage_type(formats[i]);
        VDS_CREATE_VDISK_PARAMETERS parameters = {.pSourcePath = W("%s", source)};
        IVdsAsync *async = NULL;
        assert_hr(S_OK, IVdsVdProvider_CreateVDisk(virtual_disks, &type, W("%s", target), NULL,
                                                   CREATE_VIRTUAL_DISK_FLAG_NONE, 0, 0, &parameters, &async));
        assert_true(reaches(async, 5));
        assert_hr(S_OK, IVdsAsync_Cancel(async));
        expect_end(async, VDS_E_OPERATION_CANCELED, VDS_ASYNCOUT_CREATE_VDISK);
        IVdsAsync_Release(async);
        assert_int_equal(unlink(source), 0);
        assert_string_equal(line_of("ls -A '%s' | grep -v slow.img", face_files), "");
    }
}

static void cancels_race_with_the_end(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    struct face_volume volume;
    make_disk_with_volume(&disk, &volume, "race.img", 64 * MIB);
    for (int i = 0; i < 20; i++) {
        IVdsAsync *async = NULL;
        HRESULT result = E_FAIL;
        VDS_ASYNC_OUTPUT output;
        assert_hr(S_OK,
                  IVdsVolumeMF3_FormatEx2(volume.mf3, u"ext4", 0, 0, NULL, VDS_FSOF_QUICK | VDS_FSOF_FORCE, &async));
        pause_ms(i);
        HRESULT hr = IVdsAsync_Cancel(async);
        assert_hr(S_OK, IVdsAsync_Wait(async, &result, &output));
        assert_hr_of(hr, S_OK, VDS_E_CANCEL_TOO_LATE);
        assert_hr_of(result, S_OK, VDS_E_OPERATION_CANCELED);
        if (hr == VDS_E_CANCEL_TOO_LATE)
            assert_hr(S_OK, result);
        assert_string_equal(blkid(volume.node, "TYPE"), result == S_OK ? "ext4" : "");
        IVdsAsync_Release(async);
    }
    drop_both(&disk, &volume);
}

/* ---- letting go ---- */

static void an_operation_outlives_its_parents(void **state)
{
    NEEDS_SLOW_DISK;
    struct face_volume own = {0};
    IVdsAsync *async = NULL;
    find_volume(&own, &slow_volume.id);
    assert_hr(S_OK, IVdsVolumeMF3_FormatEx2(own.mf3, u"ext4", 0, 0, NULL, VDS_FSOF_FORCE, &async));
    drop_volume(&own);
    LET_GO(slow.disk);
    LET_GO(slow.advanced);
    drop_volume(&slow_volume);
    stop_service();
    assert_true(reaches(async, 20));
    assert_hr(S_OK, watch(async));
    IVdsAsync_Release(async);
    assert_true(start_service());
    look_at_disk(&slow);
    find_volume(&slow_volume, &slow_volume.id);
    assert_string_equal(type_name(&slow_volume), "ext4");
    forget_content();
}

static void letting_go_does_not_stop_it(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    struct face_volume volume;
    IVdsAsync *async = NULL;
    make_disk_with_volume(&disk, &volume, "go.img", 256 * MIB);
    assert_hr(S_OK, IVdsVolumeMF3_FormatEx2(volume.mf3, u"ext4", 0, 0, u"GONE", 0, &async));
    IVdsAsync_Release(async);
    assert_comes(strcmp(blkid(volume.node, "LABEL"), "GONE") == 0 &&
                 !(volume_prop(&volume).ulFlags & VDS_VF_FORMATTING));
    drop_both(&disk, &volume);
}

/* On a disk so large that no machine is done with it before all has been tried; it is cancelled then. */
static void a_running_format_is_seen_and_is_alone(void **state)
{
    NEEDS_SLOW_DISK;
    struct face_disk disk;
    struct face_volume volume;
    IVdsAsync *async = NULL;
    make_disk_with_volume(&disk, &volume, "alone.img", 64 * GIB);
    assert_hr(S_OK, IVdsVolumeMF3_FormatEx2(volume.mf3, u"ext4", 0, 0, u"ALONE", VDS_FSOF_FORCE, &async));
    assert_true(reaches(async, 1));
    assert_int_not_equal(volume_prop(&volume).ulFlags & VDS_VF_FORMATTING, 0);
    assert_hr_of(format_as(&volume, "ext4", NULL, VDS_FSOF_QUICK | VDS_FSOF_FORCE), VDS_E_ANOTHER_CALL_IN_PROGRESS,
                 VDS_E_DEVICE_IN_USE);
    assert_hr_of(TRY(IVdsAdvancedDisk_Clean(disk.advanced, TRUE, TRUE, FALSE, ASYNC)), VDS_E_ANOTHER_CALL_IN_PROGRESS,
                 VDS_E_DEVICE_IN_USE);
    assert_hr_of(IVdsAdvancedDisk_DeletePartition(disk.advanced, volume.offset, TRUE, TRUE),
                 VDS_E_ANOTHER_CALL_IN_PROGRESS, VDS_E_DEVICE_IN_USE);
    assert_hr_of(IVdsOpenVDisk_Detach(disk.open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0), VDS_E_ANOTHER_CALL_IN_PROGRESS,
                 VDS_E_DEVICE_IN_USE);
    assert_hr(S_OK, IVdsAsync_Cancel(async));
    expect_end(async, VDS_E_OPERATION_CANCELED, VDS_ASYNCOUT_FORMAT);
    IVdsAsync_Release(async);
    assert_int_equal(count_partitions(disk.advanced), 1);
    drop_both(&disk, &volume);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operation_is_an_iunknown_and_an_ivdsasync_only),
        cmocka_unit_test(a_status_is_given_while_it_runs),
        cmocka_unit_test(asking_does_not_wait),
        cmocka_unit_test(a_full_format_shows_true_percentages),
        cmocka_unit_test(the_end_is_told_as_often_as_one_asks),
        cmocka_unit_test(an_early_failure_gives_no_operation),
        cmocka_unit_test(a_late_failure_is_told_with_100_percent),
        cmocka_unit_test(every_wait_gives_a_reference_of_its_own),
        cmocka_unit_test(every_operation_says_what_it_gave),
        cmocka_unit_test(threads_ask_and_wait_at_once),
        cmocka_unit_test(a_full_format_is_cancelled_at_a_third),
        cmocka_unit_test(a_clean_is_cancelled),
        cmocka_unit_test(a_cancelled_creation_leaves_no_file),
        cmocka_unit_test(cancels_race_with_the_end),
        cmocka_unit_test(an_operation_outlives_its_parents),
        cmocka_unit_test(letting_go_does_not_stop_it),
        cmocka_unit_test(a_running_format_is_seen_and_is_alone),
        cmocka_unit_test(drop_slow_disk),
        cmocka_unit_test(nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, set_up_slow_disk, tear_down_disks);
}
