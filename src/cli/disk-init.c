/* trireme disk init: an empty partition table on a raw disk. */
#include <strings.h>

#include "disk-ask.h"
#include "disk-facts.h"
#include "output.h"
#include "signals.h"
#include "text.h"
#include "verbs.h"

struct settings {
    VDS_PARTITION_STYLE style;
    bool yes;
};

static const char *parse_style(const char *value, void *field)
{
    VDS_PARTITION_STYLE *style = field;

    if (strcasecmp(value, "gpt") && strcasecmp(value, "mbr"))
        return "is neither gpt nor mbr";
    *style = strcasecmp(value, "mbr") ? VDS_PST_GPT : VDS_PST_MBR;
    return NULL;
}

static const struct tri_option options[] = {
    {"style", 's', "STYLE", parse_style, offsetof(struct settings, style), "gpt (default) or mbr"},
    {"yes", 'y', NULL, tri_parse_flag, offsetof(struct settings, yes), "do not ask"},
    {0},
};

static HRESULT initialise(const struct tri_disks *disks, IVdsDisk *disk, VDS_PARTITION_STYLE style)
{
    TRI_OUTLAST_SIGNALS;
    TRI_AUTO_RELEASE IVdsPack *pack = NULL;
    VDS_DISK_PROP prop = {0};
    HRESULT hr = IVdsDisk_GetProperties(disk, &prop);

    if (SUCCEEDED(hr))
        hr = IVdsSwProvider_CreatePack(disks->software, &pack);
    if (SUCCEEDED(hr))
        hr = IVdsPack_AddDisk(pack, prop.id, style, FALSE);
    tri_disk_prop_clear(&prop);
    return hr;
}

static int run(struct tri_cli *cli)
{
    const struct settings *settings = cli->settings;
    VDS_PARTITION_STYLE style = settings->style ? settings->style : VDS_PST_GPT;
    TRI_AUTO_DISKS struct tri_disks disks;
    TRI_AUTO_PLACE struct tri_place place = {0};
    int status = tri_disks_open(&disks, cli);

    if (!status)
        status = tri_place_find(&disks, "initialise", cli->argv[0], TRI_PLACE_DISK, &place);
    json_t *facts = status ? NULL : tri_facts_place(&disks, &place);
    TRI_AUTO_FREE char *holds = tri_facts_text(facts);
    TRI_AUTO_FREE char *what =
        tri_text_format("write a new partition table to %s (%s)", place.name ? place.name : "", holds);
    bool is_raw = facts && !*tri_member_text(facts, "PartitionStyle") && !*tri_member_text(facts, "FileSystem");
    json_decref(facts);
    if (!status && is_raw) /* the service refuses others anyway */
        status = tri_disk_ask(cli, settings->yes, what);
    if (status)
        return status;
    HRESULT hr = initialise(&disks, place.disk, style);
    if (FAILED(hr))
        return tri_disks_fail(&disks, hr, "cannot initialise %s", place.name);
    tri_print_line(cli, place.name);
    if (cli->json)
        tri_print_document(tri_facts_place(&disks, &place));
    return TRI_EXIT_OK;
}

const struct tri_verb tri_verb_disk_init = {
    .name = "disk init",
    .arguments = "DISK",
    .summary = "write an empty partition table to a raw disk",
    .example = "trireme disk init --style mbr loop0",
    .options = options,
    .settings_size = sizeof(struct settings),
    .argc_min = 1,
    .argc_max = 1,
    .run = run,
};
