"""The key of a LAN: its file, who is told what, a thousand strangers, and what a capture shows."""

import itertools
import os
import pathlib
import re
import select
import signal
import socket
import stat
import subprocess
import threading
import time

import lantern_cli
from lantern_cli import free_port

STRANGERS = 1000
ANSWER_BYTES = 3000  # of more than 600 tokens
STRANGERS_LINE = re.compile(r"(\d+) connections of strangers were turned away\.")
SUMMARY = re.compile(r"answer (\d+) tokens.*; (\d) rank\(s\).*; logits_hash ([0-9a-f]{16})")
INTERRUPTED = 130


def listening_ports(pids):
    """(address, port) of all TCP sockets at which these processes listen."""
    inodes = set()
    for pid in pids:
        try:
            for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
                inodes.update(re.findall(r"socket:\[(\d+)\]", os.readlink(fd)))
        except OSError:
            pass  # it ended, or closed that one
    ports = set()
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and fields[9] in inodes:
            address, port = fields[1].split(":")
            ports.add((socket.inet_ntoa(bytes.fromhex(address)[::-1]), int(port, 16)))
    return sorted(ports)


def zmtp_greeting(mechanism):
    """How a ZeroMQ client of that security mechanism begins (https://rfc.zeromq.org/spec/23)."""
    return b"\xff" + bytes(8) + b"\x7f\x03\x00" + mechanism.ljust(20, b"\0") + bytes(32)


def no_key():
    return zmtp_greeting(b"NULL") + b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x06DEALER"


def wrong_key():
    """A CURVE HELLO for another server: a box that this one cannot open."""
    hello = b"\x05HELLO\x01\x00" + bytes(72) + os.urandom(32) + bytes(7) + b"\x01" + os.urandom(80)
    return zmtp_greeting(b"CURVE") + b"\x04" + bytes([len(hello)]) + hello


class Strangers:
    """Connects to every port at which some processes listen, over and over, until stopped."""

    def __init__(self, pids):
        self._pids, self._stop = pids, threading.Event()
        self._open = []
        self.count = 0
        self.answers = set()  # the lengths of what they were told
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        for connection in self._open:
            connection.close()

    def _run(self):
        kinds = itertools.cycle([wrong_key, no_key, lambda: os.urandom(300), None, lambda: b""])
        while not self._stop.is_set():
            for address in listening_ports(self._pids()):
                for kind in itertools.islice(kinds, 10):
                    self._connect(address, kind)
            # All of them in some seconds, and room for the run itself.
            time.sleep(0.02)

    def _connect(self, address, kind):
        try:
            connection = socket.create_connection(address, timeout=5)
        except OSError:
            return  # that one has just closed
        self.count += 1
        if kind is None:  # a port scan
            connection.close()
            return
        connection.setblocking(False)
        try:
            connection.send(kind())
        except OSError:
            pass
        self._open.append(connection)
        if len(self._open) > 300:
            self._open.pop(0).close()


class Proxy:
    """Passes connections on to a port and records every byte of both directions."""

    def __init__(self, port):
        self._target, self._stop = ("127.0.0.1", port), threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._recorded = []
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        self._server.close()

    @property
    def recorded(self):
        """What the connections carried, one after the other: no text is torn by another one."""
        return b"\0\0\0".join(bytes(stream) for stream in self._recorded)

    def _run(self):
        ends, streams = {}, {}
        while not self._stop.is_set():
            for end in select.select([self._server, *ends], [], [], 0.05)[0]:
                if end is self._server:
                    self._accept(ends, streams)
                elif end in ends:
                    self._pass_on(end, ends, streams)
        for end in ends:
            end.close()

    def _accept(self, ends, streams):
        near = self._server.accept()[0]
        try:
            far = socket.create_connection(self._target)
        except OSError:
            near.close()  # the leader is not there yet
            return
        for end, other in ((near, far), (far, near)):
            ends[end] = other
            streams[end] = bytearray()
            self._recorded.append(streams[end])

    @staticmethod
    def _pass_on(end, ends, streams):
        try:
            data = end.recv(65536)
            ends[end].sendall(data)
        except OSError:
            data = b""
        streams[end].extend(data)
        if not data:
            other = ends.pop(end)
            ends.pop(other, None)
            end.close()
            other.close()


class KeyTest(lantern_cli.CliTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.synth("secret-plans.gguf")
        cls.key, cls.other_key = cls.make_key("lan.key"), cls.make_key("other.key")

    @classmethod
    def make_key(cls, name):
        """As people do it: the shell opens the file, for everybody to read."""
        path = cls.folder / name
        subprocess.run(["sh", "-c", 'umask 022; "$0" key > "$1"', cls.lantern, path], check=True)
        return path

    def start_leader(self, port, *flags, tokens=8, shows=("--json",)):
        return self.start("run", self.model, "-p", "attack at dawn", "-n", tokens, "--ignore-eos",
                          "--workers", 1, "--listen", f"127.0.0.1:{port}", *shows, *flags)

    def start_worker(self, port, *flags):
        return self.start("worker", "--join", f"127.0.0.1:{port}", "--cache",
                          self.folder / "cache", *flags)

    def hash_alone(self, tokens):
        return self.json_of("run", self.model, "-p", "attack at dawn", "-n", tokens,
                            "--ignore-eos")["logits_hash"]

    def test_a_key_file(self):
        self.assertRegex(self.key.read_text(), r"\Alantern-key-1 [0-9a-f]{64}\n\Z")
        self.assertNotEqual(self.key.read_text(), self.other_key.read_text())
        self.assertEqual(stat.S_IMODE(self.key.stat().st_mode), 0o600)
        self.assertRegex(self.succeed("key").out, r"\Alantern-key-1 [0-9a-f]{64}\n\Z")

    def test_files_that_are_no_keys(self):
        (self.folder / "open.key").write_text(self.key.read_text())
        (self.folder / "open.key").chmod(0o644)
        (self.folder / "no.key").write_text("open sesame\n")
        (self.folder / "no.key").chmod(0o600)
        for name, words in (("open.key", "chmod 600 open.key"), ("no.key", "is not a key"),
                            ("missing.key", "lantern key > missing.key")):
            for command in (["run", self.model, "-p", "a"], ["worker", "--join", "127.0.0.1:9"]):
                with self.subTest(name=name, command=command[0]):
                    result = self.run_lantern(*command, "--key", name)
                    self.assertEqual(result.code, 2, result)
                    self.assertIn(words, result.err)
                    self.assertEqual(result.err.count("\n"), 1, result)

    def test_local_ranks_with_a_key(self):
        for flags in (["--key", self.key], []):
            extra = {} if flags else {"LANTERN_KEY": str(self.key)}
            result = self.succeed("run", self.model, "-p", "attack at dawn", "-n", 8,
                                  "--ignore-eos", "--local", 3, "--json", *flags,
                                  extra_environment=extra)
            self.assertEqual(lantern_cli.json.loads(result.out)["logits_hash"],
                             self.hash_alone(8))
            self.assertEqual(result.err, "")

    def test_a_key_opens_the_lan(self):
        # An address that no machine has: with a key it is asked for, without one it is not.
        flags = ("run", self.model, "-p", "a", "--workers", 1, "--listen", "192.0.2.1:7000")
        self.assertIn("--key FILE", self.run_lantern(*flags).err)
        self.assertIn("Cannot listen on '192.0.2.1:7000'",
                      self.run_lantern(*flags, "--key", self.key).err)

    def test_keys_that_do_not_fit(self):
        port = free_port()
        with self.start_leader(port, "--key", self.key) as leader, \
                self.start_worker(port, "--key", self.other_key) as wrong, \
                self.start_worker(port) as none:
            self.wait_until(lambda: f"127.0.0.1:{port} refuses this key" in wrong.err, wrong.err)
            self.wait_until(lambda: f"127.0.0.1:{port} asks for its key" in none.err, none.err)
            self.wait_until(lambda: "another key or none" in leader.err, leader.err)
            with self.start_worker(port, "--once", "--key", self.key) as right:
                self.assertEqual(leader.wait(lantern_cli.PATIENCE_S), 0, leader.err)
                self.assertEqual(right.wait(lantern_cli.PATIENCE_S), 0, right.err)
            self.assertEqual(leader.json()["logits_hash"], self.hash_alone(8))
            self.assertRegex(leader.err, STRANGERS_LINE)
        with self.start_leader(port), self.start_worker(port, "--key", self.key) as worker:
            self.wait_until(lambda: f"127.0.0.1:{port} has no key" in worker.err, worker.err)

    def test_a_thousand_strangers(self):
        # However fast, the run outlasts them: it is ended once all have come and it has said much.
        self.model = self.synth("long-plans.gguf", "--trained-ctx", "16384")
        port, running = free_port(), []
        with self.start_leader(port, "--key", self.key, "--ctx", 16384, tokens=16000,
                               shows=()) as leader, \
                Strangers(lambda: [process.pid for process in running]) as strangers:
            running.append(leader)
            self.wait_until(lambda: strangers.count > 100, "strangers before the worker")
            with self.start_worker(port, "--once", "--key", self.key) as worker:
                running.append(worker)
                self.wait_until(
                    lambda: strangers.count >= STRANGERS and len(leader.out) > ANSWER_BYTES,
                    lambda: f"{strangers.count} strangers, {len(leader.out)} characters",
                    2 * lantern_cli.PATIENCE_S)
                leader.signal(signal.SIGINT)
                self.assertEqual(leader.wait(lantern_cli.PATIENCE_S), INTERRUPTED, leader.err)
                self.assertEqual(worker.wait(lantern_cli.PATIENCE_S), 0, worker.err)
            count = strangers.count
        tokens, ranks, logits_hash = SUMMARY.search(leader.err).groups()
        self.assertEqual(logits_hash, self.hash_alone(tokens))
        self.assertGreater(int(tokens), 600)
        self.assertEqual(ranks, "2")
        self.assertGreaterEqual(count, STRANGERS)
        counted = STRANGERS_LINE.search(leader.err)
        self.assertTrue(counted, leader.err)
        print(f"{count} strangers during {tokens} tokens; the leader counted {counted[1]}")
        self.assertGreater(int(counted[1]), 0.9 * STRANGERS)

    def test_a_capture_of_the_control_traffic(self):
        secrets = (b"secret-plans", b"attn_q", b"attack at dawn")
        for flags, seen in (([], True), (["--key", self.key], False)):
            port = free_port()
            with self.subTest(key=not seen), Proxy(port) as proxy, \
                    self.start_leader(port, *flags) as leader, \
                    self.start_worker(proxy.port, "--once", *flags) as worker:
                self.assertEqual(leader.wait(lantern_cli.PATIENCE_S), 0, leader.err)
                self.assertEqual(worker.wait(lantern_cli.PATIENCE_S), 0, worker.err)
                recorded = proxy.recorded
                self.assertGreater(len(recorded), 2000)
                for secret in secrets[:2]:
                    self.assertEqual(secret in recorded, seen, secret)
                self.assertNotIn(secrets[2], recorded)  # it goes over no control connection at all


if __name__ == "__main__":
    lantern_cli.main()
