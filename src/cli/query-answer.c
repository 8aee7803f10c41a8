#include "query-answer.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "output.h"
#include "signals.h"

/* ---- the sink: what the library calls, on a thread of its own ---- */

struct tri_answer_sink {
    IWbemObjectSink face; /* first: a sink's pointer is ours */
    _Atomic ULONG references;
    int event_fd;         /* readable while there may be something new */
    pthread_mutex_t lock; /* over what follows */
    IWbemClassObject **objects;
    size_t first, count, room; /* those from first on have not been taken yet */
    bool is_done;
    HRESULT result;
    IWbemClassObject *error; /* what a failure says, or NULL */
};

static struct tri_answer_sink *sink_of(IWbemObjectSink *This)
{
    return (struct tri_answer_sink *)This;
}

static HRESULT STDMETHODCALLTYPE sink_QueryInterface(IWbemObjectSink *This, REFIID riid, void **ret)
{
    bool is_ours = IsEqualIID(riid, &IID_IUnknown) || IsEqualIID(riid, &IID_IWbemObjectSink);

    *ret = is_ours ? This : NULL;
    if (is_ours)
        IWbemObjectSink_AddRef(This);
    return is_ours ? S_OK : E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE sink_AddRef(IWbemObjectSink *This)
{
    return atomic_fetch_add(&sink_of(This)->references, 1) + 1;
}

static ULONG STDMETHODCALLTYPE sink_Release(IWbemObjectSink *This)
{
    struct tri_answer_sink *sink = sink_of(This);
    ULONG left = atomic_fetch_sub(&sink->references, 1) - 1;

    if (left)
        return left;
    for (size_t i = sink->first; i < sink->count; i++)
        IWbemClassObject_Release(sink->objects[i]);
    free(sink->objects);
    tri_releasep(&sink->error);
    close(sink->event_fd);
    pthread_mutex_destroy(&sink->lock);
    free(sink);
    return 0;
}

static HRESULT STDMETHODCALLTYPE sink_Indicate(IWbemObjectSink *This, LONG count, IWbemClassObject **objects)
{
    struct tri_answer_sink *sink = sink_of(This);

    pthread_mutex_lock(&sink->lock);
    for (LONG i = 0; i < count; i++) {
        if (sink->count == sink->room) {
            sink->room = 2 * sink->room + 64;
            sink->objects = tri_checked(reallocarray(sink->objects, sink->room, sizeof(*sink->objects)));
        }
        IWbemClassObject_AddRef(objects[i]);
        sink->objects[sink->count++] = objects[i];
    }
    pthread_mutex_unlock(&sink->lock);
    eventfd_write(sink->event_fd, 1);
    return WBEM_S_NO_ERROR;
}

static HRESULT STDMETHODCALLTYPE sink_SetStatus(IWbemObjectSink *This, LONG flags, HRESULT result, BSTR text,
                                                IWbemClassObject *error)
{
    struct tri_answer_sink *sink = sink_of(This);

    if (flags != WBEM_STATUS_COMPLETE)
        return WBEM_S_NO_ERROR;
    pthread_mutex_lock(&sink->lock);
    sink->is_done = true;
    sink->result = result;
    sink->error = error;
    if (error)
        IWbemClassObject_AddRef(error);
    pthread_mutex_unlock(&sink->lock);
    eventfd_write(sink->event_fd, 1);
    return WBEM_S_NO_ERROR;
}

static const IWbemObjectSinkVtbl sink_vtbl = {
    .QueryInterface = sink_QueryInterface,
    .AddRef = sink_AddRef,
    .Release = sink_Release,
    .Indicate = sink_Indicate,
    .SetStatus = sink_SetStatus,
};

static struct tri_answer_sink *sink_new(void)
{
    struct tri_answer_sink *sink = tri_checked(calloc(1, sizeof(*sink)));

    sink->face.lpVtbl = &sink_vtbl;
    sink->references = 1;
    sink->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (sink->event_fd < 0)
        tri_no_memory();
    pthread_mutex_init(&sink->lock, NULL);
    return sink;
}

/* ---- the answer ---- */

void tri_answer_open(struct tri_answer *answer, const struct tri_management *management, const char *doing)
{
    *answer = (struct tri_answer){.management = management, .sink = sink_new()};
    tri_signals_hold(); /* before the library has threads: they are to have them blocked, too */
    tri_progress_begin(&answer->progress, management->cli, doing);
}

IWbemObjectSink *tri_answer_sink(struct tri_answer *answer)
{
    return &answer->sink->face;
}

void tri_answer_begin(struct tri_answer *answer, HRESULT started)
{
    answer->is_started = SUCCEEDED(started);
    answer->is_done = !answer->is_started;
    answer->result = started;
}

static void cancel(struct tri_answer *answer)
{
    IWbemServices_CancelAsyncCall(answer->management->services, &answer->sink->face);
}

/* The next object, or what became of the call. */
static IWbemClassObject *take(struct tri_answer *answer)
{
    struct tri_answer_sink *sink = answer->sink;
    IWbemClassObject *object = NULL;

    pthread_mutex_lock(&sink->lock);
    if (sink->first < sink->count)
        object = sink->objects[sink->first++];
    if (sink->first == sink->count)
        sink->first = sink->count = 0;
    if (!object && sink->is_done) {
        answer->is_done = true;
        answer->result = sink->result;
    }
    pthread_mutex_unlock(&sink->lock);
    return object;
}

static void ask_nothing(void *work, struct tri_progress_state *ret)
{
}

static void wait_for_news(struct tri_answer *answer, uint64_t deadline_ms)
{
    struct pollfd fds[] = {{.fd = answer->sink->event_fd, .events = POLLIN},
                           {.fd = tri_signals_hold(), .events = POLLIN}};
    uint64_t due_ms = tri_progress_due_ms(&answer->progress);
    eventfd_t news;

    poll(fds, TRI_COUNT(fds), tri_clock_left_ms(due_ms < deadline_ms ? due_ms : deadline_ms));
    int number = fds[1].revents ? tri_signals_take() : 0;
    tri_signals_release();
    eventfd_read(answer->sink->event_fd, &news);
    if (number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT) {
        answer->signal = number;
        cancel(answer);
    } else if (!fds[0].revents) {
        tri_progress_draw(&answer->progress, ask_nothing, NULL);
    }
}

static void end_progress(struct tri_answer *answer)
{
    if (answer->progress.doing)
        tri_progress_end(&answer->progress);
}

IWbemClassObject *tri_answer_next(struct tri_answer *answer, uint64_t deadline_ms)
{
    IWbemClassObject *object = NULL;

    while (!answer->is_done && !(object = take(answer)) && !answer->is_done && tri_clock_ms() < deadline_ms)
        wait_for_news(answer, deadline_ms);
    if (object || answer->is_done)
        end_progress(answer);
    return object;
}

int tri_answer_fail(const struct tri_answer *answer, const char *hint, const char *format, ...)
{
    TRI_AUTO_RELEASE IErrorInfo *info = NULL;
    va_list arguments;

    if (answer->sink->error &&
        SUCCEEDED(IWbemClassObject_QueryInterface(answer->sink->error, &IID_IErrorInfo, (void **)&info)))
        SetErrorInfo(0, info);
    va_start(arguments, format);
    int status = tri_vfail_com_hint(answer->management->cli, answer->result, hint, format, arguments);
    va_end(arguments);
    return answer->signal ? TRI_EXIT_SIGNAL + answer->signal : status;
}

void tri_answer_close(struct tri_answer *answer)
{
    if (answer->is_started && !answer->is_done)
        cancel(answer);
    end_progress(answer);
    tri_signals_release();
    IWbemObjectSink_Release(&answer->sink->face);
}
