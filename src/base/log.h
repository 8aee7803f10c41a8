/* Tracing for people who debug a program that uses the library. Off unless TRIREME_LOG names a file, "stderr", or
 * "1" (stderr); then each line is "<monotonic seconds> <module> <text>". Never a secret, never a whole document. The
 * library says nothing otherwise: it returns errors. */
#ifndef TRI_BASE_LOG_H
#define TRI_BASE_LOG_H

#include <stdbool.h>

bool tri_log_enabled(void); /* one load */
void tri_log_write(const char *module, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define TRI_LOG(module, ...)                    \
    do {                                        \
        if (tri_log_enabled())                  \
            tri_log_write((module), __VA_ARGS__); \
    } while (0)

#endif
