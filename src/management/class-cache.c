#include "management/class-cache.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct entry {
    int64_t name_space, id;
    struct tri_class *cls;
};

/* Two open-addressing tables of entry numbers + 1; the entries lie in the order in which they came. */
struct tri_class_cache {
    _Atomic uint32_t references;
    uint64_t generation;   /* set once */
    pthread_rwlock_t lock; /* everything below */
    struct entry *entries;
    size_t count, room;  /* the tables have twice as many places */
    size_t member_count; /* of all classes */
    uint32_t *by_name, *by_id;
    struct tri_class_tree *trees;
};

struct tree_class {
    const char *name;
    uint32_t first_below, next_beside; /* numbers + 1; 0: none */
    bool is_below;                     /* another one */
};

struct tri_class_tree {
    struct tri_class_tree *next;
    int64_t name_space;
    char *text; /* all names */
    size_t count;
    struct tree_class classes[]; /* by name */
};

struct tri_class_cache *tri_class_cache_new(uint64_t generation)
{
    struct tri_class_cache *cache = calloc(1, sizeof *cache);
    if (cache) {
        atomic_init(&cache->references, 1);
        cache->generation = generation;
        pthread_rwlock_init(&cache->lock, NULL);
    }
    return cache;
}

struct tri_class_cache *tri_class_cache_ref(struct tri_class_cache *cache)
{
    atomic_fetch_add_explicit(&cache->references, 1, memory_order_relaxed);
    return cache;
}

static void let_go(struct tri_class_cache *cache)
{
    for (size_t i = 0; i < cache->count; i++)
        tri_class_unref(cache->entries[i].cls);
    cache->count = cache->member_count = 0;
}

void tri_class_cache_unref(struct tri_class_cache *cache)
{
    if (!cache || atomic_fetch_sub_explicit(&cache->references, 1, memory_order_acq_rel) != 1)
        return;
    let_go(cache);
    while (cache->trees) {
        struct tri_class_tree *tree = cache->trees;
        cache->trees = tree->next;
        tri_class_tree_free(tree);
    }
    pthread_rwlock_destroy(&cache->lock);
    free(cache->entries);
    free(cache->by_name);
    free(cache->by_id);
    free(cache);
}

uint64_t tri_class_cache_generation(const struct tri_class_cache *cache)
{
    return cache->generation;
}

/* ---- the tables ---- */

static size_t name_place(int64_t name_space, const char *name)
{
    return tri_name_hash(name) + (size_t)name_space * 0x9e3779b9u;
}

static size_t id_place(int64_t id)
{
    return (size_t)((uint64_t)id * 0x9e3779b97f4a7c15u >> 32);
}

static const struct entry *find_name(const struct tri_class_cache *cache, int64_t name_space, const char *name)
{
    size_t mask = cache->room * 2 - 1;
    for (size_t at = name_place(name_space, name); cache->room && cache->by_name[at & mask]; at++) {
        const struct entry *entry = &cache->entries[cache->by_name[at & mask] - 1];
        if (entry->name_space == name_space && tri_name_equal(entry->cls->name, name))
            return entry;
    }
    return NULL;
}

static const struct entry *find_id(const struct tri_class_cache *cache, int64_t id)
{
    size_t mask = cache->room * 2 - 1;
    for (size_t at = id_place(id); cache->room && cache->by_id[at & mask]; at++) {
        const struct entry *entry = &cache->entries[cache->by_id[at & mask] - 1];
        if (entry->id == id)
            return entry;
    }
    return NULL;
}

static void put_in(uint32_t *table, size_t mask, size_t at, size_t number)
{
    while (table[at & mask])
        at++;
    table[at & mask] = (uint32_t)number + 1;
}

static void put_in_tables(struct tri_class_cache *cache, size_t number)
{
    const struct entry *entry = &cache->entries[number];
    size_t mask = cache->room * 2 - 1;
    put_in(cache->by_name, mask, name_place(entry->name_space, entry->cls->name), number);
    put_in(cache->by_id, mask, id_place(entry->id), number);
}

static int grow(struct tri_class_cache *cache)
{
    size_t room = cache->room ? cache->room * 2 : 16;
    uint32_t *by_name = calloc(room * 2, sizeof *by_name), *by_id = calloc(room * 2, sizeof *by_id);
    struct entry *entries = by_name && by_id ? realloc(cache->entries, room * sizeof *entries) : NULL;
    if (!entries) {
        free(by_name);
        free(by_id);
        return -ENOMEM;
    }
    free(cache->by_name);
    free(cache->by_id);
    cache->entries = entries;
    cache->by_name = by_name;
    cache->by_id = by_id;
    cache->room = room;
    for (size_t i = 0; i < cache->count; i++)
        put_in_tables(cache, i);
    return 0;
}

struct tri_class *tri_class_cache_find(struct tri_class_cache *cache, int64_t name_space, const char *name)
{
    pthread_rwlock_rdlock(&cache->lock);
    const struct entry *entry = find_name(cache, name_space, name);
    struct tri_class *cls = entry ? tri_class_ref(entry->cls) : NULL;
    pthread_rwlock_unlock(&cache->lock);
    return cls;
}

struct tri_class *tri_class_cache_find_id(struct tri_class_cache *cache, int64_t id)
{
    pthread_rwlock_rdlock(&cache->lock);
    const struct entry *entry = find_id(cache, id);
    struct tri_class *cls = entry ? tri_class_ref(entry->cls) : NULL;
    pthread_rwlock_unlock(&cache->lock);
    return cls;
}

int64_t tri_class_cache_id(struct tri_class_cache *cache, int64_t name_space, const char *name)
{
    pthread_rwlock_rdlock(&cache->lock);
    const struct entry *entry = find_name(cache, name_space, name);
    int64_t id = entry ? entry->id : 0;
    pthread_rwlock_unlock(&cache->lock);
    return id;
}

static void begin_anew(struct tri_class_cache *cache)
{
    let_go(cache);
    memset(cache->by_name, 0, cache->room * 2 * sizeof *cache->by_name);
    memset(cache->by_id, 0, cache->room * 2 * sizeof *cache->by_id);
}

int tri_class_cache_add(struct tri_class_cache *cache, int64_t name_space, int64_t id, struct tri_class *cls)
{
    pthread_rwlock_wrlock(&cache->lock);
    int r = 0;
    if (!find_id(cache, id)) {
        if (cache->count > 0 && cache->member_count + cls->member_count > TRI_CLASS_CACHE_MEMBERS_MAX)
            begin_anew(cache);
        r = cache->count == cache->room ? grow(cache) : 0;
        if (r == 0) {
            cache->entries[cache->count] = (struct entry){name_space, id, tri_class_ref(cls)};
            put_in_tables(cache, cache->count++);
            cache->member_count += cls->member_count;
        }
    }
    pthread_rwlock_unlock(&cache->lock);
    return r;
}

/* ---- the tree of names ---- */

static int compare_pairs(const void *a, const void *b)
{
    return tri_name_compare(*(const char *const *)a, *(const char *const *)b);
}

/* Its number, or -1. */
static ptrdiff_t find_in_tree(const struct tri_class_tree *tree, const char *name)
{
    size_t low = 0, high = tree->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = tri_name_compare(tree->classes[middle].name, name);
        if (order == 0)
            return (ptrdiff_t)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

/* From the last to the first, so that every list of classes below one is in the order of names. */
static void link_tree(struct tri_class_tree *tree, const char *const (*sorted)[2])
{
    for (size_t i = tree->count; i-- > 0;) {
        const char *superclass = sorted[i][1];
        ptrdiff_t above = superclass && *superclass ? find_in_tree(tree, superclass) : -1;
        if (above >= 0) {
            tree->classes[i].next_beside = tree->classes[above].first_below;
            tree->classes[above].first_below = (uint32_t)i + 1;
            tree->classes[i].is_below = true;
        }
    }
}

static bool copy_names(struct tri_class_tree *tree, const char *const (*sorted)[2])
{
    size_t size = 0;
    for (size_t i = 0; i < tree->count; i++)
        size += strlen(sorted[i][0]) + 1;
    char *at = tree->text = malloc(size + 1);
    for (size_t i = 0; at && i < tree->count; i++) {
        tree->classes[i].name = at;
        at = stpcpy(at, sorted[i][0]) + 1;
    }
    return at;
}

struct tri_class_tree *tri_class_tree_new(int64_t name_space, const char *const (*pairs)[2], size_t count)
{
    TRI_AUTO_FREE const char *(*sorted)[2] = malloc((count + 1) * sizeof *sorted);
    struct tri_class_tree *tree = sorted ? calloc(1, sizeof *tree + count * sizeof tree->classes[0]) : NULL;
    if (!tree)
        return NULL;
    memcpy(sorted, pairs, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_pairs);
    tree->name_space = name_space;
    tree->count = count;
    if (!copy_names(tree, (const char *const(*)[2])sorted)) {
        free(tree);
        return NULL;
    }
    link_tree(tree, (const char *const(*)[2])sorted);
    return tree;
}

void tri_class_tree_free(struct tri_class_tree *tree)
{
    if (tree)
        free(tree->text);
    free(tree);
}

/* The classes below a class, itself left out, in the order of the tree; a loop, since a file may hold a deep one. */
static size_t collect(const struct tri_class_tree *tree, uint32_t first, bool deep, uint32_t *ret)
{
    size_t count = 0;
    for (uint32_t i = first; i && count < tree->count; i = tree->classes[i - 1].next_beside)
        ret[count++] = i - 1;
    for (size_t done = 0; deep && done < count; done++)
        for (uint32_t i = tree->classes[ret[done]].first_below; i && count < tree->count;
             i = tree->classes[i - 1].next_beside)
            ret[count++] = i - 1;
    return count;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static int names_of(const struct tri_class_tree *tree, const uint32_t *numbers, size_t count, char ***ret)
{
    char **names = calloc(count + 1, sizeof *names);
    for (size_t i = 0; names && i < count; i++)
        if (!(names[i] = strdup(tree->classes[numbers[i]].name))) {
            while (i-- > 0)
                free(names[i]);
            free(names);
            return -ENOMEM;
        }
    if (!names)
        return -ENOMEM;
    *ret = names;
    return 0;
}

/* All of them, or the topmost. */
static size_t collect_all(const struct tri_class_tree *tree, bool deep, uint32_t *ret)
{
    size_t count = 0;
    for (size_t i = 0; i < tree->count; i++)
        if (deep || !tree->classes[i].is_below)
            ret[count++] = (uint32_t)i;
    return count;
}

int tri_class_tree_below(const struct tri_class_tree *tree, const char *superclass, bool deep, char ***ret,
                         size_t *ret_count)
{
    ptrdiff_t above = superclass ? find_in_tree(tree, superclass) : -1;
    if (superclass && above < 0)
        return TRI_MANAGEMENT_INVALID_CLASS;
    uint32_t first = above >= 0 ? tree->classes[above].first_below : 0;
    TRI_AUTO_FREE uint32_t *numbers = superclass && !first ? NULL : malloc((tree->count + 1) * sizeof *numbers);
    size_t count = 0;
    if (numbers)
        count = superclass ? collect(tree, first, deep, numbers) : collect_all(tree, deep, numbers);
    else if (!superclass || first)
        return -ENOMEM;
    if (superclass && deep && count > 1)
        qsort(numbers, count, sizeof *numbers, compare_numbers);
    int r = names_of(tree, numbers, count, ret);
    if (r == 0)
        *ret_count = count;
    return r;
}

const struct tri_class_tree *tri_class_cache_tree(struct tri_class_cache *cache, int64_t name_space)
{
    pthread_rwlock_rdlock(&cache->lock);
    const struct tri_class_tree *tree = cache->trees;
    while (tree && tree->name_space != name_space)
        tree = tree->next;
    pthread_rwlock_unlock(&cache->lock);
    return tree;
}

const struct tri_class_tree *tri_class_cache_add_tree(struct tri_class_cache *cache, struct tri_class_tree *tree)
{
    pthread_rwlock_wrlock(&cache->lock);
    struct tri_class_tree *stays = cache->trees;
    while (stays && stays->name_space != tree->name_space)
        stays = stays->next;
    if (!stays) {
        tree->next = cache->trees;
        cache->trees = stays = tree;
    } else {
        tri_class_tree_free(tree);
    }
    pthread_rwlock_unlock(&cache->lock);
    return stays;
}
