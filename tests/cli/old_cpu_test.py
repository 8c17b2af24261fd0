"""CPUs that this machine is not: the command under qemu, held to the answers it gives natively."""

import re
import shutil
import subprocess
import unittest

import lantern_cli
from lantern_cli import PATIENCE_S, free_port

QEMU = "qemu-x86_64"
# Core 2 (no SSE4.1), 2008's Core i7 (SSE4.2, no AVX), 2013's (AVX2, FMA, F16C).
OLD, OLDER, NEWER = "Nehalem", "Conroe", "Haswell"
BLOCK_FORMATS = ("q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q4_k", "q5_k", "q6_k")
REFUSAL = "This CPU lacks FMA and F16C"


def setUpModule():
    if not shutil.which(QEMU):
        raise unittest.SkipTest(f"no {QEMU} here: scripts/setup --tests installs it")


class OldCpuTest(lantern_cli.CliTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.models = {type: cls.synth(type + ".gguf", "--type", type)
                      for type in (*BLOCK_FORMATS, "f32", "f16", "bf16")}

    @staticmethod
    def command(type):
        return ["run", f"{type}.gguf", "-p", "Good morning", "-n", "4", "--threads", "1"]

    def emulate(self, cpu, *arguments):
        return subprocess.run([QEMU, "-cpu", cpu, self.lantern, *arguments], cwd=self.folder,
                              env=self.environment, capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)

    def hash_on(self, cpu, *arguments):
        done = self.emulate(cpu, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return re.search(r"\b[0-9a-f]{16}\b", done.stderr)[0]

    def native_hash(self, type, *flags):
        return self.json_of(*self.command(type), *flags)["logits_hash"]

    def test_block_formats_have_one_answer(self):
        for type in BLOCK_FORMATS:
            expected = self.native_hash(type)
            for cpu in (OLDER, OLD):
                with self.subTest(type=type, cpu=cpu):
                    self.assertEqual(self.hash_on(cpu, *self.command(type)), expected)

    def test_a_newer_cpu_has_it_too(self):
        for type in ("q4_k", "f16"):
            with self.subTest(type=type):
                self.assertEqual(self.hash_on(NEWER, *self.command(type)), self.native_hash(type))

    def test_the_best_kernels_are_chosen(self):
        sets = {OLDER: "generic", OLD: "sse41, generic", NEWER: "avx2, sse41, generic"}
        for cpu, names in sets.items():
            done = self.emulate(cpu, *self.command("q4_0"), "--isa", "none")
            self.assertIn(f"choose auto or one of: {names}.", done.stderr)

    def test_plain_formats_are_refused_in_a_sentence(self):
        for type in ("f32", "f16", "bf16"):
            with self.subTest(type=type):
                done = self.emulate(OLD, *self.command(type))
                self.assertEqual(done.returncode, 2, done)
                self.assertRegex(done.stderr, f"^lantern: {REFUSAL}.*{type}.*\\.\n$")

    def test_converting_at_load_is_the_way_out(self):
        flags = ("--type", "q8_0", "--kv", "f32")
        self.assertEqual(self.hash_on(OLD, *self.command("f32"), *flags),
                         self.native_hash("f32", *flags))

    def old_worker(self, port):
        return lantern_cli.Running(
            [QEMU, "-cpu", OLD, self.lantern, "worker", "--join", f"127.0.0.1:{port}", "--once",
             "--threads", "1", "--cache", "cache", *lantern_cli.WORKER_FLAGS],
            self.folder, self.environment)

    def test_an_old_worker_of_a_new_leader(self):
        port = free_port()
        with self.old_worker(port) as worker:
            answer = self.native_hash("q4_0", "--workers", 1, "--listen", f"127.0.0.1:{port}",
                                      *lantern_cli.LEADER_FLAGS)
            self.assertEqual(worker.wait(PATIENCE_S), 0, worker.err)
        self.assertEqual(answer, self.native_hash("q4_0"))

    def test_a_leader_hears_that_an_old_worker_refuses(self):
        port = free_port()
        with self.old_worker(port):
            done = self.run_lantern(*self.command("f16"), "--workers", 1, "--listen",
                                    f"127.0.0.1:{port}", *lantern_cli.LEADER_FLAGS)
        self.assertNotEqual(done.code, 0, done)
        self.assertIn(REFUSAL, done.err)

    def test_no_avx_outside_its_own_kernels(self):
        """What is compiled into every start must run on every CPU: also code that tests miss."""
        text = subprocess.run(["objdump", "-dC", "--no-show-raw-insn", self.lantern], check=True,
                              capture_output=True, text=True).stdout
        function, wrong = "", set()
        for line in text.splitlines():
            if line.endswith(">:"):
                function = line
            elif "%ymm" in line or "%zmm" in line or re.search(r"\tv[a-z0-9]+ .*%xmm", line):
                if "lantern::avx" not in function:  # avx2, avx512, ...
                    wrong.add(function)
        self.assertEqual(wrong, set())


if __name__ == "__main__":
    lantern_cli.main()
