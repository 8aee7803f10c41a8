/* The files of images, as the verbs that make them share it. */
#ifndef TRI_CLI_DISK_IMAGE_H
#define TRI_CLI_DISK_IMAGE_H

#include "disk-service.h"
#include "options.h"

tri_option_parser tri_parse_image_format; /* VIRTUAL_STORAGE_TYPE, from raw, vhd, vhdx or qcow2 */

/* What the file's name ends with says the format where none was given: raw otherwise. */
VIRTUAL_STORAGE_TYPE tri_image_type(const VIRTUAL_STORAGE_TYPE *given, const char *path);

/* The absolute path of a file that may not be there, newly allocated. NULL: its folder is not. */
char *tri_image_absolute(const char *path);

/* The same of a file that is to be made, newly allocated. NULL after having said that there is one of that name, or no
 * folder for it. */
char *tri_image_new_path(const struct tri_cli *cli, const char *verb, const char *path);

#endif
