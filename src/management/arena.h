/* Memory that is taken in small pieces and given back at once: for trees of what was read. */
#ifndef TRI_MANAGEMENT_ARENA_H
#define TRI_MANAGEMENT_ARENA_H

#include <stddef.h>

struct tri_arena_block;

/* Zeroed: empty. */
struct tri_arena {
    struct tri_arena_block *blocks;
    char *at, *end;
};

/* Zeroed, for any type. NULL: no memory. */
void *tri_arena_take(struct tri_arena *arena, size_t size);
char *tri_arena_text(struct tri_arena *arena, const char *bytes, size_t size); /* a copy, NUL-ended */
void tri_arena_clear(struct tri_arena *arena);

/* A part of an arena that is set aside, for what must not run out of memory: flex's scanners end the program then. */
struct tri_room {
    char *at, *end;
};
#define TRI_ROOM_OF_SCANNER 1024 /* a scanner of a text that is in memory takes less than half */
int tri_room_set_aside(struct tri_room *room, struct tri_arena *arena, size_t size); /* -ENOMEM */
void *tri_room_take(struct tri_room *room, size_t size);                             /* NULL: it is full */

#endif
