/* trireme exec: another program in a container that runs. */
#include <string.h>

#include "attach.h"
#include "call.h"
#include "document.h"
#include "output.h"
#include "signals.h"
#include "verbs.h"

static void print_result(const struct tri_cli *cli, const char *id, uint32_t pid, const int *exit_code)
{
    json_t *result = json_pack("{s:s, s:I}", "Id", id, "ProcessId", (json_int_t)pid);

    if (exit_code)
        json_object_set_new(result, "ExitCode", json_integer(*exit_code));
    tri_print_document(result);
}

static int finish_detached(const struct tri_cli *cli, const char *id, uint32_t pid)
{
    TRI_AUTO_FREE char *text = tri_text_format("%u", pid);

    tri_print_line(cli, text);
    if (cli->json)
        print_result(cli, id, pid, NULL);
    return TRI_EXIT_OK;
}

static int run(struct tri_cli *cli)
{
    TRI_HOLD_SIGNALS;
    const struct tri_process_settings *settings = cli->settings;
    const char *id = cli->argv[0];
    TRI_AUTO_SYSTEM HCS_SYSTEM system = NULL;
    TRI_AUTO_CALL struct tri_call call;
    TRI_AUTO_ATTACH struct tri_attach *attach = NULL;

    char *const *args = cli->argv + (strcmp(cli->argv[1], "--") ? 1 : 2);

    tri_call_open(&call, cli, id);
    if (!args[0] || tri_process_conflict(settings))
        return tri_fail(cli, "%s", args[0] ? tri_process_conflict(settings) : "no COMMAND is given");
    int status = tri_system_open(cli, "run a program in", id, &system);
    if (status == 0)
        status = tri_attach_start(&call, system, settings, tri_document_process(settings, args), &attach);
    if (status)
        return status;
    if (settings->detach)
        return finish_detached(cli, id, tri_attach_pid(attach));
    status = tri_attach_wait(attach, 0);
    int drained = tri_attach_drain(attach, status);
    if (cli->json)
        print_result(cli, id, tri_attach_pid(attach), &status);
    return drained;
}

const struct tri_verb tri_verb_exec = {
    .name = "exec",
    .arguments = "ID [--] COMMAND [ARGUMENT]...",
    .summary = "run another program in a container",
    .example = "trireme exec -it web -- sh",
    .shared = tri_process_options,
    .settings_size = sizeof(struct tri_process_settings),
    .argc_min = 2,
    .argc_max = -1,
    .takes_command = true,
    .run = run,
};
