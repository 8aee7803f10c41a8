/* trireme delete: instances, and with --class classes. */
#include "output.h"
#include "query-service.h"
#include "verbs.h"

struct settings {
    struct tri_management_settings management;
    bool is_class;
};

static const struct tri_option options[] = {
    {"class", 0, NULL, tri_parse_flag, offsetof(struct settings, is_class),
     "delete a class, those derived from it, and all of their instances"},
    {0},
};

static int delete_one(const struct tri_management *management, const char *path, bool is_class)
{
    TRI_AUTO_BSTR BSTR wide = tri_bstr(path);

    HRESULT hr = is_class ? IWbemServices_DeleteClass(management->services, wide, 0, NULL, NULL)
                          : IWbemServices_DeleteInstance(management->services, wide, 0, NULL, NULL);
    return FAILED(hr) ? tri_fail_com(management->cli, hr, "cannot delete %s", path) : TRI_EXIT_OK;
}

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
    bool is_class = tri_object_is_class(object);
    if (is_class && !settings->is_class)
        return tri_fail(cli, "%s is a class; --class deletes it, with those derived from it and all of their instances",
                        cli->argv[0]);
    if (!is_class && settings->is_class)
        return tri_fail(cli, "%s is no class; it goes without --class", cli->argv[0]);
    return delete_one(&management, cli->argv[0], is_class);
}

const struct tri_verb tri_verb_delete = {
    .name = "delete",
    .arguments = "PATH",
    .summary = "delete an object",
    .example = "trireme delete \"Site_Rack.Name='A1'\"",
    .options = options,
    .shared = tri_management_options,
    .settings_size = sizeof(struct settings),
    .argc_min = 1,
    .argc_max = 1,
    .run = run,
};
