/* Where volumes are mounted. A drive letter is a folder, <runtime folder>/drives/X: what is mounted there says whose it
 * is, so that no record can disagree with it. What a dismount must be able to undo is recorded (TRI_STATE_PATHS). */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/runtime-folder.h"
#include "storage/mount.h"
#include "storage/state.h"
#include "storage/volume-private.h"

#define LETTER_TEXT_SIZE 4 /* "X:\" */

struct paths {
    char **items;
    size_t count;
};

static void paths_clear(struct paths *paths)
{
    tri_mount_points_free(paths->items, paths->count);
    *paths = (struct paths){0};
}
#define AUTO_PATHS __attribute__((cleanup(paths_clear)))

/* Of a mount that is to come back, it is kept with its path which subvolume of a Btrfs was there: "/srv///@srv", for no
 * mount point has two slashes in a row. */
#define SUBVOLUME_MARK "//"

static size_t path_length(const char *item)
{
    const char *mark = strstr(item, SUBVOLUME_MARK);
    return mark ? (size_t)(mark - item) : strlen(item);
}

static bool is_same_path(const char *a, const char *b)
{
    return path_length(a) == path_length(b) && strncmp(a, b, path_length(a)) == 0;
}

/* What is mounted at the path, newly allocated; NULL: no memory. */
static char *describe_mount(const char *path)
{
    TRI_AUTO_FREE char *subvolume = tri_mount_subvolume(path);
    char *item;
    if (!subvolume)
        return strdup(path);
    return asprintf(&item, "%s" SUBVOLUME_MARK "%s", path, subvolume) < 0 ? NULL : item;
}

static bool paths_have(const struct paths *paths, const char *path)
{
    for (size_t i = 0; i < paths->count; i++)
        if (is_same_path(paths->items[i], path))
            return true;
    return false;
}

static int paths_add(struct paths *paths, const char *path)
{
    if (paths_have(paths, path))
        return 0;
    char **grown = realloc(paths->items, (paths->count + 1) * sizeof *grown);
    if (!grown)
        return -ENOMEM;
    paths->items = grown;
    if (!(grown[paths->count] = strdup(path)))
        return -ENOMEM;
    paths->count++;
    return 0;
}

/* Those of a newline-separated list. */
static int paths_split(struct paths *paths, const char *list)
{
    TRI_AUTO_FREE char *copy = strdup(list ? list : "");
    char *rest = NULL;
    if (!copy)
        return -ENOMEM;
    for (char *path = strtok_r(copy, "\n", &rest); path; path = strtok_r(NULL, "\n", &rest))
        if (path[0] == '/' && paths_add(paths, path) < 0)
            return -ENOMEM;
    return 0;
}

static char *paths_join(const struct paths *paths, const char *without)
{
    size_t size = 1, at = 0;
    for (size_t i = 0; i < paths->count; i++)
        size += strlen(paths->items[i]) + 1;
    char *list = malloc(size);
    for (size_t i = 0; list && i < paths->count; i++)
        if (!without || !is_same_path(paths->items[i], without))
            at += (size_t)sprintf(list + at, "%s\n", paths->items[i]);
    if (list)
        list[at] = '\0';
    return list;
}

/* ---- letters ---- */

int tri_letter_folder(bool make, char **ret_path, struct tri_error *error)
{
    TRI_AUTO_FREE char *runtime = NULL, *drives = NULL;
    int r = tri_runtime_folder(&runtime, error);
    if (r < 0)
        return r;
    if (asprintf(&drives, "%s/drives", runtime) < 0) {
        drives = NULL;
        return tri_error_no_memory(error);
    }
    if (make) {
        if ((r = tri_folder_make(AT_FDCWD, drives, 0755)) < 0)
            return tri_error_set(error, r, drives, "Cannot make the folder %s: %s.", drives, strerror(-r));
        TRI_AUTO_CLOSE int fd = tri_private_folder_open(AT_FDCWD, runtime, runtime, error);
        if (fd < 0)
            return fd;
    }
    char *canonical = realpath(drives, NULL);
    *ret_path = canonical ? canonical : TRI_TAKE(drives);
    return 0;
}

char tri_letter_of_path(const char *path, const char *drives)
{
    size_t length = strlen(drives);
    bool below = strncmp(path, drives, length) == 0 && path[length] == '/' && path[length + 1] && !path[length + 2];
    char letter = below ? path[length + 1] : '\0';
    return letter >= 'A' && letter <= 'Z' ? letter : '\0';
}

/* Does the text ask for a letter? Then which one: upper case, or '\0' for one that there is not. */
static bool is_letter_text(const char *text, char *ret_letter)
{
    if (!text[0] || text[1] != ':' || (text[2] && (text[2] != '\\' || text[3])))
        return false;
    *ret_letter = isascii(text[0]) && isalpha((unsigned char)text[0]) ? (char)toupper((unsigned char)text[0]) : '\0';
    return true;
}

static int bad_path(const char *path, const char *why, struct tri_error *error)
{
    return tri_error_set(error, TRI_STORAGE_BAD_PATH, path, "\"%.300s\" cannot be an access path: %s.", path, why);
}

/* The mount point that an access path means; newly allocated. make: the letter's folder is made. */
static int resolve_path(const char *text, bool make, char **ret_path, struct tri_error *error)
{
    TRI_AUTO_FREE char *drives = NULL, *path = NULL;
    char letter;
    if (!text || strnlen(text, PATH_MAX) >= PATH_MAX)
        return bad_path(text ? "..." : "", "it is too long, or none", error);
    if (is_letter_text(text, &letter)) {
        if (!letter)
            return tri_error_set(error, TRI_STORAGE_BAD_LETTER, text, "\"%s\" is no drive letter; they are A to Z.",
                                 text);
        int r = tri_letter_folder(make, &drives, error);
        if (r < 0)
            return r;
        if (asprintf(&path, "%s/%c", drives, letter) < 0) {
            path = NULL;
            return tri_error_no_memory(error);
        }
        if (make && (r = tri_folder_make(AT_FDCWD, path, 0755)) < 0)
            return tri_error_set(error, r, path, "Cannot make the folder %s: %s.", path, strerror(-r));
        *ret_path = TRI_TAKE(path);
        return 0;
    }
    if (text[0] != '/')
        return bad_path(text, "it is neither absolute nor a drive letter", error);
    if (strchr(text, '\n'))
        return bad_path(text, "it has a line break", error);
    if (!(path = realpath(text, NULL)))
        return errno == ENOMEM ? tri_error_no_memory(error) : bad_path(text, strerror(errno), error);
    *ret_path = TRI_TAKE(path);
    return 0;
}

static bool is_mount_point(const char *path)
{
    struct stat about;
    TRI_AUTO_FREE char *parent = NULL;
    struct stat above;
    if (asprintf(&parent, "%s/..", path) < 0) {
        parent = NULL;
        return false;
    }
    return stat(path, &about) == 0 && stat(parent, &above) == 0 &&
           (about.st_dev != above.st_dev || about.st_ino == above.st_ino);
}

static int cannot_open_folder(const char *path, struct tri_error *error)
{
    if (errno == EACCES || tri_code_is_passing(-errno))
        return tri_error_set(error, -errno, path, "Cannot read the folder %s: %m.", path);
    return bad_path(path, strerror(errno), error);
}

static int check_empty(const char *path, struct tri_error *error)
{
    int code;
    TRI_AUTO_DIR DIR *folder = opendir(path);
    if (!folder)
        return cannot_open_folder(path, error);
    if (tri_folder_next(folder, &code))
        return tri_error_set(error, -ENOTEMPTY, path, "The folder %s is not empty.", path);
    return code < 0 ? tri_error_set(error, code, path, "Cannot read the folder %s: %s.", path, strerror(-code)) : 0;
}

/* An empty folder that nothing is mounted at, and that nobody else mounts at while the descriptor is kept. */
static int claim_folder(const char *path, int *ret_fd, struct tri_error *error)
{
    struct stat ours, there;
    TRI_AUTO_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return cannot_open_folder(path, error);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        return tri_error_set(error, TRI_STORAGE_LOCKED, path,
                             "Another volume is being mounted at %s at this moment: try again when that is done.",
                             path);
    if (fstat(fd, &ours) < 0 || stat(path, &there) < 0 || ours.st_dev != there.st_dev || ours.st_ino != there.st_ino)
        return tri_error_set(error, -ENOTEMPTY, path, "Something is mounted at %s already.", path);
    int r = check_empty(path, error);
    if (r == 0)
        *ret_fd = tri_take_fd(&fd);
    return r;
}

/* ---- one volume's mounts ---- */

/* A look at a volume: its disk is read, nothing is locked. */
struct look {
    struct tri_disk *disk;
    struct tri_volume_place place;
    struct paths mounted; /* innermost first */
};

static void look_clear(struct look *look)
{
    tri_disk_free(look->disk);
    paths_clear(&look->mounted);
}
#define AUTO_LOOK __attribute__((cleanup(look_clear)))

static int look_at(const struct tri_volume_id *id, struct look *look, struct tri_error *error)
{
    int r = tri_disk_read(id->sequence, 0, &look->disk, error);
    if (r == 0)
        r = tri_volume_find(look->disk, id, &look->place, error);
    if (r == 0 && *look->place.node)
        r = tri_mount_points(look->place.device, look->place.node, TRI_MOUNTS_WHOLE, &look->mounted.items,
                             &look->mounted.count, error);
    return r;
}

static int read_recorded(const struct tri_volume_id *id, struct paths *paths)
{
    char name[TRI_UUID_TEXT_SIZE];
    TRI_AUTO_FREE char *text = NULL;
    tri_uuid_text(&id->id, name);
    int r = tri_state_get(TRI_STATE_PATHS, name, &text);
    return r == -ENOENT ? 0 : r < 0 ? r : paths_split(paths, text);
}

static int write_recorded(const struct tri_volume_id *id, const struct paths *paths, const char *without,
                          struct tri_error *error)
{
    char name[TRI_UUID_TEXT_SIZE];
    TRI_AUTO_FREE char *text = paths_join(paths, without);
    tri_uuid_text(&id->id, name);
    if (!text)
        return tri_error_no_memory(error);
    if (*text)
        return tri_state_put(TRI_STATE_PATHS, name, text, error);
    int r = tri_state_remove(TRI_STATE_PATHS, name);
    return r < 0 ? tri_error_set(error, r, NULL, "Cannot remove a record: %s.", strerror(-r)) : 0;
}

void tri_letter_forget(const struct tri_volume_id *id)
{
    char name[TRI_UUID_TEXT_SIZE];
    tri_uuid_text(&id->id, name);
    tri_state_remove(TRI_STATE_PATHS, name);
    tri_state_remove(TRI_STATE_OFFLINE_VOLUME, name);
}

int tri_letter_unmount(const char *path, bool lazy, struct tri_error *error)
{
    TRI_AUTO_FREE char *drives = NULL;
    struct tri_error busy = {0};
    int r = tri_mount_remove(path, false, &busy);
    if (r == TRI_STORAGE_IN_USE && lazy)
        r = tri_mount_remove(path, true, error);
    else if (r < 0 && error)
        tri_error_move(error, &busy);
    tri_error_clear(&busy);
    if (r == 0 && tri_letter_folder(false, &drives, NULL) == 0 && tri_letter_of_path(path, drives))
        rmdir(path);
    return r;
}

bool tri_letter_is_read_only(const struct tri_disk *disk, const struct tri_partition *partition)
{
    return disk->is_read_only || (disk->style == TRI_STYLE_GPT && partition && partition->attributes & 1ull << 60);
}

/* While somebody formats, checks or resizes it, it is locked. The descriptor is kept open while we mount. */
static int share_lock(const char *node, int *ret_fd, struct tri_error *error)
{
    TRI_AUTO_CLOSE int fd = open(node, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return tri_error_set(error, errno == EACCES || errno == EPERM ? -EACCES : TRI_STORAGE_GONE, node,
                             "Cannot open %s: %s.", node, strerror(errno));
    if (flock(fd, LOCK_SH | LOCK_NB) < 0)
        return tri_error_set(error, TRI_STORAGE_LOCKED, node, "Another operation works on %s at the moment.", node);
    *ret_fd = tri_take_fd(&fd);
    return 0;
}

int tri_letter_remount(const struct tri_volume_place *place, bool read_only, const char *list, struct tri_error *error)
{
    AUTO_PATHS struct paths paths = {0};
    TRI_AUTO_FREE char *drives = NULL;
    int first = 0;
    if (paths_split(&paths, list) < 0 || tri_letter_folder(false, &drives, NULL) < 0)
        return tri_error_no_memory(error);
    for (size_t i = paths.count; i-- > 0;) { /* outermost first */
        char *path = paths.items[i], *mark = strstr(path, SUBVOLUME_MARK);
        const char *subvolume = mark ? mark + strlen(SUBVOLUME_MARK) : NULL;
        path[path_length(path)] = '\0';
        if (tri_letter_of_path(path, drives))
            tri_folder_make(AT_FDCWD, path, 0755);
        int r = tri_mount_also(place->device, place->node, read_only, path, subvolume, first ? NULL : error);
        first = first ? first : r;
    }
    return first;
}

int tri_letter_record(const struct tri_volume_id *id, const char *list, struct tri_error *error)
{
    AUTO_PATHS struct paths paths = {0};
    if (read_recorded(id, &paths) < 0 || paths_split(&paths, list) < 0)
        return tri_error_no_memory(error);
    return write_recorded(id, &paths, NULL, error);
}

/* ---- access paths ---- */

int tri_volume_add_path(const struct tri_volume_id *id, const char *text, struct tri_error *error)
{
    AUTO_LOOK struct look look = {0};
    TRI_AUTO_FREE char *path = NULL;
    TRI_AUTO_CLOSE int lock_fd = -1, folder_fd = -1;
    char letter = '\0';
    int r = look_at(id, &look, error);
    if (r == 0)
        r = resolve_path(text, false, &path, error);
    if (r < 0)
        return r;
    if (paths_have(&look.mounted, path))
        return tri_error_set(error, -EALREADY, path, "%s is mounted at %s already.", look.place.node, path);
    if (look.disk->is_offline || tri_volume_is_offline(id))
        return tri_error_set(error, TRI_STORAGE_OFFLINE, look.place.node,
                             "The volume is offline; bring it online first.");
    if (!*look.place.node)
        return tri_error_set(error, TRI_STORAGE_GONE, NULL, "The partition has no device node.");
    if (is_letter_text(text, &letter) && is_mount_point(path))
        return tri_error_set(error, TRI_STORAGE_LETTER_TAKEN, text, "The drive letter %c is another volume's.", letter);
    if (letter) {
        free(TRI_TAKE(path));
        r = resolve_path(text, true, &path, error);
    } else if (is_mount_point(path)) {
        return tri_error_set(error, -ENOTEMPTY, path, "Something is mounted at %s already.", path);
    }
    if (r == 0)
        r = claim_folder(path, &folder_fd, error);
    if (r == 0)
        r = share_lock(look.place.node, &lock_fd, error);
    if (r == 0)
        r = tri_mount_also(look.place.device, look.place.node,
                           tri_letter_is_read_only(look.disk, look.place.partition), path, NULL, error);
    if (r < 0 && letter && folder_fd >= 0) /* else it may be another one's */
        rmdir(path);
    return r;
}

int tri_volume_delete_path(const struct tri_volume_id *id, const char *text, bool force, struct tri_error *error)
{
    AUTO_LOOK struct look look = {0};
    AUTO_PATHS struct paths recorded = {0};
    TRI_AUTO_FREE char *path = NULL;
    int r = look_at(id, &look, error);
    if (r == 0)
        r = resolve_path(text, false, &path, error);
    if (r == 0 && read_recorded(id, &recorded) < 0)
        r = tri_error_no_memory(error);
    if (r < 0)
        return r;
    bool is_recorded = paths_have(&recorded, path);
    if (!paths_have(&look.mounted, path) && !is_recorded)
        return bad_path(text, "the volume is not mounted there", error);
    if (paths_have(&look.mounted, path) && (r = tri_letter_unmount(path, force, error)) < 0)
        return r;
    return is_recorded ? write_recorded(id, &recorded, path, error) : 0;
}

static int compare_letters_first(const void *a, const void *b)
{
    const char *left = *(char *const *)a, *right = *(char *const *)b;
    if ((left[0] == '/') != (right[0] == '/'))
        return left[0] == '/' ? 1 : -1;
    return strcmp(left, right);
}

int tri_volume_paths(const struct tri_volume_id *id, char ***ret_paths, size_t *ret_count, struct tri_error *error)
{
    AUTO_LOOK struct look look = {0};
    TRI_AUTO_FREE char *drives = NULL;
    int r = look_at(id, &look, error);
    if (r == 0)
        r = tri_letter_folder(false, &drives, error);
    if (r < 0)
        return r;
    if (read_recorded(id, &look.mounted) < 0)
        return tri_error_no_memory(error);
    for (size_t i = 0; i < look.mounted.count; i++) {
        look.mounted.items[i][path_length(look.mounted.items[i])] = '\0';
        char letter = tri_letter_of_path(look.mounted.items[i], drives);
        if (letter) /* the text is longer than the letter's */
            snprintf(look.mounted.items[i], LETTER_TEXT_SIZE, "%c:\\", letter);
    }
    if (look.mounted.count)
        qsort(look.mounted.items, look.mounted.count, sizeof(char *), compare_letters_first);
    *ret_paths = look.mounted.items;
    *ret_count = look.mounted.count;
    look.mounted = (struct paths){0};
    return 0;
}

/* ---- dismount, mount, offline ---- */

/* Unmounts all of these; the access paths among them that were unmounted before a failure are mounted again. */
static int unmount_all(const struct look *look, const struct paths *all, bool lazy, struct tri_error *error)
{
    AUTO_PATHS struct paths done = {0};
    int r = 0;
    for (size_t i = 0; i < all->count && r == 0; i++) {
        TRI_AUTO_FREE char *item = describe_mount(all->items[i]);
        r = item ? tri_letter_unmount(all->items[i], lazy, error) : tri_error_no_memory(error);
        if (r == 0 && paths_have(&look->mounted, item) && paths_add(&done, item) < 0)
            r = tri_error_no_memory(error);
    }
    if (r < 0 && done.count) {
        TRI_AUTO_FREE char *list = paths_join(&done, NULL);
        tri_letter_remount(&look->place, tri_letter_is_read_only(look->disk, look->place.partition), list, NULL);
    }
    return r;
}

/* Where it is mounted, a mount of a folder in it too. Those are nobody's to take away unless forced, for nothing could
 * bring them back. */
static int find_all(const struct look *look, bool force, struct paths *all, struct tri_error *error)
{
    int r = *look->place.node ? tri_mount_points(look->place.device, look->place.node, TRI_MOUNTS_ALL, &all->items,
                                                 &all->count, error)
                              : 0;
    for (size_t i = 0; r == 0 && !force && i < all->count; i++)
        if (!paths_have(&look->mounted, all->items[i]))
            r = tri_error_set(error, TRI_STORAGE_IN_USE, all->items[i],
                              "A folder of %s is mounted at %s: unmount it first.", look->place.node, all->items[i]);
    return r;
}

/* Has it any mount, one of a folder in it too? */
static bool is_held(const struct look *look)
{
    AUTO_PATHS struct paths all = {0};
    return find_all(look, true, &all, NULL) < 0 || all.count > 0;
}

/* Unmounts it and remembers where it was. */
static int unmount_and_record(const struct tri_volume_id *id, struct look *look, bool lazy, struct tri_error *error)
{
    AUTO_PATHS struct paths recorded = {0}, all = {0};
    if (read_recorded(id, &recorded) < 0)
        return tri_error_no_memory(error);
    for (size_t i = 0; i < look->mounted.count; i++) {
        TRI_AUTO_FREE char *item = describe_mount(look->mounted.items[i]);
        if (!item || paths_add(&recorded, item) < 0)
            return tri_error_no_memory(error);
    }
    int r = find_all(look, lazy, &all, error);
    if (r == 0)
        r = unmount_all(look, &all, lazy, error);
    return r < 0 ? r : write_recorded(id, &recorded, NULL, error);
}

static int set_offline(const struct tri_volume_id *id, struct tri_error *error)
{
    char name[TRI_UUID_TEXT_SIZE];
    tri_uuid_text(&id->id, name);
    return tri_state_put(TRI_STATE_OFFLINE_VOLUME, name, "", error);
}

static int refuse_system(const struct look *look, struct tri_error *error)
{
    if (!look->disk->is_system)
        return 0;
    return tri_error_set(error, TRI_STORAGE_SYSTEM, look->place.node, "%s holds the running system.", look->place.node);
}

int tri_volume_dismount(const struct tri_volume_id *id, bool force, bool permanent, struct tri_error *error)
{
    AUTO_LOOK struct look look = {0};
    AUTO_PATHS struct paths recorded = {0};
    int r = look_at(id, &look, error);
    if (r == 0)
        r = refuse_system(&look, error);
    if (r < 0)
        return r;
    if (tri_volume_is_offline(id))
        return tri_error_set(error, TRI_STORAGE_OFFLINE, look.place.node, "The volume is offline already.");
    if (read_recorded(id, &recorded) < 0)
        return tri_error_no_memory(error);
    if (!permanent && recorded.count && !look.mounted.count && !is_held(&look))
        return tri_error_set(error, TRI_STORAGE_NOT_MOUNTED, look.place.node,
                             "The volume is dismounted already, and comes back with Mount.");
    if (!permanent)
        return unmount_and_record(id, &look, force, error);
    if (look.mounted.count || recorded.count)
        return tri_error_set(error, TRI_STORAGE_HAS_PATH, look.place.node,
                             "The volume has access paths; delete them before a permanent dismount.");
    return set_offline(id, error);
}

/* Mounts it where the record says, and drops what worked from the record. */
static int mount_recorded(const struct tri_volume_id *id, const struct look *look, struct tri_error *error)
{
    AUTO_PATHS struct paths recorded = {0};
    TRI_AUTO_CLOSE int lock_fd = -1;
    if (read_recorded(id, &recorded) < 0)
        return tri_error_no_memory(error);
    if (recorded.count == 0)
        return 0;
    TRI_AUTO_FREE char *list = paths_join(&recorded, NULL);
    if (!list)
        return tri_error_no_memory(error);
    int r = share_lock(look->place.node, &lock_fd, error);
    if (r == 0)
        r = tri_letter_remount(&look->place, tri_letter_is_read_only(look->disk, look->place.partition), list, error);
    if (r < 0)
        return r;
    struct paths none = {0};
    return write_recorded(id, &none, NULL, error);
}

static void set_online(const struct tri_volume_id *id)
{
    char name[TRI_UUID_TEXT_SIZE];
    tri_uuid_text(&id->id, name);
    tri_state_remove(TRI_STATE_OFFLINE_VOLUME, name);
}

int tri_volume_mount(const struct tri_volume_id *id, struct tri_error *error)
{
    AUTO_LOOK struct look look = {0};
    int r = look_at(id, &look, error);
    if (r < 0)
        return r;
    if (look.disk->is_offline)
        return tri_error_set(error, TRI_STORAGE_OFFLINE, look.place.node,
                             "The disk is offline; bring it online first.");
    set_online(id);
    return mount_recorded(id, &look, error);
}

int tri_volume_offline(const struct tri_volume_id *id, struct tri_error *error)
{
    AUTO_LOOK struct look look = {0};
    int r = look_at(id, &look, error);
    if (r == 0)
        r = refuse_system(&look, error);
    if (r < 0)
        return r;
    if (tri_volume_is_offline(id))
        return tri_error_set(error, TRI_STORAGE_OFFLINE, look.place.node, "The volume is offline already.");
    if ((r = set_offline(id, error)) < 0)
        return r;
    r = unmount_and_record(id, &look, false, error);
    if (r < 0)
        set_online(id);
    return r;
}

int tri_volume_online(const struct tri_volume_id *id, struct tri_error *error)
{
    AUTO_LOOK struct look look = {0};
    int r = look_at(id, &look, error);
    if (r < 0)
        return r;
    if (!tri_volume_is_offline(id))
        return tri_error_set(error, TRI_STORAGE_NOT_OFFLINE, look.place.node, "The volume is not offline.");
    set_online(id);
    return mount_recorded(id, &look, error);
}

/* ---- the other way: from a path to its volume ---- */

static bool volume_of_device(const char *node, dev_t device, struct tri_volume_id *ret)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    uint64_t sequence;
    if (tri_disk_find(node, &sequence, NULL) < 0 || tri_disk_read(sequence, TRI_DISK_FILESYSTEMS, &disk, NULL) < 0)
        return false;
    if (disk->device == device)
        return tri_volume_of_disk(disk, 0, ret);
    for (size_t i = 0; i < disk->partition_count; i++) {
        const struct tri_partition *partition = &disk->partitions[i];
        if (partition->number_dev != device)
            continue;
        *ret = (struct tri_volume_id){disk->sequence, partition->start_bytes, partition->id}; /* also of an ESP */
        return true;
    }
    return false;
}

struct letter_search {
    const char *path;
    struct tri_volume_id volume;
    bool found;
};

static bool see_letter(void *data, const char *path, const char *node, dev_t device)
{
    struct letter_search *search = data;
    if (strcmp(path, search->path) == 0)
        search->found = volume_of_device(node, device, &search->volume);
    return !search->found;
}

bool tri_letter_volume(char letter, struct tri_volume_id *ret)
{
    TRI_AUTO_FREE char *path = NULL;
    char text[LETTER_TEXT_SIZE] = {letter, ':'};
    struct letter_search search = {0};
    if (resolve_path(text, false, &path, NULL) < 0)
        return false;
    search.path = path;
    if (tri_mount_each(see_letter, &search, NULL) < 0 || !search.found)
        return false;
    *ret = search.volume;
    return true;
}

struct below_search {
    const struct paths *roots;
    struct tri_mounted *found;
    size_t count;
    bool failed;
};

static bool is_below_any(const struct paths *roots, const char *path)
{
    for (size_t i = 0; i < roots->count; i++) {
        size_t length = strlen(roots->items[i]);
        if (strncmp(path, roots->items[i], length) == 0 && path[length] == '/')
            return true;
    }
    return false;
}

static bool see_below(void *data, const char *path, const char *node, dev_t device)
{
    struct below_search *search = data;
    struct tri_mounted mounted;
    if (!is_below_any(search->roots, path) || !volume_of_device(node, device, &mounted.volume))
        return true;
    struct tri_mounted *grown = realloc(search->found, (search->count + 1) * sizeof *grown);
    if (grown)
        search->found = grown;
    if (!grown || !(mounted.path = strdup(path))) {
        search->failed = true;
        return false;
    }
    grown[search->count++] = mounted;
    return true;
}

int tri_volume_mounted_below(const struct tri_volume_id *id, struct tri_mounted **ret, size_t *ret_count,
                             struct tri_error *error)
{
    AUTO_LOOK struct look look = {0};
    int r = look_at(id, &look, error);
    if (r < 0)
        return r;
    struct below_search search = {.roots = &look.mounted};
    r = tri_mount_each(see_below, &search, error);
    if (r == 0 && search.failed)
        r = tri_error_no_memory(error);
    if (r < 0) {
        for (size_t i = 0; i < search.count; i++)
            free(search.found[i].path);
        free(search.found);
        return r;
    }
    *ret = search.found;
    *ret_count = search.count;
    return 0;
}

/* ---- cleaning ---- */

/* Is the device of what is mounted here gone, or the program that served it? */
static bool is_dead(const char *path, dev_t device)
{
    char sys[64];
    struct statvfs about;
    snprintf(sys, sizeof sys, "/sys/dev/block/%u:%u", major(device), minor(device));
    if (major(device) != 0 && access(sys, F_OK) < 0 && errno == ENOENT)
        return true;
    return statvfs(path, &about) < 0 && (errno == ENOTCONN || errno == ENXIO || errno == ENODEV);
}

struct dead_search {
    const char *drives;
    struct paths dead;
};

static bool see_dead(void *data, const char *path, const char *node, dev_t device)
{
    struct dead_search *search = data;
    if (tri_letter_of_path(path, search->drives) && is_dead(path, device))
        paths_add(&search->dead, path);
    return true;
}

void tri_letters_clean(void)
{
    TRI_AUTO_FREE char *drives = NULL;
    if (tri_letter_folder(false, &drives, NULL) < 0 || access(drives, F_OK) < 0)
        return;
    struct dead_search search = {.drives = drives};
    tri_mount_each(see_dead, &search, NULL);
    for (size_t i = 0; i < search.dead.count; i++)
        tri_letter_unmount(search.dead.items[i], true, NULL);
    paths_clear(&search.dead);
    for (char letter = 'A'; letter <= 'Z'; letter++) {
        TRI_AUTO_FREE char *path = NULL;
        if (asprintf(&path, "%s/%c", drives, letter) < 0)
            path = NULL;
        else
            rmdir(path); /* one in use stays: EBUSY */
    }
}
