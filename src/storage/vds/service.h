/* What the loader, the service and the provider share. */
#ifndef TRI_STORAGE_VDS_SERVICE_H
#define TRI_STORAGE_VDS_SERVICE_H

#include "storage/vds/face.h"

/* S_OK where the name (NULL and "" included) is this machine's; HRESULT_FROM_WIN32(RPC_S_SERVER_UNAVAILABLE). */
HRESULT tri_vds_check_machine(LPCWSTR name);

/* Disks by whether they are in a pack: those with a table or a file system (true), or raw ones (false). Of raw disks
 * `make` is tri_vds_disk_new, of others tri_vds_pack_new: a new object of each is put on the list, which is cleared on
 * failure. Left out are disks that go meanwhile, and those that this program may not open; E_ACCESSDENIED where a user
 * who is not root may open none. A disk that cannot be read for errors of its own is in no pack. */
typedef HRESULT tri_vds_make(uint64_t sequence, REFIID iid, void **ret);
HRESULT tri_vds_list_disks(bool in_pack, tri_vds_make *make, struct tri_vds_list *list);

#endif
