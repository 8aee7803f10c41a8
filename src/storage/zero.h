/* Writing zeros, the way that is as fast as the device: direct, large and aligned. */
#ifndef TRI_STORAGE_ZERO_H
#define TRI_STORAGE_ZERO_H

#include <stdint.h>

#include "base/error.h"
#include "op/op.h"

/* Writes zeros over [offset, offset + size) of the block device or file at path and makes them durable. Progress goes
 * to op from begin to end percent; -ECANCELED within a chunk (a few ms) of being asked to stop. op may
 * be NULL. TRI_STORAGE_IO, TRI_STORAGE_IN_USE (it is opened exclusively), TRI_STORAGE_READ_ONLY, TRI_STORAGE_GONE. */
int tri_zero_range(const char *path, uint64_t offset_bytes, uint64_t size_bytes, struct tri_op *op,
                   unsigned begin_percent, unsigned end_percent, struct tri_error *error);

/* The same, and calls tell for every whole percent of the range that is behind (0..100). */
typedef void tri_zero_tell(void *data, unsigned percent);
int tri_zero_range_told(const char *path, uint64_t offset_bytes, uint64_t size_bytes, struct tri_op *op,
                        unsigned begin_percent, unsigned end_percent, tri_zero_tell *tell, void *data,
                        struct tri_error *error);

#endif
