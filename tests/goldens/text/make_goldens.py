#!/usr/bin/env python3
"""Writes the tokenizer goldens of this folder with Hugging Face `tokenizers` (pip install tokenizers).

Two small vocabularies are trained on the sentences below, one in Llama-3's shape (byte level) and one
in Llama-2's (characters with byte fallback); the expected ids are that library's own answers.
"""
import json
import random
import pathlib

import tokenizers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent
SENTENCES = [
    "A lantern on the hill tells every ship where the harbour is, and the harbour where the hill is.",
    "We're three machines on one shelf; they've 24 cores, 1234567 blocks and I'll count 89 of them.",
    "Der Leuchtturm wärmt die Möwen nicht, aber sie kommen trotzdem: 'n Abend!",
    "Фонарь стоит на горе, и горе стоит под фонарём.",
    "灯塔在山上。山在灯塔下。",
    "for (int i = 0; i < n; ++i) {\n    sum += a[i] * b[i];\n}\n\n\treturn sum;\n",
    "the then there these those that this with whether weather water wait wire slice share shard",
]
LLAMA3_SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
                r"|\s*[\r\n]+|\s+(?!\S)|\s+")
LLAMA3_SPECIAL = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]


def byte_level():
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA3_SPLIT), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(SENTENCES, trainers.BpeTrainer(
        vocab_size=480, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tokenizer.add_special_tokens(LLAMA3_SPECIAL)
    tokenizer.add_tokens(["[tool]"])
    return tokenizer


def byte_fallback():
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    words = pre_tokenizers.Split("▁", "merged_with_next")  # only while training: pieces within words
    tokenizer.pre_tokenizer = words
    tokenizer.train_from_iterator(SENTENCES, trainers.BpeTrainer(
        vocab_size=480, special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{i:02X}>" for i in range(256)],
        limit_alphabet=60, show_progress=False))
    spec = json.loads(tokenizer.to_str())
    spec["pre_tokenizer"] = None
    spec["added_tokens"] = spec["added_tokens"][:3]  # the byte pieces are ordinary entries, as Llama-2 has them
    return Tokenizer.from_str(json.dumps(spec))


def texts():
    rng = random.Random(7)
    alphabet = "aehrstinw  \n\t'.,;0123456789äöÄ山灯塔фоНгр🦙▁\u180e\u0085\u00a0\u2003\u0301 éß\r"
    fixed = ["", " ", "  ", "\n", "\n\n \n", "lantern", " lantern", "  the wire", "I'LL they'RE 's", "1234567", "x\r\n y",
             "wait   \n  wait", "🦙🦙", "naïve\u0301", "[tool] and [tool", "a\u2003b", "\ttab\t\ttab "]
    return fixed + ["".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 60))) for _ in range(150)]


def special_texts(specials):
    rng = random.Random(8)
    words = specials + ["the", " wire", "\n\n", " ", "share ", "<|", ">"]
    return ["".join(rng.choice(words) for _ in range(rng.randrange(1, 9))) for _ in range(60)]


def write(name, tokenizer, specials):
    (HERE / f"{name}.json").write_text(tokenizer.to_str(), encoding="utf-8")
    ids = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
    cases = {"plain": [[t, ids(t)] for t in texts()],
             "special": [[t, ids(t)] for t in special_texts(specials)],
             "written_by": f"tokenizers {tokenizers.__version__}"}
    (HERE / f"{name}.cases.json").write_text(json.dumps(cases), encoding="utf-8")


write("byte_level", byte_level(), LLAMA3_SPECIAL)
write("byte_fallback", byte_fallback(), ["<s>", "</s>"])
