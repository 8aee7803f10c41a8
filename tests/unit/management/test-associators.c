/* ASSOCIATORS OF and REFERENCES OF, over provided and stored links: disks with partitions, and people who own disks. */
#include "call-test.h"

struct part {
    uint32_t disk, number;
};

static const struct part parts[] = {{1, 1}, {1, 2}, {2, 1}};
static char demanded[256]; /* the reference that the links' provider was asked for last */
static _Atomic int disk_scans;
static bool links_fail;

static void get_disk_id(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, *(const uint32_t *)row);
}

static int disk_scan(struct tri_scan *scan, struct tri_error *error)
{
    disk_scans++;
    for (uint32_t id = 1; id <= 3; id++) {
        int r = tri_scan_row(scan, &id);
        if (r != 0)
            return r;
    }
    return 0;
}

static void get_part_disk(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, ((const struct part *)row)->disk);
}

static void get_part_number(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, ((const struct part *)row)->number);
}

static void get_antecedent(const void *row, struct tri_value *ret)
{
    char text[64];
    snprintf(text, sizeof(text), "Test_Disk.Id=%u", ((const struct part *)row)->disk);
    tri_value_set_string(ret, text);
}

/* In another spelling than the core's: the namespace, the other order of keys, the other case. */
static void get_dependent(const void *row, struct tri_value *ret)
{
    const struct part *part = row;
    char text[128];
    snprintf(text, sizeof(text), "\\\\.\\ROOT\\default:test_part.Number=%u,Disk=%u", part->number, part->disk);
    tri_value_set_string(ret, text);
}

static int part_scan(struct tri_scan *scan, struct tri_error *error)
{
    int r = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && r == 0; i++)
        r = tri_scan_row(scan, &parts[i]);
    return r;
}

static int link_scan(struct tri_scan *scan, struct tri_error *error)
{
    const struct tri_value *antecedent = tri_scan_equals(scan, "Antecedent"),
                           *dependent = tri_scan_equals(scan, "Dependent");
    const struct tri_value *either = antecedent ? antecedent : dependent;
    snprintf(demanded, sizeof(demanded), "%s", either ? either->string : "");
    if (links_fail)
        return tri_error_set(error, TRI_MANAGEMENT_PROVIDER_FAILURE, NULL, "The links are broken.");
    return part_scan(scan, error);
}

static const struct tri_field disk_fields[] = {{"Id", 0, get_disk_id}};
static const struct tri_field part_fields[] = {{"Disk", 0, get_part_disk}, {"Number", 0, get_part_number}};
static const struct tri_field link_fields[] = {{"Antecedent", 0, get_antecedent}, {"Dependent", 0, get_dependent}};

#define TABLE(class_, fields_, count_, scan_)                                                                          \
    {                                                                                                                  \
        .name_space = NAME_SPACE, .name = class_, .fields = fields_, .field_count = count_, .scan = scan_              \
    }
static const struct tri_provided_class disk_table = TABLE("Test_Disk", disk_fields, 1, disk_scan);
static const struct tri_provided_class part_table = TABLE("Test_Part", part_fields, 2, part_scan);
static const struct tri_provided_class link_table = TABLE("Test_DiskToPart", link_fields, 2, link_scan);
static const struct tri_provided_class *const tables[] = {&disk_table, &part_table, &link_table, NULL};
const struct tri_provided_class *const *const tri_provider_lists[] = {tables, NULL};

#define DYNAMIC "dynamic, provider(\"test\")"

static void own(const char *owner, const char *disk)
{
    struct tri_cim_object *object = instance_of("Test_Owns");
    tri_cim_object_set_string(object, "Owner", owner);
    tri_cim_object_set_string(object, "Owned", disk);
    assert_int_equal(outcome(&(struct tri_call_spec){.kind = TRI_CALL_PUT_INSTANCE, .object = object}, true), 0);
    tri_cim_object_unref(object);
}

static void add_owner(const char *name)
{
    struct tri_cim_object *object = instance_of("Test_Owner");
    tri_cim_object_set_string(object, "Name", name);
    assert_int_equal(outcome(&(struct tri_call_spec){.kind = TRI_CALL_PUT_INSTANCE, .object = object}, true), 0);
    tri_cim_object_unref(object);
}

static int make_classes(void **state)
{
    open_repository();
    put_class(NULL, "[abstract] class Test_Device { };");
    put_class("Test_Device", "[" DYNAMIC ", Precious] class Test_Disk : Test_Device { [key] uint32 Id; };");
    put_class("Test_Device",
              "[" DYNAMIC "] class Test_Part : Test_Device { [key] uint32 Disk; [key] uint32 Number; };");
    put_class(NULL, "[" DYNAMIC ", association, Technical] class Test_DiskToPart { [key] Test_Device ref Antecedent; "
                    "[key] Test_Part ref Dependent; };");
    put_class(NULL, "class Test_Owner { [key] string Name; };");
    put_class(NULL, "[association] class Test_Owns { [key] Test_Owner ref Owner; [key] Test_Device ref Owned; };");
    add_owner("ann");
    add_owner("bob");
    own("Test_Owner.Name=\"ann\"", "Test_Disk.Id=1");
    own("Test_Owner=\"bob\"", "\\\\.\\root\\default:Test_Disk=1");
    own("Test_Owner.Name=\"ann\"", "Test_Disk.Id=2");
    own("Test_Owner.Name=\"ann\"", "Test_Disk.Id=77"); /* which is not there */
    return 0;
}

static int drop_classes(void **state)
{
    return close_repository();
}

static int mend(void **state)
{
    links_fail = false;
    return 0;
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The relative paths of the answer, sorted; links come in no order. */
static const char *answer(const char *query, const char *property)
{
    static char text[4096];
    char *names[64], *rest = NULL;
    size_t count = 0;
    struct collected rows = rows_of(query, property);
    if (rows.end < 0)
        return snprintf(text, sizeof(text), "error %d", rows.end), text;
    for (char *name = strtok_r(rows.text, " ", &rest); name && count < 64; name = strtok_r(NULL, " ", &rest))
        names[count++] = name;
    qsort(names, count, sizeof(*names), name_compare);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "", names[i]);
    return text;
}

#define ASSERT_PATHS(query, expected) assert_string_equal(answer(query, "__RELPATH"), expected)
#define ASSERT_CLASSES(query, expected) assert_string_equal(answer(query, "__CLASS"), expected)

#define PART(disk, number) "Test_Part.Disk=" #disk ",Number=" #number
#define OWNS(owner, disk) "Test_Owns.Owned=\"" disk "\",Owner=\"" owner "\""

/* ---- ASSOCIATORS OF ---- */

static void everything_that_is_linked_is_found(void **state)
{
    ASSERT_PATHS("ASSOCIATORS OF {Test_Disk.Id=1}",
                 "Test_Owner.Name=\"ann\" Test_Owner.Name=\"bob\" " PART(1, 1) " " PART(1, 2));
    ASSERT_PATHS("ASSOCIATORS OF {\\\\.\\root\\default:Test_Disk=2}", "Test_Owner.Name=\"ann\" " PART(2, 1));
    ASSERT_PATHS("ASSOCIATORS OF {Test_Disk.Id=3}", "");
}

static void links_are_followed_in_both_directions(void **state)
{
    ASSERT_PATHS("ASSOCIATORS OF {Test_Part.Disk=1,Number=2}", "Test_Disk.Id=1");
    ASSERT_PATHS("ASSOCIATORS OF {Test_Owner.Name=\"ANN\"}", "Test_Disk.Id=1 Test_Disk.Id=2");
}

static void the_links_provider_is_asked_for_the_object_only(void **state)
{
    ASSERT_PATHS("ASSOCIATORS OF {test_disk=2} WHERE AssocClass = Test_DiskToPart", PART(2, 1));
    char expected[256];
    snprintf(expected, sizeof(expected), "\\\\%s\\%s:Test_Disk.Id=2", tri_server_name(), NAME_SPACE);
    assert_string_equal(demanded, expected);
}

static void classes_of_links_and_of_results_can_be_demanded(void **state)
{
    ASSERT_PATHS("ASSOCIATORS OF {Test_Disk.Id=1} WHERE AssocClass = Test_Owns",
                 "Test_Owner.Name=\"ann\" Test_Owner.Name=\"bob\"");
    ASSERT_PATHS("ASSOCIATORS OF {Test_Disk.Id=1} WHERE ResultClass = Test_Part", PART(1, 1) " " PART(1, 2));
    ASSERT_PATHS("ASSOCIATORS OF {Test_Disk.Id=1} WHERE ResultClass = Test_Device", PART(1, 1) " " PART(1, 2));
    ASSERT_PATHS("ASSOCIATORS OF {Test_Disk.Id=1} WHERE AssocClass = Test_Owns ResultClass = Test_Part", "");
    assert_int_equal(rows_of("ASSOCIATORS OF {Test_Disk.Id=1} WHERE ResultClass = Test_Nothing", "__PATH").end,
                     TRI_MANAGEMENT_INVALID_CLASS);
}

static void roles_can_be_demanded(void **state)
{
    ASSERT_PATHS("ASSOCIATORS OF {Test_Disk.Id=1} WHERE Role = Antecedent", PART(1, 1) " " PART(1, 2));
    ASSERT_PATHS("ASSOCIATORS OF {Test_Disk.Id=1} WHERE Role = Dependent", "");
    ASSERT_PATHS("ASSOCIATORS OF {Test_Disk.Id=1} WHERE ResultRole = Owner",
                 "Test_Owner.Name=\"ann\" Test_Owner.Name=\"bob\"");
}

static void qualifiers_can_be_demanded(void **state)
{
    ASSERT_PATHS("ASSOCIATORS OF {Test_Disk.Id=1} WHERE RequiredAssocQualifier = Technical", PART(1, 1) " " PART(1, 2));
    ASSERT_PATHS("ASSOCIATORS OF {Test_Owner.Name=\"ann\"} WHERE RequiredQualifier = Precious",
                 "Test_Disk.Id=1 Test_Disk.Id=2");
    ASSERT_PATHS("ASSOCIATORS OF {Test_Disk.Id=1} WHERE RequiredQualifier = Precious", "");
}

static void definitions_of_what_is_linked_come_once_each(void **state)
{
    ASSERT_CLASSES("ASSOCIATORS OF {Test_Disk.Id=1} WHERE ClassDefsOnly", "Test_Owner Test_Part");
}

static void keys_only_leaves_the_rest_out(void **state)
{
    ASSERT_PATHS("ASSOCIATORS OF {Test_Part.Disk=1,Number=2} WHERE KeysOnly", "Test_Disk.Id=1");
}

static void the_object_itself_must_be_there(void **state)
{
    assert_int_equal(rows_of("ASSOCIATORS OF {Test_Disk.Id=99}", "__PATH").end, TRI_MANAGEMENT_NOT_FOUND);
    assert_int_equal(rows_of("ASSOCIATORS OF {Test_Nothing.Id=99}", "__PATH").end, TRI_MANAGEMENT_INVALID_CLASS);
    assert_int_equal(rows_of("REFERENCES OF {Test_Disk.Id=99}", "__PATH").end, TRI_MANAGEMENT_NOT_FOUND);
}

static void a_path_without_a_value_is_linked_with_nothing(void **state)
{
    ASSERT_PATHS("ASSOCIATORS OF {Test_Disk.Id}", "");
    ASSERT_PATHS("ASSOCIATORS OF {Test_Disk}", "");
}

/* ---- REFERENCES OF ---- */

static void the_links_themselves_are_found(void **state)
{
    ASSERT_PATHS("REFERENCES OF {Test_Owner.Name=\"bob\"}",
                 OWNS("Test_Owner=\\\"bob\\\"", "\\\\\\\\.\\\\root\\\\default:Test_Disk=1"));
    assert_int_equal(rows_of("REFERENCES OF {Test_Disk.Id=1}", "__CLASS").count, 4);
    ASSERT_CLASSES("REFERENCES OF {Test_Disk.Id=1} WHERE ResultClass = Test_DiskToPart",
                   "Test_DiskToPart Test_DiskToPart");
    ASSERT_CLASSES("REFERENCES OF {Test_Disk.Id=1} WHERE Role = Owned", "Test_Owns Test_Owns");
    ASSERT_CLASSES("REFERENCES OF {Test_Disk.Id=1} WHERE RequiredQualifier = Technical ClassDefsOnly",
                   "Test_DiskToPart");
}

static void a_link_from_an_object_to_itself_is_found_once(void **state)
{
    put_class(NULL, "[association] class Test_Trusts { [key] Test_Owner ref Who; [key] Test_Owner ref Whom; };");
    struct tri_cim_object *object = instance_of("Test_Trusts");
    tri_cim_object_set_string(object, "Who", "Test_Owner.Name=\"bob\"");
    tri_cim_object_set_string(object, "Whom", "Test_Owner.Name=\"bob\"");
    assert_int_equal(outcome(&(struct tri_call_spec){.kind = TRI_CALL_PUT_INSTANCE, .object = object}, true), 0);
    tri_cim_object_unref(object);
    ASSERT_CLASSES("REFERENCES OF {Test_Owner.Name=\"bob\"} WHERE ResultClass = Test_Trusts", "Test_Trusts");
    ASSERT_CLASSES("REFERENCES OF {Test_Owner.Name=\"bob\"} WHERE Role = Whom", "Test_Trusts");
    assert_int_equal(outcome(&(struct tri_call_spec){.kind = TRI_CALL_DELETE_CLASS, .text = "Test_Trusts"}, true), 0);
}

/* ---- definitions ---- */

static void classes_that_could_be_linked_are_found_by_the_schema(void **state)
{
    ASSERT_CLASSES("REFERENCES OF {Test_Part} WHERE SchemaOnly", "Test_DiskToPart Test_Owns");
    ASSERT_CLASSES("ASSOCIATORS OF {Test_Disk} WHERE SchemaOnly", "Test_Owner Test_Part");
    ASSERT_CLASSES("ASSOCIATORS OF {Test_Disk} WHERE SchemaOnly ResultRole = Owner", "Test_Owner");
}

/* ---- failures ---- */

static void a_failing_provider_of_links_leaves_a_partial_answer(void **state)
{
    links_fail = true;
    struct tri_call *call = start_query("ASSOCIATORS OF {Test_Disk.Id=1}", 0, true);
    struct tri_call_result result = finished(call);
    assert_int_equal(result.code, 0);
    assert_true(result.is_partial);
    assert_string_equal(result.error->text, "The links are broken.");
    assert_int_equal(collect(call, "__CLASS").count, 2);
    tri_call_unref(call);
    assert_int_equal(rows_of("ASSOCIATORS OF {Test_Part.Disk=1,Number=2}", "__CLASS").end,
                     TRI_MANAGEMENT_PROVIDER_FAILURE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, mend, nothing_is_left)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_that_is_linked_is_found),
        TEST(links_are_followed_in_both_directions),
        TEST(the_links_provider_is_asked_for_the_object_only),
        TEST(classes_of_links_and_of_results_can_be_demanded),
        TEST(roles_can_be_demanded),
        TEST(qualifiers_can_be_demanded),
        TEST(definitions_of_what_is_linked_come_once_each),
        TEST(keys_only_leaves_the_rest_out),
        TEST(the_object_itself_must_be_there),
        TEST(a_path_without_a_value_is_linked_with_nothing),
        TEST(the_links_themselves_are_found),
        TEST(a_link_from_an_object_to_itself_is_found_once),
        TEST(classes_that_could_be_linked_are_found_by_the_schema),
        TEST(a_failing_provider_of_links_leaves_a_partial_answer),
    };
    return cmocka_run_group_tests(tests, make_classes, drop_classes);
}
