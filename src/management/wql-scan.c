/* A query's words, and its parts. Everything that is made lies in the query's arena. */
#include "management/wql-scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "management/value-private.h"

#include "management/wql.lex.h"

/* ---- the scanner's memory: all that it needs is set aside before it begins ---- */

void *wql_yyalloc(size_t size, void *scanner)
{
    struct wql_reader *reader = wql_yyget_extra(scanner);
    return tri_room_take(&reader->room, size);
}

void *wql_yyrealloc(void *memory, size_t size, void *scanner)
{
    return NULL; /* nothing grows: the text is in memory, and one is scanned */
}

void wql_yyfree(void *memory, void *scanner)
{
}

/* ---- words ---- */

int wql_scan_name(struct wql_reader *reader, const char *text, int length, int token, WQL_YYSTYPE *ret)
{
    ret->text = tri_arena_text(reader->arena, text, (size_t)length);
    return ret->text || wql_no_memory(reader) ? token : WQL_T_WQL_YYerror;
}

int wql_scan_boolean(struct wql_reader *reader, bool yes, WQL_YYSTYPE *ret)
{
    ret->value = (struct tri_value){.type = TRI_CIM_BOOLEAN, .is_set = true, .boolean = yes};
    return WQL_T_BOOLEAN;
}

int wql_scan_operator(enum tri_operator operator, WQL_YYSTYPE * ret)
{
    ret->operator= operator;
    return WQL_T_OPERATOR;
}

static bool parse_hexadecimal(const char *text, struct tri_value *ret)
{
    bool is_negative = *text == '-';
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text + (*text == '-' || *text == '+') + 2, &end, 16);
    if (errno || *end || number > (uint64_t)INT64_MAX)
        return false;
    *ret = (struct tri_value){
        .type = TRI_CIM_SINT64, .is_set = true, .integer = is_negative ? -(int64_t)number : (int64_t)number};
    return true;
}

int wql_scan_number(struct wql_reader *reader, wql_place place, const char *text, WQL_YYSTYPE *ret)
{
    bool is_integer, is_hexadecimal = strpbrk(text, "xX");
    if (is_hexadecimal ? parse_hexadecimal(text, &ret->value) : tri_number_parse(text, &ret->value, &is_integer))
        return WQL_T_NUMBER;
    wql_refuse(reader, place, "a number stands here that cannot be read");
    return WQL_T_WQL_YYerror;
}

/* Without its quotes and backslashes. */
int wql_scan_string(struct wql_reader *reader, wql_place place, const char *text, int length, WQL_YYSTYPE *ret)
{
    const char *from = text + 1, *end = text + length - 1;
    char *string = tri_arena_text(reader->arena, from, (size_t)(end - from)), *to = string;
    if (!string)
        return wql_no_memory(reader), WQL_T_WQL_YYerror;
    while (from < end) {
        if (*from == '\\' && !strchr("\\\"'", *++from)) {
            wql_refuse(
                reader, place + (size_t)(from - 1 - text),
                "a backslash was expected to have a backslash or a quote behind it (\\\\ stands for one backslash)");
            return WQL_T_WQL_YYerror;
        }
        *to++ = *from++;
    }
    *to = '\0';
    ret->value = (struct tri_value){.type = TRI_CIM_STRING, .is_set = true, .string = string};
    return WQL_T_STRING;
}

int wql_scan_path(struct wql_reader *reader, const char *text, int length, WQL_YYSTYPE *ret)
{
    static const char spaces[] = " \t\r\n";
    const char *end = text + length - 1;
    text += strspn(text, spaces);
    while (end > text && strchr(spaces, end[-1]))
        end--;
    return wql_scan_name(reader, text, (int)(end - text), WQL_T_PATH, ret);
}

/* ---- SELECT ---- */

bool wql_add_name(struct wql_reader *reader, struct wql_names *names, const char *text)
{
    struct wql_name *name = tri_arena_take(reader->arena, sizeof(*name));
    if (!name)
        return wql_no_memory(reader);
    name->text = text;
    if (names->first)
        names->last->next = name;
    else
        names->first = name;
    names->last = name;
    names->count++;
    return true;
}

static char **as_array(struct wql_reader *reader, struct wql_names names)
{
    char **array = tri_arena_take(reader->arena, (names.count + 1) * sizeof(*array));
    size_t i = 0;
    for (const struct wql_name *name = names.first; array && name; name = name->next)
        array[i++] = (char *)name->text;
    if (!array)
        wql_no_memory(reader);
    return array;
}

bool wql_select(struct wql_reader *reader, struct wql_names properties, const char *class_name, wql_place place)
{
    struct tri_query *query = reader->query;
    bool is_schema = strcasecmp(class_name, "meta_class") == 0 && !reader->is_event;
    if (is_schema && properties.count > 0)
        return wql_refuse(reader, place, "SELECT * is all that can be asked of meta_class"), false;
    query->kind = is_schema ? TRI_QUERY_SCHEMA : TRI_QUERY_SELECT;
    query->class_name = (char *)class_name;
    query->property_count = properties.count;
    query->properties = properties.count > 0 ? as_array(reader, properties) : NULL;
    return query->properties || properties.count == 0;
}

bool wql_within(struct wql_reader *reader, wql_place place, const struct tri_value *seconds, double *ret)
{
    const double least = 0.1, most = 4294967;
    struct tri_value real = {.type = TRI_CIM_REAL64};
    if (!reader->is_event)
        return wql_refuse(reader, place, "WITHIN can only be said of events"), false;
    if (tri_value_convert(seconds, &real) < 0 || !(real.real >= 0))
        return wql_refuse(reader, place, "WITHIN was expected to have a number of seconds behind it"), false;
    *ret = real.real < least ? least : real.real > most ? most : real.real;
    return true;
}

bool wql_group_by(struct wql_reader *reader, struct wql_names properties)
{
    reader->query->group_by_count = properties.count;
    reader->query->group_by = as_array(reader, properties);
    return reader->query->group_by;
}

bool wql_having(struct wql_reader *reader, wql_place place, const char *name, enum tri_operator operator,
                const struct tri_value * count)
{
    if (strcasecmp(name, "NumberOfEvents") != 0 || count->type != TRI_CIM_SINT64 || count->integer < 0)
        return wql_refuse(reader, place, "NumberOfEvents and a whole number is all that can stand behind HAVING"),
               false;
    reader->query->having_operator = (int)operator;
    reader->query->having_count = (uint64_t)count->integer;
    return true;
}

/* ---- ASSOCIATORS OF, REFERENCES OF ---- */

/* "Class.Key" without a value: WMI takes it, and finds nothing. The key is there then, and NULL. 0: it is something else. */
static int parse_valueless(const char *text, struct tri_path *ret)
{
    const char *dot = strrchr(text, '.');
    if (!dot || strpbrk(text, "\"'=") || !tri_name_valid(dot + 1))
        return 0;
    TRI_AUTO_FREE char *before = strndup(text, (size_t)(dot - text));
    TRI_AUTO_FREE char *name = strdup(dot + 1);
    TRI_AUTO_FREE struct tri_path_key *key = calloc(1, sizeof(*key));
    int r = before && name && key ? tri_path_parse(before, ret, NULL) : -ENOMEM;
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    if (!ret->class_name || ret->key_count > 0 || ret->is_singleton) {
        tri_path_clear(ret);
        return 0;
    }
    *key = (struct tri_path_key){.name = TRI_TAKE(name), .value = {.type = TRI_CIM_STRING}};
    ret->keys = TRI_TAKE(key);
    ret->key_count = 1;
    return 1;
}

static bool parse_path(struct wql_reader *reader, const char *text, wql_place place)
{
    struct tri_path *path = &reader->query->path;
    TRI_CLEANUP(tri_error_clear) struct tri_error refusal = {0};
    int r = tri_path_parse(text, path, &refusal);
    int valueless = r == TRI_MANAGEMENT_INVALID_PATH ? parse_valueless(text, path) : r;
    if (r == -ENOMEM || valueless == -ENOMEM)
        return wql_no_memory(reader);
    if (r < 0 && !valueless)
        wql_refuse(reader, place, refusal.text ? refusal.text : "the path cannot be read");
    else if (!path->class_name)
        wql_refuse(reader, place, "the path of an object was expected in the braces, not that of a namespace");
    return !reader->has_failed;
}

bool wql_associations(struct wql_reader *reader, enum tri_query_kind kind, const char *path, wql_place place)
{
    struct tri_query *query = reader->query;
    query->kind = kind;
    if (reader->is_event)
        return wql_refuse(reader, 0, "SELECT is what events are asked for with"), false;
    if (kind == TRI_QUERY_REFERENCES && (query->assoc_class || query->result_role || query->required_assoc_qualifier))
        return wql_refuse(reader, place, "AssocClass, ResultRole and RequiredAssocQualifier belong to ASSOCIATORS OF"),
               false;
    if (query->class_defs_only && query->result_class)
        return wql_refuse(reader, place, "ClassDefsOnly and ResultClass exclude each other"), false;
    return parse_path(reader, path, place);
}

static bool refuse_word(struct wql_reader *reader, wql_place place)
{
    wql_refuse(reader, place,
               "one of ClassDefsOnly, KeysOnly, SchemaOnly, AssocClass =, ResultClass =, ResultRole =, Role =, "
               "RequiredQualifier =, RequiredAssocQualifier = was expected");
    return false;
}

bool wql_association_flag(struct wql_reader *reader, wql_place place, const char *name)
{
    struct tri_query *query = reader->query;
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"ClassDefsOnly", &query->class_defs_only},
                 {"KeysOnly", &query->keys_only},
                 {"SchemaOnly", &query->schema_only}};
    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
        if (strcasecmp(name, flags[i].name) == 0)
            return *flags[i].flag = true;
    return refuse_word(reader, place);
}

bool wql_association_name(struct wql_reader *reader, wql_place place, const char *name, enum tri_operator operator,
                          const char * value)
{
    struct tri_query *query = reader->query;
    const struct {
        const char *name;
        char **value;
    } names[] = {{"AssocClass", &query->assoc_class},
                 {"ResultClass", &query->result_class},
                 {"ResultRole", &query->result_role},
                 {"Role", &query->role},
                 {"RequiredQualifier", &query->required_qualifier},
                 {"RequiredAssocQualifier", &query->required_assoc_qualifier}};
    if (operator!= TRI_WQL_EQ)
        return wql_refuse(reader, place, "= was expected: no other operator may stand here"), false;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcasecmp(name, names[i].name) != 0)
            continue;
        if (*names[i].value)
            return wql_refuse(reader, place, "the same was said before"), false;
        *names[i].value = (char *)value;
        return true;
    }
    return refuse_word(reader, place);
}

/* ---- conditions ---- */

static struct tri_expression *expression_new(struct wql_reader *reader, enum tri_expression_kind kind)
{
    struct tri_expression *expression = tri_arena_take(reader->arena, sizeof(*expression));
    if (!expression) {
        wql_no_memory(reader);
        return NULL;
    }
    expression->kind = kind;
    expression->depth = 1;
    return expression;
}

enum tri_operator wql_turned(enum tri_operator operator)
{
    switch (operator) {
    case TRI_WQL_LT:
        return TRI_WQL_GT;
    case TRI_WQL_LE:
        return TRI_WQL_GE;
    case TRI_WQL_GT:
        return TRI_WQL_LT;
    case TRI_WQL_GE:
        return TRI_WQL_LE;
    default:
        return operator;
    }
}

struct tri_expression *wql_compared(struct wql_reader *reader, wql_place place, const char *property,
                                    enum tri_operator operator, const struct tri_value * value)
{
    struct tri_expression *expression = expression_new(reader, TRI_EXPRESSION_COMPARE);
    if (!expression)
        return NULL;
    if (value->type == TRI_CIM_BOOLEAN && operator!= TRI_WQL_EQ && operator!= TRI_WQL_NE) {
        wql_refuse(reader, place, "TRUE and FALSE can be compared with = and <> only");
        return NULL;
    }
    expression->property = property;
    expression->operator= operator;
    expression->value = *value;
    return expression;
}

/* What was and what is: TargetInstance.State <> PreviousInstance.State. */
struct tri_expression *wql_compared_with(struct wql_reader *reader, wql_place place, const char *property,
                                         enum tri_operator operator, const char * other)
{
    if (!reader->is_event) {
        wql_refuse(reader, place,
                   "a text, a number, TRUE, FALSE or NULL was expected: only queries about events "
                   "compare two properties");
        return NULL;
    }
    struct tri_expression *expression = wql_compared(reader, place, property, operator, &(struct tri_value){0});
    if (expression)
        expression->other = other;
    return expression;
}

struct tri_expression *wql_null(struct wql_reader *reader, wql_place place, const char *property,
                                enum tri_operator operator)
{
    struct tri_expression *expression = expression_new(reader, TRI_EXPRESSION_NULL);
    if (expression && operator!= TRI_WQL_EQ && operator!= TRI_WQL_NE) {
        wql_refuse(reader, place, "= or <> was expected: NULL is neither less nor more than anything");
        return NULL;
    }
    if (expression) {
        expression->property = property;
        expression->operator= operator;
    }
    return expression;
}

static void add_part(struct tri_expression *whole, struct tri_expression *part)
{
    if (whole->last)
        whole->last->next = part;
    else
        whole->parts = part;
    whole->last = part;
    if (whole->depth < part->depth + 1)
        whole->depth = part->depth + 1;
}

bool wql_check_depth(struct wql_reader *reader, const struct tri_expression *expression)
{
    if (expression->depth <= WQL_DEPTH_MAX)
        return true;
    return wql_fail(reader, 0, TRI_MANAGEMENT_QUOTA_VIOLATION, "its condition is nested more than %d deep",
                    WQL_DEPTH_MAX),
           false;
}

struct tri_expression *wql_not(struct wql_reader *reader, wql_place place, struct tri_expression *part)
{
    struct tri_expression *whole = expression_new(reader, TRI_EXPRESSION_NOT);
    if (whole)
        add_part(whole, part);
    return whole && wql_check_depth(reader, whole) ? whole : NULL;
}

/* a AND b AND c is one node with three parts: a long query is wide, not deep. */
struct tri_expression *wql_joined(struct wql_reader *reader, enum tri_expression_kind kind, struct tri_expression *left,
                                  struct tri_expression *right)
{
    struct tri_expression *whole = left;
    if (left->kind != kind) {
        whole = expression_new(reader, kind);
        if (whole)
            add_part(whole, left);
    }
    if (whole)
        add_part(whole, right);
    return whole && wql_check_depth(reader, whole) ? whole : NULL;
}

struct tri_expression *wql_in_parentheses(struct wql_reader *reader, struct tri_expression *inner)
{
    inner->depth++;
    return wql_check_depth(reader, inner) ? inner : NULL;
}
