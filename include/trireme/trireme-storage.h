/* What Trireme adds to the Virtual Disk Service: image formats that Windows does not have, checking, and conversion.
 * Two interfaces more, which the objects of vds.h answer through QueryInterface. */
#ifndef TRIREME_TRIREME_STORAGE_H
#define TRIREME_TRIREME_STORAGE_H

#include "vds.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)
#pragma GCC diagnostic push
#ifdef __cplusplus
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor" /* a destructor would have a slot of its own */
#endif

/* Formats of images, for VIRTUAL_STORAGE_TYPE: VendorId is this one, and DeviceId one of the two below. VHD and VHDX
 * stay with VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT. */
DEFINE_GUID(VIRTUAL_STORAGE_TYPE_VENDOR_TRIREME, 0x7CB16D48, 0xE956, 0x4F30, 0xA8, 0x8B, 0x18, 0x49, 0xE3, 0x6D, 0x8E,
            0x2E);
#define TRIREME_STORAGE_TYPE_DEVICE_RAW 1
#define TRIREME_STORAGE_TYPE_DEVICE_QCOW2 2

/* VDS_ASYNC_OUTPUT.type of the operations below. Neither fills an arm. */
#define TRIREME_VDS_ASYNCOUT_CHECK 0x10001
#define TRIREME_VDS_ASYNCOUT_CONVERT 0x10002

/* ITriremeCheck::Check: also repair what is found. */
#define TRIREME_CHECK_REPAIR 0x1

/* Looking for damage. A volume (beside IVdsVolume) checks its file system, a virtual disk (beside IVdsVDisk) its
 * image. */
#undef INTERFACE
#define INTERFACE ITriremeCheck
DECLARE_INTERFACE_(ITriremeCheck, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Starts a check; *ppAsync is the operation, with a reference that is the caller's. Without TRIREME_CHECK_REPAIR
     * nothing is written. The operation ends with S_OK where all is well (or was repaired), with
     * HRESULT_FROM_WIN32(ERROR_FILE_CORRUPT) for damage to a file system, with HRESULT_FROM_WIN32(ERROR_DISK_CORRUPT)
     * for damage to an image. A volume that is mounted, or an image that is attached, is refused with
     * VDS_E_DEVICE_IN_USE; E_INVALIDARG for other flags; VDS_E_NOT_SUPPORTED for a format that has no check. */
    STDMETHOD(Check)(THIS_ ULONG flags, IVdsAsync **ppAsync) PURE;
};
TRIREME_INTERFACE_ID(ITriremeCheck, 0x0C04FD3F, 0x6842, 0x46A5, 0x96, 0x79, 0xDE, 0x7F, 0xC3, 0x0D, 0xBC, 0x46);

#ifdef TRIREME_COBJMACROS
#define ITriremeCheck_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define ITriremeCheck_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define ITriremeCheck_Release(This) ((This)->lpVtbl->Release(This))
#define ITriremeCheck_Check(This, flags, ppAsync) ((This)->lpVtbl->Check(This, flags, ppAsync))
#endif

/* Copying an image into another format. Virtual disks answer it beside IVdsVDisk. */
#undef INTERFACE
#define INTERFACE ITriremeImage
DECLARE_INTERFACE_(ITriremeImage, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **ppvObject) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;

    /* Starts copying the image to a new file of that type; *ppAsync is the operation, with a reference that is the
     * caller's. The target appears under its name when it is complete, and not at all where the copy fails or is
     * cancelled. createFlags are CREATE_VIRTUAL_DISK_FLAG_.... A target that exists:
     * HRESULT_FROM_WIN32(ERROR_FILE_EXISTS); an image that is attached for writing: VDS_E_VD_IS_ATTACHED; a type that
     * cannot be written: VDS_E_NOT_SUPPORTED; E_INVALIDARG. type and pTargetPath are copied. */
    STDMETHOD(Convert)(THIS_ VIRTUAL_STORAGE_TYPE *type, LPWSTR pTargetPath, ULONG createFlags,
                       IVdsAsync **ppAsync) PURE;
};
TRIREME_INTERFACE_ID(ITriremeImage, 0x87E124CC, 0x0576, 0x4202, 0x85, 0xDB, 0x3B, 0x9C, 0xF2, 0x31, 0xE3, 0x40);

#ifdef TRIREME_COBJMACROS
#define ITriremeImage_QueryInterface(This, riid, ppvObject) ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define ITriremeImage_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define ITriremeImage_Release(This) ((This)->lpVtbl->Release(This))
#define ITriremeImage_Convert(This, type, pTargetPath, createFlags, ppAsync) \
    ((This)->lpVtbl->Convert(This, type, pTargetPath, createFlags, ppAsync))
#endif

#pragma GCC diagnostic pop
#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
