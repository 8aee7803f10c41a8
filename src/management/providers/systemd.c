#include "management/providers/systemd.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "management/error.h"
#include "op/timer.h"

#define PRIVATE_SOCKET "unix:path=/run/systemd/private"
#define KEEP_NS TRI_NS_PER_SEC
enum { IDLE_MAX = 4 };

bool tri_systemd_is_here(void)
{
    return sd_booted() > 0;
}

/* ---- connections that nobody uses ---- */

/* systemd tells its private connections of everything that happens, whether they read it or not, so that one which
 * nobody reads must not stay open for long. */
static struct {
    pthread_mutex_t lock; /* all below */
    sd_bus *buses[IDLE_MAX];
    unsigned count;
    uint64_t used_ns; /* when one was put here last */
    struct tri_timer timer;
    bool is_armed;
} idle = {.lock = PTHREAD_MUTEX_INITIALIZER};

static sd_bus *idle_take(void)
{
    TRI_LOCK_SCOPE(&idle.lock);
    return idle.count > 0 ? idle.buses[--idle.count] : NULL;
}

/* Runs on the timers' thread. */
static void idle_due(void *data)
{
    sd_bus *buses[IDLE_MAX];
    unsigned count = 0;
    {
        TRI_LOCK_SCOPE(&idle.lock);
        uint64_t due_ns = idle.used_ns + KEEP_NS;
        idle.is_armed = idle.count > 0 && due_ns > tri_clock_ns() && tri_timer_arm(&idle.timer, due_ns) == 0;
        while (!idle.is_armed && idle.count > 0)
            buses[count++] = idle.buses[--idle.count];
    }
    while (count > 0)
        sd_bus_close_unref(buses[--count]);
}

static bool idle_put(sd_bus *bus)
{
    TRI_LOCK_SCOPE(&idle.lock);
    if (idle.count == IDLE_MAX)
        return false;
    idle.used_ns = tri_clock_ns();
    if (!idle.is_armed) {
        idle.timer.run = idle_due;
        idle.is_armed = tri_timer_arm(&idle.timer, idle.used_ns + KEEP_NS) == 0;
    }
    if (idle.is_armed)
        idle.buses[idle.count++] = bus;
    return idle.is_armed;
}

/* ---- opening ---- */

/* Reads what was told to it meanwhile, and finds out whether the other side is still there. */
static bool is_alive(sd_bus *bus)
{
    int r;
    do
        r = sd_bus_process(bus, NULL);
    while (r > 0);
    return r == 0;
}

static int connect_private(sd_bus **ret)
{
    sd_bus *bus = NULL;
    int r = sd_bus_new(&bus);
    if (r >= 0)
        r = sd_bus_set_address(bus, PRIVATE_SOCKET);
    if (r >= 0)
        r = sd_bus_start(bus);
    if (r < 0) {
        sd_bus_unref(bus);
        return r;
    }
    *ret = bus;
    return 0;
}

int tri_systemd_open(struct tri_systemd *ret, uint64_t deadline_ns, struct tri_error *error)
{
    sd_bus *bus;
    while ((bus = idle_take()) && !is_alive(bus))
        sd_bus_close_unref(bus);
    int r = bus ? 0 : -EACCES;
    if (!bus && geteuid() == 0)
        r = connect_private(&bus);
    if (r < 0)
        r = sd_bus_open_system(&bus);
    if (r < 0)
        return tri_systemd_failed(r, NULL, "systemd cannot be reached", error);
    *ret = (struct tri_systemd){.bus = bus, .deadline_ns = deadline_ns};
    return 0;
}

void tri_systemd_close(struct tri_systemd *systemd)
{
    sd_bus *bus = TRI_TAKE(systemd->bus);
    if (bus && (systemd->is_broken || !idle_put(bus)))
        sd_bus_close_unref(bus);
}

/* ---- calling ---- */

static uint64_t left_us(uint64_t deadline_ns)
{
    uint64_t now_ns = tri_clock_ns();
    if (deadline_ns == TRI_DEADLINE_NEVER)
        return UINT64_MAX;
    return deadline_ns > now_ns ? (deadline_ns - now_ns) / 1000 + 1 : 1;
}

int tri_systemd_call(struct tri_systemd *systemd, const char *path, const char *interface, const char *method,
                     sd_bus_error *failure, sd_bus_message **ret, const char *types, ...)
{
    sd_bus_message *message = NULL, *reply = NULL;
    int r = sd_bus_message_new_method_call(systemd->bus, &message, TRI_SYSTEMD_NAME, path, interface, method);
    if (r >= 0 && types) {
        va_list values;
        va_start(values, types);
        r = sd_bus_message_appendv(message, types, values);
        va_end(values);
    }
    if (r >= 0) {
        r = sd_bus_call(systemd->bus, message, left_us(systemd->deadline_ns), failure, &reply);
        systemd->is_broken |= r < 0 && (r == -ETIMEDOUT || sd_bus_is_open(systemd->bus) <= 0);
    }
    sd_bus_message_unref(message);
    if (r >= 0 && ret)
        *ret = reply;
    else
        sd_bus_message_unref(reply);
    return r < 0 ? r : 0;
}

int tri_systemd_texts(struct tri_systemd *systemd, const char *path, const char *interface, const char *property,
                      char ***ret, sd_bus_error *failure)
{
    sd_bus_message *answer = NULL;
    int r = tri_systemd_call(systemd, path, TRI_DBUS_PROPERTIES, "Get", failure, &answer, "ss", interface, property);
    if (r >= 0)
        r = sd_bus_message_enter_container(answer, 'v', "as");
    if (r >= 0)
        r = sd_bus_message_read_strv(answer, ret);
    sd_bus_message_unref(answer);
    return r < 0 ? r : 0;
}

void tri_systemd_texts_free(char **texts)
{
    for (char **text = texts; text && *text; text++)
        free(*text);
    free(texts);
}

int tri_systemd_failed(int r, const sd_bus_error *failure, const char *what, struct tri_error *error)
{
    int code = r == -ENOMEM || r == -EACCES || r == -EPERM || r == -ETIMEDOUT ? r : TRI_MANAGEMENT_PROVIDER_FAILURE;
    const char *why = failure && failure->message ? failure->message : strerror(-r);
    return tri_error_set(error, code, TRI_SYSTEMD_NAME, "%s: %s.", what, why);
}
