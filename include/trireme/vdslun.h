/* Virtual Disk Service: what a disk says of itself (IVdsDisk::GetIdentificationData). vds.h includes it.
 * Follows: learn.microsoft.com/windows/win32/api/vdslun */
#ifndef TRIREME_VDSLUN_H
#define TRIREME_VDSLUN_H

#include "windows/unknwn.h"

/* A program that brings these declarations along itself says so with the guard of Windows' own header. */
#ifndef __vdslun_h__
#define __vdslun_h__

#ifdef __cplusplus
extern "C" {
#endif

#define VER_VDS_LUN_INFORMATION 1

typedef enum _VDS_STORAGE_IDENTIFIER_CODE_SET {
    VDSStorageIdCodeSetReserved = 0,
    VDSStorageIdCodeSetBinary = 1,
    VDSStorageIdCodeSetAscii = 2,
    VDSStorageIdCodeSetUtf8 = 3
} VDS_STORAGE_IDENTIFIER_CODE_SET;

typedef enum _VDS_STORAGE_IDENTIFIER_TYPE {
    VDSStorageIdTypeVendorSpecific = 0,
    VDSStorageIdTypeVendorId = 1,
    VDSStorageIdTypeEUI64 = 2,
    VDSStorageIdTypeFCPHName = 3,
    VDSStorageIdTypePortRelative = 4,
    VDSStorageIdTypeTargetPortGroup = 5,
    VDSStorageIdTypeLogicalUnitGroup = 6,
    VDSStorageIdTypeMD5LogicalUnitIdentifier = 7,
    VDSStorageIdTypeScsiNameString = 8
} VDS_STORAGE_IDENTIFIER_TYPE;

typedef enum _VDS_STORAGE_BUS_TYPE {
    VDSBusTypeUnknown = 0x00,
    VDSBusTypeScsi = 0x01,
    VDSBusTypeAtapi = 0x02,
    VDSBusTypeAta = 0x03,
    VDSBusType1394 = 0x04,
    VDSBusTypeSsa = 0x05,
    VDSBusTypeFibre = 0x06,
    VDSBusTypeUsb = 0x07,
    VDSBusTypeRAID = 0x08,
    VDSBusTypeiScsi = 0x09,
    VDSBusTypeSas = 0x0A,
    VDSBusTypeSata = 0x0B,
    VDSBusTypeSd = 0x0C,
    VDSBusTypeMmc = 0x0D,
    VDSBusTypeMax = 0x0E, /* the same number, on Windows too */
    VDSBusTypeVirtual = 0x0E,
    VDSBusTypeFileBackedVirtual = 0x0F, /* a disk whose sectors are in an image file */
    VDSBusTypeSpaces = 0x10,
    VDSBusTypeNVMe = 0x11,
    VDSBusTypeScm = 0x12,
    VDSBusTypeUfs = 0x13,
    VDSBusTypeMaxReserved = 0x7F
} VDS_STORAGE_BUS_TYPE;

typedef enum _VDS_INTERCONNECT_ADDRESS_TYPE {
    VDS_IA_UNKNOWN = 0,
    VDS_IA_FCFS = 1,
    VDS_IA_FCPH = 2,
    VDS_IA_FCPH3 = 3,
    VDS_IA_MAC = 4,
    VDS_IA_SCSI = 5
} VDS_INTERCONNECT_ADDRESS_TYPE;

typedef struct _VDS_STORAGE_IDENTIFIER {
    VDS_STORAGE_IDENTIFIER_CODE_SET m_CodeSet;
    VDS_STORAGE_IDENTIFIER_TYPE m_Type;
    ULONG m_cbIdentifier; /* bytes */
    BYTE *m_rgbIdentifier;
} VDS_STORAGE_IDENTIFIER;

typedef struct _VDS_STORAGE_DEVICE_ID_DESCRIPTOR {
    ULONG m_version;
    ULONG m_cIdentifiers;
    VDS_STORAGE_IDENTIFIER *m_rgIdentifiers;
} VDS_STORAGE_DEVICE_ID_DESCRIPTOR;

typedef struct _VDS_INTERCONNECT {
    VDS_INTERCONNECT_ADDRESS_TYPE m_addressType;
    ULONG m_cbPort; /* bytes */
    BYTE *m_pbPort;
    ULONG m_cbAddress; /* bytes */
    BYTE *m_pbAddress;
} VDS_INTERCONNECT;

/* Strings are ASCII, and NULL where the device says nothing. Every pointer (the arrays' blocks, and those inside their
 * elements) is the caller's, to free with CoTaskMemFree.
 * Follows: learn.microsoft.com/windows/win32/api/vdslun/ns-vdslun-vds_lun_information */
typedef struct _VDS_LUN_INFORMATION {
    ULONG m_version;   /* VER_VDS_LUN_INFORMATION */
    BYTE m_DeviceType; /* as SCSI numbers them: 0 a disk, 5 a CD */
    BYTE m_DeviceTypeModifier;
    BOOL m_bCommandQueueing;
    VDS_STORAGE_BUS_TYPE m_BusType;
    char *m_szVendorId;
    char *m_szProductId;
    char *m_szProductRevision;
    char *m_szSerialNumber;
    GUID m_diskSignature;
    VDS_STORAGE_DEVICE_ID_DESCRIPTOR m_deviceIdDescriptor;
    ULONG m_cInterconnects;
    VDS_INTERCONNECT *m_rgInterconnects;
} VDS_LUN_INFORMATION;

TRIREME_STATIC_ASSERT(sizeof(VDS_STORAGE_IDENTIFIER) == 24, "layout of 64-bit Windows");
TRIREME_STATIC_ASSERT(sizeof(VDS_INTERCONNECT) == 32, "layout of 64-bit Windows");
TRIREME_STATIC_ASSERT(sizeof(VDS_LUN_INFORMATION) == 96, "layout of 64-bit Windows");

#ifdef __cplusplus
}
#endif

#endif
#endif
