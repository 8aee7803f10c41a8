/* trireme help, --help and --version: all from the tables. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "verbs.h"

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

static json_t *verb_document(const struct tri_verb *verb)
{
    json_t *options = tri_checked(json_array());

    add_options(options, verb->options);
    add_options(options, verb->shared);
    add_options(options, tri_common_options);
    return json_pack("{s:s, s:s, s:s, s:o}", "Name", verb->name, "Arguments", verb->arguments, "Summary", verb->summary,
                     "Options", options);
}

static void print_options(const struct tri_option *option)
{
    for (; option && option->name; option++) {
        TRI_AUTO_FREE char *name =
            tri_text_format("--%s%s%s", option->name, option->value ? " " : "", option->value ? option->value : "");
        printf(option->letter ? "  -%c, " : "      ", option->letter);
        printf(strlen(name) > 24 ? "%s\n%32s%s\n" : "%-24s  %s%s\n", name, "", option->help);
    }
}

void tri_verb_print_help(const struct tri_cli *cli, const struct tri_verb *verb)
{
    if (cli->json) {
        tri_print_document(verb_document(verb));
        return;
    }
    printf("Usage: trireme %s [OPTION]...%s%s\n\n", verb->name, *verb->arguments ? " " : "", verb->arguments);
    printf("%c%s.\n\nOptions:\n", toupper((unsigned char)verb->summary[0]), verb->summary + 1);
    print_options(verb->options);
    print_options(verb->shared);
    print_options(tri_common_options);
}

static void print_overview_document(void)
{
    json_t *verbs = tri_checked(json_array());

    for (const struct tri_verb *const *verb = tri_verbs; *verb; verb++)
        json_array_append_new(verbs, verb_document(*verb));
    tri_print_document(verbs);
}

static void print_overview(void)
{
    printf("Usage: trireme VERB [OPTION]... [ARGUMENT]...\n\nContainers, through the Host Compute System API.\n\n");
    for (const struct tri_verb *const *verb = tri_verbs; *verb; verb++)
        printf("  %-8s  %s\n", (*verb)->name, (*verb)->summary);
    printf("\n`trireme VERB --help` tells more of one, trireme(1) of all.\n");
}

static int run(struct tri_cli *cli)
{
    const struct tri_verb *verb = cli->argc ? tri_verb_find(cli->argv[0]) : NULL;

    if (cli->argc && !verb)
        return tri_fail(cli, "there is no verb %s; `trireme help` lists them", cli->argv[0]);
    if (verb)
        tri_verb_print_help(cli, verb);
    else if (cli->json)
        print_overview_document();
    else
        print_overview();
    return TRI_EXIT_OK;
}

const struct tri_verb tri_verb_help = {
    .name = "help",
    .arguments = "[VERB]",
    .summary = "list the verbs, or explain one",
    .argc_max = 1,
    .run = run,
};
