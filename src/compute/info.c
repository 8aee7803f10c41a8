#include "compute/info.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int find_name(const char *const *names, int count, const char *name, int otherwise)
{
    for (int i = 0; name && i < count; i++)
        if (!strcmp(names[i], name))
            return i;
    return otherwise;
}
#define FIND(names, name, otherwise) find_name((names), (int)(sizeof(names) / sizeof(*(names))), (name), (otherwise))

static const char *text(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

void tri_info_read_exit(const json_t *exit, struct tri_system_exit *ret_exit)
{
    static const char *const types[] = {
        [TRI_EXIT_GRACEFUL] = "graceful", [TRI_EXIT_FORCED] = "forced", [TRI_EXIT_UNEXPECTED] = "unexpected"};
    static const char *const initiators[] = {
        [TRI_EXIT_BY_CLIENT] = "client", [TRI_EXIT_BY_GUEST] = "guest", [TRI_EXIT_BY_INTERNAL] = "internal"};
    *ret_exit = (struct tri_system_exit){
        .type = (enum tri_exit_type)FIND(types, text(exit, "type"), TRI_EXIT_UNEXPECTED),
        .initiator = (enum tri_exit_initiator)FIND(initiators, text(exit, "by"), TRI_EXIT_BY_INTERNAL),
        .out_of_memory = json_is_true(json_object_get(exit, "out_of_memory")),
        .program_exited = json_is_integer(json_object_get(exit, "status")),
        .program_wait_status = (int)json_integer_value(json_object_get(exit, "status")),
    };
}

static void read_info(const json_t *json, struct tri_system_info *info)
{
    static const char *const states[] = {[TRI_SYSTEM_CREATING] = "creating",
                                         [TRI_SYSTEM_CREATED] = "created",
                                         [TRI_SYSTEM_RUNNING] = "running",
                                         [TRI_SYSTEM_PAUSED] = "paused",
                                         [TRI_SYSTEM_STOPPED] = "stopped"};
    const json_t *exit = json_object_get(json, "exit");
    info->state = (enum tri_system_state)FIND(states, text(json, "state"), TRI_SYSTEM_CREATING);
    info->statistics.start_wall_ns = (uint64_t)json_integer_value(json_object_get(json, "start_wall_ns"));
    if (exit)
        tri_info_read_exit(exit, &info->exit);
}

int tri_info_new(const struct tri_record *record, const json_t *json, const struct tri_system_exit *exit,
                 struct tri_system_info **ret_info)
{
    struct tri_system_info *info = calloc(1, sizeof(*info));
    if (!info)
        return -ENOMEM;
    info->id = strdup(record->id);
    info->owner = strdup(record->owner);
    strcpy(info->runtime_id, record->runtime_id);
    info->terminate_on_last_close = record->terminate_on_last_close;
    if (json) {
        read_info(json, info);
    } else {
        info->state = TRI_SYSTEM_STOPPED;
        info->exit = *exit;
    }
    if (!info->id || !info->owner) {
        tri_info_free(info);
        return -ENOMEM;
    }
    *ret_info = info;
    return 0;
}

void tri_info_clear(struct tri_system_info *info)
{
    free(info->id);
    free(info->owner);
    free(info->processes);
    tri_strings_free(info->unknown);
}

void tri_info_free(void *data)
{
    struct tri_system_info *info = data;
    if (!info)
        return;
    tri_info_clear(info);
    free(info);
}
