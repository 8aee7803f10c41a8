/* trireme get: one object. */
#include <stdio.h>

#include "output.h"
#include "query-print.h"
#include "query-service.h"
#include "query-value.h"
#include "verbs.h"

struct settings {
    struct tri_management_settings management;
    bool all;
};

static const struct tri_option options[] = {
    {"all", 'a', NULL, tri_parse_flag, offsetof(struct settings, all), "show what has no value, too"},
    {0},
};

static int run(struct tri_cli *cli)
{
    const struct settings *settings = cli->settings;
    TRI_AUTO_MANAGEMENT struct tri_management management;
    TRI_AUTO_RELEASE IWbemClassObject *object = NULL;

    int status = tri_management_open(&management, cli);
    if (status)
        return status;
    object = tri_management_get(&management, cli->argv[0]);
    if (!object)
        return TRI_EXIT_FAILED;
    if (tri_object_is_class(object) && !cli->json)
        return tri_fail(cli,
                        "%s is a class; `trireme query \"SELECT * FROM %s\"` shows its objects, "
                        "`trireme describe %s` what it is",
                        cli->argv[0], cli->argv[0], cli->argv[0]);
    if (cli->json)
        tri_print_document(tri_object_document(object));
    else
        tri_object_print(object, settings->all);
    return TRI_EXIT_OK;
}

const struct tri_verb tri_verb_get = {
    .name = "get",
    .arguments = "PATH",
    .summary = "show one object, such as Win32_Service.Name='ssh'",
    .example = "trireme get \"Win32_Service.Name='ssh'\"",
    .options = options,
    .shared = tri_management_options,
    .settings_size = sizeof(struct settings),
    .argc_min = 1,
    .argc_max = 1,
    .run = run,
};
