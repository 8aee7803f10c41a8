/* trireme disk list: all disks, and the partitions below them. */
#include <inttypes.h>
#include <string.h>

#include "disk-facts.h"
#include "output.h"
#include "text.h"
#include "verbs.h"

struct settings {
    bool bytes, no_headings, free;
};

static const struct tri_option options[] = {
    {"bytes", 'b', NULL, tri_parse_flag, offsetof(struct settings, bytes), "print sizes in bytes"},
    {"noheadings", 'n', NULL, tri_parse_flag, offsetof(struct settings, no_headings),
     "leave the names of the columns out"},
    {"free", 'f', NULL, tri_parse_flag, offsetof(struct settings, free), "show free space, too"},
    {0},
};

static const struct tri_column columns[] = {
    {.name = "NAME", .tree = true},
    {.name = "DRIVE"},
    {.name = "SIZE", .right = true},
    {.name = "STYLE"},
    {.name = "TYPE"},
    {.name = "FS"},
    {.name = "LABEL"},
    {.name = "MOUNTED"},
    {.name = "IMAGE"},
};

static char *size_text(const struct settings *settings, uint64_t bytes)
{
    return settings->bytes ? tri_text_format("%" PRIu64, bytes) : tri_text_bytes(bytes);
}

static char *mounted_text(const json_t *facts)
{
    char *text = tri_text_format("%s", "");
    json_t *path;
    size_t i;

    json_array_foreach (json_object_get(facts, "AccessPaths"), i, path) {
        TRI_AUTO_FREE char *before = text;
        text = tri_text_format("%s%s%s", before, i ? "," : "", json_string_value(path));
    }
    return text;
}

static struct libscols_line *add_row(struct libscols_table *table, struct libscols_line *parent,
                                     const struct settings *settings, const json_t *facts)
{
    const char *device = tri_member_text(facts, "Device"), *drive = tri_member_text(facts, "Name");
    TRI_AUTO_FREE char *number = tri_text_format("partition %u", (unsigned)tri_member_number(facts, "Number"));
    TRI_AUTO_FREE char *size = size_text(settings, tri_member_number(facts, "Size"));
    TRI_AUTO_FREE char *mounted = mounted_text(facts);
    bool is_disk = json_object_get(facts, "Partitions") != NULL;
    const char *const texts[] = {
        *device ? device : number,
        !is_disk                       ? ""
        : strncmp(drive, "\\\\?\\", 4) ? drive
                                       : drive + 4,
        size,
        is_disk ? tri_facts_style(facts) : "",
        tri_member_text(facts, is_disk ? "BusType" : "Type"),
        tri_member_text(facts, "FileSystem"),
        tri_member_text(facts, "Label"),
        mounted,
        tri_member_text(facts, "Image"),
    };

    return tri_listing_add_below(table, parent, TRI_COUNT(texts), texts);
}

static void add_free(struct libscols_table *table, struct libscols_line *parent, const struct settings *settings,
                     const json_t *disk)
{
    json_t *extent;
    size_t i;

    json_array_foreach (json_object_get(disk, "FreeExtents"), i, extent) {
        TRI_AUTO_FREE char *size = size_text(settings, tri_member_number(extent, "Size"));
        const char *const texts[] = {"(free)", "", size, "", "", "", "", "", ""};
        tri_listing_add_below(table, parent, TRI_COUNT(texts), texts);
    }
}

static void print_table(const struct settings *settings, const json_t *list)
{
    struct libscols_table *table = tri_listing_new(columns, TRI_COUNT(columns));
    json_t *disk, *partition;
    size_t i, j;

    if (settings->no_headings)
        tri_listing_hide_names(table);
    json_array_foreach (list, i, disk) {
        struct libscols_line *line = add_row(table, NULL, settings, disk);
        json_array_foreach (json_object_get(disk, "Partitions"), j, partition)
            add_row(table, line, settings, partition);
        if (settings->free)
            add_free(table, line, settings, disk);
    }
    tri_listing_print(table);
}

static int run(struct tri_cli *cli)
{
    TRI_AUTO_DISKS struct tri_disks disks;
    int status = tri_disks_open(&disks, cli);
    json_t *list = status ? NULL : tri_facts_all(&disks);

    if (!list)
        return TRI_EXIT_FAILED;
    if (cli->json)
        tri_print_document(json_incref(list));
    else
        print_table(cli->settings, list);
    json_decref(list);
    return TRI_EXIT_OK;
}

const struct tri_verb tri_verb_disk_list = {
    .name = "disk list",
    .arguments = "",
    .summary = "list the disks and their partitions",
    .example = "trireme disk list --free",
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run,
};
