/* A client's sink, which keeps a record of how it was called. */
#ifndef TRI_TESTS_FACE_WMI_SINK_H
#define TRI_TESTS_FACE_WMI_SINK_H

#include "wmi-face.h"

struct sink {
    IWbemObjectSink iface;
    _Atomic int references;
    _Atomic int inside, overlaps; /* calls that run now, and calls that ran at the same time as another */
    _Atomic int indicates, objects, largest;
    _Atomic int progresses, ends, calls_after_end;
    _Atomic HRESULT progress_hr, end_hr;
    HRESULT answer; /* of Indicate */
    /* Called inside Indicate and at the end; or NULL. */
    void (*on_indicate)(struct sink *sink, LONG count, IWbemClassObject **objects);
    void (*on_end)(struct sink *sink);
    void *context;
    pthread_t starter; /* the thread that made it, which the library must not call it on */
    _Atomic int on_starter;
    char path[600];      /* strParam of the end */
    char sentence[1200]; /* Description of its error object */
    char operation[100];
    IWbemClassObject *last; /* the last object that was indicated */
};

static inline struct sink *sink_of(IWbemObjectSink *This)
{
    return (struct sink *)This;
}

static HRESULT STDMETHODCALLTYPE sink_QueryInterface(IWbemObjectSink *This, REFIID iid, void **ret)
{
    *ret = NULL;
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_IWbemObjectSink))
        return E_NOINTERFACE;
    atomic_fetch_add(&sink_of(This)->references, 1);
    *ret = This;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE sink_AddRef(IWbemObjectSink *This)
{
    return (ULONG)atomic_fetch_add(&sink_of(This)->references, 1) + 1;
}

/* The memory is the test's: it looks at the record afterwards. */
static ULONG STDMETHODCALLTYPE sink_Release(IWbemObjectSink *This)
{
    return (ULONG)atomic_fetch_sub(&sink_of(This)->references, 1) - 1;
}

static void sink_enter(struct sink *sink)
{
    if (atomic_fetch_add(&sink->inside, 1) > 0)
        atomic_fetch_add(&sink->overlaps, 1);
    if (atomic_load(&sink->ends) > 0)
        atomic_fetch_add(&sink->calls_after_end, 1);
    if (pthread_equal(sink->starter, pthread_self()))
        atomic_fetch_add(&sink->on_starter, 1);
}

static HRESULT STDMETHODCALLTYPE sink_Indicate(IWbemObjectSink *This, LONG count, IWbemClassObject **objects)
{
    struct sink *sink = sink_of(This);
    sink_enter(sink);
    if (count > 0) {
        LET_GO(sink->last);
        sink->last = objects[count - 1];
        IWbemClassObject_AddRef(sink->last);
    }
    if (count > atomic_load(&sink->largest))
        atomic_store(&sink->largest, count);
    atomic_fetch_add(&sink->objects, count);
    atomic_fetch_add(&sink->indicates, 1);
    if (sink->on_indicate)
        sink->on_indicate(sink, count, objects);
    atomic_fetch_sub(&sink->inside, 1);
    return sink->answer;
}

static HRESULT STDMETHODCALLTYPE sink_SetStatus(IWbemObjectSink *This, LONG flags, HRESULT hr, BSTR param,
                                                IWbemClassObject *object)
{
    struct sink *sink = sink_of(This);
    if (flags == WBEM_STATUS_PROGRESS) {
        sink_enter(sink);
        atomic_store(&sink->progress_hr, hr);
        atomic_fetch_add(&sink->progresses, 1);
        atomic_fetch_sub(&sink->inside, 1);
        return S_OK;
    }
    if (atomic_load(&sink->ends) > 0)
        atomic_fetch_add(&sink->calls_after_end, 1);
    snprintf(sink->path, sizeof(sink->path), "%s", U(param));
    if (object) {
        snprintf(sink->sentence, sizeof(sink->sentence), "%s", get_text(object, "Description"));
        snprintf(sink->operation, sizeof(sink->operation), "%s", get_text(object, "Operation"));
    }
    if (sink->on_end)
        sink->on_end(sink);
    atomic_store(&sink->end_hr, hr);
    atomic_fetch_add(&sink->ends, 1);
    return S_OK;
}

static const IWbemObjectSinkVtbl sink_vtbl = {
    .QueryInterface = sink_QueryInterface,
    .AddRef = sink_AddRef,
    .Release = sink_Release,
    .Indicate = sink_Indicate,
    .SetStatus = sink_SetStatus,
};

/* A sink with one reference, the test's. */
static inline void sink_init(struct sink *sink)
{
    memset(sink, 0, sizeof(*sink));
    sink->iface.lpVtbl = (IWbemObjectSinkVtbl *)&sink_vtbl;
    atomic_store(&sink->references, 1);
    sink->starter = pthread_self();
}

/* Everything was as promised, and the library has let go. */
static inline void sink_check(struct sink *sink)
{
    assert_comes(atomic_load(&sink->references) == 1);
    assert_int_equal(0, atomic_load(&sink->overlaps));
    assert_int_equal(0, atomic_load(&sink->calls_after_end));
    LET_GO(sink->last);
}

static inline HRESULT sink_wait(struct sink *sink)
{
    assert_comes(atomic_load(&sink->ends) > 0);
    sink_check(sink);
    assert_int_equal(1, atomic_load(&sink->ends));
    assert_int_equal(0, atomic_load(&sink->on_starter));
    return atomic_load(&sink->end_hr);
}

#endif
