/* The repository's file: where it is, connections to it, statements, reading, and changing it. What is in it is the
 * business of class-store.c and instance-store.c.
 *
 * Readers take a connection of a pool, without a lock, and never wait for writers (SQLite's WAL mode). Writers of a process
 * queue for its one writing connection, and those of several processes for SQLite's write lock. A reader sees the moment at
 * which its first statement ran, until it is closed. A thread that is inside of a transaction reads through it.
 *
 * A small file beside it, repository.version, is looked at by every process: two counters, of commits that were begun and
 * that have ended. They say for the price of one short read that nothing has changed; where they do not, SQLite is asked. */
#ifndef TRI_MANAGEMENT_REPOSITORY_H
#define TRI_MANAGEMENT_REPOSITORY_H

#include <sqlite3.h>

#include "management/class-cache.h"
#include "management/error.h"

struct tri_repository;

/* The one that the environment names now. */
int tri_repository_get(struct tri_repository **ret, struct tri_error *error);
struct tri_repository *tri_repository_ref(struct tri_repository *repository);
void tri_repository_unref(struct tri_repository *repository); /* NULL is fine */
void tri_repository_unrefp(struct tri_repository **repository);
const char *tri_repository_file(const struct tri_repository *repository); /* for sentences */
bool tri_repository_exists(struct tri_repository *repository);            /* is there a file? */

/* ---- repository-version.c ---- */

#define TRI_VERSION_UNKNOWN UINT64_MAX

struct tri_version_page;
/* NULL: there is none (the folder cannot be written to, ...): every version is unknown. */
struct tri_version_page *tri_version_open(const char *folder);
void tri_version_close(struct tri_version_page *page);
uint64_t
tri_version_now(const struct tri_version_page *page); /* TRI_VERSION_UNKNOWN: a commit is under way, or was cut off */
/* Around a commit, by the holder of SQLite's write lock. *ret: the version once it has ended. 0; -errno: do not commit. */
int tri_version_begin(struct tri_version_page *page, uint64_t *ret);
void tri_version_end(struct tri_version_page *page, uint64_t version);

/* ---- connections and statements (connection.c) ---- */

enum tri_statement {
    TRI_SQL_BEGIN,
    TRI_SQL_COMMIT,
    TRI_SQL_ROLLBACK,
    TRI_SQL_SAVEPOINT,
    TRI_SQL_RELEASE,
    TRI_SQL_ROLLBACK_TO,
    TRI_SQL_GENERATION,
    TRI_SQL_GENERATION_NEXT,
    TRI_SQL_NAMESPACE_FIND,
    TRI_SQL_NAMESPACE_ALIVE,
    TRI_SQL_NAMESPACE_BELOW,
    TRI_SQL_NAMESPACE_ADD,
    TRI_SQL_NAMESPACE_REMOVE,
    TRI_SQL_CLASS_FIND,
    TRI_SQL_CLASS_NAME,
    TRI_SQL_CLASS_NAMES,
    TRI_SQL_CLASS_BELOW,
    TRI_SQL_CLASS_ADD,
    TRI_SQL_CLASS_CHANGE,
    TRI_SQL_CLASS_REMOVE,
    TRI_SQL_INSTANCE_FIND,
    TRI_SQL_INSTANCE_SCAN,
    TRI_SQL_INSTANCE_NEXT,
    TRI_SQL_INSTANCE_LAST,
    TRI_SQL_INSTANCE_ADD,
    TRI_SQL_INSTANCE_CHANGE,
    TRI_SQL_INSTANCE_REMOVE,
    TRI_SQL_REFERENCE_FIND,
    TRI_SQL_REFERENCE_ADD,
    TRI_SQL_REFERENCE_REMOVE,
    TRI_SQL_COUNT
};

struct tri_connection {
    sqlite3 *db;
    const char *file;                        /* the repository's; borrowed */
    sqlite3_stmt *statements[TRI_SQL_COUNT]; /* prepared when first used */
    uint64_t generation;                     /* of the classes, as of ... */
    uint32_t data_version;                   /* ... this number of SQLite's */
    bool knows_generation;
    bool is_damaged;                 /* not to be used again */
    struct tri_class_cache *classes; /* of that generation, or older, or NULL */
    uint64_t classes_version;        /* when they were told to be the newest */
    struct tri_class *class_before;  /* one of them: whose object was read last; or NULL */
    uint64_t busy_since_ns;
};

/* 1; 0: there is no file, or an empty one, and it is not to be made; or a code. */
int tri_connection_open(const char *folder, const char *file, bool make, struct tri_connection **ret,
                        struct tri_error *error);
void tri_connection_close(struct tri_connection *connection); /* NULL is fine */

/* A statement, ready to run, its parameters bound: 'i' int64_t, 't' text (NULL: NULL), 'b' const void * and size_t. What is
 * bound must live until it is reset (TRI_AUTO_STATEMENT does that). */
int tri_statement(struct tri_connection *connection, enum tri_statement which, sqlite3_stmt **ret,
                  struct tri_error *error, const char *types, ...);
int tri_statement_step(struct tri_connection *connection, sqlite3_stmt *statement,
                       struct tri_error *error); /* 1: a row; 0: done */
/* Both, for those that answer nothing. */
int tri_statement_run(struct tri_connection *connection, enum tri_statement which, struct tri_error *error,
                      const char *types, ...);
void tri_statement_resetp(sqlite3_stmt **statement);
#define TRI_AUTO_STATEMENT __attribute__((cleanup(tri_statement_resetp)))
int tri_connection_damaged(const char *file, struct tri_error *error); /* TRI_MANAGEMENT_CRITICAL_ERROR */
int tri_connection_failed(struct tri_connection *connection, int sqlite_code,
                          struct tri_error *error); /* the code for it */

/* The number of the classes as the transaction under way sees them: it changes with every change of a class. */
int tri_connection_generation(struct tri_connection *connection, uint64_t *ret, struct tri_error *error);

/* ---- reading ---- */

struct tri_reader {
    struct tri_repository *repository;
    struct tri_connection *connection;
    struct tri_class_cache *classes; /* as of this reader's moment; NULL until tri_reader_hold or tri_reader_sync */
    sqlite3_stmt *hold;
    uint64_t version;
    bool is_transaction; /* then classes is a reference; else the connection's */
};
#define TRI_AUTO_READER __attribute__((cleanup(tri_reader_close)))

int tri_reader_open(struct tri_repository *repository, struct tri_reader *ret,
                    struct tri_error *error);                            /* 1; 0: no file; a code */
int tri_reader_hold(struct tri_reader *reader, struct tri_error *error); /* fixes the moment, and its classes */
int tri_reader_sync(struct tri_reader *reader,
                    struct tri_error *error);     /* the classes, while a statement is on a row */
void tri_reader_close(struct tri_reader *reader); /* zeroed is fine */

/* Asks the classes that are known to be the newest, without SQLite. 1: *ret has a reference; 0: must be read. */
int tri_repository_known_class(struct tri_repository *repository, int64_t name_space, const char *name,
                               struct tri_class **ret);
/* The same for the tree of names: a reference to the cache that owns it. */
struct tri_class_cache *tri_repository_known_classes(struct tri_repository *repository);

uint64_t tri_repository_version(struct tri_repository *repository);

/* ---- changing (transaction.c) ---- */

/* The calling thread's, or NULL. */
struct tri_transaction {
    struct tri_repository *repository; /* a reference */
    struct tri_connection *connection;
    struct tri_class_cache *classes; /* as this transaction sees them */
    int64_t changes_before;
    bool changes_classes;
    bool must_fail; /* what it knows of the classes is not true any more */
};
struct tri_transaction *tri_transaction_current(const struct tri_repository *repository);
int tri_transaction_begin(struct tri_repository *repository, struct tri_error *error);
int tri_transaction_end(bool keep, struct tri_error *error);

/* One change: a transaction, or a part of the one that the thread is in; undone where it fails. Between the two,
 * tri_transaction_current is there. tri_change_end returns what the change came to. */
struct tri_change {
    bool is_part, changed_classes;
};
int tri_change_begin(struct tri_repository *repository, struct tri_change *ret, struct tri_error *error);
int tri_change_end(struct tri_change *change, int result, struct tri_error *error);
/* To be called before the first change of a class or namespace: others' caches, and this transaction's, are void from then on. */
int tri_transaction_changes_classes(struct tri_transaction *transaction, struct tri_error *error);

/* repository.c, for transaction.c */
int tri_repository_lock_writer(struct tri_repository *repository, struct tri_connection **ret, struct tri_error *error);
void tri_repository_unlock_writer(struct tri_repository *repository);
struct tri_version_page *tri_repository_version_page(struct tri_repository *repository);
struct tri_class_cache *tri_repository_classes_of(struct tri_repository *repository, uint64_t generation);
/* The cache is that of the version. */
void tri_repository_classes_are(struct tri_repository *repository, struct tri_class_cache *classes, uint64_t version);

#endif
