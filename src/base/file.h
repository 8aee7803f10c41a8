/* Small files and folders, relative to a folder descriptor (AT_FDCWD for the current one). All descriptors are
 * close-on-exec; symbolic links in the last component are not followed when writing or removing. */
#ifndef TRI_BASE_FILE_H
#define TRI_BASE_FILE_H

#include <dirent.h>
#include <stddef.h>
#include <sys/types.h>

/* The whole of a small file, NUL-ended; *ret_size (optional) without the NUL. Works on /proc and cgroup files, whose
 * size is not known beforehand. Returns 0, -EFBIG past max_bytes, or -errno. */
int tri_file_read(int folder_fd, const char *path, size_t max_bytes, char **ret_text, size_t *ret_size);

/* Writes a file as a whole: a temporary one beside it, renamed over it, so that a reader sees the old or the new. */
int tri_file_write(int folder_fd, const char *path, const void *data, size_t size, mode_t mode);

/* The next entry of a folder that is read, without "." and "..". NULL: there are no more, and *ret_code is 0; or it
 * cannot be read on, and *ret_code is -errno. */
const struct dirent *tri_folder_next(DIR *folder, int *ret_code);

/* mkdir -p below folder_fd; existing folders are fine. */
int tri_folder_make(int folder_fd, const char *path, mode_t mode);

/* rm -r below folder_fd. Never crosses into another mount (a mount point in it gives -EBUSY), never follows a link.
 * A path that is not there is success. */
int tri_folder_remove(int folder_fd, const char *path);

#endif
