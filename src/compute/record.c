/* spec.json: what a system's folder says of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "compute/registry.h"

#define RECORD_MAX_BYTES 65536

static int make_guid(char text[37])
{
    unsigned char b[16];
    if (getrandom(b, sizeof(b), 0) != sizeof(b))
        return -EIO;
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40); /* version 4: random */
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    size_t used = 0;
    for (size_t i = 0; i < sizeof(b); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text[used++] = '-';
        used += (size_t)sprintf(text + used, "%02x", b[i]);
    }
    return 0;
}

int tri_record_new(const char *id, const char *owner, const char *io_path, struct tri_record *ret_record)
{
    struct tri_record record = {0};
    int r = make_guid(record.runtime_id);
    if (r < 0)
        return r;
    record.id = strdup(id);
    record.owner = strdup(owner ? owner : "");
    record.io_path = strdup(io_path);
    if (!record.id || !record.owner || !record.io_path ||
        asprintf(&record.cgroup, "/trireme-%s", record.runtime_id) < 0) {
        record.cgroup = NULL;
        tri_record_clear(&record);
        return -ENOMEM;
    }
    *ret_record = record;
    return 0;
}

void tri_record_clear(struct tri_record *record)
{
    free(record->id);
    free(record->owner);
    free(record->runtime);
    free(record->kind);
    free(record->cgroup);
    free(record->io_path);
    *record = (struct tri_record){0};
}

int tri_record_write(const struct tri_record *record, int folder_fd, struct tri_error *error)
{
    json_t *json =
        json_pack("{ss ss ss ss ss ss ss sb}", "id", record->id, "owner", record->owner, "runtime", record->runtime,
                  "kind", record->kind, "runtime_id", record->runtime_id, "cgroup", record->cgroup, "io_path",
                  record->io_path, "terminate_on_last_close", record->terminate_on_last_close);
    TRI_AUTO_FREE char *text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
    json_decref(json);
    if (!text)
        return tri_error_set(error, -ENOMEM, NULL, "The system's record cannot be written.");
    int r = tri_file_write(folder_fd, "spec.json", text, strlen(text), 0600);
    if (r < 0)
        return tri_error_set(error, r, "spec.json", "Cannot write the system's record: %s.", strerror(-r));
    return 0;
}

/* What is read here is acted on by root; a damaged file must not lead to anything but ours. */
static bool is_sound(const struct tri_record *record)
{
    char expected[64];
    snprintf(expected, sizeof(expected), "/trireme-%s", record->runtime_id);
    return strlen(record->runtime_id) == 36 && strspn(record->runtime_id, "0123456789abcdef-") == 36 &&
           !strcmp(record->cgroup, expected) && record->runtime[0] == '/';
}

static int copy_record(json_t *json, struct tri_record *record)
{
    const char *id, *owner, *runtime, *kind, *runtime_id, *cgroup, *io_path;
    int terminate;
    if (json_unpack(json, "{ss ss ss ss ss ss ss sb}", "id", &id, "owner", &owner, "runtime", &runtime, "kind", &kind,
                    "runtime_id", &runtime_id, "cgroup", &cgroup, "io_path", &io_path, "terminate_on_last_close",
                    &terminate) < 0)
        return -EBADMSG;
    if (strlen(runtime_id) >= sizeof(record->runtime_id))
        return -EBADMSG;
    strcpy(record->runtime_id, runtime_id);
    record->terminate_on_last_close = terminate;
    record->id = strdup(id);
    record->owner = strdup(owner);
    record->runtime = strdup(runtime);
    record->kind = strdup(kind);
    record->cgroup = strdup(cgroup);
    record->io_path = strdup(io_path);
    if (!record->id || !record->owner || !record->runtime || !record->kind || !record->cgroup || !record->io_path)
        return -ENOMEM;
    return is_sound(record) ? 0 : -EBADMSG;
}

int tri_record_read(int folder_fd, struct tri_record *ret_record)
{
    TRI_AUTO_FREE char *text = NULL;
    int r = tri_file_read(folder_fd, "spec.json", RECORD_MAX_BYTES, &text, NULL);
    if (r < 0)
        return r;
    errno = 0; /* Jansson does not always tell want of memory from bad text */
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    struct tri_record record = {0};
    r = errno == ENOMEM ? -ENOMEM : copy_record(json, &record);
    json_decref(json);
    if (r < 0)
        tri_record_clear(&record);
    else
        *ret_record = record;
    return r;
}
