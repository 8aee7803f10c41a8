/* trireme wait: until the programs of containers have ended, and how. */
#include "each.h"
#include "output.h"
#include "systems.h"
#include "text.h"
#include "verbs.h"

/* Of a ProcessStatus. The last wait's result is a failure where the status could not be learnt. */
static HRESULT read_process_status(json_t *status, json_t *result)
{
    HRESULT hr = (HRESULT)tri_member_number(status, "LastWaitResult");

    if (SUCCEEDED(hr))
        json_object_set(result, "ExitCode", json_object_get(status, "ExitCode"));
    json_decref(status);
    return hr;
}

static HRESULT wait_for_process(HCS_PROCESS process, json_t *result)
{
    PWSTR text = NULL;
    HRESULT hr = HcsWaitForProcessExit(process, INFINITE, &text);

    HcsCloseProcess(process);
    return FAILED(hr) ? hr : read_process_status(tri_document(text), result);
}

/* Of a SystemExitStatus: the exit code of the program that the system was made for is attributed to its worker. */
static HRESULT read_system_status(json_t *status, json_t *result)
{
    HRESULT hr = HRESULT_FROM_WIN32(ERROR_NOT_FOUND);
    json_t *record;
    size_t i;

    json_array_foreach (json_object_get(status, "Attribution"), i, record) {
        json_t *code = json_object_get(json_object_get(record, "WorkerExit"), "ExitCode");
        if (code && json_object_set(result, "ExitCode", code) == 0)
            hr = S_OK;
    }
    json_decref(status);
    return hr;
}

static HRESULT wait_for_system(HCS_SYSTEM system, json_t *result)
{
    PWSTR text = NULL;
    HRESULT hr = HcsWaitForComputeSystemExit(system, INFINITE, &text);

    return FAILED(hr) ? hr : read_system_status(tri_document(text), result);
}

static int wait_for(struct tri_call *call, HCS_SYSTEM system, json_t *result)
{
    uint32_t pid;
    HCS_PROCESS process = tri_system_program(call, system, &pid);
    HRESULT hr = process ? wait_for_process(process, result) : wait_for_system(system, result);

    tri_call_set_result(call, hr);
    return FAILED(hr) ? tri_call_fail(call, "learn the exit status of the program in") : 0;
}

static int run(struct tri_cli *cli)
{
    return tri_each_system(cli, "wait for", "ExitCode", wait_for);
}

const struct tri_verb tri_verb_wait = {
    .name = "wait",
    .arguments = "ID...",
    .summary = "wait for the programs of containers, and print their exit codes",
    .example = "trireme wait web",
    .argc_min = 1,
    .argc_max = -1,
    .run = run,
};
