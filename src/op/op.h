/* The operation, consumer side: create, wait, poll, cancel, read the result. The provider side is op-provider.h.
 *
 *            start                complete
 *   IDLE ------------> RUNNING ---------------> DONE ---- start again ---> RUNNING ...
 *                         |  cancel              ^
 *                         +------> CANCELLING ---+
 *
 * One operation follows one piece of work at a time; each start is a new use, with a new id. A use completes exactly
 * once, whatever races. At DONE the result is readable and waiters wake; after that the callback runs, once a use, on a
 * notifier thread of the library's, with no lock held. A started operation holds a reference on itself until DONE, so
 * that every reference and the handle may go at any moment. Nothing here blocks except tri_op_wait and, as said there,
 * tri_op_close. Every function may be called from any thread, callbacks included.
 *
 * Operations live in a handle table (base/table.h): 64 bytes each, and a side allocation for those that want a
 * callback, a context, a result value or an error. */
#ifndef TRI_OP_OP_H
#define TRI_OP_OP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/table.h"

struct tri_op;
struct tri_mailbox;

enum tri_op_state { TRI_OP_IDLE, TRI_OP_RUNNING, TRI_OP_CANCELLING, TRI_OP_DONE };

/* What a face wants to remember of one use; opaque to the core, reset by each start. */
struct tri_op_tag {
    int kind;           /* the face's name for the kind of work */
    uint32_t detail;    /* flags of the face's own: what this use was asked for */
    tri_handle subject; /* what is worked on (a system), or TRI_HANDLE_NONE */
    tri_handle object;  /* a second one (a process), or TRI_HANDLE_NONE */
};

/* A new operation, IDLE, with one reference which is also its handle's. NULL: no memory. */
struct tri_op *tri_op_new(void);
struct tri_op *tri_op_ref(struct tri_op *op);
void tri_op_unref(struct tri_op *op); /* NULL is fine */
void tri_op_unrefp(struct tri_op **op);
#define TRI_AUTO_OP __attribute__((cleanup(tri_op_unrefp)))

tri_handle tri_op_handle(struct tri_op *op);
struct tri_op *tri_op_from_handle(tri_handle handle); /* with a reference, or NULL where the handle is not open */

/* The handle is stale from now on; running work goes on and its result is dropped. A callback that has not begun does
 * not run any more; one that runs on another thread is waited for (never when called from that callback, nor where two
 * callbacks wait for each other). Waiters return -ECANCELED. false where the handle was not open. */
bool tri_op_close(tri_handle handle);

/* The state, by handle, without taking a reference: one look-up and one load. -EBADF where the handle is not open. */
int tri_op_poll_handle(tri_handle handle);
enum tri_op_state tri_op_state(const struct tri_op *op); /* one load, acquire */

/* Waits until the use that runs now is done. 0: done; -EINVAL: never started (at once); -ETIMEDOUT: the deadline
 * (CLOCK_MONOTONIC ns, TRI_DEADLINE_NEVER for ever, 0 to poll) passed first; -ECANCELED: the handle was closed
 * meanwhile. With no deadline, a waiter may run the operation's work itself where no worker has taken it yet. */
int tri_op_wait(struct tri_op *op, uint64_t deadline_ns);

/* Asks the work to stop; never blocks. The use still completes once: with -ECANCELED, or with its own result where the
 * work won. 0: asked; -EINVAL: never started; -EALREADY: asked before, or it had been cancelled when it got done;
 * -ESTALE: done, too late. -EOPNOTSUPP, or a code of the provider's: this work cannot be cancelled (now), it completes as
 * usual. */
int tri_op_cancel(struct tri_op *op);

uint64_t tri_op_id(const struct tri_op *op);      /* of the current use, from 1, unique in the process; 0: none yet */
unsigned tri_op_percent(const struct tri_op *op); /* 0..99 while it runs (0: unknown), 100 at DONE */
struct tri_op_tag tri_op_tag(struct tri_op *op);  /* of the last use; kind -1 where it had none, or never was */

/* What can be said of an operation at this moment; phase is static text or NULL. */
struct tri_op_info {
    enum tri_op_state state;
    uint64_t id;
    struct tri_op_tag tag;
    unsigned percent;
    const char *phase;
    uint64_t started_wall_ns, ended_wall_ns; /* 0: not yet, or not kept (a use without tag and callback) */
    int code;                                /* at DONE */
    bool cancellable;
    bool was_read; /* DONE, and tri_op_read_result has read this use's result at least once */
};
void tri_op_info(struct tri_op *op, struct tri_op_info *ret_info);

/* Reads the result: calls read(context, tag, code, error, value) and returns what it returned. The tag is this use's,
 * and says what value is. All three are borrowed for the call, error and value NULL where there is none. One reader of
 * an operation at a time, and a start on another thread waits for it: read may change what value points at; it must
 * not block, nor read, start or close this same operation. -EINVAL: never started; -EAGAIN: runs still; read is then
 * not called. (A provider's own negative code is only seen as the argument.) */
typedef int tri_op_reader(void *context, const struct tri_op_tag *tag, int code, const struct tri_error *error,
                          void *value);
int tri_op_read_result(struct tri_op *op, tri_op_reader *read, void *context);

/* Context and callback belong to the operation, not to a use, and may be set in any state. The callback gets the
 * context that is set when it is invoked, and `target`, which the core only keeps (a face's own function pointer).
 * Setting on a DONE use for which no callback ran yet invokes it, once; NULL clears. -ENOMEM. */
typedef void tri_any_function(void);
typedef void tri_op_callback(tri_handle op, void *context, tri_any_function *target);
int tri_op_set_callback(struct tri_op *op, tri_op_callback *callback, void *context, tri_any_function *target);
int tri_op_set_context(struct tri_op *op, void *context);
void *tri_op_context(struct tri_op *op);
bool tri_op_has_callback(struct tri_op *op);

/* Also tell someone else: post one note to the mailbox (op/notify.h) when the current use is done, at once where it is
 * already. run(data, handle) is called as a note of that mailbox. The mailbox must outlive the use or be closed before
 * (a closed one drops notes). -EINVAL: never started. -ENOMEM. */
typedef void tri_op_observer(void *data, tri_handle op);
int tri_op_observe(struct tri_op *op, struct tri_mailbox *box, tri_op_observer *run, void *data);

/* Calls the callback for progress too (percent or phase changed; coalesced: one note waits at a time), with the same
 * arguments, from the next change on and in all uses. -ENOMEM. */
int tri_op_want_progress(struct tri_op *op);

/* Inside a callback: is this call about progress? (The state does not tell: the use may get done meanwhile, and is then
 * told by a call of its own.) */
bool tri_op_callback_is_progress(void);

/* Start and fail in one: for a face that finds the request wrong before an engine sees it, so that the error arrives
 * through the operation like every other. Takes *error (code inside). 0, or as tri_op_start: -EBUSY, -ENOMEM. */
int tri_op_reject(struct tri_op *op, const struct tri_op_tag *tag, struct tri_error *error);

size_t tri_op_live(void); /* operations alive, for tests */

#endif
