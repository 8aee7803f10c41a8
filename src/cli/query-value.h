/* Values of properties, to and from what people read and write, by the type that the property has. */
#ifndef TRI_CLI_QUERY_VALUE_H
#define TRI_CLI_QUERY_VALUE_H

#include <jansson.h>
#include <wbemidl.h>

#include "cli.h"

/* For people, newly allocated: unsigned numbers as such, dates as 2026-11-21 10:30:00+01:00, elements of arrays
 * separated by ", ", objects by their path. NULL is "". */
char *tri_value_text(const VARIANT *value, CIMTYPE type);

/* Prints such a text as the tables have it: control characters, which would be the terminal's, as \x1b. */
void tri_value_print(const char *text);

/* For programs: numbers (those beyond 63 bits as strings), booleans, strings as the API has them, arrays, objects. */
json_t *tri_value_document(const VARIANT *value, CIMTYPE type);

/* A whole object: __CLASS, __PATH where it has one, and its properties. */
json_t *tri_object_document(IWbemClassObject *object);

/* The name of a type as MOF writes it, "uint32", and "[]" behind it for arrays; static. */
const char *tri_value_type_name(CIMTYPE type, bool *ret_is_array);

/* Reads what people wrote for a property of that type; an array is JSON, or stands for its only element. text NULL is
 * NULL. Dates may be written as tri_value_text does. Returns NULL, or what is wrong with it, newly
 * allocated, to be read after the text: "is not a number". */
char *tri_value_parse(const char *text, CIMTYPE type, VARIANT *ret);

#endif
