#include "compute/hcs/schema.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "compute/error.h"

enum { DEPTH_MAX = 64, NAME_BYTES_SHOWN = 64, PATH_SIZE = 2048 };

#define SCALAR(kind_, name_)                                                                                           \
    {                                                                                                                  \
        .kind = (kind_), .name = (name_)                                                                               \
    }
#define INTEGER(name_, min_, max_)                                                                                     \
    {                                                                                                                  \
        .kind = TRI_SCHEMA_INTEGER, .name = (name_), .min = (min_), .max = (max_)                                      \
    }

const struct tri_schema tri_schema_any = SCALAR(TRI_SCHEMA_ANY, "any");
const struct tri_schema tri_schema_any_object = SCALAR(TRI_SCHEMA_ANY_OBJECT, "object");
const struct tri_schema tri_schema_bool = SCALAR(TRI_SCHEMA_BOOL, "bool");
const struct tri_schema tri_schema_string = SCALAR(TRI_SCHEMA_STRING, "string");
const struct tri_schema tri_schema_guid = SCALAR(TRI_SCHEMA_GUID, "guid");
const struct tri_schema tri_schema_host_path = SCALAR(TRI_SCHEMA_HOST_PATH, "host path");
const struct tri_schema tri_schema_container_path = SCALAR(TRI_SCHEMA_CONTAINER_PATH, "container path");
const struct tri_schema tri_schema_u16 = INTEGER("u16", 0, UINT16_MAX);
const struct tri_schema tri_schema_u32 = INTEGER("u32", 0, UINT32_MAX);
const struct tri_schema tri_schema_u64 = INTEGER("u64", 0, INT64_MAX); /* Jansson's integers end there */
const struct tri_schema tri_schema_i32 = INTEGER("i32", INT32_MIN, INT32_MAX);
const struct tri_schema tri_schema_i64 = INTEGER("i64", INT64_MIN, INT64_MAX);

/* ---- where we are ---- */

/* One step on the way from the document to a value. The steps live on the stack of the walk. */
struct place {
    const struct place *up; /* NULL: the start, whose name is the text of the whole path so far */
    const char *name;       /* NULL: an element of an array */
    size_t index;
};

/* Cuts between characters, so that a hostile name of megabytes, or of half characters, stays readable. */
static int shown_bytes(const char *name)
{
    size_t bytes = strnlen(name, NAME_BYTES_SHOWN + 1);
    if (bytes <= NAME_BYTES_SHOWN)
        return (int)bytes;
    bytes = NAME_BYTES_SHOWN;
    while (bytes > 0 && ((unsigned char)name[bytes] & 0xC0) == 0x80)
        bytes--;
    return (int)bytes;
}

static size_t write_path(const struct place *place, char *path, size_t size)
{
    if (!place->up)
        return (size_t)snprintf(path, size, "%s", place->name);
    size_t used = write_path(place->up, path, size);
    if (used + NAME_BYTES_SHOWN + sizeof("[18446744073709551615]") >= size)
        return used;
    int added = place->name ? snprintf(path + used, size - used, ".%.*s", shown_bytes(place->name), place->name)
                            : snprintf(path + used, size - used, "[%zu]", place->index);
    return used + (size_t)added;
}

static int fail(const struct place *place, struct tri_error *error, int code, const char *problem)
{
    char path[PATH_SIZE];
    write_path(place, path, sizeof(path));
    return tri_error_set(error, code, path, "%s %s.", path, problem);
}

/* ---- scalars ---- */

static int bad_type(const struct place *place, const struct tri_schema *schema, struct tri_error *error)
{
    static const char *const expected[] = {
        [TRI_SCHEMA_ANY_OBJECT] = "must be an object",
        [TRI_SCHEMA_OBJECT] = "must be an object",
        [TRI_SCHEMA_ARRAY] = "must be an array",
        [TRI_SCHEMA_MAP] = "must be an object",
        [TRI_SCHEMA_BOOL] = "must be true or false",
        [TRI_SCHEMA_INTEGER] = "must be an integer",
        [TRI_SCHEMA_STRING] = "must be a string",
        [TRI_SCHEMA_ENUM] = "must be a string",
        [TRI_SCHEMA_ENUM_OR_NUMBER] = "must be a string or an integer",
        [TRI_SCHEMA_GUID] = "must be a string",
        [TRI_SCHEMA_HOST_PATH] = "must be a string",
        [TRI_SCHEMA_CONTAINER_PATH] = "must be a string",
    };
    return fail(place, error, TRI_COMPUTE_BAD_DOCUMENT, expected[schema->kind]);
}

static int check_range(const struct place *place, const struct tri_schema *schema, json_int_t value,
                       struct tri_error *error)
{
    if (value >= schema->min && value <= schema->max)
        return 0;
    char problem[96];
    snprintf(problem, sizeof(problem), "must lie between %lld and %lld", (long long)schema->min,
             (long long)schema->max);
    return fail(place, error, TRI_COMPUTE_BAD_DOCUMENT, problem);
}

static int check_enum(const struct place *place, const struct tri_schema *schema, const char *value,
                      struct tri_error *error, struct tri_error *not_implemented)
{
    for (const char *const *known = schema->values; *known; known++) {
        bool implemented = **known != '!';
        if (strcmp(*known + !implemented, value) != 0)
            continue;
        if (!implemented)
            fail(place, not_implemented, TRI_COMPUTE_NOT_IMPLEMENTED, "has a value that is not implemented here");
        return 0;
    }
    return fail(place, error, TRI_COMPUTE_BAD_DOCUMENT, "has a value that its type does not know");
}

static bool is_guid(const char *text)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    size_t at = 0;
    for (; form[at] && text[at]; at++)
        if (form[at] == '-' ? text[at] != '-' : !isxdigit((unsigned char)text[at]))
            return false;
    return !form[at] && !text[at];
}

static bool has_drive(const char *path)
{
    return isalpha((unsigned char)path[0]) && path[1] == ':' && (path[2] == '\\' || path[2] == '/');
}

static bool climbs(const char *path)
{
    while (*path) {
        size_t length = strcspn(path, "/\\");
        if (length == 2 && path[0] == '.' && path[1] == '.')
            return true;
        path += length;
        path += strspn(path, "/\\");
    }
    return false;
}

static int check_text(const struct place *place, const struct tri_schema *schema, const char *text,
                      struct tri_error *error, struct tri_error *not_implemented)
{
    switch (schema->kind) {
    case TRI_SCHEMA_ENUM:
    case TRI_SCHEMA_ENUM_OR_NUMBER:
        return check_enum(place, schema, text, error, not_implemented);
    case TRI_SCHEMA_GUID:
        return is_guid(text) ? 0 : fail(place, error, TRI_COMPUTE_BAD_DOCUMENT, "must be a GUID");
    case TRI_SCHEMA_HOST_PATH:
        return text[0] == '/' ? 0 : fail(place, error, -EINVAL, "must be an absolute path");
    case TRI_SCHEMA_CONTAINER_PATH:
        if (text[0] != '/' && !has_drive(text))
            return fail(place, error, -EINVAL, "must be an absolute path");
        return climbs(text) ? fail(place, error, -EINVAL, "must not contain '..'") : 0;
    default:
        return 0;
    }
}

/* ---- the walk ---- */

struct walk {
    struct tri_error *error;
    struct tri_error
        not_implemented; /* the first; told only where nothing is wrong, for a wrong document is the worse */
};

static int check_value(struct walk *walk, const struct place *place, const struct tri_schema *schema,
                       const json_t *value);

static bool says_nothing(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_NULL:
    case JSON_FALSE:
        return true;
    case JSON_INTEGER:
        return json_integer_value(value) == 0;
    case JSON_STRING:
        return json_string_length(value) == 0;
    case JSON_ARRAY:
        return json_array_size(value) == 0;
    case JSON_OBJECT:
        return json_object_size(value) == 0;
    default:
        return false;
    }
}

/* Clients in languages without absence write null, or "" for a path. */
static bool is_absent(const struct tri_schema_member *member, const json_t *value)
{
    bool path = member->type->kind == TRI_SCHEMA_HOST_PATH || member->type->kind == TRI_SCHEMA_CONTAINER_PATH;
    return json_is_null(value) || (path && !member->required && json_is_string(value) && says_nothing(value));
}

static const struct tri_schema_member *find_member(const struct tri_schema *schema, const char *name)
{
    for (const struct tri_schema_member *member = schema->members; member->name; member++)
        if (strcmp(member->name, name) == 0)
            return member;
    return NULL;
}

static int check_member(struct walk *walk, const struct place *place, const struct tri_schema *schema,
                        const json_t *value)
{
    const struct tri_schema_member *member = find_member(schema, place->name);
    if (!member)
        return fail(place, walk->error, TRI_COMPUTE_BAD_DOCUMENT, "is not a member of this document");
    if (is_absent(member, value))
        return 0;
    int r = check_value(walk, place, member->type, value);
    if (r == 0 && member->use == TRI_SCHEMA_NOT_IMPLEMENTED && !says_nothing(value))
        fail(place, &walk->not_implemented, TRI_COMPUTE_NOT_IMPLEMENTED, "is not implemented here");
    return r;
}

static int check_required(struct walk *walk, const struct place *place, const struct tri_schema *schema,
                          const json_t *object)
{
    for (const struct tri_schema_member *member = schema->members; member->name; member++) {
        const json_t *value = json_object_get(object, member->name);
        struct place missing = {.up = place, .name = member->name};
        if (member->required && (!value || json_is_null(value)))
            return fail(&missing, walk->error, TRI_COMPUTE_BAD_DOCUMENT, "is missing");
    }
    return 0;
}

static int check_one_of(struct walk *walk, const struct place *place, const struct tri_schema *schema,
                        const json_t *object)
{
    unsigned found = 0;
    for (const char *const *name = schema->one_of; name && *name; name++) {
        const json_t *value = json_object_get(object, *name);
        found += value && !json_is_null(value);
    }
    if (!schema->one_of || found == 1)
        return 0;
    return fail(place, walk->error, TRI_COMPUTE_BAD_DOCUMENT,
                found ? "has more than one body" : "has no body: one of its alternatives is needed");
}

static int check_object(struct walk *walk, const struct place *place, const struct tri_schema *schema,
                        const json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)object, name, value) {
        struct place member = {.up = place, .name = name};
        int r = check_member(walk, &member, schema, value);
        if (r < 0)
            return r;
    }
    int r = check_required(walk, place, schema, object);
    return r < 0 ? r : check_one_of(walk, place, schema, object);
}

static int check_map(struct walk *walk, const struct place *place, const struct tri_schema *schema, const json_t *map)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)map, name, value) {
        struct place entry = {.up = place, .name = name};
        int r = json_is_null(value) ? 0 : check_value(walk, &entry, schema->of, value);
        if (r < 0)
            return r;
    }
    return 0;
}

static int check_array(struct walk *walk, const struct place *place, const struct tri_schema *schema,
                       const json_t *array)
{
    if (schema->length && json_array_size(array) != schema->length)
        return fail(place, walk->error, TRI_COMPUTE_BAD_DOCUMENT, "has not the right number of elements");
    size_t index;
    json_t *value;
    json_array_foreach (array, index, value) {
        struct place element = {.up = place, .index = index};
        int r = check_value(walk, &element, schema->of, value);
        if (r < 0)
            return r;
    }
    return 0;
}

static bool type_fits(enum tri_schema_kind kind, const json_t *value)
{
    switch (kind) {
    case TRI_SCHEMA_ANY:
        return true;
    case TRI_SCHEMA_ANY_OBJECT:
    case TRI_SCHEMA_OBJECT:
    case TRI_SCHEMA_MAP:
        return json_is_object(value);
    case TRI_SCHEMA_ARRAY:
        return json_is_array(value);
    case TRI_SCHEMA_BOOL:
        return json_is_boolean(value);
    case TRI_SCHEMA_INTEGER:
        return json_is_integer(value);
    case TRI_SCHEMA_ENUM_OR_NUMBER:
        return json_is_string(value) || json_is_integer(value);
    default:
        return json_is_string(value);
    }
}

static int check_value(struct walk *walk, const struct place *place, const struct tri_schema *schema,
                       const json_t *value)
{
    if (!type_fits(schema->kind, value))
        return bad_type(place, schema, walk->error);
    switch (schema->kind) {
    case TRI_SCHEMA_OBJECT:
        return check_object(walk, place, schema, value);
    case TRI_SCHEMA_MAP:
        return check_map(walk, place, schema, value);
    case TRI_SCHEMA_ARRAY:
        return check_array(walk, place, schema, value);
    default:
        break;
    }
    if (json_is_integer(value) && schema->kind != TRI_SCHEMA_ANY)
        return check_range(place, schema, json_integer_value(value), walk->error);
    if (json_is_string(value))
        return check_text(place, schema, json_string_value(value), walk->error, &walk->not_implemented);
    return 0;
}

int tri_schema_check(const struct tri_schema *schema, const char *where, const json_t *value, struct tri_error *error)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error ignored = {0};
    struct walk walk = {.error = error ? error : &ignored};
    struct place start = {.name = where};
    int r = check_value(&walk, &start, schema, value);
    if (r == 0 && walk.not_implemented.code) {
        r = walk.not_implemented.code;
        tri_error_move(walk.error, &walk.not_implemented);
    }
    tri_error_clear(&walk.not_implemented);
    return r;
}

/* ---- text ---- */

/* Calls visit for every value below place, parents first; stops at the first that gives an error. */
static int visit_all(const struct place *place, json_t *value, unsigned depth, struct tri_error *error,
                     int (*visit)(const struct place *place, json_t *value, unsigned depth, struct tri_error *error))
{
    int r = visit(place, value, depth, error);
    const char *name;
    size_t index;
    json_t *child;
    json_object_foreach (value, name, child) {
        struct place member = {.up = place, .name = name};
        r = r < 0 ? r : visit_all(&member, child, depth + 1, error, visit);
    }
    json_array_foreach (value, index, child) {
        struct place element = {.up = place, .index = index};
        r = r < 0 ? r : visit_all(&element, child, depth + 1, error, visit);
    }
    return r;
}

static int refuse_deep(const struct place *place, json_t *value, unsigned depth, struct tri_error *error)
{
    bool nests = json_is_object(value) || json_is_array(value);
    return nests && depth > DEPTH_MAX ? fail(place, error, TRI_COMPUTE_BAD_DOCUMENT, "is nested too deep") : 0;
}

static int refuse_large(const struct place *place, json_t *value, unsigned depth, struct tri_error *error)
{
    (void)depth;
    double number = json_real_value(value); /* 0 for what is no real number */
    if (number > -0x1p63 && number < 0x1p63)
        return 0;
    return fail(place, error, TRI_COMPUTE_BAD_DOCUMENT, "is an integer beyond 9223372036854775807");
}

static int bad_syntax(const json_error_t *problem, struct tri_error *error)
{
    return tri_error_set(error, TRI_COMPUTE_BAD_DOCUMENT, "$", "Line %d, column %d: %s.", problem->line,
                         problem->column, problem->text);
}

/* Jansson ends at 2^63 - 1 and does not say which member is beyond it: read such a document once more, with its
 * integers as real numbers, to find out. */
static int find_large(const char *text, const json_error_t *problem, struct tri_error *error)
{
    json_t *document = json_loads(text, JSON_DECODE_INT_AS_REAL, NULL);
    struct place start = {.name = "$"};
    if (document)
        visit_all(&start, document, 1, error, refuse_large);
    json_decref(document);
    return bad_syntax(problem, error); /* keeps what was found */
}

int tri_schema_parse(const struct tri_schema *schema, const char *text, json_t **ret, struct tri_error *error)
{
    json_error_t problem;
    errno = 0; /* where memory runs out within a token, Jansson calls it a wrong one, or drops a letter of it */
    json_t *document = json_loads(text && *text ? text : "{}", 0, &problem);
    if (errno == ENOMEM) {
        json_decref(document);
        return tri_error_set(error, -ENOMEM, NULL, "No memory for the document.");
    }
    if (!document && json_error_code(&problem) == json_error_numeric_overflow)
        return find_large(text, &problem, error);
    if (!document)
        return bad_syntax(&problem, error);
    struct place start = {.name = "$"};
    int r = visit_all(&start, document, 1, error, refuse_deep);
    r = r < 0 ? r : tri_schema_check(schema, "$", document, error);
    if (r < 0)
        json_decref(document);
    else
        *ret = document;
    return r;
}
