/* Compute systems as documents: enumerated, and queried, many at once. */
#ifndef TRI_CLI_SYSTEMS_H
#define TRI_CLI_SYSTEMS_H

#include <jansson.h>

#include "call.h"

/* The Properties of the systems that a SystemQuery names (its reference is taken; NULL: all). NULL after having said why
 * it could not be done. */
json_t *tri_systems_list(const struct tri_cli *cli, json_t *query);

/* Asks each running system of the list (whose reference is taken) for everything it tells about itself, all at the same
 * time. Those that have gone meanwhile are left out; a stopped one stays as it was, because asking it would use up the
 * record of how it ended. */
json_t *tri_systems_query(const struct tri_cli *cli, json_t *list);

/* A SystemQuery of ids; no ids: NULL. */
json_t *tri_systems_named(int count, char *const *ids);

/* Whether each of the ids is in the list; says which is not. Returns 0 or the exit status. */
int tri_systems_check(const struct tri_cli *cli, const char *verb, const json_t *list, int count, char *const *ids);

/* The process that a system was made for: the oldest in it that was started through HCS. Its end is the end of a
 * container that was made by `trireme run`. NULL where there is none: call->result says why. */
HCS_PROCESS tri_system_program(struct tri_call *call, HCS_SYSTEM system, uint32_t *ret_pid);

#endif
