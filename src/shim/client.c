#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "shim/shim.h"

enum { CLIENTS_MAX = 128, FRAMES_PER_TURN = 16, BACKLOG = 64 };

/* A name of the socket that is short enough for a socket, however deep the folder lies. */
#define SOCKET_PATH_FORMAT "/proc/self/fd/%d/socket"

/* ---- one connection ---- */

static void close_handle(struct tri_client *client)
{
    if (client->role == TRI_CLIENT_HOLDER)
        client->shim->holder_count--;
    client->role = TRI_CLIENT_FORMER;
}

void tri_client_close_handle(struct tri_client *client)
{
    close_handle(client);
    tri_stop_client_gone(client->shim);
}

static void client_free(struct tri_client *client)
{
    struct tri_shim *shim = client->shim;
    struct tri_request *request;
    TAILQ_FOREACH (request, &shim->requests, link)
        if (request->client == client)
            request->client = NULL;
    tri_guest_forget_client(&shim->guests, client);
    close_handle(client);
    LIST_REMOVE(client, link);
    shim->client_count--;
    tri_wire_finish(&client->wire);
    free(client);
}

static void client_gone(struct tri_client *client)
{
    struct tri_shim *shim = client->shim;
    bool never_told = client->creator && shim->state <= TRI_SHIM_CREATING;
    client_free(client);
    if (shim->listener.fd >= 0)
        tri_watch_change(&shim->loop, &shim->listener, EPOLLIN);
    if (never_told)
        tri_stop_begin(shim, TRI_STOP_TERMINATE);
    tri_stop_client_gone(shim);
}

/* False: the connection has ended, or must. */
static bool receive_frames(struct tri_client *client)
{
    for (int i = 0; i < FRAMES_PER_TURN && !client->wire.broken; i++) {
        json_t *message = NULL;
        int r = tri_wire_receive(&client->wire, &message);
        if (r == 0)
            return true;
        if (r < 0 || !tri_request_receive(client, message))
            return false;
    }
    return !client->wire.broken;
}

static void client_ready(struct tri_watch *watch, uint32_t events)
{
    struct tri_client *client = TRI_OWNER(watch, struct tri_client, wire.watch);
    if (events & EPOLLOUT)
        tri_wire_flush(&client->wire);
    if (client->wire.broken || ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && !receive_frames(client)))
        client_gone(client);
}

int tri_client_new(struct tri_shim *shim, int fd, struct tri_client **ret_client)
{
    struct tri_client *client = calloc(1, sizeof(*client));
    if (!client) {
        tri_close(fd);
        return -ENOMEM;
    }
    int r = tri_wire_init(&client->wire, &shim->loop, fd, client_ready);
    if (r < 0) {
        free(client);
        return r;
    }
    client->shim = shim;
    LIST_INSERT_HEAD(&shim->clients, client, link);
    shim->client_count++;
    *ret_client = client;
    return 0;
}

void tri_client_free_all(struct tri_shim *shim)
{
    for (struct tri_client *client; (client = LIST_FIRST(&shim->clients));)
        client_free(client);
}

void tri_client_broadcast(struct tri_shim *shim, const json_t *event)
{
    struct tri_client *client;
    LIST_FOREACH (client, &shim->clients, link)
        if (client->role == TRI_CLIENT_HOLDER || client->role == TRI_CLIENT_FORMER)
            tri_wire_send(&client->wire, event, NULL, 0);
}

/* ---- the listening socket ---- */

static bool is_allowed(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == 0 || peer.uid == geteuid());
}

static void listener_ready(struct tri_watch *watch, uint32_t events)
{
    struct tri_shim *shim = TRI_OWNER(watch, struct tri_shim, listener);
    TRI_AUTO_CLOSE int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        /* out of descriptors or memory: no use in asking again before a connection has gone */
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED && shim->client_count > 0)
            tri_watch_change(&shim->loop, watch, 0);
        return;
    }
    struct tri_client *client;
    if (is_allowed(fd) && shim->client_count < CLIENTS_MAX)
        tri_client_new(shim, tri_take_fd(&fd), &client);
}

static int bind_socket(int fd, int folder_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), SOCKET_PATH_FORMAT, folder_fd);
    unlinkat(folder_fd, "socket", 0);
    mode_t old_mask = umask(0177);
    int r = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
    umask(old_mask);
    return r;
}

int tri_client_listen(struct tri_shim *shim)
{
    TRI_AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int r = fd < 0 ? -errno : bind_socket(fd, shim->folder_fd);
    if (r < 0)
        return r;
    if (listen(fd, BACKLOG) < 0)
        return -errno;
    shim->listener = (struct tri_watch){.fd = tri_take_fd(&fd), .ready = listener_ready};
    return tri_watch_add(&shim->loop, &shim->listener, EPOLLIN);
}
