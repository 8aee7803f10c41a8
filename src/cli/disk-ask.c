#include "disk-ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "disk-facts.h"
#include "output.h"

int tri_disk_ask(const struct tri_cli *cli, bool yes, const char *what)
{
    TRI_AUTO_FREE char *shown = tri_text_shown(what); /* labels are whatever somebody wrote there */
    TRI_AUTO_FREE char *line = NULL;
    size_t room = 0;

    if (yes)
        return 0;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return tri_fail(cli, "this would %s, and there is no terminal to ask at; --yes says that it is meant", what);
    fprintf(stderr, "This will %s.\nContinue? [y/N] ", shown);
    ssize_t length = getline(&line, &room, stdin);
    if (length > 0 && line[length - 1] == '\n')
        line[length - 1] = '\0';
    if (length > 0 && (!strcasecmp(line, "y") || !strcasecmp(line, "yes")))
        return 0;
    if (length < 0)
        fputc('\n', stderr); /* Ctrl-D ends no line */
    return tri_fail(cli, "nothing was changed");
}

static int ask_about(const struct tri_disks *disks, const struct tri_place *place, const json_t *facts,
                     const char *verb, bool force, bool yes)
{
    const char *mounted = force ? NULL : tri_facts_mounted(facts);
    TRI_AUTO_FREE char *holds = tri_facts_text(facts);
    TRI_AUTO_FREE char *what = tri_text_format("erase %s (%s)", place->name, holds);
    TRI_AUTO_FREE char *where =
        tri_text_format("it is in use at %s; unmount it, or use --force", mounted ? mounted : "");

    if (json_is_true(json_object_get(facts, "System")))
        return tri_fail_because(disks->cli, VDS_E_OPERATION_DENIED, "the running system needs this disk",
                                "cannot %s %s", verb, place->name);
    if (mounted)
        return tri_fail_because(disks->cli, VDS_E_DEVICE_IN_USE, where, "cannot %s %s", verb, place->name);
    return tri_disk_ask(disks->cli, yes, what);
}

int tri_disk_ask_erase(const struct tri_disks *disks, const struct tri_place *place, const char *verb, bool force,
                       bool yes)
{
    json_t *facts = tri_facts_place(disks, place);

    if (!facts)
        return tri_facts_fail(disks, place, verb);
    int status = ask_about(disks, place, facts, verb, force, yes);
    json_decref(facts);
    return status;
}
