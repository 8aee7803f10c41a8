#include "management/arena.h"

#include <errno.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE_FIRST = 2000, BLOCK_SIZE_MAX = 256 * 1024 };

struct tri_arena_block {
    struct tri_arena_block *next;
    size_t size;
    alignas(max_align_t) char bytes[];
};

/* Each block is twice as large as the one before it, so that small trees stay small and large ones need few blocks. */
static int add_block(struct tri_arena *arena, size_t needed)
{
    size_t size = arena->blocks ? arena->blocks->size * 2 : BLOCK_SIZE_FIRST;
    if (size > BLOCK_SIZE_MAX)
        size = BLOCK_SIZE_MAX;
    if (size < needed)
        size = needed;
    struct tri_arena_block *block = malloc(sizeof(*block) + size);
    if (!block)
        return -1;
    block->next = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->at = block->bytes;
    arena->end = block->bytes + size;
    return 0;
}

static char *take(struct tri_arena *arena, size_t size, size_t alignment)
{
    size_t padding = -(uintptr_t)arena->at & (alignment - 1);
    if (size > SIZE_MAX / 4)
        return NULL;
    if (!arena->at || (size_t)(arena->end - arena->at) < size + padding) {
        if (add_block(arena, size) < 0)
            return NULL;
        padding = 0;
    }
    char *taken = arena->at + padding;
    arena->at = taken + size;
    return taken;
}

void *tri_arena_take(struct tri_arena *arena, size_t size)
{
    char *taken = take(arena, size, alignof(max_align_t));
    return taken ? memset(taken, 0, size) : NULL;
}

char *tri_arena_text(struct tri_arena *arena, const char *bytes, size_t size)
{
    char *text = take(arena, size + 1, 1);
    if (!text)
        return NULL;
    memcpy(text, bytes, size);
    text[size] = '\0';
    return text;
}

void tri_arena_clear(struct tri_arena *arena)
{
    while (arena->blocks) {
        struct tri_arena_block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
    *arena = (struct tri_arena){0};
}

int tri_room_set_aside(struct tri_room *room, struct tri_arena *arena, size_t size)
{
    room->at = tri_arena_take(arena, size);
    room->end = room->at ? room->at + size : NULL;
    return room->at ? 0 : -ENOMEM;
}

void *tri_room_take(struct tri_room *room, size_t size)
{
    const size_t alignment = alignof(max_align_t);
    size_t rounded = (size + alignment - 1) & ~(alignment - 1);
    if ((size_t)(room->end - room->at) < rounded)
        return NULL;
    char *taken = room->at;
    room->at += rounded;
    return taken;
}
