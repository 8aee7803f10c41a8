/* trireme disk detach: an attached image is a file again, or nothing at all. */
#include "disk-ask.h"
#include "disk-facts.h"
#include "output.h"
#include "verbs.h"

struct settings {
    bool delete, yes;
};

static const struct tri_option options[] = {
    {"delete", 0, NULL, tri_parse_flag, offsetof(struct settings, delete), "delete the image's file, too"},
    {"yes", 'y', NULL, tri_parse_flag, offsetof(struct settings, yes), "do not ask before it is deleted"},
    {0},
};

static int ask(const struct tri_disks *disks, const struct settings *settings, const struct tri_place *place)
{
    json_t *facts = tri_facts_place(disks, place);
    const json_t *disk = json_object_get(facts, "Disk");
    TRI_AUTO_FREE char *holds = json_is_object(disk) ? tri_facts_text(disk) : tri_text_format("%s", "an image");
    TRI_AUTO_FREE char *what = tri_text_format("delete the file %s (%s)", place->name, holds);

    json_decref(facts);
    return tri_disk_ask(disks->cli, settings->yes, what);
}

static int detach(const struct tri_disks *disks, const struct settings *settings, const struct tri_place *place)
{
    TRI_AUTO_RELEASE IVdsOpenVDisk *open = NULL;
    HRESULT hr = IVdsVDisk_Open(place->image, VIRTUAL_DISK_ACCESS_DETACH, OPEN_VIRTUAL_DISK_FLAG_NONE, 1, &open);

    if (SUCCEEDED(hr))
        hr = settings->delete ? IVdsOpenVDisk_DetachAndDelete(open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0)
                              : IVdsOpenVDisk_Detach(open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0);
    if (FAILED(hr))
        return tri_disks_fail(disks, hr, "cannot detach %s", place->name);
    tri_print_line(disks->cli, place->name);
    if (disks->cli->json)
        tri_print_document(json_pack("{s:s, s:b}", "Path", place->name, "Deleted", settings->delete));
    return TRI_EXIT_OK;
}

static char *image_path(const struct tri_disks *disks, const struct tri_place *place)
{
    json_t *facts = tri_facts_place(disks, place);
    const char *path = facts ? json_string_value(json_object_get(facts, "Path")) : NULL;
    char *result = tri_text_format("%s", path ? path : place->name);

    json_decref(facts);
    return result;
}

static int run(struct tri_cli *cli)
{
    const struct settings *settings = cli->settings;
    TRI_AUTO_DISKS struct tri_disks disks;
    TRI_AUTO_PLACE struct tri_place place = {0};
    int status = tri_disks_open(&disks, cli);

    if (!status)
        status = tri_place_find(&disks, "detach", cli->argv[0], TRI_PLACE_IMAGE, &place);
    if (status)
        return status;
    TRI_AUTO_FREE char *old_name = place.name;
    place.name = image_path(&disks, &place);
    if (settings->delete)
        status = ask(&disks, settings, &place);
    return status ? status : detach(&disks, settings, &place);
}

const struct tri_verb tri_verb_disk_detach = {
    .name = "disk detach",
    .arguments = "IMAGE|DISK",
    .summary = "make an attached image a plain file again",
    .example = "trireme disk detach data.vhdx",
    .options = options,
    .settings_size = sizeof(struct settings),
    .argc_min = 1,
    .argc_max = 1,
    .run = run,
};
