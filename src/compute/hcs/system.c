/* Compute systems: create, open, control, query, watch. */
#include <computecore.h>
#include <errno.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/utf16.h"
#include "compute/error.h"
#include "compute/hcs/call.h"
#include "compute/hcs/document.h"
#include "compute/hcs/event.h"
#include "compute/hcs/hresult.h"
#include "compute/hcs/schema-tables.h"

static int text_in(PCWSTR text, char **ret)
{
    return text ? tri_utf8_from_utf16((const char16_t *)text, ret) : 0;
}

/* ---- enumerate ---- */

HRESULT WINAPI HcsEnumerateComputeSystemsInNamespace(PCWSTR idNamespace, PCWSTR query, HCS_OPERATION operation)
{
    TRI_AUTO_CALL struct tri_hcs_call call = {0};
    TRI_AUTO_FREE char *name_space = NULL;
    struct tri_system_filter *filter = NULL;
    HRESULT hr = tri_hcs_call_without_system(&call, operation, HcsOperationTypeEnumerate);
    if (SUCCEEDED(hr))
        hr = tri_hcs_hresult(text_in(idNamespace, &name_space));
    if (FAILED(hr))
        return hr;
    if (tri_hcs_read_filter(query, &filter, &call.error) < 0)
        return tri_hcs_call_reject(&call);
    return tri_hcs_call_started(&call, tri_system_enumerate(name_space, filter, call.op, &call.tag));
}

HRESULT WINAPI HcsEnumerateComputeSystems(PCWSTR query, HCS_OPERATION operation)
{
    return HcsEnumerateComputeSystemsInNamespace(NULL, query, operation);
}

/* ---- create ---- */

static HRESULT check_options(const HCS_CREATE_OPTIONS_1 *options)
{
    if (options->Version != HcsCreateOptions_1 || options->SecurityDescriptor)
        return E_INVALIDARG;
    return options->UserToken && options->UserToken != INVALID_HANDLE_VALUE ? E_NOTIMPL : S_OK;
}

static int watch_new(struct tri_system *system, const HCS_CREATE_OPTIONS_1 *options)
{
    if (!options || !options->Callback)
        return 0;
    return tri_hcs_watch((struct tri_hcs_subject){.system = system}, options->CallbackOptions, options->CallbackContext,
                         options->Callback);
}

static int begin(struct tri_hcs_call *call, const char *name_space, PCWSTR configuration)
{
    struct tri_system_spec *spec = NULL;
    if (tri_hcs_read_system(configuration, &spec, &call->tag.detail, &call->error) < 0)
        return tri_system_create_failed(call->system, &call->error, call->op, &call->tag);
    return tri_system_create(call->system, name_space, spec, call->op, &call->tag);
}

/* The callbacks are set and the caller has its handle before anything begins: they may run before we return, and look
 * at it, or close it. So it is not touched afterwards, unless nothing has begun. */
static HRESULT create(struct tri_hcs_call *call, const char *name_space, const char *id, PCWSTR configuration,
                      const HCS_CREATE_OPTIONS_1 *options, HCS_SYSTEM *computeSystem)
{
    int r = tri_system_prepare(id, &call->system);
    if (r < 0)
        return tri_hcs_hresult(r);
    tri_handle handle = tri_system_handle(call->system);
    *computeSystem = handle_out(handle);
    r = watch_new(call->system, options);
    HRESULT hr = r < 0 ? tri_hcs_hresult(r) : tri_hcs_call_started(call, begin(call, name_space, configuration));
    if (FAILED(hr)) {
        *computeSystem = NULL;
        tri_system_close(handle);
    }
    return hr;
}

HRESULT WINAPI HcsCreateComputeSystemInNamespace(PCWSTR idNamespace, PCWSTR id, PCWSTR configuration,
                                                 HCS_OPERATION operation, const HCS_CREATE_OPTIONS *options,
                                                 HCS_SYSTEM *computeSystem)
{
    const HCS_CREATE_OPTIONS_1 *options_1 = (const HCS_CREATE_OPTIONS_1 *)options;
    if (computeSystem)
        *computeSystem = NULL;
    if (!id || !configuration || !computeSystem)
        return E_INVALIDARG;
    TRI_AUTO_CALL struct tri_hcs_call call = {0};
    TRI_AUTO_FREE char *name_space = NULL;
    TRI_AUTO_FREE char *name = NULL;
    HRESULT hr = options_1 ? check_options(options_1) : S_OK;
    if (SUCCEEDED(hr))
        hr = tri_hcs_call_without_system(&call, operation, HcsOperationTypeCreate);
    if (SUCCEEDED(hr) && options_1 && options_1->Callback && tri_op_has_callback(call.op) &&
        (options_1->CallbackOptions & HcsEventOptionEnableOperationCallbacks))
        hr = HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET;
    if (SUCCEEDED(hr))
        hr = tri_hcs_hresult(text_in(idNamespace, &name_space));
    if (SUCCEEDED(hr))
        hr = tri_hcs_hresult(text_in(id, &name));
    return FAILED(hr) ? hr : create(&call, name_space, name, configuration, options_1, computeSystem);
}

HRESULT WINAPI HcsCreateComputeSystem(PCWSTR id, PCWSTR configuration, HCS_OPERATION operation,
                                      const SECURITY_DESCRIPTOR *securityDescriptor, HCS_SYSTEM *computeSystem)
{
    if (computeSystem)
        *computeSystem = NULL;
    if (securityDescriptor)
        return E_INVALIDARG;
    return HcsCreateComputeSystemInNamespace(NULL, id, configuration, operation, NULL, computeSystem);
}

/* ---- open and close ---- */

HRESULT WINAPI HcsOpenComputeSystemInNamespace(PCWSTR idNamespace, PCWSTR id, DWORD requestedAccess,
                                               HCS_SYSTEM *computeSystem)
{
    (void)requestedAccess;
    if (computeSystem)
        *computeSystem = NULL;
    if (!id || !computeSystem)
        return E_INVALIDARG;
    TRI_AUTO_FREE char *name_space = NULL;
    TRI_AUTO_FREE char *name = NULL;
    TRI_AUTO_SYSTEM struct tri_system *system = NULL;
    int r = text_in(idNamespace, &name_space);
    if (r == 0)
        r = text_in(id, &name);
    if (r == 0)
        r = tri_system_open(name_space, name, &system, NULL);
    if (r == 0)
        *computeSystem = handle_out(tri_system_handle(system));
    return r == -EACCES ? HCS_E_ACCESS_DENIED : tri_hcs_hresult(r);
}

HRESULT WINAPI HcsOpenComputeSystem(PCWSTR id, DWORD requestedAccess, HCS_SYSTEM *computeSystem)
{
    return HcsOpenComputeSystemInNamespace(NULL, id, requestedAccess, computeSystem);
}

void WINAPI HcsCloseComputeSystem(HCS_SYSTEM computeSystem)
{
    tri_system_close(handle_in(computeSystem));
}

/* ---- control: the options say nothing that the engine wants to know, and are checked all the same ---- */

typedef int system_request(struct tri_system *system, struct tri_op *op, const struct tri_op_tag *tag);

static HRESULT control(HCS_SYSTEM system, HCS_OPERATION operation, HCS_OPERATION_TYPE type, PCWSTR options,
                       const struct tri_schema *schema, system_request *request)
{
    TRI_AUTO_CALL struct tri_hcs_call call = {0};
    HRESULT hr = tri_hcs_call_on_system(&call, system, operation, type);
    if (FAILED(hr))
        return hr;
    if (tri_hcs_call_check_options(&call, options, schema) < 0)
        return tri_hcs_call_reject(&call);
    return tri_hcs_call_started(&call, request(call.system, call.op, &call.tag));
}

HRESULT WINAPI HcsStartComputeSystem(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options)
{
    return control(computeSystem, operation, HcsOperationTypeStart, options, &tri_schema_start_options,
                   tri_system_start);
}

HRESULT WINAPI HcsShutDownComputeSystem(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options)
{
    return control(computeSystem, operation, HcsOperationTypeShutdown, options, &tri_schema_shutdown_options,
                   tri_system_shutdown);
}

HRESULT WINAPI HcsTerminateComputeSystem(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options)
{
    return control(computeSystem, operation, HcsOperationTypeTerminate, options, &tri_schema_no_options,
                   tri_system_terminate);
}

HRESULT WINAPI HcsPauseComputeSystem(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options)
{
    return control(computeSystem, operation, HcsOperationTypePause, options, &tri_schema_pause_options,
                   tri_system_pause);
}

HRESULT WINAPI HcsResumeComputeSystem(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options)
{
    return control(computeSystem, operation, HcsOperationTypeResume, options, &tri_schema_no_options,
                   tri_system_resume);
}

HRESULT WINAPI HcsSaveComputeSystem(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options)
{
    TRI_AUTO_CALL struct tri_hcs_call call = {0};
    TRI_AUTO_FREE char *path = NULL;
    HRESULT hr = tri_hcs_call_on_system(&call, computeSystem, operation, HcsOperationTypeSave);
    if (FAILED(hr))
        return hr;
    if (tri_hcs_read_save_path(options, &path, &call.error) < 0)
        return tri_hcs_call_reject(&call);
    return tri_hcs_call_started(&call, tri_system_save(call.system, path, call.op, &call.tag));
}

/* ---- what no container can do ---- */

static HRESULT refuse(HCS_SYSTEM system, HCS_OPERATION operation, HCS_OPERATION_TYPE type, PCWSTR options,
                      const struct tri_schema *schema, const char *what)
{
    TRI_AUTO_CALL struct tri_hcs_call call = {0};
    HRESULT hr = tri_hcs_call_on_system(&call, system, operation, type);
    if (FAILED(hr))
        return hr;
    if (tri_hcs_call_check_options(&call, options, schema) == 0)
        tri_error_set(&call.error, TRI_COMPUTE_NOT_IMPLEMENTED, NULL, "%s is for virtual machines.", what);
    return tri_hcs_call_reject(&call);
}

HRESULT WINAPI HcsCrashComputeSystem(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options)
{
    return refuse(computeSystem, operation, HcsOperationTypeCrash, options, &tri_schema_crash_options,
                  "To crash a guest");
}

static HRESULT refuse_migration(HCS_SYSTEM system, HCS_OPERATION operation, PCWSTR options,
                                const struct tri_schema *schema)
{
    return refuse(system, operation, HcsOperationTypeLiveMigration, options, schema, "Live migration");
}

HRESULT WINAPI HcsInitializeLiveMigrationOnSource(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options)
{
    return refuse_migration(computeSystem, operation, options, &tri_schema_migration_initialize);
}

HRESULT WINAPI HcsStartLiveMigrationOnSource(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options)
{
    return refuse_migration(computeSystem, operation, options, &tri_schema_migration_start);
}

HRESULT WINAPI HcsStartLiveMigrationTransfer(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options)
{
    return refuse_migration(computeSystem, operation, options, &tri_schema_migration_transfer);
}

HRESULT WINAPI HcsFinalizeLiveMigration(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR options)
{
    return refuse_migration(computeSystem, operation, options, &tri_schema_migration_finalize);
}

/* ---- query and modify ---- */

HRESULT WINAPI HcsGetComputeSystemProperties(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR propertyQuery)
{
    TRI_AUTO_CALL struct tri_hcs_call call = {0};
    char **unknown = NULL;
    HRESULT hr = tri_hcs_call_on_system(&call, computeSystem, operation, HcsOperationTypeGetProperties);
    if (FAILED(hr))
        return hr;
    if (tri_hcs_read_property_query(propertyQuery, &call.tag.detail, &unknown, &call.error) < 0)
        return tri_hcs_call_reject(&call);
    unsigned queries = tri_hcs_engine_queries(call.tag.detail);
    return tri_hcs_call_started(&call, tri_system_query(call.system, queries, unknown, call.op, &call.tag));
}

static int start_change(struct tri_hcs_call *call, const struct tri_change *change)
{
    switch (change->kind) {
    case TRI_CHANGE_MOUNT:
        return tri_system_mount(call->system, &change->mount, call->op, &call->tag);
    case TRI_CHANGE_UNMOUNT:
        return tri_system_unmount(call->system, change->mount.target, call->op, &call->tag);
    default:
        return tri_system_set_limits(call->system, &change->limits, call->op, &call->tag);
    }
}

/* An identity would mean to apply the change with another user's rights: that must not be dropped in silence. */
static int read_modification(PCWSTR configuration, HANDLE identity, struct tri_change *ret, struct tri_error *error)
{
    if (identity && identity != INVALID_HANDLE_VALUE)
        return tri_error_set(error, TRI_COMPUTE_NOT_IMPLEMENTED, "identity", "Changes are made as the caller only.");
    return tri_hcs_read_change(configuration, ret, error);
}

HRESULT WINAPI HcsModifyComputeSystem(HCS_SYSTEM computeSystem, HCS_OPERATION operation, PCWSTR configuration,
                                      HANDLE identity)
{
    TRI_AUTO_CALL struct tri_hcs_call call = {0};
    TRI_CLEANUP(tri_change_clear) struct tri_change change = {0};
    HRESULT hr = tri_hcs_call_on_system(&call, computeSystem, operation, HcsOperationTypeModify);
    if (FAILED(hr) || !configuration)
        return FAILED(hr) ? hr : E_INVALIDARG;
    if (read_modification(configuration, identity, &change, &call.error) < 0)
        return tri_hcs_call_reject(&call);
    return tri_hcs_call_started(&call, start_change(&call, &change));
}

/* ---- exit and events ---- */

HRESULT WINAPI HcsWaitForComputeSystemExit(HCS_SYSTEM computeSystem, DWORD timeoutMs, PWSTR *result)
{
    if (result)
        *result = NULL;
    TRI_AUTO_SYSTEM struct tri_system *system = tri_system_from_handle(handle_in(computeSystem));
    if (!system)
        return E_HANDLE;
    struct tri_system_exit exit;
    int r = tri_system_wait_exit(system, tri_deadline_ns(timeoutMs), &exit);
    if (r == 0 && result)
        r = tri_hcs_document_write(tri_hcs_system_exit(&exit), result);
    return r == -ECANCELED ? HCS_E_OPERATION_ALREADY_CANCELLED : tri_hcs_hresult(r);
}

HRESULT WINAPI HcsSetComputeSystemCallback(HCS_SYSTEM computeSystem, HCS_EVENT_OPTIONS callbackOptions,
                                           const void *context, HCS_EVENT_CALLBACK callback)
{
    TRI_AUTO_SYSTEM struct tri_system *system = tri_system_from_handle(handle_in(computeSystem));
    if (!system || !callback)
        return system ? E_INVALIDARG : E_HANDLE;
    int r = tri_hcs_watch((struct tri_hcs_subject){.system = system}, callbackOptions, (void *)context, callback);
    return r == -EALREADY ? HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET : tri_hcs_hresult(r);
}
