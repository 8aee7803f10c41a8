/* The binary contract of vds.h, against numbers and ids written down here a second time, from Windows: slots, sizes,
 * offsets, ids, in C and in C++, with and without -fshort-wchar. */
#include <diskguid.h>
#include <oleauto.h>
#include <trireme-storage.h>
#include <vds.h>

#include "abi.h"

#if __SIZEOF_WCHAR_T__ == 2
#define WIDE(text) L##text
#else
#define WIDE(text) u##text
#endif

/* ---- slots ---- */

/* X(interface, method, slot, arguments of a call, all zero) */
#define SLOTS(X) \
    X(IEnumVdsObject, Next, 3, (0, NULL, NULL)) \
    X(IEnumVdsObject, Skip, 4, (0)) \
    X(IEnumVdsObject, Reset, 5, ()) \
    X(IEnumVdsObject, Clone, 6, (NULL)) \
    X(IVdsAdviseSink, OnNotify, 3, (0, NULL)) \
    X(IVdsAsync, Cancel, 3, ()) \
    X(IVdsAsync, Wait, 4, (NULL, NULL)) \
    X(IVdsAsync, QueryStatus, 5, (NULL, NULL)) \
    X(IVdsServiceLoader, LoadService, 3, (NULL, NULL)) \
    X(IVdsService, IsServiceReady, 3, ()) \
    X(IVdsService, WaitForServiceReady, 4, ()) \
    X(IVdsService, GetProperties, 5, (NULL)) \
    X(IVdsService, QueryProviders, 6, (0, NULL)) \
    X(IVdsService, QueryMaskedDisks, 7, (NULL)) \
    X(IVdsService, QueryUnallocatedDisks, 8, (NULL)) \
    X(IVdsService, GetObject, 9, (GUID_NULL, (VDS_OBJECT_TYPE)0, NULL)) \
    X(IVdsService, QueryDriveLetters, 10, (0, 0, NULL)) \
    X(IVdsService, QueryFileSystemTypes, 11, (NULL, NULL)) \
    X(IVdsService, Reenumerate, 12, ()) \
    X(IVdsService, Refresh, 13, ()) \
    X(IVdsService, CleanupObsoleteMountPoints, 14, ()) \
    X(IVdsService, Advise, 15, (NULL, NULL)) \
    X(IVdsService, Unadvise, 16, (0)) \
    X(IVdsService, Reboot, 17, ()) \
    X(IVdsService, SetFlags, 18, (0)) \
    X(IVdsService, ClearFlags, 19, (0)) \
    X(IVdsServiceInitialization, Initialize, 3, (NULL)) \
    X(IVdsServiceUninstallDisk, GetDiskIdFromLunInfo, 3, (NULL, NULL)) \
    X(IVdsServiceUninstallDisk, UninstallDisks, 4, (NULL, 0, 0, NULL, NULL)) \
    X(IVdsServiceHba, QueryHbaPorts, 3, (NULL)) \
    X(IVdsServiceSAN, GetSANPolicy, 3, (NULL)) \
    X(IVdsServiceSAN, SetSANPolicy, 4, ((VDS_SAN_POLICY)0)) \
    X(IVdsServiceSw, GetDiskObject, 3, (NULL, NULL)) \
    X(IVdsProvider, GetProperties, 3, (NULL)) \
    X(IVdsSwProvider, QueryPacks, 3, (NULL)) \
    X(IVdsSwProvider, CreatePack, 4, (NULL)) \
    X(IVdsVdProvider, QueryVDisks, 3, (NULL)) \
    X(IVdsVdProvider, CreateVDisk, 4, (NULL, NULL, NULL, (CREATE_VIRTUAL_DISK_FLAG)0, 0, 0, NULL, NULL)) \
    X(IVdsVdProvider, AddVDisk, 5, (NULL, NULL, NULL)) \
    X(IVdsVdProvider, GetDiskFromVDisk, 6, (NULL, NULL)) \
    X(IVdsVdProvider, GetVDiskFromDisk, 7, (NULL, NULL)) \
    X(IVdsPack, GetProperties, 3, (NULL)) \
    X(IVdsPack, GetProvider, 4, (NULL)) \
    X(IVdsPack, QueryVolumes, 5, (NULL)) \
    X(IVdsPack, QueryDisks, 6, (NULL)) \
    X(IVdsPack, CreateVolume, 7, ((VDS_VOLUME_TYPE)0, NULL, 0, 0, NULL)) \
    X(IVdsPack, AddDisk, 8, (GUID_NULL, (VDS_PARTITION_STYLE)0, 0)) \
    X(IVdsPack, MigrateDisks, 9, (NULL, 0, GUID_NULL, 0, 0, NULL, NULL)) \
    X(IVdsPack, ReplaceDisk, 10, (GUID_NULL, GUID_NULL, NULL)) \
    X(IVdsPack, RemoveMissingDisk, 11, (GUID_NULL)) \
    X(IVdsPack, Recover, 12, (NULL)) \
    X(IVdsPack2, CreateVolume2, 3, ((VDS_VOLUME_TYPE)0, NULL, 0, 0, 0, NULL)) \
    X(IVdsDisk, GetProperties, 3, (NULL)) \
    X(IVdsDisk, GetPack, 4, (NULL)) \
    X(IVdsDisk, GetIdentificationData, 5, (NULL)) \
    X(IVdsDisk, QueryExtents, 6, (NULL, NULL)) \
    X(IVdsDisk, ConvertStyle, 7, ((VDS_PARTITION_STYLE)0)) \
    X(IVdsDisk, SetFlags, 8, (0)) \
    X(IVdsDisk, ClearFlags, 9, (0)) \
    X(IVdsDisk2, SetSANMode, 3, (0)) \
    X(IVdsDisk3, GetProperties2, 3, (NULL)) \
    X(IVdsDisk3, QueryFreeExtents, 4, (0, NULL, NULL)) \
    X(IVdsAdvancedDisk, GetPartitionProperties, 3, (0, NULL)) \
    X(IVdsAdvancedDisk, QueryPartitions, 4, (NULL, NULL)) \
    X(IVdsAdvancedDisk, CreatePartition, 5, (0, 0, NULL, NULL)) \
    X(IVdsAdvancedDisk, DeletePartition, 6, (0, 0, 0)) \
    X(IVdsAdvancedDisk, ChangeAttributes, 7, (0, NULL)) \
    X(IVdsAdvancedDisk, AssignDriveLetter, 8, (0, 0)) \
    X(IVdsAdvancedDisk, DeleteDriveLetter, 9, (0, 0)) \
    X(IVdsAdvancedDisk, GetDriveLetter, 10, (0, NULL)) \
    X(IVdsAdvancedDisk, FormatPartition, 11, (0, (VDS_FILE_SYSTEM_TYPE)0, NULL, 0, 0, 0, 0, NULL)) \
    X(IVdsAdvancedDisk, Clean, 12, (0, 0, 0, NULL)) \
    X(IVdsAdvancedDisk2, ChangePartitionType, 3, (0, 0, NULL)) \
    X(IVdsAdvancedDisk3, GetProperties, 3, (NULL)) \
    X(IVdsAdvancedDisk3, GetUniqueId, 4, (NULL)) \
    X(IVdsCreatePartitionEx, CreatePartitionEx, 3, (0, 0, 0, NULL, NULL)) \
    X(IVdsDiskOnline, Online, 3, ()) \
    X(IVdsDiskOnline, Offline, 4, ()) \
    X(IVdsDiskPartitionMF, GetPartitionFileSystemProperties, 3, (0, NULL)) \
    X(IVdsDiskPartitionMF, GetPartitionFileSystemTypeName, 4, (0, NULL)) \
    X(IVdsDiskPartitionMF, QueryPartitionFileSystemFormatSupport, 5, (0, NULL, NULL)) \
    X(IVdsDiskPartitionMF, FormatPartitionEx, 6, (0, NULL, 0, 0, NULL, 0, 0, 0, NULL)) \
    X(IVdsDiskPartitionMF2, FormatPartitionEx2, 3, (0, NULL, 0, 0, NULL, 0, NULL)) \
    X(IVdsRemovable, QueryMedia, 3, ()) \
    X(IVdsRemovable, Eject, 4, ()) \
    X(IVdsVolume, GetProperties, 3, (NULL)) \
    X(IVdsVolume, GetPack, 4, (NULL)) \
    X(IVdsVolume, QueryPlexes, 5, (NULL)) \
    X(IVdsVolume, Extend, 6, (NULL, 0, NULL)) \
    X(IVdsVolume, Shrink, 7, (0, NULL)) \
    X(IVdsVolume, AddPlex, 8, (GUID_NULL, NULL)) \
    X(IVdsVolume, BreakPlex, 9, (GUID_NULL, NULL)) \
    X(IVdsVolume, RemovePlex, 10, (GUID_NULL, NULL)) \
    X(IVdsVolume, Delete, 11, (0)) \
    X(IVdsVolume, SetFlags, 12, (0, 0)) \
    X(IVdsVolume, ClearFlags, 13, (0)) \
    X(IVdsVolume2, GetProperties2, 3, (NULL)) \
    X(IVdsVolumeMF, GetFileSystemProperties, 3, (NULL)) \
    X(IVdsVolumeMF, Format, 4, ((VDS_FILE_SYSTEM_TYPE)0, NULL, 0, 0, 0, 0, NULL)) \
    X(IVdsVolumeMF, AddAccessPath, 5, (NULL)) \
    X(IVdsVolumeMF, QueryAccessPaths, 6, (NULL, NULL)) \
    X(IVdsVolumeMF, QueryReparsePoints, 7, (NULL, NULL)) \
    X(IVdsVolumeMF, DeleteAccessPath, 8, (NULL, 0)) \
    X(IVdsVolumeMF, Mount, 9, ()) \
    X(IVdsVolumeMF, Dismount, 10, (0, 0)) \
    X(IVdsVolumeMF, SetFileSystemFlags, 11, (0)) \
    X(IVdsVolumeMF, ClearFileSystemFlags, 12, (0)) \
    X(IVdsVolumeMF2, GetFileSystemTypeName, 3, (NULL)) \
    X(IVdsVolumeMF2, QueryFileSystemFormatSupport, 4, (NULL, NULL)) \
    X(IVdsVolumeMF2, FormatEx, 5, (NULL, 0, 0, NULL, 0, 0, 0, NULL)) \
    X(IVdsVolumeMF3, QueryVolumeGuidPathnames, 3, (NULL, NULL)) \
    X(IVdsVolumeMF3, FormatEx2, 4, (NULL, 0, 0, NULL, 0, NULL)) \
    X(IVdsVolumeMF3, OfflineVolume, 5, ()) \
    X(IVdsVolumeShrink, QueryMaxReclaimableBytes, 3, (NULL)) \
    X(IVdsVolumeShrink, Shrink, 4, (0, 0, NULL)) \
    X(IVdsVolumeOnline, Online, 3, ()) \
    X(IVdsVolumePlex, GetProperties, 3, (NULL)) \
    X(IVdsVolumePlex, GetVolume, 4, (NULL)) \
    X(IVdsVolumePlex, QueryExtents, 5, (NULL, NULL)) \
    X(IVdsVolumePlex, Repair, 6, (NULL, 0, NULL)) \
    X(IVdsVDisk, Open, 3, ((VIRTUAL_DISK_ACCESS_MASK)0, (OPEN_VIRTUAL_DISK_FLAG)0, 0, NULL)) \
    X(IVdsVDisk, GetProperties, 4, (NULL)) \
    X(IVdsVDisk, GetHostVolume, 5, (NULL)) \
    X(IVdsVDisk, GetDeviceName, 6, (NULL)) \
    X(IVdsOpenVDisk, Attach, 3, (NULL, (ATTACH_VIRTUAL_DISK_FLAG)0, 0, 0, NULL)) \
    X(IVdsOpenVDisk, Detach, 4, ((DETACH_VIRTUAL_DISK_FLAG)0, 0)) \
    X(IVdsOpenVDisk, DetachAndDelete, 5, ((DETACH_VIRTUAL_DISK_FLAG)0, 0)) \
    X(IVdsOpenVDisk, Compact, 6, ((COMPACT_VIRTUAL_DISK_FLAG)0, 0, NULL)) \
    X(IVdsOpenVDisk, Merge, 7, ((MERGE_VIRTUAL_DISK_FLAG)0, 0, NULL)) \
    X(IVdsOpenVDisk, Expand, 8, ((EXPAND_VIRTUAL_DISK_FLAG)0, 0, NULL)) \
    X(IErrorInfo, GetGUID, 3, (NULL)) \
    X(IErrorInfo, GetSource, 4, (NULL)) \
    X(IErrorInfo, GetDescription, 5, (NULL)) \
    X(IErrorInfo, GetHelpFile, 6, (NULL)) \
    X(IErrorInfo, GetHelpContext, 7, (NULL)) \
    X(ITriremeCheck, Check, 3, (0, NULL)) \
    X(ITriremeImage, Convert, 3, (NULL, NULL, 0, NULL))

#ifndef __cplusplus

/* X(interface, slots) */
#define COUNTS(X) \
    X(IEnumVdsObject, 7) X(IVdsAdviseSink, 4) X(IVdsAsync, 6) X(IVdsServiceLoader, 4) X(IVdsService, 20) \
    X(IVdsServiceInitialization, 4) X(IVdsServiceUninstallDisk, 5) X(IVdsServiceHba, 4) X(IVdsServiceSAN, 5) \
    X(IVdsServiceSw, 4) X(IVdsProvider, 4) X(IVdsSwProvider, 5) X(IVdsVdProvider, 8) X(IVdsPack, 13) X(IVdsPack2, 4) \
    X(IVdsDisk, 10) X(IVdsDisk2, 4) X(IVdsDisk3, 5) X(IVdsAdvancedDisk, 13) X(IVdsAdvancedDisk2, 4) \
    X(IVdsAdvancedDisk3, 5) X(IVdsCreatePartitionEx, 4) X(IVdsDiskOnline, 5) X(IVdsDiskPartitionMF, 7) \
    X(IVdsDiskPartitionMF2, 4) X(IVdsRemovable, 5) X(IVdsVolume, 14) X(IVdsVolume2, 4) X(IVdsVolumeMF, 13) \
    X(IVdsVolumeMF2, 6) X(IVdsVolumeMF3, 6) X(IVdsVolumeShrink, 5) X(IVdsVolumeOnline, 4) X(IVdsVolumePlex, 7) \
    X(IVdsVDisk, 7) X(IVdsOpenVDisk, 9) X(IErrorInfo, 8) X(ITriremeCheck, 4) X(ITriremeImage, 4)

static void check_counts(void)
{
    int wrong = 0;
    COUNTS(COUNT_IS)
    check(wrong == 0, "every interface has as many slots as on Windows");
}

#endif

static void check_slots(void)
{
    int wrong = 0;
    SLOTS(SLOT_IS)
    check(wrong == 0, "every function is in its slot");
}

/* ---- ids ---- */

static const struct id ids[] = {
    ID(IID_IUnknown, "00000000-0000-0000-c000-000000000046"),
    ID(CLSID_VdsLoader, "9c38ed61-d565-4728-aeee-c80952f0ecde"),
    ID(CLSID_VdsService, "7d1933cb-86f6-4a98-8628-01be94c9a575"),
    ID(GUID_NULL, "00000000-0000-0000-0000-000000000000"),
    ID(VIRTUAL_STORAGE_TYPE_VENDOR_UNKNOWN, "00000000-0000-0000-0000-000000000000"),
    ID(VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT, "EC984AEC-A0F9-47e9-901F-71415A66345B"),
    ID(VIRTUAL_STORAGE_TYPE_VENDOR_TRIREME, "7cb16d48-e956-4f30-a88b-1849e36d8e2e"),
    ID(PARTITION_ENTRY_UNUSED_GUID, "00000000-0000-0000-0000-000000000000"),
    ID(PARTITION_SYSTEM_GUID, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"),
    ID(PARTITION_MSFT_RESERVED_GUID, "e3c9e316-0b5c-4db8-817d-f92df00215ae"),
    ID(PARTITION_BASIC_DATA_GUID, "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"),
    ID(PARTITION_LDM_METADATA_GUID, "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3"),
    ID(PARTITION_LDM_DATA_GUID, "af9b60a0-1431-4f62-bc68-3311714a69ad"),
    ID(PARTITION_MSFT_RECOVERY_GUID, "de94bba4-06d1-4d40-a16a-bfd50179d6ac"),
    ID(IID_IEnumVdsObject, "118610b7-8d94-4030-b5b8-500889788e4e"),
    ID(IID_IVdsAdviseSink, "8326cd1d-cf59-4936-b786-5efc08798e25"),
    ID(IID_IVdsAsync, "d5d23b6d-5a55-4492-9889-397a3c2d2dbc"),
    ID(IID_IVdsServiceLoader, "e0393303-90d4-4a97-ab71-e9b671ee2729"),
    ID(IID_IVdsService, "0818a8ef-9ba9-40d8-a6f9-e22833cc771e"),
    ID(IID_IVdsServiceInitialization, "4afc3636-db01-4052-80c3-03bbcb8d3c69"),
    ID(IID_IVdsServiceUninstallDisk, "b6b22da8-f903-4be7-b492-c09d875ac9da"),
    ID(IID_IVdsServiceHba, "0ac13689-3134-47c6-a17c-4669216801be"),
    ID(IID_IVdsServiceSAN, "fc5d23e8-a88b-41a5-8de0-2d2f73c5a630"),
    ID(IID_IVdsServiceSw, "15fc031c-0652-4306-b2c3-f558b8f837e2"),
    ID(IID_IVdsProvider, "10c5e575-7984-4e81-a56b-431f5f92ae42"),
    ID(IID_IVdsSwProvider, "9aa58360-ce33-4f92-b658-ed24b14425b8"),
    ID(IID_IVdsVdProvider, "b481498c-8354-45f9-84a0-0bdd2832a91f"),
    ID(IID_IVdsPack, "3b69d7f5-9d94-4648-91ca-79939ba263bf"),
    ID(IID_IVdsPack2, "13b50bff-290a-47dd-8558-b7c58db1a71a"),
    ID(IID_IVdsDisk, "07e5c822-f00c-47a1-8fce-b244da56fd06"),
    ID(IID_IVdsDisk2, "40f73c8b-687d-4a13-8d96-3d7f2e683936"),
    ID(IID_IVdsDisk3, "8f4b2f5d-ec15-4357-992f-473ef10975b9"),
    ID(IID_IVdsAdvancedDisk, "6e6f6b40-977c-4069-bddd-ac710059f8c0"),
    ID(IID_IVdsAdvancedDisk2, "9723f420-9355-42de-ab66-e31bb15beeac"),
    ID(IID_IVdsAdvancedDisk3, "3858c0d5-0f35-4bf5-9714-69874963bc36"),
    ID(IID_IVdsCreatePartitionEx, "9882f547-cfc3-420b-9750-00dfbec50662"),
    ID(IID_IVdsDiskOnline, "90681b1d-6a7f-48e8-9061-31b7aa125322"),
    ID(IID_IVdsDiskPartitionMF, "538684e0-ba3d-4bc0-aca9-164aff85c2a9"),
    ID(IID_IVdsDiskPartitionMF2, "9cbe50ca-f2d2-4bf4-ace1-96896b729625"),
    ID(IID_IVdsRemovable, "0316560b-5db4-4ed9-bbb5-213436ddc0d9"),
    ID(IID_IVdsVolume, "88306bb2-e71f-478c-86a2-79da200a0f11"),
    ID(IID_IVdsVolume2, "72ae6713-dcbb-4a03-b36b-371f6ac6b53d"),
    ID(IID_IVdsVolumeMF, "ee2d5ded-6236-4169-931d-b9778ce03dc6"),
    ID(IID_IVdsVolumeMF2, "4dbcee9a-6343-4651-b85f-5e75d74d983c"),
    ID(IID_IVdsVolumeMF3, "6788faf9-214e-4b85-ba59-266953616e09"),
    ID(IID_IVdsVolumeShrink, "d68168c9-82a2-4f85-b6e9-74707c49a58f"),
    ID(IID_IVdsVolumeOnline, "1be2275a-b315-4f70-9e44-879b3a2a53f2"),
    ID(IID_IVdsVolumePlex, "4daa0135-e1d1-40f1-aaa5-3cc1e53221c3"),
    ID(IID_IVdsVDisk, "1e062b84-e5e6-4b4b-8a25-67b81e8f13e8"),
    ID(IID_IVdsOpenVDisk, "75c8f324-f715-4fe3-a28e-f9011b61a4a1"),
    ID(IID_IErrorInfo, "1cf2b120-547d-101b-8e65-08002b2bd119"),
    ID(IID_ITriremeCheck, "0c04fd3f-6842-46a5-9679-de7fc30dbc46"),
    ID(IID_ITriremeImage, "87e124cc-0576-4202-85db-3b9cf231e340"),
#undef ID
};

#ifdef __cplusplus
static void check_uuidof(void)
{
    IVdsAsync *async = static_cast<IVdsAsync *>(opaque_object());
    check(__uuidof(IVdsAsync) == IID_IVdsAsync && __uuidof(async) == IID_IVdsAsync, "__uuidof gives the id of a type");
    check(__uuidof(IUnknown) != IID_IVdsAsync && IsEqualIID(__uuidof(IUnknown), IID_IUnknown), "and of IUnknown");
}
#endif

/* ---- layouts ---- */

/* X(structure, size), X(structure, member, offset) */
#define SIZES(X) \
    X(VDS_SERVICE_PROP, 16) X(VDS_PROVIDER_PROP, 64) X(VDS_PACK_PROP, 32) X(VDS_DRIVE_LETTER_PROP, 28) \
    X(VDS_REPARSE_POINT_PROP, 24) X(VDS_DISK_PROP, 128) X(VDS_DISK_PROP2, 136) X(VDS_ADVANCEDDISK_PROP, 152) \
    X(VDS_DISK_EXTENT, 80) X(VDS_DISK_FREE_EXTENT, 32) X(VDS_INPUT_DISK, 48) X(VDS_PARTITION_INFO_MBR, 8) \
    X(VDS_PARTITION_INFO_GPT, 112) X(VDS_PARTITION_PROP, 144) X(CREATE_PARTITION_PARAMETERS, 120) \
    X(CHANGE_ATTRIBUTES_PARAMETERS, 16) X(CHANGE_PARTITION_TYPE_PARAMETERS, 20) X(VDS_VOLUME_PROP, 56) \
    X(VDS_VOLUME_PROP2, 72) X(VDS_VOLUME_PLEX_PROP, 48) X(VDS_FILE_SYSTEM_PROP, 56) X(VDS_FILE_SYSTEM_TYPE_PROP, 40) \
    X(VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP, 204) X(VIRTUAL_STORAGE_TYPE, 20) X(VDS_CREATE_VDISK_PARAMETERS, 48) \
    X(VDS_VDISK_PROPERTIES, 88) X(VDS_LUN_INFORMATION, 96) X(VDS_STORAGE_DEVICE_ID_DESCRIPTOR, 16) \
    X(VDS_STORAGE_IDENTIFIER, 24) X(VDS_INTERCONNECT, 32) X(VDS_ASYNC_OUTPUT, 32) X(VDS_NOTIFICATION, 48) \
    X(VDS_PACK_NOTIFICATION, 20) X(VDS_DISK_NOTIFICATION, 20) X(VDS_MOUNT_POINT_NOTIFICATION, 20) \
    X(VDS_VOLUME_NOTIFICATION, 40) X(VDS_PARTITION_NOTIFICATION, 32) X(VDS_DRIVE_LETTER_NOTIFICATION, 24) \
    X(VDS_FILE_SYSTEM_NOTIFICATION, 24) X(VDS_SERVICE_NOTIFICATION, 8)

#define OFFSETS(X) \
    X(VDS_SERVICE_PROP, pwszVersion, 0) X(VDS_SERVICE_PROP, ulFlags, 8) X(VDS_PROVIDER_PROP, id, 0) \
    X(VDS_PROVIDER_PROP, pwszName, 16) X(VDS_PROVIDER_PROP, guidVersionId, 24) X(VDS_PROVIDER_PROP, pwszVersion, 40) \
    X(VDS_PROVIDER_PROP, type, 48) X(VDS_PROVIDER_PROP, ulFlags, 52) X(VDS_PROVIDER_PROP, ulStripeSizeFlags, 56) \
    X(VDS_PROVIDER_PROP, sRebuildPriority, 60) X(VDS_PACK_PROP, id, 0) X(VDS_PACK_PROP, pwszName, 16) \
    X(VDS_PACK_PROP, status, 24) X(VDS_PACK_PROP, ulFlags, 28) X(VDS_DRIVE_LETTER_PROP, wcLetter, 0) \
    X(VDS_DRIVE_LETTER_PROP, volumeId, 4) X(VDS_DRIVE_LETTER_PROP, ulFlags, 20) X(VDS_DRIVE_LETTER_PROP, bUsed, 24) \
    X(VDS_REPARSE_POINT_PROP, SourceVolumeId, 0) X(VDS_REPARSE_POINT_PROP, pwszPath, 16) X(VDS_DISK_PROP, id, 0) \
    X(VDS_DISK_PROP, status, 16) X(VDS_DISK_PROP, ReserveMode, 20) X(VDS_DISK_PROP, health, 24) \
    X(VDS_DISK_PROP, dwDeviceType, 28) X(VDS_DISK_PROP, dwMediaType, 32) X(VDS_DISK_PROP, ullSize, 40) \
    X(VDS_DISK_PROP, ulBytesPerSector, 48) X(VDS_DISK_PROP, ulSectorsPerTrack, 52) \
    X(VDS_DISK_PROP, ulTracksPerCylinder, 56) X(VDS_DISK_PROP, ulFlags, 60) X(VDS_DISK_PROP, BusType, 64) \
    X(VDS_DISK_PROP, PartitionStyle, 68) X(VDS_DISK_PROP, dwSignature, 72) X(VDS_DISK_PROP, DiskGuid, 72) \
    X(VDS_DISK_PROP, pwszDiskAddress, 88) X(VDS_DISK_PROP, pwszName, 96) X(VDS_DISK_PROP, pwszFriendlyName, 104) \
    X(VDS_DISK_PROP, pwszAdaptorName, 112) X(VDS_DISK_PROP, pwszDevicePath, 120) X(VDS_DISK_PROP2, id, 0) \
    X(VDS_DISK_PROP2, status, 16) X(VDS_DISK_PROP2, OfflineReason, 20) X(VDS_DISK_PROP2, ReserveMode, 24) \
    X(VDS_DISK_PROP2, health, 28) X(VDS_DISK_PROP2, dwDeviceType, 32) X(VDS_DISK_PROP2, dwMediaType, 36) \
    X(VDS_DISK_PROP2, ullSize, 40) X(VDS_DISK_PROP2, ulBytesPerSector, 48) X(VDS_DISK_PROP2, ulSectorsPerTrack, 52) \
    X(VDS_DISK_PROP2, ulTracksPerCylinder, 56) X(VDS_DISK_PROP2, ulFlags, 60) X(VDS_DISK_PROP2, BusType, 64) \
    X(VDS_DISK_PROP2, PartitionStyle, 68) X(VDS_DISK_PROP2, dwSignature, 72) X(VDS_DISK_PROP2, DiskGuid, 72) \
    X(VDS_DISK_PROP2, pwszDiskAddress, 88) X(VDS_DISK_PROP2, pwszName, 96) X(VDS_DISK_PROP2, pwszFriendlyName, 104) \
    X(VDS_DISK_PROP2, pwszAdaptorName, 112) X(VDS_DISK_PROP2, pwszDevicePath, 120) \
    X(VDS_DISK_PROP2, pwszLocationPath, 128) X(VDS_ADVANCEDDISK_PROP, pwszId, 0) \
    X(VDS_ADVANCEDDISK_PROP, pwszPathname, 8) X(VDS_ADVANCEDDISK_PROP, pwszLocation, 16) \
    X(VDS_ADVANCEDDISK_PROP, pwszFriendlyName, 24) X(VDS_ADVANCEDDISK_PROP, pswzIdentifier, 32) \
    X(VDS_ADVANCEDDISK_PROP, usIdentifierFormat, 40) X(VDS_ADVANCEDDISK_PROP, ulNumber, 44) \
    X(VDS_ADVANCEDDISK_PROP, pwszSerialNumber, 48) X(VDS_ADVANCEDDISK_PROP, pwszFirmwareVersion, 56) \
    X(VDS_ADVANCEDDISK_PROP, pwszManufacturer, 64) X(VDS_ADVANCEDDISK_PROP, pwszModel, 72) \
    X(VDS_ADVANCEDDISK_PROP, ullTotalSize, 80) X(VDS_ADVANCEDDISK_PROP, ullAllocatedSize, 88) \
    X(VDS_ADVANCEDDISK_PROP, ulLogicalSectorSize, 96) X(VDS_ADVANCEDDISK_PROP, ulPhysicalSectorSize, 100) \
    X(VDS_ADVANCEDDISK_PROP, ulPartitionCount, 104) X(VDS_ADVANCEDDISK_PROP, status, 108) \
    X(VDS_ADVANCEDDISK_PROP, health, 112) X(VDS_ADVANCEDDISK_PROP, BusType, 116) \
    X(VDS_ADVANCEDDISK_PROP, PartitionStyle, 120) X(VDS_ADVANCEDDISK_PROP, dwSignature, 124) \
    X(VDS_ADVANCEDDISK_PROP, DiskGuid, 124) X(VDS_ADVANCEDDISK_PROP, ulFlags, 140) \
    X(VDS_ADVANCEDDISK_PROP, dwDeviceType, 144) X(VDS_DISK_EXTENT, diskId, 0) X(VDS_DISK_EXTENT, type, 16) \
    X(VDS_DISK_EXTENT, ullOffset, 24) X(VDS_DISK_EXTENT, ullSize, 32) X(VDS_DISK_EXTENT, volumeId, 40) \
    X(VDS_DISK_EXTENT, plexId, 56) X(VDS_DISK_EXTENT, memberIdx, 72) X(VDS_DISK_FREE_EXTENT, diskId, 0) \
    X(VDS_DISK_FREE_EXTENT, ullOffset, 16) X(VDS_DISK_FREE_EXTENT, ullSize, 24) X(VDS_INPUT_DISK, diskId, 0) \
    X(VDS_INPUT_DISK, ullSize, 16) X(VDS_INPUT_DISK, plexId, 24) X(VDS_INPUT_DISK, memberIdx, 40) \
    X(VDS_PARTITION_INFO_MBR, partitionType, 0) X(VDS_PARTITION_INFO_MBR, bootIndicator, 1) \
    X(VDS_PARTITION_INFO_MBR, recognizedPartition, 2) X(VDS_PARTITION_INFO_MBR, hiddenSectors, 4) \
    X(VDS_PARTITION_INFO_GPT, partitionType, 0) X(VDS_PARTITION_INFO_GPT, partitionId, 16) \
    X(VDS_PARTITION_INFO_GPT, attributes, 32) X(VDS_PARTITION_INFO_GPT, name, 40) \
    X(VDS_PARTITION_PROP, PartitionStyle, 0) X(VDS_PARTITION_PROP, ulFlags, 4) \
    X(VDS_PARTITION_PROP, ulPartitionNumber, 8) X(VDS_PARTITION_PROP, ullOffset, 16) \
    X(VDS_PARTITION_PROP, ullSize, 24) X(VDS_PARTITION_PROP, Mbr, 32) X(VDS_PARTITION_PROP, Gpt, 32) \
    X(CREATE_PARTITION_PARAMETERS, style, 0) X(CREATE_PARTITION_PARAMETERS, MbrPartInfo.partitionType, 8) \
    X(CREATE_PARTITION_PARAMETERS, MbrPartInfo.bootIndicator, 9) \
    X(CREATE_PARTITION_PARAMETERS, GptPartInfo.partitionType, 8) \
    X(CREATE_PARTITION_PARAMETERS, GptPartInfo.partitionId, 24) \
    X(CREATE_PARTITION_PARAMETERS, GptPartInfo.attributes, 40) X(CREATE_PARTITION_PARAMETERS, GptPartInfo.name, 48) \
    X(CHANGE_ATTRIBUTES_PARAMETERS, style, 0) X(CHANGE_ATTRIBUTES_PARAMETERS, MbrPartInfo.bootIndicator, 8) \
    X(CHANGE_ATTRIBUTES_PARAMETERS, GptPartInfo.attributes, 8) X(CHANGE_PARTITION_TYPE_PARAMETERS, style, 0) \
    X(CHANGE_PARTITION_TYPE_PARAMETERS, MbrPartInfo.partitionType, 4) \
    X(CHANGE_PARTITION_TYPE_PARAMETERS, GptPartInfo.partitionType, 4) X(VDS_VOLUME_PROP, id, 0) \
    X(VDS_VOLUME_PROP, type, 16) X(VDS_VOLUME_PROP, status, 20) X(VDS_VOLUME_PROP, health, 24) \
    X(VDS_VOLUME_PROP, TransitionState, 28) X(VDS_VOLUME_PROP, ullSize, 32) X(VDS_VOLUME_PROP, ulFlags, 40) \
    X(VDS_VOLUME_PROP, RecommendedFileSystemType, 44) X(VDS_VOLUME_PROP, pwszName, 48) X(VDS_VOLUME_PROP2, id, 0) \
    X(VDS_VOLUME_PROP2, type, 16) X(VDS_VOLUME_PROP2, status, 20) X(VDS_VOLUME_PROP2, health, 24) \
    X(VDS_VOLUME_PROP2, TransitionState, 28) X(VDS_VOLUME_PROP2, ullSize, 32) X(VDS_VOLUME_PROP2, ulFlags, 40) \
    X(VDS_VOLUME_PROP2, RecommendedFileSystemType, 44) X(VDS_VOLUME_PROP2, cbUniqueId, 48) \
    X(VDS_VOLUME_PROP2, pwszName, 56) X(VDS_VOLUME_PROP2, pUniqueId, 64) X(VDS_VOLUME_PLEX_PROP, id, 0) \
    X(VDS_VOLUME_PLEX_PROP, type, 16) X(VDS_VOLUME_PLEX_PROP, status, 20) X(VDS_VOLUME_PLEX_PROP, health, 24) \
    X(VDS_VOLUME_PLEX_PROP, TransitionState, 28) X(VDS_VOLUME_PLEX_PROP, ullSize, 32) \
    X(VDS_VOLUME_PLEX_PROP, ulStripeSize, 40) X(VDS_VOLUME_PLEX_PROP, ulNumberOfMembers, 44) \
    X(VDS_FILE_SYSTEM_PROP, type, 0) X(VDS_FILE_SYSTEM_PROP, volumeId, 4) X(VDS_FILE_SYSTEM_PROP, ulFlags, 20) \
    X(VDS_FILE_SYSTEM_PROP, ullTotalAllocationUnits, 24) X(VDS_FILE_SYSTEM_PROP, ullAvailableAllocationUnits, 32) \
    X(VDS_FILE_SYSTEM_PROP, ulAllocationUnitSize, 40) X(VDS_FILE_SYSTEM_PROP, pwszLabel, 48) \
    X(VDS_FILE_SYSTEM_TYPE_PROP, type, 0) X(VDS_FILE_SYSTEM_TYPE_PROP, wszName, 4) \
    X(VDS_FILE_SYSTEM_TYPE_PROP, ulFlags, 20) X(VDS_FILE_SYSTEM_TYPE_PROP, ulCompressionFlags, 24) \
    X(VDS_FILE_SYSTEM_TYPE_PROP, ulMaxLableLength, 28) X(VDS_FILE_SYSTEM_TYPE_PROP, pwszIllegalLabelCharSet, 32) \
    X(VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP, ulFlags, 0) X(VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP, usRevision, 4) \
    X(VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP, ulDefaultUnitAllocationSize, 8) \
    X(VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP, rgulAllowedUnitAllocationSizes, 12) \
    X(VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP, wszName, 140) X(VIRTUAL_STORAGE_TYPE, DeviceId, 0) \
    X(VIRTUAL_STORAGE_TYPE, VendorId, 4) X(VDS_CREATE_VDISK_PARAMETERS, UniqueId, 0) \
    X(VDS_CREATE_VDISK_PARAMETERS, MaximumSize, 16) X(VDS_CREATE_VDISK_PARAMETERS, BlockSizeInBytes, 24) \
    X(VDS_CREATE_VDISK_PARAMETERS, SectorSizeInBytes, 28) X(VDS_CREATE_VDISK_PARAMETERS, pParentPath, 32) \
    X(VDS_CREATE_VDISK_PARAMETERS, pSourcePath, 40) X(VDS_VDISK_PROPERTIES, Id, 0) \
    X(VDS_VDISK_PROPERTIES, State, 16) X(VDS_VDISK_PROPERTIES, VirtualDeviceType, 20) \
    X(VDS_VDISK_PROPERTIES, VirtualSize, 40) X(VDS_VDISK_PROPERTIES, PhysicalSize, 48) \
    X(VDS_VDISK_PROPERTIES, pPath, 56) X(VDS_VDISK_PROPERTIES, pDeviceName, 64) \
    X(VDS_VDISK_PROPERTIES, DiskFlag, 72) X(VDS_VDISK_PROPERTIES, bIsChild, 76) \
    X(VDS_VDISK_PROPERTIES, pParentPath, 80) X(VDS_LUN_INFORMATION, m_version, 0) \
    X(VDS_LUN_INFORMATION, m_DeviceType, 4) X(VDS_LUN_INFORMATION, m_DeviceTypeModifier, 5) \
    X(VDS_LUN_INFORMATION, m_bCommandQueueing, 8) X(VDS_LUN_INFORMATION, m_BusType, 12) \
    X(VDS_LUN_INFORMATION, m_szVendorId, 16) X(VDS_LUN_INFORMATION, m_szProductId, 24) \
    X(VDS_LUN_INFORMATION, m_szProductRevision, 32) X(VDS_LUN_INFORMATION, m_szSerialNumber, 40) \
    X(VDS_LUN_INFORMATION, m_diskSignature, 48) X(VDS_LUN_INFORMATION, m_deviceIdDescriptor, 64) \
    X(VDS_LUN_INFORMATION, m_cInterconnects, 80) X(VDS_LUN_INFORMATION, m_rgInterconnects, 88) \
    X(VDS_STORAGE_DEVICE_ID_DESCRIPTOR, m_version, 0) X(VDS_STORAGE_DEVICE_ID_DESCRIPTOR, m_cIdentifiers, 4) \
    X(VDS_STORAGE_DEVICE_ID_DESCRIPTOR, m_rgIdentifiers, 8) X(VDS_STORAGE_IDENTIFIER, m_CodeSet, 0) \
    X(VDS_STORAGE_IDENTIFIER, m_Type, 4) X(VDS_STORAGE_IDENTIFIER, m_cbIdentifier, 8) \
    X(VDS_STORAGE_IDENTIFIER, m_rgbIdentifier, 16) X(VDS_INTERCONNECT, m_addressType, 0) \
    X(VDS_INTERCONNECT, m_cbPort, 4) X(VDS_INTERCONNECT, m_pbPort, 8) X(VDS_INTERCONNECT, m_cbAddress, 16) \
    X(VDS_INTERCONNECT, m_pbAddress, 24) X(VDS_ASYNC_OUTPUT, type, 0) X(VDS_ASYNC_OUTPUT, cp.ullOffset, 8) \
    X(VDS_ASYNC_OUTPUT, cp.volumeId, 16) X(VDS_ASYNC_OUTPUT, cv.pVolumeUnk, 8) \
    X(VDS_ASYNC_OUTPUT, bvp.pVolumeUnk, 8) X(VDS_ASYNC_OUTPUT, sv.ullReclaimedBytes, 8) \
    X(VDS_ASYNC_OUTPUT, cl.pLunUnk, 8) X(VDS_ASYNC_OUTPUT, ct.pTargetUnk, 8) \
    X(VDS_ASYNC_OUTPUT, cpg.pPortalGroupUnk, 8) X(VDS_ASYNC_OUTPUT, cvd.pVDiskUnk, 8) \
    X(VDS_NOTIFICATION, objectType, 0) X(VDS_NOTIFICATION, Pack, 8) X(VDS_NOTIFICATION, Disk, 8) \
    X(VDS_NOTIFICATION, Volume, 8) X(VDS_NOTIFICATION, Partition, 8) X(VDS_NOTIFICATION, Letter, 8) \
    X(VDS_NOTIFICATION, FileSystem, 8) X(VDS_NOTIFICATION, MountPoint, 8) X(VDS_NOTIFICATION, Service, 8) \
    X(VDS_PACK_NOTIFICATION, ulEvent, 0) X(VDS_PACK_NOTIFICATION, packId, 4) X(VDS_DISK_NOTIFICATION, ulEvent, 0) \
    X(VDS_DISK_NOTIFICATION, diskId, 4) X(VDS_MOUNT_POINT_NOTIFICATION, ulEvent, 0) \
    X(VDS_MOUNT_POINT_NOTIFICATION, volumeId, 4) X(VDS_VOLUME_NOTIFICATION, ulEvent, 0) \
    X(VDS_VOLUME_NOTIFICATION, volumeId, 4) X(VDS_VOLUME_NOTIFICATION, plexId, 20) \
    X(VDS_VOLUME_NOTIFICATION, ulPercentCompleted, 36) X(VDS_PARTITION_NOTIFICATION, ulEvent, 0) \
    X(VDS_PARTITION_NOTIFICATION, diskId, 4) X(VDS_PARTITION_NOTIFICATION, ullOffset, 24) \
    X(VDS_DRIVE_LETTER_NOTIFICATION, ulEvent, 0) X(VDS_DRIVE_LETTER_NOTIFICATION, wcLetter, 4) \
    X(VDS_DRIVE_LETTER_NOTIFICATION, volumeId, 8) X(VDS_FILE_SYSTEM_NOTIFICATION, ulEvent, 0) \
    X(VDS_FILE_SYSTEM_NOTIFICATION, volumeId, 4) X(VDS_FILE_SYSTEM_NOTIFICATION, dwPercentCompleted, 20) \
    X(VDS_SERVICE_NOTIFICATION, ulEvent, 0) X(VDS_SERVICE_NOTIFICATION, action, 4)

static void check_layouts(void)
{
    int wrong = 0;
    SIZES(SIZE_IS)
    check(wrong == 0, "every structure has its size");
    wrong = 0;
    OFFSETS(OFFSET_IS)
    check(wrong == 0, "every member is at its offset");
}

static void check_texts(void)
{
    CREATE_PARTITION_PARAMETERS parameters;
    memset(&parameters, 0, sizeof(parameters));
    memcpy(parameters.GptPartInfo.name, WIDE("VTOYEFI"), 14); /* as a client does it */
    check(parameters.GptPartInfo.name[6] == 'I' && parameters.GptPartInfo.name[7] == 0, "literals fit into names");
    VDS_ADVANCEDDISK_PROP disk;
    VDS_FILE_SYSTEM_TYPE_PROP type;
    memset(&disk, 0, sizeof(disk));
    memset(&type, 0, sizeof(type));
    disk.pswzIdentifier = parameters.GptPartInfo.name;
    type.ulMaxLableLength = 11;
    check(disk.pwszIdentifier == disk.pswzIdentifier && type.ulMaxLabelLength == 11, "both spellings are one member");
}

static void check_codes(void)
{
    check(VDS_E_OPERATION_PENDING == (HRESULT)0x80042409 && FAILED(VDS_E_OPERATION_PENDING), "pending is a failure");
    check(VDS_S_PROPERTIES_INCOMPLETE == (HRESULT)0x00042715 && SUCCEEDED(VDS_S_PROPERTIES_INCOMPLETE),
          "incomplete is a success");
    check(VDS_S_ACCESS_PATH_NOT_DELETED == (HRESULT)0x00044244 && FAILED(VDS_S_GPT_BOOT_MIRRORED_TO_MBR) &&
              VDS_E_DISK_REMOVABLE == VDS_E_DISK_REMOVEABLE,
          "the oddities are there");
    check((UINT32)VDS_PF_SUPPORT_DYNAMIC == 0x80000000 && VDS_ASYNCOUT_SURFACE_VDISK == VDS_ASYNCOUT_ATTACH_VDISK,
          "so are the odd enumerators");
}

int main(void)
{
    check_slots();
#ifdef __cplusplus
    check_uuidof();
#else
    check_counts();
#endif
    check_ids(ids, sizeof(ids) / sizeof(ids[0]));
    check_layouts();
    check_texts();
    check_codes();
    printf("1..%d\n", test_count);
    return failure_count != 0;
}
