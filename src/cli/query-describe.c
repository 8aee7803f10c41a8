/* trireme describe: a class's definition. */
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "query-service.h"
#include "query-value.h"
#include "verbs.h"

/* Whether a property has the qualifier, and it is true. */
static bool is_qualified(IWbemClassObject *object, BSTR property, const char *qualifier)
{
    TRI_AUTO_RELEASE IWbemQualifierSet *qualifiers = NULL;
    TRI_AUTO_BSTR BSTR name = tri_bstr(qualifier);
    TRI_AUTO_VARIANT VARIANT value = {0};

    bool is_found = SUCCEEDED(IWbemClassObject_GetPropertyQualifierSet(object, property, &qualifiers)) &&
                    SUCCEEDED(IWbemQualifierSet_Get(qualifiers, name, 0, &value, NULL));
    SetErrorInfo(0, NULL);
    return is_found && V_VT(&value) == VT_BOOL && V_BOOL(&value);
}

static json_t *property_document(IWbemClassObject *object, BSTR property, CIMTYPE type, const VARIANT *value)
{
    TRI_AUTO_FREE char *name = tri_text_of_bstr(property);
    TRI_AUTO_BSTR BSTR origin = NULL;
    bool is_array;
    const char *type_name = tri_value_type_name(type, &is_array);

    IWbemClassObject_GetPropertyOrigin(object, property, &origin);
    TRI_AUTO_FREE char *origin_text = tri_text_of_bstr(origin);
    return json_pack("{s:s, s:s, s:b, s:b, s:b, s:s, s:o}", "Name", name, "Type", type_name, "IsArray", is_array,
                     "IsKey", is_qualified(object, property, "key"), "IsWritable",
                     is_qualified(object, property, "write"), "Origin", origin_text, "Default",
                     tri_value_document(value, type));
}

static json_t *properties_document(IWbemClassObject *object)
{
    json_t *list = tri_checked(json_array());
    BSTR name = NULL;
    VARIANT value = {0};
    CIMTYPE type;

    IWbemClassObject_BeginEnumeration(object, WBEM_FLAG_NONSYSTEM_ONLY);
    while (IWbemClassObject_Next(object, 0, &name, &value, &type, NULL) == WBEM_S_NO_ERROR) {
        json_array_append_new(list, tri_checked(property_document(object, name, type, &value)));
        SysFreeString(name);
        VariantClear(&value);
    }
    IWbemClassObject_EndEnumeration(object);
    return list;
}

static json_t *methods_document(IWbemClassObject *object)
{
    json_t *list = tri_checked(json_array());
    BSTR name = NULL;

    IWbemClassObject_BeginMethodEnumeration(object, 0);
    while (IWbemClassObject_NextMethod(object, 0, &name, NULL, NULL) == WBEM_S_NO_ERROR) {
        TRI_AUTO_FREE char *text = tri_text_of_bstr(name);
        json_array_append_new(list, json_string(text));
        SysFreeString(name);
    }
    IWbemClassObject_EndMethodEnumeration(object);
    return list;
}

static void print_class(const struct tri_cli *cli, IWbemClassObject *object, const char *mof)
{
    TRI_AUTO_FREE char *name = tri_object_text(object, "__CLASS"),
                       *superclass = tri_object_text(object, "__SUPERCLASS");

    if (cli->json)
        tri_print_document(json_pack("{s:s?, s:s?, s:o, s:o, s:s}", "Name", name, "Superclass", superclass,
                                     "Properties", properties_document(object), "Methods", methods_document(object),
                                     "Mof", mof));
    else
        puts(mof);
}

/* Lines end as they do on Linux, and there is none too many. */
static void tidy(char *text)
{
    char *to = text;

    for (const char *from = text + strspn(text, "\r\n"); *from; from++)
        if (*from != '\r')
            *to++ = *from;
    while (to > text && to[-1] == '\n')
        to--;
    *to = '\0';
}

static int run(struct tri_cli *cli)
{
    TRI_AUTO_MANAGEMENT struct tri_management management;
    TRI_AUTO_RELEASE IWbemClassObject *object = NULL;
    TRI_AUTO_BSTR BSTR text = NULL;

    int status = tri_management_open(&management, cli);
    if (status)
        return status;
    object = tri_management_get(&management, cli->argv[0]);
    if (!object)
        return TRI_EXIT_FAILED;
    HRESULT hr = IWbemClassObject_GetObjectText(object, 0, &text);
    if (FAILED(hr))
        return tri_fail_com(cli, hr, "cannot describe %s", cli->argv[0]);
    TRI_AUTO_FREE char *mof = tri_text_of_bstr(text);
    tidy(mof);
    print_class(cli, object, mof);
    return TRI_EXIT_OK;
}

const struct tri_verb tri_verb_describe = {
    .name = "describe",
    .arguments = "CLASS",
    .summary = "show a class's definition, as MOF",
    .example = "trireme describe Win32_Process",
    .shared = tri_management_options,
    .settings_size = sizeof(struct tri_management_settings),
    .argc_min = 1,
    .argc_max = 1,
    .run = run,
};
