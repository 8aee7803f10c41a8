/* VHDX files (MS-VHDX): the one thing of them that qemu-img does not tell. */
#ifndef TRI_STORAGE_VHDX_H
#define TRI_STORAGE_VHDX_H

#include <stdbool.h>

/* Is the image of fixed size, as it was made: do its blocks stay allocated? false too where the file cannot be read. */
bool tri_vhdx_is_fixed(int fd);

#endif
