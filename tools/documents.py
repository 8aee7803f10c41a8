#!/usr/bin/env python3
"""docs/hcs-documents.md is printed from the schema tables.
  documents.py PROGRAM FILE           writes what the program prints
  documents.py PROGRAM FILE --check   prints TAP: the file is what the program prints"""
import subprocess
import sys

program, path = sys.argv[1:3]
text = subprocess.run([program], stdout=subprocess.PIPE, timeout=30, check=True).stdout
if "--check" not in sys.argv:
    with open(path, "wb") as file:
        file.write(text)
    sys.exit()
with open(path, "rb") as file:
    current = file.read() == text
print("1..1")
print(f"{'ok' if current else 'not ok'} 1 - docs/hcs-documents.md is what its tables say (tools/documents.py)")
