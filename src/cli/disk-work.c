#include "disk-work.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "output.h"
#include "progress.h"
#include "signals.h"

/* The service tells nobody that an operation has ended but those who wait for it: a thread does, and wakes us. */
struct waiter {
    IVdsAsync *async;
    int done_fd;
    pthread_t thread;
};

static void release_output(VDS_ASYNC_OUTPUT *output)
{
    if (output->type == VDS_ASYNCOUT_CREATEVOLUME)
        tri_releasep(&output->cv.pVolumeUnk);
    if (output->type == VDS_ASYNCOUT_CREATE_VDISK)
        tri_releasep(&output->cvd.pVDiskUnk);
}

static void *wait_for_end(void *data)
{
    struct waiter *waiter = data;
    VDS_ASYNC_OUTPUT output = {0};
    HRESULT result;

    if (SUCCEEDED(IVdsAsync_Wait(waiter->async, &result, &output)))
        release_output(&output);
    eventfd_write(waiter->done_fd, 1);
    return NULL;
}

static void ask_async(void *work, struct tri_progress_state *ret)
{
    HRESULT result;
    ULONG percent = 0;

    if (SUCCEEDED(IVdsAsync_QueryStatus((IVdsAsync *)work, &result, &percent)))
        ret->percent = (unsigned)percent;
    ret->is_measured = ret->percent > 0;
}

static bool is_ending(int signal_number)
{
    return signal_number == SIGINT || signal_number == SIGTERM || signal_number == SIGHUP || signal_number == SIGQUIT;
}

/* Says what has become of the request; the line of progress comes back below it. */
static void cancel(struct tri_disk_work *work, struct tri_progress *progress, IVdsAsync *async)
{
    HRESULT hr = IVdsAsync_Cancel(async);
    bool too_late = hr == VDS_E_CANCEL_TOO_LATE || hr == VDS_E_NOT_SUPPORTED;

    if (work->disks->cli->json || hr == VDS_E_OPERATION_CANCELED)
        return;
    fprintf(stderr, "%s%s\n", progress->doing ? "\r\033[K" : "", /* also what the terminal shows for the key, ^C */
            too_late ? "trireme: this cannot be stopped any more; waiting for its end" : "trireme: stopping");
}

static void wait_until_done(struct tri_disk_work *work, struct tri_progress *progress, const struct waiter *waiter)
{
    struct pollfd fds[] = {{.fd = waiter->done_fd, .events = POLLIN}, {.fd = tri_signals_hold(), .events = POLLIN}};

    while (!(fds[0].revents & POLLIN)) {
        poll(fds, TRI_COUNT(fds), tri_clock_left_ms(tri_progress_due_ms(progress)));
        int number = fds[1].revents ? tri_signals_take() : 0;
        if (is_ending(number)) {
            work->signal = number;
            cancel(work, progress, waiter->async);
        } else if (!(fds[0].revents & POLLIN)) {
            tri_progress_draw(progress, ask_async, waiter->async);
        }
    }
    tri_signals_release();
}

HRESULT tri_disk_work_wait(struct tri_disk_work *work, const struct tri_disks *disks, const char *doing,
                           HRESULT started, IVdsAsync *async)
{
    TRI_AUTO_RELEASE IVdsAsync *held = async;
    struct waiter waiter = {.async = async, .done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    struct tri_progress progress;

    *work = (struct tri_disk_work){.disks = disks, .result = started};
    if (SUCCEEDED(started)) {
        TRI_HOLD_SIGNALS; /* the thread is to have them blocked, too */
        if (waiter.done_fd < 0 || pthread_create(&waiter.thread, NULL, wait_for_end, &waiter))
            tri_no_memory();
        tri_progress_begin(&progress, disks->cli, doing);
        wait_until_done(work, &progress, &waiter);
        tri_progress_end(&progress);
        pthread_join(waiter.thread, NULL);
        HRESULT waited =
            IVdsAsync_Wait(held, &work->result, &work->output); /* on this thread, for its error's sentence */
        if (FAILED(waited))
            work->result = waited;
    }
    close(waiter.done_fd);
    return work->result;
}

void tri_disk_work_close(struct tri_disk_work *work)
{
    release_output(&work->output);
}

int tri_disk_work_fail(const struct tri_disk_work *work, const char *verb, const char *name)
{
    int status = tri_disks_fail(work->disks, work->result, "cannot %s %s", verb, name);

    return work->signal ? TRI_EXIT_SIGNAL + work->signal : status;
}
