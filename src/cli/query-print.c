#include "query-print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "com.h"
#include "output.h"
#include "query-service.h"
#include "query-value.h"

/* ---- columns ---- */

static bool is_column(const struct tri_rows *rows, const char *name)
{
    for (size_t i = 0; i < rows->column_count; i++)
        if (!strcasecmp(rows->columns[i], name))
            return true;
    return false;
}

static void add_column(struct tri_rows *rows, const char *name, size_t length)
{
    TRI_AUTO_FREE char *column = tri_text_format("%.*s", (int)length, name);

    if (is_column(rows, column))
        return;
    rows->columns = tri_checked(reallocarray(rows->columns, rows->column_count + 1, sizeof(*rows->columns)));
    rows->columns[rows->column_count++] = column;
    column = NULL;
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

/* What comes after the word, where the text begins with it; else NULL. */
static const char *after_word(const char *text, const char *word)
{
    size_t length = strlen(word);

    text = skip_blanks(text);
    return !strncasecmp(text, word, length) && strchr(" \t\r\n*", text[length]) ? text + length : NULL;
}

void tri_rows_select(struct tri_rows *rows, const char *query)
{
    const char *text = after_word(query, "select");

    rows->is_whole = true;
    for (text = text ? skip_blanks(text) : "*"; *text && *text != '*' && !after_word(text, "from");
         text = skip_blanks(text)) {
        size_t length = strcspn(text, ", \t\r\n");
        if (length)
            add_column(rows, text, length);
        rows->is_whole = false;
        text += length;
        text = skip_blanks(text);
        text += *text == ',';
    }
}

void tri_rows_add(struct tri_rows *rows, IWbemClassObject *object)
{
    if ((rows->count & (rows->count + 1)) == 0) /* grows at 0, 1, 3, 7, ... */
        rows->objects = tri_checked(reallocarray(rows->objects, 2 * rows->count + 1, sizeof(*rows->objects)));
    rows->objects[rows->count++] = object;
}

void tri_rows_clear(struct tri_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        IWbemClassObject_Release(rows->objects[i]);
    for (size_t i = 0; i < rows->column_count; i++)
        free(rows->columns[i]);
    free(rows->objects);
    free(rows->columns);
}

typedef void visitor(void *data, const char *name, const VARIANT *value, CIMTYPE type);

static void visit_properties(IWbemClassObject *object, visitor *visit, void *data)
{
    BSTR name = NULL;
    VARIANT value = {0};
    CIMTYPE type;

    IWbemClassObject_BeginEnumeration(object, WBEM_FLAG_NONSYSTEM_ONLY);
    while (IWbemClassObject_Next(object, 0, &name, &value, &type, NULL) == WBEM_S_NO_ERROR) {
        TRI_AUTO_FREE char *text = tri_text_of_bstr(name);
        visit(data, text, &value, type);
        SysFreeString(name);
        VariantClear(&value);
    }
    IWbemClassObject_EndEnumeration(object);
}

struct column_search {
    struct tri_rows *rows;
    bool with_nulls;
};

static void add_property(void *data, const char *name, const VARIANT *value, CIMTYPE type)
{
    struct column_search *search = data;

    if (search->with_nulls || V_VT(value) != VT_NULL)
        add_column(search->rows, name, strlen(name));
}

/* The class's spelling of a name that somebody typed. */
static void respell(void *data, const char *name, const VARIANT *value, CIMTYPE type)
{
    struct tri_rows *rows = data;

    for (size_t i = 0; i < rows->column_count; i++)
        if (!strcasecmp(rows->columns[i], name))
            strcpy(rows->columns[i], name);
}

static void find_columns(struct tri_rows *rows, bool with_nulls)
{
    struct column_search search = {rows, with_nulls};

    if (!rows->is_whole && rows->count)
        visit_properties(rows->objects[0], respell, rows);
    for (size_t i = 0; rows->is_whole && i < rows->count; i++)
        visit_properties(rows->objects[i], add_property, &search);
}

/* ---- tables ---- */

static bool is_number(CIMTYPE type)
{
    return type == CIM_SINT8 || type == CIM_UINT8 || type == CIM_SINT16 || type == CIM_UINT16 || type == CIM_SINT32 ||
           type == CIM_UINT32 || type == CIM_SINT64 || type == CIM_UINT64 || type == CIM_REAL32 || type == CIM_REAL64;
}

static CIMTYPE column_type(const struct tri_rows *rows, const char *column)
{
    CIMTYPE type = CIM_EMPTY;

    for (size_t i = 0; i < rows->count && type == CIM_EMPTY; i++) {
        TRI_AUTO_VARIANT VARIANT value = tri_object_get(rows->objects[i], column, &type);
    }
    return type;
}

static void add_row(struct libscols_table *table, const struct tri_rows *rows, IWbemClassObject *object)
{
    TRI_AUTO_FREE char **texts = tri_checked(calloc(rows->column_count, sizeof(*texts)));

    for (size_t i = 0; i < rows->column_count; i++)
        texts[i] = tri_object_text(object, rows->columns[i]);
    tri_listing_add(table, rows->column_count, (const char *const *)texts);
    for (size_t i = 0; i < rows->column_count; i++)
        free(texts[i]);
}

static void print_table(const struct tri_rows *rows)
{
    TRI_AUTO_FREE struct tri_column *columns = tri_checked(calloc(rows->column_count + 1, sizeof(*columns)));

    if (!rows->column_count)
        return;
    for (size_t i = 0; i < rows->column_count; i++)
        columns[i] =
            (struct tri_column){.name = rows->columns[i], .right = is_number(column_type(rows, rows->columns[i]))};
    struct libscols_table *table = tri_listing_new(columns, rows->column_count);
    for (size_t i = 0; i < rows->count; i++)
        add_row(table, rows, rows->objects[i]);
    tri_listing_print(table);
}

/* ---- lines ---- */

static void print_value(const char *name, const char *text, bool with_nulls)
{
    if (!text && !with_nulls)
        return;
    printf("%s = ", name);
    tri_value_print(text ? text : "");
    putchar('\n');
}

static void print_line(const char *name, IWbemClassObject *object, bool with_nulls)
{
    TRI_AUTO_FREE char *text = tri_object_text(object, name);

    print_value(name, text, with_nulls);
}

static void print_property(void *data, const char *name, const VARIANT *value, CIMTYPE type)
{
    bool with_nulls = *(bool *)data;
    TRI_AUTO_FREE char *text = V_VT(value) == VT_NULL ? NULL : tri_value_text(value, type);

    print_value(name, text, with_nulls);
}

void tri_object_print(IWbemClassObject *object, bool with_nulls)
{
    visit_properties(object, print_property, &with_nulls);
}

static void print_lines(const struct tri_rows *rows, bool with_nulls)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (i)
            putchar('\n');
        if (rows->is_whole)
            tri_object_print(rows->objects[i], with_nulls);
        for (size_t j = 0; !rows->is_whole && j < rows->column_count; j++)
            print_line(rows->columns[j], rows->objects[i], true);
    }
}

/* ---- for programs ---- */

static json_t *chosen_document(const struct tri_rows *rows, IWbemClassObject *object)
{
    json_t *document = tri_checked(json_object());

    for (size_t i = 0; i < rows->column_count; i++) {
        CIMTYPE type;
        TRI_AUTO_VARIANT VARIANT value = tri_object_get(object, rows->columns[i], &type);
        json_object_set_new(document, rows->columns[i], tri_value_document(&value, type));
    }
    return document;
}

static void print_documents(const struct tri_rows *rows)
{
    json_t *list = tri_checked(json_array());

    for (size_t i = 0; i < rows->count; i++)
        json_array_append_new(list, rows->is_whole ? tri_object_document(rows->objects[i])
                                                   : chosen_document(rows, rows->objects[i]));
    tri_print_document(list);
}

/* RFC 4180: in quotation marks where it has to be, and those doubled. A line with nothing on it would be no row: an only
 * field that is empty is quoted, too. */
static void print_field(const char *text, bool is_only, bool is_last)
{
    bool is_quoted = strpbrk(text, ",\"\r\n") != NULL || (is_only && !*text);

    if (is_quoted)
        putchar('"');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    if (is_quoted)
        putchar('"');
    fputs(is_last ? "\r\n" : ",", stdout);
}

static char *field_text(IWbemClassObject *object, const char *column)
{
    CIMTYPE type;
    TRI_AUTO_VARIANT VARIANT value = tri_object_get(object, column, &type);
    json_t *document = tri_value_document(&value, type);
    char *text;

    if (json_is_null(document))
        text = tri_text_format("%s", "");
    else if (json_is_string(document))
        text = tri_text_format("%s", json_string_value(document));
    else
        text = tri_checked(json_dumps(document, JSON_COMPACT | JSON_ENCODE_ANY));
    json_decref(document);
    return text;
}

static void print_csv(const struct tri_rows *rows)
{
    for (size_t i = 0; i < rows->column_count; i++)
        print_field(rows->columns[i], rows->column_count == 1, i + 1 == rows->column_count);
    for (size_t i = 0; i < rows->count; i++)
        for (size_t j = 0; j < rows->column_count; j++) {
            TRI_AUTO_FREE char *text = field_text(rows->objects[i], rows->columns[j]);
            print_field(text, rows->column_count == 1, j + 1 == rows->column_count);
        }
}

void tri_rows_print(struct tri_rows *rows, enum tri_row_format format, bool with_nulls)
{
    find_columns(rows, with_nulls || format == TRI_ROWS_CSV);
    if (format == TRI_ROWS_JSON)
        print_documents(rows);
    else if (format == TRI_ROWS_CSV)
        print_csv(rows);
    else if (format == TRI_ROWS_LINES || (rows->is_whole && rows->count == 1))
        print_lines(rows, with_nulls);
    else
        print_table(rows);
}
