/* The documents of `run` and `exec`, made of their options. */
#ifndef TRI_CLI_DOCUMENT_H
#define TRI_CLI_DOCUMENT_H

#include <jansson.h>

#include "options.h"

struct tri_process_settings {
    bool detach, interactive, tty;
    struct tri_list environment; /* NAME=VALUE, or NAME: our own value */
    const char *folder, *user;
};

/* The options of the above; for verbs whose settings begin with it. */
extern const struct tri_option tri_process_options[];

struct tri_run_settings {
    struct tri_process_settings process;
    const char *id, *owner, *host_name, *network;
    char *root, *scratch, *bundle;
    struct tri_list layers;
    json_t *volumes; /* array of MappedDirectory, or NULL */
    uint64_t memory_mb;
    double cpus;
    uint32_t cpu_weight, timeout_s;
};

/* Option --volume, HOST:CONTAINER[:ro]: appends to tri_run_settings.volumes. */
tri_option_parser tri_parse_volume;

/* NULL, or why the options do not go together. */
const char *tri_process_conflict(const struct tri_process_settings *settings);
const char *tri_document_conflict(const struct tri_run_settings *settings);

/* A ComputeSystem document. */
json_t *tri_document_system(const struct tri_run_settings *settings);

/* A ProcessParameters document; args, ended by NULL; its first NULL: the container's own process. */
json_t *tri_document_process(const struct tri_process_settings *settings, char *const *args);

#endif
