/* Processes, as /proc shows them. */
#ifndef TRI_MANAGEMENT_PROVIDERS_PROC_H
#define TRI_MANAGEMENT_PROVIDERS_PROC_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tri_proc_stat {
    char name[80]; /* at most 15 bytes of a program's, more of a kernel thread's */
    char state;
    uint32_t parent, session, threads, flags;
    uint64_t minor_faults, major_faults;
    uint64_t user_ticks, kernel_ticks, start_ticks; /* start: since the machine's */
    int32_t nice, policy, exit_signal;
    uint64_t virtual_bytes, resident_pages;
};

struct tri_proc_status { /* sizes in KiB; a kernel thread has none, they are 0 then */
    uint32_t user;       /* the effective one */
    uint64_t peak_virtual, peak_resident, data, stack, anonymous, swapped;
};

struct tri_proc_io {
    uint64_t read_calls, write_calls, read_bytes, write_bytes;
};

/* One process; used for many, one after the other, by one thread. Each of its files is read when it is first asked
 * for: the functions answer NULL (0, false) where it cannot be read, as it happens with other users' and with those
 * that end.
 *
 * Files are opened by the process's number, which was measured to be cheaper than holding its folder open. Linux gives
 * numbers out in turn: a row is long made when one comes around again. */
struct tri_proc {
    int root_fd; /* of /proc; the caller's */
    pid_t pid;
    unsigned tried, have; /* which files, a bit each */
    struct tri_proc_stat stat;
    struct tri_proc_status status;
    struct tri_proc_io io;
    size_t prefix;  /* "12/" in place */
    char place[32]; /* of the file below /proc that is used now */
    char path[PATH_MAX];
    char *text; /* the file that was read last */
    size_t room;
};

void tri_proc_begin(struct tri_proc *proc, pid_t pid); /* turns to a process */
void tri_proc_finish(struct tri_proc *proc);           /* zeroed is fine */

const struct tri_proc_stat *tri_proc_stat(struct tri_proc *proc);
const struct tri_proc_status *tri_proc_status(struct tri_proc *proc);
const struct tri_proc_io *tri_proc_io(struct tri_proc *proc);
const char *tri_proc_executable(struct tri_proc *proc);
/* The arguments, each with a NUL behind it; of at most a mebibyte. NULL also where it has none (the kernel's own
 * threads). Stays until another file is read. */
const char *tri_proc_command(struct tri_proc *proc, size_t *ret_size);
bool tri_proc_descriptors(struct tri_proc *proc, uint32_t *ret_count);
/* The program's whole name: the kernel keeps 15 bytes of it, the executable's path may tell the rest; and all of it
 * where the process has given itself no name. */
const char *tri_proc_name(struct tri_proc *proc);

/* The processes there are, ascending; free() the list. -errno. */
int tri_proc_list(int root_fd, pid_t **ret, size_t *ret_count);
/* Since when the clock of start_ticks runs, in whole seconds as /proc/stat says it (which does not tremble). */
uint64_t tri_proc_boot_time(void);
long tri_proc_ticks_per_second(void);

/* A path out of a file of /proc, where blanks and backslashes are three octal digits each (\040); in its place. */
void tri_proc_unescape(char *path);

#endif
