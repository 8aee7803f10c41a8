/* Time zones and clocks, the environment, swap; and the list of what system.h names. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "management/providers/host.h"
#include "management/providers/proc.h"
#include "management/providers/system.h"

/* ---- Win32_LocalTime, Win32_UTCTime ---- */

struct clock {
    struct tm tm;
    unsigned ms;
};

static const struct clock *clock_of(const void *row)
{
    return row;
}

TRI_GET_MEMBER(get_day, struct clock, set_signed, tm.tm_mday)
TRI_GET_MEMBER(get_day_of_week, struct clock, set_signed, tm.tm_wday)
TRI_GET_MEMBER(get_hour, struct clock, set_signed, tm.tm_hour)
TRI_GET_MEMBER(get_ms, struct clock, set_unsigned, ms)
TRI_GET_MEMBER(get_minute, struct clock, set_signed, tm.tm_min)
TRI_GET_MEMBER(get_month, struct clock, set_signed, tm.tm_mon + 1)
TRI_GET_MEMBER(get_quarter, struct clock, set_signed, tm.tm_mon / 3 + 1)
TRI_GET_MEMBER(get_second, struct clock, set_signed, tm.tm_sec)
TRI_GET_MEMBER(get_year, struct clock, set_signed, tm.tm_year + 1900)

/* Weeks begin on Sunday. */
static void get_week(const void *row, struct tri_value *ret)
{
    const struct tm *tm = &clock_of(row)->tm;
    int first = (tm->tm_wday - (tm->tm_mday - 1) % 7 + 7) % 7; /* the day of the week that the month began with */
    tri_value_set_signed(ret, (tm->tm_mday - 1 + first) / 7 + 1);
}

static const struct tri_field clock_fields[] = {
    {"Day", 0, get_day},         {"DayOfWeek", 0, get_day_of_week}, {"Hour", 0, get_hour},
    {"Milliseconds", 0, get_ms}, {"Minute", 0, get_minute},         {"Month", 0, get_month},
    {"Quarter", 0, get_quarter}, {"Second", 0, get_second},         {"WeekInMonth", 0, get_week},
    {"Year", 0, get_year},
};

static int scan_clock(struct tri_scan *scan, struct tm *convert(const time_t *, struct tm *), struct tri_error *error)
{
    struct timespec now;
    struct clock clock;
    clock_gettime(CLOCK_REALTIME, &now);
    clock.ms = (unsigned)(now.tv_nsec / (long)TRI_NS_PER_MS);
    if (!convert(&now.tv_sec, &clock.tm))
        return tri_error_set(error, -EOVERFLOW, NULL, "The clock shows a year that has no date.");
    return tri_scan_row(scan, &clock);
}

static int scan_local_time(struct tri_scan *scan, struct tri_error *error)
{
    return scan_clock(scan, localtime_r, error);
}

static int scan_utc_time(struct tri_scan *scan, struct tri_error *error)
{
    return scan_clock(scan, gmtime_r, error);
}

/* ---- Win32_TimeZone ---- */

/* When the clock changes, as Windows tells it: "the third hour of the last Sunday of March". */
struct change {
    bool is_there;
    struct tm before; /* the local time at which it changes, by the clock that is changed */
};

struct time_zone {
    long standard_s, daylight_s; /* east of UTC */
    char standard_name[64], daylight_name[64];
    struct change to_standard, to_daylight;
};

static const struct time_zone *zone_of(const void *row)
{
    return row;
}

/* The second at which the offset changes, between two moments with different ones. */
static time_t find_change(time_t from, time_t to)
{
    struct tm tm;
    localtime_r(&from, &tm);
    long before = tm.tm_gmtoff;
    while (to - from > 1) {
        time_t middle = from + (to - from) / 2;
        localtime_r(&middle, &tm);
        if (tm.tm_gmtoff == before)
            from = middle;
        else
            to = middle;
    }
    return to;
}

static void note_change(struct time_zone *zone, time_t at, long before_s, bool to_daylight)
{
    time_t by_old_clock = at + before_s;
    struct change *change = to_daylight ? &zone->to_daylight : &zone->to_standard;
    gmtime_r(&by_old_clock, &change->before);
    change->is_there = true;
}

static void note_names(struct time_zone *zone, const struct tm *tm)
{
    if (tm->tm_isdst > 0) {
        zone->daylight_s = tm->tm_gmtoff;
        snprintf(zone->daylight_name, sizeof zone->daylight_name, "%s", tm->tm_zone);
    } else {
        zone->standard_s = tm->tm_gmtoff;
        snprintf(zone->standard_name, sizeof zone->standard_name, "%s", tm->tm_zone);
    }
}

/* Looks at every day of this year; the C library knows the rules, but does not tell them. */
static void read_zone(struct time_zone *zone)
{
    enum { DAY_S = 86400, DAYS = 366 };
    struct tm tm, next;
    time_t now = time(NULL);
    localtime_r(&now, &tm);
    time_t day = now - tm.tm_yday * (time_t)DAY_S;
    localtime_r(&day, &tm);
    for (int i = 0; i < DAYS; i++, day += DAY_S, tm = next) {
        time_t tomorrow = day + DAY_S;
        localtime_r(&tomorrow, &next);
        note_names(zone, &tm);
        if (next.tm_gmtoff != tm.tm_gmtoff && next.tm_isdst != tm.tm_isdst)
            note_change(zone, find_change(day, tomorrow), tm.tm_gmtoff, next.tm_isdst > 0);
    }
    if (!zone->standard_name[0]) /* a place with daylight time all the year */
        snprintf(zone->standard_name, sizeof zone->standard_name, "%s", zone->daylight_name);
    if (!zone->daylight_name[0]) {
        zone->daylight_s = zone->standard_s;
        snprintf(zone->daylight_name, sizeof zone->daylight_name, "%s", zone->standard_name);
    }
}

static void get_caption(const void *row, struct tri_value *ret)
{
    long minutes = zone_of(row)->standard_s / 60, size = minutes < 0 ? -minutes : minutes;
    char text[128];
    snprintf(text, sizeof text, "(UTC%c%02ld:%02ld) %s", minutes < 0 ? '-' : '+', size / 60, size % 60,
             zone_of(row)->standard_name);
    tri_value_set_string(ret, text);
}

TRI_GET_MEMBER(get_bias, struct time_zone, set_signed, standard_s / 60)
TRI_GET_MEMBER(get_standard_name, struct time_zone, set_string, standard_name)
TRI_GET_MEMBER(get_daylight_name, struct time_zone, set_string, daylight_name)

/* What is added to the bias, by Windows' sign: minus an hour in summer. */
static void get_daylight_bias(const void *row, struct tri_value *ret)
{
    tri_value_set_signed(ret, -(zone_of(row)->daylight_s - zone_of(row)->standard_s) / 60);
}

/* Which of the month's weekdays of that name; 5: the last. */
static int occurrence(const struct tm *tm)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return tm->tm_mday + 7 > days[tm->tm_mon] ? 5 : (tm->tm_mday - 1) / 7 + 1;
}

#define GET_CHANGE(function, which, expression)                                                                        \
    static void function(const void *row, struct tri_value *ret)                                                       \
    {                                                                                                                  \
        const struct change *change = &zone_of(row)->which;                                                            \
        const struct tm *tm = &change->before;                                                                         \
        tri_value_set_signed(ret, change->is_there ? (expression) : 0);                                                \
    }

GET_CHANGE(get_daylight_day, to_daylight, occurrence(tm))
GET_CHANGE(get_daylight_weekday, to_daylight, tm->tm_wday)
GET_CHANGE(get_daylight_hour, to_daylight, tm->tm_hour)
GET_CHANGE(get_daylight_minute, to_daylight, tm->tm_min)
GET_CHANGE(get_daylight_month, to_daylight, tm->tm_mon + 1)
GET_CHANGE(get_standard_day, to_standard, occurrence(tm))
GET_CHANGE(get_standard_weekday, to_standard, tm->tm_wday)
GET_CHANGE(get_standard_hour, to_standard, tm->tm_hour)
GET_CHANGE(get_standard_minute, to_standard, tm->tm_min)
GET_CHANGE(get_standard_month, to_standard, tm->tm_mon + 1)

static const struct tri_field zone_fields[] = {
    {"Caption", 0, get_caption},
    {"Description", 0, get_caption},
    {"Bias", 0, get_bias},
    {"DaylightBias", 0, get_daylight_bias},
    {"DaylightDay", 0, get_daylight_day},
    {"DaylightDayOfWeek", 0, get_daylight_weekday},
    {"DaylightHour", 0, get_daylight_hour},
    {"DaylightMillisecond", 0, tri_get_zero},
    {"DaylightMinute", 0, get_daylight_minute},
    {"DaylightMonth", 0, get_daylight_month},
    {"DaylightName", 0, get_daylight_name},
    {"DaylightSecond", 0, tri_get_zero},
    {"DaylightYear", 0, tri_get_zero},
    {"StandardBias", 0, tri_get_zero},
    {"StandardDay", 0, get_standard_day},
    {"StandardDayOfWeek", 0, get_standard_weekday},
    {"StandardHour", 0, get_standard_hour},
    {"StandardMillisecond", 0, tri_get_zero},
    {"StandardMinute", 0, get_standard_minute},
    {"StandardMonth", 0, get_standard_month},
    {"StandardName", 0, get_standard_name},
    {"StandardSecond", 0, tri_get_zero},
    {"StandardYear", 0, tri_get_zero},
};

static int scan_zone(struct tri_scan *scan, struct tri_error *error)
{
    struct time_zone zone = {0};
    read_zone(&zone);
    return tri_scan_row(scan, &zone);
}

/* ---- Win32_Environment ---- */

struct variable {
    const char *name, *value, *user;
    bool is_system;
};

enum { ENVIRONMENT_MAX = 4 << 20 };

TRI_GET_MEMBER(get_variable_name, struct variable, set_string, name)
TRI_GET_MEMBER(get_variable_value, struct variable, set_string, value)
TRI_GET_MEMBER(get_variable_user, struct variable, set_string, user)
TRI_GET_MEMBER(get_variable_system, struct variable, set_boolean, is_system)

static void get_variable_caption(const void *row, struct tri_value *ret)
{
    const struct variable *variable = row;
    char *text;
    if (asprintf(&text, "%s\\%s", variable->user, variable->name) >= 0)
        tri_value_take_string(ret, text);
}

static const struct tri_field environment_fields[] = {
    {"Name", 0, get_variable_name},
    {"UserName", 0, get_variable_user},
    {"Caption", 0, get_variable_caption},
    {"Description", 0, get_variable_caption},
    {"Status", 0, tri_get_ok},
    {"SystemVariable", 0, get_variable_system},
    {"VariableValue", 0, get_variable_value},
};

/* Without the blanks and the quotes around the value, and without what follows a #; as pam_env reads the file. */
static char *trim_assignment(char *line)
{
    static const char exported[] = "export ", blanks[] = " \t\r";
    line += strspn(line, blanks);
    if (strncmp(line, exported, sizeof exported - 1) == 0)
        line += sizeof exported - 1;
    size_t length = strcspn(line, "#");
    while (length > 0 && strchr(blanks, line[length - 1]))
        length--;
    line[length] = 0;
    char *value = strchr(line, '=');
    if (!value || (value[1] != '"' && value[1] != '\''))
        return line;
    value++;
    size_t left = strlen(value + 1);
    if (left > 0 && strchr("\"'", value[left]))
        left--;
    memmove(value, value + 1, left);
    value[left] = 0;
    return line;
}

size_t tri_environment_of_file(char *text)
{
    char *to = text;
    for (char *line = text, *next; line; line = next) {
        if ((next = strchr(line, '\n')))
            *next++ = 0;
        line = trim_assignment(line);
        size_t size = strlen(line) + 1;
        memmove(to, line, size);
        to += size;
    }
    return (size_t)(to - text);
}

static bool has_name(const char *list, const char *end, const char *assignment, size_t name_size)
{
    for (; list < end; list += strlen(list) + 1)
        if (strncmp(list, assignment, name_size) == 0)
            return true;
    return false;
}

size_t tri_environment_settle(char *list, size_t size)
{
    char *to = list;
    for (char *at = list, *next; at < list + size; at = next) {
        size_t length = strlen(at), name = strcspn(at, "=");
        next = at + length + 1;
        if (name == 0 || name == length || has_name(list, to, at, name + 1))
            continue;
        memmove(to, at, length + 1);
        to += length + 1;
    }
    return (size_t)(to - list);
}

/* A list of NAME=value, each ended by a NUL; it is changed. */
static int scan_variables(struct tri_scan *scan, char *list, size_t size, struct variable *row)
{
    int r = 0;
    char *end = list + tri_environment_settle(list, size);
    for (char *at = list, *next; r == 0 && at < end; at = next) {
        next = at + strlen(at) + 1;
        row->name = strsep(&at, "=");
        row->value = at;
        r = tri_scan_row(scan, row);
    }
    return r;
}

/* The system's is a file; the user's is what this program was started with (what it changed since is its own). */
static int scan_environment(struct tri_scan *scan, struct tri_error *error)
{
    TRI_AUTO_FREE char *system = NULL;
    TRI_AUTO_FREE char *own = NULL;
    size_t size;
    struct passwd entry, *found = NULL;
    char buffer[1024], user[1400];
    int r = 0;
    if (tri_file_read(AT_FDCWD, "/etc/environment", ENVIRONMENT_MAX, &system, NULL) == 0)
        r = scan_variables(scan, system, tri_environment_of_file(system),
                           &(struct variable){.user = "<SYSTEM>", .is_system = true});
    if (r != 0 || tri_file_read(AT_FDCWD, "/proc/self/environ", ENVIRONMENT_MAX, &own, &size) < 0)
        return r;
    if (getpwuid_r(geteuid(), &entry, buffer, sizeof buffer, &found) != 0 || !found)
        snprintf(user, sizeof user, "%s\\%u", tri_server_name(), (unsigned)geteuid());
    else
        snprintf(user, sizeof user, "%s\\%s", tri_server_name(), found->pw_name);
    return scan_variables(scan, own, size, &(struct variable){.user = user});
}

/* ---- Win32_PageFileUsage ---- */

struct swap {
    char name[512];
    uint64_t size_kib, used_kib;
};

enum { KIB_PER_MIB = 1024 };

TRI_GET_MEMBER(get_swap_name, struct swap, set_string, name)
TRI_GET_MEMBER(get_swap_size, struct swap, set_unsigned, size_kib / KIB_PER_MIB)
TRI_GET_MEMBER(get_swap_usage, struct swap, set_unsigned, used_kib / KIB_PER_MIB)

static const struct tri_field swap_fields[] = {
    {"Name", 0, get_swap_name},          {"Caption", 0, get_swap_name},
    {"Description", 0, get_swap_name},   {"AllocatedBaseSize", 0, get_swap_size},
    {"CurrentUsage", 0, get_swap_usage}, {"TempPageFile", 0, tri_get_false},
};

static int scan_swaps(struct tri_scan *scan, struct tri_error *error)
{
    TRI_AUTO_FREE char *text = NULL;
    int r = tri_file_read(AT_FDCWD, "/proc/swaps", 1 << 20, &text, NULL);
    if (r < 0)
        return r == -ENOENT ? 0
                            : tri_error_set(error, r, "/proc/swaps", "/proc/swaps cannot be read: %s.", strerror(-r));
    char *rest = NULL;
    strtok_r(text, "\n", &rest); /* the headings */
    for (char *line; r == 0 && (line = strtok_r(NULL, "\n", &rest));) {
        struct swap swap;
        if (sscanf(line, "%511s %*s %lu %lu", swap.name, &swap.size_kib, &swap.used_kib) != 3)
            continue;
        tri_proc_unescape(swap.name);
        r = tri_scan_row(scan, &swap);
    }
    return r;
}

/* ---- the tables ---- */

static TRI_PROVIDED_CLASS(local_time, "Win32_LocalTime", clock_fields, scan_local_time);
static TRI_PROVIDED_CLASS(utc_time, "Win32_UTCTime", clock_fields, scan_utc_time);
static TRI_PROVIDED_CLASS(time_zone, "Win32_TimeZone", zone_fields, scan_zone);
static TRI_PROVIDED_CLASS(environment, "Win32_Environment", environment_fields, scan_environment);
static TRI_PROVIDED_CLASS(page_file_usage, "Win32_PageFileUsage", swap_fields, scan_swaps);

const struct tri_provided_class *const tri_provider_system[] = {
    &tri_provided_operating_system,
    &tri_provided_system_operating_system,
    &tri_provided_computer_system,
    &tri_provided_computer_system_product,
    &local_time,
    &utc_time,
    &time_zone,
    &environment,
    &page_file_usage,
    NULL,
};
