/* trireme watch: events, as they come. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "output.h"
#include "query-answer.h"
#include "query-hint.h"
#include "query-value.h"
#include "verbs.h"

struct settings {
    struct tri_management_settings management;
    uint32_t count, timeout_s;
};

static const struct tri_option options[] = {
    {"count", 'c', "N", tri_parse_count, offsetof(struct settings, count), "end after that many events"},
    {"timeout", 't', "SECONDS", tri_parse_count, offsetof(struct settings, timeout_s), "end after that time"},
    {0},
};

/* What every event has, and nobody asked for. */
static bool is_noise(const char *name)
{
    return !strcasecmp(name, "SECURITY_DESCRIPTOR") || !strcasecmp(name, "TIME_CREATED");
}

/* One line: "__InstanceCreationEvent  TargetInstance=Win32_Process.Handle="4711"". */
static void print_event(IWbemClassObject *event)
{
    TRI_AUTO_FREE char *class_ = tri_object_text(event, "__CLASS");
    BSTR name = NULL;
    VARIANT value = {0};
    CIMTYPE type;

    fputs(class_ ? class_ : "", stdout);
    IWbemClassObject_BeginEnumeration(event, WBEM_FLAG_NONSYSTEM_ONLY);
    while (IWbemClassObject_Next(event, 0, &name, &value, &type, NULL) == WBEM_S_NO_ERROR) {
        TRI_AUTO_FREE char *name_text = tri_text_of_bstr(name);
        TRI_AUTO_FREE char *text = tri_value_text(&value, type);
        if (V_VT(&value) != VT_NULL && !is_noise(name_text)) {
            printf("  %s=", name_text);
            tri_value_print(text);
        }
        SysFreeString(name);
        VariantClear(&value);
    }
    IWbemClassObject_EndEnumeration(event);
    putchar('\n');
}

/* A document a line, so that a program can read them one after the other. */
static void print_document(IWbemClassObject *event)
{
    json_t *document = tri_object_document(event);

    json_dumpf(document, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(document);
}

/* Returns how many there were; ends also where nobody reads them any more. */
static uint32_t print_events(struct tri_answer *answer, const struct settings *settings)
{
    uint64_t end_ms = settings->timeout_s ? tri_clock_ms() + settings->timeout_s * UINT64_C(1000) : TRI_NEVER_MS;
    IWbemClassObject *event;
    uint32_t count = 0;

    while ((!settings->count || count < settings->count) && (event = tri_answer_next(answer, end_ms))) {
        count++;
        if (answer->management->cli->json)
            print_document(event);
        else
            print_event(event);
        IWbemClassObject_Release(event);
        if (fflush(stdout))
            break;
    }
    return count;
}

static int run(struct tri_cli *cli)
{
    const struct settings *settings = cli->settings;
    TRI_AUTO_MANAGEMENT struct tri_management management = {0};
    TRI_AUTO_BSTR BSTR language = tri_bstr("WQL"), query = tri_bstr(cli->argv[0]);

    if (!cli->argv[0][strspn(cli->argv[0], " \t\r\n")])
        return tri_fail(cli, "the query is empty; the usage is: trireme watch [OPTION]... \"SELECT ... WITHIN 1 ...\"");
    int status = tri_management_open(&management, cli);
    if (status)
        return status;
    TRI_AUTO_ANSWER struct tri_answer answer;
    tri_answer_open(&answer, &management, NULL);
    tri_answer_begin(&answer, IWbemServices_ExecNotificationQueryAsync(management.services, language, query, 0, NULL,
                                                                       tri_answer_sink(&answer)));
    uint32_t count = print_events(&answer, settings);
    if (answer.signal)
        return TRI_EXIT_SIGNAL + answer.signal;
    if (answer.is_done && FAILED(answer.result)) {
        TRI_AUTO_FREE char *hint = tri_hint_query(&management, answer.result, cli->argv[0], cli->argc);
        TRI_AUTO_FREE char *shown = tri_query_shown(cli->argv[0]);
        return tri_answer_fail(&answer, hint, "cannot watch \"%s\"", shown);
    }
    if (count < settings->count)
        return tri_fail(cli, "only %" PRIu32 " of %" PRIu32 " events came in %" PRIu32 " s", count, settings->count,
                        settings->timeout_s);
    return TRI_EXIT_OK;
}

const struct tri_verb tri_verb_watch = {
    .name = "watch",
    .arguments = "\"SELECT ... WITHIN 1 ...\"",
    .summary = "print events as they come",
    .example = "trireme watch \"SELECT * FROM Win32_ProcessStartTrace\"",
    .options = options,
    .shared = tri_management_options,
    .settings_size = sizeof(struct settings),
    .argc_min = 1,
    .argc_max = 1,
    .run = run,
};
