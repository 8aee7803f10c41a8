/* trireme disk convert: an image copied into another format. */
#include "disk-image.h"
#include "disk-place.h"
#include "disk-work.h"
#include "output.h"
#include "text.h"
#include "verbs.h"

struct settings {
    VIRTUAL_STORAGE_TYPE type;
    bool fixed;
};

static const struct tri_option options[] = {
    {"format", 'f', "FORMAT", tri_parse_image_format, offsetof(struct settings, type),
     "raw, vhd, vhdx or qcow2 (default: by the target's ending, else raw)"},
    {"fixed", 0, NULL, tri_parse_flag, offsetof(struct settings, fixed), "give the file room for every block"},
    {0},
};

static int convert(const struct tri_disks *disks, const struct tri_place *source, const char *target)
{
    const struct settings *settings = disks->cli->settings;
    TRI_AUTO_DISK_WORK struct tri_disk_work work = {0};
    TRI_AUTO_RELEASE ITriremeImage *image = tri_interface(source->image, &IID_ITriremeImage);
    VIRTUAL_STORAGE_TYPE type = tri_image_type(&settings->type, target);
    TRI_AUTO_FREE PWSTR wide = tri_wide(target);
    TRI_AUTO_FREE char *doing = tri_text_format("converting %s", source->name);
    IVdsAsync *async = NULL;

    ULONG flags = settings->fixed ? CREATE_VIRTUAL_DISK_FLAG_FULL_PHYSICAL_ALLOCATION : CREATE_VIRTUAL_DISK_FLAG_NONE;
    HRESULT hr = image ? ITriremeImage_Convert(image, &type, wide, flags, &async) : E_NOINTERFACE;
    if (FAILED(tri_disk_work_wait(&work, disks, doing, hr, async)))
        return tri_disk_work_fail(&work, "convert", source->name);
    tri_print_line(disks->cli, target);
    if (disks->cli->json)
        tri_print_document(json_pack("{s:s, s:s}", "Path", target, "Source", source->name));
    return TRI_EXIT_OK;
}

static int run(struct tri_cli *cli)
{
    TRI_AUTO_FREE char *target = tri_image_new_path(cli, "create", cli->argv[1]);
    TRI_AUTO_DISKS struct tri_disks disks = {0};
    TRI_AUTO_PLACE struct tri_place source = {0};

    if (!target)
        return TRI_EXIT_FAILED;
    int status = tri_disks_open(&disks, cli);
    if (!status)
        status = tri_place_find(&disks, "convert", cli->argv[0], TRI_PLACE_IMAGE, &source);
    return status ? status : convert(&disks, &source, target);
}

const struct tri_verb tri_verb_disk_convert = {
    .name = "disk convert",
    .arguments = "IMAGE TARGET",
    .summary = "copy an image into another format",
    .example = "trireme disk convert data.vhdx data.qcow2",
    .options = options,
    .settings_size = sizeof(struct settings),
    .argc_min = 2,
    .argc_max = 2,
    .run = run,
};
