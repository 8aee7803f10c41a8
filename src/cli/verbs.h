/* The verbs. Each is a file of its own, and the tables are in verbs.c. A group is a verb that has verbs of its own. */
#ifndef TRI_CLI_VERBS_H
#define TRI_CLI_VERBS_H

#include "options.h"

extern const struct tri_verb tri_verb_run, tri_verb_ps, tri_verb_exec, tri_verb_stop, tri_verb_kill, tri_verb_pause,
    tri_verb_resume, tri_verb_inspect, tri_verb_stats, tri_verb_wait, tri_verb_disk, tri_verb_help;
extern const struct tri_verb tri_verb_query, tri_verb_get, tri_verb_put, tri_verb_delete, tri_verb_call,
    tri_verb_classes, tri_verb_describe, tri_verb_mof, tri_verb_watch;
extern const struct tri_verb tri_verb_disk_list, tri_verb_disk_info, tri_verb_disk_create, tri_verb_disk_convert,
    tri_verb_disk_attach, tri_verb_disk_detach, tri_verb_disk_init, tri_verb_disk_clean, tri_verb_disk_partition,
    tri_verb_disk_format, tri_verb_disk_mount, tri_verb_disk_unmount, tri_verb_disk_resize, tri_verb_disk_check;

extern const struct tri_verb *const tri_verbs[], *const tri_disk_verbs[]; /* ended by NULL */

/* The verb of a table by the last word of its name, or NULL. */
const struct tri_verb *tri_verb_find(const struct tri_verb *const *verbs, const char *word);
const char *tri_verb_word(const struct tri_verb *verb); /* that word */

/* Lets cli->verb, argv[0], do what the rest of argv says. Returns the exit status. */
int tri_verb_do(struct tri_cli *cli, int argc, char **argv);

/* What a group runs: the verb of its own that its first argument names. */
int tri_verb_do_group(struct tri_cli *cli);

/* What `trireme VERB --help` prints. */
void tri_verb_print_help(const struct tri_cli *cli, const struct tri_verb *verb);

#endif
