#include "vds-abi.c"
