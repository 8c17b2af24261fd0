#!/usr/bin/python3
"""Writes a GGUF's model as distributed-llama reads it, so that both run the same weights.

    bench/dllama_files.py model.gguf OUT      OUT.m and OUT.t

The model is a plain Llama, its matrices Q4_0: that peer's q40 has the same blocks, in the order in
which it loads them (its src/llm.cpp), so only the embedding is computed with, as it wants F32.
The vocabulary is made up for measuring: token K is written as the five digits of K, so that a text
of a known number of tokens can be given to a command that takes texts only (`prompt`).

Formats: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, and converter/writer.py and
converter/tokenizer-writer.py of https://github.com/b4rtaz/distributed-llama.
"""

import argparse
import array
import math
import mmap
import pathlib
import struct
import sys

F32, Q4_0 = 0, 2  # of GGUF
BLOCK_VALUES, BLOCK_BYTES = 32, 18
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q",
            12: "d"}

MODEL_MAGIC, TOKENIZER_MAGIC = 0xA00ABCD, 0x567124
PEER_LLAMA, PEER_SILU, PEER_Q40 = 0xABCD00, 1, 2
NORM_EPSILONS = {1e-5: 5, 1e-6: 6}
# Of the header, key by key.
(VERSION, ARCH, DIM, FFN, LAYERS, HEADS, KV_HEADS, EXPERTS, ACTIVE_EXPERTS, VOCABULARY, CONTEXT,
 ACTIVATION, ROPE_BASE, WEIGHTS) = range(14)
HEAD_DIM, NORM_EPSILON = 19, 20
TOKENS_VERSION, TOKENS, LONGEST, BOS = range(4)
EOS_TOKENS, ADD_BOS = 9, 10


class Unusable(Exception):
    """A sentence for whoever gave the file."""


class Gguf:
    """Metadata and tensors of one file; only what such a model needs."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._at = 0
        if self._bytes[:4] != b"GGUF":
            raise Unusable(f"{path} is no GGUF file.")
        _, _, tensors, pairs = self._unpack("<IIQQ")
        self.metadata = {}
        for _ in range(pairs):
            key = self._text()
            self.metadata[key] = self._value(self._unpack("<I")[0])
        self._tensors = dict(self._tensor() for _ in range(tensors))
        alignment = self.metadata.get("general.alignment", 32)
        self._data = -(-self._at // alignment) * alignment

    def tensor(self, name, kind):
        """Its bytes, which must be of this kind."""
        if name not in self._tensors:
            raise Unusable(f"it has no {name}.")
        shape, found, offset = self._tensors[name]
        if found != kind:
            raise Unusable(f"{name} is of GGML type {found}, not {kind}; make one by `lantern synth"
                           " --type q4_0`.")
        values = math.prod(shape)
        size = values * 4 if kind == F32 else values // BLOCK_VALUES * BLOCK_BYTES
        return self._bytes[self._data + offset:self._data + offset + size]

    def __contains__(self, name):
        return name in self._tensors

    def _unpack(self, form):
        values = struct.unpack_from(form, self._bytes, self._at)
        self._at += struct.calcsize(form)
        return values

    def _text(self):
        length, = self._unpack("<Q")
        self._at += length
        return self._bytes[self._at - length:self._at].decode(errors="replace")

    def _value(self, kind):
        if kind == _STRING:
            return self._text()
        if kind == _ARRAY:
            element, count = self._unpack("<IQ")
            return [self._value(element) for _ in range(count)]
        return self._unpack("<" + _SCALARS[kind])[0]

    def _tensor(self):
        name = self._text()
        dims, = self._unpack("<I")
        *shape, kind, offset = self._unpack(f"<{dims}QIQ")
        return name, (shape, kind, offset)


def unpacked(blocks):
    """Q4_0 blocks as F32 in little-endian bytes."""
    values = array.array("f")
    for scale, nibbles in struct.iter_unpack("<e16s", blocks):
        levels = [scale * level for level in range(-8, 8)]
        values.extend([levels[both & 15] for both in nibbles])
        values.extend([levels[both >> 4] for both in nibbles])
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def header(magic, values):
    pairs = b"".join(struct.pack("<ii", *pair) for pair in values.items())
    return struct.pack("<ii", magic, 8 + len(pairs)) + pairs


def write_model(gguf, path):
    """`gguf` as the file `path`. Raises Unusable for what that peer does not run."""
    def of(key, default=None):
        value = gguf.metadata.get("llama." + key, default)
        if value is None:
            raise Unusable(f"it has no llama.{key}.")
        return value

    if gguf.metadata.get("general.architecture") != "llama":
        raise Unusable("it is not a Llama.")
    if "rope_freqs.weight" in gguf or of("rope.scaling.type", "none") != "none":
        raise Unusable("its rotation is scaled, which is not converted.")
    epsilon = float(f"{of('attention.layer_norm_rms_epsilon'):.3g}")
    if epsilon not in NORM_EPSILONS:
        raise Unusable(f"its epsilon of norms is {epsilon}; that peer knows 1e-5 and 1e-6.")
    heads, embedding = of("attention.head_count"), gguf.tensor("token_embd.weight", Q4_0)
    dim, layers = of("embedding_length"), of("block_count")
    vocabulary = len(embedding) // BLOCK_BYTES * BLOCK_VALUES // dim
    with open(path, "wb") as out:
        out.write(header(MODEL_MAGIC, {
            VERSION: 0, ARCH: PEER_LLAMA, DIM: dim, FFN: of("feed_forward_length"), LAYERS: layers,
            HEADS: heads, KV_HEADS: of("attention.head_count_kv", heads), EXPERTS: 0,
            ACTIVE_EXPERTS: 0, VOCABULARY: vocabulary, CONTEXT: of("context_length"),
            ACTIVATION: PEER_SILU, ROPE_BASE: round(of("rope.freq_base", 10000.0)),
            WEIGHTS: PEER_Q40, HEAD_DIM: of("attention.key_length", dim // heads),
            NORM_EPSILON: NORM_EPSILONS[epsilon]}))
        out.write(unpacked(embedding))
        for layer in range(layers):
            for name, kind in (("attn_q", Q4_0), ("attn_k", Q4_0), ("attn_v", Q4_0),
                               ("attn_output", Q4_0), ("ffn_gate", Q4_0), ("ffn_down", Q4_0),
                               ("ffn_up", Q4_0), ("attn_norm", F32), ("ffn_norm", F32)):
                out.write(gguf.tensor(f"blk.{layer}.{name}.weight", kind))
        out.write(gguf.tensor("output_norm.weight", F32))
        head = "output.weight" if "output.weight" in gguf else "token_embd.weight"
        out.write(gguf.tensor(head, Q4_0))
    return vocabulary


def write_tokenizer(vocabulary, path):
    """Digits, and the last two tokens begin and end a text: that peer wants them at the end."""
    pieces = [f"{token:05}" for token in range(vocabulary - 2)] + ["<s>", "</s>"]
    values = {TOKENS_VERSION: 1, TOKENS: vocabulary, LONGEST: max(map(len, pieces)),
              BOS: vocabulary - 2, EOS_TOKENS: 1, ADD_BOS: 1}
    with open(path, "wb") as out:
        out.write(header(TOKENIZER_MAGIC, values))
        out.write(struct.pack("<i", vocabulary - 1))
        for piece in pieces:
            out.write(struct.pack("<fI", 0, len(piece)) + piece.encode())


def prompt(tokens):
    """A text of so many tokens, without the one that begins it."""
    return "".join(f"{10 + 7 * i % 1000:05}" for i in range(tokens))


def convert(model, out):
    """Writes OUT.m and OUT.t; returns both paths."""
    paths = f"{out}.m", f"{out}.t"
    write_tokenizer(write_model(Gguf(model), paths[0]), paths[1])
    return paths


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("out", help="path without .m and .t")
    flags = parser.parse_args()
    try:
        convert(flags.model, flags.out)
    except (Unusable, OSError) as error:
        sys.exit(f"dllama_files: {flags.model}: {error}")


if __name__ == "__main__":
    main()
