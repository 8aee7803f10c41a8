#include "management/query.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "base/cleanup.h"
#include "management/wql-scan.h"

#include "management/wql.lex.h"

/* A query and what its texts and its tree lie in. */
struct kept_query {
    struct tri_query query;
    struct tri_arena arena;
};

struct tri_query *tri_query_ref(struct tri_query *query)
{
    atomic_fetch_add_explicit(&query->references, 1, memory_order_relaxed);
    return query;
}

void tri_query_unref(struct tri_query *query)
{
    if (!query || atomic_fetch_sub_explicit(&query->references, 1, memory_order_acq_rel) != 1)
        return;
    struct kept_query *kept = (struct kept_query *)query;
    tri_path_clear(&query->path);
    tri_arena_clear(&kept->arena);
    free(kept);
}

void tri_query_unrefp(struct tri_query **query)
{
    tri_query_unref(*query);
}

/* ---- failures ---- */

int wql_fail(struct wql_reader *reader, size_t place, int code, const char *format, ...)
{
    if (reader->has_failed)
        return code;
    reader->has_failed = true;
    reader->code = code;
    TRI_AUTO_FREE char *what = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&what, format, args) < 0)
        what = NULL;
    va_end(args);
    size_t length = what ? strlen(what) : 0;
    if (length > 0 && what[length - 1] == '.') /* of another's sentence */
        what[length - 1] = '\0';
    return tri_error_set(reader->error, code, reader->original, "The query cannot be read: at character %zu, %s.",
                         u8_mbsnlen((const uint8_t *)reader->original, place) + 1, what ? what : "memory ran out");
}

int wql_refuse(struct wql_reader *reader, size_t place, const char *what)
{
    return wql_fail(reader, place, reader->is_event ? TRI_MANAGEMENT_UNPARSABLE_QUERY : TRI_MANAGEMENT_INVALID_QUERY,
                    "%s", what);
}

bool wql_no_memory(struct wql_reader *reader)
{
    wql_fail(reader, 0, -ENOMEM, "memory ran out");
    return false;
}

/* ---- reading ---- */

static int check_length(const char *text, size_t size, struct tri_error *error)
{
    if (size <= TRI_QUERY_LENGTH_MAX || u8_mbsnlen((const uint8_t *)text, size) <= TRI_QUERY_LENGTH_MAX)
        return 0;
    return tri_error_set(error, TRI_MANAGEMENT_QUOTA_VIOLATION, NULL, "The query has more than %d characters.",
                         TRI_QUERY_LENGTH_MAX);
}

static int run_parser(struct wql_reader *reader)
{
    void *scanner = NULL;
    if (tri_room_set_aside(&reader->room, reader->arena, TRI_ROOM_OF_SCANNER) < 0 ||
        wql_yylex_init_extra(reader, &scanner) != 0)
        return tri_error_no_memory(reader->error);
    int r = wql_yy_scan_buffer(reader->text, reader->size + 2, scanner) ? wql_yyparse(scanner, reader) : 2;
    wql_yylex_destroy(scanner);
    if (r == 0)
        return 0;
    if (!reader->has_failed)
        wql_no_memory(reader);
    return reader->code;
}

int tri_query_parse(const char *text, bool is_event, struct tri_query **ret, struct tri_error *error)
{
    size_t size = strlen(text);
    int r = check_length(text, size, error);
    if (r < 0)
        return r;
    struct kept_query *kept = calloc(1, sizeof(*kept));
    if (!kept)
        return tri_error_no_memory(error);
    TRI_AUTO_QUERY struct tri_query *query = &kept->query;
    atomic_init(&query->references, 1);
    query->within_seconds = query->group_within_seconds = -1;
    struct wql_reader reader = {.query = query,
                                .arena = &kept->arena,
                                .original = text,
                                .size = (uint32_t)size,
                                .is_event = is_event,
                                .error = error};
    reader.text = tri_arena_take(&kept->arena, size + 2);
    if (!reader.text)
        return tri_error_no_memory(error);
    memcpy(reader.text, text, size);
    r = run_parser(&reader);
    if (r == 0)
        *ret = TRI_TAKE(query);
    return r;
}

/* ---- what the tree demands ---- */

/* "X" of X = "..." (operator EQ), of X ISA "..." (ISA). */
static const char *demanded_by(const struct tri_expression *term, const char *property, const char *class_property)
{
    if (term->kind != TRI_EXPRESSION_COMPARE || term->value.type != TRI_CIM_STRING)
        return NULL;
    bool demands = term->operator== TRI_WQL_EQ    ? tri_name_equal(term->property, class_property)
                   : term->operator== TRI_WQL_ISA ? tri_name_equal(term->property, property)
                                                  : false;
    return demands ? term->value.string : NULL;
}

struct demands {
    const char *property, *class_property; /* "TargetInstance", "TargetInstance.__CLASS" */
    const char **names;                    /* NULL: they are counted */
    size_t count;
};

/* Of AND, what one part demands is enough; of OR, all have to. False: nothing is demanded, and nothing was found. */
static bool find_demands(const struct tri_expression *expression, struct demands *demands)
{
    size_t before = demands->count;
    bool is_or = expression->kind == TRI_EXPRESSION_OR;
    if (!is_or && expression->kind != TRI_EXPRESSION_AND) {
        const char *name = demanded_by(expression, demands->property, demands->class_property);
        if (name && demands->names)
            demands->names[demands->count] = name;
        demands->count += name != NULL;
        return name;
    }
    for (const struct tri_expression *part = expression->parts; part; part = part->next)
        if (find_demands(part, demands) != is_or) {
            demands->count = is_or ? before : demands->count;
            return !is_or;
        }
    return is_or;
}

int tri_query_demanded_classes(const struct tri_query *query, const char *property, const char ***ret,
                               size_t *ret_count)
{
    char class_property[300];
    bool is_system = tri_name_equal(property, "__CLASS");
    int length = snprintf(class_property, sizeof(class_property), is_system ? "%s" : "%s.__CLASS", property);
    struct demands demands = {.property = property, .class_property = class_property};
    *ret = NULL;
    *ret_count = 0;
    if (!query->where || (size_t)length >= sizeof(class_property) || !find_demands(query->where, &demands))
        return 0;
    if (!(demands.names = malloc(demands.count * sizeof(*demands.names))))
        return -ENOMEM;
    demands.count = 0;
    find_demands(query->where, &demands);
    *ret = demands.names;
    *ret_count = demands.count;
    return 0;
}

const char *tri_query_demanded_class(const struct tri_query *query, const char *property)
{
    TRI_AUTO_FREE const char **names = NULL;
    size_t count;
    return tri_query_demanded_classes(query, property, &names, &count) == 0 && count == 1 ? names[0] : NULL;
}
