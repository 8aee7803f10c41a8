/* MOF: classes and instances as text, out and in. */
#ifndef TRI_MANAGEMENT_MOF_H
#define TRI_MANAGEMENT_MOF_H

#include "management/object.h"

/* ---- out (mof-print.c) ---- */

#define TRI_MOF_NO_FLAVORS 1
#define TRI_MOF_EXACT 2 /* also a flavor that means nothing (mof-flavor.c), for what is stored */
/* Newly allocated. A class: what is local to it, with inherited things left out; compiles back to the same class. */
int tri_mof_print(const struct tri_cim_object *object, unsigned flags, char **ret);
int tri_mof_print_class(const struct tri_class *cls, unsigned flags, char **ret);

/* ---- in (mof.y, mof.l, mof-compile.c) ---- */

/* The numbers of WMI's MOF errors: WBEMMOF_E_EXPECTED_QUALIFIER_NAME is 1. As codes: TRI_MANAGEMENT_MOF - n. */
enum tri_mof_error {
    TRI_MOF_EXPECTED_QUALIFIER_NAME = 0x01,
    TRI_MOF_EXPECTED_SEMI = 0x02,
    TRI_MOF_EXPECTED_OPEN_BRACE = 0x03,
    TRI_MOF_EXPECTED_CLOSE_BRACE = 0x04,
    TRI_MOF_EXPECTED_CLOSE_BRACKET = 0x05,
    TRI_MOF_EXPECTED_CLOSE_PAREN = 0x06,
    TRI_MOF_ILLEGAL_CONSTANT_VALUE = 0x07,
    TRI_MOF_EXPECTED_TYPE_IDENTIFIER = 0x08,
    TRI_MOF_EXPECTED_OPEN_PAREN = 0x09,
    TRI_MOF_UNRECOGNIZED_TOKEN = 0x0a,
    TRI_MOF_UNRECOGNIZED_TYPE = 0x0b,
    TRI_MOF_EXPECTED_PROPERTY_NAME = 0x0c,
    TRI_MOF_UNEXPECTED_ALIAS = 0x0e,
    TRI_MOF_UNEXPECTED_ARRAY_INIT = 0x0f,
    TRI_MOF_INVALID_PRAGMA = 0x12,
    TRI_MOF_INVALID_NAMESPACE_SYNTAX = 0x13,
    TRI_MOF_EXPECTED_CLASS_NAME = 0x14,
    TRI_MOF_TYPE_MISMATCH = 0x15,
    TRI_MOF_EXPECTED_ALIAS_NAME = 0x16,
    TRI_MOF_INVALID_CLASS_DECLARATION = 0x17,
    TRI_MOF_INVALID_INSTANCE_DECLARATION = 0x18,
    TRI_MOF_EXPECTED_DOLLAR = 0x19,
    TRI_MOF_CIMTYPE_QUALIFIER = 0x1a,
    TRI_MOF_DUPLICATE_PROPERTY = 0x1b,
    TRI_MOF_OUT_OF_RANGE = 0x1d,
    TRI_MOF_INVALID_FILE = 0x1e,
    TRI_MOF_NULL_ARRAY_ELEM = 0x20,
    TRI_MOF_DUPLICATE_QUALIFIER = 0x21,
    TRI_MOF_EXPECTED_FLAVOR_TYPE = 0x22,
    TRI_MOF_INCOMPATIBLE_FLAVOR_TYPES = 0x23,
    TRI_MOF_MULTIPLE_ALIASES = 0x24,
    TRI_MOF_NO_ARRAYS_RETURNED = 0x26,
    TRI_MOF_MUST_BE_IN_OR_OUT = 0x27,
    TRI_MOF_INVALID_INCLUDE_FILE = 0x30,
};

/* What the compiler asks of whoever keeps the result. Every function returns 0 or a code with *error filled, which ends
 * the compilation; flags are those of call.h (TRI_CALL_CREATE_ONLY ...), from the pragmas. */
struct tri_mof_target {
    void *context;
    int (*use_namespace)(void *context, const char *path, struct tri_error *error); /* pragma namespace */
    int (*get_class)(void *context, const char *name, struct tri_class **ret, struct tri_error *error);
    int (*put_class)(void *context, struct tri_class *cls, unsigned flags, struct tri_error *error); /* frozen */
    int (*put_instance)(void *context, struct tri_cim_object *object, unsigned flags, char **ret_path,
                        struct tri_error *error); /* the path is what aliases of it stand for */
    int (*delete_class)(void *context, const char *name, struct tri_error *error);
    int (*delete_instance)(void *context, const char *path, struct tri_error *error);
    /* The contents of an included file, newly allocated; NULL: includes are refused. name has slashes. All files are read
     * before anything is put. */
    int (*include)(void *context, const char *from_file, const char *name, char **ret_text, size_t *ret_size,
                   char **ret_file, struct tri_error *error);
};

struct tri_mof_status {
    int line, column;        /* of the failure, from 1; 0: none */
    int first_line, last_line; /* of the declaration it is in */
    char file[256];          /* where an included one failed */
};

/* What all classes of a text, and the objects that it puts into others, may come to: members (properties, methods and
 * qualifiers) with all that is inherited, values, and 64 bytes of a text that an alias repeats. A text says much with few
 * words, where one class has thousands of properties and thousands derive from it. */
enum { TRI_MOF_MEMBERS_MAX = 8 << 20 };

/* Reads text (UTF-8 with or without BOM, UTF-16 with BOM; at most 64 MiB) and gives what it declares to the target, in
 * order; an alias may be used before its instance is declared. A class may come before its superclass in the text as long
 * as both are in it; a circle of superclasses fails (TRI_MANAGEMENT_CIRCULAR_REFERENCE). base_flags: TRI_CALL_... for all puts.
 * target NULL: checks the syntax only. Codes: TRI_MANAGEMENT_MOF - n, what the target answered, TRI_MANAGEMENT_QUOTA_VIOLATION
 * (more than TRI_MOF_MEMBERS_MAX), -ENOMEM. */
int tri_mof_compile(const void *text, size_t size, const char *file, unsigned base_flags,
                    const struct tri_mof_target *target, struct tri_mof_status *ret_status, struct tri_error *error);

/* One class declaration, made on top of parent (NULL where it has no superclass; else its name must be the declared one).
 * For the repository and the built-in schema, which keep classes as text. *ret is a draft. A default that is an instance
 * gets a class made up of what it sets. */
int tri_mof_read_class(const char *text, struct tri_class *parent, struct tri_class **ret, struct tri_error *error);

#endif
