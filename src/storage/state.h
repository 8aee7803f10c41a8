/* What must be found again after a program died: small files under <runtime folder>/storage/<kind>/, where the runtime
 * folder is TRIREME_RUNTIME_DIR, /run/trireme (root) or $XDG_RUNTIME_DIR/trireme, as for compute. A record that is being
 * worked on is locked (an open file's lock, F_OFD_SETLK) by its owner; death, however it comes, gives the lock back, and whoever comes next cleans. */
#ifndef TRI_STORAGE_STATE_H
#define TRI_STORAGE_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum tri_state_kind {
    TRI_STATE_WORK,           /* "work": a volume that is being formatted: <sequence>.<start>; format.c knows its text */
    TRI_STATE_TEMPORARY,      /* "temporary": an image file that is being made under a temporary name */
    TRI_STATE_ATTACHED,       /* "attached": an attached image; image.c knows its text */
    TRI_STATE_IMAGE,          /* "image": an image that was added; text: its path and type */
    TRI_STATE_OFFLINE_DISK,   /* "offline-disk": <sequence> */
    TRI_STATE_OFFLINE_VOLUME, /* "offline-volume": <volume uuid> */
    TRI_STATE_PATHS,          /* "paths": <volume uuid>, text: where it was mounted when it was dismounted */
};

/* A record that this process holds. */
struct tri_state_hold {
    int fd; /* locked; -1: none */
    enum tri_state_kind kind;
    char name[128];
};
#define TRI_STATE_HOLD_NONE                                                                                            \
    {                                                                                                                  \
        .fd = -1                                                                                                       \
    }

/* Makes (or takes over, where its owner died) the record and locks it. name: letters, digits, '.', '-', '_' only.
 * -EBUSY: somebody alive holds it. */
int tri_state_take(enum tri_state_kind kind, const char *name, const char *text, struct tri_state_hold *ret_hold,
                   struct tri_error *error);
int tri_state_rewrite(struct tri_state_hold *hold, const char *text, struct tri_error *error);
/* Only the one, or only the other: makes a record where there is none (-EEXIST), or locks one that is there and leaves its
 * text as it is (-ENOENT; *ret_text newly allocated). Both: -EBUSY as above. */
int tri_state_make(enum tri_state_kind kind, const char *name, const char *text, struct tri_state_hold *ret_hold,
                   struct tri_error *error);
int tri_state_open(enum tri_state_kind kind, const char *name, struct tri_state_hold *ret_hold, char **ret_text);
void tri_state_drop(struct tri_state_hold *hold); /* removes or empties the record, then unlocks; {.fd = -1} is fine */
void tri_state_keep(struct tri_state_hold *hold); /* unlocks; the record stays */

/* Unlocked records. Of one that somebody holds, put and remove answer -EBUSY. */
int tri_state_put(enum tri_state_kind kind, const char *name, const char *text, struct tri_error *error);
int tri_state_get(enum tri_state_kind kind, const char *name, char **ret_text); /* -ENOENT */
/* The same, and whether its owner lives. */
int tri_state_look(enum tri_state_kind kind, const char *name, char **ret_text, bool *ret_held);
bool tri_state_has(enum tri_state_kind kind, const char *name);
int tri_state_remove(enum tri_state_kind kind, const char *name); /* not there is success */

/* Calls visit for every record of the kind; is_held: its owner lives. A missing folder is an empty one. -errno: some could
 * not be read, and were not visited. */
typedef void tri_state_visit(void *data, const char *name, const char *text, bool is_held);
int tri_state_each(enum tri_state_kind kind, tri_state_visit *visit, void *data);

/* Cleans what the dead left: half-made images are unlinked, half-formatted volumes made cleanly empty, half-attached
 * images detached, exports without a loop device ended, records of disks that are gone removed. Called at the start of
 * every list, attach, create and format; costs a few system calls where there is nothing. Never blocks on the living. */
void tri_state_sweep(void);

#endif
