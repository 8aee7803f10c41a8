#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trireme.h>

#include "output.h"

void tri_freep(void *p)
{
    free(*(void **)p);
}

void tri_no_memory(void)
{
    fputs("trireme: out of memory\n", stderr);
    exit(TRI_EXIT_FAILED);
}

void *tri_checked(void *p)
{
    if (!p)
        tri_no_memory();
    return p;
}

PWSTR tri_wide(const char *text)
{
    return tri_checked(trireme_utf16_from_utf8(text));
}

PWSTR tri_wide_document(json_t *document)
{
    TRI_AUTO_FREE char *text = tri_checked(json_dumps(document, JSON_COMPACT));

    json_decref(document);
    return tri_wide(text);
}

json_t *tri_document(PWSTR text)
{
    if (!text)
        return NULL;
    TRI_AUTO_FREE char *bytes = tri_checked(trireme_utf8_from_utf16(text));
    LocalFree(text);
    return json_loads(bytes, JSON_DECODE_ANY, NULL);
}

static const json_t *member(const json_t *document, const char *path)
{
    while (document && *path) {
        size_t length = strcspn(path, ".");
        document = json_object_getn(document, path, length);
        path += length + (path[length] == '.');
    }
    return document;
}

const char *tri_member_text(const json_t *document, const char *path)
{
    const char *text = json_string_value(member(document, path));

    return text ? text : "";
}

uint64_t tri_member_number(const json_t *document, const char *path)
{
    return (uint64_t)json_integer_value(member(document, path));
}
