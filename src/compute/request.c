#include "compute/request.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

struct request {
    struct tri_call call;
    struct tri_op *op;
    struct tri_connection *connection;
    const struct tri_request_use *use;
    void *context;
};

static void request_free(void *data)
{
    struct request *request = data;
    if (request->use && request->use->release)
        request->use->release(request->context);
    tri_connection_unref(request->connection);
    free(request);
}

static int request_cancel(struct tri_op *op, void *data)
{
    struct request *request = data;
    if (request->use && request->use->only_asks && tri_connection_drop(request->connection, &request->call))
        tri_op_complete(op, -ECANCELED, NULL, NULL, NULL);
    else
        tri_connection_cancel(request->connection, &request->call);
    return 0;
}

static void request_done(struct tri_call *call, struct tri_reply *reply)
{
    struct request *request = (struct request *)call;
    if (request->use && request->use->finish)
        request->use->finish(request->op, reply, request->context);
    else
        tri_op_complete(request->op, reply->code, &reply->error, NULL, NULL);
}

static const struct tri_op_provider request_provider = {
    .name = "request to a shim",
    .cancel = request_cancel,
    .release = request_free,
};

static struct request *request_new(struct tri_connection *connection, struct tri_op *op,
                                   const struct tri_request_use *use, void *context)
{
    struct request *request = calloc(1, sizeof(*request));
    if (request)
        *request = (struct request){{.done = request_done}, op, tri_connection_ref(connection), use, context};
    else if (use && use->release)
        use->release(context);
    return request;
}

static int start(struct tri_connection *connection, int fd, struct tri_op *op, const struct tri_op_tag *tag,
                 json_t *message, const struct tri_request_use *use, void *context)
{
    TRI_AUTO_CLOSE int owned_fd = fd;
    json_auto_t *owned = message;
    struct tri_error error = {0};
    struct request *request = request_new(connection, op, use, context);
    if (!request)
        return -ENOMEM;
    int r = message ? tri_op_start(op, tag, &request_provider, request) : -ENOMEM;
    if (r < 0) {
        request_free(request);
        return r;
    }
    /* It may be done, and gone, as soon as it is sent. */
    if (fd >= 0)
        r = tri_connection_attach(connection, tri_take_fd(&owned_fd), TRI_TAKE(owned), &request->call, &error);
    else
        r = tri_connection_call(connection, TRI_TAKE(owned), NULL, 0, &request->call, &error);
    if (r < 0)
        tri_op_complete(op, r, &error, NULL, NULL);
    return 0;
}

int tri_request_start(struct tri_connection *connection, struct tri_op *op, const struct tri_op_tag *tag,
                      json_t *message, const struct tri_request_use *use, void *context)
{
    return start(connection, -1, op, tag, message, use, context);
}

/* ---- waiting ---- */

/* The value of an operation that asks: who reads it takes the body, which has one owner at a time. */
struct answer {
    json_t *body;
};

static void answer_free(void *data)
{
    struct answer *answer = data;
    json_decref(answer->body);
    free(answer);
}

static void finish_with_body(struct tri_op *op, struct tri_reply *reply, void *context)
{
    int code = reply->code;
    struct answer *answer = code == 0 ? malloc(sizeof(*answer)) : NULL;
    if (answer)
        answer->body = TRI_TAKE(reply->body);
    else if (code == 0)
        code = -ENOMEM;
    tri_op_complete(op, code, &reply->error, answer, answer ? answer_free : NULL);
}

struct question {
    json_t *body;
    struct tri_error *error;
};

static int read_answer(void *context, const struct tri_op_tag *tag, int code, const struct tri_error *error,
                       void *value)
{
    struct question *question = context;
    struct answer *answer = value;
    if (code == 0) {
        question->body = TRI_TAKE(answer->body);
        return 0;
    }
    return tri_error_set(question->error, code, error ? error->where : NULL, "%s",
                         error && error->text ? error->text : "Failed.");
}

static int wait_for_answer(struct tri_op *op, uint64_t deadline_ns, json_t **ret_body, struct tri_error *error)
{
    struct question question = {.error = error};
    int r = tri_op_wait(op, deadline_ns);
    if (r < 0) {
        (void)tri_op_cancel(op);
        return tri_error_set(error, r, NULL, "The system's shim does not answer.");
    }
    r = tri_op_read_result(op, read_answer, &question);
    if (r == 0)
        *ret_body = question.body;
    return r;
}

int tri_request_ask(struct tri_connection *connection, int fd, json_t *message, uint64_t deadline_ns, json_t **ret_body,
                    struct tri_error *error)
{
    static const struct tri_request_use use = {.finish = finish_with_body, .only_asks = true};
    struct tri_op *op = tri_op_new();
    int r = -ENOMEM;
    if (op) {
        r = start(connection, fd, op, NULL, message, &use, NULL);
    } else {
        tri_close(fd);
        json_decref(message);
    }
    if (r < 0)
        tri_error_set(error, r, NULL, "The request cannot be made.");
    else
        r = wait_for_answer(op, deadline_ns, ret_body, error);
    if (op)
        tri_op_close(tri_op_handle(op));
    return r;
}
