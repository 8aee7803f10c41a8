/* trireme help, --help and --version: all from the tables. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "verbs.h"

#define COLUMNS 80
#define HELP_COLUMN 32 /* where what an option does begins */

static json_t *option_document(const struct tri_option *option)
{
    const char letter[] = {option->letter, '\0'};

    return json_pack("{s:s, s:s*, s:s*, s:s}", "Name", option->name, "Letter", option->letter ? letter : NULL, "Value",
                     option->value, "Help", option->help);
}

static void add_options(json_t *array, const struct tri_option *option)
{
    for (; option && option->name; option++)
        json_array_append_new(array, option_document(option));
}

static json_t *verb_document(const struct tri_verb *verb);

static json_t *verbs_document(const struct tri_verb *const *verb)
{
    json_t *array = tri_checked(json_array());

    for (; *verb; verb++)
        json_array_append_new(array, verb_document(*verb));
    return array;
}

static json_t *verb_document(const struct tri_verb *verb)
{
    json_t *options = tri_checked(json_array());

    add_options(options, verb->options);
    add_options(options, verb->shared);
    add_options(options, tri_common_options);
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o*}", "Name", verb->name, "Arguments", verb->arguments, "Summary",
                     verb->summary, "Example", verb->example, "Options", options, "Verbs",
                     verb->verbs ? verbs_document(verb->verbs) : NULL);
}

/* From the column where it begins on, and there again on each further line. */
static void print_wrapped(const char *text, int first_column)
{
    int column = first_column;

    while (*text) {
        int length = (int)strcspn(text, " ");
        bool fits = column == first_column || column + 1 + length <= COLUMNS;
        if (!fits)
            printf("\n%*s", column = first_column, "");
        column += printf(column == first_column ? "%.*s" : " %.*s", length, text);
        text += length + (text[length] == ' ');
    }
    putchar('\n');
}

static void print_options(const struct tri_option *option)
{
    for (; option && option->name; option++) {
        TRI_AUTO_FREE char *name =
            tri_text_format("--%s%s%s", option->name, option->value ? " " : "", option->value ? option->value : "");
        printf(option->letter ? "  -%c, " : "      ", option->letter);
        if (strlen(name) > HELP_COLUMN - 8)
            printf("%s\n%*s", name, HELP_COLUMN, "");
        else
            printf("%-*s", HELP_COLUMN - 6, name);
        print_wrapped(option->help, HELP_COLUMN);
    }
}

static void print_verbs(const struct tri_verb *const *verb)
{
    for (; *verb; verb++)
        printf("  %-9s  %s\n", tri_verb_word(*verb), (*verb)->summary);
}

void tri_verb_print_help(const struct tri_cli *cli, const struct tri_verb *verb)
{
    if (cli->json) {
        tri_print_document(verb_document(verb));
        return;
    }
    printf("Usage: trireme %s [OPTION]...%s%s\n\n", verb->name, *verb->arguments ? " " : "", verb->arguments);
    printf("%c%s%s\n\n", toupper((unsigned char)verb->summary[0]), verb->summary + 1,
           verb->summary[strlen(verb->summary) - 1] == '.' ? "" : "."); /* "hardware, ..." */
    if (verb->verbs) {
        puts("Verbs:");
        print_verbs(verb->verbs);
        putchar('\n');
    }
    puts("Options:");
    print_options(verb->options);
    print_options(verb->shared);
    print_options(tri_common_options);
    printf("\nExample:\n  %s\n", verb->example);
}

static void print_overview(void)
{
    printf(
        "Usage: trireme VERB [OPTION]... [ARGUMENT]...\n\nContainers, through the Host Compute System API; disks, through "
        "the Virtual\nDisk Service API; and what the system is and does, through WMI.\n\n");
    print_verbs(tri_verbs);
    printf("\n`trireme VERB --help` tells more of one, trireme(1) of all.\n");
}

static int run(struct tri_cli *cli)
{
    const struct tri_verb *const *verbs = tri_verbs;
    const struct tri_verb *verb = NULL;

    for (int i = 0; i < cli->argc; i++, verbs = verb->verbs) {
        const struct tri_verb *group = verb;
        verb = verbs ? tri_verb_find(verbs, cli->argv[i]) : NULL;
        if (!verb)
            return tri_fail(cli, "there is no verb %s%s%s; `trireme help%s%s` lists them", group ? group->name : "",
                            group ? " " : "", tri_text_named(cli->argv[i]), group && verbs ? " " : "",
                            group && verbs ? group->name : "");
    }
    if (verb)
        tri_verb_print_help(cli, verb);
    else if (cli->json)
        tri_print_document(verbs_document(tri_verbs));
    else
        print_overview();
    return TRI_EXIT_OK;
}

const struct tri_verb tri_verb_help = {
    .name = "help",
    .arguments = "[VERB [VERB]]",
    .summary = "list the verbs, or explain one",
    .example = "trireme help disk format",
    .argc_max = 2,
    .run = run,
};
