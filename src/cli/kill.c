/* trireme kill: a signal for the program of a container, or for one process in it. */
#include <signal.h>

#include "call.h"
#include "output.h"
#include "systems.h"
#include "text.h"
#include "verbs.h"

struct settings {
    int signal_number; /* 0: SIGKILL */
};

static const struct tri_option options[] = {
    {"signal", 's', "SIGNAL", tri_parse_signal, offsetof(struct settings, signal_number),
     "the signal to send: TERM, SIGTERM, 15 (default: KILL)"},
    {0},
};

/* The process that argv names, else the container's program; *ret_pid tells which. NULL: call->result says why not. */
static HCS_PROCESS open_target(struct tri_call *call, HCS_SYSTEM system, uint32_t *ret_pid)
{
    HCS_PROCESS process = NULL;

    if (call->cli->argc < 2)
        return tri_system_program(call, system, ret_pid);
    tri_call_set_result(call, HcsOpenProcess(system, *ret_pid, GENERIC_ALL, &process));
    return process;
}

static int fail_to_open(const struct tri_call *call, uint32_t pid)
{
    if (call->result != HRESULT_FROM_WIN32(ERROR_NOT_FOUND))
        return tri_call_fail(call, "signal the program of");
    TRI_AUTO_FREE char *why = pid ? tri_text_format("process %u was not started by HCS in it, or has ended; `trireme "
                                                    "inspect %s` lists its processes",
                                                    (unsigned)pid, call->id)
                                  : tri_text_format("nothing runs in it (any more); `trireme ps -a` shows its state");
    return tri_fail_because(call->cli, call->result, why, "cannot signal %s", call->id);
}

static HRESULT send_signal(struct tri_call *call, HCS_PROCESS process, int number)
{
    TRI_AUTO_FREE PWSTR options_text = tri_wide_document(json_pack("{s:i}", "Signal", number));

    return tri_call_wait(call, "sending the signal", HcsSignalProcess(process, call->operation, options_text));
}

static int kill_in(struct tri_call *call, HCS_SYSTEM system, int number)
{
    uint32_t pid = 0;
    const char *wrong = call->cli->argc > 1 ? tri_parse_count(call->cli->argv[1], &pid) : NULL;

    if (wrong)
        return tri_fail(call->cli, "PROCESS %s: it %s", call->cli->argv[1], wrong);
    HCS_PROCESS process = open_target(call, system, &pid);
    if (!process)
        return fail_to_open(call, pid);
    HRESULT hr = send_signal(call, process, number);
    HcsCloseProcess(process);
    if (FAILED(hr))
        return tri_call_fail(call, "signal the program of");
    tri_print_line(call->cli, call->id);
    if (call->cli->json)
        tri_print_document(
            json_pack("{s:s, s:I, s:i}", "Id", call->id, "ProcessId", (json_int_t)pid, "Signal", number));
    return TRI_EXIT_OK;
}

static int run(struct tri_cli *cli)
{
    const struct settings *settings = cli->settings;
    TRI_AUTO_SYSTEM HCS_SYSTEM system = NULL;
    TRI_AUTO_CALL struct tri_call call;

    tri_call_open(&call, cli, cli->argv[0]);
    int status = tri_system_open(cli, "signal", cli->argv[0], &system);
    return status ? status : kill_in(&call, system, settings->signal_number ? settings->signal_number : SIGKILL);
}

const struct tri_verb tri_verb_kill = {
    .name = "kill",
    .arguments = "ID [PROCESS]",
    .summary = "send a signal to a container's program, or to one process in it",
    .example = "trireme kill --signal HUP web",
    .options = options,
    .settings_size = sizeof(struct settings),
    .argc_min = 1,
    .argc_max = 2,
    .run = run,
};
