/* Looking whether a file system is whole, with its own tool, and repairing it where that tool can be trusted to. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "storage/events.h"
#include "storage/tool.h"
#include "storage/volume-private.h"
#include "storage/work.h"

#define E2FSCK_FIXED 3 /* bits of its exit status: errors were there and are no more */
#define E2FSCK_LEFT 4

struct check {
    struct tri_volume_id id;
    bool repair;
};

static int dirty(const struct tri_volume_place *place, const char *what_to_do, struct tri_error *error)
{
    return tri_error_set(error, TRI_STORAGE_DIRTY, place->node, "The %s on %s has errors; %s.", place->filesystem->type,
                         place->node, what_to_do);
}

/* ---- ext ---- */

/* "pass current max device", by e2fsck -C. */
static void see_pass(void *data, const char *line)
{
    static const unsigned ends[] = {0, 70, 90, 92, 95, 100};
    const struct tri_fsck *fsck = data;
    unsigned pass;
    unsigned long long done, max;
    if (sscanf(line, "%u %llu %llu ", &pass, &done, &max) != 3 || pass < 1 || pass > 5 || max == 0)
        return;
    double part = done < max ? (double)done / (double)max : 1;
    uint64_t percent = (uint64_t)(ends[pass - 1] + part * (ends[pass] - ends[pass - 1]));
    tri_work_step(fsck->op, fsck->begin_percent, fsck->end_percent, percent, 100, "checking");
}

int tri_fsck_ext(const struct tri_fsck *fsck, const char *mode, struct tri_error *error)
{
    const char *const argv[] = {"e2fsck", "-f", mode, "-C", "1", fsck->place->node, NULL};
    struct tri_tool tool = {.argv = argv, .op = fsck->op, .line = see_pass, .data = (void *)fsck, .fds = fsck->fds,
                            .fd_count = fsck->fd_count};
    int status, r = tri_tool_run(&tool, &status, error);
    if (r < 0)
        return r;
    if ((status & ~E2FSCK_FIXED) == 0)
        return 0;
    if (!(status & E2FSCK_LEFT))
        return tri_error_set(error, TRI_STORAGE_TOOL_FAILED, fsck->place->node,
                             "e2fsck could not check %s (status %d).", fsck->place->node, status);
    return dirty(fsck->place, strcmp(mode, "-y") == 0 ? "not all could be repaired" : "have them repaired", error);
}

static int check_ext(const struct tri_fsck *fsck, bool repair, struct tri_error *error)
{
    return tri_fsck_ext(fsck, repair ? "-y" : "-n", error);
}

/* ---- the others ---- */

/* Runs a tool and puts its exit status in *ret_status. */
static int run(const struct tri_fsck *fsck, const char *const *argv, int *ret_status, struct tri_error *error)
{
    struct tri_tool tool = {.argv = argv, .op = fsck->op, .fds = fsck->fds, .fd_count = fsck->fd_count};
    return tri_tool_run(&tool, ret_status, error);
}

/* Any exit status but 0 means errors. */
static int run_strictly(const struct tri_fsck *fsck, const char *const *argv, const char *what_to_do,
                        struct tri_error *error)
{
    int status, r = run(fsck, argv, &status, error);
    return r < 0 ? r : status ? dirty(fsck->place, what_to_do, error) : 0;
}

static int check_xfs(const struct tri_fsck *fsck, bool repair, struct tri_error *error)
{
    const char *node = fsck->place->node;
    const char *const look[] = {"xfs_repair", "-n", node, NULL}, *const mend[] = {"xfs_repair", node, NULL};
    if (!repair)
        return run_strictly(fsck, look, "have them repaired", error);
    return run_strictly(fsck, mend, "where its log is not empty, mount and unmount it first", error);
}

static int check_btrfs(const struct tri_fsck *fsck, bool repair, struct tri_error *error)
{
    const char *const look[] = {"btrfs", "check", "--readonly", fsck->place->node, NULL};
    return run_strictly(fsck, look, repair ? "btrfs is not repaired without somebody who looks: see btrfs-check(8)"
                                           : "see btrfs-check(8)", error);
}

static int check_fat(const struct tri_fsck *fsck, bool repair, struct tri_error *error)
{
    const char *node = fsck->place->node;
    const char *const look[] = {"fsck.fat", "-n", node, NULL}, *const mend[] = {"fsck.fat", "-a", node, NULL};
    int status, r = repair ? run(fsck, mend, &status, error) : 0;
    return r < 0 ? r : run_strictly(fsck, look, repair ? "not all could be repaired" : "have them repaired", error);
}

static int check_exfat(const struct tri_fsck *fsck, bool repair, struct tri_error *error)
{
    const char *node = fsck->place->node;
    const char *const look[] = {"fsck.exfat", "-n", node, NULL}, *const mend[] = {"fsck.exfat", "-y", node, NULL};
    int status, r = repair ? run(fsck, mend, &status, error) : 0;
    return r < 0 ? r : run_strictly(fsck, look, repair ? "not all could be repaired" : "have them repaired", error);
}

/* ntfsresize's survey is the check that counts every cluster; without -f it minds the flag that asks for chkdsk too. */
static int check_ntfs(const struct tri_fsck *fsck, bool repair, struct tri_error *error)
{
    const char *node = fsck->place->node;
    const char *const survey[] = {"ntfsresize", "--info", "--no-progress-bar", node, NULL};
    const char *const mend[] = {"ntfsfix", "-d", node, NULL};
    int status, r = repair ? run(fsck, mend, &status, error) : 0;
    return r < 0 ? r
                 : run_strictly(fsck, survey, repair ? "chkdsk on Windows may mend it" : "have them repaired", error);
}

/* ---- the operation ---- */

static int check_kind(const struct tri_fsck *fsck, bool repair, struct tri_error *error)
{
    static const struct {
        const char *type;
        int (*check)(const struct tri_fsck *fsck, bool repair, struct tri_error *error);
    } checks[] = {{"ext2", check_ext}, {"ext3", check_ext}, {"ext4", check_ext},   {"xfs", check_xfs},
                  {"btrfs", check_btrfs}, {"vfat", check_fat}, {"exfat", check_exfat}, {"ntfs", check_ntfs}};
    const char *type = fsck->place->filesystem->type;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (strcmp(type, checks[i].type) == 0)
            return checks[i].check(fsck, repair, error);
    if (!*type)
        return tri_error_set(error, TRI_STORAGE_NO_FILESYSTEM, fsck->place->node, "There is no file system on %s.",
                             fsck->place->node);
    return tri_error_set(error, TRI_STORAGE_NOT_SUPPORTED, fsck->place->node, "There is no check for %s.", type);
}

static int check_run(struct tri_op *op, void *request, void **ret_value, struct tri_error *error)
{
    const struct check *check = request;
    TRI_AUTO_VOLUME_HELD struct tri_volume_held held = TRI_VOLUME_HELD_NONE;
    int r = tri_volume_hold(&check->id, TRI_HOLD_FILESYSTEMS, &held, error);
    if (r == 0)
        r = tri_guard_free(&held.lock, false, NULL, error);
    if (r < 0)
        return r;
    const int fds[] = {held.lock.disk_fd, held.lock.partition_fd};
    struct tri_fsck fsck = {.place = &held.place, .op = op, .end_percent = 99, .fds = fds,
                            .fd_count = held.lock.partition_fd >= 0 ? 2 : 1};
    r = check_kind(&fsck, check->repair, error);
    if (check->repair)
        tri_volume_tell(&check->id, TRI_EVENT_FILESYSTEM_MODIFY, 0);
    return r;
}

static const char *check_left(const void *request)
{
    return ((const struct check *)request)->repair ? "the volume may be repaired in part only, so repair it again"
                                                   : "nothing was changed";
}

static const struct tri_work_kind check_work = {
    .name = "check", .run = check_run, .free_request = free, .left = check_left};

int tri_volume_check(const struct tri_volume_id *id, bool repair, struct tri_op *op, const struct tri_op_tag *tag,
                     struct tri_error *error)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    struct tri_volume_place place;
    int r = tri_disk_read(id->sequence, 0, &disk, error);
    if (r == 0)
        r = tri_volume_find(disk, id, &place, error);
    if (r < 0)
        return r;
    struct check *check = malloc(sizeof *check);
    if (!check)
        return tri_error_no_memory(error);
    *check = (struct check){*id, repair};
    r = tri_work_submit(&check_work, check, op, tag);
    return r < 0 ? tri_error_set(error, r, NULL, "Cannot start the check: %s.", strerror(-r)) : 0;
}
