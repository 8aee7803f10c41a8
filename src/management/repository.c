/* The repository that the environment names, its connections, and the moments at which it is read. */
#include "management/repository.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"

enum { CONNECTION_MAX = 16, WRITER_WAIT_S = 20 };

/* One connection that lies idle, in a cache line of its own: threads that come at once do not disturb each other. */
struct place {
    _Alignas(64) struct tri_connection *_Atomic connection;
};

/* A thread that waits until it may write; on its stack. */
struct waiter {
    struct waiter *next;
    bool may_write;
};

struct tri_repository {
    struct place idle[CONNECTION_MAX];
    _Atomic uint32_t references;
    char *folder, *file;       /* set once */
    pthread_mutex_t open_lock; /* the next three; page is set once */
    dev_t device;
    ino_t inode;
    struct tri_version_page *_Atomic page;
    pthread_rwlock_t classes_lock;   /* the next two */
    struct tri_class_cache *classes; /* the newest that are known, or NULL */
    uint64_t classes_version;        /* when they were the newest */
    pthread_mutex_t writer_lock;     /* the next three */
    pthread_cond_t writer_gone;
    struct waiter *waiters; /* first come, first served: who writes all the time starves nobody */
    bool has_writer;        /* a thread is in a transaction; the next one is its own */
    struct tri_connection *writer;
};

/* What was opened last stays, so that a client that connects again and again finds it warm. */
static struct {
    pthread_mutex_t lock;
    struct tri_repository *repository;
} current = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* A child of fork that did not exec must not touch SQLite's connections, nor open the same file: SQLite would take its
 * parent's locks for its own. */
static _Atomic bool has_connections, is_orphan;

static void orphan(void)
{
    is_orphan = has_connections;
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, orphan);
}

/* ---- which ---- */

/* The environment is asked each time: a test, or a program with several homes, may change it. */
static int state_folder(char **ret, struct tri_error *error)
{
    const char *chosen = getenv("TRIREME_STATE_DIR"), *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *path = NULL;
    int n;
    if (chosen && *chosen)
        n = asprintf(&path, "%s", chosen);
    else if (geteuid() == 0)
        n = asprintf(&path, "/var/lib/trireme");
    else if (state && *state == '/')
        n = asprintf(&path, "%s/trireme", state);
    else if (home && *home)
        n = asprintf(&path, "%s/.local/state/trireme", home);
    else
        return tri_error_set(error, -ENOENT, NULL,
                             "There is no folder for the repository: set TRIREME_STATE_DIR, XDG_STATE_HOME or HOME.");
    if (n < 0)
        return tri_error_no_memory(error);
    if (*path != '/') {
        free(path);
        return tri_error_set(error, -EINVAL, "TRIREME_STATE_DIR",
                             "The folder of the repository needs an absolute path.");
    }
    *ret = path;
    return 0;
}

static struct tri_repository *repository_new(char *folder)
{
    struct tri_repository *repository = aligned_alloc(_Alignof(struct tri_repository), sizeof *repository);
    if (!repository)
        return NULL;
    memset(repository, 0, sizeof *repository);
    if (asprintf(&repository->file, "%s/repository.db", folder) < 0) {
        free(repository);
        return NULL;
    }
    repository->folder = folder;
    repository->classes_version = TRI_VERSION_UNKNOWN;
    atomic_init(&repository->references, 1);
    pthread_mutex_init(&repository->open_lock, NULL);
    pthread_rwlock_init(&repository->classes_lock, NULL);
    pthread_mutex_init(&repository->writer_lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&repository->writer_gone, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return repository;
}

static void repository_free(struct tri_repository *repository)
{
    for (size_t i = 0; i < CONNECTION_MAX; i++)
        tri_connection_close(repository->idle[i].connection);
    tri_connection_close(repository->writer);
    tri_class_cache_unref(repository->classes);
    tri_version_close(repository->page);
    pthread_mutex_destroy(&repository->open_lock);
    pthread_rwlock_destroy(&repository->classes_lock);
    pthread_mutex_destroy(&repository->writer_lock);
    pthread_cond_destroy(&repository->writer_gone);
    free(repository->folder);
    free(repository->file);
    free(repository);
}

/* Is the file still the one that was opened? A folder may have been removed, and made again. */
static bool is_same_file(struct tri_repository *repository)
{
    struct stat st;
    TRI_LOCK_SCOPE(&repository->open_lock);
    return !repository->inode ||
           (stat(repository->file, &st) == 0 && st.st_ino == repository->inode && st.st_dev == repository->device);
}

int tri_repository_get(struct tri_repository **ret, struct tri_error *error)
{
    TRI_AUTO_FREE char *folder = NULL;
    int r = state_folder(&folder, error);
    if (r < 0)
        return r;
    struct tri_repository *replaced = NULL;
    {
        TRI_LOCK_SCOPE(&current.lock);
        if (!current.repository || strcmp(current.repository->folder, folder) != 0 ||
            !is_same_file(current.repository)) {
            struct tri_repository *made = repository_new(folder);
            if (!made)
                return tri_error_no_memory(error);
            folder = NULL;
            replaced = current.repository;
            current.repository = made;
        }
        *ret = tri_repository_ref(current.repository);
    }
    tri_repository_unref(replaced);
    return 0;
}

struct tri_repository *tri_repository_ref(struct tri_repository *repository)
{
    atomic_fetch_add_explicit(&repository->references, 1, memory_order_relaxed);
    return repository;
}

void tri_repository_unref(struct tri_repository *repository)
{
    if (repository && atomic_fetch_sub_explicit(&repository->references, 1, memory_order_acq_rel) == 1 && !is_orphan)
        repository_free(repository);
}

void tri_repository_unrefp(struct tri_repository **repository)
{
    tri_repository_unref(*repository);
}

const char *tri_repository_file(const struct tri_repository *repository)
{
    return repository->file;
}

bool tri_repository_exists(struct tri_repository *repository)
{
    struct stat st;
    return stat(repository->file, &st) == 0 && st.st_size > 0;
}

/* ---- connections ---- */

/* Remembers which file it is, and opens the counters beside it. */
static void note_file(struct tri_repository *repository)
{
    struct stat st;
    TRI_LOCK_SCOPE(&repository->open_lock);
    if (!repository->inode && stat(repository->file, &st) == 0) {
        repository->device = st.st_dev;
        repository->inode = st.st_ino;
    }
    if (!atomic_load_explicit(&repository->page, memory_order_relaxed))
        atomic_store_explicit(&repository->page, tri_version_open(repository->folder), memory_order_release);
}

/* A file that was opened is never empty again, unless somebody cut it off. SQLite would wait for its own locks then. */
static bool is_cut_off(struct tri_repository *repository)
{
    struct stat st;
    TRI_LOCK_SCOPE(&repository->open_lock);
    return repository->inode && stat(repository->file, &st) == 0 && st.st_ino == repository->inode && st.st_size == 0;
}

static int connect_file(struct tri_repository *repository, bool make, struct tri_connection **ret,
                        struct tri_error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    has_connections = true;
    if (is_cut_off(repository))
        return tri_connection_damaged(repository->file, error);
    int r = tri_connection_open(repository->folder, repository->file, make, ret, error);
    if (r > 0)
        note_file(repository);
    return r;
}

static int refuse_orphan(const struct tri_repository *repository, struct tri_error *error)
{
    return tri_error_set(
        error, TRI_MANAGEMENT_NOT_AVAILABLE, repository->file,
        "This process was forked from one that uses the repository \"%s\"; it can use it itself only after "
        "exec, or if it is forked before.",
        repository->file);
}

/* Where this thread looks first. */
static unsigned usual_place(void)
{
    static _Atomic unsigned threads;
    static _Thread_local unsigned mine;
    if (!mine)
        mine = atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % CONNECTION_MAX + 1;
    return mine - 1;
}

static int take_connection(struct tri_repository *repository, struct tri_connection **ret, struct tri_error *error)
{
    if (is_orphan)
        return refuse_orphan(repository, error);
    unsigned first = usual_place();
    for (unsigned i = 0; i < CONNECTION_MAX; i++) {
        struct tri_connection *_Atomic *place = &repository->idle[(first + i) % CONNECTION_MAX].connection;
        if (!atomic_load_explicit(place, memory_order_relaxed))
            continue;
        struct tri_connection *taken = atomic_exchange_explicit(place, NULL, memory_order_acquire);
        if (taken) {
            *ret = taken;
            return 1;
        }
    }
    return connect_file(repository, false, ret, error);
}

static void give_connection(struct tri_repository *repository, struct tri_connection *connection)
{
    unsigned first = usual_place();
    for (unsigned i = 0; !connection->is_damaged && i < CONNECTION_MAX; i++) {
        struct tri_connection *none = NULL;
        if (atomic_compare_exchange_strong_explicit(&repository->idle[(first + i) % CONNECTION_MAX].connection, &none,
                                                    connection, memory_order_release, memory_order_relaxed))
            return;
    }
    tri_connection_close(connection);
}

/* With the writer's lock held. */
static bool wait_for_turn(struct tri_repository *repository)
{
    struct waiter self = {0}, **place = &repository->waiters;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += WRITER_WAIT_S;
    while (*place)
        place = &(*place)->next;
    *place = &self;
    for (int r = 0; !self.may_write && r != ETIMEDOUT;)
        r = pthread_cond_timedwait(&repository->writer_gone, &repository->writer_lock, &until);
    for (place = &repository->waiters; *place && !self.may_write;)
        if (*place == &self)
            *place = self.next;
        else
            place = &(*place)->next;
    return self.may_write;
}

static int become_writer(struct tri_repository *repository, struct tri_error *error)
{
    TRI_LOCK_SCOPE(&repository->writer_lock);
    if (repository->has_writer && !wait_for_turn(repository))
        return tri_error_set(
            error, TRI_MANAGEMENT_TIMED_OUT, repository->file,
            "Another thread of this process has been changing the repository \"%s\" for %d s; try again.",
            repository->file, WRITER_WAIT_S);
    repository->has_writer = true;
    return 0;
}

void tri_repository_unlock_writer(struct tri_repository *repository)
{
    if (repository->writer && repository->writer->is_damaged)
        tri_connection_close(TRI_TAKE(repository->writer));
    TRI_LOCK_SCOPE(&repository->writer_lock);
    struct waiter *next = repository->waiters;
    repository->has_writer = next != NULL;
    if (next) {
        repository->waiters = next->next;
        next->may_write = true;
        pthread_cond_broadcast(&repository->writer_gone);
    }
}

int tri_repository_lock_writer(struct tri_repository *repository, struct tri_connection **ret, struct tri_error *error)
{
    int r = is_orphan ? refuse_orphan(repository, error) : become_writer(repository, error);
    if (r < 0)
        return r;
    r = repository->writer ? 1 : connect_file(repository, true, &repository->writer, error);
    if (r > 0 && !tri_repository_version_page(repository))
        note_file(repository); /* readers may have come before it could be made */
    if (r > 0) {
        *ret = repository->writer;
        return 0;
    }
    tri_repository_unlock_writer(repository);
    return r < 0 ? r
                 : tri_error_set(error, TRI_MANAGEMENT_FAILED, repository->file,
                                 "The repository \"%s\" was removed while it was being made; try again.",
                                 repository->file);
}

/* ---- which classes are the newest ---- */

struct tri_version_page *tri_repository_version_page(struct tri_repository *repository)
{
    return atomic_load_explicit(&repository->page, memory_order_acquire);
}

static bool knows_classes(const struct tri_repository *repository, uint64_t version)
{
    return version != TRI_VERSION_UNKNOWN && repository->classes_version == version;
}

int tri_repository_known_class(struct tri_repository *repository, int64_t name_space, const char *name,
                               struct tri_class **ret)
{
    uint64_t version = tri_version_now(tri_repository_version_page(repository));
    struct tri_class *cls = NULL;
    pthread_rwlock_rdlock(&repository->classes_lock);
    if (knows_classes(repository, version))
        cls = tri_class_cache_find(repository->classes, name_space, name);
    pthread_rwlock_unlock(&repository->classes_lock);
    if (cls)
        *ret = cls;
    return cls != NULL;
}

struct tri_class_cache *tri_repository_known_classes(struct tri_repository *repository)
{
    uint64_t version = tri_version_now(tri_repository_version_page(repository));
    pthread_rwlock_rdlock(&repository->classes_lock);
    struct tri_class_cache *classes =
        knows_classes(repository, version) ? tri_class_cache_ref(repository->classes) : NULL;
    pthread_rwlock_unlock(&repository->classes_lock);
    return classes;
}

struct tri_class_cache *tri_repository_classes_of(struct tri_repository *repository, uint64_t generation)
{
    pthread_rwlock_rdlock(&repository->classes_lock);
    bool is_known = repository->classes && tri_class_cache_generation(repository->classes) == generation;
    struct tri_class_cache *classes = is_known ? tri_class_cache_ref(repository->classes) : NULL;
    pthread_rwlock_unlock(&repository->classes_lock);
    return classes ? classes : tri_class_cache_new(generation);
}

void tri_repository_classes_are(struct tri_repository *repository, struct tri_class_cache *classes, uint64_t version)
{
    struct tri_class_cache *replaced = NULL;
    if (version == TRI_VERSION_UNKNOWN)
        return;
    pthread_rwlock_wrlock(&repository->classes_lock);
    if (repository->classes != classes) {
        replaced = repository->classes;
        repository->classes = tri_class_cache_ref(classes);
    }
    repository->classes_version = version;
    pthread_rwlock_unlock(&repository->classes_lock);
    tri_class_cache_unref(replaced);
}

uint64_t tri_repository_version(struct tri_repository *repository)
{
    static _Atomic uint64_t unknown = 1ull << 63;
    if (!tri_repository_version_page(repository)) {
        if (!tri_repository_exists(repository))
            return 0;
        note_file(repository);
    }
    uint64_t version = tri_version_now(tri_repository_version_page(repository));
    return version == TRI_VERSION_UNKNOWN ? atomic_fetch_add(&unknown, 1) : version + 1;
}

/* ---- reading ---- */

int tri_reader_open(struct tri_repository *repository, struct tri_reader *ret, struct tri_error *error)
{
    struct tri_transaction *transaction = tri_transaction_current(repository);
    struct tri_reader reader = {.repository = repository};
    int r = 1;
    if (transaction) {
        reader.connection = transaction->connection;
        reader.classes = tri_class_cache_ref(transaction->classes);
        reader.is_transaction = true;
    } else {
        reader.version = tri_version_now(tri_repository_version_page(repository)); /* before its moment */
        r = take_connection(repository, &reader.connection, error);
    }
    if (r > 0)
        *ret = reader;
    return r;
}

/* The connection keeps the classes of its last moment: as long as nobody changes any, threads share nothing here. */
static int find_classes(struct tri_reader *reader, uint64_t generation, struct tri_error *error)
{
    struct tri_connection *connection = reader->connection;
    if (!connection->classes || tri_class_cache_generation(connection->classes) != generation) {
        struct tri_class_cache *classes = tri_repository_classes_of(reader->repository, generation);
        if (!classes)
            return tri_error_no_memory(error);
        tri_class_cache_unref(connection->classes);
        tri_class_unref(TRI_TAKE(connection->class_before));
        connection->classes = classes;
        connection->classes_version = TRI_VERSION_UNKNOWN;
    }
    if (connection->classes_version != reader->version) {
        tri_repository_classes_are(reader->repository, connection->classes, reader->version);
        connection->classes_version = reader->version;
    }
    reader->classes = connection->classes;
    return 0;
}

int tri_reader_sync(struct tri_reader *reader, struct tri_error *error)
{
    uint64_t generation;
    if (reader->classes)
        return 0;
    int r = tri_connection_generation(reader->connection, &generation, error);
    return r < 0 ? r : find_classes(reader, generation, error);
}

int tri_reader_hold(struct tri_reader *reader, struct tri_error *error)
{
    if (reader->is_transaction)
        return 0;
    struct tri_connection *connection = reader->connection;
    int r = tri_statement(connection, TRI_SQL_GENERATION, &reader->hold, error, "");
    if (r == 0)
        r = tri_statement_step(connection, reader->hold, error);
    if (r <= 0)
        return r < 0 ? r : tri_connection_failed(connection, SQLITE_CORRUPT, error);
    connection->generation = (uint64_t)sqlite3_column_int64(reader->hold, 0);
    sqlite3_file_control(connection->db, "main", SQLITE_FCNTL_DATA_VERSION, &connection->data_version);
    connection->knows_generation = true;
    return find_classes(reader, connection->generation, error);
}

void tri_reader_close(struct tri_reader *reader)
{
    if (!reader->connection)
        return;
    tri_statement_resetp(&reader->hold);
    if (reader->is_transaction)
        tri_class_cache_unref(reader->classes);
    else
        give_connection(reader->repository, reader->connection);
    *reader = (struct tri_reader){0};
}
