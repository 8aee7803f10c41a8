/* Where systems live: <root>/<namespace>/<id>/ (docs/shim-protocol.md). Every change of a namespace folder is made
 * under its flock; a system's own folder is locked by whoever owns it, and death, however it comes, gives it back. */
#ifndef TRI_COMPUTE_REGISTRY_H
#define TRI_COMPUTE_REGISTRY_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* Ids and names of namespaces: 1 to 255 bytes of UTF-8, no '/', no control character, not "." or "..". `what` names the
 * member in the error ("id"). */
int tri_id_check(const char *id, const char *what, struct tri_error *error);

/* The name of an id's folder: percent-encoded (GUID-shaped ids in lower case), never one that begins with a dot. Ids
 * whose encoding is longer than a file name may be end in a digest. */
void tri_id_encode(const char *id, char name[NAME_MAX + 1]);

bool tri_id_equal(const char *a, const char *b); /* as tri_id_encode sees them */

struct tri_space {
    int fd;
    char *path;
};

/* The namespace's folder, made first where `make` is set; else a missing one answers -ENOENT. name NULL or "": the
 * default one. Folders that other users could write to are refused. */
int tri_space_open(const char *name, bool make, struct tri_space *ret_space, struct tri_error *error);
void tri_space_close(struct tri_space *space);
#define TRI_AUTO_SPACE __attribute__((cleanup(tri_space_close)))
#define TRI_SPACE_NONE {-1, NULL}

/* What spec.json keeps: all that a stranger needs to speak to a system, or to clean up after its shim. */
struct tri_record {
    char *id, *owner;
    char *runtime; /* absolute path */
    char *kind;    /* "crun" or "runc" */
    char runtime_id[37];
    char *cgroup;  /* below every hierarchy's root: "/trireme-<runtime id>" */
    char *io_path; /* lies on the device that I/O limits are for */
    bool terminate_on_last_close;
};
int tri_record_new(const char *id, const char *owner, const char *io_path, struct tri_record *ret_record);
int tri_record_write(const struct tri_record *record, int folder_fd, struct tri_error *error);
int tri_record_read(int folder_fd, struct tri_record *ret_record);
void tri_record_clear(struct tri_record *record);

/* A system's folder that is ours: locked through fd, and known by its inode, so that it is never confused with a later
 * one of the same name. */
struct tri_claim {
    int fd;
    char *path; /* absolute */
    char name[NAME_MAX + 1];
    dev_t device;
    ino_t inode;
};
#define TRI_CLAIM_NONE {.fd = -1}

/* Makes the folder of id and locks it. One whose owner has died is cleaned up and made anew. TRI_COMPUTE_EXISTS: the id
 * has a living owner. Blocks, for as long as others hold the namespace. */
int tri_registry_claim(struct tri_space *space, const char *id, struct tri_claim *ret_claim, struct tri_error *error);
void tri_claim_close(struct tri_claim *claim); /* gives up our descriptor, and so the lock, unless a shim has it too */

/* Undoes a claim, whatever has been made in it meanwhile: kills and removes. Done by somebody else already is success;
 * -EBUSY where a shim still lives in it. */
int tri_registry_discard(struct tri_space *space, const struct tri_claim *claim, struct tri_error *error);

/* Waits, a few seconds at most, until the folder of that name is gone, has no owner any more, or has got a socket: for
 * an owner that is just ending, or beginning. False: it stays as it is. */
bool tri_registry_wait(const struct tri_space *space, const char *name);

/* The folder of an id that exists, not locked. -ENOENT. */
int tri_registry_find(const struct tri_space *space, const char *id, int *ret_folder_fd);

/* Cleans the folder of that name if it has no owner any more; anything else is left alone. Returns true if it did. */
bool tri_registry_sweep(struct tri_space *space, const char *name);

#endif
