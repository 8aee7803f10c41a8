#include "management/events-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "management/run.h"

#define PERIOD_SHORTEST_S 0.1
#define PERIOD_LONGEST_S 4294967.0
#define PERIOD_STORED_NS (200 * TRI_NS_PER_MS) /* of what only the repository has, where the query says nothing */
#define FILETIME_OF_1970 116444736000000000ull

/* ---- life ---- */

static void watch_free(struct tri_event_watch *watch)
{
    picture_clear(&watch->picture);
    watch_groups_free(watch);
    tri_class_unref(watch->created);
    tri_class_unref(watch->modified);
    tri_class_unref(watch->deleted);
    tri_class_unref(watch->aggregate);
    tri_plan_unref(watch->plan);
    tri_query_unref(watch->query);
    tri_namespace_unref(watch->ns);
    tri_op_unref(watch->op);
    pthread_mutex_destroy(&watch->telling);
    tri_error_clear(&watch->first_error);
    free(watch->target_classes);
    free(watch);
}

struct tri_event_watch *watch_ref(struct tri_event_watch *watch)
{
    atomic_fetch_add_explicit(&watch->references, 1, memory_order_relaxed);
    return watch;
}

void watch_unref(struct tri_event_watch *watch)
{
    if (watch && atomic_fetch_sub_explicit(&watch->references, 1, memory_order_acq_rel) == 1)
        watch_free(watch);
}

static void watch_unrefp(struct tri_event_watch **watch)
{
    watch_unref(*watch);
}

static struct tri_event_watch *watch_new(struct tri_namespace *ns, struct tri_query *query)
{
    struct tri_event_watch *watch = calloc(1, sizeof(*watch));
    if (!watch)
        return NULL;
    pthread_mutex_init(&watch->telling, NULL);
    watch->references = 1;
    watch->ns = tri_namespace_ref(ns);
    watch->query = tri_query_ref(query);
    watch->group_timer = (struct tri_timer){.run = watch_group_run, .data = watch};
    return watch;
}

/* ---- telling ---- */

struct tri_cim_object *event_new(struct tri_class *cls)
{
    struct tri_cim_object *event = tri_cim_object_instance(cls);
    if (!event)
        return NULL;
    event->is_unlocated = true;
    tri_cim_object_set_unsigned(event, "TIME_CREATED", tri_clock_wall_ns() / 100 + FILETIME_OF_1970);
    return event;
}

void watch_tell(struct tri_event_watch *watch, struct tri_cim_object *event)
{
    if (atomic_load(&watch->is_stopped))
        tri_cim_object_unref(event);
    else
        watch->tell(watch->context, event);
}

void watch_fail(struct tri_event_watch *watch, int code, struct tri_error *error)
{
    TRI_LOCK_SCOPE(&watch->telling);
    if (!atomic_exchange(&watch->is_stopped, true))
        watch->failed(watch->context, code, error);
    tri_error_clear(error);
}

static int event_project(const struct tri_plan *plan, struct tri_cim_object *event)
{
    TRI_AUTO_FREE uint64_t *selected = NULL;
    if (!plan->selected)
        return 0;
    int r = tri_bits_widen(plan->selected, plan->cls, event->cls, &selected);
    return r < 0 ? r : tri_cim_object_project(event, selected);
}

void watch_event(struct tri_event_watch *watch, struct tri_cim_object *event)
{
    const struct tri_plan *plan = watch->plan;
    if (plan->condition && !tri_condition_match(plan->condition, event)) {
        tri_cim_object_unref(event);
    } else if (watch->aggregate) {
        TRI_LOCK_SCOPE(&watch->telling);
        watch_group_add(watch, event);
    } else if (event_project(plan, event) < 0) {
        tri_cim_object_unref(event);
    } else {
        TRI_LOCK_SCOPE(&watch->telling);
        watch_tell(watch, event);
    }
}

/* An event's own copy of an object, so that who reads it may change it. */
static int embed(struct tri_cim_object *event, const char *property, const struct tri_cim_object *object)
{
    int index = object ? tri_class_find(event->cls, property) : -1;
    if (index < 0)
        return 0;
    struct tri_value *slot = tri_cim_object_slot(event, index);
    slot->object = tri_cim_object_copy(object);
    slot->is_set = slot->object != NULL;
    return slot->is_set ? 0 : -ENOMEM;
}

void watch_happened(struct tri_event_watch *watch, struct tri_class *cls, const struct tri_cim_object *target,
                    const struct tri_cim_object *before)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *event = cls ? event_new(cls) : NULL;
    if (event && embed(event, watch->target, target) == 0 && embed(event, watch->previous, before) == 0)
        watch_event(watch, TRI_TAKE(event));
}

/* ---- extrinsic events ---- */

static pthread_mutex_t raised_lock = PTHREAD_MUTEX_INITIALIZER;
static struct tri_event_watch *raised; /* raised_lock: who watches for them; each with a reference */

static void raised_add(struct tri_event_watch *watch)
{
    TRI_LOCK_SCOPE(&raised_lock);
    watch->next_raised = raised;
    raised = watch_ref(watch);
}

static bool raised_remove(struct tri_event_watch *watch)
{
    TRI_LOCK_SCOPE(&raised_lock);
    for (struct tri_event_watch **at = &raised; *at; at = &(*at)->next_raised)
        if (*at == watch) {
            *at = watch->next_raised;
            return true;
        }
    return false;
}

/* Those who want the event, each with a reference; NULL at the end. */
static struct tri_event_watch **raised_find(const char *name_space, const struct tri_cim_object *event)
{
    TRI_LOCK_SCOPE(&raised_lock);
    size_t count = 0;
    for (const struct tri_event_watch *watch = raised; watch; watch = watch->next_raised)
        count++;
    struct tri_event_watch **found = calloc(count + 1, sizeof(*found));
    count = 0;
    for (struct tri_event_watch *watch = raised; found && watch; watch = watch->next_raised)
        if (tri_name_equal(tri_namespace_path(watch->ns), name_space) &&
            tri_class_is_a(event->cls, watch->plan->cls->name))
            found[count++] = watch_ref(watch);
    return found;
}

void tri_event_raise(const char *name_space, const struct tri_cim_object *event)
{
    TRI_AUTO_FREE struct tri_event_watch **watches = raised_find(name_space, event);
    for (size_t i = 0; watches && watches[i]; i++) {
        struct tri_cim_object *copy = tri_cim_object_copy(event);
        if (copy) {
            copy->is_unlocated = true;
            watch_event(watches[i], copy);
        }
        watch_unref(watches[i]);
    }
}

/* ---- checking the query ---- */

static int keep_if_below(struct tri_event_watch *watch, const char *name, struct tri_class **ret,
                         struct tri_error *error)
{
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    int r = tri_run_class(watch->ns, name, TRI_MANAGEMENT_INVALID_CLASS, &cls, error);
    if (r == 0 && tri_class_is_a(cls, watch->plan->cls->name))
        *ret = TRI_TAKE(cls);
    return r;
}

static int use_events(struct tri_event_watch *watch, enum watch_kind kind, const char *const names[5],
                      struct tri_error *error)
{
    watch->kind = kind;
    watch->target = names[3];
    watch->previous = names[4];
    int r = keep_if_below(watch, names[0], &watch->created, error);
    if (r == 0)
        r = keep_if_below(watch, names[1], &watch->modified, error);
    return r == 0 ? keep_if_below(watch, names[2], &watch->deleted, error) : r;
}

static bool is_clock(const char *class_name)
{
    return tri_name_equal(class_name, "Win32_LocalTime") || tri_name_equal(class_name, "Win32_UTCTime");
}

/* How often instances of the classes are to be looked at. provided: one that has a provider; NULL: none has. */
static int target_period(struct tri_event_watch *watch, const char *provided, struct tri_error *error)
{
    double seconds = watch->query->within_seconds;
    watch->is_stored = !provided;
    if (seconds < 0 && provided && !watch->on_seconds)
        return tri_error_set(
            error, TRI_MANAGEMENT_REGISTRATION_TOO_PRECISE, provided,
            "What happens to instances of %s is found by looking at them: say how often, with WITHIN and a "
            "number of seconds before WHERE.",
            provided);
    if (seconds >= 0 && seconds < PERIOD_SHORTEST_S)
        seconds = PERIOD_SHORTEST_S;
    if (seconds > PERIOD_LONGEST_S)
        seconds = PERIOD_LONGEST_S;
    watch->period_ns = seconds < 0 ? PERIOD_STORED_NS : (uint64_t)(seconds * (double)TRI_NS_PER_SEC);
    return 0;
}

/* Instances of a class are instances of what is above it, and must not be seen twice. */
static bool is_seen_with_another(const struct tri_event_watch *watch, const struct tri_class *cls, size_t kept,
                                 size_t next)
{
    for (size_t i = 0; i < kept; i++)
        if (tri_class_is_a(cls, watch->target_classes[i]))
            return true;
    for (size_t i = next; i < watch->target_count; i++)
        if (tri_class_is_a(cls, watch->target_classes[i]) && !tri_name_equal(cls->name, watch->target_classes[i]))
            return true;
    return false;
}

static int targets_check(struct tri_event_watch *watch, struct tri_error *error)
{
    const char **names = watch->target_classes, *provided = NULL;
    size_t kept = 0;
    watch->on_seconds = true;
    for (size_t i = 0; i < watch->target_count; i++) {
        TRI_AUTO_CLASS struct tri_class *cls = NULL;
        struct tri_sources sources = {0};
        int r = tri_run_class(watch->ns, names[i], TRI_MANAGEMENT_INVALID_CLASS, &cls, error);
        if (r == 0 && is_seen_with_another(watch, cls, kept, i + 1))
            continue;
        if (r == 0)
            r = tri_sources_find(watch->ns, cls, true, &sources, error);
        if (r < 0)
            return r;
        watch->on_seconds &= is_clock(names[i]);
        provided = sources.has_providers ? names[i] : provided;
        names[kept++] = names[i];
        tri_sources_clear(&sources);
    }
    watch->target_count = kept;
    return target_period(watch, provided, error);
}

static int check_instances(struct tri_event_watch *watch, struct tri_error *error)
{
    static const char *const names[] = {"__InstanceCreationEvent", "__InstanceModificationEvent",
                                        "__InstanceDeletionEvent", "TargetInstance", "PreviousInstance"};
    int r =
        tri_query_demanded_classes(watch->query, "TargetInstance", &watch->target_classes, &watch->target_count);
    if (r < 0)
        return tri_error_no_memory(error);
    if (watch->target_count == 0)
        return tri_error_set(
            error, TRI_MANAGEMENT_REGISTRATION_TOO_BROAD, watch->plan->cls->name,
            "The query watches all instances of all classes: say which, with WHERE TargetInstance ISA and the "
            "name of a class.");
    r = use_events(watch, WATCH_INSTANCES, names, error);
    return r == 0 ? targets_check(watch, error) : r;
}

static int check_namespaces(struct tri_event_watch *watch, struct tri_error *error)
{
    static const char *const names[] = {"__NamespaceCreationEvent", "__NamespaceModificationEvent",
                                        "__NamespaceDeletionEvent", "TargetNamespace", "PreviousNamespace"};
    if (!(watch->target_classes = malloc(sizeof(*watch->target_classes))))
        return tri_error_no_memory(error);
    watch->target_classes[watch->target_count++] = "__NAMESPACE";
    int r = use_events(watch, WATCH_INSTANCES, names, error);
    return r == 0 ? targets_check(watch, error) : r;
}

static int check_classes(struct tri_event_watch *watch, struct tri_error *error)
{
    static const char *const names[] = {"__ClassCreationEvent", "__ClassModificationEvent", "__ClassDeletionEvent",
                                        "TargetClass", "PreviousClass"};
    watch->is_stored = true;
    watch->period_ns = watch->query->within_seconds < PERIOD_SHORTEST_S
                           ? PERIOD_STORED_NS
                           : (uint64_t)(watch->query->within_seconds * (double)TRI_NS_PER_SEC);
    return use_events(watch, WATCH_CLASSES, names, error);
}

static int check_kind(struct tri_event_watch *watch, const struct tri_class *cls, struct tri_error *error)
{
    if (tri_class_is_a(cls, "__InstanceOperationEvent"))
        return check_instances(watch, error);
    if (tri_class_is_a(cls, "__NamespaceOperationEvent"))
        return check_namespaces(watch, error);
    if (tri_class_is_a(cls, "__ClassOperationEvent"))
        return check_classes(watch, error);
    if (tri_name_equal(cls->name, "__Event"))
        return tri_error_set(error, TRI_MANAGEMENT_REGISTRATION_TOO_BROAD, cls->name,
                             "The query watches everything that happens: name a class below __Event.");
    watch->kind = WATCH_RAISED;
    watch->has_processes = process_events_are(cls);
    return 0;
}

static int check(struct tri_event_watch *watch, struct tri_error *error)
{
    const struct tri_query *query = watch->query;
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    int r = tri_run_class(watch->ns, query->class_name, TRI_MANAGEMENT_INVALID_CLASS, &cls, error);
    if (r < 0)
        return r;
    if (!tri_class_is_a(cls, "__Event"))
        return tri_error_set(error, TRI_MANAGEMENT_NOT_EVENT_CLASS, cls->name,
                             "%s is no class of events: it is not below __Event.", cls->name);
    r = tri_plan_new(query, cls, &watch->plan, error);
    if (r == 0 && query->group_within_seconds >= 0)
        r = watch_group_check(watch, cls, error);
    return r == 0 ? check_kind(watch, cls, error) : r;
}

/* ---- starting and stopping ---- */

static int watch_begin(struct tri_event_watch *watch, struct tri_error *error)
{
    if (watch->kind != WATCH_RAISED)
        return watch_poll_start(watch, error);
    raised_add(watch);
    int r = watch->has_processes ? process_events_start(watch->ns, error) : 0;
    if (r < 0 && raised_remove(watch))
        watch_unref(watch);
    return r;
}

int tri_event_watch_start(struct tri_namespace *ns, struct tri_query *query, tri_event_tell *tell,
                          void (*failed)(void *context, int code, struct tri_error *error), void *context,
                          struct tri_event_watch **ret, struct tri_error *error)
{
    TRI_CLEANUP(watch_unrefp) struct tri_event_watch *watch = watch_new(ns, query);
    if (!watch)
        return tri_error_no_memory(error);
    watch->tell = tell;
    watch->failed = failed;
    watch->context = context;
    int r = tri_namespace_check(ns, error);
    if (r == 0)
        r = check(watch, error);
    if (r == 0)
        r = watch_begin(watch, error);
    if (r == 0)
        *ret = TRI_TAKE(watch);
    return r;
}

void tri_event_watch_stop(struct tri_event_watch *watch)
{
    {
        TRI_LOCK_SCOPE(&watch->telling);
        atomic_store(&watch->is_stopped, true);
    }
    if (watch->kind != WATCH_RAISED) {
        watch_poll_stop(watch);
    } else if (raised_remove(watch)) {
        if (watch->has_processes)
            process_events_stop();
        watch_unref(watch);
    }
    tri_timer_disarm(&watch->group_timer);
    watch_unref(watch);
}
