/* What the service does in the background (IVdsAsync), waited for: with a bar of progress, and cancelled by Ctrl-C. */
#ifndef TRI_CLI_DISK_WORK_H
#define TRI_CLI_DISK_WORK_H

#include "disk-service.h"

struct tri_disk_work {
    const struct tri_disks *disks;
    VDS_ASYNC_OUTPUT output; /* of success; an object in it is ours */
    HRESULT result;
    int signal; /* that asked it to stop, or 0 */
};

/* Waits for the end of what was started: `started` is what the starting method answered, and `async` the operation,
 * whose reference is taken. Returns the result. SIGINT, SIGTERM, SIGHUP and SIGQUIT ask the operation to stop, each
 * time; it is waited for all the same, for only then is it known what the disk holds. */
HRESULT tri_disk_work_wait(struct tri_disk_work *work, const struct tri_disks *disks, const char *doing,
                           HRESULT started, IVdsAsync *async);

/* Lets go of the object in the output. */
void tri_disk_work_close(struct tri_disk_work *work);
#define TRI_AUTO_DISK_WORK TRI_CLEANUP(tri_disk_work_close)

/* Says what could not be done, and why. Returns the exit status: 128 + the signal where one stopped it. */
int tri_disk_work_fail(const struct tri_disk_work *work, const char *verb, const char *name);

#endif
