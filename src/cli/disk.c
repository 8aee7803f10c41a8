/* trireme disk: the verbs about disks. */
#include "verbs.h"

const struct tri_verb tri_verb_disk = {
    .name = "disk",
    .arguments = "VERB [ARGUMENT]...",
    .summary = "disks, images, partitions, file systems, mounts",
    .example = "trireme disk list --free",
    .argc_max = -1,
    .takes_command = true,
    .run = tri_verb_do_group,
    .verbs = tri_disk_verbs,
};
