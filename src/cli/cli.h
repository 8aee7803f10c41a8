/* What every part of the command shares. The command is a client like any other: of this project it includes the public
 * headers and nothing else. It is short-lived, so where memory runs out it says so and ends. */
#ifndef TRI_CLI_CLI_H
#define TRI_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRI_CLEANUP(fn) __attribute__((cleanup(fn)))
#define TRI_AUTO_FREE TRI_CLEANUP(tri_freep)
#define TRI_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What the command exits with when the status is not that of the program it ran: the numbers env(1) and podman use. */
enum tri_exit {
    TRI_EXIT_OK = 0,
    TRI_EXIT_FAILED = 125,
    TRI_EXIT_CANNOT_EXECUTE = 126,
    TRI_EXIT_NO_PROGRAM = 127,
    TRI_EXIT_SIGNAL = 128, /* plus its number */
};

struct tri_verb;

/* One call of the command. */
struct tri_cli {
    const struct tri_verb *verb;
    bool json, help;
    void *settings; /* the verb's, filled from its options */
    int argc;       /* what follows the options */
    char **argv;
};

void tri_freep(void *p);

/* Says that memory has run out, and exits. */
_Noreturn void tri_no_memory(void);

/* The pointer, which is not NULL: otherwise memory has run out. */
void *tri_checked(void *p);

#endif
