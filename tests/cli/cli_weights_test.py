"""Workers without the model's file: what is sent, kept, found damaged, and sent again."""

import pathlib
import re
import shutil
import signal
import subprocess
import time

import lantern_cli
from lantern_cli import free_port, test_data

LOST = 3
NOTICE_S = 5
# "Rank 1 (pc7): 1.1 MiB of weights, 1.1 MiB sent, 0 B from its cache, 0 B from its copy."
SOURCES = re.compile(r"^Rank (\d+) \(.*\): (.*) of weights, (.*) sent, (.*) from its cache, "
                     r"(.*) from its copy\.$", re.MULTILINE)
UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def to_bytes(text):
    """What "1.5 MiB" says, to a tenth of its unit."""
    number, unit = text.split()
    return float(number) * UNITS[unit]


def files_in(folder):
    """A cache's chunks, in no order. A writer may rename its temporary file meanwhile."""
    return [path for path in pathlib.Path(folder).glob("*/*") if not path.name.startswith("tmp-")]


def bytes_in(folder):
    return sum(path.stat().st_size for path in files_in(folder))


class Sources:
    """Where the weights of one rank came from, in bytes to a tenth of the printed unit."""

    def __init__(self, whole, sent, cached, copied):
        self.whole, self.sent, self.cached, self.copied = map(
            to_bytes, (whole, sent, cached, copied))


class Run:
    """A run that ended well: the leader's answer, each worker's sources, what workers said."""

    def __init__(self, leader, workers):
        self.hash = leader.json()["logits_hash"]
        self.ranks = leader.json()["layout"]["ranks"]
        self.sources = {int(match[0]): Sources(*match[1:])
                        for match in SOURCES.findall(leader.err)}
        self.said = [worker.err for worker in workers]


class WeightsTestCase(lantern_cli.CliTestCase):
    """Runs on loopback whose workers get the weights as they would on other machines."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.synth("tiny.gguf")

    def prompt(self, model):
        return ("run", model, "--ids", "1,30,50", "--ignore-eos", "-n", 4, "--json")

    def lead(self, workers, model, *flags):
        """A leader that waits for workers of equal shares."""
        shares = ",".join("1" * (workers + 1))
        return self.start(*self.prompt(model), "--workers", workers, "--shares", shares,
                          "--threads", 1, "--listen", f"127.0.0.1:{free_port()}", *flags)

    def address(self, leader):
        return self.wait_until(
            lambda: leader.err.partition("worker --join ")[2].partition("\n")[0],
            lambda: leader.err)

    def lend(self, address, *flags, inside=(), joined=True):
        """A worker, by default one that has joined; `inside`: a command that runs it."""
        worker = lantern_cli.Running(
            [*map(str, inside), self.lantern, "worker", "--once", "--join", address,
             *map(str, flags)], self.folder, self.environment)
        if joined:
            self.wait_until(lambda: "Joined" in worker.err or worker.ended, lambda: worker.err)
        return worker

    def run_with(self, *workers, model=None, flags=(), layout=(), inside=()):
        """One run with a worker for each list of flags, ranked in that order."""
        with self.lead(len(workers), model or self.model, *flags, *layout) as leader:
            address = self.address(leader)
            running = [self.lend(address, *worker, inside=inside) for worker in workers]
            try:  # workers take a second more to leave, which nothing here needs to see
                self.assertEqual(leader.wait(lantern_cli.PATIENCE_S), 0,
                                 [leader.err, *(worker.err for worker in running)])
                run = Run(leader, running)
            finally:
                for worker in running:
                    worker.__exit__()
        self.assertEqual(run.ranks, len(workers) + 1)
        self.assertEqual(run.hash, self.hash_alone(model or self.model, *flags))
        return run

    def hash_alone(self, model, *flags):
        return self.json_of(*self.prompt(model)[:-1], *flags)["logits_hash"]


class WeightsTest(WeightsTestCase):
    def test_they_are_sent_once(self):
        mix = self.synth("mix.gguf", "--type", "q4_k_m", "--heads", "16")
        models = [(self.model, ()), (mix, ()),
                  (self.synth("f16.gguf", "--type", "f16", "--ffn", "776"), ("--type", "q8_0"))]
        for number, (model, flags) in enumerate(models):
            with self.subTest(model=model):
                self.check_sent_once(model, flags, f"once{number}")

    def test_a_hugging_face_directory_is_sent_once(self):
        self.check_sent_once(test_data("models", "stories260K-hf"), (), "hf")

    def check_sent_once(self, model, flags, cache):
        first = self.run_with(["--cache", cache], model=model, flags=flags).sources[1]
        self.assertEqual((first.cached, first.copied), (0, 0))
        self.assertEqual(first.sent, first.whole)
        second = self.run_with(["--cache", cache], model=model, flags=flags).sources[1]
        self.assertEqual((second.sent, second.copied), (0, 0))
        self.assertEqual(second.cached, first.whole)

    def test_the_default_cache_is_the_users(self):
        self.run_with([])
        self.assertGreater(bytes_in(self.folder / "cache" / "lantern" / "blobs"), 1 << 20)

    def test_pipelines(self):
        run = self.run_with(["--cache", "pp1"], ["--cache", "pp2"], ["--cache", "pp3"],
                            layout=("--pp", 2))
        self.assertEqual(sorted(run.sources), [1, 2, 3])

    def test_a_third_rank_moves_only_what_changes_hands(self):
        two = self.run_with(["--cache", "moving"])
        before = bytes_in(self.folder / "moving")
        three = self.run_with(["--cache", "moving"], ["--cache", "new"])
        # Rank 1 held 12 of 24 leaves and heads 4 to 7, and now holds leaves 8 to 15 and heads 3
        # and 4 with the kv heads 1 and 2: of each layer come 4 leaves of three matrices, a head
        # of q and of the attention output, and a kv head of k and v.
        weights = 3 * 4 * 32 * 256 + 2 * 32 * 256 + 2 * 32 * 256
        moved = 4 * weights * 18 // 32
        self.assertEqual(bytes_in(self.folder / "moving") - before, moved)
        self.assertAlmostEqual(three.sources[1].sent, moved, delta=100)
        self.assertLess(three.sources[1].sent, two.sources[1].whole / 3)
        self.assertEqual(three.sources[2].sent, three.sources[2].whole)
        # And back: nothing. As the last of three it holds a part of what the last of two did.
        self.assertEqual(self.run_with(["--cache", "moving"]).sources[1].sent, 0)
        last = self.run_with(["--cache", "new"], ["--cache", "moving"]).sources[2]
        self.assertEqual((last.sent, last.cached), (0, last.whole))

    def test_a_damaged_chunk_is_sent_again(self):
        self.run_with(["--cache", "damaged"])
        chunks = sorted(files_in(self.folder / "damaged"), key=lambda path: path.stat().st_size)
        flipped, cut = chunks[-1], chunks[-2]
        size = flipped.stat().st_size + cut.stat().st_size
        content = bytearray(flipped.read_bytes())
        content[len(content) // 2] ^= 1
        flipped.write_bytes(content)
        cut.write_bytes(cut.read_bytes()[:-1])
        again = self.run_with(["--cache", "damaged"])
        self.assertAlmostEqual(again.sources[1].sent, size, delta=100)
        self.assertEqual(self.run_with(["--cache", "damaged"]).sources[1].sent, 0)

    def test_a_copy_is_read_where_it_agrees(self):
        shutil.copy(self.folder / self.model, self.folder / "copy.gguf")
        copied = self.run_with(["--cache", "copied", "--model", "copy.gguf"]).sources[1]
        self.assertEqual((copied.sent, copied.copied), (0, copied.whole))
        self.assertEqual(files_in(self.folder / "copied"), [])
        other = self.synth("other.gguf", "--seed", "2")
        fetched = self.run_with(["--cache", "copied", "--model", other]).sources[1]
        self.assertLess(fetched.copied, 64 << 10)  # norms are ones in both
        self.assertGreater(fetched.sent, fetched.whole * 0.9)
        absent = self.run_with(["--cache", "absent", "--model", "nosuch.gguf"])
        self.assertEqual(absent.sources[1].sent, absent.sources[1].whole)
        self.assertIn("The weights are fetched, as there is no local copy: Cannot open nosuch.gguf",
                      absent.said[0])


class CacheTest(WeightsTestCase):
    def one_sentence(self, said, text):
        """What the worker said includes `text`, in one line and once."""
        lines = [line for line in said.splitlines() if text in line]
        self.assertEqual(len(lines), 1, said)
        return lines[0]

    def test_its_size_is_a_bound(self):
        for _ in range(2):
            run = self.run_with(["--cache", "bounded", "--cache-size", "300KB"])
            self.one_sentence(run.said[0], "because the cache bounded may hold 300.0 KiB at most")
            self.assertLessEqual(bytes_in(self.folder / "bounded"), 300 << 10)
        self.assertGreater(run.sources[1].cached, 200 << 10)  # a part need not be sent again
        none = self.run_with(["--cache", "none", "--cache-size", "0"])
        self.assertEqual(none.sources[1].sent, none.sources[1].whole)
        self.assertFalse((self.folder / "none").exists())

    def test_models_take_turns_in_a_small_cache(self):
        other = self.synth("other.gguf", "--seed", "2")
        flags = ["--cache", "turns", "--cache-size", "1500KB"]
        for model in (self.model, other, self.model):
            run = self.run_with(flags, model=model)
            self.assertNotIn("because the cache", run.said[0])
            self.assertLessEqual(bytes_in(self.folder / "turns"), 1500 << 10)
        self.assertGreater(run.sources[1].sent, 0)
        self.assertEqual(self.run_with(flags).sources[1].sent, 0)

    def test_one_that_cannot_be_written(self):
        (self.folder / "file").write_text("not a folder")
        run = self.run_with(["--cache", "file/blobs"])
        line = self.one_sentence(run.said[0], "because the cache file/blobs cannot be written")
        self.assertTrue(line.endswith(": Not a directory."), line)
        self.assertEqual(run.sources[1].sent, run.sources[1].whole)  # once, not twice

    def mounting(self, folder, how):
        """A command that runs another one where `folder` is mounted; skips where it may not."""
        path = self.folder / folder
        path.mkdir(exist_ok=True)
        return self.unshared("--mount", how.format(path))

    def test_a_full_disk(self):
        inside = self.mounting("full", "mount -t tmpfs -o size=300k none '{}'")
        run = self.run_with(["--cache", "full"], inside=inside)
        line = self.one_sentence(run.said[0], "because the cache full cannot be written")
        self.assertTrue(line.endswith(": No space left on device."), line)

    def test_a_read_only_disk(self):
        self.run_with(["--cache", "readonly"])
        inside = self.mounting("readonly", "mount --bind '{0}' '{0}' && "
                                           "mount -o remount,bind,ro '{0}'")
        run = self.run_with(["--cache", "readonly"], inside=inside)
        self.assertEqual(run.sources[1].sent, 0)
        self.assertNotIn("because the cache", run.said[0])  # nothing had to be written
        files_in(self.folder / "readonly")[0].unlink()
        run = self.run_with(["--cache", "readonly"], inside=inside)
        self.one_sentence(run.said[0], "cannot be written: Read-only file system.")
        self.assertGreater(run.sources[1].cached, run.sources[1].whole / 2)


class InterruptedTest(WeightsTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Half of 110 MB: a fraction of a second on the way, and many chunks.
        cls.model = cls.synth("large.gguf", "--type", "f32", "--layers", "8", "--dim", "512",
                              "--ffn", "2048")

    def kill_while_fetching(self, cache, whom):
        """Leaves a part of the weights in an otherwise empty cache; what the other one said when
        it ended as lost, or None when the weights were there before."""
        shutil.rmtree(self.folder / cache, ignore_errors=True)
        with self.lead(1, self.model) as leader:
            arguments = [self.lantern, "worker", "--once", "--join", self.address(leader),
                         "--cache", cache]
            with lantern_cli.Running(arguments, self.folder, self.environment) as worker:
                victim, other = (leader, worker) if whom == "leader" else (worker, leader)
                while len(files_in(self.folder / cache)) <= 20 and not worker.ended:
                    time.sleep(0.001)
                victim.signal(signal.SIGKILL)
                # Its loss shows within seconds, unless the run was over by then.
                code = other.wait(NOTICE_S)
                self.assertIn(code, (0, LOST), other.err)
                too_late = code == 0 or SOURCES.search(leader.err)
                return None if too_late else other.err

    def check_goes_on(self, cache, whom):
        # Fetching takes a tenth of a second here, which this process may sleep through: then again.
        said = next(filter(None, (self.kill_while_fetching(cache, whom) for _ in range(10))), None)
        self.assertIsNotNone(said, "always too late")
        rest = self.run_with(["--cache", cache]).sources[1]
        self.assertGreater(rest.cached, 0)
        self.assertGreater(rest.sent, 0)
        self.assertAlmostEqual(rest.sent + rest.cached, rest.whole, delta=200_000)
        return said.splitlines()[-1]

    def test_a_killed_worker_goes_on_where_it_ended(self):
        self.assertIn("Rank 1 (", self.check_goes_on("killed", "worker"))

    def test_a_worker_whose_leader_was_killed_goes_on_with_the_next(self):
        self.assertIn("Rank 0 (", self.check_goes_on("orphaned", "leader"))


if __name__ == "__main__":
    lantern_cli.main()
