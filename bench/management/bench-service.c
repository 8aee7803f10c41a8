/* The state of one service: through WQL, and by the two calls that it takes on an open private connection to systemd. Runs
 * beside a systemd (run.py boots one). Prints "name value unit" lines.
 *   bench-service RUNS SERVICE */
#define COBJMACROS
#include <systemd/sd-bus.h>
#include <wbemcli.h>

#include "measure.h"

#define SYSTEMD "org.freedesktop.systemd1"

enum { MAX_RUNS = 1000 };

static void good(HRESULT hr, const char *what)
{
    if (hr < 0) {
        fprintf(stderr, "benchmark: %s: %#x\n", what, (unsigned)hr);
        exit(1);
    }
}

static BSTR bstr(const char *text)
{
    OLECHAR units[256];
    size_t count = 0;
    while (text[count] && count < sizeof units / sizeof *units)
        units[count] = (OLECHAR)text[count], count++;
    return SysAllocStringLen(units, (UINT)count);
}

static IWbemServices *open_namespace(void)
{
    IWbemLocator *locator;
    IWbemServices *services;
    BSTR path = bstr("root\\cimv2");
    good(CoInitializeEx(NULL, COINIT_MULTITHREADED), "CoInitializeEx");
    good(CoCreateInstance(&CLSID_WbemLocator, NULL, CLSCTX_INPROC_SERVER, &IID_IWbemLocator, (void **)&locator), "locator");
    good(IWbemLocator_ConnectServer(locator, path, NULL, NULL, NULL, 0, NULL, NULL, &services), "ConnectServer");
    IWbemLocator_Release(locator);
    SysFreeString(path);
    return services;
}

static void ask(IWbemServices *services, BSTR language, BSTR query)
{
    IEnumWbemClassObject *rows;
    IWbemClassObject *row;
    VARIANT state;
    ULONG got;
    good(IWbemServices_ExecQuery(services, language, query, 0, NULL, &rows), "ExecQuery");
    if (IEnumWbemClassObject_Next(rows, (LONG)WBEM_INFINITE, 1, &row, &got) != WBEM_S_NO_ERROR || got != 1)
        die("no such service");
    good(IWbemClassObject_Get(row, u"State", 0, &state, NULL, NULL), "Get");
    VariantClear(&state);
    IWbemClassObject_Release(row);
    IEnumWbemClassObject_Release(rows);
}

static void ask_peer(sd_bus *bus, const char *unit)
{
    sd_bus_message *loaded = NULL, *properties = NULL;
    const char *path;
    if (sd_bus_call_method(bus, SYSTEMD, "/org/freedesktop/systemd1", SYSTEMD ".Manager", "LoadUnit", NULL, &loaded, "s", unit) < 0 ||
        sd_bus_message_read(loaded, "o", &path) < 0 ||
        sd_bus_call_method(bus, SYSTEMD, path, "org.freedesktop.DBus.Properties", "GetAll", NULL, &properties, "s",
                           SYSTEMD ".Unit") < 0 ||
        sd_bus_message_enter_container(properties, 'a', "{sv}") < 0)
        die("systemd");
    while (sd_bus_message_skip(properties, "{sv}") > 0)
        ;
    sd_bus_message_unref(properties);
    sd_bus_message_unref(loaded);
}

int main(int argc, char **argv)
{
    double ours[MAX_RUNS], peer[MAX_RUNS];
    int runs = argc > 2 ? atoi(argv[1]) : 0;
    sd_bus *bus = NULL;
    if (runs < 1 || runs > MAX_RUNS)
        return 2;
    if (sd_bus_new(&bus) < 0 || sd_bus_set_address(bus, "unix:path=/run/systemd/private") < 0 || sd_bus_start(bus) < 0)
        die("/run/systemd/private");
    char *unit = text("%s.service", argv[2]), *wql = text("SELECT State FROM Win32_Service WHERE Name = '%s'", argv[2]);
    BSTR language = bstr("WQL"), query = bstr(wql);
    IWbemServices *services = open_namespace();
    for (int run = 0; run < runs; run++) {
        uint64_t begin = now_ns();
        ask(services, language, query);
        ours[run] = since_us(begin);
        begin = now_ns();
        ask_peer(bus, unit);
        peer[run] = since_us(begin);
    }
    emit("service.ours", ours, (size_t)runs, "us");
    emit("service.sdbus", peer, (size_t)runs, "us");
    IWbemServices_Release(services);
    SysFreeString(language);
    SysFreeString(query);
    free(unit);
    free(wql);
    sd_bus_unref(bus);
    CoUninitialize();
    return 0;
}
