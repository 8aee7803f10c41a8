/* What happens to disks and volumes, whoever does it: found by comparing pictures whenever the kernel says that a block
 * device changed (uevents) or a mount came or went, and told by the engine itself where only it knows (progress). */
#ifndef TRI_STORAGE_EVENTS_H
#define TRI_STORAGE_EVENTS_H

#include <stdint.h>

#include "base/error.h"
#include "op/notify.h"
#include "storage/uuid.h"

enum tri_storage_event_type {
    TRI_EVENT_DISK_ARRIVE,
    TRI_EVENT_DISK_DEPART,
    TRI_EVENT_DISK_MODIFY,
    TRI_EVENT_PACK_ARRIVE,
    TRI_EVENT_PACK_DEPART,
    TRI_EVENT_PACK_MODIFY,
    TRI_EVENT_PARTITION_ARRIVE,
    TRI_EVENT_PARTITION_DEPART,
    TRI_EVENT_PARTITION_MODIFY,
    TRI_EVENT_VOLUME_ARRIVE,
    TRI_EVENT_VOLUME_DEPART,
    TRI_EVENT_VOLUME_MODIFY,
    TRI_EVENT_FILESYSTEM_MODIFY,
    TRI_EVENT_FORMAT_PROGRESS,
    TRI_EVENT_SHRINK_PROGRESS,
    TRI_EVENT_MOUNT_CHANGE,
};

struct tri_storage_event {
    enum tri_storage_event_type type;
    uint64_t sequence;      /* of the disk */
    uint64_t offset_bytes;  /* of the partition or volume */
    struct tri_uuid volume; /* its id (volume.h), null where it has none */
    unsigned percent;
};

/* Calls tell for every event, as notes of one mailbox (op/notify.h): in order, one at a time, on a notifier thread, never
 * after tri_events_unsubscribe has returned (which may be called inside tell). -EPERM ... where the kernel does not let us
 * listen. The listening thread work starts with the first subscriber and ends with the last. */
struct tri_subscription;
typedef void tri_events_tell(void *context, const struct tri_storage_event *event);
int tri_events_subscribe(tri_events_tell *tell, void *context, struct tri_subscription **ret, struct tri_error *error);
void tri_events_unsubscribe(struct tri_subscription *subscription);

/* Compares now, without waiting for the kernel: after Refresh and Reenumerate. */
void tri_events_refresh(void);

/* Compares soon, on the listening thread: for the engine, after it has changed what the kernel sends no news of (a table
 * without partitions, a label). Never blocks; cheap where nobody listens. */
void tri_events_look(void);

/* For the engine: progress of a format or shrink, file system changed. Cheap where nobody listens. */
void tri_events_post(const struct tri_storage_event *event);

#endif
