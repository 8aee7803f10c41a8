/* MOF as a tree: what mof.y makes of a text, and what mof-class.c and mof-compile.c make classes and instances of. Everything
 * in it lies in the arena of its document. Lists are in the text's order. */
#ifndef TRI_MANAGEMENT_MOF_TREE_H
#define TRI_MANAGEMENT_MOF_TREE_H

#include "management/arena.h"
#include "management/mof.h"

#define MOF_TEXT_MAX (64u << 20) /* bytes */

/* Where in the text something begins, in bytes. Lines and columns are counted where somebody asks, after a failure. */
typedef uint32_t mof_place;

enum mof_value_kind {
    MOF_NULL,
    MOF_BOOLEAN,
    MOF_INTEGER,
    MOF_REAL,
    MOF_STRING,
    MOF_CHAR16,
    MOF_ALIAS,
    MOF_INSTANCE,
    MOF_ARRAY,
};

struct mof_value {
    enum mof_value_kind kind;
    mof_place place;
    struct mof_value *next; /* in an array */
    bool is_negative;
    union {
        bool boolean;
        uint64_t magnitude; /* integers, less their sign; and char16 */
        double real;
        const char *string; /* and an alias's name, without the $ */
        struct mof_declaration *instance;
        struct mof_value *items;
    };
};

struct mof_qualifier {
    const char *name;
    mof_place place;
    struct mof_value *value;  /* NULL: none was written */
    struct mof_name *flavors; /* NULL: none were written */
    struct mof_qualifier *next;
};

struct mof_name {
    const char *text;
    mof_place place;
    struct mof_name *next;
};

/* A property, a parameter, a method, or an assignment in an instance (which has no type). */
struct mof_feature {
    const char *name;
    mof_place place;
    const char *type;
    bool is_reference, is_array, is_method;
    struct mof_qualifier *qualifiers;
    struct mof_value *value; /* NULL: none was written */
    struct mof_feature *parameters;
    struct mof_feature *next;
};

enum mof_declaration_kind { MOF_DECLARES_CLASS, MOF_DECLARES_INSTANCE, MOF_DECLARES_QUALIFIER, MOF_PRAGMA };

struct mof_declaration {
    enum mof_declaration_kind kind;
    mof_place place;
    mof_place first, end; /* all of it, with its qualifiers; not of one inside another */
    const char *name;     /* of the class, the instance's class, the qualifier, the pragma */
    const char *superclass, *alias;
    struct mof_qualifier *qualifiers;
    struct mof_feature *features;
    struct mof_value *value; /* a qualifier's default; a pragma's arguments, words being strings */
    /* Of a qualifier. */
    struct mof_name *words;   /* behind the colon: a type, or flavors */
    struct mof_name *flavors; /* of the clause Flavor() */
    bool has_clauses, is_array;
    struct mof_document *document;
    struct mof_declaration *next;
    /* The compiler's own. */
    struct mof_declaration *below;
    size_t name_space;
    enum { MOF_WAITING, MOF_STARTED, MOF_DONE } progress;
    char *path; /* an instance's, once it is stored; owned */
    struct tri_cim_object *object;
};

/* One text and its tree. */
struct mof_document {
    struct tri_arena arena;
    char *text; /* UTF-8, with two NULs behind it, as the scanner wants it */
    size_t size;
    char *file;           /* or NULL */
    struct tri_room room; /* the scanner's */
    struct mof_declaration *declarations, *last_declaration;
    struct mof_document *next;
    mof_place first, last; /* of the declaration that is being read, or made */
    bool is_inside;        /* first is set */
    int before, found;     /* the parser's tokens */
    bool is_in_brackets;   /* `before` is */
    /* Of the first failure. */
    bool has_failed;
    mof_place failed_at, failed_first, failed_last;
    struct tri_error *error; /* where the parser says what is wrong; borrowed */
};

/* Takes the text over: any encoding that mof.h names. */
int mof_document_init(struct mof_document *document, const void *text, size_t size, struct tri_error *error);
int mof_document_read(struct mof_document *document, struct tri_error *error); /* fills declarations */
void mof_document_finish(struct mof_document *document);
void mof_line_of(const struct mof_document *document, mof_place place, int *ret_line, int *ret_column);

/* Says where it went wrong, and what: "schema.mof, line 3, column 7: a semicolon was expected." The first failure wins. code:
 * an error of mof.h, or one of the engine's. */
int mof_fail(struct mof_document *document, mof_place place, int code, struct tri_error *error, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
#define MOF_CODE(number) (TRI_MANAGEMENT_MOF - (number))

#endif
