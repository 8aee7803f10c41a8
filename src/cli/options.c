#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistr.h>

#include "output.h"
#include "size.h"

const struct tri_option tri_common_options[] = {
    {"json", 0, NULL, tri_parse_flag, offsetof(struct tri_cli, json), "print the result as JSON, and errors too"},
    {"help", 'h', NULL, tri_parse_flag, offsetof(struct tri_cli, help), "print this help"},
    {0},
};

#define OPTIONS_MAX 32
#define FIRST_KEY 256 /* what getopt_long answers for an option without a letter: above any character */

/* The verb's options and the common ones, as getopt_long wants them. */
struct parser {
    const struct tri_option *options[OPTIONS_MAX];
    void *targets[OPTIONS_MAX]; /* the structure that field is an offset in */
    struct option long_options[OPTIONS_MAX + 1];
    char letters[2 * OPTIONS_MAX + 3];
    size_t count;
};

static void add_letter(struct parser *parser, const struct tri_option *option)
{
    size_t length = strlen(parser->letters);

    parser->letters[length++] = option->letter;
    if (option->value)
        parser->letters[length++] = ':';
    parser->letters[length] = '\0';
}

static void add_options(struct parser *parser, const struct tri_option *option, void *target)
{
    for (; option && option->name && parser->count < OPTIONS_MAX; option++) {
        size_t i = parser->count++;
        parser->options[i] = option;
        parser->targets[i] = target;
        parser->long_options[i] =
            (struct option){option->name, option->value ? required_argument : no_argument, NULL, FIRST_KEY + (int)i};
        if (option->letter)
            add_letter(parser, option);
    }
}

static size_t option_index(const struct parser *parser, int key)
{
    if (key >= FIRST_KEY)
        return (size_t)(key - FIRST_KEY);
    for (size_t i = 0; i < parser->count; i++)
        if (parser->options[i]->letter == key)
            return i;
    return parser->count;
}

/* How the option was written: getopt_long tells a letter, or leaves the whole word behind. */
static int refuse(struct tri_cli *cli, const char *why, int letter, const char *word)
{
    const char letter_text[] = {'-', (char)letter, '\0'};

    return tri_fail(cli, "%s %s; see `trireme %s --help`", why, letter && letter < FIRST_KEY ? letter_text : word,
                    cli->verb->name);
}

static int set_option(struct tri_cli *cli, const struct parser *parser, size_t i, const char *value)
{
    const struct tri_option *option = parser->options[i];
    const char *wrong = option->parse(value, (char *)parser->targets[i] + option->field);

    return wrong ? tri_fail(cli, "--%s %s: it %s", option->name, value, wrong) : 0;
}

static int check_argument_count(struct tri_cli *cli)
{
    const struct tri_verb *verb = cli->verb;

    if (cli->help || (cli->argc >= verb->argc_min && (verb->argc_max < 0 || cli->argc <= verb->argc_max)))
        return 0;
    return tri_fail(cli, "too %s arguments; the usage is: trireme %s [OPTION]... %s",
                    cli->argc < verb->argc_min ? "few" : "many", verb->name, verb->arguments);
}

/* The next option's key, or -1; arguments on the way are kept at the front of argv. They come in order (getopt_long
 * calls each of them option 1), so that those that look like options can be kept from it. */
static int next_option(struct tri_cli *cli, struct parser *parser, int argc, char **argv)
{
    int key;

    do {
        while (cli->verb->takes_signed && optind < argc && argv[optind][0] == '-' &&
               isdigit((unsigned char)argv[optind][1]))
            cli->argv[cli->argc++] = argv[optind++];
        key = getopt_long(argc, argv, parser->letters, parser->long_options, NULL);
        if (key == 1)
            cli->argv[cli->argc++] = optarg;
    } while (key == 1);
    return key;
}

int tri_options_check_text(struct tri_cli *cli, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        cli->json |=
            !strcmp(argv[i], "--json"); /* nothing is parsed yet, and this wants to be told as it was asked for */
    for (int i = 1; i < argc; i++)
        if (!tri_is_utf8(argv[i]))
            return tri_fail(cli, "argument %d, %s, is not UTF-8; nothing else can be handed on", i, argv[i]);
    cli->json = false;
    return 0;
}

int tri_options_parse(struct tri_cli *cli, int argc, char **argv)
{
    struct parser parser = {0};
    int key;

    strcpy(parser.letters, cli->verb->takes_command ? "+:" : "-:");
    add_options(&parser, cli->verb->options, cli->settings);
    add_options(&parser, cli->verb->shared, cli->settings);
    add_options(&parser, tri_common_options, cli);

    opterr = 0;
    optind = 0; /* from the beginning: a group's options may have been parsed before those of its verb */
    cli->argc = 0;
    cli->argv = argv;
    while ((key = next_option(cli, &parser, argc, argv)) != -1) {
        if (key == ':')
            return refuse(cli, "a value is missing after", optopt, argv[optind - 1]);
        if (key == '?')
            return refuse(cli, "there is no option", optopt, argv[optind - 1]);
        int r = set_option(cli, &parser, option_index(&parser, key), optarg);
        if (r)
            return r;
    }
    for (int i = optind; i < argc; i++)
        cli->argv[cli->argc++] = argv[i];
    cli->argv[cli->argc] = NULL;
    return check_argument_count(cli);
}

bool tri_is_utf8(const char *text)
{
    return !u8_check((const uint8_t *)text, strlen(text));
}

const char *tri_parse_flag(const char *value, void *field)
{
    *(bool *)field = true;
    return NULL;
}

const char *tri_parse_text(const char *value, void *field)
{
    *(const char **)field = value;
    return NULL;
}

const char *tri_parse_list(const char *value, void *field)
{
    struct tri_list *list = field;

    list->items = tri_checked(reallocarray(list->items, list->count + 1, sizeof(*list->items)));
    list->items[list->count++] = value;
    return NULL;
}

const char *tri_parse_folder(const char *value, void *field)
{
    char *path = realpath(value, NULL);
    struct stat status;

    if (!path)
        return errno == ENOENT ? "does not exist" : strerror(errno);
    const char *wrong = stat(path, &status) || !S_ISDIR(status.st_mode) ? "is not a folder"
                        : !tri_is_utf8(path)                            ? "has a path that is not UTF-8"
                                                                        : NULL;
    if (wrong)
        free(path);
    else
        *(char **)field = path;
    return wrong;
}

const char *tri_parse_folders(const char *value, void *field)
{
    char *path;
    const char *wrong = tri_parse_folder(value, &path);

    return wrong ? wrong : tri_parse_list(path, field);
}

/* A whole decimal number and nothing else. */
static bool parse_number(const char *text, uint64_t maximum, uint64_t *ret)
{
    char *end;

    if (!isdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno || *end || number > maximum)
        return false;
    *ret = number;
    return true;
}

const char *tri_parse_seconds(const char *value, void *field)
{
    uint64_t number;

    if (!parse_number(value, UINT32_MAX / 1000 - 1, &number))
        return "is not a whole number of seconds, 0 to 4294966";
    *(uint32_t *)field = (uint32_t)number;
    return NULL;
}

const char *tri_parse_count(const char *value, void *field)
{
    uint64_t number;

    if (!parse_number(value, UINT32_MAX, &number) || !number)
        return "is not a whole number from 1 to 4294967295";
    *(uint32_t *)field = (uint32_t)number;
    return NULL;
}

const char *tri_parse_size_mb(const char *value, void *field)
{
    static const char units[] = "bkmgt";
    static const char wrong[] = "is not a size such as 512m or 2g";
    char *end;

    errno = 0;
    double number = strtod(value, &end);
    bool is_huge = errno == ERANGE && number > 1;
    const char *unit = *end ? strchr(units, tolower((unsigned char)*end)) : units;
    if (end == value || (!isfinite(number) && !is_huge) || !(number > 0) || !unit || (*end && end[1]))
        return wrong;
    double size_mb = ceil(ldexp(number, 10 * (int)(unit - units)) / 1048576);
    if (size_mb > (double)(INT64_MAX >> 20))
        return "is too large: the largest size is 8796093022207m";
    *(uint64_t *)field = (uint64_t)size_mb;
    return NULL;
}

const char *tri_parse_bytes(const char *value, void *field)
{
    uint64_t bytes;

    int r = tri_size_parse(value, &bytes);
    if (r == -ERANGE)
        return TRI_SIZE_TOO_LARGE;
    if (r < 0 || !bytes)
        return "is not a size such as 512M, 1.5GiB or 4096 (bytes)";
    *(uint64_t *)field = bytes;
    return NULL;
}

const char *tri_parse_cpus(const char *value, void *field)
{
    char *end;
    double number = strtod(value, &end);

    if (end == value || *end || !isfinite(number) || number <= 0)
        return "is not a number of processors such as 2 or 0.5";
    *(double *)field = number;
    return NULL;
}

const char *tri_parse_signal(const char *value, void *field)
{
    const char *name = strncasecmp(value, "SIG", 3) ? value : value + 3;
    uint64_t number;

    if (parse_number(value, (uint64_t)SIGRTMAX, &number) && number) {
        *(int *)field = (int)number;
        return NULL;
    }
    for (int i = 1; i < NSIG; i++) {
        const char *known = sigabbrev_np(i);
        if (known && !strcasecmp(known, name)) {
            *(int *)field = i;
            return NULL;
        }
    }
    return "is not a signal such as TERM or 15";
}
