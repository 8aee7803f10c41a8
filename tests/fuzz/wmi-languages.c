/* Hostile WQL, object paths and MOF: whatever comes in, each reader answers with a tree, or with a code and a sentence; and what
 * it has read means the same when it is written and read again.
 *
 * As a test it runs over a corpus and over mutations of it, the same ones every time. With clang it is a libFuzzer target too;
 * HACKING.md has the command. The first byte of an input says which reader it is for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/mof.h"
#include "management/query.h"

#define TEXT_MAX_BYTES (1 << 20)

static struct tri_class *thing; /* what conditions and paths are bound to */
static struct tri_cim_object *one;

static void make_thing(void)
{
    static const char mof[] = "class Thing { [key] string Name = \"n\"; [key] uint8 Number = 5; object Inner; datetime When; boolean Yes = TRUE; string List[]; "
                              "Thing ref Other = \"Thing.Name=\\\"x\\\"\"; real64 Real = 0.5; };";
    if (!thing && (tri_mof_read_class(mof, NULL, &thing, NULL) < 0 || tri_class_freeze(thing, NULL) < 0))
        abort();
    if (!one && !(one = tri_cim_object_instance(thing)))
        abort();
}

static bool is_explained(int r, const struct tri_error *error)
{
    return r >= 0 || (error->code == r && error->text && *error->text);
}

/* ---- WQL ---- */

static bool ask(const struct tri_query *query)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    struct tri_condition *condition = NULL;
    bool answer = false;
    int r = query->kind == TRI_QUERY_SCHEMA ? tri_schema_match(query, thing, &answer, &error)
                                            : tri_condition_new(query, thing, &condition, &error);
    if (condition) {
        (void)tri_condition_match(condition, one);
        (void)tri_condition_equals(condition, 0);
    }
    (void)tri_query_demanded_class(query, "TargetInstance");
    tri_condition_free(condition);
    return is_explained(r, &error);
}

static bool read_query(const char *text, bool is_event)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    TRI_AUTO_QUERY struct tri_query *query = NULL;
    int r = tri_query_parse(text, is_event, &query, &error);
    return is_explained(r, &error) && (r < 0 || ask(query));
}

static bool read_data_query(const char *text)
{
    return read_query(text, false);
}

static bool read_event_query(const char *text)
{
    return read_query(text, true);
}

static bool read_pattern(const char *text)
{
    const char *pattern = strchr(text, '\n');
    (void)tri_like(text, pattern ? pattern + 1 : text);
    return true;
}

/* ---- paths ---- */

static bool reads_back(const struct tri_path *path)
{
    TRI_CLEANUP(tri_path_clear) struct tri_path again = {0};
    TRI_AUTO_FREE char *first = NULL;
    TRI_AUTO_FREE char *second = NULL;
    return tri_path_text(path, &first) == 0 && tri_path_parse(first, &again, NULL) == 0 && tri_path_text(&again, &second) == 0 &&
           strcmp(first, second) == 0;
}

static bool read_path(const char *text)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    TRI_CLEANUP(tri_error_clear) struct tri_error refusal = {0};
    TRI_CLEANUP(tri_path_clear) struct tri_path path = {0};
    TRI_AUTO_FREE char *key = NULL;
    int r = tri_path_parse(text, &path, &error);
    if (r < 0)
        return is_explained(r, &error);
    return is_explained(tri_path_key(&path, thing, &key, &refusal), &refusal) && (strlen(text) > 2000 || reads_back(&path));
}

static bool read_namespace(const char *text)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    TRI_CLEANUP(tri_path_clear) struct tri_path path = {0};
    return is_explained(tri_path_parse_namespace(text, &path, &error), &error);
}

/* ---- MOF ---- */

enum { CLASSES_MAX = 200 };

struct kept {
    struct tri_class *classes[CLASSES_MAX];
    size_t count;
    const char *text; /* which includes itself */
    bool differs;
};

static int get_class(void *context, const char *name, struct tri_class **ret, struct tri_error *error)
{
    struct kept *kept = context;
    for (size_t i = kept->count; i-- > 0;)
        if (tri_name_equal(kept->classes[i]->name, name)) {
            *ret = tri_class_ref(kept->classes[i]);
            return 0;
        }
    return tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, name, "There is no class %s.", name);
}

static int accept_text(void *context, const char *text, struct tri_error *error)
{
    return 0;
}

/* As it is printed, it reads back. */
static bool class_reads_back(const struct tri_class *cls)
{
    TRI_AUTO_CLASS struct tri_class *again = NULL;
    TRI_AUTO_FREE char *first = NULL;
    TRI_AUTO_FREE char *second = NULL;
    return tri_mof_print_class(cls, 0, &first) == 0 && tri_mof_read_class(first, cls->parent, &again, NULL) == 0 &&
           tri_class_freeze(again, NULL) == 0 && tri_mof_print_class(again, 0, &second) == 0 && strcmp(first, second) == 0;
}

static int put_class(void *context, struct tri_class *cls, unsigned flags, struct tri_error *error)
{
    struct kept *kept = context;
    if (kept->count == CLASSES_MAX)
        return tri_error_set(error, TRI_MANAGEMENT_QUOTA_VIOLATION, NULL, "There are enough classes.");
    kept->classes[kept->count++] = tri_class_ref(cls);
    kept->differs |= !class_reads_back(cls);
    return 0;
}

static int put_instance(void *context, struct tri_cim_object *object, unsigned flags, char **ret_path, struct tri_error *error)
{
    TRI_AUTO_FREE char *text = NULL;
    if (tri_mof_print(object, 0, &text) < 0)
        return tri_error_no_memory(error);
    return tri_cim_object_relative_path(object, ret_path);
}

static int include(void *context, const char *from_file, const char *name, char **ret_text, size_t *ret_size, char **ret_file,
                   struct tri_error *error)
{
    const struct kept *kept = context;
    *ret_text = strdup(kept->text);
    *ret_size = strlen(kept->text);
    *ret_file = strdup(name);
    return 0;
}

static bool read_mof(const char *text)
{
    struct kept kept = {.text = text};
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    struct tri_mof_status status;
    const struct tri_mof_target target = {&kept, accept_text, get_class, put_class, put_instance, accept_text, accept_text, include};
    int r = tri_mof_compile(text, strlen(text), "main.mof", 0, &target, &status, &error);
    for (size_t i = 0; i < kept.count; i++)
        tri_class_unref(kept.classes[i]);
    return is_explained(r, &error) && !kept.differs && status.first_line <= status.line && status.line <= status.last_line;
}

static bool read_class(const char *text)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    return is_explained(tri_mof_read_class(text, thing, &cls, &error), &error);
}

/* ---- all of them ---- */

static bool (*const readers[])(const char *text) = {
    read_data_query, read_event_query, read_pattern, read_path, read_namespace, read_mof, read_class,
};
#define READERS (sizeof(readers) / sizeof(*readers))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TRI_AUTO_FREE char *text = size > 0 && size <= TEXT_MAX_BYTES ? calloc(1, size) : NULL;
    if (!text)
        return 0;
    make_thing();
    memcpy(text, data + 1, size - 1);
    if (!readers[data[0] % READERS](text))
        abort();
    return 0;
}

#ifndef TRI_FUZZER

/* ---- the corpus ---- */

#define MOF_READER "\5"
static const char *const corpus[] = {
    "\0SELECT Name, Inner.Name, __PATH FROM Thing WHERE (Number >= 5 AND Name LIKE 'a[b-d]%_') OR NOT Yes = TRUE AND When > '2024-01-01'",
    "\0SELECT * FROM Thing WHERE NULL <> Name AND 5 < Number AND Inner ISA \"Thing\" AND Inner.Name.X IS NOT NULL AND Real = -1.5e3",
    "\0SELECT * FROM meta_class WHERE __this ISA 'Thing' AND NOT __SUPERCLASS IS NULL OR __DYNASTY = 'T'",
    "\0ASSOCIATORS OF {\\\\.\\root\\cimv2:Thing.Name=\"a}\\\"\",Number=5} WHERE AssocClass=A ResultRole = B KeysOnly",
    "\0REFERENCES OF {Thing.Name} WHERE ClassDefsOnly",
    "\1SELECT * FROM __InstanceCreationEvent WITHIN 0.5 WHERE TargetInstance ISA 'Thing' GROUP WITHIN 5 BY TargetInstance.Name HAVING NumberOfEvents > 3",
    "\2mississippi\nm%[a-i]s_iss%[^x]pi",
    "\3\\\\HOST\\root\\cimv2:Thing.Name=\"a\\\\b\\\"c\",Number=0x1F", "\3//./root/cimv2:Thing='it \"is\"'", "\3Thing=@", "\3root\\cimv2",
    "\3Thing.A=-9223372036854775808,B=18446744073709551615,C=TRUE", "\4\\\\.\\root\\a\\b",
    MOF_READER "#pragma namespace(\"\\\\\\\\.\\\\root\")\nQualifier Q : string[] = {\"a\"}, Scope(any, class), Flavor(DisableOverride, ToInstance);\nQualifier R : ToSubClass;\n"
               "[Q, R(5), abstract] class A as $c { [key, MaxLen(5): Amended ToSubClass] string K = \"\\x41\\t\" \"b\"; uint8 L[4] = {0x1f, 017, 101b, 9}; };",
    MOF_READER "class B : A { [x{1.5, 2}] sint64 N = -5; A ref R; object O = instance of C { S = \"x\"; }; char16 H = 'y'; datetime D = \"20240101000000.000000+000\"; };\n"
               "class A { [key] string K; }; class C { string S; real32 F = 1e-3; boolean Y = TRUE; };",
    MOF_READER "class P { [key] string N; P ref R[]; object O; };\ninstance of P { N = \"1\"; R = {$two, $two}; O = $two; };\n[q] instance of P as $two { N = \"2\"; O = NULL; };",
    MOF_READER "class M { [static, implemented] uint32 Do([in, ID(0)] string A = \"d\", [in, out] M ref B[], [out, MaxLen(3)] object C); void Not(); };",
    MOF_READER "#pragma classflags(\"createonly\")\n#pragma deleteclass(\"X\", NOFAIL)\n#include \"self.mof\"\n#pragma autorecover",
    "\6[dynamic, provider(\"p\")] class Below : Thing { [Override(\"Name\")] string Name = \"x\"; uint16 More[] = {1, 2}; void M([out] string X); };",
    "\0SELECT * FROM \xc3\xa4 WHERE \xff = '", "\5\xff\xfe""c\1l\1", MOF_READER "class A : A {};", MOF_READER "/* ", "\3A.B=\"\\", "\1", "\2\n[",
};
#define CORPUS (sizeof(corpus) / sizeof(*corpus))
#define MUTATIONS 4000 /* of each */

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* Pieces that mean something in one of the languages. */
static const char *const pieces[] = {"{",     "}",       "[",     "]",    "\"",   "'",    ",",     ";",       ":",    "(",   ")",     "=",    "\\",  "%",
                                     "_",     "$",       "#",     "/*",   "//",   "NULL", "TRUE",  "-1",      ".5",   "1b",  "0x",    "@",    "AND", "OR",
                                     "NOT (", " LIKE ",  " ISA ", " IS ", "ref ", "of ",  "class", "instance", "key",  "\n",  "\\xd8", "\xc3", "\xff",
                                     "99999999999999999999", "__CLASS", ".", "Thing"};

static size_t mutate(char *text, size_t size, size_t capacity, uint32_t *seed)
{
    const char *piece = pieces[next_random(seed) % (sizeof(pieces) / sizeof(*pieces))];
    size_t at = next_random(seed) % size, length = strlen(piece);
    switch (next_random(seed) % 4) {
    case 0: /* another byte */
        text[at] = (char)(1 + next_random(seed) % 255);
        return size;
    case 1: /* some again, elsewhere */
        length = 1 + next_random(seed) % (size - at);
        if (size + length > capacity)
            return size;
        memcpy(text + size, text + at, length);
        return size + length;
    case 2: /* some are missing */
        length = 1 + next_random(seed) % (size - at);
        memmove(text + at, text + at + length, size - at - length);
        return size - length ? size - length : 1;
    default: /* a piece more */
        if (size + length > capacity)
            return size;
        memmove(text + at + length, text + at, size - at);
        memcpy(text + at, piece, length);
        return size + length;
    }
}

static bool survives_mutations(const char *input, uint32_t seed)
{
    char text[4096];
    for (int i = 0; i < MUTATIONS; i++) {
        size_t size = strlen(input + 1) + 1;
        memcpy(text, input + 1, size - 1);
        text[size - 1] = ' ';
        for (uint32_t changes = 1 + next_random(&seed) % 4; changes > 0; changes--)
            size = mutate(text, size, sizeof(text) - 1, &seed);
        text[size] = '\0';
        size_t reader = i % 16 ? (unsigned char)input[0] : next_random(&seed) % READERS;
        if (!readers[reader](text)) {
            printf("# reader %zu: %s\n", reader, text);
            return false;
        }
    }
    return true;
}

int main(void)
{
    make_thing();
    printf("1..%zu\n", 2 * CORPUS);
    for (size_t i = 0; i < CORPUS; i++) {
        printf("%sok %zu - input %zu of the corpus is read or explained\n", readers[(unsigned char)corpus[i][0]](corpus[i] + 1) ? "" : "not ",
               2 * i + 1, i);
        printf("%sok %zu - so is every mutation of input %zu\n", survives_mutations(corpus[i], 2463534242u + (uint32_t)i) ? "" : "not ", 2 * i + 2,
               i);
    }
    tri_cim_object_unref(one);
    tri_class_unref(thing);
    return 0;
}

#endif
