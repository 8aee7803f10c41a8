/* Ids for those who gave none. */
#ifndef TRI_CLI_NAME_H
#define TRI_CLI_NAME_H

/* "calm-heron-7c21": readable, and hardly ever the same twice. Newly allocated. */
char *tri_name_new(void);

#endif
