/* Command lines: split as Windows does, and joined so that they split again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "management/providers/command-line.h"

static void a_line_splits_as_on_windows(void **state)
{
    static const struct {
        const char *line, *arguments[6];
    } cases[] = {
        {"a", {"a"}},
        {"  a  \t b ", {"a", "b"}},
        {"\"a b\" c", {"a b", "c"}},
        {"a \"\" b", {"a", "", "b"}},
        {"a\"b c\"d", {"ab cd"}},
        {"a 'b c'", {"a", "'b", "c'"}},
        {"a $HOME *", {"a", "$HOME", "*"}},
        {"a b\\c\\", {"a", "b\\c\\"}},
        {"a \"b\\\\\" c", {"a", "b\\", "c"}},
        {"a \"b\\\"c\" d", {"a", "b\"c", "d"}},
        {"a \\\"b", {"a", "\"b"}},
        {"a \\\\\"b c\"", {"a", "\\b c"}},
        {"a \"b\"\"c\"", {"a", "b\"c"}},
        {"a \"b c", {"a", "b c"}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char **arguments = NULL;
        size_t count = 0;
        assert_int_equal(tri_command_line_split(cases[i].line, &arguments), 0);
        for (; cases[i].arguments[count]; count++) {
            assert_non_null(arguments[count]);
            assert_string_equal(arguments[count], cases[i].arguments[count]);
        }
        assert_null(arguments[count]);
        free(arguments);
    }
    char **none = NULL;
    assert_int_equal(tri_command_line_split("", &none), -EINVAL);
    assert_int_equal(tri_command_line_split(" \t ", &none), -EINVAL);
    assert_null(none);
}

static void arguments_join_into_a_line_that_splits_into_them(void **state)
{
    static const char all[] = "prog\0plain\0two words\0\0a\"b\0back\\slash\0ends \\\0\\\\\"\\\0\t\0last";
    char *line = tri_command_line_join(all, sizeof(all)), **arguments = NULL;
    assert_non_null(line);
    assert_int_equal(tri_command_line_split(line, &arguments), 0);
    char **argument = arguments;
    for (const char *at = all; at < all + sizeof(all); at += strlen(at) + 1) {
        assert_non_null(*argument);
        assert_string_equal(*argument++, at);
    }
    assert_null(*argument);
    free(arguments);
    free(line);
    static const char title[] = "nginx: master process";
    line = tri_command_line_join(title, sizeof(title));
    assert_string_equal(line, title);
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_splits_as_on_windows),
        cmocka_unit_test(arguments_join_into_a_line_that_splits_into_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
