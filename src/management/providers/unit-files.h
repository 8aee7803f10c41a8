/* Which units have a file, without asking systemd: it takes long to list them, because it finds out more. */
#ifndef TRI_MANAGEMENT_PROVIDERS_UNIT_FILES_H
#define TRI_MANAGEMENT_PROVIDERS_UNIT_FILES_H

#include <stdbool.h>
#include <stddef.h>

struct tri_unit_file {
    char *name;
    bool is_masked; /* a link to /dev/null */
    bool is_alias;  /* a link to one of another name */
    size_t folder;  /* that it was found in */
};

/* The units that end like this, of systemd's folders (ended by NULL; the first one that has a name counts), sorted;
 * patterns for units ("getty@.service") are left out. -ENOMEM. */
int tri_unit_files_read(char *const *folders, const char *suffix, struct tri_unit_file **ret, size_t *ret_count);
void tri_unit_files_free(struct tri_unit_file *files, size_t count);

#endif
