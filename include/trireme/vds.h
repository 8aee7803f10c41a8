/* The Virtual Disk Service: disks, partitions, volumes, file systems and virtual disks. Link with -ltrireme.
 *
 * How a program goes. CoCreateInstance(CLSID_VdsLoader) gives a loader, LoadService the service, WaitForServiceReady
 * waits until it can be asked. QueryProviders leads to packs, packs lead to disks and volumes; QueryUnallocatedDisks to
 * disks without anything on them. Every object is asked for its other interfaces with QueryInterface. All of it happens
 * in the calling process: there is no service to start, and another host's cannot be had.
 *
 * What takes time hands back an IVdsAsync: the function that starts it answers what can be known at once, S_OK means
 * "accepted", and how it ends comes through the IVdsAsync. Where starting fails, *ppAsync is NULL and nothing was
 * changed.
 *
 * Codes. VDS_E_... (vdserr.h), the HRESULTs of winerror.h, and HRESULT_FROM_WIN32 of an error number. These come from
 * nearly every function and are not repeated: E_INVALIDARG (a required pointer is NULL, a number is out of range),
 * E_OUTOFMEMORY, E_ACCESSDENIED (most changes need root), VDS_E_OBJECT_DELETED (the disk or volume is gone),
 * VDS_E_OBJECT_OUT_OF_SYNC (it is not what it was: ask again), VDS_E_NOT_SUPPORTED (not for this kind of object, or not
 * here). Changes of a disk also: VDS_E_ANOTHER_CALL_IN_PROGRESS (somebody works on it), VDS_E_DISK_IS_OFFLINE,
 * VDS_E_DISK_IS_READ_ONLY, VDS_E_NO_MEDIA, VDS_E_IO_ERROR. GetErrorInfo (oleauto.h) has a sentence for each failure.
 *
 * Safety. The disk that the system runs from, and one with swap in use, is refused whatever is forced
 * (VDS_E_CLEAN_WITH_CRITICAL, VDS_E_DELETE_WITH_CRITICAL, VDS_E_FORMAT_CRITICAL, VDS_E_SYSTEM_DISK). What is mounted or
 * held open is refused with VDS_E_DEVICE_IN_USE; bForce unmounts first, and never writes to what somebody still holds.
 *
 * Memory. Every string, array and string inside a structure that is handed out is the caller's, to free with
 * CoTaskMemFree; each string of an array of strings is a block of its own, beside the array's. Every interface pointer
 * handed out is the caller's, to let go of with Release. On failure outputs are NULL or zero.
 *
 * Threads. Every function may be called from any thread. Functions without an IVdsAsync return when they are done; none
 * waits for work that another started.
 *
 * Names. \\?\PhysicalDriveN is a disk, \\?\Volume{...}\ a volume; pwszFriendlyName and pwszDevicePath have Linux'
 * names. Paths may be given as Linux writes them (/mnt/data), or "X:\" for a drive letter.
 *
 * "Follows:" names the page of the Windows documentation that an interface keeps to; its functions' pages hang
 * below. */
#ifndef TRIREME_VDS_H
#define TRIREME_VDS_H

#include "vdserr.h"
#include "vdslun.h"
#include "virtdisk.h"
#include "windows/combaseapi.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Names that have a length. */
#define MAX_FS_NAME_SIZE 8
#define MAX_FS_FORMAT_SUPPORT_NAME_SIZE 32
#define MAX_FS_ALLOWED_CLUSTER_SIZES_SIZE 32
#ifndef GPT_PARTITION_NAME_LENGTH
#define GPT_PARTITION_NAME_LENGTH 36
#endif
#define VDS_REBUILD_PRIORITY_MIN 0
#define VDS_REBUILD_PRIORITY_MAX 16
#define VDS_ATTACH_VIRTUAL_DISK_FLAG_USE_FILE_ACL 1
#ifndef MAX_PATH
#define MAX_PATH 260
#endif

/* Who an object is, as long as the service runs. Difference from Windows, where they are new each time: ids come from
 * what the object is (a disk's serial number, a partition's place), so that two programs see the same ones. */
typedef GUID VDS_OBJECT_ID;
typedef UINT64 VDS_PATH_ID;

/* ---- enumerations ---- */

typedef enum _VDS_OBJECT_TYPE {
    VDS_OT_UNKNOWN = 0,
    VDS_OT_PROVIDER = 1,
    VDS_OT_PACK = 10,
    VDS_OT_VOLUME = 11,
    VDS_OT_VOLUME_PLEX = 12,
    VDS_OT_DISK = 13,
    VDS_OT_SUB_SYSTEM = 30,
    VDS_OT_CONTROLLER = 31,
    VDS_OT_DRIVE = 32,
    VDS_OT_LUN = 33,
    VDS_OT_LUN_PLEX = 34,
    VDS_OT_PORT = 35,
    VDS_OT_PORTAL = 36,
    VDS_OT_TARGET = 37,
    VDS_OT_PORTAL_GROUP = 38,
    VDS_OT_STORAGE_POOL = 39,
    VDS_OT_HBAPORT = 90,
    VDS_OT_INIT_ADAPTER = 91,
    VDS_OT_INIT_PORTAL = 92,
    VDS_OT_ASYNC = 100,
    VDS_OT_ENUM = 101,
    VDS_OT_VDISK = 200,
    VDS_OT_OPEN_VDISK = 201
} VDS_OBJECT_TYPE;

/* A disk's partition table. UNKNOWN: it has none. */
typedef enum _VDS_PARTITION_STYLE {
    VDS_PST_UNKNOWN = 0,
    VDS_PST_MBR = 1,
    VDS_PST_GPT = 2
} VDS_PARTITION_STYLE;

/* An older enumeration with other numbers; nothing here uses it. */
typedef enum tag_VDS_PARTITION_STYLE {
    VDS_PARTITION_STYLE_MBR = 0,
    VDS_PARTITION_STYLE_GPT = 1,
    VDS_PARTITION_STYLE_RAW = 2
} __VDS_PARTITION_STYLE;

/* Which arm of VDS_ASYNC_OUTPUT an operation fills; see there. 50 to 67 belong to hardware providers. */
typedef enum _VDS_ASYNC_OUTPUT_TYPE {
    VDS_ASYNCOUT_UNKNOWN = 0,
    VDS_ASYNCOUT_CREATEVOLUME = 1,
    VDS_ASYNCOUT_EXTENDVOLUME = 2,
    VDS_ASYNCOUT_SHRINKVOLUME = 3,
    VDS_ASYNCOUT_ADDVOLUMEPLEX = 4,
    VDS_ASYNCOUT_BREAKVOLUMEPLEX = 5,
    VDS_ASYNCOUT_REMOVEVOLUMEPLEX = 6,
    VDS_ASYNCOUT_REPAIRVOLUMEPLEX = 7,
    VDS_ASYNCOUT_RECOVERPACK = 8,
    VDS_ASYNCOUT_REPLACEDISK = 9,
    VDS_ASYNCOUT_CREATEPARTITION = 10,
    VDS_ASYNCOUT_CLEAN = 11,
    VDS_ASYNCOUT_CREATELUN = 50,
    VDS_ASYNCOUT_ADDLUNPLEX = 52,
    VDS_ASYNCOUT_REMOVELUNPLEX = 53,
    VDS_ASYNCOUT_EXTENDLUN = 54,
    VDS_ASYNCOUT_SHRINKLUN = 55,
    VDS_ASYNCOUT_RECOVERLUN = 56,
    VDS_ASYNCOUT_LOGINTOTARGET = 60,
    VDS_ASYNCOUT_LOGOUTFROMTARGET = 61,
    VDS_ASYNCOUT_CREATETARGET = 62,
    VDS_ASYNCOUT_CREATEPORTALGROUP = 63,
    VDS_ASYNCOUT_DELETETARGET = 64,
    VDS_ASYNCOUT_ADDPORTAL = 65,
    VDS_ASYNCOUT_REMOVEPORTAL = 66,
    VDS_ASYNCOUT_DELETEPORTALGROUP = 67,
    VDS_ASYNCOUT_FORMAT = 101,
    VDS_ASYNCOUT_CREATE_VDISK = 200,
    VDS_ASYNCOUT_ATTACH_VDISK = 201,
    VDS_ASYNCOUT_SURFACE_VDISK = 201, /* the same, in the protocol document */
    VDS_ASYNCOUT_COMPACT_VDISK = 202,
    VDS_ASYNCOUT_MERGE_VDISK = 203,
    VDS_ASYNCOUT_EXPAND_VDISK = 204
} VDS_ASYNC_OUTPUT_TYPE;

typedef enum _VDS_NOTIFICATION_TARGET_TYPE {
    VDS_NTT_UNKNOWN = 0,
    VDS_NTT_PACK = 10,
    VDS_NTT_VOLUME = 11,
    VDS_NTT_DISK = 13,
    VDS_NTT_PARTITION = 60,
    VDS_NTT_DRIVE_LETTER = 61,
    VDS_NTT_FILE_SYSTEM = 62,
    VDS_NTT_MOUNT_POINT = 63,
    VDS_NTT_SUB_SYSTEM = 30,
    VDS_NTT_CONTROLLER = 31,
    VDS_NTT_DRIVE = 32,
    VDS_NTT_LUN = 33,
    VDS_NTT_PORT = 35,
    VDS_NTT_PORTAL = 36,
    VDS_NTT_TARGET = 37,
    VDS_NTT_PORTAL_GROUP = 38,
    VDS_NTT_SERVICE = 200
} VDS_NOTIFICATION_TARGET_TYPE;

/* VDS_SERVICE_PROP.ulFlags; AUTO_MOUNT_OFF is the one that a client may set. */
typedef enum _VDS_SERVICE_FLAG {
    VDS_SVF_SUPPORT_DYNAMIC = 0x1,
    VDS_SVF_SUPPORT_FAULT_TOLERANT = 0x2,
    VDS_SVF_SUPPORT_GPT = 0x4,
    VDS_SVF_SUPPORT_DYNAMIC_1394 = 0x8,
    VDS_SVF_CLUSTER_SERVICE_CONFIGURED = 0x10,
    VDS_SVF_AUTO_MOUNT_OFF = 0x20,
    VDS_SVF_OS_UNINSTALL_VALID = 0x40,
    VDS_SVF_EFI = 0x80,
    VDS_SVF_SUPPORT_MIRROR = 0x100,
    VDS_SVF_SUPPORT_RAID5 = 0x200,
    VDS_SVF_SUPPORT_REFS = 0x400
} VDS_SERVICE_FLAG;

typedef enum _VDS_PROVIDER_TYPE {
    VDS_PT_UNKNOWN = 0,
    VDS_PT_SOFTWARE = 1,
    VDS_PT_HARDWARE = 2,
    VDS_PT_VIRTUALDISK = 3,
    VDS_PT_MAX = 4
} VDS_PROVIDER_TYPE;

/* What IVdsService::QueryProviders is asked for; any of them together. */
typedef enum _VDS_QUERY_PROVIDER_FLAG {
    VDS_QUERY_SOFTWARE_PROVIDERS = 0x1,
    VDS_QUERY_HARDWARE_PROVIDERS = 0x2,
    VDS_QUERY_VIRTUALDISK_PROVIDERS = 0x4
} VDS_QUERY_PROVIDER_FLAG;

typedef enum _VDS_PROVIDER_FLAG {
    VDS_PF_DYNAMIC = 0x1,
    VDS_PF_INTERNAL_HARDWARE_PROVIDER = 0x2,
    VDS_PF_ONE_DISK_ONLY_PER_PACK = 0x4,
    VDS_PF_ONE_PACK_ONLINE_ONLY = 0x8,
    VDS_PF_VOLUME_SPACE_MUST_BE_CONTIGUOUS = 0x10,
    VDS_PF_SUPPORT_MIRROR = 0x20,
    VDS_PF_SUPPORT_RAID5 = 0x40,
    VDS_PF_SUPPORT_DYNAMIC_1394 = 0x20000000,
    VDS_PF_SUPPORT_FAULT_TOLERANT = 0x40000000,
    VDS_PF_SUPPORT_DYNAMIC = (int)0x80000000
} VDS_PROVIDER_FLAG;

typedef enum _VDS_HEALTH {
    VDS_H_UNKNOWN = 0,
    VDS_H_HEALTHY = 1,
    VDS_H_REBUILDING = 2,
    VDS_H_STALE = 3,
    VDS_H_FAILING = 4,
    VDS_H_FAILING_REDUNDANCY = 5,
    VDS_H_FAILED_REDUNDANCY = 6,
    VDS_H_FAILED_REDUNDANCY_FAILING = 7,
    VDS_H_FAILED = 8,
    VDS_H_REPLACED = 9,
    VDS_H_PENDING_FAILURE = 10,
    VDS_H_DEGRADED = 11
} VDS_HEALTH;

/* What is under way with a volume's layout. */
typedef enum _VDS_TRANSITION_STATE {
    VDS_TS_UNKNOWN = 0,
    VDS_TS_STABLE = 1,
    VDS_TS_EXTENDING = 2,
    VDS_TS_SHRINKING = 3,
    VDS_TS_RECONFIGING = 4,
    VDS_TS_RESTRIPING = 5
} VDS_TRANSITION_STATE;

typedef enum _VDS_PACK_STATUS {
    VDS_PS_UNKNOWN = 0,
    VDS_PS_ONLINE = 1,
    VDS_PS_OFFLINE = 4
} VDS_PACK_STATUS;

typedef enum _VDS_PACK_FLAG {
    VDS_PKF_FOREIGN = 0x1,
    VDS_PKF_NOQUORUM = 0x2,
    VDS_PKF_POLICY = 0x4,
    VDS_PKF_CORRUPTED = 0x8,
    VDS_PKF_ONLINE_ERROR = 0x10
} VDS_PACK_FLAG;

typedef enum _VDS_DISK_STATUS {
    VDS_DS_UNKNOWN = 0,
    VDS_DS_ONLINE = 1,
    VDS_DS_NOT_READY = 2,
    VDS_DS_NO_MEDIA = 3,
    VDS_DS_OFFLINE = 4,
    VDS_DS_FAILED = 5,
    VDS_DS_MISSING = 6
} VDS_DISK_STATUS;

typedef enum _VDS_DISK_OFFLINE_REASON {
    VDSDiskOfflineReasonNone = 0,
    VDSDiskOfflineReasonPolicy = 1, /* IVdsDiskOnline::Offline */
    VDSDiskOfflineReasonRedundantPath = 2,
    VDSDiskOfflineReasonSnapshot = 3,
    VDSDiskOfflineReasonCollision = 4,
    VDSDiskOfflineReasonResourceExhaustion = 5,
    VDSDiskOfflineReasonWriteFailure = 6,
    VDSDiskOfflineReasonDIScan = 7,
    VDSDiskOfflineReasonLostDataPersistence = 8
} VDS_DISK_OFFLINE_REASON;

typedef enum _VDS_LUN_RESERVE_MODE {
    VDS_LRM_NONE = 0,
    VDS_LRM_EXCLUSIVE_RW = 1,
    VDS_LRM_EXCLUSIVE_RO = 2,
    VDS_LRM_SHARED_RO = 3,
    VDS_LRM_SHARED_RW = 4
} VDS_LUN_RESERVE_MODE;

/* VDS_DISK_PROP.ulFlags; READ_ONLY is the one that a client may set. */
typedef enum _VDS_DISK_FLAG {
    VDS_DF_AUDIO_CD = 0x1,
    VDS_DF_HOTSPARE = 0x2,
    VDS_DF_RESERVE_CAPABLE = 0x4,
    VDS_DF_MASKED = 0x8,
    VDS_DF_STYLE_CONVERTIBLE = 0x10,
    VDS_DF_CLUSTERED = 0x20,
    VDS_DF_READ_ONLY = 0x40,
    VDS_DF_SYSTEM_DISK = 0x80,
    VDS_DF_BOOT_DISK = 0x100,
    VDS_DF_PAGEFILE_DISK = 0x200, /* holds swap in use */
    VDS_DF_HIBERNATIONFILE_DISK = 0x400,
    VDS_DF_CRASHDUMP_DISK = 0x800,
    VDS_DF_HAS_ARC_PATH = 0x1000,
    VDS_DF_DYNAMIC = 0x2000,
    VDS_DF_BOOT_FROM_DISK = 0x4000,
    VDS_DF_CURRENT_READ_ONLY = 0x8000,
    VDS_DF_REFS_NOT_SUPPORTED = 0x10000
} VDS_DISK_FLAG;

/* What a piece of a disk is used for. */
typedef enum _VDS_DISK_EXTENT_TYPE {
    VDS_DET_UNKNOWN = 0,
    VDS_DET_FREE = 1,
    VDS_DET_DATA = 2,
    VDS_DET_OEM = 3,
    VDS_DET_ESP = 4,
    VDS_DET_MSR = 5,
    VDS_DET_LDM = 6,
    VDS_DET_CLUSTER = 7,
    VDS_DET_UNUSABLE = 0x7FFF
} VDS_DISK_EXTENT_TYPE;

/* VDS_PARTITION_PROP.ulFlags */
typedef enum _VDS_PARTITION_FLAG { VDS_PTF_SYSTEM = 0x1 } VDS_PARTITION_FLAG;

typedef enum _VDS_VOLUME_TYPE {
    VDS_VT_UNKNOWN = 0,
    VDS_VT_SIMPLE = 10,
    VDS_VT_SPAN = 11,
    VDS_VT_STRIPE = 12,
    VDS_VT_MIRROR = 13,
    VDS_VT_PARITY = 14
} VDS_VOLUME_TYPE;

typedef enum _VDS_VOLUME_PLEX_TYPE {
    VDS_VPT_UNKNOWN = 0,
    VDS_VPT_SIMPLE = 10,
    VDS_VPT_SPAN = 11,
    VDS_VPT_STRIPE = 12,
    VDS_VPT_PARITY = 14
} VDS_VOLUME_PLEX_TYPE;

typedef enum _VDS_VOLUME_STATUS {
    VDS_VS_UNKNOWN = 0,
    VDS_VS_ONLINE = 1,
    VDS_VS_NO_MEDIA = 3,
    VDS_VS_OFFLINE = 4,
    VDS_VS_FAILED = 5
} VDS_VOLUME_STATUS;

typedef enum _VDS_VOLUME_PLEX_STATUS {
    VDS_VPS_UNKNOWN = 0,
    VDS_VPS_ONLINE = 1,
    VDS_VPS_NO_MEDIA = 3,
    VDS_VPS_FAILED = 5
} VDS_VOLUME_PLEX_STATUS;

/* VDS_VOLUME_PROP.ulFlags */
typedef enum _VDS_VOLUME_FLAG {
    VDS_VF_SYSTEM_VOLUME = 0x1,
    VDS_VF_BOOT_VOLUME = 0x2,
    VDS_VF_ACTIVE = 0x4,
    VDS_VF_READONLY = 0x8,
    VDS_VF_HIDDEN = 0x10,
    VDS_VF_CAN_EXTEND = 0x20,
    VDS_VF_CAN_SHRINK = 0x40,
    VDS_VF_PAGEFILE = 0x80,
    VDS_VF_HIBERNATION = 0x100,
    VDS_VF_CRASHDUMP = 0x200,
    VDS_VF_INSTALLABLE = 0x400,
    VDS_VF_LBN_REMAP_ENABLED = 0x800,
    VDS_VF_FORMATTING = 0x1000,
    VDS_VF_NOT_FORMATTABLE = 0x2000,
    VDS_VF_NTFS_NOT_SUPPORTED = 0x4000,
    VDS_VF_FAT32_NOT_SUPPORTED = 0x8000,
    VDS_VF_FAT_NOT_SUPPORTED = 0x10000,
    VDS_VF_NO_DEFAULT_DRIVE_LETTER = 0x20000,
    VDS_VF_PERMANENTLY_DISMOUNTED = 0x40000,
    VDS_VF_PERMANENT_DISMOUNT_SUPPORTED = 0x80000,
    VDS_VF_SHADOW_COPY = 0x100000,
    VDS_VF_FVE_ENABLED = 0x200000,
    VDS_VF_DIRTY = 0x400000,
    VDS_VF_REFS_NOT_SUPPORTED = 0x800000,
    VDS_VF_BACKS_BOOT_VOLUME = 0x1000000,
    VDS_VF_BACKED_BY_WIM_IMAGE = 0x2000000
} VDS_VOLUME_FLAG;

/* File systems that Windows numbers. The others (ext4, xfs, btrfs ...) are UNKNOWN here and go by their names, which
 * IVdsVolumeMF2 and IVdsVolumeMF3 take and give. */
typedef enum _VDS_FILE_SYSTEM_TYPE {
    VDS_FST_UNKNOWN = 0,
    VDS_FST_RAW = 1, /* none */
    VDS_FST_FAT = 2,
    VDS_FST_FAT32 = 3,
    VDS_FST_NTFS = 4,
    VDS_FST_CDFS = 5,
    VDS_FST_UDF = 6,
    VDS_FST_EXFAT = 7,
    VDS_FST_CSVFS = 8,
    VDS_FST_REFS = 9
} VDS_FILE_SYSTEM_TYPE;

/* VDS_FILE_SYSTEM_TYPE_PROP.ulFlags */
typedef enum _VDS_FILE_SYSTEM_FLAG {
    VDS_FSF_SUPPORT_FORMAT = 0x1,
    VDS_FSF_SUPPORT_QUICK_FORMAT = 0x2,
    VDS_FSF_SUPPORT_COMPRESS = 0x4,
    VDS_FSF_SUPPORT_SPECIFY_LABEL = 0x8,
    VDS_FSF_SUPPORT_MOUNT_POINT = 0x10,
    VDS_FSF_SUPPORT_REMOVABLE_MEDIA = 0x20,
    VDS_FSF_SUPPORT_EXTEND = 0x40,
    VDS_FSF_ALLOCATION_UNIT_512 = 0x10000,
    VDS_FSF_ALLOCATION_UNIT_1K = 0x20000,
    VDS_FSF_ALLOCATION_UNIT_2K = 0x40000,
    VDS_FSF_ALLOCATION_UNIT_4K = 0x80000,
    VDS_FSF_ALLOCATION_UNIT_8K = 0x100000,
    VDS_FSF_ALLOCATION_UNIT_16K = 0x200000,
    VDS_FSF_ALLOCATION_UNIT_32K = 0x400000,
    VDS_FSF_ALLOCATION_UNIT_64K = 0x800000,
    VDS_FSF_ALLOCATION_UNIT_128K = 0x1000000,
    VDS_FSF_ALLOCATION_UNIT_256K = 0x2000000
} VDS_FILE_SYSTEM_FLAG;

/* VDS_FILE_SYSTEM_PROP.ulFlags */
typedef enum _VDS_FILE_SYSTEM_PROP_FLAG { VDS_FPF_COMPRESSED = 0x1 } VDS_FILE_SYSTEM_PROP_FLAG;

/* VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP.ulFlags */
typedef enum _VDS_FILE_SYSTEM_FORMAT_SUPPORT_FLAG {
    VDS_FSS_DEFAULT = 0x1,
    VDS_FSS_PREVIOUS_REVISION = 0x2,
    VDS_FSS_RECOMMENDED = 0x4
} VDS_FILE_SYSTEM_FORMAT_SUPPORT_FLAG;

/* What IVdsVolumeMF3::FormatEx2 is asked for. Other bits are ignored: real clients have some of their own. */
typedef enum VDS_FORMAT_OPTION_FLAGS {
    VDS_FSOF_NONE = 0x0,
    VDS_FSOF_FORCE = 0x1,
    VDS_FSOF_QUICK = 0x2,
    VDS_FSOF_COMPRESSION = 0x4,
    VDS_FSOF_DUPLICATE_METADATA = 0x8
} VDS_FORMAT_OPTION_FLAGS;

/* VDS_DRIVE_LETTER_PROP.ulFlags */
typedef enum _VDS_DRIVE_LETTER_FLAG { VDS_DLF_NON_PERSISTENT = 0x1 } VDS_DRIVE_LETTER_FLAG;

/* Whether new disks come online. */
typedef enum _VDS_SAN_POLICY {
    VDS_SP_UNKNOWN = 0,
    VDS_SP_ONLINE = 1,
    VDS_SP_OFFLINE_SHARED = 2,
    VDS_SP_OFFLINE = 3,
    VDS_SP_OFFLINE_INTERNAL = 4,
    VDS_SP_MAX = 5
} VDS_SAN_POLICY;

/* What a client should do when the service is out of step with the machine. */
typedef enum _VDS_RECOVER_ACTION {
    VDS_RA_UNKNOWN = 0,
    VDS_RA_REFRESH = 1,
    VDS_RA_RESTART = 2
} VDS_RECOVER_ACTION;

typedef enum _VDS_VDISK_STATE {
    VDS_VST_UNKNOWN = 0,
    VDS_VST_ADDED = 1, /* known, not opened */
    VDS_VST_OPEN = 2,
    VDS_VST_ATTACH_PENDING = 3,
    VDS_VST_ATTACHED_NOT_OPEN = 4,
    VDS_VST_ATTACHED = 5,
    VDS_VST_DETACH_PENDING = 6,
    VDS_VST_COMPACTING = 7,
    VDS_VST_MERGING = 8,
    VDS_VST_EXPANDING = 9,
    VDS_VST_DELETED = 10,
    VDS_VST_MAX = 11
} VDS_VDISK_STATE;

/* ---- structures ----
 *
 * Layouts are those of 64-bit Windows. Every LPWSTR (and pUniqueId) in a structure that a function fills is the
 * caller's, to free with CoTaskMemFree; NULL where there is nothing to say. Sizes and offsets are bytes. Structures are
 * zeroed before they are filled. "Follows:" learn.microsoft.com/windows/win32/api/vds/ns-vds- and the name in small
 * letters. */

typedef struct _VDS_SERVICE_PROP {
    LPWSTR pwszVersion;
    ULONG ulFlags; /* VDS_SERVICE_FLAG */
} VDS_SERVICE_PROP;

typedef struct _VDS_PROVIDER_PROP {
    VDS_OBJECT_ID id;
    LPWSTR pwszName;
    GUID guidVersionId; /* another one for each release */
    LPWSTR pwszVersion;
    VDS_PROVIDER_TYPE type;
    ULONG ulFlags;           /* VDS_PROVIDER_FLAG */
    ULONG ulStripeSizeFlags; /* bit n: stripes of 2^n bytes */
    SHORT sRebuildPriority;
} VDS_PROVIDER_PROP;

typedef struct _VDS_PACK_PROP {
    VDS_OBJECT_ID id;
    LPWSTR pwszName; /* NULL: a pack of basic disks has none */
    VDS_PACK_STATUS status;
    ULONG ulFlags; /* VDS_PACK_FLAG */
} VDS_PACK_PROP, *PVDS_PACK_PROP;

typedef struct _VDS_DRIVE_LETTER_PROP {
    WCHAR wcLetter;
    VDS_OBJECT_ID volumeId; /* GUID_NULL: not used, or by something that is no volume of ours */
    ULONG ulFlags;          /* VDS_DRIVE_LETTER_FLAG */
    BOOL bUsed;
} VDS_DRIVE_LETTER_PROP, *PVDS_DRIVE_LETTER_PROP;

typedef struct VDS_REPARSE_POINT_PROP {
    VDS_OBJECT_ID SourceVolumeId; /* the volume that is mounted there */
    LPWSTR pwszPath;
} VDS_REPARSE_POINT_PROP, *PVDS_REPARSE_POINT_PROP;

typedef struct _VDS_DISK_PROP {
    VDS_OBJECT_ID id;
    VDS_DISK_STATUS status;
    VDS_LUN_RESERVE_MODE ReserveMode;
    VDS_HEALTH health;
    DWORD dwDeviceType; /* as winioctl.h numbers them: 2 a CD, 7 a disk */
    DWORD dwMediaType;  /* 11 removable, 12 fixed */
    ULONGLONG ullSize;
    ULONG ulBytesPerSector;
    ULONG ulSectorsPerTrack;
    ULONG ulTracksPerCylinder;
    ULONG ulFlags; /* VDS_DISK_FLAG */
    VDS_STORAGE_BUS_TYPE BusType;
    VDS_PARTITION_STYLE PartitionStyle;
    __extension__ union {
        DWORD dwSignature; /* VDS_PST_MBR */
        GUID DiskGuid;     /* VDS_PST_GPT */
    };
    LPWSTR pwszDiskAddress;
    LPWSTR pwszName; /* \\?\PhysicalDriveN; never NULL */
    LPWSTR pwszFriendlyName;
    LPWSTR pwszAdaptorName;
    LPWSTR pwszDevicePath; /* /dev/... here */
} VDS_DISK_PROP, *PVDS_DISK_PROP;

typedef struct _VDS_DISK_PROP2 {
    VDS_OBJECT_ID id;
    VDS_DISK_STATUS status;
    VDS_DISK_OFFLINE_REASON OfflineReason;
    VDS_LUN_RESERVE_MODE ReserveMode;
    VDS_HEALTH health;
    DWORD dwDeviceType;
    DWORD dwMediaType;
    ULONGLONG ullSize;
    ULONG ulBytesPerSector;
    ULONG ulSectorsPerTrack;
    ULONG ulTracksPerCylinder;
    ULONG ulFlags; /* VDS_DISK_FLAG */
    VDS_STORAGE_BUS_TYPE BusType;
    VDS_PARTITION_STYLE PartitionStyle;
    __extension__ union {
        DWORD dwSignature;
        GUID DiskGuid;
    };
    LPWSTR pwszDiskAddress;
    LPWSTR pwszName;
    LPWSTR pwszFriendlyName;
    LPWSTR pwszAdaptorName;
    LPWSTR pwszDevicePath;
    LPWSTR pwszLocationPath; /* where the device hangs: its path in sysfs here */
} VDS_DISK_PROP2, *PVDS_DISK_PROP2;

typedef struct _VDS_ADVANCEDDISK_PROP {
    LPWSTR pwszId;
    LPWSTR pwszPathname;
    LPWSTR pwszLocation;
    LPWSTR pwszFriendlyName;
    __extension__ union {
        LPWSTR pswzIdentifier; /* so spelled on Windows */
        LPWSTR pwszIdentifier;
    };
    USHORT usIdentifierFormat; /* VDS_STORAGE_IDENTIFIER_TYPE */
    ULONG ulNumber;
    LPWSTR pwszSerialNumber;
    LPWSTR pwszFirmwareVersion;
    LPWSTR pwszManufacturer;
    LPWSTR pwszModel;
    ULONGLONG ullTotalSize;
    ULONGLONG ullAllocatedSize; /* of all partitions together */
    ULONG ulLogicalSectorSize;
    ULONG ulPhysicalSectorSize;
    ULONG ulPartitionCount;
    VDS_DISK_STATUS status;
    VDS_HEALTH health;
    VDS_STORAGE_BUS_TYPE BusType;
    VDS_PARTITION_STYLE PartitionStyle;
    __extension__ union {
        DWORD dwSignature;
        GUID DiskGuid;
    };
    ULONG ulFlags; /* VDS_DISK_FLAG */
    DWORD dwDeviceType;
} VDS_ADVANCEDDISK_PROP, *PVDS_ADVANCEDDISK_PROP;

/* A piece of a disk, free or used; volumeId and plexId are GUID_NULL where no volume lies there. */
typedef struct _VDS_DISK_EXTENT {
    VDS_OBJECT_ID diskId;
    VDS_DISK_EXTENT_TYPE type;
    ULONGLONG ullOffset;
    ULONGLONG ullSize;
    VDS_OBJECT_ID volumeId;
    VDS_OBJECT_ID plexId;
    ULONG memberIdx;
} VDS_DISK_EXTENT, *PVDS_DISK_EXTENT;

typedef struct _VDS_DISK_FREE_EXTENT {
    VDS_OBJECT_ID diskId;
    ULONGLONG ullOffset;
    ULONGLONG ullSize;
} VDS_DISK_FREE_EXTENT, *PVDS_DISK_FREE_EXTENT;

/* From which disk a volume is to take how much. plexId GUID_NULL and memberIdx 0 for a simple volume. */
typedef struct _VDS_INPUT_DISK {
    VDS_OBJECT_ID diskId;
    ULONGLONG ullSize;
    VDS_OBJECT_ID plexId;
    ULONG memberIdx;
} VDS_INPUT_DISK;

typedef struct _VDS_PARTITION_INFO_MBR {
    BYTE partitionType;
    BOOLEAN bootIndicator;
    BOOLEAN recognizedPartition; /* a type that Windows would mount */
    DWORD hiddenSectors;         /* the sector that it starts at */
} VDS_PARTITION_INFO_MBR;

typedef struct _VDS_PARTITION_INFO_GPT {
    GUID partitionType;
    GUID partitionId;
    ULONGLONG attributes;
    WCHAR name[GPT_PARTITION_NAME_LENGTH]; /* all 36 units may be used; then there is no NUL */
} VDS_PARTITION_INFO_GPT;

typedef struct _VDS_PARTITION_PROP {
    VDS_PARTITION_STYLE PartitionStyle;
    ULONG ulFlags; /* VDS_PARTITION_FLAG */
    ULONG ulPartitionNumber;
    ULONGLONG ullOffset;
    ULONGLONG ullSize;
    __extension__ union {
        VDS_PARTITION_INFO_MBR Mbr;
        VDS_PARTITION_INFO_GPT Gpt;
    };
} VDS_PARTITION_PROP;

/* partitionId GUID_NULL: a new one is made. */
typedef struct _CREATE_PARTITION_PARAMETERS {
    VDS_PARTITION_STYLE style; /* must be the disk's */
    __extension__ union {
        struct {
            BYTE partitionType;
            BOOLEAN bootIndicator;
        } MbrPartInfo;
        struct {
            GUID partitionType;
            GUID partitionId;
            ULONGLONG attributes;
            WCHAR name[GPT_PARTITION_NAME_LENGTH];
        } GptPartInfo;
    };
} CREATE_PARTITION_PARAMETERS;

typedef struct _CHANGE_ATTRIBUTES_PARAMETERS {
    VDS_PARTITION_STYLE style;
    __extension__ union {
        struct {
            BOOLEAN bootIndicator;
        } MbrPartInfo;
        struct {
            ULONGLONG attributes;
        } GptPartInfo;
    };
} CHANGE_ATTRIBUTES_PARAMETERS;

typedef struct _CHANGE_PARTITION_TYPE_PARAMETERS {
    VDS_PARTITION_STYLE style;
    __extension__ union {
        struct {
            BYTE partitionType;
        } MbrPartInfo;
        struct {
            GUID partitionType;
        } GptPartInfo;
    };
} CHANGE_PARTITION_TYPE_PARAMETERS, *PCHANGE_PARTITION_TYPE_PARAMETERS;

typedef struct _VDS_VOLUME_PROP {
    VDS_OBJECT_ID id;
    VDS_VOLUME_TYPE type;
    VDS_VOLUME_STATUS status;
    VDS_HEALTH health;
    VDS_TRANSITION_STATE TransitionState;
    ULONGLONG ullSize;
    ULONG ulFlags; /* VDS_VOLUME_FLAG */
    VDS_FILE_SYSTEM_TYPE RecommendedFileSystemType;
    LPWSTR pwszName;
} VDS_VOLUME_PROP, *PVDS_VOLUME_PROP;

typedef struct _VDS_VOLUME_PROP2 {
    VDS_OBJECT_ID id;
    VDS_VOLUME_TYPE type;
    VDS_VOLUME_STATUS status;
    VDS_HEALTH health;
    VDS_TRANSITION_STATE TransitionState;
    ULONGLONG ullSize;
    ULONG ulFlags; /* VDS_VOLUME_FLAG */
    VDS_FILE_SYSTEM_TYPE RecommendedFileSystemType;
    ULONG cbUniqueId; /* bytes at pUniqueId */
    LPWSTR pwszName;
    BYTE *pUniqueId;
} VDS_VOLUME_PROP2, *PVDS_VOLUME_PROP2;

typedef struct _VDS_VOLUME_PLEX_PROP {
    VDS_OBJECT_ID id;
    VDS_VOLUME_PLEX_TYPE type;
    VDS_VOLUME_PLEX_STATUS status;
    VDS_HEALTH health;
    VDS_TRANSITION_STATE TransitionState;
    ULONGLONG ullSize;
    ULONG ulStripeSize;
    ULONG ulNumberOfMembers;
} VDS_VOLUME_PLEX_PROP, *PVDS_VOLUME_PLEX_PROP;

typedef struct _VDS_FILE_SYSTEM_PROP {
    VDS_FILE_SYSTEM_TYPE type;
    VDS_OBJECT_ID volumeId; /* GUID_NULL where it was asked for by a partition's offset */
    ULONG ulFlags;          /* VDS_FILE_SYSTEM_PROP_FLAG */
    ULONGLONG ullTotalAllocationUnits;
    ULONGLONG ullAvailableAllocationUnits;
    ULONG ulAllocationUnitSize;
    LPWSTR pwszLabel;
} VDS_FILE_SYSTEM_PROP, *PVDS_FILE_SYSTEM_PROP;

typedef struct _VDS_FILE_SYSTEM_TYPE_PROP {
    VDS_FILE_SYSTEM_TYPE type;
    WCHAR wszName[MAX_FS_NAME_SIZE];
    ULONG ulFlags;            /* VDS_FILE_SYSTEM_FLAG */
    ULONG ulCompressionFlags; /* the allocation units (VDS_FSF_ALLOCATION_UNIT_...) with which it can compress */
    __extension__ union {
        ULONG ulMaxLableLength; /* so spelled on Windows; characters */
        ULONG ulMaxLabelLength;
    };
    LPWSTR pwszIllegalLabelCharSet;
} VDS_FILE_SYSTEM_TYPE_PROP, *PVDS_FILE_SYSTEM_TYPE_PROP;

typedef struct _VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP {
    ULONG ulFlags;     /* VDS_FILE_SYSTEM_FORMAT_SUPPORT_FLAG */
    USHORT usRevision; /* 0x0250 is 2.50; 0 where the file system has none */
    ULONG ulDefaultUnitAllocationSize;
    ULONG rgulAllowedUnitAllocationSizes[MAX_FS_ALLOWED_CLUSTER_SIZES_SIZE]; /* ends with 0 */
    WCHAR wszName[MAX_FS_FORMAT_SUPPORT_NAME_SIZE];
} VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP, *PVDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP;

typedef struct _VDS_CREATE_VDISK_PARAMETERS {
    GUID UniqueId;          /* GUID_NULL: a new one is made */
    ULONGLONG MaximumSize;  /* a multiple of 512; 0 where pParentPath or pSourcePath says it */
    ULONG BlockSizeInBytes; /* 0: the format's own */
    ULONG SectorSizeInBytes;
    LPWSTR pParentPath; /* a differencing disk over this image; or NULL */
    LPWSTR pSourcePath; /* a copy of this image or device; or NULL */
} VDS_CREATE_VDISK_PARAMETERS, *PVDS_CREATE_VDISK_PARAMETERS;

typedef struct _VDS_VDISK_PROPERTIES {
    VDS_OBJECT_ID Id;
    VDS_VDISK_STATE State;
    VIRTUAL_STORAGE_TYPE VirtualDeviceType;
    ULONGLONG VirtualSize;
    ULONGLONG PhysicalSize; /* of the file */
    LPWSTR pPath;
    LPWSTR pDeviceName; /* NULL: not attached */
    DEPENDENT_DISK_FLAG DiskFlag;
    BOOL bIsChild;
    LPWSTR pParentPath;
} VDS_VDISK_PROPERTIES, *PVDS_VDISK_PROPERTIES;

/* What an operation leaves behind, where its result is success; IVdsAsync::Wait. type is set in any case. Each Wait
 * hands out a reference of its own to the object in it, to let go of with Release.
 *
 *   CREATEVOLUME       cv.pVolumeUnk       the new volume
 *   BREAKVOLUMEPLEX    bvp.pVolumeUnk      the volume that was split off
 *   SHRINKVOLUME       sv.ullReclaimedBytes
 *   CREATEPARTITION    cp                  where it starts, after rounding; its volume, or GUID_NULL
 *   CREATE_VDISK       cvd.pVDiskUnk       the virtual disk
 *   others             nothing, or they belong to hardware providers
 *
 * Follows: learn.microsoft.com/windows/win32/api/vds/ns-vds-vds_async_output */
typedef struct _VDS_ASYNC_OUTPUT {
    VDS_ASYNC_OUTPUT_TYPE type;
    __extension__ union {
        struct {
            ULONGLONG ullOffset;
            VDS_OBJECT_ID volumeId;
        } cp;
        struct {
            IUnknown *pVolumeUnk;
        } cv;
        struct {
            IUnknown *pVolumeUnk;
        } bvp;
        struct {
            ULONGLONG ullReclaimedBytes;
        } sv;
        struct {
            IUnknown *pLunUnk;
        } cl;
        struct {
            IUnknown *pTargetUnk;
        } ct;
        struct {
            IUnknown *pPortalGroupUnk;
        } cpg;
        struct {
            IUnknown *pVDiskUnk;
        } cvd;
    };
} VDS_ASYNC_OUTPUT;

/* ---- notifications (IVdsAdviseSink) ---- */

#define VDS_NF_PACK_ARRIVE 1
#define VDS_NF_PACK_DEPART 2
#define VDS_NF_PACK_MODIFY 3
#define VDS_NF_VOLUME_ARRIVE 4
#define VDS_NF_VOLUME_DEPART 5
#define VDS_NF_VOLUME_MODIFY 6
#define VDS_NF_VOLUME_REBUILDING_PROGRESS 7
#define VDS_NF_VOLUME_REBUILDING 7
#define VDS_NF_DISK_ARRIVE 8
#define VDS_NF_DISK_DEPART 9
#define VDS_NF_DISK_MODIFY 10
#define VDS_NF_PARTITION_ARRIVE 11
#define VDS_NF_PARTITION_DEPART 12
#define VDS_NF_PARTITION_MODIFY 13
#define VDS_NF_SUB_SYSTEM_ARRIVE 101
#define VDS_NF_SUB_SYSTEM_DEPART 102
#define VDS_NF_CONTROLLER_ARRIVE 103
#define VDS_NF_CONTROLLER_DEPART 104
#define VDS_NF_DRIVE_ARRIVE 105
#define VDS_NF_DRIVE_DEPART 106
#define VDS_NF_DRIVE_MODIFY 107
#define VDS_NF_LUN_ARRIVE 108
#define VDS_NF_LUN_DEPART 109
#define VDS_NF_LUN_MODIFY 110
#define VDS_NF_PORT_ARRIVE 121
#define VDS_NF_PORT_DEPART 122
#define VDS_NF_PORTAL_ARRIVE 123
#define VDS_NF_PORTAL_DEPART 124
#define VDS_NF_PORTAL_MODIFY 125
#define VDS_NF_TARGET_ARRIVE 126
#define VDS_NF_TARGET_DEPART 127
#define VDS_NF_TARGET_MODIFY 128
#define VDS_NF_PORTAL_GROUP_ARRIVE 129
#define VDS_NF_PORTAL_GROUP_DEPART 130
#define VDS_NF_PORTAL_GROUP_MODIFY 131
#define VDS_NF_SUB_SYSTEM_MODIFY 151
#define VDS_NF_DRIVE_LETTER_FREE 201
#define VDS_NF_DRIVE_LETTER_ASSIGN 202
#define VDS_NF_FILE_SYSTEM_MODIFY 203
#define VDS_NF_FILE_SYSTEM_FORMAT_PROGRESS 204
#define VDS_NF_MOUNT_POINTS_CHANGE 205
#define VDS_NF_FILE_SYSTEM_SHRINKING_PROGRESS 206
#define VDS_NF_SERVICE_OUT_OF_SYNC 301
#define VDS_NF_CONTROLLER_MODIFY 350
#define VDS_NF_CONTROLLER_REMOVED 351
#define VDS_NF_PORT_MODIFY 352
#define VDS_NF_PORT_REMOVED 353
#define VDS_NF_DRIVE_REMOVED 354

typedef struct _VDS_PACK_NOTIFICATION {
    ULONG ulEvent;
    VDS_OBJECT_ID packId;
} VDS_PACK_NOTIFICATION;

typedef struct _VDS_DISK_NOTIFICATION {
    ULONG ulEvent;
    VDS_OBJECT_ID diskId;
} VDS_DISK_NOTIFICATION;

typedef struct _VDS_VOLUME_NOTIFICATION {
    ULONG ulEvent;
    VDS_OBJECT_ID volumeId;
    VDS_OBJECT_ID plexId;
    ULONG ulPercentCompleted;
} VDS_VOLUME_NOTIFICATION;

typedef struct _VDS_PARTITION_NOTIFICATION {
    ULONG ulEvent;
    VDS_OBJECT_ID diskId;
    ULONGLONG ullOffset;
} VDS_PARTITION_NOTIFICATION;

typedef struct _VDS_DRIVE_LETTER_NOTIFICATION {
    ULONG ulEvent;
    WCHAR wcLetter;
    VDS_OBJECT_ID volumeId;
} VDS_DRIVE_LETTER_NOTIFICATION;

typedef struct _VDS_FILE_SYSTEM_NOTIFICATION {
    ULONG ulEvent;
    VDS_OBJECT_ID volumeId;
    DWORD dwPercentCompleted;
} VDS_FILE_SYSTEM_NOTIFICATION;

typedef struct _VDS_MOUNT_POINT_NOTIFICATION {
    ULONG ulEvent;
    VDS_OBJECT_ID volumeId;
} VDS_MOUNT_POINT_NOTIFICATION;

typedef struct _VDS_SERVICE_NOTIFICATION {
    ULONG ulEvent;
    VDS_RECOVER_ACTION action;
} VDS_SERVICE_NOTIFICATION;

/* Of hardware providers, for the union's sake. */
typedef struct _VDS_SUB_SYSTEM_NOTIFICATION {
    ULONG ulEvent;
    VDS_OBJECT_ID subSystemId;
} VDS_SUB_SYSTEM_NOTIFICATION;

typedef struct _VDS_CONTROLLER_NOTIFICATION {
    ULONG ulEvent;
    VDS_OBJECT_ID controllerId;
} VDS_CONTROLLER_NOTIFICATION;

typedef struct _VDS_DRIVE_NOTIFICATION {
    ULONG ulEvent;
    VDS_OBJECT_ID driveId;
} VDS_DRIVE_NOTIFICATION;

typedef struct _VDS_LUN_NOTIFICATION {
    ULONG ulEvent;
    VDS_OBJECT_ID LunId;
} VDS_LUN_NOTIFICATION;

typedef struct _VDS_PORT_NOTIFICATION {
    ULONG ulEvent;
    VDS_OBJECT_ID portId;
} VDS_PORT_NOTIFICATION;

typedef struct _VDS_PORTAL_NOTIFICATION {
    ULONG ulEvent;
    VDS_OBJECT_ID portalId;
} VDS_PORTAL_NOTIFICATION;

typedef struct _VDS_TARGET_NOTIFICATION {
    ULONG ulEvent;
    VDS_OBJECT_ID targetId;
} VDS_TARGET_NOTIFICATION;

typedef struct _VDS_PORTAL_GROUP_NOTIFICATION {
    ULONG ulEvent;
    VDS_OBJECT_ID portalGroupId;
} VDS_PORTAL_GROUP_NOTIFICATION;

/* Follows: learn.microsoft.com/windows/win32/api/vds/ns-vds-vds_notification */
typedef struct _VDS_NOTIFICATION {
    VDS_NOTIFICATION_TARGET_TYPE objectType; /* says which arm is filled */
    __extension__ union {
        VDS_PACK_NOTIFICATION Pack;
        VDS_DISK_NOTIFICATION Disk;
        VDS_VOLUME_NOTIFICATION Volume;
        VDS_PARTITION_NOTIFICATION Partition;
        VDS_DRIVE_LETTER_NOTIFICATION Letter;
        VDS_FILE_SYSTEM_NOTIFICATION FileSystem;
        VDS_MOUNT_POINT_NOTIFICATION MountPoint;
        VDS_SUB_SYSTEM_NOTIFICATION SubSystem;
        VDS_CONTROLLER_NOTIFICATION Controller;
        VDS_DRIVE_NOTIFICATION Drive;
        VDS_LUN_NOTIFICATION Lun;
        VDS_PORT_NOTIFICATION Port;
        VDS_PORTAL_NOTIFICATION Portal;
        VDS_TARGET_NOTIFICATION Target;
        VDS_PORTAL_GROUP_NOTIFICATION PortalGroup;
        VDS_SERVICE_NOTIFICATION Service;
    };
} VDS_NOTIFICATION;

TRIREME_STATIC_ASSERT(sizeof(VDS_PARTITION_STYLE) == 4 && sizeof(VDS_PROVIDER_FLAG) == 4, "32 bits");
TRIREME_STATIC_ASSERT(sizeof(VDS_SERVICE_PROP) == 16 && sizeof(VDS_PROVIDER_PROP) == 64, "layout of 64-bit Windows");
TRIREME_STATIC_ASSERT(sizeof(VDS_PACK_PROP) == 32 && sizeof(VDS_DRIVE_LETTER_PROP) == 28, "layout of 64-bit Windows");
TRIREME_STATIC_ASSERT(sizeof(VDS_REPARSE_POINT_PROP) == 24 && sizeof(VDS_DISK_PROP) == 128, "layout of 64-bit Windows");
TRIREME_STATIC_ASSERT(sizeof(VDS_DISK_PROP2) == 136 && sizeof(VDS_ADVANCEDDISK_PROP) == 152,
                      "layout of 64-bit Windows");
TRIREME_STATIC_ASSERT(sizeof(VDS_DISK_EXTENT) == 80 && sizeof(VDS_DISK_FREE_EXTENT) == 32, "layout of 64-bit Windows");
TRIREME_STATIC_ASSERT(sizeof(VDS_INPUT_DISK) == 48 && sizeof(VDS_PARTITION_INFO_MBR) == 8, "layout of 64-bit Windows");
TRIREME_STATIC_ASSERT(sizeof(VDS_PARTITION_INFO_GPT) == 112 && sizeof(VDS_PARTITION_PROP) == 144,
                      "layout of 64-bit Windows");
TRIREME_STATIC_ASSERT(sizeof(CREATE_PARTITION_PARAMETERS) == 120 && sizeof(CHANGE_ATTRIBUTES_PARAMETERS) == 16 &&
                          sizeof(CHANGE_PARTITION_TYPE_PARAMETERS) == 20,
                      "layout of 64-bit Windows");
TRIREME_STATIC_ASSERT(sizeof(VDS_VOLUME_PROP) == 56 && sizeof(VDS_VOLUME_PROP2) == 72, "layout of 64-bit Windows");
TRIREME_STATIC_ASSERT(sizeof(VDS_VOLUME_PLEX_PROP) == 48 && sizeof(VDS_FILE_SYSTEM_PROP) == 56,
                      "layout of 64-bit Windows");
TRIREME_STATIC_ASSERT(sizeof(VDS_FILE_SYSTEM_TYPE_PROP) == 40 && sizeof(VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP) == 204,
                      "layout of 64-bit Windows");
TRIREME_STATIC_ASSERT(sizeof(VDS_CREATE_VDISK_PARAMETERS) == 48 && sizeof(VDS_VDISK_PROPERTIES) == 88,
                      "layout of 64-bit Windows");
TRIREME_STATIC_ASSERT(sizeof(VDS_ASYNC_OUTPUT) == 32 && sizeof(VDS_NOTIFICATION) == 48, "layout of 64-bit Windows");

/* ---- classes ---- */

/* What a client makes with CoCreateInstance; asked for IID_IVdsServiceLoader. */
DEFINE_GUID(CLSID_VdsLoader, 0x9C38ED61, 0xD565, 0x4728, 0xAE, 0xEE, 0xC8, 0x09, 0x52, 0xF0, 0xEC, 0xDE);

/* The class of the service's own process on Windows. Clients go through the loader, and so must they here. */
DEFINE_GUID(CLSID_VdsService, 0x7D1933CB, 0x86F6, 0x4A98, 0x86, 0x28, 0x01, 0xBE, 0x94, 0xC9, 0xA5, 0x75);

/* ---- interfaces ---- */

/* A program that declares the interfaces itself says so with TRIREME_NO_INTERFACES. */
#ifndef TRIREME_NO_INTERFACES

#pragma GCC diagnostic push
#ifdef __cplusplus
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor" /* a destructor would have a slot of its own */
#endif

TRIREME_FORWARD_INTERFACE(IEnumVdsObject);
TRIREME_FORWARD_INTERFACE(IVdsAdviseSink);
TRIREME_FORWARD_INTERFACE(IVdsAsync);
TRIREME_FORWARD_INTERFACE(IVdsServiceLoader);
TRIREME_FORWARD_INTERFACE(IVdsService);
TRIREME_FORWARD_INTERFACE(IVdsServiceInitialization);
TRIREME_FORWARD_INTERFACE(IVdsServiceUninstallDisk);
TRIREME_FORWARD_INTERFACE(IVdsServiceHba);
TRIREME_FORWARD_INTERFACE(IVdsServiceSAN);
TRIREME_FORWARD_INTERFACE(IVdsServiceSw);
TRIREME_FORWARD_INTERFACE(IVdsProvider);
TRIREME_FORWARD_INTERFACE(IVdsSwProvider);
TRIREME_FORWARD_INTERFACE(IVdsVdProvider);
TRIREME_FORWARD_INTERFACE(IVdsPack);
TRIREME_FORWARD_INTERFACE(IVdsPack2);
TRIREME_FORWARD_INTERFACE(IVdsDisk);
TRIREME_FORWARD_INTERFACE(IVdsDisk2);
TRIREME_FORWARD_INTERFACE(IVdsDisk3);
TRIREME_FORWARD_INTERFACE(IVdsAdvancedDisk);
TRIREME_FORWARD_INTERFACE(IVdsAdvancedDisk2);
TRIREME_FORWARD_INTERFACE(IVdsAdvancedDisk3);
TRIREME_FORWARD_INTERFACE(IVdsCreatePartitionEx);
TRIREME_FORWARD_INTERFACE(IVdsDiskOnline);
TRIREME_FORWARD_INTERFACE(IVdsDiskPartitionMF);
TRIREME_FORWARD_INTERFACE(IVdsDiskPartitionMF2);
TRIREME_FORWARD_INTERFACE(IVdsRemovable);
TRIREME_FORWARD_INTERFACE(IVdsVolume);
TRIREME_FORWARD_INTERFACE(IVdsVolume2);
TRIREME_FORWARD_INTERFACE(IVdsVolumeMF);
TRIREME_FORWARD_INTERFACE(IVdsVolumeMF2);
TRIREME_FORWARD_INTERFACE(IVdsVolumeMF3);
TRIREME_FORWARD_INTERFACE(IVdsVolumeShrink);
TRIREME_FORWARD_INTERFACE(IVdsVolumeOnline);
TRIREME_FORWARD_INTERFACE(IVdsVolumePlex);
TRIREME_FORWARD_INTERFACE(IVdsVDisk);
TRIREME_FORWARD_INTERFACE(IVdsOpenVDisk);

/* A walk over objects that were there when it was made. It holds nothing else up and may be kept as long as one likes;
 * an object that is gone by then answers VDS_E_OBJECT_DELETED.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ienumvdsobject */
#undef INTERFACE
#define INTERFACE IEnumVdsObject
DECLARE_INTERFACE_(IEnumVdsObject, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* The next celt objects, each with a reference that is the caller's, and how many there were. S_FALSE where there
     * were fewer, none included. */
    STDMETHOD(Next)(THIS_ ULONG celt, IUnknown **ppObjectArray, ULONG *pcFetched) PURE;

    /* Passes over celt objects. S_FALSE where there were fewer. */
    STDMETHOD(Skip)(THIS_ ULONG celt) PURE;

    /* Back to the first of the same objects. */
    STDMETHOD(Reset)(THIS) PURE;

    /* Another walk over the same objects, from the same place. */
    STDMETHOD(Clone)(THIS_ IEnumVdsObject **ppEnum) PURE;
};
TRIREME_INTERFACE_ID(IEnumVdsObject, 0x118610B7, 0x8D94, 0x4030, 0xB5, 0xB8, 0x50, 0x08, 0x89, 0x78, 0x8E, 0x4E);

#ifdef TRIREME_COBJMACROS
#define IEnumVdsObject_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IEnumVdsObject_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IEnumVdsObject_Release(This) ((This)->lpVtbl->Release(This))
#define IEnumVdsObject_Next(This, celt, ppObjectArray, pcFetched) \
    ((This)->lpVtbl->Next(This, celt, ppObjectArray, pcFetched))
#define IEnumVdsObject_Skip(This, celt) ((This)->lpVtbl->Skip(This, celt))
#define IEnumVdsObject_Reset(This) ((This)->lpVtbl->Reset(This))
#define IEnumVdsObject_Clone(This, ppEnum) ((This)->lpVtbl->Clone(This, ppEnum))
#endif

/* Made by the client, to be told what changes: IVdsService::Advise.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsadvisesink */
#undef INTERFACE
#define INTERFACE IVdsAdviseSink
DECLARE_INTERFACE_(IVdsAdviseSink, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Called with 1 to 100 events in the order in which they happened, one call at a time, on a thread of the library's
     * with no lock held; anything may be called in it, Unadvise included. The array is the library's, and gone when it
     * returns. */
    STDMETHOD(OnNotify)(THIS_ LONG lNumberOfNotifications, VDS_NOTIFICATION *pNotificationArray) PURE;
};
TRIREME_INTERFACE_ID(IVdsAdviseSink, 0x8326CD1D, 0xCF59, 0x4936, 0xB7, 0x86, 0x5E, 0xFC, 0x08, 0x79, 0x8E, 0x25);

#ifdef TRIREME_COBJMACROS
#define IVdsAdviseSink_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsAdviseSink_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsAdviseSink_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsAdviseSink_OnNotify(This, lNumberOfNotifications, pNotificationArray) \
    ((This)->lpVtbl->OnNotify(This, lNumberOfNotifications, pNotificationArray))
#endif

/* Work under way, or done. It is its own: the objects that it was started on may be released meanwhile, and letting go
 * of the last reference does not cancel it. Any number of threads may call any of its functions at once.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsasync */
#undef INTERFACE
#define INTERFACE IVdsAsync
DECLARE_INTERFACE_(IVdsAsync, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Asks the work to stop. S_OK: it stops, and its result becomes VDS_E_OPERATION_CANCELED, unless it is done first.
     * This waits up to two seconds until everything is quiet, so that the disk can be used when it returns.
     * VDS_E_CANCEL_TOO_LATE: it is done, or past the point where it could be stopped. VDS_E_OPERATION_CANCELED: it was
     * asked before. VDS_E_NOT_SUPPORTED: this work cannot be stopped. Other answers than S_OK change nothing. A format
     * that is cancelled leaves the volume without a file system, an image that was being made is gone, a clean leaves
     * the disk without a table. */
    STDMETHOD(Cancel)(THIS) PURE;

    /* Waits until the work is done. *pHrResult: how it ended. *pAsyncOut: what it left, where that is success; zero but
     * for its type, else. May be called again, and by several threads: each gets the same answer, and a reference of
     * its own to the object in it. Neither pointer may be NULL. */
    STDMETHOD(Wait)(THIS_ HRESULT *pHrResult, VDS_ASYNC_OUTPUT *pAsyncOut) PURE;

    /* Asks, and never waits. S_OK, and: while the work runs, *pHrResult is VDS_E_OPERATION_PENDING and the percentage 0
     * to 99, never falling, and 0 as long as nothing can be said; when it is done, the result and 100, after a failure
     * too. Neither pointer may be NULL (E_INVALIDARG, nothing is written). */
    STDMETHOD(QueryStatus)(THIS_ HRESULT *pHrResult, ULONG *pulPercentCompleted) PURE;
};
TRIREME_INTERFACE_ID(IVdsAsync, 0xD5D23B6D, 0x5A55, 0x4492, 0x98, 0x89, 0x39, 0x7A, 0x3C, 0x2D, 0x2D, 0xBC);

#ifdef TRIREME_COBJMACROS
#define IVdsAsync_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsAsync_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsAsync_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsAsync_Cancel(This) ((This)->lpVtbl->Cancel(This))
#define IVdsAsync_Wait(This, pHrResult, pAsyncOut) ((This)->lpVtbl->Wait(This, pHrResult, pAsyncOut))
#define IVdsAsync_QueryStatus(This, pHrResult, pulPercentCompleted) \
    ((This)->lpVtbl->QueryStatus(This, pHrResult, pulPercentCompleted))
#endif

/* The way in: an object of CLSID_VdsLoader.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsserviceloader */
#undef INTERFACE
#define INTERFACE IVdsServiceLoader
DECLARE_INTERFACE_(IVdsServiceLoader, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* The service of this machine, for NULL, "", and its own name. VDS_E_NOT_SUPPORTED for another host's. Returns at
     * once: WaitForServiceReady. */
    STDMETHOD(LoadService)(THIS_ LPWSTR pwszMachineName, IVdsService **ppService) PURE;
};
TRIREME_INTERFACE_ID(IVdsServiceLoader, 0xE0393303, 0x90D4, 0x4A97, 0xAB, 0x71, 0xE9, 0xB6, 0x71, 0xEE, 0x27, 0x29);

#ifdef TRIREME_COBJMACROS
#define IVdsServiceLoader_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsServiceLoader_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsServiceLoader_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsServiceLoader_LoadService(This, pwszMachineName, ppService) \
    ((This)->lpVtbl->LoadService(This, pwszMachineName, ppService))
#endif

/* The machine. Every LoadService of a process gives the same one.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsservice */
#undef INTERFACE
#define INTERFACE IVdsService
DECLARE_INTERFACE_(IVdsService, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* S_OK: it can be asked. S_FALSE: not yet. Never waits. */
    STDMETHOD(IsServiceReady)(THIS) PURE;

    /* Waits until it can be asked; what a program that died left behind is cleaned up by then. */
    STDMETHOD(WaitForServiceReady)(THIS) PURE;

    /* Fills the structure; its strings are the caller's. */
    STDMETHOD(GetProperties)(THIS_ VDS_SERVICE_PROP *pServiceProp) PURE;

    /* The providers of those kinds (VDS_QUERY_PROVIDER_FLAG, several together). VDS_E_INVALID_QUERY_PROVIDER_FLAG for
     * other bits, or none. There are no hardware providers: an empty walk. */
    STDMETHOD(QueryProviders)(THIS_ DWORD masks, IEnumVdsObject **ppEnum) PURE;

    /* Disks hidden from this host: there are none. */
    STDMETHOD(QueryMaskedDisks)(THIS_ IEnumVdsObject **ppEnum) PURE;

    /* Disks without a partition table or file system. The disk that the system runs from is never among them. */
    STDMETHOD(QueryUnallocatedDisks)(THIS_ IEnumVdsObject **ppEnum) PURE;

    /* The object of that kind and id. VDS_E_OBJECT_NOT_FOUND; VDS_E_INVALID_OBJECT_TYPE for kinds that have no ids. */
    STDMETHOD(GetObject)(THIS_ VDS_OBJECT_ID ObjectId, VDS_OBJECT_TYPE type, IUnknown **ppObjectUnk) PURE;

    /* Fills the caller's array with count letters from wcFirstLetter on. VDS_E_INVALID_DRIVE_LETTER;
     * VDS_E_INVALID_DRIVE_LETTER_COUNT past Z. */
    STDMETHOD(QueryDriveLetters)(THIS_ WCHAR wcFirstLetter, DWORD count,
                                 VDS_DRIVE_LETTER_PROP *pDriveLetterPropArray) PURE;

    /* The file systems that Windows numbers and this machine can make, in one block; pwszIllegalLabelCharSet of each is
     * another. */
    STDMETHOD(QueryFileSystemTypes)(THIS_ VDS_FILE_SYSTEM_TYPE_PROP **ppFileSystemTypeProps,
                                    LONG *plNumberOfFileSystems) PURE;

    /* Looks for disks that came or went. What it finds is told to sinks. */
    STDMETHOD(Reenumerate)(THIS) PURE;

    /* Looks at every disk again. Questions are always answered afresh here: this is for the sinks. */
    STDMETHOD(Refresh)(THIS) PURE;

    /* Forgets drive letters and mounts of volumes that are gone. */
    STDMETHOD(CleanupObsoleteMountPoints)(THIS) PURE;

    /* Tells pSink of changes from now on, until Unadvise of *pdwCookie; holds a reference to it. What other programs do
     * is told too. */
    STDMETHOD(Advise)(THIS_ IVdsAdviseSink *pSink, DWORD *pdwCookie) PURE;

    /* When it returns no call of the sink runs or comes any more (but for the one that it is called in).
     * VDS_E_BAD_COOKIE. */
    STDMETHOD(Unadvise)(THIS_ DWORD dwCookie) PURE;

    /* VDS_E_NOT_SUPPORTED: not a library's business. */
    STDMETHOD(Reboot)(THIS) PURE;

    /* VDS_SVF_AUTO_MOUNT_OFF is the one flag that can be set; it is set from the beginning.
     * VDS_E_INVALID_SERVICE_FLAG. */
    STDMETHOD(SetFlags)(THIS_ ULONG ulFlags) PURE;

    /* Nothing is ever mounted unasked here: VDS_E_NOT_SUPPORTED. VDS_E_INVALID_SERVICE_FLAG. */
    STDMETHOD(ClearFlags)(THIS_ ULONG ulFlags) PURE;
};
TRIREME_INTERFACE_ID(IVdsService, 0x0818A8EF, 0x9BA9, 0x40D8, 0xA6, 0xF9, 0xE2, 0x28, 0x33, 0xCC, 0x77, 0x1E);

#ifdef TRIREME_COBJMACROS
#define IVdsService_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsService_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsService_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsService_IsServiceReady(This) ((This)->lpVtbl->IsServiceReady(This))
#define IVdsService_WaitForServiceReady(This) ((This)->lpVtbl->WaitForServiceReady(This))
#define IVdsService_GetProperties(This, pServiceProp) ((This)->lpVtbl->GetProperties(This, pServiceProp))
#define IVdsService_QueryProviders(This, masks, ppEnum) ((This)->lpVtbl->QueryProviders(This, masks, ppEnum))
#define IVdsService_QueryMaskedDisks(This, ppEnum) ((This)->lpVtbl->QueryMaskedDisks(This, ppEnum))
#define IVdsService_QueryUnallocatedDisks(This, ppEnum) ((This)->lpVtbl->QueryUnallocatedDisks(This, ppEnum))
#define IVdsService_GetObject(This, ObjectId, type, ppObjectUnk) \
    ((This)->lpVtbl->GetObject(This, ObjectId, type, ppObjectUnk))
#define IVdsService_QueryDriveLetters(This, wcFirstLetter, count, pDriveLetterPropArray) \
    ((This)->lpVtbl->QueryDriveLetters(This, wcFirstLetter, count, pDriveLetterPropArray))
#define IVdsService_QueryFileSystemTypes(This, ppFileSystemTypeProps, plNumberOfFileSystems) \
    ((This)->lpVtbl->QueryFileSystemTypes(This, ppFileSystemTypeProps, plNumberOfFileSystems))
#define IVdsService_Reenumerate(This) ((This)->lpVtbl->Reenumerate(This))
#define IVdsService_Refresh(This) ((This)->lpVtbl->Refresh(This))
#define IVdsService_CleanupObsoleteMountPoints(This) ((This)->lpVtbl->CleanupObsoleteMountPoints(This))
#define IVdsService_Advise(This, pSink, pdwCookie) ((This)->lpVtbl->Advise(This, pSink, pdwCookie))
#define IVdsService_Unadvise(This, dwCookie) ((This)->lpVtbl->Unadvise(This, dwCookie))
#define IVdsService_Reboot(This) ((This)->lpVtbl->Reboot(This))
#define IVdsService_SetFlags(This, ulFlags) ((This)->lpVtbl->SetFlags(This, ulFlags))
#define IVdsService_ClearFlags(This, ulFlags) ((This)->lpVtbl->ClearFlags(This, ulFlags))
#endif

/* On Windows, for loading the service of another host.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsserviceinitialization */
#undef INTERFACE
#define INTERFACE IVdsServiceInitialization
DECLARE_INTERFACE_(IVdsServiceInitialization, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* S_OK for this machine (NULL, ""); VDS_E_NOT_SUPPORTED for others. */
    STDMETHOD(Initialize)(THIS_ LPWSTR pwszMachineName) PURE;
};
TRIREME_INTERFACE_ID(IVdsServiceInitialization, 0x4AFC3636, 0xDB01, 0x4052, 0x80, 0xC3, 0x03, 0xBB, 0xCB, 0x8D, 0x3C,
                     0x69);

#ifdef TRIREME_COBJMACROS
#define IVdsServiceInitialization_QueryInterface(This, riid, ppvObject) \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsServiceInitialization_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsServiceInitialization_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsServiceInitialization_Initialize(This, pwszMachineName) ((This)->lpVtbl->Initialize(This, pwszMachineName))
#endif

/* Taking disks away.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsserviceuninstalldisk */
#undef INTERFACE
#define INTERFACE IVdsServiceUninstallDisk
DECLARE_INTERFACE_(IVdsServiceUninstallDisk, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* The disk that such information (IVdsDisk::GetIdentificationData) is of. VDS_E_OBJECT_NOT_FOUND. */
    STDMETHOD(GetDiskIdFromLunInfo)(THIS_ VDS_LUN_INFORMATION *pLunInfo, VDS_OBJECT_ID *pDiskId) PURE;

    /* Unmounts and takes away each disk; pResults, of ulCount elements, says how that went. */
    STDMETHOD(UninstallDisks)(THIS_ VDS_OBJECT_ID *pDiskIdArray, ULONG ulCount, BOOLEAN bForce, BOOLEAN *pbReboot,
                              HRESULT *pResults) PURE;
};
TRIREME_INTERFACE_ID(IVdsServiceUninstallDisk, 0xB6B22DA8, 0xF903, 0x4BE7, 0xB4, 0x92, 0xC0, 0x9D, 0x87, 0x5A, 0xC9,
                     0xDA);

#ifdef TRIREME_COBJMACROS
#define IVdsServiceUninstallDisk_QueryInterface(This, riid, ppvObject) \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsServiceUninstallDisk_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsServiceUninstallDisk_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsServiceUninstallDisk_GetDiskIdFromLunInfo(This, pLunInfo, pDiskId) \
    ((This)->lpVtbl->GetDiskIdFromLunInfo(This, pLunInfo, pDiskId))
#define IVdsServiceUninstallDisk_UninstallDisks(This, pDiskIdArray, ulCount, bForce, pbReboot, pResults) \
    ((This)->lpVtbl->UninstallDisks(This, pDiskIdArray, ulCount, bForce, pbReboot, pResults))
#endif

/* Host bus adapters, of which none are shown here.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsservicehba */
#undef INTERFACE
#define INTERFACE IVdsServiceHba
DECLARE_INTERFACE_(IVdsServiceHba, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* An empty walk. */
    STDMETHOD(QueryHbaPorts)(THIS_ IEnumVdsObject **ppEnum) PURE;
};
TRIREME_INTERFACE_ID(IVdsServiceHba, 0x0AC13689, 0x3134, 0x47C6, 0xA1, 0x7C, 0x46, 0x69, 0x21, 0x68, 0x01, 0xBE);

#ifdef TRIREME_COBJMACROS
#define IVdsServiceHba_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsServiceHba_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsServiceHba_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsServiceHba_QueryHbaPorts(This, ppEnum) ((This)->lpVtbl->QueryHbaPorts(This, ppEnum))
#endif

/* Whether new disks come online.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsservicesan */
#undef INTERFACE
#define INTERFACE IVdsServiceSAN
DECLARE_INTERFACE_(IVdsServiceSAN, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* VDS_SP_ONLINE: new disks come online. */
    STDMETHOD(GetSANPolicy)(THIS_ VDS_SAN_POLICY *pSanPolicy) PURE;

    /* VDS_E_NOT_SUPPORTED, but for VDS_SP_ONLINE. */
    STDMETHOD(SetSANPolicy)(THIS_ VDS_SAN_POLICY SanPolicy) PURE;
};
TRIREME_INTERFACE_ID(IVdsServiceSAN, 0xFC5D23E8, 0xA88B, 0x41A5, 0x8D, 0xE0, 0x2D, 0x2F, 0x73, 0xC5, 0xA6, 0x30);

#ifdef TRIREME_COBJMACROS
#define IVdsServiceSAN_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsServiceSAN_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsServiceSAN_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsServiceSAN_GetSANPolicy(This, pSanPolicy) ((This)->lpVtbl->GetSANPolicy(This, pSanPolicy))
#define IVdsServiceSAN_SetSANPolicy(This, SanPolicy) ((This)->lpVtbl->SetSANPolicy(This, SanPolicy))
#endif

/* Finding a disk by its path.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsservicesw */
#undef INTERFACE
#define INTERFACE IVdsServiceSw
DECLARE_INTERFACE_(IVdsServiceSw, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* The disk of a path: /dev/..., or \\?\PhysicalDriveN. VDS_E_OBJECT_NOT_FOUND. */
    STDMETHOD(GetDiskObject)(THIS_ LPCWSTR pwszDeviceID, IUnknown **ppDiskUnk) PURE;
};
TRIREME_INTERFACE_ID(IVdsServiceSw, 0x15FC031C, 0x0652, 0x4306, 0xB2, 0xC3, 0xF5, 0x58, 0xB8, 0xF8, 0x37, 0xE2);

#ifdef TRIREME_COBJMACROS
#define IVdsServiceSw_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsServiceSw_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsServiceSw_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsServiceSw_GetDiskObject(This, pwszDeviceID, ppDiskUnk) \
    ((This)->lpVtbl->GetDiskObject(This, pwszDeviceID, ppDiskUnk))
#endif

/* What every provider answers. There are two here: one for all disks, which answers IVdsSwProvider too, and one for
 * image files, which answers IVdsVdProvider.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsprovider */
#undef INTERFACE
#define INTERFACE IVdsProvider
DECLARE_INTERFACE_(IVdsProvider, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Fills the structure; its strings are the caller's. */
    STDMETHOD(GetProperties)(THIS_ VDS_PROVIDER_PROP *pProviderProp) PURE;
};
TRIREME_INTERFACE_ID(IVdsProvider, 0x10C5E575, 0x7984, 0x4E81, 0xA5, 0x6B, 0x43, 0x1F, 0x5F, 0x92, 0xAE, 0x42);

#ifdef TRIREME_COBJMACROS
#define IVdsProvider_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsProvider_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsProvider_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsProvider_GetProperties(This, pProviderProp) ((This)->lpVtbl->GetProperties(This, pProviderProp))
#endif

/* The provider of disks.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsswprovider */
#undef INTERFACE
#define INTERFACE IVdsSwProvider
DECLARE_INTERFACE_(IVdsSwProvider, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* All packs. */
    STDMETHOD(QueryPacks)(THIS_ IEnumVdsObject **ppEnum) PURE;

    /* A new pack without a disk, for IVdsPack::AddDisk. It is gone with its last reference if none was added. */
    STDMETHOD(CreatePack)(THIS_ IVdsPack **ppPack) PURE;
};
TRIREME_INTERFACE_ID(IVdsSwProvider, 0x9AA58360, 0xCE33, 0x4F92, 0xB6, 0x58, 0xED, 0x24, 0xB1, 0x44, 0x25, 0xB8);

#ifdef TRIREME_COBJMACROS
#define IVdsSwProvider_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsSwProvider_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsSwProvider_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsSwProvider_QueryPacks(This, ppEnum) ((This)->lpVtbl->QueryPacks(This, ppEnum))
#define IVdsSwProvider_CreatePack(This, ppPack) ((This)->lpVtbl->CreatePack(This, ppPack))
#endif

/* The provider of virtual disks: image files, and the disks that they become when attached. Which formats: virtdisk.h
 * and trireme-storage.h.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsvdprovider */
#undef INTERFACE
#define INTERFACE IVdsVdProvider
DECLARE_INTERFACE_(IVdsVdProvider, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* The virtual disks that were added or are attached, in whatever process. */
    STDMETHOD(QueryVDisks)(THIS_ IEnumVdsObject **ppEnum) PURE;

    /* Starts making an image file; *ppAsync is the operation, with a reference that is the caller's. The output is the
     * virtual disk, neither open nor attached. The file appears under its name when it is complete, and not at all
     * where that fails or is cancelled. A file that is there already is only added, as AddVDisk does, and not made
     * anew. Flags: CREATE_VIRTUAL_DISK_FLAG_FULL_PHYSICAL_ALLOCATION or none; ProviderSpecificFlags and Reserved must
     * be 0; the security descriptor is not looked at. VDS_E_VDISK_PATHNAME_INVALID; E_INVALIDARG for a size that is no
     * multiple of 512, or 0 without a parent or source. */
    STDMETHOD(CreateVDisk)(THIS_ VIRTUAL_STORAGE_TYPE *VirtualDeviceType, LPWSTR pPath,
                           LPWSTR pStringSecurityDescriptor, CREATE_VIRTUAL_DISK_FLAG Flags,
                           ULONG ProviderSpecificFlags, ULONG Reserved,
                           VDS_CREATE_VDISK_PARAMETERS *pCreateDiskParameters, IVdsAsync **ppAsync) PURE;

    /* The virtual disk of a file, which is not looked into until it is opened. The same file gives the same object
     * id. */
    STDMETHOD(AddVDisk)(THIS_ VIRTUAL_STORAGE_TYPE *VirtualDeviceType, LPWSTR pPath, IVdsVDisk **ppVDisk) PURE;

    /* The disk of an attached image. VDS_E_OBJECT_NOT_FOUND where it is not attached. */
    STDMETHOD(GetDiskFromVDisk)(THIS_ IVdsVDisk *pVDisk, IVdsDisk **ppDisk) PURE;

    /* The image behind a disk. VDS_E_OBJECT_NOT_FOUND where there is none. */
    STDMETHOD(GetVDiskFromDisk)(THIS_ IVdsDisk *pDisk, IVdsVDisk **ppVDisk) PURE;
};
TRIREME_INTERFACE_ID(IVdsVdProvider, 0xB481498C, 0x8354, 0x45F9, 0x84, 0xA0, 0x0B, 0xDD, 0x28, 0x32, 0xA9, 0x1F);

#ifdef TRIREME_COBJMACROS
#define IVdsVdProvider_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsVdProvider_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsVdProvider_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsVdProvider_QueryVDisks(This, ppEnum) ((This)->lpVtbl->QueryVDisks(This, ppEnum))
#define IVdsVdProvider_CreateVDisk(This, VirtualDeviceType, pPath, pStringSecurityDescriptor, Flags, \
                                   ProviderSpecificFlags, Reserved, pCreateDiskParameters, ppAsync) \
    ((This)->lpVtbl->CreateVDisk(This, VirtualDeviceType, pPath, pStringSecurityDescriptor, Flags, \
                                 ProviderSpecificFlags, Reserved, pCreateDiskParameters, ppAsync))
#define IVdsVdProvider_AddVDisk(This, VirtualDeviceType, pPath, ppVDisk) \
    ((This)->lpVtbl->AddVDisk(This, VirtualDeviceType, pPath, ppVDisk))
#define IVdsVdProvider_GetDiskFromVDisk(This, pVDisk, ppDisk) ((This)->lpVtbl->GetDiskFromVDisk(This, pVDisk, ppDisk))
#define IVdsVdProvider_GetVDiskFromDisk(This, pDisk, ppVDisk) ((This)->lpVtbl->GetVDiskFromDisk(This, pDisk, ppVDisk))
#endif

/* A pack holds exactly one disk here, with its volumes: one that has a partition table, or a file system on the whole
 * of it.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdspack */
#undef INTERFACE
#define INTERFACE IVdsPack
DECLARE_INTERFACE_(IVdsPack, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Fills the structure; its strings are the caller's. */
    STDMETHOD(GetProperties)(THIS_ VDS_PACK_PROP *pPackProp) PURE;

    /* The provider of disks. */
    STDMETHOD(GetProvider)(THIS_ IVdsProvider **ppProvider) PURE;

    /* The volumes on its disk. */
    STDMETHOD(QueryVolumes)(THIS_ IEnumVdsObject **ppEnum) PURE;

    /* Its disk. */
    STDMETHOD(QueryDisks)(THIS_ IEnumVdsObject **ppEnum) PURE;

    /* Starts making a simple volume on the pack's disk: a partition of ullSize bytes where there is room. *ppAsync is
     * the operation, with a reference that is the caller's. The output is the volume, without a file system. One disk,
     * type SIMPLE, stripe size 0. VDS_E_NOT_ENOUGH_SPACE, VDS_E_PARTITION_LIMIT_REACHED, VDS_E_DISK_NOT_FOUND_IN_PACK,
     * VDS_E_INVALID_DISK_COUNT, VDS_E_INVALID_STRIPE_SIZE. */
    STDMETHOD(CreateVolume)(THIS_ VDS_VOLUME_TYPE type, VDS_INPUT_DISK *pInputDiskArray, LONG lNumberOfDisks,
                            ULONG ulStripeSize, IVdsAsync **ppAsync) PURE;

    /* Puts a disk without anything on it into this (new, empty) pack, and an empty table of that style on the disk.
     * Difference from Windows: no MSR partition is made. VDS_E_NOT_AN_UNALLOCATED_DISK, VDS_E_INVALID_PARTITION_STYLE,
     * VDS_E_OBJECT_NOT_FOUND; VDS_E_NOT_SUPPORTED for a second disk, or a spare. */
    STDMETHOD(AddDisk)(THIS_ VDS_OBJECT_ID DiskId, VDS_PARTITION_STYLE PartitionStyle, BOOL bAsHotSpare) PURE;

    /* Between basic and dynamic disks: VDS_E_NOT_SUPPORTED, in each element of pResults too. */
    STDMETHOD(MigrateDisks)(THIS_ VDS_OBJECT_ID *pDiskArray, LONG lNumberOfDisks, VDS_OBJECT_ID TargetPack, BOOL bForce,
                            BOOL bQueryOnly, HRESULT *pResults, BOOL *pbRebootNeeded) PURE;

    /* VDS_E_NOT_SUPPORTED, on Windows too. */
    STDMETHOD(ReplaceDisk)(THIS_ VDS_OBJECT_ID OldDiskId, VDS_OBJECT_ID NewDiskId, IVdsAsync **ppAsync) PURE;

    /* Of dynamic disks: VDS_E_NOT_SUPPORTED. */
    STDMETHOD(RemoveMissingDisk)(THIS_ VDS_OBJECT_ID DiskId) PURE;

    /* Of dynamic disks: VDS_E_NOT_SUPPORTED. */
    STDMETHOD(Recover)(THIS_ IVdsAsync **ppAsync) PURE;
};
TRIREME_INTERFACE_ID(IVdsPack, 0x3B69D7F5, 0x9D94, 0x4648, 0x91, 0xCA, 0x79, 0x93, 0x9B, 0xA2, 0x63, 0xBF);

#ifdef TRIREME_COBJMACROS
#define IVdsPack_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsPack_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsPack_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsPack_GetProperties(This, pPackProp) ((This)->lpVtbl->GetProperties(This, pPackProp))
#define IVdsPack_GetProvider(This, ppProvider) ((This)->lpVtbl->GetProvider(This, ppProvider))
#define IVdsPack_QueryVolumes(This, ppEnum) ((This)->lpVtbl->QueryVolumes(This, ppEnum))
#define IVdsPack_QueryDisks(This, ppEnum) ((This)->lpVtbl->QueryDisks(This, ppEnum))
#define IVdsPack_CreateVolume(This, type, pInputDiskArray, lNumberOfDisks, ulStripeSize, ppAsync) \
    ((This)->lpVtbl->CreateVolume(This, type, pInputDiskArray, lNumberOfDisks, ulStripeSize, ppAsync))
#define IVdsPack_AddDisk(This, DiskId, PartitionStyle, bAsHotSpare) \
    ((This)->lpVtbl->AddDisk(This, DiskId, PartitionStyle, bAsHotSpare))
#define IVdsPack_MigrateDisks(This, pDiskArray, lNumberOfDisks, TargetPack, bForce, bQueryOnly, pResults, \
                              pbRebootNeeded) \
    ((This)->lpVtbl->MigrateDisks(This, pDiskArray, lNumberOfDisks, TargetPack, bForce, bQueryOnly, pResults, \
                                  pbRebootNeeded))
#define IVdsPack_ReplaceDisk(This, OldDiskId, NewDiskId, ppAsync) \
    ((This)->lpVtbl->ReplaceDisk(This, OldDiskId, NewDiskId, ppAsync))
#define IVdsPack_RemoveMissingDisk(This, DiskId) ((This)->lpVtbl->RemoveMissingDisk(This, DiskId))
#define IVdsPack_Recover(This, ppAsync) ((This)->lpVtbl->Recover(This, ppAsync))
#endif

/* Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdspack2 */
#undef INTERFACE
#define INTERFACE IVdsPack2
DECLARE_INTERFACE_(IVdsPack2, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* As IVdsPack::CreateVolume, starting at a multiple of ulAlign bytes; 0: the default.
     * VDS_E_ALIGN_NOT_A_POWER_OF_TWO, VDS_E_ALIGN_NOT_SECTOR_SIZE_MULTIPLE. */
    STDMETHOD(CreateVolume2)(THIS_ VDS_VOLUME_TYPE type, VDS_INPUT_DISK *pInputDiskArray, LONG lNumberOfDisks,
                             ULONG ulStripeSize, ULONG ulAlign, IVdsAsync **ppAsync) PURE;
};
TRIREME_INTERFACE_ID(IVdsPack2, 0x13B50BFF, 0x290A, 0x47DD, 0x85, 0x58, 0xB7, 0xC5, 0x8D, 0xB1, 0xA7, 0x1A);

#ifdef TRIREME_COBJMACROS
#define IVdsPack2_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsPack2_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsPack2_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsPack2_CreateVolume2(This, type, pInputDiskArray, lNumberOfDisks, ulStripeSize, ulAlign, ppAsync) \
    ((This)->lpVtbl->CreateVolume2(This, type, pInputDiskArray, lNumberOfDisks, ulStripeSize, ulAlign, ppAsync))
#endif

/* A disk. It answers IVdsDisk2, IVdsDisk3, IVdsAdvancedDisk, IVdsAdvancedDisk2, IVdsAdvancedDisk3,
 * IVdsCreatePartitionEx, IVdsDiskOnline, IVdsDiskPartitionMF and IVdsDiskPartitionMF2 as well, and IVdsRemovable where
 * its medium is removable.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsdisk */
#undef INTERFACE
#define INTERFACE IVdsDisk
DECLARE_INTERFACE_(IVdsDisk, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Fills the structure; its strings are the caller's. pwszName is never NULL. */
    STDMETHOD(GetProperties)(THIS_ VDS_DISK_PROP *pDiskProperties) PURE;

    /* Its pack. VDS_E_DISK_NOT_INITIALIZED where the disk has nothing on it. */
    STDMETHOD(GetPack)(THIS_ IVdsPack **ppPack) PURE;

    /* What the device says of itself: vdslun.h. The strings are the caller's. */
    STDMETHOD(GetIdentificationData)(THIS_ VDS_LUN_INFORMATION *pLunInfo) PURE;

    /* The disk from end to end, used and free pieces in order, in one block. */
    STDMETHOD(QueryExtents)(THIS_ VDS_DISK_EXTENT **ppExtentArray, LONG *plNumberOfExtents) PURE;

    /* Another partition table, for a disk without partitions: VDS_E_DISK_NOT_EMPTY else. The same style: S_OK, nothing
     * is written. */
    STDMETHOD(ConvertStyle)(THIS_ VDS_PARTITION_STYLE NewStyle) PURE;

    /* VDS_DF_READ_ONLY, the one flag that can be set: the kernel refuses to write to the disk, until cleared or
     * restarted. */
    STDMETHOD(SetFlags)(THIS_ ULONG ulFlags) PURE;

    /* Clears VDS_DF_READ_ONLY. */
    STDMETHOD(ClearFlags)(THIS_ ULONG ulFlags) PURE;
};
TRIREME_INTERFACE_ID(IVdsDisk, 0x07E5C822, 0xF00C, 0x47A1, 0x8F, 0xCE, 0xB2, 0x44, 0xDA, 0x56, 0xFD, 0x06);

#ifdef TRIREME_COBJMACROS
#define IVdsDisk_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsDisk_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsDisk_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsDisk_GetProperties(This, pDiskProperties) ((This)->lpVtbl->GetProperties(This, pDiskProperties))
#define IVdsDisk_GetPack(This, ppPack) ((This)->lpVtbl->GetPack(This, ppPack))
#define IVdsDisk_GetIdentificationData(This, pLunInfo) ((This)->lpVtbl->GetIdentificationData(This, pLunInfo))
#define IVdsDisk_QueryExtents(This, ppExtentArray, plNumberOfExtents) \
    ((This)->lpVtbl->QueryExtents(This, ppExtentArray, plNumberOfExtents))
#define IVdsDisk_ConvertStyle(This, NewStyle) ((This)->lpVtbl->ConvertStyle(This, NewStyle))
#define IVdsDisk_SetFlags(This, ulFlags) ((This)->lpVtbl->SetFlags(This, ulFlags))
#define IVdsDisk_ClearFlags(This, ulFlags) ((This)->lpVtbl->ClearFlags(This, ulFlags))
#endif

/* Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsdisk2 */
#undef INTERFACE
#define INTERFACE IVdsDisk2
DECLARE_INTERFACE_(IVdsDisk2, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* TRUE: online; FALSE: offline. As IVdsDiskOnline. */
    STDMETHOD(SetSANMode)(THIS_ BOOL bEnable) PURE;
};
TRIREME_INTERFACE_ID(IVdsDisk2, 0x40F73C8B, 0x687D, 0x4A13, 0x8D, 0x96, 0x3D, 0x7F, 0x2E, 0x68, 0x39, 0x36);

#ifdef TRIREME_COBJMACROS
#define IVdsDisk2_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsDisk2_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsDisk2_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsDisk2_SetSANMode(This, bEnable) ((This)->lpVtbl->SetSANMode(This, bEnable))
#endif

/* Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsdisk3 */
#undef INTERFACE
#define INTERFACE IVdsDisk3
DECLARE_INTERFACE_(IVdsDisk3, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Fills the structure; its strings are the caller's. */
    STDMETHOD(GetProperties2)(THIS_ VDS_DISK_PROP2 *pDiskProperties) PURE;

    /* The free pieces, shortened to multiples of ulAlign bytes (0: the default), in one block. None: S_OK, NULL and
     * 0. */
    STDMETHOD(QueryFreeExtents)(THIS_ ULONG ulAlign, VDS_DISK_FREE_EXTENT **ppFreeExtentArray,
                                LONG *plNumberOfFreeExtents) PURE;
};
TRIREME_INTERFACE_ID(IVdsDisk3, 0x8F4B2F5D, 0xEC15, 0x4357, 0x99, 0x2F, 0x47, 0x3E, 0xF1, 0x09, 0x75, 0xB9);

#ifdef TRIREME_COBJMACROS
#define IVdsDisk3_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsDisk3_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsDisk3_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsDisk3_GetProperties2(This, pDiskProperties) ((This)->lpVtbl->GetProperties2(This, pDiskProperties))
#define IVdsDisk3_QueryFreeExtents(This, ulAlign, ppFreeExtentArray, plNumberOfFreeExtents) \
    ((This)->lpVtbl->QueryFreeExtents(This, ulAlign, ppFreeExtentArray, plNumberOfFreeExtents))
#endif

/* The partitions of a disk. One is named by the offset, in bytes, that it starts at; VDS_E_OBJECT_NOT_FOUND where none
 * starts there, VDS_E_DISK_NOT_INITIALIZED where the disk has no table.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsadvanceddisk */
#undef INTERFACE
#define INTERFACE IVdsAdvancedDisk
DECLARE_INTERFACE_(IVdsAdvancedDisk, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Fills the structure. */
    STDMETHOD(GetPartitionProperties)(THIS_ ULONGLONG ullOffset, VDS_PARTITION_PROP *pPartitionProp) PURE;

    /* All partitions by rising offset, in one block; logical ones stand beside their extended one. None: S_FALSE, NULL
     * and 0. */
    STDMETHOD(QueryPartitions)(THIS_ VDS_PARTITION_PROP **ppPartitionPropArray, LONG *plNumberOfPartitions) PURE;

    /* Starts making a partition. *ppAsync is the operation, with a reference that is the caller's. Its start is rounded
     * up, its end down, to the default alignment (1 MiB; 64 KiB below 4 GiB); the output says where it starts, and
     * which volume it is. Traces of an old file system at its place are erased. An MBR type of 5 or 0xF makes an
     * extended partition; one that starts inside it is a logical one. VDS_E_NOT_ENOUGH_SPACE, VDS_E_INVALID_SPACE (the
     * range is not free), VDS_E_PARTITION_LIMIT_REACHED, VDS_E_PARTITION_STYLE_MISMATCH, VDS_E_INVALID_PARTITION_TYPE,
     * VDS_E_MAX_USABLE_MBR. */
    STDMETHOD(CreatePartition)(THIS_ ULONGLONG ullOffset, ULONGLONG ullSize, CREATE_PARTITION_PARAMETERS *para,
                               IVdsAsync **ppAsync) PURE;

    /* Deletes a partition, and erases the traces of its file system. bForce: unmounts it first. bForceProtected: also
     * an ESP, MSR or OEM partition (VDS_E_PARTITION_PROTECTED else). VDS_E_PARTITION_NOT_EMPTY for an extended
     * partition with others in it. */
    STDMETHOD(DeletePartition)(THIS_ ULONGLONG ullOffset, BOOL bForce, BOOL bForceProtected) PURE;

    /* The active flag (MBR; others lose it) or the attributes (GPT). VDS_E_PARTITION_STYLE_MISMATCH,
     * VDS_E_GPT_ATTRIBUTES_INVALID. */
    STDMETHOD(ChangeAttributes)(THIS_ ULONGLONG ullOffset, CHANGE_ATTRIBUTES_PARAMETERS *para) PURE;

    /* Mounts a partition that is no volume as a drive letter; volumes have IVdsVolumeMF::AddAccessPath.
     * VDS_E_DRIVE_LETTER_NOT_FREE, VDS_E_INVALID_DRIVE_LETTER, VDS_E_OBJECT_EXISTS. */
    STDMETHOD(AssignDriveLetter)(THIS_ ULONGLONG ullOffset, WCHAR wcLetter) PURE;

    /* Undoes it. VDS_E_OBJECT_NOT_FOUND where it is not that letter. */
    STDMETHOD(DeleteDriveLetter)(THIS_ ULONGLONG ullOffset, WCHAR wcLetter) PURE;

    /* The partition's letter. VDS_E_OBJECT_NOT_FOUND where it has none. */
    STDMETHOD(GetDriveLetter)(THIS_ ULONGLONG ullOffset, WCHAR *pwcLetter) PURE;

    /* As IVdsVolumeMF::Format, by offset, for any partition. */
    STDMETHOD(FormatPartition)(THIS_ ULONGLONG ullOffset, VDS_FILE_SYSTEM_TYPE type, LPWSTR pwszLabel,
                               DWORD dwUnitAllocationSize, BOOL bForce, BOOL bQuickFormat, BOOL bEnableCompression,
                               IVdsAsync **ppAsync) PURE;

    /* Starts erasing the disk: its partition table, and what file systems know themselves by. bFullClean: every block
     * too. *ppAsync is the operation, with a reference that is the caller's. Afterwards the disk has nothing on it and
     * is in no pack. bForce: though it has data partitions (VDS_E_CLEAN_WITH_DATA else), unmounting them. bForceOEM:
     * though it has OEM ones (VDS_E_CLEAN_WITH_OEM else). */
    STDMETHOD(Clean)(THIS_ BOOL bForce, BOOL bForceOEM, BOOL bFullClean, IVdsAsync **ppAsync) PURE;
};
TRIREME_INTERFACE_ID(IVdsAdvancedDisk, 0x6E6F6B40, 0x977C, 0x4069, 0xBD, 0xDD, 0xAC, 0x71, 0x00, 0x59, 0xF8, 0xC0);

#ifdef TRIREME_COBJMACROS
#define IVdsAdvancedDisk_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsAdvancedDisk_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsAdvancedDisk_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsAdvancedDisk_GetPartitionProperties(This, ullOffset, pPartitionProp) \
    ((This)->lpVtbl->GetPartitionProperties(This, ullOffset, pPartitionProp))
#define IVdsAdvancedDisk_QueryPartitions(This, ppPartitionPropArray, plNumberOfPartitions) \
    ((This)->lpVtbl->QueryPartitions(This, ppPartitionPropArray, plNumberOfPartitions))
#define IVdsAdvancedDisk_CreatePartition(This, ullOffset, ullSize, para, ppAsync) \
    ((This)->lpVtbl->CreatePartition(This, ullOffset, ullSize, para, ppAsync))
#define IVdsAdvancedDisk_DeletePartition(This, ullOffset, bForce, bForceProtected) \
    ((This)->lpVtbl->DeletePartition(This, ullOffset, bForce, bForceProtected))
#define IVdsAdvancedDisk_ChangeAttributes(This, ullOffset, para) \
    ((This)->lpVtbl->ChangeAttributes(This, ullOffset, para))
#define IVdsAdvancedDisk_AssignDriveLetter(This, ullOffset, wcLetter) \
    ((This)->lpVtbl->AssignDriveLetter(This, ullOffset, wcLetter))
#define IVdsAdvancedDisk_DeleteDriveLetter(This, ullOffset, wcLetter) \
    ((This)->lpVtbl->DeleteDriveLetter(This, ullOffset, wcLetter))
#define IVdsAdvancedDisk_GetDriveLetter(This, ullOffset, pwcLetter) \
    ((This)->lpVtbl->GetDriveLetter(This, ullOffset, pwcLetter))
#define IVdsAdvancedDisk_FormatPartition(This, ullOffset, type, pwszLabel, dwUnitAllocationSize, bForce, \
                                         bQuickFormat, bEnableCompression, ppAsync) \
    ((This)->lpVtbl->FormatPartition(This, ullOffset, type, pwszLabel, dwUnitAllocationSize, bForce, bQuickFormat, \
                                     bEnableCompression, ppAsync))
#define IVdsAdvancedDisk_Clean(This, bForce, bForceOEM, bFullClean, ppAsync) \
    ((This)->lpVtbl->Clean(This, bForce, bForceOEM, bFullClean, ppAsync))
#endif

/* Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsadvanceddisk2 */
#undef INTERFACE
#define INTERFACE IVdsAdvancedDisk2
DECLARE_INTERFACE_(IVdsAdvancedDisk2, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Another type for a partition. bForce: though it is mounted. VDS_E_PARTITION_STYLE_MISMATCH,
     * VDS_E_INVALID_PARTITION_TYPE. */
    STDMETHOD(ChangePartitionType)(THIS_ ULONGLONG ullOffset, BOOL bForce, CHANGE_PARTITION_TYPE_PARAMETERS *para) PURE;
};
TRIREME_INTERFACE_ID(IVdsAdvancedDisk2, 0x9723F420, 0x9355, 0x42DE, 0xAB, 0x66, 0xE3, 0x1B, 0xB1, 0x5B, 0xEE, 0xAC);

#ifdef TRIREME_COBJMACROS
#define IVdsAdvancedDisk2_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsAdvancedDisk2_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsAdvancedDisk2_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsAdvancedDisk2_ChangePartitionType(This, ullOffset, bForce, para) \
    ((This)->lpVtbl->ChangePartitionType(This, ullOffset, bForce, para))
#endif

/* Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsadvanceddisk3 */
#undef INTERFACE
#define INTERFACE IVdsAdvancedDisk3
DECLARE_INTERFACE_(IVdsAdvancedDisk3, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Fills the structure; its strings are the caller's. */
    STDMETHOD(GetProperties)(THIS_ VDS_ADVANCEDDISK_PROP *pAdvDiskProp) PURE;

    /* A string that only this disk has; the caller's. */
    STDMETHOD(GetUniqueId)(THIS_ LPWSTR *ppwszId) PURE;
};
TRIREME_INTERFACE_ID(IVdsAdvancedDisk3, 0x3858C0D5, 0x0F35, 0x4BF5, 0x97, 0x14, 0x69, 0x87, 0x49, 0x63, 0xBC, 0x36);

#ifdef TRIREME_COBJMACROS
#define IVdsAdvancedDisk3_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsAdvancedDisk3_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsAdvancedDisk3_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsAdvancedDisk3_GetProperties(This, pAdvDiskProp) ((This)->lpVtbl->GetProperties(This, pAdvDiskProp))
#define IVdsAdvancedDisk3_GetUniqueId(This, ppwszId) ((This)->lpVtbl->GetUniqueId(This, ppwszId))
#endif

/* Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdscreatepartitionex */
#undef INTERFACE
#define INTERFACE IVdsCreatePartitionEx
DECLARE_INTERFACE_(IVdsCreatePartitionEx, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* As IVdsAdvancedDisk::CreatePartition, aligned to multiples of ulAlign bytes; 0: the default.
     * VDS_E_ALIGN_NOT_SECTOR_SIZE_MULTIPLE. */
    STDMETHOD(CreatePartitionEx)(THIS_ ULONGLONG ullOffset, ULONGLONG ullSize, ULONG ulAlign,
                                 CREATE_PARTITION_PARAMETERS *para, IVdsAsync **ppAsync) PURE;
};
TRIREME_INTERFACE_ID(IVdsCreatePartitionEx, 0x9882F547, 0xCFC3, 0x420B, 0x97, 0x50, 0x00, 0xDF, 0xBE, 0xC5, 0x06, 0x62);

#ifdef TRIREME_COBJMACROS
#define IVdsCreatePartitionEx_QueryInterface(This, riid, ppvObject) \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsCreatePartitionEx_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsCreatePartitionEx_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsCreatePartitionEx_CreatePartitionEx(This, ullOffset, ullSize, ulAlign, para, ppAsync) \
    ((This)->lpVtbl->CreatePartitionEx(This, ullOffset, ullSize, ulAlign, para, ppAsync))
#endif

/* Taking a disk out of use and back.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsdiskonline */
#undef INTERFACE
#define INTERFACE IVdsDiskOnline
DECLARE_INTERFACE_(IVdsDiskOnline, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Back into use. VDS_E_DISK_NOT_OFFLINE. */
    STDMETHOD(Online)(THIS) PURE;

    /* Unmounts what is on the disk and refuses every change to it, by whatever process, until it is online.
     * VDS_E_DEVICE_IN_USE, VDS_E_SYSTEM_DISK, VDS_E_PAGEFILE_DISK. */
    STDMETHOD(Offline)(THIS) PURE;
};
TRIREME_INTERFACE_ID(IVdsDiskOnline, 0x90681B1D, 0x6A7F, 0x48E8, 0x90, 0x61, 0x31, 0xB7, 0xAA, 0x12, 0x53, 0x22);

#ifdef TRIREME_COBJMACROS
#define IVdsDiskOnline_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsDiskOnline_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsDiskOnline_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsDiskOnline_Online(This) ((This)->lpVtbl->Online(This))
#define IVdsDiskOnline_Offline(This) ((This)->lpVtbl->Offline(This))
#endif

/* File systems of partitions by their offset, also of those that are no volumes (ESP, OEM). Difference from Windows: it
 * takes any partition.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsdiskpartitionmf */
#undef INTERFACE
#define INTERFACE IVdsDiskPartitionMF
DECLARE_INTERFACE_(IVdsDiskPartitionMF, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Fills the structure; its strings are the caller's. volumeId is GUID_NULL. */
    STDMETHOD(GetPartitionFileSystemProperties)(THIS_ ULONGLONG ullOffset, VDS_FILE_SYSTEM_PROP *pFileSystemProp) PURE;

    /* "ext4", "NTFS" ...; "RAW" where there is none that is known. The string is the caller's. */
    STDMETHOD(GetPartitionFileSystemTypeName)(THIS_ ULONGLONG ullOffset, LPWSTR *ppwszFileSystemTypeName) PURE;

    /* As IVdsVolumeMF2::QueryFileSystemFormatSupport. */
    STDMETHOD(QueryPartitionFileSystemFormatSupport)(THIS_ ULONGLONG ullOffset,
                                                     VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP **ppFileSystemSupportProps,
                                                     LONG *plNumberOfFileSystems) PURE;

    /* As IVdsVolumeMF2::FormatEx. */
    STDMETHOD(FormatPartitionEx)(THIS_ ULONGLONG ullOffset, LPWSTR pwszFileSystemTypeName, USHORT usFileSystemRevision,
                                 ULONG ulDesiredUnitAllocationSize, LPWSTR pwszLabel, BOOL bForce, BOOL bQuickFormat,
                                 BOOL bEnableCompression, IVdsAsync **ppAsync) PURE;
};
TRIREME_INTERFACE_ID(IVdsDiskPartitionMF, 0x538684E0, 0xBA3D, 0x4BC0, 0xAC, 0xA9, 0x16, 0x4A, 0xFF, 0x85, 0xC2, 0xA9);

#ifdef TRIREME_COBJMACROS
#define IVdsDiskPartitionMF_QueryInterface(This, riid, ppvObject) \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsDiskPartitionMF_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsDiskPartitionMF_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsDiskPartitionMF_GetPartitionFileSystemProperties(This, ullOffset, pFileSystemProp) \
    ((This)->lpVtbl->GetPartitionFileSystemProperties(This, ullOffset, pFileSystemProp))
#define IVdsDiskPartitionMF_GetPartitionFileSystemTypeName(This, ullOffset, ppwszFileSystemTypeName) \
    ((This)->lpVtbl->GetPartitionFileSystemTypeName(This, ullOffset, ppwszFileSystemTypeName))
#define IVdsDiskPartitionMF_QueryPartitionFileSystemFormatSupport(This, ullOffset, ppFileSystemSupportProps, \
                                                                  plNumberOfFileSystems) \
    ((This)->lpVtbl->QueryPartitionFileSystemFormatSupport(This, ullOffset, ppFileSystemSupportProps, \
                                                           plNumberOfFileSystems))
#define IVdsDiskPartitionMF_FormatPartitionEx(This, ullOffset, pwszFileSystemTypeName, usFileSystemRevision, \
                                              ulDesiredUnitAllocationSize, pwszLabel, bForce, bQuickFormat, \
                                              bEnableCompression, ppAsync) \
    ((This)->lpVtbl->FormatPartitionEx(This, ullOffset, pwszFileSystemTypeName, usFileSystemRevision, \
                                       ulDesiredUnitAllocationSize, pwszLabel, bForce, bQuickFormat, \
                                       bEnableCompression, ppAsync))
#endif

/* Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsdiskpartitionmf2 */
#undef INTERFACE
#define INTERFACE IVdsDiskPartitionMF2
DECLARE_INTERFACE_(IVdsDiskPartitionMF2, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* As IVdsVolumeMF3::FormatEx2. */
    STDMETHOD(FormatPartitionEx2)(THIS_ ULONGLONG ullOffset, LPWSTR pwszFileSystemTypeName, USHORT usFileSystemRevision,
                                  ULONG ulDesiredUnitAllocationSize, LPWSTR pwszLabel, DWORD Options,
                                  IVdsAsync **ppAsync) PURE;
};
TRIREME_INTERFACE_ID(IVdsDiskPartitionMF2, 0x9CBE50CA, 0xF2D2, 0x4BF4, 0xAC, 0xE1, 0x96, 0x89, 0x6B, 0x72, 0x96, 0x25);

#ifdef TRIREME_COBJMACROS
#define IVdsDiskPartitionMF2_QueryInterface(This, riid, ppvObject) \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsDiskPartitionMF2_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsDiskPartitionMF2_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsDiskPartitionMF2_FormatPartitionEx2(This, ullOffset, pwszFileSystemTypeName, usFileSystemRevision, \
                                                ulDesiredUnitAllocationSize, pwszLabel, Options, ppAsync) \
    ((This)->lpVtbl->FormatPartitionEx2(This, ullOffset, pwszFileSystemTypeName, usFileSystemRevision, \
                                        ulDesiredUnitAllocationSize, pwszLabel, Options, ppAsync))
#endif

/* A disk whose medium can be taken out.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsremovable */
#undef INTERFACE
#define INTERFACE IVdsRemovable
DECLARE_INTERFACE_(IVdsRemovable, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Looks at the medium again. VDS_E_NO_MEDIA where there is none. */
    STDMETHOD(QueryMedia)(THIS) PURE;

    /* Opens the tray, or lets go of the medium. VDS_E_DEVICE_IN_USE while it is mounted. */
    STDMETHOD(Eject)(THIS) PURE;
};
TRIREME_INTERFACE_ID(IVdsRemovable, 0x0316560B, 0x5DB4, 0x4ED9, 0xBB, 0xB5, 0x21, 0x34, 0x36, 0xDD, 0xC0, 0xD9);

#ifdef TRIREME_COBJMACROS
#define IVdsRemovable_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsRemovable_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsRemovable_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsRemovable_QueryMedia(This) ((This)->lpVtbl->QueryMedia(This))
#define IVdsRemovable_Eject(This) ((This)->lpVtbl->Eject(This))
#endif

/* A partition that can hold a file system, or a whole disk that holds one. It answers IVdsVolume2, IVdsVolumeMF,
 * IVdsVolumeMF2, IVdsVolumeMF3, IVdsVolumeShrink and IVdsVolumeOnline as well, and ITriremeCheck (trireme-storage.h).
 * Its id does not change when it is formatted.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsvolume */
#undef INTERFACE
#define INTERFACE IVdsVolume
DECLARE_INTERFACE_(IVdsVolume, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Fills the structure; its strings are the caller's. */
    STDMETHOD(GetProperties)(THIS_ VDS_VOLUME_PROP *pVolumeProperties) PURE;

    /* Its pack. */
    STDMETHOD(GetPack)(THIS_ IVdsPack **ppPack) PURE;

    /* Its one plex. */
    STDMETHOD(QueryPlexes)(THIS_ IEnumVdsObject **ppEnum) PURE;

    /* Starts growing the volume by ullSize bytes into the free space right behind it, and its file system with it. NULL
     * and 0: the file system only, to the size of the partition. *ppAsync is the operation, with a reference that is
     * the caller's. VDS_E_NOT_ENOUGH_SPACE, VDS_E_CANNOT_EXTEND (the file system cannot),
     * VDS_E_EXTEND_UNKNOWN_FILESYSTEM. */
    STDMETHOD(Extend)(THIS_ VDS_INPUT_DISK *pInputDiskArray, LONG lNumberOfDisks, IVdsAsync **ppAsync) PURE;

    /* As IVdsVolumeShrink::Shrink with that many bytes, no fewer. */
    STDMETHOD(Shrink)(THIS_ ULONGLONG ullNumberOfBytesToRemove, IVdsAsync **ppAsync) PURE;

    /* Mirrors: VDS_E_NOT_SUPPORTED. */
    STDMETHOD(AddPlex)(THIS_ VDS_OBJECT_ID VolumeId, IVdsAsync **ppAsync) PURE;

    /* Mirrors: VDS_E_NOT_SUPPORTED. */
    STDMETHOD(BreakPlex)(THIS_ VDS_OBJECT_ID plexId, IVdsAsync **ppAsync) PURE;

    /* Mirrors: VDS_E_NOT_SUPPORTED. */
    STDMETHOD(RemovePlex)(THIS_ VDS_OBJECT_ID plexId, IVdsAsync **ppAsync) PURE;

    /* Deletes the partition. bForce: unmounts it first (VDS_E_DEVICE_IN_USE else). */
    STDMETHOD(Delete)(THIS_ BOOL bForce) PURE;

    /* VDS_VF_READONLY, HIDDEN, NO_DEFAULT_DRIVE_LETTER, SHADOW_COPY: attributes of a GPT partition.
     * VDS_E_INVALID_VOLUME_FLAG for others; VDS_E_NOT_SUPPORTED for a partition of an MBR, and for bRevertOnClose. */
    STDMETHOD(SetFlags)(THIS_ ULONG ulFlags, BOOL bRevertOnClose) PURE;

    /* Clears them. */
    STDMETHOD(ClearFlags)(THIS_ ULONG ulFlags) PURE;
};
TRIREME_INTERFACE_ID(IVdsVolume, 0x88306BB2, 0xE71F, 0x478C, 0x86, 0xA2, 0x79, 0xDA, 0x20, 0x0A, 0x0F, 0x11);

#ifdef TRIREME_COBJMACROS
#define IVdsVolume_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsVolume_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsVolume_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsVolume_GetProperties(This, pVolumeProperties) ((This)->lpVtbl->GetProperties(This, pVolumeProperties))
#define IVdsVolume_GetPack(This, ppPack) ((This)->lpVtbl->GetPack(This, ppPack))
#define IVdsVolume_QueryPlexes(This, ppEnum) ((This)->lpVtbl->QueryPlexes(This, ppEnum))
#define IVdsVolume_Extend(This, pInputDiskArray, lNumberOfDisks, ppAsync) \
    ((This)->lpVtbl->Extend(This, pInputDiskArray, lNumberOfDisks, ppAsync))
#define IVdsVolume_Shrink(This, ullNumberOfBytesToRemove, ppAsync) \
    ((This)->lpVtbl->Shrink(This, ullNumberOfBytesToRemove, ppAsync))
#define IVdsVolume_AddPlex(This, VolumeId, ppAsync) ((This)->lpVtbl->AddPlex(This, VolumeId, ppAsync))
#define IVdsVolume_BreakPlex(This, plexId, ppAsync) ((This)->lpVtbl->BreakPlex(This, plexId, ppAsync))
#define IVdsVolume_RemovePlex(This, plexId, ppAsync) ((This)->lpVtbl->RemovePlex(This, plexId, ppAsync))
#define IVdsVolume_Delete(This, bForce) ((This)->lpVtbl->Delete(This, bForce))
#define IVdsVolume_SetFlags(This, ulFlags, bRevertOnClose) ((This)->lpVtbl->SetFlags(This, ulFlags, bRevertOnClose))
#define IVdsVolume_ClearFlags(This, ulFlags) ((This)->lpVtbl->ClearFlags(This, ulFlags))
#endif

/* Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsvolume2 */
#undef INTERFACE
#define INTERFACE IVdsVolume2
DECLARE_INTERFACE_(IVdsVolume2, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Fills the structure; its strings are the caller's. pUniqueId too. */
    STDMETHOD(GetProperties2)(THIS_ VDS_VOLUME_PROP2 *pVolumeProperties) PURE;
};
TRIREME_INTERFACE_ID(IVdsVolume2, 0x72AE6713, 0xDCBB, 0x4A03, 0xB3, 0x6B, 0x37, 0x1F, 0x6A, 0xC6, 0xB5, 0x3D);

#ifdef TRIREME_COBJMACROS
#define IVdsVolume2_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsVolume2_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsVolume2_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsVolume2_GetProperties2(This, pVolumeProperties) ((This)->lpVtbl->GetProperties2(This, pVolumeProperties))
#endif

/* A volume's file system, and where it is mounted.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsvolumemf */
#undef INTERFACE
#define INTERFACE IVdsVolumeMF
DECLARE_INTERFACE_(IVdsVolumeMF, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Fills the structure; its strings are the caller's. type is VDS_FST_RAW where there is no file system. */
    STDMETHOD(GetFileSystemProperties)(THIS_ VDS_FILE_SYSTEM_PROP *pFileSystemProp) PURE;

    /* Starts making a file system of a kind that Windows numbers; VDS_FST_UNKNOWN: the default, ext4. *ppAsync is the
     * operation, with a reference that is the caller's. dwUnitAllocationSize is in bytes, 0: the default. pwszLabel may
     * be NULL. bQuickFormat: otherwise every block is overwritten first. bForce: though it is mounted; it is unmounted,
     * and mounted again afterwards. At once: VDS_E_FORMAT_CRITICAL, VDS_E_INVALID_FS_TYPE, VDS_E_FORMAT_NOT_SUPPORTED
     * (its program is not installed), VDS_E_BAD_LABEL, VDS_E_CLUSTER_SIZE_TOO_SMALL, VDS_E_CLUSTER_SIZE_TOO_BIG,
     * VDS_E_VOLUME_TOO_SMALL, VDS_E_VOLUME_TOO_BIG, VDS_E_COMPRESSION_NOT_SUPPORTED. Through the operation:
     * VDS_E_DEVICE_IN_USE, VDS_E_IO_ERROR .... Failed or cancelled once it had begun to write, the volume has no file
     * system, neither the old nor half a new one. */
    STDMETHOD(Format)(THIS_ VDS_FILE_SYSTEM_TYPE type, LPWSTR pwszLabel, DWORD dwUnitAllocationSize, BOOL bForce,
                      BOOL bQuickFormat, BOOL bEnableCompression, IVdsAsync **ppAsync) PURE;

    /* Mounts the volume: at a folder, which must be there and be empty, or at a drive letter ("X:\"). S_FALSE where it
     * is mounted there already. VDS_E_PATH_NOT_FOUND, HRESULT_FROM_WIN32(ERROR_DIR_NOT_EMPTY),
     * VDS_E_DRIVE_LETTER_NOT_FREE, VDS_E_FS_NOT_DETERMINED. */
    STDMETHOD(AddAccessPath)(THIS_ LPWSTR pwszPath) PURE;

    /* Where all of it is mounted, its drive letter first. An array of strings, each the caller's, as the array is.
     * None: S_OK, NULL and 0. */
    STDMETHOD(QueryAccessPaths)(THIS_ LPWSTR **pwszPathArray, LONG *plNumberOfAccessPaths) PURE;

    /* Folders of this volume at which others are mounted; one block, and one for each pwszPath. */
    STDMETHOD(QueryReparsePoints)(THIS_ VDS_REPARSE_POINT_PROP **ppReparsePointProps,
                                  LONG *plNumberOfReparsePointProps) PURE;

    /* Unmounts it there. bForce: though files are open (VDS_E_DEVICE_IN_USE else). VDS_E_PATH_NOT_FOUND. */
    STDMETHOD(DeleteAccessPath)(THIS_ LPWSTR pwszPath, BOOL bForce) PURE;

    /* Mounts it again where it was before Dismount. S_OK where it is mounted. */
    STDMETHOD(Mount)(THIS) PURE;

    /* Unmounts it everywhere, to be mounted again by Mount; bPermanent: not any more. bForce: though files are open
     * (VDS_E_DEVICE_IN_USE else). VDS_E_VOLUME_TEMPORARILY_DISMOUNTED, VDS_E_VOLUME_PERMANENTLY_DISMOUNTED where it is
     * already (S_OK for a volume that has no access path to dismount it from); VDS_E_VOLUME_HAS_PATH. */
    STDMETHOD(Dismount)(THIS_ BOOL bForce, BOOL bPermanent) PURE;

    /* VDS_FPF_COMPRESSED, for a file system that can. VDS_E_INVALID_FS_FLAG. */
    STDMETHOD(SetFileSystemFlags)(THIS_ ULONG ulFlags) PURE;

    /* Clears it. */
    STDMETHOD(ClearFileSystemFlags)(THIS_ ULONG ulFlags) PURE;
};
TRIREME_INTERFACE_ID(IVdsVolumeMF, 0xEE2D5DED, 0x6236, 0x4169, 0x93, 0x1D, 0xB9, 0x77, 0x8C, 0xE0, 0x3D, 0xC6);

#ifdef TRIREME_COBJMACROS
#define IVdsVolumeMF_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsVolumeMF_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsVolumeMF_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsVolumeMF_GetFileSystemProperties(This, pFileSystemProp) \
    ((This)->lpVtbl->GetFileSystemProperties(This, pFileSystemProp))
#define IVdsVolumeMF_Format(This, type, pwszLabel, dwUnitAllocationSize, bForce, bQuickFormat, bEnableCompression, \
                            ppAsync) \
    ((This)->lpVtbl->Format(This, type, pwszLabel, dwUnitAllocationSize, bForce, bQuickFormat, bEnableCompression, \
                            ppAsync))
#define IVdsVolumeMF_AddAccessPath(This, pwszPath) ((This)->lpVtbl->AddAccessPath(This, pwszPath))
#define IVdsVolumeMF_QueryAccessPaths(This, pwszPathArray, plNumberOfAccessPaths) \
    ((This)->lpVtbl->QueryAccessPaths(This, pwszPathArray, plNumberOfAccessPaths))
#define IVdsVolumeMF_QueryReparsePoints(This, ppReparsePointProps, plNumberOfReparsePointProps) \
    ((This)->lpVtbl->QueryReparsePoints(This, ppReparsePointProps, plNumberOfReparsePointProps))
#define IVdsVolumeMF_DeleteAccessPath(This, pwszPath, bForce) ((This)->lpVtbl->DeleteAccessPath(This, pwszPath, bForce))
#define IVdsVolumeMF_Mount(This) ((This)->lpVtbl->Mount(This))
#define IVdsVolumeMF_Dismount(This, bForce, bPermanent) ((This)->lpVtbl->Dismount(This, bForce, bPermanent))
#define IVdsVolumeMF_SetFileSystemFlags(This, ulFlags) ((This)->lpVtbl->SetFileSystemFlags(This, ulFlags))
#define IVdsVolumeMF_ClearFileSystemFlags(This, ulFlags) ((This)->lpVtbl->ClearFileSystemFlags(This, ulFlags))
#endif

/* The same with file systems by name: "ext4", "xfs", "btrfs", "NTFS", "exFAT", "FAT32", "FAT" ...; capitals or not.
 * Only those whose programs are installed can be made.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsvolumemf2 */
#undef INTERFACE
#define INTERFACE IVdsVolumeMF2
DECLARE_INTERFACE_(IVdsVolumeMF2, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* "ext4", "NTFS" ...; "RAW" where there is none that is known. The string is the caller's. */
    STDMETHOD(GetFileSystemTypeName)(THIS_ LPWSTR *ppwszFileSystemTypeName) PURE;

    /* The file systems that can be made here, in one block; exactly one has VDS_FSS_DEFAULT. */
    STDMETHOD(QueryFileSystemFormatSupport)(THIS_ VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP **ppFileSystemSupportProps,
                                            LONG *plNumberOfFileSystems) PURE;

    /* As IVdsVolumeMF::Format, by name; NULL: the default, ext4. usFileSystemRevision 0, or one that is offered
     * (VDS_E_BAD_REVISION_NUMBER). */
    STDMETHOD(FormatEx)(THIS_ LPWSTR pwszFileSystemTypeName, USHORT usFileSystemRevision,
                        ULONG ulDesiredUnitAllocationSize, LPWSTR pwszLabel, BOOL bForce, BOOL bQuickFormat,
                        BOOL bEnableCompression, IVdsAsync **ppAsync) PURE;
};
TRIREME_INTERFACE_ID(IVdsVolumeMF2, 0x4DBCEE9A, 0x6343, 0x4651, 0xB8, 0x5F, 0x5E, 0x75, 0xD7, 0x4D, 0x98, 0x3C);

#ifdef TRIREME_COBJMACROS
#define IVdsVolumeMF2_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsVolumeMF2_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsVolumeMF2_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsVolumeMF2_GetFileSystemTypeName(This, ppwszFileSystemTypeName) \
    ((This)->lpVtbl->GetFileSystemTypeName(This, ppwszFileSystemTypeName))
#define IVdsVolumeMF2_QueryFileSystemFormatSupport(This, ppFileSystemSupportProps, plNumberOfFileSystems) \
    ((This)->lpVtbl->QueryFileSystemFormatSupport(This, ppFileSystemSupportProps, plNumberOfFileSystems))
#define IVdsVolumeMF2_FormatEx(This, pwszFileSystemTypeName, usFileSystemRevision, ulDesiredUnitAllocationSize, \
                               pwszLabel, bForce, bQuickFormat, bEnableCompression, ppAsync) \
    ((This)->lpVtbl->FormatEx(This, pwszFileSystemTypeName, usFileSystemRevision, ulDesiredUnitAllocationSize, \
                              pwszLabel, bForce, bQuickFormat, bEnableCompression, ppAsync))
#endif

/* Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsvolumemf3 */
#undef INTERFACE
#define INTERFACE IVdsVolumeMF3
DECLARE_INTERFACE_(IVdsVolumeMF3, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* \\?\Volume{...}\, in small letters: one at least. An array of strings, each of which is the caller's, as the
     * array is. */
    STDMETHOD(QueryVolumeGuidPathnames)(THIS_ LPWSTR **pwszPathArray, ULONG *pulNumberOfPaths) PURE;

    /* The same; Options are VDS_FORMAT_OPTION_FLAGS, and bits that are none are ignored. */
    STDMETHOD(FormatEx2)(THIS_ LPWSTR pwszFileSystemTypeName, USHORT usFileSystemRevision,
                         ULONG ulDesiredUnitAllocationSize, LPWSTR pwszLabel, DWORD Options, IVdsAsync **ppAsync) PURE;

    /* Unmounts it and refuses to mount or change it, in every process, until IVdsVolumeOnline::Online.
     * VDS_E_VOLUME_NOT_ONLINE where it is offline. */
    STDMETHOD(OfflineVolume)(THIS) PURE;
};
TRIREME_INTERFACE_ID(IVdsVolumeMF3, 0x6788FAF9, 0x214E, 0x4B85, 0xBA, 0x59, 0x26, 0x69, 0x53, 0x61, 0x6E, 0x09);

#ifdef TRIREME_COBJMACROS
#define IVdsVolumeMF3_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsVolumeMF3_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsVolumeMF3_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsVolumeMF3_QueryVolumeGuidPathnames(This, pwszPathArray, pulNumberOfPaths) \
    ((This)->lpVtbl->QueryVolumeGuidPathnames(This, pwszPathArray, pulNumberOfPaths))
#define IVdsVolumeMF3_FormatEx2(This, pwszFileSystemTypeName, usFileSystemRevision, ulDesiredUnitAllocationSize, \
                                pwszLabel, Options, ppAsync) \
    ((This)->lpVtbl->FormatEx2(This, pwszFileSystemTypeName, usFileSystemRevision, ulDesiredUnitAllocationSize, \
                               pwszLabel, Options, ppAsync))
#define IVdsVolumeMF3_OfflineVolume(This) ((This)->lpVtbl->OfflineVolume(This))
#endif

/* Making a volume smaller, and its file system with it.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsvolumeshrink */
#undef INTERFACE
#define INTERFACE IVdsVolumeShrink
DECLARE_INTERFACE_(IVdsVolumeShrink, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* How many bytes Shrink could take away now. Asks the file system, which can take a while. */
    STDMETHOD(QueryMaxReclaimableBytes)(THIS_ ULONGLONG *pullMaxNumberOfReclaimableBytes) PURE;

    /* Starts taking the desired number of bytes off the end, the minimum at least; both 0: as many as can be. *ppAsync
     * is the operation, with a reference that is the caller's. The output says how many it was. It can be cancelled
     * until data begins to move. VDS_E_INVALID_SHRINK_SIZE (desired below minimum), VDS_E_CANNOT_SHRINK,
     * VDS_E_SHRINK_SIZE_TOO_BIG, VDS_E_SHRINK_SIZE_LESS_THAN_MIN, VDS_E_SHRINK_DIRTY_VOLUME (check it first),
     * VDS_E_SHRINK_UNKNOWN_FILESYSTEM. */
    STDMETHOD(Shrink)(THIS_ ULONGLONG ullDesiredNumberOfReclaimableBytes, ULONGLONG ullMinNumberOfReclaimableBytes,
                      IVdsAsync **ppAsync) PURE;
};
TRIREME_INTERFACE_ID(IVdsVolumeShrink, 0xD68168C9, 0x82A2, 0x4F85, 0xB6, 0xE9, 0x74, 0x70, 0x7C, 0x49, 0xA5, 0x8F);

#ifdef TRIREME_COBJMACROS
#define IVdsVolumeShrink_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsVolumeShrink_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsVolumeShrink_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsVolumeShrink_QueryMaxReclaimableBytes(This, pullMaxNumberOfReclaimableBytes) \
    ((This)->lpVtbl->QueryMaxReclaimableBytes(This, pullMaxNumberOfReclaimableBytes))
#define IVdsVolumeShrink_Shrink(This, ullDesiredNumberOfReclaimableBytes, ullMinNumberOfReclaimableBytes, ppAsync) \
    ((This)->lpVtbl->Shrink(This, ullDesiredNumberOfReclaimableBytes, ullMinNumberOfReclaimableBytes, ppAsync))
#endif

/* The way back from IVdsVolumeMF3::OfflineVolume.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsvolumeonline */
#undef INTERFACE
#define INTERFACE IVdsVolumeOnline
DECLARE_INTERFACE_(IVdsVolumeOnline, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Back into use; S_OK where it is. It is not mounted by this. */
    STDMETHOD(Online)(THIS) PURE;
};
TRIREME_INTERFACE_ID(IVdsVolumeOnline, 0x1BE2275A, 0xB315, 0x4F70, 0x9E, 0x44, 0x87, 0x9B, 0x3A, 0x2A, 0x53, 0xF2);

#ifdef TRIREME_COBJMACROS
#define IVdsVolumeOnline_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsVolumeOnline_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsVolumeOnline_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsVolumeOnline_Online(This) ((This)->lpVtbl->Online(This))
#endif

/* The one copy that a simple volume has of its data.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsvolumeplex */
#undef INTERFACE
#define INTERFACE IVdsVolumePlex
DECLARE_INTERFACE_(IVdsVolumePlex, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Fills the structure; its strings are the caller's. */
    STDMETHOD(GetProperties)(THIS_ VDS_VOLUME_PLEX_PROP *pPlexProperties) PURE;

    /* Its volume. */
    STDMETHOD(GetVolume)(THIS_ IVdsVolume **ppVolume) PURE;

    /* Where it lies: one piece of one disk, in one block. */
    STDMETHOD(QueryExtents)(THIS_ VDS_DISK_EXTENT **ppExtentArray, LONG *plNumberOfExtents) PURE;

    /* Of RAID-5: VDS_E_NOT_SUPPORTED. */
    STDMETHOD(Repair)(THIS_ VDS_INPUT_DISK *pInputDiskArray, LONG lNumberOfDisks, IVdsAsync **ppAsync) PURE;
};
TRIREME_INTERFACE_ID(IVdsVolumePlex, 0x4DAA0135, 0xE1D1, 0x40F1, 0xAA, 0xA5, 0x3C, 0xC1, 0xE5, 0x32, 0x21, 0xC3);

#ifdef TRIREME_COBJMACROS
#define IVdsVolumePlex_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsVolumePlex_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsVolumePlex_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsVolumePlex_GetProperties(This, pPlexProperties) ((This)->lpVtbl->GetProperties(This, pPlexProperties))
#define IVdsVolumePlex_GetVolume(This, ppVolume) ((This)->lpVtbl->GetVolume(This, ppVolume))
#define IVdsVolumePlex_QueryExtents(This, ppExtentArray, plNumberOfExtents) \
    ((This)->lpVtbl->QueryExtents(This, ppExtentArray, plNumberOfExtents))
#define IVdsVolumePlex_Repair(This, pInputDiskArray, lNumberOfDisks, ppAsync) \
    ((This)->lpVtbl->Repair(This, pInputDiskArray, lNumberOfDisks, ppAsync))
#endif

/* An image file. It answers ITriremeCheck and ITriremeImage (trireme-storage.h) as well. Images that were added, and
 * those that are attached, are known to every process of the machine.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsvdisk */
#undef INTERFACE
#define INTERFACE IVdsVDisk
DECLARE_INTERFACE_(IVdsVDisk, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Opens the image; letting go of *ppOpenVDisk closes it. AccessMask says what for. ReadWriteDepth: how many files
     * of a differencing chain, this one first, are written to. VDS_E_VD_DISK_ALREADY_OPEN;
     * HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND); HRESULT_FROM_WIN32(ERROR_FILE_CORRUPT) for a file that is no such
     * image. */
    STDMETHOD(Open)(THIS_ VIRTUAL_DISK_ACCESS_MASK AccessMask, OPEN_VIRTUAL_DISK_FLAG Flags, ULONG ReadWriteDepth,
                    IVdsOpenVDisk **ppOpenVDisk) PURE;

    /* Fills the structure; its strings are the caller's. VDS_S_PROPERTIES_INCOMPLETE where the file cannot be read. */
    STDMETHOD(GetProperties)(THIS_ VDS_VDISK_PROPERTIES *pDiskProperties) PURE;

    /* E_NOTIMPL, on Windows too. */
    STDMETHOD(GetHostVolume)(THIS_ IVdsVolume **ppVolume) PURE;

    /* \\?\PhysicalDriveN of an attached image, the caller's; S_OK and NULL where it is not attached. */
    STDMETHOD(GetDeviceName)(THIS_ LPWSTR *ppDeviceName) PURE;
};
TRIREME_INTERFACE_ID(IVdsVDisk, 0x1E062B84, 0xE5E6, 0x4B4B, 0x8A, 0x25, 0x67, 0xB8, 0x1E, 0x8F, 0x13, 0xE8);

#ifdef TRIREME_COBJMACROS
#define IVdsVDisk_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsVDisk_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsVDisk_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsVDisk_Open(This, AccessMask, Flags, ReadWriteDepth, ppOpenVDisk) \
    ((This)->lpVtbl->Open(This, AccessMask, Flags, ReadWriteDepth, ppOpenVDisk))
#define IVdsVDisk_GetProperties(This, pDiskProperties) ((This)->lpVtbl->GetProperties(This, pDiskProperties))
#define IVdsVDisk_GetHostVolume(This, ppVolume) ((This)->lpVtbl->GetHostVolume(This, ppVolume))
#define IVdsVDisk_GetDeviceName(This, ppDeviceName) ((This)->lpVtbl->GetDeviceName(This, ppDeviceName))
#endif

/* An image that is open, until the last reference is let go of. What it may be used for was said at IVdsVDisk::Open. An
 * attached image stays attached when it is closed, and when the program ends.
 * Follows: learn.microsoft.com/windows/win32/api/vds/nn-vds-ivdsopenvdisk */
#undef INTERFACE
#define INTERFACE IVdsOpenVDisk
DECLARE_INTERFACE_(IVdsOpenVDisk, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Starts making a disk of the image: IVdsVdProvider::GetDiskFromVDisk has it afterwards. *ppAsync is the operation,
     * with a reference that is the caller's. It stays until Detach, whatever becomes of the program. The security
     * descriptor and TimeoutInMs are not looked at. VDS_E_VD_ALREADY_ATTACHED, VDS_E_VD_IS_BEING_ATTACHED,
     * VDS_E_VDISK_NOT_OPEN. */
    STDMETHOD(Attach)(THIS_ LPWSTR pStringSecurityDescriptor, ATTACH_VIRTUAL_DISK_FLAG Flags,
                      ULONG ProviderSpecificFlags, ULONG TimeoutInMs, IVdsAsync **ppAsync) PURE;

    /* Takes the disk away; everything that attaching made is gone when it returns. VDS_E_DEVICE_IN_USE while something
     * of it is mounted or held, VDS_E_VD_ALREADY_DETACHED. */
    STDMETHOD(Detach)(THIS_ DETACH_VIRTUAL_DISK_FLAG Flags, ULONG ProviderSpecificFlags) PURE;

    /* The same, and deletes the file. Not attached: only deletes it. */
    STDMETHOD(DetachAndDelete)(THIS_ DETACH_VIRTUAL_DISK_FLAG Flags, ULONG ProviderSpecificFlags) PURE;

    /* Starts giving back what the image does not use. *ppAsync is the operation, with a reference that is the caller's.
     * Not while it is attached for writing (VDS_E_VD_NOT_ATTACHED_READONLY). Cancelled, the image is as it was. An image
     * of fixed size ends it with VDS_E_NOT_SUPPORTED. */
    STDMETHOD(Compact)(THIS_ COMPACT_VIRTUAL_DISK_FLAG Flags, ULONG Reserved, IVdsAsync **ppAsync) PURE;

    /* Starts writing a differencing image into MergeDepth parents above it. *ppAsync is the operation, with a reference
     * that is the caller's. Not while it is attached. The child's file stays, and must not be used any more.
     * VDS_E_NOT_SUPPORTED for formats that have no such thing here. */
    STDMETHOD(Merge)(THIS_ MERGE_VIRTUAL_DISK_FLAG Flags, ULONG MergeDepth, IVdsAsync **ppAsync) PURE;

    /* Starts growing the virtual size to NewSize bytes. *ppAsync is the operation, with a reference that is the
     * caller's. Not while it is attached. The partitions in it stay as they are; an image of fixed size (raw, VHD,
     * VHDX) stays one. E_INVALIDARG for a size that is not larger. */
    STDMETHOD(Expand)(THIS_ EXPAND_VIRTUAL_DISK_FLAG Flags, ULONGLONG NewSize, IVdsAsync **ppAsync) PURE;
};
TRIREME_INTERFACE_ID(IVdsOpenVDisk, 0x75C8F324, 0xF715, 0x4FE3, 0xA2, 0x8E, 0xF9, 0x01, 0x1B, 0x61, 0xA4, 0xA1);

#ifdef TRIREME_COBJMACROS
#define IVdsOpenVDisk_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IVdsOpenVDisk_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IVdsOpenVDisk_Release(This) ((This)->lpVtbl->Release(This))
#define IVdsOpenVDisk_Attach(This, pStringSecurityDescriptor, Flags, ProviderSpecificFlags, TimeoutInMs, ppAsync) \
    ((This)->lpVtbl->Attach(This, pStringSecurityDescriptor, Flags, ProviderSpecificFlags, TimeoutInMs, ppAsync))
#define IVdsOpenVDisk_Detach(This, Flags, ProviderSpecificFlags) \
    ((This)->lpVtbl->Detach(This, Flags, ProviderSpecificFlags))
#define IVdsOpenVDisk_DetachAndDelete(This, Flags, ProviderSpecificFlags) \
    ((This)->lpVtbl->DetachAndDelete(This, Flags, ProviderSpecificFlags))
#define IVdsOpenVDisk_Compact(This, Flags, Reserved, ppAsync) ((This)->lpVtbl->Compact(This, Flags, Reserved, ppAsync))
#define IVdsOpenVDisk_Merge(This, Flags, MergeDepth, ppAsync) ((This)->lpVtbl->Merge(This, Flags, MergeDepth, ppAsync))
#define IVdsOpenVDisk_Expand(This, Flags, NewSize, ppAsync) ((This)->lpVtbl->Expand(This, Flags, NewSize, ppAsync))
#endif

#pragma GCC diagnostic pop
#endif

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
