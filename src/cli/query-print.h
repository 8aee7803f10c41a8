/* Objects on the standard output: as a table, as "Name = value" lines, as CSV, as JSON. */
#ifndef TRI_CLI_QUERY_PRINT_H
#define TRI_CLI_QUERY_PRINT_H

#include <jansson.h>
#include <wbemidl.h>

#include "cli.h"

enum tri_row_format {
    TRI_ROWS_TABLE, /* lines, where it is one whole object */
    TRI_ROWS_LINES,
    TRI_ROWS_CSV,
    TRI_ROWS_JSON,
};

/* Objects, and the columns that are to be shown of them, which own their memory. */
struct tri_rows {
    IWbemClassObject **objects;
    size_t count;
    char **columns;
    size_t column_count;
    bool is_whole; /* no columns were chosen: they are those that the objects have */
};

/* The columns that a query selects, if it does. */
void tri_rows_select(struct tri_rows *rows, const char *query);
void tri_rows_add(struct tri_rows *rows, IWbemClassObject *object); /* takes the reference */
void tri_rows_print(struct tri_rows *rows, enum tri_row_format format, bool with_nulls);
void tri_rows_clear(struct tri_rows *rows);
#define TRI_AUTO_ROWS TRI_CLEANUP(tri_rows_clear)

/* One whole object as lines, without what is NULL. */
void tri_object_print(IWbemClassObject *object, bool with_nulls);

#endif
