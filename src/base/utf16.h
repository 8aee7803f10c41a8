/* UTF-8 inside, UTF-16 at the border. A unit that is half of nothing (a lone surrogate), and a byte sequence that is
 * not UTF-8, become U+FFFD: conversion fails for want of memory or for size only. */
#ifndef TRI_BASE_UTF16_H
#define TRI_BASE_UTF16_H

#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

/* The longest string that is taken in: 16 Mi units. Longer input answers -E2BIG and is not read further. */
#define TRI_UTF16_UNITS_MAX (16u << 20)

/* Newly allocated, NUL-ended copies; *ret is untouched on failure. Return 0, -ENOMEM or -E2BIG. */
int tri_utf8_from_utf16(const char16_t *text, char **ret);
int tri_utf16_from_utf8(const char *text, char16_t **ret);

size_t tri_utf16_length(const char16_t *text); /* units before the NUL */

#endif
