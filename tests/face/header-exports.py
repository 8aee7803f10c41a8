#!/usr/bin/env python3
"""The library exports the functions and the ids that the public headers declare, and nothing else.

    header-exports.py NM LIBRARY HEADER...

Prints TAP.
"""

import re
import subprocess
import sys


CPP_ONLY = ('comutil.h', 'comdef.h', 'comip.h', 'atlbase.h', 'atlcomcli.h')     # all of them inline


def declared(path):
    if path.endswith(CPP_ONLY):
        return set()
    with open(path, encoding='utf-8') as file:
        text = re.sub(r'/\*.*?\*/', '', file.read(), flags=re.S)
    text = re.sub(r'^#(?:.*\\\n)*.*$', '', text, flags=re.M)
    statements = [statement.strip() for statement in re.split(r'[;{}]', text)]
    functions = [re.match(r'[\w\s*]*?\b(\w+)\s*\(', statement) for statement in statements
                 if not statement.startswith(('typedef', 'inline', 'static inline', 'template', 'return',
                                              'TRIREME_STATIC_ASSERT', 'DECLARE_HANDLE'))]
    ids = re.findall(r'^DEFINE_GUID\((\w+),', text, re.M)
    ids += ['IID_' + name for name in re.findall(r'^TRIREME_INTERFACE_ID\((\w+),', text, re.M)]
    ids += ['CLSID_' + name for name in re.findall(r'^TRIREME_CLASS_ID\((\w+),', text, re.M)]
    return {match[1] for match in functions if match and not match[1].isupper() and '_ENUM_' not in match[1]} | set(ids)


def exported(nm, library):
    lines = subprocess.run([nm, '--dynamic', '--defined-only', library], capture_output=True, text=True, check=True,
                           timeout=60).stdout.splitlines()
    return {line.split()[-1].split('@')[0] for line in lines}


def main():
    nm, library, *headers = sys.argv[1:]
    names, symbols = set().union(*map(declared, headers)), exported(nm, library)
    results = [('the headers declare a sane number of names', [] if len(names) >= 145 else [f'only {len(names)}']),
               ('every function and id that is declared is exported', sorted(names - symbols)),
               ('nothing else is exported', sorted(symbols - names))]
    print(f'1..{len(results)}')
    for number, (text, notes) in enumerate(results, 1):
        print(f'{"not ok" if notes else "ok"} {number} - {text}')
        for note in notes:
            print('#  ', note)
    sys.exit(any(notes for _, notes in results))


if __name__ == '__main__':
    main()
