/* IWbemClassObject: whose the engine's object is, and its properties one at a time. Walks are in class-object-walk.c,
 * methods in class-object-method.c, what is made of an object as a whole in class-object-whole.c. */
#include <errno.h>
#include <oleauto.h>
#include <stdint.h>
#include <string.h>
#include <trireme.h>

#include "base/cleanup.h"
#include "management/wmi/class-object.h"

/* ---- whose the engine's object is ---- */

void tri_wmi_object_init(struct tri_wmi_object *self, struct tri_cim_object *object)
{
    pthread_mutex_init(&self->lock, NULL);
    self->object = object;
}

void tri_wmi_object_finish(void *self)
{
    struct tri_wmi_object *object = self;
    tri_cim_object_unref(object->object);
    pthread_mutex_destroy(&object->lock);
}

/* Rows are decoded at the first look, and two clients' objects may be of the same row: whoever comes first decodes it
 * under the row's lock, and who comes later has taken that lock too before it reads. */
int tri_wmi_object_ready(struct tri_wmi_object *self, struct tri_error *error)
{
    static pthread_mutex_t locks[16] = {[0 ... 15] = PTHREAD_MUTEX_INITIALIZER};
    if (self->is_ready)
        return 0;
    TRI_LOCK_SCOPE(&locks[((uintptr_t)self->object >> 6) % 16]);
    int code = tri_cim_object_decode(self->object);
    if (code < 0)
        return tri_error_set(error, code, NULL, "The stored object cannot be read: %s.",
                             code == -ENOMEM ? "there is no memory" : "the repository is damaged");
    self->is_ready = true;
    return 0;
}

static bool is_shared(const struct tri_wmi_object *self)
{
    return atomic_load_explicit(&self->object->references, memory_order_acquire) > 1;
}

/* Takes the reference on changed, NULL: no memory. */
static int replace(struct tri_wmi_object *self, struct tri_cim_object *changed, struct tri_error *error)
{
    if (!changed)
        return tri_error_no_memory(error);
    tri_cim_object_unref(self->object);
    self->object = changed;
    return 0;
}

int tri_wmi_object_draft(struct tri_wmi_object *self, struct tri_class **ret, struct tri_error *error)
{
    struct tri_class *cls = self->object->cls;
    if (!self->object->is_class)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_OPERATION, NULL,
                             "An instance of \"%s\" has this from its class, and only there it can be changed.",
                             cls->name);
    if (cls->is_frozen) {
        struct tri_class *draft = tri_class_thaw(cls);
        int code = replace(self, draft ? tri_cim_object_of_class(draft) : NULL, error);
        if (code < 0)
            return code;
    }
    *ret = self->object->cls;
    return 0;
}

int tri_wmi_object_own(struct tri_wmi_object *self, struct tri_cim_object **ret, struct tri_error *error)
{
    int code = is_shared(self) ? replace(self, tri_cim_object_copy(self->object), error) : 0;
    if (code == 0)
        *ret = self->object;
    return code;
}

struct tri_cim_object *tri_wmi_object_snapshot(struct tri_wmi_object *self, struct tri_error *error)
{
    TRI_LOCK_SCOPE(&self->lock);
    if (tri_wmi_object_ready(self, error) < 0)
        return NULL;
    bool is_draft = self->object->is_class && !self->object->cls->is_frozen;
    struct tri_cim_object *taken = is_draft ? tri_cim_object_copy(self->object) : tri_cim_object_ref(self->object);
    if (!taken)
        tri_error_no_memory(error);
    return taken;
}

static const struct tri_com_class object_class;

struct tri_wmi_object *tri_wmi_object_ours(IWbemClassObject *object)
{
    struct tri_wmi_object *self = tri_com_object_of(object, &object_class);
    return self ? self : tri_com_object_of(object, &tri_wmi_error_class);
}

struct tri_cim_object *tri_wmi_object_of(IWbemClassObject *object)
{
    struct tri_wmi_object *self = tri_wmi_object_ours(object);
    return self ? tri_wmi_object_snapshot(self, NULL) : NULL;
}

/* ---- reading ---- */

static bool is_system_name(const char *name)
{
    return name[0] == '_' && name[1] == '_';
}

int tri_wmi_object_place(struct tri_wmi_object *self, const char *name)
{
    int system = is_system_name(name) ? tri_system_property_find(name) : -1;
    if (system >= 0)
        return system;
    int index = tri_class_find(self->object->cls, name);
    return index >= 0 && tri_cim_object_selects(self->object, index) ? TRI_SYSTEM_COUNT + index : -1;
}

static int read_system(struct tri_wmi_object *self, int place, VARIANT *ret_value, CIMTYPE *ret_type)
{
    struct tri_value value = {0};
    int code = tri_cim_object_system(self->object, (enum tri_system_property)place, &value);
    if (code < 0)
        return code;
    if (ret_type)
        *ret_type = value.type;
    HRESULT hr = ret_value ? tri_wmi_variant(&value, ret_value) : S_OK;
    tri_value_clear(&value);
    return FAILED(hr) ? -ENOMEM : 0;
}

/* Of a class: where the property comes from. Of an instance: whether the value is its own, or what its class says. */
static LONG origin_of(const struct tri_cim_object *object, int index)
{
    const struct tri_property *property = &object->cls->properties[index];
    bool is_own = object->is_class ? !property->origin
                                   : !tri_value_equal(tri_cim_object_value(object, index), &property->value, false);
    return is_own ? WBEM_FLAVOR_ORIGIN_LOCAL : WBEM_FLAVOR_ORIGIN_PROPAGATED;
}

int tri_wmi_object_read(struct tri_wmi_object *self, int place, VARIANT *ret_value, CIMTYPE *ret_type, LONG *ret_flavor)
{
    bool is_system = place < TRI_SYSTEM_COUNT;
    int index = place - TRI_SYSTEM_COUNT;
    if (is_system) {
        int code = read_system(self, place, ret_value, ret_type);
        if (code < 0)
            return code;
    } else {
        const struct tri_value *value = tri_cim_object_value(self->object, index);
        if (ret_value && FAILED(tri_wmi_variant(value, ret_value)))
            return -ENOMEM;
        if (ret_type)
            *ret_type = self->object->cls->properties[index].type;
    }
    if (ret_flavor)
        *ret_flavor = is_system ? WBEM_FLAVOR_ORIGIN_SYSTEM : origin_of(self->object, index);
    return 0;
}

static int not_there(struct tri_wmi_object *self, const char *name, struct tri_error *error)
{
    const struct tri_cim_object *object = self->object;
    return tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, NULL, "%s \"%s\" has no property \"%s\".",
                         object->is_class ? "Class" : "This instance of", object->cls->name ? object->cls->name : "",
                         name);
}

/* Locked. Where a property is, in an object that is ready; an error if there is none. */
static int locate(struct tri_wmi_object *self, const char *name, struct tri_error *error)
{
    int code = tri_wmi_object_ready(self, error);
    if (code < 0)
        return code;
    int place = tri_wmi_object_place(self, name);
    return place < 0 ? not_there(self, name, error) : place;
}

static int read_named(struct tri_wmi_object *self, const char *name, VARIANT *ret_value, CIMTYPE *ret_type,
                      LONG *ret_flavor, struct tri_error *error)
{
    TRI_LOCK_SCOPE(&self->lock);
    int place = locate(self, name, error);
    return place < 0 ? place : tri_wmi_object_read(self, place, ret_value, ret_type, ret_flavor);
}

static HRESULT STDMETHODCALLTYPE object_Get(IWbemClassObject *This, LPCWSTR wszName, LONG lFlags, VARIANT *pVal,
                                            CIMTYPE *pType, LONG *plFlavor)
{
    static const char method[] = "IWbemClassObject::Get";
    struct tri_wmi_name name;
    struct tri_error error = {0};
    if (!wszName || lFlags != 0)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method, "Get needs the name of a property, and no flags.");
    if (!tri_wmi_name(wszName, &name))
        return tri_wmi_refuse(WBEM_E_NOT_FOUND, method, "No property has a name that is empty or that long.");
    int code = read_named(tri_wmi_object_this(This), name.text, pVal, pType, plFlavor, &error);
    return code < 0 ? tri_wmi_fail(method, name.text, code, &error) : WBEM_S_NO_ERROR;
}

/* ---- changing ---- */

static int instance_put_type(struct tri_wmi_object *self, const char *name, CIMTYPE type, uint16_t *ret,
                             struct tri_error *error)
{
    int place = tri_wmi_object_place(self, name);
    if (place < 0)
        return not_there(self, name, error);
    uint16_t is = self->object->cls->properties[place - TRI_SYSTEM_COUNT].type;
    if (type != CIM_EMPTY && type != is)
        return tri_error_set(error, TRI_MANAGEMENT_TYPE_MISMATCH, NULL,
                             "Property \"%s\" is of CIM type %d, not %d: pass 0, or what it is.", name, is, type);
    *ret = is;
    return 0;
}

static int class_put_type(struct tri_wmi_object *self, const char *name, const VARIANT *value, CIMTYPE type,
                          uint16_t *ret, struct tri_error *error)
{
    int index = tri_class_find(self->object->cls, name);
    bool is_null = !value || V_VT(value) == VT_NULL;
    if (index < 0 && !tri_wmi_is_user_name(name))
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_PARAMETER, NULL,
                             "\"%s\" cannot be a property: names with an underscore at either end are the system's.",
                             name);
    if (index >= 0 && type == CIM_EMPTY)
        *ret = self->object->cls->properties[index].type;
    else if (type != CIM_EMPTY && type > 0 && type < UINT16_MAX && tri_cim_type_name((uint16_t)type))
        *ret = (uint16_t)type;
    else if (type == CIM_EMPTY && !is_null && tri_wmi_type_of(value) != TRI_CIM_EMPTY)
        *ret = tri_wmi_type_of(value);
    else
        return tri_error_set(
            error, type ? TRI_MANAGEMENT_INVALID_PROPERTY_TYPE : TRI_MANAGEMENT_INVALID_PARAMETER, NULL,
            "What type the new property \"%s\" is has to be said, by a CIM type or by its value.", name);
    if (index < 0 && self->object->cls->property_count >= WBEM_MAX_USER_PROPERTIES)
        return tri_error_set(error, TRI_MANAGEMENT_TOO_MANY_PROPERTIES, NULL, "A class may have %d properties.",
                             WBEM_MAX_USER_PROPERTIES);
    return 0;
}

/* Of which type the value is to be. */
static int put_type(struct tri_wmi_object *self, const char *name, const VARIANT *value, CIMTYPE type, uint16_t *ret,
                    struct tri_error *error)
{
    TRI_LOCK_SCOPE(&self->lock);
    int code = tri_wmi_object_ready(self, error);
    if (code < 0)
        return code;
    int system = is_system_name(name) ? tri_system_property_find(name) : -1;
    if (system == TRI_SYSTEM_CLASS && self->object->is_class)
        *ret = TRI_CIM_STRING;
    else if (system >= 0)
        return tri_error_set(error, TRI_MANAGEMENT_READ_ONLY, NULL, "\"%s\" is the system's and cannot be set.", name);
    else if (self->object->is_class)
        return class_put_type(self, name, value, type, ret, error);
    else
        return instance_put_type(self, name, type, ret, error);
    return 0;
}

static int put_class_name(struct tri_wmi_object *self, const struct tri_value *value, struct tri_error *error)
{
    struct tri_class *draft;
    if (!value->is_set || !value->string[0])
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_PARAMETER, NULL, "The name of a class cannot be empty.");
    int code = tri_wmi_object_draft(self, &draft, error);
    bool is_another = code == 0 && draft->name && !tri_name_equal(draft->name, value->string);
    if (code == 0)
        code = tri_class_set_name(draft, value->string, error);
    if (code == 0 && is_another) { /* not the stored or built-in class any more that it was made from */
        draft->id = 0;
        draft->flags &= ~(unsigned)TRI_CLASS_BUILT_IN;
    }
    return code;
}

static int put_default(struct tri_wmi_object *self, const char *name, const struct tri_value *value,
                       struct tri_error *error)
{
    struct tri_class *draft;
    int code = tri_wmi_object_draft(self, &draft, error);
    if (code < 0)
        return code;
    int index = tri_class_find(draft, name);
    const char *class_name = index < 0 ? NULL : draft->properties[index].class_name;
    return tri_class_put_property(draft, name, value->type, class_name, value->is_set ? value : NULL, NULL, error);
}

static int put_value(struct tri_wmi_object *self, const char *name, const struct tri_value *value,
                     struct tri_error *error)
{
    struct tri_cim_object *own = NULL;
    int code = tri_wmi_object_own(self, &own, error);
    if (code < 0)
        return code;
    int index = tri_class_find(own->cls, name);
    return index < 0 ? not_there(self, name, error) : tri_cim_object_set(own, index, value, error);
}

static int put(struct tri_wmi_object *self, const char *name, const struct tri_value *value, struct tri_error *error)
{
    TRI_LOCK_SCOPE(&self->lock);
    if (is_system_name(name) && tri_system_property_find(name) == TRI_SYSTEM_CLASS)
        return put_class_name(self, value, error);
    return self->object->is_class ? put_default(self, name, value, error) : put_value(self, name, value, error);
}

/* The value is converted without the lock: an object in it may be a client's, or this very one. */
static HRESULT STDMETHODCALLTYPE object_Put(IWbemClassObject *This, LPCWSTR wszName, LONG lFlags, VARIANT *pVal,
                                            CIMTYPE Type)
{
    static const char method[] = "IWbemClassObject::Put";
    struct tri_wmi_object *self = tri_wmi_object_this(This);
    struct tri_wmi_name name;
    struct tri_error error = {0};
    struct tri_value value = {0};
    uint16_t type = TRI_CIM_EMPTY;
    if (!tri_wmi_name(wszName, &name) || lFlags != 0)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method, "Put needs the name of a property, and no flags.");
    int code = put_type(self, name.text, pVal, Type, &type, &error);
    if (code < 0)
        return tri_wmi_fail(method, name.text, code, &error);
    HRESULT hr = tri_wmi_value(pVal, type, &value);
    if (FAILED(hr))
        return tri_wmi_refuse(hr, method, "The value for \"%s\" (VARTYPE 0x%x) does not become a %s%s: %s", name.text,
                              pVal ? V_VT(pVal) : VT_NULL, tri_cim_type_name(type),
                              type & TRI_CIM_ARRAY ? " array" : "", trireme_hresult_text(hr));
    code = put(self, name.text, &value, &error);
    tri_value_clear(&value);
    return code < 0 ? tri_wmi_fail(method, name.text, code, &error) : WBEM_S_NO_ERROR;
}

static int drop(struct tri_wmi_object *self, const char *name, struct tri_error *error)
{
    TRI_LOCK_SCOPE(&self->lock);
    int place = locate(self, name, error);
    if (place < 0)
        return place;
    if (place < TRI_SYSTEM_COUNT)
        return tri_error_set(error, TRI_MANAGEMENT_SYSTEM_PROPERTY, NULL, "\"%s\" is the system's and always there.",
                             name);
    struct tri_cim_object *own = NULL;
    struct tri_class *draft;
    if (self->object->is_class) {
        int code = tri_wmi_object_draft(self, &draft, error);
        return code < 0 ? code : tri_class_remove_property(draft, name, error);
    }
    int index = place - TRI_SYSTEM_COUNT;
    int code = tri_wmi_object_own(self, &own, error);
    return code < 0 ? code : tri_cim_object_set(own, index, &own->cls->properties[index].value, error);
}

static HRESULT STDMETHODCALLTYPE object_Delete(IWbemClassObject *This, LPCWSTR wszName)
{
    static const char method[] = "IWbemClassObject::Delete";
    struct tri_wmi_name name;
    struct tri_error error = {0};
    if (!tri_wmi_name(wszName, &name))
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method, "Delete needs the name of a property.");
    int code = drop(tri_wmi_object_this(This), name.text, &error);
    if (code < 0)
        return tri_wmi_fail(method, name.text, code, &error);
    return code == 1 ? WBEM_S_RESET_TO_DEFAULT : WBEM_S_NO_ERROR;
}

/* ---- what is told of a property ---- */

static int property_origin(struct tri_wmi_object *self, const char *name, BSTR *ret, struct tri_error *error)
{
    TRI_LOCK_SCOPE(&self->lock);
    int place = locate(self, name, error);
    if (place < 0)
        return place;
    const struct tri_class *cls = self->object->cls;
    const char *origin = "___SYSTEM";
    if (place >= TRI_SYSTEM_COUNT)
        origin = cls->properties[place - TRI_SYSTEM_COUNT].origin;
    return FAILED(tri_wmi_text(origin ? origin : cls->name, ret)) ? -ENOMEM : 0;
}

static HRESULT STDMETHODCALLTYPE object_GetPropertyOrigin(IWbemClassObject *This, LPCWSTR wszName, BSTR *pstrClassName)
{
    static const char method[] = "IWbemClassObject::GetPropertyOrigin";
    struct tri_wmi_name name;
    struct tri_error error = {0};
    if (pstrClassName)
        *pstrClassName = NULL;
    if (!tri_wmi_name(wszName, &name) || !pstrClassName)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method,
                              "GetPropertyOrigin needs the name of a property and a place for the class's.");
    int code = property_origin(tri_wmi_object_this(This), name.text, pstrClassName, &error);
    return code < 0 ? tri_wmi_fail(method, name.text, code, &error) : WBEM_S_NO_ERROR;
}

static int find_property(struct tri_wmi_object *self, const char *name, struct tri_error *error)
{
    TRI_LOCK_SCOPE(&self->lock);
    int code = tri_wmi_object_ready(self, error);
    if (code < 0)
        return code;
    if (is_system_name(name))
        return tri_error_set(error, TRI_MANAGEMENT_SYSTEM_PROPERTY, NULL,
                             "\"%s\" is the system's: it has no qualifiers.", name);
    return tri_wmi_object_place(self, name) < 0 ? not_there(self, name, error) : 0;
}

static HRESULT STDMETHODCALLTYPE object_GetPropertyQualifierSet(IWbemClassObject *This, LPCWSTR wszProperty,
                                                                IWbemQualifierSet **ppQualSet)
{
    static const char method[] = "IWbemClassObject::GetPropertyQualifierSet";
    struct tri_wmi_object *self = tri_wmi_object_this(This);
    struct tri_wmi_name name;
    struct tri_error error = {0};
    if (ppQualSet)
        *ppQualSet = NULL;
    if (!tri_wmi_name(wszProperty, &name) || !ppQualSet)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method,
                              "GetPropertyQualifierSet needs the name of a property and a place for the set.");
    int code = find_property(self, name.text, &error);
    if (code < 0)
        return tri_wmi_fail(method, name.text, code, &error);
    return tri_wmi_qualifier_set_new(self, TRI_WMI_QUALIFIED_PROPERTY, name.text, ppQualSet);
}

static HRESULT STDMETHODCALLTYPE object_GetQualifierSet(IWbemClassObject *This, IWbemQualifierSet **ppQualSet)
{
    if (!ppQualSet)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, "IWbemClassObject::GetQualifierSet",
                              "GetQualifierSet needs a place for the set.");
    *ppQualSet = NULL;
    return tri_wmi_qualifier_set_new(tri_wmi_object_this(This), TRI_WMI_QUALIFIED_OBJECT, NULL, ppQualSet);
}

/* ---- the object as COM sees it ---- */

const IWbemClassObjectVtbl tri_wmi_object_vtbl = {
    TRI_COM_UNKNOWN(IWbemClassObject),
    .GetQualifierSet = object_GetQualifierSet,
    .Get = object_Get,
    .Put = object_Put,
    .Delete = object_Delete,
    .GetNames = tri_wmi_object_GetNames,
    .BeginEnumeration = tri_wmi_object_BeginEnumeration,
    .Next = tri_wmi_object_Next,
    .EndEnumeration = tri_wmi_object_EndEnumeration,
    .GetPropertyQualifierSet = object_GetPropertyQualifierSet,
    .Clone = tri_wmi_object_Clone,
    .GetObjectText = tri_wmi_object_GetObjectText,
    .SpawnDerivedClass = tri_wmi_object_SpawnDerivedClass,
    .SpawnInstance = tri_wmi_object_SpawnInstance,
    .CompareTo = tri_wmi_object_CompareTo,
    .GetPropertyOrigin = object_GetPropertyOrigin,
    .InheritsFrom = tri_wmi_object_InheritsFrom,
    .GetMethod = tri_wmi_object_GetMethod,
    .PutMethod = tri_wmi_object_PutMethod,
    .DeleteMethod = tri_wmi_object_DeleteMethod,
    .BeginMethodEnumeration = tri_wmi_object_BeginMethodEnumeration,
    .NextMethod = tri_wmi_object_NextMethod,
    .EndMethodEnumeration = tri_wmi_object_EndMethodEnumeration,
    .GetMethodQualifierSet = tri_wmi_object_GetMethodQualifierSet,
    .GetMethodOrigin = tri_wmi_object_GetMethodOrigin,
};

static const struct tri_com_row object_rows[] = {
    {&IID_IWbemClassObject, offsetof(struct tri_wmi_object, IWbemClassObject_face), &tri_wmi_object_vtbl},
};

static const struct tri_com_class object_class = {
    .name = "class object",
    .size = sizeof(struct tri_wmi_object),
    .rows = object_rows,
    .row_count = sizeof object_rows / sizeof object_rows[0],
    .destroy = tri_wmi_object_finish,
};

HRESULT tri_wmi_object_new(struct tri_cim_object *object, IWbemClassObject **ret)
{
    struct tri_wmi_object *self = tri_com_new(&object_class);
    if (!self) {
        tri_cim_object_unref(object);
        return WBEM_E_OUT_OF_MEMORY;
    }
    tri_wmi_object_init(self, object);
    *ret = (IWbemClassObject *)&self->IWbemClassObject_face;
    return S_OK;
}

/* A blank class, to be given a name and properties. */
static HRESULT object_create(REFIID iid, void **ret)
{
    IWbemClassObject *made = NULL;
    struct tri_class *blank = tri_class_new();
    struct tri_cim_object *object = blank ? tri_cim_object_of_class(blank) : NULL;
    if (!object || FAILED(tri_wmi_object_new(object, &made)))
        return E_OUTOFMEMORY;
    HRESULT hr = made->lpVtbl->QueryInterface(made, iid, ret);
    made->lpVtbl->Release(made);
    return hr;
}

const struct tri_com_factory tri_wmi_class_object_factory = {&CLSID_WbemClassObject, object_create};
