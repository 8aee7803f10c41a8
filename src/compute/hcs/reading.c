#include "compute/hcs/reading.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compute/hcs/document.h"

void tri_reading_fail(struct tri_reading *in, int code, const char *where, const char *problem)
{
    if (in->code == 0)
        in->code = tri_error_set(in->error, code, where, "%s%s%s.", where ? where : "", where ? " " : "", problem);
}

static void no_memory(struct tri_reading *in)
{
    tri_reading_fail(in, -ENOMEM, NULL, "No memory for what the document says");
}

char *tri_reading_copy(struct tri_reading *in, const char *text)
{
    if (!text || !*text)
        return NULL;
    char *copy = strdup(text);
    if (!copy)
        no_memory(in);
    return copy;
}

char *tri_reading_text(struct tri_reading *in, const json_t *object, const char *name)
{
    return tri_reading_copy(in, json_string_value(json_object_get(object, name)));
}

/* A backslash is an ordinary character in a Linux path; it separates only where a drive says who wrote it. */
char *tri_reading_path(struct tri_reading *in, const json_t *object, const char *name)
{
    const char *path = json_string_value(json_object_get(object, name));
    bool windows = path && isalpha((unsigned char)path[0]) && path[1] == ':';
    char *copy = tri_reading_copy(in, windows ? path + 2 : path);
    for (char *c = copy; windows && c && *c; c++)
        if (*c == '\\')
            *c = '/';
    return copy;
}

char **tri_reading_strings(struct tri_reading *in, const json_t *array)
{
    char **strings = calloc(json_array_size(array) + 1, sizeof(*strings));
    size_t index;
    json_t *value;
    json_array_foreach (array, index, value) {
        if (strings)
            strings[index] = strdup(json_string_value(value));
        if (!strings || !strings[index]) {
            tri_strings_free(strings);
            return no_memory(in), NULL;
        }
    }
    return strings;
}

bool tri_reading_flag(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

json_int_t tri_reading_integer(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}
