#include "compute/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define PIPE_BYTES (1 << 20)

int tri_stream_pipe(int *ret_read_fd, int *ret_write_fd)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES); /* a small pipe works too, with more switches of context */
    *ret_read_fd = ends[0];
    *ret_write_fd = ends[1];
    return 0;
}

struct tri_stream tri_stream_of(int fd, bool writes)
{
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return (struct tri_stream){.number = -1};
    return (struct tri_stream){fd, st.st_dev, st.st_ino, writes};
}

void tri_stream_break(const struct tri_stream *stream)
{
    struct stat st;
    int ends[2];
    if (stream->number < 0 || fstat(stream->number, &st) < 0)
        return;
    if (st.st_dev != stream->device || st.st_ino != stream->inode || pipe2(ends, O_CLOEXEC) < 0)
        return;
    TRI_AUTO_CLOSE int kept = ends[stream->writes ? 1 : 0];
    tri_close(ends[stream->writes ? 0 : 1]);
    dup3(kept, stream->number, O_CLOEXEC);
}
