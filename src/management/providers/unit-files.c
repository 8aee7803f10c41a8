#include "management/providers/unit-files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

struct files {
    struct tri_unit_file *items;
    size_t count, room;
};

void tri_unit_files_free(struct tri_unit_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(files[i].name);
    free(files);
}

static bool is_unit(const char *name, const char *suffix)
{
    size_t length = strlen(name), end = strlen(suffix);
    return length > end && strcmp(name + length - end, suffix) == 0 && name[length - end - 1] != '@';
}

static int files_add(struct files *files, int folder_fd, const char *name, size_t folder)
{
    char target[PATH_MAX];
    if (files->count == files->room) {
        size_t room = files->room ? 2 * files->room : 256;
        struct tri_unit_file *items = realloc(files->items, room * sizeof(*items));
        if (!items)
            return -ENOMEM;
        files->items = items;
        files->room = room;
    }
    struct tri_unit_file *file = &files->items[files->count];
    *file = (struct tri_unit_file){.name = strdup(name), .folder = folder};
    if (!file->name)
        return -ENOMEM;
    files->count++;
    ssize_t length = readlinkat(folder_fd, name, target, sizeof(target) - 1);
    if (length <= 0)
        return 0;
    target[length] = '\0';
    const char *slash = strrchr(target, '/');
    file->is_masked = strcmp(target, "/dev/null") == 0;
    file->is_alias = !file->is_masked && strcmp(slash ? slash + 1 : target, name) != 0;
    return 0;
}

/* A folder that is not there has none. */
static int folder_read(struct files *files, const char *path, const char *suffix, size_t number)
{
    TRI_AUTO_DIR DIR *folder = opendir(path);
    int r = 0;
    for (const struct dirent *entry; r == 0 && folder && (entry = readdir(folder));)
        if (is_unit(entry->d_name, suffix))
            r = files_add(files, dirfd(folder), entry->d_name, number);
    return r;
}

static int file_compare(const void *a, const void *b)
{
    const struct tri_unit_file *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    return order ? order : left->folder < right->folder ? -1 : left->folder > right->folder;
}

/* Keeps the first of each name. */
static void files_merge(struct files *files)
{
    size_t kept = 0;
    for (size_t i = 0; i < files->count; i++)
        if (kept > 0 && strcmp(files->items[kept - 1].name, files->items[i].name) == 0)
            free(files->items[i].name);
        else
            files->items[kept++] = files->items[i];
    files->count = kept;
}

int tri_unit_files_read(char *const *folders, const char *suffix, struct tri_unit_file **ret, size_t *ret_count)
{
    struct files files = {0};
    int r = 0;
    for (size_t i = 0; r == 0 && folders && folders[i]; i++)
        r = folder_read(&files, folders[i], suffix, i);
    if (r < 0) {
        tri_unit_files_free(files.items, files.count);
        return r;
    }
    if (files.count > 0)
        qsort(files.items, files.count, sizeof(*files.items), file_compare);
    files_merge(&files);
    *ret = files.items;
    *ret_count = files.count;
    return 0;
}
