/* One driver for every way to run an operation, so that all do the same: make it, start it, let a worker do nothing,
 * wait, free it. A program says how its operations do that (struct subject) and calls drive(). Output: "name.metric
 * value unit".
 *
 *   cycle1      all of it, one operation in flight
 *   cycle1000   the same with 1000 in flight, for one
 *   wake_p50/99 from the end of the work to the return of wait
 *   poll        asking a finished operation whether it is
 *   pending     resident bytes for one of many that were started and whose work has not begun */
#ifndef BENCH_OP_DRIVE_H
#define BENCH_OP_DRIVE_H

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct subject {
    const char *name;
    void *(*create)(void);
    void (*start)(void *op);
    void (*wait)(void *op);
    bool (*is_done)(uintptr_t name); /* NULL: there is no such question */
    void (*destroy)(void *op);
    uintptr_t (*handle)(void *op); /* by what users name one when they ask; NULL: by its address */
};

enum { WARM_UP = 2000, SAMPLES = 20000, BATCH = 1000, BATCHES = 20, POLLS = 2000000, PENDING = 1000000, REPEATS = 5 };

static inline uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- the work ---- */

static _Atomic bool stamping;
static _Atomic uint64_t work_ended_ns;
static pthread_mutex_t barrier = PTHREAD_MUTEX_INITIALIZER; /* held: work that is begun stays in it */
static _Atomic bool barred;

/* What every worker does. */
static inline void work(void)
{
    if (atomic_load_explicit(&barred, memory_order_acquire)) {
        pthread_mutex_lock(&barrier);
        pthread_mutex_unlock(&barrier);
    }
    if (atomic_load_explicit(&stamping, memory_order_relaxed))
        atomic_store_explicit(&work_ended_ns, now_ns(), memory_order_release);
}

/* ---- figures ---- */

static void report(const char *name, const char *metric, double value, const char *unit)
{
    printf("%s.%s %.6g %s\n", name, metric, value, unit);
    fflush(stdout);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts. */
static double quantile(double *values, size_t count, double q)
{
    qsort(values, count, sizeof(*values), compare);
    return values[(size_t)(q * (double)(count - 1) + 0.5)];
}

static double resident_bytes(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*u %lu", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* ---- measurements ---- */

static void one(const struct subject *subject)
{
    void *op = subject->create();
    subject->start(op);
    subject->wait(op);
    subject->destroy(op);
}

static void drive_cycle1(const struct subject *subject)
{
    double values[REPEATS];
    for (int i = 0; i < WARM_UP; i++)
        one(subject);
    for (int r = 0; r < REPEATS; r++) {
        uint64_t begin = now_ns();
        for (int i = 0; i < SAMPLES; i++)
            one(subject);
        values[r] = (double)(now_ns() - begin) / SAMPLES;
    }
    report(subject->name, "cycle1", quantile(values, REPEATS, 0.5), "ns");
}

static void drive_wake(const struct subject *subject)
{
    double *values = malloc(SAMPLES * sizeof(*values));
    stamping = true;
    for (int i = 0; i < SAMPLES; i++) {
        void *op = subject->create();
        subject->start(op);
        subject->wait(op);
        uint64_t now = now_ns(), ended = atomic_load_explicit(&work_ended_ns, memory_order_acquire);
        values[i] = now > ended ? (double)(now - ended) : 0;
        subject->destroy(op);
    }
    stamping = false;
    report(subject->name, "wake_p50", quantile(values, SAMPLES, 0.5), "ns");
    report(subject->name, "wake_p99", quantile(values, SAMPLES, 0.99), "ns");
    free(values);
}

static void drive_batch(const struct subject *subject)
{
    double values[REPEATS];
    void *ops[BATCH];
    for (int r = 0; r < REPEATS; r++) {
        uint64_t begin = now_ns();
        for (int b = 0; b < BATCHES; b++) {
            for (int i = 0; i < BATCH; i++)
                subject->start(ops[i] = subject->create());
            for (int i = 0; i < BATCH; i++) {
                subject->wait(ops[i]);
                subject->destroy(ops[i]);
            }
        }
        values[r] = (double)(now_ns() - begin) / (BATCHES * BATCH);
    }
    report(subject->name, "cycle1000", quantile(values, REPEATS, 0.5), "ns");
}

static void drive_poll(const struct subject *subject)
{
    double values[REPEATS];
    long done = 0, polls = POLLS / 100;
    void *op = subject->create();
    uintptr_t name = subject->handle ? subject->handle(op) : (uintptr_t)op;
    subject->start(op);
    subject->wait(op);
    for (int r = 0; r < REPEATS; r++) {
        uint64_t begin = now_ns();
        for (long i = 0; i < polls; i++)
            done += subject->is_done(name);
        uint64_t took = now_ns() - begin;
        values[r] = (double)took / (double)polls;
        if (r == 0 && values[0] < 100)
            polls = POLLS;
    }
    subject->destroy(op);
    if (done == 0)
        fprintf(stderr, "%s: a finished operation never says so\n", subject->name);
    report(subject->name, "poll", quantile(values, REPEATS, 0.5), "ns");
}

static void drive_pending(const struct subject *subject)
{
    void **ops = malloc(PENDING * sizeof(*ops));
    memset(ops, 1, PENDING * sizeof(*ops));
    malloc_trim(0);
    pthread_mutex_lock(&barrier);
    barred = true;
    double before = resident_bytes();
    for (long i = 0; i < PENDING; i++)
        subject->start(ops[i] = subject->create());
    report(subject->name, "pending", (resident_bytes() - before) / PENDING, "bytes");
    barred = false;
    pthread_mutex_unlock(&barrier);
    for (long i = 0; i < PENDING; i++) {
        subject->wait(ops[i]);
        subject->destroy(ops[i]);
    }
    free(ops);
}

/* Everything; or, with an argument, only what is named by it. */
static int drive(const struct subject *subject, int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(const struct subject *subject);
    } measurements[] = {
        {"cycle1", drive_cycle1}, {"wake", drive_wake},       {"cycle1000", drive_batch},
        {"poll", drive_poll},     {"pending", drive_pending},
    };
    for (size_t i = 0; i < sizeof(measurements) / sizeof(*measurements); i++) {
        bool asked = argc < 2;
        for (int a = 1; a < argc; a++)
            asked |= strcmp(argv[a], measurements[i].name) == 0;
        if (asked && (subject->is_done || measurements[i].run != drive_poll))
            measurements[i].run(subject);
    }
    return 0;
}

#endif
