#!/usr/bin/env python3
"""Checks what a formatter does not: sizes, the one device switch, READMEs, paths of one machine.

    scripts/check_style.py              the project
    scripts/check_style.py --self-test  made-up files with one violation of each kind
"""

import argparse
import pathlib
import re
import sys
import tempfile

import cpp_functions
from source_files import CPP_SUFFIXES, ROOT, read_lines, report, source_files

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 80
MAX_README_LINES = 60
MAX_COLUMNS = 100

# (file, function) -> why it may be longer than MAX_FUNCTION_LINES: kernels' inner loops only.
# A row that no function needs any more is a finding too.
LONG_FUNCTIONS = {}

README_FOLDERS = ["src/base", "src/tensor", "backends", "backends/cpu", "backends/cpu/gemm",
                  "backends/cuda", "net", "net/blobs", "net/control", "net/key", "models",
                  "models/reference", "src/text",
                  "src/engine", "src/apps", "tests", "bench", "scripts"]
_CODE_SUFFIXES = CPP_SUFFIXES | {".py", ".cmake", ".sh", ""}
_TEXT_SUFFIXES = _CODE_SUFFIXES | {".md", ".txt", ".json", ".supp", ".yml"}

_DEVICE_SWITCH = re.compile(r"\s*#\s*(if|elif).*\bLANTERN_CUDA\b")
# Paths that exist on somebody's machine and on no user's.
_MACHINE_PATH = re.compile(r"(?<![\w./-])/(?:home|root|work|farm|workspace|Users)/")
# The folder beside the checkout that holds optional test data: only CI's entry knows where it is.
_DATA_FOLDER = re.compile(r"\.\./shared\b")
_DATA_FOLDER_FILE = pathlib.Path(".ci/run")


def check_functions(path, text):
    for name, line, length in cpp_functions.functions(text):
        if length > MAX_FUNCTION_LINES and (path.as_posix(), name) not in LONG_FUNCTIONS:
            yield (f"{path}:{line}: {name} has {length} lines, at most {MAX_FUNCTION_LINES}: "
                   "take a step out of it")


def check_code(path, lines):
    if len(lines) > MAX_FILE_LINES:
        yield f"{path}: {len(lines)} lines, at most {MAX_FILE_LINES}: split it by what it is about"
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS:
            yield f"{path}:{number}: {len(line)} columns, at most {MAX_COLUMNS}"
    if path.suffix in CPP_SUFFIXES:
        try:
            yield from check_functions(path, "\n".join(lines))
        except cpp_functions.Unbalanced as error:
            yield f"{path}:{error.line}: braces do not balance, so its functions cannot be measured"


def check_places(path, lines):
    for number, line in enumerate(lines, 1):
        if _MACHINE_PATH.search(line):
            yield f"{path}:{number}: a path of one machine"
        if path != _DATA_FOLDER_FILE and _DATA_FOLDER.search(line):
            yield f"{path}:{number}: only {_DATA_FOLDER_FILE} may know where test data lies"


def check_readmes(root):
    for folder in README_FOLDERS:
        if (root / folder).is_dir() and not (root / folder / "README.md").is_file():
            yield f"{folder}: no README.md (what it is, what it may include, how to add one more)"
    for path in sorted(root.rglob("README.md")):
        relative = path.relative_to(root)
        # The root's is the manual, with a size of its own.
        if len(relative.parts) == 1 or relative.parts[0].startswith(("build", ".")):
            continue
        count = len(read_lines(path))
        if count > MAX_README_LINES:
            yield f"{relative}: {count} lines, at most {MAX_README_LINES}"


def check_device_switches(sources):
    found = [f"{path}:{number}" for path, lines in sources.items()
             if path.suffix in CPP_SUFFIXES and path.parts[:2] != ("backends", "cuda")
             for number, line in enumerate(lines, 1) if _DEVICE_SWITCH.match(line)]
    if len(found) > 1:
        yield f"#if LANTERN_CUDA stands {len(found)} times, at most once: {', '.join(found)}"


def check_unused_exceptions(root):
    for path, name in LONG_FUNCTIONS:
        text = (root / path).read_text() if (root / path).is_file() else ""
        lengths = [length for found, _, length in cpp_functions.functions(text) if found == name]
        if not any(length > MAX_FUNCTION_LINES for length in lengths):
            yield f"LONG_FUNCTIONS: {path}: {name} needs no exception any more"


def check_tree(root):
    files = [path for path in source_files(root) if path.suffix in _TEXT_SUFFIXES]
    texts = {path: read_lines(root / path) for path in files}
    findings = []
    for path, lines in texts.items():
        if path.suffix in _CODE_SUFFIXES:
            findings += check_code(path, lines)
        findings += check_places(path, lines)
    return findings + [*check_device_switches(texts), *check_readmes(root),
                       *check_unused_exceptions(root)]


_SWITCH = "#if LANTERN_CUDA\n#endif\n"
# path, text, and the finding that it must give (None: clean).
_SELF_TEST = [
    ("src/base/README.md", "x\n" * 60, None),
    ("src/base/good.cc", "int F() {\n" + "  G();\n" * 78 + "}\n", None),
    ("src/base/table.cc", "const int kT[] = {\n" + "  F(1),\n" * 99 + "};\n", None),
    ("src/base/path.h", '#include "src/work/a.h"  // see net/work/b\n', None),
    ("backends/cuda/kernel.cu", _SWITCH * 3, None),
    ("backends/backend.h", _SWITCH, None),
    (".ci/run", "ls .." + "/shared\n", None),
    ("src/base/long.cc", "int F() {\n" + "  G();\n" * 79 + "}\n", "F has 81 lines"),
    ("src/base/big.h", "//\n" * 501, "501 lines"),
    ("src/base/wide.cc", "// " + "x" * 98 + "\n", "101 columns"),
    ("src/base/open.cc", "int F() {\n", "do not balance"),
    ("src/base/machine.cc", '// see "/ho' + 'me/me/x"\n', "a path of one machine"),
    ("scripts/data.py", "# .." + "/shared\n", "only .ci/run may know"),
    ("net/README.md", "x\n" * 61, "61 lines, at most 60"),
    ("models/model.h", "\n", "models: no README.md"),
]


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, text, _ in _SELF_TEST:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        findings = check_tree(root)
        (root / "net/second.cc").write_text(_SWITCH)
        switches = [finding for finding in check_tree(root) if "stands 2 times" in finding]
    wrong = [] if switches else ["a second #if LANTERN_CUDA was not found"]
    for path, _, expected in _SELF_TEST:
        got = [finding for finding in findings if finding.startswith(path)]
        if expected is None and got:
            wrong.append(f"{path}: expected nothing, got {got}")
        if expected and not any(expected in finding for finding in findings):
            wrong.append(f"{path}: expected {expected}, got {got}")
    return wrong + cpp_functions.self_test()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--self-test", action="store_true")
    if parser.parse_args().self_test:
        return report("style self-test", self_test())
    return report("style", check_tree(ROOT))


if __name__ == "__main__":
    sys.exit(main())
