/* Hostile documents: whatever comes in, each reader answers with a spec, or with a code and a sentence.
 *
 * As a test it runs over a corpus and over mutations of it, the same ones every time. With clang it is a libFuzzer target too;
 * HACKING.md has the command. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf16.h"
#include "compute/hcs/document.h"

#define DOCUMENT_MAX_BYTES 65536

/* ---- the readers ---- */

static int read_system(PCWSTR text, struct tri_error *error)
{
    struct tri_system_spec *spec = NULL;
    uint32_t detail;
    int r = tri_hcs_read_system(text, &spec, &detail, error);
    tri_system_spec_free(spec);
    return r;
}

static int read_process(PCWSTR text, struct tri_error *error)
{
    struct tri_process_spec *spec = NULL;
    uint32_t detail;
    int r = tri_hcs_read_process(text, &spec, &detail, error);
    tri_process_spec_free(spec);
    return r;
}

static int read_filter(PCWSTR text, struct tri_error *error)
{
    struct tri_system_filter *filter = NULL;
    int r = tri_hcs_read_filter(text, &filter, error);
    tri_system_filter_free(filter);
    return r;
}

static int read_change(PCWSTR text, struct tri_error *error)
{
    struct tri_change change = {0};
    int r = tri_hcs_read_change(text, &change, error);
    if (r == 0)
        tri_change_clear(&change);
    return r;
}

static int read_process_change(PCWSTR text, struct tri_error *error)
{
    struct tri_process_change change;
    return tri_hcs_read_process_change(text, &change, error);
}

static int read_query(PCWSTR text, struct tri_error *error)
{
    uint32_t asked;
    char **unknown = NULL;
    int r = tri_hcs_read_property_query(text, &asked, &unknown, error);
    tri_strings_free(unknown);
    return r;
}

static int read_signal(PCWSTR text, struct tri_error *error)
{
    int number;
    return tri_hcs_read_signal(text, &number, error);
}

static int read_save_path(PCWSTR text, struct tri_error *error)
{
    TRI_AUTO_FREE char *path = NULL;
    return tri_hcs_read_save_path(text, &path, error);
}

static int (*const readers[])(PCWSTR text, struct tri_error *error) = {
    read_system, read_process, read_filter, read_change, read_process_change, read_query, read_signal, read_save_path,
};
#define READERS (sizeof(readers) / sizeof(*readers))

/* False where a failure is not explained. */
static bool explains(size_t reader, PCWSTR text)
{
    struct tri_error error = {0};
    int r = readers[reader](text, &error);
    bool good = r >= 0 || (error.code == r && error.text && *error.text);
    tri_error_clear(&error);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TRI_AUTO_FREE char *text = size > 0 && size <= DOCUMENT_MAX_BYTES ? calloc(1, size) : NULL;
    TRI_AUTO_FREE char16_t *wide = NULL;
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    if (tri_utf16_from_utf8(text, &wide) == 0 && !explains(data[0] % READERS, wide))
        abort();
    return 0;
}

#ifndef TRI_FUZZER

/* ---- the corpus: a document for each reader, and some that are wrong ---- */

static const char *const corpus[] = {
    "\0{\"Owner\":\"a\",\"SchemaVersion\":{\"Major\":2,\"Minor\":1},\"ShouldTerminateOnLastHandleClosed\":true,\"Container\":{"
    "\"GuestOs\":{\"HostName\":\"h\"},\"Storage\":{\"Layers\":[{\"Id\":\"6f0c2b2e-0000-4000-8000-000000000002\",\"Path\":"
    "\"/a\"}],\"Path\":\"/b\",\"QoS\":{\"IopsMaximum\":7,\"BandwidthMaximum\":9}},\"MappedDirectories\":[{\"HostPath\":\"/srv\","
    "\"ContainerPath\":\"C:\\\\data\",\"ReadOnly\":true}],\"MappedPipes\":[{\"ContainerPipeName\":\"p\",\"HostPath\":\"/s\"}],"
    "\"Memory\":{\"SizeInMB\":256},\"Processor\":{\"Maximum\":2500},\"Networking\":{\"Namespace\":\"n\"}}}",
    "\0{\"HostedSystem\":{\"SchemaVersion\":{\"Major\":2,\"Minor\":1},\"OciBundlePath\":\"/b\",\"OciSpecification\":{"
    "\"process\":{\"args\":[\"a\"]},\"root\":{\"path\":\"/r\"}}}}",
    "\0{\"VirtualMachine\":{\"Chipset\":{\"LinuxKernelDirect\":{\"KernelFilePath\":\"/k\"}}}}",
    "\1{\"CommandLine\":\"\\\"a b\\\" c\\\\\\\"d\",\"User\":\"root\",\"WorkingDirectory\":\"/\",\"Environment\":{\"A\":\"b\"},"
    "\"EmulateConsole\":true,\"ConsoleSize\":[24,80],\"CreateStdInPipe\":true}",
    "\1{\"CommandArgs\":[\"sh\",\"-c\",\"exit 7\"],\"CreateStdOutPipe\":true,\"OciProcess\":{\"args\":[\"x\"],\"cwd\":\"/\"}}",
    "\2{\"Ids\":[\"a\",\"b\"],\"Names\":null,\"Types\":[\"Container\"],\"Owners\":[]}",
    "\3{\"ResourcePath\":\"Container/Memory/SizeInMB\",\"RequestType\":\"Update\",\"Settings\":1024}",
    "\3{\"ResourcePath\":\"Container/MappedDirectories\",\"RequestType\":\"Add\",\"Settings\":{\"HostPath\":\"/a\","
    "\"ContainerPath\":\"/b\"}}",
    "\3{\"ResourcePath\":\"Container/Processor\",\"Settings\":{\"Count\":2,\"Weight\":100}}",
    "\4{\"Operation\":\"ConsoleSize\",\"ConsoleSize\":{\"Height\":1,\"Width\":2}}",
    "\4{\"Operation\":\"CloseHandle\",\"CloseHandle\":{\"Handle\":\"StdIn\"}}",
    "\5{\"PropertyTypes\":[\"Memory\",\"Statistics\",\"ProcessList\"],\"Queries\":{\"A\":{}}}",
    "\6{\"Signal\":\"CtrlC\"}",
    "\6{\"Signal\":15}",
    "\7{\"SaveType\":\"ToFile\",\"SaveStateFilePath\":\"/f\"}",
    "\0[1,2", "\1\"text\"", "\3{\"Settings\":1e999}", "\5{\"PropertyTypes\":[[[[[[[[]]]]]]]]}", "\1{\"User\":\"\\u0000\"}",
    "\0{\"Container\":{\"Memory\":{\"SizeInMB\":18446744073709551615}}}", "\2{\"Ids\":[\"\xff\xfe\"]}", "\6\xed\xa0\x80",
};
#define CORPUS (sizeof(corpus) / sizeof(*corpus))
#define MUTATIONS 1500 /* of each */

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* Pieces that mean something where JSON is read. */
static const char *const pieces[] = {"{", "}", "[", "]", "\"", ",", ":", "null", "-1", "0.5", "99999999999999999999", "\\u0000",
                                     "\\ud800", "..", "/", "{\"a\":", "true", "\xc3", "e9", "\"\":"};

static size_t mutate(char *text, size_t size, size_t capacity, uint32_t *seed)
{
    const char *piece = pieces[next_random(seed) % (sizeof(pieces) / sizeof(*pieces))];
    size_t at = next_random(seed) % size, length = strlen(piece);
    switch (next_random(seed) % 4) {
    case 0: /* another byte */
        text[at] = (char)(1 + next_random(seed) % 255);
        return size;
    case 1: /* the rest is missing */
        return at ? at : size;
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

static bool survives_mutations(const char *document, uint32_t seed)
{
    char text[4096];
    for (int i = 0; i < MUTATIONS; i++) {
        TRI_AUTO_FREE char16_t *wide = NULL;
        size_t size = strlen(document + 1) + 1;
        memcpy(text, document + 1, size - 1);
        text[size - 1] = '}';
        for (uint32_t changes = 1 + next_random(&seed) % 4; changes > 0; changes--)
            size = mutate(text, size, sizeof(text) - 1, &seed);
        text[size] = '\0';
        size_t reader = i % 16 ? (unsigned char)document[0] : next_random(&seed) % READERS;
        if (tri_utf16_from_utf8(text, &wide) < 0 || !explains(reader, wide)) {
            printf("# reader %zu: %s\n", reader, text);
            return false;
        }
    }
    return true;
}

static bool is_explained(const char *document)
{
    TRI_AUTO_FREE char16_t *wide = NULL;
    return tri_utf16_from_utf8(document + 1, &wide) == 0 && explains((unsigned char)document[0], wide);
}

int main(void)
{
    printf("1..%zu\n", 2 * CORPUS);
    for (size_t i = 0; i < CORPUS; i++) {
        printf("%sok %zu - document %zu of the corpus is read or explained\n", is_explained(corpus[i]) ? "" : "not ", 2 * i + 1, i);
        printf("%sok %zu - so is every mutation of document %zu\n",
               survives_mutations(corpus[i], 2463534242u + (uint32_t)i) ? "" : "not ", 2 * i + 2, i);
    }
    return 0;
}

#endif
