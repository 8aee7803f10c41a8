/* COM objects in C: who an object is, which interfaces it answers, and how long it lives.
 *
 * An object begins with struct tri_com_object and holds one struct tri_com_face for each interface. A client's
 * interface pointer points at a face: the vtable, as the binary contract wants it, then the way back to the object. So
 * one QueryInterface, one AddRef and one Release serve every vtable, identity holds by construction, and a client that
 * calls these three through the wrong interface's macro is right all the same.
 *
 * Everything here may be called from any thread. No lock is held while a class's functions are called. */
#ifndef TRI_COM_OBJECT_H
#define TRI_COM_OBJECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <unknwn.h>

struct tri_com_object;

/* What an interface pointer of ours points at. Filled in by tri_com_new. Clients see it as a structure of theirs. */
struct __attribute__((may_alias)) tri_com_face {
    const void *vtbl;
    struct tri_com_object *object;
};

/* One row of a class: the interface's id, where in the object its face lies, and the vtable that goes into it. The
 * first row is what IID_IUnknown answers too. Two rows may share a face where their vtables are one and the same. */
struct tri_com_row {
    const IID *iid;
    size_t offset;
    const void *vtbl;
};

struct tri_com_class {
    const char *name; /* for people: traces and tests */
    size_t size;      /* of the whole object, in bytes */
    const struct tri_com_row *rows;
    size_t row_count;
    /* Gives back what the object holds, not the object itself; or NULL. Runs once, on the thread that let go of the
     * last reference. */
    void (*destroy)(void *object);
    /* Whether this object answers that row; NULL: all rows. Must stay the same as long as the object lives. */
    bool (*answers)(void *object, const IID *iid);
};

/* The first member of each object. */
struct tri_com_object {
    const struct tri_com_class *class_;
    _Atomic uint32_t references;
};

/* A new object: zeroed, its faces filled in, with one reference, which is the caller's. NULL: no memory. */
void *tri_com_new(const struct tri_com_class *cls);

/* Takes and lets go of a reference; NULL is fine. The object is destroyed and freed with its last one. */
void tri_com_ref(void *object);
void tri_com_unref(void *object);

/* Hands out an interface of the object, with a reference. E_POINTER where ret is NULL, E_INVALIDARG where iid is;
 * E_NOINTERFACE writes NULL. */
HRESULT tri_com_query(void *object, REFIID iid, void **ret);

/* A new object of a class that needs nothing but its zeroes, by the interface asked for; as tri_com_factory's create. */
HRESULT tri_com_create(const struct tri_com_class *cls, REFIID iid, void **ret);

/* The object behind any interface pointer of ours; borrowed. For a method's own This, which is known to be ours. */
void *tri_com_face_object(const void *This);

/* The object behind an interface pointer that a client gave, where it is one of ours and of that class, else NULL (also
 * for NULL). Borrowed. Reads the pointer's vtable, and no more of an object that is not ours. */
void *tri_com_object_of(void *unknown_iface, const struct tri_com_class *cls);

/* Slots 0 to 2 of every vtable. AddRef and Release answer the new count. */
HRESULT STDMETHODCALLTYPE tri_com_QueryInterface(void *This, REFIID iid, void **ret);
ULONG STDMETHODCALLTYPE tri_com_AddRef(void *This);
ULONG STDMETHODCALLTYPE tri_com_Release(void *This);

/* The head of a vtable's initialiser: static const IVdsAsyncVtbl vtbl = {TRI_COM_UNKNOWN(IVdsAsync), .Cancel = ...};
 * The casts change nothing but the type of This, and every Linux ABI passes all pointers alike. */
#define TRI_COM_UNKNOWN(type)                                                                              \
    .QueryInterface = (HRESULT(STDMETHODCALLTYPE *)(type *, REFIID, void **))tri_com_QueryInterface,       \
    .AddRef = (ULONG(STDMETHODCALLTYPE *)(type *))tri_com_AddRef,                                          \
    .Release = (ULONG(STDMETHODCALLTYPE *)(type *))tri_com_Release

/* How many objects are alive in the process; for tests. */
size_t tri_com_live(void);

#endif
