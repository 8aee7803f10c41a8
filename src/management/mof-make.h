/* From a tree of MOF to classes and instances. */
#ifndef TRI_MANAGEMENT_MOF_MAKE_H
#define TRI_MANAGEMENT_MOF_MAKE_H

#include "management/mof-tree.h"
#include "management/text.h"

/* What a maker asks, as it goes, of the compiler that it works for. Zeroes: it works for none. */
struct mof_maker {
    struct tri_error *error;
    void *context;
    size_t *members; /* made so far, up to TRI_MOF_MEMBERS_MAX */
    const struct mof_declaration *(*find_qualifier)(void *context, const char *name);
    /* A frozen class, with a reference. */
    int (*find_class)(void *context, struct mof_document *document, mof_place place, const char *name,
                      struct tri_class **ret);
    /* What the alias stands for, as text (newly allocated), and, where ret_object is not NULL, the instance (borrowed). */
    int (*find_alias)(void *context, struct mof_document *document, const struct mof_value *alias, char **ret_path,
                      struct tri_cim_object **ret_object);
};

/* TRI_MANAGEMENT_QUOTA_VIOLATION where that is more than a text may make. */
int mof_count_members(const struct mof_maker *maker, struct mof_document *document, mof_place place, size_t count);

/* A draft, on top of parent (or NULL). */
int mof_make_class(const struct mof_maker *maker, struct mof_document *document,
                   const struct mof_declaration *declaration, struct tri_class *parent, struct tri_class **ret);
/* cls NULL: a class is made up that has what the declaration sets. */
int mof_make_instance(const struct mof_maker *maker, struct mof_document *document,
                      const struct mof_declaration *declaration, struct tri_class *cls, struct tri_cim_object **ret);
/* A value of that type. ret->type is set to it. */
int mof_make_value(const struct mof_maker *maker, struct mof_document *document, const struct mof_value *from,
                   uint16_t type, struct tri_value *ret);
int mof_make_qualifiers(const struct mof_maker *maker, struct mof_document *document, const struct mof_qualifier *first,
                        struct tri_qualifiers *set);
/* Of a qualifier's declaration: DMTF's form, which has a type, or Microsoft's, which only has flavors. */
bool mof_is_typed(const struct mof_declaration *qualifier);
/* What a declaration says of the flavor. DMTF's says less with nothing: what is not restricted goes down. */
int mof_declared_flavor(const struct mof_declaration *qualifier, uint8_t *ret, struct tri_error *error);
/* What the engine refused, with the place in the text in front of its sentence. Empties refusal. */
int mof_pass_on(const struct mof_maker *maker, struct mof_document *document, mof_place place, int code,
                struct tri_error *refusal);

/* ---- mof-flavor.c ---- */

/* What a qualifier of that name has where no flavor is written: true, if that is WMI's to say. Else *ret is 0. */
bool mof_flavor_implied(const char *name, uint8_t *ret);
int mof_flavor_read(struct mof_document *document, const struct mof_name *words, uint8_t start, uint8_t *ret,
                    struct tri_error *error);
/* ": ToInstance ToSubClass", or nothing where that is implied; or, unless is_exact, where it means the same. */
void mof_flavor_print(const char *name, uint8_t flavor, bool is_exact, struct tri_text *text);

#endif
