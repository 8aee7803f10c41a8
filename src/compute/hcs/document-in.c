/* Documents about systems, read into specs. */
#include "compute/hcs/document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf16.h"
#include "compute/error.h"
#include "compute/hcs/reading.h"
#include "compute/hcs/schema-tables.h"

enum { WHERE_SIZE = 96, CPU_SHARE_MAX = 10000 };

int tri_hcs_document_read(PCWSTR text, const struct tri_schema *schema, json_t **ret, struct tri_error *error)
{
    TRI_AUTO_FREE char *utf8 = NULL;
    int r = text ? tri_utf8_from_utf16((const char16_t *)text, &utf8) : 0;
    if (r == -E2BIG)
        return tri_error_set(error, TRI_COMPUTE_BAD_DOCUMENT, "$", "The document is longer than %u units.",
                             TRI_UTF16_UNITS_MAX);
    if (r < 0)
        return tri_error_set(error, r, NULL, "No memory for the document.");
    return tri_schema_parse(schema, utf8, ret, error);
}

/* ---- limits ---- */

static void read_memory(struct tri_reading *in, const char *where, json_int_t megabytes, struct tri_limits *limits)
{
    if (megabytes > INT64_MAX >> 20)
        tri_reading_fail(in, -EINVAL, where, "is more memory than there can be");
    else
        limits->memory_bytes = (uint64_t)megabytes << 20;
}

static uint32_t read_share(struct tri_reading *in, const char *where, const json_t *processor, const char *name)
{
    json_int_t share = tri_reading_integer(processor, name);
    char path[WHERE_SIZE];
    snprintf(path, sizeof(path), "%s.%s", where, name);
    if (share < 0 || share > CPU_SHARE_MAX)
        tri_reading_fail(in, -EINVAL, path, "must lie between 0 and 10000");
    return (uint32_t)share;
}

static void read_processor(struct tri_reading *in, const char *where, const json_t *processor,
                           struct tri_limits *limits)
{
    limits->cpu_count = (uint32_t)tri_reading_integer(processor, "Count");
    limits->cpu_maximum = read_share(in, where, processor, "Maximum");
    limits->cpu_weight = read_share(in, where, processor, "Weight");
    if (limits->cpu_count && limits->cpu_maximum)
        tri_reading_fail(in, -EINVAL, where, "must not have both Count and Maximum");
}

static void read_limits(struct tri_reading *in, const json_t *container, struct tri_limits *limits)
{
    const json_t *qos = json_object_get(json_object_get(container, "Storage"), "QoS");
    read_memory(in, "$.Container.Memory.SizeInMB",
                tri_reading_integer(json_object_get(container, "Memory"), "SizeInMB"), limits);
    read_processor(in, "$.Container.Processor", json_object_get(container, "Processor"), limits);
    limits->io_count_per_s = (uint64_t)tri_reading_integer(qos, "IopsMaximum");
    limits->io_bytes_per_s = (uint64_t)tri_reading_integer(qos, "BandwidthMaximum");
}

/* ---- storage and mounts ---- */

static void read_layers(struct tri_reading *in, const json_t *layers, struct tri_system_spec *spec)
{
    spec->layers = calloc(json_array_size(layers) + 1, sizeof(*spec->layers));
    if (!spec->layers)
        return tri_reading_fail(in, -ENOMEM, NULL, "No memory for the layers");
    size_t index;
    json_t *layer;
    json_array_foreach (layers, index, layer)
        spec->layers[spec->layer_count++] = tri_reading_text(in, layer, "Path");
}

static void read_directory(struct tri_reading *in, const char *where, const json_t *directory,
                           struct tri_mount_spec *mount)
{
    mount->source = tri_reading_text(in, directory, "HostPath");
    mount->target = tri_reading_path(in, directory, "ContainerPath");
    mount->read_only = tri_reading_flag(directory, "ReadOnly");
    if (mount->target && strspn(mount->target, "/") == strlen(mount->target))
        tri_reading_fail(in, -EINVAL, where, "must not be the root itself");
}

/* A pipe's name is a name, not a way out of the folder of pipes; ported clients write it with its Windows prefix. */
static void read_pipe(struct tri_reading *in, const char *where, const json_t *pipe, struct tri_mount_spec *mount)
{
    static const char prefix[] = "\\\\.\\pipe\\";
    const char *name = json_string_value(json_object_get(pipe, "ContainerPipeName"));
    if (strncmp(name, prefix, sizeof(prefix) - 1) == 0)
        name += sizeof(prefix) - 1;
    mount->source = tri_reading_text(in, pipe, "HostPath");
    if (name[0] != '/' && (!*name || strpbrk(name, "/\\") || strcmp(name, ".") == 0 || strcmp(name, "..") == 0))
        return tri_reading_fail(in, -EINVAL, where, "must be a bare name or an absolute path");
    if (name[0] == '/' && strstr(name, "/.."))
        return tri_reading_fail(in, -EINVAL, where, "must not contain '..'");
    if (asprintf(&mount->target, "%s%s", name[0] == '/' ? "" : "/run/hcs/pipes/", name) < 0) {
        mount->target = NULL;
        tri_reading_fail(in, -ENOMEM, NULL, "No memory for the pipe's name");
    }
}

static void read_mounts(struct tri_reading *in, const json_t *container, struct tri_system_spec *spec)
{
    const json_t *directories = json_object_get(container, "MappedDirectories");
    const json_t *pipes = json_object_get(container, "MappedPipes");
    spec->mounts = calloc(json_array_size(directories) + json_array_size(pipes) + 1, sizeof(*spec->mounts));
    if (!spec->mounts)
        return tri_reading_fail(in, -ENOMEM, NULL, "No memory for the mounts");
    char where[WHERE_SIZE];
    size_t index;
    json_t *value;
    json_array_foreach (directories, index, value) {
        snprintf(where, sizeof(where), "$.Container.MappedDirectories[%zu].ContainerPath", index);
        read_directory(in, where, value, &spec->mounts[spec->mount_count++]);
    }
    json_array_foreach (pipes, index, value) {
        snprintf(where, sizeof(where), "$.Container.MappedPipes[%zu].ContainerPipeName", index);
        read_pipe(in, where, value, &spec->mounts[spec->mount_count++]);
    }
}

/* ---- the two forms of a system ---- */

static void read_container(struct tri_reading *in, const json_t *container, struct tri_system_spec *spec)
{
    const json_t *storage = json_object_get(container, "Storage");
    const json_t *networking = json_object_get(container, "Networking");
    spec->host_name = tri_reading_text(in, json_object_get(container, "GuestOs"), "HostName");
    spec->root = tri_reading_text(in, storage, "Path");
    spec->network_namespace = tri_reading_text(in, networking, "Namespace");
    spec->network_of = tri_reading_text(in, networking, "NetworkSharedContainerName");
    spec->dns_search = tri_reading_text(in, networking, "DnsSearchList");
    if (spec->network_namespace && spec->network_of)
        tri_reading_fail(in, -EINVAL, "$.Container.Networking",
                         "names both a namespace and a container to share one with");
    read_layers(in, json_object_get(storage, "Layers"), spec);
    read_mounts(in, container, spec);
    read_limits(in, container, &spec->limits);
}

/* A specification that comes with a bundle's path is that bundle's config.json: what is relative in it is relative to
 * the bundle. The engine takes one of the two. */
static void anchor_root(struct tri_reading *in, const char *bundle, json_t *specification)
{
    json_t *root = json_object_get(specification, "root");
    const char *path = json_string_value(json_object_get(root, "path"));
    if (!bundle || !path || path[0] == '/')
        return;
    json_t *anchored = json_sprintf("%s/%s", bundle, path);
    if (!anchored || json_object_set_new(root, "path", anchored) < 0)
        tri_reading_fail(in, -ENOMEM, NULL, "No memory for the specification");
}

static void read_bundle(struct tri_reading *in, const json_t *hosted, struct tri_system_spec *spec)
{
    TRI_AUTO_FREE char *bundle = tri_reading_text(in, hosted, "OciBundlePath");
    json_t *specification = json_object_get(hosted, "OciSpecification");
    if (json_is_object(specification)) {
        spec->oci_spec = json_incref(specification);
        anchor_root(in, bundle, specification);
    } else {
        spec->oci_bundle = TRI_TAKE(bundle);
    }
    if (!spec->oci_spec && !spec->oci_bundle && in->code == 0)
        tri_reading_fail(in, TRI_COMPUTE_BAD_DOCUMENT, "$.HostedSystem", "needs OciBundlePath or OciSpecification");
}

static void check_version(struct tri_reading *in, const char *where, const json_t *object)
{
    const json_t *version = json_object_get(object, "SchemaVersion");
    if (json_is_object(version) && tri_reading_integer(version, "Major") != 2)
        tri_reading_fail(in, TRI_COMPUTE_BAD_DOCUMENT, where, "must be 2");
}

static void read_body(struct tri_reading *in, const json_t *document, struct tri_system_spec *spec)
{
    const json_t *hosted = json_object_get(document, "HostedSystem");
    if (json_is_object(json_object_get(document, "VirtualMachine")))
        return tri_reading_fail(in, TRI_COMPUTE_NOT_IMPLEMENTED, "$.VirtualMachine", "is not implemented here");
    check_version(in, "$.SchemaVersion.Major", document);
    check_version(in, "$.HostedSystem.SchemaVersion.Major", hosted);
    if (json_is_object(hosted))
        read_bundle(in, hosted, spec);
    else
        read_container(in, json_object_get(document, "Container"), spec);
}

int tri_hcs_read_system(PCWSTR text, struct tri_system_spec **ret, uint32_t *ret_detail, struct tri_error *error)
{
    TRI_AUTO_JSON json_t *document = NULL;
    int r = tri_hcs_document_read(text, &tri_schema_compute_system, &document, error);
    if (r < 0)
        return r;
    struct tri_system_spec *spec = calloc(1, sizeof(*spec));
    if (!spec)
        return tri_error_set(error, -ENOMEM, NULL, "No memory for the system.");
    struct tri_reading in = {.error = error};
    spec->owner = tri_reading_text(&in, document, "Owner");
    spec->terminate_on_last_close = tri_reading_flag(document, "ShouldTerminateOnLastHandleClosed");
    read_body(&in, document, spec);
    *ret_detail =
        (uint32_t)json_array_size(json_object_get(json_object_get(document, "Container"), "MappedDirectories"));
    if (in.code < 0)
        tri_system_spec_free(spec);
    else
        *ret = spec;
    return in.code;
}

/* ---- modify requests ---- */

static void change_memory(struct tri_reading *in, const json_t *settings, struct tri_change *change)
{
    read_memory(in, "$.Settings", json_integer_value(settings), &change->limits);
    if (in->code == 0 && change->limits.memory_bytes == 0)
        tri_reading_fail(in, -EINVAL, "$.Settings", "must not be 0");
}

static void change_processor(struct tri_reading *in, const json_t *settings, struct tri_change *change)
{
    read_processor(in, "$.Settings", settings, &change->limits);
}

static void change_directory(struct tri_reading *in, const json_t *settings, struct tri_change *change)
{
    read_directory(in, "$.Settings.ContainerPath", settings, &change->mount);
}

static void change_pipe(struct tri_reading *in, const json_t *settings, struct tri_change *change)
{
    read_pipe(in, "$.Settings.ContainerPipeName", settings, &change->mount);
}

/* What can be modified: by path and request, the schema of the settings and what they become. */
static const struct resource {
    const char *path, *request;
    enum tri_change_kind kind;
    const struct tri_schema *settings;
    void (*read)(struct tri_reading *in, const json_t *settings, struct tri_change *change);
} resources[] = {
    {"Container/Memory/SizeInMB", "Update", TRI_CHANGE_LIMITS, &tri_schema_u64, change_memory},
    {"Container/Processor", "Update", TRI_CHANGE_LIMITS, &tri_schema_container_processor, change_processor},
    {"Container/MappedDirectories", "Add", TRI_CHANGE_MOUNT, &tri_schema_mapped_directory, change_directory},
    {"Container/MappedDirectories", "Remove", TRI_CHANGE_UNMOUNT, &tri_schema_mapped_directory_removal,
     change_directory},
    {"Container/MappedPipes", "Add", TRI_CHANGE_MOUNT, &tri_schema_mapped_pipe, change_pipe},
    {"Container/MappedPipes", "Remove", TRI_CHANGE_UNMOUNT, &tri_schema_mapped_pipe_removal, change_pipe},
};

static const struct resource *find_resource(const char *path, const char *request, struct tri_error *error)
{
    bool path_known = false;
    for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
        if (strcmp(resources[i].path, path) != 0)
            continue;
        path_known = true;
        /* A limit has nothing to add to: Add, which an absent RequestType means too, sets it as Update does. */
        if (strcmp(resources[i].request, request) == 0 ||
            (strcmp(request, "Add") == 0 && strcmp(resources[i].request, "Update") == 0))
            return &resources[i];
    }
    tri_error_set(error, TRI_COMPUTE_NOT_SUPPORTED, path_known ? "$.RequestType" : "$.ResourcePath",
                  path_known ? "%.100s: This resource does not know the request '%s'."
                             : "No resource of a container has the path '%.100s' (%s).",
                  path, request);
    return NULL;
}

int tri_hcs_read_change(PCWSTR text, struct tri_change *ret, struct tri_error *error)
{
    TRI_AUTO_JSON json_t *document = NULL;
    int r = tri_hcs_document_read(text, &tri_schema_modify_request, &document, error);
    if (r < 0)
        return r;
    const char *path = json_string_value(json_object_get(document, "ResourcePath"));
    const char *request = json_string_value(json_object_get(document, "RequestType"));
    const struct resource *resource = find_resource(path ? path : "", request ? request : "Add", error);
    if (!resource)
        return TRI_COMPUTE_NOT_SUPPORTED;
    const json_t *settings = json_object_get(document, "Settings");
    if (!settings || json_is_null(settings))
        return tri_error_set(error, TRI_COMPUTE_BAD_DOCUMENT, "$.Settings", "$.Settings is missing.");
    r = tri_schema_check(resource->settings, "$.Settings", settings, error);
    if (r < 0)
        return r;
    struct tri_reading in = {.error = error};
    struct tri_change change = {.kind = resource->kind};
    resource->read(&in, settings, &change);
    if (in.code < 0)
        tri_change_clear(&change);
    else
        *ret = change;
    return in.code;
}

void tri_change_clear(struct tri_change *change)
{
    free(change->mount.source);
    free(change->mount.target);
    *change = (struct tri_change){0};
}

/* ---- queries and options ---- */

static bool contains(const json_t *array, const char *text)
{
    size_t index;
    json_t *value;
    json_array_foreach (array, index, value)
        if (strcmp(json_string_value(value), text) == 0)
            return true;
    return false;
}

static json_t *non_empty(const json_t *document, const char *name)
{
    json_t *list = json_object_get(document, name);
    return json_array_size(list) > 0 ? list : NULL;
}

/* Names are ids here: where both lists restrict, what is in both remains. */
static char **read_ids(struct tri_reading *in, const json_t *document, bool *ret_nothing)
{
    json_t *ids = non_empty(document, "Ids"), *names = non_empty(document, "Names");
    if (!ids || !names)
        return ids || names ? tri_reading_strings(in, ids ? ids : names) : NULL;
    TRI_AUTO_JSON json_t *both = json_array();
    size_t index;
    json_t *id;
    json_array_foreach (ids, index, id)
        if (contains(names, json_string_value(id)) && json_array_append(both, id) < 0)
            tri_reading_fail(in, -ENOMEM, NULL, "No memory for the query");
    *ret_nothing = json_array_size(both) == 0;
    return tri_reading_strings(in, both);
}

int tri_hcs_read_filter(PCWSTR text, struct tri_system_filter **ret, struct tri_error *error)
{
    TRI_AUTO_JSON json_t *document = NULL;
    int r = tri_hcs_document_read(text, &tri_schema_system_query, &document, error);
    if (r < 0)
        return r;
    struct tri_system_filter *filter = calloc(1, sizeof(*filter));
    if (!filter)
        return tri_error_set(error, -ENOMEM, NULL, "No memory for the query.");
    struct tri_reading in = {.error = error};
    const json_t *types = non_empty(document, "Types"), *owners = non_empty(document, "Owners");
    bool nothing = false;
    filter->ids = read_ids(&in, document, &nothing);
    filter->owners = owners ? tri_reading_strings(&in, owners) : NULL;
    filter->no_containers = nothing || (types && !contains(types, "Container"));
    if (in.code < 0)
        tri_system_filter_free(filter);
    else
        *ret = filter;
    return in.code;
}

int tri_hcs_read_save_path(PCWSTR text, char **ret, struct tri_error *error)
{
    TRI_AUTO_JSON json_t *document = NULL;
    int r = tri_hcs_document_read(text, &tri_schema_save_options, &document, error);
    if (r < 0)
        return r;
    struct tri_reading in = {.error = error};
    char *path = tri_reading_text(&in, document, "SaveStateFilePath");
    if (in.code == 0)
        *ret = path;
    return in.code;
}
