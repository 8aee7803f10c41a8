/* What the scanner makes of its words, and the reading of whole texts. */
#include "management/mof-scan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "base/cleanup.h"
#include "management/mof.lex.h"
#include "management/value-private.h"

/* ---- failures ---- */

void mof_line_of(const struct mof_document *document, mof_place place, int *ret_line, int *ret_column)
{
    int line = 1;
    const char *start = document->text, *end = document->text + (place < document->size ? place : document->size),
               *newline;
    for (; (newline = memchr(start, '\n', (size_t)(end - start))); start = newline + 1)
        line++;
    *ret_line = line;
    *ret_column = (int)u8_mbsnlen((const uint8_t *)start, (size_t)(end - start)) + 1;
}

int mof_fail(struct mof_document *document, mof_place place, int code, struct tri_error *error, const char *format, ...)
{
    if (document->has_failed)
        return code;
    document->has_failed = true;
    document->failed_at = place;
    document->failed_first = document->is_inside && document->first < place ? document->first : place;
    document->failed_last = document->last > place ? document->last : place;
    int line, column;
    TRI_AUTO_FREE char *what = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&what, format, args) < 0)
        what = NULL;
    va_end(args);
    mof_line_of(document, place, &line, &column);
    size_t length = what ? strlen(what) : 0;
    if (length > 0 && what[length - 1] == '.') /* of another's sentence */
        what[length - 1] = '\0';
    return tri_error_set(error, code, document->file, "%s%sline %d, column %d: %s.",
                         document->file ? document->file : "", document->file ? ", " : "", line, column,
                         what ? what : "out of memory");
}

int mof_scan_refuse(struct mof_document *document, mof_place place, int code, const char *what)
{
    mof_fail(document, place, code, document->error, "%s", what);
    return MOF_T_MOF_YYerror;
}

static int no_memory(struct mof_document *document, mof_place place)
{
    return mof_scan_refuse(document, place, -ENOMEM, "out of memory");
}

/* ---- words ---- */

int mof_scan_name(struct mof_document *document, const char *text, int length, int token, MOF_YYSTYPE *ret)
{
    ret->text = tri_arena_text(&document->arena, text, (size_t)length);
    return ret->text ? token : no_memory(document, document->last);
}

static int constant(struct mof_document *document, mof_place place, struct mof_value value, int token, MOF_YYSTYPE *ret)
{
    struct mof_value *made = tri_arena_take(&document->arena, sizeof(*made));
    if (!made)
        return no_memory(document, place);
    *made = value;
    made->place = place;
    ret->value = made;
    return token;
}

static unsigned digit_of(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* The scanner has seen that these are digits of the base, maybe with a b behind them. */
int mof_scan_integer(struct mof_document *document, mof_place place, const char *text, unsigned base, MOF_YYSTYPE *ret)
{
    struct mof_value value = {.kind = MOF_INTEGER, .is_negative = *text == '-'};
    text += *text == '-' || *text == '+';
    text += base == 16 ? 2 : 0;
    for (; *text && !(base == 2 && (*text | 0x20) == 'b'); text++)
        if (__builtin_mul_overflow(value.magnitude, base, &value.magnitude) ||
            __builtin_add_overflow(value.magnitude, digit_of(*text), &value.magnitude))
            return mof_scan_refuse(document, place, MOF_CODE(TRI_MOF_OUT_OF_RANGE),
                                   "the number needs more than 64 bits");
    return constant(document, place, value, MOF_T_CONSTANT, ret);
}

int mof_scan_real(struct mof_document *document, mof_place place, const char *text, MOF_YYSTYPE *ret)
{
    struct tri_value number;
    bool is_integer;
    if (!tri_number_parse(text, &number, &is_integer) || number.type != TRI_CIM_REAL64)
        return mof_scan_refuse(document, place, MOF_CODE(TRI_MOF_ILLEGAL_CONSTANT_VALUE), "the number cannot be read");
    return constant(document, place, (struct mof_value){.kind = MOF_REAL, .real = number.real}, MOF_T_CONSTANT, ret);
}

/* ---- texts ---- */

/* What a backslash and the letter behind it stand for; 0: nothing. */
static char escaped(char letter)
{
    static const char letters[] = "btnfr\"'\\", meanings[] = "\b\t\n\f\r\"'\\";
    const char *at = strchr(letters, letter);
    return at ? meanings[at - letters] : 0;
}

/* Up to four digits; *text moves behind them. */
static unsigned hexadecimal(const char **text)
{
    unsigned unit = 0;
    for (int i = 0; i < 4 && is_hex(**text); i++)
        unit = unit * 16 + digit_of(*(*text)++);
    return unit;
}

static bool is_hexadecimal(const char *text)
{
    return text[0] == '\\' && (text[1] | 0x20) == 'x' && is_hex(text[2]);
}

/* A character that is written as one unit of UTF-16, or as two. *text moves behind it. */
static ucs4_t unit_or_pair(const char **text)
{
    *text += 2;
    unsigned unit = hexadecimal(text);
    if (unit < 0xd800 || unit > 0xdbff || !is_hexadecimal(*text))
        return unit;
    const char *second = *text + 2;
    unsigned low = hexadecimal(&second);
    if (low < 0xdc00 || low > 0xdfff)
        return unit;
    *text = second;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

/* An escape that there is not stands for itself: included files are written as "Core\\CIM_Job.mof". false: the character 0. */
static bool decode(const char *from, const char *end, char *to)
{
    while (from < end) {
        if (is_hexadecimal(from)) {
            ucs4_t character = unit_or_pair(&from);
            if (!character)
                return false;
            int size = u8_uctomb((uint8_t *)to, character, 4);
            to += size > 0 ? size : u8_uctomb((uint8_t *)to, 0xfffd, 4);
            continue;
        }
        char c = *from == '\\' ? escaped(from[1]) : 0;
        *to++ = c ? c : *from;
        from += c ? 2 : 1;
    }
    *to = '\0';
    return true;
}

static int decode_quoted(struct mof_document *document, mof_place place, const char *text, int length, const char **ret)
{
    char *to = tri_arena_text(&document->arena, text, (size_t)length);
    if (!to)
        return no_memory(document, place);
    if (!decode(text + 1, text + length - 1, to))
        return mof_scan_refuse(document, place, MOF_CODE(TRI_MOF_ILLEGAL_CONSTANT_VALUE),
                               "a text cannot have the character 0");
    *ret = to;
    return 0;
}

int mof_scan_string(struct mof_document *document, mof_place place, const char *text, int length, MOF_YYSTYPE *ret)
{
    struct mof_value value = {.kind = MOF_STRING};
    int failure = decode_quoted(document, place, text, length, &value.string);
    return failure ? failure : constant(document, place, value, MOF_T_STRING, ret);
}

/* char16 is a unit of UTF-16, which may be half of a character: '\xd800'. */
int mof_scan_character(struct mof_document *document, mof_place place, const char *text, int length, MOF_YYSTYPE *ret)
{
    struct mof_value value = {.kind = MOF_CHAR16};
    const char *at = text + 1, *end = text + length - 1, *decoded;
    if (is_hexadecimal(at)) {
        at += 2;
        value.magnitude = hexadecimal(&at);
    } else {
        ucs4_t character = 0;
        int failure = decode_quoted(document, place, text, length, &decoded);
        if (failure)
            return failure;
        int size = u8_strmbtouc(&character, (const uint8_t *)decoded);
        at = size > 0 && character <= 0xffff && !decoded[size] ? end : NULL;
        value.magnitude = character;
    }
    if (at != end)
        return mof_scan_refuse(document, place, MOF_CODE(TRI_MOF_ILLEGAL_CONSTANT_VALUE),
                               "a char16 is one character between single quotes");
    return constant(document, place, value, MOF_T_CONSTANT, ret);
}

bool mof_scan_join(struct mof_document *document, struct mof_values pieces)
{
    if (pieces.first == pieces.last)
        return true;
    size_t size = 0;
    for (const struct mof_value *piece = pieces.first; piece; piece = piece->next)
        size += strlen(piece->string);
    char *joined = tri_arena_take(&document->arena, size + 1), *to = joined;
    if (!joined)
        return false;
    for (const struct mof_value *piece = pieces.first; piece; piece = piece->next)
        to = stpcpy(to, piece->string);
    pieces.first->string = joined;
    pieces.first->next = NULL;
    return true;
}

/* ---- the scanner's memory: all that it needs is set aside before it begins ---- */

void *mof_yyalloc(size_t size, void *scanner)
{
    struct mof_document *document = mof_yyget_extra(scanner);
    return tri_room_take(&document->room, size);
}

void *mof_yyrealloc(void *memory, size_t size, void *scanner)
{
    return NULL; /* nothing grows: the text is in memory, and one is scanned */
}

void mof_yyfree(void *memory, void *scanner)
{
}

/* ---- whole texts ---- */

enum encoding { UTF8, UTF16_LITTLE, UTF16_BIG };

static enum encoding encoding_of(const uint8_t *text, size_t size)
{
    if (size >= 2 && text[0] == 0xff && text[1] == 0xfe)
        return UTF16_LITTLE;
    return size >= 2 && text[0] == 0xfe && text[1] == 0xff ? UTF16_BIG : UTF8;
}

/* Two NULs more than the text has, which is what the scanner wants to see behind it. */
static char *room_for(size_t size)
{
    return calloc(1, size + 2);
}

static int take_utf16(struct mof_document *document, const uint8_t *text, size_t size, bool is_big)
{
    size_t count = size / 2, length = 0;
    TRI_AUTO_FREE uint16_t *units = calloc(count + 1, sizeof(*units));
    document->text = room_for(count * 3);
    if (!units || !document->text)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        units[i] = (uint16_t)(text[2 * i + is_big] | text[2 * i + !is_big] << 8);
    for (size_t i = 0; i < count;) {
        ucs4_t character;
        i += (size_t)u16_mbtouc(&character, units + i, count - i);
        length += (size_t)u8_uctomb((uint8_t *)document->text + length, character, 3 + (character > 0xffff));
    }
    document->size = length;
    return 0;
}

static int take_utf8(struct mof_document *document, const uint8_t *text, size_t size)
{
    size_t mark = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    document->text = room_for(size - mark);
    if (!document->text)
        return -ENOMEM;
    memcpy(document->text, text + mark, size - mark);
    document->size = size - mark;
    return 0;
}

int mof_document_init(struct mof_document *document, const void *text, size_t size, struct tri_error *error)
{
    if (size > MOF_TEXT_MAX)
        return tri_error_set(error, TRI_MANAGEMENT_QUOTA_VIOLATION, document->file,
                             "The MOF text is larger than %u MiB.", MOF_TEXT_MAX >> 20);
    enum encoding encoding = encoding_of(text, size);
    int r = encoding == UTF8 ? take_utf8(document, text, size)
                             : take_utf16(document, (const uint8_t *)text + 2, size - 2, encoding == UTF16_BIG);
    if (r < 0)
        return tri_error_no_memory(error);
    const uint8_t *wrong = u8_check((const uint8_t *)document->text, document->size);
    if (!wrong)
        return 0;
    return mof_fail(document, (mof_place)((const char *)wrong - document->text), MOF_CODE(TRI_MOF_UNRECOGNIZED_TOKEN),
                    error, "this is neither UTF-8 nor UTF-16 with a byte order mark");
}

int mof_document_read(struct mof_document *document, struct tri_error *error)
{
    struct tri_error failure = {0};
    void *scanner = NULL;
    if (tri_room_set_aside(&document->room, &document->arena, TRI_ROOM_OF_SCANNER) < 0 ||
        mof_yylex_init_extra(document, &scanner) != 0)
        return tri_error_no_memory(error);
    document->error = &failure;
    int r = mof_yy_scan_buffer(document->text, document->size + 2, scanner) ? mof_yyparse(scanner, document) : 2;
    document->error = NULL;
    mof_yylex_destroy(scanner);
    document->is_inside = false;
    if (r == 0)
        return 0;
    if (!document->has_failed)
        return tri_error_no_memory(error);
    int code = failure.code;
    if (error && error->code == 0)
        tri_error_move(error, &failure);
    tri_error_clear(&failure);
    return code;
}

void mof_document_finish(struct mof_document *document)
{
    tri_arena_clear(&document->arena);
    free(document->text);
    free(document->file);
}
