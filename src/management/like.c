/* LIKE: a pattern is walked once, going back to the last % where a character does not fit. So the work is at most the product
 * of the lengths, whatever the pattern. */
#include <string.h>

#include "management/query.h"
#include "management/text.h"

typedef const unsigned char *position;

/* The end of the set that begins behind "[", or NULL: the bracket stands for itself. last: the pattern's last "]", or
 * NULL; where there is none ahead, nobody looks for it again and again. */
static position set_end(position set, position last)
{
    if (!last || set > last)
        return NULL;
    if (*set == '^')
        set++;
    return (position)strchr((const char *)set, ']');
}

/* Does the set [...] at *pattern have the character? *pattern moves behind it. */
static bool is_in_set(position *pattern, position end, uint32_t character)
{
    position at = *pattern;
    bool is_negated = *at == '^', found = false;
    at += is_negated;
    while (at < end) {
        uint32_t first = tri_text_next_folded(&at), last = first;
        if (at + 1 < end && *at == '-') {
            at++;
            last = tri_text_next_folded(&at);
        }
        found |= first <= character && character <= last;
    }
    *pattern = end + 1;
    return found != is_negated;
}

/* One character of the text against one of the pattern; both move on. */
static bool fits(position *text, position *pattern, position last)
{
    uint32_t character = tri_text_next_folded(text);
    if (**pattern == '_') {
        ++*pattern;
        return true;
    }
    position end = **pattern == '[' ? set_end(*pattern + 1, last) : NULL;
    if (!end)
        return **pattern && tri_text_next_folded(pattern) == character;
    ++*pattern;
    return is_in_set(pattern, end, character);
}

bool tri_like(const char *text, const char *pattern)
{
    position at = (position)text, part = (position)pattern;
    position last = (position)strrchr(pattern, ']');
    position retry_at = NULL, retry_part = NULL; /* behind the last % */
    while (*at || *part) {
        if (*part == '%') {
            retry_part = ++part;
            retry_at = at;
            continue;
        }
        if (*at && fits(&at, &part, last))
            continue;
        if (!retry_part || !*retry_at)
            return false;
        tri_text_next_folded(&retry_at);
        at = retry_at;
        part = retry_part;
    }
    return true;
}
