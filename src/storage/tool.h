/* The real tools, as children that are watched: their output is read as it comes, they can be stopped, and they end
 * with the program that started them (all but critical ones). Their environment is fixed: PATH, LC_ALL=C.UTF-8. */
#ifndef TRI_STORAGE_TOOL_H
#define TRI_STORAGE_TOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "op/op.h"

/* One line (or what ends in \r, \b or a pause: tools paint bars) of the tool's output and error text, NUL-ended. */
typedef void tri_tool_line(void *data, const char *line);

struct tri_tool {
    const char *const *argv;
    tri_tool_line *line; /* may be NULL */
    void *data;
    struct tri_op *op; /* a work (work.h) whose cancel stops the tool; NULL: nothing stops it */
    bool critical;     /* past the point of no return: no cancel stops it, and it outlives even us */
    const int *fds;    /* handed on as descriptors 3 ...; may be NULL */
    size_t fd_count;
    uint64_t deadline_ns; /* 0: none */
};

/* Runs it to its end. 0: it exited with 0, or any exit status where ret_status is not NULL (then the status is
 * there). -ECANCELED: stopped because of the operation, and reaped: nothing writes any more. TRI_STORAGE_NO_TOOL: not
 * installed (the text names Debian's package). TRI_STORAGE_TOOL_FAILED: another exit status or a signal; the last lines
 * of its error text are the error's detail, and part of its sentence. -ETIMEDOUT. Reacts to a cancel at once. */
int tri_tool_run(const struct tri_tool *tool, int *ret_status, struct tri_error *error);

/* The same, and the whole of its standard output (up to 1 MiB), NUL-ended. */
int tri_tool_read(const struct tri_tool *tool, char **ret_output, struct tri_error *error);

bool tri_tool_exists(const char *name); /* in PATH, /usr/sbin and /sbin included */

#endif
