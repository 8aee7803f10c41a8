/* Connections to systemd's manager: straight to its private socket where we are root (no bus in between), else over the
 * system bus. A connection is one thread's at a time, and stays open for a second for who comes next. */
#ifndef TRI_MANAGEMENT_PROVIDERS_SYSTEMD_H
#define TRI_MANAGEMENT_PROVIDERS_SYSTEMD_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "base/error.h"

#define TRI_SYSTEMD_NAME "org.freedesktop.systemd1"
#define TRI_SYSTEMD_PATH "/org/freedesktop/systemd1"
#define TRI_SYSTEMD_MANAGER TRI_SYSTEMD_NAME ".Manager"
#define TRI_SYSTEMD_UNIT TRI_SYSTEMD_NAME ".Unit"
#define TRI_SYSTEMD_SERVICE TRI_SYSTEMD_NAME ".Service"
#define TRI_DBUS_PROPERTIES "org.freedesktop.DBus.Properties"

/* Was this machine (or container) booted with systemd? */
bool tri_systemd_is_here(void);

struct tri_systemd {
    sd_bus *bus;
    uint64_t deadline_ns;
    bool is_broken; /* set by who found out: the connection is not kept */
};

/* 0, or a code with *error filled. */
int tri_systemd_open(struct tri_systemd *ret, uint64_t deadline_ns, struct tri_error *error);
void tri_systemd_close(struct tri_systemd *systemd); /* zeroed is fine */
#define TRI_AUTO_SYSTEMD __attribute__((cleanup(tri_systemd_close)))

/* Calls a method of an object of systemd's with what sd_bus_message_append takes (types NULL: nothing), until the
 * deadline. The answer is the caller's; ret NULL: it is not wanted. -errno as sd-bus makes it of systemd's own error,
 * whose name and words are in *failure (the caller's to free; may be NULL). */
int tri_systemd_call(struct tri_systemd *systemd, const char *path, const char *interface, const char *method,
                     sd_bus_error *failure, sd_bus_message **ret, const char *types, ...);
/* A property that is a list of texts, ended by NULL. */
int tri_systemd_texts(struct tri_systemd *systemd, const char *path, const char *interface, const char *property,
                      char ***ret, sd_bus_error *failure);
void tri_systemd_texts_free(char **texts); /* NULL is fine */

/* Says what went wrong, as an error of the management engine. Returns the code. */
int tri_systemd_failed(int r, const sd_bus_error *failure, const char *what, struct tri_error *error);

#endif
