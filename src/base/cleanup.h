/* Scoped ownership. A local that owns something is declared with one of these, and handed over with TRI_TAKE, so that
 * every way out of a function is a plain return. Rules that keep it safe: initialise at the declaration; a destructor
 * accepts NULL or -1; errno is kept; none of this runs between fork and exec. */
#ifndef TRI_BASE_CLEANUP_H
#define TRI_BASE_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define TRI_CLEANUP(fn) __attribute__((cleanup(fn)))

/* Gives the value of an owning variable away and leaves NULL behind. */
#define TRI_TAKE(ptr)                  \
    __extension__({                    \
        __typeof__(ptr) taken_ = (ptr); \
        (ptr) = NULL;                  \
        taken_;                        \
    })

/* The same for a file descriptor; leaves -1 behind. */
static inline int tri_take_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

/* Closes a descriptor once; EINTR is not retried (on Linux the descriptor is gone by then). Keeps errno. */
static inline void tri_close(int fd)
{
    if (fd >= 0) {
        int saved = errno;
        close(fd);
        errno = saved;
    }
}

static inline void tri_closep(int *fd)
{
    tri_close(*fd);
}

static inline void tri_closedirp(DIR **folder)
{
    if (*folder) {
        int saved = errno;
        closedir(*folder);
        errno = saved;
    }
}

static inline void tri_freep(void *p)
{
    free(*(void **)p);
}

static inline void tri_unlockp(pthread_mutex_t **mutex)
{
    if (*mutex)
        pthread_mutex_unlock(*mutex);
}

static inline pthread_mutex_t *tri_lock(pthread_mutex_t *mutex)
{
    pthread_mutex_lock(mutex);
    return mutex;
}

#define TRI_AUTO_FREE TRI_CLEANUP(tri_freep)
#define TRI_AUTO_CLOSE TRI_CLEANUP(tri_closep)
#define TRI_AUTO_DIR TRI_CLEANUP(tri_closedirp)
/* Locks now, unlocks where the scope ends: TRI_LOCK_SCOPE(&x->lock); */
#define TRI_LOCK_NAME2(line) tri_scope_lock_##line
#define TRI_LOCK_NAME(line) TRI_LOCK_NAME2(line)
#define TRI_LOCK_SCOPE(mutex) \
    __attribute__((unused)) TRI_CLEANUP(tri_unlockp) pthread_mutex_t *TRI_LOCK_NAME(__LINE__) = tri_lock(mutex)

#endif
