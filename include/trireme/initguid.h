/* Included before a header with ids of interfaces or classes, this makes the including file define them (weakly, so
 * that any number of files may). A program that links with -ltrireme does not need it: the library has every id. */
#ifndef INITGUID
#define INITGUID
#endif
#include "windows/guiddef.h"
