/* The verbs. Each is a file of its own, and the table in verbs.c. */
#ifndef TRI_CLI_VERBS_H
#define TRI_CLI_VERBS_H

#include "options.h"

extern const struct tri_verb tri_verb_run, tri_verb_ps, tri_verb_exec, tri_verb_stop, tri_verb_kill, tri_verb_pause,
    tri_verb_resume, tri_verb_inspect, tri_verb_stats, tri_verb_wait, tri_verb_help;

extern const struct tri_verb *const tri_verbs[]; /* ended by NULL */

const struct tri_verb *tri_verb_find(const char *name); /* or NULL */

/* What `trireme VERB --help` prints. */
void tri_verb_print_help(const struct tri_cli *cli, const struct tri_verb *verb);

#endif
