/* What the tests of src/storage share: disks to ruin (loop devices over sparse files, made without a line of the engine
 * under test), operations run to their end, and the ending that every program has: nothing is left.
 *
 *     static void a_disk_can_be_initialized(void **state)
 *     {
 *         NEEDS_LOOP();
 *         struct test_disk disk = test_disk_make(64 * MIB);
 *         assert_int_equal(tri_disk_initialize(disk.sequence, TRI_STYLE_GPT, NULL), 0);
 *         struct test_run run = TEST_RUN;
 *         assert_int_equal(test_run_end(&run, tri_partition_create(&spec, test_run_op(&run), NULL, &run.error)), 0);
 *         struct tri_partition_result *made = run.value;
 *         ...
 *         test_run_close(&run);
 *         test_disk_drop(&disk);
 *     }
 *     int main(void) { ... return cmocka_run_group_tests(tests, test_storage_begin, test_storage_finish); }
 */
#ifndef TRI_TESTS_STORAGE_SUPPORT_H
#define TRI_TESTS_STORAGE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op/op.h"

#define KIB (1ull << 10)
#define MIB (1ull << 20)
#define GIB (1ull << 30)
#define TEST_PATIENCE_MS 30000 /* no wait of a test is longer */

/* NULL, or why loop devices cannot be used here. */
const char *test_cannot_loop(void);

#define TEST_SKIP(why)                                                                                                 \
    do {                                                                                                               \
        print_message("# skipped: %s\n", why);                                                                         \
        skip();                                                                                                        \
    } while (0)
#define NEEDS_LOOP()                                                                                                   \
    do {                                                                                                               \
        const char *why_ = test_cannot_loop();                                                                         \
        if (why_)                                                                                                      \
            TEST_SKIP(why_);                                                                                           \
    } while (0)
/* Skips where a program is not installed (looked for in PATH, /usr/sbin and /sbin). */
bool test_has_tool(const char *name);
#define NEEDS_TOOL(name)                                                                                               \
    do {                                                                                                               \
        if (!test_has_tool(name))                                                                                      \
            TEST_SKIP(name " is not installed");                                                                       \
    } while (0)

/* Group set-up and tear-down of every program: a fresh folder for images, a runtime folder of its own
 * (TRIREME_RUNTIME_DIR), and at the end the proof that no loop device, mount, record, operation or descriptor is left. */
int test_storage_begin(void **state);
int test_storage_finish(void **state);
const char *test_folder(void);  /* "/tmp/trireme-test-XXXXXX": files and mount points go here */
const char *test_runtime(void); /* the runtime folder, below it */
/* A path in the test folder, printf-like; one of 8 static buffers in turn. */
const char *test_path(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A sparse file shown as a loop device. */
struct test_disk {
    char image[256]; /* the file */
    char name[32];   /* "loop3" */
    char node[64];   /* "/dev/loop3" */
    int fd;          /* the loop device, open for reading and writing; -1: detached */
    uint64_t sequence, size_bytes;
};
struct test_disk test_disk_make(uint64_t size_bytes);
struct test_disk test_disk_make_sectors(uint64_t size_bytes, uint32_t sector_bytes); /* 512, 1024, 2048, 4096 */
/* Shows an existing file; read_only as said. test_disk_drop leaves it where it is not in the test folder. */
struct test_disk test_disk_attach(const char *image, uint32_t sector_bytes, bool read_only);
/* Removes partition nodes, the loop device and the file. Unmounts nothing: a test that leaves a mount fails here. */
void test_disk_drop(struct test_disk *disk);
/* Only the loop device goes; the file and, where keep_nodes, stale partition nodes stay. */
void test_disk_detach(struct test_disk *disk, bool keep_nodes);
/* The same, and never an assertion: for disks another process made or a failed test left. false: it is still there. */
bool test_loop_clear(const char *name);

/* The kernel's partitions of it, as /sys has them: how many there are, and one of them (false: it has none such). */
unsigned test_node_count(const char *disk_name);
bool test_node(const char *disk_name, unsigned number, char node[64], uint64_t *ret_start_bytes,
               uint64_t *ret_size_bytes); /* node: "/dev/loop3p1"; outputs may be NULL */
/* Makes a node by BLKPG, without the engine. */
int test_node_add(const struct test_disk *disk, unsigned number, uint64_t start_bytes, uint64_t size_bytes);

/* Bytes of the device, past every cache that could lie. */
void test_disk_read(const struct test_disk *disk, uint64_t offset_bytes, void *data, size_t size);
void test_disk_write(const struct test_disk *disk, uint64_t offset_bytes, const void *data, size_t size);
/* Are all bytes of the range zero? */
bool test_disk_is_zero(const struct test_disk *disk, uint64_t offset_bytes, uint64_t size_bytes);

/* One operation, run to its end. */
struct test_run {
    struct tri_op *op;
    struct tri_error error; /* filled by the start, or copied from the result */
    int code;               /* of the start where that failed, else of the result */
    bool was_started;
    void *value; /* the operation's; lives until test_run_close or the next start */
};
#define TEST_RUN                                                                                                       \
    {                                                                                                                  \
        0                                                                                                              \
    }
struct tri_op *test_run_op(struct test_run *run); /* makes it at the first call; forgets the run before */
/* Waits for what was started; returns run->code. started: what the starting function answered. */
int test_run_end(struct test_run *run, int started);
void test_run_close(struct test_run *run);

/* Runs a program, argv NULL-ended, its output thrown away (but into *ret_output, if not NULL: newly allocated). The
 * exit status, 127 where it cannot be started, 128 + signal. */
int test_program(const char *const *argv, char **ret_output);
#define TEST_PROGRAM(...) test_program((const char *const[]){__VA_ARGS__, NULL}, NULL)

/* Is something mounted at the path / from the device? By this process's mountinfo. */
bool test_is_mounted_at(const char *path);
bool test_is_mounted_from(const char *node);

/* Until a condition holds that nobody announces. */
#define EVENTUALLY(condition)                                                                                          \
    do {                                                                                                               \
        uint64_t until_ns_ = test_deadline_ns();                                                                       \
        bool is_so_; /* looked at once: what is true now may not be the next time */                                   \
        while (!(is_so_ = (condition)) && !test_pause(until_ns_))                                                      \
            ;                                                                                                          \
        assert_true(is_so_);                                                                                           \
    } while (0)
uint64_t test_deadline_ns(void);
bool test_pause(uint64_t until_ns); /* a millisecond; true: it is past until_ns */

#endif
