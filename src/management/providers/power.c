/* Reboot, Shutdown, Win32Shutdown, SetDateTime. Asked of logind, which asks polkit; nothing here goes past it. Windows
 * answers with a number of its own errors, and so do these. */
#include <errno.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-login.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "management/providers/system.h"

/* Windows' own. */
enum {
    DONE = 0,
    NOT_SUPPORTED = 50,
    INVALID_PARAMETER = 87,
    NOT_ACTIVE = 1062, /* the service that would do it does not run */
    NO_PRIVILEGE = 1314,
    TIMED_OUT = 1460,
    FAILED = 1, /* for what has no number */
};

enum { FLAG_SHUTDOWN = 1, FLAG_REBOOT = 2, FLAG_FORCE = 4, FLAG_POWER_OFF = 8 };

static void closep(sd_bus **bus)
{
    sd_bus_flush_close_unref(*bus);
}

static void unrefp(sd_bus_message **message)
{
    sd_bus_message_unref(*message);
}

static int answer(const struct tri_invocation *invocation, unsigned number)
{
    tri_cim_object_set_unsigned(invocation->out, "ReturnValue", number);
    return 0;
}

static unsigned number_of(int r)
{
    switch (r < 0 ? -r : 0) {
    case 0:
        return DONE;
    case EACCES:
    case EPERM:
        return NO_PRIVILEGE;
    case ETIMEDOUT:
        return TIMED_OUT;
    default:
        return FAILED;
    }
}

static int open_bus(const struct tri_invocation *invocation, sd_bus **ret)
{
    uint64_t now = tri_clock_ns();
    int r = sd_bus_open_system(ret);
    if (r < 0)
        return r;
    if (invocation->deadline_ns > now && invocation->deadline_ns != TRI_DEADLINE_NEVER)
        sd_bus_set_method_call_timeout(*ret, (invocation->deadline_ns - now) / 1000);
    return 0;
}

static int ask_manager(sd_bus *bus, const char *method, sd_bus_message **ret, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    int r = sd_bus_call_methodv(bus, "org.freedesktop.login1", "/org/freedesktop/login1",
                                "org.freedesktop.login1.Manager", method, NULL, ret, types, args);
    va_end(args);
    return r;
}

/* can: the method that says whether we may: "yes", "no", "challenge" (somebody must type a password), "na". */
static unsigned ask_permission(sd_bus *bus, const char *can)
{
    TRI_CLEANUP(unrefp) sd_bus_message *reply = NULL;
    const char *verdict;
    int r = ask_manager(bus, can, &reply, NULL);
    if (r < 0)
        return r == -ETIMEDOUT ? TIMED_OUT : NOT_ACTIVE;
    if (sd_bus_message_read(reply, "s", &verdict) < 0)
        return FAILED;
    if (strcmp(verdict, "yes") == 0)
        return DONE;
    return strcmp(verdict, "na") == 0 ? NOT_SUPPORTED : NO_PRIVILEGE;
}

static unsigned ask_logind(const struct tri_invocation *invocation, const char *can, const char *method)
{
    TRI_CLEANUP(closep) sd_bus *bus = NULL;
    if (open_bus(invocation, &bus) < 0)
        return NOT_ACTIVE;
    unsigned refusal = ask_permission(bus, can);
    return refusal ? refusal : number_of(ask_manager(bus, method, NULL, "b", 0));
}

int tri_run_reboot(const struct tri_invocation *invocation, struct tri_error *error)
{
    return answer(invocation, ask_logind(invocation, "CanReboot", "Reboot"));
}

int tri_run_shutdown(const struct tri_invocation *invocation, struct tri_error *error)
{
    return answer(invocation, ask_logind(invocation, "CanPowerOff", "PowerOff"));
}

/* Ends the session that this program runs in. */
static unsigned log_off(const struct tri_invocation *invocation)
{
    TRI_AUTO_FREE char *session = NULL;
    TRI_CLEANUP(closep) sd_bus *bus = NULL;
    if (sd_pid_get_session(0, &session) < 0)
        return NOT_SUPPORTED;
    if (open_bus(invocation, &bus) < 0)
        return NOT_ACTIVE;
    return number_of(ask_manager(bus, "TerminateSession", NULL, "s", session));
}

static unsigned act(const struct tri_invocation *invocation, int64_t flags)
{
    switch (flags & ~FLAG_FORCE) {
    case 0:
        return log_off(invocation);
    case FLAG_REBOOT:
        return ask_logind(invocation, "CanReboot", "Reboot");
    case FLAG_SHUTDOWN: /* the power goes off with it, as on every machine that can do it */
    case FLAG_POWER_OFF:
    case FLAG_POWER_OFF | FLAG_SHUTDOWN:
        return ask_logind(invocation, "CanPowerOff", "PowerOff");
    default:
        return INVALID_PARAMETER;
    }
}

int tri_run_win32_shutdown(const struct tri_invocation *invocation, struct tri_error *error)
{
    const struct tri_value *flags = invocation->in ? tri_cim_object_find(invocation->in, "Flags") : NULL;
    bool is_given = flags && flags->is_set;
    return answer(invocation, is_given ? act(invocation, flags->integer) : INVALID_PARAMETER);
}

int tri_run_set_date_time(const struct tri_invocation *invocation, struct tri_error *error)
{
    const struct tri_value *time = invocation->in ? tri_cim_object_find(invocation->in, "LocalDateTime") : NULL;
    struct timespec utc;
    if (!time || !time->is_set || !tri_datetime_parse(time->string, &utc))
        return answer(invocation, INVALID_PARAMETER);
    return answer(invocation, number_of(clock_settime(CLOCK_REALTIME, &utc) < 0 ? -errno : 0));
}
