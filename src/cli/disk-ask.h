/* The question before data is lost. */
#ifndef TRI_CLI_DISK_ASK_H
#define TRI_CLI_DISK_ASK_H

#include "disk-place.h"

/* Whether to go on: 0. `what` will happen ("delete the file x.img (an image)"). yes: was given. Asks where standard
 * input and standard error are a terminal; refuses where they are not. Otherwise the exit status, after having said
 * why. */
int tri_disk_ask(const struct tri_cli *cli, bool yes, const char *what);

/* The same before `verb` ("format") erases what was found. The running system's disk is refused, and (unless force)
 * what is mounted, before anybody is asked: the service refuses them, too. */
int tri_disk_ask_erase(const struct tri_disks *disks, const struct tri_place *place, const char *verb, bool force,
                       bool yes);

#endif
