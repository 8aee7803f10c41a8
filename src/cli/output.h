/* What the command says. Results go to standard output: tables and ids for people, one JSON document with --json.
 * Failures go to standard error: one sentence, or one JSON document. */
#ifndef TRI_CLI_OUTPUT_H
#define TRI_CLI_OUTPUT_H

#include <computecore.h>
#include <jansson.h>

#include "cli.h"

/* All print `trireme: ...` and return TRI_EXIT_FAILED. The first is for what the command itself refuses; the others for
 * a failed call, where the text says what could not be done ("cannot start web1"), and why is in `result_error`, its
 * ResultError document (borrowed), or in `message`, its own sentence; either may be NULL. */
int tri_fail(const struct tri_cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
int tri_fail_call(const struct tri_cli *cli, HRESULT hr, const json_t *result_error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
int tri_fail_because(const struct tri_cli *cli, HRESULT hr, const char *message, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Prints a document, whose reference it takes, indented. */
void tri_print_document(json_t *document);

/* Prints a line for people: nothing with --json. */
void tri_print_line(const struct tri_cli *cli, const char *text);

struct tri_column {
    const char *name;
    bool right; /* aligned: a number */
    bool tree;
};

/* A table: tri_listing_new, a row of as many texts as there are columns at a time (copied), and tri_listing_print,
 * which frees it. In a column of a tree, a row shows which one it is below (NULL: none). */
struct libscols_table;
struct libscols_line;
struct libscols_table *tri_listing_new(const struct tri_column *columns, size_t count);
void tri_listing_add(struct libscols_table *table, size_t count, const char *const *texts);
struct libscols_line *tri_listing_add_below(struct libscols_table *table, struct libscols_line *parent, size_t count,
                                            const char *const *texts);
void tri_listing_hide_names(struct libscols_table *table);
void tri_listing_print(struct libscols_table *table);

/* Texts for people, newly allocated: "1.5 GiB", "3 min". */
char *tri_text_bytes(uint64_t bytes);
char *tri_text_duration(uint64_t seconds);
char *tri_text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A text that somebody else chose, as it may reach a terminal, newly allocated: control characters, and bytes that are
 * not UTF-8, as \x1b. */
char *tri_text_shown(const char *text);

/* A name in a sentence: what nobody sees otherwise is "". */
static inline const char *tri_text_named(const char *name)
{
    return *name ? name : "\"\"";
}

/* Standard output was written, or could not be: 0, or TRI_EXIT_FAILED after having said so. */
int tri_output_finish(const struct tri_cli *cli);

#endif
