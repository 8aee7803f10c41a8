/* GROUP WITHIN: events are counted for a while, and told as one. */
#include "management/events-private.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "management/run.h"

#define GROUPS_MAX 10000

/* ---- checking ---- */

static int check_by(const struct tri_class *cls, const char *name, struct tri_error *error)
{
    size_t length = strcspn(name, ".");
    TRI_AUTO_FREE char *first = strndup(name, length);
    if (!first)
        return tri_error_no_memory(error);
    int index = tri_class_find(cls, first);
    if (index < 0)
        return tri_system_property_find(first) >= 0
                   ? 0
                   : tri_error_set(error, TRI_MANAGEMENT_INVALID_QUERY, name,
                                   "The class %s has no property %s to group by.", cls->name, first);
    bool is_object = cls->properties[index].type == TRI_CIM_OBJECT;
    if (name[length] && !is_object)
        return tri_error_set(error, TRI_MANAGEMENT_PROPERTY_NOT_AN_OBJECT, name,
                             "The property %s of %s is no object; nothing of it can be named.", first, cls->name);
    if (!name[length] && is_object)
        return tri_error_set(error, TRI_MANAGEMENT_AGGREGATING_BY_OBJECT, name,
                             "Events cannot be grouped by the whole of %s: name a property of it.", first);
    return 0;
}

int watch_group_check(struct tri_event_watch *watch, const struct tri_class *cls, struct tri_error *error)
{
    for (size_t i = 0; i < watch->query->group_by_count; i++) {
        int r = check_by(cls, watch->query->group_by[i], error);
        if (r < 0)
            return r;
    }
    return tri_run_class(watch->ns, "__AggregateEvent", TRI_MANAGEMENT_INVALID_CLASS, &watch->aggregate, error);
}

/* ---- keys ---- */

static int append(char **text, const char *more)
{
    size_t before = *text ? strlen(*text) : 0, added = strlen(more);
    char *grown = realloc(*text, before + added + 2);
    if (!grown)
        return -1;
    memcpy(grown + before, more, added);
    memcpy(grown + before + added, "\n", 2);
    *text = grown;
    return 0;
}

/* The value of "TargetInstance.Name", as text; system properties too. */
static char *value_text(const struct tri_cim_object *object, const char *name)
{
    const char *dot = strchr(name, '.');
    TRI_AUTO_FREE char *first = dot ? strndup(name, (size_t)(dot - name)) : strdup(name);
    const struct tri_value *value = first ? tri_cim_object_find(object, first) : NULL;
    if (dot)
        return value && value->is_set && value->type == TRI_CIM_OBJECT ? value_text(value->object, dot + 1)
                                                                       : strdup("");
    if (value)
        return tri_value_mof(value);
    struct tri_value system = {0};
    int index = first ? tri_system_property_find(first) : -1;
    if (index < 0 || tri_cim_object_system(object, (enum tri_system_property)index, &system) < 0)
        return strdup("");
    char *text = tri_value_mof(&system);
    tri_value_clear(&system);
    return text;
}

static char *group_key(const struct tri_query *query, const struct tri_cim_object *event)
{
    TRI_AUTO_FREE char *key = strdup("");
    for (size_t i = 0; key && i < query->group_by_count; i++) {
        TRI_AUTO_FREE char *text = value_text(event, query->group_by[i]);
        if (!text || append(&key, text) < 0)
            return NULL;
    }
    return TRI_TAKE(key);
}

/* ---- groups ---- */

static void group_free(struct event_group *group)
{
    tri_cim_object_unref(group->representative);
    free(group->key);
    free(group);
}

void watch_groups_free(struct tri_event_watch *watch)
{
    for (struct event_group *next, *group = watch->groups; group; group = next) {
        next = group->next;
        group_free(group);
    }
}

static struct event_group *group_find(struct tri_event_watch *watch, const char *key)
{
    for (struct event_group *group = watch->groups; group; group = group->next)
        if (tri_name_equal(group->key, key))
            return group;
    return NULL;
}

static void group_timer_set(struct tri_event_watch *watch)
{
    uint64_t due_ns = TRI_DEADLINE_NEVER;
    for (const struct event_group *group = watch->groups; group; group = group->next)
        due_ns = group->due_ns < due_ns ? group->due_ns : due_ns;
    if (!atomic_load(&watch->is_stopped))
        (void)tri_timer_arm(&watch->group_timer, due_ns);
}

/* Takes the key. The first event of a group opens it. */
static struct event_group *group_open(struct tri_event_watch *watch, char *key, struct tri_cim_object *event)
{
    struct event_group *group = watch->group_count < GROUPS_MAX ? malloc(sizeof(*group)) : NULL;
    if (!group) {
        free(key);
        return NULL;
    }
    uint64_t length_ns = (uint64_t)(watch->query->group_within_seconds * (double)TRI_NS_PER_SEC);
    *group = (struct event_group){.next = watch->groups,
                                  .key = key,
                                  .representative = tri_cim_object_ref(event),
                                  .due_ns = tri_clock_ns() + length_ns};
    watch->groups = group;
    watch->group_count++;
    group_timer_set(watch);
    return group;
}

void watch_group_add(struct tri_event_watch *watch, struct tri_cim_object *event)
{
    TRI_AUTO_FREE char *key = group_key(watch->query, event);
    struct event_group *group = key ? group_find(watch, key) : NULL;
    if (key && !group)
        group = group_open(watch, TRI_TAKE(key), event);
    if (group)
        group->count++;
    tri_cim_object_unref(event);
}

/* ---- the end of a group ---- */

static bool count_passes(const struct tri_query *query, uint64_t count)
{
    uint64_t wanted = query->having_count;
    switch ((enum tri_operator)query->having_operator) {
    case TRI_WQL_EQ:
        return count == wanted;
    case TRI_WQL_NE:
        return count != wanted;
    case TRI_WQL_LT:
        return count < wanted;
    case TRI_WQL_LE:
        return count <= wanted;
    case TRI_WQL_GT:
        return count > wanted;
    case TRI_WQL_GE:
        return count >= wanted;
    default:
        return true;
    }
}

static void group_tell(struct tri_event_watch *watch, const struct event_group *group)
{
    struct tri_cim_object *event = count_passes(watch->query, group->count) ? event_new(watch->aggregate) : NULL;
    if (!event)
        return;
    tri_cim_object_set_unsigned(event, "NumberOfEvents", group->count);
    int index = tri_class_find(event->cls, "Representative");
    struct tri_value *slot = index >= 0 ? tri_cim_object_slot(event, index) : NULL;
    if (slot) {
        slot->object = tri_cim_object_ref(group->representative);
        slot->is_set = true;
    }
    watch_tell(watch, event);
}

void watch_group_run(void *data)
{
    struct tri_event_watch *watch = data;
    TRI_LOCK_SCOPE(&watch->telling);
    uint64_t now_ns = tri_clock_ns();
    for (struct event_group **at = &watch->groups; *at && !atomic_load(&watch->is_stopped);) {
        struct event_group *group = *at;
        if (group->due_ns > now_ns) {
            at = &group->next;
            continue;
        }
        *at = group->next;
        watch->group_count--;
        group_tell(watch, group);
        group_free(group);
    }
    group_timer_set(watch);
}
