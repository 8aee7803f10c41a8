#include "compute/spec.h"

#include <stdlib.h>

#include "compute/system.h"

void tri_strings_free(char **strings)
{
    for (char **s = strings; s && *s; s++)
        free(*s);
    free(strings);
}

void tri_system_spec_free(struct tri_system_spec *spec)
{
    if (!spec)
        return;
    for (size_t i = 0; spec->layers && i < spec->layer_count; i++)
        free(spec->layers[i]);
    for (size_t i = 0; spec->mounts && i < spec->mount_count; i++) {
        free(spec->mounts[i].source);
        free(spec->mounts[i].target);
    }
    free(spec->layers);
    free(spec->mounts);
    free(spec->owner);
    free(spec->host_name);
    free(spec->root);
    free(spec->network_namespace);
    free(spec->network_of);
    free(spec->dns_search);
    free(spec->oci_bundle);
    json_decref(spec->oci_spec);
    free(spec);
}

void tri_process_spec_free(struct tri_process_spec *spec)
{
    if (!spec)
        return;
    tri_strings_free(spec->args);
    tri_strings_free(spec->env);
    free(spec->cwd);
    free(spec->user);
    json_decref(spec->oci_process);
    free(spec);
}

void tri_system_filter_free(struct tri_system_filter *filter)
{
    if (!filter)
        return;
    tri_strings_free(filter->ids);
    tri_strings_free(filter->owners);
    free(filter);
}
