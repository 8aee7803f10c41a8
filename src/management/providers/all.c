/* Every provider's list. */
#include "management/provider.h"

typedef const struct tri_provided_class *const tri_provider_list[];

extern tri_provider_list tri_provider_account, tri_provider_compute, tri_provider_disk, tri_provider_firmware,
    tri_provider_mounted, tri_provider_network, tri_provider_perf, tri_provider_process, tri_provider_service,
    tri_provider_system, tri_provider_volume;

const struct tri_provided_class *const *const tri_provider_lists[] = {
    tri_provider_process, tri_provider_service, tri_provider_system,  tri_provider_firmware,
    tri_provider_account, tri_provider_disk,    tri_provider_mounted, tri_provider_volume,
    tri_provider_network, tri_provider_compute, tri_provider_perf,    NULL};
