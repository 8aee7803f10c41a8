/* A client that is one source for C and C++, with u"" text or, under -fshort-wchar, L"" text: the short life of a disk.
 * It uses nothing but vds.h, trireme-storage.h and the C library. Prints TAP. */
#ifndef __cplusplus
#define COBJMACROS
#endif
#include <vds.h>

#include <objbase.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <trireme-storage.h>
#include <unistd.h>

#ifdef __cplusplus
#define CALL0(interface, object, method) (object)->method()
#define CALL(interface, object, method, ...) (object)->method(__VA_ARGS__)
#define ID(id) (id)
#else
#define CALL0(interface, object, method) interface##_##method(object)
#define CALL(interface, object, method, ...) interface##_##method((object), __VA_ARGS__)
#define ID(id) (&(id))
#endif

#if __SIZEOF_WCHAR_T__ == 2
#define T(text) ((LPWSTR)(const WCHAR *)L##text)
#else
#define T(text) ((LPWSTR)(const WCHAR *)u##text)
#endif

#define MIB (1024ull * 1024)

static int failed_at;

#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!failed_at && !(condition)) {                                                                              \
            failed_at = __LINE__;                                                                                      \
            printf("# line %d: %s\n", __LINE__, #condition);                                                           \
        }                                                                                                              \
    } while (0)

static int is_ended(time_t start)
{
    return time(NULL) - start > 60;
}

/* Polls to the end, as desktop tools do; then asks for the output. */
static HRESULT finish(HRESULT hr, IVdsAsync *async, VDS_ASYNC_OUTPUT *output)
{
    HRESULT result = hr;
    ULONG percent = 0, last = 0;
    time_t start = time(NULL);
    while (SUCCEEDED(hr) && !is_ended(start)) {
        hr = CALL(IVdsAsync, async, QueryStatus, &result, &percent);
        if (SUCCEEDED(hr)) {
            MUST(percent >= last && percent <= 100);
            last = percent;
            hr = result;
            if (hr == S_OK)
                break;
            if (hr == VDS_E_OPERATION_PENDING)
                hr = S_OK;
        }
        usleep(1000);
    }
    if (async) {
        MUST(CALL(IVdsAsync, async, Wait, &result, output) == S_OK);
        CALL0(IVdsAsync, async, Release);
    }
    return SUCCEEDED(hr) ? result : hr;
}

/* UTF-16 of ASCII. */
static LPWSTR wide(const char *text, WCHAR *buffer)
{
    size_t i = 0;
    for (; text[i]; i++)
        buffer[i] = (WCHAR)text[i];
    buffer[i] = 0;
    return buffer;
}

static void *provider(IVdsService *service, DWORD kind, const IID *iid)
{
    IEnumVdsObject *list = NULL;
    IUnknown *object = NULL;
    ULONG count = 0;
    void *found = NULL;
    MUST(CALL(IVdsService, service, QueryProviders, kind, &list) == S_OK);
    if (list && CALL(IEnumVdsObject, list, Next, 1, &object, &count) == S_OK) {
#ifdef __cplusplus
        object->QueryInterface(*iid, &found);
#else
        IUnknown_QueryInterface(object, iid, &found);
#endif
        CALL0(IUnknown, object, Release);
    }
    if (list)
        CALL0(IEnumVdsObject, list, Release);
    return found;
}

static IVdsService *start(void)
{
    IVdsServiceLoader *loader = NULL;
    IVdsService *service = NULL;
    MUST(SUCCEEDED(CoInitializeEx(NULL, COINIT_MULTITHREADED)));
    MUST(CoCreateInstance(ID(CLSID_VdsLoader), NULL, CLSCTX_LOCAL_SERVER, ID(IID_IVdsServiceLoader),
                          (void **)&loader) == S_OK);
    if (loader) {
        MUST(CALL(IVdsServiceLoader, loader, LoadService, T(""), &service) == S_OK);
        CALL0(IVdsServiceLoader, loader, Release);
    }
    if (service)
        MUST(CALL0(IVdsService, service, WaitForServiceReady) == S_OK);
    return service;
}

static IVdsOpenVDisk *create_and_attach(IVdsVdProvider *images, LPWSTR path, IVdsDisk **ret_disk)
{
    VIRTUAL_STORAGE_TYPE type;
    VDS_CREATE_VDISK_PARAMETERS parameters;
    VDS_ASYNC_OUTPUT output;
    IVdsAsync *async = NULL;
    IVdsVDisk *image = NULL;
    IVdsOpenVDisk *open = NULL;
    HRESULT hr;
    memset(&parameters, 0, sizeof(parameters));
    memset(&output, 0, sizeof(output));
    parameters.MaximumSize = 64 * MIB;
    type.DeviceId = TRIREME_STORAGE_TYPE_DEVICE_RAW;
    type.VendorId = VIRTUAL_STORAGE_TYPE_VENDOR_TRIREME;
    hr = CALL(IVdsVdProvider, images, CreateVDisk, &type, path, NULL, CREATE_VIRTUAL_DISK_FLAG_NONE, 0, 0, &parameters,
              &async);
    MUST(finish(hr, async, &output) == S_OK && output.type == VDS_ASYNCOUT_CREATE_VDISK);
    if (failed_at)
        return NULL;
#ifdef __cplusplus
    MUST(output.cvd.pVDiskUnk->QueryInterface(IID_PPV_ARGS(&image)) == S_OK);
#else
    MUST(IUnknown_QueryInterface(output.cvd.pVDiskUnk, &IID_IVdsVDisk, (void **)&image) == S_OK);
#endif
    CALL0(IUnknown, output.cvd.pVDiskUnk, Release);
    MUST(CALL(IVdsVDisk, image, Open, VIRTUAL_DISK_ACCESS_ALL, OPEN_VIRTUAL_DISK_FLAG_NONE, 1, &open) == S_OK);
    async = NULL;
    hr = CALL(IVdsOpenVDisk, open, Attach, NULL, ATTACH_VIRTUAL_DISK_FLAG_NONE, 0, 0, &async);
    MUST(finish(hr, async, &output) == S_OK);
    MUST(CALL(IVdsVdProvider, images, GetDiskFromVDisk, image, ret_disk) == S_OK);
    CALL0(IVdsVDisk, image, Release);
    return open;
}

static VDS_OBJECT_ID give_table_and_partition(IVdsSwProvider *software, IVdsDisk *disk)
{
    VDS_DISK_PROP prop;
    VDS_ASYNC_OUTPUT output;
    CREATE_PARTITION_PARAMETERS parameters;
    IVdsPack *pack = NULL;
    IVdsAdvancedDisk *advanced = NULL;
    IVdsAsync *async = NULL;
    HRESULT hr;
    memset(&parameters, 0, sizeof(parameters));
    memset(&output, 0, sizeof(output));
    MUST(CALL(IVdsDisk, disk, GetProperties, &prop) == S_OK);
    CoTaskMemFree(prop.pwszDiskAddress);
    CoTaskMemFree(prop.pwszName);
    CoTaskMemFree(prop.pwszFriendlyName);
    CoTaskMemFree(prop.pwszAdaptorName);
    CoTaskMemFree(prop.pwszDevicePath);
    MUST(CALL(IVdsSwProvider, software, CreatePack, &pack) == S_OK);
    MUST(CALL(IVdsPack, pack, AddDisk, prop.id, VDS_PST_MBR, FALSE) == S_OK);
    CALL0(IVdsPack, pack, Release);
    parameters.style = VDS_PST_MBR;
    parameters.MbrPartInfo.partitionType = 0x83;
    MUST(CALL(IVdsDisk, disk, QueryInterface, ID(IID_IVdsAdvancedDisk), (void **)&advanced) == S_OK);
    hr = CALL(IVdsAdvancedDisk, advanced, CreatePartition, MIB, 32 * MIB, &parameters, &async);
    MUST(finish(hr, async, &output) == S_OK && output.cp.ullOffset == MIB);
    CALL0(IVdsAdvancedDisk, advanced, Release);
    return output.cp.volumeId;
}

static void format(IVdsService *service, const VDS_OBJECT_ID *id)
{
    VDS_ASYNC_OUTPUT output;
    IUnknown *object = NULL;
    IVdsVolumeMF3 *mf3 = NULL;
    IVdsVolumeMF *mf = NULL;
    IVdsAsync *async = NULL;
    VDS_FILE_SYSTEM_PROP prop;
    HRESULT hr;
    memset(&prop, 0, sizeof(prop));
    MUST(CALL(IVdsService, service, GetObject, *id, VDS_OT_VOLUME, &object) == S_OK);
    if (!object)
        return;
    MUST(CALL(IUnknown, object, QueryInterface, ID(IID_IVdsVolumeMF3), (void **)&mf3) == S_OK);
    MUST(CALL(IUnknown, object, QueryInterface, ID(IID_IVdsVolumeMF), (void **)&mf) == S_OK);
    CALL0(IUnknown, object, Release);
    hr = CALL(IVdsVolumeMF3, mf3, FormatEx2, T("ext4"), 0, 0, T("CLIENT"), VDS_FSOF_QUICK, &async);
    MUST(finish(hr, async, &output) == S_OK && output.type == VDS_ASYNCOUT_FORMAT);
    MUST(CALL(IVdsVolumeMF, mf, GetFileSystemProperties, &prop) == S_OK);
    MUST(prop.pwszLabel && memcmp(prop.pwszLabel, T("CLIENT"), 14) == 0);
    CoTaskMemFree(prop.pwszLabel);
    CALL0(IVdsVolumeMF, mf, Release);
    CALL0(IVdsVolumeMF3, mf3, Release);
}

static void live(const char *folder)
{
    char path[128];
    WCHAR wide_path[128];
    IVdsDisk *disk = NULL;
    IVdsService *service = start();
    IVdsSwProvider *software;
    IVdsVdProvider *images;
    IVdsOpenVDisk *open = NULL;
    if (failed_at || !service)
        return;
    software = (IVdsSwProvider *)provider(service, VDS_QUERY_SOFTWARE_PROVIDERS, &IID_IVdsSwProvider);
    images = (IVdsVdProvider *)provider(service, VDS_QUERY_VIRTUALDISK_PROVIDERS, &IID_IVdsVdProvider);
    MUST(software && images);
    snprintf(path, sizeof(path), "%s/client.img", folder);
    if (!failed_at)
        open = create_and_attach(images, wide(path, wide_path), &disk);
    if (!failed_at) {
        VDS_OBJECT_ID volume = give_table_and_partition(software, disk);
        MUST(memcmp(&volume, &GUID_NULL, sizeof(volume)) != 0);
        if (!failed_at)
            format(service, &volume);
    }
    if (disk)
        CALL0(IVdsDisk, disk, Release);
    if (open) {
        MUST(CALL(IVdsOpenVDisk, open, DetachAndDelete, DETACH_VIRTUAL_DISK_FLAG_NONE, 0) == S_OK);
        CALL0(IVdsOpenVDisk, open, Release);
    }
    MUST(access(path, F_OK) != 0);
    if (software)
        CALL0(IVdsSwProvider, software, Release);
    if (images)
        CALL0(IVdsVdProvider, images, Release);
    CALL0(IVdsService, service, Release);
    CoUninitialize();
}

int main(void)
{
    char folder[] = "/tmp/trireme-client-XXXXXX", command[128];
    printf("1..1\n");
    if (geteuid() != 0 || access("/dev/loop-control", R_OK | W_OK) != 0) {
        printf("ok 1 - a disk lives # SKIP it needs root and loop devices\n");
        return 0;
    }
    if (!mkdtemp(folder) || setenv("TRIREME_RUNTIME_DIR", folder, 1) != 0)
        return 1;
    live(folder);
    snprintf(command, sizeof(command), "rm -rf --one-file-system '%s'", folder);
    if (system(command) != 0)
        failed_at = __LINE__;
    printf("%sok 1 - a disk lives\n", failed_at ? "not " : "");
    return failed_at != 0;
}
