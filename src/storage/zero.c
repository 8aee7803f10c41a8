#include "storage/zero.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "op/op-provider.h"
#include "storage/error.h"
#include "storage/work.h"

#define CHUNK_MAX_BYTES (4u << 20)
#define CHUNK_MIN_BYTES (256u << 10)
#define CHUNK_SLOW_NS (200 * TRI_NS_PER_MS) /* a chunk that takes longer is halved, so that a stop is soon noticed */

enum { HOLDER_WAIT_MS = 3000 };

struct zero {
    const char *path;
    int fd;
    uint64_t start, size, done; /* bytes */
    size_t chunk;
    void *zeros; /* CHUNK_MAX_BYTES, aligned to a page */
    tri_zero_tell *tell;
    void *data;
    unsigned told; /* percent */
};

static int zero_failed(const struct zero *zero, int code, struct tri_error *error)
{
    return tri_error_set(error, TRI_STORAGE_IO, zero->path, "Cannot write zeros to %s at byte %llu: %s.", zero->path,
                         (unsigned long long)(zero->start + zero->done), strerror(-code));
}

/* That nobody has it was seen a moment ago, by opening it exclusively (guard.c). Where another thread of the host forked in
 * just that moment, its child has that descriptor too, until it executes a program: it is waited for. */
static int open_patiently(const char *path, int flags)
{
    uint64_t until_ns = tri_deadline_ns(HOLDER_WAIT_MS);
    int fd;
    while ((fd = open(path, flags)) < 0 && errno == EBUSY && tri_clock_ns() < until_ns)
        poll(NULL, 0, 1);
    return fd;
}

/* Exclusively: nobody mounts it while it is being overwritten. */
static int zero_open(struct zero *zero, struct tri_error *error)
{
    int flags = O_WRONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK;
    bool aligned = (zero->start | zero->size) % 512 == 0;
    zero->fd = open_patiently(zero->path, flags | (aligned ? O_DIRECT : 0));
    if (zero->fd < 0 && errno == EINVAL)
        zero->fd = open_patiently(zero->path, flags);
    if (zero->fd >= 0)
        return 0;
    if (errno == EBUSY)
        return tri_error_set(error, TRI_STORAGE_IN_USE, zero->path, "%s is in use by another program.", zero->path);
    if (errno == EROFS || errno == EPERM)
        return tri_error_set(error, TRI_STORAGE_READ_ONLY, zero->path, "%s cannot be written to.", zero->path);
    int code = errno == EACCES ? -EACCES : errno == ENOENT || errno == ENXIO ? TRI_STORAGE_GONE : TRI_STORAGE_IO;
    return tri_error_set(error, code, zero->path, "Cannot open %s: %s.", zero->path, strerror(errno));
}

/* One chunk. 0 or -errno. */
static int zero_some(struct zero *zero)
{
    uint64_t left = zero->size - zero->done, begin_ns = tri_clock_ns();
    size_t want = left < zero->chunk ? (size_t)left : zero->chunk;
    ssize_t written = pwrite(zero->fd, zero->zeros, want, (off_t)(zero->start + zero->done));
    if (written < 0 && errno == EINVAL && fcntl(zero->fd, F_GETFL) & O_DIRECT) { /* larger sectors than assumed */
        fcntl(zero->fd, F_SETFL, fcntl(zero->fd, F_GETFL) & ~O_DIRECT);
        return 0;
    }
    if (written < 0)
        return errno == EINTR ? 0 : -errno;
    if (written == 0)
        return -ENOSPC;
    zero->done += (uint64_t)written;
    if (tri_clock_ns() - begin_ns > CHUNK_SLOW_NS && zero->chunk > CHUNK_MIN_BYTES)
        zero->chunk /= 2;
    return 0;
}

static void zero_tell(struct zero *zero)
{
    unsigned percent = (unsigned)((double)zero->done * 100 / (double)zero->size);
    if (zero->tell && percent > zero->told)
        zero->tell(zero->data, zero->told = percent);
}

static int zero_all(struct zero *zero, struct tri_op *op, unsigned begin, unsigned end, struct tri_error *error)
{
    while (zero->done < zero->size) {
        if (op && tri_op_cancelled(op))
            return tri_error_set(error, -ECANCELED, zero->path, "Writing zeros to %s was stopped at byte %llu.",
                                 zero->path, (unsigned long long)(zero->start + zero->done));
        int r = zero_some(zero);
        if (r < 0)
            return zero_failed(zero, r, error);
        if (op)
            tri_work_step(op, begin, end, zero->done, zero->size, "writing zeros");
        zero_tell(zero);
    }
    return fsync(zero->fd) < 0 ? zero_failed(zero, -errno, error) : 0;
}

int tri_zero_range(const char *path, uint64_t offset_bytes, uint64_t size_bytes, struct tri_op *op,
                   unsigned begin_percent, unsigned end_percent, struct tri_error *error)
{
    return tri_zero_range_told(path, offset_bytes, size_bytes, op, begin_percent, end_percent, NULL, NULL, error);
}

int tri_zero_range_told(const char *path, uint64_t offset_bytes, uint64_t size_bytes, struct tri_op *op,
                        unsigned begin_percent, unsigned end_percent, tri_zero_tell *tell, void *data,
                        struct tri_error *error)
{
    struct zero zero = {.path = path, .fd = -1, .start = offset_bytes, .size = size_bytes, .chunk = CHUNK_MAX_BYTES,
                        .tell = tell, .data = data};
    if (offset_bytes > INT64_MAX || size_bytes > (uint64_t)INT64_MAX - offset_bytes)
        return tri_error_set(error, TRI_STORAGE_BAD_SPACE, path, "The range to be zeroed lies beyond the end of %s.",
                             path);
    int r = zero_open(&zero, error);
    if (r < 0)
        return r;
    TRI_AUTO_CLOSE int fd = zero.fd;
    zero.zeros = mmap(NULL, CHUNK_MAX_BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (zero.zeros == MAP_FAILED)
        return tri_error_no_memory(error);
    r = zero_all(&zero, op, begin_percent, end_percent, error);
    munmap(zero.zeros, CHUNK_MAX_BYTES);
    return r;
}
