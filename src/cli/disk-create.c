/* trireme disk create: a new image. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "disk-facts.h"
#include "disk-image.h"
#include "disk-work.h"
#include "output.h"
#include "text.h"
#include "verbs.h"

struct settings {
    VIRTUAL_STORAGE_TYPE type;
    bool fixed;
    const char *parent, *source;
};

static const struct tri_option options[] = {
    {"format", 'f', "FORMAT", tri_parse_image_format, offsetof(struct settings, type),
     "raw, vhd, vhdx or qcow2 (default: by the name's ending, else raw)"},
    {"fixed", 0, NULL, tri_parse_flag, offsetof(struct settings, fixed), "give the file room for every block now"},
    {"parent", 0, "IMAGE", tri_parse_text, offsetof(struct settings, parent), "keep only what differs from this image"},
    {"from", 0, "SOURCE", tri_parse_text, offsetof(struct settings, source), "copy this image or device"},
    {0},
};

/* Newly allocated; NULL where the text is. Otherwise 0 or the exit status. */
static int absolute(const struct tri_cli *cli, const char *text, PWSTR *ret)
{
    TRI_AUTO_FREE char *path = text ? realpath(text, NULL) : NULL;

    *ret = NULL;
    if (text && !path)
        return tri_fail_because(cli, VDS_E_PATH_NOT_FOUND, "it does not exist", "cannot use %s", text);
    if (path)
        *ret = tri_wide(path);
    return 0;
}

static int print(struct tri_disk_work *work, const char *path)
{
    const struct tri_cli *cli = work->disks->cli;
    TRI_AUTO_RELEASE IVdsVDisk *image = tri_interface(work->output.cvd.pVDiskUnk, &IID_IVdsVDisk);
    const struct tri_place place = {.kind = TRI_PLACE_IMAGE, .image = image};
    json_t *facts = cli->json && image ? tri_facts_place(work->disks, &place) : NULL;

    tri_print_line(cli, path);
    if (cli->json)
        tri_print_document(facts ? facts : json_pack("{s:s}", "Path", path));
    return TRI_EXIT_OK;
}

static int create(const struct tri_disks *disks, const struct settings *settings, const char *path,
                  VDS_CREATE_VDISK_PARAMETERS *parameters)
{
    TRI_AUTO_DISK_WORK struct tri_disk_work work = {0};
    VIRTUAL_STORAGE_TYPE type = tri_image_type(&settings->type, path);
    TRI_AUTO_FREE PWSTR wide = tri_wide(path);
    TRI_AUTO_FREE char *doing = tri_text_format("creating %s", path);
    IVdsAsync *async = NULL;

    HRESULT hr = IVdsVdProvider_CreateVDisk(disks->images, &type, wide, NULL,
                                            settings->fixed ? CREATE_VIRTUAL_DISK_FLAG_FULL_PHYSICAL_ALLOCATION
                                                            : CREATE_VIRTUAL_DISK_FLAG_NONE,
                                            0, 0, parameters, &async);
    hr = tri_disk_work_wait(&work, disks, doing, hr, async);
    return FAILED(hr) ? tri_disk_work_fail(&work, "create", path) : print(&work, path);
}

static int run(struct tri_cli *cli)
{
    const struct settings *settings = cli->settings;
    VDS_CREATE_VDISK_PARAMETERS parameters = {0};
    TRI_AUTO_FREE PWSTR parent = NULL;
    TRI_AUTO_FREE PWSTR source = NULL;
    TRI_AUTO_DISKS struct tri_disks disks = {0};

    if (settings->parent && settings->source)
        return tri_fail(cli, "--parent and --from exclude each other");
    if (cli->argc < 2 && !settings->parent && !settings->source)
        return tri_fail(cli, "no SIZE is given, and neither --parent nor --from, which say it; see `trireme %s --help`",
                        cli->verb->name);
    const char *wrong = cli->argc > 1 ? tri_parse_bytes(cli->argv[1], &parameters.MaximumSize) : NULL;
    if (wrong)
        return tri_fail(cli, "%s: it %s", cli->argv[1], wrong);
    int status = absolute(cli, settings->parent, &parent);
    if (!status)
        status = absolute(cli, settings->source, &source);
    TRI_AUTO_FREE char *path = status ? NULL : tri_image_new_path(cli, "create", cli->argv[0]);
    if (!path)
        return TRI_EXIT_FAILED;
    parameters.pParentPath = parent;
    parameters.pSourcePath = source;
    status = tri_disks_open(&disks, cli);
    return status ? status : create(&disks, settings, path, &parameters);
}

const struct tri_verb tri_verb_disk_create = {
    .name = "disk create",
    .arguments = "IMAGE [SIZE]",
    .summary = "make an image: an empty one, or a copy",
    .example = "trireme disk create data.vhdx 10G",
    .options = options,
    .settings_size = sizeof(struct settings),
    .argc_min = 1,
    .argc_max = 2,
    .run = run,
};
