/* CIM's datetime: a moment with its offset from UTC in minutes, or an interval, always of 25 characters. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "management/value.h"

enum { SECONDS_PER_MINUTE = 60, SECONDS_PER_DAY = 86400, NS_PER_MICROSECOND = 1000 };

/* A run of characters that is digits or, as a whole, asterisks. */
struct field {
    unsigned char at, length;
    unsigned minimum, maximum;
};

enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MICROSECOND, OFFSET, MOMENT_FIELDS };
static const struct field moment_fields[MOMENT_FIELDS] = {
    [YEAR] = {0, 4, 0, 9999},
    [MONTH] = {4, 2, 1, 12},
    [DAY] = {6, 2, 1, 31},
    [HOUR] = {8, 2, 0, 23},
    [MINUTE] = {10, 2, 0, 59},
    [SECOND] = {12, 2, 0, 59},
    [MICROSECOND] = {15, 6, 0, 999999},
    [OFFSET] = {22, 3, 0, 999},
};
static const struct field interval_fields[] = {
    {0, 8, 0, 99999999}, {8, 2, 0, 23}, {10, 2, 0, 59}, {12, 2, 0, 59}, {15, 6, 0, 999999}, {22, 3, 0, 0},
};
enum { INTERVAL_FIELDS = sizeof interval_fields / sizeof interval_fields[0] };
enum { POINT = 14, SIGN = 21 };

static bool is_wild(const char *text, const struct field *field)
{
    return strspn(text + field->at, "*") >= field->length;
}

static bool read_field(const char *text, const struct field *field, int *ret)
{
    unsigned number = 0;
    for (unsigned i = 0; i < field->length; i++) {
        unsigned digit = (unsigned)(unsigned char)text[field->at + i] - '0';
        if (digit > 9)
            return false;
        number = number * 10 + digit;
    }
    *ret = (int)number;
    return number >= field->minimum && number <= field->maximum;
}

static bool has_shape(const char *text)
{
    return strnlen(text, TRI_DATETIME_LENGTH + 1) == TRI_DATETIME_LENGTH && text[POINT] == '.';
}

static bool are_valid(const char *text, const struct field *fields, int count)
{
    int number;
    for (int i = 0; i < count; i++)
        if (!is_wild(text, &fields[i]) && !read_field(text, &fields[i], &number))
            return false;
    return true;
}

bool tri_datetime_valid(const char *text)
{
    if (!has_shape(text))
        return false;
    if (text[SIGN] == ':')
        return are_valid(text, interval_fields, INTERVAL_FIELDS);
    return (text[SIGN] == '+' || text[SIGN] == '-') && are_valid(text, moment_fields, MOMENT_FIELDS);
}

/* ---- reading ---- */

static int month_days(int year, int month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leaps = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leaps);
}

/* Days from 1970-01-01, in the calendar that is used today. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year; /* years that begin in March put the leap day last */
    int64_t era = (y >= 0 ? y : y - 399) / 400, year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

bool tri_datetime_parse(const char *text, struct timespec *ret_utc)
{
    int parts[MOMENT_FIELDS];
    if (!has_shape(text) || (text[SIGN] != '+' && text[SIGN] != '-'))
        return false;
    for (int i = 0; i < MOMENT_FIELDS; i++)
        if (!read_field(text, &moment_fields[i], &parts[i]))
            return false;
    if (parts[DAY] > month_days(parts[YEAR], parts[MONTH]))
        return false;
    int64_t seconds = days_of(parts[YEAR], parts[MONTH], parts[DAY]) * SECONDS_PER_DAY + parts[HOUR] * 3600 +
                      parts[MINUTE] * SECONDS_PER_MINUTE + parts[SECOND];
    int offset = parts[OFFSET] * SECONDS_PER_MINUTE;
    ret_utc->tv_sec = (time_t)(seconds - (text[SIGN] == '-' ? -offset : offset));
    ret_utc->tv_nsec = (long)parts[MICROSECOND] * NS_PER_MICROSECOND;
    return true;
}

/* A number of at most `digits` digits at *text, which moves past it. */
static bool read_number(const char **text, int digits, int *ret)
{
    const char *at = *text;
    int number = 0;
    while (at - *text < digits && *at >= '0' && *at <= '9')
        number = number * 10 + (*at++ - '0');
    bool found = at > *text && !(*at >= '0' && *at <= '9');
    *ret = number;
    *text = at;
    return found;
}

static bool skip(const char **text, char c)
{
    bool is_there = **text == c;
    *text += is_there;
    return is_there;
}

static bool read_date(const char **text, int *year, int *month, int *day)
{
    int first;
    if (!read_number(text, 4, &first))
        return false;
    if (skip(text, '-')) {
        *year = first;
        return read_number(text, 2, month) && skip(text, '-') && read_number(text, 2, day);
    }
    *month = first;
    return skip(text, '/') && read_number(text, 2, day) && skip(text, '/') && read_number(text, 4, year);
}

/* HH:MM[:SS[.mmm]]; a colon before the milliseconds is taken too, which is how WQL's own description writes it. */
static bool read_time(const char **text, struct tm *tm, long *ns)
{
    if (!read_number(text, 2, &tm->tm_hour) || !skip(text, ':') || !read_number(text, 2, &tm->tm_min))
        return false;
    if (!skip(text, ':'))
        return true;
    if (!read_number(text, 2, &tm->tm_sec))
        return false;
    if (!skip(text, '.') && !skip(text, ':'))
        return true;
    const char *start = *text;
    int fraction;
    if (!read_number(text, 6, &fraction))
        return false;
    *ns = fraction;
    for (long digits = *text - start; digits < 9; digits++)
        *ns *= 10;
    return true;
}

bool tri_datetime_parse_informal(const char *text, struct timespec *ret_utc)
{
    if (tri_datetime_parse(text, ret_utc))
        return true;
    struct tm tm = {.tm_isdst = -1};
    int year, month, day;
    long ns = 0;
    if (!read_date(&text, &year, &month, &day) || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
        return false;
    if ((skip(&text, ' ') || skip(&text, 'T')) && !read_time(&text, &tm, &ns))
        return false;
    if (*text || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59)
        return false;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    tm.tm_mday = day;
    ret_utc->tv_sec = mktime(&tm);
    ret_utc->tv_nsec = ns;
    return true;
}

/* ---- writing ---- */

static void write_digits(char *to, int count, uint64_t number)
{
    for (int i = count - 1; i >= 0; i--, number /= 10)
        to[i] = (char)('0' + number % 10);
}

void tri_datetime_print(const struct timespec *utc, char ret[TRI_DATETIME_LENGTH + 1])
{
    struct tm tm = {.tm_mday = 1};
    localtime_r(&utc->tv_sec, &tm);
    long minutes = tm.tm_gmtoff / SECONDS_PER_MINUTE;
    int year = tm.tm_year + 1900;
    write_digits(ret, 4, year < 0 ? 0 : year > 9999 ? 9999 : (uint64_t)year);
    write_digits(ret + 4, 2, (uint64_t)tm.tm_mon + 1);
    write_digits(ret + 6, 2, (uint64_t)tm.tm_mday);
    write_digits(ret + 8, 2, (uint64_t)tm.tm_hour);
    write_digits(ret + 10, 2, (uint64_t)tm.tm_min);
    write_digits(ret + 12, 2, (uint64_t)(tm.tm_sec > 59 ? 59 : tm.tm_sec));
    ret[POINT] = '.';
    write_digits(ret + 15, 6, (uint64_t)utc->tv_nsec / NS_PER_MICROSECOND);
    ret[SIGN] = minutes < 0 ? '-' : '+';
    write_digits(ret + 22, 3, (uint64_t)(minutes < 0 ? -minutes : minutes));
    ret[TRI_DATETIME_LENGTH] = 0;
}
