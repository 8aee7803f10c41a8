/* Network adapters and their configuration: getifaddrs for links and addresses, /sys/class/net for what they are,
 * /proc/net/route and /proc/net/ipv6_route for routes, /etc/resolv.conf for names. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "management/providers/fields.h"
#include "storage/uuid.h"

enum { GATEWAYS_MAX = 64, FILE_MAX = 1 << 20 };

/* A list of texts, as the array properties want them. */
struct texts {
    char **items;
    size_t count, room;
    bool is_short; /* no memory: rather none than a part of them */
};
#define AUTO_TEXTS TRI_CLEANUP(texts_clear) struct texts

static void texts_forget(struct texts *texts)
{
    while (texts->count > 0)
        free(texts->items[--texts->count]);
}

static void texts_clear(struct texts *texts)
{
    texts_forget(texts);
    free(texts->items);
}

static bool texts_grow(struct texts *texts)
{
    size_t room = texts->room ? 2 * texts->room : 8;
    char **items = texts->count < texts->room ? texts->items : reallocarray(texts->items, room, sizeof *items);
    if (!items)
        return false;
    texts->room = texts->count < texts->room ? texts->room : room;
    texts->items = items;
    return true;
}

static void texts_add(struct texts *texts, const char *text)
{
    char *copy = texts_grow(texts) ? strdup(text) : NULL;
    if (copy)
        texts->items[texts->count++] = copy;
    texts->is_short |= !copy;
}

static void texts_get(const struct texts *texts, struct tri_value *ret)
{
    if (texts->count > 0 && !texts->is_short)
        tri_value_set_strings(ret, (const char *const *)texts->items, texts->count);
}

struct adapter {
    const struct ifaddrs *all, *link; /* link: the AF_PACKET entry */
    unsigned index, flags;
    char host[256];
};

static const struct sockaddr_ll *packet(const struct adapter *adapter)
{
    return (const struct sockaddr_ll *)adapter->link->ifa_addr;
}

static void freeifaddrsp(struct ifaddrs **list)
{
    if (*list)
        freeifaddrs(*list);
}

/* ---- facts of one link ---- */

/* A small file below /sys/class/net/<name>, without its newline. NULL: it is not there, or cannot be read (speed of a link
 * that is down). */
static char *sys_text(const struct adapter *adapter, const char *file)
{
    char path[128];
    char *text = NULL;
    snprintf(path, sizeof path, "/sys/class/net/%.*s/%s", IFNAMSIZ, adapter->link->ifa_name, file);
    if (tri_file_read(AT_FDCWD, path, 4096, &text, NULL) < 0)
        return NULL;
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static bool sys_number(const struct adapter *adapter, const char *file, long long *ret)
{
    char *end;
    TRI_AUTO_FREE char *text = sys_text(adapter, file);
    if (!text || !*text)
        return false;
    *ret = strtoll(text, &end, 10);
    return *end == '\0';
}

static bool sys_has(const struct adapter *adapter, const char *file)
{
    char path[128];
    snprintf(path, sizeof path, "/sys/class/net/%.*s/%s", IFNAMSIZ, adapter->link->ifa_name, file);
    return access(path, F_OK) == 0;
}

/* The last part of where a link points: the driver's name. */
static void sys_link(const struct adapter *adapter, const char *file, bool whole, struct tri_value *ret)
{
    char path[128], target[512];
    snprintf(path, sizeof path, "/sys/class/net/%.*s%s%s", IFNAMSIZ, adapter->link->ifa_name, *file ? "/" : "", file);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length <= 0)
        return;
    target[length] = '\0';
    const char *slash = strrchr(target, '/'), *devices = strstr(target, "/devices/");
    tri_value_set_string(ret, whole ? (devices ? devices : target) : slash ? slash + 1 : target);
}

static bool is_loopback(const struct adapter *adapter)
{
    return (adapter->flags & IFF_LOOPBACK) != 0;
}

static bool is_ethernet(const struct adapter *adapter)
{
    return packet(adapter)->sll_hatype == ARPHRD_ETHER;
}

/* ---- fields of both classes ---- */

static void get_index(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, ((const struct adapter *)row)->index);
}

static void get_device_id(const void *row, struct tri_value *ret)
{
    char text[16];
    snprintf(text, sizeof text, "%u", ((const struct adapter *)row)->index);
    tri_value_set_string(ret, text);
}

static void get_name(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, ((const struct adapter *)row)->link->ifa_name);
}

static void get_caption(const void *row, struct tri_value *ret)
{
    const struct adapter *adapter = row;
    char text[64];
    snprintf(text, sizeof text, "[%08u] %s", adapter->index, adapter->link->ifa_name);
    tri_value_set_string(ret, text);
}

static void get_mac(const void *row, struct tri_value *ret)
{
    const struct sockaddr_ll *address = packet(row);
    const uint8_t *byte = address->sll_addr;
    char text[24];
    if (address->sll_halen != 6 || is_loopback(row))
        return;
    snprintf(text, sizeof text, "%02X:%02X:%02X:%02X:%02X:%02X", byte[0], byte[1], byte[2], byte[3], byte[4], byte[5]);
    tri_value_set_string(ret, text);
}

static void get_permanent_address(const void *row, struct tri_value *ret)
{
    long long kind;
    if (sys_number(row, "addr_assign_type", &kind) && kind == 0) /* as the maker set it */
        get_mac(row, ret);
}

static void get_driver(const void *row, struct tri_value *ret)
{
    sys_link(row, "device/driver", false, ret);
}

static void get_guid(const void *row, struct tri_value *ret)
{
    char text[TRI_UUID_TEXT_SIZE], braced[TRI_UUID_TEXT_SIZE + 2];
    struct tri_uuid id = tri_uuid_named("net:%s", ((const struct adapter *)row)->link->ifa_name);
    tri_uuid_text(&id, text);
    snprintf(braced, sizeof braced, "{%s}", text);
    for (char *at = braced; *at; at++)
        *at = *at >= 'a' && *at <= 'f' ? (char)(*at - 'a' + 'A') : *at;
    tri_value_set_string(ret, braced);
}

static void get_host(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, ((const struct adapter *)row)->host);
}

/* ---- Win32_NetworkAdapter ---- */

static void get_adapter_class(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, "Win32_NetworkAdapter");
}

static void get_type(const void *row, struct tri_value *ret)
{
    if (is_ethernet(row))
        tri_value_set_string(ret, sys_has(row, "wireless") ? "Wireless" : "Ethernet 802.3");
}

static void get_type_id(const void *row, struct tri_value *ret)
{
    if (is_ethernet(row))
        tri_value_set_unsigned(ret, sys_has(row, "wireless") ? 9 : 0);
}

static void get_enabled(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, (((const struct adapter *)row)->flags & IFF_UP) != 0);
}

static void get_status(const void *row, struct tri_value *ret)
{
    const struct adapter *adapter = row;
    bool runs = (adapter->flags & IFF_RUNNING) != 0;
    tri_value_set_unsigned(ret, !(adapter->flags & IFF_UP) ? 0 : runs ? 2 : 7); /* disconnected, connected, no medium */
}

static void get_physical(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, sys_has(row, "device"));
}

static void get_speed(const void *row, struct tri_value *ret)
{
    long long megabits;
    if (sys_number(row, "speed", &megabits) && megabits > 0)
        tri_value_set_unsigned(ret, (uint64_t)megabits * 1000000);
}

static void get_pnp(const void *row, struct tri_value *ret)
{
    sys_link(row, "", true, ret);
}

static void get_running(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, 3); /* running, at full power */
}

static const struct tri_field adapter_fields[] = {
    {"DeviceID", 0, get_device_id},
    {"Index", 0, get_index},
    {"InterfaceIndex", 0, get_index},
    {"Name", 0, get_name},
    {"Description", 0, get_name},
    {"ProductName", 0, get_name},
    {"NetConnectionID", 0, get_name},
    {"Caption", 0, get_caption},
    {"CreationClassName", 0, get_adapter_class},
    {"SystemCreationClassName", 0, tri_get_system_class},
    {"SystemName", 0, tri_get_system_name},
    {"MACAddress", 0, get_mac},
    {"PermanentAddress", 0, get_permanent_address},
    {"AdapterType", 0, get_type},
    {"AdapterTypeId", 0, get_type_id},
    {"NetEnabled", 0, get_enabled},
    {"NetConnectionStatus", 0, get_status},
    {"PhysicalAdapter", 0, get_physical},
    {"Speed", 0, get_speed},
    {"GUID", 0, get_guid},
    {"PNPDeviceID", 0, get_pnp},
    {"ServiceName", 0, get_driver},
    {"Installed", 0, tri_get_true},
    {"Availability", 0, get_running},
    {"ConfigManagerErrorCode", 0, tri_get_zero},
};

/* ---- Win32_NetworkAdapterConfiguration ---- */

/* An address of IPv4 goes by its label, which is the adapter's name and may have more behind a colon; names have none. */
static bool is_address_of(const struct adapter *adapter, const struct ifaddrs *entry)
{
    size_t length = strcspn(entry->ifa_name, ":");
    return entry->ifa_addr && strncmp(entry->ifa_name, adapter->link->ifa_name, length) == 0 &&
           !adapter->link->ifa_name[length] &&
           (entry->ifa_addr->sa_family == AF_INET || entry->ifa_addr->sa_family == AF_INET6);
}

/* Windows has masks of IPv4 with dots, prefixes of IPv6 as numbers. */
static void print_mask(const struct sockaddr *mask, char *ret, size_t size)
{
    unsigned bits = 0;
    if (mask->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)mask)->sin_addr, ret, (socklen_t)size);
        return;
    }
    const uint8_t *bytes = ((const struct sockaddr_in6 *)mask)->sin6_addr.s6_addr;
    for (size_t i = 0; i < 16; i++)
        bits += (unsigned)__builtin_popcount(bytes[i]);
    snprintf(ret, size, "%u", bits);
}

static void print_address(const struct sockaddr *address, char *ret, size_t size)
{
    const void *raw = address->sa_family == AF_INET ? (const void *)&((const struct sockaddr_in *)address)->sin_addr
                                                     : (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr;
    inet_ntop(address->sa_family, raw, ret, (socklen_t)size);
}

static void add_addresses(const struct adapter *adapter, int family, bool masks, struct texts *texts)
{
    for (const struct ifaddrs *entry = adapter->all; entry; entry = entry->ifa_next) {
        if (!is_address_of(adapter, entry) || entry->ifa_addr->sa_family != family || (masks && !entry->ifa_netmask))
            continue;
        char text[INET6_ADDRSTRLEN];
        if (masks)
            print_mask(entry->ifa_netmask, text, sizeof text);
        else
            print_address(entry->ifa_addr, text, sizeof text);
        texts_add(texts, text);
    }
}

static void get_addresses(const void *row, struct tri_value *ret)
{
    AUTO_TEXTS texts = {0};
    add_addresses(row, AF_INET, false, &texts);
    add_addresses(row, AF_INET6, false, &texts);
    texts_get(&texts, ret);
}

static void get_masks(const void *row, struct tri_value *ret)
{
    AUTO_TEXTS texts = {0};
    add_addresses(row, AF_INET, true, &texts);
    add_addresses(row, AF_INET6, true, &texts);
    texts_get(&texts, ret);
}

static bool is_ip_enabled(const struct adapter *adapter)
{
    for (const struct ifaddrs *entry = adapter->all; entry; entry = entry->ifa_next)
        if (is_address_of(adapter, entry))
            return (adapter->flags & IFF_UP) != 0;
    return false;
}

static void get_ip_enabled(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, is_ip_enabled(row));
}

static void get_mtu(const void *row, struct tri_value *ret)
{
    long long mtu;
    if (sys_number(row, "mtu", &mtu))
        tri_value_set_signed(ret, mtu);
}

/* ---- routes ---- */

struct route {
    char device[IFNAMSIZ];
    uint32_t destination, gateway, mask; /* network order */
    unsigned flags, metric;
};

/* The next line of /proc/net/route that is a route; false at the end. */
static bool next_route(char **rest, struct route *ret)
{
    for (char *line; (line = strsep(rest, "\n"));)
        if (sscanf(line, "%15s %x %x %x %*d %*u %u %x", ret->device, &ret->destination, &ret->gateway, &ret->flags,
                   &ret->metric, &ret->mask) == 6)
            return true;
    return false;
}

static bool is_default_of(const struct route *route, const struct adapter *adapter)
{
    return route->destination == 0 && route->mask == 0 && route->gateway != 0 &&
           strcmp(route->device, adapter->link->ifa_name) == 0;
}

/* Gateways of IPv6: 32 hexadecimal digits each, without colons. */
static void add_gateways6(const struct adapter *adapter, struct texts *texts)
{
    TRI_AUTO_FREE char *text = NULL;
    if (tri_file_read(AT_FDCWD, "/proc/net/ipv6_route", FILE_MAX, &text, NULL) < 0)
        return;
    for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
        char gateway[33], device[IFNAMSIZ];
        unsigned prefix;
        struct in6_addr address;
        if (sscanf(line, "%*32s %x %*32s %*x %32s %*x %*x %*x %*x %15s", &prefix, gateway, device) != 3 ||
            prefix != 0 || strcmp(device, adapter->link->ifa_name) != 0 || strspn(gateway, "0") == strlen(gateway))
            continue;
        for (size_t i = 0; i < 16; i++) {
            unsigned byte = 0;
            sscanf(gateway + 2 * i, "%2x", &byte);
            address.s6_addr[i] = (uint8_t)byte;
        }
        char printed[INET6_ADDRSTRLEN];
        texts_add(texts, inet_ntop(AF_INET6, &address, printed, sizeof printed));
    }
}

static void get_gateways(const void *row, struct tri_value *ret)
{
    AUTO_TEXTS texts = {0};
    struct route route;
    TRI_AUTO_FREE char *text = NULL;
    if (!is_ip_enabled(row))
        return;
    if (tri_file_read(AT_FDCWD, "/proc/net/route", FILE_MAX, &text, NULL) == 0)
        for (char *rest = text; next_route(&rest, &route);)
            if (is_default_of(&route, row)) {
                char printed[INET_ADDRSTRLEN];
                texts_add(&texts, inet_ntop(AF_INET, &route.gateway, printed, sizeof printed));
            }
    add_gateways6(row, &texts);
    texts_get(&texts, ret);
}

static void get_gateway_metrics(const void *row, struct tri_value *ret)
{
    int64_t metrics[GATEWAYS_MAX];
    size_t count = 0;
    struct route route;
    TRI_AUTO_FREE char *text = NULL;
    if (!is_ip_enabled(row) || tri_file_read(AT_FDCWD, "/proc/net/route", FILE_MAX, &text, NULL) < 0)
        return;
    for (char *rest = text; next_route(&rest, &route);)
        if (is_default_of(&route, row) && count < GATEWAYS_MAX)
            metrics[count++] = route.metric;
    if (count > 0)
        tri_value_set_numbers(ret, metrics, count);
}

/* ---- names: /etc/resolv.conf ---- */

/* The words behind a keyword, as the resolver has them: all of the last line with it, or the first of every line, where
 * what stands behind it is a remark. */
static void resolver_words(const char *keyword, bool last_line, struct texts *texts)
{
    TRI_AUTO_FREE char *text = NULL;
    if (tri_file_read(AT_FDCWD, "/etc/resolv.conf", FILE_MAX, &text, NULL) < 0)
        return;
    for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
        char *word = strsep(&line, " \t");
        if (strcmp(word, keyword) != 0)
            continue;
        if (last_line)
            texts_forget(texts);
        size_t before = texts->count;
        while ((last_line || texts->count == before) && (word = strsep(&line, " \t")))
            if (*word)
                texts_add(texts, word);
    }
}

static void get_dns_servers(const void *row, struct tri_value *ret)
{
    AUTO_TEXTS texts = {0};
    if (!is_ip_enabled(row) || is_loopback(row))
        return;
    resolver_words("nameserver", false, &texts);
    texts_get(&texts, ret);
}

static void get_dns_suffixes(const void *row, struct tri_value *ret)
{
    AUTO_TEXTS texts = {0};
    if (!is_ip_enabled(row) || is_loopback(row))
        return;
    resolver_words("search", true, &texts);
    texts_get(&texts, ret);
}

static void get_dns_domain(const void *row, struct tri_value *ret)
{
    AUTO_TEXTS texts = {0};
    if (!is_ip_enabled(row) || is_loopback(row))
        return;
    resolver_words("domain", true, &texts);
    if (texts.count > 0)
        tri_value_set_string(ret, texts.items[0]);
}

static const struct tri_field configuration_fields[] = {
    {"Index", 0, get_index},
    {"InterfaceIndex", 0, get_index},
    {"SettingID", 0, get_guid},
    {"Caption", 0, get_caption},
    {"Description", 0, get_name},
    {"ServiceName", 0, get_driver},
    {"MACAddress", 0, get_mac},
    {"IPEnabled", 0, get_ip_enabled},
    {"IPAddress", 0, get_addresses},
    {"IPSubnet", 0, get_masks},
    {"DefaultIPGateway", 0, get_gateways},
    {"GatewayCostMetric", 0, get_gateway_metrics},
    {"MTU", 0, get_mtu},
    {"DNSHostName", 0, get_host},
    {"DNSDomain", 0, get_dns_domain},
    {"DNSDomainSuffixSearchOrder", 0, get_dns_suffixes},
    {"DNSServerSearchOrder", 0, get_dns_servers},
};

/* ---- Win32_NetworkAdapterSetting ---- */

static void get_element(const void *row, struct tri_value *ret)
{
    char text[320];
    snprintf(text, sizeof text, "\\\\%s\\root\\cimv2:Win32_NetworkAdapter.DeviceID=\"%u\"", tri_server_name(),
             ((const struct adapter *)row)->index);
    tri_value_set_string(ret, text);
}

static void get_setting(const void *row, struct tri_value *ret)
{
    char text[320];
    snprintf(text, sizeof text, "\\\\%s\\root\\cimv2:Win32_NetworkAdapterConfiguration.Index=%u", tri_server_name(),
             ((const struct adapter *)row)->index);
    tri_value_set_string(ret, text);
}

static const struct tri_field setting_fields[] = {{"Element", 0, get_element}, {"Setting", 0, get_setting}};

/* ---- Win32_IP4RouteTable ---- */

static void set_ip4(uint32_t address, struct tri_value *ret)
{
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &address, text, sizeof text);
    tri_value_set_string(ret, text);
}

static void get_destination(const void *row, struct tri_value *ret)
{
    set_ip4(((const struct route *)row)->destination, ret);
}

static void get_route_mask(const void *row, struct tri_value *ret)
{
    set_ip4(((const struct route *)row)->mask, ret);
}

static void get_next_hop(const void *row, struct tri_value *ret)
{
    set_ip4(((const struct route *)row)->gateway, ret);
}

static void get_route_interface(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, if_nametoindex(((const struct route *)row)->device));
}

static void get_metric(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, ((const struct route *)row)->metric);
}

static void get_route_type(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, ((const struct route *)row)->gateway ? 4 : 3); /* indirect, direct */
}

static const struct tri_field route_fields[] = {
    {"Destination", 0, get_destination}, {"Name", 0, get_destination},  {"Caption", 0, get_destination},
    {"Mask", 0, get_route_mask},         {"NextHop", 0, get_next_hop},  {"InterfaceIndex", 0, get_route_interface},
    {"Metric1", 0, get_metric},          {"Type", 0, get_route_type},
};

static int scan_routes(struct tri_scan *scan, struct tri_error *error)
{
    struct route route;
    TRI_AUTO_FREE char *text = NULL;
    int r = tri_file_read(AT_FDCWD, "/proc/net/route", FILE_MAX, &text, NULL);
    if (r < 0)
        return r == -ENOENT ? 0 : tri_error_set(error, r, "/proc/net/route", "/proc/net/route: %s.", strerror(-r));
    for (char *rest = text; r == 0 && next_route(&rest, &route);)
        r = tri_scan_row(scan, &route);
    return r;
}

/* ---- scanning ---- */

static int scan_adapters(struct tri_scan *scan, struct tri_error *error)
{
    TRI_CLEANUP(freeifaddrsp) struct ifaddrs *list = NULL;
    struct adapter adapter = {.host = ""};
    if (getifaddrs(&list) < 0)
        return tri_error_set(error, -errno, NULL, "The network adapters cannot be listed: %m.");
    gethostname(adapter.host, sizeof adapter.host - 1);
    adapter.all = list;
    int r = 0;
    for (const struct ifaddrs *entry = list; r == 0 && entry && !tri_scan_stopped(scan); entry = entry->ifa_next) {
        if (!entry->ifa_addr || entry->ifa_addr->sa_family != AF_PACKET)
            continue;
        adapter.link = entry;
        adapter.index = (unsigned)packet(&adapter)->sll_ifindex;
        adapter.flags = entry->ifa_flags;
        r = tri_scan_row(scan, &adapter);
    }
    return r;
}

/* ---- methods ---- */

/* Windows' return values: 0 done, 5 denied, 2 not there, 1 anything else. */
static unsigned return_value(int code)
{
    return code == 0 ? 0 : code == -EPERM || code == -EACCES ? 5 : code == -ENODEV ? 2 : 1;
}

static int set_up(unsigned index, bool up)
{
    struct ifreq request = {0};
    if (!if_indextoname(index, request.ifr_name))
        return -ENODEV;
    TRI_AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
        return -errno;
    int flags = up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP;
    request.ifr_flags = (short)flags;
    return ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
}

static int change(const struct tri_invocation *invocation, bool up)
{
    const struct tri_value *id = tri_cim_object_find(invocation->target, "DeviceID");
    unsigned index = id && id->is_set ? (unsigned)strtoul(id->string, NULL, 10) : 0;
    tri_cim_object_set_unsigned(invocation->out, "ReturnValue", return_value(set_up(index, up)));
    return 0;
}

static int run_enable(const struct tri_invocation *invocation, struct tri_error *error)
{
    return change(invocation, true);
}

static int run_disable(const struct tri_invocation *invocation, struct tri_error *error)
{
    return change(invocation, false);
}

static const struct tri_provided_method adapter_methods[] = {{"Enable", run_enable}, {"Disable", run_disable}};

/* ---- the tables ---- */

static const struct tri_provided_class adapter_class = {
    .name_space = "root\\cimv2", .name = "Win32_NetworkAdapter", .fields = adapter_fields,
    .field_count = TRI_FIELD_COUNT(adapter_fields), .scan = scan_adapters, .methods = adapter_methods,
    .method_count = TRI_FIELD_COUNT(adapter_methods)};
static const struct tri_provided_class configuration_class = {
    .name_space = "root\\cimv2", .name = "Win32_NetworkAdapterConfiguration", .fields = configuration_fields,
    .field_count = TRI_FIELD_COUNT(configuration_fields), .scan = scan_adapters};
static const struct tri_provided_class setting_class = {
    .name_space = "root\\cimv2", .name = "Win32_NetworkAdapterSetting", .fields = setting_fields,
    .field_count = TRI_FIELD_COUNT(setting_fields), .scan = scan_adapters};
static const struct tri_provided_class route_class = {
    .name_space = "root\\cimv2", .name = "Win32_IP4RouteTable", .fields = route_fields,
    .field_count = TRI_FIELD_COUNT(route_fields), .scan = scan_routes};

const struct tri_provided_class *const tri_provider_network[] = {&adapter_class, &configuration_class, &setting_class,
                                                                 &route_class, NULL};
