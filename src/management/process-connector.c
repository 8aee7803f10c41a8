#include "management/process-connector.h"

#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

#define QUEUE_BYTES (1 << 20) /* a storm of some thousand forks */

/* Header, connector's header, and behind them the contents, without padding. */
struct request {
    struct nlmsghdr header;
    struct cn_msg message;
    enum proc_cn_mcast_op operation;
} __attribute__((packed));

static int connector_listen(int fd)
{
    struct request request = {
        .header = {.nlmsg_len = sizeof(request), .nlmsg_type = NLMSG_DONE, .nlmsg_pid = (unsigned)getpid()},
        .message = {.id = {CN_IDX_PROC, CN_VAL_PROC}, .len = sizeof(request.operation)},
        .operation = PROC_CN_MCAST_LISTEN,
    };
    return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

/* One message of the kernel's, into a buffer of its own alignment. 1, 0, -ENOBUFS. */
static int receive(int fd, struct proc_event *ret)
{
    union {
        struct nlmsghdr header;
        char bytes[1024];
    } buffer;
    struct sockaddr_nl sender = {0};
    socklen_t sender_size = sizeof(sender);
    ssize_t size = recvfrom(fd, &buffer, sizeof(buffer), MSG_DONTWAIT, (struct sockaddr *)&sender, &sender_size);
    if (size < 0)
        return errno == ENOBUFS ? -ENOBUFS : 0;
    size_t offset = NLMSG_HDRLEN + sizeof(struct cn_msg);
    bool is_whole = (size_t)size > offset + offsetof(struct proc_event, event_data);
    memset(ret, 0, sizeof(*ret));
    ret->what = PROC_EVENT_NONE;
    if (is_whole && sender.nl_pid == 0) { /* of the kernel */
        size_t length = (size_t)size - offset;
        memcpy(ret, buffer.bytes + offset, length < sizeof(*ret) ? length : sizeof(*ret));
    }
    return 1;
}

/* The kernel answers while the request is sent; it does not where it will not talk to us at all. */
int tri_process_connector_open(void)
{
    TRI_AUTO_CLOSE int fd = socket(PF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
    struct proc_event event;
    int bytes = QUEUE_BYTES;
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return -errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
    int r = connector_listen(fd);
    if (r < 0)
        return r;
    return receive(fd, &event) == 1 ? tri_take_fd(&fd) : -EOPNOTSUPP;
}

/* Threads come and go in the same words; only a group's leader is a process. */
static bool note_of(const struct proc_event *event, struct tri_process_note *ret)
{
    switch (event->what) {
    case PROC_EVENT_FORK:
        *ret = (struct tri_process_note){TRI_PROCESS_FORKED, (unsigned)event->event_data.fork.child_pid, 0};
        return event->event_data.fork.child_pid == event->event_data.fork.child_tgid;
    case PROC_EVENT_EXEC:
        *ret = (struct tri_process_note){TRI_PROCESS_EXECUTED, (unsigned)event->event_data.exec.process_tgid, 0};
        return true;
    case PROC_EVENT_EXIT:
        *ret = (struct tri_process_note){TRI_PROCESS_ENDED, (unsigned)event->event_data.exit.process_pid,
                                         (int)event->event_data.exit.exit_code};
        return event->event_data.exit.process_pid == event->event_data.exit.process_tgid;
    default:
        return false;
    }
}

int tri_process_connector_next(int fd, struct tri_process_note *ret)
{
    struct proc_event event;
    int r;
    while ((r = receive(fd, &event)) == 1)
        if (note_of(&event, ret))
            return 1;
    return r;
}
