/* Compute systems, as Hyper-V's provider shows virtual machines: Msvm_ComputerSystem. The first is the host itself. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "compute/error.h"
#include "compute/system.h"
#include "management/providers/fields.h"

/* What RequestStateChange answers, and EnabledState and RequestedState say. */
enum { DONE = 0, FAILED = 32768, DENIED = 32769, NOT_SUPPORTED = 32770, BAD_PARAMETER = 32773, BAD_STATE = 32775 };
enum { ENABLED = 2, DISABLED = 3, SHUTTING_DOWN = 4, OFFLINE = 6, QUIESCE = 9, STARTING = 10, RESET = 11, NO_REQUEST = 12 };
enum { NEEDS_STATISTICS = 1, NEEDS_PROCESSES = 2 };
enum { OPERATIONAL_OK = 2, HEALTH_OK = 5 };

struct machine {
    bool is_host;
    char *id; /* as it was created; owned */
    char name[37];
    enum tri_system_state state;
    bool has_uptime;
    uint64_t uptime_ns;
    uint32_t pid; /* of its first process; 0: not known */
};

struct machines {
    struct machine *items;
    size_t count;
};

static void machines_clear(struct machines *machines)
{
    for (size_t i = 0; i < machines->count; i++)
        free(machines->items[i].id);
    free(machines->items);
}

/* ---- fields ---- */

static const struct machine *machine_of(const void *row)
{
    return row;
}

static void get_class(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, "Msvm_ComputerSystem");
}

static void get_name(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, machine_of(row)->is_host ? tri_server_name() : machine_of(row)->name);
}

static void get_element_name(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, machine_of(row)->is_host ? tri_server_name() : machine_of(row)->id);
}

static void get_caption(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, machine_of(row)->is_host ? "Hosting Computer System" : "Container");
}

static void get_description(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, machine_of(row)->is_host ? "The host" : "A compute system of this host");
}

static void get_enabled_state(const void *row, struct tri_value *ret)
{
    static const uint8_t states[] = {[TRI_SYSTEM_CREATING] = STARTING, [TRI_SYSTEM_CREATED] = DISABLED,
                                     [TRI_SYSTEM_RUNNING] = ENABLED,   [TRI_SYSTEM_PAUSED] = QUIESCE,
                                     [TRI_SYSTEM_STOPPED] = DISABLED};
    tri_value_set_unsigned(ret, machine_of(row)->is_host ? ENABLED : states[machine_of(row)->state]);
}

static void get_requested_state(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, NO_REQUEST);
}

static void get_operational(const void *row, struct tri_value *ret)
{
    static const int64_t ok = OPERATIONAL_OK;
    tri_value_set_numbers(ret, &ok, 1);
}

static void get_health(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, HEALTH_OK);
}

static void get_status(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, "OK");
}

static void get_on_time(const void *row, struct tri_value *ret)
{
    struct timespec up;
    if (machine_of(row)->is_host && clock_gettime(CLOCK_BOOTTIME, &up) == 0)
        tri_value_set_unsigned(ret, (uint64_t)up.tv_sec * 1000 + (uint64_t)up.tv_nsec / 1000000);
    else if (machine_of(row)->has_uptime)
        tri_value_set_unsigned(ret, machine_of(row)->uptime_ns / 1000000);
}

static void get_process(const void *row, struct tri_value *ret)
{
    if (machine_of(row)->pid > 0)
        tri_value_set_unsigned(ret, machine_of(row)->pid);
}

static const struct tri_field fields[] = {
    {"CreationClassName", 0, get_class},
    {"Name", 0, get_name},
    {"ElementName", 0, get_element_name},
    {"Caption", 0, get_caption},
    {"Description", 0, get_description},
    {"EnabledState", 0, get_enabled_state},
    {"RequestedState", 0, get_requested_state},
    {"OperationalStatus", 0, get_operational},
    {"HealthState", 0, get_health},
    {"Status", 0, get_status},
    {"OnTimeInMilliseconds", NEEDS_STATISTICS, get_on_time},
    {"ProcessID", NEEDS_PROCESSES, get_process},
};

/* ---- what the engine knows ---- */

/* Waits for an operation to its deadline, and reads it. */
static int finish(struct tri_op *op, uint64_t deadline_ns, tri_op_reader *read, void *context)
{
    int r = tri_op_wait(op, deadline_ns);
    return r < 0 ? r : tri_op_read_result(op, read, context);
}

static int take_code(void *context, const struct tri_op_tag *tag, int code, const struct tri_error *error, void *value)
{
    return code;
}

/* The engine's id of a system is lower case; Windows shows it in upper case. */
static int take_list(void *context, const struct tri_op_tag *tag, int code, const struct tri_error *error, void *value)
{
    struct machines *machines = context;
    const struct tri_system_list *list = value;
    if (code < 0 || list->count == 0)
        return code;
    machines->items = calloc(list->count, sizeof *machines->items);
    if (!machines->items)
        return -ENOMEM;
    for (size_t i = 0; i < list->count; i++) {
        struct machine *machine = &machines->items[machines->count];
        machine->id = strdup(list->systems[i].id);
        machine->state = list->systems[i].state;
        for (size_t k = 0; k < sizeof machine->name - 1; k++)
            machine->name[k] = (char)toupper((unsigned char)list->systems[i].runtime_id[k]);
        machines->count++;
        if (!machine->id)
            return -ENOMEM;
    }
    return 0;
}

static int list_machines(uint64_t deadline_ns, struct machines *ret, struct tri_error *error)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    if (!op)
        return tri_error_no_memory(error);
    int r = tri_system_enumerate(NULL, NULL, op, NULL);
    r = r < 0 ? r : finish(op, deadline_ns, take_list, ret);
    return r < 0 ? tri_error_set(error, TRI_MANAGEMENT_PROVIDER_FAILURE, NULL,
                                 "The compute systems of this host cannot be listed (error %d).", -r)
                 : 0;
}

static int take_facts(void *context, const struct tri_op_tag *tag, int code, const struct tri_error *error, void *value)
{
    struct machine *machine = context;
    const struct tri_system_info *info = value;
    if (code < 0)
        return code;
    machine->has_uptime = info->queried & TRI_QUERY_STATISTICS;
    machine->uptime_ns = info->statistics.uptime_ns;
    machine->pid = info->queried & TRI_QUERY_PROCESSES && info->process_count > 0 ? info->processes[0].pid : 0;
    return 0;
}

static void close_system(struct tri_system *system)
{
    tri_system_close(tri_system_handle(system));
    tri_system_unref(system);
}

/* What costs a question to the system itself; one that goes meanwhile has no answer. */
static void ask_machine(struct machine *machine, unsigned needs, uint64_t deadline_ns)
{
    struct tri_system *system = NULL;
    unsigned queries = (needs & NEEDS_STATISTICS ? TRI_QUERY_STATISTICS : 0) |
                       (needs & NEEDS_PROCESSES ? TRI_QUERY_PROCESSES : 0);
    bool runs = machine->state == TRI_SYSTEM_RUNNING || machine->state == TRI_SYSTEM_PAUSED;
    TRI_AUTO_OP struct tri_op *op = runs && queries ? tri_op_new() : NULL;
    if (!op || tri_system_open(NULL, machine->id, &system, NULL) < 0)
        return;
    if (tri_system_query(system, queries, NULL, op, NULL) == 0)
        finish(op, deadline_ns, take_facts, machine);
    close_system(system);
}

static int scan_machines(struct tri_scan *scan, struct tri_error *error)
{
    TRI_CLEANUP(machines_clear) struct machines machines = {0};
    const struct tri_value *name = tri_scan_equals(scan, "Name");
    int r = tri_scan_row(scan, &(struct machine){.is_host = true});
    if (r == 0)
        r = list_machines(tri_scan_deadline_ns(scan), &machines, error);
    for (size_t i = 0; r == 0 && i < machines.count && !tri_scan_stopped(scan); i++) {
        if (name && !tri_name_equal(name->string, machines.items[i].name))
            continue;
        ask_machine(&machines.items[i], tri_scan_needs(scan), tri_scan_deadline_ns(scan));
        r = tri_scan_row(scan, &machines.items[i]);
    }
    return r;
}

/* ---- RequestStateChange ---- */

typedef int change_start(struct tri_system *system, struct tri_op *op, const struct tri_op_tag *tag);

/* Which change a requested state means for a system in its state; NULL: none. */
static change_start *change_of(uint64_t requested, enum tri_system_state state)
{
    switch (requested) {
    case ENABLED:
        return state == TRI_SYSTEM_PAUSED ? tri_system_resume : tri_system_start;
    case DISABLED:
        return tri_system_terminate;
    case SHUTTING_DOWN:
        return tri_system_shutdown;
    case QUIESCE:
        return tri_system_pause;
    default:
        return NULL;
    }
}

static unsigned return_value(int code)
{
    return code == 0                                           ? DONE
           : code == -EACCES || code == -EPERM                 ? DENIED
           : code == TRI_COMPUTE_BAD_STATE                 ? BAD_STATE
           : code == TRI_COMPUTE_NOT_IMPLEMENTED               ? NOT_SUPPORTED
                                                               : FAILED;
}

static unsigned change_state(const struct machine *machine, uint64_t requested, uint64_t deadline_ns)
{
    struct tri_system *system = NULL;
    change_start *start = change_of(requested, machine->state);
    if (!start) /* save, reboot and reset are none that containers have */
        return requested == OFFLINE || requested == STARTING || requested == RESET ? NOT_SUPPORTED : BAD_PARAMETER;
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    int r = op ? tri_system_open(NULL, machine->id, &system, NULL) : -ENOMEM;
    if (r < 0)
        return return_value(r);
    r = start(system, op, NULL);
    r = r < 0 ? r : finish(op, deadline_ns, take_code, NULL);
    close_system(system);
    return return_value(r);
}

static int run_request(const struct tri_invocation *invocation, struct tri_error *error)
{
    TRI_CLEANUP(machines_clear) struct machines machines = {0};
    const struct tri_value *name = tri_cim_object_find(invocation->target, "Name");
    const struct tri_value *state = invocation->in ? tri_cim_object_find(invocation->in, "RequestedState") : NULL;
    unsigned value = NOT_SUPPORTED; /* the host */
    int r = list_machines(invocation->deadline_ns, &machines, error);
    if (r < 0)
        return r;
    for (size_t i = 0; i < machines.count; i++)
        if (name && name->is_set && tri_name_equal(name->string, machines.items[i].name))
            value = state && state->is_set ? change_state(&machines.items[i], state->natural, invocation->deadline_ns)
                                           : BAD_PARAMETER;
    tri_cim_object_set_unsigned(invocation->out, "ReturnValue", value);
    return 0;
}

static const struct tri_provided_method methods[] = {{"RequestStateChange", run_request}};

static const struct tri_provided_class machine_class = {.name_space = "root\\virtualization\\v2",
                                                        .name = "Msvm_ComputerSystem",
                                                        .fields = fields,
                                                        .field_count = TRI_FIELD_COUNT(fields),
                                                        .scan = scan_machines,
                                                        .methods = methods,
                                                        .method_count = TRI_FIELD_COUNT(methods)};

const struct tri_provided_class *const tri_provider_compute[] = {&machine_class, NULL};
