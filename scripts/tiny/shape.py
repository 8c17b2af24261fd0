"""What the tiny model is: its shape, and the ids and texts that its vocabulary is built around."""

VOCAB = 2560
DIM = 256
LAYERS = 8
HEADS = 8
KV_HEADS = 4
HEAD_DIM = DIM // HEADS
FFN = 768
CONTEXT = 1024
ROPE_THETA = 10000.0
NORM_EPS = 1e-5

NAME = "Lantern Tiny"
UNKNOWN, BOS, END, START = range(4)  # ids; END closes a turn and is the vocabulary's eos
START_PIECE, END_PIECE = "<|im_start|>", "<|im_end|>"
BYTES_BEGIN = 4  # ids of the 256 byte pieces

CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")


def tensors():
    """(GGUF name, Hugging Face name, shape as (out, in)) of every tensor; norms have one number."""
    yield "token_embd.weight", "model.embed_tokens.weight", (VOCAB, DIM)
    for layer in range(LAYERS):
        for name, theirs, shape in (
                ("attn_norm", "input_layernorm", (DIM,)),
                ("attn_q", "self_attn.q_proj", (HEADS * HEAD_DIM, DIM)),
                ("attn_k", "self_attn.k_proj", (KV_HEADS * HEAD_DIM, DIM)),
                ("attn_v", "self_attn.v_proj", (KV_HEADS * HEAD_DIM, DIM)),
                ("attn_output", "self_attn.o_proj", (DIM, HEADS * HEAD_DIM)),
                ("ffn_norm", "post_attention_layernorm", (DIM,)),
                ("ffn_gate", "mlp.gate_proj", (FFN, DIM)),
                ("ffn_up", "mlp.up_proj", (FFN, DIM)),
                ("ffn_down", "mlp.down_proj", (DIM, FFN))):
            yield f"blk.{layer}.{name}.weight", f"model.layers.{layer}.{theirs}.weight", shape
    yield "output_norm.weight", "model.norm.weight", (DIM,)


def rotated_heads(gguf_name):
    """How many heads' rows of this tensor are rotated in pairs; 0: none."""
    if gguf_name.endswith("attn_q.weight"):
        return HEADS
    return KV_HEADS if gguf_name.endswith("attn_k.weight") else 0
