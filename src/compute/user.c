#include "compute/user.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#define DATABASE_MAX_BYTES (1u << 20)
#define ID_MAX 4294967294u /* the one above means "unchanged" to the kernel */

int tri_user_open_root(uint32_t pid, int *ret_root_fd)
{
    char path[32];
    snprintf(path, sizeof(path), "/proc/%u/root", pid);
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    *ret_root_fd = fd;
    return 0;
}

/* The text of a file in the container; "" where there is none. It may be a trap: a link that leads out, a FIFO that
 * nobody writes to, a file without end. One that cannot be opened at this moment is not taken to be missing: a process would
 * get other groups than its user's. */
static int read_database(int root_fd, const char *path, char **ret_text)
{
    struct open_how how = {.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                           .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    struct stat st;
    TRI_AUTO_CLOSE int fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
    if (fd < 0 && tri_code_is_passing(-errno))
        return -errno;
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        char *empty = calloc(1, 1);
        if (!empty)
            return -ENOMEM;
        *ret_text = empty;
        return 0;
    }
    char link[32];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    return tri_file_read(AT_FDCWD, link, DATABASE_MAX_BYTES, ret_text, NULL);
}

static bool parse_id(const char *text, uint32_t *ret_id)
{
    char *end;
    if (!text || *text < '0' || *text > '9')
        return false;
    errno = 0;
    unsigned long id = strtoul(text, &end, 10);
    if (errno || *end || id > ID_MAX)
        return false;
    *ret_id = (uint32_t)id;
    return true;
}

/* Splits a line at its colons; true if there are as many fields as wanted. */
static bool split(char *line, char **fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(fields[i] = strsep(&line, ":")))
            return false;
    return true;
}

struct lookup {
    const char *name; /* or NULL */
    uint32_t id;      /* where name is NULL */
};

static bool matches(const struct lookup *lookup, const char *name, uint32_t id)
{
    return lookup->name ? !strcmp(lookup->name, name) : lookup->id == id;
}

/* name:password:uid:gid:comment:home:shell. text is cut up. */
static bool find_user(char *text, const struct lookup *lookup, struct tri_user *user, char name[256])
{
    for (char *line; (line = strsep(&text, "\n"));) {
        char *fields[6];
        uint32_t uid, gid;
        if (!split(line, fields, 6) || !parse_id(fields[2], &uid) || !parse_id(fields[3], &gid))
            continue;
        if (!matches(lookup, fields[0], uid) || strlen(fields[0]) >= 256)
            continue;
        user->uid = uid;
        user->gid = gid;
        if (fields[5][0] == '/' && strlen(fields[5]) < sizeof(user->home))
            strcpy(user->home, fields[5]);
        strcpy(name, fields[0]);
        return true;
    }
    return false;
}

/* name:password:gid:member,member. text is cut up. */
static bool find_group(char *text, const char *wanted, uint32_t *ret_gid)
{
    for (char *line; (line = strsep(&text, "\n"));) {
        char *fields[3];
        if (split(line, fields, 3) && !strcmp(fields[0], wanted) && parse_id(fields[2], ret_gid))
            return true;
    }
    return false;
}

static bool is_member(char *members, const char *name)
{
    for (char *member; (member = strsep(&members, ","));)
        if (!strcmp(member, name))
            return true;
    return false;
}

static void find_memberships(char *text, const char *name, struct tri_user *user)
{
    for (char *line; user->group_count < TRI_USER_GROUPS_MAX && (line = strsep(&text, "\n"));) {
        char *fields[4];
        uint32_t gid;
        if (split(line, fields, 4) && parse_id(fields[2], &gid) && gid != user->gid && is_member(fields[3], name))
            user->groups[user->group_count++] = gid;
    }
}

static int resolve_group(int root_fd, const char *group, struct tri_user *user, struct tri_error *error)
{
    TRI_AUTO_FREE char *text = NULL;
    if (parse_id(group, &user->gid))
        return 0;
    int r = read_database(root_fd, "etc/group", &text);
    if (r < 0)
        return tri_error_set(error, r, "user", "The container's /etc/group cannot be read: %s.", strerror(-r));
    if (!find_group(text, group, &user->gid))
        return tri_error_set(error, -EINVAL, "user", "The container's /etc/group has no group \"%s\".", group);
    return 0;
}

static int resolve_memberships(int root_fd, const char *name, struct tri_user *user, struct tri_error *error)
{
    TRI_AUTO_FREE char *text = NULL;
    int r = read_database(root_fd, "etc/group", &text);
    if (r < 0)
        return tri_error_set(error, r, "user", "The container's /etc/group cannot be read: %s.", strerror(-r));
    find_memberships(text, name, user);
    return 0;
}

int tri_user_resolve(int root_fd, const char *user, struct tri_user *ret_user, struct tri_error *error)
{
    struct tri_user found = {.home = "/"};
    char name[256] = "";
    TRI_AUTO_FREE char *copy = strdup(user && *user ? user : "0"), *text = NULL;
    char *group = copy;
    char *wanted = copy ? strsep(&group, ":") : NULL;
    if (!copy)
        return tri_error_set(error, -ENOMEM, NULL, "Out of memory.");
    struct lookup lookup = {.name = parse_id(wanted, &found.uid) ? NULL : wanted, .id = found.uid};
    int r = read_database(root_fd, "etc/passwd", &text);
    if (r < 0)
        return tri_error_set(error, r, "user", "The container's /etc/passwd cannot be read: %s.", strerror(-r));
    bool known = find_user(text, &lookup, &found, name);
    if (!known && lookup.name)
        return tri_error_set(error, -EINVAL, "user", "The container's /etc/passwd has no user \"%s\".", wanted);
    if (group)
        r = resolve_group(root_fd, group, &found, error);
    else if (known)
        r = resolve_memberships(root_fd, name, &found, error);
    if (r == 0)
        *ret_user = found;
    return r;
}
