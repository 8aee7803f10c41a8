#include "attach.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <trireme.h>
#include <unistd.h>

#include "clock.h"
#include "output.h"
#include "pump.h"
#include "signals.h"
#include "terminal.h"
#include "text.h"

#define SILENCE_MS 1000 /* of a stream whose program has ended */
#define SECOND_CTRL_C_MS 2000
#define CONTROL_MS 10000 /* for a signal, or a new size, to be taken */

enum { INPUT, OUTPUT, ERRORS, STREAMS };

struct stream {
    struct tri_attach *attach;
    HANDLE handle;
    struct tri_pump pump;
};

struct tri_attach {
    struct tri_call *call;
    HCS_PROCESS process;
    uint32_t pid;
    bool tty;
    struct tri_terminal terminal;
    int exited_fd; /* readable from the exit of the process on */
    int drain_fd;  /* readable once its output will not grow any more */
    int copied_fd; /* counts the output streams that were copied to their end */
    unsigned outputs;
    struct stream streams[STREAMS];
    uint64_t last_request_ms; /* when a signal last asked it to end */
};

static int new_event(int flags)
{
    int fd = eventfd(0, EFD_CLOEXEC | flags);

    if (fd < 0)
        tri_no_memory();
    return fd;
}

/* ---- the process ---- */

static void tell_exited(HCS_EVENT *event, void *context)
{
    const struct tri_attach *attach = context;

    eventfd_write(attach->exited_fd, 1);
}

static int start_status(HRESULT hr, int otherwise)
{
    switch (hr) {
    case HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND):
    case HRESULT_FROM_WIN32(ERROR_PATH_NOT_FOUND):
        return TRI_EXIT_NO_PROGRAM;
    case E_ACCESSDENIED:
    case HRESULT_FROM_WIN32(ERROR_BAD_EXE_FORMAT):
        return TRI_EXIT_CANNOT_EXECUTE;
    default:
        return otherwise;
    }
}

static int create_process(struct tri_attach *attach, HCS_SYSTEM system, json_t *document,
                          HCS_PROCESS_INFORMATION *ret_info)
{
    struct tri_call *call = attach->call;
    TRI_AUTO_FREE PWSTR parameters = tri_wide_document(document);
    TRI_AUTO_FREE char *doing = tri_text_format("starting the program in %s", call->id);

    HRESULT hr =
        tri_call_wait(call, doing, HcsCreateProcess(system, parameters, call->operation, NULL, &attach->process));
    if (FAILED(hr))
        return start_status(hr, tri_call_fail(call, "run the program in"));
    HcsGetOperationResultAndProcessInfo(call->operation, ret_info, NULL);
    attach->pid = ret_info->ProcessId;
    HcsSetProcessCallback(attach->process, HcsEventOptionNone, attach, tell_exited);
    return 0;
}

/* Waits for a small request to the process, whose outcome does not matter: it may have exited meanwhile. */
static void finish_request(HCS_OPERATION operation, HRESULT started)
{
    if (SUCCEEDED(started))
        HcsWaitForOperationResult(operation, CONTROL_MS, NULL);
    HcsCloseOperation(operation);
}

static void modify(const struct tri_attach *attach, json_t *document)
{
    TRI_AUTO_FREE PWSTR settings = tri_wide_document(document);
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);

    finish_request(operation, HcsModifyProcess(attach->process, operation, settings));
}

static void resize(const struct tri_attach *attach)
{
    struct tri_terminal_size size = tri_terminal_size();

    if (attach->tty && size.rows)
        modify(attach, json_pack("{s:s, s:{s:i, s:i}}", "Operation", "ConsoleSize", "ConsoleSize", "Height", size.rows,
                                 "Width", size.columns));
}

static void send_signal(const struct tri_attach *attach, int number)
{
    TRI_AUTO_FREE PWSTR options = tri_wide_document(json_pack("{s:i}", "Signal", number));
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);

    finish_request(operation, HcsSignalProcess(attach->process, operation, options));
}

static void kill_process(const struct tri_attach *attach)
{
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);

    finish_request(operation, HcsTerminateProcess(attach->process, operation, NULL));
}

/* ---- streams ---- */

/* Our input is at its end. A terminal has but one descriptor for both ways: there the end is typed. */
static void end_input(void *context)
{
    struct stream *stream = context;

    if (stream->attach->tty)
        modify(stream->attach,
               json_pack("{s:s, s:{s:s}}", "Operation", "CloseHandle", "CloseHandle", "Handle", "StdIn"));
    else
        CloseHandle(stream->handle);
}

/* Its output is at its end, or ours is closed: then it must see that, as without us between. */
static void end_output(void *context)
{
    struct stream *stream = context;

    CloseHandle(stream->handle);
}

static void start_stream(struct tri_attach *attach, int which, HANDLE handle)
{
    static const int ours[] = {[INPUT] = STDIN_FILENO, [OUTPUT] = STDOUT_FILENO, [ERRORS] = STDERR_FILENO};
    struct stream *stream = &attach->streams[which];
    int theirs = trireme_handle_fd(handle);
    bool input = which == INPUT;

    if (theirs < 0)
        return;
    stream->attach = attach;
    stream->handle = handle;
    stream->pump = (struct tri_pump){
        .from = input ? STDIN_FILENO : theirs,
        .to = input                     ? theirs
              : attach->call->cli->json ? STDERR_FILENO
                                        : ours[which],
        .stop_fd = input ? attach->exited_fd : attach->drain_fd,
        .quiet_ms = input ? 0 : SILENCE_MS,
        .done_fd = input ? -1 : attach->copied_fd,
        .ended = input ? end_input : end_output,
        .context = stream,
    };
    if (tri_pump_start(&stream->pump))
        tri_no_memory();
    attach->outputs += !input;
}

static void start_streams(struct tri_attach *attach, const struct tri_process_settings *settings,
                          const HCS_PROCESS_INFORMATION *info)
{
    if (settings->interactive && settings->tty)
        tri_terminal_make_raw(&attach->terminal);
    if (settings->interactive)
        start_stream(attach, INPUT, info->StdInput);
    start_stream(attach, OUTPUT, info->StdOutput);
    if (!settings->tty)
        start_stream(attach, ERRORS, info->StdError);
}

/* ---- the whole ---- */

int tri_attach_start(struct tri_call *call, HCS_SYSTEM system, const struct tri_process_settings *settings,
                     json_t *document, struct tri_attach **ret)
{
    /* One a command. It must stay: the thread that reads our standard input may be in its read until the very end. */
    static struct tri_attach attached;
    struct tri_attach *attach = &attached;
    HCS_PROCESS_INFORMATION info = {0};

    attach->call = call;
    attach->tty = settings->tty;
    attach->exited_fd = new_event(0);
    attach->drain_fd = new_event(0);
    attach->copied_fd = new_event(EFD_SEMAPHORE);
    *ret = attach;

    int status = create_process(attach, system, document, &info);
    if (status == 0)
        start_streams(attach, settings, &info);
    return status;
}

uint32_t tri_attach_pid(const struct tri_attach *attach)
{
    return attach->pid;
}

static void handle_signal(struct tri_attach *attach)
{
    int number = tri_signals_take();
    uint64_t now_ms = tri_clock_ms();

    if (number == SIGWINCH) {
        resize(attach);
    } else if (number == SIGINT || number == SIGTERM) {
        bool again = attach->last_request_ms && now_ms - attach->last_request_ms < SECOND_CTRL_C_MS;
        attach->last_request_ms = now_ms;
        if (again)
            kill_process(attach);
        else
            send_signal(attach, number);
    } else if (number) {
        send_signal(attach, number);
    }
}

static int exit_status(struct tri_attach *attach)
{
    PWSTR text = NULL;
    HRESULT hr = HcsWaitForProcessExit(attach->process, CONTROL_MS, &text);
    json_t *document = tri_document(text);
    HRESULT wait_result = (HRESULT)tri_member_number(document, "LastWaitResult");
    int code = (int)tri_member_number(document, "ExitCode");

    json_decref(document);
    if (SUCCEEDED(hr))
        hr = wait_result;
    if (SUCCEEDED(hr))
        return code;
    tri_terminal_restore(&attach->terminal);
    return tri_fail_call(attach->call->cli, hr, NULL, "cannot learn how the program in %s ended", attach->call->id);
}

int tri_attach_wait(struct tri_attach *attach, uint32_t timeout_s)
{
    struct pollfd fds[] = {{.fd = attach->exited_fd, .events = POLLIN}, {.fd = tri_signals_hold(), .events = POLLIN}};
    uint64_t deadline_ms = timeout_s ? tri_clock_ms() + timeout_s * 1000ull : TRI_NEVER_MS;

    while (!fds[0].revents) {
        poll(fds, TRI_COUNT(fds), tri_clock_left_ms(deadline_ms));
        if (tri_clock_left_ms(deadline_ms) == 0) {
            deadline_ms = TRI_NEVER_MS;
            kill_process(attach);
        }
        if (fds[1].revents)
            handle_signal(attach);
    }
    tri_signals_release();
    return exit_status(attach);
}

static int check_written(const struct tri_attach *attach, int status)
{
    for (int which = OUTPUT; which <= ERRORS; which++)
        if (attach->streams[which].pump.error)
            return tri_fail(attach->call->cli, "cannot write the output of the program in %s: %s", attach->call->id,
                            strerror(attach->streams[which].pump.error));
    return status;
}

int tri_attach_drain(struct tri_attach *attach, int status)
{
    struct pollfd fds[] = {{.fd = attach->copied_fd, .events = POLLIN}, {.fd = tri_signals_hold(), .events = POLLIN}};
    eventfd_t count;

    eventfd_write(attach->drain_fd, 1);
    while (attach->outputs && poll(fds, TRI_COUNT(fds), -1) >= 0 && !(fds[1].revents && tri_signals_take() != SIGWINCH))
        if (fds[0].revents && eventfd_read(attach->copied_fd, &count) == 0)
            attach->outputs--;
    tri_signals_release();
    tri_terminal_restore(&attach->terminal); /* not before: its last words are still for a raw one */
    return check_written(attach, status);
}

void tri_attach_freep(struct tri_attach **attach)
{
    if (!*attach)
        return;
    tri_terminal_restore(&(*attach)->terminal);
    HcsCloseProcess((*attach)->process);
}
