/* One source, two systems: a client of the WMI API as it is written for Windows. Compiled by mingw it asks Wine, compiled
 * with -fshort-wchar it asks Trireme. Prints "name value unit" lines; names begin with the first argument.
 *   client PREFIX RUNS */
#define COBJMACROS
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <wbemcli.h>
#ifdef _WIN32
#include <windows.h>

static double now_us(void)
{
    LARGE_INTEGER count, each_second;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&each_second);
    return (double)count.QuadPart * 1e6 / (double)each_second.QuadPart;
}
#else
static double now_us(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}
#endif

enum { MAX_RUNS = 100 };

static int order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void emit(const char *prefix, const char *name, double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, order);
    printf("%s.%s %.6g us\n", prefix, name, values[count / 2]);
}

static void check(HRESULT hr, const char *what)
{
    if (FAILED(hr)) {
        fprintf(stderr, "%s: %#x\n", what, (unsigned)hr);
        exit(1);
    }
}

static IWbemServices *open_namespace(void)
{
    IWbemLocator *locator;
    IWbemServices *services;
    BSTR path = SysAllocString(L"ROOT\\CIMV2");
    check(CoCreateInstance(&CLSID_WbemLocator, NULL, CLSCTX_INPROC_SERVER, &IID_IWbemLocator, (void **)&locator),
          "CoCreateInstance");
    check(IWbemLocator_ConnectServer(locator, path, NULL, NULL, NULL, 0, NULL, NULL, &services), "ConnectServer");
    IWbemLocator_Release(locator);
    SysFreeString(path);
    return services;
}

/* Every value of the object, as who uses the answer reads it. */
static void read_values(IWbemClassObject *object)
{
    BSTR name;
    VARIANT value;
    check(IWbemClassObject_BeginEnumeration(object, WBEM_FLAG_NONSYSTEM_ONLY), "BeginEnumeration");
    while (IWbemClassObject_Next(object, 0, &name, &value, NULL, NULL) == WBEM_S_NO_ERROR) {
        SysFreeString(name);
        VariantClear(&value);
    }
    IWbemClassObject_EndEnumeration(object);
}

static long read_processes(IWbemServices *services)
{
    IEnumWbemClassObject *rows;
    IWbemClassObject *row;
    BSTR language = SysAllocString(L"WQL"), query = SysAllocString(L"SELECT * FROM Win32_Process");
    ULONG got;
    long count = 0;
    check(IWbemServices_ExecQuery(services, language, query, WBEM_FLAG_RETURN_IMMEDIATELY | WBEM_FLAG_FORWARD_ONLY, NULL,
                                  &rows),
          "ExecQuery");
    while (IEnumWbemClassObject_Next(rows, WBEM_INFINITE, 1, &row, &got) == WBEM_S_NO_ERROR && got == 1) {
        read_values(row);
        IWbemClassObject_Release(row);
        count++;
    }
    IEnumWbemClassObject_Release(rows);
    SysFreeString(language);
    SysFreeString(query);
    return count;
}

int main(int argc, char **argv)
{
    double connects[MAX_RUNS], each_row[MAX_RUNS];
    int runs = argc > 2 ? atoi(argv[2]) : 0;
    if (runs < 1 || runs > MAX_RUNS)
        return 2;
    check(CoInitializeEx(NULL, COINIT_MULTITHREADED), "CoInitializeEx");
    for (int run = 0; run < runs; run++) {
        double begin = now_us();
        IWbemServices *services = open_namespace();
        connects[run] = now_us() - begin;
        begin = now_us();
        long rows = read_processes(services);
        if (rows < 1)
            return 1;
        each_row[run] = (now_us() - begin) / (double)rows;
        IWbemServices_Release(services);
    }
    printf("%s.connect %.6g us\n", argv[1], connects[0]); /* the first one, which a short program pays */
    emit(argv[1], "connect_again", connects, runs);
    emit(argv[1], "row", each_row, runs);
    CoUninitialize();
    return 0;
}
