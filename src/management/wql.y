/* The grammar of WQL: SELECT about objects, classes and events, ASSOCIATORS OF, REFERENCES OF. */
%define api.pure full
%define api.prefix {wql_yy}
%define api.token.prefix {WQL_T_}
%define api.location.type {wql_place}
%define parse.error custom
%locations
%lex-param {void *scanner} {struct wql_reader *reader}
%parse-param {void *scanner} {struct wql_reader *reader}

%code top {
#include "management/wql-scan.h"
/* Enough for the longest query that there may be. */
#define YYMAXDEPTH (TRI_QUERY_LENGTH_MAX + 100)
#define YYLLOC_DEFAULT(current, right, count) ((current) = YYRHSLOC(right, (count) ? 1 : 0))
}

%union {
    const char *text;
    enum tri_operator operator;
    struct tri_value value;
    struct wql_names names;
    struct tri_expression *expression;
}

%code {
#include <string.h>

#include "management/wql.lex.h"

static int next_token(WQL_YYSTYPE *value, wql_place *place, void *scanner, struct wql_reader *reader);
static void yyerror(const wql_place *place, void *scanner, struct wql_reader *reader, const char *message);
#undef yylex
#define yylex next_token /* which remembers what was in front */

/* What could not be made has said why. */
#define CHECK(made)      \
    do {                 \
        if (!(made))     \
            YYABORT;     \
    } while (0)
}

%token END 0 "the end"
%token SELECT "SELECT" FROM "FROM" WHERE "WHERE" NOT "NOT" LIKE "LIKE" IS "IS" ISA "ISA" NULL "NULL" AND "AND" OR "OR"
%token <text> WITHIN "WITHIN" GROUP "GROUP" BY "BY" HAVING "HAVING" ASSOCIATORS "ASSOCIATORS" REFERENCES "REFERENCES" OF "OF"
%token <text> NAME "a name" NAMES "names with dots" PATH "a path in braces"
%token <value> STRING "a text" NUMBER "a number" BOOLEAN "TRUE or FALSE"
%token <operator> OPERATOR "an operator"

%type <text> name property
%type <value> constant
%type <names> properties property_list
%type <expression> condition disjunction conjunction factor term

%%

query: SELECT properties FROM name within where group { CHECK(wql_select(reader, $2, $4, @4)); }
    | ASSOCIATORS OF PATH association_where { CHECK(wql_associations(reader, TRI_QUERY_ASSOCIATORS, $3, @3)); }
    | REFERENCES OF PATH association_where { CHECK(wql_associations(reader, TRI_QUERY_REFERENCES, $3, @3)); }
    ;

properties: '*' { $$ = (struct wql_names){0}; } | property_list;

property_list: property { $$ = (struct wql_names){0}; CHECK(wql_add_name(reader, &$$, $1)); }
    | property_list ',' property { $$ = $1; CHECK(wql_add_name(reader, &$$, $3)); }
    ;

property: name | NAMES;

/* ---- events ---- */

within: %empty | WITHIN NUMBER { CHECK(wql_within(reader, @1, &$2, &reader->query->within_seconds)); };

group: %empty
    | GROUP WITHIN NUMBER by having { CHECK(wql_within(reader, @1, &$3, &reader->query->group_within_seconds)); }
    ;

by: %empty | BY property_list { CHECK(wql_group_by(reader, $2)); };

having: %empty | HAVING NAME OPERATOR NUMBER { CHECK(wql_having(reader, @2, $2, $3, &$4)); };

/* ---- conditions ---- */

where: %empty | WHERE condition { reader->query->where = $2; };

condition: disjunction { $$ = $1; CHECK(wql_check_depth(reader, $$)); };

disjunction: conjunction | disjunction OR conjunction { CHECK($$ = wql_joined(reader, TRI_EXPRESSION_OR, $1, $3)); };

conjunction: factor | conjunction AND factor { CHECK($$ = wql_joined(reader, TRI_EXPRESSION_AND, $1, $3)); };

factor: term
    | NOT factor { CHECK($$ = wql_not(reader, @1, $2)); }
    | '(' disjunction ')' { CHECK($$ = wql_in_parentheses(reader, $2)); }
    ;

term: property OPERATOR constant { CHECK($$ = wql_compared(reader, @1, $1, $2, &$3)); }
    | constant OPERATOR property { CHECK($$ = wql_compared(reader, @1, $3, wql_turned($2), &$1)); }
    | property OPERATOR property { CHECK($$ = wql_compared_with(reader, @3, $1, $2, $3)); }
    | property LIKE STRING { CHECK($$ = wql_compared(reader, @1, $1, TRI_WQL_LIKE, &$3)); }
    | property ISA STRING { CHECK($$ = wql_compared(reader, @1, $1, TRI_WQL_ISA, &$3)); }
    | property IS NULL { CHECK($$ = wql_null(reader, @1, $1, TRI_WQL_EQ)); }
    | property IS NOT NULL { CHECK($$ = wql_null(reader, @1, $1, TRI_WQL_NE)); }
    | property OPERATOR NULL { CHECK($$ = wql_null(reader, @2, $1, $2)); }
    | NULL OPERATOR property { CHECK($$ = wql_null(reader, @2, $3, $2)); }
    ;

constant: STRING | NUMBER | BOOLEAN;

/* ---- associations ---- */

association_where: %empty | WHERE association_terms;

association_terms: association_term | association_terms association_term;

association_term: NAME { CHECK(wql_association_flag(reader, @1, $1)); }
    | NAME OPERATOR name { CHECK(wql_association_name(reader, @1, $1, $2, $3)); }
    ;

name: NAME | WITHIN | GROUP | BY | ASSOCIATORS | REFERENCES | OF;

%%

static int next_token(WQL_YYSTYPE *value, wql_place *place, void *scanner, struct wql_reader *reader)
{
    reader->before = reader->found;
    return reader->found = wql_yylex(value, place, scanner);
}

static void yyerror(const wql_place *place, void *scanner, struct wql_reader *reader, const char *message)
{
    wql_fail(reader, *place, TRI_MANAGEMENT_QUOTA_VIOLATION, "this is nested too deeply, or memory ran out");
}

/* A few of what could have come: names stand for the keywords that are names too. */
static void describe_expected(const yypcontext_t *context, char *ret, size_t size)
{
    yysymbol_kind_t expected[YYNTOKENS];
    int count = yypcontext_expected_tokens(context, expected, YYNTOKENS);
    bool any_name = false;
    for (int i = 0; i < count; i++)
        any_name |= expected[i] == YYSYMBOL_NAME;
    char *at = ret, *end = ret + size;
    *ret = '\0';
    for (int i = 0; i < count; i++) {
        bool is_also_name = expected[i] >= YYSYMBOL_WITHIN && expected[i] <= YYSYMBOL_NAMES && expected[i] != YYSYMBOL_NAME;
        if (any_name && is_also_name)
            continue;
        int length = snprintf(at, (size_t)(end - at), "%s%s", at > ret ? " or " : "", yysymbol_name(expected[i]));
        if (length < 0 || length >= end - at)
            break;
        at += length;
    }
}

static int code_of(const struct wql_reader *reader)
{
    if (reader->before == WQL_T_GROUP)
        return TRI_MANAGEMENT_MISSING_GROUP_WITHIN;
    if (reader->before == WQL_T_BY)
        return TRI_MANAGEMENT_MISSING_AGGREGATION_LIST;
    return TRI_MANAGEMENT_UNPARSABLE_QUERY;
}

static int yyreport_syntax_error(const yypcontext_t *context, void *scanner, struct wql_reader *reader)
{
    char expected[160];
    describe_expected(context, expected, sizeof(expected));
    int code = reader->is_event ? code_of(reader) : TRI_MANAGEMENT_INVALID_QUERY;
    wql_place place = *yypcontext_location(context);
    if (reader->found == 0)
        return wql_fail(reader, place, code, "%s was expected, but the query ends here", expected);
    return wql_fail(reader, place, code, "%s was expected, but \"%.40s\" was found", expected, wql_yyget_text(scanner));
}
