/* Win32_Service on a real systemd. tests/system/services.py boots one, with the units that are named here, and runs
 * this program inside; run anywhere else it only says that services are none of its business where no systemd runs. */
#include "provider-test.h"

#include <dirent.h>
#include <signal.h>
#include <unistd.h>

#include "management/providers/systemd.h"

#define SKIP_UNLESS(condition, reason)                                                                                 \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            printf("# skipped: %s\n", (reason));                                                                       \
            return;                                                                                                    \
        }                                                                                                              \
    } while (0)
#define NEEDS_THE_UNITS                                                                                                \
    SKIP_UNLESS(getenv("TRIREME_TEST_SERVICES"), "the units of tests/system/services.py are not here")

static struct tri_cim_object *service_of(const char *name)
{
    char query[128];
    snprintf(query, sizeof(query), "SELECT * FROM Win32_Service WHERE Name = '%s'", name);
    return row_of(query);
}

static bool service_is(const char *name, const char *property, const char *expected)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *service = service_of(name);
    return service && text_of(service, property) && strcmp(text_of(service, property), expected) == 0;
}

static uint32_t call_service(const char *name, const char *method, struct tri_cim_object *in)
{
    char path[128];
    snprintf(path, sizeof(path), "Win32_Service.Name=\"%s\"", name);
    return call_method(path, method, in, NULL);
}

static uint32_t change_mode(const char *name, const char *mode)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *in = parameters_of("Win32_Service", "ChangeStartMode");
    tri_cim_object_set_string(in, "StartMode", mode);
    return call_service(name, "ChangeStartMode", in);
}

static void systemctl(const char *arguments)
{
    char command[256];
    snprintf(command, sizeof(command), "systemctl -q %s", arguments);
    assert_int_equal(system(command), 0);
}

/* ---- rows ---- */

static void without_systemd_there_are_no_services(void **state)
{
    SKIP_UNLESS(!tri_systemd_is_here(), "systemd runs here");
    struct collected all = rows_of("SELECT * FROM Win32_Service", "Name");
    assert_int_equal(all.end, 0);
    assert_int_equal(all.count, 0);
    assert_null(service_of("ssh"));
    struct tri_call *call =
        start(&(struct tri_call_spec){.kind = TRI_CALL_GET_OBJECT, .text = "Win32_Service.Name=\"ssh\""}, true);
    struct tri_call_result result = finished(call);
    assert_int_equal(result.code, TRI_MANAGEMENT_NOT_FOUND);
    assert_non_null(strstr(result.error->text, "systemd"));
    tri_call_unref(call);
}

static bool is_named(unsigned pid, const char *expected)
{
    char path[64], name[64] = "";
    snprintf(path, sizeof(path), "/proc/%u/comm", pid);
    FILE *comm = fopen(path, "re");
    assert_non_null(comm);
    assert_non_null(fgets(name, sizeof(name), comm));
    fclose(comm);
    return strcmp(name, expected) == 0;
}

static void a_running_service_is_what_systemd_says(void **state)
{
    NEEDS_THE_UNITS;
    systemctl("start tri-hull");
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *hull = service_of("tri-hull");
    assert_non_null(hull);
    assert_string_equal(text_of(hull, "Name"), "tri-hull");
    assert_string_equal(text_of(hull, "DisplayName"), "The hull");
    assert_string_equal(text_of(hull, "State"), "Running");
    assert_string_equal(text_of(hull, "Status"), "OK");
    assert_string_equal(text_of(hull, "StartMode"), "Manual");
    assert_string_equal(text_of(hull, "StartName"), "nobody");
    assert_string_equal(text_of(hull, "PathName"), "/bin/sh -c \"exec sleep 100000\" \"two words\"");
    assert_string_equal(text_of(hull, "SystemName"), tri_server_name());
    assert_true(tri_cim_object_find(hull, "Started")->boolean);
    assert_true(tri_cim_object_find(hull, "AcceptStop")->boolean);
    assert_int_equal(number_of(hull, "ExitCode"), 0);
    EVENTUALLY(is_named((unsigned)number_of(hull, "ProcessId"), "sleep\n")); /* which its shell becomes */
}

static void upper_and_lower_case_find_the_same_service(void **state)
{
    NEEDS_THE_UNITS;
    static const char *const spellings[] = {"Tri-Capital", "tri-capital", "TRI-CAPITAL"};
    for (size_t i = 0; i < 3; i++) {
        TRI_AUTO_CIM_OBJECT struct tri_cim_object *service = service_of(spellings[i]);
        assert_non_null(service);
        assert_string_equal(text_of(service, "Name"), "Tri-Capital");
    }
    assert_null(service_of("no-such-service"));
    assert_null(service_of(""));
    assert_null(service_of("not/a name"));
    assert_null(service_of("tri-alias"));
    assert_null(service_of("tri-pattern@"));
}

/* How a service is in the list of all is how it is when it is asked for alone. */
static void all_services_are_as_each_of_them(void **state)
{
    NEEDS_THE_UNITS;
    static const char *const expected[] = {"tri-hull",   "tri-oar",    "tri-leak",
                                           "tri-vendor", "tri-masked", "Tri-Capital"};
    static const char *const same[] = {"DisplayName", "State", "StartMode", "Status", "PathName", "StartName"};
    struct tri_call *call = start_query("SELECT * FROM Win32_Service", 0, true);
    struct tri_cim_object *object;
    uint64_t position = 0;
    size_t found = 0;
    int r;
    while ((r = tri_call_next(call, &position, patience(), &object)) == 1) {
        const char *name = text_of(object, "Name");
        assert_string_not_equal(name, "tri-alias");
        assert_null(strstr(name, "tri-pattern"));
        for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
            if (strcmp(name, expected[i]) != 0)
                continue;
            TRI_AUTO_CIM_OBJECT struct tri_cim_object *alone = service_of(name);
            for (size_t j = 0; j < sizeof(same) / sizeof(same[0]); j++)
                assert_true(
                    tri_value_equal(tri_cim_object_find(object, same[j]), tri_cim_object_find(alone, same[j]), false));
            found++;
        }
        tri_cim_object_unref(object);
    }
    tri_call_unref(call);
    assert_int_equal(r, 0);
    assert_int_equal(found, sizeof(expected) / sizeof(expected[0]));
}

static void how_a_service_ended_is_told(void **state)
{
    NEEDS_THE_UNITS;
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *never = service_of("tri-vendor");
    assert_string_equal(text_of(never, "State"), "Stopped");
    assert_int_equal(number_of(never, "ExitCode"), 0);
    assert_int_equal(call_service("tri-leak", "StartService", NULL), 0);
    EVENTUALLY(service_is("tri-leak", "Status", "Degraded"));
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *leak = service_of("tri-leak");
    assert_string_equal(text_of(leak, "State"), "Stopped");
    assert_int_equal(number_of(leak, "ExitCode"), 1066);
    assert_int_equal(number_of(leak, "ServiceSpecificExitCode"), 7);
    assert_int_equal(call_service("tri-killed", "StartService", NULL), 0);
    EVENTUALLY(service_is("tri-killed", "Status", "Degraded"));
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *killed = service_of("tri-killed");
    assert_int_equal(number_of(killed, "ExitCode"), 1067);
    assert_int_equal(number_of(killed, "ServiceSpecificExitCode"), 0);
}

/* ---- methods ---- */

static void services_start_and_stop(void **state)
{
    NEEDS_THE_UNITS;
    assert_int_equal(call_service("Tri-Capital", "StopService", NULL), 6);
    assert_int_equal(call_service("Tri-Capital", "InterrogateService", NULL), 6);
    assert_int_equal(call_service("Tri-Capital", "StartService", NULL), 0);
    EVENTUALLY(service_is("Tri-Capital", "State", "Running"));
    assert_int_equal(call_service("Tri-Capital", "StartService", NULL), 10);
    assert_int_equal(call_service("Tri-Capital", "InterrogateService", NULL), 0);
    assert_int_equal(call_service("Tri-Capital", "StopService", NULL), 0);
    EVENTUALLY(service_is("Tri-Capital", "State", "Stopped"));
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *stopped = service_of("Tri-Capital");
    assert_int_equal(number_of(stopped, "ExitCode"), 0);
    assert_int_equal(number_of(stopped, "ProcessId"), 0);
}

static void what_may_not_start_or_stop_says_why(void **state)
{
    NEEDS_THE_UNITS;
    assert_int_equal(call_service("tri-masked", "StartService", NULL), 14);
    systemctl("start tri-kept tri-oar");
    assert_int_equal(call_service("tri-kept", "StopService", NULL), 1);
    assert_int_equal(call_service("tri-hull", "StopService", NULL), 3);
    assert_true(service_is("tri-oar", "State", "Running"));
    systemctl("stop tri-oar");
    assert_int_equal(call_service("tri-hull", "StopService", NULL), 0);
    EVENTUALLY(service_is("tri-hull", "State", "Stopped"));
    assert_int_equal(outcome(&(struct tri_call_spec){.kind = TRI_CALL_EXEC_METHOD,
                                                     .text = "Win32_Service.Name=\"no-such\"",
                                                     .method = "StartService"},
                             true),
                     TRI_MANAGEMENT_NOT_FOUND);
}

static void a_service_pauses_and_resumes(void **state)
{
    NEEDS_THE_UNITS;
    assert_int_equal(call_service("tri-vendor", "PauseService", NULL), 6);
    systemctl("start tri-vendor");
    assert_int_equal(call_service("tri-vendor", "ResumeService", NULL), 5);
    assert_int_equal(call_service("tri-vendor", "PauseService", NULL), 0);
    EVENTUALLY(service_is("tri-vendor", "State", "Paused"));
    struct collected paused = rows_of("SELECT Name FROM Win32_Service WHERE State = 'Paused'", "Name");
    assert_string_equal(paused.text, "tri-vendor");
    assert_int_equal(call_service("tri-vendor", "PauseService", NULL), 24);
    assert_int_equal(call_service("tri-vendor", "ResumeService", NULL), 0);
    EVENTUALLY(service_is("tri-vendor", "State", "Running"));
    systemctl("stop tri-vendor");
}

static void codes_of_a_services_own_mean_nothing_here(void **state)
{
    NEEDS_THE_UNITS;
    systemctl("start tri-hull");
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *in = parameters_of("Win32_Service", "UserControlService");
    assert_int_equal(call_service("tri-hull", "UserControlService", in), 21);
    tri_cim_object_set_unsigned(in, "ControlCode", 127);
    assert_int_equal(call_service("tri-hull", "UserControlService", in), 21);
    tri_cim_object_set_unsigned(in, "ControlCode", 128);
    assert_int_equal(call_service("tri-hull", "UserControlService", in), 1);
}

static void start_modes_change(void **state)
{
    NEEDS_THE_UNITS;
    assert_true(service_is("tri-vendor", "StartMode", "Manual"));
    assert_int_equal(change_mode("tri-vendor", "automatic"), 0);
    assert_true(service_is("tri-vendor", "StartMode", "Auto"));
    systemctl("is-enabled tri-vendor");
    assert_int_equal(change_mode("tri-vendor", "Disabled"), 0);
    assert_true(service_is("tri-vendor", "StartMode", "Disabled"));
    assert_int_equal(call_service("tri-vendor", "StartService", NULL), 14);
    assert_int_equal(change_mode("tri-vendor", "Manual"), 0);
    assert_true(service_is("tri-vendor", "StartMode", "Manual"));
    assert_int_equal(change_mode("tri-vendor", "Sometimes"), 21);
    assert_int_equal(change_mode("tri-vendor", "Boot"), 21);
    assert_int_equal(change_mode("tri-vendor", NULL), 21);
    assert_int_equal(change_mode("tri-oar", "Automatic"), 1); /* it does not say what that means */
    assert_int_equal(change_mode("tri-hull", "Disabled"), 1); /* its own file is where the mask would be */
}

/* ---- associations ---- */

/* How many rows have this text. */
static size_t count_rows(const char *query, const char *property, const char *text)
{
    struct tri_call *call = start_query(query, 0, true);
    struct tri_cim_object *object;
    uint64_t position = 0;
    size_t count = 0;
    int r;
    for (; (r = tri_call_next(call, &position, patience(), &object)) == 1; tri_cim_object_unref(object))
        count += strcmp(text_of(object, property), text) == 0;
    assert_int_equal(r, 0);
    tri_call_unref(call);
    return count;
}

static void dependencies_are_rows(void **state)
{
    NEEDS_THE_UNITS;
    static const char *const queries[] = {
        "SELECT * FROM Win32_DependentService WHERE Dependent = \"Win32_Service.Name='tri-oar'\"",
        "SELECT * FROM Win32_DependentService WHERE Antecedent = \"Win32_Service.Name='tri-hull'\"",
    };
    systemctl("start tri-oar");
    char hull[128], oar[128];
    snprintf(hull, sizeof(hull), "\\\\%s\\root\\cimv2:Win32_Service.Name=\"tri-hull\"", tri_server_name());
    snprintf(oar, sizeof(oar), "\\\\%s\\root\\cimv2:Win32_Service.Name=\"tri-oar\"", tri_server_name());
    for (size_t i = 0; i < 2; i++) {
        TRI_AUTO_CIM_OBJECT struct tri_cim_object *row = row_of(queries[i]);
        assert_non_null(row);
        assert_string_equal(text_of(row, "Antecedent"), hull);
        assert_string_equal(text_of(row, "Dependent"), oar);
    }
    assert_int_equal(count_rows("SELECT * FROM Win32_DependentService", "Dependent", oar), 1);
    assert_int_equal(count_rows("SELECT * FROM Win32_SystemServices", "PartComponent", oar), 1);
    assert_int_equal(
        count_rows("SELECT * FROM Win32_SystemServices WHERE PartComponent = \"Win32_Service.Name='tri-oar'\"",
                   "PartComponent", oar),
        1);
    struct collected associated =
        rows_of("ASSOCIATORS OF {Win32_Service.Name='tri-hull'} WHERE AssocClass = Win32_DependentService", "Name");
    assert_string_equal(associated.text, "tri-oar");
}

/* ---- connections ---- */

static void *ask_often(void *data)
{
    bool *is_good = data;
    *is_good = true;
    for (int i = 0; i < 50; i++) {
        struct tri_call *call = start_query("SELECT Name, State FROM Win32_Service WHERE Name = 'tri-hull'", 0, true);
        struct tri_cim_object *object = NULL;
        uint64_t position = 0;
        *is_good &= tri_call_next(call, &position, patience(), &object) == 1;
        tri_cim_object_unref(object);
        tri_call_unref(call);
    }
    return NULL;
}

static size_t count_descriptors(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static void many_threads_ask_at_once_and_no_connection_stays(void **state)
{
    NEEDS_THE_UNITS;
    pthread_t threads[8];
    bool good[8] = {false};
    EVENTUALLY(nothing_is_left(NULL) == 0);
    tri_cim_object_unref(service_of("tri-hull"));
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &good[i]), 0);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 8; i++)
        assert_true(good[i]);
    size_t busy = count_descriptors();
    EVENTUALLY(count_descriptors() < busy); /* idle ones are closed, which the clock brings about */
}

/* While systemd starts anew, nobody can reach it, and queries fail. */
static bool is_answered(void)
{
    struct tri_call *call = start_query("SELECT Name FROM Win32_Service WHERE Name = 'tri-kept'", 0, true);
    struct collected rows = collect(call, "Name");
    tri_call_unref(call);
    return rows.end == 0 && rows.count == 1;
}

static void a_connection_that_systemd_closed_is_replaced(void **state)
{
    NEEDS_THE_UNITS;
    assert_true(is_answered());
    systemctl("daemon-reexec");
    EVENTUALLY(is_answered());
    assert_true(is_answered());
}

#define TEST(name) cmocka_unit_test_teardown(name, nothing_is_left)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_systemd_there_are_no_services),
        TEST(a_running_service_is_what_systemd_says),
        TEST(upper_and_lower_case_find_the_same_service),
        TEST(all_services_are_as_each_of_them),
        TEST(how_a_service_ended_is_told),
        TEST(services_start_and_stop),
        TEST(what_may_not_start_or_stop_says_why),
        TEST(a_service_pauses_and_resumes),
        TEST(codes_of_a_services_own_mean_nothing_here),
        TEST(start_modes_change),
        TEST(dependencies_are_rows),
        TEST(many_threads_ask_at_once_and_no_connection_stays),
        TEST(a_connection_that_systemd_closed_is_replaced),
    };
    return cmocka_run_group_tests(tests, open_cimv2, close_cimv2);
}
