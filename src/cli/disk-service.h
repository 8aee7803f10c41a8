/* The Virtual Disk Service, as the disk verbs use it: one struct tri_disks is what a verb has open of it.
 *
 *     TRI_AUTO_DISKS struct tri_disks disks;
 *     int status = tri_disks_open(&disks, cli);
 *     if (status)
 *         return status;
 */
#ifndef TRI_CLI_DISK_SERVICE_H
#define TRI_CLI_DISK_SERVICE_H

#include <trireme-storage.h>

#include <jansson.h>

#include "com.h"

struct tri_disks {
    const struct tri_cli *cli;
    IVdsService *service;
    IVdsSwProvider *software;
    IVdsVdProvider *images;
};

/* Says why and returns the exit status where it fails. */
int tri_disks_open(struct tri_disks *disks, const struct tri_cli *cli);
void tri_disks_close(struct tri_disks *disks);
#define TRI_AUTO_DISKS TRI_CLEANUP(tri_disks_close)

/* Says that something could not be done ("cannot format /dev/loop0p1"), with the sentence that the service has left for
 * this thread. Returns TRI_EXIT_FAILED. */
int tri_disks_fail(const struct tri_disks *disks, HRESULT hr, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Throws that sentence away: after a call that may fail. */
void tri_disks_forget_error(void);

/* Another interface of an object, or NULL. */
void *tri_interface(void *object, REFIID iid);

/* The next object of an enumerator as this interface, a reference to let go of; NULL at the end. The enumerator may be
 * NULL. */
void *tri_enum_next(IEnumVdsObject *list, REFIID iid);

/* tri_text_of what the service handed out, which is freed. */
char *tri_text_taken(LPWSTR text);
json_t *tri_json_taken(LPWSTR text);   /* a string, or null */
char *tri_text_guid(const GUID *guid); /* small letters, no braces */

#endif
