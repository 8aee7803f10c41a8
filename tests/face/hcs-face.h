/* What the tests of the HCS face share. They are programs of a user: public headers only. */
#ifndef TRI_TESTS_FACE_HCS_FACE_H
#define TRI_TESTS_FACE_HCS_FACE_H

#include <computecore.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <trireme.h>
#include <unistd.h>

#include <cmocka.h>

#include "proves.h"

#if defined(TRI_OP_OP_H) || defined(TRI_COMPUTE_SYSTEM_H)
#error "a test of the face sees the public headers only"
#endif

enum { WAIT_MS = 60000, SOON_MS = 200 };

/* HRESULTs are compared as people write them. */
#define assert_hr(expected, actual) assert_int_equal((uint32_t)(expected), (uint32_t)(actual))

/* ---- the folder that the library keeps its state in ---- */

static char face_folder[64];

static inline int run_command(const char *format, ...)
{
    char command[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    return system(command);
}

static inline int make_face_folder(void **state)
{
    (void)state;
    snprintf(face_folder, sizeof(face_folder), "/tmp/trireme-face-XXXXXX");
    if (!mkdtemp(face_folder))
        return -1;
    return setenv("TRIREME_RUNTIME_DIR", face_folder, 1);
}

static inline int remove_face_folder(void **state)
{
    (void)state;
    return run_command("rm -rf --one-file-system '%s'", face_folder) ? -1 : 0;
}

/* ---- text ---- */

/* Formats a document. Free with LocalFree. */
static inline WCHAR *wide(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline WCHAR *wide(const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    assert_true(vasprintf(&text, format, args) >= 0);
    va_end(args);
    WCHAR *units = trireme_utf16_from_utf8(text);
    assert_non_null(units);
    free(text);
    return units;
}

/* A document of the library's as UTF-8, in a buffer that stays until the next but three; NULL gives "". Frees it. */
static inline const char *narrow(PWSTR document)
{
    static _Thread_local char *texts[4];
    static _Thread_local unsigned next;
    char **text = &texts[next++ % 4];
    free(*text);
    *text = document ? trireme_utf8_from_utf16(document) : strdup("");
    assert_non_null(*text);
    LocalFree(document);
    return *text;
}

static inline void assert_says(const char *text, const char *part)
{
    assert_non_null(text);
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in: %.2000s", part, text);
}

static inline void assert_silent(const char *text, const char *part)
{
    assert_non_null(text);
    if (strstr(text, part))
        fail_msg("\"%s\" is in: %.2000s", part, text);
}

/* ---- operations ---- */

static inline HCS_OPERATION new_operation(void)
{
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    assert_non_null(operation);
    return operation;
}

/* Waits for an operation; its document as text. */
static inline HRESULT outcome(HCS_OPERATION operation, const char **ret_text)
{
    PWSTR document = (PWSTR)1;
    HRESULT hr = HcsWaitForOperationResult(operation, WAIT_MS, &document);
    const char *text = narrow(document);
    if (ret_text)
        *ret_text = text;
    if (!ret_text && FAILED(hr))
        printf("# outcome 0x%08X %.600s\n", (uint32_t)hr, text);
    return hr;
}

/* Runs one call to its end with an operation of its own: RUN(HcsStartComputeSystem(system, OP, NULL), &text) */
static __attribute__((unused)) HCS_OPERATION current_operation;
#define OP current_operation
#define RUN(call, ret_text) (current_operation = new_operation(), run_to_its_end((call), (ret_text)))

static inline HRESULT run_to_its_end(HRESULT hr, const char **ret_text)
{
    if (ret_text)
        *ret_text = "";
    if (SUCCEEDED(hr))
        hr = outcome(current_operation, ret_text);
    HcsCloseOperation(current_operation);
    return hr;
}

/* ---- waiting for what another thread does ---- */

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    int count;
};
#define GATE_CLOSED                                                                                                    \
    {                                                                                                                  \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0                                                         \
    }

static inline void gate_open(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->count++;
    pthread_cond_broadcast(&gate->opened);
    pthread_mutex_unlock(&gate->lock);
}

/* Has it been opened so often, at the latest after timeout_ms? */
static inline int gate_reached(struct gate *gate, int count, unsigned timeout_ms)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += timeout_ms / 1000;
    deadline.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    deadline.tv_sec += deadline.tv_nsec / 1000000000;
    deadline.tv_nsec %= 1000000000;
    pthread_mutex_lock(&gate->lock);
    int r = 0;
    while (gate->count < count && r == 0)
        r = pthread_cond_timedwait(&gate->opened, &gate->lock, &deadline);
    int reached = gate->count >= count;
    pthread_mutex_unlock(&gate->lock);
    return reached;
}

static inline void assert_opened(struct gate *gate, int count)
{
    if (!gate_reached(gate, count, WAIT_MS))
        fail_msg("it did not happen %d times", count);
}

/* That something does NOT happen can only be waited for a while. */
static inline void assert_stays(struct gate *gate, int count)
{
    assert_false(gate_reached(gate, count + 1, SOON_MS));
    assert_int_equal(gate->count, count);
}

static inline unsigned open_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

#endif
