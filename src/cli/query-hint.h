/* What helps after a mistake in a query, a path or a name: the name that was probably meant, or how it is done here. All
 * answer a clause to be read after the sentence that says what is wrong ("did you mean Win32_Process?"), newly allocated;
 * NULL: nothing helps. The thread's error information stays. */
#ifndef TRI_CLI_QUERY_HINT_H
#define TRI_CLI_QUERY_HINT_H

#include "query-service.h"

/* After a call that failed: the class may be missing. path: of a class or an instance. */
char *tri_hint_path(const struct tri_management *management, HRESULT hr, const char *path);

/* After a query that failed. parts: how many arguments it was put together from. */
char *tri_hint_query(const struct tri_management *management, HRESULT hr, const char *query, int parts);

/* For a property (a parameter of a method, where the object is its signature) or a method that there is not. */
char *tri_hint_property(IWbemClassObject *object, const char *name);
char *tri_hint_method(IWbemClassObject *class_, const char *name);

/* A query as a message names it: on one line, and not all of a long one. Newly allocated. */
char *tri_query_shown(const char *query);

#endif
