/* trireme disk resize: a volume with its file system, or an image that is not attached. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "disk-facts.h"
#include "disk-work.h"
#include "output.h"
#include "size.h"
#include "text.h"
#include "verbs.h"

struct change {
    enum { TO, GROW, SHRINK, MAXIMUM, MINIMUM } how;
    uint64_t bytes;
};

static const char *parse_change(const char *text, struct change *ret)
{
    *ret = (struct change){.how = *text == '+' ? GROW : *text == '-' ? SHRINK : TO};
    if (!strcasecmp(text, "max") || !strcasecmp(text, "min")) {
        ret->how = strcasecmp(text, "max") ? MINIMUM : MAXIMUM;
        return NULL;
    }
    int r = tri_size_parse(text + (ret->how != TO), &ret->bytes);
    if (r == -ERANGE)
        return TRI_SIZE_TOO_LARGE;
    return r < 0 || !ret->bytes ? "is none of SIZE, +SIZE, -SIZE, max and min" : NULL;
}

/* ---- volumes ---- */

/* The disk's id, and how much free space begins where the volume ends. */
static HRESULT space_behind(const struct tri_place *place, GUID *ret_disk, uint64_t *ret_bytes)
{
    VDS_DISK_EXTENT *list = NULL;
    VDS_DISK_PROP prop = {0};
    LONG count = 0;

    HRESULT hr = IVdsDisk_GetProperties(place->disk, &prop);
    *ret_disk = prop.id;
    *ret_bytes = 0;
    tri_disk_prop_clear(&prop);
    if (SUCCEEDED(hr))
        hr = IVdsDisk_QueryExtents(place->disk, &list, &count);
    for (LONG i = 0; SUCCEEDED(hr) && i < count; i++)
        if (list[i].type == VDS_DET_FREE && list[i].ullOffset == place->offset_bytes + place->size_bytes)
            *ret_bytes = list[i].ullSize;
    CoTaskMemFree(list);
    return hr;
}

/* bytes 0: the file system only, to the size of its partition. */
static HRESULT grow(const struct tri_place *place, bool to_maximum, uint64_t bytes, IVdsAsync **ret)
{
    VDS_INPUT_DISK input = {0};
    uint64_t free_bytes;
    HRESULT hr = space_behind(place, &input.diskId, &free_bytes);

    if (FAILED(hr))
        return hr;
    input.ullSize = to_maximum ? free_bytes : bytes;
    return input.ullSize ? IVdsVolume_Extend(place->volume, &input, 1, ret)
                         : IVdsVolume_Extend(place->volume, NULL, 0, ret);
}

static HRESULT shrink(const struct tri_place *place, uint64_t bytes, IVdsAsync **ret)
{
    TRI_AUTO_RELEASE IVdsVolumeShrink *volume = tri_interface(place->volume, &IID_IVdsVolumeShrink);

    return volume ? IVdsVolumeShrink_Shrink(volume, bytes, bytes, ret) : E_NOINTERFACE;
}

static HRESULT start(const struct tri_place *place, const struct change *change, IVdsAsync **ret)
{
    switch (change->how) {
    case TO:
        return change->bytes < place->size_bytes ? shrink(place, place->size_bytes - change->bytes, ret)
                                                 : grow(place, false, change->bytes - place->size_bytes, ret);
    case GROW:
        return grow(place, false, change->bytes, ret);
    case SHRINK:
        return shrink(place, change->bytes, ret);
    case MAXIMUM:
        return grow(place, true, 0, ret);
    case MINIMUM:
        break;
    }
    return shrink(place, 0, ret);
}

static int print(const struct tri_disks *disks, const struct tri_place *place, const char *member)
{
    json_t *facts = tri_facts_place(disks, place);
    TRI_AUTO_FREE char *size = tri_text_bytes(tri_member_number(facts, member));
    TRI_AUTO_FREE char *line = tri_text_format("%s: %s", place->name, size);

    tri_print_line(disks->cli, line);
    if (disks->cli->json)
        tri_print_document(json_incref(facts));
    json_decref(facts);
    return TRI_EXIT_OK;
}

static int resize_volume(const struct tri_disks *disks, const struct tri_place *place, const struct change *change)
{
    TRI_AUTO_DISK_WORK struct tri_disk_work work = {0};
    TRI_AUTO_FREE char *doing = tri_text_format("resizing %s", place->name);
    IVdsAsync *async = NULL;

    if (!place->volume)
        return tri_fail_because(disks->cli, VDS_E_NOT_SUPPORTED,
                                "it is a partition that the system keeps for itself, and no volume", "cannot resize %s",
                                place->name);
    HRESULT hr = start(place, change, &async);
    if (FAILED(tri_disk_work_wait(&work, disks, doing, hr, async)))
        return tri_disk_work_fail(&work, "resize", place->name);
    return print(disks, place, "Size");
}

/* ---- images ---- */

static int resize_image(const struct tri_disks *disks, const struct tri_place *place, const struct change *change)
{
    TRI_AUTO_DISK_WORK struct tri_disk_work work = {0};
    TRI_AUTO_RELEASE IVdsOpenVDisk *open = NULL;
    TRI_AUTO_FREE char *doing = tri_text_format("resizing %s", place->name);
    VDS_VDISK_PROPERTIES prop = {0};
    IVdsAsync *async = NULL;

    if (change->how != TO && change->how != GROW)
        return tri_fail(disks->cli, "an image can only grow: say its new SIZE, or +SIZE");
    HRESULT hr = IVdsVDisk_GetProperties(place->image, &prop);
    uint64_t bytes = change->bytes + (change->how == GROW ? prop.VirtualSize : 0);
    tri_vdisk_prop_clear(&prop);
    if (SUCCEEDED(hr))
        hr = IVdsVDisk_Open(place->image, VIRTUAL_DISK_ACCESS_METAOPS, OPEN_VIRTUAL_DISK_FLAG_NONE, 1, &open);
    if (SUCCEEDED(hr))
        hr = IVdsOpenVDisk_Expand(open, EXPAND_VIRTUAL_DISK_FLAG_NONE, bytes, &async);
    if (FAILED(tri_disk_work_wait(&work, disks, doing, hr, async)))
        return tri_disk_work_fail(&work, "resize", place->name);
    return print(disks, place, "VirtualSize");
}

static int run(struct tri_cli *cli)
{
    TRI_AUTO_DISKS struct tri_disks disks = {0};
    TRI_AUTO_PLACE struct tri_place place = {0};
    struct change change;
    const char *wrong = parse_change(cli->argv[1], &change);

    if (wrong)
        return tri_fail(cli, "%s: it %s", cli->argv[1], wrong);
    int status = tri_disks_open(&disks, cli);
    if (!status)
        status = tri_place_find(&disks, "resize", cli->argv[0], TRI_PLACE_VOLUME | TRI_PLACE_IMAGE, &place);
    if (status)
        return status;
    return place.kind == TRI_PLACE_IMAGE ? resize_image(&disks, &place, &change)
                                         : resize_volume(&disks, &place, &change);
}

const struct tri_verb tri_verb_disk_resize = {
    .name = "disk resize",
    .arguments = "VOLUME|IMAGE SIZE|+SIZE|-SIZE|max|min",
    .summary = "resize a volume with its file system, or grow an image",
    .example = "trireme disk resize loop0p1 -2G",
    .argc_min = 2,
    .argc_max = 2,
    .takes_signed = true,
    .run = run,
};
