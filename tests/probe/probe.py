#!/usr/bin/env python3
"""Compares the public headers with those of mingw-w64, which are written by others from the same Windows.

    probe.py INCLUDE_FOLDER [MINGW_INCLUDE_FOLDER]

clang reads both, each for its own target. Of every name that both have, these must be equal: the value, size and sign
of constants (macros and enumerators); the members, offsets and sizes of structures; the types of functions, of their
parameters and of typedefs, by width and sign, pointer by pointer, down to structures and enumerations, which must have
the same name. Names that only one side has are listed, and are no failure; so are the few of which it is known that theirs are wrong
(KNOWN), which must go on to differ. Prints TAP: one line for each header, kind of name and width of wchar_t; each fails
too when suspiciously few names could be compared.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

MINGW = '/usr/share/mingw-w64/include'
CLANG = os.environ.get('TRIREME_PROBE_CLANG', 'clang')
C_LIBRARY = '\n'.join(f'#include <{name}>' for name in ('stddef.h', 'stdint.h', 'uchar.h'))  # what ours build on


@dataclass
class Header:
    """A header of ours and what it is compared with. A name belongs to the first header whose text has it."""
    name: str
    files: list          # ours, below the include folder
    theirs: list         # what to include on their side, in order
    complete: bool       # list what is in their headers and not in ours
    least: dict          # how many names of each kind must at least be compared
    apart: str = None    # where their headers clash with those of other rows: read without them, after this text


HEADERS = [
    Header('windows.h',
           ['windows/basetsd.h', 'windows/wtypes.h', 'windows/winerror.h', 'windows/winbase.h'],
           ['windows.h', 'objbase.h'], False,
           {'constant': 170, 'layout': 4, 'type': 130, 'prototype': 12}),
    Header('computecore.h',
           ['computedefs.h', 'computecore.h'],
           ['computedefs.h', 'computecore.h'], True,
           {'constant': 54, 'layout': 3, 'type': 13, 'prototype': 52}),
    Header('objbase.h',
           ['windows/guiddef.h', 'windows/unknwn.h', 'windows/combaseapi.h', 'windows/oaidl.h', 'windows/oleauto.h'],
           ['objbase.h', 'oleauto.h'], False,
           {'constant': 64, 'layout': 16, 'type': 32, 'prototype': 53}),
    Header('wbemcli.h',
           ['wbemcli.h', 'wbemprov.h'], ['wbemcli.h', 'wbemprov.h'], True,
           {'constant': 350, 'layout': 46, 'type': 75, 'prototype': 0}),
    Header('virtdisk.h',
           ['diskguid.h', 'winioctl.h', 'virtdisk.h'], ['diskguid.h', 'winioctl.h', 'virtdisk.h'], False,
           {'constant': 64, 'layout': 1, 'type': 13, 'prototype': 0}),
    Header('vdslun.h', ['vdslun.h'], ['vdslun.h'], True,
           {'constant': 42, 'layout': 4, 'type': 8, 'prototype': 0}, apart=''),
    Header('vds.h', ['vdserr.h', 'vds.h'], ['vds.h'], True,
           {'constant': 310, 'layout': 39, 'type': 88, 'prototype': 0},
           apart='#define __vdslun_h__\n#define VDS_LUN_INFORMATION void\n'),
]


# Where mingw-w64 is known to be wrong, and why we think so.
KNOWN = {
    'constant': {'VDS_TS_RESTRIPING': "5 in the metadata of Windows' own headers"},
    'layout': {'VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP': 'on Windows the last two members are arrays of 32'},
    'prototype': {name: "the source is const in Windows' own headers"
                  for name in ('VariantCopy', 'VariantCopyInd', 'VariantChangeType', 'VariantChangeTypeEx')},
}

# Members that we have and they lack, beside others at the same place.
MORE = {
    'VDS_ASYNC_OUTPUT': {'sv.ullReclaimedBytes': 'the output of shrinking, which Windows documents'},
    'VDS_NOTIFICATION': {'Service': 'the event of the service, which Windows documents'},
    'VDS_FILE_SYSTEM_TYPE_PROP': {'ulMaxLabelLength': "the right spelling of ulMaxLableLength, as the protocol has it"},
}


# Types ----------------------------------------------------------------------------------------------------------------

PRIMITIVE = {'unsigned', 'signed', 'char', 'short', 'int', 'long', '__int64', 'float', 'double', '_Bool'}
QUALIFIED_BY_TAG = {'struct', 'union', 'enum'}


def primitive(words, long_bits):
    """int: 'i32'; unsigned long: 'u32' or 'u64'; and so on."""
    words = sorted(words)
    if words[0] in ('float', 'double', '_Bool'):
        return words[0]
    sign = 'u' if 'unsigned' in words else 'i'
    if 'char' in words:
        return sign + '8' if len(words) > 1 else 'char'
    if 'short' in words:
        return sign + '16'
    if '__int64' in words or words.count('long') == 2:
        return sign + '64'
    return sign + (str(long_bits) if 'long' in words else '32')


def canonical(text, typedefs, long_bits):
    """The type without names that only stand for other types."""
    text = re.sub(r'__attribute__\(\(\w+\)\)', '', text)
    done, words = [], []
    for token in expand(re.findall(r'\w+|\S', text), typedefs) + ['']:
        if token in PRIMITIVE:
            words.append(token)
            continue
        if words:
            done.append(primitive(words, long_bits))
            words = []
        done.append(token)
    return ' '.join(done).strip()


def expand(tokens, typedefs, seen=()):
    done, before = [], ''
    for token in tokens:
        if token in typedefs and token not in seen and before not in QUALIFIED_BY_TAG:
            done += expand(re.findall(r'\w+|\S', typedefs[token]), typedefs, seen + (token,))
        else:
            done.append(token)
        before = token
    return done


# What a compiler knows of a side -------------------------------------------------------------------------------------

@dataclass
class Side:
    """One set of headers, and what clang says of it."""
    arguments: list
    prelude: str
    long_bits: int
    functions: dict = field(default_factory=dict)    # name: type
    typedefs: dict = field(default_factory=dict)     # name: type
    records: dict = field(default_factory=dict)      # name: [(member, type)]
    enumerators: set = field(default_factory=set)
    macros: set = field(default_factory=set)
    last_record: tuple = (None, None)                # id and members

    def run(self, *options, text, check=True):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, 'probe.c'), 'w', encoding='utf-8') as file:
                file.write(text)
            done = subprocess.run([CLANG, *self.arguments, '-std=gnu17', '-w', '-ferror-limit=0', *options, 'probe.c'],
                                  cwd=folder, capture_output=True, text=True, check=False, timeout=120)
        if check and done.returncode:
            print('Bail out! clang does not take the headers:', done.stderr.strip().replace('\n', '\n# '))
            sys.exit(1)
        return done

    def read(self):
        for declaration in top_level(self.run('-fsyntax-only', '-Xclang', '-ast-dump=json', text=self.prelude).stdout):
            self.take(declaration)
        for line in self.run('-E', '-dM', text=self.prelude).stdout.splitlines():
            match = re.match(r'#define (\w+) \S', line)
            if match:
                self.macros.add(match[1])
        for name in [name for name in self.records if self.typedefs.get(name.split()[-1]) == name]:
            self.records[name.split()[-1]] = self.records.pop(name)     # declared in two steps, by one name
        return self

    def take(self, declaration):
        kind, name = declaration['kind'], declaration.get('name')
        if kind == 'FunctionDecl':
            self.functions[name] = declaration['type']['qualType']
        elif kind == 'EnumDecl':
            self.enumerators.update(inner['name'] for inner in declaration.get('inner', [])
                                    if inner['kind'] == 'EnumConstantDecl')
        elif kind == 'RecordDecl' and declaration.get('completeDefinition'):
            self.last_record = (declaration['id'], members(declaration))
            if name:
                self.records[declaration['tagUsed'] + ' ' + name] = self.last_record[1]
        elif kind == 'TypedefDecl':
            self.typedefs[name] = declaration['type']['qualType']
            self.name_record(name, declaration)

    def name_record(self, name, declaration):
        """A structure goes by the name that was given to it when it was defined, and not by its tag."""
        owned = [inner.get('ownedTagDecl', {}).get('id') for inner in declaration.get('inner', [])]
        if owned and owned[0] and owned[0] == self.last_record[0]:
            self.records[name] = self.last_record[1]
            self.records.pop(self.typedefs[name], None)

    def names(self):
        return {*self.functions, *self.typedefs, *self.records, *self.enumerators, *self.macros}

    def type(self, text):
        return canonical(text, self.typedefs, self.long_bits)

    def numbers(self, expressions):
        """{name: [C expressions]} to {name: [integers]}, without those that are no integer constants."""
        left = {name: 'const unsigned long long probe_%d[] = {%s};' % (index, ', '.join(parts))
                for index, (name, parts) in enumerate(expressions.items())}
        names = list(left)
        while True:
            text = self.prelude + '\n#line 1 "lines"\n' + '\n'.join(left.values()) + '\n'
            done = self.run('-S', '-emit-llvm', '-o', '-', text=text, check=False)
            bad = {int(line) for line in re.findall(r'^lines:(\d+):\d+: error', done.stderr, re.M)}
            if not bad:
                break
            left = {name: line for number, (name, line) in enumerate(left.items(), 1) if number not in bad}
        found = {}
        for index, body in re.findall(r'^@probe_(\d+) = .*?constant \[\d+ x i64\] (\[.*?\]),', done.stdout, re.M):
            values = re.findall(r'i64 (-?\d+)(?:,|\])', body)
            if len(values) == len(expressions[names[int(index)]]):
                found[names[int(index)]] = [int(value) for value in values]
        return found


def top_level(text):
    """The declarations of a dump, one after the other: that of windows.h as one object needs gigabytes."""
    decoder, at = json.JSONDecoder(), text.index('"inner": [') + len('"inner": [')
    while True:
        at = re.compile(r'[\s,]*').match(text, at).end()
        if text[at] == ']':
            return
        declaration, at = decoder.raw_decode(text, at)
        yield declaration


def members(record):
    """The members by name; those of a nameless structure or union are its parent's, or go by the member's name."""
    found, nameless = [], None
    for inner in record.get('inner', []):
        if inner['kind'] == 'RecordDecl' and not inner.get('name'):
            nameless = inner
        elif inner['kind'] == 'FieldDecl' and inner.get('name') and '(unnamed ' in inner['type']['qualType']:
            found += [(inner['name'] + '.' + name, text) for name, text in members(nameless)]
        elif inner['kind'] == 'FieldDecl' and inner.get('name'):
            found.append((inner['name'], inner['type']['qualType']))
        elif inner['kind'] == 'FieldDecl' and nameless:
            found += members(nameless)
    return found


# The comparisons. mine: the words of our header; yours: those of theirs, where what only they have is of interest -----

@dataclass
class Outcome:
    compared: list
    differences: list
    only_ours: list
    only_theirs: list


def outcome(ours, theirs, differ):
    """differ: a name to None or to what differs."""
    names = sorted(name for name in ours if name in theirs)
    differences = [f'{name}: {text}' for name in names if (text := differ(name))]
    return Outcome(names, differences, sorted(set(ours) - set(theirs)), sorted(set(theirs) - set(ours)))


def constants(us, them, mine, yours):
    def expressions(side, names):
        return {name: [f'(unsigned long long)({name})', f'sizeof({name})',
                       '0' if name in side.enumerators else f'({name}) - ({name}) - 1 < 0'] for name in names}

    def value(numbers):
        mask = (1 << 8 * numbers[1]) - 1     # an enumerator may be signed here and unsigned there: its bits count
        return numbers[0] & mask, numbers[1], numbers[2]

    names = mine & (us.macros | us.enumerators)
    ours = us.numbers(expressions(us, names))
    theirs = them.numbers(expressions(them, names & (them.macros | them.enumerators)))
    only_theirs = {name: None for name in yours & (them.macros | them.enumerators) if name not in names}

    def differ(name):
        mine_value, their_value = value(ours[name]), value(theirs[name])
        if mine_value == their_value:
            return None
        return 'ours %#x (%d bytes, negative %d), theirs %#x (%d bytes, negative %d)' % (mine_value + their_value)
    return outcome(ours, theirs | only_theirs, differ)


def layouts(us, them, mine, yours):
    def expressions(side, names):
        return {name: [f'sizeof({name})', f'_Alignof({name})'] +
                [part for member, _ in names[name]
                 for part in (f'__builtin_offsetof({name}, {member})', f'sizeof((({name} *)0)->{member})')]
                for name in names}

    ours = {name: [member for member in us.records[name] if member[0] not in MORE.get(name, {})]
            for name in us.records if name.split()[-1] in mine}
    theirs = {name: them.records[name] for name in them.records
              if name in ours or name.split()[-1] in yours and name.split()[-1] not in mine}
    our_numbers, their_numbers = us.numbers(expressions(us, ours)), them.numbers(expressions(them, theirs))

    def differ(name):
        our_members = [(member, us.type(text)) for member, text in ours[name]]
        their_members = [(member, them.type(text)) for member, text in theirs[name]]
        if our_members != their_members:
            return f'members: ours {our_members}, theirs {their_members}'
        if name not in our_numbers or our_numbers[name] != their_numbers.get(name):
            return f'size, alignment, offset and size of members: ours {our_numbers.get(name)}, ' \
                   f'theirs {their_numbers.get(name)}'
        return None
    return outcome(ours, theirs, differ)


def by_type(kind):
    def compare(us, them, mine, yours):
        ours = {name: text for name, text in getattr(us, kind).items() if name in mine}
        theirs = {name: text for name, text in getattr(them, kind).items()
                  if name in ours or name in yours and name not in mine}

        def differ(name):
            our_type, their_type = us.type(ours[name]), them.type(theirs[name])
            return None if our_type == their_type else f'ours {our_type}, theirs {their_type}'
        return outcome(ours, theirs, differ)
    return compare


KINDS = {'constant': constants, 'layout': layouts, 'type': by_type('typedefs'), 'prototype': by_type('functions')}


# Running --------------------------------------------------------------------------------------------------------------

def words(folder, files):
    found = set()
    for name in files:
        with open(os.path.join(folder, name), encoding='utf-8') as file:
            text = file.read()
        found.update(re.findall(r'\b[A-Za-z_]\w*', text))
        found.update(name + 'Vtbl' for name in re.findall(r'^DECLARE_INTERFACE_?\((\w+)', text, re.M))
    return found


class Tap:
    def __init__(self):
        self.count, self.failed = 0, False

    def line(self, passed, text, notes):
        self.count += 1
        self.failed |= not passed
        print(f'{"ok" if passed else "not ok"} {self.count} - {text}')
        for note in notes:
            print('#  ', note)


def report(tap, title, kind, least, result):
    wrong = KNOWN.get(kind, {})
    notes = ['differs: ' + text for text in result.differences if text.split(':')[0] not in wrong]
    known = [name for name in result.compared if name in wrong]
    notes += [f'{name} is equal by now: take it off the list' for name in known
              if not any(text.startswith(name + ':') for text in result.differences)]
    if len(result.compared) < least:
        notes.append(f'only {len(result.compared)} could be compared; at least {least} were expected')
    passed = not notes
    notes += [f'{name} differs, and theirs is wrong: {wrong[name]}' for name in known]
    if kind == 'layout':
        notes += [f'{name}.{member} is only ours: {why}' for name in result.compared
                  for member, why in MORE.get(name, {}).items()]
    if result.only_ours:
        notes.append('only ours: ' + ' '.join(result.only_ours))
    if result.only_theirs:
        notes.append('only theirs: ' + ' '.join(result.only_theirs))
    tap.line(passed, f'{title}: {len(result.compared)} {kind}s are equal', notes)


def compare_headers(tap, include, mingw, us, them, title):
    taken = Side(us.arguments, C_LIBRARY, us.long_bits).read().names()
    for header in HEADERS:
        mine = words(include, header.files) - taken
        yours = words(mingw, header.theirs) if header.complete else set()
        for kind, compare in KINDS.items():
            side = them.get(header.name, them[None])
            report(tap, header.name + title, kind, header.least[kind], compare(us, side, mine, yours - taken))
        taken |= mine


def read_theirs(mingw, names, before):
    """As Windows 10 has it, and with tables of functions that are constant."""
    text = '#include <windows.h>\n' + before + '\n'.join(f'#include <{name}>' for name in names)
    return Side(['-target', 'x86_64-w64-mingw32', '-isystem', mingw, '-D_WIN32_WINNT=0x0A00', '-DCONST_VTABLE'], text,
                32).read()


def skip(reason):
    print('1..0 # SKIP', reason)
    sys.exit(0)


def main():
    include = os.path.abspath(sys.argv[1])
    mingw = sys.argv[2] if len(sys.argv) > 2 else MINGW
    if not shutil.which(CLANG):
        skip('clang is not installed')
    if not os.path.exists(os.path.join(mingw, 'computecore.h')):
        skip("mingw-w64's headers are not installed")
    together = [name for header in HEADERS if header.apart is None for name in header.theirs]
    them = {header.name: read_theirs(mingw, header.theirs, header.apart)
            for header in HEADERS if header.apart is not None}
    them[None] = read_theirs(mingw, together, '#undef GetObject\n')     # a macro of wingdi.h, and a member of ours
    tap = Tap()
    print(f'1..{2 * len(HEADERS) * len(KINDS)}')
    for title, flags in (('', []), (' with -fshort-wchar', ['-fshort-wchar'])):
        us = Side(['-I', include, *flags],
                  '\n'.join(f'#include <{name}>' for header in HEADERS for name in header.files), 64).read()
        compare_headers(tap, include, mingw, us, them, title)
    sys.exit(tap.failed)


if __name__ == '__main__':
    main()
