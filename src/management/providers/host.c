#include "management/providers/host.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"

enum { SMALL_FILE_MAX = 64 << 10 };

void tri_get_time_zone(const void *row, struct tri_value *ret)
{
    struct tm tm;
    time_t now = time(NULL);
    if (localtime_r(&now, &tm))
        tri_value_set_signed(ret, tm.tm_gmtoff / 60);
}

/* ---- files ---- */

/* Copies without the space around it. */
static bool copy_trimmed(const char *text, size_t length, char *ret, size_t size)
{
    while (length > 0 && isspace((unsigned char)*text))
        text++, length--;
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    if (length >= size)
        length = size - 1;
    memcpy(ret, text, length);
    ret[length] = 0;
    return length > 0;
}

bool tri_host_line(const char *path, char *ret, size_t size)
{
    char buffer[512];
    TRI_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, buffer, sizeof buffer - 1);
    if (n <= 0)
        return false;
    buffer[n] = 0;
    return copy_trimmed(buffer, strcspn(buffer, "\n"), ret, size);
}

bool tri_host_number(const char *path, uint64_t *ret)
{
    char text[64], *end;
    if (!tri_host_line(path, text, sizeof text) || !isdigit((unsigned char)*text))
        return false;
    errno = 0;
    uint64_t number = strtoull(text, &end, 10);
    if (*end || errno)
        return false;
    *ret = number;
    return true;
}

void tri_host_set_line(struct tri_value *ret, const char *path)
{
    char text[512];
    if (tri_host_line(path, text, sizeof text))
        tri_value_set_string(ret, text);
}

bool tri_host_assignment(const char *text, const char *key, char *ret, size_t size)
{
    size_t key_length = strlen(key);
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        if (length > key_length && strncmp(line, key, key_length) == 0 && line[key_length] == '=') {
            const char *value = line + key_length + 1;
            size_t left = length - key_length - 1;
            bool quoted = left >= 2 && (*value == '"' || *value == '\'') && value[left - 1] == *value;
            return copy_trimmed(value + quoted, left - 2 * quoted, ret, size);
        }
        line += length + (line[length] == '\n');
    }
    return false;
}

/* ---- memory ---- */

static void read_kib(const char *text, const char *name, uint64_t *ret)
{
    const char *at = strstr(text, name);
    if (at)
        *ret = strtoull(at + strlen(name), NULL, 10);
}

bool tri_host_memory_read(struct tri_host_memory *ret)
{
    TRI_AUTO_FREE char *text = NULL;
    if (tri_file_read(AT_FDCWD, "/proc/meminfo", SMALL_FILE_MAX, &text, NULL) < 0)
        return false;
    *ret = (struct tri_host_memory){0};
    read_kib(text, "MemTotal:", &ret->total);
    read_kib(text, "MemAvailable:", &ret->available);
    read_kib(text, "SwapTotal:", &ret->swap_total);
    read_kib(text, "SwapFree:", &ret->swap_free);
    return ret->total > 0;
}

/* ---- what kind of machine ---- */

static bool boots_to_desktop(void)
{
    static const char *const links[] = {"/etc/systemd/system/default.target", "/usr/lib/systemd/system/default.target",
                                        "/lib/systemd/system/default.target"};
    char target[256];
    for (size_t i = 0; i < TRI_FIELD_COUNT(links); i++) {
        ssize_t n = readlink(links[i], target, sizeof target - 1);
        if (n <= 0)
            continue;
        target[n] = 0;
        /* Distributions ship graphical.target as the default of servers too; only a display manager makes it true. */
        return strstr(target, "graphical.target") && access("/etc/systemd/system/display-manager.service", F_OK) == 0;
    }
    return false;
}

bool tri_host_is_workstation(void)
{
    TRI_AUTO_FREE char *release = NULL;
    char variant[64];
    if (tri_file_read(AT_FDCWD, "/etc/os-release", SMALL_FILE_MAX, &release, NULL) == 0 &&
        tri_host_assignment(release, "VARIANT_ID", variant, sizeof variant)) {
        if (strstr(variant, "workstation") || strstr(variant, "desktop"))
            return true;
        if (strstr(variant, "server"))
            return false;
    }
    return boots_to_desktop();
}
