/* trireme disk mount: a volume's files at a folder, or at a drive letter. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk-facts.h"
#include "output.h"
#include "text.h"
#include "verbs.h"

/* "X:" and "X:\" as the service wants it; a folder's absolute path; newly allocated. NULL: there is no such folder. */
static char *access_path(const char *text)
{
    if (isalpha((unsigned char)text[0]) && text[1] == ':' && (!text[2] || !strcmp(text + 2, "\\")))
        return tri_text_format("%c:\\", toupper((unsigned char)text[0]));
    return realpath(text, NULL);
}

/* mountinfo has blanks and the like in a path as "\040". In place. */
static void unescape(char *path)
{
    char *to = path;

    for (const char *from = path; *from; to++) {
        bool is_escape = *from == '\\' && strspn(from + 1, "01234567") >= 3;
        *to = is_escape ? (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0')) : *from;
        from += is_escape ? 4 : 1;
    }
    *to = '\0';
}

/* The folder behind a drive letter, newly allocated: where the kernel has mounted the device below drives/X. NULL: it is
 * not to be seen. */
static char *folder_of_letter(const char *device, char letter)
{
    TRI_AUTO_FREE char *ending = tri_text_format("/drives/%c", letter);
    FILE *file = fopen("/proc/self/mountinfo", "re");
    TRI_AUTO_FREE char *line = NULL;
    char *folder = NULL, point[4096], source[256];
    size_t room = 0;

    while (file && getline(&line, &room, file) > 0) {
        const char *rest = strstr(line, " - ");
        if (!rest || sscanf(line, "%*s %*s %*s %*s %4095s", point) != 1 || sscanf(rest, " - %*s %255s", source) != 1)
            continue;
        size_t length = strlen(point), end = strlen(ending);
        if (!strcmp(source, device) && length >= end && !strcmp(point + length - end, ending)) {
            free(folder);
            folder = tri_text_format("%s", point);
            unescape(folder);
        }
    }
    if (file)
        fclose(file);
    return folder;
}

static int mount(const struct tri_disks *disks, const struct tri_place *place, const char *path)
{
    TRI_AUTO_RELEASE IVdsVolumeMF *volume = tri_interface(place->volume, &IID_IVdsVolumeMF);
    TRI_AUTO_FREE PWSTR wide = tri_wide(path);
    HRESULT hr = volume ? IVdsVolumeMF_AddAccessPath(volume, wide) : VDS_E_NOT_SUPPORTED;

    if (FAILED(hr) && !volume)
        return tri_fail_because(disks->cli, hr, "it is a partition that the system keeps for itself, and no volume",
                                "cannot mount %s", place->name);
    if (FAILED(hr))
        return tri_disks_fail(disks, hr, "cannot mount %s at %s", place->name, path);
    TRI_AUTO_FREE char *folder = path[0] == '/' ? NULL : folder_of_letter(place->name, path[0]);
    TRI_AUTO_FREE char *line = tri_text_format(folder ? "%s  %s" : "%s", path, folder);
    tri_print_line(disks->cli, line);
    if (disks->cli->json)
        tri_print_document(tri_facts_place(disks, place));
    return TRI_EXIT_OK;
}

static int run(struct tri_cli *cli)
{
    TRI_AUTO_FREE char *path = access_path(cli->argv[1]);
    TRI_AUTO_DISKS struct tri_disks disks = {0};
    TRI_AUTO_PLACE struct tri_place place = {0};

    if (!path)
        return tri_fail_because(cli, VDS_E_PATH_NOT_FOUND,
                                errno == ENOENT ? "there is no such folder; make one, which must be empty"
                                                : strerror(errno),
                                "cannot mount %s at %s", tri_text_named(cli->argv[0]), tri_text_named(cli->argv[1]));
    int status = tri_disks_open(&disks, cli);
    if (!status)
        status = tri_place_find(&disks, "mount", cli->argv[0], TRI_PLACE_VOLUME, &place);
    return status ? status : mount(&disks, &place, path);
}

const struct tri_verb tri_verb_disk_mount = {
    .name = "disk mount",
    .arguments = "VOLUME FOLDER|X:",
    .summary = "mount a volume at a folder or a drive letter",
    .example = "trireme disk mount loop0p1 /mnt",
    .argc_min = 2,
    .argc_max = 2,
    .run = run,
};
