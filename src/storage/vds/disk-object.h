/* The disk object: one object, the vtables of three files (disk.c, advanced-disk.c, disk-mf.c). */
#ifndef TRI_STORAGE_VDS_DISK_OBJECT_H
#define TRI_STORAGE_VDS_DISK_OBJECT_H

#include "storage/vds/face.h"

struct tri_vds_disk {
    struct tri_com_object com;
    struct tri_com_face IVdsDisk_face, IVdsDisk2_face, IVdsDisk3_face, IVdsDiskOnline_face;    /* disk.c */
    struct tri_com_face IVdsRemovable_face;                                                    /* disk.c */
    struct tri_com_face IVdsAdvancedDisk_face, IVdsAdvancedDisk2_face, IVdsAdvancedDisk3_face; /* advanced-disk.c */
    struct tri_com_face IVdsCreatePartitionEx_face, IVdsDiskPartitionMF_face, IVdsDiskPartitionMF2_face; /* disk-mf.c */
    uint64_t sequence;
    _Atomic int removable; /* whether it answers IVdsRemovable: enum removable of disk.c */
};

extern const IVdsAdvancedDiskVtbl tri_vds_advanced_disk_vtbl;
extern const IVdsAdvancedDisk2Vtbl tri_vds_advanced_disk2_vtbl;
extern const IVdsAdvancedDisk3Vtbl tri_vds_advanced_disk3_vtbl;
extern const IVdsCreatePartitionExVtbl tri_vds_create_partition_ex_vtbl;
extern const IVdsDiskPartitionMFVtbl tri_vds_disk_partition_mf_vtbl;
extern const IVdsDiskPartitionMF2Vtbl tri_vds_disk_partition_mf2_vtbl;

/* The number of the disk behind any of its interfaces. */
uint64_t tri_vds_disk_of_this(const void *This);

/* Reads what decides whether a disk is in a pack and which volumes it has: its table, or else the file system on all of
 * it; not those of partitions. 0 or what tri_disk_read says. */
int tri_vds_disk_outline(uint64_t sequence, struct tri_disk **ret, struct tri_error *error);
/* Of such a disk: it has a medium, and a table or a file system. */
bool tri_vds_disk_has_pack(const struct tri_disk *disk);

/* Does the code say that the disk itself answers errors? The methods that tell what a disk is then tell the status
 * VDS_DS_FAILED; those that need its table or its data fail. */
bool tri_vds_disk_has_failed(int code);
/* After a read of the disk that ended with `code`: where the disk has failed, *disk becomes what is known of it all the
 * same. 0 or the code. */
int tri_vds_disk_settle(int code, uint64_t sequence, struct tri_disk **disk, bool *ret_has_failed,
                        struct tri_error *error);
/* For the methods that say what a disk is: reads it without file systems, and settles. */
HRESULT tri_vds_disk_describe(const void *This, struct tri_disk **ret, bool *ret_has_failed);

/* Reads the disk (with tri_vds_disk_outline) for what a disk in no pack has not got: VDS_E_DISK_NOT_INITIALIZED, or
 * VDS_E_NO_MEDIA. */
HRESULT tri_vds_disk_look_initialized(const void *This, struct tri_disk **ret);
HRESULT tri_vds_disk_look_filesystems(const void *This, struct tri_disk **ret); /* the same, file systems too */

/* What can be formatted, or have a letter, at that offset: a partition (also one that is no volume, whose own id is
 * then the volume's), or the whole disk. VDS_E_OBJECT_NOT_FOUND; VDS_E_PARTITION_NON_DATA for an extended partition. */
HRESULT tri_vds_disk_place(const struct tri_disk *disk, ULONGLONG offset, struct tri_volume_id *ret);

/* Strings of one structure, set all or none. */
struct tri_vds_string {
    const char *utf8; /* NULL: stays NULL */
    LPWSTR *place;
};
HRESULT tri_vds_strings(const struct tri_vds_string *strings, size_t count);

/* Words about a disk that several structures have. */
VDS_DISK_STATUS tri_vds_disk_status(const struct tri_disk *disk, bool has_failed);
VDS_HEALTH tri_vds_disk_health(bool has_failed);
ULONG tri_vds_disk_flags(const struct tri_disk *disk);
VDS_STORAGE_BUS_TYPE tri_vds_disk_bus(const struct tri_disk *disk);
VDS_PARTITION_STYLE tri_vds_disk_style(const struct tri_disk *disk);
DWORD tri_vds_disk_device_type(const struct tri_disk *disk);   /* as winioctl.h numbers them */
char *tri_vds_disk_friendly_name(const struct tri_disk *disk); /* newly allocated; NULL: no memory */

/* MBR and GPT to the engine's word; false: neither. */
bool tri_vds_style(VDS_PARTITION_STYLE style, enum tri_style *ret);

/* CreatePartition and CreatePartitionEx; align 0: the default. */
HRESULT tri_vds_create_partition(uint64_t sequence, ULONGLONG offset, ULONGLONG size, ULONG align,
                                 const CREATE_PARTITION_PARAMETERS *para, IVdsAsync **ppAsync);

#endif
