/* trireme disk check: looks for damage in a file system or an image. */
#include "disk-place.h"
#include "disk-work.h"
#include "output.h"
#include "verbs.h"

struct settings {
    bool repair;
};

static const struct tri_option options[] = {
    {"repair", 0, NULL, tri_parse_flag, offsetof(struct settings, repair), "repair what is found"},
    {0},
};

static int check(const struct tri_disks *disks, const struct tri_place *place, bool repair)
{
    TRI_AUTO_DISK_WORK struct tri_disk_work work = {0};
    void *object = place->kind == TRI_PLACE_IMAGE ? (void *)place->image : (void *)place->volume;
    TRI_AUTO_RELEASE ITriremeCheck *checker = tri_interface(object, &IID_ITriremeCheck);
    TRI_AUTO_FREE char *doing = tri_text_format("checking %s", place->name);
    IVdsAsync *async = NULL;

    if (!checker)
        return tri_fail_because(disks->cli, VDS_E_NOT_SUPPORTED,
                                "it is a partition that the system keeps for itself, and no volume", "cannot check %s",
                                place->name);
    HRESULT hr = ITriremeCheck_Check(checker, repair ? TRIREME_CHECK_REPAIR : 0, &async);
    if (FAILED(tri_disk_work_wait(&work, disks, doing, hr, async)))
        return tri_disk_work_fail(&work, "check", place->name);
    TRI_AUTO_FREE char *line = tri_text_format("%s: no damage", place->name);
    tri_print_line(disks->cli, line);
    if (disks->cli->json)
        tri_print_document(json_pack("{s:s, s:b}", "Name", place->name, "Healthy", 1));
    return TRI_EXIT_OK;
}

static int run(struct tri_cli *cli)
{
    const struct settings *settings = cli->settings;
    TRI_AUTO_DISKS struct tri_disks disks = {0};
    TRI_AUTO_PLACE struct tri_place place = {0};
    int status = tri_disks_open(&disks, cli);

    if (!status)
        status = tri_place_find(&disks, "check", cli->argv[0], TRI_PLACE_VOLUME | TRI_PLACE_IMAGE, &place);
    return status ? status : check(&disks, &place, settings->repair);
}

const struct tri_verb tri_verb_disk_check = {
    .name = "disk check",
    .arguments = "VOLUME|IMAGE",
    .summary = "look for damage in a file system or an image",
    .example = "trireme disk check --repair loop0p1",
    .options = options,
    .settings_size = sizeof(struct settings),
    .argc_min = 1,
    .argc_max = 1,
    .run = run,
};
