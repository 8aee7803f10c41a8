/* Our operations. The program's own name chooses how: op-trireme waits without a deadline, op-trireme-timed with one
 * (so that the work is always a worker's), op-trireme-document completes with a value of 200 bytes that is read. */
#include "drive.h"

#include "base/clock.h"
#include "op/op-provider.h"

static void fail(const char *what)
{
    fprintf(stderr, "%s failed\n", what);
    exit(1);
}

static void run(struct tri_op *op, void *data)
{
    work();
    tri_op_complete(op, 0, NULL, NULL, NULL);
}

static void run_document(struct tri_op *op, void *data)
{
    work();
    char *document = malloc(200);
    if (document)
        memset(document, ' ', 200);
    tri_op_complete(op, 0, NULL, document, free);
}

static const struct tri_op_provider plain = {.name = "bench", .run = run};
static const struct tri_op_provider with_document = {.name = "bench", .run = run_document};

static void *create(void)
{
    struct tri_op *op = tri_op_new();
    if (!op)
        fail("tri_op_new");
    return op;
}

static void start(void *op)
{
    if (tri_op_submit(op, NULL, &plain, NULL) < 0)
        fail("tri_op_submit");
}

static void start_document(void *op)
{
    if (tri_op_submit(op, NULL, &with_document, NULL) < 0)
        fail("tri_op_submit");
}

static void wait_for_ever(void *op)
{
    if (tri_op_wait(op, TRI_DEADLINE_NEVER) < 0)
        fail("tri_op_wait");
}

static void wait_timed(void *op)
{
    if (tri_op_wait(op, tri_deadline_ns(60000)) < 0)
        fail("tri_op_wait");
}

static int copy(void *context, const struct tri_op_tag *tag, int code, const struct tri_error *error, void *value)
{
    memcpy(context, value, 200);
    return code;
}

static void wait_document(void *op)
{
    char document[200];
    wait_for_ever(op);
    if (tri_op_read_result(op, copy, document) != 0 || document[199] != ' ')
        fail("tri_op_read_result");
}

static bool is_done(uintptr_t name)
{
    return tri_op_poll_handle(name) == TRI_OP_DONE;
}

static uintptr_t handle(void *op)
{
    return tri_op_handle(op);
}

static void destroy(void *op)
{
    if (!tri_op_close(tri_op_handle(op)))
        fail("tri_op_close");
}

int main(int argc, char **argv)
{
    static const struct subject subjects[] = {
        {"op-trireme", create, start, wait_for_ever, is_done, destroy, handle},
        {"op-trireme-timed", create, start, wait_timed, is_done, destroy, handle},
        {"op-trireme-document", create, start_document, wait_document, is_done, destroy, handle},
    };
    const char *slash = strrchr(argv[0], '/');
    for (size_t i = 0; i < sizeof(subjects) / sizeof(*subjects); i++)
        if (strcmp(slash ? slash + 1 : argv[0], subjects[i].name) == 0)
            return drive(&subjects[i], argc, argv);
    fail(argv[0]);
}
