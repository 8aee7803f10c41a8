#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"

static void set_keeps_code_text_and_place(void **state)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    assert_int_equal(tri_error_set(&error, -ENOENT, "$.Path", "no %s at %d", "layer", 7), -ENOENT);
    assert_int_equal(error.code, -ENOENT);
    assert_string_equal(error.text, "no layer at 7");
    assert_string_equal(error.where, "$.Path");
    assert_null(error.detail);
}

static void first_failure_wins(void **state)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    tri_error_set(&error, -ENOENT, NULL, "first");
    assert_int_equal(tri_error_set(&error, -EIO, "later", "second"), -EIO);
    assert_int_equal(error.code, -ENOENT);
    assert_string_equal(error.text, "first");
    assert_null(error.where);
}

static void set_without_a_place_to_keep_it_returns_the_code(void **state)
{
    assert_int_equal(tri_error_set(NULL, -EPERM, "x", "text"), -EPERM);
}

static void set_keeps_errno(void **state)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    errno = EXDEV;
    tri_error_set(&error, -EPERM, "x", "text");
    assert_int_equal(errno, EXDEV);
}

static void detail_replaces_and_removes(void **state)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    tri_error_set(&error, -EIO, NULL, "failed");
    tri_error_detail(&error, "one");
    tri_error_detail(&error, "two");
    assert_string_equal(error.detail, "two");
    tri_error_detail(&error, error.detail);
    assert_string_equal(error.detail, "two");
    tri_error_detail(&error, NULL);
    assert_null(error.detail);
}

static void detail_of_no_error_is_dropped(void **state)
{
    struct tri_error error = {0};
    tri_error_detail(&error, "words");
    tri_error_detail(NULL, "words");
    assert_null(error.detail);
}

static void move_empties_the_source(void **state)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error from = {0}, to = {0};
    tri_error_set(&from, -EIO, "place", "failed");
    tri_error_detail(&from, "words");
    tri_error_move(&to, &from);
    assert_string_equal(to.text, "failed");
    assert_string_equal(to.detail, "words");
    assert_int_equal(from.code, 0);
    assert_null(from.text);
    assert_null(from.where);
    assert_null(from.detail);
}

static void clear_empties_and_may_be_repeated(void **state)
{
    struct tri_error error = {0};
    tri_error_clear(&error);
    tri_error_set(&error, -EIO, "place", "failed");
    tri_error_clear(&error);
    tri_error_clear(&error);
    assert_int_equal(error.code, 0);
    assert_null(error.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_keeps_code_text_and_place),
        cmocka_unit_test(first_failure_wins),
        cmocka_unit_test(set_without_a_place_to_keep_it_returns_the_code),
        cmocka_unit_test(set_keeps_errno),
        cmocka_unit_test(detail_replaces_and_removes),
        cmocka_unit_test(detail_of_no_error_is_dropped),
        cmocka_unit_test(move_empties_the_source),
        cmocka_unit_test(clear_empties_and_may_be_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
