#include "management/providers/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { FILE_STAT = 1, FILE_STATUS = 2, FILE_IO = 4, FILE_EXECUTABLE = 8 };
enum { TEXT_FIRST = 4096, TEXT_MAX = 1 << 20 };
enum { KERNEL_NAME_SIZE = 15 }; /* what is kept of a name */

/* ---- reading ---- */

static const char *file_place(struct tri_proc *proc, const char *file)
{
    size_t length = strlen(file);
    memcpy(proc->place + proc->prefix, file, length + 1);
    return proc->place;
}

static bool text_grow(struct tri_proc *proc)
{
    size_t room = proc->room ? proc->room * 2 : TEXT_FIRST;
    char *text = realloc(proc->text, room);
    if (!text)
        return false;
    proc->text = text;
    proc->room = room;
    return true;
}

/* As much as there is, up to TEXT_MAX, NUL-ended. -1: it cannot be read. The kernel hands out what fits, and of most
 * files all of it at once: a read that did not fill the room was the last. */
static ssize_t text_read(struct tri_proc *proc, const char *file)
{
    TRI_AUTO_CLOSE int fd = openat(proc->root_fd, file_place(proc, file), O_RDONLY | O_CLOEXEC);
    size_t used = 0;
    if (fd < 0 || (!proc->text && !text_grow(proc)))
        return -1;
    for (;;) {
        size_t space = proc->room - 1 - used;
        ssize_t got = read(fd, proc->text + used, space);
        if (got < 0)
            return -1;
        used += (size_t)got;
        if ((size_t)got < space || proc->room >= TEXT_MAX)
            break;
        if (!text_grow(proc))
            return -1;
    }
    proc->text[used] = '\0';
    return (ssize_t)used;
}

/* Is this file to be read now? Later, `have` says how that went. */
static bool first_look(struct tri_proc *proc, unsigned file)
{
    bool is_first = !(proc->tried & file);
    proc->tried |= file;
    return is_first;
}

void tri_proc_begin(struct tri_proc *proc, pid_t pid)
{
    proc->pid = pid;
    proc->tried = proc->have = 0;
    proc->prefix = (size_t)snprintf(proc->place, sizeof(proc->place), "%d/", (int)pid);
}

void tri_proc_finish(struct tri_proc *proc)
{
    free(TRI_TAKE(proc->text));
    proc->room = 0;
}

/* ---- stat ---- */

/* The numbers behind the name, by their places in proc(5). */
enum {
    STAT_FIRST = 4,
    STAT_PARENT = 4,
    STAT_SESSION = 6,
    STAT_FLAGS = 9,
    STAT_MINOR_FAULTS = 10,
    STAT_MAJOR_FAULTS = 12,
    STAT_USER_TICKS = 14,
    STAT_KERNEL_TICKS = 15,
    STAT_NICE = 19,
    STAT_THREADS = 20,
    STAT_START = 22,
    STAT_VIRTUAL = 23,
    STAT_RESIDENT = 24,
    STAT_EXIT_SIGNAL = 38,
    STAT_POLICY = 41,
    STAT_PLACES
};

/* How many of them there were; below zero they wrap around. */
static int parse_numbers(const char *at, uint64_t *numbers, int from, int to)
{
    int place = from;
    for (; place < to && *at; place++) {
        while (*at == ' ')
            at++;
        bool is_negative = *at == '-';
        uint64_t number = 0;
        for (at += is_negative; *at >= '0' && *at <= '9'; at++)
            number = number * 10 + (uint64_t)(*at - '0');
        numbers[place] = is_negative ? -number : number;
        while (*at && *at != ' ')
            at++;
    }
    return place;
}

/* "12 (a name) S 1 12 12 ...": the name may hold anything, so its end is the last parenthesis. */
static bool stat_parse(const char *text, struct tri_proc_stat *ret)
{
    uint64_t n[STAT_PLACES] = {0};
    const char *name = strchr(text, '('), *end = strrchr(text, ')');
    if (!name || !end || end < name || end[1] != ' ' || !end[2])
        return false;
    if (parse_numbers(end + 3, n, STAT_FIRST, STAT_PLACES) < STAT_PLACES)
        return false;
    snprintf(ret->name, sizeof(ret->name), "%.*s", (int)(end - name - 1), name + 1);
    ret->state = end[2];
    ret->parent = (uint32_t)n[STAT_PARENT];
    ret->session = (uint32_t)n[STAT_SESSION];
    ret->flags = (uint32_t)n[STAT_FLAGS];
    ret->threads = (uint32_t)n[STAT_THREADS];
    ret->minor_faults = n[STAT_MINOR_FAULTS];
    ret->major_faults = n[STAT_MAJOR_FAULTS];
    ret->user_ticks = n[STAT_USER_TICKS];
    ret->kernel_ticks = n[STAT_KERNEL_TICKS];
    ret->start_ticks = n[STAT_START];
    ret->nice = (int32_t)n[STAT_NICE];
    ret->policy = (int32_t)n[STAT_POLICY];
    ret->exit_signal = (int32_t)n[STAT_EXIT_SIGNAL];
    ret->virtual_bytes = n[STAT_VIRTUAL];
    ret->resident_pages = n[STAT_RESIDENT];
    return true;
}

const struct tri_proc_stat *tri_proc_stat(struct tri_proc *proc)
{
    if (first_look(proc, FILE_STAT) && text_read(proc, "stat") > 0 && stat_parse(proc->text, &proc->stat))
        proc->have |= FILE_STAT;
    return proc->have & FILE_STAT ? &proc->stat : NULL;
}

/* ---- status and io: "Name:   number unit", a line each ---- */

struct line {
    const char *name;
    size_t offset; /* of a uint64_t */
};

/* Lines come in the table's order, so that each is compared with one name; what is not there stays as it is. */
static void lines_parse(const char *text, const struct line *lines, size_t count, void *ret)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(lines[i].name);
        for (const char *at = text; at; at = strchr(at, '\n'), at = at ? at + 1 : NULL)
            if (strncmp(at, lines[i].name, length) == 0) {
                *(uint64_t *)((char *)ret + lines[i].offset) = strtoull(at + length, NULL, 10);
                text = at;
                break;
            }
    }
}

static bool status_parse(const char *text, struct tri_proc_status *ret)
{
    static const struct line sizes[] = {
        {"VmPeak:", offsetof(struct tri_proc_status, peak_virtual)},
        {"VmHWM:", offsetof(struct tri_proc_status, peak_resident)},
        {"RssAnon:", offsetof(struct tri_proc_status, anonymous)},
        {"VmData:", offsetof(struct tri_proc_status, data)},
        {"VmStk:", offsetof(struct tri_proc_status, stack)},
        {"VmSwap:", offsetof(struct tri_proc_status, swapped)},
    };
    *ret = (struct tri_proc_status){0};
    char *at;
    const char *users = strstr(text, "\nUid:\t");
    if (!users)
        return false;
    (void)strtoul(users + strlen("\nUid:\t"), &at, 10); /* the real one */
    ret->user = (uint32_t)strtoul(at, NULL, 10);
    const char *memory = strstr(users, "\nVmPeak:");
    if (memory)
        lines_parse(memory + 1, sizes, sizeof(sizes) / sizeof(sizes[0]), ret);
    return true;
}

const struct tri_proc_status *tri_proc_status(struct tri_proc *proc)
{
    if (first_look(proc, FILE_STATUS) && text_read(proc, "status") > 0 && status_parse(proc->text, &proc->status))
        proc->have |= FILE_STATUS;
    return proc->have & FILE_STATUS ? &proc->status : NULL;
}

const struct tri_proc_io *tri_proc_io(struct tri_proc *proc)
{
    static const struct line counts[] = {
        {"rchar:", offsetof(struct tri_proc_io, read_bytes)},
        {"wchar:", offsetof(struct tri_proc_io, write_bytes)},
        {"syscr:", offsetof(struct tri_proc_io, read_calls)},
        {"syscw:", offsetof(struct tri_proc_io, write_calls)},
    };
    if (first_look(proc, FILE_IO) && text_read(proc, "io") > 0) {
        lines_parse(proc->text, counts, sizeof(counts) / sizeof(counts[0]), &proc->io);
        proc->have |= FILE_IO;
    }
    return proc->have & FILE_IO ? &proc->io : NULL;
}

/* ---- the program ---- */

const char *tri_proc_executable(struct tri_proc *proc)
{
    static const char deleted[] = " (deleted)";
    if (first_look(proc, FILE_EXECUTABLE)) {
        ssize_t length = readlinkat(proc->root_fd, file_place(proc, "exe"), proc->path, sizeof(proc->path) - 1);
        if (length <= 0)
            return NULL;
        proc->path[length] = '\0';
        char *end = proc->path + length - (sizeof(deleted) - 1);
        if (end > proc->path && strcmp(end, deleted) == 0)
            *end = '\0';
        proc->have |= FILE_EXECUTABLE;
    }
    return proc->have & FILE_EXECUTABLE ? proc->path : NULL;
}

const char *tri_proc_command(struct tri_proc *proc, size_t *ret_size)
{
    ssize_t size = text_read(proc, "cmdline");
    while (size > 0 && !proc->text[size - 1]) /* those who write a title there leave NULs behind it */
        size--;
    if (size <= 0)
        return NULL;
    *ret_size = (size_t)size + 1;
    proc->text[size] = '\0';
    return proc->text;
}

const char *tri_proc_name(struct tri_proc *proc)
{
    const struct tri_proc_stat *stat = tri_proc_stat(proc);
    size_t length = stat ? strlen(stat->name) : 0;
    if (!stat || (length != KERNEL_NAME_SIZE && length != 0)) /* a process may have given itself none */
        return stat ? stat->name : NULL;
    const char *path = tri_proc_executable(proc), *slash = path ? strrchr(path, '/') : NULL;
    return slash && strncmp(slash + 1, stat->name, length) == 0 ? slash + 1 : stat->name;
}

static DIR *folder_open(int folder_fd, const char *path)
{
    TRI_AUTO_CLOSE int fd = openat(folder_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (folder)
        fd = -1;
    return folder;
}

bool tri_proc_descriptors(struct tri_proc *proc, uint32_t *ret_count)
{
    struct stat facts;
    const char *place = file_place(proc, "fd");
    if (fstatat(proc->root_fd, place, &facts, 0) < 0)
        return false;
    *ret_count = (uint32_t)facts.st_size; /* since Linux 6.2 */
    /* Where it may not be listed, a size of 0 may be an old kernel's answer. */
    TRI_AUTO_DIR DIR *list = facts.st_size == 0 ? folder_open(proc->root_fd, place) : NULL;
    if (!list)
        return facts.st_size > 0;
    *ret_count = 0;
    for (const struct dirent *entry; (entry = readdir(list));)
        *ret_count += entry->d_name[0] != '.';
    return true;
}

/* ---- all of them ---- */

struct pids {
    pid_t *items;
    size_t count, room;
};

static int pids_add(struct pids *pids, pid_t pid)
{
    if (pids->count == pids->room) {
        size_t room = pids->room ? 2 * pids->room : 256;
        pid_t *items = realloc(pids->items, room * sizeof(*items));
        if (!items)
            return -ENOMEM;
        pids->items = items;
        pids->room = room;
    }
    pids->items[pids->count++] = pid;
    return 0;
}

int tri_proc_list(int root_fd, pid_t **ret, size_t *ret_count)
{
    struct pids pids = {0};
    int r = 0;
    TRI_AUTO_DIR DIR *list = folder_open(root_fd, ".");
    if (!list)
        return -errno;
    for (const struct dirent *entry; r == 0 && (entry = readdir(list));) {
        char *end;
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        long pid = strtol(entry->d_name, &end, 10);
        if (!*end && pid <= INT_MAX)
            r = pids_add(&pids, (pid_t)pid);
    }
    if (r < 0) {
        free(pids.items);
        return r;
    }
    *ret = pids.items;
    *ret_count = pids.count;
    return 0;
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

void tri_proc_unescape(char *path)
{
    char *to = path;
    for (const char *at = path; *at; to++) {
        bool is_escape = at[0] == '\\' && is_octal(at[1]) && is_octal(at[2]) && is_octal(at[3]);
        *to = is_escape ? (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0')) : *at;
        at += is_escape ? 4 : 1;
    }
    *to = '\0';
}

uint64_t tri_proc_boot_time(void)
{
    struct timespec wall, running;
    clock_gettime(CLOCK_BOOTTIME, &running);
    clock_gettime(CLOCK_REALTIME, &wall);
    return (uint64_t)(wall.tv_sec - running.tv_sec - (wall.tv_nsec < running.tv_nsec));
}

long tri_proc_ticks_per_second(void)
{
    long ticks = sysconf(_SC_CLK_TCK);
    return ticks > 0 ? ticks : 100;
}
