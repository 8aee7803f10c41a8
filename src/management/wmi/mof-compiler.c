/* IMofCompiler: MOF text into a namespace, as one change. */
#include <errno.h>
#include <fcntl.h>
#include <oleauto.h>
#include <stdio.h>
#include <string.h>
#include <trireme.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "management/call.h"
#include "management/mof.h"
#include "management/path.h"
#include "management/wmi/class-object.h"

/* WBEM_COMPILE_STATUS_INFO.lPhaseError */
enum phase { PHASE_NONE, PHASE_READING, PHASE_ARGUMENT, PHASE_STORING };

enum { MOF_BYTES_MAX = 64 << 20, PATH_UNITS_MAX = 4096 };

struct compiler {
    struct tri_com_object com;
    struct tri_com_face IMofCompiler_face;
};

/* What is to be compiled, and how. */
struct job {
    const char *method;
    const WCHAR *server_and_namespace, *user, *authority, *password;
    LONG options, class_flags, instance_flags;
    WBEM_COMPILE_STATUS_INFO *info; /* or NULL */
};

static void inform(const struct job *job, enum phase phase, HRESULT hr, const struct tri_mof_status *status)
{
    if (job->info)
        *job->info = (WBEM_COMPILE_STATUS_INFO){.lPhaseError = phase,
                                                .hRes = hr,
                                                .FirstLine = status ? status->first_line : 0,
                                                .LastLine = status ? status->last_line : 0};
}

/* ---- arguments ---- */

static HRESULT refuse(const struct job *job, HRESULT hr, const char *why)
{
    inform(job, PHASE_ARGUMENT, hr, NULL);
    return tri_wmi_refuse(hr, job->method, "%s", why);
}

/* There is no list of files to be compiled again after a loss, because nothing is lost that was stored: AUTORECOVER and
 * DONT_ADD_TO_LIST have nothing to do. */
static HRESULT check_options(const struct job *job)
{
    const LONG known = WBEM_FLAG_CHECK_ONLY | WBEM_FLAG_AUTORECOVER | WBEM_FLAG_WMI_CHECK | WBEM_FLAG_CONSOLE_PRINT |
                       WBEM_FLAG_DONT_ADD_TO_LIST;
    const LONG not_here = WBEM_FLAG_SPLIT_FILES | WBEM_FLAG_STORE_FILE;
    if (job->options & ~(known | not_here))
        return refuse(job, WBEM_E_INVALID_PARAMETER, "lOptionFlags has a flag that means nothing.");
    if (job->options & not_here)
        return refuse(job, WBEM_E_NOT_SUPPORTED, "There is no binary form of MOF here, nor are files split.");
    if ((job->options & WBEM_FLAG_AUTORECOVER) &&
        (job->server_and_namespace || job->class_flags || job->instance_flags))
        return refuse(job, WBEM_E_INVALID_PARAMETER, "WBEM_FLAG_AUTORECOVER goes with neither a namespace nor flags.");
    return S_OK;
}

static bool is_one_mode(LONG flags)
{
    return !(flags & WBEM_FLAG_UPDATE_ONLY) || !(flags & WBEM_FLAG_CREATE_ONLY);
}

/* The flags of both kinds of put as one set: they have to agree where both have a say. */
static HRESULT put_flags(const struct job *job, unsigned *ret)
{
    const LONG modes = WBEM_FLAG_UPDATE_ONLY | WBEM_FLAG_CREATE_ONLY;
    LONG update = job->class_flags & WBEM_MASK_UPDATE_MODE;
    if ((job->class_flags & ~(modes | WBEM_MASK_UPDATE_MODE)) || (job->instance_flags & ~modes) ||
        !is_one_mode(job->class_flags) || !is_one_mode(job->instance_flags) || update == WBEM_MASK_UPDATE_MODE)
        return refuse(job, WBEM_E_INVALID_PARAMETER,
                      "lClassFlags or lInstanceFlags has flags that mean nothing together.");
    if ((job->class_flags & modes) != (job->instance_flags & modes))
        return refuse(job, WBEM_E_NOT_SUPPORTED,
                      "Creating only, or updating only, has to be asked for classes and instances alike; the pragmas "
                      "classflags and instanceflags in the text tell them apart.");
    *ret = (job->class_flags & WBEM_FLAG_UPDATE_ONLY ? TRI_CALL_UPDATE_ONLY : 0) |
           (job->class_flags & WBEM_FLAG_CREATE_ONLY ? TRI_CALL_CREATE_ONLY : 0) |
           (update == WBEM_FLAG_UPDATE_SAFE_MODE ? TRI_CALL_UPDATE_SAFE : 0) |
           (update == WBEM_FLAG_UPDATE_FORCE_MODE ? TRI_CALL_UPDATE_FORCE : 0);
    return S_OK;
}

static HRESULT open_namespace(const struct job *job, struct tri_namespace **ret)
{
    TRI_AUTO_FREE char *text = NULL;
    TRI_CLEANUP(tri_path_clear) struct tri_path path = {0};
    struct tri_error error = {0};
    if (FAILED(tri_wmi_utf8(job->server_and_namespace, WBEM_MAX_PATH, &text)))
        return refuse(job, WBEM_E_QUOTA_VIOLATION, "The name of the namespace is too long.");
    int code = tri_path_parse_namespace(text ? text : "root\\default", &path, &error);
    if (code == 0 && !tri_path_is_local(&path))
        return refuse(job, HRESULT_FROM_WIN32(RPC_S_SERVER_UNAVAILABLE),
                      "Another machine cannot be reached: only this one.");
    if (code == 0)
        code = tri_namespace_open(path.name_space, ret, &error);
    if (code == 0)
        return S_OK;
    inform(job, PHASE_ARGUMENT, tri_wmi_hresult(code), NULL);
    return tri_wmi_fail(job->method, text, code, &error);
}

/* ---- compiling ---- */

/* A failure that is the text's: WBEM_S_FALSE, and where it is. */
static HRESULT tell_failure(const struct job *job, int code, const struct tri_mof_status *status,
                            struct tri_error *error)
{
    bool is_reading = code <= TRI_MANAGEMENT_MOF && code > TRI_MANAGEMENT_MOF - 0x100;
    inform(job, is_reading ? PHASE_READING : PHASE_STORING, tri_wmi_hresult(code), status);
    if (job->options & WBEM_FLAG_CONSOLE_PRINT)
        printf("%s%s%d: %s\n", status->file, status->file[0] ? ":" : "", status->line,
               error->text ? error->text : trireme_hresult_text(tri_wmi_hresult(code)));
    tri_wmi_fail(job->method, NULL, code, error);
    return WBEM_S_FALSE;
}

static HRESULT compile(const struct job *job, const void *text, size_t size, const char *file)
{
    TRI_AUTO_NAMESPACE struct tri_namespace *ns = NULL;
    struct tri_mof_status status = {0};
    struct tri_error error = {0};
    unsigned flags = 0;
    HRESULT hr = put_flags(job, &flags);
    if (SUCCEEDED(hr))
        hr = open_namespace(job, &ns);
    if (FAILED(hr))
        return hr;
    bool check_only = job->options & (WBEM_FLAG_CHECK_ONLY | WBEM_FLAG_WMI_CHECK);
    int code = tri_namespace_compile(ns, text, size, file, flags, check_only, &status, &error);
    if (code == -ENOMEM)
        return tri_wmi_fail(job->method, file, code, &error);
    if (code < 0)
        return tell_failure(job, code, &status, &error);
    tri_wmi_clear_error();
    inform(job, PHASE_NONE, WBEM_S_NO_ERROR, NULL);
    return WBEM_S_NO_ERROR;
}

static HRESULT check(const struct job *job)
{
    if (job->user || job->authority || job->password)
        return refuse(job, WBEM_E_LOCAL_CREDENTIALS,
                      "On this machine you are who you are: user, authority and password must be NULL.");
    return check_options(job);
}

/* Of the arguments that both methods have. */
#define JOB(method)                                                                                                    \
    {                                                                                                                  \
        method, ServerAndNamespace, User, Authority, Password, lOptionFlags, lClassFlags, lInstanceFlags, pInfo        \
    }

static HRESULT STDMETHODCALLTYPE compiler_CompileFile(IMofCompiler *This, LPWSTR FileName, LPWSTR ServerAndNamespace,
                                                      LPWSTR User, LPWSTR Authority, LPWSTR Password, LONG lOptionFlags,
                                                      LONG lClassFlags, LONG lInstanceFlags,
                                                      WBEM_COMPILE_STATUS_INFO *pInfo)
{
    const struct job job = JOB("IMofCompiler::CompileFile");
    TRI_AUTO_FREE char *file = NULL;
    TRI_AUTO_FREE char *text = NULL;
    size_t size;
    if (!FileName || !*FileName)
        return refuse(&job, WBEM_E_INVALID_PARAMETER, "CompileFile needs the path of a file.");
    HRESULT hr = check(&job);
    if (FAILED(hr))
        return hr;
    if (FAILED(tri_wmi_utf8(FileName, PATH_UNITS_MAX, &file)))
        return refuse(&job, WBEM_E_INVALID_PARAMETER, "The path of the file is too long.");
    int code = tri_file_read(AT_FDCWD, file, MOF_BYTES_MAX, &text, &size);
    if (code == 0)
        return compile(&job, text, size, file);
    struct tri_error error = {0};
    const struct tri_mof_status nowhere = {0};
    tri_error_set(&error, TRI_MANAGEMENT_MOF - TRI_MOF_INVALID_FILE, file, "\"%s\" cannot be read: %s.", file,
                  strerror(-code));
    return tell_failure(&job, error.code, &nowhere, &error);
}

static HRESULT STDMETHODCALLTYPE compiler_CompileBuffer(IMofCompiler *This, LONG BuffSize, BYTE *pBuffer,
                                                        LPWSTR ServerAndNamespace, LPWSTR User, LPWSTR Authority,
                                                        LPWSTR Password, LONG lOptionFlags, LONG lClassFlags,
                                                        LONG lInstanceFlags, WBEM_COMPILE_STATUS_INFO *pInfo)
{
    const struct job job = JOB("IMofCompiler::CompileBuffer");
    if (!pBuffer || BuffSize < 0)
        return refuse(&job, WBEM_E_INVALID_PARAMETER, "CompileBuffer needs a buffer and its size.");
    if (BuffSize >= 4 && memcmp(pBuffer, "FOMB", 4) == 0)
        return refuse(&job, WBEM_E_NOT_SUPPORTED,
                      "The buffer holds the binary form of MOF, which cannot be read here.");
    HRESULT hr = check(&job);
    return FAILED(hr) ? hr : compile(&job, pBuffer, (size_t)BuffSize, NULL);
}

static HRESULT STDMETHODCALLTYPE compiler_CreateBMOF(IMofCompiler *This, LPWSTR TextFileName, LPWSTR BMOFFileName,
                                                     LPWSTR ServerAndNamespace, LONG lOptionFlags, LONG lClassFlags,
                                                     LONG lInstanceFlags, WBEM_COMPILE_STATUS_INFO *pInfo)
{
    const struct job job = {.method = "IMofCompiler::CreateBMOF", .info = pInfo};
    return refuse(&job, WBEM_E_NOT_SUPPORTED, "There is no binary form of MOF here: the text is what is compiled.");
}

/* ---- the object ---- */

static const IMofCompilerVtbl compiler_vtbl = {
    TRI_COM_UNKNOWN(IMofCompiler),
    .CompileFile = compiler_CompileFile,
    .CompileBuffer = compiler_CompileBuffer,
    .CreateBMOF = compiler_CreateBMOF,
};

static const struct tri_com_row compiler_rows[] = {
    {&IID_IMofCompiler, offsetof(struct compiler, IMofCompiler_face), &compiler_vtbl},
};

static const struct tri_com_class compiler_class = {
    .name = "MOF compiler",
    .size = sizeof(struct compiler),
    .rows = compiler_rows,
    .row_count = sizeof compiler_rows / sizeof compiler_rows[0],
};

static HRESULT compiler_create(REFIID iid, void **ret)
{
    return tri_com_create(&compiler_class, iid, ret);
}

const struct tri_com_factory tri_wmi_mof_compiler_factory = {&CLSID_MofCompiler, compiler_create};
