/* Notification queries: what happens to instances, found by comparing pictures of them (polling, WITHIN) or told by the
 * kernel where it tells. call.c's own; one subscription is one call of kind TRI_CALL_NOTIFY. */
#ifndef TRI_MANAGEMENT_EVENTS_H
#define TRI_MANAGEMENT_EVENTS_H

#include "management/namespace.h"
#include "management/query.h"

struct tri_event_watch;
typedef void tri_event_tell(void *context, struct tri_cim_object *event); /* takes the reference */

/* Checks the query against the schema (codes: wmi.md 3.3 ExecNotificationQuery, 4.7 Events) and starts watching; the
 * first picture is taken before this returns, so that what happens afterwards is told. failed is called at most once,
 * where watching cannot go on. */
int tri_event_watch_start(struct tri_namespace *ns, struct tri_query *query, tri_event_tell *tell,
                          void (*failed)(void *context, int code, struct tri_error *error), void *context,
                          struct tri_event_watch **ret, struct tri_error *error);
/* An event of an extrinsic class happened in a namespace ("root\cimv2"): whoever in this process watches for it is
 * told. The object is borrowed. */
void tri_event_raise(const char *name_space, const struct tri_cim_object *event);

/* tell and failed are not called any more once this returns; not to be called by them. */
void tri_event_watch_stop(struct tri_event_watch *watch);

#endif
