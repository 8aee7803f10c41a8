#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"
#include "output.h"

#define PATIENCE_MS 300
#define INTERVAL_MS 100
#define STEPS_SEEN 3 /* percentages that have passed before a rate is made of them */
#define STALL_MS                                                                                                       \
    2000 /* beside three times the usual: how long a percentage may stand before the rate is not believed */

void tri_progress_begin(struct tri_progress *progress, const struct tri_cli *cli, const char *doing)
{
    bool shown = !cli->json && isatty(STDERR_FILENO);

    *progress = (struct tri_progress){.doing = shown ? doing : NULL, .start_ms = tri_clock_ms()};
}

uint64_t tri_progress_due_ms(const struct tri_progress *progress)
{
    if (!progress->doing)
        return TRI_NEVER_MS;
    return progress->start_ms + PATIENCE_MS + (uint64_t)progress->drawn * INTERVAL_MS;
}

static void note_percent(struct tri_progress *progress, unsigned percent)
{
    uint64_t now_ms = tri_clock_ms();

    if (!progress->first_ms) {
        progress->first_percent = progress->last_percent = percent;
        progress->first_ms = progress->last_ms = now_ms;
    } else if (percent > progress->last_percent) {
        progress->last_percent = percent;
        progress->last_ms = now_ms;
    }
}

/* "0:42 left", by the rate that was seen so far; "" as long as too little was seen, and when it has not moved for
 * long. */
static char *left_text(const struct tri_progress *progress)
{
    unsigned gone = progress->last_percent - progress->first_percent;
    uint64_t took_ms = progress->last_ms - progress->first_ms, still_ms = tri_clock_ms() - progress->last_ms;

    if (gone < STEPS_SEEN || !took_ms || still_ms > STALL_MS + 3 * took_ms / gone)
        return tri_text_format("%s", "");
    uint64_t left_ms = took_ms * (100 - progress->last_percent) / gone;
    uint64_t left_s = (left_ms > still_ms ? left_ms - still_ms : 0) / 1000 + 1;
    if (left_s >= 3600)
        return tri_text_format("  %" PRIu64 ":%02u:%02u left", left_s / 3600, (unsigned)(left_s / 60 % 60),
                               (unsigned)(left_s % 60));
    return tri_text_format("  %" PRIu64 ":%02u left", left_s / 60, (unsigned)(left_s % 60));
}

/* "formatting /dev/loop0p1  [=====>    ]  42 %  0:12 left"; where there is no room for a bar, what changes comes first. */
static char *bar_line(struct tri_progress *progress, const struct tri_progress_state *state, int columns)
{
    static const char full[] = "==================================================";
    static const char empty[] = "                                                  ";
    TRI_AUTO_FREE char *left = left_text(progress);
    int room = columns - (int)(strlen(progress->doing) + strlen(left)) - 14;
    int width = room > 50 ? 50 : room;
    int done = (int)state->percent * width / 100;

    if (room < 10)
        return tri_text_format("%u %%%s  %s", state->percent, left, progress->doing);
    return tri_text_format("%s  [%.*s>%.*s] %3u %%%s", progress->doing, done ? done - 1 : 0, full,
                           width - (done ? done : 1), empty, state->percent, left);
}

/* "| 1.2 s  starting web1: mounting, 40 %" */
static char *plain_line(struct tri_progress *progress, const struct tri_progress_state *state)
{
    double elapsed_s = (double)(tri_clock_ms() - progress->start_ms) / 1000;
    TRI_AUTO_FREE char *percent = tri_text_format(state->percent ? ", %u %%" : "", state->percent);

    return tri_text_format("%c %.1f s  %s%s%s%s", "|/-\\"[progress->drawn % 4], elapsed_s, progress -> doing,
                           *state -> phase ? ": " : "", state->phase, percent);
}

/* How many bytes of it fit, without half a character at the end. */
static int fitting(const char *line, int columns)
{
    size_t size = strlen(line), room = columns > 1 ? (size_t)columns - 1 : 1;

    if (size <= room)
        return (int)size;
    while (room > 0 && (line[room] & 0xc0) == 0x80)
        room--;
    return (int)room;
}

static int terminal_columns(void)
{
    struct winsize size;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col ? 80 : size.ws_col;
}

void tri_progress_draw(struct tri_progress *progress, tri_progress_ask *ask, void *work)
{
    struct tri_progress_state state = {0};
    int columns = terminal_columns();

    if (tri_clock_ms() < tri_progress_due_ms(progress))
        return;
    ask(work, &state);
    if (state.is_measured)
        note_percent(progress, state.percent);
    TRI_AUTO_FREE char *line = state.is_measured ? bar_line(progress, &state, columns) : plain_line(progress, &state);
    TRI_AUTO_FREE char *shown = tri_text_shown(line);

    progress->drawn++;
    fprintf(stderr, "\r\033[K%.*s", fitting(shown, columns), shown);
}

void tri_progress_end(struct tri_progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->doing = NULL;
}
