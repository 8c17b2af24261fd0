#!/usr/bin/env python3
"""Makes tests/goldens/hf: tiny seeded models and the logits that Hugging Face transformers gives.

They hold Lantern against a program that nobody here wrote. Needed only to make the goldens again:

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch transformers safetensors
    /tmp/venv/bin/python scripts/make_hf_goldens.py tests/goldens/hf

Every model is saved, loaded again by transformers from the saved files, and run from there, so the
logits belong to the files and not to the memory they came from. It runs with eager attention and
float64 weights (exact widenings of what is stored); transformers itself takes norms, softmax and
rotary angles through float32. A run wholly in float32 gives the scale of what rounding can do; the
difference is printed beside each golden.

A golden proves nothing if a mistake would not show in it. So each is also run with the mistakes
that an implementation could make (scaling dropped, window off by one, ...), and the script fails
unless the largest logit difference of each exceeds VISIBLE. The table it prints is in README.md.
"""

import argparse
import contextlib
import dataclasses
import json
import pathlib
import shutil
import sys

import numpy
import torch
import transformers
from transformers.models.llama import modeling_llama
from transformers.models.mistral import modeling_mistral

VISIBLE = 1e-2

LLAMA3_ROPE = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
               "high_freq_factor": 4.0, "original_max_position_embeddings": 32}
PLAIN_ROPE = {"rope_type": "default"}


@dataclasses.dataclass
class Golden:
    """One directory. `shape` goes to the config class as it is; `rope` lacks only the theta."""

    name: str
    seed: int
    positions: int
    shape: dict
    rope: dict = dataclasses.field(default_factory=lambda: dict(PLAIN_ROPE))
    rope_theta: float = 10000.0
    dtype: torch.dtype = torch.float32
    embedding_std: float = 0.5
    shards: bool = False
    # config.json as written before transformers 5 (rope_theta and rope_scaling at the top level,
    # torch_dtype), which most published models have, or as transformers 5 writes it.
    classic_config: bool = True
    mistakes: dict = dataclasses.field(default_factory=dict)  # name -> changed config values

    @property
    def mistral(self):
        return "sliding_window" in self.shape


LLAMA3_SHAPE = dict(hidden_size=32, intermediate_size=64, num_attention_heads=4,
                    num_key_value_heads=2, head_dim=16, vocab_size=64,
                    max_position_embeddings=256, tie_word_embeddings=False, rms_norm_eps=1e-5)

GOLDENS = [
    # head_dim 16 and theta 10000 give rotations of each kind: one faster than
    # original / high_freq_factor (kept), one between the two (blended), six slower (divided).
    Golden("llama3_rope", seed=1, positions=96, shape=LLAMA3_SHAPE, rope=LLAMA3_ROPE,
           mistakes={"scaling dropped": {"rope_type": "default"},
                     "blend dropped": {"low_freq_factor": 3.999},
                     "divided by 4": {"factor": 4.0}}),
    Golden("linear_rope_tied", seed=2, positions=64, embedding_std=0.3,
           shape=dict(hidden_size=32, intermediate_size=72, num_attention_heads=4,
                      num_key_value_heads=4, vocab_size=80, max_position_embeddings=256,
                      tie_word_embeddings=True, rms_norm_eps=1e-5),
           rope={"rope_type": "linear", "factor": 4.0},
           mistakes={"scaling dropped": {"rope_type": "default"}}),
    Golden("mistral_window", seed=3, positions=64,
           shape=dict(hidden_size=32, intermediate_size=64, num_attention_heads=4,
                      num_key_value_heads=2, vocab_size=96, max_position_embeddings=256,
                      tie_word_embeddings=False, rms_norm_eps=1e-5, sliding_window=16),
           mistakes={"window dropped": {"sliding_window": None},
                     "window of 15": {"sliding_window": 15},
                     "window of 17": {"sliding_window": 17}}),
    # Small embeddings, so that the first norm's eps is a visible part of the mean square.
    Golden("own_head_dim", seed=4, positions=48, rope_theta=500000.0, embedding_std=0.01,
           shape=dict(hidden_size=48, intermediate_size=40, num_attention_heads=4,
                      num_key_value_heads=2, head_dim=16, vocab_size=64,
                      max_position_embeddings=256, tie_word_embeddings=False, rms_norm_eps=1e-6),
           mistakes={"theta of 10000": {"rope_theta": 10000.0},
                     "eps of 1e-5": {"rms_norm_eps": 1e-5}}),
    Golden("llama3_rope_bf16", seed=5, positions=96, shape=LLAMA3_SHAPE, rope=LLAMA3_ROPE,
           dtype=torch.bfloat16, classic_config=False,
           mistakes={"scaling dropped": {"rope_type": "default"}}),
    Golden("f16_shards", seed=6, positions=64, dtype=torch.float16, shards=True,
           classic_config=False, rope_theta=20000.0,
           shape=dict(hidden_size=64, intermediate_size=72, num_attention_heads=8,
                      num_key_value_heads=2, vocab_size=96, max_position_embeddings=256,
                      tie_word_embeddings=False, rms_norm_eps=1e-5),
           mistakes={"theta of 10000": {"rope_theta": 10000.0}}),
]


def make_config(golden):
    config_class = transformers.MistralConfig if golden.mistral else transformers.LlamaConfig
    shape = dict(golden.shape)
    shape.setdefault("head_dim", shape["hidden_size"] // shape["num_attention_heads"])
    return config_class(num_hidden_layers=2, bos_token_id=1, eos_token_id=2,
                        rope_parameters={"rope_theta": golden.rope_theta, **golden.rope}, **shape)


def make_model(golden):
    """A model whose activations stay near unit size, so that a mistake anywhere reaches the end."""
    model_class = (transformers.MistralForCausalLM if golden.mistral
                   else transformers.LlamaForCausalLM)
    model = model_class(make_config(golden))
    generator = torch.Generator().manual_seed(golden.seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            values = torch.randn(weight.shape, generator=generator)
            if "norm" in name:
                values = 1.0 + 0.3 * values
            elif "embed_tokens" in name:
                values = golden.embedding_std * values
            else:
                values = 1.5 / weight.shape[1] ** 0.5 * values
            weight.copy_(values)
    return model.to(golden.dtype)


def write_classic_config(path, golden):
    config = json.loads(path.read_text())
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope.pop("rope_theta")
    config["rope_scaling"] = rope if rope["rope_type"] != "default" else None
    if rope["rope_type"] == "linear":  # the oldest spelling
        config["rope_scaling"] = {"type": "linear", "factor": rope["factor"]}
    if "head_dim" not in golden.shape:
        config.pop("head_dim", None)  # a reader must derive it
    config["torch_dtype"] = config.pop("dtype")
    path.write_text(json.dumps(config, indent=2) + "\n")


def save_model(golden, folder):
    shutil.rmtree(folder, ignore_errors=True)
    size = 64_000 if golden.shards else 10_000_000
    make_model(golden).save_pretrained(folder, max_shard_size=size)
    (folder / "generation_config.json").unlink(missing_ok=True)
    if golden.classic_config:
        write_classic_config(folder / "config.json", golden)
    shards = len(list(folder.glob("*.safetensors")))
    assert shards == (2 if golden.shards else 1), f"{golden.name} has {shards} shards"


def make_ids(golden):
    generator = torch.Generator().manual_seed(1000 + golden.seed)
    return torch.randint(golden.shape["vocab_size"], (golden.positions,), generator=generator)


def run_model(folder, ids, dtype=torch.float64, changes=None):
    """Logits [positions, vocab] of the saved model, its config changed by `changes`."""
    config = transformers.AutoConfig.from_pretrained(folder)
    for key, value in (changes or {}).items():
        if key in config.rope_parameters or key in LLAMA3_ROPE:
            config.rope_parameters[key] = value
        else:
            setattr(config, key, value)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, config=config, dtype=dtype, attn_implementation="eager")
    with torch.no_grad():
        return model.eval()(ids[None]).logits[0].double().numpy()


def rotate_neighbours(x):
    """The rotation for rows in GGUF's order, wrong for rows as they lie in these files."""
    return torch.stack((-x[..., 1::2], x[..., 0::2]), dim=-1).flatten(-2)


def rope_on_neighbours(q, k, cos, sin, unsqueeze_dim=1):
    half = cos.shape[-1] // 2
    cos = cos[..., :half].repeat_interleave(2, -1).unsqueeze(unsqueeze_dim)
    sin = sin[..., :half].repeat_interleave(2, -1).unsqueeze(unsqueeze_dim)
    return q * cos + rotate_neighbours(q) * sin, k * cos + rotate_neighbours(k) * sin


@contextlib.contextmanager
def replaced(name, function):
    """`name` of both model families replaced by `function`."""
    modules = (modeling_llama, modeling_mistral)
    saved = [getattr(module, name) for module in modules]
    for module in modules:
        setattr(module, name, function)
    try:
        yield
    finally:
        for module, original in zip(modules, saved):
            setattr(module, name, original)


def mistaken_logits(golden, folder, ids):
    """(name, logits) of every mistake that this golden must show."""
    for name, changes in golden.mistakes.items():
        yield name, run_model(folder, ids, changes=changes)
    with replaced("apply_rotary_pos_emb", rope_on_neighbours):
        yield "pairs as neighbours", run_model(folder, ids)
    if golden.shape["num_key_value_heads"] < golden.shape["num_attention_heads"]:
        with replaced("repeat_kv", lambda x, count: x.repeat(1, count, 1, 1)):
            yield "kv heads interleaved", run_model(folder, ids)


def make_golden(golden, folder):
    save_model(golden, folder)
    ids = make_ids(golden)
    (folder / "ids.txt").write_text(",".join(str(int(i)) for i in ids) + "\n")
    logits = run_model(folder, ids)
    logits.astype("<f4").tofile(folder / "logits.f32")

    single = numpy.abs(run_model(folder, ids, dtype=torch.float32) - logits).max()
    for path in folder.iterdir():
        path.chmod(0o644)
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"| `{golden.name}` | {golden.positions} | {size / 1000:.0f} kB | {logits.std():.2f} | "
          f"{single:.0e} |")
    return [(golden.name, name, numpy.abs(wrong - logits).max())
            for name, wrong in mistaken_logits(golden, folder, ids)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    out = parser.parse_args().out
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()

    print(f"torch {torch.__version__}, transformers {transformers.__version__}\n")
    print("| golden | positions | size | std of logits | float32 run differs by |\n|-|-|-|-|-|")
    shown = [row for golden in GOLDENS for row in make_golden(golden, out / golden.name)]
    print("\n| golden | mistake | largest logit difference |\n|-|-|-|")
    for golden, mistake, difference in shown:
        print(f"| `{golden}` | {mistake} | {difference:.3f} |")
    hidden = [f"{golden}: {mistake}" for golden, mistake, difference in shown
              if not difference > VISIBLE]
    if hidden:
        sys.exit("mistakes that these goldens would not show: " + "; ".join(hidden))


if __name__ == "__main__":
    main()
