#include "systems.h"

#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "text.h"

static const char full_query[] = "{\"PropertyTypes\":[\"Statistics\",\"ProcessList\",\"TerminateOnLastHandleClosed\"]}";

json_t *tri_systems_named(int count, char *const *ids)
{
    json_t *array = tri_checked(json_array());

    for (int i = 0; i < count; i++)
        json_array_append_new(array, json_string(ids[i]));
    return count ? json_pack("{s:o}", "Ids", array) : (json_decref(array), NULL);
}

json_t *tri_systems_list(const struct tri_cli *cli, json_t *query)
{
    TRI_AUTO_CALL struct tri_call call;
    TRI_AUTO_FREE PWSTR wide = query ? tri_wide_document(query) : NULL;

    tri_call_open(&call, cli, "compute systems");
    if (FAILED(tri_call_wait(&call, "looking for compute systems", HcsEnumerateComputeSystems(wide, call.operation)))) {
        tri_call_fail(&call, "list");
        return NULL;
    }
    return tri_checked(json_incref(call.document));
}

static bool has_id(const json_t *list, const char *id)
{
    size_t i;
    json_t *system;

    json_array_foreach (list, i, system)
        if (!strcasecmp(tri_member_text(system, "Id"), id))
            return true;
    return false;
}

int tri_systems_check(const struct tri_cli *cli, const char *verb, const json_t *list, int count, char *const *ids)
{
    for (int i = 0; i < count; i++)
        if (!has_id(list, ids[i]))
            return tri_fail_call(cli, HCS_E_SYSTEM_NOT_FOUND, NULL, "cannot %s %s", verb, tri_text_named(ids[i]));
    return 0;
}

/* One of many queries in flight. */
struct query {
    HCS_SYSTEM system;
    struct tri_call call;
    HRESULT started;
};

static void begin_query(struct query *query, const struct tri_cli *cli, const char *id)
{
    TRI_AUTO_FREE PWSTR wide_id = tri_wide(id);
    TRI_AUTO_FREE PWSTR wide_query = tri_wide(full_query);

    tri_call_open(&query->call, cli, id);
    query->started = HcsOpenComputeSystem(wide_id, GENERIC_ALL, &query->system);
    if (SUCCEEDED(query->started))
        query->started = HcsGetComputeSystemProperties(query->system, query->call.operation, wide_query);
}

static void finish_query(struct query *query, json_t *result)
{
    HRESULT hr = tri_call_wait(&query->call, "asking compute systems", query->started);

    if (SUCCEEDED(hr))
        json_array_append(result, query->call.document);
    tri_call_close(&query->call);
    tri_system_closep(&query->system);
}

static bool is_stopped(const json_t *system)
{
    return !strcmp(tri_member_text(system, "State"), "Stopped");
}

json_t *tri_systems_query(const struct tri_cli *cli, json_t *list)
{
    size_t count = json_array_size(list);
    TRI_AUTO_FREE struct query *queries = tri_checked(calloc(count + 1, sizeof(*queries)));
    json_t *result = tri_checked(json_array());

    for (size_t i = 0; i < count; i++)
        if (!is_stopped(json_array_get(list, i)))
            begin_query(&queries[i], cli, tri_member_text(json_array_get(list, i), "Id"));
    for (size_t i = 0; i < count; i++) {
        if (queries[i].call.operation)
            finish_query(&queries[i], result);
        else
            json_array_append(result, json_array_get(list, i));
    }
    json_decref(list);
    return result;
}

/* RFC 3339 times of one length sort as text; processes of the same moment in the order of their numbers. */
static int compare_age(const void *a, const void *b)
{
    const json_t *first = *(json_t *const *)a, *second = *(json_t *const *)b;
    int order = strcmp(tri_member_text(first, "CreateTimestamp"), tri_member_text(second, "CreateTimestamp"));
    uint64_t first_pid = tri_member_number(first, "ProcessId"), second_pid = tri_member_number(second, "ProcessId");

    return order ? order : (first_pid > second_pid) - (first_pid < second_pid);
}

static HCS_PROCESS open_first(HCS_SYSTEM system, json_t *const *processes, size_t count, uint32_t *ret_pid)
{
    HCS_PROCESS process = NULL;

    for (size_t i = 0; i < count; i++) {
        uint32_t pid = (uint32_t)tri_member_number(processes[i], "ProcessId");
        if (SUCCEEDED(HcsOpenProcess(system, pid, GENERIC_ALL, &process))) {
            *ret_pid = pid;
            return process;
        }
    }
    return NULL;
}

HCS_PROCESS tri_system_program(struct tri_call *call, HCS_SYSTEM system, uint32_t *ret_pid)
{
    TRI_AUTO_FREE PWSTR query = tri_wide("{\"PropertyTypes\":[\"ProcessList\"]}");

    if (FAILED(tri_call_wait(call, "asking for its processes",
                             HcsGetComputeSystemProperties(system, call->operation, query))))
        return NULL;
    const json_t *list = json_object_get(call->document, "ProcessList");
    size_t count = json_array_size(list);
    TRI_AUTO_FREE json_t **processes = tri_checked(calloc(count + 1, sizeof(*processes)));
    for (size_t i = 0; i < count; i++)
        processes[i] = json_array_get(list, i);
    qsort(processes, count, sizeof(*processes), compare_age);

    HCS_PROCESS process = open_first(system, processes, count, ret_pid);
    if (!process)
        tri_call_set_result(call, HRESULT_FROM_WIN32(ERROR_NOT_FOUND));
    return process;
}
