/* A program that is killed at any moment: the next one finds and cleans what it left. Many times. */
#include "vds-face.h"

enum { ROUNDS = 20, ROUNDS_OF_EXPORTS = 8 };

/* ---- the children: each does one thing again and again until it is killed ---- */

static IVdsVDisk *known_image(const char *path, enum face_format format)
{
    VIRTUAL_STORAGE_TYPE type = storage_type(format);
    IVdsVDisk *image = NULL;
    return IVdsVdProvider_AddVDisk(virtual_disks, &type, W("%s", path), &image) == S_OK ? image : NULL;
}

static HRESULT wait_for(HRESULT hr, IVdsAsync **place)
{
    IVdsAsync *async = *place;
    HRESULT result = hr;
    VDS_ASYNC_OUTPUT output;
    if (SUCCEEDED(hr) && IVdsAsync_Wait(async, &result, &output) != S_OK)
        result = E_FAIL;
    if (SUCCEEDED(hr))
        IVdsAsync_Release(async);
    return result;
}

static int attach_for_ever(const char *path, enum face_format format)
{
    IVdsVDisk *image = known_image(path, format);
    IVdsOpenVDisk *open = NULL;
    IVdsAsync *async = NULL;
    if (!image || IVdsVDisk_Open(image, VIRTUAL_DISK_ACCESS_ALL, OPEN_VIRTUAL_DISK_FLAG_NONE, 1, &open) != S_OK)
        return 1;
    printf("go\n");
    for (;;) {
        HRESULT hr = IVdsOpenVDisk_Attach(open, NULL, ATTACH_VIRTUAL_DISK_FLAG_NONE, 0, 0, &async);
        if (wait_for(hr, &async) != S_OK || IVdsOpenVDisk_Detach(open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0) != S_OK)
            return 2;
    }
}

static IVdsDisk *disk_of(const char *path)
{
    IVdsVDisk *image = known_image(path, RAW);
    IVdsDisk *disk = NULL;
    return image && IVdsVdProvider_GetDiskFromVDisk(virtual_disks, image, &disk) == S_OK ? disk : NULL;
}

static int format_for_ever(const char *path, DWORD options)
{
    IVdsDisk *disk = disk_of(path);
    IVdsPack *pack = NULL;
    IEnumVdsObject *list = NULL;
    if (!disk || IVdsDisk_GetPack(disk, &pack) != S_OK || IVdsPack_QueryVolumes(pack, &list) != S_OK)
        return 1;
    IVdsVolumeMF3 *mf3 = next_object(list, &IID_IVdsVolumeMF3);
    printf("go\n");
    for (;;) {
        IVdsAsync *async = NULL;
        if (wait_for(IVdsVolumeMF3_FormatEx2(mf3, u"ext4", 0, 0, u"DEATH", options, &async), &async) != S_OK)
            return 2;
    }
}

static int partition_for_ever(const char *path)
{
    IVdsDisk *disk = disk_of(path);
    CREATE_PARTITION_PARAMETERS parameters = data_partition(VDS_PST_GPT);
    if (!disk)
        return 1;
    IVdsAdvancedDisk *advanced = query_interface(disk, &IID_IVdsAdvancedDisk);
    printf("go\n");
    for (;;) {
        IVdsAsync *async = NULL;
        HRESULT hr = IVdsAdvancedDisk_CreatePartition(advanced, 32 * MIB, 16 * MIB, &parameters, &async);
        if (wait_for(hr, &async) != S_OK || IVdsAdvancedDisk_DeletePartition(advanced, 32 * MIB, FALSE, FALSE) != S_OK)
            return 2;
    }
}

static int create_for_ever(const char *path, enum face_format format)
{
    VIRTUAL_STORAGE_TYPE type = storage_type(format);
    VDS_CREATE_VDISK_PARAMETERS parameters = {.MaximumSize = 256 * MIB};
    printf("go\n");
    for (;;) {
        IVdsAsync *async = NULL;
        HRESULT hr =
            IVdsVdProvider_CreateVDisk(virtual_disks, &type, W("%s", path), NULL,
                                       CREATE_VIRTUAL_DISK_FLAG_FULL_PHYSICAL_ALLOCATION, 0, 0, &parameters, &async);
        if (wait_for(hr, &async) != S_OK || unlink(path) != 0)
            return 2;
    }
}

static int be_killed(int argc, char **argv)
{
    enum face_format format = argc > 4 ? (enum face_format)atoi(argv[4]) : RAW;
    if (!be_child(argv[1]))
        return 9;
    if (strcmp(argv[2], "attach") == 0)
        return attach_for_ever(argv[3], format);
    if (strcmp(argv[2], "format") == 0)
        return format_for_ever(argv[3], (DWORD)atoi(argv[4]));
    if (strcmp(argv[2], "partition") == 0)
        return partition_for_ever(argv[3]);
    return create_for_ever(argv[3], format);
}

/* ---- the killer ---- */

static unsigned random_ms(unsigned below)
{
    static uint64_t seed;
    if (!seed) {
        seed = now_ms() ^ (uint64_t)getpid() << 32;
        printf("# seed %llx\n", (unsigned long long)seed);
    }
    seed = mix(seed, 1);
    return (unsigned)(seed >> 20) % below;
}

/* Lets it work for a while, and kills it; where it ended by itself, something is wrong. */
static void let_it_work_and_kill_it(struct face_child *child, unsigned below_ms)
{
    assert_string_equal(child_says(child), "go");
    pause_ms((int)random_ms(below_ms));
    int end = end_child(child, SIGKILL);
    if (end != -SIGKILL)
        fail_msg("it ended by itself with %d", end);
}

/* What a new program does first: starts the service and looks at everything. */
static void a_new_program_looks(void)
{
    IEnumVdsObject *list = NULL;
    stop_service();
    assert_true(start_service());
    assert_hr(S_OK, IVdsVdProvider_QueryVDisks(virtual_disks, &list));
    count_objects(list);
    LET_GO(list);
    assert_hr(S_OK, IVdsSwProvider_QueryPacks(basic, &list));
    count_objects(list);
    LET_GO(list);
    assert_hr(S_OK, IVdsService_QueryUnallocatedDisks(service, &list));
    count_objects(list);
    LET_GO(list);
}

static void expect_no_program_on(const char *node)
{
    unsigned long long end_ms = now_ms() + DEADLINE_MS / 4;
    for (;;) {
        const char *line = line_of("for p in /proc/[0-9]*; do c=$(tr '\\0' ' ' 2>/dev/null <$p/cmdline); case $c in "
                                   "'sh -c'*) ;; *mkfs*' %s '*|*mke2fs*' %s '*) echo $p $c;; esac; done",
                                   node, node);
        if (!*line)
            return;
        if (now_ms() > end_ms)
            fail_msg("it still works: %s", line);
        pause_ms(10);
    }
}

/* What the dead one had forked at that moment may live a moment longer, and says so long that it is at work. */
static VDS_VDISK_STATE state_when_settled(const char *path, enum face_format format, IVdsVDisk **ret_image)
{
    unsigned long long end_ms = now_ms() + DEADLINE_MS / 4;
    for (;;) {
        VDS_VDISK_PROPERTIES prop;
        a_new_program_looks();
        *ret_image = known_image(path, format);
        assert_hr_of(IVdsVDisk_GetProperties(*ret_image, &prop), S_OK, VDS_S_PROPERTIES_INCOMPLETE);
        CoTaskMemFree(prop.pPath);
        CoTaskMemFree(prop.pDeviceName);
        CoTaskMemFree(prop.pParentPath);
        bool is_pending = prop.State == VDS_VST_ATTACH_PENDING || prop.State == VDS_VST_DETACH_PENDING;
        if (!is_pending || now_ms() > end_ms)
            return prop.State;
        LET_GO(*ret_image);
        pause_ms(10);
    }
}

static void attaching(enum face_format format, int rounds, unsigned below_ms)
{
    char path[192], number[4];
    snprintf(path, sizeof(path), "%s/attached", face_files);
    snprintf(number, sizeof(number), "%d", format);
    IVdsVDisk *image = create_image(path, format, 64 * MIB, false);
    LET_GO(image);
    for (int i = 0; i < rounds; i++) {
        struct face_child child = CHILD("attach", path, number);
        let_it_work_and_kill_it(&child, below_ms);
        VDS_VDISK_STATE vdisk_state = state_when_settled(path, format, &image);
        if (vdisk_state == VDS_VST_ATTACHED_NOT_OPEN) { /* it was attached, which outlives a program */
            IVdsOpenVDisk *open = NULL;
            assert_hr(S_OK, IVdsVDisk_Open(image, VIRTUAL_DISK_ACCESS_ALL, OPEN_VIRTUAL_DISK_FLAG_NONE, 1, &open));
            HRESULT hr = IVdsOpenVDisk_Detach(open, DETACH_VIRTUAL_DISK_FLAG_NONE, 0);
            if (hr != S_OK)
                fail_msg("detach: 0x%08X %s", (uint32_t)hr, why());
            LET_GO(open);
        } else {
            assert_int_equal(vdisk_state, VDS_VST_ADDED);
        }
        LET_GO(image);
        expect_nothing_left();
    }
    assert_int_equal(unlink(path), 0);
}

static void killed_while_it_attaches_a_raw_image(void **state)
{
    NEEDS_DISKS;
    attaching(RAW, ROUNDS, 30);
}

static void killed_while_it_attaches_a_qcow2_image(void **state)
{
    NEEDS_DISKS;
    const char *missing = program_missing(QCOW2);
    SKIP_UNLESS(!missing, missing);
    attaching(QCOW2, ROUNDS_OF_EXPORTS, 250);
}

static void formatting(ULONGLONG size, DWORD options, int rounds, unsigned below_ms)
{
    struct face_disk disk;
    struct face_volume volume;
    char number[12];
    snprintf(number, sizeof(number), "%u", options);
    make_disk_with_volume(&disk, &volume, "formatted.img", size);
    drop_volume(&volume);
    for (int i = 0; i < rounds; i++) {
        struct face_child child = CHILD("format", disk.path, number);
        let_it_work_and_kill_it(&child, below_ms);
        LET_GO(disk.disk);
        LET_GO(disk.advanced);
        a_new_program_looks();
        look_at_disk(&disk);
        expect_no_program_on(volume.node);
        const char *type = blkid(volume.node, "TYPE"); /* whole, or cleanly empty */
        if (*type) {
            assert_string_equal(type, "ext4");
            assert_true(strcmp(blkid(volume.node, "LABEL"), "DEATH") == 0 || i > 0); /* or the one before, untouched */
            assert_int_equal(run_command("e2fsck -fn '%s' >/dev/null 2>&1", volume.node), 0);
        }
        find_volume(&volume, &volume.id);
        assert_int_equal(volume_prop(&volume).ulFlags & VDS_VF_FORMATTING, 0);
        assert_hr(S_OK, format_as(&volume, "ext4", "AFTER", VDS_FSOF_QUICK | VDS_FSOF_FORCE));
        drop_volume(&volume);
    }
    drop_disk(&disk);
}

static void killed_while_it_formats_quickly(void **state)
{
    NEEDS_DISKS;
    formatting(256 * MIB, VDS_FSOF_QUICK | VDS_FSOF_FORCE, ROUNDS, 60);
}

static void killed_while_it_formats_fully(void **state)
{
    NEEDS_DISKS;
    formatting(512 * MIB, VDS_FSOF_FORCE, 8, 400);
}

static void killed_while_it_partitions(void **state)
{
    NEEDS_DISKS;
    struct face_disk disk;
    struct face_volume volume;
    make_disk(&disk, "partitioned.img", RAW, 64 * MIB);
    initialize(&disk, VDS_PST_GPT);
    make_volume(&volume, &disk, MIB, 16 * MIB);
    format_quickly(&volume, "ext4");
    drop_volume(&volume);
    for (int i = 0; i < ROUNDS; i++) {
        struct face_child child = CHILD("partition", disk.path);
        let_it_work_and_kill_it(&child, 40);
        LET_GO(disk.disk);
        LET_GO(disk.advanced);
        a_new_program_looks();
        look_at_disk(&disk);
        assert_int_equal(disk_prop(disk.disk).PartitionStyle, VDS_PST_GPT);
        assert_in_range(count_partitions(disk.advanced), 1, 2);   /* the old table or the new one */
        assert_string_equal(blkid(volume.node, "LABEL"), "TEST"); /* the other one is what it was */
        assert_int_equal(run_command("sfdisk -V '%s' >/dev/null 2>&1", disk.node), 0);
        if (count_partitions(disk.advanced) == 2)
            assert_hr(S_OK, IVdsAdvancedDisk_DeletePartition(disk.advanced, 32 * MIB, FALSE, FALSE));
        assert_hr(S_OK, try_partition(&disk, 32 * MIB, 16 * MIB, NULL));
        assert_string_not_equal(node_at(&disk, 32 * MIB), "");
        assert_hr(S_OK, IVdsAdvancedDisk_DeletePartition(disk.advanced, 32 * MIB, FALSE, FALSE));
        assert_string_equal(node_at(&disk, 32 * MIB), "");
    }
    drop_disk(&disk);
}

/* No half-made file under another name, as soon as the program's tools are dead too. */
static void expect_only(const char *path)
{
    unsigned long long end_ms = now_ms() + DEADLINE_MS / 4;
    for (;;) {
        a_new_program_looks();
        const char *others = line_of("ls -A '%s' | grep -vxF '%s'", face_files, strrchr(path, '/') + 1);
        if (!*others && !*leftovers())
            return;
        if (now_ms() > end_ms)
            fail_msg("left behind: %s %s", others, leftovers());
        pause_ms(10);
    }
}

static void killed_while_it_creates_images(void **state)
{
    NEEDS_DISKS;
    for (int format = 0; format < FORMATS; format++) {
        const char *missing = program_missing((enum face_format)format);
        if (missing)
            continue;
        for (int i = 0; i < ROUNDS / 4; i++) {
            char path[192], number[4];
            snprintf(path, sizeof(path), "%s/created", face_files);
            snprintf(number, sizeof(number), "%d", format);
            struct face_child child = CHILD("create", path, number);
            let_it_work_and_kill_it(&child, 120);
            expect_only(path);
            if (access(path, F_OK) == 0) {
                if (run_command("command -v qemu-img >/dev/null") == 0)
                    assert_int_equal(
                        run_command("qemu-img info -f %s '%s' >/dev/null 2>&1", face_formats[format].qemu, path), 0);
                assert_int_equal(unlink(path), 0);
            }
        }
    }
}

static void a_killed_export_is_cleaned_up(void **state)
{
    NEEDS_DISKS;
    const char *missing = program_missing(QCOW2);
    SKIP_UNLESS(!missing, missing);
    struct face_disk disk;
    for (int i = 0; i < 3; i++) {
        make_disk(&disk, "exported.qcow2", QCOW2, 64 * MIB);
        initialize(&disk, VDS_PST_GPT);
        LET_GO(disk.advanced);
        LET_GO(disk.disk);
        int pid =
            atoi(line_of("for p in /proc/[0-9]*; do c=$(tr '\\0' ' ' 2>/dev/null <$p/cmdline); case $c in "
                         "*qemu-storage-daemon*'%s/'*) case $c in 'sh -c'*) ;; *) echo ${p#/proc/};; esac;; esac; done",
                         face_base));
        assert_true(pid > 1);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_comes(kill(pid, 0) < 0 || run_command("grep -q '^State:.Z' /proc/%d/status 2>/dev/null", pid) == 0);
        a_new_program_looks();
        LET_GO(disk.open);
        LET_GO(disk.image);
        expect_nothing_left();
        disk.image = known_image(disk.path, QCOW2);
        assert_hr(S_OK,
                  IVdsVDisk_Open(disk.image, VIRTUAL_DISK_ACCESS_ALL, OPEN_VIRTUAL_DISK_FLAG_NONE, 1, &disk.open));
        attach(&disk);
        assert_int_equal(disk_prop(disk.disk).PartitionStyle, VDS_PST_GPT); /* what was written is there */
        drop_disk(&disk);
    }
}

int main(int argc, char **argv)
{
    if (argc >= 4)
        return be_killed(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_while_it_attaches_a_raw_image),
        cmocka_unit_test(killed_while_it_attaches_a_qcow2_image),
        cmocka_unit_test(killed_while_it_formats_quickly),
        cmocka_unit_test(killed_while_it_formats_fully),
        cmocka_unit_test(killed_while_it_partitions),
        cmocka_unit_test(killed_while_it_creates_images),
        cmocka_unit_test(a_killed_export_is_cleaned_up),
        cmocka_unit_test(nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, set_up_disks, tear_down_disks);
}
