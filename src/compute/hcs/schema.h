/* The documents of HCS as data: which members a document has, of which type, and what becomes of them here. One walk
 * checks a document against its schema and names the path of what is wrong; docs/hcs-documents.md is printed from the
 * same tables. A member that is not in the table is an error, never ignored; null is the same as absent. */
#ifndef TRI_COMPUTE_HCS_SCHEMA_H
#define TRI_COMPUTE_HCS_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum tri_schema_kind {
    TRI_SCHEMA_ANY,
    TRI_SCHEMA_ANY_OBJECT,
    TRI_SCHEMA_OBJECT, /* members */
    TRI_SCHEMA_ARRAY,  /* of; length: exactly so many, 0: any number */
    TRI_SCHEMA_MAP,    /* of */
    TRI_SCHEMA_BOOL,
    TRI_SCHEMA_INTEGER, /* min, max */
    TRI_SCHEMA_STRING,
    TRI_SCHEMA_ENUM,           /* values */
    TRI_SCHEMA_ENUM_OR_NUMBER, /* values, or min, max */
    TRI_SCHEMA_GUID,
    TRI_SCHEMA_HOST_PATH,      /* absolute; else -EINVAL */
    TRI_SCHEMA_CONTAINER_PATH, /* absolute or C:\like\this, without ".."; else -EINVAL */
};

struct tri_schema_member;

struct tri_schema {
    enum tri_schema_kind kind;
    const char *name;                        /* what the documentation calls the type */
    const struct tri_schema_member *members; /* ended by a member without a name */
    const struct tri_schema *of;
    size_t length;
    json_int_t min, max;
    const char *const *values; /* ended by NULL; '!' before a value: it is known, and not implemented here */
    const char *const *one_of; /* ended by NULL: exactly one of these members is there; or NULL */
};

/* What becomes of a member. */
enum tri_schema_use {
    TRI_SCHEMA_HONOURED,
    TRI_SCHEMA_TUNING,         /* accepted, without effect: it only tunes Windows */
    TRI_SCHEMA_NOT_IMPLEMENTED /* E_NOTIMPL with its path, unless it says nothing: false, 0, "", [], {} */
};

struct tri_schema_member {
    const char *name;
    const struct tri_schema *type;
    enum tri_schema_use use;
    bool required;
    const char *note; /* for the documentation, or NULL */
};

/* clang-format off */
/* The rows of a table of members. */
#define TRI_HONOURED(name_, type_, note_) {(name_), (type_), TRI_SCHEMA_HONOURED, false, (note_)}
#define TRI_REQUIRED(name_, type_, note_) {(name_), (type_), TRI_SCHEMA_HONOURED, true, (note_)}
#define TRI_TUNING(name_, type_, note_) {(name_), (type_), TRI_SCHEMA_TUNING, false, (note_)}
#define TRI_NOT_IMPLEMENTED(name_, type_, note_) {(name_), (type_), TRI_SCHEMA_NOT_IMPLEMENTED, false, (note_)}
#define TRI_MEMBERS_END {NULL, NULL, TRI_SCHEMA_HONOURED, false, NULL}

/* Types, as expressions of static storage. */
#define TRI_OBJECT(name_, members_) {.kind = TRI_SCHEMA_OBJECT, .name = (name_), .members = (members_)}
#define TRI_ARRAY(of_) (&(const struct tri_schema){.kind = TRI_SCHEMA_ARRAY, .of = (of_)})
#define TRI_PAIR(of_) (&(const struct tri_schema){.kind = TRI_SCHEMA_ARRAY, .of = (of_), .length = 2})
#define TRI_MAP(of_) (&(const struct tri_schema){.kind = TRI_SCHEMA_MAP, .of = (of_)})
#define TRI_ENUM(...) \
    (&(const struct tri_schema){.kind = TRI_SCHEMA_ENUM, .values = (const char *const[]){__VA_ARGS__, NULL}})
#define TRI_ENUM_OR_NUMBER(max_, ...) \
    (&(const struct tri_schema){ \
        .kind = TRI_SCHEMA_ENUM_OR_NUMBER, .max = (max_), .values = (const char *const[]){__VA_ARGS__, NULL}})
/* clang-format on */

extern const struct tri_schema tri_schema_any, tri_schema_any_object, tri_schema_bool, tri_schema_string,
    tri_schema_guid;
extern const struct tri_schema tri_schema_host_path, tri_schema_container_path;
extern const struct tri_schema tri_schema_u16, tri_schema_u32, tri_schema_u64, tri_schema_i32,
    tri_schema_i64;

/* Parses a document and checks it: an object, at most 64 levels deep, as the schema says. NULL and "" are "{}".
 * *ret is a new reference, of which every member that the schema names has the type that it says or is absent or null.
 * TRI_COMPUTE_BAD_DOCUMENT, TRI_COMPUTE_NOT_IMPLEMENTED, -EINVAL (a path), -ENOMEM; *error says where. */
int tri_schema_parse(const struct tri_schema *schema, const char *text, json_t **ret, struct tri_error *error);

/* Checks a value that is part of a document, at the path `where` ("$.Settings"). */
int tri_schema_check(const struct tri_schema *schema, const char *where, const json_t *value, struct tri_error *error);

#endif
