/* trireme mof: classes and instances from MOF text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "query-service.h"
#include "verbs.h"

#define BYTES_MAX (64u << 20)

struct settings {
    struct tri_management_settings management;
    bool check;
};

static const struct tri_option options[] = {
    {"check", 0, NULL, tri_parse_flag, offsetof(struct settings, check), "only read it, and store nothing"},
    {0},
};

/* All of standard input; NULL: errno says why, EFBIG also where it is longer than any such text. */
static char *read_input(size_t *ret_size)
{
    char *bytes = NULL;
    size_t size = 0, got;

    do {
        bytes = tri_checked(realloc(bytes, size + BUFSIZ));
        got = fread(bytes + size, 1, BUFSIZ, stdin);
        size += got;
    } while (got && size <= BYTES_MAX);
    if (!ferror(stdin) && size <= BYTES_MAX) {
        *ret_size = size;
        return bytes;
    }
    errno = ferror(stdin) ? errno : EFBIG;
    free(bytes);
    return NULL;
}

/* A file is compiled under its name, which is what the names of files that it includes are relative to; bytes: NULL, or the
 * text that is in no file. */
static HRESULT compile(const struct settings *settings, const char *path, char *bytes, size_t size,
                       WBEM_COMPILE_STATUS_INFO *info)
{
    TRI_AUTO_RELEASE IMofCompiler *compiler = NULL;
    TRI_AUTO_BSTR BSTR file = tri_bstr(path);
    TRI_AUTO_BSTR BSTR name_space =
        tri_bstr(settings->management.name_space ? settings->management.name_space : "root\\cimv2");
    LONG flags = settings->check ? WBEM_FLAG_CHECK_ONLY : 0;

    HRESULT hr =
        CoCreateInstance(&CLSID_MofCompiler, NULL, CLSCTX_INPROC_SERVER, &IID_IMofCompiler, (void **)&compiler);
    if (FAILED(hr))
        return hr;
    return bytes ? IMofCompiler_CompileBuffer(compiler, (LONG)size, (BYTE *)bytes, name_space, NULL, NULL, NULL, flags,
                                              0, 0, info)
                 : IMofCompiler_CompileFile(compiler, file, name_space, NULL, NULL, NULL, flags, 0, 0, info);
}

static int run(struct tri_cli *cli)
{
    WBEM_COMPILE_STATUS_INFO info = {0};
    const char *path = cli->argv[0];
    bool is_input = !strcmp(path, "-");
    size_t size = 0;
    TRI_AUTO_FREE char *bytes = is_input ? read_input(&size) : NULL;

    if (!*path)
        return tri_fail(cli, "the name of the FILE is empty; - stands for the standard input");
    if (is_input && !bytes)
        return tri_fail(cli, "cannot read standard input: %s", strerror(errno));
    HRESULT hr = compile(cli->settings, path, bytes, size, &info);
    if (FAILED(hr))
        return tri_fail_com(cli, hr, "cannot compile %s", path);
    if (hr == WBEM_S_NO_ERROR) {
        if (cli->json)
            tri_print_document(tri_checked(json_object()));
        return TRI_EXIT_OK;
    }
    return tri_fail_com(cli, info.hRes, "cannot compile %s", path);
}

const struct tri_verb tri_verb_mof = {
    .name = "mof",
    .arguments = "FILE|-",
    .summary = "make classes and instances from MOF text",
    .example = "trireme mof --check site.mof",
    .options = options,
    .shared = tri_management_options,
    .settings_size = sizeof(struct settings),
    .argc_min = 1,
    .argc_max = 1,
    .run = run,
};
