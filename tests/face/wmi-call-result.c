/* IWbemCallResult: calls that go on, that went well and that failed, through each of its four methods.
 *
 * What makes a call go on is a second process that holds the repository's write lock: a put waits until it is let go.
 */
#include <sqlite3.h>

#include "wmi-face.h"

/* ---- the other process ---- */

struct holder {
    pid_t pid;
    int input, output;
};

static int hold_lock(const char *path)
{
    sqlite3 *db = NULL;
    char byte;
    if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_busy_timeout(db, 10000) != SQLITE_OK ||
        sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return 1;
    if (write(STDOUT_FILENO, "+", 1) != 1)
        return 1;
    while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
        ;
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return sqlite3_close(db) == SQLITE_OK ? 0 : 1;
}

static struct holder start_holder(void)
{
    int to[2], from[2];
    char path[128], byte = 0;
    snprintf(path, sizeof(path), "%s/state/repository.db", face_base);
    assert_int_equal(0, pipe(to));
    assert_int_equal(0, pipe(from));
    pid_t pid = fork();
    if (pid == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        close(to[0]), close(to[1]), close(from[0]), close(from[1]);
        execl("/proc/self/exe", "wmi-call-result", "hold", path, (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    close(to[0]);
    close(from[1]);
    assert_int_equal(1, read(from[0], &byte, 1));
    return (struct holder){pid, to[1], from[0]};
}

static void stop_holder(struct holder *holder)
{
    int status = -1;
    close(holder->input);
    close(holder->output);
    assert_int_equal(holder->pid, waitpid(holder->pid, &status, 0));
    assert_int_equal(0, status);
}

/* ---- calls ---- */

static IWbemCallResult *start_put(int id, const char *name, IWbemContext *context)
{
    IWbemCallResult *result = NULL;
    IWbemClassObject *thing = new_thing("T_Thing", id, name);
    assert_hr(WBEM_S_NO_ERROR,
              IWbemServices_PutInstance(services, thing, WBEM_FLAG_RETURN_IMMEDIATELY, context, &result));
    put_text(thing, "Name", "changed after the call began");
    IWbemClassObject_Release(thing);
    assert_non_null(result);
    return result;
}

static IWbemCallResult *start_get(const char *path)
{
    IWbemCallResult *result = NULL;
    IWbemClassObject *direct = (IWbemClassObject *)1;
    assert_hr(WBEM_S_NO_ERROR,
              IWbemServices_GetObject(services, B("%s", path), WBEM_FLAG_RETURN_IMMEDIATELY, NULL, &direct, &result));
    assert_null(direct);
    assert_non_null(result);
    return result;
}

static LONG outcome(IWbemCallResult *result)
{
    LONG status = 77;
    assert_hr(WBEM_S_NO_ERROR, IWbemCallResult_GetCallStatus(result, WBEM_INFINITE, &status));
    return status;
}

/* All three getters, and what they have to leave behind. */
static void getters_answer(IWbemCallResult *result, LONG timeout, HRESULT object_hr, HRESULT string_hr,
                           HRESULT services_hr)
{
    IWbemClassObject *object = (IWbemClassObject *)1;
    BSTR text = (BSTR)1;
    IWbemServices *opened = (IWbemServices *)1;
    assert_hr(object_hr, IWbemCallResult_GetResultObject(result, timeout, &object));
    assert_hr(string_hr, IWbemCallResult_GetResultString(result, timeout, &text));
    assert_hr(services_hr, IWbemCallResult_GetResultServices(result, timeout, &opened));
    if (object_hr != S_OK)
        assert_null(object);
    if (string_hr != S_OK)
        assert_null(text);
    if (services_hr != S_OK)
        assert_null(opened);
    LET_GO(object);
    SysFreeString(text);
    LET_GO(opened);
}

/* ---- calls that go on ---- */

static void a_running_call_polls_as_timed_out(void **state)
{
    LONG status = 77;
    struct holder holder = start_holder();
    IWbemCallResult *result = start_put(1, "one", NULL);
    TRI_PROVES_METHOD(IWbemCallResult, GetCallStatus, real);
    assert_hr(WBEM_S_TIMEDOUT, IWbemCallResult_GetCallStatus(result, WBEM_NO_WAIT, &status));
    assert_int_equal(0, status);
    stop_holder(&holder);
    assert_hr(WBEM_S_NO_ERROR, outcome(result));
    assert_hr(WBEM_S_NO_ERROR, IWbemCallResult_GetCallStatus(result, WBEM_NO_WAIT, &status));
    assert_int_equal(0, IWbemCallResult_Release(result));
}

static void a_running_call_answers_no_getter(void **state)
{
    struct holder holder = start_holder();
    IWbemCallResult *result = start_put(1, "one", NULL);
    getters_answer(result, 0, WBEM_S_TIMEDOUT, WBEM_S_TIMEDOUT, WBEM_S_TIMEDOUT);
    getters_answer(result, 5, WBEM_S_TIMEDOUT, WBEM_S_TIMEDOUT, WBEM_S_TIMEDOUT);
    stop_holder(&holder);
    getters_answer(result, WBEM_INFINITE, WBEM_E_INVALID_OPERATION, WBEM_S_NO_ERROR, WBEM_E_INVALID_OPERATION);
    IWbemCallResult_Release(result);
}

static void a_short_wait_times_out_and_a_long_one_does_not(void **state)
{
    LONG status = 77;
    struct holder holder = start_holder();
    IWbemCallResult *result = start_put(2, "two", NULL);
    unsigned long long before_ms = now_ms();
    assert_hr(WBEM_S_TIMEDOUT, IWbemCallResult_GetCallStatus(result, 60, &status));
    assert_true(now_ms() - before_ms >= 60);
    stop_holder(&holder);
    assert_hr(WBEM_S_NO_ERROR, IWbemCallResult_GetCallStatus(result, DEADLINE_MS, &status));
    assert_hr(WBEM_S_NO_ERROR, status);
    IWbemCallResult_Release(result);
}

static void *wait_for_outcome(void *result)
{
    LONG status = 77;
    return (void *)(intptr_t)(IWbemCallResult_GetCallStatus((IWbemCallResult *)result, WBEM_INFINITE, &status) ==
                                  S_OK &&
                              status == 0);
}

static void everybody_who_waits_is_woken(void **state)
{
    pthread_t threads[4];
    struct holder holder = start_holder();
    IWbemCallResult *result = start_put(3, "three", NULL);
    for (int i = 0; i < 4; i++)
        assert_int_equal(0, pthread_create(&threads[i], NULL, wait_for_outcome, result));
    LONG status = 77;
    assert_hr(WBEM_S_TIMEDOUT, IWbemCallResult_GetCallStatus(result, 20, &status));
    stop_holder(&holder);
    for (int i = 0; i < 4; i++) {
        void *was_told = NULL;
        pthread_join(threads[i], &was_told);
        assert_non_null(was_told);
    }
    IWbemCallResult_Release(result);
}

static bool is_stored(int id)
{
    IWbemClassObject *thing = NULL;
    HRESULT hr = IWbemServices_GetObject(services, B("T_Thing.Id=%d", id), 0, NULL, &thing, NULL);
    LET_GO(thing);
    return hr == WBEM_S_NO_ERROR;
}

static void letting_go_does_not_stop_the_call(void **state)
{
    struct holder holder = start_holder();
    IWbemCallResult *result = start_put(4, "four", NULL);
    assert_int_equal(0, IWbemCallResult_Release(result));
    assert_false(is_stored(4));
    stop_holder(&holder);
    assert_comes(is_stored(4));
}

static void what_is_changed_after_the_start_is_not_stored(void **state)
{
    IWbemClassObject *thing = NULL;
    struct holder holder = start_holder();
    IWbemCallResult *result = start_put(5, "five", NULL);
    stop_holder(&holder);
    assert_hr(WBEM_S_NO_ERROR, outcome(result));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("T_Thing.Id=5"), 0, NULL, &thing, NULL));
    assert_string_equal("five", get_text(thing, "Name"));
    IWbemClassObject_Release(thing);
    IWbemCallResult_Release(result);
}

static void a_call_ends_at_the_deadline_of_its_context(void **state)
{
    IWbemContext *context = NULL;
    VARIANT timeout;
    struct holder holder = start_holder();
    assert_hr(S_OK,
              CoCreateInstance(&CLSID_WbemContext, NULL, CLSCTX_INPROC_SERVER, &IID_IWbemContext, (void **)&context));
    V_VT(&timeout) = VT_I4;
    V_I4(&timeout) = 3000; /* a worker has begun by then, also on a machine that has much to do */
    assert_hr(S_OK, IWbemContext_SetValue(context, B("__TRI_TIMEOUT_MS"), 0, &timeout));
    IWbemCallResult *result = start_put(6, "six", context);
    assert_int_equal(0, IWbemContext_Release(context));
    assert_hr(WBEM_E_PROVIDER_TIMED_OUT, outcome(result));
    assert_string_not_equal("", why());
    getters_answer(result, 0, WBEM_E_PROVIDER_TIMED_OUT, WBEM_E_PROVIDER_TIMED_OUT, WBEM_E_PROVIDER_TIMED_OUT);
    stop_holder(&holder);
    IWbemCallResult_Release(result);
    assert_comes(is_stored(6)); /* it was too late to stop it */
}

/* ---- calls that failed ---- */

static void a_failed_call_has_ended_and_its_status_says_how(void **state)
{
    IWbemCallResult *result = start_get("T_None");
    assert_hr(WBEM_E_NOT_FOUND, outcome(result));
    IWbemCallResult_Release(result);
}

static void a_failed_call_answers_every_getter_with_its_code(void **state)
{
    IWbemCallResult *result = start_get("T_None");
    getters_answer(result, WBEM_INFINITE, WBEM_E_NOT_FOUND, WBEM_E_NOT_FOUND, WBEM_E_NOT_FOUND);
    getters_answer(result, 0, WBEM_E_NOT_FOUND, WBEM_E_NOT_FOUND, WBEM_E_NOT_FOUND);
    IWbemCallResult_Release(result);
}

static void a_failure_leaves_an_error_object_that_says_why(void **state)
{
    IErrorInfo *info = NULL;
    IWbemClassObject *object = NULL;
    IWbemCallResult *result = start_get("T_None");
    assert_hr(WBEM_E_NOT_FOUND, IWbemCallResult_GetResultObject(result, WBEM_INFINITE, &object));
    assert_hr(S_OK, GetErrorInfo(0, &info));
    IWbemClassObject *status = QUERY(info, IWbemClassObject);
    assert_string_equal("__ExtendedStatus", get_text(status, "__CLASS"));
    assert_string_equal("GetObject", get_text(status, "Operation"));
    assert_string_equal("T_None", get_text(status, "ParameterInfo"));
    assert_int_equal(WBEM_E_NOT_FOUND, get_number(status, "StatusCode"));
    assert_non_null(strstr(get_text(status, "Description"), "T_None"));
    IWbemClassObject_Release(status);
    IErrorInfo_Release(info);
    assert_hr(S_FALSE, GetErrorInfo(0, &info));
    IWbemCallResult_Release(result);
}

static void success_clears_the_error_of_the_thread(void **state)
{
    BSTR text = NULL;
    IWbemCallResult *result = start_put(7, "seven", NULL);
    assert_hr(WBEM_S_NO_ERROR, outcome(result));
    assert_string_equal("", why());
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemCallResult_GetResultString(result, 0, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemCallResult_GetResultString(result, 0, &text));
    assert_string_equal("", why());
    SysFreeString(text);
    IWbemCallResult_Release(result);
}

/* ---- getters ---- */

static void went_well(HRESULT hr, IWbemCallResult **result)
{
    assert_hr(WBEM_S_NO_ERROR, hr);
    assert_non_null(*result);
    assert_hr(WBEM_S_NO_ERROR, outcome(*result));
}

/* One of each kind of call, and which getter has its result. */
static void each_kind_of_call_has_its_getter(void **state)
{
    const LONG now = WBEM_FLAG_RETURN_IMMEDIATELY;
    const HRESULT wrong = WBEM_E_INVALID_OPERATION;
    IWbemCallResult *result = NULL;
    IWbemClassObject *cls = thing_class_draft("T_Other"), *thing;
    TRI_PROVES_METHOD(IWbemCallResult, GetResultObject, real);
    TRI_PROVES_METHOD(IWbemCallResult, GetResultString, real);
    TRI_PROVES_METHOD(IWbemCallResult, GetResultServices, real);
    went_well(IWbemServices_PutClass(services, cls, now, NULL, &result), &result);
    getters_answer(result, 0, wrong, S_OK, wrong);
    LET_GO(result);
    thing = new_thing("T_Other", 1, "one");
    went_well(IWbemServices_PutInstance(services, thing, now, NULL, &result), &result);
    getters_answer(result, 0, wrong, S_OK, wrong);
    LET_GO(result);
    went_well(IWbemServices_GetObject(services, B("T_Other.Id=1"), now, NULL, NULL, &result), &result);
    getters_answer(result, 0, S_OK, wrong, wrong);
    LET_GO(result);
    went_well(IWbemServices_DeleteInstance(services, B("T_Other.Id=1"), now, NULL, &result), &result);
    getters_answer(result, 0, wrong, wrong, wrong);
    LET_GO(result);
    went_well(IWbemServices_DeleteClass(services, B("T_Other"), now, NULL, &result), &result);
    getters_answer(result, 0, wrong, wrong, wrong);
    LET_GO(result);
    LET_GO(thing);
    LET_GO(cls);
    IWbemServices *root = connect_to("root");
    went_well(IWbemServices_OpenNamespace(root, B("cimv2"), now, NULL, NULL, &result), &result);
    getters_answer(result, 0, wrong, wrong, S_OK);
    LET_GO(result);
    IWbemServices_Release(root);
}

static void a_methods_outputs_are_its_object(void **state)
{
    IWbemCallResult *result = NULL;
    IWbemClassObject *out = NULL;
    char path[64];
    snprintf(path, sizeof(path), "Win32_Process.Handle=\"%d\"", (int)getpid());
    went_well(IWbemServices_ExecMethod(services, B("%s", path), B("GetOwner"), WBEM_FLAG_RETURN_IMMEDIATELY, NULL, NULL,
                                       NULL, &result),
              &result);
    assert_hr(WBEM_S_NO_ERROR, IWbemCallResult_GetResultObject(result, 0, &out));
    assert_int_equal(0, get_number(out, "ReturnValue"));
    LET_GO(out);
    getters_answer(result, 0, S_OK, WBEM_E_INVALID_OPERATION, WBEM_E_INVALID_OPERATION);
    IWbemCallResult_Release(result);
}

static void each_getter_gives_a_result_of_its_own(void **state)
{
    IWbemClassObject *one = NULL, *two = NULL;
    store_thing("T_Thing", 8, "eight");
    IWbemCallResult *result = start_get("T_Thing.Id=8");
    assert_hr(WBEM_S_NO_ERROR, IWbemCallResult_GetResultObject(result, WBEM_INFINITE, &one));
    put_text(one, "Name", "changed by a client");
    assert_hr(WBEM_S_NO_ERROR, IWbemCallResult_GetResultObject(result, WBEM_INFINITE, &two));
    assert_ptr_not_equal(one, two);
    assert_string_equal("eight", get_text(two, "Name"));
    assert_string_equal("changed by a client", get_text(one, "Name"));
    IWbemCallResult_Release(result);
    assert_string_equal("eight", get_text(two, "Name"));
    IWbemClassObject_Release(one);
    IWbemClassObject_Release(two);
}

static void a_stored_objects_path_is_the_string(void **state)
{
    BSTR one = NULL, two = NULL;
    IWbemCallResult *result = start_put(9, "nine", NULL);
    assert_hr(WBEM_S_NO_ERROR, IWbemCallResult_GetResultString(result, WBEM_INFINITE, &one));
    assert_hr(WBEM_S_NO_ERROR, IWbemCallResult_GetResultString(result, 0, &two));
    assert_ptr_not_equal(one, two);
    assert_non_null(strstr(U(one), "T_Thing.Id=9"));
    assert_string_equal(U(one), U(two));
    SysFreeString(one);
    SysFreeString(two);
    IWbemCallResult_Release(result);
}

static void an_opened_namespace_lives_on_by_itself(void **state)
{
    IWbemCallResult *result = NULL;
    IWbemServices *root = connect_to("root"), *opened = NULL;
    IWbemClassObject *cls = NULL;
    assert_hr(WBEM_S_NO_ERROR,
              IWbemServices_OpenNamespace(root, B("CIMV2"), WBEM_FLAG_RETURN_IMMEDIATELY, NULL, NULL, &result));
    IWbemServices_Release(root);
    assert_hr(WBEM_S_NO_ERROR, IWbemCallResult_GetResultServices(result, WBEM_INFINITE, &opened));
    assert_int_equal(0, IWbemCallResult_Release(result));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(opened, B("T_Thing"), 0, NULL, &cls, NULL));
    IWbemClassObject_Release(cls);
    assert_int_equal(0, IWbemServices_Release(opened));
}

/* ---- arguments ---- */

static void a_place_for_the_answer_is_needed(void **state)
{
    IWbemCallResult *result = start_get("T_Thing");
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemCallResult_GetCallStatus(result, 0, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemCallResult_GetResultObject(result, 0, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemCallResult_GetResultString(result, 0, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemCallResult_GetResultServices(result, 0, NULL));
    assert_string_not_equal("", why());
    IWbemCallResult_Release(result);
}

static void a_negative_timeout_other_than_infinite_is_refused(void **state)
{
    static const LONG timeouts[] = {-2, -1000, INT32_MIN};
    IWbemCallResult *result = start_get("T_Thing");
    for (size_t i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        LONG status = 77;
        const HRESULT refused = WBEM_E_INVALID_PARAMETER;
        assert_hr(refused, IWbemCallResult_GetCallStatus(result, timeouts[i], &status));
        getters_answer(result, timeouts[i], refused, refused, refused);
    }
    assert_hr(WBEM_S_NO_ERROR, outcome(result));
    getters_answer(result, -5, WBEM_E_INVALID_PARAMETER, WBEM_E_INVALID_PARAMETER, WBEM_E_INVALID_PARAMETER);
    IWbemCallResult_Release(result);
}

static void it_answers_its_own_interfaces(void **state)
{
    void *wrong = (void *)1;
    IWbemCallResult *result = start_get("T_Thing");
    IUnknown *unknown = QUERY(result, IUnknown);
    IWbemCallResult *same = QUERY(unknown, IWbemCallResult);
    assert_ptr_equal(result, same);
    assert_hr(E_NOINTERFACE, IWbemCallResult_QueryInterface(result, &IID_IWbemServices, &wrong));
    assert_null(wrong);
    IUnknown_Release(unknown);
    IWbemCallResult_Release(same);
    assert_int_equal(0, IWbemCallResult_Release(result));
}

/* ---- synchronous calls with a call result ---- */

static void a_synchronous_calls_result_comes_both_ways(void **state)
{
    IWbemClassObject *direct = NULL, *got = NULL;
    IWbemCallResult *result = NULL;
    store_thing("T_Thing", 10, "ten");
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("T_Thing.Id=10"), 0, NULL, &direct, &result));
    assert_string_equal("ten", get_text(direct, "Name"));
    put_text(direct, "Name", "changed");
    assert_hr(WBEM_S_NO_ERROR, IWbemCallResult_GetResultObject(result, 0, &got));
    assert_string_equal("ten", get_text(got, "Name"));
    LET_GO(direct);
    LET_GO(got);
    LET_GO(result);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("T_Thing.Id=10"), 0, NULL, NULL, &result));
    assert_hr(WBEM_S_NO_ERROR, IWbemCallResult_GetResultObject(result, 0, &got));
    LET_GO(got);
    LET_GO(result);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("T_None"), 0, NULL, &direct, &result));
    assert_null(direct);
    assert_hr(WBEM_E_NOT_FOUND, outcome(result));
    LET_GO(result);
}

/* What cannot begin has no call result. */
static void a_call_that_cannot_begin_has_no_result(void **state)
{
    IWbemCallResult *result = (IWbemCallResult *)1;
    IWbemClassObject *direct = (IWbemClassObject *)1;
    assert_hr(
        WBEM_E_INVALID_OBJECT_PATH,
        IWbemServices_GetObject(services, B("T Thing = 1"), WBEM_FLAG_RETURN_IMMEDIATELY, NULL, &direct, &result));
    assert_null(result);
    assert_null(direct);
    result = (IWbemCallResult *)1;
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemServices_PutInstance(services, NULL, 0, NULL, &result));
    assert_null(result);
}

/* ---- TRIREME_STRICT ---- */

static int strict_child(void)
{
    LONG status = 77;
    HRESULT hr;
    if (set_up_wmi(NULL) < 0)
        return 2;
    make_thing_class("T_Thing");
    store_thing("T_Thing", 1, "one");
    struct holder holder = start_holder();
    IWbemCallResult *result = start_put(2, "two", NULL);
    hr = IWbemCallResult_GetCallStatus(result, 0, &status);
    stop_holder(&holder);
    bool is_right = hr == WBEM_S_TIMEDOUT && status == WBEM_S_PENDING && outcome(result) == WBEM_S_NO_ERROR;
    IWbemCallResult_Release(result);
    tear_down_wmi(NULL);
    return is_right ? 0 : 1;
}

static void under_strict_the_status_of_a_running_call_is_pending(void **state)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        setenv("TRIREME_STRICT", "1", 1);
        execl("/proc/self/exe", "wmi-call-result", "strict", (char *)NULL);
        _exit(127);
    }
    assert_int_equal(pid, waitpid(pid, &status, 0));
    assert_int_equal(0, status);
}

static int set_up(void **state)
{
    if (set_up_wmi(state) < 0)
        return -1;
    make_thing_class("T_Thing");
    store_thing("T_Thing", 1, "one");
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_running_call_polls_as_timed_out),
        cmocka_unit_test(a_running_call_answers_no_getter),
        cmocka_unit_test(a_short_wait_times_out_and_a_long_one_does_not),
        cmocka_unit_test(everybody_who_waits_is_woken),
        cmocka_unit_test(letting_go_does_not_stop_the_call),
        cmocka_unit_test(what_is_changed_after_the_start_is_not_stored),
        cmocka_unit_test(a_call_ends_at_the_deadline_of_its_context),
        cmocka_unit_test(a_failed_call_has_ended_and_its_status_says_how),
        cmocka_unit_test(a_failed_call_answers_every_getter_with_its_code),
        cmocka_unit_test(a_failure_leaves_an_error_object_that_says_why),
        cmocka_unit_test(success_clears_the_error_of_the_thread),
        cmocka_unit_test(each_kind_of_call_has_its_getter),
        cmocka_unit_test(a_methods_outputs_are_its_object),
        cmocka_unit_test(each_getter_gives_a_result_of_its_own),
        cmocka_unit_test(a_stored_objects_path_is_the_string),
        cmocka_unit_test(an_opened_namespace_lives_on_by_itself),
        cmocka_unit_test(a_place_for_the_answer_is_needed),
        cmocka_unit_test(a_negative_timeout_other_than_infinite_is_refused),
        cmocka_unit_test(it_answers_its_own_interfaces),
        cmocka_unit_test(a_synchronous_calls_result_comes_both_ways),
        cmocka_unit_test(a_call_that_cannot_begin_has_no_result),
        cmocka_unit_test(under_strict_the_status_of_a_running_call_is_pending),
    };
    if (argc == 3 && !strcmp(argv[1], "hold"))
        return hold_lock(argv[2]);
    if (argc == 2 && !strcmp(argv[1], "strict"))
        return strict_child();
    return cmocka_run_group_tests_name("wmi call result", tests, set_up, tear_down_wmi);
}
