/* Sinks: what asynchronous calls hand to clients.
 *
 * A delivery is one call, or one NextAsync, on its way to one sink. It is a note of a mailbox of its own, so the sink
 * is called on one notifier thread, never under a lock, and never by two at once. Where there are no rows, no thread
 * waits for them: the delivery is posted again when there are. Cancelling closes the mailbox: what runs on another
 * thread is waited for (unless two callbacks would wait for each other), what waits will not run any more, and what
 * runs on this very thread is ended from within.
 *
 *      WAITING <--no rows yet, note--> RUNNING --the rows end, or fail--> ENDING --last SetStatus, Release--> (gone)
 *         |                               |  cancelled in its own callback   ^
 *         +--cancelled--------------------+----------------------------------+
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "management/wmi/services.h"
#include "op/notify.h"

#define BATCH 100       /* rows an Indicate has at most */
#define RECENT 32       /* sinks that are remembered once they were let go of */
#define RECENT_MS 10000 /* and for how long */
#define LINGER_MS 2     /* how long a thread waits for rows before it does something else */

enum delivery_state { WAITING, RUNNING, ENDING };

struct wmi_delivery {
    _Atomic unsigned references;
    struct wmi_delivery *next; /* lock: */
    IUnknown *identity;        /* the sink's; to be compared, never used */
    IWbemObjectSink *sink;     /* a reference, until it is finished */
    struct wmi_call call;
    bool has_rows, sends_progress;
    struct wmi_row_source source;
    uint64_t position, delivered;
    struct tri_mailbox *box;
    struct tri_note *note; /* that is to be posted; changes while nobody else can see it */
    struct tri_rows_waker waker;
    enum delivery_state state; /* lock: */
    pthread_t runner;          /* lock: in RUNNING */
    _Atomic bool is_cancelled;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct wmi_delivery *deliveries; /* lock: */

/* Sinks whose deliveries have ended of late: a client that cancels what has just ended did nothing wrong. */
static struct {
    IUnknown *identity;
    uint64_t until_ns;
} recent[RECENT]; /* lock: */
static unsigned next_recent;

/* ---- references ---- */

static struct wmi_delivery *delivery_ref(struct wmi_delivery *delivery)
{
    atomic_fetch_add_explicit(&delivery->references, 1, memory_order_relaxed);
    return delivery;
}

static void delivery_unref(void *data)
{
    struct wmi_delivery *delivery = data;
    if (atomic_fetch_sub_explicit(&delivery->references, 1, memory_order_acq_rel) != 1)
        return;
    tri_wmi_call_clear(&delivery->call);
    tri_mailbox_unref(delivery->box);
    free(delivery);
}

/* ---- the end ---- */

/* Moves on from one of the states; true for one of those who try. */
static bool set_state(struct wmi_delivery *delivery, enum delivery_state from, enum delivery_state to)
{
    TRI_LOCK_SCOPE(&lock);
    if (delivery->state != from)
        return false;
    delivery->state = to;
    delivery->runner = pthread_self();
    return true;
}

static void list_remove(struct wmi_delivery *delivery)
{
    TRI_LOCK_SCOPE(&lock);
    struct wmi_delivery **at = &deliveries;
    while (*at != delivery)
        at = &(*at)->next;
    *at = delivery->next;
    recent[next_recent].identity = delivery->identity;
    recent[next_recent].until_ns = tri_deadline_ns(RECENT_MS);
    next_recent = (next_recent + 1) % RECENT;
}

/* How a delivery ended. */
struct ending {
    HRESULT hr;
    int code; /* of the error object; 0: there is none */
    const struct tri_error *error;
    const char *path;
};

/* What says nothing of the call: it may go on, for all that is known. */
static bool is_deliverys_own(int code)
{
    return code == TRI_MANAGEMENT_CANCELLED || code == TRI_MANAGEMENT_QUEUE_OVERFLOW || code == -ENOMEM || code > 0;
}

/* code: what the rows ended with; 1: there were as many as were wanted. */
static struct ending ending_of(const struct wmi_delivery *delivery, int code)
{
    struct tri_call_result result = {0};
    if (!is_deliverys_own(code))
        tri_call_result(delivery->call.call, &result);
    if (code < 0)
        return (struct ending){tri_wmi_hresult(code), code, result.error, NULL};
    if (delivery->source.ended)
        return (struct ending){code > 0 ? WBEM_S_NO_ERROR : WBEM_S_FALSE, 0, NULL, NULL};
    if (result.is_partial)
        return (struct ending){WBEM_S_PARTIAL_RESULTS, result.error->code, result.error, NULL};
    return (struct ending){WBEM_S_NO_ERROR, 0, NULL, result.text};
}

static void say_end(const struct wmi_delivery *delivery, const struct ending *ending)
{
    BSTR path = NULL;
    IWbemClassObject *object = NULL;
    if (ending->path)
        tri_wmi_text(ending->path, &path);
    if (ending->code)
        object = tri_wmi_error_object(delivery->call.operation, delivery->call.parameter, ending->code, ending->error);
    delivery->sink->lpVtbl->SetStatus(delivery->sink, WBEM_STATUS_COMPLETE, ending->hr, path, object);
    SysFreeString(path);
    if (object)
        object->lpVtbl->Release(object);
}

/* The rows of a NextAsync may go on without it. A waker that it left there is taken back, and the rows are let go of
 * here: where the waker ran later, on the thread that tells an event, that thread could be who lets go of the
 * subscription, and it would wait for itself. */
static void leave_rows(struct wmi_delivery *delivery)
{
    tri_call_wake_all(delivery->call.call);
    delivery->source.ended(delivery->source.context);
    tri_wmi_call_clear(&delivery->call);
}

/* The delivery is ENDING, by whoever calls this. */
static void finish(struct wmi_delivery *delivery, int code)
{
    struct ending ending = ending_of(delivery, code);
    say_end(delivery, &ending);
    IWbemObjectSink *sink = TRI_TAKE(delivery->sink);
    sink->lpVtbl->Release(sink);
    list_remove(delivery);
    if (delivery->source.ended)
        leave_rows(delivery);
    delivery_unref(delivery);
}

/* ---- handing over ---- */

/* 0; or TRI_MANAGEMENT_CANCELLED: it was cancelled, maybe by the sink itself. The sink may go while it is called. */
static int indicate(struct wmi_delivery *delivery, LONG count, IWbemClassObject **objects)
{
    IWbemObjectSink *sink = delivery->sink;
    if (atomic_load(&delivery->is_cancelled))
        return TRI_MANAGEMENT_CANCELLED;
    sink->lpVtbl->AddRef(sink);
    HRESULT hr = sink->lpVtbl->Indicate(sink, count, objects);
    if (SUCCEEDED(hr) && delivery->sends_progress && !atomic_load(&delivery->is_cancelled)) {
        delivery->delivered += (uint64_t)count;
        WORD done = (WORD)(delivery->delivered < 0xffff ? delivery->delivered : 0xffff);
        hr = sink->lpVtbl->SetStatus(sink, WBEM_STATUS_PROGRESS, (HRESULT)done, NULL, NULL);
    }
    sink->lpVtbl->Release(sink);
    return FAILED(hr) || atomic_load(&delivery->is_cancelled) ? TRI_MANAGEMENT_CANCELLED : 0;
}

/* A subscription goes on where events were lost. */
static int call_row(void *context, uint64_t deadline_ns, struct tri_cim_object **ret)
{
    struct wmi_delivery *delivery = context;
    int r;
    do
        r = tri_call_next(delivery->call.call, &delivery->position, deadline_ns, ret);
    while (r == TRI_MANAGEMENT_QUEUE_OVERFLOW);
    return r;
}

static void call_wake(void *context, struct tri_rows_waker *waker)
{
    struct wmi_delivery *delivery = context;
    tri_call_wake(delivery->call.call, delivery->position, waker);
}

/* Lingers for one row, and takes what else is there by then. Returns what reading ended with; 1: there may be more;
 * -ETIMEDOUT: there was none. */
static int read_batch(struct wmi_delivery *delivery, IWbemClassObject **batch, LONG *ret_count)
{
    const struct wmi_row_source *source = &delivery->source;
    struct tri_cim_object *row;
    LONG most = source->wanted < BATCH ? (LONG)source->wanted : BATCH, count = 0;
    int r = source->next(source->context, tri_deadline_ns(LINGER_MS), &row);
    while (r == 1) {
        if (FAILED(tri_wmi_object_new(row, &batch[count])))
            r = -ENOMEM;
        else if (++count < most)
            r = source->next(source->context, 0, &row);
        else
            break;
    }
    *ret_count = count;
    return r == -ETIMEDOUT && count ? 1 : r;
}

static int hand_batch(struct wmi_delivery *delivery, LONG count, IWbemClassObject **batch)
{
    int r = count ? indicate(delivery, count, batch) : 0;
    for (LONG i = 0; i < count; i++)
        batch[i]->lpVtbl->Release(batch[i]);
    return r;
}

static int hand_rows(struct wmi_delivery *delivery)
{
    IWbemClassObject *batch[BATCH];
    int r = 1;
    while (r == 1 && delivery->source.wanted > 0) {
        LONG count;
        r = read_batch(delivery, batch, &count);
        delivery->source.wanted -= (uint64_t)count;
        int handed = hand_batch(delivery, count, batch);
        if (handed < 0)
            return handed;
    }
    return r;
}

static int hand_result(struct wmi_delivery *delivery)
{
    struct tri_call_result result;
    IWbemClassObject *object = NULL;
    tri_op_wait(tri_call_op(delivery->call.call), TRI_DEADLINE_NEVER);
    tri_call_result(delivery->call.call, &result);
    if (result.code < 0)
        return result.code;
    if (FAILED(tri_wmi_result_object(&result, &object)))
        return -ENOMEM;
    return object ? hand_batch(delivery, 1, &object) : 0;
}

static void post(void *data)
{
    struct wmi_delivery *delivery = data;
    tri_mailbox_post(delivery->box, TRI_TAKE(delivery->note), 0);
}

static void run(void *data, uint64_t unused);

/* Goes on when there are rows: at once, maybe, but not before this note has ended. 0; -ENOMEM. */
static int pause_delivery(struct wmi_delivery *delivery)
{
    struct tri_note *note = tri_note_new(run, delivery_unref, delivery);
    if (!note)
        return -ENOMEM;
    delivery_ref(delivery);
    delivery->note = note;
    delivery->waker = (struct tri_rows_waker){.run = post, .data = delivery};
    delivery->source.wake(delivery->source.context,
                          &delivery->waker); /* the source is ours as long as this is RUNNING */
    set_state(delivery, RUNNING, WAITING);
    return 0;
}

/* A sink that fails cancels its call, and so does running out of memory for the objects. */
static void run(void *data, uint64_t unused)
{
    struct wmi_delivery *delivery = data;
    if (!set_state(delivery, WAITING, RUNNING))
        return;
    int r = delivery->has_rows ? hand_rows(delivery) : hand_result(delivery);
    if (r == -ETIMEDOUT && (r = pause_delivery(delivery)) == 0) {
        if (atomic_load(&delivery->is_cancelled) && set_state(delivery, WAITING, ENDING))
            finish(delivery, TRI_MANAGEMENT_CANCELLED); /* who cancelled it found it running, and did not wait */
        return;
    }
    if (r < 0 && !delivery->source.ended)
        tri_call_cancel(delivery->call.call);
    if (set_state(delivery, RUNNING, ENDING))
        finish(delivery, r);
}

/* ---- starting ---- */

static IUnknown *identity_of(IWbemObjectSink *sink)
{
    IUnknown *identity = NULL;
    if (FAILED(sink->lpVtbl->QueryInterface(sink, &IID_IUnknown, (void **)&identity)) || !identity)
        return (IUnknown *)sink; /* a careless sink; it is at least the same as itself */
    identity->lpVtbl->Release(identity);
    return identity;
}

HRESULT tri_wmi_delivery_new(struct wmi_call *call, IWbemObjectSink *sink, const struct wmi_row_source *source,
                             struct wmi_delivery **ret)
{
    struct wmi_delivery *delivery = calloc(1, sizeof(*delivery));
    struct tri_mailbox *box = tri_mailbox_new();
    struct tri_note *note = delivery && box ? tri_note_new(run, delivery_unref, delivery) : NULL;
    if (!note) {
        free(delivery);
        tri_mailbox_unref(box);
        return tri_wmi_fail(call->operation, NULL, -ENOMEM, NULL);
    }
    *delivery = (struct wmi_delivery){.call = *call, .sink = sink, .box = box, .note = note};
    *call = (struct wmi_call){0};
    atomic_init(&delivery->references, 1);
    delivery->source = source ? *source : (struct wmi_row_source){call_row, call_wake, NULL, delivery, UINT64_MAX};
    delivery->has_rows = source != NULL;
    sink->lpVtbl->AddRef(sink);
    delivery->identity = identity_of(sink);
    *ret = delivery;
    return S_OK;
}

void tri_wmi_delivery_enlist(struct wmi_delivery *delivery)
{
    TRI_LOCK_SCOPE(&lock);
    delivery->next = deliveries;
    deliveries = delivery_ref(delivery);
}

/* The note takes the reference. A cancelled delivery's mailbox is closed, and drops it. */
void tri_wmi_delivery_begin(struct wmi_delivery *delivery)
{
    post(delivery);
}

HRESULT tri_wmi_deliver(struct wmi_call *call, IWbemObjectSink *sink, bool has_rows, bool send_progress)
{
    struct wmi_delivery *delivery;
    HRESULT hr = tri_wmi_delivery_new(call, sink, NULL, &delivery);
    if (FAILED(hr))
        return hr;
    delivery->has_rows = has_rows;
    delivery->sends_progress = send_progress;
    tri_wmi_delivery_enlist(delivery);
    tri_wmi_delivery_begin(delivery);
    return S_OK;
}

/* ---- cancelling ---- */

/* One that this thread is inside of: CancelAsyncCall was called in its Indicate. */
static bool take_own(struct wmi_delivery *delivery)
{
    TRI_LOCK_SCOPE(&lock);
    if (delivery->state != RUNNING || !pthread_equal(delivery->runner, pthread_self()))
        return false;
    delivery->state = ENDING;
    return true;
}

/* One that runs ends itself, unless it was about to wait, or runs on this thread. Others may still want the rows of a
 * NextAsync. */
static void cancel(struct wmi_delivery *delivery)
{
    bool is_ours = set_state(delivery, WAITING, ENDING);
    if (!delivery->source.ended)
        tri_call_cancel(delivery->call.call);
    tri_mailbox_close(delivery->box);
    if (is_ours || set_state(delivery, WAITING, ENDING) || take_own(delivery))
        finish(delivery, TRI_MANAGEMENT_CANCELLED);
}

/* The next one that goes to the sink, with a reference, marked as cancelled; or NULL. */
static struct wmi_delivery *find(const IUnknown *identity)
{
    TRI_LOCK_SCOPE(&lock);
    struct wmi_delivery *delivery = deliveries;
    while (delivery && (delivery->identity != identity || atomic_load(&delivery->is_cancelled)))
        delivery = delivery->next;
    if (!delivery)
        return NULL;
    atomic_store(&delivery->is_cancelled, true);
    return delivery_ref(delivery);
}

/* Is a delivery to that sink ending, or has one ended a moment ago? */
static bool is_known(const IUnknown *identity)
{
    TRI_LOCK_SCOPE(&lock);
    uint64_t now_ns = tri_clock_ns();
    for (const struct wmi_delivery *delivery = deliveries; delivery; delivery = delivery->next)
        if (delivery->identity == identity)
            return true;
    for (size_t i = 0; i < RECENT; i++)
        if (recent[i].identity == identity && now_ns < recent[i].until_ns)
            return true;
    return false;
}

HRESULT tri_wmi_cancel_sink(IWbemObjectSink *sink)
{
    IUnknown *identity = identity_of(sink);
    bool found = false;
    for (struct wmi_delivery *delivery; (delivery = find(identity)); delivery_unref(delivery)) {
        found = true;
        cancel(delivery);
    }
    if (found || is_known(identity))
        return WBEM_S_NO_ERROR;
    return tri_wmi_refuse(WBEM_E_NOT_FOUND, "CancelAsyncCall", "No asynchronous call has that sink.");
}
