/* The terminal that the command was called from. */
#ifndef TRI_CLI_TERMINAL_H
#define TRI_CLI_TERMINAL_H

#include <stdint.h>
#include <termios.h>

#include "cli.h"

struct tri_terminal_size {
    uint16_t rows, columns; /* 0: no standard stream is a terminal */
};

struct tri_terminal_size tri_terminal_size(void);

struct tri_terminal {
    bool raw;
    struct termios saved;
};

/* Hands every key through as it is typed; nothing where standard input is no terminal. */
void tri_terminal_make_raw(struct tri_terminal *terminal);
void tri_terminal_restore(struct tri_terminal *terminal);

#endif
