/* What CoCreateInstance can make, in one place: the library's composition. */
#include "com/class.h"

const struct tri_com_factory *const tri_com_factories[] = {NULL};
