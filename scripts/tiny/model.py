"""The model in PyTorch: Llama as Hugging Face lays it out (a rotated pair is half a head apart)."""

import torch
from torch import nn
from torch.nn import functional
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

import shape


_create_block_mask = torch.compile(create_block_mask)


def rope_table(positions, device):
    """cos and sin [positions, head_dim / 2]."""
    power = torch.arange(0, shape.HEAD_DIM, 2, device=device, dtype=torch.float64) / shape.HEAD_DIM
    angle = torch.arange(positions, device=device, dtype=torch.float64)[:, None] \
        / shape.ROPE_THETA ** power
    return angle.cos().float(), angle.sin().float()


def _rotate(x, table):
    cos, sin = table
    a, b = x.float().chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1).to(x.dtype)


def document_mask(documents):
    """Who may look at whom: tokens of one dialogue, backwards. documents: [rows, positions]."""
    def same(row, head, query, key):
        return (query >= key) & (documents[row, query] == documents[row, key])
    rows, positions = documents.shape
    return _create_block_mask(same, rows, None, positions, positions, device=documents.device)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q_proj = nn.Linear(shape.DIM, shape.HEADS * shape.HEAD_DIM, bias=False)
        self.k_proj = nn.Linear(shape.DIM, shape.KV_HEADS * shape.HEAD_DIM, bias=False)
        self.v_proj = nn.Linear(shape.DIM, shape.KV_HEADS * shape.HEAD_DIM, bias=False)
        self.o_proj = nn.Linear(shape.HEADS * shape.HEAD_DIM, shape.DIM, bias=False)

    def forward(self, x, table, mask):
        rows, positions, _ = x.shape

        def heads(linear):
            return linear(x).view(rows, positions, -1, shape.HEAD_DIM).transpose(1, 2)
        q, k, v = _rotate(heads(self.q_proj), table), _rotate(heads(self.k_proj), table), \
            heads(self.v_proj)
        out = flex_attention(q, k, v, block_mask=mask, enable_gqa=True)
        return self.o_proj(out.transpose(1, 2).reshape(rows, positions, -1))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate_proj = nn.Linear(shape.DIM, shape.FFN, bias=False)
        self.up_proj = nn.Linear(shape.DIM, shape.FFN, bias=False)
        self.down_proj = nn.Linear(shape.FFN, shape.DIM, bias=False)

    def forward(self, x):
        return self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.input_layernorm = nn.RMSNorm(shape.DIM, eps=shape.NORM_EPS)
        self.self_attn = Attention()
        self.post_attention_layernorm = nn.RMSNorm(shape.DIM, eps=shape.NORM_EPS)
        self.mlp = Mlp()

    def forward(self, x, table, mask):
        x = x + self.self_attn(self.input_layernorm(x), table, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class Llama(nn.Module):
    """Names of parameters, behind "model.", are those of Hugging Face."""

    def __init__(self):
        super().__init__()
        self.embed_tokens = nn.Embedding(shape.VOCAB, shape.DIM)
        self.layers = nn.ModuleList(Layer() for _ in range(shape.LAYERS))
        self.norm = nn.RMSNorm(shape.DIM, eps=shape.NORM_EPS)
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2:
                continue
            onto_stream = name.endswith(("o_proj.weight", "down_proj.weight"))
            std = 0.02 / (2 * shape.LAYERS) ** 0.5 if onto_stream else 0.02
            nn.init.normal_(parameter, std=std)

    def forward(self, ids, mask, table):
        """Logits [rows, positions, vocab] of ids [rows, positions]."""
        x = self.embed_tokens(ids)
        for layer in self.layers:
            x = layer(x, table, mask)
        return functional.linear(self.norm(x), self.embed_tokens.weight)
