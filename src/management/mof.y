/* The grammar of MOF: DMTF's, with what Microsoft's compiler takes besides. It builds a tree and judges nothing: names of types
 * are names here, and so are the words of scopes and flavors. */
%define api.pure full
%define api.prefix {mof_yy}
%define api.token.prefix {MOF_T_}
%define api.location.type {mof_place}
%define parse.error custom
%locations
%lex-param {void *scanner} {struct mof_document *document}
%parse-param {void *scanner} {struct mof_document *document}

%code top {
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "management/mof-scan.h"
#include "management/object-private.h"
/* Nothing nests deeper than this: no text can use up the stack of what walks the tree. */
#define YYMAXDEPTH 1000
#define YYLLOC_DEFAULT(current, right, count) ((current) = YYRHSLOC(right, (count) ? 1 : 0))
}

%union {
    const char *text;
    bool flag;
    struct mof_value *value;
    struct mof_values values;
    struct mof_names names;
    struct mof_qualifier *qualifier;
    struct mof_qualifier_list qualifiers;
    struct mof_feature *feature;
    struct mof_features features;
    struct mof_declaration *declaration;
}

%code {
#include "management/mof.lex.h"

static int next_token(MOF_YYSTYPE *value, mof_place *place, void *scanner, struct mof_document *document);
static void yyerror(const mof_place *place, void *scanner, struct mof_document *document, const char *message);
#undef yylex
#define yylex next_token /* which remembers what was in front */

/* A node of the tree, or the end of the reading. */
#define NEW(pointer, location)                                                    \
    do {                                                                          \
        if (!((pointer) = tri_arena_take(&document->arena, sizeof(*(pointer))))) \
            NO_MEMORY(location);                                                  \
        (pointer)->place = (location);                                            \
    } while (0)
#define NO_MEMORY(location)                                                       \
    do {                                                                          \
        mof_fail(document, (location), -ENOMEM, document->error, "out of memory"); \
        YYABORT;                                                                  \
    } while (0)
#define APPEND(list, node)                \
    do {                                  \
        if ((list).first)                 \
            (list).last->next = (node);   \
        else                              \
            (list).first = (node);        \
        (list).last = (node);             \
    } while (0)
}

%token END 0 "the end of the text"
%token PRAGMA "#pragma" INCLUDE "#include"
%token <text> CLASS "class" INSTANCE "instance" OF "of" AS "as" REF "ref" QUALIFIER "qualifier"
%token <text> TRUE "TRUE" FALSE "FALSE" NULL "NULL"
%token <text> NAME "a name" ALIAS "an alias"
%token <value> CONSTANT "a constant" STRING "a text"

%type <text> name word alias superclass
%type <flag> reference array
%type <value> constant initializer item array_value qualifier_value initialized argument
%type <values> strings items arguments argument_list
%type <names> names name_list flavors
%type <qualifier> qualifier
%type <qualifiers> qualifiers qualifier_list
%type <feature> feature parameter assignment
%type <features> features parameters parameter_list assignments
%type <declaration> declaration class instance qualifier_declaration clauses pragma

%%

text: %empty
    | text declaration {
        $2->document = document;
        $2->first = document->first;
        $2->end = document->last;
        if (document->last_declaration)
            document->last_declaration->next = $2;
        else
            document->declarations = $2;
        document->last_declaration = $2;
        document->is_inside = yychar > 0;
        if (yychar > 0)
            document->first = yylloc;
    }
    ;

declaration: class | instance ';' | qualifier_declaration | pragma;

class: qualifiers CLASS name alias superclass '{' features '}' ';' {
        NEW($$, @2);
        $$->kind = MOF_DECLARES_CLASS;
        $$->qualifiers = $1.first;
        $$->name = $3;
        $$->alias = $4;
        $$->superclass = $5;
        $$->features = $7.first;
    }
    ;

alias: %empty { $$ = NULL; } | AS ALIAS { $$ = $2; };

superclass: %empty { $$ = NULL; } | ':' name { $$ = $2; };

instance: qualifiers INSTANCE OF name alias '{' assignments '}' {
        NEW($$, @2);
        $$->kind = MOF_DECLARES_INSTANCE;
        $$->qualifiers = $1.first;
        $$->name = $4;
        $$->alias = $5;
        $$->features = $7.first;
    }
    ;

assignments: %empty { $$ = (struct mof_features){0}; }
    | assignments assignment { $$ = $1; APPEND($$, $2); }
    ;

assignment: qualifiers name '=' initializer ';' {
        NEW($$, @2);
        $$->qualifiers = $1.first;
        $$->name = $2;
        $$->value = $4;
    }
    | qualifiers name ';' {
        NEW($$, @2);
        $$->qualifiers = $1.first;
        $$->name = $2;
    }
    ;

features: %empty { $$ = (struct mof_features){0}; }
    | features feature { $$ = $1; APPEND($$, $2); }
    ;

feature: qualifiers name reference name array initialized ';' {
        NEW($$, @4);
        $$->qualifiers = $1.first;
        $$->type = $2;
        $$->is_reference = $3;
        $$->name = $4;
        $$->is_array = $5;
        $$->value = $6;
    }
    | qualifiers name name array initialized ';' {
        NEW($$, @3);
        $$->qualifiers = $1.first;
        $$->type = $2;
        $$->name = $3;
        $$->is_array = $4;
        $$->value = $5;
    }
    | qualifiers name name '(' parameters ')' ';' {
        NEW($$, @3);
        $$->qualifiers = $1.first;
        $$->type = $2;
        $$->name = $3;
        $$->is_method = true;
        $$->parameters = $5.first;
    }
    | qualifiers name '[' ']' name '(' parameters ')' ';' {
        NEW($$, @5);
        mof_fail(document, @3, MOF_CODE(TRI_MOF_NO_ARRAYS_RETURNED), document->error, "the method %s cannot return an array", $5);
        YYABORT;
    }
    ;

reference: REF { $$ = true; };

array: %empty { $$ = false; } | '[' ']' { $$ = true; } | '[' CONSTANT ']' { $$ = true; };

initialized: %empty { $$ = NULL; } | '=' initializer { $$ = $2; };

parameters: %empty { $$ = (struct mof_features){0}; } | parameter_list;

parameter_list: parameter { $$ = (struct mof_features){$1, $1}; }
    | parameter_list ',' parameter { $$ = $1; APPEND($$, $3); }
    ;

parameter: qualifiers name reference name array initialized {
        NEW($$, @4);
        $$->qualifiers = $1.first;
        $$->type = $2;
        $$->is_reference = $3;
        $$->name = $4;
        $$->is_array = $5;
        $$->value = $6;
    }
    | qualifiers name name array initialized {
        NEW($$, @3);
        $$->qualifiers = $1.first;
        $$->type = $2;
        $$->name = $3;
        $$->is_array = $4;
        $$->value = $5;
    }
    ;

qualifiers: %empty { $$ = (struct mof_qualifier_list){0}; } | '[' qualifier_list ']' { $$ = $2; };

qualifier_list: qualifier { $$ = (struct mof_qualifier_list){$1, $1}; }
    | qualifier_list ',' qualifier { $$ = $1; APPEND($$, $3); }
    ;

qualifier: name qualifier_value flavors {
        NEW($$, @1);
        $$->name = $1;
        $$->value = $2;
        $$->flavors = $3.first;
    }
    ;

qualifier_value: %empty { $$ = NULL; }
    | '(' constant ')' { $$ = $2; }
    | '(' array_value ')' { $$ = $2; }
    | array_value
    ;

flavors: %empty { $$ = (struct mof_names){0}; } | ':' names { $$ = $2; };

names: name {
        NEW($$.first, @1);
        $$.first->text = $1;
        $$.last = $$.first;
    }
    | names name {
        struct mof_name *added;
        NEW(added, @2);
        added->text = $2;
        $$ = $1;
        APPEND($$, added);
    }
    ;

initializer: item | array_value;

array_value: '{' '}' { NEW($$, @1); $$->kind = MOF_ARRAY; }
    | '{' items '}' { NEW($$, @1); $$->kind = MOF_ARRAY; $$->items = $2.first; }
    ;

items: item { $$ = (struct mof_values){$1, $1}; }
    | items ',' item { $$ = $1; APPEND($$, $3); }
    ;

item: constant
    | ALIAS { NEW($$, @1); $$->kind = MOF_ALIAS; $$->string = $1; }
    | instance {
        NEW($$, @1);
        $$->place = $1->place;
        $$->kind = MOF_INSTANCE;
        $$->instance = $1;
        $1->document = document;
    }
    ;

constant: CONSTANT
    | TRUE { NEW($$, @1); $$->kind = MOF_BOOLEAN; $$->boolean = true; }
    | FALSE { NEW($$, @1); $$->kind = MOF_BOOLEAN; }
    | NULL { NEW($$, @1); $$->kind = MOF_NULL; }
    | strings {
        if (!mof_scan_join(document, $1))
            NO_MEMORY(@1);
        $$ = $1.first;
    }
    ;

strings: STRING { $$ = (struct mof_values){$1, $1}; }
    | strings STRING { $$ = $1; APPEND($$, $2); }
    ;

qualifier_declaration: QUALIFIER name ':' names array initialized clauses ';' {
        $$ = $7;
        $$->place = @1;
        $$->kind = MOF_DECLARES_QUALIFIER;
        $$->name = $2;
        $$->words = $4.first;
        $$->is_array = $5;
        $$->value = $6;
    }
    ;

clauses: %empty { NEW($$, @0); }
    | clauses ',' name '(' name_list ')' {
        $$ = $1;
        if (strcasecmp($3, "Flavor") == 0)
            $$->flavors = $5.first;
        else if (strcasecmp($3, "Scope") != 0) {
            mof_fail(document, @3, MOF_CODE(TRI_MOF_EXPECTED_FLAVOR_TYPE), document->error,
                     "Scope or Flavor was expected, but \"%.80s\" was found", $3);
            YYABORT;
        }
        $$->has_clauses = true;
    }
    ;

name_list: names
    | name_list ',' names {
        $$ = $1;
        $$.last->next = $3.first;
        $$.last = $3.last;
    }
    ;

pragma: PRAGMA name arguments {
        NEW($$, @1);
        $$->kind = MOF_PRAGMA;
        $$->name = $2;
        $$->value = $3.first;
    }
    | INCLUDE argument {
        NEW($$, @1);
        $$->kind = MOF_PRAGMA;
        $$->name = "include";
        $$->value = $2;
    }
    | INCLUDE '(' argument ')' {
        NEW($$, @1);
        $$->kind = MOF_PRAGMA;
        $$->name = "include";
        $$->value = $3;
    }
    ;

arguments: %empty { $$ = (struct mof_values){0}; } | '(' argument_list ')' { $$ = $2; };

argument_list: argument { $$ = (struct mof_values){$1, $1}; }
    | argument_list ',' argument { $$ = $1; APPEND($$, $3); }
    ;

argument: constant
    | word { NEW($$, @1); $$->kind = MOF_STRING; $$->string = $1; }
    ;

name: word | TRUE | FALSE | NULL;

word: NAME | CLASS | INSTANCE | OF | AS | REF | QUALIFIER;

%%

static int next_token(MOF_YYSTYPE *value, mof_place *place, void *scanner, struct mof_document *document)
{
    document->before = document->found;
    if (document->before == '[' || document->before == ']')
        document->is_in_brackets = document->before == '[';
    return document->found = mof_yylex(value, place, scanner);
}

/* The parser's stack is full: mistakes, and a lack of memory, are told where they are found. */
static void yyerror(const mof_place *place, void *scanner, struct mof_document *document, const char *message)
{
    mof_fail(document, *place, TRI_MANAGEMENT_QUOTA_VIOLATION, document->error,
             "this is nested too deeply: objects in objects go at most %d deep", TRI_NESTING_MAX);
}

/* Which of WMI's codes says what was expected, and in words. The first row that fits counts: `before` is the token in front (0:
 * any), outside of a list of qualifiers or inside; `expected` could have come now, and so could `also` (0: no matter). */
enum { ANYWHERE, OUTSIDE, INSIDE };
static const struct {
    int before, where, expected, also, number;
    const char *words;
} expectations[] = {
    {MOF_T_CLASS, OUTSIDE, MOF_T_NAME, 0, TRI_MOF_EXPECTED_CLASS_NAME, "the name of a class"},
    {MOF_T_OF, OUTSIDE, MOF_T_NAME, 0, TRI_MOF_EXPECTED_CLASS_NAME, "the name of a class"},
    {MOF_T_INSTANCE, ANYWHERE, MOF_T_OF, 0, TRI_MOF_INVALID_INSTANCE_DECLARATION, "\"of\""},
    {MOF_T_AS, OUTSIDE, MOF_T_ALIAS, 0, TRI_MOF_EXPECTED_DOLLAR, "$ and the name of an alias"},
    {MOF_T_PRAGMA, OUTSIDE, MOF_T_NAME, 0, TRI_MOF_INVALID_PRAGMA, "the name of a pragma"},
    {'(', OUTSIDE, MOF_T_CONSTANT, MOF_T_NAME, TRI_MOF_INVALID_PRAGMA, "an argument"},
    {'[', INSIDE, MOF_T_CONSTANT, 0, TRI_MOF_EXPECTED_CLOSE_BRACKET, "\"]\" or a size"},
    {0, ANYWHERE, MOF_T_CONSTANT, 0, TRI_MOF_ILLEGAL_CONSTANT_VALUE, "a value"},
    {':', INSIDE, MOF_T_NAME, 0, TRI_MOF_EXPECTED_FLAVOR_TYPE, "a flavor"},
    {'[', INSIDE, MOF_T_NAME, 0, TRI_MOF_EXPECTED_QUALIFIER_NAME, "the name of a qualifier"},
    {',', INSIDE, MOF_T_NAME, 0, TRI_MOF_EXPECTED_QUALIFIER_NAME, "the name of a qualifier"},
    {':', OUTSIDE, MOF_T_NAME, 0, TRI_MOF_EXPECTED_CLASS_NAME, "the name of a class"},
    {MOF_T_NAME, OUTSIDE, MOF_T_NAME, MOF_T_REF, TRI_MOF_EXPECTED_PROPERTY_NAME, "the name of a property"},
    {MOF_T_REF, OUTSIDE, MOF_T_NAME, 0, TRI_MOF_EXPECTED_PROPERTY_NAME, "the name of a property"},
    {0, OUTSIDE, MOF_T_NAME, 0, TRI_MOF_EXPECTED_TYPE_IDENTIFIER, "the name of a type or a property"},
    {']', OUTSIDE, MOF_T_CLASS, 0, TRI_MOF_INVALID_CLASS_DECLARATION, "\"class\" or \"instance of\""},
    {0, OUTSIDE, MOF_T_CLASS, 0, TRI_MOF_UNRECOGNIZED_TOKEN, "a declaration (class, instance of, qualifier, #pragma)"},
    {0, ANYWHERE, MOF_T_INSTANCE, 0, TRI_MOF_ILLEGAL_CONSTANT_VALUE, "a value"},
    {0, INSIDE, ']', 0, TRI_MOF_EXPECTED_CLOSE_BRACKET, "\"]\""},
    {0, ANYWHERE, ';', 0, TRI_MOF_EXPECTED_SEMI, "\";\""},
    {0, ANYWHERE, ')', 0, TRI_MOF_EXPECTED_CLOSE_PAREN, "\")\""},
    {0, ANYWHERE, '}', 0, TRI_MOF_EXPECTED_CLOSE_BRACE, "\"}\""},
    {0, ANYWHERE, '{', 0, TRI_MOF_EXPECTED_OPEN_BRACE, "\"{\""},
    {0, ANYWHERE, '(', 0, TRI_MOF_EXPECTED_OPEN_PAREN, "\"(\""},
    {0, ANYWHERE, ':', 0, TRI_MOF_EXPECTED_FLAVOR_TYPE, "\":\""},
    {0, ANYWHERE, 0, 0, TRI_MOF_UNRECOGNIZED_TOKEN, "something else"}, /* fits always */
};

/* Could the token have come? 0: no matter. */
static bool expects(const yysymbol_kind_t *symbols, int count, int token)
{
    for (int i = 0; token && i < count; i++)
        if (symbols[i] == YYTRANSLATE(token))
            return true;
    return token == 0;
}

static int yyreport_syntax_error(const yypcontext_t *context, void *scanner, struct mof_document *document)
{
    yysymbol_kind_t expected[YYNTOKENS];
    mof_place place = *yypcontext_location(context);
    int count = yypcontext_expected_tokens(context, expected, YYNTOKENS), row = 0, before = document->before;
    if (document->found == 0 && (before == ';' || before == '{'))
        return mof_fail(document, place, MOF_CODE(TRI_MOF_EXPECTED_CLOSE_BRACE), document->error,
                        "\"}\" was expected, but the text ends here");
    int elsewhere = document->is_in_brackets ? OUTSIDE : INSIDE;
    while ((expectations[row].before && expectations[row].before != before) || expectations[row].where == elsewhere ||
           !expects(expected, count, expectations[row].expected) || !expects(expected, count, expectations[row].also))
        row++;
    int code = MOF_CODE(expectations[row].number);
    if (document->found == 0)
        return mof_fail(document, place, code, document->error, "%s was expected, but the text ends here", expectations[row].words);
    return mof_fail(document, place, code, document->error, "%s was expected, but \"%.40s\" was found", expectations[row].words,
                    mof_yyget_text(scanner));
}
