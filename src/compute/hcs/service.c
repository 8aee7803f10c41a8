/* What is asked of the service itself, about files of virtual machines, and about crashes. There is no service: all of
 * this is answered in the caller's own process, at once. */
#include <computecore.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/utf16.h"
#include "compute/error.h"
#include "compute/hcs/document.h"
#include "compute/hcs/hresult.h"
#include "compute/hcs/schema-tables.h"
#include "compute/hcs/topology.h"
#include "compute/registry.h"

enum { SCHEMA_MAJOR = 2, SCHEMA_MINOR = 5 };

/* The answer of a synchronous call that failed: its code, and its document where the caller wants one. */
static HRESULT answer_error(int code, const struct tri_error *error, PWSTR *result)
{
    static const struct tri_op_tag none = {.kind = HcsOperationTypeNone};
    if (result && tri_hcs_document_write(tri_hcs_result_error(&none, code, error), result) < 0)
        return E_OUTOFMEMORY;
    return tri_hcs_hresult(code);
}

/* ---- service properties ---- */

static json_t *basic(void)
{
    return json_pack("{s:[{s:i, s:i}]}", "SupportedSchemaVersions", "Major", SCHEMA_MAJOR, "Minor", SCHEMA_MINOR);
}

static json_t *no_groups(void)
{
    return json_pack("{s:[]}", "CpuGroups");
}

static json_t *no_instances(void)
{
    return json_pack("{s:[]}", "Instances");
}

static json_t *quality_of_service(void)
{
    return json_pack("{s:b}", "ProcessorQoSSupported", 1);
}

static const struct service_property {
    const char *name;
    json_t *(*write)(void);
} by_type[] =
    {
        {"Basic", basic},
        {"ProcessorTopology", tri_hcs_processor_topology},
        {"CpuGroup", no_groups},
        {"QoSCapabilities", quality_of_service},
        {"ContainerCredentialGuard", no_instances},
        {NULL, NULL},
},
  by_query[] = {
      {"ProcessorCapabilities", tri_hcs_processor_capabilities},
      {NULL, NULL},
};

static const struct service_property *find(const struct service_property *properties, const char *name)
{
    while (properties->name && strcmp(properties->name, name) != 0)
        properties++;
    return properties->name ? properties : NULL;
}

static json_t *not_found(void)
{
    return json_pack("{s:{s:i, s:s}}", "Error", "Error", (int)HRESULT_FROM_WIN32(ERROR_NOT_FOUND), "ErrorMessage",
                     "There is no such property here.");
}

static json_t *answer_types(const json_t *types)
{
    TRI_AUTO_JSON json_t *answers = json_array();
    size_t index;
    json_t *type;
    json_array_foreach (types, index, type) {
        const struct service_property *property = find(by_type, json_string_value(type));
        if (json_array_append_new(answers, property ? property->write() : not_found()) < 0)
            return NULL;
    }
    return TRI_TAKE(answers);
}

static json_t *answer_queries(json_t *queries)
{
    TRI_AUTO_JSON json_t *answers = json_object();
    const char *name;
    json_t *ignored;
    json_object_foreach (queries, name, ignored) {
        const struct service_property *property = find(by_query, name);
        json_t *answer = property ? json_pack("{s:o}", "Response", property->write()) : not_found();
        if (json_object_set_new(answers, name, answer) < 0)
            return NULL;
    }
    return TRI_TAKE(answers);
}

static json_t *answer(const json_t *query)
{
    json_t *types = json_object_get(query, "PropertyTypes");
    json_t *queries = json_object_get(query, "PropertyQueries");
    bool ask_types = json_array_size(types) > 0, ask_queries = json_object_size(queries) > 0;
    if (!ask_types && !ask_queries)
        return json_pack("{s:[o]}", "Properties", basic());
    return json_pack("{s:o*, s:o*}", "Properties", ask_types ? answer_types(types) : NULL, "PropertyResponses",
                     ask_queries ? answer_queries(queries) : NULL);
}

HRESULT WINAPI HcsGetServiceProperties(PCWSTR propertyQuery, PWSTR *result)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    TRI_AUTO_JSON json_t *query = NULL;
    if (!result)
        return E_INVALIDARG;
    *result = NULL;
    int r = tri_hcs_document_read(propertyQuery, &tri_schema_service_query, &query, &error);
    if (r < 0)
        return answer_error(r, &error, result);
    return tri_hcs_hresult(tri_hcs_document_write(answer(query), result));
}

/* Whatever is well-formed asks for processor groups or credentials, and there are none to change. */
HRESULT WINAPI HcsModifyServiceSettings(PCWSTR settings, PWSTR *result)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    TRI_AUTO_JSON json_t *document = NULL;
    if (result)
        *result = NULL;
    if (!settings)
        return E_INVALIDARG;
    int r = tri_hcs_document_read(settings, &tri_schema_service_modification, &document, &error);
    return answer_error(r < 0 ? r : TRI_COMPUTE_NOT_IMPLEMENTED, &error, result);
}

/* ---- crash reports ---- */

static int write_report(const json_t *report)
{
    TRI_AUTO_FREE char *text = json_dumps(report, JSON_INDENT(2));
    TRI_AUTO_SPACE struct tri_space folder = TRI_SPACE_NONE;
    int r = text ? tri_space_open("crash-reports", true, &folder, NULL) : -ENOMEM;
    if (r < 0)
        return r;
    char name[64];
    snprintf(name, sizeof(name), "%" PRIu64 "-%d.json", tri_clock_wall_ns(), (int)gettid());
    return tri_file_write(folder.fd, name, text, strlen(text), 0600);
}

HRESULT WINAPI HcsSubmitWerReport(PCWSTR settings)
{
    TRI_AUTO_JSON json_t *report = NULL;
    if (!settings)
        return E_INVALIDARG;
    int r = tri_hcs_document_read(settings, &tri_schema_crash_report, &report, NULL);
    return tri_hcs_hresult(r < 0 ? r : write_report(report));
}

/* ---- files of virtual machines ---- */

static int path_in(PCWSTR text, char **ret)
{
    TRI_AUTO_FREE char *path = NULL;
    int r = text ? tri_utf8_from_utf16((const char16_t *)text, &path) : -EINVAL;
    if (r == 0 && path[0] != '/')
        r = -EINVAL;
    if (r == 0)
        *ret = TRI_TAKE(path);
    return r;
}

static int write_all(int fd, const char *text)
{
    ssize_t written = write(fd, text, strlen(text));
    return written < 0 ? -errno : written == (ssize_t)strlen(text) ? 0 : -ENOSPC;
}

/* The file is named by its first line, and holds no state yet. */
static HRESULT create_empty(PCWSTR text, const char *first_line)
{
    TRI_AUTO_FREE char *path = NULL;
    int r = path_in(text, &path);
    if (r < 0)
        return tri_hcs_hresult(r);
    TRI_AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    r = fd < 0 ? -errno : write_all(fd, first_line);
    if (fd >= 0 && r < 0)
        unlink(path);
    return tri_hcs_hresult(r);
}

HRESULT WINAPI HcsCreateEmptyGuestStateFile(PCWSTR guestStateFilePath)
{
    return create_empty(guestStateFilePath, "trireme guest state 1\n");
}

HRESULT WINAPI HcsCreateEmptyRuntimeStateFile(PCWSTR runtimeStateFilePath)
{
    return create_empty(runtimeStateFilePath, "trireme runtime state 1\n");
}

/* A virtual machine would run as the caller: what the caller may read, it may, and nothing else can be granted. */
static HRESULT check_access(PCWSTR text)
{
    TRI_AUTO_FREE char *path = NULL;
    int r = path_in(text, &path);
    if (r == 0 && access(path, R_OK) < 0)
        r = -errno;
    return tri_hcs_hresult(r);
}

static HRESULT check_exists(PCWSTR text)
{
    TRI_AUTO_FREE char *path = NULL;
    int r = path_in(text, &path);
    if (r == 0 && access(path, F_OK) < 0)
        r = -errno;
    return tri_hcs_hresult(r);
}

HRESULT WINAPI HcsGrantVmAccess(PCWSTR vmId, PCWSTR filePath)
{
    return vmId && *vmId ? check_access(filePath) : E_INVALIDARG;
}

HRESULT WINAPI HcsRevokeVmAccess(PCWSTR vmId, PCWSTR filePath)
{
    return vmId && *vmId ? check_exists(filePath) : E_INVALIDARG;
}

HRESULT WINAPI HcsGrantVmGroupAccess(PCWSTR filePath)
{
    return check_access(filePath);
}

HRESULT WINAPI HcsRevokeVmGroupAccess(PCWSTR filePath)
{
    return check_exists(filePath);
}

HRESULT WINAPI HcsGetProcessorCompatibilityFromSavedState(PCWSTR RuntimeFileName, PCWSTR *ProcessorFeaturesString)
{
    if (ProcessorFeaturesString)
        *ProcessorFeaturesString = NULL;
    return RuntimeFileName ? E_NOTIMPL : E_INVALIDARG;
}
