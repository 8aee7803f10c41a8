/* Runs the real shim on a folder of its own, with the real runtime, and speaks its protocol byte by byte. A test that
 * fails leaves by a jump: its teardown ends the shim, and fails it where anything is left behind. */
#ifndef TRI_TESTS_SHIM_HARNESS_H
#define TRI_TESTS_SHIM_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <limits.h>
#include <sys/types.h>

#include "base/clock.h"
#include "compute/error.h"

enum { HARNESS_WAIT_MS = 30000, HARNESS_FDS_MAX = 8 };

/* Waits for what nobody announces. */
#define EVENTUALLY(condition)                                                                                          \
    do {                                                                                                               \
        uint64_t until_ns_ = tri_deadline_ns(HARNESS_WAIT_MS);                                                         \
        while (!(condition))                                                                                           \
            if (tri_clock_ns() > until_ns_)                                                                            \
                fail_msg("it did not come: %s", #condition);                                                           \
    } while (0)

struct conn {
    int fd;
    json_int_t seq;
    json_t *messages; /* an array: all replies and events, in the order they came */
    size_t seen;      /* those before are done with */
    int fds[HARNESS_FDS_MAX];
    size_t fd_count; /* that came, and were not taken */
};

struct fixture {
    char base[PATH_MAX];   /* ours alone */
    char space[PATH_MAX];  /* a namespace's folder */
    char folder[PATH_MAX]; /* the system's */
    char rootfs[PATH_MAX]; /* busybox; read-only by agreement */
    char id[64], cgroup[80];
    struct conn creator;
    pid_t shim_pid; /* 0: none */
};

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

/* The first line of a test: its fixture f, or a skip. */
#define NEEDS(state)                                                                                                   \
    struct fixture *f = *(state);                                                                                      \
    if (!f)                                                                                                            \
        skip();                                                                                                        \
    struct conn *c __attribute__((unused)) = &f->creator

/* cmocka's group and test fixtures. The group is skipped, with the reason, where it cannot run. */
int harness_group_setup(void **state);
int harness_group_teardown(void **state);
int harness_setup(void **state);
int harness_teardown(void **state);

/* ---- a shim ---- */

void shim_launch(struct fixture *f);                      /* the creator's connection is f->creator */
void shim_prepare(struct fixture *f, json_t *config);     /* makes the folder and bundle/config.json; takes config */
json_t *create_members(struct fixture *f, bool own_init); /* of the call "create", root bound; a new reference */
void shim_wait_end(struct fixture *f);                    /* it ends by itself, with status 0 */

/* Between the two it hears nothing, and then all of it at once: nothing that is asked for can be done before the rest has
 * been said, however long this program is kept from saying it. */
void shim_hold(struct fixture *f);
void shim_let_go_on(struct fixture *f);

/* Config of a plain container, process 1 of which is trireme-init; or of one whose process is `command` to a shell. */
json_t *config_plain(struct fixture *f);
json_t *config_own(struct fixture *f, const char *command);

void start_plain(struct fixture *f);                    /* launch, create, start */
void start_own(struct fixture *f, const char *command); /* the same; the process was not asked for yet */

/* ---- speaking ---- */

void conn_open(struct fixture *f, struct conn *conn); /* to the listening socket; without hello */
void conn_close(struct conn *conn);
void conn_send_raw(struct conn *conn, const void *data, size_t size);
void conn_send_fds(struct conn *conn, const json_t *message, const int *fds, size_t fd_count);
bool conn_is_closed(struct conn *conn); /* waits: true: by the other side; false: something came */

/* Sends a call with members (json_pack's format; NULL: none) and returns its number. */
json_int_t call_begin(struct conn *conn, const char *call, const char *format, ...);
json_t *call_end(struct conn *conn, json_int_t seq); /* borrowed */

json_t *call_ok(struct conn *conn, const char *call, const char *format, ...); /* the reply, borrowed */
int call_code(struct conn *conn, const char *call, const char *format, ...);   /* the error's code, 0: none */
json_t *last_error(struct conn *conn);

/* The next event of that name after those already taken, borrowed; other messages are passed over. */
json_t *event_next(struct conn *conn, const char *name);
/* Where the first message for which this holds lies in conn->messages; waits for it. */
size_t position_of_event(struct conn *conn, const char *name);
size_t position_of_reply(struct conn *conn, json_int_t seq);

/* ---- processes ---- */

struct running {
    pid_t pid;
    int in, out, err; /* our ends */
};

/* Runs a shell command in the container; its streams are pipes. */
struct running process_start(struct conn *conn, const char *command);
json_t *process_members(const char *command);   /* a new reference */
int process_wait(struct conn *conn, pid_t pid); /* its wait status */
void running_close(struct running *running);
char *read_to_end(int fd);                                                  /* bounded in time; the caller frees */
int run_command(struct conn *conn, const char *command, char **ret_output); /* exit status; output may be NULL */

/* ---- looking ---- */

bool path_exists(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *member_text(const json_t *object, const char *member);
long long member_number(const json_t *object, const char *member);
bool member_flag(const json_t *object, const char *member); /* it must be there, and true or false */
void assert_state(struct conn *conn, const char *name);
void assert_exit(const json_t *holder, const char *type, const char *by);
char *join(char path[PATH_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
