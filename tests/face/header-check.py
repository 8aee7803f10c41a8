#!/usr/bin/env python3
"""Every public header compiles by itself, without a warning, in every language and mode that clients use.

    header-check.py INCLUDE_FOLDER C_COMPILER CPP_COMPILER HEADER...

HEADER...: what is installed; a header of the folder that is missing there fails too. CPP_COMPILER may be "". Prints
TAP.
"""

import os
import re
import shutil
import subprocess
import sys

STANDARDS = {'c': ['c11', 'c17'], 'c++': ['c++11', 'c++17']}
MODES = [[], ['-fshort-wchar']]
VIEWS = ['', '#define COBJMACROS\n', '#define NONAMELESSUNION\n',
         '#define COBJMACROS\n#define CINTERFACE\n#include <initguid.h>\n',
         '#define TRIREME_NO_INTERFACES\n#include <initguid.h>\n']
TEXT = '#include <{0}>\n#include <{0}>\nextern int not_empty;\n'
VIEWED = '#include <vds.h>\n#include <wbemidl.h>\n#include <oleauto.h>\n#include <diskguid.h>\nextern int not_empty;\n'
WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-Wundef', '-Wshadow', '-Werror']
SPELLINGS = ['ComputeCore.h', 'ComputeDefs.h', 'OAIdl.h', 'Objbase.h', 'OleAuto.h', 'Unknwn.h', 'Vds.h', 'WbemCli.h',
             'WbemIdl.h', 'WbemProv.h', 'Wbemcli.h', 'Wbemidl.h', 'Wbemprov.h', 'Windows.h', 'combaseapi.h',
             'computecore.h', 'computedefs.h', 'guiddef.h', 'initguid.h', 'oaidl.h', 'objbase.h', 'oleauto.h',
             'trireme-storage.h', 'trireme.h', 'unknwn.h', 'vds.h', 'vdserr.h', 'vdslun.h', 'virtdisk.h', 'wbemcli.h',
             'wbemidl.h', 'wbemprov.h', 'windows.h', 'winerror.h', 'wtypes.h']


def compile_text(command, text):
    done = subprocess.run([*command, '-fsyntax-only', '-'], input=text, capture_output=True, text=True, check=False,
                          timeout=60)
    return [] if done.returncode == 0 else [line for line in done.stderr.splitlines() if line]


def everything_below(folder):
    return sorted(os.path.relpath(os.path.join(where, name), folder)
                  for where, _, names in os.walk(folder) for name in names if name.endswith('.h'))


def variants(compilers):
    for language, compiler in compilers:
        for standard in STANDARDS[language]:
            for mode in MODES:
                yield [compiler, '-x', language, '-std=' + standard, *mode, *WARNINGS]


def main():
    include, c_compiler, cpp_compiler, *headers = sys.argv[1:]
    compilers = [('c', c_compiler), ('c++', cpp_compiler),
                 ('c', shutil.which('clang')), ('c++', shutil.which('clang++'))]
    commands = list(variants([(language, compiler) for language, compiler in compilers if compiler]))
    results = [('every header is installed', sorted(set(everything_below(include)) ^ set(headers))),
               ('every spelling in use is there', sorted(set(SPELLINGS) - set(headers)))]
    print(f'1..{len(results) + 2 * len(commands)}')
    for command in commands:
        name = ' '.join([os.path.basename(command[0]), *command[3:5]]).replace(' -Wall', '')
        broken = [line for header in headers for line in compile_text([*command, '-I', include], TEXT.format(header))]
        results.append((f'every header compiles by itself: {name}', broken))
        seen = [line for view in VIEWS for line in compile_text([*command, '-I', include], view + VIEWED)]
        results.append((f'interfaces compile in every view: {name}', seen))
    for number, (text, notes) in enumerate(results, 1):
        print(f'{"not ok" if notes else "ok"} {number} - {text}')
        for note in notes:
            print('#  ', re.sub(r'\s+', ' ', note))
    sys.exit(any(notes for _, notes in results))


if __name__ == '__main__':
    main()
