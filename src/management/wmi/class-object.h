/* The inside of an IWbemClassObject, for the files that make one up: class-object*.c, qualifier-set.c, error.c.
 *
 * It shares its engine object with others (rows of an enumeration, copies) until it is changed: then it takes a copy of
 * its own, and a class is thawed into a draft. What has a draft is shared with nobody. */
#ifndef TRI_MANAGEMENT_WMI_CLASS_OBJECT_H
#define TRI_MANAGEMENT_WMI_CLASS_OBJECT_H

#include <pthread.h>

#include "base/error.h"
#include "management/wmi/face.h"

/* One walk over the properties or the methods. */
struct tri_wmi_walk {
    bool is_begun;
    LONG flags;
    int next;
};

struct tri_wmi_object {
    struct tri_com_object com;
    struct tri_com_face IWbemClassObject_face;
    pthread_mutex_t lock; /* of what follows; no client's code is called under it */
    struct tri_cim_object *object;
    bool is_ready; /* its values may be read */
    struct tri_wmi_walk properties, methods;
};

/* ---- class-object.c; the functions that take a locked object say so ---- */

extern const IWbemClassObjectVtbl tri_wmi_object_vtbl;

static inline struct tri_wmi_object *tri_wmi_object_this(IWbemClassObject *This)
{
    return tri_com_face_object(This);
}

/* What tri_com_new does not do; takes the reference on object. */
void tri_wmi_object_init(struct tri_wmi_object *self, struct tri_cim_object *object);
void tri_wmi_object_finish(void *self); /* as tri_com_class's destroy */

/* Locked. To be called before the object is looked at: a row's values are decoded at the first look. 0 or a code. */
int tri_wmi_object_ready(struct tri_wmi_object *self, struct tri_error *error);
/* Locked, ready. The object's own draft, to be changed. TRI_MANAGEMENT_INVALID_OPERATION for an instance, -ENOMEM. */
int tri_wmi_object_draft(struct tri_wmi_object *self, struct tri_class **ret, struct tri_error *error);
/* Locked, ready; an instance. The object, shared with nobody. */
int tri_wmi_object_own(struct tri_wmi_object *self, struct tri_cim_object **ret, struct tri_error *error);

/* The object behind a client's pointer, borrowed; NULL: it is not ours. */
struct tri_wmi_object *tri_wmi_object_ours(IWbemClassObject *object);
/* What the object is at this moment, for others to keep: shared, as long as neither changes it. A draft is not shared, but
 * copied. NULL and *error: it cannot be had. Takes the lock. */
struct tri_cim_object *tri_wmi_object_snapshot(struct tri_wmi_object *self, struct tri_error *error);

/* Places of properties: the system's first, then TRI_SYSTEM_COUNT and more are those of the class by index. Locked, ready. */
int tri_wmi_object_place(struct tri_wmi_object *self, const char *name); /* -1: there is none */
/* Any of the outputs may be NULL; *ret_value is set last, and only on success. */
int tri_wmi_object_read(struct tri_wmi_object *self, int place, VARIANT *ret_value, CIMTYPE *ret_type,
                        LONG *ret_flavor);

/* Names with an underscore at either end are the system's. */
static inline bool tri_wmi_is_user_name(const char *name)
{
    return name[0] && name[0] != '_' && name[strlen(name) - 1] != '_';
}

/* ---- qualifier-set.c ---- */

enum tri_wmi_qualified { TRI_WMI_QUALIFIED_OBJECT, TRI_WMI_QUALIFIED_PROPERTY, TRI_WMI_QUALIFIED_METHOD };

/* name: of the property or method; copied. The set keeps the owner alive. */
HRESULT tri_wmi_qualifier_set_new(struct tri_wmi_object *owner, enum tri_wmi_qualified kind, const char *name,
                                  IWbemQualifierSet **ret);
/* Locked. Whether a property has a qualifier of that name, as GetNames asks; value not NULL: with that value. */
bool tri_wmi_property_qualified(const struct tri_cim_object *object, const struct tri_property *property,
                                const char *qualifier, const struct tri_value *value);

/* ---- error.c ---- */

extern const struct tri_com_class tri_wmi_error_class; /* of the error objects, which begin with a tri_wmi_object too */

/* ---- class-object-whole.c ---- */

HRESULT STDMETHODCALLTYPE tri_wmi_object_Clone(IWbemClassObject *This, IWbemClassObject **ppCopy);
HRESULT STDMETHODCALLTYPE tri_wmi_object_GetObjectText(IWbemClassObject *This, LONG lFlags, BSTR *pstrObjectText);
HRESULT STDMETHODCALLTYPE tri_wmi_object_SpawnDerivedClass(IWbemClassObject *This, LONG lFlags,
                                                           IWbemClassObject **ppNewClass);
HRESULT STDMETHODCALLTYPE tri_wmi_object_SpawnInstance(IWbemClassObject *This, LONG lFlags,
                                                       IWbemClassObject **ppNewInstance);
HRESULT STDMETHODCALLTYPE tri_wmi_object_CompareTo(IWbemClassObject *This, LONG lFlags, IWbemClassObject *pCompareTo);
HRESULT STDMETHODCALLTYPE tri_wmi_object_InheritsFrom(IWbemClassObject *This, LPCWSTR strAncestor);

/* ---- class-object-walk.c ---- */

HRESULT STDMETHODCALLTYPE tri_wmi_object_GetNames(IWbemClassObject *This, LPCWSTR wszQualifierName, LONG lFlags,
                                                  VARIANT *pQualifierVal, SAFEARRAY **pNames);
HRESULT STDMETHODCALLTYPE tri_wmi_object_BeginEnumeration(IWbemClassObject *This, LONG lEnumFlags);
HRESULT STDMETHODCALLTYPE tri_wmi_object_Next(IWbemClassObject *This, LONG lFlags, BSTR *strName, VARIANT *pVal,
                                              CIMTYPE *pType, LONG *plFlavor);
HRESULT STDMETHODCALLTYPE tri_wmi_object_EndEnumeration(IWbemClassObject *This);

/* ---- class-object-method.c ---- */

HRESULT STDMETHODCALLTYPE tri_wmi_object_GetMethod(IWbemClassObject *This, LPCWSTR wszName, LONG lFlags,
                                                   IWbemClassObject **ppInSignature, IWbemClassObject **ppOutSignature);
HRESULT STDMETHODCALLTYPE tri_wmi_object_PutMethod(IWbemClassObject *This, LPCWSTR wszName, LONG lFlags,
                                                   IWbemClassObject *pInSignature, IWbemClassObject *pOutSignature);
HRESULT STDMETHODCALLTYPE tri_wmi_object_DeleteMethod(IWbemClassObject *This, LPCWSTR wszName);
HRESULT STDMETHODCALLTYPE tri_wmi_object_BeginMethodEnumeration(IWbemClassObject *This, LONG lEnumFlags);
HRESULT STDMETHODCALLTYPE tri_wmi_object_NextMethod(IWbemClassObject *This, LONG lFlags, BSTR *pstrName,
                                                    IWbemClassObject **ppInSignature,
                                                    IWbemClassObject **ppOutSignature);
HRESULT STDMETHODCALLTYPE tri_wmi_object_EndMethodEnumeration(IWbemClassObject *This);
HRESULT STDMETHODCALLTYPE tri_wmi_object_GetMethodQualifierSet(IWbemClassObject *This, LPCWSTR wszMethod,
                                                               IWbemQualifierSet **ppQualSet);
HRESULT STDMETHODCALLTYPE tri_wmi_object_GetMethodOrigin(IWbemClassObject *This, LPCWSTR wszMethodName,
                                                         BSTR *pstrClassName);

/* ---- convert.c ---- */

VARTYPE
tri_wmi_vartype(uint16_t type); /* what Get makes of a CIM type, less the array; VT_EMPTY: there is no such type */

/* Names, without memory of the heap. The longest name of anything, in UTF-8, with its NUL; what is longer names nothing. */
#define TRI_WMI_NAME_SIZE 257
struct tri_wmi_name {
    char text[TRI_WMI_NAME_SIZE];
};
/* false: NULL, empty, or longer than any name. */
bool tri_wmi_name(const WCHAR *text, struct tri_wmi_name *ret);

#endif
