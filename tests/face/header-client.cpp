#include "header-client.c"
