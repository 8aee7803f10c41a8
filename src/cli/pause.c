/* trireme pause and resume. */
#include "each.h"
#include "output.h"
#include "verbs.h"

static int pause_system(struct tri_call *call, HCS_SYSTEM system, json_t *result)
{
    TRI_AUTO_FREE char *doing = tri_text_format("pausing %s", call->id);

    return FAILED(tri_call_wait(call, doing, HcsPauseComputeSystem(system, call->operation, NULL)))
               ? tri_call_fail(call, "pause")
               : 0;
}

static int resume_system(struct tri_call *call, HCS_SYSTEM system, json_t *result)
{
    TRI_AUTO_FREE char *doing = tri_text_format("resuming %s", call->id);

    return FAILED(tri_call_wait(call, doing, HcsResumeComputeSystem(system, call->operation, NULL)))
               ? tri_call_fail(call, "resume")
               : 0;
}

static int run_pause(struct tri_cli *cli)
{
    return tri_each_system(cli, "pause", "Id", pause_system);
}

static int run_resume(struct tri_cli *cli)
{
    return tri_each_system(cli, "resume", "Id", resume_system);
}

const struct tri_verb tri_verb_pause = {
    .name = "pause",
    .arguments = "ID...",
    .summary = "freeze every process of containers",
    .example = "trireme pause web",
    .argc_min = 1,
    .argc_max = -1,
    .run = run_pause,
};

const struct tri_verb tri_verb_resume = {
    .name = "resume",
    .arguments = "ID...",
    .summary = "let paused containers go on",
    .example = "trireme resume web",
    .argc_min = 1,
    .argc_max = -1,
    .run = run_resume,
};
