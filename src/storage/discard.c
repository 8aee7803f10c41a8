#include "storage/discard.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "storage/device.h"

enum { WORTH_PART = 16, PIECES_A_CALL = 128, CALLS_MAX = 32 };

/* The file that the loop device shows from its beginning on, or -1. */
static int open_image(const struct tri_disk *disk, int disk_fd)
{
    char path[PATH_MAX];
    struct loop_info64 info;
    struct stat st;
    if (strncmp(disk->name, "loop", 4) != 0 || ioctl(disk_fd, LOOP_GET_STATUS64, &info) < 0 || info.lo_offset != 0 ||
        tri_device_text(disk->name, "loop/backing_file", path, sizeof path) <= 0)
        return -1;
    TRI_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_ino != info.lo_inode || st.st_dev != info.lo_device)
        return -1;
    return tri_take_fd(&fd);
}

struct range {
    uint64_t at_bytes, end_bytes; /* what is still to be looked at */
    uint64_t held_bytes;          /* found so far */
};

/* The next pieces of it; the last one seen moves the beginning. false: there are no more, or they cannot be told. */
static bool look(int fd, struct range *range, bool *ret_failed)
{
    union {
        struct fiemap map;
        unsigned char room[sizeof(struct fiemap) + PIECES_A_CALL * sizeof(struct fiemap_extent)];
    } ask = {.map = {.fm_start = range->at_bytes,
                     .fm_length = range->end_bytes - range->at_bytes,
                     .fm_extent_count = PIECES_A_CALL}};
    *ret_failed = ioctl(fd, FS_IOC_FIEMAP, &ask) < 0;
    bool is_last = *ret_failed || ask.map.fm_mapped_extents == 0;
    for (uint32_t i = 0; i < ask.map.fm_mapped_extents && !is_last; i++) {
        const struct fiemap_extent *piece = &ask.map.fm_extents[i];
        uint64_t begin = piece->fe_logical > range->at_bytes ? piece->fe_logical : range->at_bytes;
        uint64_t end = piece->fe_logical + piece->fe_length;
        if (end > range->end_bytes)
            end = range->end_bytes;
        range->held_bytes += end > begin ? end - begin : 0;
        range->at_bytes = end > begin ? end : begin;
        is_last = piece->fe_flags & FIEMAP_EXTENT_LAST || range->at_bytes >= range->end_bytes;
    }
    return !is_last;
}

bool tri_discard_is_worth_it(const struct tri_disk *disk, int disk_fd, uint64_t start_bytes, uint64_t size_bytes)
{
    struct range range = {.at_bytes = start_bytes, .end_bytes = start_bytes + size_bytes};
    uint64_t enough_bytes = size_bytes / WORTH_PART;
    bool has_more = true, has_failed = false;
    TRI_AUTO_CLOSE int fd = open_image(disk, disk_fd);
    for (int calls = 0; fd >= 0 && has_more && calls < CALLS_MAX && range.held_bytes <= enough_bytes; calls++)
        has_more = look(fd, &range, &has_failed);
    return fd < 0 || has_failed || has_more || range.held_bytes > enough_bytes;
}
