/* What making and changing images share: runs of qemu-img, and files that are being made. Private to qemu.c, draft.c,
 * image-create.c and image-change.c. */
#ifndef TRI_STORAGE_MAKING_H
#define TRI_STORAGE_MAKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "op/op.h"
#include "storage/image.h"
#include "storage/state.h"

#define TRI_QEMU_IMG "qemu-img"
enum { TRI_CHAIN_MAX = 64 }; /* images behind one another */

/* ---- qemu.c ---- */

/* One run, as a part of an operation. */
struct tri_qemu_run {
    struct tri_op *op;
    const char *path;    /* whose images errors speak of */
    unsigned begin, end; /* percent of the operation */
    const char *phase;
    bool critical;
    const int
        *kept; /* the draft's record: it stays locked until the program, too, is dead, and writes no more; or NULL */
};

/* Runs it, and tells its percentage. *ret_status as in tri_tool_run. */
int tri_qemu_run(const struct tri_qemu_run *run, const char *const *argv, int *ret_status, struct tri_error *error);

/* The image with all that is behind it, as an argument of qemu-img in place of a file name. Newly allocated. */
int tri_qemu_describe_text(const char *path, enum tri_image_format format, bool read_only, char **ret,
                           struct tri_error *error);

/* ---- draft.c: a file that is being made, under another name beside its own, recorded, so that none stays behind a death ---- */

struct tri_draft {
    char *path, *target;
    int fd;
    struct tri_state_hold hold;
};
#define TRI_DRAFT_NONE                                                                                                 \
    {                                                                                                                  \
        .fd = -1, .hold = TRI_STATE_HOLD_NONE                                                                          \
    }

int tri_draft_begin(struct tri_draft *draft, const char *target, mode_t mode, struct tri_error *error);
int tri_draft_commit(struct tri_draft *draft, bool replace, struct tri_error *error); /* it has its name now */
void tri_draft_finish(struct tri_draft *draft); /* what was not committed is gone */
#define TRI_AUTO_DRAFT TRI_CLEANUP(tri_draft_finish)

/* Allocates all blocks up to size_bytes, in steps, so that it can be watched and stopped. keep_size: the file's end stays
 * where it is, as far as the file system can do that; else nothing happens. */
int tri_draft_allocate(const struct tri_qemu_run *run, int fd, uint64_t size_bytes, bool keep_size,
                       struct tri_error *error);
int tri_draft_allocate_file(const struct tri_qemu_run *run, int fd, struct tri_error *error); /* up to its end */

/* ---- image-create.c ---- */

/* What is to be made; strings are owned by whoever fills it. */
struct tri_making {
    char *path, *parent_path, *source_path;
    enum tri_image_format format;
    uint64_t size_bytes;
    bool fixed, must_be_new;
    uint32_t block_bytes;
};

int tri_making_check_size(enum tri_image_format format, uint64_t size_bytes, const char *path, struct tri_error *error);
void tri_making_options(const struct tri_making *create, char options[256]); /* the -o of qemu-img create and convert */
int tri_making_run(const struct tri_making *create, const struct tri_draft *draft, struct tri_op *op,
                   struct tri_error *error);

/* An argument list as it grows. */
enum { TRI_ARGUMENTS_MAX = 24 };
struct tri_arguments {
    const char *argv[TRI_ARGUMENTS_MAX];
    size_t count;
};

void tri_argument(struct tri_arguments *arguments, const char *word);
void tri_argument_option(struct tri_arguments *arguments, const char *name,
                         const char *value); /* where it has a value */

#endif
