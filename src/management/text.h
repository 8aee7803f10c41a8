/* A text that grows. Appending never fails at once: where memory runs out, tri_text_take says so. */
#ifndef TRI_MANAGEMENT_TEXT_H
#define TRI_MANAGEMENT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed: empty. */
struct tri_text {
    char *data;
    size_t length, room;
    bool has_failed; /* no memory: what was appended since is lost */
};

void tri_text_add(struct tri_text *text, const char *bytes, size_t size);
void tri_text_puts(struct tri_text *text, const char *string);
void tri_text_printf(struct tri_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tri_text_unsigned(struct tri_text *text, uint64_t number); /* decimal */
void tri_text_signed(struct tri_text *text, int64_t number);
/* "...", with what is not a plain character escaped as MOF does it; or as a path does it (\\ and \" only), folded to lower
 * case or as it is. */
void tri_text_quote_mof(struct tri_text *text, const char *string);
void tri_text_quote_path(struct tri_text *text, const char *string, bool folded);
/* As names are compared (name.c): all of it; or the character at *text, which moves past it. */
void tri_text_folded(struct tri_text *text, const char *string);
uint32_t tri_text_next_folded(const unsigned char **text);

/* NUL-ended and the caller's from now on; the text is empty then. -ENOMEM: *ret is untouched. */
int tri_text_take(struct tri_text *text, char **ret);
void tri_text_clear(struct tri_text *text);

#endif
