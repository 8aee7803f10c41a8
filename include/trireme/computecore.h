/* The Host Compute System: containers behind asynchronous operations. Link with -ltrireme.
 *
 * How calls go. A function that takes an HCS_OPERATION starts something and returns: S_OK means "accepted; how it ends
 * comes through the operation". Then HcsWaitForOperationResult waits, HcsGetOperationResult polls, a callback is
 * called. A failing HRESULT from the call itself means that nothing was started: no callback comes, and the operation
 * can be used or closed. That happens for what can be known at once (a bad handle: E_HANDLE; a pointer that must not
 * be NULL: E_INVALIDARG; an operation that is still in use: HCS_E_OPERATION_ALREADY_STARTED; one with a callback of
 * its own on a handle that reports completions itself: HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET; no memory:
 * E_OUTOFMEMORY). Everything else, documents that are not right included, fails through the operation, with a
 * ResultError document.
 *
 * Documents are JSON as UTF-16 text. Those passed in are copied before the call returns. Optional ones may be NULL, ""
 * or "{}", which mean the same. A member that the schema does not have, or whose type is wrong, fails with
 * HCS_E_INVALID_JSON; one that means something and cannot be honoured here fails with E_NOTIMPL; the ResultError names
 * its path. Documents handed out are the caller's, to free with LocalFree (or CoTaskMemFree); where there is none the
 * pointer is set to NULL.
 *
 * Threads. Every function may be called from any thread and from every callback. Those said to wait block the caller;
 * the others return without waiting for work. Timeouts are milliseconds on the monotonic clock; INFINITE: for ever.
 *
 * Reach. Systems are the host's, not the process's: any process of the same user can enumerate, open, wait on and
 * control them, and they outlive the process that made them unless ShouldTerminateOnLastHandleClosed says otherwise.
 *
 * Where Trireme differs from Windows in all of it: cancelling works; an operation can be used again as soon as it has
 * completed; handles are checked; a HostedSystem is an OCI bundle that runs right here; documents with VirtualMachine
 * answer E_NOTIMPL for now.
 *
 * "Follows:" names the page of the Windows documentation that a function keeps to. */
#ifndef TRIREME_COMPUTECORE_H
#define TRIREME_COMPUTECORE_H

#include "computedefs.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* ---- operations ---- */

/* A new operation, used for nothing yet, to be closed with HcsCloseOperation. callback (optional) is called with
 * context (optional, never looked at) after each use has completed. NULL: no memory; GetLastError answers
 * ERROR_NOT_ENOUGH_MEMORY.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcscreateoperation */
HCS_OPERATION WINAPI HcsCreateOperation(const void *context, HCS_OPERATION_COMPLETION callback) TRIREME_NOT_READ(1);

/* The same with an event callback: it is called with HcsEventOperationCallback after each completion and, where
 * eventTypes has HcsOperationOptionProgressUpdate, with HcsEventGroupOperationInfo on the way; one at a time. EventData
 * of the latter is the document of HcsGetOperationProperties. callback NULL: NULL, ERROR_INVALID_PARAMETER.
 * Follows: no page; Windows says nothing of what its progress events contain. */
HCS_OPERATION WINAPI HcsCreateOperationWithNotifications(HCS_OPERATION_OPTIONS eventTypes, const void *context,
                                                         HCS_EVENT_CALLBACK callback) TRIREME_NOT_READ(2);

/* Closes the handle; the operation's result goes with it. Work that is still under way is not cancelled: it goes on
 * and its result is dropped. A callback that has not begun does not come any more, nor does the event of a handle that
 * reports completions; a callback that runs on another thread is waited for, so that its context may be freed
 * afterwards (not when closing in that callback itself, which is allowed). Threads that wait on the operation return
 * HCS_E_OPERATION_ALREADY_CANCELLED. A handle that is not open: nothing happens.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcscloseoperation */
void WINAPI HcsCloseOperation(HCS_OPERATION operation);

/* The context set last; NULL where the handle is not open.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsgetoperationcontext */
void *WINAPI HcsGetOperationContext(HCS_OPERATION operation);

/* Sets the context, in any state; a callback gets the one that is set when it begins. E_HANDLE.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcssetoperationcontext */
HRESULT WINAPI HcsSetOperationContext(HCS_OPERATION operation, const void *context) TRIREME_NOT_READ(2);

/* The system that the operation's last use is about; for calls on a process, the one that the process is in. Borrowed:
 * not to be closed. NULL where there is none, or where its handle has been closed. Difference from Windows: it answers
 * after completion too, until the operation is used again.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsgetcomputesystemfromoperation */
HCS_SYSTEM WINAPI HcsGetComputeSystemFromOperation(HCS_OPERATION operation);

/* The process that the operation's last use is about; else as above.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsgetprocessfromoperation */
HCS_PROCESS WINAPI HcsGetProcessFromOperation(HCS_OPERATION operation);

/* What the operation was used for last; HcsOperationTypeNone for nothing yet, or where the handle is not open.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsgetoperationtype */
HCS_OPERATION_TYPE WINAPI HcsGetOperationType(HCS_OPERATION operation);

/* The id of the operation's last use, unique in this process and new for each use; HCS_INVALID_OPERATION_ID for no use
 * yet, or where the handle is not open.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsgetoperationid */
UINT64 WINAPI HcsGetOperationId(HCS_OPERATION operation);

/* Polls. While the work runs: HCS_E_OPERATION_PENDING. Used for nothing yet: HCS_E_OPERATION_NOT_STARTED. Afterwards
 * the HRESULT of the work, and in *resultDocument (optional) its document: the one of the call when it succeeded (most
 * have none), a ResultError when it failed. It can be read again until the operation is used again; each call gives a
 * copy of its own, to free with LocalFree.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsgetoperationresult */
HRESULT WINAPI HcsGetOperationResult(HCS_OPERATION operation, PWSTR *resultDocument);

/* The same for an operation that was used for HcsCreateProcess or HcsGetProcessInfo; E_INVALIDARG for others. On S_OK
 * *processInformation (optional) is filled, else zeroed. Its handles are the caller's, and are given to the first who
 * asks with a structure: later calls give the id and no handles.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsgetoperationresultandprocessinfo */
HRESULT WINAPI HcsGetOperationResultAndProcessInfo(HCS_OPERATION operation, HCS_PROCESS_INFORMATION *processInformation,
                                                   PWSTR *resultDocument);

/* Waits until the operation has completed, and answers as HcsGetOperationResult; HCS_E_OPERATION_TIMEOUT where
 * timeoutMs passed first: the work goes on, and can be waited for again. Used for nothing yet:
 * HCS_E_OPERATION_NOT_STARTED at once. Any number of threads may wait. In the operation's own callback it returns at
 * once.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcswaitforoperationresult */
HRESULT WINAPI HcsWaitForOperationResult(HCS_OPERATION operation, DWORD timeoutMs, PWSTR *resultDocument);

/* Waits, and answers as HcsGetOperationResultAndProcessInfo.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcswaitforoperationresultandprocessinfo */
HRESULT WINAPI HcsWaitForOperationResultAndProcessInfo(HCS_OPERATION operation, DWORD timeoutMs,
                                                       HCS_PROCESS_INFORMATION *processInformation,
                                                       PWSTR *resultDocument);

/* Replaces callback and context; NULL for no callback. While work runs, the new one is called for it, unless the old
 * one has begun. Where the last use completed and no callback has run for it, the new one is called for it, once, soon:
 * setting a callback after starting loses nothing. HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET where the work runs on a
 * handle that reports completions itself.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcssetoperationcallback */
HRESULT WINAPI HcsSetOperationCallback(HCS_OPERATION operation, const void *context,
                                       HCS_OPERATION_COMPLETION callback) TRIREME_NOT_READ(2);

/* Asks the work to stop, and returns. The operation still completes, once: with HRESULT_FROM_WIN32(ERROR_CANCELLED),
 * what was half made being undone (a created system is gone, a started one stopped, one that was being paused goes on,
 * a process is killed) and what was only asked being forgotten, or as it would have, where the request came too late
 * or the work cannot be stopped (what a runtime does otherwise once it is at it: resuming, saving, changing; signals,
 * termination). S_OK: asked, or completed already; HCS_E_OPERATION_NOT_STARTED; HCS_E_OPERATION_ALREADY_CANCELLED: it
 * was asked before. Difference from Windows, where the documented answer is always E_NOTIMPL.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcscanceloperation */
HRESULT WINAPI HcsCancelOperation(HCS_OPERATION operation);

/* What an operation is doing, at once and in any state: {"Operation":"Start","Id":17,"State":"Pending",
 * "StartTimestamp":..., "EndTimestamp":..., "FailureInfo":{"Result":...}, "PercentComplete":...} and more, as far as
 * each is known. options may be NULL. resultDocument is required; its document is the caller's.
 * Follows: no page; Operation, StartTimestamp, EndTimestamp and FailureInfo are OperationInfo's in the published
 * schema. */
HRESULT WINAPI HcsGetOperationProperties(HCS_OPERATION operation, PCWSTR options, PWSTR *resultDocument);

/* Attaches a handle to the operation's next use, under a name that the document of that use mentions. Only live
 * migration has a use for it, and none begins here yet: what is given is checked, and not kept; the handle stays the
 * caller's. E_INVALIDARG: no such type, or no uri; E_HANDLE: the handle carries no descriptor; E_NOTIMPL: jobs and COM
 * objects; HCS_E_OPERATION_ALREADY_STARTED: work runs.
 * Follows: no page. */
HRESULT WINAPI HcsAddResourceToOperation(HCS_OPERATION operation, HCS_RESOURCE_TYPE type, PCWSTR uri, HANDLE handle);

/* ---- systems: to find, create, open, close ---- */

/* Lists the systems of the default namespace. query: SystemQuery (Ids, Names, Types, Owners), optional. Result: a JSON
 * array of Properties, "[]" for none.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsenumeratecomputesystems */
HRESULT WINAPI HcsEnumerateComputeSystems(PCWSTR query, HCS_OPERATION operation);

/* The same in a namespace of ids; NULL or "" is the default one.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsenumeratecomputesystemsinnamespace */
HRESULT WINAPI HcsEnumerateComputeSystemsInNamespace(PCWSTR idNamespace, PCWSTR query, HCS_OPERATION operation);

/* Creates a system, stopped before its first instruction, with all that can fail made ready. id: any name, unique
 * among the user's systems. configuration: ComputeSystem with a Container, or with an OCI bundle as its HostedSystem.
 * securityDescriptor: NULL. *computeSystem is the caller's, to close with HcsCloseComputeSystem, also where creation
 * fails later; it is there before the work begins, for callbacks to use, and can be used at once; NULL where the call
 * itself fails. No result document. Errors: HCS_E_SYSTEM_ALREADY_EXISTS, HCS_E_INVALID_JSON, HCS_E_INVALID_LAYER,
 * HCS_E_SERVICE_NOT_AVAILABLE (no container runtime was found), HCS_E_TERMINATED (a termination overtook it), E_NOTIMPL
 * (virtual machines, for now). What failed leaves nothing behind, and its id is free.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcscreatecomputesystem */
HRESULT WINAPI HcsCreateComputeSystem(PCWSTR id, PCWSTR configuration, HCS_OPERATION operation,
                                      const SECURITY_DESCRIPTOR *securityDescriptor, HCS_SYSTEM *computeSystem);

/* The same in a namespace (NULL or "": the default one), and with a callback that is set before creation begins, so
 * that no event can be missed. options: NULL, or an HCS_CREATE_OPTIONS_1; any other Version: E_INVALIDARG.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcscreatecomputesysteminnamespace */
HRESULT WINAPI HcsCreateComputeSystemInNamespace(PCWSTR idNamespace, PCWSTR id, PCWSTR configuration,
                                                 HCS_OPERATION operation, const HCS_CREATE_OPTIONS *options,
                                                 HCS_SYSTEM *computeSystem);

/* Opens a system of this user's, made by whatever process; waits for the short answer of its keeper. The handle is the
 * caller's. requestedAccess: GENERIC_ALL; others are taken and mean the same. HCS_E_SYSTEM_NOT_FOUND;
 * HCS_E_ACCESS_DENIED where it is another user's.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsopencomputesystem */
HRESULT WINAPI HcsOpenComputeSystem(PCWSTR id, DWORD requestedAccess, HCS_SYSTEM *computeSystem);

/* Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsopencomputesysteminnamespace */
HRESULT WINAPI HcsOpenComputeSystemInNamespace(PCWSTR idNamespace, PCWSTR id, DWORD requestedAccess,
                                               HCS_SYSTEM *computeSystem);

/* Closes the handle. No further event comes to its callback; one that runs on another thread is waited for, so do not
 * hold a lock here that the callback takes; in its own callback it returns at once. Operations that run go on. The
 * system goes on too, unless this was the last handle and ShouldTerminateOnLastHandleClosed was set: then it is
 * terminated, which is not waited for. A handle that is not open: nothing happens.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsclosecomputesystem */
void WINAPI HcsCloseComputeSystem(HCS_SYSTEM computeSystem);

/* ---- systems: their life. No result documents; options are optional ---- */

/* Starts a created system. HCS_E_INVALID_STATE where it runs, HCS_E_SYSTEM_ALREADY_STOPPED where it has stopped: a
 * stopped system does not start again. A start that fails stops the system.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsstartcomputesystem */
HRESULT WINAPI HcsStartComputeSystem(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options);

/* Asks a running system to stop (process 1 of a container gets SIGTERM) and completes when it has: never, where it does
 * not listen; wait with a timeout, then terminate. HCS_E_INVALID_STATE where it does not run,
 * HCS_E_SYSTEM_ALREADY_STOPPED, HCS_E_TERMINATED where a termination overtook it.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsshutdowncomputesystem */
HRESULT WINAPI HcsShutDownComputeSystem(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options);

/* Stops a system by force, in any state and whatever else is pending, which then fails with HCS_E_TERMINATED. Completes
 * when all that the system held is released and its id is free. HCS_E_SYSTEM_ALREADY_STOPPED.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsterminatecomputesystem */
HRESULT WINAPI HcsTerminateComputeSystem(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options);

/* Makes the guest of a virtual machine crash. E_NOTIMPL for containers.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcscrashcomputesystem */
HRESULT WINAPI HcsCrashComputeSystem(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options);

/* Freezes every process of a running container. options: PauseOptions. HCS_E_INVALID_STATE.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcspausecomputesystem */
HRESULT WINAPI HcsPauseComputeSystem(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options);

/* Lets a paused system go on. HCS_E_INVALID_STATE.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsresumecomputesystem */
HRESULT WINAPI HcsResumeComputeSystem(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options);

/* Writes the state of a paused system to a file or folder. options: SaveOptions. Containers need a runtime that can
 * checkpoint. HCS_E_INVALID_STATE where it is not paused.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcssavecomputesystem */
HRESULT WINAPI HcsSaveComputeSystem(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options);

/* ---- systems: to ask and to change ---- */

/* Asks for properties. propertyQuery: System_PropertyQuery (PropertyTypes, Queries), optional. Result: Properties, always
 * with Id and SystemType. What this system has none of, or nobody here knows, is answered by its name in
 * PropertyResponses, with HRESULT_FROM_WIN32(ERROR_NOT_FOUND) in an Error of its own; all else is answered all the same.
 * Also of a stopped system, as long as a handle is open.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsgetcomputesystemproperties */
HRESULT WINAPI HcsGetComputeSystemProperties(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR propertyQuery);

/* Changes a system. configuration: ModifySettingRequest, required. identity: NULL; changes are made as the caller, and
 * another identity fails with E_NOTIMPL. A ResourcePath that is not known here fails with
 * HRESULT_FROM_WIN32(ERROR_NOT_SUPPORTED).
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsmodifycomputesystem */
HRESULT WINAPI HcsModifyComputeSystem(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR configuration,
                                      HANDLE identity);

/* Waits until the system has stopped; S_OK and its SystemExitStatus in *result (optional, the caller's), also long
 * after the exit and any number of times. HRESULT_FROM_WIN32(ERROR_TIMEOUT) where timeoutMs passed first. A handle
 * that is closed meanwhile: HCS_E_OPERATION_ALREADY_CANCELLED.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcswaitforcomputesystemexit */
HRESULT WINAPI HcsWaitForComputeSystemExit(HCS_SYSTEM computeSystem, DWORD timeoutMs, PWSTR *result);

/* Sets the callback of this handle, in any state of the system; closing the handle is what takes it away. What must not
 * be missed is told late: an exit that has been, and, with HcsEventOptionEnableOperationCallbacks, completions that
 * nobody has read. A second one on the same handle: HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET. callback NULL:
 * E_INVALIDARG.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcssetcomputesystemcallback */
HRESULT WINAPI HcsSetComputeSystemCallback(HCS_SYSTEM computeSystem, HCS_EVENT_OPTIONS callbackOptions,
                                           const void *context, HCS_EVENT_CALLBACK callback) TRIREME_NOT_READ(3);

/* ---- processes ---- */

/* Starts a process in a running system. processParameters: ProcessParameters, required. securityDescriptor: NULL.
 * *process is the caller's, to close with HcsCloseProcess, also where it fails later; it is there before the work
 * begins, and NULL where the call itself fails. The pipes that were asked for, and the process id, come through
 * HcsGetOperationResultAndProcessInfo or HcsWaitForOperationResultAndProcessInfo; pipes that nobody takes are closed
 * once the process handle is closed and the operation is closed or used again. Errors: HCS_E_INVALID_STATE (the system
 * does not run), HRESULT_FROM_WIN32 of ERROR_FILE_NOT_FOUND (no such program), ERROR_ACCESS_DENIED,
 * ERROR_BAD_EXE_FORMAT.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcscreateprocess */
HRESULT WINAPI HcsCreateProcess(HCS_SYSTEM computeSystem, PCWSTR processParameters, HCS_OPERATION operation,
                                const SECURITY_DESCRIPTOR *securityDescriptor, HCS_PROCESS *process);

/* Opens a process that was started with HcsCreateProcess, by whatever client, and has not exited; waits for the short
 * answer of the system's keeper. The handle is the caller's. HRESULT_FROM_WIN32(ERROR_NOT_FOUND).
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsopenprocess */
HRESULT WINAPI HcsOpenProcess(HCS_SYSTEM computeSystem, DWORD processId, DWORD requestedAccess, HCS_PROCESS *process);

/* Closes the handle, as HcsCloseComputeSystem does. The process goes on, and handles of its pipes that were given out
 * stay good.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcscloseprocess */
void WINAPI HcsCloseProcess(HCS_PROCESS process);

/* Kills a process; completes when that is done, not when it has exited. HCS_E_PROCESS_ALREADY_STOPPED. The operation's
 * type is HcsOperationTypeSignalProcess: Windows names none.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsterminateprocess */
HRESULT WINAPI HcsTerminateProcess(HCS_PROCESS process, HCS_OPERATION operation, PCWSTR options);

/* Sends a signal. options: SignalProcessOptions, {"Signal":15} or a name of Windows' ({"Signal":"CtrlC"}). Difference
 * from Windows: signals never wait for each other, nor for the process's end. HCS_E_PROCESS_ALREADY_STOPPED.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcssignalprocess */
HRESULT WINAPI HcsSignalProcess(HCS_PROCESS process, HCS_OPERATION operation, PCWSTR options);

/* Asks for the HCS_PROCESS_INFORMATION, read with HcsGetOperationResultAndProcessInfo. Its handles are those that
 * nobody has taken yet.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsgetprocessinfo */
HRESULT WINAPI HcsGetProcessInfo(HCS_PROCESS process, HCS_OPERATION operation);

/* Asks how a process is, before and after its exit. Result: ProcessStatus (ProcessId, Exited, ExitCode,
 * LastWaitResult). propertyQuery is optional and says nothing yet.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsgetprocessproperties */
HRESULT WINAPI HcsGetProcessProperties(HCS_PROCESS process, HCS_OPERATION operation, PCWSTR propertyQuery);

/* Resizes a process's terminal or closes its standard handles. settings: ProcessModifyRequest, required.
 * HCS_E_PROCESS_ALREADY_STOPPED.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsmodifyprocess */
HRESULT WINAPI HcsModifyProcess(HCS_PROCESS process, HCS_OPERATION operation, PCWSTR settings);

/* Sets the callback of this handle, as HcsSetComputeSystemCallback does; HcsEventProcessExited comes to it.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcssetprocesscallback */
HRESULT WINAPI HcsSetProcessCallback(HCS_PROCESS process, HCS_EVENT_OPTIONS callbackOptions, void *context,
                                     HCS_EVENT_CALLBACK callback);

/* Waits until the process has exited; S_OK and its ProcessStatus in *result (optional, the caller's), else as
 * HcsWaitForComputeSystemExit.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcswaitforprocessexit */
HRESULT WINAPI HcsWaitForProcessExit(HCS_PROCESS computeSystem, DWORD timeoutMs, PWSTR *result);

/* ---- the service; these work at once, without an operation ---- */

/* Asks what this host can do. propertyQuery: Service_PropertyQuery, optional. *result (required, the caller's):
 * ServiceProperties, or a ResultError.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsgetserviceproperties */
HRESULT WINAPI HcsGetServiceProperties(PCWSTR propertyQuery, PWSTR *result);

/* Changes settings of the host's. settings: ModificationRequest, required. *result (optional, the caller's): a
 * ResultError. Difference from Windows: there is nothing of the kind to change here, so that whatever is well-formed
 * answers E_NOTIMPL.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsmodifyservicesettings */
HRESULT WINAPI HcsModifyServiceSettings(PCWSTR settings, PWSTR *result);

/* Keeps a report of a guest's crash. settings: CrashReport, required. Difference from Windows: it is written to a file
 * under Trireme's runtime folder (crash-reports), and sent to nobody.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcssubmitwerreport */
HRESULT WINAPI HcsSubmitWerReport(PCWSTR settings);

/* ---- files of virtual machines; these work at once ---- */

/* Makes the file in which a virtual machine keeps its firmware's variables. Paths are absolute here and below
 * (E_INVALIDARG). The file must not be there: HRESULT_FROM_WIN32(ERROR_FILE_EXISTS).
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcscreateemptygueststatefile */
HRESULT WINAPI HcsCreateEmptyGuestStateFile(PCWSTR guestStateFilePath);

/* Makes the file to which HcsSaveComputeSystem saves; as above.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcscreateemptyruntimestatefile */
HRESULT WINAPI HcsCreateEmptyRuntimeStateFile(PCWSTR runtimeStateFilePath);

/* Lets a virtual machine, which need not be there yet, use a file. Difference from Windows: systems run as the user who
 * makes them, so what is done is to look whether the caller may read the file, and nothing is to be revoked.
 * HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND), E_ACCESSDENIED.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsgrantvmaccess */
HRESULT WINAPI HcsGrantVmAccess(PCWSTR vmId, PCWSTR filePath);

/* Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsrevokevmaccess */
HRESULT WINAPI HcsRevokeVmAccess(PCWSTR vmId, PCWSTR filePath);

/* The same for all virtual machines.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsgrantvmgroupaccess */
HRESULT WINAPI HcsGrantVmGroupAccess(PCWSTR filePath);

/* Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsrevokevmgroupaccess */
HRESULT WINAPI HcsRevokeVmGroupAccess(PCWSTR filePath);

/* Asks which processor a saved virtual machine needs. *ProcessorFeaturesString (optional, the caller's to free with
 * LocalFree though it is const): VmProcessorRequirements. E_NOTIMPL for now.
 * Follows: learn.microsoft.com/virtualization/api/hcs/reference/hcsgetprocessorcompatibilityfromsavedstate */
HRESULT WINAPI HcsGetProcessorCompatibilityFromSavedState(PCWSTR RuntimeFileName, PCWSTR *ProcessorFeaturesString);

/* ---- live migration of virtual machines, in the order of its steps: E_NOTIMPL for now. Follows: no pages ---- */

/* On the source, first. options: MigrationInitializeOptions. */
HRESULT WINAPI HcsInitializeLiveMigrationOnSource(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options);

/* On the source, over the socket that HcsAddResourceToOperation attached. options: MigrationStartOptions. */
HRESULT WINAPI HcsStartLiveMigrationOnSource(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options);

/* On both sides. options: MigrationTransferOptions. */
HRESULT WINAPI HcsStartLiveMigrationTransfer(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options);

/* On both sides, last. options: MigrationFinalizedOptions. */
HRESULT WINAPI HcsFinalizeLiveMigration(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
