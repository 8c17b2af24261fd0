#!/usr/bin/env python3
"""Checks that every file includes only what its layer may include.

    scripts/check_layers.py              the project
    scripts/check_layers.py --self-test  a made-up tree with one violation of each kind

Layers, lowest first. A folder may include itself and what its row names.
"""

import argparse
import pathlib
import re
import sys
import tempfile

from source_files import CPP_SUFFIXES, ROOT, read_lines, report, source_files

_BASE = ["src/base"]
_TENSOR = _BASE + ["src/tensor"]
_BACKENDS = _TENSOR + ["backends"]
_NET = _BACKENDS + ["net"]
_MODELS = _NET + ["models"]
_ENGINE = _MODELS + ["src/text", "src/engine"]
_ALL = _ENGINE + ["src/apps"]

# Folder -> folders and files it may include. The longest matching folder counts.
ALLOWED = {
    "src/base": _BASE,
    "src/tensor": _TENSOR,
    "backends": _BACKENDS,
    "net": _NET,
    "net/key": _BASE + ["net/key"],
    "net/control": _BASE + ["net/control", "net/key", "net/parallel_plan.h"],
    "net/blobs": _BASE + ["net/blobs", "net/key", "net/verdict.h", "net/retry_interrupted.h"],
    "models": _MODELS,
    "src/text": _BASE + ["src/text"],
    "src/engine": _ENGINE,
    "src/apps": _ALL,
    "tests": _ALL + ["tests", "bench"],
    "bench": _ALL + ["bench"],
}
_TOP_FOLDERS = ("src/", "backends/", "net/", "models/", "tests/", "bench/")
_SYSTEM_HEADERS = ("net/if.h",)  # whose names begin like ours
_INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')


def is_within(path, folder_or_file):
    return path == folder_or_file or path.startswith(folder_or_file + "/")


def folder_of(path):
    """The row of ALLOWED that `path` belongs to, or None."""
    rows = [folder for folder in ALLOWED if is_within(path, folder)]
    return max(rows, key=len, default=None)


def check_include(folder, mark, included):
    """What is wrong with one include of a file in `folder`, or None."""
    ours = included.startswith(_TOP_FOLDERS) and included not in _SYSTEM_HEADERS
    if mark == "<":
        return f"<{included}> is ours and takes quotes" if ours else None
    if not ours:
        return f'"{included}" is not a full path from the root (others\' headers take <>)'
    if not any(is_within(included, allowed) for allowed in ALLOWED[folder]):
        return f'{folder} may not include "{included}"'
    return None


def check_tree(root):
    findings = []
    for path in source_files(root, CPP_SUFFIXES):
        folder = folder_of(path.as_posix())
        if folder is None:
            findings.append(f"{path}: lies in no layer")
            continue
        for number, line in enumerate(read_lines(root / path), 1):
            include = _INCLUDE.match(line)
            if not include:
                continue
            wrong = check_include(folder, *include.groups())
            if wrong:
                findings.append(f"{path}:{number}: {wrong}")
    return findings


# path, its one line, and the finding that it must give (None: clean).
_SELF_TEST = [
    ("src/base/bytes.h", "#include <vector>", None),
    ("src/tensor/tensor.h", '#include "src/base/bytes.h"', None),
    ("net/parallel_plan.h", '#include "src/tensor/tensor.h"', None),
    ("net/control/messages.h", '#include "net/parallel_plan.h"', None),
    ("src/text/tokenizer.h", '#include "src/base/bytes.h"', None),
    ("src/engine/engine.h", '#include "src/text/tokenizer.h"', None),
    ("tests/a_test.cc", '#include "src/engine/engine.h"', None),
    ("src/base/upward.h", '#include "src/tensor/tensor.h"', "src/base may not include"),
    ("net/control/sideways.h", '#include "src/tensor/tensor.h"', "net/control may not include"),
    ("src/text/upward.cc", '#include "src/tensor/tensor.h"', "src/text may not include"),
    ("net/blobs/sideways.h", '#include "src/tensor/tensor.h"', "net/blobs may not include"),
    ("models/upward.cc", '#  include "src/engine/engine.h"', "models may not include"),
    ("src/apps/tests.cc", '#include "tests/a_test.cc"', "src/apps may not include"),
    ("src/engine/short.cc", '#include "engine.h"', "not a full path from the root"),
    ("src/engine/angle.cc", "#include <src/engine/engine.h>", "takes quotes"),
    ("src/util/stray.h", "", "lies in no layer"),
]


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, line, _ in _SELF_TEST:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text("// A file.\n" + line + "\n")
        findings = check_tree(root)
    wrong = []
    for path, _, expected in _SELF_TEST:
        got = [finding for finding in findings if finding.startswith(path + ":")]
        if (expected is None) != (not got) or (expected and expected not in got[0]):
            wrong.append(f"{path}: expected {expected}, got {got}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--self-test", action="store_true")
    if parser.parse_args().self_test:
        return report("layers self-test", self_test())
    return report("layers", check_tree(ROOT))


if __name__ == "__main__":
    sys.exit(main())
