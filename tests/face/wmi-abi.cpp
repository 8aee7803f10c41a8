#include "wmi-abi.c"
