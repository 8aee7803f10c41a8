#include "query-assign.h"

#include <string.h>

#include "output.h"
#include "query-value.h"

static int assign_one(const struct tri_cli *cli, const char *name, const char *text, IWbemClassObject *object)
{
    TRI_AUTO_BSTR BSTR wide = tri_bstr(name);
    TRI_AUTO_VARIANT VARIANT value = {0};
    CIMTYPE type;

    HRESULT hr = IWbemClassObject_Get(object, wide, 0, NULL, &type, NULL);
    if (FAILED(hr))
        return tri_fail_com(cli, hr, "cannot set %s", name);
    const char *wrong = tri_value_parse(text, type, &value);
    if (wrong)
        return tri_fail(cli, "%s=%s: it %s", name, text, wrong);
    hr = IWbemClassObject_Put(object, wide, 0, &value, 0);
    return FAILED(hr) ? tri_fail_com(cli, hr, "cannot set %s", name) : 0;
}

int tri_assign(const struct tri_cli *cli, int first, IWbemClassObject *object)
{
    int status = 0;

    for (int i = first; i < cli->argc && !status; i++) {
        const char *argument = cli->argv[i], *sign = strchr(argument, '=');
        TRI_AUTO_FREE char *name =
            tri_text_format("%.*s", (int)(sign ? sign - argument : (ptrdiff_t)strlen(argument)), argument);
        status = assign_one(cli, name, sign ? sign + 1 : NULL, object);
    }
    return status;
}
