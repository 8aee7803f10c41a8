/* TRI_PROVES(HcsCreateOperation, real) in a test function says: this test proves that function, which is real, partial or
 * notimpl; a note may follow as a string. It does nothing, and does not compile where the function is not declared.
 * TRI_PROVES_METHOD(IVdsDisk, GetProperties, real) says the same of a method of an interface.
 * docs/parity.md is generated from these words. */
#ifndef TRI_TESTS_PROVES_H
#define TRI_TESTS_PROVES_H

#include <stddef.h>

#define TRI_PROVES(function, ...) ((void)(function))
#define TRI_PROVES_METHOD(interface, method, ...) ((void)offsetof(interface##Vtbl, method))

#endif
