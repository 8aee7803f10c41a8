/* What may be asked for, and by whom: every member is checked here, so that the handlers only look at meaning. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "compute/error.h"
#include "shim/shim.h"

enum { PENDING_MAX = 256, MEMBERS_MAX = 10 };

/* ---- the calls ---- */

enum member_type { MEMBER_TEXT, MEMBER_FLAG, MEMBER_NUMBER, MEMBER_OBJECT, MEMBER_FDS };

struct member {
    const char *name;
    enum member_type type;
    bool optional;
    json_int_t minimum, maximum;
};

enum call_flags {
    BY_CREATOR = 1, /* on the creator's connection */
    BY_NEW = 2,     /* on a connection that has not said hello */
    IN_ORDER = 4,   /* waits its turn */
};

struct tri_call {
    const char *name;
    void (*handle)(struct tri_request *request);
    unsigned flags;
    struct member members[MEMBERS_MAX];
};

/* clang-format off */
#define TEXT(name) {name, MEMBER_TEXT, false, 0, 0}
#define FLAG(name) {name, MEMBER_FLAG, false, 0, 0}
#define OPTIONAL_FLAG(name) {name, MEMBER_FLAG, true, 0, 0}
#define NUMBER(name, minimum, maximum) {name, MEMBER_NUMBER, false, minimum, maximum}
#define OPTIONAL_NUMBER(name, minimum, maximum) {name, MEMBER_NUMBER, true, minimum, maximum}
#define OBJECT(name) {name, MEMBER_OBJECT, false, 0, 0}
#define OPTIONAL_OBJECT(name) {name, MEMBER_OBJECT, true, 0, 0}
#define OPTIONAL_FDS {"fds", MEMBER_FDS, true, 0, 0}
#define PID NUMBER("pid", 1, INT_MAX)

static void handle_hello(struct tri_request *request);
static void handle_close(struct tri_request *request);
static void handle_info(struct tri_request *request);
static void handle_cancel(struct tri_request *request);

static const struct tri_call calls[] = {
    {"create", tri_shim_create, BY_CREATOR,
     {TEXT("id"), TEXT("runtime"), TEXT("kind"), TEXT("runtime_id"), TEXT("cgroup"), OPTIONAL_OBJECT("root"),
      FLAG("own_init"), FLAG("terminate_on_last_close")}},
    {"hello", handle_hello, BY_NEW, {FLAG("handle")}},
    {"close", handle_close, 0, {{0}}},
    {"info", handle_info, 0, {{0}}},
    {"start", tri_shim_start, IN_ORDER, {{0}}},
    {"shutdown", tri_stop_shutdown, 0, {{0}}},
    {"terminate", tri_stop_terminate, 0, {{0}}},
    {"pause", tri_shim_pause, IN_ORDER, {{0}}},
    {"resume", tri_shim_resume, IN_ORDER, {{0}}},
    {"save", tri_shim_save, IN_ORDER, {TEXT("path")}},
    {"update", tri_shim_update, IN_ORDER, {OBJECT("resources")}},
    {"mount", tri_shim_mount, IN_ORDER, {TEXT("source"), TEXT("target"), FLAG("read_only")}},
    {"unmount", tri_shim_unmount, IN_ORDER, {TEXT("target")}},
    {"process", tri_guest_process, 0,
     {OPTIONAL_OBJECT("spec"), OPTIONAL_FLAG("terminal"), OPTIONAL_NUMBER("rows", 0, UINT16_MAX),
      OPTIONAL_NUMBER("columns", 0, UINT16_MAX), OPTIONAL_FDS}},
    {"open-process", tri_guest_open, 0, {PID}},
    {"process-info", tri_guest_info, 0, {PID}},
    {"signal", tri_guest_signal, 0, {PID, NUMBER("signal", 1, 64)}},
    {"resize", tri_guest_resize, 0, {PID, NUMBER("rows", 1, UINT16_MAX), NUMBER("columns", 1, UINT16_MAX)}},
    {"close-streams", tri_guest_close_streams, 0, {PID, NUMBER("streams", 1, 7)}},
    {"cancel", handle_cancel, 0, {NUMBER("request", 1, INT64_MAX)}},
    {"yield", tri_stop_yield, 0, {{0}}},
};
/* clang-format on */

static const struct tri_call *find_call(const char *name)
{
    for (size_t i = 0; name && i < sizeof(calls) / sizeof(calls[0]); i++)
        if (!strcmp(calls[i].name, name))
            return &calls[i];
    return NULL;
}

/* ---- answering ---- */

static void request_free(struct tri_request *request)
{
    TAILQ_REMOVE(&request->shim->requests, request, link);
    if (request->command)
        request->command->request = NULL;
    if (request->client)
        request->client->pending_count--;
    for (size_t i = 0; i < request->fd_count; i++)
        tri_close(request->fds[i]);
    json_decref(request->body);
    if (request->phase != TRI_REQUEST_DIRECT)
        tri_shim_dequeue(request);
    free(request);
}

/* Takes members. */
static void answer(struct tri_request *request, json_t *members, const int *fds, size_t fd_count)
{
    json_t *reply = members ? members : json_object();
    json_object_set_new(reply, "seq", json_integer(request->seq));
    if (request->client)
        tri_wire_send(&request->client->wire, reply, fds, fd_count);
    json_decref(reply);
    request_free(request);
}

void tri_request_reply(struct tri_request *request, json_t *members)
{
    answer(request, members, NULL, 0);
}

void tri_request_reply_fd(struct tri_request *request, json_t *members, const char *name, int fd)
{
    json_object_set_new(members, "fds", json_pack("[s]", name));
    answer(request, members, &fd, 1);
}

void tri_request_drop(struct tri_request *request)
{
    request_free(request);
}

static json_t *error_object(const struct tri_error *error)
{
    json_t *object = json_pack("{s:i}", "code", error->code);
    json_object_set_new(object, "text", json_string(error->text ? error->text : strerror(ENOMEM)));
    if (error->where)
        json_object_set_new(object, "where", json_string(error->where));
    if (error->detail)
        json_object_set_new(object, "detail", json_string(error->detail));
    return object;
}

void tri_request_fail(struct tri_request *request, struct tri_error *error)
{
    json_t *object = error_object(error);
    tri_error_clear(error);
    answer(request, json_pack("{s:o}", "error", object), NULL, 0);
}

void tri_request_refuse(struct tri_request *request, int code, const char *where, const char *format, ...)
{
    TRI_AUTO_FREE char *text = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    struct tri_error error = {0};
    tri_error_set(&error, code, where, "%s", text ? text : "");
    tri_request_fail(request, &error);
}

/* ---- reading ---- */

const char *tri_request_text(const struct tri_request *request, const char *member)
{
    return json_string_value(json_object_get(request->body, member));
}

json_int_t tri_request_number(const struct tri_request *request, const char *member)
{
    return json_integer_value(json_object_get(request->body, member));
}

bool tri_request_flag(const struct tri_request *request, const char *member)
{
    return json_is_true(json_object_get(request->body, member));
}

bool tri_request_is(const struct tri_request *request, const char *call)
{
    return !strcmp(request->call->name, call);
}

void tri_request_handle(struct tri_request *request)
{
    request->call->handle(request);
}

/* ---- checking ---- */

static int bad_member(const char *name, const char *wish, struct tri_error *error)
{
    return tri_error_set(error, TRI_COMPUTE_BAD_DOCUMENT, name, "The member \"%s\" of the request must be %s.", name,
                         wish);
}

static bool is_fd_name(const char *name)
{
    return !strcmp(name, "stdin") || !strcmp(name, "stdout") || !strcmp(name, "stderr");
}

/* As many names as descriptors came, each known, none twice. */
static int check_fds(const struct tri_request *request, const json_t *value, struct tri_error *error)
{
    if (!json_is_array(value) || json_array_size(value) != request->fd_count)
        return bad_member("fds", "an array that names the descriptors sent", error);
    for (size_t i = 0; i < request->fd_count; i++) {
        const char *name = json_string_value(json_array_get(value, i));
        if (!name || !is_fd_name(name))
            return bad_member("fds", "made of \"stdin\", \"stdout\" and \"stderr\"", error);
        for (size_t j = 0; j < i; j++)
            if (!strcmp(name, json_string_value(json_array_get(value, j))))
                return bad_member("fds", "without repetitions", error);
    }
    return 0;
}

static int check_number(const struct member *member, const json_t *value, struct tri_error *error)
{
    json_int_t number = json_integer_value(value);
    if (json_is_integer(value) && number >= member->minimum && number <= member->maximum)
        return 0;
    return tri_error_set(error, TRI_COMPUTE_BAD_DOCUMENT, member->name,
                         "The member \"%s\" of the request must be a number from %lld to %lld.", member->name,
                         (long long)member->minimum, (long long)member->maximum);
}

static int check_value(const struct tri_request *request, const struct member *member, const json_t *value,
                       struct tri_error *error)
{
    switch (member->type) {
    case MEMBER_TEXT:
        if (json_is_string(value) && json_string_length(value) > 0 && json_string_length(value) < PATH_MAX)
            return 0;
        return bad_member(member->name, "a string that is neither empty nor longer than a path may be", error);
    case MEMBER_FLAG:
        return json_is_boolean(value) ? 0 : bad_member(member->name, "true or false", error);
    case MEMBER_NUMBER:
        return check_number(member, value, error);
    case MEMBER_OBJECT:
        return json_is_object(value) ? 0 : bad_member(member->name, "an object", error);
    case MEMBER_FDS:
        return check_fds(request, value, error);
    }
    return bad_member(member->name, "of a known type", error);
}

static const struct member *find_member(const struct tri_call *call, const char *name)
{
    for (const struct member *m = call->members; m < call->members + MEMBERS_MAX && m->name; m++)
        if (!strcmp(m->name, name))
            return m;
    return NULL;
}

static int check_present(const struct tri_request *request, struct tri_error *error)
{
    const char *name;
    json_t *value;
    json_object_foreach (request->body, name, value) {
        if (!strcmp(name, "seq") || !strcmp(name, "call"))
            continue;
        const struct member *member = find_member(request->call, name);
        if (!member)
            return tri_error_set(error, TRI_COMPUTE_BAD_DOCUMENT, name, "The call \"%s\" has no member \"%s\".",
                                 request->call->name, name);
        int r = check_value(request, member, value, error);
        if (r < 0)
            return r;
    }
    return 0;
}

static int check_members(const struct tri_request *request, struct tri_error *error)
{
    const struct tri_call *call = request->call;
    for (const struct member *m = call->members; m < call->members + MEMBERS_MAX && m->name; m++)
        if (!m->optional && !json_object_get(request->body, m->name))
            return tri_error_set(error, TRI_COMPUTE_BAD_DOCUMENT, m->name, "The call \"%s\" needs the member \"%s\".",
                                 call->name, m->name);
    if (request->fd_count > 0 && !json_object_get(request->body, "fds"))
        return bad_member("fds", "there where descriptors are sent", error);
    return check_present(request, error);
}

static int check_turn(const struct tri_request *request, struct tri_error *error)
{
    const struct tri_client *client = request->client;
    unsigned flags = request->call->flags;
    if ((client->role == TRI_CLIENT_NEW) != ((flags & BY_NEW) != 0))
        return tri_error_set(error, TRI_COMPUTE_BAD_STATE, "call", "\"hello\" comes first on a connection, and once.");
    if ((flags & BY_CREATOR) && (!client->creator || request->shim->state != TRI_SHIM_NEW))
        return tri_error_set(error, TRI_COMPUTE_BAD_STATE, "call", "Only who starts the shim creates, and once.");
    if (!(flags & BY_CREATOR) && request->shim->state == TRI_SHIM_NEW)
        return tri_error_set(error, TRI_COMPUTE_BAD_STATE, "call", "The system has not been created.");
    return 0;
}

static int check(struct tri_request *request, struct tri_error *error)
{
    const json_t *name = json_object_get(request->body, "call");
    request->call = find_call(json_string_value(name));
    if (!request->call)
        return tri_error_set(error, TRI_COMPUTE_BAD_DOCUMENT, "call", "There is no such call.");
    if (request->client->pending_count > PENDING_MAX)
        return tri_error_set(error, -EAGAIN, NULL, "More than %d requests of one connection wait.", PENDING_MAX);
    int r = check_members(request, error);
    return r < 0 ? r : check_turn(request, error);
}

/* ---- receiving ---- */

static struct tri_request *find_request(const struct tri_client *client, json_int_t seq)
{
    struct tri_request *request;
    TAILQ_FOREACH (request, &client->shim->requests, link)
        if (request->client == client && request->seq == seq)
            return request;
    return NULL;
}

/* Takes message and the wire's descriptors. */
static struct tri_request *request_new(struct tri_client *client, json_t *message)
{
    struct tri_request *request = calloc(1, sizeof(*request));
    if (!request)
        return NULL;
    request->shim = client->shim;
    request->client = client;
    request->body = message;
    request->seq = json_integer_value(json_object_get(message, "seq"));
    request->fd_count = client->wire.fd_count;
    memcpy(request->fds, client->wire.fds, sizeof(request->fds));
    client->wire.fd_count = 0;
    client->pending_count++;
    TAILQ_INSERT_TAIL(&client->shim->requests, request, link);
    return request;
}

bool tri_request_receive(struct tri_client *client, json_t *message)
{
    json_int_t seq = json_integer_value(json_object_get(message, "seq"));
    struct tri_request *request = seq > 0 && !find_request(client, seq) ? request_new(client, message) : NULL;
    if (!request) { /* nobody could tell whose answer it is */
        json_decref(message);
        tri_wire_drop_fds(&client->wire);
        return false;
    }
    struct tri_error error = {0};
    if (check(request, &error) < 0)
        tri_request_fail(request, &error);
    else if (request->call->flags & IN_ORDER)
        tri_shim_enqueue(request);
    else
        request->call->handle(request);
    return true;
}

/* ---- calls about the connection itself ---- */

static void handle_hello(struct tri_request *request)
{
    request->client->role = tri_request_flag(request, "handle") ? TRI_CLIENT_HOLDER : TRI_CLIENT_VISITOR;
    if (request->client->role == TRI_CLIENT_HOLDER)
        tri_stop_handle_opened(request->shim);
    handle_info(request);
}

static void handle_info(struct tri_request *request)
{
    tri_request_reply(request, tri_shim_info(request->shim));
}

static void handle_close(struct tri_request *request)
{
    struct tri_client *client = request->client;
    if (client->role != TRI_CLIENT_HOLDER) {
        tri_request_refuse(request, TRI_COMPUTE_BAD_STATE, NULL, "This connection has no open handle.");
        return;
    }
    tri_request_reply(request, NULL);
    tri_client_close_handle(client);
}

/* What has begun is undone as far as it can be: nobody knows how long the runtime will take, or whether it comes back at
 * all. Other work is let run. */
static void undo(struct tri_request *target)
{
    if (tri_request_is(target, "create"))
        tri_shim_cancel_create(target);
    else if (tri_request_is(target, "start"))
        tri_shim_cancel_start(target);
    else if (tri_request_is(target, "pause"))
        tri_shim_cancel_pause(target);
    else if (tri_request_is(target, "process"))
        tri_guest_cancel_process(target);
}

static void handle_cancel(struct tri_request *request)
{
    struct tri_request *target = find_request(request->client, tri_request_number(request, "request"));
    if (!target || target == request) {
        tri_request_refuse(request, -ENOENT, "request", "No such request waits or runs.");
        return;
    }
    bool waits = target->phase == TRI_REQUEST_QUEUED || tri_request_is(target, "shutdown");
    tri_request_reply(request, NULL); /* before a stop refuses all that there is */
    if (waits)
        tri_request_refuse(target, -ECANCELED, NULL, "The request was cancelled.");
    else
        undo(target);
}
