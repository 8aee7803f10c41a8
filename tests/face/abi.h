/* What the programs that check a header's binary contract share: in C and in C++, with and without -fshort-wchar, in
 * TAP. In C++ each function of an interface is called through the abstract class on a table of functions that tell
 * their slots. */
#ifndef TRI_FACE_ABI_H
#define TRI_FACE_ABI_H

#include <oleauto.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

static int test_count, failure_count;

static void check(int holds, const char *sentence)
{
    printf("%s %d - %s\n", holds ? "ok" : "not ok", ++test_count, sentence);
    failure_count += !holds;
}

/* ---- slots: SLOT_IS(interface, method, slot, arguments of a call, all zero), COUNT_IS(interface, slots) ---- */

#ifdef __cplusplus

/* An object as the library makes it: a pointer to a table. Every function of the table takes only This, and answers its
 * slot; the other arguments are left to the caller, as Linux' calling conventions have it. */
template <int slot> static HRESULT answer(void *)
{
    return slot;
}

typedef HRESULT (*answerer)(void *);
static const answerer table[] = {
    answer<0>, answer<1>, answer<2>, answer<3>, answer<4>, answer<5>, answer<6>, answer<7>, answer<8>,
    answer<9>, answer<10>, answer<11>, answer<12>, answer<13>, answer<14>, answer<15>, answer<16>, answer<17>,
    answer<18>, answer<19>, answer<20>, answer<21>, answer<22>, answer<23>, answer<24>, answer<25>, answer<26>,
    answer<27>, answer<28>, answer<29>, answer<30>, answer<31>, answer<32>, answer<33>, answer<34>, answer<35>,
    answer<36>};
static struct {
    const answerer *lpVtbl;
} object = {table};

static void *opaque_object(void)
{
    void *volatile pointer = &object; /* keeps the compiler from looking what it is */
    return pointer;
}

#define SLOT_IS(interface, method, slot, arguments) \
    if (static_cast<interface *>(opaque_object())->method arguments != slot) \
        printf("# %s::%s is not in slot %d\n", #interface, #method, slot), ++wrong; \
    if (static_cast<ULONG>(static_cast<interface *>(opaque_object())->AddRef()) != 1 || \
        static_cast<interface *>(opaque_object())->Release() != 2 || \
        static_cast<interface *>(opaque_object())->QueryInterface(IID_IUnknown, NULL) != 0) \
        printf("# %s has IUnknown's functions elsewhere\n", #interface), ++wrong;

#else

#define SLOT_IS(interface, method, slot, arguments) \
    if (offsetof(interface##Vtbl, method) != slot * sizeof(void *)) \
        printf("# %s::%s is not in slot %d\n", #interface, #method, slot), ++wrong; \
    if (offsetof(interface##Vtbl, QueryInterface) != 0 || offsetof(interface##Vtbl, AddRef) != 8 || \
        offsetof(interface##Vtbl, Release) != 16 || offsetof(interface, lpVtbl) != 0) \
        printf("# %s has IUnknown's functions elsewhere\n", #interface), ++wrong;

#define COUNT_IS(interface, slots) \
    if (sizeof(interface##Vtbl) != slots * sizeof(void *)) \
        printf("# %s does not have %d slots\n", #interface, slots), ++wrong;

#endif

/* ---- ids: a table of them, checked in one go ---- */

struct id {
    const GUID *id;
    const char *text;
    const char *name;
};
#define ID(name, text) {&name, text, #name}

static void check_ids(const struct id *ids, size_t count)
{
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        OLECHAR text[39] = {'{'};
        for (size_t j = 0; j < 36; j++)
            text[j + 1] = (OLECHAR)ids[i].text[j];
        text[37] = '}';
        GUID id;
        if (FAILED(CLSIDFromString(text, &id)) || memcmp(&id, ids[i].id, sizeof(id)) != 0) {
            printf("# %s is not %s\n", ids[i].name, ids[i].text);
            wrong++;
        }
    }
    check(wrong == 0, "every id is that of Windows");
}

/* ---- layouts: SIZE_IS(structure, size), OFFSET_IS(structure, member, offset) ---- */

#define SIZE_IS(structure, size) \
    if (sizeof(structure) != size) \
        printf("# sizeof(%s) is %zu, not %d\n", #structure, sizeof(structure), size), ++wrong;
#define OFFSET_IS(structure, member, offset) \
    if (offsetof(structure, member) != offset) \
        printf("# %s.%s is at %zu, not %d\n", #structure, #member, offsetof(structure, member), offset), ++wrong;

#endif
