/* trireme disk clean: a disk without a table and without anything that was on it. */
#include "disk-ask.h"
#include "disk-facts.h"
#include "disk-work.h"
#include "output.h"
#include "verbs.h"

struct settings {
    bool full, force, yes;
};

static const struct tri_option options[] = {
    {"full", 0, NULL, tri_parse_flag, offsetof(struct settings, full), "write zeros to every block"},
    {"force", 'f', NULL, tri_parse_flag, offsetof(struct settings, force), "unmount what is mounted of it"},
    {"yes", 'y', NULL, tri_parse_flag, offsetof(struct settings, yes), "do not ask"},
    {0},
};

static int clean(const struct tri_disks *disks, const struct settings *settings, const struct tri_place *place)
{
    TRI_AUTO_DISK_WORK struct tri_disk_work work = {0};
    TRI_AUTO_RELEASE IVdsAdvancedDisk *disk = tri_interface(place->disk, &IID_IVdsAdvancedDisk);
    TRI_AUTO_FREE char *doing = tri_text_format("cleaning %s", place->name);
    IVdsAsync *async = NULL;

    HRESULT hr = disk ? IVdsAdvancedDisk_Clean(disk, TRUE, TRUE, settings->full, &async) : E_NOINTERFACE;
    if (FAILED(tri_disk_work_wait(&work, disks, doing, hr, async))) {
        bool is_told = FAILED(hr) || work.result == VDS_E_OPERATION_CANCELED; /* its sentence says what is left */
        TRI_AUTO_FREE char *name = is_told ? tri_text_format("%s", place->name) : tri_facts_name_now(disks, place);
        return tri_disk_work_fail(&work, "clean", name);
    }
    tri_print_line(disks->cli, place->name);
    if (disks->cli->json)
        tri_print_document(tri_facts_place(disks, place));
    return TRI_EXIT_OK;
}

static int run(struct tri_cli *cli)
{
    const struct settings *settings = cli->settings;
    TRI_AUTO_DISKS struct tri_disks disks;
    TRI_AUTO_PLACE struct tri_place place = {0};
    int status = tri_disks_open(&disks, cli);

    if (!status)
        status = tri_place_find(&disks, "clean", cli->argv[0], TRI_PLACE_DISK, &place);
    if (!status)
        status = tri_disk_ask_erase(&disks, &place, "clean", settings->force, settings->yes);
    return status ? status : clean(&disks, settings, &place);
}

const struct tri_verb tri_verb_disk_clean = {
    .name = "disk clean",
    .arguments = "DISK",
    .summary = "erase a disk: its table, its partitions, what is in them",
    .example = "trireme disk clean --full loop0",
    .options = options,
    .settings_size = sizeof(struct settings),
    .argc_min = 1,
    .argc_max = 1,
    .run = run,
};
