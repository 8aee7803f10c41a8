/* What a text declares, and the order in which it is made: what something needs comes before it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/mof-compile.h"
#include "management/object.h"

enum { DEPTH_MAX = 128, ANCESTORS_MAX = 256 };

enum name_kind { NAMES_CLASS, NAMES_ALIAS, NAMES_QUALIFIER };

/* Those of one hash, in the text's order. */
struct mof_known_names {
    struct mof_known_name {
        enum name_kind kind;
        const char *text;
        struct mof_declaration *declaration;
        struct mof_known_name *next;
    } *first, *last;
};

/* ---- names that are declared ---- */

static struct mof_known_names *names_of(const struct mof_compiler *compiler, const char *text)
{
    return &compiler->names[tri_name_hash(text) & (compiler->names_count - 1)];
}

static struct mof_known_name *add_name(struct mof_compiler *compiler, enum name_kind kind, const char *text,
                                       struct mof_declaration *declaration)
{
    struct mof_known_name *name = tri_arena_take(&compiler->arena, sizeof(*name));
    if (name)
        *name = (struct mof_known_name){kind, text, declaration, NULL};
    else
        tri_error_no_memory(compiler->error);
    return name;
}

/* Behind what is there: of two of a name, the first in the text is found first. */
static int enter(struct mof_compiler *compiler, enum name_kind kind, const char *text,
                 struct mof_declaration *declaration)
{
    struct mof_known_names *names = names_of(compiler, text);
    struct mof_known_name *name = add_name(compiler, kind, text, declaration);
    if (!name)
        return -ENOMEM;
    if (names->first)
        names->last->next = name;
    else
        names->first = name;
    names->last = name;
    return 0;
}

static const struct mof_known_name *find_next(const struct mof_known_name *from, enum name_kind kind, const char *text)
{
    while (from && (from->kind != kind || !tri_name_equal(from->text, text)))
        from = from->next;
    return from;
}

/* A class that is declared further on, in the namespace that is in use. */
static struct mof_declaration *find_waiting_class(const struct mof_compiler *compiler, const char *text)
{
    const struct mof_known_name *name = find_next(names_of(compiler, text)->first, NAMES_CLASS, text);
    while (name && (name->declaration->progress == MOF_DONE || name->declaration->name_space != compiler->name_space))
        name = find_next(name->next, NAMES_CLASS, text);
    return name ? name->declaration : NULL;
}

/* Aliases are each document's own. */
static struct mof_declaration *find_aliased(const struct mof_compiler *compiler, const struct mof_document *document,
                                            const char *text)
{
    const struct mof_known_name *name = find_next(names_of(compiler, text)->first, NAMES_ALIAS, text);
    while (name && name->declaration->document != document)
        name = find_next(name->next, NAMES_ALIAS, text);
    return name ? name->declaration : NULL;
}

const struct mof_declaration *mof_find_qualifier(void *context, const char *text)
{
    const struct mof_known_name *name = find_next(names_of(context, text)->first, NAMES_QUALIFIER, text);
    return name ? name->declaration : NULL;
}

/* In front of what is there: the last one is in force. */
int mof_declare_qualifier(struct mof_compiler *compiler, struct mof_declaration *declaration)
{
    uint8_t flavor;
    int r = mof_declared_flavor(declaration, &flavor, compiler->error); /* refused here, rather than where it is used */
    if (r < 0)
        return r;
    struct mof_known_names *names = names_of(compiler, declaration->name);
    struct mof_known_name *name = add_name(compiler, NAMES_QUALIFIER, declaration->name, declaration);
    if (!name)
        return -ENOMEM;
    name->next = names->first;
    names->first = name;
    if (!names->last)
        names->last = name;
    return 0;
}

static int enter_declaration(struct mof_compiler *compiler, struct mof_declaration *declaration)
{
    if (declaration->alias && find_aliased(compiler, declaration->document, declaration->alias))
        return mof_refuse(compiler, declaration, MOF_CODE(TRI_MOF_MULTIPLE_ALIASES), "there are two of the alias",
                          declaration->alias);
    int r = declaration->alias ? enter(compiler, NAMES_ALIAS, declaration->alias, declaration) : 0;
    return r == 0 && declaration->kind == MOF_DECLARES_CLASS
               ? enter(compiler, NAMES_CLASS, declaration->name, declaration)
               : r;
}

int mof_enter_all(struct mof_compiler *compiler)
{
    const char *path = "";
    size_t name_space = 0;
    compiler->names_count = 64;
    while (compiler->names_count < compiler->count)
        compiler->names_count *= 2;
    compiler->names = calloc(compiler->names_count, sizeof(*compiler->names));
    if (!compiler->names)
        return tri_error_no_memory(compiler->error);
    int r = 0;
    for (struct mof_declaration *declaration = compiler->order; r == 0 && declaration;
         declaration = declaration->next) {
        const char *next = mof_is_pragma(declaration, "namespace") ? mof_pragma_argument(declaration, 0) : NULL;
        if (next && !tri_name_equal(next, path)) {
            path = next;
            name_space++;
        }
        declaration->name_space = name_space;
        r = enter_declaration(compiler, declaration);
    }
    return r;
}

/* ---- making ---- */

/* 0, with a reference; or what the target answers, TRI_MANAGEMENT_NOT_FOUND too, which is not said yet. */
static int ask_class(struct mof_compiler *compiler, const char *name, struct tri_class **ret, struct tri_error *refusal)
{
    int r = compiler->target->get_class(compiler->target->context, name, ret, refusal);
    if (r == TRI_MANAGEMENT_NOT_FOUND)
        tri_error_clear(refusal);
    return r;
}

static int superclass_of(struct mof_compiler *compiler, const struct mof_declaration *declaration,
                         struct tri_class **ret)
{
    struct tri_error refusal = {0};
    int r = declaration->superclass ? ask_class(compiler, declaration->superclass, ret, &refusal) : 0;
    if (r == TRI_MANAGEMENT_NOT_FOUND)
        return mof_refuse(compiler, declaration, r,
                          "there is no class to derive from, neither here nor in the text, of the name",
                          declaration->superclass);
    if (r < 0)
        return mof_refused(compiler, declaration, r, &refusal);
    size_t ancestors = 0;
    for (const struct tri_class *above = *ret; above && ancestors <= ANCESTORS_MAX; above = above->parent)
        ancestors++;
    if (ancestors > ANCESTORS_MAX)
        return mof_refuse(compiler, declaration, TRI_MANAGEMENT_QUOTA_VIOLATION, "too many classes are above",
                          declaration->name);
    if (tri_name_equal(declaration->superclass, declaration->name) || (*ret && tri_class_is_a(*ret, declaration->name)))
        return mof_refuse(compiler, declaration, TRI_MANAGEMENT_CIRCULAR_REFERENCE,
                          "a class cannot derive from itself, even through others:", declaration->name);
    return 0;
}

/* Its superclass is there, or nowhere. */
static int put_class(struct mof_compiler *compiler, struct mof_declaration *declaration)
{
    TRI_AUTO_CLASS struct tri_class *parent = NULL;
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    struct tri_error refusal = {0};
    int r = superclass_of(compiler, declaration, &parent);
    if (r < 0)
        return r;
    mof_begin(compiler, declaration);
    r = mof_make_class(&compiler->maker, declaration->document, declaration, parent, &cls);
    if (r < 0)
        return r;
    if ((r = tri_class_freeze(cls, &refusal)) == 0) {
        r = mof_count_members(&compiler->maker, declaration->document, declaration->place, cls->member_count);
        if (r < 0)
            return r;
    }
    if (r == 0)
        r = compiler->target->put_class(compiler->target->context, cls, compiler->class_flags, &refusal);
    declaration->progress = MOF_DONE;
    return r < 0 ? mof_refused(compiler, declaration, r, &refusal) : 0;
}

/* What needs something that needs something... by aliases and embedded objects, is made by a recursion, which ends here. */
static int go_down(struct mof_compiler *compiler, const struct mof_declaration *declaration)
{
    if (compiler->depth >= DEPTH_MAX)
        return mof_refuse(compiler, declaration, TRI_MANAGEMENT_QUOTA_VIOLATION,
                          "too many declarations need each other, up to that of", declaration->name);
    compiler->depth++;
    return 0;
}

/* Superclasses that are declared further on come first. Each declaration on the way remembers the one below it. */
int mof_declare_class(struct mof_compiler *compiler, struct mof_declaration *declaration)
{
    struct mof_declaration *top = declaration, *above;
    top->below = NULL;
    for (;;) {
        TRI_AUTO_CLASS struct tri_class *there = NULL;
        struct tri_error refusal = {0};
        top->progress = MOF_STARTED;
        int r = top->superclass ? ask_class(compiler, top->superclass, &there, &refusal) : 0;
        tri_error_clear(&refusal); /* put_class asks again, and tells */
        above = r == TRI_MANAGEMENT_NOT_FOUND ? find_waiting_class(compiler, top->superclass) : NULL;
        if (!above)
            break;
        if (above->progress == MOF_STARTED)
            return mof_refuse(compiler, top, TRI_MANAGEMENT_CIRCULAR_REFERENCE,
                              "a class cannot derive from itself, even through others:", above->name);
        above->below = top;
        top = above;
    }
    int r = go_down(compiler, declaration);
    if (r < 0)
        return r;
    for (; r == 0 && top; top = top->below)
        r = put_class(compiler, top);
    compiler->depth--;
    return r;
}

/* What is made in between has a place of its own in the text; failures after it are about the first again. */
struct place_in_text {
    mof_place first, last;
};

static struct place_in_text leave(const struct mof_document *document)
{
    return (struct place_in_text){document->first, document->last};
}

static void come_back(struct mof_compiler *compiler, struct mof_document *document, struct place_in_text place)
{
    compiler->failed = document;
    document->first = place.first;
    document->last = place.last;
}

int mof_find_class(void *context, struct mof_document *document, mof_place place, const char *name,
                   struct tri_class **ret)
{
    struct mof_compiler *compiler = context;
    struct tri_error refusal = {0};
    struct place_in_text here = leave(document);
    int r = ask_class(compiler, name, ret, &refusal);
    struct mof_declaration *waiting = r == TRI_MANAGEMENT_NOT_FOUND ? find_waiting_class(compiler, name) : NULL;
    if (waiting && waiting->progress == MOF_WAITING) {
        if ((r = mof_declare_class(compiler, waiting)) < 0)
            return r;
        r = ask_class(compiler, name, ret, &refusal);
    }
    come_back(compiler, document, here);
    if (r == TRI_MANAGEMENT_NOT_FOUND)
        return mof_fail(document, place, TRI_MANAGEMENT_INVALID_CLASS, compiler->error, "there is no class %s", name);
    return r < 0 ? mof_pass_on(&compiler->maker, document, place, r, &refusal) : 0;
}

int mof_declare_instance(struct mof_compiler *compiler, struct mof_declaration *declaration)
{
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    struct mof_document *document = declaration->document;
    struct tri_error refusal = {0};
    int r = go_down(compiler, declaration);
    if (r < 0)
        return r;
    declaration->progress = MOF_STARTED;
    mof_begin(compiler, declaration);
    r = mof_find_class(compiler, document, declaration->place, declaration->name, &cls);
    if (r == 0 && declaration->alias) /* it is kept */
        r = mof_count_members(&compiler->maker, document, declaration->place, cls->property_count);
    if (r == 0)
        r = mof_make_instance(&compiler->maker, document, declaration, cls, &declaration->object);
    compiler->depth--;
    if (r < 0)
        return r;
    r = compiler->target->put_instance(compiler->target->context, declaration->object, compiler->instance_flags,
                                       &declaration->path, &refusal);
    declaration->progress = MOF_DONE;
    if (!declaration->alias) { /* nobody asks for it again */
        tri_cim_object_unref(TRI_TAKE(declaration->object));
        free(TRI_TAKE(declaration->path));
    }
    return r < 0 ? mof_refused(compiler, declaration, r, &refusal) : 0;
}

static int class_path(struct mof_compiler *compiler, const struct mof_declaration *declaration, char **ret)
{
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    struct tri_error refusal = {0};
    int r = ask_class(compiler, declaration->name, &cls, &refusal);
    if (r < 0)
        return mof_refused(compiler, declaration, r, &refusal);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = tri_cim_object_of_class(TRI_TAKE(cls));
    return object && tri_cim_object_path(object, ret) == 0 ? 0 : tri_error_no_memory(compiler->error);
}

static int alias_path(struct mof_compiler *compiler, struct mof_document *document, const struct mof_value *alias,
                      const struct mof_declaration *declaration, char **ret)
{
    if (declaration->kind == MOF_DECLARES_CLASS)
        return class_path(compiler, declaration, ret);
    if (!declaration->path)
        return mof_fail(document, alias->place, MOF_CODE(TRI_MOF_UNEXPECTED_ALIAS), compiler->error,
                        "what the alias %s stands for has no path", alias->string);
    *ret = strdup(declaration->path);
    return *ret ? 0 : tri_error_no_memory(compiler->error);
}

int mof_find_alias(void *context, struct mof_document *document, const struct mof_value *alias, char **ret_path,
                   struct tri_cim_object **ret_object)
{
    struct mof_compiler *compiler = context;
    struct mof_declaration *declaration = find_aliased(compiler, document, alias->string);
    struct place_in_text here = leave(document);
    if (!declaration)
        return mof_fail(document, alias->place, MOF_CODE(TRI_MOF_UNEXPECTED_ALIAS), compiler->error,
                        "the text declares no alias %s", alias->string);
    if (declaration->progress == MOF_WAITING && declaration->name_space != compiler->name_space)
        return mof_fail(document, alias->place, MOF_CODE(TRI_MOF_UNEXPECTED_ALIAS), compiler->error,
                        "the alias %s is declared further on, in another namespace", alias->string);
    if (declaration->progress == MOF_STARTED)
        return mof_fail(document, alias->place, TRI_MANAGEMENT_CIRCULAR_REFERENCE, compiler->error,
                        "the alias %s stands for something that needs what is here", alias->string);
    int r = 0;
    if (declaration->progress == MOF_WAITING)
        r = (declaration->kind == MOF_DECLARES_CLASS ? mof_declare_class : mof_declare_instance)(compiler, declaration);
    if (r < 0)
        return r;
    come_back(compiler, document, here);
    if (ret_object)
        *ret_object = declaration->object;
    return ret_object ? 0 : alias_path(compiler, document, alias, declaration, ret_path);
}
