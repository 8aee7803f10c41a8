/* Options, declared: one table a verb, from which they are parsed, `--help` is written, and completed. */
#ifndef TRI_CLI_OPTIONS_H
#define TRI_CLI_OPTIONS_H

#include "cli.h"

/* Parses `value` (NULL for a flag) into *field. Returns NULL, or what is wrong with it, to be read after the value:
 * "is not a number". */
typedef const char *tri_option_parser(const char *value, void *field);

struct tri_option {
    const char *name;  /* the long one; NULL ends a table */
    char letter;       /* the short one, or 0 */
    const char *value; /* what help calls its value; NULL: a flag */
    tri_option_parser *parse;
    size_t field; /* offset in the verb's settings */
    const char *help;
};

struct tri_verb {
    const char *name;      /* "ps"; of a verb in a group, the group's name and its own: "disk list" */
    const char *arguments; /* as the usage line shows them */
    const char *summary;
    const char *example; /* as it is typed */
    const struct tri_option *options; /* or NULL */
    const struct tri_option *shared;  /* more, that another verb has too; or NULL. --json and --help: every verb */
    size_t settings_size;
    int argc_min, argc_max;          /* argc_max -1: any number */
    bool takes_command;              /* its first argument ends the options: what follows belongs to a program */
    bool takes_signed;               /* -5G is an argument, not an option */
    int (*run)(struct tri_cli *cli); /* returns the exit status */
    const struct tri_verb *const *verbs; /* of a group: those in it, ended by NULL; or NULL */
};

extern const struct tri_option tri_common_options[];

/* Fills cli->settings (zeroed, of settings_size), argc, argv, json and help from what follows the verb; argv[0] is the
 * verb. Returns 0, or the exit status after having said what is wrong. */
int tri_options_parse(struct tri_cli *cli, int argc, char **argv);

/* The library's strings are UTF-16, so that there is no way to hand on an argument which is not UTF-8. Returns 0, or
 * the exit status after having named one. */
int tri_options_check_text(struct tri_cli *cli, int argc, char **argv);

bool tri_is_utf8(const char *text);

struct tri_list {
    const char **items;
    size_t count;
};

tri_option_parser tri_parse_flag;    /* bool */
tri_option_parser tri_parse_text;    /* const char *, borrowed */
tri_option_parser tri_parse_list;    /* struct tri_list, appended to */
tri_option_parser tri_parse_folder;  /* char *, absolute, UTF-8; the folder exists */
tri_option_parser tri_parse_folders; /* struct tri_list of such */
tri_option_parser tri_parse_count;   /* uint32_t, at least 1 */
tri_option_parser tri_parse_seconds; /* uint32_t, 0 allowed */
tri_option_parser tri_parse_size_mb; /* uint64_t, MiB rounded up, from 512m, 2g, ... */
tri_option_parser tri_parse_bytes;   /* uint64_t, more than 0, from 512M, 1.5GiB, 2GB, 4096: size.h */
tri_option_parser tri_parse_cpus;    /* double, more than 0 */
tri_option_parser tri_parse_signal;  /* int, from TERM, SIGTERM or 15 */

#endif
