/* What the tests of the VDS face share. They are programs of a user: public headers, the C library, real loop
 * devices. */
#ifndef TRI_TESTS_FACE_VDS_FACE_H
#define TRI_TESTS_FACE_VDS_FACE_H

#define COBJMACROS
#include <vds.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <oaidl.h>
#include <objbase.h>
#include <oleauto.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <trireme-storage.h>
#include <trireme.h>
#include <unistd.h>

#include <cmocka.h>

#include "proves.h"

#if defined(TRI_OP_OP_H) || defined(TRI_STORAGE_DISK_H)
#error "a test of the face sees the public headers only"
#endif

#pragma GCC diagnostic ignored "-Wunused-function" /* no program uses all of it */

#define KIB 1024ull
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
enum { DEADLINE_MS = 120000 };

/* HRESULTs are compared as people write them. */
#define assert_hr(expected, actual) assert_int_equal((uint32_t)(expected), (uint32_t)(actual))

/* One of several codes that are documented for the same thing. */
#define assert_hr_of(actual, ...)                                                                                      \
    assert_hr_is_of((actual), (const HRESULT[]){__VA_ARGS__}, sizeof((HRESULT[]){__VA_ARGS__}) / sizeof(HRESULT),      \
                    __FILE__, __LINE__)
static inline void assert_hr_is_of(HRESULT actual, const HRESULT *expected, size_t count, const char *file, int line)
{
    for (size_t i = 0; i < count; i++)
        if (expected[i] == actual)
            return;
    print_error("0x%08X (%s) was not expected\n", (uint32_t)actual, trireme_hresult_name(actual));
    _fail(file, line);
}

/* ---- time, commands, text ---- */

static inline unsigned long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned long long)now.tv_sec * 1000 + (unsigned long long)now.tv_nsec / 1000000;
}

static inline void pause_ms(int ms)
{
    poll(NULL, 0, ms);
}

/* Waits for a condition, and fails where it does not come. */
#define assert_comes(condition)                                                                                        \
    do {                                                                                                               \
        unsigned long long end_ms = now_ms() + DEADLINE_MS / 4;                                                        \
        while (!(condition)) {                                                                                         \
            if (now_ms() > end_ms)                                                                                     \
                fail_msg("it did not come: %s", #condition);                                                           \
            pause_ms(2);                                                                                               \
        }                                                                                                              \
    } while (0)

static inline int run_command(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline int run_command(const char *format, ...)
{
    char command[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    return system(command);
}

/* The first line that a command prints, in a buffer that stays until the next but three. */
static inline const char *line_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline const char *line_of(const char *format, ...)
{
    static char lines[4][512];
    static unsigned next;
    char command[2048], *line = lines[next++ % 4];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    line[0] = 0;
    FILE *stream = popen(command, "r");
    assert_non_null(stream);
    if (!fgets(line, sizeof(lines[0]), stream))
        line[0] = 0;
    pclose(stream);
    line[strcspn(line, "\n")] = 0;
    return line;
}

/* UTF-16 of a text, which stays until the next but seven of this thread. */
static inline LPWSTR W(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline LPWSTR W(const char *format, ...)
{
    static _Thread_local WCHAR *texts[8];
    static _Thread_local unsigned next;
    WCHAR **text = &texts[next++ % 8];
    char utf8[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(utf8, sizeof(utf8), format, args);
    va_end(args);
    LocalFree(*text);
    *text = trireme_utf16_from_utf8(utf8);
    assert_non_null(*text);
    return *text;
}

/* UTF-8 of a text of the library's, which is kept ("" for NULL); it stays until the next but seven. */
static inline const char *U(const WCHAR *text)
{
    static _Thread_local char *texts[8];
    static _Thread_local unsigned next;
    char **utf8 = &texts[next++ % 8];
    free(*utf8);
    *utf8 = text ? trireme_utf8_from_utf16(text) : strdup("");
    assert_non_null(*utf8);
    return *utf8;
}

/* The same, and frees it. */
static inline const char *take(LPWSTR text)
{
    const char *utf8 = U(text);
    CoTaskMemFree(text);
    return utf8;
}

static inline bool is_null_guid(const GUID *guid)
{
    return IsEqualGUID(guid, &GUID_NULL);
}

/* The sentence that the library left for this thread, or "". */
static inline const char *why(void)
{
    static _Thread_local char sentence[600];
    IErrorInfo *info = NULL;
    BSTR text = NULL;
    sentence[0] = 0;
    if (GetErrorInfo(0, &info) == S_OK && info) {
        if (IErrorInfo_GetDescription(info, &text) == S_OK && text)
            snprintf(sentence, sizeof(sentence), "%s", U(text));
        SysFreeString(text);
        IErrorInfo_Release(info);
    }
    return sentence;
}

/* ---- objects ---- */

static inline void *query_interface(void *object, const IID *iid)
{
    void *found = NULL;
    assert_non_null(object);
    assert_hr(S_OK, IUnknown_QueryInterface((IUnknown *)object, iid, &found));
    assert_non_null(found);
    return found;
}
#define QUERY(object, type) ((type *)query_interface((object), &IID_##type))

static inline bool answers(void *object, const IID *iid)
{
    void *found = (void *)1;
    HRESULT hr = IUnknown_QueryInterface((IUnknown *)object, iid, &found);
    if (hr == S_OK)
        IUnknown_Release((IUnknown *)found);
    else {
        assert_hr(E_NOINTERFACE, hr);
        assert_null(found);
    }
    return hr == S_OK;
}

/* Releases what a variable points at, and forgets it. */
#define LET_GO(variable) ((void)((variable) && (IUnknown_Release((IUnknown *)(variable)), (variable) = NULL, 0)))

/* The next object of an enumerator as an interface, or NULL at the end. */
static inline void *next_object(IEnumVdsObject *list, const IID *iid)
{
    IUnknown *object = (IUnknown *)1;
    ULONG count = 77;
    HRESULT hr = IEnumVdsObject_Next(list, 1, &object, &count);
    if (hr != S_OK) {
        assert_hr(S_FALSE, hr);
        assert_int_equal(count, 0);
        return NULL;
    }
    assert_int_equal(count, 1);
    void *found = query_interface(object, iid);
    IUnknown_Release(object);
    return found;
}

#define EACH(variable, type, list)                                                                                     \
    for (type *variable; (variable = (type *)next_object((list), &IID_##type)); LET_GO(variable))

static inline unsigned count_objects(IEnumVdsObject *list)
{
    unsigned count = 0;
    assert_hr(S_OK, IEnumVdsObject_Reset(list));
    EACH (object, IUnknown, list)
        count++;
    return count;
}

/* ---- the service, and a folder for everything ---- */

static char face_base[64], face_files[80], face_runtime[80];
static const char *skip_reason;
static IVdsService *service;
static IVdsSwProvider *basic;
static IVdsVdProvider *virtual_disks;

#define NEEDS_DISKS                                                                                                    \
    do {                                                                                                               \
        (void)state;                                                                                                   \
        if (skip_reason) {                                                                                             \
            printf("# skipped: %s\n", skip_reason);                                                                    \
            return;                                                                                                    \
        }                                                                                                              \
    } while (0)

#define SKIP_UNLESS(condition, reason)                                                                                 \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            printf("# skipped: %s\n", (reason));                                                                       \
            return;                                                                                                    \
        }                                                                                                              \
    } while (0)

static inline IVdsService *load_service(void)
{
    IVdsServiceLoader *loader = NULL;
    IVdsService *loaded = NULL;
    if (CoCreateInstance(&CLSID_VdsLoader, NULL, CLSCTX_LOCAL_SERVER, &IID_IVdsServiceLoader, (void **)&loader) != S_OK)
        return NULL;
    if (IVdsServiceLoader_LoadService(loader, NULL, &loaded) != S_OK)
        loaded = NULL;
    IVdsServiceLoader_Release(loader);
    if (loaded && IVdsService_WaitForServiceReady(loaded) != S_OK)
        LET_GO(loaded);
    return loaded;
}

static inline void *find_provider(DWORD kind, const IID *iid)
{
    IEnumVdsObject *list = NULL;
    if (IVdsService_QueryProviders(service, kind, &list) != S_OK)
        return NULL;
    void *found = next_object(list, iid);
    IEnumVdsObject_Release(list);
    return found;
}

static inline bool start_service(void)
{
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    service = load_service();
    basic = service ? find_provider(VDS_QUERY_SOFTWARE_PROVIDERS, &IID_IVdsSwProvider) : NULL;
    virtual_disks = service ? find_provider(VDS_QUERY_VIRTUALDISK_PROVIDERS, &IID_IVdsVdProvider) : NULL;
    return service && basic && virtual_disks;
}

static inline void stop_service(void)
{
    LET_GO(virtual_disks);
    LET_GO(basic);
    LET_GO(service);
    CoUninitialize();
}

static inline void name_folders(const char *base)
{
    snprintf(face_base, sizeof(face_base), "%s", base);
    snprintf(face_files, sizeof(face_files), "%s/files", face_base);
    snprintf(face_runtime, sizeof(face_runtime), "%s/run", face_base);
}

static inline int set_up_disks(void **state)
{
    (void)state;
    char base[] = "/tmp/trireme-vds-XXXXXX";
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!mkdtemp(base))
        return -1;
    name_folders(base);
    if (mkdir(face_files, 0700) < 0 || setenv("TRIREME_RUNTIME_DIR", face_runtime, 1) < 0)
        return -1;
    if (geteuid() != 0)
        skip_reason = "disks need root";
    else if (access("/dev/loop-control", R_OK | W_OK) < 0)
        skip_reason = "there are no loop devices";
    return start_service() ? 0 : -1;
}

/* What is left of this test's work, one a line; "" where nothing is. */
static inline const char *leftovers(void)
{
    static char text[4096];
    char command[2048];
    snprintf(
        command, sizeof(command),
        "for f in /sys/block/loop*/loop/backing_file; do "
        "[ -e $f ] && grep -qsF '%s/' $f && echo \"loop: $f $(cat $f)\"; done; "
        "grep -F ' %s/' /proc/self/mountinfo | sed 's/^/mount: /'; "
        "for p in /proc/[0-9]*; do [ $p = /proc/$$ ] && continue; "
        "c=$(tr '\\0' ' ' 2>/dev/null <$p/cmdline); "
        "case $c in *'%s/'*) [ $p = /proc/%d ] || case $c in 'sh -c'*) ;; *) echo \"process: ${p#/proc/} $c\";; esac;; "
        "esac; done; "
        "find '%s/storage/work' '%s/storage/temporary' '%s/storage/attached' -type f 2>/dev/null | sed 's/^/record: /'",
        face_base, face_base, face_base, (int)getpid(), face_runtime, face_runtime, face_runtime);
    FILE *stream = popen(command, "r");
    assert_non_null(stream);
    size_t size = fread(text, 1, sizeof(text) - 1, stream);
    text[size] = 0;
    pclose(stream);
    return text;
}

/* Only processes may take a moment longer, until the kernel has taken them away. */
static inline void expect_nothing_left(void)
{
    unsigned long long end_ms = now_ms() + DEADLINE_MS / 4;
    const char *left = leftovers();
    while (strncmp(left, "process", 7) == 0 && now_ms() < end_ms) {
        pause_ms(10);
        left = leftovers();
    }
    if (*left)
        fail_msg("left behind:\n%s", left);
}

/* The last test of every program. */
static void nothing_is_left_behind(void **state)
{
    NEEDS_DISKS;
    expect_nothing_left();
}

/* However a test failed: take away what it made, and only that. Devices go before the exports that they lie on. */
static inline void clean_up(void)
{
    run_command(
        "b='%s'; "
        "loops() { for f in /sys/block/loop*/loop/backing_file; do "
        "[ -e $f ] && grep -qF \"$b/\" $f && echo /dev/$(basename $(dirname $(dirname $f))); done; }; "
        "mounts() { grep -F \"$1\" /proc/self/mountinfo | cut -d' ' -f5 | sort -r; }; "
        "for d in $(loops); do for p in $d ${d}p*; do mounts \" $p \" | while read m; do umount -l \"$m\"; done; done; "
        "partx -d $d; losetup -d $d; done 2>/dev/null; "
        "mounts \" $b/\" | while read m; do umount -l \"$m\"; done 2>/dev/null; "
        "for p in /proc/[0-9]*; do c=$(tr '\\0' ' ' 2>/dev/null <$p/cmdline); "
        "case $c in *qemu-storage-daemon*\"$b/\"*) case $c in 'sh -c'*) ;; *) kill -9 ${p#/proc/};; esac;; esac; done; "
        "rm -rf --one-file-system \"$b\"",
        face_base);
}

static inline int tear_down_disks(void **state)
{
    (void)state;
    stop_service();
    clean_up();
    return 0;
}

/* ---- operations ---- */

/* What the last operation showed of itself. */
static struct progress {
    unsigned polls, changes; /* how often it was asked, and how often it answered another percentage */
    ULONG last_pending;      /* the highest percentage while it ran */
} progress;

/* Polls an operation to its end as desktop tools do, and checks what it says on the way. Its final result. */
static inline HRESULT watch(IVdsAsync *async)
{
    HRESULT hr = S_OK, result = S_OK;
    ULONG percent = 777, last = 0;
    unsigned long long end_ms = now_ms() + DEADLINE_MS;
    progress = (struct progress){0};
    while (SUCCEEDED(hr)) {
        hr = IVdsAsync_QueryStatus(async, &result, &percent);
        assert_hr(S_OK, hr);
        progress.polls++;
        if (result == VDS_E_OPERATION_PENDING) {
            assert_in_range(percent, last, 99);
            progress.changes += percent != last;
            progress.last_pending = last = percent;
        } else {
            assert_int_equal(percent, 100);
        }
        hr = result;
        if (hr == S_OK)
            break;
        if (hr == VDS_E_OPERATION_PENDING)
            hr = S_OK;
        else if (SUCCEEDED(hr))
            fail_msg("0x%08X would make clients loop for ever", (uint32_t)hr);
        if (now_ms() > end_ms)
            fail_msg("it does not end; at %u %%", percent);
        pause_ms(1);
    }
    return hr;
}

/* Runs a call to its end: RUN(IVdsAdvancedDisk_Clean(disk, TRUE, FALSE, FALSE, ASYNC), &output). Gives what the call
 * refused, or how its operation ended. */
static __attribute__((unused)) IVdsAsync *current_async;
#define ASYNC (&current_async)
#define RUN(call, output) (current_async = (IVdsAsync *)1, run_to_its_end((call), (output), true))
#define TRY(call) (current_async = (IVdsAsync *)1, run_to_its_end((call), NULL, false))

static inline HRESULT run_to_its_end(HRESULT hr, VDS_ASYNC_OUTPUT *output, bool complain)
{
    VDS_ASYNC_OUTPUT own;
    IVdsAsync *async = current_async;
    if (!output)
        output = &own;
    memset(output, 0, sizeof(*output));
    if (FAILED(hr)) {
        assert_null(async);
    } else {
        HRESULT waited = E_FAIL;
        assert_hr(S_OK, hr);
        assert_non_null(async);
        hr = watch(async);
        memset(output, 0xee, sizeof(*output));
        assert_hr(S_OK, IVdsAsync_Wait(async, &waited, output));
        assert_hr(hr, waited);
        if (FAILED(hr))
            assert_null(output->cv.pVolumeUnk);
        IVdsAsync_Release(async);
    }
    if (FAILED(hr) && complain)
        printf("# 0x%08X %s: %s\n", (uint32_t)hr, trireme_hresult_name(hr), why());
    if (output == &own && SUCCEEDED(hr) &&
        (own.type == VDS_ASYNCOUT_CREATE_VDISK || own.type == VDS_ASYNCOUT_CREATEVOLUME))
        IUnknown_Release(own.cv.pVolumeUnk);
    current_async = NULL;
    return hr;
}

/* Lets an operation come to a percentage; false: it ended before. */
static inline bool reaches(IVdsAsync *async, ULONG percent)
{
    HRESULT result = VDS_E_OPERATION_PENDING;
    ULONG now = 0;
    unsigned long long end_ms = now_ms() + DEADLINE_MS;
    while (result == VDS_E_OPERATION_PENDING && now < percent) {
        assert_hr(S_OK, IVdsAsync_QueryStatus(async, &result, &now));
        assert_true(now_ms() < end_ms);
        pause_ms(1);
    }
    return result == VDS_E_OPERATION_PENDING;
}

/* ---- virtual disks ---- */

enum face_format { RAW, VHD, VHDX, QCOW2, FORMATS };
static const struct {
    const char *name, *qemu;
    ULONG device;
    bool is_of_trireme;
} face_formats[FORMATS] = {
    [RAW] = {"raw", "raw", TRIREME_STORAGE_TYPE_DEVICE_RAW, true},
    [VHD] = {"VHD", "vpc", VIRTUAL_STORAGE_TYPE_DEVICE_VHD, false},
    [VHDX] = {"VHDX", "vhdx", VIRTUAL_STORAGE_TYPE_DEVICE_VHDX, false},
    [QCOW2] = {"qcow2", "qcow2", TRIREME_STORAGE_TYPE_DEVICE_QCOW2, true},
};

static inline VIRTUAL_STORAGE_TYPE storage_type(enum face_format format)
{
    return (VIRTUAL_STORAGE_TYPE){face_formats[format].device, face_formats[format].is_of_trireme
                                                                   ? VIRTUAL_STORAGE_TYPE_VENDOR_TRIREME
                                                                   : VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT};
}

static const char *program_missing(enum face_format format)
{
    if (format == RAW)
        return NULL;
    if (run_command("command -v qemu-img qemu-storage-daemon >/dev/null") != 0)
        return "qemu-utils is not installed";
    return access("/dev/fuse", R_OK | W_OK) < 0 ? "there is no /dev/fuse" : NULL;
}

static inline IVdsVDisk *create_image(const char *path, enum face_format format, ULONGLONG size, bool fixed)
{
    VIRTUAL_STORAGE_TYPE type = storage_type(format);
    VDS_CREATE_VDISK_PARAMETERS parameters = {.MaximumSize = size};
    VDS_ASYNC_OUTPUT output;
    assert_hr(S_OK, RUN(IVdsVdProvider_CreateVDisk(virtual_disks, &type, W("%s", path), NULL,
                                                   fixed ? CREATE_VIRTUAL_DISK_FLAG_FULL_PHYSICAL_ALLOCATION
                                                         : CREATE_VIRTUAL_DISK_FLAG_NONE,
                                                   0, 0, &parameters, ASYNC),
                        &output));
    assert_int_equal(output.type, VDS_ASYNCOUT_CREATE_VDISK);
    IVdsVDisk *made = QUERY(output.cvd.pVDiskUnk, IVdsVDisk);
    IUnknown_Release(output.cvd.pVDiskUnk);
    return made;
}

struct face_disk {
    char path[192]; /* of the image */
    IVdsVDisk *image;
    IVdsOpenVDisk *open;
    IVdsDisk *disk; /* while attached */
    IVdsAdvancedDisk *advanced;
    VDS_OBJECT_ID id;
    char node[32]; /* "/dev/loop3" */
};

static inline void look_at_disk(struct face_disk *disk)
{
    VDS_DISK_PROP prop;
    assert_hr(S_OK, IVdsVdProvider_GetDiskFromVDisk(virtual_disks, disk->image, &disk->disk));
    disk->advanced = QUERY(disk->disk, IVdsAdvancedDisk);
    assert_hr(S_OK, IVdsDisk_GetProperties(disk->disk, &prop));
    disk->id = prop.id;
    snprintf(disk->node, sizeof(disk->node), "%s", U(prop.pwszDevicePath));
    assert_int_equal(strncmp(disk->node, "/dev/loop", 9), 0);
    CoTaskMemFree(prop.pwszDiskAddress);
    CoTaskMemFree(prop.pwszName);
    CoTaskMemFree(prop.pwszFriendlyName);
    CoTaskMemFree(prop.pwszAdaptorName);
    CoTaskMemFree(prop.pwszDevicePath);
}

static inline void attach(struct face_disk *disk)
{
    VDS_ASYNC_OUTPUT output;
    assert_hr(S_OK, RUN(IVdsOpenVDisk_Attach(disk->open, NULL, ATTACH_VIRTUAL_DISK_FLAG_NONE, 0, 0, ASYNC), &output));
    assert_int_equal(output.type, VDS_ASYNCOUT_ATTACH_VDISK);
    look_at_disk(disk);
}

static inline void detach(struct face_disk *disk)
{
    LET_GO(disk->advanced);
    LET_GO(disk->disk);
    HRESULT hr = IVdsOpenVDisk_Detach(disk->open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0);
    if (hr != S_OK)
        printf("# detach: %s\n", why());
    assert_hr(S_OK, hr);
}

static inline void make_image(struct face_disk *disk, const char *name, enum face_format format, ULONGLONG size)
{
    static unsigned number; /* a name of its own, so that no test meets what another could not clean up */
    *disk = (struct face_disk){0};
    snprintf(disk->path, sizeof(disk->path), "%s/%u-%s", face_files, ++number, name);
    disk->image = create_image(disk->path, format, size, false);
    assert_hr(S_OK, IVdsVDisk_Open(disk->image, VIRTUAL_DISK_ACCESS_ALL, OPEN_VIRTUAL_DISK_FLAG_NONE, 1, &disk->open));
}

/* An image, attached. The disk is raw. */
static inline void make_disk(struct face_disk *disk, const char *name, enum face_format format, ULONGLONG size)
{
    make_image(disk, name, format, size);
    attach(disk);
}

static inline void drop_disk(struct face_disk *disk)
{
    LET_GO(disk->advanced);
    LET_GO(disk->disk);
    HRESULT hr = IVdsOpenVDisk_DetachAndDelete(disk->open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0);
    if (hr != S_OK)
        printf("# detach and delete: %s\n", why());
    assert_hr(S_OK, hr);
    assert_int_not_equal(access(disk->path, F_OK), 0);
    LET_GO(disk->open);
    LET_GO(disk->image);
}

/* ---- disks and partitions ---- */

static inline void free_disk_prop(VDS_DISK_PROP *prop)
{
    CoTaskMemFree(prop->pwszDiskAddress);
    CoTaskMemFree(prop->pwszName);
    CoTaskMemFree(prop->pwszFriendlyName);
    CoTaskMemFree(prop->pwszAdaptorName);
    CoTaskMemFree(prop->pwszDevicePath);
}

/* The properties without their texts. */
static inline VDS_DISK_PROP disk_prop(IVdsDisk *disk)
{
    VDS_DISK_PROP prop;
    HRESULT hr = IVdsDisk_GetProperties(disk, &prop);
    if (hr != S_OK)
        printf("# properties: %s\n", why());
    assert_hr(S_OK, hr);
    free_disk_prop(&prop);
    return prop;
}

/* Is it the disk of that id? Of other programs' disks, which come, go and break while one looks, nothing is
 * expected. */
static inline bool is_disk(IVdsDisk *disk, const VDS_OBJECT_ID *id)
{
    VDS_DISK_PROP prop;
    if (FAILED(IVdsDisk_GetProperties(disk, &prop)))
        return false;
    free_disk_prop(&prop);
    return IsEqualGUID(&prop.id, id);
}

static inline HRESULT try_add(const VDS_OBJECT_ID *id, VDS_PARTITION_STYLE style)
{
    IVdsPack *pack = NULL;
    assert_hr(S_OK, IVdsSwProvider_CreatePack(basic, &pack));
    HRESULT hr = IVdsPack_AddDisk(pack, *id, style, FALSE);
    IVdsPack_Release(pack);
    return hr;
}

static inline void initialize(struct face_disk *disk, VDS_PARTITION_STYLE style)
{
    HRESULT hr = try_add(&disk->id, style);
    if (hr != S_OK)
        printf("# add disk: %s\n", why());
    assert_hr(S_OK, hr);
}

static const GUID basic_data = {0xebd0a0a2, 0xb9e5, 0x4433, {0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7}};
static const GUID efi_system = {0xc12a7328, 0xf81f, 0x11d2, {0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b}};
static const GUID linux_data = {0x0fc63daf, 0x8483, 0x4772, {0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4}};

/* What makes an ordinary data partition on a disk of that style. */
static inline CREATE_PARTITION_PARAMETERS data_partition(VDS_PARTITION_STYLE style)
{
    CREATE_PARTITION_PARAMETERS parameters = {.style = style};
    if (style == VDS_PST_MBR)
        parameters.MbrPartInfo.partitionType = 0x07;
    else
        parameters.GptPartInfo.partitionType = basic_data;
    return parameters;
}

static inline HRESULT try_partition(struct face_disk *disk, ULONGLONG offset, ULONGLONG size, VDS_ASYNC_OUTPUT *output)
{
    CREATE_PARTITION_PARAMETERS parameters = data_partition(disk_prop(disk->disk).PartitionStyle);
    current_async = (IVdsAsync *)1;
    return run_to_its_end(IVdsAdvancedDisk_CreatePartition(disk->advanced, offset, size, &parameters, ASYNC), output,
                          false);
}

/* The kernel's node of the partition that starts there, or "". */
static inline const char *node_at(const struct face_disk *disk, ULONGLONG offset)
{
    return line_of("for p in /sys/block/%s/%sp*; do [ -e $p/start ] && [ $(cat $p/start) = %llu ] && "
                   "[ -b /dev/$(basename $p) ] && echo /dev/$(basename $p); done",
                   disk->node + 5, disk->node + 5, (unsigned long long)(offset / 512));
}

static inline LONG count_partitions(IVdsAdvancedDisk *disk)
{
    VDS_PARTITION_PROP *partitions = NULL;
    LONG count = 77;
    HRESULT hr = IVdsAdvancedDisk_QueryPartitions(disk, &partitions, &count);
    assert_hr_of(hr, S_OK, S_FALSE);
    assert_int_equal(hr == S_OK, count > 0);
    assert_int_equal(partitions != NULL, count > 0);
    CoTaskMemFree(partitions);
    return count;
}

/* ---- volumes ---- */

struct face_volume {
    IVdsVolume *volume;
    IVdsVolumeMF *mf;
    IVdsVolumeMF2 *mf2;
    IVdsVolumeMF3 *mf3;
    IVdsVolumeShrink *shrink;
    VDS_OBJECT_ID id;
    ULONGLONG offset;
    char node[48];
};

static inline void find_volume(struct face_volume *volume, const VDS_OBJECT_ID *id)
{
    IUnknown *object = NULL;
    assert_hr(S_OK, IVdsService_GetObject(service, *id, VDS_OT_VOLUME, &object));
    volume->id = *id;
    volume->volume = QUERY(object, IVdsVolume);
    volume->mf = QUERY(object, IVdsVolumeMF);
    volume->mf2 = QUERY(object, IVdsVolumeMF2);
    volume->mf3 = QUERY(object, IVdsVolumeMF3);
    volume->shrink = QUERY(object, IVdsVolumeShrink);
    IUnknown_Release(object);
}

/* The volume of a disk that has one, when the disk was attached anew: objects' ids are then others. */
static inline void find_volume_again(struct face_volume *volume, struct face_disk *disk)
{
    IVdsPack *pack = NULL;
    IEnumVdsObject *list = NULL;
    VDS_VOLUME_PROP prop;
    assert_hr(S_OK, IVdsDisk_GetPack(disk->disk, &pack));
    assert_hr(S_OK, IVdsPack_QueryVolumes(pack, &list));
    IVdsVolume *found = (IVdsVolume *)next_object(list, &IID_IVdsVolume);
    assert_hr_of(IVdsVolume_GetProperties(found, &prop), S_OK, VDS_S_PROPERTIES_INCOMPLETE);
    CoTaskMemFree(prop.pwszName);
    LET_GO(found);
    LET_GO(list);
    LET_GO(pack);
    find_volume(volume, &prop.id);
    snprintf(volume->node, sizeof(volume->node), "%s", node_at(disk, volume->offset));
    assert_string_not_equal(volume->node, "");
}

static inline void drop_volume(struct face_volume *volume)
{
    LET_GO(volume->volume);
    LET_GO(volume->mf);
    LET_GO(volume->mf2);
    LET_GO(volume->mf3);
    LET_GO(volume->shrink);
}

/* A data partition, and the volume that it is. */
static inline void make_volume(struct face_volume *volume, struct face_disk *disk, ULONGLONG offset, ULONGLONG size)
{
    CREATE_PARTITION_PARAMETERS parameters = data_partition(disk_prop(disk->disk).PartitionStyle);
    VDS_ASYNC_OUTPUT output;
    *volume = (struct face_volume){0};
    assert_hr(S_OK, RUN(IVdsAdvancedDisk_CreatePartition(disk->advanced, offset, size, &parameters, ASYNC), &output));
    assert_int_equal(output.type, VDS_ASYNCOUT_CREATEPARTITION);
    assert_false(is_null_guid(&output.cp.volumeId));
    volume->offset = output.cp.ullOffset;
    find_volume(volume, &output.cp.volumeId);
    snprintf(volume->node, sizeof(volume->node), "%s", node_at(disk, volume->offset));
    assert_string_not_equal(volume->node, "");
}

/* A raw image, attached, GPT, one partition from 1 MiB to 1 MiB before the end. */
static inline void make_disk_with_volume(struct face_disk *disk, struct face_volume *volume, const char *name,
                                         ULONGLONG size)
{
    make_disk(disk, name, RAW, size);
    initialize(disk, VDS_PST_GPT);
    make_volume(volume, disk, MIB, size - 2 * MIB);
}

static inline void drop_both(struct face_disk *disk, struct face_volume *volume)
{
    drop_volume(volume);
    drop_disk(disk);
}

static inline HRESULT format_as(struct face_volume *volume, const char *type, const char *label, DWORD options)
{
    return RUN(IVdsVolumeMF3_FormatEx2(volume->mf3, W("%s", type), 0, 0, label ? W("%s", label) : NULL, options, ASYNC),
               NULL);
}

static inline void format_quickly(struct face_volume *volume, const char *type)
{
    assert_hr(S_OK, format_as(volume, type, "TEST", VDS_FSOF_QUICK | VDS_FSOF_FORCE));
}

static inline const char *type_name(struct face_volume *volume)
{
    LPWSTR name = NULL;
    assert_hr(S_OK, IVdsVolumeMF2_GetFileSystemTypeName(volume->mf2, &name));
    return take(name);
}

/* What util-linux sees on a device, past all caches. */
static inline const char *blkid(const char *node, const char *tag)
{
    return line_of("blkid -p -o value -s %s '%s'", tag, node);
}

static inline VDS_VOLUME_PROP volume_prop(struct face_volume *volume)
{
    VDS_VOLUME_PROP prop;
    assert_hr_of(IVdsVolume_GetProperties(volume->volume, &prop), S_OK, VDS_S_PROPERTIES_INCOMPLETE);
    CoTaskMemFree(prop.pwszName);
    return prop;
}

static inline bool is_mounted(const char *path)
{
    return run_command("grep -qF ' %s ' /proc/self/mountinfo", path) == 0;
}

static inline const char *make_folder(const char *name)
{
    static char paths[4][160];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", face_files, name);
    assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
    return path;
}

/* ---- content ---- */

static inline uint64_t mix(uint64_t hash, uint64_t word)
{
    hash ^= word;
    hash *= 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

/* A number for what a file holds: zeros and holes are the same. */
static inline uint64_t digest(const char *path)
{
    static uint64_t block[512];
    uint64_t hash = 1469598103934665603u;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    off_t at = 0, hole = 0;
    while ((at = lseek(fd, hole, SEEK_DATA)) >= 0 && (hole = lseek(fd, at, SEEK_HOLE)) >= 0) {
        for (at -= at % 4096; at < hole; at += 4096) {
            memset(block, 0, sizeof(block));
            ssize_t got = pread(fd, block, sizeof(block), at);
            assert_true(got >= 0);
            uint64_t sum = 0;
            for (size_t i = 0; i < 512; i++)
                sum |= block[i];
            for (size_t i = 0; sum && i < 512; i++)
                hash = mix(hash, block[i] + i);
            if (sum)
                hash = mix(hash, (uint64_t)at);
        }
    }
    close(fd);
    return hash;
}

/* The same for an attached raw image, after everything that was written to its devices has reached it. */
static inline uint64_t disk_digest(const struct face_disk *disk)
{
    run_command("for d in %s %sp*; do [ -b $d ] && blockdev --flushbufs $d; done; sync '%s'", disk->node, disk->node,
                disk->path);
    return digest(disk->path);
}

/* Writes a file of this seed's content, so that it can be known again. */
static inline void write_pattern(const char *folder, const char *name, uint64_t seed, size_t size)
{
    char path[256];
    uint64_t words[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    for (size_t done = 0; done < size; done += sizeof(words)) {
        for (size_t i = 0; i < 512; i++)
            words[i] = mix(seed, done + i);
        assert_int_equal(write(fd, words, sizeof(words)), sizeof(words));
    }
    assert_int_equal(fsync(fd), 0);
    close(fd);
}

static inline void check_pattern(const char *folder, const char *name, uint64_t seed, size_t size)
{
    char path[256];
    uint64_t words[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail_msg("%s is not there", path);
    for (size_t done = 0; done < size; done += sizeof(words)) {
        assert_int_equal(read(fd, words, sizeof(words)), sizeof(words));
        for (size_t i = 0; i < 512; i++)
            assert_true(words[i] == mix(seed, done + i));
    }
    close(fd);
}

/* ---- other programs: this one again, with words that say what to do ---- */

struct face_child {
    pid_t pid;
    int in, out; /* pipes to its standard input, from its standard output */
};

static inline struct face_child start_child(const char *const *words)
{
    extern char **environ;
    const char *argv[8] = {"/proc/self/exe", face_base};
    struct face_child child = {0};
    int in[2], out[2];
    posix_spawn_file_actions_t actions;
    for (int i = 0; i < 5 && words[i]; i++)
        argv[i + 2] = words[i];
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    assert_int_equal(posix_spawn(&child.pid, argv[0], &actions, NULL, (char *const *)argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    child.in = in[1];
    child.out = out[0];
    return child;
}
#define CHILD(...) start_child((const char *const[]){__VA_ARGS__, NULL})

/* Its next word (a line); "" where it has ended. */
static inline const char *child_says(struct face_child *child)
{
    static char line[256];
    size_t size = 0;
    while (size < sizeof(line) - 1 && read(child->out, line + size, 1) == 1 && line[size] != '\n')
        size++;
    line[size] = 0;
    return line;
}

/* Waits for its end; its exit status, or minus the signal. */
static inline int end_child(struct face_child *child, int signal_number)
{
    int status = 0;
    close(child->in);
    if (signal_number)
        kill(child->pid, signal_number);
    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    close(child->out);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* The child's side: takes the folder over from argv[1]. */
static inline bool be_child(const char *base)
{
    name_folders(base);
    setvbuf(stdout, NULL, _IOLBF, 0);
    return start_service();
}

#endif
