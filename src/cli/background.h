/* The part of the command that stays with a container whose caller did not want to wait (`run --detach`): a child that
 * does all the work, in the foreground's session until the container runs, and in one of its own from then on. */
#ifndef TRI_CLI_BACKGROUND_H
#define TRI_CLI_BACKGROUND_H

#include "cli.h"

/* Before the first HCS call: threads do not survive a fork. Returns -1 in the child, which goes on; in the parent, once
 * the child has called tri_background_enter or has ended, the exit status. */
int tri_background_fork(const struct tri_cli *cli, int *ret_fd);

/* In the child: all is well, the parent may return. `fd` is from tri_background_fork and is closed. */
void tri_background_enter(int fd);

#endif
