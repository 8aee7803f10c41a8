/* IEnumWbemClassObject: a place among the rows of a call.
 *
 * Reading locks nothing: the engine has the rows, and the place is one number. Of several threads that read the same
 * enumerator each gets rows of its own. The call's rows are cancelled with the last enumerator that reads them. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "management/wmi/services.h"

struct turn;

struct enumerator {
    struct tri_com_object com;
    struct tri_com_face IEnumWbemClassObject_face, IClientSecurity_face;
    struct wmi_call call;
    bool is_forward_only;
    _Atomic uint64_t position;
    _Atomic bool owes_overflow; /* events were lost behind rows that Next handed out: to be told by the next call */
    pthread_mutex_t lock;
    struct turn *turns; /* lock: deliveries of NextAsync, one at a time, in the order they were asked for */
};

static struct enumerator *this_enumerator(IEnumWbemClassObject *This)
{
    return tri_com_face_object(This);
}

/* The same call once more, for somebody else. */
static struct wmi_call call_of(const struct enumerator *enumerator)
{
    const struct wmi_call *call = &enumerator->call;
    return (struct wmi_call){tri_call_ref(call->call), call->operation,
                             call->parameter ? strdup(call->parameter) : NULL};
}

/* ---- rows ---- */

/* As tri_call_next. A forward-only call has a place of its own; elsewhere a thread whose row another one has passed
 * over tries the next. */
static int next_row(struct enumerator *enumerator, uint64_t deadline_ns, struct tri_cim_object **ret)
{
    uint64_t from = atomic_load_explicit(&enumerator->position, memory_order_relaxed);
    if (atomic_load_explicit(&enumerator->owes_overflow, memory_order_relaxed) &&
        atomic_exchange(&enumerator->owes_overflow, false))
        return TRI_MANAGEMENT_QUEUE_OVERFLOW;
    for (;;) {
        uint64_t position = from;
        int r = tri_call_next(enumerator->call.call, &position, deadline_ns, ret);
        if (r != 1 || enumerator->is_forward_only ||
            atomic_compare_exchange_strong(&enumerator->position, &from, position))
            return r;
        tri_cim_object_unref(*ret);
    }
}

/* Lost events are no end of the call, so there is nothing to be asked of it. */
static HRESULT fail(struct enumerator *enumerator, int code)
{
    struct tri_call_result result = {0};
    if (code != TRI_MANAGEMENT_QUEUE_OVERFLOW)
        tri_call_result(enumerator->call.call, &result);
    return tri_wmi_tell(enumerator->call.operation, enumerator->call.parameter, code, result.error);
}

/* At the end. Where rows are missing, the thread's error object says which: the code must be the one that ends loops.
 */
static HRESULT end(struct enumerator *enumerator)
{
    struct tri_call_result result;
    tri_call_result(enumerator->call.call, &result);
    if (result.is_partial)
        tri_wmi_tell(enumerator->call.operation, enumerator->call.parameter, result.error->code, result.error);
    else
        tri_wmi_clear_error();
    return WBEM_S_FALSE;
}

/* What Next and Skip answer when they had to stop at `count` rows. A failure is told by the next call where this one
 * has rows to hand out: the call keeps how it ended, but says only once that events were lost. */
static HRESULT stopped(struct enumerator *enumerator, int r, ULONG count)
{
    if (r == 0)
        return end(enumerator);
    if (r != -ETIMEDOUT && count == 0)
        return fail(enumerator, r);
    if (r == TRI_MANAGEMENT_QUEUE_OVERFLOW)
        atomic_store(&enumerator->owes_overflow, true);
    tri_wmi_clear_error();
    return WBEM_S_TIMEDOUT;
}

static HRESULT STDMETHODCALLTYPE enumerator_Next(IEnumWbemClassObject *This, LONG lTimeout, ULONG uCount,
                                                 IWbemClassObject **apObjects, ULONG *puReturned)
{
    struct enumerator *enumerator = this_enumerator(This);
    uint64_t deadline_ns;
    if (!apObjects || !puReturned)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, "Next", "Next needs an array and a place for the count.");
    HRESULT hr = tri_wmi_deadline(lTimeout, "Next", &deadline_ns);
    if (FAILED(hr))
        return hr;
    *puReturned = 0;
    for (ULONG count = 0; count < uCount; count++) {
        struct tri_cim_object *row;
        int r = next_row(enumerator, deadline_ns, &row);
        if (r != 1)
            return stopped(enumerator, r, count);
        IWbemClassObject *object;
        if (FAILED(hr = tri_wmi_object_new(row, &object)))
            return count ? WBEM_S_TIMEDOUT : hr;
        apObjects[count] = object;
        *puReturned = count + 1;
    }
    tri_wmi_clear_error();
    return WBEM_S_NO_ERROR;
}

static HRESULT STDMETHODCALLTYPE enumerator_Skip(IEnumWbemClassObject *This, LONG lTimeout, ULONG nCount)
{
    struct enumerator *enumerator = this_enumerator(This);
    uint64_t deadline_ns;
    HRESULT hr = tri_wmi_deadline(lTimeout, "Skip", &deadline_ns);
    if (FAILED(hr))
        return hr;
    for (ULONG count = 0; count < nCount; count++) {
        struct tri_cim_object *row;
        int r = next_row(enumerator, deadline_ns, &row);
        if (r != 1)
            return stopped(enumerator, r, count);
        tri_cim_object_unref(row);
    }
    tri_wmi_clear_error();
    return WBEM_S_NO_ERROR;
}

/* ---- places ---- */

static HRESULT not_forward_only(const char *method)
{
    return tri_wmi_refuse(WBEM_E_INVALID_OPERATION, method,
                          "A forward-only enumerator cannot do this: its rows are gone once they were read.");
}

static HRESULT STDMETHODCALLTYPE enumerator_Reset(IEnumWbemClassObject *This)
{
    struct enumerator *enumerator = this_enumerator(This);
    if (enumerator->is_forward_only)
        return not_forward_only("Reset");
    atomic_store(&enumerator->position, 0);
    tri_wmi_clear_error();
    return WBEM_S_NO_ERROR;
}

static HRESULT STDMETHODCALLTYPE enumerator_Clone(IEnumWbemClassObject *This, IEnumWbemClassObject **ppEnum)
{
    struct enumerator *enumerator = this_enumerator(This);
    if (!ppEnum)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, "Clone", "Clone needs a place for the enumerator.");
    *ppEnum = NULL;
    if (enumerator->is_forward_only)
        return not_forward_only("Clone");
    TRI_CLEANUP(tri_wmi_call_clear) struct wmi_call call = call_of(enumerator);
    HRESULT hr = tri_wmi_enumerator_new(&call, false, ppEnum);
    if (FAILED(hr))
        return hr;
    atomic_store(&this_enumerator(*ppEnum)->position, atomic_load(&enumerator->position));
    tri_wmi_clear_error();
    return WBEM_S_NO_ERROR;
}

/* ---- NextAsync ---- */

/* A delivery, and those behind it: the first one of an enumerator has begun. It keeps the enumerator. */
struct turn {
    struct turn *next;
    struct enumerator *enumerator;
    struct wmi_delivery *delivery; /* a reference, until it begins */
};

static int turn_row(void *context, uint64_t deadline_ns, struct tri_cim_object **ret)
{
    return next_row(((struct turn *)context)->enumerator, deadline_ns, ret);
}

static void turn_wake(void *context, struct tri_rows_waker *waker)
{
    struct enumerator *enumerator = ((struct turn *)context)->enumerator;
    tri_call_wake(enumerator->call.call, atomic_load(&enumerator->position), waker);
}

/* Takes a turn off the list; returns the delivery that is to begin now, or NULL. */
static struct wmi_delivery *turns_take(struct enumerator *enumerator, struct turn *turn)
{
    TRI_LOCK_SCOPE(&enumerator->lock);
    struct turn **at = &enumerator->turns;
    bool was_first = *at == turn;
    while (*at != turn)
        at = &(*at)->next;
    *at = turn->next;
    return was_first && *at ? TRI_TAKE((*at)->delivery) : NULL;
}

/* Its delivery has ended, maybe without having begun. */
static void turn_ended(void *context)
{
    struct turn *turn = context;
    struct wmi_delivery *next = turns_take(turn->enumerator, turn);
    if (turn->delivery)
        tri_wmi_delivery_begin(turn->delivery); /* in vain: lets go of it */
    if (next)
        tri_wmi_delivery_begin(next);
    tri_com_unref(turn->enumerator);
    free(turn);
}

/* Returns the turn's delivery where nobody is before it. */
static struct wmi_delivery *turns_add(struct enumerator *enumerator, struct turn *turn)
{
    TRI_LOCK_SCOPE(&enumerator->lock);
    struct turn **at = &enumerator->turns;
    while (*at)
        at = &(*at)->next;
    *at = turn;
    tri_wmi_delivery_enlist(turn->delivery);
    return at == &enumerator->turns ? TRI_TAKE(turn->delivery) : NULL;
}

/* Cancelling a delivery leaves the rows to the next one. */
static HRESULT STDMETHODCALLTYPE enumerator_NextAsync(IEnumWbemClassObject *This, ULONG uCount, IWbemObjectSink *pSink)
{
    struct enumerator *enumerator = this_enumerator(This);
    if (!pSink)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, "NextAsync", "NextAsync needs a sink.");
    if (uCount == 0)
        return WBEM_S_FALSE;
    struct turn *turn = calloc(1, sizeof(*turn));
    if (!turn)
        return tri_wmi_fail("NextAsync", NULL, -ENOMEM, NULL);
    struct wmi_row_source source = {turn_row, turn_wake, turn_ended, turn, uCount};
    TRI_CLEANUP(tri_wmi_call_clear) struct wmi_call call = call_of(enumerator);
    HRESULT hr = tri_wmi_delivery_new(&call, pSink, &source, &turn->delivery);
    if (FAILED(hr)) {
        free(turn);
        return hr;
    }
    turn->enumerator = enumerator;
    tri_com_ref(enumerator);
    struct wmi_delivery *first = turns_add(enumerator, turn);
    if (first)
        tri_wmi_delivery_begin(first);
    tri_wmi_clear_error();
    return WBEM_S_NO_ERROR;
}

/* ---- the class ---- */

static const IEnumWbemClassObjectVtbl enumerator_vtbl = {
    TRI_COM_UNKNOWN(IEnumWbemClassObject), .Reset = enumerator_Reset, .Next = enumerator_Next,
    .NextAsync = enumerator_NextAsync,     .Clone = enumerator_Clone, .Skip = enumerator_Skip,
};

static void enumerator_destroy(void *object)
{
    struct enumerator *enumerator = object;
    tri_wmi_call_clear(&enumerator->call);
    pthread_mutex_destroy(&enumerator->lock);
}

static const struct tri_com_row enumerator_rows[] = {
    {&IID_IEnumWbemClassObject, offsetof(struct enumerator, IEnumWbemClassObject_face), &enumerator_vtbl},
    {&IID_IClientSecurity, offsetof(struct enumerator, IClientSecurity_face), &tri_wmi_client_security_vtbl},
};

static const struct tri_com_class enumerator_class = {
    .name = "row enumerator",
    .size = sizeof(struct enumerator),
    .rows = enumerator_rows,
    .row_count = sizeof enumerator_rows / sizeof enumerator_rows[0],
    .destroy = enumerator_destroy,
};

HRESULT tri_wmi_enumerator_new(struct wmi_call *call, bool forward_only, IEnumWbemClassObject **ret)
{
    *ret = NULL;
    struct enumerator *enumerator = tri_com_new(&enumerator_class);
    if (!enumerator)
        return tri_wmi_fail(call->operation, NULL, -ENOMEM, NULL);
    pthread_mutex_init(&enumerator->lock, NULL);
    enumerator->call = *call;
    *call = (struct wmi_call){0};
    enumerator->is_forward_only = forward_only;
    *ret = (IEnumWbemClassObject *)&enumerator->IEnumWbemClassObject_face;
    return S_OK;
}
