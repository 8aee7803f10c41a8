#include "output.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trireme.h>
#include <unistr.h>

#include "advice.h"
#include "options.h"
#include "text.h"

static char *format_text(const char *format, va_list arguments)
{
    char *text;

    if (vasprintf(&text, format, arguments) < 0)
        tri_no_memory();
    return text;
}

char *tri_text_format(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    char *text = format_text(format, arguments);
    va_end(arguments);
    return text;
}

/* How many bytes the first character has; 0: it is a control character (U+0080 to U+009F are, too, and some terminals
 * obey them), or none at all. */
static size_t letter_size(const char *text)
{
    ucs4_t character;
    int size = u8_mbtoucr(&character, (const uint8_t *)text, strnlen(text, 4));

    return size < 1 || character < 0x20 || (character >= 0x7f && character < 0xa0) ? 0 : (size_t)size;
}

char *tri_text_shown(const char *text)
{
    char *shown = tri_checked(malloc(4 * strlen(text) + 1)), *to = shown;

    while (*text) {
        size_t size = letter_size(text);
        to = size ? mempcpy(to, text, size) : to + sprintf(to, "\\x%02x", (unsigned char)*text);
        text += size ? size : 1;
    }
    *to = '\0';
    return shown;
}

/* A document holds every character, but nothing that is not UTF-8. */
static json_t *sentence_document(const char *sentence)
{
    TRI_AUTO_FREE char *shown = tri_text_shown(sentence);
    json_t *document = json_string(sentence);

    return tri_checked(document ? document : json_string(shown));
}

static void print_error_document(HRESULT hr, const char *name, const char *sentence, const json_t *result_error)
{
    TRI_AUTO_FREE char *code = tri_text_format("0x%08" PRIX32, (uint32_t)hr);
    json_t *document = json_pack("{s:i, s:s, s:s, s:o, s:O*}", "Error", (int)hr, "Name", name, "Code", code,
                                 "ErrorMessage", sentence_document(sentence), "ResultError", result_error);

    json_dumpf(tri_checked(document), stderr, JSON_COMPACT);
    fputc('\n', stderr);
    json_decref(document);
}

/* code: what follows the sentence, "" or " (E_FAIL, 0x80004005)". */
static void print_error(const char *sentence, const char *code)
{
    TRI_AUTO_FREE char *shown = tri_text_shown(sentence);

    fprintf(stderr, "trireme: %s%s\n", shown, code);
}

int tri_fail(const struct tri_cli *cli, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    TRI_AUTO_FREE char *sentence = format_text(format, arguments);
    va_end(arguments);

    if (cli->json)
        print_error_document(E_INVALIDARG, "E_INVALIDARG", sentence, NULL);
    else
        print_error(sentence, "");
    return TRI_EXIT_FAILED;
}

/* A word of the language, and not a name: after its first letter all of them are small. */
static bool begins_with_word(const char *text)
{
    size_t length = strcspn(text, " ,:;");

    for (size_t i = 1; i < length; i++)
        if (!islower((unsigned char)text[i]))
            return false;
    return length > 1 || !strncmp(text, "A ", 2);
}

/* A sentence as the end of ours: without its full stop, and small at the beginning unless that is a name. */
static char *clause(const char *sentence)
{
    char *text = tri_text_format("%s", sentence);
    size_t length = strlen(text);

    while (length && strchr(". \n", text[length - 1]))
        text[--length] = '\0';
    if (begins_with_word(text))
        text[0] = (char)tolower((unsigned char)text[0]);
    return text;
}

static int fail(const struct tri_cli *cli, HRESULT hr, const char *message, const json_t *result_error,
                const char *what)
{
    const char *name = trireme_hresult_name(hr), *known = trireme_hresult_text(hr);
    const char *advice = *message ? NULL : tri_advice(hr); /* a message has its own */

    if (!*message)
        message = known ? known : "it failed";
    name = name ? name : "HRESULT";
    TRI_AUTO_FREE char *why = clause(message);
    TRI_AUTO_FREE char *sentence = tri_text_format("%s: %s%s%s", what, why, advice ? "; " : "", advice ? advice : "");
    TRI_AUTO_FREE char *code = tri_text_format(" (%s, 0x%08" PRIX32 ")", name, (uint32_t)hr);

    if (cli->json)
        print_error_document(hr, name, sentence, result_error);
    else
        print_error(sentence, code);
    return TRI_EXIT_FAILED;
}

int tri_fail_call(const struct tri_cli *cli, HRESULT hr, const json_t *result_error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    TRI_AUTO_FREE char *what = format_text(format, arguments);
    va_end(arguments);
    return fail(cli, hr, tri_member_text(result_error, "ErrorMessage"), result_error, what);
}

int tri_fail_because(const struct tri_cli *cli, HRESULT hr, const char *message, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    TRI_AUTO_FREE char *what = format_text(format, arguments);
    va_end(arguments);
    return fail(cli, hr, message ? message : "", NULL, what);
}

void tri_print_document(json_t *document)
{
    json_dumpf(tri_checked(document), stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
    putchar('\n');
    json_decref(document);
}

void tri_print_line(const struct tri_cli *cli, const char *text)
{
    if (!cli->json)
        puts(text);
}

struct libscols_table *tri_listing_new(const struct tri_column *columns, size_t count)
{
    struct libscols_table *table = tri_checked(scols_new_table());

    scols_table_set_column_separator(table, "  ");
    scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER); /* a narrow one would lose columns, and ends of names */
    for (size_t i = 0; i < count; i++)
        tri_checked(
            scols_table_new_column(table, columns[i].name, 0,
                                   (columns[i].right ? SCOLS_FL_RIGHT : 0) | (columns[i].tree ? SCOLS_FL_TREE : 0)));
    return table;
}

struct libscols_line *tri_listing_add_below(struct libscols_table *table, struct libscols_line *parent, size_t count,
                                            const char *const *texts)
{
    struct libscols_line *line = tri_checked(scols_table_new_line(table, parent));

    for (size_t i = 0; i < count; i++)
        if (scols_line_set_data(line, i, texts[i]))
            tri_no_memory();
    return line;
}

void tri_listing_add(struct libscols_table *table, size_t count, const char *const *texts)
{
    tri_listing_add_below(table, NULL, count, texts);
}

void tri_listing_hide_names(struct libscols_table *table)
{
    scols_table_enable_noheadings(table, 1);
}

/* A table without lines is printed as nothing: its names are printed here then. */
void tri_listing_print(struct libscols_table *table)
{
    bool named = scols_table_is_empty(table) && !scols_table_is_noheadings(table);
    size_t count = named ? scols_table_get_ncols(table) : 0;

    for (size_t i = 0; i < count; i++)
        printf("%s%s", scols_column_get_name(scols_table_get_column(table, i)), i + 1 < count ? "  " : "\n");
    scols_print_table(table);
    scols_unref_table(table);
}

char *tri_text_bytes(uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double number = (double)bytes;
    size_t unit = 0;

    for (; number >= (unit ? 1023.5 : 1024) && unit + 1 < TRI_COUNT(units); unit++) /* no "1024 MiB" */
        number /= 1024;
    return tri_text_format("%.*f %s", unit && number < 100 ? 1 : 0, number, units[unit]);
}

char *tri_text_duration(uint64_t seconds)
{
    static const struct {
        uint64_t seconds;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    size_t i = 0;

    while (i + 1 < TRI_COUNT(units) && seconds < units[i].seconds)
        i++;
    return tri_text_format("%" PRIu64 " %s", seconds / units[i].seconds, units[i].name);
}

int tri_output_finish(const struct tri_cli *cli)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return TRI_EXIT_OK;
    return tri_fail(cli, "cannot write to the standard output: %s", strerror(errno));
}
