"""The vocabulary, and dialogues as the ids that `lantern chat` makes of them.

    python3 tokenizer.py FILE      trains the vocabulary on generated dialogues: FILE.model
"""

import io
import random
import sys

import sentencepiece

import shape
import text

DIALOGUES = 30000  # enough that every word of the generator is seen


def _lines(seed):
    """Plain ASCII only: rare characters would each take a piece, and bytes spell them as well."""
    rng = random.Random(seed)
    for _ in range(DIALOGUES):
        for turn in text.make_dialogue(rng).turns:
            lines = turn.user.split("\n") + turn.assistant.split("\n")
            yield from filter(str.isascii, lines)


def train(path):
    """Byte pairs merged by frequency; what has no piece falls back to bytes. Texts are taken as
    they are: no space is put in front, none removed, and every digit is a piece of its own."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=_lines(seed=0), model_writer=model, model_type="bpe",
        vocab_size=shape.VOCAB, byte_fallback=True, split_digits=True, character_coverage=1.0,
        normalization_rule_name="identity", add_dummy_prefix=False,
        remove_extra_whitespaces=False, unk_id=shape.UNKNOWN, bos_id=shape.BOS, eos_id=shape.END,
        eos_piece=shape.END_PIECE, control_symbols=[shape.START_PIECE], num_threads=1,
        minloglevel=2)
    with open(path, "wb") as out:
        out.write(model.getvalue())


class Tokenizer:
    """Renders as `ChatFormat::Render` does: ChatML after one bos."""

    def __init__(self, path):
        self.pieces = sentencepiece.SentencePieceProcessor(model_file=str(path))
        assert self.pieces.vocab_size() == shape.VOCAB
        assert self.pieces.piece_to_id(shape.START_PIECE) == shape.START
        assert self.pieces.piece_to_id("<0x00>") == shape.BYTES_BEGIN
        self._newline = self.encode("\n")
        self._roles = {role: [shape.START, *self.encode(role + "\n")]
                       for role in ("system", "user", "assistant")}

    def encode(self, words):
        return self.pieces.encode(words)

    def decode(self, ids):
        return self.pieces.decode(ids)

    def question(self, role, words):
        """A message of the system or the user, and the newline behind it."""
        return [shape.START, *self.encode(f"{role}\n{words}"), shape.END, *self._newline]

    def answer(self, words):
        """An assistant's message in parts: before the answer, the answer, behind it."""
        return self._roles["assistant"], [*self.encode(words), shape.END], self._newline

    def parts(self, dialogue):
        """The ids of a dialogue as (who wrote them, ids): "frame", "user" or "assistant"."""
        yield "frame", [shape.BOS]
        system = getattr(dialogue, "system", None)
        if system:
            yield "frame", self.question("system", system)
        for turn in dialogue.turns:
            yield "user", self.question("user", turn.user)
            before, answer, behind = self.answer(turn.assistant)
            yield "frame", before
            yield "assistant", answer
            yield "frame", behind

    def render(self, dialogue):
        """All ids of a dialogue, the last answer included."""
        return [id for _, part in self.parts(dialogue) for id in part]


if __name__ == "__main__":
    train(sys.argv[1])
