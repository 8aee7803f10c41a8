/* Methods of Win32_Service. They return when systemd has accepted the job; ReturnValue is Windows' own. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "management/providers/service.h"

enum returned {
    RETURNED_OK = 0,
    RETURNED_NOT_SUPPORTED = 1,
    RETURNED_DENIED = 2,
    RETURNED_DEPENDENTS_RUNNING = 3,
    RETURNED_WRONG_STATE = 5,
    RETURNED_NOT_ACTIVE = 6,
    RETURNED_TIMEOUT = 7,
    RETURNED_UNKNOWN = 8,
    RETURNED_NO_PATH = 9,
    RETURNED_RUNNING = 10,
    RETURNED_DISABLED = 14,
    RETURNED_INVALID = 21,
    RETURNED_PAUSED = 24,
};

static enum returned returned_of(int r, const sd_bus_error *failure)
{
    if (r >= 0)
        return RETURNED_OK;
    if (sd_bus_error_has_name(failure, TRI_SYSTEMD_NAME ".UnitMasked"))
        return RETURNED_DISABLED;
    if (sd_bus_error_has_name(failure, TRI_SYSTEMD_NAME ".NoSuchUnit"))
        return RETURNED_NO_PATH;
    switch (-r) {
    case EACCES:
    case EPERM:
        return RETURNED_DENIED;
    case ETIMEDOUT:
        return RETURNED_TIMEOUT;
    case EOPNOTSUPP:
    case EEXIST: /* a unit file of the administrator's cannot be hidden by a link */
        return RETURNED_NOT_SUPPORTED;
    default:
        return RETURNED_UNKNOWN;
    }
}

/* ---- the service that is meant ---- */

struct job {
    const struct tri_invocation *invocation;
    struct tri_systemd *systemd;
    struct tri_service *service;
    struct tri_error *error;
};

typedef enum returned job_run(const struct job *job);

/* Finds it as it is now, and has the job's ReturnValue written. */
static int run_job(const struct tri_invocation *invocation, job_run *run, struct tri_error *error)
{
    TRI_AUTO_SYSTEMD struct tri_systemd systemd = {0};
    TRI_AUTO_SERVICE struct tri_service service = {0};
    char id[TRI_SERVICE_ID_SIZE];
    const struct tri_value *name = tri_cim_object_find(invocation->target, "Name");
    if (!name || !name->is_set || !tri_service_id(name->string, id))
        return tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, NULL, "No service can have such a name.");
    int r = tri_systemd_open(&systemd, invocation->deadline_ns, error);
    if (r == 0)
        r = tri_service_read(&systemd, id, &service, error);
    if (r == TRI_MANAGEMENT_NOT_FOUND)
        return tri_error_set(error, r, name->string, "systemd knows no service %s.", name->string);
    if (r < 0)
        return r;
    enum returned returned = run(&(struct job){invocation, &systemd, &service, error});
    tri_cim_object_set_unsigned(invocation->out, "ReturnValue", returned);
    return 0;
}

/* Asks the manager something about the unit. */
static enum returned ask(const struct job *job, const char *method, const char *mode)
{
    sd_bus_error failure = SD_BUS_ERROR_NULL;
    int r = tri_systemd_call(job->systemd, TRI_SYSTEMD_PATH, TRI_SYSTEMD_MANAGER, method, &failure, NULL,
                             mode ? "ss" : "s", job->service->id, mode);
    enum returned returned = returned_of(r, &failure);
    sd_bus_error_free(&failure);
    return returned;
}

static bool is_masked(const struct job *job)
{
    return job->service->load && strcmp(job->service->load, "masked") == 0;
}

static bool is_frozen(const struct job *job)
{
    const char *freezer = job->service->freezer;
    return freezer && strcmp(freezer, "running") != 0;
}

/* ---- start and stop ---- */

static enum returned job_start(const struct job *job)
{
    if (is_masked(job))
        return RETURNED_DISABLED;
    return tri_service_is_active(job->service) ? RETURNED_RUNNING : ask(job, "StartUnit", "replace");
}

/* systemd would stop what depends on it as well; Windows refuses. */
static int find_running_dependent(const struct job *job, bool *ret)
{
    static const char *const needed_by[] = {"RequiredBy", "RequisiteOf", "BoundBy", NULL};
    char **ids = NULL;
    int r = tri_service_related(job->systemd, job->service->id, needed_by, &ids, job->error);
    for (char **id = ids; r == 0 && *id && !*ret; id++) {
        TRI_AUTO_SERVICE struct tri_service dependent = {0};
        *ret = tri_service_read(job->systemd, *id, &dependent, NULL) == 0 && tri_service_is_active(&dependent);
    }
    tri_systemd_texts_free(ids);
    return r;
}

static enum returned job_stop(const struct job *job)
{
    bool is_needed = false;
    if (!tri_service_is_active(job->service))
        return RETURNED_NOT_ACTIVE;
    if (!job->service->can_stop)
        return RETURNED_NOT_SUPPORTED;
    if (find_running_dependent(job, &is_needed) < 0)
        return RETURNED_UNKNOWN;
    return is_needed ? RETURNED_DEPENDENTS_RUNNING : ask(job, "StopUnit", "replace");
}

/* ---- pause and ask ---- */

static enum returned job_pause(const struct job *job)
{
    if (!tri_service_is_active(job->service))
        return RETURNED_NOT_ACTIVE;
    return is_frozen(job) ? RETURNED_PAUSED : ask(job, "FreezeUnit", NULL);
}

static enum returned job_resume(const struct job *job)
{
    if (!tri_service_is_active(job->service))
        return RETURNED_NOT_ACTIVE;
    return is_frozen(job) ? ask(job, "ThawUnit", NULL) : RETURNED_WRONG_STATE;
}

/* systemd knows how its services are without asking them. */
static enum returned job_interrogate(const struct job *job)
{
    return tri_service_is_active(job->service) ? RETURNED_OK : RETURNED_NOT_ACTIVE;
}

/* Codes that a service gives a meaning to have no counterpart. */
static enum returned job_control(const struct job *job)
{
    const struct tri_value *code = job->invocation->in ? tri_cim_object_find(job->invocation->in, "ControlCode") : NULL;
    if (!code || !code->is_set || code->natural < 128)
        return RETURNED_INVALID;
    return tri_service_is_active(job->service) ? RETURNED_NOT_SUPPORTED : RETURNED_NOT_ACTIVE;
}

/* ---- start modes ---- */

/* The manager's verbs for unit files take a list of them. *ret_installs: the unit says what enabling it means. */
static int change_file(const struct job *job, const char *method, bool with_force, bool *ret_installs,
                       sd_bus_error *failure)
{
    sd_bus_message *answer = NULL;
    int installs = 0;
    int r = with_force ? tri_systemd_call(job->systemd, TRI_SYSTEMD_PATH, TRI_SYSTEMD_MANAGER, method, failure, &answer,
                                          "asbb", 1, job->service->id, 0, 1)
                       : tri_systemd_call(job->systemd, TRI_SYSTEMD_PATH, TRI_SYSTEMD_MANAGER, method, failure, &answer,
                                          "asb", 1, job->service->id, 0);
    if (r >= 0 && ret_installs)
        r = sd_bus_message_read(answer, "b", &installs);
    if (r >= 0 && ret_installs)
        *ret_installs = installs;
    sd_bus_message_unref(answer);
    return r;
}

enum mode { MODE_AUTOMATIC, MODE_MANUAL, MODE_DISABLED, MODE_OTHER };

static enum mode mode_parameter(const struct job *job)
{
    static const char *const names[] = {
        [MODE_AUTOMATIC] = "Automatic", [MODE_MANUAL] = "Manual", [MODE_DISABLED] = "Disabled"};
    const struct tri_value *mode = job->invocation->in ? tri_cim_object_find(job->invocation->in, "StartMode") : NULL;
    for (enum mode i = MODE_AUTOMATIC; mode && mode->is_set && i < MODE_OTHER; i++)
        if (strcasecmp(mode->string, names[i]) == 0)
            return i;
    return MODE_OTHER; /* also Boot and System, which are for drivers */
}

static int change_mode(const struct job *job, enum mode mode, bool *ret_installs, sd_bus_error *failure)
{
    int r = 0;
    if (mode == MODE_DISABLED)
        return change_file(job, "MaskUnitFiles", true, NULL, failure);
    if (is_masked(job))
        r = change_file(job, "UnmaskUnitFiles", false, NULL, failure);
    if (r >= 0)
        r = mode == MODE_AUTOMATIC ? change_file(job, "EnableUnitFiles", true, ret_installs, failure)
                                   : change_file(job, "DisableUnitFiles", false, NULL, failure);
    return r;
}

static enum returned job_change_mode(const struct job *job)
{
    sd_bus_error failure = SD_BUS_ERROR_NULL;
    enum mode mode = mode_parameter(job);
    bool installs = true;
    if (mode == MODE_OTHER)
        return RETURNED_INVALID;
    int r = change_mode(job, mode, &installs, &failure);
    if (r >= 0)
        r = tri_systemd_call(job->systemd, TRI_SYSTEMD_PATH, TRI_SYSTEMD_MANAGER, "Reload", &failure, NULL, NULL);
    enum returned returned = returned_of(r, &failure);
    sd_bus_error_free(&failure);
    return returned == RETURNED_OK && !installs ? RETURNED_NOT_SUPPORTED : returned;
}

/* ---- the table ---- */

#define METHOD(function, job)                                                                                          \
    static int function(const struct tri_invocation *invocation, struct tri_error *error)                              \
    {                                                                                                                  \
        return run_job(invocation, (job), error);                                                                      \
    }

METHOD(run_start, job_start)
METHOD(run_stop, job_stop)
METHOD(run_pause, job_pause)
METHOD(run_resume, job_resume)
METHOD(run_interrogate, job_interrogate)
METHOD(run_control, job_control)
METHOD(run_change_mode, job_change_mode)

const struct tri_provided_method tri_service_methods[TRI_SERVICE_METHOD_COUNT] = {
    {"StartService", run_start},
    {"StopService", run_stop},
    {"PauseService", run_pause},
    {"ResumeService", run_resume},
    {"InterrogateService", run_interrogate},
    {"UserControlService", run_control},
    {"ChangeStartMode", run_change_mode},
};
