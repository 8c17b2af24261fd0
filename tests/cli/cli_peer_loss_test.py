"""Processes that die, stop or come late: who says what, how it ends, and that nothing is left."""

import os
import re
import signal
import socket
import subprocess
import time

import lantern_cli
from lantern_cli import free_port, lives, send_signal, workers_of

BAD_FLAGS, LOST = 2, 3
# From the loss of a rank until the leader has ended: the heartbeat's 2 s, then its farewell.
NOTICE_S = 5
HEARTBEAT_NOTICE = r"lantern: Rank {rank} \(.*pid {pid}\)"


class PeerLossTest(lantern_cli.CliTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Two thousand tokens of it take minutes here, and 2,000 tokens of prompt take seconds.
        cls.model = cls.synth("slow.gguf", "--layers", "8", "--dim", "512", "--ffn", "2048",
                              "--trained-ctx", "8192")

    def start_run(self, *flags):
        return self.start("run", self.model, "--ids", "1,300,500", "-n", 2000, "--ignore-eos",
                          *flags)

    def wait_for_tokens(self, leader):
        """Waits until the run is generating: its first letters are out."""
        self.wait_until(lambda: leader.out, lambda: f"no token; stderr: {leader.err}")

    def lose(self, leader, victim, number, limit_s):
        """Sends the signal; the leader must name the victim, end, and leave no process."""
        workers = workers_of(leader.pid)
        send_signal(victim, number)
        self.assertEqual(leader.wait(limit_s), LOST, leader.err)
        self.assertRegex(leader.err, HEARTBEAT_NOTICE.format(rank=r"\d+", pid=victim))
        self.assertEqual(leader.err.count("\n"), 1, leader.err)  # of all ranks, once
        self.wait_until(lambda: not any(map(lives, workers)), f"workers {workers} end",
                        NOTICE_S)

    def test_a_killed_worker_in_decode(self):
        for layout in (["--local", 3], ["--local", 3, "--pp", 3],
                       ["--local", 4, "--tp", 2, "--pp", 2]):
            with self.subTest(layout=layout), self.start_run(*layout) as leader:
                self.wait_for_tokens(leader)
                self.lose(leader, workers_of(leader.pid)[-1], signal.SIGKILL, NOTICE_S)

    def test_a_stopped_worker_in_decode(self):
        for layout in (["--local", 3], ["--local", 2, "--pp", 2]):
            with self.subTest(layout=layout), self.start_run(*layout) as leader:
                self.wait_for_tokens(leader)
                self.lose(leader, workers_of(leader.pid)[0], signal.SIGSTOP,
                          NOTICE_S)

    def test_a_killed_worker_in_prefill(self):
        ids = ",".join(str(3 + i * 7 % 2000) for i in range(6000))
        with self.start("run", self.model, "--ids", ids, "-n", 2000, "--ctx", 8192, "--chunk", 16,
                        "--local", 2) as leader:
            # Loading takes a fraction of a second, this prompt several; its first letter would
            # show that it was over.
            self.wait_until(lambda: len(workers_of(leader.pid)) == 1, "a worker")
            self.wait_until(lambda: self.cpu_seconds(leader.pid) > 0.3, "some work")
            self.assertEqual(leader.out, "")
            self.lose(leader, workers_of(leader.pid)[0], signal.SIGKILL, NOTICE_S)
            self.assertEqual(leader.out, "")

    @staticmethod
    def cpu_seconds(pid):
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100  # utime and stime in ticks of 10 ms

    @staticmethod
    def runs_workers(pid):
        """Whether its workers have become programs with threads of their own. Right after a fork
        ThreadSanitizer loses signals to the parent: its handler is never called."""
        def threads(worker):
            try:
                return len(os.listdir(f"/proc/{worker}/task"))
            except OSError:
                return 0
        workers = workers_of(pid)
        return bool(workers) and all(threads(worker) > 2 for worker in workers)

    def test_a_killed_leader_takes_its_workers_along(self):
        for number in (signal.SIGKILL, signal.SIGTERM):
            with self.subTest(signal=number.name), self.start_run("--local", 3) as leader:
                self.wait_for_tokens(leader)
                workers = workers_of(leader.pid)
                self.assertEqual(len(workers), 2)
                leader.signal(number)
                self.wait_until(lambda: not any(map(lives, workers)), f"{workers} end", NOTICE_S)
                self.assertNotEqual(leader.wait(NOTICE_S), 0)
                # Nobody else is left to say so: every worker names the leader.
                notice = HEARTBEAT_NOTICE.format(rank=0, pid=leader.pid)
                lines = leader.err.splitlines()
                self.assertEqual(len(lines), 2, leader.err)
                for line in lines:
                    self.assertRegex(line, notice)

    def test_ctrl_c_ends_the_answer_and_every_rank(self):
        with self.start_run("--local", 3) as leader:
            self.wait_for_tokens(leader)  # before the answer, Ctrl-C just ends the program
            workers = workers_of(leader.pid)
            self.assertEqual(len(workers), 2)
            leader.signal(signal.SIGINT)
            self.assertEqual(leader.wait(NOTICE_S), 130, leader.err)
            summary = re.fullmatch(r"\nprompt .*; answer (\d+) tokens, .*; finish: cancelled; .*\n",
                                   leader.err)
            self.assertTrue(summary, leader.err)
            self.assertLess(int(summary[1]), 2000)
            self.assertFalse(any(map(lives, workers)))

    def test_ctrl_c_in_a_run_that_prints_json(self):
        with self.start_run("--local", 3, "--json") as leader:
            self.wait_until(lambda: self.cpu_seconds(leader.pid) > 0.3, "some work")
            leader.signal(signal.SIGINT)
            self.assertEqual(leader.wait(NOTICE_S), 130, leader.err)
            if leader.err:  # nothing shows when loading ends: this was a slow machine
                self.assertEqual(leader.err, "lantern: Interrupted before all was ready.\n")
                self.assertEqual(leader.out, "")
            else:
                self.assertEqual(leader.json()["finish_reason"], "cancelled")
                self.assertLess(len(leader.json()["tokens"]), 2000)

    def test_ctrl_c_ends_what_measures_and_scores(self):
        text = self.folder / "text.txt"
        text.write_text("a small dog and a large tree " * 3000)
        # In steps that are short under sanitizers and on busy cores too: one that has begun is
        # computed to its end, and 64 tokens have taken more than five seconds of that.
        for arguments in (["bench", self.model, "-p", 64, "-r", 1000], ["score", self.model, text]):
            # While it loads, it says that; the other rank never does.
            for busy_s, said in ((0.02, {"", "lantern: Interrupted before all was ready.\n"}),
                                 (2, {""})):
                with self.subTest(command=arguments[0], busy_s=busy_s), \
                        self.start(*arguments, "--local", 2, "--packed", "none",
                                   "--chunk", 8) as leader:
                    self.wait_until(lambda: self.runs_workers(leader.pid), "a worker")
                    workers = workers_of(leader.pid)
                    self.wait_until(lambda: self.cpu_seconds(leader.pid) > busy_s, "some work")
                    leader.signal(signal.SIGINT)
                    self.assertEqual(leader.wait(NOTICE_S), 130, leader.err)
                    self.assertIn(leader.err, said)
                    self.assertFalse(any(map(lives, workers)))


class LauncherTest(lantern_cli.CliTestCase):
    """Ranks placed by environment variables, and workers that join by themselves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.synth("tiny.gguf")
        cls.run_flags = ("run", cls.model, "--ids", "1,300,500", "--ignore-eos")

    def start_rank(self, rank, world, port, *flags, host="127.0.0.1"):
        return self.start(*self.run_flags, *flags, extra_environment={
            "RANK": str(rank), "WORLD_SIZE": str(world), "MASTER_ADDR": host,
            "MASTER_PORT": str(port)})

    def test_ranks_of_a_launcher(self):
        alone = self.json_of(*self.run_flags, "-n", 8)
        port = free_port()
        with self.start_rank(2, 3, port, "-n", 8), self.start_rank(1, 3, port, "-n", 8), \
                self.start_rank(0, 3, port, "-n", 8, "--json") as leader:
            self.assertEqual(leader.wait(lantern_cli.PATIENCE_S), 0, leader.err)
            self.assertEqual(leader.json()["logits_hash"], alone["logits_hash"])
            self.assertEqual(leader.json()["layout"], {"tp": 3, "pp": 1, "ranks": 3})

    def test_a_launcher_may_name_the_host(self):
        # Often a name that means 127.0.1.1 to the machine itself; sockets listen on numbers only.
        for host in ("localhost", socket.gethostname()):
            try:
                socket.gethostbyname(host)
            except OSError:
                continue  # a bare root without /etc/hosts
            port = free_port()
            with self.subTest(host=host), self.start_rank(1, 2, port, host=host) as other, \
                    self.start_rank(0, 2, port, "--insecure", "-n", 4, host=host) as leader:
                self.assertEqual(leader.wait(lantern_cli.PATIENCE_S), 0, leader.err)
                self.assertEqual(other.wait(lantern_cli.PATIENCE_S), 0, other.err)

    def test_a_rank_that_is_taken(self):
        port = free_port()
        with self.start_rank(0, 3, port, "-n", 8, "--json") as leader, \
                self.start_rank(2, 3, port) as first:
            self.wait_until(lambda: "1 of 2 workers" in leader.err, lambda: leader.err)
            taken = f"Rank 2 is taken by {socket.gethostname()} (pid {first.pid}); "
            with self.start_rank(2, 3, port) as second:
                self.assertEqual(second.wait(lantern_cli.PATIENCE_S), BAD_FLAGS, second.err)
                self.assertIn("lantern: " + taken, second.err)
            # Not for good where its holder died, with whom the group is not complete either.
            first.signal(signal.SIGKILL)
            first.wait(lantern_cli.PATIENCE_S)
            time.sleep(1)
            with self.start_rank(2, 3, port) as anew, self.start_rank(1, 3, port):
                self.assertEqual(leader.wait(lantern_cli.PATIENCE_S), 0, leader.err)
                self.assertEqual(anew.wait(lantern_cli.PATIENCE_S), 0, anew.err)
                self.assertIn(taken, anew.err)
            self.assertEqual(leader.json()["layout"]["ranks"], 3)

    def test_every_rank_of_a_launcher_names_the_lost_one(self):
        port = free_port()
        with self.start_rank(0, 3, port, "-n", 2000) as leader, \
                self.start_rank(1, 3, port, "-n", 2000) as victim, \
                self.start_rank(2, 3, port, "-n", 2000) as other:
            self.wait_until(lambda: leader.out, lambda: leader.err)
            victim.signal(signal.SIGKILL)
            for survivor in (leader, other):
                self.assertEqual(survivor.wait(NOTICE_S), LOST, survivor.err)
                self.assertRegex(survivor.err,
                                 HEARTBEAT_NOTICE.format(rank=1, pid=victim.pid))

    def join_and_run(self, port):
        leader = self.json_of(*self.run_flags, "-n", 8, "--workers", 1, "--listen",
                              f"127.0.0.1:{port}")
        self.assertEqual(leader["layout"]["ranks"], 2)
        return leader["logits_hash"]

    def test_a_worker_stays_for_the_next_leader(self):
        alone = self.json_of(*self.run_flags, "-n", 8)["logits_hash"]
        port = free_port()
        with self.start("worker", "--join", f"127.0.0.1:{port}") as worker:
            self.wait_until(lambda: "No leader answers" in worker.err, lambda: worker.err)
            self.assertEqual(self.join_and_run(port), alone)
            self.assertEqual(self.join_and_run(port), alone)
            self.assertFalse(worker.ended, worker.err)

    def test_a_worker_that_comes_after_the_leader(self):
        with self.start(*self.run_flags, "-n", 8, "--workers", 1, "--json") as leader:
            address = self.wait_until(
                lambda: leader.err.partition("worker --join ")[2].partition("\n")[0],
                lambda: leader.err)
            worker = subprocess.run([self.lantern, "worker", "--once", "--join", address],
                                    cwd=self.folder, env=self.environment, capture_output=True,
                                    timeout=lantern_cli.PATIENCE_S, check=False)
            self.assertEqual(worker.returncode, 0, worker.stderr)
            self.assertEqual(leader.wait(lantern_cli.PATIENCE_S), 0, leader.err)
            self.assertEqual(leader.json()["layout"], {"tp": 2, "pp": 1, "ranks": 2})

    def test_a_worker_outlives_a_killed_leader(self):
        port = free_port()
        with self.start("worker", "--join", f"127.0.0.1:{port}") as worker:
            with self.start(*self.run_flags, "-n", 2000, "--workers", 1, "--listen",
                            f"127.0.0.1:{port}") as leader:
                self.wait_until(lambda: leader.out, lambda: leader.err)
                leader.signal(signal.SIGKILL)
                leader.wait(NOTICE_S)
            self.wait_until(lambda: "Rank 0 (" in worker.err, lambda: worker.err, NOTICE_S)
            self.assertFalse(worker.ended, worker.err)
            self.join_and_run(port)


if __name__ == "__main__":
    lantern_cli.main()
