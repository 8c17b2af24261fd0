"""What goes wrong is said in one sentence on stderr, by exit code and in bounded time."""

import os
import pathlib
import re
import signal
import socket
import struct
import unittest

import lantern_cli

# Of exit codes: files and requests, flags and layouts, a lost machine.
BAD_INPUT, BAD_FLAGS, LOST = 1, 2, 3


def write_huge_gguf(path, layers=8, dim=65536, ffn=262144, vocab=512):
    """A valid GGUF of an f32 Llama with terabytes of weights, as a sparse file.

    Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
    """
    def text(value):
        return struct.pack("<Q", len(value)) + value.encode()

    def u32(key, value):
        return text(key) + struct.pack("<II", 4, value)

    def f32(key, value):
        return text(key) + struct.pack("<If", 6, value)

    metadata = [text("general.architecture") + struct.pack("<I", 8) + text("llama"),
                u32("llama.block_count", layers), u32("llama.context_length", 1024),
                u32("llama.embedding_length", dim), u32("llama.feed_forward_length", ffn),
                u32("llama.attention.head_count", dim // 128),
                u32("llama.attention.head_count_kv", dim // 128),
                f32("llama.attention.layer_norm_rms_epsilon", 1e-5),
                f32("llama.rope.freq_base", 10000.0)]
    tensors = [("token_embd.weight", [dim, vocab]), ("output_norm.weight", [dim])]
    for layer in range(layers):
        for name, shape in (
                ("attn_norm", [dim]), ("attn_q", [dim, dim]), ("attn_k", [dim, dim]),
                ("attn_v", [dim, dim]), ("attn_output", [dim, dim]), ("ffn_norm", [dim]),
                ("ffn_gate", [dim, ffn]), ("ffn_up", [dim, ffn]), ("ffn_down", [ffn, dim])):
            tensors.append((f"blk.{layer}.{name}.weight", shape))
    table, offset = b"", 0
    for name, shape in tensors:
        table += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset)
        size = 4
        for extent in shape:
            size *= extent
        offset += -(-size // 32) * 32
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata)) + b"".join(metadata)
    head += table
    head += bytes(-len(head) % 32)
    path.write_bytes(head)
    os.truncate(path, len(head) + offset)
    return offset


def lan_address():
    """An address of this machine that others could reach; skips the test where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # only picks the route, nothing is sent
        except OSError as error:
            raise unittest.SkipTest(f"this machine has no network: {error}") from error
        return probe.getsockname()[0]


class ErrorsTest(lantern_cli.CliTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.synth("tiny.gguf")

    def check(self, result, code, *words):
        """One sentence: `lantern: `, all of `words`, and nothing else anywhere."""
        self.assertEqual(result.code, code, result)
        self.assertEqual(result.out, "", result)
        self.assertRegex(result.err, r"\Alantern: [^\n]+[.?]\n\Z", result)
        for word in words:
            self.assertIn(word, result.err, result)
        self.assertLess(result.seconds, 20, result)

    def refuse(self, code, words, *arguments, **options):
        with self.subTest(arguments=arguments):
            self.check(self.run_lantern(*arguments, **options), code, *words)

    def refuse_run(self, code, words, *flags):
        self.refuse(code, words, "run", self.model, "--ids", "1,2", "-n", 1, *flags)

    def test_flags(self):
        self.refuse(BAD_FLAGS, ["--help"])
        self.refuse(BAD_FLAGS, ["polish"], "polish", self.model)
        self.refuse(BAD_FLAGS, ["MODEL"], "run")
        self.refuse(BAD_FLAGS, ["--brightness"], "run", self.model, "--brightness", 3)
        self.refuse(BAD_FLAGS, ["-n"], "run", self.model, "-p", "a", "-n", "many")
        self.refuse(BAD_FLAGS, ["--ids"], "run", self.model, "-p", "a", "--ids", "1")
        self.refuse(BAD_FLAGS, ["--join"], "worker")
        self.refuse(BAD_FLAGS, ["--shape"], "synth", "-o", "x.gguf")

    def test_values(self):
        self.refuse_run(BAD_FLAGS, ["--type", "q9_9", "q4_0"], "--type", "q9_9")
        self.refuse_run(BAD_FLAGS, ["--kv", "q4_0"], "--kv", "q4_0")
        self.refuse_run(BAD_FLAGS, ["--reduce", "morse"], "--reduce", "morse")
        self.refuse_run(BAD_FLAGS, ["'morse'", "doubling"], "--sum-algorithm", "morse")
        self.refuse_run(BAD_FLAGS, ["2, 4, 8", "there are 3"], "--sum-algorithm", "doubling",
                        "--local", 3)
        self.refuse_run(BAD_FLAGS, ["abacus", "generic"], "--isa", "abacus")
        self.refuse_run(BAD_FLAGS, ["abacus", "openblas"], "--gemm", "abacus")
        self.refuse_run(BAD_FLAGS, ["--device abacus", "cpu"], "--device", "abacus")
        self.refuse_run(BAD_FLAGS, ["--compute abacus", "f16"], "--compute", "abacus")
        self.refuse_run(BAD_FLAGS, ["--threads"], "--threads", -1)
        self.refuse_run(BAD_FLAGS, ["--chunk"], "--chunk", 0)
        self.refuse_run(BAD_FLAGS, ["--in-flight"], "--in-flight", 0)
        self.refuse_run(BAD_FLAGS, ["--ctx"], "--ctx", -5)
        self.refuse_run(BAD_INPUT, ["--temp"], "--temp", -1)
        self.refuse_run(BAD_INPUT, ["--temp"], "--temp", "nan")
        self.refuse_run(BAD_INPUT, ["--top-p"], "--top-p", 1.5)
        self.refuse(BAD_FLAGS, ["-p", "x"], "bench", self.model, "-p", "x")
        self.refuse(BAD_FLAGS, ["-p", "-n"], "bench", self.model, "-p", 0, "-n", 0)
        self.refuse(BAD_FLAGS, ["-d", "-1"], "bench", self.model, "-d=-1")
        self.refuse(BAD_FLAGS, ["--sequences"], "bench", self.model, "--sequences", 0)
        self.refuse(BAD_FLAGS, ["--format", "xml"], "bench", self.model, "--format", "xml")
        self.refuse(BAD_FLAGS, ["--json", "csv"], "bench", self.model, "--format", "csv", "--json")
        self.refuse(BAD_FLAGS, ["--threads", "1;2"], "bench", self.model, "--threads", "1;2")
        for command in ("bench", "check"):
            self.refuse(BAD_FLAGS, ["--layouts", "2y1"], command, self.model, "--layouts", "2y1")
            self.refuse(BAD_FLAGS, ["groups", "--rank"], command, self.model, "--layouts",
                        "2x1,1x2", "--rank", 0, "--world-size", 2, "--master", "127.0.0.1:1")
        self.refuse(BAD_FLAGS, ["--tp 9"], "check", self.model, "--layouts", "9x1")
        self.refuse(BAD_FLAGS, ["morse"], "check", self.model, "--reduces", "f32,morse")
        self.refuse(BAD_FLAGS, ["--tokens"], "check", self.model, "--tokens", 1)
        self.refuse(BAD_INPUT, ["two tokens"], "check", self.model, "--ids", 1)
        self.refuse(BAD_INPUT, ["no-text"], "check", self.model, "no-text")

    def test_a_cache_format_that_heads_do_not_fit(self):
        model = self.synth("odd-heads.gguf", "--head-dim", "40")
        self.refuse(BAD_FLAGS, ["--kv q8_0", "blocks of 32", "heads have 40"], "run", model,
                    "--ids", "1,2", "-n", 1, "--kv", "q8_0")

    def test_models(self):
        for command in (["run", "-p", "a"], ["chat"], ["bench"], ["inspect"], ["score", "--ids",
                        "1,2"], ["tokenize"]):
            self.refuse(BAD_INPUT, ["nowhere.gguf"], command[0], "nowhere.gguf", *command[1:])
        (self.folder / "letter.gguf").write_text("Dear reader, this is no model at all.")
        self.refuse(BAD_INPUT, ["letter.gguf", "GGUF"], "run", "letter.gguf", "-p", "a")
        whole = (self.folder / self.model).read_bytes()
        (self.folder / "half.gguf").write_bytes(whole[:len(whole) // 2])
        self.refuse(BAD_INPUT, ["half.gguf", "end of the file"], "run", "half.gguf", "-p", "a")

    def test_folders_that_are_no_models(self):
        for name in ("empty", "tokens", "ggufs", "config"):
            (self.folder / name).mkdir()
        (self.folder / "tokens" / "tokenizer.json").write_text("{}")
        (self.folder / "config" / "config.json").write_text(
            '{"model_type": "llama", "hidden_size": 64, "intermediate_size": 172, '
            '"vocab_size": 512, "num_attention_heads": 8, "num_hidden_layers": 5, '
            '"max_position_embeddings": 512, '
            '"rms_norm_eps": 1e-5}')
        for name in ("b.gguf", "a.gguf"):
            (self.folder / "ggufs" / name).write_bytes((self.folder / self.model).read_bytes())
        (self.folder / "text.txt").write_text("a text")
        for folder, words in (
                ("empty", ["empty has no config.json", "or a GGUF file"]),
                ("tokens", ["tokens has no config.json", "or a GGUF file"]),
                ("ggufs", ["ggufs has no config.json", "the GGUF file itself, ggufs/a.gguf"]),
                ("config", ["config has a config.json but no .safetensors files"])):
            for command in (["run", "-p", "a"], ["run", "--ids", "1"], ["chat"], ["bench"],
                            ["score", "text.txt"], ["score", "--ids", "1,2"], ["check"],
                            ["inspect"]):
                self.refuse(BAD_INPUT, words, command[0], folder, *command[1:])

    def test_layouts(self):
        self.refuse_run(BAD_FLAGS, ["--tp 2", "--local 2"], "--tp", 2)
        self.refuse_run(BAD_FLAGS, ["8", "--tp 9"], "--local", 9)
        self.refuse_run(BAD_FLAGS, ["5 pipeline stages", "4 layers"], "--local", 5, "--pp", 5)
        self.refuse_run(BAD_FLAGS, ["3 ranks", "2"], "--local", 2, "--tp", 3)
        self.refuse_run(BAD_FLAGS, ["3 shares", "2"], "--local", 2, "--shares", "1,2,3")
        self.refuse_run(BAD_FLAGS, ["share", "0"], "--local", 2, "--shares", "1,0")
        self.refuse_run(BAD_FLAGS, ["--local"], "--local", 0)
        self.refuse_run(BAD_FLAGS, ["--local"], "--rank", 0, "--world-size", 2, "--master",
                        "127.0.0.1:1", "--local", 2)
        self.refuse_run(BAD_FLAGS, ["--rank 5", "2"], "--rank", 5, "--world-size", 2, "--master",
                        "127.0.0.1:1")
        self.refuse_run(BAD_FLAGS, ["--master"], "--rank", 1, "--world-size", 2)
        self.refuse(BAD_FLAGS, ["--tp 9"], "inspect", self.model, "--tp", 9)

    def test_launcher_variables(self):
        for variables in ({"WORLD_SIZE": "two"}, {"RANK": "x"}, {"MASTER_PORT": ""}):
            places = {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1",
                      "MASTER_PORT": "29500", **variables}
            self.refuse(BAD_FLAGS, list(variables), "run", self.model, "-p", "a",
                        extra_environment=places)

    def test_requests(self):
        self.refuse(BAD_INPUT, ["2048"], "run", self.model, "--ids", "1,2048")
        self.refuse(BAD_INPUT, ["1,x"], "run", self.model, "--ids", "1,x")
        self.refuse(BAD_INPUT, ["1,,2"], "run", self.model, "--ids", "1,,2")
        self.refuse(BAD_INPUT, ["-1"], "run", self.model, "--ids=-1")
        self.refuse(BAD_INPUT, ["empty"], "run", self.model)
        self.refuse(BAD_INPUT, ["empty"], "run", self.model, "-p", "")
        self.refuse(BAD_INPUT, ["-n"], "run", self.model, "-p", "a", "-n", 0)
        self.refuse(BAD_INPUT, ["9", "8", "--ctx"], "run", self.model, "--ids",
                    "1,2,3,4,5,6,7,8,9", "--ctx", 8)
        self.refuse(BAD_INPUT, ["two tokens"], "score", self.model, "--ids", "1")
        self.refuse(BAD_INPUT, ["FILE"], "score", self.model)
        self.refuse(BAD_INPUT, ["no-text"], "score", self.model, "no-text")

    def test_a_bad_request_ends_every_rank(self):
        self.refuse(BAD_INPUT, ["2048"], "run", self.model, "--ids", "1,2048", "--local", 3)

    def test_outputs(self):
        self.refuse(BAD_INPUT, ["missing/x.gguf", "No such file"], "synth", "--shape", "tiny",
                    "-o", "missing/x.gguf")
        self.refuse(BAD_FLAGS, ["gigantic", "tinyllama"], "synth", "--shape", "gigantic", "-o",
                    "x.gguf")
        self.refuse(BAD_FLAGS, ["q9_9"], "synth", "--shape", "tiny", "--type", "q9_9", "-o",
                    "x.gguf")
        self.assertFalse((self.folder / "x.gguf").exists())
        self.refuse(BAD_INPUT, ["missing/logits"], "score", self.model, "--ids", "1,2",
                    "--logits", "missing/logits")

    @unittest.skipUnless(pathlib.Path("/dev/full").exists(), "there is no /dev/full here")
    def test_a_full_disk(self):
        self.refuse(BAD_INPUT, ["/dev/full", "disk"], "score", self.model, "--ids", "1,2",
                    "--logits", "/dev/full")

    def test_memory(self):
        path = self.folder / "huge.gguf"
        bytes_of_weights = write_huge_gguf(path)
        for flags in ([], ["--local", 2]):
            with self.subTest(flags=flags):
                result = self.run_lantern("run", path.name, "--ids", "1", *flags)
                self.check(result, BAD_FLAGS, "huge.gguf", "--ctx", "--type")
                needed, available = map(int, re.findall(r"\((\d+) bytes\)", result.err))
                self.assertGreater(needed, bytes_of_weights)
                self.assertLess(available, needed)
        self.refuse_run(BAD_FLAGS, ["KV cache"], "--ctx", 2_000_000_000)

    def test_addresses(self):
        self.refuse_run(BAD_FLAGS, ["Listening on", "--insecure"], "--workers", 1,
                        "--listen", "0.0.0.0:0")
        self.refuse_run(BAD_FLAGS, ["nonsense"], "--workers", 1, "--listen", "127.0.0.1:nonsense")
        self.refuse(BAD_FLAGS, ["nonsense"], "worker", "--join", "nonsense")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.refuse_run(BAD_FLAGS, [address, "in use"], "--workers", 1, "--listen", address)

    def test_insecure_listens_beyond_loopback(self):
        address = lan_address()
        flags = ("--workers", 1, "--listen", f"{address}:0")
        self.refuse_run(BAD_FLAGS, [address, "--insecure"], *flags)
        with self.start("run", self.model, "-p", "a", *flags, "--insecure") as leader:
            self.wait_until(lambda: f"lantern worker --join {address}:" in leader.err,
                            lambda: leader.err)

    def test_a_leader_says_whom_it_waits_for(self):
        with self.start("run", self.model, "-p", "a", "--rank", 0, "--world-size", 3, "--master",
                        "127.0.0.1:0") as leader:
            self.wait_until(lambda: "0 of 2" in leader.err, lambda: leader.err)
            self.assertFalse(leader.ended)
            leader.signal(signal.SIGINT)
            self.assertNotEqual(leader.wait(10), 0)

    def test_a_rank_says_that_no_leader_answers(self):
        with self.start("run", self.model, "-p", "a", "--rank", 1, "--world-size", 2, "--master",
                        "127.0.0.1:1") as rank:
            self.wait_until(lambda: "No leader answers at 127.0.0.1:1" in rank.err,
                            lambda: rank.err)
            rank.signal(signal.SIGINT)
            self.assertNotEqual(rank.wait(10), 0)


if __name__ == "__main__":
    lantern_cli.main()
