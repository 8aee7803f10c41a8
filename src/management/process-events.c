/* Processes that start and stop.
 *
 * Where the kernel tells (process-connector.h), each one is told, however short it lived, with the status it ended
 * with. A process is forked under its parent's name and takes its own when it executes a program, so a start is told
 * then; or a moment after the fork, where it goes on as it is; or when it has ended before either. Elsewhere the
 * numbers in /proc are looked at ten times a second, which any user may in any container: a start is told at the second
 * look, for the first may have come between the fork and the program; what lived for less than a look is not seen, and
 * how one ended is not known. */
#include "management/events-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "management/process-connector.h"
#include "op/loop.h"

#define PERIOD_NS (100 * TRI_NS_PER_MS) /* between two looks at /proc, and how long a fork may wait for its program */
#define STAT_MAX 4096
#define NAME_SIZE 64
#define NAME_SPACE "root\\cimv2"

struct process {
    unsigned pid, parent, session;
    uint64_t forked_ns; /* its start is not told yet; 0: it is */
    char name[NAME_SIZE];
};

struct processes {
    struct process *items; /* sorted by pid */
    size_t count, room;
};

/* Looks as long as somebody watches; one for all of them. */
struct source {
    _Atomic uint32_t references;
    _Atomic bool is_stopped;
    struct tri_class *started, *stopped; /* of the events; NULL: there is no such class */
    struct tri_op *op;                   /* the look: one at a time */
    struct tri_timer timer;
    int connector_fd; /* -1: /proc is looked at */
    struct tri_source *connector;
    struct processes known; /* the looking worker's */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct source *current; /* lock */
static unsigned watchers;      /* lock */

bool process_events_are(const struct tri_class *cls)
{
    return tri_name_equal(cls->name, "Win32_ProcessStartTrace") ||
           tri_name_equal(cls->name, "Win32_ProcessStopTrace") || tri_name_equal(cls->name, "Win32_ProcessTrace");
}

/* ---- what is known ---- */

static size_t processes_place(const struct processes *processes, unsigned pid)
{
    size_t from = 0, to = processes->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (processes->items[middle].pid < pid)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static struct process *processes_find(const struct processes *processes, unsigned pid)
{
    size_t place = processes_place(processes, pid);
    return place < processes->count && processes->items[place].pid == pid ? &processes->items[place] : NULL;
}

/* At its place, which is the end most of the time. NULL: no memory. */
static struct process *processes_add(struct processes *processes, unsigned pid)
{
    if (processes->count == processes->room) {
        size_t room = processes->room ? 2 * processes->room : 256;
        struct process *items = realloc(processes->items, room * sizeof(*items));
        if (!items)
            return NULL;
        processes->items = items;
        processes->room = room;
    }
    size_t place = processes_place(processes, pid);
    struct process *process = &processes->items[place];
    memmove(process + 1, process, (processes->count++ - place) * sizeof(*process));
    *process = (struct process){.pid = pid};
    return process;
}

static void processes_remove(struct processes *processes, struct process *process)
{
    size_t behind = (size_t)(processes->items + processes->count - process) - 1;
    memmove(process, process + 1, behind * sizeof(*process));
    processes->count--;
}

/* ---- /proc ---- */

static int processes_look(struct processes *ret)
{
    TRI_AUTO_DIR DIR *dir = opendir("/proc");
    struct dirent *entry;
    int r = dir ? 0 : -errno;
    while (r == 0 && (entry = readdir(dir))) {
        char *end;
        unsigned long pid = strtoul(entry->d_name, &end, 10);
        if (!*end && pid > 0 && !processes_find(ret, (unsigned)pid) && !processes_add(ret, (unsigned)pid))
            r = -ENOMEM;
    }
    return r;
}

/* "12 (a name) S 1 12 12 ...": the name may hold anything, so its end is the last parenthesis. One that is gone already
 * keeps what is known of it. */
static void process_read(struct process *process)
{
    char path[64];
    TRI_AUTO_FREE char *text = NULL;
    snprintf(path, sizeof(path), "/proc/%u/stat", process->pid);
    if (tri_file_read(AT_FDCWD, path, STAT_MAX, &text, NULL) < 0)
        return;
    char *name = strchr(text, '('), *end = strrchr(text, ')');
    if (!name || !end || end < name)
        return;
    *end = '\0';
    snprintf(process->name, sizeof(process->name), "%s", name + 1);
    sscanf(end + 1, " %*c %u %*u %u", &process->parent, &process->session);
}

/* ---- telling ---- */

/* wait_status: of one that stopped, where that is known; below 0: not. As shells say it. */
static void process_tell(struct tri_class *cls, const struct process *process, int wait_status)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *event = cls ? event_new(cls) : NULL;
    if (!event)
        return;
    tri_cim_object_set_unsigned(event, "ProcessID", process->pid);
    tri_cim_object_set_unsigned(event, "ParentProcessID", process->parent);
    tri_cim_object_set_unsigned(event, "SessionID", process->session);
    tri_cim_object_set_string(event, "ProcessName", process->name);
    if (wait_status >= 0)
        tri_cim_object_set_unsigned(event, "ExitStatus",
                                    WIFSIGNALED(wait_status) ? 128u + (unsigned)WTERMSIG(wait_status)
                                                             : (unsigned)WEXITSTATUS(wait_status));
    tri_event_raise(NAME_SPACE, event);
}

static void tell_start(struct source *source, struct process *process)
{
    process_read(process);
    process->forked_ns = 0;
    process_tell(source->started, process, -1);
}

static void tell_stop(struct source *source, struct process *process, int wait_status)
{
    if (process->forked_ns)
        tell_start(source, process);
    process_tell(source->stopped, process, wait_status);
}

/* ---- looking at /proc ---- */

/* Where the kernel tells, it says when a new one executes its program, and the clock when it does not. */
static void seen_again(struct source *source, struct process *process)
{
    if (process->forked_ns && source->connector_fd < 0)
        tell_start(source, process);
}

static void seen_first(struct process *process)
{
    process_read(process); /* now, as it may be gone in a moment */
    process->forked_ns = tri_clock_ns();
}

/* Both are sorted; what is known of those that stay is taken over. */
static void processes_compare(struct source *source, struct processes *after)
{
    struct processes *before = &source->known;
    size_t i = 0;
    for (size_t j = 0; j <= after->count; j++) {
        struct process *new = j < after->count ? &after->items[j] : NULL;
        for (; i < before->count && (!new || before->items[i].pid < new->pid); i++)
            tell_stop(source, &before->items[i], -1);
        if (new &&i < before->count && before->items[i].pid == new->pid) {
            *new = before->items[i++];
            seen_again(source, new);
        } else if (new) {
            seen_first(new);
        }
    }
}

static void look_at_proc(struct source *source)
{
    struct processes now = {0};
    if (processes_look(&now) < 0) {
        free(now.items);
        return;
    }
    processes_compare(source, &now);
    free(source->known.items);
    source->known = now;
}

/* ---- listening to the kernel ---- */

static void on_forked(struct source *source, unsigned pid)
{
    struct process *process = processes_find(&source->known, pid);
    if (!process && (process = processes_add(&source->known, pid)))
        seen_first(process);
}

static void on_executed(struct source *source, unsigned pid)
{
    struct process *process = processes_find(&source->known, pid);
    if (process && process->forked_ns)
        tell_start(source, process);
    else if (process)
        process_read(process);
}

static void on_ended(struct source *source, const struct tri_process_note *note)
{
    struct process *process = processes_find(&source->known, note->pid);
    if (!process)
        return;
    tell_stop(source, process, note->status);
    processes_remove(&source->known, process);
}

static void on_note(struct source *source, const struct tri_process_note *note)
{
    switch (note->what) {
    case TRI_PROCESS_FORKED:
        on_forked(source, note->pid);
        break;
    case TRI_PROCESS_EXECUTED:
        on_executed(source, note->pid);
        break;
    case TRI_PROCESS_ENDED:
        on_ended(source, note);
        break;
    }
}

/* Forks that have waited for a program long enough. When the next one will have, or TRI_DEADLINE_NEVER. */
static uint64_t tell_waiting(struct source *source)
{
    uint64_t now_ns = tri_clock_ns(), next_ns = TRI_DEADLINE_NEVER;
    for (size_t i = 0; i < source->known.count; i++) {
        struct process *process = &source->known.items[i];
        uint64_t due_ns = process->forked_ns + PERIOD_NS;
        if (process->forked_ns && due_ns <= now_ns)
            tell_start(source, process);
        else if (process->forked_ns && due_ns < next_ns)
            next_ns = due_ns;
    }
    return next_ns;
}

static uint64_t listen_to_kernel(struct source *source)
{
    struct tri_process_note note;
    int r;
    while ((r = tri_process_connector_next(source->connector_fd, &note)) != 0 && !atomic_load(&source->is_stopped)) {
        if (r == 1)
            on_note(source, &note);
        else
            look_at_proc(source); /* notes were lost: what they said can be seen there */
    }
    return tell_waiting(source);
}

/* ---- the source ---- */

static void source_unref(void *data)
{
    struct source *source = data;
    if (atomic_fetch_sub_explicit(&source->references, 1, memory_order_acq_rel) != 1)
        return;
    tri_class_unref(source->started);
    tri_class_unref(source->stopped);
    tri_op_unref(source->op);
    tri_close(source->connector_fd);
    free(source->known.items);
    free(source);
}

static void source_unrefp(struct source **source)
{
    if (*source)
        source_unref(*source);
}

/* The next look: at that time, and when the kernel says something. */
static void source_wait(struct source *source, uint64_t due_ns)
{
    TRI_LOCK_SCOPE(&lock);
    if (atomic_load(&source->is_stopped))
        return;
    if (source->connector)
        (void)tri_loop_modify(source->connector, EPOLLIN);
    (void)tri_timer_arm(&source->timer, due_ns);
}

static void source_look(struct tri_op *op, void *data)
{
    struct source *source = data;
    uint64_t due_ns;
    if (source->connector_fd >= 0) {
        due_ns = listen_to_kernel(source);
    } else {
        look_at_proc(source);
        due_ns = tri_clock_ns() + PERIOD_NS;
    }
    tri_op_complete(op, 0, NULL, NULL, NULL);
    source_wait(source, due_ns);
}

static const struct tri_op_provider look_provider = {.name = "processes", .run = source_look, .release = source_unref};

/* Where a look goes on already, its end sees to the next one. */
static void source_start_look(struct source *source)
{
    atomic_fetch_add_explicit(&source->references, 1, memory_order_relaxed);
    int r = tri_op_submit(source->op, NULL, &look_provider, source);
    if (r < 0)
        source_unref(source);
    if (r == -ENOMEM)
        (void)tri_timer_arm(&source->timer, tri_clock_ns() + PERIOD_NS);
}

static void on_timer(void *data)
{
    source_start_look(data);
}

static void on_readable(void *data, uint32_t events)
{
    struct source *source = data;
    (void)tri_loop_modify(source->connector, 0); /* until the look has read it */
    source_start_look(source);
}

static int find_class(struct tri_namespace *ns, const char *name, struct tri_class **ret, struct tri_error *error)
{
    struct tri_error found = {0};
    int r = tri_namespace_class(ns, name, ret, &found);
    if (r < 0 && r != TRI_MANAGEMENT_NOT_FOUND)
        tri_error_move(error, &found);
    tri_error_clear(&found);
    return r == TRI_MANAGEMENT_NOT_FOUND ? 0 : r;
}

/* Who is there already; those who come meanwhile are in the connector's queue. */
static int source_know(struct source *source, struct tri_error *error)
{
    int r = processes_look(&source->known);
    if (r < 0)
        return tri_error_set(error, r, "/proc", "The processes in /proc cannot be listed: %s.", strerror(-r));
    for (size_t i = 0; i < source->known.count; i++)
        process_read(&source->known.items[i]);
    return 0;
}

/* As the last step: looks begin. */
static int source_begin(struct source *source, struct tri_error *error)
{
    source->timer = (struct tri_timer){.run = on_timer, .data = source};
    int r = source->connector_fd >= 0
                ? tri_loop_add(source->connector_fd, EPOLLIN, on_readable, source, &source->connector)
                : tri_timer_arm(&source->timer, tri_clock_ns() + PERIOD_NS);
    return r < 0 ? tri_error_set(error, r, NULL, "Processes cannot be watched: %s.", strerror(-r)) : 0;
}

static int source_fill(struct source *source, struct tri_namespace *ns, struct tri_error *error)
{
    int r = find_class(ns, "Win32_ProcessStartTrace", &source->started, error);
    if (r == 0)
        r = find_class(ns, "Win32_ProcessStopTrace", &source->stopped, error);
    if (r == 0 && !(source->op = tri_op_new()))
        r = tri_error_no_memory(error);
    if (r < 0)
        return r;
    source->connector_fd = tri_process_connector_open();
    if (source->connector_fd < 0)
        TRI_LOG("management", "no word from the kernel about processes: error %d; looking at /proc",
                -source->connector_fd);
    r = source_know(source, error);
    return r == 0 ? source_begin(source, error) : r;
}

int process_events_start(struct tri_namespace *ns, struct tri_error *error)
{
    TRI_LOCK_SCOPE(&lock);
    if (current) {
        watchers++;
        return 0;
    }
    TRI_CLEANUP(source_unrefp) struct source *source = calloc(1, sizeof(*source));
    if (!source)
        return tri_error_no_memory(error);
    source->references = 1;
    source->connector_fd = -1;
    int r = source_fill(source, ns, error);
    if (r < 0)
        return r;
    current = TRI_TAKE(source);
    watchers = 1;
    return 0;
}

static struct source *source_leave(void)
{
    TRI_LOCK_SCOPE(&lock);
    if (--watchers > 0)
        return NULL;
    atomic_store(&current->is_stopped, true);
    return TRI_TAKE(current);
}

void process_events_stop(void)
{
    TRI_CLEANUP(source_unrefp) struct source *source = source_leave();
    if (!source)
        return;
    tri_loop_remove(source->connector);
    tri_timer_disarm(&source->timer);
}
