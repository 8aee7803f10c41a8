#!/usr/bin/env python3
"""embed-schema.py SCHEMA.mof... -o OUT.c: the built-in classes as a C table, each as the text of its declaration.

The text is cut up here, not understood: the library reads a declaration when its class is first asked for. What the table
needs is checked: every superclass is there, in reach (of the same namespace, or of every one), and no name stands twice.
"""

import argparse
import re
import sys

TOKEN = re.compile(r'''(?P<space>\s+|//[^\n]*|/\*.*?\*/)
                     |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
                     |(?P<word>[A-Za-z_0-9.+-]+)
                     |(?P<mark>[\[\]{}():;,=#$])''', re.S | re.X)
EVERYWHERE = '*'


class SchemaError(Exception):
    pass


def tokens(path):
    with open(path, encoding='utf-8') as file:
        source = file.read()
    position = 0
    while position < len(source):
        match = TOKEN.match(source, position)
        if not match:
            line = source.count('\n', 0, position) + 1
            raise SchemaError(f'{path}:{line}: this is no MOF: {source[position:position + 20]!r}')
        if match.lastgroup != 'space':
            yield match.group(), source.count('\n', 0, position) + 1
        position = match.end()


def unquote(text):
    return re.sub(r'\\(.)', r'\1', text[1:-1])


def namespace_of(path, line, statement):
    if [token.lower() for token in statement[:4]] != ['#', 'pragma', 'namespace', '(']:
        raise SchemaError(f'{path}:{line}: the built-in schema knows no pragma but namespace("...")')
    place = unquote(statement[4])
    if not place.startswith('\\\\.\\'):
        raise SchemaError(f'{path}:{line}: write the namespace as "\\\\\\\\.\\\\root\\\\..."; it is {place!r}')
    return place[4:]


def join(words):
    """The declaration on one line, with spaces only where two words would grow together."""
    text = ''
    for word in words:
        if text and re.match(r'[\w.]', text[-1]) and re.match(r'[\w.]', word[0]):
            text += ' '
        text += word
    return text


def class_of(path, line, statement, namespace):
    depth, at = 0, None
    for number, token in enumerate(statement):
        depth += {'[': 1, ']': -1}.get(token, 0)
        if depth == 0 and token.lower() == 'class':
            at = number
            break
    if at is None:
        raise SchemaError(f'{path}:{line}: the built-in schema has classes only')
    if namespace is None:
        raise SchemaError(f'{path}:{line}: no #pragma namespace before the first class')
    superclass = statement[at + 3] if statement[at + 2] == ':' else None
    return {'namespace': namespace, 'name': statement[at + 1], 'superclass': superclass,
            'text': join(statement), 'where': f'{path}:{line}'}


def read(path):
    namespace, statement, depth, first = None, [], 0, 0
    for token, line in tokens(path):
        first = first if statement else line
        statement.append(token)
        depth += {'{': 1, '(': 1, '}': -1, ')': -1}.get(token, 0)
        if depth == 0 and statement[0] == '#' and token == ')':
            namespace = namespace_of(path, first, statement)
            statement = []
        elif depth == 0 and token == ';':
            yield class_of(path, first, statement, namespace)
            statement = []
    if statement:
        raise SchemaError(f'{path}:{first}: the declaration that begins here does not end')


def check(classes):
    places, twins = {}, {}
    for each in classes:
        namespace, name = each['namespace'].lower(), each['name'].lower()
        for other in twins.setdefault(name, []):
            if namespace == other['namespace'].lower() or EVERYWHERE in (namespace, other['namespace']):
                raise SchemaError(f"{each['where']}: {each['name']} stands twice, also at {other['where']}")
        twins[name].append(each)
        places[namespace, name] = each
    for each in classes:
        reach = (each['namespace'].lower(), EVERYWHERE)
        seen, above = {each['name'].lower()}, each
        while above['superclass']:
            name = above['superclass'].lower()
            found = [places[place, name] for place in reach if (place, name) in places]
            if not found:
                raise SchemaError(f"{above['where']}: the superclass {above['superclass']} of {above['name']} is in no "
                                  f"schema file (of {above['namespace']})")
            if name in seen:
                raise SchemaError(f"{each['where']}: {each['name']} is above itself")
            seen.add(name)
            above = found[0]


def literal(text):
    if text is None:
        return 'NULL'
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


def write(classes, path):
    # By bytes of the lower-case name, as schema.c searches; a name may be in several namespaces.
    classes = sorted(classes, key=lambda each: (each['name'].lower().encode(), each['namespace'].lower()))
    with open(path, 'w', encoding='utf-8') as file:
        file.write('/* Generated by tools/embed-schema.py: change src/management/schema instead. */\n'
                   '#include "management/namespace.h"\n\nconst struct tri_schema_class tri_schema_classes[] = {\n')
        for each in classes:
            fields = (each['namespace'], each['name'], each['superclass'], each['text'])
            file.write('    {' + ', '.join(literal(field) for field in fields) + '},\n')
        file.write('};\nconst size_t tri_schema_class_count = sizeof(tri_schema_classes) / sizeof(*tri_schema_classes);\n')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('-o', dest='output', required=True)
    parser.add_argument('files', nargs='+')
    options = parser.parse_args()
    try:
        classes = [each for path in options.files for each in read(path)]
        check(classes)
        write(classes, options.output)
    except (SchemaError, IndexError) as error:
        sys.exit(f'embed-schema: {error}')


main()
