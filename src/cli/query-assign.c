#include "query-assign.h"

#include <string.h>

#include "output.h"
#include "query-hint.h"
#include "query-value.h"

/* "CommandLine, CurrentDirectory": what an object has. */
static char *property_names(IWbemClassObject *object)
{
    char *list = tri_text_format("%s", "");
    BSTR name = NULL;

    IWbemClassObject_BeginEnumeration(object, WBEM_FLAG_NONSYSTEM_ONLY);
    while (IWbemClassObject_Next(object, 0, &name, NULL, NULL, NULL) == WBEM_S_NO_ERROR) {
        TRI_AUTO_FREE char *before = list, *text = tri_text_of_bstr(name);
        list = tri_text_format("%s%s%s", before, *before ? ", " : "", text);
        SysFreeString(name);
    }
    IWbemClassObject_EndEnumeration(object);
    return list;
}

static int fail_unknown(const struct tri_cli *cli, HRESULT hr, const struct tri_assignment *assignment,
                        const char *name)
{
    TRI_AUTO_FREE char *hint = tri_hint_property(assignment->object, name), *names = NULL, *message = NULL;

    if (!assignment->method)
        return tri_fail_com_hint(cli, hr, hint, "cannot set %s", tri_text_named(name));
    names = property_names(assignment->object);
    SetErrorInfo(0, NULL); /* it speaks of properties */
    message = tri_text_format("The method %s has no such parameter; %s%s", assignment->method, hint ? "" : "it takes ",
                              hint ? hint : names);
    return tri_fail_because(cli, hr, message, "cannot set %s", tri_text_named(name));
}

static int assign_one(const struct tri_cli *cli, const struct tri_assignment *assignment, const char *name,
                      const char *text)
{
    TRI_AUTO_BSTR BSTR wide = tri_bstr(name);
    TRI_AUTO_VARIANT VARIANT value = {0};
    CIMTYPE type;

    HRESULT hr = IWbemClassObject_Get(assignment->object, wide, 0, NULL, &type, NULL);
    if (FAILED(hr))
        return fail_unknown(cli, hr, assignment, name);
    TRI_AUTO_FREE char *wrong = tri_value_parse(text, type, &value);
    if (wrong)
        return tri_fail(cli, "%s=%s: it %s", name, text, wrong);
    hr = IWbemClassObject_Put(assignment->object, wide, 0, &value, 0);
    return FAILED(hr) ? tri_fail_com(cli, hr, "cannot set %s", name) : 0;
}

int tri_assign(const struct tri_cli *cli, const struct tri_assignment *assignment)
{
    int status = 0;

    for (int i = assignment->first; i < cli->argc && !status; i++) {
        const char *argument = cli->argv[i], *sign = strchr(argument, '=');
        TRI_AUTO_FREE char *name =
            tri_text_format("%.*s", (int)(sign ? sign - argument : (ptrdiff_t)strlen(argument)), argument);
        status = assign_one(cli, assignment, name, sign ? sign + 1 : NULL);
    }
    return status;
}
