/* Objects of the library, as the verbs that use its COM interfaces handle them. */
#ifndef TRI_CLI_COM_H
#define TRI_CLI_COM_H

#include <oleauto.h>
#include <stdarg.h>
#include <windows.h>

#include "cli.h"

/* Interface pointers that are let go of at the end of their scope; NULL is fine. */
void tri_releasep(void *interface_pointer);
#define TRI_AUTO_RELEASE TRI_CLEANUP(tri_releasep)

void tri_bstr_freep(BSTR *string);
#define TRI_AUTO_BSTR TRI_CLEANUP(tri_bstr_freep)
void tri_variant_clearp(VARIANT *variant);
#define TRI_AUTO_VARIANT TRI_CLEANUP(tri_variant_clearp) /* initialised with {0} */

BSTR tri_bstr(const char *text);     /* NULL gives NULL */
char *tri_text_of(LPCWSTR text);     /* as UTF-8, newly allocated; NULL gives NULL */
char *tri_text_of_bstr(BSTR string); /* the same, and NULL gives "" */

/* Says that something could not be done ("cannot format /dev/loop0p1"), with the sentence that the library has left for
 * this thread, which is gone then. Returns TRI_EXIT_FAILED. */
int tri_fail_com(const struct tri_cli *cli, HRESULT hr, const char *format, ...) __attribute__((format(printf, 3, 4)));
int tri_vfail_com(const struct tri_cli *cli, HRESULT hr, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* The same with what helps, a clause to follow the sentence; NULL: nothing does. */
int tri_fail_com_hint(const struct tri_cli *cli, HRESULT hr, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
int tri_vfail_com_hint(const struct tri_cli *cli, HRESULT hr, const char *hint, const char *format, va_list arguments)
    __attribute__((format(printf, 4, 0)));

#endif
