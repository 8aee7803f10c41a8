/* The insides of a call: call.c (what users see), call-run.c (who does the work, and how it ends). */
#ifndef TRI_MANAGEMENT_CALL_PRIVATE_H
#define TRI_MANAGEMENT_CALL_PRIVATE_H

#include "management/abandoned.h"
#include "management/call.h"
#include "management/events.h"
#include "management/rows.h"
#include "management/run.h"
#include "op/op-provider.h"
#include "op/timer.h"

struct tri_call {
    _Atomic uint32_t users; /* those it was given to; all of them together hold one reference */
    _Atomic uint32_t references;

    /* Set once before it starts. */
    enum tri_call_kind kind;
    unsigned flags;
    struct tri_namespace *ns;
    struct tri_op *op;
    char *text, *method;
    struct tri_prepared *prepared; /* the query */
    struct tri_path path;
    struct tri_cim_object *object;
    char **properties;
    size_t property_count;
    bool keys_only;
    bool is_now;
    uint32_t timeout_ms; /* 0: the usual one */
    uint64_t timeout_ns; /* set when a worker is asked; TRI_DEADLINE_NEVER: none */

    /* Written by the one who settles it, before the operation is done and reading ends. */
    _Atomic bool is_settled;
    int code;
    struct tri_error error;
    struct tri_cim_object *result_object;
    char *result_text;
    struct tri_namespace *result_namespace;
    bool is_partial;

    struct tri_rows rows;
    _Atomic uint64_t moved_ns; /* when it began, or the last row came */
    _Atomic bool stop;         /* whoever works on it should not go on */
    struct tri_working working;
    struct tri_timer timer;
    struct tri_event_watch *_Atomic watch;
};

struct tri_call *call_ref(struct tri_call *call);
void call_unref(struct tri_call *call);

/* What the work gave. */
struct call_outcome {
    struct tri_cim_object *object;
    char *text;
    struct tri_namespace *name_space;
    bool is_partial;
};

/* Ends the call, once: the first of the worker, the deadline and a cancel does it, what comes later is dropped. Takes
 * what the error and the outcome (may be NULL) hold in any case. */
bool call_settle(struct tri_call *call, int code, struct tri_error *error, struct call_outcome *outcome);
void call_cancel(struct tri_call *call);

/* Carries it out. Now: it is settled when this returns. Later: 0, or it could not be started. */
int call_run_now(struct tri_call *call, struct tri_error *error);
int call_run_later(struct tri_call *call, struct tri_error *error);

#endif
