#include "storage/loop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "storage/error.h"
#include "storage/node.h"

#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, __u64)
#endif

enum { ATTACH_TRIES = 128, DETACH_WAIT_MS = 300, NUMBER_TEXT_MAX = 32 };

static int open_node(const char *name, int flags)
{
    char path[64];
    snprintf(path, sizeof path, "/dev/%s", name);
    return open(path, flags | O_CLOEXEC | O_NONBLOCK);
}

/* ---- facts from sysfs ---- */

static bool has_file(const char *name)
{
    char path[96];
    snprintf(path, sizeof path, "/sys/block/%s/loop", name);
    return access(path, F_OK) == 0;
}

/* 0: there is none. */
static int sequence_of(const char *name, uint64_t *ret)
{
    char path[96];
    TRI_AUTO_FREE char *text = NULL;
    snprintf(path, sizeof path, "/sys/block/%s/diskseq", name);
    int r = tri_file_read(AT_FDCWD, path, NUMBER_TEXT_MAX, &text, NULL);
    if (tri_code_is_passing(r))
        return r;
    *ret = r == 0 ? strtoull(text, NULL, 10) : 0;
    return 0;
}

int tri_loop_is(const struct tri_loop_device *device)
{
    uint64_t sequence = 0;
    if (!has_file(device->name))
        return 0;
    int r = sequence_of(device->name, &sequence);
    return r < 0 ? r : sequence == device->sequence;
}

/* The same of one whose node is open. */
static int is_open(int fd, const struct tri_loop_device *device)
{
    uint64_t sequence = 0;
    if (ioctl(fd, BLKGETDISKSEQ, &sequence) < 0)
        return tri_loop_is(device);
    return sequence == device->sequence && has_file(device->name);
}

/* ---- attach ---- */

static int get_free(struct tri_error *error)
{
    TRI_AUTO_CLOSE int fd = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    int number = fd < 0 ? -1 : ioctl(fd, LOOP_CTL_GET_FREE);
    if (number >= 0)
        return number;
    int code = errno == EPERM ? -EACCES : errno == ENOENT ? -ENODEV : -errno;
    return tri_error_set(error, code, "/dev/loop-control", "No loop device can be had: %s.%s", strerror(-code),
                         code == -EACCES ? " Only root may attach images." : "");
}

static int configure(int fd, const struct tri_loop_spec *spec)
{
    struct loop_config config = {.fd = (__u32)spec->file_fd, .block_size = 512};
    config.info.lo_sizelimit = spec->size_limit_bytes;
    config.info.lo_flags = (spec->direct ? LO_FLAGS_DIRECT_IO : 0) | (spec->read_only ? LO_FLAGS_READ_ONLY : 0);
    snprintf((char *)config.info.lo_file_name, sizeof config.info.lo_file_name, "%s", spec->tag);
    if (ioctl(fd, LOOP_CONFIGURE, &config) == 0)
        return 0;
    if (errno != EINVAL || !spec->direct)
        return -errno;
    config.info.lo_flags &= ~(__u32)LO_FLAGS_DIRECT_IO; /* a file system that cannot */
    return ioctl(fd, LOOP_CONFIGURE, &config) < 0 ? -errno : 0;
}

/* -EBUSY: somebody else was faster, or still shows an old partition of it. */
static int attach_to(int number, const struct tri_loop_spec *spec, struct tri_loop_device *ret, struct tri_error *error)
{
    struct tri_loop_device device = {0};
    snprintf(device.name, sizeof device.name, "loop%d", number);
    TRI_AUTO_CLOSE int fd = open_node(device.name, O_RDWR);
    if (fd < 0)
        return errno == EBUSY || errno == ENXIO ? -EBUSY
                                                : tri_error_set(error, -errno, device.name, "/dev/%s: %m.", device.name);
    /* The kernel keeps partitions that were added by hand when a loop device loses its file, and shows them, with their
     * old places, over the next file: a format of one would hit another's data. */
    int r = tri_node_remove_all(fd, device.name, error);
    if (r == TRI_STORAGE_IN_USE)
        return -EBUSY;
    if (r == 0 && (r = configure(fd, spec)) < 0 && r != -EBUSY)
        return tri_error_set(error, r, device.name, "%s cannot take the image: %s.", device.name, strerror(-r));
    if (r < 0)
        return r;
    if (ioctl(fd, BLKGETDISKSEQ, &device.sequence) < 0 && (r = sequence_of(device.name, &device.sequence)) < 0) {
        ioctl(fd, LOOP_CLR_FD); /* nobody would find it by a number that is not known */
        return tri_error_set(error, r, device.name, "The number of %s cannot be told: %s.", device.name, strerror(-r));
    }
    *ret = device;
    return 0;
}

/* Others look for free devices too: LOOP_CTL_GET_FREE reserves nothing. */
int tri_loop_attach(const struct tri_loop_spec *spec, struct tri_loop_device *ret, struct tri_error *error)
{
    int r = -EBUSY;
    for (int tries = 0; r == -EBUSY && tries < ATTACH_TRIES; tries++) {
        int number = get_free(error);
        if (number < 0)
            return number;
        struct tri_error busy = {0};
        r = attach_to(number, spec, ret, &busy);
        if (r < 0 && r != -EBUSY && error)
            tri_error_move(error, &busy);
        tri_error_clear(&busy);
    }
    return r == -EBUSY ? tri_error_set(error, r, NULL, "Others take every free loop device first; try again.") : r;
}

/* ---- detach ---- */

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

/* Somebody who only looks (udev, blkid) is gone in a moment. */
static bool is_gone_soon(const struct tri_loop_device *device)
{
    for (uint64_t deadline_ns = tri_deadline_ns(DETACH_WAIT_MS); tri_loop_is(device);) {
        if (tri_clock_ns() >= deadline_ns)
            return false;
        pause_ms(1);
    }
    return true;
}

/* It is in use after all: what was begun (the kernel detaches when the last user closes it) is called off. */
static bool call_off(const struct tri_loop_device *device)
{
    struct loop_info64 info;
    TRI_AUTO_CLOSE int fd = open_node(device->name, O_RDWR);
    if (fd < 0 || ioctl(fd, LOOP_GET_STATUS64, &info) < 0 || is_open(fd, device) <= 0)
        return false;
    info.lo_flags &= ~(__u32)LO_FLAGS_AUTOCLEAR;
    return ioctl(fd, LOOP_SET_STATUS64, &info) == 0;
}

static int in_use(const struct tri_loop_device *device, struct tri_error *error)
{
    return tri_error_set(error, TRI_STORAGE_IN_USE, device->name,
                         "/dev/%s is in use: unmount what is mounted of it, and end the programs that have it open.",
                         device->name);
}

/* Exclusively: mounted, swapped to, or claimed ones answer EBUSY. */
static int clear(const struct tri_loop_device *device, bool lazy, struct tri_error *error)
{
    TRI_AUTO_CLOSE int fd = open_node(device->name, lazy ? O_RDONLY : O_RDONLY | O_EXCL);
    if (fd < 0)
        return errno == EBUSY ? in_use(device, error)
                              : tri_error_set(error, -errno, device->name, "/dev/%s: %m.", device->name);
    if (!lazy && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        return tri_error_set(error, TRI_STORAGE_LOCKED, device->name, "Another operation works on /dev/%s.", device->name);
    int r = is_open(fd, device);
    if (r <= 0)
        return r == 0 ? 0
                      : tri_error_set(error, r, device->name, "The number of /dev/%s cannot be told: %s.", device->name,
                                      strerror(-r));
    if (lazy)
        tri_node_remove_all(fd, device->name, NULL); /* those in use are dropped by who gets the device next */
    if (ioctl(fd, LOOP_CLR_FD) < 0 && errno != ENXIO)
        return tri_error_set(error, errno == EBUSY ? TRI_STORAGE_IN_USE : -errno, device->name, "/dev/%s: %m.", device->name);
    return 0;
}

int tri_loop_detach(const struct tri_loop_device *device, bool lazy, struct tri_error *error)
{
    if (!tri_loop_is(device))
        return 0;
    int r = clear(device, lazy, error);
    if (r < 0 || lazy || is_gone_soon(device) || !call_off(device))
        return r;
    return tri_loop_is(device) ? in_use(device, error) : 0;
}

/* ---- find ---- */

/* The status of a loop device cannot be had when the daemon behind its file has died; the file's name can, and an export's
 * is what follows the colon of its tag. */
static int has_file_named(const char *name, const char *tag)
{
    char path[96];
    TRI_AUTO_FREE char *file = NULL;
    const char *colon = strchr(tag, ':');
    snprintf(path, sizeof path, "/sys/block/%.32s/loop/backing_file", name);
    int r = colon ? tri_file_read(AT_FDCWD, path, 8192, &file, NULL) : -ENOENT;
    if (r < 0)
        return tri_code_is_passing(r) ? r : 0;
    file[strcspn(file, "\n")] = '\0';
    const char *slash = strrchr(file, '/');
    return slash && strcmp(slash + 1, colon + 1) == 0;
}

static int has_tag(const char *name, const char *tag)
{
    struct loop_info64 info;
    TRI_AUTO_CLOSE int fd = open_node(name, O_RDONLY);
    if (fd < 0)
        return tri_code_is_passing(-errno) ? -errno : 0;
    if (ioctl(fd, LOOP_GET_STATUS64, &info) == 0)
        return strncmp((const char *)info.lo_file_name, tag, sizeof info.lo_file_name) == 0;
    return errno == ENXIO ? 0 : has_file_named(name, tag);
}

static bool is_loop_with_file(const char *name)
{
    return strncmp(name, "loop", 4) == 0 && strlen(name) < sizeof((struct tri_loop_device *)0)->name && has_file(name);
}

int tri_loop_find(const char *tag, struct tri_loop_device *ret)
{
    int code, unknown = 0;
    TRI_AUTO_DIR DIR *folder = opendir("/sys/block");
    if (!folder)
        return tri_code_is_passing(-errno) ? -errno : 0;
    for (const struct dirent *entry; (entry = tri_folder_next(folder, &code));) {
        int r = is_loop_with_file(entry->d_name) ? has_tag(entry->d_name, tag) : 0;
        if (r > 0) {
            strcpy(ret->name, entry->d_name);
            r = sequence_of(entry->d_name, &ret->sequence);
            return r < 0 ? r : 1;
        }
        unknown = unknown < 0 ? unknown : r;
    }
    return unknown < 0 ? unknown : code;
}
