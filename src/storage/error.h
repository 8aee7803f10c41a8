/* What the storage engine answers beyond errno. */
#ifndef TRI_STORAGE_ERROR_H
#define TRI_STORAGE_ERROR_H

#include "base/error.h"

#define TRI_STORAGE_BASE (TRI_ERROR_MODULE_BASE - 256)

enum tri_storage_code {
    TRI_STORAGE_GONE = TRI_STORAGE_BASE - 1,      /* the disk, partition or volume is not there any more */
    TRI_STORAGE_NOT_FOUND = TRI_STORAGE_BASE - 2, /* nothing of that id, name or offset */
    TRI_STORAGE_SYSTEM = TRI_STORAGE_BASE - 3,    /* holds the running system or swap: never touched */
    TRI_STORAGE_IN_USE = TRI_STORAGE_BASE - 4,    /* mounted, or held open by somebody; the text says by whom */
    TRI_STORAGE_LOCKED = TRI_STORAGE_BASE - 5,    /* another operation works on this disk at the moment */
    TRI_STORAGE_READ_ONLY = TRI_STORAGE_BASE - 6, /* the device is read-only */
    TRI_STORAGE_NO_MEDIA = TRI_STORAGE_BASE - 7,
    TRI_STORAGE_IO = TRI_STORAGE_BASE - 8,                   /* the device answered an error */
    TRI_STORAGE_NOT_INITIALIZED = TRI_STORAGE_BASE - 9,      /* the disk has no partition table */
    TRI_STORAGE_INITIALIZED = TRI_STORAGE_BASE - 10,         /* it has one (or a file system) already */
    TRI_STORAGE_NO_SPACE = TRI_STORAGE_BASE - 11,            /* not enough free space in one piece */
    TRI_STORAGE_BAD_SPACE = TRI_STORAGE_BASE - 12,           /* the range asked for is not free, or not on the disk */
    TRI_STORAGE_PARTITION_LIMIT = TRI_STORAGE_BASE - 13,     /* the table is full */
    TRI_STORAGE_PARTITION_NOT_EMPTY = TRI_STORAGE_BASE - 14, /* an extended partition with logical ones in it */
    TRI_STORAGE_PROTECTED = TRI_STORAGE_BASE - 15,           /* ESP, MSR, OEM: only when told so */
    TRI_STORAGE_STYLE_MISMATCH = TRI_STORAGE_BASE - 16,      /* MBR words for a GPT disk, or the other way */
    TRI_STORAGE_BAD_STYLE = TRI_STORAGE_BASE - 17,
    TRI_STORAGE_BAD_TYPE = TRI_STORAGE_BASE - 18,  /* a partition type that cannot be made */
    TRI_STORAGE_MBR_LIMIT = TRI_STORAGE_BASE - 19, /* beyond 2^32 sectors */
    TRI_STORAGE_BAD_ALIGN = TRI_STORAGE_BASE - 20, /* alignment is no multiple of the sector */
    TRI_STORAGE_NOT_EMPTY = TRI_STORAGE_BASE - 21, /* the disk has data partitions, and force was not given */
    TRI_STORAGE_HAS_OEM = TRI_STORAGE_BASE - 22,   /* the disk has OEM partitions, and force was not given */
    TRI_STORAGE_BAD_ATTRIBUTES = TRI_STORAGE_BASE - 23,
    TRI_STORAGE_BAD_FILESYSTEM = TRI_STORAGE_BASE - 24, /* no file system of that name */
    TRI_STORAGE_NO_TOOL = TRI_STORAGE_BASE - 25,        /* its program is not installed; the text names the package */
    TRI_STORAGE_BAD_LABEL = TRI_STORAGE_BASE - 26,      /* too long, or characters that it cannot hold */
    TRI_STORAGE_TOO_SMALL = TRI_STORAGE_BASE - 27,      /* the volume, for this file system */
    TRI_STORAGE_TOO_BIG = TRI_STORAGE_BASE - 28,
    TRI_STORAGE_UNIT_TOO_SMALL = TRI_STORAGE_BASE - 29, /* allocation unit */
    TRI_STORAGE_UNIT_TOO_BIG = TRI_STORAGE_BASE - 30,
    TRI_STORAGE_NO_COMPRESSION = TRI_STORAGE_BASE - 31,
    TRI_STORAGE_TOOL_FAILED = TRI_STORAGE_BASE - 32,   /* a tool failed; its words are the error's detail */
    TRI_STORAGE_NO_FILESYSTEM = TRI_STORAGE_BASE - 33, /* the volume has none that is known */
    TRI_STORAGE_CANNOT_EXTEND = TRI_STORAGE_BASE - 34,
    TRI_STORAGE_CANNOT_SHRINK = TRI_STORAGE_BASE - 35,
    TRI_STORAGE_SHRINK_TOO_MUCH = TRI_STORAGE_BASE - 36,  /* more than can be reclaimed */
    TRI_STORAGE_SHRINK_BELOW_MIN = TRI_STORAGE_BASE - 37, /* less than the minimum asked for can be had */
    TRI_STORAGE_BAD_SHRINK = TRI_STORAGE_BASE - 38,       /* desired below minimum */
    TRI_STORAGE_DIRTY = TRI_STORAGE_BASE - 39,            /* the file system needs a check first */
    TRI_STORAGE_OFFLINE = TRI_STORAGE_BASE - 40,          /* disk or volume was taken offline */
    TRI_STORAGE_NOT_OFFLINE = TRI_STORAGE_BASE - 41,
    TRI_STORAGE_NOT_MOUNTED = TRI_STORAGE_BASE - 42,
    TRI_STORAGE_HAS_PATH = TRI_STORAGE_BASE - 43, /* a permanent dismount while access paths exist */
    TRI_STORAGE_BAD_PATH = TRI_STORAGE_BASE - 44, /* not absolute, too long, not a folder, not there */
    TRI_STORAGE_LETTER_TAKEN = TRI_STORAGE_BASE - 45,
    TRI_STORAGE_BAD_LETTER = TRI_STORAGE_BASE - 46,
    TRI_STORAGE_NOT_SUPPORTED = TRI_STORAGE_BASE - 47, /* this kind of disk, image or file system cannot do it */
    TRI_STORAGE_BAD_IMAGE = TRI_STORAGE_BASE - 48,     /* truncated, corrupt, or not of the format it was said to be */
    TRI_STORAGE_IMAGE_ATTACHED = TRI_STORAGE_BASE - 49,
    TRI_STORAGE_IMAGE_DETACHED = TRI_STORAGE_BASE - 50,
    TRI_STORAGE_IMAGE_LOCKED = TRI_STORAGE_BASE - 51, /* another program has the image open for writing */
    TRI_STORAGE_TOO_LATE = TRI_STORAGE_BASE - 52,     /* past the point where it could be stopped */
    TRI_STORAGE_CHANGED = TRI_STORAGE_BASE - 53,      /* the disk is not the one that was looked at: look again */
};

#endif
