/* Making images, and converting them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "storage/image-private.h"
#include "storage/making.h"
#include "storage/qemu.h"
#include "storage/tool.h"
#include "storage/vhd.h"
#include "storage/work.h"

#define GIB (1ull << 30)

static void create_free(void *request)
{
    struct tri_making *create = request;
    free(create->path);
    free(create->parent_path);
    free(create->source_path);
    free(create);
}

static void add_option(char options[256], const char *name, const char *value)
{
    size_t used = strlen(options);
    snprintf(options + used, 256 - used, "%s%s=%s", used ? "," : "", name, value);
}

static void add_number(char options[256], const char *name, unsigned number)
{
    char text[16];
    snprintf(text, sizeof text, "%u", number);
    if (number)
        add_option(options, name, text);
}

void tri_making_options(const struct tri_making *create, char options[256])
{
    *options = '\0';
    if (create->format == TRI_IMAGE_VHD) {
        add_option(options, "subformat", create->fixed ? "fixed" : "dynamic");
        add_option(options, "force_size", "on"); /* the size as it is said, not rounded to cylinders */
    }
    if (create->format == TRI_IMAGE_VHDX && create->fixed)
        add_option(options, "subformat", "fixed");
    if (create->format == TRI_IMAGE_VHDX)
        add_number(options, "block_size", create->block_bytes);
    if (create->format == TRI_IMAGE_QCOW2 && create->fixed)
        add_option(options, "preallocation", "falloc");
    if (create->format == TRI_IMAGE_QCOW2)
        add_number(options, "cluster_size", create->block_bytes);
}

void tri_argument(struct tri_arguments *arguments, const char *word)
{
    if (arguments->count + 1 < TRI_ARGUMENTS_MAX)
        arguments->argv[arguments->count++] = word;
}

void tri_argument_option(struct tri_arguments *arguments, const char *name, const char *value)
{
    if (value && *value) {
        tri_argument(arguments, name);
        tri_argument(arguments, value);
    }
}

static int create_by_qemu(const struct tri_making *create, const struct tri_qemu_run *run, const char *path,
                          struct tri_error *error)
{
    char options[256], size[24] = "";
    struct tri_arguments arguments = {.argv = {TRI_QEMU_IMG, "create", "-q", "-f", tri_qemu_format(create->format)},
                                      .count = 5};
    enum tri_image_format parent_format = TRI_IMAGE_RAW;
    json_auto_t *parent = NULL;
    int r = create->parent_path ? tri_image_format_of(create->parent_path, &parent_format, error) : 0;
    if (r == 0 && create->parent_path)
        r = tri_qemu_describe(create->parent_path, parent_format, true, &parent, error);
    if (r < 0)
        return r;
    tri_making_options(create, options);
    tri_argument_option(&arguments, "-o", options);
    tri_argument_option(&arguments, "-b", create->parent_path);
    tri_argument_option(&arguments, "-F", create->parent_path ? tri_qemu_format(parent_format) : NULL);
    tri_argument(&arguments, path);
    if (create->size_bytes) {
        snprintf(size, sizeof size, "%llu", (unsigned long long)create->size_bytes);
        tri_argument(&arguments, size);
    }
    return tri_qemu_run(run, arguments.argv, NULL, error);
}

static int convert_source(const char *source_path, enum tri_image_format *ret_format, char **ret_text,
                          struct tri_error *error)
{
    struct stat st;
    if (stat(source_path, &st) < 0)
        return tri_error_set(error, -errno, source_path, "\"%s\": %m.", source_path);
    *ret_format = TRI_IMAGE_RAW;
    int r = S_ISBLK(st.st_mode) ? 0 : tri_image_format_of(source_path, ret_format, error);
    return r < 0 ? r : tri_qemu_describe_text(source_path, *ret_format, true, ret_text, error);
}

static int create_by_convert(const struct tri_making *create, const struct tri_qemu_run *run, const char *path,
                             struct tri_error *error)
{
    char options[256];
    enum tri_image_format source_format;
    TRI_AUTO_FREE char *source = NULL;
    struct tri_arguments arguments = {.argv = {TRI_QEMU_IMG, "convert", "-p", "-O", tri_qemu_format(create->format)},
                                      .count = 5};
    int r = convert_source(create->source_path, &source_format, &source, error);
    if (r < 0)
        return r;
    tri_making_options(create, options);
    tri_argument_option(&arguments, "-o", options);
    tri_argument(&arguments, source);
    tri_argument(&arguments, path);
    return tri_qemu_run(run, arguments.argv, NULL, error);
}

static int create_own(const struct tri_making *create, const struct tri_qemu_run *run, int fd, struct tri_error *error)
{
    int r = 0;
    const struct tri_vhd vhd = {.type = create->fixed ? TRI_VHD_FIXED : TRI_VHD_DYNAMIC,
                                .size_bytes = create->size_bytes,
                                .block_bytes = create->block_bytes ? create->block_bytes : TRI_VHD_BLOCK_BYTES,
                                .id = tri_uuid_random()};
    if (create->format == TRI_IMAGE_VHD)
        r = tri_vhd_write(fd, &vhd, error);
    else if (ftruncate(fd, (off_t)create->size_bytes) < 0)
        r = tri_error_set(error, -errno, create->path, "\"%s\" cannot have %llu bytes: %m.", create->path,
                          (unsigned long long)create->size_bytes);
    if (r == 0 && create->fixed)
        r = tri_draft_allocate(run, fd, create->size_bytes, false, error);
    if (r == 0 && fdatasync(fd) < 0)
        r = tri_error_set(error, -errno, create->path, "\"%s\" cannot be written: %m.", create->path);
    return r;
}

static bool is_own(const struct tri_making *create)
{
    return !create->source_path && !create->parent_path &&
           (create->format == TRI_IMAGE_RAW || create->format == TRI_IMAGE_VHD);
}

int tri_making_run(const struct tri_making *create, const struct tri_draft *draft, struct tri_op *op,
                   struct tri_error *error)
{
    const struct tri_qemu_run run = {.op = op,
                                     .path = create->path,
                                     .begin = 1,
                                     .end = create->fixed ? 80 : 98,
                                     .phase = "create",
                                     .kept = &draft->hold.fd};
    const struct tri_qemu_run rest = {.op = op, .path = create->path, .begin = 80, .end = 98};
    int r;
    if (is_own(create))
        return create_own(create, &run, draft->fd, error);
    if (create->source_path)
        r = create_by_convert(create, &run, draft->path, error);
    else
        r = create_by_qemu(create, &run, draft->path, error);
    if (r == 0 && create->fixed && create->format != TRI_IMAGE_QCOW2)
        r = tri_draft_allocate_file(&rest, draft->fd, error);
    return r;
}

/* A copy is no easier to read than what it was copied from. */
static mode_t mode_of(const struct tri_making *create)
{
    struct stat st;
    if (create->source_path && stat(create->source_path, &st) == 0 && S_ISREG(st.st_mode))
        return st.st_mode & 0666;
    return create->source_path ? 0600 : 0666;
}

static int create_run(struct tri_op *op, void *request, void **ret_value, struct tri_error *error)
{
    const struct tri_making *create = request;
    TRI_AUTO_DRAFT struct tri_draft draft = TRI_DRAFT_NONE;
    char *known = NULL;
    tri_state_sweep();
    int r = 0;
    if (access(create->path, F_OK) < 0) {
        r = tri_draft_begin(&draft, create->path, mode_of(create), error);
        if (r == 0)
            r = tri_making_run(create, &draft, op, error);
        if (r == 0 && tri_op_cancelled(op))
            r = -ECANCELED;
        if (r == 0)
            r = tri_draft_commit(&draft, false, error);
    } else if (create->must_be_new) {
        r = tri_error_set(error, -EEXIST, create->path, "\"%s\" exists already.", create->path);
    }
    if (r == 0)
        r = tri_image_add(create->path, create->format, &known, error);
    if (r == 0)
        *ret_value = known;
    return r;
}

static int bad_size(const char *path, const char *why, struct tri_error *error)
{
    return tri_error_set(error, -EINVAL, path, "The image cannot be made: %s.", why);
}

int tri_making_check_size(enum tri_image_format format, uint64_t size_bytes, const char *path, struct tri_error *error)
{
    if (size_bytes == 0 || size_bytes % TRI_IMAGE_SECTOR != 0)
        return bad_size(path, "its size is no multiple of 512 bytes, or nothing", error);
    if (size_bytes > (uint64_t)INT64_MAX - (1 << 20))
        return bad_size(path, "its size is more than a file can have", error);
    if (format == TRI_IMAGE_VHD && (size_bytes < TRI_VHD_MIN_BYTES || size_bytes > TRI_VHD_MAX_BYTES))
        return bad_size(path, "a VHD image has 3 MiB to 2040 GiB", error);
    if (format == TRI_IMAGE_VHDX && (size_bytes < 3ull << 20 || size_bytes > 65536 * GIB))
        return bad_size(path, "a VHDX image has 3 MiB to 64 TiB", error);
    return 0;
}

static int check_block(enum tri_image_format format, bool fixed, uint32_t block_bytes, const char *path,
                       struct tri_error *error)
{
    bool is_power = (block_bytes & (block_bytes - 1)) == 0;
    if (block_bytes == 0)
        return 0;
    if (format == TRI_IMAGE_VHD && !fixed && (block_bytes == 512u << 10 || block_bytes == 2u << 20))
        return 0;
    if (format == TRI_IMAGE_VHDX && is_power && block_bytes >= 1u << 20 && block_bytes <= 256u << 20)
        return 0;
    if (format == TRI_IMAGE_QCOW2 && is_power && block_bytes >= 512 && block_bytes <= 2u << 20)
        return 0;
    return bad_size(path, "its format has no blocks of that size", error);
}

static int check_create(const struct tri_making *create, struct tri_error *error)
{
    bool has_origin = create->parent_path || create->source_path;
    if (create->parent_path && create->source_path)
        return bad_size(create->path, "it has both a parent and a source", error);
    if (create->parent_path && create->format != TRI_IMAGE_QCOW2)
        return tri_error_set(
            error, TRI_STORAGE_NOT_SUPPORTED, create->path,
            "Only qcow2 images can be made as children of another one; qemu makes no differencing VHD or "
            "VHDX images.");
    if (create->parent_path && create->fixed)
        return bad_size(create->path, "a child is never of fixed size", error);
    int r = create->size_bytes == 0 && has_origin
                ? 0
                : tri_making_check_size(create->format, create->size_bytes, create->path, error);
    if (r == 0 && create->size_bytes && create->source_path)
        r = bad_size(create->path, "a copy has its source's size", error);
    return r < 0 ? r : check_block(create->format, create->fixed, create->block_bytes, create->path, error);
}

static const char *create_left(const void *request)
{
    return "no file is left of it";
}

/* Takes the request. */
static int submit_create(struct tri_making *create, struct tri_op *op, const struct tri_op_tag *tag,
                         struct tri_error *error)
{
    static const struct tri_work_kind kind = {
        .name = "creation", .run = create_run, .free_request = create_free, .free_value = free, .left = create_left};
    int r = tri_work_submit(&kind, create, op, tag);
    return r < 0 ? tri_error_set(error, r, NULL, "The creation cannot be started: %s.", strerror(-r)) : 0;
}

int tri_image_create(const struct tri_image_spec *spec, struct tri_op *op, const struct tri_op_tag *tag,
                     struct tri_error *error)
{
    struct tri_making *create = calloc(1, sizeof *create);
    if (!create)
        return tri_error_no_memory(error);
    int r = tri_image_absolute(spec->path, &create->path, error);
    if (r == 0 && spec->parent_path)
        r = tri_image_absolute(spec->parent_path, &create->parent_path, error);
    if (r == 0 && spec->source_path)
        r = tri_image_absolute(spec->source_path, &create->source_path, error);
    if (r == 0) {
        create->format = spec->format ? spec->format : tri_image_format_of_name(create->path);
        create->format = create->format ? create->format : TRI_IMAGE_RAW;
        create->size_bytes = spec->size_bytes;
        create->fixed = spec->fixed;
        create->block_bytes = spec->block_bytes;
        struct stat st;
        bool is_there = stat(create->path, &st) == 0;
        if (is_there && !S_ISREG(st.st_mode))
            r = tri_error_set(error, TRI_STORAGE_BAD_PATH, create->path, "\"%s\" is no plain file.", create->path);
        else if (!is_there)
            r = check_create(create, error);
    }
    if (r == 0)
        return submit_create(create, op, tag, error);
    create_free(create);
    return r;
}

/* An image that is attached for writing changes while it is copied. */
static int refuse_attached(const char *path, struct tri_error *error)
{
    TRI_AUTO_FREE char *text = NULL;
    TRI_AUTO_IMAGE_RECORD struct tri_image_record record = {0};
    char key[TRI_IMAGE_KEY_SIZE];
    bool is_held = false;
    int r = tri_image_find(path, key, &text, &is_held);
    if (tri_code_is_passing(r))
        return tri_error_set(error, r, path, "It cannot be told whether \"%s\" is attached: %s.", path, strerror(-r));
    if (r < 0 || tri_image_record_parse(text, &record) < 0)
        return 0;
    if (record.state != TRI_IMAGE_ATTACHED || record.read_only || !tri_attach_is_alive(&record))
        return 0;
    return tri_error_set(error, TRI_STORAGE_IMAGE_ATTACHED, path, "\"%s\" is attached, as /dev/%s: detach it first.",
                         path, record.loop.name);
}

int tri_image_convert(const char *path, enum tri_image_format format, const char *target_path, bool fixed,
                      struct tri_op *op, const struct tri_op_tag *tag, struct tri_error *error)
{
    struct tri_making *create = calloc(1, sizeof *create);
    if (!create)
        return tri_error_no_memory(error);
    create->must_be_new = true;
    create->fixed = fixed;
    int r = tri_image_absolute(path, &create->source_path, error);
    if (r == 0)
        r = tri_image_absolute(target_path, &create->path, error);
    if (r == 0) {
        create->format = format ? format : tri_image_format_of_name(create->path);
        create->format = create->format ? create->format : TRI_IMAGE_RAW;
        if (access(create->source_path, F_OK) < 0)
            r = tri_error_set(error, -errno, path, "\"%s\": %m.", path);
        else if (access(create->path, F_OK) == 0)
            r = tri_error_set(error, -EEXIST, create->path, "\"%s\" exists already.", create->path);
    }
    if (r == 0)
        r = refuse_attached(create->source_path, error);
    if (r == 0)
        return submit_create(create, op, tag, error);
    create_free(create);
    return r;
}
