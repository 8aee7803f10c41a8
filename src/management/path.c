/* One pass over the text, no going back: which kind of path it is shows at the character behind the first run of names. */
#include "management/path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistr.h>

#include "base/cleanup.h"
#include "management/object.h"
#include "management/value-private.h"

enum { PATH_CHARACTERS_MAX = 8192, KEYS_MAX = 64 };

struct path_reader {
    const char *text, *at;
    struct tri_path *path;
    int refusal; /* the code of a path that cannot be read */
    struct tri_error *error;
};

/* The character that *at points at, from 1. */
static size_t position_of(const struct path_reader *reader)
{
    return u8_mbsnlen((const uint8_t *)reader->text, (size_t)(reader->at - reader->text)) + 1;
}

static int refuse(const struct path_reader *reader, const char *expected)
{
    return tri_error_set(reader->error, reader->refusal, reader->text,
                         "The path \"%.400s\" cannot be read: at character %zu, %s was expected.", reader->text,
                         position_of(reader), expected);
}

static bool is_slash(char c)
{
    return c == '\\' || c == '/';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static size_t name_length(const char *text)
{
    size_t length = 0;
    if (is_name_start(*text))
        while (is_name_start(text[length]) || is_digit(text[length]))
            length++;
    return length;
}

static int copy_run(const struct path_reader *reader, const char *from, size_t length, char **ret)
{
    char *copy = strndup(from, length);
    if (!copy)
        return tri_error_no_memory(reader->error);
    *ret = copy;
    return 0;
}

static int read_name(struct path_reader *reader, const char *expected, char **ret)
{
    size_t length = name_length(reader->at);
    if (length == 0)
        return refuse(reader, expected);
    int r = copy_run(reader, reader->at, length, ret);
    reader->at += r == 0 ? length : 0;
    return r;
}

/* ---- keys ---- */

static int read_string(struct path_reader *reader, struct tri_value *ret)
{
    char quote = *reader->at++;
    TRI_AUTO_FREE char *string = malloc(strlen(reader->at) + 1);
    if (!string)
        return tri_error_no_memory(reader->error);
    size_t length = 0;
    while (*reader->at && *reader->at != quote) {
        const char *next = reader->at + 1;
        /* Before anything else a backslash stands for itself: C:\folder is written by hand too. */
        if (*reader->at == '\\' && (*next == '\\' || *next == '"' || *next == '\''))
            reader->at++;
        string[length++] = *reader->at++;
    }
    if (!*reader->at)
        return refuse(reader, "the quote that ends the text");
    reader->at++;
    string[length] = '\0';
    *ret = (struct tri_value){.type = TRI_CIM_STRING, .is_set = true, .string = TRI_TAKE(string)};
    return 0;
}

static int digit_of(char c, unsigned base)
{
    int digit = is_digit(c) ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : 16;
    return digit < (int)base ? digit : -1;
}

static int read_number(struct path_reader *reader, struct tri_value *ret)
{
    bool is_negative = *reader->at == '-';
    const char *digits = reader->at + (is_negative || *reader->at == '+');
    unsigned base = digits[0] == '0' && (digits[1] | 0x20) == 'x' ? 16 : 10;
    digits += base == 16 ? 2 : 0;
    uint64_t number = 0;
    const char *end = digits;
    for (; digit_of(*end, base) >= 0; end++)
        if (__builtin_mul_overflow(number, base, &number) ||
            __builtin_add_overflow(number, (uint64_t)digit_of(*end, base), &number))
            return refuse(reader, "a number of at most 64 bits");
    if (end == digits || (is_negative && number > (uint64_t)INT64_MAX + 1))
        return refuse(reader, "a number of at most 64 bits");
    reader->at = end;
    if (is_negative || number <= INT64_MAX)
        *ret = (struct tri_value){
            .type = TRI_CIM_SINT64, .is_set = true, .integer = (int64_t)(is_negative ? -number : number)};
    else
        *ret = (struct tri_value){.type = TRI_CIM_UINT64, .is_set = true, .natural = number};
    return 0;
}

static int read_boolean(struct path_reader *reader, struct tri_value *ret)
{
    size_t length = name_length(reader->at);
    bool is_true = length == 4 && strncasecmp(reader->at, "TRUE", 4) == 0;
    if (!is_true && !(length == 5 && strncasecmp(reader->at, "FALSE", 5) == 0))
        return refuse(reader, "a value (a quoted text, a number, TRUE or FALSE)");
    reader->at += length;
    *ret = (struct tri_value){.type = TRI_CIM_BOOLEAN, .is_set = true, .boolean = is_true};
    return 0;
}

static int read_value(struct path_reader *reader, struct tri_value *ret)
{
    if (*reader->at == '"' || *reader->at == '\'')
        return read_string(reader, ret);
    if (is_digit(*reader->at) || *reader->at == '-' || *reader->at == '+')
        return read_number(reader, ret);
    return read_boolean(reader, ret);
}

static int add_key(struct path_reader *reader, struct tri_path_key **ret)
{
    struct tri_path *path = reader->path;
    if (path->key_count >= KEYS_MAX)
        return refuse(reader, "the end, after 64 keys");
    struct tri_path_key *keys = reallocarray(path->keys, path->key_count + 1, sizeof(*keys));
    if (!keys)
        return tri_error_no_memory(reader->error);
    path->keys = keys;
    *ret = &keys[path->key_count++];
    **ret = (struct tri_path_key){0};
    return 0;
}

static bool has_key(const struct tri_path *path, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (tri_name_equal(path->keys[i].name, name))
            return true;
    return false;
}

static int read_named_key(struct path_reader *reader)
{
    struct tri_path_key *key = NULL;
    int r = add_key(reader, &key);
    if (r == 0)
        r = read_name(reader, "the name of a key", &key->name);
    if (r < 0)
        return r;
    if (has_key(reader->path, reader->path->key_count - 1, key->name))
        return refuse(reader, "another key than one that is there already");
    if (*reader->at != '=')
        return refuse(reader, "\"=\"");
    reader->at++;
    return read_value(reader, &key->value);
}

static int read_named_keys(struct path_reader *reader)
{
    int r;
    do {
        reader->at++; /* the dot or comma */
        r = read_named_key(reader);
    } while (r == 0 && *reader->at == ',');
    return r;
}

static int read_nameless_key(struct path_reader *reader)
{
    struct tri_path_key *key = NULL;
    reader->at++;
    if (*reader->at == '@') {
        reader->at++;
        reader->path->is_singleton = true;
        return 0;
    }
    int r = add_key(reader, &key);
    return r < 0 ? r : read_value(reader, &key->value);
}

/* ---- the rest ---- */

static int read_object(struct path_reader *reader)
{
    int r = read_name(reader, "the name of a class", &reader->path->class_name);
    if (r == 0 && *reader->at == '.')
        r = read_named_keys(reader);
    else if (r == 0 && *reader->at == '=')
        r = read_nameless_key(reader);
    return r == 0 && *reader->at ? refuse(reader, "the end") : r;
}

static int read_server(struct path_reader *reader)
{
    if (!is_slash(reader->at[0]) || !is_slash(reader->at[1]))
        return 0;
    reader->at += 2;
    size_t length = 0;
    for (unsigned char c; (c = (unsigned char)reader->at[length]) > ' ' && !is_slash((char)c) && c != '"' && c != '\'';)
        length++;
    if (length == 0)
        return refuse(reader, "the name of a server");
    int r = copy_run(reader, reader->at, length, &reader->path->server);
    reader->at += length;
    if (r == 0 && !is_slash(*reader->at))
        return refuse(reader, "a slash and a namespace");
    reader->at += r == 0;
    return r;
}

/* How long the run of names and slashes is that begins here. */
static size_t namespace_length(const char *text)
{
    size_t length = name_length(text), next;
    while (length && is_slash(text[length]) && (next = name_length(text + length + 1)) > 0)
        length += 1 + next;
    return length;
}

static int take_namespace(struct path_reader *reader, size_t length)
{
    int r = copy_run(reader, reader->at, length, &reader->path->name_space);
    for (char *c = r == 0 ? reader->path->name_space : NULL; c && *c; c++)
        if (*c == '/')
            *c = '\\';
    reader->at += length;
    return r;
}

static bool is_only_name(const char *text, size_t length)
{
    return !memchr(text, '\\', length) && !memchr(text, '/', length);
}

static int read_namespace_and_object(struct path_reader *reader)
{
    const char *start = reader->at;
    size_t length = namespace_length(start);
    bool is_alone = is_only_name(start, length);
    if (start[length] == ':') {
        if (length == 0)
            return refuse(reader, "a namespace");
        int r = take_namespace(reader, length);
        reader->at++;
        return r < 0 ? r : read_object(reader);
    }
    if (!start[length] && length > 0 && (reader->path->server || !is_alone))
        return take_namespace(reader, length);
    if (!is_alone) {
        reader->at += length;
        return refuse(reader, "\":\" and the name of a class");
    }
    return read_object(reader);
}

static int check_length(const struct path_reader *reader)
{
    size_t size = strlen(reader->text);
    if (size <= PATH_CHARACTERS_MAX || u8_mbsnlen((const uint8_t *)reader->text, size) <= PATH_CHARACTERS_MAX)
        return 0;
    return tri_error_set(reader->error, reader->refusal, NULL, "The path has more than %d characters.",
                         PATH_CHARACTERS_MAX);
}

static int read_with(const char *text, int refusal, int (*read)(struct path_reader *reader), struct tri_path *ret,
                     struct tri_error *error)
{
    struct path_reader reader = {text, text, ret, refusal, error};
    *ret = (struct tri_path){0};
    int r = check_length(&reader);
    if (r == 0)
        r = read_server(&reader);
    if (r == 0)
        r = read(&reader);
    if (r < 0)
        tri_path_clear(ret);
    return r;
}

int tri_path_parse(const char *text, struct tri_path *ret, struct tri_error *error)
{
    return read_with(text, TRI_MANAGEMENT_INVALID_PATH, read_namespace_and_object, ret, error);
}

static int read_namespace_only(struct path_reader *reader)
{
    size_t length = namespace_length(reader->at);
    if (length == 0)
        return refuse(reader, "a namespace");
    int r = take_namespace(reader, length);
    return r == 0 && *reader->at ? refuse(reader, "the end") : r;
}

int tri_path_parse_namespace(const char *text, struct tri_path *ret, struct tri_error *error)
{
    return read_with(text, TRI_MANAGEMENT_INVALID_NAMESPACE, read_namespace_only, ret, error);
}

void tri_path_clear(struct tri_path *path)
{
    free(path->server);
    free(path->name_space);
    free(path->class_name);
    for (size_t i = 0; i < path->key_count; i++) {
        free(path->keys[i].name);
        tri_value_clear(&path->keys[i].value);
    }
    free(path->keys);
    *path = (struct tri_path){0};
}

bool tri_path_is_local(const struct tri_path *path)
{
    const char *server = path->server;
    return !server || strcmp(server, ".") == 0 || tri_name_equal(server, "localhost") ||
           tri_name_equal(server, tri_server_name());
}

/* ---- out ---- */

static int compare_keys(const void *a, const void *b)
{
    const struct tri_path_key *x = *(const struct tri_path_key *const *)a, *y = *(const struct tri_path_key *const *)b;
    return tri_name_compare(x->name ? x->name : "", y->name ? y->name : "");
}

static void put_key(const struct tri_path_key *key, struct tri_text *text)
{
    if (key->name)
        tri_text_puts(text, key->name);
    tri_text_puts(text, "=");
    if (key->value.type == TRI_CIM_STRING && key->value.is_set)
        tri_text_quote_path(text, key->value.string, false);
    else if (key->value.is_set)
        tri_number_text(&key->value, text);
}

static int put_keys(const struct tri_path *path, struct tri_text *text)
{
    TRI_AUTO_FREE const struct tri_path_key **sorted = calloc(path->key_count, sizeof(struct tri_path_key *));
    if (!sorted)
        return -ENOMEM;
    for (size_t i = 0; i < path->key_count; i++)
        sorted[i] = &path->keys[i];
    qsort(sorted, path->key_count, sizeof(struct tri_path_key *), compare_keys);
    for (size_t i = 0; i < path->key_count; i++) {
        tri_text_puts(text, i > 0 ? "," : sorted[i]->name ? "." : "");
        put_key(sorted[i], text);
    }
    return 0;
}

int tri_path_text(const struct tri_path *path, char **ret)
{
    struct tri_text text = {0};
    if (path->server)
        tri_text_printf(&text, "\\\\%s\\", path->server);
    if (path->name_space)
        tri_text_puts(&text, path->name_space);
    if (path->name_space && path->class_name)
        tri_text_puts(&text, ":");
    if (path->class_name)
        tri_text_puts(&text, path->class_name);
    if (path->is_singleton)
        tri_text_puts(&text, "=@");
    if (path->key_count > 0 && put_keys(path, &text) < 0) {
        tri_text_clear(&text);
        return -ENOMEM;
    }
    return tri_text_take(&text, ret);
}

/* ---- bound to a class ---- */

static int refuse_keys(const struct tri_path *path, const struct tri_class *cls, struct tri_error *error)
{
    TRI_AUTO_FREE char *keys = NULL;
    struct tri_text names = {0};
    for (size_t i = 0; i < cls->key_count; i++)
        tri_text_printf(&names, "%s%s", i > 0 ? ", " : "", cls->properties[cls->keys[i]].name);
    if (tri_text_take(&names, &keys) < 0)
        return tri_error_no_memory(error);
    if (cls->key_count > 0)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_PATH, path->class_name,
                             "The path does not name an instance of class %s, which has %s for its key%s.", cls->name,
                             keys, cls->key_count > 1 ? "s" : "");
    bool is_singleton = cls->flags & TRI_CLASS_SINGLETON;
    return tri_error_set(
        error, TRI_MANAGEMENT_INVALID_PATH, path->class_name,
        is_singleton ? "The path does not name the instance of class %s, which is %s=@."
                     : "The path names an instance of class %s, which has no keys: instances of %s have no paths.",
        cls->name, cls->name);
}

static const struct tri_path_key *key_for(const struct tri_path *path, const char *name)
{
    for (size_t i = 0; i < path->key_count; i++)
        if (!path->keys[i].name || tri_name_equal(path->keys[i].name, name))
            return &path->keys[i];
    return NULL;
}

static int bind_key(const struct tri_path *path, const struct tri_class *cls, size_t i, struct tri_value *ret,
                    struct tri_error *error)
{
    const struct tri_property *property = &cls->properties[cls->keys[i]];
    const struct tri_path_key *key = key_for(path, property->name);
    if (!key)
        return refuse_keys(path, cls, error);
    int r = tri_value_convert(&key->value, ret);
    if (r == -ENOMEM)
        return tri_error_no_memory(error);
    if (r < 0)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_PATH, property->name,
                             "The path's value for the key %s of class %s is no %s.", property->name, cls->name,
                             tri_cim_type_name(property->type));
    return 0;
}

int tri_path_bind(const struct tri_path *path, const struct tri_class *cls, struct tri_value *ret,
                  struct tri_error *error)
{
    bool is_singleton = cls->flags & TRI_CLASS_SINGLETON;
    for (size_t i = 0; i < cls->key_count; i++)
        ret[i] = (struct tri_value){.type = cls->properties[cls->keys[i]].type};
    if (path->is_singleton != is_singleton || path->key_count != cls->key_count ||
        (!is_singleton && cls->key_count == 0))
        return refuse_keys(path, cls, error);
    int r = 0;
    for (size_t i = 0; r == 0 && i < cls->key_count; i++)
        r = bind_key(path, cls, i, &ret[i], error);
    for (size_t i = 0; r < 0 && i < cls->key_count; i++)
        tri_value_clear(&ret[i]);
    return r;
}

static void clear_values(struct tri_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tri_value_clear(&values[i]);
    free(values);
}

int tri_path_key(const struct tri_path *path, const struct tri_class *cls, char **ret, struct tri_error *error)
{
    struct tri_value *values = calloc(cls->key_count + 1, sizeof(*values));
    if (!values)
        return tri_error_no_memory(error);
    int r = tri_path_bind(path, cls, values, error);
    if (r == 0)
        r = tri_class_key_text(cls, values, ret, error);
    clear_values(values, cls->key_count);
    return r;
}
