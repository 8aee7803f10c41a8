/* What systemd says of services: one by its object's properties, all of them by two lists. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/providers/command-line.h"
#include "management/providers/service.h"
#include "management/providers/unit-files.h"
#include "management/text.h"

/* ---- names ---- */

bool tri_service_id(const char *name, char ret[TRI_SERVICE_ID_SIZE])
{
    size_t length = strlen(name);
    if (length == 0 || length + sizeof(TRI_SERVICE_SUFFIX) > TRI_SERVICE_ID_SIZE)
        return false;
    memcpy(ret, name, length);
    memcpy(ret + length, TRI_SERVICE_SUFFIX, sizeof(TRI_SERVICE_SUFFIX));
    return true;
}

static bool is_service(const char *id)
{
    size_t length = strlen(id);
    return length > strlen(TRI_SERVICE_SUFFIX) &&
           strcmp(id + length - strlen(TRI_SERVICE_SUFFIX), TRI_SERVICE_SUFFIX) == 0;
}

bool tri_service_name(const char *id, char ret[TRI_SERVICE_ID_SIZE])
{
    size_t length = strlen(id);
    if (!is_service(id) || length >= TRI_SERVICE_ID_SIZE)
        return false;
    memcpy(ret, id, length - strlen(TRI_SERVICE_SUFFIX));
    ret[length - strlen(TRI_SERVICE_SUFFIX)] = '\0';
    return true;
}

/* ---- properties ---- */

struct property {
    const char *name;
    char type; /* as D-Bus writes it; 'E': a list of command lines */
    size_t offset;
};

#define MEMBER(name_) offsetof(struct tri_service, name_)

static const struct property unit_properties[] = {
    {"LoadState", 's', MEMBER(load)},
    {"ActiveState", 's', MEMBER(active)},
    {"FreezerState", 's', MEMBER(freezer)},
    {"Description", 's', MEMBER(description)},
    {"CanStop", 'b', MEMBER(can_stop)},
    {"UnitFileState", 's', MEMBER(file_state)},
    {"Id", 's', MEMBER(id)},
};

static const struct property part_properties[TRI_SERVICE_PARTS] = {
    [TRI_SERVICE_PID] = {"MainPID", 'u', MEMBER(main_pid)},
    [TRI_SERVICE_USER] = {"User", 's', MEMBER(user)},
    [TRI_SERVICE_RESULT] = {"Result", 's', MEMBER(result)},
    [TRI_SERVICE_EXIT] = {"ExecMainStatus", 'i', MEMBER(exit_status)},
    [TRI_SERVICE_PROGRAM] = {"ExecStart", 'E', MEMBER(program)},
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static char *join(const char *program, char **arguments)
{
    struct tri_text text = {0};
    char *all = NULL;
    tri_text_add(&text, program, strlen(program) + 1);
    for (char **argument = arguments && *arguments ? arguments + 1 : NULL; argument && *argument; argument++)
        tri_text_add(&text, *argument, strlen(*argument) + 1);
    size_t size = text.length;
    if (tri_text_take(&text, &all) < 0)
        return NULL;
    char *line = tri_command_line_join(all, size);
    free(all);
    return line;
}

/* The first of the commands, as a line. */
static int read_program(sd_bus_message *m, char **ret)
{
    const char *program;
    char **arguments = NULL;
    int r = sd_bus_message_enter_container(m, 'v', "a(sasbttttuii)");
    if (r >= 0)
        r = sd_bus_message_enter_container(m, 'a', "(sasbttttuii)");
    if (r >= 0 && (r = sd_bus_message_enter_container(m, 'r', "sasbttttuii")) > 0) {
        r = sd_bus_message_read(m, "s", &program);
        if (r >= 0)
            r = sd_bus_message_read_strv(m, &arguments);
        if (r >= 0)
            r = sd_bus_message_skip(m, "bttttuii");
        if (r >= 0) {
            *ret = join(program, arguments);
            r = sd_bus_message_exit_container(m);
        }
    }
    while (r >= 0 && (r = sd_bus_message_skip(m, "(sasbttttuii)")) > 0)
        ;
    if (r >= 0)
        r = sd_bus_message_exit_container(m);
    tri_systemd_texts_free(arguments);
    return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_property(sd_bus_message *m, const struct property *property, struct tri_service *service)
{
    void *to = (char *)service + property->offset;
    int flag = 0, r;
    switch (property->type) {
    case 'E':
        return read_program(m, to);
    case 'b':
        r = sd_bus_message_read(m, "v", "b", &flag);
        *(bool *)to = flag;
        return r;
    default:
        return sd_bus_message_read(m, "v", (const char[]){property->type, '\0'}, to);
    }
}

/* Of an answer of GetAll. */
static int read_properties(sd_bus_message *m, const struct property *properties, size_t count,
                           struct tri_service *service)
{
    int r = sd_bus_message_enter_container(m, 'a', "{sv}");
    while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
        const char *name;
        const struct property *found = NULL;
        r = sd_bus_message_read(m, "s", &name);
        for (size_t i = 0; r >= 0 && i < count && !found; i++)
            if (strcmp(properties[i].name, name) == 0)
                found = &properties[i];
        if (r >= 0)
            r = found ? read_property(m, found, service) : sd_bus_message_skip(m, "v");
        if (r >= 0)
            r = sd_bus_message_exit_container(m);
    }
    return r;
}

static int service_path(struct tri_service *service)
{
    if (service->path)
        return 0;
    return sd_bus_path_encode(TRI_SYSTEMD_PATH "/unit", service->id, &service->path);
}

/* Get of one property, or with property NULL GetAll. */
static int service_ask(struct tri_service *service, const char *interface, const char *property, sd_bus_error *failure,
                       sd_bus_message **ret)
{
    int r = service_path(service);
    return r < 0 ? r
                 : tri_systemd_call(service->systemd, service->path, TRI_DBUS_PROPERTIES, property ? "Get" : "GetAll",
                                    failure, ret, property ? "ss" : "s", interface, property);
}

/* What a list said stays true for the whole row. */
static void keep_listed(struct tri_service *service, const struct tri_service *listed)
{
    service->id = listed->id;
    service->load = listed->load ? listed->load : service->load;
    service->active = listed->active;
}

static int read_unit(struct tri_service *service, sd_bus_error *failure)
{
    const struct tri_service before = *service;
    service->tried_unit = true;
    int r = service_ask(service, TRI_SYSTEMD_UNIT, NULL, failure, &service->unit_answer);
    if (r >= 0)
        r = read_properties(service->unit_answer, unit_properties, COUNT(unit_properties), service);
    if (before.is_listed)
        keep_listed(service, &before);
    return r;
}

/* systemd reads the files of a service that is not loaded for every question about it: this is only one. */
static void read_unloaded(struct tri_service *service)
{
    const struct tri_service before = *service;
    service->tried_unit = true;
    service->tried_parts = ~0u;
    if (service_ask(service, "", NULL, NULL, &service->unit_answer) >= 0 &&
        read_properties(service->unit_answer, unit_properties, COUNT(unit_properties), service) >= 0 &&
        sd_bus_message_rewind(service->unit_answer, true) >= 0)
        (void)read_properties(service->unit_answer, part_properties, COUNT(part_properties), service);
    keep_listed(service, &before);
}

static bool is_unloaded(const struct tri_service *service)
{
    return service->is_listed && !service->active;
}

void tri_service_need_unit(struct tri_service *service)
{
    if (service->tried_unit)
        return;
    if (is_unloaded(service))
        read_unloaded(service);
    else
        (void)read_unit(service, NULL);
}

void tri_service_need(struct tri_service *service, enum tri_service_part part)
{
    if (is_unloaded(service))
        tri_service_need_unit(service);
    if (service->tried_parts >> part & 1)
        return;
    service->tried_parts |= 1u << part;
    sd_bus_message **answer = &service->part_answers[part];
    if (service_ask(service, TRI_SYSTEMD_SERVICE, part_properties[part].name, NULL, answer) >= 0)
        (void)read_property(*answer, &part_properties[part], service);
}

bool tri_service_is_active(const struct tri_service *service)
{
    return service->active && (strcmp(service->active, "active") == 0 || strcmp(service->active, "reloading") == 0);
}

const char *tri_service_freezer(struct tri_service *service)
{
    if (service->wants_unit && tri_service_is_active(service))
        tri_service_need_unit(service);
    if (service->freezer_answer || service->tried_unit || !tri_service_is_active(service))
        return service->freezer;
    if (service_ask(service, TRI_SYSTEMD_UNIT, "FreezerState", NULL, &service->freezer_answer) == 0)
        (void)sd_bus_message_read(service->freezer_answer, "v", "s", &service->freezer);
    return service->freezer;
}

void tri_service_clear(struct tri_service *service)
{
    sd_bus_message_unref(service->unit_answer);
    for (int part = 0; part < TRI_SERVICE_PARTS; part++)
        sd_bus_message_unref(service->part_answers[part]);
    sd_bus_message_unref(service->freezer_answer);
    free((char *)service->program);
    free(service->path);
    *service = (struct tri_service){0};
}

/* ---- one ---- */

int tri_service_read(struct tri_systemd *systemd, const char *id, struct tri_service *ret, struct tri_error *error)
{
    sd_bus_error failure = SD_BUS_ERROR_NULL;
    TRI_AUTO_SERVICE struct tri_service service = {.systemd = systemd, .id = id};
    int r = read_unit(&service, &failure);
    bool is_no_name =
        r == -ENOENT || r == -EINVAL || r == -EBADR; /* as sd-bus has NoSuchUnit, InvalidArgs, UnknownObject */
    if (is_no_name ||
        (r >= 0 && (!service.load || strcmp(service.load, "not-found") == 0 || strcmp(service.id, id) != 0)))
        r = TRI_MANAGEMENT_NOT_FOUND; /* no such name, or one that cannot be one, or another's alias */
    else if (r < 0)
        r = tri_systemd_failed(r, &failure, "systemd does not say how the service is", error);
    sd_bus_error_free(&failure);
    if (r < 0)
        return r;
    *ret = service;
    service = (struct tri_service){0};
    return 0;
}

/* ---- all ---- */

struct listed {
    const char *id, *load, *active, *description, *path;
};

struct list {
    struct listed *items;
    size_t count, room;
    sd_bus_message *units;       /* it holds the texts of those that are loaded */
    struct tri_unit_file *files; /* and these the names of the others */
    size_t file_count;
};

static void list_clear(struct list *list)
{
    free(list->items);
    sd_bus_message_unref(list->units);
    tri_unit_files_free(list->files, list->file_count);
}

static int list_add(struct list *list, const struct listed *item)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 128;
        struct listed *items = realloc(list->items, room * sizeof(*items));
        if (!items)
            return -ENOMEM;
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = *item;
    return 0;
}

static int listed_compare(const void *a, const void *b)
{
    return strcmp(((const struct listed *)a)->id, ((const struct listed *)b)->id);
}

/* Those that are loaded, sorted. */
static int list_units(struct tri_systemd *systemd, struct list *list, sd_bus_error *failure)
{
    int r = tri_systemd_call(systemd, TRI_SYSTEMD_PATH, TRI_SYSTEMD_MANAGER, "ListUnitsByPatterns", failure,
                             &list->units, "asas", 0, 1, "*" TRI_SERVICE_SUFFIX);
    if (r >= 0)
        r = sd_bus_message_enter_container(list->units, 'a', "(ssssssouso)");
    for (struct listed item = {0}; r >= 0; r = strcmp(item.load, "not-found") == 0 ? 0 : list_add(list, &item)) {
        r = sd_bus_message_read(list->units, "(ssssssouso)", &item.id, &item.description, &item.load, &item.active,
                                NULL, NULL, &item.path, NULL, NULL, NULL);
        if (r <= 0)
            break;
    }
    if (r >= 0 && list->count > 0)
        qsort(list->items, list->count, sizeof(*list->items), listed_compare);
    return r;
}

/* Those that only have a file. (ListUnitFiles would tell of each how it is enabled, too, which takes systemd more than
 * a millisecond each.) */
static int list_files(struct tri_systemd *systemd, struct list *list, sd_bus_error *failure)
{
    size_t loaded = list->count;
    char **folders = NULL;
    int r = tri_systemd_texts(systemd, TRI_SYSTEMD_PATH, TRI_SYSTEMD_MANAGER, "UnitPath", &folders, failure);
    if (r >= 0)
        r = tri_unit_files_read(folders, TRI_SERVICE_SUFFIX, &list->files, &list->file_count);
    tri_systemd_texts_free(folders);
    for (size_t i = 0; r >= 0 && i < list->file_count; i++) {
        const struct tri_unit_file *file = &list->files[i];
        struct listed item = {.id = file->name, .load = file->is_masked ? "masked" : NULL};
        bool is_loaded = loaded > 0 && bsearch(&item, list->items, loaded, sizeof(item), listed_compare);
        if (!is_loaded && !file->is_alias)
            r = list_add(list, &item);
    }
    return r;
}

static int visit_listed(struct tri_systemd *systemd, const struct listed *item, tri_service_visit *visit, void *context)
{
    TRI_AUTO_SERVICE struct tri_service service = {.systemd = systemd,
                                                   .id = item->id,
                                                   .is_listed = true,
                                                   .load = item->load,
                                                   .active = item->active,
                                                   .description = item->description};
    if (item->path && !(service.path = strdup(item->path)))
        return -ENOMEM;
    return visit(context, &service);
}

int tri_services_list(struct tri_systemd *systemd, tri_service_visit *visit, void *context, struct tri_error *error)
{
    TRI_CLEANUP(list_clear) struct list list = {0};
    sd_bus_error failure = SD_BUS_ERROR_NULL;
    int r = list_units(systemd, &list, &failure);
    if (r >= 0)
        r = list_files(systemd, &list, &failure);
    if (r < 0)
        r = tri_systemd_failed(r, &failure, "systemd does not list its services", error);
    sd_bus_error_free(&failure);
    for (size_t i = 0; r == 0 && i < list.count; i++)
        r = visit_listed(systemd, &list.items[i], visit, context);
    return r;
}

/* ---- related ones ---- */

static bool has_id(char *const *ids, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(ids[i], id) == 0)
            return true;
    return false;
}

/* Moves the services of a list to another; the rest of the list is freed. */
static int take_services(char **from, char ***to, size_t *count)
{
    size_t more = 0;
    while (from && from[more])
        more++;
    char **grown = realloc(*to, (*count + more + 1) * sizeof(*grown));
    if (!grown) {
        tri_systemd_texts_free(from);
        return -ENOMEM;
    }
    for (size_t i = 0; i < more; i++)
        if (is_service(from[i]) && !has_id(grown, *count, from[i]))
            grown[(*count)++] = from[i];
        else
            free(from[i]);
    grown[*count] = NULL;
    *to = grown;
    free(from);
    return 0;
}

int tri_service_related(struct tri_systemd *systemd, const char *id, const char *const *properties, char ***ret,
                        struct tri_error *error)
{
    TRI_AUTO_FREE char *path = NULL;
    sd_bus_error failure = SD_BUS_ERROR_NULL;
    char **all = NULL;
    size_t count = 0;
    int r = sd_bus_path_encode(TRI_SYSTEMD_PATH "/unit", id, &path);
    for (; r >= 0 && *properties; properties++) {
        char **some = NULL;
        r = tri_systemd_texts(systemd, path, TRI_SYSTEMD_UNIT, *properties, &some, &failure);
        if (r >= 0)
            r = take_services(some, &all, &count);
    }
    if (r < 0)
        r = tri_systemd_failed(r, &failure, "systemd does not say what the service depends on", error);
    sd_bus_error_free(&failure);
    if (r < 0) {
        tri_systemd_texts_free(all);
        return r;
    }
    *ret = all;
    return 0;
}
