#include "compute/connection.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "compute/error.h"
#include "op/loop.h"

#define QUEUE_MAX_BYTES (16u << 20)
#define READ_BYTES 65536

struct tri_frame {
    struct tri_frame *next;
    int fds[TRI_FRAME_MAX_FDS];
    size_t fd_count; /* 0 once they are sent */
    size_t size, sent;
    unsigned char bytes[];
};

/* ---- frames out ---- */

static void frame_free(struct tri_frame *frame)
{
    if (!frame)
        return;
    for (size_t i = 0; i < frame->fd_count; i++)
        tri_close(frame->fds[i]);
    free(frame);
}

static void frames_free(struct tri_frame *frame)
{
    while (frame) {
        struct tri_frame *next = frame->next;
        frame_free(frame);
        frame = next;
    }
}

static void close_all(int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tri_close(tri_take_fd(&fds[i]));
}

static int frame_new(const json_t *message, struct tri_frame **ret_frame)
{
    size_t size = json_dumpb(message, NULL, 0, JSON_COMPACT);
    if (size == 0)
        return -ENOMEM;
    if (size > TRI_FRAME_MAX_BYTES)
        return -E2BIG;
    struct tri_frame *frame = malloc(sizeof(*frame) + 4 + size);
    if (!frame)
        return -ENOMEM;
    *frame = (struct tri_frame){.size = 4 + size};
    uint32_t length = htole32((uint32_t)size);
    memcpy(frame->bytes, &length, 4);
    json_dumpb(message, (char *)frame->bytes + 4, size, JSON_COMPACT);
    *ret_frame = frame;
    return 0;
}

static void queue_frame(struct tri_connection *c, struct tri_frame *frame)
{
    if (c->last_frame)
        c->last_frame->next = frame;
    else
        c->frames = frame;
    c->last_frame = frame;
    c->queued_bytes += frame->size;
}

static void queue_frame_first(struct tri_connection *c, struct tri_frame *frame)
{
    frame->next = c->frames;
    c->frames = frame;
    if (!c->last_frame)
        c->last_frame = frame;
    c->queued_bytes += frame->size;
}

static ssize_t send_some(int fd, struct tri_frame *frame)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * TRI_FRAME_MAX_FDS)];
    } control = {0};
    struct iovec data = {frame->bytes + frame->sent, frame->size - frame->sent};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    if (frame->fd_count) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * frame->fd_count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        *header = (struct cmsghdr){
            .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int) * frame->fd_count)};
        memcpy(CMSG_DATA(header), frame->fds, sizeof(int) * frame->fd_count);
    }
    ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
        close_all(frame->fds, frame->fd_count);
        frame->fd_count = 0;
    }
    return n;
}

static void drop_frames(struct tri_connection *c)
{
    frames_free(c->frames);
    c->frames = c->last_frame = NULL;
    c->queued_bytes = 0;
}

/* Sends what the socket takes. That it is broken is found by the loop, which sees the hang-up. */
static void flush(struct tri_connection *c)
{
    while (c->frames) {
        struct tri_frame *frame = c->frames;
        ssize_t n = send_some(c->fd, frame);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
            drop_frames(c);
        if (n < 0)
            break;
        frame->sent += (size_t)n;
        if (frame->sent < frame->size)
            continue;
        c->queued_bytes -= frame->size;
        c->frames = frame->next;
        if (!c->frames)
            c->last_frame = NULL;
        frame_free(frame);
    }
}

static void flush_and_watch(struct tri_connection *c, bool was_waiting)
{
    flush(c);
    bool waits = c->frames != NULL;
    if (waits != was_waiting)
        (void)tri_loop_modify(c->source, EPOLLIN | (waits ? (uint32_t)EPOLLOUT : 0));
}

/* ---- pending calls ---- */

static void link_call(struct tri_connection *c, struct tri_call *call)
{
    call->prev = c->last_call;
    call->next = NULL;
    if (c->last_call)
        c->last_call->next = call;
    else
        c->calls = call;
    c->last_call = call;
}

static void unlink_call(struct tri_connection *c, struct tri_call *call)
{
    if (call->prev)
        call->prev->next = call->next;
    else
        c->calls = call->next;
    if (call->next)
        call->next->prev = call->prev;
    else
        c->last_call = call->prev;
    call->prev = call->next = NULL;
}

static struct tri_call *take_call(struct tri_connection *c, uint64_t seq)
{
    TRI_LOCK_SCOPE(&c->lock);
    for (struct tri_call *call = c->calls; call; call = call->next)
        if (call->seq == seq) {
            unlink_call(c, call);
            return call;
        }
    return NULL;
}

static void reply_clear(struct tri_reply *reply)
{
    tri_error_clear(&reply->error);
    json_decref(reply->body);
    close_all(reply->fds, reply->fd_count);
}

/* ---- the end ---- */

static int end_error(const struct tri_connection *c, struct tri_error *error)
{
    return tri_error_set(error, c->end_code, NULL, "%s", c->end_text);
}

static void fail_calls(struct tri_connection *c, struct tri_call *call)
{
    while (call) {
        struct tri_call *next = call->next;
        struct tri_reply reply = {.code = c->end_code};
        end_error(c, &reply.error);
        call->done(call, &reply);
        reply_clear(&reply);
        call = next;
    }
}

static void end(struct tri_connection *c)
{
    pthread_mutex_lock(&c->lock);
    if (c->state == TRI_CONNECTION_ENDED) {
        pthread_mutex_unlock(&c->lock);
        return;
    }
    TRI_LOG("compute", "a connection ended (%d)", c->end_code);
    c->state = TRI_CONNECTION_ENDED;
    struct tri_source *source = TRI_TAKE(c->source);
    int fd = tri_take_fd(&c->fd);
    struct tri_call *calls = TRI_TAKE(c->calls);
    c->last_call = NULL;
    drop_frames(c);
    pthread_mutex_unlock(&c->lock);
    tri_loop_remove(source);
    tri_close(fd);
    fail_calls(c, calls);
    c->user->ended(c, c->end_code);
}

void tri_connection_abandon(struct tri_connection *c)
{
    end(c);
}

void tri_connection_set_end(struct tri_connection *c, int code, const char *text)
{
    TRI_LOCK_SCOPE(&c->lock);
    if (c->state == TRI_CONNECTION_ENDED)
        return;
    c->end_code = code;
    c->end_text = text;
}

void tri_connection_hang_up(struct tri_connection *c)
{
    TRI_LOCK_SCOPE(&c->lock);
    if (c->state == TRI_CONNECTION_OPEN)
        shutdown(c->fd, SHUT_WR);
}

/* ---- frames in ---- */

/* Descriptors arrive in the order of the frames that name them, and not later: so a frame's are the oldest. */
static bool take_fds(struct tri_connection *c, size_t count, int *ret_fds)
{
    if (count > TRI_FRAME_MAX_FDS || count > c->input_fd_count)
        return false;
    memcpy(ret_fds, c->input_fds, count * sizeof(int));
    c->input_fd_count -= count;
    memmove(c->input_fds, c->input_fds + count, c->input_fd_count * sizeof(int));
    return true;
}

/* The reply whose descriptors could not be received fails; the connection goes on. */
static bool lose_fds(struct tri_connection *c, struct tri_reply *reply)
{
    close_all(c->input_fds, c->input_fd_count);
    c->input_fd_count = 0;
    c->has_lost_fds = false;
    reply->code =
        tri_error_set(&reply->error, -EMFILE, NULL, "What the shim sent cannot be received: %s.", strerror(EMFILE));
    return true;
}

static void read_error(const json_t *object, struct tri_reply *reply)
{
    json_int_t code = json_integer_value(json_object_get(object, "code"));
    const char *text = json_string_value(json_object_get(object, "text"));
    const char *detail = json_string_value(json_object_get(object, "detail"));
    reply->code = code < 0 && code > -65536 ? (int)code : -EPROTO;
    tri_error_set(&reply->error, reply->code, json_string_value(json_object_get(object, "where")), "%s",
                  text ? text : "The shim gave no reason.");
    if (detail)
        tri_error_detail(&reply->error, detail);
}

/* Takes body: whom the reply is for may hand it to another thread, and Jansson's count is not read atomically. */
static bool handle_reply(struct tri_connection *c, json_t *body)
{
    struct tri_reply reply = {.body = body};
    json_t *error = json_object_get(body, "error");
    uint64_t seq = (uint64_t)json_integer_value(json_object_get(body, "seq"));
    size_t fd_count = json_array_size(json_object_get(body, "fds"));
    bool sound = take_fds(c, fd_count, reply.fds);
    reply.fd_count = sound ? fd_count : 0;
    if (error)
        read_error(error, &reply);
    else if (!sound && c->has_lost_fds && fd_count <= TRI_FRAME_MAX_FDS)
        sound = lose_fds(c, &reply);
    struct tri_call *call = sound ? take_call(c, seq) : NULL;
    if (call) /* else: the reply to a cancel or a close, or to what was dropped */
        call->done(call, &reply);
    reply_clear(&reply);
    return sound;
}

static bool handle_frame(struct tri_connection *c, const char *text, size_t size)
{
    json_auto_t *body = json_loadb(text, size, 0, NULL);
    const char *event = json_string_value(json_object_get(body, "event"));
    if (!json_is_object(body))
        return false;
    if (!event)
        return handle_reply(c, TRI_TAKE(body));
    c->user->event(c, event, body);
    return true;
}

/* Handles the whole frames in the input; false: the shim broke the protocol. */
static bool handle_input(struct tri_connection *c)
{
    size_t at = 0;
    while (c->input_used - at >= 4) {
        uint32_t size;
        memcpy(&size, c->input + at, 4);
        size = le32toh(size);
        if (size > TRI_FRAME_MAX_BYTES)
            return false;
        if (c->input_used - at - 4 < size)
            break;
        if (!handle_frame(c, (const char *)c->input + at + 4, size))
            return false;
        at += 4 + size;
    }
    c->input_used -= at;
    memmove(c->input, c->input + at, c->input_used);
    return true;
}

static bool make_room(struct tri_connection *c)
{
    if (c->input_size - c->input_used >= READ_BYTES)
        return true;
    size_t size = c->input_size ? c->input_size * 2 : 2 * READ_BYTES;
    unsigned char *input = realloc(c->input, size);
    if (!input)
        return false;
    c->input = input;
    c->input_size = size;
    return true;
}

/* False: more than the protocol allows; all are closed. That some were cut off, though there was room, is no fault of the
 * shim's: this process has no descriptors left. */
static bool keep_fds(struct tri_connection *c, struct msghdr *message)
{
    bool fits = true;
    size_t came = 0;
    for (struct cmsghdr *h = CMSG_FIRSTHDR(message); h; h = CMSG_NXTHDR(message, h)) {
        if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        int *fds = (int *)(void *)CMSG_DATA(h);
        came += count;
        fits = fits && count <= sizeof(c->input_fds) / sizeof(int) - c->input_fd_count;
        if (!fits) {
            close_all(fds, count);
            continue;
        }
        memcpy(c->input_fds + c->input_fd_count, fds, count * sizeof(int));
        c->input_fd_count += count;
    }
    if (message->msg_flags & MSG_CTRUNC)
        c->has_lost_fds = true;
    return fits && !(message->msg_flags & MSG_CTRUNC && came >= TRI_FRAME_MAX_FDS);
}

/* One read; false: the connection is over. */
static bool read_some(struct tri_connection *c)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * TRI_FRAME_MAX_FDS)];
    } control;
    if (!make_room(c))
        return false;
    struct iovec data = {c->input + c->input_used, c->input_size - c->input_used};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    ssize_t n = recvmsg(c->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
    if (!keep_fds(c, &message) || n == 0)
        return false;
    c->input_used += (size_t)n;
    return handle_input(c);
}

/* ---- the loop's thread ---- */

static bool ref_unless_gone(struct tri_connection *c)
{
    unsigned n = atomic_load(&c->references);
    while (n > 0)
        if (atomic_compare_exchange_weak(&c->references, &n, n + 1))
            return true;
    return false;
}

static void on_ready(void *data, uint32_t events)
{
    struct tri_connection *c = data;
    if (!ref_unless_gone(c)) /* its end waits for us to return */
        return;
    pthread_mutex_lock(&c->lock);
    bool open = c->state == TRI_CONNECTION_OPEN;
    if (open && events & EPOLLOUT)
        flush_and_watch(c, true);
    pthread_mutex_unlock(&c->lock);
    if (open && events & ~(uint32_t)EPOLLOUT && !read_some(c))
        end(c);
    tri_connection_unref(c);
}

/* ---- for the engine ---- */

void tri_connection_init(struct tri_connection *c, const struct tri_connection_user *user)
{
    c->user = user;
    c->fd = -1;
    c->end_code = TRI_COMPUTE_DISCONNECTED;
    c->end_text = "The system's shim has died, or dropped the connection.";
    atomic_init(&c->references, 1);
    pthread_mutex_init(&c->lock, NULL);
}

struct tri_connection *tri_connection_ref(struct tri_connection *c)
{
    atomic_fetch_add(&c->references, 1);
    return c;
}

void tri_connection_unref(struct tri_connection *c)
{
    if (!c || atomic_fetch_sub(&c->references, 1) != 1)
        return;
    tri_loop_remove(c->source);
    tri_close(c->fd);
    close_all(c->input_fds, c->input_fd_count);
    drop_frames(c);
    free(c->input);
    pthread_mutex_destroy(&c->lock);
    c->user->destroy(c);
}

static int send_error(int code, struct tri_error *error)
{
    if (code == -E2BIG)
        return tri_error_set(error, code, NULL, "The request is larger than 4 MiB.");
    return tri_error_set(error, code, NULL, "The request cannot be written: %s.", strerror(-code));
}

/* Makes the frame of a message (taken) and, if that succeeds, gives it the descriptors. */
static int make_frame(json_t *message, uint64_t seq, int *fds, size_t fd_count, struct tri_frame **ret_frame)
{
    struct tri_frame *frame = NULL;
    int r =
        json_object_set_new(message, "seq", json_integer((json_int_t)seq)) < 0 ? -ENOMEM : frame_new(message, &frame);
    if (r < 0)
        return r;
    for (size_t i = 0; i < fd_count; i++)
        frame->fds[i] = tri_take_fd(&fds[i]);
    frame->fd_count = fd_count;
    *ret_frame = frame;
    return 0;
}

static int check_call(const struct tri_connection *c, const struct tri_call *call, struct tri_error *error)
{
    if (c->state == TRI_CONNECTION_ENDED)
        return end_error(c, error);
    if (call && call->cancelled)
        return tri_error_set(error, -ECANCELED, NULL, "Cancelled before it began.");
    if (c->queued_bytes > QUEUE_MAX_BYTES)
        return tri_error_set(error, -ENOBUFS, NULL, "The system's shim does not read its requests.");
    return 0;
}

static void register_call(struct tri_connection *c, struct tri_call *call, uint64_t seq)
{
    if (!call)
        return;
    call->seq = seq;
    link_call(c, call);
}

static int send_locked(struct tri_connection *c, json_t *message, int *fds, size_t fd_count, struct tri_call *call,
                       struct tri_error *error)
{
    struct tri_frame *frame;
    int r = check_call(c, call, error);
    if (r < 0)
        return r;
    if ((r = make_frame(message, c->last_seq + 1, fds, fd_count, &frame)) < 0)
        return send_error(r, error);
    register_call(c, call, ++c->last_seq);
    bool was_waiting = c->frames != NULL;
    queue_frame(c, frame);
    if (c->state == TRI_CONNECTION_OPEN && !was_waiting)
        flush_and_watch(c, false);
    return 0;
}

int tri_connection_call(struct tri_connection *c, json_t *message, int *fds, size_t fd_count, struct tri_call *call,
                        struct tri_error *error)
{
    json_auto_t *owned = message;
    pthread_mutex_lock(&c->lock);
    int r = send_locked(c, owned, fds, fd_count, call, error);
    pthread_mutex_unlock(&c->lock);
    close_all(fds, fd_count);
    return r;
}

static int attach_locked(struct tri_connection *c, int *fd, json_t *message, struct tri_call *call,
                         struct tri_error *error)
{
    struct tri_frame *frame;
    int r = check_call(c, call, error);
    if (r < 0)
        return r;
    if ((r = make_frame(message, c->last_seq + 1, NULL, 0, &frame)) < 0)
        return send_error(r, error);
    r = tri_loop_add(*fd, EPOLLIN, on_ready, c, &c->source); /* on_ready waits for our lock */
    if (r < 0) {
        frame_free(frame);
        return tri_error_set(error, r, NULL, "The connection cannot be watched: %s.", strerror(-r));
    }
    register_call(c, call, ++c->last_seq);
    queue_frame_first(c, frame);
    c->fd = tri_take_fd(fd);
    c->state = TRI_CONNECTION_OPEN;
    flush_and_watch(c, false);
    return 0;
}

int tri_connection_attach(struct tri_connection *c, int fd, json_t *message, struct tri_call *call,
                          struct tri_error *error)
{
    TRI_AUTO_CLOSE int owned_fd = fd;
    json_auto_t *owned = message;
    pthread_mutex_lock(&c->lock);
    int r = attach_locked(c, &owned_fd, owned, call, error);
    pthread_mutex_unlock(&c->lock);
    return r;
}

void tri_connection_cancel(struct tri_connection *c, struct tri_call *call)
{
    TRI_LOCK_SCOPE(&c->lock);
    json_auto_t *message = json_pack("{ss sI}", "call", "cancel", "request", (json_int_t)call->seq);
    if (call->seq == 0)
        call->cancelled = true;
    else
        (void)send_locked(c, message, NULL, 0, NULL, NULL);
}

bool tri_connection_drop(struct tri_connection *c, struct tri_call *call)
{
    TRI_LOCK_SCOPE(&c->lock);
    struct tri_call *pending = c->calls;
    while (pending && pending != call)
        pending = pending->next;
    if (pending)
        unlink_call(c, call);
    return pending;
}

void tri_connection_forget(struct tri_connection *c, struct tri_call *call)
{
    TRI_LOCK_SCOPE(&c->lock);
    call->seq = 0;
}
