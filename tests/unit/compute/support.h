/* For the tests of the compute engine: a state folder of their own, operations that are waited for, and proof that
 * nothing is left behind. */
#ifndef TRI_TEST_COMPUTE_SUPPORT_H
#define TRI_TEST_COMPUTE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compute/error.h"
#include "compute/process.h"
#include "compute/system.h"

#define WAIT_MS 30000

/* Group set-up and tear-down: a fresh TRIREME_RUNTIME_DIR. */
int state_setup(void **state);
int state_teardown(void **state);
const char *state_folder(void);

/* Why real systems cannot be made here, or NULL. */
const char *cannot_run(void);
#define NEEDS_RUNTIME()                                                                                                \
    do {                                                                                                               \
        const char *why_ = cannot_run();                                                                               \
        if (why_) {                                                                                                    \
            print_message("# skipped: %s\n", why_);                                                                    \
            skip();                                                                                                    \
        }                                                                                                              \
    } while (0)

/* Waits for an operation, closes it and gives its code; the error's text is kept in last_error. */
int finish(struct tri_op *op);
extern char last_error[4096];

struct tri_system *make_system(const char *id, bool terminate_on_last_close); /* created, not started */
struct tri_system *make_running(const char *id);
int begin_create(const char *id, struct tri_system_spec *spec, struct tri_op *op, struct tri_system **ret);
int create_with(const char *id, struct tri_system_spec *spec, struct tri_system **ret);
int try_create(const char *id, struct tri_system **ret); /* the code; *ret NULL on failure */
int run(int (*call)(struct tri_system *, struct tri_op *, const struct tri_op_tag *), struct tri_system *system);
void close_system(struct tri_system *system);
void end_system(struct tri_system *system); /* terminates, and closes */

struct tri_process_spec *shell(const char *script); /* with all three pipes */
int begin_process(struct tri_system *system, struct tri_process_spec *spec, struct tri_op *op,
                  struct tri_process **ret);
/* Starts it; fds (may be NULL) are claimed. */
int start_process(struct tri_system *system, struct tri_process_spec *spec, struct tri_process **ret, int fds[3]);
void close_process(struct tri_process *process);
/* Reads to the end (or WAIT_MS), closes. */
char *read_all(int fd);
int exit_code(struct tri_process *process); /* waits */
/* What a script writes to its standard output, until its end. */
char *output_of(struct tri_system *system, const char *script);
#define ASSERT_OUTPUT(system, script, expected)                                                                        \
    do {                                                                                                               \
        char *text_ = output_of((system), (script));                                                                   \
        assert_string_equal(text_, (expected));                                                                        \
        free(text_);                                                                                                   \
    } while (0)

/* Of a system's folder below state_folder(). */
void folder_of(const char *id, char path[4096]);
int shim_of(const char *id); /* the shim's pid, or 0 */
bool shim_ends(int pid);     /* within WAIT_MS */
void remember_runtime_id(const char *id);

/* Fails the test where anything of ours is left: folders, cgroups, mounts, shims. Waits for shims that are ending. */
void assert_nothing_left(void);

#endif
