#include "base/error.h"

#include "base/cleanup.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_filled(const struct tri_error *error)
{
    return error->code != 0;
}

static char *copy_or_null(const char *text)
{
    return text ? strdup(text) : NULL;
}

static char *format_or_null(const char *format, va_list args)
{
    char *text;
    return vasprintf(&text, format, args) < 0 ? NULL : text;
}

int tri_error_set(struct tri_error *error, int code, const char *where, const char *format, ...)
{
    if (!error || is_filled(error))
        return code;
    int saved = errno;
    va_list args;
    va_start(args, format);
    *error = (struct tri_error){.code = code, .text = format_or_null(format, args), .where = copy_or_null(where)};
    va_end(args);
    errno = saved;
    return code;
}

int tri_error_no_memory(struct tri_error *error)
{
    return tri_error_set(error, -ENOMEM, NULL, "Out of memory.");
}

void tri_error_detail(struct tri_error *error, const char *text)
{
    if (!error || !is_filled(error))
        return;
    char *copy = copy_or_null(text); /* before the free: text may be the old detail */
    free(error->detail);
    error->detail = copy;
}

void tri_error_move(struct tri_error *to, struct tri_error *from)
{
    assert(!is_filled(to));
    *to = *from;
    *from = (struct tri_error){0};
}

void tri_error_clear(struct tri_error *error)
{
    free(error->text);
    free(error->where);
    free(error->detail);
    *error = (struct tri_error){0};
}
