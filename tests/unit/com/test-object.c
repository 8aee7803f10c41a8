/* The rules that every object keeps: who it is, what it answers, how long it lives. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <time.h>

#define COBJMACROS
#include "com/class.h"
#include "com/object.h"
#include <vds.h>

#include "proves.h"

/* ---- a class with three interfaces; one of them only some objects answer ---- */

struct boat {
    struct tri_com_object com;
    struct tri_com_face IVdsDisk2_face, IVdsDiskOnline_face, IVdsRemovable_face;
    bool is_removable;
    int *destroyed;
    bool clings; /* takes and lets go of itself while it is destroyed */
};

static HRESULT STDMETHODCALLTYPE boat_SetSANMode(IVdsDisk2 *This, BOOL bEnable)
{
    struct boat *boat = tri_com_face_object(This);
    return boat->is_removable ? S_OK : S_FALSE;
}

static HRESULT STDMETHODCALLTYPE boat_Online(IVdsDiskOnline *This)
{
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE boat_Offline(IVdsDiskOnline *This)
{
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE boat_QueryMedia(IVdsRemovable *This)
{
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE boat_Eject(IVdsRemovable *This)
{
    return S_OK;
}

static const IVdsDisk2Vtbl disk2_vtbl = {TRI_COM_UNKNOWN(IVdsDisk2), .SetSANMode = boat_SetSANMode};
static const IVdsDiskOnlineVtbl online_vtbl = {TRI_COM_UNKNOWN(IVdsDiskOnline), .Online = boat_Online,
                                               .Offline = boat_Offline};
static const IVdsRemovableVtbl removable_vtbl = {TRI_COM_UNKNOWN(IVdsRemovable), .QueryMedia = boat_QueryMedia,
                                                 .Eject = boat_Eject};
static const struct tri_com_row boat_rows[] = {
    {&IID_IVdsDisk2, offsetof(struct boat, IVdsDisk2_face), &disk2_vtbl},
    {&IID_IVdsDiskOnline, offsetof(struct boat, IVdsDiskOnline_face), &online_vtbl},
    {&IID_IVdsRemovable, offsetof(struct boat, IVdsRemovable_face), &removable_vtbl},
};

static void boat_destroy(void *object)
{
    struct boat *boat = object;
    if (boat->clings) {
        tri_com_ref(boat);
        tri_com_unref(boat);
    }
    if (boat->destroyed)
        ++*boat->destroyed;
}

static bool boat_answers(void *object, const IID *iid)
{
    struct boat *boat = object;
    return boat->is_removable || !IsEqualIID(iid, &IID_IVdsRemovable);
}

static const struct tri_com_class boat_class = {
    .name = "boat",
    .size = sizeof(struct boat),
    .rows = boat_rows,
    .row_count = 3,
    .destroy = boat_destroy,
    .answers = boat_answers,
};
static const struct tri_com_class other_class = {
    .name = "other",
    .size = sizeof(struct boat),
    .rows = boat_rows,
    .row_count = 1,
};

/* ---- what CoCreateInstance makes in this program ---- */

static const CLSID boat_clsid = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};

static HRESULT boat_create(REFIID iid, void **ret)
{
    struct boat *boat = tri_com_new(&boat_class);
    if (!boat)
        return E_OUTOFMEMORY;
    HRESULT result = tri_com_query(boat, iid, ret);
    tri_com_unref(boat);
    return result;
}

static const struct tri_com_factory boat_factory = {&boat_clsid, boat_create};
const struct tri_com_factory *const tri_com_factories[] = {&boat_factory, NULL};

/* ---- tests ---- */

static IUnknown *unknown_of(void *iface)
{
    IUnknown *unknown = NULL;
    assert_int_equal(IUnknown_QueryInterface((IUnknown *)iface, &IID_IUnknown, (void **)&unknown), S_OK);
    IUnknown_Release(unknown); /* only its address is of interest */
    return unknown;
}

static void an_object_is_one_whichever_interface_is_asked(void **state)
{
    struct boat *boat = tri_com_new(&boat_class);
    IVdsDiskOnline *online = NULL;
    IVdsDisk2 *disk = NULL;
    assert_int_equal(tri_com_query(boat, &IID_IVdsDiskOnline, (void **)&online), S_OK);
    assert_int_equal(IVdsDiskOnline_QueryInterface(online, &IID_IVdsDisk2, (void **)&disk), S_OK);
    assert_ptr_equal(unknown_of(online), unknown_of(disk));
    assert_ptr_equal(unknown_of(unknown_of(online)), unknown_of(disk));
    assert_ptr_equal(tri_com_face_object(online), boat);
    IVdsDiskOnline_Release(online);
    IVdsDisk2_Release(disk);
    tri_com_unref(boat);
}

static void every_interface_leads_to_every_other(void **state)
{
    struct boat *boat = tri_com_new(&boat_class);
    boat->is_removable = true;
    const IID *all[] = {&IID_IUnknown, &IID_IVdsDisk2, &IID_IVdsDiskOnline, &IID_IVdsRemovable};
    for (size_t i = 0; i < 4; i++) {
        IUnknown *from = NULL;
        assert_int_equal(tri_com_query(boat, all[i], (void **)&from), S_OK);
        for (size_t j = 0; j < 4; j++) {
            IUnknown *to = NULL, *back = NULL;
            assert_int_equal(IUnknown_QueryInterface(from, all[j], (void **)&to), S_OK);
            assert_int_equal(IUnknown_QueryInterface(to, all[i], (void **)&back), S_OK);
            assert_ptr_equal(back, from);
            IUnknown_Release(to);
            IUnknown_Release(back);
        }
        IUnknown_Release(from);
    }
    tri_com_unref(boat);
}

static void an_interface_that_is_not_there_gives_null(void **state)
{
    struct boat *boat = tri_com_new(&boat_class);
    IUnknown *unknown = (IUnknown *)&boat->IVdsDiskOnline_face;
    void *ret = boat;
    assert_int_equal(IUnknown_QueryInterface(unknown, &IID_IVdsVolume, &ret), E_NOINTERFACE);
    assert_null(ret);
    assert_int_equal(IUnknown_QueryInterface(unknown, &IID_IUnknown, NULL), E_POINTER);
    ret = boat;
    assert_int_equal(IUnknown_QueryInterface(unknown, NULL, &ret), E_INVALIDARG);
    assert_null(ret);
    tri_com_unref(boat);
}

static void an_object_may_leave_a_row_unanswered(void **state)
{
    struct boat *boat = tri_com_new(&boat_class);
    void *ret = boat;
    assert_int_equal(tri_com_query(boat, &IID_IVdsRemovable, &ret), E_NOINTERFACE);
    assert_null(ret);
    boat->is_removable = true;
    assert_int_equal(tri_com_query(boat, &IID_IVdsRemovable, &ret), S_OK);
    assert_int_equal(IVdsRemovable_Eject((IVdsRemovable *)ret), S_OK);
    tri_com_unref(boat);
    IVdsRemovable_Release((IVdsRemovable *)ret);
}

static void counts_are_answered_and_the_last_one_destroys(void **state)
{
    int destroyed = 0;
    size_t before = tri_com_live();
    struct boat *boat = tri_com_new(&boat_class);
    boat->destroyed = &destroyed;
    assert_int_equal(tri_com_live(), before + 1);
    IUnknown *unknown = (IUnknown *)&boat->IVdsDisk2_face;
    assert_int_equal(IUnknown_AddRef(unknown), 2);
    IUnknown *other = (IUnknown *)&boat->IVdsDiskOnline_face;
    assert_int_equal(IUnknown_AddRef(other), 3); /* one count, whichever interface */
    assert_int_equal(IUnknown_Release(unknown), 2);
    assert_int_equal(IUnknown_Release(unknown), 1);
    assert_int_equal(destroyed, 0);
    assert_int_equal(IUnknown_Release(unknown), 0);
    assert_int_equal(destroyed, 1);
    assert_int_equal(tri_com_live(), before);
    tri_com_ref(NULL);
    tri_com_unref(NULL);
}

static void an_object_that_clings_to_itself_is_destroyed_once(void **state)
{
    int destroyed = 0;
    struct boat *boat = tri_com_new(&boat_class);
    boat->destroyed = &destroyed;
    boat->clings = true;
    tri_com_ref(boat);
    tri_com_unref(boat);
    tri_com_unref(boat);
    assert_int_equal(destroyed, 1);
}

/* A client's own implementation. */
static HRESULT STDMETHODCALLTYPE stranger_QueryInterface(IUnknown *This, REFIID riid, void **ret)
{
    return E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE stranger_count(IUnknown *This)
{
    return 1;
}

static void strangers_and_other_classes_are_told_apart(void **state)
{
    static const IUnknownVtbl stranger_vtbl = {stranger_QueryInterface, stranger_count, stranger_count};
    IUnknown stranger = {&stranger_vtbl};
    struct boat *boat = tri_com_new(&boat_class);
    assert_ptr_equal(tri_com_object_of(&boat->IVdsDiskOnline_face, &boat_class), boat);
    assert_ptr_equal(tri_com_object_of(&boat->IVdsDisk2_face, &boat_class), boat);
    assert_null(tri_com_object_of(&boat->IVdsDisk2_face, &other_class));
    assert_null(tri_com_object_of(&stranger, &boat_class));
    assert_null(tri_com_object_of(NULL, &boat_class));
    tri_com_unref(boat);
}

#define ROUNDS 20000

static void *row(void *data)
{
    IUnknown *unknown = data;
    for (int i = 0; i < ROUNDS; i++) {
        IVdsDiskOnline *online = NULL;
        if (IUnknown_QueryInterface(unknown, &IID_IVdsDiskOnline, (void **)&online) != S_OK)
            return "no interface";
        IVdsDiskOnline_AddRef(online);
        IVdsDiskOnline_Release(online);
        IVdsDiskOnline_Release(online);
    }
    IUnknown_Release(unknown);
    return NULL;
}

static void many_threads_share_an_object(void **state)
{
    int destroyed = 0;
    struct boat *boat = tri_com_new(&boat_class);
    boat->destroyed = &destroyed;
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        tri_com_ref(boat);
        assert_int_equal(pthread_create(&threads[i], NULL, row, &boat->IVdsDisk2_face), 0);
    }
    tri_com_unref(boat); /* the threads keep it */
    for (size_t i = 0; i < 4; i++) {
        void *complaint = NULL;
        pthread_join(threads[i], &complaint);
        assert_null(complaint);
    }
    assert_int_equal(destroyed, 1);
}

static void a_class_is_made_by_its_id(void **state)
{
    TRI_PROVES(CoCreateInstance, real);
    size_t before = tri_com_live();
    IVdsDisk2 *disk = NULL;
    assert_int_equal(CoCreateInstance(&boat_clsid, NULL, CLSCTX_LOCAL_SERVER | CLSCTX_REMOTE_SERVER, &IID_IVdsDisk2,
                                      (void **)&disk), S_OK);
    assert_int_equal(IVdsDisk2_SetSANMode(disk, TRUE), S_FALSE);
    assert_int_equal(IVdsDisk2_Release(disk), 0);
    assert_int_equal(tri_com_live(), before);
}

static void what_cannot_be_made_says_why_and_gives_null(void **state)
{
    struct boat *boat = tri_com_new(&boat_class);
    void *ret = boat;
    assert_int_equal(CoCreateInstance(&IID_IVdsDisk, NULL, CLSCTX_ALL, &IID_IUnknown, &ret), REGDB_E_CLASSNOTREG);
    assert_null(ret);
    ret = boat;
    assert_int_equal(CoCreateInstance(&boat_clsid, NULL, 0, &IID_IVdsVolume, &ret), E_NOINTERFACE);
    assert_null(ret);
    ret = boat;
    assert_int_equal(CoCreateInstance(&boat_clsid, (IUnknown *)&boat->IVdsDisk2_face, CLSCTX_ALL, &IID_IUnknown, &ret),
                     CLASS_E_NOAGGREGATION);
    assert_null(ret);
    assert_int_equal(CoCreateInstance(&boat_clsid, NULL, CLSCTX_ALL, &IID_IUnknown, NULL), E_POINTER);
    assert_int_equal(CoCreateInstance(NULL, NULL, CLSCTX_ALL, &IID_IUnknown, &ret), E_INVALIDARG);
    assert_int_equal(CoCreateInstance(&boat_clsid, NULL, CLSCTX_ALL, NULL, &ret), E_INVALIDARG);
    tri_com_unref(boat);
}

static void *first_use_of_a_thread(void *data)
{
    *(HRESULT *)data = CoInitializeEx(NULL, COINIT_MULTITHREADED);
    CoUninitialize();
    return NULL;
}

static void a_thread_begins_once_and_then_again(void **state)
{
    TRI_PROVES(CoInitialize, real);
    TRI_PROVES(CoInitializeEx, real, "there are no apartments: never RPC_E_CHANGED_MODE");
    TRI_PROVES(CoUninitialize, real);
    assert_int_equal(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE), S_OK);
    assert_int_equal(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED), S_FALSE);
    assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_FALSE);
    assert_int_equal(CoInitializeEx(&state, COINIT_MULTITHREADED), E_INVALIDARG);
    assert_int_equal(CoInitializeEx(NULL, 0x100), E_INVALIDARG);
    HRESULT elsewhere = E_FAIL;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, first_use_of_a_thread, &elsewhere), 0);
    pthread_join(thread, NULL);
    assert_int_equal(elsewhere, S_OK);
    for (int i = 0; i < 4; i++) /* one more than was begun */
        CoUninitialize();
    assert_int_equal(CoInitialize(NULL), S_OK);
    CoUninitialize();
}

static void objects_outlive_the_use_of_com(void **state)
{
    assert_int_equal(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED), S_OK);
    IVdsDisk2 *disk = NULL;
    assert_int_equal(CoCreateInstance(&boat_clsid, NULL, CLSCTX_ALL, &IID_IVdsDisk2, (void **)&disk), S_OK);
    CoUninitialize();
    assert_int_equal(IVdsDisk2_SetSANMode(disk, TRUE), S_FALSE);
    IVdsDisk2_Release(disk);
}

static void security_is_set_once(void **state)
{
    TRI_PROVES(CoInitializeSecurity, real, "there is nothing to secure in one process");
    for (int i = 0; i < 3; i++)
        assert_int_equal(CoInitializeSecurity(NULL, -1, NULL, NULL, RPC_C_AUTHN_LEVEL_CONNECT,
                                              RPC_C_IMP_LEVEL_IMPERSONATE, NULL, EOAC_NONE, NULL),
                         i == 0 ? S_OK : RPC_E_TOO_LATE);
}

static void a_class_can_be_had_and_asked_for_objects(void **state)
{
    TRI_PROVES(CoGetClassObject, real);
    TRI_PROVES_METHOD(IClassFactory, CreateInstance, real);
    TRI_PROVES_METHOD(IClassFactory, LockServer, real);
    IClassFactory *factory = NULL;
    IVdsDisk2 *disk = NULL;
    void *ret = &factory;
    assert_int_equal(CoGetClassObject(&boat_clsid, CLSCTX_ALL, NULL, &IID_IClassFactory, (void **)&factory), S_OK);
    assert_int_equal(IClassFactory_CreateInstance(factory, NULL, &IID_IVdsDisk2, (void **)&disk), S_OK);
    IVdsDisk2_Release(disk);
    assert_int_equal(IClassFactory_CreateInstance(factory, (IUnknown *)factory, &IID_IVdsDisk2, &ret),
                     CLASS_E_NOAGGREGATION);
    assert_null(ret);
    assert_int_equal(IClassFactory_LockServer(factory, TRUE), S_OK);
    assert_int_equal(IClassFactory_Release(factory), 0);
    ret = &factory;
    assert_int_equal(CoGetClassObject(&IID_IVdsDisk, CLSCTX_ALL, NULL, &IID_IClassFactory, &ret), REGDB_E_CLASSNOTREG);
    assert_null(ret);
    assert_int_equal(CoGetClassObject(&boat_clsid, CLSCTX_ALL, NULL, &IID_IVdsDisk, &ret), E_NOINTERFACE);
    assert_int_equal(CoGetClassObject(&boat_clsid, CLSCTX_ALL, NULL, &IID_IVdsDisk, NULL), E_POINTER);
}

static void several_interfaces_come_at_once(void **state)
{
    TRI_PROVES(CoCreateInstanceEx, real);
    MULTI_QI want[] = {{.pIID = &IID_IVdsDisk2}, {.pIID = &IID_IVdsDiskOnline}, {.pIID = &IID_IVdsVolume}};
    COSERVERINFO here = {.pwszName = (LPWSTR)u"localhost"}, elsewhere = {.pwszName = (LPWSTR)u"elsewhere.invalid"};
    assert_int_equal(CoCreateInstanceEx(&boat_clsid, NULL, CLSCTX_ALL, NULL, 2, want), S_OK);
    assert_ptr_equal(unknown_of(want[0].pItf), unknown_of(want[1].pItf));
    assert_int_equal(IUnknown_Release(want[0].pItf), 1);
    assert_int_equal(IUnknown_Release(want[1].pItf), 0);
    assert_int_equal(CoCreateInstanceEx(&boat_clsid, NULL, CLSCTX_ALL, &here, 3, want), CO_S_NOTALLINTERFACES);
    assert_int_equal(want[2].hr, E_NOINTERFACE);
    assert_null(want[2].pItf);
    IUnknown_Release(want[0].pItf);
    assert_int_equal(IUnknown_Release(want[1].pItf), 0);
    assert_int_equal(CoCreateInstanceEx(&boat_clsid, NULL, CLSCTX_ALL, NULL, 1, &want[2]), E_NOINTERFACE);
    assert_int_equal(CoCreateInstanceEx(&boat_clsid, NULL, CLSCTX_ALL, &elsewhere, 1, want),
                     HRESULT_FROM_WIN32(RPC_S_SERVER_UNAVAILABLE));
    assert_null(want[0].pItf);
    assert_int_equal(CoCreateInstanceEx(&IID_IVdsDisk, NULL, CLSCTX_ALL, NULL, 1, want), REGDB_E_CLASSNOTREG);
    assert_int_equal(want[0].hr, REGDB_E_CLASSNOTREG);
    assert_int_equal(CoCreateInstanceEx(&boat_clsid, NULL, CLSCTX_ALL, NULL, 0, want), E_INVALIDARG);
    assert_int_equal(CoCreateInstanceEx(&boat_clsid, NULL, CLSCTX_ALL, NULL, 1, NULL), E_INVALIDARG);
}

static void calls_need_no_identity(void **state)
{
    TRI_PROVES(CoSetProxyBlanket, real, "nothing is done about it: calls are direct");
    TRI_PROVES(CoQueryProxyBlanket, real);
    TRI_PROVES(CoImpersonateClient, real, "the client is oneself");
    TRI_PROVES(CoRevertToSelf, real);
    struct boat *boat = tri_com_new(&boat_class);
    IUnknown *unknown = (IUnknown *)&boat->IVdsDisk2_face;
    DWORD service = 0, level = 0, impersonation = 0;
    LPOLESTR name = (LPOLESTR)u"x";
    assert_int_equal(CoSetProxyBlanket(unknown, RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, NULL, RPC_C_AUTHN_LEVEL_CALL,
                                       RPC_C_IMP_LEVEL_IMPERSONATE, NULL, EOAC_NONE), S_OK);
    assert_int_equal(CoSetProxyBlanket(NULL, 0, 0, NULL, 0, 0, NULL, 0), E_INVALIDARG);
    assert_int_equal(CoQueryProxyBlanket(unknown, &service, NULL, &name, &level, &impersonation, NULL, NULL), S_OK);
    assert_true(service == RPC_C_AUTHN_WINNT && level == RPC_C_AUTHN_LEVEL_PKT_PRIVACY && !name);
    assert_int_equal(impersonation, RPC_C_IMP_LEVEL_IMPERSONATE);
    assert_int_equal(CoQueryProxyBlanket(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), E_INVALIDARG);
    assert_int_equal(CoImpersonateClient(), S_OK);
    assert_int_equal(CoRevertToSelf(), S_OK);
    tri_com_unref(boat);
}

static void sleeping_takes_at_least_as_long_as_asked(void **state)
{
    TRI_PROVES(Sleep, real);
    TRI_PROVES(InterlockedIncrement, real);
    TRI_PROVES(InterlockedDecrement, real);
    struct timespec before, after;
    LONG volatile count = 1;
    clock_gettime(CLOCK_MONOTONIC, &before);
    Sleep(0);
    Sleep(20);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true((after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec >= 20000000);
    assert_int_equal(InterlockedIncrement(&count), 2);
    assert_int_equal(InterlockedDecrement(&count), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_one_whichever_interface_is_asked),
        cmocka_unit_test(every_interface_leads_to_every_other),
        cmocka_unit_test(an_interface_that_is_not_there_gives_null),
        cmocka_unit_test(an_object_may_leave_a_row_unanswered),
        cmocka_unit_test(counts_are_answered_and_the_last_one_destroys),
        cmocka_unit_test(an_object_that_clings_to_itself_is_destroyed_once),
        cmocka_unit_test(strangers_and_other_classes_are_told_apart),
        cmocka_unit_test(many_threads_share_an_object),
        cmocka_unit_test(a_class_is_made_by_its_id),
        cmocka_unit_test(what_cannot_be_made_says_why_and_gives_null),
        cmocka_unit_test(a_thread_begins_once_and_then_again),
        cmocka_unit_test(objects_outlive_the_use_of_com),
        cmocka_unit_test(security_is_set_once),
        cmocka_unit_test(a_class_can_be_had_and_asked_for_objects),
        cmocka_unit_test(several_interfaces_come_at_once),
        cmocka_unit_test(calls_need_no_identity),
        cmocka_unit_test(sleeping_takes_at_least_as_long_as_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
