#include "base/runtime-folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"

int tri_runtime_folder(char **ret_path, struct tri_error *error)
{
    const char *chosen = getenv("TRIREME_RUNTIME_DIR");
    const char *user = getenv("XDG_RUNTIME_DIR");
    char *path = NULL;
    int n;
    if (chosen && *chosen)
        n = asprintf(&path, "%s", chosen);
    else if (geteuid() == 0)
        n = asprintf(&path, "/run/trireme");
    else if (user && *user)
        n = asprintf(&path, "%s/trireme", user);
    else
        return tri_error_set(error, -ENOENT, NULL,
                             "There is no folder for state: set TRIREME_RUNTIME_DIR or XDG_RUNTIME_DIR.");
    if (n < 0)
        return tri_error_set(error, -ENOMEM, NULL, "Out of memory.");
    if (*path != '/') {
        free(path);
        return tri_error_set(error, -EINVAL, "TRIREME_RUNTIME_DIR", "The folder for state needs an absolute path.");
    }
    *ret_path = path;
    return 0;
}

static int check_private(const struct stat *st, const char *path, struct tri_error *error)
{
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return tri_error_set(error, -EACCES, path, "\"%s\" belongs to another user.", path);
    if (st->st_mode & (S_IWGRP | S_IWOTH))
        return tri_error_set(error, -EACCES, path, "\"%s\" may be written to by others; make it mode 0700.", path);
    return 0;
}

int tri_private_folder_check(const char *path, struct tri_error *error)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return tri_error_set(error, -errno, path, "Cannot look at \"%s\": %m.", path);
    return check_private(&st, path, error);
}

int tri_private_folder_open(int folder_fd, const char *name, const char *path, struct tri_error *error)
{
    struct stat st;
    TRI_AUTO_CLOSE int fd = openat(folder_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return tri_error_set(error, -errno, path, "Cannot open \"%s\": %m.", path);
    if (fstat(fd, &st) < 0)
        return tri_error_set(error, -errno, path, "Cannot look at \"%s\": %m.", path);
    int r = check_private(&st, path, error);
    return r < 0 ? r : tri_take_fd(&fd);
}
