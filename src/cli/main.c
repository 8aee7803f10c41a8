/* trireme: containers, disks and the system at a terminal. main finds the verb in the table and lets it run. */
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "verbs.h"

static int print_version(const struct tri_cli *cli)
{
    tri_print_line(cli, "trireme " TRIREME_VERSION);
    if (cli->json)
        tri_print_document(json_pack("{s:s}", "Version", TRIREME_VERSION));
    return TRI_EXIT_OK;
}

/* The next file that is opened takes the number of a standard stream that is closed, and what is printed would go into
 * it: a disk, say. Its place is taken by what can neither be written to nor read, so that it still is a failure. */
static void fill_closed_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            _exit(TRI_EXIT_FAILED);
}

/* `trireme --help` is `trireme help`; `trireme` alone too, but it is a mistake. */
static const char *verb_name(int argc, char **argv)
{
    if (argc < 2)
        return "help";
    return strcmp(argv[1], "--help") && strcmp(argv[1], "-h") ? argv[1] : "help";
}

int main(int argc, char **argv)
{
    static struct tri_cli cli; /* with all that hangs on it, there until the end */
    int status;

    fill_closed_streams();
    setlocale(LC_CTYPE, ""); /* for tables: labels have letters of any alphabet */
    cli.verb = tri_verb_find(tri_verbs, verb_name(argc, argv));
    status = tri_options_check_text(&cli, argc, argv);
    if (status)
        return status;
    if (argc > 1 && !strcmp(argv[1], "--version")) {
        cli.json = argc > 2 && !strcmp(argv[2], "--json");
        status = argc > 2 + cli.json ? tri_fail(&cli, "too many arguments; the usage is: trireme --version [--json]")
                                     : print_version(&cli);
    } else if (!cli.verb && argv[1][0] == '-') {
        status = tri_fail(&cli, "there is no option %s before a VERB; options come after it: trireme VERB [OPTION]...",
                          argv[1]);
    } else if (!cli.verb) {
        status = tri_fail(&cli, "there is no verb %s; `trireme help` lists them", tri_text_named(argv[1]));
    } else {
        status = tri_verb_do(&cli, argc > 1 ? argc - 1 : 1, argc > 1 ? argv + 1 : argv);
    }
    if (argc < 2)
        status = TRI_EXIT_FAILED;
    return tri_output_finish(&cli) ? TRI_EXIT_FAILED : status;
}
