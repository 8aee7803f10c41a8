/* NAME=VALUE arguments: properties of an object. */
#ifndef TRI_CLI_QUERY_ASSIGN_H
#define TRI_CLI_QUERY_ASSIGN_H

#include "query-service.h"

struct tri_assignment {
    IWbemClassObject *object;
    int first;          /* of the arguments, an index into cli->argv */
    const char *method; /* whose parameters the object's properties are, or NULL */
};

/* Sets the properties that the arguments name; NAME alone sets NULL. Returns 0, or the exit status after having said
 * what is wrong. */
int tri_assign(const struct tri_cli *cli, const struct tri_assignment *assignment);

#endif
