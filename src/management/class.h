/* Classes: qualifiers, properties and methods, inherited ones included.
 *
 * A class is a draft while it is made or changed, by one owner; tri_class_freeze makes it what everybody may share: it
 * never changes again, and is counted. Objects (object.h) point at frozen classes. */
#ifndef TRI_MANAGEMENT_CLASS_H
#define TRI_MANAGEMENT_CLASS_H

#include "management/value.h"

/* WMI's flavors. */
#define TRI_FLAVOR_TO_INSTANCE 0x1
#define TRI_FLAVOR_TO_DERIVED 0x2
#define TRI_FLAVOR_NOT_OVERRIDABLE 0x10
#define TRI_FLAVOR_PROPAGATED 0x20 /* came from a class above, or from an instance's class */
#define TRI_FLAVOR_SYSTEM 0x40
#define TRI_FLAVOR_AMENDED 0x80

struct tri_qualifier {
    char *name;
    struct tri_value value; /* string, sint32, real64, boolean, or an array of one of them */
    uint8_t flavor;
    bool is_shared; /* name and value are those of the class above, which lives as long */
    struct tri_qualifier *inherited; /* the propagated one that this one overrides, or NULL; qualifiers.c's own */
};

struct tri_qualifiers {
    struct tri_qualifier *items;
    size_t count, room;
};

const struct tri_qualifier *tri_qualifiers_find(const struct tri_qualifiers *set, const char *name); /* or NULL */
bool tri_qualifiers_true(const struct tri_qualifiers *set, const char *name); /* there, and boolean TRUE */
/* Sets or replaces; value copied. TRI_MANAGEMENT_INVALID_QUALIFIER_TYPE, TRI_MANAGEMENT_OVERRIDE_NOT_ALLOWED (there is a
 * propagated one that may not be overridden), TRI_MANAGEMENT_INVALID_PARAMETER (a bad name), -ENOMEM. */
int tri_qualifiers_put(struct tri_qualifiers *set, const char *name, const struct tri_value *value, uint8_t flavor,
                       struct tri_error *error);
/* TRI_MANAGEMENT_NOT_FOUND, TRI_MANAGEMENT_PROPAGATED_QUALIFIER. 1: an override went, what was inherited is back. */
int tri_qualifiers_remove(struct tri_qualifiers *set, const char *name, struct tri_error *error);
int tri_qualifiers_copy(const struct tri_qualifiers *set, struct tri_qualifiers *ret);
/* What a class below inherits of them; name and value are shared: `from` must live as long. ret must be empty. -ENOMEM. */
int tri_qualifiers_inherit(const struct tri_qualifiers *from, struct tri_qualifiers *ret);
void tri_qualifiers_clear(struct tri_qualifiers *set);

struct tri_property {
    char *name;
    uint16_t type;
    bool is_local;      /* declared or overridden in this very class */
    bool is_key : 1;       /* of the key qualifier; kept up by freeze */
    bool shares_name : 1;  /* name and origin are the superclass's, which lives as long */
    bool shares_value : 1; /* and so is the value's content; not where it is overridden */
    uint32_t name_hash;
    char *class_name;   /* of a reference or object: which class, or NULL */
    char *origin;       /* the class that introduced it; NULL: this one */
    struct tri_value value; /* the default; type says the same as above */
    struct tri_qualifiers qualifiers; /* CIMTYPE is not kept: the face and MOF make it of type and class_name */
};

struct tri_method {
    char *name;
    bool is_local;
    bool shares_name; /* and origin, as properties do */
    uint32_t name_hash;
    char *origin;
    struct tri_class *in, *out; /* frozen classes named __PARAMETERS, or NULL; ReturnValue is a property of out */
    struct tri_qualifiers qualifiers;
};

enum tri_class_flag {
    TRI_CLASS_ABSTRACT = 1,
    TRI_CLASS_SINGLETON = 2,
    TRI_CLASS_DYNAMIC = 4,
    TRI_CLASS_ASSOCIATION = 8,
    TRI_CLASS_BUILT_IN = 16, /* part of the library: cannot be changed or deleted */
};

struct tri_class {
    _Atomic uint32_t references;
    bool is_frozen;
    unsigned flags;       /* of the qualifiers, set by freeze; BUILT_IN by schema.c */
    char *name;           /* NULL: a blank draft */
    struct tri_class *parent; /* frozen reference, or NULL */
    char *name_space;     /* "root\cimv2", as it is spelled there; NULL: belongs to none (parameters) */
    const char *provider; /* of the provider qualifier; NULL: the repository keeps the instances. Set by freeze */
    int64_t id;           /* the repository's own number; 0: not stored there */
    struct tri_qualifiers qualifiers;
    struct tri_property *properties; /* in order of declaration, the parent's first */
    size_t property_count, property_room;
    struct tri_method *methods;
    size_t method_count, method_room;
    /* Set by freeze. */
    uint16_t *keys; /* indexes of the key properties, by name's alphabet */
    size_t key_count;
    uint32_t *index; /* open-addressing table of property indexes + 1, by name hash */
    size_t index_size;
    struct tri_value *nulls; /* what a blank instance begins with: one a property, NULL of its type */
    bool has_defaults;       /* a property has one */
    size_t member_count;     /* properties, methods and all their qualifiers: what the class costs, less its own texts */
};

/* A draft: blank, or derived from a frozen class (everything inherited, nothing local). NULL: no memory. */
struct tri_class *tri_class_new(void);
struct tri_class *tri_class_derive(struct tri_class *parent);
/* A draft with the same contents; for changing what is shared. */
struct tri_class *tri_class_thaw(const struct tri_class *cls);
/* The class as it is when another parent (a newer version of it) takes the old one's place: the local parts kept. */
struct tri_class *tri_class_rebase(const struct tri_class *cls, struct tri_class *parent, struct tri_error *error);
struct tri_class *tri_class_ref(struct tri_class *cls);
void tri_class_unref(struct tri_class *cls); /* NULL is fine */
void tri_class_unrefp(struct tri_class **cls);
#define TRI_AUTO_CLASS __attribute__((cleanup(tri_class_unrefp)))

/* Makes a draft final: checks it (keys neither array nor real nor object, nor below a class with keys; singleton without
 * keys; an association that is not abstract has two references), and builds what is said above. The draft keeps its one
 * reference. A class without a name may be frozen too (WMI's blank objects). */
int tri_class_freeze(struct tri_class *cls, struct tri_error *error);

int tri_class_find(const struct tri_class *cls, const char *property); /* its index, or -1; fast on a frozen class */
int tri_class_find_method(const struct tri_class *cls, const char *method);
bool tri_class_is_a(const struct tri_class *cls, const char *name); /* itself, or an ancestor */
const char *tri_class_dynasty(const struct tri_class *cls);         /* the topmost ancestor, itself maybe */

/* ---- changing a draft; name is checked, value copied ---- */

int tri_class_set_name(struct tri_class *cls, const char *name, struct tri_error *error);
/* Adds a property, or sets the default of one that is there (an inherited one becomes local; the type must then be the
 * same: TRI_MANAGEMENT_TYPE_MISMATCH... or TRI_MANAGEMENT_PROPAGATED_PROPERTY). value NULL: no default. ret_index may be NULL. */
int tri_class_put_property(struct tri_class *cls, const char *name, uint16_t type, const char *class_name,
                           const struct tri_value *value, int *ret_index, struct tri_error *error);
/* 1: an override went and the inherited default is back. TRI_MANAGEMENT_NOT_FOUND, _PROPAGATED_PROPERTY. */
int tri_class_remove_property(struct tri_class *cls, const char *name, struct tri_error *error);
/* in and out: frozen, or drafts that it freezes; a reference is taken. Ids are checked: MISSING_PARAMETER_ID,
 * NONCONSECUTIVE_PARAMETER_IDS, PARAMETER_ID_ON_RETVAL, INVALID_DUPLICATE_PARAMETER. */
int tri_class_put_method(struct tri_class *cls, const char *name, struct tri_class *in, struct tri_class *out,
                         int *ret_index, struct tri_error *error);
int tri_class_remove_method(struct tri_class *cls, const char *name, struct tri_error *error); /* _PROPAGATED_METHOD */

#endif
