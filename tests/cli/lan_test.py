"""Machines of a LAN, in a box (scripts/lan): joining, weights, and machines that are lost."""

import re
import signal
import time

import lan
from lan import LEADER, Lan
import lantern_cli
from lantern_cli import send_signal

LOST = 3
NOTICE_S = 5  # from a loss until every survivor has named the machine
SENT = re.compile(r"\((pc\d+)\): .* of weights, (\S+ \S+) sent, (\S+ \S+) from its cache")
NOTHING = "0 B"
# Three machines share two cores here, so what they measure of each other is noise.
EQUAL = ("--shares", "1,1,1")


class LanTestCase(lantern_cli.CliTestCase):
    MACHINES, RATE = 3, "1gbit"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        box = Lan(cls.MACHINES, cls.RATE)
        cls.lan = box.__enter__()
        cls.addClassCleanup(box.__exit__)

    def on(self, machine, *arguments):
        return lantern_cli.Running(
            [*self.lan.on(machine), self.lantern, *map(str, arguments)], self.folder,
            self.environment)

    def worker(self, machine, *flags):
        process = self.on(machine, "worker", "--join", LEADER, "--threads", 1, *flags)
        self.addCleanup(process.__exit__)
        return process

    def lead(self, workers, *flags):
        return self.on(1, "run", self.model, "--workers", workers, "--listen", LEADER, "--insecure",
                       "--threads", 1, *flags)

    def answer(self, leader):
        self.assertEqual(leader.wait(lantern_cli.PATIENCE_S), 0, leader.err)
        return leader.json()["logits_hash"]

    @staticmethod
    def sent(leader):
        """{host: (sent, from its cache)} as the leader says it."""
        return {host: (sent, cache) for host, sent, cache in SENT.findall(leader.err)}

    def named(self, process, machine, since=0):
        """Waits until a process has said which machine is lost."""
        pattern = re.compile(rf"pc{machine}(, pid \d+\)| \(pid \d+\)) "
                             "(stopped|left|ended|did not run|failed)")
        self.wait_until(lambda: pattern.search(process.err[since:]),
                        lambda: f"pc{machine} named in: {process.err}", NOTICE_S)


class LanTest(LanTestCase):
    """All is well."""

    MACHINES = 4
    RUN = ("--ids", "1,300,500", "-n", 8, "--ignore-eos", "--json")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.synth("tiny.gguf", "--heads", "12", "--kv-heads", "4", "--head-dim", "32")

    def test_from_one_machine_to_four(self):
        # Of its own, so that no machine has met it.
        self.model = self.synth("four.gguf", "--seed", "4", "--heads", "12", "--kv-heads", "4",
                                "--head-dim", "32")
        alone = self.json_of("run", self.model, *self.RUN)["logits_hash"]
        self.worker(2)  # before there is a leader, and under the name that pc1 takes for 127.0.1.1
        for start in ("first", "second"):
            with self.subTest(machines=2, start=start), \
                    self.lead(1, "--shares", "1,1", *self.RUN) as leader:
                self.assertEqual(self.answer(leader), alone)
                sent, cached = self.sent(leader)["pc2"]
                self.assertEqual(sent == NOTHING, start == "second", leader.err)
                self.assertEqual(cached == NOTHING, start == "first", leader.err)
        self.worker(3)
        for start in ("first", "second"):
            with self.subTest(machines=3, start=start), \
                    self.lead(2, *EQUAL, *self.RUN) as leader:
                self.assertEqual(self.answer(leader), alone)
                # pc2's part only became smaller.
                self.assertNotEqual(self.sent(leader)["pc2"][1], NOTHING, leader.err)
                self.assertEqual(self.sent(leader)["pc3"][0] == NOTHING, start == "second",
                                 leader.err)
        hosts = self.folder / "hosts"
        hosts.write_text("pc4  # by name\n10.77.0.2\npc3\n")
        self.worker(4)
        with self.on(1, "run", self.model, "--hosts", hosts, "--listen", f"0.0.0.0:{lan.PORT}",
                     "--insecure", "--threads", 1, *self.RUN) as leader:
            self.assertEqual(self.answer(leader), alone)
            self.assertEqual(re.findall(r"Rank \d \((pc\d)\)", leader.err), ["pc4", "pc2", "pc3"])

    def test_too_few_come_and_ctrl_c_gives_up(self):
        worker = self.worker(2)
        with self.lead(2, *self.RUN) as leader:
            self.wait_until(lambda: "1 of 2 workers have joined at 10.77.0.1:7733: pc2."
                            in leader.err, lambda: leader.err)
            leader.signal(signal.SIGINT)
            self.assertEqual(leader.wait(NOTICE_S), 130, leader.err)
            self.assertIn("lantern: Interrupted", leader.err)
        self.named(worker, 1)

    def test_a_worker_is_back_soon_after_a_link_that_dropped_everything(self):
        self.lan.do("block", 2, 1)
        self.worker(2)
        # TCP alone asks after 1, 3, 7, 15 and 31 s: only time can show that the worker does better.
        time.sleep(17)
        with self.lead(1, *self.RUN) as leader:
            self.wait_until(lambda: "0 of 1 workers" in leader.err, lambda: leader.err)
            self.lan.do("unblock", 2, 1)
            self.wait_until(lambda: "of weights" in leader.err, lambda: leader.err, 8)
            self.answer(leader)

    def test_a_worker_lost_while_joining_frees_its_place(self):
        first = self.worker(2)
        with self.lead(2, *EQUAL, *self.RUN) as leader:
            self.wait_until(lambda: "1 of 2 workers" in leader.err, lambda: leader.err)
            first.signal(signal.SIGKILL)
            self.named(leader, 2)
            self.worker(3)
            self.worker(4)
            self.answer(leader)


class LossTest(LanTestCase):
    """Machines are lost."""

    SHORT = ("--ids", "1,300,500", "-n", 8, "--ignore-eos", "--json")
    LONG = ("--ids", "1,300,500", "-n", 2000, "--ignore-eos")
    PROMPT = ("--ids", ",".join(str(3 + i * 7 % 2000) for i in range(6000)), "-n", 9, "--ctx", 8192,
              "--chunk", 16)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.synth("slow.gguf", "--layers", "8", "--dim", "512", "--ffn", "2048",
                              "--heads", "8", "--kv-heads", "4", "--trained-ctx", "8192")
        cls.alone = cls.hash_alone()

    @classmethod
    def hash_alone(cls):
        test = cls("test_killed")
        return test.json_of("run", cls.model, *cls.SHORT)["logits_hash"]

    def lose(self, how, victim, flags, begun):
        """Loses a machine; the others name it, and those that are left answer the next leader."""
        workers = {machine: self.worker(machine) for machine in (2, 3)}
        with self.lead(2, *EQUAL, *flags) as leader:
            self.wait_until(lambda: begun(leader), lambda: f"the moment: {leader.err}")
            everybody = {1: leader, **workers}
            said = {machine: len(process.err) for machine, process in everybody.items()}
            if how == "cut":
                self.lan.do("cut", victim)
                self.addCleanup(self.lan.do, "mend", victim)
            else:
                send_signal(everybody[victim].pid, how)
            for machine, process in everybody.items():
                if machine != victim:
                    self.named(process, victim, said[machine])
            if victim != 1:
                self.assertEqual(leader.wait(NOTICE_S), LOST, leader.err)
        if victim == 1 and how == "cut":
            self.lan.do("mend", 1)
        left = 2 if victim == 1 else 1
        with self.lead(left, *self.SHORT) as leader:
            self.assertEqual(self.answer(leader), self.alone)
            self.assertFalse(any(process.ended for machine, process in workers.items()
                                 if machine != victim))

    @staticmethod
    def decoding(leader):
        return leader.out

    @staticmethod
    def prefilling(leader):
        return leader.err.count("of weights") == 2 and not time.sleep(0.5)

    def test_killed(self):
        self.lose(signal.SIGKILL, 2, self.LONG, self.decoding)

    def test_stopped_in_prefill(self):
        self.lose(signal.SIGSTOP, 3, self.PROMPT, self.prefilling)

    def test_cable_cut(self):
        self.lose("cut", 2, self.LONG, self.decoding)

    def test_the_leader_killed_in_prefill(self):
        self.lose(signal.SIGKILL, 1, self.PROMPT, self.prefilling)

    def test_the_leaders_cable_cut(self):
        self.lose("cut", 1, self.LONG, self.decoding)

    def block(self, machine, peer):
        self.lan.do("block", machine, peer)
        self.addCleanup(self.lan.do, "unblock", machine, peer)

    def test_a_link_between_two_workers_that_goes_silent(self):
        """Heartbeats go on, so only the data connection can tell."""
        for machine in (2, 3):
            self.worker(machine)
        with self.lead(2, *EQUAL, *self.LONG) as leader:
            self.wait_until(lambda: leader.out, lambda: leader.err)
            self.block(2, 3)
            self.block(3, 2)
            self.assertEqual(leader.wait(3 * NOTICE_S), LOST, leader.err)
            self.assertRegex(leader.err.splitlines()[-1],
                             r"\(pc[23], pid \d+\) failed: pc[23] \(10\.77\.0\.[23], rank [12]\) "
                             r"lost its connection to pc[23] \(10\.77\.0\.[23], rank [12]\)")

    def test_a_blocked_link_is_named_before_it_is_used(self):
        for machine in (2, 3):
            self.worker(machine)
        self.block(2, 3)
        with self.lead(2, *EQUAL, *self.SHORT) as leader:
            self.assertEqual(leader.wait(3 * NOTICE_S), LOST, leader.err)
            self.assertRegex(leader.err, r"pc\d \(10\.77\.0\.[23]\) cannot connect to pc\d "
                                         r"\(10\.77\.0\.[23], TCP port \d+\): no answer in 5 s")

    def test_chat_resumes_with_the_same_bits(self):
        try:
            from terminal import GOES_ON, HASH, Terminal
        except ImportError:
            self.skipTest("needs python3-pexpect (scripts/setup --tests)")

        def stats(chat):
            chat.type("/stats\r")
            return HASH.search(chat.until(HASH)).group(1)

        with Terminal(self, "-n", 60) as undisturbed:
            undisturbed.enter("What is a lamp?")
            expected = stats(undisturbed)
        workers = {machine: self.worker(machine) for machine in (2, 3)}
        with Terminal(self, "-n", 60, "--workers", 2, "--listen", LEADER, "--insecure",
                      "--threads", 1, prefix=self.lan.on(1)) as chat:
            chat.type("What is a lamp?\r")
            chat.until("\r\n")
            chat.until(r"\w\w\w")  # some of the answer
            send_signal(workers[3].pid, signal.SIGKILL)
            self.assertIn("(pc3, pid", chat.until(GOES_ON))
            chat.type("/resume\r")
            chat.until(r"on 2 rank\(s\)")
            self.assertEqual(stats(chat), expected)


class SlowLanTest(LanTestCase):
    """Weights take seconds."""

    RATE = "50mbit"

    def test_lost_while_weights_stream(self):
        for how, victim in ((signal.SIGKILL, 2), ("cut", 1)):
            with self.subTest(victim=victim):
                # One that no machine has met.
                self.model = self.synth(
                    f"big{victim}.gguf", "--seed", str(victim), "--layers", "8", "--dim", "512",
                    "--ffn", "2048", "--heads", "8", "--kv-heads", "4", "--type", "q8_0")
                workers = {machine: self.worker(machine) for machine in (2, 3)}
                with self.lead(2, *EQUAL, "--ids", "1,300", "-n", 4) as leader:
                    # Longer than a second, so that it shows progress.
                    self.wait_until(lambda: re.search(r"pc3: \d+%", leader.err),
                                    lambda: leader.err)
                    everybody = {1: leader, **workers}
                    if how == "cut":
                        self.lan.do("cut", victim)
                    else:
                        send_signal(everybody[victim].pid, how)
                    for machine, process in everybody.items():
                        if machine != victim:
                            self.named(process, victim)
                if how == "cut":
                    self.lan.do("mend", victim)
                for process in workers.values():
                    process.signal(signal.SIGKILL)

    def test_chat_outlives_a_loss_while_it_loads(self):
        try:
            from terminal import GOES_ON, Terminal
        except ImportError:
            self.skipTest("needs python3-pexpect (scripts/setup --tests)")
        self.model = self.synth("chat.gguf", "--seed", "3", "--layers", "8", "--dim", "512",
                                "--ffn", "2048", "--heads", "8", "--kv-heads", "4", "--type",
                                "q8_0")
        workers = {machine: self.worker(machine) for machine in (2, 3)}
        with Terminal(self, "-n", 4, "--workers", 2, "--listen", LEADER, "--insecure",
                      "--threads", 1, prefix=self.lan.on(1), wait=False) as chat:
            chat.until(r"pc3: [^\r\n]*%")
            send_signal(workers[3].pid, signal.SIGKILL)
            self.assertIn("(pc3, pid", chat.until(GOES_ON))
            chat.type("/resume\r")  # waits a while for the third
            chat.until(r"on 2 rank\(s\)")
            chat.until_prompt()
            self.assertTrue(chat.enter("Hello"))


if __name__ == "__main__":
    lantern_cli.main()
