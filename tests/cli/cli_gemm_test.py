"""--gemm: prompts by OpenBLAS or oneDNN give nearly the same, and what is missing is said."""

import ctypes
import pathlib
import subprocess
import sys

import lantern_cli
from lantern_cli import free_port

BAD_FLAGS, LOST = 2, 3
ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "tiny" / "lantern-tiny-q8_0.gguf"
IDS = ROOT / "tests" / "goldens" / "tiny" / "ids.txt"
# name -> library, Debian's package
PROVIDERS = {"openblas": ("libopenblas.so.0", "libopenblas0"),
             "onednn": ("libdnnl.so.2", "libdnnl2")}


# Runs a command where no memory may become code after it was written, as a hardened service does:
# prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN), Linux 6.3. Exit code 77 where that is unknown.
WITHOUT_NEW_CODE = """import ctypes, os, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) != 0: sys.exit(77)
os.execv(sys.argv[1], sys.argv[1:])
"""


def installed(library):
    try:
        ctypes.CDLL(library)
        return True
    except OSError:
        return False


class GemmTest(lantern_cli.CliTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = cls.synth("tiny.gguf")
        # A library that no loader takes, found before the system's.
        broken = cls.folder / "broken"
        broken.mkdir()
        for library, _ in PROVIDERS.values():
            (broken / library).write_text("no library\n")
        cls.without = {"LD_LIBRARY_PATH": str(broken)}

    def require(self, name):
        """Skips the test where this build or this machine has no such provider."""
        if not installed(PROVIDERS[name][0]):
            self.skipTest(f"{PROVIDERS[name][0]} is not installed")
        result = self.run_lantern("run", self.random, "--ids", "1,2", "-n", 1, "--gemm", name)
        if "This build has no" in result.err:
            self.skipTest(result.err.strip())

    def check_scores(self, name):
        self.require(name)
        ids = ",".join([IDS.read_text().strip()] * 3)
        own = self.json_of("score", MODEL, "--ids", ids)
        self.assertEqual(own["gemm"], "own")
        for layout in ([], ["--local", 2], ["--local", 3, "--shares", "4,3,1"],
                       ["--local", 2, "--pp", 2, "--chunk", 80]):
            with self.subTest(layout=layout):
                score = self.json_of("score", MODEL, "--ids", ids, "--gemm", name, *layout)
                self.assertEqual(score["tokens"], own["tokens"])
                self.assertNotEqual(score["nll_nats"], own["nll_nats"])
                self.assertAlmostEqual(score["perplexity"] / own["perplexity"], 1, delta=0.01)
                self.assertRegex(score["gemm"], rf"^{name} [\d.]+ (f32|bf16)$")

    def test_openblas_scores_nearly_the_same(self):
        self.check_scores("openblas")

    def test_onednn_scores_nearly_the_same(self):
        self.check_scores("onednn")

    def test_what_ran_is_said(self):
        self.require("openblas")
        shown = self.succeed("run", self.random, "--ids", "1,2", "-n", 1, "--gemm", "openblas")
        self.assertRegex(shown.err, r"(?m)^Prompts are multiplied by openblas [\d.]+ f32: not the "
                                    r"same bits as on other machines\.\n")
        (row,) = self.json_of("bench", self.random, "-p", 80, "-n", 0, "-r", 2, "--gemm",
                              "openblas")
        self.assertTrue(row["gemm"].startswith("openblas "), row)

    def test_few_tokens_keep_their_bits(self):
        self.require("openblas")
        command = ("run", self.random, "--ignore-eos", "-n", 12, "--ids")
        few, many = "1,300,500", ",".join(str(3 + 7 * i) for i in range(70))
        own = [self.json_of(*command, ids)["logits_hash"] for ids in (few, many)]
        other = [self.json_of(*command, ids, "--gemm", "openblas")["logits_hash"]
                 for ids in (few, many)]
        self.assertEqual(own[0], other[0])
        self.assertNotEqual(own[1], other[1])

    def test_an_unknown_name(self):
        for layout in ([], ["--local", 2]):
            result = self.run_lantern("run", self.random, "--ids", "1,2", "--gemm", "abacus",
                                      *layout)
            self.assertEqual(result.code, BAD_FLAGS, result)
            self.assertEqual(result.err, "lantern: --gemm 'abacus' is not one of own, openblas, "
                                         "onednn.\n")

    def test_a_missing_library(self):
        for name, (library, package) in PROVIDERS.items():
            with self.subTest(name=name):
                self.require(name)
                for layout in ([], ["--local", 2]):
                    result = self.run_lantern("run", self.random, "--ids", "1,2", "--gemm", name,
                                              *layout, extra_environment=self.without)
                    self.assertEqual(result.code, BAD_FLAGS, result)
                    self.assertRegex(result.err, rf"\Alantern: --gemm {name} needs the library "
                                                 rf"{library} [^\n]*install {package} [^\n]*\.\n\Z")

    def test_a_library_that_may_not_make_code(self):
        self.require("onednn")
        # oneDNN 2.6 forgets memory when it gives up: no business of ours under AddressSanitizer.
        options = self.environment.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT_NEW_CODE, self.lantern, "run", self.random, "--ids",
             "1,2", "--gemm", "onednn"], cwd=self.folder, text=True, capture_output=True,
            env={**self.environment, "ASAN_OPTIONS": options}, timeout=lantern_cli.PATIENCE_S)
        if done.returncode == 77:
            self.skipTest("this kernel cannot deny new code")
        self.assertEqual(done.returncode, BAD_FLAGS, done.stderr)
        self.assertRegex(done.stderr,
                         r"\Alantern: onednn [^\n]+ is refused by the library; [^\n]+\.\n\Z")

    def test_a_library_that_a_worker_lacks(self):
        self.require("openblas")
        leader = self.start("run", self.random, "--ids", "1,2", "-n", 1, "--gemm", "openblas",
                            "--workers", 1, "--listen", f"127.0.0.1:{free_port()}")
        with leader:
            address = self.wait_until(
                lambda: leader.err.partition("worker --join ")[2].partition("\n")[0],
                lambda: leader.err)
            with self.start("worker", "--once", "--join", address,
                            extra_environment=self.without) as worker:
                self.assertEqual(leader.wait(lantern_cli.PATIENCE_S), LOST, leader.err)
                self.assertNotEqual(worker.wait(lantern_cli.PATIENCE_S), 0)
            self.assertIn("--gemm openblas needs the library libopenblas.so.0", leader.err)
            self.assertIn("Rank 1", leader.err)


if __name__ == "__main__":
    lantern_cli.main()
