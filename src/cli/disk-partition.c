/* trireme disk partition: a new partition in free space, or one less. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "disk-ask.h"
#include "disk-facts.h"
#include "disk-work.h"
#include "output.h"
#include "signals.h"
#include "text.h"
#include "verbs.h"

/* One of these. */
struct type {
    const struct tri_partition_type *named;
    bool is_mbr, is_gpt;
    uint8_t mbr;
    GUID gpt;
};

struct settings {
    uint64_t size_bytes, offset_bytes;
    struct type type;
    const char *name;
    uint32_t delete;
    bool force, yes;
};

static bool parse_guid(const char *text, GUID *ret)
{
    TRI_AUTO_FREE char *braced = tri_text_format(*text == '{' ? "%s" : "{%s}", text);
    TRI_AUTO_FREE PWSTR wide = tri_wide(braced);

    return SUCCEEDED(CLSIDFromString(wide, ret)) && !IsEqualGUID(ret, &GUID_NULL);
}

static const char *parse_type(const char *value, void *field)
{
    struct type *type = field;
    char *end;

    *type = (struct type){.named = tri_partition_type(value)};
    if (type->named)
        return NULL;
    unsigned long number = strncasecmp(value, "0x", 2) ? 0 : strtoul(value, &end, 16);
    if (number && number <= 0xff && !*end) {
        type->is_mbr = true;
        type->mbr = (uint8_t)number;
        return NULL;
    }
    type->is_gpt = parse_guid(value, &type->gpt);
    return type->is_gpt ? NULL : "is no partition type such as linux, basic, esp, swap, 0x83 or a GUID";
}

#define FIELD(member) offsetof(struct settings, member)

static const struct tri_option options[] = {
    {"size", 's', "SIZE", tri_parse_bytes, FIELD(size_bytes), "its size (default: the largest piece of free space)"},
    {"offset", 'o', "OFFSET", tri_parse_bytes, FIELD(offset_bytes), "where it begins (default: where it fits)"},
    {"type", 't', "TYPE", parse_type, FIELD(type),
     "linux (default), basic, esp, swap, lvm, raid, msr, recovery, extended ..., 0x83, or a GUID"},
    {"name", 0, "NAME", tri_parse_text, FIELD(name), "the partition's name in a GPT"},
    {"delete", 'd', "N", tri_parse_count, FIELD(delete), "delete the partition of this number instead"},
    {"force", 'f', NULL, tri_parse_flag, FIELD(force), "delete it also while it is mounted, or where it is protected"},
    {"yes", 'y', NULL, tri_parse_flag, FIELD(yes), "do not ask before deleting"},
    {0},
};

/* ---- where ---- */

struct space {
    uint64_t offset_bytes, size_bytes;
};

/* The free extent to take: the one around the offset, the first that is large enough, or the largest. size_bytes 0:
 * there is none. */
static struct space choose_extent(const VDS_DISK_FREE_EXTENT *list, LONG count, const struct settings *settings)
{
    struct space best = {0};

    for (LONG i = 0; i < count; i++) {
        const VDS_DISK_FREE_EXTENT *extent = &list[i];
        uint64_t end = extent->ullOffset + extent->ullSize;
        if (settings->offset_bytes ? extent->ullOffset <= settings->offset_bytes && settings->offset_bytes < end
                                   : settings->size_bytes && extent->ullSize >= settings->size_bytes)
            return (struct space){extent->ullOffset, extent->ullSize};
        if (!settings->offset_bytes && !settings->size_bytes && extent->ullSize > best.size_bytes)
            best = (struct space){extent->ullOffset, extent->ullSize};
    }
    return best;
}

static int choose_space(const struct tri_disks *disks, const struct tri_place *place, const struct settings *settings,
                        struct space *ret)
{
    TRI_AUTO_RELEASE IVdsDisk3 *disk = tri_interface(place->disk, &IID_IVdsDisk3);
    VDS_DISK_FREE_EXTENT *list = NULL;
    LONG count = 0;

    HRESULT hr = disk ? IVdsDisk3_QueryFreeExtents(disk, 0, &list, &count) : E_NOINTERFACE;
    if (FAILED(hr))
        return tri_disks_fail(disks, hr, "cannot partition %s", place->name);
    *ret = choose_extent(list, count, settings);
    CoTaskMemFree(list);
    if (!ret->size_bytes && (!settings->offset_bytes || !settings->size_bytes))
        return tri_fail_because(disks->cli, VDS_E_NOT_ENOUGH_SPACE,
                                settings->offset_bytes ? "there is no free space at that offset"
                                : settings->size_bytes
                                    ? "no piece of free space is that large; `trireme disk info` shows "
                                      "what is free"
                                    : "there is no free space on it",
                                "cannot partition %s", place->name);
    if (settings->offset_bytes) {
        ret->size_bytes = ret->offset_bytes + ret->size_bytes - settings->offset_bytes;
        ret->offset_bytes = settings->offset_bytes;
    }
    if (settings->size_bytes)
        ret->size_bytes = settings->size_bytes;
    return 0;
}

/* ---- what ---- */

static const char *fill_gpt(CREATE_PARTITION_PARAMETERS *parameters, const struct type *type, const char *name)
{
    TRI_AUTO_FREE PWSTR wide = tri_wide(name ? name : "");
    size_t length = 0;

    if (type->is_mbr || (type->named && !type->named->gpt))
        return "its disk has a GPT, which has no such partition type";
    if (type->is_gpt)
        parameters->GptPartInfo.partitionType = type->gpt;
    else
        parse_guid(type->named->gpt, &parameters->GptPartInfo.partitionType);
    while (wide[length])
        length++;
    if (length > GPT_PARTITION_NAME_LENGTH)
        return "the name of a partition has at most 36 UTF-16 units";
    memcpy(parameters->GptPartInfo.name, wide, length * sizeof(*wide));
    return NULL;
}

static const char *fill_mbr(CREATE_PARTITION_PARAMETERS *parameters, const struct type *type, const char *name)
{
    if (type->is_gpt || (type->named && !type->named->mbr))
        return "its disk has an MBR, which has no such partition type";
    if (name)
        return "its disk has an MBR, where partitions have no names";
    parameters->MbrPartInfo.partitionType = type->is_mbr ? type->mbr : type->named->mbr;
    return NULL;
}

static int fill(const struct tri_disks *disks, const struct tri_place *place, const struct settings *settings,
                CREATE_PARTITION_PARAMETERS *ret)
{
    struct type type = settings->type;
    VDS_DISK_PROP prop = {0};

    HRESULT hr = IVdsDisk_GetProperties(place->disk, &prop);
    bool has_failed = prop.status == VDS_DS_FAILED;
    ret->style = prop.PartitionStyle;
    tri_disk_prop_clear(&prop);
    if (FAILED(hr))
        return tri_disks_fail(disks, hr, "cannot partition %s", place->name);
    if (has_failed)
        return tri_fail_because(disks->cli, VDS_E_IO_ERROR, TRI_DISK_HAS_FAILED, "cannot partition %s", place->name);
    if (ret->style == VDS_PST_UNKNOWN)
        return tri_fail_because(disks->cli, VDS_E_DISK_NOT_INITIALIZED,
                                "it has no partition table; `trireme disk init` writes one", "cannot partition %s",
                                place->name);
    if (!type.named && !type.is_mbr && !type.is_gpt)
        type.named = tri_partition_type("linux");
    const char *wrong =
        ret->style == VDS_PST_GPT ? fill_gpt(ret, &type, settings->name) : fill_mbr(ret, &type, settings->name);
    return wrong
               ? tri_fail_because(disks->cli, VDS_E_PARTITION_STYLE_MISMATCH, wrong, "cannot partition %s", place->name)
               : 0;
}

/* ---- the two ---- */

static int print_new(const struct tri_disks *disks, const struct tri_place *place, uint64_t offset_bytes)
{
    json_t *disk = tri_facts_place(disks, place), *partition, *made = NULL;
    size_t i;

    json_array_foreach (json_object_get(disk, "Partitions"), i, partition)
        if (tri_member_number(partition, "Offset") == offset_bytes)
            made = partition;
    const char *device = tri_member_text(made, "Device");
    TRI_AUTO_FREE char *number = tri_text_format("%s:%u", place->name, (unsigned)tri_member_number(made, "Number"));
    tri_print_line(disks->cli, *device ? device : number);
    if (disks->cli->json)
        tri_print_document(made ? json_incref(made) : json_null());
    json_decref(disk);
    return TRI_EXIT_OK;
}

static int create(const struct tri_disks *disks, const struct tri_place *place, const struct settings *settings)
{
    TRI_AUTO_DISK_WORK struct tri_disk_work work = {0};
    TRI_AUTO_RELEASE IVdsCreatePartitionEx *disk = tri_interface(place->disk, &IID_IVdsCreatePartitionEx);
    TRI_AUTO_FREE char *doing = tri_text_format("partitioning %s", place->name);
    CREATE_PARTITION_PARAMETERS parameters = {0};
    struct space space = {0};
    IVdsAsync *async = NULL;

    int status = fill(disks, place, settings, &parameters);
    if (!status)
        status = choose_space(disks, place, settings, &space);
    if (status)
        return status;
    HRESULT hr = disk ? IVdsCreatePartitionEx_CreatePartitionEx(disk, space.offset_bytes, space.size_bytes, 0,
                                                                &parameters, &async)
                      : E_NOINTERFACE;
    if (FAILED(tri_disk_work_wait(&work, disks, doing, hr, async)))
        return tri_disk_work_fail(&work, "partition", place->name);
    return print_new(disks, place, work.output.cp.ullOffset);
}

static HRESULT delete_partition(const struct tri_place *disk, uint64_t offset_bytes, bool force)
{
    TRI_OUTLAST_SIGNALS;
    TRI_AUTO_RELEASE IVdsAdvancedDisk *table = tri_interface(disk->disk, &IID_IVdsAdvancedDisk);

    return table ? IVdsAdvancedDisk_DeletePartition(table, offset_bytes, force, force) : E_NOINTERFACE;
}

static int delete (const struct tri_disks *disks, const struct tri_place *place, const struct settings *settings)
{
    TRI_AUTO_FREE char *text = tri_text_format("%s:%u", place->name, settings->delete);
    TRI_AUTO_PLACE struct tri_place partition = {0};

    int status = tri_place_find(disks, "delete", text, TRI_PLACE_VOLUME, &partition);
    if (!status)
        status = tri_disk_ask_erase(disks, &partition, "delete", settings->force, settings->yes);
    if (status)
        return status;
    HRESULT hr = delete_partition(place, partition.offset_bytes, settings->force);
    if (FAILED(hr))
        return tri_disks_fail(disks, hr, "cannot delete %s", partition.name);
    tri_print_line(disks->cli, partition.name);
    if (disks->cli->json)
        tri_print_document(json_pack("{s:s, s:I, s:b}", "Device", partition.name, "Number",
                                     (json_int_t)settings->delete, "Deleted", 1));
    return TRI_EXIT_OK;
}

static int run(struct tri_cli *cli)
{
    const struct settings *settings = cli->settings;
    TRI_AUTO_DISKS struct tri_disks disks = {0};
    TRI_AUTO_PLACE struct tri_place place = {0};
    bool creates = settings->size_bytes || settings->offset_bytes || settings->name || settings->type.named ||
                   settings->type.is_mbr || settings->type.is_gpt;

    if (settings->delete &&creates)
        return tri_fail(cli, "--delete goes with none of --size, --offset, --type and --name");
    int status = tri_disks_open(&disks, cli);
    if (!status)
        status = tri_place_find(&disks, "partition", cli->argv[0], TRI_PLACE_DISK, &place);
    if (status)
        return status;
    return settings->delete ? delete (&disks, &place, settings) : create(&disks, &place, settings);
}

const struct tri_verb tri_verb_disk_partition = {
    .name = "disk partition",
    .arguments = "DISK",
    .summary = "make a partition, or delete one",
    .example = "trireme disk partition --size 512M --type esp loop0",
    .options = options,
    .settings_size = sizeof(struct settings),
    .argc_min = 1,
    .argc_max = 1,
    .run = run,
};
