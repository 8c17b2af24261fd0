"""`lantern chat` on a pseudo-terminal. Needs pexpect: importing this fails without it."""

import re

import pexpect

import lantern_cli

HASH = re.compile(r"logits_hash ([0-9a-f]{16})")


class Terminal:
    """A chat on a terminal of its own. `test`: has the command, its environment and a model."""

    def __init__(self, test, *flags, prefix=(), wait=True):
        """`prefix`: what to put before the command. `wait`: for the first prompt."""
        command = [*prefix, test.lantern, "chat", test.model, *map(str, flags)]
        self._chat = pexpect.spawn(
            command[0], command[1:],
            cwd=test.folder, env=test.environment, timeout=lantern_cli.PATIENCE_S,
            dimensions=(24, 200), encoding="utf-8", codec_errors="replace")
        self.pid = self._chat.pid
        self._wait = wait

    def __enter__(self):
        self.greeting = self.until_prompt() if self._wait else ""
        return self

    def __exit__(self, *_):
        self._chat.close(force=True)

    def type(self, keys):
        self._chat.send(keys)

    def until(self, pattern):
        """Everything shown up to `pattern`, which is matched."""
        self._chat.expect(pattern)
        return self._chat.before + self._chat.after

    def first_of(self, *patterns):
        """Which of them is shown first, by number."""
        return self._chat.expect(list(patterns))

    def until_prompt(self):
        self._chat.expect("> $")
        return self._chat.before

    def enter(self, line):
        """Types a line; what is shown until the next prompt, without the line itself."""
        self.type(line)
        self.type("\r")
        self.until("\r\n")
        return self.until_prompt()

    def leave(self, keys):
        """Types the keys that should end the program; the exit code."""
        self.type(keys)
        self._chat.expect(pexpect.EOF)
        self._chat.close()
        return self._chat.exitstatus
