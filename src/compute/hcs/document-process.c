/* Documents about processes, read into specs. */
#include "compute/hcs/document.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "compute/error.h"
#include "compute/hcs/reading.h"
#include "compute/hcs/schema-tables.h"

#define TRI_AUTO_STRINGS __attribute__((cleanup(tri_strings_freep)))

/* ---- command lines ---- */

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* The program's name: quotes group, and backslashes mean nothing. */
static const char *take_program(const char *at, char *out)
{
    bool quoted = false;
    for (; *at && (quoted || !strchr(" \t", *at)); at++) {
        if (*at == '"')
            quoted = !quoted;
        else
            *out++ = *at;
    }
    *out = '\0';
    return at;
}

/* Backslashes are themselves, except before a quote: two make one, and one that is left over makes the quote a
 * character. Within quotes, two quotes are one quote. */
static const char *take_argument(const char *at, char *out)
{
    bool quoted = false;
    while (*at && (quoted || !strchr(" \t", *at))) {
        size_t backslashes = strspn(at, "\\");
        at += backslashes;
        size_t kept = *at == '"' ? backslashes / 2 : backslashes;
        memset(out, '\\', kept);
        out += kept;
        if (*at != '"') {
            if (backslashes == 0)
                *out++ = *at++;
            continue;
        }
        bool literal = backslashes % 2 == 1 || (quoted && at[1] == '"');
        if (literal)
            *out++ = '"';
        else
            quoted = !quoted;
        at += literal && backslashes % 2 == 0 ? 2 : 1;
    }
    *out = '\0';
    return at;
}

/* Splits a command line as the start-up code of the Microsoft C runtime does. NULL-ended; NULL: no memory. Free with
 * tri_strings_free. A word costs two characters at least, its own and the blank after it, except the last. */
static char **split_command(const char *command)
{
    size_t length = strlen(command), count = 0;
    TRI_AUTO_FREE char *word = malloc(length + 1);
    TRI_AUTO_STRINGS char **words = calloc(length / 2 + 2, sizeof(*words));
    if (!word || !words)
        return NULL;
    for (const char *at = skip_blanks(command); *at; at = skip_blanks(at)) {
        at = count == 0 ? take_program(at, word) : take_argument(at, word);
        words[count] = strdup(word);
        if (!words[count++])
            return NULL;
    }
    return TRI_TAKE(words);
}

/* ---- parameters ---- */

static char **read_words(struct tri_reading *in, const json_t *document)
{
    const json_t *args = json_object_get(document, "CommandArgs");
    const char *command = json_string_value(json_object_get(document, "CommandLine"));
    if (json_array_size(args) > 0)
        return tri_reading_strings(in, args);
    char **words = split_command(command ? command : "");
    if (!words)
        tri_reading_fail(in, -ENOMEM, NULL, "No memory for the command");
    return words;
}

/* Linux runs what the first word names, so that a program given besides takes its place; alone it is the command. */
static char **replace_program(struct tri_reading *in, char **words, const char *program)
{
    char *copy = tri_reading_copy(in, program);
    if (!copy || !words)
        return free(copy), words;
    if (words[0]) {
        free(words[0]);
        words[0] = copy;
        return words;
    }
    char **grown = realloc(words, 2 * sizeof(*words));
    if (!grown)
        return tri_reading_fail(in, -ENOMEM, NULL, "No memory for the command"), free(copy), words;
    grown[0] = copy;
    grown[1] = NULL;
    return grown;
}

static char **read_args(struct tri_reading *in, const json_t *document)
{
    const char *program = json_string_value(json_object_get(document, "ApplicationName"));
    char **words = replace_program(in, read_words(in, document), program);
    if (words && !words[0]) {
        tri_strings_free(words);
        return NULL; /* no command at all: the container's own process */
    }
    return words;
}

static char **read_environment(struct tri_reading *in, const json_t *variables)
{
    TRI_AUTO_STRINGS char **env = calloc(json_object_size(variables) + 1, sizeof(*env));
    size_t count = 0;
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)variables, name, value) {
        if (json_is_null(value))
            continue;
        if (!*name || strchr(name, '='))
            return tri_reading_fail(in, -EINVAL, "$.Environment", "has a variable without a name, or with '=' in it"),
                   NULL;
        if (!env || asprintf(&env[count], "%s=%s", name, json_string_value(value)) < 0)
            return tri_reading_fail(in, -ENOMEM, NULL, "No memory for the environment"), NULL;
        count++;
    }
    return TRI_TAKE(env);
}

static void read_console(const json_t *document, struct tri_process_spec *spec)
{
    const json_t *size = json_object_get(document, "ConsoleSize");
    const json_t *oci_size = json_object_get(spec->oci_process, "consoleSize");
    spec->terminal = tri_reading_flag(document, "EmulateConsole") || tri_reading_flag(spec->oci_process, "terminal");
    spec->rows = (uint16_t)json_integer_value(json_array_get(size, 0));
    spec->columns = (uint16_t)json_integer_value(json_array_get(size, 1));
    if (!spec->rows && !spec->columns) {
        spec->rows = (uint16_t)tri_reading_integer(oci_size, "height");
        spec->columns = (uint16_t)tri_reading_integer(oci_size, "width");
    }
}

static void read_process(struct tri_reading *in, const json_t *document, struct tri_process_spec *spec)
{
    json_t *oci = json_object_get(document, "OciProcess");
    spec->oci_process = json_is_object(oci) ? json_incref(oci) : NULL;
    spec->args = spec->oci_process ? NULL : read_args(in, document);
    spec->env = read_environment(in, json_object_get(document, "Environment"));
    spec->cwd = tri_reading_path(in, document, "WorkingDirectory");
    spec->user = tri_reading_text(in, document, "User");
    spec->no_new_privileges = tri_reading_flag(document, "RestrictedToken");
    spec->stdin_pipe = tri_reading_flag(document, "CreateStdInPipe");
    spec->stdout_pipe = tri_reading_flag(document, "CreateStdOutPipe");
    spec->stderr_pipe = tri_reading_flag(document, "CreateStdErrPipe");
    read_console(document, spec);
}

static enum tri_hcs_command command_of(const json_t *document)
{
    const char *program = json_string_value(json_object_get(document, "ApplicationName"));
    if (json_is_object(json_object_get(document, "OciProcess")))
        return TRI_HCS_COMMAND_OCI;
    if (program && *program)
        return TRI_HCS_COMMAND_PROGRAM;
    return json_array_size(json_object_get(document, "CommandArgs")) ? TRI_HCS_COMMAND_ARGS : TRI_HCS_COMMAND_LINE;
}

int tri_hcs_read_process(PCWSTR text, struct tri_process_spec **ret, uint32_t *ret_detail, struct tri_error *error)
{
    TRI_AUTO_JSON json_t *document = NULL;
    int r = tri_hcs_document_read(text, &tri_schema_process_parameters, &document, error);
    if (r < 0)
        return r;
    struct tri_process_spec *spec = calloc(1, sizeof(*spec));
    if (!spec)
        return tri_error_set(error, -ENOMEM, NULL, "No memory for the process.");
    struct tri_reading in = {.error = error};
    read_process(&in, document, spec);
    *ret_detail = command_of(document);
    if (in.code < 0)
        tri_process_spec_free(spec);
    else
        *ret = spec;
    return in.code;
}

/* ---- requests to a process ---- */

static int signal_of_name(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } signals[] = {{"CtrlC", SIGINT},
                   {"CtrlBreak", SIGQUIT},
                   {"CtrlClose", SIGHUP},
                   {"CtrlLogOff", SIGHUP},
                   {"CtrlShutdown", SIGTERM}};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        if (strcmp(signals[i].name, name) == 0)
            return signals[i].number;
    return SIGTERM;
}

int tri_hcs_read_signal(PCWSTR text, int *ret, struct tri_error *error)
{
    TRI_AUTO_JSON json_t *document = NULL;
    int r = tri_hcs_document_read(text, &tri_schema_signal_options, &document, error);
    if (r < 0)
        return r;
    const json_t *value = json_object_get(document, "Signal");
    if (json_is_string(value))
        *ret = signal_of_name(json_string_value(value));
    else if (json_is_integer(value))
        *ret = json_integer_value(value) ? (int)json_integer_value(value) : SIGKILL;
    else
        *ret = SIGTERM;
    return 0;
}

static unsigned streams_of_name(const char *name)
{
    static const char *const names[] = {"StdIn", "StdOut", "StdErr"};
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(names[i], name) == 0)
            return 1u << i;
    return 7; /* All */
}

static int check_size(const struct tri_process_change *change, struct tri_error *error)
{
    if (change->rows && change->columns)
        return 0;
    const char *where = change->rows ? "$.ConsoleSize.Width" : "$.ConsoleSize.Height";
    return tri_error_set(error, -EINVAL, where, "%s must not be 0.", where);
}

int tri_hcs_read_process_change(PCWSTR text, struct tri_process_change *ret, struct tri_error *error)
{
    TRI_AUTO_JSON json_t *document = NULL;
    int r = tri_hcs_document_read(text, &tri_schema_process_modify, &document, error);
    if (r < 0)
        return r;
    const char *operation = json_string_value(json_object_get(document, "Operation"));
    char where[32];
    snprintf(where, sizeof(where), "$.%s", operation);
    const json_t *settings = json_object_get(document, operation);
    if (!json_is_object(settings))
        return tri_error_set(error, TRI_COMPUTE_BAD_DOCUMENT, where, "%s is missing.", where);
    struct tri_process_change change = {.rows = (uint16_t)tri_reading_integer(settings, "Height"),
                                        .columns = (uint16_t)tri_reading_integer(settings, "Width")};
    if (strcmp(operation, "CloseHandle") == 0)
        change.streams = streams_of_name(json_string_value(json_object_get(settings, "Handle")));
    else if ((r = check_size(&change, error)) < 0)
        return r;
    *ret = change;
    return 0;
}
