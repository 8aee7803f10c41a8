#include "each.h"

#include <stdio.h>

#include "output.h"
#include "text.h"

static int act_on(const struct tri_cli *cli, const char *id, const char *verb, tri_each *act, json_t *result)
{
    TRI_AUTO_SYSTEM HCS_SYSTEM system = NULL;
    TRI_AUTO_CALL struct tri_call call;

    tri_call_open(&call, cli, id);
    int status = tri_system_open(cli, verb, id, &system);
    return status ? status : act(&call, system, result);
}

static void print_member(const struct tri_cli *cli, const json_t *value)
{
    TRI_AUTO_FREE char *number = tri_text_format("%" JSON_INTEGER_FORMAT, json_integer_value(value));

    tri_print_line(cli, json_is_string(value) ? json_string_value(value) : number);
}

int tri_each_system(struct tri_cli *cli, const char *verb, const char *show, tri_each *act)
{
    json_t *results = tri_checked(json_array());
    int status = 0;

    for (int i = 0; i < cli->argc && status <= TRI_EXIT_SIGNAL; i++) { /* a signal is not for one of them only */
        json_t *result = tri_checked(json_pack("{s:s}", "Id", cli->argv[i]));
        int failed = act_on(cli, cli->argv[i], verb, act, result);
        if (failed) {
            status = failed;
        } else {
            print_member(cli, json_object_get(result, show));
            fflush(stdout); /* the next one may take long */
            json_array_append(results, result);
        }
        json_decref(result);
    }
    if (cli->json)
        tri_print_document(json_incref(results));
    json_decref(results);
    return status;
}
