/* What wql.l and wql.y make of a query's words (wql-scan.c). Where something cannot be made, it has been said why. */
#ifndef TRI_MANAGEMENT_WQL_SCAN_H
#define TRI_MANAGEMENT_WQL_SCAN_H

#include <stdio.h>

#include "management/query-private.h"

/* How many bytes are in front. */
typedef uint32_t wql_place;

#include "management/wql.tab.h"

/* As the generated files call them. */
#define YYSTYPE WQL_YYSTYPE
#define YYLTYPE WQL_YYLTYPE

/* ---- words: the token, or WQL_T_WQL_YYerror ---- */

int wql_scan_name(struct wql_reader *reader, const char *text, int length, int token, WQL_YYSTYPE *ret);
int wql_scan_boolean(struct wql_reader *reader, bool yes, WQL_YYSTYPE *ret);
int wql_scan_number(struct wql_reader *reader, wql_place place, const char *text, WQL_YYSTYPE *ret);
int wql_scan_string(struct wql_reader *reader, wql_place place, const char *text, int length, WQL_YYSTYPE *ret);
int wql_scan_path(struct wql_reader *reader, const char *text, int length,
                  WQL_YYSTYPE *ret); /* with the closing brace */
int wql_scan_operator(enum tri_operator operator, WQL_YYSTYPE * ret);

/* ---- the query ---- */

bool wql_add_name(struct wql_reader *reader, struct wql_names *names, const char *name);
bool wql_select(struct wql_reader *reader, struct wql_names properties, const char *class_name, wql_place place);
bool wql_within(struct wql_reader *reader, wql_place place, const struct tri_value *seconds, double *ret);
bool wql_group_by(struct wql_reader *reader, struct wql_names properties);
bool wql_having(struct wql_reader *reader, wql_place place, const char *name, enum tri_operator operator,
                const struct tri_value * count);
bool wql_associations(struct wql_reader *reader, enum tri_query_kind kind, const char *path, wql_place place);
bool wql_association_flag(struct wql_reader *reader, wql_place place, const char *name);
bool wql_association_name(struct wql_reader *reader, wql_place place, const char *name, enum tri_operator operator,
                          const char * value);

/* ---- conditions; NULL: failed ---- */

enum tri_operator wql_turned(enum tri_operator operator); /* for the other order of its sides */
struct tri_expression *wql_compared(struct wql_reader *reader, wql_place place, const char *property,
                                    enum tri_operator operator, const struct tri_value * value);
struct tri_expression *wql_compared_with(struct wql_reader *reader, wql_place place, const char *property,
                                         enum tri_operator operator, const char * other);
struct tri_expression *wql_null(struct wql_reader *reader, wql_place place, const char *property,
                                enum tri_operator operator);
struct tri_expression *wql_not(struct wql_reader *reader, wql_place place, struct tri_expression *part);
struct tri_expression *wql_joined(struct wql_reader *reader, enum tri_expression_kind kind, struct tri_expression *left,
                                  struct tri_expression *right);
struct tri_expression *wql_in_parentheses(struct wql_reader *reader, struct tri_expression *inner);
bool wql_check_depth(struct wql_reader *reader, const struct tri_expression *expression);

#endif
