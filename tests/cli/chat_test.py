"""`lantern chat` as a user meets it: on a terminal, and from a pipe."""

import json
import re
import signal
import sys

try:
    from terminal import HASH, Terminal
except ImportError:
    print("chat_test: skipped, needs python3-pexpect (scripts/setup --tests)")
    sys.exit(77)

import lantern_cli
from lantern_cli import lives, send_signal, workers_of

CTRL_C, CTRL_D = "\x03", "\x04"
BACKSPACE, LEFT, UP = "\x7f", "\x1b[D", "\x1b[A"
QUESTIONS = ["Hello there", "What is a lamp?", "größe 🦙", "And then?", "Good night"]
TURN_TOKENS = 8


class ShortTerminal(Terminal):
    """Whose answers are short."""

    def __init__(self, test, *flags):
        super().__init__(test, "-n", TURN_TOKENS, *flags)


class ChatTest(lantern_cli.CliTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.synth("tiny.gguf")

    def saved(self, chat, name="saved.json"):
        """The conversation as the chat saves it."""
        self.assertIn(f"Saved to {name}.", chat.enter(f"/save {name}"))
        return json.loads((self.folder / name).read_text())

    def roles(self, saved):
        return [message["role"] for message in saved["messages"]]

    def test_five_turns(self):
        with ShortTerminal(self, "--local", 2, "--system", "Be brief.") as chat:
            self.assertIn("2 rank(s)", chat.greeting)
            self.assertIn("/help", chat.greeting)
            for question in QUESTIONS:
                chat.enter(question)
            saved = self.saved(chat)
            workers = workers_of(chat.pid)
            self.assertEqual(chat.leave("/quit\r"), 0)
        self.assertEqual(saved["system"], "Be brief.")
        self.assertEqual(self.roles(saved), ["user", "assistant"] * 5)
        self.assertEqual([m["content"] for m in saved["messages"][::2]], QUESTIONS)
        self.assertEqual(len(workers), 1)
        self.assertFalse(any(map(lives, workers)))

    def test_commands(self):
        with ShortTerminal(self, "--local", 2) as chat:
            self.assertIn("There was no answer yet", chat.enter("/stats"))
            shown = chat.enter("/help")
            for command in ("/reset", "/system", "/set", "/save", "/load", "/stats", "/quit"):
                self.assertIn(command, shown)
            self.assertIn("(none)", chat.enter("/system"))
            self.assertIn("System prompt: Be kind.", chat.enter("/system Be kind."))
            self.assertIn("temp 0.7", chat.enter("/set"))
            self.assertIn("temp 0,", chat.enter("/set temp 0"))
            chat.enter("Hello")
            stats = chat.enter("/stats")
            self.assertIn(f"answer {TURN_TOKENS} tokens", stats)
            self.assertRegex(stats, HASH)
            self.assertIn("forgotten", chat.enter("/reset"))
            saved = self.saved(chat)
            self.assertEqual((saved["system"], saved["messages"]), ("Be kind.", []))

    def test_mistakes_are_explained(self):
        with ShortTerminal(self) as chat:
            self.assertIn("no command /dance", chat.enter("/dance"))
            self.assertIn("no setting colour", chat.enter("/set colour 3"))
            self.assertIn("/set temp 0.7", chat.enter("/set temp warm"))
            self.assertIn("--temp must be", chat.enter("/set temp -1"))
            self.assertIn("max-tokens", chat.enter("/set max-tokens -1"))
            self.assertIn("temp 0.7", chat.enter("/set"))
            self.assertIn("needs a file name", chat.enter("/save"))
            self.assertIn("Cannot write missing/chat.json", chat.enter("/save missing/chat.json"))
            self.assertIn("Cannot open missing.json", chat.enter("/load missing.json"))

    def test_save_and_load(self):
        with ShortTerminal(self, "--system", "Be brief.", "--temp", 0) as chat:
            chat.enter("Hello")
            saved = self.saved(chat, "chat.json")
            chat.enter("Again")
            hash_of_two_turns = HASH.search(chat.enter("/stats")).group(1)
        broken = {"text.json": "once upon a time", "list.json": "[1, 2]",
                  "roles.json": '{"messages": [{"role": "assistant", "content": "hi"}]}',
                  "odd.json": '{"messages": [{"role": "user", "content": "hi"}]}',
                  "typed.json": '{"messages": [], "sampling": {"temp": "warm"}}'}
        for name, text in broken.items():
            (self.folder / name).write_text(text)
        with ShortTerminal(self) as chat:
            self.assertIn("Loaded 2 messages", chat.enter("/load chat.json"))
            for name in broken:
                with self.subTest(name=name):
                    self.assertIn(f"{name} is not a saved chat", chat.enter(f"/load {name}"))
                    self.assertEqual(self.saved(chat), saved)
            chat.enter("Again")
            self.assertEqual(HASH.search(chat.enter("/stats")).group(1), hash_of_two_turns)

    def test_ctrl_c_stops_the_answer(self):
        # Of whom an answer that fills the context takes seconds.
        self.model = self.synth("slow.gguf", "--layers", "24", "--trained-ctx", "4096")
        with ShortTerminal(self, "--local", 2) as chat:
            chat.enter("/set max-tokens 0")
            chat.type("Tell me everything\r")
            chat.until("\r\n")  # the question's end
            chat.until(".|\r")  # the answer's first letter
            chat.type(CTRL_C)
            self.assertIn("(stopped)", chat.until_prompt())
            chat.enter("/set max-tokens 4")
            self.assertNotIn("(stopped)", chat.enter("And now?"))
            self.assertIn("answer 4 tokens", chat.enter("/stats"))
            self.assertEqual(self.roles(self.saved(chat)), ["user", "assistant"] * 2)

    def test_ctrl_c_at_the_prompt(self):
        with ShortTerminal(self, "--local", 2) as chat:
            chat.type("half a quest" + CTRL_C)
            self.assertIn("Ctrl-C once more", chat.until_prompt())
            chat.enter("Hello")  # begins anew
            self.assertEqual(self.saved(chat)["messages"][0]["content"], "Hello")
            chat.type(CTRL_C)
            self.assertIn("Ctrl-C once more", chat.until_prompt())
            self.assertEqual(chat.leave(CTRL_C), 0)

    def test_ctrl_d_leaves(self):
        with ShortTerminal(self, "--local", 2) as chat:
            self.assertEqual(chat.leave(CTRL_D), 0)

    def test_line_editing(self):
        with ShortTerminal(self) as chat:
            self.assertIn("temp 0.25,", chat.enter("/seX" + BACKSPACE + "t temp 0.25"))
            self.assertIn("temp 0.21,", chat.enter("/set temp 0.1" + LEFT + "2"))
            self.assertIn("temp 0.21,", chat.enter(UP))
            self.assertIn("temp 0.25,", chat.enter(UP + UP))
            self.assertIn("System prompt: größe\r", chat.enter("/system größe🦙" + BACKSPACE))
            self.assertIn("System prompt: grüße\r", chat.enter(
                "/system größe" + LEFT * 2 + BACKSPACE + "ü"))

    def test_history_outlives_the_chat(self):
        with ShortTerminal(self) as chat:
            chat.enter("/system Wie groß?")
            chat.leave(CTRL_D)
        with ShortTerminal(self) as chat:
            self.assertIn("(none)", chat.enter("/system"))
            self.assertIn("System prompt: Wie groß?", chat.enter(UP + UP))

    def test_a_conversation_outgrows_the_context(self):
        with ShortTerminal(self, "--ctx", 160, "--system", "Be brief.") as chat:
            shown = [chat.enter(f"Question number {i}") for i in range(8)]
            self.assertNotIn("outgrew", shown[0])
            self.assertIn("outgrew", shown[-1])
            saved = self.saved(chat)
            self.assertEqual(saved["system"], "Be brief.")
            self.assertLess(len(saved["messages"]), 16)
            self.assertEqual(saved["messages"][-2]["content"], "Question number 7")

    def test_a_message_longer_than_the_context(self):
        with ShortTerminal(self, "--ctx", 160) as chat:
            chat.enter("Hello")
            before = self.saved(chat)
            self.assertRegex(chat.enter("word " * 150),
                             r"takes \d+ tokens and there is room for 120.*--ctx")
            self.assertEqual(self.saved(chat), before)
            chat.enter("Shorter")
            self.assertEqual(len(self.saved(chat)["messages"]), 4)

    def test_an_answer_fills_the_context(self):
        with ShortTerminal(self, "--ctx", 64) as chat:
            chat.enter("/set max-tokens 0")
            self.assertIn("The context is full", chat.enter("Hi"))
            chat.enter("/set max-tokens 2")
            self.assertNotIn("The context is full", chat.enter("Hi"))

    def test_a_lost_rank_leaves_the_conversation(self):
        with ShortTerminal(self, "--local", 2) as chat:
            chat.enter("Hello")
            send_signal(workers_of(chat.pid)[0], signal.SIGKILL)
            chat.type("Are you there?\r")
            shown = chat.until("goes on with the machines that are left.*> ")
            path = re.search(r"saved as (\S+)\.\r", shown).group(1)
            self.assertIn("/resume", chat.enter("Are you there?"))
            self.assertEqual(chat.leave("/quit\r"), 3)
        saved = json.loads((self.folder / path).read_text())
        questions = [message["content"] for message in saved["messages"][::2]]
        self.assertEqual(questions, ["Hello", "Are you there?"])

    def test_resume_after_a_loss(self):
        with ShortTerminal(self, "--local", 2, "--temp", 0) as undisturbed:
            expected = [undisturbed.enter(question) for question in QUESTIONS[:2]]
        with ShortTerminal(self, "--local", 2, "--temp", 0) as chat:
            self.assertEqual(chat.enter(QUESTIONS[0]), expected[0])
            send_signal(workers_of(chat.pid)[0], signal.SIGKILL)
            chat.until("goes on with the machines that are left.*> ")
            self.assertIn("on 2 rank(s)", chat.enter("/resume"))
            self.assertEqual(chat.enter(QUESTIONS[1]), expected[1])
            self.assertEqual(chat.leave("/quit\r"), 0)

    def test_a_pipe_and_one_transcript_for_all_layouts(self):
        script = "".join(f"{question}\n/stats\n" for question in QUESTIONS) + "/save {}.json\n"
        transcripts = []
        for ranks in (1, 2):
            shown = self.succeed("chat", self.model, "--temp", 0, "-n", TURN_TOKENS, "--local",
                                 ranks, text=script.format(ranks)).out
            self.assertIn(f"Saved to {ranks}.json.", shown)
            transcripts.append((HASH.findall(shown), (self.folder / f"{ranks}.json").read_text()))
        self.assertEqual(len(transcripts[0][0]), len(QUESTIONS))
        self.assertEqual(len(set(transcripts[0][0])), len(QUESTIONS))
        self.assertEqual(transcripts[0], transcripts[1])


if __name__ == "__main__":
    lantern_cli.main()
