/* IWbemClassObject: which properties there are, all at once (GetNames) or one by one. */
#include <errno.h>
#include <oleauto.h>

#include "base/cleanup.h"
#include "management/wmi/class-object.h"

/* ---- what is asked for ---- */

/* The conditions on a property: flags as they were given, and what the primary condition is about. */
struct filter {
    LONG flags;
    const char *qualifier;         /* NULL: no primary condition */
    const struct tri_value *value; /* NULL: any */
};

/* No two conditions of one kind, and none that is for classes on an instance. */
static bool flags_fit(LONG flags, bool is_class)
{
    const LONG all = WBEM_MASK_PRIMARY_CONDITION | WBEM_FLAG_KEYS_ONLY | WBEM_FLAG_REFS_ONLY |
                     WBEM_MASK_CONDITION_ORIGIN | WBEM_MASK_CLASS_CONDITION;
    LONG origin = flags & WBEM_MASK_CONDITION_ORIGIN, of_class = flags & WBEM_MASK_CLASS_CONDITION;
    if ((flags & ~all) || origin > WBEM_FLAG_NONSYSTEM_ONLY || of_class == WBEM_MASK_CLASS_CONDITION)
        return false;
    if ((flags & WBEM_FLAG_KEYS_ONLY) && (flags & WBEM_FLAG_REFS_ONLY))
        return false;
    return !of_class || (is_class && !origin);
}

static bool origin_fits(LONG flags, const struct tri_property *property)
{
    switch (flags & WBEM_MASK_CONDITION_ORIGIN) {
    case WBEM_FLAG_LOCAL_ONLY:
        return !property->origin;
    case WBEM_FLAG_PROPAGATED_ONLY:
        return property->origin;
    case WBEM_FLAG_SYSTEM_ONLY:
        return false;
    default:
        break;
    }
    switch (flags & WBEM_MASK_CLASS_CONDITION) {
    case WBEM_FLAG_CLASS_OVERRIDES_ONLY:
        return property->is_local && property->origin;
    case WBEM_FLAG_CLASS_LOCAL_AND_OVERRIDES:
        return property->is_local;
    default:
        return true;
    }
}

static bool qualifier_fits(const struct filter *filter, const struct tri_cim_object *object,
                           const struct tri_property *property)
{
    if (!filter->qualifier)
        return true;
    bool has = property && tri_wmi_property_qualified(object, property, filter->qualifier, filter->value);
    return has != ((filter->flags & WBEM_MASK_PRIMARY_CONDITION) == WBEM_FLAG_ONLY_IF_FALSE);
}

static bool system_fits(const struct filter *filter, const struct tri_cim_object *object)
{
    LONG origin = filter->flags & WBEM_MASK_CONDITION_ORIGIN;
    return (origin == 0 || origin == WBEM_FLAG_SYSTEM_ONLY) &&
           !(filter->flags & (WBEM_FLAG_KEYS_ONLY | WBEM_FLAG_REFS_ONLY | WBEM_MASK_CLASS_CONDITION)) &&
           qualifier_fits(filter, object, NULL);
}

static bool fits(const struct filter *filter, const struct tri_cim_object *object, int place)
{
    if (place < TRI_SYSTEM_COUNT)
        return system_fits(filter, object);
    int index = place - TRI_SYSTEM_COUNT;
    const struct tri_property *property = &object->cls->properties[index];
    if (!tri_cim_object_selects(object, index) || !origin_fits(filter->flags, property))
        return false;
    if ((filter->flags & WBEM_FLAG_KEYS_ONLY) && !tri_qualifiers_true(&property->qualifiers, "key"))
        return false;
    if ((filter->flags & WBEM_FLAG_REFS_ONLY) && (property->type & ~TRI_CIM_ARRAY) != TRI_CIM_REFERENCE)
        return false;
    return qualifier_fits(filter, object, property);
}

/* The first place from `place` on that fits, or -1. */
static int next_place(const struct filter *filter, const struct tri_cim_object *object, int place)
{
    for (int end = TRI_SYSTEM_COUNT + (int)object->cls->property_count; place < end; place++)
        if (fits(filter, object, place))
            return place;
    return -1;
}

static const char *name_at(const struct tri_cim_object *object, int place)
{
    return place < TRI_SYSTEM_COUNT ? tri_system_property_name((enum tri_system_property)place)
                                    : object->cls->properties[place - TRI_SYSTEM_COUNT].name;
}

static int check_flags(const struct tri_wmi_object *self, LONG flags, struct tri_error *error)
{
    if (flags_fit(flags, self->object->is_class))
        return 0;
    return tri_error_set(error, TRI_MANAGEMENT_INVALID_PARAMETER, NULL,
                         "0x%x are no conditions on properties: at most one of each mask, those of classes only for "
                         "classes, and keys and references not at once.",
                         (unsigned)flags);
}

/* ---- all at once ---- */

static int collect(struct tri_wmi_object *self, const struct filter *filter, SAFEARRAY **ret, struct tri_error *error)
{
    TRI_LOCK_SCOPE(&self->lock);
    const struct tri_cim_object *object = self->object;
    int code = check_flags(self, filter->flags, error);
    if (code < 0)
        return code;
    size_t count = 0;
    TRI_AUTO_FREE const char **names = malloc((TRI_SYSTEM_COUNT + object->cls->property_count) * sizeof(*names));
    if (!names)
        return tri_error_no_memory(error);
    for (int place = 0; (place = next_place(filter, object, place)) >= 0; place++)
        names[count++] = name_at(object, place);
    return FAILED(tri_wmi_names(names, count, ret)) ? tri_error_no_memory(error) : 0;
}

/* What the primary condition needs is there, and nothing else is. */
static bool condition_fits(LONG flags, const WCHAR *qualifier, const VARIANT *value)
{
    switch (flags & WBEM_MASK_PRIMARY_CONDITION) {
    case WBEM_FLAG_ALWAYS:
        return true; /* both are not looked at, as on Windows */
    case WBEM_FLAG_ONLY_IF_IDENTICAL:
        return qualifier && value;
    default:
        return qualifier;
    }
}

HRESULT STDMETHODCALLTYPE tri_wmi_object_GetNames(IWbemClassObject *This, LPCWSTR wszQualifierName, LONG lFlags,
                                                  VARIANT *pQualifierVal, SAFEARRAY **pNames)
{
    static const char method[] = "IWbemClassObject::GetNames";
    LONG condition = lFlags & WBEM_MASK_PRIMARY_CONDITION;
    struct tri_wmi_name qualifier = {{0}};
    struct filter filter = {.flags = lFlags};
    struct tri_value value = {0};
    struct tri_error error = {0};
    if (pNames)
        *pNames = NULL;
    if (!pNames || !condition_fits(lFlags, wszQualifierName, pQualifierVal))
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method,
                              "GetNames needs a place for the array, and what its condition is about.");
    if (condition != WBEM_FLAG_ALWAYS) {
        tri_wmi_name(wszQualifierName, &qualifier); /* a name that cannot be is no property's */
        filter.qualifier = qualifier.text;
    }
    if (condition == WBEM_FLAG_ONLY_IF_IDENTICAL) {
        HRESULT hr = tri_wmi_value(pQualifierVal, tri_wmi_type_of(pQualifierVal), &value);
        if (FAILED(hr))
            return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method, "No qualifier has a value of VARTYPE 0x%x.",
                                  V_VT(pQualifierVal));
        filter.value = &value;
    }
    int code = collect(tri_wmi_object_this(This), &filter, pNames, &error);
    tri_value_clear(&value);
    return code < 0 ? tri_wmi_fail(method, NULL, code, &error) : WBEM_S_NO_ERROR;
}

/* ---- one by one ---- */

static int begin(struct tri_wmi_object *self, LONG flags, struct tri_error *error)
{
    TRI_LOCK_SCOPE(&self->lock);
    int code = check_flags(self, flags, error);
    if (code == 0)
        self->properties = (struct tri_wmi_walk){.is_begun = true, .flags = flags};
    return code;
}

HRESULT STDMETHODCALLTYPE tri_wmi_object_BeginEnumeration(IWbemClassObject *This, LONG lEnumFlags)
{
    static const char method[] = "IWbemClassObject::BeginEnumeration";
    struct tri_error error = {0};
    if (lEnumFlags & WBEM_MASK_PRIMARY_CONDITION)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method, "Conditions on qualifiers are for GetNames.");
    int code = begin(tri_wmi_object_this(This), lEnumFlags, &error);
    return code < 0 ? tri_wmi_fail(method, NULL, code, &error) : WBEM_S_NO_ERROR;
}

/* 1: there is one; 0: there is none left. */
static int next(struct tri_wmi_object *self, BSTR *ret_name, VARIANT *ret_value, CIMTYPE *ret_type, LONG *ret_flavor,
                struct tri_error *error)
{
    TRI_LOCK_SCOPE(&self->lock);
    BSTR name = NULL;
    if (!self->properties.is_begun)
        return tri_error_set(error, TRI_MANAGEMENT_UNEXPECTED, NULL,
                             "Next goes on with what BeginEnumeration began, and nothing was begun.");
    int code = tri_wmi_object_ready(self, error);
    if (code < 0)
        return code;
    const struct filter filter = {.flags = self->properties.flags};
    int place = next_place(&filter, self->object, self->properties.next);
    if (place < 0)
        return 0;
    if (ret_name && FAILED(tri_wmi_text(name_at(self->object, place), &name)))
        return tri_error_no_memory(error);
    code = tri_wmi_object_read(self, place, ret_value, ret_type, ret_flavor);
    if (code < 0) {
        SysFreeString(name);
        return code;
    }
    if (ret_name)
        *ret_name = name;
    self->properties.next = place + 1;
    return 1;
}

HRESULT STDMETHODCALLTYPE tri_wmi_object_Next(IWbemClassObject *This, LONG lFlags, BSTR *strName, VARIANT *pVal,
                                              CIMTYPE *pType, LONG *plFlavor)
{
    static const char method[] = "IWbemClassObject::Next";
    struct tri_error error = {0};
    if (strName)
        *strName = NULL;
    if (lFlags != 0)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method, "Next takes no flags.");
    int code = next(tri_wmi_object_this(This), strName, pVal, pType, plFlavor, &error);
    if (code < 0)
        return tri_wmi_fail(method, NULL, code, &error);
    return code == 0 ? WBEM_S_NO_MORE_DATA : WBEM_S_NO_ERROR;
}

HRESULT STDMETHODCALLTYPE tri_wmi_object_EndEnumeration(IWbemClassObject *This)
{
    struct tri_wmi_object *self = tri_wmi_object_this(This);
    TRI_LOCK_SCOPE(&self->lock);
    self->properties.is_begun = false;
    return WBEM_S_NO_ERROR;
}
