#include "shim/wire.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/cleanup.h"

union fd_control {
    struct cmsghdr header; /* aligns */
    char bytes[CMSG_SPACE(sizeof(int) * TRI_WIRE_FDS_MAX)];
};

static void close_fds(int *fds, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        tri_close(fds[i]);
    *count = 0;
}

static void frame_free(struct tri_wire_frame *frame)
{
    close_fds(frame->fds, &frame->fd_count);
    free(frame);
}

int tri_wire_init(struct tri_wire *wire, struct tri_loop *loop, int fd, void (*ready)(struct tri_watch *, uint32_t))
{
    *wire = (struct tri_wire){.loop = loop, .watch = {.fd = fd, .ready = ready}};
    STAILQ_INIT(&wire->out);
    int r = tri_watch_add(loop, &wire->watch, EPOLLIN);
    if (r < 0)
        tri_close(tri_take_fd(&wire->watch.fd));
    return r;
}

void tri_wire_finish(struct tri_wire *wire)
{
    tri_watch_close(wire->loop, &wire->watch);
    tri_wire_drop_fds(wire);
    free(TRI_TAKE(wire->body));
    for (struct tri_wire_frame *frame; (frame = STAILQ_FIRST(&wire->out));) {
        STAILQ_REMOVE_HEAD(&wire->out, link);
        frame_free(frame);
    }
}

/* ---- in ---- */

void tri_wire_drop_fds(struct tri_wire *wire)
{
    close_fds(wire->fds, &wire->fd_count);
}

/* Keeps what came; more than may come, or not on a frame's first byte, is broken, but never leaks. */
static int keep_fds(struct tri_wire *wire, struct msghdr *message, bool first_byte)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
            if (wire->fd_count < TRI_WIRE_FDS_MAX)
                wire->fds[wire->fd_count++] = fd;
            else
                tri_close(fd);
        }
    }
    bool broken =
        (message->msg_flags & MSG_CTRUNC) || (wire->fd_count > 0 && !first_byte && message->msg_controllen > 0);
    return broken ? -EPROTO : 0;
}

/* Never reads past the end of what is asked for: so the descriptors of the next frame stay with the next frame. */
static ssize_t receive_some(struct tri_wire *wire, void *buffer, size_t size, bool first_byte)
{
    union fd_control control;
    struct iovec iov = {.iov_base = buffer, .iov_len = size};
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    ssize_t got = recvmsg(wire->watch.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0)
        return errno == EINTR ? -EAGAIN : -errno;
    int r = keep_fds(wire, &message, first_byte);
    if (r < 0)
        return r;
    return got == 0 ? -ECONNRESET : got;
}

static int start_body(struct tri_wire *wire)
{
    uint32_t size_le;
    memcpy(&size_le, wire->header, sizeof(size_le));
    uint32_t size_bytes = le32toh(size_le);
    if (size_bytes == 0 || size_bytes > TRI_WIRE_FRAME_MAX_BYTES)
        return -EPROTO;
    wire->body = malloc(size_bytes);
    if (!wire->body)
        return -ENOMEM;
    wire->body_size_bytes = size_bytes;
    wire->body_bytes = 0;
    return 0;
}

static int receive_header(struct tri_wire *wire)
{
    ssize_t got = receive_some(wire, wire->header + wire->header_bytes, sizeof(wire->header) - wire->header_bytes,
                               wire->header_bytes == 0);
    if (got < 0)
        return (int)got;
    wire->header_bytes += (size_t)got;
    return wire->header_bytes == sizeof(wire->header) ? start_body(wire) : 0;
}

static json_t *take_message(struct tri_wire *wire)
{
    TRI_AUTO_FREE char *body = TRI_TAKE(wire->body);
    wire->header_bytes = 0;
    json_t *message = json_loadb(body, wire->body_size_bytes, JSON_REJECT_DUPLICATES, NULL);
    if (message && !json_is_object(message)) {
        json_decref(message);
        message = NULL;
    }
    return message;
}

int tri_wire_receive(struct tri_wire *wire, json_t **ret_message)
{
    for (;;) {
        if (!wire->body) {
            int r = receive_header(wire);
            if (r < 0)
                return r == -EAGAIN ? 0 : r;
            continue;
        }
        ssize_t got =
            receive_some(wire, wire->body + wire->body_bytes, wire->body_size_bytes - wire->body_bytes, false);
        if (got < 0)
            return got == -EAGAIN ? 0 : (int)got;
        wire->body_bytes += (size_t)got;
        if (wire->body_bytes == wire->body_size_bytes) {
            *ret_message = take_message(wire);
            return 1;
        }
    }
}

/* ---- out ---- */

static void break_off(struct tri_wire *wire)
{
    wire->broken = true;
    shutdown(wire->watch.fd, SHUT_RDWR);
}

static ssize_t send_some(struct tri_wire *wire, struct tri_wire_frame *frame)
{
    union fd_control control;
    struct iovec iov = {.iov_base = frame->bytes + frame->sent_bytes, .iov_len = frame->size_bytes - frame->sent_bytes};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
    if (frame->fd_count > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * frame->fd_count);
        memset(&control, 0, sizeof(control));
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * frame->fd_count);
        memcpy(CMSG_DATA(c), frame->fds, sizeof(int) * frame->fd_count);
    }
    ssize_t sent = sendmsg(wire->watch.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0)
        return errno == EINTR ? -EAGAIN : -errno;
    if (sent > 0)
        close_fds(frame->fds, &frame->fd_count);
    return sent;
}

static void watch_out(struct tri_wire *wire, bool wanted)
{
    if (wire->broken || wire->out_watched == wanted)
        return;
    wire->out_watched = wanted;
    tri_watch_change(wire->loop, &wire->watch, wanted ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void tri_wire_flush(struct tri_wire *wire)
{
    struct tri_wire_frame *frame;
    while (!wire->broken && (frame = STAILQ_FIRST(&wire->out))) {
        ssize_t sent = send_some(wire, frame);
        if (sent == -EAGAIN)
            break;
        if (sent < 0) {
            break_off(wire);
            return;
        }
        frame->sent_bytes += (size_t)sent;
        wire->out_bytes -= (size_t)sent;
        if (frame->sent_bytes < frame->size_bytes)
            continue;
        STAILQ_REMOVE_HEAD(&wire->out, link);
        frame_free(frame);
    }
    watch_out(wire, !STAILQ_EMPTY(&wire->out));
}

static struct tri_wire_frame *frame_new(const json_t *message)
{
    size_t size = json_dumpb(message, NULL, 0, JSON_COMPACT);
    if (size == 0 || size > TRI_WIRE_FRAME_MAX_BYTES)
        return NULL;
    struct tri_wire_frame *frame = malloc(sizeof(*frame) + TRI_WIRE_HEADER_BYTES + size);
    if (!frame)
        return NULL;
    uint32_t size_le = htole32((uint32_t)size);
    memcpy(frame->bytes, &size_le, sizeof(size_le));
    json_dumpb(message, frame->bytes + TRI_WIRE_HEADER_BYTES, size, JSON_COMPACT);
    frame->size_bytes = TRI_WIRE_HEADER_BYTES + size;
    frame->sent_bytes = 0;
    frame->fd_count = 0;
    return frame;
}

static int copy_fds(struct tri_wire_frame *frame, const int *fds, size_t fd_count)
{
    for (size_t i = 0; i < fd_count; i++) {
        int copy = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
        if (copy < 0)
            return -errno;
        frame->fds[frame->fd_count++] = copy;
    }
    return 0;
}

void tri_wire_send(struct tri_wire *wire, const json_t *message, const int *fds, size_t fd_count)
{
    if (wire->broken)
        return;
    struct tri_wire_frame *frame = frame_new(message);
    if (!frame || copy_fds(frame, fds, fd_count) < 0 ||
        wire->out_bytes + frame->size_bytes > TRI_WIRE_QUEUE_MAX_BYTES) {
        if (frame)
            frame_free(frame);
        break_off(wire);
        return;
    }
    bool idle = STAILQ_EMPTY(&wire->out);
    STAILQ_INSERT_TAIL(&wire->out, frame, link);
    wire->out_bytes += frame->size_bytes;
    if (idle)
        tri_wire_flush(wire);
}
