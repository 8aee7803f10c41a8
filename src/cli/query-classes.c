/* trireme classes: what there is to ask. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "output.h"
#include "query-answer.h"
#include "query-hint.h"
#include "text.h"
#include "verbs.h"

struct settings {
    struct tri_management_settings management;
    bool shallow, no_headings;
    const char *pattern;
};

static const struct tri_option options[] = {
    {"noheadings", 0, NULL, tri_parse_flag, offsetof(struct settings, no_headings),
     "leave the names of the columns out"},
    {"pattern", 'p', "PATTERN", tri_parse_text, offsetof(struct settings, pattern),
     "only those with such a name, such as '*disk*'"},
    {"shallow", 's', NULL, tri_parse_flag, offsetof(struct settings, shallow), "only those directly below SUPERCLASS"},
    {0},
};

static void add_class(const struct settings *settings, json_t *list, IWbemClassObject *object)
{
    TRI_AUTO_FREE char *name = tri_checked(tri_object_text(object, "__CLASS"));
    TRI_AUTO_FREE char *superclass = tri_object_text(object, "__SUPERCLASS");

    if (!settings->pattern || fnmatch(settings->pattern, name, FNM_CASEFOLD) == 0)
        json_array_append_new(list, tri_checked(json_pack("{s:s, s:s?}", "Name", name, "Superclass", superclass)));
}

static int compare(const void *a, const void *b)
{
    return strcasecmp(tri_member_text(*(json_t *const *)a, "Name"), tri_member_text(*(json_t *const *)b, "Name"));
}

static json_t *sorted(json_t *list)
{
    size_t count = json_array_size(list);
    TRI_AUTO_FREE json_t **items = tri_checked(calloc(count + 1, sizeof(*items)));
    json_t *result = tri_checked(json_array());

    for (size_t i = 0; i < count; i++)
        items[i] = json_array_get(list, i);
    qsort(items, count, sizeof(*items), compare);
    for (size_t i = 0; i < count; i++)
        json_array_append(result, items[i]);
    json_decref(list);
    return result;
}

static void print_table(const struct settings *settings, const json_t *list)
{
    static const struct tri_column columns[] = {{.name = "NAME"}, {.name = "SUPERCLASS"}};
    struct libscols_table *table = tri_listing_new(columns, TRI_COUNT(columns));
    json_t *class_;
    size_t i;

    if (settings->no_headings)
        tri_listing_hide_names(table);
    json_array_foreach (list, i, class_) {
        const char *const texts[] = {tri_member_text(class_, "Name"), tri_member_text(class_, "Superclass")};
        tri_listing_add(table, TRI_COUNT(texts), texts);
    }
    tri_listing_print(table);
}

static int fail(const struct tri_answer *answer)
{
    const struct tri_management *management = answer->management;
    TRI_AUTO_FREE char *hint =
        tri_hint_path(management, answer->result, management->cli->argc ? management->cli->argv[0] : "");

    return tri_answer_fail(answer, hint, "cannot list the classes of %s", management->name_space);
}

static int run(struct tri_cli *cli)
{
    const struct settings *settings = cli->settings;
    TRI_AUTO_MANAGEMENT struct tri_management management;
    TRI_AUTO_BSTR BSTR superclass = tri_bstr(cli->argc ? cli->argv[0] : NULL);
    json_t *list = tri_checked(json_array());
    IWbemClassObject *object;

    int status = tri_management_open(&management, cli);
    if (status)
        return status;
    TRI_AUTO_ANSWER struct tri_answer answer;
    tri_answer_open(&answer, &management, "listing classes");
    tri_answer_begin(&answer, IWbemServices_CreateClassEnumAsync(management.services, superclass,
                                                                 settings->shallow ? WBEM_FLAG_SHALLOW : WBEM_FLAG_DEEP,
                                                                 NULL, tri_answer_sink(&answer)));
    while ((object = tri_answer_next(&answer, TRI_NEVER_MS))) {
        add_class(settings, list, object);
        IWbemClassObject_Release(object);
    }
    list = sorted(list);
    if (FAILED(answer.result))
        status = fail(&answer);
    else if (cli->json)
        tri_print_document(json_incref(list));
    else
        print_table(settings, list);
    json_decref(list);
    return status;
}

const struct tri_verb tri_verb_classes = {
    .name = "classes",
    .arguments = "[SUPERCLASS]",
    .summary = "list the classes that can be asked",
    .example = "trireme classes --pattern '*disk*'",
    .options = options,
    .shared = tri_management_options,
    .settings_size = sizeof(struct settings),
    .argc_max = 1,
    .run = run,
};
