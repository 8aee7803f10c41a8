/* Changes of the repository, one thread of a process at a time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/repository.h"

static _Thread_local struct tri_transaction mine;

struct tri_transaction *tri_transaction_current(const struct tri_repository *repository)
{
    return mine.repository && mine.repository == repository ? &mine : NULL;
}

/* The classes as they are in the file, or in this transaction. */
static int find_classes(struct tri_transaction *transaction, struct tri_error *error)
{
    uint64_t generation;
    transaction->connection->knows_generation = false;
    int r = tri_connection_generation(transaction->connection, &generation, error);
    if (r < 0)
        return r;
    struct tri_class_cache *classes = transaction->changes_classes
                                          ? tri_class_cache_new(generation)
                                          : tri_repository_classes_of(transaction->repository, generation);
    if (!classes)
        return tri_error_no_memory(error);
    tri_class_cache_unref(transaction->classes);
    transaction->classes = classes;
    return 0;
}

static void forget(void)
{
    struct tri_transaction ended = mine;
    mine = (struct tri_transaction){0};
    tri_class_cache_unref(ended.classes);
    tri_repository_unlock_writer(ended.repository);
    tri_repository_unref(ended.repository);
}

static void roll_back(void)
{
    /* SQLite has done it itself, where the disk was full or could not be read. */
    if (!sqlite3_get_autocommit(mine.connection->db))
        tri_statement_run(mine.connection, TRI_SQL_ROLLBACK, NULL, "");
    mine.connection->knows_generation = false;
    forget();
}

int tri_transaction_begin(struct tri_repository *repository, struct tri_error *error)
{
    struct tri_connection *connection = NULL;
    if (mine.repository)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_OPERATION, tri_repository_file(repository),
                             "This thread is in the middle of another change of the repository \"%s\" already.",
                             tri_repository_file(mine.repository));
    int r = tri_repository_lock_writer(repository, &connection, error);
    if (r < 0)
        return r;
    r = tri_statement_run(connection, TRI_SQL_BEGIN, error, "");
    if (r < 0) {
        tri_repository_unlock_writer(repository);
        return r;
    }
    mine = (struct tri_transaction){.repository = tri_repository_ref(repository),
                                    .connection = connection,
                                    .changes_before = sqlite3_total_changes64(connection->db)};
    r = find_classes(&mine, error);
    if (r < 0)
        roll_back();
    return r;
}

/* The counters first: should the process die in between, others ask SQLite. */
static int commit(struct tri_error *error)
{
    struct tri_version_page *page = tri_repository_version_page(mine.repository);
    uint64_t version;
    int r = tri_version_begin(page, &version);
    if (r < 0)
        return tri_error_set(error, r == -ENOSPC ? TRI_MANAGEMENT_OUT_OF_DISK_SPACE : TRI_MANAGEMENT_ACCESS_DENIED,
                             tri_repository_file(mine.repository),
                             "Cannot write repository.version beside \"%s\" (%s); nothing was changed.",
                             tri_repository_file(mine.repository), strerrordesc_np(-r));
    r = tri_statement_run(mine.connection, TRI_SQL_COMMIT, error, "");
    tri_version_end(page, version);
    if (r == 0)
        tri_repository_classes_are(mine.repository, mine.classes, version);
    return r;
}

static int end(struct tri_error *error)
{
    if (mine.must_fail || sqlite3_get_autocommit(mine.connection->db))
        return tri_error_set(error, TRI_MANAGEMENT_FAILED, tri_repository_file(mine.repository),
                             "An error before has undone the whole change of the repository \"%s\".",
                             tri_repository_file(mine.repository));
    bool has_changed = sqlite3_total_changes64(mine.connection->db) != mine.changes_before;
    return has_changed ? commit(error) : tri_statement_run(mine.connection, TRI_SQL_COMMIT, error, "");
}

int tri_transaction_end(bool keep, struct tri_error *error)
{
    if (!mine.repository)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_OPERATION, NULL,
                             "This thread has begun no change of the repository.");
    int r = keep ? end(error) : 0;
    if (!keep || r < 0)
        roll_back();
    else
        forget();
    return r;
}

int tri_transaction_changes_classes(struct tri_transaction *transaction, struct tri_error *error)
{
    if (transaction->changes_classes)
        return 0;
    int r = tri_statement_run(transaction->connection, TRI_SQL_GENERATION_NEXT, error, "");
    if (r < 0)
        return r;
    transaction->changes_classes = true;
    return find_classes(transaction, error);
}

/* ---- one change ---- */

int tri_change_begin(struct tri_repository *repository, struct tri_change *ret, struct tri_error *error)
{
    struct tri_transaction *transaction = tri_transaction_current(repository);
    if (!transaction) {
        int r = tri_transaction_begin(repository, error);
        if (r == 0)
            *ret = (struct tri_change){0};
        return r;
    }
    int r = tri_statement_run(transaction->connection, TRI_SQL_SAVEPOINT, error, "");
    if (r == 0)
        *ret = (struct tri_change){.is_part = true, .changed_classes = transaction->changes_classes};
    return r;
}

static void undo_part(const struct tri_change *change)
{
    if (sqlite3_get_autocommit(mine.connection->db))
        return;
    tri_statement_run(mine.connection, TRI_SQL_ROLLBACK_TO, NULL, "");
    tri_statement_run(mine.connection, TRI_SQL_RELEASE, NULL, "");
    if (mine.changes_classes) {
        mine.changes_classes = change->changed_classes;
        mine.must_fail |= find_classes(&mine, NULL) < 0;
    }
}

int tri_change_end(struct tri_change *change, int result, struct tri_error *error)
{
    if (!change->is_part) {
        int r = tri_transaction_end(result == 0, error);
        return result < 0 ? result : r;
    }
    if (result < 0)
        undo_part(change);
    else
        result = tri_statement_run(mine.connection, TRI_SQL_RELEASE, error, "");
    return result;
}
