/* NAME=VALUE arguments: properties of an object. */
#ifndef TRI_CLI_QUERY_ASSIGN_H
#define TRI_CLI_QUERY_ASSIGN_H

#include "query-service.h"

/* Sets the properties that the arguments from cli->argv[first] on name; NAME alone sets NULL. Returns 0, or the exit
 * status after having said what is wrong. */
int tri_assign(const struct tri_cli *cli, int first, IWbemClassObject *object);

#endif
