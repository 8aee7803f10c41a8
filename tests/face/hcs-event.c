/* Events of systems: what is told, to whom, when, and how often. */
#include <stdbool.h>

#include "hcs-container.h"

struct listener {
    struct gate exits, operations, others;
    char data[512];
    HCS_OPERATION operation;
};

static void listen_to(HCS_EVENT *event, void *context)
{
    struct listener *listener = context;
    char *text = event->EventData ? trireme_utf8_from_utf16(event->EventData) : strdup("");
    if (event->Type == HcsEventOperationCallback) {
        listener->operation = event->Operation;
        gate_open(&listener->operations);
    } else if (event->Type == HcsEventSystemExited && !event->Operation) {
        snprintf(listener->data, sizeof(listener->data), "%s", text);
        gate_open(&listener->exits);
    } else {
        gate_open(&listener->others);
    }
    free(text);
}

static void reset(struct listener *listener)
{
    *listener = (struct listener){.exits = GATE_CLOSED, .operations = GATE_CLOSED, .others = GATE_CLOSED};
}

static HRESULT watch(HCS_SYSTEM system, HCS_EVENT_OPTIONS options, struct listener *listener)
{
    return HcsSetComputeSystemCallback(system, options, listener, listen_to);
}

static void an_exit_is_told_once_to_every_handle(void **state)
{
    TRI_PROVES(HcsSetComputeSystemCallback, real);
    NEEDS_CONTAINERS;
    struct listener one, two;
    reset(&one);
    reset(&two);
    HCS_SYSTEM first = start_plain("told"), second = open_system("told");
    assert_hr(E_INVALIDARG, HcsSetComputeSystemCallback(first, HcsEventOptionNone, &one, NULL));
    assert_hr(S_OK, watch(first, HcsEventOptionNone, &one));
    assert_hr(HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET, watch(first, HcsEventOptionNone, &two));
    assert_hr(S_OK, watch(second, (HCS_EVENT_OPTIONS)0x100, &two)); /* bits that are not known are ignored */
    assert_stays(&one.exits, 0);
    assert_hr(S_OK, RUN(HcsTerminateComputeSystem(first, OP, NULL), NULL));
    assert_opened(&one.exits, 1);
    assert_opened(&two.exits, 1);
    assert_string_equal(one.data, "{\"Status\":0,\"ExitType\":\"ForcedExit\",\"Attribution\":[{\"SystemExit\":{"
                                  "\"Detail\":\"Terminate\",\"Initiator\":\"Client\"}}]}");
    assert_string_equal(two.data, one.data);
    assert_stays(&one.exits, 1);
    assert_stays(&two.exits, 1);
    assert_int_equal(one.others.count + two.others.count, 0);
    HcsCloseComputeSystem(first);
    HcsCloseComputeSystem(second);
}

static void a_callback_that_comes_after_the_exit_is_told_too(void **state)
{
    NEEDS_CONTAINERS;
    struct listener late, later;
    reset(&late);
    reset(&later);
    HCS_SYSTEM system = start_plain("late");
    assert_hr(S_OK, RUN(HcsShutDownComputeSystem(system, OP, NULL), NULL));
    assert_hr(S_OK, watch(system, HcsEventOptionNone, &late));
    assert_opened(&late.exits, 1);
    assert_says(late.data, "GracefulExit");
    HCS_SYSTEM opened = open_system("late"); /* a stopped system stays as a record while a handle is open */
    assert_hr(S_OK, watch(opened, HcsEventOptionNone, &later));
    assert_opened(&later.exits, 1);
    assert_says(later.data, "GracefulExit");
    assert_stays(&late.exits, 1);
    HcsCloseComputeSystem(system);
    HcsCloseComputeSystem(opened);
}

static void processes_are_none_of_a_systems_events(void **state)
{
    NEEDS_CONTAINERS;
    struct listener listener;
    reset(&listener);
    HCS_SYSTEM system = start_plain("quiet");
    assert_hr(S_OK, watch(system, HcsEventOptionNone, &listener));
    shell(system, "exit 3", 3);
    assert_stays(&listener.others, 0);
    assert_stays(&listener.exits, 0);
    terminate_and_close(system);
}

static void closing_a_handle_tells_it_nothing(void **state)
{
    NEEDS_CONTAINERS;
    struct listener listener;
    reset(&listener);
    HCS_SYSTEM system = start_plain("closed"), other = open_system("closed");
    assert_hr(S_OK, watch(system, HcsEventOptionNone, &listener));
    HcsCloseComputeSystem(system);
    assert_hr(S_OK, RUN(HcsTerminateComputeSystem(other, OP, NULL), NULL));
    assert_stays(&listener.exits, 0);
    HcsCloseComputeSystem(other);
}

static HCS_SYSTEM closing;

static void close_own_handle(HCS_EVENT *event, void *context)
{
    (void)event;
    HcsCloseComputeSystem(closing);
    gate_open(context);
}

static void a_handle_may_be_closed_in_its_own_callback(void **state)
{
    NEEDS_CONTAINERS;
    struct gate closed = GATE_CLOSED;
    closing = start_plain("self");
    HCS_SYSTEM other = open_system("self");
    assert_hr(S_OK, HcsSetComputeSystemCallback(closing, HcsEventOptionNone, &closed, close_own_handle));
    assert_hr(S_OK, RUN(HcsTerminateComputeSystem(other, OP, NULL), NULL));
    assert_opened(&closed, 1);
    const char *text;
    assert_hr(E_HANDLE, RUN(HcsGetComputeSystemProperties(closing, OP, NULL), &text));
    HcsCloseComputeSystem(other);
}

struct slow {
    struct gate entered, leave;
    atomic_int left;
};

static void dawdle(HCS_EVENT *event, void *context)
{
    struct slow *slow = context;
    (void)event;
    gate_open(&slow->entered);
    gate_reached(&slow->leave, 1, WAIT_MS);
    poll(NULL, 0, 50);
    atomic_store(&slow->left, 1);
}

static void *close_system(void *system)
{
    HcsCloseComputeSystem(system);
    return NULL;
}

static void close_waits_for_a_callback_that_runs(void **state)
{
    NEEDS_CONTAINERS;
    struct slow slow = {.entered = GATE_CLOSED, .leave = GATE_CLOSED};
    pthread_t thread;
    HCS_SYSTEM system = start_plain("slow");
    assert_hr(S_OK, HcsSetComputeSystemCallback(system, HcsEventOptionNone, &slow, dawdle));
    assert_hr(S_OK, RUN(HcsTerminateComputeSystem(system, OP, NULL), NULL));
    assert_opened(&slow.entered, 1);
    assert_int_equal(pthread_create(&thread, NULL, close_system, system), 0);
    gate_open(&slow.leave);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&slow.left), 1); /* what the callback uses may be freed now */
}

static void a_slow_callback_delays_nobody_else(void **state)
{
    NEEDS_CONTAINERS;
    struct slow slow = {.entered = GATE_CLOSED, .leave = GATE_CLOSED};
    struct listener listener;
    reset(&listener);
    HCS_SYSTEM system = start_plain("slower"), other = open_system("slower");
    assert_hr(S_OK, HcsSetComputeSystemCallback(system, HcsEventOptionNone, &slow, dawdle));
    assert_hr(S_OK, watch(other, HcsEventOptionNone, &listener));
    assert_hr(S_OK, RUN(HcsTerminateComputeSystem(system, OP, NULL), NULL));
    assert_opened(&slow.entered, 1);
    assert_opened(&listener.exits, 1);
    assert_says(properties(other, NULL), "\"State\":\"Stopped\"");
    gate_open(&slow.leave);
    HcsCloseComputeSystem(system);
    HcsCloseComputeSystem(other);
}

/* ---- completions as events ---- */

static void the_create_operation_is_reported_to_a_callback_set_after_it(void **state)
{
    NEEDS_CONTAINERS;
    struct listener listener;
    reset(&listener);
    HCS_OPERATION operation = new_operation();
    HCS_SYSTEM system = NULL;
    WCHAR *document = wide(PLAIN, face_rootfs);
    assert_hr(S_OK, HcsCreateComputeSystem(u"reported", document, operation, NULL, &system));
    LocalFree(document);
    assert_hr(S_OK, watch(system, HcsEventOptionEnableOperationCallbacks, &listener));
    assert_opened(&listener.operations, 1);
    assert_ptr_equal(listener.operation, operation);
    assert_hr(S_OK, HcsGetOperationResult(listener.operation, NULL));
    assert_hr(S_OK, HcsStartComputeSystem(system, operation, NULL));
    assert_opened(&listener.operations, 2);
    assert_stays(&listener.operations, 2);
    HcsCloseOperation(operation);
    terminate_and_close(system);
}

static void an_operation_that_completed_before_is_reported_unless_it_was_read(void **state)
{
    NEEDS_CONTAINERS;
    struct listener listener;
    reset(&listener);
    HCS_SYSTEM system = create_plain("before");
    HCS_OPERATION unread = new_operation(), read = new_operation();
    assert_hr(S_OK, HcsGetComputeSystemProperties(system, read, NULL));
    assert_hr(S_OK, outcome(read, NULL));
    assert_hr(S_OK, HcsGetComputeSystemProperties(system, unread, NULL));
    PWSTR info;
    do { /* completed, but not read */
        assert_hr(S_OK, HcsGetOperationProperties(unread, NULL, &info));
    } while (!strstr(narrow(info), "Completed"));
    assert_hr(S_OK, watch(system, HcsEventOptionEnableOperationCallbacks, &listener));
    assert_opened(&listener.operations, 1);
    assert_ptr_equal(listener.operation, unread);
    assert_stays(&listener.operations, 1);
    HcsCloseOperation(unread);
    HcsCloseOperation(read);
    terminate_and_close(system);
}

static struct gate completed;

static void note_completion(HCS_OPERATION operation, void *context)
{
    (void)operation;
    (void)context;
    gate_open(&completed);
}

static void an_operation_with_its_own_callback_is_refused_and_stays_usable(void **state)
{
    NEEDS_CONTAINERS;
    struct listener listener;
    reset(&listener);
    completed = (struct gate)GATE_CLOSED;
    HCS_SYSTEM system = create_plain("own"), other = open_system("own");
    HCS_PROCESS process = NULL;
    HCS_OPERATION own = HcsCreateOperation(NULL, note_completion);
    assert_hr(S_OK, watch(system, HcsEventOptionEnableOperationCallbacks, &listener));
    assert_hr(HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET, HcsStartComputeSystem(system, own, NULL));
    assert_hr(HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET, HcsCreateProcess(system, u"{}", own, NULL, &process));
    assert_null(process);
    assert_hr(HCS_E_OPERATION_NOT_STARTED, HcsGetOperationResult(own, NULL));
    assert_hr(S_OK, HcsStartComputeSystem(other, own, NULL)); /* another handle: its own registration */
    assert_opened(&completed, 1);
    assert_hr(S_OK, HcsGetOperationResult(own, NULL));
    assert_stays(&listener.operations, 0);
    HcsCloseOperation(own);
    HcsCloseComputeSystem(other);
    terminate_and_close(system);
}

static void a_pending_reported_operation_takes_no_callback_of_its_own(void **state)
{
    NEEDS_CONTAINERS;
    struct listener listener;
    reset(&listener);
    HCS_SYSTEM system = start_stubborn("taken");
    HCS_OPERATION operation = new_operation();
    assert_hr(S_OK, watch(system, HcsEventOptionEnableOperationCallbacks, &listener));
    assert_hr(S_OK, HcsShutDownComputeSystem(system, operation, NULL));
    assert_hr(HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET, HcsSetOperationCallback(operation, NULL, note_completion));
    assert_hr(S_OK, HcsSetOperationCallback(operation, NULL, NULL));
    assert_hr(S_OK, HcsCancelOperation(operation));
    assert_opened(&listener.operations, 1);
    HcsCloseOperation(operation);
    terminate_and_close(system);
}

static void a_callback_can_be_there_before_the_creation(void **state)
{
    NEEDS_CONTAINERS;
    struct listener listener;
    reset(&listener);
    HCS_CREATE_OPTIONS_1 options = {.Version = HcsCreateOptions_1,
                                    .CallbackOptions = HcsEventOptionEnableOperationCallbacks,
                                    .CallbackContext = &listener,
                                    .Callback = listen_to};
    HCS_OPERATION operation = new_operation();
    HCS_SYSTEM system = NULL;
    WCHAR *document = wide(PLAIN, face_rootfs);
    assert_hr(S_OK,
              HcsCreateComputeSystemInNamespace(NULL, u"watched", document, operation, &options.Version, &system));
    LocalFree(document);
    assert_opened(&listener.operations, 1);
    assert_ptr_equal(listener.operation, operation);
    assert_hr(HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET, watch(system, HcsEventOptionNone, &listener));
    assert_hr(S_OK, RUN(HcsTerminateComputeSystem(system, OP, NULL), NULL));
    assert_opened(&listener.exits, 1);
    HcsCloseComputeSystem(system);
    HcsCloseOperation(operation);
}

/* ---- a callback may use everything ---- */

static void use_everything(HCS_EVENT *event, void *context)
{
    if (event->Type != HcsEventSystemExited)
        return;
    HCS_SYSTEM system = NULL;
    PWSTR exit = NULL;
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    HRESULT hr = HcsOpenComputeSystem(u"chain", GENERIC_ALL, &system);
    if (SUCCEEDED(hr))
        hr = HcsGetComputeSystemProperties(system, operation, NULL);
    if (SUCCEEDED(hr))
        hr = HcsWaitForOperationResult(operation, WAIT_MS, NULL);
    if (SUCCEEDED(hr))
        hr = HcsWaitForComputeSystemExit(system, INFINITE, &exit);
    LocalFree(exit);
    HcsCloseOperation(operation);
    HcsCloseComputeSystem(system);
    if (SUCCEEDED(hr))
        gate_open(context);
}

static void a_callback_may_open_query_and_wait(void **state)
{
    NEEDS_CONTAINERS;
    struct gate done = GATE_CLOSED;
    HCS_SYSTEM system = start_plain("chain");
    assert_hr(S_OK, HcsSetComputeSystemCallback(system, HcsEventOptionNone, &done, use_everything));
    assert_hr(S_OK, RUN(HcsTerminateComputeSystem(system, OP, NULL), NULL));
    assert_opened(&done, 1);
    HcsCloseComputeSystem(system);
}

/* ---- progress ---- */

struct progress {
    struct gate told, done;
    bool late;
    char document[512];
};

static void note_progress(HCS_EVENT *event, void *context)
{
    struct progress *progress = context;
    if (event->Type == HcsEventOperationCallback) {
        gate_open(&progress->done);
        return;
    }
    progress->late = progress->late || progress->done.count > 0;
    if (progress->told.count == 0) {
        char *text = trireme_utf8_from_utf16(event->EventData);
        snprintf(progress->document, sizeof(progress->document), "%s", text);
        LocalFree(text);
    }
    gate_open(&progress->told);
}

static void create_and_note(struct progress *progress)
{
    *progress = (struct progress){.told = GATE_CLOSED, .done = GATE_CLOSED};
    HCS_SYSTEM system = NULL;
    HCS_OPERATION operation =
        HcsCreateOperationWithNotifications(HcsOperationOptionProgressUpdate, progress, note_progress);
    assert_hr(S_OK, HcsCreateComputeSystem(u"phases", u"{\"Container\":{}}", operation, NULL, &system));
    assert_hr(S_OK, HcsWaitForOperationResult(operation, INFINITE, NULL));
    assert_opened(&progress->done, 1);
    assert_stays(&progress->done, 1);
    assert_false(progress->late);
    HcsCloseOperation(operation);
    terminate_and_close(system);
}

static void phases_of_a_creation_are_told_before_its_completion(void **state)
{
    TRI_PROVES(HcsCreateOperationWithNotifications, real);
    NEEDS_CONTAINERS;
    struct progress progress;
    for (int i = 0; i < 20; i++) {
        create_and_note(&progress); /* once it is done nothing is told of its progress: a thread may have been late */
        if (progress.told.count > 0)
            break;
    }
    assert_true(progress.told.count > 0);
    assert_says(progress.document, "\"Operation\":\"Construct\"");
    assert_says(progress.document, "\"Phase\":\"");
    assert_says(progress.document, "\"PercentComplete\":0"); /* nobody can know it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exit_is_told_once_to_every_handle),
        cmocka_unit_test(a_callback_that_comes_after_the_exit_is_told_too),
        cmocka_unit_test(processes_are_none_of_a_systems_events),
        cmocka_unit_test(closing_a_handle_tells_it_nothing),
        cmocka_unit_test(a_handle_may_be_closed_in_its_own_callback),
        cmocka_unit_test(close_waits_for_a_callback_that_runs),
        cmocka_unit_test(a_slow_callback_delays_nobody_else),
        cmocka_unit_test(the_create_operation_is_reported_to_a_callback_set_after_it),
        cmocka_unit_test(an_operation_that_completed_before_is_reported_unless_it_was_read),
        cmocka_unit_test(an_operation_with_its_own_callback_is_refused_and_stays_usable),
        cmocka_unit_test(a_pending_reported_operation_takes_no_callback_of_its_own),
        cmocka_unit_test(a_callback_can_be_there_before_the_creation),
        cmocka_unit_test(a_callback_may_open_query_and_wait),
        cmocka_unit_test(phases_of_a_creation_are_told_before_its_completion),
    };
    return cmocka_run_group_tests(tests, set_up_containers, tear_down_containers);
}
