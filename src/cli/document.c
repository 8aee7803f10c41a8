#include "document.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "terminal.h"

#define FIELD(member) offsetof(struct tri_process_settings, member)

/* NAME=VALUE, or NAME for our own value. */
static const char *parse_variable(const char *value, void *field)
{
    const char *ours = strchr(value, '=') ? NULL : getenv(value);

    if (!*value || *value == '=')
        return "has no NAME";
    return ours && !tri_is_utf8(ours) ? "has a value that is not UTF-8" : tri_parse_list(value, field);
}

const struct tri_option tri_process_options[] = {
    {"detach", 'd', NULL, tri_parse_flag, FIELD(detach), "leave it in the background, without streams"},
    {"env", 'e', "NAME[=VALUE]", parse_variable, FIELD(environment),
     "set a variable of its environment; without =VALUE, to ours"},
    {"interactive", 'i', NULL, tri_parse_flag, FIELD(interactive), "pass the standard input on"},
    {"tty", 't', NULL, tri_parse_flag, FIELD(tty), "give it a terminal"},
    {"user", 'u', "USER[:GROUP]", tri_parse_text, FIELD(user), "be this user of the container (default: root)"},
    {"workdir", 'w', "FOLDER", tri_parse_text, FIELD(folder), "start in this folder of the container (default: /)"},
    {0},
};

const char *tri_parse_volume(const char *value, void *field)
{
    json_t **volumes = field;
    const char *target = strchr(value, ':');
    const char *option = target ? strchr(target + 1, ':') : NULL;

    if (!target || target == value || target[1] != '/')
        return "is not HOST:CONTAINER[:ro] with an absolute CONTAINER path";
    if (option && strcmp(option, ":ro") && strcmp(option, ":rw"))
        return "ends with an unknown option; ro and rw are known";
    TRI_AUTO_FREE char *given = tri_checked(strndup(value, (size_t)(target - value)));
    TRI_AUTO_FREE char *source = realpath(given, NULL);
    if (!source)
        return "names a host path that does not exist";
    if (!tri_is_utf8(source))
        return "names a host path that is not UTF-8";

    if (!*volumes)
        *volumes = tri_checked(json_array());
    json_t *volume = json_pack("{s:s, s:s%, s:b}", "HostPath", source, "ContainerPath", target + 1,
                               option ? (size_t)(option - target - 1) : strlen(target + 1), "ReadOnly",
                               option && !strcmp(option, ":ro"));
    json_array_append_new(*volumes, tri_checked(volume));
    return NULL;
}

const char *tri_process_conflict(const struct tri_process_settings *settings)
{
    if (settings->detach && (settings->interactive || settings->tty))
        return "--detach does not go with --interactive or --tty: nothing is there to be attached to";
    return NULL;
}

const char *tri_document_conflict(const struct tri_run_settings *settings)
{
    if (!!settings->root + !!settings->layers.count + !!settings->bundle > 1)
        return "--rootfs, --layer and --bundle exclude each other";
    if (settings->scratch && !settings->layers.count)
        return "--scratch holds what is written above layers: it needs --layer";
    return tri_process_conflict(&settings->process);
}

static json_t *strings(const char *const *items, size_t count)
{
    json_t *array = tri_checked(json_array());

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, tri_checked(json_string(items[i])));
    return array;
}

static json_t *storage_document(const struct tri_run_settings *settings)
{
    json_t *layers = NULL;

    if (settings->root)
        return json_pack("{s:s}", "Path", settings->root);
    if (!settings->layers.count)
        return NULL;
    layers = tri_checked(json_array());
    for (size_t i = 0; i < settings->layers.count; i++)
        json_array_append_new(layers, json_pack("{s:s}", "Path", settings->layers.items[i]));
    return json_pack("{s:o, s:s*}", "Layers", layers, "Path", settings->scratch);
}

/* A whole number of processors is a Count; a part of one is a share of all, in hundredths of a percent. */
static json_t *processor_document(const struct tri_run_settings *settings)
{
    json_t *processor = tri_checked(json_object());
    double online = (double)sysconf(_SC_NPROCESSORS_ONLN);

    if (settings->cpus > 0 && settings->cpus == floor(settings->cpus))
        json_object_set_new(processor, "Count", json_integer((json_int_t)settings->cpus));
    else if (settings->cpus > 0)
        json_object_set_new(processor, "Maximum",
                            json_integer(lround(fmax(1, fmin(10000, settings->cpus / online * 10000)))));
    if (settings->cpu_weight)
        json_object_set_new(processor, "Weight", json_integer(settings->cpu_weight));
    return processor;
}

static json_t *network_document(const char *network)
{
    static const char shared[] = "container:";

    if (!network || !strcmp(network, "none"))
        return NULL;
    if (!strncmp(network, shared, strlen(shared)))
        return json_pack("{s:s}", "NetworkSharedContainerName", network + strlen(shared));
    return json_pack("{s:s}", "Namespace", strcmp(network, "host") ? network : "/proc/self/ns/net");
}

/* What was not asked for is NULL, and json_object_set leaves it out. */
static json_t *container_document(const struct tri_run_settings *settings)
{
    json_t *container = tri_checked(json_object());

    if (settings->host_name)
        json_object_set_new(container, "GuestOs", json_pack("{s:s}", "HostName", settings->host_name));
    if (settings->memory_mb)
        json_object_set_new(container, "Memory", json_pack("{s:I}", "SizeInMB", (json_int_t)settings->memory_mb));
    if (settings->cpus > 0 || settings->cpu_weight)
        json_object_set_new(container, "Processor", processor_document(settings));
    json_object_set(container, "MappedDirectories", settings->volumes);
    json_object_set_new(container, "Storage", storage_document(settings));
    json_object_set_new(container, "Networking", network_document(settings->network));
    return container;
}

json_t *tri_document_system(const struct tri_run_settings *settings)
{
    json_t *document = json_pack("{s:s, s:{s:i, s:i}, s:b}", "Owner", settings->owner ? settings->owner : "trireme",
                                 "SchemaVersion", "Major", 2, "Minor", 1, "ShouldTerminateOnLastHandleClosed", true);

    if (settings->bundle)
        json_object_set_new(document, "HostedSystem",
                            json_pack("{s:{s:i, s:i}, s:s}", "SchemaVersion", "Major", 2, "Minor", 1, "OciBundlePath",
                                      settings->bundle));
    else
        json_object_set_new(document, "Container", container_document(settings));
    return tri_checked(document);
}

static json_t *environment_document(const struct tri_process_settings *settings)
{
    json_t *environment = tri_checked(json_object());
    const char *terminal = getenv("TERM");

    if (settings->tty && terminal)
        json_object_set_new(environment, "TERM", json_string(terminal));
    for (size_t i = 0; i < settings->environment.count; i++) {
        const char *item = settings->environment.items[i];
        const char *value = strchr(item, '=');
        TRI_AUTO_FREE char *name = tri_checked(strndup(item, strcspn(item, "=")));
        value = value ? value + 1 : getenv(name);
        if (value)
            json_object_set_new(environment, name, json_string(value));
    }
    return environment;
}

static void add_command(json_t *document, const struct tri_process_settings *settings, char *const *args)
{
    size_t count = 0;

    while (args[count])
        count++;
    json_object_set_new(document, "CommandArgs", strings((const char *const *)args, count));
    json_object_set_new(document, "Environment", environment_document(settings));
    if (settings->user)
        json_object_set_new(document, "User", json_string(settings->user));
    if (settings->folder)
        json_object_set_new(document, "WorkingDirectory", json_string(settings->folder));
}

static void add_terminal(json_t *document)
{
    struct tri_terminal_size size = tri_terminal_size();

    json_object_set_new(document, "EmulateConsole", json_true());
    if (size.rows)
        json_object_set_new(document, "ConsoleSize", json_pack("[i, i]", size.rows, size.columns));
}

json_t *tri_document_process(const struct tri_process_settings *settings, char *const *args)
{
    bool attached = !settings->detach;
    json_t *document = json_pack("{s:b, s:b, s:b}", "CreateStdInPipe", settings->interactive, "CreateStdOutPipe",
                                 attached, "CreateStdErrPipe", attached && !settings->tty);

    if (args[0])
        add_command(document, settings, args);
    if (settings->tty)
        add_terminal(document);
    return tri_checked(document);
}
