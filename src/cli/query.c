/* trireme query: the rows of a query. */
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "query-answer.h"
#include "query-hint.h"
#include "query-print.h"
#include "verbs.h"

struct settings {
    struct tri_management_settings management;
    bool all, csv, lines;
};

static const struct tri_option options[] = {
    {"all", 'a', NULL, tri_parse_flag, offsetof(struct settings, all), "show what has no value, too"},
    {"csv", 0, NULL, tri_parse_flag, offsetof(struct settings, csv), "print comma-separated values"},
    {"lines", 'l', NULL, tri_parse_flag, offsetof(struct settings, lines), "print one property a line"},
    {0},
};

/* The query may be one argument, or several, as people type who forget the quotation marks. */
static char *joined(const struct tri_cli *cli)
{
    char *text = tri_text_format("%s", cli->argv[0]);

    for (int i = 1; i < cli->argc; i++) {
        TRI_AUTO_FREE char *before = text;
        text = tri_text_format("%s %s", before, cli->argv[i]);
    }
    return text;
}

static enum tri_row_format chosen_format(const struct tri_cli *cli)
{
    const struct settings *settings = cli->settings;

    if (cli->json)
        return TRI_ROWS_JSON;
    return settings->csv ? TRI_ROWS_CSV : settings->lines ? TRI_ROWS_LINES : TRI_ROWS_TABLE;
}

static int fail(const struct tri_answer *answer, const char *query)
{
    const struct tri_management *management = answer->management;
    TRI_AUTO_FREE char *hint = tri_hint_query(management, answer->result, query, management->cli->argc);
    TRI_AUTO_FREE char *shown = tri_query_shown(query);

    return tri_answer_fail(answer, hint, "cannot query \"%s\"", shown);
}

static int run(struct tri_cli *cli)
{
    const struct settings *settings = cli->settings;
    TRI_AUTO_FREE char *query = joined(cli);
    TRI_AUTO_MANAGEMENT struct tri_management management = {0};
    TRI_AUTO_ROWS struct tri_rows rows = {0};
    TRI_AUTO_BSTR BSTR language = tri_bstr("WQL"), wide = tri_bstr(query);
    IWbemClassObject *object;

    if (settings->csv && cli->json)
        return tri_fail(cli, "--csv and --json exclude each other");
    if (!query[strspn(query, " \t\r\n")])
        return tri_fail(cli, "the query is empty; the usage is: trireme query [OPTION]... \"SELECT ...\"");
    int status = tri_management_open(&management, cli);
    if (status)
        return status;
    TRI_AUTO_ANSWER struct tri_answer answer;
    tri_answer_open(&answer, &management, "querying");
    tri_answer_begin(
        &answer, IWbemServices_ExecQueryAsync(management.services, language, wide, 0, NULL, tri_answer_sink(&answer)));
    tri_rows_select(&rows, query);
    while ((object = tri_answer_next(&answer, TRI_NEVER_MS)))
        tri_rows_add(&rows, object);
    if (FAILED(answer.result))
        return fail(&answer, query);
    tri_rows_print(&rows, chosen_format(cli), settings->all);
    return TRI_EXIT_OK;
}

const struct tri_verb tri_verb_query = {
    .name = "query",
    .arguments = "\"SELECT ...\"",
    .summary = "ask the system: processes, services, hardware, ...",
    .example = "trireme query \"SELECT ProcessId FROM Win32_Process WHERE Name LIKE 'ssh%'\"",
    .options = options,
    .shared = tri_management_options,
    .settings_size = sizeof(struct settings),
    .argc_min = 1,
    .argc_max = -1,
    .run = run,
};
