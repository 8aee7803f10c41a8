/* What specs become: config.json, the shim's root, process objects. Nothing runs here. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "compute/bundle.h"

static struct tri_bundle_params params_of(const struct tri_system_spec *spec)
{
    return (struct tri_bundle_params){
        .spec = spec, .id = "web.example", .cgroup = "/trireme-x", .init_path = "/opt/init"};
}

static json_t *config_of(const struct tri_bundle_params *params)
{
    json_t *config = NULL;
    struct tri_error error = {0};
    int r = tri_bundle_config(params, &config, &error);
    if (r < 0)
        fail_msg("%d %s", r, error.text);
    return config;
}

/* "a.b.0.c" */
static json_t *at(json_t *json, const char *path)
{
    char copy[256], *rest = copy;
    strcpy(copy, path);
    for (char *key; json && (key = strsep(&rest, "."));)
        json = json_is_array(json) ? json_array_get(json, (size_t)atoi(key)) : json_object_get(json, key);
    return json;
}

static const char *text_at(json_t *json, const char *path)
{
    const char *text = json_string_value(at(json, path));
    return text ? text : "(none)";
}

/* The index of the mount on target, or -1. */
static int mount_on(json_t *config, const char *target)
{
    size_t i;
    json_t *mount;
    json_array_foreach (at(config, "mounts"), i, mount)
        if (!strcmp(text_at(mount, "destination"), target))
            return (int)i;
    return -1;
}

static bool has_option(json_t *config, int mount, const char *wanted)
{
    size_t i;
    json_t *option;
    json_array_foreach (json_object_get(json_array_get(at(config, "mounts"), (size_t)mount), "options"), i, option)
        if (!strcmp(json_string_value(option), wanted))
            return true;
    return false;
}

static void an_empty_spec_is_a_plain_container_of_the_host(void **state)
{
    const struct tri_system_spec spec = {0};
    struct tri_bundle_params params = params_of(&spec);
    json_t *config = config_of(&params), *root = NULL;
    assert_true(tri_bundle_own_init(&spec));
    assert_string_equal(text_at(config, "root.path"), "rootfs");
    assert_string_equal(text_at(config, "hostname"), "web");
    assert_string_equal(text_at(config, "linux.cgroupsPath"), "/trireme-x");
    assert_string_equal(text_at(config, "process.args.0"), "/dev/.trireme-init");
    assert_int_equal(json_array_size(at(config, "process.capabilities.bounding")), 14);
    assert_true(mount_on(config, "/dev/.trireme-init") > mount_on(config, "/dev"));
    assert_true(json_array_size(at(config, "linux.maskedPaths")) > 5);
    assert_true(json_array_size(at(config, "linux.readonlyPaths")) > 3);
    assert_null(at(config, "linux.resources.memory"));
    assert_int_equal(tri_bundle_root(&spec, &root), 0);
    assert_string_equal(text_at(root, "lower.0"), "/");
    assert_null(at(root, "upper"));
    json_decref(root);
    json_decref(config);
}

static void layers_and_scratch_become_an_overlay(void **state)
{
    char *layers[] = {(char *)"/usr", (char *)"/etc"};
    struct tri_system_spec spec = {.layers = layers, .layer_count = 2, .root = (char *)"/var"};
    json_t *root = NULL;
    assert_int_equal(tri_bundle_check(&spec, NULL), 0);
    assert_int_equal(tri_bundle_root(&spec, &root), 0);
    assert_string_equal(text_at(root, "lower.0"), "/usr");
    assert_string_equal(text_at(root, "lower.1"), "/etc");
    assert_string_equal(text_at(root, "upper"), "/var/upper");
    assert_string_equal(text_at(root, "work"), "/var/work");
    json_decref(root);
    spec.layer_count = 0;
    assert_int_equal(tri_bundle_root(&spec, &root), 0);
    assert_string_equal(text_at(root, "bind"), "/var");
    json_decref(root);
}

static void limits_fit_the_version_of_cgroups(void **state)
{
    const struct tri_limits limits = {.memory_bytes = 1 << 20, .cpu_count = 1, .cpu_weight = 200};
    json_t *r1 = NULL, *r2 = NULL;
    assert_int_equal(tri_bundle_resources(&limits, false, "/", &r1, NULL), 0);
    assert_int_equal(json_integer_value(at(r1, "memory.limit")), 1 << 20);
    assert_int_equal(json_integer_value(at(r1, "memory.swap")), 1 << 20);
    assert_int_equal(json_integer_value(at(r1, "cpu.quota")), 100000);
    assert_int_equal(json_integer_value(at(r1, "cpu.shares")), 2048);
    assert_int_equal(tri_bundle_resources(&limits, true, "/", &r2, NULL), 0);
    assert_null(at(r2, "cpu.shares"));
    assert_string_equal(json_string_value(json_object_get(at(r2, "unified"), "cpu.weight")), "200");
    json_decref(r1);
    json_decref(r2);
    const struct tri_limits half = {.cpu_maximum = 5000}, tiny = {.cpu_maximum = 1};
    assert_int_equal(tri_bundle_resources(&half, true, "/", &r1, NULL), 0);
    assert_int_equal(json_integer_value(at(r1, "cpu.quota")), sysconf(_SC_NPROCESSORS_ONLN) * 50000);
    json_decref(r1);
    assert_int_equal(tri_bundle_resources(&tiny, true, "/", &r1, NULL), 0);
    assert_int_equal(json_integer_value(at(r1, "cpu.quota")), 1000);
    json_decref(r1);
}

static void limits_out_of_range_are_refused(void **state)
{
    static const struct tri_limits bad[] = {{.cpu_count = 1, .cpu_maximum = 1},
                                            {.cpu_maximum = 10001},
                                            {.cpu_weight = 10001},
                                            {.memory_bytes = UINT64_MAX},
                                            {.io_bytes_per_s = UINT64_MAX}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        json_t *resources = NULL;
        assert_int_equal(tri_bundle_resources(&bad[i], false, "/", &resources, NULL), -EINVAL);
        assert_null(resources);
    }
    const struct tri_limits io = {.io_count_per_s = 10};
    json_t *resources = NULL;
    assert_int_equal(tri_bundle_resources(&io, false, "/proc", &resources, NULL), TRI_COMPUTE_NOT_IMPLEMENTED);
}

static void mounts_names_and_networks_are_written(void **state)
{
    struct tri_mount_spec mounts[] = {{(char *)"/usr", (char *)"/data", true},
                                      {(char *)"/etc", (char *)"/conf", false}};
    const struct tri_system_spec spec = {.mounts = mounts, .mount_count = 2, .host_name = (char *)"box"};
    struct tri_bundle_params params = params_of(&spec);
    params.network_path = "/run/netns/blue";
    params.resolv_path = "/x/resolv.conf";
    json_t *config = config_of(&params);
    assert_string_equal(text_at(config, "hostname"), "box");
    assert_true(has_option(config, mount_on(config, "/data"), "ro"));
    assert_true(has_option(config, mount_on(config, "/conf"), "rw"));
    assert_true(mount_on(config, "/etc/resolv.conf") >= 0);
    bool found = false;
    size_t i;
    json_t *space;
    json_array_foreach (at(config, "linux.namespaces"), i, space)
        found = found || !strcmp(text_at(space, "path"), "/run/netns/blue");
    assert_true(found);
    json_decref(config);
}

static int check(const struct tri_system_spec *spec, const char *where)
{
    struct tri_error error = {0};
    int r = tri_bundle_check(spec, &error);
    assert_true(r < 0);
    assert_non_null(error.text);
    assert_string_equal(error.where, where);
    tri_error_clear(&error);
    return r;
}

static void hostile_specs_are_refused_with_their_member(void **state)
{
    static const struct tri_mount_spec bad[] = {{(char *)"relative", (char *)"/x", false},
                                                {(char *)"/no/such/thing", (char *)"/x", false},
                                                {NULL, (char *)"/x", false}};
    static const char *const targets[] = {"x", "/", "/../etc", "/a/../../b", "/..", "//", "/./", ""};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct tri_mount_spec mount = bad[i];
        check(&(struct tri_system_spec){.mounts = &mount, .mount_count = 1}, "mounts[0].source");
    }
    for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
        struct tri_mount_spec mount = {(char *)"/usr", (char *)targets[i], false};
        check(&(struct tri_system_spec){.mounts = &mount, .mount_count = 1}, "mounts[0].target");
    }
    char *layers[] = {(char *)"/usr", (char *)"/etc/passwd"};
    assert_int_equal(check(&(struct tri_system_spec){.layers = layers, .layer_count = 2}, "layers[1]"),
                     TRI_COMPUTE_BAD_LAYER);
    assert_int_equal(check(&(struct tri_system_spec){.root = (char *)"rel"}, "root"), TRI_COMPUTE_BAD_LAYER);
    check(&(struct tri_system_spec){.host_name = (char *)"a b"}, "host_name");
    check(&(struct tri_system_spec){.host_name = (char *)""}, "host_name");
}

static void a_process_gets_a_minimal_environment_and_what_was_given(void **state)
{
    char *args[] = {(char *)"/bin/true", (char *)"x", NULL},
         *env[] = {(char *)"PATH=/mine", (char *)"A=1=2", (char *)"A=3", NULL};
    const struct tri_process_spec spec = {.args = args, .env = env, .terminal = true, .no_new_privileges = true};
    const struct tri_user user = {.uid = 7, .gid = 8, .groups = {9}, .group_count = 1, .home = "/home/u"};
    json_t *process = NULL;
    assert_int_equal(tri_bundle_process(&spec, &user, &process, NULL), 0);
    char *text = json_dumps(at(process, "env"), JSON_COMPACT);
    assert_string_equal(text, "[\"PATH=/mine\",\"HOME=/home/u\",\"TERM=xterm\",\"A=3\"]");
    free(text);
    assert_string_equal(text_at(process, "cwd"), "/");
    assert_int_equal(json_integer_value(at(process, "user.uid")), 7);
    assert_int_equal(json_integer_value(at(process, "user.additionalGids.0")), 9);
    assert_true(json_is_true(at(process, "noNewPrivileges")));
    json_decref(process);
}

static void bad_processes_are_refused(void **state)
{
    char *args[] = {(char *)"/bin/true", NULL}, *none[] = {NULL}, *env[] = {(char *)"NOVALUE", NULL},
         *nameless[] = {(char *)"=x", NULL};
    const struct tri_process_spec bad[] = {{.args = none},
                                           {.args = args, .cwd = (char *)"rel"},
                                           {.args = args, .env = env},
                                           {.args = args, .env = nameless}};
    const struct tri_user user = {0};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        json_t *process = NULL;
        assert_int_equal(tri_bundle_process(&bad[i], &user, &process, NULL), -EINVAL);
        assert_null(process);
    }
    static const char *const documents[] = {"[]", "{}", "{\"args\":[]}", "{\"args\":[1]}",
                                            "{\"args\":[\"a\"],\"cwd\":\"b\"}"};
    for (size_t i = 0; i < sizeof(documents) / sizeof(*documents); i++) {
        struct tri_process_spec spec = {.oci_process = json_loads(documents[i], 0, NULL)};
        json_t *process = NULL;
        assert_int_equal(tri_bundle_process(&spec, &user, &process, NULL), TRI_COMPUTE_BAD_DOCUMENT);
        json_decref(spec.oci_process);
    }
}

static void an_oci_specification_is_kept_but_for_root_and_cgroup(void **state)
{
    struct tri_system_spec spec = {.limits = {.memory_bytes = 4096}};
    spec.oci_spec =
        json_loads("{\"root\":{\"path\":\"/usr\"},\"process\":{\"args\":[\"x\"]},\"hooks\":{\"prestart\":[]},"
                   "\"linux\":{\"cgroupsPath\":\"/theirs\",\"resources\":{\"pids\":{\"limit\":5}}}}",
                   0, NULL);
    struct tri_bundle_params params = params_of(&spec);
    json_t *config = config_of(&params), *root = NULL;
    assert_false(tri_bundle_own_init(&spec));
    assert_string_equal(text_at(config, "root.path"), "/usr");
    assert_string_equal(text_at(config, "linux.cgroupsPath"), "/trireme-x");
    assert_int_equal(json_integer_value(at(config, "linux.resources.pids.limit")), 5);
    assert_int_equal(json_integer_value(at(config, "linux.resources.memory.limit")), 4096);
    assert_non_null(at(config, "hooks.prestart"));
    assert_string_equal(text_at(spec.oci_spec, "linux.cgroupsPath"), "/theirs");
    assert_int_equal(tri_bundle_root(&spec, &root), 0);
    assert_null(root);
    json_decref(config);
    json_decref(spec.oci_spec);
}

static void a_bundles_relative_root_lies_in_the_bundle(void **state)
{
    char folder[512], path[600];
    snprintf(folder, sizeof(folder), "%s/bundle", state_folder());
    snprintf(path, sizeof(path), "%s/fs", folder);
    assert_int_equal(tri_folder_make(AT_FDCWD, path, 0700), 0);
    snprintf(path, sizeof(path), "%s/config.json", folder);
    const char *text = "{\"root\":{\"path\":\"fs\"},\"process\":{\"args\":[\"x\"]}}";
    assert_int_equal(tri_file_write(AT_FDCWD, path, text, strlen(text), 0600), 0);
    struct tri_system_spec spec = {.oci_bundle = folder};
    struct tri_bundle_params params = params_of(&spec);
    json_t *config = config_of(&params);
    snprintf(path, sizeof(path), "%s/fs", folder);
    assert_string_equal(text_at(config, "root.path"), path);
    json_decref(config);
    assert_int_equal(tri_folder_remove(AT_FDCWD, folder), 0);
}

static void broken_specifications_are_refused(void **state)
{
    static const struct {
        const char *text;
        int code;
    } bad[] = {
        {"[]", TRI_COMPUTE_BAD_DOCUMENT},
        {"{}", TRI_COMPUTE_BAD_DOCUMENT},
        {"{\"process\":{\"args\":[\"x\"]}}", TRI_COMPUTE_BAD_DOCUMENT},
        {"{\"process\":{\"args\":[\"x\"]},\"root\":[]}", TRI_COMPUTE_BAD_DOCUMENT},
        {"{\"process\":{\"args\":[\"x\"]},\"root\":{\"path\":\"relative\"}}", -EINVAL},
        {"{\"process\":{\"args\":[\"x\"]},\"root\":{\"path\":\"/no/such\"}}", TRI_COMPUTE_BAD_LAYER},
        {"{\"process\":{\"args\":[\"x\"]},\"root\":{\"path\":\"/usr\"},\"linux\":3}", TRI_COMPUTE_BAD_DOCUMENT},
        {"{\"process\":{\"args\":[\"x\"]},\"root\":{\"path\":\"/usr\"},\"linux\":{\"resources\":[]}}",
         TRI_COMPUTE_BAD_DOCUMENT},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct tri_system_spec spec = {.oci_spec = json_loads(bad[i].text, 0, NULL)};
        struct tri_bundle_params params = params_of(&spec);
        json_t *config = NULL;
        assert_int_equal(tri_bundle_config(&params, &config, NULL), bad[i].code);
        assert_null(config);
        json_decref(spec.oci_spec);
    }
}

static void resolv_conf_has_the_search_list_and_the_hosts_servers(void **state)
{
    char *text = NULL;
    assert_int_equal(tri_bundle_resolv("a.org,b.org", "# x\nnameserver 1.2.3.4\noptions y\nsearch z\n", &text, NULL),
                     0);
    assert_string_equal(text, "search a.org b.org\nnameserver 1.2.3.4\n");
    free(text);
    assert_int_equal(tri_bundle_resolv("a\nnameserver 6.6.6.6", "", &text, NULL), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_spec_is_a_plain_container_of_the_host),
        cmocka_unit_test(layers_and_scratch_become_an_overlay),
        cmocka_unit_test(limits_fit_the_version_of_cgroups),
        cmocka_unit_test(limits_out_of_range_are_refused),
        cmocka_unit_test(mounts_names_and_networks_are_written),
        cmocka_unit_test(hostile_specs_are_refused_with_their_member),
        cmocka_unit_test(a_process_gets_a_minimal_environment_and_what_was_given),
        cmocka_unit_test(bad_processes_are_refused),
        cmocka_unit_test(an_oci_specification_is_kept_but_for_root_and_cgroup),
        cmocka_unit_test(a_bundles_relative_root_lies_in_the_bundle),
        cmocka_unit_test(broken_specifications_are_refused),
        cmocka_unit_test(resolv_conf_has_the_search_list_and_the_hosts_servers),
    };
    return cmocka_run_group_tests_name("compute bundle", tests, state_setup, state_teardown);
}
