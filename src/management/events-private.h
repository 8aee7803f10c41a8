/* Inside subscriptions: events.c (checking a query, the life of a watch), events-poll.c (pictures and what differs
 * between two), events-group.c (GROUP WITHIN), process-events.c (processes that start and stop). */
#ifndef TRI_MANAGEMENT_EVENTS_PRIVATE_H
#define TRI_MANAGEMENT_EVENTS_PRIVATE_H

#include "management/abandoned.h"
#include "management/events.h"
#include "management/query-plan.h"
#include "op/op-provider.h"
#include "op/timer.h"

enum watch_kind {
    WATCH_INSTANCES, /* of a class, and namespaces, which are instances too */
    WATCH_CLASSES,
    WATCH_RAISED, /* extrinsic events: nothing is looked at */
};

/* What was there at one moment, sorted by path. */
struct picture_item {
    char *key;
    struct tri_cim_object *object;
};
struct picture {
    struct picture_item *items;
    size_t count, room;
};

struct event_group {
    struct event_group *next;
    char *key; /* the values of what it is grouped by */
    struct tri_cim_object *representative;
    uint64_t count, due_ns;
};

struct tri_event_watch {
    _Atomic uint32_t references;

    /* Set once before it starts. */
    enum watch_kind kind;
    struct tri_namespace *ns;
    struct tri_query *query;
    struct tri_plan *plan;                          /* of the event's class */
    struct tri_class *created, *modified, *deleted; /* NULL: not asked for */
    struct tri_class *aggregate;                    /* of grouped events */
    const char *target, *previous;                  /* names of the events' properties */
    const char **target_classes; /* of which instances are looked at; the names are the query's, or static */
    size_t target_count;         /* 0: classes are looked at, or nothing is */
    bool is_stored;     /* only what the repository has: nothing changes where its version does not */
    bool on_seconds;    /* a clock: looked at when a second begins */
    bool has_processes; /* process-events.c works for it */
    uint64_t period_ns;
    tri_event_tell *tell;
    void (*failed)(void *context, int code, struct tri_error *error);
    void *context;

    pthread_mutex_t telling;    /* held while tell and failed run */
    _Atomic bool is_stopped;    /* changed with telling held */
    struct event_group *groups; /* telling */
    size_t group_count;
    struct tri_timer group_timer;

    struct tri_timer timer; /* the next look; while one goes on, when its time is up */
    struct tri_op *op;      /* the look */
    struct tri_working working;
    bool is_looking; /* telling */
    uint64_t due_ns; /* telling: of the look before */
    /* The looking worker's. */
    bool has_picture;
    int first_code; /* of the first look, for who starts the watch */
    struct tri_error first_error;
    struct picture picture;
    uint64_t version;
    unsigned failures; /* in a row */

    struct tri_event_watch *next_raised; /* events.c */
};

/* For sentences. */
static inline const char *watch_target(const struct tri_event_watch *watch)
{
    return watch->target_count > 0 ? watch->target_classes[0] : "classes";
}

struct tri_event_watch *watch_ref(struct tri_event_watch *watch);
void watch_unref(struct tri_event_watch *watch);

/* Something happened; cls is the event's class, before NULL where there is none. The objects are copied. */
void watch_happened(struct tri_event_watch *watch, struct tri_class *cls, const struct tri_cim_object *target,
                    const struct tri_cim_object *before);
/* An event: where it matches it is told, or added to its group. Takes the reference. */
void watch_event(struct tri_event_watch *watch, struct tri_cim_object *event);
/* Tells without looking at groups. Takes the reference. With telling held. */
void watch_tell(struct tri_event_watch *watch, struct tri_cim_object *event);
void watch_fail(struct tri_event_watch *watch, int code, struct tri_error *error); /* takes what the error holds */
struct tri_cim_object *event_new(struct tri_class *cls);                           /* with its time; NULL: no memory */

/* events-poll.c. The first look is over when it returns. */
int watch_poll_start(struct tri_event_watch *watch, struct tri_error *error);
void watch_poll_stop(struct tri_event_watch *watch);
void picture_clear(struct picture *picture);

/* events-group.c. With telling held. */
void watch_group_add(struct tri_event_watch *watch, struct tri_cim_object *event); /* takes the reference */
int watch_group_check(struct tri_event_watch *watch, const struct tri_class *cls, struct tri_error *error);
void watch_group_run(void *watch); /* the group timer's */
void watch_groups_free(struct tri_event_watch *watch);

/* process-events.c: raises Win32_ProcessStartTrace and Win32_ProcessStopTrace in root\cimv2 as long as somebody
 * watches. */
bool process_events_are(const struct tri_class *cls);
int process_events_start(struct tri_namespace *ns, struct tri_error *error);
void process_events_stop(void);

#endif
