/* UDisks2, asked over its bus by a client with an open connection: what its Format method costs.
 *
 *     peer-udisks IMAGE RUNS        DBUS_SYSTEM_BUS_ADDRESS says which bus
 *
 * Prints "name value unit" lines: medians of RUNS. */
#include <gio/gio.h>
#include <gio/gunixfdlist.h>

#include "measure.h"

#define NAME "org.freedesktop.UDisks2"
#define MAX_RUNS 100

static GDBusConnection *bus;

static GVariant *call(const char *path, const char *interface, const char *method, GVariant *arguments,
                      GUnixFDList *fds)
{
    GError *error = NULL;
    GVariant *answer = g_dbus_connection_call_with_unix_fd_list_sync(
        bus, NAME, path, interface, method, arguments, NULL, G_DBUS_CALL_FLAGS_NONE, 60000, fds, NULL, NULL, &error);
    if (!answer) {
        fprintf(stderr, "benchmark: %s: %s\n", method, error->message);
        exit(1);
    }
    return answer;
}

static char *set_up(const char *image)
{
    int fd = open(image, O_RDWR | O_CLOEXEC);
    GUnixFDList *fds = g_unix_fd_list_new_from_array(&fd, 1);
    GVariantDict options;
    g_variant_dict_init(&options, NULL);
    GVariant *answer = call("/org/freedesktop/UDisks2/Manager", NAME ".Manager", "LoopSetup",
                            g_variant_new("(h@a{sv})", 0, g_variant_dict_end(&options)), fds);
    char *loop = NULL;
    g_variant_get(answer, "(o)", &loop);
    g_variant_unref(answer);
    g_object_unref(fds);
    /* As Trireme attaches: past the page cache. */
    char *node = text("/dev/%s", strrchr(loop, '/') + 1);
    must((char *[]){"losetup", "--direct-io=on", node, NULL});
    free(node);
    return loop;
}

static double format(const char *loop, const char *type)
{
    GVariantDict options;
    g_variant_dict_init(&options, NULL);
    uint64_t begin = now_ns();
    GVariant *answer =
        call(loop, NAME ".Block", "Format", g_variant_new("(s@a{sv})", type, g_variant_dict_end(&options)), NULL);
    double spent = since_us(begin);
    g_variant_unref(answer);
    return spent;
}

int main(int argc, char **argv)
{
    static const char *const types[] = {"ext4", "xfs", "btrfs"};
    int runs = argc > 2 ? atoi(argv[2]) : 0;
    if (runs < 1 || runs > MAX_RUNS)
        return 2;
    GError *error = NULL;
    bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, &error);
    if (!bus) {
        fprintf(stderr, "benchmark: %s\n", error->message);
        return 1;
    }
    char *loop = set_up(argv[1]);
    for (size_t type = 0; type < G_N_ELEMENTS(types); type++) {
        double spent[MAX_RUNS];
        for (int run = 0; run < runs; run++) {
            format(loop, "empty");
            spent[run] = format(loop, types[type]);
        }
        emit(text("format.%s.udisks", types[type]), spent, (size_t)runs, "us");
    }
    GVariantDict options;
    g_variant_dict_init(&options, NULL);
    g_variant_unref(call(loop, NAME ".Loop", "Delete", g_variant_new("(@a{sv})", g_variant_dict_end(&options)), NULL));
    g_free(loop);
    g_object_unref(bus);
    return 0;
}
