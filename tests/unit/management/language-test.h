/* What the tests of the languages share: classes out of MOF. */
#ifndef TRI_TESTS_LANGUAGE_TEST_H
#define TRI_TESTS_LANGUAGE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/mof.h"

/* A frozen class. What cannot be read fails the test. */
static inline struct tri_class *class_of(const char *mof, struct tri_class *parent)
{
    struct tri_error error = {0};
    struct tri_class *cls = NULL;
    if (tri_mof_read_class(mof, parent, &cls, &error) < 0 || tri_class_freeze(cls, &error) < 0)
        fail_msg("%s", error.text);
    return cls;
}

#endif
