/* Images: making, knowing, converting and changing them, with files that want to harm. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "storage/error.h"
#include "storage/image.h"
#include "storage/state.h"
#include "storage/vhd.h"

#define NEEDS_QEMU() NEEDS_TOOL("qemu-img")

static const struct {
    const char *extension, *qemu;
    enum tri_image_format format;
} formats[] = {{"img", "raw", TRI_IMAGE_RAW}, {"vhd", "vpc", TRI_IMAGE_VHD}, {"vhdx", "vhdx", TRI_IMAGE_VHDX}, {"qcow2", "qcow2", TRI_IMAGE_QCOW2}};
enum { FORMATS = sizeof formats / sizeof *formats };

/* ---- tools of the tests ---- */

static char *path_of(const char *name)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", test_folder(), name) > 0);
    return path;
}

static int create(const struct tri_image_spec *spec)
{
    struct test_run run = TEST_RUN;
    int code = test_run_end(&run, tri_image_create(spec, test_run_op(&run), NULL, &run.error));
    if (code < 0)
        assert_non_null(run.error.text);
    else
        assert_string_equal(run.value, spec->path);
    test_run_close(&run);
    return code;
}

static int make(const char *path, enum tri_image_format format, uint64_t size_bytes, bool fixed)
{
    return create(&(struct tri_image_spec){.path = path, .format = format, .size_bytes = size_bytes, .fixed = fixed});
}

#define RUN(call_)                                                                                                     \
    __extension__({                                                                                                    \
        struct test_run run_ = TEST_RUN;                                                                               \
        struct tri_op *op = test_run_op(&run_);                                                                        \
        struct tri_error *error = &run_.error;                                                                         \
        int code_ = test_run_end(&run_, (call_));                                                                      \
        if (code_ < 0 && code_ != -ECANCELED)                                                                          \
            assert_non_null(run_.error.text);                                                                          \
        test_run_close(&run_);                                                                                         \
        code_;                                                                                                         \
    })

static void drop(const char *path)
{
    unlink(path);
    assert_int_equal(tri_image_forget(path), 0);
}

static uint64_t qemu_size(const char *path, const char *format)
{
    char *output = NULL, *at;
    const char *const argv[] = {"qemu-img", "info", "-U", "--output=json", "-f", format, path, NULL};
    assert_int_equal(test_program(argv, &output), 0);
    assert_non_null(at = strstr(output, "\"virtual-size\": "));
    uint64_t size = strtoull(at + 16, NULL, 10);
    free(output);
    return size;
}

static bool is_alike(const char *a, const char *a_format, const char *b, const char *b_format)
{
    return TEST_PROGRAM("qemu-img", "compare", "-U", "-f", a_format, "-F", b_format, a, b) == 0;
}

/* Something to copy: data here and there. */
static void fill(const char *path, uint64_t size_bytes)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size_bytes), 0);
    char *block = malloc(1 << 20);
    for (uint64_t offset = 0, n = 1; offset + (1 << 20) <= size_bytes; offset += 3 << 20, n++) {
        memset(block, (int)(n % 250 + 1), 1 << 20);
        assert_int_equal(pwrite(fd, block, 1 << 20, (off_t)offset), 1 << 20);
    }
    free(block);
    close(fd);
}

/* Files of the test folder that are neither records nor of the name given. */
static unsigned drafts(void)
{
    char *output = NULL;
    unsigned count = 0;
    const char *const argv[] = {"ls", "-A", test_folder(), NULL};
    assert_int_equal(test_program(argv, &output), 0);
    for (const char *at = output; (at = strstr(at, ".trireme-")); at++)
        count++;
    free(output);
    return count;
}

/* ---- names ---- */

static void a_path_becomes_absolute_and_means_one_image(void **state)
{
    static const char *const bad[] = {"", "/", "folder/", "/tmp/", ".", "..", "/tmp/..", "/tmp/\xff\xfe.img"};
    char *path = path_of("a.img"), *known = NULL, folder[PATH_MAX], *longest = malloc(5001);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct tri_error error = {0};
        assert_int_equal(tri_image_add(bad[i], TRI_IMAGE_AUTO, &known, &error), TRI_STORAGE_BAD_PATH);
        assert_non_null(error.text);
        tri_error_clear(&error);
    }
    memset(longest, 'a', 5000);
    longest[5000] = '\0';
    assert_int_equal(tri_image_add(longest, TRI_IMAGE_AUTO, &known, NULL), TRI_STORAGE_BAD_PATH);
    assert_int_equal(tri_image_add(test_folder(), TRI_IMAGE_AUTO, &known, NULL), TRI_STORAGE_BAD_PATH);
    assert_int_equal(tri_image_add("/dev/null", TRI_IMAGE_AUTO, &known, NULL), TRI_STORAGE_BAD_PATH);
    assert_int_equal(tri_image_add(NULL, TRI_IMAGE_AUTO, &known, NULL), TRI_STORAGE_BAD_PATH);
    assert_non_null(getcwd(folder, sizeof folder));
    assert_int_equal(chdir(test_folder()), 0);
    static const char *const same[] = {"a.img", "./a.img", ".//.///a.img"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_int_equal(tri_image_add(same[i], TRI_IMAGE_AUTO, &known, NULL), 0);
        assert_string_equal(known, path);
        free(known);
    }
    assert_int_equal(chdir(folder), 0);
    char **paths = NULL;
    size_t count = 0;
    assert_int_equal(tri_image_list(&paths, &count, NULL), 0);
    assert_int_equal(count, 1);
    assert_string_equal(paths[0], path);
    free(paths[0]);
    free(paths);
    assert_int_equal(tri_image_forget(path), 0);
    assert_int_equal(tri_image_forget(path), 0);
    assert_int_equal(tri_image_list(&paths, &count, NULL), 0);
    assert_int_equal(count, 0);
    free(paths);
    free(path);
    free(longest);
}

static void long_paths_that_begin_alike_are_two_images(void **state)
{
    char a[1200], b[1200], *known;
    memset(a, 0, sizeof a);
    for (int i = 0; i < 8; i++) {
        strcat(a, "/");
        memset(a + strlen(a), 'x', 120);
    }
    strcpy(b, a);
    strcat(a, "/a.img");
    strcat(b, "/b.img");
    assert_int_equal(tri_image_add(a, TRI_IMAGE_RAW, &known, NULL), 0);
    free(known);
    assert_int_equal(tri_image_add(b, TRI_IMAGE_VHD, &known, NULL), 0);
    free(known);
    char **paths = NULL;
    size_t count = 0;
    assert_int_equal(tri_image_list(&paths, &count, NULL), 0);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++)
        free(paths[i]);
    free(paths);
    tri_image_forget(a);
    tri_image_forget(b);
}

static void an_added_image_needs_no_file_and_says_that_it_is_incomplete(void **state)
{
    struct tri_image *image = NULL;
    char *path = path_of("missing.vhd"), *known = NULL;
    assert_int_equal(tri_image_read(path, &image, NULL), -ENOENT);
    assert_null(image);
    assert_int_equal(tri_image_add(path, TRI_IMAGE_VHD, &known, NULL), 0);
    assert_int_equal(tri_image_read(path, &image, NULL), 0);
    assert_false(image->is_complete);
    assert_int_equal(image->format, TRI_IMAGE_VHD);
    assert_int_equal(image->state, TRI_IMAGE_ADDED);
    tri_image_free(image);
    free(known);
    drop(path);
    free(path);
}

/* ---- making ---- */

static void every_format_has_exactly_the_size_asked_for(void **state)
{
    NEEDS_QEMU();
    static const uint64_t sizes[] = {3 * MIB, 3 * MIB + 512, 100 * MIB, 1000000512, 127 * GIB + 512};
    for (int f = 0; f < FORMATS; f++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            struct tri_image *image = NULL;
            char name[32];
            snprintf(name, sizeof name, "size.%s", formats[f].extension);
            char *path = path_of(name);
            assert_int_equal(make(path, TRI_IMAGE_AUTO, sizes[s], false), 0);
            assert_int_equal(qemu_size(path, formats[f].qemu), sizes[s]);
            assert_int_equal(tri_image_read(path, &image, NULL), 0);
            assert_true(image->is_complete);
            assert_int_equal(image->format, formats[f].format);
            assert_int_equal(image->virtual_size_bytes, sizes[s]);
            assert_false(image->is_fixed || image->is_child);
            assert_true(image->physical_size_bytes < 16 * MIB);
            tri_image_free(image);
            drop(path);
            free(path);
        }
    assert_int_equal(drafts(), 0);
}

static void a_fixed_image_has_all_its_blocks(void **state)
{
    NEEDS_QEMU();
    for (int f = 0; f < FORMATS; f++) {
        struct stat st;
        struct tri_image *image = NULL;
        char name[32];
        snprintf(name, sizeof name, "fixed.%s", formats[f].extension);
        char *path = path_of(name);
        assert_int_equal(make(path, formats[f].format, 20 * MIB + 512, true), 0);
        assert_int_equal(qemu_size(path, formats[f].qemu), 20 * MIB + 512);
        assert_int_equal(stat(path, &st), 0);
        assert_true((uint64_t)st.st_blocks * 512 >= 20 * MIB + 512);
        assert_int_equal(tri_image_read(path, &image, NULL), 0);
        assert_true(image->is_fixed);
        tri_image_free(image);
        drop(path);
        free(path);
    }
}

static void a_fixed_image_stays_one(void **state)
{
    static const int fixed_formats[] = {TRI_IMAGE_RAW, TRI_IMAGE_VHD, TRI_IMAGE_VHDX};
    NEEDS_QEMU();
    for (size_t i = 0; i < sizeof fixed_formats / sizeof *fixed_formats; i++) {
        struct stat st;
        char *path = path_of("stays");
        assert_int_equal(make(path, fixed_formats[i], 16 * MIB, true), 0);
        assert_int_equal(RUN(tri_image_compact(path, op, NULL, error)), TRI_STORAGE_NOT_SUPPORTED);
        assert_int_equal(RUN(tri_image_expand(path, 24 * MIB, op, NULL, error)), 0);
        assert_int_equal(stat(path, &st), 0);
        assert_true((uint64_t)st.st_blocks * 512 >= 24 * MIB);
        assert_int_equal(RUN(tri_image_compact(path, op, NULL, error)), TRI_STORAGE_NOT_SUPPORTED);
        assert_int_equal(RUN(tri_image_expand(path, 32 * MIB, op, NULL, error)), 0); /* it is known again */
        assert_int_equal(stat(path, &st), 0);
        assert_true((uint64_t)st.st_blocks * 512 >= 32 * MIB);
        drop(path);
        free(path);
    }
}

/* Full, but of no fixed size. */
static void a_full_dynamic_vhdx_stays_dynamic(void **state)
{
    NEEDS_QEMU();
    struct stat st;
    char *path = path_of("full.vhdx"), *raw = path_of("full.img");
    fill(raw, 16 * MIB);
    assert_int_equal(RUN(tri_image_convert(raw, TRI_IMAGE_VHDX, path, false, op, NULL, error)), 0);
    assert_int_equal(RUN(tri_image_expand(path, 256 * MIB, op, NULL, error)), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_true((uint64_t)st.st_blocks * 512 < 128 * MIB);
    assert_int_equal(RUN(tri_image_compact(path, op, NULL, error)), 0);
    drop(path);
    drop(raw);
    free(path);
    free(raw);
}

static void vhds_of_ours_are_sound_to_others(void **state)
{
    NEEDS_QEMU();
    char *path = path_of("sound.vhd"), *raw = path_of("sound.img");
    static const uint64_t sizes[] = {3 * MIB, 2040 * GIB};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(make(path, TRI_IMAGE_VHD, sizes[i], false), 0);
        assert_int_equal(qemu_size(path, "vpc"), sizes[i]);
        drop(path);
    }
    /* qemu fills one of ours, and reads it back */
    fill(raw, 30 * MIB);
    assert_int_equal(make(path, TRI_IMAGE_VHD, 30 * MIB, false), 0);
    assert_int_equal(TEST_PROGRAM("qemu-img", "convert", "-n", "-f", "raw", "-O", "vpc", raw, path), 0);
    assert_true(is_alike(raw, "raw", path, "vpc"));
    drop(path);
    assert_int_equal(make(path, TRI_IMAGE_VHD, 30 * MIB, true), 0);
    assert_int_equal(TEST_PROGRAM("qemu-img", "convert", "-n", "-f", "raw", "-O", "vpc", raw, path), 0);
    assert_int_equal(qemu_size(path, "vpc"), 30 * MIB);
    assert_true(is_alike(raw, "raw", path, "vpc"));
    drop(path);
    unlink(raw);
    free(path);
    free(raw);
}

static void impossible_sizes_are_refused_and_nothing_is_made(void **state)
{
    static const struct {
        const char *name;
        uint64_t size_bytes;
    } bad[] = {{"a.img", 0},           {"a.img", 1},          {"a.img", 513},         {"a.img", 1ull << 63}, {"a.img", UINT64_MAX},
               {"a.vhd", 3 * MIB - 512}, {"a.vhd", 2040 * GIB + 512}, {"a.vhdx", 3 * MIB - 512}, {"a.vhdx", 65536 * GIB + 512},
               {"a.qcow2", 1ull << 63}, {"a.img", INT64_MAX / 512 * 512}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *path = path_of(bad[i].name);
        assert_int_equal(make(path, TRI_IMAGE_AUTO, bad[i].size_bytes, false), -EINVAL);
        assert_int_not_equal(access(path, F_OK), 0);
        free(path);
    }
    char *path = path_of("a.vhd"), *other = path_of("b.qcow2");
    struct tri_image_spec spec = {.path = path, .size_bytes = 4 * MIB, .block_bytes = 3};
    assert_int_equal(create(&spec), -EINVAL);
    spec.block_bytes = 1 << 20;
    assert_int_equal(create(&spec), -EINVAL);
    spec = (struct tri_image_spec){.path = path, .size_bytes = 4 * MIB, .source_path = other};
    assert_int_equal(create(&spec), -EINVAL);
    spec = (struct tri_image_spec){.path = path, .parent_path = other};
    assert_int_equal(create(&spec), TRI_STORAGE_NOT_SUPPORTED);
    spec = (struct tri_image_spec){.path = path, .source_path = other};
    assert_int_equal(create(&spec), -ENOENT);
    spec = (struct tri_image_spec){.path = "/nowhere/at/all/a.img", .size_bytes = 4 * MIB};
    assert_int_equal(create(&spec), TRI_STORAGE_BAD_PATH);
    assert_int_equal(drafts(), 0);
    free(path);
    free(other);
}

static void a_file_that_exists_is_added_and_not_made_anew(void **state)
{
    char *path = path_of("there.img"), *known = NULL;
    fill(path, 2 * MIB);
    assert_int_equal(make(path, TRI_IMAGE_RAW, 64 * MIB, true), 0);
    struct tri_image *image = NULL;
    assert_int_equal(tri_image_read(path, &image, NULL), 0);
    assert_int_equal(image->virtual_size_bytes, 2 * MIB);
    tri_image_free(image);
    free(known);
    drop(path);
    free(path);
}

static void a_disk_that_is_full_is_said_so(void **state)
{
    char *folder = path_of("small"), *path = path_of("small/a.vhd"), *qcow = path_of("small/a.qcow2"), *source = path_of("big.img");
    NEEDS_QEMU();
    assert_int_equal(mkdir(folder, 0700), 0);
    if (TEST_PROGRAM("mount", "-t", "tmpfs", "-o", "size=4m", "none", folder) != 0) {
        rmdir(folder);
        TEST_SKIP("no tmpfs can be mounted here");
    }
    fill(source, 60 * MIB);
    int fixed = make(path, TRI_IMAGE_VHD, 64 * MIB, true);
    int raw = make(path, TRI_IMAGE_RAW, 64 * MIB, true);
    int copy = create(&(struct tri_image_spec){.path = qcow, .source_path = source});
    int is_empty = rmdir(folder) < 0 ? errno : 0;
    assert_int_equal(TEST_PROGRAM("ls", "-la", folder), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(TEST_PROGRAM("umount", folder), 0);
    assert_int_equal(rmdir(folder), 0);
    unlink(source);
    assert_int_equal(is_empty, EBUSY);
    assert_int_equal(fixed, -ENOSPC);
    assert_int_equal(raw, -ENOSPC);
    assert_int_equal(copy, -ENOSPC);
    free(folder);
    free(path);
    free(qcow);
    free(source);
}

static void names_that_mean_something_to_qemu_are_only_names(void **state)
{
    NEEDS_QEMU();
    static const char *const names[] = {"with,comma=1", "with:colon", "json:{\"driver\":\"null-co\"}", "nbd:x", "sp ace", "new\nline",
                                        "-dash", "quo\"te\\x", "per%cent%s", "fat:rw:x", "\xc3\xa4"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        char name[64];
        char *source = path_of("source.img");
        fill(source, 8 * MIB);
        for (int f = 1; f < FORMATS; f++) {
            snprintf(name, sizeof name, "%s.%s", names[n], formats[f].extension);
            char *path = path_of(name);
            snprintf(name, sizeof name, "%s.2.%s", names[n], formats[f].extension);
            char *copy = path_of(name);
            assert_int_equal(create(&(struct tri_image_spec){.path = path, .source_path = source}), 0);
            assert_int_equal(RUN(tri_image_convert(path, TRI_IMAGE_QCOW2, copy, false, op, NULL, error)), 0);
            assert_int_equal(RUN(tri_image_compact(path, op, NULL, error)), 0);
            assert_int_equal(RUN(tri_image_expand(path, 9 * MIB, op, NULL, error)), 0);
            assert_int_equal(RUN(tri_image_check(path, false, op, NULL, error)), 0);
            struct tri_image *image = NULL;
            assert_int_equal(tri_image_read(path, &image, NULL), 0);
            assert_int_equal(image->virtual_size_bytes, 9 * MIB);
            tri_image_free(image);
            drop(copy);
            assert_int_equal(tri_image_delete(path, NULL), 0);
            assert_int_not_equal(access(path, F_OK), 0);
            free(path);
            free(copy);
        }
        unlink(source);
        free(source);
    }
    assert_int_equal(drafts(), 0);
}

/* ---- detecting ---- */

static void put_bytes(const char *path, uint64_t offset_bytes, const void *data, size_t size)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(pwrite(fd, data, size, (off_t)offset_bytes), (ssize_t)size);
    close(fd);
}

static int detected(const char *path)
{
    enum tri_image_format format = TRI_IMAGE_AUTO;
    int r = tri_image_detect(path, &format, NULL);
    return r < 0 ? r : (int)format;
}

static void a_format_is_told_by_content_and_never_against_a_raw_name(void **state)
{
    NEEDS_QEMU();
    for (int f = 0; f < FORMATS; f++) {
        char *plain = path_of("noextension"), *raw = path_of("guest.img"), *said = path_of("said.qcow2");
        assert_int_equal(make(plain, formats[f].format, 4 * MIB, f == 1), 0);
        assert_int_equal(detected(plain), formats[f].format);
        assert_int_equal(rename(plain, raw), 0);
        assert_int_equal(detected(raw), TRI_IMAGE_RAW);
        assert_int_equal(rename(raw, said), 0);
        assert_int_equal(detected(said), formats[f].format == TRI_IMAGE_RAW ? TRI_STORAGE_BAD_IMAGE : (int)formats[f].format);
        unlink(said);
        drop(plain);
        free(plain);
        free(raw);
        free(said);
    }
    assert_int_equal(detected("/nowhere"), -ENOENT);
    assert_int_equal(detected("/dev/zero"), TRI_STORAGE_BAD_PATH);
    assert_int_equal(detected(test_folder()), TRI_STORAGE_BAD_PATH);
}

static void damaged_images_are_called_damaged(void **state)
{
    NEEDS_QEMU();
    unsigned seed = 7;
    for (int f = 1; f < FORMATS; f++) {
        char name[32];
        snprintf(name, sizeof name, "bad.%s", formats[f].extension);
        char *path = path_of(name), *target = path_of("copy.img");
        for (int round = 0; round < 24; round++) {
            assert_int_equal(make(path, formats[f].format, 20 * MIB, round == 1 && f == 1), 0);
            assert_int_equal(TEST_PROGRAM("qemu-io", "-c", "write -P 1 0 8M", "-f", formats[f].qemu, path), 0);
            struct stat st;
            assert_int_equal(stat(path, &st), 0);
            if (round < 4) { /* cut */
                assert_int_equal(truncate(path, (off_t[]){0, 511, 1000, 3000000}[round]), 0);
            } else { /* sprinkled with noise, extreme numbers in headers among it */
                uint8_t noise[64];
                for (size_t i = 0; i < sizeof noise; i++)
                    noise[i] = round % 2 ? 0xff : (uint8_t)rand_r(&seed);
                uint64_t limit = round < 14 ? 4096 : (uint64_t)st.st_size;
                put_bytes(path, (uint64_t)rand_r(&seed) % limit, noise, sizeof noise);
            }
            uint64_t begin_ns = tri_clock_ns();
            struct tri_image *image = NULL;
            assert_int_equal(tri_image_read(path, &image, NULL), 0);
            if (round < 4)
                assert_false(image->is_complete);
            tri_image_free(image);
            int copied = RUN(tri_image_convert(path, TRI_IMAGE_RAW, target, false, op, NULL, error));
            if (round < 4)
                assert_int_equal(copied, TRI_STORAGE_BAD_IMAGE);
            RUN(tri_image_check(path, round % 3 == 0, op, NULL, error));
            assert_true(tri_clock_ns() - begin_ns < 20 * TRI_NS_PER_SEC);
            drop(target);
            drop(path);
        }
        free(path);
        free(target);
    }
    assert_int_equal(drafts(), 0);
}

/* ---- chains ---- */

static int qcow2_over(const char *path, const char *backing, const char *format)
{
    return TEST_PROGRAM("qemu-img", "create", "-q", "-u", "-f", "qcow2", "-b", backing, "-F", format, path, "8M");
}

static void what_is_behind_an_image_must_be_a_plain_file(void **state)
{
    NEEDS_QEMU();
    static const char *const strange[] = {"nbd://127.0.0.1:1/x", "json:{\"driver\":\"null-co\",\"size\":8388608}", "/dev/zero", "/dev/null",
                                          "fat:/etc", "null-co://"};
    char *path = path_of("child.qcow2"), *target = path_of("out.img");
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        struct tri_image *image = NULL;
        assert_int_equal(qcow2_over(path, strange[i], "raw"), 0);
        assert_int_equal(RUN(tri_image_convert(path, TRI_IMAGE_RAW, target, false, op, NULL, error)), TRI_STORAGE_NOT_SUPPORTED);
        assert_int_equal(tri_image_read(path, &image, NULL), 0);
        assert_true(image->is_complete && image->is_child);
        tri_image_free(image);
        assert_int_not_equal(access(target, F_OK), 0);
        unlink(path);
    }
    assert_int_equal(qcow2_over(path, "child.qcow2", "qcow2"), 0); /* its own parent */
    assert_int_equal(RUN(tri_image_convert(path, TRI_IMAGE_RAW, target, false, op, NULL, error)), -ELOOP);
    assert_int_equal(qcow2_over(path, "gone.img", "raw"), 0);
    assert_int_equal(RUN(tri_image_convert(path, TRI_IMAGE_RAW, target, false, op, NULL, error)), -ENOENT);
    char *data = path_of("data"), *options = NULL;
    assert_true(asprintf(&options, "data_file=%s,data_file_raw=on", data) > 0);
    unlink(path);
    assert_int_equal(TEST_PROGRAM("qemu-img", "create", "-q", "-f", "qcow2", "-o", options, path, "1M"), 0);
    assert_int_equal(RUN(tri_image_convert(path, TRI_IMAGE_RAW, target, false, op, NULL, error)), TRI_STORAGE_NOT_SUPPORTED);
    unlink(data);
    free(data);
    free(options);
    unlink(path);
    free(path);
    free(target);
}

static void a_child_is_merged_into_its_parents(void **state)
{
    NEEDS_QEMU();
    char *base = path_of("base.img"), *middle = path_of("middle.qcow2"), *top = path_of("top.qcow2"), *want = path_of("want.img");
    fill(base, 8 * MIB);
    assert_int_equal(create(&(struct tri_image_spec){.path = middle, .parent_path = base}), 0);
    assert_int_equal(create(&(struct tri_image_spec){.path = top, .parent_path = middle}), 0);
    assert_int_equal(TEST_PROGRAM("qemu-io", "-c", "write -P 7 1M 2M", "-f", "qcow2", middle), 0);
    assert_int_equal(TEST_PROGRAM("qemu-io", "-c", "write -P 9 2M 2M", "-f", "qcow2", top), 0);
    struct tri_image *image = NULL;
    assert_int_equal(tri_image_read(top, &image, NULL), 0);
    assert_true(image->is_child);
    assert_string_equal(image->parent_path, middle);
    tri_image_free(image);
    assert_int_equal(RUN(tri_image_convert(top, TRI_IMAGE_RAW, want, false, op, NULL, error)), 0);
    assert_int_equal(RUN(tri_image_compact(top, op, NULL, error)), 0);
    assert_int_equal(tri_image_read(top, &image, NULL), 0);
    assert_string_equal(image->parent_path, middle);
    tri_image_free(image);
    assert_true(is_alike(top, "qcow2", want, "raw"));
    assert_int_equal(RUN(tri_image_merge(top, 0, op, NULL, error)), -EINVAL);
    assert_int_equal(RUN(tri_image_merge(top, 3, op, NULL, error)), -EINVAL);
    assert_int_equal(RUN(tri_image_merge(base, 1, op, NULL, error)), TRI_STORAGE_NOT_SUPPORTED);
    assert_int_equal(RUN(tri_image_merge(top, 1, op, NULL, error)), 0);
    assert_true(is_alike(middle, "qcow2", want, "raw"));
    assert_int_equal(RUN(tri_image_merge(top, 2, op, NULL, error)), 0);
    assert_true(is_alike(base, "raw", want, "raw"));
    drop(top);
    drop(middle);
    drop(want);
    drop(base);
    free(base);
    free(middle);
    free(top);
    free(want);
}

/* ---- changing ---- */

static void every_format_is_converted_to_every_other(void **state)
{
    NEEDS_QEMU();
    char *source = path_of("source.img");
    fill(source, 12 * MIB + 512);
    for (int from = 0; from < FORMATS; from++)
        for (int to = 0; to < FORMATS; to++)
            for (int fixed = 0; fixed < 2; fixed++) {
                char *a = path_of("from"), *b = path_of("to");
                assert_int_equal(create(&(struct tri_image_spec){.path = a, .format = formats[from].format, .source_path = source}), 0);
                assert_int_equal(RUN(tri_image_convert(a, formats[to].format, b, fixed, op, NULL, error)), 0);
                assert_true(is_alike(source, "raw", b, formats[to].qemu));
                assert_int_equal(RUN(tri_image_convert(a, formats[to].format, b, fixed, op, NULL, error)), -EEXIST);
                drop(a);
                drop(b);
                free(a);
                free(b);
            }
    unlink(source);
    free(source);
}

static void an_image_grows_and_keeps_its_content_owner_and_mode(void **state)
{
    NEEDS_QEMU();
    char *source = path_of("source.img"), *back = path_of("back.img");
    fill(source, 12 * MIB);
    for (int f = 0; f < FORMATS; f++)
        for (int fixed = 0; fixed < 2; fixed++) {
            char name[32];
            struct stat st;
            snprintf(name, sizeof name, "grow.%s", formats[f].extension);
            char *path = path_of(name);
            assert_int_equal(create(&(struct tri_image_spec){.path = path, .source_path = source, .fixed = fixed}), 0);
            assert_int_equal(chmod(path, 0640), 0);
            assert_int_equal(RUN(tri_image_expand(path, 12 * MIB, op, NULL, error)), -EINVAL);
            assert_int_equal(RUN(tri_image_expand(path, 13 * MIB + 1, op, NULL, error)), -EINVAL);
            assert_int_equal(RUN(tri_image_expand(path, 12 * MIB + 512, op, NULL, error)), 0);
            assert_int_equal(RUN(tri_image_expand(path, 40 * MIB, op, NULL, error)), 0);
            assert_int_equal(qemu_size(path, formats[f].qemu), 40 * MIB);
            assert_int_equal(stat(path, &st), 0);
            assert_int_equal(st.st_mode & 07777, 0640);
            assert_int_equal(RUN(tri_image_convert(path, TRI_IMAGE_RAW, back, false, op, NULL, error)), 0);
            assert_int_equal(truncate(source, 40 * MIB), 0);
            assert_true(is_alike(source, "raw", back, "raw"));
            assert_int_equal(truncate(source, 12 * MIB), 0);
            drop(back);
            drop(path);
            free(path);
        }
    unlink(source);
    free(source);
    free(back);
}

static _Atomic bool syncs_fail;

/* In place of the C library's. */
int fdatasync(int fd)
{
    errno = EIO;
    return syncs_fail ? -1 : fsync(fd);
}

static void a_vhd_that_cannot_grow_is_the_old_one(void **state)
{
    char *path = path_of("stays.vhd"), old[512], now[512];
    struct tri_image *image = NULL;
    assert_int_equal(make(path, TRI_IMAGE_VHD, 4 * MIB, true), 0);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(pread(fd, old, sizeof old, 4 * MIB), sizeof old);
    syncs_fail = true;
    int code = RUN(tri_image_expand(path, 8 * MIB, op, NULL, error));
    syncs_fail = false;
    assert_int_equal(code, -EIO);
    assert_int_equal(lseek(fd, 0, SEEK_END), 4 * MIB + 512);
    assert_int_equal(pread(fd, now, sizeof now, 4 * MIB), sizeof now);
    close(fd);
    assert_memory_equal(now, old, sizeof old);
    assert_int_equal(tri_image_read(path, &image, NULL), 0);
    assert_true(image->is_complete);
    assert_int_equal(image->virtual_size_bytes, 4 * MIB);
    tri_image_free(image);
    drop(path);
    free(path);
}

static void compacting_gives_back_what_holds_only_zeros(void **state)
{
    NEEDS_QEMU();
    char *source = path_of("source.img");
    fill(source, 6 * MIB);
    for (int f = 0; f < FORMATS; f++) {
        char name[32];
        struct tri_image *before = NULL, *after = NULL;
        snprintf(name, sizeof name, "compact.%s", formats[f].extension);
        char *path = path_of(name);
        assert_int_equal(make(path, formats[f].format, 64 * MIB, false), 0);
        if (f > 0) {
            assert_int_equal(TEST_PROGRAM("qemu-io", "-c", "write -P 1 0 40M", "-c", "write -P 0 4M 36M", "-f", formats[f].qemu, path), 0);
            assert_int_equal(tri_image_read(path, &before, NULL), 0);
            assert_int_equal(RUN(tri_image_compact(path, op, NULL, error)), 0);
            assert_int_equal(tri_image_read(path, &after, NULL), 0);
            assert_true(after->physical_size_bytes + 20 * MIB < before->physical_size_bytes);
            assert_int_equal(after->virtual_size_bytes, 64 * MIB);
            tri_image_free(before);
            tri_image_free(after);
        } else {
            assert_int_equal(RUN(tri_image_compact(path, op, NULL, error)), TRI_STORAGE_NOT_SUPPORTED);
        }
        drop(path);
        free(path);
    }
    char *path = path_of("snapshots.qcow2");
    assert_int_equal(make(path, TRI_IMAGE_QCOW2, 8 * MIB, false), 0);
    assert_int_equal(TEST_PROGRAM("qemu-img", "snapshot", "-c", "one", path), 0);
    assert_int_equal(RUN(tri_image_compact(path, op, NULL, error)), TRI_STORAGE_NOT_SUPPORTED);
    drop(path);
    free(path);
    unlink(source);
    free(source);
}

static void a_broken_qcow2_is_found_and_mended(void **state)
{
    NEEDS_QEMU();
    char *path = path_of("mend.qcow2");
    assert_int_equal(make(path, TRI_IMAGE_QCOW2, 8 * MIB, false), 0);
    assert_int_equal(TEST_PROGRAM("qemu-io", "-c", "write -P 1 0 1M", "-f", "qcow2", path), 0);
    assert_int_equal(RUN(tri_image_check(path, false, op, NULL, error)), 0);
    put_bytes(path, 2 * 65536, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16); /* reference counts of clusters in use */
    assert_int_equal(RUN(tri_image_check(path, false, op, NULL, error)), TRI_STORAGE_BAD_IMAGE);
    assert_int_equal(RUN(tri_image_check(path, true, op, NULL, error)), 0);
    assert_int_equal(RUN(tri_image_check(path, false, op, NULL, error)), 0);
    drop(path);
    free(path);
}

/* ---- cancelled, killed, in the way of each other ---- */

static void a_cancelled_copy_leaves_nothing_and_the_old_image_whole(void **state)
{
    NEEDS_QEMU();
    char *source = path_of("large.vhdx"), *raw = path_of("large.img"), *target = path_of("copy.qcow2");
    fill(raw, 600 * MIB);
    assert_int_equal(create(&(struct tri_image_spec){.path = source, .source_path = raw}), 0);
    for (int round = 0; round < 6; round++) {
        struct test_run run = TEST_RUN;
        struct tri_op *op = test_run_op(&run);
        int started = round % 2 ? tri_image_expand(source, 700 * MIB, op, NULL, &run.error)
                                : tri_image_convert(source, TRI_IMAGE_QCOW2, target, false, op, NULL, &run.error);
        assert_int_equal(started, 0);
        unsigned percent = (unsigned)round * 4;
        uint64_t until_ns = test_deadline_ns();
        while (tri_op_state(op) == TRI_OP_RUNNING && tri_op_percent(op) < percent && !test_pause(until_ns))
            ;
        tri_op_cancel(op);
        int code = test_run_end(&run, 0);
        assert_true(code == -ECANCELED || code == 0);
        test_run_close(&run);
        if (code == 0)
            break; /* it was faster */
        assert_int_not_equal(access(target, F_OK), 0);
        assert_int_equal(drafts(), 0);
        assert_int_equal(qemu_size(source, "vhdx"), 600 * MIB);
    }
    assert_true(is_alike(raw, "raw", source, "vhdx") || qemu_size(source, "vhdx") == 700 * MIB);
    drop(target);
    drop(source);
    unlink(raw);
    free(source);
    free(raw);
    free(target);
}

static void percent_grows_with_the_copy(void **state)
{
    NEEDS_QEMU();
    char *raw = path_of("large.img"), *target = path_of("copy.qcow2");
    fill(raw, 800 * MIB);
    struct test_run run = TEST_RUN;
    struct tri_op *op = test_run_op(&run);
    assert_int_equal(tri_image_convert(raw, TRI_IMAGE_QCOW2, target, false, op, NULL, &run.error), 0);
    unsigned last = 0, steps = 0;
    uint64_t until_ns = test_deadline_ns();
    while (tri_op_state(op) == TRI_OP_RUNNING && !test_pause(until_ns)) {
        unsigned percent = tri_op_percent(op);
        assert_true(percent >= last);
        steps += percent > last;
        last = percent;
    }
    assert_int_equal(test_run_end(&run, 0), 0);
    test_run_close(&run);
    assert_true(steps > 0); /* how many depends on how often this program was let look */
    drop(target);
    drop(raw);
    free(raw);
    free(target);
}

static void a_killed_programs_half_image_goes_with_the_next_call(void **state)
{
    NEEDS_QEMU();
    char *raw = path_of("large.img"), *target = path_of("copy.qcow2");
    fill(raw, 300 * MIB);
    for (int round = 0; round < 8; round++) {
        pid_t pid = fork();
        if (pid == 0) {
            execl("/proc/self/exe", "test-image", "--convert", raw, target, (char *)NULL);
            _exit(127);
        }
        usleep((useconds_t)(rand() % 120000));
        kill(pid, SIGKILL);
        int status;
        waitpid(pid, &status, 0);
        if (WIFEXITED(status))
            assert_int_equal(status, 0);
        /* qemu-img ends with the program; then the file goes. */
        EVENTUALLY((tri_state_sweep(), drafts() == 0));
        assert_true(WIFEXITED(status) || access(target, F_OK) != 0 || is_alike(raw, "raw", target, "qcow2"));
        drop(target);
    }
    drop(raw);
    free(raw);
    free(target);
}

static int convert_main(const char *source, const char *target)
{
    struct tri_op *op = tri_op_new();
    int r = tri_image_convert(source, TRI_IMAGE_QCOW2, target, false, op, NULL, NULL);
    if (r == 0)
        r = tri_op_wait(op, TRI_DEADLINE_NEVER);
    return r < 0 ? 1 : 0;
}

static void an_image_that_is_worked_on_says_so_and_is_left_alone(void **state)
{
    NEEDS_QEMU();
    char *raw = path_of("large.img"), *path = path_of("large.vhdx");
    fill(raw, 400 * MIB);
    assert_int_equal(create(&(struct tri_image_spec){.path = path, .source_path = raw}), 0);
    struct test_run run = TEST_RUN;
    struct tri_op *work = test_run_op(&run);
    assert_int_equal(tri_image_compact(path, work, NULL, &run.error), 0);
    uint64_t until_ns = test_deadline_ns();
    bool was_seen = false;
    while (tri_op_state(work) == TRI_OP_RUNNING && !was_seen && !test_pause(until_ns)) {
        struct tri_image *image = NULL;
        assert_int_equal(tri_image_read(path, &image, NULL), 0);
        was_seen = image->state == TRI_IMAGE_COMPACTING;
        tri_image_free(image);
    }
    if (was_seen && tri_op_state(work) == TRI_OP_RUNNING) {
        int second = RUN(tri_image_expand(path, 500 * MIB, op, NULL, error));
        int deleted = tri_image_delete(path, NULL);
        if (tri_op_state(work) == TRI_OP_RUNNING) {
            assert_int_equal(second, TRI_STORAGE_LOCKED);
            assert_int_equal(deleted, TRI_STORAGE_LOCKED);
        }
    }
    assert_int_equal(test_run_end(&run, 0), 0);
    test_run_close(&run);
    assert_true(was_seen);
    struct tri_image *image = NULL;
    assert_int_equal(tri_image_read(path, &image, NULL), 0);
    assert_int_equal(image->state, TRI_IMAGE_ADDED);
    tri_image_free(image);
    drop(path);
    drop(raw);
    free(raw);
    free(path);
}

static void an_image_another_program_writes_to_is_refused(void **state)
{
    NEEDS_QEMU();
    NEEDS_TOOL("qemu-io");
    char *path = path_of("locked.qcow2"), *copy = path_of("copy.img");
    int in[2], out[2];
    char text[256];
    assert_int_equal(make(path, TRI_IMAGE_QCOW2, 8 * MIB, false), 0);
    assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        execlp("qemu-io", "qemu-io", "-f", "qcow2", path, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(write(in[1], "length\n", 7), 7);
    assert_true(read(out[0], text, sizeof text) > 0);
    EVENTUALLY(RUN(tri_image_compact(path, op, NULL, error)) == TRI_STORAGE_IMAGE_LOCKED);
    assert_int_equal(RUN(tri_image_expand(path, 16 * MIB, op, NULL, error)), TRI_STORAGE_IMAGE_LOCKED);
    assert_int_equal(RUN(tri_image_convert(path, TRI_IMAGE_RAW, copy, false, op, NULL, error)), TRI_STORAGE_IMAGE_LOCKED);
    assert_int_equal(tri_image_delete(path, NULL), TRI_STORAGE_IMAGE_LOCKED);
    close(in[1]);
    waitpid(pid, NULL, 0);
    close(in[0]);
    close(out[0]);
    close(out[1]);
    assert_int_equal(RUN(tri_image_expand(path, 16 * MIB, op, NULL, error)), 0);
    drop(path);
    free(path);
    free(copy);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--convert") == 0)
        return convert_main(argv[2], argv[3]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_becomes_absolute_and_means_one_image),
        cmocka_unit_test(long_paths_that_begin_alike_are_two_images),
        cmocka_unit_test(an_added_image_needs_no_file_and_says_that_it_is_incomplete),
        cmocka_unit_test(every_format_has_exactly_the_size_asked_for),
        cmocka_unit_test(a_fixed_image_has_all_its_blocks),
        cmocka_unit_test(a_fixed_image_stays_one),
        cmocka_unit_test(a_full_dynamic_vhdx_stays_dynamic),
        cmocka_unit_test(vhds_of_ours_are_sound_to_others),
        cmocka_unit_test(impossible_sizes_are_refused_and_nothing_is_made),
        cmocka_unit_test(a_file_that_exists_is_added_and_not_made_anew),
        cmocka_unit_test(a_disk_that_is_full_is_said_so),
        cmocka_unit_test(names_that_mean_something_to_qemu_are_only_names),
        cmocka_unit_test(a_format_is_told_by_content_and_never_against_a_raw_name),
        cmocka_unit_test(damaged_images_are_called_damaged),
        cmocka_unit_test(what_is_behind_an_image_must_be_a_plain_file),
        cmocka_unit_test(a_child_is_merged_into_its_parents),
        cmocka_unit_test(every_format_is_converted_to_every_other),
        cmocka_unit_test(an_image_grows_and_keeps_its_content_owner_and_mode),
        cmocka_unit_test(a_vhd_that_cannot_grow_is_the_old_one),
        cmocka_unit_test(compacting_gives_back_what_holds_only_zeros),
        cmocka_unit_test(a_broken_qcow2_is_found_and_mended),
        cmocka_unit_test(a_cancelled_copy_leaves_nothing_and_the_old_image_whole),
        cmocka_unit_test(percent_grows_with_the_copy),
        cmocka_unit_test(a_killed_programs_half_image_goes_with_the_next_call),
        cmocka_unit_test(an_image_that_is_worked_on_says_so_and_is_left_alone),
        cmocka_unit_test(an_image_another_program_writes_to_is_refused),
    };
    return cmocka_run_group_tests(tests, test_storage_begin, test_storage_finish);
}
