/* trireme ps: the compute systems of this user. */
#include <inttypes.h>
#include <string.h>

#include "output.h"
#include "systems.h"
#include "text.h"
#include "verbs.h"

struct settings {
    bool all, quiet;
    json_t *query; /* SystemQuery, or NULL */
};

/* KEY=VALUE appends VALUE to the list of the query that KEY names. */
static const char *parse_filter(const char *value, void *field)
{
    static const struct {
        const char *key, *list;
    } filters[] = {{"owner=", "Owners"}, {"id=", "Ids"}};
    json_t **query = field;

    for (size_t i = 0; i < TRI_COUNT(filters); i++) {
        if (strncmp(value, filters[i].key, strlen(filters[i].key)))
            continue;
        if (!*query)
            *query = tri_checked(json_object());
        if (!json_object_get(*query, filters[i].list))
            json_object_set_new(*query, filters[i].list, json_array());
        json_array_append_new(json_object_get(*query, filters[i].list), json_string(value + strlen(filters[i].key)));
        return NULL;
    }
    return "is neither owner=NAME nor id=ID";
}

static const struct tri_option options[] = {
    {"all", 'a', NULL, tri_parse_flag, offsetof(struct settings, all), "show those that have stopped, too"},
    {"quiet", 'q', NULL, tri_parse_flag, offsetof(struct settings, quiet), "print the ids only"},
    {"filter", 0, "KEY=VALUE", parse_filter, offsetof(struct settings, query), "show only owner=NAME, or id=ID"},
    {0},
};

static json_t *without_stopped(json_t *list)
{
    json_t *kept = tri_checked(json_array()), *system;
    size_t i;

    json_array_foreach (list, i, system)
        if (strcmp(tri_member_text(system, "State"), "Stopped"))
            json_array_append(kept, system);
    json_decref(list);
    return kept;
}

static void add_row(struct libscols_table *table, const json_t *system)
{
    bool known = json_object_get(system, "Statistics") != NULL;
    TRI_AUTO_FREE char *uptime = tri_text_duration(tri_member_number(system, "Statistics.Uptime100ns") / 10000000);
    TRI_AUTO_FREE char *processes = tri_text_format("%zu", json_array_size(json_object_get(system, "ProcessList")));
    TRI_AUTO_FREE char *memory = tri_text_bytes(tri_member_number(system, "Statistics.Memory.MemoryUsageCommitBytes"));
    const char *const texts[] = {
        tri_member_text(system, "Id"), tri_member_text(system, "State"), known ? uptime : "-", known ? processes : "-",
        known ? memory : "-",          tri_member_text(system, "Owner"),
    };

    tri_listing_add(table, TRI_COUNT(texts), texts);
}

static void print_table(const json_t *list)
{
    static const struct tri_column columns[] = {{.name = "ID"},
                                                {.name = "STATE"},
                                                {.name = "UPTIME", .right = true},
                                                {.name = "PROCESSES", .right = true},
                                                {.name = "MEMORY", .right = true},
                                                {.name = "OWNER"}};
    struct libscols_table *table = tri_listing_new(columns, TRI_COUNT(columns));
    json_t *system;
    size_t i;

    json_array_foreach (list, i, system)
        add_row(table, system);
    tri_listing_print(table);
}

static void print_ids(const struct tri_cli *cli, const json_t *list)
{
    json_t *ids = tri_checked(json_array()), *system;
    size_t i;

    json_array_foreach (list, i, system) {
        json_array_append(ids, json_object_get(system, "Id"));
        tri_print_line(cli, tri_member_text(system, "Id"));
    }
    if (cli->json)
        tri_print_document(ids);
    else
        json_decref(ids);
}

static void print(const struct tri_cli *cli, const struct settings *settings, json_t *list)
{
    if (settings->quiet)
        print_ids(cli, list);
    else if (cli->json)
        tri_print_document(json_incref(list));
    else
        print_table(list);
}

static int run(struct tri_cli *cli)
{
    const struct settings *settings = cli->settings;
    json_t *list = tri_systems_list(cli, settings->query);

    if (!list)
        return TRI_EXIT_FAILED;
    if (!settings->all)
        list = without_stopped(list);
    if (!settings->quiet)
        list = tri_systems_query(cli, list);
    print(cli, settings, list);
    json_decref(list);
    return TRI_EXIT_OK;
}

const struct tri_verb tri_verb_ps = {
    .name = "ps",
    .arguments = "",
    .summary = "list the containers",
    .example = "trireme ps --all --filter owner=trireme",
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run,
};
