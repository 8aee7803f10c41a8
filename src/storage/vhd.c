/* All numbers are big-endian, times count from 2000, and a checksum is the complement of the sum of the other bytes.
 *
 *   fixed:    the disk's bytes | footer
 *   dynamic:  footer | header | table: a block's place each | blocks ... | footer */
#include "storage/vhd.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "storage/error.h"

#define YEAR_2000 946684800
#define NOWHERE UINT64_MAX
#define VERSION 0x00010000u
#define TABLE_OFFSET 1536u
#define TABLE_MAX_ENTRIES (16u << 20)

struct footer {
    char cookie[8];
    uint32_t features, version;
    uint64_t data_offset;
    uint32_t time;
    char creator[4];
    uint32_t creator_version;
    char creator_system[4];
    uint64_t original_size, size;
    uint16_t cylinders;
    uint8_t heads, sectors;
    uint32_t type, checksum;
    uint8_t id[16];
    uint8_t saved_state, reserved[427];
} __attribute__((packed));
_Static_assert(sizeof(struct footer) == TRI_VHD_SECTOR, "a footer is one sector");

struct header {
    char cookie[8];
    uint64_t data_offset, table_offset;
    uint32_t version, entry_count, block_bytes, checksum;
    uint8_t parent_id[16];
    uint32_t parent_time, reserved0;
    uint8_t parent_name[512], parent_places[192], reserved[256];
} __attribute__((packed));
_Static_assert(sizeof(struct header) == 1024, "a header is two sectors");

static uint32_t sum(const void *data, size_t size)
{
    uint32_t total = 0;
    for (size_t i = 0; i < size; i++)
        total += ((const uint8_t *)data)[i];
    return total;
}

static uint32_t checksum(const void *data, size_t size, uint32_t stored)
{
    return ~(sum(data, size) - sum(&stored, sizeof stored));
}

/* ---- reading ---- */

static int bad(struct tri_error *error, const char *why)
{
    return tri_error_set(error, TRI_STORAGE_BAD_IMAGE, NULL, "The VHD image is damaged: %s.", why);
}

static int read_at(int fd, void *buffer, size_t size, uint64_t offset)
{
    ssize_t got;
    do
        got = pread(fd, buffer, size, (off_t)offset);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : (size_t)got == size ? 0 : -ENODATA;
}

static bool is_footer(const struct footer *footer)
{
    return memcmp(footer->cookie, "conectix", 8) == 0;
}

/* A dynamic image begins with a copy of its footer; a fixed one has it in the last sector only (and an old program's may
 * lack the sector's last byte). */
static int find_footer(int fd, struct footer *footer, uint64_t *ret_file_bytes)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    *ret_file_bytes = (uint64_t)st.st_size;
    int r = read_at(fd, footer, sizeof *footer, 0);
    if (r == 0 && is_footer(footer) && be32toh(footer->type) != TRI_VHD_FIXED)
        return 0;
    if (st.st_size < (off_t)sizeof *footer)
        return r == -ENODATA ? -ENOENT : r;
    if ((r = read_at(fd, footer, sizeof *footer, (uint64_t)st.st_size - sizeof *footer)) < 0)
        return r;
    if (is_footer(footer))
        return 0;
    memset(footer, 0, sizeof *footer);
    r = read_at(fd, footer, sizeof *footer - 1, (uint64_t)st.st_size - sizeof *footer + 1);
    return r < 0 ? r : is_footer(footer) ? 0 : -ENOENT;
}

bool tri_vhd_is(int fd)
{
    struct footer footer;
    uint64_t file_bytes;
    return find_footer(fd, &footer, &file_bytes) == 0;
}

/* Every block that has a place begins within the file (an image that was cut off would else seem to have holes). */
static int check_table(int fd, uint64_t place, uint64_t count, uint64_t file_bytes, struct tri_error *error)
{
    enum { CHUNK = 16 * 1024 };
    TRI_AUTO_FREE uint32_t *entries = malloc(CHUNK * sizeof *entries);
    if (!entries)
        return tri_error_no_memory(error);
    for (uint64_t done = 0; done < count; done += CHUNK) {
        size_t some = count - done < CHUNK ? (size_t)(count - done) : CHUNK;
        if (read_at(fd, entries, some * sizeof *entries, place + done * sizeof *entries) < 0)
            return bad(error, "its table cannot be read");
        for (size_t i = 0; i < some; i++)
            if (entries[i] != UINT32_MAX && (uint64_t)be32toh(entries[i]) * TRI_VHD_SECTOR >= file_bytes)
                return bad(error, "it is cut off: a block lies beyond the end of the file");
    }
    return 0;
}

static int read_header(int fd, const struct footer *footer, uint64_t file_bytes, struct tri_vhd *vhd, struct tri_error *error)
{
    struct header header;
    uint64_t place = be64toh(footer->data_offset);
    if (place > file_bytes || read_at(fd, &header, sizeof header, place) < 0)
        return bad(error, "its header lies beyond the end of the file");
    if (memcmp(header.cookie, "cxsparse", 8) != 0 ||
        be32toh(header.checksum) != checksum(&header, sizeof header, header.checksum))
        return bad(error, "its header is no header, or its checksum is wrong");
    uint64_t count = be32toh(header.entry_count), table = be64toh(header.table_offset);
    vhd->block_bytes = be32toh(header.block_bytes);
    if (vhd->block_bytes < TRI_VHD_SECTOR || (vhd->block_bytes & (vhd->block_bytes - 1)) != 0 ||
        vhd->block_bytes > 256u << 20)
        return bad(error, "the size of its blocks is impossible");
    if (count > TABLE_MAX_ENTRIES || count * vhd->block_bytes < vhd->size_bytes)
        return bad(error, "its table does not fit its disk");
    if (table > file_bytes || count * 4 > file_bytes - table)
        return bad(error, "its table lies beyond the end of the file");
    return check_table(fd, table, count, file_bytes, error);
}

static int check_footer(const struct footer *footer, uint64_t file_bytes, struct tri_vhd *vhd, struct tri_error *error)
{
    if (be32toh(footer->checksum) != checksum(footer, sizeof *footer, footer->checksum))
        return bad(error, "its footer's checksum is wrong");
    vhd->type = be32toh(footer->type);
    vhd->size_bytes = be64toh(footer->size);
    memcpy(vhd->id.bytes, footer->id, sizeof vhd->id.bytes);
    if (vhd->type < TRI_VHD_FIXED || vhd->type > TRI_VHD_DIFFERENCING)
        return bad(error, "its type is unknown");
    if (vhd->size_bytes == 0 || vhd->size_bytes % TRI_VHD_SECTOR != 0 || vhd->size_bytes > TRI_VHD_MAX_BYTES)
        return bad(error, "the size of its disk is impossible");
    if (vhd->type == TRI_VHD_FIXED && (file_bytes < TRI_VHD_SECTOR || vhd->size_bytes > file_bytes - TRI_VHD_SECTOR + 1))
        return bad(error, "the file is shorter than its disk");
    return 0;
}

int tri_vhd_read(int fd, struct tri_vhd *ret, struct tri_error *error)
{
    struct footer footer;
    struct tri_vhd vhd = {0};
    uint64_t file_bytes;
    int r = find_footer(fd, &footer, &file_bytes);
    if (r == -ENOENT || r == -ENODATA)
        return bad(error, "it has no footer");
    if (r < 0)
        return tri_error_set(error, r, NULL, "The VHD image cannot be read: %s.", strerror(-r));
    r = check_footer(&footer, file_bytes, &vhd, error);
    if (r == 0 && vhd.type != TRI_VHD_FIXED)
        r = read_header(fd, &footer, file_bytes, &vhd, error);
    if (r == 0)
        *ret = vhd;
    return r;
}

/* ---- writing ---- */

static int write_at(int fd, const void *data, size_t size, uint64_t offset)
{
    for (const char *next = data; size > 0;) {
        ssize_t done = pwrite(fd, next, size, (off_t)offset);
        if (done < 0 && errno != EINTR)
            return -errno;
        size_t step = done > 0 ? (size_t)done : 0;
        next += step;
        size -= step;
        offset += step;
    }
    return 0;
}

/* Cylinders, heads and sectors as the format's appendix wants them: the largest geometry of a PC that the disk fills. */
static void set_geometry(struct footer *footer, uint64_t size_bytes)
{
    uint64_t total = size_bytes / TRI_VHD_SECTOR, limit = 65535ull * 16 * 255;
    uint64_t sectors = 17, heads, cylinder_heads;
    if (total > limit)
        total = limit;
    if (total >= 65535ull * 16 * 63) {
        sectors = 255;
        heads = 16;
        cylinder_heads = total / sectors;
    } else {
        cylinder_heads = total / sectors;
        heads = (cylinder_heads + 1023) / 1024;
        if (heads < 4)
            heads = 4;
        for (int step = 0; step < 2 && (cylinder_heads >= heads * 1024 || heads > 16); step++) {
            sectors = step == 0 ? 31 : 63;
            heads = 16;
            cylinder_heads = total / sectors;
        }
    }
    footer->cylinders = htobe16((uint16_t)(cylinder_heads / heads));
    footer->heads = (uint8_t)heads;
    footer->sectors = (uint8_t)sectors;
}

static void set_size(struct footer *footer, uint64_t size_bytes)
{
    footer->size = htobe64(size_bytes);
    set_geometry(footer, size_bytes);
    footer->checksum = htobe32(checksum(footer, sizeof *footer, footer->checksum));
}

/* Created by "win ": of images that name Windows, qemu too takes the size as it is written; of most others it takes
 * cylinders * heads * sectors, which is a little less. */
static void fill_footer(struct footer *footer, const struct tri_vhd *vhd)
{
    *footer = (struct footer){
        .features = htobe32(2),
        .version = htobe32(VERSION),
        .data_offset = htobe64(vhd->type == TRI_VHD_FIXED ? NOWHERE : sizeof *footer),
        .time = htobe32((uint32_t)(time(NULL) - YEAR_2000)),
        .creator_version = htobe32(0x00060001),
        .original_size = htobe64(vhd->size_bytes),
        .type = htobe32(vhd->type),
    };
    memcpy(footer->cookie, "conectix", 8);
    memcpy(footer->creator, "win ", 4);
    memcpy(footer->creator_system, "Wi2k", 4);
    memcpy(footer->id, vhd->id.bytes, sizeof footer->id);
    set_size(footer, vhd->size_bytes);
}

static void fill_header(struct header *header, uint32_t entry_count, uint32_t block_bytes)
{
    *header = (struct header){
        .data_offset = htobe64(NOWHERE),
        .table_offset = htobe64(TABLE_OFFSET),
        .version = htobe32(VERSION),
        .entry_count = htobe32(entry_count),
        .block_bytes = htobe32(block_bytes),
    };
    memcpy(header->cookie, "cxsparse", 8);
    header->checksum = htobe32(checksum(header, sizeof *header, header->checksum));
}

/* The front matter in one piece: footer, header, and a table that says of every block that it has no place. */
static int write_dynamic(int fd, const struct footer *footer, const struct tri_vhd *vhd)
{
    uint64_t count = (vhd->size_bytes + vhd->block_bytes - 1) / vhd->block_bytes;
    size_t table_bytes = (size_t)(count * 4 + TRI_VHD_SECTOR - 1) / TRI_VHD_SECTOR * TRI_VHD_SECTOR;
    size_t size = TABLE_OFFSET + table_bytes + sizeof *footer;
    struct header header;
    TRI_AUTO_FREE char *image = malloc(size);
    if (!image)
        return -ENOMEM;
    fill_header(&header, (uint32_t)count, vhd->block_bytes);
    memcpy(image, footer, sizeof *footer);
    memcpy(image + sizeof *footer, &header, sizeof header);
    memset(image + TABLE_OFFSET, 0xff, table_bytes);
    memcpy(image + size - sizeof *footer, footer, sizeof *footer);
    return write_at(fd, image, size, 0);
}

int tri_vhd_write(int fd, const struct tri_vhd *vhd, struct tri_error *error)
{
    struct footer footer;
    fill_footer(&footer, vhd);
    int r = vhd->type == TRI_VHD_FIXED ? write_at(fd, &footer, sizeof footer, vhd->size_bytes)
                                       : write_dynamic(fd, &footer, vhd);
    return r < 0 ? tri_error_set(error, r, NULL, "The VHD image cannot be written: %s.", strerror(-r)) : 0;
}

/* The new footer is durable before the old one's place becomes part of the disk; and where that fails, the old one is
 * there again, for who cuts the file back. */
static int grow(int fd, uint64_t size_bytes)
{
    static const char zeros[TRI_VHD_SECTOR];
    struct footer footer, old;
    uint64_t file_bytes;
    int r = find_footer(fd, &old, &file_bytes);
    if (r < 0)
        return r;
    uint64_t old_size_bytes = be64toh(old.size);
    footer = old;
    set_size(&footer, size_bytes);
    if ((r = write_at(fd, &footer, sizeof footer, size_bytes)) < 0)
        return r;
    if (fsync(fd) < 0)
        return -errno;
    r = write_at(fd, zeros, sizeof zeros, old_size_bytes);
    if (r == 0 && fdatasync(fd) < 0)
        r = -errno;
    if (r < 0)
        write_at(fd, &old, sizeof old, old_size_bytes);
    return r;
}

int tri_vhd_grow(int fd, uint64_t size_bytes, struct tri_error *error)
{
    int r = grow(fd, size_bytes);
    return r < 0 ? tri_error_set(error, r, NULL, "The VHD image cannot be made larger: %s.", strerror(-r)) : 0;
}
