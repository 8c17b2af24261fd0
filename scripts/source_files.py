"""The project's own files, as the lint checks see them."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
CPP_SUFFIXES = {".h", ".cc", ".cu", ".cuh"}
# Build folders and caches; goldens are other programs' output.
_SKIPPED = re.compile(r"\.git|\.cache|build.*|__pycache__|goldens")


def source_files(root, suffixes=None):
    """Relative paths of all files under `root`, sorted; only `suffixes` where given."""
    found = []
    for path in root.rglob("*"):
        relative = path.relative_to(root)
        if any(_SKIPPED.fullmatch(part) for part in relative.parts) or not path.is_file():
            continue
        if suffixes is None or path.suffix in suffixes:
            found.append(relative)
    return sorted(found)


def read_lines(path):
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def report(check, findings):
    """Prints one line per finding; the exit status."""
    for finding in findings:
        print(finding)
    print(f"{check}: {len(findings)} findings" if findings else f"{check}: clean")
    return 1 if findings else 0
