/* Counters of disks, drives, network interfaces and swap: /proc/diskstats, /proc/net/dev, /proc/swaps. */
#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "management/providers/perf.h"
#include "management/providers/proc.h"
#include "storage/device.h"

enum { SECTOR_BYTES = 512 };
#define PER_MILLISECOND 10000u

/* ---- what a block device counts ---- */

struct disk {
    struct tri_perf_item item;
    uint64_t reads, writes, transfers, read_bytes, write_bytes, bytes, waiting;
    uint64_t read_time, write_time, time, queue_time; /* 100 nanoseconds, of all transfers together */
    uint64_t read_share, write_share, busy, idle;     /* of the disk's own time; in a total, the mean */
    uint64_t size_bytes, free_bytes, free_mib;        /* of a drive */
};

struct device {
    unsigned major, minor;
    char name[32];
    uint64_t n[11];
};

enum {
    READS,
    READS_MERGED,
    SECTORS_READ,
    READ_MS,
    WRITES,
    WRITES_MERGED,
    SECTORS_WRITTEN,
    WRITE_MS,
    IN_FLIGHT,
    BUSY_MS,
    QUEUE_MS
};

static bool device_parse(const char *line, struct device *ret)
{
    int at = 0;
    if (sscanf(line, "%u %u %31s%n", &ret->major, &ret->minor, ret->name, &at) != 3)
        return false;
    char *number = (char *)line + at;
    for (size_t i = 0; i < sizeof(ret->n) / sizeof(ret->n[0]); i++)
        ret->n[i] = strtoull(number, &number, 10);
    return true;
}

/* running: 100 nanoseconds since the machine started. */
static void disk_count(struct disk *disk, const struct device *device, uint64_t running)
{
    const uint64_t *n = device->n;
    disk->reads = n[READS];
    disk->writes = n[WRITES];
    disk->transfers = n[READS] + n[WRITES];
    disk->read_bytes = n[SECTORS_READ] * SECTOR_BYTES;
    disk->write_bytes = n[SECTORS_WRITTEN] * SECTOR_BYTES;
    disk->bytes = disk->read_bytes + disk->write_bytes;
    disk->waiting = n[IN_FLIGHT];
    disk->read_time = disk->read_share = n[READ_MS] * PER_MILLISECOND;
    disk->write_time = disk->write_share = n[WRITE_MS] * PER_MILLISECOND;
    disk->time = disk->read_time + disk->write_time;
    disk->queue_time = n[QUEUE_MS] * PER_MILLISECOND;
    disk->busy = n[BUSY_MS] * PER_MILLISECOND;
    disk->idle = running > disk->busy ? running - disk->busy : 0;
}

/* The total's shares of time are the mean. */
static int add_total(struct tri_perf_sample *sample, struct tri_error *error)
{
    size_t count;
    int r = tri_perf_add_total(sample, error);
    if (r < 0)
        return r;
    struct disk *disks = tri_perf_items(sample, &count), *total = &disks[count - 1];
    uint64_t others = count > 1 ? count - 1 : 1;
    total->read_share /= others;
    total->write_share /= others;
    total->busy /= others;
    total->idle /= others;
    return 0;
}

/* ---- physical disks ---- */

static int read_disks(struct tri_perf_sample *sample, unsigned needs, struct tri_error *error)
{
    TRI_AUTO_FREE char *text = NULL;
    int r = tri_perf_file("/proc/diskstats", &text, error);
    for (const char *line = text ? text : ""; r == 0 && *line; line = tri_perf_next_line(line)) {
        struct device device;
        char name[80];
        if (!device_parse(line, &device) || !tri_device_is_disk(device.name))
            continue;
        snprintf(name, sizeof(name), "%llu %s", (unsigned long long)tri_device_number(device.name, "diskseq", 0),
                 device.name);
        struct disk *disk = tri_perf_add(sample, makedev(device.major, device.minor), name);
        if (!disk)
            return tri_error_no_memory(error);
        disk_count(disk, &device, tri_perf_sample_time(sample));
    }
    return r == 0 ? add_total(sample, error) : r;
}

/* ---- drives: file systems on block devices, by where they are mounted ---- */

static bool find_device(const char *text, dev_t number, struct device *ret)
{
    for (const char *line = text; *line; line = tri_perf_next_line(line))
        if (device_parse(line, ret) && makedev(ret->major, ret->minor) == number)
            return true;
    return false;
}

static bool has_item(struct tri_perf_sample *sample, uint64_t id)
{
    size_t count;
    const struct disk *disks = tri_perf_items(sample, &count);
    for (size_t i = 0; i < count; i++)
        if (disks[i].item.id == id)
            return true;
    return false;
}

static int add_drive(struct tri_perf_sample *sample, struct libmnt_fs *fs, const char *stats, struct tri_error *error)
{
    struct device device;
    struct statvfs size;
    dev_t number = mnt_fs_get_devno(fs);
    const char *path = mnt_fs_get_target(fs), *root = mnt_fs_get_root(fs);
    bool is_whole = path && root && strcmp(root, "/") == 0;
    if (!is_whole || major(number) == 0 || has_item(sample, number) || !find_device(stats, number, &device))
        return 0;
    struct disk *drive = tri_perf_add(sample, number, path);
    if (!drive)
        return tri_error_no_memory(error);
    disk_count(drive, &device, tri_perf_sample_time(sample));
    if (statvfs(path, &size) == 0) {
        drive->size_bytes = (uint64_t)size.f_blocks * size.f_frsize;
        drive->free_bytes = (uint64_t)size.f_bavail * size.f_frsize;
        drive->free_mib = drive->free_bytes >> 20;
    }
    return 0;
}

static int read_drives(struct tri_perf_sample *sample, unsigned needs, struct tri_error *error)
{
    TRI_AUTO_FREE char *stats = NULL;
    int r = tri_perf_file("/proc/diskstats", &stats, error);
    if (r < 0)
        return r;
    struct libmnt_table *table = mnt_new_table_from_file("/proc/self/mountinfo");
    struct libmnt_iter *iterator = mnt_new_iter(MNT_ITER_FORWARD);
    struct libmnt_fs *fs = NULL;
    if (!table || !iterator)
        r = tri_error_set(error, -EIO, "/proc/self/mountinfo", "The mount table cannot be read.");
    while (r == 0 && mnt_table_next_fs(table, iterator, &fs) == 0)
        r = add_drive(sample, fs, stats, error);
    mnt_free_iter(iterator);
    mnt_unref_table(table);
    if (r == 0)
        r = add_total(sample, error);
    return r;
}

/* ---- fields of both ---- */

#define TRI_PERF_ITEM struct disk
#define DISK_COUNTERS(X)                                                                                               \
    X(DiskReadsPersec, rate, reads, 0)                                                                                 \
    X(DiskWritesPersec, rate, writes, 0)                                                                               \
    X(DiskTransfersPersec, rate, transfers, 0)                                                                         \
    X(DiskReadBytesPersec, rate, read_bytes, 0)                                                                        \
    X(DiskWriteBytesPersec, rate, write_bytes, 0)                                                                      \
    X(DiskBytesPersec, rate, bytes, 0)                                                                                 \
    X(CurrentDiskQueueLength, value, waiting, 0)                                                                       \
    X(PercentDiskTime, percent, busy, 0)                                                                               \
    X(PercentIdleTime, percent, idle, 0)                                                                               \
    X(PercentDiskReadTime, percent, read_share, 0)                                                                     \
    X(PercentDiskWriteTime, percent, write_share, 0)                                                                   \
    X(AvgDiskQueueLength, queue, queue_time, 0)                                                                        \
    X(AvgDiskReadQueueLength, queue, read_time, 0)                                                                     \
    X(AvgDiskWriteQueueLength, queue, write_time, 0)
DISK_COUNTERS(TRI_PERF_GETTERS)

/* Of each transfer: X(property, member, the transfers, factor). Times are in milliseconds, where Windows' whole
 * seconds would always be 0. */
#define DISK_AVERAGES(X)                                                                                               \
    X(AvgDiskBytesPerRead, read_bytes, reads, 1)                                                                       \
    X(AvgDiskBytesPerWrite, write_bytes, writes, 1)                                                                    \
    X(AvgDiskBytesPerTransfer, bytes, transfers, 1)                                                                    \
    X(AvgDisksecPerRead, read_time, reads, 1.0 / PER_MILLISECOND)                                                      \
    X(AvgDisksecPerWrite, write_time, writes, 1.0 / PER_MILLISECOND)                                                   \
    X(AvgDisksecPerTransfer, time, transfers, 1.0 / PER_MILLISECOND)
#define AVERAGE_GETTERS(property, member, base, factor)                                                                \
    static void formatted_##property(const void *row, struct tri_value *ret)                                           \
    {                                                                                                                  \
        tri_perf_average(row, offsetof(struct disk, member), offsetof(struct disk, base), factor, ret);                \
    }                                                                                                                  \
    static void raw_##property(const void *row, struct tri_value *ret)                                                 \
    {                                                                                                                  \
        tri_perf_raw(row, offsetof(struct disk, member), ret);                                                         \
    }                                                                                                                  \
    static void raw_##property##_Base(const void *row, struct tri_value *ret)                                          \
    {                                                                                                                  \
        tri_perf_raw(row, offsetof(struct disk, base), ret);                                                           \
    }
#define AVERAGE_FORMATTED(property, member, base, factor) {#property, 0, formatted_##property},
#define AVERAGE_RAW(property, member, base, factor)                                                                    \
    {#property, 0, raw_##property}, {#property "_Base", 0, raw_##property##_Base},
DISK_AVERAGES(AVERAGE_GETTERS)

#define DRIVE_COUNTERS(X) X(FreeMegabytes, value, free_mib, 0)
DRIVE_COUNTERS(TRI_PERF_GETTERS)

static void get_free_percent(const void *row, struct tri_value *ret)
{
    const struct disk *drive = (const void *)((const struct tri_perf_row *)row)->now;
    if (drive->size_bytes > 0)
        tri_value_set_real(ret, round(100.0 * (double)drive->free_bytes / (double)drive->size_bytes));
}

static void get_free_bytes(const void *row, struct tri_value *ret)
{
    tri_perf_value(row, offsetof(struct disk, free_bytes), ret);
}

static void get_size_bytes(const void *row, struct tri_value *ret)
{
    tri_perf_value(row, offsetof(struct disk, size_bytes), ret);
}

/* What the percentages of time are divided by. */
#define TIME_BASES                                                                                                     \
    {"PercentDiskTime_Base", 0, tri_perf_get_running}, {"PercentIdleTime_Base", 0, tri_perf_get_running},              \
        {"PercentDiskReadTime_Base", 0, tri_perf_get_running}, {"PercentDiskWriteTime_Base", 0, tri_perf_get_running},

static const struct tri_field formatted_disk_fields[] = {
    {"Name", 0, tri_perf_get_name}, DISK_COUNTERS(TRI_PERF_FORMATTED) DISK_AVERAGES(AVERAGE_FORMATTED)};
static const struct tri_field raw_disk_fields[] = {
    {"Name", 0, tri_perf_get_name}, DISK_COUNTERS(TRI_PERF_RAW) DISK_AVERAGES(AVERAGE_RAW) TIME_BASES TRI_PERF_STAMPS};
static const struct tri_field formatted_drive_fields[] = {
    {"Name", 0, tri_perf_get_name},
    {"PercentFreeSpace", 0, get_free_percent},
    DRIVE_COUNTERS(TRI_PERF_FORMATTED) DISK_COUNTERS(TRI_PERF_FORMATTED) DISK_AVERAGES(AVERAGE_FORMATTED)};
static const struct tri_field raw_drive_fields[] = {{"Name", 0, tri_perf_get_name},
                                                    {"PercentFreeSpace", 0, get_free_bytes},
                                                    {"PercentFreeSpace_Base", 0, get_size_bytes},
                                                    DRIVE_COUNTERS(TRI_PERF_RAW) DISK_COUNTERS(TRI_PERF_RAW)
                                                        DISK_AVERAGES(AVERAGE_RAW) TIME_BASES TRI_PERF_STAMPS};
static struct tri_perf_source disks = TRI_PERF_SOURCE(struct disk, read_disks);
static struct tri_perf_source drives = TRI_PERF_SOURCE(struct disk, read_drives);
TRI_PERF_CLASS(physical_disk, "PerfDisk_PhysicalDisk", disks, formatted_disk_fields, raw_disk_fields)
TRI_PERF_CLASS(logical_disk, "PerfDisk_LogicalDisk", drives, formatted_drive_fields, raw_drive_fields)
#undef TRI_PERF_ITEM

/* ---- network interfaces ---- */

struct link {
    struct tri_perf_item item;
    uint64_t received_bytes, sent_bytes, bytes, received, sent, packets;
    uint64_t received_errors, sent_errors, received_dropped, sent_dropped, received_many, received_one;
    uint64_t bits_per_second;
};

static void link_count(struct link *link, const char *numbers)
{
    enum { RX_BYTES, RX, RX_ERRORS, RX_DROPPED, RX_MULTICAST = 7, TX_BYTES, TX, TX_ERRORS, TX_DROPPED, COLUMNS };
    uint64_t n[COLUMNS] = {0};
    char *at = (char *)numbers;
    for (int i = 0; i < COLUMNS; i++)
        n[i] = strtoull(at, &at, 10);
    link->received_bytes = n[RX_BYTES];
    link->sent_bytes = n[TX_BYTES];
    link->bytes = n[RX_BYTES] + n[TX_BYTES];
    link->received = n[RX];
    link->sent = n[TX];
    link->packets = n[RX] + n[TX];
    link->received_errors = n[RX_ERRORS];
    link->sent_errors = n[TX_ERRORS];
    link->received_dropped = n[RX_DROPPED];
    link->sent_dropped = n[TX_DROPPED];
    link->received_many = n[RX_MULTICAST];
    link->received_one = n[RX] > n[RX_MULTICAST] ? n[RX] - n[RX_MULTICAST] : 0;
}

/* A number of /sys/class/net; the speed of what has no wire is not known. */
static uint64_t link_number(const char *name, const char *file)
{
    char path[96];
    TRI_AUTO_FREE char *text = NULL;
    snprintf(path, sizeof(path), "/sys/class/net/%.32s/%s", name, file);
    return tri_file_read(AT_FDCWD, path, 64, &text, NULL) == 0 && *text != '-' ? strtoull(text, NULL, 10)
                                                                               : TRI_PERF_UNKNOWN;
}

static int read_links(struct tri_perf_sample *sample, unsigned needs, struct tri_error *error)
{
    TRI_AUTO_FREE char *text = NULL;
    int r = tri_perf_file("/proc/self/net/dev", &text, error);
    for (const char *line = text ? text : ""; r == 0 && *line; line = tri_perf_next_line(line)) {
        char name[32];
        int at = 0;
        if (sscanf(line, " %31[^: \n]:%n", name, &at) != 1 || at == 0 || strcmp(name, "lo") == 0)
            continue; /* the two lines of words, and the loop, which Windows does not count either */
        struct link *link = tri_perf_add(sample, link_number(name, "ifindex"), name);
        if (!link)
            return tri_error_no_memory(error);
        link_count(link, line + at);
        uint64_t speed = link_number(name, "speed");
        link->bits_per_second = speed == TRI_PERF_UNKNOWN ? speed : speed * 1000000;
    }
    return r;
}

#define TRI_PERF_ITEM struct link
#define LINK_COUNTERS(X)                                                                                               \
    X(BytesReceivedPersec, rate, received_bytes, 0)                                                                    \
    X(BytesSentPersec, rate, sent_bytes, 0)                                                                            \
    X(BytesTotalPersec, rate, bytes, 0)                                                                                \
    X(PacketsReceivedPersec, rate, received, 0)                                                                        \
    X(PacketsSentPersec, rate, sent, 0)                                                                                \
    X(PacketsPersec, rate, packets, 0)                                                                                 \
    X(PacketsReceivedErrors, value, received_errors, 0)                                                                \
    X(PacketsOutboundErrors, value, sent_errors, 0)                                                                    \
    X(PacketsReceivedDiscarded, value, received_dropped, 0)                                                            \
    X(PacketsOutboundDiscarded, value, sent_dropped, 0)                                                                \
    X(PacketsReceivedNonUnicastPersec, rate, received_many, 0)                                                         \
    X(PacketsReceivedUnicastPersec, rate, received_one, 0)                                                             \
    X(CurrentBandwidth, value, bits_per_second, 0)
LINK_COUNTERS(TRI_PERF_GETTERS)
static const struct tri_field formatted_link_fields[] = {{"Name", 0, tri_perf_get_name},
                                                         LINK_COUNTERS(TRI_PERF_FORMATTED)};
static const struct tri_field raw_link_fields[] = {{"Name", 0, tri_perf_get_name},
                                                   LINK_COUNTERS(TRI_PERF_RAW) TRI_PERF_STAMPS};
static struct tri_perf_source links = TRI_PERF_SOURCE(struct link, read_links);
TRI_PERF_CLASS(network, "Tcpip_NetworkInterface", links, formatted_link_fields, raw_link_fields)
#undef TRI_PERF_ITEM

/* ---- swap ---- */

struct swap {
    struct tri_perf_item item;
    uint64_t used_kib, size_kib;
};

static int read_swaps(struct tri_perf_sample *sample, unsigned needs, struct tri_error *error)
{
    TRI_AUTO_FREE char *text = NULL;
    int r = tri_perf_file("/proc/swaps", &text, error);
    uint64_t number = 0;
    for (const char *line = r == 0 ? tri_perf_next_line(text) : ""; *line; line = tri_perf_next_line(line)) {
        char name[512];
        unsigned long long size, used;
        if (sscanf(line, "%511s %*s %llu %llu", name, &size, &used) != 3)
            continue;
        tri_proc_unescape(name);
        struct swap *swap = tri_perf_add(sample, number++, name);
        if (!swap)
            return tri_error_no_memory(error);
        swap->size_kib = size;
        swap->used_kib = used;
    }
    return r == 0 && number > 0 ? tri_perf_add_total(sample, error) : r;
}

static void get_usage(const void *row, struct tri_value *ret)
{
    const struct swap *swap = (const void *)((const struct tri_perf_row *)row)->now;
    tri_value_set_unsigned(ret, swap->size_kib > 0 ? 100 * swap->used_kib / swap->size_kib : 0);
}

static void get_used(const void *row, struct tri_value *ret)
{
    tri_perf_value(row, offsetof(struct swap, used_kib), ret);
}

static void get_size(const void *row, struct tri_value *ret)
{
    tri_perf_value(row, offsetof(struct swap, size_kib), ret);
}

static const struct tri_field formatted_swap_fields[] = {{"Name", 0, tri_perf_get_name},
                                                         {"PercentUsage", 0, get_usage}};
static const struct tri_field raw_swap_fields[] = {
    {"Name", 0, tri_perf_get_name}, {"PercentUsage", 0, get_used}, {"PercentUsage_Base", 0, get_size}, TRI_PERF_STAMPS};
static struct tri_perf_source swaps = TRI_PERF_SOURCE(struct swap, read_swaps);
TRI_PERF_CLASS(paging_file, "PerfOS_PagingFile", swaps, formatted_swap_fields, raw_swap_fields)
