/* A disk, from nothing to a mounted file system, through the Virtual Disk Service API:
 *
 *     cc -o first-disk first-disk.c $(pkg-config --cflags --libs trireme)
 *     ./first-disk IMAGE FOLDER         (as root; IMAGE must not exist, FOLDER must be empty)
 *
 * Makes a VHDX of 256 MiB, attaches it, writes a GPT and one partition, formats it with every block written, polling as
 * desktop tools do, mounts it on FOLDER, and takes everything away again. Every call that fails says where and why. */
#define COBJMACROS
#include <oleauto.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <trireme.h>
#include <unistd.h>
#include <vds.h>

#define MIB (1024ull * 1024)

static void check(HRESULT result, const char *what)
{
    if (result == S_OK)
        return;
    const char *name = trireme_hresult_name(result);
    IErrorInfo *info = NULL;
    BSTR sentence = NULL;
    if (GetErrorInfo(0, &info) == S_OK)
        IErrorInfo_GetDescription(info, &sentence);
    char *said = sentence ? trireme_utf8_from_utf16(sentence) : NULL;
    fprintf(stderr, "%s: %s (0x%08x) %s\n", what, name ? name : "?", (unsigned)result, said ? said : "");
    exit(1);
}

/* Asks ten times a second until the operation is done, and gives what it put out. */
static VDS_ASYNC_OUTPUT finish(IVdsAsync *async, const char *what)
{
    HRESULT result = VDS_E_OPERATION_PENDING;
    ULONG percent = 0;
    VDS_ASYNC_OUTPUT output;
    for (;;) {
        check(IVdsAsync_QueryStatus(async, &result, &percent), what);
        printf("\r%-18s %3u %%", what, (unsigned)percent);
        fflush(stdout);
        if (result != VDS_E_OPERATION_PENDING)
            break;
        usleep(100000);
    }
    printf("\n");
    check(IVdsAsync_Wait(async, &result, &output), what);
    check(result, what);
    IVdsAsync_Release(async);
    return output;
}

/* The first object of the enumerator that answers the interface. */
static void *first(IEnumVdsObject *objects, REFIID iid, const char *what)
{
    IUnknown *object;
    ULONG count;
    void *found = NULL;
    while (!found && IEnumVdsObject_Next(objects, 1, &object, &count) == S_OK) {
        IUnknown_QueryInterface(object, iid, &found);
        IUnknown_Release(object);
    }
    IEnumVdsObject_Release(objects);
    check(found ? S_OK : VDS_E_OBJECT_NOT_FOUND, what);
    return found;
}

static IVdsService *load_service(void)
{
    IVdsServiceLoader *loader;
    IVdsService *service;
    check(CoInitializeEx(NULL, COINIT_MULTITHREADED), "CoInitializeEx");
    check(CoCreateInstance(&CLSID_VdsLoader, NULL, CLSCTX_LOCAL_SERVER, &IID_IVdsServiceLoader, (void **)&loader),
          "CoCreateInstance");
    check(IVdsServiceLoader_LoadService(loader, NULL, &service), "LoadService");
    IVdsServiceLoader_Release(loader);
    check(IVdsService_WaitForServiceReady(service), "WaitForServiceReady");
    return service;
}

static IVdsOpenVDisk *make_and_attach(IVdsVdProvider *provider, const char *path, IVdsVDisk **ret_image)
{
    VIRTUAL_STORAGE_TYPE type = {VIRTUAL_STORAGE_TYPE_DEVICE_VHDX, VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT};
    VDS_CREATE_VDISK_PARAMETERS parameters = {.MaximumSize = 256 * MIB};
    LPWSTR wide = trireme_utf16_from_utf8(path);
    IVdsOpenVDisk *open;
    IVdsAsync *async;
    check(IVdsVdProvider_CreateVDisk(provider, &type, wide, NULL, CREATE_VIRTUAL_DISK_FLAG_NONE, 0, 0, &parameters,
                                     &async),
          "create the image");
    CoTaskMemFree(wide);
    IUnknown *made = finish(async, "create the image").cvd.pVDiskUnk;
    check(IUnknown_QueryInterface(made, &IID_IVdsVDisk, (void **)ret_image), "IVdsVDisk");
    IUnknown_Release(made);
    check(IVdsVDisk_Open(*ret_image, VIRTUAL_DISK_ACCESS_ALL, OPEN_VIRTUAL_DISK_FLAG_NONE, 1, &open), "open the image");
    check(IVdsOpenVDisk_Attach(open, NULL, ATTACH_VIRTUAL_DISK_FLAG_NONE, 0, 0, &async), "attach");
    finish(async, "attach");
    return open;
}

/* A GPT on the raw disk, and one partition on it; gives the id of its volume. */
static VDS_OBJECT_ID make_partition(IVdsSwProvider *provider, IVdsDisk *disk)
{
    static const GUID linux_data = {0x0fc63daf, 0x8483, 0x4772, {0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4}};
    CREATE_PARTITION_PARAMETERS parameters = {.style = VDS_PST_GPT};
    VDS_DISK_PROP prop;
    IVdsAdvancedDisk *advanced;
    IVdsPack *pack;
    IVdsAsync *async;
    check(IVdsDisk_GetProperties(disk, &prop), "disk properties");
    char *name = trireme_utf8_from_utf16(prop.pwszName), *device = trireme_utf8_from_utf16(prop.pwszDevicePath);
    printf("the disk is %s, %s\n", name, device);
    free(name);
    free(device);
    CoTaskMemFree(prop.pwszDiskAddress);
    CoTaskMemFree(prop.pwszName);
    CoTaskMemFree(prop.pwszFriendlyName);
    CoTaskMemFree(prop.pwszAdaptorName);
    CoTaskMemFree(prop.pwszDevicePath);
    check(IVdsSwProvider_CreatePack(provider, &pack), "CreatePack");
    check(IVdsPack_AddDisk(pack, prop.id, VDS_PST_GPT, FALSE), "AddDisk");
    IVdsPack_Release(pack);
    parameters.GptPartInfo.partitionType = linux_data;
    check(IVdsDisk_QueryInterface(disk, &IID_IVdsAdvancedDisk, (void **)&advanced), "IVdsAdvancedDisk");
    check(IVdsAdvancedDisk_CreatePartition(advanced, MIB, 254 * MIB, &parameters, &async), "partition");
    IVdsAdvancedDisk_Release(advanced);
    return finish(async, "partition").cp.volumeId;
}

static void format_and_mount(IVdsService *service, VDS_OBJECT_ID id, const char *folder)
{
    IUnknown *volume;
    IVdsVolumeMF *mounting;
    IVdsVolumeMF3 *formatting;
    IVdsAsync *async;
    LPWSTR path = trireme_utf16_from_utf8(folder);
    check(IVdsService_GetObject(service, id, VDS_OT_VOLUME, &volume), "the volume");
    check(IUnknown_QueryInterface(volume, &IID_IVdsVolumeMF3, (void **)&formatting), "IVdsVolumeMF3");
    check(IUnknown_QueryInterface(volume, &IID_IVdsVolumeMF, (void **)&mounting), "IVdsVolumeMF");
    IUnknown_Release(volume);
    WCHAR ext4[] = {'e', 'x', 't', '4', 0}, label[] = {'d', 'e', 'm', 'o', 0};
    check(IVdsVolumeMF3_FormatEx2(formatting, ext4, 0, 0, label, 0, &async), "format, in full");
    finish(async, "format, in full");
    check(IVdsVolumeMF_AddAccessPath(mounting, path), "mount");
    struct statvfs space;
    if (statvfs(folder, &space) == 0)
        printf("mounted on %s: %llu MiB free\n", folder, (unsigned long long)space.f_bavail * space.f_frsize / MIB);
    check(IVdsVolumeMF_DeleteAccessPath(mounting, path, FALSE), "unmount");
    IVdsVolumeMF_Release(mounting);
    IVdsVolumeMF3_Release(formatting);
    CoTaskMemFree(path);
}

int main(int argc, char **argv)
{
    IEnumVdsObject *providers;
    IVdsVDisk *image;
    IVdsDisk *disk;
    if (argc != 3) {
        fprintf(stderr, "usage: first-disk IMAGE FOLDER\n");
        return 2;
    }
    IVdsService *service = load_service();
    check(IVdsService_QueryProviders(service, VDS_QUERY_SOFTWARE_PROVIDERS, &providers), "QueryProviders");
    IVdsSwProvider *software = first(providers, &IID_IVdsSwProvider, "software provider");
    check(IVdsService_QueryProviders(service, VDS_QUERY_VIRTUALDISK_PROVIDERS, &providers), "QueryProviders");
    IVdsVdProvider *images = first(providers, &IID_IVdsVdProvider, "virtual disk provider");

    IVdsOpenVDisk *open = make_and_attach(images, argv[1], &image);
    check(IVdsVdProvider_GetDiskFromVDisk(images, image, &disk), "the disk");
    format_and_mount(service, make_partition(software, disk), argv[2]);
    IVdsDisk_Release(disk);
    check(IVdsOpenVDisk_DetachAndDelete(open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0), "detach and delete");
    printf("detached, and the image deleted\n");

    IVdsOpenVDisk_Release(open);
    IVdsVDisk_Release(image);
    IVdsVdProvider_Release(images);
    IVdsSwProvider_Release(software);
    IVdsService_Release(service);
    CoUninitialize();
    return 0;
}
