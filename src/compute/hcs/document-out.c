/* What the engine answers, written as HCS's documents. A piece that could not be made for want of memory makes the
 * whole NULL: json_pack sees to that. */
#include "compute/hcs/document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/utf16.h"
#include "compute/error.h"
#include "compute/hcs/hresult.h"
#include "compute/hcs/schema-tables.h"

enum { NS_PER_100NS = 100, PAGE_BYTES = 4096, SIGNAL_EXIT_BASE = 128 };

int tri_hcs_document_write(json_t *json, PWSTR *ret)
{
    TRI_AUTO_JSON json_t *owned = json;
    TRI_AUTO_FREE char *utf8 = owned ? json_dumps(owned, JSON_COMPACT) : NULL;
    return utf8 ? tri_utf16_from_utf8(utf8, (char16_t **)ret) : -ENOMEM;
}

/* ---- scalars ---- */

static json_t *number(uint64_t value)
{
    return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

static json_t *ticks(uint64_t ns)
{
    return number(ns / NS_PER_100NS);
}

static json_t *time_or_null(uint64_t wall_ns)
{
    char text[TRI_TIME_TEXT_SIZE];
    if (!wall_ns)
        return NULL;
    tri_time_text(wall_ns, text);
    return json_string(text);
}

/* Text that others wrote need not be UTF-8: what is not becomes U+FFFD on its way through UTF-16. */
static json_t *foreign_text(const char *text)
{
    json_t *string = json_string(text);
    if (string || !text)
        return string;
    TRI_AUTO_FREE char16_t *units = NULL;
    TRI_AUTO_FREE char *clean = NULL;
    if (tri_utf16_from_utf8(text, &units) < 0 || tri_utf8_from_utf16(units, &clean) < 0)
        return NULL;
    return json_string(clean);
}

/* ---- exits ---- */

static const char *exit_type(const struct tri_system_exit *exit)
{
    static const char *const names[] = {[TRI_EXIT_GRACEFUL] = "GracefulExit",
                                        [TRI_EXIT_FORCED] = "ForcedExit",
                                        [TRI_EXIT_UNEXPECTED] = "UnexpectedExit"};
    return names[exit->type];
}

static uint32_t exit_code(int wait_status)
{
    if (WIFSIGNALED(wait_status))
        return (uint32_t)(SIGNAL_EXIT_BASE + WTERMSIG(wait_status));
    return (uint32_t)WEXITSTATUS(wait_status);
}

/* Who ended the system, and how the program ended that it was made for. */
static json_t *attribution(const struct tri_system_exit *exit)
{
    static const char *const details[] = {
        [TRI_EXIT_GRACEFUL] = "Shutdown", [TRI_EXIT_FORCED] = "Terminate", [TRI_EXIT_UNEXPECTED] = "UnexpectedExit"};
    static const char *const initiators[] = {
        [TRI_EXIT_BY_CLIENT] = "Client", [TRI_EXIT_BY_GUEST] = "GuestOS", [TRI_EXIT_BY_INTERNAL] = "Internal"};
    json_t *system = json_pack("{s:{s:s, s:s}}", "SystemExit", "Detail", details[exit->type], "Initiator",
                               initiators[exit->initiator]);
    if (!exit->program_exited)
        return json_pack("[o]", system);
    return json_pack("[o, {s:{s:I, s:s}}]", system, "WorkerExit", "ExitCode",
                     (json_int_t)exit_code(exit->program_wait_status), "Type", "Stopped");
}

json_t *tri_hcs_system_exit(const struct tri_system_exit *exit)
{
    HRESULT status = exit->type == TRI_EXIT_UNEXPECTED ? HCS_E_UNEXPECTED_EXIT : S_OK;
    return json_pack("{s:i, s:s, s:o, s:o*}", "Status", (int)status, "ExitType", exit_type(exit), "Attribution",
                     attribution(exit), "OutOfMemory", exit->out_of_memory ? json_true() : NULL);
}

json_t *tri_hcs_process_status(const struct tri_process_status *status)
{
    bool known = status->exited && !status->unknown;
    HRESULT wait_result = status->exited && !known ? HCS_E_TERMINATED : S_OK;
    return json_pack("{s:I, s:b, s:I, s:i}", "ProcessId", (json_int_t)status->pid, "Exited", status->exited, "ExitCode",
                     (json_int_t)(known ? exit_code(status->wait_status) : 0), "LastWaitResult", (int)wait_result);
}

/* ---- properties ---- */

static json_t *write_processor_use(const struct tri_system_statistics *s)
{
    return json_pack("{s:o, s:o, s:o}", "TotalRuntime100ns", ticks(s->cpu_ns), "RuntimeUser100ns",
                     ticks(s->cpu_user_ns), "RuntimeKernel100ns", ticks(s->cpu_kernel_ns));
}

static json_t *write_memory_use(const struct tri_system_statistics *s)
{
    return json_pack("{s:o, s:o, s:o}", "MemoryUsageCommitBytes", number(s->memory_bytes), "MemoryUsageCommitPeakBytes",
                     number(s->memory_peak_bytes), "MemoryUsagePrivateWorkingSetBytes",
                     number(s->memory_private_bytes));
}

static json_t *write_storage_use(const struct tri_system_statistics *s)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "ReadCountNormalized", number(s->read_count), "ReadSizeBytes",
                     number(s->read_bytes), "WriteCountNormalized", number(s->write_count), "WriteSizeBytes",
                     number(s->write_bytes));
}

static json_t *write_statistics(const struct tri_system_info *info)
{
    const struct tri_system_statistics *s = &info->statistics;
    return json_pack("{s:o*, s:o*, s:o, s:o, s:o, s:o}", "Timestamp", time_or_null(s->taken_wall_ns),
                     "ContainerStartTime", time_or_null(s->start_wall_ns), "Uptime100ns", ticks(s->uptime_ns),
                     "Processor", write_processor_use(s), "Memory", write_memory_use(s), "Storage",
                     write_storage_use(s));
}

static json_t *write_process(const struct tri_process_entry *entry)
{
    return json_pack("{s:I, s:o, s:o*, s:o, s:o, s:o, s:o, s:o}", "ProcessId", (json_int_t)entry->pid, "ImageName",
                     foreign_text(entry->name), "CreateTimestamp", time_or_null(entry->create_wall_ns), "UserTime100ns",
                     ticks(entry->user_ns), "KernelTime100ns", ticks(entry->kernel_ns), "MemoryCommitBytes",
                     number(entry->commit_bytes), "MemoryWorkingSetPrivateBytes", number(entry->private_bytes),
                     "MemoryWorkingSetSharedBytes", number(entry->shared_bytes));
}

static json_t *write_processes(const struct tri_system_info *info)
{
    TRI_AUTO_JSON json_t *list = json_array();
    for (size_t i = 0; i < info->process_count; i++)
        if (json_array_append_new(list, write_process(&info->processes[i])) < 0)
            return NULL;
    return TRI_TAKE(list);
}

static json_t *write_memory(const struct tri_system_info *info)
{
    return json_pack("{s:i, s:{s:o}}", "VirtualNodeCount", 1, "VirtualMachineMemory", "AssignedMemory",
                     number(info->statistics.memory_bytes / PAGE_BYTES));
}

static json_t *write_last_close(const struct tri_system_info *info)
{
    return json_boolean(info->terminate_on_last_close);
}

static json_t *write_no_regions(const struct tri_system_info *info)
{
    (void)info;
    return json_array();
}

static json_t *write_guid(const struct tri_system_info *info)
{
    return json_string(info->runtime_id);
}

/* The properties that can be asked for. One without a writer belongs to virtual machines, and a container answers for
 * it with an error of its own in PropertyResponses. */
static const struct property {
    const char *name, *member;
    unsigned engine; /* TRI_QUERY_* that it needs */
    json_t *(*write)(const struct tri_system_info *info);
} properties[] = {
    {"Statistics", "Statistics", TRI_QUERY_STATISTICS, write_statistics},
    {"ProcessList", "ProcessList", TRI_QUERY_PROCESSES, write_processes},
    {"Memory", "Memory", TRI_QUERY_MEMORY, write_memory},
    {"TerminateOnLastHandleClosed", "TerminateOnLastHandleClosed", 0, write_last_close},
    {"SharedMemoryRegion", "SharedMemoryRegionInfo", 0, write_no_regions},
    {"SystemGUID", "SystemGUID", 0, write_guid},
    {"GuestConnection", NULL, 0, NULL},
    {"ICHeartbeatStatus", NULL, 0, NULL},
    {"GuestMemory", NULL, 0, NULL},
    {"ContainerCredentialGuard", NULL, 0, NULL},
    {"ProcessorTopology", NULL, 0, NULL},
    {"CpuGroup", NULL, 0, NULL},
};
enum { PROPERTY_COUNT = sizeof(properties) / sizeof(properties[0]) };

/* Asked for as a type: bit i; as a query: bit i + QUERY_SHIFT. */
enum { QUERY_SHIFT = 16 };
_Static_assert((int)PROPERTY_COUNT <= (int)QUERY_SHIFT, "two sets fit into 32 bits");

static uint32_t property_bit(const char *name)
{
    for (unsigned i = 0; i < PROPERTY_COUNT; i++)
        if (strcmp(properties[i].name, name) == 0)
            return 1u << i;
    return 0;
}

struct asking {
    uint32_t asked;
    char **unknown;
    size_t unknown_count;
    int code;
};

static void ask(struct asking *asking, const char *name, unsigned shift)
{
    uint32_t bit = property_bit(name);
    asking->asked |= bit << shift;
    if (bit || asking->code < 0)
        return;
    if ((asking->unknown[asking->unknown_count] = strdup(name)))
        asking->unknown_count++;
    else
        asking->code = -ENOMEM;
}

/* A name that is not known takes nothing away from the others: newer clients ask older hosts. */
int tri_hcs_read_property_query(PCWSTR text, uint32_t *ret_asked, char ***ret_unknown, struct tri_error *error)
{
    TRI_AUTO_JSON json_t *document = NULL;
    int r = tri_hcs_document_read(text, &tri_schema_property_query, &document, error);
    if (r < 0)
        return r;
    json_t *types = json_object_get(document, "PropertyTypes"), *queries = json_object_get(document, "Queries");
    struct asking asking = {.unknown = calloc(json_array_size(types) + json_object_size(queries) + 1, sizeof(char *))};
    asking.code = asking.unknown ? 0 : -ENOMEM;
    size_t index;
    const char *name;
    json_t *value;
    json_array_foreach (types, index, value)
        ask(&asking, json_string_value(value), 0);
    json_object_foreach (queries, name, value)
        ask(&asking, name, QUERY_SHIFT);
    if (asking.code < 0) {
        tri_strings_free(asking.unknown);
        return tri_error_set(error, -ENOMEM, NULL, "No memory for the query.");
    }
    *ret_asked = asking.asked;
    *ret_unknown = asking.unknown;
    return 0;
}

unsigned tri_hcs_engine_queries(uint32_t asked)
{
    unsigned queries = 0;
    for (unsigned i = 0; i < PROPERTY_COUNT; i++)
        if ((asked | asked >> QUERY_SHIFT) & 1u << i)
            queries |= properties[i].engine;
    return queries;
}

static const char *state_name(enum tri_system_state state)
{
    static const char *const names[] = {[TRI_SYSTEM_CREATING] = "Unknown",
                                        [TRI_SYSTEM_CREATED] = "Created",
                                        [TRI_SYSTEM_RUNNING] = "Running",
                                        [TRI_SYSTEM_PAUSED] = "Paused",
                                        [TRI_SYSTEM_STOPPED] = "Stopped"};
    return names[state];
}

static bool is_known(const struct property *property, const struct tri_system_info *info)
{
    bool live = info->state != TRI_SYSTEM_STOPPED && (info->queried & property->engine) == property->engine;
    return property->write && (live || !property->engine);
}

static json_t *not_found(const char *message)
{
    return json_pack("{s:{s:i, s:s}}", "Error", "Error", (int)HRESULT_FROM_WIN32(ERROR_NOT_FOUND), "ErrorMessage",
                     message);
}

static json_t *write_response(const struct property *property, const struct tri_system_info *info)
{
    if (is_known(property, info))
        return json_pack("{s:o}", "Response", property->write(info));
    return not_found(property->write ? "A system that has stopped has none." : "A container has none.");
}

/* 0, or -ENOMEM */
static int add(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) < 0 ? -ENOMEM : 0;
}

static int add_asked(json_t *document, const struct tri_system_info *info, uint32_t asked)
{
    TRI_AUTO_JSON json_t *responses = json_object();
    int r = 0;
    for (unsigned i = 0; i < PROPERTY_COUNT && r == 0; i++) {
        const struct property *property = &properties[i];
        bool type = asked & 1u << i, query = asked & 1u << (i + QUERY_SHIFT);
        if (type && is_known(property, info))
            r = add(document, property->member, property->write(info));
        if (r == 0 && (query || (type && !is_known(property, info))))
            r = add(responses, property->name, write_response(property, info));
    }
    for (char **name = info->unknown; name && *name && r == 0; name++)
        r = add(responses, *name, not_found("There is no such property here."));
    if (r == 0 && json_object_size(responses) > 0)
        r = add(document, "PropertyResponses", json_incref(responses));
    return r;
}

json_t *tri_hcs_properties(const struct tri_system_info *info, uint32_t asked)
{
    bool stopped = info->state == TRI_SYSTEM_STOPPED;
    TRI_AUTO_JSON json_t *document =
        json_pack("{s:o, s:s, s:s, s:o, s:o, s:s, s:s, s:o*, s:s*}", "Id", foreign_text(info->id), "SystemType",
                  "Container", "RuntimeOsType", "Linux", "Name", foreign_text(info->id), "Owner",
                  foreign_text(info->owner), "RuntimeId", info->runtime_id, "State", state_name(info->state), "Stopped",
                  stopped ? json_true() : NULL, "ExitType", stopped ? exit_type(&info->exit) : NULL);
    if (!document || add_asked(document, info, asked) < 0)
        return NULL;
    return TRI_TAKE(document);
}

json_t *tri_hcs_property_list(const struct tri_system_list *list)
{
    TRI_AUTO_JSON json_t *document = json_array();
    for (size_t i = 0; i < list->count; i++)
        if (json_array_append_new(document, tri_hcs_properties(&list->systems[i], 0)) < 0)
            return NULL;
    return TRI_TAKE(document);
}

/* ---- errors ---- */

static json_t *error_event(const char *message, const char *source)
{
    return json_pack("{s:o, s:s, s:i, s:s}", "Message", foreign_text(message), "Provider",
                     "00000000-0000-0000-0000-000000000000", "EventId", 0, "Source", source);
}

/* The engine names what is wrong in its own words; in the document it stands elsewhere. */
static const struct place {
    int operation_type;
    const char *engine, *document; /* beginnings */
} places[] = {
    {HcsOperationTypeCreate, "layers[", "$.Container.Storage.Layers["},
    {HcsOperationTypeCreate, "root", "$.Container.Storage.Path"},
    {HcsOperationTypeCreate, "host_name", "$.Container.GuestOs.HostName"},
    {HcsOperationTypeCreate, "network_namespace", "$.Container.Networking.Namespace"},
    {HcsOperationTypeCreate, "network_of", "$.Container.Networking.NetworkSharedContainerName"},
    {HcsOperationTypeCreate, "dns_search", "$.Container.Networking.DnsSearchList"},
    {HcsOperationTypeCreate, "limits.memory_bytes", "$.Container.Memory.SizeInMB"},
    {HcsOperationTypeCreate, "oci_bundle", "$.HostedSystem.OciBundlePath"},
    {HcsOperationTypeCreate, "oci_spec", "$.HostedSystem.OciSpecification"},
    {HcsOperationTypeModify, "source", "$.Settings.HostPath"},
    {HcsOperationTypeModify, "target", "$.Settings.ContainerPath"},
    {HcsOperationTypeSave, "path", "$.SaveStateFilePath"},
    {HcsOperationTypeCreateProcess, "user", "$.User"},
    {HcsOperationTypeCreateProcess, "cwd", "$.WorkingDirectory"},
    {HcsOperationTypeCreateProcess, "spec.cwd", "$.WorkingDirectory"},
};

/* The program, or NULL: it is something else that is wrong. */
static const char *command_place(const struct tri_op_tag *tag, const char *where)
{
    static const char *const commands[] = {[TRI_HCS_COMMAND_ARGS] = "$.CommandArgs",
                                           [TRI_HCS_COMMAND_LINE] = "$.CommandLine",
                                           [TRI_HCS_COMMAND_PROGRAM] = "$.ApplicationName",
                                           [TRI_HCS_COMMAND_OCI] = "$.OciProcess.args"};
    bool of_spec = strncmp(where, "spec.", strlen("spec.")) == 0;
    if (tag->kind != HcsOperationTypeCreateProcess)
        return NULL;
    if (tag->detail == TRI_HCS_COMMAND_OCI && strcmp(where, "spec.cwd") == 0)
        return "$.OciProcess.cwd";
    return strcmp(of_spec ? where + strlen("spec.") : where, "args") == 0 ? commands[tag->detail] : NULL;
}

/* A mount, or NULL. 0, or -1: no memory. */
static int mount_place(const struct tri_op_tag *tag, const char *where, char **ret)
{
    size_t index;
    int length = 0;
    if (tag->kind != HcsOperationTypeCreate || sscanf(where, "mounts[%zu].%n", &index, &length) != 1 || !length)
        return 0;
    bool pipe = index >= tag->detail, source = strcmp(where + length, "source") == 0;
    return asprintf(ret, "$.Container.%s[%zu].%s", pipe ? "MappedPipes" : "MappedDirectories",
                    pipe ? index - tag->detail : index,
                    source ? "HostPath"
                    : pipe ? "ContainerPipeName"
                           : "ContainerPath");
}

static int table_place(const struct tri_op_tag *tag, const char *where, char **ret)
{
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        size_t length = strlen(places[i].engine);
        if (places[i].operation_type == tag->kind && strncmp(where, places[i].engine, length) == 0)
            return asprintf(ret, "%s%s", places[i].document, where + length);
    }
    return 0;
}

static json_t *place_event(const struct tri_op_tag *tag, const char *where)
{
    const char *command = command_place(tag, where);
    TRI_AUTO_FREE char *place = NULL;
    if (command)
        return error_event(command, "trireme");
    if (mount_place(tag, where, &place) < 0 || (!place && table_place(tag, where, &place) < 0))
        return place = NULL, NULL;
    return error_event(place ? place : where, "trireme");
}

/* Where it is wrong, and what the backend said. */
static json_t *error_events(const struct tri_op_tag *tag, const struct tri_error *error)
{
    TRI_AUTO_JSON json_t *events = json_array();
    int r = 0;
    if (error && error->where)
        r = json_array_append_new(events, place_event(tag, error->where));
    if (r == 0 && error && error->detail)
        r = json_array_append_new(events, error_event(error->detail, "oci-runtime"));
    return r < 0 ? NULL : TRI_TAKE(events);
}

json_t *tri_hcs_result_error(const struct tri_op_tag *tag, int code, const struct tri_error *error)
{
    const char *text = error && error->text ? error->text : tri_hcs_sentence(code);
    return json_pack("{s:i, s:o, s:o}", "Error", (int)tri_hcs_hresult(code), "ErrorMessage", foreign_text(text),
                     "ErrorEvents", error_events(tag, error));
}

/* ---- operations ---- */

static const char *operation_name(int kind)
{
    static const char *const names[] = {[HcsOperationTypeEnumerate] = "Enumerate",
                                        [HcsOperationTypeCreate] = "Construct",
                                        [HcsOperationTypeStart] = "Start",
                                        [HcsOperationTypeShutdown] = "Shutdown",
                                        [HcsOperationTypePause] = "Pause",
                                        [HcsOperationTypeResume] = "Resume",
                                        [HcsOperationTypeSave] = "Save",
                                        [HcsOperationTypeTerminate] = "Terminate",
                                        [HcsOperationTypeModify] = "Modify",
                                        [HcsOperationTypeGetProperties] = "GetProperties",
                                        [HcsOperationTypeCreateProcess] = "ExecuteProcess",
                                        [HcsOperationTypeSignalProcess] = "SignalProcess",
                                        [HcsOperationTypeGetProcessInfo] = "GetProcessInfo",
                                        [HcsOperationTypeGetProcessProperties] = "GetProcessProperties",
                                        [HcsOperationTypeModifyProcess] = "ModifyProcess",
                                        [HcsOperationTypeCrash] = "Crash",
                                        [HcsOperationTypeLiveMigration] = "LiveMigration"};
    bool known = kind >= 0 && (size_t)kind < sizeof(names) / sizeof(names[0]) && names[kind];
    return known ? names[kind] : "None";
}

static const char *operation_state(enum tri_op_state state)
{
    static const char *const names[] = {[TRI_OP_IDLE] = "NotStarted",
                                        [TRI_OP_RUNNING] = "Pending",
                                        [TRI_OP_CANCELLING] = "Cancelling",
                                        [TRI_OP_DONE] = "Completed"};
    return names[state];
}

json_t *tri_hcs_operation_info(const struct tri_op_info *info, const char *system_id)
{
    bool failed = info->state == TRI_OP_DONE && info->code < 0;
    json_t *failure = failed ? json_pack("{s:i}", "Result", (int)tri_hcs_hresult(info->code)) : NULL;
    return json_pack("{s:s, s:o*, s:s, s:o*, s:o*, s:o*, s:o*, s:s*, s:i, s:b}", "Operation",
                     operation_name(info->tag.kind), "Id", info->id ? number(info->id) : NULL, "State",
                     operation_state(info->state), "StartTimestamp", time_or_null(info->started_wall_ns),
                     "EndTimestamp", time_or_null(info->ended_wall_ns), "FailureInfo", failure, "SystemId",
                     foreign_text(system_id), "Phase", info->phase, "PercentComplete", (int)info->percent,
                     "Cancellable", info->cancellable);
}
