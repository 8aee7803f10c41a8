/* Operations as the documentation and section 3 of the contract describe them, without any system. */
#include <dirent.h>
#include <sched.h>
#include <stdbool.h>

#include "hcs-face.h"

static void result_of_a_fresh_operation_is_not_started(void **state)
{
    (void)state;
    TRI_PROVES(HcsCreateOperation, real);
    TRI_PROVES(HcsGetOperationResult, real);
    HCS_OPERATION operation = new_operation();
    PWSTR document = (PWSTR)1;
    assert_hr(HCS_E_OPERATION_NOT_STARTED, HcsGetOperationResult(operation, &document));
    assert_null(document);
    assert_hr(HCS_E_OPERATION_NOT_STARTED, HcsGetOperationResult(operation, NULL));
    document = (PWSTR)1;
    assert_hr(HCS_E_OPERATION_NOT_STARTED, HcsWaitForOperationResult(operation, INFINITE, &document));
    assert_null(document);
    HCS_PROCESS_INFORMATION info;
    memset(&info, 0xFF, sizeof(info));
    document = (PWSTR)1;
    assert_hr(HCS_E_OPERATION_NOT_STARTED, HcsGetOperationResultAndProcessInfo(operation, &info, &document));
    assert_null(document);
    assert_null(info.StdInput);
    assert_int_equal(info.ProcessId, 0);
    assert_hr(HCS_E_OPERATION_NOT_STARTED, HcsWaitForOperationResultAndProcessInfo(operation, INFINITE, NULL, NULL));
    HcsCloseOperation(operation);
}

static void a_fresh_operation_has_no_type_no_id_and_no_subject(void **state)
{
    (void)state;
    TRI_PROVES(HcsGetOperationType, real);
    TRI_PROVES(HcsGetOperationId, real);
    HCS_OPERATION operation = new_operation();
    assert_int_equal(HcsGetOperationType(operation), HcsOperationTypeNone);
    assert_true(HcsGetOperationId(operation) == HCS_INVALID_OPERATION_ID);
    assert_null(HcsGetComputeSystemFromOperation(operation));
    assert_null(HcsGetProcessFromOperation(operation));
    assert_hr(HCS_E_OPERATION_NOT_STARTED, HcsCancelOperation(operation));
    HcsCloseOperation(operation);
}

static void context_can_be_read_and_replaced_in_any_state(void **state)
{
    (void)state;
    TRI_PROVES(HcsGetOperationContext, real);
    TRI_PROVES(HcsSetOperationContext, real);
    int first = 1, second = 2;
    HCS_OPERATION operation = HcsCreateOperation(&first, NULL);
    assert_ptr_equal(HcsGetOperationContext(operation), &first);
    assert_hr(S_OK, HcsSetOperationContext(operation, &second));
    assert_ptr_equal(HcsGetOperationContext(operation), &second);
    assert_hr(S_OK, HcsEnumerateComputeSystems(NULL, operation));
    assert_hr(S_OK, HcsSetOperationContext(operation, &first));
    assert_hr(S_OK, outcome(operation, NULL));
    assert_ptr_equal(HcsGetOperationContext(operation), &first);
    assert_hr(S_OK, HcsSetOperationContext(operation, NULL));
    assert_null(HcsGetOperationContext(operation));
    HcsCloseOperation(operation);
}

static void reject_everything(HCS_OPERATION bad)
{
    PWSTR document = (PWSTR)1;
    HCS_PROCESS_INFORMATION info;
    assert_hr(E_HANDLE, HcsGetOperationResult(bad, &document));
    assert_null(document);
    assert_hr(E_HANDLE, HcsWaitForOperationResult(bad, INFINITE, NULL));
    assert_hr(E_HANDLE, HcsGetOperationResultAndProcessInfo(bad, &info, NULL));
    assert_hr(E_HANDLE, HcsWaitForOperationResultAndProcessInfo(bad, INFINITE, &info, NULL));
    assert_hr(E_HANDLE, HcsSetOperationContext(bad, &info));
    assert_hr(E_HANDLE, HcsSetOperationCallback(bad, NULL, NULL));
    assert_hr(E_HANDLE, HcsCancelOperation(bad));
    assert_hr(E_HANDLE, HcsGetOperationProperties(bad, NULL, &document));
    assert_hr(E_HANDLE, HcsAddResourceToOperation(bad, HcsResourceTypeFile, u"hcs:/x", NULL));
    assert_hr(E_HANDLE, HcsEnumerateComputeSystems(NULL, bad));
    assert_null(HcsGetOperationContext(bad));
    assert_null(HcsGetComputeSystemFromOperation(bad));
    assert_null(HcsGetProcessFromOperation(bad));
    assert_int_equal(HcsGetOperationType(bad), HcsOperationTypeNone);
    assert_true(HcsGetOperationId(bad) == HCS_INVALID_OPERATION_ID);
    HcsCloseOperation(bad);
}

static void a_bad_operation_handle_is_answered_and_never_followed(void **state)
{
    (void)state;
    TRI_PROVES(HcsCloseOperation, real);
    HCS_OPERATION closed = new_operation();
    HcsCloseOperation(closed);
    reject_everything(NULL);
    reject_everything(closed);
    reject_everything((HCS_OPERATION)INVALID_HANDLE_VALUE);
    reject_everything((HCS_OPERATION)(uintptr_t)8);
    unsigned seed = 1;
    for (int i = 0; i < 1000; i++) {
        uint64_t random = (uint64_t)rand_r(&seed) << 33 ^ (uint64_t)rand_r(&seed) << 12 ^ (uint64_t)rand_r(&seed);
        HCS_OPERATION guess = (HCS_OPERATION)(uintptr_t)random;
        assert_hr(E_HANDLE, HcsGetOperationResult(guess, NULL));
    }
}

static void reject_system(HCS_SYSTEM bad)
{
    HCS_OPERATION operation = new_operation();
    HCS_PROCESS process = (HCS_PROCESS)1;
    PWSTR result = (PWSTR)1;
    assert_hr(E_HANDLE, HcsStartComputeSystem(bad, operation, NULL));
    assert_hr(E_HANDLE, HcsShutDownComputeSystem(bad, operation, NULL));
    assert_hr(E_HANDLE, HcsTerminateComputeSystem(bad, operation, NULL));
    assert_hr(E_HANDLE, HcsCrashComputeSystem(bad, operation, NULL));
    assert_hr(E_HANDLE, HcsPauseComputeSystem(bad, operation, NULL));
    assert_hr(E_HANDLE, HcsResumeComputeSystem(bad, operation, NULL));
    assert_hr(E_HANDLE, HcsSaveComputeSystem(bad, operation, NULL));
    assert_hr(E_HANDLE, HcsGetComputeSystemProperties(bad, operation, NULL));
    assert_hr(E_HANDLE, HcsModifyComputeSystem(bad, operation, u"{}", NULL));
    assert_hr(E_HANDLE, HcsWaitForComputeSystemExit(bad, 0, &result));
    assert_null(result);
    assert_hr(E_HANDLE, HcsSetComputeSystemCallback(bad, HcsEventOptionNone, NULL, (HCS_EVENT_CALLBACK)abort));
    assert_hr(E_HANDLE, HcsCreateProcess(bad, u"{}", operation, NULL, &process));
    assert_null(process);
    assert_hr(E_HANDLE, HcsOpenProcess(bad, 1, GENERIC_ALL, &process));
    assert_hr(HCS_E_OPERATION_NOT_STARTED, HcsGetOperationResult(operation, NULL));
    HcsCloseComputeSystem(bad);
    HcsCloseOperation(operation);
}

static void reject_process(HCS_PROCESS bad)
{
    HCS_OPERATION operation = new_operation();
    PWSTR result = (PWSTR)1;
    assert_hr(E_HANDLE, HcsTerminateProcess(bad, operation, NULL));
    assert_hr(E_HANDLE, HcsSignalProcess(bad, operation, NULL));
    assert_hr(E_HANDLE, HcsGetProcessInfo(bad, operation));
    assert_hr(E_HANDLE, HcsGetProcessProperties(bad, operation, NULL));
    assert_hr(E_HANDLE, HcsModifyProcess(bad, operation, u"{}"));
    assert_hr(E_HANDLE, HcsWaitForProcessExit(bad, 0, &result));
    assert_null(result);
    assert_hr(E_HANDLE, HcsSetProcessCallback(bad, HcsEventOptionNone, NULL, (HCS_EVENT_CALLBACK)abort));
    assert_hr(HCS_E_OPERATION_NOT_STARTED, HcsGetOperationResult(operation, NULL));
    HcsCloseProcess(bad);
    HcsCloseOperation(operation);
}

static void handles_of_another_kind_are_refused(void **state)
{
    (void)state;
    HCS_OPERATION operation = new_operation();
    reject_system(NULL);
    reject_system((HCS_SYSTEM)operation);
    reject_system((HCS_SYSTEM)(uintptr_t)0x1234567);
    reject_process(NULL);
    reject_process((HCS_PROCESS)operation);
    reject_process((HCS_PROCESS)(uintptr_t)0x1234567);
    assert_hr(HCS_E_OPERATION_NOT_STARTED, HcsGetOperationResult(operation, NULL)); /* it is still open */
    HcsCloseOperation(operation);
}

static void an_empty_host_enumerates_as_an_empty_array(void **state)
{
    (void)state;
    TRI_PROVES(HcsEnumerateComputeSystems, real);
    TRI_PROVES(HcsEnumerateComputeSystemsInNamespace, real);
    TRI_PROVES(HcsWaitForOperationResult, real);
    const char *text;
    assert_hr(S_OK, RUN(HcsEnumerateComputeSystems(NULL, OP), &text));
    assert_string_equal(text, "[]");
    assert_hr(S_OK, RUN(HcsEnumerateComputeSystems(u"", OP), &text));
    assert_string_equal(text, "[]");
    assert_hr(S_OK, RUN(HcsEnumerateComputeSystems(u"{\"Ids\":null,\"Types\":[\"Container\"]}", OP), &text));
    assert_string_equal(text, "[]");
    assert_hr(S_OK, RUN(HcsEnumerateComputeSystemsInNamespace(u"elsewhere", u"{}", OP), &text));
    assert_string_equal(text, "[]");
    assert_hr(HCS_E_INVALID_JSON, RUN(HcsEnumerateComputeSystems(u"{\"Id\":\"x\"}", OP), &text));
    assert_says(text, "$.Id");
}

static void each_use_has_an_id_and_each_reading_a_copy(void **state)
{
    (void)state;
    HCS_OPERATION operation = new_operation();
    assert_hr(S_OK, HcsEnumerateComputeSystems(NULL, operation));
    UINT64 first_id = HcsGetOperationId(operation);
    assert_true(first_id != HCS_INVALID_OPERATION_ID);
    assert_int_equal(HcsGetOperationType(operation), HcsOperationTypeEnumerate);
    assert_hr(S_OK, HcsWaitForOperationResult(operation, WAIT_MS, NULL));
    PWSTR first = NULL, second = NULL;
    assert_hr(S_OK, HcsGetOperationResult(operation, &first));
    assert_hr(S_OK, HcsWaitForOperationResult(operation, 0, &second));
    assert_non_null(first);
    assert_non_null(second);
    assert_ptr_not_equal(first, second);
    CoTaskMemFree(first); /* real clients use the one or the other */
    assert_null(LocalFree(second));
    assert_hr(S_OK, HcsEnumerateComputeSystems(NULL, operation));
    assert_true(HcsGetOperationId(operation) != first_id);
    assert_hr(S_OK, outcome(operation, NULL));
    assert_int_equal(HcsGetOperationType(operation), HcsOperationTypeEnumerate);
    assert_null(HcsGetComputeSystemFromOperation(operation));
    HcsCloseOperation(operation);
}

static void process_information_of_another_call_is_refused(void **state)
{
    (void)state;
    TRI_PROVES(HcsGetOperationResultAndProcessInfo, real);
    TRI_PROVES(HcsWaitForOperationResultAndProcessInfo, real);
    HCS_OPERATION operation = new_operation();
    assert_hr(S_OK, HcsEnumerateComputeSystems(NULL, operation));
    assert_hr(E_INVALIDARG, HcsWaitForOperationResultAndProcessInfo(operation, INFINITE, NULL, NULL));
    assert_hr(S_OK, outcome(operation, NULL));
    HCS_PROCESS_INFORMATION info;
    PWSTR document = (PWSTR)1;
    assert_hr(E_INVALIDARG, HcsGetOperationResultAndProcessInfo(operation, &info, &document));
    assert_null(document);
    HcsCloseOperation(operation);
}

/* ---- callbacks ---- */

static struct gate called;
static const char *seen_text;
static HRESULT seen_hr;
static void *seen_context;
static pthread_t seen_thread;

static void reset_gate(void)
{
    called = (struct gate)GATE_CLOSED;
    seen_text = "";
    seen_hr = E_FAIL;
    seen_context = NULL;
}

static void note_completion(HCS_OPERATION operation, void *context)
{
    PWSTR document = NULL;
    seen_hr = HcsGetOperationResult(operation, &document);
    seen_text = document && document[0] == '[' ? "[" : "?";
    LocalFree(document);
    seen_context = context;
    seen_thread = pthread_self();
    gate_open(&called);
}

static void the_callback_runs_once_when_the_result_can_be_read(void **state)
{
    (void)state;
    int context = 0;
    reset_gate();
    HCS_OPERATION operation = HcsCreateOperation(&context, note_completion);
    assert_hr(S_OK, HcsEnumerateComputeSystems(NULL, operation));
    assert_opened(&called, 1);
    assert_hr(S_OK, seen_hr);
    assert_string_equal(seen_text, "[");
    assert_ptr_equal(seen_context, &context);
    assert_false(pthread_equal(seen_thread, pthread_self()));
    assert_stays(&called, 1);
    assert_hr(S_OK, HcsEnumerateComputeSystems(NULL, operation)); /* once a use: again with the next */
    assert_opened(&called, 2);
    HcsCloseOperation(operation);
    assert_stays(&called, 2);
}

static void a_callback_set_after_completion_runs_once(void **state)
{
    (void)state;
    TRI_PROVES(HcsSetOperationCallback, real);
    int context = 0;
    reset_gate();
    HCS_OPERATION operation = new_operation();
    assert_hr(S_OK, HcsEnumerateComputeSystems(NULL, operation));
    assert_hr(S_OK, outcome(operation, NULL));
    assert_hr(S_OK, HcsSetOperationCallback(operation, &context, note_completion));
    assert_opened(&called, 1);
    assert_ptr_equal(seen_context, &context);
    assert_hr(S_OK, HcsSetOperationCallback(operation, NULL, note_completion)); /* has run: for the next use only */
    assert_stays(&called, 1);
    assert_hr(S_OK, HcsSetOperationCallback(operation, NULL, NULL));
    assert_hr(S_OK, HcsEnumerateComputeSystems(NULL, operation));
    assert_hr(S_OK, outcome(operation, NULL));
    assert_stays(&called, 1);
    HcsCloseOperation(operation);
}

static void close_in_callback(HCS_OPERATION operation, void *context)
{
    (void)context;
    HcsCloseOperation(operation);
    seen_hr = HcsGetOperationResult(operation, NULL);
    gate_open(&called);
}

static void an_operation_may_be_closed_in_its_callback(void **state)
{
    (void)state;
    reset_gate();
    HCS_OPERATION operation = HcsCreateOperation(NULL, close_in_callback);
    assert_hr(S_OK, HcsEnumerateComputeSystems(NULL, operation));
    assert_opened(&called, 1);
    assert_hr(E_HANDLE, seen_hr);
    assert_hr(E_HANDLE, HcsGetOperationResult(operation, NULL));
}

/* ---- a callback that runs before the call returns ---- */

struct early {
    HCS_OPERATION operation;
    HCS_SYSTEM system, seen_system;
    HCS_PROCESS process, seen_process;
    HRESULT hr;
    struct gate called;
};

/* Uses what the call has given, and has done with it: the call must not write it once more. */
static void use_early(HCS_OPERATION operation, void *context)
{
    struct early *early = context;
    bool of_process = HcsGetOperationType(operation) == HcsOperationTypeCreateProcess;
    if (of_process) {
        early->seen_process = early->process;
        HcsCloseProcess(early->process);
        early->process = NULL;
    } else {
        early->seen_system = early->system;
        early->system = NULL;
    }
    gate_open(&early->called);
}

/* Of all threads on one processor, this one gives way to any other that wakes: so the callback comes first. */
static void give_way(void)
{
    struct sched_param none = {0};
    (void)sched_setscheduler(0, SCHED_IDLE, &none); /* where it may not, less is found out */
}

static void *create_system_early(void *context)
{
    struct early *early = context;
    give_way();
    early->hr = HcsCreateComputeSystem(u"early", u"{\"Bad\":1}", early->operation, NULL, &early->system);
    return NULL;
}

static void *create_process_early(void *context)
{
    struct early *early = context;
    give_way();
    early->hr = HcsCreateProcess(early->seen_system, u"{\"Bad\":1}", early->operation, NULL, &early->process);
    return NULL;
}

static void run_early(void *(*call)(void *context), struct early *early)
{
    pthread_t thread;
    early->called = (struct gate)GATE_CLOSED;
    assert_int_equal(pthread_create(&thread, NULL, call, early), 0);
    pthread_join(thread, NULL);
    assert_hr(S_OK, early->hr);
    assert_opened(&early->called, 1);
}

static void pin_threads(const cpu_set_t *processors)
{
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (struct dirent *task; (task = readdir(tasks));)
        if (task->d_name[0] != '.')
            (void)sched_setaffinity((pid_t)atoi(task->d_name), sizeof(*processors), processors); /* it may be gone */
    closedir(tasks);
}

static void handles_are_there_before_the_callback_that_may_use_them(void **state)
{
    (void)state;
    enum { TIMES = 20 };
    cpu_set_t all, one;
    int processor = 0;
    reset_gate();
    HCS_OPERATION first = HcsCreateOperation(NULL, note_completion);
    assert_hr(S_OK, HcsEnumerateComputeSystems(NULL, first)); /* starts the threads that are pinned next */
    assert_opened(&called, 1);
    HcsCloseOperation(first);
    assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
    while (!CPU_ISSET(processor, &all))
        processor++;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    pin_threads(&one);
    for (int i = 0; i < TIMES; i++) {
        struct early early = {.operation = NULL};
        early.operation = HcsCreateOperation(&early, use_early);
        run_early(create_system_early, &early);
        assert_non_null(early.seen_system);
        assert_null(early.system); /* the callback's word is the last one */
        run_early(create_process_early, &early);
        assert_non_null(early.seen_process);
        assert_null(early.process);
        HcsCloseOperation(early.operation);
        HcsCloseComputeSystem(early.seen_system);
    }
    pin_threads(&all);
}

enum { CHAIN = 50 };

static void start_again(HCS_OPERATION operation, void *context)
{
    int *left = context;
    seen_hr = HcsWaitForOperationResult(operation, INFINITE, NULL); /* at once: it is complete */
    if (--*left > 0)
        seen_hr = HcsEnumerateComputeSystems(NULL, operation);
    gate_open(&called);
}

static void an_operation_may_be_started_again_in_its_callback(void **state)
{
    (void)state;
    int left = CHAIN;
    reset_gate();
    HCS_OPERATION operation = HcsCreateOperation(&left, start_again);
    assert_hr(S_OK, HcsEnumerateComputeSystems(NULL, operation));
    assert_opened(&called, CHAIN);
    assert_hr(S_OK, seen_hr);
    HcsCloseOperation(operation);
    assert_int_equal(left, 0);
}

static void wait_for_another(HCS_OPERATION operation, void *context)
{
    (void)operation;
    HCS_OPERATION other = HcsCreateOperation(NULL, note_completion);
    if (HcsEnumerateComputeSystems(NULL, other) == S_OK)
        HcsWaitForOperationResult(other, WAIT_MS, NULL);
    gate_reached(&called, 1, WAIT_MS); /* the other's callback, while ours runs */
    HcsCloseOperation(other);
    gate_open(context);
}

static void a_callback_may_wait_for_another_operation_and_its_callback(void **state)
{
    (void)state;
    struct gate outer = GATE_CLOSED;
    reset_gate();
    HCS_OPERATION operation = HcsCreateOperation(&outer, wait_for_another);
    assert_hr(S_OK, HcsEnumerateComputeSystems(NULL, operation));
    assert_opened(&outer, 1);
    assert_int_equal(called.count, 1);
    assert_hr(S_OK, seen_hr);
    HcsCloseOperation(operation);
}

static void note_event(HCS_EVENT *event, void *context)
{
    HCS_OPERATION *expected = context;
    if (event->Type == HcsEventOperationCallback && event->Operation == *expected && !event->EventData)
        gate_open(&called);
}

static void an_operation_with_notifications_gets_its_completion_as_an_event(void **state)
{
    (void)state;
    TRI_PROVES(HcsCreateOperationWithNotifications, real);
    HCS_OPERATION operation = NULL;
    reset_gate();
    SetLastError(0);
    assert_null(HcsCreateOperationWithNotifications(HcsOperationOptionProgressUpdate, NULL, NULL));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    operation = HcsCreateOperationWithNotifications(HcsOperationOptionProgressUpdate, &operation, note_event);
    assert_non_null(operation);
    assert_hr(S_OK, HcsEnumerateComputeSystems(NULL, operation));
    assert_opened(&called, 1);
    assert_stays(&called, 1);
    HcsCloseOperation(operation);
}

/* ---- introspection ---- */

/* ---- completions, told by the handle that they belong to ---- */

struct listener {
    struct gate told, leave;
    HCS_OPERATION first, last;
};

/* The first time it takes long. */
static void note_told(HCS_EVENT *event, void *context)
{
    struct listener *listener = context;
    bool is_first = !listener->first;
    if (event->Type != HcsEventOperationCallback)
        return;
    listener->last = event->Operation;
    if (is_first)
        listener->first = event->Operation;
    gate_open(&listener->told);
    if (is_first)
        gate_reached(&listener->leave, 1, WAIT_MS);
}

/* A system that there is a handle of, and nothing else: every call on it completes, with an error. */
static HCS_SYSTEM never_made(void)
{
    HCS_SYSTEM system = NULL;
    const char *text;
    assert_hr(HCS_E_INVALID_JSON, RUN(HcsCreateComputeSystem(u"never", u"{\"Bad\":1}", OP, NULL, &system), &text));
    assert_non_null(system);
    return system;
}

static void a_closed_operation_is_told_to_nobody(void **state)
{
    (void)state;
    struct listener listener = {.told = GATE_CLOSED, .leave = GATE_CLOSED};
    HCS_SYSTEM system = never_made();
    HCS_OPERATION first = new_operation(), closed = new_operation(), last = new_operation();
    assert_hr(S_OK, HcsSetComputeSystemCallback(system, HcsEventOptionEnableOperationCallbacks, &listener, note_told));
    assert_hr(S_OK, HcsStartComputeSystem(system, first, NULL));
    assert_opened(&listener.told, 1);
    assert_hr(S_OK, HcsStartComputeSystem(system, closed, NULL)); /* its event waits for the first one's callback */
    HcsCloseOperation(closed);
    assert_hr(S_OK, HcsStartComputeSystem(system, last, NULL));
    gate_open(&listener.leave);
    assert_opened(&listener.told, 2);
    assert_stays(&listener.told, 2);
    assert_ptr_equal(listener.last, last);
    HcsCloseComputeSystem(system);
    HcsCloseOperation(first);
    HcsCloseOperation(last);
}

static void an_operation_that_serves_elsewhere_is_not_told_here(void **state)
{
    (void)state;
    struct listener here = {.told = GATE_CLOSED, .leave = GATE_CLOSED}, there = here;
    HCS_SYSTEM system = never_made(), other = never_made();
    HCS_OPERATION operation = new_operation();
    gate_open(&here.leave);
    gate_open(&there.leave);
    assert_hr(S_OK, HcsStartComputeSystem(system, operation, NULL));
    assert_hr(HCS_E_SYSTEM_NOT_FOUND, outcome(operation, NULL));
    assert_hr(S_OK, HcsStartComputeSystem(other, operation, NULL)); /* and nobody reads this result */
    assert_hr(S_OK, HcsSetComputeSystemCallback(other, HcsEventOptionEnableOperationCallbacks, &there, note_told));
    assert_opened(&there.told, 1);
    assert_ptr_equal(there.last, operation);
    assert_hr(S_OK, HcsSetComputeSystemCallback(system, HcsEventOptionEnableOperationCallbacks, &here, note_told));
    assert_stays(&here.told, 0);
    HcsCloseComputeSystem(system);
    HcsCloseComputeSystem(other);
    HcsCloseOperation(operation);
}

static void properties_of_an_operation_tell_its_state(void **state)
{
    (void)state;
    TRI_PROVES(HcsGetOperationProperties, real);
    HCS_OPERATION operation = new_operation();
    PWSTR document;
    assert_hr(E_INVALIDARG, HcsGetOperationProperties(operation, NULL, NULL));
    assert_hr(S_OK, HcsGetOperationProperties(operation, u"{}", &document));
    const char *text = narrow(document);
    assert_says(text, "\"Operation\":\"None\"");
    assert_says(text, "\"State\":\"NotStarted\"");
    assert_silent(text, "StartTimestamp");
    assert_hr(S_OK, HcsEnumerateComputeSystems(NULL, operation));
    assert_hr(S_OK, outcome(operation, NULL));
    assert_hr(S_OK, HcsGetOperationProperties(operation, NULL, &document));
    text = narrow(document);
    assert_says(text, "\"Operation\":\"Enumerate\"");
    assert_says(text, "\"State\":\"Completed\"");
    assert_says(text, "\"StartTimestamp\":\"20");
    assert_says(text, "\"EndTimestamp\":\"20");
    assert_says(text, "\"PercentComplete\":100");
    assert_silent(text, "FailureInfo");
    assert_hr(S_OK, HcsEnumerateComputeSystems(u"{\"x\":1}", operation));
    assert_hr(HCS_E_INVALID_JSON, outcome(operation, &text));
    assert_hr(S_OK, HcsGetOperationProperties(operation, u"", &document));
    assert_says(narrow(document), "\"FailureInfo\":{\"Result\":-2143878899}");
    assert_hr(HCS_E_INVALID_JSON, HcsGetOperationProperties(operation, u"{\"x\":1}", &document));
    HcsCloseOperation(operation);
}

static void resources_are_checked(void **state)
{
    (void)state;
    TRI_PROVES(HcsAddResourceToOperation, partial, "checked; nothing here uses one yet, so it is not kept");
    HCS_OPERATION operation = new_operation();
    HANDLE handle = trireme_handle_from_fd(0);
    assert_hr(S_OK, HcsAddResourceToOperation(operation, HcsResourceTypeSocket, u"hcs:/x", handle));
    assert_hr(S_OK, HcsAddResourceToOperation(operation, HcsResourceTypeSocket, u"hcs:/x", handle));
    assert_hr(E_INVALIDARG, HcsAddResourceToOperation(operation, HcsResourceTypeNone, u"hcs:/x", handle));
    assert_hr(E_INVALIDARG, HcsAddResourceToOperation(operation, HcsResourceTypeFile, NULL, handle));
    assert_hr(E_INVALIDARG, HcsAddResourceToOperation(operation, (HCS_RESOURCE_TYPE)9, u"hcs:/x", handle));
    assert_hr(E_HANDLE, HcsAddResourceToOperation(operation, HcsResourceTypeFile, u"hcs:/x", NULL));
    HcsCloseOperation(operation);
}

static void a_completed_operation_takes_a_cancel_as_done(void **state)
{
    (void)state;
    HCS_OPERATION operation = new_operation();
    assert_hr(S_OK, HcsEnumerateComputeSystems(NULL, operation));
    assert_hr(S_OK, outcome(operation, NULL));
    assert_hr(S_OK, HcsCancelOperation(operation));
    assert_hr(S_OK, HcsCancelOperation(operation));
    assert_hr(S_OK, outcome(operation, NULL));
    HcsCloseOperation(operation);
}

/* ---- many ---- */

static void ten_thousand_operations_leave_nothing_behind(void **state)
{
    (void)state;
    unsigned before = open_descriptors();
    for (int i = 0; i < 10000; i++) {
        HCS_OPERATION operation = HcsCreateOperation(NULL, i % 2 ? note_completion : NULL);
        assert_non_null(operation);
        HcsCloseOperation(operation);
    }
    assert_int_equal(open_descriptors(), before);
}

static void *wait_on(void *operation)
{
    return (void *)(intptr_t)HcsWaitForOperationResult(operation, WAIT_MS, NULL);
}

static void sixty_four_threads_may_wait_on_one_operation(void **state)
{
    (void)state;
    pthread_t threads[64];
    HCS_OPERATION operation = new_operation();
    assert_hr(S_OK, HcsEnumerateComputeSystems(NULL, operation));
    for (int i = 0; i < 64; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, wait_on, operation), 0);
    for (int i = 0; i < 64; i++) {
        void *hr;
        pthread_join(threads[i], &hr);
        assert_hr(S_OK, (intptr_t)hr);
    }
    HcsCloseOperation(operation);
}

static void *start_and_read(void *shared)
{
    HCS_OPERATION operation = shared;
    for (int i = 0; i < 200; i++) {
        PWSTR document = NULL;
        HRESULT hr =
            i % 2 ? HcsEnumerateComputeSystems(NULL, operation) : HcsEnumerateComputeSystems(u"{\"Bad\":1}", operation);
        if (FAILED(hr) && hr != HCS_E_OPERATION_ALREADY_STARTED)
            return (void *)(intptr_t)hr;
        hr = HcsWaitForOperationResult(operation, WAIT_MS, &document);
        LocalFree(document);
        if (hr != S_OK && hr != HCS_E_INVALID_JSON)
            return (void *)(intptr_t)hr;
    }
    return NULL;
}

static void threads_may_fight_over_one_operation(void **state)
{
    (void)state;
    pthread_t threads[4];
    HCS_OPERATION operation = new_operation();
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, start_and_read, operation), 0);
    for (int i = 0; i < 4; i++) {
        void *hr;
        pthread_join(threads[i], &hr);
        assert_hr(S_OK, (intptr_t)hr);
    }
    HcsCloseOperation(operation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(result_of_a_fresh_operation_is_not_started),
        cmocka_unit_test(a_fresh_operation_has_no_type_no_id_and_no_subject),
        cmocka_unit_test(context_can_be_read_and_replaced_in_any_state),
        cmocka_unit_test(a_bad_operation_handle_is_answered_and_never_followed),
        cmocka_unit_test(handles_of_another_kind_are_refused),
        cmocka_unit_test(an_empty_host_enumerates_as_an_empty_array),
        cmocka_unit_test(each_use_has_an_id_and_each_reading_a_copy),
        cmocka_unit_test(process_information_of_another_call_is_refused),
        cmocka_unit_test(the_callback_runs_once_when_the_result_can_be_read),
        cmocka_unit_test(a_callback_set_after_completion_runs_once),
        cmocka_unit_test(an_operation_may_be_closed_in_its_callback),
        cmocka_unit_test(handles_are_there_before_the_callback_that_may_use_them),
        cmocka_unit_test(an_operation_may_be_started_again_in_its_callback),
        cmocka_unit_test(a_callback_may_wait_for_another_operation_and_its_callback),
        cmocka_unit_test(an_operation_with_notifications_gets_its_completion_as_an_event),
        cmocka_unit_test(a_closed_operation_is_told_to_nobody),
        cmocka_unit_test(an_operation_that_serves_elsewhere_is_not_told_here),
        cmocka_unit_test(properties_of_an_operation_tell_its_state),
        cmocka_unit_test(resources_are_checked),
        cmocka_unit_test(a_completed_operation_takes_a_cancel_as_done),
        cmocka_unit_test(ten_thousand_operations_leave_nothing_behind),
        cmocka_unit_test(sixty_four_threads_may_wait_on_one_operation),
        cmocka_unit_test(threads_may_fight_over_one_operation),
    };
    return cmocka_run_group_tests(tests, make_face_folder, remove_face_folder);
}
