#include "management/providers/command-line.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "management/text.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Backslashes are only special before a quote: two are one, and one that is left over makes the quote a plain
 * character. Where reading goes on: a quote there means something. */
static const char *split_backslashes(const char *at, char **to)
{
    size_t count = strspn(at, "\\");
    bool before_quote = at[count] == '"';
    size_t written = before_quote ? count / 2 : count;
    memset(*to, '\\', written);
    *to += written;
    at += count;
    if (before_quote && count % 2 != 0)
        *(*to)++ = *at++;
    return at;
}

/* Reads one argument and moves both places behind it. */
static void split_argument(const char **line, char **to)
{
    const char *at = *line;
    bool is_quoted = false;
    while (*at && (is_quoted || !is_blank(*at))) {
        if (*at == '\\')
            at = split_backslashes(at, to);
        else if (*at != '"')
            *(*to)++ = *at++;
        else if (is_quoted && at[1] == '"') { /* two quotes within quotes are one that is meant */
            *(*to)++ = '"';
            at += 2;
        } else {
            is_quoted = !is_quoted;
            at++;
        }
    }
    *(*to)++ = '\0';
    *line = at;
}

int tri_command_line_split(const char *line, char ***ret)
{
    line += strspn(line, " \t");
    if (!*line)
        return -EINVAL;
    /* Every argument is at least a character and a blank behind it, and takes no more room than that. */
    size_t length = strlen(line), most = length / 2 + 2;
    char **arguments = malloc(most * sizeof(*arguments) + length + 1), *to = (char *)(arguments + most);
    if (!arguments)
        return -ENOMEM;
    size_t count = 0;
    for (; *line; line += strspn(line, " \t")) {
        arguments[count] = to;
        split_argument(&line, &to);
        count++;
    }
    arguments[count] = NULL;
    *ret = arguments;
    return 0;
}

static void join_backslashes(struct tri_text *text, size_t count)
{
    while (count-- > 0)
        tri_text_add(text, "\\", 1);
}

static void join_quoted(struct tri_text *text, const char *argument)
{
    tri_text_add(text, "\"", 1);
    for (const char *at = argument;;) {
        size_t backslashes = strspn(at, "\\"), plain;
        at += backslashes;
        bool is_quote = *at == '"';
        join_backslashes(text, is_quote || !*at ? 2 * backslashes : backslashes);
        if (!*at)
            break;
        if (is_quote)
            tri_text_add(text, "\\\"", 2);
        plain = is_quote ? 0 : strcspn(at, "\\\"");
        tri_text_add(text, at, plain);
        at += is_quote ? 1 : plain;
    }
    tri_text_add(text, "\"", 1);
}

char *tri_command_line_join(const char *arguments, size_t size)
{
    struct tri_text text = {0};
    bool is_alone = size > 0 && !memchr(arguments, '\0', size - 1);
    for (const char *at = arguments; at < arguments + size; at += strlen(at) + 1) {
        if (at > arguments)
            tri_text_add(&text, " ", 1);
        if (!is_alone && (!*at || strpbrk(at, " \t\"")))
            join_quoted(&text, at);
        else
            tri_text_puts(&text, at);
    }
    char *line = NULL;
    return tri_text_take(&text, &line) < 0 ? NULL : line;
}
