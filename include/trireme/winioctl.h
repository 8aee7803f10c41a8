/* Numbers that disks and partitions are described with (VDS_DISK_PROP, CREATE_PARTITION_PARAMETERS ...). The device
 * controls of Windows' header of this name are not here. */
#ifndef TRIREME_WINIOCTL_H
#define TRIREME_WINIOCTL_H

#include "diskguid.h"

/* VDS_DISK_PROP.dwDeviceType */
#define FILE_DEVICE_CD_ROM 0x00000002
#define FILE_DEVICE_DISK 0x00000007
#define FILE_DEVICE_DVD 0x00000033

/* VDS_DISK_PROP.dwMediaType; 0 where it is not known. */
typedef enum _MEDIA_TYPE {
    RemovableMedia = 11,
    FixedMedia = 12
} MEDIA_TYPE, *PMEDIA_TYPE;

/* The types of partitions in an MBR. */
#define PARTITION_ENTRY_UNUSED 0x00
#define PARTITION_FAT_12 0x01
#define PARTITION_FAT_16 0x04
#define PARTITION_EXTENDED 0x05
#define PARTITION_HUGE 0x06
#define PARTITION_IFS 0x07
#define PARTITION_FAT32 0x0B
#define PARTITION_FAT32_XINT13 0x0C
#define PARTITION_XINT13 0x0E
#define PARTITION_XINT13_EXTENDED 0x0F
#define PARTITION_LDM 0x42

/* The attributes of partitions in a GPT. */
#define GPT_ATTRIBUTE_PLATFORM_REQUIRED (0x0000000000000001)
#define GPT_BASIC_DATA_ATTRIBUTE_READ_ONLY (0x1000000000000000)
#define GPT_BASIC_DATA_ATTRIBUTE_SHADOW_COPY (0x2000000000000000)
#define GPT_BASIC_DATA_ATTRIBUTE_HIDDEN (0x4000000000000000)
#define GPT_BASIC_DATA_ATTRIBUTE_NO_DRIVE_LETTER (0x8000000000000000)

#endif
