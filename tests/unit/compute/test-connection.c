/* The client's end of a shim's socket. The test is the shim, and not always a good one. */
#include "support.h"

#include "descriptors.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "compute/connection.h"

struct fixture {
    struct tri_connection connection;
    sem_t happened; /* posted for each reply, event and end */
    char event[64];
    _Atomic int ended, destroyed;
    int shim; /* our end */
};

static void on_event(struct tri_connection *connection, const char *name, json_t *body)
{
    struct fixture *f = (struct fixture *)connection;
    snprintf(f->event, sizeof(f->event), "%s", name);
    sem_post(&f->happened);
}

static void on_ended(struct tri_connection *connection, int code)
{
    struct fixture *f = (struct fixture *)connection;
    f->ended = code;
    sem_post(&f->happened);
}

static void on_destroy(struct tri_connection *connection)
{
    struct fixture *f = (struct fixture *)connection;
    f->destroyed = 1;
    sem_post(&f->happened);
}

static const struct tri_connection_user user = {on_event, on_ended, on_destroy};

static void happens(struct fixture *f)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_MS / 1000;
    assert_int_equal(sem_timedwait(&f->happened, &until), 0);
}

struct call {
    struct tri_call call;
    struct fixture *f;
    _Atomic int times, code;
    char text[64];
    int fd;
};

static void on_done(struct tri_call *call, struct tri_reply *reply)
{
    struct call *c = (struct call *)call;
    c->code = reply->code;
    c->times++;
    snprintf(c->text, sizeof(c->text), "%s", reply->error.text ? reply->error.text : "");
    if (reply->fd_count)
        c->fd = tri_take_fd(&reply->fds[0]);
    sem_post(&c->f->happened);
}

static struct call call_of(struct fixture *f)
{
    return (struct call){.call = {.done = on_done}, .f = f, .fd = -1};
}

static json_t *message(const char *name)
{
    return json_pack("{ss}", "call", name);
}

static void start(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    sem_init(&f->happened, 0, 0);
    tri_connection_init(&f->connection, &user);
}

static void attach(struct fixture *f, struct call *hello)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    f->shim = ends[1];
    assert_int_equal(tri_connection_attach(&f->connection, ends[0], message("hello"), &hello->call, NULL), 0);
}

static void stop(struct fixture *f)
{
    tri_connection_unref(&f->connection);
    while (!f->destroyed)
        happens(f);
    close(f->shim);
    sem_destroy(&f->happened);
}

static void read_exactly(int fd, void *data, size_t size)
{
    for (size_t used = 0; used < size;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
        ssize_t n = read(fd, (char *)data + used, size - used);
        assert_true(n > 0);
        used += (size_t)n;
    }
}

/* The next request that the client sent. */
static json_t *receive(struct fixture *f)
{
    uint32_t size;
    read_exactly(f->shim, &size, 4);
    size = le32toh(size);
    char *text = malloc(size);
    read_exactly(f->shim, text, size);
    json_t *json = json_loadb(text, size, 0, NULL);
    free(text);
    assert_non_null(json);
    return json;
}

static json_int_t receive_call(struct fixture *f, const char *name)
{
    json_t *json = receive(f);
    assert_string_equal(json_string_value(json_object_get(json, "call")), name);
    json_int_t seq = json_integer_value(json_object_get(json, "seq"));
    json_decref(json);
    return seq;
}

static size_t frame(const char *text, char *bytes)
{
    uint32_t size = htole32((uint32_t)strlen(text));
    memcpy(bytes, &size, 4);
    memcpy(bytes + 4, text, strlen(text));
    return 4 + strlen(text);
}

static void send_text(struct fixture *f, const char *text)
{
    char bytes[1024];
    size_t size = frame(text, bytes);
    assert_int_equal(write(f->shim, bytes, size), size);
}

static void reply(struct fixture *f, json_int_t seq, const char *members)
{
    char text[512];
    snprintf(text, sizeof(text), "{\"seq\":%lld%s}", (long long)seq, members);
    send_text(f, text);
}

static void requests_wait_for_the_socket_and_follow_the_first(void **state)
{
    struct fixture f;
    start(&f);
    struct call hello = call_of(&f), early = call_of(&f);
    assert_int_equal(tri_connection_call(&f.connection, message("early"), NULL, 0, &early.call, NULL), 0);
    attach(&f, &hello);
    json_int_t first = receive_call(&f, "hello"), second = receive_call(&f, "early");
    assert_true(first > 0 && second > 0 && first != second);
    reply(&f, second, "");
    happens(&f);
    assert_int_equal(early.times, 1);
    assert_int_equal(hello.times, 0);
    reply(&f, first, ",\"error\":{\"code\":-4097,\"text\":\"no\"}");
    happens(&f);
    assert_int_equal(hello.code, -4097);
    assert_string_equal(hello.text, "no");
    stop(&f);
}

static void frames_arrive_in_any_pieces(void **state)
{
    struct fixture f;
    start(&f);
    struct call hello = call_of(&f);
    attach(&f, &hello);
    char bytes[256], text[64];
    snprintf(text, sizeof(text), "{\"seq\":%lld}", (long long)receive_call(&f, "hello"));
    size_t size = frame("{\"event\":\"one\"}", bytes);
    size += frame(text, bytes + size);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(write(f.shim, bytes + i, 1), 1);
    happens(&f);
    happens(&f);
    assert_string_equal(f.event, "one");
    assert_int_equal(hello.times, 1);
    stop(&f);
}

static void reply_with_fd(struct fixture *f, long long seq, int fd)
{
    char bytes[256], text[128];
    snprintf(text, sizeof(text), "{\"seq\":%lld,\"fds\":[\"terminal\"]}", seq);
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec data = {bytes, frame(text, bytes)};
    struct msghdr m = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&m);
    *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(header), &fd, sizeof(int));
    assert_int_equal(sendmsg(f->shim, &m, 0), (ssize_t)data.iov_len);
}

static void a_descriptor_comes_with_its_reply(void **state)
{
    struct fixture f;
    start(&f);
    struct call hello = call_of(&f);
    attach(&f, &hello);
    reply_with_fd(&f, receive_call(&f, "hello"), STDIN_FILENO);
    happens(&f);
    assert_true(hello.fd > 2);
    assert_int_equal(fcntl(hello.fd, F_GETFD), FD_CLOEXEC);
    close(hello.fd);
    stop(&f);
}

static void a_descriptor_that_cannot_be_received_fails_its_request_only(void **state)
{
    struct fixture f;
    int ends[2];
    start(&f);
    struct call hello = call_of(&f), next = call_of(&f);
    attach(&f, &hello);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    long long seq = receive_call(&f, "hello");
    test_fds_allow(0);
    reply_with_fd(&f, seq, ends[1]);
    happens(&f);
    test_fds_restore();
    assert_int_equal(f.ended, 0);
    assert_int_equal(hello.code, -EMFILE);
    assert_int_equal(hello.fd, -1);
    assert_int_equal(tri_connection_call(&f.connection, message("next"), NULL, 0, &next.call, NULL), 0);
    reply(&f, receive_call(&f, "next"), "");
    happens(&f);
    assert_int_equal(next.times, 1);
    assert_int_equal(next.code, 0);
    close(ends[0]);
    close(ends[1]);
    stop(&f);
}

/* Each of these must end the connection, complete the call once, and do no harm. */
static void what_is_not_the_protocol_ends_the_connection(void **state)
{
    static const char *const bad[] = {
        "", "nonsense", "[]", "3", "{\"seq\":1,\"fds\":[\"x\"]}", "{\"seq\":1,\"fds\":[1,2,3,4,5,6,7,8,9]}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct fixture f;
        start(&f);
        struct call hello = call_of(&f), late = call_of(&f);
        attach(&f, &hello);
        receive_call(&f, "hello");
        send_text(&f, bad[i]);
        happens(&f);
        happens(&f);
        assert_int_equal(hello.times, 1);
        assert_int_equal(hello.code, TRI_COMPUTE_DISCONNECTED);
        assert_int_equal(f.ended, TRI_COMPUTE_DISCONNECTED);
        assert_int_equal(tri_connection_call(&f.connection, message("late"), NULL, 0, &late.call, NULL),
                         TRI_COMPUTE_DISCONNECTED);
        assert_int_equal(late.times, 0);
        stop(&f);
    }
}

static void a_frame_larger_than_allowed_is_not_even_read(void **state)
{
    struct fixture f;
    start(&f);
    struct call hello = call_of(&f);
    attach(&f, &hello);
    uint32_t size = htole32(TRI_FRAME_MAX_BYTES + 1);
    assert_int_equal(write(f.shim, &size, 4), 4);
    happens(&f);
    happens(&f);
    assert_int_equal(hello.code, TRI_COMPUTE_DISCONNECTED);
    stop(&f);
}

static void unknown_and_odd_replies_are_passed_over(void **state)
{
    struct fixture f;
    start(&f);
    struct call hello = call_of(&f);
    attach(&f, &hello);
    json_int_t seq = receive_call(&f, "hello");
    send_text(&f, "{\"seq\":999}");
    send_text(&f, "{}");
    send_text(&f, "{\"seq\":\"text\"}");
    reply(&f, seq, ",\"error\":{\"code\":12,\"text\":7}");
    happens(&f);
    assert_int_equal(hello.code, -EPROTO);
    assert_true(hello.text[0] != '\0');
    reply(&f, seq, "");
    send_text(&f, "{\"event\":\"after\"}");
    happens(&f);
    assert_int_equal(hello.times, 1);
    stop(&f);
}

static void everything_pending_fails_when_the_shim_goes(void **state)
{
    struct fixture f;
    start(&f);
    struct call calls[20];
    for (int i = 0; i < 20; i++)
        calls[i] = call_of(&f);
    attach(&f, &calls[0]);
    for (int i = 1; i < 20; i++)
        assert_int_equal(tri_connection_call(&f.connection, message("x"), NULL, 0, &calls[i].call, NULL), 0);
    shutdown(f.shim, SHUT_RDWR);
    for (int i = 0; i < 21; i++)
        happens(&f);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(calls[i].times, 1);
        assert_int_equal(calls[i].code, TRI_COMPUTE_DISCONNECTED);
    }
    stop(&f);
}

static void cancel_is_sent_for_what_was_sent_and_kept_for_what_was_not(void **state)
{
    struct fixture f;
    start(&f);
    struct call hello = call_of(&f), unsent = call_of(&f);
    tri_connection_cancel(&f.connection, &unsent.call);
    assert_int_equal(tri_connection_call(&f.connection, message("x"), NULL, 0, &unsent.call, NULL), -ECANCELED);
    attach(&f, &hello);
    json_int_t seq = receive_call(&f, "hello");
    tri_connection_cancel(&f.connection, &hello.call);
    json_t *cancel = receive(&f);
    assert_string_equal(json_string_value(json_object_get(cancel, "call")), "cancel");
    assert_int_equal(json_integer_value(json_object_get(cancel, "request")), seq);
    json_decref(cancel);
    reply(&f, seq, ",\"error\":{\"code\":-125}");
    happens(&f);
    assert_int_equal(hello.code, -ECANCELED);
    stop(&f);
}

static void a_shim_that_reads_nothing_does_not_make_the_client_wait(void **state)
{
    struct fixture f;
    start(&f);
    struct call hello = call_of(&f);
    attach(&f, &hello);
    char *filler = malloc(1 << 20);
    memset(filler, 'x', (1 << 20) - 1);
    filler[(1 << 20) - 1] = '\0';
    int r = 0;
    for (int i = 0; i < 64 && r == 0; i++)
        r = tri_connection_call(&f.connection, json_pack("{ss ss}", "call", "x", "filler", filler), NULL, 0, NULL,
                                NULL);
    assert_int_equal(r, -ENOBUFS);
    receive_call(&f, "hello"); /* and what was queued comes when it reads at last */
    for (int i = 0; i < 16; i++)
        receive_call(&f, "x");
    free(filler);
    stop(&f);
}

static void a_request_that_is_too_large_is_refused(void **state)
{
    struct fixture f;
    start(&f);
    struct call hello = call_of(&f), large = call_of(&f);
    attach(&f, &hello);
    char *filler = malloc(TRI_FRAME_MAX_BYTES + 1);
    memset(filler, 'x', TRI_FRAME_MAX_BYTES);
    filler[TRI_FRAME_MAX_BYTES] = '\0';
    assert_int_equal(
        tri_connection_call(&f.connection, json_pack("{ss}", "filler", filler), NULL, 0, &large.call, NULL), -E2BIG);
    free(filler);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_wait_for_the_socket_and_follow_the_first),
        cmocka_unit_test(frames_arrive_in_any_pieces),
        cmocka_unit_test(a_descriptor_comes_with_its_reply),
        cmocka_unit_test(a_descriptor_that_cannot_be_received_fails_its_request_only),
        cmocka_unit_test(what_is_not_the_protocol_ends_the_connection),
        cmocka_unit_test(a_frame_larger_than_allowed_is_not_even_read),
        cmocka_unit_test(unknown_and_odd_replies_are_passed_over),
        cmocka_unit_test(everything_pending_fails_when_the_shim_goes),
        cmocka_unit_test(cancel_is_sent_for_what_was_sent_and_kept_for_what_was_not),
        cmocka_unit_test(a_shim_that_reads_nothing_does_not_make_the_client_wait),
        cmocka_unit_test(a_request_that_is_too_large_is_refused),
    };
    return cmocka_run_group_tests_name("compute connection", tests, NULL, NULL);
}
