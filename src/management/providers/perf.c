#include "management/providers/perf.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"

#define KEPT_NS (300 * TRI_NS_PER_SEC)
#define APART_NS (100 * TRI_NS_PER_MS) /* nearer ones say nothing: the kernel counts in hundredths of a second */
enum { LOOK_MS = 10, FILE_MAX = 4 << 20 };
#define FROM_1601_TO_1970_SECONDS 11644473600ull

struct tri_perf_sample {
    _Atomic unsigned references;
    unsigned needs; /* what was read */
    uint64_t taken_ns, wall_ns, running_100ns; /* one moment by three clocks; the last since the machine started */
    size_t item_size, count, room;
    char *items; /* by id, once it is whole */
};

/* ---- files ---- */

int tri_perf_file(const char *path, char **ret, struct tri_error *error)
{
    int r = tri_file_read(AT_FDCWD, path, FILE_MAX, ret, NULL);
    return r < 0 ? tri_error_set(error, r, path, "%s cannot be read: %s.", path, strerror(-r)) : 0;
}

const char *tri_perf_next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

/* ---- samples ---- */

static void sample_unref(struct tri_perf_sample *sample)
{
    if (!sample || atomic_fetch_sub(&sample->references, 1) != 1)
        return;
    for (size_t i = 0; i < sample->count; i++)
        free(((struct tri_perf_item *)(void *)(sample->items + i * sample->item_size))->name);
    free(sample->items);
    free(sample);
}

static void sample_unrefp(struct tri_perf_sample **sample)
{
    sample_unref(*sample);
}
#define AUTO_SAMPLE TRI_CLEANUP(sample_unrefp)

void *tri_perf_add(struct tri_perf_sample *sample, uint64_t id, const char *name)
{
    if (sample->count == sample->room) {
        size_t room = sample->room ? 2 * sample->room : 16;
        char *items = realloc(sample->items, room * sample->item_size);
        if (!items)
            return NULL;
        sample->items = items;
        sample->room = room;
    }
    struct tri_perf_item *item = (void *)(sample->items + sample->count * sample->item_size);
    memset(item, 0, sample->item_size);
    item->id = id;
    if (!(item->name = strdup(name)))
        return NULL;
    sample->count++;
    return item;
}

static uint64_t running_100ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * TRI_PERF_PER_SECOND + (uint64_t)now.tv_nsec / 100;
}

uint64_t tri_perf_sample_time(const struct tri_perf_sample *sample)
{
    return sample->running_100ns;
}

void *tri_perf_items(struct tri_perf_sample *sample, size_t *ret_count)
{
    *ret_count = sample->count;
    return sample->items;
}

int tri_perf_add_total(struct tri_perf_sample *sample, struct tri_error *error)
{
    char *total = tri_perf_add(sample, TRI_PERF_TOTAL_ID, "_Total");
    if (!total)
        return tri_error_no_memory(error);
    for (const char *item = sample->items; item < total; item += sample->item_size)
        for (size_t at = sizeof(struct tri_perf_item); at < sample->item_size; at += sizeof(uint64_t)) {
            uint64_t counter = tri_perf_counter((const void *)item, at);
            if (counter != TRI_PERF_UNKNOWN)
                *(uint64_t *)(void *)(total + at) += counter;
        }
    return 0;
}

static int item_compare(const void *a, const void *b)
{
    uint64_t left = ((const struct tri_perf_item *)a)->id, right = ((const struct tri_perf_item *)b)->id;
    return left < right ? -1 : left > right;
}

static int sample_take(struct tri_perf_source *source, unsigned needs, struct tri_perf_sample **ret,
                       struct tri_error *error)
{
    AUTO_SAMPLE struct tri_perf_sample *sample = calloc(1, sizeof(*sample));
    if (!sample)
        return tri_error_no_memory(error);
    sample->references = 1;
    sample->needs = needs;
    sample->item_size = source->item_size;
    sample->taken_ns = tri_clock_ns();
    sample->wall_ns = tri_clock_wall_ns();
    sample->running_100ns = running_100ns();
    int r = source->read(sample, needs, error);
    if (r < 0)
        return r;
    if (sample->count > 0)
        qsort(sample->items, sample->count, sample->item_size, item_compare);
    *ret = TRI_TAKE(sample);
    return 0;
}

/* The one that is kept, where it is of use. */
static struct tri_perf_sample *sample_before(struct tri_perf_source *source, unsigned needs)
{
    TRI_LOCK_SCOPE(&source->lock);
    struct tri_perf_sample *kept = source->kept;
    if (!kept || (kept->needs & needs) != needs || tri_clock_ns() - kept->taken_ns > KEPT_NS)
        return NULL;
    atomic_fetch_add(&kept->references, 1);
    return kept;
}

static void sample_keep(struct tri_perf_source *source, struct tri_perf_sample *sample)
{
    struct tri_perf_sample *before;
    atomic_fetch_add(&sample->references, 1);
    {
        TRI_LOCK_SCOPE(&source->lock);
        before = source->kept;
        source->kept = sample;
    }
    sample_unref(before);
}

static int wait_apart(const struct tri_scan *scan, const struct tri_perf_sample *before)
{
    while (tri_clock_ns() - before->taken_ns < APART_NS) {
        if (tri_scan_stopped(scan))
            return -ECANCELED;
        poll(NULL, 0, LOOK_MS);
    }
    return 0;
}

/* ---- scans ---- */

static const void *find_item(const struct tri_perf_sample *sample, const void *item)
{
    return sample && sample->count > 0 ? bsearch(item, sample->items, sample->count, sample->item_size, item_compare)
                                       : NULL;
}

/* What a total was before, where its parts come and go: what it is now less what those made that are in both samples.
 * Newly allocated. */
static struct tri_perf_item *total_before(const struct tri_perf_sample *before, const struct tri_perf_sample *now,
                                          const struct tri_perf_item *total)
{
    char *made = malloc(now->item_size);
    if (!made)
        return NULL;
    memcpy(made, total, now->item_size);
    for (const char *item = now->items; item < (const char *)total; item += now->item_size) { /* its id is the last */
        const void *old = find_item(before, item);
        for (size_t at = sizeof(struct tri_perf_item); old && at < now->item_size; at += sizeof(uint64_t)) {
            uint64_t is = tri_perf_counter((const void *)item, at), was = tri_perf_counter(old, at);
            if (is > was && is != TRI_PERF_UNKNOWN)
                *(uint64_t *)(void *)(made + at) -= is - was;
        }
    }
    return (void *)made;
}

/* before: NULL for raw rows. */
static int give_rows(struct tri_scan *scan, const struct tri_perf_source *source, const struct tri_perf_sample *before,
                     const struct tri_perf_sample *now)
{
    struct tri_perf_row row = {
        .seconds = before ? (double)(now->taken_ns - before->taken_ns) / (double)TRI_NS_PER_SEC : 0,
        .wall_100ns = now->wall_ns / 100 + FROM_1601_TO_1970_SECONDS * TRI_PERF_PER_SECOND,
        .running_100ns = now->running_100ns,
    };
    int r = 0;
    for (size_t i = 0; r == 0 && i < now->count; i++) {
        row.now = (const void *)(now->items + i * now->item_size);
        bool is_sum = before && source->parts_end && row.now->id == TRI_PERF_TOTAL_ID;
        TRI_AUTO_FREE struct tri_perf_item *sum = is_sum ? total_before(before, now, row.now) : NULL;
        const struct tri_perf_item *found = sum ? sum : find_item(before, row.now);
        row.before = found ? found : row.now;
        r = tri_scan_row(scan, &row);
    }
    return r;
}

int tri_perf_scan_formatted(struct tri_scan *scan, struct tri_perf_source *source, struct tri_error *error)
{
    unsigned needs = tri_scan_needs(scan);
    AUTO_SAMPLE struct tri_perf_sample *before = sample_before(source, needs);
    AUTO_SAMPLE struct tri_perf_sample *now = NULL;
    int r = before ? 0 : sample_take(source, needs, &before, error);
    if (r == 0)
        r = wait_apart(scan, before);
    if (r == 0)
        r = sample_take(source, needs, &now, error);
    if (r < 0)
        return r;
    sample_keep(source, now);
    return give_rows(scan, source, before, now);
}

int tri_perf_scan_raw(struct tri_scan *scan, struct tri_perf_source *source, struct tri_error *error)
{
    AUTO_SAMPLE struct tri_perf_sample *now = NULL;
    int r = sample_take(source, tri_scan_needs(scan), &now, error);
    return r < 0 ? r : give_rows(scan, source, NULL, now);
}

/* ---- fields ---- */

void tri_perf_get_name(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, ((const struct tri_perf_row *)row)->now->name);
}

void tri_perf_get_wall(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, ((const struct tri_perf_row *)row)->wall_100ns);
}

void tri_perf_get_running(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, ((const struct tri_perf_row *)row)->running_100ns);
}

void tri_perf_get_frequency(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, TRI_PERF_PER_SECOND);
}

uint64_t tri_perf_counter(const struct tri_perf_item *item, size_t offset)
{
    return *(const uint64_t *)((const char *)item + offset);
}

static bool is_known(const struct tri_perf_row *row, size_t offset)
{
    return tri_perf_counter(row->now, offset) != TRI_PERF_UNKNOWN &&
           tri_perf_counter(row->before, offset) != TRI_PERF_UNKNOWN;
}

/* A counter that went back (a device that came anew) made nothing. */
static double difference(const struct tri_perf_row *row, size_t offset)
{
    uint64_t now = tri_perf_counter(row->now, offset), before = tri_perf_counter(row->before, offset);
    return now > before ? (double)(now - before) : 0;
}

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

void tri_perf_value(const void *row, size_t offset, struct tri_value *ret)
{
    if (is_known(row, offset))
        tri_value_set_unsigned(ret, tri_perf_counter(((const struct tri_perf_row *)row)->now, offset));
}

void tri_perf_raw(const void *row, size_t offset, struct tri_value *ret)
{
    uint64_t counter = tri_perf_counter(((const struct tri_perf_row *)row)->now, offset);
    if (is_known(row, offset))
        tri_value_set_unsigned(ret, ret->type == TRI_CIM_UINT32 ? (uint32_t)counter : counter);
}

static void set_ratio(const struct tri_perf_row *row, size_t offset, double whole, struct tri_value *ret)
{
    if (is_known(row, offset))
        tri_value_set_real(ret, round(ratio(difference(row, offset), whole)));
}

void tri_perf_rate(const void *row, size_t offset, struct tri_value *ret)
{
    set_ratio(row, offset, ((const struct tri_perf_row *)row)->seconds, ret);
}

void tri_perf_percent(const void *row, size_t offset, struct tri_value *ret)
{
    set_ratio(row, offset, ((const struct tri_perf_row *)row)->seconds * TRI_PERF_PER_SECOND / 100, ret);
}

void tri_perf_queue(const void *row, size_t offset, struct tri_value *ret)
{
    set_ratio(row, offset, ((const struct tri_perf_row *)row)->seconds * TRI_PERF_PER_SECOND, ret);
}

void tri_perf_average(const void *row, size_t offset, size_t base_offset, double factor, struct tri_value *ret)
{
    set_ratio(row, offset, difference(row, base_offset) / factor, ret);
}

/* ---- the tables ---- */

const struct tri_provided_class *const tri_provider_perf[] = {&tri_perf_formatted_processor,
                                                              &tri_perf_raw_processor,
                                                              &tri_perf_formatted_memory,
                                                              &tri_perf_raw_memory,
                                                              &tri_perf_formatted_system,
                                                              &tri_perf_raw_system,
                                                              &tri_perf_formatted_paging_file,
                                                              &tri_perf_raw_paging_file,
                                                              &tri_perf_formatted_physical_disk,
                                                              &tri_perf_raw_physical_disk,
                                                              &tri_perf_formatted_logical_disk,
                                                              &tri_perf_raw_logical_disk,
                                                              &tri_perf_formatted_network,
                                                              &tri_perf_raw_network,
                                                              &tri_perf_formatted_process,
                                                              &tri_perf_raw_process,
                                                              NULL};
