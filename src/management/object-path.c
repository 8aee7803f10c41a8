/* What names an object: its path, its key, and the system properties. */
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "management/object.h"
#include "management/text.h"

static char server_name[256];

static void read_server_name(void)
{
    if (gethostname(server_name, sizeof server_name - 1) < 0 || !server_name[0])
        strcpy(server_name, "localhost");
    server_name[strcspn(server_name, ".")] = 0;
    for (char *c = server_name; *c; c++)
        *c = (char)toupper((unsigned char)*c);
}

const char *tri_server_name(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, read_server_name);
    return server_name;
}

/* ---- keys ---- */

/* A reference without the server and, where it is the class's own, the namespace: its spellings become one. */
static const char *local_reference(const struct tri_class *cls, const char *path)
{
    size_t server = strncmp(path, "\\\\", 2) == 0 || strncmp(path, "//", 2) == 0 ? 2 : 0;
    const char *at = path + server;
    if (server) {
        at += strcspn(at, "\\/");
        at += *at != 0;
    }
    size_t length = strcspn(at, ":\"");
    if (at[length] != ':' || !cls->name_space || length != strlen(cls->name_space))
        return at;
    for (size_t i = 0; i < length; i++) {
        char c = at[i] == '/' ? '\\' : at[i];
        if (tolower((unsigned char)c) != tolower((unsigned char)cls->name_space[i]))
            return at;
    }
    return at + length + 1;
}

static void key_value(const struct tri_class *cls, const struct tri_value *value, bool canonical, struct tri_text *text)
{
    switch (value->type) {
    case TRI_CIM_REFERENCE:
        tri_text_quote_path(text, canonical ? local_reference(cls, value->string) : value->string, canonical);
        break;
    case TRI_CIM_STRING:
    case TRI_CIM_DATETIME:
        tri_text_quote_path(text, value->string, canonical);
        break;
    case TRI_CIM_BOOLEAN:
        tri_text_puts(text, value->boolean ? "TRUE" : "FALSE");
        break;
    case TRI_CIM_SINT8:
    case TRI_CIM_SINT16:
    case TRI_CIM_SINT32:
    case TRI_CIM_SINT64:
        tri_text_signed(text, value->integer);
        break;
    default:
        tri_text_unsigned(text, value->natural);
        break;
    }
}

static int no_key(const struct tri_class *cls, struct tri_error *error)
{
    return tri_error_set(error, TRI_MANAGEMENT_NO_KEY, cls->name,
                         "The class %s has no key, so that its objects cannot be told apart.",
                         cls->name ? cls->name : "");
}

static int null_key(const struct tri_class *cls, size_t key, struct tri_error *error)
{
    const char *name = cls->properties[cls->keys[key]].name;
    return tri_error_set(error, TRI_MANAGEMENT_ILLEGAL_NULL, name, "The key %s of %s is NULL; it must have a value.",
                         name, cls->name ? cls->name : "");
}

int tri_class_key_text(const struct tri_class *cls, const struct tri_value *values, char **ret, struct tri_error *error)
{
    struct tri_text text = {0};
    if (cls->flags & TRI_CLASS_SINGLETON)
        tri_text_puts(&text, "@");
    else if (cls->key_count == 0)
        return no_key(cls, error);
    for (size_t i = 0; i < cls->key_count; i++) {
        if (!values[i].is_set) {
            tri_text_clear(&text);
            return null_key(cls, i, error);
        }
        if (cls->key_count > 1) {
            tri_text_puts(&text, i > 0 ? "," : "");
            tri_text_folded(&text, cls->properties[cls->keys[i]].name);
            tri_text_puts(&text, "=");
        }
        key_value(cls, &values[i], true, &text);
    }
    return tri_text_take(&text, ret) < 0 ? tri_error_no_memory(error) : 0;
}

int tri_cim_object_key(const struct tri_cim_object *object, char **ret, struct tri_error *error)
{
    enum { USUAL = 8 };
    const struct tri_class *cls = object->cls;
    struct tri_value usual[USUAL];
    TRI_AUTO_FREE struct tri_value *many = cls->key_count > USUAL ? calloc(cls->key_count, sizeof *many) : NULL;
    struct tri_value *values = many ? many : usual;
    if (cls->key_count > USUAL && !many)
        return tri_error_no_memory(error);
    for (size_t i = 0; i < cls->key_count; i++)
        values[i] = *tri_cim_object_value(object, cls->keys[i]); /* borrowed */
    return tri_class_key_text(cls, values, ret, error);
}

/* ---- paths ---- */

/* Appends "Class.Key=..."; false: the object has no such path. */
static bool add_relative(const struct tri_cim_object *object, struct tri_text *text)
{
    const struct tri_class *cls = object->cls;
    if (!cls->name || object->is_unlocated)
        return false;
    tri_text_puts(text, cls->name);
    if (object->is_class)
        return true;
    if (cls->flags & TRI_CLASS_SINGLETON)
        tri_text_puts(text, "=@");
    else if (cls->key_count == 0)
        return false;
    for (size_t i = 0; i < cls->key_count; i++) {
        const struct tri_value *value = tri_cim_object_value(object, cls->keys[i]);
        if (!value->is_set)
            return false;
        tri_text_puts(text, i > 0 ? "," : ".");
        tri_text_puts(text, cls->properties[cls->keys[i]].name);
        tri_text_puts(text, "=");
        key_value(cls, value, false, text);
    }
    return true;
}

static int take_path(struct tri_text *text, bool has_path, char **ret)
{
    if (has_path)
        return tri_text_take(text, ret);
    tri_text_clear(text);
    *ret = NULL;
    return 0;
}

int tri_cim_object_relative_path(const struct tri_cim_object *object, char **ret)
{
    struct tri_text text = {0};
    bool has_path = add_relative(object, &text);
    return take_path(&text, has_path, ret);
}

int tri_cim_object_path(const struct tri_cim_object *object, char **ret)
{
    struct tri_text text = {0};
    const char *name_space = object->cls->name_space;
    if (name_space) {
        tri_text_puts(&text, "\\\\");
        tri_text_puts(&text, tri_server_name());
        tri_text_puts(&text, "\\");
        tri_text_puts(&text, name_space);
        tri_text_puts(&text, ":");
    }
    bool has_path = name_space && add_relative(object, &text);
    return take_path(&text, has_path, ret);
}

/* ---- system properties ---- */

static const struct {
    const char *name;
    uint16_t type;
} system_properties[TRI_SYSTEM_COUNT] = {
    [TRI_SYSTEM_GENUS] = {"__GENUS", TRI_CIM_SINT32},
    [TRI_SYSTEM_CLASS] = {"__CLASS", TRI_CIM_STRING},
    [TRI_SYSTEM_SUPERCLASS] = {"__SUPERCLASS", TRI_CIM_STRING},
    [TRI_SYSTEM_DYNASTY] = {"__DYNASTY", TRI_CIM_STRING},
    [TRI_SYSTEM_RELPATH] = {"__RELPATH", TRI_CIM_STRING},
    [TRI_SYSTEM_PROPERTY_COUNT] = {"__PROPERTY_COUNT", TRI_CIM_SINT32},
    [TRI_SYSTEM_DERIVATION] = {"__DERIVATION", TRI_CIM_STRING | TRI_CIM_ARRAY},
    [TRI_SYSTEM_SERVER] = {"__SERVER", TRI_CIM_STRING},
    [TRI_SYSTEM_NAMESPACE] = {"__NAMESPACE", TRI_CIM_STRING},
    [TRI_SYSTEM_PATH] = {"__PATH", TRI_CIM_STRING},
};

const char *tri_system_property_name(enum tri_system_property property)
{
    return system_properties[property].name;
}

int tri_system_property_find(const char *name)
{
    if (name[0] != '_' || name[1] != '_')
        return -1;
    for (int i = 0; i < TRI_SYSTEM_COUNT; i++)
        if (tri_name_equal(name, system_properties[i].name))
            return i;
    return -1;
}

static int64_t count_selected(const struct tri_cim_object *object)
{
    int64_t count = 0;
    for (size_t i = 0; i < object->cls->property_count; i++)
        count += tri_cim_object_selects(object, (int)i);
    return count;
}

/* The nearest first. */
static int derivation(const struct tri_class *cls, struct tri_value *ret)
{
    size_t count = 0;
    for (const struct tri_class *at = cls->parent; at; at = at->parent)
        count++;
    struct tri_value names = {.type = ret->type};
    int r = tri_value_make_array(&names, count);
    const struct tri_class *at = cls->parent;
    for (size_t i = 0; r == 0 && i < count; i++, at = at->parent) {
        tri_value_set_string(&names.array->items[i], at->name ? at->name : "");
        r = names.array->items[i].is_set ? 0 : -ENOMEM;
    }
    if (r < 0) {
        tri_value_clear(&names);
        return r;
    }
    *ret = names;
    return 0;
}

static int set_name(const char *name, struct tri_value *ret)
{
    tri_value_set_string(ret, name);
    return name && !ret->is_set ? -ENOMEM : 0;
}

static int set_path(const struct tri_cim_object *object, int (*make)(const struct tri_cim_object *, char **),
                    struct tri_value *ret)
{
    char *path = NULL;
    int r = make(object, &path);
    if (r == 0)
        tri_value_take_string(ret, path);
    return r;
}

int tri_cim_object_system(const struct tri_cim_object *object, enum tri_system_property property, struct tri_value *ret)
{
    const struct tri_class *cls = object->cls;
    bool is_placed = !object->is_unlocated && cls->name_space;
    *ret = (struct tri_value){.type = system_properties[property].type};
    switch (property) {
    case TRI_SYSTEM_GENUS:
        tri_value_set_signed(ret, object->is_class ? 1 : 2);
        return 0;
    case TRI_SYSTEM_PROPERTY_COUNT:
        tri_value_set_signed(ret, count_selected(object));
        return 0;
    case TRI_SYSTEM_CLASS:
        return set_name(cls->name, ret);
    case TRI_SYSTEM_SUPERCLASS:
        return set_name(cls->parent ? cls->parent->name : NULL, ret);
    case TRI_SYSTEM_DYNASTY:
        return set_name(tri_class_dynasty(cls), ret);
    case TRI_SYSTEM_DERIVATION:
        return derivation(cls, ret);
    case TRI_SYSTEM_SERVER:
        return set_name(is_placed ? tri_server_name() : NULL, ret);
    case TRI_SYSTEM_NAMESPACE:
        return set_name(is_placed ? cls->name_space : NULL, ret);
    case TRI_SYSTEM_RELPATH:
        return set_path(object, tri_cim_object_relative_path, ret);
    default:
        return set_path(object, tri_cim_object_path, ret);
    }
}
