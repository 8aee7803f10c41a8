#include "disk-place.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <windows.h>

#include "disk-image.h"
#include "output.h"
#include "text.h"

#define NOTHING_SUCH "there is no disk, volume or image of that name; `trireme disk list` shows what there is"
#define NO_IMAGE "there is no image of that name; check the path"

void tri_place_close(struct tri_place *place)
{
    tri_releasep(&place->volume);
    tri_releasep(&place->image);
    tri_releasep(&place->disk);
    free(place->name);
    *place = (struct tri_place){0};
}

void tri_disk_prop_clear(VDS_DISK_PROP *prop)
{
    CoTaskMemFree(prop->pwszDiskAddress);
    CoTaskMemFree(prop->pwszName);
    CoTaskMemFree(prop->pwszFriendlyName);
    CoTaskMemFree(prop->pwszAdaptorName);
    CoTaskMemFree(prop->pwszDevicePath);
    *prop = (VDS_DISK_PROP){0};
}

void tri_vdisk_prop_clear(VDS_VDISK_PROPERTIES *prop)
{
    CoTaskMemFree(prop->pPath);
    CoTaskMemFree(prop->pDeviceName);
    CoTaskMemFree(prop->pParentPath);
    *prop = (VDS_VDISK_PROPERTIES){0};
}

HRESULT tri_disk_device(IVdsDisk *disk, char **ret)
{
    VDS_DISK_PROP prop = {0};
    HRESULT hr = IVdsDisk_GetProperties(disk, &prop);

    *ret = FAILED(hr) ? NULL : tri_text_of(prop.pwszDevicePath ? prop.pwszDevicePath : prop.pwszName);
    tri_disk_prop_clear(&prop);
    return FAILED(hr) || *ret ? hr : VDS_E_OBJECT_DELETED;
}

/* ---- device nodes ---- */

/* A small file's number; 0 where there is none. */
static uint32_t read_number(const char *path)
{
    FILE *file = fopen(path, "re");
    unsigned number = 0;

    if (!file)
        return 0;
    if (fscanf(file, "%u", &number) != 1)
        number = 0;
    fclose(file);
    return number;
}

/* sysfs has "!" in names where /dev has "/". */
static char *device_of(const char *kernel_name)
{
    char *device = tri_text_format("/dev/%s", kernel_name);

    for (char *c = device; *c; c++)
        if (*c == '!')
            *c = '/';
    return device;
}

static char *kernel_name_of(const char *device)
{
    char *name = tri_text_format("%s", strncmp(device, "/dev/", 5) ? device : device + 5);

    for (char *c = name; *c; c++)
        if (*c == '/')
            *c = '!';
    return name;
}

char *tri_place_device(const char *disk_device, uint32_t number)
{
    TRI_AUTO_FREE char *disk = kernel_name_of(disk_device);
    TRI_AUTO_FREE char *folder = tri_text_format("/sys/class/block/%s", disk);
    DIR *directory = opendir(folder);
    char *device = NULL;

    for (struct dirent *entry; directory && !device && (entry = readdir(directory));) {
        TRI_AUTO_FREE char *path = tri_text_format("%s/%s/partition", folder, entry->d_name);
        if (entry->d_name[0] != '.' && read_number(path) == number)
            device = device_of(entry->d_name);
    }
    if (directory)
        closedir(directory);
    return device;
}

/* The disk of a block device, "/dev/loop0", and which partition of it the device is (0: the disk itself). NULL: the
 * text names no block device. */
static char *disk_of_node(const char *text, uint32_t *ret_number)
{
    TRI_AUTO_FREE char *path = tri_text_format("%s%s", strchr(text, '/') ? "" : "/dev/", text);
    struct stat status;

    if (stat(path, &status) || !S_ISBLK(status.st_mode))
        return NULL;
    TRI_AUTO_FREE char *link = tri_text_format("/sys/dev/block/%u:%u", major(status.st_rdev), minor(status.st_rdev));
    TRI_AUTO_FREE char *folder = realpath(link, NULL);
    if (!folder)
        return NULL;
    TRI_AUTO_FREE char *partition = tri_text_format("%s/partition", folder);
    *ret_number = read_number(partition);
    if (*ret_number)
        *strrchr(folder, '/') = '\0';
    return device_of(strrchr(folder, '/') + 1);
}

/* ---- objects ---- */

/* By any of the names that the service takes. */
static HRESULT open_disk(const struct tri_disks *disks, const char *name, IVdsDisk **ret)
{
    TRI_AUTO_RELEASE IVdsServiceSw *finder = tri_interface(disks->service, &IID_IVdsServiceSw);
    TRI_AUTO_RELEASE IUnknown *object = NULL;
    TRI_AUTO_FREE PWSTR wide = tri_wide(name);
    HRESULT hr = finder ? IVdsServiceSw_GetDiskObject(finder, wide, &object) : E_NOINTERFACE;

    if (FAILED(hr))
        return hr;
    *ret = tri_interface(object, &IID_IVdsDisk);
    return *ret ? S_OK : E_NOINTERFACE;
}

IVdsDisk *tri_place_disk_of_image(const struct tri_disks *disks, IVdsVDisk *image)
{
    IVdsDisk *disk = NULL;

    HRESULT hr = IVdsVdProvider_GetDiskFromVDisk(disks->images, image, &disk);
    tri_disks_forget_error();
    return FAILED(hr) ? NULL : disk;
}

/* Makes the image known to the service. */
static HRESULT open_image(const struct tri_disks *disks, const char *path, IVdsVDisk **ret)
{
    VIRTUAL_STORAGE_TYPE type = {VIRTUAL_STORAGE_TYPE_DEVICE_UNKNOWN, VIRTUAL_STORAGE_TYPE_VENDOR_UNKNOWN};
    TRI_AUTO_FREE PWSTR wide = tri_wide(path);

    return IVdsVdProvider_AddVDisk(disks->images, &type, wide, ret);
}

/* The image that is attached, by its file; NULL: none is. Nothing becomes known by asking. */
static IVdsVDisk *find_known_image(const struct tri_disks *disks, const char *path)
{
    TRI_AUTO_RELEASE IEnumVdsObject *list = NULL;

    if (FAILED(IVdsVdProvider_QueryVDisks(disks->images, &list)))
        tri_disks_forget_error();
    for (IVdsVDisk *image; (image = tri_enum_next(list, &IID_IVdsVDisk)); IVdsVDisk_Release(image)) {
        VDS_VDISK_PROPERTIES prop = {0};
        if (FAILED(IVdsVDisk_GetProperties(image, &prop)))
            continue;
        TRI_AUTO_FREE char *known = tri_text_of(prop.pPath);
        tri_vdisk_prop_clear(&prop);
        if (known && !strcmp(known, path))
            return image;
    }
    return NULL;
}

/* The partition of that number, or (number 0) the one that begins at place->offset_bytes. */
static HRESULT find_partition(struct tri_place *place)
{
    TRI_AUTO_RELEASE IVdsAdvancedDisk *disk = tri_interface(place->disk, &IID_IVdsAdvancedDisk);
    VDS_PARTITION_PROP *list = NULL;
    LONG count = 0;
    HRESULT hr = disk ? IVdsAdvancedDisk_QueryPartitions(disk, &list, &count) : E_NOINTERFACE;

    if (FAILED(hr))
        return hr;
    hr = VDS_E_OBJECT_NOT_FOUND;
    for (LONG i = 0; i < count && FAILED(hr); i++) {
        if (place->number ? list[i].ulPartitionNumber != place->number : list[i].ullOffset != place->offset_bytes)
            continue;
        place->number = list[i].ulPartitionNumber;
        place->offset_bytes = list[i].ullOffset;
        place->size_bytes = list[i].ullSize;
        hr = S_OK;
    }
    CoTaskMemFree(list);
    return hr;
}

/* Where on the disk a volume lies, or which volume lies there. GUID_NULL, and false: none. */
static bool find_extent(IVdsDisk *disk, uint64_t *offset_bytes, uint64_t *ret_size_bytes, GUID *volume)
{
    bool by_volume = !IsEqualGUID(volume, &GUID_NULL), found = false;
    VDS_DISK_EXTENT *list = NULL;
    LONG count = 0;

    if (FAILED(IVdsDisk_QueryExtents(disk, &list, &count)))
        return false;
    for (LONG i = 0; i < count && !found; i++) {
        if (IsEqualGUID(&list[i].volumeId, &GUID_NULL))
            continue;
        found = by_volume ? IsEqualGUID(&list[i].volumeId, volume) : list[i].ullOffset == *offset_bytes;
        if (found) {
            *offset_bytes = list[i].ullOffset;
            *ret_size_bytes = list[i].ullSize;
            *volume = list[i].volumeId;
        }
    }
    CoTaskMemFree(list);
    return found;
}

/* The volume that begins at place->offset_bytes of the disk, if there is one. */
static void find_volume(const struct tri_disks *disks, struct tri_place *place)
{
    TRI_AUTO_RELEASE IUnknown *object = NULL;
    uint64_t size_bytes = 0;
    GUID id = GUID_NULL;

    if (find_extent(place->disk, &place->offset_bytes, &size_bytes, &id) &&
        SUCCEEDED(IVdsService_GetObject(disks->service, id, VDS_OT_VOLUME, &object)))
        place->volume = tri_interface(object, &IID_IVdsVolume);
    if (place->volume && !place->size_bytes)
        place->size_bytes = size_bytes;
    tri_disks_forget_error();
}

static HRESULT name_place(struct tri_place *place)
{
    TRI_AUTO_FREE char *device = NULL;
    HRESULT hr = tri_disk_device(place->disk, &device);

    if (FAILED(hr))
        return hr;
    char *name = place->number ? tri_place_device(device, place->number) : tri_text_format("%s", device);
    free(place->name);
    place->name = name ? name : tri_text_format("%s:%u", device, place->number);
    return S_OK;
}

/* ---- what was meant ---- */

static int fail(const struct tri_disks *disks, HRESULT hr, const char *verb, const char *text, const char *message)
{
    if (message)
        return tri_fail_because(disks->cli, hr, message, "cannot %s %s", verb, text);
    return tri_disks_fail(disks, hr, "cannot %s %s", verb, text);
}

/* "loop0:2": the disk's name, newly allocated, and the number; NULL: it is not written so. */
static char *split_number(const char *text, uint32_t *ret_number)
{
    const char *colon = strrchr(text, ':');
    struct stat status;

    if (!colon || colon == text || !isdigit((unsigned char)colon[1]) || strlen(colon) > 6 ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1) || !stat(text, &status))
        return NULL;
    *ret_number = (uint32_t)strtoul(colon + 1, NULL, 10);
    return tri_text_format("%.*s", (int)(colon - text), text);
}

/* \\?\PhysicalDrive11 from that or from PhysicalDrive11; NULL: it is not written so. */
static char *drive_name(const char *text)
{
    static const char word[] = "PhysicalDrive";
    const char *name = !strncmp(text, "\\\\?\\", 4) || !strncmp(text, "\\\\.\\", 4) ? text + 4 : text;

    const char *digits = name + strlen(word);
    if (strncasecmp(name, word, strlen(word)) || !*digits || digits[strspn(digits, "0123456789")])
        return NULL;
    return tri_text_format("\\\\?\\%s", name);
}

static int find_disk_by(const struct tri_disks *disks, const char *verb, const char *text, const char *name,
                        uint32_t number, struct tri_place *ret)
{
    HRESULT hr = open_disk(disks, name, &ret->disk);

    if (SUCCEEDED(hr))
        hr = name_place(ret);
    if (FAILED(hr))
        return fail(disks, hr, verb, text, NULL);
    ret->kind = number ? TRI_PLACE_VOLUME : TRI_PLACE_DISK;
    ret->number = number;
    if (!number)
        return 0;
    hr = find_partition(ret);
    if (hr == VDS_E_OBJECT_NOT_FOUND)
        return fail(disks, hr, verb, text,
                    "the disk has no partition of that number; `trireme disk info` shows those it has");
    if (SUCCEEDED(hr))
        hr = name_place(ret);
    if (FAILED(hr))
        return fail(disks, hr, verb, text, NULL);
    find_volume(disks, ret);
    return 0;
}

/* The path of an image that is attached though its file has been removed; NULL: there is none. */
static char *path_of_removed(const struct tri_disks *disks, const char *text)
{
    char *path = tri_image_absolute(text);
    TRI_AUTO_RELEASE IVdsVDisk *known = path ? find_known_image(disks, path) : NULL;
    TRI_AUTO_RELEASE IVdsDisk *disk = known ? tri_place_disk_of_image(disks, known) : NULL;

    if (disk)
        return path;
    free(path);
    return NULL;
}

/* Says why where there is neither a file nor an image. */
static int find_image_path(const struct tri_disks *disks, const char *verb, const char *text, unsigned wanted,
                           char **ret)
{
    struct stat status;
    int why = (*ret = realpath(text, NULL)) ? 0 : errno;

    if (why == ENOENT && (*ret = path_of_removed(disks, text)))
        return 0;
    if (why)
        return fail(disks, VDS_E_OBJECT_NOT_FOUND, verb, text,
                    why != ENOENT               ? strerror(why)
                    : wanted == TRI_PLACE_IMAGE ? NO_IMAGE
                                                : NOTHING_SUCH);
    if (stat(*ret, &status) || !S_ISREG(status.st_mode))
        return fail(disks, VDS_E_INVALID_PATH, verb, text, "it is neither a disk nor the file of an image");
    return 0;
}

static int find_image_by(const struct tri_disks *disks, const char *verb, const char *text, unsigned wanted,
                         struct tri_place *ret)
{
    TRI_AUTO_FREE char *path = NULL;
    int status = find_image_path(disks, verb, text, wanted, &path);

    if (status)
        return status;
    TRI_AUTO_RELEASE IVdsVDisk *known = find_known_image(disks, path);
    ret->disk = known && !(wanted & TRI_PLACE_IMAGE) ? tri_place_disk_of_image(disks, known) : NULL;
    if (ret->disk) {
        HRESULT named = name_place(ret);
        ret->kind = TRI_PLACE_DISK;
        return FAILED(named) ? fail(disks, named, verb, text, NULL) : 0;
    }
    if (!(wanted & TRI_PLACE_IMAGE))
        return fail(disks, VDS_E_OBJECT_NOT_FOUND, verb, text,
                    "the image is not attached, so it is no disk; `trireme disk attach` makes it one");
    HRESULT hr = known ? S_OK : open_image(disks, path, &ret->image);
    if (FAILED(hr))
        return fail(disks, hr, verb, text, NULL);
    if (known)
        ret->image = tri_interface(known, &IID_IVdsVDisk);
    ret->kind = TRI_PLACE_IMAGE;
    ret->name = tri_text_format("%s", path);
    return 0;
}

/* ---- volumes among all ---- */

typedef bool volume_test(IVdsVolume *volume, const char *text);

static bool has_guid_path(IVdsVolume *volume, const char *text)
{
    TRI_AUTO_RELEASE IVdsVolumeMF3 *names = tri_interface(volume, &IID_IVdsVolumeMF3);
    size_t length = strlen(text) - (text[strlen(text) - 1] == '\\');
    LPWSTR *list = NULL;
    ULONG count = 0;
    bool found = false;

    if (!names || FAILED(IVdsVolumeMF3_QueryVolumeGuidPathnames(names, &list, &count)))
        return false;
    for (ULONG i = 0; i < count; i++) {
        TRI_AUTO_FREE char *path = tri_text_taken(list[i]);
        found |= path && !strncasecmp(path, text, length) && (!path[length] || path[length] == '\\');
    }
    CoTaskMemFree(list);
    return found;
}

static bool is_mounted_at(IVdsVolume *volume, const char *text)
{
    TRI_AUTO_RELEASE IVdsVolumeMF *mounts = tri_interface(volume, &IID_IVdsVolumeMF);
    bool is_letter = isalpha((unsigned char)text[0]) && text[1] == ':';
    LPWSTR *list = NULL;
    LONG count = 0;
    bool found = false;

    if (!mounts || FAILED(IVdsVolumeMF_QueryAccessPaths(mounts, &list, &count)))
        return false;
    for (LONG i = 0; i < count; i++) {
        TRI_AUTO_FREE char *path = tri_text_taken(list[i]);
        found |= path && (is_letter ? !strncasecmp(path, text, 2) : !strcmp(path, text));
    }
    CoTaskMemFree(list);
    return found;
}

/* The first volume of a pack that passes; a pack here is one disk. */
static bool find_in_pack(IVdsPack *pack, volume_test *test, const char *text, struct tri_place *ret)
{
    TRI_AUTO_RELEASE IEnumVdsObject *volumes = NULL, *disks = NULL;
    VDS_VOLUME_PROP prop = {0};

    if (SUCCEEDED(IVdsPack_QueryVolumes(pack, &volumes)))
        for (IVdsVolume *volume; !ret->volume && (volume = tri_enum_next(volumes, &IID_IVdsVolume));) {
            if (test(volume, text))
                ret->volume = volume;
            else
                IVdsVolume_Release(volume);
        }
    if (!ret->volume || FAILED(IVdsVolume_GetProperties(ret->volume, &prop)) ||
        FAILED(IVdsPack_QueryDisks(pack, &disks)))
        return false;
    CoTaskMemFree(prop.pwszName);
    ret->disk = tri_enum_next(disks, &IID_IVdsDisk);
    if (!ret->disk || !find_extent(ret->disk, &ret->offset_bytes, &ret->size_bytes, &prop.id))
        return false;
    ret->kind = TRI_PLACE_VOLUME;
    find_partition(ret); /* none: the volume is the whole disk */
    return SUCCEEDED(name_place(ret));
}

static bool find_volume_by(const struct tri_disks *disks, volume_test *test, const char *text, struct tri_place *ret)
{
    TRI_AUTO_RELEASE IEnumVdsObject *packs = NULL;
    bool found = false;

    if (SUCCEEDED(IVdsSwProvider_QueryPacks(disks->software, &packs)))
        for (IVdsPack *pack; !found && (pack = tri_enum_next(packs, &IID_IVdsPack)); IVdsPack_Release(pack)) {
            found = find_in_pack(pack, test, text, ret);
            if (!found)
                tri_place_close(ret);
        }
    tri_disks_forget_error();
    return found;
}

/* ---- the front ---- */

static int find(const struct tri_disks *disks, const char *verb, const char *text, unsigned wanted,
                struct tri_place *ret)
{
    uint32_t number = 0, node_number = 0;
    TRI_AUTO_FREE char *drive = drive_name(text);
    TRI_AUTO_FREE char *node = drive ? NULL : disk_of_node(text, &node_number);
    TRI_AUTO_FREE char *prefix = drive || node ? NULL : split_number(text, &number);

    if (!strncasecmp(text, "\\\\?\\Volume{", 11))
        return find_volume_by(disks, has_guid_path, text, ret)
                   ? 0
                   : fail(disks, VDS_E_OBJECT_NOT_FOUND, verb, text, "there is no volume of that name");
    if (drive || node)
        return find_disk_by(disks, verb, text, drive ? drive : node, node_number, ret);
    if (!prefix)
        return find_image_by(disks, verb, text, wanted, ret);

    TRI_AUTO_PLACE struct tri_place disk = {0};
    int status = tri_place_find(disks, verb, prefix, TRI_PLACE_DISK, &disk);
    if (status)
        return status;
    if (!number)
        return fail(disks, VDS_E_OBJECT_NOT_FOUND, verb, text, "partitions are numbered from 1");
    return find_disk_by(disks, verb, text, disk.name, number, ret);
}

static bool has_failed(IVdsDisk *disk)
{
    VDS_DISK_PROP prop = {0};
    HRESULT hr = IVdsDisk_GetProperties(disk, &prop);
    bool failed = SUCCEEDED(hr) && prop.status == VDS_DS_FAILED;

    tri_disk_prop_clear(&prop);
    return failed;
}

/* A disk is taken for the volume or the image that it is, too, where that was wanted. */
static int make_fit(const struct tri_disks *disks, const char *verb, const char *text, unsigned wanted,
                    struct tri_place *place)
{
    if (place->kind & wanted)
        return 0;
    if (place->kind == TRI_PLACE_VOLUME)
        return fail(disks, VDS_E_INVALID_DISK, verb, text, "it is a partition; name its disk");
    if (wanted & TRI_PLACE_VOLUME)
        find_volume(disks, place);
    if (place->volume) {
        place->kind = TRI_PLACE_VOLUME;
        return 0;
    }
    if (wanted & TRI_PLACE_IMAGE &&
        SUCCEEDED(IVdsVdProvider_GetVDiskFromDisk(disks->images, place->disk, &place->image))) {
        place->kind = TRI_PLACE_IMAGE;
        return 0;
    }
    tri_disks_forget_error();
    if (wanted & TRI_PLACE_VOLUME && has_failed(place->disk))
        return fail(disks, VDS_E_IO_ERROR, verb, text, TRI_DISK_HAS_FAILED);
    return fail(disks, VDS_E_OBJECT_NOT_FOUND, verb, text,
                wanted & TRI_PLACE_VOLUME
                    ? "it is a disk, and no volume as a whole; name one of its partitions, such as "
                      "DISK:1 (`trireme disk partition` makes one)"
                    : "no image of ours is attached as this disk");
}

int tri_place_find(const struct tri_disks *disks, const char *verb, const char *text, unsigned wanted,
                   struct tri_place *ret)
{
    int status;

    *ret = (struct tri_place){0};
    if (!*text)
        return fail(disks, VDS_E_OBJECT_NOT_FOUND, verb, "\"\"", NOTHING_SUCH);
    status = find(disks, verb, text, wanted, ret);
    if (!status)
        status = make_fit(disks, verb, text, wanted, ret);
    if (status)
        tri_place_close(ret);
    return status;
}

int tri_place_find_mounted(const struct tri_disks *disks, const char *verb, const char *path, struct tri_place *ret)
{
    TRI_AUTO_FREE char *real = realpath(path, NULL);

    *ret = (struct tri_place){0};
    if (find_volume_by(disks, is_mounted_at, real ? real : path, ret))
        return 0;
    return fail(disks, VDS_E_PATH_NOT_FOUND, verb, path, "no volume is mounted there");
}
