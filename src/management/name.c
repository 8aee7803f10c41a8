/* Names are compared character by character, each folded to lower case by Unicode's simple mapping. Almost every name is
 * ASCII, so bytes below 0x80 never go to the library. */
#include <string.h>
#include <unicase.h>
#include <unistr.h>

#include "management/text.h"
#include "management/value.h"

enum { NAME_BYTES_MAX = 256 };

static inline unsigned char fold_ascii(unsigned char c)
{
    return (unsigned char)(c | ((unsigned)c - 'A' < 26) << 5);
}

/* The folded character at *text, which moves past it. Bytes that are not UTF-8 are all U+FFFD. */
uint32_t tri_text_next_folded(const unsigned char **text)
{
    if (**text < 0x80)
        return fold_ascii(*(*text)++);
    ucs4_t character;
    *text += u8_mbtouc(&character, *text, strnlen((const char *)*text, 6));
    return uc_tolower(uc_toupper(character));
}

int tri_name_compare(const char *a, const char *b)
{
    const unsigned char *x = (const unsigned char *)a, *y = (const unsigned char *)b;
    for (;;) {
        if ((*x | *y) < 0x80) {
            unsigned char p = fold_ascii(*x), q = fold_ascii(*y);
            if (p != q)
                return p < q ? -1 : 1;
            if (!p)
                return 0;
            x++, y++;
            continue;
        }
        ucs4_t p = tri_text_next_folded(&x), q = tri_text_next_folded(&y);
        if (p != q)
            return p < q ? -1 : 1;
    }
}

bool tri_name_equal(const char *a, const char *b)
{
    if (!a || !b)
        return a == b;
    return strcmp(a, b) == 0 || tri_name_compare(a, b) == 0; /* mostly they are spelled the same */
}

uint32_t tri_name_hash(const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const unsigned char *at = (const unsigned char *)name; *at;)
        hash = (hash ^ tri_text_next_folded(&at)) * 16777619u;
    return hash ^ hash >> 15;
}

void tri_text_folded(struct tri_text *text, const char *string)
{
    for (const unsigned char *at = (const unsigned char *)string; *at;) {
        char run[64];
        size_t length = 0;
        while (*at && *at < 0x80 && length < sizeof run)
            run[length++] = (char)fold_ascii(*at++);
        if (length < sizeof run && *at >= 0x80) {
            uint8_t bytes[6];
            int size = u8_uctomb(bytes, tri_text_next_folded(&at), sizeof bytes);
            tri_text_add(text, run, length);
            tri_text_add(text, (const char *)bytes, size > 0 ? (size_t)size : 0);
        } else
            tri_text_add(text, run, length);
    }
}

static bool starts_name(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c >= 0x80;
}

bool tri_name_valid(const char *name)
{
    if (!name || !starts_name((unsigned char)*name))
        return false;
    size_t length = strnlen(name, NAME_BYTES_MAX + 1);
    if (length > NAME_BYTES_MAX || u8_check((const uint8_t *)name, length))
        return false;
    for (const char *c = name; *c; c++)
        if (!starts_name((unsigned char)*c) && (*c < '0' || *c > '9'))
            return false;
    return true;
}
