/* Sizes as people write them. */
#ifndef TRI_CLI_SIZE_H
#define TRI_CLI_SIZE_H

#include <stdint.h>

/* Bytes from "4096", "512M", "1.5GiB" (powers of 1024), "2GB" (powers of 1000); capitals do not matter. Parts of a
 * sector of 512 bytes are rounded up where there is a unit. 0, -EINVAL (it is no such size), -ERANGE (2^63 and more). */
int tri_size_parse(const char *text, uint64_t *ret_bytes);

/* What is wrong with a size where that answered -ERANGE. */
#define TRI_SIZE_TOO_LARGE "is too large: the largest size is 9223372036854775296 bytes, a sector less than 8 EiB"

#endif
