#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "storage/mount-table.h"

#define SYSFS_SECTOR 512ull

static char folder[64], runtime[96];
static int fds_at_start;

/* ---- patience ---- */

uint64_t test_deadline_ns(void)
{
    return tri_deadline_ns(TEST_PATIENCE_MS);
}

bool test_pause(uint64_t until_ns)
{
    poll(NULL, 0, 1);
    return tri_clock_ns() > until_ns;
}

/* ---- what this machine has ---- */

const char *test_cannot_loop(void)
{
    static char why[160];
    if (geteuid() != 0)
        return "loop devices need root";
    TRI_AUTO_CLOSE int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control >= 0 && ioctl(control, LOOP_CTL_GET_FREE) >= 0)
        return NULL;
    snprintf(why, sizeof why, "there are no loop devices here: /dev/loop-control: %s", strerror(errno));
    return why;
}

bool test_has_tool(const char *name)
{
    const char *path = getenv("PATH");
    TRI_AUTO_FREE char *folders = NULL;
    char file[512];
    if (asprintf(&folders, "%s:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin") < 0)
        return false;
    char *rest = NULL;
    for (char *dir = strtok_r(folders, ":", &rest); dir; dir = strtok_r(NULL, ":", &rest)) {
        snprintf(file, sizeof file, "%s/%s", dir, name);
        if (access(file, X_OK) == 0)
            return true;
    }
    return false;
}

/* ---- begin and finish ---- */

static int count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;
    while (dir && readdir(dir))
        count++;
    if (dir)
        closedir(dir);
    return count;
}

const char *test_folder(void)
{
    return folder;
}

const char *test_runtime(void)
{
    return runtime;
}

const char *test_path(const char *format, ...)
{
    static char paths[8][512];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    int used = snprintf(path, sizeof paths[0], "%s/", folder);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path + used, sizeof paths[0] - (size_t)used, format, arguments);
    va_end(arguments);
    return path;
}

int test_storage_begin(void **state)
{
    strcpy(folder, "/tmp/trireme-test-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(runtime, sizeof runtime, "%s/run", folder);
    if (mkdir(runtime, 0700) < 0)
        return -1;
    setenv("TRIREME_RUNTIME_DIR", runtime, 1);
    setenv("LC_ALL", "C", 1);
    tri_mount_table_put(tri_mount_table_get()); /* which keeps a descriptor for as long as we live */
    fds_at_start = count_fds();
    return 0;
}

/* Reads a small file of /sys whole, without its last newline. */
static bool read_line(const char *path, char *text, size_t size)
{
    TRI_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);
    if (n < 0)
        return false;
    text[n] = 0;
    text[strcspn(text, "\n")] = 0;
    return true;
}

static bool mountinfo_has(const char *word)
{
    TRI_AUTO_FREE char *text = NULL;
    if (tri_file_read(AT_FDCWD, "/proc/self/mountinfo", 16 << 20, &text, NULL) < 0)
        return false;
    return strstr(text, word) != NULL;
}

bool test_is_mounted_at(const char *path)
{
    char word[560];
    snprintf(word, sizeof word, " %s ", path);
    return mountinfo_has(word);
}

bool test_is_mounted_from(const char *node)
{
    return test_is_mounted_at(node); /* a source stands between blanks too */
}

/* Loop devices over files of this test folder, and such as have records below it. */
static unsigned loops_left(void)
{
    unsigned left = 0;
    DIR *dir = opendir("/sys/block");
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[320], file[512];
        snprintf(path, sizeof path, "/sys/block/%s/loop/backing_file", entry->d_name);
        if (!read_line(path, file, sizeof file) || strncmp(file, folder, strlen(folder)) != 0)
            continue;
        print_error("loop device %s is left over %s\n", entry->d_name, file);
        left++;
        test_loop_clear(entry->d_name);
    }
    if (dir)
        closedir(dir);
    return left;
}

static unsigned mounts_left(void)
{
    unsigned left = 0;
    for (int tries = 0; tries < 64; tries++) {
        TRI_AUTO_FREE char *text = NULL;
        if (tri_file_read(AT_FDCWD, "/proc/self/mountinfo", 16 << 20, &text, NULL) < 0)
            break;
        char word[80];
        snprintf(word, sizeof word, " %s/", folder);
        const char *last = NULL;
        for (const char *found = text; (found = strstr(found, word)); found++)
            last = found;
        if (!last)
            break;
        char path[512] = "";
        sscanf(last, " %511s", path);
        print_error("a mount is left at %s\n", path);
        left++;
        if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
            break;
    }
    return left;
}

static unsigned records_seen;

static int see_record(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    const char *name = strrchr(path, '/') + 1;
    if (type == FTW_F && name[0] != '.' && strcmp(name, "lock") != 0) {
        print_error("the record %s is left\n", path);
        records_seen++;
    }
    return 0;
}

static unsigned records_left(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/storage", runtime);
    records_seen = 0;
    if (access(path, F_OK) == 0)
        nftw(path, see_record, 16, FTW_PHYS | FTW_MOUNT);
    return records_seen;
}

int test_storage_finish(void **state)
{
    unsigned left = mounts_left() + loops_left() + records_left();
    uint64_t until_ns = test_deadline_ns();
    while ((tri_op_live() > 0 || count_fds() != fds_at_start) && !test_pause(until_ns))
        ;
    if (tri_op_live() > 0)
        print_error("%zu operations are left\n", tri_op_live());
    if (count_fds() != fds_at_start)
        print_error("%d descriptors at the start, %d now\n", fds_at_start, count_fds());
    bool clean = left == 0 && tri_op_live() == 0 && count_fds() == fds_at_start;
    if (tri_folder_remove(AT_FDCWD, folder) < 0) {
        print_error("%s cannot be removed\n", folder);
        clean = false;
    }
    return clean ? 0 : -1;
}

/* ---- disks ---- */

static int loop_configure(int image_fd, uint32_t sector_bytes, bool read_only, char name[32])
{
    TRI_AUTO_CLOSE int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    struct loop_config config = {.fd = (uint32_t)image_fd, .block_size = sector_bytes};
    config.info.lo_flags = read_only ? LO_FLAGS_READ_ONLY : 0;
    snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "trireme-test:%d", (int)getpid());
    for (int tries = 0; tries < 256; tries++) { /* others take free devices too */
        int number = ioctl(control, LOOP_CTL_GET_FREE);
        char node[64];
        snprintf(node, sizeof node, "/dev/loop%d", number);
        int fd = number < 0 ? -1 : open(node, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
        if (fd >= 0 && ioctl(fd, LOOP_CONFIGURE, &config) == 0) {
            snprintf(name, 32, "loop%d", number);
            return fd;
        }
        int why = errno;
        tri_close(fd);
        if (why != EBUSY && why != ENXIO && why != ENOENT)
            break;
        poll(NULL, 0, 1);
    }
    return -1;
}

static void each_node(const char *disk_name, void (*visit)(const char *node_name, unsigned number, void *data),
                      void *data)
{
    char path[640], text[32];
    snprintf(path, sizeof path, "/sys/block/%s", disk_name);
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        snprintf(path, sizeof path, "/sys/block/%s/%s/partition", disk_name, entry->d_name);
        if (entry->d_name[0] != '.' && read_line(path, text, sizeof text))
            visit(entry->d_name, (unsigned)strtoul(text, NULL, 10), data);
    }
    if (dir)
        closedir(dir);
}

static int blkpg(int fd, int op, unsigned number, uint64_t start_bytes, uint64_t size_bytes)
{
    struct blkpg_partition partition = {
        .start = (long long)start_bytes, .length = (long long)size_bytes, .pno = (int)number};
    struct blkpg_ioctl_arg argument = {.op = op, .datalen = sizeof partition, .data = &partition};
    return ioctl(fd, BLKPG, &argument) < 0 ? -errno : 0;
}

static void delete_node(const char *node_name, unsigned number, void *data)
{
    blkpg(*(int *)data, BLKPG_DEL_PARTITION, number, 0, 0);
}

/* Others on this machine look at new devices for a moment, and keep them from going as long. */
static bool nodes_are_gone(const char *name, int *fd)
{
    each_node(name, delete_node, fd);
    return test_node_count(name) == 0;
}

static uint64_t read_sequence(const char *name)
{
    char path[96], text[32];
    snprintf(path, sizeof path, "/sys/block/%s/diskseq", name);
    return read_line(path, text, sizeof text) ? strtoull(text, NULL, 10) : 0;
}

struct test_disk test_disk_attach(const char *image, uint32_t sector_bytes, bool read_only)
{
    struct test_disk disk = {.fd = -1};
    snprintf(disk.image, sizeof disk.image, "%s", image);
    TRI_AUTO_CLOSE int fd = open(image, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    assert_true(fd >= 0);
    disk.fd = loop_configure(fd, sector_bytes, read_only, disk.name);
    if (disk.fd < 0)
        fail_msg("no loop device for %s: %s", image, strerror(errno));
    snprintf(disk.node, sizeof disk.node, "/dev/%s", disk.name);
    disk.sequence = read_sequence(disk.name);
    assert_int_equal(ioctl(disk.fd, BLKGETSIZE64, &disk.size_bytes), 0);
    return disk;
}

struct test_disk test_disk_make_sectors(uint64_t size_bytes, uint32_t sector_bytes)
{
    static unsigned count;
    const char *image = test_path("disk-%d-%u.img", (int)getpid(), count++);
    int fd = open(image, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size_bytes), 0);
    close(fd);
    struct test_disk disk = test_disk_attach(image, sector_bytes, false);
    /* what an earlier user of this loop device left must not fail this test */
    each_node(disk.name, delete_node, &disk.fd);
    return disk;
}

struct test_disk test_disk_make(uint64_t size_bytes)
{
    return test_disk_make_sectors(size_bytes, 512);
}

static bool loop_is_free(const char *name)
{
    char path[96];
    snprintf(path, sizeof path, "/sys/block/%s/loop/backing_file", name);
    return access(path, F_OK) < 0;
}

bool test_loop_clear(const char *name)
{
    char node[320];
    snprintf(node, sizeof node, "/dev/%s", name);
    int fd = open(node, O_RDWR | O_CLOEXEC);
    if (fd < 0 && errno == EROFS)
        fd = open(node, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return loop_is_free(name);
    uint64_t until_ns = test_deadline_ns();
    while (!nodes_are_gone(name, &fd) && !test_pause(until_ns))
        ;
    ioctl(fd, LOOP_CLR_FD);
    close(fd);
    while (!loop_is_free(name) && !test_pause(until_ns))
        ;
    return loop_is_free(name);
}

void test_disk_detach(struct test_disk *disk, bool keep_nodes)
{
    if (disk->fd < 0)
        return;
    if (!keep_nodes) {
        EVENTUALLY(nodes_are_gone(disk->name, &disk->fd));
    }
    assert_int_equal(ioctl(disk->fd, LOOP_CLR_FD), 0);
    close(disk->fd);
    disk->fd = -1;
    /* Another program may have taken the device already: then it has another number. */
    EVENTUALLY(loop_is_free(disk->name) || read_sequence(disk->name) != disk->sequence);
}

void test_disk_drop(struct test_disk *disk)
{
    test_disk_detach(disk, false);
    if (strncmp(disk->image, folder, strlen(folder)) == 0)
        unlink(disk->image);
}

/* ---- nodes ---- */

static void count_node(const char *node_name, unsigned number, void *data)
{
    (*(unsigned *)data)++;
}

unsigned test_node_count(const char *disk_name)
{
    unsigned count = 0;
    each_node(disk_name, count_node, &count);
    return count;
}

struct node_search {
    unsigned number;
    char name[64];
};

static void match_node(const char *node_name, unsigned number, void *data)
{
    struct node_search *search = data;
    if (number == search->number)
        snprintf(search->name, sizeof search->name, "%s", node_name);
}

static uint64_t node_bytes(const char *disk_name, const char *node_name, const char *file)
{
    char path[256], text[32];
    snprintf(path, sizeof path, "/sys/block/%s/%s/%s", disk_name, node_name, file);
    return read_line(path, text, sizeof text) ? strtoull(text, NULL, 10) * SYSFS_SECTOR : 0;
}

bool test_node(const char *disk_name, unsigned number, char node[64], uint64_t *ret_start_bytes,
               uint64_t *ret_size_bytes)
{
    struct node_search search = {.number = number};
    each_node(disk_name, match_node, &search);
    if (!search.name[0])
        return false;
    if (node)
        snprintf(node, 64, "/dev/%.57s", search.name);
    if (ret_start_bytes)
        *ret_start_bytes = node_bytes(disk_name, search.name, "start");
    if (ret_size_bytes)
        *ret_size_bytes = node_bytes(disk_name, search.name, "size");
    return true;
}

int test_node_add(const struct test_disk *disk, unsigned number, uint64_t start_bytes, uint64_t size_bytes)
{
    return blkpg(disk->fd, BLKPG_ADD_PARTITION, number, start_bytes, size_bytes);
}

/* ---- bytes ---- */

void test_disk_read(const struct test_disk *disk, uint64_t offset_bytes, void *data, size_t size)
{
    fsync(disk->fd);
    posix_fadvise(disk->fd, (off_t)offset_bytes, (off_t)size, POSIX_FADV_DONTNEED);
    assert_int_equal(pread(disk->fd, data, size, (off_t)offset_bytes), size);
}

void test_disk_write(const struct test_disk *disk, uint64_t offset_bytes, const void *data, size_t size)
{
    assert_int_equal(pwrite(disk->fd, data, size, (off_t)offset_bytes), size);
    assert_int_equal(fsync(disk->fd), 0);
}

bool test_disk_is_zero(const struct test_disk *disk, uint64_t offset_bytes, uint64_t size_bytes)
{
    static char block[MIB];
    while (size_bytes > 0) {
        size_t part = size_bytes < sizeof block ? (size_t)size_bytes : sizeof block;
        test_disk_read(disk, offset_bytes, block, part);
        if (block[0] != 0 || memcmp(block, block + 1, part - 1) != 0)
            return false;
        offset_bytes += part;
        size_bytes -= part;
    }
    return true;
}

/* ---- operations ---- */

struct tri_op *test_run_op(struct test_run *run)
{
    tri_error_clear(&run->error);
    run->value = NULL;
    run->was_started = false;
    run->code = 0;
    if (!run->op)
        run->op = tri_op_new();
    assert_non_null(run->op);
    return run->op;
}

static int keep_result(void *context, const struct tri_op_tag *tag, int code, const struct tri_error *error,
                       void *value)
{
    struct test_run *run = context;
    run->code = code;
    run->value = value;
    if (error)
        run->error = (struct tri_error){.code = error->code,
                                        .text = error->text ? strdup(error->text) : NULL,
                                        .where = error->where ? strdup(error->where) : NULL,
                                        .detail = error->detail ? strdup(error->detail) : NULL};
    return 0;
}

int test_run_end(struct test_run *run, int started)
{
    run->was_started = started == 0;
    if (started < 0)
        return run->code = started;
    assert_int_equal(tri_op_wait(run->op, tri_deadline_ns(TEST_PATIENCE_MS * 10)), 0);
    assert_int_equal(tri_op_read_result(run->op, keep_result, run), 0);
    return run->code;
}

void test_run_close(struct test_run *run)
{
    tri_error_clear(&run->error);
    if (run->op)
        tri_op_close(tri_op_handle(run->op)); /* gives up the one reference */
    *run = (struct test_run)TEST_RUN;
}

/* ---- programs ---- */

extern char **environ;

static char *read_all(int fd)
{
    size_t used = 0, size = 64 << 10;
    char *text = malloc(size);
    for (ssize_t n; text && (n = read(fd, text + used, size - used - 1)) > 0;) {
        used += (size_t)n;
        if (used + 1 == size)
            text = realloc(text, size *= 2);
    }
    if (text)
        text[used] = 0;
    return text;
}

int test_program(const char *const *argv, char **ret_output)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return 127;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    pid_t pid;
    char path[256];
    snprintf(path, sizeof path, "/usr/sbin/%s", argv[0]);
    const char *file = argv[0][0] != '/' && access(path, X_OK) == 0 ? path : argv[0];
    int r = posix_spawnp(&pid, file, &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    TRI_AUTO_FREE char *output = read_all(ends[0]);
    close(ends[0]);
    int status;
    if (r != 0 || waitpid(pid, &status, 0) < 0)
        return 127;
    if (ret_output)
        *ret_output = TRI_TAKE(output);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
