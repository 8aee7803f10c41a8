/* Users, groups and sessions. Accounts are those of the local files; others (LDAP and the like) are found by their name
 * only, since nobody may list a whole company by accident. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-login.h>

#include "management/providers/host.h"
#include "management/text.h"

enum { ENTRY_FIRST = 4 << 10, ENTRY_MAX = 64 << 20 }; /* bytes that an entry takes; a group may have many members */

struct account {
    const char *name;
    unsigned id;
    bool is_group, is_local;
    const struct passwd *user; /* of a user */
    const struct spwd *shadow; /* NULL: not ours to read, or none */
    /* Win32_GroupUser */
    const char *member;
};

static const struct account *account_of(const void *row)
{
    return row;
}

static void closep(FILE **file)
{
    if (*file)
        fclose(*file);
}
#define AUTO_FILE TRI_CLEANUP(closep) FILE *

/* ---- entries of the files, and of NSS ---- */

/* What the texts of an entry lie in. */
struct buffer {
    char *data;
    size_t size;
};

static void buffer_clear(struct buffer *buffer)
{
    free(buffer->data);
}
#define AUTO_BUFFER TRI_CLEANUP(buffer_clear) struct buffer

static bool buffer_grow(struct buffer *buffer)
{
    size_t size = buffer->size ? 2 * buffer->size : ENTRY_FIRST;
    char *data = size <= ENTRY_MAX ? realloc(buffer->data, size) : NULL;
    if (!data)
        return false;
    *buffer = (struct buffer){data, size};
    return true;
}

/* Asks again with more room, as long as it is too little. 1 and the entry; 0: there is none; -ENOMEM. A file's position is
 * then before the entry again. */
#define READ_ENTRY(buffer, call)                                                                                       \
    __extension__({                                                                                                    \
        int read_r = (buffer)->size ? (call) : ERANGE;                                                                 \
        while (read_r == ERANGE && buffer_grow(buffer))                                                                \
            read_r = (call);                                                                                           \
        read_r == ERANGE ? -ENOMEM : read_r == 0;                                                                      \
    })

static int next_user(FILE *file, struct buffer *buffer, struct passwd *ret)
{
    struct passwd *found;
    return file ? READ_ENTRY(buffer, fgetpwent_r(file, ret, buffer->data, buffer->size, &found)) : 0;
}

static int next_shadow(FILE *file, struct buffer *buffer, struct spwd *ret)
{
    struct spwd *found;
    return file ? READ_ENTRY(buffer, fgetspent_r(file, ret, buffer->data, buffer->size, &found)) : 0;
}

static int next_group(FILE *file, struct buffer *buffer, struct group *ret)
{
    struct group *found;
    return file ? READ_ENTRY(buffer, fgetgrent_r(file, ret, buffer->data, buffer->size, &found)) : 0;
}

static int named_user(const char *name, struct buffer *buffer, struct passwd *ret)
{
    struct passwd *found = NULL;
    int r = READ_ENTRY(buffer, getpwnam_r(name, ret, buffer->data, buffer->size, &found));
    return r > 0 && !found ? 0 : r;
}

static int named_group(const char *name, struct buffer *buffer, struct group *ret)
{
    struct group *found = NULL;
    int r = READ_ENTRY(buffer, getgrnam_r(name, ret, buffer->data, buffer->size, &found));
    return r > 0 && !found ? 0 : r;
}

/* ---- what both have ---- */

TRI_GET_MEMBER(get_name, struct account, set_string, name)
TRI_GET_MEMBER(get_is_local, struct account, set_boolean, is_local)

static void get_domain(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, tri_server_name());
}

static void get_caption(const void *row, struct tri_value *ret)
{
    char *text;
    if (asprintf(&text, "%s\\%s", tri_server_name(), account_of(row)->name) >= 0)
        tri_value_take_string(ret, text);
}

/* The authority that Samba has for accounts of Unix. */
static void get_sid(const void *row, struct tri_value *ret)
{
    char text[64];
    snprintf(text, sizeof text, "S-1-22-%d-%u", account_of(row)->is_group ? 2 : 1, account_of(row)->id);
    tri_value_set_string(ret, text);
}

static void get_sid_type(const void *row, struct tri_value *ret)
{
    enum { USER = 1, ALIAS = 4 }; /* Windows' local groups are aliases */
    tri_value_set_unsigned(ret, account_of(row)->is_group ? ALIAS : USER);
}

/* ---- Win32_UserAccount ---- */

enum { NEED_SHADOW = 1 };

static void get_full_name(const void *row, struct tri_value *ret)
{
    char text[1024];
    const char *gecos = account_of(row)->user->pw_gecos;
    snprintf(text, sizeof text, "%.*s", (int)strcspn(gecos ? gecos : "", ","), gecos ? gecos : "");
    tri_value_set_string(ret, text);
}

static bool is_locked(const struct account *account)
{
    return account->shadow && account->shadow->sp_pwdp && *account->shadow->sp_pwdp == '!';
}

/* Nobody can log in: no shell, or no password that could be right. */
static bool is_disabled(const struct account *account)
{
    const char *shell = account->user->pw_shell ? account->user->pw_shell : "";
    const char *base = strrchr(shell, '/');
    if (base && (strcmp(base, "/nologin") == 0 || strcmp(base, "/false") == 0))
        return true;
    return is_locked(account);
}

static void get_disabled(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, is_disabled(account_of(row)));
}

static void get_status(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, is_disabled(account_of(row)) ? "Degraded" : "OK");
}

static void get_lockout(const void *row, struct tri_value *ret)
{
    if (account_of(row)->shadow)
        tri_value_set_boolean(ret, is_locked(account_of(row)));
}

static void get_password_required(const void *row, struct tri_value *ret)
{
    const struct account *account = row;
    const char *password = account->shadow ? account->shadow->sp_pwdp : account->user->pw_passwd;
    tri_value_set_boolean(ret, !password || *password);
}

static void get_password_expires(const void *row, struct tri_value *ret)
{
    enum { NEVER_DAYS = 99999 }; /* what useradd writes */
    const struct spwd *shadow = account_of(row)->shadow;
    if (shadow)
        tri_value_set_boolean(ret, shadow->sp_max >= 0 && shadow->sp_max < NEVER_DAYS);
}

TRI_GET_CONSTANT(get_normal, 512)

static const struct tri_field user_fields[] = {
    {"Name", 0, get_name},
    {"Domain", 0, get_domain},
    {"Caption", 0, get_caption},
    {"Description", 0, get_full_name},
    {"Status", NEED_SHADOW, get_status},
    {"LocalAccount", 0, get_is_local},
    {"SID", 0, get_sid},
    {"SIDType", 0, get_sid_type},
    {"AccountType", 0, get_normal},
    {"Disabled", NEED_SHADOW, get_disabled},
    {"FullName", 0, get_full_name},
    {"Lockout", NEED_SHADOW, get_lockout},
    {"PasswordChangeable", 0, tri_get_true},
    {"PasswordExpires", NEED_SHADOW, get_password_expires},
    {"PasswordRequired", NEED_SHADOW, get_password_required},
};

/* The entry of a user in the shadow file, which only root may read. */
static bool find_shadow(const char *name, struct buffer *buffer, struct spwd *ret)
{
    AUTO_FILE file = fopen("/etc/shadow", "re");
    while (next_shadow(file, buffer, ret) > 0)
        if (strcmp(ret->sp_namp, name) == 0)
            return true;
    return false;
}

struct visiting {
    struct tri_scan *scan;
    struct buffer shadow;
    int (*visit)(struct visiting *visiting, const struct passwd *user, bool is_local);
};

static int visit_user(struct visiting *visiting, const struct passwd *user, bool is_local)
{
    struct spwd shadow;
    struct account row = {.name = user->pw_name, .id = user->pw_uid, .is_local = is_local, .user = user};
    if (is_local && (tri_scan_needs(visiting->scan) & NEED_SHADOW) &&
        find_shadow(user->pw_name, &visiting->shadow, &shadow))
        row.shadow = &shadow;
    return tri_scan_row(visiting->scan, &row);
}

/* A user that no local file has, where the question names one. */
static int visit_remote_user(struct visiting *visiting, const char *name, struct buffer *buffer)
{
    struct passwd entry;
    int r = named_user(name, buffer, &entry);
    return r > 0 ? visiting->visit(visiting, &entry, false) : r;
}

static int visit_local_users(struct visiting *visiting, const char *name, struct buffer *buffer, bool *ret_found)
{
    AUTO_FILE file = fopen("/etc/passwd", "re");
    struct passwd entry;
    int r = 0, is_there = 0;
    while (r == 0 && !*ret_found && !tri_scan_stopped(visiting->scan) &&
           (is_there = next_user(file, buffer, &entry)) > 0) {
        if (name && !tri_name_equal(entry.pw_name, name))
            continue;
        *ret_found = name && strcmp(entry.pw_name, name) == 0;
        r = visiting->visit(visiting, &entry, true);
    }
    return is_there < 0 ? is_there : r;
}

static int visit_users(struct visiting *visiting, const char *name, struct tri_error *error)
{
    AUTO_BUFFER buffer = {0};
    bool was_found = false;
    int r = visit_local_users(visiting, name, &buffer, &was_found);
    if (r == 0 && name && !was_found)
        r = visit_remote_user(visiting, name, &buffer);
    buffer_clear(&visiting->shadow);
    return r == -ENOMEM ? tri_error_no_memory(error) : r;
}

static const char *demanded_text(const struct tri_scan *scan, const char *property)
{
    const struct tri_value *value = tri_scan_equals(scan, property);
    return value && value->is_set && value->type == TRI_CIM_STRING ? value->string : NULL;
}

static int scan_users(struct tri_scan *scan, struct tri_error *error)
{
    return visit_users(&(struct visiting){.scan = scan, .visit = visit_user}, demanded_text(scan, "Name"), error);
}

/* ---- Win32_Group ---- */

static const struct tri_field group_fields[] = {
    {"Name", 0, get_name},        {"Domain", 0, get_domain},    {"Caption", 0, get_caption},
    {"Description", 0, get_name}, {"Status", 0, tri_get_ok},    {"LocalAccount", 0, get_is_local},
    {"SID", 0, get_sid},          {"SIDType", 0, get_sid_type},
};

typedef int visit_group(struct tri_scan *scan, const struct group *group, bool is_local);

static int visit_plain_group(struct tri_scan *scan, const struct group *group, bool is_local)
{
    return tri_scan_row(
        scan, &(struct account){.name = group->gr_name, .id = group->gr_gid, .is_group = true, .is_local = is_local});
}

static int visit_groups(struct tri_scan *scan, visit_group *visit, struct tri_error *error)
{
    AUTO_BUFFER buffer = {0};
    AUTO_FILE file = fopen("/etc/group", "re");
    struct group entry;
    int r = 0, is_there = 0;
    while (r == 0 && !tri_scan_stopped(scan) && (is_there = next_group(file, &buffer, &entry)) > 0)
        r = visit(scan, &entry, true);
    return r == -ENOMEM || is_there < 0 ? tri_error_no_memory(error) : r;
}

static bool has_local_group(const char *name)
{
    AUTO_BUFFER buffer = {0};
    AUTO_FILE file = fopen("/etc/group", "re");
    struct group entry;
    while (next_group(file, &buffer, &entry) > 0)
        if (strcmp(entry.gr_name, name) == 0)
            return true;
    return false;
}

static int scan_groups(struct tri_scan *scan, struct tri_error *error)
{
    const char *name = demanded_text(scan, "Name");
    int r = visit_groups(scan, visit_plain_group, error);
    if (r != 0 || !name || has_local_group(name))
        return r;
    AUTO_BUFFER buffer = {0};
    struct group entry;
    r = named_group(name, &buffer, &entry);
    return r < 0 ? tri_error_no_memory(error) : r > 0 ? visit_plain_group(scan, &entry, false) : 0;
}

/* ---- Win32_GroupUser, Win32_SystemUsers ---- */

/* \\HOST\root\cimv2:Win32_Group.Domain="HOST",Name="wheel" */
static void set_account(struct tri_value *ret, const char *class_name, const char *name)
{
    struct tri_text text = {0};
    char *path;
    tri_text_printf(&text, "\\\\%s\\root\\cimv2:%s.Domain=", tri_server_name(), class_name);
    tri_text_quote_path(&text, tri_server_name(), false);
    tri_text_puts(&text, ",Name=");
    tri_text_quote_path(&text, name, false);
    if (tri_text_take(&text, &path) == 0)
        tri_value_take_string(ret, path);
}

static void get_group(const void *row, struct tri_value *ret)
{
    set_account(ret, "Win32_Group", account_of(row)->name);
}

static void get_member(const void *row, struct tri_value *ret)
{
    set_account(ret, "Win32_UserAccount", account_of(row)->member);
}

static const struct tri_field member_fields[] = {{"GroupComponent", 0, get_group}, {"PartComponent", 0, get_member}};

static bool is_named(const struct group *group, const char *user)
{
    for (char **member = group->gr_mem; *member; member++)
        if (strcmp(*member, user) == 0)
            return true;
    return false;
}

/* Those that the group names, and those whose first group it is. */
static int visit_members(struct tri_scan *scan, const struct group *group, bool is_local)
{
    struct account row = {.name = group->gr_name, .id = group->gr_gid, .is_group = true};
    int r = 0;
    for (char **member = group->gr_mem; r == 0 && *member; member++) {
        row.member = *member;
        r = tri_scan_row(scan, &row);
    }
    AUTO_BUFFER buffer = {0};
    AUTO_FILE file = r == 0 ? fopen("/etc/passwd", "re") : NULL;
    struct passwd entry;
    int is_there = 0;
    while (r == 0 && (is_there = next_user(file, &buffer, &entry)) > 0)
        if (entry.pw_gid == group->gr_gid && !is_named(group, entry.pw_name)) {
            row.member = entry.pw_name;
            r = tri_scan_row(scan, &row);
        }
    return is_there < 0 ? is_there : r;
}

static int scan_members(struct tri_scan *scan, struct tri_error *error)
{
    return visit_groups(scan, visit_members, error);
}

static const struct tri_field system_user_fields[] = {
    {"GroupComponent", 0, tri_get_this_computer},
    {"PartComponent", 0, get_member},
};

static int visit_system_user(struct visiting *visiting, const struct passwd *user, bool is_local)
{
    return tri_scan_row(visiting->scan, &(struct account){.member = user->pw_name});
}

static int scan_system_users(struct tri_scan *scan, struct tri_error *error)
{
    return visit_users(&(struct visiting){.scan = scan, .visit = visit_system_user}, NULL, error);
}

/* ---- Win32_LogonSession, Win32_LoggedOnUser ---- */

struct session {
    const char *id;
};

static const struct session *session_of(const void *row)
{
    return row;
}

TRI_GET_MEMBER(get_session_id, struct session, set_string, id)

/* Windows' numbers: at the machine, over the network, for a service. */
static void get_logon_type(const void *row, struct tri_value *ret)
{
    enum { INTERACTIVE = 2, SERVICE = 5, REMOTE = 10 };
    TRI_AUTO_FREE char *class = NULL;
    if (sd_session_is_remote(session_of(row)->id) > 0)
        tri_value_set_unsigned(ret, REMOTE);
    else if (sd_session_get_class(session_of(row)->id, &class) >= 0)
        tri_value_set_unsigned(ret,
                               strcmp(class, "user") == 0 || strcmp(class, "greeter") == 0 ? INTERACTIVE : SERVICE);
}

static void get_package(const void *row, struct tri_value *ret)
{
    TRI_AUTO_FREE char *service = NULL;
    if (sd_session_get_service(session_of(row)->id, &service) >= 0)
        tri_value_set_string(ret, service);
}

static void get_session_user(const void *row, struct tri_value *ret)
{
    uid_t uid;
    struct passwd entry, *found = NULL;
    char buffer[4096];
    if (sd_session_get_uid(session_of(row)->id, &uid) >= 0 &&
        getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) == 0 && found)
        set_account(ret, "Win32_UserAccount", found->pw_name);
}

static void get_session(const void *row, struct tri_value *ret)
{
    tri_set_reference(ret, "Win32_LogonSession.LogonId", session_of(row)->id);
}

static const struct tri_field session_fields[] = {
    {"LogonId", 0, get_session_id},     {"Name", 0, get_session_id}, {"Caption", 0, get_session_id},
    {"Description", 0, get_session_id}, {"Status", 0, tri_get_ok},   {"AuthenticationPackage", 0, get_package},
    {"LogonType", 0, get_logon_type},
};

static const struct tri_field logged_on_fields[] = {{"Antecedent", 0, get_session_user}, {"Dependent", 0, get_session}};

static int scan_sessions(struct tri_scan *scan, struct tri_error *error)
{
    char **sessions = NULL;
    int count = sd_get_sessions(&sessions), r = 0;
    for (int i = 0; i < count; i++) {
        if (r == 0)
            r = tri_scan_row(scan, &(struct session){.id = sessions[i]});
        free(sessions[i]);
    }
    free(sessions);
    return r; /* without logind there are no sessions */
}

/* ---- the tables ---- */

static TRI_PROVIDED_CLASS(user_account, "Win32_UserAccount", user_fields, scan_users);
static TRI_PROVIDED_CLASS(group_account, "Win32_Group", group_fields, scan_groups);
static TRI_PROVIDED_CLASS(group_user, "Win32_GroupUser", member_fields, scan_members);
static TRI_PROVIDED_CLASS(system_users, "Win32_SystemUsers", system_user_fields, scan_system_users);
static TRI_PROVIDED_CLASS(logon_session, "Win32_LogonSession", session_fields, scan_sessions);
static TRI_PROVIDED_CLASS(logged_on_user, "Win32_LoggedOnUser", logged_on_fields, scan_sessions);

const struct tri_provided_class *const tri_provider_account[] = {
    &user_account, &group_account, &group_user, &system_users, &logon_session, &logged_on_user, NULL,
};
