/* What the service tells about disks, volumes and images, as JSON documents: printed as they are with --json, and
 * what tables and questions are made of. Members are named after VDS; sizes and offsets are bytes. What is not known
 * is null. */
#ifndef TRI_CLI_DISK_FACTS_H
#define TRI_CLI_DISK_FACTS_H

#include "disk-place.h"

/* All disks, in the order of their devices. NULL after having said why it could not be done. */
json_t *tri_facts_all(const struct tri_disks *disks);

/* A disk with its Partitions and FreeExtents; the members of a volume too, where it is one as a whole. NULL: it has
 * gone. */
json_t *tri_facts_disk(const struct tri_disks *disks, IVdsDisk *disk);

/* What was found, whatever it is. NULL: it has gone. */
json_t *tri_facts_place(const struct tri_disks *disks, const struct tri_place *place);

/* Says why nothing could be told of it: "cannot format /dev/loop0p1". Returns the exit status. */
int tri_facts_fail(const struct tri_disks *disks, const struct tri_place *place, const char *verb);

/* For people, newly allocated: "ext4 'data', 2.0 GiB"; with what it holds for a disk: "2.0 GiB, GPT, with /dev/loop0p1
 * (ext4 'data', 1.0 GiB) and /dev/loop0p2 (swap, 1023 MiB)". */
char *tri_facts_text(const json_t *facts);

/* The name with what is there now, for who could not finish what was asked for: "/dev/loop0p1, which holds no file
 * system now". Newly allocated; the sentence that the service has left for this thread stays. */
char *tri_facts_name_now(const struct tri_disks *disks, const struct tri_place *place);

/* Of a disk: "GPT", "MBR", "" where a file system lies on all of it, "raw"; or "failed", "no medium". Borrowed. */
const char *tri_facts_style(const json_t *facts);

/* Whether something of it is mounted: the first place, borrowed; NULL: nothing is. */
const char *tri_facts_mounted(const json_t *facts);

/* The names of partition types: "linux", "esp" ... */
struct tri_partition_type {
    const char *name;
    const char *gpt; /* NULL: GPT has none of it */
    uint8_t mbr;     /* 0: an MBR has none */
};
const struct tri_partition_type *tri_partition_type(const char *name); /* NULL: no such name */

#endif
