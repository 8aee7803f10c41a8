/* The Host Compute System: handles, events, options and structures. The functions are in computecore.h.
 *
 * Values, names and layouts are those of Windows, and are compared with mingw-w64's by the project's tests. */
#ifndef TRIREME_COMPUTEDEFS_H
#define TRIREME_COMPUTEDEFS_H

#include "windows/winbase.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Handles. They are checked: one that is closed, of another kind, NULL or random is answered with an error, never with
 * a crash; difference from Windows, where it is undefined. None of them is known in another process, nor in a forked
 * child: there, HcsOpenComputeSystem gives new ones.
 *
 * A compute system (a container, or a virtual machine) has one handle for each time it was created or opened, in any
 * process; closing one does not stop it, unless the document says ShouldTerminateOnLastHandleClosed. */
DECLARE_HANDLE(HCS_SYSTEM);
DECLARE_HANDLE(HCS_PROCESS);
DECLARE_HANDLE(HCS_OPERATION);
DECLARE_HANDLE(HCS_CALLBACK); /* of the older interface, declared for source that names it; nothing here uses it */

/* What an operation was used for last: HcsGetOperationType.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcs_operation_type */
typedef enum HCS_OPERATION_TYPE {
    HcsOperationTypeNone = -1, /* for nothing yet */
    HcsOperationTypeEnumerate = 0,
    HcsOperationTypeCreate = 1,
    HcsOperationTypeStart = 2,
    HcsOperationTypeShutdown = 3,
    HcsOperationTypePause = 4,
    HcsOperationTypeResume = 5,
    HcsOperationTypeSave = 6,
    HcsOperationTypeTerminate = 7,
    HcsOperationTypeModify = 8,
    HcsOperationTypeGetProperties = 9,
    HcsOperationTypeCreateProcess = 10,
    HcsOperationTypeSignalProcess = 11, /* HcsTerminateProcess too: Windows names no type for it */
    HcsOperationTypeGetProcessInfo = 12,
    HcsOperationTypeGetProcessProperties = 13,
    HcsOperationTypeModifyProcess = 14,
    HcsOperationTypeCrash = 15,
    HcsOperationTypeReserved1 = 16,
    HcsOperationTypeReserved2 = 17,
    HcsOperationTypeReserved3 = 18,
    HcsOperationTypeLiveMigration = 19
} HCS_OPERATION_TYPE;

/* The id of an operation that was used for nothing yet. */
#define HCS_INVALID_OPERATION_ID ((UINT64)-1)

/* Called when an operation has completed: once a use, on a thread of the library's, after the result can be read. No
 * lock is held and everything may be called in it: read the result, start the operation again, close it, close the
 * system, wait for other operations. context is what HcsCreateOperation or HcsSetOperationCallback was given last.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcs_operation_completion */
typedef void(CALLBACK *HCS_OPERATION_COMPLETION)(HCS_OPERATION operation, void *context);

/* What happened. The values with the high bit are negative, as Windows' compiler has them: compare with the names, or
 * as (UINT32).
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcs_event_type */
typedef enum HCS_EVENT_TYPE {
    HcsEventInvalid = 0x00000000,
    /* The system has stopped, and all that it held is released. EventData: SystemExitStatus. Once for each handle, also
     * for a callback that is set after the exit. */
    HcsEventSystemExited = 0x00000001,
    HcsEventSystemCrashInitiated = 0x00000002,              /* a virtual machine; CrashReport */
    HcsEventSystemCrashReport = 0x00000003,                 /* a virtual machine; CrashReport */
    HcsEventSystemRdpEnhancedModeStateChanged = 0x00000004, /* never sent */
    HcsEventSystemSiloJobCreated = 0x00000005,              /* never sent */
    HcsEventSystemGuestConnectionClosed = 0x00000006,       /* a virtual machine */
    /* To callbacks of processes: this one has exited. EventData: ProcessStatus. Latched like HcsEventSystemExited. */
    HcsEventProcessExited = 0x00010000,
    /* An operation on this handle has completed; Operation says which. Only with EnableOperationCallbacks. */
    HcsEventOperationCallback = 0x01000000,
    /* Who kept the system is gone: what was pending failed with HCS_E_SERVICE_DISCONNECT, and this handle is of no more
     * use. Opening the system again may work. */
    HcsEventServiceDisconnect = 0x02000000,
    HcsEventGroupVmLifecycle = (int)0x80000002,
    HcsEventGroupLiveMigration = (int)0x80000003,
    /* To callbacks of HcsCreateOperationWithNotifications: the document of HcsGetOperationProperties. */
    HcsEventGroupOperationInfo = (int)0xC0000001
} HCS_EVENT_TYPE;

/* An event. It and its strings are borrowed: they are gone when the callback returns.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcs_event */
typedef struct HCS_EVENT {
    HCS_EVENT_TYPE Type;
    PCWSTR EventData;        /* a JSON document, or NULL */
    HCS_OPERATION Operation; /* for HcsEventOperationCallback and HcsEventGroupOperationInfo; else NULL */
} HCS_EVENT;

/* What a callback wants beside exits and disconnects. Bits that are not known are ignored.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcs_event_options */
typedef enum HCS_EVENT_OPTIONS {
    HcsEventOptionNone = 0x00000000,
    /* Completions of operations on this handle come as events; operations with a callback of their own are refused. */
    HcsEventOptionEnableOperationCallbacks = 0x00000001,
    HcsEventOptionEnableVmLifecycle = 0x00000002,
    HcsEventOptionEnableLiveMigrationEvents = 0x00000004
} HCS_EVENT_OPTIONS;

DEFINE_ENUM_FLAG_OPERATORS(HCS_EVENT_OPTIONS)

/* What an operation made WithNotifications wants beside its completion. Follows: no page; the Windows header. */
typedef enum HCS_OPERATION_OPTIONS {
    HcsOperationOptionNone = 0x00000000,
    HcsOperationOptionProgressUpdate = 0x00000001,
    HcsOperationOptionReserved1 = 0x00000002
} HCS_OPERATION_OPTIONS;

DEFINE_ENUM_FLAG_OPERATORS(HCS_OPERATION_OPTIONS)

/* What HcsAddResourceToOperation attaches. Follows: no page; the Windows header. */
typedef enum HCS_RESOURCE_TYPE {
    HcsResourceTypeNone = 0,
    HcsResourceTypeFile = 1,
    HcsResourceTypeJob = 2,
    HcsResourceTypeComObject = 3,
    HcsResourceTypeSocket = 4
} HCS_RESOURCE_TYPE;

/* Called for each event of a handle: one at a time for one handle, in the order in which things happened, on a thread
 * of the library's with no lock held. Everything may be called in it, closing the handle itself included. Handles do
 * not wait for each other's callbacks.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcs_event_callback */
typedef void(CALLBACK *HCS_EVENT_CALLBACK)(HCS_EVENT *event, void *context);

/* The next three belong to the interface before this one (vmcompute), and are here for source that names them.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcs_notification_flags */
typedef enum HCS_NOTIFICATION_FLAGS {
    HcsNotificationFlagSuccess = 0x00000000,
    HcsNotificationFlagFailure = (int)0x80000000
} HCS_NOTIFICATION_FLAGS;

/* Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcs_notifications */
typedef enum HCS_NOTIFICATIONS {
    HcsNotificationInvalid = 0x00000000,
    HcsNotificationSystemExited = 0x00000001,
    HcsNotificationSystemCreateCompleted = 0x00000002,
    HcsNotificationSystemStartCompleted = 0x00000003,
    HcsNotificationSystemPauseCompleted = 0x00000004,
    HcsNotificationSystemResumeCompleted = 0x00000005,
    HcsNotificationSystemCrashReport = 0x00000006,
    HcsNotificationSystemSiloJobCreated = 0x00000007,
    HcsNotificationSystemSaveCompleted = 0x00000008,
    HcsNotificationSystemRdpEnhancedModeStateChanged = 0x00000009,
    HcsNotificationSystemShutdownFailed = 0x0000000A,
    HcsNotificationSystemShutdownCompleted = 0x0000000A, /* the same number, on Windows too */
    HcsNotificationSystemGetPropertiesCompleted = 0x0000000B,
    HcsNotificationSystemModifyCompleted = 0x0000000C,
    HcsNotificationSystemCrashInitiated = 0x0000000D,
    HcsNotificationSystemGuestConnectionClosed = 0x0000000E,
    HcsNotificationSystemOperationCompletion = 0x0000000F,
    HcsNotificationSystemPassThru = 0x00000010,
    HcsNotificationOperationProgressUpdate = 0x00000100,
    HcsNotificationProcessExited = 0x00010000,
    HcsNotificationServiceDisconnect = 0x01000000,
    HcsNotificationFlagsReserved = (int)0xF0000000
} HCS_NOTIFICATIONS;

/* Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcs_notification_callback */
typedef void(CALLBACK *HCS_NOTIFICATION_CALLBACK)(DWORD notificationType, void *context, HRESULT notificationStatus,
                                                  PCWSTR notificationData);

/* A process that was started. The handles are pipes, present where ProcessParameters asked for them (CreateStdInPipe
 * ...), else NULL; they belong to the caller, who closes them with CloseHandle, and are handed out once: whoever asks
 * again gets the id and no handles.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcs_process_information */
typedef struct {
    DWORD ProcessId; /* the host's number of it, as HcsOpenProcess takes it; inside the system it has another */
    DWORD Reserved;
    HANDLE StdInput;  /* to write */
    HANDLE StdOutput; /* to read; with an emulated console, everything comes here */
    HANDLE StdError;  /* to read */
} HCS_PROCESS_INFORMATION;

/* Which structure HcsCreateComputeSystemInNamespace is given: its first member says so.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcs_create_options */
typedef enum HCS_CREATE_OPTIONS { HcsCreateOptions_1 = 0x00010000 } HCS_CREATE_OPTIONS;

/* Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcs_create_options_1 */
typedef struct {
    HCS_CREATE_OPTIONS Version;              /* HcsCreateOptions_1 */
    HANDLE UserToken;                        /* NULL: the caller; others: E_NOTIMPL */
    SECURITY_DESCRIPTOR *SecurityDescriptor; /* NULL */
    HCS_EVENT_OPTIONS CallbackOptions;
    void *CallbackContext;
    HCS_EVENT_CALLBACK Callback; /* set before creation begins, so that no event can be missed; or NULL */
} HCS_CREATE_OPTIONS_1;

TRIREME_STATIC_ASSERT(sizeof(HCS_OPERATION_TYPE) == 4 && sizeof(HCS_EVENT_TYPE) == 4, "enumerations have 32 bits");
TRIREME_STATIC_ASSERT(sizeof(HCS_EVENT_OPTIONS) == 4 && sizeof(HCS_OPERATION_OPTIONS) == 4, "32 bits");
TRIREME_STATIC_ASSERT(sizeof(HCS_RESOURCE_TYPE) == 4 && sizeof(HCS_CREATE_OPTIONS) == 4, "32 bits");
TRIREME_STATIC_ASSERT(sizeof(HCS_NOTIFICATION_FLAGS) == 4 && sizeof(HCS_NOTIFICATIONS) == 4, "32 bits");
TRIREME_STATIC_ASSERT(sizeof(HCS_SYSTEM) == 8 && sizeof(HCS_PROCESS) == 8 && sizeof(HCS_OPERATION) == 8, "handles");
TRIREME_STATIC_ASSERT(sizeof(HCS_EVENT) == 24 && offsetof(HCS_EVENT, EventData) == 8 &&
                          offsetof(HCS_EVENT, Operation) == 16,
                      "layout of 64-bit Windows");
TRIREME_STATIC_ASSERT(sizeof(HCS_PROCESS_INFORMATION) == 32 && offsetof(HCS_PROCESS_INFORMATION, StdInput) == 8 &&
                          offsetof(HCS_PROCESS_INFORMATION, StdOutput) == 16 &&
                          offsetof(HCS_PROCESS_INFORMATION, StdError) == 24,
                      "layout of 64-bit Windows");
TRIREME_STATIC_ASSERT(sizeof(HCS_CREATE_OPTIONS_1) == 48 && offsetof(HCS_CREATE_OPTIONS_1, UserToken) == 8 &&
                          offsetof(HCS_CREATE_OPTIONS_1, SecurityDescriptor) == 16 &&
                          offsetof(HCS_CREATE_OPTIONS_1, CallbackOptions) == 24 &&
                          offsetof(HCS_CREATE_OPTIONS_1, CallbackContext) == 32 &&
                          offsetof(HCS_CREATE_OPTIONS_1, Callback) == 40,
                      "layout of 64-bit Windows");

#ifdef __cplusplus
}
#endif

#endif
