#!/usr/bin/env python3
"""The model's files.

    export.py gguf WEIGHTS.pt VOCABULARY.model FILE.gguf     what training made, in Q8_0
    export.py hf FILE.gguf FOLDER                            a GGUF file as Hugging Face has models

The second widens the weights of the first to float32: it is the same model, to the bit. Its
vocabulary comes along as tokenizer.json.
"""

import json
import pathlib
import sys

import numpy

import gguf_file
import shape

_NORMAL, _UNKNOWN, _CONTROL, _BYTE = (numpy.int32(kind) for kind in (1, 2, 3, 6))


def rows_as_gguf(name, matrix):
    """GGUF has the two rows of a rotated pair side by side, Hugging Face half a head apart."""
    heads = shape.rotated_heads(name)
    if heads == 0:
        return matrix
    return matrix.reshape(heads, 2, -1, matrix.shape[1]).swapaxes(1, 2).reshape(matrix.shape)


def rows_as_hf(name, matrix):
    heads = shape.rotated_heads(name)
    if heads == 0:
        return matrix
    return matrix.reshape(heads, -1, 2, matrix.shape[1]).swapaxes(1, 2).reshape(matrix.shape)


def _piece_type(pieces, id):
    if pieces.is_unknown(id):
        return _UNKNOWN
    if pieces.is_control(id):
        return _CONTROL
    return _BYTE if pieces.is_byte(id) else _NORMAL


def metadata(pieces):
    ids = range(shape.VOCAB)
    return {
        "general.architecture": "llama",
        "general.name": shape.NAME,
        "general.license": "MIT",
        "general.file_type": 7,
        "llama.block_count": shape.LAYERS,
        "llama.context_length": shape.CONTEXT,
        "llama.embedding_length": shape.DIM,
        "llama.feed_forward_length": shape.FFN,
        "llama.attention.head_count": shape.HEADS,
        "llama.attention.head_count_kv": shape.KV_HEADS,
        "llama.attention.layer_norm_rms_epsilon": shape.NORM_EPS,
        "llama.rope.dimension_count": shape.HEAD_DIM,
        "llama.rope.freq_base": shape.ROPE_THETA,
        "llama.vocab_size": shape.VOCAB,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": [pieces.id_to_piece(id) for id in ids],
        "tokenizer.ggml.scores": [pieces.get_score(id) for id in ids],
        "tokenizer.ggml.token_type": [_piece_type(pieces, id) for id in ids],
        "tokenizer.ggml.bos_token_id": shape.BOS,
        "tokenizer.ggml.eos_token_id": shape.END,
        "tokenizer.ggml.unknown_token_id": shape.UNKNOWN,
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.ggml.add_eos_token": False,
        "tokenizer.ggml.add_space_prefix": False,
        "tokenizer.chat_template": shape.CHAT_TEMPLATE,
    }


def to_gguf(weights, vocabulary, path):
    import sentencepiece
    import torch
    trained = torch.load(weights, map_location="cpu")
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(vocabulary))
    tensors = {}
    for name, theirs, expected in shape.tensors():
        array = trained.pop(theirs.removeprefix("model.")).numpy()
        assert array.shape == expected, name
        tensors[name] = rows_as_gguf(name, array)
    assert not trained, f"left over: {list(trained)}"
    gguf_file.write(path, metadata(pieces), tensors)


def _config():
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama",
        "hidden_size": shape.DIM, "intermediate_size": shape.FFN,
        "num_hidden_layers": shape.LAYERS, "num_attention_heads": shape.HEADS,
        "num_key_value_heads": shape.KV_HEADS, "head_dim": shape.HEAD_DIM,
        "vocab_size": shape.VOCAB, "max_position_embeddings": shape.CONTEXT,
        "rms_norm_eps": shape.NORM_EPS, "rope_theta": shape.ROPE_THETA, "hidden_act": "silu",
        "attention_bias": False, "mlp_bias": False, "tie_word_embeddings": True,
        "bos_token_id": shape.BOS, "eos_token_id": shape.END, "torch_dtype": "float32",
    }


def _merges(pieces, scores):
    """How each piece comes of two others, the best first: what scores say in another way."""
    ids = {piece: id for id, piece in enumerate(pieces)}
    merges = []
    for id, piece in enumerate(pieces):
        for cut in range(1, len(piece)):
            if piece[:cut] in ids and piece[cut:] in ids:
                merges.append((-scores[id], ids[piece[:cut]], ids[piece[cut:]], piece, cut))
    return [[piece[:cut], piece[cut:]] for _, _, _, piece, cut in sorted(merges)]


def _tokenizer_json(keys):
    pieces, scores = keys["tokenizer.ggml.tokens"], keys["tokenizer.ggml.scores"]
    types = keys["tokenizer.ggml.token_type"]
    normal = [piece if kind == _NORMAL else "" for piece, kind in zip(pieces, types)]
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [
            {"id": id, "content": pieces[id], "special": True, "single_word": False,
             "lstrip": False, "rstrip": False, "normalized": False}
            for id, kind in enumerate(types) if kind in (_UNKNOWN, _CONTROL)],
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"},
        "pre_tokenizer": None,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": pieces[shape.BOS], "type_id": 0}},
                       {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}},
                     {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {pieces[shape.BOS]: {
                "id": pieces[shape.BOS], "ids": [shape.BOS], "tokens": [pieces[shape.BOS]]}}},
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"}]},
        "model": {"type": "BPE", "dropout": None, "unk_token": pieces[shape.UNKNOWN],
                  "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
                  "vocab": {piece: id for id, piece in enumerate(pieces)},
                  "merges": _merges(normal, scores)},
    }


def to_hf(gguf, folder):
    from safetensors.numpy import save_file
    keys, tensors = gguf_file.read(gguf)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    save_file({theirs: numpy.ascontiguousarray(rows_as_hf(name, tensors[name]))
               for name, theirs, _ in shape.tensors()}, folder / "model.safetensors",
              metadata={"format": "pt"})
    pieces = keys["tokenizer.ggml.tokens"]
    files = {"config.json": _config(), "tokenizer.json": _tokenizer_json(keys),
             "tokenizer_config.json": {
                 "tokenizer_class": "PreTrainedTokenizerFast", "add_bos_token": True,
                 "bos_token": pieces[shape.BOS], "eos_token": pieces[shape.END],
                 "unk_token": pieces[shape.UNKNOWN], "clean_up_tokenization_spaces": False,
                 "chat_template": keys["tokenizer.chat_template"]}}
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    if len(sys.argv) == 5 and sys.argv[1] == "gguf":
        to_gguf(*sys.argv[2:])
    elif len(sys.argv) == 4 and sys.argv[1] == "hf":
        to_hf(*sys.argv[2:])
    else:
        sys.exit(__doc__)
