/* A first container through the Host Compute System API.
 *
 *     cc -o first-container first-container.c $(pkg-config --cflags --libs trireme)
 *
 * Every step is an operation: it is started, can be polled, waited on with a timeout, and asked for its result document.
 * The document names no storage, so the container sees a throw-away copy of the host's own root. */
#include <computecore.h>
#include <stdio.h>
#include <trireme.h>
#include <unistd.h>

#define WAIT_MS 30000

/* Prints what went wrong: the name of the code and, where there is one, the ResultError document. */
static int failed(const char *what, HRESULT result, PWSTR document)
{
    const char *name = trireme_hresult_name(result);
    char *text = document ? trireme_utf8_from_utf16(document) : NULL;
    fprintf(stderr, "%s: %s (0x%08X) %s\n", what, name ? name : "?", (unsigned)result, text ? text : "");
    LocalFree(text);
    LocalFree(document);
    return 1;
}

/* Waits for what was just started on the operation, and says how it ended. */
static int finish(const char *what, HRESULT started, HCS_OPERATION operation)
{
    PWSTR document = NULL;
    HRESULT result = started;
    if (SUCCEEDED(result))
        result = HcsWaitForOperationResult(operation, WAIT_MS, &document);
    if (FAILED(result))
        return failed(what, result, document);
    char *text = document ? trireme_utf8_from_utf16(document) : NULL;
    printf("%-10s operation %llu: %s\n", what, (unsigned long long)HcsGetOperationId(operation), text ? text : "done");
    LocalFree(text);
    LocalFree(document);
    return 0;
}

/* Starts a process with a pipe on its standard output, and copies what it says. */
static int run_process(HCS_SYSTEM container, HCS_OPERATION operation)
{
    HCS_PROCESS process = NULL;
    HCS_PROCESS_INFORMATION information = {0, 0, NULL, NULL, NULL};
    PWSTR document = NULL;
    HRESULT result = HcsCreateProcess(container,
                                      u"{\"CommandArgs\":[\"sh\",\"-c\",\"echo process $$ on $(uname -n); exit 7\"],"
                                      u"\"CreateStdOutPipe\":true}",
                                      operation, NULL, &process);
    printf("%-10s operation %llu: %s\n", "process", (unsigned long long)HcsGetOperationId(operation),
           HcsGetOperationResult(operation, NULL) == HCS_E_OPERATION_PENDING ? "pending" : "done already");
    if (SUCCEEDED(result))
        result = HcsWaitForOperationResultAndProcessInfo(operation, WAIT_MS, &information, &document);
    if (FAILED(result))
        return failed("process", result, document);

    char text[256];
    ssize_t size;
    while ((size = read(trireme_handle_fd(information.StdOutput), text, sizeof text)) > 0)
        fwrite(text, 1, (size_t)size, stdout);
    CloseHandle(information.StdOutput);

    result = HcsWaitForProcessExit(process, WAIT_MS, &document);
    if (SUCCEEDED(result)) {
        char *status = trireme_utf8_from_utf16(document);
        printf("%-10s %s\n", "exit", status ? status : "?");
        LocalFree(status);
        LocalFree(document);
    }
    HcsCloseProcess(process);
    return FAILED(result) ? failed("exit", result, NULL) : 0;
}

int main(void)
{
    HCS_SYSTEM container = NULL;
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    if (!operation)
        return 1;
    HRESULT started = HcsCreateComputeSystem(u"first-container",
                                             u"{\"Owner\":\"example\",\"SchemaVersion\":{\"Major\":2,\"Minor\":1},"
                                             u"\"ShouldTerminateOnLastHandleClosed\":true,"
                                             u"\"Container\":{\"GuestOs\":{\"HostName\":\"first\"},"
                                             u"\"Memory\":{\"SizeInMB\":64}}}",
                                             operation, NULL, &container);
    int bad = finish("create", started, operation) ||
              finish("start", HcsStartComputeSystem(container, operation, NULL), operation) ||
              run_process(container, operation) ||
              finish("properties", HcsGetComputeSystemProperties(container, operation, NULL), operation) ||
              finish("terminate", HcsTerminateComputeSystem(container, operation, NULL), operation);
    HcsCloseOperation(operation);
    HcsCloseComputeSystem(container);
    return bad;
}
