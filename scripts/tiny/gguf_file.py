"""As much of the GGUF format (version 3) as the tiny model needs: F32 and Q8_0, written and read.

Source: the GGUF specification, ggml/docs/gguf.md. Arrays are numpy's, matrices are [out, in].
"""

import struct

import numpy

ALIGNMENT = 32
BLOCK = 32  # numbers that share a scale in Q8_0
F32, Q8_0 = 0, 8  # ids of tensor types
_UINT32, _INT32, _FLOAT32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9  # of metadata
_FORMATS = {_UINT32: "<I", _INT32: "<i", _FLOAT32: "<f", _BOOL: "<?"}


def quantize(matrix):
    """The bytes of `matrix` in Q8_0: for every 32 numbers a scale in f16, then 32 int8."""
    blocks = matrix.astype(numpy.float32).reshape(-1, BLOCK)
    scales = (numpy.abs(blocks).max(axis=1, keepdims=True) / 127).astype("<f2")
    wide = scales.astype(numpy.float32)
    numbers = numpy.rint(blocks / numpy.where(wide == 0, 1, wide)).clip(-127, 127)
    return numpy.hstack([scales.view(numpy.uint8), numbers.astype(numpy.int8).view(numpy.uint8)])


def dequantize(stored, shape):
    stored = stored.reshape(-1, 2 + BLOCK)
    scales = stored[:, :2].copy().view("<f2").astype(numpy.float32)
    return (stored[:, 2:].copy().view(numpy.int8) * scales).reshape(shape)


def _string(words):
    raw = words.encode()
    return struct.pack("<Q", len(raw)) + raw


def _value(value):
    """A metadata value with its type in front."""
    if isinstance(value, list):
        first = _value(value[0])
        elements = b"".join(_value(element)[4:] for element in value)
        return struct.pack("<I", _ARRAY) + first[:4] + struct.pack("<Q", len(value)) + elements
    if isinstance(value, str):
        return struct.pack("<I", _STRING) + _string(value)
    kind = {bool: _BOOL, int: _UINT32, float: _FLOAT32, numpy.int32: _INT32}[type(value)]
    return struct.pack("<I", kind) + struct.pack(_FORMATS[kind], value)


def _padded(raw):
    return raw + bytes(-len(raw) % ALIGNMENT)


def write(path, metadata, tensors):
    """metadata: name -> value. tensors: name -> array; matrices become Q8_0, vectors stay F32."""
    head = [b"GGUF", struct.pack("<IQQ", 3, len(tensors), len(metadata))]
    head += [_string(key) + _value(value) for key, value in metadata.items()]
    bodies, offset = [], 0
    for name, array in tensors.items():
        is_matrix = array.ndim == 2
        raw = quantize(array).tobytes() if is_matrix else array.astype("<f4").tobytes()
        head.append(_string(name) + struct.pack("<I", array.ndim)
                    + struct.pack(f"<{array.ndim}Q", *reversed(array.shape))
                    + struct.pack("<IQ", Q8_0 if is_matrix else F32, offset))
        bodies.append(_padded(raw))
        offset += len(bodies[-1])
    with open(path, "wb") as out:
        out.write(_padded(b"".join(head)))
        out.writelines(bodies)


class _Reader:
    def __init__(self, raw):
        self._raw, self.at = raw, 0

    def take(self, form):
        value = struct.unpack_from("<" + form, self._raw, self.at)
        self.at += struct.calcsize("<" + form)
        return value if len(value) > 1 else value[0]

    def string(self):
        length = self.take("Q")
        self.at += length
        return self._raw[self.at - length:self.at].decode()

    def value(self, kind):
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            element, count = self.take("IQ")
            return [self.value(element) for _ in range(count)]
        return self.take(_FORMATS[kind][1:])


def read(path):
    """(metadata, tensors as float32) of a file that write() made."""
    with open(path, "rb") as file:
        raw = file.read()
    reader = _Reader(raw)
    assert raw[:4] == b"GGUF", path
    reader.at = 4
    _, tensor_count, key_count = reader.take("IQQ")
    metadata = {}
    for _ in range(key_count):
        key = reader.string()
        metadata[key] = reader.value(reader.take("I"))
    places = []
    for _ in range(tensor_count):
        name, dimensions = reader.string(), reader.take("I")
        shape = tuple(reader.take("Q") for _ in range(dimensions))[::-1]
        places.append((name, shape, *reader.take("IQ")))
    data = reader.at + -reader.at % ALIGNMENT
    tensors = {}
    for name, shape, kind, offset in places:
        count = numpy.prod(shape, dtype=int)
        length = count // BLOCK * (2 + BLOCK) if kind == Q8_0 else 4 * count
        stored = numpy.frombuffer(raw, numpy.uint8, length, data + offset)
        tensors[name] = dequantize(stored, shape) if kind == Q8_0 \
            else stored.view("<f4").reshape(shape)
    return metadata, tensors
