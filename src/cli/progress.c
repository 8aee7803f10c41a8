#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"
#include "output.h"
#include "text.h"

#define PATIENCE_MS 300
#define INTERVAL_MS 100

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

/* ": mounting, 40 %" of what the operation tells about itself; "" where it tells nothing. */
static char *operation_text(HCS_OPERATION operation)
{
    PWSTR text = NULL;

    if (FAILED(HcsGetOperationProperties(operation, NULL, &text)))
        return tri_text_format("%s", "");
    json_t *properties = tri_document(text);
    const char *phase = tri_member_text(properties, "Phase");
    uint64_t percent = tri_member_number(properties, "PercentComplete");
    char *result = percent ? tri_text_format("%s%s, %" PRIu64 " %%", *phase ? ": " : "", phase, percent)
                           : tri_text_format("%s%s", *phase ? ": " : "", phase);
    json_decref(properties);
    return result;
}

static int terminal_columns(void)
{
    struct winsize size;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col ? 80 : size.ws_col;
}

void tri_progress_draw(struct tri_progress *progress, HCS_OPERATION operation)
{
    if (tri_clock_ms() < tri_progress_due_ms(progress))
        return;
    TRI_AUTO_FREE char *details = operation_text(operation);
    double elapsed_s = (double)(tri_clock_ms() - progress->start_ms) / 1000;
    TRI_AUTO_FREE char *line =
        tri_text_format("%c %.1f s  %s%s", "|/-\\"[progress->drawn % 4], elapsed_s, progress -> doing, details);

    progress->drawn++;
    fprintf(stderr, "\r\033[K%.*s", terminal_columns() - 1, line);
}

void tri_progress_end(struct tri_progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->doing = NULL;
}
