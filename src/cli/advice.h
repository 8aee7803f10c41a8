/* What one can do about a failure. */
#ifndef TRI_CLI_ADVICE_H
#define TRI_CLI_ADVICE_H

#include <computecore.h>

/* "`trireme ps -a` lists them", or NULL. Static. */
const char *tri_advice(HRESULT result);

#endif
