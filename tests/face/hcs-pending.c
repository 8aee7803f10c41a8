/* An operation while it is pending: the shutdown of a container that does not want to. */
#include "hcs-container.h"

static HCS_SYSTEM stubborn;

static int launch_stubborn(void **state)
{
    if (set_up_containers(state) < 0)
        return -1;
    if (!skip_reason)
        stubborn = start_stubborn("stubborn");
    return 0;
}

static int sink_stubborn(void **state)
{
    if (stubborn)
        terminate_and_close(stubborn);
    return tear_down_containers(state);
}

static HCS_OPERATION shut_down(void)
{
    HCS_OPERATION operation = new_operation();
    assert_hr(S_OK, HcsShutDownComputeSystem(stubborn, operation, NULL));
    return operation;
}

static void finish_cancelled(HCS_OPERATION operation)
{
    assert_hr(S_OK, HcsCancelOperation(operation));
    assert_hr(HRESULT_FROM_WIN32(ERROR_CANCELLED), HcsWaitForOperationResult(operation, WAIT_MS, NULL));
    HcsCloseOperation(operation);
}

static void a_pending_operation_says_so(void **state)
{
    NEEDS_CONTAINERS;
    HCS_OPERATION operation = shut_down();
    PWSTR document = (PWSTR)1;
    HCS_PROCESS_INFORMATION info;
    assert_hr(HCS_E_OPERATION_PENDING, HcsGetOperationResult(operation, &document));
    assert_null(document);
    document = (PWSTR)1;
    assert_hr(HCS_E_OPERATION_TIMEOUT, HcsWaitForOperationResult(operation, 0, &document));
    assert_null(document);
    assert_hr(HCS_E_OPERATION_TIMEOUT, HcsWaitForOperationResult(operation, 20, NULL));
    assert_hr(E_INVALIDARG, HcsGetOperationResultAndProcessInfo(operation, &info, NULL));
    assert_hr(E_INVALIDARG, HcsWaitForOperationResultAndProcessInfo(operation, INFINITE, &info, NULL));
    assert_int_equal(HcsGetOperationType(operation), HcsOperationTypeShutdown);
    assert_true(HcsGetOperationId(operation) != HCS_INVALID_OPERATION_ID);
    assert_ptr_equal(HcsGetComputeSystemFromOperation(operation), stubborn);
    assert_null(HcsGetProcessFromOperation(operation));
    assert_hr(S_OK, HcsSetOperationContext(operation, &info));
    assert_ptr_equal(HcsGetOperationContext(operation), &info);
    assert_hr(HCS_E_OPERATION_ALREADY_STARTED,
              HcsAddResourceToOperation(operation, HcsResourceTypeFile, u"hcs:/x", trireme_handle_from_fd(0)));
    assert_hr(S_OK, HcsGetOperationProperties(operation, NULL, &document));
    const char *text = narrow(document);
    assert_says(text, "\"Operation\":\"Shutdown\"");
    assert_says(text, "\"State\":\"Pending\"");
    assert_says(text, "\"SystemId\":\"stubborn\"");
    assert_silent(text, "EndTimestamp");
    finish_cancelled(operation);
}

static void a_pending_operation_cannot_be_started_again(void **state)
{
    NEEDS_CONTAINERS;
    HCS_OPERATION operation = shut_down();
    HCS_SYSTEM system = (HCS_SYSTEM)1;
    HCS_PROCESS process = (HCS_PROCESS)1;
    UINT64 id = HcsGetOperationId(operation);
    assert_hr(HCS_E_OPERATION_ALREADY_STARTED, HcsStartComputeSystem(stubborn, operation, NULL));
    assert_hr(HCS_E_OPERATION_ALREADY_STARTED, HcsStartComputeSystem(stubborn, operation, u"{\"Bad\":1}"));
    assert_hr(HCS_E_OPERATION_ALREADY_STARTED, HcsEnumerateComputeSystems(NULL, operation));
    assert_hr(HCS_E_OPERATION_ALREADY_STARTED,
              HcsCreateComputeSystem(u"another", u"{\"Container\":{}}", operation, NULL, &system));
    assert_null(system);
    assert_hr(HCS_E_OPERATION_ALREADY_STARTED,
              HcsCreateProcess(stubborn, u"{\"CommandLine\":\"true\"}", operation, NULL, &process));
    assert_null(process);
    assert_true(HcsGetOperationId(operation) == id);
    assert_int_equal(HcsGetOperationType(operation), HcsOperationTypeShutdown);
    assert_hr(HCS_E_OPERATION_PENDING, HcsGetOperationResult(operation, NULL)); /* unaffected */
    finish_cancelled(operation);
}

static void a_cancel_is_a_request_and_ends_the_operation_once(void **state)
{
    TRI_PROVES(HcsCancelOperation, real, "Windows documents it as E_NOTIMPL");
    NEEDS_CONTAINERS;
    HCS_OPERATION operation = shut_down();
    const char *text;
    assert_hr(S_OK, HcsCancelOperation(operation));
    HRESULT again = HcsCancelOperation(operation);
    assert_hr(HCS_E_OPERATION_ALREADY_CANCELLED, again);
    assert_hr(HRESULT_FROM_WIN32(ERROR_CANCELLED), outcome(operation, &text));
    assert_says(text, "{\"Error\":-2147023673,");
    assert_hr(HCS_E_OPERATION_ALREADY_CANCELLED, HcsCancelOperation(operation));
    assert_says(properties(stubborn, NULL), "\"State\":\"Running\"");          /* the system goes on */
    assert_hr(S_OK, HcsGetComputeSystemProperties(stubborn, operation, NULL)); /* and so may the operation */
    assert_hr(S_OK, outcome(operation, NULL));
    HcsCloseOperation(operation);
}

static struct gate called;

static void note_completion(HCS_OPERATION operation, void *context)
{
    (void)context;
    if (HcsGetOperationResult(operation, NULL) == HRESULT_FROM_WIN32(ERROR_CANCELLED))
        gate_open(&called);
}

static void a_callback_may_be_set_while_the_operation_is_pending(void **state)
{
    NEEDS_CONTAINERS;
    called = (struct gate)GATE_CLOSED;
    HCS_OPERATION operation = shut_down();
    assert_hr(S_OK, HcsSetOperationCallback(operation, NULL, note_completion));
    assert_stays(&called, 0);
    assert_hr(S_OK, HcsCancelOperation(operation));
    assert_opened(&called, 1);
    assert_stays(&called, 1);
    HcsCloseOperation(operation);
}

static void *wait_on(void *operation)
{
    return (void *)(intptr_t)HcsWaitForOperationResult(operation, WAIT_MS, NULL);
}

static void sixty_four_waiting_threads_wake_together(void **state)
{
    NEEDS_CONTAINERS;
    pthread_t threads[64];
    HCS_OPERATION operation = shut_down();
    for (int i = 0; i < 64; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, wait_on, operation), 0);
    assert_hr(S_OK, HcsCancelOperation(operation));
    for (int i = 0; i < 64; i++) {
        void *hr;
        pthread_join(threads[i], &hr);
        assert_hr(HRESULT_FROM_WIN32(ERROR_CANCELLED), (intptr_t)hr);
    }
    HcsCloseOperation(operation);
}

static void closing_a_pending_operation_wakes_its_waiters_and_lets_the_work_go_on(void **state)
{
    NEEDS_CONTAINERS;
    called = (struct gate)GATE_CLOSED;
    pthread_t thread;
    void *hr;
    HCS_OPERATION operation = shut_down();
    assert_hr(S_OK, HcsSetOperationCallback(operation, NULL, note_completion));
    assert_int_equal(pthread_create(&thread, NULL, wait_on, operation), 0);
    poll(NULL, 0, 50); /* most likely it waits by now; if not it finds the handle closed */
    HcsCloseOperation(operation);
    pthread_join(thread, &hr);
    if ((HRESULT)(intptr_t)hr != E_HANDLE)
        assert_hr(HCS_E_OPERATION_ALREADY_CANCELLED, (intptr_t)hr);
    assert_hr(E_HANDLE, HcsGetOperationResult(operation, NULL));
    assert_says(properties(stubborn, NULL), "\"State\":\"Running\"");
    assert_stays(&called, 0);
}

static void note_exit(HCS_EVENT *event, void *context)
{
    HCS_OPERATION operation = context;
    if (event->Type == HcsEventSystemExited && HcsGetOperationResult(operation, NULL) == HCS_E_TERMINATED)
        gate_open(&called);
}

/* The last test: it sinks the container. */
static void terminate_overtakes_a_pending_shutdown(void **state)
{
    NEEDS_CONTAINERS;
    called = (struct gate)GATE_CLOSED;
    HCS_OPERATION detached = shut_down();
    HcsCloseOperation(detached); /* as hcsshim does */
    HCS_OPERATION operation = shut_down();
    assert_hr(S_OK, HcsSetComputeSystemCallback(stubborn, HcsEventOptionNone, operation, note_exit));
    assert_hr(S_OK, RUN(HcsTerminateComputeSystem(stubborn, OP, NULL), NULL));
    assert_hr(HCS_E_TERMINATED, outcome(operation, NULL));
    assert_opened(&called, 1); /* the shutdown had completed when the exit was told */
    assert_says(exit_of_system(stubborn), "\"ExitType\":\"ForcedExit\"");
    HcsCloseComputeSystem(stubborn);
    stubborn = NULL;
    HcsCloseOperation(operation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pending_operation_says_so),
        cmocka_unit_test(a_pending_operation_cannot_be_started_again),
        cmocka_unit_test(a_cancel_is_a_request_and_ends_the_operation_once),
        cmocka_unit_test(a_callback_may_be_set_while_the_operation_is_pending),
        cmocka_unit_test(sixty_four_waiting_threads_wake_together),
        cmocka_unit_test(closing_a_pending_operation_wakes_its_waiters_and_lets_the_work_go_on),
        cmocka_unit_test(terminate_overtakes_a_pending_shutdown),
    };
    return cmocka_run_group_tests(tests, launch_stubborn, sink_stubborn);
}
