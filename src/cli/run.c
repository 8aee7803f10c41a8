/* trireme run: a new container for one program, which ends with it. The document is the same whether somebody waits or
 * not: the system is made so that it ends with its last handle, and the trireme process that started it, in the
 * foreground or (with --detach) in the background, holds a handle until the program has exited and then terminates it.
 * So nothing is left behind however that process ends, and a system never outlives its program. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "background.h"
#include "call.h"
#include "document.h"
#include "name.h"
#include "output.h"
#include "signals.h"
#include "text.h"
#include "verbs.h"

#define FIELD(member) offsetof(struct tri_run_settings, member)
#define GENERATED_ID_TRIES 8
#define RECORD_MS 60000 /* how long a detached one can still be asked how it ended */

static const char *parse_id(const char *value, void *field)
{
    return *value ? tri_parse_text(value, field) : "is empty";
}

/* What people type who come from podman: no container of this command outlives its program. */
static const char *parse_nothing(const char *value, void *field)
{
    return NULL;
}

static const struct tri_option options[] = {
    {"name", 0, "ID", parse_id, FIELD(id), "give it this id (default: a generated one)"},
    {"rootfs", 0, "FOLDER", tri_parse_folder, FIELD(root), "its root is this folder, written to in place"},
    {"layer", 0, "FOLDER", tri_parse_folders, FIELD(layers), "a read-only layer of its root; again for those below it"},
    {"scratch", 0, "FOLDER", tri_parse_folder, FIELD(scratch), "what it writes above its layers is kept here"},
    {"bundle", 0, "FOLDER", tri_parse_folder, FIELD(bundle), "run the program of this OCI bundle"},
    {"volume", 'v', "HOST:CONTAINER[:ro]", tri_parse_volume, FIELD(volumes), "mount a folder of the host in it"},
    {"memory", 'm', "SIZE", tri_parse_size_mb, FIELD(memory_mb), "limit its memory: 512m, 2g"},
    {"cpus", 0, "N", tri_parse_cpus, FIELD(cpus), "limit it to the time of so many processors: 2, 0.5"},
    {"cpu-weight", 0, "N", tri_parse_count, FIELD(cpu_weight), "its share where processors are scarce: 1 to 10000"},
    {"hostname", 0, "NAME", tri_parse_text, FIELD(host_name), "its host name (default: from its id)"},
    {"network", 0, "NETWORK", tri_parse_text, FIELD(network),
     "none (default), host, container:ID, or a network namespace's name or path"},
    {"owner", 0, "NAME", tri_parse_text, FIELD(owner), "the owner to note (default: trireme)"},
    {"rm", 0, NULL, parse_nothing, 0, "remove it when it has ended: it always is"},
    {"timeout", 0, "SECONDS", tri_parse_seconds, FIELD(timeout_s), "kill the program after this time"},
    {0},
};

static HRESULT create_system(struct tri_call *call, const struct tri_run_settings *settings, HCS_SYSTEM *ret)
{
    TRI_AUTO_FREE PWSTR id = tri_wide(call->id);
    TRI_AUTO_FREE PWSTR document = tri_wide_document(tri_document_system(settings));
    TRI_AUTO_FREE char *doing = tri_text_format("creating %s", call->id);

    HRESULT hr = tri_call_wait(call, doing, HcsCreateComputeSystem(id, document, call->operation, NULL, ret));
    if (FAILED(hr))
        tri_system_closep(ret);
    return hr;
}

/* A generated id that is taken is replaced by another; `ret_id` is what call->id points at. */
static HRESULT create_named(struct tri_call *call, const struct tri_run_settings *settings, char **ret_id,
                            HCS_SYSTEM *ret)
{
    HRESULT hr = HCS_E_SYSTEM_ALREADY_EXISTS;

    for (int tries = settings->id ? 1 : GENERATED_ID_TRIES; tries && hr == HCS_E_SYSTEM_ALREADY_EXISTS; tries--) {
        free(*ret_id);
        *ret_id = settings->id ? tri_text_format("%s", settings->id) : tri_name_new();
        call->id = *ret_id;
        hr = create_system(call, settings, ret);
    }
    return hr;
}

static int start(struct tri_call *call, HCS_SYSTEM system)
{
    TRI_AUTO_FREE char *doing = tri_text_format("starting %s", call->id);
    HRESULT hr = tri_call_wait(call, doing, HcsStartComputeSystem(system, call->operation, NULL));

    return FAILED(hr) ? tri_call_fail(call, "start") : 0;
}

/* The system's end is part of ours: after us nothing is left. It may be on its way already, by `trireme stop`. */
static int end(struct tri_call *call, HCS_SYSTEM system, int status)
{
    TRI_AUTO_FREE char *doing = tri_text_format("ending %s", call->id);
    HRESULT hr = tri_call_wait(call, doing, HcsTerminateComputeSystem(system, call->operation, NULL));

    if (hr == HCS_E_SYSTEM_ALREADY_STOPPED)
        hr = HcsWaitForComputeSystemExit(system, INFINITE, NULL);
    return FAILED(hr) && status == 0 ? tri_call_fail(call, "end") : status;
}

static void announce(const struct tri_cli *cli, const char *id, uint32_t pid)
{
    tri_print_line(cli, id);
    if (cli->json)
        tri_print_document(json_pack("{s:s, s:I}", "Id", id, "ProcessId", (json_int_t)pid));
    fflush(stdout);
}

/* While this handle is open, `trireme wait` and `inspect` learn how it ended. */
static void keep_record(void)
{
    struct pollfd signals = {.fd = tri_signals_hold(), .events = POLLIN};

    poll(&signals, 1, RECORD_MS);
    tri_signals_release();
}

static int run_program(struct tri_call *call, HCS_SYSTEM system, const struct tri_run_settings *settings,
                       int background_fd)
{
    const struct tri_cli *cli = call->cli;
    TRI_AUTO_ATTACH struct tri_attach *attach = NULL;
    json_t *process = tri_document_process(&settings->process, cli->argv);

    int status = tri_attach_start(call, system, &settings->process, process, &attach);
    if (status)
        return end(call, system, status);
    if (settings->process.detach) {
        announce(cli, call->id, tri_attach_pid(attach));
        tri_background_enter(background_fd);
    }
    status = tri_attach_wait(attach, settings->timeout_s);
    int ended = tri_attach_drain(attach, end(call, system, status));
    if (cli->json && !settings->process.detach)
        tri_print_document(json_pack("{s:s, s:i}", "Id", call->id, "ExitCode", status));
    if (settings->process.detach)
        keep_record();
    return ended;
}

static int run_in_new_system(const struct tri_cli *cli, const struct tri_run_settings *settings, int background_fd)
{
    TRI_HOLD_SIGNALS;
    TRI_AUTO_FREE char *id = NULL;
    TRI_AUTO_CALL struct tri_call call;
    TRI_AUTO_SYSTEM HCS_SYSTEM system = NULL;

    tri_call_open(&call, cli, "");
    if (FAILED(create_named(&call, settings, &id, &system)))
        return tri_call_fail(&call, "create");
    int status = start(&call, system);
    return status ? status : run_program(&call, system, settings, background_fd);
}

static int run(struct tri_cli *cli)
{
    const struct tri_run_settings *settings = cli->settings;
    const char *conflict = tri_document_conflict(settings);
    int background_fd = -1;

    if (conflict)
        return tri_fail(cli, "%s", conflict);
    if (!settings->bundle == !cli->argc)
        return tri_fail(cli, settings->bundle ? "a bundle has its own program: no COMMAND goes with --bundle"
                                              : "no COMMAND is given; see `trireme run --help`");
    if (settings->process.detach) {
        int status = tri_background_fork(cli, &background_fd);
        if (status >= 0)
            return status;
    }
    return run_in_new_system(cli, settings, background_fd);
}

const struct tri_verb tri_verb_run = {
    .name = "run",
    .arguments = "[--] COMMAND [ARGUMENT]...",
    .summary = "run a program in a new container, which ends with it",
    .example = "trireme run -it --memory 1g -v \"$PWD:/src\" -w /src -- make",
    .options = options,
    .shared = tri_process_options,
    .settings_size = sizeof(struct tri_run_settings),
    .argc_max = -1,
    .takes_command = true,
    .run = run,
};
