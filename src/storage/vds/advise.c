/* Sinks: who wants to be told, by cookie. The engine finds what happens and runs the telling as notes, in order, on a
 * thread of its own and under no lock; a client may do anything inside OnNotify, also let go of the sink. */
#include <pthread.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "storage/events.h"
#include "storage/vds/face.h"

#define AUTO_ERROR TRI_CLEANUP(tri_error_clear) struct tri_error

enum { LETTERS = 'Z' - 'A' + 1 };

struct advise {
    DWORD cookie;
    IVdsAdviseSink *sink;
    GUID letters[LETTERS]; /* the volumes that had them when last looked at */
    struct tri_subscription *subscription;
    struct advise *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct advise *advises; /* lock: */
static DWORD last_cookie;      /* lock: */

/* ---- an event in VDS' words ---- */

static const struct event_row {
    ULONG number;
    VDS_NOTIFICATION_TARGET_TYPE target;
} event_rows[] = {
    [TRI_EVENT_DISK_ARRIVE] = {VDS_NF_DISK_ARRIVE, VDS_NTT_DISK},
    [TRI_EVENT_DISK_DEPART] = {VDS_NF_DISK_DEPART, VDS_NTT_DISK},
    [TRI_EVENT_DISK_MODIFY] = {VDS_NF_DISK_MODIFY, VDS_NTT_DISK},
    [TRI_EVENT_PACK_ARRIVE] = {VDS_NF_PACK_ARRIVE, VDS_NTT_PACK},
    [TRI_EVENT_PACK_DEPART] = {VDS_NF_PACK_DEPART, VDS_NTT_PACK},
    [TRI_EVENT_PACK_MODIFY] = {VDS_NF_PACK_MODIFY, VDS_NTT_PACK},
    [TRI_EVENT_PARTITION_ARRIVE] = {VDS_NF_PARTITION_ARRIVE, VDS_NTT_PARTITION},
    [TRI_EVENT_PARTITION_DEPART] = {VDS_NF_PARTITION_DEPART, VDS_NTT_PARTITION},
    [TRI_EVENT_PARTITION_MODIFY] = {VDS_NF_PARTITION_MODIFY, VDS_NTT_PARTITION},
    [TRI_EVENT_VOLUME_ARRIVE] = {VDS_NF_VOLUME_ARRIVE, VDS_NTT_VOLUME},
    [TRI_EVENT_VOLUME_DEPART] = {VDS_NF_VOLUME_DEPART, VDS_NTT_VOLUME},
    [TRI_EVENT_VOLUME_MODIFY] = {VDS_NF_VOLUME_MODIFY, VDS_NTT_VOLUME},
    [TRI_EVENT_FILESYSTEM_MODIFY] = {VDS_NF_FILE_SYSTEM_MODIFY, VDS_NTT_FILE_SYSTEM},
    [TRI_EVENT_FORMAT_PROGRESS] = {VDS_NF_FILE_SYSTEM_FORMAT_PROGRESS, VDS_NTT_FILE_SYSTEM},
    [TRI_EVENT_SHRINK_PROGRESS] = {VDS_NF_FILE_SYSTEM_SHRINKING_PROGRESS, VDS_NTT_FILE_SYSTEM},
    [TRI_EVENT_MOUNT_CHANGE] = {VDS_NF_MOUNT_POINTS_CHANGE, VDS_NTT_MOUNT_POINT},
};

static VDS_NOTIFICATION notification(const struct tri_storage_event *event)
{
    ULONG number = event_rows[event->type].number;
    VDS_NOTIFICATION note = {.objectType = event_rows[event->type].target};
    struct tri_volume_id id = {event->sequence, event->offset_bytes, event->volume};
    GUID disk = tri_vds_disk_id(event->sequence), volume = tri_vds_volume_id(&id);
    switch (note.objectType) {
    case VDS_NTT_DISK:
        note.Disk = (VDS_DISK_NOTIFICATION){number, disk};
        break;
    case VDS_NTT_PACK:
        note.Pack = (VDS_PACK_NOTIFICATION){number, tri_vds_pack_id(event->sequence)};
        break;
    case VDS_NTT_PARTITION:
        note.Partition = (VDS_PARTITION_NOTIFICATION){number, disk, event->offset_bytes};
        break;
    case VDS_NTT_VOLUME:
        note.Volume = (VDS_VOLUME_NOTIFICATION){number, volume, tri_vds_plex_id(&id), event->percent};
        break;
    case VDS_NTT_FILE_SYSTEM:
        note.FileSystem = (VDS_FILE_SYSTEM_NOTIFICATION){number, volume, event->percent};
        break;
    default:
        note.MountPoint = (VDS_MOUNT_POINT_NOTIFICATION){number, volume};
        break;
    }
    return note;
}

/* ---- letters: mounts like others to the engine ---- */

static GUID volume_of_letter(int index)
{
    struct tri_volume_id volume;
    return tri_letter_volume((char)('A' + index), &volume) ? tri_vds_volume_id(&volume) : GUID_NULL;
}

static void letters_read(GUID letters[LETTERS])
{
    for (int i = 0; i < LETTERS; i++)
        letters[i] = volume_of_letter(i);
}

/* What has become of the letters since; how many notes of that there are. */
static LONG letters_compare(GUID letters[LETTERS], VDS_NOTIFICATION notes[LETTERS])
{
    LONG count = 0;
    for (int i = 0; i < LETTERS; i++) {
        GUID now = volume_of_letter(i);
        if (IsEqualGUID(&now, &letters[i]))
            continue;
        ULONG number = IsEqualGUID(&now, &GUID_NULL) ? VDS_NF_DRIVE_LETTER_FREE : VDS_NF_DRIVE_LETTER_ASSIGN;
        letters[i] = now;
        notes[count++] = (VDS_NOTIFICATION){
            .objectType = VDS_NTT_DRIVE_LETTER,
            .Letter = {.ulEvent = number, .wcLetter = (WCHAR)(u'A' + i), .volumeId = now},
        };
    }
    return count;
}

/* ---- telling ---- */

/* At once, so that nothing waits for others to come; what a mount did to letters is told together with it, first.
 * Takes a reference before: inside OnNotify the client may unadvise, and then only the sink is still there. */
static void advise_tell(void *context, const struct tri_storage_event *event)
{
    struct advise *advise = context;
    IVdsAdviseSink *sink = advise->sink;
    VDS_NOTIFICATION notes[LETTERS + 1];
    LONG count = event->type == TRI_EVENT_MOUNT_CHANGE ? letters_compare(advise->letters, notes) : 0;
    notes[count++] = notification(event);
    sink->lpVtbl->AddRef(sink);
    sink->lpVtbl->OnNotify(sink, count, notes);
    sink->lpVtbl->Release(sink);
}

/* ---- the list ---- */

static bool cookie_taken(DWORD cookie)
{
    const struct advise *advise = advises;
    while (advise && advise->cookie != cookie)
        advise = advise->next;
    return advise != NULL;
}

static DWORD advises_add(struct advise *advise)
{
    TRI_LOCK_SCOPE(&lock);
    do
        last_cookie++;
    while (last_cookie == 0 || cookie_taken(last_cookie));
    advise->cookie = last_cookie;
    advise->next = advises;
    advises = advise;
    return advise->cookie;
}

static struct advise *advises_take(DWORD cookie)
{
    TRI_LOCK_SCOPE(&lock);
    struct advise **at = &advises;
    while (*at && (*at)->cookie != cookie)
        at = &(*at)->next;
    struct advise *advise = *at;
    if (advise)
        *at = advise->next;
    return advise;
}

static void advise_free(struct advise *advise)
{
    advise->sink->lpVtbl->Release(advise->sink);
    free(advise);
}

/* ---- */

HRESULT tri_vds_advise(IVdsAdviseSink *sink, DWORD *ret_cookie)
{
    AUTO_ERROR error = {0};
    struct advise *advise = calloc(1, sizeof(*advise));
    if (!advise)
        return E_OUTOFMEMORY;
    advise->sink = sink;
    sink->lpVtbl->AddRef(sink);
    letters_read(advise->letters);
    int code = tri_events_subscribe(advise_tell, advise, &advise->subscription, &error);
    if (code < 0) {
        advise_free(advise);
        return tri_vds_fail(code, &error);
    }
    *ret_cookie = advises_add(advise);
    return S_OK;
}

HRESULT tri_vds_unadvise(DWORD cookie)
{
    struct advise *advise = advises_take(cookie);
    if (!advise)
        return tri_vds_refuse(VDS_E_BAD_COOKIE, "No sink has the cookie %u.", cookie);
    tri_events_unsubscribe(advise->subscription);
    advise_free(advise);
    return S_OK;
}
