/* What is known of all disks is kept as a picture: for each disk, partition and volume a few digests, no strings. When
 * the kernel says that something happened, a new picture is taken and the differences are told. So a burst of uevents
 * is one comparison, a lost uevent costs nothing but time, and a forged one can do no more than make us look.
 *
 * One thread of our own waits for the kernel and takes pictures, because looking at devices may block; it is there
 * while there are subscribers. Each subscriber has a mailbox, in which its events wait for their turn.
 *
 * Locks: scene_lock, then roster_lock. Neither is held while a subscriber is told. */
#include "storage/events.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "op/crew.h"
#include "storage/mount.h"
#include "storage/volume.h"

#define AUTO_ERROR TRI_CLEANUP(tri_error_clear) struct tri_error

/* ---- subscribers ---- */

struct tri_subscription {
    _Atomic unsigned references; /* the subscriber's, and one for each note that waits */
    _Atomic unsigned waiting;    /* notes */
    tri_events_tell *tell;
    void *context;
    struct tri_mailbox *box;
    struct tri_subscription *next; /* roster_lock: */
};

/* A subscriber that is so far behind is told no more of progress until it has caught up. */
#define PROGRESS_WAITING_MAX 100

static pthread_mutex_t roster_lock = PTHREAD_MUTEX_INITIALIZER;
static struct tri_subscription *roster;  /* roster_lock: */
static _Atomic unsigned roster_count;    /* written under roster_lock */
static int wake_fd = -1;                 /* roster_lock: the listener's, which closes it */
static struct tri_storage_event posted[64]; /* roster_lock: changes of file systems that the engine told of */
static size_t posted_count;              /* roster_lock: */

static void subscription_unref(struct tri_subscription *subscription)
{
    if (atomic_fetch_sub(&subscription->references, 1) != 1)
        return;
    tri_mailbox_unref(subscription->box);
    free(subscription);
}

struct telling {
    struct tri_subscription *subscription;
    struct tri_storage_event event;
};

static void telling_run(void *data, uint64_t argument)
{
    const struct telling *telling = data;
    (void)argument;
    telling->subscription->tell(telling->subscription->context, &telling->event);
}

static void telling_free(void *data)
{
    struct telling *telling = data;
    atomic_fetch_sub(&telling->subscription->waiting, 1);
    subscription_unref(telling->subscription);
    free(telling);
}

static bool is_progress(const struct tri_storage_event *event)
{
    return event->type == TRI_EVENT_FORMAT_PROGRESS || event->type == TRI_EVENT_SHRINK_PROGRESS;
}

/* Without memory the event is lost, as it is for one who subscribes a moment later. Roster lock held. */
static void subscription_post(struct tri_subscription *subscription, const struct tri_storage_event *event)
{
    if (is_progress(event) && event->percent < 100 && atomic_load(&subscription->waiting) >= PROGRESS_WAITING_MAX)
        return;
    struct telling *telling = malloc(sizeof(*telling));
    if (!telling)
        return;
    *telling = (struct telling){subscription, *event};
    atomic_fetch_add(&subscription->references, 1);
    atomic_fetch_add(&subscription->waiting, 1);
    struct tri_note *note = tri_note_new(telling_run, telling_free, telling);
    if (note)
        tri_mailbox_post(subscription->box, note, 0);
    else
        telling_free(telling);
}

static void roster_tell(const struct tri_storage_event *events, size_t count)
{
    TRI_LOCK_SCOPE(&roster_lock);
    for (size_t i = 0; i < count; i++)
        for (struct tri_subscription *one = roster; one; one = one->next)
            subscription_post(one, &events[i]);
}

/* A change of a file system is not told at once but handed to the next comparison, which sees it too, and is made to
 * come at once; so it is told one time. */
static bool post_to_comparison(const struct tri_storage_event *event)
{
    TRI_LOCK_SCOPE(&roster_lock);
    if (wake_fd < 0 || posted_count == sizeof(posted) / sizeof(*posted))
        return false;
    posted[posted_count++] = *event;
    eventfd_write(wake_fd, 1);
    return true;
}

void tri_events_post(const struct tri_storage_event *event)
{
    if (atomic_load_explicit(&roster_count, memory_order_relaxed) == 0)
        return;
    if (event->type != TRI_EVENT_FILESYSTEM_MODIFY || !post_to_comparison(event))
        roster_tell(event, 1);
}

void tri_events_look(void)
{
    if (atomic_load_explicit(&roster_count, memory_order_relaxed) == 0)
        return;
    TRI_LOCK_SCOPE(&roster_lock);
    if (wake_fd >= 0)
        eventfd_write(wake_fd, 1);
}

/* ---- digests ---- */

#define DIGEST_START 0xcbf29ce484222325ull /* FNV-1a, 64 bits */

static uint64_t digest(uint64_t value, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++)
        value = (value ^ bytes[i]) * 0x100000001b3ull;
    return value;
}

static uint64_t digest_number(uint64_t value, uint64_t number)
{
    return digest(value, &number, sizeof(number));
}

static uint64_t digest_text(uint64_t value, const char *text)
{
    return text ? digest(value, text, strlen(text) + 1) : digest_number(value, UINT64_MAX);
}

static uint64_t digest_disk(const struct tri_disk *disk)
{
    uint64_t value = digest_number(DIGEST_START, disk->size_bytes);
    unsigned flags = disk->is_read_only | disk->is_offline << 1 | disk->is_system << 2 | disk->has_swap << 3;
    value = digest_number(value, flags);
    value = digest_number(value, disk->style);
    value = digest_number(value, disk->signature);
    value = digest(value, &disk->guid, sizeof(disk->guid));
    return digest_text(value, disk->backing_path);
}

static uint64_t digest_pack(const struct tri_disk *disk)
{
    uint64_t value = digest_number(DIGEST_START, disk->style);
    value = digest_number(value, disk->signature);
    return digest(value, &disk->guid, sizeof(disk->guid));
}

static uint64_t digest_partition(const struct tri_partition *partition)
{
    uint64_t value = digest_number(DIGEST_START, partition->number);
    value = digest_number(value, partition->size_bytes);
    value = digest_number(value, partition->mbr_type | partition->is_active << 8);
    value = digest(value, &partition->type, sizeof(partition->type));
    value = digest_number(value, partition->attributes);
    return digest_text(value, partition->name);
}

static uint64_t digest_filesystem(const struct tri_filesystem *filesystem)
{
    uint64_t value = digest_text(DIGEST_START, filesystem->type);
    value = digest_text(value, filesystem->version);
    value = digest_text(value, filesystem->label);
    value = digest_text(value, filesystem->uuid);
    return digest_number(value, filesystem->size_bytes);
}

/* Where it is mounted, in whatever order the mounts come. */
static uint64_t digest_mounts(dev_t device, const char *node)
{
    AUTO_ERROR error = {0};
    char **paths = NULL;
    size_t count = 0;
    uint64_t value = 0;
    if (!device || tri_mount_points(device, node, TRI_MOUNTS_WHOLE, &paths, &count, &error) < 0)
        return 0;
    for (size_t i = 0; i < count; i++)
        value += digest_text(DIGEST_START, paths[i]);
    tri_mount_points_free(paths, count);
    return value;
}

/* ---- pictures ---- */

/* What lies at one place of a disk: a partition, or a volume, or a partition that is one. */
struct item {
    uint64_t offset_bytes;
    struct tri_uuid id;
    bool is_partition, is_volume;
    uint64_t size_bytes, partition, filesystem, mounts; /* size, and digests */
};

struct seen_disk {
    uint64_t sequence;
    bool has_pack;
    uint64_t disk, pack; /* digests */
    struct item *items;  /* ascending */
    size_t count;
};

struct picture {
    struct seen_disk *disks; /* ascending */
    size_t count;
};

static void picture_clear(struct picture *picture)
{
    for (size_t i = 0; i < picture->count; i++)
        free(picture->disks[i].items);
    free(picture->disks);
    *picture = (struct picture){0};
}

static const struct seen_disk *picture_find(const struct picture *picture, uint64_t sequence)
{
    for (size_t i = 0; i < picture->count; i++)
        if (picture->disks[i].sequence == sequence)
            return &picture->disks[i];
    return NULL;
}

static void item_mark_volume(struct item *item, const struct tri_disk *disk, dev_t device, const char *node,
                             const struct tri_filesystem *filesystem)
{
    struct tri_volume_id volume;
    item->is_volume = tri_volume_of_disk(disk, item->offset_bytes, &volume);
    if (!item->is_volume)
        return;
    item->id = volume.id;
    item->filesystem = digest_filesystem(filesystem);
    item->mounts = digest_mounts(device, node);
}

static struct item item_of_partition(const struct tri_disk *disk, const struct tri_partition *partition)
{
    struct item item = {.offset_bytes = partition->start_bytes,
                        .id = partition->id,
                        .is_partition = true,
                        .size_bytes = partition->size_bytes,
                        .partition = digest_partition(partition)};
    item_mark_volume(&item, disk, partition->number_dev, partition->node, &partition->filesystem);
    return item;
}

static struct item item_of_whole(const struct tri_disk *disk)
{
    struct item item = {.size_bytes = disk->size_bytes};
    item_mark_volume(&item, disk, disk->device, disk->name, &disk->whole);
    return item;
}

static int seen_fill(struct seen_disk *seen, const struct tri_disk *disk)
{
    bool is_whole = tri_disk_is_volume(disk);
    size_t count = is_whole ? 1 : disk->partition_count;
    struct item *items = calloc(count ? count : 1, sizeof(*items));
    if (!items)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        items[i] = is_whole ? item_of_whole(disk) : item_of_partition(disk, &disk->partitions[i]);
    *seen = (struct seen_disk){.sequence = disk->sequence,
                               .has_pack = disk->style != TRI_STYLE_NONE || is_whole,
                               .disk = digest_disk(disk),
                               .pack = digest_pack(disk),
                               .items = items,
                               .count = count};
    return 0;
}

/* For a disk that cannot be read at the moment: as it was seen before, or only that it is there. */
static int seen_keep(struct seen_disk *seen, uint64_t sequence, const struct seen_disk *before)
{
    size_t count = before ? before->count : 0;
    struct item *items = calloc(count ? count : 1, sizeof(*items));
    if (!items)
        return -ENOMEM;
    *seen = before ? *before : (struct seen_disk){.sequence = sequence};
    seen->items = items;
    if (count)
        memcpy(items, before->items, count * sizeof(*items));
    return 0;
}

static int picture_add(struct picture *picture, uint64_t sequence, const struct picture *before)
{
    AUTO_ERROR error = {0};
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    int code = tri_disk_read(sequence, TRI_DISK_FILESYSTEMS, &disk, &error);
    if (code == TRI_STORAGE_GONE)
        return 0;
    struct seen_disk *seen = &picture->disks[picture->count];
    code = code < 0 ? seen_keep(seen, sequence, picture_find(before, sequence)) : seen_fill(seen, disk);
    if (code == 0)
        picture->count++;
    return code;
}

/* 0, or a negative code where nothing is in *ret. */
static int picture_take(const struct picture *before, struct picture *ret)
{
    AUTO_ERROR error = {0};
    TRI_AUTO_FREE uint64_t *sequences = NULL;
    struct picture picture = {0};
    size_t count = 0;
    int code = tri_disk_list(&sequences, &count, &error);
    if (code < 0)
        return code;
    picture.disks = calloc(count ? count : 1, sizeof(*picture.disks));
    code = picture.disks ? 0 : -ENOMEM;
    for (size_t i = 0; i < count && code == 0; i++)
        code = picture_add(&picture, sequences[i], before);
    if (code < 0)
        picture_clear(&picture);
    else
        *ret = picture;
    return code;
}

/* ---- differences ---- */

struct bundle {
    struct tri_storage_event *events;
    size_t count, room;
};

static void bundle_add(struct bundle *bundle, struct tri_storage_event event)
{
    if (bundle->count == bundle->room) {
        size_t room = bundle->room ? bundle->room * 2 : 16;
        struct tri_storage_event *events = reallocarray(bundle->events, room, sizeof(*events));
        if (!events)
            return;
        bundle->events = events;
        bundle->room = room;
    }
    bundle->events[bundle->count++] = event;
}

static void add_of_disk(struct bundle *bundle, enum tri_storage_event_type type, uint64_t sequence)
{
    bundle_add(bundle, (struct tri_storage_event){.type = type, .sequence = sequence});
}

static void add_of_item(struct bundle *bundle, enum tri_storage_event_type type, uint64_t sequence,
                        const struct item *item)
{
    struct tri_storage_event event = {.type = type, .sequence = sequence, .offset_bytes = item->offset_bytes};
    if (item->is_volume)
        event.volume = item->id;
    bundle_add(bundle, event);
}

/* The same thing in the other picture, or an item that is nothing. */
static const struct item *item_like(const struct seen_disk *disk, const struct item *item)
{
    static const struct item nothing;
    for (size_t i = 0; disk && i < disk->count; i++)
        if (disk->items[i].offset_bytes == item->offset_bytes && tri_uuid_equal(&disk->items[i].id, &item->id))
            return &disk->items[i];
    return &nothing;
}

static void diff_departed(const struct seen_disk *before, const struct seen_disk *now, struct bundle *bundle)
{
    for (size_t i = 0; before && i < before->count; i++) {
        const struct item *old = &before->items[i], *new = item_like(now, old);
        if (old->is_volume && !new->is_volume)
            add_of_item(bundle, TRI_EVENT_VOLUME_DEPART, before->sequence, old);
        if (old->is_partition && !new->is_partition)
            add_of_item(bundle, TRI_EVENT_PARTITION_DEPART, before->sequence, old);
    }
}

static void diff_arrived(const struct seen_disk *before, const struct seen_disk *now, struct bundle *bundle)
{
    for (size_t i = 0; now && i < now->count; i++) {
        const struct item *new = &now->items[i], *old = item_like(before, new);
        if (new->is_partition && !old->is_partition)
            add_of_item(bundle, TRI_EVENT_PARTITION_ARRIVE, now->sequence, new);
        if (new->is_volume && !old->is_volume)
            add_of_item(bundle, TRI_EVENT_VOLUME_ARRIVE, now->sequence, new);
    }
}

static void diff_modified(const struct seen_disk *before, const struct seen_disk *now, struct bundle *bundle)
{
    for (size_t i = 0; before && now && i < now->count; i++) {
        const struct item *new = &now->items[i], *old = item_like(before, new);
        bool was_volume = new->is_volume && old->is_volume;
        bool changed = new->partition != old->partition || new->size_bytes != old->size_bytes;
        if (new->is_partition && old->is_partition && changed)
            add_of_item(bundle, TRI_EVENT_PARTITION_MODIFY, now->sequence, new);
        if (was_volume && changed)
            add_of_item(bundle, TRI_EVENT_VOLUME_MODIFY, now->sequence, new);
        if (was_volume && new->filesystem != old->filesystem)
            add_of_item(bundle, TRI_EVENT_FILESYSTEM_MODIFY, now->sequence, new);
        if (was_volume && new->mounts != old->mounts)
            add_of_item(bundle, TRI_EVENT_MOUNT_CHANGE, now->sequence, new);
    }
}

/* One of them is NULL where the disk came or went. The inner things go first and come last. */
static void diff_disk(const struct seen_disk *before, const struct seen_disk *now, struct bundle *bundle)
{
    uint64_t sequence = now ? now->sequence : before->sequence;
    bool had_pack = before && before->has_pack, has_pack = now && now->has_pack;
    diff_departed(before, now, bundle);
    if (had_pack && !has_pack)
        add_of_disk(bundle, TRI_EVENT_PACK_DEPART, sequence);
    if (!now)
        add_of_disk(bundle, TRI_EVENT_DISK_DEPART, sequence);
    else if (!before)
        add_of_disk(bundle, TRI_EVENT_DISK_ARRIVE, sequence);
    else if (before->disk != now->disk)
        add_of_disk(bundle, TRI_EVENT_DISK_MODIFY, sequence);
    if (has_pack && !had_pack)
        add_of_disk(bundle, TRI_EVENT_PACK_ARRIVE, sequence);
    else if (had_pack && has_pack && before->pack != now->pack)
        add_of_disk(bundle, TRI_EVENT_PACK_MODIFY, sequence);
    diff_arrived(before, now, bundle);
    diff_modified(before, now, bundle);
}

static void diff(const struct picture *before, const struct picture *now, struct bundle *bundle)
{
    for (size_t i = 0; i < before->count; i++)
        if (!picture_find(now, before->disks[i].sequence))
            diff_disk(&before->disks[i], NULL, bundle);
    for (size_t i = 0; i < now->count; i++)
        diff_disk(picture_find(before, now->disks[i].sequence), &now->disks[i], bundle);
}

/* ---- comparing ---- */

static pthread_mutex_t scene_lock = PTHREAD_MUTEX_INITIALIZER;
static struct picture scene;       /* scene_lock: */
static struct listener *listening; /* scene_lock: NULL without subscribers */

static size_t posted_take(struct tri_storage_event *ret)
{
    TRI_LOCK_SCOPE(&roster_lock);
    size_t count = posted_count;
    memcpy(ret, posted, count * sizeof(*posted));
    posted_count = 0;
    return count;
}

static bool bundle_has(const struct bundle *bundle, const struct tri_storage_event *event)
{
    for (size_t i = 0; i < bundle->count; i++)
        if (bundle->events[i].type == event->type && bundle->events[i].sequence == event->sequence &&
            bundle->events[i].offset_bytes == event->offset_bytes)
            return true;
    return false;
}

static void bundle_merge(struct bundle *bundle, const struct tri_storage_event *events, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!bundle_has(bundle, &events[i]))
            bundle_add(bundle, events[i]);
}

/* What was posted is taken before the picture: what it speaks of is on the disk by then. Scene lock held. */
static void scene_compare(void)
{
    struct tri_storage_event told[sizeof(posted) / sizeof(*posted)];
    struct picture now = {0};
    struct bundle bundle = {0};
    size_t told_count = posted_take(told);
    int code = picture_take(&scene, &now);
    if (code < 0)
        TRI_LOG("storage", "events: disks cannot be listed: error %d", code);
    else
        diff(&scene, &now, &bundle);
    bundle_merge(&bundle, told, told_count);
    roster_tell(bundle.events, bundle.count);
    free(bundle.events);
    if (code == 0) {
        picture_clear(&scene);
        scene = now;
    }
}

void tri_events_refresh(void)
{
    TRI_LOCK_SCOPE(&scene_lock);
    if (listening)
        scene_compare();
}

/* ---- the thread that listens to the kernel ---- */

struct listener {
    int uevents; /* netlink */
    int mounts;  /* /proc/self/mountinfo */
    int wake;    /* eventfd */
    _Atomic bool stop;
};

static void listener_free(struct listener *listener)
{
    tri_close(listener->uevents);
    tri_close(listener->mounts);
    tri_close(listener->wake);
    free(listener);
}

static int uevents_open(void)
{
    TRI_AUTO_CLOSE int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1}; /* the kernel's own; 2 is udev's */
    int on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return -errno;
    return tri_take_fd(&fd);
}

/* Only the kernel has port 0, process 0 and user 0. */
static bool is_from_kernel(struct msghdr *message)
{
    const struct sockaddr_nl *sender = message->msg_name;
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    if (message->msg_namelen < sizeof(*sender) || sender->nl_pid != 0 || !control ||
        control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_CREDENTIALS)
        return false;
    struct ucred who;
    memcpy(&who, CMSG_DATA(control), sizeof(who));
    return who.pid == 0 && who.uid == 0;
}

/* "add@/devices/...", then KEY=value, each with a NUL. */
static bool is_about_disks(const char *text, size_t size)
{
    static const char wanted[] = "SUBSYSTEM=block";
    for (size_t at = 0; at < size; at += strnlen(text + at, size - at) + 1)
        if (size - at >= sizeof(wanted) && !memcmp(text + at, wanted, sizeof(wanted)))
            return true;
    return false;
}

/* Reads all that waits. Lost messages (ENOBUFS) count as one about disks. */
static bool uevents_drain(int fd)
{
    bool relevant = false;
    for (;;) {
        char text[8192];
        union {
            struct cmsghdr header;
            char bytes[CMSG_SPACE(sizeof(struct ucred))];
        } control;
        struct sockaddr_nl sender = {0};
        struct iovec part = {text, sizeof(text)};
        struct msghdr message = {.msg_name = &sender,
                                 .msg_namelen = sizeof(sender),
                                 .msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = control.bytes,
                                 .msg_controllen = sizeof(control.bytes)};
        ssize_t size = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && errno != ENOBUFS)
            return relevant;
        if (size < 0 || (is_from_kernel(&message) && is_about_disks(text, (size_t)size)))
            relevant = true;
    }
}

/* Waits up to timeout_ms (-1: for ever): did anything happen that a picture may show? */
static bool listener_wait(struct listener *listener, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = listener->uevents, .events = POLLIN},
                           {.fd = listener->mounts, .events = POLLPRI},
                           {.fd = listener->wake, .events = POLLIN}};
    bool relevant = false;
    if (poll(fds, sizeof(fds) / sizeof(*fds), timeout_ms) <= 0)
        return false;
    if (fds[0].revents)
        relevant = uevents_drain(listener->uevents);
    if (fds[2].revents) {
        eventfd_t count;
        eventfd_read(listener->wake, &count);
    }
    return relevant || fds[1].revents || fds[2].revents;
}

/* Things come in bursts: until it has been quiet for a moment, but not for ever. */
#define QUIET_MS 10
#define BURST_MAX_MS 200

static void listener_settle(struct listener *listener)
{
    uint64_t deadline = tri_deadline_ns(BURST_MAX_MS);
    while (listener_wait(listener, QUIET_MS) && tri_clock_ns() < deadline)
        continue;
}

static void listener_compare(struct listener *listener)
{
    TRI_LOCK_SCOPE(&scene_lock);
    if (listening == listener)
        scene_compare();
}

static void listener_main(void *data)
{
    struct listener *listener = data;
    while (!atomic_load(&listener->stop))
        if (listener_wait(listener, -1) && !atomic_load(&listener->stop)) {
            listener_settle(listener);
            listener_compare(listener);
        }
    listener_free(listener);
}

static struct listener *listener_new(struct tri_error *error)
{
    struct listener *listener = calloc(1, sizeof(*listener));
    if (!listener) {
        tri_error_no_memory(error);
        return NULL;
    }
    listener->uevents = uevents_open();
    listener->mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    int mounts_errno = errno;
    listener->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (listener->uevents < 0)
        tri_error_set(error, listener->uevents, NULL, "The kernel's news of devices cannot be listened to: %s.",
                      strerror(-listener->uevents));
    else if (listener->mounts < 0)
        tri_error_set(error, -mounts_errno, "/proc/self/mountinfo", "Mounts cannot be watched: %s.",
                      strerror(mounts_errno));
    else if (listener->wake < 0)
        tri_error_set(error, -errno, NULL, "No event descriptor can be made: %s.", strerror(errno));
    else
        return listener;
    listener_free(listener);
    return NULL;
}

static void roster_set_wake(int fd)
{
    TRI_LOCK_SCOPE(&roster_lock);
    wake_fd = fd;
    posted_count = 0;
}

/* Listens first, looks then: nothing can happen in between. Scene lock held. */
static int scene_open(struct tri_error *error)
{
    struct listener *listener = listener_new(error);
    if (!listener)
        return error->code;
    (void)listener_wait(listener, 0); /* the mount table's first answer is "changed" */
    int code = picture_take(&scene, &scene);
    if (code < 0)
        tri_error_set(error, code, NULL, "The disks cannot be listed (error %d).", code);
    else if ((code = tri_thread_start("tri-events", listener_main, listener)) < 0)
        tri_error_set(error, code, NULL, "No thread can be started: %s.", strerror(-code));
    if (code < 0) {
        picture_clear(&scene);
        listener_free(listener);
        return code;
    }
    listening = listener;
    roster_set_wake(listener->wake);
    return 0;
}

/* Wakes the thread, then tells it: from then on the listener is its own to free. Should it look in between, it finds
 * the scene locked, and the word to stop after that. Scene lock held. */
static void scene_close(void)
{
    roster_set_wake(-1);
    eventfd_write(listening->wake, 1);
    atomic_store(&listening->stop, true);
    listening = NULL;
    picture_clear(&scene);
}

/* ---- subscribing ---- */

static void roster_add(struct tri_subscription *subscription)
{
    TRI_LOCK_SCOPE(&roster_lock);
    subscription->next = roster;
    roster = subscription;
    atomic_fetch_add(&roster_count, 1);
}

static void roster_remove(struct tri_subscription *subscription)
{
    TRI_LOCK_SCOPE(&roster_lock);
    struct tri_subscription **at = &roster;
    while (*at != subscription)
        at = &(*at)->next;
    *at = subscription->next;
    atomic_fetch_sub(&roster_count, 1);
}

static struct tri_subscription *subscription_new(tri_events_tell *tell, void *context)
{
    struct tri_subscription *subscription = calloc(1, sizeof(*subscription));
    struct tri_mailbox *box = tri_mailbox_new();
    if (!subscription || !box) {
        tri_mailbox_unref(box);
        free(subscription);
        return NULL;
    }
    atomic_init(&subscription->references, 1);
    subscription->tell = tell;
    subscription->context = context;
    subscription->box = box;
    return subscription;
}

int tri_events_subscribe(tri_events_tell *tell, void *context, struct tri_subscription **ret, struct tri_error *error)
{
    struct tri_error own = {0};
    struct tri_subscription *subscription = subscription_new(tell, context);
    if (!subscription)
        return tri_error_no_memory(error);
    TRI_LOCK_SCOPE(&scene_lock);
    int code = listening ? 0 : scene_open(&own);
    if (code < 0) {
        subscription_unref(subscription);
        if (error && !error->code)
            tri_error_move(error, &own);
        tri_error_clear(&own);
        return code;
    }
    *ret = subscription; /* before anything can be told */
    roster_add(subscription);
    return 0;
}

static void roster_leave(struct tri_subscription *subscription)
{
    TRI_LOCK_SCOPE(&scene_lock);
    roster_remove(subscription);
    if (atomic_load(&roster_count) == 0)
        scene_close();
}

void tri_events_unsubscribe(struct tri_subscription *subscription)
{
    if (!subscription)
        return;
    roster_leave(subscription);
    tri_mailbox_close(subscription->box);
    subscription_unref(subscription);
}
