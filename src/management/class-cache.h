/* Classes of the repository's file that were read, as they were at one moment (a generation), and the tree of all names.
 *
 * Found by any thread; filled by those that read. Whatever is in it can be read again: where its classes have come to
 * more than TRI_CLASS_CACHE_MEMBERS_MAX members, inherited ones included, it lets go of them all and begins anew (what
 * is read next brings back what is needed). The tree of names stays. */
#ifndef TRI_MANAGEMENT_CLASS_CACHE_H
#define TRI_MANAGEMENT_CLASS_CACHE_H

#include "management/class.h"

struct tri_class_cache;

enum { TRI_CLASS_CACHE_MEMBERS_MAX = 1 << 20 }; /* some 100 bytes each */

struct tri_class_cache *tri_class_cache_new(uint64_t generation);
struct tri_class_cache *tri_class_cache_ref(struct tri_class_cache *cache);
void tri_class_cache_unref(struct tri_class_cache *cache); /* NULL is fine */
uint64_t tri_class_cache_generation(const struct tri_class_cache *cache);

/* With a reference, or NULL. */
struct tri_class *tri_class_cache_find(struct tri_class_cache *cache, int64_t name_space, const char *name);
struct tri_class *tri_class_cache_find_id(struct tri_class_cache *cache, int64_t id);
/* The number under which the file knows the class (a built-in class says none itself); 0: not cached. */
int64_t tri_class_cache_id(struct tri_class_cache *cache, int64_t name_space, const char *name);
/* Adds it, where it is not there yet; others may go for it. -ENOMEM. */
int tri_class_cache_add(struct tri_class_cache *cache, int64_t name_space, int64_t id, struct tri_class *cls);

/* ---- the tree of names of a namespace ---- */

struct tri_class_tree;

/* pairs: name, superclass ("" or NULL: none), ...; copied. NULL: no memory. */
struct tri_class_tree *tri_class_tree_new(int64_t name_space, const char *const (*pairs)[2], size_t count);
void tri_class_tree_free(struct tri_class_tree *tree);
/* Sorted, newly allocated. TRI_MANAGEMENT_INVALID_CLASS: there is no such superclass; -ENOMEM. No sentence. */
int tri_class_tree_below(const struct tri_class_tree *tree, const char *superclass, bool deep, char ***ret,
                         size_t *ret_count);

/* The cache's; as long as the cache. NULL: none yet. */
const struct tri_class_tree *tri_class_cache_tree(struct tri_class_cache *cache, int64_t name_space);
/* Takes it. Returns the one that stays. */
const struct tri_class_tree *tri_class_cache_add_tree(struct tri_class_cache *cache, struct tri_class_tree *tree);

#endif
