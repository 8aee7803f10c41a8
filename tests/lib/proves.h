/* TRI_PROVES(HcsCreateOperation, real) in a test function says: this test proves that function, which is real, partial or
 * notimpl; a note may follow as a string. It does nothing, and does not compile where the function is not declared.
 * docs/parity.md is generated from these words. */
#ifndef TRI_TESTS_PROVES_H
#define TRI_TESTS_PROVES_H

#define TRI_PROVES(function, ...) ((void)(function))

#endif
