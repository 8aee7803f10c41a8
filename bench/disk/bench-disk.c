/* Disks: ours and the bare tools', one after the other in one round, on the same images; each several times in a row, so
 * that what the other has left in the caches is not measured.
 *
 *     bench-disk WORK_FOLDER RUNS
 *
 * WORK_FOLDER is empty and lies on a real disk. Prints "name value unit" lines: medians of RUNS. What is measured is in
 * docs/performance.md. Only public headers: what is timed is what a program pays, from the call to Wait's return. */
#define COBJMACROS
#include <stdbool.h>
#include <sys/stat.h>
#include <trireme-storage.h>
#include <trireme.h>
#include <unistd.h>
#include <vds.h>

#include "measure.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)
#define PARTITION_SIZE (512 * MIB)
#define MAX_RUNS 100

static const char *work;
static IVdsService *service;
static IVdsSwProvider *software;
static IVdsVdProvider *images;

static void good(HRESULT result, const char *what)
{
    if (result == S_OK)
        return;
    const char *name = trireme_hresult_name(result);
    fprintf(stderr, "benchmark: %s: %s (0x%08x)\n", what, name ? name : "?", (unsigned)result);
    exit(1);
}

/* Waits for the end, which must be a good one, and releases the operation. */
static VDS_ASYNC_OUTPUT finish(IVdsAsync *async, const char *what)
{
    HRESULT result;
    VDS_ASYNC_OUTPUT output;
    good(IVdsAsync_Wait(async, &result, &output), what);
    good(result, what);
    IVdsAsync_Release(async);
    return output;
}

/* The first object of an enumerator that answers the interface. */
static void *first_of(IEnumVdsObject *objects, const IID *iid, const char *what)
{
    IUnknown *object;
    ULONG count;
    void *found = NULL;
    while (!found && IEnumVdsObject_Next(objects, 1, &object, &count) == S_OK) {
        IUnknown_QueryInterface(object, iid, &found);
        IUnknown_Release(object);
    }
    IEnumVdsObject_Release(objects);
    if (!found) {
        errno = ENOENT;
        die(what);
    }
    return found;
}

static void connect_service(void)
{
    IVdsServiceLoader *loader;
    IEnumVdsObject *providers;
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    good(CoCreateInstance(&CLSID_VdsLoader, NULL, CLSCTX_LOCAL_SERVER, &IID_IVdsServiceLoader, (void **)&loader),
         "loader");
    good(IVdsServiceLoader_LoadService(loader, NULL, &service), "LoadService");
    IVdsServiceLoader_Release(loader);
    good(IVdsService_WaitForServiceReady(service), "WaitForServiceReady");
    good(IVdsService_QueryProviders(service, VDS_QUERY_SOFTWARE_PROVIDERS, &providers), "QueryProviders");
    software = first_of(providers, &IID_IVdsSwProvider, "software provider");
    good(IVdsService_QueryProviders(service, VDS_QUERY_VIRTUALDISK_PROVIDERS, &providers), "QueryProviders");
    images = first_of(providers, &IID_IVdsVdProvider, "virtual disk provider");
}

/* ---- images ---- */

static const VIRTUAL_STORAGE_TYPE *type_of(const char *format)
{
    static VIRTUAL_STORAGE_TYPE type;
    bool ours = !strcmp(format, "raw") || !strcmp(format, "qcow2");
    type.VendorId = ours ? VIRTUAL_STORAGE_TYPE_VENDOR_TRIREME : VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT;
    type.DeviceId = !strcmp(format, "raw")     ? TRIREME_STORAGE_TYPE_DEVICE_RAW
                    : !strcmp(format, "qcow2") ? TRIREME_STORAGE_TYPE_DEVICE_QCOW2
                    : !strcmp(format, "vhd")   ? VIRTUAL_STORAGE_TYPE_DEVICE_VHD
                                               : VIRTUAL_STORAGE_TYPE_DEVICE_VHDX;
    return &type;
}

/* Makes an image; microseconds until it is there. source may be NULL. */
static double create(const char *path, const char *format, uint64_t size, bool fixed, const char *source,
                     IVdsVDisk **ret)
{
    VDS_CREATE_VDISK_PARAMETERS parameters = {.MaximumSize = size};
    LPWSTR wide = trireme_utf16_from_utf8(path), wide_source = source ? trireme_utf16_from_utf8(source) : NULL;
    parameters.pSourcePath = wide_source;
    IVdsAsync *async;
    uint64_t begin = now_ns();
    good(IVdsVdProvider_CreateVDisk(images, (VIRTUAL_STORAGE_TYPE *)type_of(format), wide, NULL,
                                    fixed ? CREATE_VIRTUAL_DISK_FLAG_FULL_PHYSICAL_ALLOCATION
                                          : CREATE_VIRTUAL_DISK_FLAG_NONE,
                                    0, 0, &parameters, &async),
         "CreateVDisk");
    VDS_ASYNC_OUTPUT output = finish(async, "CreateVDisk");
    double spent = since_us(begin);
    good(IUnknown_QueryInterface(output.cvd.pVDiskUnk, &IID_IVdsVDisk, (void **)ret), "IVdsVDisk");
    IUnknown_Release(output.cvd.pVDiskUnk);
    CoTaskMemFree(wide);
    CoTaskMemFree(wide_source);
    return spent;
}

static IVdsOpenVDisk *open_image(IVdsVDisk *image)
{
    IVdsOpenVDisk *open;
    good(IVdsVDisk_Open(image, VIRTUAL_DISK_ACCESS_ALL, OPEN_VIRTUAL_DISK_FLAG_NONE, 1, &open), "Open");
    return open;
}

static double attach(IVdsOpenVDisk *open)
{
    IVdsAsync *async;
    uint64_t begin = now_ns();
    good(IVdsOpenVDisk_Attach(open, NULL, ATTACH_VIRTUAL_DISK_FLAG_NONE, 0, 0, &async), "Attach");
    finish(async, "Attach");
    return since_us(begin);
}

static void remove_image(IVdsVDisk *image)
{
    IVdsOpenVDisk *open = open_image(image);
    good(IVdsOpenVDisk_DetachAndDelete(open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0), "DetachAndDelete");
    IVdsOpenVDisk_Release(open);
    IVdsVDisk_Release(image);
}

static double attach_by_losetup(char *path)
{
    char name[32] = "";
    int fds[2];
    if (pipe2(fds, O_CLOEXEC))
        die("pipe2");
    uint64_t begin = now_ns();
    int status = reap(spawn((char *[]){"losetup", "-f", "--show", path, NULL}, fds[1]));
    double spent = since_us(begin);
    close(fds[1]);
    ssize_t got = read(fds[0], name, sizeof name - 1);
    close(fds[0]);
    if (status || got <= 1)
        die("losetup");
    name[got - 1] = '\0';
    must((char *[]){"losetup", "-d", name, NULL});
    return spent;
}

static void bench_attach(int runs)
{
    double ours[MAX_RUNS], theirs[MAX_RUNS];
    char *path = text("%s/attach.img", work);
    IVdsVDisk *image;
    create(path, "raw", GIB, false, NULL, &image);
    IVdsOpenVDisk *open = open_image(image);
    for (int run = 0; run < runs; run++) {
        ours[run] = attach(open);
        good(IVdsOpenVDisk_Detach(open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0), "Detach");
    }
    for (int run = 0; run < runs; run++)
        theirs[run] = attach_by_losetup(path);
    emit("attach.trireme", ours, (size_t)runs, "us");
    emit("attach.losetup", theirs, (size_t)runs, "us");
    IVdsOpenVDisk_Release(open);
    remove_image(image);
    free(path);
}

static void bench_create(int runs)
{
    static const struct {
        const char *name, *format, *qemu, *options;
        bool fixed;
    } kinds[] = {
        {"vhd", "vhd", "vpc", "subformat=dynamic", false},
        {"vhd_fixed", "vhd", "vpc", "subformat=fixed", true},
        {"vhdx", "vhdx", "vhdx", "subformat=dynamic", false},
        {"qcow2", "qcow2", "qcow2", "compat=1.1", false},
    };
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        double ours[MAX_RUNS], theirs[MAX_RUNS];
        char *path = text("%s/new.%s", work, kinds[kind].format);
        for (int run = 0; run < runs; run++) {
            IVdsVDisk *image;
            ours[run] = create(path, kinds[kind].format, GIB, kinds[kind].fixed, NULL, &image);
            remove_image(image);
            uint64_t begin = now_ns();
            must((char *[]){"qemu-img", "create", "-q", "-f", (char *)kinds[kind].qemu, "-o",
                            (char *)kinds[kind].options, path, "1G", NULL});
            theirs[run] = since_us(begin);
            unlink(path);
        }
        emit(text("create.%s.trireme", kinds[kind].name), ours, (size_t)runs, "us");
        emit(text("create.%s.qemu", kinds[kind].name), theirs, (size_t)runs, "us");
        free(path);
    }
}

/* A raw image of 1 GiB of which 256 MiB are data. */
static void make_source(const char *path)
{
    static char block[1 << 20];
    uint64_t state = 88172645463325252ull;
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        die(path);
    for (int i = 0; i < 256; i++) {
        for (size_t at = 0; at < sizeof block; at += 8) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            memcpy(block + at, &state, 8);
        }
        if (write(fd, block, sizeof block) != (ssize_t)sizeof block)
            die(path);
    }
    if (ftruncate(fd, (off_t)GIB) || fsync(fd))
        die(path);
    close(fd);
}

static void bench_convert(int runs)
{
    double ours[MAX_RUNS], theirs[MAX_RUNS];
    char *source = text("%s/source.raw", work), *path = text("%s/copy.vhdx", work);
    make_source(source);
    for (int run = 0; run < runs; run++) {
        IVdsVDisk *image;
        ours[run] = create(path, "vhdx", 0, false, source, &image);
        remove_image(image);
        uint64_t begin = now_ns();
        must((char *[]){"qemu-img", "convert", "-p", "-O", "vhdx", source, path, NULL});
        theirs[run] = since_us(begin);
        unlink(path);
    }
    emit("convert.trireme", ours, (size_t)runs, "us");
    emit("convert.qemu", theirs, (size_t)runs, "us");
    unlink(source);
    free(source);
    free(path);
}

/* ---- a disk ---- */

struct disk {
    IVdsVDisk *image;
    IVdsOpenVDisk *open;
    IVdsDisk *disk;
    IVdsAdvancedDisk *advanced;
    IVdsVolumeMF3 *volume;
    VDS_OBJECT_ID id;
    char node[64], partition[80]; /* "/dev/loop0", "/dev/loop0p1" */
};

static void disk_open(struct disk *disk)
{
    char *path = text("%s/disk.img", work);
    create(path, "raw", GIB, false, NULL, &disk->image);
    disk->open = open_image(disk->image);
    attach(disk->open);
    VDS_DISK_PROP prop;
    good(IVdsVdProvider_GetDiskFromVDisk(images, disk->image, &disk->disk), "GetDiskFromVDisk");
    good(IVdsDisk_GetProperties(disk->disk, &prop), "disk properties");
    disk->id = prop.id;
    char *node = trireme_utf8_from_utf16(prop.pwszDevicePath);
    snprintf(disk->node, sizeof disk->node, "%s", node);
    snprintf(disk->partition, sizeof disk->partition, "%sp1", node);
    free(node);
    CoTaskMemFree(prop.pwszName);
    CoTaskMemFree(prop.pwszDevicePath);
    CoTaskMemFree(prop.pwszFriendlyName);
    CoTaskMemFree(prop.pwszAdaptorName);
    CoTaskMemFree(prop.pwszDiskAddress);
    good(IVdsDisk_QueryInterface(disk->disk, &IID_IVdsAdvancedDisk, (void **)&disk->advanced), "IVdsAdvancedDisk");
    free(path);
}

static void disk_clean(struct disk *disk)
{
    IVdsAsync *async;
    good(IVdsAdvancedDisk_Clean(disk->advanced, TRUE, TRUE, FALSE, &async), "Clean");
    finish(async, "Clean");
}

static void disk_close(struct disk *disk)
{
    if (disk->volume)
        IVdsVolumeMF3_Release(disk->volume);
    IVdsAdvancedDisk_Release(disk->advanced);
    IVdsDisk_Release(disk->disk);
    good(IVdsOpenVDisk_Detach(disk->open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0), "Detach");
    IVdsOpenVDisk_Release(disk->open);
    remove_image(disk->image);
}

static void initialize(struct disk *disk)
{
    IVdsPack *pack;
    good(IVdsSwProvider_CreatePack(software, &pack), "CreatePack");
    good(IVdsPack_AddDisk(pack, disk->id, VDS_PST_GPT, FALSE), "AddDisk");
    IVdsPack_Release(pack);
}

static VDS_OBJECT_ID partition(struct disk *disk)
{
    static const GUID basic = {0xebd0a0a2, 0xb9e5, 0x4433, {0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7}};
    CREATE_PARTITION_PARAMETERS parameters = {.style = VDS_PST_GPT};
    parameters.GptPartInfo.partitionType = basic;
    IVdsAsync *async;
    good(IVdsAdvancedDisk_CreatePartition(disk->advanced, MIB, PARTITION_SIZE, &parameters, &async), "CreatePartition");
    return finish(async, "CreatePartition").cp.volumeId;
}

static void must_be_there(const char *node)
{
    int fd = open(node, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die(node);
    close(fd);
}

static void bench_partition(struct disk *disk, int runs)
{
    double ours[MAX_RUNS], theirs[MAX_RUNS];
    for (int run = 0; run < runs; run++) {
        disk_clean(disk);
        uint64_t begin = now_ns();
        initialize(disk);
        partition(disk);
        ours[run] = since_us(begin);
        must_be_there(disk->partition);
    }
    for (int run = 0; run < runs; run++) {
        disk_clean(disk);
        uint64_t begin = now_ns();
        must((char *[]){"parted", "-s", disk->node, "mklabel", "gpt", "mkpart", "p1", "1MiB", "513MiB", NULL});
        theirs[run] = since_us(begin);
        must_be_there(disk->partition);
    }
    emit("partition.trireme", ours, (size_t)runs, "us");
    emit("partition.parted", theirs, (size_t)runs, "us");
    disk_clean(disk);
}

/* ---- formats ---- */

static double format(struct disk *disk, const char *filesystem, DWORD options)
{
    LPWSTR name = trireme_utf16_from_utf8(filesystem);
    IVdsAsync *async;
    uint64_t begin = now_ns();
    good(IVdsVolumeMF3_FormatEx2(disk->volume, name, 0, 0, NULL, options, &async), "FormatEx2");
    finish(async, "FormatEx2");
    double spent = since_us(begin);
    CoTaskMemFree(name);
    return spent;
}

static void bench_format(struct disk *disk, int runs)
{
    static const struct {
        const char *name, *tool, *flags;
    } kinds[] = {
        {"ext4", "mkfs.ext4", "-qF"},   {"xfs", "mkfs.xfs", "-qf"},    {"btrfs", "mkfs.btrfs", "-qf"},
        {"FAT32", "mkfs.vfat", "-F32"}, {"exFAT", "mkfs.exfat", NULL}, {"NTFS", "mkntfs", "-qQF"},
    };
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        double ours[MAX_RUNS], theirs[MAX_RUNS];
        for (int run = 0; run < runs; run++) {
            must((char *[]){"wipefs", "-qa", disk->partition, NULL});
            ours[run] = format(disk, kinds[kind].name, VDS_FSOF_QUICK);
        }
        for (int run = 0; run < runs; run++) {
            must((char *[]){"wipefs", "-qa", disk->partition, NULL});
            uint64_t begin = now_ns();
            must((char *[]){(char *)kinds[kind].tool, disk->partition, (char *)kinds[kind].flags, NULL});
            theirs[run] = since_us(begin);
        }
        emit(text("format.%s.trireme", kinds[kind].name), ours, (size_t)runs, "us");
        emit(text("format.%s.tool", kinds[kind].name), theirs, (size_t)runs, "us");
    }
}

static void bench_full(struct disk *disk, int runs)
{
    double ours[MAX_RUNS], theirs[MAX_RUNS];
    char *to = text("of=%s", disk->partition), *count = text("count=%llu", PARTITION_SIZE / (4 * MIB));
    for (int run = 0; run < runs; run++) {
        ours[run] = format(disk, "ext4", 0);
        uint64_t begin = now_ns();
        must((char *[]){"dd", "if=/dev/zero", to, "bs=4M", count, "oflag=direct", "conv=fsync", NULL});
        theirs[run] = since_us(begin);
    }
    emit("full.trireme", ours, (size_t)runs, "us");
    emit("full.dd", theirs, (size_t)runs, "us");
    free(to);
    free(count);
}

static double poll_ns(IVdsAsync *async, HRESULT expected)
{
    enum { CALLS = 1000000 };
    HRESULT result = E_FAIL;
    ULONG percent;
    uint64_t begin = now_ns();
    for (int i = 0; i < CALLS; i++)
        IVdsAsync_QueryStatus(async, &result, &percent);
    double spent = (double)(now_ns() - begin) / CALLS;
    good(result == expected ? S_OK : E_UNEXPECTED, "QueryStatus");
    return spent;
}

/* One that runs is a full format, so the other processor is busy. */
static void bench_poll(struct disk *disk, int runs)
{
    double done[MAX_RUNS], running[MAX_RUNS];
    for (int run = 0; run < runs; run++) {
        HRESULT result;
        VDS_ASYNC_OUTPUT output;
        IVdsAsync *async;
        good(IVdsVolumeMF3_FormatEx2(disk->volume, NULL, 0, 0, NULL, 0, &async), "FormatEx2");
        running[run] = poll_ns(async, VDS_E_OPERATION_PENDING);
        good(IVdsAsync_Wait(async, &result, &output), "Wait");
        done[run] = poll_ns(async, S_OK);
        IVdsAsync_Release(async);
    }
    emit("poll.running", running, (size_t)runs, "ns");
    emit("poll.done", done, (size_t)runs, "ns");
}

static void bench_disk(int runs)
{
    struct disk disk = {0};
    IUnknown *volume;
    disk_open(&disk);
    bench_partition(&disk, runs);
    initialize(&disk);
    VDS_OBJECT_ID id = partition(&disk);
    good(IVdsService_GetObject(service, id, VDS_OT_VOLUME, &volume), "GetObject");
    good(IUnknown_QueryInterface(volume, &IID_IVdsVolumeMF3, (void **)&disk.volume), "IVdsVolumeMF3");
    IUnknown_Release(volume);
    bench_format(&disk, runs);
    bench_full(&disk, runs < 3 ? runs : 3);
    bench_poll(&disk, runs < 3 ? runs : 3);
    disk_close(&disk);
}

int main(int argc, char **argv)
{
    int runs = argc > 2 ? atoi(argv[2]) : 0;
    if (runs < 1 || runs > MAX_RUNS) {
        fprintf(stderr, "usage: bench-disk WORK_FOLDER RUNS\n");
        return 2;
    }
    work = argv[1];
    connect_service();
    bench_attach(runs);
    bench_create(runs);
    bench_convert(runs);
    bench_disk(runs);
    IVdsVdProvider_Release(images);
    IVdsSwProvider_Release(software);
    IVdsService_Release(service);
    return 0;
}
