/* Object paths: \\server\root\cimv2:Class.Key="value",Other=1. */
#ifndef TRI_MANAGEMENT_PATH_H
#define TRI_MANAGEMENT_PATH_H

#include "management/class.h"

struct tri_path_key {
    char *name;             /* NULL where the path leaves it out */
    struct tri_value value; /* string, sint64, uint64, boolean */
};

struct tri_path {
    char *server;     /* NULL: none named. "." too is this host */
    char *name_space; /* with backslashes, or NULL */
    char *class_name; /* NULL: the path of a namespace */
    bool is_singleton; /* X=@ */
    struct tri_path_key *keys;
    size_t key_count; /* 0 and not a singleton: a class */
};

/* Reads a path of any of these kinds. TRI_MANAGEMENT_INVALID_PATH (the sentence says at which character), also for one of
 * more than 8192 characters; -ENOMEM. *ret is cleared on failure. */
int tri_path_parse(const char *text, struct tri_path *ret, struct tri_error *error);
/* One that names a namespace only: every spelling of ConnectServer's (\\.\root\cimv2, //./root/cimv2, root\cimv2), without
 * class. TRI_MANAGEMENT_INVALID_NAMESPACE where it is malformed. */
int tri_path_parse_namespace(const char *text, struct tri_path *ret, struct tri_error *error);
void tri_path_clear(struct tri_path *path); /* also as TRI_CLEANUP(tri_path_clear) */
int tri_path_text(const struct tri_path *path, char **ret); /* canonical, newly allocated */
bool tri_path_is_local(const struct tri_path *path); /* no server, ".", "localhost", this host's name */

/* The values of the keys, converted to the class's types, in the order of cls->keys, each NULL of its type at first;
 * ret has cls->key_count places. TRI_MANAGEMENT_INVALID_PATH: other names or another count than the class's keys. */
int tri_path_bind(const struct tri_path *path, const struct tri_class *cls, struct tri_value *ret, struct tri_error *error);
/* The canonical key text, as tri_cim_object_key makes it. */
int tri_path_key(const struct tri_path *path, const struct tri_class *cls, char **ret, struct tri_error *error);

#endif
