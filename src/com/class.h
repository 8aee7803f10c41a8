/* The classes that CoCreateInstance can make. The table is filled in where the library is put together (src/classes.c),
 * so that this module knows none of the faces; programs that link this module by itself bring a table of their own. */
#ifndef TRI_COM_CLASS_H
#define TRI_COM_CLASS_H

#include <unknwn.h>

struct tri_com_factory {
    const CLSID *clsid;
    /* Makes an object and hands out the interface asked for; on failure *ret stays NULL. Any thread. */
    HRESULT (*create)(REFIID iid, void **ret);
};

/* Ends with NULL. */
extern const struct tri_com_factory *const tri_com_factories[];

#endif
