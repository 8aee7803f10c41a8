/* What CoCreateInstance can make, in one place: the library's composition. */
#include "com/class.h"
#include "management/wmi/face.h"
#include "storage/vds/face.h"

const struct tri_com_factory *const tri_com_factories[] = {
    &tri_vds_loader_factory,
    &tri_wmi_locator_factory,
    &tri_wmi_administrative_locator_factory,
    &tri_wmi_authenticated_locator_factory,
    &tri_wmi_unauthenticated_locator_factory,
    &tri_wmi_context_factory,
    &tri_wmi_status_text_factory,
    &tri_wmi_class_object_factory,
    &tri_wmi_mof_compiler_factory,
    &tri_wmi_unsecured_apartment_factory,
    NULL,
};
