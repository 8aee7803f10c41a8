/* IWbemQualifierSet: a view on the qualifiers of a class, an instance, a property or a method. It holds names, not
 * qualifiers: what it is asked it looks up in its owner, under the owner's lock, and what it is given it puts there. */
#include <errno.h>
#include <oleauto.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/wmi/class-object.h"

struct qualifier_set {
    struct tri_com_object com;
    struct tri_com_face IWbemQualifierSet_face;
    struct tri_wmi_object *owner; /* a reference */
    enum tri_wmi_qualified kind;
    struct tri_wmi_name name; /* of the property or method */
    struct tri_wmi_walk walk; /* the owner's lock */
};

static struct qualifier_set *this_set(IWbemQualifierSet *This)
{
    return tri_com_face_object(This);
}

/* ---- what there is to see ---- */

/* The qualifiers of one thing: CIMTYPE, which is made of the property; then the class's; then the instance's own. */
struct view {
    const struct tri_property *property; /* NULL: no CIMTYPE */
    const struct tri_qualifiers *of_class;
    const struct tri_qualifiers *of_instance; /* NULL: none */
    bool is_instance;                         /* then only part of the class's are seen */
};

struct entry {
    const char *name;
    const struct tri_qualifier *qualifier; /* NULL: CIMTYPE */
    LONG flavor;
};

static const char cimtype_name[] = "CIMTYPE";

static size_t view_size(const struct view *view)
{
    return 1 + view->of_class->count + (view->of_instance ? view->of_instance->count : 0);
}

static bool reaches_instances(const struct tri_qualifier *qualifier)
{
    return (qualifier->flavor & TRI_FLAVOR_TO_INSTANCE) || tri_name_equal(qualifier->name, "key");
}

/* The entry at a place below view_size; false: nothing is seen there. */
static bool entry_at(const struct view *view, size_t place, struct entry *ret)
{
    if (place == 0) {
        *ret = (struct entry){.name = cimtype_name,
                              .flavor = WBEM_FLAVOR_ORIGIN_SYSTEM | WBEM_FLAVOR_FLAG_PROPAGATE_TO_INSTANCE |
                                        WBEM_FLAVOR_FLAG_PROPAGATE_TO_DERIVED_CLASS};
        return view->property;
    }
    bool is_own = place > view->of_class->count;
    const struct tri_qualifier *qualifier =
        is_own ? &view->of_instance->items[place - 1 - view->of_class->count] : &view->of_class->items[place - 1];
    *ret = (struct entry){.name = qualifier->name, .qualifier = qualifier, .flavor = qualifier->flavor};
    if (is_own || !view->is_instance)
        return true;
    ret->flavor |= WBEM_FLAVOR_ORIGIN_PROPAGATED;
    bool is_hidden = view->of_instance && tri_qualifiers_find(view->of_instance, qualifier->name);
    return !is_hidden && reaches_instances(qualifier);
}

static bool find(const struct view *view, const char *name, struct entry *ret)
{
    for (size_t place = 0; place < view_size(view); place++)
        if (entry_at(view, place, ret) && tri_name_equal(ret->name, name))
            return true;
    return false;
}

static void print_cimtype(const struct tri_property *property, char *ret, size_t size)
{
    bool is_of_class = property->class_name && (property->type & ~TRI_CIM_ARRAY) != TRI_CIM_STRING;
    snprintf(ret, size, "%s%s%s", tri_cim_type_name(property->type), is_of_class ? ":" : "",
             is_of_class ? property->class_name : "");
}

static HRESULT entry_value(const struct view *view, const struct entry *entry, VARIANT *ret)
{
    char text[2 * TRI_WMI_NAME_SIZE];
    if (entry->qualifier)
        return tri_wmi_variant(&entry->qualifier->value, ret);
    print_cimtype(view->property, text, sizeof text);
    const struct tri_value value = {.type = TRI_CIM_STRING, .is_set = true, .string = text};
    return tri_wmi_variant(&value, ret);
}

bool tri_wmi_property_qualified(const struct tri_cim_object *object, const struct tri_property *property,
                                const char *qualifier, const struct tri_value *value)
{
    const struct view view = {
        .property = property, .of_class = &property->qualifiers, .is_instance = !object->is_class};
    struct entry entry;
    char text[2 * TRI_WMI_NAME_SIZE];
    if (!find(&view, qualifier, &entry))
        return false;
    if (!value || entry.qualifier)
        return !value || tri_value_equal(&entry.qualifier->value, value, false);
    print_cimtype(property, text, sizeof text);
    return value->type == TRI_CIM_STRING && value->is_set && tri_name_equal(value->string, text);
}

/* ---- the thing itself; all with the owner locked ---- */

static int gone(const struct qualifier_set *set, struct tri_error *error)
{
    return tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, NULL, "\"%s\" was deleted meanwhile.", set->name.text);
}

static int look(const struct qualifier_set *set, struct view *ret, struct tri_error *error)
{
    const struct tri_cim_object *object = set->owner->object;
    const struct tri_class *cls = object->cls;
    struct view view = {.of_class = &cls->qualifiers, .is_instance = !object->is_class};
    int index, code = tri_wmi_object_ready(set->owner, error);
    if (code < 0)
        return code;
    switch (set->kind) {
    case TRI_WMI_QUALIFIED_PROPERTY:
        index = tri_class_find(cls, set->name.text);
        if (index < 0)
            return gone(set, error);
        view.property = &cls->properties[index];
        view.of_class = &view.property->qualifiers;
        break;
    case TRI_WMI_QUALIFIED_METHOD:
        index = tri_class_find_method(cls, set->name.text);
        if (index < 0)
            return gone(set, error);
        view.of_class = &cls->methods[index].qualifiers;
        break;
    default:
        view.of_instance = object->qualifiers;
        break;
    }
    *ret = view;
    return 0;
}

/* Those of a class to change. */
struct reached {
    struct tri_qualifiers *qualifiers;
    struct tri_property *property; /* NULL: not those of a property */
    bool *is_local;                /* of the property or method; NULL: those of the class itself */
};

/* What carries a qualifier of its own is the class's own. */
static int reached_changed(const struct reached *reached, int code)
{
    if (code >= 0 && reached->is_local)
        *reached->is_local = true;
    return code;
}

static int reach_class(struct qualifier_set *set, struct reached *ret, struct tri_error *error)
{
    struct tri_class *draft;
    int code = tri_wmi_object_draft(set->owner, &draft, error);
    if (code < 0)
        return code;
    *ret = (struct reached){.qualifiers = &draft->qualifiers};
    if (set->kind == TRI_WMI_QUALIFIED_OBJECT)
        return 0;
    bool is_method = set->kind == TRI_WMI_QUALIFIED_METHOD;
    int index = is_method ? tri_class_find_method(draft, set->name.text) : tri_class_find(draft, set->name.text);
    if (index < 0)
        return gone(set, error);
    struct tri_property *property = is_method ? NULL : &draft->properties[index];
    struct tri_method *method = is_method ? &draft->methods[index] : NULL;
    *ret = (struct reached){.qualifiers = method ? &method->qualifiers : &property->qualifiers,
                            .property = property,
                            .is_local = method ? &method->is_local : &property->is_local};
    return 0;
}

static int reach_instance(struct qualifier_set *set, struct tri_qualifiers **ret, struct tri_error *error)
{
    struct tri_cim_object *own;
    if (set->kind != TRI_WMI_QUALIFIED_OBJECT)
        return tri_error_set(
            error, TRI_MANAGEMENT_NOT_SUPPORTED, NULL,
            "The qualifiers of \"%s\" are its class's; an instance has none of its own for a property.",
            set->name.text);
    int code = tri_wmi_object_ready(set->owner, error);
    if (code < 0 || (code = tri_wmi_object_own(set->owner, &own, error)) < 0)
        return code;
    if (!own->qualifiers)
        own->qualifiers = calloc(1, sizeof(*own->qualifiers));
    *ret = own->qualifiers;
    return *ret ? 0 : tri_error_no_memory(error);
}

/* ---- changing ---- */

/* "ref:Win32_Service" makes a reference one to that class; nothing else about a type can be said here. */
static int put_cimtype(struct tri_property *property, const struct tri_value *value, struct tri_error *error)
{
    const char *text = value->type == TRI_CIM_STRING && value->is_set ? value->string : "";
    const char *colon = strchr(text, ':');
    uint16_t type = property->type & (uint16_t)~TRI_CIM_ARRAY;
    bool may_name = type == TRI_CIM_REFERENCE || type == TRI_CIM_OBJECT;
    if (tri_cim_type_parse(text) != type || (colon && (!may_name || !tri_name_valid(colon + 1))))
        return tri_error_set(error, TRI_MANAGEMENT_TYPE_MISMATCH, NULL, "CIMTYPE \"%s\" is not the type of \"%s\", %s.",
                             text, property->name, tri_cim_type_name(type));
    if (!colon)
        return 0;
    char *class_name = strdup(colon + 1);
    if (!class_name)
        return tri_error_no_memory(error);
    free(property->class_name);
    property->class_name = class_name;
    return 0;
}

static int check_key(const struct qualifier_set *set, const struct tri_property *property, struct tri_error *error)
{
    const struct tri_class *parent = set->owner->object->cls->parent;
    uint16_t type = property->type;
    if ((type & TRI_CIM_ARRAY) || type == TRI_CIM_REAL32 || type == TRI_CIM_REAL64 || type == TRI_CIM_OBJECT)
        return tri_error_set(error, TRI_MANAGEMENT_CANNOT_BE_KEY, NULL,
                             "\"%s\" cannot be a key: it is an array, a real number or an object.", property->name);
    if (parent && parent->key_count > 0 && !property->is_key)
        return tri_error_set(error, TRI_MANAGEMENT_CANNOT_BE_KEY, NULL,
                             "\"%s\" cannot be a key: superclass \"%s\" says what identifies an instance.",
                             property->name, parent->name);
    return 0;
}

static int put_on_class(struct qualifier_set *set, const char *name, const struct tri_value *value, uint8_t flavor,
                        struct tri_error *error)
{
    struct reached reached;
    int code = reach_class(set, &reached, error);
    if (code < 0)
        return code;
    const struct tri_property *property = reached.property;
    if (property && tri_name_equal(name, cimtype_name))
        return reached_changed(&reached, put_cimtype(reached.property, value, error));
    bool is_key = property && tri_name_equal(name, "key") && value->type == TRI_CIM_BOOLEAN && value->boolean;
    if (is_key)
        code = check_key(set, property, error);
    return code < 0 ? code
                    : reached_changed(&reached, tri_qualifiers_put(reached.qualifiers, name, value, flavor, error));
}

static int put_on_instance(struct qualifier_set *set, const char *name, const struct tri_value *value, uint8_t flavor,
                           struct tri_error *error)
{
    struct tri_qualifiers *qualifiers;
    int code = reach_instance(set, &qualifiers, error);
    if (code < 0)
        return code;
    const struct tri_qualifier *above = tri_qualifiers_find(&set->owner->object->cls->qualifiers, name);
    if (above && reaches_instances(above) && (above->flavor & TRI_FLAVOR_NOT_OVERRIDABLE))
        return tri_error_set(error, TRI_MANAGEMENT_OVERRIDE_NOT_ALLOWED, NULL,
                             "Qualifier \"%s\" of class \"%s\" cannot be overridden.", name,
                             set->owner->object->cls->name);
    return tri_qualifiers_put(qualifiers, name, value, flavor, error);
}

static int put(struct qualifier_set *set, const char *name, const struct tri_value *value, uint8_t flavor,
               struct tri_error *error)
{
    TRI_LOCK_SCOPE(&set->owner->lock);
    return set->owner->object->is_class ? put_on_class(set, name, value, flavor, error)
                                        : put_on_instance(set, name, value, flavor, error);
}

static bool is_qualifier_type(uint16_t type)
{
    switch (type & ~TRI_CIM_ARRAY) {
    case TRI_CIM_STRING:
    case TRI_CIM_SINT32:
    case TRI_CIM_REAL64:
    case TRI_CIM_BOOLEAN:
        return true;
    default:
        return false;
    }
}

static HRESULT STDMETHODCALLTYPE set_Put(IWbemQualifierSet *This, LPCWSTR wszName, VARIANT *pVal, LONG lFlavor)
{
    static const char method[] = "IWbemQualifierSet::Put";
    const LONG all = WBEM_FLAVOR_FLAG_PROPAGATE_TO_INSTANCE | WBEM_FLAVOR_FLAG_PROPAGATE_TO_DERIVED_CLASS |
                     WBEM_FLAVOR_NOT_OVERRIDABLE | WBEM_FLAVOR_AMENDED;
    struct tri_wmi_name name;
    struct tri_value value = {0};
    struct tri_error error = {0};
    if (!tri_wmi_name(wszName, &name) || !pVal || V_VT(pVal) == VT_NULL || (lFlavor & ~all))
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method,
                              "Put needs the name of a qualifier, a value, and a flavor without an origin.");
    if (!tri_wmi_is_user_name(name.text))
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method,
                              "\"%s\" cannot be a qualifier: names with an underscore at either end are the system's.",
                              name.text);
    uint16_t type = tri_wmi_type_of(pVal);
    if (!is_qualifier_type(type))
        return tri_wmi_refuse(
            WBEM_E_INVALID_QUALIFIER_TYPE, method,
            "Qualifier \"%s\" cannot have a value of VARTYPE 0x%x: VT_BSTR, VT_I4, VT_R8, VT_BOOL, or an "
            "array of one of them.",
            name.text, V_VT(pVal));
    HRESULT hr = tri_wmi_value(pVal, type, &value);
    if (FAILED(hr))
        return tri_wmi_refuse(hr, method, "The value for qualifier \"%s\" cannot be taken.", name.text);
    int code = put(this_set(This), name.text, &value, (uint8_t)lFlavor, &error);
    tri_value_clear(&value);
    return code < 0 ? tri_wmi_fail(method, name.text, code, &error) : WBEM_S_NO_ERROR;
}

/* One qualifier; it is an error that there is none. */
static int look_up(const struct qualifier_set *set, const char *name, struct view *ret_view, struct entry *ret,
                   struct tri_error *error)
{
    int code = look(set, ret_view, error);
    if (code < 0 || find(ret_view, name, ret))
        return code;
    return tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, NULL, "There is no qualifier \"%s\".", name);
}

static int check_removable(const struct qualifier_set *set, const char *name, struct tri_error *error)
{
    struct view view;
    struct entry entry;
    int code = look_up(set, name, &view, &entry, error);
    if (code < 0)
        return code;
    if (!entry.qualifier)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_OPERATION, NULL, "Every property has its CIMTYPE.");
    if (entry.flavor & WBEM_FLAVOR_ORIGIN_PROPAGATED)
        return tri_error_set(error, TRI_MANAGEMENT_PROPAGATED_QUALIFIER, NULL,
                             "Qualifier \"%s\" comes from a class above; it is removed there.", name);
    return 0;
}

static int drop(struct qualifier_set *set, const char *name, struct tri_error *error)
{
    TRI_LOCK_SCOPE(&set->owner->lock);
    struct reached reached = {0};
    int code = check_removable(set, name, error);
    if (code < 0)
        return code;
    code = set->owner->object->is_class ? reach_class(set, &reached, error)
                                        : reach_instance(set, &reached.qualifiers, error);
    return code < 0 ? code : tri_qualifiers_remove(reached.qualifiers, name, error);
}

static HRESULT STDMETHODCALLTYPE set_Delete(IWbemQualifierSet *This, LPCWSTR wszName)
{
    static const char method[] = "IWbemQualifierSet::Delete";
    struct tri_wmi_name name;
    struct tri_error error = {0};
    if (!tri_wmi_name(wszName, &name))
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method, "Delete needs the name of a qualifier.");
    int code = drop(this_set(This), name.text, &error);
    if (code < 0)
        return tri_wmi_fail(method, name.text, code, &error);
    return code == 1 ? WBEM_S_RESET_TO_DEFAULT : WBEM_S_NO_ERROR;
}

/* ---- reading ---- */

static int get(struct qualifier_set *set, const char *name, VARIANT *ret_value, LONG *ret_flavor,
               struct tri_error *error)
{
    TRI_LOCK_SCOPE(&set->owner->lock);
    struct view view;
    struct entry entry;
    int code = look_up(set, name, &view, &entry, error);
    if (code < 0)
        return code;
    if (ret_value && FAILED(entry_value(&view, &entry, ret_value)))
        return tri_error_no_memory(error);
    if (ret_flavor)
        *ret_flavor = entry.flavor;
    return 0;
}

static HRESULT STDMETHODCALLTYPE set_Get(IWbemQualifierSet *This, LPCWSTR wszName, LONG lFlags, VARIANT *pVal,
                                         LONG *plFlavor)
{
    static const char method[] = "IWbemQualifierSet::Get";
    struct tri_wmi_name name;
    struct tri_error error = {0};
    if (!tri_wmi_name(wszName, &name) || lFlags != 0)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method, "Get needs the name of a qualifier, and no flags.");
    int code = get(this_set(This), name.text, pVal, plFlavor, &error);
    return code < 0 ? tri_wmi_fail(method, name.text, code, &error) : WBEM_S_NO_ERROR;
}

static bool flags_fit(LONG flags)
{
    return flags == 0 || flags == WBEM_FLAG_LOCAL_ONLY || flags == WBEM_FLAG_PROPAGATED_ONLY;
}

/* The first entry from *place on that the flags ask for. CIMTYPE is neither local nor propagated: it is always there. */
static bool next_entry(const struct view *view, LONG flags, size_t *place, struct entry *ret)
{
    LONG origin = flags == WBEM_FLAG_LOCAL_ONLY ? WBEM_FLAVOR_ORIGIN_LOCAL : WBEM_FLAVOR_ORIGIN_PROPAGATED;
    for (; *place < view_size(view); ++*place)
        if (entry_at(view, *place, ret) && (flags == 0 || (ret->flavor & WBEM_FLAVOR_MASK_ORIGIN) == origin))
            return true;
    return false;
}

static int collect(struct qualifier_set *set, LONG flags, SAFEARRAY **ret, struct tri_error *error)
{
    TRI_LOCK_SCOPE(&set->owner->lock);
    struct view view;
    struct entry entry;
    size_t count = 0;
    int code = look(set, &view, error);
    if (code < 0)
        return code;
    TRI_AUTO_FREE const char **names = malloc(view_size(&view) * sizeof(*names));
    if (!names)
        return tri_error_no_memory(error);
    for (size_t place = 0; next_entry(&view, flags, &place, &entry); place++)
        names[count++] = entry.name;
    return FAILED(tri_wmi_names(names, count, ret)) ? tri_error_no_memory(error) : 0;
}

static HRESULT STDMETHODCALLTYPE set_GetNames(IWbemQualifierSet *This, LONG lFlags, SAFEARRAY **pNames)
{
    static const char method[] = "IWbemQualifierSet::GetNames";
    struct tri_error error = {0};
    if (pNames)
        *pNames = NULL;
    if (!pNames || !flags_fit(lFlags))
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method,
                              "GetNames needs a place for the array, and takes WBEM_FLAG_LOCAL_ONLY or "
                              "WBEM_FLAG_PROPAGATED_ONLY, or 0.");
    int code = collect(this_set(This), lFlags, pNames, &error);
    return code < 0 ? tri_wmi_fail(method, NULL, code, &error) : WBEM_S_NO_ERROR;
}

static HRESULT STDMETHODCALLTYPE set_BeginEnumeration(IWbemQualifierSet *This, LONG lFlags)
{
    struct qualifier_set *set = this_set(This);
    if (!flags_fit(lFlags))
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, "IWbemQualifierSet::BeginEnumeration",
                              "BeginEnumeration takes WBEM_FLAG_LOCAL_ONLY or WBEM_FLAG_PROPAGATED_ONLY, or 0.");
    TRI_LOCK_SCOPE(&set->owner->lock);
    set->walk = (struct tri_wmi_walk){.is_begun = true, .flags = lFlags};
    return WBEM_S_NO_ERROR;
}

/* 1: there is one; 0: there is none left. */
static int next(struct qualifier_set *set, BSTR *ret_name, VARIANT *ret_value, LONG *ret_flavor,
                struct tri_error *error)
{
    TRI_LOCK_SCOPE(&set->owner->lock);
    struct view view;
    struct entry entry;
    BSTR name = NULL;
    size_t place = (size_t)set->walk.next;
    if (!set->walk.is_begun)
        return tri_error_set(error, TRI_MANAGEMENT_UNEXPECTED, NULL,
                             "Next goes on with what BeginEnumeration began, and nothing was begun.");
    int code = look(set, &view, error);
    if (code < 0)
        return code;
    if (!next_entry(&view, set->walk.flags, &place, &entry))
        return 0;
    if (ret_name && FAILED(tri_wmi_text(entry.name, &name)))
        return tri_error_no_memory(error);
    if (ret_value && FAILED(entry_value(&view, &entry, ret_value))) {
        SysFreeString(name);
        return tri_error_no_memory(error);
    }
    if (ret_name)
        *ret_name = name;
    if (ret_flavor)
        *ret_flavor = entry.flavor;
    set->walk.next = (int)place + 1;
    return 1;
}

static HRESULT STDMETHODCALLTYPE set_Next(IWbemQualifierSet *This, LONG lFlags, BSTR *pstrName, VARIANT *pVal,
                                          LONG *plFlavor)
{
    static const char method[] = "IWbemQualifierSet::Next";
    struct tri_error error = {0};
    if (pstrName)
        *pstrName = NULL;
    if (lFlags != 0)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method, "Next takes no flags.");
    int code = next(this_set(This), pstrName, pVal, plFlavor, &error);
    if (code < 0)
        return tri_wmi_fail(method, NULL, code, &error);
    return code == 0 ? WBEM_S_NO_MORE_DATA : WBEM_S_NO_ERROR;
}

static HRESULT STDMETHODCALLTYPE set_EndEnumeration(IWbemQualifierSet *This)
{
    struct qualifier_set *set = this_set(This);
    TRI_LOCK_SCOPE(&set->owner->lock);
    set->walk.is_begun = false;
    return WBEM_S_NO_ERROR;
}

/* ---- the object ---- */

static const IWbemQualifierSetVtbl set_vtbl = {
    TRI_COM_UNKNOWN(IWbemQualifierSet),
    .Get = set_Get,
    .Put = set_Put,
    .Delete = set_Delete,
    .GetNames = set_GetNames,
    .BeginEnumeration = set_BeginEnumeration,
    .Next = set_Next,
    .EndEnumeration = set_EndEnumeration,
};

static void set_destroy(void *object)
{
    struct qualifier_set *set = object;
    tri_com_unref(set->owner);
}

static const struct tri_com_row set_rows[] = {
    {&IID_IWbemQualifierSet, offsetof(struct qualifier_set, IWbemQualifierSet_face), &set_vtbl},
};

static const struct tri_com_class set_class = {
    .name = "qualifier set",
    .size = sizeof(struct qualifier_set),
    .rows = set_rows,
    .row_count = sizeof set_rows / sizeof set_rows[0],
    .destroy = set_destroy,
};

HRESULT tri_wmi_qualifier_set_new(struct tri_wmi_object *owner, enum tri_wmi_qualified kind, const char *name,
                                  IWbemQualifierSet **ret)
{
    struct qualifier_set *set = tri_com_new(&set_class);
    if (!set)
        return tri_wmi_fail("GetQualifierSet", name, -ENOMEM, NULL);
    tri_com_ref(owner);
    set->owner = owner;
    set->kind = kind;
    if (name)
        strcpy(set->name.text, name);
    *ret = (IWbemQualifierSet *)&set->IWbemQualifierSet_face;
    return S_OK;
}
