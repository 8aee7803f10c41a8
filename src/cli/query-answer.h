/* A call whose objects come as they are found, waited for: with a line of progress, and cancelled by Ctrl-C.
 *
 *     TRI_AUTO_ANSWER struct tri_answer answer;
 *     tri_answer_open(&answer, &management, "querying");
 *     tri_answer_begin(&answer, IWbemServices_ExecQueryAsync(management.services, ..., tri_answer_sink(&answer)));
 *     while ((object = tri_answer_next(&answer, TRI_NEVER_MS)))
 *         ...
 *     if (FAILED(answer.result))
 *         return tri_answer_fail(&answer, "cannot query");
 */
#ifndef TRI_CLI_QUERY_ANSWER_H
#define TRI_CLI_QUERY_ANSWER_H

#include "clock.h"
#include "progress.h"
#include "query-service.h"

struct tri_answer_sink;

struct tri_answer {
    const struct tri_management *management;
    struct tri_answer_sink *sink;
    struct tri_progress progress;
    bool is_started, is_done;
    HRESULT result; /* once it is done */
    int signal;     /* that cancelled it, or 0 */
};

/* From here on signals are held until it is closed. */
void tri_answer_open(struct tri_answer *answer, const struct tri_management *management, const char *doing);
IWbemObjectSink *tri_answer_sink(struct tri_answer *answer); /* borrowed */
void tri_answer_begin(struct tri_answer *answer, HRESULT started);

/* The next object, a reference to let go of. NULL: there are no more, and the result is known; or the deadline has
 * passed, and is_done is false. SIGINT, SIGTERM, SIGHUP and SIGQUIT cancel. */
IWbemClassObject *tri_answer_next(struct tri_answer *answer, uint64_t deadline_ms);

/* Says what could not be done ("cannot query"), why, and what helps (NULL: nothing does). Returns the exit status: 128 + the signal where one cancelled
 * it. */
int tri_answer_fail(const struct tri_answer *answer, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void tri_answer_close(struct tri_answer *answer); /* cancels what is not done */
#define TRI_AUTO_ANSWER TRI_CLEANUP(tri_answer_close)

#endif
