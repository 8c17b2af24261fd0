#!/usr/bin/python3
"""Loses machines of a LAN in a box (scripts/lan; root) and measures what the others do about it.

    bench/lan_losses.py                 every loss at every moment: seconds until each survivor
                                        has named the lost machine, and until those that are left
                                        have given the same answer again
    bench/lan_losses.py --kills 100     random losses at random moments of a chat, each followed by
                                        /resume, or by a new start where there is no chat yet:
                                        hangs and answers with other bits, which must be 0

LANTERN_BINARY names the command (default: that of build/cpu). Exit status 1 where anything was
wrong, 77 where this machine forbids namespaces.
"""

import argparse
import json
import pathlib
import random
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from lan_box import ENVIRONMENT, LANTERN, cable_bytes, exit_with
from lan import LEADER, Lan  # lan_box says where it lies
import lantern_cli
import pexpect
from terminal import GOES_ON, HASH, Terminal

PROMISE_S = 5  # until a loss is named
HANG_S = 60
FETCHING_BYTES = 4 << 20
WORKERS = (2, 3)

# 117 MiB; three ranks of one thread on two cores make some 15 tokens a second.
MODEL = ("--shape", "tiny", "--type", "q8_0", "--layers", 8, "--dim", 1024, "--ffn", 4096,
         "--heads", 16, "--kv-heads", 8, "--trained-ctx", 8192)
LEAD = ("--listen", LEADER, "--insecure", "--threads", 1)
SHORT = ("--ids", "1,300,500", "-n", 24, "--ignore-eos")
LONG_PROMPT = ",".join(str(3 + i * 7 % 2000) for i in range(6000))
GREETING = "/help lists the commands"


class Bench:
    """A folder, a model, the command, and what undisturbed runs answer."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.model = "model.gguf"
        self.run("synth", *MODEL, "-o", self.model)

    def run(self, *arguments):
        done = subprocess.run([LANTERN, *map(str, arguments)], cwd=self.folder, check=True,
                              env=ENVIRONMENT, capture_output=True, timeout=HANG_S)
        return done.stdout

    def short_answer(self):
        return json.loads(self.run("run", self.model, *SHORT, "--json"))["logits_hash"]

    def start(self, prefix, *arguments):
        return lantern_cli.Running([*prefix, LANTERN, *map(str, arguments)], self.folder,
                                   ENVIRONMENT)


class Machines:
    """A LAN whose machines 2 and 3 lend themselves."""

    def __init__(self, bench, rate):
        self.bench = bench
        self.lan = Lan(1 + len(WORKERS), rate)
        self.workers = {}
        self.cut = None

    def __enter__(self):
        self.lan.__enter__()
        for machine in WORKERS:
            self.start_worker(machine)
        return self

    def __exit__(self, *error):
        for worker in self.workers.values():
            worker.__exit__()
        self.lan.__exit__(*error)

    def start_worker(self, machine):
        if machine in self.workers:
            self.workers.pop(machine).__exit__()
        self.workers[machine] = self.bench.start(
            self.lan.on(machine), "worker", "--join", LEADER, "--threads", 1)

    def forget_weights(self):
        for machine in WORKERS:
            self.start_worker(machine)  # none reads them now
            home = subprocess.run([*self.lan.on(machine), "printenv", "XDG_CACHE_HOME"], check=True,
                                  capture_output=True, text=True).stdout.strip()
            shutil.rmtree(home, ignore_errors=True)

    def lead(self, *flags, workers=len(WORKERS)):
        return self.bench.start(self.lan.on(1), "run", self.bench.model, *LEAD, "--workers",
                                workers, *flags)

    def lose(self, how, machine, pid):
        if how == "cut":
            self.cut = machine
            self.lan.do("cut", machine)
        else:
            lantern_cli.send_signal(
                pid, {"killed": signal.SIGKILL, "stopped": signal.SIGSTOP}[how])

    def repair(self, machine):
        """All are there again, as after a night."""
        if self.cut is not None:
            self.lan.do("mend", self.cut)
            self.cut = None
        elif machine in self.workers:
            self.start_worker(machine)


def until(condition, seconds):
    """Seconds until `condition()`; None if it never came."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        if condition():
            return time.monotonic() - start
        time.sleep(0.02)
    return None


def until_fetching(machines):
    """Until every worker has got some MiB more than it has now, since weights are on their way."""
    before = received(machines)
    return until(lambda: all(now > then + FETCHING_BYTES for now, then in
                             zip(received(machines), before)), 30)


def received(machines):
    """Bytes that the workers' cables have brought so far."""
    return [cable_bytes(machines.lan, machine, "rx") for machine in WORKERS]


# name -> flags of the leader, and how to wait for the moment.
MOMENTS = {
    "joining": ((*SHORT,), lambda m, leader: until(lambda: "2 of 3 workers" in leader.err, 20)),
    "weights stream": ((*SHORT,), lambda m, leader: until_fetching(m)),
    "prefill": (("--ids", LONG_PROMPT, "-n", 9, "--ctx", 8192, "--chunk", 16),
                lambda m, leader: until(lambda: leader.err.count("of weights") == 2, 30)
                is not None and not time.sleep(1)),
    "decode": (("--ids", "1,300,500", "-n", 2000, "--ignore-eos"),
               lambda m, leader: until(lambda: leader.out, 30)),
}


class Row:
    """One loss at one moment."""

    def __init__(self, machines, moment, how, victim):
        self._machines, self._moment, self._how, self._victim = machines, moment, how, victim
        self.named = {}  # host -> seconds, or None
        self.again_s = None
        self.answer = None

    def measure(self):
        m = self._machines
        if self._moment == "weights stream":
            m.forget_weights()
        flags, ready = MOMENTS[self._moment]
        joining = self._moment == "joining"
        with m.lead(*flags, workers=3 if joining else 2) as leader:
            if not ready(m, leader):
                raise RuntimeError(f"{self._moment} was never reached: {leader.err}")
            everybody = {1: leader, **m.workers}
            seen = {machine: len(process.err) for machine, process in everybody.items()}
            lost = everybody[self._victim]
            m.lose(self._how, self._victim, lost.pid)
            # A machine without its cable can only miss the others.
            names = re.compile(rf"pc{self._victim}(, pid \d+\)| \(pid \d+\)) "
                               "(stopped|left|ended|did not run|failed)")
            start = time.monotonic()
            waiting = {k: v for k, v in everybody.items() if k != self._victim}
            self.named = {f"pc{machine}": None for machine in waiting}
            if joining and self._victim != 1:  # the other workers go on waiting and are not told
                waiting = {1: leader}
                self.named = {"pc1": None}
            while waiting and time.monotonic() - start < 30:
                for machine, process in list(waiting.items()):
                    if names.search(process.err[seen[machine]:]):
                        self.named[f"pc{machine}"] = time.monotonic() - start
                        del waiting[machine]
                time.sleep(0.02)
            self._texts = {k: v.err[seen[k]:] for k, v in everybody.items()}
        self._go_on()

    def _go_on(self):
        m = self._machines
        left = len(WORKERS) - (self._victim != 1)
        if self._victim == 1:  # a leader is started by hand again, when its machine is back
            m.repair(1)
        start = time.monotonic()
        with m.lead(*SHORT, "--json", workers=left) as leader:
            try:
                if leader.wait(HANG_S) == 0:
                    self.again_s = time.monotonic() - start
                    self.answer = leader.json()["logits_hash"]
            except subprocess.TimeoutExpired:
                pass
            if self.again_s is None:
                self._texts["again"] = leader.err
        m.repair(self._victim)

    def worst(self):
        return max((s if s is not None else 99.9 for s in self.named.values()), default=99.9)

    def good(self, expected):
        return self.worst() <= PROMISE_S and self.answer == expected

    def show(self, expected):
        named = ", ".join(f"{host} {'never' if s is None else f'{s:.1f}'}"
                          for host, s in self.named.items())
        again = "never" if self.again_s is None else f"{self.again_s:.1f}"
        bits = "same" if self.answer == expected else "OTHER"
        print(f"| {'leader' if self._victim == 1 else 'worker'} {self._how} | {self._moment} "
              f"| {named} | {self.worst():.1f} | {again} | {bits} |", flush=True)
        if not self.good(expected):
            for machine, text in self._texts.items():
                print(f"    {machine}: {text!r}")


def table(bench, only):
    expected = bench.short_answer()
    good = True
    print("| lost | while | seconds until named by | worst | next answer after, s | bits |")
    print("|-|-|-|-|-|-|")
    worst = 0
    for moment in MOMENTS:
        # Slow enough that weights take seconds; fast where they only delay the moment.
        with Machines(bench, "200mbit" if moment == "weights stream" else "1gbit") as machines:
            for victim in (2, 1):
                for how in ("killed", "stopped", "cut"):
                    if only and only not in f"{moment} {victim} {how}":
                        continue
                    row = Row(machines, moment, how, victim)
                    row.measure()
                    row.show(expected)
                    good = good and row.good(expected)
                    worst = max(worst, row.worst())
    print(f"worst: {worst:.1f} s")
    return good


class Kills:
    """Random losses of a chat's machines."""

    TOKENS = 60
    QUESTIONS = ["Hello there", "What is a lamp?", "And then?"]

    def __init__(self, bench, seed):
        self._bench = bench
        self._random = random.Random(seed)
        self._expected = {question: self._undisturbed(question) for question in self.QUESTIONS}
        self.wrong = self.hung = 0
        self.stages = {}

    def _undisturbed(self, question):
        with Terminal(self._bench, "-n", self.TOKENS) as chat:
            return self._answer(chat, question)

    @staticmethod
    def _answer(chat, question):
        chat.type(question + "\r")
        return Kills._hash(chat)

    @staticmethod
    def _hash(chat):
        chat.type("/stats\r")
        return HASH.search(chat.until(HASH)).group(1)

    def _chat(self, machines, workers):
        return Terminal(self._bench, "-n", self.TOKENS, *LEAD, "--workers", workers,
                        prefix=machines.lan.on(1), wait=False)

    def run(self, count):
        with Machines(self._bench, "1gbit") as machines:
            for number in range(1, count + 1):
                how = self._random.choice(["killed", "stopped", "cut"])
                victim = self._random.choice([1, 2, 2, 3, 3])
                moment = self._random.uniform(0.0, 9.0)
                question = self._random.choice(self.QUESTIONS)
                start = time.monotonic()
                try:
                    stage, got = self._once(machines, how, victim, moment, question)
                    verdict = "same" if got == self._expected[question] else "WRONG"
                    self.wrong += verdict != "same"
                except (pexpect.TIMEOUT, pexpect.EOF, subprocess.TimeoutExpired) as error:
                    stage, verdict = "?", f"HUNG\n{error}"
                    self.hung += 1
                    for worker in machines.workers.values():
                        print(worker.err[-2000:])
                machines.repair(victim)  # where that was not done on the way
                self.stages[stage] = self.stages.get(stage, 0) + 1
                print(f"{number:3} pc{victim} {how} after {moment:.1f} s, {stage}: "
                      f"{verdict}, {time.monotonic() - start:.1f} s", flush=True)
        print(f"{count} losses ({', '.join(f'{n} {s}' for s, n in sorted(self.stages.items()))}): "
              f"{self.hung} hung, {self.wrong} with other bits")
        return self.wrong == self.hung == 0

    def _once(self, machines, how, victim, moment, question):
        """(where the loss struck, the hash of the answer in the end)"""
        with self._chat(machines, len(WORKERS)) as chat:
            pid = chat.pid if victim == 1 else machines.workers[victim].pid
            timer = threading.Timer(moment, machines.lose, (how, victim, pid))
            timer.start()
            try:
                return self._survive(machines, chat, how, victim, timer, question)
            finally:
                timer.join()

    def _survive(self, machines, chat, how, victim, timer, question):
        outcomes = [GREETING, GOES_ON, pexpect.EOF]
        shown = chat.first_of(*outcomes, pexpect.TIMEOUT, seconds=15)
        stage = ("answering", "loading", "loading", "joining")[shown]
        if shown == 3:  # the leader waits for a lost one, as it should; or was stopped itself
            if victim == 1 and how == "stopped":
                lantern_cli.send_signal(chat.pid, signal.SIGCONT)
            if victim != 1 or how == "cut":
                machines.repair(victim)
            shown = chat.first_of(*outcomes)
            if shown == 0:
                return stage, self._answer(chat, question)
        if shown == 0:
            chat.type(question + "\r")
            if victim == 1 and how != "cut":
                timer.join()
                if how == "stopped":  # it comes to itself again and has lost everybody
                    time.sleep(3)
                    lantern_cli.send_signal(chat.pid, signal.SIGCONT)
            if victim != 1 or how != "killed":
                chat.until(GOES_ON)
                shown = 1
        if shown == 1:
            timer.join()
            if victim == 1 and how == "cut":
                machines.repair(1)
            chat.type("/resume\r")
            chat.until(GREETING)
            answered = stage == "answering"
            return stage, self._hash(chat) if answered else self._answer(chat, question)
        timer.join()
        if how == "stopped" and victim == 1:
            lantern_cli.send_signal(chat.pid, signal.SIGKILL)
        if victim == 1:
            machines.repair(1)
        left = len(WORKERS) - (victim != 1)
        with self._chat(machines, left) as again:
            again.until(GREETING)
            return stage, self._answer(again, question)


def run():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="rows of the table with this in 'MOMENT MACHINE HOW'")
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lan-losses-") as folder:
        bench = Bench(folder)
        return Kills(bench, flags.seed).run(flags.kills) if flags.kills else \
            table(bench, flags.only)


if __name__ == "__main__":
    exit_with(run)
