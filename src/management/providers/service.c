/* Win32_Service, Win32_DependentService and Win32_SystemServices: systemd's services. A name is its unit's without
 * ".service". Where systemd does not run, there are none. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "management/path.h"
#include "management/providers/host.h"
#include "management/providers/service.h"

/* ---- fields ---- */

enum { NEEDS_UNIT = 1 }; /* more than a list says of one that is active */

static struct tri_service *service_of(const void *row)
{
    return *(struct tri_service *const *)row;
}

static bool is_state(const void *row, const char *state)
{
    return service_of(row)->active && strcmp(service_of(row)->active, state) == 0;
}

static void get_name(const void *row, struct tri_value *ret)
{
    char name[TRI_SERVICE_ID_SIZE];
    if (tri_service_name(service_of(row)->id, name))
        tri_value_set_string(ret, name);
}

static void get_description(const void *row, struct tri_value *ret)
{
    struct tri_service *service = service_of(row);
    if (!service->description)
        tri_service_need_unit(service);
    tri_value_set_string(ret, service->description);
}

static const char *state_of(const void *row)
{
    if (is_state(row, "activating"))
        return "Start Pending";
    if (is_state(row, "deactivating"))
        return "Stop Pending";
    if (is_state(row, "maintenance"))
        return "Unknown";
    if (!tri_service_is_active(service_of(row)))
        return "Stopped";
    const char *freezer = tri_service_freezer(service_of(row));
    if (!freezer || strcmp(freezer, "running") == 0)
        return "Running";
    return strcmp(freezer, "frozen") == 0     ? "Paused"
           : strcmp(freezer, "freezing") == 0 ? "Pause Pending"
                                              : "Continue Pending";
}

static void get_state(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, state_of(row));
}

static void get_started(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, tri_service_is_active(service_of(row)));
}

static void get_status(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, is_state(row, "failed")         ? "Degraded"
                              : is_state(row, "activating")   ? "Starting"
                              : is_state(row, "deactivating") ? "Stopping"
                                                              : "OK");
}

static void get_start_mode(const void *row, struct tri_value *ret)
{
    static const char *const automatic[] = {"enabled", "enabled-runtime", "generated"};
    struct tri_service *service = service_of(row);
    bool is_masked = service->load && strcmp(service->load, "masked") == 0;
    if (!is_masked)
        tri_service_need_unit(service);
    const char *state = service->file_state ? service->file_state : "";
    const char *mode = is_masked || strncmp(state, "masked", 6) == 0 ? "Disabled" : "Manual";
    for (size_t i = 0; i < TRI_FIELD_COUNT(automatic); i++)
        if (strcmp(state, automatic[i]) == 0)
            mode = "Auto";
    tri_value_set_string(ret, mode);
}

static void get_accept_stop(const void *row, struct tri_value *ret)
{
    struct tri_service *service = service_of(row);
    bool is_active = tri_service_is_active(service);
    if (is_active)
        tri_service_need_unit(service);
    tri_value_set_boolean(ret, is_active && service->can_stop);
}

/* Freezing is the unified hierarchy's. */
static void get_accept_pause(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, tri_service_is_active(service_of(row)) &&
                                   access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0);
}

static const struct tri_service *with(const void *row, enum tri_service_part part)
{
    tri_service_need(service_of(row), part);
    return service_of(row);
}

static void get_process(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, with(row, TRI_SERVICE_PID)->main_pid);
}

static void get_program(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, with(row, TRI_SERVICE_PROGRAM)->program);
}

static void get_user(const void *row, struct tri_value *ret)
{
    const char *user = with(row, TRI_SERVICE_USER)->user;
    tri_value_set_string(ret, user && *user ? user : "root");
}

/* Windows' words for how a service ended. (That it never ran is not known: systemd forgets those that it does not
 * need.) */
enum exit_code { EXIT_OK = 0, EXIT_SPECIFIC = 1066, EXIT_ABORTED = 1067 };

static enum exit_code exit_code_of(const void *row)
{
    const struct tri_service *service = with(row, TRI_SERVICE_RESULT);
    if (!service->result || strcmp(service->result, "success") == 0)
        return EXIT_OK;
    return strcmp(service->result, "exit-code") == 0 ? EXIT_SPECIFIC : EXIT_ABORTED;
}

static void get_exit_code(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, exit_code_of(row));
}

static void get_specific_code(const void *row, struct tri_value *ret)
{
    tri_value_set_signed(ret, exit_code_of(row) == EXIT_SPECIFIC ? with(row, TRI_SERVICE_EXIT)->exit_status : 0);
}

TRI_GET_TEXT(get_class, "Win32_Service")
TRI_GET_TEXT(get_error_control, "Normal")
TRI_GET_TEXT(get_type, "Own Process")

static const struct tri_field service_fields[] = {
    {"Name", 0, get_name},
    {"DisplayName", 0, get_description},
    {"Caption", 0, get_description},
    {"Description", 0, get_description},
    {"State", 0, get_state},
    {"Started", 0, get_started},
    {"Status", 0, get_status},
    {"StartMode", NEEDS_UNIT, get_start_mode},
    {"AcceptStop", NEEDS_UNIT, get_accept_stop},
    {"AcceptPause", 0, get_accept_pause},
    {"ProcessId", 0, get_process},
    {"PathName", 0, get_program},
    {"StartName", 0, get_user},
    {"ExitCode", 0, get_exit_code},
    {"ServiceSpecificExitCode", 0, get_specific_code},
    {"ServiceType", 0, get_type},
    {"ErrorControl", 0, get_error_control},
    {"DelayedAutoStart", 0, tri_get_false},
    {"DesktopInteract", 0, tri_get_false},
    {"TagId", 0, tri_get_zero},
    {"CheckPoint", 0, tri_get_zero},
    {"WaitHint", 0, tri_get_zero},
    {"CreationClassName", 0, get_class},
    {"SystemCreationClassName", 0, tri_get_system_class},
    {"SystemName", 0, tri_get_system_name},
};

/* ---- which ones ---- */

/* The id of the service that a reference names. */
static bool id_of_reference(const char *text, char ret[TRI_SERVICE_ID_SIZE])
{
    TRI_CLEANUP(tri_path_clear) struct tri_path path = {0};
    return tri_path_parse(text, &path, NULL) == 0 && path.key_count == 1 && path.keys[0].value.type == TRI_CIM_STRING &&
           tri_service_id(path.keys[0].value.string, ret);
}

/* Does the query name one, by this property? *ret_id "" where it cannot be one. */
static bool find_demanded(const struct tri_scan *scan, const char *property, char ret_id[TRI_SERVICE_ID_SIZE])
{
    const struct tri_value *value = tri_scan_equals(scan, property);
    if (!value)
        return false;
    bool is_valid =
        value->type == TRI_CIM_STRING ? tri_service_id(value->string, ret_id) : id_of_reference(value->string, ret_id);
    if (!is_valid)
        *ret_id = '\0';
    return true;
}

struct search {
    struct tri_scan *scan;
    const char *id; /* in any case; NULL: all */
};

static int give(void *context, struct tri_service *service)
{
    const struct search *search = context;
    if (tri_scan_stopped(search->scan))
        return -ECANCELED;
    service->wants_unit = tri_scan_needs(search->scan) & NEEDS_UNIT;
    return search->id && !tri_name_equal(search->id, service->id) ? 0 : tri_scan_row(search->scan, &service);
}

/* By its very name first; systemd tells upper from lower case, queries do not. */
static int scan_one(struct tri_scan *scan, struct tri_systemd *systemd, const char *id, struct tri_error *error)
{
    TRI_AUTO_SERVICE struct tri_service service = {0};
    struct tri_service *row = &service;
    int r = *id ? tri_service_read(systemd, id, &service, error) : 0;
    if (r == TRI_MANAGEMENT_NOT_FOUND)
        return tri_services_list(systemd, give, &(struct search){scan, id}, error);
    return r < 0 || !*id ? r : tri_scan_row(scan, &row);
}

static int scan_by(struct tri_scan *scan, const char *property, struct tri_error *error)
{
    TRI_AUTO_SYSTEMD struct tri_systemd systemd = {0};
    char id[TRI_SERVICE_ID_SIZE];
    if (!tri_systemd_is_here())
        return tri_error_set(
            error, TRI_MANAGEMENT_NOT_FOUND, "Win32_Service",
            "There are no services here: they are systemd's, and this machine was not booted with it.");
    int r = tri_systemd_open(&systemd, tri_scan_deadline_ns(scan), error);
    if (r < 0)
        return r;
    return find_demanded(scan, property, id) ? scan_one(scan, &systemd, id, error)
                                             : tri_services_list(&systemd, give, &(struct search){scan, NULL}, error);
}

static int scan_services(struct tri_scan *scan, struct tri_error *error)
{
    return scan_by(scan, "Name", error);
}

/* ---- Win32_SystemServices ---- */

static void set_service_reference(const char *id, struct tri_value *ret)
{
    char name[TRI_SERVICE_ID_SIZE];
    if (tri_service_name(id, name))
        tri_set_reference(ret, "Win32_Service.Name", name);
}

static void get_part(const void *row, struct tri_value *ret)
{
    set_service_reference(service_of(row)->id, ret);
}

static const struct tri_field system_fields[] = {{"GroupComponent", 0, tri_get_this_computer},
                                                 {"PartComponent", 0, get_part}};

static int scan_system(struct tri_scan *scan, struct tri_error *error)
{
    return scan_by(scan, "PartComponent", error);
}

/* ---- Win32_DependentService ---- */

struct dependency {
    const char *antecedent, *dependent; /* ids */
};

static void get_antecedent(const void *row, struct tri_value *ret)
{
    set_service_reference(((const struct dependency *)row)->antecedent, ret);
}

static void get_dependent(const void *row, struct tri_value *ret)
{
    set_service_reference(((const struct dependency *)row)->dependent, ret);
}

static const struct tri_field dependent_fields[] = {{"Antecedent", 0, get_antecedent}, {"Dependent", 0, get_dependent}};

static const char *const needed[] = {"Requires", "Requisite", "BindsTo", NULL};
static const char *const needed_by[] = {"RequiredBy", "RequisiteOf", "BoundBy", NULL};

/* The rows of one service: what it needs, or who needs it. */
static int give_related(struct tri_scan *scan, struct tri_systemd *systemd, const char *id, bool is_antecedent,
                        struct tri_error *error)
{
    char **ids = NULL;
    int r = tri_service_related(systemd, id, is_antecedent ? needed_by : needed, &ids, error);
    for (char **other = ids; r == 0 && *other; other++)
        r = tri_scan_row(scan, &(struct dependency){is_antecedent ? id : *other, is_antecedent ? *other : id});
    tri_systemd_texts_free(ids);
    return r;
}

struct dependents {
    struct tri_scan *scan;
    struct tri_error *error;
};

static int give_needed(void *context, struct tri_service *service)
{
    const struct dependents *dependents = context;
    if (tri_scan_stopped(dependents->scan))
        return -ECANCELED;
    return service->active ? give_related(dependents->scan, service->systemd, service->id, false, dependents->error)
                           : 0;
}

static int scan_dependents(struct tri_scan *scan, struct tri_error *error)
{
    TRI_AUTO_SYSTEMD struct tri_systemd systemd = {0};
    char id[TRI_SERVICE_ID_SIZE];
    if (!tri_systemd_is_here())
        return 0;
    int r = tri_systemd_open(&systemd, tri_scan_deadline_ns(scan), error);
    if (r < 0)
        return r;
    bool is_antecedent = find_demanded(scan, "Antecedent", id);
    if (!is_antecedent && !find_demanded(scan, "Dependent", id))
        return tri_services_list(&systemd, give_needed, &(struct dependents){scan, error}, error);
    TRI_AUTO_SERVICE struct tri_service service = {0};
    r = *id ? tri_service_read(&systemd, id, &service, error) : TRI_MANAGEMENT_NOT_FOUND;
    if (r < 0)
        return r == TRI_MANAGEMENT_NOT_FOUND ? 0 : r;
    return give_related(scan, &systemd, id, is_antecedent, error);
}

/* ---- the tables ---- */

static const struct tri_provided_class service_class = {.name_space = "root\\cimv2",
                                                        .name = "Win32_Service",
                                                        .fields = service_fields,
                                                        .field_count = TRI_FIELD_COUNT(service_fields),
                                                        .scan = scan_services,
                                                        .methods = tri_service_methods,
                                                        .method_count = TRI_SERVICE_METHOD_COUNT};
static const struct tri_provided_class system_class = {.name_space = "root\\cimv2",
                                                       .name = "Win32_SystemServices",
                                                       .fields = system_fields,
                                                       .field_count = TRI_FIELD_COUNT(system_fields),
                                                       .scan = scan_system};
static const struct tri_provided_class dependent_class = {.name_space = "root\\cimv2",
                                                          .name = "Win32_DependentService",
                                                          .fields = dependent_fields,
                                                          .field_count = TRI_FIELD_COUNT(dependent_fields),
                                                          .scan = scan_dependents};

const struct tri_provided_class *const tri_provider_service[] = {&service_class, &system_class, &dependent_class, NULL};
