/* What the files about images share. */
#ifndef TRI_STORAGE_IMAGE_PRIVATE_H
#define TRI_STORAGE_IMAGE_PRIVATE_H

#include <sys/stat.h>

#include "storage/image.h"
#include "storage/loop.h"
#include "storage/state.h"

#define TRI_IMAGE_SECTOR 512u
#define TRI_IMAGE_KEY_SIZE 48

/* A record of kind TRI_STATE_ATTACHED: of an image that is attached, or worked on. Its name is made of the file's device
 * and inode (tri_image_key), so that two paths to one file are one image. */
struct tri_image_record {
    char *path; /* owned */
    enum tri_image_format format;
    enum tri_image_state state;
    bool read_only;
    char tag[TRI_UUID_TEXT_SIZE]; /* of this one attachment: names its loop device and its export */
    struct tri_loop_device loop;  /* sequence 0: none yet */
    bool is_exported;
};
int tri_image_record_parse(const char *text, struct tri_image_record *ret); /* -EINVAL */
char *tri_image_record_text(const struct tri_image_record *record);         /* newly allocated; NULL: no memory */
void tri_image_record_clear(struct tri_image_record *record);
#define TRI_AUTO_IMAGE_RECORD __attribute__((cleanup(tri_image_record_clear)))
void tri_image_record_tag(struct tri_image_record *record, char tag[56]); /* as the loop device carries it */

/* The absolute path of an image, newly allocated; the file need not exist. TRI_STORAGE_BAD_PATH. */
int tri_image_absolute(const char *path, char **ret_path, struct tri_error *error);
struct tri_uuid tri_image_id(const char *path);
void tri_image_key(const struct stat *st, char key[TRI_IMAGE_KEY_SIZE]);

/* Opens the file of an image: a plain file. -ENOENT, -EACCES, TRI_STORAGE_BAD_PATH, TRI_STORAGE_READ_ONLY. */
int tri_image_open(const char *path, bool for_writing, struct stat *ret_st, struct tri_error *error);

/* The format that was said when the image was added, or else its content's. */
int tri_image_format_of(const char *path, enum tri_image_format *ret, struct tri_error *error);
const char *tri_image_format_name(enum tri_image_format format); /* "raw", "vhd" ... */
/* By the extension of a file's name; AUTO where it says nothing. */
enum tri_image_format tri_image_format_of_name(const char *path);

/* The right to work on an image: stores the record, which gets its tag here, and holds it. What a dead one left is cleaned
 * first. TRI_STORAGE_IMAGE_ATTACHED, TRI_STORAGE_LOCKED (somebody works on it). fd: of its file. */
int tri_image_claim(struct tri_image_record *record, int fd, struct tri_state_hold *ret_hold, struct tri_error *error);
/* Finds the record of an image, by its file or, where that is gone or another one, by its path. Text newly allocated.
 * -ENOENT; -errno: that cannot be told. */
int tri_image_find(const char *path, char key[TRI_IMAGE_KEY_SIZE], char **ret_text, bool *ret_held);

/* attach.c: takes apart what is left of an attachment. 0: nothing is left. TRI_STORAGE_IN_USE: it is mounted or open, and
 * nothing changed; where its daemon is dead, though, it goes when it is closed. */
int tri_attach_undo(const struct tri_image_record *record, struct tri_error *error);
/* Is it there as the record says: the loop device, and the daemon that feeds it? What cannot be told is taken to be. */
bool tri_attach_is_alive(const struct tri_image_record *record);

/* Locks in the way of qemu, which its programs respect, on the open file; they go when the last that has it open is gone: a
 * loop device over it counts. TRI_STORAGE_IMAGE_LOCKED: another program uses it in a way that does not go together. */
int tri_image_lock(int fd, bool read_only, const char *path, struct tri_error *error);

#endif
