/* Partition tables: reading, with a reader of our own that trusts nothing it reads, and changing, with libfdisk, on a
 * copy. A change is made in memory on a copy of the table's sectors, read there by our reader, compared with what was
 * asked for, and only then are the sectors that differ written to the disk: in an order in which the old or the new
 * table can be read whenever we die, and made durable. Any thread; one thread an edit. */
#ifndef TRI_STORAGE_LABEL_H
#define TRI_STORAGE_LABEL_H

#include "storage/disk.h"

enum { TRI_LABEL_PARTITIONS_MAX = 256 }; /* what is more in a table is not looked at */

/* Fills style, signature, guid, partitions (without nodes and file systems) and usable range of *disk, whose size and
 * sector must be set. No table: TRI_STYLE_NONE and success. TRI_STORAGE_IO, -ENOMEM. */
int tri_label_read(int fd, struct tri_disk *disk, struct tri_error *error);

/* Only frees partitions, and empties what tri_label_read fills. */
void tri_label_forget(struct tri_disk *disk);

/* Can the type be one of a partition; what kind is it? */
bool tri_label_mbr_is_extended(uint8_t type);
bool tri_label_mbr_is_protected(uint8_t type);
bool tri_label_gpt_is_protected(const struct tri_uuid *type, uint64_t attributes);

struct tri_label_edit;

/* Begins. style: of a new, empty table in place of whatever is there, or TRI_STYLE_NONE to change the one that is
 * there. disk and disk_fd must outlive the edit; disk is the table as it is. -ENOMEM, TRI_STORAGE_IO ... */
int tri_label_edit_begin(const struct tri_disk *disk, int disk_fd, enum tri_style style, struct tri_label_edit **ret,
                         struct tri_error *error);
void tri_label_edit_free(struct tri_label_edit *edit);
void tri_label_edit_freep(struct tri_label_edit **edit);
#define TRI_AUTO_EDIT __attribute__((cleanup(tri_label_edit_freep)))

/* What is wanted, on the copy. wanted: start, size, and by style mbr_type and is_active, or type, id, attributes and
 * name; is_logical. The range must have been checked. TRI_STORAGE_PARTITION_LIMIT, or what libfdisk says. */
int tri_label_edit_add(struct tri_label_edit *edit, const struct tri_partition *wanted, struct tri_error *error);
int tri_label_edit_remove(struct tri_label_edit *edit, const struct tri_partition *partition, struct tri_error *error);
/* Gives an existing one (found by its start) another size, type, attributes or active flag. */
int tri_label_edit_change(struct tri_label_edit *edit, const struct tri_partition *wanted, struct tri_error *error);

/* The table as it would be; read by our reader from the copy. Nothing was written yet. */
int tri_label_edit_preview(struct tri_label_edit *edit, struct tri_error *error);
/* After a preview: style, partitions and so on of the new table. */
const struct tri_disk *tri_label_edit_table(const struct tri_label_edit *edit);

/* Writes, and makes durable. On failure the old sectors are written back, and the error says whether that
 * succeeded. TRI_STORAGE_IO. */
int tri_label_edit_commit(struct tri_label_edit *edit, struct tri_error *error);
/* After a preview: will the commit make everything durable once before it touches the first copy of the table? */
bool tri_label_edit_has_barrier(const struct tri_label_edit *edit);
/* After a commit: the old table is put back. TRI_STORAGE_IO: it could not. */
int tri_label_edit_undo(struct tri_label_edit *edit, struct tri_error *error);

#endif
