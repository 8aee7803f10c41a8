/* Calls: everything that IWbemServices asks, as one operation (op/op.h) with a result, and rows for those that have
 * many.
 *
 * The same call serves the three call models: run now (synchronous), started and asked later (semisynchronous), or
 * read by a thread that hands rows to a sink (asynchronous). What only needs the repository runs on the caller's
 * thread when asked to run now; what needs a provider runs on a worker, so that the deadline can cut it off. Every
 * call has a deadline: 60 s, or TRIREME_OP_TIMEOUT (seconds; 0: none), or the context's __TRI_TIMEOUT_MS; for rows it
 * counts from the last row that came. (A notification query has none; what runs now on the caller's thread waits
 * only as long as the repository does.) A call completes at its deadline with TRI_MANAGEMENT_PROVIDER_TIMED_OUT,
 * whatever its provider does. */
#ifndef TRI_MANAGEMENT_CALL_H
#define TRI_MANAGEMENT_CALL_H

#include "management/namespace.h"
#include "management/rows.h"
#include "op/op.h"

struct tri_call;

enum tri_call_kind {
    TRI_CALL_OPEN_NAMESPACE,  /* text: its path relative to this one; result: name_space */
    TRI_CALL_GET_OBJECT,      /* text: a path, "" or NULL: a blank class; result: object */
    TRI_CALL_PUT_CLASS,       /* object; result: text, its path */
    TRI_CALL_DELETE_CLASS,    /* text: its name */
    TRI_CALL_PUT_INSTANCE,    /* object; result: text, its path */
    TRI_CALL_DELETE_INSTANCE, /* text: a path */
    TRI_CALL_EXEC_METHOD,     /* text: a path; method; object: in-parameters or NULL; result: object (NULL: no outputs) */
    TRI_CALL_ENUM_CLASSES,    /* text: superclass or NULL; rows */
    TRI_CALL_ENUM_INSTANCES,  /* text: class; rows */
    TRI_CALL_QUERY,           /* text: WQL; rows */
    TRI_CALL_NOTIFY,          /* text: WQL; rows, endless */
};

enum tri_call_flag {
    TRI_CALL_SHALLOW = 1,         /* enumerations: this class only, or direct subclasses only */
    TRI_CALL_PROTOTYPE = 2,       /* query: an empty object of what the rows would be */
    TRI_CALL_FORWARD_ONLY = 4,    /* rows are let go of once read, and the producer waits for a slow reader */
    TRI_CALL_LOCATABLE = 8,       /* projections keep their keys */
    TRI_CALL_DIRECT_READ = 16,    /* instances of exactly the class */
    TRI_CALL_AMENDED = 32,        /* amended qualifiers too */
    TRI_CALL_CREATE_ONLY = 64,
    TRI_CALL_UPDATE_ONLY = 128,
    TRI_CALL_UPDATE_SAFE = 256,
    TRI_CALL_UPDATE_FORCE = 512,
};

struct tri_call_spec {
    enum tri_call_kind kind;
    unsigned flags;
    const char *text;   /* copied */
    const char *method; /* copied */
    struct tri_cim_object *object; /* copied: the caller may change it after the call was started */
    /* From the context (IWbemContext); zeroes where it says nothing. Copied. */
    uint32_t timeout_ms;             /* __TRI_TIMEOUT_MS */
    const char *const *properties;   /* __PUT_EXT_PROPERTIES or __GET_EXT_PROPERTIES: only these */
    size_t property_count;
    bool keys_only;                  /* __GET_EXT_KEYS_ONLY */
};

/* Starts a call. Refused at once, without a call: what can be seen without looking anything up (a text that is too
 * long, a query or path that cannot be read, a flag that means nothing). now: it has completed when this returns; not
 * of TRI_CALL_NOTIFY. A notification query that cannot be watched is refused too, and what happens after this returned
 * is told. */
int tri_call_start(struct tri_namespace *ns, const struct tri_call_spec *spec, bool now, struct tri_call **ret,
                   struct tri_error *error);
struct tri_call *tri_call_ref(struct tri_call *call);
/* Does not stop it, except that rows which nobody can read any more are not made: the last one cancels them. */
void tri_call_unref(struct tri_call *call);
void tri_call_unrefp(struct tri_call **call);
#define TRI_AUTO_CALL __attribute__((cleanup(tri_call_unrefp)))

struct tri_op *tri_call_op(struct tri_call *call); /* borrowed: poll, wait. Done when the last row was made, or at failure */
void tri_call_cancel(struct tri_call *call);       /* it completes with TRI_MANAGEMENT_CANCELLED, at once */

/* How it ended: 0 or a code. To be asked once the operation is done. All are borrowed, as long as the call. */
struct tri_call_result {
    int code;
    const struct tri_error *error; /* NULL where code is 0, unless is_partial */
    struct tri_cim_object *object;
    const char *text;
    struct tri_namespace *name_space;
    enum tri_call_kind kind;
    bool is_partial; /* code is 0, but rows are missing: one of several providers failed (error says which) */
};
void tri_call_result(struct tri_call *call, struct tri_call_result *ret);

/* ---- rows; any number of readers, each with a position of its own ---- */

/* The row at *position (0 at first), with a reference, and *position moves on: 1. 0: there is no further one.
 * -ETIMEDOUT: none yet at the deadline (CLOCK_MONOTONIC; 0: poll). Else the code that the call failed with, once the
 * rows before it are read; TRI_MANAGEMENT_QUEUE_OVERFLOW once where events were lost. A forward-only call has one
 * reader. */
int tri_call_next(struct tri_call *call, uint64_t *position, uint64_t deadline_ns, struct tri_cim_object **ret);

/* For readers that do not wait: run(data) once there is a row at that position, or the end; from any thread, maybe at
 * once, and maybe in vain. It must not block, and the waker must stay until then. */
void tri_call_wake(struct tri_call *call, uint64_t position, struct tri_rows_waker *waker);
/* Runs the wakers of all readers now, for one that does not want to be woken any more. */
void tri_call_wake_all(struct tri_call *call);

#endif
