/* Looking again and again: a timer asks a worker for a picture, which is compared with the one before. Where a look
 * takes longer than the time between two, the next one waits for its turn; where it does not end at all, the watch
 * fails. */
#include "management/events-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "management/run.h"
#include "management/timeout.h"

#define FAILURES_MAX 5 /* in a row; fewer may be a service that restarts */

/* ---- pictures ---- */

void picture_clear(struct picture *picture)
{
    for (size_t i = 0; i < picture->count; i++) {
        tri_cim_object_unref(picture->items[i].object);
        free(picture->items[i].key);
    }
    free(picture->items);
    *picture = (struct picture){0};
}

static int picture_add(struct picture *picture, char *key, struct tri_cim_object *object)
{
    if (picture->count == picture->room) {
        size_t room = picture->room ? 2 * picture->room : 64;
        struct picture_item *items = realloc(picture->items, room * sizeof(*items));
        if (!items)
            return -ENOMEM;
        picture->items = items;
        picture->room = room;
    }
    picture->items[picture->count++] = (struct picture_item){key, object};
    return 0;
}

static int take_into_picture(void *context, struct tri_cim_object *taken)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = taken;
    TRI_AUTO_FREE char *key = NULL;
    if (object->is_class && object->cls->flags & TRI_CLASS_BUILT_IN)
        return 0; /* never changes */
    int r = tri_cim_object_decode(object);
    if (r == 0)
        r = tri_cim_object_relative_path(object, &key);
    if (r < 0 || !key)
        return r;
    r = picture_add(context, key, object);
    if (r == 0)
        key = NULL, object = NULL;
    return r;
}

static int item_compare(const void *a, const void *b)
{
    return strcmp(((const struct picture_item *)a)->key, ((const struct picture_item *)b)->key);
}

/* Where rows are missing, *error says which already. */
static int picture_look(const struct tri_event_watch *watch, struct tri_run *run, struct tri_error *error)
{
    int r = tri_namespace_check(watch->ns, error);
    if (r == 0 && watch->kind == WATCH_CLASSES)
        r = tri_run_classes(run, NULL, error);
    for (size_t i = 0; i < watch->target_count && r == 0 && !run->is_partial; i++)
        r = tri_run_instances(run, watch->target_classes[i], error);
    return r;
}

static int picture_take(struct tri_event_watch *watch, struct picture *picture, struct tri_error *error)
{
    struct tri_run run = {.ns = watch->ns,
                          .may_ask_providers = true,
                          .stop = &watch->is_stopped,
                          .deadline_ns = TRI_DEADLINE_NEVER,
                          .take = take_into_picture,
                          .context = picture};
    int r = picture_look(watch, &run, error);
    if (r == 0 && run.is_partial) /* what is missing must not look as if it had been deleted */
        r = error->code;
    if (r == 0 && picture->count > 0)
        qsort(picture->items, picture->count, sizeof(*picture->items), item_compare);
    return r;
}

/* ---- what differs ---- */

#define IGNORE_QUALIFIERS 1
#define IGNORE_SOURCE 2

static bool is_changed(const struct picture_item *before, const struct picture_item *after)
{
    unsigned flags = after->object->is_class ? IGNORE_SOURCE : IGNORE_SOURCE | IGNORE_QUALIFIERS;
    return !tri_cim_object_same(before->object, after->object, flags);
}

/* Both are sorted: one walk along them. */
static void pictures_compare(struct tri_event_watch *watch, const struct picture *before, const struct picture *after)
{
    size_t i = 0, j = 0;
    while ((i < before->count || j < after->count) && !atomic_load(&watch->is_stopped)) {
        const struct picture_item *old = i < before->count ? &before->items[i] : NULL;
        const struct picture_item *new = j < after->count ? &after->items[j] : NULL;
        int order = !old ? 1 : !new ? -1 : strcmp(old->key, new->key);
        if (order < 0)
            watch_happened(watch, watch->deleted, old->object, NULL);
        else if (order > 0)
            watch_happened(watch, watch->created, new->object, NULL);
        else if (watch->modified && is_changed(old, new))
            watch_happened(watch, watch->modified, new->object, old->object);
        i += order <= 0;
        j += order >= 0;
    }
}

/* ---- one look ---- */

static int look(struct tri_event_watch *watch, struct tri_error *error)
{
    /* The version first: what changes meanwhile is seen next time. */
    uint64_t version = watch->is_stored ? tri_namespace_version(watch->ns) : 0;
    if (watch->has_picture && watch->is_stored && version == watch->version)
        return 0;
    struct picture picture = {0};
    int r = picture_take(watch, &picture, error);
    if (r == 0 && watch->has_picture)
        pictures_compare(watch, &watch->picture, &picture);
    if (r == 0) {
        picture_clear(&watch->picture);
        watch->picture = picture;
        watch->version = version;
        watch->has_picture = true;
    } else {
        picture_clear(&picture);
    }
    return r;
}

/* The next one that is not past; a clock is looked at just after a second begins. */
static uint64_t next_due_ns(const struct tri_event_watch *watch)
{
    uint64_t now_ns = tri_clock_ns();
    if (watch->on_seconds)
        return now_ns + TRI_NS_PER_SEC - tri_clock_wall_ns() % TRI_NS_PER_SEC + TRI_NS_PER_MS;
    if (watch->due_ns + watch->period_ns > now_ns)
        return watch->due_ns + watch->period_ns;
    return now_ns + watch->period_ns - (now_ns - watch->due_ns) % watch->period_ns;
}

static void look_again(struct tri_event_watch *watch)
{
    TRI_LOCK_SCOPE(&watch->telling);
    watch->is_looking = false;
    watch->due_ns = next_due_ns(watch);
    if (!atomic_load(&watch->is_stopped))
        (void)tri_timer_arm(&watch->timer, watch->due_ns);
}

static void look_failed(struct tri_event_watch *watch, int code, struct tri_error *error)
{
    TRI_LOG("management", "looking at %s for events: error %d: %s",
            watch_target(watch), code, error->text ? error->text : "");
    bool is_final = code == TRI_MANAGEMENT_INVALID_NAMESPACE; /* what was deleted does not come back */
    if (++watch->failures == FAILURES_MAX || is_final)
        watch_fail(watch, code, error);
}

static void look_run(struct tri_op *op, void *data)
{
    struct tri_event_watch *watch = data;
    struct tri_error error = {0};
    bool is_first = !watch->has_picture;
    tri_working_begin(&watch->working);
    int r = atomic_load(&watch->is_stopped) ? -ECANCELED : look(watch, &error);
    tri_working_end(&watch->working);
    if (r == 0) {
        watch->failures = 0;
    } else if (is_first) {
        watch->first_code = r;
        tri_error_move(&watch->first_error, &error);
    } else if (r != -ECANCELED) {
        look_failed(watch, r, &error);
    }
    tri_error_clear(&error);
    tri_op_complete(op, 0, NULL, NULL, NULL);
    if (!is_first) /* else whoever starts the watch sees to it */
        look_again(watch);
}

static void look_release(void *data)
{
    watch_unref(data);
}

static const struct tri_op_provider look_provider = {.name = "events", .run = look_run, .release = look_release};

static int look_start(struct tri_event_watch *watch)
{
    int r = tri_op_submit(watch->op, NULL, &look_provider, watch_ref(watch));
    if (r < 0)
        watch_unref(watch);
    return r;
}

/* ---- the timer ---- */

static void watch_expire(struct tri_event_watch *watch)
{
    struct tri_error error = {0};
    tri_error_set(&error, TRI_MANAGEMENT_PROVIDER_TIMED_OUT, watch_target(watch),
                  "The provider of %s, which is being watched, does not answer.", watch_target(watch));
    tri_working_abandon(&watch->working, true);
    watch_fail(watch, TRI_MANAGEMENT_PROVIDER_TIMED_OUT, &error);
}

/* Time for a look; or the one that goes on has used up its time. */
static bool look_is_due(struct tri_event_watch *watch)
{
    TRI_LOCK_SCOPE(&watch->telling);
    if (watch->is_looking || atomic_load(&watch->is_stopped))
        return false;
    watch->is_looking = look_start(watch) == 0;
    uint64_t timeout_ns = tri_management_timeout_ns(), now_ns = tri_clock_ns();
    uint64_t again_ns = watch->is_looking ? timeout_ns : watch->period_ns;
    (void)tri_timer_arm(&watch->timer, again_ns == TRI_DEADLINE_NEVER ? again_ns : now_ns + again_ns);
    return true;
}

static void on_timer(void *data)
{
    struct tri_event_watch *watch = watch_ref(data);
    if (!look_is_due(watch) && !atomic_load(&watch->is_stopped))
        watch_expire(watch);
    watch_unref(watch);
}

/* ---- starting and stopping ---- */

static int first_look(struct tri_event_watch *watch, struct tri_error *error)
{
    uint64_t timeout_ns = tri_management_timeout_ns();
    watch->due_ns = tri_clock_ns();
    int r = look_start(watch);
    if (r < 0)
        return tri_error_set(error, r, NULL, "No worker could be asked to look at %s.", watch_target(watch));
    /* Some deadline: without one the waiter might do the work itself, and this is a client's thread. */
    uint64_t deadline_ns = timeout_ns == TRI_DEADLINE_NEVER ? TRI_DEADLINE_NEVER - 1 : watch->due_ns + timeout_ns;
    if (tri_op_wait(watch->op, deadline_ns) == -ETIMEDOUT) {
        tri_working_abandon(&watch->working, true);
        return tri_error_set(error, TRI_MANAGEMENT_PROVIDER_TIMED_OUT, watch_target(watch),
                             "The provider of %s, which is to be watched, does not answer.", watch_target(watch));
    }
    if (watch->first_code < 0 && error->code == 0)
        tri_error_move(error, &watch->first_error);
    return watch->first_code;
}

int watch_poll_start(struct tri_event_watch *watch, struct tri_error *error)
{
    if (tri_working_too_many())
        return tri_working_refuse(error);
    watch->timer = (struct tri_timer){.run = on_timer, .data = watch};
    watch->op = tri_op_new();
    int r = watch->op ? first_look(watch, error) : tri_error_no_memory(error);
    if (r == 0) {
        look_again(watch);
        return 0;
    }
    {
        TRI_LOCK_SCOPE(&watch->telling);
        atomic_store(&watch->is_stopped, true);
    }
    watch_poll_stop(watch);
    return r;
}

void watch_poll_stop(struct tri_event_watch *watch)
{
    tri_timer_disarm(&watch->timer);
    tri_working_abandon(&watch->working, false);
}
