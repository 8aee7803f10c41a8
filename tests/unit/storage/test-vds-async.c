/* IVdsAsync over operations of the test's own: every row of what QueryStatus, Wait and Cancel promise, from one thread
 * and from several; and what the face shares: codes, error information, enumerators, ids, and what the service, the
 * provider and a pack answer without touching a disk. */
#include "../op/op-test.h"

#include <stdio.h>

#include <oaidl.h>
#include <oleauto.h>
#include <trireme-storage.h>
#include <trireme.h>
#include <vds.h>

#include "com/class.h"
#include "proves.h"
#include "storage/error.h"
#include "storage/mount-table.h"
#include "storage/vds/face.h"

const struct tri_com_factory *const tri_com_factories[] = {&tri_vds_loader_factory, NULL};

/* ---- support ---- */

/* An operation that was handed to VDS, which the test keeps too. */
struct started {
    struct tri_op *op;
    IVdsAsync *async;
};

static struct started start(VDS_ASYNC_OUTPUT_TYPE type, const struct tri_op_provider *provider, void *data)
{
    struct started started = {.op = tri_op_new()};
    struct tri_op_tag tag = tri_vds_tag(type);
    int code = provider->run ? tri_op_submit(started.op, &tag, provider, data)
                             : tri_op_start(started.op, &tag, provider, data);
    assert_int_equal(code, 0);
    assert_int_equal(tri_vds_async(&tag, tri_op_ref(started.op), code, NULL, &started.async), S_OK);
    assert_non_null(started.async);
    return started;
}

static void finish_started(struct started *started)
{
    started->async->lpVtbl->Release(started->async);
    tri_op_unref(started->op);
}

#define STARTED __attribute__((cleanup(finish_started))) struct started

static HRESULT poll_status(IVdsAsync *async, ULONG *ret_percent)
{
    HRESULT hr = 77;
    *ret_percent = 77;
    assert_int_equal(async->lpVtbl->QueryStatus(async, &hr, ret_percent), S_OK);
    return hr;
}

static HRESULT wait_for(IVdsAsync *async, VDS_ASYNC_OUTPUT *ret_output)
{
    HRESULT hr = 77;
    memset(ret_output, 0xaa, sizeof(*ret_output));
    assert_int_equal(async->lpVtbl->Wait(async, &hr, ret_output), S_OK);
    return hr;
}

static void assert_empty(const VDS_ASYNC_OUTPUT *output, VDS_ASYNC_OUTPUT_TYPE type)
{
    VDS_ASYNC_OUTPUT empty;
    memset(&empty, 0, sizeof empty);
    empty.type = type;
    assert_memory_equal(output, &empty, sizeof empty);
}

/* This thread's error information as UTF-8, taken away; "" where there is none. */
static void take_error_text(char *text, size_t size)
{
    IErrorInfo *info = NULL;
    BSTR description = NULL;
    *text = '\0';
    if (GetErrorInfo(0, &info) != S_OK)
        return;
    assert_int_equal(info->lpVtbl->GetDescription(info, &description), S_OK);
    char *utf8 = trireme_utf8_from_utf16(description);
    snprintf(text, size, "%s", utf8);
    free(utf8);
    SysFreeString(description);
    info->lpVtbl->Release(info);
}

static void assert_error_text(const char *expected)
{
    char text[256];
    take_error_text(text, sizeof text);
    assert_string_equal(text, expected);
}

static void fail_with(struct tri_op *op, int code, const char *sentence)
{
    struct tri_error error = {0};
    tri_error_set(&error, code, NULL, "%s", sentence);
    tri_op_complete(op, code, &error, NULL, NULL);
}

static int begin_test(void **state)
{
    tri_mount_table_put(tri_mount_table_get()); /* which keeps a descriptor for as long as we live */
    SetErrorInfo(0, NULL);
    return begin(state);
}

static int finish_test(void **state)
{
    SetErrorInfo(0, NULL);
    EVENTUALLY(tri_com_live() == 0);
    return finish(state);
}

/* ---- QueryStatus ---- */

static void a_running_operation_is_pending_with_zero_percent_while_nothing_is_known(void **state)
{
    STARTED started = start(VDS_ASYNCOUT_FORMAT, &by_hand, NULL);
    ULONG percent;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(poll_status(started.async, &percent), VDS_E_OPERATION_PENDING);
        assert_int_equal(percent, 0);
    }
    tri_op_complete(started.op, 0, NULL, NULL, NULL);
    TRI_PROVES_METHOD(IVdsAsync, QueryStatus, real);
}

static void percent_grows_to_99_and_never_falls(void **state)
{
    STARTED started = start(VDS_ASYNCOUT_FORMAT, &by_hand, NULL);
    const unsigned told[] = {1, 40, 30, 41, 99, 100, 500, 3}, seen[] = {1, 40, 40, 41, 99, 99, 99, 99};
    ULONG percent;
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        tri_op_progress(started.op, told[i], NULL);
        assert_int_equal(poll_status(started.async, &percent), VDS_E_OPERATION_PENDING);
        assert_int_equal(percent, seen[i]);
    }
    tri_op_complete(started.op, 0, NULL, NULL, NULL);
    assert_int_equal(poll_status(started.async, &percent), S_OK);
    assert_int_equal(percent, 100);
}

static void a_finished_operation_is_ok_at_100_percent_however_often_asked(void **state)
{
    STARTED started = start(VDS_ASYNCOUT_CLEAN, &by_hand, NULL);
    ULONG percent;
    tri_op_complete(started.op, 0, NULL, NULL, NULL);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(poll_status(started.async, &percent), S_OK);
        assert_int_equal(percent, 100);
    }
}

static void a_failed_operation_tells_its_code_its_sentence_and_100_percent(void **state)
{
    STARTED started = start(VDS_ASYNCOUT_FORMAT, &by_hand, NULL);
    ULONG percent;
    fail_with(started.op, TRI_STORAGE_BAD_LABEL, "The label is made of stone.");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(poll_status(started.async, &percent), VDS_E_BAD_LABEL);
        assert_int_equal(percent, 100);
        assert_error_text("The label is made of stone.");
    }
}

static void a_failure_without_a_sentence_gets_the_tables(void **state)
{
    STARTED started = start(VDS_ASYNCOUT_FORMAT, &by_hand, NULL);
    ULONG percent;
    tri_op_complete(started.op, TRI_STORAGE_NO_MEDIA, NULL, NULL, NULL);
    assert_int_equal(poll_status(started.async, &percent), VDS_E_NO_MEDIA);
    assert_error_text("There is no medium in the drive.");
}

static void *learn_of_failure(void *argument)
{
    IVdsAsync *async = argument;
    ULONG percent;
    assert_int_equal(poll_status(async, &percent), VDS_E_IO_ERROR);
    assert_error_text("The disk burns.");
    return NULL;
}

static void every_thread_that_learns_of_a_failure_gets_the_sentence(void **state)
{
    STARTED started = start(VDS_ASYNCOUT_FORMAT, &by_hand, NULL);
    pthread_t threads[4];
    fail_with(started.op, TRI_STORAGE_IO, "The disk burns.");
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, learn_of_failure, started.async), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_error_text("");
}

static void status_with_a_null_pointer_is_refused_and_touches_nothing(void **state)
{
    STARTED started = start(VDS_ASYNCOUT_FORMAT, &by_hand, NULL);
    for (int done = 0; done < 2; done++) {
        HRESULT hr = 77;
        ULONG percent = 78;
        assert_int_equal(started.async->lpVtbl->QueryStatus(started.async, NULL, &percent), E_INVALIDARG);
        assert_int_equal(started.async->lpVtbl->QueryStatus(started.async, &hr, NULL), E_INVALIDARG);
        assert_int_equal(started.async->lpVtbl->QueryStatus(started.async, NULL, NULL), E_INVALIDARG);
        assert_int_equal(hr, 77);
        assert_int_equal(percent, 78);
        if (!done)
            tri_op_complete(started.op, 0, NULL, NULL, NULL);
    }
}

static void *wait_on_thread(void *argument)
{
    VDS_ASYNC_OUTPUT output;
    HRESULT hr = wait_for(argument, &output);
    return (void *)(intptr_t)hr;
}

static void status_answers_while_another_thread_waits(void **state)
{
    STARTED started = start(VDS_ASYNCOUT_FORMAT, &by_hand, NULL);
    pthread_t waiter;
    ULONG percent;
    void *waited;
    assert_int_equal(pthread_create(&waiter, NULL, wait_on_thread, started.async), 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(poll_status(started.async, &percent), VDS_E_OPERATION_PENDING);
    tri_op_complete(started.op, 0, NULL, NULL, NULL);
    pthread_join(waiter, &waited);
    assert_int_equal((intptr_t)waited, S_OK);
}

/* ---- Wait ---- */

static void wait_blocks_until_the_end_and_can_be_repeated(void **state)
{
    struct work work = WORK;
    STARTED started = start(VDS_ASYNCOUT_CLEAN, &worker, &work);
    VDS_ASYNC_OUTPUT output;
    gate_pass(&work.may_end);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(wait_for(started.async, &output), S_OK);
        assert_empty(&output, VDS_ASYNCOUT_CLEAN);
        assert_int_equal(work.runs, 1);
    }
    EVENTUALLY(work.releases == 1);
    TRI_PROVES_METHOD(IVdsAsync, Wait, real);
}

static void wait_on_a_failure_gives_its_code_its_sentence_and_an_empty_output(void **state)
{
    STARTED started = start(VDS_ASYNCOUT_CREATEVOLUME, &by_hand, NULL);
    VDS_ASYNC_OUTPUT output;
    fail_with(started.op, TRI_STORAGE_NO_SPACE, "The disk is full of herrings.");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(wait_for(started.async, &output), VDS_E_NOT_ENOUGH_SPACE);
        assert_empty(&output, VDS_ASYNCOUT_CREATEVOLUME);
        assert_error_text("The disk is full of herrings.");
    }
}

static void wait_with_a_null_pointer_is_refused_and_touches_nothing(void **state)
{
    STARTED started = start(VDS_ASYNCOUT_FORMAT, &by_hand, NULL);
    HRESULT hr = 77;
    VDS_ASYNC_OUTPUT output, before;
    memset(&output, 0xaa, sizeof output);
    before = output;
    assert_int_equal(started.async->lpVtbl->Wait(started.async, NULL, &output), E_INVALIDARG);
    assert_int_equal(started.async->lpVtbl->Wait(started.async, &hr, NULL), E_INVALIDARG);
    assert_int_equal(hr, 77);
    assert_memory_equal(&output, &before, sizeof output);
    tri_op_complete(started.op, 0, NULL, NULL, NULL);
}

static void types_without_an_output_leave_it_empty(void **state)
{
    const int types[] = {VDS_ASYNCOUT_UNKNOWN,        VDS_ASYNCOUT_EXTENDVOLUME, VDS_ASYNCOUT_CLEAN,
                         VDS_ASYNCOUT_FORMAT,         VDS_ASYNCOUT_ATTACH_VDISK, VDS_ASYNCOUT_COMPACT_VDISK,
                         VDS_ASYNCOUT_MERGE_VDISK,    VDS_ASYNCOUT_EXPAND_VDISK, TRIREME_VDS_ASYNCOUT_CHECK,
                         TRIREME_VDS_ASYNCOUT_CONVERT};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        STARTED started = start((VDS_ASYNC_OUTPUT_TYPE)types[i], &by_hand, NULL);
        VDS_ASYNC_OUTPUT output;
        tri_op_complete(started.op, 0, NULL, NULL, NULL);
        assert_int_equal(wait_for(started.async, &output), S_OK);
        assert_empty(&output, (VDS_ASYNC_OUTPUT_TYPE)types[i]);
    }
}

static void complete_with_partition(struct tri_op *op, bool is_volume)
{
    struct tri_partition_result *result = malloc(sizeof(*result));
    assert_non_null(result);
    *result = (struct tri_partition_result){.sequence = 4000000001, .offset_bytes = 1048576, .is_volume = is_volume};
    if (is_volume)
        memset(result->volume.bytes, 0x5a, sizeof result->volume.bytes);
    tri_op_complete(op, 0, NULL, result, free);
}

static struct tri_volume_id completed_volume(void)
{
    struct tri_volume_id volume = {.sequence = 4000000001, .offset_bytes = 1048576};
    memset(volume.id.bytes, 0x5a, sizeof volume.id.bytes);
    return volume;
}

static void a_new_partition_is_told_by_its_offset_and_its_volume(void **state)
{
    STARTED started = start(VDS_ASYNCOUT_CREATEPARTITION, &by_hand, NULL);
    VDS_ASYNC_OUTPUT output;
    complete_with_partition(started.op, true);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(wait_for(started.async, &output), S_OK);
        assert_int_equal(output.type, VDS_ASYNCOUT_CREATEPARTITION);
        assert_int_equal(output.cp.ullOffset, 1048576);
        struct tri_volume_id volume = completed_volume();
        GUID id = tri_vds_volume_id(&volume);
        assert_true(IsEqualGUID(&output.cp.volumeId, &id));
    }
}

static void a_partition_that_is_no_volume_has_no_volume_id(void **state)
{
    STARTED started = start(VDS_ASYNCOUT_CREATEPARTITION, &by_hand, NULL);
    VDS_ASYNC_OUTPUT output;
    complete_with_partition(started.op, false);
    assert_int_equal(wait_for(started.async, &output), S_OK);
    assert_int_equal(output.cp.ullOffset, 1048576);
    assert_true(IsEqualGUID(&output.cp.volumeId, &GUID_NULL));
}

static void reclaimed_bytes_are_told(void **state)
{
    STARTED started = start(VDS_ASYNCOUT_SHRINKVOLUME, &by_hand, NULL);
    VDS_ASYNC_OUTPUT output;
    struct tri_shrink_result *result = malloc(sizeof(*result));
    assert_non_null(result);
    *result = (struct tri_shrink_result){.reclaimed_bytes = 5ull << 40};
    tri_op_complete(started.op, 0, NULL, result, free);
    assert_int_equal(wait_for(started.async, &output), S_OK);
    assert_int_equal(output.type, VDS_ASYNCOUT_SHRINKVOLUME);
    assert_int_equal(output.sv.ullReclaimedBytes, 5ull << 40);
}

static void assert_answers(IUnknown *unknown, REFIID iid)
{
    IUnknown *other = NULL;
    assert_int_equal(unknown->lpVtbl->QueryInterface(unknown, iid, (void **)&other), S_OK);
    other->lpVtbl->Release(other);
}

static void each_wait_hands_out_a_reference_of_its_own_to_the_same_volume(void **state)
{
    STARTED started = start(VDS_ASYNCOUT_CREATEVOLUME, &by_hand, NULL);
    VDS_ASYNC_OUTPUT first, second;
    complete_with_partition(started.op, true);
    assert_int_equal(wait_for(started.async, &first), S_OK);
    assert_int_equal(wait_for(started.async, &second), S_OK);
    assert_int_equal(first.type, VDS_ASYNCOUT_CREATEVOLUME);
    assert_non_null(first.cv.pVolumeUnk);
    assert_ptr_equal(first.cv.pVolumeUnk, second.cv.pVolumeUnk);
    first.cv.pVolumeUnk->lpVtbl->Release(first.cv.pVolumeUnk);
    assert_answers(second.cv.pVolumeUnk, &IID_IVdsVolume);
    second.cv.pVolumeUnk->lpVtbl->Release(second.cv.pVolumeUnk);
    assert_int_equal(wait_for(started.async, &first), S_OK);
    assert_answers(first.cv.pVolumeUnk, &IID_IVdsVolume);
    first.cv.pVolumeUnk->lpVtbl->Release(first.cv.pVolumeUnk);
}

static void the_object_outlives_the_operation(void **state)
{
    VDS_ASYNC_OUTPUT output;
    {
        STARTED started = start(VDS_ASYNCOUT_CREATEVOLUME, &by_hand, NULL);
        complete_with_partition(started.op, true);
        assert_int_equal(wait_for(started.async, &output), S_OK);
    }
    assert_answers(output.cv.pVolumeUnk, &IID_IVdsVolume2);
    output.cv.pVolumeUnk->lpVtbl->Release(output.cv.pVolumeUnk);
}

static void a_new_virtual_disk_is_handed_out(void **state)
{
    STARTED started = start(VDS_ASYNCOUT_CREATE_VDISK, &by_hand, NULL);
    VDS_ASYNC_OUTPUT output;
    tri_op_complete(started.op, 0, NULL, strdup("/nowhere/disk.vhd"), free);
    assert_int_equal(wait_for(started.async, &output), S_OK);
    assert_int_equal(output.type, VDS_ASYNCOUT_CREATE_VDISK);
    assert_answers(output.cvd.pVDiskUnk, &IID_IVdsVDisk);
    output.cvd.pVDiskUnk->lpVtbl->Release(output.cvd.pVDiskUnk);
}

static void *wait_for_volume(void *argument)
{
    VDS_ASYNC_OUTPUT output;
    assert_int_equal(wait_for(argument, &output), S_OK);
    return output.cv.pVolumeUnk;
}

static void threads_that_wait_together_get_the_same_object(void **state)
{
    for (int round = 0; round < 50; round++) {
        STARTED started = start(VDS_ASYNCOUT_CREATEVOLUME, &by_hand, NULL);
        pthread_t threads[4];
        void *volumes[4];
        for (int i = 0; i < 4; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, wait_for_volume, started.async), 0);
        complete_with_partition(started.op, true);
        for (int i = 0; i < 4; i++)
            pthread_join(threads[i], &volumes[i]);
        for (int i = 0; i < 4; i++) {
            IUnknown *volume = volumes[i];
            assert_ptr_equal(volume, volumes[0]);
            assert_answers(volume, &IID_IVdsVolume);
        }
        for (int i = 0; i < 4; i++)
            ((IUnknown *)volumes[i])->lpVtbl->Release(volumes[i]);
    }
}

/* ---- Cancel ---- */

static void a_cancel_stops_the_work_and_returns_when_it_is_quiet(void **state)
{
    struct work work = WORK;
    work.cancel_ends = true;
    STARTED started = start(VDS_ASYNCOUT_FORMAT, &worker, &work);
    VDS_ASYNC_OUTPUT output;
    ULONG percent;
    assert_true(gate_reached(&work.begun, 1));
    tri_op_progress(started.op, 33, NULL);
    assert_int_equal(started.async->lpVtbl->Cancel(started.async), S_OK);
    assert_int_equal(poll_status(started.async, &percent), VDS_E_OPERATION_CANCELED);
    assert_int_equal(percent, 100);
    assert_int_equal(wait_for(started.async, &output), VDS_E_OPERATION_CANCELED);
    assert_empty(&output, VDS_ASYNCOUT_FORMAT);
    EVENTUALLY(work.releases == 1);
    TRI_PROVES_METHOD(IVdsAsync, Cancel, real);
}

static void a_second_cancel_is_told_that_there_was_one(void **state)
{
    struct work work = WORK;
    work.cancel_ends = true;
    STARTED started = start(VDS_ASYNCOUT_FORMAT, &worker, &work);
    assert_true(gate_reached(&work.begun, 1));
    assert_int_equal(started.async->lpVtbl->Cancel(started.async), S_OK);
    assert_int_equal(started.async->lpVtbl->Cancel(started.async), VDS_E_OPERATION_CANCELED);
    EVENTUALLY(work.releases == 1);
}

static void cancelling_what_is_done_is_too_late(void **state)
{
    STARTED well = start(VDS_ASYNCOUT_FORMAT, &by_hand, NULL), badly = start(VDS_ASYNCOUT_FORMAT, &by_hand, NULL);
    ULONG percent;
    tri_op_complete(well.op, 0, NULL, NULL, NULL);
    fail_with(badly.op, TRI_STORAGE_IO, "It broke.");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(well.async->lpVtbl->Cancel(well.async), VDS_E_CANCEL_TOO_LATE);
        assert_int_equal(badly.async->lpVtbl->Cancel(badly.async), VDS_E_CANCEL_TOO_LATE);
    }
    assert_int_equal(poll_status(well.async, &percent), S_OK);
    assert_int_equal(poll_status(badly.async, &percent), VDS_E_IO_ERROR);
}

static void a_cancel_that_loses_the_race_is_too_late_and_the_result_is_the_works(void **state)
{
    struct work work = WORK;
    STARTED started = start(VDS_ASYNCOUT_FORMAT, &worker, &work);
    ULONG percent;
    assert_true(gate_reached(&work.begun, 1));
    gate_pass(&work.may_end); /* ends well, as if the request had come in its last moment */
    assert_int_equal(started.async->lpVtbl->Cancel(started.async), VDS_E_CANCEL_TOO_LATE);
    assert_int_equal(poll_status(started.async, &percent), S_OK);
    EVENTUALLY(work.releases == 1);
}

static void what_cannot_be_cancelled_says_so_and_goes_on(void **state)
{
    STARTED never = start(VDS_ASYNCOUT_FORMAT, &by_hand, NULL);
    struct work work = WORK, late_work = WORK;
    work.cancel_answer = -EOPNOTSUPP;
    late_work.cancel_answer = TRI_STORAGE_TOO_LATE;
    STARTED now = start(VDS_ASYNCOUT_FORMAT, &worker, &work);
    STARTED late = start(VDS_ASYNCOUT_SHRINKVOLUME, &worker, &late_work);
    ULONG percent;
    assert_true(gate_reached(&work.begun, 1));
    assert_true(gate_reached(&late_work.begun, 1));
    tri_op_progress(never.op, 20, NULL);
    tri_op_progress(now.op, 20, NULL);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(never.async->lpVtbl->Cancel(never.async), VDS_E_NOT_SUPPORTED);
        assert_int_equal(now.async->lpVtbl->Cancel(now.async), VDS_E_NOT_SUPPORTED);
        assert_int_equal(late.async->lpVtbl->Cancel(late.async), VDS_E_CANCEL_TOO_LATE);
    }
    assert_int_equal(poll_status(late.async, &percent), VDS_E_OPERATION_PENDING);
    gate_pass(&late_work.may_end);
    assert_int_equal(poll_status(never.async, &percent), VDS_E_OPERATION_PENDING);
    assert_int_equal(percent, 20);
    assert_int_equal(poll_status(now.async, &percent), VDS_E_OPERATION_PENDING);
    assert_int_equal(percent, 20);
    tri_op_complete(never.op, 0, NULL, NULL, NULL);
    gate_pass(&work.may_end);
    VDS_ASYNC_OUTPUT output;
    assert_int_equal(wait_for(now.async, &output), S_OK);
    EVENTUALLY(work.releases == 1);
}

static void *cancel_on_thread(void *argument)
{
    IVdsAsync *async = argument;
    return (void *)(intptr_t)async->lpVtbl->Cancel(async);
}

/* The work neither stops nor ends: Cancel gives up waiting, and it stays pending with the percentage that it had. */
static void a_cancel_of_slow_work_returns_after_a_while_and_the_work_stays_pending(void **state)
{
    struct work work = WORK;
    STARTED started = start(VDS_ASYNCOUT_FORMAT, &worker, &work);
    pthread_t canceller;
    void *answer;
    ULONG percent;
    assert_true(gate_reached(&work.begun, 1));
    tri_op_progress(started.op, 47, NULL);
    assert_int_equal(pthread_create(&canceller, NULL, cancel_on_thread, started.async), 0);
    EVENTUALLY(tri_op_cancelled(started.op));
    assert_int_equal(poll_status(started.async, &percent), VDS_E_OPERATION_PENDING);
    assert_int_equal(percent, 47);
    assert_int_equal(started.async->lpVtbl->Cancel(started.async), VDS_E_OPERATION_CANCELED);
    pthread_join(canceller, &answer);
    assert_int_equal((intptr_t)answer, S_OK);
    assert_int_equal(poll_status(started.async, &percent), VDS_E_OPERATION_PENDING);
    assert_int_equal(percent, 47);
    work.cancel_ends = true;
    gate_pass(&work.may_end);
    VDS_ASYNC_OUTPUT output;
    assert_int_equal(wait_for(started.async, &output), VDS_E_OPERATION_CANCELED);
    EVENTUALLY(work.releases == 1);
}

static void a_waiting_thread_is_woken_by_another_ones_cancel(void **state)
{
    struct work work = WORK;
    work.cancel_ends = true;
    STARTED started = start(VDS_ASYNCOUT_FORMAT, &worker, &work);
    pthread_t waiter;
    void *waited;
    assert_true(gate_reached(&work.begun, 1));
    assert_int_equal(pthread_create(&waiter, NULL, wait_on_thread, started.async), 0);
    assert_int_equal(started.async->lpVtbl->Cancel(started.async), S_OK);
    pthread_join(waiter, &waited);
    assert_int_equal((intptr_t)waited, VDS_E_OPERATION_CANCELED);
    EVENTUALLY(work.releases == 1);
}

/* ---- life ---- */

static void letting_go_does_not_stop_the_work(void **state)
{
    struct work work = WORK;
    struct tri_op *op = tri_op_new();
    struct tri_op_tag tag = tri_vds_tag(VDS_ASYNCOUT_FORMAT);
    IVdsAsync *async;
    int code = tri_op_submit(op, &tag, &worker, &work);
    assert_int_equal(tri_vds_async(&tag, op, code, NULL, &async), S_OK);
    assert_true(gate_reached(&work.begun, 1));
    assert_int_equal(async->lpVtbl->Release(async), 0);
    assert_int_equal(tri_op_live(), 1);
    assert_int_equal(work.cancels, 0);
    gate_pass(&work.may_end);
    EVENTUALLY(work.releases == 1);
}

static void it_answers_its_two_interfaces_and_no_others(void **state)
{
    STARTED started = start(VDS_ASYNCOUT_FORMAT, &by_hand, NULL);
    IUnknown *unknown = NULL, *again = NULL;
    void *other = &started;
    assert_int_equal(started.async->lpVtbl->QueryInterface(started.async, &IID_IUnknown, (void **)&unknown), S_OK);
    assert_int_equal(unknown->lpVtbl->QueryInterface(unknown, &IID_IVdsAsync, (void **)&again), S_OK);
    assert_ptr_equal(again, started.async);
    assert_int_equal(unknown->lpVtbl->QueryInterface(unknown, &IID_IVdsVolume, &other), E_NOINTERFACE);
    assert_null(other);
    unknown->lpVtbl->Release(unknown);
    again->lpVtbl->Release(again);
    tri_op_complete(started.op, 0, NULL, NULL, NULL);
}

static void a_start_that_is_refused_gives_its_code_and_no_operation(void **state)
{
    IVdsAsync *async = (IVdsAsync *)&async;
    struct tri_op_tag tag = tri_vds_tag(VDS_ASYNCOUT_CLEAN);
    struct tri_error error = {0};
    tri_error_set(&error, TRI_STORAGE_SYSTEM, NULL, "The root file system is on it.");
    assert_int_equal(tri_vds_async(&tag, tri_op_new(), TRI_STORAGE_SYSTEM, &error, &async),
                     VDS_E_CLEAN_WITH_CRITICAL);
    assert_null(async);
    assert_null(error.text);
    assert_error_text("The root file system is on it.");
    assert_int_equal(tri_vds_async(&tag, NULL, -ENOMEM, &error, &async), E_OUTOFMEMORY);
    assert_null(async);
}

/* ---- races ---- */

struct race {
    IVdsAsync *async;
    _Atomic bool started;
    HRESULT answer;
};

static void *race_cancel(void *argument)
{
    struct race *race = argument;
    while (!race->started)
        sched_yield();
    race->answer = race->async->lpVtbl->Cancel(race->async);
    return NULL;
}

static void *race_poll(void *argument)
{
    struct race *race = argument;
    ULONG percent, last = 0;
    HRESULT hr;
    do {
        hr = poll_status(race->async, &percent);
        assert_true(percent >= last);
        assert_true(hr == VDS_E_OPERATION_PENDING ? percent < 100 : percent == 100);
        last = percent;
    } while (hr == VDS_E_OPERATION_PENDING);
    race->answer = hr;
    return NULL;
}

static int race_stop(struct tri_op *op, void *data)
{
    return 0;
}

static void race_run(struct tri_op *op, void *data)
{
    for (unsigned percent = 1; percent < 100 && !tri_op_cancelled(op); percent++)
        tri_op_progress(op, percent, NULL);
    tri_op_complete(op, tri_op_cancelled(op) ? -ECANCELED : 0, NULL, NULL, NULL);
}

static void whatever_races_all_threads_agree_on_the_end(void **state)
{
    static const struct tri_op_provider racer = {.name = "racer", .run = race_run, .cancel = race_stop};
    for (int round = 0; round < 200; round++) {
        STARTED started = start(VDS_ASYNCOUT_FORMAT, &racer, NULL);
        struct race races[3] = {{started.async, true, 0}, {started.async, true, 0}, {started.async, true, 0}};
        pthread_t threads[3];
        VDS_ASYNC_OUTPUT output;
        for (int i = 0; i < 3; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, i == 0 ? race_cancel : race_poll, &races[i]), 0);
        HRESULT hr = wait_for(started.async, &output);
        for (int i = 0; i < 3; i++)
            pthread_join(threads[i], NULL);
        assert_int_equal(races[1].answer, hr);
        assert_int_equal(races[2].answer, hr);
        assert_int_equal(hr, races[0].answer == S_OK ? VDS_E_OPERATION_CANCELED : S_OK);
        assert_true(races[0].answer == S_OK || races[0].answer == VDS_E_CANCEL_TOO_LATE);
    }
}

/* ---- codes ---- */

static void every_code_of_the_engine_has_an_hresult_of_its_own(void **state)
{
    for (int code = TRI_STORAGE_GONE; code >= TRI_STORAGE_CHANGED; code--) {
        assert_true(FAILED(tri_vds_hresult(code)));
        assert_int_not_equal(tri_vds_hresult(code), E_FAIL);
        assert_int_not_equal(tri_vds_hresult(code), VDS_E_OPERATION_PENDING);
        tri_vds_tell(code, NULL);
        char text[256];
        take_error_text(text, sizeof text);
        assert_true(strlen(text) > 10);
        assert_string_not_equal(text, "The request failed.");
    }
    assert_int_equal(tri_vds_hresult(0), S_OK);
    assert_int_equal(tri_vds_hresult(-54321), E_FAIL);
}

static void some_codes_depend_on_what_was_asked_for(void **state)
{
    static const struct {
        int type, code;
        HRESULT hr;
    } rows[] = {
        {VDS_ASYNCOUT_FORMAT, TRI_STORAGE_SYSTEM, VDS_E_FORMAT_CRITICAL},
        {VDS_ASYNCOUT_CLEAN, TRI_STORAGE_SYSTEM, VDS_E_CLEAN_WITH_CRITICAL},
        {VDS_ASYNCOUT_CREATEPARTITION, TRI_STORAGE_SYSTEM, VDS_E_SYSTEM_DISK},
        {VDS_ASYNCOUT_CLEAN, TRI_STORAGE_NOT_EMPTY, VDS_E_CLEAN_WITH_DATA},
        {VDS_ASYNCOUT_CLEAN, TRI_STORAGE_HAS_OEM, VDS_E_CLEAN_WITH_OEM},
        {VDS_ASYNCOUT_FORMAT, TRI_STORAGE_READ_ONLY, VDS_E_MEDIA_WRITE_PROTECTED},
        {VDS_ASYNCOUT_CLEAN, TRI_STORAGE_READ_ONLY, VDS_E_DISK_IS_READ_ONLY},
        {VDS_ASYNCOUT_SHRINKVOLUME, TRI_STORAGE_DIRTY, VDS_E_SHRINK_DIRTY_VOLUME},
        {TRIREME_VDS_ASYNCOUT_CHECK, TRI_STORAGE_DIRTY, HRESULT_FROM_WIN32(ERROR_FILE_CORRUPT)},
        {TRIREME_VDS_ASYNCOUT_CHECK, TRI_STORAGE_BAD_IMAGE, HRESULT_FROM_WIN32(ERROR_DISK_CORRUPT)},
        {VDS_ASYNCOUT_FORMAT, -ECANCELED, VDS_E_OPERATION_CANCELED},
        {VDS_ASYNCOUT_FORMAT, 0, S_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(tri_vds_hresult_of((VDS_ASYNC_OUTPUT_TYPE)rows[i].type, rows[i].code), rows[i].hr);
}

static void a_lack_of_rights_is_told_as_vds_has_it_for_results(void **state)
{
    STARTED started = start(VDS_ASYNCOUT_FORMAT, &by_hand, NULL);
    ULONG percent;
    tri_op_complete(started.op, -EACCES, NULL, NULL, NULL);
    assert_int_equal(poll_status(started.async, &percent), VDS_E_ACCESS_DENIED);
    assert_int_equal(tri_vds_hresult(-EACCES), E_ACCESSDENIED);
}

/* ---- ids and text ---- */

static void ids_turn_into_guids_and_back(void **state)
{
    struct tri_uuid uuid;
    assert_true(tri_uuid_parse("00112233-4455-6677-8899-aabbccddeeff", &uuid));
    GUID guid = tri_vds_guid(&uuid);
    assert_int_equal(guid.Data1, 0x00112233);
    assert_int_equal(guid.Data2, 0x4455);
    assert_int_equal(guid.Data3, 0x6677);
    assert_memory_equal(guid.Data4, "\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 8);
    struct tri_uuid back = tri_vds_uuid(&guid);
    assert_true(tri_uuid_equal(&uuid, &back));
}

static void two_disks_with_the_same_partition_ids_have_different_volumes(void **state)
{
    struct tri_volume_id first = completed_volume(), second = completed_volume();
    second.sequence++;
    GUID ids[] = {tri_vds_volume_id(&first), tri_vds_volume_id(&second), tri_vds_plex_id(&first),
                  tri_vds_disk_id(1),        tri_vds_pack_id(1),         tri_vds_disk_id(2)};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        for (size_t j = 0; j < i; j++)
            assert_false(IsEqualGUID(&ids[i], &ids[j]));
}

static void assert_utf16(LPWSTR text, const char *expected)
{
    char *utf8 = trireme_utf8_from_utf16(text);
    assert_string_equal(utf8, expected);
    free(utf8);
    CoTaskMemFree(text);
}

static void names_are_spelled_as_windows_spells_them(void **state)
{
    struct tri_disk disk = {.sequence = 42}, drive = {.sequence = 7, .is_optical = true};
    struct tri_volume_id volume = completed_volume();
    LPWSTR text;
    assert_int_equal(tri_vds_disk_name(&disk, &text), S_OK);
    assert_utf16(text, "\\\\?\\PhysicalDrive42");
    assert_int_equal(tri_vds_disk_name(&drive, &text), S_OK);
    assert_utf16(text, "\\\\?\\CdRom7");
    assert_int_equal(tri_vds_volume_path(&volume, &text), S_OK);
    assert_utf16(text, "\\\\?\\Volume{5a5a5a5a-5a5a-5a5a-5a5a-5a5a5a5a5a5a}\\");
}

static void names_that_are_no_disks_are_not_found(void **state)
{
    static const WCHAR *const names[] = {
        u"\\\\?\\PhysicalDrive",
        u"\\\\?\\PhysicalDrive-1",
        u"\\\\?\\PhysicalDrive99999999999999999999",
        u"\\\\?\\PhysicalDrive12abc",
        u"\\\\?\\CdRom18446744073709551615",
        u"\\\\.\\physicaldrive18446744073709551614",
        u"\\\\?\\Volume{x}\\",
        u"/dev/no-such-disk",
        u"nonsense",
        u"/dev/null",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        uint64_t sequence = 77;
        assert_int_equal(tri_vds_disk_of_name(names[i], &sequence), VDS_E_OBJECT_NOT_FOUND);
        assert_int_equal(sequence, 77);
    }
    uint64_t sequence = 77;
    assert_int_equal(tri_vds_disk_of_name(NULL, &sequence), E_INVALIDARG);
    assert_int_equal(tri_vds_disk_of_name(u"", &sequence), E_INVALIDARG);
}

static void endless_text_is_refused(void **state)
{
    WCHAR *text = calloc(40001, sizeof(*text));
    char *utf8 = (char *)&utf8;
    assert_non_null(text);
    for (int i = 0; i < 40000; i++)
        text[i] = u'x';
    assert_int_equal(tri_vds_utf8(text, &utf8), E_INVALIDARG);
    assert_null(utf8);
    free(text);
}

/* ---- enumerators ---- */

/* Three objects of ours: disks that nobody has. */
static IEnumVdsObject *three_objects(IUnknown *objects[3])
{
    struct tri_vds_list list = {0};
    IEnumVdsObject *enumerator;
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(tri_vds_disk_new(4000000000 + i, &IID_IUnknown, (void **)&objects[i]), S_OK);
        assert_int_equal(tri_vds_list_add(&list, objects[i]), S_OK);
    }
    assert_int_equal(tri_vds_enum_new(&list, &enumerator), S_OK);
    assert_int_equal(list.count, 0);
    return enumerator;
}

static void an_enumerator_gives_each_object_and_then_the_end(void **state)
{
    IUnknown *objects[3], *found;
    IEnumVdsObject *enumerator = three_objects(objects);
    ULONG count;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(enumerator->lpVtbl->Next(enumerator, 1, &found, &count), S_OK);
        assert_int_equal(count, 1);
        assert_ptr_equal(found, objects[i]);
        found->lpVtbl->Release(found);
    }
    for (int i = 0; i < 2; i++) {
        found = objects[0];
        count = 77;
        assert_int_equal(enumerator->lpVtbl->Next(enumerator, 1, &found, &count), S_FALSE);
        assert_int_equal(count, 0);
        assert_null(found);
    }
    enumerator->lpVtbl->Release(enumerator);
    TRI_PROVES_METHOD(IEnumVdsObject, Next, real);
}

static void an_enumerator_gives_several_at_once_skips_and_begins_again(void **state)
{
    IUnknown *objects[3], *found[5];
    IEnumVdsObject *enumerator = three_objects(objects);
    ULONG count;
    assert_int_equal(enumerator->lpVtbl->Skip(enumerator, 1), S_OK);
    assert_int_equal(enumerator->lpVtbl->Next(enumerator, 5, found, &count), S_FALSE);
    assert_int_equal(count, 2);
    assert_ptr_equal(found[0], objects[1]);
    assert_ptr_equal(found[1], objects[2]);
    assert_null(found[2]);
    found[0]->lpVtbl->Release(found[0]);
    found[1]->lpVtbl->Release(found[1]);
    assert_int_equal(enumerator->lpVtbl->Skip(enumerator, 1), S_FALSE);
    assert_int_equal(enumerator->lpVtbl->Reset(enumerator), S_OK);
    assert_int_equal(enumerator->lpVtbl->Next(enumerator, 0, found, &count), S_OK);
    assert_int_equal(count, 0);
    assert_int_equal(enumerator->lpVtbl->Skip(enumerator, 0xffffffff), S_FALSE);
    assert_int_equal(enumerator->lpVtbl->Next(enumerator, 0xffffffff, found, &count), S_FALSE);
    assert_int_equal(enumerator->lpVtbl->Next(enumerator, 1, found, NULL), E_INVALIDARG);
    assert_int_equal(enumerator->lpVtbl->Next(enumerator, 1, NULL, &count), E_INVALIDARG);
    assert_int_equal(enumerator->lpVtbl->Clone(enumerator, NULL), E_INVALIDARG);
    enumerator->lpVtbl->Release(enumerator);
    TRI_PROVES_METHOD(IEnumVdsObject, Skip, real);
    TRI_PROVES_METHOD(IEnumVdsObject, Reset, real);
}

static void a_clone_stands_where_the_original_stood_and_goes_its_own_way(void **state)
{
    IUnknown *objects[3], *found;
    IEnumVdsObject *enumerator = three_objects(objects), *clone;
    ULONG count;
    assert_int_equal(enumerator->lpVtbl->Skip(enumerator, 2), S_OK);
    assert_int_equal(enumerator->lpVtbl->Clone(enumerator, &clone), S_OK);
    assert_int_equal(enumerator->lpVtbl->Release(enumerator), 0);
    assert_int_equal(clone->lpVtbl->Next(clone, 1, &found, &count), S_OK);
    assert_ptr_equal(found, objects[2]);
    found->lpVtbl->Release(found);
    assert_int_equal(clone->lpVtbl->Next(clone, 1, &found, &count), S_FALSE);
    clone->lpVtbl->Release(clone);
    TRI_PROVES_METHOD(IEnumVdsObject, Clone, real);
}

/* ---- objects whose disk has gone ---- */

static void a_disk_that_is_gone_says_so_in_every_way(void **state)
{
    IVdsDisk *disk;
    IVdsAdvancedDisk *advanced;
    IVdsRemovable *removable = (IVdsRemovable *)&disk;
    VDS_DISK_PROP prop;
    VDS_PARTITION_PROP *partitions = (VDS_PARTITION_PROP *)&prop;
    IVdsPack *pack = (IVdsPack *)&prop;
    LONG count = 77;
    assert_int_equal(tri_vds_disk_new(4000000000, &IID_IVdsDisk, (void **)&disk), S_OK);
    assert_int_equal(tri_vds_disk_sequence((IUnknown *)disk), 4000000000);
    memset(&prop, 0xaa, sizeof prop);
    assert_int_equal(disk->lpVtbl->GetProperties(disk, &prop), VDS_E_OBJECT_DELETED);
    assert_null(prop.pwszName);
    assert_null(prop.pwszFriendlyName);
    assert_int_equal(disk->lpVtbl->GetProperties(disk, NULL), E_INVALIDARG);
    assert_int_equal(disk->lpVtbl->GetPack(disk, &pack), VDS_E_OBJECT_DELETED);
    assert_null(pack);
    assert_int_equal(disk->lpVtbl->QueryInterface(disk, &IID_IVdsAdvancedDisk, (void **)&advanced), S_OK);
    assert_int_equal(advanced->lpVtbl->QueryPartitions(advanced, &partitions, &count), VDS_E_OBJECT_DELETED);
    assert_null(partitions);
    assert_int_equal(count, 0);
    assert_int_equal(advanced->lpVtbl->DeletePartition(advanced, 0, TRUE, TRUE), VDS_E_OBJECT_DELETED);
    assert_int_equal(advanced->lpVtbl->QueryInterface(advanced, &IID_IVdsRemovable, (void **)&removable),
                     E_NOINTERFACE);
    assert_null(removable);
    advanced->lpVtbl->Release(advanced);
    disk->lpVtbl->Release(disk);
}

/* ---- the service, without a disk ---- */

static IVdsServiceLoader *new_loader(void)
{
    IVdsServiceLoader *loader;
    assert_int_equal(CoCreateInstance(&CLSID_VdsLoader, NULL, CLSCTX_LOCAL_SERVER | CLSCTX_REMOTE_SERVER,
                                      &IID_IVdsServiceLoader, (void **)&loader),
                     S_OK);
    return loader;
}

static IVdsService *new_service(void)
{
    IVdsServiceLoader *loader = new_loader();
    IVdsService *service;
    assert_int_equal(loader->lpVtbl->LoadService(loader, NULL, &service), S_OK);
    loader->lpVtbl->Release(loader);
    assert_int_equal(service->lpVtbl->WaitForServiceReady(service), S_OK);
    return service;
}

static void only_this_machine_has_a_service(void **state)
{
    static const struct {
        const WCHAR *name;
        HRESULT hr;
    } rows[] = {
        {NULL, S_OK},
        {u"", S_OK},
        {u".", S_OK},
        {u"LocalHost", S_OK},
        {u"elsewhere.example", HRESULT_FROM_WIN32(RPC_S_SERVER_UNAVAILABLE)},
    };
    IVdsServiceLoader *loader = new_loader();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        IVdsService *service = (IVdsService *)&service;
        assert_int_equal(loader->lpVtbl->LoadService(loader, (LPWSTR)rows[i].name, &service), rows[i].hr);
        assert_true(SUCCEEDED(rows[i].hr) == (service != NULL));
        if (service)
            service->lpVtbl->Release(service);
    }
    assert_int_equal(loader->lpVtbl->LoadService(loader, NULL, NULL), E_INVALIDARG);
    loader->lpVtbl->Release(loader);
    TRI_PROVES_METHOD(IVdsServiceLoader, LoadService, partial, "this machine only");
}

static unsigned count_providers(IVdsService *service, DWORD masks, REFIID iid)
{
    IEnumVdsObject *enumerator;
    IUnknown *object, *found;
    unsigned count = 0;
    ULONG fetched;
    assert_int_equal(service->lpVtbl->QueryProviders(service, masks, &enumerator), S_OK);
    while (enumerator->lpVtbl->Next(enumerator, 1, &object, &fetched) == S_OK) {
        count++;
        assert_int_equal(object->lpVtbl->QueryInterface(object, iid, (void **)&found), S_OK);
        found->lpVtbl->Release(found);
        object->lpVtbl->Release(object);
    }
    enumerator->lpVtbl->Release(enumerator);
    return count;
}

static void providers_are_found_by_their_kind(void **state)
{
    IVdsService *service = new_service();
    IEnumVdsObject *enumerator = (IEnumVdsObject *)&enumerator;
    assert_int_equal(count_providers(service, VDS_QUERY_SOFTWARE_PROVIDERS, &IID_IVdsSwProvider), 1);
    assert_int_equal(count_providers(service, VDS_QUERY_VIRTUALDISK_PROVIDERS, &IID_IVdsVdProvider), 1);
    assert_int_equal(count_providers(service, VDS_QUERY_HARDWARE_PROVIDERS, &IID_IVdsProvider), 0);
    assert_int_equal(count_providers(service, 7, &IID_IVdsProvider), 2);
    assert_int_equal(service->lpVtbl->QueryProviders(service, 8, &enumerator), VDS_E_INVALID_QUERY_PROVIDER_FLAG);
    assert_null(enumerator);
    assert_int_equal(service->lpVtbl->QueryProviders(service, 0, &enumerator), VDS_E_INVALID_QUERY_PROVIDER_FLAG);
    assert_int_equal(service->lpVtbl->QueryProviders(service, 1, NULL), E_INVALIDARG);
    service->lpVtbl->Release(service);
    TRI_PROVES_METHOD(IVdsService, QueryProviders, real);
}

static void the_services_one_flag_stays_as_it_is(void **state)
{
    IVdsService *service = new_service();
    VDS_SERVICE_PROP prop;
    assert_int_equal(service->lpVtbl->GetProperties(service, &prop), S_OK);
    assert_utf16(prop.pwszVersion, "4.0");
    assert_int_equal(prop.ulFlags & (VDS_SVF_SUPPORT_GPT | VDS_SVF_AUTO_MOUNT_OFF),
                     VDS_SVF_SUPPORT_GPT | VDS_SVF_AUTO_MOUNT_OFF);
    assert_int_equal(service->lpVtbl->SetFlags(service, VDS_SVF_AUTO_MOUNT_OFF), S_OK);
    assert_int_equal(service->lpVtbl->SetFlags(service, VDS_SVF_EFI), VDS_E_INVALID_SERVICE_FLAG);
    assert_int_equal(service->lpVtbl->ClearFlags(service, VDS_SVF_AUTO_MOUNT_OFF), VDS_E_NOT_SUPPORTED);
    assert_int_equal(service->lpVtbl->ClearFlags(service, 0xffffffff), VDS_E_INVALID_SERVICE_FLAG);
    assert_int_equal(service->lpVtbl->Reboot(service), VDS_E_NOT_SUPPORTED);
    service->lpVtbl->Release(service);
    TRI_PROVES_METHOD(IVdsService, SetFlags, real);
    TRI_PROVES_METHOD(IVdsService, ClearFlags, partial, "volumes are never mounted by themselves: VDS_E_NOT_SUPPORTED");
    TRI_PROVES_METHOD(IVdsService, Reboot, notimpl, "VDS_E_NOT_SUPPORTED");
}

static void letters_beyond_z_are_refused_before_the_array_is_touched(void **state)
{
    IVdsService *service = new_service();
    VDS_DRIVE_LETTER_PROP props[26];
    static const struct {
        WCHAR first;
        DWORD count;
        HRESULT hr;
    } rows[] = {
        {u'1', 1, VDS_E_INVALID_DRIVE_LETTER},       {0, 1, VDS_E_INVALID_DRIVE_LETTER},
        {u'\u00c5', 1, VDS_E_INVALID_DRIVE_LETTER},  {u'B', 26, VDS_E_INVALID_DRIVE_LETTER_COUNT},
        {u'z', 2, VDS_E_INVALID_DRIVE_LETTER_COUNT}, {u'A', 0xffffffff, VDS_E_INVALID_DRIVE_LETTER_COUNT},
        {u'A', 0, VDS_E_INVALID_DRIVE_LETTER_COUNT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(service->lpVtbl->QueryDriveLetters(service, rows[i].first, rows[i].count, props), rows[i].hr);
    assert_int_equal(service->lpVtbl->QueryDriveLetters(service, u'a', 26, NULL), E_INVALIDARG);
    assert_int_equal(service->lpVtbl->QueryDriveLetters(service, u'x', 3, props), S_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(props[i].wcLetter, u'X' + i);
    service->lpVtbl->Release(service);
    TRI_PROVES_METHOD(IVdsService, QueryDriveLetters, real);
}

static void ids_of_nothing_and_types_of_no_object_are_told_apart(void **state)
{
    static const struct {
        int type;
        HRESULT hr;
    } rows[] = {
        {VDS_OT_DISK, VDS_E_OBJECT_NOT_FOUND},          {VDS_OT_PACK, VDS_E_OBJECT_NOT_FOUND},
        {VDS_OT_VOLUME, VDS_E_OBJECT_NOT_FOUND},        {VDS_OT_VOLUME_PLEX, VDS_E_OBJECT_NOT_FOUND},
        {VDS_OT_VDISK, VDS_E_OBJECT_NOT_FOUND},         {VDS_OT_LUN, VDS_E_OBJECT_NOT_FOUND},
        {VDS_OT_UNKNOWN, VDS_E_INVALID_OBJECT_TYPE},    {VDS_OT_PROVIDER, VDS_E_INVALID_OBJECT_TYPE},
        {VDS_OT_ASYNC, VDS_E_INVALID_OBJECT_TYPE},      {VDS_OT_ENUM, VDS_E_INVALID_OBJECT_TYPE},
        {VDS_OT_OPEN_VDISK, VDS_E_INVALID_OBJECT_TYPE}, {-1, VDS_E_INVALID_OBJECT_TYPE},
    };
    IVdsService *service = new_service();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        IUnknown *object = (IUnknown *)&object;
        assert_int_equal(service->lpVtbl->GetObject(service, GUID_NULL, (VDS_OBJECT_TYPE)rows[i].type, &object),
                         rows[i].hr);
        assert_null(object);
    }
    service->lpVtbl->Release(service);
    TRI_PROVES_METHOD(IVdsService, GetObject, real);
}

static void an_empty_pack_is_online_holds_nothing_and_refuses_what_it_must(void **state)
{
    IVdsPack *pack;
    IEnumVdsObject *enumerator;
    IUnknown *object;
    IVdsAsync *async = (IVdsAsync *)&async;
    VDS_PACK_PROP prop;
    VDS_INPUT_DISK disks[2] = {{.ullSize = 1 << 20}, {.ullSize = 1 << 20}};
    ULONG count;
    assert_int_equal(tri_vds_pack_new(0, &IID_IVdsPack, (void **)&pack), S_OK);
    assert_int_equal(pack->lpVtbl->GetProperties(pack, &prop), S_OK);
    assert_int_equal(prop.status, VDS_PS_ONLINE);
    assert_null(prop.pwszName);
    assert_false(IsEqualGUID(&prop.id, &GUID_NULL));
    assert_int_equal(pack->lpVtbl->QueryDisks(pack, &enumerator), S_OK);
    assert_int_equal(enumerator->lpVtbl->Next(enumerator, 1, &object, &count), S_FALSE);
    enumerator->lpVtbl->Release(enumerator);
    const struct {
        VDS_VOLUME_TYPE type;
        LONG count;
        ULONG stripe;
        HRESULT hr;
    } rows[] = {
        {VDS_VT_SIMPLE, 0, 0, E_INVALIDARG},
        {VDS_VT_SIMPLE, -1, 0, E_INVALIDARG},
        {VDS_VT_MIRROR, 1, 0, VDS_E_NOT_SUPPORTED},
        {(VDS_VOLUME_TYPE)99, 1, 0, VDS_E_INVALID_VOLUME_TYPE},
        {VDS_VT_SIMPLE, 33, 0, VDS_E_VOLUME_DISK_COUNT_MAX_EXCEEDED},
        {VDS_VT_SIMPLE, 1, 4096, VDS_E_INVALID_STRIPE_SIZE},
        {VDS_VT_SIMPLE, 2, 0, VDS_E_DUPLICATE_DISK},
        {VDS_VT_SIMPLE, 1, 65536, VDS_E_DISK_NOT_FOUND_IN_PACK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(pack->lpVtbl->CreateVolume(pack, rows[i].type, disks, rows[i].count, rows[i].stripe, &async),
                         rows[i].hr);
        assert_null(async);
    }
    assert_int_equal(pack->lpVtbl->AddDisk(pack, GUID_NULL, VDS_PST_UNKNOWN, FALSE), VDS_E_INVALID_PARTITION_STYLE);
    assert_int_equal(pack->lpVtbl->AddDisk(pack, GUID_NULL, VDS_PST_GPT, TRUE), E_INVALIDARG);
    assert_int_equal(pack->lpVtbl->AddDisk(pack, GUID_NULL, VDS_PST_GPT, FALSE), VDS_E_OBJECT_NOT_FOUND);
    pack->lpVtbl->Release(pack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_running_operation_is_pending_with_zero_percent_while_nothing_is_known),
        cmocka_unit_test(percent_grows_to_99_and_never_falls),
        cmocka_unit_test(a_finished_operation_is_ok_at_100_percent_however_often_asked),
        cmocka_unit_test(a_failed_operation_tells_its_code_its_sentence_and_100_percent),
        cmocka_unit_test(a_failure_without_a_sentence_gets_the_tables),
        cmocka_unit_test(every_thread_that_learns_of_a_failure_gets_the_sentence),
        cmocka_unit_test(status_with_a_null_pointer_is_refused_and_touches_nothing),
        cmocka_unit_test(status_answers_while_another_thread_waits),
        cmocka_unit_test(wait_blocks_until_the_end_and_can_be_repeated),
        cmocka_unit_test(wait_on_a_failure_gives_its_code_its_sentence_and_an_empty_output),
        cmocka_unit_test(wait_with_a_null_pointer_is_refused_and_touches_nothing),
        cmocka_unit_test(types_without_an_output_leave_it_empty),
        cmocka_unit_test(a_new_partition_is_told_by_its_offset_and_its_volume),
        cmocka_unit_test(a_partition_that_is_no_volume_has_no_volume_id),
        cmocka_unit_test(reclaimed_bytes_are_told),
        cmocka_unit_test(each_wait_hands_out_a_reference_of_its_own_to_the_same_volume),
        cmocka_unit_test(the_object_outlives_the_operation),
        cmocka_unit_test(a_new_virtual_disk_is_handed_out),
        cmocka_unit_test(threads_that_wait_together_get_the_same_object),
        cmocka_unit_test(a_cancel_stops_the_work_and_returns_when_it_is_quiet),
        cmocka_unit_test(a_second_cancel_is_told_that_there_was_one),
        cmocka_unit_test(cancelling_what_is_done_is_too_late),
        cmocka_unit_test(a_cancel_that_loses_the_race_is_too_late_and_the_result_is_the_works),
        cmocka_unit_test(what_cannot_be_cancelled_says_so_and_goes_on),
        cmocka_unit_test(a_cancel_of_slow_work_returns_after_a_while_and_the_work_stays_pending),
        cmocka_unit_test(a_waiting_thread_is_woken_by_another_ones_cancel),
        cmocka_unit_test(letting_go_does_not_stop_the_work),
        cmocka_unit_test(it_answers_its_two_interfaces_and_no_others),
        cmocka_unit_test(a_start_that_is_refused_gives_its_code_and_no_operation),
        cmocka_unit_test(whatever_races_all_threads_agree_on_the_end),
        cmocka_unit_test(every_code_of_the_engine_has_an_hresult_of_its_own),
        cmocka_unit_test(some_codes_depend_on_what_was_asked_for),
        cmocka_unit_test(a_lack_of_rights_is_told_as_vds_has_it_for_results),
        cmocka_unit_test(ids_turn_into_guids_and_back),
        cmocka_unit_test(two_disks_with_the_same_partition_ids_have_different_volumes),
        cmocka_unit_test(names_are_spelled_as_windows_spells_them),
        cmocka_unit_test(names_that_are_no_disks_are_not_found),
        cmocka_unit_test(endless_text_is_refused),
        cmocka_unit_test(an_enumerator_gives_each_object_and_then_the_end),
        cmocka_unit_test(an_enumerator_gives_several_at_once_skips_and_begins_again),
        cmocka_unit_test(a_clone_stands_where_the_original_stood_and_goes_its_own_way),
        cmocka_unit_test(a_disk_that_is_gone_says_so_in_every_way),
        cmocka_unit_test(only_this_machine_has_a_service),
        cmocka_unit_test(providers_are_found_by_their_kind),
        cmocka_unit_test(the_services_one_flag_stays_as_it_is),
        cmocka_unit_test(letters_beyond_z_are_refused_before_the_array_is_touched),
        cmocka_unit_test(ids_of_nothing_and_types_of_no_object_are_told_apart),
        cmocka_unit_test(an_empty_pack_is_online_holds_nothing_and_refuses_what_it_must),
    };
    return cmocka_run_group_tests_name("vds async", tests, begin_test, finish_test);
}
