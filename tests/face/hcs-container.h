/* Real containers for the tests of the face: a root file system of busybox, and what one does with systems and processes. */
#ifndef TRI_TESTS_FACE_HCS_CONTAINER_H
#define TRI_TESTS_FACE_HCS_CONTAINER_H

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "hcs-face.h"

static char face_files[48], face_rootfs[64]; /* a folder of the test's own, and the root in it */
static const char *skip_reason;

/* Real containers need root, a runtime, and something to run. */
#define NEEDS_CONTAINERS                                                                                               \
    do {                                                                                                               \
        (void)state;                                                                                                   \
        if (skip_reason) {                                                                                             \
            printf("# skipped: %s\n", skip_reason);                                                                    \
            skip();                                                                                                    \
        }                                                                                                              \
    } while (0)

static inline int make_rootfs(void)
{
    snprintf(face_files, sizeof(face_files), "/tmp/trireme-files-XXXXXX");
    if (!mkdtemp(face_files) || chmod(face_files, 0755) < 0)
        return -1;
    snprintf(face_rootfs, sizeof(face_rootfs), "%s/rootfs", face_files);
    return run_command(
        "mkdir '%s' && cd '%s' && mkdir bin etc tmp proc sys dev run data && chmod 1777 tmp && cp /bin/busybox bin/ && "
        "for a in $(/bin/busybox --list); do [ $a = busybox ] || ln -s busybox bin/$a; done && "
        "printf 'root:x:0:0::/root:/bin/sh\\nalice:x:1000:1001::/home/alice:/bin/sh\\n' > etc/passwd && "
        "printf 'root:x:0:\\nalice:x:1001:\\nstaff:x:50:alice\\n' > etc/group && "
        "printf 'not a program' > bin/garbage && chmod 755 bin/garbage && "
        "printf '#!/bin/sh\\n' > bin/locked && chmod 600 bin/locked",
        face_rootfs, face_rootfs);
}

static inline int set_up_containers(void **state)
{
    if (make_face_folder(state) < 0)
        return -1;
    if (geteuid() != 0)
        skip_reason = "containers need root";
    else if (run_command("command -v runc crun >/dev/null") != 0 && !getenv("TRIREME_OCI_RUNTIME"))
        skip_reason = "there is no OCI runtime";
    else if (access("/bin/busybox", X_OK) < 0 || run_command("ldd /bin/busybox >/dev/null 2>&1") == 0)
        skip_reason = "there is no static /bin/busybox";
    return skip_reason ? 0 : make_rootfs();
}

static inline void kill_leftovers(void)
{
    /* A test that failed half-way leaves a shim; it ends when its container is gone, which its folder names. */
    run_command(
        "for f in '%s'/*/*/; do "
        "id=$(sed -n 's/.*\"runtime_id\": *\"\\([^\"]*\\)\".*/\\1/p' \"$f/spec.json\" 2>/dev/null | head -1); "
        "[ -n \"$id\" ] || continue; "
        "runc --root \"$f/runtime\" delete --force \"$id\" >/dev/null 2>&1; done; "
        "for p in $(ls /proc | grep -E '^[0-9]+$'); do "
        "cat /proc/$p/cmdline 2>/dev/null | tr '\\0' ' ' | grep -q 'trireme-shim %s/' && kill -9 $p; done; true",
        face_folder, face_folder);
}

static inline int tear_down_containers(void **state)
{
    kill_leftovers();
    if (!skip_reason)
        run_command("rm -rf --one-file-system '%s'", face_files);
    return remove_face_folder(state);
}

/* ---- systems ---- */

#define PLAIN                                                                                                          \
    "{\"Owner\":\"face\",\"SchemaVersion\":{\"Major\":2,\"Minor\":1},\"ShouldTerminateOnLastHandleClosed\":true,"      \
    "\"Container\":{\"Storage\":{\"Path\":\"%s\"}}}"

static inline HRESULT try_create(const char *id, const char *document, HCS_SYSTEM *ret_system, const char **ret_text)
{
    WCHAR *wide_id = wide("%s", id), *wide_document = wide("%s", document);
    HRESULT hr = RUN(HcsCreateComputeSystem(wide_id, wide_document, OP, NULL, ret_system), ret_text);
    LocalFree(wide_id);
    LocalFree(wide_document);
    return hr;
}

static inline HCS_SYSTEM create_system(const char *id, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline HCS_SYSTEM create_system(const char *id, const char *format, ...)
{
    char document[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(document, sizeof(document), format, args);
    va_end(args);
    HCS_SYSTEM system = NULL;
    assert_hr(S_OK, try_create(id, document, &system, NULL));
    assert_non_null(system);
    return system;
}

static inline HCS_SYSTEM create_plain(const char *id)
{
    return create_system(id, PLAIN, face_rootfs);
}

static inline HCS_SYSTEM start_plain(const char *id)
{
    HCS_SYSTEM system = create_plain(id);
    assert_hr(S_OK, RUN(HcsStartComputeSystem(system, OP, NULL), NULL));
    return system;
}

static inline HCS_SYSTEM open_system(const char *id)
{
    WCHAR *wide_id = wide("%s", id);
    HCS_SYSTEM system = NULL;
    assert_hr(S_OK, HcsOpenComputeSystem(wide_id, GENERIC_ALL, &system));
    LocalFree(wide_id);
    return system;
}

static inline HRESULT try_open(const char *id)
{
    WCHAR *wide_id = wide("%s", id);
    HCS_SYSTEM system = NULL;
    HRESULT hr = HcsOpenComputeSystem(wide_id, GENERIC_ALL, &system);
    LocalFree(wide_id);
    HcsCloseComputeSystem(system);
    return hr;
}

static inline void terminate_and_close(HCS_SYSTEM system)
{
    const char *text;
    HRESULT hr = RUN(HcsTerminateComputeSystem(system, OP, NULL), &text);
    if (hr != S_OK)
        assert_hr(HCS_E_SYSTEM_ALREADY_STOPPED, hr);
    HcsCloseComputeSystem(system);
}

static inline const char *properties(HCS_SYSTEM system, PCWSTR query)
{
    const char *text;
    assert_hr(S_OK, RUN(HcsGetComputeSystemProperties(system, OP, query), &text));
    return text;
}

static inline const char *exit_of_system(HCS_SYSTEM system)
{
    PWSTR document = NULL;
    assert_hr(S_OK, HcsWaitForComputeSystemExit(system, WAIT_MS, &document));
    return narrow(document);
}

static inline HRESULT modify(HCS_SYSTEM system, const char **ret_text, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static inline HRESULT modify(HCS_SYSTEM system, const char **ret_text, const char *format, ...)
{
    char document[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(document, sizeof(document), format, args);
    va_end(args);
    WCHAR *text = wide("%s", document);
    HRESULT hr = RUN(HcsModifyComputeSystem(system, OP, text, NULL), ret_text);
    LocalFree(text);
    return hr;
}

/* ---- processes ---- */

struct run {
    HCS_PROCESS process;
    HCS_PROCESS_INFORMATION info;
};

static inline HRESULT try_process(HCS_SYSTEM system, const char *parameters, struct run *run, const char **ret_text)
{
    WCHAR *text = wide("%s", parameters);
    PWSTR document = NULL;
    HCS_OPERATION operation = new_operation();
    *run = (struct run){0};
    HRESULT hr = HcsCreateProcess(system, text, operation, NULL, &run->process);
    LocalFree(text);
    if (SUCCEEDED(hr))
        hr = HcsWaitForOperationResultAndProcessInfo(operation, WAIT_MS, &run->info, &document);
    const char *answer = narrow(document);
    if (ret_text)
        *ret_text = answer;
    else if (FAILED(hr))
        printf("# process 0x%08X %.600s\n", (uint32_t)hr, answer);
    HcsCloseOperation(operation);
    return hr;
}

static inline struct run start_process(HCS_SYSTEM system, const char *parameters)
{
    struct run run;
    assert_hr(S_OK, try_process(system, parameters, &run, NULL));
    assert_non_null(run.process);
    assert_true(run.info.ProcessId > 0);
    return run;
}

static inline void finish_run(struct run *run)
{
    HANDLE handles[] = {run->info.StdInput, run->info.StdOutput, run->info.StdError};
    for (int i = 0; i < 3; i++)
        if (handles[i])
            CloseHandle(handles[i]);
    HcsCloseProcess(run->process);
    *run = (struct run){0};
}

/* All that can be read, NUL-ended; the handle stays. Free it. */
static inline char *read_all(HANDLE handle, size_t *ret_size)
{
    size_t size = 0, room = 4096;
    char *data = malloc(room + 1);
    DWORD count = 0;
    while (ReadFile(handle, data + size, (DWORD)(room - size), &count, NULL) && count > 0) {
        size += count;
        if (size == room)
            data = realloc(data, (room *= 2) + 1);
    }
    data[size] = 0;
    if (ret_size)
        *ret_size = size;
    return data;
}

/* Reads until the text has come, or the stream ends. */
static inline void read_until(HANDLE handle, const char *text)
{
    char seen[65536] = "";
    DWORD size = 0, count = 0;
    while (!strstr(seen, text) && size < sizeof(seen) - 1 &&
           ReadFile(handle, seen + size, (DWORD)sizeof(seen) - 1 - size, &count, NULL) && count > 0)
        seen[size += count] = 0;
    assert_says(seen, text);
}

static inline const char *exit_of_process(HCS_PROCESS process)
{
    PWSTR document = NULL;
    assert_hr(S_OK, HcsWaitForProcessExit(process, WAIT_MS, &document));
    return narrow(document);
}

static inline void expect_exit(HCS_PROCESS process, unsigned code)
{
    char part[64];
    snprintf(part, sizeof(part), "\"Exited\":true,\"ExitCode\":%u,\"LastWaitResult\":0", code);
    assert_says(exit_of_process(process), part);
}

/* A container that is an OCI bundle taken whole, whose own process runs a shell script. `root` and the braces around
 * what follows it are the caller's. */
#define OCI_SPECIFICATION                                                                                              \
    "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"%s\"},\"process\":{\"args\":[\"/bin/sh\",\"-c\",\"%s\"],"          \
    "\"env\":[\"PATH=/bin\"],\"cwd\":\"/"                                                                              \
    "\",\"user\":{\"uid\":0,\"gid\":0},\"capabilities\":{\"bounding\":[\"CAP_KILL\"],"                                 \
    "\"effective\":[\"CAP_KILL\"],\"permitted\":[\"CAP_KILL\"]}},\"mounts\":[{\"destination\":\"/"                     \
    "proc\",\"type\":\"proc\","                                                                                        \
    "\"source\":\"proc\"}],\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"mount\"},{\"type\":\"ipc\"},"     \
    "{\"type\":\"uts\"},{\"type\":\"network\"}]}}"
#define HOSTED                                                                                                         \
    "{\"SchemaVersion\":{\"Major\":2,\"Minor\":1},\"ShouldTerminateOnLastHandleClosed\":true,\"HostedSystem\":{"       \
    "\"SchemaVersion\":{\"Major\":2,\"Minor\":1},\"OciSpecification\":" OCI_SPECIFICATION "}}"

static inline HCS_SYSTEM start_oci(const char *id, const char *script)
{
    HCS_SYSTEM system = create_system(id, HOSTED, face_rootfs, script);
    assert_hr(S_OK, RUN(HcsStartComputeSystem(system, OP, NULL), NULL));
    return system;
}

/* A container that ignores a request to shut down, so that one can be watched while it is pending. */
static inline HCS_SYSTEM start_stubborn(const char *id)
{
    HCS_SYSTEM system = start_oci(id, "trap 'echo no' TERM; echo ready; while :; do sleep 1; done");
    struct run init = start_process(system, "{\"CreateStdOutPipe\":true}");
    read_until(init.info.StdOutput, "ready");
    finish_run(&init);
    return system;
}

/* Runs a shell command to its end; its output. */
static inline const char *shell(HCS_SYSTEM system, const char *command, unsigned expected_code)
{
    static char output[65536];
    char parameters[8192];
    snprintf(parameters, sizeof(parameters), "{\"CommandArgs\":[\"/bin/sh\",\"-c\",\"%s\"],\"CreateStdOutPipe\":true}",
             command);
    struct run run = start_process(system, parameters);
    char *text = read_all(run.info.StdOutput, NULL);
    snprintf(output, sizeof(output), "%s", text);
    free(text);
    expect_exit(run.process, expected_code);
    finish_run(&run);
    return output;
}

#endif
