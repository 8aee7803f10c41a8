/* The border's text: UTF-16 strings and JSON documents, to and from what the command works with. */
#ifndef TRI_CLI_TEXT_H
#define TRI_CLI_TEXT_H

#include <computecore.h>
#include <jansson.h>

#include "cli.h"

/* A string that an HCS call takes; free it with free(). */
PWSTR tri_wide(const char *text);

/* The same of a document, whose reference it takes. */
PWSTR tri_wide_document(json_t *document);

/* What an HCS call handed out, parsed; the string is freed. NULL where there is none, or where it is not JSON. */
json_t *tri_document(PWSTR text);

/* A member of a document that may be missing: "" and 0 then. The path's names are separated by dots. */
const char *tri_member_text(const json_t *document, const char *path);
uint64_t tri_member_number(const json_t *document, const char *path);

#endif
