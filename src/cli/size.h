/* Sizes as people write them. */
#ifndef TRI_CLI_SIZE_H
#define TRI_CLI_SIZE_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes from "4096", "512M", "1.5GiB" (powers of 1024), "2GB" (powers of 1000); capitals do not matter. Parts of a
 * sector of 512 bytes are rounded up where there is a unit. false: it is no such size, or 2^63 and more. */
bool tri_size_parse(const char *text, uint64_t *ret_bytes);

#endif
