/* MOF into a namespace: what the compiler finds is put as one change, begun with the first thing that is put. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "management/mof.h"
#include "management/namespace-private.h"

enum { FILE_BYTES_MAX = 64 << 20 };

struct compilation {
    struct tri_namespace *first; /* borrowed: where the change was begun */
    struct tri_namespace *ns;    /* of the last pragma */
    bool has_begun;
};

static int begin(struct compilation *compilation, struct tri_error *error)
{
    if (compilation->has_begun)
        return 0;
    int r = tri_namespace_begin(compilation->first, error);
    compilation->has_begun = r == 0;
    return r;
}

static int use_namespace(void *context, const char *path, struct tri_error *error)
{
    struct compilation *compilation = context;
    struct tri_namespace *ns = NULL;
    int r = tri_namespace_open(path, &ns, error);
    if (r < 0)
        return r;
    tri_namespace_unref(compilation->ns);
    compilation->ns = ns;
    return 0;
}

static int get_class(void *context, const char *name, struct tri_class **ret, struct tri_error *error)
{
    return tri_namespace_class(((struct compilation *)context)->ns, name, ret, error);
}

static int put_class(void *context, struct tri_class *cls, unsigned flags, struct tri_error *error)
{
    struct compilation *compilation = context;
    int r = begin(compilation, error);
    return r < 0 ? r : tri_namespace_put_class(compilation->ns, cls, flags, error);
}

static int put_instance(void *context, struct tri_cim_object *object, unsigned flags, char **ret_path,
                        struct tri_error *error)
{
    struct compilation *compilation = context;
    int r = begin(compilation, error);
    return r < 0 ? r : tri_namespace_put_instance(compilation->ns, object, flags, ret_path, error);
}

static int delete_class(void *context, const char *name, struct tri_error *error)
{
    struct compilation *compilation = context;
    int r = begin(compilation, error);
    return r < 0 ? r : tri_namespace_delete_class(compilation->ns, name, error);
}

static int delete_instance(void *context, const char *text, struct tri_error *error)
{
    struct compilation *compilation = context;
    TRI_CLEANUP(tri_path_clear) struct tri_path path = {0};
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *other = NULL;
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    TRI_AUTO_FREE char *key = NULL;
    int r = begin(compilation, error);
    if (r < 0 || (r = tri_path_parse(text, &path, error)) < 0)
        return r;
    if (!path.class_name)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_PATH, text, "\"%s\" names no object.", text);
    if (path.name_space && (r = tri_namespace_open(path.name_space, &other, error)) < 0)
        return r;
    struct tri_namespace *ns = other ? other : compilation->ns;
    if ((r = tri_namespace_class(ns, path.class_name, &cls, error)) < 0 ||
        (r = tri_path_key(&path, cls, &key, error)) < 0)
        return r;
    return tri_namespace_delete_instance(ns, cls, key, error);
}

/* ---- included files ---- */

/* Where it lies: relative to the file that includes it; backslashes are Windows' slashes. */
static char *included_path(const char *from_file, const char *name)
{
    char *path = NULL;
    const char *slash = from_file ? strrchr(from_file, '/') : NULL;
    int folder = slash && *name != '/' ? (int)(slash - from_file) + 1 : 0;
    if (asprintf(&path, "%.*s%s", folder, from_file ? from_file : "", name) < 0)
        return NULL;
    for (char *c = path + folder; *c; c++)
        if (*c == '\\')
            *c = '/';
    return path;
}

static int include(void *context, const char *from_file, const char *name, char **ret_text, size_t *ret_size,
                   char **ret_file, struct tri_error *error)
{
    (void)context;
    TRI_AUTO_FREE char *path = included_path(from_file, name);
    struct stat st;
    if (!path)
        return tri_error_no_memory(error);
    if (!from_file && *path != '/')
        return tri_error_set(error, TRI_MANAGEMENT_MOF - TRI_MOF_INVALID_INCLUDE_FILE, name,
                             "The text is in no file, so that \"%s\" is relative to nothing; give its absolute path.",
                             name);
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) /* reading a pipe could take for ever */
        return tri_error_set(error, TRI_MANAGEMENT_MOF - TRI_MOF_INVALID_INCLUDE_FILE, path,
                             "\"%s\" is not a plain file.", path);
    int r = tri_file_read(AT_FDCWD, path, FILE_BYTES_MAX, ret_text, ret_size);
    if (r == -ENOMEM)
        return tri_error_no_memory(error);
    if (r < 0)
        return tri_error_set(error, TRI_MANAGEMENT_MOF - TRI_MOF_INVALID_INCLUDE_FILE, path, "Cannot read \"%s\": %s.",
                             path, strerrordesc_np(-r));
    *ret_file = TRI_TAKE(path);
    return 0;
}

int tri_namespace_compile(struct tri_namespace *ns, const void *text, size_t size, const char *file, unsigned flags,
                          bool check_only, struct tri_mof_status *ret_status, struct tri_error *error)
{
    struct compilation compilation = {.first = ns, .ns = tri_namespace_ref(ns)};
    const struct tri_mof_target target = {
        .context = &compilation,
        .use_namespace = use_namespace,
        .get_class = get_class,
        .put_class = put_class,
        .put_instance = put_instance,
        .delete_class = delete_class,
        .delete_instance = delete_instance,
        .include = include,
    };
    int r = tri_mof_compile(text, size, file, flags, check_only ? NULL : &target, ret_status, error);
    if (compilation.has_begun) {
        int ended = tri_namespace_end(ns, r == 0, error);
        r = r < 0 ? r : ended;
    }
    tri_namespace_unref(compilation.ns);
    return r;
}
