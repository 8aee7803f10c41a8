/* WMI, as the query verbs use it: one struct tri_management is what a verb has open of it.
 *
 *     TRI_AUTO_MANAGEMENT struct tri_management management;
 *     int status = tri_management_open(&management, cli);
 *     if (status)
 *         return status;
 */
#ifndef TRI_CLI_QUERY_SERVICE_H
#define TRI_CLI_QUERY_SERVICE_H

#include <wbemidl.h>

#include "com.h"
#include "options.h"

/* The settings of each of these verbs begin with it, and its shared options are tri_management_options. */
struct tri_management_settings {
    const char *name_space; /* or NULL: root\cimv2 */
};
extern const struct tri_option tri_management_options[];

struct tri_management {
    const struct tri_cli *cli;
    const char *name_space;
    IWbemServices *services;
};

/* Says why and returns the exit status where it fails. */
int tri_management_open(struct tri_management *management, const struct tri_cli *cli);
HRESULT tri_management_connect(const char *name_space, IWbemServices **ret);
void tri_management_close(struct tri_management *management);
#define TRI_AUTO_MANAGEMENT TRI_CLEANUP(tri_management_close)

/* The class or instance of a path, a reference to let go of; NULL after having said why. */
IWbemClassObject *tri_management_get(const struct tri_management *management, const char *path);

/* A property, by name; VT_NULL where there is none. To be cleared. *ret_type may be NULL. */
VARIANT tri_object_get(IWbemClassObject *object, const char *name, CIMTYPE *ret_type);
/* The same as text, newly allocated; NULL where it is NULL. */
char *tri_object_text(IWbemClassObject *object, const char *name);
bool tri_object_is_class(IWbemClassObject *object);

#endif
