#include <strings.h>

#include "management/mof-make.h"

enum { BOTH_WAYS = TRI_FLAVOR_TO_INSTANCE | TRI_FLAVOR_TO_DERIVED };

/* What is not said of these goes without saying. Some do not say it when they are printed, either, as on Windows. */
static const struct {
    const char *name;
    uint8_t flavor;
    bool is_silent;
    bool goes_down; /* to classes below, and unchanged, whatever its flavor says (qualifiers.c) */
} known[] = {
    {"abstract", 0, true},
    {"association", BOTH_WAYS | TRI_FLAVOR_NOT_OVERRIDABLE, false, true},
    {"dynamic", TRI_FLAVOR_TO_INSTANCE, false},
    {"id", TRI_FLAVOR_TO_INSTANCE | TRI_FLAVOR_NOT_OVERRIDABLE, true},
    {"in", TRI_FLAVOR_TO_INSTANCE | TRI_FLAVOR_NOT_OVERRIDABLE, true},
    {"key", BOTH_WAYS | TRI_FLAVOR_NOT_OVERRIDABLE, true, true},
    {"out", TRI_FLAVOR_TO_INSTANCE | TRI_FLAVOR_NOT_OVERRIDABLE, true},
    {"provider", 0, true},
    {"retval", TRI_FLAVOR_TO_INSTANCE | TRI_FLAVOR_NOT_OVERRIDABLE, true},
    {"singleton", BOTH_WAYS | TRI_FLAVOR_NOT_OVERRIDABLE, false, true},
    {"static", TRI_FLAVOR_TO_DERIVED | TRI_FLAVOR_NOT_OVERRIDABLE, false},
};

static int find_known(const char *name)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if ((name[0] | 0x20) == known[i].name[0] && strcasecmp(name, known[i].name) == 0)
            return (int)i;
    return -1;
}

bool mof_flavor_implied(const char *name, uint8_t *ret)
{
    int i = find_known(name);
    *ret = i < 0 ? 0 : known[i].flavor;
    return i >= 0;
}

/* In the order in which they are printed. Two that touch the same bits contradict each other. */
static const struct {
    const char *word;
    uint8_t set, clear;
    bool is_printed;
} words[] = {
    {"Amended", TRI_FLAVOR_AMENDED, 0, true},
    {"DisableOverride", TRI_FLAVOR_NOT_OVERRIDABLE, 0, true},
    {"EnableOverride", 0, TRI_FLAVOR_NOT_OVERRIDABLE, false},
    {"ToInstance", TRI_FLAVOR_TO_INSTANCE, 0, true},
    {"ToSubClass", TRI_FLAVOR_TO_DERIVED, 0, true},
    {"NotToInstance", 0, TRI_FLAVOR_TO_INSTANCE, false},
    {"NotToSubClass", 0, TRI_FLAVOR_TO_DERIVED, false},
    {"Restricted", 0, TRI_FLAVOR_TO_DERIVED, false},
    {"Translatable", 0, 0, false}, /* DMTF's; says nothing about where a qualifier goes */
};

static int find_word(const char *word)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (strcasecmp(word, words[i].word) == 0)
            return (int)i;
    return -1;
}

int mof_flavor_read(struct mof_document *document, const struct mof_name *name, uint8_t start, uint8_t *ret,
                    struct tri_error *error)
{
    uint8_t set = 0, clear = 0;
    for (; name; name = name->next) {
        int i = find_word(name->text);
        if (i < 0)
            return mof_fail(
                document, name->place, MOF_CODE(TRI_MOF_EXPECTED_FLAVOR_TYPE), error,
                "\"%.80s\" is no flavor: Amended, DisableOverride, EnableOverride, ToInstance, ToSubClass and "
                "Restricted are",
                name->text);
        set |= words[i].set;
        clear |= words[i].clear;
        if (set & clear)
            return mof_fail(document, name->place, MOF_CODE(TRI_MOF_INCOMPATIBLE_FLAVOR_TYPES), error,
                            "the flavor %s contradicts one before it", name->text);
    }
    *ret = (uint8_t)((start & ~clear) | set);
    return 0;
}

void mof_flavor_print(const char *name, uint8_t flavor, bool is_exact, struct tri_text *text)
{
    int i = find_known(name);
    uint8_t implied = i < 0 ? 0 : known[i].flavor;
    if (flavor == implied && (flavor == 0 || known[i].is_silent))
        return;
    bool says_nothing = flavor == 0 || (i >= 0 && known[i].is_silent && !(flavor & ~implied));
    if (!is_exact && i >= 0 && known[i].goes_down && says_nothing)
        return;
    tri_text_puts(text, flavor ? ":" : ": Restricted");
    for (size_t word = 0; word < sizeof(words) / sizeof(*words); word++)
        if (words[word].is_printed && (flavor & words[word].set))
            tri_text_printf(text, " %s", words[word].word);
}
