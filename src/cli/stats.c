/* trireme stats: what containers use. The first measure of a container's processor time is its average since it was
 * started; with --watch, every later one is what it used since the one before. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "output.h"
#include "signals.h"
#include "systems.h"
#include "text.h"
#include "verbs.h"

struct settings {
    bool watch;
    uint32_t interval_s;
};

static const struct tri_option options[] = {
    {"watch", 'w', NULL, tri_parse_flag, offsetof(struct settings, watch), "measure again and again, until Ctrl-C"},
    {"interval", 'n', "SECONDS", tri_parse_count, offsetof(struct settings, interval_s),
     "time between two measures (default: 2)"},
    {0},
};

static const json_t *find(const json_t *list, const char *id)
{
    json_t *system;
    size_t i;

    json_array_foreach (list, i, system)
        if (!strcmp(tri_member_text(system, "Id"), id))
            return system;
    return NULL;
}

/* Of one processor; `before` may be NULL. */
static double cpu_percent(const json_t *before, const json_t *now)
{
    static const char runtime[] = "Statistics.Processor.TotalRuntime100ns", uptime[] = "Statistics.Uptime100ns";
    double used = (double)tri_member_number(now, runtime) - (double)tri_member_number(before, runtime);
    double elapsed = (double)tri_member_number(now, uptime) - (double)tri_member_number(before, uptime);

    return elapsed > 0 && used > 0 ? used / elapsed * 100 : 0;
}

static void add_row(struct libscols_table *table, const json_t *system, double percent)
{
    TRI_AUTO_FREE char *cpu = tri_text_format("%.1f", percent);
    TRI_AUTO_FREE char *memory = tri_text_bytes(tri_member_number(system, "Statistics.Memory.MemoryUsageCommitBytes"));
    TRI_AUTO_FREE char *peak =
        tri_text_bytes(tri_member_number(system, "Statistics.Memory.MemoryUsageCommitPeakBytes"));
    TRI_AUTO_FREE char *bytes_read = tri_text_bytes(tri_member_number(system, "Statistics.Storage.ReadSizeBytes"));
    TRI_AUTO_FREE char *bytes_written = tri_text_bytes(tri_member_number(system, "Statistics.Storage.WriteSizeBytes"));
    TRI_AUTO_FREE char *processes = tri_text_format("%zu", json_array_size(json_object_get(system, "ProcessList")));
    const char *const texts[] = {
        tri_member_text(system, "Id"), cpu, memory, peak, bytes_read, bytes_written, processes,
    };

    tri_listing_add(table, TRI_COUNT(texts), texts);
}

static void print_table(const json_t *before, const json_t *now)
{
    static const struct tri_column columns[] = {{.name = "ID"},
                                                {.name = "CPU %", .right = true},
                                                {.name = "MEMORY", .right = true},
                                                {.name = "PEAK", .right = true},
                                                {.name = "READ", .right = true},
                                                {.name = "WRITTEN", .right = true},
                                                {.name = "PROCESSES", .right = true}};
    struct libscols_table *table = tri_listing_new(columns, TRI_COUNT(columns));
    json_t *system;
    size_t i;

    json_array_foreach (now, i, system)
        add_row(table, system, cpu_percent(find(before, tri_member_text(system, "Id")), system));
    tri_listing_print(table);
}

static json_t *stats_document(const json_t *before, const json_t *now)
{
    json_t *result = tri_checked(json_array()), *system;
    size_t i;

    json_array_foreach (now, i, system) {
        const char *id = tri_member_text(system, "Id");
        json_array_append_new(result, json_pack("{s:s, s:f, s:I, s:O*}", "Id", id, "CpuPercent",
                                                cpu_percent(find(before, id), system), "ProcessCount",
                                                (json_int_t)json_array_size(json_object_get(system, "ProcessList")),
                                                "Statistics", json_object_get(system, "Statistics")));
    }
    return result;
}

static void print(const struct tri_cli *cli, const struct settings *settings, const json_t *before, const json_t *now)
{
    if (settings->watch && !cli->json && isatty(STDOUT_FILENO))
        fputs("\033[H\033[J", stdout);
    if (cli->json)
        tri_print_document(stats_document(before, now));
    else
        print_table(before, now);
    fflush(stdout);
}

static json_t *measure(struct tri_cli *cli)
{
    json_t *list = tri_systems_list(cli, tri_systems_named(cli->argc, cli->argv));
    json_t *running = list ? tri_systems_query(cli, list) : NULL;

    for (size_t i = json_array_size(running); i-- > 0;)
        if (!json_object_get(json_array_get(running, i), "Statistics"))
            json_array_remove(running, i);
    return running;
}

/* Until the time of the next measure; false: Ctrl-C. */
static bool wait_interval(uint32_t interval_s)
{
    struct pollfd signals = {.fd = tri_signals_hold(), .events = POLLIN};
    uint64_t deadline_ms = tri_clock_ms() + interval_s * 1000ull;
    int number = 0;

    while (!number && tri_clock_left_ms(deadline_ms)) {
        if (poll(&signals, 1, tri_clock_left_ms(deadline_ms)) > 0)
            number = tri_signals_take();
        if (number == SIGWINCH)
            number = 0;
    }
    tri_signals_release();
    return !number;
}

static int watch(struct tri_cli *cli, const struct settings *settings, json_t *before)
{
    while (before && !ferror(stdout) && wait_interval(settings->interval_s ? settings->interval_s : 2)) {
        json_t *now = measure(cli);
        if (now)
            print(cli, settings, before, now);
        json_decref(before);
        before = now;
    }
    if (!before)
        return TRI_EXIT_FAILED;
    json_decref(before);
    return TRI_EXIT_OK;
}

static int run(struct tri_cli *cli)
{
    const struct settings *settings = cli->settings;

    if (settings->watch)
        tri_signals_hold(); /* Ctrl-C ends it well, between two measures */
    json_t *now = measure(cli);
    int status = now ? tri_systems_check(cli, "measure", now, cli->argc, cli->argv) : TRI_EXIT_FAILED;
    if (status == 0)
        print(cli, settings, NULL, now);
    if (status == 0 && settings->watch)
        return watch(cli, settings, now);
    json_decref(now);
    return status;
}

const struct tri_verb tri_verb_stats = {
    .name = "stats",
    .arguments = "[ID]...",
    .summary = "show what containers use",
    .example = "trireme stats --watch web",
    .options = options,
    .settings_size = sizeof(struct settings),
    .argc_max = -1,
    .run = run,
};
