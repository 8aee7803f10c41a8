#include "management/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum { ROOM_FIRST = 64 };

/* Where `size` more bytes and a NUL fit; NULL: no memory, now or before. */
static char *grow(struct tri_text *text, size_t size)
{
    if (text->has_failed)
        return NULL;
    size_t needed;
    if (__builtin_add_overflow(text->length, size + 1, &needed) || needed > SIZE_MAX / 4)
        text->has_failed = true;
    else if (needed > text->room) {
        size_t room = needed > ROOM_FIRST / 2 ? needed * 2 : ROOM_FIRST;
        char *data = realloc(text->data, room);
        text->has_failed = !data;
        if (data) {
            text->data = data;
            text->room = room;
        }
    }
    return text->has_failed ? NULL : text->data + text->length;
}

void tri_text_add(struct tri_text *text, const char *bytes, size_t size)
{
    char *to = grow(text, size);
    if (!to)
        return;
    memcpy(to, bytes, size);
    text->length += size;
}

void tri_text_puts(struct tri_text *text, const char *string)
{
    tri_text_add(text, string, strlen(string));
}

void tri_text_printf(struct tri_text *text, const char *format, ...)
{
    char line[128];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (length >= 0 && (size_t)length < sizeof line) {
        tri_text_add(text, line, (size_t)length);
        return;
    }
    char *to = length < 0 ? NULL : grow(text, (size_t)length);
    if (!to)
        return;
    va_start(args, format);
    vsnprintf(to, (size_t)length + 1, format, args);
    va_end(args);
    text->length += (size_t)length;
}

void tri_text_unsigned(struct tri_text *text, uint64_t number)
{
    char digits[20], *at = digits + sizeof digits;
    do
        *--at = (char)('0' + number % 10);
    while (number /= 10);
    tri_text_add(text, at, (size_t)(digits + sizeof digits - at));
}

void tri_text_signed(struct tri_text *text, int64_t number)
{
    if (number < 0)
        tri_text_add(text, "-", 1);
    tri_text_unsigned(text, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

/* The letter behind the backslash, or 0. */
static char mof_escape(char c)
{
    switch (c) {
    case '\\':
    case '"':
        return c;
    case '\n':
        return 'n';
    case '\t':
        return 't';
    case '\r':
        return 'r';
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    default:
        return 0;
    }
}

void tri_text_quote_mof(struct tri_text *text, const char *string)
{
    tri_text_add(text, "\"", 1);
    for (const char *from = string; *from;) {
        const char *to = from;
        while ((unsigned char)*to >= ' ' && *to != '\\' && *to != '"')
            to++;
        tri_text_add(text, from, (size_t)(to - from));
        if (!*to)
            break;
        char letter = mof_escape(*to);
        if (letter)
            tri_text_printf(text, "\\%c", letter);
        else
            tri_text_printf(text, "\\x%04x", (unsigned)(unsigned char)*to);
        from = to + 1;
    }
    tri_text_add(text, "\"", 1);
}

static void quote_path(struct tri_text *text, const char *string)
{
    tri_text_add(text, "\"", 1);
    for (const char *from = string; *from;) {
        size_t plain = strcspn(from, "\\\"");
        tri_text_add(text, from, plain);
        from += plain;
        if (*from) {
            char escaped[] = {'\\', *from++};
            tri_text_add(text, escaped, sizeof escaped);
        }
    }
    tri_text_add(text, "\"", 1);
}

void tri_text_quote_path(struct tri_text *text, const char *string, bool folded)
{
    if (!folded) {
        quote_path(text, string);
        return;
    }
    struct tri_text lower = {0};
    TRI_AUTO_FREE char *owned = NULL;
    tri_text_folded(&lower, string);
    if (tri_text_take(&lower, &owned) < 0)
        text->has_failed = true;
    else
        quote_path(text, owned);
}

int tri_text_take(struct tri_text *text, char **ret)
{
    char *end = grow(text, 0);
    if (!end) {
        tri_text_clear(text);
        return -ENOMEM;
    }
    *end = 0;
    *ret = text->data;
    *text = (struct tri_text){0};
    return 0;
}

void tri_text_clear(struct tri_text *text)
{
    free(text->data);
    *text = (struct tri_text){0};
}
