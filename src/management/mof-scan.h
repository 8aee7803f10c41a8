/* Between mof.l, mof.y and mof-scan.c: the tokens, and what is made of them. */
#ifndef TRI_MANAGEMENT_MOF_SCAN_H
#define TRI_MANAGEMENT_MOF_SCAN_H

#include <string.h>

#include "management/mof-tree.h"

/* Lists that grow at their end. */
struct mof_values {
    struct mof_value *first, *last;
};
struct mof_names {
    struct mof_name *first, *last;
};
struct mof_qualifier_list {
    struct mof_qualifier *first, *last;
};
struct mof_features {
    struct mof_feature *first, *last;
};

#include "management/mof.tab.h"

/* As the generated files call them. */
#define YYSTYPE MOF_YYSTYPE
#define YYLTYPE MOF_YYLTYPE

static inline mof_place mof_scan_place(struct mof_document *document, const char *token)
{
    mof_place place = (mof_place)(token - document->text);
    bool is_blank = strchr(" \t\r\n\f\v/", *token); /* no word begins with a slash: a comment */
    if (!document->is_inside && !is_blank) {
        document->is_inside = true;
        document->first = place;
    }
    document->last = place;
    return place;
}

/* Each fills *ret and answers the token, or YYerror with the failure noted. */
int mof_scan_refuse(struct mof_document *document, mof_place place, int code, const char *what);
int mof_scan_name(struct mof_document *document, const char *text, int length, int token, MOF_YYSTYPE *ret);
int mof_scan_integer(struct mof_document *document, mof_place place, const char *text, unsigned base, MOF_YYSTYPE *ret);
int mof_scan_real(struct mof_document *document, mof_place place, const char *text, MOF_YYSTYPE *ret);
int mof_scan_string(struct mof_document *document, mof_place place, const char *text, int length, MOF_YYSTYPE *ret);
int mof_scan_character(struct mof_document *document, mof_place place, const char *text, int length, MOF_YYSTYPE *ret);

/* Texts one behind the other are one text: the first becomes all of them. false: no memory. */
bool mof_scan_join(struct mof_document *document, struct mof_values pieces);
#endif
