/* What went wrong, said once, where it is known: a code for programs and a sentence for people. An error travels from
 * the code that failed, through the operation, to the face, which turns it into its own document. */
#ifndef TRI_BASE_ERROR_H
#define TRI_BASE_ERROR_H

#include <errno.h>
#include <stdbool.h>

/* Codes below the errno range belong to modules (see compute/error.h); everything else is a negative errno. */
#define TRI_ERROR_MODULE_BASE (-4096)

/* A want of memory or descriptors: it says nothing of what was asked for, which must not be taken to be missing. */
static inline bool tri_code_is_passing(int code)
{
    return code == -ENOMEM || code == -EMFILE || code == -ENFILE || code == -EINTR;
}

struct tri_error {
    int code;     /* negative errno, or a module's own code */
    char *text;   /* one sentence: what, where, why, what to do; owned; NULL only where memory ran out */
    char *where;  /* path in a document ("$.Container.Memory"), or a file, or NULL; owned */
    char *detail; /* the backend's own words (a runtime's log, the tail of its standard error), or NULL; owned */
};

/* Fills *error (NULL: nothing is kept), unless it is filled already: the first failure wins. Returns code, so that
 * "return tri_error_set(error, -ENOENT, path, "…")" is one line. where may be NULL. Never fails: without memory the
 * text is lost and the code stays. */
int tri_error_set(struct tri_error *error, int code, const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* tri_error_set for the one reason that needs no words of its own. Returns -ENOMEM. */
int tri_error_no_memory(struct tri_error *error);

/* Adds the backend's own words to a filled error; replaces what was there. Copies text; NULL removes. */
void tri_error_detail(struct tri_error *error, const char *text);

/* Moves *from to *to (which must be empty) and empties *from. */
void tri_error_move(struct tri_error *to, struct tri_error *from);

/* Frees what the error holds and empties it; an empty one is fine. Also as a cleanup: TRI_CLEANUP(tri_error_clear). */
void tri_error_clear(struct tri_error *error);

#endif
