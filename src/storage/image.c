/* What is known of images: which there are, where, of what format and in what state. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "storage/image-private.h"
#include "storage/qemu.h"
#include "storage/vhd.h"

static const char *const format_names[] = {[TRI_IMAGE_AUTO] = "auto", [TRI_IMAGE_RAW] = "raw", [TRI_IMAGE_VHD] = "vhd",
                                           [TRI_IMAGE_VHDX] = "vhdx", [TRI_IMAGE_QCOW2] = "qcow2"};
static const char *const state_names[] = {
    [TRI_IMAGE_ADDED] = "added",           [TRI_IMAGE_ATTACHING] = "attaching",   [TRI_IMAGE_ATTACHED] = "attached",
    [TRI_IMAGE_DETACHING] = "detaching",   [TRI_IMAGE_COMPACTING] = "compacting", [TRI_IMAGE_MERGING] = "merging",
    [TRI_IMAGE_EXPANDING] = "expanding",   [TRI_IMAGE_DELETED] = "deleted",
};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static int find_name(const char *const *names, size_t count, const char *name, int otherwise)
{
    for (size_t i = 0; name && i < count; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return otherwise;
}

/* ---- names ---- */

const char *tri_image_format_name(enum tri_image_format format)
{
    return format_names[format];
}

static const char *extension_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return dot && dot != name ? dot + 1 : "";
}

enum tri_image_format tri_image_format_of_name(const char *path)
{
    static const struct {
        const char *extension;
        enum tri_image_format format;
    } known[] = {{"img", TRI_IMAGE_RAW},     {"raw", TRI_IMAGE_RAW},     {"vhd", TRI_IMAGE_VHD},  {"vpc", TRI_IMAGE_VHD},
                 {"avhd", TRI_IMAGE_VHD},    {"vhdx", TRI_IMAGE_VHDX},   {"avhdx", TRI_IMAGE_VHDX},
                 {"qcow2", TRI_IMAGE_QCOW2}, {"qcow", TRI_IMAGE_QCOW2}};
    const char *extension = extension_of(path);
    for (size_t i = 0; i < COUNT(known); i++)
        if (strcasecmp(extension, known[i].extension) == 0)
            return known[i].format;
    return TRI_IMAGE_AUTO;
}

static int bad_path(const char *path, const char *why, struct tri_error *error)
{
    return tri_error_set(error, TRI_STORAGE_BAD_PATH, path, "\"%.200s\" cannot be the path of an image: %s.", path, why);
}

static int check_path(const char *path, struct tri_error *error)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (!*path)
        return bad_path(path, "it is empty", error);
    if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return bad_path(path, "it names a folder", error);
    if (strlen(path) >= PATH_MAX || strlen(name) > NAME_MAX)
        return bad_path(path, "it is too long", error);
    json_t *utf8 = json_string(path);
    if (!utf8)
        return bad_path(path, "it is not UTF-8", error);
    json_decref(utf8);
    return 0;
}

/* The folder part of an absolute path (which ends before `end`), without "." and empty parts. What has ".." goes through
 * the file system, since links may be in the way. */
static char *plain_folder(const char *path, const char *end)
{
    TRI_AUTO_FREE char *folder = strndup(path, (size_t)(end - path));
    if (!folder)
        return NULL;
    size_t length = strlen(folder);
    if (strstr(folder, "/../") || (length >= 3 && strcmp(folder + length - 3, "/..") == 0))
        return realpath(folder, NULL);
    char *out = folder;
    for (const char *part = folder; *part;) {
        part += strspn(part, "/");
        size_t size = strcspn(part, "/");
        if (size == 0 || (size == 1 && *part == '.')) {
            part += size;
            continue;
        }
        *out++ = '/';
        memmove(out, part, size);
        out += size;
        part += size;
    }
    *out = '\0';
    return TRI_TAKE(folder);
}

int tri_image_absolute(const char *path, char **ret_path, struct tri_error *error)
{
    TRI_AUTO_FREE char *current = NULL, *whole = NULL, *folder = NULL;
    int r = path ? check_path(path, error) : tri_error_set(error, TRI_STORAGE_BAD_PATH, NULL, "An image needs a path.");
    if (r < 0)
        return r;
    if (*path != '/' && !(current = getcwd(NULL, 0)))
        return tri_error_set(error, -errno, path, "The current folder cannot be told: %m.");
    if (asprintf(&whole, "%s/%s", current ? current : "", path) < 0) {
        whole = NULL;
        return tri_error_no_memory(error);
    }
    char *slash = strrchr(whole, '/');
    if (!(folder = plain_folder(whole, slash)))
        return errno == ENOMEM ? tri_error_no_memory(error) : bad_path(path, "its folder is not there", error);
    if (strlen(folder) + strlen(slash) >= PATH_MAX)
        return bad_path(path, "it is too long", error);
    char *absolute = NULL;
    if (asprintf(&absolute, "%s%s", strcmp(folder, "/") == 0 ? "" : folder, slash) < 0)
        return tri_error_no_memory(error);
    *ret_path = absolute;
    return 0;
}

/* In pieces, for a named id sees only so much of a name. */
struct tri_uuid tri_image_id(const char *path)
{
    enum { PIECE = 400 };
    char text[TRI_UUID_TEXT_SIZE];
    struct tri_uuid id = tri_uuid_named("image:%.*s", PIECE, path);
    for (size_t length = strlen(path), done = PIECE; done < length; done += PIECE) {
        tri_uuid_text(&id, text);
        id = tri_uuid_named("image:%s:%.*s", text, PIECE, path + done);
    }
    return id;
}

void tri_image_key(const struct stat *st, char key[TRI_IMAGE_KEY_SIZE])
{
    snprintf(key, TRI_IMAGE_KEY_SIZE, "%llx-%llx", (unsigned long long)st->st_dev, (unsigned long long)st->st_ino);
}

/* ---- records ---- */

void tri_image_record_clear(struct tri_image_record *record)
{
    free(TRI_TAKE(record->path));
}

void tri_image_record_tag(struct tri_image_record *record, char tag[56])
{
    snprintf(tag, 56, "trireme:%s", record->tag);
}

char *tri_image_record_text(const struct tri_image_record *record)
{
    json_auto_t *json = json_pack("{ss ss ss sb ss ss sI sb}", "path", record->path, "format", format_names[record->format],
                                  "state", state_names[record->state], "read_only", record->read_only, "tag", record->tag,
                                  "loop", record->loop.name, "sequence", (json_int_t)record->loop.sequence, "exported",
                                  record->is_exported);
    return json ? json_dumps(json, JSON_COMPACT) : NULL;
}

int tri_image_record_parse(const char *text, struct tri_image_record *ret)
{
    const char *path, *format, *state, *tag, *loop;
    json_int_t sequence;
    int read_only, exported;
    json_auto_t *json = json_loads(text, 0, NULL);
    if (!json || json_unpack(json, "{ss ss ss sb ss ss sI sb}", "path", &path, "format", &format, "state", &state,
                             "read_only", &read_only, "tag", &tag, "loop", &loop, "sequence", &sequence, "exported",
                             &exported) < 0)
        return -EINVAL;
    struct tri_image_record record = {
        .format = (enum tri_image_format)find_name(format_names, COUNT(format_names), format, TRI_IMAGE_RAW),
        .state = (enum tri_image_state)find_name(state_names, COUNT(state_names), state, TRI_IMAGE_ADDED),
        .read_only = read_only,
        .is_exported = exported,
        .loop.sequence = (uint64_t)sequence,
    };
    struct tri_uuid uuid;
    if (strlen(loop) >= sizeof record.loop.name || !tri_uuid_parse(tag, &uuid) || !(record.path = strdup(path)))
        return -EINVAL;
    strcpy(record.loop.name, loop);
    strcpy(record.tag, tag);
    *ret = record;
    return 0;
}

struct by_path {
    const char *path;
    char *key, *text;
    bool is_held;
};

static void match_path(void *data, const char *name, const char *text, bool is_held)
{
    struct by_path *by = data;
    TRI_AUTO_IMAGE_RECORD struct tri_image_record record = {0};
    if (by->text || tri_image_record_parse(text, &record) < 0 || strcmp(record.path, by->path) != 0)
        return;
    snprintf(by->key, TRI_IMAGE_KEY_SIZE, "%s", name);
    by->text = strdup(text);
    by->is_held = is_held;
}

int tri_image_find(const char *path, char key[TRI_IMAGE_KEY_SIZE], char **ret_text, bool *ret_held)
{
    struct stat st;
    struct by_path by = {.path = path, .key = key};
    if (stat(path, &st) == 0) {
        tri_image_key(&st, key);
        int r = tri_state_look(TRI_STATE_ATTACHED, key, ret_text, ret_held);
        if (r == 0 || tri_code_is_passing(r))
            return r;
    }
    int r = tri_state_each(TRI_STATE_ATTACHED, match_path, &by);
    if (!by.text)
        return r < 0 ? r : -ENOENT;
    *ret_text = by.text;
    *ret_held = by.is_held;
    return 0;
}

static const char *doing(const char *text)
{
    TRI_AUTO_IMAGE_RECORD struct tri_image_record record = {0};
    return text && tri_image_record_parse(text, &record) == 0 ? state_names[record.state] : "worked on";
}

static int claim_busy(const char *path, const char *key, struct tri_error *error)
{
    TRI_AUTO_FREE char *text = NULL;
    tri_state_get(TRI_STATE_ATTACHED, key, &text);
    return tri_error_set(error, TRI_STORAGE_LOCKED, path, "\"%s\" is being worked on (%s); wait until that is done.", path,
                         doing(text));
}

/* There is a record already: of an attached image, of one that is worked on, or of a dead one. 0: it is gone. */
static int claim_anew(const char *path, const char *key, struct tri_error *error)
{
    struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
    TRI_AUTO_FREE char *text = NULL;
    TRI_AUTO_IMAGE_RECORD struct tri_image_record record = {0};
    int r = tri_state_open(TRI_STATE_ATTACHED, key, &hold, &text);
    if (r == -EBUSY)
        return claim_busy(path, key, error);
    if (r < 0)
        return r == -ENOENT ? 0 : tri_error_set(error, r, path, "The record of \"%s\" cannot be read: %s.", path, strerror(-r));
    if (tri_image_record_parse(text, &record) == 0) {
        if (record.state == TRI_IMAGE_ATTACHED && tri_attach_is_alive(&record)) {
            tri_state_keep(&hold);
            return tri_error_set(error, TRI_STORAGE_IMAGE_ATTACHED, path, "\"%s\" is attached already, as /dev/%s.", path,
                                 record.loop.name);
        }
        if ((r = tri_attach_undo(&record, error)) < 0) {
            tri_state_keep(&hold);
            return r;
        }
    }
    tri_state_drop(&hold);
    return 0;
}

int tri_image_claim(struct tri_image_record *record, int fd, struct tri_state_hold *ret_hold, struct tri_error *error)
{
    enum { TRIES = 16 };
    char key[TRI_IMAGE_KEY_SIZE];
    struct stat st;
    const char *path = record->path;
    struct tri_uuid tag = tri_uuid_random();
    tri_uuid_text(&tag, record->tag);
    TRI_AUTO_FREE char *text = tri_image_record_text(record);
    if (!text)
        return tri_error_no_memory(error);
    if (fstat(fd, &st) < 0)
        return tri_error_set(error, -errno, path, "\"%s\": %m.", path);
    tri_image_key(&st, key);
    for (int tries = 0; tries < TRIES; tries++) {
        struct tri_error taken = {0};
        int r = tri_state_make(TRI_STATE_ATTACHED, key, text, ret_hold, &taken);
        if (r < 0 && r != -EEXIST && error && !error->text)
            tri_error_move(error, &taken);
        tri_error_clear(&taken);
        if (r == -EEXIST && (r = claim_anew(path, key, error)) == 0)
            continue;
        return r;
    }
    return claim_busy(path, key, error);
}

/* ---- the file ---- */

int tri_image_open(const char *path, bool for_writing, struct stat *ret_st, struct tri_error *error)
{
    TRI_AUTO_CLOSE int fd = open(path, (for_writing ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 && for_writing && (errno == EROFS || errno == EPERM || errno == EACCES) && access(path, R_OK) == 0)
        return tri_error_set(error, TRI_STORAGE_READ_ONLY, path, "\"%s\" cannot be written to; it can be attached read-only.",
                             path);
    if (fd < 0 && errno == EISDIR)
        return bad_path(path, "it is a folder", error);
    if (fd < 0)
        return tri_error_set(error, -errno, path, "\"%s\" cannot be opened: %m.", path);
    if (fstat(fd, ret_st) < 0)
        return tri_error_set(error, -errno, path, "\"%s\": %m.", path);
    if (!S_ISREG(ret_st->st_mode))
        return bad_path(path, "it is no plain file", error);
    if (for_writing && (ret_st->st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) == 0)
        return tri_error_set(error, TRI_STORAGE_READ_ONLY, path,
                             "\"%s\" is a read-only file (mode %03o); it can be attached read-only.", path,
                             (unsigned)ret_st->st_mode & 0777);
    return tri_take_fd(&fd);
}

/* Of a program of qemu's: byte 100 + n is locked for what it does with the image, 200 + n for what it does not bear others
 * doing; n is 0 for reading what must hold still, 1 for writing, 3 for changing its size. All are shared locks: who looks
 * for a conflict asks for the opposite byte. */
static bool is_locked(int fd, off_t begin, off_t length)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = begin, .l_len = length};
    return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static int lock_bytes(int fd, off_t begin, off_t length)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = begin, .l_len = length};
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return 0;
    return errno == EAGAIN || errno == EACCES ? -EBUSY : 0; /* else a file system without locks */
}

int tri_image_lock(int fd, bool read_only, const char *path, struct tri_error *error)
{
    enum { DOES = 100, BARS = 200, READ = 0, WRITE = 1, RESIZE = 3 };
    off_t count = read_only ? 1 : 2; /* reading, and writing beside it */
    bool is_busy = lock_bytes(fd, DOES + READ, count) < 0;
    if (!read_only)
        is_busy |= lock_bytes(fd, DOES + RESIZE, 1) < 0;
    is_busy |= lock_bytes(fd, BARS + WRITE, 1) < 0;
    is_busy |= lock_bytes(fd, BARS + RESIZE, 1) < 0;
    is_busy |= is_locked(fd, DOES + WRITE, 1) || is_locked(fd, DOES + RESIZE, 1) || is_locked(fd, BARS + READ, count);
    if (!read_only)
        is_busy |= is_locked(fd, BARS + RESIZE, 1);
    if (!is_busy)
        return 0;
    return tri_error_set(error, TRI_STORAGE_IMAGE_LOCKED, path, "Another program has \"%s\" open; end it first.", path);
}

static int not_of_format(const char *path, enum tri_image_format format, struct tri_error *error)
{
    return tri_error_set(error, TRI_STORAGE_BAD_IMAGE, path, "\"%s\" is no %s image, or a damaged one.", path,
                         format_names[format]);
}

int tri_image_detect(const char *path, enum tri_image_format *ret, struct tri_error *error)
{
    char magic[8] = "";
    struct stat st;
    enum tri_image_format found = TRI_IMAGE_RAW, said = tri_image_format_of_name(path);
    TRI_AUTO_CLOSE int fd = tri_image_open(path, false, &st, error);
    if (fd < 0)
        return fd;
    if (pread(fd, magic, sizeof magic, 0) < 0)
        return tri_error_set(error, TRI_STORAGE_IO, path, "\"%s\" cannot be read: %m.", path);
    /* What begins a raw image was written by whoever had it as a disk: the name holds. */
    if (said == TRI_IMAGE_RAW)
        found = TRI_IMAGE_RAW;
    else if (memcmp(magic, "vhdxfile", 8) == 0)
        found = TRI_IMAGE_VHDX;
    else if (memcmp(magic, "QFI\xfb", 4) == 0)
        found = TRI_IMAGE_QCOW2;
    else if (tri_vhd_is(fd))
        found = TRI_IMAGE_VHD;
    if (found == TRI_IMAGE_RAW && said != TRI_IMAGE_AUTO && said != TRI_IMAGE_RAW)
        return not_of_format(path, said, error);
    *ret = found;
    return 0;
}

/* ---- known images ---- */

static enum tri_image_format parse_known(const char *text, char **ret_path)
{
    const char *path, *format;
    json_auto_t *json = json_loads(text, 0, NULL);
    if (ret_path)
        *ret_path = NULL;
    if (!json || json_unpack(json, "{ss ss}", "path", &path, "format", &format) < 0)
        return TRI_IMAGE_AUTO;
    if (ret_path)
        *ret_path = strdup(path);
    return (enum tri_image_format)find_name(format_names, COUNT(format_names), format, TRI_IMAGE_AUTO);
}

static int put_known(const char *path, const char *name, enum tri_image_format format, struct tri_error *error)
{
    json_auto_t *json = json_pack("{ss ss}", "path", path, "format", format_names[format]);
    TRI_AUTO_FREE char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    return text ? tri_state_put(TRI_STATE_IMAGE, name, text, error) : tri_error_no_memory(error);
}

static void known_name(const char *path, char name[TRI_UUID_TEXT_SIZE])
{
    struct tri_uuid id = tri_image_id(path);
    tri_uuid_text(&id, name);
}

static int unread(const char *path, int code, struct tri_error *error)
{
    return tri_error_set(error, code, path, "What is known of \"%s\" cannot be read: %s.", path, strerror(-code));
}

int tri_image_add(const char *path, enum tri_image_format format, char **ret_path, struct tri_error *error)
{
    TRI_AUTO_FREE char *absolute = NULL, *text = NULL;
    char name[TRI_UUID_TEXT_SIZE];
    struct stat st;
    int r = tri_image_absolute(path, &absolute, error);
    if (r < 0)
        return r;
    if (stat(absolute, &st) == 0 && !S_ISREG(st.st_mode))
        return bad_path(absolute, "it is no plain file", error);
    known_name(absolute, name);
    bool is_known = (r = tri_state_get(TRI_STATE_IMAGE, name, &text)) == 0;
    if (tri_code_is_passing(r))
        return unread(absolute, r, error);
    r = 0;
    if (!is_known || (format != TRI_IMAGE_AUTO && parse_known(text, NULL) != format))
        r = put_known(absolute, name, format, error);
    if (r == -EBUSY) { /* another one adds it at this moment */
        tri_error_clear(error);
        r = 0;
    }
    if (r == 0 && ret_path)
        *ret_path = TRI_TAKE(absolute);
    return r;
}

int tri_image_forget(const char *path)
{
    TRI_AUTO_FREE char *absolute = NULL;
    char name[TRI_UUID_TEXT_SIZE];
    int r = tri_image_absolute(path, &absolute, NULL);
    if (r < 0)
        return r;
    known_name(absolute, name);
    return tri_state_remove(TRI_STATE_IMAGE, name);
}

int tri_image_format_of(const char *path, enum tri_image_format *ret, struct tri_error *error)
{
    TRI_AUTO_FREE char *text = NULL;
    char name[TRI_UUID_TEXT_SIZE];
    known_name(path, name);
    int r = tri_state_get(TRI_STATE_IMAGE, name, &text);
    if (tri_code_is_passing(r)) /* what it looks like is no answer: a guest may have written that */
        return unread(path, r, error);
    enum tri_image_format known = r == 0 ? parse_known(text, NULL) : TRI_IMAGE_AUTO;
    if (known == TRI_IMAGE_AUTO)
        return tri_image_detect(path, ret, error);
    *ret = known;
    return 0;
}

/* ---- reading ---- */

void tri_image_free(struct tri_image *image)
{
    if (!image)
        return;
    free(image->path);
    free(image->parent_path);
    free(image);
}

void tri_image_freep(struct tri_image **image)
{
    tri_image_free(*image);
}

static int read_vhd(struct tri_image *image, int fd)
{
    struct tri_vhd vhd;
    int r = tri_vhd_read(fd, &vhd, NULL);
    if (r < 0)
        return r;
    image->virtual_size_bytes = vhd.size_bytes;
    image->is_fixed = vhd.type == TRI_VHD_FIXED;
    image->is_child = vhd.type == TRI_VHD_DIFFERENCING;
    return 0;
}

static int read_by_qemu(struct tri_image *image)
{
    struct tri_qemu_info info = {0};
    int r = tri_qemu_info(image->path, image->format, &info, NULL);
    if (r < 0)
        return r;
    image->virtual_size_bytes = info.virtual_size_bytes;
    image->is_fixed = info.virtual_size_bytes <= image->physical_size_bytes;
    image->parent_path = TRI_TAKE(info.backing_path);
    image->is_child = image->parent_path != NULL;
    tri_qemu_info_clear(&info);
    return 0;
}

static int read_file(struct tri_image *image)
{
    struct stat st;
    TRI_AUTO_CLOSE int fd = tri_image_open(image->path, false, &st, NULL);
    if (fd < 0)
        return fd;
    image->physical_size_bytes = (uint64_t)st.st_blocks * 512;
    if (image->format == TRI_IMAGE_AUTO && tri_image_detect(image->path, &image->format, NULL) < 0)
        return TRI_STORAGE_BAD_IMAGE;
    if (image->format == TRI_IMAGE_VHD)
        return read_vhd(image, fd);
    if (image->format != TRI_IMAGE_RAW)
        return read_by_qemu(image);
    image->virtual_size_bytes = (uint64_t)st.st_size / TRI_IMAGE_SECTOR * TRI_IMAGE_SECTOR;
    image->is_fixed = image->virtual_size_bytes > 0 && image->physical_size_bytes >= image->virtual_size_bytes;
    return 0;
}

/* A state other than attached holds as long as its owner lives. */
static bool is_so_still(const struct tri_image_record *record, bool is_held)
{
    return record->state == TRI_IMAGE_ATTACHED ? tri_loop_is(&record->loop) : is_held;
}

/* What the records say. 1, 0: nothing, or -errno. */
static int read_records(struct tri_image *image)
{
    TRI_AUTO_FREE char *known = NULL, *text = NULL;
    TRI_AUTO_IMAGE_RECORD struct tri_image_record record = {0};
    char name[TRI_UUID_TEXT_SIZE], key[TRI_IMAGE_KEY_SIZE];
    bool is_held = false;
    known_name(image->path, name);
    int r = tri_state_get(TRI_STATE_IMAGE, name, &known);
    if (tri_code_is_passing(r))
        return r;
    bool is_known = r == 0;
    if (is_known)
        image->format = parse_known(known, NULL);
    if ((r = tri_image_find(image->path, key, &text, &is_held)) < 0)
        return tri_code_is_passing(r) ? r : is_known;
    if (tri_image_record_parse(text, &record) < 0 || !is_so_still(&record, is_held))
        return is_known;
    image->state = record.state;
    if (record.state == TRI_IMAGE_ATTACHED || record.state == TRI_IMAGE_DETACHING) {
        image->format = record.format;
        image->is_read_only = record.read_only;
        image->sequence = record.loop.sequence;
        strcpy(image->device, record.loop.name);
    }
    return true;
}

int tri_image_state_of(const char *path, enum tri_image_state *ret, struct tri_error *error)
{
    TRI_AUTO_FREE char *text = NULL;
    TRI_AUTO_IMAGE_RECORD struct tri_image_record record = {0};
    char key[TRI_IMAGE_KEY_SIZE];
    bool is_held = false;
    int r = tri_image_find(path, key, &text, &is_held);
    if (tri_code_is_passing(r))
        return unread(path, r, error);
    bool has_record = r == 0 && tri_image_record_parse(text, &record) == 0;
    if (!has_record && access(path, F_OK) < 0)
        return tri_error_set(error, -errno, path, "\"%s\": %m.", path);
    *ret = has_record && is_so_still(&record, is_held) ? record.state : TRI_IMAGE_ADDED;
    return 0;
}

int tri_image_read(const char *path, struct tri_image **ret, struct tri_error *error)
{
    struct stat st;
    TRI_AUTO_IMAGE struct tri_image *image = calloc(1, sizeof *image);
    if (!image)
        return tri_error_no_memory(error);
    int r = tri_image_absolute(path, &image->path, error);
    if (r < 0)
        return r;
    image->id = tri_image_id(image->path);
    if ((r = read_records(image)) < 0)
        return unread(image->path, r, error);
    if (r == 0 && stat(image->path, &st) < 0)
        return tri_error_set(error, -errno, image->path, "\"%s\": %m.", image->path);
    image->is_complete = read_file(image) == 0;
    if (image->format == TRI_IMAGE_AUTO)
        image->format = tri_image_format_of_name(image->path);
    if (image->format == TRI_IMAGE_AUTO)
        image->format = TRI_IMAGE_RAW;
    *ret = TRI_TAKE(image);
    return 0;
}

/* ---- all of them ---- */

struct list {
    char **paths;
    size_t count, room;
    bool failed;
};

static void list_add(struct list *list, char *path)
{
    for (size_t i = 0; path && i < list->count; i++)
        if (strcmp(list->paths[i], path) == 0) {
            free(path);
            return;
        }
    if (path && list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 16;
        char **larger = realloc(list->paths, room * sizeof *larger);
        if (larger) {
            list->paths = larger;
            list->room = room;
        }
    }
    if (!path || list->count == list->room) {
        free(path);
        list->failed = true;
        return;
    }
    list->paths[list->count++] = path;
}

static void list_known(void *data, const char *name, const char *text, bool is_held)
{
    char *path = NULL;
    parse_known(text, &path);
    if (path)
        list_add(data, path);
}

static void list_attached(void *data, const char *name, const char *text, bool is_held)
{
    struct tri_image_record record = {0};
    if (tri_image_record_parse(text, &record) == 0)
        list_add(data, record.path);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int tri_image_list(char ***ret_paths, size_t *ret_count, struct tri_error *error)
{
    struct list list = {0};
    tri_state_sweep();
    int r = tri_state_each(TRI_STATE_IMAGE, list_known, &list);
    if (r == 0)
        r = tri_state_each(TRI_STATE_ATTACHED, list_attached, &list);
    if (r == 0 && list.failed)
        r = -ENOMEM;
    if (r < 0) {
        for (size_t i = 0; i < list.count; i++)
            free(list.paths[i]);
        free(list.paths);
        return tri_error_set(error, r, NULL, "The records of images cannot be read: %s.", strerror(-r));
    }
    if (list.count > 0)
        qsort(list.paths, list.count, sizeof *list.paths, by_name);
    *ret_paths = list.paths;
    *ret_count = list.count;
    return 0;
}

struct by_disk {
    uint64_t sequence;
    char *path;
};

static void match_disk(void *data, const char *name, const char *text, bool is_held)
{
    struct by_disk *by = data;
    TRI_AUTO_IMAGE_RECORD struct tri_image_record record = {0};
    if (!by->path && tri_image_record_parse(text, &record) == 0 && record.loop.sequence == by->sequence &&
        tri_loop_is(&record.loop))
        by->path = TRI_TAKE(record.path);
}

int tri_image_of_disk(uint64_t sequence, char **ret_path, struct tri_error *error)
{
    struct by_disk by = {.sequence = sequence};
    int r = sequence != 0 ? tri_state_each(TRI_STATE_ATTACHED, match_disk, &by) : 0;
    if (!by.path && r < 0)
        return tri_error_set(error, r, NULL, "The records of images cannot be read: %s.", strerror(-r));
    if (!by.path)
        return tri_error_set(error, TRI_STORAGE_NOT_FOUND, NULL, "Disk %llu shows no attached image.",
                             (unsigned long long)sequence);
    *ret_path = by.path;
    return 0;
}
