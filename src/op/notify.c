/* One lock covers all mailboxes, the queue of those that are ready, and who waits for whom. A box is in the queue, or a
 * thread runs it, or neither; each of the first two holds a reference. A closed box that is still queued is taken with
 * nothing in it, which is simpler than taking it out of the middle. */
#include "op/notify.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "op/crew.h"

struct tri_note {
    struct tri_note *next;
    tri_note_run *run;
    void (*release)(void *data);
    void *data;
    uint64_t argument;
};

enum box_state { BOX_IDLE, BOX_READY, BOX_RUNNING };

/* A thread, as far as circles are concerned. */
struct actor {
    struct tri_mailbox *closing; /* the box whose note it waits for */
};

struct tri_mailbox {
    _Atomic unsigned references;
    /* crew.lock: */
    enum box_state state;
    bool closed;
    struct tri_note *first, **end;
    struct tri_note *current;
    struct actor *runner; /* of current */
    struct tri_mailbox *next_ready;
};

static _Thread_local struct actor self;

/* crew.lock: */
static struct tri_mailbox *ready_first, **ready_end = &ready_first;
static pthread_cond_t note_ended = PTHREAD_COND_INITIALIZER;

static struct tri_job notify_take(void);
static struct tri_crew crew = TRI_CREW("tri-notifier", notify_take);

struct tri_note *tri_note_new(tri_note_run *run, void (*release)(void *data), void *data)
{
    struct tri_note *note = malloc(sizeof(*note));
    if (note)
        *note = (struct tri_note){.run = run, .release = release, .data = data};
    return note;
}

void tri_note_free(struct tri_note *note)
{
    if (note && note->release)
        note->release(note->data);
    free(note);
}

struct tri_mailbox *tri_mailbox_new(void)
{
    TRI_AUTO_FREE struct tri_mailbox *box = calloc(1, sizeof(*box));
    if (!box || tri_crew_lock(&crew) < 0)
        return NULL;
    tri_crew_unlock(&crew);
    atomic_init(&box->references, 1);
    box->end = &box->first;
    return TRI_TAKE(box);
}

struct tri_mailbox *tri_mailbox_ref(struct tri_mailbox *box)
{
    atomic_fetch_add_explicit(&box->references, 1, memory_order_relaxed);
    return box;
}

static void notes_free(struct tri_note *note)
{
    while (note) {
        struct tri_note *next = note->next;
        tri_note_free(note);
        note = next;
    }
}

void tri_mailbox_unref(struct tri_mailbox *box)
{
    if (!box || atomic_fetch_sub_explicit(&box->references, 1, memory_order_acq_rel) != 1)
        return;
    notes_free(box->first);
    free(box);
}

/* Queues a box; its caller's reference goes with it. Lock held. */
static void box_ready(struct tri_mailbox *box)
{
    box->state = BOX_READY;
    box->next_ready = NULL;
    *ready_end = box;
    ready_end = &box->next_ready;
    tri_crew_added(&crew);
}

static struct tri_note *box_pop(struct tri_mailbox *box)
{
    struct tri_note *note = box->first;
    if (note && !(box->first = note->next))
        box->end = &box->first;
    return note;
}

/* After a note: the next one waits for its turn behind other boxes. */
static void box_rest(struct tri_mailbox *box)
{
    pthread_mutex_lock(&crew.lock);
    box->state = BOX_IDLE;
    box->current = NULL;
    box->runner = NULL;
    if (box->closed)
        pthread_cond_broadcast(&note_ended);
    if (box->first)
        box_ready(tri_mailbox_ref(box));
    tri_crew_unlock(&crew);
    tri_mailbox_unref(box);
}

static void box_run(void *data)
{
    struct tri_mailbox *box = data;
    if (box->current)
        box->current->run(box->current->data, box->current->argument);
    tri_note_free(box->current);
    box_rest(box);
}

/* Called by the crew on the thread that will run the note, under the lock. */
static struct tri_job notify_take(void)
{
    struct tri_mailbox *box = ready_first;
    if (!(ready_first = box->next_ready))
        ready_end = &ready_first;
    box->state = BOX_RUNNING;
    box->current = box_pop(box);
    box->runner = &self;
    return (struct tri_job){box_run, box};
}

static bool box_append(struct tri_mailbox *box, struct tri_note *note)
{
    if (box->closed)
        return false;
    note->next = NULL;
    *box->end = note;
    box->end = &note->next;
    if (box->state == BOX_IDLE)
        box_ready(tri_mailbox_ref(box));
    return true;
}

void tri_mailbox_post(struct tri_mailbox *box, struct tri_note *note, uint64_t argument)
{
    note->argument = argument;
    pthread_mutex_lock(&crew.lock);
    bool queued = box_append(box, note);
    tri_crew_unlock(&crew);
    if (!queued)
        tri_note_free(note);
}

/* Would the one that runs the box's note end up waiting for this thread? */
static bool would_circle(const struct tri_mailbox *box)
{
    const struct actor *actor = box->runner;
    while (actor && actor != &self)
        actor = actor->closing ? actor->closing->runner : NULL;
    return actor != NULL;
}

/* No more notes from now on; those that waited. */
static struct tri_note *box_shut(struct tri_mailbox *box)
{
    TRI_LOCK_SCOPE(&crew.lock);
    struct tri_note *dropped = box->first;
    box->closed = true;
    box->first = NULL;
    box->end = &box->first;
    return dropped;
}

void tri_mailbox_close(struct tri_mailbox *box)
{
    notes_free(box_shut(box));
    TRI_LOCK_SCOPE(&crew.lock);
    self.closing = box;
    while (box->runner && !would_circle(box))
        pthread_cond_wait(&note_ended, &crew.lock);
    self.closing = NULL;
}
