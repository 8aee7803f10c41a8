/* Identifiers, in the byte order of RFC 4122 (as they are printed). The face turns them into GUIDs. */
#ifndef TRI_STORAGE_UUID_H
#define TRI_STORAGE_UUID_H

#include <stdbool.h>
#include <stdint.h>

struct tri_uuid {
    uint8_t bytes[16];
};

#define TRI_UUID_TEXT_SIZE 37

bool tri_uuid_is_null(const struct tri_uuid *uuid);
bool tri_uuid_equal(const struct tri_uuid *a, const struct tri_uuid *b);
bool tri_uuid_parse(const char *text, struct tri_uuid *ret); /* 36 characters, any case; false: not one */
void tri_uuid_text(const struct tri_uuid *uuid, char text[TRI_UUID_TEXT_SIZE]); /* lower case */
struct tri_uuid tri_uuid_random(void);

/* Version 5: the same name always gives the same id, in every process. printf-like; at most 512 bytes count. */
struct tri_uuid tri_uuid_named(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
