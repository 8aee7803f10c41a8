/* IWbemLocator: from "\\server\namespace" to a namespace of this machine. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wbemprov.h>

#include "base/cleanup.h"
#include "management/wmi/services.h"

#define RESOURCE_UNITS_MAX 8192
#define DEFAULT_NAMESPACE "root\\cimv2"

struct locator {
    struct tri_com_object com;
    struct tri_com_face IWbemLocator_face;
};

static bool is_slash(char c)
{
    return c == '\\' || c == '/';
}

static HRESULT no_such_namespace(const char *resource)
{
    return tri_wmi_refuse(WBEM_E_INVALID_NAMESPACE, "ConnectServer",
                          "\"%.300s\" is no namespace: write it as root\\cimv2 or \\\\.\\root\\cimv2.", resource);
}

static bool is_this_machine(const char *name, size_t length)
{
    const char *const own[] = {".", "localhost", "127.0.0.1", tri_server_name()};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strlen(own[i]) == length && !strncasecmp(name, own[i], length))
            return true;
    return false;
}

/* Finds the namespace behind the server's name, if there is one. */
static HRESULT split_resource(const char *resource, const char **ret_namespace)
{
    *ret_namespace = resource;
    if (!is_slash(resource[0]))
        return S_OK;
    if (!is_slash(resource[1]) || !resource[2])
        return no_such_namespace(resource);
    const char *server = resource + 2;
    size_t length = strcspn(server, "\\/");
    if (length == 0)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, "ConnectServer", "There is no server's name in \"%.300s\".",
                              resource);
    if (!is_this_machine(server, length))
        return tri_wmi_refuse(HRESULT_FROM_WIN32(RPC_S_SERVER_UNAVAILABLE), "ConnectServer",
                              "Another machine (\"%.*s\") cannot be reached: only this one, which is \".\".",
                              (int)(length < 255 ? length : 255), server);
    if (!server[length])
        return no_such_namespace(resource);
    *ret_namespace = server + length + 1;
    return S_OK;
}

/* Every part of a namespace's path has a name; the engine knows which there are. */
static bool has_empty_part(const char *path)
{
    for (const char *at = path;; at++) {
        size_t length = strcspn(at, "\\/");
        if (length == 0)
            return true;
        at += length;
        if (!*at)
            return false;
    }
}

static HRESULT check_credentials(const WCHAR *user, const WCHAR *password, const WCHAR *authority)
{
    if (user && !*user)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, "ConnectServer",
                              "The user's name is NULL or a name, not empty.");
    if (user || (password && *password) || (authority && *authority))
        return tri_wmi_refuse(WBEM_E_LOCAL_CREDENTIALS, "ConnectServer",
                              "On this machine you are who you are: user, password and authority must be NULL.");
    return S_OK;
}

static HRESULT check_flags(LONG flags)
{
    const LONG known = WBEM_FLAG_CONNECT_REPOSITORY_ONLY | WBEM_FLAG_CONNECT_USE_MAX_WAIT | WBEM_FLAG_CONNECT_PROVIDERS;
    if (flags & ~known)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, "ConnectServer", "The security flags 0x%x mean nothing.",
                              (unsigned)(flags & ~known));
    return S_OK;
}

static HRESULT open_resource(const char *resource, IWbemServices **ret)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    const char *path;
    struct tri_namespace *ns;
    HRESULT hr = split_resource(resource, &path);
    if (FAILED(hr))
        return hr;
    if (has_empty_part(path))
        return no_such_namespace(resource);
    int code = tri_namespace_open(path, &ns, &error);
    return code < 0 ? tri_wmi_fail("ConnectServer", resource, code, &error) : tri_wmi_services_new(ns, ret);
}

/* Connecting waits for nothing, so WBEM_FLAG_CONNECT_USE_MAX_WAIT has nothing to limit. */
static HRESULT STDMETHODCALLTYPE locator_ConnectServer(IWbemLocator *This, const BSTR strNetworkResource,
                                                       const BSTR strUser, const BSTR strPassword, const BSTR strLocale,
                                                       LONG lSecurityFlags, const BSTR strAuthority, IWbemContext *pCtx,
                                                       IWbemServices **ppNamespace)
{
    TRI_AUTO_FREE char *resource = NULL;
    if (!ppNamespace)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, "ConnectServer",
                              "ConnectServer needs a place for the namespace.");
    *ppNamespace = NULL;
    HRESULT hr = check_flags(lSecurityFlags);
    if (FAILED(hr) || FAILED(hr = check_credentials(strUser, strPassword, strAuthority)))
        return hr;
    if (FAILED(hr = tri_wmi_utf8(strNetworkResource, RESOURCE_UNITS_MAX, &resource)))
        return tri_wmi_refuse(hr, "ConnectServer",
                              "The namespace's name cannot be taken: it is too long, or there is "
                              "not enough memory.");
    hr = open_resource(resource ? resource : DEFAULT_NAMESPACE, ppNamespace);
    if (SUCCEEDED(hr))
        tri_wmi_clear_error();
    return hr;
}

/* ---- the class ---- */

static const IWbemLocatorVtbl locator_vtbl = {
    TRI_COM_UNKNOWN(IWbemLocator),
    .ConnectServer = locator_ConnectServer,
};

static const struct tri_com_row locator_rows[] = {
    {&IID_IWbemLocator, offsetof(struct locator, IWbemLocator_face), &locator_vtbl},
};

static const struct tri_com_class locator_class = {
    .name = "locator",
    .size = sizeof(struct locator),
    .rows = locator_rows,
    .row_count = sizeof locator_rows / sizeof locator_rows[0],
};

static HRESULT locator_new(REFIID iid, void **ret)
{
    return tri_com_create(&locator_class, iid, ret);
}

/* Windows has one class for each place that the user's name is checked in. */
const struct tri_com_factory tri_wmi_locator_factory = {.clsid = &CLSID_WbemLocator, .create = locator_new};
const struct tri_com_factory tri_wmi_administrative_locator_factory = {.clsid = &CLSID_WbemAdministrativeLocator,
                                                                       .create = locator_new};
const struct tri_com_factory tri_wmi_authenticated_locator_factory = {.clsid = &CLSID_WbemAuthenticatedLocator,
                                                                      .create = locator_new};
const struct tri_com_factory tri_wmi_unauthenticated_locator_factory = {.clsid = &CLSID_WbemUnauthenticatedLocator,
                                                                        .create = locator_new};
