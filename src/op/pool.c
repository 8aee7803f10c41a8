/* The queue is not linked through the operations: one may start again while its last entry still waits here, because
 * somebody else took the work. An entry is a plain pointer without a reference; who gets it has to claim the work. */
#include "op/pool.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "op/crew.h"

#define BLOCK_JOBS 255 /* 4 KiB with the link */

struct block {
    struct block *next;
    struct tri_job jobs[BLOCK_JOBS];
};

/* Under crew.lock. first..last is a list; first_job and last_job index into its ends. */
static struct block *first, *last, *spare;
static unsigned first_job, last_job;

static struct tri_job pool_take(void)
{
    struct tri_job job = first->jobs[first_job++];
    if (first_job == BLOCK_JOBS) {
        struct block *empty = first;
        first = empty->next;
        last = first ? last : NULL;
        first_job = 0;
        free(spare);
        spare = empty;
    }
    return job;
}

static struct tri_crew crew = TRI_CREW("tri-worker", pool_take);

static struct block *block_new(void)
{
    struct block *block = spare ? TRI_TAKE(spare) : malloc(sizeof(*block));
    if (block)
        block->next = NULL;
    return block;
}

static int queue_grow(void)
{
    if (last && last_job < BLOCK_JOBS)
        return 0;
    struct block *block = block_new();
    if (!block)
        return -ENOMEM;
    if (last)
        last->next = block;
    else
        first = block;
    last = block;
    last_job = 0;
    return 0;
}

int tri_pool_reserve(void)
{
    if (tri_crew_lock(&crew) < 0)
        return -ENOMEM;
    int r = queue_grow();
    if (r < 0)
        pthread_mutex_unlock(&crew.lock);
    return r;
}

void tri_pool_push(void (*run)(void *data), void *data)
{
    last->jobs[last_job++] = (struct tri_job){run, data};
    tri_crew_added(&crew);
    tri_crew_unlock(&crew);
}
