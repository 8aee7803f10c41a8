/* trireme inspect: everything that a compute system tells about itself, as its Properties document. */
#include "output.h"
#include "systems.h"
#include "verbs.h"

static int run(struct tri_cli *cli)
{
    json_t *list = tri_systems_list(cli, tri_systems_named(1, cli->argv));

    if (!list)
        return TRI_EXIT_FAILED;
    list = tri_systems_query(cli, list);
    int status = tri_systems_check(cli, "inspect", list, 1, cli->argv);
    if (status == 0)
        tri_print_document(json_incref(json_array_get(list, 0)));
    json_decref(list);
    return status;
}

const struct tri_verb tri_verb_inspect = {
    .name = "inspect",
    .arguments = "ID",
    .summary = "print all properties of a container as JSON",
    .example = "trireme inspect web | jq .Statistics.Memory",
    .argc_min = 1,
    .argc_max = 1,
    .run = run,
};
