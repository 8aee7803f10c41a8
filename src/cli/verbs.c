#include "verbs.h"

#include <string.h>

const struct tri_verb *const tri_verbs[] = {
    &tri_verb_run,  &tri_verb_exec, &tri_verb_ps,    &tri_verb_stats,  &tri_verb_inspect, &tri_verb_wait,
    &tri_verb_stop, &tri_verb_kill, &tri_verb_pause, &tri_verb_resume, &tri_verb_help,    NULL,
};

const struct tri_verb *tri_verb_find(const char *name)
{
    for (const struct tri_verb *const *verb = tri_verbs; *verb; verb++)
        if (!strcmp((*verb)->name, name))
            return *verb;
    return NULL;
}
