/* Reading a checked document into a spec. The first failure is kept and the rest goes on: a reader is a list of
 * assignments, and looks at the code once, at its end. The schema has checked types, so that what is absent, null or of
 * no interest reads as NULL, 0 or false. */
#ifndef TRI_COMPUTE_HCS_READING_H
#define TRI_COMPUTE_HCS_READING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct tri_reading {
    int code; /* 0 as long as all went well */
    struct tri_error *error;
};

void tri_reading_fail(struct tri_reading *in, int code, const char *where, const char *problem);
char *tri_reading_copy(struct tri_reading *in, const char *text);                       /* NULL and "" give NULL */
char *tri_reading_text(struct tri_reading *in, const json_t *object, const char *name); /* the same */
char *tri_reading_path(struct tri_reading *in, const json_t *object, const char *name); /* C:\a becomes /a */
char **tri_reading_strings(struct tri_reading *in, const json_t *array);                /* NULL-ended */
bool tri_reading_flag(const json_t *object, const char *name);
json_int_t tri_reading_integer(const json_t *object, const char *name);

#endif
