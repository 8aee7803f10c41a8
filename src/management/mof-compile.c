/* The compiler. First everything is read, included files too, so that nothing is given to the target of a text with a mistake in
 * its syntax. Then the declarations are made in the text's order, but that what another needs (a superclass, the class of an
 * instance, the instance behind an alias) comes first where it is only declared later. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "management/call.h"
#include "management/mof-compile.h"
#include "management/object.h"

enum { INCLUDE_DEPTH_MAX = 32, DOCUMENTS_MAX = 10000 };

/* ---- shared ---- */

bool mof_is_pragma(const struct mof_declaration *declaration, const char *name)
{
    return declaration->kind == MOF_PRAGMA && strcasecmp(declaration->name, name) == 0;
}

const char *mof_pragma_argument(const struct mof_declaration *pragma, size_t index)
{
    const struct mof_value *value = pragma->value;
    while (value && index-- > 0)
        value = value->next;
    return value && value->kind == MOF_STRING ? value->string : NULL;
}

int mof_refuse(struct mof_compiler *compiler, const struct mof_declaration *declaration, int code, const char *what,
               const char *about)
{
    mof_begin(compiler, declaration);
    return mof_fail(declaration->document, declaration->place, code, compiler->error, "%s %s", what, about);
}

void mof_begin(struct mof_compiler *compiler, const struct mof_declaration *declaration)
{
    struct mof_document *document = declaration->document;
    compiler->failed = document;
    document->is_inside = true;
    document->first = declaration->first;
    document->last = declaration->end;
}

int mof_refused(struct mof_compiler *compiler, const struct mof_declaration *declaration, int code,
                struct tri_error *refusal)
{
    mof_begin(compiler, declaration);
    return mof_pass_on(&compiler->maker, declaration->document, declaration->place, code, refusal);
}

/* ---- reading ---- */

static struct mof_document *add_document(struct mof_compiler *compiler, const char *file)
{
    struct mof_document *document = calloc(1, sizeof(*document));
    if (!document)
        return NULL;
    if (file && !(document->file = strdup(file))) {
        free(document);
        return NULL;
    }
    if (compiler->documents)
        compiler->last_document->next = document;
    else
        compiler->documents = document;
    compiler->last_document = document;
    compiler->document_count++;
    return document;
}

static int read_document(struct mof_compiler *compiler, const void *text, size_t size, const char *file);

static int read_included(struct mof_compiler *compiler, const struct mof_declaration *pragma)
{
    const char *name = mof_pragma_argument(pragma, 0);
    TRI_AUTO_FREE char *path = name ? strdup(name) : NULL;
    TRI_AUTO_FREE char *text = NULL;
    TRI_AUTO_FREE char *file = NULL;
    size_t size = 0;
    if (!name)
        return mof_refuse(compiler, pragma, MOF_CODE(TRI_MOF_INVALID_PRAGMA), "a file's name was expected behind",
                          "include");
    if (!compiler->target)
        return 0;
    if (!compiler->target->include || compiler->depth >= INCLUDE_DEPTH_MAX || compiler->document_count >= DOCUMENTS_MAX)
        return mof_refuse(compiler, pragma, MOF_CODE(TRI_MOF_INVALID_INCLUDE_FILE),
                          compiler->target->include ? "the files include each other without end, or are too many, at"
                                                    : "other files cannot be included here:",
                          name);
    if (!path)
        return tri_error_no_memory(compiler->error);
    for (char *c = path; *c; c++)
        if (*c == '\\')
            *c = '/';
    struct tri_error refusal = {0};
    int r = compiler->target->include(compiler->target->context, pragma->document->file, path, &text, &size, &file,
                                      &refusal);
    if (r < 0)
        return mof_refused(compiler, pragma, r, &refusal);
    compiler->depth++;
    r = read_document(compiler, text, size, file ? file : path);
    compiler->depth--;
    return r;
}

static void append(struct mof_compiler *compiler, struct mof_declaration *declaration)
{
    declaration->next = NULL;
    if (compiler->order)
        compiler->last_in_order->next = declaration;
    else
        compiler->order = declaration;
    compiler->last_in_order = declaration;
    compiler->count++;
}

/* Where a file is included, its declarations stand. */
static int splice(struct mof_compiler *compiler, struct mof_document *document)
{
    int r = 0;
    for (struct mof_declaration *declaration = document->declarations, *next; r == 0 && declaration;
         declaration = next) {
        next = declaration->next;
        if (mof_is_pragma(declaration, "include"))
            r = read_included(compiler, declaration);
        else
            append(compiler, declaration);
    }
    return r;
}

static int read_document(struct mof_compiler *compiler, const void *text, size_t size, const char *file)
{
    struct mof_document *document = add_document(compiler, file);
    if (!document)
        return tri_error_no_memory(compiler->error);
    compiler->failed = document;
    compiler->total_size += size < MOF_TEXT_MAX ? size : 0;
    if (compiler->total_size > MOF_TEXT_MAX)
        return tri_error_set(compiler->error, TRI_MANAGEMENT_QUOTA_VIOLATION, file,
                             "The MOF text, with what it includes, is larger than %u MiB.", MOF_TEXT_MAX >> 20);
    int r = mof_document_init(document, text, size, compiler->error);
    if (r == 0)
        r = mof_document_read(document, compiler->error);
    return r < 0 ? r : splice(compiler, document);
}

/* ---- pragmas ---- */

static int flag_of(const char *word)
{
    static const struct {
        const char *word;
        unsigned flag;
    } flags[] = {{"createonly", TRI_CALL_CREATE_ONLY},
                 {"updateonly", TRI_CALL_UPDATE_ONLY},
                 {"safeupdate", TRI_CALL_UPDATE_SAFE},
                 {"forceupdate", TRI_CALL_UPDATE_FORCE}};
    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
        if (strcasecmp(word, flags[i].word) == 0)
            return (int)flags[i].flag;
    return -1;
}

static int set_flags(struct mof_compiler *compiler, struct mof_declaration *pragma, unsigned *ret)
{
    unsigned flags = 0;
    for (const struct mof_value *word = pragma->value; word; word = word->next) {
        int flag = word->kind == MOF_STRING ? flag_of(word->string) : -1;
        if (flag < 0)
            return mof_refuse(compiler, pragma, MOF_CODE(TRI_MOF_INVALID_PRAGMA),
                              "createonly, updateonly, safeupdate or forceupdate was expected behind", pragma->name);
        flags |= (unsigned)flag;
    }
    *ret = flags;
    return 0;
}

static int class_flags(struct mof_compiler *compiler, struct mof_declaration *pragma)
{
    return set_flags(compiler, pragma, &compiler->class_flags);
}

static int instance_flags(struct mof_compiler *compiler, struct mof_declaration *pragma)
{
    return set_flags(compiler, pragma, &compiler->instance_flags);
}

static int use_namespace(struct mof_compiler *compiler, struct mof_declaration *pragma)
{
    struct tri_error refusal = {0};
    const char *path = mof_pragma_argument(pragma, 0);
    if (!path)
        return mof_refuse(compiler, pragma, MOF_CODE(TRI_MOF_INVALID_NAMESPACE_SYNTAX), "a path was expected behind",
                          pragma->name);
    compiler->name_space = pragma->name_space;
    int r = compiler->target->use_namespace(compiler->target->context, path, &refusal);
    return r < 0 ? mof_refused(compiler, pragma, r, &refusal) : 0;
}

static int delete_with(struct mof_compiler *compiler, struct mof_declaration *pragma,
                       int (*remove)(void *context, const char *name, struct tri_error *error))
{
    const char *name = mof_pragma_argument(pragma, 0), *word = mof_pragma_argument(pragma, 1);
    bool may_be_missing = word && strcasecmp(word, "NOFAIL") == 0;
    struct tri_error refusal = {0};
    if (!name || (word && !may_be_missing && strcasecmp(word, "FAIL") != 0))
        return mof_refuse(compiler, pragma, MOF_CODE(TRI_MOF_INVALID_PRAGMA),
                          "a name, and FAIL or NOFAIL, were expected behind", pragma->name);
    int r = remove(compiler->target->context, name, &refusal);
    if (r < 0 && !((r == TRI_MANAGEMENT_NOT_FOUND || r == TRI_MANAGEMENT_INVALID_CLASS) && may_be_missing))
        return mof_refused(compiler, pragma, r, &refusal);
    tri_error_clear(&refusal);
    return 0;
}

static int delete_class(struct mof_compiler *compiler, struct mof_declaration *pragma)
{
    return delete_with(compiler, pragma, compiler->target->delete_class);
}

static int delete_instance(struct mof_compiler *compiler, struct mof_declaration *pragma)
{
    return delete_with(compiler, pragma, compiler->target->delete_instance);
}

/* Those without a function mean nothing here. */
static const struct {
    const char *name;
    int (*run)(struct mof_compiler *compiler, struct mof_declaration *pragma);
} pragmas[] = {
    {"namespace", use_namespace},
    {"classflags", class_flags},
    {"instanceflags", instance_flags},
    {"deleteclass", delete_class},
    {"deleteinstance", delete_instance},
    {"autorecover", NULL},
    {"amendment", NULL},
    {"locale", NULL},
    {"instancelocale", NULL},
    {"nonlocal", NULL},
    {"nonlocaltype", NULL},
    {"source", NULL},
    {"sourcetype", NULL},
};

static int run_pragma(struct mof_compiler *compiler, struct mof_declaration *pragma)
{
    for (size_t i = 0; i < sizeof(pragmas) / sizeof(*pragmas); i++)
        if (strcasecmp(pragma->name, pragmas[i].name) == 0)
            return pragmas[i].run ? pragmas[i].run(compiler, pragma) : 0;
    return mof_refuse(compiler, pragma, MOF_CODE(TRI_MOF_INVALID_PRAGMA), "there is no pragma", pragma->name);
}

/* ---- all of it ---- */

static int run(struct mof_compiler *compiler, struct mof_declaration *declaration)
{
    mof_begin(compiler, declaration);
    if (declaration->progress == MOF_DONE)
        return 0;
    switch (declaration->kind) {
    case MOF_DECLARES_CLASS:
        return mof_declare_class(compiler, declaration);
    case MOF_DECLARES_INSTANCE:
        return mof_declare_instance(compiler, declaration);
    case MOF_DECLARES_QUALIFIER:
        return mof_declare_qualifier(compiler, declaration);
    default:
        return run_pragma(compiler, declaration);
    }
}

static int compile(struct mof_compiler *compiler, const void *text, size_t size, const char *file)
{
    int r = read_document(compiler, text, size, file);
    if (r < 0 || !compiler->target)
        return r;
    r = mof_enter_all(compiler);
    for (struct mof_declaration *declaration = compiler->order; r == 0 && declaration; declaration = declaration->next)
        r = run(compiler, declaration);
    return r;
}

static void tell_status(const struct mof_compiler *compiler, struct tri_mof_status *ret)
{
    const struct mof_document *document = compiler->failed;
    int column;
    if (!document || !document->has_failed)
        return;
    mof_line_of(document, document->failed_at, &ret->line, &ret->column);
    mof_line_of(document, document->failed_first, &ret->first_line, &column);
    mof_line_of(document, document->failed_last, &ret->last_line, &column);
    if (document != compiler->documents)
        snprintf(ret->file, sizeof(ret->file), "%s", document->file ? document->file : "");
}

static void finish(struct mof_compiler *compiler)
{
    for (struct mof_declaration *declaration = compiler->order; declaration; declaration = declaration->next) {
        free(declaration->path);
        tri_cim_object_unref(declaration->object);
    }
    for (struct mof_document *document = compiler->documents, *next; document; document = next) {
        next = document->next;
        mof_document_finish(document);
        free(document);
    }
    tri_arena_clear(&compiler->arena);
    free(compiler->names);
}

int tri_mof_compile(const void *text, size_t size, const char *file, unsigned base_flags,
                    const struct tri_mof_target *target, struct tri_mof_status *ret_status, struct tri_error *error)
{
    struct mof_compiler compiler = {
        .target = target,
        .error = error,
        .class_flags = base_flags,
        .instance_flags = base_flags & (TRI_CALL_CREATE_ONLY | TRI_CALL_UPDATE_ONLY),
    };
    compiler.maker =
        (struct mof_maker){error, &compiler, &compiler.members, mof_find_qualifier, mof_find_class, mof_find_alias};
    *ret_status = (struct tri_mof_status){0};
    int r = compile(&compiler, text, size, file);
    if (r < 0)
        tell_status(&compiler, ret_status);
    finish(&compiler);
    return r;
}
