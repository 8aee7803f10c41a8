#include "verbs.h"

#include <stdlib.h>
#include <string.h>

#include "output.h"

const struct tri_verb *const tri_verbs[] = {
    &tri_verb_run,  &tri_verb_exec, &tri_verb_ps,   &tri_verb_stats, &tri_verb_inspect,
    &tri_verb_wait, &tri_verb_stop, &tri_verb_kill, &tri_verb_pause, &tri_verb_resume,
    &tri_verb_disk, &tri_verb_query, &tri_verb_get, &tri_verb_put, &tri_verb_delete,
    &tri_verb_call, &tri_verb_classes, &tri_verb_describe, &tri_verb_mof, &tri_verb_watch,
    &tri_verb_help, NULL,
};

const struct tri_verb *const tri_disk_verbs[] = {
    &tri_verb_disk_list,    &tri_verb_disk_info,      &tri_verb_disk_create,
    &tri_verb_disk_convert, &tri_verb_disk_attach,    &tri_verb_disk_detach,
    &tri_verb_disk_init,    &tri_verb_disk_partition, &tri_verb_disk_format,
    &tri_verb_disk_mount,   &tri_verb_disk_unmount,   &tri_verb_disk_resize,
    &tri_verb_disk_check,   &tri_verb_disk_clean,     NULL,
};

const char *tri_verb_word(const struct tri_verb *verb)
{
    const char *space = strrchr(verb->name, ' ');

    return space ? space + 1 : verb->name;
}

const struct tri_verb *tri_verb_find(const struct tri_verb *const *verbs, const char *word)
{
    for (; *verbs; verbs++)
        if (!strcmp(tri_verb_word(*verbs), word))
            return *verbs;
    return NULL;
}

int tri_verb_do(struct tri_cli *cli, int argc, char **argv)
{
    free(cli->settings);
    cli->settings = tri_checked(calloc(1, cli->verb->settings_size + 1));
    int status = tri_options_parse(cli, argc, argv);
    if (status)
        return status;
    if (cli->help)
        tri_verb_print_help(cli, cli->verb);
    return cli->help ? TRI_EXIT_OK : cli->verb->run(cli);
}

int tri_verb_do_group(struct tri_cli *cli)
{
    const struct tri_verb *group = cli->verb;

    if (!cli->argc) {
        tri_verb_print_help(cli, group);
        return TRI_EXIT_FAILED;
    }
    cli->verb = tri_verb_find(group->verbs, cli->argv[0]);
    if (cli->verb)
        return tri_verb_do(cli, cli->argc, cli->argv);
    cli->verb = group;
    return tri_fail(cli, "there is no verb %s %s; `trireme help %s` lists them", group->name,
                    tri_text_named(cli->argv[0]), group->name);
}
