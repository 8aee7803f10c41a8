/* tri_system_query: the shim says what it knows, a worker reads the rest from files. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "compute/cgroup.h"
#include "compute/error.h"
#include "compute/handles.h"
#include "compute/info.h"
#include "compute/request.h"
#include "compute/statistics.h"

struct query {
    struct tri_system *system;
    unsigned queries;
    char **unknown;
    struct tri_system_info *info; /* between the shim's answer and the files */
};

static void query_free(void *data)
{
    struct query *query = data;
    tri_info_free(query->info);
    tri_strings_free(query->unknown);
    tri_system_unref(query->system);
    free(query);
}

static void read_files(struct tri_op *op, void *data)
{
    struct query *query = data;
    struct tri_system_info *info = query->info;
    const char *cgroup = query->system->session->record.cgroup;
    int r = 0;
    if (query->queries & (TRI_QUERY_STATISTICS | TRI_QUERY_MEMORY))
        tri_statistics_read(TRI_CGROUP_ROOT, cgroup, &info->statistics);
    if (query->queries & TRI_QUERY_PROCESSES)
        r = tri_statistics_processes(TRI_CGROUP_ROOT, cgroup, &info->processes, &info->process_count);
    info->queried = query->queries;
    tri_op_complete(op, r, NULL, r == 0 ? TRI_TAKE(query->info) : NULL, r == 0 ? tri_info_free : NULL);
}

/* A connection that ended with the system's end leaves what was told last. */
static int make_info(struct query *query, const struct tri_reply *reply)
{
    struct tri_session *session = query->system->session;
    struct tri_system_exit exit;
    bool answered = reply->code == 0;
    if (!answered && !tri_session_exit(session, &exit))
        return reply->code;
    int r = tri_info_new(&session->record, answered ? reply->body : NULL, answered ? NULL : &exit, &query->info);
    if (r == 0)
        query->info->unknown = TRI_TAKE(query->unknown);
    return r;
}

static void finish(struct tri_op *op, struct tri_reply *reply, void *context)
{
    struct query *query = context;
    int r = make_info(query, reply);
    if (r == 0 && query->queries && (r = tri_op_continue(op, read_files, query)) == 0)
        return;
    tri_op_complete(op, r, r == reply->code ? &reply->error : NULL, r == 0 ? TRI_TAKE(query->info) : NULL,
                    r == 0 ? tri_info_free : NULL);
}

/* The shim of a stopped system may be gone for good; what it said last is enough. */
static int query_stopped(struct query *query, struct tri_op *op, const struct tri_op_tag *tag)
{
    static const struct tri_op_provider provider = {"query", read_files, NULL, query_free};
    struct tri_reply none = {.code = TRI_COMPUTE_STOPPED};
    int r = make_info(query, &none);
    if (r == 0)
        r = tri_op_submit(op, tag, &provider, query);
    if (r < 0)
        query_free(query);
    return r;
}

int tri_system_query(struct tri_system *system, unsigned queries, char **unknown, struct tri_op *op,
                     const struct tri_op_tag *tag)
{
    static const struct tri_request_use use = {finish, query_free, .only_asks = true};
    struct tri_system_exit exit;
    struct query *query = calloc(1, sizeof(*query));
    if (!query) {
        tri_strings_free(unknown);
        return -ENOMEM;
    }
    *query = (struct query){tri_object_ref(system), queries, unknown, NULL};
    int r;
    if (tri_session_exit(system->session, &exit))
        r = query_stopped(query, op, tag);
    else
        r = tri_request_start(&system->session->connection, op, tag, json_pack("{ss}", "call", "info"), &use, query);
    if (r == 0)
        tri_latch_remember(&system->latch, op);
    return r;
}
