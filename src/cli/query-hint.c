#include "query-hint.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "output.h"

#define NAME_MAX_UNITS 128 /* what is longer is no slip of the fingers */
#define SHOWN_BYTES 200

/* ---- how far a name is from another ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters have to be put in, left out or changed. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_UNITS + 1], length = strlen(b);

    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t before = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < length; j++) {
            size_t change = before + (tolower((unsigned char)a[i]) != tolower((unsigned char)b[j]));
            before = row[j + 1];
            row[j + 1] = least(change, least(row[j], row[j + 1]) + 1);
        }
    }
    return row[length];
}

struct search {
    const char *wanted;
    size_t best; /* further away than that is no help */
    char *found;
};

static void search_begin(struct search *search, const char *wanted)
{
    size_t length = strlen(wanted);

    *search = (struct search){.wanted = wanted, .best = length > NAME_MAX_UNITS ? 0 : 1 + least(length / 4, 2)};
}

/* Where the name is one of a family, "Win32_Process", the family may have been left out: of "Win32_" rather than of others. */
static size_t distance_of(const char *wanted, const char *name)
{
    const char *tail = strchr(name, '_');

    if (strlen(name) > NAME_MAX_UNITS)
        return SIZE_MAX;
    size_t whole = distance(wanted, name);
    if (!tail || tail == name)
        return whole;
    return least(whole, distance(wanted, tail + 1) + (strncasecmp(name, "Win32_", 6) != 0));
}

static void search_look_at(struct search *search, const char *name)
{
    size_t far = search->best ? distance_of(search->wanted, name) : SIZE_MAX;

    if (far > search->best || (search->found && far == search->best))
        return;
    free(search->found);
    search->found = tri_text_format("%s", name);
    search->best = far;
}

static char *search_end(struct search *search)
{
    TRI_AUTO_FREE char *found = search->found;

    return found ? tri_text_format("did you mean %s?", found) : NULL;
}

/* ---- the thread's error information, kept over calls of ours ---- */

static IErrorInfo *error_take(void)
{
    IErrorInfo *info = NULL;

    GetErrorInfo(0, &info);
    return info;
}

static void error_give_back(IErrorInfo **info)
{
    SetErrorInfo(0, *info);
    tri_releasep(info);
}
#define KEEP_ERROR TRI_CLEANUP(error_give_back) __attribute__((unused)) IErrorInfo *kept = error_take()

/* ---- properties and methods ---- */

char *tri_hint_property(IWbemClassObject *object, const char *name)
{
    KEEP_ERROR;
    struct search search;
    BSTR property = NULL;

    search_begin(&search, name);
    IWbemClassObject_BeginEnumeration(object, WBEM_FLAG_NONSYSTEM_ONLY);
    while (IWbemClassObject_Next(object, 0, &property, NULL, NULL, NULL) == WBEM_S_NO_ERROR) {
        TRI_AUTO_FREE char *text = tri_text_of_bstr(property);
        search_look_at(&search, text);
        SysFreeString(property);
    }
    IWbemClassObject_EndEnumeration(object);
    return search_end(&search);
}

char *tri_hint_method(IWbemClassObject *class_, const char *name)
{
    KEEP_ERROR;
    struct search search;
    BSTR method = NULL;

    search_begin(&search, name);
    IWbemClassObject_BeginMethodEnumeration(class_, 0);
    while (IWbemClassObject_NextMethod(class_, 0, &method, NULL, NULL) == WBEM_S_NO_ERROR) {
        TRI_AUTO_FREE char *text = tri_text_of_bstr(method);
        search_look_at(&search, text);
        SysFreeString(method);
    }
    IWbemClassObject_EndMethodEnumeration(class_);
    return search_end(&search);
}

/* ---- classes ---- */

static IWbemClassObject *find_class(IWbemServices *services, const char *name)
{
    TRI_AUTO_BSTR BSTR wide = tri_bstr(name);
    IWbemClassObject *object = NULL;

    return *name && SUCCEEDED(IWbemServices_GetObject(services, wide, 0, NULL, &object, NULL)) ? object : NULL;
}

/* Where else there is such a class, of the namespaces that come with the library. */
static const char *other_namespace(const char *name)
{
    static const char *const others[] = {"root\\cimv2", "root\\virtualization\\v2",
                                         "root\\Microsoft\\Windows\\Storage"};

    for (size_t i = 0; i < TRI_COUNT(others); i++) {
        TRI_AUTO_RELEASE IWbemServices *services = NULL;
        TRI_AUTO_RELEASE IWbemClassObject *class_ = NULL;
        if (SUCCEEDED(tri_management_connect(others[i], &services)) && (class_ = find_class(services, name)))
            return others[i];
    }
    return NULL;
}

static char *similar_class(const struct tri_management *management, const char *name)
{
    TRI_AUTO_RELEASE IEnumWbemClassObject *rows = NULL;
    IWbemClassObject *class_;
    struct search search;
    ULONG count;

    search_begin(&search, name);
    if (FAILED(IWbemServices_CreateClassEnum(management->services, NULL,
                                             WBEM_FLAG_FORWARD_ONLY | WBEM_FLAG_RETURN_IMMEDIATELY, NULL, &rows)))
        return NULL;
    while (IEnumWbemClassObject_Next(rows, (LONG)WBEM_INFINITE, 1, &class_, &count) == WBEM_S_NO_ERROR && count == 1) {
        TRI_AUTO_FREE char *text = tri_checked(tri_object_text(class_, "__CLASS"));
        search_look_at(&search, text);
        IWbemClassObject_Release(class_);
    }
    return search_end(&search);
}

static char *hint_class(const struct tri_management *management, const char *name)
{
    const char *other = other_namespace(name);

    return other ? tri_text_format("it is in %s: add -n '%s'", other, other) : similar_class(management, name);
}

static bool is_missing(const struct tri_management *management, const char *name)
{
    TRI_AUTO_RELEASE IWbemClassObject *class_ = find_class(management->services, name);

    return *name && !class_;
}

char *tri_hint_path(const struct tri_management *management, HRESULT hr, const char *path)
{
    const char *colon = strpbrk(path, ":\"'"), *name = colon && *colon == ':' ? colon + 1 : path;
    TRI_AUTO_FREE char *class_ = tri_text_format("%.*s", (int)strcspn(name, ".="), name);

    if (hr != WBEM_E_NOT_FOUND && hr != WBEM_E_INVALID_CLASS)
        return NULL;
    KEEP_ERROR;
    return is_missing(management, class_) ? hint_class(management, class_) : NULL;
}

/* ---- queries ---- */

/* The words of a query, one after the other, without what is quoted; quoted: that, too. */
struct words {
    const char *at;
    bool with_quoted;
};

static char *quoted_word(const char **at)
{
    char quote = *(*at)++;
    const char *begin = *at;

    for (; **at && **at != quote; (*at)++)
        *at += **at == '\\' && (*at)[1];
    const char *end = *at;
    *at += **at == quote;
    return tri_text_format("%.*s", (int)(end - begin), begin);
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Newly allocated; NULL: there are no more. */
static char *next_word(struct words *words)
{
    while (*words->at && !is_word(*words->at)) {
        if (*words->at != '"' && *words->at != '\'') {
            words->at++;
            continue;
        }
        char *word = quoted_word(&words->at);
        if (words->with_quoted)
            return word;
        free(word);
    }
    const char *begin = words->at;
    while (is_word(*words->at))
        words->at++;
    return words->at > begin ? tri_text_format("%.*s", (int)(words->at - begin), begin) : NULL;
}

/* The class that the query names somewhere, and that there is not. */
static char *hint_missing_class(const struct tri_management *management, const char *query)
{
    static const char *const before[] = {"FROM", "ISA", "OF", "ResultClass", "AssocClass", "__CLASS"};
    struct words words = {query, true};
    bool is_class = false;

    for (char *word; (word = next_word(&words)); free(word)) {
        if (is_class && is_missing(management, word)) {
            TRI_AUTO_FREE char *name = word;
            return hint_class(management, name);
        }
        is_class = false;
        for (size_t i = 0; i < TRI_COUNT(before); i++)
            is_class |= !strcasecmp(word, before[i]);
    }
    return NULL;
}

static IWbemClassObject *class_of_query(const struct tri_management *management, const char *query)
{
    struct words words = {query, false};
    bool is_next = false;

    for (char *word; (word = next_word(&words)); free(word)) {
        if (is_next) {
            TRI_AUTO_FREE char *name = word;
            return find_class(management->services, name);
        }
        is_next = !strcasecmp(word, "FROM");
    }
    return NULL;
}

static bool is_keyword(const char *word)
{
    static const char *const keywords[] = {"SELECT", "FROM", "WHERE", "AND",   "OR",    "NOT",    "LIKE", "IS",
                                           "NULL",   "ISA",  "TRUE",  "FALSE", "GROUP", "WITHIN", "BY",   "HAVING"};

    for (size_t i = 0; i < TRI_COUNT(keywords); i++)
        if (!strcasecmp(word, keywords[i]))
            return true;
    return isdigit((unsigned char)*word);
}

static bool has_property(IWbemClassObject *object, const char *name)
{
    TRI_AUTO_BSTR BSTR wide = tri_bstr(name);

    return SUCCEEDED(IWbemClassObject_Get(object, wide, 0, NULL, NULL, NULL));
}

/* A word that is nearly a property. */
static char *hint_misspelt(IWbemClassObject *class_, const char *query)
{
    TRI_AUTO_FREE char *name = tri_object_text(class_, "__CLASS");
    struct words words = {query, false};
    char *hint = NULL;

    for (char *word; !hint && (word = next_word(&words)); free(word))
        if (!is_keyword(word) && strcasecmp(word, name) != 0 && !has_property(class_, word))
            hint = tri_hint_property(class_, word);
    return hint;
}

/* What people know from SQL. */
static char *hint_other_language(const char *query)
{
    static const struct {
        const char *word, *hint;
    } missing[] = {
        {"ORDER", "WQL has no ORDER BY: sort what is printed"},
        {"LIMIT", "WQL has no LIMIT: cut what is printed"},
        {"TOP", "WQL has no TOP: cut what is printed"},
        {"COUNT", "WQL has no COUNT: count what is printed"},
        {"DISTINCT", "WQL has no DISTINCT: sort what is printed"},
        {"JOIN", "WQL has no JOIN: see ASSOCIATORS OF"},
        {"IN", "WQL has no IN: use = and OR"},
        {"BETWEEN", "WQL has no BETWEEN: use >=, AND and <="},
    };
    struct words words = {query, false};
    const char *hint = NULL;

    for (char *word; !hint && (word = next_word(&words)); free(word))
        for (size_t i = 0; i < TRI_COUNT(missing) && !hint; i++)
            hint = strcasecmp(word, missing[i].word) ? NULL : missing[i].hint;
    return hint ? tri_text_format("%s", hint) : NULL;
}

static char *hint_unreadable(const struct tri_management *management, const char *query, int parts)
{
    TRI_AUTO_RELEASE IWbemClassObject *named =
        query[strcspn(query, " \t\r\n")] ? NULL : find_class(management->services, query);
    TRI_AUTO_RELEASE IWbemClassObject *class_ = class_of_query(management, query);
    char *hint = NULL;

    if (named)
        return tri_text_format("all of a class is \"SELECT * FROM %s\"", query);
    if (parts > 1)
        return tri_text_format("put the query in quotation marks, since the shell replaces * and takes quotes away");
    if (!(hint = hint_other_language(query)) && class_)
        hint = hint_misspelt(class_, query);
    return hint;
}

char *tri_hint_query(const struct tri_management *management, HRESULT hr, const char *query, int parts)
{
    KEEP_ERROR;

    if (hr == WBEM_E_INVALID_CLASS || hr == WBEM_E_NOT_FOUND)
        return hint_missing_class(management, query);
    return hr == WBEM_E_INVALID_QUERY ? hint_unreadable(management, query, parts) : NULL;
}

char *tri_query_shown(const char *query)
{
    size_t length = strlen(query), shown = least(length, SHOWN_BYTES);

    while (shown < length && shown > 0 && ((unsigned char)query[shown] & 0xC0) == 0x80)
        shown--; /* not in the middle of a letter */
    char *text = tri_text_format("%.*s%s", (int)shown, query, shown < length ? "..." : "");
    for (char *at = text; *at; at++)
        *at = iscntrl((unsigned char)*at) ? ' ' : *at;
    return text;
}
