/* The rows of a call: one producer at a time puts them in, readers take them out. Nothing here locks: a row is
 * written, then counted, and a reader looks at the count.
 *
 * Retained rows stay where they are until the call goes, for any number of readers. A queue is a ring for one reader,
 * who takes the rows out; its producer waits, or loses rows, where it is full. Rows that are only taken out lie like
 * retained ones. */
#ifndef TRI_MANAGEMENT_ROWS_H
#define TRI_MANAGEMENT_ROWS_H

#include <stdatomic.h>

#include "management/object.h"

#define TRI_ROWS_QUEUE 1000
#define TRI_ROWS_EVENTS 10000

enum tri_rows_mode {
    TRI_ROWS_RETAINED,
    TRI_ROWS_TAKEN,   /* let go of once read; no bound: the producer is done before anybody reads */
    TRI_ROWS_WAITING, /* a queue whose producer waits */
    TRI_ROWS_LOSING,  /* a queue whose producer does not wait: events */
};

typedef struct tri_cim_object *_Atomic tri_row;

/* A reader that does not sleep: run is called once, by whoever puts the next row in or ends them, or at once where
 * there is one already; it must not block. It may be called in vain. */
struct tri_rows_waker {
    struct tri_rows_waker *next;
    void (*run)(void *data);
    void *data;
};

#define TRI_ROWS_FEW 4
#define TRI_ROWS_CHUNKS 28

struct tri_rows {
    enum tri_rows_mode mode;
    _Atomic uint64_t written;
    _Atomic uint64_t end;     /* where reading ends; UINT64_MAX as long as there may be more */
    _Atomic uint64_t read;    /* not of retained ones */
    _Atomic uint64_t lost_at; /* rows are missing in front of this one; UINT64_MAX: none */
    /* Readers asleep: a patient one is woken for many rows, an eager one for each (see rows_sleep). */
    _Atomic uint32_t patient, eager, rows_bell;
    struct tri_rows_waker *_Atomic wakers;
    uint64_t rung_at; /* producer only: rows that were there when it last woke readers */
    _Atomic uint32_t producer_waits, room_bell;
    tri_row few[TRI_ROWS_FEW];
    tri_row *chunks[TRI_ROWS_CHUNKS]; /* of 4, 8, 16 ... rows; or chunks[0] is the ring */
};

void tri_rows_init(struct tri_rows *rows, enum tri_rows_mode mode);
/* Nobody reads or writes any more: lets go of what was not taken. */
void tri_rows_finish(struct tri_rows *rows);

/* Takes the object. 0; -ENOMEM, -ECANCELED where reading has ended: the producer should stop. Rows that are lost are
 * no error. */
int tri_rows_add(struct tri_rows *rows, struct tri_cim_object *object);
bool tri_rows_producer_waits(struct tri_rows *rows);

/* No further rows: those that are there can be read to their end, or, with drop, nothing any more. What is written
 * before is seen by whoever is answered 0 by tri_rows_next. Once. */
void tri_rows_end(struct tri_rows *rows, bool drop);

/* 1 and a row, with a reference, and *position moves on. 0: the end. -ETIMEDOUT: none at the deadline (0: poll).
 * TRI_MANAGEMENT_QUEUE_OVERFLOW: rows were lost here (said once). */
int tri_rows_next(struct tri_rows *rows, uint64_t *position, uint64_t deadline_ns, struct tri_cim_object **ret);

/* The waker must stay until it has run, which it does when the rows end at the latest. */
void tri_rows_wake(struct tri_rows *rows, uint64_t position, struct tri_rows_waker *waker);
/* Runs all wakers now, in vain: none is left here when it returns, unless another thread runs or adds it. */
void tri_rows_wake_all(struct tri_rows *rows);

#endif
