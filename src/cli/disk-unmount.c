/* trireme disk unmount: from one place, or a volume from all of its places. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "disk-facts.h"
#include "output.h"
#include "text.h"
#include "verbs.h"

struct settings {
    bool force;
};

static const struct tri_option options[] = {
    {"force", 'f', NULL, tri_parse_flag, offsetof(struct settings, force), "also where files of it are open"},
    {0},
};

static HRESULT remove_path(IVdsVolumeMF *volume, const char *path, bool force)
{
    TRI_AUTO_FREE PWSTR wide = tri_wide(path);

    return IVdsVolumeMF_DeleteAccessPath(volume, wide, force);
}

/* The last that was mounted first, for it may lie below another. */
static int unmount(const struct tri_disks *disks, const struct tri_place *place, json_t *paths)
{
    const struct settings *settings = disks->cli->settings;
    TRI_AUTO_RELEASE IVdsVolumeMF *volume = tri_interface(place->volume, &IID_IVdsVolumeMF);

    if (!volume || !json_array_size(paths))
        return tri_fail_because(disks->cli, VDS_E_VOLUME_NOT_MOUNTED, "it is not mounted", "cannot unmount %s",
                                place->name);
    for (size_t i = json_array_size(paths); i-- > 0;) {
        const char *path = json_string_value(json_array_get(paths, i));
        HRESULT hr = remove_path(volume, path, settings->force);
        if (FAILED(hr))
            return tri_disks_fail(disks, hr, "cannot unmount %s from %s", place->name, path);
        tri_print_line(disks->cli, path);
    }
    if (disks->cli->json)
        tri_print_document(json_pack("{s:s, s:O}", "Device", place->name, "AccessPaths", paths));
    return TRI_EXIT_OK;
}

static bool is_mount_path(const char *text)
{
    struct stat status;

    if (isalpha((unsigned char)text[0]) && text[1] == ':' && (!text[2] || !strcmp(text + 2, "\\")))
        return true;
    return stat(text, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Where the verb is to unmount it: the one place that was named, or all. */
static json_t *paths_of(const struct tri_disks *disks, const struct tri_place *place, const char *text)
{
    json_t *facts = tri_facts_place(disks, place), *own = json_object_get(facts, "AccessPaths");
    TRI_AUTO_FREE char *real = is_mount_path(text) ? realpath(text, NULL) : NULL;
    json_t *paths = tri_checked(json_array()), *path;
    size_t i;

    json_array_foreach (own, i, path) {
        const char *known = json_string_value(path);
        bool is_letter = isalpha((unsigned char)known[0]) && known[1] == ':';
        if (!is_mount_path(text) || (real ? !strcmp(known, real) : is_letter && !strncasecmp(known, text, 2)))
            json_array_append(paths, path);
    }
    json_decref(facts);
    return paths;
}

static int run(struct tri_cli *cli)
{
    TRI_AUTO_DISKS struct tri_disks disks = {0};
    TRI_AUTO_PLACE struct tri_place place = {0};
    const char *text = cli->argv[0];
    int status = tri_disks_open(&disks, cli);

    if (!status)
        status = is_mount_path(text) ? tri_place_find_mounted(&disks, "unmount", text, &place)
                                     : tri_place_find(&disks, "unmount", text, TRI_PLACE_VOLUME, &place);
    if (status)
        return status;
    json_t *paths = paths_of(&disks, &place, text);
    status = unmount(&disks, &place, paths);
    json_decref(paths);
    return status;
}

const struct tri_verb tri_verb_disk_unmount = {
    .name = "disk unmount",
    .arguments = "VOLUME|FOLDER|X:",
    .summary = "unmount a volume",
    .example = "trireme disk unmount /mnt",
    .options = options,
    .settings_size = sizeof(struct settings),
    .argc_min = 1,
    .argc_max = 1,
    .run = run,
};
