/* What CoCreateInstance can make, in one place: the library's composition. */
#include "com/class.h"
#include "storage/vds/face.h"

const struct tri_com_factory *const tri_com_factories[] = {&tri_vds_loader_factory, NULL};
