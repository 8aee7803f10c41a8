#include "storage/device.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/major.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/file.h"

#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, __u64) /* since Linux 5.15 */
#endif

#define SYSFS_SECTOR_BYTES 512ull /* of "size" and "start", whatever the disk's own sector is */

/* ---- attributes ---- */

static size_t trim(char *text, size_t length)
{
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    size_t lead = 0;
    while (lead < length && isspace((unsigned char)text[lead]))
        lead++;
    memmove(text, text + lead, length - lead);
    text[length - lead] = 0;
    return length - lead;
}

static int read_text(const char *path, char *text, size_t size)
{
    TRI_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t n = read(fd, text, size - 1);
    if (n < 0)
        return -errno;
    return (int)trim(text, (size_t)n);
}

static bool attribute_path(const char *name, const char *attribute, char *path, size_t size)
{
    int n = snprintf(path, size, "/sys/class/block/%s/%s", name, attribute);
    return n > 0 && (size_t)n < size;
}

int tri_device_text(const char *name, const char *attribute, char *text, size_t size)
{
    char path[512];
    return attribute_path(name, attribute, path, sizeof path) ? read_text(path, text, size) : -ENAMETOOLONG;
}

uint64_t tri_device_number(const char *name, const char *attribute, uint64_t missing)
{
    char text[32], *end;
    if (tri_device_text(name, attribute, text, sizeof text) <= 0)
        return missing;
    uint64_t number = strtoull(text, &end, 10);
    return *end == 0 ? number : missing;
}

int tri_device_ask(const char *name, const char *attribute, uint64_t missing, uint64_t *ret)
{
    char text[32], *end;
    int r = tri_device_text(name, attribute, text, sizeof text);
    if (r < 0 && r != -ENOENT)
        return r;
    uint64_t number = r > 0 ? strtoull(text, &end, 10) : missing;
    *ret = r > 0 && *end != 0 ? missing : number;
    return 0;
}

bool tri_device_has(const char *name, const char *attribute)
{
    char path[512];
    return attribute_path(name, attribute, path, sizeof path) && access(path, F_OK) == 0;
}

dev_t tri_device_dev(const char *name)
{
    char text[32];
    unsigned major, minor;
    if (tri_device_text(name, "dev", text, sizeof text) <= 0 || sscanf(text, "%u:%u", &major, &minor) != 2)
        return 0;
    return makedev(major, minor);
}

/* ---- names ---- */

void tri_device_node(const char *name, char path[64])
{
    snprintf(path, 64, "/dev/%.58s", name);
    for (char *c = path + 5; *c; c++)
        if (*c == '!')
            *c = '/';
}

/* Has the entry of /sys/block that number? 1, 0, or -errno where that cannot be told. */
static int has_sequence(int block_fd, const char *name, uint64_t sequence)
{
    char path[300], text[32];
    snprintf(path, sizeof path, "%s/diskseq", name);
    TRI_AUTO_CLOSE int fd = openat(block_fd, path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (n <= 0)
        return n < 0 && tri_code_is_passing(-errno) ? -errno : 0;
    text[n] = 0;
    return strtoull(text, NULL, 10) == sequence;
}

static int search_name(uint64_t sequence, char name[32])
{
    int code, unknown = 0;
    TRI_AUTO_DIR DIR *dir = opendir("/sys/block");
    if (!dir)
        return tri_code_is_passing(-errno) ? -errno : -ENOENT;
    for (const struct dirent *entry; (entry = tri_folder_next(dir, &code));) {
        int r = strlen(entry->d_name) < 32 ? has_sequence(dirfd(dir), entry->d_name, sequence) : 0;
        if (r > 0) {
            strcpy(name, entry->d_name);
            return 0;
        }
        unknown = unknown < 0 ? unknown : r;
    }
    return unknown < 0 ? unknown : code < 0 ? code : -ENOENT;
}

int tri_device_search(uint64_t sequence, char name[32])
{
    static _Thread_local char last[32]; /* where to look first; what is found there counts, not what was */
    if (sequence == 0)
        return -ENOENT;
    if (last[0] && tri_device_number(last, "diskseq", 0) == sequence) {
        strcpy(name, last);
        return 0;
    }
    int r = search_name(sequence, name);
    if (r == 0)
        strcpy(last, name);
    return r;
}

bool tri_device_name(uint64_t sequence, char name[32])
{
    return tri_device_search(sequence, name) == 0;
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* One that is not there is empty. 1, 0, -errno. */
static int is_folder_empty(const char *name, const char *folder)
{
    char path[512];
    int code;
    attribute_path(name, folder, path, sizeof path);
    TRI_AUTO_DIR DIR *dir = opendir(path);
    if (!dir)
        return tri_code_is_passing(-errno) ? -errno : 1;
    return tri_folder_next(dir, &code) ? 0 : code < 0 ? code : 1;
}

int tri_device_is_disk(const char *name)
{
    uint64_t number = 0;
    if (name[0] == '.' || strlen(name) >= 32)
        return false;
    if (starts(name, "loop"))
        return tri_device_has(name, "loop/backing_file");
    if (starts(name, "ram") || starts(name, "zram") || starts(name, "fd") || tri_device_has(name, "dm") ||
        tri_device_has(name, "md"))
        return false;
    bool is_nbd = starts(name, "nbd");
    int r = tri_device_ask(name, is_nbd ? "size" : "hidden", 0, &number);
    if (r < 0 || is_nbd)
        return r < 0 ? r : number > 0;
    return number == 0 ? is_folder_empty(name, "slaves") : 0;
}

/* Where /sys says that a device number lives: ".../block/loop0/loop0p1". */
static bool device_folder(dev_t device, char folder[512])
{
    char path[64];
    snprintf(path, sizeof path, "/sys/dev/block/%u:%u", major(device), minor(device));
    ssize_t n = readlink(path, folder, 511);
    if (n <= 0)
        return false;
    folder[n] = 0;
    return true;
}

static bool copy_name(const char *folder, char name[32])
{
    const char *base = strrchr(folder, '/');
    if (!base || strlen(base + 1) >= 32)
        return false;
    strcpy(name, base + 1);
    return true;
}

bool tri_device_name_of(dev_t device, char name[32])
{
    char folder[512];
    return device_folder(device, folder) && copy_name(folder, name);
}

bool tri_device_disk_of(dev_t device, char name[32])
{
    char folder[512], base[32];
    if (!device_folder(device, folder) || !copy_name(folder, base))
        return false;
    if (tri_device_has(base, "partition"))
        *strrchr(folder, '/') = 0; /* a partition lies in its disk's folder */
    return copy_name(folder, name);
}

/* ---- facts ---- */

/* Newly allocated text of an attribute, or NULL where it is missing or empty. */
static char *attribute(const char *name, const char *file)
{
    char text[4096];
    int length = tri_device_text(name, file, text, sizeof text);
    return length > 0 ? strdup(text) : NULL;
}

static char *first_attribute(const char *name, const char *const *files)
{
    char *text = NULL;
    for (; *files && !text; files++)
        text = attribute(name, *files);
    return text;
}

/* SCSI's page 0x80: four bytes of header, then the serial number. */
static char *vpd_serial(const char *name)
{
    char path[128], page[260];
    snprintf(path, sizeof path, "/sys/class/block/%s/device/vpd_pg80", name);
    TRI_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, page, sizeof page - 1);
    if (n <= 4)
        return NULL;
    size_t length = (unsigned char)page[3];
    if (length > (size_t)n - 4)
        length = (size_t)n - 4;
    page[4 + length] = 0;
    return trim(page + 4, length) > 0 ? strdup(page + 4) : NULL;
}

struct bus_word {
    const char *word; /* somewhere in the device's path in /sys */
    enum tri_bus bus;
};

static const struct bus_word bus_words[] = {
    {"/nvme", TRI_BUS_NVME},  {"/usb", TRI_BUS_USB},       {"/session", TRI_BUS_ISCSI},  {"/end_device-", TRI_BUS_SAS},
    {"/ata", TRI_BUS_SATA},   {"/mmc_host/", TRI_BUS_MMC}, {"/virtio", TRI_BUS_VIRTUAL}, {"/vbd-", TRI_BUS_VIRTUAL},
    {"/vmbus", TRI_BUS_SCSI}, {"/host", TRI_BUS_SCSI},
};

static enum tri_bus bus_of(const char *name)
{
    char link[64], type[16];
    if (starts(name, "loop"))
        return TRI_BUS_FILE;
    snprintf(link, sizeof link, "/sys/class/block/%s", name);
    TRI_AUTO_FREE char *path = realpath(link, NULL);
    if (!path || starts(path, "/sys/devices/virtual/"))
        return path ? TRI_BUS_VIRTUAL : TRI_BUS_UNKNOWN;
    for (size_t i = 0; i < sizeof bus_words / sizeof *bus_words; i++)
        if (strstr(path, bus_words[i].word)) {
            bool is_sd = bus_words[i].bus == TRI_BUS_MMC &&
                         tri_device_text(name, "device/type", type, sizeof type) > 0 && strcmp(type, "SD") == 0;
            return is_sd ? TRI_BUS_SD : bus_words[i].bus;
        }
    return TRI_BUS_UNKNOWN;
}

void tri_device_describe(struct tri_disk *disk)
{
    static const char *const models[] = {"device/model", "device/name", NULL};
    static const char *const revisions[] = {"device/rev", "device/firmware_rev", "device/fwrev", NULL};
    static const char *const serials[] = {"device/serial", "serial", NULL};
    const char *name = disk->name;
    disk->physical_sector_bytes = (uint32_t)tri_device_number(name, "queue/physical_block_size", disk->sector_bytes);
    disk->is_removable = tri_device_number(name, "removable", 0) != 0;
    disk->is_optical = starts(name, "sr") && isdigit((unsigned char)name[2]);
    disk->bus = bus_of(name);
    if (disk->bus == TRI_BUS_FILE) {
        disk->backing_path = attribute(name, "loop/backing_file");
        return;
    }
    disk->vendor = attribute(name, "device/vendor");
    disk->model = first_attribute(name, models);
    disk->revision = first_attribute(name, revisions);
    disk->serial = first_attribute(name, serials);
    if (!disk->serial)
        disk->serial = vpd_serial(name);
    if (disk->vendor && starts(disk->vendor, "0x")) { /* a PCI number, nobody's name */
        free(disk->vendor);
        disk->vendor = NULL;
    }
}

static int read_facts(const char *name, struct tri_disk *disk)
{
    char text[32];
    unsigned major, minor;
    uint64_t sectors, sector_bytes, is_read_only;
    int r = tri_device_text(name, "dev", text, sizeof text);
    if (r >= 0 && sscanf(text, "%u:%u", &major, &minor) != 2)
        r = -ENODEV;
    if (r < 0 || (r = tri_device_ask(name, "size", 0, &sectors)) < 0 ||
        (r = tri_device_ask(name, "queue/logical_block_size", 512, &sector_bytes)) < 0 ||
        (r = tri_device_ask(name, "ro", 0, &is_read_only)) < 0)
        return r;
    disk->device = makedev(major, minor);
    disk->size_bytes = sectors * SYSFS_SECTOR_BYTES;
    disk->sector_bytes = (uint32_t)sector_bytes;
    disk->is_read_only = is_read_only != 0;
    return 0;
}

int tri_device_read(uint64_t sequence, struct tri_disk *disk, struct tri_error *error)
{
    char name[32];
    int r = tri_device_search(sequence, name);
    if (r == 0)
        r = read_facts(name, disk);
    if (r == -ENOENT || r == -ENODEV)
        return tri_error_set(error, TRI_STORAGE_GONE, NULL,
                             "There is no disk with the number %llu (any more): list the disks again.",
                             (unsigned long long)sequence);
    if (r < 0)
        return tri_error_set(error, r, "/sys/block", "The disk with the number %llu cannot be looked at: %s.",
                             (unsigned long long)sequence, strerror(-r));
    disk->sequence = sequence;
    memcpy(disk->name, name, sizeof name);
    return 0;
}

/* ---- opening ---- */

int tri_device_open_error(const char *path, int why, struct tri_error *error)
{
    switch (why) {
    case ENOMEDIUM:
        return tri_error_set(error, TRI_STORAGE_NO_MEDIA, path, "There is no medium in %s.", path);
    case EROFS:
        return tri_error_set(error, TRI_STORAGE_READ_ONLY, path, "%s is read-only.", path);
    case ENOENT:
    case ENXIO:
    case ENODEV:
        return tri_error_set(error, TRI_STORAGE_GONE, path, "%s is not there (any more): list the disks again.", path);
    case EACCES:
    case EPERM:
        return tri_error_set(error, -EACCES, path, "No permission to open %s: this needs root%s.", path,
                             geteuid() == 0 ? ", and a control group or container here forbids the device" : "");
    case EBUSY:
        return tri_error_set(error, TRI_STORAGE_IN_USE, path, "%s is in use by the system or another program.", path);
    case EIO:
        return tri_error_set(error, TRI_STORAGE_IO, path, "%s answers errors.", path);
    default:
        return tri_error_set(error, -why, path, "Cannot open %s: %s.", path, strerror(why));
    }
}

/* Is the open node the disk that was meant? The kernel says by number since 5.15; /sys says the same later. */
static bool is_same(int fd, const struct tri_disk *disk)
{
    struct stat status;
    uint64_t sequence = 0;
    if (fstat(fd, &status) < 0 || !S_ISBLK(status.st_mode) || status.st_rdev != disk->device)
        return false;
    if (ioctl(fd, BLKGETDISKSEQ, &sequence) < 0)
        sequence = tri_device_number(disk->name, "diskseq", 0);
    return sequence == disk->sequence;
}

int tri_device_open(const struct tri_disk *disk, int flags, struct tri_error *error)
{
    char path[64];
    tri_device_node(disk->name, path);
    TRI_AUTO_CLOSE int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return tri_device_open_error(path, errno, error);
    if (!is_same(fd, disk))
        return tri_error_set(error, TRI_STORAGE_GONE, path, "%s is another disk by now: list the disks again.", path);
    return tri_take_fd(&fd);
}

void tri_device_announce(const char *name)
{
    char path[96];
    snprintf(path, sizeof path, "/sys/class/block/%s/uevent", name);
    TRI_AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, "change", 6) < 0) /* nobody is told then; the next who looks sees it */
        return;
}

/* ---- bytes ---- */

int tri_device_pread(int fd, void *data, size_t size, uint64_t offset_bytes, struct tri_error *error)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = pread(fd, (char *)data + done, size - done, (off_t)(offset_bytes + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return tri_error_set(error, TRI_STORAGE_IO, NULL, "Cannot read at byte %llu of the disk: %s.",
                                 (unsigned long long)(offset_bytes + done), n < 0 ? strerror(errno) : "it ends before");
        done += (size_t)n;
    }
    return 0;
}

int tri_device_pwrite(int fd, const void *data, size_t size, uint64_t offset_bytes, struct tri_error *error)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = pwrite(fd, (const char *)data + done, size - done, (off_t)(offset_bytes + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return tri_error_set(error, TRI_STORAGE_IO, NULL, "Cannot write at byte %llu of the disk: %s.",
                                 (unsigned long long)(offset_bytes + done), n < 0 ? strerror(errno) : "it ends before");
        done += (size_t)n;
    }
    return 0;
}

int tri_device_fsync(int fd, struct tri_error *error)
{
    if (fsync(fd) < 0)
        return tri_error_set(error, TRI_STORAGE_IO, NULL, "The disk could not make durable what was written: %s.",
                             strerror(errno));
    return 0;
}
