/* trireme stop: SIGTERM for everything in it, and where it has not ended in time, termination. */
#include "each.h"
#include "output.h"
#include "verbs.h"

#define DEFAULT_GRACE_S 10

struct settings {
    uint32_t grace_s;
    bool given;
};

static const char *parse_grace(const char *value, void *field)
{
    struct settings *settings = field;

    settings->given = true;
    return tri_parse_seconds(value, &settings->grace_s);
}

static const struct tri_option options[] = {
    {"time", 't', "SECONDS", parse_grace, 0, "how long it may take to end by itself (default: 10)"},
    {0},
};

static HRESULT terminate(struct tri_call *call, HCS_SYSTEM system)
{
    TRI_AUTO_FREE char *doing = tri_text_format("terminating %s", call->id);

    return tri_call_wait(call, doing, HcsTerminateComputeSystem(system, call->operation, NULL));
}

static HRESULT shut_down(struct tri_call *call, HCS_SYSTEM system, uint32_t grace_s)
{
    TRI_AUTO_FREE char *doing = tri_text_format("stopping %s", call->id);

    return tri_call_wait_for(call, doing, HcsShutDownComputeSystem(system, call->operation, NULL), grace_s * 1000);
}

static bool has_stopped(HRESULT hr)
{
    return SUCCEEDED(hr) || hr == HCS_E_SYSTEM_ALREADY_STOPPED;
}

/* A shutdown that takes too long is overtaken by the termination, and its operation left to end by itself; so is one
 * that the state does not allow. Only Ctrl-C leaves it at that. */
static int stop_system(struct tri_call *call, HCS_SYSTEM system, json_t *result)
{
    const struct settings *settings = call->cli->settings;
    TRI_AUTO_CALL struct tri_call forced;

    tri_call_open(&forced, call->cli, call->id);
    if (has_stopped(shut_down(call, system, settings->given ? settings->grace_s : DEFAULT_GRACE_S)))
        return 0;
    if (call->signal)
        return tri_call_fail(call, "stop");
    return has_stopped(terminate(&forced, system)) ? 0 : tri_call_fail(&forced, "stop");
}

static int run(struct tri_cli *cli)
{
    return tri_each_system(cli, "stop", "Id", stop_system);
}

const struct tri_verb tri_verb_stop = {
    .name = "stop",
    .arguments = "ID...",
    .summary = "end containers: politely, then by force",
    .example = "trireme stop --time 30 web db",
    .options = options,
    .settings_size = sizeof(struct settings),
    .argc_min = 1,
    .argc_max = -1,
    .run = run,
};
