/* What the tests of volumes share: a disk with partitions, whose table is not the engine's work, and its volumes. */
#ifndef TRI_TESTS_STORAGE_VOLUMES_H
#define TRI_TESTS_STORAGE_VOLUMES_H

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/disk.h"
#include "storage/error.h"
#include "storage/volume.h"

#define FIRST_START MIB

/* Writes a GPT with sfdisk: one partition at 1 MiB of each size, one behind the other, and makes the nodes. */
static inline void make_partitions(const struct test_disk *disk, const uint64_t *sizes, unsigned count)
{
    char script[2048];
    uint64_t start = FIRST_START;
    size_t used = (size_t)snprintf(script, sizeof script, "printf 'label: gpt\\n");
    for (unsigned i = 0; i < count; start += sizes[i++])
        used += (size_t)snprintf(script + used, sizeof script - used, "start=%llu size=%llu\\n",
                                 (unsigned long long)start / 512, (unsigned long long)sizes[i] / 512);
    snprintf(script + used, sizeof script - used, "' | sfdisk -q --no-reread --no-tell-kernel %s", disk->node);
    assert_int_equal(TEST_PROGRAM("sh", "-c", script), 0);
    start = FIRST_START;
    for (unsigned i = 0; i < count; start += sizes[i++])
        assert_int_equal(test_node_add(disk, i + 1, start, sizes[i]), 0);
}

/* The volume that starts there. */
static inline struct tri_volume_id volume_at(const struct test_disk *disk, uint64_t offset_bytes)
{
    struct tri_error error = {0};
    struct tri_disk *read = NULL;
    struct tri_volume_id id;
    if (tri_disk_read(disk->sequence, TRI_DISK_FILESYSTEMS, &read, &error) < 0)
        fail_msg("%s", error.text);
    assert_true(tri_volume_of_disk(read, offset_bytes, &id));
    tri_disk_free(read);
    return id;
}

/* A disk with one partition of the size, and some room behind it. */
static inline struct test_disk make_volume(uint64_t size_bytes, uint64_t behind_bytes, struct tri_volume_id *ret)
{
    struct test_disk disk = test_disk_make(size_bytes + behind_bytes + 2 * MIB);
    make_partitions(&disk, &size_bytes, 1);
    *ret = volume_at(&disk, FIRST_START);
    return disk;
}

/* "/dev/loop3p1" */
static inline const char *node_of(const struct test_disk *disk)
{
    static char nodes[4][80];
    static unsigned next;
    char *node = nodes[next++ % 4];
    snprintf(node, sizeof nodes[0], "%sp1", disk->node);
    return node;
}

static inline struct tri_format_spec format_spec(const struct tri_volume_id *id, const char *filesystem,
                                                 const char *label)
{
    struct tri_format_spec spec = {.volume = *id, .quick = true};
    snprintf(spec.filesystem, sizeof spec.filesystem, "%s", filesystem);
    snprintf(spec.label, sizeof spec.label, "%s", label);
    return spec;
}

/* Runs a format to its end. */
static inline int format(const struct tri_format_spec *spec, struct tri_error *ret_error)
{
    struct test_run run = TEST_RUN;
    struct tri_op *op = test_run_op(&run);
    int code = test_run_end(&run, tri_volume_format(spec, op, NULL, &run.error));
    if (ret_error)
        tri_error_move(ret_error, &run.error);
    test_run_close(&run);
    return code;
}

static inline void format_well(const struct tri_volume_id *id, const char *filesystem, const char *label)
{
    struct tri_format_spec spec = format_spec(id, filesystem, label);
    struct tri_error error = {0};
    if (format(&spec, &error) < 0)
        fail_msg("%s: %s", filesystem, error.text ? error.text : "?");
}

static inline struct tri_volume *read_volume(const struct tri_volume_id *id)
{
    struct tri_error error = {0};
    struct tri_volume *volume = NULL;
    if (tri_volume_read(id, &volume, &error) < 0)
        fail_msg("%s", error.text);
    return volume;
}

/* What kind of file system is there: "ext4", "" for none. One static buffer. */
static inline const char *type_of(const struct tri_volume_id *id)
{
    static char type[24];
    struct tri_volume *volume = read_volume(id);
    snprintf(type, sizeof type, "%s", volume->filesystem.type);
    tri_volume_free(volume);
    return type;
}

/* Can the kernel, or ntfs-3g, mount it here? */
static inline bool can_mount(const char *type)
{
    char pattern[64];
    if (strcmp(type, "ntfs") == 0)
        return test_has_tool("ntfs-3g") && TEST_PROGRAM("test", "-e", "/dev/fuse") == 0;
    snprintf(pattern, sizeof pattern, "^\t%s$", type);
    return TEST_PROGRAM("grep", "-qP", pattern, "/proc/filesystems") == 0;
}

#endif
