#include "management/providers/fields.h"

#include <stdio.h>
#include <stdlib.h>

void tri_get_true(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, true);
}

void tri_get_false(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, false);
}

void tri_get_ok(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, "OK");
}

void tri_get_zero(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, 0);
}

void tri_get_system_class(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, "Win32_ComputerSystem");
}

void tri_get_system_name(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, tri_server_name());
}

void tri_get_this_computer(const void *row, struct tri_value *ret)
{
    tri_set_reference(ret, "Win32_ComputerSystem.Name", tri_server_name());
}

void tri_set_reference(struct tri_value *ret, const char *class_and_key, const char *value)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        return;
    fprintf(stream, "\\\\%s\\root\\cimv2:%s=\"", tri_server_name(), class_and_key);
    for (; *value; value++) {
        if (*value == '\\' || *value == '"')
            fputc('\\', stream);
        fputc(*value, stream);
    }
    fputc('"', stream);
    if (fclose(stream) == 0)
        tri_value_take_string(ret, text);
    else
        free(text);
}
