#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "compute/error.h"
#include "compute/info.h"
#include "compute/request.h"
#include "compute/session.h"
#include "op/op-provider.h"

#define ANSWER_NS (10 * TRI_NS_PER_SEC) /* of all shims together; one that hangs is left out */

struct enumerate {
    char *name_space;
    struct tri_system_filter *filter;
};

static void enumerate_free(void *data)
{
    struct enumerate *enumerate = data;
    free(enumerate->name_space);
    tri_system_filter_free(enumerate->filter);
    free(enumerate);
}

static void list_free(void *data)
{
    struct tri_system_list *list = data;
    for (size_t i = 0; i < list->count; i++)
        tri_info_clear(&list->systems[i]);
    free(list->systems);
    free(list);
}

static void listp(struct tri_system_list **list)
{
    if (*list)
        list_free(*list);
}

/* ---- the filter ---- */

static bool is_among(char **wanted, const char *text, bool (*equal)(const char *a, const char *b))
{
    if (!wanted || !*wanted)
        return true;
    for (; *wanted; wanted++)
        if (equal(*wanted, text))
            return true;
    return false;
}

static bool is_same(const char *a, const char *b)
{
    return !strcmp(a, b);
}

static bool passes(const struct tri_system_filter *filter, const struct tri_record *record)
{
    return !filter ||
           (is_among(filter->ids, record->id, tri_id_equal) && is_among(filter->owners, record->owner, is_same));
}

/* ---- the systems ---- */

static int append(struct tri_system_list *list, struct tri_system_info *info)
{
    struct tri_system_info *systems = reallocarray(list->systems, list->count + 1, sizeof(*systems));
    if (!systems)
        return -ENOMEM;
    list->systems = systems;
    list->systems[list->count++] = *info;
    free(info);
    return 0;
}

static int ask(int folder_fd, uint64_t deadline_ns, struct tri_system_list *list)
{
    struct tri_system_info *info = NULL;
    json_auto_t *json = NULL;
    struct tri_session *session = tri_session_new();
    if (!session)
        return -ENOMEM;
    int r = tri_session_connect(session, folder_fd, false, deadline_ns, &json, NULL);
    if (r == 0)
        r = tri_info_new(&session->record, json, NULL, &info);
    tri_session_unref(session);
    if (r == 0 && (r = append(list, info)) < 0)
        tri_info_free(info);
    return r;
}

/* A folder of a system that is being made, or ends, is no system. One that cannot be looked at is not left out in silence. */
static int look_at(struct tri_space *space, const char *name, const struct tri_system_filter *filter,
                   uint64_t deadline_ns, struct tri_system_list *list)
{
    struct tri_record record = {0};
    TRI_AUTO_CLOSE int folder_fd = openat(space->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int r = folder_fd < 0 ? -errno : 0;
    if (r == 0 && tri_registry_sweep(space, name))
        return 0;
    if (r < 0 || (r = tri_record_read(folder_fd, &record)) < 0)
        return tri_code_is_passing(r) ? r : 0;
    bool wanted = name[0] != '.' && passes(filter, &record);
    tri_record_clear(&record);
    r = wanted ? ask(folder_fd, deadline_ns, list) : 0;
    if (tri_code_is_passing(r))
        return r;
    if (r < 0 && r != -ETIMEDOUT && tri_registry_wait(space, name))
        tri_registry_sweep(space, name); /* its owner was dying: the socket went a moment before the lock */
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct tri_system_info *x = a, *y = b;
    return strcmp(x->id, y->id);
}

static int list_systems(struct tri_space *space, const struct tri_system_filter *filter, struct tri_system_list *list)
{
    uint64_t deadline_ns = tri_clock_ns() + ANSWER_NS;
    int copy = openat(space->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
    TRI_AUTO_DIR DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir) {
        tri_close(copy);
        return -errno;
    }
    for (const struct dirent *entry; r == 0 && (entry = tri_folder_next(dir, &r));)
        r = look_at(space, entry->d_name, filter, deadline_ns, list);
    if (list->count)
        qsort(list->systems, list->count, sizeof(*list->systems), compare);
    return r;
}

static void run(struct tri_op *op, void *data)
{
    struct enumerate *enumerate = data;
    struct tri_error error = {0};
    TRI_AUTO_SPACE struct tri_space space = TRI_SPACE_NONE;
    TRI_CLEANUP(listp) struct tri_system_list *list = calloc(1, sizeof(*list));
    int r = list ? tri_space_open(enumerate->name_space, false, &space, &error) : -ENOMEM;
    if (r == -ENOENT) { /* nobody has made a system there */
        tri_error_clear(&error);
        r = 0;
    } else if (r == 0 && !(enumerate->filter && enumerate->filter->no_containers)) {
        r = list_systems(&space, enumerate->filter, list);
        if (r < 0)
            tri_error_set(&error, r, NULL, "The systems cannot be listed: %s.", strerror(-r));
    }
    tri_op_complete(op, r, &error, r == 0 ? TRI_TAKE(list) : NULL, r == 0 ? list_free : NULL);
    tri_error_clear(&error);
}

int tri_system_enumerate(const char *name_space, struct tri_system_filter *filter, struct tri_op *op,
                         const struct tri_op_tag *tag)
{
    static const struct tri_op_provider provider = {"enumerate systems", run, NULL, enumerate_free};
    struct enumerate *enumerate = calloc(1, sizeof(*enumerate));
    if (!enumerate) {
        tri_system_filter_free(filter);
        return -ENOMEM;
    }
    *enumerate = (struct enumerate){strdup(name_space ? name_space : ""), filter};
    int r = enumerate->name_space ? tri_op_submit(op, tag, &provider, enumerate) : -ENOMEM;
    if (r < 0)
        enumerate_free(enumerate);
    return r;
}
