/* Prints docs/hcs-documents.md from the tables that documents are checked with. */
#include <stdio.h>
#include <string.h>

#include "compute/hcs/schema-tables.h"

static void print_values(const struct tri_schema *type)
{
    for (const char *const *value = type->values; *value; value++)
        printf("%s`%s`%s", value == type->values ? "" : ", ", *value + (**value == '!'),
               **value == '!' ? " (not implemented)" : "");
}

static void print_type(const struct tri_schema *type)
{
    switch (type->kind) {
    case TRI_SCHEMA_ARRAY:
        printf("array of %s", type->length ? "two " : "");
        return print_type(type->of);
    case TRI_SCHEMA_MAP:
        printf("map to ");
        return print_type(type->of);
    case TRI_SCHEMA_ENUM:
        return print_values(type);
    case TRI_SCHEMA_ENUM_OR_NUMBER:
        print_values(type);
        printf(", or %lld to %lld", (long long)type->min, (long long)type->max);
        return;
    default:
        printf("%s", type->name);
    }
}

static void print_member(const struct tri_schema_member *member)
{
    static const char *const uses[] = {[TRI_SCHEMA_HONOURED] = "honoured",
                                       [TRI_SCHEMA_TUNING] = "accepted, no effect",
                                       [TRI_SCHEMA_NOT_IMPLEMENTED] = "`E_NOTIMPL`"};
    printf("| `%s` | ", member->name);
    print_type(member->type);
    printf(" | %s%s | %s |\n", uses[member->use], member->required ? ", required" : "",
           member->note ? member->note : "");
}

/* The objects that have been printed, so that one that is used twice is printed once. */
static const struct tri_schema *printed[128];
static size_t printed_count;

static int is_new(const struct tri_schema *type)
{
    for (size_t i = 0; i < printed_count; i++)
        if (printed[i] == type)
            return 0;
    printed[printed_count++] = type;
    return 1;
}

static void print_object(const struct tri_schema *type)
{
    while (type->kind == TRI_SCHEMA_ARRAY || type->kind == TRI_SCHEMA_MAP)
        type = type->of;
    if (type->kind != TRI_SCHEMA_OBJECT || !is_new(type))
        return;
    printf("\n### %s\n\n", type->name);
    if (type->one_of) {
        printf("Exactly one of:");
        for (const char *const *name = type->one_of; *name; name++)
            printf(" `%s`", *name);
        printf(".\n\n");
    }
    if (!type->members->name)
        printf("No members: NULL, an empty string or `{}`.\n");
    else
        printf("| member | type | here | note |\n| --- | --- | --- | --- |\n");
    for (const struct tri_schema_member *member = type->members; member->name; member++)
        print_member(member);
    for (const struct tri_schema_member *member = type->members; member->name; member++)
        print_object(member->type);
}

static const struct section {
    const char *title;
    const struct tri_schema *types[8];
} sections[] = {
    {"HcsCreateComputeSystem", {&tri_schema_compute_system}},
    {"HcsModifyComputeSystem",
     {&tri_schema_modify_request, &tri_schema_mapped_directory_removal, &tri_schema_mapped_pipe_removal}},
    {"HcsGetComputeSystemProperties, HcsEnumerateComputeSystems",
     {&tri_schema_property_query, &tri_schema_system_query}},
    {"Options of a system's calls",
     {&tri_schema_start_options, &tri_schema_shutdown_options, &tri_schema_no_options, &tri_schema_pause_options,
      &tri_schema_save_options, &tri_schema_crash_options}},
    {"Live migration: read, and then refused",
     {&tri_schema_migration_initialize, &tri_schema_migration_start, &tri_schema_migration_transfer,
      &tri_schema_migration_finalize}},
    {"Processes", {&tri_schema_process_parameters, &tri_schema_process_modify, &tri_schema_signal_options}},
    {"The service", {&tri_schema_service_query, &tri_schema_service_modification, &tri_schema_crash_report}},
};

static const char preface[] = "# The documents that Trireme takes\n"
                              "\n"
                              "Printed from the tables in `src/compute/hcs/schema-*.c`; do not edit. A member that is "
                              "not listed, or has another\n"
                              "type, fails with `HCS_E_INVALID_JSON` and a `ResultError` that names its path; a path "
                              "that is not absolute, or leads\n"
                              "upwards in a container, with `E_INVALIDARG`. `null` is the same as absent. "
                              "\"E_NOTIMPL\" members fail with that code\n"
                              "and their path, unless they say nothing (`false`, `0`, `\"\"`, `[]`, `{}`). Documents "
                              "may be 16 Mi UTF-16 units long\n"
                              "and 64 levels deep; integers are exact up to 2^63 - 1, and refused beyond.\n";

static const char resources[] = "\n### Resources\n\n"
                                "| ResourcePath | RequestType | Settings |\n| --- | --- | --- |\n"
                                "| `Container/Memory/SizeInMB` | `Update` (or absent) | u64 |\n"
                                "| `Container/Processor` | `Update` (or absent) | Container_Processor |\n"
                                "| `Container/MappedDirectories` | `Add`, `Remove` | MappedDirectory |\n"
                                "| `Container/MappedPipes` | `Add`, `Remove` | MappedPipe |\n\n"
                                "Every other path fails with `HRESULT_FROM_WIN32(ERROR_NOT_SUPPORTED)`.\n";

int main(void)
{
    printf("%s", preface);
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        printf("\n## %s\n", sections[i].title);
        for (const struct tri_schema *const *type = sections[i].types; *type; type++)
            print_object(*type);
        if (sections[i].types[0] == &tri_schema_modify_request)
            printf("%s", resources);
    }
    return ferror(stdout) || fflush(stdout) == EOF;
}
