/* What the tests of src/op share: gates to hold threads at, providers to put under test, and the ending that every
 * program has: no operation is alive, no descriptor is left. */
#ifndef OP_TEST_H
#define OP_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "op/op-provider.h"
#include "op/op.h"

#define PATIENCE_MS 20000 /* no wait of a test is longer */

static inline uint64_t patience(void)
{
    return tri_deadline_ns(PATIENCE_MS);
}

/* A count that threads wait for. */
struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned count;
};
#define GATE                                                                                                           \
    {                                                                                                                  \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0                                                         \
    }

static inline void gate_pass(struct gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    gate->count++;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->mutex);
}

static inline unsigned gate_count(struct gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    unsigned count = gate->count;
    pthread_mutex_unlock(&gate->mutex);
    return count;
}

/* Waits until `count` have passed; false where they did not within `timeout_ms`. */
static inline bool gate_reached_within(struct gate *gate, unsigned count, uint32_t timeout_ms)
{
    uint64_t until_ns = tri_deadline_ns(timeout_ms);
    struct timespec until = {(time_t)(until_ns / TRI_NS_PER_SEC), (long)(until_ns % TRI_NS_PER_SEC)};
    int r = 0;
    pthread_mutex_lock(&gate->mutex);
    while (gate->count < count && r == 0)
        r = pthread_cond_clockwait(&gate->changed, &gate->mutex, CLOCK_MONOTONIC, &until);
    bool reached = gate->count >= count;
    pthread_mutex_unlock(&gate->mutex);
    return reached;
}

static inline bool gate_reached(struct gate *gate, unsigned count)
{
    return gate_reached_within(gate, count, PATIENCE_MS);
}

/* Work that begins, waits for a permission, and completes with a code. */
struct work {
    struct gate begun, may_end;
    int code;
    _Atomic int runs, cancels, releases;
    pthread_t thread; /* that ran it */
    int cancel_answer;
    bool cancel_completes; /* the cancel hook completes the use itself */
    bool cancel_ends;      /* the cancel hook lets run end, with -ECANCELED */
};
#define WORK                                                                                                           \
    {                                                                                                                  \
        .begun = GATE, .may_end = GATE                                                                                 \
    }

static inline void work_run(struct tri_op *op, void *data)
{
    struct work *work = data;
    work->thread = pthread_self();
    atomic_fetch_add(&work->runs, 1);
    gate_pass(&work->begun);
    (void)gate_reached(&work->may_end, 1);
    tri_op_complete(op, tri_op_cancelled(op) && work->cancel_ends ? -ECANCELED : work->code, NULL, NULL, NULL);
}

static inline int work_cancel(struct tri_op *op, void *data)
{
    struct work *work = data;
    atomic_fetch_add(&work->cancels, 1);
    if (work->cancel_completes)
        tri_op_complete(op, -ECANCELED, NULL, NULL, NULL);
    if (work->cancel_ends)
        gate_pass(&work->may_end);
    return work->cancel_answer;
}

static inline void work_release(void *data)
{
    struct work *work = data;
    atomic_fetch_add(&work->releases, 1);
}

static const struct tri_op_provider worker = {
    .name = "worker", .run = work_run, .cancel = work_cancel, .release = work_release};

/* Completed by the test itself. */
static const struct tri_op_provider by_hand = {.name = "by hand"};

static inline void run_at_once(struct tri_op *op, void *data)
{
    tri_op_complete(op, data ? *(int *)data : 0, NULL, NULL, NULL);
}
static const struct tri_op_provider at_once = {.name = "at once", .run = run_at_once};

/* The code of a result, and whether it came with an error or a value. */
struct seen {
    int code;
    struct tri_op_tag tag;
    char text[128];
    void *value;
};

static inline int see(void *context, const struct tri_op_tag *tag, int code, const struct tri_error *error, void *value)
{
    struct seen *seen = context;
    *seen = (struct seen){.code = code, .tag = *tag, .value = value};
    if (error)
        strncpy(seen->text, error->text, sizeof(seen->text) - 1);
    return 0;
}

static inline int result_code(struct tri_op *op)
{
    struct seen seen;
    assert_int_equal(tri_op_read_result(op, see, &seen), 0);
    return seen.code;
}

/* Until a condition holds that nobody announces. */
#define EVENTUALLY(condition)                                                                                          \
    do {                                                                                                               \
        uint64_t until_ns_ = patience();                                                                               \
        bool is_so_; /* looked at once: what is true now may not be the next time */                                   \
        while (!(is_so_ = (condition)) && tri_clock_ns() < until_ns_)                                                  \
            sched_yield();                                                                                             \
        assert_true(is_so_);                                                                                           \
    } while (0)

static inline int count_entries(const char *path)
{
    DIR *folder = opendir(path);
    int count = 0;
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

static int fds_at_start;

static inline int begin(void **state)
{
    fds_at_start = count_entries("/proc/self/fd");
    return 0;
}

static inline int finish(void **state)
{
    EVENTUALLY(tri_op_live() == 0);
    EVENTUALLY(count_entries("/proc/self/fd") == fds_at_start);
    return 0;
}

#endif
