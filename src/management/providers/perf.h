/* Performance counters: samples of what the kernel counts, and what two of them make.
 *
 * A class is an item a row (a processor, a disk), with counters. The same counters give Win32_PerfRawData_..., as they
 * are, and Win32_PerfFormattedData_..., what they made in the time since the sample before. That one is kept for five
 * minutes; where there is none, two are taken a tenth of a second apart. */
#ifndef TRI_MANAGEMENT_PROVIDERS_PERF_H
#define TRI_MANAGEMENT_PROVIDERS_PERF_H

#include <pthread.h>

#include "management/providers/fields.h"

#define TRI_PERF_PER_SECOND 10000000u /* times are in 100 nanoseconds */

/* The head of every item; its counters, of uint64_t, follow. */
struct tri_perf_item {
    uint64_t id; /* the same in every sample */
    char *name;  /* the sample's */
};

struct tri_perf_sample;

struct tri_perf_source {
    size_t item_size;
    bool parts_end; /* items come and go often: what a total made is what those made that are in both samples */
    /* Adds the items; needs: those of the fields that are wanted. 0, or a code with *error filled. */
    int (*read)(struct tri_perf_sample *sample, unsigned needs, struct tri_error *error);
    pthread_mutex_t lock;
    struct tri_perf_sample *kept; /* lock */
};

/* A blank item at the end of the sample, valid until the next is added; NULL: no memory. */
void *tri_perf_add(struct tri_perf_sample *sample, uint64_t id, const char *name);
#define TRI_PERF_UNKNOWN UINT64_MAX  /* a counter that could not be read: what is made of it is NULL */
#define TRI_PERF_TOTAL_ID UINT64_MAX /* of the item "_Total" */
/* When the sample was taken, in 100 nanoseconds since the machine started: what counts time that passes counts up to then,
 * however long the reading took. */
uint64_t tri_perf_sample_time(const struct tri_perf_sample *sample);
/* The items so far, one behind the other. */
void *tri_perf_items(struct tri_perf_sample *sample, size_t *ret_count);

/* Adds an item "_Total" with the sums of all others' counters. */
int tri_perf_add_total(struct tri_perf_sample *sample, struct tri_error *error);

/* What sources read: a file of /proc, newly allocated; a code with *error filled. And the line behind this one. */
int tri_perf_file(const char *path, char **ret, struct tri_error *error);
const char *tri_perf_next_line(const char *line);

/* What a field is asked of. */
struct tri_perf_row {
    const struct tri_perf_item *now, *before; /* before: itself in a raw row, and where the item is new */
    double seconds;                           /* between the two; 0 where they are one */
    uint64_t wall_100ns, running_100ns;       /* when now was: since 1601, and since the machine started */
};

int tri_perf_scan_formatted(struct tri_scan *scan, struct tri_perf_source *source, struct tri_error *error);
int tri_perf_scan_raw(struct tri_scan *scan, struct tri_perf_source *source, struct tri_error *error);

/* Fields that every class has. */
void tri_perf_get_name(const void *row, struct tri_value *ret);
void tri_perf_get_wall(const void *row, struct tri_value *ret);
void tri_perf_get_running(const void *row, struct tri_value *ret);
void tri_perf_get_frequency(const void *row, struct tri_value *ret);

/* What counters make; offset: of the counter in the item. */
uint64_t tri_perf_counter(const struct tri_perf_item *item, size_t offset);
void tri_perf_value(const void *row, size_t offset, struct tri_value *ret);   /* as it is now */
void tri_perf_raw(const void *row, size_t offset, struct tri_value *ret);     /* the same; 32 bits of it wrap around */
void tri_perf_rate(const void *row, size_t offset, struct tri_value *ret);    /* per second */
void tri_perf_percent(const void *row, size_t offset, struct tri_value *ret); /* a time, of the time that went by */
void tri_perf_queue(const void *row, size_t offset, struct tri_value *ret);   /* a time that many spent, of that time */
/* How much of one there was for each of the other. */
void tri_perf_average(const void *row, size_t offset, size_t base_offset, double factor, struct tri_value *ret);

/* A class's counters are listed once, X(property, kind, member, needs); these make the getters and the fields of both
 * classes of it. TRI_PERF_ITEM is the item's type. */
#define TRI_PERF_GETTERS(property, kind, member, needs)                                                                \
    static void formatted_##property(const void *row, struct tri_value *ret)                                           \
    {                                                                                                                  \
        tri_perf_##kind(row, offsetof(TRI_PERF_ITEM, member), ret);                                                    \
    }                                                                                                                  \
    static void raw_##property(const void *row, struct tri_value *ret)                                                 \
    {                                                                                                                  \
        tri_perf_raw(row, offsetof(TRI_PERF_ITEM, member), ret);                                                       \
    }
#define TRI_PERF_FORMATTED(property, kind, member, needs) {#property, needs, formatted_##property},
#define TRI_PERF_RAW(property, kind, member, needs) {#property, needs, raw_##property},
/* clang-format off */
#define TRI_PERF_STAMPS \
    {"Timestamp_Sys100NS", 0, tri_perf_get_wall}, {"Frequency_Sys100NS", 0, tri_perf_get_frequency}, \
    {"Timestamp_Object", 0, tri_perf_get_wall}, {"Frequency_Object", 0, tri_perf_get_frequency}, \
    {"Timestamp_PerfTime", 0, tri_perf_get_running}, {"Frequency_PerfTime", 0, tri_perf_get_frequency}
/* clang-format on */

/* The two tables of a class, and their scans. */
#define TRI_PERF_CLASS(table, class_, source_, formatted_fields_, raw_fields_)                                         \
    static int table##_scan_formatted(struct tri_scan *scan, struct tri_error *error)                                  \
    {                                                                                                                  \
        return tri_perf_scan_formatted(scan, &(source_), error);                                                       \
    }                                                                                                                  \
    static int table##_scan_raw(struct tri_scan *scan, struct tri_error *error)                                        \
    {                                                                                                                  \
        return tri_perf_scan_raw(scan, &(source_), error);                                                             \
    }                                                                                                                  \
    const struct tri_provided_class tri_perf_formatted_##table = {.name_space = "root\\cimv2",                         \
                                                                  .name = "Win32_PerfFormattedData_" class_,           \
                                                                  .fields = (formatted_fields_),                       \
                                                                  .field_count = TRI_FIELD_COUNT(formatted_fields_),   \
                                                                  .scan = table##_scan_formatted};                     \
    const struct tri_provided_class tri_perf_raw_##table = {.name_space = "root\\cimv2",                               \
                                                            .name = "Win32_PerfRawData_" class_,                       \
                                                            .fields = (raw_fields_),                                   \
                                                            .field_count = TRI_FIELD_COUNT(raw_fields_),               \
                                                            .scan = table##_scan_raw};

#define TRI_PERF_SOURCE(item_, read_, ...)                                                                             \
    {                                                                                                                  \
        .item_size = sizeof(item_), .read = (read_), .lock = PTHREAD_MUTEX_INITIALIZER, __VA_ARGS__                    \
    }

extern const struct tri_provided_class tri_perf_formatted_processor, tri_perf_raw_processor; /* perf-system.c */
extern const struct tri_provided_class tri_perf_formatted_memory, tri_perf_raw_memory;
extern const struct tri_provided_class tri_perf_formatted_system, tri_perf_raw_system;
extern const struct tri_provided_class tri_perf_formatted_paging_file, tri_perf_raw_paging_file; /* perf-device.c */
extern const struct tri_provided_class tri_perf_formatted_physical_disk, tri_perf_raw_physical_disk;
extern const struct tri_provided_class tri_perf_formatted_logical_disk, tri_perf_raw_logical_disk;
extern const struct tri_provided_class tri_perf_formatted_network, tri_perf_raw_network;
extern const struct tri_provided_class tri_perf_formatted_process, tri_perf_raw_process; /* perf-process.c */

#endif
