#include "disk-image.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <windows.h>

#include "output.h"

static const struct {
    const char *name;
    bool is_ours;
    ULONG device;
} formats[] = {
    {"raw", true, TRIREME_STORAGE_TYPE_DEVICE_RAW},
    {"vhd", false, VIRTUAL_STORAGE_TYPE_DEVICE_VHD},
    {"vhdx", false, VIRTUAL_STORAGE_TYPE_DEVICE_VHDX},
    {"qcow2", true, TRIREME_STORAGE_TYPE_DEVICE_QCOW2},
};

static VIRTUAL_STORAGE_TYPE type_of(size_t format)
{
    return (VIRTUAL_STORAGE_TYPE){formats[format].device, formats[format].is_ours
                                                              ? VIRTUAL_STORAGE_TYPE_VENDOR_TRIREME
                                                              : VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT};
}

const char *tri_parse_image_format(const char *value, void *field)
{
    for (size_t i = 0; i < TRI_COUNT(formats); i++)
        if (!strcasecmp(formats[i].name, value)) {
            *(VIRTUAL_STORAGE_TYPE *)field = type_of(i);
            return NULL;
        }
    return "is none of raw, vhd, vhdx and qcow2";
}

VIRTUAL_STORAGE_TYPE tri_image_type(const VIRTUAL_STORAGE_TYPE *given, const char *path)
{
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    const char *ending = strrchr(name, '.');
    VIRTUAL_STORAGE_TYPE type = type_of(0);

    if (given->DeviceId)
        return *given;
    if (ending)
        tri_parse_image_format(ending + 1, &type);
    return type;
}

char *tri_image_absolute(const char *path)
{
    TRI_AUTO_FREE char *for_folder = tri_text_format("%s", path);
    TRI_AUTO_FREE char *for_name = tri_text_format("%s", path);
    TRI_AUTO_FREE char *folder = realpath(dirname(for_folder), NULL);

    return folder ? tri_text_format("%s/%s", strcmp(folder, "/") ? folder : "", basename(for_name)) : NULL;
}

char *tri_image_new_path(const struct tri_cli *cli, const char *verb, const char *path)
{
    char *absolute = tri_image_absolute(path);
    struct stat status;
    const char *wrong = NULL;
    HRESULT hr = VDS_E_INVALID_PATH;

    if (!absolute)
        wrong = "its folder does not exist";
    else if (!*path || path[strlen(path) - 1] == '/')
        wrong = "it is not the name of a file";
    else if (!lstat(path, &status)) {
        wrong = "there is a file of that name, which is left alone";
        hr = HRESULT_FROM_WIN32(ERROR_FILE_EXISTS);
    }
    if (!wrong)
        return absolute;
    free(absolute);
    tri_fail_because(cli, hr, wrong, "cannot %s %s", verb, path);
    return NULL;
}
