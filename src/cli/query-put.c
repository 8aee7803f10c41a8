/* trireme put: makes an instance of a class, or changes one that there is. */
#include <stdio.h>

#include "output.h"
#include "query-assign.h"
#include "verbs.h"

struct settings {
    struct tri_management_settings management;
    bool create;
};

static const struct tri_option options[] = {
    {"create", 'c', NULL, tri_parse_flag, offsetof(struct settings, create), "change nothing that is there already"},
    {0},
};

/* The object that is to be put: the one of the path, or a new one of the class that it names. */
static HRESULT spawn(IWbemClassObject **object)
{
    IWbemClassObject *made = NULL;

    HRESULT hr = IWbemClassObject_SpawnInstance(*object, 0, &made);
    if (SUCCEEDED(hr)) {
        tri_releasep(object);
        *object = made;
    }
    return hr;
}

/* The path under which it is stored; only a call that has a result tells it. */
static HRESULT store(const struct tri_management *management, IWbemClassObject *object, LONG flags, BSTR *ret_path)
{
    TRI_AUTO_RELEASE IWbemCallResult *call = NULL;

    HRESULT hr =
        IWbemServices_PutInstance(management->services, object, flags | WBEM_FLAG_RETURN_IMMEDIATELY, NULL, &call);
    return FAILED(hr) ? hr : IWbemCallResult_GetResultString(call, WBEM_INFINITE, ret_path);
}

static int put(const struct tri_management *management, IWbemClassObject *object, LONG flags)
{
    TRI_AUTO_BSTR BSTR path = NULL;

    HRESULT hr = store(management, object, flags, &path);
    if (FAILED(hr))
        return tri_fail_com(management->cli, hr, "cannot put %s", management->cli->argv[0]);
    TRI_AUTO_FREE char *text = tri_text_of_bstr(path);
    tri_print_line(management->cli, text);
    if (management->cli->json)
        tri_print_document(json_pack("{s:s}", "Path", text));
    return TRI_EXIT_OK;
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
    if (!is_class && settings->create)
        return tri_fail(cli, "%s is there already; --create makes instances of a class", cli->argv[0]);
    HRESULT hr = is_class ? spawn(&object) : S_OK;
    if (FAILED(hr))
        return tri_fail_com(cli, hr, "cannot make an instance of %s", cli->argv[0]);
    status = tri_assign(cli, &(struct tri_assignment){.object = object, .first = 1});
    if (status)
        return status;
    return put(&management, object,
               settings->create ? WBEM_FLAG_CREATE_ONLY
               : is_class       ? WBEM_FLAG_CREATE_OR_UPDATE
                                : WBEM_FLAG_UPDATE_ONLY);
}

const struct tri_verb tri_verb_put = {
    .name = "put",
    .arguments = "CLASS|PATH [NAME[=VALUE]]...",
    .summary = "make an instance of a class, or change one",
    .example = "trireme put Site_Rack Name=A1 Height=42",
    .options = options,
    .shared = tri_management_options,
    .settings_size = sizeof(struct settings),
    .argc_min = 1,
    .argc_max = -1,
    .run = run,
};
