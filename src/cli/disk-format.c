/* trireme disk format: a new file system on a volume, or on any other partition. */
#include "disk-ask.h"
#include "disk-facts.h"
#include "disk-work.h"
#include "output.h"
#include "text.h"
#include "verbs.h"

struct settings {
    const char *type, *label;
    uint64_t unit_bytes;
    bool full, force, yes;
};

#define FIELD(member) offsetof(struct settings, member)

static const struct tri_option options[] = {
    {"type", 't', "TYPE", tri_parse_text, FIELD(type),
     "ext4 (default), ext3, ext2, xfs, btrfs, fat32, fat, exfat or ntfs"},
    {"label", 'l', "LABEL", tri_parse_text, FIELD(label), "its name"},
    {"unit", 'u', "SIZE", tri_parse_bytes, FIELD(unit_bytes), "the size of its blocks or clusters"},
    {"full", 0, NULL, tri_parse_flag, FIELD(full), "write zeros to every block first"},
    {"force", 'f', NULL, tri_parse_flag, FIELD(force), "unmount it where it is mounted, and mount it again"},
    {"yes", 'y', NULL, tri_parse_flag, FIELD(yes), "do not ask"},
    {0},
};

static HRESULT start(const struct tri_place *place, const struct settings *settings, IVdsAsync **ret)
{
    TRI_AUTO_RELEASE IVdsVolumeMF3 *volume = tri_interface(place->volume, &IID_IVdsVolumeMF3);
    TRI_AUTO_RELEASE IVdsDiskPartitionMF2 *disk = tri_interface(place->disk, &IID_IVdsDiskPartitionMF2);
    TRI_AUTO_FREE PWSTR type = tri_wide(settings->type ? settings->type : "ext4");
    TRI_AUTO_FREE PWSTR label = settings->label ? tri_wide(settings->label) : NULL;
    DWORD how = (settings->full ? 0 : VDS_FSOF_QUICK) | (settings->force ? VDS_FSOF_FORCE : 0);
    ULONG unit = (ULONG)settings->unit_bytes;

    if (volume)
        return IVdsVolumeMF3_FormatEx2(volume, type, 0, unit, label, how, ret);
    return disk ? IVdsDiskPartitionMF2_FormatPartitionEx2(disk, place->offset_bytes, type, 0, unit, label, how, ret)
                : E_NOINTERFACE;
}

static int format(const struct tri_disks *disks, const struct tri_place *place, const struct settings *settings)
{
    TRI_AUTO_DISK_WORK struct tri_disk_work work = {0};
    TRI_AUTO_FREE char *doing = tri_text_format("formatting %s", place->name);
    IVdsAsync *async = NULL;

    HRESULT hr = start(place, settings, &async);
    if (FAILED(tri_disk_work_wait(&work, disks, doing, hr, async))) {
        bool is_told = FAILED(hr) || work.result == VDS_E_OPERATION_CANCELED; /* its sentence says what is left */
        TRI_AUTO_FREE char *name = is_told ? tri_text_format("%s", place->name) : tri_facts_name_now(disks, place);
        return tri_disk_work_fail(&work, "format", name);
    }
    tri_print_line(disks->cli, place->name);
    if (disks->cli->json)
        tri_print_document(tri_facts_place(disks, place));
    return TRI_EXIT_OK;
}

static int run(struct tri_cli *cli)
{
    const struct settings *settings = cli->settings;
    TRI_AUTO_DISKS struct tri_disks disks = {0};
    TRI_AUTO_PLACE struct tri_place place = {0};

    if (settings->unit_bytes > UINT32_MAX)
        return tri_fail(cli, "--unit is larger than any file system has");
    int status = tri_disks_open(&disks, cli);
    if (!status)
        status = tri_place_find(&disks, "format", cli->argv[0], TRI_PLACE_VOLUME, &place);
    if (!status)
        status = tri_disk_ask_erase(&disks, &place, "format", settings->force, settings->yes);
    return status ? status : format(&disks, &place, settings);
}

const struct tri_verb tri_verb_disk_format = {
    .name = "disk format",
    .arguments = "VOLUME",
    .summary = "make a file system on a volume, which erases it",
    .example = "trireme disk format --type ntfs --label data loop0p1",
    .options = options,
    .settings_size = sizeof(struct settings),
    .argc_min = 1,
    .argc_max = 1,
    .run = run,
};
