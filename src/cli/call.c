#include "call.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "output.h"
#include "progress.h"
#include "signals.h"
#include "text.h"

static void tell_done(HCS_OPERATION operation, void *context)
{
    const struct tri_call *call = context;

    eventfd_write(call->done_fd, 1);
}

void tri_call_open(struct tri_call *call, const struct tri_cli *cli, const char *id)
{
    *call = (struct tri_call){.cli = cli, .id = id, .done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    call->operation = HcsCreateOperation(call, tell_done);
    if (!call->operation || call->done_fd < 0)
        tri_no_memory();
}

void tri_call_close(struct tri_call *call)
{
    HcsCloseOperation(call->operation);
    close(call->done_fd);
    json_decref(call->document);
}

/* HcsWaitForOperationResult of no time answers HCS_E_OPERATION_TIMEOUT where it still runs. */
static HRESULT read_result(struct tri_call *call)
{
    PWSTR text = NULL;

    call->result = HcsWaitForOperationResult(call->operation, 0, &text);
    json_decref(call->document);
    call->document = tri_document(text);
    return call->result;
}

static bool is_ending(int signal_number)
{
    return signal_number == SIGINT || signal_number == SIGTERM || signal_number == SIGHUP || signal_number == SIGQUIT;
}

/* Whether to wait on: the second one asks to give up. */
static bool handle_signal(struct tri_call *call)
{
    int number = tri_signals_take();

    if (!is_ending(number))
        return true;
    if (call->signal)
        return false;
    call->signal = number;
    HcsCancelOperation(call->operation);
    return true;
}

HRESULT tri_call_set_result(struct tri_call *call, HRESULT result)
{
    json_decref(call->document);
    call->document = NULL;
    return call->result = result;
}

static void ask_operation(void *work, struct tri_progress_state *ret)
{
    struct tri_call *call = work;
    PWSTR text = NULL;

    if (FAILED(HcsGetOperationProperties(call->operation, NULL, &text)))
        return;
    json_t *properties = tri_document(text);
    snprintf(ret->phase, sizeof(ret->phase), "%s", tri_member_text(properties, "Phase"));
    ret->percent = (unsigned)tri_member_number(properties, "PercentComplete");
    json_decref(properties);
}

static HRESULT wait_until(struct tri_call *call, struct tri_progress *progress, uint64_t deadline_ms)
{
    struct pollfd fds[] = {{.fd = call->done_fd, .events = POLLIN}, {.fd = tri_signals_hold(), .events = POLLIN}};
    bool waiting = true;

    while (waiting && !(fds[0].revents & POLLIN)) {
        uint64_t draw_ms = tri_progress_due_ms(progress);
        poll(fds, TRI_COUNT(fds), tri_clock_left_ms(draw_ms < deadline_ms ? draw_ms : deadline_ms));
        if (fds[1].revents)
            waiting = handle_signal(call);
        if (tri_clock_left_ms(deadline_ms) == 0)
            break;
        tri_progress_draw(progress, ask_operation, call);
    }
    tri_signals_release();
    return waiting ? read_result(call) : tri_call_set_result(call, HRESULT_FROM_WIN32(ERROR_CANCELLED));
}

HRESULT tri_call_wait_for(struct tri_call *call, const char *doing, HRESULT started, uint32_t timeout_ms)
{
    struct tri_progress progress;
    eventfd_t count;

    call->signal = 0;
    if (FAILED(started)) {
        read_result(call); /* for its ResultError only */
        return call->result = started;
    }
    tri_progress_begin(&progress, call->cli, doing);
    HRESULT hr = wait_until(call, &progress, timeout_ms == INFINITE ? TRI_NEVER_MS : tri_clock_ms() + timeout_ms);
    tri_progress_end(&progress);
    eventfd_read(call->done_fd, &count);
    return hr;
}

HRESULT tri_call_wait(struct tri_call *call, const char *doing, HRESULT started)
{
    return tri_call_wait_for(call, doing, started, INFINITE);
}

int tri_call_fail(const struct tri_call *call, const char *verb)
{
    int status = tri_fail_call(call->cli, call->result, call->document, "cannot %s %s", verb, tri_text_named(call->id));

    return call->signal ? TRI_EXIT_SIGNAL + call->signal : status;
}

int tri_system_open(const struct tri_cli *cli, const char *verb, const char *id, HCS_SYSTEM *ret)
{
    TRI_AUTO_FREE PWSTR wide = tri_wide(id);
    HRESULT hr = HcsOpenComputeSystem(wide, GENERIC_ALL, ret);

    if (hr == E_INVALIDARG)
        return tri_fail_because(cli, hr,
                                "an id has 1 to 255 bytes, no / and no control characters; `trireme ps -a` lists those "
                                "that there are",
                                "cannot %s %s", verb, tri_text_named(id));
    return FAILED(hr) ? tri_fail_call(cli, hr, NULL, "cannot %s %s", verb, id) : 0;
}

void tri_system_closep(HCS_SYSTEM *system)
{
    HcsCloseComputeSystem(*system);
}
