/* trireme disk attach: an image becomes a disk. */
#include "disk-facts.h"
#include "disk-work.h"
#include "output.h"
#include "verbs.h"

struct settings {
    bool read_only;
};

static const struct tri_option options[] = {
    {"read-only", 'r', NULL, tri_parse_flag, offsetof(struct settings, read_only), "allow no writing to it"},
    {0},
};

static int print(const struct tri_disks *disks, const struct tri_place *place)
{
    TRI_AUTO_RELEASE IVdsDisk *disk = tri_place_disk_of_image(disks, place->image);
    TRI_AUTO_FREE char *device = NULL;
    HRESULT hr = disk ? tri_disk_device(disk, &device) : VDS_E_OBJECT_DELETED;

    if (FAILED(hr))
        return tri_disks_fail(disks, hr, "cannot find the disk of %s", place->name);
    tri_print_line(disks->cli, device);
    if (disks->cli->json)
        tri_print_document(tri_facts_disk(disks, disk));
    return TRI_EXIT_OK;
}

static int attach(const struct tri_disks *disks, const struct tri_place *place, bool read_only)
{
    TRI_AUTO_DISK_WORK struct tri_disk_work work = {0};
    TRI_AUTO_RELEASE IVdsOpenVDisk *open = NULL;
    TRI_AUTO_FREE char *doing = tri_text_format("attaching %s", place->name);
    IVdsAsync *async = NULL;

    HRESULT hr = IVdsVDisk_Open(place->image, read_only ? VIRTUAL_DISK_ACCESS_ATTACH_RO : VIRTUAL_DISK_ACCESS_ATTACH_RW,
                                OPEN_VIRTUAL_DISK_FLAG_NONE, 1, &open);
    if (SUCCEEDED(hr))
        hr = IVdsOpenVDisk_Attach(open, NULL,
                                  (read_only ? ATTACH_VIRTUAL_DISK_FLAG_READ_ONLY : ATTACH_VIRTUAL_DISK_FLAG_NONE) |
                                      ATTACH_VIRTUAL_DISK_FLAG_PERMANENT_LIFETIME,
                                  0, 0, &async);
    if (FAILED(tri_disk_work_wait(&work, disks, doing, hr, async)))
        return tri_disk_work_fail(&work, "attach", place->name);
    return print(disks, place);
}

static int run(struct tri_cli *cli)
{
    const struct settings *settings = cli->settings;
    TRI_AUTO_DISKS struct tri_disks disks;
    TRI_AUTO_PLACE struct tri_place place = {0};
    int status = tri_disks_open(&disks, cli);

    if (!status)
        status = tri_place_find(&disks, "attach", cli->argv[0], TRI_PLACE_IMAGE, &place);
    return status ? status : attach(&disks, &place, settings->read_only);
}

const struct tri_verb tri_verb_disk_attach = {
    .name = "disk attach",
    .arguments = "IMAGE",
    .summary = "make a disk of an image, and print its device",
    .example = "trireme disk attach --read-only data.vhdx",
    .options = options,
    .settings_size = sizeof(struct settings),
    .argc_min = 1,
    .argc_max = 1,
    .run = run,
};
