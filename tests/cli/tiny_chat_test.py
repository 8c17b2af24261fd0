"""A conversation with the model of the repository, typed at a terminal, on two ranks."""

import json
import pathlib
import sys

try:
    from terminal import Terminal
except ImportError:
    print("tiny_chat_test: skipped, needs python3-pexpect (scripts/setup --tests)")
    sys.exit(77)

import lantern_cli

MODEL = pathlib.Path(__file__).resolve().parents[2] / "models/tiny/lantern-tiny-q8_0.gguf"
# What is typed, and what the answer must contain.
CONVERSATION = [("Hello!", ""), ("My name is Clara.", "Clara"), ("What is 17 + 25?", "42"),
                ("Tell me a story about a fox.", "fox"), ("What is my name?", "Clara")]


class TinyChatTest(lantern_cli.CliTestCase):
    model = str(MODEL)

    def converse(self, *flags):
        """The answers, as shown; what was saved has to be the same."""
        with Terminal(self, "--local", 2, *flags) as chat:
            self.assertIn("2 rank(s)", chat.greeting)
            shown = [chat.enter(question).replace("\r\n", " ") for question, _ in CONVERSATION]
            chat.enter("/save said.json")
            self.assertEqual(chat.leave("/quit\r"), 0)
        messages = json.loads((self.folder / "said.json").read_text())["messages"]
        answers = [message["content"] for message in messages[1::2]]
        self.assertEqual(len(answers), len(CONVERSATION))
        for answer, screen in zip(answers, shown):
            self.assertTrue(answer)
            self.assertIn(answer.split()[0], screen)
        return answers

    def check(self, answers):
        for (question, expected), answer in zip(CONVERSATION, answers):
            with self.subTest(question=question):
                self.assertIn(expected, answer)

    def test_five_turns_at_temperature_0(self):
        answers = self.converse("--temp", 0)
        self.check(answers)
        self.assertEqual(self.converse("--temp", 0, "--pp", 2), answers)

    def test_five_turns_as_a_chat_samples_by_itself(self):
        self.check(self.converse())


if __name__ == "__main__":
    lantern_cli.main()
