/* The client's ends of a process's standard streams. */
#ifndef TRI_COMPUTE_STREAM_H
#define TRI_COMPUTE_STREAM_H

#include <stdbool.h>
#include <sys/types.h>

/* A descriptor that we handed out, or still hold. Who got it may have closed it, and the number be another file's. */
struct tri_stream {
    int number; /* -1: none */
    dev_t device;
    ino_t inode;
    bool writes;
};

/* A pipe of 1 MiB where the kernel allows; both ends close-on-exec. */
int tri_stream_pipe(int *ret_read_fd, int *ret_write_fd);

/* Remembers which file fd is, for tri_stream_break. */
struct tri_stream tri_stream_of(int fd, bool writes);

/* Puts an end of a dead pipe in the descriptor's place, under its number, if that is still the file it was: writers get
 * EPIPE, readers the end; and the process sees ours closed. */
void tri_stream_break(const struct tri_stream *stream);

#endif
