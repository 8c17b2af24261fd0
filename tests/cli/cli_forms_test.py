"""The commands that answer and end: what they print, letter by letter, and that layouts agree."""

import array
import csv
import json
import pathlib
import re

import lantern_cli
from lantern_cli import is_finite, numbers, test_data

HASH = re.compile(r"[0-9a-f]{16}")
RUN_TIMINGS = {"load_s", "prefill_s", "decode_s", "prefill_tokens_per_s", "decode_tokens_per_s",
               "wire_s", "wait_s"}


def floats(path):
    values = array.array("f")
    values.frombytes(pathlib.Path(path).read_bytes())
    return values


class FormsTest(lantern_cli.CliTestCase):
    """Models with random weights: always here."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.synth("tiny.gguf")

    def test_run_json(self):
        answer = self.json_of("run", self.model, "-p", "Good morning", "-n", 5, "--local", 2,
                              "--pp", 2)
        self.assertEqual(set(answer), {"text", "tokens", "prompt_tokens", "finish_reason",
                                       "timings", "layout", "sums", "gemm", "logits_hash"})
        self.assertEqual(answer["sums"], {"asked": "f32", "format": "f32", "checked": 0,
                                          "divided_steps": 0, "fallback": None})
        self.assertEqual(answer["gemm"], "own")
        self.assertIsInstance(answer["text"], str)
        self.assertEqual(len(answer["tokens"]), 5)
        self.assertTrue(all(isinstance(id, int) and 0 <= id < 2048 for id in answer["tokens"]))
        ids = self.json_of("tokenize", self.model, text="Good morning")["ids"]
        self.assertEqual(answer["prompt_tokens"], len(ids))
        self.assertEqual(answer["finish_reason"], "length")
        self.assertEqual(set(answer["timings"]), RUN_TIMINGS)
        self.assertTrue(all(is_finite(t) and t >= 0 for t in answer["timings"].values()), answer)
        self.assertGreater(answer["timings"]["load_s"], 0)
        self.assertEqual(answer["layout"], {"tp": 1, "pp": 2, "ranks": 2})
        self.assertRegex(answer["logits_hash"], HASH)

    def test_run_text(self):
        command = ("run", self.model, "-p", "Good morning", "-n", 5)
        answer = self.json_of(*command)
        shown = self.succeed(*command)
        self.assertEqual(shown.out, answer["text"] + "\n")
        self.assertIn(answer["logits_hash"], shown.err)
        self.assertIn("finish: length", shown.err)

    def test_packed_weights_of_an_earlier_start(self):
        folder = self.folder / "packed"
        model = self.synth("packed.gguf", "--type", "q8_0")

        def answer(*flags):
            return self.json_of("run", model, "--ids", "1,2,3", "-n", 3, "--ignore-eos",
                                "--packed", folder, *flags)["logits_hash"]

        first = answer()
        (file,) = folder.iterdir()
        self.assertEqual(answer(), first)
        self.assertEqual(answer("--local", 2), first)  # slices of their own
        self.assertEqual(len(list(folder.iterdir())), 3)
        with open(file, "r+b") as damaged:
            damaged.seek(5000)
            damaged.write(b"?")
        self.assertEqual(answer(), first)
        self.synth("packed.gguf", "--type", "q8_0", "--seed", "7")  # another model in its place
        self.assertNotEqual(answer(), first)
        self.assertEqual(answer(), self.json_of(
            "run", model, "--ids", "1,2,3", "-n", 3, "--ignore-eos", "--packed", "none")
            ["logits_hash"])

    def test_run_ends_with_the_context(self):
        answer = self.json_of("run", self.model, "--ids", "1,2,3", "-n", 50, "--ctx", 8,
                              "--ignore-eos")
        self.assertEqual(answer["finish_reason"], "context")
        self.assertEqual(answer["prompt_tokens"] + len(answer["tokens"]), 8)

    def test_a_group_forms_where_connections_share_ports(self):
        # With a hundred ports the system gives most of them to several connections at once.
        inside = self.unshared("--net", "ip link set lo up && "
                                        "echo 50000 50099 >/proc/sys/net/ipv4/ip_local_port_range")
        for _ in range(5):
            self.succeed("run", self.model, "--ids", "1", "-n", 1, "--local", 4, inside=inside)

    def test_ids_are_taken_as_they_are(self):
        ids = self.json_of("tokenize", self.model, text="Good morning")["ids"]
        by_text = self.json_of("run", self.model, "-p", "Good morning", "-n", 4)
        by_ids = self.json_of("run", self.model, "--ids", ",".join(map(str, ids)), "-n", 4)
        self.assertEqual(by_ids["logits_hash"], by_text["logits_hash"])
        without_bos = self.json_of("run", self.model, "--ids", ",".join(map(str, ids[1:])),
                                   "-n", 4)
        self.assertEqual(without_bos["prompt_tokens"], len(ids) - 1)
        self.assertNotEqual(without_bos["logits_hash"], by_text["logits_hash"])

    def test_a_seed_gives_one_answer_whatever_the_layout(self):
        command = ("run", self.model, "--ids", "1,300,500", "-n", 12, "--temp", 3)
        answer = self.json_of(*command, "--seed", 7)
        for layout in (["--local", 2], ["--local", 3, "--pp", 3], ["--threads", 2, "--chunk", 1],
                       ["--local", 4, "--tp", 2], ["--local", 3, "--shares", "4,3,1"]):
            with self.subTest(layout=layout):
                other = self.json_of(*command, "--seed", 7, *layout)
                self.assertEqual(other["tokens"], answer["tokens"])
                self.assertEqual(other["logits_hash"], answer["logits_hash"])
        self.assertNotEqual(self.json_of(*command, "--seed", 8)["tokens"], answer["tokens"])

    def test_filters_that_leave_one_token_are_greedy(self):
        command = ("run", self.model, "--ids", "1,300,500", "-n", 12)
        greedy = self.json_of(*command)["tokens"]
        hot = (*command, "--temp", 1.5, "--seed", 3)
        self.assertNotEqual(self.json_of(*hot)["tokens"], greedy)
        for one_left in (["--top-k", 1], ["--top-p", "0.000001"], ["--min-p", 1]):
            with self.subTest(one_left=one_left):
                self.assertEqual(self.json_of(*hot, *one_left)["tokens"], greedy)

    def test_filters_agree_over_layouts(self):
        command = ("run", self.model, "--ids", "1,300,500", "-n", 12, "--temp", 1.2, "--top-k", 40,
                   "--top-p", 0.9, "--min-p", 0.01, "--repeat-penalty", 1.3)
        self.assertEqual(self.json_of(*command)["tokens"],
                         self.json_of(*command, "--local", 3)["tokens"])

    def test_repeat_penalty_ends_repetition(self):
        command = ("run", self.model, "--ids", "1,300,500", "-n", 30)
        self.assertLess(len(set(self.json_of(*command)["tokens"])), 30)
        penalised = self.json_of(*command, "--repeat-penalty", 100)["tokens"]
        self.assertEqual(len(set(penalised)), 30)

    def test_tokenize(self):
        text = "Ünïcode & <s>\n two  lines"
        ids = self.json_of("tokenize", self.model, text=text)["ids"]
        self.assertEqual(numbers(self.succeed("tokenize", self.model, text=text).out), ids)
        self.assertEqual(ids[0], 1)  # BOS
        self.assertNotIn(1, ids[1:])
        without = self.json_of("tokenize", self.model, "--no-bos", text=text)
        self.assertEqual(without, {"ids": ids[1:]})
        special = self.json_of("tokenize", self.model, "--special", "--no-bos", text=text)["ids"]
        self.assertIn(1, special)
        self.assertLess(len(special), len(ids) - 1)
        self.assertEqual(self.json_of("tokenize", self.model, "--no-bos"), {"ids": []})

    def test_tokenize_takes_every_byte(self):
        every_byte = bytes(range(256))
        ids = self.json_of("tokenize", self.model, "--no-bos", text=every_byte)["ids"]
        self.assertGreater(len(ids), 128)  # those that are no UTF-8 take an id each

    def test_how_sums_travel(self):
        flags = ("--reduce", "q8", "--local", 2, "--ctx", 500)
        sums = self.json_of("run", self.model, "--ids", "1,2", "-n", 400, "--ignore-eos",
                            *flags)["sums"]
        self.assertGreater(sums.pop("checked"), 0)
        self.assertEqual(sums, {"asked": "q8", "format": "q8", "divided_steps": 0,
                                "fallback": None})
        (row,) = self.json_of("bench", self.model, "-p", 0, "-n", 3, "-r", 1, *flags)
        self.assertEqual(row["sums"]["format"], "q8")
        chat = self.succeed("chat", self.model, *flags, text="hello\n/stats\n")
        self.assertRegex(chat.out, r"Partial sums travel as q8; \d+ of rank 0's were checked\.")
        chat = self.succeed("chat", self.model, "--local", 2, text="/set max-tokens 3\na\n/stats\n")
        self.assertNotIn("Partial sums", chat.out)

    def test_score(self):
        (self.folder / "story.txt").write_text("Once upon a time there was a lantern.")
        score = self.json_of("score", self.model, "story.txt")
        self.assertEqual(set(score), {"tokens", "nll_nats", "perplexity", "sums", "gemm"})
        text = (self.folder / "story.txt").read_text()
        ids = self.json_of("tokenize", self.model, text=text)["ids"]
        self.assertEqual(score["tokens"], len(ids) - 1)
        self.assertGreater(score["nll_nats"], 0)
        self.assertGreater(score["perplexity"], 1)
        by_ids = self.json_of("score", self.model, "--ids", ",".join(map(str, ids)), "--logits",
                              "logits.f32", "--local", 2)
        self.assertEqual(by_ids, score)
        self.assertEqual(len(floats(self.folder / "logits.f32")), len(ids) * 2048)

    def test_score_of_a_text_beyond_the_context(self):
        ids = ",".join(str(3 + i * 7 % 2000) for i in range(50))
        score = self.json_of("score", self.model, "--ids", ids, "--ctx", 16)
        self.assertEqual(score["tokens"], 49)

    def test_bench(self):
        rows = self.json_of("bench", self.model, "-p", "8,16", "-n", 4, "-r", 2, "--local", 2)
        self.assertEqual([row["test"] for row in rows], ["pp8", "pp16", "tg4"])
        for row in rows:
            self.assertGreater(row["tokens_per_s"], 0)
            self.assertGreaterEqual(row["stddev"], 0)
            self.assertEqual(row["repetitions"], 2)
            self.assertLessEqual(row["min"], row["tokens_per_s"] * (1 + 1e-9))
            self.assertGreaterEqual(row["max"], row["tokens_per_s"] * (1 - 1e-9))
            self.assertEqual(set(row["ms_per_token"]), {"compute", "wire", "wait"})
            self.assertEqual((row["layout"]["tp"], row["layout"]["ranks"]), (2, 2))
            self.assertRegex(row["logits_hash"], HASH)
        self.assertAlmostEqual(rows[2]["read_share"],
                               (rows[2]["weight_gb_per_s"] + rows[2]["kv_gb_per_s"]) /
                               rows[2]["read_gb_per_s"], delta=1e-6)
        alone = self.json_of("bench", self.model, "-p", 0, "-n", 4, "-r", 1)
        self.assertEqual([row["test"] for row in alone], ["tg4"])
        self.assertEqual(alone[0]["logits_hash"], rows[2]["logits_hash"])

    def test_bench_of_several_sequences_and_depths(self):
        flags = ("bench", self.model, "-p", 4, "-n", 3, "-r", 2, "-d", "0,50")
        alone = self.json_of(*flags)
        self.assertEqual([row["test"] for row in alone], ["pp4", "tg3", "pp4@50", "tg3@50"])
        self.assertGreater(alone[3]["kv_gb_per_s"] / alone[3]["tokens_per_s"],
                           20 * alone[1]["kv_gb_per_s"] / alone[1]["tokens_per_s"])
        together = self.json_of(*flags, "--sequences", 5)
        self.assertEqual([row["test"] for row in together],
                         ["pp4x5", "tg3x5", "pp4x5@50", "tg3x5@50"])
        self.assertEqual([row["logits_hash"] for row in together],
                         [row["logits_hash"] for row in alone])

    def test_bench_over_layouts_and_threads(self):
        flags = ("bench", self.model, "-p", 4, "-n", 2, "-r", 2, "--layouts", "1x1,2x1",
                 "--threads", "1,2")
        rows = self.json_of(*flags)
        settings = [(row["layout"]["tp"], row["layout"]["threads"], row["test"]) for row in rows]
        self.assertEqual(settings, [(tp, threads, test) for tp in (1, 2) for threads in (1, 2)
                                    for test in ("pp4", "tg2")])
        self.assertEqual(len({(row["test"], row["logits_hash"]) for row in rows}), 2)
        for row in rows:
            sent = row["wire_bytes_per_token"]["sent"]
            # Two sums of 256 f32 in each of 4 layers, and the plan.
            self.assertEqual(sent > 8192, row["layout"]["ranks"] == 2, row)
        table = list(csv.DictReader(self.succeed(*flags, "--format", "csv").out.splitlines()))
        self.assertEqual([(int(row["tp"]), int(row["threads"]), row["test"]) for row in table],
                         settings)
        self.assertEqual([row["logits_hash"] for row in table],
                         [row["logits_hash"] for row in rows])
        for row in table:
            self.assertGreater(float(row["tokens_per_s"]), 0)
            self.assertEqual(bool(row["read_share"]), row["test"] == "tg2")
        lines = self.succeed(*flags, "--format", "markdown").out.splitlines()
        self.assertEqual(len(lines), 2 + len(rows))
        self.assertEqual({line.count("|") for line in lines}, {len(table[0]) + 1})
        self.assertRegex(lines[2], r"^\| pp4 \| 1 \| 1 \| 1 \| \d+\.\d\d \|")
        self.assertEqual(self.succeed(*flags, "--format", "text").out.count("tokens/s"), len(rows))

    def test_bench_of_links(self):
        flags = ("bench", self.model, "--links", "--local", 4, "--threads", 1)
        rows = self.json_of(*flags)
        self.assertEqual([row["bytes"] for row in rows[:3]], [4096, 16384, 65536])
        for row in rows:
            exact = {name: row[f"{name}_us"] for name in ("one-shot", "two-shot", "doubling")}
            self.assertGreater(row["one_way_us"], 0)
            self.assertGreater(row["ring_us"], 0)
            self.assertLessEqual(0.95 * exact[row["chosen"]], min(exact.values()), row)
        table = list(csv.DictReader(
            self.succeed(*flags, "--reduce", "q8", "--format", "csv").out.splitlines()))
        self.assertEqual(list(table[0]), list(rows[0]))
        self.assertEqual({row["reduce"] for row in table}, {"q8"})

    def test_sum_algorithms_give_one_answer(self):
        flags = ("run", self.model, "--ids", "1,300,301", "-n", 4)
        alone = self.json_of(*flags)["logits_hash"]
        for name in ("one-shot", "two-shot", "doubling"):
            run = self.json_of(*flags, "--local", 4, "--sum-algorithm", name)
            self.assertEqual(run["logits_hash"], alone, name)
        run = self.json_of(*flags, "--local", 3, "--sum-algorithm", "ring")
        self.assertEqual(len(run["tokens"]), 4)

    def test_check(self):
        ids = ",".join(str(3 + i * 7 % 2000) for i in range(80))
        check = self.json_of("check", self.model, "--ids", ids, "--layouts", "2x1,1x2,1x1,3x1")
        self.assertEqual((check["tokens"], check["broken"], check["ok"]), (80, [], True))
        lossy = [row for row in check["rows"] if row["reduce"] != "f32"]
        self.assertEqual([(row["reduce"], row["layout"]["tp"]) for row in lossy],
                         [(name, tp) for name in ("bf16", "f16", "q8") for tp in (2, 3)])
        for row in lossy:
            self.assertEqual(len(row["sums"]), 4, row)  # layers
            for layer in row["sums"]:
                self.assertLess(0, layer["mean"], row)
                self.assertLess(layer["mean"], layer["worst"], row)
                self.assertLess(layer["worst"], layer["bound"], row)
            self.assertLess(0, row["distance"]["kl_mean"], row)
            self.assertLess(row["distance"]["kl_mean"], 0.05, row)
        rows = [row for row in check["rows"] if row["reduce"] == "f32"]
        self.assertEqual([(row["layout"]["tp"], row["layout"]["pp"]) for row in rows],
                         [(1, 1), (2, 1), (1, 2), (3, 1)])
        self.assertEqual(len({row["logits_hash"] for row in rows}), 1)
        self.assertRegex(rows[0]["logits_hash"], HASH)
        self.assertNotIn("distance", rows[0])
        score = self.json_of("score", self.model, "--ids", ids)
        for row in rows:
            self.assertAlmostEqual(row["perplexity"], score["perplexity"], places=6)
            self.assertGreater(row["tokens_per_s"], 0)
        for row in rows[1:]:
            self.assertEqual(row["distance"], {"kl_mean": 0, "kl_worst": 0, "top1_agreement": 1,
                                               "normalized_error": 0, "positions": 80})
        self.assertEqual(rows[0]["wire_bytes_per_token"], {"sent": 0, "received": 0})
        self.assertGreater(rows[1]["wire_bytes_per_token"]["sent"], 8192)
        self.assertLess(lossy[-2]["wire_bytes_per_token"]["sent"],
                        rows[1]["wire_bytes_per_token"]["sent"])
        self.assertGreater(check["reference"]["normalized_error"], 0)
        self.assertLess(check["reference"]["normalized_error"], 0.05)

    def test_check_prints_a_table(self):
        shown = self.succeed("check", self.model, "--tokens", 40, "--local", 2).out
        rows = [line for line in shown.splitlines() if line.startswith("|")]
        self.assertEqual([row.split("|")[1].strip() for row in rows[:8]],
                         ["layout", "-", "1x1", "2x1", "1x2", "2x1", "2x1", "2x1"])
        self.assertEqual(len({row.count("|") for row in rows[:8]}), 1, shown)
        self.assertIn("Errors of partial sums", shown)
        self.assertIn("40 tokens", shown)
        self.assertIn("double precision", shown)

    def test_check_of_another_answer_fails(self):
        command = ("check", self.model, "--ids", "1,300,500", "--layouts", "1x1")
        good = self.json_of(*command)["rows"][0]["logits_hash"]
        self.succeed(*command, "--expect", good)
        bad = self.run_lantern(*command, "--expect", good[::-1], "--json")
        self.assertEqual(bad.code, 1, bad)
        self.assertIn(good[::-1], bad.err)
        self.assertEqual((len(json.loads(bad.out)["broken"]), json.loads(bad.out)["ok"]),
                         (1, False))

    def test_inspect(self):
        model = self.json_of("inspect", self.model, "--tp", 2, "--pp", 2, "--tensors")
        self.assertEqual(model["path"], self.model)
        self.assertEqual(model["architecture"], "llama")
        self.assertEqual(model["shape"] | {"layers": 4, "dim": 256, "heads": 8, "vocab": 2048},
                         model["shape"])
        self.assertEqual(sum(f["bytes"] for f in model["formats"].values()), model["bytes"])
        self.assertEqual(sum(f["tensors"] for f in model["formats"].values()),
                         len(model["tensors"]))
        self.assertLess(model["bytes"], (self.folder / self.model).stat().st_size)
        self.assertEqual(model["layout"], {"tp": 2, "pp": 2, "ranks": 4})
        self.assertEqual([rank["layers"] for rank in model["ranks"]],
                         [[0, 2], [0, 2], [2, 4], [2, 4]])
        self.assertEqual([rank["heads"] for rank in model["ranks"]], [4] * 4)
        shown = self.succeed("inspect", self.model, "--tp", 2, "--pp", 2).out
        self.assertIn("rank 3", shown)
        self.assertIn("q4_0", shown)

    def test_synth(self):
        first, again, other = (
            (self.folder / self.synth(f"{name}.gguf", "--layers", "1", "--type", "q8_0", "--seed",
                                      seed)).read_bytes()
            for name, seed in (("first", "5"), ("again", "5"), ("other", "6")))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)
        model = self.json_of("inspect", "other.gguf")
        self.assertEqual(model["shape"]["layers"], 1)
        self.assertIn("q8_0", model["formats"])
        self.assertEqual(model["compute"], "f16")
        wide = self.synth("wide.gguf", "--layers", "1", "--type", "bf16")
        self.assertEqual(self.json_of("inspect", wide)["compute"], "bf16")
        # A processor has one way to compute, whatever a GPU would do.
        hashes = {self.json_of("run", "other.gguf", "--ids", "1,2", "-n", 2, "--compute",
                               compute)["logits_hash"]
                  for compute in ("auto", "bf16", "f16", "f32")}
        self.assertEqual(len(hashes), 1)

    def test_help_and_version(self):
        self.assertRegex(self.succeed("--version").out, r"^lantern \d+\.\d+\.\d+.*\n$")
        for command in ("chat", "run", "worker", "bench", "check", "inspect", "synth", "tokenize",
                        "score"):
            self.assertIn(command, self.succeed("--help").out)
            self.assertIn("Usage", self.succeed(command, "--help").out)


class TrainedModelTest(lantern_cli.CliTestCase):
    """A trained model, against what llama2.c answers with it (see tests/README.md, goldens)."""

    LAYOUTS = (["--local", 1, "--threads", 1], ["--threads", 2, "--chunk", 7], ["--local", 2],
               ["--local", 2, "--pp", 2, "--chunk", 1], ["--local", 3], ["--local", 3, "--pp", 3],
               ["--local", 4], ["--local", 4, "--tp", 2, "--pp", 2],
               ["--local", 3, "--shares", "3,2,3", "--chunk", 512])

    def setUp(self):
        self.gguf = test_data("models", "stories260K-f32.gguf")
        self.hf = test_data("models", "stories260K-hf")

    @staticmethod
    def golden(name):
        lines = test_data("goldens", f"{name}.ids").read_text().splitlines()
        return numbers(lines[0]), numbers(lines[1])

    def test_greedy_text(self):
        for name in ("260K_p1", "260K_p2", "260K_p3"):
            with self.subTest(name=name):
                header, whole = test_data("goldens", f"{name}.txt").read_text().split(
                    "# ---- stdout ----\n")
                prompt = re.search(r"-i '(.*)'", header).group(1)
                prompt_ids, generated = self.golden(name)
                answer = self.json_of("run", self.gguf, "-p", prompt, "-n", 100)
                self.assertEqual(answer["prompt_tokens"], len(prompt_ids))
                self.assertEqual(answer["tokens"], generated)
                self.assertEqual((prompt + answer["text"]).rstrip("\n"), whole.rstrip("\n"))

    def test_every_layout_gives_the_golden_ids_and_one_hash(self):
        prompt, generated = self.golden("260K_p3")
        count = 40  # four ranks on two busy cores take 50 ms for one
        hashes = {}
        for model in (self.gguf, self.hf):
            for layout in self.LAYOUTS if model == self.gguf else self.LAYOUTS[:1]:
                with self.subTest(model=model.name, layout=layout):
                    answer = self.json_of("run", model, "--ids", ",".join(map(str, prompt)), "-n",
                                          count, *layout)
                    self.assertEqual(answer["tokens"], generated[:count])
                    hashes[answer["logits_hash"]] = (model.name, layout)
        self.assertEqual(len(hashes), 1, hashes)

    def test_a_seed_gives_one_story(self):
        command = ("run", self.gguf, "-p", "One day", "-n", 30, "--temp", 0.9, "--seed")
        story = self.json_of(*command, 7)["text"]
        for layout in self.LAYOUTS[3:8:2]:
            with self.subTest(layout=layout):
                self.assertEqual(self.json_of(*command, 7, *layout)["text"], story)
        self.assertNotEqual(self.json_of(*command, 8)["text"], story)

    def test_logits(self):
        for name in ("260K_p1", "260K_p2", "260K_p3", "score_story"):
            for model, layout in ((self.gguf, []), (self.hf, ["--local", 2])):
                with self.subTest(name=name, model=model.name):
                    prompt, generated = self.golden(name)
                    self.succeed("score", model, "--ids", ",".join(map(str, prompt + generated)),
                                 "--logits", "logits.f32", *layout)
                    expected = floats(test_data("goldens", f"{name}.logits.f32"))
                    logits = floats(self.folder / "logits.f32")[:len(expected)]
                    self.assertEqual(len(logits), len(expected))
                    worst = max(abs(a - b) for a, b in zip(logits, expected))
                    self.assertLess(worst, 1e-4)

    def test_score(self):
        lines = test_data("goldens", "score_story.ids").read_text().splitlines()
        nll = float(re.search(r"prompt_nll_sum (\S+) over 99", lines[2]).group(1))
        text = test_data("goldens", "score_story.txt")
        by_text = self.json_of("score", self.gguf, text)
        by_ids = self.json_of("score", self.hf, "--ids", ",".join(map(str, numbers(lines[0]))))
        for score in (by_text, by_ids):
            self.assertEqual(score["tokens"], 99)
            self.assertAlmostEqual(score["nll_nats"], nll, delta=1e-3)


class VocabularyTest(lantern_cli.CliTestCase):
    """Files that hold a tokenizer and no model, against llama.cpp's ids."""

    def check(self, model, inputs, outputs, every):
        texts = inputs.read_bytes().split(b"\n__ggml_vocab_test__\n")
        expected = [numbers(line) for line in outputs.read_text().splitlines()]
        self.assertEqual(len(texts), len(expected) + (texts[-1] == b""))
        for text, ids in list(zip(texts, expected))[::every]:
            with self.subTest(text=text):
                self.assertEqual(
                    self.json_of("tokenize", model, "--no-bos", text=text), {"ids": ids})

    def test_sentencepiece(self):
        folder = test_data("tokenizers", "llama2-spm")
        name = folder / "ggml-vocab-llama-spm.gguf"
        self.check(name, folder / f"{name.name}.inp", folder / f"{name.name}.out", every=3)

    def test_byte_level(self):
        folder = test_data("tokenizers", "llama3")
        name = "ggml-vocab-llama-bpe.gguf"
        self.check(folder, folder / f"{name}.inp", folder / f"{name}.out", every=9)

    def test_a_vocabulary_is_no_model(self):
        folder = test_data("tokenizers", "llama2-spm")
        result = self.run_lantern("run", folder / "ggml-vocab-llama-spm.gguf", "-p", "a")
        self.assertEqual(result.code, 1, result)
        self.assertIn("no tensors", result.err)


if __name__ == "__main__":
    lantern_cli.main()
