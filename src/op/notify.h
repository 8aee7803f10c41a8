/* The notifier: runs callbacks on threads of the library's, never on the stack of a call that caused them, never under
 * a lock.
 *
 * A mailbox is a queue of notes of which one at a time runs, in order; different mailboxes run side by side, so a slow
 * callback delays nobody else, and a callback may wait for another one (the notifier grows a thread whenever all are
 * busy and a mailbox is ready; idle ones leave after a while). An operation with a callback has a mailbox; so has every
 * open system and process handle. */
#ifndef TRI_OP_NOTIFY_H
#define TRI_OP_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

struct tri_mailbox;

typedef void tri_note_run(void *data, uint64_t argument);

/* One reference. NULL: no memory. */
struct tri_mailbox *tri_mailbox_new(void);
struct tri_mailbox *tri_mailbox_ref(struct tri_mailbox *box);
void tri_mailbox_unref(struct tri_mailbox *box); /* NULL is fine. Does not close. */

/* Notes are allocated before they are needed, so that telling cannot fail when it matters. release(data) is called
 * exactly once: after run, or when the note is dropped or destroyed unused. release may be NULL. */
struct tri_note;
struct tri_note *tri_note_new(tri_note_run *run, void (*release)(void *data), void *data);
void tri_note_free(struct tri_note *note); /* one that was never posted; NULL is fine */

/* Queues the note (taken). Dropped, with release, if the box is closed. Never blocks, never calls run itself. */
void tri_mailbox_post(struct tri_mailbox *box, struct tri_note *note, uint64_t argument);

/* No further note runs. Notes that wait are dropped. A note that runs on another thread is waited for, unless waiting
 * would close a circle of callbacks that wait for each other; one that runs on this very thread is not. Idempotent. */
void tri_mailbox_close(struct tri_mailbox *box);

#endif
