/* Attaching: every format as a disk and back, two at once, in use, and whatever dies in the middle of it. */
#include "support.h"

#include "descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "storage/disk.h"
#include "storage/error.h"
#include "storage/image.h"
#include "storage/state.h"

static const struct {
    const char *extension, *qemu;
    enum tri_image_format format;
    bool fixed, is_exported;
} kinds[] = {{"img", "raw", TRI_IMAGE_RAW, false, false},   {"vhd", "vpc", TRI_IMAGE_VHD, true, false},
             {"vhd", "vpc", TRI_IMAGE_VHD, false, true},    {"vhdx", "vhdx", TRI_IMAGE_VHDX, false, true},
             {"qcow2", "qcow2", TRI_IMAGE_QCOW2, false, true}};
enum { KINDS = sizeof kinds / sizeof *kinds };

#define NEEDS_EXPORT()                                                                                                 \
    do {                                                                                                               \
        NEEDS_LOOP();                                                                                                  \
        NEEDS_TOOL("qemu-img");                                                                                        \
        NEEDS_TOOL("qemu-storage-daemon");                                                                             \
        if (access("/dev/fuse", R_OK | W_OK) < 0)                                                                      \
            TEST_SKIP("there is no /dev/fuse");                                                                        \
    } while (0)

/* ---- tools of the tests ---- */

static char *path_of(const char *name)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", test_folder(), name) > 0);
    return path;
}

static char *make(int kind, const char *name, uint64_t size_bytes)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s.%s", test_folder(), name, kinds[kind].extension) > 0);
    const struct tri_image_spec spec = {
        .path = path, .format = kinds[kind].format, .size_bytes = size_bytes, .fixed = kinds[kind].fixed};
    struct test_run run = TEST_RUN;
    assert_int_equal(test_run_end(&run, tri_image_create(&spec, test_run_op(&run), NULL, &run.error)), 0);
    test_run_close(&run);
    return path;
}

static int attach(const char *path, bool read_only)
{
    struct test_run run = TEST_RUN;
    int code = test_run_end(&run, tri_image_attach(path, read_only, test_run_op(&run), NULL, &run.error));
    if (code < 0)
        assert_non_null(run.error.text);
    test_run_close(&run);
    return code;
}

static int detach(const char *path)
{
    struct tri_error error = {0};
    int code = tri_image_detach(path, &error);
    if (code < 0)
        assert_non_null(error.text);
    tri_error_clear(&error);
    return code;
}

static struct tri_image read_image(const char *path)
{
    struct tri_image *image = NULL;
    assert_int_equal(tri_image_read(path, &image, NULL), 0);
    struct tri_image copy = *image;
    copy.path = copy.parent_path = NULL;
    tri_image_free(image);
    return copy;
}

static void drop(char *path)
{
    unlink(path);
    assert_int_equal(tri_image_forget(path), 0);
    free(path);
}

static int open_disk(const char *path, int flags)
{
    char node[64];
    snprintf(node, sizeof node, "/dev/%s", read_image(path).device);
    int fd = open(node, flags | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void write_disk(const char *path, uint64_t offset_bytes, char byte, size_t size)
{
    char *data = malloc(size);
    memset(data, byte, size);
    int fd = open_disk(path, O_RDWR);
    assert_int_equal(pwrite(fd, data, size, (off_t)offset_bytes), (ssize_t)size);
    assert_int_equal(fsync(fd), 0);
    close(fd);
    free(data);
}

static bool holds(const char *path, uint64_t offset_bytes, char byte, size_t size)
{
    char *data = malloc(size);
    int fd = open_disk(path, O_RDONLY);
    assert_int_equal(pread(fd, data, size, (off_t)offset_bytes), (ssize_t)size);
    close(fd);
    size_t same = 0;
    while (same < size && data[same] == byte)
        same++;
    free(data);
    return same == size;
}

static uint64_t size_of(const char *path)
{
    int fd = open_disk(path, O_RDONLY);
    off_t end = lseek(fd, 0, SEEK_END);
    close(fd);
    return (uint64_t)end;
}

static unsigned count_entries(const char *folder_below_runtime)
{
    char path[200];
    unsigned count = 0;
    snprintf(path, sizeof path, "%s/storage/%s", test_runtime(), folder_below_runtime);
    DIR *folder = opendir(path);
    for (const struct dirent *entry; folder && (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    if (folder)
        closedir(folder);
    return count;
}

/* The processes of qemu-storage-daemon that have something to do with this test's runtime folder. */
static unsigned daemons(pid_t *ret_pid)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc");
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char path[300], command[8192];
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        int fd = atoi(entry->d_name) > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        ssize_t got = fd < 0 ? 0 : read(fd, command, sizeof command);
        if (fd >= 0)
            close(fd);
        if (got > 0 && strstr(command, "qemu-storage-daemon") &&
            memmem(command, (size_t)got, test_runtime(), strlen(test_runtime()))) {
            count++;
            if (ret_pid)
                *ret_pid = atoi(entry->d_name);
        }
    }
    closedir(folder);
    return count;
}

/* Loop devices whose tag is of ours and whose file is the image, or an export below our runtime folder. */
static unsigned loops_of(const char *image)
{
    unsigned count = 0;
    DIR *folder = opendir("/sys/block");
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char path[300], file[4096];
        snprintf(path, sizeof path, "/sys/block/%s/loop/backing_file", entry->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t got = fd < 0 ? 0 : read(fd, file, sizeof file - 1);
        if (fd >= 0)
            close(fd);
        if (got <= 0)
            continue;
        file[got] = '\0';
        count += strncmp(file, image, strlen(image)) == 0 || strncmp(file, test_runtime(), strlen(test_runtime())) == 0;
    }
    closedir(folder);
    return count;
}

static unsigned exports_mounted(void)
{
    char line[4096], prefix[200];
    unsigned count = 0;
    snprintf(prefix, sizeof prefix, " %s/storage/export/", test_runtime());
    FILE *file = fopen("/proc/self/mountinfo", "re");
    while (fgets(line, sizeof line, file))
        count += strstr(line, prefix) != NULL;
    fclose(file);
    return count;
}

static bool is_nothing_left(const char *image)
{
    return loops_of(image) == 0 && exports_mounted() == 0 && daemons(NULL) == 0 && count_entries("attached") == 0 &&
           count_entries("export") == 0;
}

/* ---- the plain life ---- */

static void every_format_keeps_what_was_written(void **state)
{
    NEEDS_EXPORT();
    for (int kind = 0; kind < KINDS; kind++) {
        char *path = make(kind, "life", 20 * MIB + 512), *raw = path_of("plain.img");
        assert_int_equal(attach(path, false), 0);
        struct tri_image image = read_image(path);
        assert_int_equal(image.state, TRI_IMAGE_ATTACHED);
        assert_int_equal(image.format, kinds[kind].format);
        assert_int_equal(image.virtual_size_bytes, 20 * MIB + 512);
        assert_true(image.sequence > 0 && image.device[0] && !image.is_read_only && image.is_complete);
        assert_int_equal(size_of(path), 20 * MIB + 512);
        char *shown = NULL;
        assert_int_equal(tri_image_of_disk(image.sequence, &shown, NULL), 0);
        assert_string_equal(shown, path);
        free(shown);
        assert_int_equal(tri_image_of_disk(image.sequence + 1000, &shown, NULL), TRI_STORAGE_NOT_FOUND);
        write_disk(path, 0, 'a', MIB);
        write_disk(path, 20 * MIB, 'z', 512);
        assert_int_equal(detach(path), 0);
        assert_true(is_nothing_left(path));
        assert_int_equal(detach(path), TRI_STORAGE_IMAGE_DETACHED);
        assert_int_equal(read_image(path).state, TRI_IMAGE_ADDED);
        assert_int_equal(attach(path, false), 0);
        assert_true(holds(path, 0, 'a', MIB) && holds(path, 20 * MIB, 'z', 512) && holds(path, 10 * MIB, 0, MIB));
        assert_int_equal(detach(path), 0);
        assert_int_equal(TEST_PROGRAM("qemu-img", "convert", "-f", kinds[kind].qemu, "-O", "raw", path, raw), 0);
        int fd = open(raw, O_RDONLY | O_CLOEXEC);
        char byte = 0;
        assert_int_equal(pread(fd, &byte, 1, 20 * MIB + 511), 1);
        assert_int_equal(byte, 'z');
        close(fd);
        unlink(raw);
        free(raw);
        drop(path);
    }
}

/* Many pages, far from each other, go to the disk at once when they are written back. (A daemon that takes a second write
 * while it works on one stores the second one's data twice: see attach.c.) */
static void scattered_pages_written_at_once_are_kept(void **state)
{
    NEEDS_EXPORT();
    enum { PAGES = 400, PAGE = 4096, STRIDE = 160 << 10 };
    for (int kind = 0; kind < KINDS; kind++) {
        char *path = make(kind, "scattered", 64 * MIB), page[PAGE];
        assert_int_equal(attach(path, false), 0);
        int fd = open_disk(path, O_RDWR);
        for (int i = 0; i < PAGES; i++) {
            memset(page, 1 + i % 250, PAGE);
            assert_int_equal(pwrite(fd, page, PAGE, (off_t)i * STRIDE), PAGE);
        }
        assert_int_equal(fsync(fd), 0);
        close(fd);
        assert_int_equal(detach(path), 0);
        assert_int_equal(attach(path, false), 0);
        fd = open_disk(path, O_RDONLY);
        unsigned wrong = 0;
        for (int i = 0; i < PAGES; i++) {
            char found[PAGE];
            memset(page, 1 + i % 250, PAGE);
            assert_int_equal(pread(fd, found, PAGE, (off_t)i * STRIDE), PAGE);
            wrong += memcmp(found, page, PAGE) != 0;
        }
        close(fd);
        assert_int_equal(wrong, 0);
        assert_int_equal(detach(path), 0);
        assert_true(is_nothing_left(path));
        assert_int_equal(tri_image_delete(path, NULL), 0);
        free(path);
    }
}

static void an_image_attached_is_not_attached_again_by_any_name(void **state)
{
    NEEDS_EXPORT();
    for (int kind = 0; kind < KINDS; kind++) {
        char *path = make(kind, "twice", 8 * MIB), *hard = path_of("hard"), *soft = path_of("soft");
        assert_int_equal(link(path, hard), 0);
        assert_int_equal(symlink(path, soft), 0);
        assert_int_equal(attach(path, false), 0);
        assert_int_equal(attach(path, false), TRI_STORAGE_IMAGE_ATTACHED);
        assert_int_equal(attach(path, true), TRI_STORAGE_IMAGE_ATTACHED);
        assert_int_equal(attach(hard, false), TRI_STORAGE_IMAGE_ATTACHED);
        assert_int_equal(attach(soft, true), TRI_STORAGE_IMAGE_ATTACHED);
        assert_int_equal(loops_of(path), 1);
        struct test_run run = TEST_RUN;
        assert_int_equal(test_run_end(&run, tri_image_expand(path, 16 * MIB, test_run_op(&run), NULL, &run.error)),
                         TRI_STORAGE_IMAGE_ATTACHED);
        test_run_close(&run);
        assert_int_equal(TEST_PROGRAM("qemu-io", "-c", "write 0 512", "-f", kinds[kind].qemu, path), 1); /* it is locked */
        assert_int_equal(detach(path), 0);
        assert_true(is_nothing_left(path));
        unlink(hard);
        unlink(soft);
        free(hard);
        free(soft);
        drop(path);
    }
}

static void an_image_that_was_moved_or_deleted_is_still_detached(void **state)
{
    NEEDS_EXPORT();
    for (int kind = 0; kind < KINDS; kind++) {
        char *path = make(kind, "moved", 8 * MIB), *other = path_of("elsewhere");
        assert_int_equal(attach(path, false), 0);
        assert_int_equal(rename(path, other), 0);
        assert_int_equal(read_image(path).state, TRI_IMAGE_ATTACHED);
        assert_int_equal(detach(path), 0);
        assert_int_equal(rename(other, path), 0);
        assert_int_equal(attach(path, false), 0);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(detach(path), 0);
        assert_true(is_nothing_left(path));
        free(other);
        drop(path);
    }
}

static void a_read_only_image_takes_no_writes(void **state)
{
    NEEDS_EXPORT();
    for (int kind = 0; kind < KINDS; kind++) {
        char *path = make(kind, "readonly", 8 * MIB);
        char byte[512] = {1};
        assert_int_equal(chmod(path, 0444), 0);
        assert_int_equal(attach(path, false), TRI_STORAGE_READ_ONLY);
        assert_int_equal(attach(path, true), 0);
        assert_true(read_image(path).is_read_only);
        char node[64];
        snprintf(node, sizeof node, "/dev/%s", read_image(path).device);
        int fd = open(node, O_RDWR | O_CLOEXEC);
        assert_true(fd < 0 || write(fd, byte, sizeof byte) < 0);
        if (fd >= 0)
            close(fd);
        assert_int_equal(detach(path), 0);
        assert_true(is_nothing_left(path));
        drop(path);
    }
}

static void what_is_no_image_is_refused(void **state)
{
    NEEDS_EXPORT();
    char *path = path_of("bad.img"), *vhd = path_of("bad.vhd"), *vhdx = path_of("bad.vhdx"), *qcow = path_of("bad.qcow2");
    assert_int_equal(attach(path, false), -ENOENT);
    assert_int_equal(attach("/dev/null", false), TRI_STORAGE_BAD_PATH);
    assert_int_equal(attach(test_folder(), false), TRI_STORAGE_BAD_PATH);
    assert_int_equal(attach("", false), TRI_STORAGE_BAD_PATH);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_int_equal(attach(path, false), TRI_STORAGE_BAD_IMAGE);
    for (int i = 0; i < 3; i++) {
        char *bad = (char *[]){vhd, vhdx, qcow}[i];
        int fd = open(bad, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        assert_int_equal(write(fd, "vhdxfileconectixQFI\xfb\xff\xff\xff\xff", 23), 23);
        assert_int_equal(ftruncate(fd, 3 << 20), 0);
        close(fd);
        assert_int_equal(attach(bad, false), TRI_STORAGE_BAD_IMAGE);
        unlink(bad);
    }
    assert_int_equal(TEST_PROGRAM("qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "raw", "-b", "nbd://127.0.0.1:1/x", qcow, "8M"), 0);
    assert_int_equal(attach(qcow, false), TRI_STORAGE_NOT_SUPPORTED);
    unlink(qcow);
    for (int kind = 1; kind < KINDS; kind++) { /* cut off */
        char *cut = make(kind, "cut", 8 * MIB);
        struct stat st;
        assert_int_equal(TEST_PROGRAM("qemu-io", "-c", "write -P 1 0 6M", "-f", kinds[kind].qemu, cut), 0);
        assert_int_equal(stat(cut, &st), 0);
        assert_int_equal(truncate(cut, st.st_size / 2), 0);
        assert_int_equal(attach(cut, false), TRI_STORAGE_BAD_IMAGE);
        drop(cut);
    }
    assert_true(is_nothing_left(path));
    unlink(path);
    free(path);
    free(vhd);
    free(vhdx);
    free(qcow);
}

static void an_image_another_program_has_open_is_refused(void **state)
{
    NEEDS_EXPORT();
    NEEDS_TOOL("qemu-io");
    for (int kind = 0; kind < KINDS; kind++) {
        char *path = make(kind, "foreign", 8 * MIB), text[256];
        int in[2], out[2];
        assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
        pid_t pid = fork();
        if (pid == 0) {
            dup2(in[0], 0);
            dup2(out[1], 1);
            execlp("qemu-io", "qemu-io", "-f", kinds[kind].qemu, path, (char *)NULL);
            _exit(127);
        }
        assert_int_equal(write(in[1], "length\n", 7), 7);
        assert_true(read(out[0], text, sizeof text) > 0);
        assert_int_equal(attach(path, false), TRI_STORAGE_IMAGE_LOCKED);
        assert_int_equal(attach(path, true), TRI_STORAGE_IMAGE_LOCKED);
        assert_true(is_nothing_left(path));
        close(in[1]);
        waitpid(pid, NULL, 0);
        close(in[0]);
        close(out[0]);
        close(out[1]);
        assert_int_equal(attach(path, false), 0);
        assert_int_equal(detach(path), 0);
        drop(path);
    }
}

/* ---- partitions ---- */

static void make_partition(uint64_t sequence)
{
    struct test_run run = TEST_RUN;
    struct tri_partition_spec spec = {.sequence = sequence, .style = TRI_STYLE_GPT, .anywhere = true, .size_bytes = 16 * MIB};
    assert_true(tri_uuid_parse("0fc63daf-8483-4772-8e79-3d69d8477de4", &spec.type));
    assert_int_equal(test_run_end(&run, tri_partition_create(&spec, test_run_op(&run), NULL, &run.error)), 0);
    test_run_close(&run);
}

static void partitions_are_there_after_attaching_and_gone_after(void **state)
{
    NEEDS_EXPORT();
    for (int kind = 0; kind < KINDS; kind++) {
        char *path = make(kind, "parts", 64 * MIB), node[64];
        assert_int_equal(attach(path, false), 0);
        struct tri_image image = read_image(path);
        assert_int_equal(tri_disk_initialize(image.sequence, TRI_STYLE_GPT, NULL), 0);
        make_partition(image.sequence);
        assert_int_equal(test_node_count(image.device), 1);
        assert_int_equal(detach(path), 0);
        assert_int_equal(test_node_count(image.device), 0);
        assert_int_equal(attach(path, false), 0);
        image = read_image(path);
        assert_int_equal(test_node_count(image.device), 1);
        assert_true(test_node(image.device, 1, node, NULL, NULL));
        assert_int_equal(access(node, F_OK), 0);
        assert_int_equal(detach(path), 0);
        drop(path);
    }
}

static void a_dead_disk_is_taken_from_those_who_use_it(void **state)
{
    NEEDS_EXPORT();
    NEEDS_TOOL("mkfs.ext4");
    for (int by_detach = 0; by_detach < 2; by_detach++) {
        char *path = make(3, "dead", 64 * MIB), node[64], *mount_point = path_of("dead-mnt");
        pid_t pid = 0;
        assert_int_equal(attach(path, false), 0);
        struct tri_image image = read_image(path);
        assert_int_equal(tri_disk_initialize(image.sequence, TRI_STYLE_GPT, NULL), 0);
        make_partition(image.sequence);
        assert_true(test_node(image.device, 1, node, NULL, NULL));
        assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", node), 0);
        assert_int_equal(mkdir(mount_point, 0700), 0);
        assert_int_equal(mount(node, mount_point, "ext4", 0, NULL), 0);
        assert_int_equal(daemons(&pid), 1);
        kill(pid, SIGKILL);
        EVENTUALLY(daemons(NULL) == 0);
        if (by_detach)
            assert_int_equal(detach(path), TRI_STORAGE_IN_USE);
        else
            tri_state_sweep();
        assert_int_equal(exports_mounted(), 0);
        assert_int_equal(umount2(mount_point, MNT_DETACH), 0);
        EVENTUALLY((tri_state_sweep(), is_nothing_left(path)));
        assert_int_equal(attach(path, false), 0);
        assert_int_equal(test_node_count(read_image(path).device), 1);
        assert_int_equal(detach(path), 0);
        assert_true(is_nothing_left(path));
        rmdir(mount_point);
        free(mount_point);
        drop(path);
    }
}

static void stale_nodes_of_others_never_show_over_an_image(void **state)
{
    NEEDS_LOOP();
    char *path = make(0, "fresh", 8 * MIB);
    for (int round = 0; round < 4; round++) {
        struct test_disk disk = test_disk_make(32 * MIB);
        assert_int_equal(test_node_add(&disk, 1, MIB, 4 * MIB), 0);
        char name[32];
        strcpy(name, disk.name);
        test_disk_detach(&disk, true);
        assert_int_equal(attach(path, false), 0);
        assert_int_equal(test_node_count(read_image(path).device), 0);
        assert_int_equal(detach(path), 0);
        test_loop_clear(name);
        unlink(disk.image);
        struct test_disk again = test_disk_attach(path, 512, false); /* takes stale nodes of the device with it */
        test_disk_drop(&again);
        if (access(path, F_OK) < 0) {
            free(path);
            path = make(0, "fresh", 8 * MIB);
        }
    }
    drop(path);
}

/* ---- in use ---- */

static void a_disk_in_use_stays_as_it_is(void **state)
{
    NEEDS_EXPORT();
    NEEDS_TOOL("mkfs.ext4");
    for (int kind = 0; kind < KINDS; kind++) {
        char *path = make(kind, "busy", 32 * MIB), node[64], *mount_point = path_of("mnt");
        assert_int_equal(attach(path, false), 0);
        snprintf(node, sizeof node, "/dev/%s", read_image(path).device);
        uint64_t sequence = read_image(path).sequence;
        assert_int_equal(TEST_PROGRAM("mkfs.ext4", "-q", "-F", node), 0);
        assert_int_equal(mkdir(mount_point, 0700), 0);
        assert_int_equal(mount(node, mount_point, "ext4", 0, NULL), 0);
        assert_int_equal(detach(path), TRI_STORAGE_IN_USE);
        assert_int_equal(tri_image_delete(path, NULL), TRI_STORAGE_IN_USE);
        assert_int_equal(read_image(path).state, TRI_IMAGE_ATTACHED);
        assert_int_equal(umount(mount_point), 0);
        int fd = open(node, O_RDONLY | O_CLOEXEC); /* only open */
        assert_true(fd >= 0);
        assert_int_equal(detach(path), TRI_STORAGE_IN_USE);
        assert_int_equal(read_image(path).state, TRI_IMAGE_ATTACHED);
        assert_int_equal(read_image(path).sequence, sequence);
        close(fd);
        struct loop_info64 info;
        fd = open(node, O_RDONLY | O_CLOEXEC);
        assert_int_equal(ioctl(fd, LOOP_GET_STATUS64, &info), 0);
        assert_int_equal(info.lo_flags & LO_FLAGS_AUTOCLEAR, 0);
        close(fd);
        assert_int_equal(read_image(path).sequence, sequence);
        assert_int_equal(detach(path), 0);
        assert_true(is_nothing_left(path));
        rmdir(mount_point);
        free(mount_point);
        drop(path);
    }
}

static void deleting_detaches_and_unlinks(void **state)
{
    NEEDS_EXPORT();
    for (int kind = 0; kind < KINDS; kind++) {
        char *path = make(kind, "deleted", 8 * MIB), **paths = NULL;
        size_t count = 0;
        assert_int_equal(attach(path, false), 0);
        assert_int_equal(tri_image_delete(path, NULL), 0);
        assert_int_not_equal(access(path, F_OK), 0);
        assert_true(is_nothing_left(path));
        assert_int_equal(tri_image_list(&paths, &count, NULL), 0);
        assert_int_equal(count, 0);
        free(paths);
        assert_int_equal(tri_image_delete(path, NULL), -ENOENT);
        free(path);
    }
}

/* ---- other processes ---- */

/* Attaches and detaches in another process: "--attach PATH", "--cycle PATH". */
static pid_t start_child(const char *what, const char *path)
{
    pid_t pid = fork();
    if (pid == 0) {
        execl("/proc/self/exe", "test-attach", what, path, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static int child_attach(const char *path)
{
    struct tri_op *op = tri_op_new();
    int r = tri_image_attach(path, false, op, NULL, NULL);
    return r == 0 ? tri_op_wait(op, TRI_DEADLINE_NEVER) : r;
}

static int child_main(const char *what, const char *path)
{
    if (strcmp(what, "--attach") == 0)
        return child_attach(path) < 0;
    for (;;) {
        child_attach(path);
        tri_image_detach(path, NULL);
    }
}

static void of_two_programs_one_attaches_and_any_may_detach(void **state)
{
    NEEDS_EXPORT();
    for (int kind = 0; kind < KINDS; kind++)
        for (int round = 0; round < 5; round++) {
            char *path = make(kind, "raced", 8 * MIB);
            pid_t pids[4];
            for (int i = 0; i < 4; i++)
                pids[i] = start_child("--attach", path);
            for (int i = 0; i < 4; i++) {
                int status = -1;
                waitpid(pids[i], &status, 0);
                assert_int_equal(status, 0);
            }
            assert_int_equal(loops_of(path), 1);
            assert_true(daemons(NULL) == (kinds[kind].is_exported ? 1u : 0u));
            assert_int_equal(read_image(path).state, TRI_IMAGE_ATTACHED);
            write_disk(path, 0, 'x', 4096);
            assert_int_equal(detach(path), 0);
            assert_true(is_nothing_left(path));
            drop(path);
        }
}

/* Death at any moment: nothing is left that the next call does not find. */
static void kill_often(int kind, int rounds, unsigned until_us)
{
    char *path = make(kind, "killed", 8 * MIB);
    for (int round = 0; round < rounds; round++) {
        pid_t pid = start_child("--cycle", path);
        usleep((useconds_t)((unsigned)rand() % until_us));
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        EVENTUALLY((tri_state_sweep(), count_entries("attached") == 0 || read_image(path).state == TRI_IMAGE_ATTACHED));
        if (read_image(path).state == TRI_IMAGE_ATTACHED)
            assert_int_equal(detach(path), 0);
        EVENTUALLY((tri_state_sweep(), is_nothing_left(path)));
        assert_int_equal(attach(path, false), 0);
        assert_int_equal(detach(path), 0);
        assert_true(is_nothing_left(path));
    }
    drop(path);
}

static void a_program_killed_while_attaching_a_raw_image_leaves_nothing(void **state)
{
    NEEDS_LOOP();
    kill_often(0, 60, 20000);
}

static void a_program_killed_while_attaching_an_exported_image_leaves_nothing(void **state)
{
    NEEDS_EXPORT();
    kill_often(2, 15, 120000);
    kill_often(3, 15, 120000);
    kill_often(4, 15, 120000);
}

static void a_daemon_that_is_killed_is_cleaned_up_after(void **state)
{
    NEEDS_EXPORT();
    for (int kind = 2; kind < KINDS; kind++) {
        char *path = make(kind, "daemon", 16 * MIB), byte[512];
        pid_t pid = 0;
        assert_int_equal(attach(path, false), 0);
        write_disk(path, 0, 'a', MIB);
        assert_int_equal(daemons(&pid), 1);
        kill(pid, SIGKILL);
        EVENTUALLY(daemons(NULL) == 0);
        int fd = open_disk(path, O_RDONLY | O_DIRECT);
        void *aligned = aligned_alloc(4096, 4096);
        assert_true(pread(fd, aligned, 4096, 8 << 20) < 0); /* an error, and no hang */
        free(aligned);
        close(fd);
        memset(byte, 0, sizeof byte);
        EVENTUALLY((tri_state_sweep(), is_nothing_left(path)));
        assert_int_equal(attach(path, false), 0);
        assert_true(holds(path, 0, 'a', MIB));
        assert_int_equal(detach(path), 0);
        assert_true(is_nothing_left(path));
        drop(path);
    }
}

static void a_loop_device_taken_away_by_others_takes_its_daemon_along(void **state)
{
    NEEDS_EXPORT();
    for (int kind = 0; kind < KINDS; kind++) {
        char *path = make(kind, "taken", 8 * MIB);
        assert_int_equal(attach(path, false), 0);
        assert_true(test_loop_clear(read_image(path).device));
        assert_int_equal(read_image(path).state, TRI_IMAGE_ADDED);
        EVENTUALLY((tri_state_sweep(), is_nothing_left(path)));
        assert_int_equal(attach(path, false), 0);
        assert_true(test_loop_clear(read_image(path).device));
        assert_int_equal(attach(path, false), 0); /* without a sweep of our own */
        assert_int_equal(detach(path), 0);
        assert_true(is_nothing_left(path));
        drop(path);
    }
}

static void a_daemon_outlives_its_program_and_has_none_of_its_files(void **state)
{
    NEEDS_EXPORT();
    char *path = make(3, "outlives", 8 * MIB), link[300], target[300];
    int mark = open("/dev/zero", O_RDONLY); /* not close-on-exec: it could be inherited */
    pid_t pid = start_child("--attach", path), daemon = 0;
    int status = -1;
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(daemons(&daemon), 1);
    assert_int_equal(getsid(daemon) == getsid(0), 0);
    for (int fd = 0; fd < 64; fd++) {
        snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)daemon, fd);
        ssize_t length = readlink(link, target, sizeof target - 1);
        if (length < 0)
            continue;
        target[length] = '\0';
        assert_string_not_equal(target, "/dev/zero");
        if (fd < 3)
            assert_string_equal(target, "/dev/null");
    }
    close(mark);
    assert_int_equal(detach(path), 0);
    assert_true(is_nothing_left(path));
    drop(path);
}

static void a_cancelled_attach_leaves_nothing_or_a_disk(void **state)
{
    NEEDS_EXPORT();
    char *path = make(4, "cancelled", 8 * MIB);
    for (int round = 0; round < 12; round++) {
        struct test_run run = TEST_RUN;
        struct tri_op *op = test_run_op(&run);
        assert_int_equal(tri_image_attach(path, false, op, NULL, &run.error), 0);
        usleep((useconds_t)(rand() % 30000));
        tri_op_cancel(op);
        int code = test_run_end(&run, 0);
        assert_true(code == 0 || code == -ECANCELED);
        if (code == 0)
            assert_int_equal(detach(path), 0);
        test_run_close(&run);
        EVENTUALLY((tri_state_sweep(), is_nothing_left(path)));
    }
    drop(path);
}

/* ---- without descriptors ---- */

enum { FDS_ENOUGH = 40 };

/* Attached, as far as its record, its loop device and its daemon say. */
static bool is_attached(const char *path, int kind)
{
    return read_image(path).state == TRI_IMAGE_ATTACHED && daemons(NULL) == (kinds[kind].is_exported ? 1 : 0);
}

static void a_sweep_that_lacks_descriptors_lets_what_is_attached_live(void **state)
{
    NEEDS_EXPORT();
    for (int kind = 0; kind < KINDS; kind++) {
        char *path = make(kind, "scarce", 8 * MIB);
        assert_int_equal(attach(path, false), 0);
        write_disk(path, MIB, 's', 4096);
        for (unsigned count = 0; count < FDS_ENOUGH; count++) {
            test_fds_allow(count);
            tri_state_sweep();
            test_fds_restore();
            assert_true(is_attached(path, kind));
        }
        assert_true(holds(path, MIB, 's', 4096));
        assert_int_equal(detach(path), 0);
        assert_true(is_nothing_left(path));
        drop(path);
    }
}

static void a_detach_that_lacks_descriptors_fails_or_leaves_nothing(void **state)
{
    NEEDS_EXPORT();
    for (int kind = 0; kind < KINDS; kind++) {
        char *path = make(kind, "scarce", 8 * MIB);
        int code = -1;
        assert_int_equal(attach(path, false), 0);
        for (unsigned count = 0; code < 0 && count < FDS_ENOUGH; count++) {
            test_fds_allow(count);
            code = tri_image_detach(path, NULL);
            test_fds_restore();
            assert_int_not_equal(code, TRI_STORAGE_IMAGE_DETACHED);
            if (code == 0)
                assert_true(is_nothing_left(path));
            else if (read_image(path).state != TRI_IMAGE_ATTACHED) { /* half: whoever comes next finishes it */
                tri_state_sweep();
                code = is_nothing_left(path) ? 0 : code;
            }
        }
        assert_int_equal(code, 0);
        assert_true(is_nothing_left(path));
        drop(path);
    }
}

static void an_attach_that_lacks_descriptors_fails_and_leaves_nothing(void **state)
{
    NEEDS_EXPORT();
    for (int kind = 0; kind < KINDS; kind++) {
        char *path = make(kind, "scarce", 8 * MIB);
        int code = -1;
        for (unsigned count = 0; code < 0 && count < FDS_ENOUGH; count++) {
            test_fds_allow(count);
            code = attach(path, false);
            test_fds_restore();
            if (code < 0) {
                tri_state_sweep();
                assert_true(is_nothing_left(path));
            }
        }
        assert_int_equal(code, 0);
        assert_true(is_attached(path, kind));
        assert_int_equal(detach(path), 0);
        drop(path);
    }
}

static void names_of_images_are_only_names(void **state)
{
    NEEDS_EXPORT();
    static const char *const names[] = {"with,comma=1", "with:colon", "json:{\"a\":1}", "sp ace", "new\nline", "-dash", "quo\"te\\", "per%cent%n"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int kind = 0; kind < KINDS; kind++) {
            char *path = make(kind, names[i], 4 * MIB);
            assert_int_equal(attach(path, false), 0);
            write_disk(path, MIB, 'n', 4096);
            assert_int_equal(detach(path), 0);
            assert_int_equal(attach(path, true), 0);
            assert_true(holds(path, MIB, 'n', 4096));
            assert_int_equal(detach(path), 0);
            drop(path);
        }
    assert_int_equal(daemons(NULL), 0);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strncmp(argv[1], "--", 2) == 0)
        return child_main(argv[1], argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_keeps_what_was_written),
        cmocka_unit_test(scattered_pages_written_at_once_are_kept),
        cmocka_unit_test(an_image_attached_is_not_attached_again_by_any_name),
        cmocka_unit_test(an_image_that_was_moved_or_deleted_is_still_detached),
        cmocka_unit_test(a_read_only_image_takes_no_writes),
        cmocka_unit_test(what_is_no_image_is_refused),
        cmocka_unit_test(an_image_another_program_has_open_is_refused),
        cmocka_unit_test(partitions_are_there_after_attaching_and_gone_after),
        cmocka_unit_test(a_dead_disk_is_taken_from_those_who_use_it),
        cmocka_unit_test(stale_nodes_of_others_never_show_over_an_image),
        cmocka_unit_test(a_disk_in_use_stays_as_it_is),
        cmocka_unit_test(deleting_detaches_and_unlinks),
        cmocka_unit_test(of_two_programs_one_attaches_and_any_may_detach),
        cmocka_unit_test(a_program_killed_while_attaching_a_raw_image_leaves_nothing),
        cmocka_unit_test(a_program_killed_while_attaching_an_exported_image_leaves_nothing),
        cmocka_unit_test(a_daemon_that_is_killed_is_cleaned_up_after),
        cmocka_unit_test(a_loop_device_taken_away_by_others_takes_its_daemon_along),
        cmocka_unit_test(a_daemon_outlives_its_program_and_has_none_of_its_files),
        cmocka_unit_test(a_cancelled_attach_leaves_nothing_or_a_disk),
        cmocka_unit_test(a_sweep_that_lacks_descriptors_lets_what_is_attached_live),
        cmocka_unit_test(a_detach_that_lacks_descriptors_fails_or_leaves_nothing),
        cmocka_unit_test(an_attach_that_lacks_descriptors_fails_and_leaves_nothing),
        cmocka_unit_test(names_of_images_are_only_names),
    };
    return cmocka_run_group_tests(tests, test_storage_begin, test_storage_finish);
}
