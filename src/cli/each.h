/* Verbs that do the same to each of the ids they are given: one that fails does not keep the others from it. */
#ifndef TRI_CLI_EACH_H
#define TRI_CLI_EACH_H

#include "call.h"

/* Does it to one open system: 0 and, where it has more to tell than the id, members added to `result`; or the exit
 * status after having said why not. */
typedef int tri_each(struct tri_call *call, HCS_SYSTEM system, json_t *result);

/* Opens each id of cli->argv; `verb` is for what is said of those that cannot be. Prints the ids, or the member `show`
 * of the results; with --json an array of the results. Returns the exit status: that of the last failure. */
int tri_each_system(struct tri_cli *cli, const char *verb, const char *show, tri_each *act);

#endif
