"""The Arm kernels, by a cross compiler and an emulator: they give the same bits as all others.

ctest names the object file of this machine's own build in LANTERN_GENERIC_KERNELS."""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CROSS, EMULATOR = "aarch64-linux-gnu-g++", "qemu-aarch64"
FLAGS = ["-std=c++20", "-O1", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-Wno-psabi",
         "-Wno-maybe-uninitialized", f"-I{ROOT}"]
# As backends/CMakeLists.txt has them.
SETS = {"generic": [], "neon": ["-DLANTERN_USE_NEON"],
        "neondot": ["-DLANTERN_USE_NEON", "-march=armv8.2-a+dotprod"],
        "neoni8mm": ["-DLANTERN_USE_NEON", "-march=armv8.2-a+dotprod+i8mm"]}
# With 8-bit matrix products, with dot products only, and with neither.
NEW, OLDER, OLD = "max", "neoverse-n1", "cortex-a72"


def build(compiler, sets, folder, *objects):
    """The program that compares the sets; `sets` as in SETS, `objects` are compiled ones."""
    jobs = [[compiler, *FLAGS, *flags, f"-DLANTERN_ISA_NAMESPACE={name}", "-c",
             ROOT / "backends/cpu/kernels/kernels.cc", "-o", folder / f"{name}.o"]
            for name, flags in sets.items()]
    jobs.append([compiler, *FLAGS, "-c", ROOT / "tests/cross/kernels_alike.cc",
                 "-o", folder / "alike.o"])
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda job: subprocess.run(job, check=True), jobs))
    program = folder / "alike"
    subprocess.run([compiler, "-static", *(job[-1] for job in jobs), *objects, "-o", program],
                   check=True)
    return program


@unittest.skipUnless(shutil.which(CROSS) and shutil.which(EMULATOR),
                     f"needs {CROSS} and {EMULATOR} (scripts/setup --tests)")
class ArmKernelsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="arm-kernels-")
        cls.addClassCleanup(folder.cleanup)
        root = pathlib.Path(folder.name)
        for name in ("arm", "here"):
            (root / name).mkdir()
        cls.arm = build(CROSS, SETS, root / "arm")
        cls.here = build("g++", {}, root / "here", os.environ["LANTERN_GENERIC_KERNELS"])

    def on(self, cpu, status):
        done = subprocess.run([EMULATOR, "-cpu", cpu, self.arm], capture_output=True, text=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def test_all_sets_give_the_same_bits(self):
        said = self.on(NEW, 0)
        self.assertIn("neon: 0 differ", said)
        self.assertIn("neondot: 0 differ", said)
        self.assertIn("neoni8mm: 0 differ, with tiles", said)

    def test_older_cpus_run_what_they_have(self):
        said = self.on(OLDER, 2)
        self.assertIn("neondot: 0 differ", said)
        self.assertNotIn("neoni8mm", said)
        said = self.on(OLD, 2)
        self.assertIn("neon: 0 differ", said)
        self.assertNotIn("neondot", said)

    def test_the_bits_are_those_of_this_machine(self):
        here = subprocess.run([self.here], capture_output=True, text=True, timeout=120,
                              check=False).stdout
        expected = re.search(r"hash [0-9a-f]{16}", here)[0]
        self.assertIn(expected, self.on(NEW, 0))


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2).result
    sys.exit(1 if not result.wasSuccessful() else 77 if result.skipped else 0)
