#include "storage/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unistr.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "op/child.h"
#include "storage/work.h"

#define LINE_MAX_BYTES 1023  /* what is longer is cut */
#define TAIL_MAX_BYTES 4096  /* of each output, kept for the error's detail */
#define READ_MAX_BYTES (1u << 20)
#define QUIET_MS 100         /* after which an unfinished line counts as one */
#define GRACE_MS 500         /* between SIGTERM and SIGKILL */
#define FDS_MAX 16
#define WORDS_MAX 128

/* ---- where tools are, and what to install ---- */

/* PATH, and then the folders of administrators' programs, which a user's PATH often lacks. Newly allocated. */
static char *search_path(void)
{
    const char *path = getenv("PATH");
    char *folders;
    int size =
        asprintf(&folders, "%s:/usr/local/sbin:/usr/sbin:/sbin", path && *path ? path : "/usr/local/bin:/usr/bin:/bin");
    return size < 0 ? NULL : folders;
}

/* The file of a tool, newly allocated. -ENOENT, -ENOMEM. */
static int find_tool(const char *name, const char *folders, char **ret_path)
{
    size_t length;
    if (strchr(name, '/'))
        return access(name, X_OK) < 0 ? -ENOENT : (*ret_path = strdup(name)) ? 0 : -ENOMEM;
    for (const char *folder = folders; folder; folder = folder[length] ? folder + length + 1 : NULL) {
        length = strcspn(folder, ":");
        if (length == 0 || folder[0] != '/') /* never from the current folder */
            continue;
        TRI_AUTO_FREE char *path = NULL;
        if (asprintf(&path, "%.*s/%s", (int)length, folder, name) < 0) {
            path = NULL;
            return -ENOMEM;
        }
        if (access(path, X_OK) == 0) {
            *ret_path = TRI_TAKE(path);
            return 0;
        }
    }
    return -ENOENT;
}

static const char *base_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

/* Debian's package of a tool; NULL: not known. */
static const char *tool_package(const char *name)
{
    static const struct {
        const char *tool, *package;
    } packages[] = {
        {"mkfs.ext", "e2fsprogs"},  {"fsck.ext", "e2fsprogs"},    {"e2fsck", "e2fsprogs"},
        {"resize2fs", "e2fsprogs"}, {"tune2fs", "e2fsprogs"},     {"dumpe2fs", "e2fsprogs"},
        {"mkfs.xfs", "xfsprogs"},   {"xfs_", "xfsprogs"},         {"mkfs.btrfs", "btrfs-progs"},
        {"btrfs", "btrfs-progs"},   {"mkfs.fat", "dosfstools"},   {"mkfs.vfat", "dosfstools"},
        {"fsck.fat", "dosfstools"}, {"mkfs.exfat", "exfatprogs"}, {"fsck.exfat", "exfatprogs"},
        {"mkfs.ntfs", "ntfs-3g"},   {"mkntfs", "ntfs-3g"},        {"ntfs", "ntfs-3g"},
        {"mount.ntfs", "ntfs-3g"},  {"qemu-img", "qemu-utils"},   {"qemu-storage-daemon", "qemu-system-common"},
    };
    for (size_t i = 0; i < sizeof packages / sizeof *packages; i++)
        if (strncmp(name, packages[i].tool, strlen(packages[i].tool)) == 0)
            return packages[i].package;
    return NULL;
}

static int no_tool(const char *name, struct tri_error *error)
{
    const char *package = tool_package(base_name(name));
    if (package)
        return tri_error_set(error, TRI_STORAGE_NO_TOOL, name, "%s is not installed; install the package %s.", name,
                             package);
    return tri_error_set(error, TRI_STORAGE_NO_TOOL, name, "%s is not installed.", name);
}

bool tri_tool_exists(const char *name)
{
    TRI_AUTO_FREE char *folders = search_path(), *path = NULL;
    return folders && find_tool(name, folders, &path) == 0;
}

/* ---- what a tool says ---- */

/* One of its two outputs. */
struct stream {
    int fd; /* -1: ended */
    char line[LINE_MAX_BYTES + 1];
    size_t line_size;
    char tail[TAIL_MAX_BYTES + 1]; /* the last that was said */
    size_t tail_size;
    char *all; /* READ_MAX_BYTES + 1, or NULL: not kept */
    size_t all_size;
};

struct run {
    const struct tri_tool *tool;
    const char *name;
    struct tri_child child;
    struct stream out[2]; /* standard output, error output */
    bool stopping;        /* SIGTERM was sent */
    bool killed;          /* SIGKILL too */
    uint64_t kill_ns;     /* when SIGKILL is due */
    bool timed_out;
};

static void stream_line(struct run *run, struct stream *stream)
{
    if (stream->line_size == 0)
        return;
    stream->line[stream->line_size] = '\0';
    stream->line_size = 0;
    if (run->tool->line)
        run->tool->line(run->tool->data, stream->line);
}

static void stream_tail(struct stream *stream, const char *data, size_t size)
{
    if (stream->tail_size + size > TAIL_MAX_BYTES) {
        size_t drop = stream->tail_size + size - TAIL_MAX_BYTES;
        memmove(stream->tail, stream->tail + drop, stream->tail_size - drop);
        stream->tail_size -= drop;
    }
    memcpy(stream->tail + stream->tail_size, data, size);
    stream->tail_size += size;
}

static void stream_take(struct run *run, struct stream *stream, const char *data, size_t size)
{
    stream_tail(stream, data, size);
    if (stream->all) {
        size_t room = READ_MAX_BYTES - stream->all_size, kept = size < room ? size : room;
        memcpy(stream->all + stream->all_size, data, kept);
        stream->all_size += kept;
    }
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\n' || data[i] == '\r' || data[i] == '\b')
            stream_line(run, stream);
        else if (data[i] && stream->line_size < LINE_MAX_BYTES)
            stream->line[stream->line_size++] = data[i];
    }
}

/* One read; false where there is nothing to read now, or never again. */
static bool stream_read(struct run *run, struct stream *stream)
{
    char chunk[TAIL_MAX_BYTES];
    ssize_t got = stream->fd < 0 ? 0 : read(stream->fd, chunk, sizeof chunk);
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
        tri_close(tri_take_fd(&stream->fd));
    if (got <= 0)
        return got < 0 && errno == EINTR;
    stream_take(run, stream, chunk, (size_t)got);
    return true;
}

/* What was left in the pipes when it ended: not until the end of file, for a heir of the pipe may write for ever. */
static void stream_rest(struct run *run, struct stream *stream)
{
    int capacity = stream->fd < 0 ? 0 : fcntl(stream->fd, F_GETPIPE_SZ);
    for (int reads = capacity / TAIL_MAX_BYTES + 1; reads > 0 && stream_read(run, stream); reads--)
        ;
    stream_line(run, stream);
}

/* ---- its words, fit to be shown ---- */

/* Makes printable UTF-8 of anything, in place. */
static void make_printable(char *text)
{
    bool is_utf8 = u8_check((const uint8_t *)text, strlen(text)) == NULL;
    for (char *c = text; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte == '\r' || byte == '\b')
            *c = '\n';
        else if ((byte < 0x20 && byte != '\n') || byte == 0x7f)
            *c = ' ';
        else if (byte >= 0x80 && !is_utf8)
            *c = '?';
    }
}

/* The last line that says something; cut to fit a sentence. text is taken apart. */
static const char *last_line(char *text)
{
    char *end = text + strlen(text);
    for (;;) {
        while (end > text && (end[-1] == '\n' || end[-1] == ' '))
            end--;
        *end = '\0';
        char *line = memrchr(text, '\n', (size_t)(end - text));
        line = line ? line + 1 : text;
        line += strspn(line, " ");
        if (end - line > 2 || line == text)
            return line;
        end = line;
    }
}

/* Newly allocated; NULL: it said nothing, or there is no memory. */
static char *stream_text(struct stream *stream)
{
    stream->tail[stream->tail_size] = '\0';
    for (size_t i = 0; i < stream->tail_size; i++)
        if (!stream->tail[i])
            stream->tail[i] = ' ';
    make_printable(stream->tail);
    return stream->tail[strspn(stream->tail, " \n")] ? strdup(stream->tail) : NULL;
}

static int tool_failed(struct run *run, int status, struct tri_error *error)
{
    TRI_AUTO_FREE char *words = stream_text(&run->out[1]);
    if (!words)
        words = stream_text(&run->out[0]);
    TRI_AUTO_FREE char *copy = words ? strdup(words) : NULL;
    const char *line = copy ? last_line(copy) : "it said nothing";
    char how[32];
    if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "signal %d", WTERMSIG(status));
    else
        snprintf(how, sizeof how, "exit status %d", WEXITSTATUS(status));
    tri_error_set(error, TRI_STORAGE_TOOL_FAILED, run->name, "%s failed (%s): %.300s", run->name, how, line);
    if (error && words)
        tri_error_detail(error, words);
    return TRI_STORAGE_TOOL_FAILED;
}

/* ---- running it ---- */

/* Fixed, so that output can be understood and nothing of the host's settings changes what a tool does. */
static const char locale_setting[] = "LC_ALL=C.UTF-8"; /* C's messages, and labels in UTF-8 */

static int stream_begin(struct stream *stream, bool keep, int *ret_write_fd)
{
    int fds[2];
    stream->fd = -1;
    if (keep && !(stream->all = malloc(READ_MAX_BYTES + 1)))
        return -ENOMEM;
    if (pipe2(fds, O_CLOEXEC) < 0)
        return -errno;
    stream->fd = fds[0];
    *ret_write_fd = fds[1];
    return fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

/* The words of the command. A critical tool must not die of a pipe that nobody reads any more when we are gone. */
static int list_words(const struct run *run, const char *path, const char *words[WORDS_MAX], struct tri_error *error)
{
    static const char *const deaf[] = {"/bin/sh", "-c", "trap '' PIPE; exec \"$@\"", "sh"};
    size_t count = 0;
    for (size_t i = 0; run->tool->critical && i < sizeof deaf / sizeof *deaf; i++)
        words[count++] = deaf[i];
    words[count++] = path;
    for (size_t i = 1; run->tool->argv[i]; i++) {
        if (count + 1 >= WORDS_MAX)
            return tri_error_set(error, -E2BIG, NULL, "Too many arguments for %s.", run->name);
        words[count++] = run->tool->argv[i];
    }
    words[count] = NULL;
    return 0;
}

static int start_with(struct run *run, const char *path, const char *folders, const int writes[2],
                      struct tri_error *error)
{
    const struct tri_tool *tool = run->tool;
    TRI_AUTO_FREE char *path_setting = NULL;
    int fds[3 + FDS_MAX] = {-1, writes[0], writes[1]};
    const char *argv[WORDS_MAX];
    if (tool->fd_count > FDS_MAX)
        return tri_error_set(error, -E2BIG, NULL, "Too many descriptors for %s.", run->name);
    for (size_t i = 0; i < tool->fd_count; i++)
        fds[3 + i] = tool->fds[i];
    int r = list_words(run, path, argv, error);
    if (r < 0)
        return r;
    if (asprintf(&path_setting, "PATH=%s", folders) < 0) {
        path_setting = NULL;
        return tri_error_no_memory(error);
    }
    const char *const envp[] = {path_setting, locale_setting, "HOME=/", NULL};
    /* A session of its own: the host's terminal reaches it with no Ctrl-C and no hang-up. Who stops it is the operation. */
    struct tri_child_params params = {.argv = argv, .envp = envp, .folder_fd = -1, .fds = fds,
                                      .fd_count = 3 + tool->fd_count, .new_session = true,
                                      .ends_with_parent = !tool->critical};
    return tri_child_start(&params, &run->child, error);
}

static int run_start(struct run *run, bool keep_output, struct tri_error *error)
{
    TRI_AUTO_FREE char *folders = search_path(), *path = NULL;
    int writes[2] = {-1, -1};
    int r = folders ? find_tool(run->tool->argv[0], folders, &path) : -ENOMEM;
    if (r == -ENOENT)
        return no_tool(run->tool->argv[0], error);
    for (int i = 0; i < 2 && r >= 0; i++)
        r = stream_begin(&run->out[i], keep_output && i == 0, &writes[i]);
    if (r < 0)
        tri_error_set(error, r, NULL, "Cannot start %s: %s.", run->name, strerror(-r));
    else
        r = start_with(run, path, folders, writes, error);
    tri_close(writes[0]);
    tri_close(writes[1]);
    return r;
}

static void run_signal(struct run *run, int number)
{
    syscall(SYS_pidfd_send_signal, run->child.pidfd, number, NULL, 0);
}

/* Asks it to end; later, run_urge makes it. */
static void run_stop(struct run *run)
{
    if (run->stopping)
        return;
    run->stopping = true;
    run->kill_ns = tri_deadline_ns(GRACE_MS);
    run_signal(run, SIGTERM);
}

static void run_urge(struct run *run)
{
    uint64_t now_ns = tri_clock_ns(), deadline_ns = run->tool->deadline_ns;
    if (deadline_ns && now_ns >= deadline_ns && !run->timed_out) {
        run->timed_out = true;
        run_stop(run);
    }
    if (run->stopping && !run->killed && now_ns >= run->kill_ns) {
        run->killed = true;
        run_signal(run, SIGKILL);
    }
}

/* When run_urge or an unfinished line needs attention. */
static int next_timeout_ms(const struct run *run)
{
    uint64_t until_ns = TRI_DEADLINE_NEVER, now_ns = tri_clock_ns();
    if (run->stopping)
        until_ns = run->killed ? TRI_DEADLINE_NEVER : run->kill_ns;
    else if (run->tool->deadline_ns)
        until_ns = run->tool->deadline_ns;
    if (run->tool->line && (run->out[0].line_size || run->out[1].line_size)) {
        uint64_t quiet_ns = now_ns + QUIET_MS * TRI_NS_PER_MS;
        until_ns = until_ns < quiet_ns ? until_ns : quiet_ns;
    }
    if (until_ns == TRI_DEADLINE_NEVER)
        return -1;
    uint64_t left_ms = until_ns > now_ns ? (until_ns - now_ns) / TRI_NS_PER_MS + 1 : 0;
    return left_ms > 60000 ? 60000 : (int)left_ms;
}

/* Until it has ended. */
static int run_watch(struct run *run)
{
    int stop_fd = run->tool->op && !run->tool->critical ? tri_work_stop_fd(run->tool->op) : -1;
    for (;;) {
        struct pollfd fds[] = {{.fd = run->child.pidfd, .events = POLLIN},
                               {.fd = run->out[0].fd, .events = POLLIN},
                               {.fd = run->out[1].fd, .events = POLLIN},
                               {.fd = run->stopping ? -1 : stop_fd, .events = POLLIN}};
        int ready = poll(fds, 4, next_timeout_ms(run));
        if (ready < 0 && errno != EINTR)
            return -errno;
        for (int i = 0; i < 2; i++) {
            if (ready > 0 && fds[i + 1].revents)
                stream_read(run, &run->out[i]);
            else if (ready == 0)
                stream_line(run, &run->out[i]);
        }
        if (ready > 0 && fds[0].revents)
            return 0;
        if (ready > 0 && fds[3].revents)
            run_stop(run);
        run_urge(run);
    }
}

static int run_end(struct run *run, int *ret_status, struct tri_error *error)
{
    int status, r = run_watch(run);
    if (r == 0)
        r = tri_child_wait(&run->child, TRI_DEADLINE_NEVER, &status);
    if (r < 0)
        return tri_error_set(error, r, run->name, "Cannot wait for %s: %s.", run->name, strerror(-r));
    stream_rest(run, &run->out[0]);
    stream_rest(run, &run->out[1]);
    TRI_LOG("storage", "%s ended with status 0x%x", run->name, (unsigned)status);
    if (run->timed_out)
        return tri_error_set(error, -ETIMEDOUT, run->name, "%s did not end in time and was stopped.", run->name);
    if (run->stopping)
        return tri_error_set(error, -ECANCELED, run->name, "%s was stopped.", run->name);
    if (WIFEXITED(status) && ret_status) {
        *ret_status = WEXITSTATUS(status);
        return 0;
    }
    return status == 0 ? 0 : tool_failed(run, status, error);
}

static int run_whole(const struct tri_tool *tool, char **ret_output, int *ret_status, struct tri_error *error)
{
    if (tool->op && !tool->critical && tri_op_cancelled(tool->op))
        return tri_error_set(error, -ECANCELED, NULL, "%s was not started.", base_name(tool->argv[0]));
    struct run *run = calloc(1, sizeof *run);
    if (!run)
        return tri_error_no_memory(error);
    *run = (struct run){.tool = tool, .name = base_name(tool->argv[0]), .child = {.pidfd = -1},
                        .out = {{.fd = -1}, {.fd = -1}}};
    tri_work_set_critical(tool->op, tool->critical);
    int r = run_start(run, ret_output != NULL, error);
    if (r == 0)
        r = run_end(run, ret_status, error);
    tri_child_finish(&run->child);
    tri_work_set_critical(tool->op, false);
    if (r == 0 && ret_output) {
        run->out[0].all[run->out[0].all_size] = '\0';
        *ret_output = TRI_TAKE(run->out[0].all);
    }
    for (int i = 0; i < 2; i++) {
        tri_close(run->out[i].fd);
        free(run->out[i].all);
    }
    free(run);
    return r;
}

int tri_tool_run(const struct tri_tool *tool, int *ret_status, struct tri_error *error)
{
    return run_whole(tool, NULL, ret_status, error);
}

int tri_tool_read(const struct tri_tool *tool, char **ret_output, struct tri_error *error)
{
    return run_whole(tool, ret_output, NULL, error);
}
