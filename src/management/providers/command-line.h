/* Command lines, as Windows writes them: arguments apart by blanks, quotes around what has blanks in it, a backslash
 * before a quote that is meant. Nothing else means anything: no variables, no patterns, no single quotes. */
#ifndef TRI_MANAGEMENT_PROVIDERS_COMMAND_LINE_H
#define TRI_MANAGEMENT_PROVIDERS_COMMAND_LINE_H

#include <stddef.h>

/* The arguments, ended by NULL, in one allocation: free(). -EINVAL: there is none; -ENOMEM. */
int tri_command_line_split(const char *line, char ***ret);

/* The arguments (each with a NUL behind it) as a line that splits into them again. One alone is taken for a title that
 * its program wrote over them, and stays as it is. Newly allocated; NULL: no memory. */
char *tri_command_line_join(const char *arguments, size_t size);

#endif
