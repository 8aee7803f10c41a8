/* One compilation, for mof-compile.c (what is read, pragmas) and mof-declare.c (what is declared, and made). */
#ifndef TRI_MANAGEMENT_MOF_COMPILE_H
#define TRI_MANAGEMENT_MOF_COMPILE_H

#include "management/mof-make.h"

struct mof_compiler {
    const struct tri_mof_target *target;
    struct tri_error *error;
    struct mof_maker maker;
    struct tri_arena arena;
    struct mof_document *documents, *last_document; /* each with its declarations */
    struct mof_document *failed;                    /* whose failure the status tells */
    size_t document_count, total_size;
    unsigned depth;                                /* of includes, of aliases */
    struct mof_declaration *order, *last_in_order; /* of all documents, by next */
    size_t count, members; /* members: of the maker */
    unsigned class_flags, instance_flags;
    struct mof_known_names *names; /* what is declared, and in force */
    size_t names_count;            /* a power of two */
    size_t name_space;             /* the one that is in use */
};

/* Numbers the stretches of text that are about one namespace, and notes what is declared. */
int mof_enter_all(struct mof_compiler *compiler);
/* From now on this one is in force. */
int mof_declare_qualifier(struct mof_compiler *compiler, struct mof_declaration *declaration);
/* Gives it to the target, and what it needs before it. */
int mof_declare_class(struct mof_compiler *compiler, struct mof_declaration *declaration);
int mof_declare_instance(struct mof_compiler *compiler, struct mof_declaration *declaration);

/* The maker's questions; context: the compiler. */
const struct mof_declaration *mof_find_qualifier(void *context, const char *name);
int mof_find_class(void *context, struct mof_document *document, mof_place place, const char *name,
                   struct tri_class **ret);
int mof_find_alias(void *context, struct mof_document *document, const struct mof_value *alias, char **ret_path,
                   struct tri_cim_object **ret_object);

/* ---- of both; mof-compile.c ---- */

bool mof_is_pragma(const struct mof_declaration *declaration, const char *name);
const char *mof_pragma_argument(const struct mof_declaration *pragma, size_t index); /* NULL: there is none */
/* Failures, and later ones, are about this declaration. */
void mof_begin(struct mof_compiler *compiler, const struct mof_declaration *declaration);
int mof_refuse(struct mof_compiler *compiler, const struct mof_declaration *declaration, int code, const char *what,
               const char *about);
/* What the target answered. Empties refusal. */
int mof_refused(struct mof_compiler *compiler, const struct mof_declaration *declaration, int code,
                struct tri_error *refusal);

#endif
