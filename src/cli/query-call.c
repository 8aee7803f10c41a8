/* trireme call: has a method run. */
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "query-answer.h"
#include "query-assign.h"
#include "query-hint.h"
#include "query-print.h"
#include "query-value.h"
#include "verbs.h"

/* The class that a path's object is of, or that it names. */
static IWbemClassObject *class_of(const struct tri_management *management, const char *path)
{
    IWbemClassObject *object = tri_management_get(management, path);

    if (!object || tri_object_is_class(object))
        return object;
    TRI_AUTO_FREE char *name = tri_checked(tri_object_text(object, "__CLASS"));
    tri_releasep(&object);
    return tri_management_get(management, name);
}

/* What the method takes, filled in from the arguments; NULL where it takes nothing. */
static int make_input(const struct tri_cli *cli, IWbemClassObject *class_, IWbemClassObject **ret)
{
    TRI_AUTO_BSTR BSTR method = tri_bstr(cli->argv[1]);
    TRI_AUTO_RELEASE IWbemClassObject *signature = NULL, *input = NULL;

    HRESULT hr = IWbemClassObject_GetMethod(class_, method, 0, &signature, NULL);
    if (FAILED(hr)) {
        TRI_AUTO_FREE char *hint = tri_hint_method(class_, cli->argv[1]);
        return tri_fail_com_hint(cli, hr, hint, "cannot call %s", tri_text_named(cli->argv[1]));
    }
    if (!signature && cli->argc > 2)
        return tri_fail(cli, "%s takes nothing", cli->argv[1]);
    hr = signature ? IWbemClassObject_SpawnInstance(signature, 0, &input) : S_OK;
    if (FAILED(hr))
        return tri_fail_com(cli, hr, "cannot call %s", cli->argv[1]);
    const struct tri_assignment assignment = {.object = input, .first = 2, .method = cli->argv[1]};
    int status = input ? tri_assign(cli, &assignment) : 0;
    if (!status) {
        *ret = input;
        input = NULL;
    }
    return status;
}

static VARIANT qualifier(IWbemQualifierSet *qualifiers, const char *name)
{
    TRI_AUTO_BSTR BSTR wide = tri_bstr(name);
    VARIANT value = {0};

    if (FAILED(IWbemQualifierSet_Get(qualifiers, wide, 0, &value, NULL)))
        SetErrorInfo(0, NULL);
    return value;
}

/* What a number that the method answered means: in its Values, at the place that the number has in its ValueMap. NULL
 * where the class does not say. */
static char *meaning_of(IWbemClassObject *class_, const char *method, const char *number)
{
    TRI_AUTO_BSTR BSTR wide = tri_bstr(method);
    TRI_AUTO_RELEASE IWbemQualifierSet *qualifiers = NULL;

    if (FAILED(IWbemClassObject_GetMethodQualifierSet(class_, wide, &qualifiers))) {
        SetErrorInfo(0, NULL);
        return NULL;
    }
    TRI_AUTO_VARIANT VARIANT map = qualifier(qualifiers, "ValueMap"), values = qualifier(qualifiers, "Values");
    json_t *numbers = tri_value_document(&map, CIM_STRING), *names = tri_value_document(&values, CIM_STRING), *item;
    char *meaning = NULL;
    size_t i;
    json_array_foreach (numbers, i, item)
        if (!meaning && !strcmp(json_string_value(item), number) && i < json_array_size(names))
            meaning = tri_text_format("%s", json_string_value(json_array_get(names, i)));
    json_decref(numbers);
    json_decref(names);
    return meaning;
}

/* The method's own word on how it went: 0 is well, and so is none at all. */
static int judge(const struct tri_cli *cli, IWbemClassObject *class_, IWbemClassObject *output)
{
    TRI_AUTO_FREE char *answer = output ? tri_object_text(output, "ReturnValue") : NULL;

    if (!answer || !strcmp(answer, "0"))
        return TRI_EXIT_OK;
    TRI_AUTO_FREE char *meaning = meaning_of(class_, cli->argv[1], answer);
    return tri_fail(cli, "%s answered %s, which is not success%s%s", cli->argv[1], answer, meaning ? ": " : "",
                    meaning ? meaning : "");
}

static int report(const struct tri_cli *cli, IWbemClassObject *class_, IWbemClassObject *output)
{
    if (cli->json)
        tri_print_document(output ? tri_object_document(output) : json_object());
    else if (output)
        tri_object_print(output, false);
    return judge(cli, class_, output);
}

static int call(const struct tri_management *management, IWbemClassObject *class_, IWbemClassObject *input)
{
    char **argv = management->cli->argv;
    TRI_AUTO_BSTR BSTR path = tri_bstr(argv[0]), method = tri_bstr(argv[1]);
    TRI_AUTO_RELEASE IWbemClassObject *output = NULL;
    IWbemClassObject *more;
    TRI_AUTO_ANSWER struct tri_answer answer;

    tri_answer_open(&answer, management, "calling");
    tri_answer_begin(&answer, IWbemServices_ExecMethodAsync(management->services, path, method, 0, NULL, input,
                                                            tri_answer_sink(&answer)));
    output = tri_answer_next(&answer, TRI_NEVER_MS);
    while ((more = tri_answer_next(&answer, TRI_NEVER_MS)))
        IWbemClassObject_Release(more);
    if (FAILED(answer.result))
        return tri_answer_fail(&answer, NULL, "cannot call %s of %s", argv[1], argv[0]);
    return report(management->cli, class_, output);
}

static int run(struct tri_cli *cli)
{
    TRI_AUTO_MANAGEMENT struct tri_management management;
    TRI_AUTO_RELEASE IWbemClassObject *class_ = NULL, *input = NULL;

    int status = tri_management_open(&management, cli);
    if (status)
        return status;
    class_ = class_of(&management, cli->argv[0]);
    if (!class_)
        return TRI_EXIT_FAILED;
    status = make_input(cli, class_, &input);
    return status ? status : call(&management, class_, input);
}

const struct tri_verb tri_verb_call = {
    .name = "call",
    .arguments = "PATH METHOD [NAME[=VALUE]]...",
    .summary = "have a method of an object run",
    .example = "trireme call \"Win32_Service.Name='ssh'\" StopService",
    .shared = tri_management_options,
    .settings_size = sizeof(struct tri_management_settings),
    .argc_min = 2,
    .argc_max = -1,
    .run = run,
};
