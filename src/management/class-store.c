/* Classes in the repository's file: each is kept as the MOF text of what is local to it, and read on top of its
 * superclass. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/mof.h"
#include "management/namespace-private.h"
#include "management/text.h"

/* A file that is damaged may have a circle of superclasses. */
enum { ANCESTORS_MAX = 4096 };

char *tri_folded(const char *text)
{
    struct tri_text folded = {0};
    char *made = NULL;
    tri_text_folded(&folded, text);
    return tri_text_take(&folded, &made) < 0 ? NULL : made;
}

/* What is wrong inside of it says little to whoever asked: it becomes the detail. */
int tri_damaged(const struct tri_namespace *ns, const char *what, struct tri_error *error)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error inside = {0};
    const char *file = tri_repository_file(ns->repository);
    if (error)
        tri_error_move(&inside, error);
    tri_error_set(
        error, TRI_MANAGEMENT_CRITICAL_ERROR, file,
        "In the repository \"%s\", %s in %s is damaged. Put a copy of the file in its place, or delete what is "
        "damaged and put it anew.",
        file, what, ns->path);
    if (error)
        tri_error_detail(error, inside.text);
    return TRI_MANAGEMENT_CRITICAL_ERROR;
}

/* ---- reading ---- */

struct row {
    int64_t id;
    char *text;
};

/* A class and those above it that have to be read, itself first. */
struct line {
    struct row *rows;
    size_t count, room;
};

static void line_clear(struct line *line)
{
    for (size_t i = 0; i < line->count; i++)
        free(line->rows[i].text);
    free(line->rows);
}

static int line_add(struct line *line, int64_t id, const char *text)
{
    if (line->count == line->room) {
        size_t room = line->room ? line->room * 2 : 8;
        struct row *rows = realloc(line->rows, room * sizeof *rows);
        if (!rows)
            return -ENOMEM;
        line->rows = rows;
        line->room = room;
    }
    line->rows[line->count] = (struct row){id, strdup(text)};
    return line->rows[line->count++].text ? 0 : -ENOMEM;
}

/* Adds the class's row to the line, and names its superclass (*ret NULL: none). 1; 0: no such row. */
static int read_row(struct tri_namespace *ns, struct tri_reader *reader, const char *folded, struct line *line,
                    char **ret, struct tri_error *error)
{
    TRI_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    int r = tri_statement(reader->connection, TRI_SQL_CLASS_FIND, &statement, error, "it", ns->id, folded);
    if (r == 0)
        r = tri_statement_step(reader->connection, statement, error);
    if (r <= 0)
        return r;
    const char *superclass = (const char *)sqlite3_column_text(statement, 1);
    const char *text = (const char *)sqlite3_column_text(statement, 2);
    if (!text)
        return 0; /* a built-in class of another version of the library, which this one does not have */
    if (line_add(line, sqlite3_column_int64(statement, 0), text) < 0)
        return tri_error_no_memory(error);
    *ret = superclass ? strdup(superclass) : NULL;
    return superclass && !*ret ? tri_error_no_memory(error) : 1;
}

/* Goes up from the class until there is one that need not be read. */
static int read_line(struct tri_namespace *ns, struct tri_reader *reader, const char *name, struct line *line,
                     struct tri_class **ret_above, struct tri_error *error)
{
    TRI_AUTO_FREE char *folded = tri_folded(name);
    if (!folded)
        return tri_error_no_memory(error);
    while (folded) {
        int r = tri_schema_class(ns->schema, folded, ret_above, error);
        if (r != 0)
            return r;
        if ((*ret_above = tri_class_cache_find(reader->classes, ns->id, folded)))
            return 1;
        char *superclass = NULL;
        r = read_row(ns, reader, folded, line, &superclass, error);
        if (r <= 0)
            return r < 0 || line->count == 0 ? r : tri_damaged(ns, folded, error);
        free(folded);
        folded = superclass;
        if (line->count > ANCESTORS_MAX)
            return tri_damaged(ns, name, error);
    }
    return 1;
}

static int make_class(struct tri_namespace *ns, const struct row *row, struct tri_class *parent, struct tri_class **ret,
                      struct tri_error *error)
{
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    int r = tri_mof_read_class(row->text, parent, &cls, error);
    if (r == -ENOMEM)
        return r;
    if (r < 0)
        return tri_damaged(ns, "a class", error);
    free(cls->name_space);
    if (!(cls->name_space = strdup(ns->path)))
        return tri_error_no_memory(error);
    cls->id = row->id;
    if ((r = tri_class_freeze(cls, error)) < 0)
        return r == -ENOMEM ? r : tri_damaged(ns, cls->name, error);
    *ret = TRI_TAKE(cls);
    return 0;
}

int tri_stored_class(struct tri_namespace *ns, struct tri_reader *reader, const char *name, struct tri_class **ret,
                     struct tri_error *error)
{
    TRI_CLEANUP(line_clear) struct line line = {0};
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    int r = read_line(ns, reader, name, &line, &cls, error);
    if (r <= 0)
        return r;
    for (size_t i = line.count; i-- > 0;) {
        struct tri_class *made = NULL;
        r = make_class(ns, &line.rows[i], cls, &made, error);
        tri_class_unref(cls);
        cls = made;
        if (r < 0)
            return r;
        if (tri_class_cache_add(reader->classes, ns->id, cls->id, cls) < 0)
            return tri_error_no_memory(error);
    }
    *ret = TRI_TAKE(cls);
    return 1;
}

int tri_stored_class_of(struct tri_namespace *ns, struct tri_reader *reader, int64_t id, struct tri_class **ret,
                        struct tri_error *error)
{
    if ((*ret = tri_class_cache_find_id(reader->classes, id)))
        return 1;
    TRI_AUTO_FREE char *name = NULL;
    {
        TRI_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
        int r = tri_statement(reader->connection, TRI_SQL_CLASS_NAME, &statement, error, "i", id);
        if (r == 0)
            r = tri_statement_step(reader->connection, statement, error);
        if (r <= 0)
            return r;
        const char *column = (const char *)sqlite3_column_text(statement, 0);
        if (!column || !(name = strdup(column)))
            return tri_error_no_memory(error);
    }
    int r = tri_stored_class(ns, reader, name, ret, error);
    if (r > 0 && (*ret)->id == 0 && tri_class_cache_add(reader->classes, ns->id, id, *ret) < 0) {
        tri_class_unref(TRI_TAKE(*ret));
        return tri_error_no_memory(error);
    }
    return r;
}

/* ---- numbers ---- */

int tri_stored_class_id(struct tri_namespace *ns, struct tri_reader *reader, const struct tri_class *cls, int64_t *ret,
                        struct tri_error *error)
{
    if ((*ret = cls->id) || (*ret = tri_class_cache_id(reader->classes, ns->id, cls->name)))
        return 1;
    TRI_AUTO_FREE char *folded = tri_folded(cls->name);
    if (!folded)
        return tri_error_no_memory(error);
    TRI_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    int r = tri_statement(reader->connection, TRI_SQL_CLASS_FIND, &statement, error, "it", ns->id, folded);
    if (r == 0)
        r = tri_statement_step(reader->connection, statement, error);
    if (r > 0)
        *ret = sqlite3_column_int64(statement, 0);
    return r;
}

const struct tri_class *tri_key_root(const struct tri_class *cls)
{
    while (cls->key_count > 0 && cls->parent && cls->parent->key_count > 0)
        cls = cls->parent;
    return cls;
}

int tri_stored_class_make_id(struct tri_namespace *ns, struct tri_reader *reader, const struct tri_class *cls,
                             int64_t *ret, struct tri_error *error)
{
    int r = tri_stored_class_id(ns, reader, cls, ret, error);
    if (r != 0)
        return r < 0 ? r : 0;
    if ((r = tri_namespace_check_at(ns, reader, error)) < 0)
        return r; /* a row would be nobody's */
    TRI_AUTO_FREE char *folded = tri_folded(cls->name);
    if (!folded)
        return tri_error_no_memory(error);
    r = tri_statement_run(reader->connection, TRI_SQL_CLASS_ADD, error, "itttt", ns->id, folded, cls->name,
                          (char *)NULL, (char *)NULL);
    if (r == 0)
        *ret = sqlite3_last_insert_rowid(reader->connection->db);
    return r;
}
