/* Objects: an instance of a class, or a class looked at as an object; what IWbemClassObject shows.
 *
 * Counted, and free to be read by many; who changes one owns it alone (tri_cim_object_copy first). */
#ifndef TRI_MANAGEMENT_OBJECT_H
#define TRI_MANAGEMENT_OBJECT_H

#include "management/class.h"

struct tri_cim_object {
    _Atomic uint32_t references;
    bool is_class;         /* genus 1; then cls is all there is, and it may be a draft of this object's own */
    bool is_unlocated;     /* has no path: a projected row, an event, an embedded object */
    struct tri_class *cls; /* a reference; an instance's is frozen */
    /* An instance's, all private to object.c: read with tri_cim_object_value. */
    struct tri_value *values;  /* one a property; NULL as long as they are only in the blob */
    uint64_t *selected;        /* a projection's properties, a bit each; NULL: all of them */
    struct tri_qualifiers *qualifiers; /* of this very instance; NULL: none */
    uint8_t *blob;             /* as tri_cim_object_encode wrote it, inside this allocation, not decoded yet; or NULL */
    size_t blob_size;
};

/* An instance with the class's defaults. The class must be frozen. NULL: no memory. */
struct tri_cim_object *tri_cim_object_instance(struct tri_class *cls);
/* An instance with nothing but NULLs: for providers. */
struct tri_cim_object *tri_cim_object_blank(struct tri_class *cls);
/* A class as an object; takes the reference, also on failure. */
struct tri_cim_object *tri_cim_object_of_class(struct tri_class *cls);
struct tri_cim_object *tri_cim_object_ref(struct tri_cim_object *object);
void tri_cim_object_unref(struct tri_cim_object *object);
void tri_cim_object_unrefp(struct tri_cim_object **object);
#define TRI_AUTO_CIM_OBJECT __attribute__((cleanup(tri_cim_object_unrefp)))
struct tri_cim_object *tri_cim_object_copy(const struct tri_cim_object *object); /* deep enough to be changed alone */

/* The value of a property by index; of a class object: its default. Never NULL. Decodes at the first look: an object with
 * a blob is read by one thread at a time until then (tri_cim_object_decode makes it safe for all). */
const struct tri_value *tri_cim_object_value(const struct tri_cim_object *object, int index);
const struct tri_value *tri_cim_object_find(const struct tri_cim_object *object, const char *property); /* NULL: no such one */
int tri_cim_object_decode(struct tri_cim_object *object); /* -ENOMEM; TRI_MANAGEMENT_CRITICAL_ERROR for a damaged blob */
/* Not decoded yet? Where several may come to read it, each takes a copy, which costs no more than one allocation. */
static inline bool tri_cim_object_is_encoded(const struct tri_cim_object *object)
{
    return object->blob != NULL;
}
bool tri_cim_object_selects(const struct tri_cim_object *object, int index);
/* The slot itself, for providers that fill a blank instance: NULL of the property's type at first. */
struct tri_value *tri_cim_object_slot(struct tri_cim_object *object, int index);
/* Sets with conversion to the property's type (instances only). NULL value: NULL. TYPE_MISMATCH, VALUE_OUT_OF_RANGE. */
int tri_cim_object_set(struct tri_cim_object *object, int index, const struct tri_value *value, struct tri_error *error);
/* The same by name, for methods' out-parameters; nothing where there is no such property. */
void tri_cim_object_set_unsigned(struct tri_cim_object *object, const char *property, uint64_t number);
void tri_cim_object_set_string(struct tri_cim_object *object, const char *property, const char *text);

/* Keeps only these properties (a bit each); the object becomes unlocated unless all keys are among them. -ENOMEM. */
int tri_cim_object_project(struct tri_cim_object *object, const uint64_t *selected);

/* Names of an object's place, newly allocated: "Win32_Process.Handle=\"12\"", "X=@", the class's name; and with the
 * server and namespace. *ret NULL where it has none (a key is NULL, unlocated). -ENOMEM. */
int tri_cim_object_relative_path(const struct tri_cim_object *object, char **ret);
int tri_cim_object_path(const struct tri_cim_object *object, char **ret);
/* The part behind the class's name in canonical form, which the repository finds instances by: key names left out where
 * there is one, in alphabetical order, strings folded to lower case, references without the server and the class's own
 * namespace; "@" for a singleton. TRI_MANAGEMENT_ILLEGAL_NULL, _NO_KEY (the class has none); -ENOMEM. */
int tri_cim_object_key(const struct tri_cim_object *object, char **ret, struct tri_error *error);
/* The same of values that belong to no object: one a key, in the order of cls->keys, of the properties' types. */
int tri_class_key_text(const struct tri_class *cls, const struct tri_value *values, char **ret, struct tri_error *error);
const char *tri_server_name(void); /* this host, upper case as Windows writes it; static */

/* System properties: __GENUS ... __PATH, in WMI's order. */
enum tri_system_property {
    TRI_SYSTEM_GENUS,
    TRI_SYSTEM_CLASS,
    TRI_SYSTEM_SUPERCLASS,
    TRI_SYSTEM_DYNASTY,
    TRI_SYSTEM_RELPATH,
    TRI_SYSTEM_PROPERTY_COUNT,
    TRI_SYSTEM_DERIVATION,
    TRI_SYSTEM_SERVER,
    TRI_SYSTEM_NAMESPACE,
    TRI_SYSTEM_PATH,
    TRI_SYSTEM_COUNT
};
const char *tri_system_property_name(enum tri_system_property property);
int tri_system_property_find(const char *name); /* or -1 */
int tri_cim_object_system(const struct tri_cim_object *object, enum tri_system_property property, struct tri_value *ret);

/* How an instance is kept in the repository: each property that is not the class's default. Decoding is lazy; a blob that
 * is damaged is never read beyond its end. Valid for a class of the same layout only. */
int tri_cim_object_encode(const struct tri_cim_object *object, uint8_t **ret, size_t *ret_size);
struct tri_cim_object *tri_cim_object_from_blob(struct tri_class *cls, const void *blob, size_t size);

/* WMI's CompareTo, flags are its own (IGNORE_QUALIFIERS 1, _OBJECT_SOURCE 2, _DEFAULT_VALUES 4, _CLASS 8, _CASE 0x10, _FLAVOR
 * 0x20). */
bool tri_cim_object_same(const struct tri_cim_object *a, const struct tri_cim_object *b, unsigned flags);

size_t tri_cim_object_live(void); /* for tests */

#endif
