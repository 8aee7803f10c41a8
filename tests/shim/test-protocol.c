/* What a broken or hostile peer may send: it is told, or loses its connection, and nobody else notices. */
#include "harness.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

/* A stranger on the listening socket, beside which the creator must go on. */
static void open_stranger(struct fixture *f, struct conn *stranger)
{
    conn_open(f, stranger);
    call_ok(stranger, "hello", "{s:b}", "handle", 1);
}

static void send_text(struct conn *conn, const char *text)
{
    uint32_t size_le = htole32((uint32_t)strlen(text));
    conn_send_raw(conn, &size_le, sizeof(size_le));
    conn_send_raw(conn, text, strlen(text));
}

static void assert_is_dropped(struct fixture *f, struct conn *stranger)
{
    assert_true(conn_is_closed(stranger));
    conn_close(stranger);
    call_ok(&f->creator, "info", NULL);
}

static void frames_of_no_length_or_too_long_close_their_connection(void **state)
{
    NEEDS(state);
    start_plain(f);
    const uint32_t lengths_le[] = {htole32(0), htole32((4u << 20) + 1), htole32(UINT32_MAX)};
    for (size_t i = 0; i < sizeof(lengths_le) / sizeof(lengths_le[0]); i++) {
        struct conn stranger;
        open_stranger(f, &stranger);
        conn_send_raw(&stranger, &lengths_le[i], sizeof(lengths_le[i]));
        assert_is_dropped(f, &stranger);
    }
    assert_int_equal(run_command(c, "exit 2", NULL), 2);
}

static void what_nobody_could_answer_closes_its_connection(void **state)
{
    NEEDS(state);
    start_plain(f);
    static const char *const texts[] = {
        "nope",
        "[]",
        "{\"a\":1,",
        "{\"seq\":1,\"seq\":2}",
        "{}",
        "{\"seq\":0}",
        "{\"seq\":-1}",
        "{\"seq\":\"1\"}",
        "{\"seq\":1.5}",
        "{\"seq\":99999999999999999999}",
        "{\"seq\":1,\"call\":\"\\u0000\"}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct conn stranger;
        open_stranger(f, &stranger);
        send_text(&stranger, texts[i]);
        assert_is_dropped(f, &stranger);
    }
    assert_int_equal(run_command(c, "exit 2", NULL), 2);
}

static void json_that_is_nested_too_deep_closes_its_connection(void **state)
{
    NEEDS(state);
    start_plain(f);
    enum { DEPTH = 1 << 20 };
    struct conn stranger;
    char *text = malloc(DEPTH + 1);
    memset(text, '[', DEPTH);
    text[DEPTH] = '\0';
    open_stranger(f, &stranger);
    send_text(&stranger, text);
    free(text);
    assert_is_dropped(f, &stranger);
}

static void a_frame_may_come_byte_by_byte(void **state)
{
    NEEDS(state);
    start_plain(f);
    struct conn slow;
    open_stranger(f, &slow);
    const char frame[] = "\30\0\0\0{\"seq\":77,\"call\":\"info\"}";
    for (size_t i = 0; i < sizeof(frame) - 1; i++) {
        conn_send_raw(&slow, frame + i, 1);
        if (i % 5 == 0)
            call_ok(c, "info", NULL);
    }
    assert_string_equal(member_text(call_end(&slow, 77), "state"), "running");
    conn_close(&slow);
}

static void half_a_frame_and_gone_is_nothing(void **state)
{
    NEEDS(state);
    start_plain(f);
    struct conn stranger;
    open_stranger(f, &stranger);
    conn_send_raw(&stranger, "\0\0\1\0{\"seq\"", 9);
    conn_close(&stranger);
    assert_int_equal(run_command(c, "exit 2", NULL), 2);
}

static void bad(struct conn *c, const char *where, int code)
{
    assert_int_equal(code, TRI_COMPUTE_BAD_DOCUMENT);
    assert_string_equal(member_text(last_error(c), "where"), where);
}

static void bad_members_are_named(void **state)
{
    NEEDS(state);
    start_plain(f);
    bad(c, "call", call_code(c, "no-such-call", NULL));
    bad(c, "pid", call_code(c, "open-process", NULL));
    bad(c, "pid", call_code(c, "open-process", "{s:s}", "pid", "12"));
    bad(c, "pid", call_code(c, "open-process", "{s:i}", "pid", 0));
    bad(c, "pid", call_code(c, "open-process", "{s:I}", "pid", (json_int_t)1 << 40));
    bad(c, "signal", call_code(c, "signal", "{s:i, s:i}", "pid", 5, "signal", 65));
    bad(c, "extra", call_code(c, "info", "{s:i}", "extra", 1));
    bad(c, "spec", call_code(c, "process", "{s:[]}", "spec"));
    bad(c, "terminal", call_code(c, "process", "{s:i}", "terminal", 1));
    bad(c, "resources", call_code(c, "update", "{s:s}", "resources", "all"));
    bad(c, "source", call_code(c, "mount", "{s:s, s:s, s:b}", "source", "", "target", "/mnt", "read_only", 0));
    bad(c, "source", call_code(c, "mount", "{s:s, s:s, s:b}", "source", "tmp", "target", "/mnt", "read_only", 0));
    bad(c, "target", call_code(c, "mount", "{s:s, s:s, s:b}", "source", "/tmp", "target", "mnt", "read_only", 0));
    bad(c, "target", call_code(c, "mount", "{s:s, s:s, s:b}", "source", "/tmp", "target", "/mnt/../x", "read_only", 0));
    bad(c, "target", call_code(c, "mount", "{s:s, s:s, s:b}", "source", "/tmp", "target", "/", "read_only", 0));
    bad(c, "fds", call_code(c, "process", "{s:{}, s:[s]}", "spec", "fds", "stdin"));
    assert_state(c, "running");
}

static void a_repeated_number_closes_the_connection(void **state)
{
    NEEDS(state);
    start_own(f, "true");
    struct conn stranger;
    open_stranger(f, &stranger);
    shim_hold(f);
    send_text(&stranger, "{\"seq\":9,\"call\":\"process\"}");
    send_text(&stranger, "{\"seq\":9,\"call\":\"info\"}");
    shim_let_go_on(f);
    assert_true(conn_is_closed(&stranger));
    conn_close(&stranger);
    event_next(c, "stopped");
}

static void hello_comes_first_and_once(void **state)
{
    NEEDS(state);
    start_plain(f);
    struct conn stranger;
    conn_open(f, &stranger);
    assert_int_equal(call_code(&stranger, "info", NULL), TRI_COMPUTE_BAD_STATE);
    assert_int_equal(call_code(&stranger, "terminate", NULL), TRI_COMPUTE_BAD_STATE);
    call_ok(&stranger, "hello", "{s:b}", "handle", 0);
    assert_int_equal(call_code(&stranger, "hello", "{s:b}", "handle", 1), TRI_COMPUTE_BAD_STATE);
    assert_int_equal(call_code(&stranger, "create", "o", create_members(f, true)), TRI_COMPUTE_BAD_STATE);
    assert_int_equal(call_code(&stranger, "close", NULL), TRI_COMPUTE_BAD_STATE);
    conn_close(&stranger);
}

static unsigned open_descriptors(pid_t pid)
{
    unsigned count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += path_exists("/proc/%d/fd/%d", (int)pid, fd);
    return count;
}

static void descriptors_are_never_kept(void **state)
{
    NEEDS(state);
    start_plain(f);
    struct conn stranger;
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    int fds[12];
    for (int i = 0; i < 12; i++)
        fds[i] = null_fd;
    open_stranger(f, &stranger);
    unsigned before = open_descriptors(f->shim_pid);
    json_t *message = json_pack("{s:i, s:s}", "seq", 1000, "call", "info");
    conn_send_fds(&stranger, message, fds, 8); /* with no names */
    assert_int_equal(member_number(json_object_get(call_end(&stranger, 1000), "error"), "code"),
                     TRI_COMPUTE_BAD_DOCUMENT);
    json_object_update_new(message, json_pack("{s:i, s:s, s:{}, s:[s,s]}", "seq", 1001, "call", "process", "spec",
                                              "fds", "stdin", "stdin"));
    conn_send_fds(&stranger, message, fds, 2); /* one name twice */
    assert_int_equal(member_number(json_object_get(call_end(&stranger, 1001), "error"), "code"),
                     TRI_COMPUTE_BAD_DOCUMENT);
    call_ok(&stranger, "info", NULL); /* the answer comes first, then the request goes with what it held */
    assert_int_equal(open_descriptors(f->shim_pid), before);
    json_object_set_new(message, "seq", json_integer(1002));
    conn_send_fds(&stranger, message, fds, 12); /* too many */
    assert_true(conn_is_closed(&stranger));
    json_decref(message);
    conn_close(&stranger);
    close(null_fd);
    call_ok(c, "info", NULL);
    assert_int_equal(open_descriptors(f->shim_pid), before - 1);
}

static void a_flood_of_connections_passes(void **state)
{
    NEEDS(state);
    start_plain(f);
    struct conn flood[200], late;
    for (int i = 0; i < 200; i++)
        conn_open(f, &flood[i]);
    assert_int_equal(run_command(c, "exit 2", NULL), 2);
    for (int i = 0; i < 200; i++)
        conn_close(&flood[i]);
    call_ok(c, "info", NULL);
    conn_open(f, &late);
    call_ok(&late, "hello", "{s:b}", "handle", 0);
    conn_close(&late);
}

static void who_does_not_read_is_dropped(void **state)
{
    NEEDS(state);
    start_plain(f);
    struct conn deaf;
    open_stranger(f, &deaf);
    const char frame[] = "{\"seq\":5,\"call\":\"info\"}";
    char burst[(sizeof(frame) + 3) * 64];
    size_t size = 0;
    for (int i = 0; i < 64; i++) {
        uint32_t size_le = htole32(sizeof(frame) - 1);
        memcpy(burst + size, &size_le, 4);
        memcpy(burst + size + 4, frame, sizeof(frame) - 1);
        size += sizeof(frame) + 3;
    }
    bool refused = false;
    for (int i = 0; i < 2000 && !refused; i++)
        refused = send(deaf.fd, burst, size, MSG_NOSIGNAL) < 0;
    assert_true(refused);
    conn_close(&deaf);
    assert_int_equal(run_command(c, "exit 2", NULL), 2);
}

/* Process 1 is stopped, so that every shutdown waits until it goes on. */
static void too_many_requests_at_once_are_refused(void **state)
{
    NEEDS(state);
    start_plain(f);
    pid_t init_pid = (pid_t)member_number(call_ok(c, "info", NULL), "init_pid");
    assert_true(init_pid > 1);
    assert_int_equal(kill(init_pid, SIGSTOP), 0);
    json_int_t seqs[300];
    int refused = 0;
    for (int i = 0; i < 300; i++)
        seqs[i] = call_begin(c, "shutdown", NULL);
    assert_int_equal(member_number(json_object_get(call_end(c, seqs[299]), "error"), "code"), -EAGAIN);
    kill(init_pid, SIGCONT);
    for (int i = 0; i < 299; i++)
        refused += member_number(json_object_get(call_end(c, seqs[i]), "error"), "code") == -EAGAIN;
    assert_in_range(refused, 1, 298);
    assert_state(c, "stopped");
}

static void bad_creates_undo_everything(void **state)
{
    NEEDS(state);
    static const struct {
        const char *member, *value;
        int code;
    } wrong[] = {
        {"kind", "docker", TRI_COMPUTE_BAD_DOCUMENT},
        {"runtime", "runc", TRI_COMPUTE_BAD_DOCUMENT},
        {"runtime_id", "../x", TRI_COMPUTE_BAD_DOCUMENT},
        {"cgroup", "/", TRI_COMPUTE_BAD_DOCUMENT},
        {"cgroup", "/a/../..", TRI_COMPUTE_BAD_DOCUMENT},
        {"cgroup", "a", TRI_COMPUTE_BAD_DOCUMENT},
        {"runtime", "/no/such/runtime", TRI_COMPUTE_UNAVAILABLE},
        {"runtime", "/etc/passwd", TRI_COMPUTE_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        shim_prepare(f, config_plain(f));
        shim_launch(f);
        json_t *members = create_members(f, true);
        json_object_set_new(members, wrong[i].member, json_string(wrong[i].value));
        assert_int_equal(call_code(c, "create", "o", members), wrong[i].code);
        shim_wait_end(f);
        assert_false(path_exists("%s", f->folder));
        conn_close(c);
    }
}

/* Connects as somebody else. 0: the shim closed the connection without a word. */
static int connect_as_nobody(struct fixture *f)
{
    struct conn stranger;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int folder_fd = open(f->folder, O_PATH | O_CLOEXEC);
    snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/socket", folder_fd);
    stranger.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (seteuid(65534) < 0)
        return 1;
    if (connect(stranger.fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return 2;
    char byte;
    return recv(stranger.fd, &byte, 1, 0) == 0 ? 0 : 3;
}

static void other_users_are_refused(void **state)
{
    NEEDS(state);
    start_plain(f);
    char path[PATH_MAX];
    int status;
    /* not the file modes are looked at here, but what the shim says of who gets past them */
    assert_int_equal(chmod(join(path, "%s/socket", f->folder), 0666), 0);
    assert_int_equal(chmod(f->folder, 0755), 0);
    assert_int_equal(chmod(f->space, 0755), 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(connect_as_nobody(f));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    call_ok(c, "info", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(frames_of_no_length_or_too_long_close_their_connection),
        TEST(what_nobody_could_answer_closes_its_connection),
        TEST(json_that_is_nested_too_deep_closes_its_connection),
        TEST(a_frame_may_come_byte_by_byte),
        TEST(half_a_frame_and_gone_is_nothing),
        TEST(bad_members_are_named),
        TEST(a_repeated_number_closes_the_connection),
        TEST(hello_comes_first_and_once),
        TEST(descriptors_are_never_kept),
        TEST(a_flood_of_connections_passes),
        TEST(who_does_not_read_is_dropped),
        TEST(too_many_requests_at_once_are_refused),
        TEST(bad_creates_undo_everything),
        TEST(other_users_are_refused),
    };
    return cmocka_run_group_tests_name("shim: protocol", tests, harness_group_setup, harness_group_teardown);
}
