/* The tree of a condition, and what wql.l, wql.y and query.c share. */
#ifndef TRI_MANAGEMENT_QUERY_PRIVATE_H
#define TRI_MANAGEMENT_QUERY_PRIVATE_H

#include "management/arena.h"
#include "management/query.h"

#define WQL_DEPTH_MAX 512

enum tri_expression_kind {
    TRI_EXPRESSION_AND, /* parts: two or more */
    TRI_EXPRESSION_OR,
    TRI_EXPRESSION_NOT, /* parts: one */
    TRI_EXPRESSION_COMPARE,
    TRI_EXPRESSION_NULL, /* EQ: is NULL. NE: is not */
};

/* Lies in the query's arena, with everything in it. */
struct tri_expression {
    enum tri_expression_kind kind;
    unsigned depth; /* parentheses count too */
    struct tri_expression *parts, *last, *next;
    enum tri_operator operator;
    const char *property;   /* as it is written: "TargetInstance.Name" */
    struct tri_value value; /* string, sint64, uint64, real64, boolean; nothing of its own to free */
    const char *other;      /* of events: the property that it is compared with, instead of a value; or NULL */
};

struct wql_names {
    struct wql_name {
        const char *text;
        struct wql_name *next;
    } * first, *last;
    size_t count;
};

/* One reading. */
struct wql_reader {
    struct tri_query *query;
    struct tri_arena *arena;
    const char *original;
    char *text; /* the scanner's copy, with two NULs behind it */
    uint32_t size;
    struct tri_room room; /* the scanner's */
    bool is_event;
    int before, found; /* tokens */
    bool has_failed;
    struct tri_error *error;
    int code; /* of the failure */
};

/* Says where and what; the first failure wins. Answers code. */
int wql_fail(struct wql_reader *reader, size_t place, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same of a query that cannot be read. */
int wql_refuse(struct wql_reader *reader, size_t place, const char *what);
bool wql_no_memory(struct wql_reader *reader); /* false */

#endif
