/* One connection to the repository's file, and the statements that run on it. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/runtime-folder.h"
#include "management/repository.h"

enum { APPLICATION_ID = 0x54524d57, USER_VERSION = 1 };
#define BUSY_NS (10 * TRI_NS_PER_SEC)

/* A row of instance has the number class << 32 | n: the instances of a class lie beside each other, and a scan of them
 * reads the table from front to back. root: the class that introduced the key, which no two objects below it share.
 * path, name, superclass: folded (name.c); spelling: as it was written. A class without text is a built-in one of which
 * instances are stored, or were. */
static const char schema_sql[] =
    "CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), generation INTEGER NOT NULL);"
    "INSERT INTO state VALUES (1, 1);"
    "CREATE TABLE namespace (id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, spelling TEXT NOT NULL);"
    "INSERT INTO sqlite_sequence VALUES ('namespace', 1000);" /* those before are the built-in ones', without a row */
    "CREATE TABLE class (id INTEGER PRIMARY KEY AUTOINCREMENT, namespace INTEGER NOT NULL, name TEXT NOT NULL,"
    " spelling TEXT NOT NULL, superclass TEXT, text TEXT, UNIQUE (namespace, name));"
    "CREATE INDEX class_superclass ON class (namespace, superclass);"
    "CREATE TABLE instance (id INTEGER PRIMARY KEY, root INTEGER NOT NULL, key TEXT NOT NULL, data BLOB NOT NULL);"
    "CREATE UNIQUE INDEX instance_key ON instance (root, key);"
    "CREATE TABLE reference (instance INTEGER NOT NULL REFERENCES instance ON DELETE CASCADE, target TEXT NOT NULL);"
    "CREATE INDEX reference_instance ON reference (instance);"
    "CREATE INDEX reference_target ON reference (target);"
    "CREATE TRIGGER class_gone AFTER DELETE ON class BEGIN"
    " DELETE FROM instance WHERE id BETWEEN OLD.id << 32 AND OLD.id << 32 | 0xffffffff; END;"
    "CREATE TRIGGER namespace_gone AFTER DELETE ON namespace BEGIN"
    " DELETE FROM class WHERE namespace = OLD.id; END;";

/* clang-format off */
static const char *const statements[TRI_SQL_COUNT] = {
    [TRI_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [TRI_SQL_COMMIT] = "COMMIT",
    [TRI_SQL_ROLLBACK] = "ROLLBACK",
    [TRI_SQL_SAVEPOINT] = "SAVEPOINT change",
    [TRI_SQL_RELEASE] = "RELEASE change",
    [TRI_SQL_ROLLBACK_TO] = "ROLLBACK TO change",
    [TRI_SQL_GENERATION] = "SELECT generation FROM state WHERE id = 1",
    [TRI_SQL_GENERATION_NEXT] = "UPDATE state SET generation = generation + 1",
    [TRI_SQL_NAMESPACE_FIND] = "SELECT id, spelling FROM namespace WHERE path = ?1",
    [TRI_SQL_NAMESPACE_BELOW] = "SELECT spelling FROM namespace"
                                " WHERE path > ?1 || '\\' AND path < ?1 || ']' AND instr(substr(path, length(?1) + 2), '\\') = 0",
    [TRI_SQL_NAMESPACE_ALIVE] = "SELECT 1 FROM namespace WHERE id = ?1",
    [TRI_SQL_NAMESPACE_ADD] = "INSERT INTO namespace (path, spelling) VALUES (?1, ?2)",
    [TRI_SQL_NAMESPACE_REMOVE] = "DELETE FROM namespace WHERE path = ?1 OR path > ?1 || '\\' AND path < ?1 || ']'",
    [TRI_SQL_CLASS_FIND] = "SELECT id, superclass, text FROM class WHERE namespace = ?1 AND name = ?2",
    [TRI_SQL_CLASS_NAME] = "SELECT name FROM class WHERE id = ?1",
    [TRI_SQL_CLASS_NAMES] = "SELECT spelling, superclass FROM class WHERE namespace = ?1 AND text IS NOT NULL",
    [TRI_SQL_CLASS_BELOW] = "WITH RECURSIVE below (name, depth) AS (SELECT ?2, 0 UNION"
                            " SELECT class.name, depth + 1 FROM class JOIN below ON class.superclass = below.name"
                            " WHERE class.namespace = ?1 LIMIT 100000)"
                            " SELECT name FROM below WHERE depth > 0 ORDER BY depth",
    [TRI_SQL_CLASS_ADD] = "INSERT INTO class (namespace, name, spelling, superclass, text) VALUES (?1, ?2, ?3, ?4, ?5)",
    [TRI_SQL_CLASS_CHANGE] = "UPDATE class SET spelling = ?2, superclass = ?3, text = ?4 WHERE id = ?1",
    [TRI_SQL_CLASS_REMOVE] = "DELETE FROM class WHERE namespace = ?1 AND name = ?2",
    [TRI_SQL_INSTANCE_FIND] = "SELECT id, data FROM instance WHERE root = ?1 AND key = ?2",
    [TRI_SQL_INSTANCE_SCAN] = "SELECT id, data FROM instance WHERE id BETWEEN ?1 << 32 AND ?1 << 32 | 0xffffffff",
    [TRI_SQL_INSTANCE_NEXT] = "SELECT id, data FROM instance WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT 1",
    [TRI_SQL_INSTANCE_LAST] = "SELECT max(id) FROM instance WHERE id BETWEEN ?1 AND ?2",
    [TRI_SQL_INSTANCE_ADD] = "INSERT INTO instance VALUES (?1, ?2, ?3, ?4)",
    [TRI_SQL_INSTANCE_CHANGE] = "UPDATE instance SET data = ?2 WHERE id = ?1",
    [TRI_SQL_INSTANCE_REMOVE] = "DELETE FROM instance WHERE id = ?1",
    [TRI_SQL_REFERENCE_FIND] = "SELECT DISTINCT instance.id, data FROM reference JOIN instance ON instance.id = reference.instance"
                               " JOIN class ON class.id = instance.id >> 32"
                               " WHERE reference.target IN (?2, ?3) AND class.namespace = ?1 ORDER BY instance.id",
    [TRI_SQL_REFERENCE_ADD] = "INSERT INTO reference VALUES (?1, ?2)",
    [TRI_SQL_REFERENCE_REMOVE] = "DELETE FROM reference WHERE instance = ?1",
};
/* clang-format on */

/* ---- what went wrong ---- */

static int failed_for_permission(const char *file, struct tri_error *error)
{
    return tri_error_set(
        error, TRI_MANAGEMENT_ACCESS_DENIED, file,
        "The repository \"%s\" cannot be read, or not be changed: this user may not, or its file system is "
        "read-only. Change the modes of the file and its folder, or name another folder in TRIREME_STATE_DIR.",
        file);
}

int tri_connection_damaged(const char *file, struct tri_error *error)
{
    return tri_error_set(
        error, TRI_MANAGEMENT_CRITICAL_ERROR, file,
        "The repository \"%s\" is damaged, and was left as it is. End the programs that use it, and put a copy "
        "of it in its place, or move it and what begins with its name away: the next change then makes a new one.",
        file);
}

static int failed_for_space(const char *file, struct tri_error *error)
{
    return tri_error_set(error, TRI_MANAGEMENT_OUT_OF_DISK_SPACE, file,
                         "There is no room on the file system of \"%s\"; nothing was changed.", file);
}

/* SQLite does not always say why it could not make a file. (Some file systems count no files at all.) */
static bool is_full(const char *file)
{
    struct statvfs st;
    return statvfs(file, &st) == 0 && (st.f_bavail == 0 || (st.f_files > 0 && st.f_favail == 0));
}

static int failed(sqlite3 *db, const char *file, int sqlite_code, struct tri_error *error)
{
    int os = db ? sqlite3_system_errno(db) : 0, r;
    switch (sqlite_code & 0xff) {
    case SQLITE_NOMEM:
        return tri_error_no_memory(error);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        r = tri_connection_damaged(file, error);
        break;
    case SQLITE_FULL:
        r = failed_for_space(file, error);
        break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        r = failed_for_permission(file, error);
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        r = tri_error_set(error, TRI_MANAGEMENT_TIMED_OUT, file,
                          "Another process has been changing the repository \"%s\" for 10 s; try again.", file);
        break;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        if (os == ENOSPC || os == EDQUOT || is_full(file))
            r = failed_for_space(file, error);
        else if (sqlite_code == SQLITE_IOERR_SHORT_READ || sqlite_code == SQLITE_IOERR_CORRUPTFS)
            r = tri_connection_damaged(file, error); /* cut off */
        else if (os == EACCES || os == EPERM || os == EROFS)
            r = failed_for_permission(file, error);
        else
            r = tri_error_set(error, TRI_MANAGEMENT_FAILED, file, "Cannot read or write the repository \"%s\": %s.",
                              file, os ? strerrordesc_np(os) : sqlite3_errstr(sqlite_code));
        break;
    default:
        r = tri_error_set(error, TRI_MANAGEMENT_FAILED, file, "The repository \"%s\" does not answer: %s.", file,
                          sqlite3_errstr(sqlite_code));
    }
    tri_error_detail(error, db ? sqlite3_errmsg(db) : NULL);
    return r;
}

int tri_connection_failed(struct tri_connection *connection, int sqlite_code, struct tri_error *error)
{
    int kind = sqlite_code & 0xff;
    if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN)
        connection->is_damaged = true;
    return failed(connection->db, connection->file, sqlite_code, error);
}

/* ---- opening ---- */

/* Writers of other processes are waited for: soon at first, then every few milliseconds, so that none starves. */
static int wait_for_lock(void *context, int count)
{
    struct tri_connection *connection = context;
    uint64_t now = tri_clock_ns();
    if (count == 0)
        connection->busy_since_ns = now;
    if (now - connection->busy_since_ns > BUSY_NS)
        return 0;
    long wait_ns = count < 8 ? 200000L << count / 2 : 2000000 + (long)(now % 3000000); /* not all at the same moment */
    nanosleep(&(struct timespec){.tv_nsec = wait_ns}, NULL);
    return 1;
}

/* SQLite would open what lies there, and then fail in ways of its own. */
static int check_companion(int folder_fd, const char *name, const char *file, off_t *ret_size, struct tri_error *error)
{
    struct stat st;
    *ret_size = 0;
    if (fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0
                               : tri_error_set(error, -errno, file, "Cannot look at %s beside \"%s\": %m.", name, file);
    if (!S_ISREG(st.st_mode))
        return tri_error_set(error, -EACCES, file,
                             "%s beside \"%s\" is not a plain file; move it away while no program uses the repository.",
                             name, file);
    *ret_size = st.st_size;
    return 0;
}

/* A file that is empty, or not there, where there still is a log, has been lost; SQLite would throw the log away. */
static int check_companions(int folder_fd, const char *file, bool is_empty, struct tri_error *error)
{
    off_t log_size, index_size;
    int r = check_companion(folder_fd, "repository.db-wal", file, &log_size, error);
    if (r == 0)
        r = check_companion(folder_fd, "repository.db-shm", file, &index_size, error);
    return r == 0 && is_empty && log_size > 0 ? tri_connection_damaged(file, error) : r;
}

/* 1: the file is there and may be trusted; 0: there is none. */
static int check_file(const char *folder, const char *file, struct tri_error *error)
{
    struct tri_error opened = {0};
    TRI_AUTO_CLOSE int folder_fd = tri_private_folder_open(AT_FDCWD, folder, folder, &opened);
    if (folder_fd == -ENOENT || folder_fd == -ENOTDIR) {
        tri_error_clear(&opened);
        return 0;
    }
    if (folder_fd < 0) {
        int r = folder_fd;
        if (error && !error->code)
            tri_error_move(error, &opened);
        tri_error_clear(&opened);
        return r;
    }
    struct stat st;
    if (fstatat(folder_fd, "repository.db", &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? check_companions(folder_fd, file, true, error)
                               : tri_error_set(error, -errno, file, "Cannot look at \"%s\": %m.", file);
    if (!S_ISREG(st.st_mode))
        return tri_error_set(error, -EACCES, file, "\"%s\" is not a plain file (a link is not followed); move it away.",
                             file);
    if ((st.st_uid != geteuid() && st.st_uid != 0) || st.st_mode & (S_IWGRP | S_IWOTH))
        return tri_error_set(
            error, -EACCES, file,
            "\"%s\" could be written to by another user; it must be this user's (or root's), mode 0600.", file);
    int r = check_companions(folder_fd, file, st.st_size == 0, error);
    return r < 0 ? r : 1;
}

/* The file is made without opening it: to close a descriptor of it would let go of SQLite's locks in this process. */
static int make_file(const char *folder, const char *file, struct tri_error *error)
{
    int r = tri_folder_make(AT_FDCWD, folder, 0700);
    if (r == -EACCES || r == -EPERM || r == -EROFS)
        return failed_for_permission(file, error);
    if (r == -ENOSPC || r == -EDQUOT)
        return failed_for_space(file, error);
    if (r < 0)
        return tri_error_set(error, r, folder, "Cannot make the folder \"%s\": %s.", folder, strerrordesc_np(-r));
    if ((r = check_file(folder, file, error)) != 0)
        return r;
    if (mknod(file, S_IFREG | 0600, 0) == 0 || errno == EEXIST)
        return check_file(folder, file, error);
    if (errno == ENOSPC || errno == EDQUOT)
        return failed_for_space(file, error);
    return failed_for_permission(file, error);
}

static int exec(struct tri_connection *connection, const char *sql, struct tri_error *error)
{
    int code = sqlite3_exec(connection->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0 : tri_connection_failed(connection, code, error);
}

static int pragma(struct tri_connection *connection, const char *sql, int64_t *ret, struct tri_error *error)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(connection->db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *ret = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return code == SQLITE_ROW ? 0 : tri_connection_failed(connection, code, error);
}

/* 1: it is ours, with tables; 0: it is empty. */
static int check_version(struct tri_connection *connection, struct tri_error *error)
{
    int64_t application = 0, version = 0, tables = 0;
    int r = pragma(connection, "PRAGMA application_id", &application, error);
    if (r == 0)
        r = pragma(connection, "PRAGMA user_version", &version, error);
    if (r == 0)
        r = pragma(connection, "SELECT count(*) FROM sqlite_schema", &tables, error);
    if (r < 0)
        return r;
    if (application == 0 && version == 0 && tables == 0)
        return 0;
    if (application != APPLICATION_ID)
        return tri_error_set(error, TRI_MANAGEMENT_CRITICAL_ERROR, connection->file,
                             "\"%s\" is a database of another program; it was left as it is. Move it away, or set "
                             "TRIREME_STATE_DIR to another folder.",
                             connection->file);
    if (version != USER_VERSION)
        return tri_error_set(
            error, TRI_MANAGEMENT_VERSION_MISMATCH, connection->file,
            "The repository \"%s\" has format %lld, and this version of Trireme knows format %d only; use "
            "the version that made it.",
            connection->file, (long long)version, USER_VERSION);
    return 1;
}

/* Where several processes come at once, one of them makes the tables. */
static int make_tables(struct tri_connection *connection, struct tri_error *error)
{
    int r = exec(connection, "BEGIN IMMEDIATE", error);
    if (r < 0)
        return r;
    r = check_version(connection, error);
    if (r == 0) {
        char marks[96];
        snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID,
                 USER_VERSION);
        r = exec(connection, schema_sql, error);
        if (r == 0)
            r = exec(connection, marks, error);
    }
    if (r < 0) {
        sqlite3_exec(connection->db, "ROLLBACK", NULL, NULL, NULL);
        return r;
    }
    return exec(connection, "COMMIT", error);
}

/* SQLite does not wait for the lock that this takes, where two processes do it at once. */
static int use_wal(struct tri_connection *connection, struct tri_error *error)
{
    for (int count = 0;; count++) {
        int code = sqlite3_exec(connection->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if (code == SQLITE_OK)
            return 0;
        if ((code & 0xff) != SQLITE_BUSY || !wait_for_lock(connection, count))
            return tri_connection_failed(connection, code, error);
    }
}

/* On a file system that cannot be written to, where nobody can be changing it, the file is read as it lies there; SQLite
 * could not make the files that it locks with. */
static bool is_still(const char *folder)
{
    TRI_AUTO_FREE char *log = NULL;
    struct stat st;
    return access(folder, W_OK) < 0 && errno == EROFS && !strpbrk(folder, "?#%") &&
           asprintf(&log, "%s/repository.db-wal", folder) >= 0 && (stat(log, &st) < 0 || st.st_size == 0);
}

static int open_file(struct tri_connection *connection, const char *folder, struct tri_error *error)
{
    /* SQLite follows no link at all, and the folder may be behind one. */
    TRI_AUTO_FREE char *real = realpath(folder, NULL), *name = NULL;
    if (!real)
        return tri_error_set(error, -errno, folder, "Cannot find \"%s\": %m.", folder);
    bool still = is_still(real);
    if (asprintf(&name, still ? "file:%s/repository.db?immutable=1" : "%s/repository.db", real) < 0)
        return tri_error_no_memory(error);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(name, &connection->db, still ? flags | SQLITE_OPEN_URI : flags, NULL);
    return code == SQLITE_OK ? 0 : tri_connection_failed(connection, code, error);
}

static int set_up(struct tri_connection *connection, bool make, struct tri_error *error)
{
    sqlite3_busy_handler(connection->db, wait_for_lock, connection);
    sqlite3_db_config(connection->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(connection->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_limit(connection->db, SQLITE_LIMIT_ATTACHED, 0);
    int r = exec(connection,
                 "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON;"
                 "PRAGMA cache_size = -8192",
                 error);
    if (r < 0)
        return r;
    int known = check_version(connection, error);
    if (known != 0 || !make)
        return known;
    if ((r = use_wal(connection, error)) < 0 || (r = make_tables(connection, error)) < 0)
        return r;
    return 1;
}

int tri_connection_open(const char *folder, const char *file, bool make, struct tri_connection **ret,
                        struct tri_error *error)
{
    int r = make ? make_file(folder, file, error) : check_file(folder, file, error);
    if (r <= 0)
        return r;
    struct tri_connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return tri_error_no_memory(error);
    connection->file = file;
    connection->classes_version = TRI_VERSION_UNKNOWN;
    r = open_file(connection, folder, error);
    if (r == 0)
        r = set_up(connection, make, error);
    if (r <= 0) {
        tri_connection_close(connection);
        return r;
    }
    *ret = connection;
    return 1;
}

void tri_connection_close(struct tri_connection *connection)
{
    if (!connection)
        return;
    for (size_t i = 0; i < TRI_SQL_COUNT; i++)
        sqlite3_finalize(connection->statements[i]);
    tri_class_unref(connection->class_before);
    tri_class_cache_unref(connection->classes);
    sqlite3_close(connection->db);
    free(connection);
}

/* ---- statements ---- */

static int prepare(struct tri_connection *connection, enum tri_statement which, struct tri_error *error)
{
    int code = sqlite3_prepare_v3(connection->db, statements[which], -1, SQLITE_PREPARE_PERSISTENT,
                                  &connection->statements[which], NULL);
    return code == SQLITE_OK ? 0 : tri_connection_failed(connection, code, error);
}

static int bind(sqlite3_stmt *statement, const char *types, va_list values)
{
    int code = SQLITE_OK;
    for (int i = 1; types[i - 1] && code == SQLITE_OK; i++) {
        const void *bytes;
        switch (types[i - 1]) {
        case 'i':
            code = sqlite3_bind_int64(statement, i, va_arg(values, int64_t));
            break;
        case 't':
            code = sqlite3_bind_text(statement, i, va_arg(values, const char *), -1, SQLITE_STATIC);
            break;
        default:
            bytes = va_arg(values, const void *);
            code = sqlite3_bind_blob64(statement, i, bytes, va_arg(values, size_t), SQLITE_STATIC);
        }
    }
    return code;
}

static int get_statement(struct tri_connection *connection, enum tri_statement which, sqlite3_stmt **ret,
                         struct tri_error *error, const char *types, va_list values)
{
    int r = connection->statements[which] ? 0 : prepare(connection, which, error);
    if (r < 0)
        return r;
    int code = bind(connection->statements[which], types, values);
    if (code != SQLITE_OK)
        return tri_connection_failed(connection, code, error);
    *ret = connection->statements[which];
    return 0;
}

int tri_statement(struct tri_connection *connection, enum tri_statement which, sqlite3_stmt **ret,
                  struct tri_error *error, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    int r = get_statement(connection, which, ret, error, types, values);
    va_end(values);
    return r;
}

int tri_statement_step(struct tri_connection *connection, sqlite3_stmt *statement, struct tri_error *error)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return 1;
    return code == SQLITE_DONE ? 0 : tri_connection_failed(connection, code, error);
}

int tri_statement_run(struct tri_connection *connection, enum tri_statement which, struct tri_error *error,
                      const char *types, ...)
{
    TRI_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    va_list values;
    va_start(values, types);
    int r = get_statement(connection, which, &statement, error, types, values);
    va_end(values);
    return r < 0 ? r : tri_statement_step(connection, statement, error);
}

void tri_statement_resetp(sqlite3_stmt **statement)
{
    sqlite3_reset(*statement);
}

int tri_connection_generation(struct tri_connection *connection, uint64_t *ret, struct tri_error *error)
{
    uint32_t now = 0;
    sqlite3_file_control(connection->db, "main", SQLITE_FCNTL_DATA_VERSION, &now);
    if (!connection->knows_generation || connection->data_version != now) {
        TRI_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
        int r = tri_statement(connection, TRI_SQL_GENERATION, &statement, error, "");
        if (r == 0)
            r = tri_statement_step(connection, statement, error);
        if (r <= 0)
            return r < 0 ? r : tri_connection_failed(connection, SQLITE_CORRUPT, error);
        connection->generation = (uint64_t)sqlite3_column_int64(statement, 0);
        connection->data_version = now;
        connection->knows_generation = true;
    }
    *ret = connection->generation;
    return 0;
}
