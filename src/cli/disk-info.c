/* trireme disk info: everything that is known of one disk, volume or image. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "disk-facts.h"
#include "output.h"
#include "text.h"
#include "verbs.h"

#define NAME_COLUMNS 20

static bool is_size(const char *name)
{
    size_t length = strlen(name);

    return (length >= 4 && !strcmp(name + length - 4, "Size") && strcmp(name, "AllocationUnitSize")) ||
           !strcmp(name, "Offset");
}

/* A value as people read it; NULL: there is nothing to say. */
static char *value_text(const char *name, const json_t *value)
{
    if (json_is_string(value))
        return tri_text_shown(json_string_value(value));
    if (json_is_boolean(value))
        return tri_text_format("%s", json_is_true(value) ? "yes" : "no");
    if (!json_is_integer(value))
        return NULL;
    uint64_t number = (uint64_t)json_integer_value(value);
    TRI_AUTO_FREE char *size = tri_text_bytes(number);
    return is_size(name) ? tri_text_format("%s (%" PRIu64 " bytes)", size, number)
                         : tri_text_format("%" PRIu64, number);
}

static void print_value(int indent, const char *name, const json_t *value)
{
    TRI_AUTO_FREE char *text = value_text(name, value);

    if (text)
        printf("%*s%-*s  %s\n", indent, "", NAME_COLUMNS - indent, name, text);
}

static void print_facts(int indent, const json_t *facts);

static void print_array(int indent, const char *name, const json_t *array)
{
    json_t *item;
    size_t i;

    json_array_foreach (array, i, item) {
        if (!json_is_object(item)) {
            print_value(indent, name, item);
            continue;
        }
        printf("\n%*s%.*s %zu\n", indent, "", (int)strlen(name) - 1, name, i + 1); /* "Partitions" has several */
        print_facts(indent + 2, item);
    }
}

/* Plain members first, so that those of the disk are not lost below its partitions. */
static void print_facts(int indent, const json_t *facts)
{
    const char *name;
    json_t *value;

    json_object_foreach ((json_t *)facts, name, value)
        if (json_is_array(value) && !json_is_object(json_array_get(value, 0)))
            print_array(indent, name, value);
        else
            print_value(indent, name, value);
    json_object_foreach ((json_t *)facts, name, value) {
        if (json_is_array(value) && json_is_object(json_array_get(value, 0)))
            print_array(indent, name, value);
        if (json_is_object(value)) {
            printf("\n%*s%s\n", indent, "", name);
            print_facts(indent + 2, value);
        }
    }
}

static int run(struct tri_cli *cli)
{
    TRI_AUTO_DISKS struct tri_disks disks;
    TRI_AUTO_PLACE struct tri_place place = {0};
    int status = tri_disks_open(&disks, cli);

    if (!status)
        status =
            tri_place_find(&disks, "show", cli->argv[0], TRI_PLACE_DISK | TRI_PLACE_VOLUME | TRI_PLACE_IMAGE, &place);
    if (status)
        return status;
    json_t *facts = tri_facts_place(&disks, &place);
    if (!facts)
        return tri_facts_fail(&disks, &place, "show");
    if (cli->json)
        tri_print_document(facts);
    else
        print_facts(0, facts);
    if (!cli->json)
        json_decref(facts);
    return TRI_EXIT_OK;
}

const struct tri_verb tri_verb_disk_info = {
    .name = "disk info",
    .arguments = "DISK|VOLUME|IMAGE",
    .summary = "show all that is known of a disk, volume or image",
    .example = "trireme disk info --json loop0 | jq .Partitions",
    .argc_min = 1,
    .argc_max = 1,
    .run = run,
};
