#include "storage/qemu.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "storage/image-private.h"
#include "storage/making.h"
#include "storage/tool.h"
#include "storage/vhd.h"
#include "storage/work.h"

enum { INFO_MS = 30000 };

const char *tri_qemu_format(enum tri_image_format format)
{
    return format == TRI_IMAGE_VHD ? "vpc" : tri_image_format_name(format);
}

/* What a failed run of qemu-img means. Takes *why. */
static int explain(int code, const char *path, struct tri_error *why, struct tri_error *error)
{
    const char *words = why->detail ? why->detail : why->text ? why->text : "";
    if (code == TRI_STORAGE_TOOL_FAILED && strstr(words, "No space left"))
        code = tri_error_set(error, -ENOSPC, path, "There is not enough space for \"%s\".", path);
    else if (code == TRI_STORAGE_TOOL_FAILED && strstr(words, " lock"))
        code = tri_error_set(error, TRI_STORAGE_IMAGE_LOCKED, path,
                             "Another program has \"%s\", or an image that it is "
                             "built of, open; end it first.",
                             path);
    else if (code == TRI_STORAGE_TOOL_FAILED && strstr(words, "ould not open"))
        code = tri_error_set(error, TRI_STORAGE_BAD_IMAGE, path,
                             "\"%s\" cannot be opened as an image: it is damaged, or of "
                             "another format.",
                             path);
    if (error && !error->text && !error->code) {
        tri_error_move(error, why);
        error->code = code;
    } else if (error && why->detail) {
        tri_error_detail(error, why->detail);
    }
    tri_error_clear(why);
    return code;
}

/* ---- a qcow2 image that was cut off ---- */

/* qemu reads zeros behind the end of the file, and so would show a truncated image as a disk with holes. */
struct qcow2 {
    int fd;
    uint64_t file_bytes, cluster_bytes, l1_offset, l1_count;
    size_t entry_bytes; /* of a second table: 8, or 16 with subclusters */
};

enum { QCOW2_HEADER = 104, QCOW2_TABLES_MAX = 4096, QCOW2_L1_MAX = 4 << 20 };

static uint64_t big64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return be64toh(value);
}

static uint32_t big32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return be32toh(value);
}

/* False: it is cut off already here. */
static bool read_qcow2_header(struct qcow2 *image)
{
    uint8_t header[QCOW2_HEADER] = {0};
    if (pread(image->fd, header, sizeof header, 0) < 72)
        return false;
    uint32_t version = big32(header + 4), bits = big32(header + 20), refcount_clusters = big32(header + 56);
    uint64_t refcount_offset = big64(header + 48);
    if (bits < 9 || bits > 21)
        return false;
    image->cluster_bytes = 1ull << bits;
    image->l1_count = big32(header + 36);
    image->l1_offset = big64(header + 40);
    image->entry_bytes = version >= 3 && (big64(header + 72) & 16) ? 16 : 8;
    return image->l1_offset <= image->file_bytes && image->l1_count <= QCOW2_L1_MAX &&
           image->l1_count * 8 <= image->file_bytes - image->l1_offset && refcount_clusters > 0 &&
           refcount_offset < image->file_bytes;
}

/* Does the second table, and every cluster in it, begin within the file? */
static bool is_table_whole(const struct qcow2 *image, uint64_t offset, uint8_t *table)
{
    const uint64_t place = 0x00fffffffffffe00ull, compressed = 1ull << 62, zero = 1;
    ssize_t got = pread(image->fd, table, image->cluster_bytes, (off_t)offset);
    if (got <= 0)
        return false;
    for (size_t at = 0; at + image->entry_bytes <= (size_t)got; at += image->entry_bytes) {
        uint64_t entry = big64(table + at);
        if (!(entry & (compressed | zero)) && (entry & place) >= image->file_bytes)
            return false;
    }
    return true;
}

/* So many tables as speak of some 2 TiB; what is behind is qemu's to find out. */
static bool are_tables_whole(const struct qcow2 *image)
{
    TRI_AUTO_FREE uint8_t *first = malloc(image->l1_count * 8 + 1), *second = malloc(image->cluster_bytes);
    size_t size = image->l1_count * 8;
    if (!first || !second || pread(image->fd, first, size, (off_t)image->l1_offset) != (ssize_t)size)
        return false;
    for (size_t i = 0, tables = 0; i < image->l1_count && tables < QCOW2_TABLES_MAX; i++) {
        uint64_t offset = big64(first + i * 8) & 0x00fffffffffffe00ull;
        if (offset == 0)
            continue;
        tables++;
        if (offset >= image->file_bytes || !is_table_whole(image, offset, second))
            return false;
    }
    return true;
}

static int check_qcow2(const char *path, struct tri_error *error)
{
    struct stat st;
    TRI_AUTO_CLOSE int fd = tri_image_open(path, false, &st, error);
    if (fd < 0)
        return fd;
    struct qcow2 image = {.fd = fd, .file_bytes = (uint64_t)st.st_size};
    if (read_qcow2_header(&image) && are_tables_whole(&image))
        return 0;
    return tri_error_set(error, TRI_STORAGE_BAD_IMAGE, path,
                         "\"%s\" is damaged: it is cut off, or says of parts that they "
                         "lie beyond its end.",
                         path);
}

/* ---- what an image is ---- */

void tri_qemu_info_clear(struct tri_qemu_info *info)
{
    free(TRI_TAKE(info->backing_path));
}

/* Has it the form of a protocol or a description? qemu takes "word:rest" for one. */
static bool is_strange(const char *name)
{
    return name[strcspn(name, ":/")] == ':' || *name == '\0';
}

static enum tri_image_format format_of_qemu(const char *name)
{
    for (int format = TRI_IMAGE_RAW; name && format <= TRI_IMAGE_QCOW2; format++)
        if (strcmp(name, tri_qemu_format((enum tri_image_format)format)) == 0)
            return (enum tri_image_format)format;
    return TRI_IMAGE_AUTO;
}

/* Relative names are relative to the image that has them. */
static int set_backing(const char *path, const char *name, struct tri_qemu_info *info)
{
    info->is_backing_strange = is_strange(name);
    const char *slash = strrchr(path, '/');
    int length = info->is_backing_strange || *name == '/' ? 0 : (int)(slash - path) + 1;
    if (asprintf(&info->backing_path, "%.*s%s", length, path, name) < 0) {
        info->backing_path = NULL;
        return -ENOMEM;
    }
    return 0;
}

static int parse_info(const char *path, const char *output, struct tri_qemu_info *ret)
{
    json_auto_t *json = json_loads(output, 0, NULL);
    const json_t *size = json_object_get(json, "virtual-size");
    const char *backing = json_string_value(json_object_get(json, "backing-filename"));
    const char *backing_format = json_string_value(json_object_get(json, "backing-filename-format"));
    const json_t *data = json_object_get(json_object_get(json, "format-specific"), "data");
    if (!json_is_integer(size) || json_integer_value(size) < 0)
        return TRI_STORAGE_BAD_IMAGE;
    struct tri_qemu_info info = {
        .virtual_size_bytes = (uint64_t)json_integer_value(size),
        .backing_format = format_of_qemu(backing_format),
        .cluster_bytes = (uint32_t)json_integer_value(json_object_get(json, "cluster-size")),
        .has_data_file = json_object_get(data, "data-file") != NULL,
        .is_encrypted = json_is_true(json_object_get(json, "encrypted")),
        .has_snapshots = json_array_size(json_object_get(json, "snapshots")) > 0 ||
                         json_array_size(json_object_get(data, "bitmaps")) > 0,
    };
    int r = backing ? set_backing(path, backing, &info) : 0;
    if (backing_format && info.backing_format == TRI_IMAGE_AUTO)
        info.is_backing_strange = true;
    if (r == 0)
        *ret = info;
    return r;
}

int tri_qemu_info(const char *path, enum tri_image_format format, struct tri_qemu_info *ret, struct tri_error *error)
{
    /* An absolute path: qemu-img sees neither an option nor a protocol in it. */
    const char *argv[] = {TRI_QEMU_IMG, "info", "-U", "--output=json", "-f", tri_qemu_format(format), path, NULL};
    const struct tri_tool tool = {.argv = argv, .deadline_ns = tri_deadline_ns(INFO_MS)};
    struct tri_error why = {0};
    TRI_AUTO_FREE char *output = NULL;
    int r = tri_tool_read(&tool, &output, &why);
    if (r == TRI_STORAGE_TOOL_FAILED || r == -ETIMEDOUT) {
        r = tri_error_set(error, TRI_STORAGE_BAD_IMAGE, path,
                          "\"%s\" cannot be read as a %s image: it is damaged, or of "
                          "another format.",
                          path, tri_image_format_name(format));
        if (error && why.detail)
            tri_error_detail(error, why.detail);
        tri_error_clear(&why);
        return r;
    }
    if (r < 0)
        return explain(r, path, &why, error);
    struct tri_qemu_info info = {0};
    r = parse_info(path, output, &info);
    if (r < 0)
        return tri_error_set(error, r, path, "\"%s\" cannot be read as a %s image.", path,
                             tri_image_format_name(format));
    if (format == TRI_IMAGE_QCOW2 && !info.has_data_file && (r = check_qcow2(path, error)) < 0) {
        tri_qemu_info_clear(&info);
        return r;
    }
    *ret = info;
    return 0;
}

/* ---- the description of a chain ---- */

static int strange(const char *path, const char *what, struct tri_error *error)
{
    return tri_error_set(error, TRI_STORAGE_NOT_SUPPORTED, path, "\"%s\" %s; such images are not opened here.", path,
                         what);
}

static json_t *describe_file(const char *path, const struct stat *st)
{
    return json_pack("{ss ss}", "driver", S_ISBLK(st->st_mode) ? "host_device" : "file", "filename", path);
}

static int check_info(const char *path, const struct tri_qemu_info *info, struct tri_error *error)
{
    if (info->has_data_file)
        return strange(path, "keeps its data in another file", error);
    if (info->is_encrypted)
        return strange(path, "is encrypted", error);
    if (info->is_backing_strange)
        return strange(path, "is built on something that is no plain file of a format known here", error);
    return 0;
}

static int check_vhd(const char *path, struct tri_error *error)
{
    struct tri_vhd vhd;
    struct stat st;
    TRI_AUTO_CLOSE int fd = tri_image_open(path, false, &st, error);
    int r = fd < 0 ? fd : tri_vhd_read(fd, &vhd, error);
    return r == 0 && vhd.type == TRI_VHD_DIFFERENCING ? strange(path, "is a differencing VHD", error) : r;
}

static int describe(const char *path, enum tri_image_format format, bool read_only, unsigned depth, json_t **ret,
                    struct tri_error *error);

/* Behind a qcow2 image: what it says, if that is a plain file; or nothing, said so. */
static int describe_backing(const char *path, unsigned depth, json_t *node, struct tri_error *error)
{
    struct tri_qemu_info info = {0};
    json_t *backing = NULL;
    int r = tri_qemu_info(path, TRI_IMAGE_QCOW2, &info, error);
    if (r == 0)
        r = check_info(path, &info, error);
    if (r == 0 && info.backing_path && info.backing_format == TRI_IMAGE_AUTO)
        r = tri_image_detect(info.backing_path, &info.backing_format, error);
    if (r == 0 && info.backing_path)
        r = describe(info.backing_path, info.backing_format, true, depth + 1, &backing, error);
    if (r == 0 && json_object_set_new(node, "backing", backing ? backing : json_null()) < 0)
        r = tri_error_no_memory(error);
    tri_qemu_info_clear(&info);
    return r;
}

static int describe(const char *path, enum tri_image_format format, bool read_only, unsigned depth, json_t **ret,
                    struct tri_error *error)
{
    struct stat st;
    if (depth >= TRI_CHAIN_MAX)
        return tri_error_set(error, -ELOOP, path, "\"%s\" is built of too many images.", path);
    if (stat(path, &st) < 0)
        return tri_error_set(error, -errno, path, "\"%s\": %m.", path);
    if (!S_ISREG(st.st_mode) && !(S_ISBLK(st.st_mode) && depth == 0 && format == TRI_IMAGE_RAW))
        return strange(path, "is no plain file", error);
    json_auto_t *node = json_pack("{ss so}", "driver", tri_qemu_format(format), "file", describe_file(path, &st));
    if (!node)
        return tri_error_no_memory(error);
    int r = 0;
    if (format == TRI_IMAGE_QCOW2)
        r = describe_backing(path, depth, node, error);
    else if (format == TRI_IMAGE_VHD)
        r = check_vhd(path, error);
    if (r == 0 && depth == 0 && json_object_set_new(node, "read-only", json_boolean(read_only)) < 0)
        r = tri_error_no_memory(error);
    if (r == 0)
        *ret = json_incref(node);
    return r;
}

int tri_qemu_describe(const char *path, enum tri_image_format format, bool read_only, json_t **ret,
                      struct tri_error *error)
{
    return describe(path, format, read_only, 0, ret, error);
}

/* As an argument of qemu-img, in place of a file name. Newly allocated. */
int tri_qemu_describe_text(const char *path, enum tri_image_format format, bool read_only, char **ret,
                           struct tri_error *error)
{
    json_auto_t *node = NULL;
    TRI_AUTO_FREE char *text = NULL;
    int r = tri_qemu_describe(path, format, read_only, &node, error);
    if (r < 0)
        return r;
    if (!(text = json_dumps(node, JSON_COMPACT)) || asprintf(ret, "json:%s", text) < 0) {
        *ret = NULL;
        return tri_error_no_memory(error);
    }
    return 0;
}

/* ---- runs with progress ---- */

/* "    (12.50/100%)" */
static void see_line(void *data, const char *line)
{
    const struct tri_qemu_run *run = data;
    const char *open = strchr(line, '(');
    double percent;
    if (open && strstr(open, "/100%)") && sscanf(open + 1, "%lf", &percent) == 1 && percent >= 0 && percent <= 100)
        tri_work_step(run->op, run->begin, run->end, (uint64_t)(percent * 100), 10000, run->phase);
}

int tri_qemu_run(const struct tri_qemu_run *run, const char *const *argv, int *ret_status, struct tri_error *error)
{
    struct tri_error why = {0};
    const struct tri_tool tool = {.argv = argv,
                                  .line = see_line,
                                  .data = (void *)run,
                                  .op = run->op,
                                  .critical = run->critical,
                                  .fds = run->kept,
                                  .fd_count = run->kept ? 1 : 0};
    tri_op_progress(run->op, run->begin, run->phase);
    int r = tri_tool_run(&tool, ret_status, &why);
    if (r < 0)
        return explain(r, run->path, &why, error);
    tri_error_clear(&why);
    return r;
}
