#!/usr/bin/env python3
"""Writes tests/goldens/quant/TYPE.bin: random blocks of each GGUF block format and what the `gguf`
Python package (llama.cpp's reference dequantizers in numpy) decodes them to.

    python3 -m venv venv && venv/bin/pip install gguf==0.19.0 numpy
    venv/bin/python scripts/make_quant_goldens.py tests/goldens/quant

A file is, little endian: u32 blocks, u32 bytes per block, u32 elements per block, the blocks, and
the decoded f32. Runs are reproducible: the seed is the type's id.
"""

import pathlib
import struct
import sys

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf.constants import GGML_QUANT_SIZES
from gguf.quants import dequantize

# Where the f16 scales lie in a block, in bytes.
SCALES = {
    Type.Q8_0: [0], Type.Q4_0: [0], Type.Q4_1: [0, 2], Type.Q5_0: [0], Type.Q5_1: [0, 2],
    Type.Q4_K: [0, 2], Type.Q5_K: [0, 2], Type.Q6_K: [208],
}
# Zeros, the smallest and largest subnormal, the smallest normal, ordinary ones, the largest,
# infinity and a quiet NaN, with both signs where that differs.
EXTREMES = [0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x0400, 0x3C00, 0xBC00, 0x7BFF, 0xFBFF,
            0x7C00, 0xFC00, 0x7E00]


def make_blocks(kind):
    elements, size = GGML_QUANT_SIZES[kind]
    random = np.random.default_rng(int(kind))
    count = 26 if elements == 32 else 5
    blocks = random.integers(0, 256, (count, size), dtype=np.uint8)
    for row, block in enumerate(blocks):
        for place in SCALES[kind]:
            if elements == 32:
                extreme = row < len(EXTREMES)
                bits = EXTREMES[(row + place * 3) % len(EXTREMES)]
            else:  # large blocks: one of the largest, one subnormal, the rest ordinary
                extreme = row < 2
                bits = [0x7BFF, 0x0001][row] if extreme else 0
            if not extreme:
                value = np.float16(random.normal() * 10.0 ** random.integers(-4, 1))
                bits = int(value.view(np.uint16))
            block[place:place + 2] = [bits & 255, bits >> 8]
    return blocks


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for kind in SCALES:
        elements, size = GGML_QUANT_SIZES[kind]
        blocks = make_blocks(kind)
        with np.errstate(invalid="ignore", over="ignore"):
            decoded = dequantize(blocks, kind).astype("<f4")
        assert decoded.size == len(blocks) * elements
        head = struct.pack("<III", len(blocks), size, elements)
        path = folder / f"{kind.name.lower()}.bin"
        path.write_bytes(head + blocks.tobytes() + decoded.tobytes())
        print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
